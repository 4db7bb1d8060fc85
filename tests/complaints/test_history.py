"""History cannot be edited, and whoever goes past the database's guards is found out, whatever they change."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import DatabaseError, ProgrammingError, connection, transaction

from complaints import actions
from complaints.chain import Link, link_hash
from complaints.history import copy_path, pin_days, verify
from complaints.models import Case, CaseCounter, DayHead, Event
from complaints.tasks import pin_history
from tests.world import SHANGHAI, World

Tamper = Callable[[str, list[Any]], None]


@pytest.fixture(autouse=True)
def outside(settings: Any, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path


@pytest.fixture
def tamper(db: None) -> Tamper:
    """What a superuser with bad intentions can do: past every trigger and every foreign key."""

    def run(sql: str, values: list[Any]) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute(sql, values)
            cursor.execute("SET session_replication_role = DEFAULT")

    return run


@pytest.fixture
def cases(world: World) -> list[Case]:
    """Three cases with some life in them, told on Wednesday the 18th."""
    with time_machine.travel(world.now, tick=False):
        made = [world.log(title=f"第{n}件") for n in range(3)]
        for case in made:
            actions.note(case, by=world.worker, now=world.now, text="已联系物业")
            actions.contact(
                case, by=world.worker, now=world.now, way="call", reached=True, substantive=True, text="约好周五上门"
            )
    with connection.cursor() as cursor:  # or the checks put off until the end would see what is tampered with
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    return made


def remove(case: Case, tamper: Tamper) -> None:
    for table in ("event", "holding", "clock", "resident", "casewords", "note", "contactlog"):
        tamper(f"DELETE FROM complaints_{table} WHERE case_id = %s", [case.pk])
    tamper("DELETE FROM complaints_case WHERE id = %s", [case.pk])


def codes() -> list[str]:
    return [problem.code for problem in verify().problems]


def forged(event: Event, **changes: Any) -> dict[str, Any]:
    """The event's columns with `changes`, and the hash that fits them."""
    row: dict[str, Any] = {
        "seq": event.seq,
        "kind": event.kind,
        "at": event.at,
        "recorded_at": event.recorded_at,
        "by": event.by_id,
    }
    row |= {"data": event.data, "prev": event.prev} | changes
    link = Link(event.case.number, row["seq"], row["kind"], row["at"], row["recorded_at"], row["by"], row["data"])
    return row | {"hash": link_hash(row["prev"], link)}


# Whole


def test_an_untouched_history_is_whole(cases: list[Case]) -> None:
    report = verify()
    assert (report.ok, report.events) == (True, 9)


def test_an_empty_office_has_a_whole_history(db: None) -> None:
    assert verify().as_dict() == {"events": 0, "ok": True, "pinned_to": None, "problems": [], "problems_in_all": 0}


def test_an_auditor_reads_the_answer_as_json_and_from_the_exit_code(cases: list[Case], tamper: Tamper) -> None:
    out = StringIO()
    call_command("verify_history", "--json", stdout=out)
    assert {key: json.loads(out.getvalue())[key] for key in ("events", "ok", "problems")} == {
        "events": 9,
        "ok": True,
        "problems": [],
    }
    tamper("UPDATE complaints_event SET kind = 'edited' WHERE case_id = %s AND seq = 2", [cases[1].pk])
    out = StringIO()
    with pytest.raises(SystemExit) as left:
        call_command("verify_history", "--json", stdout=out)
    answer = json.loads(out.getvalue())
    assert left.value.code == 1
    assert not answer["ok"]
    assert [(one["code"], one["case"], one["seq"]) for one in answer["problems"]] == [
        ("event_changed", cases[1].number, 2)
    ]


# The database's own guards


