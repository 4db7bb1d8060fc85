"""Which matter a form was shown for. Two tabs share one cookie: no act may land on the matter of the other tab.

<input type="hidden" name="matter" value="{{ case.number }}">     in every form of a page that a cookie opens
other = other_matter(request, case.number)                        "" when the form was about the one open now
"""

from __future__ import annotations

from django.http import HttpRequest

FIELD = "matter"


def shown_for(request: HttpRequest) -> str:
    """The number that came with the form; "" when none did."""
    return request.POST.get(FIELD, "").strip()[:40]


def other_matter(request: HttpRequest, open_now: str) -> str:
    """The number a form was shown for, when that is not the one open now. Then nothing may be done."""
    shown = shown_for(request)
    return shown if shown != open_now else ""
