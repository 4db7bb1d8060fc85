"""What pages show of ratings: to the resident, and to those whose work was rated."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Subquery

from complaints.answers import follows
from complaints.forms.rating import RatingForm
from complaints.models import Callback, Case, Rating, RatingCheck, RatingReminder, Resident
from complaints.queries import CaseQuerySet
from complaints.ratings import Progress, State, Tally, is_bad, state_of, tally
from complaints.rights import Standing
from staff.models import Person


def rating_context(case: Case, now: datetime, data: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """For `public/rating.html`: `rating` the one given, `rating_form` while one may be given, `check` what came of it.

    `data` is what was sent and refused.
    """
    rating = rating_of(case)
    check = check_of(rating) if rating else None
    form = RatingForm(data) if may_rate(case, rating) or may_supplement(rating, check) else None
    return {
        "case": case,
        "now": now,
        "rating": rating,
        "rating_check": check,
        "rating_form": form,
        "rating_mark": mark_of(case, rating),
        "rating_supplement": Rating.objects.filter(supplements=rating).first() if rating else None,
        "rating_asked": rating is None and RatingReminder.objects.filter(case=case, cycle=case.cycle).exists(),
    }


def mark_of(case: Case, rating: Rating | None) -> str:
    """What a form on the page is about: the rating of a cycle, or the word added to one."""
    return f"add-{rating.cycle}" if rating else f"rate-{case.cycle}"


def rating_of(case: Case) -> Rating | None:
    """The last one given: of this cycle, or of the one before while it is done once more."""
    rows = Rating.objects.filter(case=case, supplements__isnull=True).order_by("-cycle")
    wanted = rows.filter(cycle=case.cycle) if not case.is_open else rows.filter(cycle__gte=case.cycle - 1)
    return wanted.first()


def check_of(rating: Rating) -> RatingCheck | None:
    return RatingCheck.objects.filter(rating=rating).first()


def may_rate(case: Case, rating: Rating | None) -> bool:
    return case.status == Case.Status.CONCLUDED and rating is None


def may_supplement(rating: Rating | None, check: RatingCheck | None) -> bool:
    """Once, after the resident was told what came of the bad rating."""
    if rating is None or check is None or check.told_at is None:
        return False
    return not Rating.objects.filter(supplements=rating).exists()


def progress_of(check: RatingCheck) -> Progress:
    return Progress(
        outcome=check.outcome,
        excluded=check.excluded,
        fixed=check.fixed_at is not None,
        told=check.told_at is not None,
        closed=check.closed_at is not None,
    )


def where(check: RatingCheck) -> State:
    return state_of(progress_of(check))


def tally_of(cases: CaseQuerySet, now: datetime) -> Tally:
    """The ratings of cases concluded within the last thirty days; those that were left out are no ratings."""
    given = Rating.objects.filter(case=OuterRef("pk"), cycle=OuterRef("cycle"), supplements__isnull=True)
    counted = given.exclude(follow_up__excluded=True).values("satisfied")[:1]
    recent = cases.filter(status=Case.Status.CONCLUDED, closed_at__gt=now - timedelta(days=30))
    return tally(recent.annotate(level=Subquery(counted)).values_list("level", flat=True))


def to_ask(cases: CaseQuerySet) -> CaseQuerySet:
    """Cases whose resident was reminded to rate, has a phone, and has neither rated nor been called."""
    asked = RatingReminder.objects.filter(case=OuterRef("pk"), cycle=OuterRef("cycle"))
    given = Rating.objects.filter(case=OuterRef("pk"), cycle=OuterRef("cycle"))
    called = Callback.objects.filter(case=OuterRef("pk"), cycle=OuterRef("cycle"))
    waiting = cases.filter(Exists(asked), ~Exists(given), ~Exists(called), status=Case.Status.CONCLUDED)
    return waiting.filter(pk__in=Resident.objects.exclude(phone="").values("case")).order_by("closed_at")


def ratings_shown(case: Case, who: Standing, person: Person) -> list[dict[str, Any]]:
    """Level and words for those who follow bad ratings up, never of their own work.

    Whoever was rated would know from the case whose words they are.
    """
    if not follows(who):
        return []
    rows = Rating.objects.filter(case=case).exclude(rated=person).order_by("cycle", "id").prefetch_related("tags")
    return [
        {
            "pk": row.pk,
            "cycle": row.cycle,
            "level": row.get_satisfied_display(),
            "solved": row.get_solved_display(),
            "tags": list(row.tags.all()),
            "text": row.text,
            "added": row.supplements_id is not None,
            "bad": is_bad(row.satisfied),
        }
        for row in rows
    ]
