"""What people do with a supervision order: issue it by hand, answer it, accept the answer or send it back, withdraw it.

An order stays addressed to whom it was issued to. Whoever accepts the case owes the answer from then on: who that is,
is read from the case.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from complaints.actions.common import lock, refuse_if, said
from complaints.models import Case, Clock
from services.calendar import load_calendar
from services.models import Schedule
from staff.models import Person
from staff.scope import Scope
from supervision.models import OrderStep, Rung, Step, SupervisionOrder
from supervision.watch import issuing, sources
from supervision.watch.ladder import Deadline
from supervision.watch.obligations import Watch, insert, to_people, watch_at
from supervision.watch.order_rules import Act, Standing, limit, may, possible, state_of
from supervision.watch.sources import Running

What = OrderStep.What
Closing = SupervisionOrder.Closing


def visible(scope: Scope) -> QuerySet[SupervisionOrder]:
    """Orders about cases one sees, and those once addressed to oneself; assessors and delegates see none."""
    if not scope.has("worker", "secretary", "supervisor", "discipline", "admin"):
        return SupervisionOrder.objects.none()
    own = Q(person=scope.person, street__in=scope.streets)
    return SupervisionOrder.objects.filter(own | Q(case__in=Case.objects.visible_to(scope)))


def seen_cases(scope: Scope, orders: Iterable[SupervisionOrder]) -> dict[int, Case]:
    """The cases of these orders as far as they are seen, each put into its order; a case handed on may not be."""
    cases = Case.objects.visible_to(scope).select_related("community", "unit", "responsible")
    found = cases.in_bulk({order.case_id for order in orders})
    for order in orders:
        if order.case_id in found:
            order.case = found[order.case_id]
    return found


def order_for(person: Person, pk: int) -> SupervisionOrder:
    scope = person.scope()
    rows = visible(scope).select_related("unit", "person", "issued_by", "answered_by", "closed_by", "street")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    seen_cases(scope, [found])
    return found


def case_of(order: SupervisionOrder) -> Case | None:
    """The case, when whoever asked for the order sees it. Read no other way: behind the wall there is none to load."""
    return order.case if SupervisionOrder.case.is_cached(order) else None


def standing(person: Person, order: SupervisionOrder) -> Standing:
    scope, case = person.scope(), case_of(order)
    return Standing(
        addressed=order.person_id == person.pk and order.street_id in scope.streets,
        answers=case is not None and case.responsible_id == person.pk and case.street_id in scope.streets,
        leads=case is not None
        and scope.has("secretary")
        and (case.unit_id in scope.units or case.unit.community_id in scope.led_communities),
        oversees=oversees(person, order.street_id),
        answered=order.answered_by_id == person.pk,
    )


def oversees(person: Person, street: int) -> bool:
    scope = person.scope()
    return scope.has("supervisor") and street in scope.whole_streets


def acts(person: Person, order: SupervisionOrder) -> list[Act]:
    who, state = standing(person, order), state_of(order)
    return [act for act in Act if possible(act, state) and may(act, who)]


@transaction.atomic
def issue(case: Case, *, by: Person, now: datetime, demand: str) -> SupervisionOrder:
    """A supervisor pushes an open case: the responsible person has to answer within the rule's working days."""
    case = lock(case)
    if not oversees(by, case.street_id):
        raise PermissionDenied(_("Supervision orders are issued by street supervisors."))
    refuse_if(not case.is_open, "closed", _("The case is finished: there is nothing to push."))
    refuse_if(case.responsible_id == by.pk, "own_case", _("This is your own case."))
    demand = said(demand, field="demand")
    watch = watch_at(now)
    running = _running(case)
    told = watch.directory.told([Rung.Told.HANDLER], running)
    refuse_if(not told, "nobody_left", _("Nobody is left who could answer."))
    issued = issuing.issue([issuing.Draft(running, told[0], demand, by.pk)], watch)
    refuse_if(not issued.new, "ordered_already", _("An order about this case is open already."))
    issuing.tell(issued.new, watch)
    return issued.new[0][0]


