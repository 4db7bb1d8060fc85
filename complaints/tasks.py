from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from complaints.actions import notices
from complaints.actions.rating import remind
from complaints.actions.retention import forget, forget_guide_words
from complaints.history import pin_days
from complaints.importing import runs


@shared_task
def pin_history() -> None:
    pin_days(now=timezone.now())


@shared_task
def run_import(pk: int) -> None:
    runs.execute(pk, now=timezone.now())


@shared_task
def pick_up_imports() -> None:
    """Confirmed imports whose message was lost or whose worker died."""
    for pk in runs.waiting():
        runs.execute(pk, now=timezone.now())


@shared_task
def forget_residents() -> None:
    forget(now=timezone.now())
    runs.forget_old(timezone.now())
    forget_guide_words(now=timezone.now())


@shared_task
def remind_to_rate() -> None:
    remind(now=timezone.now())


@shared_task
def send_notices() -> None:
    notices.send_notices(now=timezone.now())
