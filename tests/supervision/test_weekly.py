"""The week is counted, not written: the secretary looks and confirms."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.http import Http404
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from complaints import actions as casework
from complaints.actions import resident
from complaints.actions.rated import Answer
from complaints.actions.rating import rate
from complaints.models import Case, Rating
from config.lib.errors import RuleBroken
from services.clock import Calendar
from supervision.models import Alert, WeeklyCheck
from supervision.rectification import actions as rectification
from supervision.rectification.actions import Setting
from supervision.watch import orders
from supervision.weekly import rules
from supervision.weekly.actions import confirm, remind
from supervision.weekly.dispatch import sheet
from supervision.weekly.figures import LABELS, figures_of, frozen, link, thawed
from supervision.weekly.rules import State
from tests.world import World

MONDAY = date(2026, 11, 16)  # the week of `world.now`
FRIDAY = timedelta(days=2)


def client(person: Any) -> Client:
    made = Client()
    made.force_login(person)
    return made


# Weeks


def test_a_week_is_confirmed_from_its_last_working_day_to_the_sunday_after() -> None:
    plain = Calendar()
    for today, expected in [
        (date(2026, 11, 19), State.NOT_YET),
        (date(2026, 11, 20), State.OPEN),
        (date(2026, 11, 29), State.OPEN),
        (date(2026, 11, 30), State.UNCONFIRMED),
    ]:
        assert rules.state_of(MONDAY, today, plain, confirmed=False) == expected
        assert rules.state_of(MONDAY, today, plain, confirmed=True) == State.CONFIRMED
    make_up = Calendar({date(2026, 11, 22): True})
    assert rules.opens_on(MONDAY, make_up) == date(2026, 11, 22)
    nobody = Calendar({MONDAY + timedelta(days=n): False for n in range(7)})
    assert rules.opens_on(MONDAY, nobody) == date(2026, 11, 20)
    assert rules.state_of(MONDAY, MONDAY - timedelta(days=1), plain, confirmed=False) == State.TO_COME


def test_nobody_is_reminded_in_a_holiday_and_after_one_on_the_first_working_day() -> None:
    plain, friday = Calendar(), date(2026, 11, 20)
    assert rules.weeks_to_remind_of(friday - timedelta(days=1), plain) == []
    assert rules.weeks_to_remind_of(friday, plain) == [MONDAY]
    assert rules.weeks_to_remind_of(date(2026, 11, 23), plain) == []
    nobody = Calendar({MONDAY + timedelta(days=n): False for n in range(7)})
    assert rules.weeks_to_remind_of(friday, nobody) == []
    assert rules.weeks_to_remind_of(date(2026, 11, 23), nobody) == [MONDAY]


def test_weeks_have_names_and_nonsense_is_no_week() -> None:
    assert rules.label_of(MONDAY) == "2026-W47"
    assert rules.label_of(date(2026, 12, 28)) == "2026-W53"
    for label in ("2026-W47", "2026-W53", "2027-W01"):
        monday = rules.monday_from(label)
        assert monday is not None
        assert rules.label_of(monday) == label
    for nonsense in ("", "2026-W54", "2027-W53", "2026-W00", "0001-W01", "2026-47", "2026-W4７", "x" * 500):
        assert rules.monday_from(nonsense) is None, nonsense
    assert rules.week_to_dispatch(date(2026, 11, 16)) == MONDAY
    assert rules.week_to_dispatch(date(2026, 11, 17)) == date(2026, 11, 23)
    assert rules.week_to_show(date(2026, 11, 19), Calendar()) == date(2026, 11, 9)
    assert rules.week_to_show(date(2026, 11, 21), Calendar()) == MONDAY


# Figures


def a_week_of_the_east(world: World) -> dict[str, Case]:
    """One case of each kind that a week is asked about; `now` is the Friday afternoon."""
    friday = world.now + FRIDAY
    cases = {
        "fresh": world.log(at=friday - timedelta(hours=3), title="新到的一件"),
        "red": world.log(at=world.now - timedelta(days=20), title="逾期的一件"),
        "offered": world.log(at=world.now, title="移交中的一件"),
        "said": world.log(at=world.now, title="居民又留言的一件"),
        "closed": world.log(at=world.now - timedelta(days=9), title="本周办结的一件"),
        "rated": world.log(at=world.now - timedelta(days=9), title="差评的一件"),
    }
    casework.offer(cases["offered"], by=world.worker, now=world.now, version=1, reason="负责路灯", to=world.worker2)
    resident.say(cases["said"], now=world.now, text="还没有人来")
    for name in ("closed", "rated"):
        casework.conclude(cases[name], by=world.worker, now=world.now, version=1, outcome="resolved", text="已修好。")
    rate(cases["rated"], Answer(solved="partly", satisfied=1), now=friday, via=Rating.Via.TRACK)
    rectification.set_down(
        Setting(
            street=world.street, source="audit", problem="公示栏未更新", unit=world.unit,
            responsible=world.worker, community=world.east, days=3,
        ),
        by=world.supervisor,
        now=world.now,
    )  # fmt: skip
    return cases


def test_the_week_is_counted_from_casework(world: World) -> None:
    cases = a_week_of_the_east(world)
    friday = world.now + FRIDAY
    found = figures_of([world.east.pk, world.west.pk], MONDAY, friday)
    east = {code: (line.count, line.numbers) for code, line in found[world.east.pk].items()}
    number = {name: case.number for name, case in cases.items()}
    assert east["received"] == (3, sorted([number["fresh"], number["offered"], number["said"]]))
    assert east["concluded"] == (2, sorted([number["closed"], number["rated"]]))
    assert east["red"] == (1, [number["red"]])
    assert east["offers"] == (1, [number["offered"]])
    assert east["unanswered"] == (1, [number["said"]])
    assert east["bad"] == (1, [])  # whose case was rated badly is not told here
    assert east["items"] == (1, ["整改〔2026〕1号"])
    assert east["calls"] == (1, [number["closed"]])
    assert all(line.count == 0 for line in found[world.west.pk].values())
    assert set(east) == set(LABELS)


def test_lights_of_the_week_are_those_of_the_case_list(world: World) -> None:
    a_week_of_the_east(world)
    for hours in (0, 30, 80, 200, 400):
        now = world.now + timedelta(hours=hours)
        found = figures_of([world.east.pk], rules.monday_of(timezone.localdate(now)), now)[world.east.pk]
        for light in ("red", "yellow"):
            listed = Case.objects.filter(community=world.east).with_light(now).open_of(now, light)
            assert sorted(found[light].numbers) == sorted(listed.values_list("number", flat=True)), (hours, light)


def test_the_count_costs_the_same_for_one_community_and_for_all(world: World) -> None:
    a_week_of_the_east(world)
    with CaptureQueriesContext(connection) as one:
        figures_of([world.east.pk], MONDAY, world.now)
    with CaptureQueriesContext(connection) as both:
        figures_of([world.east.pk, world.west.pk], MONDAY, world.now)
    assert len(one) == len(both) == 6


def test_what_came_later_is_not_counted(world: World) -> None:
    world.log(at=world.now)
    before = figures_of([world.east.pk], MONDAY, world.now)
    world.log(at=world.now + timedelta(days=1))
    after = figures_of([world.east.pk], MONDAY, world.now)
    for code in ("due", "due_next", "red", "yellow", "offers", "unanswered", "calls", "items"):
        assert before[world.east.pk][code] == after[world.east.pk][code]


def test_frozen_figures_are_read_back_as_they_were(world: World) -> None:
    a_week_of_the_east(world)
    counted = figures_of([world.east.pk], MONDAY, world.now)[world.east.pk]
    assert thawed(frozen(counted, world.now)) == counted
    assert "nonesuch" not in thawed({"lines": {"nonesuch": {"count": 1, "numbers": []}}})


# Confirming


def test_the_secretary_confirms_once_and_the_figures_stay(world: World, as_app_role: Any) -> None:
    a_week_of_the_east(world)
    friday = world.now + FRIDAY
    check = confirm(world.east, MONDAY, by=world.secretary, now=friday, remark="已逐件看过")
    world.log(at=friday)
    again = confirm(world.east, MONDAY, by=world.secretary, now=friday + timedelta(hours=1))
    assert again == check
    assert again.figures["lines"]["received"]["count"] == 3
    as_app_role()
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        WeeklyCheck.objects.update(remark="改过")


def test_only_the_own_secretary_confirms_and_only_in_time(world: World) -> None:
    friday = world.now + FRIDAY
    for person in (world.west_secretary, world.supervisor, world.worker, world.admin):
        with pytest.raises(Http404):
            confirm(world.east, MONDAY, by=person, now=friday)
    for now, code in ((world.now, "not_yet"), (world.now + timedelta(days=12), "too_late")):
        with pytest.raises(RuleBroken) as refusal:
            confirm(world.east, MONDAY, by=world.secretary, now=now)
        assert refusal.value.code == code
    with pytest.raises(IntegrityError, match="weekly_check_begins_on_a_monday"), transaction.atomic():
        WeeklyCheck.objects.create(
            community=world.east, monday=date(2026, 11, 17), figures={}, by=world.secretary, at=friday
        )


def test_secretaries_are_told_once_on_the_last_working_day_and_not_when_they_have_confirmed(world: World) -> None:
    friday = world.now + FRIDAY
    assert remind(now=friday - timedelta(days=1)) == 0
    confirm(world.east, MONDAY, by=world.secretary, now=friday)
    assert remind(now=friday) == 1
    assert remind(now=friday + timedelta(hours=1)) == 0
    told = Alert.objects.get(what="weekly")
    assert told.recipient == world.west_secretary
    assert client(world.west_secretary).get(told.facts["link"]).status_code == 200


def test_the_line_of_rectification_opens_the_items_it_counts(world: World) -> None:
    def set_down(days: int) -> str:
        setting = Setting(
            street=world.street, source="audit", problem="公示栏未更新", unit=world.unit,
            responsible=world.worker, community=world.east, days=days,
        )  # fmt: skip
        return rectification.set_down(setting, by=world.supervisor, now=world.now).number

    soon, later = set_down(3), set_down(40)
    line = figures_of([world.east.pk], MONDAY, world.now)[world.east.pk]["items"]
    assert line.numbers == [soon]
    page = client(world.secretary).get(link("items", world.east.pk, MONDAY)).content.decode()
    assert soon in page
    assert later not in page


@pytest.fixture
def friday(world: World, monkeypatch: pytest.MonkeyPatch) -> datetime:
    at = world.now + FRIDAY
    monkeypatch.setattr(timezone, "now", lambda: at)
    return at


def test_on_the_page_one_click_is_enough(world: World, friday: datetime) -> None:
    a_week_of_the_east(world)
    secretary = client(world.secretary)
    page = secretary.get("/supervision/weekly/")
    assert page.context["may_confirm"]
    assert page.context["week"].figures["received"].count == 3
    sent = {"community": world.east.pk, "week": "2026-W47", "remark": ""}
    assert secretary.post("/supervision/weekly/", sent).status_code == 302
    page = secretary.get("/supervision/weekly/?week=2026-W47")
    assert not page.context["may_confirm"]
    assert page.context["week"].check.by == world.secretary
    assert secretary.post("/supervision/weekly/", sent | {"remark": "字" * 501}).status_code == 422
    assert secretary.post("/supervision/weekly/", sent | {"week": "2026-W48"}).status_code == 409
    for strange in (str(world.west.pk), "", "x", "9" * 40):
        assert secretary.post("/supervision/weekly/", sent | {"community": strange}).status_code == 404


def test_a_supervisor_sees_all_communities_and_an_unconfirmed_week_as_such(world: World, friday: datetime) -> None:
    a_week_of_the_east(world)
    confirm(world.east, MONDAY, by=world.secretary, now=friday)
    supervisor = client(world.supervisor)
    page = supervisor.get("/supervision/weekly/")
    assert [(week.community.name, week.state) for week in page.context["weeks"]] == [
        ("东园社区", State.CONFIRMED),
        ("西里社区", State.OPEN),
    ]
    past = supervisor.get("/supervision/weekly/?week=2026-W40")
    assert all(week.state == State.UNCONFIRMED and week.figures is None for week in past.context["weeks"])
    assert supervisor.get(f"/supervision/weekly/?community={world.west.pk}").context["week"].community == world.west
    assert client(world.stranger).get(f"/supervision/weekly/?community={world.west.pk}").status_code == 404
    assert client(world.worker).get("/supervision/weekly/").status_code == 404


# The dispatch list


def test_the_dispatch_list_says_what_each_unit_owes_and_what_does_not_move(world: World) -> None:
    cases = a_week_of_the_east(world)
    owed = sheet(world.supervisor.scope(), date(2026, 11, 23), world.now + FRIDAY)
    (block,) = owed.blocks
    assert block.unit == "东园社区居委会"
    assert [row.number for row in block.rows] == [
        cases["red"].number, cases["offered"].number, cases["said"].number, cases["fresh"].number,
    ]  # fmt: skip
    assert (block.late, block.due, block.more) == (1, 3, 0)
    assert [row.number for row in owed.stuck] == [cases["red"].number]
    assert [item.number for item in owed.items] == ["整改〔2026〕1号"]
    assert sheet(world.west_secretary.scope(), date(2026, 11, 23), world.now + FRIDAY).blocks == []


def test_the_dispatch_list_names_orders_that_wait_for_an_answer_and_only_those(world: World) -> None:
    answered, ended = world.log(at=world.now), world.log(at=world.now)
    done = orders.issue(answered, by=world.supervisor, now=world.now, demand="请尽快办结")
    owed = orders.issue(ended, by=world.supervisor, now=world.now, demand="请说明情况")
    orders.answer(done, by=world.worker, now=world.now, text="已办")
    casework.conclude(ended, by=world.worker, now=world.now, version=1, outcome="resolved", text="已修好。")
    assert sheet(world.supervisor.scope(), date(2026, 11, 23), world.now).orders == [owed]


def test_the_pages_of_the_watch_cost_few_queries(world: World, friday: datetime) -> None:
    a_week_of_the_east(world)
    supervisor = client(world.supervisor)
    for url, most in (
        ("/supervision/", 16),
        ("/supervision/weekly/", 14),
        ("/supervision/weekly/dispatch/", 10),
    ):
        supervisor.get(url)
        with CaptureQueriesContext(connection) as asked:
            assert supervisor.get(url).status_code == 200
        assert len(asked) <= most, (url, len(asked), [query["sql"][:80] for query in asked])


def test_the_entry_page_shows_each_role_its_own(world: World) -> None:
    def urls(person: Any) -> list[str]:
        return [card.url for card in client(person).get("/supervision/").context["cards"]]

    assert {"/supervision/rectification/", "/supervision/weekly/", "/board/"} <= set(urls(world.supervisor))
    assert "/supervision/conduct/" in urls(world.discipline)
    assert "/supervision/conduct/" not in urls(world.supervisor)
    assert "/supervision/rectification/" in urls(world.worker)
    assert "/supervision/weekly/" not in urls(world.worker)
    assert "/supervision/rectification/" not in urls(world.admin)
    for person in (world.delegate, world.assessor):
        assert client(person).get("/supervision/").status_code == 404
