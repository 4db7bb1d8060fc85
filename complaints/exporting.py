"""Cases as tables: plain codes for programs, words for people. Written row by row however many there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from django.db.models import F
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from complaints.lights import Light, on_time
from complaints.models import Case, Resident
from complaints.queries import CaseQuerySet
from complaints.rights import Standing, sees_resident
from config.lib.text import without_numbers
from staff.models import Street
from staff.scope import Scope

CHUNK = 2_000
MOST_IN_WORKBOOK = 20_000

COLUMNS = (
    "number", "external_id", "kind", "category", "status", "light", "submitted_at", "respond_by", "first_response_at",
    "due_at", "due_is_provisional", "closed_at", "response_on_time", "resolution_on_time", "first_contact",
    "responsible",
)  # fmt: skip

PEOPLE_COLUMNS: dict[str, str | Promise] = {
    "number": _("Number"),
    "title": _("Title"),
    "community": _("Community"),
    "grid": _("Grid"),
    "place": _("Place"),
    "kind": _("Kind"),
    "category": _("Category"),
    "channel": _("Channel"),
    "urgency": _("Urgency"),
    "status": _("State"),
    "outcome": _("Outcome"),
    "light": _("Light"),
    "submitted_at": _("Submitted"),
    "respond_by": _("Respond by"),
    "first_response_at": _("First response"),
    "due_at": _("Due"),
    "due_is_provisional": _("Due is provisional"),
    "closed_at": _("Closed"),
    "response_on_time": _("Response on time"),
    "resolution_on_time": _("Resolution on time"),
    "first_contact": _("First asked"),
    "responsible": _("Responsible"),
    "unit": _("Handling unit"),
    "external_id": _("Number at the source"),
    "resident_name": _("Resident"),
    "resident_phone": _("Phone"),
    "text": _("What it is about"),
}
LIGHT_WORDS = {
    Light.GREEN: _("green"),
    Light.YELLOW: _("yellow"),
    Light.RED: _("red"),
    Light.PAUSED: _("paused"),
}
# The words of a coded column.
WORDS: dict[str, dict[Any, Any]] = {
    "kind": dict(Case.Kind.choices),
    "channel": dict(Case.Channel.choices),
    "urgency": dict(Case.Urgency.choices),
    "status": dict(Case.Status.choices),
    "outcome": dict(Case.Outcome.choices) | {"": ""},
    "light": dict(LIGHT_WORDS),
}
INSTANTS = ("submitted_at", "respond_by", "first_response_at", "due_at", "closed_at")
BOOLEANS = ("due_is_provisional", "response_on_time", "resolution_on_time")

FACTS = {
    "respond_by": F("response__due_at"),
    "first_response_at": F("response__stopped_at"),
    "due_at": F("resolution__due_at"),
    "resolved_at": F("resolution__stopped_at"),
    "due_is_provisional": F("resolution__provisional"),
    "category_path": F("category__path"),
}
MORE_FACTS = {
    "community_name": F("community__name"),
    "grid_name": F("grid__name"),
    "unit_name": F("unit__name"),
    "unit_community": F("unit__community"),
}

Row = dict[str, Any]


def street_rows(street: Street, now: datetime) -> Iterator[Sequence[str]]:
    """The headings and every case of a street, oldest entry first, in codes: instants of the office, log-in names."""
    yield COLUMNS
    cases = Case.objects.filter(street=street).with_light(now).order_by("pk")
    names = {"first_contact_name": "first_contact__username", "responsible_name": "responsible__username"}
    for row in _facts(cases, now, **names):
        yield [_code(row[name]) for name in COLUMNS]


def people_rows(cases: CaseQuerySet, scope: Scope, now: datetime, *, as_text: bool) -> Iterator[list[Any]]:
    """The headings and the given cases in words. `cases` carry their light and are cut by `scope` already.

    What is personal is left out where the viewer would not see it on the case's page either.
    `as_text`: instants as text, for CSV.
    """
    yield [str(heading) for heading in PEOPLE_COLUMNS.values()]
    names = {"first_contact_name": "first_contact__name", "responsible_name": "responsible__name"}
    rows = iter(_facts(cases.annotate(**MORE_FACTS), now, *MORE_FACTS, **names))
    while chunk := list(islice(rows, CHUNK)):
        residents = Resident.objects.in_bulk([row["pk"] for row in chunk])
        for row in chunk:
            _add_resident(row, residents.get(row["pk"]), scope)
            yield [_word(name, row, as_text=as_text) for name in PEOPLE_COLUMNS]


def too_many(cases: CaseQuerySet) -> bool:
    """Whether these are more than one workbook takes. Looks no further than that."""
    return cases.order_by()[MOST_IN_WORKBOOK : MOST_IN_WORKBOOK + 1].exists()


def _facts(cases: CaseQuerySet, now: datetime, *more: str, **names: str) -> Iterable[Row]:
    wanted = cases.annotate(**FACTS, **{name: F(path) for name, path in names.items()})
    rows = wanted.values(*_OWN, *FACTS, *more, *names, "light")
    for row in rows.iterator(chunk_size=CHUNK):
        row["category"] = row["category_path"] or ""
        row["first_contact"], row["responsible"] = row["first_contact_name"], row["responsible_name"]
        row["response_on_time"] = _kept(row["first_response_at"], row["respond_by"], now)
        row["resolution_on_time"] = _kept(row["resolved_at"], row["due_at"], now)
        yield row


_OWN = (
    "pk", "number", "external_id", "kind", "status", "submitted_at", "closed_at", "title", "place", "channel", "urgency",
    "outcome", "text", "identity", "street_id", "community_id", "unit_id", "responsible_id", "first_contact_id",
)  # fmt: skip


def _kept(stopped_at: datetime | None, due_at: datetime | None, now: datetime) -> bool | None:
    return on_time(stopped_at, due_at, now) if due_at else None


def _code(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return timezone.localtime(value).isoformat(timespec="seconds")
    return str(value)


def _word(name: str, row: Row, *, as_text: bool) -> Any:
    value = row.get(f"{name}_name") if name in {"community", "grid", "unit"} else row[name]
    if value is None:
        return ""
    if name in WORDS:
        return str(WORDS[name].get(value, value))
    if name in BOOLEANS:
        return str(_("yes") if value else _("no"))
    if name in INSTANTS:
        local = timezone.localtime(value).replace(tzinfo=None, microsecond=0)
        return f"{local:%Y-%m-%d %H:%M:%S}" if as_text else local
    return value


def _add_resident(row: Row, resident: Resident | None, scope: Scope) -> None:
    """The resident for those who may know; for everybody else the texts lose what would give the resident away."""
    seen = sees_resident(_standing(row, scope), row["identity"])
    row["resident_name"] = resident.name if resident and seen else ""
    row["resident_phone"] = resident.phone if resident and seen else ""
    if not seen:
        said = [resident.name, resident.phone, resident.address] if resident else []
        for name in ("title", "place", "text"):
            row[name] = without_numbers(row[name], *said)


def _standing(row: Row, scope: Scope) -> Standing:
    """As `access.standing`, but for what would take a query per case: offers and joint tasks give no names here."""
    if not scope.has("worker", "secretary", "supervisor") or row["street_id"] not in scope.streets:
        return Standing()
    return Standing(
        responsible=row["responsible_id"] == scope.person,
        first_contact=row["first_contact_id"] == scope.person,
        in_unit=row["unit_id"] in scope.units,
        leads=row["community_id"] in scope.led_communities or row["unit_community"] in scope.led_communities,
        oversees=row["street_id"] in scope.whole_streets and scope.has("supervisor"),
        works=True,
    )
