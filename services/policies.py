"""What a class of cases is promised, as plain values, and the instants that follow from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from config.lib.errors import RuleBroken
from services.clock import Calendar, Hours, Mode, Pause, due, threshold
from services.models import PolicyVersion


@dataclass(frozen=True)
class Terms:
    """One policy version. Amounts are seconds in the duration modes and days in the working-day modes."""

    code: str
    name: str
    version_id: int
    version: int
    hours: Hours
    response_mode: Mode
    response_goal: int
    response_limit: int
    resolution_mode: Mode
    resolution_limit: int
    yellow_fraction: Decimal | None = None
    yellow_left: int | None = None
    extension: int = 0
    max_pause_days: int = 30
    urgent: bool = False
    needs_approval: bool = False


class Promise(NamedTuple):
    """start <= yellow <= due, wherever they are set. A due instant is None while an open pause stands."""

    response_goal_at: datetime | None
    response_due_at: datetime | None
    yellow_at: datetime | None
    due_at: datetime | None
    provisional: bool
    response_provisional: bool


def load_terms(at: datetime) -> dict[str, Terms]:
    """Every policy's version in force at `at`, by policy code. One query; keep it for a whole import."""
    versions = (
        PolicyVersion.objects.filter(valid_from__lte=at)
        .select_related("policy", "schedule")
        .order_by("policy_id", "-valid_from", "-version")
        .distinct("policy_id")
    )
    return {version.policy.code: terms_of(version) for version in versions}


def terms_at(code: str, at: datetime) -> Terms:
    found = load_terms(at).get(code)
    if found is None:
        raise RuleBroken("no_policy", _("No time limit is in force for this kind of case."))
    return found


def terms_of(version: PolicyVersion) -> Terms:
    """Reads the version's policy and schedule: select them with it."""
    return Terms(
        code=version.policy.code,
        name=version.policy.name,
        version_id=version.pk,
        version=version.version,
        hours=version.schedule.hours(),
        response_mode=Mode(version.response_mode),
        response_goal=version.response_goal,
        response_limit=version.response_limit,
        resolution_mode=Mode(version.resolution_mode),
        resolution_limit=version.resolution_limit,
        yellow_fraction=version.yellow_fraction,
        yellow_left=version.yellow_left,
        extension=version.extension,
        max_pause_days=version.max_pause_days,
        urgent=version.policy.urgent,
        needs_approval=version.policy.needs_approval,
    )


def promise(
    terms: Terms, start: datetime, calendar: Calendar, pauses: Sequence[Pause] = (), extension: bool = False
) -> Promise:
    """The instants of a case's two clocks, started together. Pauses stop both; the extension is for the resolution."""
    mode, hours = terms.response_mode, terms.hours
    response = due(mode, terms.response_limit, start, hours, calendar, pauses)
    goal = response.at
    if terms.response_goal != terms.response_limit:
        goal = due(mode, terms.response_goal, start, hours, calendar, pauses).at
    limit = terms.resolution_limit + (terms.extension if extension else 0)
    resolution = due(terms.resolution_mode, limit, start, hours, calendar, pauses)
    return Promise(
        response_goal_at=_between(start, goal, response.at),
        response_due_at=response.at,
        yellow_at=_between(start, _yellow(terms, limit, start, calendar, pauses), resolution.at),
        due_at=resolution.at,
        provisional=resolution.provisional,
        response_provisional=response.provisional,
    )


def _yellow(terms: Terms, limit: int, start: datetime, calendar: Calendar, pauses: Sequence[Pause]) -> datetime | None:
    mode, hours = terms.resolution_mode, terms.hours
    if terms.yellow_left is not None:
        return threshold(mode, limit, start, hours, calendar, left=terms.yellow_left, pauses=pauses)
    if terms.yellow_fraction is not None:
        return threshold(mode, limit, start, hours, calendar, fraction=terms.yellow_fraction, pauses=pauses)
    return None


def _between(start: datetime, at: datetime | None, end: datetime | None) -> datetime | None:
    """A start keeps its parts of a second, a threshold does not: never let one fall before the other."""
    if at is None:
        return None
    later = max(start, at)
    return later if end is None else min(later, end)


def amount_text(mode: str, amount: int, *, every_day: bool = False) -> str:
    """An amount as people say it: 30 minutes, 24 hours, 5 working days."""
    if Mode(mode).in_days:
        text = _("%(count)s days") if every_day else _("%(count)s working days")
        return text % {"count": amount}
    if amount % 3600 == 0:
        return _("%(count)s hours") % {"count": amount // 3600}
    return _("%(count)s minutes") % {"count": round(amount / 60, 1) if amount % 60 else amount // 60}
