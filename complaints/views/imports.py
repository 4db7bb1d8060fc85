"""Bringing a spreadsheet in: choose, look, confirm, watch, read what became of it."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from queue import Empty, Queue
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from complaints.importing import runs
from complaints.importing.profiles import BY_NAME
from complaints.importing.runs import AT_ONCE, IMPORTING_ROLES, State
from complaints.models import Case, ImportRun
from complaints.tasks import run_import
from complaints.views.case import fragment, person_of
from config.lib.errors import RuleBroken
from config.lib.sheets import BROWSER, check_size
from staff.models import Person, Street

HISTORY, PAGE = 20, 100
DRAINED = 512 * 2**20
# How long somebody waits for a broker, and for a worker before the page offers to do without.
BROKER_SECONDS, PATIENCE = 1.8, timedelta(seconds=10)


class UploadForm(forms.Form):
    street = forms.ModelChoiceField(Street.objects.none(), label=gettext_lazy("Street"))
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "Excel workbook (.xlsx) or CSV, at most 20 MB and 20,000 rows: a 12345 ledger, messages with or without "
            "replies, or the category tree. What kind of table it is, is told by its columns."
        ),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv,.txt"}),
        error_messages={"required": gettext_lazy("Please choose a file.")},
    )

    def __init__(self, person: Person, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        streets = runs.streets_of(person.scope())
        field = self.fields["street"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset, field.initial = streets, streets.first()
        if len(streets) < 2:
            field.widget = forms.HiddenInput()


class NotTooLarge(FileUploadHandler):
    """Stops keeping an upload as soon as it is too large, instead of filling the disk with it first."""

    request: HttpRequest

    def __init__(self, request: HttpRequest, most: int) -> None:
        super().__init__(request)
        self.most = most
        self.stopped_at = 0

    def handle_raw_input(self, input_data: Any, META: Any, content_length: int, *args: Any, **kwargs: Any) -> None:
        # The form around the file takes a little too.
        if content_length > self.most + 64 * 1024:
            self.stopped_at = content_length

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        if self.stopped_at or start + len(raw_data) > self.most:
            self.stopped_at = self.stopped_at or start + len(raw_data)
            self._drain()
            raise StopUpload(connection_reset=True)
        return raw_data

    def _drain(self) -> None:
        """A browser reads our answer only after it has sent everything. Django's own way goes line by line: for minutes."""
        left = DRAINED
        while left > 0 and (chunk := self.request.read(2**18)):
            left -= len(chunk)

    def file_complete(self, file_size: int) -> None:
        return None


@csrf_exempt  # the handler has to stand before the body is read; `_imports` checks the token
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def imports(request: HttpRequest) -> HttpResponse:
    handler = NotTooLarge(request, BROWSER.bytes or 0)
    request.upload_handlers.insert(0, handler)
    return _imports(request, handler)


@csrf_protect
def _imports(request: HttpRequest, handler: NotTooLarge) -> HttpResponse:
    person, now = importer(request), timezone.now()
    if request.method != "POST":
        return _form(request, UploadForm(person))
    form = UploadForm(person, request.POST, request.FILES)
    if not form.is_valid():
        if handler.stopped_at:
            del form.errors["file"]
            form.add_error("file", _too_large(handler.stopped_at))
        return _form(request, form, status=422)
    try:
        row = runs.preview(form.cleaned_data["file"], street=form.cleaned_data["street"], by=person, now=now)
    except RuleBroken as broken:
        form.add_error("file", str(broken))
        return _form(request, form, status=422)
    return redirect("import", row.pk)


@login_required
@require_safe
@vary_on_headers("HX-Request")
def show(request: HttpRequest, pk: int) -> HttpResponse:
    row = run_for(request, pk)
    template = "complaints/import_run.html#run" if fragment(request) else "complaints/import_run.html"
    return render(request, template, _context(row, timezone.now(), page=request.GET.get("page", "")))


@login_required
@require_POST
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    row = runs.confirm(run_for(request, pk), now=timezone.now())
    if row.state == State.WAITING and not woken(row.pk):
        row.result["unreachable"] = True
        ImportRun.objects.filter(pk=row.pk, state=State.WAITING).update(result=row.result)
    return redirect("import", pk)


@login_required
@require_POST
def at_once(request: HttpRequest, pk: int) -> HttpResponse:
    """Without the background: in this request, for tables that are small enough."""
    row = run_for(request, pk)
    if row.total > AT_ONCE:
        messages.warning(request, _("This table is too long to be imported while you wait."))
    elif row.state in (State.WAITING, State.RUNNING):
        runs.execute(pk, now=timezone.now())
    return redirect("import", pk)


