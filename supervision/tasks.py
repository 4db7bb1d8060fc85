from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from supervision import retention as watch
from supervision.bulletin.actions import draft_due
from supervision.conduct import retention
from supervision.watch.dispatch import dispatch
from supervision.watch.sweep import sweep
from supervision.weekly import actions as weekly


@shared_task
def draft_bulletins() -> None:
    draft_due(now=timezone.now())


@shared_task
def sweep_deadlines() -> None:
    sweep(now=timezone.now())


@shared_task
def dispatch_alerts() -> None:
    dispatch(now=timezone.now())


@shared_task
def forget_conduct() -> None:
    retention.forget_conduct(now=timezone.now())


@shared_task
def forget_watch() -> None:
    """Orders, items, dismissals and weekly remarks; the cases themselves have gone before."""
    watch.forget(now=timezone.now())


@shared_task
def remind_of_the_week() -> None:
    weekly.remind(now=timezone.now())
