from __future__ import annotations

import logging
import signal
import time
from argparse import ArgumentParser
from types import FrameType
from typing import Any, NoReturn

from django.core.management.base import BaseCommand
from django.db import close_old_connections, connections
from django.utils import timezone

from supervision.watch.dispatch import dispatch
from supervision.watch.sweep import sweep

log = logging.getLogger("linli.watch")
EVERY = 20


class Command(BaseCommand):
    help = "Sweeps and dispatches every 20 seconds, beside beat and without Redis. Outlives a restart of the database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--every", type=float, default=EVERY, help="seconds between two rounds")
        parser.add_argument("--rounds", type=int, default=0, help="end after so many rounds; 0 goes on for ever")

    def handle(self, *args: Any, every: float, rounds: int, **options: Any) -> None:
        signal.signal(signal.SIGTERM, _stop)
        done = 0
        while True:
            once()
            done += 1
            if done == rounds:
                return
            time.sleep(every)


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)


def once() -> None:
    """Whatever goes wrong goes wrong this round: the obligations are rows and wait for the next."""
    for work in (sweep, dispatch):
        close_old_connections()
        try:
            work(now=timezone.now())
        except Exception as error:
            log.warning("%s: %s", work.__name__, type(error).__name__)
            connections.close_all()
