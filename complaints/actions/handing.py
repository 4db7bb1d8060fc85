"""Handing over, dispatching, returning, objecting. The giver answers for the case until somebody accepts it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from complaints import handover as rules
from complaints.actions.common import hold, record, refuse_if, said, take
from complaints.chain import text_hash
from complaints.models import Case, Event, Handover, Holding, Objection, Return
from complaints.states import Act
from config.lib.errors import RuleBroken
from staff import queries as staff
from staff.models import Person, Unit

REFUSALS = {
    "objection_open": gettext_lazy("An objection is open: the adjudicator decides first."),
    "offer_open": gettext_lazy("An offer is still waiting for its answer: it has to be answered or taken back first."),
    "already_responsible": gettext_lazy("This person is responsible already."),
    "already_there": gettext_lazy("The case is with this unit already."),
    "unit_returned_it": gettext_lazy(
        "This unit has returned the case once. Choose another, or leave it to the adjudicator."
    ),
    "adjudicated": gettext_lazy("The adjudicator has decided whose case this is; the decision is final."),
    "asked_first": gettext_lazy(
        "This unit was asked first and stays responsible. Dispatch the case or hand it over instead."
    ),
    "returned_before": gettext_lazy(
        "Your unit has returned this case once already. You may raise an objection instead."
    ),
}


def chain_of(case: Case) -> rules.Chain:
    """Where the case stands between units."""
    offer = open_offer(case)
    return rules.Chain(
        unit=case.unit_id,
        first_unit=case.first_unit_id,
        responsible=case.responsible_id,
        offered=offer.to_unit_id if offer else None,
        offered_person=offer.to_person_id if offer else None,
        returned=frozenset(Return.objects.filter(case=case).values_list("unit", flat=True)),
        objected=Objection.objects.filter(case=case, decided_at__isnull=True).exists(),
        adjudicated=case.adjudicated,
    )


def open_offer(case: Case) -> Handover | None:
    offers = Handover.objects.select_related("to_unit", "to_person", "giver").order_by()
    return offers.filter(case=case, verdict="").first()  # there is one at most


@transaction.atomic
def offer(case: Case, *, by: Person, now: datetime, version: int, to: Person, reason: str) -> Handover:
    """Offer the case to a colleague, who has to accept."""
    case, _who = take(case, Act.OFFER, by=by, version=version)
    _refuse(rules.offer_refused(chain_of(case), to.pk), field="to")
    _refuse_absent(case, to, field="to")
    unit = _unit_at(case, to)
    row = _offer(case, by, now, unit, to, reason)
    record(
        case, Event.Kind.OFFERED, by=by, now=now, handover=row.pk, to=to.pk, unit=unit.pk, reason=text_hash(row.reason)
    )
    return row


@transaction.atomic
def dispatch(case: Case, *, by: Person, now: datetime, version: int, unit: Unit, reason: str = "") -> Handover:
    """Send the case to a unit; the first of its people to accept becomes responsible."""
    case, _who = take(case, Act.DISPATCH, by=by, version=version)
    _refuse(rules.dispatch_refused(chain_of(case), unit.pk), field="unit")
    refuse_if(
        unit.street_id != case.street_id or not unit.is_active,
        "foreign_unit",
        _("This unit belongs to another street or is no longer active."),
        field="unit",
    )
    refuse_if(
        not staff.members(unit.pk).exists(),
        "empty_unit",
        _("Nobody of this unit is at work, so nobody could accept the case."),
        field="unit",
    )
    row = _offer(case, by, now, unit, None, reason or _("by the dispatch directory"))
    record(case, Event.Kind.DISPATCHED, by=by, now=now, handover=row.pk, unit=unit.pk, reason=text_hash(row.reason))
    return row


@transaction.atomic
def accept(case: Case, *, by: Person, now: datetime, text: str = "") -> Handover:
    """Take the case over: responsibility moves now, the limits stay as they are."""
    case, _who = take(case, Act.ACCEPT, by=by)
    _refuse_absent(case, by)
    row = _answer(case, by, now, Handover.Verdict.ACCEPTED, text)
    hold(case, by, row.to_unit, now=now, because=Holding.Because.ACCEPTED)
    if case.status == Case.Status.REGISTERED:
        case.status = Case.Status.HANDLING
    record(case, Event.Kind.ACCEPTED, by=by, now=now, handover=row.pk, giver=row.giver_id, unit=row.to_unit_id)
    return row


@transaction.atomic
def decline(case: Case, *, by: Person, now: datetime, reason: str) -> Handover:
    """Say no to a colleague's offer. What was dispatched to a unit is returned instead."""
    case, _who = take(case, Act.DECLINE, by=by)
    waiting = open_offer(case)
    refuse_if(
        waiting is not None and waiting.to_person_id is None,
        "dispatched",
        _("This case was dispatched to your unit: return it with a reason instead."),
    )
    row = _answer(case, by, now, Handover.Verdict.DECLINED, said(reason, field="reason"))
    record(case, Event.Kind.DECLINED, by=by, now=now, handover=row.pk, reason=text_hash(row.decision_text))
    return row


