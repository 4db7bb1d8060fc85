"""Every act on a report on conduct: refuse, do, record one event. Run inside a transaction that has opened the report."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, models, transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from complaints.actions.bulk import reserve
from complaints.actions.common import said
from complaints.actions.resident import CODE_SHOWN_FOR
from complaints.chain import Link, link_hash, text_hash
from config.lib import codes
from config.lib.errors import RuleBroken
from config.lib.photos import Photo
from services.calendar import load_calendar
from services.policies import promise, terms_at
from staff.models import Community, Person, Post, Street, Unit
from staff.queries import current
from supervision.conduct import access, leaders, rules
from supervision.conduct.leaders import Leader, Match, squeezed
from supervision.conduct.rules import Act, Part
from supervision.models import (
    AccessLog,
    Accused,
    CircleMember,
    ConductEvent,
    ConductMessage,
    ConductPhoto,
    ConductReport,
    Finding,
    Recusal,
    ReporterIdentity,
    StreetLeader,
)

Kind, Status, Identity = ConductEvent.Kind, ConductReport.Status, ConductReport.Identity
POLICY = "conduct"


@dataclass(frozen=True)
class Submission:
    """What a resident tells. `once` is the key of the form with what it says: sent twice, it is one report with one code.
    `no_leader`: they were asked and say that it is not about a leader of the street."""

    once: str
    street: Street
    text: str
    community: Community | None = None
    unit: Unit | None = None
    who: str = ""
    category: str = ConductReport.Category.OTHER
    happened: str = ""
    place: str = ""
    identity: str = Identity.ANONYMOUS
    name: str = ""
    contact: str = ""
    photos: Sequence[Photo] = ()
    no_leader: bool = False


@dataclass(frozen=True)
class Receipt:
    """`code` is None when the form was sent before and the code has been shown long enough."""

    report: ConductReport
    code: str | None
    held: bool


def leads(who: str, *others: str) -> Match:
    """Whether it is about a leader of a street. Asked before anything is stored."""
    known = StreetLeader.objects.values_list("name", "title")
    return leaders.about_leader(who, others, [Leader(name, title) for name, title in known])


@transaction.atomic
def submit(told: Submission, *, now: datetime) -> Receipt:
    """1. the same form sent again leads to the same report; 2. a leader's report is refused, nothing is kept;
    3. the report, whom it is about, who tells it, the photos; 4. held when nobody here may look at it."""
    match = leads(told.who, told.text, told.place, told.happened)
    if match is Match.SURE or (match is Match.GUESS and not told.no_leader):
        raise RuleBroken("about_leader", _("This is for the district discipline inspection; nothing was stored here."))
    once, code = hashlib.sha256(told.once.encode()).hexdigest(), code_of(told.once)
    one_at_a_time(told.once)
    known = sent_before(told.once, now=now)
    if known is not None:
        return known
    report = _new(told, once, code, now)
    _whom(report, told, now)
    if told.identity != Identity.ANONYMOUS and (told.name or told.contact):
        reporter = ReporterIdentity(report=report)
        reporter.name, reporter.contact = told.name, told.contact
        reporter.save(force_insert=True)
    for photo in told.photos:
        row = ConductPhoto(pk=_reserve(ConductPhoto), report=report)
        row.picture = base64.b64encode(photo.data).decode()
        row.save(force_insert=True)
    record(report, Kind.SUBMITTED, by=None, now=now, photos=len(told.photos), text=text_hash(told.text))
    return Receipt(report, code, _hold_if_nobody_left(report, now))


def one_at_a_time(key: str) -> None:
    """Copies of a form wait for each other, to the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int(hashlib.sha256(key.encode()).hexdigest()[:15], 16)])


@transaction.atomic
def sent_before(once: str, *, now: datetime) -> Receipt | None:
    """The receipt of the report that came with this key; the code for some minutes only."""
    known = access.door(once=hashlib.sha256(once.encode()).hexdigest())
    if known is None:
        return None
    access.open_circle([known.report])
    report = ConductReport.objects.get(pk=known.report)
    fresh = now - report.received_at < CODE_SHOWN_FOR
    return Receipt(report, code_of(once) if fresh else None, access.is_held(report))


