"""The public pages for telling about conduct and following it, and the closed pages of the discipline office."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from config.guard import proof
from config.guard.doors import REPORT, SEND, TRACK, refused
from config.guard.forms import stamp
from config.guard.limits import Stage, TooMany
from config.lib.errors import RuleBroken
from config.lib.photos import MOST_BYTES, MOST_PHOTOS
from staff.models import Person, Street
from supervision.conduct import access, actions, queries, retention, rules
from supervision.conduct.forms import (
    GuardedTrack,
    LeaderForm,
    MessageForm,
    ReportForm,
    TrackForm,
    act_forms,
)
from supervision.conduct.leaders import Match
from supervision.conduct.rules import Act, Part
from supervision.models import AccessLog, ConductPhoto, ConductReport, ReporterIdentity, StreetLeader

View = Callable[..., HttpResponse]
FORM_PAGE, TRACK_PAGE, REPORT_PAGE = (
    "public/conduct.html",
    "public/conduct_track.html",
    "supervision/conduct/report.html",
)
COOKIE, SALT, MINUTES = "conduct", "linli.conduct.track", 30
MESSAGE_SALT = "linli.conduct.message"
MOST_TYPED = 6_000
TYPED = (
    "text", "works_at", "who", "about_leader", "category", "happened", "place", "identity", "name", "contact",
)  # fmt: skip
SIGNED = ("once", "stamp", "ticket", "altcha")  # what the page itself brought along
MOST_SENT = MOST_BYTES * MOST_PHOTOS + 2**20


def unmeasured(view: View) -> View:
    """Not counted by config.middleware: how often these pages are used would tell how many reports there are."""

    @never_cache
    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return view(request, *args, **kwargs)

    answer.unmeasured = True  # type: ignore[attr-defined]
    return answer


class InMemory(MemoryFileUploadHandler):
    """Photos never touch a disk before they are drawn anew; what is too long to hold is not read."""

    def handle_raw_input(self, input_data: Any, META: Any, content_length: int, *args: Any, **kwargs: Any) -> None:
        self.activated = content_length <= MOST_SENT


def in_memory(view: View) -> View:
    """The handler has to be chosen before anybody reads the form. Acts for nobody who is signed in, so the form's own
    stamp, which says that the page is ours, does for a token."""

    @csrf_exempt
    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        request.upload_handlers = [InMemory(request)]
        return view(request, *args, **kwargs)

    return answer


# For residents


@unmeasured
@in_memory
@require_http_methods(["GET", "HEAD", "POST"])
def tell(request: HttpRequest) -> HttpResponse:
    """The form, the receipt, or the way to the district. Nothing is remembered of the browser."""
    snap, now = request.GET.get("snap") == "1", timezone.now()
    if request.method != "POST":
        return _form_page(request, ReportForm(snap=snap, now=now, stage=REPORT.look(request, now=now)), snap)
    if request.POST.get("go") in {"edit", "photos"}:
        return _again(request, snap, now)
    match = _about_leader(request)
    if match is Match.SURE or (match is Match.GUESS and not request.POST.get("no_leader")):
        return _to_the_district(request, match)
    try:
        stage = REPORT.enter(request, now=now)
    except TooMany as refusal:
        return refused(request, refusal, {"shell": "public"})
    return _take_in(request, ReportForm(request.POST, request.FILES, snap=snap, now=now, stage=stage), snap)


@transaction.atomic
def _take_in(request: HttpRequest, form: ReportForm, snap: bool) -> HttpResponse:
    """Of copies of one form sent at once the first is worked on; the others wait and get its receipt."""
    if form.given_key:
        actions.one_at_a_time(form.key)
        before = actions.sent_before(form.key, now=form.now)
        if before is not None:
            return _receipt_page(request, before)
    if _too_long(request):
        form.add_error("photos", _("The photos together are larger than %(most)s MB.") % {"most": MOST_SENT // 2**20})
    if not form.is_valid():
        return _form_page(request, form, snap, status=422)
    try:
        return _receipt_page(request, actions.submit(form.submission(), now=form.now))
    except RuleBroken as refusal:
        if refusal.code == "about_leader":
            return _to_the_district(request, Match.SURE)
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return _form_page(request, form, snap, status=409)


def _receipt_page(request: HttpRequest, receipt: actions.Receipt) -> HttpResponse:
    return render(request, "public/conduct_receipt.html", {"receipt": receipt, **_of(receipt.report)})


def _form_page(request: HttpRequest, form: ReportForm, snap: bool, status: int = 200) -> HttpResponse:
    context = {"form": form, "snap": snap, "shell": "public", "kept_days": retention.kept_days()}
    return render(request, FORM_PAGE, context, status=status)


def _about_leader(request: HttpRequest) -> Match:
    """Asked before the limits and the form, so that not even a count is left of such a report."""
    if request.POST.get("about_leader"):
        return Match.SURE
    return actions.leads(*(request.POST.get(name, "")[:MOST_TYPED] for name in ("who", "text", "place", "happened")))


def _again(request: HttpRequest, snap: bool, now: datetime) -> HttpResponse:
    """Back to the form with all that was typed; from “photos” with the answer that it is about no leader."""
    typed = dict(_typed(request)) | {"no_leader": request.POST["go"] == "photos"}
    return _form_page(request, ReportForm(initial=typed, snap=snap, now=now, stage=REPORT.look(request, now=now)), snap)


def _typed(request: HttpRequest) -> list[tuple[str, str]]:
    return [(name, request.POST.get(name, "")[:MOST_TYPED]) for name in TYPED if request.POST.get(name)]


def _to_the_district(request: HttpRequest, match: Match) -> HttpResponse:
    """Shows where to go. What was typed goes back to the browser and nowhere else."""
    district = Street.objects.order_by("for_trial", "code").values_list("district", flat=True).first()
    context = {
        "district": district,
        "guess": match is Match.GUESS,
        "typed": "\n".join(filter(None, (request.POST.get(name, "")[:MOST_TYPED] for name in ("who", "text")))),
        "fields": [*_typed(request), *((name, request.POST.get(name, "")[:MOST_TYPED]) for name in SIGNED)],
        "photos": bool(request.FILES),
        "snap": request.GET.get("snap") == "1",
        "shell": "public",
    }
    return render(request, "public/conduct_leader.html", context)


def _too_long(request: HttpRequest) -> bool:
    length = request.META.get("CONTENT_LENGTH") or "0"
    return length.isdigit() and int(length) > MOST_SENT


def _of(report: ConductReport) -> dict[str, Any]:
    street = queries.street_of(report)
    return {"report": report, "street": street, "district": street.district if street else "", "shell": "public"}


@unmeasured
@require_http_methods(["GET", "HEAD", "POST"])
def track(request: HttpRequest) -> HttpResponse:
    """Number and code by POST only; afterwards a signed cookie that holds the number opens the page for half an hour."""
    if request.method == "POST":
        return _look_up(request)
    with transaction.atomic():
        shown = _shown(request)
        return _progress(request, shown, _message_form(shown)) if shown else _door(request, TrackForm())


def _look_up(request: HttpRequest) -> HttpResponse:
    """Counted first; after many tries from one place with a wait between them. A message that could not be sent stands
    on the page of the report that was opened, for its writer to look at and send."""
    now = timezone.now()
    given = {name: request.POST.get(name, "").strip().upper()[:100] for name in ("number", "code")}
    unsent = request.POST.get("text", "")[:MOST_TYPED]
    try:
        stage = TRACK.enter(request, now=now, **given)
    except TooMany as refusal:
        return refused(request, refusal, {"shell": "public"})
    form: forms.Form = TrackForm(request.POST)
    if stage > Stage.NORMAL:
        form = GuardedTrack(_stamped(request, now, stage), now=now, stage=stage)
    if not form.is_valid():
        return _door(request, form, status=422, unsent=unsent)
    with transaction.atomic():
        found = actions.report_with(form.cleaned_data["number"], form.cleaned_data["code"])
    if found is None:
        form.add_error(None, _("Number and code do not fit together. Please look at your receipt again."))
        return _door(request, form, status=422, unsent=unsent)
    TRACK.forgive(request, now=now, **given)
    if not unsent.strip():
        return _remember(redirect("conduct_track"), found)
    with transaction.atomic():
        access.open_circle([found.pk])
        return _remember(_progress(request, found, _message_form(found, unsent), unsent=True), found)


def _stamped(request: HttpRequest, now: datetime, stage: Stage) -> QueryDict:
    """What was sent; from a page that did not know yet that it would have to wait, with what the next try needs."""
    data = request.POST.copy()
    if not data.get("stamp"):
        data["stamp"] = stamp(GuardedTrack.purpose, now - GuardedTrack.too_quick)
        data["ticket"] = proof.ticket(GuardedTrack.purpose, min(stage, Stage.HARDEST), now=now)
    return data


def _door(
    request: HttpRequest, form: forms.Form, status: int = 200, *, unsent: str = "", why: str = ""
) -> HttpResponse:
    context = {"form": form, "unsent": unsent, "why": why, "shell": "public"}
    return render(request, TRACK_PAGE, context, status=status)


@unmeasured
@require_http_methods(["GET", "HEAD", "POST"])
def add_message(request: HttpRequest) -> HttpResponse:
    """Only to the report whose page the form was on: another tab may have opened another one since. Whoever comes to
    the address by itself, as after a refusal that was reloaded from the address line, is led to the page."""
    if request.method != "POST":
        return redirect("conduct_track")
    now = timezone.now()
    try:
        SEND.enter(request, now=now)
    except TooMany as refusal:
        return refused(request, refusal, {"shell": "public"})
    with transaction.atomic():
        shown = _shown(request)
        if shown is None:
            return _not_sent(
                request, _("Your message was not sent: after half an hour the page closes. Please open it once more.")
            )
        if not constant_time_compare(request.POST.get("shown", ""), _mark(shown)):
            return _not_sent(
                request,
                _(
                    "Your message was not sent: another report has been opened in this browser since. "
                    "Please enter number and code of the report it belongs to."
                ),
            )
        form = MessageForm(request.POST)
        if not form.is_valid():
            return _progress(request, shown, form, status=422)
        try:
            actions.answer(shown, now=now, text=form.cleaned_data["text"])
        except RuleBroken as refusal:  # such as signs nobody can see
            form.add_error("text", str(refusal))
            return _progress(request, shown, form, status=422)
        return _remember(redirect("conduct_track"), shown)


def _not_sent(request: HttpRequest, why: str) -> HttpResponse:
    """Asks for number and code with the message kept; it is sent only when its writer has seen the report it goes to."""
    return _door(request, TrackForm(), status=409, unsent=request.POST.get("text", "")[:MOST_TYPED], why=why)


def _message_form(report: ConductReport, text: str = "") -> MessageForm:
    return MessageForm(initial={"shown": _mark(report), "text": text})


def _mark(report: ConductReport) -> str:
    """Ties a form to the report of its page. Cannot be made without the deployment's key, and tells no number."""
    return signing.Signer(salt=MESSAGE_SALT).signature(report.number)


