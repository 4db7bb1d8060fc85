"""The board: open cases of an area counted by place, unit, matter and age, each by light."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Case, Count, IntegerField, Value, When
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from complaints.filters import NOWHERE, Choice, address, midnight
from complaints.lights import Light
from complaints.models import Case as CaseRow
from complaints.queries import CaseQuerySet
from staff.scope import Scope

MOST = 10
SHOWN = (Light.RED, Light.YELLOW, Light.GREEN, Light.PAUSED)

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
class Figure:
    """A number and the list of exactly the cases it counts."""

    count: int
    url: str
    light: str = ""


@dataclass
class Line:
    label: str | Promise
    total: Figure
    lights: list[Figure]


@dataclass
class Table:
    """`most`: the longest bar. `left_out`: lines below the tenth."""

    code: str
    title: str | Promise
    lines: list[Line] = field(default_factory=list)
    most: int = 1
    left_out: int = 0


@dataclass(frozen=True)
class Cell:
    """A group of open cases that agree in all of this."""

    community: int | None
    unit: int
    category: int | None
    age: int
    light: str
    count: int


Counts = dict[Any, dict[str, int]]


def area_of(scope: Scope) -> CaseQuerySet:
    """Whose board it is: a street seen entirely, or a secretary's own communities."""
    cases = CaseRow.objects.visible_to(scope).open()
    if scope.whole_streets:
        return cases.filter(street__in=scope.whole_streets)
    return cases.filter(community__in=scope.led_communities)


def limits_of(scope: Scope) -> dict[str, Any]:
    """The same area as filters of an address."""
    limits: dict[str, Any] = {"state": "open"}
    if not scope.whole_streets:
        limits["community"] = sorted(scope.led_communities)
    return limits


def count(cases: CaseQuerySet, now: datetime) -> list[Cell]:
    """All that the board shows, from one pass over the open cases."""
    today = timezone.localdate(now)
    ages = [When(submitted_at__gte=midnight(today - timedelta(days=first)), then=Value(n)) for n, first in _begins()]
    age = Case(*ages, default=Value(len(AGES) - 1), output_field=IntegerField())
    groups = (
        cases.with_light(now)
        .order_by()
        .annotate(age=age)
        .values_list("community", "unit", "category", "age", "light")
        .annotate(found=Count("pk"))
    )
    return [Cell(*group) for group in groups]


def _begins() -> list[tuple[int, int]]:
    """Each age with the last day that still belongs to it."""
    return [(n, last) for n, (_first, last, _label) in enumerate(AGES) if last is not None]


def tables(
    cells: Iterable[Cell], names: Mapping[str, list[Choice]], limits: dict[str, Any], today: date
) -> list[Table]:
    cells = list(cells)
    communities = {choice.id: choice.label for choice in names["community"]}
    units = {choice.id: choice.label for choice in names["unit"]}
    roots = _roots(names["category"])
    return [
        _ranked("community", _("By community"), _folded(cells, lambda c: c.community), communities, limits),
        _aged(_folded(cells, lambda c: c.age), limits, today),
        _ranked("unit", _("By handling unit"), _folded(cells, lambda c: c.unit), units, limits),
        _ranked(
            "category",
            _("By category"),
            _folded(cells, lambda c: roots.get(c.category or 0, (None, ""))[0]),
            dict(roots.values()),
            limits,
        ),
    ]


def totals(cells: Iterable[Cell], limits: dict[str, Any]) -> Line:
    folded = _folded(cells, lambda _cell: None)
    return _line("", folded.get(None, {}), limits)


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
        _line(labels.get(key) or _("none"), lights, limits | {code: NOWHERE if key is None else key})
        for key, lights in ranked[:MOST]
    ]
    return _table(code, title, lines, left_out=len(ranked) - len(lines))


def _aged(counts: Counts, limits: dict[str, Any], today: date) -> Table:
    lines = []
    for n, (first, last, label) in enumerate(AGES):
        days = {"submitted_to": (today - timedelta(days=first)).isoformat()}
        if last is not None:
            days["submitted_from"] = (today - timedelta(days=last)).isoformat()
        lines.append(_line(label, counts.get(n, {}), limits | days))
    return _table("age", _("By age"), lines)


def _table(code: str, title: str | Promise, lines: list[Line], left_out: int = 0) -> Table:
    return Table(code, title, lines, max([line.total.count for line in lines], default=0) or 1, left_out)


def _line(label: str | Promise, lights: Mapping[str, int], limits: dict[str, Any]) -> Line:
    return Line(
        label,
        Figure(sum(lights.values()), address(**limits)),
        [Figure(lights.get(light, 0), address(**limits, light=light), light) for light in SHOWN],
    )


def _roots(categories: Iterable[Choice]) -> dict[int, tuple[int | None, str]]:
    """The top of each category's branch, as its id and name."""
    tops = {choice.label: choice.id for choice in categories if ">" not in choice.label}
    return {choice.id: (tops.get(top := choice.label.split(">")[0]), top) for choice in categories}