@transaction.atomic
def accept(report: ConductReport, *, by: Person, now: datetime, text: str) -> None:
    """The notice of acceptance; the reporter reads it with number and code."""
    report = _take(report, Act.ACCEPT, by)
    message = _message(report, by, now, said(text))
    report.status, report.accepted_at = Status.ACCEPTED, now
    record(report, Kind.ACCEPTED, by=by, now=now, message=message.pk, text=text_hash(message.text))


@transaction.atomic
def say(report: ConductReport, *, by: Person, now: datetime, text: str) -> None:
    report = _take(report, Act.SAY, by)
    message = _message(report, by, now, said(text))
    record(report, Kind.SAID, by=by, now=now, message=message.pk, text=text_hash(message.text))


@transaction.atomic
def answer(report: ConductReport, *, now: datetime, text: str) -> None:
    """The reporter adds something; they have shown number and code. Nothing says who they are."""
    report = _lock(report)
    message = _message(report, None, now, said(text))
    record(report, Kind.ANSWERED, by=None, now=now, message=message.pk, text=text_hash(message.text))


@transaction.atomic
def find(report: ConductReport, *, by: Person, now: datetime, category: str, text: str) -> None:
    report = _take(report, Act.FIND, by)
    row = Finding(pk=_reserve(Finding), report=report, by=by, at=now, category=category)
    row.text = said(text)
    row.save(force_insert=True)
    record(report, Kind.FOUND, by=by, now=now, finding=row.pk, category=category, text=text_hash(row.text))


@transaction.atomic
def name(report: ConductReport, *, by: Person, now: datetime, person: Person) -> None:
    """Say whom it is about. That person and their colleagues lose any sight of it at once, `by` included."""
    report = _take(report, Act.NAME, by)
    _of_the_street(report, person)
    _row, new = Accused.objects.get_or_create(report=report, person=person, defaults={"since": now})
    if not new:
        raise RuleBroken("named_before", _("%(name)s is named already.") % {"name": person}, field="person")
    record(report, Kind.NAMED, by=by, now=now, person=person.pk)
    _hold_if_nobody_left(report, now)


@transaction.atomic
def add(report: ConductReport, *, by: Person, now: datetime, person: Person) -> None:
    """Ask a colleague to help; never one who is concerned."""
    report = _take(report, Act.ADD, by)
    _of_the_street(report, person)
    facts = access.facts_of(report)
    if rules.biased(access.looker(person), facts):
        raise RuleBroken(
            "biased",
            _("%(name)s is concerned by this report and cannot help with it.") % {"name": person},
            field="person",
        )
    if person.pk in facts.circle:
        raise RuleBroken("in_circle", _("%(name)s helps already.") % {"name": person}, field="person")
    CircleMember.objects.create(report=report, person=person, added_by=by, since=now)
    record(report, Kind.ADDED, by=by, now=now, person=person.pk)


@transaction.atomic
def remove(report: ConductReport, *, by: Person, now: datetime, person: Person) -> None:
    report = _take(report, Act.REMOVE, by)
    ended = CircleMember.objects.filter(report=report, person=person, until__isnull=True).update(until=now)
    if not ended:
        raise RuleBroken("not_in_circle", _("%(name)s does not help with this report.") % {"name": person})
    record(report, Kind.REMOVED, by=by, now=now, person=person.pk)


@transaction.atomic
def recuse(report: ConductReport, *, by: Person, now: datetime, reason: str) -> None:
    """Step aside for good. The report is gone for `by` from here on."""
    report = _take(report, Act.RECUSE, by)
    row = Recusal(pk=_reserve(Recusal), report=report, person=by, at=now)
    row.reason = said(reason, field="reason")
    row.save(force_insert=True)
    CircleMember.objects.filter(report=report, person=by, until__isnull=True).update(until=now)
    record(report, Kind.RECUSED, by=by, now=now, person=by.pk, text=text_hash(row.reason))
    _hold_if_nobody_left(report, now)


