"""Which network a request comes from: as much as limits need, and never kept."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

V4_BITS, V6_BITS = 24, 56
UNKNOWN = "unknown"


def network(request: HttpRequest) -> str:
    """The caller's /24 or /56, as text. Callers nobody can tell apart share one."""
    found = _address(request)
    if found is None:
        return UNKNOWN
    return str(ip_network((found, V4_BITS if found.version == 4 else V6_BITS), strict=False))


def _address(request: HttpRequest) -> IPv4Address | IPv6Address | None:
    """The last address that a proxy of ours has written; what stands before it anybody can write."""
    proxies = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    text = str(request.META.get("REMOTE_ADDR", ""))
    if proxies:
        told = [part.strip() for part in str(request.META.get("HTTP_X_FORWARDED_FOR", "")).split(",") if part.strip()]
        text = told[-proxies] if len(told) >= proxies else text
    try:
        found = ip_address(text.strip("[]"))
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found
