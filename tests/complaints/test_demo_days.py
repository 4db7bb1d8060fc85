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
    "now",
    [
        pytest.param(datetime(2026, 9, 27, 3, 0, tzinfo=SHANGHAI), id="at night in a holiday"),
        pytest.param(datetime(2027, 2, 8, 9, 5, tzinfo=SHANGHAI), id="a Monday morning before an unpublished holiday"),
    ],
)
def test_on_any_day_the_desk_has_something_true_to_show(now: datetime, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    town = seed(now, 0)
    mine = Case.objects.open().held_by(town.logins["demo_worker"].pk).with_light(now)
    assert set(mine.values_list("light", flat=True)) == {"green", "yellow", "red", "paused"}  # type: ignore[misc]
    assert Handover.objects.filter(verdict="", to_person=town.logins["demo_worker"]).count() == 2
    assert Objection.objects.filter(decided_at=None).count() == 2
    assert not Event.objects.filter(at__gt=now).exists()
