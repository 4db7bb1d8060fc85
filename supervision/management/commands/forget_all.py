"""Forget all whose time is over: cases, imports, readers' words, what stands above, reports on conduct. First: --dry-run."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.translation import gettext as _

from complaints.actions.retention import forget as forget_cases
from complaints.actions.retention import forget_guide_words
from complaints.importing import runs
from complaints.models import Case
from supervision.conduct.retention import forget_conduct
from supervision.retention import CONDUCT, Forgotten, forget


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count, change nothing")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        now, dry_run = timezone.now(), options["dry_run"]
        if options["json"]:
            self.stdout.write(json.dumps({"dry_run": dry_run, **told(now, dry_run)}))
            return
        call_command("forget", dry_run=dry_run, stdout=self.stdout)
        self.stdout.write(_("Imports: %(count)s") % {"count": runs.forget_old(now, dry_run=dry_run)})
        count = forget_guide_words(now=now, dry_run=dry_run)
        self.stdout.write(_("Words under the service guide: %(count)s") % {"count": count})
        for one in forget(now=now, dry_run=dry_run):
            self.stdout.write(words_of(one))
        count = forget_conduct(now=now, dry_run=dry_run)
        self.stdout.write(_("Reports on conduct: %(count)s") % {"count": count})


def told(now: datetime, dry_run: bool) -> dict[str, Any]:
    cases, watch = forget_cases(now=now, dry_run=dry_run), forget(now=now, dry_run=dry_run)
    return {
        "cases": [asdict(one) | {"closed_before": one.closed_before.isoformat()} for one in cases],
        "watch": [asdict(one) | {"ended_before": one.ended_before.isoformat()} for one in watch],
        "imports": runs.forget_old(now, dry_run=dry_run),
        "guide": forget_guide_words(now=now, dry_run=dry_run),
        "conduct": forget_conduct(now=now, dry_run=dry_run),
    }


def words_of(one: Forgotten) -> str:
    kinds = dict(Case.Kind.choices) | {CONDUCT: _("conduct report")}
    facts = asdict(one) | {"kind": kinds.get(one.kind, _("without a case")), "day": f"{one.ended_before:%Y-%m-%d}"}
    told = _(
        "%(kind)s, ended before %(day)s: %(orders)s supervision orders, %(items)s rectification items, %(files)s files,"
        " %(dismissals)s dismissed proposals, %(remarks)s weekly remarks"
    )
    if one.waiting:
        told += _("; orders and items still open, which wait: %(waiting)s")
    return told % facts
