"""The rates on plain counts."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from supervision import rates
from supervision.rates import Share, Terms


def test_partly_solved_counts_half_unless_the_office_decides_otherwise() -> None:
    assert rates.resolution(6, 2, 2).percent == Decimal("70.0")
    assert rates.resolution(6, 2, 2, terms=Terms(partly=Decimal("0.3"))).percent == Decimal("66.0")


def test_who_did_not_answer_is_never_counted_as_satisfied() -> None:
    rate = rates.satisfaction({5: 4, 3: 2, 2: 3, 1: 1}, unrated=90, excluded=2)
    assert (rate.part, rate.whole, rate.percent) == (Decimal(6), 10, Decimal("60.0"))
    assert (rate.apart, rate.excluded, rate.excluded_percent) == (90, 2, Decimal("16.7"))


@pytest.mark.parametrize(("whole", "enough"), [(0, False), (9, False), (10, True)])
def test_a_small_sample_says_so(whole: int, enough: bool) -> None:
    assert rates.share(0, whole).enough is enough


def test_a_rate_of_nothing_has_no_percentage() -> None:
    nothing = rates.share(0, 0, Terms(minimum_sample=0))
    assert (nothing.percent, nothing.band, nothing.enough, nothing.excluded_percent) == (None, None, False, None)


@pytest.mark.parametrize(
    ("part", "whole", "band"),
    [(0, 10, ("0.0", "27.8")), (10, 10, ("72.2", "100.0")), (81, 263, ("25.5", "36.6")), (5, 10, ("23.7", "76.3"))],
)
def test_the_band_is_wilsons(part: int, whole: int, band: tuple[str, str]) -> None:
    """81 of 263 is the worked example of Newcombe 1998."""
    low, high = rates.share(part, whole).band or (None, None)
    assert (str(low), str(high)) == band


def test_small_samples_are_not_compared() -> None:
    large, small = rates.share(9, 12), rates.share(1, 2)
    assert large.points_since(rates.share(6, 12)) == Decimal("25.0")
    assert large.points_since(small) is small.points_since(large) is large.points_since(None) is None


def test_the_three_rates_weigh_as_decided() -> None:
    response, solved, satisfied = [Share(Decimal(part), 10) for part in (10, 5, 8)]
    assert rates.overall(response, solved, satisfied) == Decimal("64.0")
    assert rates.overall(response, solved, Share(Decimal(1), 1)) is None


def test_the_middle_of_handling_times() -> None:
    assert rates.median([timedelta(hours=hours) for hours in (1, 30, 2, 5)]) == timedelta(hours=3, minutes=30)
    assert rates.median([]) is None


def test_change_against_nothing_is_not_a_number() -> None:
    assert rates.change(12, 8) == Decimal("50.0")
    assert rates.change(12, 0) is None
