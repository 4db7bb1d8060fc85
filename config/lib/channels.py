"""Ways to tell a resident something: the log, mail, or a gateway for text messages. Nothing here writes a number down.

`channel("webhook").send(Word(to=…, text=…, number=…, key=…))` either has delivered or raises NotDelivered.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import re
import smtplib
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any, Protocol

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage

TIMEOUT = 3
MOBILE = re.compile(r"(?:\+?86)?(1\d{10})")
log = logging.getLogger("linli.notices")


class NotDelivered(Exception):
    """Its words go into a table and a log, so they are ours: what a server says may repeat the number."""


@dataclass(frozen=True)
class Word:
    """`key` is the same in every try: a gateway that has seen it sends nothing a second time."""

    to: str = field(repr=False)
    text: str
    number: str
    key: str


class Channel(Protocol):
    def send(self, word: Word) -> None: ...


class Console:
    """For trying things out: says that something would be sent, and for which case."""

    def send(self, word: Word) -> None:
        log.info("notice for %s (%s)", word.number, word.key)


class Mail:
    """Mail to an address made of the number, as gateways of telephone companies take it: `{phone}@139.com`."""

    def __init__(self) -> None:
        self.to = settings.NOTICE_MAIL_TO
        if "{phone}" not in self.to:
            raise ImproperlyConfigured("LINLI_NOTICE_MAIL_TO has to contain {phone}, for example {phone}@139.com")

    def send(self, word: Word) -> None:
        mail(self.to.replace("{phone}", word.to), word.number, word.text, word.key)


def mail(to: str, subject: str, text: str, key: str) -> None:
    """One mail whose id is the key: a server that has seen it may drop the second."""
    message = EmailMessage(subject, text, to=[to])
    message.extra_headers |= {"Message-ID": f"<{key}@linli>", "Auto-Submitted": "auto-generated"}
    try:
        message.send()
    except (OSError, ValueError, smtplib.SMTPException) as error:
        raise NotDelivered(type(error).__name__) from None


class _NoDetour(urllib.request.HTTPRedirectHandler):
    """A number goes to the address that was configured and nowhere else."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


class Webhook:
    """POST of JSON to a gateway. `X-Linli-Signature` is the HMAC-SHA256 of time, a dot, and the body."""

    def __init__(self) -> None:
        self.url, self.secret = settings.NOTICE_URL, settings.NOTICE_SECRET
        if not self.url.startswith(("https://", "http://")) or len(self.secret) < 16:
            raise ImproperlyConfigured("LINLI_NOTICE_URL and a LINLI_NOTICE_SECRET of 16 signs or more are needed.")
        self.opener = urllib.request.build_opener(_NoDetour)

    def send(self, word: Word) -> None:
        body = json.dumps({"key": word.key, "to": word.to, "text": word.text}, ensure_ascii=False).encode()
        at = str(int(time.time()))
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": word.key,
            "X-Linli-Time": at,
            "X-Linli-Signature": signature(self.secret, at, body),
        }
        request = urllib.request.Request(self.url, data=body, headers=headers, method="POST")
        try:
            with self.opener.open(request, timeout=TIMEOUT):
                pass
        except urllib.error.HTTPError as error:
            error.close()
            raise NotDelivered(f"HTTP {error.code}") from None
        except (OSError, HTTPException, ValueError) as error:
            raise NotDelivered(type(error).__name__) from None


CHANNELS: dict[str, Callable[[], Channel]] = {"console": Console, "email": Mail, "webhook": Webhook}


def channel(name: str) -> Channel:
    if name not in CHANNELS:
        raise ImproperlyConfigured(f"LINLI_NOTICE_CHANNEL={name!r} is unknown: take one of {', '.join(CHANNELS)}.")
    return CHANNELS[name]()


def signature(secret: str, at: str, body: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()


def mobile(number: str) -> str:
    """The eleven digits of a Chinese mobile number, "" for anything else: no text reaches a landline."""
    found = MOBILE.fullmatch(re.sub(r"[\s()-]", "", number))
    return found[1] if found else ""
