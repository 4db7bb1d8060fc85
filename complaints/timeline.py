"""The history of a case in words: every event with the details its rows add to it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from complaints.dossier import Dossier
from complaints.models import Callback, Case, Consent, ContactLog, DelayReason, Event
from complaints.rights import sees_resident
from config.lib.text import without_numbers
from config.templatetags.linli import file_size, moment_text

Kind = Event.Kind
QUIET, GOOD, BAD = "quiet", "good", "bad"

ICONS: dict[str, tuple[str, str]] = {
    Kind.REGISTERED: ("pencil-square", QUIET),
    Kind.EDITED: ("pencil", QUIET),
    Kind.CONTACTED: ("telephone", GOOD),
    Kind.NOTED: ("journal-text", ""),
    Kind.REPLIED: ("chat-left-text-fill", GOOD),
    Kind.ATTACHED: ("paperclip", QUIET),
    Kind.OFFERED: ("arrow-left-right", ""),
    Kind.DISPATCHED: ("send", ""),
    Kind.ACCEPTED: ("check-lg", GOOD),
    Kind.DECLINED: ("x-lg", ""),
    Kind.TAKEN_BACK: ("arrow-counterclockwise", QUIET),
    Kind.RETURNED: ("arrow-return-left", BAD),
    Kind.OBJECTED: ("signpost-split", BAD),
    Kind.ADJUDICATED: ("hammer", ""),
    Kind.JOINT_ASKED: ("people", ""),
    Kind.JOINT_DONE: ("clipboard-check", GOOD),
    Kind.JOINT_CANCELLED: ("person-dash", QUIET),
    Kind.CONSENT_ASKED: ("hourglass-split", ""),
    Kind.CONSENT_GIVEN: ("check2-circle", GOOD),
    Kind.CONSENT_REFUSED: ("slash-circle", BAD),
    Kind.RESUMED: ("play-circle", ""),
    Kind.DELAY_EXPLAINED: ("chat-square-dots", ""),
    Kind.CONCLUDED: ("check2-all", GOOD),
    Kind.CALLED_BACK: ("telephone-outbound", ""),
    Kind.REDONE: ("arrow-repeat", BAD),
    Kind.REOPENED: ("folder2-open", BAD),
    Kind.WITHDRAWN: ("trash3", QUIET),
    Kind.MERGED: ("link-45deg", QUIET),
    Kind.SAID: ("chat-left-text", ""),
    Kind.URGED: ("bell", BAD),
    Kind.PHOTO: ("image", QUIET),
    Kind.RATED: ("arrow-repeat", BAD),
    Kind.SUPPLEMENTED: ("arrow-repeat", BAD),
    Kind.RATING_CHECKED: ("patch-check", ""),
    Kind.PRAISE_DECIDED: ("award", ""),
    Kind.DATA_SHOWN: ("eye", QUIET),
    Kind.DATA_ASKED: ("person-lock", ""),
    Kind.DATA_DECIDED: ("person-check", ""),
    Kind.CODE_GIVEN: ("key", QUIET),
}

FACT_NAMES: dict[str, str | Promise] = {
    "title": gettext_lazy("title"),
    "text": gettext_lazy("what it is about"),
    "place": gettext_lazy("place"),
    "community": gettext_lazy("community"),
    "grid": gettext_lazy("grid"),
    "kind": gettext_lazy("kind"),
    "category": gettext_lazy("category"),
    "urgency": gettext_lazy("urgency"),
    "special_group": gettext_lazy("special group"),
    "identity": gettext_lazy("identity"),
    "resident_name": gettext_lazy("resident's name"),
    "resident_phone": gettext_lazy("resident's phone"),
    "resident_address": gettext_lazy("resident's address"),
}

# How a resident is called by the family name alone.
TITLES = (
    "先生",
    "女士",
    "小姐",
    "阿姨",
    "叔叔",
    "大爷",
    "大妈",
    "大姐",
    "大哥",
    "奶奶",
    "爷爷",
    "老师",
    "师傅",
    "同志",
)
HAN_NAME = re.compile("[\u4e00-\u9fff]{2,4}")

# What is said only among those who work on the case: (text of it is hidden from others).
INTERNAL = {Kind.NOTED, Kind.DELAY_EXPLAINED, Kind.REDONE, Kind.REOPENED, Kind.WITHDRAWN}
WITH_RESIDENT = {Kind.CONTACTED, Kind.CALLED_BACK, Kind.ATTACHED, Kind.SAID, Kind.PHOTO}
BY_RESIDENT = {
    Kind.REGISTERED,
    Kind.SAID,
    Kind.URGED,
    Kind.PHOTO,
    Kind.WITHDRAWN,
    Kind.MERGED,
    Kind.RATED,
    Kind.SUPPLEMENTED,
    Kind.DATA_SHOWN,
    Kind.DATA_ASKED,
}


def entries(found: Dossier) -> list[dict[str, Any]]:
    """Newest first, as parts/timeline.html takes them."""
    return [entry(found, event) for event in found.events]


def entry(found: Dossier, event: Event) -> dict[str, Any]:
    icon, tone = ICONS.get(event.kind, ("dot", ""))
    line = {
        "at": event.at,
        "who": str(event.by) if event.by else _("the resident") if event.kind in BY_RESIDENT else "",
        "text": event.get_kind_display(),
        "icon": icon,
        "tone": tone,
        "internal": event.kind in INTERNAL,
    }
    add = DETAILS.get(event.kind)
    if add:
        line |= {key: value for key, value in add(found, event.data).items() if value}
    return _guarded(found, event, line)


def _guarded(found: Dossier, event: Event, line: dict[str, Any]) -> dict[str, Any]:
    """What those who do not take part may not read is struck out."""
    if sees_resident(found.standing, found.case.identity):
        return line
    if (event.kind in INTERNAL and not found.standing.works) or event.kind in WITH_RESIDENT:
        return {key: value for key, value in line.items() if key not in {"body", "files"}}
    if line.get("body"):
        line["body"] = without_numbers(line["body"], *names(found.case))
    return line


def names(case: Case) -> list[str]:
    """The resident's data that must not show up in a text."""
    resident = getattr(case, "resident", None)
    if resident is None:
        return []
    called = [resident.name[0] + title for title in TITLES] if HAN_NAME.fullmatch(resident.name) else []
    return [resident.name, resident.phone, resident.address, *called]


