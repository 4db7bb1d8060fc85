"""What is kept of a bulletin, how it is hashed, and how it is compared with today's data."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from django.db.models import Min, Q

from complaints.models import Case, PraiseProposal
from services.models import Policy, PolicyVersion
from staff.models import Community, Street, Unit
from supervision.bulletin import figures as engine
from supervision.bulletin.facts import COLUMNS, Fact, facts_of, packed, unpacked
from supervision.bulletin.models import Bulletin, RateTerms
from supervision.bulletin.periods import OFFICE, Period
from supervision.rates import DEFAULT, Terms
from supervision.rectification.models import ItemStep, RectificationItem
from supervision.rectification.rules import state_of

FORMAT = 1
Kind = ItemStep.Kind


@dataclass(frozen=True)
class Made:
    snapshot: dict[str, Any]
    facts: dict[str, Any]
    sha256: str


def canonical(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest(snapshot: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical({"snapshot": snapshot, "facts": facts}).encode()).hexdigest()


def terms_at(at: datetime) -> Terms:
    """The version in force; the ones in `rates` where none was planted."""
    row = RateTerms.objects.filter(valid_from__lte=at).order_by("-valid_from", "-version").first()
    return row.plain() if row else DEFAULT


def make(street: Street, period: Period, community: Community | None = None, *, until: datetime | None = None) -> Made:
    """Reads the casework of the period and of the two it is compared with. `until`: a look at an open period.

    Only whole periods are compared: an open one with nothing, none with a time before the street's casework had begun.
    """
    end = min(period.end, until) if until else period.end
    facts = facts_of(street, period.begin, end, community)
    terms = terms_at(end)
    now = engine.summary(facts)
    first = Case.objects.filter(street=street).aggregate(first=Min("submitted_at"))["first"]
    running = end < period.end
    before, year_before = (
        engine.summary(facts_of(street, earlier.begin, earlier.end, community))
        if first is not None and first < earlier.begin and not running
        else None
        for earlier in (period.before, period.year_before)
    )
    communities = Community.objects.filter(street=street, **({"pk": community.pk} if community else {}))
    names = {str(pk): name for pk, name in communities.order_by("code").values_list("pk", "name")}
    items = _items(street, period.begin, end, community)
    snapshot = {
        "format": FORMAT,
        "street": {"code": street.code, "name": street.name},
        "community": community.name if community else None,
        "period": period.code,
        "running": running,
        "communities": names,
        "order": list(names),
        "units": {str(pk): name for pk, name in Unit.objects.filter(street=street).values_list("pk", "name")},
        "terms": asdict(terms) | {"partly": str(terms.partly)},
        "policies": _policies(period, end),
        "policy_names": dict(Policy.objects.values_list("code", "name")),
        "summary": now,
        "before": before,
        "year_before": year_before,
        "figures": engine.figures(now, before, year_before, terms, list(names)),
        "item_counts": items_counted(items, period.begin),
        "praised": _praised(street, period.begin, end, community),
        "items": items,
    }
    table = packed(facts)
    plain = json.loads(canonical({"snapshot": snapshot, "facts": table}))
    return Made(plain["snapshot"], plain["facts"], digest(plain["snapshot"], plain["facts"]))


def terms_of(bulletin: Bulletin) -> Terms:
    kept = bulletin.snapshot["terms"]
    return Terms(**kept | {"partly": Decimal(kept["partly"])})


def recount(bulletin: Bulletin) -> bool:
    """Whether the facts that were kept still give the figures that were kept, and both the hash."""
    snapshot = bulletin.snapshot
    now = engine.summary(unpacked(bulletin.facts))
    again = engine.figures(now, snapshot["before"], snapshot["year_before"], terms_of(bulletin), snapshot["order"])
    same = json.loads(canonical(again)) == snapshot["figures"]
    return same and digest(snapshot, bulletin.facts) == bulletin.sha256


@dataclass(frozen=True)
class Drift:
    """`counts`: key, kept, today. `cases`: number and the names of what differs; a case that came or went has none."""

    counts: list[tuple[str, int, int]]
    cases: list[tuple[str, list[str]]]

    def __bool__(self) -> bool:
        return bool(self.counts or self.cases)


def drift(bulletin: Bulletin) -> Drift:
    """What would be different were the bulletin drafted today. Nothing is changed."""
    period = bulletin.period
    today = facts_of(bulletin.street, period.begin, period.end, bulletin.community)
    return difference(unpacked(bulletin.facts), today)


def difference(kept: list[Fact], other: list[Fact]) -> Drift:
    then, now = {fact.number: fact for fact in kept}, {fact.number: fact for fact in other}
    cases: list[tuple[str, list[str]]] = []
    for number in sorted({*then, *now}):
        one, two = then.get(number), now.get(number)
        if one is None or two is None:
            cases.append((number, []))
        elif one != two:
            cases.append((number, [name for name in COLUMNS if getattr(one, name) != getattr(two, name)]))
    before, after = engine.page(kept).counts, engine.page(other).counts
    return Drift([(key, before[key], after[key]) for key in engine.COUNTS if before[key] != after[key]], cases)


def _policies(period: Period, end: datetime) -> list[list[Any]]:
    """The time-limit versions in force at some time of the period: one changed in the middle shows as two."""
    found: dict[str, list[int]] = {}
    rows = PolicyVersion.objects.filter(valid_from__lt=end).order_by("policy__code", "valid_from", "version")
    for code, version, since in rows.values_list("policy__code", "version", "valid_from"):
        own = found.setdefault(code, [])
        if since <= period.begin:
            own.clear()
        own.append(version)
    return [[code, versions] for code, versions in found.items()]


def _praised(street: Street, begin: datetime, end: datetime, community: Community | None) -> list[list[str]]:
    """Case and name of who was praised: in the internal version only."""
    confirmed = PraiseProposal.objects.filter(
        case__street=street,
        verdict=PraiseProposal.Verdict.CONFIRMED,
        decided_at__gte=begin,
        decided_at__lt=end,
        **({"case__community": community} if community else {}),
    )
    rows = confirmed.order_by("case__number", "person__name").values_list(
        "case__number", "person__name", "person__username"
    )
    return [[number, name or username] for number, name, username in rows]


def _items(street: Street, begin: datetime, end: datetime, community: Community | None) -> list[list[str]]:
    """The rectification list: what was open at the end, and what was signed off in the period, as it stood then.

    What a finding on conduct says stays in its circle.
    """
    items = RectificationItem.objects.filter(
        Q(signed_at__isnull=True) | Q(signed_at__gte=begin),
        Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gte=end),
        street=street,
        set_at__lt=end,
        **({"community": community} if community else {}),
    ).select_related("unit", "responsible")
    steps: dict[int, dict[str, datetime]] = defaultdict(dict)
    told = ItemStep.objects.filter(item__in=items.values("pk"), at__lt=end).order_by("pk")
    for item, kind, at in told.values_list("item", "kind", "at"):
        _take(steps[item], kind, at)
    return [_item(item, steps[item.pk], end) for item in items.order_by("number")]


def _take(done: dict[str, datetime], kind: str, at: datetime) -> None:
    """The item's own row forgets what is sent back; its steps do not."""
    if kind == Kind.SENT_BACK:
        done.pop(Kind.REPORTED, None)
        done.pop(Kind.VERIFIED, None)
    else:
        done[kind] = at


