"""Who hears what residents answered when they were called back. Pure.

Whoever is rated must be able to go on with a resident without knowing what that resident said of them: so the answer is
for those who follow bad ratings up, and for whoever asked. That a case is to be done again everybody may know.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from complaints.rights import Standing

ANSWERS = frozenset({"solved", "satisfied", "text"})


def follows(who: Standing) -> bool:
    """Whether this person follows up bad ratings of the case."""
    return (who.leads or who.oversees) and not who.responsible


def hears(who: Standing, *, asked: bool, rated: bool) -> bool:
    """`asked`: made the call. `rated`: answered for the case when it was made, so it is about their work."""
    return asked or (follows(who) and not rated)


def holder_at(at: datetime, holdings: Iterable[tuple[datetime, int]]) -> int | None:
    """Whose work a call was about; `holdings` are (since, person), oldest first. A call may itself change hands."""
    every = list(holdings)
    held = [person for since, person in every if since < at] or [person for _since, person in every[:1]]
    return held[-1] if held else None


def kept_back(data: Mapping[str, Any]) -> dict[str, Any]:
    """The details of a call without the answer: whether somebody was reached, and whether it is done once more."""
    return {name: value for name, value in data.items() if name not in ANSWERS}
