"""What became of cases in a period: limits kept or missed, and the residents' last word.

The board counts with these, and the filters of the list find with them, so a number and its list cannot differ.
The rules are those of `supervision.rates`.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from datetime import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from complaints.models import Callback, Clock, Holding, Rating
from complaints.queries import CaseQuerySet
from complaints.ratings import GOOD_FROM

KEPT, LATE = "kept", "late"
UNREACHED, UNRATED, EXCLUDED = "unreached", "unrated", "excluded"
GOOD, BAD = "good", "bad"
LEVELS = {GOOD: Q(satisfied__gte=GOOD_FROM), BAD: Q(satisfied__lt=GOOD_FROM)}

# Of a limit that has fallen due. What a clock says is final once it is stopped.
MISSED = Q(stopped_at__isnull=True) | Q(stopped_at__gt=F("due_at"))

# What an answer must hold to count: for whether it is solved any answer, for the level one that names it.
ANY, LEVEL = Q(), Q(satisfied__isnull=False)


def linked(until: datetime, case: str = "") -> Q:
    """Of a case: linked to another as a duplicate before `until`, so that it counts there and not by itself.

    What was linked later still counts by itself for a time that ended before. `case`: the way to it, such as "case__".
    """
    return Q(**{f"{case}status": "merged", f"{case}closed_at__lt": until})


def concerning(person: int | None) -> Q:
    """Of a case: what its resident said is about this person's work, so that they must not find it by the answer.

    Whose rating it is, who answered for the case when its resident was called (`answers.holder_at`), who answers now.
    """
    chain = Holding.objects.filter(case=OuterRef("case"))
    then = chain.filter(since__lt=OuterRef("at")).order_by("-since", "-pk").values("person")[:1]
    first = chain.order_by("since", "pk").values("person")[:1]
    called = Callback.objects.filter(case__in=Holding.objects.filter(person=person).values("case"))
    called = called.annotate(holder=Coalesce(Subquery(then), Subquery(first))).filter(holder=person)
    rated = Rating.objects.filter(rated=person)
    return Q(responsible=person) | Q(pk__in=rated.values("case")) | Q(pk__in=called.values("case"))


def told(since: datetime, until: datetime) -> Q:
    """Of a case: told to us from `since` and before `until`, and not linked to another by then."""
    return Q(submitted_at__gte=since, submitted_at__lt=until) & ~linked(until)


def owed(kinds: Iterable[str], since: datetime | None, until: datetime) -> Q:
    """Of a limit: it fell due from `since` and before `until`. One that a withdrawal stopped in time was not owed."""
    moot = Q(case__status="withdrawn", case__closed_at=F("stopped_at"), stopped_at__lte=F("due_at"))
    return _within("due_at", since, until) & Q(kind__in=list(kinds)) & ~moot & ~linked(until, "case__")


def concluded(since: datetime | None, until: datetime) -> Q:
    """Of a limit: its cycle was concluded in this time."""
    gone = Q(case__status__in=["withdrawn", "merged"], case__closed_at=F("stopped_at"))
    return _within("stopped_at", since, until) & Q(kind="resolution") & ~gone & ~linked(until, "case__")


def touched(since: datetime | None, until: datetime) -> Q:
    """Of a limit: it may be owed or concluded in this time. Asks the clock alone, so few cases are looked at."""
    return _within("due_at", since, until) | _within("stopped_at", since, until)


def with_verdict(
    cases: CaseQuerySet, kind: str, verdicts: Set[str], since: datetime | None, until: datetime
) -> CaseQuerySet:
    """Cases that kept every limit of this kind that fell due, or missed one."""
    due = Clock.objects.filter(owed([kind], since, until))
    if verdicts == {LATE}:
        return cases.filter(pk__in=due.filter(MISSED).values("case"))
    cases = cases.filter(pk__in=due.values("case"))
    return cases if LATE in verdicts else cases.exclude(pk__in=due.filter(MISSED).values("case"))


def with_solved(cases: CaseQuerySet, wanted: Set[str], since: datetime | None, until: datetime) -> CaseQuerySet:
    """Cases whose resident's last word is one of these; `UNREACHED`: asked for in vain."""
    found = _last(ANY, Q(solved__in=wanted - {UNREACHED}), since, until)
    if UNREACHED in wanted:
        excluded = left_out(since, until).filter(case=OuterRef("pk"))
        silent = ~_spoke(ANY, since, until) & ~Exists(excluded)
        found |= silent & Q(pk__in=tries(since, until).values("case"))
    return cases.filter(found)


