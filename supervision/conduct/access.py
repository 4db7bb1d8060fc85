"""The one door to a report on conduct. Who is not in its circle cannot tell it from one that does not exist.

Two walls. The first asks `rules.part_of` with facts that come through two narrow functions of the database. The second
is PostgreSQL's row level security: only reports opened by `open_circle` in this transaction can be read at all, so that
a forgotten filter finds nothing. Everything here runs inside a transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from django.http import Http404

from staff.models import Person, Post
from staff.queries import current
from supervision.conduct.rules import Facts, Looker, Part, nobody_left, part_of
from supervision.models import ConductReport


def open_circle(reports: Iterable[int]) -> None:
    """To the end of this transaction these reports can be read, and no others."""
    ids = "{" + ",".join(str(int(report)) for report in sorted(reports)) + "}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('linli.conduct_circle', %s, true)", [ids])


def report_for(person: Person, number: str) -> tuple[ConductReport, Part]:
    """The report and what the person is to it; 404 for everybody who is nothing to it."""
    who = looker(person)
    for pk, known, facts in _facts(who.officer_of, person.pk):
        if known == number and (part := part_of(who, facts)) is not Part.NONE:
            open_circle([pk])
            return ConductReport.objects.get(pk=pk), part
    raise Http404


def reports_for(person: Person) -> tuple[Looker, list[int]]:
    """The reports the person may see, opened for reading."""
    who = looker(person)
    seen = [pk for pk, _number, facts in _facts(who.officer_of, person.pk) if part_of(who, facts) is not Part.NONE]
    open_circle(seen)
    return who, seen


def standing(person: Person, report: ConductReport) -> Part:
    return part_of(looker(person), facts_of(report))


def looker(person: Person) -> Looker:
    return _lookers(Post.objects.filter(person=person)).get(person.pk, Looker(person.pk, works=False))


def officers(street: int) -> list[Looker]:
    """The street's discipline officers of today, each with all their posts."""
    held = current(Post.objects.filter(street=street, role=Post.Role.DISCIPLINE)).values("person")
    return list(_lookers(Post.objects.filter(person__in=held)).values())


def facts_of(report: ConductReport) -> Facts:
    return next(facts for pk, _number, facts in _facts([report.street_id], 0) if pk == report.pk)


def is_held(report: ConductReport) -> bool:
    """Whether nobody here may look at it, for good or just now."""
    if report.status == report.Status.CONCLUDED:
        return False
    return nobody_left(officers(report.street_id), facts_of(report))


@dataclass(frozen=True)
class Door:
    report: int
    number: str
    code_hash: str


def door(*, number: str = "", once: str = "") -> Door | None:
    """What is needed to try a code, by number or by the key of the form it was sent with."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT report, number, code_hash FROM linli_conduct_door(%s, %s)", [number, once])
        row = cursor.fetchone()
    return Door(*row) if row else None


def _lookers(posts: object) -> dict[int, Looker]:
    rows = current(posts).values_list("person", "role", "street", "unit", "community")  # type: ignore[arg-type]
    found: dict[int, Looker] = {}
    for person, role, street, unit, community in rows:
        known = found.get(person, Looker(person))
        found[person] = Looker(
            person,
            officer_of=known.officer_of | ({street} if role == Post.Role.DISCIPLINE else set()),
            units=known.units | ({unit} if unit else set()),
            communities=known.communities | ({community} if community else set()),
        )
    return found


def _facts(streets: Iterable[int], person: int) -> list[tuple[int, str, Facts]]:
    """Reports of these streets, and those the person helps with: ids only, never what they say."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT report, number, street, community, unit, held, accused, recused, circle"
            " FROM linli_conduct_facts(%s::bigint[], %s)",
            [sorted(streets), person],
        )
        rows = cursor.fetchall()
    places = _places({accused for row in rows for accused in row[6]})
    found = []
    for pk, number, street, community, unit, held, accused, recused, circle in rows:
        units, communities = {unit} - {None}, {community} - {None}
        for one in accused:
            units |= places.get(one, (set(), set()))[0]
            communities |= places.get(one, (set(), set()))[1]
        facts = Facts(
            street=street,
            held=held,
            accused=frozenset(accused),
            units=frozenset(units),
            communities=frozenset(communities),
            recused=frozenset(recused),
            circle=frozenset(circle),
        )
        found.append((pk, number, facts))
    return found


def _places(accused: set[int]) -> dict[int, tuple[set[int], set[int]]]:
    """Units and communities of people, those they have left included: old colleagues are colleagues."""
    found: dict[int, tuple[set[int], set[int]]] = {}
    posts = Post.objects.filter(person__in=accused).values_list("person", "unit", "community") if accused else []
    for person, unit, community in posts:
        units, communities = found.setdefault(person, (set(), set()))
        units |= {unit} if unit else set()
        communities |= {community} if community else set()
    return found
