"""The dispatch directory (派单目录): which unit a category in an area goes to. The choice itself is pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from complaints.models import Case, DispatchRule
from staff.models import Unit


@dataclass(frozen=True)
class Row:
    """One line: None means every category, or every community."""

    category: str | None
    community: int | None
    unit: int


def suggested_unit(case: Case, today: date) -> Unit | None:
    """Where the directory sends this case; None when it says nothing, or the unit that has it already. One query."""
    path = case.category.path if case.category else ""
    parts = path.split(">")
    above = [">".join(parts[: depth + 1]) for depth in range(len(parts))]
    rules = DispatchRule.objects.filter(
        Q(category__isnull=True) | Q(category__path__in=above),
        Q(community__isnull=True) | Q(community=case.community_id),
        street=case.street_id,
        valid_from__lte=today,
        unit__is_active=True,
    ).select_related("category", "unit")
    units = {rule.unit_id: rule.unit for rule in rules}
    rows = [Row(rule.category.path if rule.category else None, rule.community_id, rule.unit_id) for rule in rules]
    found = choose(rows, path, case.community_id)
    return units[found.unit] if found and found.unit != case.unit_id else None


def choose(rows: Iterable[Row], path: str, community: int | None) -> Row | None:
    """The most specific line that fits: the longest category path first, then a named community before none."""
    fitting = [row for row in rows if _fits(row, path, community)]
    return max(fitting, key=lambda row: (_depth(row.category), row.community is not None), default=None)


def _fits(row: Row, path: str, community: int | None) -> bool:
    if row.community is not None and row.community != community:
        return False
    return row.category is None or path == row.category or path.startswith(row.category + ">")


def _depth(path: str | None) -> int:
    return 0 if path is None else path.count(">") + 1
