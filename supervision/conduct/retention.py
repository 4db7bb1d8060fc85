"""Forgetting what was said in reports on conduct that ended long ago, and who said it.

The number, the dates, the kind and the outcome stay, and so does whom it is about: the circle stays closed to them. The
events stay as proof that the report was dealt with; they hold row ids and hashes only.
"""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from complaints.models import RetentionRule
from complaints.retention import Rule, forget_before, in_force
from supervision.conduct import access
from supervision.conduct.actions import record
from supervision.models import (
    ConductEvent,
    ConductMessage,
    ConductPhoto,
    ConductReport,
    Finding,
    Recusal,
    ReporterIdentity,
)

KIND = "conduct"


def forget_conduct(*, now: datetime, dry_run: bool = False) -> int:
    """Forget reports that ended, or were held for the district, longer ago than the rule allows. Tells how many.

    1. The reporter's name, contact and code, and every photo, are deleted.
    2. What was told, the talk, findings and reasons are emptied; an empty `code_hash` marks a forgotten report.
    3. Its chain gets one event more.
    """
    before = kept_until(now)
    found = _old(before) if before else []
    for pk in [] if dry_run else found:
        _forget(pk, now)
    return len(found)


def kept_until(now: datetime) -> datetime | None:
    """Reports that ended before this instant are forgotten. None: no rule is in force, keep."""
    return forget_before(_rules(), KIND, timezone.localtime(now))


def kept_days() -> int | None:
    """What is promised to reporters today."""
    rule = in_force(_rules(), KIND, timezone.localdate())
    return rule.days if rule else None


def _rules() -> list[Rule]:
    return [Rule(row.kind, row.days, row.valid_from) for row in RetentionRule.objects.all()]


def _old(before: datetime) -> list[int]:
    """Ids only, through a function of the database: without a circle nobody reads the table itself."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT report FROM linli_conduct_ended(%s)", [before])
        return [report for (report,) in cursor.fetchall()]


@transaction.atomic
def _forget(pk: int, now: datetime) -> None:
    access.open_circle([pk])
    report = ConductReport.objects.select_for_update().get(pk=pk)
    ReporterIdentity.objects.filter(report=report).delete()
    ConductPhoto.objects.filter(report=report).delete()
    ConductMessage.objects.filter(report=report).update(text="")
    Finding.objects.filter(report=report).update(text="")
    Recusal.objects.filter(report=report).update(reason="")
    report.text = report.who = report.happened = report.place = report.summary = ""
    report.code_hash = ""
    record(report, ConductEvent.Kind.FORGOTTEN, by=None, now=now)
