"""Which days and which place the board is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from complaints.filters import Choice, Day, midnight
from staff.scope import Scope

MONTH, LAST_MONTH, QUARTER, YEAR, OWN = "month", "last_month", "90d", "year", "own"
PERIODS: list[tuple[str, str | Promise]] = [
    (MONTH, gettext_lazy("This month")),
    (LAST_MONTH, gettext_lazy("Last month")),
    (QUARTER, gettext_lazy("90 days")),
    (YEAR, gettext_lazy("This year")),
    (OWN, gettext_lazy("Own dates")),
]
LONGEST = 731
DAILY = 31


@dataclass(frozen=True)
class Period:
    """Days of the office, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def before(self) -> Period:
        """As many days, right before."""
        return Period(self.first - timedelta(days=self.days), self.first - timedelta(days=1))

    @property
    def since(self) -> datetime:
        return midnight(self.first)

    @property
    def end(self) -> datetime:
        return midnight(self.last + timedelta(days=1))

    def until(self, now: datetime) -> datetime:
        """The end, or now while it still runs."""
        return min(now, self.end)

    def span(self, what: str) -> dict[str, str]:
        """The same days as filters of the list."""
        return {f"{what}_from": self.first.isoformat(), f"{what}_to": self.last.isoformat()}

    def parts(self) -> list[Period]:
        """Single days, or weeks from Monday where days would be too many; the outer weeks end with the period."""
        if self.days <= DAILY:
            return [Period(day, day) for day in self._each(1, self.first)]
        monday = self.first - timedelta(days=self.first.weekday())
        weeks = [Period(day, day + timedelta(days=6)) for day in self._each(7, monday)]
        return [Period(max(week.first, self.first), min(week.last, self.last)) for week in weeks]

    def _each(self, step: int, first: date) -> list[date]:
        return [first + timedelta(days=n) for n in range(0, (self.last - first).days + 1, step)]


def ready_made(code: str, today: date) -> Period:
    month = today.replace(day=1)
    match code:
        case "last_month":
            last = month - timedelta(days=1)
            return Period(last.replace(day=1), last)
        case "90d":
            return Period(today - timedelta(days=89), today)
        case "year":
            return Period(today.replace(month=1, day=1), today)
    return Period(month, today)


@dataclass(frozen=True)
class View:
    """What the address asks for, made sense of. `problems`: what made none, in sentences."""

    code: str
    period: Period
    community: int | None = None
    grid: int | None = None
    problems: tuple[str, ...] = ()


class BoardForm(forms.Form):
    period = forms.ChoiceField(choices=PERIODS, required=False)
    first = Day(label=gettext_lazy("First day"))
    last = Day(label=gettext_lazy("Last day"))

    def problems(self) -> list[str]:
        return [str(error) for errors in self.errors.values() for error in errors]


def asked(query: QueryDict, communities: list[Choice], grids: list[Choice], today: date) -> View:
    form = BoardForm(query)
    sound = form.is_valid()
    given: dict[str, Any] = form.cleaned_data
    code = OWN if given.get("first") or given.get("last") else given.get("period") or MONTH
    problems = [] if sound else form.problems()
    period = ready_made(code, today)
    if code == OWN and sound:
        try:
            period = own_dates(given.get("first"), given.get("last"), today)
        except ValueError as error:
            problems.append(str(error))
            code = MONTH
    elif code == OWN:
        code = MONTH
    chosen = {
        name: _chosen(query.get(name, ""), found) for name, found in (("community", communities), ("grid", grids))
    }
    if any(query.get(name) and pk is None for name, pk in chosen.items()):
        problems.append(_("That place is not one of those you look after; all of them are shown."))
    return View(code, period, chosen["community"], chosen["grid"], tuple(problems))


def _chosen(wanted: str, choices: list[Choice]) -> int | None:
    return next((choice.id for choice in choices if str(choice.id) == wanted), None)


def own_dates(first: date | None, last: date | None, today: date) -> Period:
    """Raises ValueError with a sentence."""
    if first is None and last is None:
        raise ValueError(_("Please choose the first and the last day; this month is shown."))
    first, last = first or (last or today).replace(day=1), min(last or today, today)
    if first > last:
        raise ValueError(_("The first day lies after the last or after today; this month is shown."))
    if (last - first).days >= LONGEST:
        raise ValueError(_("At most two years at a time; this month is shown."))
    return Period(first, last)


def places(names: dict[str, list[Choice]], scope: Scope) -> list[Choice]:
    """The communities this person's board may be narrowed to."""
    if scope.whole_streets:
        return names["community"]
    return [choice for choice in names["community"] if choice.id in scope.led_communities]


def grids_of(names: dict[str, list[Choice]], communities: list[Choice]) -> list[Choice]:
    known = {choice.label for choice in communities}
    return [choice for choice in names["grid"] if choice.under in known]
