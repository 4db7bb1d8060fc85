"""What can be wrong with the keys of personal fields."""

from __future__ import annotations

import stat
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, register

from config.lib import crypto, sealed

MAKE_ONE = "python -m config.lib.crypto prints a new one."


@register("security")
def usable_keys(**kwargs: Any) -> list[CheckMessage]:
    try:
        version = sealed.version()
    except crypto.BadKeys as error:
        return [Error(str(error), hint="LINLI_CIPHER is “aes” or “sm4”.", id="linli.E032")]
    if not crypto.available(version):
        hint = "Use a build of OpenSSL with SM3 and SM4, or leave LINLI_CIPHER out (AES-256-GCM, SHA-256)."
        return [Error("LINLI_CIPHER=sm4, but the OpenSSL of this installation lacks it.", hint=hint, id="linli.E033")]
    file = settings.FIELD_KEYS_FILE
    if not settings.FIELD_KEYS and not file.exists():
        return []  # made on first use
    try:
        crypto.parse_keys(settings.FIELD_KEYS or file.read_text(), version)
    except (crypto.BadKeys, OSError) as error:
        return [Error(f"Personal fields cannot be read or written: {error}.", hint=MAKE_ONE, id="linli.E034")]
    if not settings.FIELD_KEYS and stat.S_IMODE(file.stat().st_mode) & 0o077:
        return [checks.Warning(f"{file.name} can be read by others.", hint="chmod 600", id="linli.W035")]
    return []