@transaction.atomic
def open_identity(report: ConductReport, *, by: Person, now: datetime, reason: str) -> ReporterIdentity:
    """The only way to the reporter's name. The reason is kept, and the reporter sees that it was opened."""
    report = _take(report, Act.IDENTITY, by)
    why = said(reason, field="reason")
    found = ReporterIdentity.objects.filter(report=report).first()
    if found is None:
        raise RuleBroken("no_identity", _("This report carries no name; ask through the messages."), field="reason")
    look(report, by=by, now=now, what=AccessLog.What.IDENTITY, reason=why)
    record(report, Kind.IDENTITY_OPENED, by=by, now=now, text=text_hash(why))
    return found


@transaction.atomic
def conclude(
    report: ConductReport, *, by: Person, now: datetime, outcome: str, summary: str, severity: str = ""
) -> None:
    """The result, told to the reporter at once. The measure that follows from the severity is a proposal only."""
    report = _take(report, Act.CONCLUDE, by)
    severity = "grave" if outcome == ConductReport.Outcome.REFERRED else severity
    if outcome not in rules.outcomes(report.status):
        raise RuleBroken(
            "not_examined",
            _("Accept it first: before it is examined it can only be sent where it belongs."),
            field="outcome",
        )
    if not rules.severity_fits(outcome, severity):
        raise RuleBroken(
            "severity", _("Choose how grave it is when it is true or partly true, and only then."), field="severity"
        )
    report.summary = said(summary, field="summary")
    report.status, report.outcome, report.severity, report.concluded_at = Status.CONCLUDED, outcome, severity, now
    record(
        report,
        Kind.CONCLUDED,
        by=by,
        now=now,
        outcome=outcome,
        severity=severity,
        proposal=str(rules.proposal(severity) or ""),
        text=text_hash(report.summary),
    )


def look(
    report: ConductReport, *, by: Person, now: datetime, what: str = AccessLog.What.REPORT, reason: str = ""
) -> None:
    """One row of the access log. Adds nothing to the report's history."""
    row = AccessLog(pk=_reserve(AccessLog), report=report, person=by, at=now, what=what)
    row.reason = reason
    row.save(force_insert=True)


# Leaders of the street


@transaction.atomic
def add_leader(street: Street, *, by: Person, name: str, title: str) -> StreetLeader:
    _officer_of(street.pk, by)
    if StreetLeader.objects.filter(street=street, name=name).exists():
        raise RuleBroken("leader_known", _("%(name)s is on the list already.") % {"name": name}, field="name")
    return StreetLeader.objects.create(street=street, name=name, title=title)


@transaction.atomic
def remove_leader(leader: StreetLeader, *, by: Person) -> None:
    _officer_of(leader.street_id, by)
    leader.delete()


def _officer_of(street: int, by: Person) -> None:
    if street not in access.looker(by).officer_of:
        raise Http404


# The code


def code_of(once: str) -> str:
    """The secret code of a report: from the form's random key and the deployment's, so that a form sent twice shows one
    receipt although only the hash of the code is kept."""
    key = hashlib.sha256(f"linli conduct code {settings.SECRET_KEY}".encode()).digest()
    number = int.from_bytes(hmac.digest(key, once.encode(), "sha256"), "big")
    signs = ""
    for _place in range(codes.RANDOM_SIGNS):
        number, value = divmod(number, len(codes.SIGNS))
        signs += codes.SIGNS[value]
    return codes.shown(signs + codes.check_sign(signs))


def report_with(number: str, code: str) -> ConductReport | None:
    """The report this number and code open, opened for reading. Unknown number and wrong code cost the same."""
    typed = codes.typed(code)
    if typed is None:
        return None
    wanted = number.strip().upper()
    found = access.door(number=wanted) if 0 < len(wanted) <= 20 and wanted.isprintable() else None
    if not codes.matches(found.code_hash if found else None, typed) or found is None:
        return None
    access.open_circle([found.report])
    return ConductReport.objects.get(pk=found.report)


def report_shown(number: str) -> ConductReport | None:
    """The report whose code was checked a moment ago."""
    found = access.door(number=number)
    if found is None:
        return None
    access.open_circle([found.report])
    return ConductReport.objects.get(pk=found.report)


# Helpers


