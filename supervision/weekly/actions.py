"""The one act of the weekly self-check."""

from __future__ import annotations

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from config.lib.errors import RuleBroken
from services.calendar import load_calendar
from staff.models import Community, Person
from supervision.models import WeeklyCheck
from supervision.weekly.figures import figures_of, frozen
from supervision.weekly.rules import State, state_of


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
    if state == State.NOT_YET:
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
