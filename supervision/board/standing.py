"""Open cases of an area as they stand now, counted by place, unit, matter and age, each by light."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Case, Count, IntegerField, Value, When
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from complaints.filters import NOWHERE, Choice, midnight
from complaints.queries import CaseQuerySet
from supervision.board.figure import Line, Table, line

MOST = 10

# Days since the resident spoke to us, counted in calendar days: first and last of each step.
AGES: list[tuple[int, int | None, str | Promise]] = [
    (0, 0, _("today")),
    (1, 2, _("1-2 days")),
    (3, 6, _("3-6 days")),
    (7, 14, _("7-14 days")),
    (15, 29, _("15-29 days")),
    (30, None, _("30 days and more")),
]


@dataclass(frozen=True)
class Cell:
    """A group of open cases that agree in all of this. `place`: a community, or a grid of the one looked at."""

    place: int | None
    unit: int
    category: int | None
    age: int
    light: str
    count: int


Counts = dict[Any, dict[str, int]]


def count(cases: CaseQuerySet, place: str, now: datetime) -> list[Cell]:
    """All that this part shows, from one pass over the open cases. `place`: "community" or "grid"."""
    today = timezone.localdate(now)
    ages = [When(submitted_at__gte=midnight(today - timedelta(days=first)), then=Value(n)) for n, first in _begins()]
    age = Case(*ages, default=Value(len(AGES) - 1), output_field=IntegerField())
    groups = (
        cases.open()
        .with_light(now)
        .order_by()
        .annotate(age=age)
        .values_list(place, "unit", "category", "age", "light")
        .annotate(found=Count("pk"))
    )
    return [Cell(*group) for group in groups]


def _begins() -> list[tuple[int, int]]:
    """Each age with the last day that still belongs to it."""
    return [(n, last) for n, (_first, last, _label) in enumerate(AGES) if last is not None]


def tables(
    cells: list[Cell],
    places: Table,
    names: Mapping[str, list[Choice]],
    limits: dict[str, Any],
    today: date,
) -> list[Table]:
    """`places` comes first, as `by_place` made it."""
    units = {choice.id: choice.label for choice in names["unit"]}
    roots = roots_of(names["category"])
    by_root = _folded(cells, lambda c: roots.get(c.category or 0, (None, ""))[0])
    return [
        places,
        _aged(_folded(cells, lambda c: c.age), limits, today),
        _ranked("unit", _("By handling unit"), _folded(cells, lambda c: c.unit), units, limits),
        _ranked("category", _("By category"), by_root, dict(roots.values()), limits),
    ]


def by_place(
    cells: Iterable[Cell],
    code: str,
    labels: Mapping[int, str],
    limits: dict[str, Any],
    closer: Callable[[int], str],
) -> Table:
    """In the order of the places, those without an open case too: nobody is first or last here."""
    counts = _folded(cells, lambda c: c.place)
    lines = [line(label, counts.get(key, {}), limits | {code: key}, closer(key)) for key, label in labels.items()]
    if None in counts:
        lines.append(line(_("none"), counts[None], limits | {code: NOWHERE}))
    title = _("By community") if code == "community" else _("By grid")
    return Table(code, title, lines, chart=True)


def totals(cells: Iterable[Cell], limits: dict[str, Any]) -> Line:
    return line("", _folded(cells, lambda _cell: None).get(None, {}), limits)


def _folded(cells: Iterable[Cell], key: Any) -> Counts:
    counts: Counts = defaultdict(lambda: defaultdict(int))
    for cell in cells:
        counts[key(cell)][cell.light] += cell.count
    return counts


def _ranked(
    code: str, title: str | Promise, counts: Counts, labels: Mapping[Any, str], limits: dict[str, Any]
) -> Table:
    ranked = sorted(counts.items(), key=lambda item: (-sum(item[1].values()), str(labels.get(item[0], ""))))
    lines = [
        line(labels.get(key) or _("none"), lights, limits | {code: NOWHERE if key is None else key})
        for key, lights in ranked[:MOST]
    ]
    return Table(code, title, lines, left_out=len(ranked) - len(lines))


def _aged(counts: Counts, limits: dict[str, Any], today: date) -> Table:
    lines = []
    for n, (first, last, label) in enumerate(AGES):
        days = {"submitted_to": (today - timedelta(days=first)).isoformat()}
        if last is not None:
            days["submitted_from"] = (today - timedelta(days=last)).isoformat()
        lines.append(line(label, counts.get(n, {}), limits | days))
    return Table("age", _("By age"), lines, chart=True)


def roots_of(categories: Iterable[Choice]) -> dict[int, tuple[int | None, str]]:
    """The top of each category's branch, as its id and name."""
    tops = {choice.label: choice.id for choice in categories if ">" not in choice.label}
    return {choice.id: (tops.get(top := choice.label.split(">")[0]), top) for choice in categories}
