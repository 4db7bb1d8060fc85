"""Supervision orders: the list, one order to answer and to print, and what the watch has to say about a case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from complaints import keyset
from complaints.access import case_for
from complaints.keyset import Order
from complaints.models import Case, Clock
from config.lib.errors import RuleBroken
from config.templatetags.linli import moment_text
from services.calendar import load_calendar
from services.clock import remaining
from services.models import Schedule
from staff.models import Person
from supervision.models import Escalation, OrderStep, RectificationItem, SupervisionOrder
from supervision.papers.paper import TYPES
from supervision.watch import documents
from supervision.watch import order_rules as rules
from supervision.watch import orders as actions
from supervision.watch.forms import FORMS, IssueForm
from supervision.watch.order_rules import Act, State

NEWEST = Order("issued_at", descending=True)
MOST_PK = 2**63 - 1
STATE_WORDS = {
    State.OPEN: gettext_lazy("to be answered"),
    State.ANSWERED: gettext_lazy("answered, to be looked at"),
    State.DONE: gettext_lazy("done"),
    State.WITHDRAWN: gettext_lazy("withdrawn"),
}
LABELS = {
    Act.ANSWER: gettext_lazy("Answer the order"),
    Act.ACCEPT: gettext_lazy("Accept the answer"),
    Act.SEND_BACK: gettext_lazy("Send the answer back"),
    Act.WITHDRAW: gettext_lazy("Withdraw the order"),
}
DONE = {
    Act.ANSWER: gettext_lazy("Answered. A supervisor looks at it now."),
    Act.ACCEPT: gettext_lazy("The order is done."),
    Act.SEND_BACK: gettext_lazy("Sent back. The responsible person has been told."),
    Act.WITHDRAW: gettext_lazy("Withdrawn."),
}
ICONS = {
    OrderStep.What.ISSUED: ("send-exclamation", ""),
    OrderStep.What.ANSWERED: ("chat-left-text", ""),
    OrderStep.What.SENT_BACK: ("arrow-return-left", "bad"),
    OrderStep.What.ACCEPTED: ("check2-circle", "good"),
    OrderStep.What.WITHDRAWN: ("trash3", "quiet"),
}


@dataclass(frozen=True)
class Line:
    """One order as the list shows it.

    `case`: None when it was handed on and is not seen any more; `moved`: who answers for it instead of the addressee;
    `light`: none where nobody was to answer any more; `word`: how its answer came, once it came;
    `left`: seconds of office time to its due instant; `mine`: one's own step.
    """

    order: SupervisionOrder
    case: Case | None
    moved: bool
    state: str
    light: str
    word: str
    stopped: bool
    left: int | None
    mine: str


@login_required
@require_safe
def orders(request: HttpRequest) -> HttpResponse:
    person, now = _watcher(request), timezone.now()
    seen = actions.visible(person.scope())
    chosen = request.GET.get("state", "")
    rows = _narrowed(seen, chosen, person, now)
    problem = ""
    try:
        page = keyset.page(rows, NEWEST, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    except RuleBroken as broken:
        problem, page = str(broken), keyset.page(rows, NEWEST)
    return render(
        request,
        "supervision/orders/list.html",
        {"lines": _lines(page.ids, person, now), "page": page, "tabs": _tabs(seen, chosen, now), "problem": problem},
    )


def _narrowed(rows: Any, chosen: str, person: Person, now: datetime) -> Any:
    unanswered = Q(closed_at__isnull=True, answered_at__isnull=True)
    return rows.filter(
        {
            "open": unanswered,
            "late": unanswered & Q(due_at__lt=now),
            "answered": Q(closed_at__isnull=True, answered_at__isnull=False),
            "done": Q(closing=SupervisionOrder.Closing.DONE),
            "withdrawn": Q(closing=SupervisionOrder.Closing.WITHDRAWN),
            "mine": unanswered & Q(case__responsible=person),
        }.get(chosen, Q())
    )


def _tabs(seen: QuerySet[SupervisionOrder], chosen: str, now: datetime) -> list[dict[str, Any]]:
    unanswered = Q(closed_at__isnull=True, answered_at__isnull=True)
    counts = seen.aggregate(
        open=Count("pk", filter=unanswered),
        late=Count("pk", filter=unanswered & Q(due_at__lt=now)),
        answered=Count("pk", filter=Q(closed_at__isnull=True, answered_at__isnull=False)),
    )
    named = [
        ("", _("all")),
        ("open", STATE_WORDS[State.OPEN]),
        ("late", _("overdue")),
        ("answered", STATE_WORDS[State.ANSWERED]),
        ("done", STATE_WORDS[State.DONE]),
        ("withdrawn", STATE_WORDS[State.WITHDRAWN]),
    ]
    return [
        {"label": label, "url": f"?state={code}" if code else "?", "on": code == chosen, "count": counts.get(code)}
        for code, label in named
    ]


def _lines(ids: list[int], person: Person, now: datetime) -> list[Line]:
    rows = SupervisionOrder.objects.filter(pk__in=ids).select_related("unit", "person")
    found = {row.pk: row for row in rows}
    actions.seen_cases(person.scope(), found.values())
    hours, calendar = Schedule.objects.get(code="office").hours(), load_calendar()
    return [_line(found[pk], person, now, hours, calendar) for pk in ids if pk in found]


def _line(order: SupervisionOrder, person: Person, now: datetime, hours: Any, calendar: Any) -> Line:
    state, case = rules.state_of(order), actions.case_of(order)
    own = actions.acts(person, order)
    stopped = order.answered_at is not None or order.closed_at is not None
    light = "" if state == State.WITHDRAWN and order.answered_at is None else rules.light(order, now)
    return Line(
        order=order,
        case=case,
        moved=not stopped and case is not None and case.responsible_id != order.person_id,
        state=str(STATE_WORDS[state]),
        light=light,
        word="" if not stopped else _("Late") if light == "red" else _("On time"),
        stopped=stopped,
        left=None if stopped else remaining(now, order.due_at, hours, calendar),
        mine=next((str(LABELS[act]) for act in own if act in (Act.ANSWER, Act.ACCEPT)), ""),
    )


@login_required
@require_safe
def order(request: HttpRequest, pk: int) -> HttpResponse:
    return _order_page(request, _found(request, pk))


@login_required
@require_POST
def order_act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    row = _found(request, pk)
    person = cast(Person, request.user)
    if act not in {one.value for one in Act}:
        raise Http404
    deed = Act(act)
    if not rules.may(deed, actions.standing(person, row)):
        raise PermissionDenied(_("Somebody else has to take this step: nobody checks their own work."))
    form = FORMS[deed](request.POST, auto_id=f"id_{deed}_%s")
    if not form.is_valid():
        return _order_page(request, row, deed, form, status=422)
    try:
        getattr(actions, deed)(row, by=person, now=timezone.now(), **form.cleaned_data)
    except RuleBroken as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return _order_page(request, row, deed, form, status=409)
    messages.success(request, str(DONE[deed]))
    return redirect("order", row.pk)


@login_required
@require_safe
def order_paper(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """The order as the paper that is stamped, for whoever sees its case."""
    row = _found(request, pk)
    if kind not in documents.WRITERS or actions.case_of(row) is None:
        raise Http404
    name, content = documents.file(row, kind)
    headers = {
        "Content-Disposition": content_disposition_header(True, name) or "attachment",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }
    return HttpResponse(content, content_type=TYPES[kind], headers=headers)


def _order_page(
    request: HttpRequest, row: SupervisionOrder, deed: Act | None = None, bound: Any = None, status: int = 200
) -> HttpResponse:
    person, now = cast(Person, request.user), timezone.now()
    hours, calendar = Schedule.objects.get(code="office").hours(), load_calendar()
    doors = [
        {
            "act": act,
            "label": LABELS[act],
            "form": bound if act == deed else _blank(act, row),
            "open": act == deed or act is Act.ANSWER,
            "danger": act is Act.WITHDRAW,
        }
        for act in actions.acts(person, row)
    ]
    line = _line(row, person, now, hours, calendar)
    events = [
        {
            "at": step.at,
            "who": str(step.by) if step.by else _("the ladder"),
            "text": step.get_what_display(),
            # What others wrote after the case was handed on is not for whoever gave it away.
            "body": step.text if line.case or step.what == OrderStep.What.ISSUED or step.by_id == person.pk else "",
            "icon": ICONS[OrderStep.What(step.what)][0],
            "tone": ICONS[OrderStep.What(step.what)][1],
        }
        for step in row.steps.select_related("by").order_by("-pk")
    ]
    context = {
        "order": row,
        "line": line,
        "doors": doors,
        "events": events,
        "told": _told(Escalation.objects.filter(order=row)),
    }
    return render(request, "supervision/orders/order.html", context, status=status)


def _blank(act: Act, row: SupervisionOrder) -> Any:
    """An answer about a case that is finished meanwhile says so already."""
    initial = {}
    if act is Act.ANSWER and row.case.status == Case.Status.CONCLUDED and row.case.closed_at is not None:
        known = {"at": moment_text(row.case.closed_at), "outcome": row.case.get_outcome_display()}
        initial = {"text": _("The case was concluded on %(at)s (%(outcome)s).") % known}
    return FORMS[act](initial=initial, auto_id=f"id_{act}_%s")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def case_watch(request: HttpRequest, number: str) -> HttpResponse:
    """What the watch has noticed about a case, its orders, and the two things to do: explain, or issue an order."""
    person, now = _watcher(request), timezone.now()
    case = case_for(person, number)
    form, status = IssueForm(), 200
    if request.method == "POST":
        if not actions.oversees(person, case.street_id):
            raise PermissionDenied(_("Supervision orders are issued by street supervisors."))
        form = IssueForm(request.POST)
        status = 422
        if form.is_valid():
            try:
                made = actions.issue(case, by=person, now=now, demand=form.cleaned_data["demand"])
            except RuleBroken as refusal:
                form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
                status = 409
            else:
                messages.success(request, _("The order is issued. The responsible person has been told."))
                return redirect("order", made.pk)
    own = list(SupervisionOrder.objects.filter(case=case).order_by("-issued_at", "-pk").values_list("pk", flat=True))
    resolution = Clock.objects.filter(case=case, cycle=case.cycle, kind=Clock.Kind.RESOLUTION).first()
    late = resolution is not None and case.is_open and now > resolution.due_at
    lines = _lines(own, person, now)
    context = {
        "case": case,
        "told": _told(Escalation.objects.filter(Q(clock__case=case))),
        "lines": lines,
        "items": RectificationItem.objects.visible_to(person.scope()).filter(case=case).order_by("-set_at"),
        "may_explain": late and case.responsible_id == person.pk,
        "may_issue": case.is_open
        and actions.oversees(person, case.street_id)
        and case.responsible_id != person.pk
        and all(line.order.closed_at for line in lines),
        "form": form,
    }
    bare = request.headers.get("HX-Request") == "true" and request.headers.get("HX-Boosted") != "true"
    template = "supervision/orders/case.html"
    response = render(request, f"{template}#panel" if bare else template, context, status=status)
    response["Vary"] = "HX-Request"
    return response


def _told(rows: QuerySet[Escalation]) -> list[dict[str, Any]]:
    found = rows.filter(skipped=False).annotate(kind=F("clock__kind")).order_by("-reached_at", "-pk")[:20]
    kinds = dict(Clock.Kind.choices)
    return [
        {
            "at": row.reached_at,
            "text": row.name,
            "what": kinds.get(row.kind or "", ""),
            "people": row.people,
            "late": (row.noticed_at - row.reached_at).total_seconds() > 600,
            "noticed": row.noticed_at,
        }
        for row in found
    ]


def _watcher(request: HttpRequest) -> Person:
    person = cast(Person, request.user)
    if not person.scope().has("worker", "secretary", "supervisor", "discipline", "admin"):
        raise PermissionDenied(_("Supervision orders are for those who work here."))
    return person


def _found(request: HttpRequest, pk: int) -> SupervisionOrder:
    if pk > MOST_PK:
        raise Http404
    return actions.order_for(_watcher(request), pk)
