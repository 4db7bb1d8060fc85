"""The light of a clock and of a case: a comparison of stored instants with `now`, nothing else (clock.md L1-L3).

`queries.with_light` is the same rule in SQL; one table of cases in the tests feeds both.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Light(StrEnum):
    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    PAUSED = "paused"


@dataclass(frozen=True)
class Instants:
    """What a clock has stored. `stopped_at` freezes the colour."""

    due_at: datetime
    yellow_at: datetime | None = None
    paused_from: datetime | None = None
    paused_until: datetime | None = None
    stopped_at: datetime | None = None


class Pausable(Protocol):
    """`Instants`, or the row of a clock."""

    @property
    def paused_from(self) -> datetime | None: ...
    @property
    def paused_until(self) -> datetime | None: ...
    @property
    def stopped_at(self) -> datetime | None: ...


def light(clock: Instants, now: datetime) -> Light:
    """Yellow strictly after `yellow_at`, red strictly after `due_at`: on the second itself the promise is kept."""
    at = clock.stopped_at or now
    if is_paused(clock, now):
        return Light.PAUSED
    if at > clock.due_at:
        return Light.RED
    if clock.yellow_at is not None and at > clock.yellow_at:
        return Light.YELLOW
    return Light.GREEN


def is_paused(clock: Pausable, now: datetime) -> bool:
    return (
        clock.stopped_at is None
        and clock.paused_from is not None
        and clock.paused_until is not None
        and clock.paused_from <= now < clock.paused_until
    )


def case_light(resolution: Instants, response: Instants | None, now: datetime) -> Light:
    """The resolution clock's light; a response clock still running can only make it worse. A pause silences both."""
    own = light(resolution, now)
    if own == Light.PAUSED or resolution.stopped_at is not None or response is None or response.stopped_at is not None:
        return own
    return worse(own, light(response, now))


def worse(one: Light, other: Light) -> Light:
    order = [Light.PAUSED, Light.GREEN, Light.YELLOW, Light.RED]
    return max(one, other, key=order.index)


def on_time(stopped_at: datetime | None, due_at: datetime, now: datetime) -> bool | None:
    """Judged at the moment of completion (T11). None while it can still be kept."""
    if stopped_at is not None:
        return stopped_at <= due_at
    return False if now > due_at else None
