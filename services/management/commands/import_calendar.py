"""Import a yearly holiday notice and make its year official."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from config.lib.errors import RuleBroken
from services.actions import import_calendar

MOST_BYTES = 1_000_000


class Command(BaseCommand):
    help = "Imports the State Council's holiday notice (JSON or CSV) and makes its year official."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--year", type=int, help="refuse a notice for another year")
        parser.add_argument("--dry-run", action="store_true", help="say what would change and change nothing")
        parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            result = import_calendar(
                options["year"],
                _read(options["file"]),
                by=None,
                now=timezone.now(),
                dry_run=options["dry_run"],
            )
        except RuleBroken as refusal:
            if options["json"]:
                self.stdout.write(json.dumps({"error": refusal.code, "message": str(refusal)}, ensure_ascii=False))
            raise CommandError(str(refusal)) from refusal
        if options["json"]:
            said = {**result.as_dict(), "dry_run": options["dry_run"]}
            self.stdout.write(json.dumps(said, ensure_ascii=False))
        else:
            self.stdout.write(
                f"{result.year}: {result.days} days, {result.added} added, {result.changed} changed, "
                f"{result.removed} removed"
            )


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise CommandError(f"{path} is too large for a notice")
        return path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}") from error
