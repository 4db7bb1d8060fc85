"""What every rating brings about, whichever way it came: its row, the check of a bad one, the proposal of a card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from complaints.actions.common import refuse_if
from complaints.models import Case, PraiseProposal, Rating, RatingCheck, RatingTag
from complaints.policies import ORDINARY
from complaints.ratings import is_bad, praises, verify_by
from services.calendar import load_calendar
from services.policies import terms_at
from staff.models import Person


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a resident says. Only the two questions have to be answered."""

    solved: str
    satisfied: int
    efficiency: int | None = None
    result: int | None = None
    attitude: int | None = None
    tags: Sequence[RatingTag] = ()
    text: str = ""


def keep(case: Case, answer: Answer, *, via: str, now: datetime, supplements: Rating | None = None) -> Rating:
    """The row of a rating. Not recorded: the act does that."""
    refuse_if(
        answer.solved not in {"yes", "partly", "no"}, "no_answer", _("Please say whether it is solved."), field="solved"
    )
    for name in ("satisfied", "efficiency", "result", "attitude"):
        level = getattr(answer, name)
        missing = level is None and name == "satisfied"
        refuse_if(
            missing or (level is not None and level not in Rating.Satisfied.values),
            "no_such_level",
            _("Please choose one of the five levels."),
            field=name,
        )
    row = Rating.objects.create(
        case=case,
        cycle=supplements.cycle if supplements else case.cycle,
        solved=answer.solved,
        satisfied=answer.satisfied,
        efficiency=answer.efficiency,
        result=answer.result,
        attitude=answer.attitude,
        text=answer.text.strip(),
        at=now,
        via=via,
        rated=supplements.rated if supplements else case.responsible,
        supplements=supplements,
    )
    row.tags.set(answer.tags)
    if praises(case.kind, row.satisfied, [tag.about for tag in answer.tags]):
        propose(case, row.rated, now)
    return row


def follow_up(rating: Rating, now: datetime) -> RatingCheck | None:
    """A bad rating has to be verified by somebody else within a working day."""
    if not is_bad(rating.satisfied):
        return None
    hours = terms_at(ORDINARY, now).hours
    return RatingCheck.objects.create(rating=rating, rated=rating.rated, due_at=verify_by(now, hours, load_calendar()))


def propose(case: Case, person: Person, now: datetime) -> PraiseProposal:
    """A blue card to be decided on; proposed once per case and person."""
    row, _new = PraiseProposal.objects.get_or_create(case=case, person=person, defaults={"proposed_at": now})
    return row
