"""How long a resident's data is kept, as plain values: the latest rule in force, one's own kind before all kinds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta


@dataclass(frozen=True)
class Rule:
    """`kind` "" is for every kind without a rule of its own."""

    kind: str
    days: int
    valid_from: date


def in_force(rules: Iterable[Rule], kind: str, today: date) -> Rule | None:
    valid = [rule for rule in rules if rule.valid_from <= today and rule.kind in {kind, ""}]
    return max(valid, key=lambda rule: (rule.kind != "", rule.valid_from), default=None)


def forget_before(rules: Iterable[Rule], kind: str, now: datetime) -> datetime | None:
    """Cases of the kind closed before this instant are forgotten: a midnight of `now`'s zone. None: no rule, keep."""
    rule = in_force(rules, kind, now.date())
    if rule is None:
        return None
    return datetime.combine(now.date() - timedelta(days=rule.days), time(), now.tzinfo)
