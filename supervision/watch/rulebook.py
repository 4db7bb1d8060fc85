"""The ladders and the rule of the watch as data: read at an instant, changed by a new version, never edited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from config.lib.errors import RuleBroken
from staff.models import Person
from supervision.models import Ladder, LadderVersion, Rung, Step, WatchRule
from supervision.watch.ladder import LadderTerms, Quiet, RungTerms

RULE_FIGURES = (
    "quiet_from",
    "quiet_to",
    "flood_least",
    "flood_percent",
    "order_days",
    "order_again_days",
)
MOST_RUNGS = 20


def rule_at(at: datetime) -> WatchRule:
    """The first rule is in force since ever."""
    return WatchRule.objects.filter(valid_from__lte=at).order_by("-version")[0]


def quiet_at(at: datetime) -> Quiet:
    return quiet_of(rule_at(at))


def quiet_of(rule: WatchRule) -> Quiet:
    return Quiet(rule.quiet_from, rule.quiet_to)


def ladders_at(at: datetime) -> dict[str, LadderTerms]:
    """Every ladder in force at `at`, by its code. Two queries."""
    versions = (
        LadderVersion.objects.filter(valid_from__lte=at)
        .order_by("ladder_id", "-version")
        .distinct("ladder_id")
        .select_related("ladder")
        .prefetch_related("rungs")
    )
    return {version.ladder.code: terms_of(version) for version in versions}


def terms_of(version: LadderVersion) -> LadderTerms:
    rungs = sorted(version.rungs.all(), key=lambda rung: rung.pk)
    return LadderTerms(version.ladder.code, version.ladder.urgent, tuple(rung_terms(rung) for rung in rungs))


def rung_terms(rung: Rung) -> RungTerms:
    return RungTerms(
        code=rung.code,
        name=rung.name,
        point=rung.point,
        offset=rung.offset,
        unit=rung.unit,
        step=rung.step,
        told=tuple(rung.told),
        unless_explained=rung.unless_explained,
    )


@transaction.atomic
def change_ladder(
    ladder: Ladder, *, by: Person, now: datetime, reason: str, rungs: Sequence[RungTerms]
) -> LadderVersion:
    """The next version of a ladder, in force at once. The next sweep looks at every running deadline under it;
    what stands in the ledger is not told again.
    """
    held = Ladder.objects.select_for_update().get(pk=ladder.pk)
    latest = held.versions.prefetch_related("rungs").order_by("-version").first()
    rungs = [replace(rung, name=rung.name.strip()) for rung in rungs]
    check(held, rungs, reason)
    if latest is not None and terms_of(latest).rungs == tuple(rungs):
        raise RuleBroken("nothing_changed", _("This is the ladder in force already."))
    version = LadderVersion.objects.create(
        ladder=held,
        version=latest.version + 1 if latest else 1,
        valid_from=now,
        author=by,
        reason=reason.strip(),
    )
    for rung in rungs:  # one by one: their order is that of their ids
        Rung.objects.create(
            ladder=version,
            code=rung.code,
            name=rung.name,
            point=rung.point,
            offset=rung.offset,
            unit=rung.unit,
            step=rung.step,
            told=list(rung.told),
            unless_explained=rung.unless_explained,
        )
    return version


def check(ladder: Ladder, rungs: Sequence[RungTerms], reason: str) -> None:
    if not reason.strip():
        raise RuleBroken("reason_missing", _("Please give the reason for the change."), field="reason")
    if not 1 <= len(rungs) <= MOST_RUNGS:
        raise RuleBroken("no_rungs", _("A ladder has between 1 and %(most)d rungs.") % {"most": MOST_RUNGS})
    if len({rung.code for rung in rungs}) != len(rungs):
        raise RuleBroken("rung_twice", _("Two rungs have the same code."))
    places: dict[tuple[str, int, str], RungTerms] = {}
    for rung in rungs:
        place = (rung.point, rung.offset, rung.unit if rung.offset else "")
        other = places.setdefault(place, rung)
        if other is not rung:  # of two at one instant the sweep would tell the second only
            raise RuleBroken(
                "same_instant",
                _("“%(name)s” and “%(other)s” are reached at the same instant. Tell both circles in one rung.")
                % {"name": other.name, "other": rung.name},
            )
        if not rung.told:
            raise RuleBroken("tells_nobody", _("“%(name)s” tells nobody.") % {"name": rung.name})
        if rung.unless_explained and (rung.point != Rung.Point.DUE or rung.offset < 0):
            raise RuleBroken(
                "not_late_yet",
                _("“%(name)s”: a reason for a delay can only be asked for after the deadline.") % {"name": rung.name},
            )
        if rung.step == Step.ORDER and (rung.point != Rung.Point.DUE or rung.offset < 0):
            raise RuleBroken(
                "not_late_yet", _("“%(name)s”: an order is issued after the deadline only.") % {"name": rung.name}
            )
        if rung.step == Step.ORDER and ladder.code in {"order", "item", "joint"}:
            raise RuleBroken(
                "no_order_here", _("“%(name)s”: this ladder cannot issue supervision orders.") % {"name": rung.name}
            )


@transaction.atomic
def change_rule(*, by: Person, now: datetime, reason: str, **figures: Any) -> WatchRule:
    """The next rule of the watch, in force at once; what is not named stays."""
    latest = WatchRule.objects.select_for_update().order_by("-version")[0]
    if unknown := figures.keys() - set(RULE_FIGURES):
        raise TypeError(f"not figures of the watch: {sorted(unknown)}")
    if not reason.strip():
        raise RuleBroken("reason_missing", _("Please give the reason for the change."), field="reason")
    values: Mapping[str, Any] = {name: getattr(latest, name) for name in RULE_FIGURES} | figures
    if all(values[name] == getattr(latest, name) for name in RULE_FIGURES):
        raise RuleBroken("nothing_changed", _("These are the figures already in force."))
    for name in ("quiet_from", "quiet_to"):
        at: time = values[name]
        if at.second or at.microsecond:
            raise RuleBroken("bad_figures", _("Please give hours and minutes."), field=name)
    return WatchRule.objects.create(
        version=latest.version + 1, valid_from=now, author=by, reason=reason.strip(), **values
    )
