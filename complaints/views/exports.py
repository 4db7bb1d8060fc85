"""Lists as files: the same filters, the same scope, nothing personal for those who would not see it on the page."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from complaints import filters
from complaints.exporting import MOST_IN_WORKBOOK, people_rows, too_many
from complaints.views.case import person_of
from config.lib.sheets import csv_lines, write_xlsx

Rows = Iterable[Sequence[object]]

ORDERS = {"newest": ("-submitted_at", "-pk"), "due": ("turn_due_at", "pk")}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@login_required
@require_safe
def export(request: HttpRequest) -> HttpResponseBase:
    """`format` is csv or xlsx; everything else narrows as in the list. A filter that makes no sense leads back there."""
    scope, now = person_of(request).scope(), timezone.now()
    form, cases = filters.filtered(request.GET, scope, now)
    query = request.GET.copy()
    wanted = (query.pop("format", None) or ["csv"])[-1]
    back = redirect(f"/cases/?{query.urlencode()}")
    if not form.is_valid():
        return back
    cases = cases.order_by(*ORDERS.get(form.cleaned_data["order"], ORDERS["newest"]))
    name = f"{_('cases')}-{timezone.localtime(now):%Y%m%d-%H%M}"
    response: HttpResponseBase
    if wanted != "xlsx":
        response = csv_file(people_rows(cases, scope, now, as_text=True), name)
    elif too_many(cases):
        text = _("One workbook takes %(most)s cases at most: narrow the list, or export it as CSV.")
        messages.warning(request, text % {"most": f"{MOST_IN_WORKBOOK:,}"})
        return back
    else:
        response = workbook(people_rows(cases, scope, now, as_text=False), name, title=_("cases"))
    response["Cache-Control"] = "private, no-store"
    return response


def csv_file(rows: Rows, name: str) -> StreamingHttpResponse:
    """Rows as text, see `as_text` of whoever makes them; read as they are sent."""
    response = StreamingHttpResponse(csv_lines(rows, bom=True), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = filename(f"{name}.csv")
    return response


def workbook(rows: Rows, name: str, *, title: str) -> FileResponse:
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the response
    write_xlsx(rows, file, title=title)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX)


def filename(name: str) -> str:
    return content_disposition_header(True, name) or "attachment"
