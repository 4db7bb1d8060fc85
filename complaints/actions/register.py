"""Registration: one road for the counter, the phone, paper entered afterwards, the API and imports of any size."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from complaints import wall
from complaints.actions.bulk import insert, insert_values, reserve
from complaints.actions.clocks import build_clocks
from complaints.actions.common import build_event, refuse_if, stamp
from complaints.chain import text_hash
from complaints.models import Callback, Case, CaseWords, Category, Clock, Event, Holding, Reply, Resident
from complaints.policies import policy_code
from complaints.words import grams
from config.lib.errors import RuleBroken
from config.lib.text import visible
from services.calendar import load_calendar
from services.clock import Calendar
from services.policies import Terms, load_terms
from staff.models import Community, Grid, Person, Street, Unit

BULK = 100


@dataclass(frozen=True)
class Answer:
    """The reply a case is registered with when it was answered on the spot or long ago."""

    text: str
    at: datetime
    outcome: str = Case.Outcome.ANSWERED
    by: Person | None = None


@dataclass(frozen=True)
class Told:
    """What the resident said when called back elsewhere, before the case came here. It never asks for a redo."""

    solved: str
    satisfied: int | None
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Registration:
    """What is known of a matter when it is logged. `submitted_at` is when the resident told it.

    `row` is the fingerprint of the source's row; every event an import makes carries it.
    `by_resident`: typed in by the resident, so history names nobody for it.
    """

    street: Street
    unit: Unit
    first_contact: Person
    kind: str
    channel: str
    title: str
    text: str
    submitted_at: datetime
    community: Community | None = None
    grid: Grid | None = None
    category: Category | None = None
    urgency: str = Case.Urgency.NORMAL
    place: str = ""
    special_group: str = ""
    identity: str = Case.Identity.NAMED
    resident_name: str = ""
    resident_phone: str = ""
    resident_address: str = ""
    backfilled: bool = False
    source: str = ""
    external_id: str = ""
    extra: dict[str, Any] = field(default_factory=dict)
    submission_key: UUID | None = None
    answer: Answer | None = None
    told: Told | None = None
    row: str = ""
    by_resident: bool = False


def register(item: Registration, *, by: Person, now: datetime) -> Case:
    """Log one case.

    1. Sent twice with the same submission key, it is the same case.
    2. The person asked first is responsible from this moment.
    3. The clocks start when the resident told it.
    Raises RuleBroken for what cannot be true.
    """
    try:
        with transaction.atomic():
            wall.widen()
            return _sent_before(item) or register_many([item], by=by, now=now)[0]
    except IntegrityError:
        with wall.office():
            known, landed = _sent_before(item), _landed_before(item)
        if known is not None:
            return known
        if landed:
            raise RuleBroken(
                "landed_before", _("A case with this number of its source is here already."), field="external_id"
            ) from None
        raise


def register_many(items: Sequence[Registration], *, by: Person, now: datetime) -> list[Case]:
    """Log any number of cases in one transaction and a fixed number of statements; all of them or none.

    The numbers are taken last, so that the counter's row is locked as briefly as possible.
    """
    for item in items:
        check(item, now)
    terms, calendar = load_terms(now), load_calendar()
    cases = [_build(item, by, now) for item in items]
    pairs = list(zip(cases, items, strict=True))
    with transaction.atomic():
        wall.widen()  # a case may be logged for a colleague, or by somebody who is not signed in
        for case, key in zip(cases, reserve(Case, len(cases)), strict=True):
            case.pk = key
        _number(cases, timezone.localdate(now))
        events = [event for case, item in pairs for event in _events(case, item, by)]
        insert(cases)
        insert([clock for case, item in pairs for clock in _clocks(case, item, _terms(item, terms), calendar)])
        insert_values(Holding, [_holding(case, item) for case, item in pairs])
        insert([_resident(case, item) for case, item in pairs if _has_resident(item)])
        insert([_reply(case, item, item.answer) for case, item in pairs if item.answer])
        insert([_callback(case, by, item.told) for case, item in pairs if item.answer and item.told])
        insert(events)
        index_words(cases)
    return cases


def check(item: Registration, now: datetime) -> None:
    """Refuse what cannot be true; every sentence names its field."""
    refuse_if(not visible(item.text), "no_text", _("Please say what it is about."), field="text")
    refuse_if(not visible(item.title), "no_title", _("Please give it a title."), field="title")
    refuse_if(item.submitted_at > now, "in_future", _("This time lies in the future."), field="submitted_at")
    refuse_if(
        item.community and item.community.street_id != item.street.pk,
        "foreign_community",
        _("This community belongs to another street."),
        field="community",
    )
    refuse_if(
        item.grid and (item.community is None or item.grid.community_id != item.community.pk),
        "foreign_grid",
        _("This grid belongs to another community."),
        field="grid",
    )
    refuse_if(
        item.unit.street_id != item.street.pk, "foreign_unit", _("This unit belongs to another street."), field="unit"
    )
    refuse_if(
        item.urgency == Case.Urgency.COMPLEX,
        "complex_needs_consent",
        _("The class of complex cases needs an approver's consent: log the case first, then ask for it."),
        field="urgency",
    )
    if item.answer:
        check_answer(item.answer, item.submitted_at, now)
    else:
        _check_at_work(item.first_contact)


def _check_at_work(person: Person) -> None:
    """What is not settled yet needs somebody who sees to it. What was told to somebody who left since may be entered."""
    refuse_if(
        person.working == Person.Working.LEFT or not person.is_active,
        "first_has_left",
        _("%(name)s does not work here any more: please choose a colleague who is at work.") % {"name": person},
        field="first_contact",
    )
    refuse_if(
        person.working == Person.Working.ON_LEAVE,
        "first_is_on_leave",
        _("%(name)s is on leave: please choose a colleague who is at work, or have the mark taken back.")
        % {"name": person},
        field="first_contact",
    )


def check_answer(answer: Answer, submitted_at: datetime, now: datetime) -> None:
    refuse_if(not visible(answer.text), "no_reply", _("Please write the reply."), field="answer")
    refuse_if(
        answer.at < submitted_at,
        "reply_before_question",
        _("The reply cannot be earlier than the question."),
        field="answer_at",
    )
    refuse_if(answer.at > now, "in_future", _("This time lies in the future."), field="answer_at")


def index_words(cases: Sequence[Case]) -> None:
    """Make the cases' words findable."""
    if len(cases) >= BULK:
        with connection.cursor() as cursor:
            # Should this be the insertion that has to merge the index's list of new words: once, not in twenty rounds.
            cursor.execute("SET LOCAL work_mem = '64MB'")
    insert_values(
        CaseWords,
        [{"case_id": case.pk, "grams": _vector(case)} for case in cases],
        on_conflict="ON CONFLICT (case_id) DO UPDATE SET grams = EXCLUDED.grams",
    )


