"""Cases that may be about the same matter: the same phone, or the same place and much the same words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log
from typing import Any

from django.db.models import Count

from complaints import wall
from complaints.models import Case, Resident
from complaints.words import grams
from staff.models import Person

RECENT = timedelta(days=30)
COMPARED, SHOWN = 150, 4
ENOUGH = 0.2


@dataclass(frozen=True)
class Alike:
    case: Case
    same_phone: bool = False


def likeness(own: str, others: Sequence[str]) -> list[float]:
    """How much of the shorter text each of `others` shares with `own`, 0 to 1.

    Counted in pairs of characters; what many of the texts have (the estate's name, "old people") weighs little.
    """
    sets = [{word for word in grams(text) if len(word) > 1} for text in (own, *others)]
    found_in = Counter(word for words in sets for word in words)
    weights = {word: log(1 + len(sets) / count) for word, count in found_in.items()}

    def weight(words: set[str]) -> float:
        return sum(weights[word] for word in words)

    mine = sets[0]
    return [
        weight(mine & theirs) / min(weight(mine), weight(theirs)) if mine and theirs else 0.0 for theirs in sets[1:]
    ]


def alike(
    person: Person,
    now: datetime,
    *,
    text: str,
    community: int | None,
    grid: int | None,
    phone: str = "",
    besides: int | None = None,
) -> list[Alike]:
    """Open cases of the last 30 days in the same grid (or community), and cases of the same phone. Two queries."""
    seen = Case.objects.visible_to(person.scope()).exclude(pk=besides or 0).select_related("responsible", "community")
    found: list[Alike] = []
    if len(phone) >= 7:
        same = Resident.objects.with_phone(phone).values("case")
        found = [Alike(case, True) for case in seen.filter(pk__in=same, submitted_at__gte=now - 12 * RECENT)[:SHOWN]]
    place = {"community": community} | ({"grid": grid} if grid else {})
    if community is None or not text.strip():
        return found
    near = seen.open().filter(submitted_at__gte=now - RECENT, **place).exclude(pk__in=[row.case.pk for row in found])
    cases = list(near[:COMPARED])
    rated = zip(likeness(text, [f"{case.title}\n{case.text}" for case in cases]), cases, strict=True)
    nearest = sorted((pair for pair in rated if pair[0] >= ENOUGH), key=lambda pair: pair[0], reverse=True)
    return found + [Alike(case) for _likeness, case in nearest[:SHOWN]]


def like_case(case: Case, person: Person, now: datetime) -> list[Alike]:
    resident = getattr(case, "resident", None)
    return alike(
        person,
        now,
        text=f"{case.title}\n{case.text}",
        community=case.community_id,
        grid=case.grid_id,
        phone=resident.phone if resident else "",
        besides=case.pk,
    )


@dataclass(frozen=True)
class Nearby:
    """An open case as a stranger may know of it: nothing anybody wrote, nobody's name, not even its number."""

    case: Case
    category: str
    community: str
    since: datetime
    people: int


SHOWN_TO_ALL = (Case.Kind.HELP, Case.Kind.COMPLAINT, Case.Kind.SUGGESTION, Case.Kind.INQUIRY, Case.Kind.SNAPSHOT)


def nearby(now: datetime, *, text: str, community: int | None, grid: int | None) -> list[Nearby]:
    """Open cases of the neighbourhood that a resident's may be the same as; only named ones with a category."""
    if community is None or not text.strip():
        return []
    near = (
        Case.objects.open()
        .filter(
            community=community,
            submitted_at__gte=now - RECENT,
            kind__in=SHOWN_TO_ALL,
            identity=Case.Identity.NAMED,
            category__isnull=False,
            duplicate_of__isnull=True,
        )
        .select_related("category", "community")
        .annotate(joined=Count("duplicates"))
    )
    with wall.office():
        cases = list((near.filter(grid=grid) if grid else near)[:COMPARED])
    rated = zip(likeness(text, [f"{case.title}\n{case.text}" for case in cases]), cases, strict=True)
    nearest = sorted((pair for pair in rated if pair[0] >= ENOUGH), key=lambda pair: pair[0], reverse=True)
    return [_nearby(case) for _likeness, case in nearest[:SHOWN]]


def _nearby(case: Case) -> Nearby:
    row: Any = case
    return Nearby(case, row.category.name, str(case.community), case.submitted_at, 1 + row.joined)
