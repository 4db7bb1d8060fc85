"""Whether a community is staffed as promised: one secretary, three full-time workers or more, and helpers. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

SECRETARIES, FULL_TIME = 1, 3
HELPERS = frozenset({"grid_worker", "volunteer", "social_worker"})


@dataclass(frozen=True)
class Staffing:
    """How many hold which place in the 1+3+N of one community."""

    secretaries: int = 0
    full_time: int = 0
    helpers: int = 0

    @property
    def complete(self) -> bool:
        return self.secretaries == SECRETARIES and self.full_time >= FULL_TIME

    @property
    def full_time_missing(self) -> int:
        return max(0, FULL_TIME - self.full_time)


def staffing(posts: Iterable[tuple[int, str, str]]) -> Staffing:
    """Counts people, not posts: each is (person, role, duty). A secretary with a second post stays the secretary."""
    secretaries, full_time, helpers = set[int](), set[int](), set[int]()
    for person, role, duty in posts:
        if role == "secretary":
            secretaries.add(person)
        elif duty == "full_time":
            full_time.add(person)
        elif duty in HELPERS:
            helpers.add(person)
    full_time -= secretaries
    return Staffing(len(secretaries), len(full_time), len(helpers - secretaries - full_time))
