"""Forget the residents of cases that are closed longer than the retention rules allow. Look first with --dry-run."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.translation import gettext as _

from complaints.actions.retention import forget
from complaints.models import Case


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count, change nothing")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        found = forget(now=timezone.now(), dry_run=options["dry_run"])
        if options["json"]:
            rows = [asdict(one) | {"closed_before": one.closed_before.isoformat()} for one in found]
            self.stdout.write(json.dumps({"dry_run": options["dry_run"], "forgotten": rows}))
            return
        for one in found:
            self.stdout.write(
                _(
                    "%(kind)s, closed before %(day)s: %(cases)s cases, %(residents)s residents,"
                    " %(codes)s tracking codes, %(files)s files"
                )
                % {
                    "kind": Case.Kind(one.kind).label,
                    "day": f"{one.closed_before:%Y-%m-%d}",
                    "residents": one.residents,
                    "codes": one.codes,
                    "cases": one.cases,
                    "files": one.files,
                }
            )
        if not found:
            self.stdout.write(_("Nobody is to be forgotten."))
