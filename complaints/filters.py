"""The filters of the case list: one form for the page, the exports and whoever else narrows cases by an address."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import CharField, F, IntegerField, Q, Value
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from complaints import outcomes
from complaints.lights import Light
from complaints.models import Callback, Case, Category, Clock
from complaints.queries import CaseQuerySet
from config.lib.text import unfit
from staff.models import Community, Grid, Person, Unit
from staff.scope import Scope

NOWHERE = "none"
ANY_GROUP = "any"
MOST_VALUES = 50
WATCHING = ("secretary", "supervisor", "discipline", "admin")
PHONE = re.compile(r"\+?[0-9][0-9 -]{5,18}[0-9]")

LIGHTS = [
    (Light.RED, gettext_lazy("Red light")),
    (Light.YELLOW, gettext_lazy("Yellow light")),
    (Light.GREEN, gettext_lazy("Green light")),
    (Light.PAUSED, gettext_lazy("Paused")),
]
STATES: list[tuple[str, str | Promise]] = [
    ("open", gettext_lazy("open")),
    ("closed", gettext_lazy("closed")),
    *Case.Status.choices,
]
WAITING = [
    ("offer", gettext_lazy("offers waiting for me or my unit")),
    ("joint", gettext_lazy("parts my unit owes")),
    ("consent", gettext_lazy("consents I may give")),
    ("objection", gettext_lazy("objections to adjudicate")),
    ("callback", gettext_lazy("call-backs to make")),
]
VERDICTS = [(outcomes.KEPT, gettext_lazy("kept")), (outcomes.LATE, gettext_lazy("missed"))]
SOLVED: list[tuple[str, str | Promise]] = [
    *Callback.Solved.choices[1:],
    (outcomes.UNREACHED, gettext_lazy("not reached")),
]
LEVELS = [
    (outcomes.GOOD, gettext_lazy("basically satisfied or better")),
    (outcomes.BAD, gettext_lazy("dissatisfied")),
    (outcomes.UNRATED, gettext_lazy("not rated")),
    (outcomes.EXCLUDED, gettext_lazy("rating left out after review")),
]
ORDERS = [("newest", gettext_lazy("newest first")), ("due", gettext_lazy("due soonest first"))]


SPANS = [(f"{what}_from", f"{what}_to") for what in ("submitted", "due", "closed", "judged", "answered")]


class Ids(forms.Field):
    """One or more row numbers; `none` where the row may be missing."""

    def __init__(self, *, nowhere: bool = False, **kwargs: Any) -> None:
        super().__init__(required=False, widget=forms.SelectMultiple, **kwargs)
        self.nowhere = nowhere

    def clean(self, value: Any) -> list[int | None]:
        return [self._one(part) for part in few(part for part in value or [] if part)]

    def _one(self, part: str) -> int | None:
        if self.nowhere and part == NOWHERE:
            return None
        if not part.isascii() or not part.isdigit() or len(part) > 18:
            raise ValidationError(_("“%(value)s” is not one of the choices.") % {"value": part[:40]})
        return int(part)


class Several(forms.MultipleChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)

    def to_python(self, value: Any) -> list[str]:
        return [part for part in few(super().to_python(value)) if part]

    def validate(self, value: Any) -> None:
        for part in value:
            if not self.valid_value(part):
                raise ValidationError(_("“%(value)s” is not one of the choices.") % {"value": part[:40]})


class Day(forms.DateField):
    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        super().__init__(required=False, input_formats=["%Y-%m-%d", "%Y/%m/%d"], widget=widget, **kwargs)

    def to_python(self, value: Any) -> date | None:
        try:
            day = super().to_python(value)
        except ValidationError:
            day = date.min
        if day is not None and not 1990 <= day.year < 2200:
            raise ValidationError(_("“%(value)s” is not a date such as 2026-03-31.") % {"value": str(value)[:40]})
        return day


class Text(forms.CharField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        if unfit(text):
            raise ValidationError(_("There are characters in it that cannot be searched for."))
        return text


class CaseFilter(forms.Form):
    """Names are those of the address. Choices of places and people are checked by the scope, not by the form."""

    q = Text(label=gettext_lazy("Words"), max_length=100)
    number = Text(label=gettext_lazy("Number"), max_length=60)
    light = Several(label=gettext_lazy("Light"), choices=LIGHTS)
    state = Several(label=gettext_lazy("State"), choices=STATES)
    waiting = forms.ChoiceField(label=gettext_lazy("Waiting"), choices=[("", ""), *WAITING], required=False)
    community = Ids(label=gettext_lazy("Community"), nowhere=True)
    grid = Ids(label=gettext_lazy("Grid"), nowhere=True)
    unit = Ids(label=gettext_lazy("Handling unit"))
    category = Ids(label=gettext_lazy("Category"), nowhere=True)
    kind = Several(label=gettext_lazy("Kind"), choices=Case.Kind.choices)
    channel = Several(label=gettext_lazy("Channel"), choices=Case.Channel.choices)
    urgency = Several(label=gettext_lazy("Urgency"), choices=Case.Urgency.choices)
    group = Several(
        label=gettext_lazy("Special group"),
        choices=[(ANY_GROUP, gettext_lazy("any special group")), *Case.SpecialGroup.choices[1:]],
    )
    responsible = Ids(label=gettext_lazy("Responsible"))
    first_contact = Ids(label=gettext_lazy("First asked"))
    submitted_from = Day(label=gettext_lazy("Submitted from"))
    submitted_to = Day(label=gettext_lazy("Submitted to"))
    due_from = Day(label=gettext_lazy("Due from"))
    due_to = Day(label=gettext_lazy("Due to"))
    closed_from = Day(label=gettext_lazy("Closed from"))
    closed_to = Day(label=gettext_lazy("Closed to"))
    open_on = Day(label=gettext_lazy("Open at the end of"))
    unlinked_on = Day(label=gettext_lazy("Not linked as a duplicate at the end of"))
    response = Several(label=gettext_lazy("Limit of the first response"), choices=VERDICTS)
    resolution = Several(label=gettext_lazy("Limit of the resolution"), choices=VERDICTS)
    judged_from = Day(label=gettext_lazy("Limit fell due from"))
    judged_to = Day(label=gettext_lazy("Limit fell due to"))
    solved = Several(label=gettext_lazy("Residents say"), choices=SOLVED)
    satisfied = Several(label=gettext_lazy("Residents are"), choices=LEVELS)
    answered_from = Day(label=gettext_lazy("Residents answered from"))
    answered_to = Day(label=gettext_lazy("Residents answered to"))
    order = forms.ChoiceField(label=gettext_lazy("Order"), choices=[("", ""), *ORDERS], required=False)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        for first, last in SPANS:
            if given.get(first) and given.get(last) and given[first] > given[last]:
                self.add_error(last, _("The last day lies before the first."))
        return given

    def sentences(self) -> list[str]:
        """What is wrong with the address, one sentence per filter."""
        return [
            _("%(filter)s: %(error)s") % {"filter": self.fields[name].label, "error": " ".join(map(str, errors))}
            for name, errors in self.errors.items()
        ]


def few(values: Iterable[str]) -> list[str]:
    found = list(dict.fromkeys(values))
    if len(found) > MOST_VALUES:
        raise ValidationError(_("At most %(most)d values at a time.") % {"most": MOST_VALUES})
    return found


def filtered(query: QueryDict, scope: Scope, now: datetime) -> tuple[CaseFilter, CaseQuerySet]:
    """The form with its errors, and the cases of the scope it lets through; none when a filter makes no sense."""
    form = CaseFilter(query)
    cases = Case.objects.visible_to(scope).with_light(now)
    return form, narrow(cases, form.cleaned_data, scope, now) if form.is_valid() else cases.none()


def narrow(cases: CaseQuerySet, given: Mapping[str, Any], scope: Scope, now: datetime) -> CaseQuerySet:
    """`cases` carry their light."""
    for step in (_by_place, _by_facts, _by_people):
        cases = step(cases, given)
    cases = _by_links(_by_days(_by_state(cases, given, now), given), given, now)
    cases = _by_waiting(cases, given["waiting"], scope)
    cases = _by_answers(_by_limits(cases, given, now), given, scope, now)
    return _by_words(cases, given["q"], scope) if given["q"] else cases


def _by_words(cases: CaseQuerySet, words: str, scope: Scope) -> CaseQuerySet:
    """A row of digits may be a phone as well as somebody's number of the case."""
    if not PHONE.fullmatch(words):
        return cases.about(words)
    by_phone, by_words = Case.objects.of_phone(words, scope), Case.objects.about(words)
    return cases.filter(Q(pk__in=by_phone.values("pk")) | Q(pk__in=by_words.values("pk")))


