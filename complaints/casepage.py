"""What the page of a case shows, made from its dossier."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from complaints.acts import ActDoor, available, next_acts
from complaints.answers import follows
from complaints.dossier import Dossier, facts, open_dossier, shares
from complaints.forms.acts import ActForm
from complaints.forms.category import choices_of
from complaints.lights import is_paused, light, on_time
from complaints.models import Callback, Case, Clock, Consent, ContactLog, Handover, JointTask, Objection
from complaints.ratings_page import ratings_shown
from complaints.rights import sees_resident
from complaints.rows import build_rows, instants, left_on, runs_around_the_clock
from complaints.states import Act
from complaints.timeline import entries, entry, names, what
from complaints.uploads import IMAGES
from config.lib.text import without_numbers
from config.templatetags.linli import moment, moment_text
from staff.models import Person

WORKING_HERE = ("worker", "secretary", "supervisor", "discipline", "admin")  # the others are not told of the watch
FILE_KINDS = {"application/pdf": "pdf"} | dict.fromkeys(IMAGES, "image")


def page(case: Case, person: Person, now: datetime) -> dict[str, Any]:
    """Everything on the page, in a fixed number of queries."""
    found = open_dossier(case, person, now)
    row = build_rows([case], person.scope(), now, found.calendar)[0]
    open_facts = facts(found, person)
    doors = available(case, found.standing, open_facts)
    first = next_acts(case, found.standing, open_facts)
    if row.step.act and any(door.act == row.step.act for door in doors):
        first = [
            row.step.act,
            *(act for act in first if act != row.step.act),
        ]  # the first button does what the head says
    nearest = sorted((door for door in doors if door.act in first), key=lambda door: first.index(door.act))
    seen = sees_resident(found.standing, case.identity)
    internal = seen or found.standing.works
    if not seen:
        _strike(found)
    return {
        "case": case,
        "row": row,
        "doors": doors,
        "nearest": nearest[:3],
        "groups": _groups(door for door in doors if door not in nearest[:3]),
        "blocked": blocked(found),
        "suggestion": found.suggestion if any(door.act == Act.DISPATCH for door in doors) else None,
        "sees": seen,
        "internal": internal,
        "resident": getattr(case, "resident", None),
        "title": case.title if seen else _struck(case.title, case),
        "text": case.text if seen else _struck(case.text, case),
        "facts": _case_facts(case, seen),
        "clocks": [_clock(clock, now, found) for clock in _present(found)],
        "past_clocks": [_clock(c, now, found) for c in found.clocks if c.cycle < case.cycle and c.kind == "resolution"],
        "offer": found.offer,
        "objection": found.objection,
        "chain": [_link(share) for share in shares(found)],
        "tasks": [_task(task, found, now) for task in found.tasks],
        "consents": [_consent(row, now) for row in reversed(found.consents)],
        "contacts": found.said["contact"] if seen else [],
        "notes": found.said["note"] if internal else [],
        "replies": [row if seen else row._replace(words=_struck(row.words, case)) for row in found.said["reply"]],
        "messages_of_resident": found.said["message"] if seen else [],
        "callbacks": _callbacks(found, seen),
        "ratings": ratings_shown(case, found.standing, person),
        "follows_ratings": follows(found.standing),
        "slip": case.status == Case.Status.CONCLUDED and found.standing.works,
        "files": _files(found) if seen else [],
        "duplicates": found.said["duplicate"],
        "people": found.people,
        "ways": dict(ContactLog.Way.choices),
        "events": entries(found),
        "look_alike": case.is_open and seen and (now - case.registered_at).days < 7,
        "may_log": found.standing.works,
        "works_here": person.scope().has(*WORKING_HERE),
    }


def panel(case: Case, door: ActDoor, form: ActForm, *, in_page: bool) -> dict[str, Any]:
    """The form of an act with what it answers to; `in_page`: it stands in the page of the case."""
    context = {"case": case, "door": door, "form": form, "version": case.version, "in_page": in_page}
    if "category" in form.fields:
        context["categories"] = choices_of(form["category"].value(), form.asked or form.data.get("q", ""))
    return context | {"about": _about(case, door.act), "may_fill": "template" in form.fields}


def changes_since(case: Case, seen: int, person: Person) -> dict[str, Any]:
    """Who did what to the case after the version `seen`."""
    found = open_dossier(case, person, timezone.now())
    later = [event for event in found.events if event.seq > seen]
    return {
        "who": str(later[0].by) if later and later[0].by else "",
        "at": later[0].at if later else None,
        "events": [entry(found, event) for event in later],
    }


def blocked(found: Dossier) -> list[str]:
    """Why the case cannot be concluded yet, in sentences."""
    if not found.case.is_open or not found.standing.responsible:
        return []
    waiting = []
    if found.objection:
        waiting.append(_("The adjudicator has to decide on the objection first."))
    if found.offer:
        taker = found.offer.to_person or found.offer.to_unit
        waiting.append(_("%(name)s has not answered your offer yet.") % {"name": taker})
    waiting += [
        _("%(unit)s still owes its part.") % {"unit": task.unit} for task in found.tasks if task.done_at is None
    ]
    return waiting


def _strike(found: Dossier) -> None:
    """Texts of colleagues may name the resident. The rows are for showing, they are never saved."""
    for row in (*found.tasks, *found.consents, *found.handovers, *found.objections):
        for name in ("task", "result", "text", "told", "reason", "decision_text"):
            value = getattr(row, name, None)
            # A consent's reason is one of a list, not a text.
            if isinstance(value, str) and not (isinstance(row, Consent) and name == "reason"):
                setattr(row, name, _struck(value, found.case))


def _struck(text: str, case: Case) -> str:
    """The text for those who must not know the resident."""
    return without_numbers(text, *names(case))


def _groups(doors: Iterable[ActDoor]) -> list[tuple[str, list[ActDoor]]]:
    groups: dict[str, list[ActDoor]] = {}
    for door in doors:
        groups.setdefault(str(door.group), []).append(door)
    return list(groups.items())


def _present(found: Dossier) -> list[Clock]:
    clocks = [found.clock(Clock.Kind.RESPONSE), found.clock(Clock.Kind.RESOLUTION)]
    return [clock for clock in clocks if clock]


def _clock(clock: Clock, now: datetime, found: Dossier) -> dict[str, Any]:
    stopped = clock.stopped_at
    return {
        "label": clock.get_kind_display(),
        "cycle": clock.cycle,
        "light": light(instants(clock), now),
        "due": clock.due_at,
        "left": left_on(clock, now, found.calendar) if stopped is None else None,
        "provisional": clock.provisional,
        "around_clock": runs_around_the_clock(clock),
        "paused_until": clock.paused_until if is_paused(clock, now) else None,
        "stopped": stopped,
        "on_time": on_time(stopped, clock.due_at, now),
        "policy": clock.policy.policy.name,
    }


def _case_facts(case: Case, seen: bool) -> list[dict[str, Any]]:
    where = " ".join(str(part) for part in (case.community, case.grid and case.grid.name) if part)
    rows = [
        (_("Kind"), case.get_kind_display()),
        (_("Category"), case.category.path.replace(">", " › ") if case.category else ""),
        (_("Area"), where),
        (_("Exact place"), case.place if seen else ""),
        (_("Channel"), case.get_channel_display()),
        (_("Urgency"), case.get_urgency_display()),
        (_("Told at"), moment(case.submitted_at)),
    ]
    if (case.registered_at - case.submitted_at).total_seconds() >= 300 or case.backfilled:
        by = _("%(at)s by %(name)s") % {"at": moment_text(case.registered_at), "name": case.registered_by}
        rows.append((_("Entered"), by if not case.backfilled else by + _(" (entered afterwards)")))
    if case.special_group:
        rows.insert(6, (_("Special group"), case.get_special_group_display()))
    if case.external_id:
        rows.append((_("Number at the source"), case.external_id))
    if case.outcome:
        rows.append((_("Outcome"), case.get_outcome_display()))
    return [{"label": label, "value": value} for label, value in rows]


def _link(share: Any) -> dict[str, Any]:
    holding = share.holding
    return {
        "person": holding.person,
        "unit": holding.unit,
        "since": holding.since,
        "until": share.until or holding.case.closed_at,
        "because": holding.get_because_display(),
        "seconds": share.seconds,
        "part": share.part,
    }


def _task(task: JointTask, found: Dossier, now: datetime) -> dict[str, Any]:
    clock = next((clock for clock in found.clocks if clock.joint_task_id == task.pk), None)
    return {
        "row": task,
        "light": light(instants(clock), now) if clock else "",
        "due": clock.due_at if clock else None,
        "left": left_on(clock, now, found.calendar) if clock and clock.stopped_at is None else None,
        "provisional": bool(clock and clock.provisional),
    }


def _consent(row: Consent, now: datetime) -> dict[str, Any]:
    in_force = row.starts_at is not None and row.ends_at is not None and row.starts_at <= now < row.ends_at
    return {"row": row, "what": what(row), "in_force": in_force}


def _callbacks(found: Dossier, seen: bool) -> list[dict[str, Any]]:
    return [
        {
            "at": row.on,
            "who": found.people.get(row.who, ""),
            "reached": row.flag,
            "heard": bool(row.word),
            "solved_words": dict(Callback.Solved.choices).get(row.word, ""),
            "satisfied_words": dict(Callback.Satisfied.choices).get(row.more, _("no answer")),
            "text": row.words if seen else "",
        }
        for row in found.said["callback"]
    ]


def _files(found: Dossier) -> list[dict[str, Any]]:
    return [
        {
            "name": row.words,
            "url": f"{found.case.get_absolute_url()}files/{row.row}/",
            "size": row.number,
            "kind": FILE_KINDS.get(row.word, "sheet" if "sheet" in row.word else ""),
            "at": row.on,
        }
        for row in found.said["file"]
    ]


def _about(case: Case, act: Act) -> list[dict[str, Any]]:
    """What the person has to know to do the act: the words it answers to."""
    if act in {Act.ACCEPT, Act.DECLINE, Act.RETURN, Act.TAKE_BACK}:
        offer = Handover.objects.filter(case=case, verdict="").select_related("giver", "to_unit", "to_person").first()
        if offer:
            taker = offer.to_person or offer.to_unit
            return [
                {"label": _("Offered"), "value": f"{offer.giver} → {taker}"},
                {"label": _("Reason"), "value": offer.reason},
            ]
    if act in {Act.APPROVE, Act.REFUSE}:
        consent = Consent.objects.filter(case=case, verdict="").select_related("asked_by").first()
        if consent:
            days = [{"label": _("Days at most"), "value": consent.pause_days}] if consent.pause_days else []
            return [
                {"label": _("Asked for"), "value": f"{what(consent)} · {consent.asked_by}"},
                {"label": _("Grounds"), "value": consent.text},
                *days,
                {"label": _("Told the resident"), "value": consent.told},
            ]
    if act == Act.ADJUDICATE:
        objection = Objection.objects.filter(case=case, decided_at__isnull=True).select_related("unit", "by").first()
        if objection:
            return [
                {"label": _("Objection"), "value": f"{objection.unit} · {objection.by}"},
                {"label": _("Reason"), "value": objection.reason},
            ]
    return []
