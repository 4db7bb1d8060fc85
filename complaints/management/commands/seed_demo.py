from __future__ import annotations

import json
from argparse import ArgumentParser
from time import perf_counter
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from complaints.demo.load import seed
from complaints.models import Case
from staff.models import Person, Street


class Command(BaseCommand):
    help = "Makes the demo street DEMO with people in every role and a year of casework."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="do nothing when there is a street already")
        parser.add_argument("--cases", type=int, default=360)
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *args: Any, **options: Any) -> None:
        begun = perf_counter()
        if Street.objects.exists() and options["if_empty"]:
            return
        if Street.objects.filter(code="DEMO").exists():
            raise CommandError("The street DEMO is there already.")
        seed(timezone.now(), options["cases"])
        call_command("seed_supervision")  # by name: the watch stands above the cases
        result = {
            "people": Person.objects.count(),
            "cases": Case.objects.count(),
            "open": Case.objects.open().count(),
            "seconds": round(perf_counter() - begun, 1),
        }
        if options["as_json"]:
            self.stdout.write(json.dumps(result))
        else:
            self.stdout.write("Demo street: {people} people, {cases} cases ({open} open), {seconds} s".format(**result))
