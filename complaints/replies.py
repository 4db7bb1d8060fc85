"""Reply templates filled in from a case."""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from complaints.models import Case, Clock, ReplyTemplate
from config.templatetags.linli import moment_text

FIELD = re.compile(r"\{(\w+)\}")


def templates_for(case: Case) -> QuerySet[ReplyTemplate]:
    return ReplyTemplate.objects.filter(Q(street=case.street_id) | Q(street__isnull=True), is_active=True)


def fill(body: str, facts: Mapping[str, str]) -> str:
    """The body with every `{field}` that is known; an unknown one stays as it is, for the person to see."""
    return FIELD.sub(lambda found: facts.get(found.group(1), found.group()), body)


def reply_facts(case: Case) -> dict[str, str]:
    """What the fields of a template stand for. A field that is not known is left to be filled in by hand."""
    resident = getattr(case, "resident", None)
    resolution = Clock.objects.filter(case=case, kind=Clock.Kind.RESOLUTION, cycle=case.cycle).first()
    return {
        "number": case.number,
        "title": case.title,
        "resident": resident.name if resident and resident.name else _("resident"),
        "responsible": str(case.responsible),
        "phone": case.responsible.phone or case.unit.phone or case.street.phone,
        "due": moment_text(resolution.due_at) if resolution else "",
    }