def _new(told: Submission, once: str, code: str, now: datetime) -> ConductReport:
    times = promise(terms_at(POLICY, now), now, load_calendar())
    if times.due_at is None:
        raise RuleBroken("no_policy", _("No time limit is in force for this kind of case."))
    report = ConductReport(
        pk=_reserve(ConductReport),
        number=_number(now),
        code_hash=codes.hashed(code),
        once=once,
        street=told.street,
        community=told.community,
        unit=told.unit,
        category=told.category,
        identity=told.identity,
        received_at=now,
        yellow_at=times.yellow_at,
        notice_due_at=times.due_at,
        due_is_provisional=times.provisional,
    )
    report.text = said(told.text)
    report.who, report.happened, report.place = told.who, told.happened, told.place
    access.open_circle([report.pk])  # PostgreSQL lets nobody insert what they could not read
    report.save(force_insert=True)
    return report


def _number(now: datetime) -> str:
    """A random one: counting on would tell how many reports there are."""
    while True:
        number = f"ZF{timezone.localdate(now):%Y}-{secrets.randbelow(10**6):06d}"
        if access.door(number=number) is None:
            return number


def _whom(report: ConductReport, told: Submission, now: datetime) -> None:
    """Everybody of the street who is named in “about whom”, and discipline officers named anywhere in the report.

    Better one too many: who is taken for somebody concerned only loses a sight they might have had.
    """
    described = squeezed(told.who)
    everything = f"{described}\n{squeezed(told.text)}"
    people = Post.objects.filter(street=told.street).values_list("person", "person__name", "role").distinct()
    named = {
        person
        for person, name, role in people
        if len(plain := squeezed(name)) > 1 and plain in (everything if role == Post.Role.DISCIPLINE else described)
    }
    Accused.objects.bulk_create([Accused(report=report, person_id=person, since=now) for person in sorted(named)])


def _hold_if_nobody_left(report: ConductReport, now: datetime) -> bool:
    if not rules.nobody_left(access.officers(report.street_id), access.facts_of(report)):
        return False
    report.status = Status.NEEDS_DISTRICT
    record(report, Kind.HELD, by=None, now=now)
    return True


def _take(report: ConductReport, act: Act, by: Person) -> ConductReport:
    """The report under a row lock, when `by` may do this now. 404 for those it does not exist for."""
    report = _lock(report)
    part = access.standing(by, report)
    if part is Part.NONE:
        raise Http404
    if not rules.may(act, part):
        raise RuleBroken("not_yours", _("This step is for the discipline officer."))
    if not rules.possible(act, report.status):
        raise RuleBroken(
            "wrong_state",
            _("The report is “%(status)s”: this step is not possible now.") % {"status": report.get_status_display()},
        )
    return report


def _lock(report: ConductReport) -> ConductReport:
    return ConductReport.objects.select_for_update().get(pk=report.pk)


def _of_the_street(report: ConductReport, person: Person) -> None:
    if not current(Post.objects.filter(person=person, street=report.street_id)).exists():
        raise RuleBroken("not_here", _("%(name)s does not work for this street.") % {"name": person}, field="person")


def _message(report: ConductReport, by: Person | None, now: datetime, text: str) -> ConductMessage:
    message = ConductMessage(pk=_reserve(ConductMessage), report=report, by=by, at=now)
    message.text = text
    message.save(force_insert=True)
    return message


def record(report: ConductReport, kind: str, /, *, by: Person | None, now: datetime, **data: Any) -> None:
    """Adds the event to the report's chain and saves the report with it."""
    report.version += 1
    link = Link(report.number, report.version, str(kind), now, timezone.now(), by.pk if by else None, data)
    event = ConductEvent(
        report=report,
        seq=link.seq,
        kind=kind,
        at=now,
        recorded_at=link.recorded_at,
        by=by,
        data=data,
        prev=report.head,
        hash=link_hash(report.head, link),
    )
    report.head = event.hash
    report.save()
    event.save(force_insert=True)


def _reserve(model: type[models.Model]) -> int:
    """A primary key before the row is there: sealing and row level security both need to know it."""
    return reserve(model, 1)[0]
