from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from supervision.watch.dispatch import dispatch
from supervision.watch.instants import instant


class Command(BaseCommand):
    help = "Brings every alert that is due to where it goes: inbox, mail, group robots."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--now", type=instant, help="an ISO instant instead of the present; office time if no zone")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        done = dispatch(now=options["now"] or timezone.now(), real=options["now"] is None)
        if done.held:
            self.stdout.write(f"held: {done.held}")
        if options["json"]:
            keys = ("sent", "failed", "remaining", "seconds")
            self.stdout.write(json.dumps({key: value for key, value in asdict(done).items() if key in keys}))
        else:
            self.stdout.write(f"{done.sent} sent, {done.failed} failed, {done.remaining} remaining, {done.seconds} s")