@unmeasured
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest) -> HttpResponse:
    """Forget the cookie: somebody else may use this phone next."""
    if request.method != "POST":
        return redirect("conduct_track")
    answer = redirect("conduct_track")
    answer.delete_cookie(COOKIE, path=reverse("conduct"), samesite="Strict")
    return answer


def _progress(
    request: HttpRequest, report: ConductReport, form: MessageForm, status: int = 200, *, unsent: bool = False
) -> HttpResponse:
    held = access.is_held(report)
    opened = report.looks.filter(what=AccessLog.What.IDENTITY).order_by("at").values_list("at", flat=True)
    context = {
        "held": held,
        "steps": _steps(report),
        "talk": queries.talk(report, for_reporter=True),
        "opened": list(opened),
        "overdue": rules.overdue(report.notice_due_at, queries.told_at(report), timezone.now()),
        "say": form,
        "unsent": unsent,
        **_of(report),
    }
    return render(request, TRACK_PAGE, context, status=status)


def _steps(report: ConductReport) -> list[dict[str, Any]]:
    status = ConductReport.Status
    ended = report.status == status.CONCLUDED
    accepted = report.accepted_at is not None
    steps: list[dict[str, Any]] = [
        {"label": _("Report received"), "state": "done", "at": report.received_at},
        {"label": _("Accepted"), "state": "done", "at": report.accepted_at}
        if accepted
        else {"label": _("Acceptance"), "state": "next", "at": None},
        {"label": _("Result"), "state": "done" if ended else "next", "at": report.concluded_at},
    ]
    if ended and not accepted:
        del steps[1]
    for step in steps:
        if step["state"] == "next":
            step["state"] = "now"
            break
    return steps


