"""How many open cases each person of a unit answers for: load, not merit, and so by name."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime
from typing import Any

from django.db.models import Count, F

from complaints.models import Case
from staff import queries as staff
from staff.models import Post
from staff.scope import Scope
from supervision.board.figure import Line, line


def loads(scope: Scope, community: int | None, now: datetime) -> list[Line]:
    """Everybody who handles cases in one's own units, or in those of a community one looks at and leads or oversees."""
    posts = Post.objects.filter(role__in=staff.HANDLING_ROLES)
    if community is None:
        posts = posts.filter(unit__in=scope.units)
    elif scope.has("supervisor") or community in scope.led_communities:
        posts = posts.filter(unit__community=community, street__in=scope.streets)
    else:
        return []
    people = dict(staff.current(posts).values_list("person", F("person__name")))
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    held: Any = Case.objects.visible_to(scope).open().with_light(now).filter(responsible__in=people).order_by()
    if people:
        for person, light, count in held.values_list("responsible", "light").annotate(found=Count("pk")):
            counts[person][light] = count
    ordered = sorted(people.items(), key=lambda item: (_alphabetical(item[1]), item[0]))
    return [line(name, counts[person], {"responsible": person, "state": "open"}) for person, name in ordered]


def _alphabetical(name: str) -> bytes:
    """The national character set lists common characters by their sound, so its bytes sort names as people expect."""
    return name.encode("gb18030")
