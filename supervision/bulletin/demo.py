"""Bulletins of the demo street: earlier months issued and published in their time, last month's a draft."""

from __future__ import annotations

from datetime import datetime, timedelta

from staff.models import Community, Person, Post, Street
from staff.queries import current
from supervision.bulletin import actions
from supervision.bulletin.periods import OFFICE, Span, period_of

SHOWN = 3
DRAFTED, CHECKED, ISSUED = timedelta(hours=6), timedelta(days=1, hours=10), timedelta(days=2, hours=15)


def tell(street: Street, now: datetime) -> None:
    """Nothing when the street has fewer than two supervisors: nobody could issue what the other has checked."""
    supervisors = current(Post.objects.filter(street=street, role=Post.Role.SUPERVISOR))
    people = list(Person.objects.filter(pk__in=supervisors.values("person")).order_by("pk"))
    if len(people) < 2:
        return
    month = period_of(Span.MONTH, now.astimezone(OFFICE).date().replace(day=1))
    months = [month := month.before for _n in range(SHOWN)]
    for period in reversed(months):
        first = period.after.begin
        for community in (None, *Community.objects.filter(street=street)):
            if (told := actions.first_case(street, community)) is None or told >= first:
                continue
            row = actions.draft(street, period, by=None, now=min(first + DRAFTED, now), community=community)
            if period == months[0]:
                continue
            row = actions.submit(row, by=people[0], now=min(first + CHECKED, now))
            row = actions.issue(row, by=people[1], now=min(first + ISSUED, now))
            actions.publish(row, by=people[1], now=min(first + ISSUED, now))
