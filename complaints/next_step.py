"""What the viewer of a case should do next, in one short sentence. Pure: facts and standing in, one step out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from complaints import states
from complaints.lights import Light
from complaints.rights import Standing, may
from complaints.states import Act


class Code(StrEnum):
    ACCEPT_OFFER = "accept_offer"
    ACCEPT_DISPATCH = "accept_dispatch"
    ADJUDICATE = "adjudicate"
    AWAIT_ADJUDICATION = "await_adjudication"
    DECIDE_PAUSE = "decide_pause"
    DECIDE_EXTENSION = "decide_extension"
    DECIDE_COMPLEX = "decide_complex"
    AWAIT_PAUSE = "await_pause"
    AWAIT_EXTENSION = "await_extension"
    AWAIT_COMPLEX = "await_complex"
    FINISH_JOINT = "finish_joint"
    PAUSED = "paused"
    CONTACT = "contact"
    CONTACT_LATE = "contact_late"
    ANSWER_URGE = "answer_urge"
    ANSWER = "answer"
    AWAIT_ACCEPTANCE = "await_acceptance"
    AWAIT_JOINT = "await_joint"
    CONCLUDE = "conclude"
    CONCLUDE_SOON = "conclude_soon"
    CONCLUDE_LATE = "conclude_late"
    URGE = "urge"
    HANDLED_BY = "handled_by"
    CALL_BACK = "call_back"
    AWAIT_CALLBACK = "await_callback"
    NOTHING = "nothing"


WORDS: dict[Code, str | Promise] = {
    Code.ACCEPT_OFFER: gettext_lazy("Accept or decline what %(name)s offers"),
    Code.ACCEPT_DISPATCH: gettext_lazy("Accept or return what was dispatched"),
    Code.ADJUDICATE: gettext_lazy("Decide whose case it is"),
    Code.AWAIT_ADJUDICATION: gettext_lazy("Waiting for the adjudicator"),
    Code.DECIDE_PAUSE: gettext_lazy("Decide on the pause asked for"),
    Code.DECIDE_EXTENSION: gettext_lazy("Decide on the extension asked for"),
    Code.DECIDE_COMPLEX: gettext_lazy("Decide whether it counts as complex"),
    Code.AWAIT_PAUSE: gettext_lazy("Waiting for consent to the pause"),
    Code.AWAIT_EXTENSION: gettext_lazy("Waiting for consent to the extension"),
    Code.AWAIT_COMPLEX: gettext_lazy("Waiting for consent: complex case"),
    Code.FINISH_JOINT: gettext_lazy("Give your unit's part"),
    Code.PAUSED: gettext_lazy("Paused until %(when)s"),
    Code.CONTACT: gettext_lazy("Contact the resident by %(when)s"),
    Code.CONTACT_LATE: gettext_lazy("Contact the resident now: overdue"),
    Code.ANSWER_URGE: gettext_lazy("The resident urges: tell them where it stands"),
    Code.ANSWER: gettext_lazy("The resident has written: answer"),
    Code.AWAIT_ACCEPTANCE: gettext_lazy("Waiting for %(name)s to accept"),
    Code.AWAIT_JOINT: gettext_lazy("Waiting for the part of %(name)s"),
    Code.CONCLUDE: gettext_lazy("Reply and conclude"),
    Code.CONCLUDE_SOON: gettext_lazy("Reply and conclude by %(when)s"),
    Code.CONCLUDE_LATE: gettext_lazy("Reply and conclude now: overdue"),
    Code.URGE: gettext_lazy("Press %(name)s: overdue"),
    Code.HANDLED_BY: gettext_lazy("%(name)s is handling it"),
    Code.CALL_BACK: gettext_lazy("Call the resident back"),
    Code.AWAIT_CALLBACK: gettext_lazy("A colleague calls back"),
    Code.NOTHING: "",
}


@dataclass(frozen=True)
class Facts:
    """What a line of a list knows of a case.

    `offered_to`: whom the open offer waits for; `offered_by`: who gave it; `dispatched`: it waits for a unit.
    `asked`: the kind of the consent waiting for its decision. `co_units`: units that still owe their part.
    `spoke`: "said" or "urged" when the resident did so on the tracking page and has no answer yet.
    """

    status: str
    light: str
    responsible: str
    due_at: datetime | None = None
    answered: bool = False
    response_due_at: datetime | None = None
    paused_until: datetime | None = None
    offered_to: str = ""
    offered_by: str = ""
    dispatched: bool = False
    asked: str = ""
    objected: bool = False
    co_units: tuple[str, ...] = ()
    callback_wanted: bool = False
    spoke: str = ""


@dataclass(frozen=True)
class Step:
    """`act` leads to the form of that act on the case's page; None when there is nothing for the viewer to do."""

    code: Code
    act: Act | None = None
    name: str = ""
    at: datetime | None = None


