"""The board: what is open, what came of it and what flows in and out, each number opening exactly its cases."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from complaints import actions
from complaints.filters import filtered
from complaints.models import Callback, Case, Category, Rating, RatingCheck
from staff.models import Person
from supervision import rates
from supervision.board.figure import Figure, Line
from supervision.board.outcome import MEASURES, Rate
from supervision.board.period import Period, ready_made
from supervision.board.standing import AGES
from supervision.bulletin import figures as bulletin
from supervision.bulletin.facts import facts_of
from supervision.bulletin.models import RateTerms
from tests.eyes import faults
from tests.world import PASSWORD, World

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext
    from pytest_django.live_server_helper import LiveServer

DAY = timedelta(days=1)


SEEN = ("total", "tables", "loads", "rates", "rate_lines", "steps", "hot", "view", "reddest", "rates_chart")


def sign_in(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def town(world: World) -> list[Case]:
    """Open cases of every age, light, unit and branch in two communities, and a closed one that counts nowhere."""
    other = Category.objects.create(level=1, name="测试环境", path="测试环境")
    cases = [
        world.log(at=world.now - timedelta(hours=1)),
        world.log(at=world.now - 1 * DAY, category=other),
        world.log(at=world.now - 4 * DAY, category=None),
        world.log(at=world.now - 8 * DAY),
        world.log(at=world.now - 20 * DAY, community=None, unit=world.department),
        world.log(at=world.now - 40 * DAY),
        world.log(at=world.now - 2 * DAY, community=world.west, unit=world.west_unit, first_contact=world.outsider),
    ]
    paused = world.log(at=world.now - timedelta(hours=2))
    actions.ask_pause(
        paused, by=world.worker, now=world.now, version=1, reason="test", text="等检测", told="已告知", days=7
    )
    actions.approve(paused, by=world.secretary, now=world.now, version=2)
    closed = world.log(at=world.now - 3 * DAY)
    actions.conclude(closed, by=world.worker, now=world.now, version=1, outcome="resolved", text="已处理")
    return [*cases, paused]


def look(person: Person, world: World, query: str = "") -> dict[str, Any]:
    with time_machine.travel(world.now, tick=False):
        answer = sign_in(person).get("/board/" + query)
    assert answer.status_code == 200
    found: dict[str, Any] = {name: answer.context[name] for name in SEEN}
    found["page"] = answer.content.decode()
    found["by"] = {table.code: table for table in found["tables"]}
    return found


def figures(seen: dict[str, Any]) -> list[Figure]:
    """Every number on the page."""
    lines: list[Line] = [seen["total"], *(line for table in seen["tables"] for line in table.lines), *seen["loads"]]
    found = [figure for line in lines for figure in [line.total, *line.lights]]
    every_rate = [*seen["rates"], *(rate for line in seen["rate_lines"] for rate in line.rates)]
    found += [figure for rate in every_rate for figure in [rate.sample, *rate.parts, *rate.apart]]
    found += [figure for step in seen["steps"] for figure in [step.came, step.went, step.stock]]
    return found + [figure for one in seen["hot"] for figure in [one.now, one.before]]


def rate(seen: dict[str, Any], code: str) -> tuple[float, int, list[int], list[int]]:
    """Its part, the sample, what it is made of, and what stands apart."""
    (one,) = (one for one in seen["rates"] if one.measure.code == code)
    return float(one.share.part), one.share.whole, [f.count for f in one.parts], [f.count for f in one.apart]


@pytest.fixture
def voices(world: World) -> dict[str, Case]:
    """Closed cases whose residents said this and that, most of it this month."""

    def done(days: int, *, after: int = 2, **known: Any) -> Case:
        told = world.now - days * DAY
        case = world.log(at=told, **known)
        by = known.get("first_contact", world.worker)
        actions.contact(
            case, by=by, now=told + timedelta(hours=3), way="call", reached=True, substantive=True, text="问"
        )
        end = told + timedelta(hours=after)
        case.refresh_from_db()
        actions.conclude(
            case, by=by, now=max(end, told + timedelta(hours=4)), version=case.version, outcome="resolved", text="好"
        )
        return case

    cases = {
        name: done(days)
        for name, days in {"good": 6, "partly": 5, "bad": 4, "silent": 3, "away": 2, "wrong": 6}.items()
    }
    cases["late"] = done(16, after=24 * 14)
    cases["west"] = done(6, community=world.west, unit=world.west_unit, first_contact=world.outsider)
    cases["old"] = done(40)
    today = world.now - timedelta(hours=1)
    answers = {
        "good": ("yes", 5),
        "partly": ("partly", 3),
        "bad": ("partly", 1),
        "late": ("yes", 2),
        "west": ("yes", 4),
        "wrong": ("no", 1),
    }
    for name, (solved, level) in answers.items():
        _rate(cases[name], today, solved, level)
    _rate(cases["old"], world.now - 35 * DAY, "yes", 5)
    # Asked once more on the phone after the rating, and answered without a level: the last word on "solved" only.
    Callback.objects.create(
        case=cases["good"], cycle=2, by=world.worker2, at=world.now - DAY / 48, reached=True, solved="no"
    )
    Callback.objects.create(case=cases["away"], cycle=1, by=world.worker2, at=today, reached=False)
    excluded = Rating.objects.get(case=cases["wrong"])
    RatingCheck.objects.create(
        rating=excluded, rated=world.worker, due_at=world.now, outcome="mistaken", excluded=True,
        verified_by=world.secretary, verified_at=today, excluded_by=world.supervisor, excluded_at=today,
    )  # fmt: skip
    gone = world.log(at=world.now - 20 * DAY)
    actions.withdraw(gone, by=world.worker, now=world.now - 20 * DAY + DAY / 24, version=1, reason="不办了")
    twin = world.log(at=world.now - 3 * DAY)
    actions.merge(twin, by=world.worker, now=world.now - 2 * DAY, version=1, into=cases["silent"], text="同一事项")
    return cases


def _rate(case: Case, at: Any, solved: str, level: int) -> None:
    Rating.objects.create(
        case=case, cycle=1, solved=solved, satisfied=level, at=at, via=Rating.Via.TRACK, rated=case.responsible
    )


QUERIES = ["", "?period=last_month", "?period=90d", "?period=year", "?first=2026-11-10&last=2026-11-17"]


@pytest.mark.parametrize("name", ["supervisor", "secretary", "west_secretary"])
def test_every_number_opens_exactly_the_cases_it_counts(
    town: list[Case], voices: dict[str, Case], world: World, name: str
) -> None:
    person = getattr(world, name)
    shown = {figure.url: figure.count for figure in figures(look(person, world, "?first=2026-11-08"))}
    assert len(shown) > 70
    for url, count in shown.items():
        form, cases = filtered(QueryDict(url.partition("?")[2]), person.scope(), world.now)
        assert form.is_valid(), url
        assert cases.count() == count, url


@pytest.mark.parametrize("name", ["discipline", "admin"])
def test_those_who_only_watch_see_the_same_numbers(
    town: list[Case], voices: dict[str, Case], world: World, name: str
) -> None:
    theirs, supervisors = look(getattr(world, name), world), look(world.supervisor, world)
    assert theirs["loads"] == []
    assert figures(theirs) == figures(supervisors | {"loads": []})
    rated = next(one for one in theirs["rates"] if one.measure.code == "satisfied")
    with time_machine.travel(world.now, tick=False):
        assert len(sign_in(getattr(world, name)).get(rated.sample.url).context["rows"]) == rated.sample.count > 0


def test_what_residents_said_opens_nothing_to_those_who_work_for_them(voices: dict[str, Case], world: World) -> None:
    with time_machine.travel(world.now, tick=False):
        assert sign_in(world.worker).get("/cases/?satisfied=bad&satisfied=good").context["rows"] == []


def test_the_rates_count_as_the_rules_say(voices: dict[str, Case], world: World) -> None:
    seen = look(world.supervisor, world)
    # What is due this very second is not late yet; the withdrawn case and the duplicate count for nothing.
    assert rate(seen, "response")[:3] == (7, 7, [7, 0])
    # good said "no" last; bad and partly count half; the excluded one is gone; one was not reached.
    assert rate(seen, "solved") == (3, 5, [2, 2, 1], [1])
    # The level stays although the last call named none. Old ones were rated last month.
    assert rate(seen, "satisfied")[:3] == (3, 5, [3, 2])
    assert rate(seen, "satisfied")[3][1] == 1
    assert rate(seen, "resolution")[2][1] == 1


@pytest.mark.parametrize("span", [(date(2026, 11, 1), date(2026, 11, 18)), (date(2026, 10, 1), date(2026, 10, 31))])
def test_the_board_and_the_bulletin_say_the_same(
    town: list[Case], voices: dict[str, Case], world: World, span: tuple[date, date]
) -> None:
    period = Period(*span)
    facts = facts_of(world.street, period.since, period.until(world.now))
    street, each = bulletin.pages(facts)
    seen = look(world.supervisor, world, f"?first={span[0]}&last={span[1]}")
    _same(seen["rates"], street.counts)
    for line, community in zip(seen["rate_lines"], (world.east, world.west), strict=True):
        assert line.label == community.name
        _same(line.rates, each[community.pk].counts if community.pk in each else bulletin.page([]).counts)
    assert {str(one.label): one.now.count for one in seen["hot"]} == {
        name or "无": count for name, count in street.tops["category"].items()
    }


@pytest.mark.parametrize("name", ["supervisor", "secretary"])
def test_what_was_linked_after_the_days_counts_in_them_as_in_their_bulletin(world: World, name: str) -> None:
    """Three were linked: one of October in October, one of October in November, one of November in November."""
    main = world.log(at=world.now - 40 * DAY)
    world.log(at=world.now - 2 * DAY)
    for told_ago, linked_ago in ((32, 31), (30, 5), (10, 1)):
        twin = world.log(at=world.now - told_ago * DAY)
        at = world.now - linked_ago * DAY
        actions.merge(twin, by=world.worker, now=at, version=1, into=main, text="同一事项")
    person = getattr(world, name)
    for query, now, before in (
        ("?first=2026-10-01&last=2026-10-31", 2, 0),
        ("?first=2026-11-01&last=2026-11-30", 1, 1),  # of the days from 14 to 31 October
        ("?first=2026-10-01&last=2026-11-18", 2, 0),
    ):
        seen = look(person, world, query)
        (one,) = seen["hot"]
        assert (one.now.count, one.before.count) == (now, before), query
        for period, figure in ((seen["view"].period, one.now), (seen["view"].period.before, one.before)):
            facts = facts_of(world.street, period.since, period.until(world.now))
            assert bulletin.page(facts).tops["category"].get("测试市政", 0) == figure.count, query
            form, cases = filtered(QueryDict(figure.url.partition("?")[2]), person.scope(), world.now)
            assert (form.is_valid(), cases.count()) == (True, figure.count), figure.url


def _same(own: list[Rate], counts: bulletin.Counts) -> None:
    theirs = bulletin.shares(counts, rates.DEFAULT)
    names = {"response": "response", "resolution": "on_time", "solved": "resolution", "satisfied": "satisfaction"}
    for one in own:
        share, wanted = one.share, theirs[names[one.measure.code]]
        assert (share.part, share.whole, share.apart, share.excluded) == (
            wanted.part, wanted.whole, wanted.apart, wanted.excluded
        ), one.measure.code  # fmt: skip


def test_the_office_decides_what_partly_solved_counts_and_which_sample_is_enough(
    voices: dict[str, Case], world: World
) -> None:
    RateTerms.objects.create(
        version=99, valid_from=world.now - DAY, minimum_sample=5, partly="0.25", author=world.admin, reason="试行"
    )
    seen = look(world.supervisor, world)
    assert rate(seen, "solved")[0] == 2.5
    assert seen["rates_chart"]["series"][0]["values"][[m.code for m in MEASURES].index("solved")] == 50.0


def test_too_small_a_sample_has_no_percentage(voices: dict[str, Case], world: World) -> None:
    seen = look(world.supervisor, world)
    satisfied = next(one for one in seen["rates"] if one.measure.code == "satisfied")
    assert not satisfied.share.enough
    row = seen["page"].split(str(satisfied.measure.title))[1][:900]
    assert "%" not in row
    chart = seen["rates_chart"]["series"][0]
    assert chart["values"][[m.code for m in MEASURES].index("satisfied")] is None


def test_the_stock_follows_from_what_comes_and_goes(town: list[Case], voices: dict[str, Case], world: World) -> None:
    for query in QUERIES:
        seen = look(world.supervisor, world, query)
        steps = seen["steps"]
        for before, after in pairwise(steps):
            assert after.stock.count == before.stock.count + after.came.count - after.went.count
        if steps[-1].days.last == date(2026, 11, 18):
            assert steps[-1].stock.count == seen["total"].total.count
        assert [seen["view"].period.first, seen["view"].period.last] == [steps[0].days.first, steps[-1].days.last]


def test_every_open_case_is_counted_once_in_every_table(town: list[Case], world: World) -> None:
    seen = look(world.supervisor, world)
    assert seen["total"].total.count == len(town)
    for table in seen["tables"]:
        assert sum(line.total.count for line in table.lines) == len(town)
    for line in [seen["total"], *(line for table in seen["tables"] for line in table.lines)]:
        assert line.total.count == sum(figure.count for figure in line.lights)


def test_a_community_is_told_apart_by_its_grids(town: list[Case], world: World) -> None:
    seen = look(world.supervisor, world, f"?community={world.east.pk}")
    assert seen["total"].total.count == len(town) - 2
    assert [str(line.label) for line in seen["by"]["grid"].lines] == ["第一网格", "第二网格"]
    assert seen["by"]["grid"].lines[0].total.count == len(town) - 2
    one = look(world.supervisor, world, f"?community={world.east.pk}&grid={world.grid2.pk}")
    assert one["total"].total.count == 0


def test_the_ages_are_counted_in_days_of_the_office(town: list[Case], world: World) -> None:
    seen = look(world.supervisor, world)
    assert [line.total.count for line in seen["by"]["age"].lines] == [2, 2, 1, 1, 1, 1]
    assert len(AGES) == 6


def test_categories_are_counted_by_the_top_of_their_branch(town: list[Case], world: World) -> None:
    seen = look(world.supervisor, world)
    counts = {str(line.label): line.total.count for line in seen["by"]["category"].lines}
    assert counts["测试环境"] == 1
    assert counts["测试市政"] == len(town) - 2
    hot = {str(one.label): (one.now.count, one.before.count) for one in seen["hot"]}
    assert hot["测试市政"][0] == 5  # the closed one too, those of last month not


def test_a_secretary_sees_the_own_community_only(town: list[Case], world: World) -> None:
    seen = look(world.west_secretary, world, f"?community={world.east.pk}")
    assert seen["total"].total.count == 1
    assert [str(line.label) for line in seen["by"]["grid"].lines] == ["第一网格", "无"]
    assert len(seen["view"].problems) == 1


def test_the_load_of_colleagues_stands_in_the_order_of_their_names(town: list[Case], world: World) -> None:
    lines = look(world.secretary, world)["loads"]
    assert [line.label for line in lines] == ["陈建国", "李敏", "王强"]  # chen, li, wang
    assert [line.total.count for line in lines] == [0, len(town) - 2, 0]
    assert [line.label for line in look(world.supervisor, world)["loads"]] == ["林峰", "沈洁"]
    assert len(look(world.supervisor, world, f"?community={world.west.pk}")["loads"]) == 2


def test_the_longest_overdue_lead_the_red_list(town: list[Case], world: World) -> None:
    reddest = look(world.supervisor, world)["reddest"]
    assert [case.number for case in reddest][:2] == [town[5].number, town[4].number]


def test_there_is_no_board_for_those_who_answer_to_nobody_else(world: World) -> None:
    for name, status in (("worker", 403), ("assessor", 403), ("delegate", 403), ("department_worker", 403)):
        assert sign_in(getattr(world, name)).get("/board/").status_code == status
    assert Client().get("/board/").status_code == 302


def test_an_empty_street_has_an_empty_board(world: World) -> None:
    seen = look(world.supervisor, world)
    assert {figure.count for figure in figures(seen)} == {0}
    assert [str(line.label) for line in seen["by"]["community"].lines] == ["东园社区", "西里社区"]
    assert seen["hot"] == []


def test_one_case_makes_a_board(world: World) -> None:
    world.log()
    seen = look(world.supervisor, world)
    assert seen["total"].total.count == 1
    assert "%" not in re.sub(r"<script.*?</script>|%\d", "", seen["page"], flags=re.S).split("<main")[1]


@pytest.mark.parametrize(
    "query",
    [
        "?period=week", "?first=2026-11-20&last=2026-11-01", "?first=2020-01-01&last=2026-11-01", "?first=x",
        "?period=own", "?community=999", "?community=x", "?grid=0", "?first=2027-01-01",
    ],
)  # fmt: skip
def test_an_address_that_makes_no_sense_shows_this_month_and_says_why(world: World, query: str) -> None:
    seen = look(world.supervisor, world, query)
    assert len(seen["view"].problems) == 1
    assert str(seen["view"].problems[0]) in seen["page"]
    assert seen["view"].period == Period(date(2026, 11, 1), date(2026, 11, 18))


def test_the_ready_made_periods() -> None:
    today = date(2026, 3, 31)
    assert ready_made("last_month", today) == Period(date(2026, 2, 1), date(2026, 2, 28))
    assert ready_made("90d", today).days == 90
    assert ready_made("year", today).first == date(2026, 1, 1)
    assert ready_made("month", today).before == Period(date(2026, 1, 29), date(2026, 2, 28))
    weeks = ready_made("90d", today).parts()
    assert (weeks[0].first, weeks[-1].last) == (date(2026, 1, 1), today)
    assert all(week.first.weekday() == 0 for week in weeks[1:])
    assert sum(week.days for week in weeks) == 90


def test_every_picture_has_its_numbers_and_its_table(town: list[Case], voices: dict[str, Case], world: World) -> None:
    page = look(world.supervisor, world)["page"]
    named = re.findall(r'data-chart="([\w-]+)"', page)
    assert len(named) == 7
    for name in named:
        text = re.search(rf'<script id="{name}" type="application/json">(.*?)</script>', page, re.S)
        assert text is not None
        for series in json.loads(text[1])["series"]:
            assert len(series["values"]) == len(series["urls"])
            # What a mark opens stands in a table as well, for whoever uses no mouse or no JavaScript.
            for url, value in zip(series["urls"], series["values"], strict=True):
                assert not value or f'href="{url.replace("&", "&amp;")}"' in page
    assert 'style="' not in page
    assert "onclick" not in page


def test_the_board_counts_in_few_queries_and_costs_the_same_however_many(town: list[Case], world: World) -> None:
    client = sign_in(world.supervisor)
    client.get("/desk/")
    with CaptureQueriesContext(connection) as few:
        client.get("/board/")
    for n in range(6):
        world.log(at=world.now - n * DAY)
    with CaptureQueriesContext(connection) as many:
        client.get("/board/?period=year")
    # The wall is set once, and opened for the count of outcomes: in a transaction, such as a test's, that is three more.
    assert len(few) == len(many) <= 13 + 1 + 3


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_mark_of_a_picture_opens_its_cases(
    context: BrowserContext, live_server: LiveServer, town: list[Case], world: World
) -> None:
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(f"{live_server.url}/accounts/login/?next=/board/%3Ffirst%3D2026-01-01%26last%3D2026-11-18")
    page.fill("[name=login]", "supervisor")
    page.fill("[name=password]", PASSWORD)
    page.click("main [type=submit]")
    page.wait_for_selector("figure[data-chart=chart-community] canvas")
    assert page.locator("figure[data-chart] canvas").count() >= 5
    assert page.locator("details[data-beside][open]").count() == 0, "the pictures take the place of long tables"
    assert faults(page) == []
    picture = page.locator("figure[data-chart=chart-community] .chart-canvas")
    x, y = picture.evaluate("one => echarts.getInstanceByDom(one).convertToPixel('grid', [0.5, 0])")
    picture.click(position={"x": x, "y": y})
    page.wait_for_url("**/cases/?**")
    assert f"community={world.east.pk}" in page.url
    assert said == []
