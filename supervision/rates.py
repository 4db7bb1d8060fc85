"""The rates by which casework is judged, with their samples (rules.md 1.3). Pure: counts in, shares out.

Whoever counts (the board in SQL, the bulletin from its frozen facts) counts *cases* in a half-open period, like this:

- response and punctuality: cases of which a response (resolution) limit fell due in the period; kept when every such
  limit was kept. Verdicts are those of the clocks: stopped at or before due. A limit that was not due any more when the
  case was withdrawn or linked as a duplicate counts for nothing; duplicates are not counted at all.
- solved and satisfied: cases whose resident answered in the period, by a rating or on the phone; the last answer of the
  period counts, and none that was excluded after review. Who was not reached or did not rate is shown apart.
- doing again: of the cases concluded in the period, those opened again; returns: of the cases received in the period,
  those a unit returned; extensions: of the cases due in the period, those given more time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from math import sqrt
from statistics import median as middle

SATISFIED_FROM = 3  # basically satisfied
Z = 1.96  # 95 of 100 samples


@dataclass(frozen=True)
class Terms:
    """What administrators decide, one version of it. Weights need not add up to 100."""

    version: int = 1
    minimum_sample: int = 10
    partly: Decimal = Decimal("0.5")
    response_weight: int = 10
    resolution_weight: int = 60
    satisfaction_weight: int = 30
    suppress_below: int = 5


DEFAULT = Terms()


@dataclass(frozen=True)
class Share:
    """`part` of `whole`. `apart`: would belong to the whole but said nothing; `excluded`: left out after review."""

    part: Decimal
    whole: int
    apart: int = 0
    excluded: int = 0
    minimum: int = DEFAULT.minimum_sample

    @property
    def enough(self) -> bool:
        """Below the minimum a percentage says nothing: show the counts and "sample too small"."""
        return self.whole >= max(self.minimum, 1)

    @property
    def percent(self) -> Decimal | None:
        """With one decimal, halves up; None of nothing. Ask `enough` before showing or comparing it."""
        return tenth(self.part * 100 / self.whole) if self.whole else None

    @property
    def band(self) -> tuple[Decimal, Decimal] | None:
        """Wilson's 95 % interval in percent: where the true share lies, given so few or so many."""
        if not self.whole:
            return None
        share, n = float(self.part) / self.whole, self.whole
        centre = share + Z * Z / (2 * n)
        reach = Z * sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
        low, high = ((centre + sign * reach) / (1 + Z * Z / n) for sign in (-1, 1))
        return tenth(Decimal(max(low, 0.0) * 100)), tenth(Decimal(min(high, 1.0) * 100))

    @property
    def excluded_percent(self) -> Decimal | None:
        """Of all that was said, what review left out: published, so that excluding is itself watched."""
        said = self.whole + self.excluded
        return tenth(Decimal(self.excluded * 100) / said) if said else None

    def points_since(self, before: Share | None) -> Decimal | None:
        """The change in percentage points; None unless both samples are large enough."""
        if before is None or not (self.enough and before.enough):
            return None
        now, then = self.percent, before.percent
        return None if now is None or then is None else now - then


def share(part: int, whole: int, terms: Terms = DEFAULT) -> Share:
    """Response, punctuality, returns, doing again, extensions."""
    return Share(Decimal(part), whole, minimum=terms.minimum_sample)


def resolution(
    yes: int, partly: int, no: int, *, unreached: int = 0, excluded: int = 0, terms: Terms = DEFAULT
) -> Share:
    """What residents say is solved; "partly" counts as much as the terms say."""
    return Share(yes + partly * terms.partly, yes + partly + no, unreached, excluded, terms.minimum_sample)


def satisfaction(levels: Mapping[int, int], *, unrated: int = 0, excluded: int = 0, terms: Terms = DEFAULT) -> Share:
    """`levels`: cases by the level given, 5 to 1."""
    good = sum(count for level, count in levels.items() if level >= SATISFIED_FROM)
    return Share(Decimal(good), sum(levels.values()), unrated, excluded, terms.minimum_sample)


def overall(response: Share, solved: Share, satisfied: Share, terms: Terms = DEFAULT) -> Decimal | None:
    """The three rates by their weights, out of 100; None while one of the samples is too small."""
    weighed = [
        (response, terms.response_weight),
        (solved, terms.resolution_weight),
        (satisfied, terms.satisfaction_weight),
    ]
    total = sum(weight for _share, weight in weighed)
    if not total or not all(rate.enough for rate, _weight in weighed):
        return None
    return tenth(sum((rate.part * 100 * weight / rate.whole for rate, weight in weighed), Decimal(0)) / total)


def change(now: int, before: int | None) -> Decimal | None:
    """A count's change in percent; None where there was nothing before."""
    return tenth(Decimal((now - before) * 100) / before) if before else None


def median(times: Sequence[timedelta]) -> timedelta | None:
    return timedelta(seconds=round(middle(time.total_seconds() for time in times))) if times else None


def tenth(number: Decimal) -> Decimal:
    return number.quantize(Decimal("0.1"), ROUND_HALF_UP)
