"""From facts to figures. Pure: whoever has the facts and the terms comes to the same figures, to the digit.

A count is a named question to a fact (`COUNTS`), so the cases behind a number are those that answer yes: `behind`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from supervision import rates
from supervision.bulletin.facts import KEPT, LATE, Fact
from supervision.rates import SATISFIED_FROM, Share, Terms

HOTTEST = 10
NOWHERE = "none"
DONE = "done"

COUNTS: dict[str, Callable[[Fact], bool]] = {
    "received": lambda fact: fact.received and not fact.duplicate,
    "duplicates": lambda fact: fact.duplicate,
    "withdrawn": lambda fact: fact.withdrawn,
    "concluded": lambda fact: fact.handled is not None,
    "open": lambda fact: fact.light != "",
    "green": lambda fact: fact.light == "green",
    "yellow": lambda fact: fact.light == "yellow",
    "red": lambda fact: fact.light == "red",
    "paused": lambda fact: fact.light == "paused",
    "response_due": lambda fact: fact.response != "",
    "response_kept": lambda fact: fact.response == KEPT,
    "response_late": lambda fact: fact.response == LATE,
    "due": lambda fact: fact.due != "",
    "kept": lambda fact: fact.due == KEPT,
    "late": lambda fact: fact.due == LATE,
    "late_explained": lambda fact: fact.due == LATE and fact.explained,
    "late_unexplained": lambda fact: fact.due == LATE and not fact.explained,
    "extended": lambda fact: fact.extended,
    "answered": lambda fact: fact.solved != "",
    "solved": lambda fact: fact.solved == "yes",
    "partly_solved": lambda fact: fact.solved == "partly",
    "not_solved": lambda fact: fact.solved == "no",
    "unreached": lambda fact: fact.unreached,
    "rated": lambda fact: fact.satisfied > 0,
    "satisfied": lambda fact: fact.satisfied >= SATISFIED_FROM,
    "dissatisfied": lambda fact: 0 < fact.satisfied < SATISFIED_FROM,
    **{f"level_{level}": lambda fact, level=level: fact.satisfied == level for level in (5, 4, 3, 2, 1)},  # type: ignore[misc]
    "unrated": lambda fact: fact.handled is not None and not fact.satisfied,
    "excluded": lambda fact: fact.excluded,
    "bad": lambda fact: fact.bad > 0,
    "bad_done": lambda fact: fact.bad > 0 and fact.bad_state == DONE,
    "bad_open": lambda fact: fact.bad > 0 and fact.bad_state != DONE,
    "returned": lambda fact: fact.returned,
    "again": lambda fact: fact.again,
    "praise": lambda fact: fact.kind == "praise" and fact.received and not fact.duplicate,
    "praised": lambda fact: fact.praised,
}
# Counts of what residents said: their lists leave out the cases in which it is about the reader's own work.
VOICES = {
    *("answered", "solved", "partly_solved", "not_solved", "unreached", "rated", "satisfied", "dissatisfied"),
    *(f"level_{level}" for level in (5, 4, 3, 2, 1)),
    *("unrated", "excluded", "bad", "bad_done", "bad_open"),
}
Counts = Mapping[str, int]
RATES = ("response", "on_time", "resolution", "satisfaction", "returns", "again", "extensions")
TOPS: dict[str, Callable[[Fact], str]] = {
    "category": lambda fact: fact.category.split(">")[0],
    "kind": lambda fact: fact.kind,
    "channel": lambda fact: fact.channel,
}


@dataclass(frozen=True)
class Page:
    """The figures of one area: the street, or one community. `median`: seconds. `tops`: received, by matter."""

    counts: Counts
    median: int | None
    tops: Mapping[str, Mapping[str, int]]


def behind(facts: Iterable[Fact], key: str, area: str = "", top: str = "") -> list[str]:
    """The numbers of the cases a figure counts. `area`: a community's id, `none`, or "" for all.

    `top` narrows received cases to one matter: "category:…", "kind:…" or "channel:…".
    """
    what, _colon, value = top.partition(":")
    return [
        fact.number
        for fact in facts
        if COUNTS[key](fact) and (not area or key_of(fact.community) == area) and (not top or TOPS[what](fact) == value)
    ]


def pages(facts: Iterable[Fact]) -> tuple[Page, dict[int | None, Page]]:
    """The street's, and each community's by its id; None are cases without one."""
    areas: dict[int | None, list[Fact]] = defaultdict(list)
    for fact in facts:
        areas[fact.community].append(fact)
    each = {community: page(own) for community, own in areas.items()}
    counts: Counter[str] = Counter()
    for one in each.values():
        counts.update(one.counts)
    times = [fact.handled for own in areas.values() for fact in own if fact.handled is not None]
    tops = {what: dict(_added(one.tops[what] for one in each.values())) for what in TOPS}
    return Page({key: counts[key] for key in COUNTS}, _median(times), tops), each


def page(facts: Sequence[Fact]) -> Page:
    received = [fact for fact in facts if COUNTS["received"](fact)]
    return Page(
        counts={key: sum(1 for fact in facts if asks(fact)) for key, asks in COUNTS.items()},
        median=_median([fact.handled for fact in facts if fact.handled is not None]),
        tops={what: dict(Counter(map(name, received))) for what, name in TOPS.items()},
    )


def shares(counts: Counts, terms: Terms) -> dict[str, Share]:
    """All rates, by the definitions of `supervision.rates`."""
    return {
        "response": rates.share(counts["response_kept"], counts["response_due"], terms),
        "on_time": rates.share(counts["kept"], counts["due"], terms),
        "resolution": rates.resolution(
            counts["solved"], counts["partly_solved"], counts["not_solved"], unreached=counts["unreached"], terms=terms
        ),
        "satisfaction": rates.satisfaction(
            {level: counts[f"level_{level}"] for level in (5, 4, 3, 2, 1)},
            unrated=counts["unrated"],
            excluded=counts["excluded"],
            terms=terms,
        ),
        "returns": rates.share(counts["returned"], counts["received"], terms),
        "again": rates.share(counts["again"], counts["concluded"], terms),
        "extensions": rates.share(counts["extended"], counts["due"], terms),
    }


def score(counts: Counts, terms: Terms) -> Decimal | None:
    own = shares(counts, terms)
    return rates.overall(own["response"], own["resolution"], own["satisfaction"], terms)


def summary(facts: Iterable[Fact]) -> dict[str, Any]:
    """The pages as plain JSON: what a later period is compared with, and what the figures are reckoned from."""
    street, each = pages(facts)
    return {
        "street": asdict(street),
        "communities": {key_of(community): asdict(own) for community, own in each.items()},
    }


def key_of(community: int | None) -> str:
    return NOWHERE if community is None else str(community)


def figures(
    now: Mapping[str, Any],
    before: Mapping[str, Any] | None,
    year_before: Mapping[str, Any] | None,
    terms: Terms,
    areas: Sequence[str],
) -> dict[str, Any]:
    """From the summaries of three periods: plain JSON, decimals as text. `areas`: the communities to be told of.

    None: a period that is not to be compared with.
    """
    received = before["street"]["tops"]["category"] if before else None
    before, year_before = before or summary([]), year_before or summary([])
    told = [*areas, *([NOWHERE] if NOWHERE in now["communities"] else [])]
    empty = asdict(page([]))

    def own(one: Mapping[str, Any], area: str) -> Any:
        return one["communities"].get(area, empty)

    return {
        "street": _told(now["street"], before["street"], year_before["street"], terms),
        "communities": {area: _told(own(now, area), own(before, area), own(year_before, area), terms) for area in told},
        "hot": hot(now["street"]["tops"]["category"], received),
    }


def hot(now: Mapping[str, int], before: Mapping[str, int] | None) -> list[dict[str, Any]]:
    """The matters most often received, with the month before."""
    ranked = sorted(now.items(), key=lambda item: (-item[1], item[0]))[:HOTTEST]
    return [
        {
            "name": name,
            "count": count,
            "before": None if before is None else before.get(name, 0),
            "change": _text(rates.change(count, before.get(name) if before else None)),
        }
        for name, count in ranked
    ]


def _told(own: Any, before: Any, year_before: Any, terms: Terms) -> dict[str, Any]:
    counts, earlier, last_year = own["counts"], before["counts"], year_before["counts"]
    now, then, that_year = (shares(one, terms) for one in (counts, earlier, last_year))
    return {
        "counts": dict(counts),
        "changes": {key: _text(rates.change(counts[key], earlier[key])) for key in COUNTS},
        "year_changes": {key: _text(rates.change(counts[key], last_year[key])) for key in COUNTS},
        "rates": {key: _rate(now[key], then[key], that_year[key]) for key in RATES},
        "score": _text(score(counts, terms)),
        "median": own["median"],
        "median_before": before["median"],
        "tops": {what: dict(sorted(own["tops"][what].items())) for what in TOPS},
    }


def _rate(now: Share, before: Share, year_before: Share) -> dict[str, Any]:
    band = now.band
    return {
        "part": str(now.part),
        "whole": now.whole,
        "percent": _text(now.percent),
        "enough": now.enough,
        "band": [str(end) for end in band] if band else None,
        "apart": now.apart,
        "excluded": now.excluded,
        "excluded_percent": _text(now.excluded_percent),
        "points": _text(now.points_since(before)),
        "year_points": _text(now.points_since(year_before)),
    }


def _text(number: Decimal | None) -> str | None:
    return None if number is None else str(number)


def _median(times: Sequence[int]) -> int | None:
    found = rates.median([timedelta(seconds=time) for time in times])
    return None if found is None else round(found.total_seconds())


def _added(tables: Iterable[Mapping[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for table in tables:
        total.update(table)
    return total
