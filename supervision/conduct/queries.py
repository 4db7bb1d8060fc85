"""What the pages show of a report, read once its circle is open."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from complaints.chain import Link, link_hash
from staff.models import Community, Person, Street, Unit
from supervision.conduct import rules
from supervision.models import ConductReport


@dataclass(frozen=True)
class Row:
    """One line of the list: nothing of what was said."""

    report: ConductReport
    light: str
    overdue: bool


def rows(reports: Iterable[ConductReport], now: datetime) -> list[Row]:
    """The waiting ones first, by the time left; then those under examination; then the rest."""
    order = {"received": 0, "accepted": 1, "concluded": 2}
    sorted_ones = sorted(
        reports,
        key=lambda one: (
            order.get(one.status, 3),
            one.notice_due_at if one.status == "received" else one.received_at,
            one.pk,
        ),
    )
    return [Row(one, light_of(one, now), rules.overdue(one.notice_due_at, told_at(one), now)) for one in sorted_ones]


@dataclass(frozen=True)
class Waiting:
    """What is on the desk of the discipline office: to be accepted, of these late, and under examination."""

    new: int
    late: int
    examined: int


def waiting(reports: Iterable[ConductReport], now: datetime) -> Waiting:
    every = list(reports)
    new = [one for one in every if one.status == ConductReport.Status.RECEIVED]
    return Waiting(
        len(new),
        sum(rules.overdue(one.notice_due_at, told_at(one), now) for one in new),
        sum(one.status == ConductReport.Status.ACCEPTED for one in every),
    )


def told_at(report: ConductReport) -> datetime | None:
    """When the reporter was told what becomes of it; a report sent on without examination is told by its end."""
    return report.accepted_at or report.concluded_at


def light_of(report: ConductReport, now: datetime) -> str:
    return rules.light(report.yellow_at, report.notice_due_at, told_at(report), now)


def place_of(report: ConductReport) -> str:
    """Rows behind a number may be gone."""
    found: Any = None
    if report.unit_id:
        found = Unit.objects.filter(pk=report.unit_id).first()
    elif report.community_id:
        found = Community.objects.filter(pk=report.community_id).first()
    return str(found or street_of(report) or "")


def street_of(report: ConductReport) -> Street | None:
    return Street.objects.filter(pk=report.street_id).first()


def names(people: Iterable[int | None]) -> dict[int | None, str]:
    known = Person.objects.in_bulk([one for one in set(people) if one is not None])
    return {pk: str(person) for pk, person in known.items()}


def talk(report: ConductReport, *, for_reporter: bool) -> list[dict[str, Any]]:
    """The messages as entries of a timeline. The reporter reads the office's name, never an officer's."""
    said = list(report.messages.all())
    who = {} if for_reporter else names(one.by_id for one in said)
    office, reporter = _("Discipline office of the street"), _("You") if for_reporter else _("Reporter")
    return [
        {
            "at": one.at,
            "who": who.get(one.by_id, "") if one.by_id else "",
            "text": office if one.by_id else reporter,
            "body": one.text,
            "icon": "chat-left-text" if one.by_id else "person",
        }
        for one in said
    ]


def history(report: ConductReport) -> list[dict[str, Any]]:
    events = list(report.events.all())
    who = names(one.by_id for one in events)
    return [{"at": one.at, "who": who.get(one.by_id, ""), "text": one.get_kind_display()} for one in events]


def findings(report: ConductReport) -> list[dict[str, Any]]:
    found = list(report.findings.all())
    who = names(one.by_id for one in found)
    return [
        {"at": one.at, "who": who.get(one.by_id, ""), "text": one.get_category_display(), "body": one.text}
        for one in found
    ]


def chain_holds(report: ConductReport) -> bool:
    """Whether every event is where it was and as it was, and none is missing at the end."""
    before, count = "", 0
    for count, one in enumerate(report.events.order_by("seq"), 1):
        link = Link(report.number, count, one.kind, one.at, one.recorded_at, one.by_id, one.data)
        if one.seq != count or one.prev != before or one.hash != link_hash(before, link):
            return False
        before = one.hash
    return count == report.version and before == report.head
