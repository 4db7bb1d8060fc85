"""What every page may know, and the pages that belong to no app."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from config import styleguide as guide
from staff.models import Street

YEAR = 365 * 24 * 3600
THEMES = {"auto": _("As the system"), "light": _("Bright"), "dark": _("Dark")}


class Entry(NamedTuple):
    """One line of the navigation; `roles` empty means every member of staff, `rare` has its place in the menu only."""

    label: Promise
    url: str
    icon: str
    roles: frozenset[str] = frozenset()
    primary: bool = False
    rare: bool = False


CASEWORK = frozenset({"worker", "secretary", "supervisor"})
NAV = [
    Entry(_("My desk"), "/desk/", "inbox"),
    Entry(_("All cases"), "/cases/", "list-ul", CASEWORK | {"discipline", "assessor", "admin"}),
    Entry(_("Log a case"), "/cases/new/", "plus-lg", CASEWORK, primary=True),
    Entry(_("Board"), "/board/", "bar-chart", frozenset({"secretary", "supervisor", "discipline", "admin"})),
    Entry(_("Supervision"), "/supervision/", "binoculars", CASEWORK | {"discipline"}),
    Entry(_("Ratings"), "/ratings/", "star", frozenset({"secretary", "supervisor"})),
    Entry(_("Data requests"), "/data-requests/", "person-lock", frozenset({"secretary", "supervisor"}), rare=True),
    Entry(_("Conduct reports"), "/supervision/conduct/", "shield-lock", frozenset({"discipline"})),
    Entry(_("People"), "/people/", "people", CASEWORK | {"discipline", "admin"}),
    Entry(_("Import"), "/cases/import/", "upload", frozenset({"secretary", "supervisor", "admin"}), rare=True),
    Entry(_("Watch"), "/supervision/watch/", "broadcast", frozenset({"admin"})),
    Entry(_("Service guide"), "/guide/", "journal-text"),
]


def context(request: HttpRequest) -> dict[str, Any]:
    theme = request.COOKIES.get("theme", "auto")
    return {
        "now": timezone.now(),
        "elder": request.COOKIES.get("elder") == "1",
        "theme": theme if theme in THEMES else "auto",
        "themes": THEMES,
        "languages": settings.LANGUAGES,
        "desk_url": "/desk/",
        "cases_url": "/cases/",
        # Asked by the shell only: a fragment must not pay for the navigation.
        "nav": partial(nav, request),
        "shell": partial(shell, request),
    }


def shell(request: HttpRequest) -> str:
    user = getattr(request, "user", None)
    return "staff" if user is not None and user.is_authenticated else "public"


def nav(request: HttpRequest) -> list[dict[str, Any]]:
    """The entries this person's roles open, the one they are on marked."""
    if not request.user.is_authenticated:
        return []
    roles = request.user.scope().roles
    mine = [entry for entry in NAV if roles and (not entry.roles or entry.roles & roles)]
    here = max((e.url for e in mine if request.path.startswith(e.url)), key=len, default="")
    return [entry._asdict() | {"on": entry.url == here} for entry in mine]


def home(request: HttpRequest) -> HttpResponse:
    streets = Street.objects.prefetch_related("communities")
    return render(request, "home.html", {"streets": streets, "shell": "public"})


def styleguide(request: HttpRequest) -> HttpResponse:
    if not settings.DEBUG:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not (request.user.is_staff or request.user.scope().roles):
            raise Http404
    return render(request, "styleguide.html", guide.samples(timezone.now()))


@require_POST
def appearance(request: HttpRequest) -> HttpResponse:
    """Keep theme, elder mode or language in a cookie and go back to where the person was."""
    response = HttpResponse(status=204) if request.headers.get("HX-Request") else HttpResponseRedirect(_back(request))
    allowed = {"theme": set(THEMES), "elder": {"0", "1"}, "language": {code for code, _name in settings.LANGUAGES}}
    for name, values in allowed.items():
        if (value := request.POST.get(name)) in values:
            cookie = settings.LANGUAGE_COOKIE_NAME if name == "language" else name
            response.set_cookie(cookie, value, max_age=YEAR, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)
    return response


def _back(request: HttpRequest) -> str:
    wanted = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if safe else "/"