def _said(what: str) -> Callable[[Dossier, dict[str, Any]], dict[str, Any]]:
    def body(found: Dossier, data: dict[str, Any]) -> dict[str, Any]:
        row = found.words_of(what, data.get(what))
        return {"body": row.words if row else ""}

    return body


def _registered(found: Dossier, data: dict[str, Any]) -> dict[str, Any]:
    case = found.case
    words = _("Logged, told by %(channel)s") % {"channel": case.get_channel_display()}
    return {"text": words + (_(" (entered afterwards)") if case.backfilled else "")}


def _edited(found: Dossier, data: dict[str, Any]) -> dict[str, Any]:
    names = _(", ").join(str(FACT_NAMES.get(name, name)) for name in data.get("changed", []))
    return {"text": _("Facts corrected: %(names)s") % {"names": names}, "body": _moved(data)}


def _contacted(found: Dossier, data: dict[str, Any]) -> dict[str, Any]:
    way = dict(ContactLog.Way.choices).get(data.get("way", ""), "")
    if not data.get("reached"):
        text = _("Resident not reached (%(way)s)") % {"way": way}
    elif data.get("substantive"):
        text = _("Spoke with the resident about the matter (%(way)s)") % {"way": way}
    else:
        text = _("Resident reached (%(way)s)") % {"way": way}
    return {"text": text, "tone": GOOD if data.get("reached") else QUIET} | _said("contact")(found, data)


def _rated(found: Dossier, data: dict[str, Any]) -> dict[str, Any]:
    return {"text": _("The resident says it is not solved: to be done again")} if data.get("redo") else {}


def _withdrawn(found: Dossier, data: dict[str, Any]) -> dict[str, Any]:
    row = found.words_of("message", data.get("message")) or found.words_of("note", data.get("note"))
    return {"body": row.words if row else ""}


def _attached(found: Dossier, data: dict[str, Any]) -> dict[str, Any]:
    row = found.words_of("file", data.get("attachment"))
    return (
        {"text": _("File added: %(name)s (%(size)s)") % {"name": row.words, "size": file_size(row.number)}}
        if row
        else {}
    )


