"""The `worktime` command: a JSON array in, a JSON array out, and no row stops another."""

from __future__ import annotations

import io
import json
import sys
from typing import Any

import pytest
from django.core.management import CommandError, call_command

pytestmark = pytest.mark.django_db

OFFICE = {
    "windows": [["09:00", "12:00"], ["14:00", "18:00"]],
    "day_rule": "CN_WORKDAY",
    "timezone": "Asia/Shanghai",
}


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Any:
    def run(request: bytes) -> Any:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(request)))
        out = io.StringIO()
        call_command("worktime", stdout=out)
        return json.loads(out.getvalue())

    return run


def row(mode: str, **rest: Any) -> dict[str, Any]:
    return {"id": mode, "mode": mode, "schedule": OFFICE, "start": "2026-11-20T17:30:00+08:00", **rest}


def test_every_mode_is_answered(ask: Any) -> None:
    assert ask(
        json.dumps(
            [
                row("business_duration", duration_seconds=3600),
                row("calendar_duration", duration_seconds=3600),
                row("working_days_close", working_days=1, pauses=[]),
                row("working_days_close_late_rolls", working_days=1, pauses=None),
                row("working_days_same_time", working_days=1),
                row("elapsed", end="2026-11-23T02:00:00Z"),
            ]
        ).encode()
    ) == [
        {"id": "business_duration", "due": "2026-11-23T09:30:00+08:00", "provisional": False},
        {"id": "calendar_duration", "due": "2026-11-20T18:30:00+08:00", "provisional": False},
        {"id": "working_days_close", "due": "2026-11-23T18:00:00+08:00", "provisional": False},
        {"id": "working_days_close_late_rolls", "due": "2026-11-23T18:00:00+08:00", "provisional": False},
        {"id": "working_days_same_time", "due": "2026-11-23T17:30:00+08:00", "provisional": False},
        {"id": "elapsed", "seconds": 5400},
    ]


def test_the_zone_of_each_row_is_honoured(ask: Any) -> None:
    schedule = {"windows": [["09:00", "17:00"]], "day_rule": "EVERY_DAY", "timezone": "Europe/Berlin"}
    asked = row("business_duration", duration_seconds=3600, start="2026-03-28T23:00:00Z") | {"schedule": schedule}
    assert ask(json.dumps([asked]).encode())[0]["due"] == "2026-03-29T10:00:00+02:00"


def test_pauses_and_unpublished_years_are_reported(ask: Any) -> None:
    answers = ask(
        json.dumps(
            [
                row("working_days_close", working_days=40),
                row("business_duration", duration_seconds=3600, pauses=[["2026-11-20T17:45:00+08:00", None]]),
                row(
                    "business_duration",
                    duration_seconds=1800,
                    pauses=[["2026-11-20T17:45:00+08:00", "2026-11-23T09:15:00+08:00"]],
                ),
            ]
        ).encode()
    )
    assert answers[0]["provisional"] is True
    assert answers[1]["due"] is None
    assert answers[2]["due"] == "2026-11-23T09:30:00+08:00"


@pytest.mark.parametrize(
    "bad",
    [
        7,
        None,
        [],
        "row",
        {},
        row("fortnight", working_days=1),
        row("working_days_close"),
        row("working_days_close", working_days=0),
        row("working_days_close", working_days="5"),
        row("working_days_close", working_days=10**30),
        row("business_duration", working_days=1),
        row("business_duration", duration_seconds=1.5),
        row("elapsed"),
        row("elapsed", end="2026-11-19T00:00:00+08:00"),
        row("working_days_close", working_days=1, start="2026-11-20T17:30:00"),
        row("working_days_close", working_days=1, start="2026-13-45"),
        row("working_days_close", working_days=1, start=7),
        row("working_days_close", working_days=1, start=None),
        row("working_days_close", working_days=1, pauses=[["2026-11-20T10:00:00Z"]]),
        row("working_days_close", working_days=1, pauses=[["2026-11-20T10:00:00Z", "2026-11-20T10:00:00Z"]]),
        row("working_days_close", working_days=1, pauses={"from": 1}),
        row("working_days_close", working_days=1) | {"mode": ["working_days_close"]},
        row("working_days_close", working_days=1) | {"schedule": None},
        row("working_days_close", working_days=1) | {"schedule": OFFICE | {"windows": []}},
        row("working_days_close", working_days=1) | {"schedule": OFFICE | {"windows": [["18:00", "09:00"]]}},
        row("working_days_close", working_days=1) | {"schedule": OFFICE | {"timezone": "Mars/Olympus"}},
        row("working_days_close", working_days=1) | {"schedule": OFFICE | {"timezone": 8}},
        row("working_days_close", working_days=1) | {"schedule": OFFICE | {"day_rule": "SOMETIMES"}},
    ],
)
def test_a_bad_row_says_so_and_stops_nobody_else(ask: Any, bad: Any) -> None:
    good = row("working_days_close", working_days=1)
    first, second = ask(json.dumps([bad, good]).encode())
    assert set(first) == {"id", "error"}
    assert first["error"]
    assert second["due"] == "2026-11-23T18:00:00+08:00"


def test_an_id_of_any_kind_comes_back(ask: Any) -> None:
    asked = [row("working_days_close", working_days=1) | {"id": one} for one in (1, "七", None, "\ud800")]
    assert [answer["id"] for answer in ask(json.dumps(asked).encode())] == [1, "七", None, "\ud800"]


def test_an_empty_array_is_answered(ask: Any) -> None:
    assert ask(b"[]") == []


@pytest.mark.parametrize("request_text", [b"{}", b"", b"not json", b"\xff\xfe\xfa", b"[" * 100_000])
def test_anything_but_an_array_is_refused(ask: Any, request_text: bytes) -> None:
    with pytest.raises(CommandError) as refused:
        ask(request_text)
    assert refused.value.returncode == 2
