"""A supervision order (督办单): where it stands, its light, who may do what to it. Plain values only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from services.clock import Calendar, Hours, Mode, due, threshold


class State(StrEnum):
    OPEN = "open"
    ANSWERED = "answered"
    DONE = "done"
    WITHDRAWN = "withdrawn"


class Act(StrEnum):
    ANSWER = "answer"
    ACCEPT = "accept"
    SEND_BACK = "send_back"
    WITHDRAW = "withdraw"


class Progress(Protocol):
    """The row of an order."""

    @property
    def answered_at(self) -> datetime | None: ...
    @property
    def closing(self) -> str: ...
    @property
    def closed_at(self) -> datetime | None: ...
    @property
    def yellow_at(self) -> datetime | None: ...
    @property
    def due_at(self) -> datetime: ...


def state_of(order: Progress) -> State:
    if order.closing:
        return State(order.closing)
    return State.ANSWERED if order.answered_at else State.OPEN


def light(order: Progress, now: datetime) -> str:
    """Its answer stops it: waiting for the supervisor's word is nobody's delay."""
    at = order.answered_at or order.closed_at or now
    if at > order.due_at:
        return "red"
    return "yellow" if order.yellow_at is not None and at > order.yellow_at else "green"


POSSIBLE: dict[State, frozenset[Act]] = {
    State.OPEN: frozenset({Act.ANSWER, Act.WITHDRAW}),
    State.ANSWERED: frozenset({Act.ACCEPT, Act.SEND_BACK, Act.WITHDRAW}),
    State.DONE: frozenset(),
    State.WITHDRAWN: frozenset(),
}


@dataclass(frozen=True)
class Standing:
    """What somebody is to an order. `addressed`: it went to them; `answers`: the case is theirs now, and with it the
    answer; `leads`: secretary of the unit the case is with; `oversees`: supervisor of the street.
    """

    addressed: bool = False
    answers: bool = False
    leads: bool = False
    oversees: bool = False
    answered: bool = False


MAY: dict[Act, Callable[[Standing], bool]] = {
    Act.ANSWER: lambda who: who.answers or who.leads,
    Act.ACCEPT: lambda who: who.oversees and not (who.answered or who.addressed or who.answers),
    Act.SEND_BACK: lambda who: who.oversees and not (who.answered or who.addressed or who.answers),
    Act.WITHDRAW: lambda who: who.oversees and not (who.addressed or who.answers),
}


def may(act: Act, who: Standing) -> bool:
    return MAY[act](who)


def possible(act: Act, state: State) -> bool:
    return act in POSSIBLE[state]


def limit(days: int, start: datetime, hours: Hours, calendar: Calendar) -> tuple[datetime | None, datetime, bool]:
    """(yellow, due, provisional) of an order to be answered within so many working days; yellow with one day left."""
    found = due(Mode.WORKING_DAYS_CLOSE, days, start, hours, calendar)
    assert found.at is not None  # nothing pauses an order
    yellow = None
    if days > 1:
        yellow = threshold(Mode.WORKING_DAYS_CLOSE, days, start, hours, calendar, left=1)
    return (None if yellow is None else max(start, min(yellow, found.at))), found.at, found.provisional


def number(year: int, count: int) -> str:
    return f"督办〔{year}〕{count}号"
