"""A problem is put right by one person, looked at by another, signed off by a third."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.http import Http404
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from complaints.actions.rated import Answer
from complaints.actions.rating import rate, verify
from complaints.lights import Light
from complaints.models import Clock, Rating, RatingCheck
from config.lib.errors import RuleBroken
from staff.models import Person, Post
from supervision.conduct import access as conduct_access
from supervision.conduct import actions as conduct
from supervision.models import (
    Alert,
    Dismissal,
    Escalation,
    ItemFile,
    ItemStep,
    RectificationItem,
    RectificationRule,
)
from supervision.rectification import actions, demo, listing
from supervision.rectification.access import item_for
from supervision.rectification.actions import Evidence, Setting
from supervision.rectification.proposals import proposals
from supervision.rectification.rules import Ended, Later, State, is_relapse, state_of
from supervision.watch.sweep import sweep
from tests.world import World


def set_down(world: World, **known: Any) -> RectificationItem:
    """The dark stairway of the east, worker's to put right, set down by the supervisor."""
    now, by = known.pop("now", world.now), known.pop("by", world.supervisor)
    facts: dict[str, Any] = {
        "street": world.street,
        "source": "inspection",
        "problem": "楼道灯报修后三周无人处理",
        "unit": world.unit,
        "responsible": world.worker,
        "community": world.east,
        "category": world.category,
    }
    return actions.set_down(Setting(**facts | known), by=by, now=now)


def signed_off(world: World, *, days_ago: float = 0, **known: Any) -> RectificationItem:
    at = world.now - timedelta(days=days_ago)
    item = set_down(world, now=at - timedelta(days=2), **known)
    actions.report(item, by=item.responsible, now=at - timedelta(days=1), text="已全部更换")
    actions.verify(item, by=world.supervisor2, now=at - timedelta(hours=2), text="现场看过，灯都亮了")
    return actions.sign_off(item, by=world.supervisor, now=at)


@contextmanager
def refused(code: str) -> Iterator[None]:
    with pytest.raises(RuleBroken) as refusal:
        yield
    assert refusal.value.code == code


def fresh(person: Person) -> Person:
    return Person.objects.get(pk=person.pk)


def client(person: Person) -> Client:
    made = Client()
    made.force_login(person)
    return made


# The road


def test_a_problem_goes_from_the_supervisor_to_the_worker_and_through_two_more_hands(world: World) -> None:
    item = set_down(world)
    assert item.number == "整改〔2026〕1号"
    assert timezone.localtime(item.due_at) == datetime(2026, 12, 2, 18, 0, tzinfo=world.now.tzinfo)  # ten working days
    assert item.next_turn_at == world.now
    later = world.now + timedelta(days=1)
    actions.plan(item, by=world.worker, now=later, measure="更换灯具，建立巡查表", cause="无人巡查")
    item = actions.report(item, by=world.worker, now=later, text="十二盏灯已更换")
    assert (state_of(item), item.next_turn_at) == (State.REPORTED, None)
    item = actions.verify(item, by=world.supervisor, now=later, text="夜间看过")
    item = actions.sign_off(item, by=world.supervisor2, now=later)
    assert state_of(item) == State.SIGNED_OFF
    assert item.watched_until == later + timedelta(days=90)
    kinds = list(ItemStep.objects.filter(item=item).values_list("kind", "by__name"))
    assert kinds == [
        ("opened", "林峰"), ("planned", "李敏"), ("reported", "李敏"), ("verified", "林峰"), ("signed_off", "沈洁"),
    ]  # fmt: skip


def test_numbers_have_no_gaps_and_every_year_begins_anew(world: World) -> None:
    with pytest.raises(RuleBroken):
        set_down(world, problem="  ")
    numbers = [set_down(world).number, set_down(world).number]
    numbers.append(set_down(world, now=world.now + timedelta(days=60)).number)
    assert numbers == ["整改〔2026〕1号", "整改〔2026〕2号", "整改〔2027〕1号"]


