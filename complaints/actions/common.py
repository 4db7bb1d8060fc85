"""Locking a case, refusing, recording. Every act begins with `take` and ends with `record`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from complaints import wall
from complaints.access import allow
from complaints.chain import Link, link_hash
from complaints.models import Case, Event, Holding
from complaints.rights import Standing
from complaints.states import Act, possible
from config.lib.errors import RuleBroken, Stale
from config.lib.text import visible
from staff.models import Person, Unit


def take(case: Case, act: Act, *, by: Person, version: int | None = None) -> tuple[Case, Standing]:
    """The case under a row lock, when its state and `by`'s standing allow the act.

    `version` is what the person saw; another one there now raises Stale.
    """
    held = lock(case)
    who = allow(by, held, act)
    if version is not None and version != held.version:
        raise Stale(
            "stale", _("Somebody changed this case after you opened it. Your text is kept: look, then send it again.")
        )
    if not possible(act, held.status):
        raise RuleBroken(
            "wrong_state",
            _("The case is “%(status)s”: this step is not possible now.") % {"status": held.get_status_display()},
        )
    return held, who


def lock(case: Case) -> Case:
    """The case as it is now, nobody else's until the end of the transaction.

    Locked first and read afterwards: PostgreSQL checks the joins of a row that changed while it waited against the
    rows it had joined before, so whoever waited behind a hand-over would find no case at all.
    """
    Case.objects.select_for_update().values_list("pk").get(pk=case.pk)
    wall.widen()  # what an act writes, and whom it asks, may lie beyond the reach of whoever acts
    joined = Case.objects.select_related(
        "street", "community", "unit", "first_unit", "category", "responsible", "first_contact"
    )
    return joined.get(pk=case.pk)


def record(
    case: Case, kind: Event.Kind, /, *, by: Person | None, now: datetime, at: datetime | None = None, **data: Any
) -> Event:
    """Adds the event to the case's chain and saves the case with it. `at` is when it happened, if not now."""
    case.version += 1
    event = build_event(case, kind, by=by, at=at or now, **data)
    case.head = event.hash
    case.updated_at = now
    case.save()
    event.save(force_insert=True)
    return event


def build_event(case: Case, kind: Event.Kind, /, *, by: Person | None, at: datetime, **data: Any) -> Event:
    """The event that brings `case` to its present version; not saved."""
    link = Link(
        number=case.number,
        seq=case.version,
        kind=str(kind),
        at=at,
        recorded_at=timezone.now(),
        by=by.pk if by else None,
        data=data,
    )
    return Event(
        case=case,
        seq=link.seq,
        kind=kind,
        at=at,
        recorded_at=link.recorded_at,
        by=by,
        data=data,
        prev=case.head,
        hash=link_hash(case.head, link),
    )


def hold(case: Case, person: Person, unit: Unit, *, now: datetime, because: Holding.Because) -> None:
    """From now on `person` answers for the case, at `unit`."""
    case.responsible = person
    case.unit = unit
    Holding.objects.create(case=case, person=person, unit=unit, since=now, because=because)


def said(text: str, *, field: str = "text") -> str:
    """The text, trimmed; refuses an empty one."""
    text = text.strip()
    if not visible(text):
        raise RuleBroken("empty", _("Please write a few words here."), field=field)
    return text


def not_in_future(at: datetime, now: datetime, *, field: str = "at") -> datetime:
    if at > now:
        raise RuleBroken("in_future", _("This time lies in the future."), field=field)
    return at


def refuse_if(broken: object, code: str, message: str | Promise, *, field: str | None = None) -> None:
    if broken:
        raise RuleBroken(code, message, field=field)


def stamp(at: datetime | None) -> str | None:
    """An instant as an event keeps it."""
    return at.isoformat() if at else None


def ids(rows: Iterable[Any]) -> list[int]:
    return [row.pk for row in rows]
