"""Keyset pages: a page is found by where it begins, so the hundredth costs what the first does."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from config.lib.errors import RuleBroken

SIZE = 50
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CURSOR = re.compile(r"([0-9a-z]{1,13})-([0-9a-z]{1,12})")
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Order:
    """By an instant, then by id."""

    field: str
    descending: bool


NEWEST = Order("submitted_at", descending=True)
DUE = Order("turn_due_at", descending=False)
Key = tuple[datetime, int]


@dataclass(frozen=True)
class Page:
    """Ids in order; `prev` and `next` are the cursors of the pages beside it, "" where there is none."""

    ids: list[int]
    prev: str = ""
    next: str = ""

    @property
    def more(self) -> bool:
        return bool(self.next)


def page(cases: QuerySet[Any], order: Order, *, after: str = "", before: str = "", size: int = SIZE) -> Page:
    """The page after or before a cursor. Raises RuleBroken for a cursor that is none."""
    backwards = bool(before) and not after
    key = read_cursor(before if backwards else after) if after or before else None
    down = order.descending != backwards
    if key:
        cases = _beyond(cases, order.field, key, down)
    sign = "-" if down else ""
    found: list[Key] = [
        (at, pk)
        for pk, at in cases.order_by(f"{sign}{order.field}", f"{sign}pk").values_list("pk", order.field)[: size + 1]
    ]
    more = len(found) > size
    found = found[:size]
    if backwards:
        found.reverse()
    if not found:
        return Page([])
    first, last = cursor(found[0]), cursor(found[-1])
    earlier, later = (more, True) if backwards else (bool(key), more)
    return Page([pk for _at, pk in found], prev=first if earlier else "", next=last if later else "")


def cursor(key: Key) -> str:
    at, pk = key
    return f"{_base36((at - EPOCH) // timedelta(microseconds=1))}-{_base36(pk)}"


def read_cursor(text: str) -> Key:
    found = CURSOR.fullmatch(text)
    numbers = [int(part, 36) for part in found.groups()] if found else []
    try:
        at = EPOCH + timedelta(microseconds=numbers[0])
    except (IndexError, OverflowError):
        at = None
    if at is None or numbers[1] >= 2**63:
        raise RuleBroken("bad_cursor", _("The page in this address does not exist; this is the first one."))
    return at, numbers[1]


def _beyond(cases: QuerySet[Any], field: str, key: Key, down: bool) -> QuerySet[Any]:
    """The plain bound beside the exact one lets an index begin at the right place."""
    at, pk = key
    side = "lt" if down else "gt"
    exact = Q(**{f"{field}__{side}": at}) | Q(**{field: at, f"pk__{side}": pk})
    return cases.filter(exact, **{f"{field}__{side}e": at})


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = DIGITS[digit] + digits
    return digits or "0"
