"""Who may see a report on conduct, what may be done to it and by when. Plain values in, an answer out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Part(StrEnum):
    """What somebody is to a report. NONE must look exactly like a report that does not exist."""

    NONE = "none"
    MEMBER = "member"
    OFFICER = "officer"


class Act(StrEnum):
    ACCEPT = "accept"
    SAY = "say"
    FIND = "find"
    NAME = "name"
    ADD = "add"
    REMOVE = "remove"
    RECUSE = "recuse"
    IDENTITY = "identity"
    CONCLUDE = "conclude"


class Measure(StrEnum):
    TALK = "talk"
    ADMONITION = "admonition"
    REFERRAL = "referral"


@dataclass(frozen=True)
class Looker:
    """Somebody today. `officer_of`: streets where they are discipline officer. `works`: holds any post now."""

    person: int
    works: bool = True
    officer_of: frozenset[int] = frozenset()
    units: frozenset[int] = frozenset()
    communities: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Facts:
    """What decides who may see a report. `units` and `communities` are those reported and those of the accused."""

    street: int
    held: bool = False
    accused: frozenset[int] = frozenset()
    units: frozenset[int] = frozenset()
    communities: frozenset[int] = frozenset()
    recused: frozenset[int] = frozenset()
    circle: frozenset[int] = frozenset()


def biased(who: Looker, facts: Facts) -> bool:
    """Reported themselves, a colleague of the reported, or stepped aside."""
    return (
        who.person in facts.accused
        or who.person in facts.recused
        or bool(who.units & facts.units)
        or bool(who.communities & facts.communities)
    )


def part_of(who: Looker, facts: Facts) -> Part:
    """Held reports are shown to nobody; rank and role open nothing but the discipline officers' own door."""
    if facts.held or not who.works or biased(who, facts):
        return Part.NONE
    if facts.street in who.officer_of:
        return Part.OFFICER
    return Part.MEMBER if who.person in facts.circle else Part.NONE


def nobody_left(officers: Iterable[Looker], facts: Facts) -> bool:
    """Whether no discipline officer of the street may look at it: then it is for the district."""
    return not any(part_of(officer, facts) is Part.OFFICER for officer in officers)


MEMBERS_ACTS = frozenset({Act.FIND, Act.RECUSE})
WHILE_OPEN = frozenset(Act) - {Act.ACCEPT}
POSSIBLE: dict[str, frozenset[Act]] = {
    "received": frozenset(Act),
    "accepted": WHILE_OPEN,
    "concluded": frozenset({Act.SAY, Act.IDENTITY}),
    "needs_district": frozenset(),
}


def may(act: Act, part: Part) -> bool:
    return part is Part.OFFICER or (part is Part.MEMBER and act in MEMBERS_ACTS)


def possible(act: Act, status: str) -> bool:
    return act in POSSIBLE[status]


# Before it is accepted a report can only be sent to where it belongs: nothing has been examined yet.
UNEXAMINED = frozenset({"referred", "other_way"})
OUTCOMES = frozenset({"true", "partly", "untrue"}) | UNEXAMINED


def outcomes(status: str) -> frozenset[str]:
    return {"received": UNEXAMINED, "accepted": OUTCOMES}.get(status, frozenset())


def severity_fits(outcome: str, severity: str) -> bool:
    """What is true has a weight; what is handed to the district is grave; the rest has none."""
    if outcome in {"true", "partly"}:
        return severity in {"mild", "serious", "grave"}
    return severity == ("grave" if outcome == "referred" else "")


MEASURES = {"mild": Measure.TALK, "serious": Measure.ADMONITION, "grave": Measure.REFERRAL}


def proposal(severity: str) -> Measure | None:
    """The measure of the three levels that fits; a proposal only, people decide it elsewhere."""
    return MEASURES.get(severity)


def refers(severity: str) -> bool:
    """Whether there is something to hand to the district: what is grave."""
    return proposal(severity) is Measure.REFERRAL


def overdue(due: datetime, told: datetime | None, now: datetime) -> bool:
    """Whether the reporter was, or is, left without the notice of acceptance for too long."""
    return (told or now) > due


def light(yellow: datetime | None, due: datetime, told: datetime | None, now: datetime) -> str:
    if overdue(due, told, now):
        return "red"
    return "yellow" if told is None and yellow is not None and now > yellow else "green"