def _offered(found: Dossier, data: dict[str, Any]) -> dict[str, Any]:
    row = next((row for row in found.handovers if row.pk == data.get("handover")), None)
    if row is None:
        return {}
    if row.to_person:
        words = _("Hand-over offered to %(name)s (%(unit)s)") % {"name": row.to_person, "unit": row.to_unit}
    else:
        words = _("Dispatched to %(unit)s") % {"unit": row.to_unit}
    return {"text": words, "body": row.reason}


def _answered(found: Dossier, data: dict[str, Any]) -> dict[str, Any]:
    row = next((row for row in found.handovers if row.pk == data.get("handover")), None)
    if row is None:
        return {}
    words = {
        "accepted": _("Case accepted from %(giver)s"),
        "declined": _("Offer of %(giver)s declined"),
        "taken_back": _("Offer to %(taker)s taken back"),
    }.get(row.verdict)
    names = {"giver": row.giver, "taker": row.to_person or row.to_unit}
    return {"text": words % names if words else "", "body": row.decision_text}


def _returned(found: Dossier, data: dict[str, Any]) -> dict[str, Any]:
    row = next((row for row in found.said["return"] if row.number == data.get("unit")), None)
    if row is None:
        return {}
    words = _("Returned by %(unit)s") % {"unit": row.word}
    return {
        "text": words + (_("; the third return goes to the adjudicator") if data.get("to_adjudicator") else ""),
        "body": row.words,
    }


def _objected(found: Dossier, data: dict[str, Any]) -> dict[str, Any]:
    row = next((row for row in found.objections if row.pk == data.get("objection")), None)
    return {"text": _("Objection raised by %(unit)s") % {"unit": row.unit}, "body": row.reason} if row else {}


def _adjudicated(found: Dossier, data: dict[str, Any]) -> dict[str, Any]:
    row = next((row for row in found.objections if row.pk == data.get("objection")), None)
    if row is None:
        return {}
    holder = next((h.person for h in found.holdings if h.person_id == data.get("responsible")), "")
    words = _("Adjudicated: %(unit)s, responsible %(name)s")
    return {"text": words % {"unit": row.decided_unit, "name": holder}, "body": row.decision_text}


def _joint_asked(found: Dossier, data: dict[str, Any]) -> dict[str, Any]:
    row = next((row for row in found.tasks if row.pk == data.get("task")), None)
    return {"text": _("%(unit)s asked for its part") % {"unit": row.unit}, "body": row.task} if row else {}


def _joint_ended(found: Dossier, data: dict[str, Any]) -> dict[str, Any]:
    row = next((row for row in found.tasks if row.pk == data.get("task")), None)
    if row is None:
        return {}
    words = _("Task of %(unit)s cancelled") if row.cancelled else _("%(unit)s gave its part")
    return {"text": words % {"unit": row.unit}, "body": row.result}


def _consent_asked(found: Dossier, data: dict[str, Any]) -> dict[str, Any]:
    row = _consent(found, data)
    if row is None:
        return {}
    told = _("The resident is told: %(words)s") % {"words": row.told} if row.told else ""
    return {"text": _("%(what)s asked for") % {"what": what(row)}, "body": "\n".join(filter(None, [row.text, told]))}


def _consent_given(found: Dossier, data: dict[str, Any]) -> dict[str, Any]:
    row = _consent(found, data)
    if row is None:
        return {}
    body = "\n".join(filter(None, [row.decision_text, _moved(data)]))
    return {"text": _("%(what)s approved") % {"what": what(row)}, "body": body}


def _consent_refused(found: Dossier, data: dict[str, Any]) -> dict[str, Any]:
    row = _consent(found, data)
    return {"text": _("%(what)s not approved") % {"what": what(row)}, "body": row.decision_text} if row else {}


def _consent(found: Dossier, data: dict[str, Any]) -> Consent | None:
    return next((row for row in found.consents if row.pk == data.get("consent")), None)


def what(row: Consent) -> str:
    name = str(row.get_kind_display())
    return f"{name} · {row.get_reason_display()}" if row.reason else name


