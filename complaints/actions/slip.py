"""The slip with a tracking code for whoever told their matter at the counter, on the phone or on paper."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from complaints.access import standing
from complaints.actions.common import lock, record, refuse_if
from complaints.models import Case, Event
from complaints.rights import takes_part
from complaints.tracking import set_code
from staff.models import Person


@transaction.atomic
def give_code(case: Case, *, by: Person, now: datetime) -> str:
    """A new code, to be shown now and never again; a former one stops working. History says who gave it out.

    Whoever reported on the web has a code already, often without a name: nobody here may take it from them.
    """
    case = lock(case)
    if not takes_part(standing(by, case)):
        raise PermissionDenied(_("This step is not yours to take on this case."))
    refuse_if(
        told_on_the_web(case),
        "has_own_code",
        _("Whoever reported on the web got a code with the report; no other is given out for it."),
    )
    code = set_code(case)
    record(case, Event.Kind.CODE_GIVEN, by=by, now=now)
    return code


def told_on_the_web(case: Case) -> bool:
    """By the resident, that is; somebody of the office may have typed in what came from another form on the web."""
    return Event.objects.filter(case=case, kind=Event.Kind.REGISTERED, by__isnull=True).exists()
