"""Cases that may be about the same matter: the same phone, or the same place and much the same words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from complaints.models import Case, Resident
from complaints.words import grams
from staff.models import Person

RECENT = timedelta(days=30)
COMPARED, SHOWN = 150, 5
ALIKE = 0.22


@dataclass(frozen=True)
class Alike:
    case: Case
    same_phone: bool = False


def likeness(one: Iterable[str], other: Iterable[str]) -> float:
    """How much of the shorter text's pairs of characters the other has, too: 0 to 1."""
    first = {word for word in one if len(word) > 1}
    second = {word for word in other if len(word) > 1}
    shorter = min(len(first), len(second))
    return len(first & second) / shorter if shorter >= 3 else 0.0


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
        same = Resident.objects.filter(phone=phone).values("case")
        found = [Alike(case, True) for case in seen.filter(pk__in=same, submitted_at__gte=now - 12 * RECENT)[:SHOWN]]
    place = {"grid": grid} if grid else {"community": community}
    if community is None or not text.strip():
        return found
    own = grams(text)
    near = seen.open().filter(submitted_at__gte=now - RECENT, **place).exclude(pk__in=[row.case.pk for row in found])
    rated = [(likeness(own, grams(case.title, case.text)), case) for case in near[:COMPARED]]
    rated = sorted((pair for pair in rated if pair[0] >= ALIKE), key=lambda pair: pair[0], reverse=True)
    return found + [Alike(case) for _likeness, case in rated[:SHOWN]]


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
