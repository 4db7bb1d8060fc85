"""Who may do what to a case. A person's standing towards one case is a handful of facts; the table says the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from complaints.states import Act


@dataclass(frozen=True)
class Standing:
    """What one person is to one case, now.

    `responsible`: answers for it. `first_contact`: was asked first. `in_unit`: belongs to the handling unit.
    `offered`: an open hand-over waits for this person or unit. `in_co_unit`: the unit has an open joint task.
    `leads`: secretary of the case's community or of the handling unit's. `oversees`: supervisor of the street.
    `asked`: has asked the consent that is open. `works`: holds a post that handles cases at all.
    """

    responsible: bool = False
    first_contact: bool = False
    in_unit: bool = False
    offered: bool = False
    in_co_unit: bool = False
    leads: bool = False
    oversees: bool = False
    asked: bool = False
    works: bool = False


Rule = Callable[[Standing], bool]


def handles(who: Standing) -> bool:
    return who.responsible or who.leads or who.oversees


def handles_or_was_asked(who: Standing) -> bool:
    return handles(who) or who.first_contact


def takes_part(who: Standing) -> bool:
    return handles_or_was_asked(who) or who.in_unit or who.in_co_unit or who.offered


def decides(who: Standing) -> bool:
    return (who.leads or who.oversees) and not who.asked and not who.responsible


MAY: dict[Act, Rule] = {
    Act.EDIT: handles_or_was_asked,
    Act.CONTACT: takes_part,
    Act.NOTE: lambda who: takes_part(who) or who.works,
    Act.REPLY: handles,
    Act.ATTACH: takes_part,
    Act.OFFER: handles,
    Act.DISPATCH: handles_or_was_asked,
    Act.ACCEPT: lambda who: who.offered,
    Act.DECLINE: lambda who: who.offered,
    Act.TAKE_BACK: handles_or_was_asked,
    Act.RETURN: lambda who: who.responsible or who.offered,
    Act.OBJECT: lambda who: who.responsible or who.offered,
    Act.ADJUDICATE: lambda who: who.oversees,
    Act.ASK_JOINT: handles,
    Act.FINISH_JOINT: lambda who: who.in_co_unit,
    Act.CANCEL_JOINT: handles,
    Act.ASK_PAUSE: lambda who: who.responsible,
    Act.ASK_EXTENSION: lambda who: who.responsible,
    Act.ASK_COMPLEX: lambda who: who.responsible,
    Act.APPROVE: decides,
    Act.REFUSE: decides,
    Act.RESUME: handles,
    Act.EXPLAIN_DELAY: lambda who: who.responsible,
    Act.CONCLUDE: lambda who: who.responsible,
    Act.CALL_BACK: lambda who: (who.in_unit or who.leads or who.oversees) and not who.responsible,
    Act.REDO: lambda who: who.leads or who.oversees,
    Act.REOPEN: lambda who: handles_or_was_asked(who),
    Act.WITHDRAW: handles_or_was_asked,
    Act.MERGE: handles,
}


def may(act: Act, who: Standing) -> bool:
    return MAY[act](who)


def sees_resident(who: Standing, identity: str) -> bool:
    """Whether the resident's name and phone are for this person's eyes."""
    if identity == "confidential":
        return handles_or_was_asked(who)
    return takes_part(who)