def test_nobody_verifies_or_signs_off_their_own_work(world: World) -> None:
    item = set_down(world, responsible=world.supervisor, unit=world.office)
    actions.report(item, by=world.supervisor, now=world.now, text="已办")
    with pytest.raises(PermissionDenied):
        actions.verify(item, by=world.supervisor, now=world.now, text="看过")
    item = set_down(world)
    actions.report(item, by=world.secretary, now=world.now, text="书记代报")
    with pytest.raises(PermissionDenied):
        actions.verify(item, by=world.secretary, now=world.now, text="看过")
    actions.verify(item, by=world.supervisor, now=world.now, text="看过")
    with pytest.raises(PermissionDenied):
        actions.sign_off(item, by=world.supervisor, now=world.now)
    with pytest.raises(PermissionDenied):
        actions.sign_off(item, by=world.secretary, now=world.now)


def test_the_database_refuses_three_roles_in_one_hand(world: World) -> None:
    item = signed_off(world)
    for name, change in (
        ("item_is_verified_by_another_person", {"verified_by": item.responsible}),
        ("item_is_signed_off_by_a_third_person", {"signed_by": item.verified_by}),
        ("item_is_not_signed_off_and_withdrawn", {"withdrawn_at": world.now, "withdrawn_by": world.supervisor}),
        ("item_reported_then_verified", {"reported_at": None, "reported_by": None}),
        ("item_verified_says_who_and_when", {"verified_by": None}),
        ("item_verified_then_signed_off", {"watched_until": None}),
        ("item_due_after_it_was_set", {"due_at": item.set_at, "yellow_at": None}),
        ("item_yellow_then_due", {"yellow_at": item.due_at + timedelta(seconds=1)}),
    ):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            RectificationItem.objects.filter(pk=item.pk).update(**change)


def test_somebody_of_another_unit_verifies_where_there_is_one(world: World) -> None:
    item = set_down(world)
    actions.report(item, by=world.worker, now=world.now, text="已办")
    with refused("same_unit"):
        actions.verify(item, by=world.secretary, now=world.now, text="看过")
    Post.objects.filter(person=world.supervisor2).update(until=world.now.date() - timedelta(days=1))
    with refused("no_signer_left"):  # the only supervisor keeps the last word
        actions.verify(item, by=fresh(world.supervisor), now=world.now, text="看过")
    actions.verify(item, by=fresh(world.secretary), now=world.now, text="看过")
    assert state_of(actions.sign_off(item, by=fresh(world.supervisor), now=world.now)) == State.SIGNED_OFF


def test_sent_back_it_runs_on_and_the_worker_is_told(world: World) -> None:
    item = set_down(world)
    item = actions.report(item, by=world.worker, now=world.now, text="已办")
    past_due = item.due_at + timedelta(days=1)
    assert listing.light_of(item, past_due) == Light.GREEN
    item = actions.send_back(item, by=world.supervisor, now=past_due, text="三单元还是黑的")
    assert listing.light_of(item, past_due) == Light.RED
    assert (item.reported_by, item.next_turn_at) == (None, past_due)
    told = list(Alert.objects.filter(what="item").order_by("pk").values_list("recipient__name", "facts__kind", "step"))
    assert told == [("李敏", "opened", "tell"), ("李敏", "sent_back", "remind")]
    assert "楼道" not in str(list(Alert.objects.values_list("facts", flat=True)))


def test_given_to_another_person_the_day_stays(world: World) -> None:
    item = set_down(world)
    due = item.due_at
    with pytest.raises(PermissionDenied):
        actions.reassign(item, by=world.worker, now=world.now, responsible=world.worker2, unit=world.unit, text="忙")
    with refused("foreign_person"):
        actions.reassign(
            item, by=world.supervisor, now=world.now, responsible=world.stranger, unit=world.unit, text="换人"
        )
    item = actions.reassign(
        item, by=world.supervisor, now=world.now, responsible=world.worker2, unit=world.unit, text="李敏休假"
    )
    assert (item.responsible, item.due_at) == (world.worker2, due)
    assert Alert.objects.filter(what="item", recipient=world.worker2).count() == 1


