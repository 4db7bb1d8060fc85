"""People and units in business words."""

from __future__ import annotations

from datetime import date

from django.db.models import Q, QuerySet
from django.utils import timezone

from staff.models import Person, Post, Unit

HANDLING_ROLES = (Post.Role.WORKER, Post.Role.SECRETARY, Post.Role.SUPERVISOR)


def current(posts: QuerySet[Post], today: date | None = None) -> QuerySet[Post]:
    """Posts held on `today` by people who still work here."""
    today = today or timezone.localdate()
    return posts.filter(Q(until__isnull=True) | Q(until__gte=today), since__lte=today, person__is_active=True).exclude(
        person__working=Person.Working.LEFT
    )


def unit_of(person: Person) -> Unit | None:
    """The unit a person speaks for: that of the oldest current post with one."""
    post = (
        current(Post.objects.filter(person=person, unit__isnull=False)).select_related("unit").order_by("since", "id")
    )
    first = post.first()
    return first.unit if first else None


def handlers(street: int) -> QuerySet[Person]:
    """Everybody of the street who can answer for a case and is at work."""
    posts = current(Post.objects.filter(street=street, unit__isnull=False, role__in=HANDLING_ROLES))
    return Person.objects.filter(pk__in=posts.values("person"), working=Person.Working.AT_WORK)


def members(unit: int) -> QuerySet[Person]:
    posts = current(Post.objects.filter(unit=unit, role__in=HANDLING_ROLES))
    return Person.objects.filter(pk__in=posts.values("person"), working=Person.Working.AT_WORK)


def stand_in(person: Person, unit: Unit) -> Person:
    """`person` while at work in the street; else the unit's secretary, else a colleague there, else a supervisor.

    Raises Person.DoesNotExist when the street has nobody left at work.
    """
    if handlers(unit.street_id).filter(pk=person.pk).exists():  # at work elsewhere by now is gone, too
        return person
    posts = current(Post.objects.filter(street=unit.street_id, person__working=Person.Working.AT_WORK))
    for circle in (
        posts.filter(unit=unit, role=Post.Role.SECRETARY),
        posts.filter(unit=unit, role=Post.Role.WORKER),
        posts.filter(role=Post.Role.SUPERVISOR),
    ):
        found = circle.select_related("person").order_by("since", "id").first()
        if found:
            return found.person
    raise Person.DoesNotExist("nobody of the street is at work")


def asked_first(street: int, community: int | None, grid: int | None) -> Post | None:
    """Who is asked first by somebody who does not come in person, with the post they hold for it.

    The worker of the grid, else the community's secretary, else a street supervisor; only people at work.
    """
    posts = current(
        Post.objects.filter(street=street, unit__isnull=False, person__working=Person.Working.AT_WORK)
    ).select_related("person", "unit")
    circles = [posts.filter(role=Post.Role.SUPERVISOR)]
    if community is not None:
        circles.insert(0, posts.filter(role=Post.Role.SECRETARY, community=community))
    if grid is not None:
        circles.insert(0, posts.filter(role=Post.Role.WORKER, grid=grid))
    for circle in circles:
        found = circle.order_by("since", "id").first()
        if found:
            return found
    return None