def _remember(answer: HttpResponse, report: ConductReport) -> HttpResponse:
    answer.set_cookie(
        COOKIE,
        signing.dumps(report.number, salt=SALT),
        max_age=MINUTES * 60,
        path=reverse("conduct"),
        httponly=True,
        samesite="Strict",
        secure=settings.SESSION_COOKIE_SECURE,
    )
    return answer


def _shown(request: HttpRequest) -> ConductReport | None:
    try:
        number = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=MINUTES * 60)
    except signing.BadSignature:
        return None
    return actions.report_shown(str(number))


# For the discipline office


def closed(view: View) -> View:
    """Signed in, in one transaction (the circle is open to its end), never kept by a browser, never counted."""
    return unmeasured(login_required(transaction.atomic(view)))


def person_of(request: HttpRequest) -> Person:
    return cast(Person, request.user)


@closed
@require_safe
def reports(request: HttpRequest) -> HttpResponse:
    who, seen = access.reports_for(person_of(request))
    if not who.officer_of and not seen:
        raise Http404
    found = ConductReport.objects.filter(pk__in=seen)
    return render(
        request,
        "supervision/conduct/list.html",
        {"rows": queries.rows(found, timezone.now()), "officer": bool(who.officer_of)},
    )


@closed
@require_safe
def waiting(request: HttpRequest) -> HttpResponse:
    """A line for the desk, how many wait: for officers and helpers, of what they may open. Nothing for anybody else."""
    who, seen = access.reports_for(person_of(request))
    if not who.officer_of and not seen:
        return HttpResponse(status=204)
    counted = queries.waiting(ConductReport.objects.filter(pk__in=seen), timezone.now())
    return render(request, "supervision/conduct/waiting.html", {"waiting": counted})