def test_withdrawn_it_says_why_and_counts_nowhere(world: World) -> None:
    item = set_down(world)
    with pytest.raises(RuleBroken):
        actions.withdraw(item, by=world.supervisor, now=world.now, text=" ")
    actions.withdraw(item, by=world.supervisor, now=world.now, text="与2号重复")
    with refused("wrong_state"):
        actions.report(item, by=world.worker, now=world.now, text="已办")
    figures = listing.figures(world.supervisor.scope(), world.now)
    assert (figures.pending, figures.signed_off) == (0, 0)


def test_steps_are_never_edited(world: World, as_app_role: Any) -> None:
    item = set_down(world)
    with pytest.raises(DatabaseError, match="history"), transaction.atomic():
        ItemStep.objects.filter(item=item).update(text="别的话")
    as_app_role()
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        ItemStep.objects.filter(item=item).delete()


def test_a_later_rule_takes_over_and_old_items_keep_theirs(world: World) -> None:
    old = set_down(world)
    RectificationRule.objects.create(
        days=5, yellow_left=1, recurrence_days=30, valid_from=world.now.date() + timedelta(days=1), reason="新规定"
    )
    new = set_down(world, now=world.now + timedelta(days=1))
    assert new.due_at < RectificationItem.objects.get(pk=old.pk).due_at


