from __future__ import annotations

import json
import os
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from complaints.history import MOST_PROBLEMS, verify


class Command(BaseCommand):
    help = "Recomputes the whole history and names every row that was changed, removed or put in. Exit code 1 if any."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="events, ok and problems as JSON")
        parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: one per core)")

    def handle(self, *args: Any, **options: Any) -> None:
        report = verify(jobs=options["jobs"])
        if options["json"]:
            self.stdout.write(json.dumps(report.as_dict(), ensure_ascii=False))
        else:
            for problem in report.problems[:MOST_PROBLEMS]:
                where = problem.case or problem.day
                self.stdout.write(f"{problem.code} {where}: {problem.text}")
            self.stdout.write(f"{report.events} events, {len(report.problems)} problems")
        if not report.ok:
            sys.exit(1)
