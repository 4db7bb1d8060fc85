"""The rates of an area and of each place in it, with the cases behind every number."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from complaints import outcomes
from complaints.filters import address
from complaints.models import Clock
from complaints.outcomes import BAD, EXCLUDED, GOOD, KEPT, LATE, UNRATED, UNREACHED
from complaints.ratings import GOOD_FROM
from supervision import rates
from supervision.board.figure import Figure
from supervision.board.period import Period
from supervision.rates import Share, Terms

Key = tuple[str, str]  # what was asked, and the answer
Counts = Mapping[Key, int]
RESPONSE, RESOLUTION, SOLVED, SATISFIED = "response", "resolution", "solved", "satisfied"


@dataclass(frozen=True)
class Measure:
    """One rate. `parts` make up the sample, `apart` stand beside it."""

    code: str
    title: str | Promise
    says: str | Promise
    parts: tuple[tuple[str, str | Promise], ...]
    apart: tuple[tuple[str, str | Promise], ...] = ()


MEASURES = (
    Measure(
        RESPONSE,
        _("Response rate"),
        _("Cases whose first response fell due in these days: answered in time."),
        ((KEPT, _("in time")), (LATE, _("late"))),
    ),
    Measure(
        SOLVED,
        _("Solution rate"),
        _("Residents who answered in these days: solved, partly counts by the share the office has set."),
        (("yes", _("solved")), ("partly", _("partly solved")), ("no", _("not solved"))),
        ((UNREACHED, _("not reached")),),
    ),
    Measure(
        SATISFIED,
        _("Satisfaction rate"),
        _("Residents who rated in these days: basically satisfied or better."),
        ((GOOD, _("satisfied")), (BAD, _("dissatisfied"))),
        ((UNRATED, _("not rated")), (EXCLUDED, _("rating left out after review"))),
    ),
    Measure(
        RESOLUTION,
        _("Punctual conclusion"),
        _("Cases whose resolution fell due in these days: concluded in time."),
        ((KEPT, _("in time")), (LATE, _("late"))),
    ),
)


@dataclass(frozen=True)
class Rate:
    """One measure of one place. `share.enough` says whether its percentage may be read."""

    measure: Measure
    share: Share
    sample: Figure
    parts: list[Figure]
    apart: list[Figure]


@dataclass(frozen=True)
class PlaceRates:
    label: str | Promise
    rates: list[Rate]
    url: str = ""


# From the parts that the filters of the list are made of as well. `said`: answers; `tried`: calls in vain; `left_out`:
# ratings review excluded; `clocks`: limits that fell due or were met. Each has its case and its place.
COUNTING = """
WITH said AS ({said}), tried AS ({tried}), left_out AS ({left_out}), clocks AS ({clocks})
SELECT place, 'solved', answer, COUNT(*), 0 FROM (
    SELECT DISTINCT ON (case_id) case_id, place, solved AS answer FROM said
    ORDER BY case_id, at DESC, phoned DESC, id DESC) AS last GROUP BY place, answer
UNION ALL
SELECT place, 'satisfied', answer, COUNT(*), 0 FROM (
    SELECT DISTINCT ON (case_id) case_id, place, CASE WHEN satisfied >= %s THEN 'good' ELSE 'bad' END AS answer
    FROM said WHERE satisfied IS NOT NULL
    ORDER BY case_id, at DESC, phoned DESC, id DESC) AS last GROUP BY place, answer
UNION ALL
SELECT place, 'solved', 'unreached', COUNT(DISTINCT case_id), 0 FROM tried
WHERE NOT EXISTS (SELECT FROM said WHERE said.case_id = tried.case_id)
  AND NOT EXISTS (SELECT FROM left_out WHERE left_out.case_id = tried.case_id) GROUP BY place
UNION ALL
SELECT place, 'satisfied', 'unrated', COUNT(DISTINCT case_id), 0 FROM clocks
WHERE concluded AND NOT EXISTS (
    SELECT FROM said WHERE said.case_id = clocks.case_id AND said.satisfied IS NOT NULL) GROUP BY place
