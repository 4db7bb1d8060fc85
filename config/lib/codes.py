"""Tracking codes: secrets a person copies from a slip, reads out on the phone and types with one finger.

    7KM4P-XH3RT-92WEA    fourteen random signs (63 bits) and a check sign, in three groups of five

The 23 signs leave out what looks like another in print or handwriting (0 O Q D, 1 I L, 2 Z, 5 S, 6 G, 8 B, U V) as far
as one of each pair suffices, and N, which sounds like M. 23 is a prime, so that the check sign finds every single wrong
sign and every swap of two signs.

Only an Argon2id hash with its own salt is kept. `matches` always does the same work, be there a hash or not.
"""

from __future__ import annotations

import secrets
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SIGNS = "23456789ACDEFHJKMPRTWXY"
RANDOM_SIGNS, GROUP = 14, 5
# What people type for a sign that stands here alone.
TAKEN_FOR = str.maketrans({"B": "8", "G": "6", "S": "5", "Z": "2"})
VALUES = {sign: value for value, sign in enumerate(SIGNS)}

# 63 random bits need no slow hash to withstand guessing, as a password does: one check takes about 8 ms and 8 MiB, so
# that a rush of reports is not spent on it.
HASHER = PasswordHasher(time_cost=2, memory_cost=8_192, parallelism=1)


def new_code() -> str:
    signs = "".join(secrets.choice(SIGNS) for _ in range(RANDOM_SIGNS))
    return shown(signs + check_sign(signs))


def check_sign(signs: str) -> str:
    """Weights 1, 2, 3 … modulo a prime: different for each place, so a swap shows as a wrong sign does."""
    return SIGNS[(1 - sum(weight * VALUES[sign] for weight, sign in enumerate(signs, 2))) % len(SIGNS)]


def shown(signs: str) -> str:
    return "-".join(signs[at : at + GROUP] for at in range(0, len(signs), GROUP))


def typed(text: str) -> str | None:
    """The code somebody typed, in its one spelling; None when it cannot be a code.

    That says nothing about any case: the check sign is public.
    """
    if len(text) > 100:
        return None
    folded = unicodedata.normalize("NFKC", text).upper().translate(TAKEN_FOR)
    signs = "".join(sign for sign in folded if sign.isalnum())
    if len(signs) != RANDOM_SIGNS + 1 or any(sign not in VALUES for sign in signs):
        return None
    return shown(signs) if check_sign(signs[:-1]) == signs[-1] else None


def hashed(code: str) -> str:
    return HASHER.hash(code)


# For numbers without a code: nobody knows what it is the hash of.
NOBODYS = hashed(secrets.token_hex(16))


def matches(hash_of: str | None, code: str) -> bool:
    """Whether the code is the one. Without a hash another one is checked all the same, so that time tells nothing."""
    try:
        fits = HASHER.verify(hash_of or NOBODYS, code)
    except (VerificationError, InvalidHashError):
        return False
    return bool(hash_of) and fits
