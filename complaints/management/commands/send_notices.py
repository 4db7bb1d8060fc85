"""Tell residents what has happened to their matters since the last run. Runs every minute by itself."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.translation import gettext as _

from complaints.actions.notices import send_notices


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        found = asdict(send_notices(now=timezone.now()))
        if options["json"]:
            self.stdout.write(json.dumps(found))
        else:
            words = _("%(written)s new, %(sent)s sent, %(failed)s to be tried again, %(given_up)s given up")
            self.stdout.write(words % found)
