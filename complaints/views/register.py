"""Logging a case at the counter, on the phone or on the doorstep, and the slip the resident takes home."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from complaints.access import case_for, standing
from complaints.actions import register
from complaints.actions.slip import give_code, told_on_the_web
from complaints.forms.category import choices_of, guessed_from
from complaints.forms.register import RegisterForm
from complaints.models import Clock
from complaints.rights import sees_resident, takes_part
from complaints.similar import alike
from complaints.timeline import names
from complaints.views.case import person_of
from config.lib.errors import RuleBroken
from config.lib.qr import qr
from config.lib.text import without_numbers
from staff import queries as staff
from staff.models import Person, Unit

PAGE = "complaints/register.html"


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """The form; sent twice with the same key it leads to the same case."""
    person, now = person_of(request), timezone.now()
    unit = _unit(person)
    if request.method != "POST":
        given = {name: request.GET[name] for name in ("channel", "kind", "area") if name in request.GET}
        return _page(request, RegisterForm(person=person, unit=unit, now=now, initial=given))
    form = RegisterForm(request.POST, person=person, unit=unit, now=now)
    if "find" in request.POST:
        values = {name: form.data.get(name, "") for name in form.fields}
        again = RegisterForm(person=person, unit=unit, now=now, initial=values)
        again.asked = request.POST.get("q", "")
        return _page(request, again)
    if not form.is_valid():
        return _page(request, form, status=422)
    try:
        case = register(form.registration(), by=person, now=now)
    except RuleBroken as refusal:
        form.add_error(_field(form, refusal), str(refusal))
        return _page(request, form, status=409)
    messages.success(request, _("%(number)s is logged. You are responsible for it.") % {"number": case.number})
    return redirect("case_receipt" if "print" in request.POST else "case", case.number)


@login_required
@require_POST
def similar(request: HttpRequest) -> HttpResponse:
    """A hint while typing: cases of the same phone, open ones alike in the same place. POST: no names in addresses."""
    person, now = person_of(request), timezone.now()
    form = RegisterForm(request.POST, person=person, unit=_unit(person), now=now)
    form.is_valid()
    data = form.cleaned_data
    community, grid = data.get("area") or (None, None)
    found = alike(
        person,
        now,
        text=f"{data.get('title', '')}\n{data.get('text', '')}",
        community=community.pk if community else None,
        grid=grid.pk if grid else None,
        phone=data.get("resident_phone", ""),
    )
    context: dict[str, Any] = {"found": found, "logging": True}
    if data.get("text") and not request.POST.get("category") and not request.POST.get("q"):
        context["categories"] = guessed_from(data["text"])
    return render(request, "complaints/case_similar.html#list", context)


@login_required
@require_safe
@vary_on_headers("HX-Request")
def categories(request: HttpRequest) -> HttpResponse:
    """Categories that contain all the words, as choices; the one ticked stays."""
    _worker(person_of(request))
    found = choices_of(request.GET.get("category", ""), request.GET.get("q", ""))
    template = "complaints/acts/category.html"
    return render(request, f"{template}#choices", {"categories": found})


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def receipt(request: HttpRequest, number: str) -> HttpResponse:
    """A slip with nothing secret on it: number, who was asked, who answers, until when. POST: with a new code, once."""
    person, code, refused = person_of(request), "", ""
    case = case_for(person, number)
    if request.method == "POST":
        try:
            code = give_code(case, by=person, now=timezone.now())
        except RuleBroken as refusal:
            refused = str(refusal)
    who = standing(person, case)
    clocks = {clock.kind: clock for clock in Clock.objects.filter(case=case, cycle=case.cycle).exclude(kind="joint")}
    url = request.build_absolute_uri(f"{reverse('track')}?number={case.number}")
    context = {
        "case": case,
        "title": case.title if sees_resident(who, case.identity) else without_numbers(case.title, *names(case)),
        "response": clocks.get(Clock.Kind.RESPONSE),
        "resolution": clocks.get(Clock.Kind.RESOLUTION),
        "code": code,
        "refused": refused,
        "may_give_code": takes_part(who) and not told_on_the_web(case),
        "qr": qr(url if code else case.number),
    }
    return render(request, "complaints/receipt.html", context, status=409 if refused else 200)


def _page(request: HttpRequest, form: RegisterForm, status: int = 200) -> HttpResponse:
    words = form.asked or form.data.get("q", "")
    context = {
        "form": form,
        "categories": choices_of(form["category"].value(), words),
        "paper_open": bool(form["backfilled"].value()) or _wrong(form, "first_contact", "answer_at"),
        "answer_open": bool(form["outcome"].value() or form["answer"].value()) or _wrong(form, "outcome", "answer"),
        "more_open": bool(form["submitted_at"].value() or form["title"].value() or form["resident_address"].value())
        or _wrong(form, "submitted_at", "title", "resident_address", "identity"),
    }
    return render(request, PAGE, context, status=status)


def _wrong(form: RegisterForm, *names: str) -> bool:
    return any(name in form.errors for name in names) if form.is_bound else False


def _field(form: RegisterForm, refusal: RuleBroken) -> str | None:
    name = {"community": "area", "grid": "area", "unit": "first_contact"}.get(refusal.field or "", refusal.field)
    return name if name in form.fields else None


def _worker(person: Person) -> None:
    if not person.scope().has("worker", "secretary", "supervisor"):
        raise PermissionDenied(_("Only people who handle cases can log one."))


def _unit(person: Person) -> Unit:
    """The unit the person logs for; PermissionDenied for those who handle no cases."""
    _worker(person)
    unit = staff.unit_of(person)
    if unit is None:
        raise PermissionDenied(_("You belong to no unit yet. Ask an administrator to enter your post."))
    return unit
