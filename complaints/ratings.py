"""Rules of ratings and of what follows a bad one (rules.md R2.1-R2.8). Pure: plain values and instants in and out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from services.clock import Calendar, Hours, Mode, due

BEST, GOOD_FROM, BAD_TO = 5, 3, 2
VERIFY_DAYS, MOST_FIX_DAYS = 1, 15
REMIND_AFTER = timedelta(days=3)
SLIP_GOOD_FOR = timedelta(days=30)


class State(StrEnum):
    """Where a bad rating stands: verify, put right or decide on the appeal, tell, call back, done."""

    TO_VERIFY = "to_verify"
    TO_FIX = "to_fix"
    APPEALED = "appealed"
    TO_TELL = "to_tell"
    TO_CALL = "to_call"
    DONE = "done"


class Step(StrEnum):
    VERIFY = "verify"
    FIX = "fix"
    DECIDE = "decide"
    TELL = "tell"
    CALL = "call"


STEP_OF: dict[State, Step] = {
    State.TO_VERIFY: Step.VERIFY,
    State.TO_FIX: Step.FIX,
    State.APPEALED: Step.DECIDE,
    State.TO_TELL: Step.TELL,
    State.TO_CALL: Step.CALL,
}


@dataclass(frozen=True)
class Progress:
    """What has been done. `excluded` is None until somebody decided whether a mistaken rating is left out."""

    outcome: str = ""
    excluded: bool | None = None
    fixed: bool = False
    told: bool = False
    closed: bool = False


def state_of(done: Progress) -> State:
    if done.closed:
        return State.DONE
    if done.told:
        return State.TO_CALL
    if not done.outcome:
        return State.TO_VERIFY
    if done.outcome == "mistaken" and done.excluded is None:
        return State.APPEALED
    # A rating that was not left out stands: then it is put right like any other.
    to_fix = done.outcome in {"fix_now", "fix_by"} or (done.outcome == "mistaken" and not done.excluded)
    return State.TO_FIX if to_fix and not done.fixed else State.TO_TELL


def next_step(done: Progress) -> Step | None:
    return STEP_OF.get(state_of(done))


@dataclass(frozen=True)
class Checker:
    """What somebody is to a bad rating. `rated`: it is about their work, or they answer for the case now."""

    rated: bool
    leads: bool
    oversees: bool
    verified: bool = False


def may_follow(who: Checker) -> bool:
    return (who.leads or who.oversees) and not who.rated


def may_take(step: Step, who: Checker) -> bool:
    """Whether a rating counts is decided by a supervisor, and by somebody else than whoever asked for it."""
    if step == Step.DECIDE:
        return may_follow(who) and who.oversees and not who.verified
    return may_follow(who)


def is_bad(level: int) -> bool:
    return level <= BAD_TO


def verify_by(at: datetime, hours: Hours, calendar: Calendar) -> datetime:
    """The close of the next working day."""
    return _day_close(VERIFY_DAYS, at, hours, calendar)


def fix_by(at: datetime, days: int, hours: Hours, calendar: Calendar) -> datetime:
    return _day_close(days, at, hours, calendar)


def fits_fix_days(days: int) -> bool:
    return 1 <= days <= MOST_FIX_DAYS


def praises(kind: str, level: int, about: Iterable[str]) -> bool:
    """Whether a blue card is to be proposed: best level with a word on how people were treated."""
    return kind != "praise" and level == BEST and "attitude" in set(about)


def tells_who_rated(kind: str, data: Mapping[str, Any]) -> bool:
    """Events that would show those who work on a case when its resident rated. Where it opens the case anew they may."""
    return kind in {"rated", "supplemented"} and not data.get("redo")


@dataclass(frozen=True)
class Tally:
    """Unrated cases are neither satisfied nor dissatisfied, and nobody's share counts them."""

    closed: int
    rated: int
    satisfied: int
    bad: int

    @property
    def unrated(self) -> int:
        return self.closed - self.rated

    @property
    def share(self) -> int | None:
        """Satisfied among those who rated, in per cent; None while nobody has."""
        return round(100 * self.satisfied / self.rated) if self.rated else None


def tally(levels: Iterable[int | None]) -> Tally:
    """`levels` of closed cases, None for the unrated; ratings that were left out are not given at all."""
    every = list(levels)
    given = [level for level in every if level is not None]
    return Tally(len(every), len(given), sum(level >= GOOD_FROM for level in given), sum(map(is_bad, given)))


def _day_close(days: int, at: datetime, hours: Hours, calendar: Calendar) -> datetime:
    found = due(Mode.WORKING_DAYS_CLOSE, days, at, hours, calendar).at
    assert found is not None  # nothing pauses it
    return found
