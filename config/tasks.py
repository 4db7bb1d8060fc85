from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from config.models import Heartbeat


@shared_task
def heartbeat() -> None:
    Heartbeat.objects.update_or_create(name="jobs", defaults={"at": timezone.now()})