@transaction.atomic
def take_back(case: Case, *, by: Person, now: datetime, text: str = "") -> Handover:
    """Withdraw an offer nobody has answered."""
    case, _who = take(case, Act.TAKE_BACK, by=by)
    row = _answer(case, by, now, Handover.Verdict.TAKEN_BACK, text)
    record(case, Event.Kind.TAKEN_BACK, by=by, now=now, handover=row.pk)
    return row


@transaction.atomic
def return_case(case: Case, *, by: Person, now: datetime, reason: str) -> Return:
    """A unit says the case is not its own.

    1. Dispatched and not accepted: the giver simply keeps it.
    2. Accepted before: it goes back to the person asked first, or who stands in for them.
    3. The third return puts it before the adjudicator.
    The clocks do not notice.
    """
    case, _who = take(case, Act.RETURN, by=by)
    chain = chain_of(case)
    unit = _own_unit(case, by, chain)
    _refuse(rules.return_refused(chain, unit))
    row = Return.objects.create(case=case, unit_id=unit, by=by, at=now, reason=said(reason, field="reason"))
    if chain.offered is not None:
        _answer(case, by, now, Handover.Verdict.RETURNED, row.reason)
    if unit == case.unit_id:
        keeper = stand_in(case.first_contact, case.first_unit)
        hold(case, keeper, case.first_unit, now=now, because=Holding.Because.RETURNED)
    disputed = rules.goes_to_adjudicator(chain_of(case))
    if disputed:
        Objection.objects.create(case=case, unit_id=unit, by=by, at=now, reason=row.reason)
    record(
        case,
        Event.Kind.RETURNED,
        by=by,
        now=now,
        unit=unit,
        responsible=case.responsible_id,
        to_adjudicator=disputed,
        reason=text_hash(row.reason),
    )
    return row


@transaction.atomic
def object_to(case: Case, *, by: Person, now: datetime, reason: str) -> Objection:
    """Put the question whose case it is before the adjudicator. Whoever is responsible stays so meanwhile."""
    case, _who = take(case, Act.OBJECT, by=by)
    chain = chain_of(case)
    unit = _own_unit(case, by, chain)
    _refuse(rules.objection_refused(chain, unit))
    row = Objection.objects.create(case=case, unit_id=unit, by=by, at=now, reason=said(reason, field="reason"))
    if chain.offered is not None:
        _answer(case, by, now, Handover.Verdict.DECLINED, row.reason)
    record(case, Event.Kind.OBJECTED, by=by, now=now, objection=row.pk, unit=unit, reason=text_hash(row.reason))
    return row


