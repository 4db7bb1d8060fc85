"""The list of rectification items, one item with its next step, and what casework proposes."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from complaints import keyset
from complaints.keyset import Order
from complaints.views.exports import csv_file, workbook
from complaints.views.files import handed_out
from config.lib.errors import RuleBroken
from services.calendar import load_calendar
from services.models import Schedule
from staff.models import Community, Person, Street, Unit
from supervision.bulletin.snapshot import terms_at
from supervision.models import ItemFile, RectificationItem
from supervision.rectification import actions, listing, rules
from supervision.rectification.access import item_for, standing, watches
from supervision.rectification.actions import Setting
from supervision.rectification.forms import FORMS, ActForm, ItemFilter, SetForm
from supervision.rectification.listing import Line
from supervision.rectification.proposals import Proposal, proposal_of, proposals
from supervision.rectification.rules import Act, State, state_of

NEWEST = Order("set_at", descending=True)
MOST_IN_WORKBOOK = 20_000
FIRST = ("q", "state", "light", "source", "only")
LABELS: dict[Act, str | Promise] = {
    Act.PLAN: gettext_lazy("Plan the measure"),
    Act.REPORT: gettext_lazy("Report it done"),
    Act.VERIFY: gettext_lazy("Verify"),
    Act.SIGN_OFF: gettext_lazy("Sign off"),
    Act.SEND_BACK: gettext_lazy("Send back"),
    Act.REASSIGN: gettext_lazy("Give to another person"),
    Act.WITHDRAW: gettext_lazy("Withdraw"),
}
DONE = {
    Act.PLAN: gettext_lazy("The measure is kept."),
    Act.REPORT: gettext_lazy("Reported. Somebody else looks at it now."),
    Act.VERIFY: gettext_lazy("Verified. A third person signs it off."),
    Act.SIGN_OFF: gettext_lazy("Signed off."),
    Act.SEND_BACK: gettext_lazy("Sent back. The responsible person has been told."),
    Act.REASSIGN: gettext_lazy("Given on. The new person has been told."),
    Act.WITHDRAW: gettext_lazy("Withdrawn."),
}


@login_required
@require_safe
def items(request: HttpRequest) -> HttpResponse:
    person, now = _watcher(request), timezone.now()
    scope = person.scope()
    form, found = listing.filtered(request.GET, scope, now)
    problems = form.sentences()
    rows: Any = found
    try:
        page = keyset.page(rows, NEWEST, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    except RuleBroken as broken:
        problems.append(str(broken))
        page = keyset.page(rows, NEWEST)
    hours, calendar = Schedule.objects.get(code="office").hours(), load_calendar()
    controls = _offered(form, person)
    figures = listing.figures(scope, now)
    return render(
        request,
        "supervision/rectification/list.html",
        {
            "first_controls": [one for one in controls if one["name"] in FIRST],
            "further_controls": [one for one in controls if one["name"] not in FIRST],
            "further_used": any(request.GET.get(name) for name in form.fields if name not in FIRST),
            "lines": listing.lines(page.ids, person, now, hours, calendar),
            "page": page,
            "problems": problems,
            "figures": figures,
            "rebound": figures.rebound(terms_at(now).minimum_sample) if figures.signed_off else None,
            "proposals": len(proposals(person)) if scope.has("supervisor", "discipline") else None,
            "may_set": scope.has("supervisor"),
            "filtered": any(request.GET.get(name) for name in form.fields),
        },
    )


@login_required
@require_safe
def export(request: HttpRequest) -> HttpResponseBase:
    """The list as csv or xlsx, with the same filters."""
    person, now = _watcher(request), timezone.now()
    form, found = listing.filtered(request.GET, person.scope(), now)
    if not form.is_valid() or found.order_by()[MOST_IN_WORKBOOK : MOST_IN_WORKBOOK + 1].exists():
        messages.warning(request, _("Narrow the list first."))
        return redirect("rectification")
    name = f"{_('rectification')}-{timezone.localtime(now):%Y%m%d-%H%M}"
    response: HttpResponseBase
    if request.GET.get("format") == "xlsx":
        response = workbook(listing.table(found, now, as_text=False), name, title=_("rectification"))
    else:
        response = csv_file(listing.table(found, now, as_text=True), name)
    response["Cache-Control"] = "private, no-store"
    return response


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A new item, by hand or from a proposal (`from`): then all that is known stands there already."""
    person = _decider(request)
    origin = request.GET.get("from", "") or request.POST.get("from", "")
    proposal = proposal_of(person, origin) if origin else None
    if origin and proposal is None:
        messages.warning(request, _("Somebody has decided on this proposal already."))
        return redirect("rectification_proposals")
    street = proposal.street if proposal else _street(person)
    form = _set_form(person, street, proposal, None)
    status = 200
    if request.method == "POST":
        form = _set_form(person, street, proposal, request.POST)
        status = 422
        if form.is_valid():
            try:
                row = actions.set_down(_setting(form, street, proposal), by=person, now=timezone.now())
            except RuleBroken as refusal:
                form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
                status = 409
            else:
                messages.success(request, _("Set down. The responsible person has been told."))
                return redirect(row)
    context = {"form": form, "proposal": proposal, "origin": origin}
    return render(request, "supervision/rectification/new.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def proposed(request: HttpRequest) -> HttpResponse:
    """What casework proposes: taken up with one click, or dismissed with a reason."""
    person, now = _decider(request), timezone.now()
    if request.method != "POST":
        return _proposals(request, person)
    origin = request.POST.get("origin", "")[:60]
    try:
        if request.POST.get("act") == "dismiss":
            actions.dismiss(origin, by=person, now=now, reason=request.POST.get("reason", "")[:2_000])
            messages.success(request, _("Dismissed. It is not proposed again."))
            return redirect("rectification_proposals")
        row = actions.take_up(origin, by=person, now=now)
    except RuleBroken as refusal:
        return _proposals(request, person, refusal=str(refusal), origin=origin, status=422)
    messages.success(request, _("Set down. The responsible person has been told."))
    return redirect(row)


@login_required
@require_safe
def item(request: HttpRequest, pk: int) -> HttpResponse:
    return _item_page(request, item_for(_watcher(request), _small(pk)))


@login_required
@require_POST
def act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    person = _watcher(request)
    row = item_for(person, _small(pk))
    if act not in {one.value for one in Act}:
        raise Http404
    deed = Act(act)
    if not rules.may(deed, standing(person, row)):
        raise PermissionDenied(_("Somebody else has to take this step: nobody checks their own work."))
    form = FORMS[deed](request.POST, request.FILES, item=row, auto_id=f"id_{deed}_%s")
    if not form.is_valid():
        return _item_page(request, row, deed, form, status=422)
    try:
        getattr(actions, deed)(row, by=person, now=timezone.now(), **form.arguments())
    except RuleBroken as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return _item_page(request, row, deed, form, status=409)
    messages.success(request, str(DONE[deed]))
    return redirect(row)


@login_required
@require_safe
def evidence(request: HttpRequest, pk: int, file: int) -> HttpResponseBase:
    row = item_for(_watcher(request), _small(pk))
    found = ItemFile.objects.filter(step__item=row, pk=_small(file)).exclude(file="").first()
    if found is None:
        raise Http404
    return handed_out(found)


# Helpers


def _watcher(request: HttpRequest) -> Person:
    person = cast(Person, request.user)
    if not watches(person):
        raise Http404
    return person


def _decider(request: HttpRequest) -> Person:
    """Supervisors and discipline officers decide what becomes an item."""
    person = _watcher(request)
    if not person.scope().has("supervisor", "discipline"):
        raise PermissionDenied(_("Items are set down by street supervisors."))
    return person


def _street(person: Person) -> Street:
    if not person.scope().has("supervisor"):
        raise PermissionDenied(_("Items are set down by street supervisors."))
    return Street.objects.filter(pk__in=person.scope().whole_streets).order_by("pk")[0]


def _small(pk: int) -> int:
    if pk >= 2**63:
        raise Http404
    return pk


def _set_form(person: Person, street: Street, proposal: Proposal | None, data: Any) -> SetForm:
    known: dict[str, Any] = {}
    if proposal:
        known = {
            "problem": proposal.problem,
            "community": proposal.community,
            "unit": proposal.unit,
            "responsible": proposal.responsible,
            "category": proposal.category,
        }
    return SetForm(data, person=person, street=street.pk, proposed=proposal is not None, initial=known)


def _setting(form: SetForm, street: Street, proposal: Proposal | None) -> Setting:
    given = dict(form.cleaned_data)
    if proposal:
        given |= {
            "source": proposal.source,
            "origin": proposal.origin,
            "reference": proposal.reference,
            "case": proposal.case,
            "due_at": None if given["days"] else proposal.due_at,
        }
    return Setting(street=street, **given)


def _proposals(
    request: HttpRequest, person: Person, *, refusal: str = "", origin: str = "", status: int = 200
) -> HttpResponse:
    context = {"rows": proposals(person), "refusal": refusal, "origin": origin}
    return render(request, "supervision/rectification/proposals.html", context, status=status)


def _item_page(
    request: HttpRequest,
    row: RectificationItem,
    tried: Act | None = None,
    bound: ActForm | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    person, now = cast(Person, request.user), timezone.now()
    hours, calendar = Schedule.objects.get(code="office").hours(), load_calendar()
    found = (
        RectificationItem.objects.for_rows().select_related("verified_by", "signed_by").with_relapse().get(pk=row.pk)
    )
    state = state_of(found)
    line: Line = listing.line_of(found, person, now, hours, calendar)
    mine = rules.acts(state, standing(person, found))
    if bound and tried not in mine:  # somebody was quicker: say so, and offer what is possible now
        messages.warning(request, " ".join(str(error) for errors in bound.errors.values() for error in errors))
    main = next((a for a in (Act.SIGN_OFF, Act.VERIFY, Act.REPORT) if a in mine), None)
    doors = [
        {
            "act": a,
            "label": LABELS[a],
            "form": bound if a == tried else FORMS[a](item=found, auto_id=f"id_{a}_%s"),
            "open": a == (tried or main),
            "main": a == main,
            "danger": a == Act.WITHDRAW,
        }
        for a in mine
    ]
    doors.sort(key=lambda door: not door["main"])
    context = {
        "item": found,
        "line": line,
        "doors": doors,
        "steps": listing.steps(found),
        "events": listing.entries(found),
        "ended": state in {State.SIGNED_OFF, State.WITHDRAWN},
    }
    return render(request, "supervision/rectification/item.html", context, status=status)


def _offered(form: ItemFilter, person: Person) -> list[dict[str, Any]]:
    """The controls of the list with what may be chosen."""
    streets = person.scope().streets
    places = {
        "community": list(Community.objects.filter(street__in=streets).values_list("pk", "name")),
        "unit": list(Unit.objects.filter(street__in=streets).values_list("pk", "name")),
    }
    controls = []
    for name, field in form.fields.items():
        declared: Any = places.get(name) or getattr(field, "choices", ())
        value = form.data.get(name, "")
        options = [{"value": str(c), "label": label, "on": str(c) == value} for c, label in declared if c]
        kind = "select" if options or name in places else "search" if name == "q" else "date"
        controls.append({"name": name, "label": field.label, "kind": kind, "value": value, "options": options})
    return controls
