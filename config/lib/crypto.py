"""Sealing short texts so that a copied database tells nothing, and finding a phone number without storing it readably.

A sealed text (token) reads `<version>.<key id>.<base64url of nonce, ciphertext and tag>`. It opens only in the place it
was made for: table, column and row are bound to it as associated data, as are version and key id. The empty text stays
empty: that a field was left out is not a secret, and queries ask for it.

Version 1 is AES-256-GCM with HMAC-SHA-256, version 2 is SM4-GCM with HMAC-SM3 (GM/T 0002, 0004). One process writes
one of them (LINLI_CIPHER) and reads both. Each key of the ring is a master; the keys really used are derived from it,
one for each purpose.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import os
import re
import secrets
import tempfile
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal, Protocol

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

Version = Literal["1", "2"]
AES: Version = "1"
SM4: Version = "2"
CIPHERS: dict[str, Version] = {"aes": "1", "sm4": "2"}

KEY_BYTES, NONCE_BYTES, TAG_BYTES, INDEX_BYTES = 32, 12, 16, 16
KEY_ID = re.compile(r"[a-z0-9]{1,16}")
TOKEN = re.compile(r"([12])\.([a-z0-9]{1,16})\.([A-Za-z0-9_-]{38,})")
TOKEN_SQL = r"^[12]\.[a-z0-9]{1,16}\.[A-Za-z0-9_-]{38,}$"


class CannotOpen(ValueError):
    """The token was changed, belongs to another row, or was sealed with a key that is not here."""


class BadKeys(ValueError):
    """The keys given cannot be used; the message says why."""


@dataclass(frozen=True)
class KeyRing:
    """Master keys by id, the first one current. Order matters, so they come as pairs."""

    keys: tuple[tuple[str, bytes], ...]
    version: Version = "1"

    def __post_init__(self) -> None:
        ids = [name for name, _key in self.keys]
        if not ids:
            raise BadKeys("there is no key")
        if len(set(ids)) != len(ids):
            raise BadKeys("a key id comes twice")
        for name, key in self.keys:
            if not KEY_ID.fullmatch(name):
                raise BadKeys(f"the key id {name!r} is not one to 16 small letters and digits")
            if len(key) != KEY_BYTES:
                raise BadKeys(f"the key {name!r} has {len(key)} bytes instead of {KEY_BYTES}")

    @property
    def current(self) -> str:
        return self.keys[0][0]

    @property
    def prefix(self) -> str:
        """How every token begins that needs no rotation."""
        return f"{self.version}.{self.current}."

    def master(self, key_id: str) -> bytes:
        for name, key in self.keys:
            if name == key_id:
                return key
        raise CannotOpen(f"the key {key_id!r} is not here")


# Keys


def parse_keys(text: str, version: Version = AES) -> KeyRing:
    """`id:base64,id:base64`, the current key first."""
    pairs = []
    for part in filter(None, (part.strip() for part in text.replace("\n", ",").split(","))):
        name, _colon, coded = part.partition(":")
        try:
            pairs.append((name, base64.b64decode(coded, validate=True)))
        except binascii.Error:
            raise BadKeys(f"the key {name!r} is not base64") from None
    return KeyRing(tuple(pairs), version)


def new_key(name: str) -> str:
    return f"{name}:{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}"


def kept_keys(file: Path) -> str:
    """The keys of a file nobody else can read, made on first use."""
    try:
        return file.read_text()
    except FileNotFoundError:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=file.parent) as made:  # mode 0600
            # A name of its own: after a loss, "the key is not here" is clearer than a text that does not open.
            made.write(new_key(f"k{secrets.token_hex(3)}") + "\n")
            made.flush()
            os.fsync(made.fileno())
            with contextlib.suppress(FileExistsError):  # two first starts at once: the first one's key counts
                os.link(made.name, file)
        return file.read_text()


# Suites


class _Suite(Protocol):
    def encrypt(self, nonce: bytes, data: bytes, bound: bytes, /) -> bytes: ...

    def decrypt(self, nonce: bytes, data: bytes, bound: bytes, /) -> bytes: ...


class _SM4GCM:
    def __init__(self, key: bytes) -> None:
        self.algorithm = algorithms.SM4(key)

    def encrypt(self, nonce: bytes, data: bytes, bound: bytes, /) -> bytes:
        work = Cipher(self.algorithm, modes.GCM(nonce)).encryptor()
        work.authenticate_additional_data(bound)
        return work.update(data) + work.finalize() + work.tag

    def decrypt(self, nonce: bytes, data: bytes, bound: bytes, /) -> bytes:
        work = Cipher(self.algorithm, modes.GCM(nonce, data[-TAG_BYTES:])).decryptor()
        work.authenticate_additional_data(bound)
        return work.update(data[:-TAG_BYTES]) + work.finalize()


def _digest(version: str) -> hashes.HashAlgorithm:
    return hashes.SM3() if version == SM4 else hashes.SHA256()


def derive(master: bytes, purpose: str, *, version: str = AES, length: int = KEY_BYTES) -> bytes:
    """A key for one purpose. Masters are random already, so HKDF's second half is enough."""
    return HKDFExpand(_digest(version), length, f"linli {purpose}".encode()).derive(master)


