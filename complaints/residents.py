"""Residents in business words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db.models import QuerySet

from config.lib.sealed import phone_indexes

if TYPE_CHECKING:
    from complaints.models.case import Resident  # noqa: F401


class ResidentQuerySet(QuerySet["Resident"]):
    def with_phone(self, number: str) -> Self:
        """By the blind index: the number however it is spelled, under every key in use."""
        indexes = phone_indexes(number)
        return self.filter(phone_index__in=indexes) if indexes else self.none()
