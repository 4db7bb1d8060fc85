"""Reckon all running clocks anew after a calendar change. Look first with --dry-run."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from complaints.actions.recalculate import recalculate


class Command(BaseCommand):
    help = "Reckon all running clocks anew after a calendar change; look first with --dry-run."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count, change nothing")
        parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        begun = time.monotonic()
        outcome = recalculate(dry_run=options["dry_run"], progress=self._progress)
        answer = asdict(outcome) | {"dry_run": options["dry_run"], "seconds": round(time.monotonic() - begun, 3)}
        if options["json"]:
            self.stdout.write(json.dumps(answer))
        else:
            self.stdout.write(
                "{examined} running clocks, {changed} changed ({earlier} earlier, {later} later, "
                "{settled} no longer provisional) in {seconds} s".format(**answer)
            )

    def _progress(self, done: int) -> None:
        if sys.stderr.isatty():
            self.stderr.write(f"{done} clocks", ending="\r")
