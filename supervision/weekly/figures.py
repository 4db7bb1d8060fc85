"""The week of a community, counted from casework: nothing of it is ever typed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from complaints.filters import address, midnight
from complaints.lights import Light
from complaints.models import Case, Event, Handover, Rating
from complaints.queries import ANSWERED, SPOKE
from complaints.ratings import BAD_TO
from supervision.models import RectificationItem
from supervision.weekly.rules import WEEK

MOST = 50
LABELS: dict[str, str | Promise] = {
    "received": _("Received this week"),
    "concluded": _("Concluded this week"),
    "due": _("Due this week"),
    "due_next": _("Due next week"),
    "red": _("Red light"),
    "yellow": _("Yellow light"),
    "offers": _("Offers nobody has answered"),
    "redo": _("To be done once more"),
    "bad": _("Bad ratings"),
    "items": _("Rectification due"),
    "calls": _("Residents to call back"),
    "unanswered": _("Residents who wrote and have no answer"),
}


@dataclass
class Line:
    """A count and the numbers behind it, the first fifty of them."""

    count: int = 0
    numbers: list[str] = field(default_factory=list)

    def add(self, number: str = "") -> None:
        self.count += 1
        if number and len(self.numbers) < MOST:
            self.numbers.append(number)


Figures = dict[str, Line]


def figures_of(communities: Iterable[int], monday: date, now: datetime) -> dict[int, Figures]:
    """Of these communities, in six queries however many there are. Lights and what waits are those of `now`.

    What came after `now` is not counted, but what has been finished since is not brought back either.
    """
    wanted = list(communities)
    found: dict[int, Figures] = {pk: {code: Line() for code in LABELS} for pk in wanted}
    begins, ends = midnight(monday), midnight(monday + WEEK)
    _open(found, monday, now)
    for code, rows in (
        ("received", Case.objects.filter(submitted_at__gte=begins, submitted_at__lt=ends)),
        ("concluded", Case.objects.filter(status="concluded", closed_at__gte=begins, closed_at__lt=ends)),
        ("calls", Case.objects.awaiting_callback().filter(closed_at__lte=now)),
    ):
        listed = rows.filter(community__in=wanted).order_by("number")
        for community, number in listed.values_list("community", "number"):
            found[community][code].add(number)
    _ratings(found, begins, ends)
    _items(found, midnight(monday + 2 * WEEK), now)
    return found


def frozen(figures: Figures, now: datetime) -> dict[str, Any]:
    """As it is kept with the confirmed week."""
    lines = {code: {"count": line.count, "numbers": line.numbers} for code, line in figures.items()}
    return {"as_of": now.isoformat(), "lines": lines}


def thawed(kept: Mapping[str, Any]) -> Figures:
    """What was frozen, in today's lines; a line that was not counted then is missing."""
    return {code: Line(row["count"], list(row["numbers"])) for code, row in kept["lines"].items() if code in LABELS}


def as_of(kept: Mapping[str, Any]) -> datetime:
    return timezone.localtime(datetime.fromisoformat(kept["as_of"]))


def _open(found: dict[int, Figures], monday: date, now: datetime) -> None:
    """Everything that is asked of open cases, from one pass over them."""
    begins, ends, after = (midnight(monday + n * WEEK) for n in range(3))
    talked = Event.objects.filter(Q(kind__in=SPOKE + ANSWERED), case=OuterRef("pk")).exclude(
        kind="contacted", data__reached=False
    )
    offers = Handover.objects.filter(case=OuterRef("pk"), verdict="", offered_at__lte=now)
    lit: Any = Case.objects.filter(community__in=list(found), submitted_at__lte=now).open().with_light(now)
    rows = (
        lit.annotate(spoke=Subquery(talked.order_by("-seq").values("kind")[:1]), offered=Exists(offers))
        .order_by("number")
        .values_list("community", "number", "light", "turn_due_at", "cycle", "spoke", "offered")
    )
    for community, number, light, due, cycle, spoke, offered in rows:
        lines = found[community]
        for code, counts in (
            ("due", due is not None and begins <= due < ends),
            ("due_next", due is not None and ends <= due < after),
            ("red", light == Light.RED),
            ("yellow", light == Light.YELLOW),
            ("offers", offered),
            ("redo", cycle > 1),
            ("unanswered", spoke in SPOKE),
        ):
            if counts:
                lines[code].add(number)


def _ratings(found: dict[int, Figures], begins: datetime, ends: datetime) -> None:
    """Counts alone: which case was rated badly, those whose work it is about must not read here."""
    rows = Rating.objects.filter(
        case__community__in=list(found), satisfied__lte=BAD_TO, supplements__isnull=True, at__gte=begins, at__lt=ends
    ).exclude(follow_up__excluded=True)
    for community in rows.values_list("case__community", flat=True):
        found[community]["bad"].add()


def _items(found: dict[int, Figures], until: datetime, now: datetime) -> None:
    rows = RectificationItem.objects.open().filter(
        community__in=list(found), reported_at__isnull=True, due_at__lt=until, set_at__lte=now
    )
    for community, number in rows.order_by("set_at", "pk").values_list("community", "number"):
        found[community]["items"].add(number)


def link(code: str, community: int, monday: date) -> str:
    """The list of what a line counts today; "" where no list counts the same."""
    week = {"submitted_from": monday.isoformat(), "submitted_to": (monday + WEEK - DAY).isoformat()}
    due = {"due_from": monday.isoformat(), "due_to": (monday + WEEK - DAY).isoformat()}
    due_next = {"due_from": (monday + WEEK).isoformat(), "due_to": (monday + 2 * WEEK - DAY).isoformat()}
    filters: dict[str, dict[str, str]] = {
        "received": week,
        "due": due | {"state": "open"},
        "due_next": due_next | {"state": "open"},
        "red": {"state": "open", "light": "red"},
        "yellow": {"state": "open", "light": "yellow"},
        "calls": {"waiting": "callback"},
    }
    if code in filters:
        return address(community=community, **filters[code])
    last = (monday + 2 * WEEK - DAY).isoformat()
    items = f"/supervision/rectification/?state=open&state=planned&community={community}&due_to={last}"
    return {"bad": "/ratings/", "items": items}.get(code, "")


DAY = WEEK / 7
