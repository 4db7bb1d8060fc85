"""Everybody's inbox and wishes; for administrators what waits, fails and is held."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from complaints import keyset
from config.lib.errors import RuleBroken
from staff.models import Person
from supervision.models import Step, Wish
from supervision.telling import actions, queries
from supervision.telling.forms import DiscardForm, ReleaseForm, ResendForm, StopForm, WishForm


def person_of(request: HttpRequest) -> Person:
    return cast(Person, request.user)


# The inbox


@login_required
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    person = person_of(request)
    step = request.GET.get("step", "")
    step = step if step in Step.values else ""
    new = request.GET.get("unread") == "1"
    found = queries.inbox(person.pk, step, new)
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    try:
        page = keyset.page(found, queries.BY_SENT, after=after, before=before)
    except RuleBroken as refusal:
        messages.info(request, str(refusal))
        page = keyset.page(found, queries.BY_SENT)
    return render(
        request,
        "supervision/telling/inbox.html",
        {
            "entries": queries.entries(page.ids, person.scope()),
            "chips": _chips(step, new),
            "prev": page.prev and _address(step, new, before=page.prev),
            "next": page.next and _address(step, new, after=page.next),
            "first": _address(step, new) if after or before else "",
            "step": step,
            "new": new,
        },
    )


def _chips(step: str, new: bool) -> list[dict[str, Any]]:
    """Chosen ones lead back; those of a step exclude each other."""
    steps = [
        {"label": label, "on": code == step, "url": _address("" if code == step else code, new)}
        for code, label in Step.choices
    ]
    return [
        {"label": _("All"), "on": not (step or new), "url": _address()},
        {"label": _("Unread"), "on": new, "url": _address(step, not new)},
        *steps,
    ]


def _address(step: str = "", new: bool = False, **more: str) -> str:
    kept = {name: value for name, value in {"step": step, "unread": "1" if new else "", **more}.items() if value}
    return reverse("inbox") + (f"?{urlencode(kept)}" if kept else "")


@login_required
@require_safe
def open_entry(request: HttpRequest, pk: int) -> HttpResponse:
    """On to what the message is about. Whoever opens it has read it."""
    person = person_of(request)
    alert = queries.inbox(person.pk).filter(pk=pk).first() if pk < 2**63 else None
    if alert is None:
        raise Http404
    if alert.read_at is None and request.method == "GET":
        actions.read(by=person, now=timezone.now(), alerts=[pk])
    return redirect(queries.entry_of(alert, person.scope()).url or "inbox")


@login_required
@require_POST
def mark_read(request: HttpRequest) -> HttpResponse:
    """One with `alert`, all without."""
    person, now = person_of(request), timezone.now()
    one = request.POST.get("alert", "")
    if one:
        actions.read(by=person, now=now, alerts=[int(one)] if one.isdecimal() and int(one) < 2**63 else [])
    else:
        count = actions.read(by=person, now=now)
        messages.success(request, _("%(count)s messages marked as read.") % {"count": count})
    step = request.POST.get("step", "")
    return redirect(_address(step if step in Step.values else "", request.POST.get("unread") == "1"))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def wishes(request: HttpRequest) -> HttpResponse:
    person = person_of(request)
    chosen = dict(Wish.objects.filter(person=person).values_list("step", "mail"))
    form = WishForm(request.POST if request.method == "POST" else None, chosen=chosen)
    if form.is_valid():
        actions.wish(by=person, hows=form.cleaned_data)
        messages.success(request, _("Your wishes are saved."))
        return redirect("inbox_wishes")
    return render(
        request,
        "supervision/telling/wishes.html",
        {"form": form, "address": person.email},
        status=422 if form.is_bound else 200,
    )


# For administrators


@login_required
@require_safe
def state(request: HttpRequest) -> HttpResponse:
    _administrator(request)
    return _state_page(request, timezone.now())


@login_required
@require_safe
def log(request: HttpRequest) -> HttpResponse:
    """Every message with its fate, the newest first; of one case with ?number=."""
    person, now = _administrator(request), timezone.now()
    number, below = request.GET.get("number", "").strip()[:40], request.GET.get("below", "")
    under = int(below) if below.isdecimal() and int(below) < 2**63 else None
    ids, following = queries.log(person.scope().whole_streets, number, under)
    return render(
        request,
        "supervision/telling/log.html",
        {"lines": queries.lines_of(ids, now), "following": following, "number": number, "later": under is not None},
    )


@login_required
@require_POST
def act(request: HttpRequest, act: str) -> HttpResponse:
    person, now = _administrator(request), timezone.now()
    if act not in ACTS:
        raise Http404
    made, deed = ACTS[act]
    form = made(request.POST)
    if not form.is_valid():
        return _state_page(request, now, act, form, status=422)
    try:
        said = deed(person, now, form.cleaned_data)
    except RuleBroken as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return _state_page(request, now, act, form, status=409)
    messages.success(request, said)
    return redirect("watch_state")


def _stop(by: Person, now: datetime, given: dict[str, Any]) -> str:
    actions.stop(by=by, now=now, **given)
    return _("Everything is stopped. Messages wait until somebody releases them.")


def _release(by: Person, now: datetime, given: dict[str, Any]) -> str:
    actions.release(given["hold"], by=by, now=now, reason=given["reason"])
    return _("Released. What waited goes out within a minute; during the quiet hours only what is urgent does.")


def _discard(by: Person, now: datetime, given: dict[str, Any]) -> str:
    return _("%(count)s messages discarded.") % {"count": actions.discard(by=by, now=now, **given)}


def _resend(by: Person, now: datetime, given: dict[str, Any]) -> str:
    count = actions.resend(by=by, now=now, **given)
    return _("%(count)s messages will be tried again within a minute.") % {"count": count}


Deed = Callable[[Person, datetime, dict[str, Any]], str]
ACTS: dict[str, tuple[type[forms.Form], Deed]] = {
    "stop": (StopForm, _stop),
    "release": (ReleaseForm, _release),
    "discard": (DiscardForm, _discard),
    "resend": (ResendForm, _resend),
}


def _administrator(request: HttpRequest) -> Person:
    person = person_of(request)
    if not person.scope().has("admin"):
        raise PermissionDenied(_("This page is for administrators."))
    return person


def _state_page(
    request: HttpRequest, now: datetime, act: str = "", form: forms.Form | None = None, status: int = 200
) -> HttpResponse:
    found = queries.state(person_of(request).scope().whole_streets, now)
    releases = [(hold, _release_form(hold.pk, act, form)) for hold in found.holds]
    context = {
        "state": found,
        "releases": releases,
        "stop": form if act == "stop" else StopForm(auto_id="id_stop_%s"),
        "discard": form if act == "discard" else DiscardForm(auto_id="id_discard_%s"),
        "act": act,
        # What cannot be said beside a form any more: the hold or the message has gone meanwhile.
        "refusal": form if act in ("release", "resend") and all(form is not one for _hold, one in releases) else None,
    }
    return render(request, "supervision/telling/state.html", context, status=status)


def _release_form(hold: int, act: str, form: forms.Form | None) -> forms.Form:
    if act == "release" and form is not None and form.data.get("hold") == str(hold):
        return form
    return ReleaseForm(initial={"hold": hold}, auto_id=f"id_{hold}_%s")
