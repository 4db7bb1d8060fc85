"""Rating a closed case, following up a bad rating, deciding on praise."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from complaints.access import standing
from complaints.actions.closing import again
from complaints.actions.common import lock, record, refuse_if, said
from complaints.actions.rated import Answer, follow_up, keep
from complaints.chain import text_hash
from complaints.models import (
    Case,
    Event,
    Message,
    PraiseProposal,
    Rating,
    RatingCheck,
    RatingReminder,
    Resident,
)
from complaints.policies import ORDINARY
from complaints.ratings import REMIND_AFTER, Checker, Step, fits_fix_days, fix_by, may_take, next_step
from complaints.ratings_page import check_of, may_supplement, progress_of, rating_of
from services.calendar import load_calendar
from services.policies import terms_at
from staff import queries as staff
from staff.models import Person

REMINDED_AT_ONCE = 1_000


# The resident. Events name nobody


@transaction.atomic
def rate(case: Case, answer: Answer, *, now: datetime, via: str, cycle: int | None = None) -> Rating:
    """Rate the present cycle, once. `cycle` is the one the page or slip was about.

    1. Who has answered need not be called any more.
    2. A bad rating is verified by somebody else.
    3. "Not solved" opens the case again; the words go along, so that nothing has to be told twice.
    """
    case = lock(case)
    of = case.cycle if cycle is None else cycle
    refuse_if(
        Rating.objects.filter(case=case, cycle=of).exists(),
        "rated_already",
        _("This has been rated already. Thank you."),
    )
    refuse_if(
        case.status != Case.Status.CONCLUDED or of != case.cycle,
        "not_closed",
        _("This matter is being handled: it can be rated once it is finished."),
    )
    row = keep(case, answer, via=via, now=now)
    follow_up(row, now)
    case.callback_wanted = False
    redone = _once_more(case, row, now)
    record(case, Event.Kind.RATED, by=None, now=now, rating=row.pk, text=text_hash(row.text), redo=redone)
    return row


@transaction.atomic
def supplement(case: Case, answer: Answer, *, now: datetime, via: str, cycle: int | None = None) -> Rating:
    """The one later word on a bad rating, after the resident was told what came of it. "Not solved" counts here, too.

    `cycle` is the one of the rating that was on the page.
    """
    case = lock(case)
    first = rating_of(case)
    refuse_if(
        cycle is not None and (first is None or first.cycle != cycle),
        "other_cycle",
        _("Meanwhile the matter was handled once more: this was about the result before that."),
    )
    refuse_if(
        first is None or not may_supplement(first, check_of(first)),
        "no_supplement",
        _("A rating can be supplemented once, after you were told what came of it."),
    )
    assert first is not None
    row = keep(case, answer, via=via, now=now, supplements=first)
    redone = first.cycle == case.cycle and case.status == Case.Status.CONCLUDED and _once_more(case, row, now)
    record(case, Event.Kind.SUPPLEMENTED, by=None, now=now, rating=row.pk, text=text_hash(row.text), redo=redone)
    return row


# What follows a bad rating


@transaction.atomic
def verify(
    check: RatingCheck, *, by: Person, now: datetime, outcome: str, finding: str, days: int | None = None
) -> RatingCheck:
    """Say what the bad rating is about. A day set for putting it right is at most 15 working days away."""
    case, check = _take(check, Step.VERIFY, by)
    refuse_if(
        outcome not in RatingCheck.Outcome.values or not outcome,
        "no_outcome",
        _("Please choose an outcome."),
        field="outcome",
    )
    set_day = outcome == RatingCheck.Outcome.FIX_BY
    refuse_if(
        set_day and (days is None or not fits_fix_days(days)),
        "no_such_day",
        _("Please set 1 to 15 working days."),
        field="days",
    )
    check.outcome, check.finding = outcome, said(finding, field="finding")
    check.verified_by, check.verified_at = by, now
    if outcome in {RatingCheck.Outcome.FIX_NOW, RatingCheck.Outcome.FIX_BY}:
        check.fix_by_at = _fix_by(now, days if set_day and days else 1)
    return _keep(case, check, Step.VERIFY, by, now, outcome=outcome, text=text_hash(check.finding))


@transaction.atomic
def decide(check: RatingCheck, *, by: Person, now: datetime, exclude: bool, text: str) -> RatingCheck:
    """A second person decides whether a rating said to be mistaken is left out. One that stands is put right."""
    case, check = _take(check, Step.DECIDE, by)
    check.excluded, check.grounds = exclude, said(text)
    check.excluded_by, check.excluded_at = by, now
    if not exclude:
        check.fix_by_at = _fix_by(now, 1)
    return _keep(case, check, Step.DECIDE, by, now, excluded=exclude, text=text_hash(check.grounds))


@transaction.atomic
def fix(check: RatingCheck, *, by: Person, now: datetime, text: str) -> RatingCheck:
    """Confirm that it was put right, and how."""
    case, check = _take(check, Step.FIX, by)
    check.fixed, check.fixed_by, check.fixed_at = said(text), by, now
    return _keep(case, check, Step.FIX, by, now, text=text_hash(check.fixed))


@transaction.atomic
def tell(check: RatingCheck, *, by: Person, now: datetime, text: str) -> RatingCheck:
    """Answer the resident. Who left no phone is not called: then this is the end."""
    case, check = _take(check, Step.TELL, by)
    check.told, check.told_by, check.told_at = said(text), by, now
    if not Resident.objects.filter(case=case).exclude(phone="").exists():
        check.closed_at = now
    return _keep(case, check, Step.TELL, by, now, text=text_hash(check.told))


@transaction.atomic
def call(check: RatingCheck, *, by: Person, now: datetime, text: str) -> RatingCheck:
    """Ask the resident whether that settles it."""
    case, check = _take(check, Step.CALL, by)
    check.said, check.called_by, check.called_at, check.closed_at = said(text), by, now, now
    return _keep(case, check, Step.CALL, by, now, text=text_hash(check.said))


def checker(person: Person, check: RatingCheck, case: Case) -> Checker:
    who = standing(person, case)
    return Checker(
        rated=person.pk in {check.rated_id, case.responsible_id},
        leads=who.leads,
        oversees=who.oversees,
        verified=person.pk == check.verified_by_id,
    )


# Reminders and praise


def remind(*, now: datetime) -> int:
    """Ask for a rating once, three days after closing. Returns how many were asked."""
    asked = RatingReminder.objects.filter(case=OuterRef("pk"), cycle=OuterRef("cycle"))
    given = Rating.objects.filter(case=OuterRef("pk"), cycle=OuterRef("cycle"))
    due = Case.objects.filter(
        ~Exists(asked), ~Exists(given), status=Case.Status.CONCLUDED, closed_at__lte=now - REMIND_AFTER
    ).filter(closed_at__gt=now - 10 * REMIND_AFTER)  # older ones were closed before anybody could be asked
    rows = [
        RatingReminder(case_id=pk, cycle=cycle, at=now)
        for pk, cycle in due.values_list("pk", "cycle")[:REMINDED_AT_ONCE]
    ]
    return len(RatingReminder.objects.bulk_create(rows, ignore_conflicts=True))


@transaction.atomic
def decide_praise(
    proposal: PraiseProposal, *, by: Person, now: datetime, person: Person, verdict: str, reason: str
) -> PraiseProposal:
    """Confirm or decline a blue card. `person` corrects who was praised."""
    case = lock(proposal.case)
    proposal = PraiseProposal.objects.select_for_update().get(pk=proposal.pk)
    who = standing(by, case)
    if not (who.leads or who.oversees) or by.pk in {proposal.person_id, person.pk}:
        raise PermissionDenied(_("Somebody else decides on this praise."))
    refuse_if(proposal.verdict, "decided_already", _("This has been decided already."))
    refuse_if(verdict not in {"confirmed", "declined"}, "no_verdict", _("Please choose a decision."), field="verdict")
    corrected = person.pk != proposal.person_id
    refuse_if(
        corrected and not staff.handlers(case.street_id).filter(pk=person.pk).exists(),
        "foreign_person",
        _("This person does not work for the street."),
        field="person",
    )
    refuse_if(
        corrected and PraiseProposal.objects.filter(case=case, person=person).exists(),
        "praised_already",
        _("For this person there is a proposal already."),
        field="person",
    )
    proposal.person, proposal.verdict, proposal.reason = person, verdict, said(reason, field="reason")
    proposal.decided_by, proposal.decided_at = by, now
    proposal.save()
    record(case, Event.Kind.PRAISE_DECIDED, by=by, now=now, praise=proposal.pk, verdict=verdict)
    return proposal


def _once_more(case: Case, row: Rating, now: datetime) -> bool:
    """Whether the resident's "not solved" has opened the next cycle; the words go along with it."""
    if row.solved != Rating.Solved.NO:
        return False
    again(case, now)
    if row.text:
        Message.objects.create(case=case, cycle=case.cycle, at=now, text=row.text)
    return True


def _take(check: RatingCheck, step: Step, by: Person) -> tuple[Case, RatingCheck]:
    case = lock(Case.objects.get(ratings=check.pk))
    check = RatingCheck.objects.select_for_update(of=("self",)).select_related("rating").get(pk=check.pk)
    if not may_take(step, checker(by, check, case)):
        raise PermissionDenied(_("Somebody else has to take this step: nobody checks their own work."))
    refuse_if(next_step(progress_of(check)) != step, "wrong_state", _("This step has been taken, or is not due yet."))
    return case, check


def _keep(case: Case, check: RatingCheck, step: Step, by: Person, now: datetime, **data: Any) -> RatingCheck:
    check.save()
    record(case, Event.Kind.RATING_CHECKED, by=by, now=now, rating=check.pk, step=str(step), **data)
    return check


def _fix_by(now: datetime, days: int) -> datetime:
    return fix_by(now, days, terms_at(ORDINARY, now).hours, load_calendar())