def with_satisfied(cases: CaseQuerySet, wanted: Set[str], since: datetime | None, until: datetime) -> CaseQuerySet:
    """Cases by the last level given; `UNRATED`: concluded in this time, without a level."""
    levels = Q(pk__in=[])
    for name in wanted & set(LEVELS):
        levels |= LEVELS[name]
    found = _last(LEVEL, levels, since, until)
    if UNRATED in wanted:
        found |= ~_spoke(LEVEL, since, until) & Q(pk__in=Clock.objects.filter(concluded(since, until)).values("case"))
    if EXCLUDED in wanted:
        found |= Q(pk__in=left_out(since, until).values("case"))
    return cases.filter(found)


def ratings(since: datetime | None, until: datetime) -> QuerySet[Rating]:
    """Answers given as a rating: the first word on each cycle, for a supplement changes no figure."""
    kept = Q(follow_up__excluded__isnull=True) | Q(follow_up__excluded=False)  # most have no check at all
    return _rated(since, until).filter(kept)


def left_out(since: datetime | None, until: datetime) -> QuerySet[Rating]:
    """Ratings that do not count, after review."""
    return _rated(since, until).filter(follow_up__excluded=True)


def calls(since: datetime | None, until: datetime) -> QuerySet[Callback]:
    """Answers on the phone that had not become a rating by then."""
    return _called(since, until).filter(reached=True)


def tries(since: datetime | None, until: datetime) -> QuerySet[Callback]:
    return _called(since, until).filter(reached=False)


def _last(says: Q, condition: Q, since: datetime | None, until: datetime) -> Q:
    """Cases whose last answer that says it meets the condition."""
    younger = Q(at__gt=OuterRef("at")) | Q(at=OuterRef("at"), pk__gt=OuterRef("pk"))
    case = Q(case=OuterRef("case"))
    rated = ratings(since, until).filter(
        condition,
        ~Exists(ratings(since, until).filter(case, younger)),
        ~Exists(calls(since, until).filter(case, says, at__gte=OuterRef("at"))),
    )
    called = calls(since, until).filter(
        says,
        condition,
        ~Exists(calls(since, until).filter(case, says, younger)),
        ~Exists(ratings(since, until).filter(case, at__gt=OuterRef("at"))),
    )
    return Q(pk__in=rated.values("case")) | Q(pk__in=called.values("case"))


def _spoke(says: Q, since: datetime | None, until: datetime) -> Q:
    rated = ratings(since, until).filter(case=OuterRef("pk"))
    called = calls(since, until).filter(says, case=OuterRef("pk"))
    return Q(Exists(rated)) | Q(Exists(called))


def _rated(since: datetime | None, until: datetime) -> QuerySet[Rating]:
    given = Rating.objects.filter(_within("at", since, until), supplements__isnull=True)
    return given.exclude(linked(until, "case__"))


def _called(since: datetime | None, until: datetime) -> QuerySet[Callback]:
    given = Rating.objects.filter(case=OuterRef("case"), cycle=OuterRef("cycle"), supplements__isnull=True)
    rated = given.filter(at__lt=until)  # one given later must not unsay what was heard in these days
    return Callback.objects.filter(_within("at", since, until)).filter(~Exists(rated)).exclude(linked(until, "case__"))


def _within(field: str, since: datetime | None, until: datetime) -> Q:
    bounds: dict[str, Any] = {f"{field}__lt": until} | ({f"{field}__gte": since} if since else {})
    return Q(**bounds)
