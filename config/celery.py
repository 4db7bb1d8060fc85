"""Celery only triggers work whose obligations are rows in PostgreSQL; losing a message loses nothing."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery, Task
from celery.signals import beat_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


class OfficeTask(Task):  # type: ignore[type-arg]
    """A task acts for the office, not for somebody signed in: the wall around cases is open to it."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        from complaints import wall

        with wall.open_to_the_office():
            return super().__call__(*args, **kwargs)


app = Celery("linli", task_cls=OfficeTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@beat_init.connect
def wake_all(**kwargs: Any) -> None:
    """Beat waits one interval before its first message; what fell due while we were down should not."""
    for entry in app.conf.beat_schedule.values():
        app.send_task(entry["task"], **entry.get("options", {}))
