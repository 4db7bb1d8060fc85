"""Who and what the words of a table stand for in one street: communities, categories, and who answers for a row."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from django.utils.translation import gettext as _

from complaints.actions.categories import keep_categories, whole
from complaints.models import Category
from config.lib.errors import RuleBroken
from staff import queries as staff
from staff.models import Community, Person, Post, Street, Unit

_SPACES = re.compile(r"\s+")
_COMMUNITY_ENDINGS = ("社区居民委员会", "社区居委会", "村民委员会", "居民委员会", "村委会", "居委会", "社区", "村")
_STREET_ENDINGS = ("街道办事处", "街道办", "街道", "镇人民政府", "乡人民政府", "镇", "乡")

Keeper = tuple[Unit, Person]


class Office:
    """One street as an import sees it; looks everything up once.

    `first`: this person is asked first for every row. Otherwise it is the secretary of the row's community, and for
    rows without one the street's first supervisor.
    """

    def __init__(self, street: Street, first: Person | None = None) -> None:
        self.street = street
        self.supervisor = _first_supervisor(street)
        self._first = _own_keeper(first, street) if first else None
        self._communities = _by_name(street)
        self._categories = {category.path: category for category in Category.objects.all()}
        self._names = _unambiguous(self._categories.values())
        self._promised: set[str] = set()
        self._keepers: dict[int | None, Keeper] = {}
        self._streets = {street_name(s.name): s for s in Street.objects.all()}

    @property
    def actor(self) -> Person:
        """Who imports when nobody says so: whoever is asked first, else the street's first supervisor."""
        return self._first[1] if self._first else self.keeper(None)[1]

    def community(self, name: str) -> Community | None:
        return self._communities.get(community_name(name)) if name else None

    def is_ours(self, name: str) -> bool:
        own, told = street_name(self.street.name), street_name(name)
        return bool(told) and (told == own or told.endswith(own) or name == self.street.code)

    def is_anothers(self, name: str) -> bool:
        found = self._streets.get(street_name(name))
        return found is not None and found != self.street

    def keeper(self, community: Community | None) -> Keeper:
        if self._first:
            return self._first
        key = community.pk if community else None
        if key not in self._keepers:
            self._keepers[key] = self._find_keeper(community)
        return self._keepers[key]

    def category(self, path: tuple[str, ...]) -> Category | None:
        """By its whole path, else by its last name where only one category of the tree has that name."""
        return self._categories.get(whole(path)) or (self._names.get(path[0]) if len(path) == 1 else None)

    def is_in_tree(self, path: tuple[str, ...]) -> bool:
        return whole(path) in self._categories

    def has_category(self, path: tuple[str, ...]) -> bool:
        return whole(path) in self._promised or self.category(path) is not None

    def promise_category(self, path: tuple[str, ...]) -> bool:
        """Whether the tree would change by offering this category, in the order in which the paths are asked for."""
        known = self._categories.get(whole(path))
        changed = whole(path) not in self._promised and (known is None or not known.is_active)
        self._promised.update(whole(path[: level + 1]) for level in range(len(path)))
        return changed

    def keep_categories(self, paths: Iterable[tuple[str, ...]], *, offered: bool) -> None:
        keep_categories(paths, self._categories, offered=offered)

    def _find_keeper(self, community: Community | None) -> Keeper:
        if community is not None:
            unit = Unit.objects.filter(
                street=self.street, community=community, kind=Unit.Kind.COMMUNITY, is_active=True
            ).first()
            person = _secretary(unit) if unit else None
            if unit and person:
                return unit, person
        if self.supervisor is None:
            raise RuleBroken(
                "nobody",
                _("%(street)s has no supervisor at work who could be responsible. Name somebody with --as.")
                % {"street": self.street.name},
            )
        return self.supervisor


def community_name(name: str) -> str:
    return _without(name, _COMMUNITY_ENDINGS)


def street_name(name: str) -> str:
    return _without(name, _STREET_ENDINGS)


def _without(name: str, endings: Iterable[str]) -> str:
    name = _SPACES.sub("", unicodedata.normalize("NFKC", name))
    ending = next((e for e in endings if name.endswith(e) and len(name) > len(e)), "")
    return name.removesuffix(ending)


def _by_name(street: Street) -> dict[str, Community]:
    found: dict[str, Community] = {}
    for community in Community.objects.filter(street=street).order_by("-id"):
        found[community_name(community.name)] = community
        found.setdefault(community.code, community)
    return found


def _unambiguous(categories: Iterable[Category]) -> dict[str, Category]:
    by_name: dict[str, list[Category]] = {}
    for category in categories:
        by_name.setdefault(category.name, []).append(category)
    return {name: same[0] for name, same in by_name.items() if len(same) == 1}


def _secretary(unit: Unit) -> Person | None:
    """The unit's secretary at work, else a worker there."""
    posts = staff.current(Post.objects.filter(unit=unit, person__working=Person.Working.AT_WORK))
    for role in (Post.Role.SECRETARY, Post.Role.WORKER):
        post = posts.filter(role=role).select_related("person").order_by("since", "id").first()
        if post:
            return post.person
    return None


def _first_supervisor(street: Street) -> Keeper | None:
    posts = staff.current(
        Post.objects.filter(street=street, role=Post.Role.SUPERVISOR, person__working=Person.Working.AT_WORK)
    )
    post = posts.select_related("person", "unit").order_by("since", "id").first()
    unit = (post.unit or _any_unit(street)) if post else None
    return (unit, post.person) if post and unit else None


def _own_keeper(person: Person, street: Street) -> Keeper:
    unit = staff.unit_of(person)
    if unit is None or unit.street_id != street.pk:
        unit = _any_unit(street) if street.pk in person.scope().whole_streets else None
    if unit is None:
        raise RuleBroken(
            "foreign_person",
            _("%(person)s holds no post in %(street)s.") % {"person": person.name, "street": street.name},
        )
    return unit, person


def _any_unit(street: Street) -> Unit | None:
    units = Unit.objects.filter(street=street, is_active=True).order_by("id")
    return units.filter(kind=Unit.Kind.DEPARTMENT).first() or units.first()
