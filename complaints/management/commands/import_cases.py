"""Bring cases, or the category tree, in from an Excel workbook or a CSV file."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from complaints.actions.register import settle_words
from complaints.importing.profiles import PROFILES
from complaints.importing.report import Report
from complaints.importing.run import run
from config.lib.errors import RuleBroken
from staff.models import Person, Street

SHOWN = 50


class Command(BaseCommand):
    help = (
        "Brings cases in from an Excel workbook (.xlsx) or a CSV file (UTF-8 or GB18030); the kind of table is told by "
        "its columns. Good rows land, bad rows are reported; the same file twice creates nothing. "
        "Who is responsible: with --as USER that person for every row; otherwise the secretary of the community named "
        "in the row, and for rows without a community the street's first supervisor."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--street", required=True, metavar="CODE")
        parser.add_argument("--profile", default="", help=", ".join(profile.name for profile in PROFILES))
        parser.add_argument("--dry-run", action="store_true", help="only tell what would happen")
        parser.add_argument("--as", dest="first", metavar="USER", help="who imports and is responsible for every row")
        parser.add_argument("--json", action="store_true", help="one JSON object as the last line")

    def handle(self, *, file: Path, street: str, profile: str, first: str | None, **options: Any) -> None:
        try:
            person = _person(first) if first else None
            report = run(
                file,
                street=the_street(street),
                by=person,
                first=person,
                now=timezone.now(),
                profile=profile,
                dry_run=options["dry_run"],
                progress=every_second(self.stderr.write),
            )
        except RuleBroken as broken:
            if options["json"]:
                self.stdout.write(json.dumps(Report().as_dict() | {"error": str(broken)}, ensure_ascii=False))
            self.stderr.write(self.style.ERROR(str(broken)))
            sys.exit(1)
        self._tell(report, dry_run=options["dry_run"])
        if options["json"]:
            self.stdout.write(json.dumps(report.as_dict(), ensure_ascii=False))
        self.stdout.flush()
        if not options["dry_run"]:
            settle_words()

    def _tell(self, report: Report, *, dry_run: bool) -> None:
        for style, remarks in ((self.style.ERROR, report.errors), (self.style.WARNING, report.warnings)):
            for remark in remarks[:SHOWN]:
                place = _("Row %(row)s, %(column)s") % {"row": remark.row, "column": remark.column or "—"}
                self.stderr.write(style(f"{place}: {remark.message}"))
            if len(remarks) > SHOWN:
                self.stderr.write(
                    style(_("… and %(count)s more (all of them with --json).") % {"count": len(remarks) - SHOWN})
                )
        counts = {str(verdict): count for verdict, count in report.counts.items()}
        done = _(
            "%(read)s rows: %(created)s created, %(updated)s updated, %(unchanged)s unchanged, %(rejected)s rejected."
        )
        self.stdout.write(done % {"read": report.read, **counts})
        if dry_run:
            self.stdout.write(_("This was a trial: nothing was changed."))


def every_second(write: Callable[[str], object]) -> Callable[[int, int], None]:
    """Progress for files that take longer than a second."""
    last = time.monotonic()

    def progress(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last >= 1:
            last = time.monotonic()
            write(_("%(done)s of %(total)s rows") % {"done": done, "total": total})

    return progress


def the_street(code: str) -> Street:
    street = Street.objects.filter(code=code).first()
    if street is None:
        known = ", ".join(Street.objects.values_list("code", flat=True)) or "—"
        raise RuleBroken(
            "no_street", _("There is no street “%(code)s”. There are: %(known)s.") % {"code": code, "known": known}
        )
    return street


def _person(username: str) -> Person:
    person = Person.objects.filter(username=username, is_active=True).first()
    if person is None:
        raise RuleBroken("no_person", _("There is nobody with the log-in name “%(name)s”.") % {"name": username})
    return person
