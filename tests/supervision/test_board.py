"""The board: counts of open cases by place, unit, matter and age, each number opening exactly its cases."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from complaints import actions
from complaints.models import Case, Category
from staff.models import Person
from supervision.board import AGES, Figure, Line, Table
from tests.world import World

DAY = timedelta(days=1)


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


def look(person: Person, world: World) -> tuple[Line, dict[str, Table]]:
    with time_machine.travel(world.now, tick=False):
        answer = sign_in(person).get("/board/")
    assert answer.status_code == 200
    return answer.context["total"], {table.code: table for table in answer.context["tables"]}


def figures(total: Line, tables: dict[str, Table]) -> list[Figure]:
    lines = [total, *(line for table in tables.values() for line in table.lines)]
    return [figure for line in lines for figure in [line.total, *line.lights]]


@pytest.mark.parametrize("name", ["supervisor", "secretary", "west_secretary", "discipline", "admin"])
def test_every_number_opens_exactly_the_cases_it_counts(town: list[Case], world: World, name: str) -> None:
    person = getattr(world, name)
    shown = figures(*look(person, world))
    assert len(shown) > 30
    client = sign_in(person)
    with time_machine.travel(world.now, tick=False):
        for figure in shown:
            assert len(client.get(figure.url).context["rows"]) == figure.count, figure.url


def test_every_open_case_is_counted_once_in_every_table(town: list[Case], world: World) -> None:
    total, tables = look(world.supervisor, world)
    assert total.total.count == len(town)
    for table in tables.values():
        assert sum(line.total.count for line in table.lines) == len(town)
    for line in [total, *(line for table in tables.values() for line in table.lines)]:
        assert line.total.count == sum(figure.count for figure in line.lights)


def test_the_ages_are_counted_in_days_of_the_office(town: list[Case], world: World) -> None:
    _total, tables = look(world.supervisor, world)
    assert [line.total.count for line in tables["age"].lines] == [2, 2, 1, 1, 1, 1]
    assert len(AGES) == 6


def test_categories_are_counted_by_the_top_of_their_branch(town: list[Case], world: World) -> None:
    _total, tables = look(world.supervisor, world)
    counts = {str(line.label): line.total.count for line in tables["category"].lines}
    assert counts["测试环境"] == 1
    assert counts["测试市政"] == len(town) - 2


def test_a_secretary_sees_the_own_community_only(town: list[Case], world: World) -> None:
    total, tables = look(world.west_secretary, world)
    assert total.total.count == 1
    assert [str(line.label) for line in tables["community"].lines] == ["西里社区"]


def test_the_longest_overdue_lead_the_red_list(town: list[Case], world: World) -> None:
    with time_machine.travel(world.now, tick=False):
        rows = sign_in(world.supervisor).get("/board/").context["rows"]
    assert [row.number for row in rows][:2] == [town[5].number, town[4].number]
    assert {row.light for row in rows} == {"red"}


def test_there_is_no_board_for_those_who_answer_to_nobody_else(world: World) -> None:
    for name, status in (("worker", 403), ("assessor", 403), ("delegate", 403), ("department_worker", 403)):
        assert sign_in(getattr(world, name)).get("/board/").status_code == status
    assert Client().get("/board/").status_code == 302


def test_an_empty_street_has_an_empty_board(world: World) -> None:
    total, tables = look(world.supervisor, world)
    assert total.total.count == 0
    assert tables["community"].lines == []
    assert len(tables["age"].lines) == len(AGES)


def test_the_board_counts_open_cases_only_and_costs_the_same_however_many(town: list[Case], world: World) -> None:
    client = sign_in(world.supervisor)
    client.get("/desk/")
    with CaptureQueriesContext(connection) as captured:
        client.get("/board/")
    sqls = [query["sql"] for query in captured]
    counts = [sql for sql in sqls if "COUNT(" in sql.upper()]
    assert len(sqls) <= 12
    assert len(counts) == 1
    assert '"complaints_case"."closed_at" IS NULL' in counts[0]
