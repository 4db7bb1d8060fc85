"""Write all cases of a street into a CSV file."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from complaints.exporting import street_rows
from complaints.management.commands.import_cases import the_street
from config.lib.errors import RuleBroken
from config.lib.sheets import csv_lines


class Command(BaseCommand):
    help = (
        "Writes one row per case of a street: codes in English, instants in office time with their zone, booleans as "
        "true, false or empty. Text that a spreadsheet could take for a formula gets an apostrophe in front."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--street", required=True, metavar="CODE")
        parser.add_argument("--out", required=True, type=Path, metavar="FILE.csv")

    def handle(self, *, street: str, out: Path, **options: Any) -> None:
        try:
            rows = csv_lines(street_rows(the_street(street), timezone.now()))
            count = write_whole(out, rows)
        except (RuleBroken, OSError) as refused:
            self.stderr.write(self.style.ERROR(str(refused)))
            sys.exit(1)
        self.stdout.write(_("%(count)s cases written to %(file)s.") % {"count": count - 1, "file": out})


def write_whole(out: Path, lines: Any) -> int:
    """Under another name first: whoever picks the file up never finds half of it. Returns the number of rows."""
    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    count = 0
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            for count, line in enumerate(lines, 1):  # noqa: B007
                file.write(line)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    return count
