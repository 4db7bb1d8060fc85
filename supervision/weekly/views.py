"""The weekly self-check of a community, all communities of a street at once, and the dispatch list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from complaints.forms.fields import Words
from config.lib.errors import RuleBroken
from services.calendar import load_calendar
from services.clock import Calendar
from staff.models import Community, Person
from supervision.models import WeeklyCheck
from supervision.weekly import actions, figures, rules
from supervision.weekly.dispatch import sheet
from supervision.weekly.figures import LABELS, Figures
from supervision.weekly.rules import WEEK, State

SHOWN_WEEKS = 8
STATES: dict[State, str | Promise] = {
    State.CONFIRMED: gettext_lazy("confirmed"),
    State.OPEN: gettext_lazy("not confirmed yet"),
    State.TO_COME: gettext_lazy("the week has not begun"),
    State.NOT_YET: gettext_lazy("the week is not over"),
    State.UNCONFIRMED: gettext_lazy("not confirmed"),
}


class ConfirmForm(forms.Form):
    remark = Words(label=gettext_lazy("A word with it"), rows=2, max_length=500, required=False)


@dataclass
class Week:
    """A community's week. `figures`: the frozen ones, else today's; None for a week that is over and unconfirmed."""

    community: Community
    state: State
    check: WeeklyCheck | None
    figures: Figures | None

    @property
    def words(self) -> str:
        return str(STATES[self.state])

    @property
    def cells(self) -> list[tuple[str, int | None]]:
        """Each figure under its name."""
        figures = self.figures or {}
        return [(str(label), figures[code].count if code in figures else None) for code, label in LABELS.items()]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def weekly(request: HttpRequest) -> HttpResponse:
    """A secretary's own community, or a whole street's communities in a grid; `community` opens one of them."""
    person, now = _watcher(request), timezone.now()
    calendar = load_calendar()
    monday = _monday(request, rules.week_to_show(timezone.localdate(now), calendar))
    communities = _communities(person)
    if request.method == "POST":
        return _confirm(request, person, communities, monday, now, calendar)
    return _page(request, person, communities, monday, now, calendar)


@login_required
@require_safe
def dispatch(request: HttpRequest) -> HttpResponse:
    person, now = _watcher(request), timezone.now()
    monday = _monday(request, rules.week_to_dispatch(timezone.localdate(now)))
    context = _chooser(monday, "weekly_dispatch") | {
        "sheet": sheet(person.scope(), monday, now),
        "at": now,
        "sunday": monday + timedelta(days=6),
    }
    return render(request, "supervision/weekly/dispatch.html", context)


def _confirm(
    request: HttpRequest,
    person: Person,
    communities: list[Community],
    monday: date,
    now: datetime,
    calendar: Calendar,
) -> HttpResponse:
    own = _chosen(request.POST.get("community", ""), communities)
    if own is None or own.pk not in person.scope().led_communities:
        raise Http404
    form = ConfirmForm(request.POST)
    if not form.is_valid():
        return _page(request, person, communities, monday, now, calendar, own, form, status=422)
    try:
        actions.confirm(own, monday, by=person, now=now, remark=form.cleaned_data["remark"])
    except RuleBroken as refusal:
        form.add_error(None, str(refusal))
        return _page(request, person, communities, monday, now, calendar, own, form, status=409)
    messages.success(request, _("Confirmed. The figures of this moment are kept."))
    return redirect(f"{reverse('weekly')}?week={rules.label_of(monday)}&community={own.pk}")


def _page(
    request: HttpRequest,
    person: Person,
    communities: list[Community],
    monday: date,
    now: datetime,
    calendar: Calendar,
    own: Community | None = None,
    form: forms.Form | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    chosen = own or _chosen(request.GET.get("community", ""), communities)
    if chosen is None and len(communities) == 1:
        chosen = communities[0]
    shown = [chosen] if chosen else communities
    weeks = _weeks(shown, monday, now, calendar)
    context: dict[str, Any] = _chooser(monday, "weekly", chosen) | {
        "weeks": weeks,
        "labels": list(LABELS.values()),
        "several": len(communities) > 1,
        "sunday": monday + timedelta(days=6),
    }
    if chosen:
        week = weeks[0]
        context |= {
            "week": week,
            "lines": _lines(week, monday),
            "as_of": figures.as_of(week.check.figures) if week.check else now,
            "may_confirm": week.state == State.OPEN and chosen.pk in person.scope().led_communities,
            "form": form or ConfirmForm(),
            "past": _past(chosen, monday, timezone.localdate(now), calendar),
        }
    return render(request, "supervision/weekly/weekly.html", context, status=status)


def _weeks(communities: list[Community], monday: date, now: datetime, calendar: Calendar) -> list[Week]:
    """What was frozen is shown as it was; the others are counted together."""
    today = timezone.localdate(now)
    checks = {
        check.community_id: check
        for check in WeeklyCheck.objects.filter(community__in=communities, monday=monday).select_related("by")
    }
    states = {one.pk: rules.state_of(monday, today, calendar, confirmed=one.pk in checks) for one in communities}
    live = [pk for pk, state in states.items() if state in {State.OPEN, State.NOT_YET}]
    counted = figures.figures_of(live, monday, now) if live and monday <= today else {}
    return [
        Week(
            one,
            states[one.pk],
            checks.get(one.pk),
            figures.thawed(checks[one.pk].figures) if one.pk in checks else counted.get(one.pk),
        )
        for one in communities
    ]


def _lines(week: Week, monday: date) -> list[dict[str, Any]]:
    """A link leads to what the line counts today; the frozen numbers stand beside it."""
    if week.figures is None:
        return []
    return [
        {
            "label": label,
            "line": week.figures[code],
            "url": "" if week.check else figures.link(code, week.community.pk, monday),
            "cases": code != "items",
            "light": code if code in {"red", "yellow"} else "",
        }
        for code, label in LABELS.items()
        if code in week.figures
    ]


def _past(community: Community, monday: date, today: date, calendar: Calendar) -> list[dict[str, Any]]:
    """The last eight weeks before today's, each with its state."""
    mondays = [rules.monday_of(today) - n * WEEK for n in range(SHOWN_WEEKS)]
    kept = set(WeeklyCheck.objects.filter(community=community, monday__in=mondays).values_list("monday", flat=True))
    return [
        {
            "monday": one,
            "sunday": one + timedelta(days=6),
            "url": f"?week={rules.label_of(one)}&community={community.pk}",
            "words": str(STATES[rules.state_of(one, today, calendar, confirmed=one in kept)]),
            "on": one == monday,
        }
        for one in mondays
    ]


