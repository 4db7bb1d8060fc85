"""Following one's own case with its number and code: the page, and what residents do on it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from complaints.actions import resident
from complaints.forms.public import GuardedLookup, LookupForm, MessageForm, PhotoForm, WithdrawForm
from complaints.forms.rating import RatingForm
from complaints.models import Case
from complaints.progress import progress, tracked
from complaints.ratings_page import rating_context
from complaints.tracking import check_code
from complaints.views import data_requests
from complaints.views.remembered import (
    COOKIE,
    PATH,
    Kept,
    Unsent,
    asked_again,
    case_of,
    door,
    of_another,
    remember,
    unsent_of,
    written,
)
from config.guard import proof
from config.guard.doors import SEND, TRACK, refused
from config.guard.forms import stamp
from config.guard.limits import Stage, TooMany
from config.lib.errors import RuleBroken

DONE = {
    "say": gettext_lazy("Your message has arrived."),
    "urge": gettext_lazy("The responsible person has been reminded."),
    "photos": gettext_lazy("Your photos have arrived."),
    "withdraw": gettext_lazy("Your matter is withdrawn."),
}
FORMS: dict[str, type[forms.Form]] = {
    "say": MessageForm,
    "urge": forms.Form,
    "photos": PhotoForm,
    "withdraw": WithdrawForm,
}
# What waits behind the door while number and code are asked for.
KEPT: dict[str, type[forms.Form]] = FORMS | {"rate": RatingForm} | data_requests.ASKED


@sensitive_post_parameters("code")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def track(request: HttpRequest) -> HttpResponse:
    """POST: number and code. GET: the case they opened within the last half hour, else the two fields."""
    now = timezone.now()
    if request.method == "POST":
        return _look_up(request, now)
    case, number = case_of(request), request.GET.get("number", "").strip().upper()[:40]
    if case is None:
        return door(request, LookupForm(initial={"number": number}))
    if number not in {"", case.number}:  # a slip's own link: it leads to that matter, whatever is open here
        return door(request, LookupForm(initial={"number": number}), open_now=case.number)
    return remember(show(request, case, now), case)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def act(request: HttpRequest, act: str) -> HttpResponse:
    """Write, urge, add photos, withdraw; a refusal keeps what was typed. `forget` ends it on this device.

    GET comes from a refused page whose address was loaded anew, as another language does: back to the matter.
    """
    now = timezone.now()
    if request.method != "POST":
        return redirect("track")
    if act == "forget":
        answer = redirect("track")
        answer.delete_cookie(COOKIE, path=PATH, samesite="Strict")
        return answer
    if act not in FORMS:
        raise Http404
    case = case_of(request)
    if case is None:
        return asked_again(request, Kept.of(request, act, FORMS[act]))
    if other := of_another(request, case, act, FORMS[act]):
        return other
    try:
        SEND.enter(request, now=now)
    except TooMany as refusal:
        return refused(request, refusal, {"shell": "public"})
    form = FORMS[act](request.POST, request.FILES)
    if not form.is_valid():
        return remember(show(request, case, now, {act: form}, status=422), case)
    try:
        DO[act](case, form.cleaned_data, now)
    except RuleBroken as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return remember(show(request, tracked(case.pk) or case, now, {act: form}, status=409), case)
    return remember(redirect(f"{PATH}?done={act}"), case)


def show(
    request: HttpRequest,
    case: Case,
    now: datetime,
    bound: dict[str, forms.Form] | None = None,
    *,
    kept: Kept | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page of a case; `bound` are forms that were refused, by act, `kept` is one that waited for number and code."""
    context = progress(case, now) | rating_context(case, now)
    own: dict[str, forms.Form] = {name: form() for name, form in FORMS.items()} | (bound or {})
    refused = next(iter(bound or {}), "")
    unsent = None
    if kept is not None:
        unsent = unsent_of(kept, case)
        if unsent is None:
            own[kept.act], refused = kept.form(), kept.act
    if refused and unsent is None:
        mark = request.POST.get("mark", "") if refused == "rate" else ""
        why = _closed_meanwhile(refused, context) or _other_cycle(mark, context)
        if why:
            unsent = Unsent(why, written(own.pop(refused)), photos=refused == "photos")
    context |= {
        "shell": "public",
        "forms": own,
        "refused": refused,
        "kept": kept if unsent is None else None,
        "unsent": unsent,
        "done": _done(request.GET.get("done", ""), case, context),
    }
    return render(request, "public/track.html", context, status=status)


