"""When the year's holiday notice comes, running promises are reckoned anew; kept and broken ones are not."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from complaints import actions
from complaints.actions.recalculate import recalculate
from complaints.models import Case, Clock
from services.models import CalendarDay, CalendarYear
from tests.world import SHANGHAI, World

pytestmark = pytest.mark.django_db


@pytest.fixture
def late_in_the_year(world: World) -> Case:
    """An ordinary case of 29 December 2026: five working days reach into a year nobody has published."""
    return world.log(
        submitted_at=datetime(2026, 12, 29, 10, tzinfo=SHANGHAI), now=datetime(2026, 12, 29, 10, tzinfo=SHANGHAI)
    )


def resolution(case: Case) -> Clock:
    return case.clocks.get(kind="resolution")


def publish(holiday: str) -> None:
    year, _made = CalendarYear.objects.update_or_create(year=2027, defaults={"status": "official"})
    CalendarDay.objects.create(date=holiday, year=year, is_working=False, name="元旦")


def test_a_new_holiday_moves_the_limit_and_settles_it(late_in_the_year: Case) -> None:
    before = resolution(late_in_the_year)
    assert before.provisional
    assert before.due_at == datetime(2027, 1, 5, 18, tzinfo=SHANGHAI)
    publish("2027-01-01")

    outcome = recalculate(dry_run=False)

    after = resolution(late_in_the_year)
    assert (after.due_at, after.provisional) == (datetime(2027, 1, 6, 18, tzinfo=SHANGHAI), False)
    assert outcome.changed == outcome.settled
    assert outcome.later >= 1


def test_a_dry_run_counts_and_changes_nothing(late_in_the_year: Case) -> None:
    before = resolution(late_in_the_year).due_at
    publish("2027-01-01")

    assert recalculate(dry_run=True).later >= 1

    assert resolution(late_in_the_year).due_at == before


def test_the_case_itself_is_left_alone(late_in_the_year: Case) -> None:
    late_in_the_year.refresh_from_db()
    before = (late_in_the_year.updated_at, late_in_the_year.version, late_in_the_year.head)
    publish("2027-01-01")

    recalculate(dry_run=False)

    late_in_the_year.refresh_from_db()
    assert (late_in_the_year.updated_at, late_in_the_year.version, late_in_the_year.head) == before


def test_a_stopped_clock_keeps_its_verdict(world: World, late_in_the_year: Case) -> None:
    late_in_the_year.refresh_from_db()
    closed_at = late_in_the_year.submitted_at + timedelta(hours=1)
    actions.conclude(
        late_in_the_year,
        by=world.worker,
        now=closed_at,
        version=late_in_the_year.version,
        outcome="resolved",
        text="已办好。",
    )
    before = resolution(late_in_the_year).due_at
    publish("2027-01-01")

    recalculate(dry_run=False)

    assert resolution(late_in_the_year).due_at == before


def test_reckoning_twice_changes_nothing_more(late_in_the_year: Case) -> None:
    publish("2027-01-01")
    recalculate(dry_run=False)

    assert recalculate(dry_run=False).changed == 0