def _chooser(monday: date, name: str, community: Community | None = None) -> dict[str, Any]:
    also = f"&community={community.pk}" if community else ""
    address = reverse(name)
    return {
        "monday": monday,
        "iso_week": rules.label_of(monday),
        "number_of_week": monday.isocalendar().week,
        "year_of_week": monday.isocalendar().year,
        "before": f"{address}?week={rules.label_of(monday - WEEK)}{also}",
        "after": f"{address}?week={rules.label_of(monday + WEEK)}{also}",
    }


def _watcher(request: HttpRequest) -> Person:
    person = cast(Person, request.user)
    if not person.scope().has("secretary", "supervisor", "discipline"):
        raise Http404
    return person


def _communities(person: Person) -> list[Community]:
    scope = person.scope()
    own = Community.objects.filter(pk__in=scope.led_communities)
    if scope.has("supervisor", "discipline"):
        own = Community.objects.filter(street__in=scope.whole_streets) | own
    return list(own.order_by("street", "code").distinct())


def _chosen(typed: str, communities: list[Community]) -> Community | None:
    """One of one's own communities; 404 for any other."""
    if not typed:
        return None
    found = next((one for one in communities if str(one.pk) == typed), None)
    if found is None:
        raise Http404
    return found


def _monday(request: HttpRequest, otherwise: date) -> date:
    """The week the address names; what is no week is answered with the usual one."""
    typed = request.POST.get("week", "") or request.GET.get("week", "")
    return rules.monday_from(typed) or otherwise
