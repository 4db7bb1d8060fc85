from __future__ import annotations

from django.db import models


class Tally(models.Model):
    """How often a door was used from one direction lately. `key` is an HMAC under a salt of the day; no address."""

    key = models.BinaryField(primary_key=True, max_length=16)
    slot = models.BigIntegerField()
    count = models.PositiveIntegerField()
    before = models.PositiveIntegerField(default=0)
    let_in = models.BooleanField(default=True)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.count} after {self.before}"


class Salt(models.Model):
    """One day's salt. When it is deleted, nobody can tell any more what a key stood for."""

    day = models.DateField(primary_key=True)
    salt = models.BinaryField(max_length=32)

    def __str__(self) -> str:
        return f"{self.day}"


class Spent(models.Model):
    """A proof of work or a waiting ticket that was used; kept until it would have expired anyway."""

    key = models.BinaryField(primary_key=True, max_length=16)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.expires_at}"
