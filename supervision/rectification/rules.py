"""Where an item stands, who may take which step, and whether a problem came back. Pure: plain values in and out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from services.clock import Calendar, Hours, Mode, due, threshold
from supervision.rates import Share


class State(StrEnum):
    OPEN = "open"
    PLANNED = "planned"
    REPORTED = "reported"
    VERIFIED = "verified"
    SIGNED_OFF = "signed_off"
    WITHDRAWN = "withdrawn"


class Act(StrEnum):
    PLAN = "plan"
    REPORT = "report"
    VERIFY = "verify"
    SIGN_OFF = "sign_off"
    SEND_BACK = "send_back"
    REASSIGN = "reassign"
    WITHDRAW = "withdraw"


class Progress(Protocol):
    """What has been done: the row of an item."""

    @property
    def planned_at(self) -> datetime | None: ...
    @property
    def reported_at(self) -> datetime | None: ...
    @property
    def verified_at(self) -> datetime | None: ...
    @property
    def signed_at(self) -> datetime | None: ...
    @property
    def withdrawn_at(self) -> datetime | None: ...


def state_of(done: Progress) -> State:
    if done.withdrawn_at:
        return State.WITHDRAWN
    if done.signed_at:
        return State.SIGNED_OFF
    if done.verified_at:
        return State.VERIFIED
    if done.reported_at:
        return State.REPORTED
    return State.PLANNED if done.planned_at else State.OPEN


POSSIBLE: dict[State, frozenset[Act]] = {
    State.OPEN: frozenset({Act.PLAN, Act.REPORT, Act.REASSIGN, Act.WITHDRAW}),
    State.PLANNED: frozenset({Act.PLAN, Act.REPORT, Act.REASSIGN, Act.WITHDRAW}),
    State.REPORTED: frozenset({Act.VERIFY, Act.SEND_BACK, Act.WITHDRAW}),
    State.VERIFIED: frozenset({Act.SIGN_OFF, Act.SEND_BACK, Act.WITHDRAW}),
    State.SIGNED_OFF: frozenset(),
    State.WITHDRAWN: frozenset(),
}


@dataclass(frozen=True)
class Standing:
    """What somebody is to an item. `leads`: secretary of its community; `oversees`: supervisor of its street."""

    responsible: bool = False
    leads: bool = False
    oversees: bool = False
    reported: bool = False
    verified: bool = False
    in_unit: bool = False


def may(act: Act, who: Standing) -> bool:
    """The two- and three-person rules: nobody verifies what they did, nobody signs off what they verified."""
    own = who.responsible or who.reported
    match act:
        case Act.PLAN | Act.REPORT:
            return who.responsible or who.leads or who.oversees
        case Act.VERIFY | Act.SEND_BACK:
            return (who.leads or who.oversees) and not own
        case Act.SIGN_OFF:
            return who.oversees and not own and not who.verified
        case Act.REASSIGN:
            return who.oversees
        case Act.WITHDRAW:
            return who.oversees and not who.responsible


def acts(state: State, who: Standing) -> list[Act]:
    """What this person may do now, in the order of the steps."""
    allowed = POSSIBLE[state]
    # Once it is verified, sending it back belongs to whoever signs off.
    later = state == State.VERIFIED
    return [
        act
        for act in Act
        if act in allowed and may(act, who) and (act != Act.SEND_BACK or not later or may(Act.SIGN_OFF, who))
    ]


@dataclass(frozen=True)
class Verifier:
    """Somebody who might verify: not the responsible person, nor who reported it done."""

    person: int
    in_unit: bool
    supervisor: bool


def has_another_unit(people: Iterable[Verifier]) -> bool:
    """Whether somebody of another unit can verify so that a third person is left to sign off."""
    everybody = list(people)
    signers = {one.person for one in everybody if one.supervisor}
    return any(not one.in_unit and signers - {one.person} for one in everybody)


def leaves_no_signer(person: int, people: Iterable[Verifier]) -> bool:
    """Whether this person is the only one who could sign off, while somebody else could verify."""
    everybody = list(people)
    signers = {one.person for one in everybody if one.supervisor}
    return signers == {person} and any(one.person != person for one in everybody)


# Time


@dataclass(frozen=True)
class Terms:
    """One rule: working days to put it right, working days left when it turns yellow."""

    days: int
    yellow_left: int


def instants(
    terms: Terms, start: datetime, hours: Hours, calendar: Calendar, days: int | None = None
) -> tuple[datetime | None, datetime, bool]:
    """Yellow, due, and whether due rests on a calendar not published yet. `days`: another limit than the rule's."""
    amount = days or terms.days
    found = due(Mode.WORKING_DAYS_CLOSE, amount, start, hours, calendar)
    assert found.at is not None  # nothing pauses it
    yellow = threshold(Mode.WORKING_DAYS_CLOSE, amount, start, hours, calendar, left=terms.yellow_left)
    return (max(start, yellow) if yellow else None), found.at, found.provisional


# Relapse


@dataclass(frozen=True)
class Ended:
    """A problem signed off: where it was, what it was about, until when a relapse counts."""

    signed_at: datetime
    watched_until: datetime
    community: int | None = None
    category: int | None = None
    grid: int | None = None
    case: int | None = None


@dataclass(frozen=True)
class Later:
    """A case or another item that may be the same problem. `links`: the case it is linked to as a duplicate."""

    at: datetime
    community: int | None = None
    category: int | None = None
    grid: int | None = None
    links: int | None = None
    praise: bool = False


def is_relapse(ended: Ended, later: Later) -> bool:
    """The same category in the same community, or a case linked to the item's case in the same category or grid.

    Praise is none; what was taken back counts, or persuading residents would improve the rate.
    """
    if later.praise:
        return False
    if not ended.signed_at < later.at <= ended.watched_until:
        return False
    same_category = ended.category is not None and ended.category == later.category
    if same_category and ended.community is not None and ended.community == later.community:
        return True
    linked = ended.case is not None and later.links == ended.case
    return linked and (same_category or (ended.grid is not None and ended.grid == later.grid))


def rebound(recurred: int, signed_off: int, minimum: int) -> Share:
    """Of what was signed off, how much came back."""
    return Share(Decimal(recurred), signed_off, minimum=minimum)
