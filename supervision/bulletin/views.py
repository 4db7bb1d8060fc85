"""Bulletins for those who make them, and for residents."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from complaints import outcomes
from complaints.models import Case
from complaints.rows import rows_of
from config.lib.errors import RuleBroken, Stale
from config.lib.text import lines
from staff.models import Community, Person, Street
from supervision.bulletin import access, actions, chapters, documents, snapshot, words
from supervision.bulletin import figures as engine
from supervision.bulletin.facts import unpacked
from supervision.bulletin.forms import CorrectForm, DraftForm, TextsForm
from supervision.bulletin.periods import Period, parse
from supervision.bulletin.rights import Act, acts
from supervision.models import Bulletin

SHOWN, MOST_CASES = 60, 200
STREET_FIRST = (F("street__code").asc(), F("community__code").asc(nulls_first=True))
Deed = Callable[..., Bulletin]
DEEDS: dict[str, Deed] = {
    Act.REFRESH: actions.refresh,
    Act.SUBMIT: actions.submit,
    Act.SEND_BACK: actions.send_back,
    Act.ISSUE: actions.issue,
    Act.PUBLISH: actions.publish,
}


def _person(request: HttpRequest) -> Person:
    return cast(Person, request.user)


def _reader(request: HttpRequest) -> Person:
    person = _person(request)
    if not person.scope().has("secretary", "supervisor", "discipline", "admin"):
        raise PermissionDenied(_("Bulletins are for secretaries, supervisors, discipline officers and administrators."))
    return person


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def bulletins(request: HttpRequest) -> HttpResponse:
    """The list; a POST drafts the bulletin of an area and period, or opens the one that is there."""
    person = _reader(request)
    areas, now = access.areas_of(person), timezone.now()
    last = parse(f"{timezone.localdate(now):%Y-%m}").before
    form = DraftForm(request.POST if request.method == "POST" else None, areas=areas, initial={"period": last.code})
    status = 200
    if request.method == "POST":
        if not areas:
            raise PermissionDenied(_("Bulletins are drafted by the secretary of the community or a supervisor."))
        if form.is_valid():
            (street, community), period = form.cleaned_data["area"], form.cleaned_data["period"]
            try:
                if "preview" in request.POST:
                    return _preview(request, street, period, community)
                return redirect(actions.draft(street, period, by=person, now=now, community=community))
            except RuleBroken as refusal:
                form.add_error("period", str(refusal))
        status = 422
    rows = access.visible_to(person.scope()).defer(*access.HEAVY).order_by("-first", "span", *STREET_FIRST, "-revision")
    kept = rows[: SHOWN + 1]
    listed = [(row, chapters.period_name(row.period)) for row in kept]
    page = {"rows": listed[:SHOWN], "more": len(listed) > SHOWN, "form": form if areas else None}
    return render(request, "supervision/bulletin/list.html", page, status=status)


def _preview(request: HttpRequest, street: Street, period: Period, community: Community | None) -> HttpResponse:
    """Nothing is kept: the period may still run."""
    row = actions.preview(street, period, now=timezone.now(), community=community)
    page = {"bulletin": row, "title": chapters.title(row), "chapters": chapters.internal(row)}
    return render(request, "supervision/bulletin/preview.html", page)


@login_required
@require_safe
def bulletin(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, access.bulletin_for(_person(request), pk))


def _page(request: HttpRequest, row: Bulletin, status: int = 200, **more: Any) -> HttpResponse:
    person = _person(request)
    allowed = acts(row.status, access.standing(person, row))
    revisions = actions.same_area(row).defer(*access.HEAVY).order_by("-revision")
    newest = row.revision == revisions[0].revision
    page = {
        "bulletin": row,
        "title": chapters.title(row),
        "period": chapters.period_name(row.period),
        "chapters": chapters.internal(row),
        "notes": documents.notes_of(row),
        "acts": [act for act in allowed if act not in {Act.EDIT, Act.CORRECT}],
        "may_edit": Act.EDIT in allowed,
        "may_correct": Act.CORRECT in allowed and newest,
        "form": _texts_form(row),
        "correction": CorrectForm(),
        "revisions": [one for one in revisions if one.pk in _seen(person, revisions)],
        "kinds": list(documents.KINDS),
        "public_url": _public_url(row) if row.status == Bulletin.Status.PUBLISHED else "",
    }
    return render(request, "supervision/bulletin/bulletin.html", page | more, status=status)


def _texts_form(row: Bulletin) -> TextsForm:
    texts = actions.words_of(row)
    return TextsForm(initial=texts | {"seen": actions.print_of(texts)})


def _seen(person: Person, revisions: Any) -> set[int]:
    return set(
        access.visible_to(person.scope()).filter(pk__in=[one.pk for one in revisions]).values_list("pk", flat=True)
    )


@login_required
@require_POST
def act(request: HttpRequest, pk: int, deed: str) -> HttpResponse:
    person = _person(request)
    row = access.bulletin_for(person, pk)
    if deed not in {*DEEDS, Act.EDIT, Act.CORRECT}:
        raise Http404
    access.allow(person, row, Act(deed))
    try:
        if deed == Act.EDIT:
            return _edit(request, row, person)
        if deed == Act.CORRECT:
            return _correct(request, row, person)
        DEEDS[deed](row, by=person, now=timezone.now())
    except RuleBroken as refusal:
        return _page(request, row, status=409, problem=str(refusal))
    messages.success(request, _("Done: %(state)s.") % {"state": access.bulletin_for(person, pk).get_status_display()})
    return redirect(row)


def _edit(request: HttpRequest, row: Bulletin, person: Person) -> HttpResponse:
    """Whatever it is refused for, what was typed stands on the page again."""
    form = TextsForm(request.POST)
    if not form.is_valid():
        return _page(request, row, status=422, form=form)
    typed, seen = form.cleaned_data, form.cleaned_data["seen"]
    try:
        actions.edit(row, by=person, now=timezone.now(), texts=typed, seen=seen)
    except Stale:
        return _clash(request, access.bulletin_for(person, row.pk), typed, seen)
    except RuleBroken as refusal:
        newest = access.bulletin_for(person, row.pk)
        return _page(
            request, newest, status=409, problem=str(refusal), typed=_differing(typed, actions.words_of(newest))
        )
    messages.success(request, _("Kept."))
    return redirect(row)


def _clash(request: HttpRequest, newest: Bulletin, typed: dict[str, str], seen: str) -> HttpResponse:
    """The form once more: what was typed, and the newest words where nothing had been changed."""
    stand = actions.words_of(newest)
    had = zip(actions.TEXTS, seen.split("-"), actions.print_of(typed).split("-"), strict=False)
    untouched = {name for name, before, after in had if before == after}
    texts = {name: stand[name] if name in untouched else typed[name] for name in actions.TEXTS}
    form = TextsForm(texts | {"seen": actions.print_of(stand)})
    return _page(request, newest, status=409, form=form, clash=_differing(stand, texts) or True)


def _differing(texts: dict[str, str], others: dict[str, str]) -> list[tuple[str, str]]:
    """Those of the texts, with their labels, that are written and stand otherwise among the others."""
    return [
        (str(TextsForm.base_fields[name].label), texts[name])
        for name in actions.TEXTS
        if texts[name].strip() and lines(texts[name]) != lines(others[name])
    ]


def _correct(request: HttpRequest, row: Bulletin, person: Person) -> HttpResponse:
    form = CorrectForm(request.POST)
    if not form.is_valid() or not form.cleaned_data["what_changed"].strip():
        form.add_error("what_changed", _("Please say what changes and why."))
        return _page(request, row, status=422, correction=form)
    made = actions.correct(row, by=person, now=timezone.now(), what_changed=form.cleaned_data["what_changed"])
    return redirect(made)


@login_required
@require_safe
def cases(request: HttpRequest, pk: int) -> HttpResponse:
    """The cases behind one number, from the facts that were frozen with it."""
    person = _person(request)
    row = access.bulletin_for(person, pk)
    key, area, top = (request.GET.get(name, "")[:80] for name in ("key", "area", "top"))
    if key not in engine.COUNTS or (top and top.partition(":")[0] not in engine.TOPS):
        raise Http404
    numbers = engine.behind(unpacked(row.facts), key, area, top)
    visible = Case.objects.visible_to(person.scope()).filter(number__in=numbers)
    if key in engine.VOICES:
        visible = visible.exclude(outcomes.concerning(person.pk))
    ids = list(visible.order_by("number").values_list("pk", flat=True))
    page = {
        "bulletin": row,
        "title": chapters.title(row),
        "label": words.label(key),
        "explained": words.explained(key),
        "count": len(numbers),
        "rows": rows_of(ids[:MOST_CASES], person, timezone.now()),
        "more": max(len(ids) - MOST_CASES, 0),
        "hidden": len(numbers) - len(ids),
        "voices": key in engine.VOICES,
    }
    return render(request, "supervision/bulletin/cases.html", page)


@login_required
@require_safe
def recount(request: HttpRequest, pk: int) -> HttpResponse:
    """Whether the kept facts give the kept figures, and what today's data would say."""
    row = access.bulletin_for(_person(request), pk)
    found = snapshot.drift(row)
    counts = [(words.label(key), then, now) for key, then, now in found.counts]
    page = {
        "bulletin": row,
        "title": chapters.title(row),
        "same": snapshot.recount(row),
        "counts": counts,
        "drift": found,
    }
    return render(request, "supervision/bulletin/recount.html", page)