def _moved(data: dict[str, Any]) -> str:
    """The time limit before and after, when an event moved it."""
    before, after = data.get("old_due_at"), data.get("due_at")
    if not before or not after or before == after:
        return ""
    return _("Due: %(before)s, now %(after)s") % {
        "before": moment_text(datetime.fromisoformat(before)),
        "after": moment_text(datetime.fromisoformat(after)),
    }


def _explained(found: Dossier, data: dict[str, Any]) -> dict[str, Any]:
    reason = dict(DelayReason.choices).get(data.get("reason", ""), "")
    return {"text": _("Delay explained: %(reason)s") % {"reason": reason}} | _said("note")(found, data)


def _resumed(found: Dossier, data: dict[str, Any]) -> dict[str, Any]:
    due = data.get("due_at")
    return {"body": _("Due: %(at)s") % {"at": moment_text(datetime.fromisoformat(due))}} if due else {}


def _concluded(found: Dossier, data: dict[str, Any]) -> dict[str, Any]:
    outcome = dict(Case.Outcome.choices).get(data.get("outcome", ""), "")
    row = found.words_of("reply", data.get("reply")) if isinstance(data.get("reply"), int) else None
    row = row or next((reply for reply in found.said["reply"] if reply.flag and reply.number == 1), None)
    return {"text": _("Concluded: %(outcome)s") % {"outcome": outcome}, "body": row.words if row else ""}


def _called_back(found: Dossier, data: dict[str, Any]) -> dict[str, Any]:
    if not data.get("reached", True):
        return {"text": _("Called back, nobody reached"), "tone": QUIET}
    again, calls = bool(data.get("redo")), found.said["callback"]
    # An import knows of one call at most and names no row.
    row = found.words_of("callback", data["callback"]) if "callback" in data else calls[-1] if calls else None
    if row is None or not row.word:  # not for this person's ears
        text = _("Called back: not solved, to be done again") if again else _("Called back, resident reached")
        return {"text": text, "tone": BAD if again else QUIET}
    return {"text": callback_words(row.word, row.more), "body": row.words, "tone": BAD if row.word == "no" else GOOD}


def callback_words(solved: str, satisfied: int | None) -> str:
    """Solved and satisfied, apart."""
    first = dict(Callback.Solved.choices).get(solved, "")
    second = dict(Callback.Satisfied.choices).get(satisfied or 0, _("satisfaction not stated"))
    return _("Called back: %(solved)s; %(satisfied)s") % {"solved": first, "satisfied": second}


def _merged(found: Dossier, data: dict[str, Any]) -> dict[str, Any]:
    return {"text": _("Linked to %(number)s as duplicate") % {"number": data.get("into", "")}} | _said("reply")(
        found, data
    )


DETAILS: dict[str, Callable[[Dossier, dict[str, Any]], dict[str, Any]]] = {
    Kind.RATED: _rated,
    Kind.SUPPLEMENTED: _rated,
    Kind.REGISTERED: _registered,
    Kind.EDITED: _edited,
    Kind.CONTACTED: _contacted,
    Kind.NOTED: _said("note"),
    Kind.REPLIED: _said("reply"),
    Kind.ATTACHED: _attached,
    Kind.OFFERED: _offered,
    Kind.DISPATCHED: _offered,
    Kind.ACCEPTED: _answered,
    Kind.DECLINED: _answered,
    Kind.TAKEN_BACK: _answered,
    Kind.RETURNED: _returned,
    Kind.OBJECTED: _objected,
    Kind.ADJUDICATED: _adjudicated,
    Kind.JOINT_ASKED: _joint_asked,
    Kind.JOINT_DONE: _joint_ended,
    Kind.JOINT_CANCELLED: _joint_ended,
    Kind.CONSENT_ASKED: _consent_asked,
    Kind.CONSENT_GIVEN: _consent_given,
    Kind.CONSENT_REFUSED: _consent_refused,
    Kind.RESUMED: _resumed,
    Kind.DELAY_EXPLAINED: _explained,
    Kind.CONCLUDED: _concluded,
    Kind.CALLED_BACK: _called_back,
    Kind.REDONE: _said("note"),
    Kind.REOPENED: _said("note"),
    Kind.WITHDRAWN: _withdrawn,
    Kind.MERGED: _merged,
    Kind.SAID: _said("message"),
    Kind.PHOTO: _attached,
}
