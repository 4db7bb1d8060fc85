"""The code that opens a resident's own case: made once, shown once, checked in the same time whatever the number."""

from __future__ import annotations

from complaints import wall
from complaints.models import Case, TrackingCode
from config.lib import codes


def set_code(case: Case) -> str:
    """A new code for the case; an older one stops working. Show it now: only its hash is kept."""
    code = codes.new_code()
    TrackingCode.objects.update_or_create(case=case, defaults={"hash": codes.hashed(code)})
    return code


def check_code(number: str, code: str) -> Case | None:
    """The case with this number, if this is its code. Spelling does not matter.

    An unknown number, a case without a code and a wrong code cost the same and answer the same.
    """
    typed = codes.typed(code)
    if typed is None:
        return None
    wanted = number.strip().upper()
    row = None
    if 0 < len(wanted) <= 40 and wanted.isprintable():
        with wall.office():
            row = TrackingCode.objects.select_related("case").filter(case__number=wanted).first()
    return row.case if codes.matches(row.hash if row else None, typed) and row else None
