from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from staff.models import Street
from supervision.bulletin import demo as bulletins
from supervision.conduct import demo as conduct
from supervision.models import StreetLeader
from supervision.rectification import demo as rectification
from supervision.watch import demo as watch
from supervision.weekly import demo as weekly


class Command(BaseCommand):
    help = "Gives the demo street what stands above its cases: conduct reports, escalations, orders, items, bulletins."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--street", default="DEMO")

    def handle(self, *args: Any, street: str, **options: Any) -> None:
        found, now = Street.objects.filter(code=street, for_trial=True).first(), timezone.now()
        if found is None:
            raise CommandError("There is no such street, or it is not one for trial data.")
        if StreetLeader.objects.filter(street=found).exists():
            return
        # Rectification takes up what the watch has proposed, and bulletins count its items.
        for tell in (conduct.tell, watch.tell, rectification.tell, weekly.tell, bulletins.tell):
            with transaction.atomic():
                tell(found, now)