def test_evidence_is_optional_and_only_for_those_who_see_the_item(world: World, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    item = set_down(world)
    photo = Evidence(SimpleUploadedFile("灯.png", b"\x89PNG\r\n\x1a\n"), "灯.png", "image/png")
    actions.report(item, by=world.worker, now=world.now, text="已办", files=[photo])
    url = reverse("rectification_file", args=[item.pk, ItemFile.objects.get().pk])
    assert client(world.worker).get(url).status_code == 200
    assert client(world.outsider).get(url).status_code == 404


def test_a_deadline_that_passes_climbs_the_ladder_and_one_that_was_met_is_silent(world: World) -> None:
    late, met = set_down(world), set_down(world)
    sweep(now=world.now, real=False)
    assert not Escalation.objects.exists()
    actions.report(met, by=world.worker, now=world.now, text="已办")
    sweep(now=late.due_at + timedelta(days=5), real=False)
    assert set(Escalation.objects.values_list("item", flat=True)) == {late.pk}
    told = Alert.objects.filter(what="item", escalation__isnull=False)
    assert told.exists()
    before = Escalation.objects.count()
    RectificationItem.objects.filter(pk=late.pk).update(next_turn_at=late.due_at)
    sweep(now=late.due_at + timedelta(days=5), real=False)
    assert Escalation.objects.count() == before


# Relapse


def test_what_counts_as_a_relapse() -> None:
    start = datetime(2026, 3, 1, tzinfo=timezone.get_default_timezone())
    ended = Ended(start, start + timedelta(days=90), community=1, category=2, grid=3, case=4)
    for days, later, expected in [
        (1, {"community": 1, "category": 2}, True),
        (90, {"community": 1, "category": 2}, True),
        (90.01, {"community": 1, "category": 2}, False),
        (0, {"community": 1, "category": 2}, False),
        (1, {"community": 9, "category": 2}, False),
        (1, {"community": 1, "category": 9}, False),
        (1, {"community": None, "category": 2, "links": 4}, True),
        (1, {"community": None, "category": 9, "grid": 3, "links": 4}, True),
        (1, {"community": None, "category": 9, "grid": 9, "links": 4}, False),
        (1, {"grid": 3, "links": 5}, False),
        (1, {"community": 1, "category": 2, "praise": True}, False),
        (1, {}, False),
    ]:
        found = is_relapse(ended, Later(start + timedelta(days=days), **later))  # type: ignore[arg-type]
        assert found is expected, (days, later)


def test_a_relapse_is_found_in_sql_as_the_rule_says(world: World) -> None:
    source = world.log(at=world.now - timedelta(days=100))
    same = signed_off(world, days_ago=80, case=source)
    elsewhere = signed_off(world, days_ago=80, community=world.west, unit=world.west_unit, responsible=world.outsider)
    too_long_ago = signed_off(world, days_ago=95, category=None)
    world.log(at=world.now - timedelta(days=3), kind="praise")
    again = world.log(at=world.now - timedelta(days=1))
    found = {item.pk: item.recurred_at for item in RectificationItem.objects.with_relapse()}  # type: ignore[attr-defined]
    assert found == {same.pk: again.submitted_at, elsewhere.pk: None, too_long_ago.pk: None}
    figures = listing.figures(world.supervisor.scope(), world.now)
    assert (figures.recurred, figures.signed_off, str(figures.rebound(3).percent)) == (1, 3, "33.3")
    page = client(world.supervisor).get("/supervision/rectification/?only=recurred").content.decode()
    assert "33.3" not in page, "three are too few to tell a percentage"
    assert "样本不足" in page
    assert same.number in page
    assert elsewhere.number not in page


def test_a_later_item_of_the_same_kind_is_a_relapse_too(world: World) -> None:
    first = signed_off(world, days_ago=10)
    second = set_down(world)
    found = RectificationItem.objects.recurred().get()
    assert (found.pk, found.recurred_at) == (first.pk, second.set_at)  # type: ignore[attr-defined]


# Twins in SQL


def test_light_and_state_in_sql_are_those_of_the_rule(world: World) -> None:
    one, two, three = set_down(world), set_down(world), signed_off(world)
    actions.plan(two, by=world.worker, now=world.now, measure="换灯")
    for now in (world.now, one.due_at - timedelta(hours=8), one.due_at, one.due_at + timedelta(seconds=1)):
        rows = list(RectificationItem.objects.with_light(now))
        assert [row.light for row in rows] == [listing.light_of(row, now) for row in rows]  # type: ignore[attr-defined]
    for item in (one, two, three):
        item = RectificationItem.objects.get(pk=item.pk)
        for state in State:
            assert RectificationItem.objects.in_state(state).filter(pk=item.pk).exists() is (state == state_of(item))


# Proposals


def overdue(world: World) -> Escalation:
    case = world.log(at=world.now - timedelta(days=40))
    clock = Clock.objects.get(case=case, kind="resolution")
    return Escalation.objects.create(
        clock=clock, due_at=clock.due_at, rung="review", name="问责核查", step="review",
        reached_at=clock.due_at + timedelta(days=7), noticed_at=clock.due_at + timedelta(days=7),
    )  # fmt: skip


def bad_rating(world: World) -> RatingCheck:
    from complaints import actions as casework

    case = world.log(title="长椅坏了")
    casework.conclude(case, by=world.worker, now=world.now, version=1, outcome="resolved", text="已修好。")
    rate(case, Answer(solved="partly", satisfied=1), now=world.now, via=Rating.Via.TRACK)
    check = RatingCheck.objects.get(rating__case=case)
    return verify(check, by=world.supervisor, now=world.now, outcome="fix_by", finding="椅腿没有固定", days=3)


def test_casework_proposes_and_one_click_sets_down_what_is_known(world: World) -> None:
    escalation, check = overdue(world), bad_rating(world)
    late, rated = proposals(world.supervisor2)
    assert escalation.clock is not None
    assert (late.case, late.responsible) == (escalation.clock.case, world.worker)
    assert late.case is not None
    assert late.case.number in late.problem
    assert late.case.title not in late.problem + rated.problem  # a resident wrote it, and bulletins are kept for good
    item = actions.take_up(rated.origin, by=world.supervisor2, now=world.now)
    assert (item.source, item.case, item.due_at) == ("rating", check.rating.case, check.fix_by_at)
    assert "椅腿没有固定" in item.problem
    assert [one.origin for one in proposals(world.supervisor2)] == [late.origin]
    assert actions.take_up(rated.origin, by=world.supervisor, now=world.now) == item  # two clicks, one item


def test_a_dismissed_proposal_says_why_and_stays_away(world: World) -> None:
    overdue(world)
    (late,) = proposals(world.supervisor)
    with pytest.raises(RuleBroken):
        actions.dismiss(late.origin, by=world.supervisor, now=world.now, reason="")
    actions.dismiss(late.origin, by=world.supervisor, now=world.now, reason="已在另案问责")
    assert proposals(world.supervisor) == []
    assert Dismissal.objects.get().reason == "已在另案问责"
    with refused("no_proposal"):
        actions.take_up(late.origin, by=world.supervisor2, now=world.now)


def test_a_proposal_is_shown_to_those_who_decide_in_their_street_only(world: World) -> None:
    overdue(world)
    assert proposals(world.supervisor)
    for person in (world.stranger, world.secretary, world.worker, world.admin, world.discipline):
        assert proposals(person) == [], person


def test_a_finding_on_conduct_leaves_its_circle_as_a_number(world: World) -> None:
    told = conduct.Submission(
        street=world.street, community=world.west, text="推诿不办，跑了四趟。", once="r" * 22, who="值班的年轻人"
    )
    number = conduct.submit(told, now=world.now).report.number
    with transaction.atomic():
        report, _part = conduct_access.report_for(world.discipline, number)
        conduct.accept(report, by=world.discipline, now=world.now, text="已受理")
        conduct.conclude(
            report, by=world.discipline, now=world.now, outcome="true", severity="mild", summary="属实，已批评"
        )
    assert proposals(world.supervisor) == []
    (found,) = proposals(world.discipline)
    with pytest.raises(RuleBroken):
        actions.take_up(found.origin, by=world.supervisor, now=world.now)
    item = actions.take_up(found.origin, by=world.discipline, now=world.now)
    assert (item.reference, item.unit, item.responsible) == (number, world.west_unit, world.west_secretary)
    assert not any(words in item.problem for words in ("推诿", "四趟", "批评"))
    assert proposals(world.discipline) == []


# Who sees what


def test_the_page_of_a_case_leads_those_who_may_see_it_to_its_item(world: World) -> None:
    case = world.log()
    item = set_down(world, case=case)
    panel = f"/supervision/cases/{case.number}/"
    assert item.number in client(world.worker).get(panel).content.decode()
    assert item.number not in client(world.worker2).get(panel).content.decode()


def test_everybody_sees_what_is_theirs_and_the_rest_is_not_there(world: World) -> None:
    own = set_down(world)
    elsewhere = set_down(world, community=world.west, unit=world.west_unit, responsible=world.outsider)
    for person, seen in (
        (world.supervisor, {own, elsewhere}),
        (world.discipline, {own, elsewhere}),
        (world.secretary, {own}),
        (world.worker, {own}),
        (world.worker2, set()),
        (world.outsider, {elsewhere}),
        (world.assessor, set()),
        (world.delegate, set()),
        (world.admin, set()),
        (world.stranger, set()),
    ):
        for item in (own, elsewhere):
            if item in seen:
                assert item_for(person, item.pk) == item
            else:
                with pytest.raises(Http404):
                    item_for(person, item.pk)


def test_the_pages_carry_an_item_to_its_end(world: World) -> None:
    supervisor, worker = client(world.supervisor), client(world.worker)
    answer = supervisor.post(
        "/supervision/rectification/new/",
        {
            "problem": "公示栏半年未更新",
            "source": "audit",
            "reference": "审〔2026〕7号",
            "community": world.east.pk,
            "unit": world.unit.pk,
            "responsible": world.worker.pk,
        },
    )
    item = RectificationItem.objects.get()
    assert answer["Location"] == item.get_absolute_url()
    url = item.get_absolute_url()
    assert "Report it done" in worker.get(url).content.decode() or "上报" in worker.get(url).content.decode()
    assert worker.post(url + "report/", {"text": ""}).status_code == 422
    assert worker.post(url + "report/", {"text": "已更新"}).status_code == 302
    assert worker.post(url + "verify/", {"text": "我看过"}).status_code == 403
    assert client(world.discipline).post(url + "verify/", {"text": "我看过"}).status_code == 403
    assert client(world.outsider).post(url + "verify/", {"text": "我看过"}).status_code == 404
    assert supervisor.post(url + "verify/", {"text": "看过"}).status_code == 302
    assert client(world.supervisor2).post(url + "sign_off/", {}).status_code == 302
    assert client(world.supervisor2).post(url + "sign_off/", {}).status_code == 409
    assert RectificationItem.objects.get().signed_by == world.supervisor2


def test_a_form_of_nonsense_is_refused_with_sentences(world: World) -> None:
    case = world.log(community=world.west, unit=world.west_unit, first_contact=world.outsider)
    answer = client(world.supervisor).post(
        "/supervision/rectification/new/",
        {
            "problem": "",
            "source": "conduct",
            "unit": world.other_unit.pk,
            "responsible": "x",
            "days": "0",
            "case": "无",
        },
    )
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"problem", "source", "unit", "responsible", "days", "case"}
    assert client(world.secretary).get("/supervision/rectification/new/").status_code == 403
    assert case.number not in answer.content.decode()
    for query in ("?light=blue", "?community=x", "?set_from=2026-13-01", "?after=zzz", "?q=%00"):
        assert client(world.supervisor).get("/supervision/rectification/" + query).status_code == 200


