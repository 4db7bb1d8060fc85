"""Every act on a rectification item: refuse, do, write the step down."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from complaints.actions.common import refuse_if, said
from complaints.models import Case, Category
from config.lib.errors import RuleBroken
from services.calendar import load_calendar
from services.models import Schedule
from staff.models import Community, Person, Street, Unit
from staff.queries import handlers
from supervision.models import (
    Dismissal,
    ItemCounter,
    ItemFile,
    ItemStep,
    RectificationItem,
    RectificationRule,
)
from supervision.rectification import rules
from supervision.rectification.access import may_set, standing, verifiers
from supervision.rectification.proposals import proposal_of
from supervision.rectification.rules import POSSIBLE, Act, Terms, state_of
from supervision.rectification.telling import tell

Kind = ItemStep.Kind
MOST_DAYS = 120


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What is known of a problem when it is set down. `due_at`: a day promised elsewhere already; `days` another limit."""

    street: Street
    source: str
    problem: str
    unit: Unit
    responsible: Person
    community: Community | None = None
    case: Case | None = None
    category: Category | None = None
    cause: str = ""
    measure: str = ""
    reference: str = ""
    origin: str = ""
    days: int | None = None
    due_at: datetime | None = None


@dataclass(frozen=True)
class Evidence:
    """A file the door has checked."""

    file: UploadedFile[Any]
    name: str
    content_type: str


def set_down(what: Setting, *, by: Person, now: datetime) -> RectificationItem:
    """Set a problem down with a person and a day. Sent twice from one proposal, it is one item.

    1. The person works for the street, the unit and the community lie in it.
    2. Due is the rule's number of working days away, unless a day was promised already.
    3. The number is taken last: no gaps.
    """
    try:
        with transaction.atomic():
            return _known(what) or _set_down(what, by, now)
    except IntegrityError:
        known = _known(what)
        if known is None:
            raise
        return known


def take_up(origin: str, *, by: Person, now: datetime) -> RectificationItem:
    """One click: the proposal becomes an item with all that is known of it."""
    found = proposal_of(by, origin) if origin else None
    if found is None:
        known = RectificationItem.objects.visible_to(by.scope()).filter(origin=origin).exclude(origin="").first()
        if known is not None:
            return known
        raise RuleBroken("no_proposal", _("Somebody has decided on this proposal already."))
    return set_down(found.setting(), by=by, now=now)


@transaction.atomic
def dismiss(origin: str, *, by: Person, now: datetime, reason: str) -> Dismissal:
    """No item of it, for a reason. It is not proposed again."""
    why = said(reason, field="reason")
    found = proposal_of(by, origin)
    refuse_if(found is None, "no_proposal", _("Somebody has decided on this proposal already."))
    assert found is not None
    row, new = Dismissal.objects.get_or_create(
        origin=origin, defaults={"street": found.street, "case": found.case, "reason": why, "by": by, "at": now}
    )
    refuse_if(not new, "no_proposal", _("Somebody has decided on this proposal already."))
    return row


@transaction.atomic
def plan(item: RectificationItem, *, by: Person, now: datetime, measure: str, cause: str = "") -> RectificationItem:
    """Say why it happened and what will be done. Optional; may be said anew until it is reported done."""
    item = _take(item, Act.PLAN, by)
    item.measure, item.cause = said(measure, field="measure"), cause.strip()
    item.planned_at = now
    _keep(item, Kind.PLANNED, by, now, "\n".join(part for part in (item.cause, item.measure) if part))
    return item


@transaction.atomic
def report(
    item: RectificationItem, *, by: Person, now: datetime, text: str, files: Sequence[Evidence] = ()
) -> RectificationItem:
    """It is done, in a few words; files only where somebody wants to. The light keeps the colour of this moment."""
    item = _take(item, Act.REPORT, by)
    item.reported_at, item.reported_by, item.next_turn_at = now, by, None
    step = _keep(item, Kind.REPORTED, by, now, said(text))
    for file in files:
        _attach(step, file)
    return item


