"""Cases leave as tables: every case once, nothing that becomes a formula, nothing personal for the wrong eyes."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as pace
from hypothesis import strategies as st
from openpyxl import load_workbook

from complaints.actions import conclude, contact
from complaints.exporting import COLUMNS
from complaints.models import Case
from config.lib.sheets import COMMAND, csv_lines, escaped, read_sheet, unescaped, write_xlsx
from staff.models import Person
from tests.world import SHANGHAI, World

pytestmark = pytest.mark.django_db

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
TRICKY = st.builds(
    "{}{}".format,
    st.sampled_from(["", "'", "''", "=", "+", "-", "@", "\t", "\r", "＝", "'=", "''+", "-1", "=1+1"]),
    TEXT,
)


def exported(world: World, tmp_path: Path) -> list[dict[str, str]]:
    out = tmp_path / "cases.csv"
    call_command("export_cases", "--street", world.street.code, "--out", str(out), stdout=StringIO())
    with out.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_case_of_the_street_is_one_row_in_codes_and_office_time(world: World, tmp_path: Path) -> None:
    done, late = world.log(source="12345", external_id="T7"), world.log(at=world.now - timedelta(days=30))
    with time_machine.travel(world.now + timedelta(hours=5), tick=False):
        now = world.now + timedelta(hours=5)
        contact(done, by=world.worker, now=now, way="call", reached=True, substantive=True, text="已联系")
        done.refresh_from_db()
        conclude(done, by=world.worker, now=now, version=done.version, outcome="resolved", text="已修好")
        one, two = exported(world, tmp_path)

    assert tuple(one) == COLUMNS
    assert one == {
        "number": done.number,
        "external_id": "T7",
        "kind": "help",
        "category": "测试市政>照明>楼道灯",
        "status": "concluded",
        "light": "green",
        "submitted_at": "2026-11-18T10:00:00+08:00",
        "respond_by": "2026-11-20T10:00:00+08:00",
        "first_response_at": "2026-11-18T15:00:00+08:00",
        "due_at": "2026-11-25T18:00:00+08:00",
        "due_is_provisional": "false",
        "closed_at": "2026-11-18T15:00:00+08:00",
        "response_on_time": "true",
        "resolution_on_time": "true",
        "first_contact": "worker",
        "responsible": "worker",
    }
    assert (two["number"], two["light"], two["closed_at"]) == (late.number, "red", "")
    assert (two["response_on_time"], two["resolution_on_time"]) == ("false", "false")


def test_a_promise_that_can_still_be_kept_has_no_verdict(world: World, tmp_path: Path) -> None:
    world.log()

    with time_machine.travel(world.now, tick=False):
        (row,) = exported(world, tmp_path)

    assert (row["response_on_time"], row["resolution_on_time"]) == ("", "")


def test_other_streets_cases_are_not_in_it(world: World, tmp_path: Path) -> None:
    world.log(
        street=world.other_street, unit=world.other_unit, community=None, first_contact=world.stranger, category=None
    )

    assert exported(world, tmp_path) == []


def test_a_wrong_street_leaves_no_file(tmp_path: Path, db: None) -> None:
    with pytest.raises(SystemExit):
        call_command("export_cases", "--street", "NOWHERE", "--out", str(tmp_path / "x.csv"), stderr=StringIO())
    assert list(tmp_path.iterdir()) == []


# Formulas


@given(TEXT | TRICKY)
def test_no_text_leaves_as_a_formula_and_every_text_comes_back(text: str) -> None:
    written = escaped(text)

    assert isinstance(written, str)
    assert not written.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert unescaped(written) == text


@pace(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(TEXT | TRICKY, min_size=2, max_size=2), min_size=1, max_size=10))
def test_a_csv_file_read_again_says_what_was_written(tmp_path: Path, rows: list[list[str]]) -> None:
    file = tmp_path / "x.csv"
    file.write_text(
        "".join(csv_lines([["number", "title", "text"], *(["x", *row] for row in rows)])), encoding="utf-8", newline=""
    )

    with read_sheet(file, COMMAND) as sheet:
        _headings, *found = [row.cells[1:] for row in sheet]

    assert found == rows


@pace(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(TRICKY | st.text("甲=+-@'1 \n", max_size=8), min_size=1, max_size=10))
def test_a_workbook_read_again_says_what_was_written(tmp_path: Path, texts: list[str]) -> None:
    texts = [text for text in texts if text.strip() and text.isprintable()]
    file = tmp_path / "x.xlsx"
    with file.open("wb") as to:
        write_xlsx([["number", "text"], *(["x", text] for text in texts)], to, title="x")

    with read_sheet(file, COMMAND) as sheet:
        _headings, *found = [row.cells[1] for row in sheet]

    assert found == texts
    assert all(cell.data_type != "f" for row in load_workbook(file).worksheets[0] for cell in row)


# From the list


def downloaded(client: Client, person: Person, query: str = "") -> list[dict[str, str]]:
    client.force_login(person)
    answer = client.get(f"/cases/export/?format=csv{query}")
    assert answer.status_code == 200
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    headings, *rows = csv.reader(io.StringIO(text, newline=""))
    return [dict(zip(headings, row, strict=True)) for row in rows]


def cells(rows: list[dict[str, str]]) -> set[str]:
    return {cell for row in rows for cell in row.values()}


def test_a_worker_gets_what_the_list_shows_with_the_same_filters(client: Client, world: World) -> None:
    mine = world.log(title="=HYPERLINK(1)")
    world.log(title="别的事", kind=Case.Kind.COMPLAINT)
    west = world.log(community=world.west, unit=world.west_unit, first_contact=world.outsider)

    rows = downloaded(client, world.worker, "&kind=help&q=HYPERLINK")

    assert [row for row in rows if mine.number in row.values()] == rows
    assert len(rows) == 1
    assert "'=HYPERLINK(1)" in cells(rows)
    assert west.number not in cells(downloaded(client, world.worker))
    assert len(downloaded(client, world.supervisor)) == 3


def test_the_residents_name_is_only_for_those_who_work_on_the_case(client: Client, world: World) -> None:
    case = world.log(text="我是周桂兰,电话13900000001,楼道灯坏了")
    with time_machine.travel(world.now + timedelta(hours=1), tick=False):
        conclude(
            case, by=world.worker, now=world.now + timedelta(hours=1), version=1, outcome="resolved", text="已修好"
        )

    assert {"周桂兰", "13900000001"} <= cells(downloaded(client, world.worker))
    assert {"周桂兰", "13900000001"} <= cells(downloaded(client, world.supervisor))
    for person in (world.assessor, world.discipline, world.admin):
        (row,) = downloaded(client, person)
        assert not any("周桂兰" in cell or "13900000001" in cell for cell in row.values()), person.username


def test_a_confidential_resident_stays_with_those_who_answer_for_the_case(client: Client, world: World) -> None:
    world.log(identity=Case.Identity.CONFIDENTIAL)

    assert "周桂兰" in cells(downloaded(client, world.worker))
    assert "周桂兰" not in cells(downloaded(client, world.worker2))


def test_a_workbook_holds_real_times_and_no_formula(client: Client, world: World) -> None:
    world.log(title="+86 的电话打不通")
    client.force_login(world.worker)

    answer: Any = client.get("/cases/export/?format=xlsx")

    headings, row = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).worksheets[0].values
    assert len(headings) == len(row)
    assert "'+86 的电话打不通" in row
    assert datetime(2026, 11, 18, 10, 0, tzinfo=SHANGHAI).replace(tzinfo=None) in row
    assert answer["Content-Disposition"].endswith("xlsx") or ".xlsx" in answer["Content-Disposition"]


def test_a_filter_that_makes_no_sense_leads_back_to_the_list(client: Client, world: World) -> None:
    client.force_login(world.worker)

    answer: Any = client.get("/cases/export/?format=csv&submitted_from=yesterday")

    assert answer.status_code == 302
    assert answer.url == "/cases/?submitted_from=yesterday"


def test_a_visitor_is_asked_to_sign_in(client: Client, db: None) -> None:
    assert client.get("/cases/export/?format=csv").status_code == 302
