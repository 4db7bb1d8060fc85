"""Deadlines and running time for a JSON array on standard input, under the project's own calendar."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import ProgrammingError

from services.calendar import load_calendar
from services.worktime import answers


class Command(BaseCommand):
    help = "Answers a JSON array of questions about deadlines (docs/clock.md), read from standard input."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            rows = json.loads(sys.stdin.buffer.read())
        except (ValueError, RecursionError) as error:
            raise CommandError(f"standard input is not JSON: {error}", returncode=2) from error
        if not isinstance(rows, list):
            raise CommandError("standard input must be a JSON array", returncode=2)
        try:
            calendar = load_calendar()
        except ProgrammingError as error:
            raise CommandError("the database has no calendar yet: run `manage.py migrate`", returncode=2) from error
        self.stdout.write(json.dumps(answers(rows, calendar)))
