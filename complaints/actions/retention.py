"""Forgetting who the residents of long closed cases were."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from complaints.models import Case, DataRequest, Forgetting, Resident, RetentionRule, TrackingCode
from complaints.retention import Rule, forget_before


def erase(cases: QuerySet[Case]) -> int:
    """Delete name, phone and address of these cases' residents, and what they wrote about them. Tells how many."""
    DataRequest.objects.filter(case__in=cases).update(text="")
    return Resident.objects.filter(case__in=cases).delete()[0]


@dataclass(frozen=True)
class Forgotten:
    kind: str
    closed_before: datetime
    residents: int
    codes: int


def forget(*, now: datetime, dry_run: bool = False) -> list[Forgotten]:
    """Delete name, phone, address and tracking code of cases closed longer ago than their kind's rule allows.

    1. The case with its text, its history and its figures stays: it names nobody by a field of its own.
    2. A case that was opened again counts from when it is closed again.
    3. Each run that found something leaves a row that says how many, not who.
    """
    rules = [Rule(row.kind, row.days, row.valid_from) for row in RetentionRule.objects.all()]
    found = [_forget_kind(kind, rules, now, dry_run) for kind in Case.Kind.values]
    return [one for one in found if one and (one.residents or one.codes)]


@transaction.atomic
def _forget_kind(kind: str, rules: list[Rule], now: datetime, dry_run: bool) -> Forgotten | None:
    before = forget_before(rules, kind, timezone.localtime(now))
    if before is None:
        return None
    residents = Resident.objects.filter(case__kind=kind, case__closed_at__lt=before)
    codes = TrackingCode.objects.filter(case__kind=kind, case__closed_at__lt=before)
    if dry_run:
        return Forgotten(kind, before, residents.count(), codes.count())
    closed = Case.objects.filter(kind=kind, closed_at__lt=before)
    gone = Forgotten(kind, before, erase(closed), codes.delete()[0])
    if gone.residents or gone.codes:
        Forgetting.objects.create(at=now, kind=kind, closed_before=before, residents=gone.residents, codes=gone.codes)
    return gone
