"""The public pages of the service guide: find an item, read its list, print it, ask first. Nobody has to sign in."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from config.guard.doors import GUIDE, refused
from config.guard.limits import TooMany
from config.lib.qr import qr
from services.actions_guide import rate_item
from services.ask import Answered, Quote, ask
from services.forms_guide import RatingForm
from services.guide import (
    LONGEST_QUESTION,
    answers,
    at_a_glance,
    categories,
    days_text,
    figures,
    found,
    hours_text,
    offices,
    paper_form,
    places,
    read_question,
    shortened,
    shown,
    whole_items,
)
from services.models_guide import ItemCategory, ServiceItem

PAGE, LAST_PAGE = 30, 10_000
COMMON = 12


@require_safe
def guide(request: HttpRequest) -> HttpResponse:
    question = read_question(request.GET.get("q", ""))
    groups = list(categories())
    chosen = _chosen(groups, request.GET.get("category", ""))
    context: dict[str, Any] = {"question": question, "groups": groups, "chosen": chosen, "longest": LONGEST_QUESTION}
    if question.text or chosen:
        rows = found(question.text) if question.text else shown().order_by("code")
        context |= _paged(request, rows.filter(category=chosen) if chosen else rows)
        if question.text and not context["items"]:
            elsewhere = chosen is not None and found(question.text).exists()
            context |= {"elsewhere": elsewhere, "offices": offices()}
            context["answered"] = {} if elsewhere else _shown(ask(question.text))
    else:
        context["glance"] = _by_category(groups)
    if _works_here(request):
        context["unconfirmed"] = ServiceItem.objects.filter(confirmed=False, is_active=True).count()
    return render(request, "services/guide.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def item(request: HttpRequest, code: str) -> HttpResponse:
    """The list, and at its foot a word of the reader on it: nobody signs in, nothing is kept of who it was."""
    now, found_item = timezone.now(), _item(code)
    if request.method != "POST":
        return _item_page(request, found_item, "services/item.html", RatingForm(now=now))
    try:
        stage = GUIDE.enter(request, now=now)
    except TooMany as refusal:
        return refused(request, refusal, {"shell": "public"})
    form = RatingForm(request.POST, now=now, stage=stage)
    if not form.is_valid():
        return _item_page(request, found_item, "services/item.html", form, status=422)
    rate_item(found_item, choice=form.cleaned_data["choice"], words=form.cleaned_data["words"], now=now)
    return redirect(f"{found_item.get_absolute_url()}?rated=1#rate")


@require_safe
def notice(request: HttpRequest, code: str) -> HttpResponse:
    """The one-time notice list on paper; `size=large` for eyes that need it."""
    return _item_page(request, _item(code), "services/notice.html")


@require_safe
def ask_first(request: HttpRequest) -> HttpResponse:
    question = read_question(request.GET.get("q", ""))
    context: dict[str, Any] = {"question": question, "longest": LONGEST_QUESTION}
    if question.text:
        context |= {"answered": _shown(ask(question.text)), "offices": offices()}
    else:
        context["common"] = answers()[:COMMON]
    return render(request, "services/ask.html", context)


@require_safe
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    if pk >= 2**63:
        raise Http404
    article = get_object_or_404(answers().select_related("item"), pk=pk)
    return render(request, "services/answer.html", {"article": article, "works_here": _works_here(request)})


def _item(code: str) -> ServiceItem:
    return get_object_or_404(whole_items(), code=code.upper())


def _item_page(
    request: HttpRequest, found_item: ServiceItem, template: str, form: RatingForm | None = None, status: int = 200
) -> HttpResponse:
    cost = figures(found_item)
    address = request.build_absolute_uri(found_item.get_absolute_url())
    context = {
        **_said(found_item),
        "cost": cost,
        "before": shortened(found_item, cost),
        "places": places(found_item, offices()),
        "articles": answers().filter(item=found_item),
        "works_here": _works_here(request),
        "large": request.GET.get("size") == "large",
        "address": address,
        "qr": qr(address),
        "today": timezone.localdate(),
        "rating_form": form,
        "rated": request.GET.get("rated") == "1",
    }
    return render(request, template, context, status=status)


def _said(one: ServiceItem) -> dict[str, Any]:
    """An item with its figures in words."""
    return {
        "item": one,
        "papers": [{"paper": paper, "forms": paper_form(paper)} for paper in one.materials.all()],
        "promised": days_text(one.promised_days),
        "statutory": days_text(one.statutory_days) if one.statutory_days is not None else "",
        "hours": hours_text(one),
    }


def _shown(answered: Answered) -> dict[str, Any]:
    return {"quotes": [_quote(quote) for quote in answered.quotes], "parts": answered.parts}


def _quote(quote: Quote) -> dict[str, Any]:
    return {"article": quote.article} if quote.article else _said(quote.item) if quote.item else {}


def _chosen(groups: list[ItemCategory], code: str) -> ItemCategory | None:
    chosen = next((group for group in groups if group.code == code), None)
    if code and chosen is None:
        raise Http404
    return chosen


def _by_category(groups: list[ItemCategory]) -> list[dict[str, Any]]:
    first = [{"item": one, "promised": days_text(one.promised_days)} for one in at_a_glance()]
    return [
        {"group": group, "rows": [row for row in first if row["item"].category_id == group.pk]}  # type: ignore[attr-defined]
        for group in groups
    ]


def _paged(request: HttpRequest, rows: QuerySet[ServiceItem]) -> dict[str, Any]:
    wanted = request.GET.get("page", "1")
    page = min(max(int(wanted), 1), LAST_PAGE) if wanted.isascii() and wanted.isdigit() and len(wanted) < 9 else 1
    found_rows = list(rows.select_related("category")[(page - 1) * PAGE : page * PAGE + 1])
    return {
        "items": [{"item": one, "promised": days_text(one.promised_days)} for one in found_rows[:PAGE]],
        "previous_page": page - 1 if page > 1 else None,
        "next_page": page + 1 if len(found_rows) > PAGE else None,
    }


def _works_here(request: HttpRequest) -> bool:
    return request.user.is_authenticated and bool(request.user.scope().roles)
