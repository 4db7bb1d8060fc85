"""What a cell means: clean text, numbers that are names, dates as offices really write them. Pure."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from config.lib.sheets import Cell, Moment
from config.lib.text import UNFIT, lines, one_line

OFFICE = ZoneInfo("Asia/Shanghai")
EXACT_DIGITS = 10**15

_SPACES = re.compile(r"\s+")
_SHORTENED = re.compile(r"\d(?:\.\d+)?[eE]\+\d+")
_WRITTEN = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?"
    r"(?:[T\s]*(\d{1,2})\s*[:时点]\s*(?:(\d{1,2})\s*分?)?(?:\s*:?\s*(\d{1,2})(?:\.\d+)?\s*秒?)?)?"
    r"\s*(Z|[+-]\d{2}:?\d{2})?"
)
_PACKED = re.compile(r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})?)?()")
# Serial numbers count days from here; 20,000 to 80,000 are the years 1954 to 2119.
_SERIAL_ZERO, _SERIALS = datetime(1899, 12, 30), range(20_000, 80_000)


class CellFault(ValueError):
    """A cell that cannot be used; the text is a sentence for the person who made the table."""


def clean(text: str) -> str:
    """Trimmed of spaces of every width, with its inner line breaks, without characters nobody typed."""
    return lines(UNFIT.sub("", text).replace("\ufeff", ""))


def text_of(cell: Cell) -> str:
    if isinstance(cell, str):
        return cell.strip() if cell.isprintable() else clean(cell)
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, Moment):
        return f"{cell.at:%Y-%m-%d}" if cell.whole_day else f"{cell.at:%Y-%m-%d %H:%M:%S}"
    return str(cell)


def value_of(cell: Cell) -> str | int | float | bool:
    """What is kept of a column that we only keep: whole numbers as such, everything else as text."""
    if isinstance(cell, float):
        return int(cell) if cell.is_integer() else cell
    return cell if isinstance(cell, bool | int) else text_of(cell)


def line_of(cell: Cell) -> str:
    text = text_of(cell)
    return one_line(text) if text else ""


def heading_of(cell: Cell) -> str:
    """A heading as it is compared: narrow forms, no spaces, no asterisk or colon."""
    return _SPACES.sub("", unicodedata.normalize("NFKC", text_of(cell))).strip("*:")


def id_of(cell: Cell, *, longest: int = 60) -> str:
    """A number that is a name: 24.0 is "24". Refuses those the spreadsheet has rounded or shortened."""
    text = _SPACES.sub("", text_of(cell))
    if isinstance(cell, float | int) and not isinstance(cell, bool) and abs(cell) >= EXACT_DIGITS:
        raise CellFault(
            _("“%(value)s” was rounded by the spreadsheet, its last digits are lost: format the column as text.")
            % {"value": text}
        )
    if _SHORTENED.fullmatch(text):
        raise CellFault(_("“%(value)s” was shortened by the spreadsheet: format the column as text.") % {"value": text})
    if len(text) > longest:
        raise CellFault(_("This number is longer than %(most)s characters.") % {"most": longest})
    return text


def instant_of(cell: Cell, zone: tzinfo = OFFICE) -> datetime | None:
    """The instant a cell tells in office time; None when it is empty. A date alone is the beginning of that day."""
    if isinstance(cell, Moment):
        return cell.at.replace(tzinfo=zone)
    if isinstance(cell, int | float) and not isinstance(cell, bool) and int(cell) in _SERIALS:
        return (_SERIAL_ZERO + timedelta(seconds=round(cell * 86_400))).replace(tzinfo=zone)
    text = unicodedata.normalize("NFKC", line_of(cell))
    if not text:
        return None
    found = _WRITTEN.fullmatch(text) or _PACKED.fullmatch(text)
    try:
        if found is None:
            return _serial(text, zone)
        year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
        at = datetime(year, month, day, hour, minute, second, tzinfo=zone)
        offset = found.group(7)
        return datetime.fromisoformat(f"{at:%Y-%m-%dT%H:%M:%S}{offset}").astimezone(zone) if offset else at
    except (ValueError, OverflowError):
        raise CellFault(_("“%(value)s” is not a date that exists.") % {"value": text[:40]}) from None


def _serial(text: str, zone: tzinfo) -> datetime:
    number = float(text)
    if int(number) not in _SERIALS:
        raise ValueError
    return (_SERIAL_ZERO + timedelta(seconds=round(number * 86_400))).replace(tzinfo=zone)
