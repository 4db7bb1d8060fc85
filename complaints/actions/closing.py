"""Ending a case and opening it again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from complaints.actions import clocks, rated
from complaints.actions.common import hold, record, refuse_if, said, take
from complaints.actions.consents import end_pause, lapse
from complaints.actions.handing import close_offer, stand_in
from complaints.actions.joint import cancel_all
from complaints.chain import text_hash
from complaints.models import Callback, Case, Event, Holding, JointTask, Note, Objection, Rating, Reply, Resident
from complaints.states import Act
from staff.models import Person


@transaction.atomic
def conclude(case: Case, *, by: Person, now: datetime, version: int, outcome: str, text: str) -> Reply:
    """Close the case with a reply to the resident.

    1. Nothing of it may be open elsewhere: offer, objection, a co-unit's task.
    2. A pause in force ends now; what is asked and undecided lapses.
    3. Both clocks stop now; their verdicts never change again.
    """
    case, _who = take(case, Act.CONCLUDE, by=by, version=version)
    refuse_if(
        outcome not in Case.Outcome.values or not outcome, "no_outcome", _("Please choose an outcome."), field="outcome"
    )
    refuse_if(
        Objection.objects.filter(case=case, decided_at__isnull=True).exists(),
        "objection_open",
        _("An objection is open: the adjudicator decides first."),
    )
    refuse_if(
        case.handovers.filter(verdict="").exists(),
        "offer_open",
        _("An offer is still waiting for its answer: it has to be answered or taken back first."),
    )
    refuse_if(
        JointTask.objects.filter(case=case, done_at__isnull=True).exists(),
        "joint_open",
        _("A co-unit has not answered yet: wait for its part or cancel the task."),
    )
    row = Reply.objects.create(case=case, cycle=case.cycle, by=by, at=now, text=said(text), is_final=True)
    case.outcome = outcome
    end(case, Case.Status.CONCLUDED, by, now)
    case.callback_wanted = (
        case.kind != Case.Kind.PRAISE and Resident.objects.filter(case=case).exclude(phone="").exists()
    )
    if case.kind == Case.Kind.PRAISE:
        rated.propose(case, case.responsible, now)
    record(case, Event.Kind.CONCLUDED, by=by, now=now, reply=row.pk, outcome=outcome, text=text_hash(row.text))
    return row


@transaction.atomic
def call_back(
    case: Case,
    *,
    by: Person,
    now: datetime,
    reached: bool,
    solved: str = "",
    satisfied: int | None = None,
    text: str = "",
) -> Callback:
    """Ask the resident whether it is solved, and apart from that how satisfied they are. "Not solved": redo."""
    case, _who = take(case, Act.CALL_BACK, by=by)
    refuse_if(
        reached and solved not in {"yes", "partly", "no"},
        "no_answer",
        _("Please note whether it is solved."),
        field="solved",
    )
    refuse_if(
        reached and satisfied is not None and satisfied not in Callback.Satisfied.values,
        "no_such_level",
        _("Please choose one of the five levels."),
        field="satisfied",
    )
    row = Callback.objects.create(
        case=case,
        cycle=case.cycle,
        by=by,
        at=now,
        reached=reached,
        solved=solved if reached else "",
        satisfied=satisfied if reached else None,
        text=text.strip(),
    )
    case.callback_wanted = case.callback_wanted and not reached
    _rated(case, row)
    not_solved = row.solved == Callback.Solved.NO
    if not_solved:
        again(case, now)
    record(
        case,
        Event.Kind.CALLED_BACK,
        by=by,
        now=now,
        callback=row.pk,
        reached=reached,
        solved=row.solved,
        satisfied=row.satisfied,
        redo=not_solved,
        text=text_hash(row.text),
    )
    return row


@transaction.atomic
def redo(case: Case, *, by: Person, now: datetime, version: int, reason: str) -> Case:
    """The result does not stand: a new cycle with its own short limit; the old verdict stays."""
    case, _who = take(case, Act.REDO, by=by, version=version)
    reason = said(reason, field="reason")
    again(case, now)
    record(case, Event.Kind.REDONE, by=by, now=now, cycle=case.cycle, **_why(case, by, now, reason))
    return case


@transaction.atomic
def reopen(case: Case, *, by: Person, now: datetime, version: int, reason: str) -> Case:
    """Go on with a closed case, because it was closed by mistake or something new came up."""
    case, _who = take(case, Act.REOPEN, by=by, version=version)
    reason = said(reason, field="reason")
    was = case.status
    again(case, now)
    record(case, Event.Kind.REOPENED, by=by, now=now, cycle=case.cycle, was=was, **_why(case, by, now, reason))
    return case


@transaction.atomic
def withdraw(case: Case, *, by: Person, now: datetime, version: int, reason: str) -> Case:
    """The resident does not want it pursued any more."""
    case, _who = take(case, Act.WITHDRAW, by=by, version=version)
    reason = said(reason, field="reason")
    end(case, Case.Status.WITHDRAWN, by, now, because=reason)
    record(case, Event.Kind.WITHDRAWN, by=by, now=now, **_why(case, by, now, reason))
    return case


@transaction.atomic
def merge(case: Case, *, by: Person, now: datetime, version: int, into: Case, text: str) -> Case:
    """Link the case to the main case of the same matter and tell the resident where that stands."""
    list(Case.objects.select_for_update().filter(pk__in=[case.pk, into.pk]).order_by("pk"))  # one order: no deadlock
    case, _who = take(case, Act.MERGE, by=by, version=version)
    main = Case.objects.get(pk=into.pk)
    refuse_if(main.pk == case.pk, "itself", _("A case cannot be its own duplicate."), field="into")
    refuse_if(
        main.street_id != case.street_id, "foreign_case", _("The main case belongs to another street."), field="into"
    )
    refuse_if(
        main.duplicate_of_id is not None,
        "no_main_case",
        _("That case is itself linked to another: choose the main case."),
        field="into",
    )
    refuse_if(
        Case.objects.filter(duplicate_of=case).exists(),
        "has_duplicates",
        _("Other cases are linked to this one: it is the main case."),
        field="into",
    )
    row = Reply.objects.create(case=case, cycle=case.cycle, by=by, at=now, text=said(text))
    case.duplicate_of = main
    end(case, Case.Status.MERGED, by, now, because=main.number)
    record(case, Event.Kind.MERGED, by=by, now=now, into=main.number, reply=row.pk, text=text_hash(row.text))
    return case


def end(case: Case, status: Case.Status, by: Person, now: datetime, *, because: str = "") -> None:
    """What every end of a case takes with it. Not recorded: the act does that."""
    end_pause(case, now)
    close_offer(case, by, now)
    lapse(case, by, now)
    Objection.objects.filter(case=case, decided_at__isnull=True).update(
        decided_by=by, decided_at=now, decided_unit=case.unit, decision_text=because
    )
    cancel_all(case, by, now, because)
    clocks.stop(case, now)
    case.status, case.closed_at = status, now


def again(case: Case, now: datetime) -> None:
    """The next cycle of a closed case. Not recorded: the act does that."""
    keeper = stand_in(case.responsible, case.unit)
    case.status, case.outcome, case.closed_at = Case.Status.HANDLING, Case.Outcome.NONE, None
    case.duplicate_of, case.callback_wanted = None, False
    clocks.start_cycle(case, now)
    if keeper != case.responsible:
        hold(case, keeper, case.unit, now=now, because=Holding.Because.RETURNED)


def _rated(case: Case, call: Callback) -> None:
    """An answer on the phone is the rating of this cycle, unless one was given already."""
    if call.satisfied is None or Rating.objects.filter(case=case, cycle=case.cycle).exists():
        return
    answer = rated.Answer(solved=call.solved, satisfied=call.satisfied, text=call.text)
    rated.follow_up(rated.keep(case, answer, via=Rating.Via.CALLBACK, now=call.at), call.at)


def _why(case: Case, by: Person, now: datetime, reason: str) -> dict[str, Any]:
    """The reason becomes a note for colleagues; the event keeps its number and hash only."""
    row = Note.objects.create(case=case, by=by, at=now, text=reason)
    return {"note": row.pk, "text": text_hash(reason)}
