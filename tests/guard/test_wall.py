"""A forgotten filter: whatever a query leaves out, the database shows nobody what is beyond their reach."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import ProgrammingError, connection, models, transaction
from django.test import Client

from complaints import actions, wall
from complaints.actions import Answer
from complaints.models import Attachment, Case, Message, Note, Rating, Reply, Resident
from complaints.tracking import set_code
from config.celery import app
from config.lib.sealed import EncryptedTextField
from staff.models import Person
from tests.world import World

pytestmark = pytest.mark.django_db
Become = Callable[[], None]
PEOPLE = (
    "worker", "worker2", "secretary", "outsider", "west_secretary", "department_worker", "department2_worker",
    "property_worker", "supervisor", "supervisor2", "discipline", "assessor", "delegate", "admin", "stranger",
)  # fmt: skip
# Texts that say nothing of a case: signs of a choice, hashes, file names of our own, numbers.
HOLD_NO_WORDS = {"event", "clock", "holding", "casewords", "trackingcode", "notice", "ratingreminder"}


@pytest.fixture
def town(world: World) -> World:
    """A case for every way a case can concern somebody."""
    later = world.now + timedelta(hours=1)
    world.log()
    world.log(community=world.west, unit=world.west_unit, first_contact=world.outsider)
    world.log(first_contact=world.worker2, grid=world.grid2)
    world.log(answer=Answer("已答复。", world.now, by=world.worker))
    gone = world.log(title="派给部门的")
    actions.dispatch(gone, by=world.worker, now=later, version=1, unit=world.department, reason="按目录")
    taken = world.log(title="部门接下的")
    actions.dispatch(taken, by=world.worker, now=later, version=1, unit=world.department, reason="按目录")
    actions.accept(taken, by=world.department_worker, now=later)
    given = world.log(community=world.west, unit=world.west_unit, first_contact=world.outsider, title="移交给东社区的")
    actions.dispatch(given, by=world.outsider, now=later, version=1, unit=world.unit, reason="住在东社区")
    shared = world.log(community=world.west, unit=world.west_unit, first_contact=world.outsider, title="请物业协办的")
    actions.ask_joint(shared, by=world.outsider, now=later, version=1, unit=world.property, task="到场核实", days=3)
    world.log(
        street=world.other_street, community=None, unit=world.other_unit, first_contact=world.stranger, category=None
    )
    return world


def seen(rows: Any) -> set[str]:
    return set(rows.values_list("title", "number").order_by("pk").values_list("number", flat=True))


@pytest.mark.parametrize("name", PEOPLE)
def test_the_wall_stands_where_the_filter_cuts(town: World, as_app_role: Become, name: str) -> None:
    person: Person = getattr(town, name)
    cut = seen(Case.objects.visible_to(person.scope()))
    as_app_role()
    wall.open_for(wall.reach_of(person))
    assert seen(Case.objects.all()) == cut
    assert set(Resident.objects.values_list("case__number", flat=True)) == set(
        Resident.objects.filter(case__in=Case.objects.visible_to(person.scope())).values_list("case__number", flat=True)
    )


def test_everybody_s_reach_is_another(town: World) -> None:
    reaches = {name: seen(Case.objects.visible_to(getattr(town, name).scope())) for name in PEOPLE}
    assert len({frozenset(one) for one in reaches.values()}) >= 7
    assert not reaches["delegate"]


def of_a_case() -> list[type[models.Model]]:
    """Tables that hang on a case and hold words somebody chose, or somebody's name."""
    found = []
    for model in apps.get_app_config("complaints").get_models():
        tied = any(field.related_model in {Case, Rating} for field in model._meta.fields)
        wordy = any(
            isinstance(field, models.TextField | models.CharField | models.FileField | EncryptedTextField)
            and not field.choices
            for field in model._meta.fields
        )
        if model is Case or (tied and wordy and model._meta.model_name not in HOLD_NO_WORDS):
            found.append(model)
    return found


def test_every_table_with_words_of_a_case_is_behind_the_wall() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relrowsecurity")
        walled = {name for (name,) in cursor.fetchall()}
    missing = {model._meta.db_table for model in of_a_case()} - walled
    assert not missing, f"without a policy: {sorted(missing)}; see migration 0019_second_wall"
    assert {Case, Resident, Attachment, Note, Reply, Message, Rating} <= set(of_a_case())


@pytest.mark.parametrize("model", of_a_case(), ids=lambda model: model._meta.model_name)
def test_the_wall_is_closed_when_nothing_is_set(town: World, as_app_role: Become, model: type[models.Model]) -> None:
    case = Case.objects.filter(title="请物业协办的").get()
    Note.objects.create(case=case, by=town.outsider, at=town.now, text="约在周三")
    Message.objects.create(case=case, cycle=1, at=town.now, text="还没有人来")
    as_app_role()
    wall.open_for(wall.CLOSED)
    assert not model._default_manager.exists()


def test_an_outsider_cannot_slip_a_row_into_somebody_s_case(town: World, as_app_role: Become) -> None:
    case = Case.objects.filter(title="派给部门的").get()
    as_app_role()
    wall.open_for(wall.reach_of(town.outsider))
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        Note.objects.create(case=case, by=town.outsider, at=town.now, text="路过")
    assert Case.objects.filter(pk=case.pk).update(title="改了") == 0


def test_a_resident_s_code_opens_one_case(town: World, client: Client, as_app_role: Become) -> None:
    case = Case.objects.filter(title="派给部门的").get()
    code = set_code(case)
    page = client.post("/track/", {"number": case.number, "code": code}, follow=True)
    assert case.number in page.content.decode()
    as_app_role()
    assert seen(Case.objects.all()) == {case.number}


def test_who_comes_next_on_the_same_connection_finds_it_closed(
    town: World, client: Client, as_app_role: Become
) -> None:
    client.force_login(town.supervisor)
    assert client.get("/cases/").status_code == 200
    assert client.get("/").status_code == 200
    Client().get("/guide/")
    as_app_role()
    assert not Case.objects.exists()


def test_somebody_whose_post_has_ended_reaches_nothing(town: World, client: Client, as_app_role: Become) -> None:
    client.force_login(town.worker)
    town.worker.posts.update(until=town.now - timedelta(days=30))
    client.get("/cases/")
    as_app_role()
    assert not Case.objects.exists()


def test_a_task_acts_for_the_office_and_leaves_the_wall_as_it_was(town: World, as_app_role: Become) -> None:
    @app.task
    def count() -> int:
        return Case.objects.count()

    everything = Case.objects.count()
    as_app_role()
    wall.open_for(wall.CLOSED)
    assert count.apply().get() == everything
    assert Case.objects.count() == 0


def test_an_act_is_over_with_its_transaction(town: World, as_app_role: Become) -> None:
    as_app_role()
    wall.open_for(wall.reach_of(town.outsider))
    mine = Case.objects.count()
    with wall.office():
        assert Case.objects.count() > mine
    assert Case.objects.count() == mine