def settle_words() -> None:
    """Merge the index's list of new words now, when nobody waits for it, and not in somebody's registration."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT linli_settle_words()")


def _vector(case: Case) -> str:
    """A tsvector as it is written: grams are letters and digits only, so nothing has to be quoted."""
    return " ".join(grams(case.title, case.place, case.text, case.number, case.external_id))


def take_numbers(street: Street, day: date, count: int) -> range:
    """The next `count` numbers of the street's day; holds the counter's row until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO complaints_casecounter (street_id, day, last) VALUES (%s, %s, %s)"
            " ON CONFLICT ON CONSTRAINT one_counter_per_street_and_day"
            " DO UPDATE SET last = complaints_casecounter.last + EXCLUDED.last RETURNING last",
            [street.pk, day, count],
        )
        last = int(cursor.fetchone()[0])
    return range(last - count + 1, last + 1)


def _sent_before(item: Registration) -> Case | None:
    if item.submission_key is None:
        return None
    return Case.objects.filter(submission_key=item.submission_key).first()


def _landed_before(item: Registration) -> bool:
    same = Case.objects.filter(street=item.street, source=item.source, external_id=item.external_id)
    return bool(item.external_id) and same.exists()


def _build(item: Registration, by: Person, now: datetime) -> Case:
    answer = item.answer
    return Case(
        street=item.street,
        community=item.community,
        grid=item.grid,
        unit=item.unit,
        first_unit=item.unit,
        kind=item.kind,
        category=item.category,
        channel=item.channel,
        urgency=item.urgency,
        status=Case.Status.CONCLUDED if answer else Case.Status.REGISTERED,
        outcome=answer.outcome if answer else Case.Outcome.NONE,
        closed_at=answer.at if answer else None,
        title=item.title.strip(),
        text=item.text.strip(),
        place=item.place.strip(),
        special_group=item.special_group,
        identity=item.identity,
        first_contact=item.first_contact,
        responsible=item.first_contact,
        submitted_at=item.submitted_at,
        registered_at=now,
        registered_by=by,
        updated_at=now,
        backfilled=item.backfilled,
        source=item.source,
        external_id=item.external_id,
        extra=item.extra,
        submission_key=item.submission_key,
    )


