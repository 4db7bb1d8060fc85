"""The office's directory: street > community > grid with units, people, phones and the 1+3+N of each community."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from staff.models import Community, Grid, Person, Post, Street, Unit
from staff.queries import current
from staff.scope import Scope
from staff.staffing import Staffing, staffing

ROLE_ORDER = {role: n for n, role in enumerate(("secretary", "supervisor", "worker", "discipline", "admin"))}
DUTY_ORDER = {duty: n for n, duty in enumerate(("full_time", "", "grid_worker", "social_worker", "volunteer"))}


@dataclass(frozen=True)
class Line:
    """One post of one person."""

    person: Person
    post: Post

    @property
    def what(self) -> str:
        """What people call them: the title, else the duty, else the role."""
        post = self.post
        return post.title or (post.get_duty_display() if post.duty else post.get_role_display())

    @property
    def role(self) -> str:
        """Left out where it would only repeat that a department has workers."""
        unit = self.post.unit
        plain = self.post.role == Post.Role.WORKER and unit is not None and unit.kind != Unit.Kind.COMMUNITY
        return "" if plain else self.post.get_role_display()


@dataclass
class Block:
    """A community or a unit of the street with its people. `loads`: the unit whose open cases may be looked at."""

    name: str
    phone: str
    address: str = ""
    population: int = 0
    kind: str = ""
    unit: int | None = None
    grids: list[Grid] = field(default_factory=list)
    unattended: list[Grid] = field(default_factory=list)
    staffing: Staffing | None = None
    lines: list[Line] = field(default_factory=list)
    loads: int | None = None


@dataclass
class StreetDirectory:
    street: Street
    communities: list[Block]
    units: list[Block]
    people: int


def directory(scope: Scope, today: date, words: str = "") -> list[StreetDirectory]:
    """Every street the person works for; `words` leaves only matching lines. A fixed number of queries."""
    streets = Street.objects.filter(pk__in=scope.streets)
    found = []
    posts = list(
        current(Post.objects.filter(street__in=scope.streets), today).select_related(
            "person", "unit", "community", "grid"
        )
    )
    for street in streets.prefetch_related("communities__grids", "communities__units", "units"):
        own = [post for post in posts if post.street_id == street.pk]
        found.append(_street(street, own, scope, words.split()))
    return found


def _street(street: Street, posts: list[Post], scope: Scope, words: list[str]) -> StreetDirectory:
    by_community: dict[int, list[Post]] = defaultdict(list)
    by_unit: dict[int | None, list[Post]] = defaultdict(list)
    for post in posts:
        if post.community_id:
            by_community[post.community_id].append(post)
        else:
            by_unit[post.unit_id].append(post)
    communities = [_community(one, by_community[one.pk], scope, words) for one in street.communities.all()]
    units = [
        _unit(unit, by_unit[unit.pk], scope, words)
        for unit in street.units.all()
        if unit.kind != Unit.Kind.COMMUNITY and unit.is_active
    ]
    if by_unit[None]:
        units.append(Block(street.name, street.phone, lines=_lines(by_unit[None], words)))
    if words:
        communities, units = ([b for b in blocks if b.lines] for blocks in (communities, units))
    return StreetDirectory(street, communities, units, len({post.person_id for post in posts}))


def _community(community: Community, posts: list[Post], scope: Scope, words: list[str]) -> Block:
    unit = next(iter(community.units.all()), None)
    grids = list(community.grids.all())
    attended = {post.grid_id for post in posts}
    overseen = scope.has("supervisor") and community.street_id in scope.whole_streets
    return Block(
        community.name,
        community.phone,
        community.address,
        community.population,
        unit=unit.pk if unit else None,
        grids=grids,
        unattended=[grid for grid in grids if grid.pk not in attended],
        staffing=staffing((post.person_id, post.role, post.duty) for post in posts),
        lines=_lines(posts, words),
        loads=unit.pk if unit and (overseen or community.pk in scope.led_communities) else None,
    )


def _unit(unit: Unit, posts: list[Post], scope: Scope, words: list[str]) -> Block:
    overseen = scope.has("supervisor") and unit.street_id in scope.whole_streets
    lines = _lines(posts, words)
    loads = unit.pk if overseen and posts else None
    return Block(unit.name, unit.phone, kind=unit.get_kind_display(), unit=unit.pk, lines=lines, loads=loads)


def _lines(posts: Iterable[Post], words: list[str]) -> list[Line]:
    lines = [Line(post.person, post) for post in posts]
    lines = [line for line in lines if all(word in _searched(line) for word in words)]
    return sorted(lines, key=_rank)


def _searched(line: Line) -> str:
    person, post = line.person, line.post
    parts = [person.name, person.phone, person.phone.replace(" ", ""), line.what, post.get_role_display()]
    return " ".join([*parts, str(post.unit or ""), str(post.grid or ""), post.grid.covers if post.grid else ""])


def _rank(line: Line) -> tuple[int, int, str, str]:
    post = line.post
    grid = post.grid.code if post.grid else "~"
    return ROLE_ORDER.get(post.role, 9), DUTY_ORDER.get(post.duty, 9), grid, line.person.name
