"""The hash chain of a case's history. Pure: the same row always gives the same hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True)
class Link:
    """An event's own content, in the order it is hashed."""

    number: str
    seq: int
    kind: str
    at: datetime
    recorded_at: datetime
    by: int | None
    data: Mapping[str, Any]


def link_hash(prev: str, link: Link) -> str:
    """SHA-256 over the hash before and the row as canonical JSON; instants in UTC with microseconds."""
    row = [prev, link.number, link.seq, link.kind, _utc(link.at), _utc(link.recorded_at), link.by, link.data]
    text = json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def text_hash(text: str) -> str:
    """What an event keeps of a text that may have to be forgotten later: enough to show it was not changed."""
    return hashlib.sha256(text.encode()).hexdigest()


def day_hash(prev: str, day: str, hashes: Iterable[str]) -> tuple[int, str]:
    """Count and digest of a day's event hashes, which must come sorted; chained to the day before."""
    digest = hashlib.sha256(f"{prev}\n{day}\n".encode())
    count = 0
    for count, value in enumerate(hashes, 1):  # noqa: B007
        digest.update(value.encode())
    return count, digest.hexdigest()


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