def _clocks(case: Case, item: Registration, terms: Terms, calendar: Calendar) -> tuple[Clock, Clock]:
    pair = build_clocks(case, terms, item.submitted_at, calendar)
    for clock in pair:
        clock.stopped_at = item.answer.at if item.answer else None
    return pair


def _holding(case: Case, item: Registration) -> dict[str, Any]:
    return {
        "case_id": case.pk,
        "person_id": item.first_contact.pk,
        "unit_id": item.unit.pk,
        "since": item.submitted_at,
        "because": Holding.Because.REGISTERED,
    }


def _has_resident(item: Registration) -> bool:
    return bool(item.resident_name or item.resident_phone or item.resident_address)


def _resident(case: Case, item: Registration) -> Resident:
    return Resident(  # type: ignore[misc] # the plugin knows columns only
        case=case, name=item.resident_name, phone=item.resident_phone, address=item.resident_address
    )


def _reply(case: Case, item: Registration, answer: Answer) -> Reply:
    return Reply(case=case, cycle=1, by=answer.by or item.first_contact, at=answer.at, text=answer.text, is_final=True)


def _callback(case: Case, by: Person, told: Told) -> Callback:
    return Callback(case=case, cycle=1, by=by, at=told.at, reached=True, solved=told.solved, satisfied=told.satisfied)


def _terms(item: Registration, terms: dict[str, Terms]) -> Terms:
    code = policy_code(item.kind, item.urgency, item.category.policy if item.category else "")
    if code not in terms:
        raise RuleBroken("no_policy", _("No time limit is in force for this kind of case."), field="category")
    return terms[code]


def _number(cases: Sequence[Case], day: date) -> None:
    by_street: dict[int, list[Case]] = defaultdict(list)
    for case in cases:
        by_street[case.street_id].append(case)
    for _street, own in sorted(by_street.items()):
        for case, number in zip(own, take_numbers(own[0].street, day, len(own)), strict=True):
            case.number = f"{case.street.code}-{day:%Y%m%d}-{number:04d}"


def _events(case: Case, item: Registration, by: Person) -> list[Event]:
    origin = {"row": item.row} if item.row else {}
    events = [
        _next_event(
            case,
            Event.Kind.REGISTERED,
            by=None if item.by_resident else by,
            at=item.submitted_at,
            first_contact=item.first_contact.pk,
            unit=item.unit.pk,
            kind=item.kind,
            channel=item.channel,
            urgency=item.urgency,
            source=item.source,
            external_id=item.external_id,
            text=text_hash(case.text),
            registered_at=stamp(case.registered_at),
            **origin,
        )
    ]
    if item.answer:
        events.append(
            _next_event(
                case,
                Event.Kind.CONCLUDED,
                by=item.answer.by or item.first_contact,
                at=item.answer.at,
                outcome=item.answer.outcome,
                reply=text_hash(item.answer.text),
                **origin,
            )
        )
    if item.answer and item.told:
        events.append(
            _next_event(
                case,
                Event.Kind.CALLED_BACK,
                by=by,
                at=item.told.at,
                solved=item.told.solved,
                satisfied=item.told.satisfied,
                redo=False,
                **origin,
            )
        )
    return events


def _next_event(case: Case, kind: Event.Kind, /, *, by: Person | None, at: datetime, **data: Any) -> Event:
    case.version += 1
    event = build_event(case, kind, by=by, at=at, **data)
    case.head = event.hash
    return event
