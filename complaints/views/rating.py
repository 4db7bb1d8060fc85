"""Rating a closed case from its page or from a slip, and what the office does with ratings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from complaints.access import case_for
from complaints.actions import rating as acts
from complaints.actions.rated import Answer
from complaints.forms.rating import (
    CallForm,
    CheckForm,
    DecideForm,
    FixForm,
    PraiseForm,
    RatingForm,
    TellForm,
    VerifyForm,
)
from complaints.models import Case, PraiseProposal, Rating, RatingCheck
from complaints.progress import opened, tracked
from complaints.ratings import SLIP_GOOD_FOR, State, Step, may_follow, may_take, next_step
from complaints.ratings_page import mark_of, progress_of, rating_of, tally_of, to_ask, where
from complaints.views import track
from complaints.views.case import person_of
from complaints.views.remembered import Kept, Unsent, asked_again, case_of, of_another, remember, written
from config.guard.doors import SEND, refused
from config.guard.limits import TooMany
from config.lib.errors import RuleBroken
from config.lib.qr import qr
from staff.models import Person

SALT = "linli.rating"
STATES: dict[State, str | Promise] = {
    State.TO_VERIFY: gettext_lazy("to be verified"),
    State.TO_FIX: gettext_lazy("to be put right"),
    State.APPEALED: gettext_lazy("said to be mistaken: a second person decides"),
    State.TO_TELL: gettext_lazy("the resident is to be told"),
    State.TO_CALL: gettext_lazy("the resident is to be called"),
    State.DONE: gettext_lazy("finished"),
}
MOST = 100


@dataclass(frozen=True)
class Door:
    """The form of a step and the label of its button."""

    form: type[CheckForm]
    label: str | Promise


DOORS: dict[Step, Door] = {
    Step.VERIFY: Door(VerifyForm, gettext_lazy("Verify the rating")),
    Step.FIX: Door(FixForm, gettext_lazy("Put right")),
    Step.DECIDE: Door(DecideForm, gettext_lazy("Decide whether it counts")),
    Step.TELL: Door(TellForm, gettext_lazy("Answer the resident")),
    Step.CALL: Door(CallForm, gettext_lazy("Call the resident back")),
}


# Residents


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def track_rate(request: HttpRequest) -> HttpResponse:
    """The first rating of the case this browser follows, or the word added to it later. GET leads back to the matter."""
    now = timezone.now()
    if request.method != "POST":
        return redirect("track")
    case = case_of(request)
    if case is None:
        return asked_again(request, Kept.of(request, "rate", RatingForm))
    if other := of_another(request, case, "rate", RatingForm):
        return other
    try:
        SEND.enter(request, now=now)
    except TooMany as refusal:
        return refused(request, refusal, {"shell": "public"})
    form = RatingForm(request.POST)
    if not form.is_valid():
        return remember(track.show(request, case, now, {"rate": form}, status=422), case)
    try:
        _rate(case, form, now, request.POST.get("mark", ""))
    except RuleBroken as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return remember(track.show(request, tracked(case.pk) or case, now, {"rate": form}, status=409), case)
    return remember(redirect(reverse("track") + "#rating"), case)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def rate(request: HttpRequest, token: str) -> HttpResponse:
    """The slip of the counter: one rating, no name, no sign of the case but its number."""
    now = timezone.now()
    case, cycle = _of_token(token)
    if case is None:
        return _slip_page(request, None, None, gone=True, status=404)
    given = Rating.objects.filter(case=case, cycle=cycle, supplements__isnull=True).exists()
    if given or cycle != case.cycle or case.status != Case.Status.CONCLUDED:
        if request.method != "POST":
            return _slip_page(request, case, None, given=given)
        why = (
            _("This has been rated already. Thank you.")
            if given
            else _("This matter is being handled: it can be rated once it is finished.")
        )
        late = Unsent(why, written(RatingForm(request.POST)))
        return _slip_page(request, case, None, given=given, unsent=late, status=409)
    if request.method != "POST":
        return _slip_page(request, case, RatingForm())
    try:
        SEND.enter(request, now=now)
    except TooMany as refusal:
        return refused(request, refusal, {"shell": "public"})
    form = RatingForm(request.POST)
    if not form.is_valid():
        return _slip_page(request, case, form, status=422)
    try:
        acts.rate(case, answer_of(form), now=now, via=Rating.Via.COUNTER, cycle=cycle)
    except RuleBroken as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return _slip_page(request, case, form, status=409)
    return redirect("rate", token=token)


def answer_of(form: RatingForm) -> Answer:
    return Answer(**form.cleaned_data)


def token_of(case: Case) -> str:
    """What a slip carries: the case and its cycle, signed."""
    return signing.dumps([case.pk, case.cycle], salt=SALT)


def _of_token(token: str) -> tuple[Case | None, int]:
    try:
        pk, cycle = signing.loads(token[:300], salt=SALT, max_age=SLIP_GOOD_FOR)
    except (signing.BadSignature, TypeError, ValueError):
        return None, 0
    opened(pk)
    return Case.objects.select_related("street", "community", "responsible", "unit").filter(pk=pk).first(), cycle


def _rate(case: Case, form: RatingForm, now: datetime, shown: str) -> None:
    """`shown` is what the form was about: it is about nothing else, whatever the case has come to since."""
    what, _dash, number = (shown or mark_of(case, rating_of(case))).partition("-")
    cycle = int(number) if number.isascii() and number.isdigit() and len(number) < 5 else 0
    act = acts.supplement if what == "add" else acts.rate
    act(case, answer_of(form), now=now, via=Rating.Via.TRACK, cycle=cycle)


def _slip_page(
    request: HttpRequest,
    case: Case | None,
    form: RatingForm | None,
    *,
    given: bool = False,
    gone: bool = False,
    unsent: Unsent | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "shell": "public",
        "case": case,
        "rating_form": form,
        "rate_url": request.path,
        "given": given,
        "gone": gone,
        "unsent": unsent,
    }
    return render(request, "public/rate.html", context, status=status)


# The office


@login_required
@require_safe
def slip(request: HttpRequest, number: str) -> HttpResponse:
    """A paper with a code to point a phone at: whoever has it rates this closing, once, within thirty days."""
    person = person_of(request)
    case = case_for(person, number)
    if not person.scope().has("worker", "secretary", "supervisor"):
        raise PermissionDenied(_("Slips are printed by those who work on cases."))
    context: dict[str, Any] = {"case": case}
    if case.status == Case.Status.CONCLUDED and not Rating.objects.filter(case=case, cycle=case.cycle).exists():
        url = request.build_absolute_uri(reverse("rate", args=[token_of(case)]))
        context |= {"qr": qr(url), "url": url, "until": timezone.now() + SLIP_GOOD_FOR}
    return render(request, "complaints/rating_slip.html", context)


@login_required
@require_safe
def ratings(request: HttpRequest) -> HttpResponse:
    """Bad ratings to follow up, praise to decide on, residents to ask: of the area this person answers for."""
    person, now = person_of(request), timezone.now()
    cases = _led(person)
    checks = _checks(person, cases)
    praise = (
        PraiseProposal.objects.filter(case__in=cases, verdict="")
        .exclude(person=person)
        .select_related("person", "case__unit")
    )
    context = {
        "checks": [_line(check, now) for check in checks.filter(closed_at__isnull=True)[:MOST]],
        "done": [_line(check, now) for check in checks.filter(closed_at__isnull=False).order_by("-closed_at")[:20]],
        "praise": praise[:MOST],
        "tally": tally_of(cases.exclude(responsible=person), now),
        "to_ask": to_ask(cases)[:MOST],
    }
    return render(request, "complaints/ratings.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def rating(request: HttpRequest, pk: int) -> HttpResponse:
    """One bad rating and its next step. Those whose work it is about do not find it."""
    person, now = person_of(request), timezone.now()
    check = _checks(person, _led(person)).filter(pk=pk).first()
    if check is None or not may_follow(acts.checker(person, check, check.rating.case)):
        raise Http404
    step = next_step(progress_of(check))
    may = step is not None and may_take(step, acts.checker(person, check, check.rating.case))
    if request.method != "POST":
        return _check_page(request, check, step, DOORS[step].form(check=check) if step and may else None)
    if step is None or request.POST.get("step") != step:
        messages.warning(request, _("Somebody has taken this step before you."))
        return redirect("rating", pk=pk)
    form = DOORS[step].form(request.POST, check=check)
    if not form.is_valid():
        return _check_page(request, check, step, form, status=422)
    try:
        _do(step, check, form.cleaned_data, person, now)
    except RuleBroken as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return _check_page(request, check, step, form, status=409)
    messages.success(request, _("Kept."))
    return redirect("rating", pk=pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def praise(request: HttpRequest, pk: int) -> HttpResponse:
    """A word of praise: blue card or not. Never decided by itself, nor by the praised person."""
    person, now = person_of(request), timezone.now()
    found = PraiseProposal.objects.filter(case__in=_led(person)).exclude(person=person)
    row = found.select_related("case__unit", "case__street", "person", "decided_by").filter(pk=pk).first()
    if row is None:
        raise Http404
    form = PraiseForm(case=row.case, initial={"person": row.person_id})
    status = 200
    if request.method == "POST":
        form = PraiseForm(request.POST, case=row.case)
        status = 422
        if form.is_valid():
            try:
                acts.decide_praise(row, by=person, now=now, **form.cleaned_data)
            except RuleBroken as refusal:
                form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
                status = 409
            else:
                messages.success(request, _("Decided."))
                return redirect("ratings")
    words = Rating.objects.filter(case=row.case, satisfied=5).exclude(text="").values_list("text", flat=True)
    context = {"row": row, "form": None if row.verdict else form, "words": words}
    return render(request, "complaints/rating_praise.html", context, status=status)


def _led(person: Person) -> Any:
    """The cases whose ratings this person may follow up."""
    if not person.scope().has("secretary", "supervisor"):
        raise PermissionDenied(_("Ratings are followed up by secretaries and supervisors."))
    scope = person.scope()
    return Case.objects.visible_to(scope).led_by(scope)


def _checks(person: Person, cases: Any) -> Any:
    rows = RatingCheck.objects.filter(rating__case__in=cases).exclude(rated=person)
    rows = rows.exclude(rating__case__responsible=person)
    return rows.select_related("rating__case__unit", "rating__case__responsible", "rated", "verified_by")


def _line(check: RatingCheck, now: datetime) -> dict[str, Any]:
    state = where(check)
    due = {State.TO_VERIFY: check.due_at, State.TO_FIX: check.fix_by_at}.get(state)
    return {"check": check, "state": STATES[state], "due": due, "late": due is not None and now > due}


def _check_page(
    request: HttpRequest, check: RatingCheck, step: Step | None, form: forms.Form | None, *, status: int = 200
) -> HttpResponse:
    context = _line(check, timezone.now()) | {
        "rating": check.rating,
        "case": check.rating.case,
        "supplement": Rating.objects.filter(supplements=check.rating).first(),
        "step": step,
        "form": form,
        "label": DOORS[step].label if step else "",
    }
    return render(request, "complaints/rating.html", context, status=status)


def _do(step: Step, check: RatingCheck, data: dict[str, Any], by: Person, now: datetime) -> None:
    if step == Step.DECIDE:
        acts.decide(check, by=by, now=now, exclude=data["exclude"] == "yes", text=data["text"])
    else:
        ACTS[step](check, by=by, now=now, **data)


ACTS: dict[Step, Callable[..., RatingCheck]] = {
    Step.VERIFY: acts.verify,
    Step.FIX: acts.fix,
    Step.TELL: acts.tell,
    Step.CALL: acts.call,
}