def _done(act: str, case: Case, context: dict[str, Any]) -> str:
    """The address says what was done; the page repeats only what is true."""
    true = {
        "say": any(word.mine for word in context["talk"]),
        "urge": context["urged_at"] is not None,
        "photos": context["photos"] > 0,
        "withdraw": case.status == Case.Status.WITHDRAWN,
    }
    return str(DONE[act]) if true.get(act) else ""


def _closed_meanwhile(act: str, context: dict[str, Any]) -> str:
    """Why the page has no form for this any more; "" while it has one."""
    if act != "rate":
        return "" if context["open"] else _("This matter is closed; this step is not possible any more.")
    if context["rating_form"] is not None:
        return ""
    if context["rating"] is not None:
        return _("This has been rated already. Thank you.")
    return _("This matter is being handled: it can be rated once it is finished.")


def _other_cycle(mark: str, context: dict[str, Any]) -> str:
    """Why a rating is not about what can be rated now."""
    if mark in {"", context["rating_mark"]}:
        return ""
    return _("Meanwhile the matter was handled once more: this was about the result before that.")


def _look_up(request: HttpRequest, now: datetime) -> HttpResponse:
    given = {name: request.POST.get(name, "").strip().upper()[:100] for name in ("number", "code")}
    try:
        stage = TRACK.enter(request, now=now, **given)
    except TooMany as refusal:
        return refused(request, refusal, {"shell": "public"})
    form: LookupForm = LookupForm(request.POST)
    act = request.POST.get("draft", "")
    kept = Kept.of(request, act, KEPT[act]) if act in KEPT else None
    if stage > Stage.NORMAL and not request.POST.get("stamp"):
        form.add_error(None, str(proof.wait_first(seconds=proof.WAIT[stage])))
        return door(request, _ready_again(form, request, now, given), kept=kept, status=422)
    if stage > Stage.NORMAL:
        form = GuardedLookup(request.POST, now=now, stage=stage)
    if not form.is_valid():
        return door(request, form, kept=kept, status=422)
    case = check_code(form.cleaned_data["number"], form.cleaned_data["code"])
    case = tracked(case.pk) if case else None
    if case is None:
        form.add_error(None, _("Number and code do not fit together. Please compare both with your slip."))
        return door(request, _ready_again(form, request, now, given), kept=kept, status=422)
    TRACK.forgive(request, now=now, **given)
    if kept is None:
        return remember(redirect("track"), case)
    if kept.act in data_requests.ASKED:
        return data_requests.own(request, case, now, kept=kept)
    return remember(show(request, case, now, kept=kept), case)


def _ready_again(form: LookupForm, request: HttpRequest, now: datetime, given: dict[str, str]) -> LookupForm:
    """What was typed, with what the next try will need."""
    stage = TRACK.look(request, now=now, **given)
    if stage == Stage.NORMAL:
        return form
    data = request.POST.copy()
    guarded = GuardedLookup(data, now=now, stage=stage)
    data["stamp"], data["altcha"] = stamp(guarded.purpose, now - guarded.too_quick), ""
    data["ticket"] = proof.ticket(guarded.purpose, stage, now=now)
    guarded.take_errors(form)
    return guarded


DO: dict[str, Callable[[Case, dict[str, Any], datetime], object]] = {
    "say": lambda case, data, now: resident.say(case, now=now, text=data["text"]),
    "urge": lambda case, data, now: resident.urge(case, now=now),
    "photos": lambda case, data, now: resident.add_photos(case, now=now, photos=data["photos"]),
    "withdraw": lambda case, data, now: resident.withdraw(case, now=now, reason=data["reason"]),
}
