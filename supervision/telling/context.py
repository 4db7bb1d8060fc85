"""What every page of staff shows: how many messages are unread."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.http import HttpRequest

from supervision.telling.queries import unread


def context(request: HttpRequest) -> dict[str, Any]:
    """Asked by the shell only: a fragment must not pay for it."""
    return {"unread": partial(unread_of, request)}


def unread_of(request: HttpRequest) -> str:
    """Asked once per request."""
    if not hasattr(request, "_unread"):
        user = getattr(request, "user", None)
        known = user is not None and user.is_authenticated
        request._unread = unread(user.pk) if known and user else ""  # type: ignore[attr-defined]
    return request._unread  # type: ignore[attr-defined, no-any-return]
