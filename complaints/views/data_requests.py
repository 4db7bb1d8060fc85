"""Residents ask about their own data with number and code; secretaries and supervisors decide."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from complaints.actions import data_requests as acts
from complaints.forms.fields import Line, Words
from complaints.models import Case, DataRequest, Resident
from complaints.views.case import person_of
from complaints.views.remembered import Kept, asked_again, case_of, of_another, remember, unsent_of
from config.guard.doors import SEND, refused
from config.guard.limits import TooMany
from config.lib.errors import RuleBroken
from staff.models import Person

Kind = DataRequest.Kind
MOST = 100


class CorrectionForm(forms.Form):
    text = Words(
        label=gettext_lazy("What is wrong, and what is right?"),
        max_length=1_000,
        rows=3,
        help_text=gettext_lazy("What you write here is kept encrypted."),
    )


class DeletionForm(forms.Form):
    text = Words(label=gettext_lazy("Why, if you like to say so"), max_length=1_000, rows=2, required=False)


ASKED: dict[str, type[forms.Form]] = {
    Kind.COPY: forms.Form,
    Kind.CORRECTION: CorrectionForm,
    Kind.DELETION: DeletionForm,
}


class DecideForm(forms.Form):
    grant = forms.TypedChoiceField(
        label=gettext_lazy("Your decision"),
        choices=[("yes", gettext_lazy("Grant it")), ("no", gettext_lazy("Refuse it"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    name = Line(label=gettext_lazy("Name"), max_length=60, required=False)
    phone = Line(label=gettext_lazy("Phone"), max_length=30, required=False)
    address = Line(label=gettext_lazy("Address"), max_length=120, required=False)
    reason = Words(
        label=gettext_lazy("Reason"),
        max_length=1_000,
        rows=3,
        required=False,
        help_text=gettext_lazy("The resident reads it. A refusal needs one."),
    )

    def __init__(self, *args: Any, row: DataRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if row.kind != Kind.CORRECTION or row.case.identity == Case.Identity.ANONYMOUS:
            for name in ("name", "phone", "address"):
                del self.fields[name]
            return
        resident = Resident.objects.filter(case=row.case).first()
        for name in ("name", "phone", "address"):
            self.initial[name] = getattr(resident, name) if resident else ""


# Residents


@sensitive_post_parameters("text")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def track_data(request: HttpRequest) -> HttpResponse:
    """One's own data: see it now, ask to have it corrected or deleted."""
    now = timezone.now()
    case, kind = case_of(request), request.POST.get("kind", "")
    if case is None:
        return asked_again(request, Kept.of(request, kind, ASKED[kind])) if kind in ASKED else redirect("track")
    if request.method != "POST":
        return own(request, case, now)
    if kind in ASKED and (other := of_another(request, case, kind, ASKED[kind])):
        return other
    try:
        SEND.enter(request, now=now)
    except TooMany as refusal:
        return refused(request, refusal, {"shell": "public"})
    if kind not in ASKED:
        return own(request, case, now, status=422)
    form = ASKED[kind](request.POST)
    if not form.is_valid():
        return own(request, case, now, bound={kind: form}, status=422)
    try:
        if kind == Kind.COPY:
            return own(request, case, now, shown=acts.copy(case, now=now))
        acts.ask(case, now=now, kind=kind, text=form.cleaned_data["text"])
    except RuleBroken as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return own(request, case, now, bound={kind: form}, status=409)
    return remember(redirect(reverse("track_data") + "?done=1"), case)


def own(
    request: HttpRequest,
    case: Case,
    now: datetime,
    *,
    shown: acts.OwnData | None = None,
    bound: dict[str, forms.Form] | None = None,
    kept: Kept | None = None,
    status: int = 200,
) -> HttpResponse:
    unsent = unsent_of(kept, case) if kept else None
    if kept and unsent is None:
        bound = {kept.act: kept.form()}
    context = {
        "shell": "public",
        "case": case,
        "now": now,
        "shown": shown,
        "forms": {kind: form() for kind, form in ASKED.items()} | (bound or {}),
        "refused": next(iter(bound or {}), ""),
        "kept": kept if unsent is None else None,
        "unsent": unsent,
        "asked": DataRequest.objects.filter(case=case).exclude(kind=Kind.COPY),
        "done": request.GET.get("done") == "1",
    }
    return remember(render(request, "public/data_own.html", context, status=status), case)


# The office


@login_required
@require_safe
def data_requests(request: HttpRequest) -> HttpResponse:
    """What is to be decided, the most pressing first, and what was decided lately."""
    person, now = person_of(request), timezone.now()
    rows = _rows(person)
    context = {
        "waiting": [
            {"row": row, "late": now > row.due_at} for row in rows.filter(verdict="").order_by("due_at")[:MOST]
        ],
        "done": rows.exclude(verdict="").order_by("-decided_at")[:20],
    }
    return render(request, "complaints/data_requests.html", context)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def data_request(request: HttpRequest, pk: int) -> HttpResponse:
    person, now = person_of(request), timezone.now()
    row = _rows(person).filter(pk=pk).first()
    if row is None:
        raise Http404
    if request.method != "POST":
        return _decision(request, row, None if row.verdict else DecideForm(row=row), now)
    form = DecideForm(request.POST, row=row)
    if not form.is_valid():
        return _decision(request, row, form, now, status=422)
    try:
        acts.decide(row, by=person, now=now, **form.cleaned_data)
    except RuleBroken as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return _decision(request, row, form, now, status=409)
    messages.success(request, _("Decided."))
    return redirect("data_requests")


def _rows(person: Person) -> Any:
    if not person.scope().has("secretary", "supervisor"):
        raise PermissionDenied(_("Requests about personal data are decided by secretaries and supervisors."))
    rows = DataRequest.objects.filter(case__in=acts.decided_by(person)).exclude(kind=Kind.COPY)
    return rows.select_related("case__unit", "case__community", "decided_by")


def _decision(
    request: HttpRequest, row: DataRequest, form: DecideForm | None, now: datetime, *, status: int = 200
) -> HttpResponse:
    context = {"row": row, "case": row.case, "form": form, "late": not row.verdict and now > row.due_at}
    return render(request, "complaints/data_requests.html", context, status=status)
