"""Following the source of an imported case, as long as nobody here has worked on it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from complaints.actions import clocks
from complaints.actions.common import lock, record, refuse_if
from complaints.actions.register import Answer, Told, check_answer, index_words
from complaints.chain import text_hash
from complaints.models import Callback, Case, Event, Reply
from staff.models import Person

FOLLOWED = ("title", "text", "place", "extra")


def last_rows(cases: Iterable[int]) -> dict[int, str]:
    """The fingerprint of the source's row that each case was last brought up to."""
    events = Event.objects.filter(case__in=cases, data__has_key="row").order_by("case", "-seq").distinct("case")
    return dict(events.values_list("case", "data__row"))


@transaction.atomic
def follow_source(
    case: Case,
    *,
    by: Person,
    now: datetime,
    row: str,
    facts: dict[str, Any],
    answer: Answer | None = None,
    told: Told | None = None,
) -> bool:
    """Bring an untouched case up to its source's row; tells whether anything changed.

    1. Refused once anybody here has worked on the case: what people did comes before what a table says.
    2. Changed facts (keys of FOLLOWED) are taken over.
    3. A reply that has arrived concludes an open case at its true time.
    """
    case = lock(case)
    refuse_if(
        Event.objects.filter(case=case, data__has_key="row").count() != case.version,
        "worked_on",
        _("Somebody has worked on this case since: it was left as it is."),
    )
    changed = [name for name in FOLLOWED if name in facts and getattr(case, name) != facts[name]]
    if changed:
        for name in changed:
            setattr(case, name, facts[name])
        record(case, Event.Kind.EDITED, by=by, now=now, changed=changed, row=row)
        if changed != ["extra"]:
            index_words([case])
    if answer and case.is_open:
        check_answer(answer, case.submitted_at, now)
        _conclude(case, answer, told, by, now, row)
        return True
    return bool(changed)


def _conclude(case: Case, answer: Answer, told: Told | None, by: Person, now: datetime, row: str) -> None:
    replier = answer.by or case.responsible
    Reply.objects.create(case=case, cycle=case.cycle, by=replier, at=answer.at, text=answer.text, is_final=True)
    clocks.stop(case, answer.at)
    case.status, case.outcome, case.closed_at = Case.Status.CONCLUDED, answer.outcome, answer.at
    record(
        case,
        Event.Kind.CONCLUDED,
        by=replier,
        now=now,
        at=answer.at,
        outcome=answer.outcome,
        reply=text_hash(answer.text),
        row=row,
    )
    if told:
        Callback.objects.create(
            case=case, cycle=case.cycle, by=by, at=told.at, reached=True, solved=told.solved, satisfied=told.satisfied
        )
        record(
            case,
            Event.Kind.CALLED_BACK,
            by=by,
            now=now,
            at=told.at,
            solved=told.solved,
            satisfied=told.satisfied,
            redo=False,
            row=row,
        )
