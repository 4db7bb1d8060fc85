"""Forget reports on conduct that ended longer ago than the retention rule allows. Look first with --dry-run."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from supervision.conduct.retention import forget_conduct


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count, change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(str(forget_conduct(now=timezone.now(), dry_run=options["dry_run"])))
