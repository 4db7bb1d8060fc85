"""1+3+N: one secretary, three full-time workers at least, and any number of helpers."""

from __future__ import annotations

import pytest

from staff.staffing import Staffing, staffing

SECRETARY = (1, "secretary", "")
FULL = [(n, "worker", "full_time") for n in (2, 3, 4)]


def test_a_secretary_and_three_full_time_workers_are_enough() -> None:
    found = staffing([SECRETARY, *FULL])
    assert found == Staffing(1, 3, 0)
    assert found.complete


@pytest.mark.parametrize(
    ("posts", "missing"),
    [
        pytest.param(FULL, 0, id="no secretary"),
        pytest.param([SECRETARY, (9, "secretary", ""), *FULL], 0, id="two secretaries"),
        pytest.param([SECRETARY, *FULL[:2]], 1, id="two full-time workers"),
        pytest.param([], 3, id="nobody"),
    ],
)
def test_anything_less_or_double_is_said(posts: list[tuple[int, str, str]], missing: int) -> None:
    found = staffing(posts)
    assert not found.complete
    assert found.full_time_missing == missing


def test_helpers_are_counted_once_whatever_they_do() -> None:
    helpers = [(5, "worker", "grid_worker"), (5, "delegate", "volunteer"), (6, "worker", "social_worker")]
    assert staffing([SECRETARY, *FULL, *helpers]) == Staffing(1, 3, 2)


def test_a_secretary_who_also_works_full_time_does_not_fill_two_places() -> None:
    assert staffing([SECRETARY, (1, "worker", "full_time"), *FULL[:2]]) == Staffing(1, 2, 0)


def test_a_delegate_of_the_residents_is_no_helper() -> None:
    assert staffing([SECRETARY, *FULL, (7, "delegate", "")]).helpers == 0
