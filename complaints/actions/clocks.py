"""Starting, stopping and recomputing a case's clocks. The reckoning itself is `services.policies.promise`."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F

from complaints.models import Case, Clock, Consent
from complaints.policies import REDO, policy_code
from services.calendar import load_calendar
from services.clock import Calendar, Pause
from services.policies import Promise, Terms, promise, terms_at, terms_of


def terms_for(case: Case, at: datetime) -> Terms:
    """The policy version that governs the case's present cycle from `at` on."""
    own = case.category.policy if case.category else ""
    code = REDO if case.cycle > 1 else policy_code(case.kind, case.urgency, own)
    return terms_at(code, at)


def build_clocks(case: Case, terms: Terms, start: datetime, calendar: Calendar) -> tuple[Clock, Clock]:
    """Response and resolution clock of the present cycle, not saved."""
    times = promise(terms, start, calendar)
    response = Clock(
        case_id=case.pk, kind=Clock.Kind.RESPONSE, cycle=case.cycle, policy_id=terms.version_id, started_at=start
    )
    resolution = Clock(
        case_id=case.pk, kind=Clock.Kind.RESOLUTION, cycle=case.cycle, policy_id=terms.version_id, started_at=start
    )
    _set(response, resolution, times)
    return response, resolution


def start_cycle(case: Case, now: datetime) -> None:
    """The next cycle with its own budget under the redo policy; the old cycle's clocks stay as they stopped."""
    case.cycle += 1
    Clock.objects.bulk_create(build_clocks(case, terms_for(case, now), now, load_calendar()))


def current(case: Case) -> dict[str, Clock]:
    """The present cycle's response and resolution clocks by kind, locked."""
    clocks = Clock.objects.select_for_update(of=("self",)).select_related("policy__schedule", "policy__policy")
    return {clock.kind: clock for clock in clocks.filter(case=case, cycle=case.cycle).exclude(kind=Clock.Kind.JOINT)}


def stop(case: Case, at: datetime, *, response: bool = True, resolution: bool = True) -> None:
    """Stop the running clocks. A clock that is already stopped keeps its verdict."""
    kinds = [kind for kind, wanted in ((Clock.Kind.RESPONSE, response), (Clock.Kind.RESOLUTION, resolution)) if wanted]
    Clock.objects.filter(case=case, cycle=case.cycle, kind__in=kinds, stopped_at__isnull=True).update(stopped_at=at)


def recompute(case: Case, *, terms: Terms | None = None) -> Clock:
    """Reckon the running clocks anew from their start, with every pause and extension; `terms` changes the policy.

    Returns the resolution clock.
    """
    clocks = current(case)
    granted = list(Consent.objects.filter(case=case, cycle=case.cycle, verdict=Consent.Verdict.APPROVED))
    pauses: list[Pause] = [(c.starts_at, c.ends_at) for c in granted if c.starts_at is not None]
    extended = any(c.kind == Consent.Kind.EXTENSION for c in granted)
    response, resolution = clocks[Clock.Kind.RESPONSE], clocks[Clock.Kind.RESOLUTION]
    used = terms or terms_of(resolution.policy)
    times = promise(used, resolution.started_at, load_calendar(), pauses=pauses, extension=extended)
    last = max(pauses, key=lambda pause: pause[0], default=(None, None))
    frozen = response.stopped_at is not None
    before = (response.yellow_at, response.due_at, response.provisional)
    _set(response, resolution, times)
    if frozen:
        response.yellow_at, response.due_at, response.provisional = before
    for clock in (response, resolution):
        if clock.stopped_at is None:
            clock.policy_id = used.version_id
            clock.paused_from, clock.paused_until = last
            clock.save()
    return resolution


def look_again(case: Case) -> None:
    """What was said about the running limits has changed, though they have not: the watch has to look at them."""
    Clock.objects.filter(case=case, cycle=case.cycle, stopped_at__isnull=True).update(next_turn_at=F("started_at"))


def _set(response: Clock, resolution: Clock, times: Promise) -> None:
    assert times.response_due_at is not None  # every pause has an end
    assert times.due_at is not None
    response.yellow_at, response.due_at = times.response_goal_at, times.response_due_at
    response.provisional = times.response_provisional
    resolution.yellow_at, resolution.due_at = times.yellow_at, times.due_at
    resolution.provisional = times.provisional
    for clock in (response, resolution):
        clock.next_turn_at = clock.started_at
