"""Talking: with the resident, and among colleagues."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from complaints.actions import clocks
from complaints.actions.common import not_in_future, record, refuse_if, said, take
from complaints.chain import text_hash
from complaints.models import Case, ContactLog, Event, Note, Reply
from complaints.states import Act
from staff.models import Person


@transaction.atomic
def contact(
    case: Case,
    *,
    by: Person,
    now: datetime,
    way: str,
    reached: bool,
    substantive: bool,
    text: str,
    at: datetime | None = None,
) -> ContactLog:
    """Log a call or visit; the first substantive one stops the response clock at the moment it took place.

    A contact from before the present cycle is logged, but does not answer the resident's new turn.
    """
    case, _who = take(case, Act.CONTACT, by=by)
    at = not_in_future(at or now, now)
    refuse_if(at < case.submitted_at, "before_submission", _("This is before the resident spoke to us."), field="at")
    refuse_if(
        substantive and not reached,
        "not_reached",
        _("Only a contact that reached the resident can be about the matter."),
        field="substantive",
    )
    row = ContactLog.objects.create(
        case=case, cycle=case.cycle, by=by, at=at, way=way, reached=reached, substantive=substantive, text=said(text)
    )
    if substantive and case.is_open:
        answered(case, at)
    record(
        case,
        Event.Kind.CONTACTED,
        by=by,
        now=now,
        at=at,
        contact=row.pk,
        way=way,
        reached=reached,
        substantive=substantive,
        text=text_hash(row.text),
    )
    return row


@transaction.atomic
def note(case: Case, *, by: Person, now: datetime, text: str) -> Note:
    """A word for colleagues. Never shown to the resident, possible in every state."""
    case, _who = take(case, Act.NOTE, by=by)
    row = Note.objects.create(case=case, by=by, at=now, text=said(text))
    record(case, Event.Kind.NOTED, by=by, now=now, note=row.pk, text=text_hash(row.text))
    return row


@transaction.atomic
def reply(case: Case, *, by: Person, now: datetime, text: str) -> Reply:
    """An interim reply. It tells the resident something of substance, so it stops the response clock."""
    case, _who = take(case, Act.REPLY, by=by)
    row = Reply.objects.create(case=case, cycle=case.cycle, by=by, at=now, text=said(text))
    answered(case, now)
    record(case, Event.Kind.REPLIED, by=by, now=now, reply=row.pk, text=text_hash(row.text))
    return row


def answered(case: Case, at: datetime) -> None:
    """The resident has heard something of substance: the response clock stops and handling has begun."""
    if at < clocks.current(case)["response"].started_at:
        return
    clocks.stop(case, at, resolution=False)
    if case.status == Case.Status.REGISTERED:
        case.status = Case.Status.HANDLING
