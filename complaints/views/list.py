"""The case list: filters that chain, chips, keyset pages, an address that can be shared."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from complaints import filters, keyset
from complaints.filters import NOWHERE, CaseFilter, Choice
from complaints.models import Case
from complaints.rows import rows_of
from config.lib.errors import RuleBroken
from staff.models import Person
from staff.scope import Scope

FIRST = ("q", "state", "light", "community", "category", "responsible")
FURTHER = (
    "grid", "unit", "kind", "channel", "urgency", "group", "waiting", "first_contact",
    "submitted_from", "submitted_to", "closed_from", "closed_to", "due_from", "due_to", "number",
)  # fmt: skip
# Filters that only other pages lead to; the form carries them on.
UNSEEN = (
    "open_on", "unlinked_on", "response", "resolution", "judged_from", "judged_to",
    "solved", "satisfied", "answered_from", "answered_to",
)  # fmt: skip
PEOPLE = {"responsible", "first_contact"}
CHOSEN = {"community": "community", "grid": "grid", "unit": "unit", "category": "category"} | dict.fromkeys(
    PEOPLE, "person"
)
PAGING = ("after", "before", "page", "format")


@dataclass(frozen=True)
class Option:
    value: str
    label: str | Promise
    on: bool = False
    under: str = ""


@dataclass
class Control:
    """One filter on the page. `others`: further values in force that a single select cannot show."""

    name: str
    label: str | Promise
    kind: str
    value: str = ""
    options: list[Option] = field(default_factory=list)
    others: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Chip:
    label: str
    url: str
    on: bool = False
    light: str = ""


@login_required
@require_safe
@vary_on_headers("HX-Request")
def case_list(request: HttpRequest) -> HttpResponse:
    person = cast(Person, request.user)
    scope, now = person.scope(), timezone.now()
    form, cases = filters.filtered(request.GET, scope, now)
    if found := _named(request.GET, scope):
        return HttpResponseRedirect(found.get_absolute_url())
    given = form.cleaned_data
    order = keyset.DUE if given.get("order") == "due" else keyset.NEWEST
    problems = [*form.sentences(), *filters.left_out_told(given, scope)]
    try:
        page = keyset.page(cases, order, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    except RuleBroken as broken:
        problems.append(str(broken))
        page = keyset.page(cases, order)
    choices = filters.choices(scope)
    query = kept(request.GET)
    part = request.headers.get("HX-Request") and not request.headers.get("HX-Boosted")
    return render(
        request,
        "complaints/list.html#results" if part else "complaints/list.html",
        {
            "rows": rows_of(page.ids, person, now),
            "page": page,
            "prev": turned(query, before=page.prev),
            "next": turned(query, after=page.next),
            "first": turned(query) if request.GET.get("after") or request.GET.get("before") else "",
            "problems": problems,
            "chips": presets(query, person, now),
            "in_force": in_force(query, form, choices) if form.is_valid() else [],
            "first_controls": [control(name, form, query, choices) for name in FIRST],
            "further_controls": [control(name, form, query, choices) for name in FURTHER],
            "further_used": sum(name in query for name in FURTHER),
            "unseen": [(name, value) for name in UNSEEN for value in query.getlist(name)],
            "orders": [
                Option(turned(query, order="" if code == "newest" else code), label, on=(order is o))
                for (code, label), o in zip(filters.ORDERS, (keyset.NEWEST, keyset.DUE), strict=True)
            ],
            "exports": exports(query),
            "may_log": scope.has("worker", "secretary", "supervisor"),
            "sees_nothing": not (scope.whole_streets or scope.communities or scope.units or scope.closed_only),
        },
    )


def kept(query: QueryDict) -> QueryDict:
    """The filters of an address without its page and without empty values."""
    own = QueryDict(mutable=True)
    for name, values in query.lists():
        if name not in PAGING and name in {*CaseFilter.base_fields} and (used := [v for v in values if v]):
            own.setlist(name, used)
    return own


def turned(query: QueryDict, **changes: str | list[str]) -> str:
    """The address with these changes; "" takes a filter away. No address for a page that is not there."""
    if any(name in changes and not changes[name] for name in ("after", "before")):
        return ""
    own = query.copy()
    for name, value in changes.items():
        values = [value] if isinstance(value, str) else value
        own.setlist(name, values) if any(values) else own.pop(name, None)
    return "?" + own.urlencode()


def presets(query: QueryDict, person: Person, now: datetime) -> list[Chip]:
    """Ready-made filters; each one is put on or taken off without touching the others."""
    today = timezone.localdate(now).isoformat()
    sets: list[tuple[str, dict[str, str]]] = [
        (_("Red light"), {"state": "open", "light": "red"}),
        (_("Yellow light"), {"state": "open", "light": "yellow"}),
        (_("Paused"), {"light": "paused"}),
        (_("Due today"), {"state": "open", "due_from": today, "due_to": today}),
        (_("New today"), {"submitted_from": today}),
        (_("Special groups"), {"group": filters.ANY_GROUP}),
    ]
    if person.scope().has("worker", "secretary", "supervisor"):
        sets.insert(0, (_("I am responsible"), {"responsible": str(person.pk), "state": "open"}))
        sets.append((_("To be called back"), {"waiting": "callback"}))
    chips = []
    for label, preset in sets:
        on = all(query.getlist(name) == [value] for name, value in preset.items())
        address = turned(query, **(dict.fromkeys(preset, "") if on else preset))
        light = preset.get("light", "")
        chips.append(Chip(label, address, on, light))
    return chips


def in_force(query: QueryDict, form: CaseFilter, choices: dict[str, list[Choice]]) -> list[Chip]:
    """Every filter that narrows the list, with the address that takes it off."""
    chips = []
    for name, values in query.lists():
        if name == "order":
            continue
        for value in values:
            rest = [other for other in values if other != value]
            label = _("%(filter)s: %(value)s") % {
                "filter": form.fields[name].label,
                "value": _label(name, value, form, choices),
            }
            chips.append(Chip(label, turned(query, **{name: rest or ""})))
    return chips


def control(name: str, form: CaseFilter, query: QueryDict, choices: dict[str, list[Choice]]) -> Control:
    shown = form.fields[name].label
    assert shown is not None
    values = query.getlist(name)
    value = values[0] if values else ""
    options = [Option(o.value, o.label, o.value == value, o.under) for o in _options(name, form, choices)]
    if options:
        return Control(name, shown, "select", value, options, values[1:])
    return Control(name, shown, {"q": "search", "number": "text"}.get(name, "date"), value)


def exports(query: QueryDict) -> list[dict[str, str]]:
    """Links to the same cases as files, where exports are installed."""
    try:
        address = reverse("cases_export")
    except NoReverseMatch:
        return []
    return [
        {"label": label, "url": address + turned(query, format=code), "icon": icon}
        for code, label, icon in (
            ("xlsx", _("Export Excel"), "file-earmark-spreadsheet"),
            ("csv", _("Export CSV"), "filetype-csv"),
        )
    ]


def _named(query: QueryDict, scope: Scope) -> Case | None:
    """The one case whose whole number was typed into the search box."""
    typed = query.get("q", "").strip()
    if set(kept(query)) != {"q"} or typed.count("-") != 2 or len(typed) > 40 or "\0" in typed:
        return None
    return Case.objects.visible_to(scope).filter(number__in={typed, typed.upper()}).first()


def _options(name: str, form: CaseFilter, choices: dict[str, list[Choice]]) -> Iterable[Option]:
    if what := CHOSEN.get(name):
        nowhere = [Option(NOWHERE, _("none"))] if name in {"community", "grid", "category"} else []
        return [_option(choice) for choice in choices[what]] + nowhere
    declared: Any = getattr(form.fields[name], "choices", ())
    return [Option(str(code), label) for code, label in declared if code]


def _option(choice: Choice) -> Option:
    *above, last = choice.label.split(">") if choice.what == "category" else [choice.label]
    return Option(str(choice.id), "　" * len(above) + last, under=choice.under)


def _label(name: str, value: str, form: CaseFilter, choices: dict[str, list[Choice]]) -> str:
    if name in CHOSEN:
        known = {str(c.id): c.label.replace(">", " › ") for c in choices[CHOSEN[name]]} | {NOWHERE: _("none")}
        return known.get(value, value)
    declared: Any = getattr(form.fields[name], "choices", ())
    return str(dict(declared).get(value, value))
