"""Confirming the week, and the one reminder that it may be confirmed."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from complaints.filters import midnight
from config.lib.errors import RuleBroken
from services.calendar import load_calendar
from staff.models import Community, Person
from supervision.models import Alert, Step, WeeklyCheck
from supervision.watch.obligations import Fact, insert, to_people, watch_at
from supervision.weekly.figures import figures_of, frozen
from supervision.weekly.rules import State, closes_on, label_of, state_of, weeks_to_remind_of


def confirm(community: Community, monday: date, *, by: Person, now: datetime, remark: str = "") -> WeeklyCheck:
    """The secretary has looked: the figures of this moment are kept. A second click finds the first.

    From the week's last working day to the Sunday after.
    """
    if community.pk not in by.scope().led_communities:
        raise Http404
    known = WeeklyCheck.objects.filter(community=community, monday=monday).first()
    if known:
        return known
    state = state_of(monday, timezone.localdate(now), load_calendar(), confirmed=False)
    if state in {State.TO_COME, State.NOT_YET}:
        raise RuleBroken("not_yet", _("This week is not over yet: confirm it on its last working day."))
    if state != State.OPEN:
        raise RuleBroken("too_late", _("The lights of that week cannot be told any more; it stays unconfirmed."))
    figures = frozen(figures_of([community.pk], monday, now)[community.pk], now)
    try:
        with transaction.atomic():
            return WeeklyCheck.objects.create(
                community=community, monday=monday, figures=figures, remark=remark.strip(), by=by, at=now
            )
    except IntegrityError:
        return WeeklyCheck.objects.get(community=community, monday=monday)


def remind(*, now: datetime) -> int:
    """On the week's last working day, once: secretaries whose week is counted and waits for a click. Returns alerts made."""
    watch, rows = watch_at(now), []
    for monday in weeks_to_remind_of(timezone.localdate(now), load_calendar()):
        due = midnight(closes_on(monday) + timedelta(days=1)) - timedelta(seconds=1)
        for community in Community.objects.exclude(weekly_checks__monday=monday):
            link = f"{reverse('weekly')}?week={label_of(monday)}&community={community.pk}"
            facts = {"number": label_of(monday), "due": due.isoformat(), "link": link}
            fact = Fact(f"weekly-{community.pk}-{monday}", Alert.What.WEEKLY, Step.TELL, False, None, None, facts)
            rows += to_people(fact, watch.directory.secretaries.get(community.pk, []), watch)
    return insert(rows)
