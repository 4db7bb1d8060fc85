"""The demo is told as of the moment it is made, whatever day that is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from complaints.demo.load import seed
from complaints.models import Case, Event, Handover, Objection
from tests.world import SHANGHAI

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("now", "cases"),
    [
        pytest.param(datetime(2026, 9, 27, 3, 0, tzinfo=SHANGHAI), 0, id="at night in a holiday"),
        pytest.param(
            datetime(2027, 2, 8, 9, 5, tzinfo=SHANGHAI), 0, id="a Monday morning before an unpublished holiday"
        ),
        pytest.param(datetime(2026, 9, 14, 22, 18, tzinfo=SHANGHAI), 1, id="after hours, with every story of the past"),
    ],
)
def test_on_any_day_the_desk_has_something_true_to_show(
    now: datetime, cases: int, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    town = seed(now, cases)
    mine = Case.objects.open().held_by(town.logins["demo_worker"].pk).with_light(now)
    assert set(mine.values_list("light", flat=True)) == {"green", "yellow", "red", "paused"}  # type: ignore[misc]
    assert Handover.objects.filter(verdict="", to_person=town.logins["demo_worker"]).count() == 2
    assert Objection.objects.filter(decided_at=None).count() == 2
    assert not Event.objects.filter(at__gt=now).exists()
    theirs = Case.objects.visible_to(town.logins["demo_secretary"].scope())
    assert theirs.awaiting_callback().count() >= 4
    if cases:
        assert set(Event.objects.values_list("kind", flat=True)) == set(Event.Kind.values)
