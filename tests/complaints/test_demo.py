"""Whoever tries the demo street finds everything there is to find."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client, override_settings

from complaints.demo.load import seed
from complaints.demo.people import LOGINS, Town
from complaints.history import verify
from complaints.models import (
    Callback,
    Case,
    Category,
    Clock,
    Consent,
    Event,
    Handover,
    JointTask,
    Objection,
    ReplyTemplate,
    Resident,
)
from staff.models import Community, Person, Post, Street
from staff.staffing import staffing
from tests.world import SHANGHAI

pytestmark = pytest.mark.django_db
ALL_LIGHTS = {"green", "yellow", "red", "paused"}
Seeded = tuple[Town, datetime]


@pytest.fixture(scope="module")
def demo(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[Seeded]:
    """One small demo for all tests of this file; every story is told once at least. Other days: test_demo_days."""
    now = datetime(2026, 11, 23, 15, 42, 44, tzinfo=SHANGHAI)
    with (
        django_db_blocker.unblock(),
        override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("media")),
        transaction.atomic(),
    ):
        yield seed(now, 150), now
        transaction.set_rollback(True)


def lights_of(person: Person, now: datetime) -> Counter[str]:
    return Counter(Case.objects.open().held_by(person.pk).with_light(now).values_list("light", flat=True))  # type: ignore[misc]


def test_there_is_a_case_in_every_state_with_every_outcome_and_light(demo: Seeded) -> None:
    _town, now = demo
    assert set(Case.objects.values_list("status", flat=True)) == set(Case.Status.values)
    assert set(Case.objects.values_list("outcome", flat=True)) == set(Case.Outcome.values)
    assert set(Case.objects.open().with_light(now).values_list("light", flat=True)) == ALL_LIGHTS  # type: ignore[misc]
    assert Case.objects.filter(backfilled=True).exists()
    assert Case.objects.exclude(special_group="").exists()
    assert set(Case.objects.values_list("kind", flat=True)) == set(Case.Kind.values)


def test_every_act_has_happened(demo: Seeded) -> None:
    assert set(Event.objects.values_list("kind", flat=True)) == set(Event.Kind.values)
    assert set(Handover.objects.values_list("verdict", flat=True)) == set(Handover.Verdict.values)
    assert set(Consent.objects.values_list("kind", flat=True)) == set(Consent.Kind.values)
    assert set(Consent.objects.values_list("verdict", flat=True)) >= {"", "approved", "declined"}
    assert set(Callback.objects.values_list("solved", flat=True)) == set(Callback.Solved.values)
    tasks = {(task.done_at is None, task.cancelled) for task in JointTask.objects.all()}
    assert tasks == {(True, False), (False, False), (False, True)}
    assert Clock.objects.filter(kind="resolution", cycle=2, stopped_at__isnull=True).exists()


def test_its_history_is_whole(demo: Seeded, settings: Any, tmp_path: Any) -> None:
    settings.DATA_DIR = tmp_path
    report = verify()
    assert report.problems == []
    assert report.events == Event.objects.count() > 500


def test_nothing_has_happened_in_the_future_or_before_its_time(demo: Seeded) -> None:
    _town, now = demo
    assert not Event.objects.filter(at__gt=now).exists()
    assert not Case.objects.filter(registered_at__gt=now).exists()
    assert Case.objects.order_by("submitted_at")[0].submitted_at.year >= now.year - 1
    for case in Case.objects.prefetch_related("events"):
        told = [event.at for event in case.events.all() if event.kind != Event.Kind.CONTACTED]
        assert told == sorted(told), case.number


def test_most_limits_are_kept_and_some_are_not(demo: Seeded) -> None:
    stopped = Clock.objects.filter(kind="resolution", stopped_at__isnull=False)
    late = sum(clock.stopped_at > clock.due_at for clock in stopped if clock.stopped_at)
    assert 0 < late < 0.2 * len(stopped)


def test_the_worker_has_a_dozen_cases_of_all_lights_and_colleagues_waiting_for_an_answer(demo: Seeded) -> None:
    town, now = demo
    worker = town.logins["demo_worker"]
    lights = lights_of(worker, now)
    assert set(lights) == ALL_LIGHTS
    assert lights.total() >= 12
    assert Handover.objects.filter(verdict="", to_person=worker).count() == 2
    assert Handover.objects.filter(verdict="", to_person=None, to_unit__in=worker.scope().units).exists()


def test_the_secretary_has_something_to_decide_and_residents_to_call(demo: Seeded) -> None:
    town, _now = demo
    mine = Case.objects.visible_to(town.logins["demo_secretary"].scope())
    waiting = Consent.objects.filter(verdict="", case__in=mine)
    assert set(waiting.values_list("kind", flat=True)) == {"pause", "extension", "complex"}
    assert mine.awaiting_callback().count() >= 4


def test_the_supervisor_has_objections_to_decide(demo: Seeded) -> None:
    town, _now = demo
    all_of_it = Case.objects.visible_to(town.logins["demo_supervisor"].scope())
    assert all_of_it.count() == Case.objects.count()
    assert Objection.objects.filter(decided_at=None, case__in=all_of_it).count() == 2
    assert Objection.objects.exclude(decided_at=None).exists()


def test_everybody_sees_what_is_theirs(demo: Seeded) -> None:
    town, _now = demo
    seen = {
        name: set(Case.objects.visible_to(p.scope()).values_list("pk", flat=True)) for name, p in town.logins.items()
    }
    assert seen["demo_worker"] == seen["demo_worker2"] | seen["demo_worker"]
    assert seen["demo_outsider"]
    assert not seen["demo_delegate"]
    assert len(seen["demo_worker"]) < len(seen["demo_supervisor"])
    closed = set(Case.objects.filter(status="concluded").values_list("pk", flat=True))
    assert seen["demo_assessor"] == closed


@pytest.mark.parametrize("username", LOGINS)
def test_every_role_signs_in(demo: Seeded, client: Client, username: str) -> None:
    page = client.post("/accounts/login/", {"login": username, "password": "linli-demo"})
    assert page.status_code == 302
    assert client.session["_auth_user_id"] == str(demo[0].logins[username].pk)


def test_the_log_ins_stand_for_all_roles(demo: Seeded) -> None:
    roles = {role for person in demo[0].logins.values() for role in person.scope().roles}
    assert roles == set(Post.Role.values)
    worker, colleague, outsider, secretary = (
        demo[0].logins[name].scope() for name in ("demo_worker", "demo_worker2", "demo_outsider", "demo_secretary")
    )
    assert worker.communities == colleague.communities == secretary.led_communities
    assert not worker.communities & outsider.communities


def test_three_communities_are_staffed_as_planned(demo: Seeded) -> None:
    communities = Community.objects.filter(street__code="DEMO")
    assert communities.count() == 3
    for community in communities:
        held = Post.objects.filter(community=community).values_list("person", "role", "duty")
        assert staffing(held).complete, community
        assert staffing(held).helpers >= 5
        assert 3 <= community.grids.count() <= 4


def test_nobody_in_it_can_be_rung_up(demo: Seeded) -> None:
    """1200… is no mobile prefix and 5550… no exchange: a demo must not make a stranger's phone ring."""
    assert all(one.phone.startswith("120") for one in Resident.objects.all() if one.phone)
    assert all(one.phone.startswith("010-5550 ") for one in Person.objects.filter(posts__street__code="DEMO"))


def test_a_street_that_is_there_already_is_left_alone(demo: Seeded) -> None:
    before = Case.objects.count()
    call_command("seed_demo", "--if-empty")
    with pytest.raises(CommandError, match="DEMO"):
        call_command("seed_demo")
    assert (Street.objects.filter(code="DEMO").count(), Case.objects.count()) == (1, before)


def test_a_new_deployment_starts_with_categories_and_templates() -> None:
    assert Category.objects.filter(level=3).count() > 100
    assert Category.objects.get(path="水电气热>供水>停水").policy == "utility"
    assert Category.objects.filter(keywords="", level=3).count() == 0
    filled = ReplyTemplate.objects.get(name="首次联系：已收到并开始办理").body
    for field in ("{number}", "{title}", "{resident}", "{responsible}", "{phone}", "{due}"):
        assert field in filled