def _by_state(cases: CaseQuerySet, given: Mapping[str, Any], now: datetime) -> CaseQuerySet:
    lights, states = given["light"], set(given["state"])
    if open_only(given):
        return cases.open_of(now, *lights) if lights else cases.open()
    if lights:
        cases = cases.of_light(*lights)
    if not states:
        return cases
    wanted = Q(status__in=states - {"open", "closed"})
    wanted |= Q(closed_at__isnull=True) if "open" in states else Q()
    wanted |= Q(closed_at__isnull=False) if "closed" in states else Q()
    return cases.filter(wanted)


def open_only(given: Mapping[str, Any]) -> bool:
    """Only an open case can be paused or has time left, so those filters ask for open cases without saying so."""
    states = set(given["state"])
    implied = given["light"] == [Light.PAUSED] or given["order"] == "due"
    return states == {"open"} or (implied and not states)


def _by_place(cases: CaseQuerySet, given: Mapping[str, Any]) -> CaseQuerySet:
    if given["community"]:
        cases = cases.filter(_among("community", given["community"]))
    if given["grid"]:
        cases = cases.filter(_among("grid", given["grid"]))
    return cases.filter(unit__in=given["unit"]) if given["unit"] else cases


def _by_facts(cases: CaseQuerySet, given: Mapping[str, Any]) -> CaseQuerySet:
    if given["category"]:
        cases = cases.filter(_among("category", _subtrees(given["category"])))
    for name in ("kind", "channel", "urgency"):
        if given[name]:
            cases = cases.filter(**{f"{name}__in": given[name]})
    if ANY_GROUP in given["group"]:
        cases = cases.exclude(special_group="")
    elif given["group"]:
        cases = cases.filter(special_group__in=given["group"])
    return cases.filter(number__in={given["number"], given["number"].upper()}) if given["number"] else cases


