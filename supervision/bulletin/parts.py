"""What chapters are made of, as plain values, and how one figure is written.

A cell that counts cases names its question, so that a page can open them and a paper needs nothing of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from supervision.papers.paper import Picture

HELD_BACK = "*"
Value = str | int | None


@dataclass(frozen=True)
class Cell:
    """`key`, `area`, `top`: the cases behind a count. `case`: a case's number. `hint`: what the figure means."""

    value: Value
    key: str = ""
    area: str = ""
    top: str = ""
    case: str = ""
    hint: str = ""

    @property
    def is_number(self) -> bool:
        return isinstance(self.value, int) or bool(self.key)


@dataclass(frozen=True)
class Grid:
    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""


@dataclass(frozen=True)
class Chapter:
    title: str
    words: tuple[str, ...] = ()
    grids: tuple[Grid, ...] = ()
    pictures: tuple[Picture, ...] = field(default=())


def texts(*told: str) -> tuple[str, ...]:
    return tuple(one for one in told if one)


def seen(cells: Mapping[str, int], key: str) -> Value:
    return cells.get(key, HELD_BACK)


def percent(rate: Mapping[str, Any] | None) -> str:
    if rate is None:
        return HELD_BACK
    if not rate["whole"]:
        return "—"
    return f"{rate['percent']}%" if rate["enough"] else _("sample too small")


def sample(rate: Mapping[str, Any] | None) -> str:
    if rate is None:
        return HELD_BACK
    part = Decimal(rate["part"])
    told = f"{part.normalize():f}/{rate['whole']}"
    if rate["band"] and rate["enough"]:
        low, high = rate["band"]
        return _("%(sample)s (%(low)s–%(high)s%%)") % {"sample": told, "low": low, "high": high}
    return told
