"""Issuing supervision orders: gapless numbers per street and year, several at once for the sweep, one by hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from config.templatetags.linli import moment_text
from services.models import Schedule
from supervision.models import Alert, OrderCounter, OrderStep, Rung, Step, SupervisionOrder
from supervision.watch.obligations import Fact, Watch, insert, to_groups, to_people
from supervision.watch.order_rules import limit, number
from supervision.watch.sources import Running

Cause = SupervisionOrder.Cause


@dataclass(frozen=True)
class Draft:
    """An order before it has a number."""

    running: Running
    person: int
    demand: str
    issued_by: int | None = None

    @property
    def case(self) -> int:
        assert self.running.case is not None  # orders are about cases
        return self.running.case


@dataclass
class Issued:
    """`new` orders, and by case the number of the one that is `open`, new or not."""

    new: list[tuple[SupervisionOrder, Running]] = field(default_factory=list)
    open: dict[int, str] = field(default_factory=dict)
    _own: dict[int, str] = field(default_factory=dict)

    def add(self, order: SupervisionOrder, running: Running) -> None:
        self.new.append((order, running))
        self.open[order.case_id] = self._own[running.pk] = order.number

    def said(self, running: Running) -> dict[str, str]:
        """What may be told about an order at this deadline's rung, see `telling.words`."""
        own = self._own.get(running.pk)
        if own is not None:
            return {"ordered": "issued", "order": own}
        number = self.open.get(running.case or 0)
        return {"ordered": "open", "order": number} if number is not None else {"ordered": "nobody"}


def issue_by_ladder(overdue: Iterable[Running], watch: Watch) -> Issued:
    """An order for each case that has none open yet, about its resolution when both its limits passed.

    A case whose people have all left gets none; that nobody was there to be told stands in the ledger.
    """
    drafts = []
    with translation.override(settings.LANGUAGE_CODE):
        for running in {one.case: one for one in sorted(overdue, key=lambda one: not one.of_response)}.values():
            told = watch.directory.told([Rung.Told.HANDLER], running)
            if told:
                drafts.append(Draft(running, told[0], demand_of(running)))
    return issue(drafts, watch)


def demand_of(running: Running) -> str:
    known = {"number": running.number, "due": moment_text(running.deadline.due_at)}
    if running.of_response:
        return (
            _(
                "In case %(number)s the resident had to be contacted by %(due)s and has not been. Please contact the "
                "resident at once, and answer this order in writing: why it is late, what has been done, and what "
                "comes next."
            )
            % known
        )
    return (
        _(
            "Case %(number)s was due %(due)s and is not finished. Please finish it, and answer this order in writing: "
            "why it is late, what has been done, and by when it will be finished."
        )
        % known
    )


def issue(drafts: Sequence[Draft], watch: Watch) -> Issued:
    """Streets one after the other: the counter's lock keeps the numbers without gaps, and a case's second order out."""
    issued = Issued()
    by_street = sorted(drafts, key=lambda draft: (draft.running.street, draft.running.pk))
    for street, group in groupby(by_street, key=lambda draft: draft.running.street):
        _issue_in(street, list(group), watch, issued)
    return issued


def _issue_in(street: int, drafts: list[Draft], watch: Watch, issued: Issued) -> None:
    year = timezone.localdate(watch.now).year
    OrderCounter.objects.get_or_create(street_id=street, year=year)
    counter = OrderCounter.objects.select_for_update().get(street_id=street, year=year)
    cases = [draft.case for draft in drafts]
    open_now = dict(
        SupervisionOrder.objects.filter(case__in=cases, closed_at__isnull=True).values_list("case_id", "number")
    )
    issued.open |= open_now
    wanted = [draft for draft in drafts if draft.case not in open_now]
    if not wanted:
        return
    hours = Schedule.objects.get(code="office").hours()
    yellow_at, due_at, provisional = limit(watch.rule.order_days, watch.now, hours, watch.days.calendar)
    orders = SupervisionOrder.objects.bulk_create(
        SupervisionOrder(
            street_id=street,
            number=number(year, counter.last + place),
            case_id=draft.case,
            cause=Cause.LADDER if draft.issued_by is None else Cause.BY_HAND,
            unit_id=draft.running.unit,
            person_id=draft.person,
            issued_by_id=draft.issued_by,
            issued_at=watch.now,
            clock_id=draft.running.pk,
            clock_due_at=draft.running.deadline.due_at,
            demand=draft.demand,
            yellow_at=yellow_at,
            due_at=due_at,
            provisional=provisional,
            next_turn_at=watch.now,
        )
        for place, draft in enumerate(wanted, start=1)
    )
    counter.last += len(orders)
    counter.save(update_fields=["last"])
    OrderStep.objects.bulk_create(
        OrderStep(
            order=order, what=OrderStep.What.ISSUED, by_id=order.issued_by_id, at=order.issued_at, text=order.demand
        )
        for order in orders
    )
    for order, draft in zip(orders, wanted, strict=True):
        issued.add(order, draft.running)


def tell(issued: Iterable[tuple[SupervisionOrder, Running]], watch: Watch) -> int:
    """The addressee and the secretary of the unit hear of it at once."""
    rows = []
    for order, running in issued:
        fact = fact_of(order, "issued", Step.ORDER, urgent=watch.ladders[running.ladder].urgent)
        people = {order.person_id: None, **dict.fromkeys(watch.directory.led_units.get(order.unit_id, []))}
        rows += to_people(fact, people, watch)
        rows += to_groups(fact, watch.directory.robots(running, Step.ORDER), watch)
    return insert(rows)


def fact_of(order: SupervisionOrder, what: str, step: str, *, urgent: bool = False) -> Fact:
    facts = {"number": order.number, "due": order.due_at.isoformat(), "link": link_to(order.pk)}
    return Fact(f"order-{order.pk}-{what}", Alert.What.ORDER, step, urgent, None, order.case_id, facts)


def link_to(order: int) -> str:
    return f"/supervision/orders/{order}/"
