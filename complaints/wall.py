"""The second wall around cases: PostgreSQL's row-level security lets a connection read what its reach covers.

The first wall is `Case.objects.visible_to`. Where a query forgets it, this one returns no row of anybody else's. Closed
where nothing is set. `config.middleware` opens it for whoever is signed in; a resident's page for the one case its code
opened; an act, once it knows that it may, for the rest of its transaction (`widen`); commands and tasks act for the
office (`LINLI_REACH`). It holds for the application's role, not for the owner of the tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection, transaction

if TYPE_CHECKING:
    from staff.models import Person

OFFICE = "office"


@dataclass(frozen=True)
class Reach:
    """What `visible_to` says, as values the policies can compare. `cases`: a resident's own."""

    whole: bool = False
    person: int | None = None
    posts: frozenset[int] = frozenset()
    streets: frozenset[int] = frozenset()
    communities: frozenset[int] = frozenset()
    units: frozenset[int] = frozenset()
    closed: frozenset[int] = frozenset()
    cases: frozenset[int] = frozenset()

    def settings(self) -> dict[str, str]:
        return {
            "reach": OFFICE if self.whole else "",
            "person": str(self.person or ""),
            "posts": _array(self.posts),
            "streets": _array(self.streets),
            "communities": _array(self.communities),
            "units": _array(self.units),
            "closed": _array(self.closed),
            "cases": _array(self.cases),
        }


CLOSED = Reach()


def reach_of(person: Person) -> Reach:
    """The deployment's superusers set everything up and reach everything."""
    scope = person.scope()
    if person.is_superuser and person.is_active:
        return Reach(whole=True)
    if scope.person is None:
        return CLOSED
    return Reach(
        person=scope.person if scope.units else None,
        posts=scope.streets,
        streets=scope.whole_streets,
        communities=scope.communities,
        units=scope.units,
        closed=scope.closed_only,
    )


def open_for(reach: Reach) -> None:
    """Until this connection is told otherwise. Costs a query when the reach is another than before."""
    if reach == _now():
        return
    _set(reach.settings(), local=False)
    known = None if connection.in_atomic_block else reach  # a rollback takes the setting back
    connection._case_reach = (connection.connection, known)  # type: ignore[attr-defined]


def _now() -> Reach | None:
    """What this connection was opened for, if that is sure; a new one is as the settings say."""
    opened, reach = getattr(connection, "_case_reach", (None, CLOSED))
    return reach if opened and opened is connection.connection else Reach(whole=settings.FOR_THE_OFFICE)


@contextmanager
def open_to_the_office() -> Iterator[None]:
    """A task: whoever asked for it and waits finds the wall as it was."""
    before = _now()
    open_for(Reach(whole=True))
    try:
        yield
    finally:
        open_for(before or CLOSED)


def widen() -> None:
    """To the end of this transaction everything can be read and written: its act has been allowed."""
    _set({"reach": OFFICE}, local=True)


@contextmanager
def office() -> Iterator[None]:
    """What is looked up for the office's sake, to be told to nobody as it is; in a transaction."""
    before = _reach() if connection.in_atomic_block else None
    with transaction.atomic(savepoint=False):
        widen()
        yield
        if before is not None:
            _set({"reach": before}, local=True)


def _reach() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('linli.case_reach', true), '')")
        return str(cursor.fetchone()[0])


def _set(values: dict[str, str], *, local: bool) -> None:
    calls = ", ".join(["set_config(%s, %s, %s)"] * len(values))
    arguments = [part for name, value in values.items() for part in (f"linli.case_{name}", value, local)]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {calls}", arguments)


def _array(ids: Iterable[int]) -> str:
    return "{" + ",".join(map(str, sorted(ids))) + "}" if ids else ""
