"""Forgetting who the residents of long closed cases were, and all that was written in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from complaints.models import (
    Attachment,
    Callback,
    Case,
    CaseWords,
    Consent,
    ContactLog,
    DataRequest,
    Forgetting,
    Handover,
    JointTask,
    Message,
    Note,
    Objection,
    PraiseProposal,
    Rating,
    RatingCheck,
    Reply,
    Resident,
    RetentionRule,
    Return,
    TrackingCode,
)
from complaints.retention import Rule, forget_before
from services.actions_guide import forget_words

AT_ONCE = 500

# Everything people write about a case: where its case stands, and its columns of text.
WORDS: dict[type[Model], tuple[str, ...]] = {
    Message: ("text",),
    Reply: ("text",),
    ContactLog: ("text",),
    Note: ("text",),
    Callback: ("text",),
    Rating: ("text",),
    RatingCheck: ("finding", "grounds", "fixed", "told", "said"),
    PraiseProposal: ("reason",),
    Consent: ("text", "told", "decision_text"),
    Handover: ("reason", "decision_text"),
    Return: ("reason",),
    Objection: ("reason", "decision_text"),
    JointTask: ("task", "result"),
    DataRequest: ("reason",),
}
CASE_OF: dict[type[Model], str] = {RatingCheck: "rating__case"}


def erase(cases: QuerySet[Case]) -> int:
    """Delete name, phone and address of these cases' residents, and what they wrote about them. Tells how many."""
    DataRequest.objects.filter(case__in=cases).update(text="")
    return Resident.objects.filter(case__in=cases).delete()[0]


@dataclass(frozen=True)
class Forgotten:
    """`cases` lost their words, `files` are gone from disk."""

    kind: str
    closed_before: datetime
    residents: int
    codes: int
    cases: int = 0
    files: int = 0

    @property
    def anything(self) -> bool:
        return bool(self.residents or self.codes or self.cases or self.files)


def forget(*, now: datetime, dry_run: bool = False) -> list[Forgotten]:
    """Forget cases closed longer ago than their kind's rule allows.

    1. Name, phone, address, tracking code, photos and files, search words are deleted.
    2. Every text is replaced by a sentence that says so; an empty `text` marks a case that was forgotten.
    3. Kind, category, place in the office, people of the office, instants, verdicts, levels and reasons ticked stay:
       they are what figures are made of. Events stay as they are: they hold numbers and hashes, no words.
    4. A case that was opened again counts from when it is closed again.
    5. Each batch leaves a row that says how many, not who.
    """
    rules = [Rule(row.kind, row.days, row.valid_from) for row in RetentionRule.objects.all()]
    found = [_forget_kind(kind, rules, now, dry_run) for kind in Case.Kind.values]
    return [one for one in found if one and one.anything]


def forget_guide_words(*, now: datetime, dry_run: bool = False) -> int:
    """What readers wrote under the service guide goes by the rule for all kinds. Tells how many."""
    rules = [Rule(row.kind, row.days, row.valid_from) for row in RetentionRule.objects.all()]
    before = forget_before(rules, "", timezone.localtime(now))
    return 0 if before is None else forget_words(before.date(), dry_run=dry_run)


def _forget_kind(kind: str, rules: list[Rule], now: datetime, dry_run: bool) -> Forgotten | None:
    before = forget_before(rules, kind, timezone.localtime(now))
    if before is None:
        return None
    closed = Case.objects.filter(kind=kind, closed_at__lt=before)
    if dry_run:
        return Forgotten(kind, before, *_counts(closed))
    done = [0, 0, 0, 0]
    while some := list(_remembered(closed)[:AT_ONCE]):
        done = [sum(pair) for pair in zip(done, _forget_some(some, kind, before, now), strict=True)]
    return Forgotten(kind, before, *done)


def _remembered(closed: QuerySet[Case]) -> QuerySet[Case, int]:
    """Numbers of the cases there is still something to forget of."""
    return closed.exclude(text="").order_by("pk").values_list("pk", flat=True)


def _counts(closed: QuerySet[Case]) -> Sequence[int]:
    mine: dict[str, Any] = {"case__in": closed.exclude(text="")}
    models = (Resident, TrackingCode, Attachment)
    residents, codes, files = (model._default_manager.filter(**mine).count() for model in models)
    return residents, codes, closed.exclude(text="").count(), files


@transaction.atomic
def _forget_some(some: list[int], kind: str, before: datetime, now: datetime) -> Sequence[int]:
    """Files go first: a run that dies in between finds their rows again and goes on."""
    cases = Case.objects.filter(pk__in=some)
    files = list(Attachment.objects.filter(case__in=some))
    for row in files:
        row.file.delete(save=False)
    Attachment.objects.filter(case__in=some).delete()
    CaseWords.objects.filter(case__in=some).delete()
    residents, (codes, _per_model) = erase(cases), TrackingCode.objects.filter(case__in=some).delete()
    with translation.override(settings.LANGUAGE_CODE):
        gone = _("(deleted when its time was over)")
    for model, columns in WORDS.items():
        rows = model._default_manager.filter(**{f"{CASE_OF.get(model, 'case')}__in": some})
        for column in columns:
            rows.exclude(**{column: ""}).update(**{column: gone})
    cases.update(title=gone, text="", place="", extra={}, submission_key=None)
    counts = {"residents": residents, "codes": codes, "cases": len(some), "files": len(files)}
    Forgetting.objects.create(at=now, kind=kind, closed_before=before, **counts)
    return tuple(counts.values())