def _by_people(cases: CaseQuerySet, given: Mapping[str, Any]) -> CaseQuerySet:
    if given["responsible"]:
        cases = cases.filter(responsible__in=given["responsible"])
    return cases.filter(first_contact__in=given["first_contact"]) if given["first_contact"] else cases


def _by_days(cases: CaseQuerySet, given: Mapping[str, Any]) -> CaseQuerySet:
    if told := _span("submitted_at", given["submitted_from"], given["submitted_to"]):
        cases = cases.filter(told)
    if closed := _span("closed_at", given["closed_from"], given["closed_to"]):
        cases = cases.filter(closed)
    if day := given["open_on"]:
        end = midnight(day + timedelta(days=1))
        cases = cases.filter(Q(closed_at__isnull=True) | Q(closed_at__gte=end), submitted_at__lt=end)
    if due := _span("turn_due_at", given["due_from"], given["due_to"]):
        limit = _span("due_at", given["due_from"], given["due_to"])
        cases = cases.filter(due).by_clock(limit, running=open_only(given))
    return cases


def _by_links(cases: CaseQuerySet, given: Mapping[str, Any], now: datetime) -> CaseQuerySet:
    day = given["unlinked_on"]
    return cases.exclude(outcomes.linked(_period(None, day, now)[1])) if day else cases


def _span(field: str, first: date | None, last: date | None) -> Q:
    """From the beginning of the first day to the end of the last."""
    span = Q(**{f"{field}__gte": midnight(first)}) if first else Q()
    return span & Q(**{f"{field}__lt": midnight(last + timedelta(days=1))}) if last else span


def _by_limits(cases: CaseQuerySet, given: Mapping[str, Any], now: datetime) -> CaseQuerySet:
    since, until = _period(given["judged_from"], given["judged_to"], now)
    for kind in (Clock.Kind.RESPONSE, Clock.Kind.RESOLUTION):
        if verdicts := set(given[kind.value]):
            cases = outcomes.with_verdict(cases, kind, verdicts, since, until)
    return cases


