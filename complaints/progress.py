"""What a resident reads of their case, in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from complaints import wall
from complaints.lights import is_paused
from complaints.models import Attachment, Case, Clock, Consent, Event, Message, Reply
from config.templatetags.linli import moment_text


@dataclass(frozen=True)
class Word:
    """One thing said, by the resident (`mine`) or by the office."""

    at: datetime
    mine: bool
    text: str
    who: str = ""
    label: str = ""


def opened(pk: int) -> None:
    """A code or a slip has opened this case: from here on it can be read, and the one it is linked to."""
    wall.open_for(wall.Reach(cases=frozenset({pk})))
    main = Case.objects.filter(pk=pk).values_list("duplicate_of", flat=True).first()
    if main is not None:
        wall.open_for(wall.Reach(cases=frozenset({pk, main})))


def tracked(pk: int) -> Case | None:
    """The case, while its code is kept."""
    opened(pk)
    rows = Case.objects.filter(tracking_code__isnull=False).select_related(
        "street", "community", "unit", "category", "responsible", "first_contact",
        "duplicate_of__responsible", "duplicate_of__unit", "duplicate_of__category",
    )  # fmt: skip
    return rows.filter(pk=pk).first()


def clocks_of(case: Case) -> dict[str, Clock]:
    return {clock.kind: clock for clock in Clock.objects.filter(case=case, cycle=case.cycle).exclude(kind="joint")}


def progress(case: Case, now: datetime) -> dict[str, Any]:
    """What the page shows. A case linked to another shows where that one stands, and nothing anybody said there."""
    main = case.duplicate_of or case
    clocks = clocks_of(main)
    response, resolution = clocks.get(Clock.Kind.RESPONSE), clocks.get(Clock.Kind.RESOLUTION)
    urged = Event.objects.filter(case=case, kind=Event.Kind.URGED).order_by("-seq").values_list("at", flat=True).first()
    return {
        "case": case,
        "main": main,
        "joined": main != case,
        "open": case.is_open,
        "steps": steps(main, case, response),
        "status": joined_words(main) if main != case else status_words(main, response),
        "phone": main.responsible.phone or main.unit.phone,
        "response": response,
        "contacted_at": contacted_at(main, response),
        "resolution": resolution,
        "paused_until": resolution.paused_until if resolution and is_paused(resolution, now) else None,
        "talk": talk(case),
        "photos": Attachment.objects.filter(case=case, by__isnull=True).count(),
        "urged_at": urged,
        "urge_words": urge_words(main, clocks, now) if urged and case.is_open else "",
    }


def contacted_at(main: Case, response: Clock | None) -> datetime | None:
    """When somebody made contact. Withdrawing stops the clock, too, and nobody was contacted by that."""
    if response is None or (main.status == Case.Status.WITHDRAWN and response.stopped_at == main.closed_at):
        return None
    return response.stopped_at


def steps(main: Case, case: Case, response: Clock | None) -> list[dict[str, Any]]:
    """Received, contacted, being handled, answered."""
    spoken = response.stopped_at if response else None
    contacted = spoken is not None
    if main.status == Case.Status.WITHDRAWN:
        return [
            {"label": _("We have received it"), "state": "done", "at": case.submitted_at},
            {"label": _("Withdrawn"), "state": "done", "at": main.closed_at},
        ]
    closed = not main.is_open
    if main != case:
        return [
            {"label": _("We have received it"), "state": "done", "at": case.submitted_at},
            {"label": _("We see to it"), "state": "done" if closed else "now", "at": None},
            {"label": _("Finished"), "state": "done" if closed else "next", "at": main.closed_at},
        ]
    first = _("We do it once more") if main.cycle > 1 else _("We have received it")
    return [
        {
            "label": first,
            "state": "done",
            "at": case.submitted_at if main.cycle == 1 else response and response.started_at,
        },
        {"label": _("We contact you"), "state": "done" if contacted or closed else "now", "at": spoken},
        {"label": _("We see to it"), "state": "done" if closed else "now" if contacted else "next", "at": None},
        {"label": _("You get the answer"), "state": "done" if closed else "next", "at": main.closed_at},
    ]


def joined_words(main: Case) -> str:
    """Where a matter stands that somebody else reported: what they are told is not for this resident's eyes."""
    if main.is_open:
        return _("It is being handled together with your neighbour's report. Questions? Please call the person below.")
    if main.status == Case.Status.WITHDRAWN:
        return _("Whoever reported the matter has withdrawn it. If it still concerns you, please report it anew.")
    return _(
        "The matter you joined is finished. The answer went to whoever reported it first; please ask the person below "
        "by phone what came of it. If it is not solved for you, please report it anew."
    )


def status_words(case: Case, response: Clock | None) -> str:
    if case.status == Case.Status.WITHDRAWN:
        return _("You have withdrawn this matter. If it comes up again, just report it anew.")
    if case.status == Case.Status.CONCLUDED:
        return _("It is finished; the answer is below. If it is not solved, tell us: then we do it once more.")
    if case.cycle > 1:
        return _("We are doing it once more. The responsible person will contact you or answer here.")
    if response and response.stopped_at is None:
        return _("It has arrived. The responsible person will contact you or answer here.")
    return _("It is being handled.")


def talk(case: Case) -> list[Word]:
    """What was said between resident and office, oldest first; what colleagues note is not part of it."""
    words = [Word(row.at, True, row.text) for row in Message.objects.filter(case=case)]
    for reply in Reply.objects.filter(case=case).select_related("by"):
        label = _("final answer") if reply.is_final else ""
        words.append(Word(reply.at, False, reply.text, str(reply.by), label))
    for row in Consent.objects.filter(case=case, verdict="approved").exclude(told="").select_related("asked_by"):
        assert row.decided_at is not None
        words.append(Word(row.decided_at, False, row.told, str(row.asked_by), str(row.get_kind_display())))
    return sorted(words, key=lambda word: word.at)


def urge_words(case: Case, clocks: dict[str, Clock], now: datetime) -> str:
    """The honest answer to "what is taking so long?", out of the clocks."""
    reminded = _("%(name)s has been reminded.") % {"name": case.responsible}
    response, resolution = clocks.get(Clock.Kind.RESPONSE), clocks.get(Clock.Kind.RESOLUTION)
    if response and response.stopped_at is None and now > response.due_at:
        late = _("We should have contacted you by %(at)s and have not: we are sorry.")
        return late % {"at": moment_text(response.due_at)} + " " + reminded
    if resolution is None:
        return reminded
    if is_paused(resolution, now):
        waits = _("The clock is paused until %(at)s at the latest; why is written below.")
        return waits % {"at": moment_text(resolution.paused_until)} + " " + reminded
    if now > resolution.due_at:
        late = _("The promised time, %(at)s, has passed: we are sorry. The leaders see this matter in red, too.")
        return late % {"at": moment_text(resolution.due_at)} + " " + reminded
    in_time = _("It is still within the time limit; you get the answer by %(at)s.")
    return in_time % {"at": moment_text(resolution.due_at)} + " " + reminded
