"""What a browser does before we listen: a piece of arithmetic that costs a visitor a second and a flooder a computer.

Without JavaScript, or where the browser does not calculate (no secure connection, an old phone), waiting takes its
place: the form comes back with a ticket, everything typed is kept, and after some seconds the same button sends it.
Nothing has to be solved, read or heard by anybody. Both are good for one form, once, for a limited time.
"""

from __future__ import annotations

import hashlib
import math
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import altcha
from django.conf import settings
from django.core import signing
from django.db import connection
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from config.guard.limits import Stage
from config.lib.errors import RuleBroken

ALGORITHM, COST = "PBKDF2/SHA-256", 2_000
# How many derivations at most; half of it at least. One takes 0.3 ms on a desk, about 2 ms on an old phone.
WORK = {Stage.NORMAL: 600, Stage.HARDER: 2_400, Stage.HARDEST: 9_600}
WAIT = {Stage.NORMAL: 6, Stage.HARDER: 20, Stage.HARDEST: 60}  # seconds
GOOD_FOR = timedelta(minutes=30)
LONGEST = 4_000


def _secret(purpose: str) -> str:
    return salted_hmac("linli.guard.proof", purpose, secret=settings.SECRET_KEY, algorithm="sha256").hexdigest()


_challenges, _solutions = _secret("challenge"), _secret("solution")


@dataclass(frozen=True)
class Proof:
    """Seen to be true, not yet used up."""

    key: bytes
    expires_at: datetime


def challenge(purpose: str, stage: Stage, *, now: datetime) -> dict[str, Any]:
    """What the altcha widget asks for, as JSON. Costs us one derivation."""
    most = WORK[min(stage, Stage.HARDEST)]
    made = altcha.create_challenge(
        ALGORITHM,
        COST,
        counter=most // 2 + secrets.randbelow(most // 2),
        expires_at=int((now + GOOD_FOR).timestamp()),
        data={"for": purpose, "stage": int(stage)},
        hmac_secret=_challenges,
        hmac_key_secret=_solutions,
    )
    found: dict[str, Any] = made.to_dict()
    return found


def check(payload: str, purpose: str, stage: Stage, *, now: datetime) -> Proof:
    """The proof a form brings. Raises RuleBroken: proof_wrong, proof_old, proof_easy."""
    if len(payload) > LONGEST or not altcha.verify_solution(payload, _challenges, hmac_key_secret=_solutions).verified:
        raise _again("proof_wrong")
    parameters = altcha.Payload.from_base64(payload).challenge.parameters
    data = parameters.data or {}
    if data.get("for") != purpose:
        raise _again("proof_wrong")
    expires_at = datetime.fromtimestamp(parameters.expires_at or 0, UTC)
    if expires_at < now:
        raise _again("proof_old")
    if data.get("stage", 0) < min(stage, Stage.HARDEST):
        raise _again("proof_easy")
    return Proof(_key("proof", parameters.nonce), expires_at)


def _again(code: str) -> RuleBroken:
    return RuleBroken(code, _("The check of your browser has run out. Please press the button once more."))


# Waiting


def wait(stage: Stage) -> int:
    """Seconds."""
    return WAIT[min(stage, Stage.HARDEST)]


def ticket(purpose: str, stage: Stage, *, now: datetime) -> str:
    after = now + timedelta(seconds=wait(stage))
    until = int((after + GOOD_FOR).timestamp())
    facts = [purpose, int(stage), secrets.token_urlsafe(12), math.ceil(after.timestamp()), until]
    return signing.dumps(facts, salt="linli.guard.ticket")


def check_ticket(text: str, purpose: str, stage: Stage, *, now: datetime) -> Proof:
    """A ticket whose time has come. Raises RuleBroken: ticket_wrong, ticket_early, ticket_old, ticket_easy."""
    try:
        told = signing.loads(text[:LONGEST], salt="linli.guard.ticket")
        made_for, waited_for, nonce, after, until = told
    except (signing.BadSignature, ValueError, TypeError):
        raise wait_first("ticket_wrong", seconds=wait(stage)) from None
    if made_for != purpose or now.timestamp() > until:
        raise wait_first("ticket_old", seconds=wait(stage))
    # Otherwise a store of tickets from a quiet hour would pass through every crowd.
    if waited_for < min(stage, Stage.HARDEST):
        raise wait_first("ticket_easy", seconds=wait(stage))
    if now.timestamp() < after:
        left = math.ceil(after - now.timestamp())
        raise RuleBroken(
            "ticket_early", _("A moment, please: in %(seconds)s seconds you can press the button.") % {"seconds": left}
        )
    return Proof(_key("ticket", nonce), datetime.fromtimestamp(until, UTC))


def wait_first(code: str = "wait", *, seconds: int = WAIT[Stage.NORMAL]) -> RuleBroken:
    return RuleBroken(
        code,
        _(
            "Nothing is lost: everything you wrote is still here. Please wait %(seconds)s seconds and then press the "
            "button once more. The short wait keeps out machines; you do not have to solve a puzzle."
        )
        % {"seconds": seconds},
    )


# Once


def spend(proof: Proof) -> None:
    """Use it up; of fifty at once exactly one succeeds. Raises RuleBroken: proof_used."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO guard_spent (key, expires_at) VALUES (%s, %s) ON CONFLICT (key) DO NOTHING",
            [proof.key, proof.expires_at],
        )
        if cursor.rowcount != 1:
            raise _again("proof_used")


def _key(kind: str, nonce: object) -> bytes:
    return hashlib.sha256(f"{kind}:{nonce}".encode()).digest()[:16]
