from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ConfigApp(AppConfig):
    name = "config"

    def ready(self) -> None:
        post_migrate.connect(_grant, sender=self)


def _grant(using: str, **kwargs: Any) -> None:
    """Not plumbing of data: the one moment after which every table is known, whoever ran `migrate`."""
    from config.grants import grant

    grant(using)