@login_required
@require_POST
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        runs.discard(run_for(request, pk))
    except RuleBroken as broken:
        messages.warning(request, str(broken))
        return redirect("import", pk)
    messages.info(request, _("The file was removed; nothing was imported."))
    return redirect("imports")


@login_required
@require_safe
def rejected(request: HttpRequest, pk: int) -> HttpResponseBase:
    row = run_for(request, pk)
    if row.state != State.DONE or not row.file:
        raise Http404
    try:
        file = row.file.open("rb")
    except FileNotFoundError as gone:
        raise Http404 from gone
    name = row.name.rsplit(".", 1)[0]
    response = FileResponse(
        file, as_attachment=True, filename=f"{name}-{_('rejected rows')}.csv", content_type="text/csv"
    )
    response["Cache-Control"] = "private, no-store"
    return response


def importer(request: HttpRequest) -> Person:
    person = person_of(request)
    if not person.scope().has(*IMPORTING_ROLES):
        raise PermissionDenied(_("Secretaries and supervisors bring tables in."))
    return person


def run_for(request: HttpRequest, pk: int) -> ImportRun:
    row = runs.runs_of(importer(request).scope()).filter(pk=pk).first() if pk < 2**31 else None
    if row is None:
        raise Http404
    return row


def woken(pk: int) -> bool:
    """Whether the broker took the message in time. It need not: the import waits in the database to be picked up."""
    answer: Queue[bool] = Queue()

    def send() -> None:
        try:
            run_import.apply_async(args=(pk,), retry=False, ignore_result=True)
        except Exception:
            # Unreachable in whichever way: the page says so, and the database still knows what is to be done.
            answer.put(False)
        else:
            answer.put(True)

    threading.Thread(target=send, daemon=True).start()
    try:
        return answer.get(timeout=BROKER_SECONDS)
    except Empty:
        return False


def _form(request: HttpRequest, form: UploadForm, status: int = 200) -> HttpResponse:
    rows = runs.runs_of(importer(request).scope())[:HISTORY]
    return render(
        request, "complaints/import.html", {"form": form, "runs": [_line(row) for row in rows]}, status=status
    )


def _too_large(size: int) -> str:
    try:
        check_size(size, BROWSER)
    except RuleBroken as broken:
        return str(broken)
    return str(runs.UNEXPECTED)


def _line(row: ImportRun) -> dict[str, Any]:
    return {"run": row, "profile": _profile(row), **{name: row.result.get(name, 0) for name in COUNTS}}


COUNTS = ("created", "updated", "unchanged", "rejected")
KINDS, VERDICTS = (
    dict(Case.Kind.choices),
    {
        "created": gettext_lazy("new"),
        "updated": gettext_lazy("changed"),
        "unchanged": gettext_lazy("already here"),
        "rejected": gettext_lazy("rejected"),
    },
)


def _profile(row: ImportRun) -> Any:
    return BY_NAME[row.profile].label if row.profile in BY_NAME else row.profile


def _context(row: ImportRun, now: datetime, *, page: str) -> dict[str, Any]:
    result = row.result
    errors, warnings = result.get("errors", []), result.get("warnings", [])
    number = int(page) if page.isdecimal() and len(page) < 6 else 1
    longest = max(len(errors), len(warnings))
    number = max(1, min(number, -(-longest // PAGE) or 1))
    part = slice((number - 1) * PAGE, number * PAGE)
    confirmed = parse_datetime(result.get("confirmed_at", "")) or now
    busy = row.state in (State.WAITING, State.RUNNING)
    late = row.state == State.WAITING and (bool(result.get("unreachable")) or now - confirmed > PATIENCE)
    return {
        "run": row,
        "profile": _profile(row),
        "of_cases": row.profile in BY_NAME and BY_NAME[row.profile].of_cases,
        "busy": busy,
        "late": late,
        "may_run_now": late and row.total <= AT_ONCE,
        "result": result,
        "errors": errors[part],
        "warnings": warnings[part],
        "more_errors": len(errors),
        "more_warnings": len(warnings),
        "sample": [
            line | {
                "kind": KINDS.get(line.get("kind", ""), ""),
                "word": VERDICTS[line["verdict"]],
                "submitted_at": parse_datetime(line.get("submitted_at") or ""),
                "closed_at": parse_datetime(line.get("closed_at") or ""),
            }
            for line in result.get("sample", [])
        ],
        "prev": f"?page={number - 1}" if number > 1 else "",
        "next": f"?page={number + 1}" if number * PAGE < longest else "",
    }  # fmt: skip
