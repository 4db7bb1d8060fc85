"""Who wants to hear of what by mail, as plain values. The inbox has everything; this is only about what comes besides."""

from __future__ import annotations

from collections.abc import Mapping

AT_ONCE, DAILY, NEVER = "at_once", "daily", "never"
DEFAULTS = {"tell": NEVER, "remind": AT_ONCE, "order": AT_ONCE, "review": AT_ONCE}


def by_mail(step: str, chosen: Mapping[str, str], address: str) -> str:
    """How this step reaches somebody by mail: as chosen, else as usual; not at all without an address."""
    return chosen.get(step, DEFAULTS.get(step, NEVER)) if address else NEVER
