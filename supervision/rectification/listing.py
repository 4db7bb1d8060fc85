"""The list of items: filters, figures, lines, and the same as a table to take along."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from complaints.filters import midnight
from complaints.lights import Instants, Light, light
from services.clock import Calendar, Hours, remaining
from staff.models import Person
from staff.scope import Scope
from supervision.models import ItemStep, RectificationItem
from supervision.rates import Share
from supervision.rectification import rules
from supervision.rectification.access import standing
from supervision.rectification.forms import ItemFilter
from supervision.rectification.querysets import ItemQuerySet
from supervision.rectification.rules import Act, State, state_of

STATE_WORDS = {
    State.OPEN: gettext_lazy("set down"),
    State.PLANNED: gettext_lazy("measure planned"),
    State.REPORTED: gettext_lazy("reported done, to be verified"),
    State.VERIFIED: gettext_lazy("verified, to be signed off"),
    State.SIGNED_OFF: gettext_lazy("signed off"),
    State.WITHDRAWN: gettext_lazy("withdrawn"),
}
NEXT_WORDS = {
    Act.PLAN: gettext_lazy("Plan the measure"),
    Act.REPORT: gettext_lazy("Put it right and report it done"),
    Act.VERIFY: gettext_lazy("Look whether it is put right"),
    Act.SIGN_OFF: gettext_lazy("Sign off or send back"),
}


@dataclass(frozen=True)
class Line:
    """One item as the list shows it. `left`: seconds of office time to `due`; `next`: the viewer's own next step."""

    item: RectificationItem
    state: str
    light: str
    stopped: bool
    ended: bool
    left: int | None
    next: str
    recurred_at: datetime | None


@dataclass(frozen=True)
class Figures:
    pending: int
    red: int
    yellow: int
    mine: int
    signed_off: int
    recurred: int

    def rebound(self, minimum: int) -> Share:
        return rules.rebound(self.recurred, self.signed_off, minimum)


def filtered(query: QueryDict, scope: Scope, now: datetime) -> tuple[ItemFilter, ItemQuerySet]:
    """The form with its errors, and the items of the scope it lets through; none when a filter makes no sense."""
    form = ItemFilter(query)
    items = RectificationItem.objects.visible_to(scope)
    return form, narrow(items, form.cleaned_data, scope, now) if form.is_valid() else items.none()


def narrow(items: ItemQuerySet, given: Mapping[str, Any], scope: Scope, now: datetime) -> ItemQuerySet:
    items = _by_state(items, set(given["state"]))
    for name in ("source", "community", "unit"):
        if given[name]:
            items = items.filter(**{f"{name}__in": given[name]})
    if given["light"]:
        items = items.lit(now, *given["light"])
    if given["only"] == "mine":
        items = items.open().waiting_for(scope)
    elif given["only"] == "recurred":
        items = items.recurred()
    if given["set_from"]:
        items = items.filter(set_at__gte=midnight(given["set_from"]))
    if given["set_to"]:
        items = items.filter(set_at__lt=midnight(given["set_to"] + timedelta(days=1)))
    if given["due_to"]:
        items = items.filter(due_at__lt=midnight(given["due_to"] + timedelta(days=1)))
    for word in given["q"].split():
        items = items.filter(
            Q(number__icontains=word) | Q(problem__icontains=word) | Q(reference=word) | Q(case__number=word.upper())
        )
    return items


def _by_state(items: ItemQuerySet, states: set[str]) -> ItemQuerySet:
    if not states:
        return items
    exact = states - {"pending"}
    if "pending" not in states:
        return items.in_state(*exact)
    return items.in_state(*{*exact, "open", "planned", "reported", "verified"})


def figures(scope: Scope, now: datetime) -> Figures:
    """Of all items in sight, in three queries. A relapse is looked for among those signed off."""
    seen = RectificationItem.objects.visible_to(scope)
    running = Q(reported_at__isnull=True)
    counts = (
        seen.open()
        .with_light(now)
        .aggregate(
            pending=Count("pk"),
            red=Count("pk", filter=running & Q(light=Light.RED)),
            yellow=Count("pk", filter=running & Q(light=Light.YELLOW)),
        )
    )
    ended = (
        seen.signed_off()
        .with_relapse()
        .aggregate(signed_off=Count("pk"), recurred=Count("pk", filter=Q(recurred_at__isnull=False)))
    )
    return Figures(**counts, **ended, mine=seen.open().waiting_for(scope).count())


def light_of(item: RectificationItem, now: datetime) -> Light:
    stopped = item.reported_at or item.withdrawn_at
    return light(Instants(item.due_at, item.yellow_at, stopped_at=stopped), now)


def lines(ids: list[int], person: Person, now: datetime, hours: Hours, calendar: Calendar) -> list[Line]:
    """The lines of these items in the given order, in one query."""
    found = {item.pk: item for item in RectificationItem.objects.for_rows().with_relapse().filter(pk__in=ids)}
    return [line_of(found[pk], person, now, hours, calendar) for pk in ids if pk in found]


def line_of(item: RectificationItem, person: Person, now: datetime, hours: Hours, calendar: Calendar) -> Line:
    state = state_of(item)
    running = state in {State.OPEN, State.PLANNED}
    return Line(
        item=item,
        state=str(STATE_WORDS[state]),
        light=light_of(item, now) if state != State.WITHDRAWN else "",
        stopped=not running,
        ended=state == State.SIGNED_OFF,
        left=remaining(now, item.due_at, hours, calendar) if running else None,
        next=next_words(item, person),
        recurred_at=getattr(item, "recurred_at", None),
    )