UNION ALL
SELECT place, 'satisfied', 'excluded', COUNT(DISTINCT case_id), 0 FROM left_out GROUP BY place
UNION ALL
SELECT place, kind, 'limit', COUNT(*), COUNT(*) FILTER (WHERE late) FROM (
    SELECT case_id, place, kind, BOOL_OR(missed) AS late FROM clocks WHERE owed GROUP BY case_id, place, kind
) AS own GROUP BY place, kind
"""


def count(area: Mapping[str, Any], place: str, period: Period, now: datetime) -> dict[int | None, Counter[Key]]:
    """By place, in one query. `area`: filters of cases; `place`: "community" or "grid"."""
    since, until = period.since, period.until(now)
    found: dict[int | None, Counter[Key]] = defaultdict(Counter)
    if until <= since:
        return found
    texts: dict[str, str] = {}
    given: list[Any] = []
    for name, rows in _parts(area, place, since, until).items():
        texts[name], params = rows.query.sql_with_params()
        given += params
    with connection.cursor() as cursor:
        cursor.execute(COUNTING.format(**texts), [*given, GOOD_FROM])
        for where, what, answer, whole, part in cursor.fetchall():
            if answer == "limit":
                found[where][what, LATE] += part
                found[where][what, KEPT] += whole - part
            else:
                found[where][what, answer] += whole
    return found


def _parts(area: Mapping[str, Any], place: str, since: datetime, until: datetime) -> dict[str, Any]:
    own = {f"case__{name}": value for name, value in area.items()}

    def at(rows: QuerySet[Any], *columns: str, **extra: Any) -> Any:
        return (
            rows.filter(**own)
            .order_by()
            .annotate(place=F(f"case__{place}"), **extra)
            .values("case_id", "place", *columns)
        )

    def answers(rows: QuerySet[Any], phoned: int) -> Any:
        mark = Value(phoned, output_field=IntegerField())
        return at(rows, "id", "at", "solved", "satisfied", "phoned", phoned=mark)

    def true(condition: Q) -> Any:
        return Case(When(condition, then=Value(True)), default=Value(False))

    owed, concluded = outcomes.owed([RESPONSE, RESOLUTION], since, until), outcomes.concluded(since, until)
    facts = {"owed": true(owed), "concluded": true(concluded), "missed": true(outcomes.MISSED)}
    return {
        "said": answers(outcomes.ratings(since, until), 0).union(answers(outcomes.calls(since, until), 1), all=True),
        "tried": at(outcomes.tries(since, until)),
        "left_out": at(outcomes.left_out(since, until)),
        "clocks": at(Clock.objects.filter(outcomes.touched(since, until)), "kind", *facts, **facts),
    }


def together(counts: Iterable[Counter[Key]]) -> Counter[Key]:
    total: Counter[Key] = Counter()
    for own in counts:
        total.update(own)
    return total


def rates_of(counts: Counts, terms: Terms, period: Period, limits: dict[str, Any]) -> list[Rate]:
    return [_rate(measure, counts, terms, period, limits) for measure in MEASURES]


def _rate(measure: Measure, counts: Counts, terms: Terms, period: Period, limits: dict[str, Any]) -> Rate:
    code = measure.code
    days = period.span("judged" if code in {RESPONSE, RESOLUTION} else "answered")

    def figure(answers: Iterable[str], label: str | Promise = "") -> Figure:
        wanted = list(answers)
        whole = sum(counts.get((code, answer), 0) for answer in wanted)
        return Figure(whole, address(**limits, **days, **{code: wanted}), label=label)

    return Rate(
        measure,
        share_of(code, counts, terms),
        figure(answer for answer, _label in measure.parts),
        [figure([answer], label) for answer, label in measure.parts],
        [figure([answer], label) for answer, label in measure.apart],
    )


def share_of(code: str, counts: Counts, terms: Terms) -> Share:
    """The same shares as the bulletin's."""
    got = {answer: count for (what, answer), count in counts.items() if what == code}
    if code == SOLVED:
        yes, partly, no = (got.get(answer, 0) for answer in ("yes", "partly", "no"))
        return rates.resolution(yes, partly, no, unreached=got.get(UNREACHED, 0), terms=terms)
    if code == SATISFIED:
        levels = {rates.SATISFIED_FROM: got.get(GOOD, 0), rates.SATISFIED_FROM - 1: got.get(BAD, 0)}
        apart, excluded = got.get(UNRATED, 0), got.get(EXCLUDED, 0)
        return rates.satisfaction(levels, unrated=apart, excluded=excluded, terms=terms)
    return rates.share(got.get(KEPT, 0), got.get(KEPT, 0) + got.get(LATE, 0), terms)
