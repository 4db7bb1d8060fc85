"""Bulk synthetic casework for benchmarks, into a street that is marked for trial data."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from random import Random
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from complaints.demo.volume import seed
from config.lib.errors import RuleBroken
from staff.models import Street

MOST = 5_000_000


class Command(BaseCommand):
    help = "Adds made-up cases in bulk to a street that is marked for trial data."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--cases", type=int, required=True)
        parser.add_argument("--months", type=int, default=12, help="How far back the cases reach.")
        parser.add_argument("--open-share", type=float, default=0.04, help="The share still open, between 0 and 1.")
        parser.add_argument("--street", help="Code of the street; needed when several are marked.")
        parser.add_argument("--seed", type=int, default=1, help="The same number makes the same cases.")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["cases"] <= MOST or options["months"] < 1 or not 0 <= options["open_share"] <= 1:
            raise CommandError(f"Give 1 to {MOST} cases, at least one month and an open share between 0 and 1.")
        street, began = _street(options["street"]), time.perf_counter()
        try:
            result: dict[str, Any] = {"street": street.code} | seed(
                street,
                options["cases"],
                now=timezone.now(),
                months=options["months"],
                open_share=options["open_share"],
                rng=Random(options["seed"]),
            )
        except RuleBroken as refusal:
            raise CommandError(str(refusal)) from refusal
        result["seconds"] = round(time.perf_counter() - began, 1)
        if options["json"]:
            self.stdout.write(json.dumps(result, ensure_ascii=False))
        else:
            self.stdout.write("{cases} cases ({open} open, {events} events) in {seconds} s.".format(**result))


def _street(code: str | None) -> Street:
    marked = Street.objects.filter(for_trial=True)
    found = list((Street.objects.filter(code=code) if code else marked)[:2])
    if not found:
        raise CommandError(
            f"There is no street with the code {code}."
            if code
            else "No street is marked for trial data, so nothing was added. Mark one in the administration first."
        )
    if len(found) > 1:
        raise CommandError("Several streets are marked for trial data: name one with --street.")
    if not found[0].for_trial:
        raise CommandError(f"The street {found[0].code} is not marked for trial data, so nothing was added.")
    return found[0]
