"""One case on one page, and the one view through which every act on it goes."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from complaints.access import allow, case_for, standing
from complaints.acts import ACTS, ActDoor
from complaints.casepage import changes_since, page, panel
from complaints.directory import suggested_unit
from complaints.forms.acts import ActForm
from complaints.models import Case, ReplyTemplate
from complaints.replies import fill, reply_facts, templates_for
from complaints.rights import sees_resident
from complaints.similar import like_case
from complaints.states import Act
from config.lib.errors import RuleBroken, Stale
from staff.models import Person


@login_required
@require_safe
@vary_on_headers("HX-Request")
def show(request: HttpRequest, number: str) -> HttpResponse:
    """The case. `?act=` opens the form of an act in its place."""
    person, now = person_of(request), timezone.now()
    case = case_for(person, number)
    context = page(case, person, now)
    act = request.GET.get("act", "")
    wanted = next((door for door in context["doors"] if door.act == act), None)
    if wanted:
        context |= panel(case, wanted, blank(wanted, case, person, request), in_page=True)
    return render(request, _template(request), context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def act(request: HttpRequest, number: str, act: str) -> HttpResponse:
    """GET: the form of an act. POST: do it; a refusal keeps everything typed."""
    if act not in ACTS:  # the enumeration itself cannot be asked before Python 3.12
        raise Http404
    person, now = person_of(request), timezone.now()
    case = case_for(person, number)
    door = ACTS[Act(act)]
    allow(person, case, door.act)
    if request.method != "POST":
        return _form(request, door, blank(door, case, person, request))
    form = door.form_class(request.POST, request.FILES, case=case, person=person)
    if "fill" in request.POST or "find" in request.POST:
        return _form(request, door, unsent(form), version=_number(request.POST.get("version")))
    return _do(request, door, form, now)


@login_required
@require_safe
def similar(request: HttpRequest, number: str) -> HttpResponse:
    """Open cases that may be about the same matter: a fragment of the case's page, or a page of its own."""
    person, now = person_of(request), timezone.now()
    case = case_for(person, number)
    if not sees_resident(standing(person, case), case.identity):
        raise PermissionDenied(_("Similar cases are shown to those who work on this one."))
    found = like_case(case, person, now)
    template = "complaints/case_similar.html"
    return render(request, f"{template}#list" if fragment(request) else template, {"case": case, "found": found})


def person_of(request: HttpRequest) -> Person:
    return cast(Person, request.user)


def fragment(request: HttpRequest) -> bool:
    """Whether htmx asked for a part, not a whole page."""
    htmx = cast(Any, request).htmx
    return bool(htmx) and not htmx.boosted


def blank(door: ActDoor, case: Case, person: Person, request: HttpRequest) -> ActForm:
    """The form as it is first shown; the address may give first values."""
    given: dict[str, Any] = {name: request.GET[name] for name in ("unit", "into", "to", "task") if name in request.GET}
    if door.act == Act.DISPATCH and "unit" not in given:
        given["unit"] = suggested_unit(case, timezone.localdate())
    return door.form_class(case=case, person=person, initial=given)


def unsent(form: ActForm) -> ActForm:
    """The same form, not yet sent: after a search for a category, or with a template's text after what was typed."""
    values = {name: form.data.get(form.add_prefix(name), "") for name in form.fields}
    chosen = _template_of(form, values["template"]) if "template" in values else None
    if chosen:
        typed, text = values.get("text", "").strip(), fill(chosen.body, reply_facts(form.case))
        values["text"] = text if not typed or typed == text else f"{typed}\n\n{text}"
    fresh = type(form)(case=form.case, person=form.person, initial=values)
    fresh.asked = form.data.get("q", "")
    return fresh


def _template_of(form: ActForm, key: Any) -> ReplyTemplate | None:
    return templates_for(form.case).filter(pk=_number(key)).first()


def _do(request: HttpRequest, door: ActDoor, form: ActForm, now: datetime) -> HttpResponse:
    case = form.case
    seen = _number(request.POST.get("version"))
    if not form.is_valid():
        return _form(request, door, form, status=422, version=seen)
    try:
        door.perform(case, by=form.person, now=now, version=seen, data=form.cleaned_data)
    except Stale as stale:
        return _form(request, door, form, status=409, stale=stale, seen=seen)
    except RuleBroken as refusal:
        place = refusal.field if refusal.field in form.fields else None
        form.add_error(place, str(refusal))
        return _form(request, door, form, status=409, version=seen)
    messages.success(request, str(door.done))
    fresh = _again(form.person, case.number)
    if not fragment(request):
        return redirect(fresh or "/desk/")
    if fresh is None:
        response = HttpResponse(status=204)
        response["HX-Redirect"] = "/desk/"
        return response
    return render(request, "complaints/case.html#case", page(fresh, form.person, now) | {"swapped": True})


def _again(person: Person, number: str) -> Case | None:
    """The case after an act; None when the act took it out of the person's sight."""
    try:
        return case_for(person, number)
    except Http404:
        return None


def _form(
    request: HttpRequest,
    door: ActDoor,
    form: ActForm,
    *,
    status: int = 200,
    version: int | None = None,
    stale: Stale | None = None,
    seen: int = 0,
) -> HttpResponse:
    """The act's form, alone for htmx or as a page; after a clash with what changed and the newest version in it."""
    case = form.case
    context = panel(case, door, form, in_page=fragment(request))
    if version is not None:
        context["version"] = version
    if stale:
        newest = case_for(form.person, case.number)
        context |= {"version": newest.version, "case": newest, "clash": changes_since(newest, seen, form.person)}
    if not fragment(request):
        return render(request, "complaints/case_act.html", context, status=status)
    response = render(request, "complaints/acts/panel.html", context, status=status)
    # A form that was sent from the page asks for the whole case; what comes back is only itself again.
    response["HX-Retarget"], response["HX-Reswap"] = "#act", "innerHTML"
    return response


def _number(text: Any) -> int:
    text = str(text or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else 0


def _template(request: HttpRequest) -> str:
    return "complaints/case.html#case" if fragment(request) else "complaints/case.html"
