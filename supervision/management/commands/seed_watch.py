from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from staff.models import Street
from supervision.models import SupervisionOrder
from supervision.watch.demo import tell


class Command(BaseCommand):
    help = "Lets the demo street's year climb the ladder: what was noticed, who was told, orders in every state."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--street", default="DEMO")

    def handle(self, *args: Any, street: str, **options: Any) -> None:
        found = Street.objects.filter(code=street, for_trial=True).first()
        if found is None:
            raise CommandError("There is no such street, or it is not one for trial data.")
        if not SupervisionOrder.objects.filter(street=found).exists():
            tell(found, timezone.now())
