"""A person's inbox, and what waits, fails or was given up in an administrator's streets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Min, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from complaints.keyset import Order
from complaints.models import Case
from staff.models import Post
from staff.scope import Scope
from supervision.models import (
    Alert,
    Bulletin,
    Escalation,
    Hold,
    Intervention,
    RectificationItem,
    Robot,
    SupervisionOrder,
)
from supervision.telling.health import DEAD, DISCARDED, WAITING
from supervision.telling.words import Told, line, title, told, why

COUNTED, SHOWN = 99, 50
STATES = {
    "sent": _("arrived"),
    DISCARDED: _("discarded"),
    "dead": _("given up"),
    "sending": _("being sent"),
    "failing": _("failing"),
    "waiting": _("waiting"),
}
BY_SENT = Order("sent_at", descending=True)


# The inbox


@dataclass(frozen=True)
class Entry:
    """One message as its recipient sees it. What left their scope shows only that it is over for them."""

    pk: int
    what: str
    title: str
    told: Told
    url: str
    at: datetime
    urgent: bool = False
    unread: bool = False
    ended: bool = False
    closed_to_me: bool = False


def inbox(person: int, step: str = "", unread: bool = False) -> QuerySet[Alert]:
    found = Alert.objects.filter(recipient=person, channel=Alert.Channel.INBOX, sent_at__isnull=False)
    found = found.filter(step=step) if step else found
    return found.filter(read_at__isnull=True) if unread else found


def unread(person: int) -> str:
    """ "" for none, "99+" where nobody would count on; no more rows are touched than are counted."""
    found = len(inbox(person, unread=True).order_by().values_list("pk", flat=True)[: COUNTED + 1])
    return f"{COUNTED}+" if found > COUNTED else str(found or "")


def entries(ids: Sequence[int], scope: Scope) -> list[Entry]:
    """In the order of `ids`; the same few queries however many there are."""
    alerts = {one.pk: one for one in Alert.objects.filter(pk__in=ids).select_related("case")}
    rows = [alerts[pk] for pk in ids if pk in alerts]
    cases = set(_visible(Case.objects.visible_to(scope), (row.case_id for row in rows)))
    items = {}
    keys = [row.facts.get("item") for row in rows if row.what == Alert.What.ITEM]
    wanted = [key for key in keys if isinstance(key, int)]
    if wanted:
        seen = RectificationItem.objects.visible_to(scope).filter(pk__in=wanted)
        items = {pk: bool(signed or gone) for pk, signed, gone in seen.values_list("pk", "signed_at", "withdrawn_at")}
    orders = _orders(rows)
    over = _bulletins_over(rows)
    return [_entry(row, cases, items, orders, over) for row in rows]


def entry_of(alert: Alert, scope: Scope) -> Entry:
    return entries([alert.pk], scope)[0]


def _visible(cases: Any, wanted: Iterable[int | None]) -> list[int]:
    keys = {pk for pk in wanted if pk is not None}
    return list(cases.filter(pk__in=keys).values_list("pk", flat=True)) if keys else []


def _orders(rows: Sequence[Alert]) -> dict[tuple[Any, Any], tuple[datetime | None, int]]:
    """When the orders these messages are about were closed, and to whom they went, by number and case."""
    wanted = {row.case_id for row in rows if row.what == Alert.What.ORDER}
    found = SupervisionOrder.objects.filter(case__in=wanted) if wanted else SupervisionOrder.objects.none()
    known = found.values_list("number", "case", "closed_at", "person")
    return {(number, case): (closed, person) for number, case, closed, person in known}


def _bulletins_over(rows: Sequence[Alert]) -> set[int]:
    """The messages whose report does not wait for that step any more. Their key names the report and what it waits for."""
    asked = {row.pk: row.key.split("-", 2)[1:] for row in rows if row.what == Alert.What.BULLETIN}
    named = {pk: (int(parts[0]), parts[1]) for pk, parts in asked.items() if len(parts) == 2 and parts[0].isdecimal()}
    if not named:
        return set()
    states = dict(Bulletin.objects.filter(pk__in={one for one, _stage in named.values()}).values_list("pk", "status"))
    waits = {pk: (one, "draft" if stage == "drafted" else "review") for pk, (one, stage) in named.items()}
    return {pk for pk, (one, status) in waits.items() if states.get(one) != status}


def _entry(
    row: Alert,
    cases: set[int],
    items: dict[int, bool],
    orders: dict[tuple[Any, Any], tuple[datetime | None, int]],
    bulletins_over: set[int],
) -> Entry:
    """An order or an item may outlive its case, so each is asked for itself."""
    said = told(row.what, row.step, row.facts)
    closed_to_me = row.case_id is not None and row.case_id not in cases
    ended, url = said.ended, said.link
    if row.what == Alert.What.ITEM and "item" in row.facts:
        closed_to_me, ended = row.facts["item"] not in items, items.get(row.facts["item"], False)
    elif row.what == Alert.What.ORDER:
        closed, addressee = orders.get((said.number, row.case_id), (None, None))
        ended = closed is not None
        closed_to_me = closed_to_me and addressee != row.recipient_id  # who handed the case on still reads their order
    elif row.what == Alert.What.BULLETIN:
        ended = row.pk in bulletins_over
    elif row.case is not None:
        ended = ended or row.case.closed_at is not None
        url = url or row.case.get_absolute_url()
    return Entry(
        pk=row.pk,
        what=row.what,
        title=title(said),
        told=said,
        url="" if closed_to_me else url,
        at=row.sent_at or row.made_at,
        urgent=row.urgent,
        unread=row.read_at is None,
        ended=ended,
        closed_to_me=closed_to_me,
    )


# What administrators look after


@dataclass(frozen=True)
class Channel:
    """Where one channel stands: how many wait, of those how many failed at least once, and how many were given up."""

    code: str
    label: str
    waiting: int = 0
    failing: int = 0
    sending: int = 0
    dead: int = 0
    oldest: datetime | None = None
    next_try: datetime | None = None
    error: str = ""

    @property
    def why(self) -> str:
        return why(self.error)


@dataclass(frozen=True)
class Line:
    """One message in a table: to whom, what it says, where it stands."""

    alert: Alert
    said: str
    to: str
    state: str

    @property
    def label(self) -> str:
        return str(STATES[self.state])

    @property
    def why(self) -> str:
        return "" if self.alert.sent_at else why(self.alert.error)


@dataclass(frozen=True)
class RobotState:
    robot: Robot
    last_success: datetime | None
    why: str


@dataclass
class State:
    channels: list[Channel]
    holds: list[Hold]
    failing: list[Line]
    dead: list[Line]
    nobody: list[Escalation]
    robots: list[RobotState]
    deeds: list[Intervention] = field(default_factory=list)


def of_streets(streets: Iterable[int]) -> QuerySet[Alert]:
    """The messages of these streets: about their cases, to their groups, to whoever holds a post there."""
    own = list(streets)
    people = Post.objects.filter(street__in=own).values("person")
    return Alert.objects.filter(
        Q(case__street__in=own) | Q(robot__street__in=own) | Q(case__isnull=True, recipient__in=people)
    )


def state(streets: Iterable[int], now: datetime) -> State:
    own = list(streets)
    alerts = of_streets(own)
    return State(
        channels=channels(alerts, now),
        holds=list(Hold.objects.filter(released_at__isnull=True).select_related("by").order_by("since")),
        failing=_lines(alerts.filter(WAITING, tries__gt=0).order_by("next_at", "pk")[:SHOWN], now),
        dead=_lines(given_up(alerts).order_by("-dead_at", "-pk")[:SHOWN], now),
        nobody=nobody_told(own),
        robots=robots(own),
        deeds=list(Intervention.objects.select_related("by")[:10]),
    )


def given_up(alerts: QuerySet[Alert]) -> QuerySet[Alert]:
    """Dead letters; what was discarded on purpose is none."""
    return alerts.filter(DEAD).exclude(error=DISCARDED)


def channels(alerts: QuerySet[Alert], now: datetime) -> list[Channel]:
    found = alerts.filter(WAITING | DEAD).exclude(error=DISCARDED).order_by().values("channel")
    counts: dict[str, dict[str, Any]] = {
        row["channel"]: {name: value for name, value in row.items() if name != "channel"}
        for row in found.annotate(
            waiting=Count("pk", filter=WAITING),
            failing=Count("pk", filter=WAITING & Q(tries__gt=0)),
            sending=Count("pk", filter=WAITING & Q(leased_until__gt=now)),
            dead=Count("pk", filter=DEAD),
            oldest=Min("made_at", filter=WAITING),
            next_try=Min("next_at", filter=WAITING),
        )
    }
    failed = alerts.filter(WAITING | DEAD).exclude(error__in=["", DISCARDED])
    errors = dict(failed.order_by("channel", "-next_at").distinct("channel").values_list("channel", "error"))
    return [
        Channel(code, str(label), error=errors.get(code, ""), **counts.get(code, {}))
        for code, label in Alert.Channel.choices
    ]


def nobody_told(streets: Iterable[int]) -> list[Escalation]:
    """Rungs that were reached and announced while there was nobody to tell, the latest first."""
    own = Q(clock__case__street__in=streets) | Q(order__street__in=streets) | Q(item__street__in=streets)
    lost = Escalation.objects.filter(own, skipped=False, people=0)
    return list(lost.select_related("clock__case__unit", "order__unit", "item__unit").order_by("-noticed_at")[:SHOWN])


def robots(streets: Iterable[int]) -> list[RobotState]:
    sent = Alert.objects.filter(robot=OuterRef("pk"), sent_at__isnull=False).order_by().values("robot")
    failed = Alert.objects.filter(robot=OuterRef("pk"), sent_at__isnull=True).exclude(error="").order_by("-pk")
    rows: QuerySet[Any] = (
        Robot.objects.filter(street__in=streets)
        .select_related("community")
        .annotate(
            last_success=Subquery(sent.annotate(last=Max("sent_at")).values("last")),
            last_error=Subquery(failed.values("error")[:1]),
        )
        .order_by("street", "name")
    )
    return [RobotState(row, row.last_success, why(row.last_error or "")) for row in rows]


def log(streets: Iterable[int], number: str = "", below: int | None = None) -> tuple[list[int], int | None]:
    """A page of messages, the newest first, or of those about one case; and below which id the next page begins."""
    found = of_streets(streets)
    if number:
        found = found.filter(case__in=Case.objects.filter(number=number).values("pk"))
    if below is not None:
        found = found.filter(pk__lt=below)
    ids = list(found.order_by("-pk").values_list("pk", flat=True)[: SHOWN + 1])
    return ids[:SHOWN], ids[SHOWN - 1] if len(ids) > SHOWN else None


def lines_of(ids: Sequence[int], now: datetime) -> list[Line]:
    rows = {row.alert.pk: row for row in _lines(Alert.objects.filter(pk__in=ids), now)}
    return [rows[pk] for pk in ids if pk in rows]


def _lines(alerts: QuerySet[Alert], now: datetime) -> list[Line]:
    return [
        Line(row, line(told(row.what, row.step, row.facts)), str(row.recipient or row.robot), state_of(row, now))
        for row in alerts.select_related("recipient", "robot", "case")
    ]


def state_of(row: Alert, now: datetime) -> str:
    """sent, discarded, dead, sending, failing or waiting."""
    if row.sent_at:
        return "sent"
    if row.dead_at:
        return DISCARDED if row.error == DISCARDED else "dead"
    if row.leased_until and row.leased_until > now:
        return "sending"
    return "failing" if row.tries else "waiting"
