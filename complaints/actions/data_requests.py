"""What residents may ask about their own data, and how the office decides. Events name the row, never its words.

Knowing number and code is the proof; nobody is asked for papers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from complaints.actions.common import lock, record, refuse_if, said
from complaints.actions.retention import erase
from complaints.models import Attachment, Case, DataRequest, Event, Message, Resident
from complaints.queries import CaseQuerySet
from staff.models import Person

DECIDED_WITHIN = timedelta(days=15)
COPIES_A_DAY = 10
Kind, Verdict = DataRequest.Kind, DataRequest.Verdict


@dataclass(frozen=True)
class OwnData:
    """All the office keeps that a resident gave."""

    name: str
    phone: str
    address: str
    text: str
    place: str
    messages: list[Message]
    photos: list[Attachment]


@transaction.atomic
def copy(case: Case, *, now: datetime) -> OwnData:
    """Shown at once. That it was asked for is kept, what was shown is not."""
    case = lock(case)
    lately = DataRequest.objects.filter(case=case, kind=Kind.COPY, asked_at__gt=now - timedelta(days=1))
    refuse_if(
        lately.count() >= COPIES_A_DAY,
        "too_many_copies",
        _("You have looked at your data many times today. Please come back tomorrow."),
    )
    row = DataRequest.objects.create(
        case=case, kind=Kind.COPY, asked_at=now, due_at=now, verdict=Verdict.GRANTED, decided_at=now
    )
    record(case, Event.Kind.DATA_SHOWN, by=None, now=now, request=row.pk)
    resident = Resident.objects.filter(case=case).first()
    return OwnData(
        name=resident.name if resident else "",
        phone=resident.phone if resident else "",
        address=resident.address if resident else "",
        text=case.text,
        place=case.place,
        messages=list(Message.objects.filter(case=case)),
        photos=list(Attachment.objects.filter(case=case, by__isnull=True)),
    )


@transaction.atomic
def ask(case: Case, *, now: datetime, kind: str, text: str = "") -> DataRequest:
    """Ask for a correction or for the deletion; decided within fifteen days."""
    case = lock(case)
    refuse_if(kind not in {Kind.CORRECTION, Kind.DELETION}, "no_such_request", _("Please choose what you ask for."))
    refuse_if(
        DataRequest.objects.filter(case=case, kind=kind, verdict="").exists(),
        "asked_already",
        _("You have asked for this already; it is being decided."),
    )
    refuse_if(
        kind == Kind.DELETION and not keeps_something(case),
        "nothing_kept",
        _("We keep no name, no phone and no address of you with this matter: there is nothing to delete."),
    )
    words = said(text) if kind == Kind.CORRECTION else text.strip()
    row = DataRequest.objects.create(case=case, kind=kind, asked_at=now, due_at=now + DECIDED_WITHIN)
    if words:  # sealed for its row, so the row has to be there first
        row.text = words
        row.save(update_fields=["text"])
    record(case, Event.Kind.DATA_ASKED, by=None, now=now, request=row.pk, what=str(kind))
    return row


@transaction.atomic
def decide(
    request: DataRequest,
    *,
    by: Person,
    now: datetime,
    grant: bool,
    reason: str = "",
    name: str | None = None,
    phone: str | None = None,
    address: str | None = None,
) -> DataRequest:
    """Grant or refuse.

    1. The secretary of the community and the street's supervisors decide.
    2. No without a reason; the resident reads it.
    3. A granted deletion erases name, phone and address. The case and its history stay.
    4. A granted correction changes what was given here, or says where it was changed.
    """
    case = lock(request.case)
    if not decided_by(by).filter(pk=case.pk).exists():
        raise PermissionDenied(_("Requests about personal data are decided by secretaries and supervisors."))
    row = DataRequest.objects.select_for_update().get(pk=request.pk)
    refuse_if(row.verdict, "decided_already", _("Somebody has decided this before you."))
    row.reason = reason.strip() if grant else said(reason, field="reason")
    row.verdict = Verdict.GRANTED if grant else Verdict.REFUSED
    row.decided_by, row.decided_at = by, now
    changed: list[str] = []
    if grant and row.kind == Kind.CORRECTION:
        changed = _correct(case, {"name": name, "phone": phone, "address": address})
        refuse_if(
            not changed and not row.reason,
            "nothing_changed",
            _("Nothing was changed above: write here what was corrected, and where."),
            field="reason",
        )
    row.save(update_fields=["verdict", "decided_by", "decided_at", "reason"])
    if grant and row.kind == Kind.DELETION:
        erase(Case.objects.filter(pk=case.pk))
        case.callback_wanted = False  # there is nobody to call any more
    record(
        case,
        Event.Kind.DATA_DECIDED,
        by=by,
        now=now,
        request=row.pk,
        what=row.kind,
        verdict=str(row.verdict),
        changed=changed,
    )
    return DataRequest.objects.get(pk=row.pk)


def keeps_something(case: Case) -> bool:
    resident = Resident.objects.filter(case=case).first()
    return resident is not None and bool(resident.name or resident.phone or resident.address)


def decided_by(person: Person) -> CaseQuerySet:
    """The cases whose requests this person decides."""
    scope = person.scope()
    if not scope.has("secretary", "supervisor"):
        return Case.objects.none()
    return Case.objects.visible_to(scope).led_by(scope)


def _correct(case: Case, given: dict[str, str | None]) -> list[str]:
    if case.identity == Case.Identity.ANONYMOUS:
        return []  # who is behind it is not written down, not even by way of a correction
    resident = Resident.objects.filter(case=case).first() or Resident(case=case)
    new = {column: text.strip() for column, text in given.items() if text is not None}
    changed = sorted(column for column, text in new.items() if getattr(resident, column) != text)
    for column in changed:
        setattr(resident, column, new[column])
    if changed:
        resident.save()
    return changed
