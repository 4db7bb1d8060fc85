"""Which time-limit policy a case falls under. Pure."""

from __future__ import annotations

COMPLEX, REDO, ORDINARY = "complex", "redo", "ordinary"


def policy_code(kind: str, urgency: str, category_policy: str = "") -> str:
    """Urgency decides first, then the category's own policy, then the kind of case (rules.md 1.6)."""
    if urgency != "normal":
        return urgency
    if category_policy:
        return category_policy
    return {"inquiry": "inquiry", "suggestion": "suggestion", "praise": "suggestion"}.get(kind, ORDINARY)
