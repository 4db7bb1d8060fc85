"""What every page may know."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone


def context(request: HttpRequest) -> dict[str, Any]:
    return {"now": timezone.now(), "elder": request.COOKIES.get("elder") == "1"}
