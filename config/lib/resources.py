"""What import and export of rows in the admin have in common, on top of django-import-export."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from import_export.admin import ImportExportModelAdmin
from import_export.resources import ModelResource


class SheetResource(ModelResource):
    """Rows that are known by their own words: primary keys are the database's business."""

    def after_import(self, dataset: Any, result: Any, **kwargs: Any) -> None:
        """The library sets sequences anew, which the application's role may not and has no need to."""


class SheetAdmin(ImportExportModelAdmin):
    def process_result(self, result: Any, request: HttpRequest) -> HttpResponse:
        """The library tells of success whatever happened; what fails after the preview is rolled back whole."""
        if not result.has_errors():
            answer: HttpResponse = super().process_result(result, request)
            return answer
        messages.error(request, _("Nothing was imported: an error came up after the preview. Please try again."))
        return HttpResponseRedirect("../import/")