@pytest.mark.parametrize("table", ["complaints_event", "complaints_holding", "complaints_dayhead"])
@pytest.mark.parametrize("verb", ["UPDATE", "DELETE", "TRUNCATE"])
def test_even_the_owner_of_the_tables_cannot_edit_history(table: str, verb: str, cases: list[Case]) -> None:
    pin_days(now=datetime(2026, 11, 19, 1, tzinfo=SHANGHAI))
    key = "day" if table.endswith("dayhead") else "id"
    commands = {
        "UPDATE": f"UPDATE {table} SET {key} = {key}",
        "DELETE": f"DELETE FROM {table}",
        "TRUNCATE": f"TRUNCATE {table} CASCADE",
    }
    with pytest.raises(DatabaseError, match="history_cannot_be_edited"), connection.cursor() as cursor:
        cursor.execute(commands[verb])


@pytest.mark.parametrize("table", ["complaints_event", "complaints_holding", "complaints_dayhead"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_running_application_has_no_right_to_try(
    table: str, verb: str, cases: list[Case], as_app_role: Callable[[], None]
) -> None:
    column = "day" if table.endswith("dayhead") else "id"
    as_app_role()
    with pytest.raises(ProgrammingError, match="permission denied"), connection.cursor() as cursor:
        cursor.execute(verb.format(table, column, column))


# Somebody goes past them


@pytest.mark.parametrize(
    "change",
    [
        "kind = 'edited'",
        "at = at - interval '1 microsecond'",
        "recorded_at = recorded_at + interval '1 hour'",
        "by_id = NULL",
        """data = data || '{"unit": 99}'""",
        "hash = repeat('0', 64)",
    ],
)
def test_a_changed_row_is_named(change: str, cases: list[Case], tamper: Tamper) -> None:
    tamper(f"UPDATE complaints_event SET {change} WHERE case_id = %s AND seq = 2", [cases[0].pk])
    found = [(problem.code, problem.case, problem.seq) for problem in verify().problems]
    assert ("event_changed", cases[0].number, 2) in found


def test_a_row_changed_together_with_its_hash_breaks_the_chain_after_it(cases: list[Case], tamper: Tamper) -> None:
    row = forged(Event.objects.get(case=cases[0], seq=2), kind="edited")
    tamper(
        "UPDATE complaints_event SET kind = %s, hash = %s WHERE case_id = %s AND seq = 2",
        [row["kind"], row["hash"], cases[0].pk],
    )
    assert [(p.code, p.case, p.seq) for p in verify().problems] == [("chain_broken", cases[0].number, 3)]


def test_the_last_row_changed_together_with_its_hash_is_not_what_the_case_knows(
    cases: list[Case], tamper: Tamper
) -> None:
    row = forged(Event.objects.get(case=cases[0], seq=3), data={})
    tamper(
        "UPDATE complaints_event SET data = '{}', hash = %s WHERE case_id = %s AND seq = 3", [row["hash"], cases[0].pk]
    )
    assert codes() == ["head_differs"]


def test_a_removed_row_is_named(cases: list[Case], tamper: Tamper) -> None:
    tamper("DELETE FROM complaints_event WHERE case_id = %s AND seq = 2", [cases[2].pk])
    assert [(p.code, p.case) for p in verify().problems] == [("event_removed", cases[2].number)]


def test_a_cut_tail_is_named(cases: list[Case], tamper: Tamper) -> None:
    tamper("DELETE FROM complaints_event WHERE case_id = %s AND seq >= 2", [cases[2].pk])
    assert [(p.code, p.case, p.seq) for p in verify().problems] == [("tail_cut", cases[2].number, 2)]


def test_a_case_robbed_of_all_its_events_is_named(cases: list[Case], tamper: Tamper) -> None:
    tamper("DELETE FROM complaints_event WHERE case_id = %s", [cases[1].pk])
    assert [(p.code, p.case) for p in verify().problems] == [("tail_cut", cases[1].number)]


def test_a_well_made_row_put_at_the_end_is_named(cases: list[Case], tamper: Tamper) -> None:
    last = Event.objects.get(case=cases[0], seq=3)
    row = forged(last, seq=4, prev=last.hash)
    tamper(
        "INSERT INTO complaints_event (case_id, seq, kind, at, recorded_at, by_id, data, prev, hash)"
        " SELECT case_id, 4, kind, at, recorded_at, by_id, data, %s, %s FROM complaints_event WHERE id = %s",
        [row["prev"], row["hash"], last.pk],
    )
    assert [(p.code, p.case, p.seq) for p in verify().problems] == [("event_inserted", cases[0].number, 4)]


def test_a_row_squeezed_into_the_middle_is_named(cases: list[Case], tamper: Tamper) -> None:
    tamper("UPDATE complaints_event SET seq = 4 WHERE case_id = %s AND seq = 3", [cases[0].pk])
    last = Event.objects.select_related("case").get(case=cases[0], seq=2)
    row = forged(last, seq=3, prev=last.hash)
    tamper(
        "INSERT INTO complaints_event (case_id, seq, kind, at, recorded_at, by_id, data, prev, hash)"
        " SELECT case_id, 3, kind, at, recorded_at, by_id, data, %s, %s FROM complaints_event WHERE id = %s",
        [row["prev"], row["hash"], last.pk],
    )
    assert {"chain_broken", "event_changed", "event_inserted"} <= set(codes())


def test_a_case_removed_with_everything_it_had_leaves_a_hole_in_the_numbers(cases: list[Case], tamper: Tamper) -> None:
    gone = cases[1]
    remove(gone, tamper)
    assert [(p.code, p.case) for p in verify().problems] == [("case_removed", gone.number)]


def test_events_of_a_case_that_is_gone_are_named(cases: list[Case], tamper: Tamper) -> None:
    tamper("DELETE FROM complaints_case WHERE id = %s", [cases[1].pk])
    assert codes() == ["case_missing", "case_removed"]


def test_a_case_with_a_number_nobody_was_given_is_named(cases: list[Case], tamper: Tamper) -> None:
    CaseCounter.objects.update(last=2)
    assert [(p.code, p.case) for p in verify().problems] == [("case_inserted", cases[2].number)]


def test_a_turned_back_version_is_named(cases: list[Case], tamper: Tamper) -> None:
    tamper("UPDATE complaints_case SET version = version - 1 WHERE id = %s", [cases[0].pk])
    assert codes() == ["event_inserted"]


# Daily heads

NEXT_DAY = datetime(2026, 11, 19, 0, 20, tzinfo=SHANGHAI)
LATER = datetime(2026, 11, 22, 9, 0, tzinfo=SHANGHAI)


def test_each_ended_day_is_pinned_once_and_copied_outside_the_database(cases: list[Case]) -> None:
    assert [(head.day, head.events) for head in pin_days(now=NEXT_DAY)] == [(date(2026, 11, 18), 9)]
    assert pin_days(now=NEXT_DAY) == []
    pin_days(now=LATER)
    heads = list(DayHead.objects.order_by("day"))
    assert [(head.day.day, head.events) for head in heads] == [(18, 9), (19, 0), (20, 0), (21, 0)]
    kept = [json.loads(line) for line in copy_path().read_text().splitlines()]
    assert [(line["day"], line["hash"]) for line in kept] == [(head.day.isoformat(), head.hash) for head in heads]
    assert verify().ok


def test_a_day_is_not_pinned_before_its_last_events_can_have_landed(cases: list[Case]) -> None:
    assert pin_days(now=datetime(2026, 11, 19, 0, 9, 59, tzinfo=SHANGHAI)) == []
    assert len(pin_days(now=datetime(2026, 11, 19, 0, 10, tzinfo=SHANGHAI))) == 1


def test_days_end_at_the_offices_midnight(world: World) -> None:
    for at in (datetime(2026, 11, 18, 23, 59, tzinfo=SHANGHAI), datetime(2026, 11, 19, 0, 1, tzinfo=SHANGHAI)):
        with time_machine.travel(at, tick=False):
            world.log(at=at)
    assert [(head.day.day, head.events) for head in pin_days(now=LATER)][:2] == [(18, 1), (19, 1)]


def test_an_office_without_events_pins_nothing(db: None) -> None:
    assert pin_days(now=LATER) == []


def test_the_nightly_task_pins_yesterday(cases: list[Case]) -> None:
    with time_machine.travel(NEXT_DAY, tick=False):
        pin_history()
    assert list(DayHead.objects.values_list("day", flat=True)) == [date(2026, 11, 18)]


def test_a_crash_between_file_and_commit_leaves_no_second_line(cases: list[Case]) -> None:
    with transaction.atomic():
        pin_days(now=NEXT_DAY)
        transaction.set_rollback(True)
    pin_days(now=NEXT_DAY)
    assert len(copy_path().read_text().splitlines()) == 1
    assert verify().ok


def test_a_last_case_removed_with_its_counter_is_missed_by_its_day(cases: list[Case], tamper: Tamper) -> None:
    pin_days(now=LATER)
    gone = cases[2]
    remove(gone, tamper)
    CaseCounter.objects.update(last=2)
    assert [(p.code, p.day) for p in verify().problems] == [("day_differs", "2026-11-18")]


def test_a_chain_rewritten_to_the_last_hash_is_missed_by_its_day(cases: list[Case], tamper: Tamper) -> None:
    pin_days(now=LATER)
    row = forged(Event.objects.select_related("case").get(case=cases[0], seq=3), data={"text": "another"})
    tamper(
        "UPDATE complaints_event SET data = %s, hash = %s WHERE case_id = %s AND seq = 3",
        [json.dumps(row["data"]), row["hash"], cases[0].pk],
    )
    tamper("UPDATE complaints_case SET head = %s WHERE id = %s", [row["hash"], cases[0].pk])
    assert codes() == ["day_differs"]


def test_an_event_dated_back_before_the_first_head_is_named(cases: list[Case], tamper: Tamper, world: World) -> None:
    pin_days(now=LATER)
    with time_machine.travel(world.now - timedelta(days=30), tick=False):
        actions.note(cases[0], by=world.worker, now=world.now, text="补记")
    assert [(p.code, p.day) for p in verify().problems] == [("day_not_pinned", "2026-10-19")]


def test_a_rewritten_head_disagrees_with_its_copy_and_its_day(cases: list[Case], tamper: Tamper) -> None:
    pin_days(now=LATER)
    tamper("UPDATE complaints_dayhead SET hash = repeat('0', 64) WHERE day = %s", [date(2026, 11, 18)])
    assert [(p.code, p.day) for p in verify().problems] == [
        ("day_differs", "2026-11-18"),
        ("day_differs", "2026-11-19"),
        ("copy_differs", "2026-11-18"),
    ]


def test_a_removed_head_is_still_in_the_copy(cases: list[Case], tamper: Tamper) -> None:
    pin_days(now=LATER)
    tamper("DELETE FROM complaints_dayhead WHERE day = %s", [date(2026, 11, 21)])
    assert [(p.code, p.day) for p in verify().problems] == [("head_removed", "2026-11-21")]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda text: text.replace('"events": 9', '"events": 8'), "copy_differs"),
        (lambda text: text + '{"day": "2026-11-18", "events": 9, "hash": "0"}\n', "copy_differs"),
        (lambda text: text.split("\n", 1)[1], "copy_missing"),
        (lambda text: "torn" + text, "copy_unreadable"),
    ],
)
def test_a_changed_copy_disagrees_with_the_table(cases: list[Case], change: Callable[[str], str], code: str) -> None:
    pin_days(now=LATER)
    copy_path().write_text(change(copy_path().read_text()))
    assert code in codes()


@pytest.mark.django_db(transaction=True)
def test_processes_share_the_chains_and_find_the_same(
    transactional_db: None, cases: list[Case], tamper: Tamper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("complaints.history.WORTH_A_PROCESS", 0)
    tamper("UPDATE complaints_event SET kind = 'edited' WHERE case_id = %s AND seq = 2", [cases[1].pk])
    alone, shared = verify(jobs=1), verify(jobs=2)
    assert (shared.events, shared.problems) == (alone.events, alone.problems) == (9, alone.problems)
    assert len(alone.problems) == 1