def next_step(case: Facts, who: Standing, now: datetime) -> Step:
    """What only the viewer can do comes first, then what is late, then what is waited for."""
    if case.status not in states.OPEN:
        return _after_closing(case, who)
    return _mine_alone(case, who) or _talk_first(case, who, now) or _waiting(case, who) or _work(case, who)


def sentence(step: Step, now: datetime) -> str:
    return str(WORDS[step.code]) % {"name": step.name, "when": short_moment(step.at, now)}


def short_moment(at: datetime | None, now: datetime) -> str:
    """An instant as it is said among colleagues: the hour today, else the day and the hour."""
    if at is None:
        return ""
    local, here = timezone.localtime(at), timezone.localtime(now)
    if local.date() == here.date():
        return format_date(local, "H:i")
    same_month = (local.year, local.month) == (here.year, here.month)
    return format_date(local, _("jS H:i") if same_month else _("j M H:i"))


def _after_closing(case: Facts, who: Standing) -> Step:
    if case.status != states.CONCLUDED or not case.callback_wanted:
        return Step(Code.NOTHING)
    return Step(Code.CALL_BACK, Act.CALL_BACK) if may(Act.CALL_BACK, who) else Step(Code.AWAIT_CALLBACK)


def _mine_alone(case: Facts, who: Standing) -> Step | None:
    if who.offered:
        code = Code.ACCEPT_DISPATCH if case.dispatched else Code.ACCEPT_OFFER
        return Step(code, Act.ACCEPT, name=case.offered_by)
    if case.objected and may(Act.ADJUDICATE, who):
        return Step(Code.ADJUDICATE, Act.ADJUDICATE)
    if case.asked and may(Act.APPROVE, who):
        return Step(Code(f"decide_{case.asked}"), Act.APPROVE)
    if who.in_co_unit and not who.responsible:
        return Step(Code.FINISH_JOINT, Act.FINISH_JOINT)
    return None


def _talk_first(case: Facts, who: Standing, now: datetime) -> Step | None:
    """The resident hears from us before anything else is waited for; a pause silences that unless they ask."""
    if case.spoke and who.responsible:
        return Step(Code.ANSWER_URGE if case.spoke == "urged" else Code.ANSWER, Act.REPLY)
    if case.light == Light.PAUSED:
        return Step(Code.PAUSED, Act.RESUME if who.responsible else None, at=case.paused_until)
    if case.answered or case.response_due_at is None or not who.responsible:
        return None
    late = now > case.response_due_at
    return Step(Code.CONTACT_LATE if late else Code.CONTACT, Act.CONTACT, at=case.response_due_at)


def _waiting(case: Facts, who: Standing) -> Step | None:
    if case.objected:
        return Step(Code.AWAIT_ADJUDICATION)
    if case.offered_to:
        return Step(Code.AWAIT_ACCEPTANCE, Act.TAKE_BACK if may(Act.TAKE_BACK, who) else None, name=case.offered_to)
    if case.asked:
        return Step(Code(f"await_{case.asked}"))
    if case.co_units:
        return Step(Code.AWAIT_JOINT, name=_(", ").join(case.co_units))
    return None


def _work(case: Facts, who: Standing) -> Step:
    if who.responsible:
        code = {Light.RED: Code.CONCLUDE_LATE, Light.YELLOW: Code.CONCLUDE_SOON}.get(Light(case.light), Code.CONCLUDE)
        return Step(code, Act.CONCLUDE, at=case.due_at)
    if case.light == Light.RED and (who.leads or who.oversees):
        return Step(Code.URGE, Act.NOTE, name=case.responsible)
    return Step(Code.HANDLED_BY, name=case.responsible)