@login_required
@require_safe
def compare(request: HttpRequest, pk: int) -> HttpResponse:
    """A revision against the one before it."""
    person = _person(request)
    row = access.bulletin_for(person, pk)
    before = actions.same_area(row).filter(revision__lt=row.revision).order_by("-revision").first()
    if before is None:
        raise Http404
    found = snapshot.difference(unpacked(before.facts), unpacked(row.facts))
    counts = [(words.label(key), then, now) for key, then, now in found.counts]
    texts = [
        (str(TextsForm.base_fields[name].label), getattr(before, name), getattr(row, name))
        for name in actions.TEXTS
        if getattr(before, name) != getattr(row, name)
    ]
    page = {
        "bulletin": row,
        "before": before,
        "title": chapters.title(row),
        "counts": counts,
        "drift": found,
        "texts": texts,
    }
    return render(request, "supervision/bulletin/compare.html", page)


@login_required
@require_safe
def download(request: HttpRequest, pk: int, reader: str, kind: str) -> HttpResponse:
    person = _person(request)
    row = access.bulletin_for(person, pk)
    if reader not in {"internal", "public"} or kind not in documents.KINDS:
        raise Http404
    if reader == "public" and row.public is None:
        raise Http404
    return _file(row, kind, public=reader == "public", by=person)


