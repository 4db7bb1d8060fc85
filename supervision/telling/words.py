"""What an alert says, as plain values: number, light, due instant, the rung's name and where to look. Nothing else.

An alert's `facts` are {"number", "light", "due" or "due_at", "rung", "link" or "url"}: ISO instants, and an address
within this site. "late" is the instant at which it should have been told, when that was long ago; "ended" says that the
matter is over, "meanwhile" what else has changed before it arrived; "item" is a rectification item's key. Where an order
was to be issued, "ordered" says what came of it ("issued", "open": there is one already, "held": a flood, "nobody" left
to answer) and "order" is its number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.templatetags.linli import light_word

MOST_LINES = 12

TITLES: dict[tuple[str, str], str | Promise] = {
    ("escalation", "tell"): gettext_lazy("A deadline needs you"),
    ("escalation", "remind"): gettext_lazy("Reminder"),
    ("escalation", "order"): gettext_lazy("Time for a supervision order"),
    ("escalation", "review"): gettext_lazy("Accountability review"),
    ("order", "tell"): gettext_lazy("Supervision order"),
    ("order", "remind"): gettext_lazy("Supervision order: reminder"),
    ("order", "order"): gettext_lazy("Supervision order"),
    ("order", "review"): gettext_lazy("Supervision order: accountability review"),
    ("item", "tell"): gettext_lazy("Rectification item"),
    ("item", "remind"): gettext_lazy("Rectification item: reminder"),
    ("item", "order"): gettext_lazy("Rectification item: supervision order"),
    ("item", "review"): gettext_lazy("Rectification item: accountability review"),
    ("bulletin", "tell"): gettext_lazy("Rectification report"),
    ("weekly", "tell"): gettext_lazy("Weekly self-check"),
}

MEANWHILE: dict[str, str | Promise] = {
    "done": gettext_lazy("meanwhile done"),
    "paused": gettext_lazy("meanwhile paused, no step needed now"),
    "moved": gettext_lazy("the limit has been moved meanwhile"),
}
ORDERED: dict[str, str | Promise] = {
    "issued": gettext_lazy("Supervision order %(order)s issued"),
    "open": gettext_lazy("Time for a supervision order; %(order)s is open already"),
    "held": gettext_lazy("Time for a supervision order; none issued by itself, please look and decide"),
    "nobody": gettext_lazy("Time for a supervision order; nobody is left who could answer it"),
}

# What a channel writes down when it did not deliver, see telling.channels.
WHY: dict[str, str | Promise] = {
    "timeout": gettext_lazy("The far end did not answer in time."),
    "no connection": gettext_lazy("The far end cannot be reached."),
    "host not found": gettext_lazy("There is no such host."),
    "no trusted TLS": gettext_lazy("The certificate of the far end is not trusted."),
    "address not allowed": gettext_lazy("The address leads into the own network or is none."),
    "address without TLS": gettext_lazy("The address has to begin with https."),
    "answer too long": gettext_lazy("The far end answered far more than a robot does."),
    "answer not understood": gettext_lazy(
        "The far end answered, but not as such a robot does. Check kind and address."
    ),
    "no mail address": gettext_lazy("This person has no e-mail address."),
    "switched off": gettext_lazy("This group robot is switched off."),
    "discarded": gettext_lazy("Discarded by an administrator."),
}
OTHER = gettext_lazy("see what the maker of the robot says about this code.")
TOO_MANY = gettext_lazy("too many messages within a minute.")
UNKNOWN = gettext_lazy("the robot does not exist any more, or the address is wrong.")
UNSIGNED = gettext_lazy("keyword, signature or sending address do not fit the robot's settings, or our clock is wrong.")
REFUSED: dict[str, str | Promise] = {
    "45009": TOO_MANY,
    "410100": TOO_MANY,
    "130101": TOO_MANY,
    "9499": gettext_lazy("too many messages, or a message it does not understand."),
    "11232": TOO_MANY,
    "93000": UNKNOWN,
    "300001": UNKNOWN,
    "19001": UNKNOWN,
    "310000": UNSIGNED,
    "19021": UNSIGNED,
    "19022": UNSIGNED,
    "19024": UNSIGNED,
}


@dataclass(frozen=True)
class Told:
    """One alert as it is read. `link` is an address within this site, "" where there is nothing to open."""

    what: str
    step: str
    number: str = ""
    light: str = ""
    due: datetime | None = None
    rung: str = ""
    link: str = ""
    late: datetime | None = None
    ended: bool = False
    ordered: str = ""
    order: str = ""
    meanwhile: str = ""

    @property
    def since(self) -> str:
        """What has changed before it arrived."""
        return str(MEANWHILE.get(self.meanwhile, ""))


def told(what: str, step: str, facts: Mapping[str, Any]) -> Told:
    """Reads only the known facts: whatever else lies among them is never said."""
    link = _text(facts, "link", 300) or _text(facts, "url", 300)
    return Told(
        what=what,
        step=step,
        number=_text(facts, "number", 60),
        light=_text(facts, "light", 10),
        due=_instant(facts.get("due") or facts.get("due_at")),
        rung=_text(facts, "rung", 60),
        link=link if link[:1] == "/" and link[1:2] not in ("/", "\\") else "",
        late=_instant(facts.get("late")),
        ended=facts.get("ended") is True,
        ordered=_text(facts, "ordered", 10),
        order=_text(facts, "order", 60),
        meanwhile=_text(facts, "meanwhile", 10),
    )


def title(one: Told) -> str:
    if one.ordered in ORDERED:
        return str(ORDERED[one.ordered]) % {"order": one.order}
    return str(TITLES.get((one.what, one.step)) or TITLES.get((one.what, "tell")) or _("Message"))


def line(one: Told) -> str:
    parts = [title(one), one.number, light_word(one.light), one.rung]
    if one.due:
        parts.append(_("due %(at)s") % {"at": at(one.due)})
    if one.ended:
        parts.append(_("meanwhile ended"))
    elif one.since:
        parts.append(one.since)
    said = " · ".join(part for part in parts if part)
    return _("Late, should have been told %(at)s: %(what)s") % {"at": at(one.late), "what": said} if one.late else said


def lines(ones: Sequence[Told], base: str, most: int = MOST_LINES) -> list[str]:
    """What leaves the house for one alert or a bundle of them: the first line is the subject and begins with our name,
    which a robot may ask for as its keyword. `base` is the address of this site; without it nothing is linked.
    """
    if len(ones) == 1:
        return [
            _("Linli: %(said)s") % {"said": line(ones[0])},
            *([base + ones[0].link] if base and ones[0].link else []),
        ]
    count = _("%(count)s reminders") % {"count": len(ones)}
    said = [_("Linli: %(said)s") % {"said": count}, *(line(one) for one in ones[:most])]
    if len(ones) > most:
        said.append(more(len(ones) - most))
    return [*said, *([base + "/inbox/"] if base else [])]


def fit(said: Sequence[str], most: int) -> str:
    """The lines as one text of at most `most` bytes: subject and link stay, lines in between give way."""
    for kept in range(len(said) - 2, -1, -1):
        shown = said if kept == len(said) - 2 else [said[0], *said[1 : kept + 1], "…", said[-1]]
        text = "\n".join(shown)
        if len(text.encode()) <= most:
            return text
    return "\n".join(said).encode()[:most].decode(errors="ignore")


def why(error: str) -> str:
    """What a channel's short code means to the administrator who reads it."""
    code = error.removeprefix("refused ")
    if code != error:
        return _("Refused by the group robot (code %(code)s): %(hint)s") % {
            "code": code,
            "hint": REFUSED.get(code, OTHER),
        }
    if error.startswith("HTTP "):
        return _("The far end answered %(code)s instead of taking it.") % {"code": error}
    return str(WHY.get(error, error))


def more(count: int) -> str:
    return _("… and %(count)s more") % {"count": count}


def at(instant: datetime | None) -> str:
    """In office time, with the year: a mail is read whenever it is read."""
    return f"{timezone.localtime(instant):%Y-%m-%d %H:%M}" if instant else ""


def _text(facts: Mapping[str, Any], name: str, most: int) -> str:
    value = facts.get(name)
    return " ".join(value.split())[:most] if isinstance(value, str) else ""


def _instant(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo else None
