from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from supervision.watch.instants import instant
from supervision.watch.sweep import sweep


class Command(BaseCommand):
    help = "Looks at every deadline whose turn has come: writes the ledger, the alerts and the supervision orders."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--now", type=instant, help="an ISO instant instead of the present; office time if no zone")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        done = sweep(now=options["now"] or timezone.now(), real=options["now"] is None)
        if options["json"]:
            self.stdout.write(json.dumps(asdict(done)))
        else:
            self.stdout.write(
                f"{done.claimed} deadlines looked at, {done.transitions} rungs, {done.alerts} alerts, "
                f"{done.held} of them held, {done.seconds} s"
            )
