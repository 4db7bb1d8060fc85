"""How often a door may be used: counted in PostgreSQL by one statement, so that no number of web servers miscounts.

A tally is a window's count with the window before it fading out. Its key is an HMAC under a salt of the day, kept
beside a secret that is not in the database; what goes in is the network a request came from (see `address`), a case
number, a code. None of them is stored.

Nobody is locked out with their neighbours: more traffic first asks for a harder proof of work; only a network that
goes on gets 429, is told when to come back, and then may go on at the limit's pace. Refused calls are not counted, so
hammering at a closed door does not keep it closed for those next to you. What everybody does
together, and what is done to one case's number, never closes anything.
"""

from __future__ import annotations

import hmac
import math
import random
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import IntEnum
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from config.lib.errors import RuleBroken

KEY_BYTES = 16
SWEEP_EVERY, SWEEP = 50, 500


class Stage(IntEnum):
    NORMAL = 0
    HARDER = 1
    HARDEST = 2
    STOP = 3


@dataclass(frozen=True)
class Limit:
    """Uses in `seconds`: from `harder` on the proof is harder, beyond `most` is 429. Without `most` nothing closes."""

    name: str
    seconds: int
    harder: int
    most: int | None = None

    @property
    def cap(self) -> int:
        return self.most if self.most is not None else 2**30

    def stage(self, used: float) -> Stage:
        if self.most is not None and used > self.most:
            return Stage.STOP
        if used <= self.harder:
            return Stage.NORMAL
        return Stage.HARDER if used <= self._hardest() else Stage.HARDEST

    def _hardest(self) -> int:
        return self.harder * 4 if self.most is None else (self.harder + self.most) // 2

    def used(self, count: int, before: int, passed: float) -> float:
        """`passed` is the share of the window that is over, 0 to 1."""
        return before * (1 - passed) + count

    def retry_after(self, count: int, before: int, passed: float) -> int:
        """Whole seconds until one more use is within the limit."""
        if count < self.cap:
            share = 1 - (self.cap - count - 1) / max(1, before) - passed
        else:
            share = (1 - passed) + 1 - (self.cap - 1) / max(1, count)
        return max(1, math.ceil(share * self.seconds))


class TooMany(RuleBroken):
    """Answered with 429 and Retry-After."""

    def __init__(self, retry_after: int) -> None:
        minutes = max(1, math.ceil(retry_after / 60))
        super().__init__(
            "too_many",
            _(
                "Very many requests are coming from your network right now. Please try again in %(minutes)s minutes, "
                "or call us or come by: at the counter nothing is limited."
            )
            % {"minutes": minutes},
        )
        self.retry_after = retry_after


@dataclass(frozen=True)
class Use:
    """One thing counted: a limit and what it counts by."""

    limit: Limit
    by: tuple[str, ...] = ()


# One statement: the row's lock makes it atomic. A server whose clock lags counts into the newer window.
_BEFORE = "CASE WHEN EXCLUDED.slot <= t.slot THEN t.before WHEN EXCLUDED.slot = t.slot + 1 THEN t.count ELSE 0 END"
_COUNT = "CASE WHEN EXCLUDED.slot <= t.slot THEN t.count ELSE 0 END"
_FITS = f"({_BEFORE}) * (1 - %(passed)s) + ({_COUNT}) + 1 <= %(most)s"
COUNT = f"""
INSERT INTO guard_tally AS t (key, slot, count, before, let_in, expires_at)
VALUES (%(key)s, %(slot)s, 1, 0, true, %(expires_at)s)
ON CONFLICT (key) DO UPDATE SET
    before = {_BEFORE},
    count = ({_COUNT}) + CASE WHEN {_FITS} THEN 1 ELSE 0 END,
    let_in = {_FITS},
    slot = GREATEST(t.slot, EXCLUDED.slot),
    expires_at = GREATEST(t.expires_at, EXCLUDED.expires_at)
RETURNING count, before, let_in
"""


def count(uses: Sequence[Use], *, now: datetime) -> Stage:
    """Count each, and answer with the strictest stage. Raises TooMany."""
    stage = Stage.NORMAL
    for use in uses:
        slot, passed = divmod(now.timestamp() / use.limit.seconds, 1)
        facts: dict[str, Any] = {
            "key": key(use, now), "slot": int(slot), "passed": passed, "most": use.limit.cap,
            "expires_at": now + timedelta(seconds=2 * use.limit.seconds),
        }  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute(COUNT, facts)
            counted, before, let_in = cursor.fetchone()
        if not let_in:
            raise TooMany(use.limit.retry_after(counted, before, passed))
        stage = max(stage, use.limit.stage(use.limit.used(counted, before, passed)))
    if random.randrange(SWEEP_EVERY) == 0:
        sweep(now)
    return stage


def look(uses: Sequence[Use], *, now: datetime) -> Stage:
    """The stage the next use would meet, without counting. STOP is an answer here."""
    stage = Stage.NORMAL
    for use in uses:
        slot, passed = divmod(now.timestamp() / use.limit.seconds, 1)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT CASE WHEN slot = %(slot)s THEN count ELSE 0 END,"
                " CASE WHEN slot = %(slot)s THEN before WHEN slot = %(slot)s - 1 THEN count ELSE 0 END"
                " FROM guard_tally WHERE key = %(key)s",
                {"slot": int(slot), "key": key(use, now)},
            )
            counted, before = cursor.fetchone() or (0, 0)
        stage = max(stage, use.limit.stage(use.limit.used(counted + 1, before, passed)))
    return stage


def forgive(uses: Sequence[Use], *, now: datetime) -> None:
    """Take back what was counted: it turned out to be right."""
    with connection.cursor() as cursor:
        for use in uses:
            cursor.execute(
                "UPDATE guard_tally SET count = GREATEST(count - 1, 0) WHERE key = %s AND slot = %s",
                [key(use, now), int(now.timestamp() // use.limit.seconds)],
            )


def sweep(now: datetime) -> int:
    """Delete what no limit asks for any more, a bounded number at a time; `count` calls it now and then."""
    gone = 0
    with connection.cursor() as cursor:
        for table in ("guard_tally", "guard_spent"):
            cursor.execute(
                f"DELETE FROM {table} WHERE key IN (SELECT key FROM {table} WHERE expires_at < %s"
                " ORDER BY expires_at LIMIT %s FOR UPDATE SKIP LOCKED)",
                [now, SWEEP],
            )
            gone += cursor.rowcount
        cursor.execute("DELETE FROM guard_salt WHERE day < %s", [timezone.localdate(now)])
    return gone


# Keys

_secret = salted_hmac("linli.guard.limits", "", secret=settings.SECRET_KEY, algorithm="sha256").digest()
_salts: dict[date, bytes] = {}


def key(use: Use, now: datetime) -> bytes:
    told = "\0".join((use.limit.name, *use.by)).encode(errors="surrogatepass")
    return hmac.digest(_secret + salt(timezone.localdate(now)), told, "sha256")[:KEY_BYTES]


def salt(day: date) -> bytes:
    """The day's salt, made by whoever needs it first. Yesterday's is deleted: then its keys mean nothing to anybody."""
    known = _salts.get(day)
    if known:
        return known
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO guard_salt (day, salt) VALUES (%s, %s) ON CONFLICT (day) DO NOTHING",
            [day, secrets.token_bytes(32)],
        )
        cursor.execute("SELECT salt FROM guard_salt WHERE day = %s", [day])
        found = bytes(cursor.fetchone()[0])
    if not connection.in_atomic_block:  # a salt that is rolled back must not live on here
        _salts.clear()
        _salts[day] = found
    return found