@lru_cache(maxsize=64)
def _suite(version: str, master: bytes) -> _Suite:
    if version == SM4:
        return _SM4GCM(derive(master, "fields sm4-gcm", version=version, length=16))
    return AESGCM(derive(master, "fields aes-256-gcm"))


@lru_cache(maxsize=64)
def _index_key(version: str, master: bytes) -> bytes:
    return derive(master, "phone index", version=version)


@cache
def available(version: Version) -> bool:
    """Whether the OpenSSL at hand can do it; builds without SM3 and SM4 exist."""
    try:
        bound, nonce, suite = b"test", bytes(NONCE_BYTES), _suite(version, bytes(KEY_BYTES))
        same = suite.decrypt(nonce, suite.encrypt(nonce, b"test", bound), bound) == b"test"
        return same and bool(_mac(version, bytes(KEY_BYTES), b"test"))
    except (UnsupportedAlgorithm, AttributeError, ValueError):
        return False


# Texts


def seal(text: str, place: str, ring: KeyRing) -> str:
    """A token that opens only at `place`, which names table, column and row."""
    if not text:
        return ""
    name, master = ring.keys[0]
    head = f"{ring.version}.{name}."
    nonce = os.urandom(NONCE_BYTES)
    hidden = _suite(ring.version, master).encrypt(nonce, text.encode(), (head + place).encode())
    return head + base64.urlsafe_b64encode(nonce + hidden).rstrip(b"=").decode()


def unseal(token: str, place: str, ring: KeyRing) -> str:
    """The text of a token. Raises CannotOpen."""
    if not token:
        return ""
    found = TOKEN.fullmatch(token)
    if found is None:
        raise CannotOpen("this is no sealed text")
    version, name, coded = found.groups()
    try:
        raw = base64.urlsafe_b64decode(coded + "=" * (-len(coded) % 4))
        bound = f"{version}.{name}.{place}".encode()
        return _suite(version, ring.master(name)).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], bound).decode()
    except (InvalidTag, binascii.Error, UnsupportedAlgorithm) as error:
        raise CannotOpen("the text was changed or belongs elsewhere") from error


def is_token(text: str) -> bool:
    return TOKEN.fullmatch(text) is not None


# Phone numbers


def plain_phone(text: str) -> str:
    """The digits of a Chinese phone number without country code and leading zero: what two spellings share."""
    digits = "".join(str(unicodedata.decimal(sign)) for sign in text if sign.isdecimal())
    digits = digits[2:] if digits.startswith("0086") else digits
    if digits.startswith("86") and len(digits) >= 12:
        digits = digits[2:]
    return digits.lstrip("0")


def phone_index(text: str, ring: KeyRing) -> str:
    """What finds a phone number under the current key; empty when the text holds no digit."""
    return _index(text, ring.version, *ring.keys[0])


def phone_indexes(text: str, ring: KeyRing) -> list[str]:
    """What a row with this phone may carry, under any key of the ring: while keys rotate, both are in use."""
    versions: list[Version] = [version for version in CIPHERS.values() if available(version)]
    found = [_index(text, version, name, key) for version in versions for name, key in ring.keys]
    return [index for index in found if index]


def _index(text: str, version: str, name: str, master: bytes) -> str:
    digits = plain_phone(text)
    if not digits:
        return ""
    return f"{version}.{name}." + _mac(version, _index_key(version, master), digits.encode())


def _mac(version: str, key: bytes, data: bytes) -> str:
    work = hmac.HMAC(key, _digest(version))
    work.update(data)
    return base64.urlsafe_b64encode(work.finalize()[:INDEX_BYTES]).rstrip(b"=").decode()


if __name__ == "__main__":
    print(new_key(f"k{secrets.token_hex(3)}"))  # noqa: T201
