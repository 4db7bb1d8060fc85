"""Pause, extension, class of complex cases: asked by the handler, decided by somebody else, told to the resident."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from complaints.actions import clocks
from complaints.actions.common import record, refuse_if, said, stamp, take
from complaints.chain import text_hash
from complaints.lights import is_paused
from complaints.models import Case, Clock, Consent, Event
from complaints.policies import COMPLEX
from complaints.states import Act
from config.lib.errors import RuleBroken
from services.policies import terms_at
from staff.models import Person


@transaction.atomic
def ask_pause(
    case: Case, *, by: Person, now: datetime, version: int, reason: str, text: str, told: str, days: int
) -> Consent:
    """Ask to stop the clocks for a listed reason and at most `days` days."""
    case, _who = take(case, Act.ASK_PAUSE, by=by, version=version)
    _one_at_a_time(case)
    running = clocks.current(case)[Clock.Kind.RESOLUTION]
    refuse_if(is_paused(running, now), "paused_already", _("The clock is paused already."))
    refuse_if(
        reason not in Consent.Reason.values or not reason, "no_reason", _("Please choose a reason."), field="reason"
    )
    most = running.policy.max_pause_days
    refuse_if(
        not 1 <= days <= most,
        "pause_too_long",
        _("A pause lasts between 1 and %(most)d days.") % {"most": most},
        field="days",
    )
    return _ask(case, by, now, Consent.Kind.PAUSE, text, told, reason=reason, pause_days=days)


@transaction.atomic
def ask_extension(case: Case, *, by: Person, now: datetime, version: int, text: str, told: str) -> Consent:
    """Ask for the policy's extension: once a cycle, before the case is due, explained to the resident."""
    case, _who = take(case, Act.ASK_EXTENSION, by=by, version=version)
    _one_at_a_time(case)
    running = clocks.current(case)[Clock.Kind.RESOLUTION]
    refuse_if(running.policy.extension == 0, "no_extension", _("Cases of this class cannot be extended."))
    refuse_if(now > running.due_at, "overdue", _("An extension has to be asked for before the case is due."))
    refuse_if(
        Consent.objects.filter(case=case, cycle=case.cycle, kind=Consent.Kind.EXTENSION, verdict="approved").exists(),
        "extended_before",
        _("This case has been extended once already."),
    )
    return _ask(case, by, now, Consent.Kind.EXTENSION, text, told)


@transaction.atomic
def ask_complex(case: Case, *, by: Person, now: datetime, version: int, text: str, told: str) -> Consent:
    """Ask to treat the case as complex, with the longer limit of that class."""
    case, _who = take(case, Act.ASK_COMPLEX, by=by, version=version)
    _one_at_a_time(case)
    refuse_if(case.urgency == Case.Urgency.COMPLEX, "complex_already", _("The case counts as complex already."))
    refuse_if(case.cycle > 1, "redo", _("A case that is done again keeps its short limit."))
    running = clocks.current(case)[Clock.Kind.RESOLUTION]
    refuse_if(now > running.due_at, "overdue", _("This has to be asked for before the case is due."))
    return _ask(case, by, now, Consent.Kind.COMPLEX, text, told)


@transaction.atomic
def approve(case: Case, *, by: Person, now: datetime, version: int, text: str = "") -> Consent:
    """Grant what is asked; the limits are reckoned anew from the start."""
    case, _who = take(case, Act.APPROVE, by=by, version=version)
    row = _open(case)
    before = clocks.current(case)[Clock.Kind.RESOLUTION].due_at
    if row.kind == Consent.Kind.PAUSE:
        row.starts_at, row.ends_at = now, now + timedelta(days=row.pause_days or 1)
    _decide(row, by, now, Consent.Verdict.APPROVED, text)
    terms = None
    if row.kind == Consent.Kind.COMPLEX:
        case.urgency = Case.Urgency.COMPLEX
        terms = terms_at(COMPLEX, now)
    after = clocks.recompute(case, terms=terms).due_at
    row.old_due_at, row.new_due_at = before, after
    row.save()
    record(
        case,
        Event.Kind.CONSENT_GIVEN,
        by=by,
        now=now,
        consent=row.pk,
        what=row.kind,
        old_due_at=stamp(before),
        due_at=stamp(after),
        paused_until=stamp(row.ends_at),
    )
    return row


@transaction.atomic
def refuse(case: Case, *, by: Person, now: datetime, version: int, text: str) -> Consent:
    case, _who = take(case, Act.REFUSE, by=by, version=version)
    row = _open(case)
    _decide(row, by, now, Consent.Verdict.DECLINED, said(text))
    clocks.look_again(case)  # as long as the request waited it stood for a reason
    record(
        case,
        Event.Kind.CONSENT_REFUSED,
        by=by,
        now=now,
        consent=row.pk,
        what=row.kind,
        text=text_hash(row.decision_text),
    )
    return row


@transaction.atomic
def resume(case: Case, *, by: Person, now: datetime, text: str = "") -> Case:
    """End a pause before its latest end; only the time really paused is added."""
    case, _who = take(case, Act.RESUME, by=by)
    refuse_if(not end_pause(case, now), "not_paused", _("The clock is not paused."))
    due = clocks.current(case)[Clock.Kind.RESOLUTION].due_at
    record(case, Event.Kind.RESUMED, by=by, now=now, due_at=stamp(due), text=text_hash(text))
    return case


def end_pause(case: Case, now: datetime) -> bool:
    """Cut the pause in force at `now` and reckon the limits anew; False when there is none."""
    row = Consent.objects.filter(
        case=case, cycle=case.cycle, kind=Consent.Kind.PAUSE, verdict="approved", starts_at__lte=now, ends_at__gt=now
    ).first()
    if row is None:
        return False
    if row.starts_at == now:
        row.starts_at = row.ends_at = None
    else:
        row.ends_at = now
    row.save()
    clocks.recompute(case)
    return True


def lapse(case: Case, by: Person, now: datetime) -> None:
    """A case that ends has nothing left to ask for."""
    Consent.objects.filter(case=case, verdict="").update(verdict=Consent.Verdict.LAPSED, decided_by=by, decided_at=now)


def _one_at_a_time(case: Case) -> None:
    refuse_if(
        Consent.objects.filter(case=case, verdict="").exists(),
        "asked_already",
        _("Something is asked already and waits for its decision."),
    )


def _ask(case: Case, by: Person, now: datetime, kind: Consent.Kind, text: str, told: str, **more: Any) -> Consent:
    row = Consent.objects.create(
        case=case,
        cycle=case.cycle,
        kind=kind,
        text=said(text),
        told=said(told, field="told"),
        asked_by=by,
        asked_at=now,
        **more,
    )
    record(case, Event.Kind.CONSENT_ASKED, by=by, now=now, consent=row.pk, what=str(kind), text=text_hash(row.text))
    return row


def _open(case: Case) -> Consent:
    row = Consent.objects.filter(case=case, verdict="").first()
    if row is None:
        raise RuleBroken("nothing_asked", _("Nothing waits for a decision on this case."))
    return row


def _decide(row: Consent, by: Person, now: datetime, verdict: Consent.Verdict, text: str) -> None:
    row.verdict, row.decided_by, row.decided_at, row.decision_text = verdict, by, now, text.strip()
    row.save()