def _by_answers(cases: CaseQuerySet, given: Mapping[str, Any], scope: Scope, now: datetime) -> CaseQuerySet:
    """For those who watch over the work only, and never of their own: whoever works on a case is not told when or how
    its resident rated. Every answer leaves the own cases out, "not rated" too, or the missing ones would tell.
    """
    if not (given["solved"] or given["satisfied"]):
        return cases
    if not scope.has(*WATCHING):
        return cases.none()
    cases = cases.exclude(outcomes.concerning(scope.person))
    period = _period(given["answered_from"], given["answered_to"], now)
    if given["solved"]:
        cases = outcomes.with_solved(cases, set(given["solved"]), *period)
    return outcomes.with_satisfied(cases, set(given["satisfied"]), *period) if given["satisfied"] else cases


def left_out_told(given: Mapping[str, Any], scope: Scope) -> list[str]:
    """Why such a list may be shorter than the number that led to it."""
    if not (given.get("solved") or given.get("satisfied")) or not scope.has(*WATCHING):
        return []
    return [_("Matters in which residents speak of your own work are not in this list.")]


def _period(first: date | None, last: date | None, now: datetime) -> tuple[datetime | None, datetime]:
    """What had happened by now of these days."""
    return midnight(first) if first else None, min(now, midnight(last + timedelta(days=1))) if last else now


def _by_waiting(cases: CaseQuerySet, waiting: str, scope: Scope) -> CaseQuerySet:
    match waiting:
        case "offer":
            return cases.offered_to(scope)
        case "joint":
            return cases.asked_of(scope)
        case "consent":
            return cases.decided_by(scope)
        case "objection":
            return cases.disputed_before(scope)
        case "callback":
            return cases.called_back_by(scope)
    return cases


def _among(field: str, ids: list[int | None]) -> Q:
    wanted = Q(**{f"{field}__in": [pk for pk in ids if pk is not None]})
    return wanted | Q(**{f"{field}__isnull": True}) if None in ids else wanted


def _subtrees(ids: list[int | None]) -> list[int | None]:
    """The categories and all below them. The tree is small, so it is walked here and the case table sees plain ids."""
    named = [pk for pk in ids if pk is not None]
    below = Q(pk__in=named) | Q(parent__in=named) | Q(parent__parent__in=named)
    found: list[int | None] = list(Category.objects.filter(below).values_list("pk", flat=True)) if named else []
    return [*found, None] if None in ids else found


def midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def address(**given: Any) -> str:
    """The list's address with these filters; empty ones are left out."""
    kept = {name: value for name, value in given.items() if value not in (None, "", [])}
    return reverse("cases") + ("?" + urlencode(kept, doseq=True) if kept else "")


@dataclass(frozen=True)
class Choice:
    """A place, unit, category or person a filter may name. `under` is the community of a grid."""

    what: str
    id: int
    label: str
    under: str = ""


def choices(scope: Scope) -> dict[str, list[Choice]]:
    """All that the filters of this scope may name, by kind, in one query."""
    streets = scope.streets

    def rows(what: str, queryset: Any, label: str, under: Any) -> Any:
        return queryset.order_by().values_list(
            Value(what, output_field=CharField()), F("pk"), F(label), under, _order(what)
        )

    nothing = Value("", output_field=CharField())
    communities = Community.objects.filter(street__in=streets)
    people = Person.objects.filter(posts__street__in=streets, posts__unit__isnull=False).distinct()
    union = rows("community", communities, "name", nothing).union(
        rows("grid", Grid.objects.filter(community__street__in=streets), "name", F("community__name")),
        rows("unit", Unit.objects.filter(street__in=streets), "name", nothing),
        rows("category", Category.objects.all(), "path", nothing),
        rows("person", people, "name", nothing),
        all=True,
    )
    found: dict[str, list[Choice]] = {what: [] for what in ("community", "grid", "unit", "category", "person")}
    for what, pk, label, under, _key in sorted(union, key=lambda row: (row[0], row[3], row[4], row[2])):
        found[what].append(Choice(what, pk, label, under))
    return found


def _order(what: str) -> Any:
    """Units keep the order of their making, everything else is ordered by its name."""
    return F("pk") if what in {"unit", "community", "grid"} else Value(0, output_field=IntegerField())