def test_the_list_costs_the_same_for_one_item_and_for_sixty(world: World) -> None:
    set_down(world)
    watcher = client(world.supervisor)
    watcher.get("/supervision/rectification/")
    with CaptureQueriesContext(
        connection,
    ) as few:
        watcher.get("/supervision/rectification/")
    item = RectificationItem.objects.get()
    copies = [RectificationItem.objects.get(pk=item.pk) for _n in range(59)]
    for n, copy in enumerate(copies):
        copy.pk, copy.number = None, f"整改〔2026〕{n + 2}号"
    RectificationItem.objects.bulk_create(copies)
    with CaptureQueriesContext(connection) as many:
        page = watcher.get("/supervision/rectification/")
    assert len(many) == len(few) <= 16, [query["sql"][:90] for query in many]
    assert len(page.context["lines"]) == 50
    rest = watcher.get("/supervision/rectification/?after=" + page.context["page"].next)
    assert len(rest.context["lines"]) == 10


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_list_goes_along_as_a_file_in_which_nothing_becomes_a_formula(world: World, kind: str) -> None:
    set_down(world, problem="=1+1")
    set_down(world, community=world.west, unit=world.west_unit, responsible=world.outsider, problem="西里的事")
    answer = client(world.secretary).get(f"/supervision/rectification/export/?format={kind}")
    body = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    if kind == "csv":
        text = body.decode("utf-8-sig")
        assert "'=1+1" in text
        assert "西里的事" not in text
    else:
        assert body.startswith(b"PK")


def test_the_demo_street_has_items_in_every_state_one_of_them_come_back(world: World) -> None:
    overdue(world)
    bad_rating(world)
    world.log(at=world.now - timedelta(days=5))
    assert demo.tell(world.street, world.now) == 11
    states = {state_of(item) for item in RectificationItem.objects.all()}
    assert states == set(State)
    assert RectificationItem.objects.recurred().count() == 1
    assert ItemStep.objects.filter(kind="sent_back").exists()
