from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from staff.models import Community, Person, Post, Street
from staff.queries import current
from supervision.bulletin import actions
from supervision.bulletin.periods import OFFICE, Span, period_of
from supervision.models import Bulletin

SHOWN = 3


class Command(BaseCommand):
    help = "Gives the demo street bulletins: published ones of earlier months, and last month's as a draft."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--street", default="DEMO")

    def handle(self, *args: Any, street: str, **options: Any) -> None:
        found = Street.objects.filter(code=street, for_trial=True).first()
        if found is None:
            raise CommandError("There is no such street, or it is not one for trial data.")
        supervisors = current(Post.objects.filter(street=found, role=Post.Role.SUPERVISOR))
        people = list(Person.objects.filter(pk__in=supervisors.values("person")).order_by("pk"))
        if Bulletin.objects.filter(street=found).exists() or len(people) < 2:
            return
        now = timezone.now()
        month = period_of(Span.MONTH, now.astimezone(OFFICE).date().replace(day=1))
        months = [month := month.before for _n in range(SHOWN)]
        for period in reversed(months):
            for community in (None, *Community.objects.filter(street=found)):
                row = actions.draft(found, period, by=None, now=now, community=community)
                if period != months[0]:
                    row = actions.submit(row, by=people[0], now=now)
                    actions.publish(actions.issue(row, by=people[1], now=now), by=people[1], now=now)
