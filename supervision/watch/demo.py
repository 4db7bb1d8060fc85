"""The demo street's year on the ladder, as if somebody had swept every second of it, and orders in every state."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from complaints.lights import is_paused
from complaints.models import Case, Clock
from staff.models import Person, Post, Street
from staff.queries import current
from supervision.models import Alert, Delivery, Escalation, Step, SupervisionOrder
from supervision.watch import issuing, orders
from supervision.watch.ladder import Reached, Ruling, instant, late_without_reason
from supervision.watch.obligations import Watch, insert, to_people, watch_at
from supervision.watch.sources import CLOCKS, ORDERS, Running, Source, of_street
from supervision.watch.sweep import fact_of, rulings_of, sweep

READ_AFTER = timedelta(days=2)
ANSWERS = (
    "配件缺货导致超期，现已到货，今日安排施工，完工后当面告知居民。",
    "因需两家单位现场会商，超出承诺时限。会商已完成，责任已明确，本周内办结。",
    "人手不足未能按时办理，已调整排班，由社区书记包件，三个工作日内办结。",
)


@dataclass(frozen=True)
class Moment:
    """A rung that was reached while its deadline was running."""

    at: datetime
    source: Source
    running: Running
    reached: Reached


@transaction.atomic
def tell(street: Street, now: datetime) -> int:
    """Number of orders. One moment after the other, so that numbers follow the time."""
    rng, watch = Random(11), watch_at(now)
    assert watch.directory  # asked for once: the moments below are copies
    ends = dict(Clock.objects.filter(case__street=street).values_list("pk", "stopped_at"))
    by_hand = _to_push(street, now)
    for moment in _moments(CLOCKS, of_street(CLOCKS, street.pk), ends, watch, rng):
        while by_hand and by_hand[0][0] < moment.at:
            _push(street, *by_hand.pop(0))
        _climb(moment, watch)
    for at, case in by_hand:
        _push(street, at, case)
    _answer(street, now, rng)
    ends = dict(SupervisionOrder.objects.filter(street=street).values_list("pk", "answered_at"))
    for moment in _moments(ORDERS, of_street(ORDERS, street.pk), ends, watch, rng):
        _climb(moment, watch)
    sweep(now=now, real=False, flood=False)  # what runs gets its next look; all of it is in the ledger already
    _deliver(now)
    return SupervisionOrder.objects.filter(street=street).count()


def _moments(
    source: Source, rows: list[Running], ends: dict[int, datetime | None], watch: Watch, rng: Random
) -> list[Moment]:
    rulings = rulings_of(source, rows, watch)
    found = []
    for one in rows:
        end = ends.get(one.pk) or watch.now
        for rung in watch.ladders[one.ladder].rungs:
            at = instant(rung, one.deadline, watch.days)
            noticed = at and at + timedelta(seconds=rng.uniform(1, 40))
            if at is None or noticed is None or noticed >= end or is_paused(one.deadline, at):
                continue
            if rung.unless_explained and not late_without_reason(rulings.get(one.pk, Ruling()), at):
                continue
            found.append(Moment(noticed, source, one, Reached(rung, at)))
    return sorted(found, key=lambda moment: moment.at)


def _climb(moment: Moment, watch: Watch) -> None:
    then = replace(watch, now=moment.at)
    running, rung = moment.running, moment.reached.rung
    told = then.directory.told(rung.told, running)
    row = Escalation.objects.create(
        **{moment.source.column: running.pk},
        due_at=running.deadline.due_at,
        rung=rung.code,
        name=rung.name,
        step=rung.step,
        reached_at=moment.reached.at,
        noticed_at=moment.at,
        people=len(told),
    )
    ordered = moment.source is CLOCKS and rung.step == Step.ORDER
    issued = issuing.issue_by_ladder([running], then) if ordered else None
    insert(to_people(fact_of(moment.source, running, moment.reached, row.pk, then, issued), told, then))
    if issued:
        issuing.tell(issued.new, then)


def _answer(street: Street, now: datetime, rng: Random) -> None:
    """Most orders are answered, the older ones accepted, one was sent back first; the newest wait."""
    supervisor = _somebody(street, Post.Role.SUPERVISOR)
    if supervisor is None:
        return
    rows = list(
        SupervisionOrder.objects.filter(street=street).select_related("case__responsible").order_by("issued_at")
    )
    for place, order in enumerate(rows):
        if order.cause == SupervisionOrder.Cause.BY_HAND:
            if order.issued_at > now - timedelta(days=4):
                orders.withdraw(order, by=supervisor, now=now, text="已当面了解进展，不再督办。")
            continue
        answered = _at_work(order.issued_at + timedelta(hours=rng.uniform(18, 70)))
        waits = order.case.closed_at is None and place % 2
        answerer = order.case.responsible
        if waits or answerer == supervisor or answered >= now - timedelta(hours=4):
            continue
        order = orders.answer(order, by=answerer, now=answered, text=rng.choice(ANSWERS))
        looked = _at_work(answered + timedelta(hours=rng.uniform(2, 20)))
        if place == 1 and looked + timedelta(hours=6) < now:
            order = orders.send_back(order, by=supervisor, now=looked, text="没有写明何时办结，请补充。")
            order = orders.answer(order, by=answerer, now=looked + timedelta(hours=5), text="已补充：本周五前办结。")
            looked += timedelta(hours=6)
        if looked < now and not (order.case.closed_at is None and place % 3 == 0):
            orders.accept(order, by=supervisor, now=looked, text="情况属实，同意。" if place % 3 else "")


def _to_push(street: Street, now: datetime) -> list[tuple[datetime, Case]]:
    """Two cases a supervisor pushes by hand; the first order stays unanswered and is overdue, the second is taken back."""
    supervisor = _somebody(street, Post.Role.SUPERVISOR)
    if supervisor is None:
        return []
    in_time = Clock.objects.filter(kind=Clock.Kind.RESOLUTION, stopped_at__isnull=True, due_at__gt=now).values("case")
    longest = Case.objects.filter(street=street, pk__in=in_time).exclude(responsible=supervisor)
    picked = list(longest.order_by("submitted_at")[:2])
    hours = [9 * 24, 30]
    return [
        (max(_at_work(now - timedelta(hours=ago)), case.registered_at), case)
        for ago, case in zip(hours, picked, strict=False)
    ]


def _push(street: Street, at: datetime, case: Case) -> None:
    supervisor = _somebody(street, Post.Role.SUPERVISOR)
    if supervisor is None or case.orders.exists():
        return
    orders.issue(
        case, by=supervisor, now=at, demand="此件居民多次来电询问，请尽快到现场核实，并书面说明进展和完成时间。"
    )


def _at_work(at: datetime) -> datetime:
    """The same moment, or the next morning: nobody answers orders at night."""
    local = timezone.localtime(at)
    if 9 <= local.hour < 18:
        return at
    morning = local.replace(hour=9, minute=20 + local.minute // 2)
    return morning if local.hour < 9 else morning + timedelta(days=1)


def _somebody(street: Street, role: str) -> Person | None:
    post = current(Post.objects.filter(street=street, role=role)).select_related("person").order_by("id").first()
    return post.person if post else None


def _deliver(now: datetime) -> None:
    """What should have been delivered by now was, at its own time; what is older was read."""
    due = Alert.objects.filter(channel=Alert.Channel.INBOX, sent_at__isnull=True, next_at__lte=now)
    Delivery.objects.bulk_create(Delivery(alert_id=pk, at=at) for pk, at in due.values_list("pk", "next_at"))
    due.update(sent_at=F("next_at"))
    read = Alert.objects.filter(sent_at__lt=now - READ_AFTER, read_at__isnull=True)
    read.update(read_at=F("sent_at") + timedelta(hours=3))
