"""The case list: every filter finds what it says, they chain, pages lose nothing, and no address breaks it."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import quote

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from complaints import actions, keyset
from complaints.filters import CaseFilter
from complaints.models import Case
from staff.models import Person
from tests.complaints.test_desk import MOST_QUERIES, queries_of, sign_in
from tests.world import World

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def listed(person: Person, query: str, world: World) -> list[str]:
    """The numbers on the page, from the top."""
    with time_machine.travel(world.now, tick=False):
        answer = sign_in(person).get("/cases/" + query)
    assert answer.status_code == 200
    return [row.number for row in answer.context["rows"]]


def said(person: Person, query: str, world: World) -> str:
    with time_machine.travel(world.now, tick=False):
        return sign_in(person).get("/cases/" + query).content.decode()


@pytest.fixture
def town(world: World) -> dict[str, Case]:
    """One case of each sort, by the word it is meant to be found with."""
    cases = {
        "fresh": world.log(at=world.now - HOUR, title="新的"),
        "red": world.log(at=world.now - 20 * DAY, title="逾期的"),
        "inquiry": world.log(at=world.now - 2 * HOUR, kind="inquiry", channel="phone", title="咨询的"),
        "west": world.log(
            at=world.now - HOUR,
            community=world.west,
            unit=world.west_unit,
            first_contact=world.outsider,
            title="西边的",
        ),
        "grid2": world.log(at=world.now - HOUR, grid=world.grid2, title="二网格的"),
        "elder": world.log(at=world.now - HOUR, special_group="elder_alone", title="老人的"),
        "plain": world.log(at=world.now - HOUR, category=None, title="未分类的"),
        "urgent": world.log(at=world.now - HOUR / 4, urgency="utility", title="停水的"),
        "closed": world.log(at=world.now - 2 * DAY, title="办结的"),
        "words": world.log(
            at=world.now - HOUR, title="广场舞音响扰民", text="每天晚上九点以后音响声音很大", place="东园广场"
        ),
    }
    actions.conclude(
        cases["closed"], by=world.worker, now=world.now - DAY, version=1, outcome="resolved", text="已处理"
    )
    return cases


FOUND: list[tuple[str, set[str]]] = [
    ("?light=red", {"red"}),
    ("?state=closed", {"closed"}),
    ("?state=concluded", {"closed"}),
    ("?state=open&light=red", {"red"}),
    ("?state=withdrawn", set()),
    ("?kind=inquiry", {"inquiry"}),
    ("?channel=phone", {"inquiry"}),
    ("?kind=inquiry&channel=counter", set()),
    ("?community={west}", {"west"}),
    ("?grid={grid2}", {"grid2"}),
    ("?unit={west_unit}", {"west"}),
    ("?group=elder_alone", {"elder"}),
    ("?group=any", {"elder"}),
    ("?category=none", {"plain"}),
    ("?urgency=utility", {"urgent"}),
    ("?urgency=utility&urgency=emergency", {"urgent"}),
    ("?responsible={outsider}", {"west"}),
    ("?first_contact={outsider}", {"west"}),
    ("?q=广场舞", {"words"}),
    ("?q=音响 广场", {"words"}),
    ("?q=音响&kind=praise", set()),
    ("?number={number}", {"fresh"}),
    ("?submitted_to=2026-11-10", {"red"}),
    ("?submitted_from=2026-11-16&submitted_to=2026-11-17", {"closed"}),
    ("?due_to=2026-11-10", {"red"}),
    ("?waiting=callback", {"closed"}),
    ("?waiting=offer", set()),
]


@pytest.mark.parametrize(("query", "wanted"), FOUND)
def test_a_filter_finds_what_it_says(town: dict[str, Case], world: World, query: str, wanted: set[str]) -> None:
    ids: dict[str, Any] = {name: getattr(world, name).pk for name in ("west", "grid2", "west_unit", "outsider")} | {
        "number": town["fresh"].number
    }
    assert set(listed(world.supervisor, query.format(**ids), world)) == {town[name].number for name in wanted}


def test_without_filters_everything_in_scope_is_listed_newest_first(town: dict[str, Case], world: World) -> None:
    shown = listed(world.supervisor, "", world)
    newest = sorted(town.values(), key=lambda case: (case.submitted_at, case.pk), reverse=True)
    assert shown == [case.number for case in newest]


def test_a_category_brings_everything_below_it(town: dict[str, Case], world: World) -> None:
    assert world.category.parent and world.category.parent.parent
    top = world.category.parent.parent
    assert len(listed(world.supervisor, f"?category={top.pk}", world)) == len(town) - 1
    assert len(listed(world.supervisor, f"?category={top.pk}&category=none", world)) == len(town)


def test_a_worker_sees_the_own_community_and_no_other(town: dict[str, Case], world: World) -> None:
    shown = listed(world.worker, "", world)
    assert town["west"].number not in shown
    assert len(shown) == len(town) - 1
    assert listed(world.worker, f"?community={world.west.pk}", world) == []
    assert listed(world.outsider, "", world) == [town["west"].number]


def test_an_assessor_lists_closed_cases_only_and_a_delegate_none(town: dict[str, Case], world: World) -> None:
    assert listed(world.assessor, "", world) == [town["closed"].number]
    assert listed(world.delegate, "", world) == []


def test_what_is_due_soonest_comes_first(town: dict[str, Case], world: World) -> None:
    shown = listed(world.supervisor, "?order=due", world)
    lit: Any = Case.objects.with_light(world.now)
    turn = dict(lit.values_list("number", "turn_due_at"))
    assert town["closed"].number not in shown
    assert all(turn[one] <= turn[next_] for one, next_ in pairwise(shown))
    assert shown[0] == town["red"].number


def test_the_whole_number_in_the_search_box_leads_straight_to_the_case(town: dict[str, Case], world: World) -> None:
    number = town["fresh"].number
    client = sign_in(world.worker)
    assert client.get("/cases/", {"q": number.lower()}).headers["Location"] == f"/cases/{number}/"
    assert client.get("/cases/", {"q": town["west"].number}).status_code == 200


def test_a_phone_finds_the_residents_cases_for_those_who_may_see_it(world: World) -> None:
    case = world.log(resident_phone="139 0000 0002")
    secret = world.log(resident_phone="13900000002", identity="confidential", first_contact=world.worker2)
    world.log(resident_phone="13900000003")
    assert set(listed(world.worker2, "?q=13900000002", world)) == {case.number, secret.number}
    assert listed(world.worker, "?q=139-0000-0002", world) == [case.number]
    assert set(listed(world.supervisor, "?q=13900000002", world)) == {case.number, secret.number}
    for name in ("outsider", "assessor", "discipline", "delegate", "department_worker"):
        assert listed(getattr(world, name), "?q=13900000002", world) == []


def test_digits_find_the_number_of_the_hotline_too(world: World) -> None:
    case = world.log(source="hotline", external_id="2026111800123456")
    assert listed(world.worker, "?q=2026111800123456", world) == [case.number]


BAD = [
    "light=pink", "state=lost", "kind=rant", "community=abc", "community=1e5", "community=" + "9" * 40, "grid=-1",
    "category=%00", "responsible=1;drop", "submitted_from=2019/13/45", "submitted_from=0000-00-00", "due_to=tomorrow",
    "due_from=9999-12-31", "due_from=2026-02-02&due_to=2026-02-01", "order=random", "waiting=godot",
    "q=" + "长" * 200, "q=%00", "q=%F0%9F%98%80", "q=%27%20%26%20%21", "number=" + "9" * 100, "unit=1&unit=x",
    "group=all", "community=" + "&community=".join(map(str, range(60))),
]  # fmt: skip
FINE = {"q=%F0%9F%98%80", "q=%27%20%26%20%21"}


@pytest.mark.parametrize("query", BAD)
def test_a_filter_that_makes_no_sense_is_named_in_a_sentence(town: dict[str, Case], world: World, query: str) -> None:
    page = said(world.supervisor, "?" + query, world)
    assert ('role="status"' in page) is (query not in FINE)
    assert 'class="case-row' not in page


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    query=st.dictionaries(
        st.sampled_from([*CaseFilter.base_fields, "after", "before", "page", "x"]),
        st.one_of(st.text(max_size=30), st.sampled_from(["red", "open", "none", "1", "due", "2026-11-18", "any"])),
        max_size=5,
    )
)
def test_no_address_breaks_the_list(world: World, query: dict[str, str]) -> None:
    client = sign_in(world.supervisor)
    encoded = "&".join(f"{name}={quote(value.encode('utf-8', 'replace'))}" for name, value in query.items())
    assert client.get("/cases/?" + encoded).status_code in {200, 302}


def test_pages_follow_each_other_and_nothing_is_lost_or_shown_twice(world: World) -> None:
    same = world.now - HOUR  # all told in one second: only the id tells them apart
    cases = [world.log(at=same) for _ in range(7)]
    newest = [case.pk for case in reversed(cases)]
    seen = Case.objects.visible_to(world.supervisor.scope())
    first = keyset.page(seen, keyset.NEWEST, size=3)
    second = keyset.page(seen, keyset.NEWEST, after=first.next, size=3)
    third = keyset.page(seen, keyset.NEWEST, after=second.next, size=3)
    assert first.ids + second.ids + third.ids == newest
    assert (first.prev, third.next) == ("", "")
    assert keyset.page(seen, keyset.NEWEST, before=third.prev, size=3).ids == second.ids
    back = keyset.page(seen, keyset.NEWEST, before=second.prev, size=3)
    assert (back.ids, back.prev) == (first.ids, "")


def test_a_case_logged_meanwhile_does_not_shift_the_next_page(world: World) -> None:
    cases = [world.log(at=world.now - n * HOUR) for n in range(1, 5)]
    seen = Case.objects.visible_to(world.supervisor.scope())
    first = keyset.page(seen, keyset.NEWEST, size=2)
    world.log(at=world.now)
    assert keyset.page(seen, keyset.NEWEST, after=first.next, size=2).ids == [cases[2].pk, cases[3].pk]


def test_pages_by_due_follow_the_nearest_limit(world: World) -> None:
    for days in (3, 20, 1, 9, 9, 5):
        world.log(at=world.now - days * DAY)
    seen = Case.objects.visible_to(world.supervisor.scope()).with_light(world.now).open()
    whole = keyset.page(seen, keyset.DUE, size=6).ids
    first = keyset.page(seen, keyset.DUE, size=4)
    assert first.ids + keyset.page(seen, keyset.DUE, after=first.next, size=4).ids == whole


@pytest.mark.parametrize(
    "cursor", ["", "x", "-", "zzzzzzzzzzzzz-1", "1-zzzzzzzzzzzz", "1-2-3", "１-２", "\x00", "a" * 99]
)
def test_a_page_that_does_not_exist_is_no_reason_to_fail(world: World, cursor: str) -> None:
    case = world.log()
    answer = sign_in(world.supervisor).get("/cases/", {"after": cursor})
    assert answer.status_code == 200
    if cursor in {"x", "-", "1-2-3"}:
        assert [row.number for row in answer.context["rows"]] == [case.number]
        assert answer.context["problems"]


def test_an_address_can_be_shared_and_keeps_its_filters_on_the_next_page(world: World) -> None:
    for _ in range(52):
        world.log(at=world.now - HOUR)
    with time_machine.travel(world.now, tick=False):
        first = sign_in(world.worker).get("/cases/?state=open&kind=help&page=7&nonsense=1")
        assert len(first.context["rows"]) == 50
        following = sign_in(world.supervisor).get("/cases/" + first.context["next"])
    assert "state=open&kind=help&after=" in first.context["next"]
    assert len(following.context["rows"]) == 2
    assert following.context["first"] == "?state=open&kind=help"


def test_a_chip_takes_its_own_filter_away_and_leaves_the_others(town: dict[str, Case], world: World) -> None:
    with time_machine.travel(world.now, tick=False):
        answer = sign_in(world.supervisor).get("/cases/?state=open&light=red&kind=help&kind=inquiry")
    chips = {chip.url for chip in answer.context["in_force"]}
    assert "?state=open&light=red&kind=help" in chips
    assert "?light=red&kind=help&kind=inquiry" in chips
    (red,) = [chip for chip in answer.context["chips"] if chip.light == "red"]
    assert red.on
    assert red.url == "?kind=help&kind=inquiry"


def test_the_line_says_light_due_and_next_step_in_words(town: dict[str, Case], world: World) -> None:
    page = said(world.worker, "?light=red", world)
    for words in (
        "light-red",
        "逾期的",
        town["red"].number,
        "东园社区",
        "李敏",
        f"/cases/{town['red'].number}/?act=contact",
    ):
        assert words in page


def test_htmx_gets_the_results_alone(world: World) -> None:
    world.log()
    client = sign_in(world.worker)
    part = client.get("/cases/?state=open", headers={"HX-Request": "true"})
    assert part.content.decode().lstrip().startswith('<section id="results"')
    whole = client.get("/cases/?state=open", headers={"HX-Request": "true", "HX-Boosted": "true"})
    assert "<html" in whole.content.decode()
    assert "HX-Request" in part.headers["Vary"]


@pytest.mark.parametrize("name", ["worker", "secretary", "supervisor", "assessor"])
@pytest.mark.parametrize(
    "query", ["", "?state=open&light=red&order=due", "?q=楼道灯&category=none", "?waiting=callback"]
)
def test_the_list_costs_the_same_however_long_it_is(world: World, name: str, query: str) -> None:
    for n in range(12):
        case = world.log(at=world.now - n * DAY)
        if n % 3 == 0:
            actions.dispatch(case, by=world.worker, now=world.now, version=1, unit=world.department)
    client = sign_in(getattr(world, name))
    client.get("/desk/")
    sqls = queries_of(client, "/cases/" + query)
    assert len(sqls) <= MOST_QUERIES
    assert not [sql for sql in sqls if "COUNT(" in sql.upper()]


def test_the_list_asks_for_one_page_and_no_more(world: World) -> None:
    for _ in range(3):
        world.log()
    client = sign_in(world.worker)
    client.get("/desk/")
    with CaptureQueriesContext(connection) as captured:
        client.get("/cases/")
    pages = [query["sql"] for query in captured if 'FROM "complaints_case"' in query["sql"]]
    assert any("LIMIT 51" in sql for sql in pages)
    assert all("LIMIT 51" in sql or '"complaints_case"."id" IN (' in sql for sql in pages)


def test_strangers_sign_in_first(world: World) -> None:
    world.log()
    assert Client().get("/cases/").status_code == 302
    assert sign_in(world.stranger).get("/cases/").context["rows"] == []