@transaction.atomic
def answer(order: SupervisionOrder, *, by: Person, now: datetime, text: str) -> SupervisionOrder:
    """Stops the order's clock. What is good enough is for a supervisor to say."""
    order = _take(order, Act.ANSWER, by)
    order.answer, order.answered_by, order.answered_at = said(text), by, now
    order.next_turn_at = None
    _keep(order, What.ANSWERED, by, now, order.answer)
    watch = watch_at(now)
    supervisors = watch.directory.supervisors.get(order.street_id, [])
    issuer = [order.issued_by_id] if order.issued_by_id in supervisors else []
    _tell(order, "answered", Step.TELL, issuer or supervisors, watch)
    return order


@transaction.atomic
def accept(order: SupervisionOrder, *, by: Person, now: datetime, text: str = "") -> SupervisionOrder:
    order = _take(order, Act.ACCEPT, by)
    order.closing, order.closed_by, order.closed_at, order.word = Closing.DONE, by, now, text.strip()
    _keep(order, What.ACCEPTED, by, now, order.word)
    return order


@transaction.atomic
def send_back(order: SupervisionOrder, *, by: Person, now: datetime, text: str) -> SupervisionOrder:
    """Not good enough: a fresh, shorter limit. The answer that did not do stands among the steps."""
    order = _take(order, Act.SEND_BACK, by)
    watch = watch_at(now)
    hours = Schedule.objects.get(code="office").hours()
    order.yellow_at, order.due_at, order.provisional = limit(watch.rule.order_again_days, now, hours, load_calendar())
    order.answer, order.answered_by, order.answered_at = "", None, None
    order.next_turn_at = now
    step = _keep(order, What.SENT_BACK, by, now, said(text))
    _tell(order, f"back-{step.pk}", Step.REMIND, _answering(order, watch), watch)
    return order


@transaction.atomic
def withdraw(order: SupervisionOrder, *, by: Person, now: datetime, text: str) -> SupervisionOrder:
    order = _take(order, Act.WITHDRAW, by)
    order.closing, order.closed_by, order.closed_at, order.word = Closing.WITHDRAWN, by, now, said(text)
    order.next_turn_at = None
    step = _keep(order, What.WITHDRAWN, by, now, order.word)
    watch = watch_at(now)
    told = dict.fromkeys([*_answering(order, watch), order.person_id])
    there = [one for one in told if watch.directory.is_at_post(one, order.street_id)]
    _tell(order, f"withdrawn-{step.pk}", Step.TELL, there, watch)
    return order


def _take(order: SupervisionOrder, act: Act, by: Person) -> SupervisionOrder:
    SupervisionOrder.objects.select_for_update().values_list("pk").get(pk=order.pk)
    held = order_for(by, order.pk)
    refuse_if(not possible(act, state_of(held)), "wrong_state", _("This step has been taken, or is not due yet."))
    if not may(act, standing(by, held)):
        raise PermissionDenied(_("Somebody else has to take this step: nobody checks their own work."))
    return held


def _keep(order: SupervisionOrder, what: str, by: Person, now: datetime, text: str) -> OrderStep:
    order.save()
    return OrderStep.objects.create(order=order, what=what, by=by, at=now, text=text)


def _tell(order: SupervisionOrder, what: str, step: str, people: list[int], watch: Watch) -> None:
    key = what if "-" in what else f"{what}-{order.answered_at or watch.now:%Y%m%d%H%M%S}"
    insert(to_people(issuing.fact_of(order, key, step), people, watch))


def _answering(order: SupervisionOrder, watch: Watch) -> list[int]:
    """Whoever answers for the case now; their secretary, or the street, when they have left."""
    (running,) = sources.of_ids(sources.ORDERS, [order.pk])
    return watch.directory.told([Rung.Told.HANDLER], running)


def _running(case: Case) -> Running:
    """The case as the ladder knows it."""
    clock = Clock.objects.get(case=case, cycle=case.cycle, kind=Clock.Kind.RESOLUTION)
    return Running(
        pk=clock.pk,
        deadline=Deadline(clock.started_at, clock.due_at, clock.yellow_at),
        ladder="urgent" if clock.policy.policy.urgent else "ordinary",
        street=case.street_id,
        unit=case.unit_id,
        case=case.pk,
        cycle=case.cycle,
        community=case.community_id,
        handler=case.responsible_id,
        number=case.number,
        link=case.get_absolute_url(),
    )