def next_words(item: RectificationItem, person: Person) -> str:
    """What this person is waited for; nothing where it is somebody else's turn."""
    who, state = standing(person, item), state_of(item)
    mine = rules.acts(state, who)
    if state in {State.OPEN, State.PLANNED}:
        return str(NEXT_WORDS[Act.REPORT]) if who.responsible else ""
    wanted = Act.VERIFY if state == State.REPORTED else Act.SIGN_OFF
    return str(NEXT_WORDS[wanted]) if wanted in mine else ""


def problem_of(item: RectificationItem) -> str:
    return _("(deleted when its time was over)") if item.is_forgotten else item.problem


HEADINGS = [
    gettext_lazy("Number"),
    gettext_lazy("Source"),
    gettext_lazy("Number at the source"),
    gettext_lazy("Community"),
    gettext_lazy("Responsible unit"),
    gettext_lazy("Responsible person"),
    gettext_lazy("Problem"),
    gettext_lazy("Cause"),
    gettext_lazy("Measure"),
    gettext_lazy("Category"),
    gettext_lazy("Case number"),
    gettext_lazy("Set at"),
    gettext_lazy("Due"),
    gettext_lazy("Light"),
    gettext_lazy("State"),
    gettext_lazy("Reported done"),
    gettext_lazy("Verified"),
    gettext_lazy("Verified by"),
    gettext_lazy("Signed off"),
    gettext_lazy("Signed off by"),
    gettext_lazy("Came back at"),
]
LIGHT_WORDS = {"red": gettext_lazy("red"), "yellow": gettext_lazy("yellow"), "green": gettext_lazy("green")}


def table(items: ItemQuerySet, now: datetime, *, as_text: bool) -> Iterator[list[Any]]:
    """The headings and one row per item. `as_text`: instants as text, for CSV."""
    yield [str(heading) for heading in HEADINGS]
    rows = items.for_rows().select_related("verified_by", "signed_by").with_relapse().order_by("-set_at", "-pk")
    for item in rows.iterator(chunk_size=500):
        instants = [item.set_at, item.due_at, item.reported_at, item.verified_at, item.signed_at]
        instants.append(getattr(item, "recurred_at", None))
        set_at, due_at, reported, verified, signed, recurred = (_cell(at, as_text=as_text) for at in instants)
        yield [
            item.number,
            item.get_source_display(),
            item.reference,
            str(item.community or ""),
            str(item.unit),
            str(item.responsible),
            problem_of(item),
            item.cause,
            item.measure,
            item.category.path if item.category else "",
            item.case.number if item.case else "",
            set_at,
            due_at,
            str(LIGHT_WORDS.get(light_of(item, now), "")),
            str(STATE_WORDS[state_of(item)]),
            reported,
            verified,
            str(item.verified_by or ""),
            signed,
            str(item.signed_by or ""),
            recurred,
        ]


def _cell(at: datetime | None, *, as_text: bool) -> Any:
    if at is None:
        return ""
    local = timezone.localtime(at).replace(tzinfo=None, microsecond=0)
    return f"{local:%Y-%m-%d %H:%M:%S}" if as_text else local


def entries(item: RectificationItem) -> list[dict[str, Any]]:
    """The steps as a time line, the newest first, each with its files."""
    icons = {
        ItemStep.Kind.OPENED: "flag",
        ItemStep.Kind.PLANNED: "list-check",
        ItemStep.Kind.REPORTED: "check2",
        ItemStep.Kind.VERIFIED: "eye",
        ItemStep.Kind.SENT_BACK: "arrow-counterclockwise",
        ItemStep.Kind.SIGNED_OFF: "check2-circle",
        ItemStep.Kind.REASSIGNED: "person",
        ItemStep.Kind.WITHDRAWN: "x-lg",
    }
    tones = {ItemStep.Kind.SIGNED_OFF: "good", ItemStep.Kind.SENT_BACK: "bad", ItemStep.Kind.WITHDRAWN: "quiet"}
    return [
        {
            "at": step.at,
            "who": str(step.by),
            "text": step.get_kind_display(),
            "body": step.text,
            "icon": icons[ItemStep.Kind(step.kind)],
            "tone": tones.get(ItemStep.Kind(step.kind), ""),
            "files": [
                {"name": file.name, "url": f"{item.get_absolute_url()}files/{file.pk}/", "size": file.size}
                for file in step.files.all()
                if file.file
            ],
        }
        for step in item.steps.select_related("by").prefetch_related("files").order_by("-pk")
    ]


def steps(item: RectificationItem) -> list[dict[str, Any]]:
    """The four steps of every item, for the row of steps on top of its page."""
    state = state_of(item)
    order = [
        (pgettext("step", "Set down"), item.set_at),
        (pgettext("step", "Report it done"), item.reported_at),
        (pgettext("step", "Verify"), item.verified_at),
        (pgettext("step", "Sign off"), item.signed_at),
    ]
    reached = sum(at is not None for _label, at in order)
    if state == State.WITHDRAWN:
        return [{"label": label, "state": "done", "at": at} for label, at in order if at] + [
            {"label": _("Withdrawn"), "state": "done", "at": item.withdrawn_at}
        ]
    return [
        {"label": label, "at": at, "state": "done" if n < reached else "now" if n == reached else "next"}
        for n, (label, at) in enumerate(order)
    ]
