"""A supervision order as the paper that is stamped and handed over (督办单): .docx and .pdf, in Chinese whoever asks.

Who the resident is stands nowhere on it: the case is named by its number and kind.
"""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from complaints.models import Clock
from complaints.rows import hours_of_clock, runs_around_the_clock
from config.templatetags.linli import OFFICE_DAY, working_time
from services.calendar import load_calendar
from services.clock import remaining
from supervision.models import SupervisionOrder
from supervision.papers import docx, pdf
from supervision.papers.form import day_words
from supervision.papers.paper import Box, Form, Paper
from supervision.watch.order_rules import State, state_of

WRITERS = {"docx": docx.write, "pdf": pdf.write}
ALL_DAY = 86_400


def file(order: SupervisionOrder, kind: str) -> tuple[str, bytes]:
    """Its name and its bytes: the same ones as long as nothing happens to the order."""
    with translation.override("zh-hans"):
        return f"{order.number}.{kind}", WRITERS[kind](paper(order))


def paper(order: SupervisionOrder) -> Paper:
    office = _("Office of %(street)s") % {"street": order.street.name}
    day = timezone.localdate(order.issued_at)
    head = _("Office of %(street)s: supervision order") % {"street": order.street.name}
    rows: list[tuple[Box] | tuple[Box, Box]] = [
        (Box(_("Handling unit"), order.unit.name), Box(_("Responsible"), str(order.person))),
        (Box(_("Number of the case"), order.case.number), Box(_("Kind of case"), order.case.get_kind_display())),
    ]
    if order.clock is not None and order.clock_due_at is not None:
        told = _("%(what)s by %(at)s") % {"what": order.clock.get_kind_display(), "at": _at(order.clock_due_at)}
        late = _late(order.issued_at, order.clock_due_at, order.clock)
        response = order.clock.kind == Clock.Kind.RESPONSE
        label = _("Limit of the first response") if response else _("Limit of the case")
        rows += [(Box(label, told),), (Box(_("Late by"), late),)]
    rows += [
        (Box(_("What is demanded"), _words(order, order.demand), lines=5),),
        (Box(_("Answer due"), _due(order)),),
        (_answer(order),),
        (_verdict(order),),
        (Box(_("Issuing office"), _issued(order), 4, _("%(office)s (seal)\n%(day)s") % _seal(office, order)),),
    ]
    return Paper(
        letterhead=head,
        document_no=_("Number: %(number)s") % {"number": order.number},
        title=f"{head} {order.number}",
        blocks=(Form(tuple(rows)),),
        signer=office,
        day=day,
        slip=True,
    )


def _late(at: datetime, due_at: datetime, limit: Clock) -> str:
    """As it was when the order was issued: a paper that is printed once more says the same."""
    left = remaining(at, due_at, hours_of_clock(limit), load_calendar())
    if left >= 0:
        return _("not late yet when this order was issued")
    day = ALL_DAY if runs_around_the_clock(limit) else OFFICE_DAY
    return _("%(time)s late when this order was issued") % {"time": working_time(left, day)}


def _due(order: SupervisionOrder) -> str:
    told = _("Please answer in writing by %(at)s.") % {"at": _at(order.due_at)}
    return told + (_(" (provisional)") if order.provisional else "")


def _answer(order: SupervisionOrder) -> Box:
    answered = order.answered_at is not None
    foot = _by(order.answered_by, order.answered_at) if answered else _to_sign()
    return Box(_("Answer of the unit"), _words(order, order.answer) if answered else "", 6, foot)


def _verdict(order: SupervisionOrder) -> Box:
    """What came of it; to be filled in by hand as long as nothing did."""
    told = {
        State.DONE: _("The answer is accepted."),
        State.WITHDRAWN: _("The order is withdrawn."),
    }.get(state_of(order), "")
    foot = _by(order.closed_by, order.closed_at) if told else _to_sign()
    return Box(_("Word on the answer"), "\n".join(part for part in (told, order.word) if part), 2, foot)


def _words(order: SupervisionOrder, words: str) -> str:
    return _("(deleted when its time was over)") if order.is_forgotten else words


def _issued(order: SupervisionOrder) -> str:
    if order.issued_by is None:
        return _("Issued by itself under the rules of escalation.")
    return _("Issued by: %(name)s") % {"name": order.issued_by}


def _seal(office: str, order: SupervisionOrder) -> dict[str, str]:
    return {"office": office, "day": day_words(timezone.localdate(order.issued_at))}


def _by(person: object, at: datetime | None) -> str:
    return f"{person or ''}\u3000{_at(at) if at else ''}"


def _to_sign() -> str:
    return _("Signed: …………………… Date: ……………………")


def _at(at: datetime) -> str:
    local = timezone.localtime(at)
    return f"{day_words(local.date())}{local:%H:%M}"
