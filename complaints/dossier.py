"""All that hangs on one case, fetched in a fixed number of queries, and what follows from it by reckoning."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import BooleanField, F, IntegerField, Prefetch, QuerySet, Value, prefetch_related_objects
from django.db.models.functions import Coalesce
from django.utils import timezone

from complaints import handover as chains
from complaints.acts import Facts
from complaints.answers import hears, holder_at
from complaints.directory import suggested_unit
from complaints.lights import is_paused
from complaints.models import (
    Attachment,
    Callback,
    Case,
    Clock,
    Consent,
    ContactLog,
    Event,
    Handover,
    Holding,
    JointTask,
    Message,
    Note,
    Objection,
    Reply,
    Return,
)
from complaints.queries import ANSWERED, SPOKE
from complaints.ratings import tells_who_rated
from complaints.rights import Standing
from complaints.rows import hours_of_clock, standing_in
from services.calendar import load_calendar
from services.clock import Calendar, Pause, elapsed
from staff.models import Person, Unit


class Said(NamedTuple):
    """One row of what was said, sent back or added, whichever table it lies in; unused columns are empty."""

    what: str
    row: int
    on: datetime
    who: int
    words: str
    word: str
    number: int
    more: int
    flag: bool
    other: bool


class Share(NamedTuple):
    """A link of the responsibility chain with the running time it lasted. `part` is a percentage of the whole."""

    holding: Holding
    until: datetime | None
    seconds: int
    part: int


@dataclass
class Dossier:
    case: Case
    now: datetime
    calendar: Calendar
    standing: Standing
    clocks: list[Clock]
    handovers: list[Handover]
    holdings: list[Holding]
    tasks: list[JointTask]
    consents: list[Consent]
    objections: list[Objection]
    events: list[Event]
    said: dict[str, list[Said]]
    people: dict[int, Person]
    suggestion: Unit | None = None
    _said: dict[tuple[str, int], Said] = field(init=False)

    def __post_init__(self) -> None:
        self._said = {(row.what, row.row): row for rows in self.said.values() for row in rows}

    def words_of(self, what: str, row: int | None) -> Said | None:
        return self._said.get((what, row or 0))

    def clock(self, kind: str) -> Clock | None:
        return next((c for c in self.clocks if c.kind == kind and c.cycle == self.case.cycle), None)

    @property
    def offer(self) -> Handover | None:
        return next((row for row in self.handovers if row.verdict == ""), None)

    @property
    def open_consent(self) -> Consent | None:
        return next((row for row in self.consents if row.verdict == ""), None)

    @property
    def objection(self) -> Objection | None:
        return next((row for row in self.objections if row.decided_at is None), None)


def open_dossier(case: Case, person: Person, now: datetime) -> Dossier:
    """`case` comes from `access.case_for`. Leaves on it what `rows` and `next_step` read."""
    calendar = load_calendar()
    prefetch_related_objects([case], *_parts())
    row: Any = case
    clocks = sorted(row.clocks.all(), key=lambda clock: (clock.cycle, clock.kind))
    handovers, tasks = list(row.handovers.all()), list(row.joint_tasks.all())
    consents, objections = list(row.consents.all()), list(row.objections.all())
    asked = next((consent for consent in consents if consent.verdict == ""), None)
    row.open_offers = [offer for offer in handovers if offer.verdict == ""]
    row.open_tasks = [task for task in tasks if task.done_at is None]
    row.consent_kind, row.consent_asked_by = (asked.kind, asked.asked_by_id) if asked else (None, None)
    row.resident_spoke = unanswered(row.events.all())
    row.objected = any(objection.decided_at is None for objection in objections)
    said = _said(case)
    who = standing_in(case, person.scope())
    holdings = list(row.holdings.all())
    said["callback"] = _heard(said["callback"], who, person, holdings)
    found = Dossier(
        case=case,
        now=now,
        calendar=calendar,
        standing=who,
        clocks=clocks,
        handovers=handovers,
        holdings=holdings,
        tasks=tasks,
        consents=consents,
        objections=objections,
        events=[event for event in row.events.all() if not tells_who_rated(event.kind, event.data)],
        said=said,
        people=Person.objects.in_bulk({entry.who for rows in said.values() for entry in rows}),
    )
    if _may_be_dispatched(found):
        found.suggestion = suggested_unit(case, timezone.localdate(now))
    return found


def _heard(calls: list[Said], who: Standing, person: Person, holdings: list[Holding]) -> list[Said]:
    """Calls back, without the answer where it is not for this person."""
    held = [(holding.since, holding.person_id) for holding in holdings]
    return [
        call
        if hears(who, asked=call.who == person.pk, rated=holder_at(call.on, held) == person.pk)
        else call._replace(word="", more=0, words="")
        for call in calls
    ]


def facts(found: Dossier, person: Person) -> Facts:
    """What rules acts out, from the rows at hand."""
    case, now = found.case, found.now
    resolution, response = found.clock(Clock.Kind.RESOLUTION), found.clock(Clock.Kind.RESPONSE)
    offer, objection = found.offer, found.objection
    extended = any(
        c.kind == Consent.Kind.EXTENSION and c.verdict == "approved" and c.cycle == case.cycle for c in found.consents
    )
    called_back = any(row.flag and row.number == case.cycle for row in found.said["callback"])
    return Facts(
        chain=chains.Chain(
            unit=case.unit_id,
            first_unit=case.first_unit_id,
            responsible=case.responsible_id,
            offered=offer.to_unit_id if offer else None,
            offered_person=offer.to_person_id if offer else None,
            returned=frozenset(row.number for row in found.said["return"]),
            objected=objection is not None,
            adjudicated=case.adjudicated,
        ),
        own_objection=objection is not None and objection.by_id == person.pk,
        consent_open=found.open_consent is not None,
        joint_open=any(task.done_at is None for task in found.tasks),
        paused=resolution is not None and is_paused(resolution, now),
        overdue=resolution is not None and now > resolution.due_at,
        extendable=resolution is not None and resolution.policy.extension > 0 and not extended,
        complex=case.urgency == Case.Urgency.COMPLEX,
        response_waits=response is not None and response.stopped_at is None,
        callback_waits=case.callback_wanted and not called_back,
        called_back=called_back,
        suggested=found.suggestion is not None,
    )


def shares(found: Dossier) -> list[Share]:
    """Each holder's running time: outside pauses, and only while a cycle of the case was open."""
    cycles = [(clock, _pauses(found, clock.cycle)) for clock in found.clocks if clock.kind == Clock.Kind.RESOLUTION]
    ends = [holding.since for holding in found.holdings[1:]]
    rows = []
    for holding, until in zip(found.holdings, [*ends, None], strict=True):
        seconds = sum(_held(holding.since, until or found.now, c, p, found) for c, p in cycles)
        rows.append((holding, until, seconds))
    whole = sum(seconds for _holding, _until, seconds in rows)
    return [Share(*row, part=round(100 * row[2] / whole) if whole else 100 // len(rows)) for row in rows]


def unanswered(newest_first: Iterable[Event]) -> str | None:
    """What the resident did last, "said" or "urged", when nobody has answered since; `queries.for_rows` in Python."""
    for event in newest_first:
        if event.kind in SPOKE:
            return str(event.kind)
        if event.kind in ANSWERED and (event.kind != Event.Kind.CONTACTED or event.data.get("reached")):
            return None
    return None


def _held(since: datetime, until: datetime, clock: Clock, pauses: Iterable[Pause], found: Dossier) -> int:
    begin, end = max(since, clock.started_at), min(until, clock.stopped_at or found.now)
    if end <= begin:
        return 0
    return elapsed(begin, end, hours_of_clock(clock), found.calendar, list(pauses))


def _pauses(found: Dossier, cycle: int) -> list[Pause]:
    granted = (row for row in found.consents if row.cycle == cycle and row.verdict == "approved")
    return [(row.starts_at, row.ends_at) for row in granted if row.starts_at is not None]


def _may_be_dispatched(found: Dossier) -> bool:
    """The directory is asked while the case is where it was logged and nobody decided otherwise."""
    case, who = found.case, found.standing
    mine = who.responsible or who.first_contact or who.leads or who.oversees
    at_home = case.unit_id == case.first_unit_id and not case.adjudicated and not found.handovers
    return mine and at_home and case.is_open and found.objection is None


def _parts() -> list[Prefetch[Any]]:
    rows: list[QuerySet[Any]] = [
        Clock.objects.select_related("policy__schedule", "policy__policy"),
        Handover.objects.select_related("giver", "offered_by", "to_unit", "to_person", "decided_by").order_by(
            "offered_at", "id"
        ),
        Holding.objects.select_related("person", "unit").order_by("since", "id"),
        JointTask.objects.select_related("unit", "asked_by", "done_by").order_by("asked_at", "id"),
        Consent.objects.select_related("asked_by", "decided_by").order_by("asked_at", "id"),
        Objection.objects.select_related("unit", "by", "decided_by", "decided_unit").order_by("at", "id"),
        Event.objects.select_related("by").order_by("-seq"),
    ]
    names = ["clocks", "handovers", "holdings", "joint_tasks", "consents", "objections", "events"]
    return [Prefetch(name, queryset=queryset) for name, queryset in zip(names, rows, strict=True)]


def _said(case: Case) -> dict[str, list[Said]]:
    """Contacts, notes, replies, callbacks, messages, returns, files and duplicates in one query."""
    shaped = [
        _shape(ContactLog, case, "contact", word=F("way"), number=F("cycle"), flag=F("reached"),
               other=F("substantive")),
        _shape(Note, case, "note"),
        _shape(Reply, case, "reply", number=F("cycle"), flag=F("is_final")),
        _shape(Callback, case, "callback", word=F("solved"), number=F("cycle"), flag=F("reached"),
               more=Coalesce(F("satisfied"), 0)),
        _shape(Return, case, "return", words=F("reason"), word=F("unit__name"), number=F("unit_id")),
        _shape(Message, case, "message", who=Value(0, IntegerField()), number=F("cycle")),
        _shape(Attachment, case, "file", who=Coalesce(F("by_id"), 0), words=F("name"), word=F("content_type"), number=F("size")),
        _shape(
            Case, case, "duplicate", key="duplicate_of", on=F("submitted_at"), who=F("responsible_id"),
            words=F("title"), word=F("number"),
        ),
    ]  # fmt: skip
    found: dict[str, list[Said]] = {
        name: [] for name in ("contact", "note", "reply", "callback", "message", "return", "file", "duplicate")
    }
    for row in shaped[0].union(*shaped[1:], all=True):
        found[row[0]].append(Said(*row))
    for rows in found.values():
        rows.sort(key=lambda row: (row.on, row.row), reverse=True)
    return found


def _shape(model: Any, case: Case, what: str, key: str = "case", **columns: Any) -> Any:
    columns = {
        "on": F("at"),
        "who": F("by_id"),
        "words": F("text"),
        "word": Value(""),
        "number": Value(0, IntegerField()),
        "more": Value(0, IntegerField()),
        "flag": Value(False, BooleanField()),
        "other": Value(False, BooleanField()),
    } | columns
    named = {f"said_{name}": column for name, column in columns.items()}
    rows = model.objects.filter(**{key: case}).order_by().annotate(said_what=Value(what), **named)
    names = ["said_what", "pk", *(f"said_{name}" for name in Said._fields[2:])]
    return rows.values_list(*names)
