"""What a person may see, as plain values. Every list, count, search and export is cut by it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone

if TYPE_CHECKING:
    from staff.models import Person


@dataclass(frozen=True)
class Scope:
    """The reach of one person today.

    `whole_streets`: streets seen entirely. `communities`: communities seen entirely. `units`: units whose cases are seen.
    `closed_only`: streets where only concluded cases are seen, without personal data (third-party assessors).
    """

    person: int | None = None
    roles: frozenset[str] = frozenset()
    streets: frozenset[int] = frozenset()
    whole_streets: frozenset[int] = frozenset()
    communities: frozenset[int] = frozenset()
    units: frozenset[int] = frozenset()
    led_communities: frozenset[int] = frozenset()
    closed_only: frozenset[int] = frozenset()

    def has(self, *roles: str) -> bool:
        return not self.roles.isdisjoint(roles)


NOBODY = Scope()


def scope_of(person: Person, today: date | None = None) -> Scope:
    """The union of the posts held on `today` (default: the office's date). Inactive people and leavers see nothing."""
    today = today or timezone.localdate()
    if not person.is_active or person.working == person.Working.LEFT:
        return NOBODY
    held = list(
        person.posts.filter(Q(until__isnull=True) | Q(until__gte=today), since__lte=today).values_list(
            "role", "street_id", "community_id", "unit_id"
        )
    )
    return Scope(
        person=person.pk,
        roles=frozenset(role for role, *_ in held),
        streets=frozenset(street for _, street, *_ in held),
        whole_streets=frozenset(s for role, s, *_ in held if role in {"supervisor", "discipline", "admin"}),
        communities=frozenset(c for role, _, c, _ in held if c and role in {"worker", "secretary"}),
        units=frozenset(u for role, _, _, u in held if u and role in {"worker", "secretary", "supervisor"}),
        led_communities=frozenset(c for role, _, c, _ in held if c and role == "secretary"),
        closed_only=frozenset(s for role, s, *_ in held if role == "assessor"),
    )
