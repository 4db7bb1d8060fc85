"""The one door to an item: 404 outside one's scope, 403 without the right."""

from __future__ import annotations

from django.http import Http404

from staff.models import Person, Post
from staff.queries import current
from supervision.models import RectificationItem
from supervision.rectification.rules import Standing, Verifier


def item_for(person: Person, pk: int) -> RectificationItem:
    found = RectificationItem.objects.visible_to(person.scope()).for_rows().filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def watches(person: Person) -> bool:
    """Whether there is a list of items for this person at all."""
    return person.scope().has("worker", "secretary", "supervisor", "discipline")


def may_set(person: Person, street: int, source: str) -> bool:
    """Supervisors set items down; what follows from a report on conduct only the discipline office knows of."""
    scope = person.scope()
    role = "discipline" if source == RectificationItem.Source.CONDUCT else "supervisor"
    return scope.has(role) and street in scope.whole_streets


def standing(person: Person, item: RectificationItem) -> Standing:
    scope = person.scope()
    works = scope.has("worker", "secretary", "supervisor") and item.street_id in scope.streets
    if not works:
        return Standing()
    return Standing(
        responsible=item.responsible_id == person.pk,
        leads=item.community_id in scope.led_communities or item.unit.community_id in scope.led_communities,
        oversees=scope.has("supervisor") and item.street_id in scope.whole_streets,
        reported=item.reported_by_id == person.pk,
        verified=item.verified_by_id == person.pk,
        in_unit=item.unit_id in scope.units,
    )


def verifiers(item: RectificationItem) -> list[Verifier]:
    """Supervisors of the street and secretaries of the place, without who is responsible and who reported it done."""
    places = {item.community_id, item.unit.community_id} - {None}
    posts = current(
        Post.objects.filter(
            street=item.street_id, person__working=Person.Working.AT_WORK, role__in=["secretary", "supervisor"]
        )
    ).exclude(person__in=[item.responsible_id, item.reported_by_id or 0])
    found: dict[int, Verifier] = {}
    for person, role, community, unit in posts.values_list("person", "role", "community", "unit"):
        if role == Post.Role.SECRETARY and community not in places:
            continue
        known = found.get(person, Verifier(person, in_unit=False, supervisor=False))
        found[person] = Verifier(
            person, known.in_unit or unit == item.unit_id, known.supervisor or role == Post.Role.SUPERVISOR
        )
    return list(found.values())
