"""The one door to a case: 404 outside one's scope, 403 without the right."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from complaints.models import Case, Consent, Handover, JointTask
from complaints.rights import Standing, may
from complaints.states import Act
from staff.models import Person


def case_for(person: Person, number: str, *, to: Act | None = None) -> Case:
    """The case `person` may see (`to` None) or do an act to."""
    visible = Case.objects.visible_to(person.scope()).select_related(
        "street", "community", "grid", "unit", "category", "first_contact", "responsible", "first_unit", "resident",
        "registered_by",
    )  # fmt: skip
    try:
        case = visible.get(number=number)  # not `first`: putting one row in order makes the question twice as dear
    except Case.DoesNotExist:
        raise Http404 from None
    if to is not None:
        allow(person, case, to)
    return case


def allow(person: Person, case: Case, act: Act) -> Standing:
    """The person's standing, or PermissionDenied when it does not carry the act."""
    who = standing(person, case)
    if not may(act, who):
        raise PermissionDenied(_("This step is not yours to take on this case."))
    return who


def standing(person: Person, case: Case) -> Standing:
    """What `person` is to `case` now: three short queries, none when the case is not theirs to touch."""
    scope = person.scope()
    works = scope.has("worker", "secretary", "supervisor") and case.street_id in scope.streets
    if not works:
        return Standing()
    offers = Handover.objects.filter(case=case, verdict="").order_by()  # there is one at most
    to_person, to_unit = offers.values_list("to_person", "to_unit").first() or (None, None)
    return Standing(
        responsible=case.responsible_id == person.pk,
        first_contact=case.first_contact_id == person.pk,
        in_unit=case.unit_id in scope.units,
        offered=to_person == person.pk if to_person else to_unit in scope.units,
        in_co_unit=JointTask.objects.filter(case=case, done_at__isnull=True, unit__in=scope.units).exists(),
        leads=case.community_id in scope.led_communities or case.unit.community_id in scope.led_communities,
        oversees=case.street_id in scope.whole_streets and scope.has("supervisor"),
        asked=Consent.objects.filter(case=case, verdict="", asked_by=person).exists(),
        works=True,
    )
