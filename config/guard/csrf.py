"""The page for a form whose token does not fit: why, and every word that was in it.

The words can be read and copied, and are not sent from here: whoever lures a browser to another site's form would
otherwise only have to wait for that button.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache

from config.guard.doors import typed

NEVER_SHOWN = ("password", "code", "secret", "token", "ticket", "stamp", "altcha", "otp")


@never_cache
def refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django asks for this by `CSRF_FAILURE_VIEW`."""
    back = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}):
        back = ""
    return render(request, "403_csrf.html", {"words": _words(request), "back": back}, status=403)


def _words(request: HttpRequest) -> list[str]:
    """What was written; ticks and machine's fields say nothing to anybody. Another site's form is not repeated here."""
    origin = request.headers.get("Origin", "null")
    if origin != "null" and urlsplit(origin).netloc != request.get_host():
        return []
    shown = [value for name, value in typed(request) if not any(part in name.lower() for part in NEVER_SHOWN)]
    return [value for value in shown if value.strip() and (not value.isascii() or " " in value.strip())]
