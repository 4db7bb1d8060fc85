"""Whom a rung tells: the people, their mail and the groups, asked for once in a sweep and only when somebody is told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from staff.models import Person, Post, Unit
from staff.queries import HANDLING_ROLES, current
from supervision.models import Robot, Rung, Wish
from supervision.telling.wishes import by_mail
from supervision.watch.sources import Running

Told = Rung.Told
Role = Post.Role


@dataclass
class Group:
    """A robot and what it is told of."""

    pk: int
    community: int | None
    steps: frozenset[str]


@dataclass
class Directory:
    """`at_post`: by street those who hold a post there in which cases are handled; whoever holds none sees no case any
    more. Secretaries by community, supervisors and discipline officers by street, staff by unit.
    """

    units: dict[int, int | None] = field(default_factory=dict)
    at_post: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    secretaries: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    supervisors: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    discipline: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    led_units: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    members: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    addresses: dict[int, str] = field(default_factory=dict)
    wishes: dict[int, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    groups: dict[int, list[Group]] = field(default_factory=lambda: defaultdict(list))

    def told(self, told: Iterable[str], running: Running) -> list[int]:
        """Each once. Whoever left, or whose post has ended, is never told: their secretary is, else the street's
        supervisors; [] when nobody is left.
        """
        found: dict[int, None] = {}
        for who in told:
            found.update(dict.fromkeys(self._circle(who, running)))
        return list(found)

    def _circle(self, who: str, running: Running) -> list[int]:
        above = self.supervisors.get(running.street, [])
        if who == Told.HANDLER:
            return self.handlers(running) or self._circle(Told.SECRETARY, running)
        if who == Told.SECRETARY:
            community = self.units.get(running.unit)
            return (self.secretaries.get(community, []) if community is not None else []) or above
        if who == Told.DISCIPLINE:
            return self.discipline.get(running.street, []) or above
        return above

    def handlers(self, running: Running) -> list[int]:
        if running.handler is not None:
            return [running.handler] if self.is_at_post(running.handler, running.street) else []
        return self.led_units.get(running.unit, []) or self.members.get(running.unit, [])

    def is_at_post(self, person: int, street: int) -> bool:
        return person in self.at_post.get(street, ())

    def mail(self, person: int, step: str) -> str:
        return by_mail(step, self.wishes.get(person, {}), self.addresses.get(person, ""))

    def robots(self, running: Running, step: str) -> list[int]:
        return [
            group.pk
            for group in self.groups.get(running.street, [])
            if step in group.steps and group.community in (None, running.community)
        ]


def load(today: date) -> Directory:
    found = Directory(
        units=dict(Unit.objects.values_list("pk", "community")),
        addresses=dict(Person.objects.exclude(email="").values_list("pk", "email")),
    )
    posts = current(Post.objects.all(), today).order_by("since", "id")
    for role, street, community, unit, person in posts.values_list("role", "street", "community", "unit", "person"):
        if role == Role.SECRETARY:
            found.secretaries[community].append(person)
            found.led_units[unit].append(person)
        elif role == Role.SUPERVISOR:
            found.supervisors[street].append(person)
        elif role == Role.DISCIPLINE:
            found.discipline[street].append(person)
        if role in HANDLING_ROLES:
            found.at_post[street].add(person)
            if unit is not None:
                found.members[unit].append(person)
    for person, step, mail in Wish.objects.values_list("person", "step", "mail"):
        found.wishes[person][step] = mail
    for pk, street, community, steps in Robot.objects.filter(is_active=True).values_list(
        "pk", "street", "community", "steps"
    ):
        found.groups[street].append(Group(pk, community, frozenset(steps)))
    return found