@closed
@require_safe
def referral(request: HttpRequest, number: str) -> HttpResponse:
    """The sheet that goes to the district with what is grave. Neither what was said nor by whom is on it."""
    person, now = person_of(request), timezone.now()
    found, part = access.report_for(person, number)
    if part is not Part.OFFICER or not rules.refers(found.severity):
        raise Http404
    actions.look(found, by=person, now=now, what=AccessLog.What.REFERRAL)
    street = queries.street_of(found)
    context = {
        "report": found,
        "street": street,
        "today": timezone.localdate(now),
        "officer": person,
        "enclosed": {"findings": found.findings.count(), "photos": found.photos.count()},
    }
    return render(request, "supervision/conduct/referral.html", context)


@closed
@require_safe
def report(request: HttpRequest, number: str) -> HttpResponse:
    person = person_of(request)
    found, part = access.report_for(person, number)
    actions.look(found, by=person, now=timezone.now())
    return _report_page(request, found, part)


@closed
@require_POST
def act(request: HttpRequest, number: str, act: str) -> HttpResponse:
    """One act; the page again with the typed text when it is refused, the list when the report is no longer ours."""
    person, now = person_of(request), timezone.now()
    found, part = access.report_for(person, number)
    if act not in {str(one) for one in Act}:
        raise Http404
    deed = Act(act)
    form = act_forms(found, request.POST, deed).get(deed)
    if form is None or not rules.may(deed, part):
        return _report_page(request, found, part, refusal=_("This step is not possible now."), status=409)
    if not form.is_valid():
        return _report_page(request, found, part, deed=deed, form=form, status=422)
    try:
        done = ACTIONS[deed](found, by=person, now=now, **form.cleaned_data)
    except RuleBroken as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return _report_page(request, found, part, deed=deed, form=form, status=409)
    if deed is Act.IDENTITY:
        found.refresh_from_db()
        return _report_page(request, found, part, identity=cast(ReporterIdentity, done))
    if access.standing(person, found) is Part.NONE:
        return redirect("conduct_list")
    return redirect("conduct_report", number)


