"""The responsible person says why a case is late. The words stay among colleagues; the delay stays a delay."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from complaints.actions import clocks
from complaints.actions.common import record, refuse_if, said, take
from complaints.chain import text_hash
from complaints.models import Case, Clock, DelayReason, Event, Note
from complaints.states import Act
from staff.models import Person


@transaction.atomic
def explain_delay(case: Case, *, by: Person, now: datetime, version: int, reason: str, text: str) -> Event:
    """A listed reason and a few words, once the case is overdue. Spares nobody the red light, only the review for silence."""
    case, _who = take(case, Act.EXPLAIN_DELAY, by=by, version=version)
    refuse_if(reason not in DelayReason.values, "no_reason", _("Please choose a reason."), field="reason")
    running = clocks.current(case)[Clock.Kind.RESOLUTION]
    refuse_if(now <= running.due_at, "not_late", _("The case is not overdue: there is no delay to explain."))
    row = Note.objects.create(case=case, by=by, at=now, text=said(text))
    return record(
        case,
        Event.Kind.DELAY_EXPLAINED,
        by=by,
        now=now,
        cycle=case.cycle,
        reason=str(reason),
        note=row.pk,
        text=text_hash(row.text),
    )
