"""Who may read a bulletin and who may take which step. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Act(StrEnum):
    EDIT = "edit"
    REFRESH = "refresh"
    SUBMIT = "submit"
    SEND_BACK = "send_back"
    ISSUE = "issue"
    PUBLISH = "publish"
    CORRECT = "correct"


POSSIBLE: dict[str, frozenset[Act]] = {
    "draft": frozenset({Act.EDIT, Act.REFRESH, Act.SUBMIT}),
    "review": frozenset({Act.SEND_BACK, Act.ISSUE}),
    "issued": frozenset({Act.PUBLISH, Act.CORRECT}),
    "published": frozenset({Act.CORRECT}),
}


@dataclass(frozen=True)
class Standing:
    """What somebody is to a bulletin. `leads`: secretary of its community; `oversees`: supervisor of its street;
    `reads`: sees it for another reason; `worked`: drafted, changed or checked it; `in_force`: nothing newer took its place."""

    leads: bool = False
    oversees: bool = False
    reads: bool = False
    worked: bool = False
    in_force: bool = True

    @property
    def sees(self) -> bool:
        return self.leads or self.oversees or self.reads


def may(act: Act, who: Standing) -> bool:
    """Nobody issues what they drafted, changed or checked."""
    return (who.leads or who.oversees) and not (act == Act.ISSUE and who.worked)


def acts(status: str, who: Standing) -> list[Act]:
    allowed = POSSIBLE[status] if who.in_force else frozenset()
    return [act for act in Act if act in allowed and may(act, who)]