ACTIONS: dict[Act, Callable[..., object]] = {
    Act.ACCEPT: actions.accept,
    Act.SAY: actions.say,
    Act.FIND: actions.find,
    Act.NAME: actions.name,
    Act.ADD: actions.add,
    Act.REMOVE: actions.remove,
    Act.RECUSE: actions.recuse,
    Act.IDENTITY: actions.open_identity,
    Act.CONCLUDE: actions.conclude,
}


def _report_page(
    request: HttpRequest,
    report: ConductReport,
    part: Part,
    *,
    deed: Act | None = None,
    form: Any = None,
    identity: ReporterIdentity | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    now = timezone.now()
    offered = {one: made for one, made in act_forms(report).items() if rules.may(one, part)}
    if deed is not None:
        offered[deed] = form
    if report.identity == ConductReport.Identity.ANONYMOUS:
        offered.pop(Act.IDENTITY, None)
    accused, circle = list(report.accused.all()), list(report.circle.filter(until__isnull=True))
    who = queries.names([*(one.person_id for one in accused), *(one.person_id for one in circle)])
    context = {
        "report": report,
        "officer": part is Part.OFFICER,
        "light": queries.light_of(report, now),
        "told": queries.told_at(report),
        "overdue": rules.overdue(report.notice_due_at, queries.told_at(report), now),
        "place": queries.place_of(report),
        "accused": [who.get(one.person_id, "") for one in accused],
        "circle": [who.get(one.person_id, "") for one in circle],
        "photos": list(report.photos.values_list("pk", flat=True)),
        "talk": queries.talk(report, for_reporter=False),
        "findings": queries.findings(report),
        "history": queries.history(report),
        "proposal": rules.proposal(report.severity),
        "refers": part is Part.OFFICER and rules.refers(report.severity),
        "acts": {str(one): made for one, made in offered.items()},
        "deed": str(deed or ""),
        "identity": identity,
        "refusal": refusal,
    }
    return render(request, REPORT_PAGE, context, status=status)


@closed
@require_safe
def photo(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    person = person_of(request)
    found, _part = access.report_for(person, number)
    row = ConductPhoto.objects.filter(report=found, pk=pk).first() if pk < 2**63 else None
    if row is None:
        raise Http404
    actions.look(found, by=person, now=timezone.now(), what=AccessLog.What.PHOTO)
    answer = HttpResponse(base64.b64decode(row.picture), content_type="image/jpeg")
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


@closed
@require_safe
def log(request: HttpRequest, number: str) -> HttpResponse:
    """Who looked at this report, when, at what and why; the look at the log included."""
    person = person_of(request)
    found, _part = access.report_for(person, number)
    actions.look(found, by=person, now=timezone.now(), what=AccessLog.What.LOG)
    looks = list(found.looks.all()[:500])
    who = queries.names(one.person_id for one in looks)
    lines = [
        {"at": one.at, "who": who.get(one.person_id, ""), "what": one.get_what_display(), "why": one.reason}
        for one in looks
    ]
    context = {"report": found, "lines": lines, "whole": queries.chain_holds(found), "events": found.version}
    return render(request, "supervision/conduct/log.html", context)


@closed
@require_http_methods(["GET", "HEAD", "POST"])
def leaders(request: HttpRequest) -> HttpResponse:
    """The street's leaders: reports about them are never stored here."""
    person = person_of(request)
    streets = sorted(access.looker(person).officer_of)
    if not streets:
        raise Http404
    form, status = LeaderForm(), 200
    if request.method == "POST":
        gone = request.POST.get("gone", "")
        if gone.isascii() and gone.isdigit() and len(gone) < 19:
            leader = StreetLeader.objects.filter(pk=int(gone), street__in=streets).first()
            if leader is None:
                raise Http404
            actions.remove_leader(leader, by=person)
            return redirect("conduct_leaders")
        form, status = LeaderForm(request.POST), 422
        if form.is_valid():
            try:
                actions.add_leader(Street.objects.get(pk=streets[0]), by=person, **form.cleaned_data)
                return redirect("conduct_leaders")
            except RuleBroken as refusal:
                form.add_error("name", str(refusal))
                status = 409
    known = StreetLeader.objects.filter(street__in=streets).select_related("street")
    return render(request, "supervision/conduct/leaders.html", {"leaders": known, "form": form}, status=status)
