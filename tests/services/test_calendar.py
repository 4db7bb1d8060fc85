"""The working calendar in the database: what it holds, how it is kept, how a year becomes official."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import chinese_calendar
import holidays
import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from pytest_django import DjangoAssertNumQueries

from config.lib.errors import RuleBroken
from services.actions import import_calendar
from services.calendar import calendar_warning, hours_of, load_calendar
from services.clock import Hours, Mode, due
from services.models import CalendarDay, CalendarYear, Schedule
from services.notices import read_notice
from tests.services.people import NOW, at, lin, made_up, notice, off

pytestmark = pytest.mark.django_db

NEW_YEAR_2027 = notice(2027, off("2027-01-01"), off("2027-01-02"), off("2027-01-03"), made_up("2027-01-09"))

# The notice for 2006 made up for New Year on the Saturday before it. `holidays` knows; `chinesecalendar`, which the
# seed follows, does not.
KNOWN_DIFFERENCES = {date(2005, 12, 31)}


def days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += timedelta(days=1)


def test_every_day_from_2004_to_2026_is_as_chinesecalendar_says() -> None:
    calendar = load_calendar()
    assert [
        day
        for day in days(date(2004, 1, 1), date(2026, 12, 31))
        if calendar.is_working(day) != chinese_calendar.is_workday(day)
    ] == []
    assert calendar.official_years == set(range(2004, 2027))


def test_every_day_is_as_the_holidays_library_says() -> None:
    calendar, china = load_calendar(), holidays.country_holidays("CN", years=range(2004, 2027))
    different = {
        day
        for day in days(date(2004, 1, 1), date(2026, 12, 31))
        if calendar.is_working(day) != china.is_working_day(day)
    }
    assert different == KNOWN_DIFFERENCES


def test_people_read_why_a_day_is_off() -> None:
    assert CalendarDay.objects.get(date="2026-02-17").name == "春节"
    assert CalendarDay.objects.get(date="2026-02-14").name == "春节（补班）"


def test_the_three_schedules_are_there() -> None:
    office, duty, always = (hours_of(Schedule.objects.get(code=code)) for code in ("office", "duty", "always"))
    assert office == Hours(((32400, 43200), (50400, 64800)))
    assert duty == Hours(((28800, 72000),), every_day=True)
    assert always == Hours(((0, 86400),), every_day=True)


def test_an_unchanged_calendar_costs_one_small_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    first = load_calendar()
    with django_assert_num_queries(1):
        assert load_calendar() is first


@pytest.mark.parametrize(
    "edit",
    [
        lambda: CalendarDay.objects.filter(date="2026-10-10").update(is_working=False),
        lambda: CalendarDay.objects.filter(date="2026-10-10").delete(),
        lambda: CalendarDay.objects.create(date="2026-12-24", year_id=2026, is_working=False),
        lambda: CalendarYear.objects.filter(year=2026).update(status="provisional"),
        lambda: connection.cursor().execute("DELETE FROM services_calendarday WHERE date = '2026-10-10'"),
    ],
)
def test_no_edit_leaves_a_stale_calendar_behind(edit: Any) -> None:
    before = load_calendar()
    edit()
    assert load_calendar() != before


def test_an_edit_that_is_rolled_back_leaves_no_trace() -> None:
    before = load_calendar()
    with transaction.atomic():
        CalendarDay.objects.filter(date="2026-10-10").delete()
        assert load_calendar().is_working(date(2026, 10, 10)) is False
        transaction.set_rollback(True)
    assert load_calendar() == before
    CalendarDay.objects.filter(date="2026-09-20").delete()
    assert load_calendar().is_working(date(2026, 10, 10)) is True


def test_a_day_cannot_be_booked_under_another_year() -> None:
    with pytest.raises(IntegrityError, match="calendar_day_lies_in_its_year"), transaction.atomic():
        CalendarDay.objects.create(date="2026-12-24", year_id=2025, is_working=False)


# importing a notice


def test_lin_imports_the_notice_and_the_year_becomes_official() -> None:
    by = lin()
    before = due(Mode.WORKING_DAYS_CLOSE, 1, at("2026-12-31 10:00"), office(), load_calendar())
    assert (before.at, before.provisional) == (at("2027-01-01 18:00"), True)

    result = import_calendar(2027, NEW_YEAR_2027, by=by, now=NOW)

    assert (result.year, result.added, result.changed, result.removed, result.official) == (2027, 4, 0, 0, True)
    year = CalendarYear.objects.get(year=2027)
    assert (year.status, year.imported_at, year.imported_by) == ("official", NOW, by)
    assert year.source == "https://www.gov.cn/notice.htm"
    after = due(Mode.WORKING_DAYS_CLOSE, 1, at("2026-12-31 10:00"), office(), load_calendar())
    assert (after.at, after.provisional) == (at("2027-01-04 18:00"), False)


def office() -> Hours:
    return hours_of(Schedule.objects.get(code="office"))


def test_importing_the_same_notice_twice_changes_nothing() -> None:
    by = lin()
    import_calendar(2027, NEW_YEAR_2027, by=by, now=NOW)
    again = import_calendar(2027, NEW_YEAR_2027, by=by, now=NOW)
    assert (again.added, again.changed, again.removed, again.official) == (0, 0, 0, False)
    assert CalendarDay.objects.filter(year=2027).count() == 4


def test_a_corrected_notice_replaces_the_first_one() -> None:
    by = lin()
    import_calendar(2027, NEW_YEAR_2027, by=by, now=NOW)
    corrected = notice(2027, off("2027-01-01"), off("2027-01-02", "新年"), made_up("2027-01-10"))
    result = import_calendar(2027, corrected, by=by, now=NOW)
    assert (result.added, result.changed, result.removed) == (1, 1, 2)
    assert list(CalendarDay.objects.filter(year=2027).values_list("date", "is_working", "name")) == [
        (date(2027, 1, 1), False, "元旦"),
        (date(2027, 1, 2), False, "新年"),
        (date(2027, 1, 10), True, "元旦"),
    ]


def test_a_notice_may_reach_into_the_december_before_it() -> None:
    by = lin()
    import_calendar(2027, notice(2027, made_up("2026-12-26"), off("2027-01-01")), by=by, now=NOW)
    assert load_calendar().is_working(date(2026, 12, 26))
    assert CalendarYear.objects.get(year=2026).status == "official"

    import_calendar(2026, notice(2026, off("2026-01-01"), off("2026-12-26")), by=by, now=NOW)
    assert load_calendar().is_working(date(2026, 12, 26)), "the later notice stands"
    import_calendar(2027, notice(2027, off("2027-01-01")), by=by, now=NOW)
    assert not load_calendar().is_working(date(2026, 12, 26)), "a corrected notice takes its December back"


def test_a_preview_changes_nothing() -> None:
    result = import_calendar(2027, NEW_YEAR_2027, by=None, now=NOW, dry_run=True)
    assert (result.added, result.official) == (4, True)
    assert not CalendarYear.objects.filter(year=2027).exists()


@pytest.mark.parametrize(
    ("payload", "code", "said"),
    [
        (notice(2027), "empty", ""),
        ("", "empty", ""),
        ("date,name,is_off\n", "empty", ""),
        (notice(2026, off("2027-01-01")), "wrong_year", "2026"),
        (notice(2027, off("2027-01-01"), off("2028-01-01")), "wrong_year", "2028-01-01"),
        (notice(2027, off("2026-11-30"), off("2027-01-01")), "wrong_year", "2026-11-30"),
        (notice(2027, off("2026-12-31")), "wrong_year", "2026-12-31"),
        (notice(2027, off("2027-01-01"), made_up("2027-01-01")), "duplicate_day", "2027-01-01"),
        (notice(2027, off("2027-01-01"), off("2027-13-45")), "bad_date", "2"),
        (notice(2027, off("2027-02-29")), "bad_date", "2027-02-29"),
        (notice(2027, {"date": "2027-01-01", "name": "元旦"}), "bad_row", "1"),
        (notice(2027, off("2027-01-01", "节" * 41)), "bad_name", "1"),
        ({"year": 2027, "days": "none"}, "bad_json", ""),
        ({"year": "2027", "days": [off("2027-01-01")]}, "bad_year", ""),
        ({"year": 2027, "days": [7]}, "bad_row", "1"),
        ("[1, 2]", "bad_json", ""),
        ('{"year": 2027,', "bad_json", ""),
        ("日期,名称\n2027-01-01,元旦\n", "missing_column", "is_off"),
        ("date,name,is_off\n2027-01-01,元旦,perhaps\n", "bad_row", "2"),
        ("date,name,is_off\n2027/13/45,元旦,1\n", "bad_date", "2027/13/45"),
        (b"\xff\xfe\x00\x01\xff", "bad_encoding", ""),
    ],
)
def test_a_notice_that_makes_no_sense_is_refused_and_changes_nothing(payload: Any, code: str, said: str) -> None:
    before = CalendarDay.objects.count()
    with pytest.raises(RuleBroken) as refused:
        import_calendar(2027, payload, by=None, now=NOW)
    assert refused.value.code == code
    assert said in str(refused.value)
    assert CalendarDay.objects.count() == before
    assert not CalendarYear.objects.filter(year=2027).exists()


@pytest.mark.parametrize(
    "text",
    [
        "date,name,is_off\n2027-01-01,元旦,true\n2027-01-09,元旦,false\n",
        "\ufeff日期,名称,是否放假\n2027/1/1,元旦,是\n2027/1/9,元旦,否\n\n",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_notice_may_be_a_table(text: str, encoding: str) -> None:
    read = read_notice(text.removeprefix("\ufeff").encode(encoding))
    assert read.year == 2027
    assert [(day.date, day.is_working) for day in read.days] == [(date(2027, 1, 1), False), (date(2027, 1, 9), True)]


# the command


def run(path: Path, *options: str) -> dict[str, Any]:
    out = StringIO()
    call_command("import_calendar", str(path), "--json", *options, stdout=out)
    said: dict[str, Any] = json.loads(out.getvalue().splitlines()[-1])
    return said


def test_the_command_imports_and_previews(tmp_path: Path) -> None:
    file = tmp_path / "2027.json"
    file.write_text(json.dumps(NEW_YEAR_2027))
    assert run(file, "--dry-run") == {
        "year": 2027, "days": 4, "added": 4, "changed": 0, "removed": 0, "official": True, "dry_run": True,
    }  # fmt: skip
    assert 2027 not in load_calendar().official_years
    assert run(file)["dry_run"] is False
    assert 2027 in load_calendar().official_years


def test_the_command_refuses_in_a_plain_sentence(tmp_path: Path) -> None:
    file = tmp_path / "2027.json"
    file.write_text(json.dumps(NEW_YEAR_2027))
    with pytest.raises(CommandError):
        run(file, "--year", "2026")
    with pytest.raises(CommandError):
        run(tmp_path / "nowhere.json")


# the warning


@pytest.mark.parametrize(
    ("today", "year"),
    [
        (date(2026, 11, 14), None),
        (date(2026, 11, 15), "2027"),
        (date(2026, 12, 31), "2027"),
        (date(2027, 1, 1), "2027"),
        (date(2025, 12, 1), None),
    ],
)
def test_administrators_are_warned_from_the_middle_of_november(today: date, year: str | None) -> None:
    warning = calendar_warning(today)
    assert (warning is None) if year is None else (warning is not None and year in warning)


def test_the_warning_ends_with_the_import() -> None:
    import_calendar(2027, NEW_YEAR_2027, by=None, now=NOW)
    assert calendar_warning(date(2026, 12, 1)) is None
