"""A cycle's limits as they stood at an instant that is over: what was granted afterwards is taken back. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.clock import Calendar
from services.policies import Terms, promise

PAUSE, EXTENSION, COMPLEX = "pause", "extension", "complex"


@dataclass(frozen=True)
class Grant:
    """A pause, more time or the complex class that was approved `at`; `old_due_at`: the due instant before it."""

    cycle: int
    kind: str
    at: datetime
    starts_at: datetime | None
    ends_at: datetime | None
    old_due_at: datetime


def rewind(
    clocks: Mapping[str, dict[str, Any]], grants: Iterable[Grant], end: datetime, terms: Terms, calendar: Calendar
) -> None:
    """Put the clocks of one cycle, by kind, back to where they stood at `end`; at least one grant is later.

    1. Due is what was written down beside the first later grant.
    2. Whatever else that moved (yellow, the response) is reckoned from the grants of before.
    3. Under the complex class the class of before is not known any more: yellow goes back as far as due does, and the
       response stays.
    """
    every = sorted(grants, key=lambda grant: grant.at)
    before, later = [one for one in every if one.at < end], [one for one in every if one.at >= end]
    first, resolution = later[0], clocks["resolution"]
    pauses = [(one.starts_at, one.ends_at) for one in before if one.starts_at is not None]
    moved = {
        kind: clock for kind, clock in clocks.items() if clock["stopped_at"] is None or clock["stopped_at"] >= first.at
    }
    if any(one.kind == COMPLEX for one in later):
        if resolution["yellow_at"] is not None:
            back = resolution["yellow_at"] - (resolution["due_at"] - first.old_due_at)
            resolution["yellow_at"] = max(resolution["started_at"], back)
    else:
        extended = any(one.kind == EXTENSION for one in before)
        times = promise(terms, resolution["started_at"], calendar, pauses=pauses, extension=extended)
        resolution["yellow_at"] = times.yellow_at
        if "response" in moved:
            moved["response"] |= {"yellow_at": times.response_goal_at, "due_at": times.response_due_at}
    resolution["due_at"] = first.old_due_at
    last = max(pauses, key=lambda pause: pause[0], default=(None, None))
    for clock in moved.values():
        clock["paused_from"], clock["paused_until"] = last
