"""The weekly dispatch list (周调度): what falls due next week by unit, and what does not move. One page to print."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from complaints.filters import address, midnight
from complaints.lights import Light
from complaints.models import Case
from complaints.queries import CaseQuerySet
from staff.scope import Scope
from supervision.models import RectificationItem, SupervisionOrder
from supervision.weekly.rules import WEEK

MOST_ROWS, MOST_OF_A_UNIT, MOST_STUCK, MOST_ITEMS = 28, 6, 8, 6
QUIET = timedelta(days=7)


@dataclass(frozen=True)
class Due:
    number: str
    url: str
    title: str
    responsible: str
    due: datetime
    light: str


@dataclass
class Block:
    """What one unit owes. `rows`: the first of them; `all`: the list with all of them."""

    unit: str
    all: str
    late: int = 0
    due: int = 0
    rows: list[Due] = field(default_factory=list)

    @property
    def more(self) -> int:
        return self.late + self.due - len(self.rows)


@dataclass(frozen=True)
class Sheet:
    blocks: list[Block]
    stuck: list[Due]
    stuck_more: int
    items: list[RectificationItem]
    items_more: int
    orders: list[SupervisionOrder]
    orders_more: int


def area(scope: Scope) -> CaseQuerySet:
    """The cases of the streets seen entirely, or of a secretary's own communities."""
    cases = Case.objects.visible_to(scope)
    if scope.whole_streets:
        return cases.filter(street__in=scope.whole_streets)
    return cases.filter(community__in=scope.led_communities)


def sheet(scope: Scope, monday: date, now: datetime) -> Sheet:
    """In four queries, whatever there is."""
    ends = midnight(monday + WEEK)
    stuck = _stuck(scope, now)
    items = list(
        RectificationItem.objects.visible_to(scope)
        .open()
        .filter(reported_at__isnull=True, due_at__lt=ends)
        .select_related("unit", "responsible")
        .order_by("due_at", "pk")
    )
    orders: Any = SupervisionOrder.objects.filter(closed_at__isnull=True, answered_at__isnull=True, due_at__lt=ends)
    owed = list(orders.filter(case__in=area(scope)).select_related("unit", "person").order_by("due_at", "pk"))
    return Sheet(
        blocks=_blocks(scope, monday, ends, now),
        stuck=stuck[:MOST_STUCK],
        stuck_more=max(len(stuck) - MOST_STUCK, 0),
        items=items[:MOST_ITEMS],
        items_more=max(len(items) - MOST_ITEMS, 0),
        orders=owed[:MOST_ITEMS],
        orders_more=max(len(owed) - MOST_ITEMS, 0),
    )


COLUMNS = ("number", "title", "responsible__name", "turn_due_at", "light", "unit", "unit__name")


def _blocks(scope: Scope, monday: date, ends: datetime, now: datetime) -> list[Block]:
    """By unit, most owed first; in a unit what is late first, then by the day."""
    lit: Any = area(scope).open().with_light(now)
    lit = lit.exclude(light=Light.PAUSED).filter(turn_due_at__lt=ends)
    blocks: dict[int, Block] = {}
    last = (monday + WEEK - timedelta(days=1)).isoformat()
    for number, title, person, due, light, unit, name in lit.order_by("turn_due_at", "pk").values_list(*COLUMNS):
        block = blocks.setdefault(unit, Block(name, address(unit=unit, state="open", due_to=last, order="due")))
        if light == Light.RED:
            block.late += 1
        else:
            block.due += 1
        if len(block.rows) < MOST_OF_A_UNIT:
            block.rows.append(Due(number, f"/cases/{number}/", title, person, due, light))
    for block in blocks.values():  # all units on one page: each shows the fewer, the more units there are
        del block.rows[max(MOST_ROWS // len(blocks), 1) :]
    return sorted(blocks.values(), key=lambda block: (-block.late - block.due, block.unit))


def _stuck(scope: Scope, now: datetime) -> list[Due]:
    """Open, not paused, and nothing has happened for seven days."""
    lit: Any = area(scope).open().filter(updated_at__lt=now - QUIET).with_light(now)
    rows = (
        lit.exclude(light=Light.PAUSED)
        .order_by("updated_at", "pk")
        .values_list("number", "title", "responsible__name", "updated_at", "light")
    )
    return [Due(number, f"/cases/{number}/", title, who, at, light) for number, title, who, at, light in rows]
