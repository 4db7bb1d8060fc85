"""A form tells which matter it was shown for."""

from __future__ import annotations

import pytest
from django.test import RequestFactory

from config.guard.shown import other_matter


@pytest.mark.parametrize(
    ("sent", "other"),
    [({}, ""), ({"matter": "A-1"}, ""), ({"matter": "A-2"}, "A-2"), ({"matter": "长" * 99}, "长" * 40)],
)
def test_a_form_of_another_matter_is_known_by_its_number(sent: dict[str, str], other: str) -> None:
    assert other_matter(RequestFactory().post("/", sent), "A-1") == other
