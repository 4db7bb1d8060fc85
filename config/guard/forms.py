"""What every form for strangers brings along: a field nobody sees, a time stamp, and the proof of work or the wait."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from config.guard import proof
from config.guard.limits import Stage
from config.lib.errors import RuleBroken

STAMP = "linli.guard.stamp"


class Guarded(forms.Form):
    """Put it first among the bases and give the form a `purpose`.

    Every refusal is a sentence at the top of the form, the typed text stays, and pressing the button again is enough.
    The proof is used up only when everything else is right. `form.stage` says which challenge the page shall offer.
    """

    purpose: ClassVar[str]
    too_quick: ClassVar[timedelta] = timedelta(seconds=3)
    good_for: ClassVar[timedelta] = timedelta(hours=24)
    proved_from: ClassVar[Stage] = Stage.NORMAL  # below this nobody calculates or waits: for a tick that opens nothing

    # "website" is what machines like to fill in; the page puts it where nobody comes by eye, key or screen reader.
    website = forms.CharField(
        required=False,
        label=_("Please leave this field empty"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )
    stamp = forms.CharField(required=False, widget=forms.HiddenInput)
    ticket = forms.CharField(required=False, widget=forms.HiddenInput)
    altcha = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, now: datetime, stage: Stage = Stage.NORMAL, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now, self.stage = now, stage
        self.initial["stamp"] = stamp(self.purpose, now)

    def full_clean(self) -> None:
        if not self.is_bound:
            return super().full_clean()
        seen, refusal = self._seen()
        if refusal:
            # Nobody's photos are decoded before the proof is there; a browser has to send them again anyway.
            self.files = MultiValueDict()
        super().full_clean()
        if refusal:
            self._refuse(refusal)
        elif seen and not self.errors:
            self._spend(seen)
        for name in ("website", "stamp", "ticket", "altcha"):
            self.cleaned_data.pop(name, None)

    def _spend(self, seen: proof.Proof) -> None:
        try:
            proof.spend(seen)
        except RuleBroken as refusal:
            self._refuse(refusal)
            self._renew("altcha", "")
            self._renew("ticket", proof.ticket(self.purpose, self.stage, now=self.now))

    def _seen(self) -> tuple[proof.Proof | None, RuleBroken | None]:
        """The proof or the ticket, or what speaks against the form."""
        try:
            self._check_trap()
            self._check_stamp()
            return (self._check_proof() if self.stage >= self.proved_from else None), None
        except RuleBroken as refusal:
            return None, refusal

    def _check_trap(self) -> None:
        if self._given("website"):
            self._renew("website", "")  # a password manager may have filled it in: the next try goes through
            raise RuleBroken(
                "trap", _("A field that has to stay empty was filled in. Please press the button once more.")
            )

    def _check_stamp(self) -> None:
        made = read_stamp(self._given("stamp"), self.purpose)
        if made is None or not timedelta(seconds=-60) <= self.now - made <= self.good_for:
            self._renew("stamp", stamp(self.purpose, self.now - self.too_quick))
            raise RuleBroken(
                "expired", _("The page was open for a long time. Please look it over and press the button once more.")
            )
        if self.now - made < self.too_quick:
            raise RuleBroken("too_quick", _("That was very quick. Please look it over and press the button once more."))

    def _check_proof(self) -> proof.Proof:
        solved, waited = self._given("altcha"), self._given("ticket")
        try:
            if solved:
                return proof.check(solved, self.purpose, self.stage, now=self.now)
            if waited:
                return proof.check_ticket(waited, self.purpose, self.stage, now=self.now)
            raise proof.wait_first(seconds=proof.wait(self.stage))
        except RuleBroken as refusal:
            self._renew("altcha", "")
            if refusal.code != "ticket_early":
                self._renew("ticket", proof.ticket(self.purpose, self.stage, now=self.now))
            raise

    def _refuse(self, refusal: RuleBroken) -> None:
        self.add_error(None, ValidationError(str(refusal.message), code=refusal.code))

    def _given(self, name: str) -> str:
        return str(self.data.get(self.add_prefix(name), "")).strip()

    def _renew(self, name: str, value: str) -> None:
        """What the page shall carry the next time."""
        data = self.data.copy()  # type: ignore[attr-defined]
        data[self.add_prefix(name)] = value
        self.data = data


def stamp(purpose: str, now: datetime) -> str:
    return signing.dumps([purpose, int(now.timestamp())], salt=STAMP)


def read_stamp(text: str, purpose: str) -> datetime | None:
    try:
        made_for, at = signing.loads(text[:500], salt=STAMP)
        return datetime.fromtimestamp(at, UTC) if made_for == purpose else None
    except (signing.BadSignature, ValueError, TypeError, OverflowError):
        return None


def key_of(secret: str, said: Iterable[str]) -> str:
    """The key of what was sent, 64 hexadecimal signs: the form's own secret together with what the form says.

    The same words under one secret are the same thing sent twice, others are another. The secret is kept nowhere, so
    that whoever finds a hash of the key in a dump cannot try texts.
    """
    return hmac.digest(secret.encode(), json.dumps(list(said)).encode(), "sha256").hex()
