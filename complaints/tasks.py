from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from complaints.history import pin_days


@shared_task
def pin_history() -> None:
    pin_days(now=timezone.now())