ITEM = ("number", "source", "problem", "unit", "responsible", "measure", "set", "due", "state", "late")


def _item(item: RectificationItem, steps: Mapping[str, datetime], end: datetime) -> list[str]:
    """In the order of `ITEM`. `steps`: what had been done by the end, and not been sent back."""
    planned = item.planned_at if item.planned_at and item.planned_at < end else None  # a measure may come with the item
    done = SimpleNamespace(
        planned_at=steps.get(Kind.PLANNED) or planned,
        reported_at=steps.get(Kind.REPORTED),
        verified_at=steps.get(Kind.VERIFIED),
        signed_at=steps.get(Kind.SIGNED_OFF),
        withdrawn_at=steps.get(Kind.WITHDRAWN),
    )
    closed = item.source == RectificationItem.Source.CONDUCT
    late = (done.reported_at or end) > item.due_at and end > item.due_at
    return [
        item.number,
        item.source,
        "" if closed else item.problem,
        item.unit.name,
        str(item.responsible),
        "" if closed else item.measure,
        item.set_at.astimezone(OFFICE).date().isoformat(),
        item.due_at.astimezone(OFFICE).date().isoformat(),
        str(state_of(done)),
        "late" if late else "",
    ]


def items_counted(items: list[list[str]], begin: datetime) -> dict[str, int]:
    rows = [dict(zip(ITEM, item, strict=True)) for item in items]
    signed = [row for row in rows if row["state"] == "signed_off"]
    return {
        "items_set": sum(1 for row in rows if row["set"] >= begin.date().isoformat()),
        "items_signed": len(signed),
        "items_open": len(rows) - len(signed),
        "items_late": sum(1 for row in rows if row["late"] and row["state"] != "signed_off"),
    }
