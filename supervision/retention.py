"""Forgetting what was written above cases: orders, rectification items with their files, dismissals, weekly remarks.

They go by the rule of their case's kind, counted from the later of two ends: the case's and their own. What belongs to
no case goes by its own age: what came of a report on conduct by the rule of those, everything else by the rule for all
kinds. What is still open waits, and is told, so that somebody can end it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from complaints.models import Case, RetentionRule
from complaints.retention import Rule, forget_before
from supervision.conduct import retention as conduct
from supervision.models import (
    Dismissal,
    ItemFile,
    ItemStep,
    OrderStep,
    RectificationItem,
    SupervisionOrder,
    WatchForgetting,
    WeeklyCheck,
)

AT_ONCE = 500
CONDUCT, NO_CASE = conduct.KIND, ""  # kinds of retention rules besides those of cases

# Columns of text that are emptied. Those of append-only tables the database itself empties: `linli_forget_words`.
WORDS: dict[type[Model], tuple[str, ...]] = {
    SupervisionOrder: ("demand", "answer", "word"),
    OrderStep: ("text",),
    RectificationItem: ("problem", "cause", "measure"),
    ItemStep: ("text",),
    ItemFile: ("file", "name"),
    Dismissal: ("reason",),
    WeeklyCheck: ("remark",),
}


@dataclass(frozen=True)
class Forgotten:
    """How many lost their words, and how many `files` are gone from disk. `waiting`: over with the case, but still open."""

    kind: str
    ended_before: datetime
    orders: int = 0
    items: int = 0
    files: int = 0
    dismissals: int = 0
    remarks: int = 0
    waiting: int = 0

    @property
    def anything(self) -> bool:
        return any((self.orders, self.items, self.files, self.dismissals, self.remarks, self.waiting))


def forget(*, now: datetime, dry_run: bool = False) -> list[Forgotten]:
    """Empty the words of what ended, like its case, longer ago than the case's kind's rule allows.

    1. Files are deleted from disk, then every text is emptied: demands, answers, reasons, problems, measures, remarks.
    2. Numbers, instants, states, verdicts, lights and who took which step stay: rates, relapses and reports count on.
    3. Each batch is one transaction and leaves a row that says how many, not who. A killed run is started again.
    """
    rules = [Rule(row.kind, row.days, row.valid_from) for row in RetentionRule.objects.all()]
    found = [_forget_kind(kind, rules, now, dry_run) for kind in (*Case.Kind.values, CONDUCT, NO_CASE)]
    return [one for one in found if one and one.anything]


def _forget_kind(kind: str, rules: list[Rule], now: datetime, dry_run: bool) -> Forgotten | None:
    before = forget_before(rules, kind, timezone.localtime(now))
    if before is None:
        return None
    over = _over(kind, before)
    done = dict.fromkeys(DEEDS, 0) | {"files": 0}
    if dry_run:
        done = {what: rows.count() for what, rows in over.items()}
        done["files"] = _files(over["items"]).count()
    else:
        for what, rows in over.items():
            while some := list(rows.order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
                for name, count in _forget_some(what, some, kind, before, now).items():
                    done[name] += count
    return Forgotten(kind, before, **done, waiting=_waiting(kind, before))


def _over(kind: str, before: datetime) -> dict[str, QuerySet[Any]]:
    """Of what there is still something to forget, by its sort."""
    case_over = _case_over(kind, before)
    of_items, of_dismissals = _belongs(kind, case_over)
    ended = Q(signed_at__lt=before) | Q(withdrawn_at__lt=before)
    weeks = WeeklyCheck.objects.all() if kind == NO_CASE else WeeklyCheck.objects.none()
    return {
        "orders": SupervisionOrder.objects.filter(case_over, closed_at__lt=before).exclude(demand=""),
        "items": RectificationItem.objects.filter(of_items, ended).exclude(problem=""),
        "dismissals": Dismissal.objects.filter(of_dismissals, at__lt=before).exclude(reason=""),
        "remarks": weeks.filter(at__lt=before).exclude(remark=""),
    }


def _belongs(kind: str, case_over: Q) -> tuple[Q, Q]:
    """What is true of items and of dismissals of this kind: their case's, or that of a report on conduct, or none."""
    if kind not in (CONDUCT, NO_CASE):
        return case_over, case_over
    items, dismissals = Q(source=RectificationItem.Source.CONDUCT), Q(origin__startswith=f"{CONDUCT}-")
    if kind == NO_CASE:
        items, dismissals = ~items, ~dismissals
    return items & Q(case__isnull=True), dismissals & Q(case__isnull=True)


def _case_over(kind: str, before: datetime) -> Q:
    return Q(case__kind=kind, case__closed_at__lt=before)


def _waiting(kind: str, before: datetime) -> int:
    """Open orders and items of cases that are over: nobody forgets what somebody still works on."""
    over = _case_over(kind, before)
    return (
        SupervisionOrder.objects.filter(over, closed_at__isnull=True).count()
        + RectificationItem.objects.open().filter(over).count()
    )


def _files(items: QuerySet[Any]) -> QuerySet[ItemFile]:
    return ItemFile.objects.filter(step__item__in=items.values("pk")).exclude(file="")


@transaction.atomic
def _forget_some(what: str, some: list[int], kind: str, before: datetime, now: datetime) -> dict[str, int]:
    """Files go first: a run that dies in between finds their rows again and goes on."""
    counts = DEEDS[what](some) | {what: len(some)}
    with connection.cursor() as cursor:
        cursor.execute("SELECT linli_forget_words(%s, %s)", [what, some])
    WatchForgetting.objects.create(at=now, kind=kind, ended_before=before, **counts)
    return counts


def _forget_orders(some: list[int]) -> dict[str, int]:
    SupervisionOrder.objects.filter(pk__in=some).update(**dict.fromkeys(WORDS[SupervisionOrder], ""))
    return {}


def _forget_items(some: list[int]) -> dict[str, int]:
    rows = RectificationItem.objects.filter(pk__in=some)
    files = list(_files(rows))
    for file in files:
        file.file.delete(save=False)
    rows.update(**dict.fromkeys(WORDS[RectificationItem], ""))
    return {"files": len(files)}


def _nothing_more(_some: list[int]) -> dict[str, int]:
    """The whole row is append-only: the database does it."""
    return {}


# What is done besides emptying append-only tables, by sort.
DEEDS: dict[str, Callable[[list[int]], dict[str, int]]] = {
    "orders": _forget_orders,
    "items": _forget_items,
    "dismissals": _nothing_more,
    "remarks": _nothing_more,
}
