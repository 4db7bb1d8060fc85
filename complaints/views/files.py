"""Files of a case, handed out only to those who may read it; there is no other address for them."""

from __future__ import annotations

from typing import Any, Protocol

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from complaints.access import case_for, standing
from complaints.models import Attachment
from complaints.rights import sees_resident
from complaints.uploads import ENDINGS, IMAGES
from complaints.views.case import person_of


@login_required
@require_safe
def download(request: HttpRequest, number: str, pk: int) -> FileResponse:
    person = person_of(request)
    case = case_for(person, number)
    row = Attachment.objects.filter(case=case, pk=pk).first() if pk < 2**63 else None
    if row is None:
        raise Http404
    if not sees_resident(standing(person, case), case.identity):
        raise PermissionDenied(_("The files of this case are for those who work on it."))
    return handed_out(row)


class Kept(Protocol):
    """The row of a file that was checked when it came in."""

    file: Any
    name: Any
    content_type: Any


def handed_out(row: Kept) -> FileResponse:
    """Images open in the browser; everything else is saved. Nothing of it runs, and nothing of it is kept on the way."""
    kind = row.content_type if row.content_type in ENDINGS else "application/octet-stream"
    try:
        file = row.file.open("rb")
    except FileNotFoundError as gone:
        raise Http404 from gone
    response = FileResponse(file, as_attachment=kind not in IMAGES, filename=row.name, content_type=kind)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
