"""My desk: everybody finds what they have to do, today first, and nothing that is somebody else's."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from complaints import actions
from complaints.models import Case
from complaints.next_step import Code
from complaints.views.desk import Section, build
from staff.models import Person
from tests.world import World

MOST_QUERIES = 12


def on_desk(person: Person, now: datetime) -> dict[str, Section]:
    return {section.code: section for section in build(Person.objects.get(pk=person.pk), now)}


def numbers(section: Section) -> list[str]:
    return [row.number for row in section.rows]


def sign_in(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def later(world: World, **span: float) -> datetime:
    return world.now + timedelta(**span)


def test_a_new_case_lies_on_the_desk_of_the_person_asked_first(world: World) -> None:
    case = world.log()
    desk = on_desk(world.worker, world.now)
    (row,) = desk["later"].rows
    assert (row.number, row.light, row.step.code) == (case.number, "green", Code.CONTACT)
    assert row.next_url == f"/cases/{case.number}/?act=contact"


def test_cases_lie_in_groups_by_the_day_they_are_due_and_by_the_working_time_left(world: World) -> None:
    overdue = world.log(at=later(world, days=-20), title="早该办完")
    older = world.log(at=later(world, days=-30), title="更早该办完")
    today = world.log(at=later(world, hours=-1), title="今天到期", kind=Case.Kind.INQUIRY)
    today.clocks.update(due_at=later(world, hours=6), yellow_at=None)
    tomorrow = world.log(at=later(world, hours=-2), title="以后到期")
    desk = on_desk(world.worker, world.now)
    assert numbers(desk["overdue"]) == [older.number, overdue.number]
    assert numbers(desk["today"]) == [today.number]
    assert numbers(desk["later"]) == [tomorrow.number]
    lefts = [row.left or 0 for group in ("overdue", "today", "later") for row in desk[group].rows]
    assert lefts == sorted(lefts)
    assert [left < 0 for left in lefts] == [True, True, False, False]


def test_lunch_and_nights_do_not_count_as_time_left(world: World) -> None:
    case = world.log(at=later(world, hours=-1))
    case.clocks.filter(kind="response").update(stopped_at=world.now)
    case.clocks.filter(kind="resolution").update(due_at=later(world, hours=8), yellow_at=None)  # 10 to 18 o'clock
    (row,) = on_desk(world.worker, world.now)["today"].rows
    assert row.left == 6 * 3600


def test_a_paused_case_keeps_its_time_and_lies_apart(world: World) -> None:
    case = world.log(at=later(world, hours=-1))
    actions.ask_pause(
        case, by=world.worker, now=world.now, version=1, reason="test", text="等检测", told="已告知", days=7
    )
    actions.approve(case, by=world.secretary, now=world.now, version=2)
    before, after = on_desk(world.worker, later(world, hours=2)), on_desk(world.worker, later(world, days=5))
    assert numbers(before["paused"]) == numbers(after["paused"]) == [case.number]
    assert before["paused"].rows[0].left == after["paused"].rows[0].left


def test_an_offer_waits_on_the_colleagues_desk_and_stays_on_the_givers(world: World) -> None:
    case = world.log()
    actions.offer(case, by=world.worker, now=world.now, version=1, to=world.worker2, reason="对方网格")
    (waiting,) = on_desk(world.worker2, world.now)["offers"].rows
    assert (waiting.number, waiting.step.code) == (case.number, Code.ACCEPT_OFFER)
    assert "李敏" in waiting.next_step
    assert numbers(on_desk(world.worker, world.now)["later"]) == [case.number]
    assert not on_desk(world.secretary, world.now)["offers"].rows


def test_what_is_dispatched_waits_on_every_desk_of_the_unit(world: World) -> None:
    case = world.log()
    actions.dispatch(case, by=world.worker, now=world.now, version=1, unit=world.department)
    (waiting,) = on_desk(world.department_worker, world.now)["offers"].rows
    assert (waiting.number, waiting.step.code) == (case.number, Code.ACCEPT_DISPATCH)
    assert not on_desk(world.department2_worker, world.now)["offers"].rows


def test_a_co_unit_sees_its_part_with_its_own_limit(world: World) -> None:
    case = world.log()
    actions.ask_joint(case, by=world.worker, now=world.now, version=1, unit=world.department, task="现场会商", days=2)
    (part,) = on_desk(world.department_worker, world.now)["joint"].rows
    assert part.step.code == Code.FINISH_JOINT
    assert part.due == case.clocks.get(kind="joint").due_at
    assert part.due != case.clocks.get(kind="resolution").due_at


def test_only_somebody_else_is_asked_to_consent(world: World) -> None:
    case = world.log()
    actions.ask_extension(case, by=world.worker, now=world.now, version=1, text="等配件", told="已告知")
    for person in (world.secretary, world.supervisor):
        (asked,) = on_desk(person, world.now)["consents"].rows
        assert (asked.number, asked.step.code) == (case.number, Code.DECIDE_EXTENSION)
    assert "consents" not in on_desk(world.worker, world.now)
    assert not on_desk(world.west_secretary, world.now)["consents"].rows


def test_an_objection_goes_to_the_supervisors_but_never_to_the_one_who_raised_it(world: World) -> None:
    case = world.log()
    actions.dispatch(case, by=world.worker, now=world.now, version=1, unit=world.department)
    actions.object_to(case, by=world.department_worker, now=world.now, reason="不属于本单位")
    (dispute,) = on_desk(world.supervisor, world.now)["disputes"].rows
    assert dispute.step.code == Code.ADJUDICATE
    assert "disputes" not in on_desk(world.secretary, world.now)


def test_a_colleague_calls_back_never_the_handler(world: World) -> None:
    case = world.log()
    actions.conclude(case, by=world.worker, now=world.now, version=1, outcome="resolved", text="已修好")
    assert not on_desk(world.worker, world.now)["callbacks"].rows
    (row,) = on_desk(world.worker2, world.now)["callbacks"].rows
    assert row.step.code == Code.CALL_BACK
    actions.call_back(case, by=world.worker2, now=world.now, reached=True, solved="yes", satisfied=5)
    assert not on_desk(world.worker2, world.now)["callbacks"].rows


def test_an_unreached_resident_stays_on_the_list_of_call_backs(world: World) -> None:
    case = world.log()
    actions.conclude(case, by=world.worker, now=world.now, version=1, outcome="resolved", text="已修好")
    actions.call_back(case, by=world.worker2, now=world.now, reached=False)
    assert numbers(on_desk(world.worker2, world.now)["callbacks"]) == [case.number]


def test_secretaries_and_supervisors_begin_with_the_red_cases_of_their_area(world: World) -> None:
    late = world.log(at=later(world, days=-20))
    western = world.log(
        at=later(world, days=-20), community=world.west, unit=world.west_unit, first_contact=world.outsider
    )
    assert numbers(on_desk(world.secretary, world.now)["red"]) == [late.number]
    assert set(numbers(on_desk(world.supervisor, world.now)["red"])) == {late.number, western.number}
    assert "red" not in on_desk(world.worker, world.now)


def test_a_full_desk_shows_what_is_due_today_and_leads_to_the_rest(world: World) -> None:
    for _ in range(25):
        world.log(at=later(world, days=-20))
    today = world.log(at=later(world, hours=-1), kind=Case.Kind.INQUIRY)
    today.clocks.update(due_at=later(world, hours=5), yellow_at=None)
    desk = on_desk(world.worker, world.now)
    assert (len(desk["overdue"].rows), desk["overdue"].count, desk["overdue"].more) == (10, "25", True)
    assert numbers(desk["today"]) == [today.number]
    with time_machine.travel(world.now, tick=False):
        page = sign_in(world.worker).get(desk["overdue"].all).content.decode()
    assert page.count('class="case-row') == 25


@pytest.mark.parametrize("name", ["worker", "secretary", "supervisor", "department_worker"])
def test_the_desk_costs_the_same_however_much_lies_on_it(world: World, name: str) -> None:
    person = getattr(world, name)
    client = sign_in(person)
    client.get("/desk/")  # a session says once a minute that it is alive
    few = queries_of(client, "/desk/")
    _fill(world)
    many = queries_of(client, "/desk/")
    assert len(many) <= MOST_QUERIES
    assert len(many) <= len(few) + 4  # an empty desk has no lines to fetch
    assert not [sql for sql in many if "COUNT(" in sql.upper()]


def test_everybody_finds_a_desk_that_says_how_things_are(world: World) -> None:
    case = world.log()
    for name in ("worker", "secretary", "supervisor", "discipline", "assessor", "delegate", "admin"):
        with time_machine.travel(world.now, tick=False):
            answer = sign_in(getattr(world, name)).get("/desk/")
        assert answer.status_code == 200
        assert (case.number in answer.content.decode()) is (name == "worker")
    assert Client().get("/desk/").status_code == 302


def test_somebody_without_a_post_is_told_so(world: World) -> None:
    person = Person.objects.create(username="nobody", name="无岗")
    answer = sign_in(person).get("/desk/")
    assert answer.status_code == 200
    assert 'class="case-row' not in answer.content.decode()


def queries_of(client: Client, address: str) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(address)
    assert answer.status_code == 200
    return [query["sql"] for query in captured if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]


def _fill(world: World) -> None:
    """A little of everything for everybody."""
    for n in range(3):
        world.log(at=later(world, days=-20 - n))
        offered = world.log()
        actions.offer(offered, by=world.worker, now=world.now, version=1, to=world.secretary, reason="请接")
        sent = world.log()
        actions.dispatch(sent, by=world.worker, now=world.now, version=1, unit=world.department)
        shared = world.log()
        actions.ask_joint(shared, by=world.worker, now=world.now, version=1, unit=world.department, task="会商", days=2)
        asked = world.log()
        actions.ask_extension(asked, by=world.worker, now=world.now, version=1, text="等配件", told="已告知")
        done: Any = world.log()
        actions.conclude(done, by=world.worker, now=world.now, version=1, outcome="resolved", text="已修好")
