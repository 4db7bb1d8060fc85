"""Acts on the calendar and on time-limit policies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from config.lib.errors import RuleBroken
from services.clock import MOST_DAYS, MOST_SECONDS, Mode
from services.models import CalendarDay, CalendarYear, Policy, PolicyVersion
from services.notices import Notice, read_notice
from staff.models import Person

FIGURES = (
    "schedule",
    "response_mode",
    "response_goal",
    "response_limit",
    "resolution_mode",
    "resolution_limit",
    "yellow_fraction",
    "yellow_left",
    "extension",
    "max_pause_days",
)


@dataclass(frozen=True)
class Imported:
    """`official`: the year was provisional before, so deadlines that reach into it should be reckoned anew."""

    year: int
    days: int
    added: int
    changed: int
    removed: int
    official: bool

    def as_dict(self) -> dict[str, int | bool]:
        return asdict(self)


@transaction.atomic
def import_calendar(
    year: int | None,
    payload: str | bytes | Mapping[str, Any],
    *,
    by: Person | None,
    now: datetime,
    dry_run: bool = False,
) -> Imported:
    """Make a year official from its notice.

    1. Read and check the notice; nothing is written when any row is wrong.
    2. Replace whatever stood for that year, and what its earlier import said about the December before. Days that a
       later notice states stay as they are.
    3. Mark the year official.
    """
    notice = read_notice(payload, year)
    result = _compared(notice)
    if dry_run:
        return result
    row, _new = CalendarYear.objects.select_for_update().get_or_create(year=notice.year)
    _replace(notice)
    row.status = CalendarYear.Status.OFFICIAL
    row.source, row.imported_at, row.imported_by = notice.source, now, by
    row.save()
    return result


def check_figures(version: PolicyVersion) -> None:
    """Refuse figures that make no promise anybody could keep, naming the field."""
    try:
        version.full_clean(exclude=["author"], validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise RuleBroken("bad_figures", messages[0], field=field) from error
    for field, wrong, message in _faults(version):
        if wrong:
            raise RuleBroken("bad_figures", message, field=field)


def _faults(version: PolicyVersion) -> Iterator[tuple[str, bool, Promise]]:
    """The rules the database keeps too, each with the field it belongs to."""
    goal, limit, longest = version.response_goal, version.resolution_limit, _("That is longer than a hundred years.")
    yield "response_goal", goal == 0, _("A limit must be more than zero.")
    yield "response_goal", goal > version.response_limit, _("The goal must not be longer than the limit.")
    yield "response_limit", version.response_limit > _most(version.response_mode), longest
    yield "resolution_limit", limit == 0, _("A limit must be more than zero.")
    yield "resolution_limit", limit > _most(version.resolution_mode), longest
    yield "extension", limit + version.extension > _most(version.resolution_mode), longest
    share, left = version.yellow_fraction, version.yellow_left
    yield "yellow_fraction", share is not None and not 0 < share < 1, _("The share must lie between 0 and 1.")
    both = _("Turn yellow by a share of the time or by time left, not by both.")
    yield "yellow_left", share is not None and left is not None, both
    outside = left is not None and not 0 < left < limit
    yield "yellow_left", outside, _("The time left must be shorter than the limit.")


def _most(mode: str) -> int:
    return MOST_DAYS if Mode(mode).in_days else MOST_SECONDS


@transaction.atomic
def change_policy(
    policy: Policy, *, by: Person, now: datetime, reason: str, valid_from: datetime | None = None, **figures: Any
) -> PolicyVersion:
    """The next version of a policy: the latest one's figures with `figures` changed, in force from `valid_from` or now.

    Earlier versions stay as they are, and so does every case that was promised something under them.
    """
    unknown = figures.keys() - set(FIGURES)
    if unknown:
        raise TypeError(f"not figures of a policy: {sorted(unknown)}")
    Policy.objects.select_for_update().get(pk=policy.pk)
    latest = policy.versions.order_by("-version").first()
    version = next_version(policy, latest, by=by, reason=reason, valid_from=valid_from or now, figures=figures)
    check_change(version, latest, now)
    version.save(force_insert=True)
    return version


def next_version(
    policy: Policy,
    latest: PolicyVersion | None,
    *,
    by: Person,
    reason: str,
    valid_from: datetime,
    figures: Mapping[str, Any],
) -> PolicyVersion:
    """Not saved and not checked."""
    kept = {name: getattr(latest, name) for name in FIGURES} if latest else {}
    return PolicyVersion(
        policy=policy,
        version=latest.version + 1 if latest else 1,
        valid_from=valid_from,
        author=by,
        reason=reason.strip(),
        **{**kept, **figures},
    )


def check_change(version: PolicyVersion, latest: PolicyVersion | None, now: datetime) -> None:
    if not version.reason:
        raise RuleBroken("reason_missing", _("Please give the reason for the change."), field="reason")
    if version.valid_from < now:
        raise RuleBroken("in_the_past", _("A change cannot take effect in the past."), field="valid_from")
    if latest and version.valid_from < latest.valid_from:
        raise RuleBroken(
            "before_the_latest", _("A later version takes effect after this instant already."), field="valid_from"
        )
    check_figures(version)
    if latest and all(getattr(version, name) == getattr(latest, name) for name in FIGURES):
        raise RuleBroken("nothing_changed", _("These are the figures already in force."))


def _compared(notice: Notice) -> Imported:
    later = _stated_later(notice)
    after = {day.date: (day.is_working, day.name) for day in notice.days if day.date not in later}
    rows = CalendarDay.objects.filter(Q(pk__in=_standing(notice.year)) | Q(pk__in=after))
    before = {day.date: (day.is_working, day.name) for day in rows}
    return Imported(
        year=notice.year,
        days=len(notice.days),
        added=len(after.keys() - before.keys()),
        changed=sum(1 for day, said in after.items() if day in before and before[day] != said),
        removed=len(before.keys() - after.keys()),
        official=not CalendarYear.objects.filter(year=notice.year, status=CalendarYear.Status.OFFICIAL).exists(),
    )


def _standing(year: int) -> QuerySet[CalendarDay]:
    """The days a notice for `year` replaces."""
    of_year = Q(date__year=year) & (Q(notice__isnull=True) | Q(notice__lte=year))
    return CalendarDay.objects.filter(of_year | Q(notice=year))


def _stated_later(notice: Notice) -> set[date]:
    days = CalendarDay.objects.filter(date__in=[day.date for day in notice.days], notice__gt=notice.year)
    return set(days.values_list("date", flat=True))


def _replace(notice: Notice) -> None:
    _standing(notice.year).delete()
    later = _stated_later(notice)
    years = {day.date.year for day in notice.days}
    CalendarYear.objects.bulk_create([CalendarYear(year=year) for year in years], ignore_conflicts=True)
    CalendarDay.objects.bulk_create(
        [
            CalendarDay(
                date=day.date, year_id=day.date.year, is_working=day.is_working, name=day.name, notice=notice.year
            )
            for day in notice.days
            if day.date not in later
        ],
        update_conflicts=True,
        unique_fields=["date"],
        update_fields=["is_working", "name", "notice"],
    )