@transaction.atomic
def verify(item: RectificationItem, *, by: Person, now: datetime, text: str) -> RectificationItem:
    """Seen by somebody else, of another unit where there is one, and so that a third person is left to sign off."""
    item = _take(item, Act.VERIFY, by)
    people = verifiers(item)
    own_unit = any(one.person == by.pk and one.in_unit for one in people)
    refuse_if(
        own_unit and rules.has_another_unit(people),
        "same_unit",
        _("Somebody of another unit verifies this: nobody checks their own house."),
    )
    refuse_if(
        rules.leaves_no_signer(by.pk, people),
        "no_signer_left",
        _("Nobody else would be left to sign off: let the secretary verify, and sign off yourself."),
    )
    item.verified_at, item.verified_by = now, by
    _keep(item, Kind.VERIFIED, by, now, said(text))
    return item


@transaction.atomic
def sign_off(item: RectificationItem, *, by: Person, now: datetime, text: str = "") -> RectificationItem:
    """销号: a third person closes it. From now on a relapse is watched for."""
    item = _take(item, Act.SIGN_OFF, by)
    item.signed_at, item.signed_by = now, by
    item.watched_until = now + timedelta(days=rule_at(timezone.localdate(now)).recurrence_days)
    _keep(item, Kind.SIGNED_OFF, by, now, text.strip())
    return item


@transaction.atomic
def send_back(item: RectificationItem, *, by: Person, now: datetime, text: str) -> RectificationItem:
    """Not put right yet: the clock runs on as if it had never been reported done."""
    item = _take(item, Act.SEND_BACK, by)
    item.reported_at = item.reported_by = item.verified_at = item.verified_by = None
    item.next_turn_at = now
    step = _keep(item, Kind.SENT_BACK, by, now, said(text))
    tell(item, step, now)
    return item


@transaction.atomic
def reassign(
    item: RectificationItem, *, by: Person, now: datetime, responsible: Person, unit: Unit, text: str
) -> RectificationItem:
    """Another person answers for it. The day stays."""
    item = _take(item, Act.REASSIGN, by)
    _check_people(item.street, item.community, unit, responsible)
    refuse_if(
        responsible.pk == item.responsible_id and unit.pk == item.unit_id,
        "same_person",
        _("This person answers for it already."),
        field="responsible",
    )
    item.responsible, item.unit = responsible, unit
    step = _keep(item, Kind.REASSIGNED, by, now, _("To %(name)s: %(why)s") % {"name": responsible, "why": said(text)})
    tell(item, step, now)
    return item


@transaction.atomic
def withdraw(item: RectificationItem, *, by: Person, now: datetime, text: str) -> RectificationItem:
    """It was no problem, or is no longer one: out of the list and out of every rate, with the reason kept."""
    item = _take(item, Act.WITHDRAW, by)
    item.withdrawn_at, item.withdrawn_by, item.next_turn_at = now, by, None
    _keep(item, Kind.WITHDRAWN, by, now, said(text))
    return item


def rule_at(day: date) -> RectificationRule:
    found = RectificationRule.objects.filter(valid_from__lte=day).first()
    if found is None:
        raise RuleBroken("no_rule", _("No rule of rectification is in force."))
    return found


# Helpers


def _known(what: Setting) -> RectificationItem | None:
    return RectificationItem.objects.filter(origin=what.origin).first() if what.origin else None


