"""The form for everybody, its receipt, and the same on paper. Nobody signs in, nothing is kept of a browser."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from complaints.actions.resident import Sent, key_of, report, slip_of
from complaints.forms.category import choices_of, guessed_from
from complaints.forms.public import KINDS, ReportForm, case_of_token, same_as_token
from complaints.models import Case, RetentionRule
from complaints.progress import clocks_of, opened
from complaints.retention import Rule, in_force
from complaints.similar import nearby
from config.guard.doors import ASK, REPORT, challenge, refused
from config.guard.limits import TooMany
from config.lib.errors import RuleBroken
from config.lib.qr import qr
from staff.models import Street

QR_MASK = 3  # any mask reads; searching for the best one is not worth its time while somebody waits


@csrf_exempt  # acts for nobody who is signed in; the form's own stamp says that the page is ours
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def report_page(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    if request.method != "POST":
        return _page(request, ReportForm(now=now, stage=REPORT.look(request, now=now)))
    try:
        stage = REPORT.enter(request, now=now)
    except TooMany as refusal:
        return refused(request, refusal, {"shell": "public"})
    with transaction.atomic():
        form = ReportForm(request.POST, request.FILES, now=now, stage=stage)
        if form.given_secret:
            _one_at_a_time(form.given_secret)
            sent_before = slip_of(form.key, now=now)
            if sent_before is not None:
                return _receipt(request, sent_before)
        if not form.is_valid():
            return _page(request, form, status=422)
        same = case_of_token(form.cleaned_data["same_as"])
        if not _looked(form, same) and _alike(form, now):
            form.add_error(
                None, _("Neighbours may have reported the same. Please look below, then press send once more.")
            )
            return _page(request, form, status=422)
        try:
            sent = report(form.report(same), now=now)
        except RuleBroken as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
            return _page(request, form, status=409)
    return _receipt(request, sent)


@csrf_exempt  # browsers reload a receipt by sending its form once more; nothing of it is read here
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def done(request: HttpRequest) -> HttpResponse:
    """Where a reload of the receipt leads: the code is not shown again."""
    return render(request, "public/done.html", {"shell": "public", "streets": Street.objects.all()})


@require_safe
def paper(request: HttpRequest) -> HttpResponse:
    """The same form to fill in by hand."""
    context = {
        "shell": "public",
        "streets": Street.objects.prefetch_related("communities"),
        "kinds": [label for _value, label in KINDS],
        "identities": ReportForm(now=timezone.now()).identities,
        "qr": qr(request.build_absolute_uri(reverse("report")), mask=QR_MASK),
        "address": request.build_absolute_uri(reverse("report")),
        "lines": range(10),
    }
    return render(request, "public/paper.html", context)


@csrf_exempt  # answers a question, changes nothing
@require_POST
def similar(request: HttpRequest) -> HttpResponse:
    """While typing: fitting categories and open cases of the neighbourhood. Nothing of it is kept."""
    now = timezone.now()
    try:
        ASK.enter(request, now=now)
    except TooMany as refusal:
        answer = HttpResponse(status=204)
        answer.headers["Retry-After"] = str(refusal.retry_after)
        return answer
    form = ReportForm(request.POST, now=now)
    return render(request, "public/_similar.html", _hints(form, now))


@require_safe
@never_cache
def proof(request: HttpRequest) -> HttpResponse:
    """The arithmetic a browser does while somebody types."""
    return challenge(request, REPORT, now=timezone.now())


def _one_at_a_time(secret: str) -> None:
    """Of fifty copies of a form sent at once the first is worked on; the others wait and get its slip."""
    with connection.cursor() as cursor:
        key = int.from_bytes(key_of(secret).bytes[:8], signed=True)
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])


def _looked(form: ReportForm, same: Case | None) -> bool:
    """Whether the neighbours' cases were shown already. Photos would be lost by showing them now, so they are not."""
    return bool(same or form.cleaned_data["looked"] or form.cleaned_data["photos"])


def _alike(form: ReportForm, now: datetime) -> list[Any]:
    _street, community, grid = form.cleaned_data.get("area") or (None, None, None)
    return nearby(
        now,
        text=form.cleaned_data.get("text", ""),
        community=community.pk if community else None,
        grid=grid.pk if grid else None,
    )


def _hints(form: ReportForm, now: datetime) -> dict[str, Any]:
    """Categories and cases for what has been typed so far, right or wrong as the rest may be."""
    text, key = str(form.data.get("text", ""))[:5_000], str(form.data.get("area", ""))
    _street, community, grid = form.where.places.get(key, (None, None, None))
    found = nearby(now, text=text, community=community.pk if community else None, grid=grid.pk if grid else None)
    chosen = choices_of(str(form.data.get("category", "")), "").chosen
    guessed = [leaf for leaf in guessed_from(text).found if leaf != chosen]
    same = case_of_token(str(form.data.get("same_as", "")))
    return {
        "categories": ([chosen] if chosen else []) + guessed,
        "chosen": chosen,
        "same": same,
        "nearby": [{"token": same_as_token(row.case), "row": row, "on": same == row.case} for row in found],
    }


def _page(request: HttpRequest, form: ReportForm, status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {
        "shell": "public",
        "form": form,
        "streets": Street.objects.all(),
        "kept_days": _kept_days(),
        "photos_lost": form.is_bound and bool(request.FILES),
        "more_open": form.is_bound
        and bool(
            form["kind"].value() != Case.Kind.HELP or request.FILES or form.errors.keys() & {"kind", "photos", "name"}
        ),
    }
    if form.is_bound:
        context |= _hints(form, form.now)
    return render(request, "public/report.html", context, status=status)


def _receipt(request: HttpRequest, sent: Sent) -> HttpResponse:
    opened(sent.case.pk)
    case = Case.objects.select_related("street", "unit", "responsible", "duplicate_of__responsible").get(
        pk=sent.case.pk
    )
    main = case.duplicate_of or case
    clocks = clocks_of(main)
    context = {
        "shell": "public",
        "case": case,
        "main": main,
        "code": sent.code,
        "response": clocks.get("response"),
        "resolution": clocks.get("resolution"),
        "qr": qr(request.build_absolute_uri(f"{reverse('track')}?number={case.number}"), mask=QR_MASK),
    }
    return render(request, "public/receipt.html", context)


def _kept_days() -> int | None:
    rules = [Rule(row.kind, row.days, row.valid_from) for row in RetentionRule.objects.all()]
    rule = in_force(rules, "", timezone.localdate())
    return rule.days if rule else None
