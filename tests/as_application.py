"""Requests of the tests run with the rights of the running application, row-level security included."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse

from complaints.wall import CLOSED

Handler = Callable[[HttpRequest], HttpResponse]


def as_application(get_response: Handler) -> Handler:
    def answer(request: HttpRequest) -> HttpResponse:
        # What an act of the test itself widened to the end of its transaction is not this page's.
        connection._case_reach = (None, CLOSED)  # type: ignore[attr-defined]
        try:
            connection.ensure_connection()
        except RuntimeError:  # pytest-django's: a test without a database
            return get_response(request)
        _run(f"SET ROLE {connection.ops.quote_name(settings.APP_ROLE)}")
        _run("; ".join(f"RESET linli.case_{name}" for name in CLOSED.settings()))
        try:
            return get_response(request)
        finally:
            _run("RESET ROLE")

    return answer


def _run(statement: str) -> None:
    """Past Django's cursor: what a page costs is counted without it."""
    with connection.connection.cursor() as cursor:
        cursor.execute(statement)