def _set_down(what: Setting, by: Person, now: datetime) -> RectificationItem:
    if not may_set(by, what.street.pk, what.source):
        raise PermissionDenied(_("Items are set down by street supervisors."))
    refuse_if(
        what.source not in RectificationItem.Source.values,
        "no_source",
        _("Please choose where it comes from."),
        field="source",
    )
    refuse_if(
        what.days is not None and not 1 <= what.days <= MOST_DAYS,
        "no_such_day",
        _("Please set 1 to %(most)d working days.") % {"most": MOST_DAYS},
        field="days",
    )
    _check_people(what.street, what.community, what.unit, what.responsible)
    refuse_if(
        what.case is not None and what.case.street_id != what.street.pk,
        "foreign_case",
        _("This case belongs to another street."),
        field="case",
    )
    rule = rule_at(timezone.localdate(now))
    yellow_at, due_at, provisional = _instants(rule, what, now)
    item = RectificationItem(
        street=what.street,
        source=what.source,
        origin=what.origin,
        reference=what.reference,
        community=what.community,
        unit=what.unit,
        case=what.case,
        category=what.category,
        problem=said(what.problem, field="problem"),
        cause=what.cause.strip(),
        measure=what.measure.strip(),
        responsible=what.responsible,
        set_by=by,
        set_at=now,
        rule=rule,
        yellow_at=yellow_at,
        due_at=due_at,
        provisional=provisional,
        next_turn_at=now,
        planned_at=now if what.measure.strip() else None,
    )
    item.number = _number(what.street, timezone.localdate(now).year)
    item.save(force_insert=True)
    step = ItemStep.objects.create(item=item, kind=Kind.OPENED, at=now, by=by, text=item.problem)
    tell(item, step, now)
    return item


def _instants(rule: RectificationRule, what: Setting, now: datetime) -> tuple[datetime | None, datetime, bool]:
    hours, calendar = Schedule.objects.get(code="office").hours(), load_calendar()
    terms = Terms(rule.days, rule.yellow_left)
    if what.due_at is None or what.due_at <= now:  # a promise broken already gets the ordinary time
        return rules.instants(terms, now, hours, calendar, what.days)
    yellow_at, _due, provisional = rules.instants(terms, now, hours, calendar)
    return (min(yellow_at, what.due_at) if yellow_at else None), what.due_at, provisional


def _number(street: Street, year: int) -> str:
    ItemCounter.objects.get_or_create(street=street, year=year)
    counter = ItemCounter.objects.select_for_update().get(street=street, year=year)
    counter.last += 1
    counter.save(update_fields=["last"])
    return f"整改〔{year}〕{counter.last}号"


def _check_people(street: Street, community: Community | None, unit: Unit, responsible: Person) -> None:
    refuse_if(
        community is not None and community.street_id != street.pk,
        "foreign_community",
        _("This community belongs to another street."),
        field="community",
    )
    refuse_if(unit.street_id != street.pk, "foreign_unit", _("This unit belongs to another street."), field="unit")
    refuse_if(
        not handlers(street.pk).filter(pk=responsible.pk).exists(),
        "foreign_person",
        _("This person does not work for the street."),
        field="responsible",
    )


def _take(item: RectificationItem, act: Act, by: Person) -> RectificationItem:
    """The item under a row lock, when its state and the person's standing allow the act."""
    RectificationItem.objects.select_for_update().values_list("pk").get(pk=item.pk)
    item = RectificationItem.objects.for_rows().get(pk=item.pk)
    if not rules.may(act, standing(by, item)):
        raise PermissionDenied(_("Somebody else has to take this step: nobody checks their own work."))
    state = state_of(item)
    refuse_if(act not in POSSIBLE[state], "wrong_state", _("This step has been taken, or is not due yet."))
    if act not in rules.acts(state, standing(by, item)):
        raise PermissionDenied(_("Somebody else has to take this step: nobody checks their own work."))
    return item


def _keep(item: RectificationItem, kind: str, by: Person, now: datetime, text: str) -> ItemStep:
    item.save()
    return ItemStep.objects.create(item=item, kind=kind, at=now, by=by, text=text)


def _attach(step: ItemStep, evidence: Evidence) -> ItemFile:
    digest = hashlib.sha256()
    for chunk in evidence.file.chunks():
        digest.update(chunk)
    return ItemFile.objects.create(
        step=step,
        file=evidence.file,
        name=evidence.name[:120],
        content_type=evidence.content_type,
        size=evidence.file.size or 0,
        sha256=digest.hexdigest(),
    )
