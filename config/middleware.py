"""Measuring requests, and ending sessions that are idle or too old."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from prometheus_client import Histogram

from complaints import wall
from staff.models import Person

Handler = Callable[[HttpRequest], HttpResponse]

REQUESTS = Histogram(
    "linli_request_seconds", "Time to answer a request, by the name of its view", ["view", "method", "status"]
)
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
SEEN_EVERY = 60  # writing the session at every click would cost a write per page


def measure(get_response: Handler) -> Handler:
    def answer(request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = get_response(request)
        match = request.resolver_match
        if match and getattr(match.func, "unmeasured", False):
            return response  # even how often it is used would tell something
        # Only names of ours become labels: an address or a method made up by a stranger would grow without bound.
        view = (match.view_name or match._func_path) if match else "none"
        method = request.method if request.method in METHODS else "other"
        REQUESTS.labels(view, method, response.status_code).observe(time.perf_counter() - began)
        return response

    return answer


def session_limits(get_response: Handler) -> Handler:
    def answer(request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            _end_or_extend(request, time.time())
        return get_response(request)

    return answer


def second_wall(get_response: Handler) -> Handler:
    """From here on the database shows the cases of whoever is signed in, and none to anybody else."""

    def answer(request: HttpRequest) -> HttpResponse:
        known = settings.SESSION_COOKIE_NAME in request.COOKIES and isinstance(request.user, Person)
        wall.open_for(wall.reach_of(request.user) if known else wall.CLOSED)  # type: ignore[arg-type]
        return get_response(request)

    return answer


def _end_or_extend(request: HttpRequest, now: float) -> None:
    session = request.session
    began, seen = session.get("began", now), session.get("seen", now)
    if now - seen > settings.SESSION_IDLE or now - began > settings.SESSION_LONGEST:
        logout(request)
    elif "began" not in session or now - seen > SEEN_EVERY:
        session["began"], session["seen"] = began, now
