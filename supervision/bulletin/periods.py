"""The month, quarter or year a bulletin is about. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from config.lib.errors import RuleBroken

OFFICE = ZoneInfo("Asia/Shanghai")
CODE = re.compile(r"(20\d\d)(?:-(?:Q([1-4])|(0[1-9]|1[0-2])))?")


class Span(StrEnum):
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


MONTHS = {Span.MONTH: 1, Span.QUARTER: 3, Span.YEAR: 12}


@dataclass(frozen=True, order=True)
class Period:
    """`first` is its first day."""

    span: Span
    first: date

    @property
    def after(self) -> Period:
        return Period(self.span, _moved(self.first, MONTHS[self.span]))

    @property
    def before(self) -> Period:
        return Period(self.span, _moved(self.first, -MONTHS[self.span]))

    @property
    def year_before(self) -> Period:
        return Period(self.span, _moved(self.first, -12))

    @property
    def begin(self) -> datetime:
        return datetime.combine(self.first, time(), OFFICE)

    @property
    def end(self) -> datetime:
        """The first instant that does not belong to it."""
        return self.after.begin

    @property
    def code(self) -> str:
        """As in addresses and on the command line: 2026-10, 2026-Q4, 2026."""
        year, month = self.first.year, self.first.month
        return {
            Span.MONTH: f"{year}-{month:02d}",
            Span.QUARTER: f"{year}-Q{(month + 2) // 3}",
            Span.YEAR: f"{year}",
        }[self.span]

    def holds(self, other: Period) -> bool:
        """Whether all of a shorter period lies in this one."""
        return self != other and self.begin <= other.begin and other.end <= self.end


def parse(code: str) -> Period:
    found = CODE.fullmatch(code)
    if found is None:
        raise RuleBroken("no_period", f"{code}?")
    year, quarter, month = found.groups()
    if month:
        return Period(Span.MONTH, date(int(year), int(month), 1))
    return quarter_of(date(int(year), 3 * int(quarter) - 2, 1)) if quarter else Period(Span.YEAR, date(int(year), 1, 1))


def quarter_of(day: date) -> Period:
    return Period(Span.QUARTER, date(day.year, day.month - (day.month - 1) % 3, 1))


def period_of(span: str, first: date) -> Period:
    return Period(Span(span), first)


def ended(since: datetime, now: datetime, span: Span = Span.MONTH) -> Iterator[Period]:
    """The months (quarters, years), oldest first, that hold or follow `since` and are over."""
    local = since.astimezone(OFFICE)
    one = Period(span, date(local.year, local.month - (local.month - 1) % MONTHS[span], 1))
    while one.end <= now:
        yield one
        one = one.after


def _moved(first: date, months: int) -> date:
    count = first.year * 12 + first.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)
