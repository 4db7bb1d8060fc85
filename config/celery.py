"""Celery only triggers work whose obligations are rows in PostgreSQL; losing a message loses nothing."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.signals import beat_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("linli")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@beat_init.connect
def wake_all(**kwargs: Any) -> None:
    """Beat waits one interval before its first message; what fell due while we were down should not."""
    for entry in app.conf.beat_schedule.values():
        app.send_task(entry["task"], **entry.get("options", {}))
