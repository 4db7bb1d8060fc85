"""What another ladder would do at once, counted before it is in force."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from supervision.models import Ladder
from supervision.watch.ladder import LadderTerms, RungTerms
from supervision.watch.obligations import watch_at
from supervision.watch.sources import SOURCES, running
from supervision.watch.sweep import new_among, turns

AT_ONCE = 5_000


@dataclass(frozen=True)
class Preview:
    """`running` deadlines under the ladder; `told` of them would be announced by the next sweep, `orders` issued."""

    running: int = 0
    told: int = 0
    orders: int = 0


def preview(ladder: Ladder, rungs: Sequence[RungTerms], now: datetime) -> Preview:
    watch = watch_at(now)
    terms = LadderTerms(ladder.code, ladder.urgent, tuple(rungs))
    watch = replace(watch, ladders={**watch.ladders, ladder.code: terms})
    found, told, orders = 0, 0, 0
    for source in SOURCES:
        after = 0
        while batch := running(source, after, AT_ONCE):
            after = batch[-1].pk
            own = [one for one in batch if one.ladder == ladder.code]
            new = new_among(source, turns(source, own, watch))
            found += len(own)
            told += len(new)
            orders += sum(reached.rung.step == "order" for _running, reached in new)
    return Preview(found, told, orders)
