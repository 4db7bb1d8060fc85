"""What people see follows from the posts they hold today, and from nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from complaints.models import Case
from staff.models import Person, Post
from staff.queries import handlers, members, stand_in, unit_of
from staff.scope import NOBODY, Scope, scope_of
from tests.world import World


def seen_by(person: Person) -> set[str]:
    return set(Case.objects.visible_to(scope_of(person)).values_list("number", flat=True))


@pytest.fixture
def cases(world: World) -> dict[str, str]:
    """One case in each community and one with a department, by name."""
    west = {"community": world.west, "unit": world.west_unit, "first_contact": world.outsider}
    department = {"community": None, "unit": world.department, "first_contact": world.department_worker}
    return {
        "east": world.log().number,
        "west": world.log(**west).number,
        "department": world.log(**department).number,
    }


def test_a_worker_sees_the_own_community_and_nothing_of_the_next(world: World, cases: dict[str, str]) -> None:
    assert seen_by(world.worker) == seen_by(world.worker2) == {cases["east"]}
    assert seen_by(world.outsider) == {cases["west"]}


def test_a_secretary_leads_the_own_community_only(world: World, cases: dict[str, str]) -> None:
    assert seen_by(world.secretary) == {cases["east"]}
    assert scope_of(world.secretary).led_communities == {world.east.pk}


def test_a_department_sees_what_it_handles(world: World, cases: dict[str, str]) -> None:
    assert seen_by(world.department_worker) == {cases["department"]}
    assert seen_by(world.department2_worker) == set()


@pytest.mark.parametrize("who", ["supervisor", "discipline", "admin"])
def test_the_street_s_own_officers_see_the_whole_street(world: World, cases: dict[str, str], who: str) -> None:
    assert seen_by(getattr(world, who)) == set(cases.values())


def test_an_assessor_sees_concluded_cases_only(world: World, cases: dict[str, str]) -> None:
    assert seen_by(world.assessor) == set()
    assert scope_of(world.assessor).closed_only == {world.street.pk}


def test_a_delegate_sees_no_case(world: World, cases: dict[str, str]) -> None:
    assert seen_by(world.delegate) == set()


def test_another_street_s_supervisor_sees_nothing_here(world: World, cases: dict[str, str]) -> None:
    assert seen_by(world.stranger) == set()


def test_several_posts_add_up(world: World, cases: dict[str, str]) -> None:
    Post.objects.create(
        person=world.worker,
        role=Post.Role.WORKER,
        street=world.street,
        unit=world.west_unit,
        community=world.west,
        since=timezone.localdate(),
    )
    assert seen_by(world.worker) == {cases["east"], cases["west"]}


@pytest.mark.parametrize(
    ("since", "until", "counts"),
    [
        pytest.param(-10, None, True, id="open-ended"),
        pytest.param(-10, 0, True, id="ends today"),
        pytest.param(-10, -1, False, id="ended yesterday"),
        pytest.param(0, None, True, id="begins today"),
        pytest.param(1, None, False, id="begins tomorrow"),
    ],
)
def test_a_post_counts_from_its_first_day_to_its_last(
    world: World, cases: dict[str, str], since: int, until: int | None, counts: bool
) -> None:
    today = timezone.localdate()
    newcomer = world.person(
        "newcomer",
        "新来的",
        Post.Role.WORKER,
        unit=world.west_unit,
        community=world.west,
        since=today + timedelta(days=since),
        until=None if until is None else today + timedelta(days=until),
    )
    assert seen_by(newcomer) == ({cases["west"]} if counts else set())
    assert members(world.west_unit.pk).filter(pk=newcomer.pk).exists() == counts


def test_whoever_has_left_or_is_switched_off_sees_nothing(world: World, cases: dict[str, str]) -> None:
    world.worker.working = Person.Working.LEFT
    world.secretary.is_active = False
    assert scope_of(world.worker) == scope_of(world.secretary) == NOBODY
    assert seen_by(world.worker) == set()


def test_somebody_on_leave_still_sees_but_is_offered_nothing(world: World, cases: dict[str, str]) -> None:
    Person.objects.filter(pk=world.worker.pk).update(working=Person.Working.ON_LEAVE)
    world.worker.refresh_from_db()
    assert seen_by(world.worker) == {cases["east"]}
    assert not handlers(world.street.pk).filter(pk=world.worker.pk).exists()


def test_somebody_without_a_post_sees_nothing(world: World, cases: dict[str, str]) -> None:
    bare = Person.objects.create(username="bare", name="无岗位")
    assert scope_of(bare) == Scope(person=bare.pk)
    assert seen_by(bare) == set()


def test_the_scope_is_asked_once(world: World, django_assert_num_queries: object) -> None:
    person = Person.objects.get(pk=world.worker.pk)
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert person.scope() is person.scope()


def test_the_secretary_stands_in_then_a_colleague_then_a_supervisor(world: World) -> None:
    def leave(*people: Person) -> None:
        Person.objects.filter(pk__in=[person.pk for person in people]).update(working=Person.Working.ON_LEAVE)

    assert stand_in(world.worker, world.unit) == world.worker
    leave(world.worker)
    world.worker.refresh_from_db()
    assert stand_in(world.worker, world.unit) == world.secretary
    leave(world.secretary)
    assert stand_in(world.worker, world.unit) == world.worker2
    leave(world.worker2)
    assert stand_in(world.worker, world.unit) in {world.supervisor, world.supervisor2}
    leave(world.supervisor, world.supervisor2)
    with pytest.raises(Person.DoesNotExist):
        stand_in(world.worker, world.unit)


def test_people_speak_for_the_unit_they_have_been_with_longest(world: World) -> None:
    later = {"role": Post.Role.WORKER, "street": world.street, "since": timezone.localdate()}
    Post.objects.create(person=world.worker, unit=world.department, **later)
    assert unit_of(world.worker) == world.unit
    assert unit_of(world.delegate) is None
