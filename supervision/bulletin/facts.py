"""What a period's bulletin knows of each case, as plain values: counted once, kept with the bulletin, never read again.

Everything is asked "as of" the end of the period, from instants that do not move any more (clocks, answers, consents),
so that a bulletin drafted a week later comes out the same. What consents have moved since is put back (`stood`); what
cannot be had is listed in `docs/reports.md`. Only the exclusion of a rating counts whenever it is decided.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from operator import attrgetter
from typing import Any

from django.db.models import BooleanField, Exists, ExpressionWrapper, F, OuterRef, Q
from django.db.models.expressions import RawSQL

from complaints import outcomes
from complaints.lights import Instants, case_light
from complaints.models import Callback, Case, Clock, Consent, Event, PraiseProposal, Rating, Return
from complaints.ratings import BAD_TO, Progress, state_of
from services.calendar import load_calendar
from services.models import PolicyVersion
from services.policies import terms_of
from staff.models import Community, Street
from supervision.bulletin.stood import Grant, rewind

KEPT, LATE = "kept", "late"
GONE = {Case.Status.WITHDRAWN, Case.Status.MERGED}


@dataclass(frozen=True)
class Fact:
    """One case. `response`, `due`: kept or late when a limit fell due in the period. `handled`: seconds from the start
    of the cycle that was concluded in the period. `light`: when open at the end. `satisfied`: 0 when not rated."""

    number: str
    community: int | None = None
    unit: int = 0
    category: str = ""
    kind: str = ""
    channel: str = ""
    received: bool = False
    duplicate: bool = False
    withdrawn: bool = False
    response: str = ""
    due: str = ""
    extended: bool = False
    explained: bool = False
    handled: int | None = None
    again: bool = False
    returned: bool = False
    light: str = ""
    solved: str = ""
    satisfied: int = 0
    unreached: bool = False
    excluded: bool = False
    bad: int = 0
    bad_outcome: str = ""
    bad_state: str = ""
    praised: bool = False


# What residents said, and what came of it.
VOICE = ("solved", "satisfied", "unreached", "excluded", "bad", "bad_outcome", "bad_state")
SILENT: dict[str, Any] = {name: getattr(Fact, name) for name in VOICE}
COLUMNS = [column.name for column in fields(Fact)]
in_order = attrgetter(*COLUMNS)


def packed(facts: Iterable[Fact]) -> dict[str, Any]:
    """A table without names in every row: a year of 100,000 cases stays some megabytes."""
    return {"columns": COLUMNS, "rows": [list(in_order(fact)) for fact in facts]}


def unheard(facts: Iterable[Fact], own: Set[str]) -> list[Fact]:
    """Without what residents said in these cases: those it is about are not to know."""
    return [replace(fact, **SILENT) if fact.number in own else fact for fact in facts]


def unpacked(table: dict[str, Any]) -> list[Fact]:
    columns = table["columns"]
    return [Fact(**dict(zip(columns, row, strict=True))) for row in table["rows"]]


@dataclass
class Seen:
    """What was read about one case."""

    clocks: list[dict[str, Any]] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)
    consents: list[tuple[int, str]] = field(default_factory=list)
    grants: list[Grant] = field(default_factory=list)
    unreached: bool = False
    returned: bool = False
    praised: bool = False


def facts_of(street: Street, begin: datetime, end: datetime, community: Community | None = None) -> list[Fact]:
    """By number. A fixed number of queries, whatever the number of cases."""
    seen: dict[int, Seen] = defaultdict(Seen)
    within = {"case__street": street} | ({"case__community": community} if community else {})
    for read in (_clocks, _ratings, _callbacks, _praise):
        read(seen, within, begin, end)
    ids = list(seen)
    _returns(seen, ids, end)
    _consents(seen, ids, end)
    _rewind(seen, end)
    known = Case.objects.filter(pk__in=_among(ids)).annotate(
        linked=ExpressionWrapper(outcomes.linked(end), output_field=BooleanField())
    )
    cases = known.values_list(
        "pk", "number", "community", "unit", "category__path", "kind", "channel", "status", "submitted_at", "closed_at",
        "linked",
    )  # fmt: skip
    found = [_fact(seen[row[0]], row, begin, end) for row in cases.order_by("number").iterator(5_000)]
    return [fact for fact in found if fact is not None]


def _among(ids: Sequence[int]) -> RawSQL:
    """As one array: a hundred thousand parameters would take longer than the answer."""
    return RawSQL("SELECT unnest(%s::bigint[])", [list(ids)])


def _clocks(seen: dict[int, Seen], within: dict[str, Any], begin: datetime, end: datetime) -> None:
    matters = Q(stopped_at__isnull=True) | Q(stopped_at__gte=begin) | Q(due_at__gte=begin)
    names = (
        "kind", "cycle", "started_at", "yellow_at", "due_at", "paused_from", "paused_until", "stopped_at", "policy",
    )  # fmt: skip
    clocks = Clock.objects.filter(matters, kind__in=["response", "resolution"], started_at__lt=end, **within)
    for case, *values in clocks.order_by("case", "cycle").values_list("case", *names).iterator(5_000):
        seen[case].clocks.append(dict(zip(names, values, strict=True)))


def _ratings(seen: dict[int, Seen], within: dict[str, Any], begin: datetime, end: datetime) -> None:
    """The first word on a cycle; a supplement changes no figure, so that nobody is asked until they are content."""
    names = ("at", "solved", "satisfied", "excluded", "outcome", "verified_at", "fixed_at", "told_at", "closed_at")
    ratings = Rating.objects.filter(supplements__isnull=True, at__gte=begin, at__lt=end, **within)
    ratings = ratings.annotate(
        excluded=F("follow_up__excluded"),
        outcome=F("follow_up__outcome"),
        verified_at=F("follow_up__verified_at"),
        fixed_at=F("follow_up__fixed_at"),
        told_at=F("follow_up__told_at"),
        closed_at=F("follow_up__closed_at"),
    )
    for case, *values in ratings.order_by("at", "pk").values_list("case", *names):
        seen[case].answers.append(dict(zip(names, values, strict=True)))


def _callbacks(seen: dict[int, Seen], within: dict[str, Any], begin: datetime, end: datetime) -> None:
    """Answers on the phone that had not become a rating by then: from other systems, or without a word on satisfaction."""
    rated = Rating.objects.filter(case=OuterRef("case"), cycle=OuterRef("cycle"), supplements__isnull=True, at__lt=end)
    calls = Callback.objects.filter(~Exists(rated), at__gte=begin, at__lt=end, **within)
    for case, at, reached, solved, satisfied in calls.order_by("at", "pk").values_list(
        "case", "at", "reached", "solved", "satisfied"
    ):
        if reached:
            seen[case].answers.append({"at": at, "solved": solved, "satisfied": satisfied or 0, "excluded": None})
        else:
            seen[case].unreached = True


def _praise(seen: dict[int, Seen], within: dict[str, Any], begin: datetime, end: datetime) -> None:
    confirmed = PraiseProposal.objects.filter(
        verdict=PraiseProposal.Verdict.CONFIRMED, decided_at__gte=begin, decided_at__lt=end, **within
    )
    for case in confirmed.values_list("case", flat=True):
        seen[case].praised = True


def _returns(seen: dict[int, Seen], ids: list[int], end: datetime) -> None:
    for case in Return.objects.filter(case__in=_among(ids), at__lt=end).values_list("case", flat=True):
        seen[case].returned = True


def _consents(seen: dict[int, Seen], ids: list[int], end: datetime) -> None:
    """A reason was stated when a pause, more time or the complex class was asked for and not refused, or when the
    delay was explained: each by the end of the period."""
    wishes = Consent.objects.filter(case__in=_among(ids)).order_by("pk")
    names = ("case", "cycle", "kind", "verdict", "asked_at", "decided_at", "starts_at", "ends_at", "old_due_at")
    for case, cycle, kind, verdict, asked_at, decided_at, starts_at, ends_at, old_due_at in wishes.values_list(*names):
        given = kind == Consent.Kind.EXTENSION and verdict == Consent.Verdict.APPROVED
        given = given and decided_at is not None and decided_at < end
        refused = verdict in {Consent.Verdict.DECLINED, Consent.Verdict.LAPSED}
        if asked_at < end and not (refused and decided_at is not None and decided_at < end):
            seen[case].consents.append((cycle, "extended" if given else "asked"))
        if verdict == Consent.Verdict.APPROVED and decided_at is not None and old_due_at is not None:
            seen[case].grants.append(Grant(cycle, kind, decided_at, starts_at, ends_at, old_due_at))
    told = Event.objects.filter(case__in=_among(ids), kind=Event.Kind.DELAY_EXPLAINED, at__lt=end)
    for case, cycle in told.values_list("case", "data__cycle"):
        seen[case].consents.append((cycle, "explained"))


def _rewind(seen: dict[int, Seen], end: datetime) -> None:
    """Limits that a consent given after the end has moved are put back; few cases have one."""
    found = [
        (one, {clock["kind"]: clock for clock in one.clocks if clock["cycle"] == cycle}, cycle)
        for one in seen.values()
        for cycle in sorted({grant.cycle for grant in one.grants if grant.at >= end})
    ]
    found = [(one, clocks, cycle) for one, clocks, cycle in found if Clock.Kind.RESOLUTION in clocks]
    if not found:
        return
    wanted = {clocks[Clock.Kind.RESOLUTION]["policy"] for _one, clocks, _cycle in found}
    versions = PolicyVersion.objects.select_related("policy", "schedule").in_bulk(wanted)
    calendar = load_calendar()
    for one, clocks, cycle in found:
        terms = terms_of(versions[clocks[Clock.Kind.RESOLUTION]["policy"]])
        rewind(clocks, [grant for grant in one.grants if grant.cycle == cycle], end, terms, calendar)


def _fact(seen: Seen, row: tuple[Any, ...], begin: datetime, end: datetime) -> Fact | None:
    _pk, number, community, unit, category, kind, channel, status, submitted_at, closed_at, linked = row
    gone_at: datetime | None = closed_at if status in GONE else None
    if gone_at is not None and gone_at >= end:
        gone_at = None
    known: dict[str, Any] = {
        "number": number,
        "community": community,
        "unit": unit,
        "category": category or "",
        "kind": kind,
        "channel": channel,
        "received": begin <= submitted_at < end,
    }
    if linked:
        return Fact(**known, duplicate=True) if known["received"] else None
    found = Fact(
        **known,
        withdrawn=gone_at is not None and gone_at >= begin,
        **_limits(seen, gone_at, begin, end),
        **_handling(seen, gone_at, begin, end),
        **_voice(seen, end),
        light=_light(seen, end),
        returned=known["received"] and seen.returned,
        praised=seen.praised,
    )
    return found if _matters(found) else None


def _matters(fact: Fact) -> bool:
    """Not one that was over before and of which nothing was heard."""
    return bool(
        fact.received
        or fact.withdrawn
        or fact.response
        or fact.due
        or fact.handled is not None
        or fact.light
        or fact.solved
        or fact.satisfied
        or fact.unreached
        or fact.excluded
        or fact.praised
    )


def _limits(seen: Seen, gone_at: datetime | None, begin: datetime, end: datetime) -> dict[str, Any]:
    """A case whose limits fell due several times is kept only when all were."""
    verdicts: dict[str, set[str]] = {"response": set(), "resolution": set()}
    late, due = set(), set()
    for clock in seen.clocks:
        if not begin <= clock["due_at"] < end:
            continue
        verdict = _verdict(clock, gone_at)
        verdicts[clock["kind"]].add(verdict)
        if clock["kind"] == Clock.Kind.RESOLUTION and verdict:
            due.add(clock["cycle"])
            late |= {clock["cycle"]} if verdict == LATE else set()
    stated = {cycle for cycle, _what in seen.consents}
    return {
        "response": _worst(verdicts["response"]),
        "due": _worst(verdicts["resolution"]),
        "extended": any(what == "extended" and cycle in due for cycle, what in seen.consents),
        "explained": bool(late) and late <= stated,
    }


def _verdict(clock: dict[str, Any], gone_at: datetime | None) -> str:
    """Stopped by a withdrawal before it was due: neither kept nor broken."""
    if clock["stopped_at"] is None or clock["stopped_at"] > clock["due_at"]:
        return LATE
    return "" if clock["stopped_at"] == gone_at else KEPT


def _worst(verdicts: set[str]) -> str:
    return LATE if LATE in verdicts else KEPT if KEPT in verdicts else ""


def _handling(seen: Seen, gone_at: datetime | None, begin: datetime, end: datetime) -> dict[str, Any]:
    cycles = [clock for clock in seen.clocks if clock["kind"] == Clock.Kind.RESOLUTION]
    over = [c for c in cycles if c["stopped_at"] and begin <= c["stopped_at"] < end and c["stopped_at"] != gone_at]
    if not over:
        return {}
    last = over[-1]
    return {
        "handled": round((last["stopped_at"] - last["started_at"]).total_seconds()),
        "again": any(clock["cycle"] > over[0]["cycle"] for clock in cycles),
    }


def _light(seen: Seen, end: datetime) -> str:
    latest = {clock["kind"]: clock for clock in seen.clocks}  # ordered by cycle: the last one stays
    resolution, response = latest.get("resolution"), latest.get("response")
    if resolution is None or (resolution["stopped_at"] and resolution["stopped_at"] < end):
        return ""
    same = response if response and response["cycle"] == resolution["cycle"] else None
    return case_light(_instants(resolution, end), _instants(same, end) if same else None, end)


def _instants(clock: dict[str, Any], end: datetime) -> Instants:
    """As they stood at the end: what stopped later was still running then."""
    stopped = clock["stopped_at"]
    return Instants(
        due_at=clock["due_at"],
        yellow_at=clock["yellow_at"],
        paused_from=clock["paused_from"],
        paused_until=clock["paused_until"],
        stopped_at=stopped if stopped and stopped < end else None,
    )


def _voice(seen: Seen, end: datetime) -> dict[str, Any]:
    """The last answer of the period speaks; a bad one stays on the list of bad ones whatever came later."""
    said = sorted((answer for answer in seen.answers if not answer["excluded"]), key=lambda answer: answer["at"])
    told: dict[str, Any] = {"excluded": any(answer["excluded"] for answer in seen.answers)}
    if not said:
        return told | {"unreached": seen.unreached and not told["excluded"]}
    told |= {"solved": said[-1]["solved"], "satisfied": _level(said)}
    bad = [answer for answer in said if 0 < answer["satisfied"] <= BAD_TO]
    if bad:
        told |= {"bad": bad[-1]["satisfied"]} | _follow_up(bad[-1], end)
    return told


def _level(said: list[dict[str, Any]]) -> int:
    return next((int(answer["satisfied"]) for answer in reversed(said) if answer["satisfied"]), 0)


def _follow_up(bad: dict[str, Any], end: datetime) -> dict[str, Any]:
    if "outcome" not in bad:  # told to another system: what came of it was not followed up here
        return {}

    def done(name: str) -> bool:
        return bad[name] is not None and bad[name] < end

    outcome = bad["outcome"] if done("verified_at") else ""
    progress = Progress(outcome or "", bad["excluded"], done("fixed_at"), done("told_at"), done("closed_at"))
    return {"bad_outcome": outcome or "", "bad_state": str(state_of(progress))}
