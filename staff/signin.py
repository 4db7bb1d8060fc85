"""Sign-in is django-allauth's; accounts are made by administrators only."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.shortcuts import render

WAIT = 300  # seconds, the span of ACCOUNT_RATE_LIMITS["login_failed"]


class Adapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Count by account and address together: a stranger who types wrong passwords locks out nobody but himself."""
        return f"{self.get_client_ip(request)}:{super()._get_login_attempts_cache_key(request, **credentials)}"

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            answer = render(request, "429.html", status=429)
            answer.headers["Retry-After"] = str(WAIT)
            raise ImmediateHttpResponse(answer) from None
