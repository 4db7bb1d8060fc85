"""Seal personal fields anew under the current key. May be stopped at any moment and started again."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from config.guard.rotation import Progress, left, rotate
from config.lib import sealed


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--batch", type=int, default=1000, help="rows to a transaction")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, batch: int, json: bool, **options: Any) -> None:
        began, before = time.monotonic(), left()
        progress = Progress()
        for progress in rotate(max(1, batch)):
            if options["verbosity"] > 1:
                self.stderr.write(f"{progress.rows} / {before}")
        self._tell(progress, json, time.monotonic() - began)
        if progress.unreadable:
            raise CommandError(
                _("%(count)s rows open with none of the keys given; the first: %(rows)s")
                % {"count": len(progress.unreadable), "rows": ", ".join(progress.unreadable[:10])}
            )

    def _tell(self, progress: Progress, as_json: bool, seconds: float) -> None:
        facts = {
            "key": sealed.ring().current,
            "rotated": progress.rows,
            "unreadable": len(progress.unreadable),
            "left": left(),
            "seconds": round(seconds, 3),
        }
        text = _("%(rotated)s rows sealed under the key %(key)s; %(left)s left.") % facts
        self.stdout.write(json.dumps(facts) if as_json else text)
