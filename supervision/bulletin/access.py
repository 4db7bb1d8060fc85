"""The one door to a bulletin: 404 outside one's scope, 403 without the right."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from staff.models import Community, Person, Street
from staff.scope import Scope
from supervision.bulletin.rights import Act, Standing, may
from supervision.models import Bulletin

HEAVY = ("facts", "snapshot", "public")


def visible_to(scope: Scope) -> QuerySet[Bulletin]:
    """A street's own people read its bulletins; a secretary works on the own communities', and reads the street's
    once it is issued."""
    reach = Q(street__in=scope.whole_streets) | Q(community__in=scope.led_communities)
    if scope.has("secretary"):
        reach |= Q(street__in=scope.streets, community__isnull=True, status__in=Bulletin.FINAL)
    return Bulletin.objects.filter(reach).select_related("street", "community")


def bulletin_for(person: Person, pk: int) -> Bulletin:
    found = (
        visible_to(person.scope())
        .select_related("drafted_by", "reviewed_by", "issued_by", "published_by")
        .defer("facts")
        .filter(pk=pk)
        .first()
    )
    if found is None:
        raise Http404
    return found


def standing(person: Person, bulletin: Bulletin) -> Standing:
    scope = person.scope()
    return Standing(
        leads=bulletin.community_id in scope.led_communities,
        oversees=scope.has("supervisor") and bulletin.street_id in scope.whole_streets,
        reads=True,
        worked=person.pk in {bulletin.drafted_by_id, bulletin.reviewed_by_id, *bulletin.writers},
        in_force=bulletin.replaced_at is None,
    )


def allow(person: Person, bulletin: Bulletin, act: Act) -> None:
    if not may(act, standing(person, bulletin)):
        if act == Act.ISSUE and may(Act.EDIT, standing(person, bulletin)):
            raise PermissionDenied(_("You drafted, changed or checked this bulletin: another person issues it."))
        raise PermissionDenied(_("This step is for the secretary of the community or a supervisor of the street."))


def may_draft(person: Person, street: Street, community: Community | None) -> bool:
    scope = person.scope()
    leads = community is not None and community.pk in scope.led_communities
    return leads or (scope.has("supervisor") and street.pk in scope.whole_streets)


def areas_of(person: Person) -> list[tuple[Street, Community | None]]:
    """Whose bulletins this person may draft: the street first."""
    scope = person.scope()
    streets = Street.objects.filter(pk__in=scope.whole_streets) if scope.has("supervisor") else Street.objects.none()
    communities = Community.objects.select_related("street").filter(
        Q(street__in=streets) | Q(pk__in=scope.led_communities)
    )
    return [(street, None) for street in streets] + [(one.street, one) for one in communities.order_by("code")]
