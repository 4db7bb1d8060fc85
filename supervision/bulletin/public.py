"""The public version: counts that point at somebody are held back, and so is whatever would give them away. Pure.

A number is small when it is above nought and below the threshold; nought stays. What is published of a group of counts
(kept and late, say) is the street's and, row by row, some communities'. For every table the following holds:

- a row with a small number is held back as a whole; so are further rows, the smallest first, until the rows held back
  are two or more and their sums, which follow from the street's, could hide a number up to the threshold in each;
- where that cannot be had, no row of the table is shown, not even one with nought;
- what counts a part (late) is only shown where its whole (due) is;
- a longer period shows a row only where every published shorter one in it did, so differences give nothing away; and a
  shorter one that would have to hold back what a published longer one shows is not published at all;
- a community's own public report is its row of the street's, never other numbers;
- percentages and comparisons are reckoned from published counts alone;
- of a rate whose part is held back because it or its rest is small, a month says from where on, or up to where, it may
  lie: as much as "below the threshold" says, and no more. A longer period does not: three small months in a small
  quarter would close in on each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from supervision import rates
from supervision.bulletin.figures import RATES
from supervision.rates import Share, Terms

STREET = "street"
Rows = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Group:
    """Columns that together make up the whole. `below`: the table that has to show the whole."""

    whole: str
    columns: tuple[str, ...] = ()
    areas: bool = False
    below: str = ""


GROUPS: dict[str, Group] = {
    "received": Group("received", areas=True),
    "concluded": Group("concluded", areas=True),
    "response": Group("response_due", ("response_kept", "response_late"), areas=True),
    "due": Group("due", ("kept", "late"), areas=True),
    "answered": Group("answered", ("solved", "partly_solved", "not_solved"), areas=True),
    "rated": Group("rated", ("satisfied", "dissatisfied"), areas=True),
    "open": Group("open", ("green", "yellow", "red", "paused")),
    "late": Group("late", ("late_explained", "late_unexplained"), below="due/parts"),
    "bad": Group("bad", ("bad_done", "bad_open")),
    "returned": Group("received", ("returned", "not_returned"), below="received"),
    "again": Group("concluded", ("again", "not_again"), below="concluded"),
    "unrated": Group("concluded", ("unrated", "rated_since"), below="concluded"),
    "extended": Group("due", ("extended", "not_extended"), below="due"),
    **{key: Group(key) for key in ("duplicates", "withdrawn", "unreached", "excluded", "praise", "praised")},
    "items": Group("items_open", ("items_late", "items_on_time")),
    **{key: Group(key) for key in ("items_set", "items_signed")},
}
OF: dict[str, tuple[str, str]] = {  # part and whole of a rate
    "response": ("response_kept", "response_due"),
    "on_time": ("kept", "due"),
    "satisfaction": ("satisfied", "rated"),
    "returns": ("returned", "received"),
    "again": ("again", "concluded"),
    "extensions": ("extended", "due"),
}
SOLVED = ("solved", "partly_solved", "not_solved")
REST = {  # a column that only fills its group up: whole, and the part it is not
    "not_returned": ("received", "returned"),
    "not_again": ("concluded", "again"),
    "rated_since": ("concluded", "unrated"),  # about what "rated" is: it must not tell that either
    "not_extended": ("due", "extended"),
    "items_on_time": ("items_open", "items_late"),
}


def small(number: int, threshold: int) -> bool:
    return 0 < number < threshold


def shown(rows: Rows, threshold: int, held: Iterable[str] = ()) -> frozenset[str]:
    """The rows of one table that may be published beside its column sums, which are none of them small.

    `held` have to stay back because of another table.
    """
    filled = {row: cells for row, cells in rows.items() if any(cells)}
    back = {row for row, cells in filled.items() if any(small(cell, threshold) for cell in cells)} | (
        set(held) & set(filled)
    )
    if not back:
        return frozenset(rows) - frozenset(held)
    rest = sorted(set(filled) - back, key=lambda row: (-sum(filled[row]), row))
    while not _hides([filled[row] for row in back], threshold):
        if not rest:
            return frozenset()
        back.add(rest.pop())
    return frozenset(rows) - back - frozenset(held)


def _hides(back: list[tuple[int, ...]], threshold: int) -> bool:
    """Whether one of these rows may be anything from nought (nought rows are shown, so: one) up to the threshold."""
    others = len(back) - 1
    return others > 0 and all(total == 0 or total - others >= threshold for total in map(sum, zip(*back, strict=True)))


def publish(
    figures: Mapping[str, Any],
    terms: Terms,
    inside: Iterable[Mapping[str, Any]] = (),
    more: Mapping[str, int] | None = None,
    *,
    bounds: bool = False,
) -> dict[str, Any]:
    """`more`: further counts of the street. `bounds`: it is a month, and may say within what its rates lie.

    `inside`: published versions of periods that lie in this one, and earlier revisions of this one.

    `rows`: per area the counts that may be seen. `tables`: which rows each table shows, for later publications.
    """
    street = figures["street"]
    counts = {STREET: street["counts"] | dict(more or {})} | {
        area: own["counts"] for area, own in figures["communities"].items()
    }
    tables = _Tables(counts, terms.suppress_below, list(inside))
    for name, group in GROUPS.items():
        tables.add(name, (group.whole,), under=group.below, areas=group.areas)
        tables.add(f"{name}/parts", group.columns, under=name, areas=group.areas)
    seen = {row: tables.cells(row) for row in counts}
    # By matter only: kinds and ways divide the same whole, and praise is told by itself.
    tops = {"category": tables.add_top("category", street["tops"]["category"])}
    return {
        "threshold": terms.suppress_below,
        "rows": seen,
        "tables": tables.seen,
        "tops": tops,
        "median": street["median"] if seen[STREET].get("concluded") else None,
        "rates": {row: rates_of(cells, terms) for row, cells in seen.items()},
        "scores": {row: _score(cells, terms) for row, cells in seen.items()},
        "bounds": bounds_of(counts[STREET], seen[STREET], terms) if bounds else {},
    }


def bounds_of(counts: Mapping[str, int], seen: Mapping[str, int], terms: Terms) -> dict[str, dict[str, Any]]:
    """By rate: `low` or `high` in percent of a `whole` that is shown, where a small part or rest is not."""
    found = {}
    for rate, (part, whole) in OF.items():
        of, most = counts.get(whole, 0), terms.suppress_below - 1
        if part in seen or whole not in seen or of < max(terms.minimum_sample, 2 * terms.suppress_below):
            continue
        if small(of - counts[part], terms.suppress_below):
            found[rate] = {"low": str(rates.tenth(Decimal((of - most) * 100) / of)), "whole": of}
        elif small(counts[part], terms.suppress_below):
            found[rate] = {"high": str(rates.tenth(Decimal(most * 100) / of)), "whole": of}
    return found


@dataclass
class _Tables:
    """What has been let through so far."""

    counts: Mapping[str, Mapping[str, int]]
    threshold: int
    earlier: list[Mapping[str, Any]]
    seen: dict[str, list[str]] = field(default_factory=dict)
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def add(self, table: str, columns: tuple[str, ...], *, under: str, areas: bool) -> None:
        rows = {row: tuple(_count(own, column) for column in columns) for row, own in self.counts.items()}
        street, held = rows.pop(STREET), self._held(table, self.counts)
        over = set(self.seen[under]) if under else {STREET, *rows}
        found: set[str] = set()
        if columns and STREET in over - held and not any(small(cell, self.threshold) for cell in street):
            found = {STREET} | (shown(rows, self.threshold, held | (set(rows) - over)) if areas else set())
        self.seen[table], self.columns[table] = sorted(found), columns

    def add_top(self, what: str, received: Mapping[str, int]) -> dict[str, int]:
        """What was received, by matter; the others together are the difference to the whole."""
        table = f"top/{what}"
        rows = {name: (count,) for name, count in received.items()}
        found = shown(rows, self.threshold, self._held(table, rows)) if STREET in self.seen["received"] else frozenset()
        self.seen[table] = sorted(found)
        return {name: received[name] for name in sorted(found, key=lambda name: (-received[name], name))}

    def cells(self, row: str) -> dict[str, int]:
        return {
            column: _count(self.counts[row], column)
            for table, columns in self.columns.items()
            if row in self.seen[table]
            for column in columns
            if column not in REST
        }

    def _held(self, table: str, rows: Iterable[str]) -> set[str]:
        """Rows that a published table inside this one does not show."""
        return {row for version in self.earlier for row in set(rows) - set(version["tables"].get(table, ()))}


def _count(counts: Mapping[str, int], column: str) -> int:
    if column not in REST:
        return counts.get(column, 0)
    whole, part = REST[column]
    return counts.get(whole, 0) - counts.get(part, 0)


def rates_of(cells: Mapping[str, int], terms: Terms) -> dict[str, dict[str, Any] | None]:
    """None where a count it is reckoned from is held back."""
    return {rate: _told(_share(rate, cells, terms)) for rate in RATES}


def _share(rate: str, cells: Mapping[str, int], terms: Terms) -> Share | None:
    if rate == "resolution":
        return rates.resolution(*(cells[key] for key in SOLVED), terms=terms) if set(SOLVED) <= set(cells) else None
    part, whole = OF[rate]
    return rates.share(cells[part], cells[whole], terms) if {part, whole} <= set(cells) else None


def _told(share: Share | None) -> dict[str, Any] | None:
    if share is None:
        return None
    return {
        "part": str(share.part),
        "whole": share.whole,
        "percent": None if share.percent is None else str(share.percent),
        "enough": share.enough,
        "band": [str(end) for end in share.band] if share.band else None,
    }


def _score(cells: Mapping[str, int], terms: Terms) -> str | None:
    """Only where the counts of all three rates are seen, or it would tell the missing one."""
    response, solved, satisfied = (_share(rate, cells, terms) for rate in ("response", "resolution", "satisfaction"))
    if response is None or solved is None or satisfied is None:
        return None
    found = rates.overall(response, solved, satisfied, terms)
    return None if found is None else str(found)


def reveals(version: Mapping[str, Any], around: Mapping[str, Any]) -> bool:
    """Whether a longer published period shows something that this shorter one, lying in it, has to hold back."""
    return any(set(around["tables"].get(table, ())) - set(rows) for table, rows in version["tables"].items())
