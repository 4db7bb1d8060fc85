"""Correcting what is known of a case, and adding files."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from complaints.actions import clocks
from complaints.actions.common import record, refuse_if, said, stamp, take
from complaints.actions.register import index_words
from complaints.models import Attachment, Case, Event, Resident
from complaints.states import Act
from config.lib.errors import RuleBroken
from staff.models import Person

FACTS = ("title", "text", "place", "community", "grid", "kind", "category", "urgency", "special_group", "identity")
RESIDENT = {"resident_name": "name", "resident_phone": "phone", "resident_address": "address"}


@transaction.atomic
def edit(case: Case, *, by: Person, now: datetime, version: int, **facts: Any) -> Case:
    """Correct facts (keys of FACTS and RESIDENT).

    1. Nothing changed: nothing is recorded.
    2. Another kind, category or urgency may bring another time limit; it counts from the same start.
    3. Nobody gives their own case a later limit, and complex cases need a consent.
    The event names the changed facts, never their values.
    """
    case, who = take(case, Act.EDIT, by=by, version=version)
    facts = {name: fact.strip() if isinstance(fact, str) else fact for name, fact in facts.items()}
    changed = [name for name in FACTS if name in facts and getattr(case, name) != facts[name]]
    resident = Resident.objects.filter(case=case).first() or Resident(case=case)
    changed += [n for n, column in RESIDENT.items() if n in facts and getattr(resident, column) != facts[n]]
    if not changed:
        return case
    refuse_if(
        "urgency" in changed and facts["urgency"] == Case.Urgency.COMPLEX,
        "complex_needs_consent",
        _("The class of complex cases needs an approver's consent: ask for it."),
        field="urgency",
    )
    for name in changed:
        if name in FACTS:
            setattr(case, name, facts[name])
        else:
            setattr(resident, RESIDENT[name], facts[name])
    case.title, case.text = said(case.title, field="title"), said(case.text)
    _check_place(case)
    if any(name in RESIDENT for name in changed):
        resident.save()
    data: dict[str, Any] = {"changed": sorted(changed)}
    if {"kind", "category", "urgency"} & set(changed) and case.cycle == 1:
        data |= _new_limit(case, own=who.responsible)
    record(case, Event.Kind.EDITED, by=by, now=now, **data)
    if {"title", "text", "place"} & set(changed):
        index_words([case])
    return case


@transaction.atomic
def attach(
    case: Case, *, by: Person, now: datetime, file: UploadedFile[bytes], name: str, content_type: str
) -> Attachment:
    """Keep a file with the case. The door has checked what it is."""
    case, _who = take(case, Act.ATTACH, by=by)
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    row = Attachment.objects.create(
        case=case,
        file=file,
        name=name[:120],
        content_type=content_type,
        size=file.size or 0,
        sha256=digest.hexdigest(),
        by=by,
        at=now,
    )
    record(case, Event.Kind.ATTACHED, by=by, now=now, attachment=row.pk, sha256=row.sha256)
    return row


def _check_place(case: Case) -> None:
    if case.community and case.community.street_id != case.street_id:
        raise RuleBroken("foreign_community", _("This community belongs to another street."), field="community")
    if case.grid and case.grid.community_id != case.community_id:
        raise RuleBroken("foreign_grid", _("This grid belongs to another community."), field="grid")


def _new_limit(case: Case, *, own: bool) -> dict[str, Any]:
    before = clocks.current(case)["resolution"]
    terms = clocks.terms_for(case, case.registered_at)
    if terms.version_id == before.policy_id:
        return {}
    after = clocks.recompute(case, terms=terms)
    refuse_if(
        own and after.due_at > before.due_at,
        "longer_limit_needs_another",
        _("This would give you a later limit. Ask your secretary or the supervisor to make the change."),
        field="kind",
    )
    return {"old_due_at": stamp(before.due_at), "due_at": stamp(after.due_at)}