def _file(row: Bulletin, kind: str, *, public: bool, by: Person | None = None) -> HttpResponse:
    name, content = next(documents.files(row, public=public, kinds=[kind], by=by))
    return HttpResponse(
        content,
        content_type=documents.KINDS[kind],
        headers={"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"},
    )


# For residents


@require_safe
def public_list(request: HttpRequest) -> HttpResponse:
    rows = _published().defer(*access.HEAVY).order_by("-first", "span", *STREET_FIRST, "-revision")
    listed = [(row, _public_url(row), chapters.title(row)) for row in _newest(rows[:400])]
    return render(request, "supervision/bulletin/public_list.html", {"rows": listed, "shell": "public"})


@require_safe
def public_page(request: HttpRequest, street: str, period: str, community: str = "") -> HttpResponse:
    row = _shown(street, period, community)
    text = documents.for_residents(row)
    others = _published().filter(street=row.street, span=row.span, first=row.first).exclude(community=row.community_id)
    page = {
        "bulletin": row,
        "title": chapters.title(row),
        "chapters": text.chapters,
        "hides": text.notes[0],
        "notes": text.notes[1:],
        "kinds": list(documents.KINDS),
        "url": _public_url(row),
        "others": [
            (one, _public_url(one)) for one in _newest(others.defer(*access.HEAVY).order_by(*STREET_FIRST, "-revision"))
        ],
        "shell": "public",
    }
    return render(request, "supervision/bulletin/public.html", page)


@require_safe
def public_file(request: HttpRequest, street: str, period: str, kind: str, community: str = "") -> HttpResponse:
    if kind not in documents.KINDS:
        raise Http404
    return _file(_shown(street, period, community), kind, public=True)


def _newest(rows: Any) -> Iterable[Bulletin]:
    """Of each area and period the revision that comes first."""
    seen: dict[tuple[Any, ...], Bulletin] = {}
    for row in rows:
        seen.setdefault((row.street_id, row.community_id, row.span, row.first), row)
    return seen.values()


def _published() -> Any:
    return Bulletin.objects.filter(status=Bulletin.Status.PUBLISHED).select_related("street", "community")


def _shown(street: str, period: str, community: str) -> Bulletin:
    """The newest published revision."""
    try:
        when = parse(period)
    except RuleBroken as wrong:
        raise Http404 from wrong
    place = get_object_or_404(Street, code=street)
    area = get_object_or_404(Community, street=place, code=community) if community else None
    rows = _published().filter(street=place, community=area, span=str(when.span), first=when.first)
    found: Bulletin | None = rows.defer("facts").order_by("-revision").first()
    if found is None:
        raise Http404
    return found


def _public_url(row: Bulletin) -> str:
    where = {"street": row.street.code, "period": row.period.code}
    if row.community:
        return reverse("public_bulletin_of", kwargs=where | {"community": row.community.code})
    return reverse("public_bulletin", kwargs=where)