@transaction.atomic
def adjudicate(
    case: Case, *, by: Person, now: datetime, version: int, unit: Unit, person: Person, reason: str
) -> Objection:
    """Decide whose case it is. Final: needs no acceptance, allows no further return or objection."""
    case, _who = take(case, Act.ADJUDICATE, by=by, version=version)
    row = Objection.objects.filter(case=case, decided_at__isnull=True).first()
    if row is None:
        raise RuleBroken("no_objection", _("No objection is open on this case."))
    refuse_if(row.by_id == by.pk, "own_objection", _("Another supervisor has to decide your own objection."))
    refuse_if(
        unit.street_id != case.street_id or not unit.is_active,
        "foreign_unit",
        _("This unit belongs to another street or is no longer active."),
        field="unit",
    )
    refuse_if(
        not staff.members(unit.pk).filter(pk=person.pk).exists(),
        "not_of_unit",
        _("This person does not belong to the unit or is not at work."),
        field="person",
    )
    row.decided_by, row.decided_at, row.decided_unit = by, now, unit
    row.decision_text = said(reason, field="reason")
    row.save()
    if open_offer(case):
        _answer(case, by, now, Handover.Verdict.TAKEN_BACK, row.decision_text)
    hold(case, person, unit, now=now, because=Holding.Because.ADJUDICATED)
    case.adjudicated = True
    if case.status == Case.Status.REGISTERED:
        case.status = Case.Status.HANDLING
    record(
        case,
        Event.Kind.ADJUDICATED,
        by=by,
        now=now,
        objection=row.pk,
        unit=unit.pk,
        responsible=person.pk,
        reason=text_hash(row.decision_text),
    )
    return row


def stand_in(person: Person, unit: Unit) -> Person:
    """Who answers for a case of `unit` that falls to `person`: somebody at work, always."""
    try:
        return staff.stand_in(person, unit)
    except Person.DoesNotExist as gone:
        raise RuleBroken("nobody_left", _("Nobody of the street is at work who could keep the case.")) from gone


def close_offer(case: Case, by: Person, now: datetime) -> None:
    """A case that ends takes its open offer with it."""
    if open_offer(case):
        _answer(case, by, now, Handover.Verdict.TAKEN_BACK, "")


def _offer(case: Case, by: Person, now: datetime, unit: Unit, to: Person | None, reason: str) -> Handover:
    return Handover.objects.create(
        case=case,
        giver=case.responsible,
        offered_by=by,
        to_unit=unit,
        to_person=to,
        reason=said(reason, field="reason"),
        offered_at=now,
    )


def _answer(case: Case, by: Person, now: datetime, verdict: Handover.Verdict, text: str) -> Handover:
    row = open_offer(case)
    if row is None:
        raise RuleBroken("no_offer", _("No offer is waiting for an answer on this case."))
    row.verdict, row.decided_by, row.decided_at, row.decision_text = verdict, by, now, text.strip()
    row.save()
    return row


def _own_unit(case: Case, by: Person, chain: rules.Chain) -> int:
    """The unit `by` speaks for here: the one the case is offered to, or the one that has it."""
    if chain.offered is not None and chain.offered_person is None and chain.offered in by.scope().units:
        return chain.offered
    return case.unit_id


def _unit_at(case: Case, person: Person) -> Unit:
    """Where `person`, a handler of the street, takes the case: it stays with its unit when they belong to it."""
    posts = staff.current(person.posts.filter(unit__isnull=False, street=case.street_id, role__in=staff.HANDLING_ROLES))
    units = [post.unit for post in posts.select_related("unit").order_by("since", "id") if post.unit]
    return next((unit for unit in units if unit.pk == case.unit_id), units[0])


def _refuse_absent(case: Case, person: Person, *, field: str | None = None) -> None:
    refuse_if(
        not staff.handlers(case.street_id).filter(pk=person.pk).exists(),
        "not_at_work",
        _("This person is not at work or does not handle cases of this street."),
        field=field,
    )


def _refuse(code: str | None, *, field: str | None = None) -> None:
    if code:
        raise RuleBroken(code, REFUSALS[code], field=field)
