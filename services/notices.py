"""Reading a yearly holiday notice: the JSON form of holiday-cn or a CSV of date, name and off-day. Pure."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NoReturn

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from config.lib.errors import RuleBroken

FIRST_YEAR, LAST_YEAR = 1990, 2200
LONGEST_NAME = 40
MOST_DAYS = 400
YES = frozenset({"true", "1", "yes", "y", "是", "休", "休息", "放假"})
NO = frozenset({"false", "0", "no", "n", "否", "班", "上班", "补班"})
HEADINGS = {
    "date": "date",
    "日期": "date",
    "name": "name",
    "名称": "name",
    "节日": "name",
    "is_off": "is_off",
    "isoffday": "is_off",
    "放假": "is_off",
    "休息": "is_off",
    "是否放假": "is_off",
    "是否休息": "is_off",
}


@dataclass(frozen=True)
class NoticeDay:
    date: date
    is_working: bool
    name: str


@dataclass(frozen=True)
class Notice:
    """`days` are sorted and lie in `year` or in the December before it: a notice may move days across New Year."""

    year: int
    days: tuple[NoticeDay, ...]
    source: str = ""


def read_notice(payload: str | bytes | Mapping[str, Any], year: int | None = None) -> Notice:
    """Refuses with a sentence that names the row. `year` is what the reader expects; without it the notice decides."""
    data = _parsed(payload)
    if isinstance(data, Mapping):
        stated = data.get("year")
        rows = [_json_day(number, row) for number, row in enumerate(_list(data.get("days")), start=1)]
        source = " ".join(str(paper) for paper in data.get("papers") or [] if isinstance(paper, str))[:200]
    else:
        stated, rows, source = None, [_csv_day(number, row) for number, row in data], ""
    if stated is not None and (isinstance(stated, bool) or not isinstance(stated, int)):
        _refuse("bad_year", _("The year of the notice is not a number."))
    if stated is not None and year is not None and stated != year:
        _refuse(
            "wrong_year", _("This is the notice for %(stated)s, not for %(year)s.") % {"stated": stated, "year": year}
        )
    return _checked(rows, year if year is not None else stated, source)


def _checked(rows: list[NoticeDay], year: int | None, source: str) -> Notice:
    if not rows:
        _refuse("empty", _("The notice contains no days."))
    if len(rows) > MOST_DAYS:
        _refuse("too_many_days", _("The notice has more days than a year."))
    year = max(row.date.year for row in rows) if year is None else year
    if not FIRST_YEAR <= year <= LAST_YEAR:
        _refuse("bad_year", _("The year %(year)s is out of range.") % {"year": year})
    twice = [day for day, count in Counter(row.date for row in rows).items() if count > 1]
    if twice:
        _refuse("duplicate_day", _("%(day)s appears more than once.") % {"day": min(twice)})
    outside = [row.date for row in rows if not _belongs(row.date, year)]
    if outside or all(row.date.year != year for row in rows):
        day = min(outside) if outside else rows[0].date
        _refuse("wrong_year", _("%(day)s does not belong to the notice for %(year)s.") % {"day": day, "year": year})
    return Notice(year, tuple(sorted(rows, key=lambda row: row.date)), source)


def _belongs(day: date, year: int) -> bool:
    return day.year == year or (day.year == year - 1 and day.month == 12)


def _parsed(payload: str | bytes | Mapping[str, Any]) -> Mapping[str, Any] | Iterable[tuple[int, dict[str, str]]]:
    if isinstance(payload, Mapping):
        return payload
    text = (decoded(payload) if isinstance(payload, bytes) else payload).removeprefix("\ufeff").strip()
    if not text:
        _refuse("empty", _("The notice contains no days."))
    if text[0] not in "{[":
        return _csv_rows(text)
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        _refuse("bad_json", _("The file is not valid JSON."))
    if not isinstance(data, Mapping):
        _refuse("bad_json", _("The notice must be an object with a year and a list of days."))
    return data


def decoded(payload: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return payload.decode(encoding)
        except UnicodeDecodeError:
            continue
    _refuse("bad_encoding", _("The file is neither UTF-8 nor GB18030 text."))


def _csv_rows(text: str) -> Iterable[tuple[int, dict[str, str]]]:
    try:
        lines = list(csv.reader(io.StringIO(text)))
    except csv.Error:
        _refuse("bad_csv", _("The file is not a table of comma-separated values."))
    headings = [HEADINGS.get(cell.strip().lower(), "") for cell in lines[0]]
    missing = [name for name in ("date", "name", "is_off") if name not in headings]
    if missing:
        _refuse("missing_column", _("The column “%(column)s” is missing.") % {"column": missing[0]})
    for number, cells in enumerate(lines[1:], start=2):
        if any(cell.strip() for cell in cells):
            yield number, dict(zip(headings, cells, strict=False))


def _list(days: object) -> list[Any]:
    if not isinstance(days, list):
        _refuse("bad_json", _("The notice must be an object with a year and a list of days."))
    return days


def _json_day(number: int, row: object) -> NoticeDay:
    if not isinstance(row, Mapping):
        _refuse("bad_row", _("Row %(row)s is not a day.") % {"row": number})
    off = row.get("isOffDay")
    if not isinstance(off, bool):
        _refuse("bad_row", _("Row %(row)s does not say whether it is a day off.") % {"row": number})
    return NoticeDay(_date(number, row.get("date")), not off, _name(number, row.get("name", "")))


def _csv_day(number: int, row: dict[str, str]) -> NoticeDay:
    off = row.get("is_off", "").strip().lower()
    if off not in YES | NO:
        _refuse("bad_row", _("Row %(row)s does not say whether it is a day off.") % {"row": number})
    return NoticeDay(_date(number, row.get("date")), off in NO, _name(number, row.get("name", "")))


def _date(number: int, text: object) -> date:
    try:
        parts = [int(part) for part in str(text).strip().replace("/", "-").split("-")]
        return date(*parts)
    except (TypeError, ValueError, OverflowError):
        shown = str(text)[:20]
        _refuse("bad_date", _("Row %(row)s: “%(text)s” is not a date.") % {"row": number, "text": shown})


def _name(number: int, text: object) -> str:
    name = text.strip() if isinstance(text, str) else ""
    if len(name) > LONGEST_NAME or "\x00" in name:
        _refuse("bad_name", _("Row %(row)s: the name is too long.") % {"row": number})
    return name


def _refuse(code: str, message: str | Promise) -> NoReturn:
    raise RuleBroken(code, message, field="notice")
