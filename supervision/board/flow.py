"""Cases coming in and going out, and how many were open at the end of each day or week."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import CharField, Count, Value
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from complaints import outcomes
from complaints.filters import NOWHERE, Choice, address
from complaints.queries import CaseQuerySet
from supervision.board.figure import Figure
from supervision.board.period import Period
from supervision.board.standing import MOST, roots_of


@dataclass(frozen=True)
class Step:
    """A day, or a week as far as it lies in the period."""

    days: Period
    came: Figure
    went: Figure
    stock: Figure


@dataclass(frozen=True)
class Hot:
    """A branch of the categories: cases told in the period, and in as many days before."""

    label: str | Promise
    now: Figure
    before: Figure


def daily(cases: CaseQuerySet, since: datetime) -> dict[str, Counter[date]]:
    """Cases by the day they came and the day they went, from then until now."""
    zone = timezone.get_current_timezone()

    def by_day(what: str, field: str) -> Any:
        days: Any = cases.filter(**{f"{field}__gte": since}).order_by()
        days = days.annotate(what=Value(what, output_field=CharField()), day=TruncDate(field, tzinfo=zone))
        return days.values_list("what", "day").annotate(found=Count("pk"))

    counts: dict[str, Counter[date]] = {"came": Counter(), "went": Counter()}
    for what, day, found in by_day("came", "submitted_at").union(by_day("went", "closed_at"), all=True):
        counts[what][day] = found
    return counts


def steps(counts: Mapping[str, Counter[date]], open_now: int, period: Period, limits: dict[str, Any]) -> list[Step]:
    """Oldest first. The stock is reckoned backwards from the cases open now."""
    came, went = counts["came"], counts["went"]
    stock = open_now - sum(count for day, count in came.items() if day > period.last)
    stock += sum(count for day, count in went.items() if day > period.last)
    found = []
    for part in reversed(period.parts()):
        arrived, left = _within(came, part), _within(went, part)
        found.append(
            Step(
                part,
                Figure(arrived, address(**limits, **part.span("submitted"))),
                Figure(left, address(**limits, **part.span("closed"))),
                Figure(stock, address(**limits, open_on=part.last.isoformat())),
            )
        )
        stock += left - arrived
    return found[::-1]


def _within(counts: Counter[date], part: Period) -> int:
    return sum(count for day, count in counts.items() if part.first <= day <= part.last)


def hot(
    cases: CaseQuerySet, period: Period, categories: list[Choice], limits: dict[str, Any], now: datetime
) -> list[Hot]:
    """The matters told most often, by the top of their branch. What was linked as a duplicate by the end of the days, or
    until now, is not counted: as in the bulletin of the same days."""
    roots = roots_of(categories)
    counts: Counter[tuple[int | None, str]] = Counter()
    before: Counter[tuple[int | None, str]] = Counter()
    for category, told, told_before in _told(cases, period, now):
        root = roots.get(category or 0, (None, ""))
        counts[root] += told
        before[root] += told_before
    ranked = sorted(((root, count) for root, count in counts.items() if count), key=lambda item: (-item[1], item[0][1]))
    return [
        Hot(
            label or _("none"),
            Figure(count, _told_url(root, period, limits)),
            Figure(before[root, label], _told_url(root, period.before, limits)),
        )
        for (root, label), count in ranked[:MOST]
    ]


def _told(cases: CaseQuerySet, period: Period, now: datetime) -> Any:
    either = cases.filter(submitted_at__gte=period.before.since, submitted_at__lt=period.end)
    days, earlier = (outcomes.told(one.since, one.until(now)) for one in (period, period.before))
    counts = either.order_by().values_list("category")
    return counts.annotate(now=Count("pk", filter=days), before=Count("pk", filter=earlier))


def _told_url(root: int | None, period: Period, limits: dict[str, Any]) -> str:
    days = period.span("submitted") | {"unlinked_on": period.last.isoformat()}
    return address(**limits, **days, category=root or NOWHERE)
