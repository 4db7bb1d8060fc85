from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from staff.models import Street
from supervision.conduct.demo import tell
from supervision.models import StreetLeader


class Command(BaseCommand):
    help = "Gives the demo street a few made-up reports on conduct, one in each state."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--street", default="DEMO")

    def handle(self, *args: Any, street: str, **options: Any) -> None:
        found = Street.objects.filter(code=street, for_trial=True).first()
        if found is None:
            raise CommandError("There is no such street, or it is not one for trial data.")
        if StreetLeader.objects.filter(street=found).exists():
            return
        with transaction.atomic():
            tell(found, timezone.now())
