from __future__ import annotations

from django.apps import AppConfig


class GuardApp(AppConfig):
    name = "config.guard"
    label = "guard"

    def ready(self) -> None:
        from config.guard import checks  # noqa: F401
