from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from staff.models import Street
from supervision.models import RectificationItem
from supervision.rectification import demo as items
from supervision.weekly import demo as weeks


class Command(BaseCommand):
    help = "Gives the demo street rectification items in every state and a few confirmed weeks."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--street", default="DEMO")

    def handle(self, *args: Any, street: str, **options: Any) -> None:
        found = Street.objects.filter(code=street, for_trial=True).first()
        if found is None:
            raise CommandError("There is no such street, or it is not one for trial data.")
        if RectificationItem.objects.filter(street=found).exists():
            return
        now = timezone.now()
        with transaction.atomic():
            items.tell(found, now)
            weeks.tell(found, now)
