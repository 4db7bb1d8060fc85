"""The calendar, schedules and policies again, for tests that run after a transactional test emptied the tables."""

from __future__ import annotations

from importlib import import_module

from django.apps import apps


def plant_defaults() -> None:
    import_module("services.migrations.0004_defaults").plant(apps, None)
