"""What the whole API answers alike."""

from __future__ import annotations

from typing import Any

from rest_framework.response import Response
from rest_framework.views import exception_handler

from config.lib.errors import RuleBroken


def refuse(exc: Exception, context: dict[str, Any]) -> Response | None:
    """A broken rule is 409 with its code, its sentence and the field it belongs to."""
    if isinstance(exc, RuleBroken):
        return Response({"code": exc.code, "message": str(exc), "field": exc.field}, status=409)
    return exception_handler(exc, context)
