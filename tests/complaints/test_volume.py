"""Casework in bulk: what it leaves behind is what the acts would have left."""

from __future__ import annotations

import json
from datetime import datetime
from io import StringIO
from random import Random
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count, F, Q

from complaints.chain import Link, link_hash
from complaints.demo import volume
from complaints.models import Case, Clock, Event, Handover, Holding, Reply
from staff.models import Street
from tests.world import SHANGHAI, World


def seed(*words: str) -> dict[str, Any]:
    out = StringIO()
    call_command("seed_volume", *words, "--json", stdout=out)
    result: dict[str, Any] = json.loads(out.getvalue().splitlines()[-1])
    return result


def test_bulk_casework_keeps_every_promise_of_the_history(world: World) -> None:
    result = seed("--cases", "300", "--months", "3", "--open-share", "0.4", "--street", "TST")
    assert (result["cases"], Case.objects.count(), result["open"]) == (300, 300, Case.objects.open().count())
    assert result["open"] == 120
    assert result["events"] == Event.objects.count()
    for case in Case.objects.prefetch_related("events", "holdings"):
        prev = ""
        for seq, event in enumerate(case.events.all(), 1):
            link = Link(case.number, event.seq, event.kind, event.at, event.recorded_at, event.by_id, event.data)
            assert (event.seq, event.prev, event.hash) == (seq, prev, link_hash(prev, link))
            prev = event.hash
        assert (case.version, case.head) == (case.events.count(), prev)
        assert list(case.holdings.all())[-1].person == case.responsible


@pytest.mark.parametrize(
    "now", [datetime(2026, 11, 18, 10, 0), datetime(2026, 11, 30, 18, 30), datetime(2027, 2, 6, 23, 59)], ids=str
)
def test_bulk_casework_is_of_every_kind(world: World, now: datetime) -> None:
    """On a working morning, after hours, and on the night of a feast: what is young enough depends on the day."""
    now = now.replace(tzinfo=SHANGHAI)
    volume.seed(world.street, 600, now=now, months=2, open_share=0.5, rng=Random(3))
    lights = set(Case.objects.with_light(now).open().values_list("light", flat=True))  # type: ignore[misc]
    assert lights == {"green", "yellow", "red", "paused"}
    assert Handover.objects.filter(verdict="").exists()
    assert Case.objects.awaiting_callback().exists()
    assert set(Case.objects.values_list("status", flat=True)) >= {"registered", "handling", "concluded", "withdrawn"}


def test_every_case_has_its_clocks_its_holder_and_its_reply(world: World) -> None:
    seed("--cases", "200", "--street", "TST")
    clocks = Case.objects.annotate(n=Count("clocks", filter=~Q(clocks__kind="joint"))).exclude(n=2)
    assert not clocks.exists()
    assert not Case.objects.exclude(pk__in=Holding.objects.values("case")).exists()
    assert not Clock.objects.filter(case__closed_at__isnull=False, stopped_at__isnull=True).exists()
    concluded = Case.objects.filter(status="concluded")
    assert Reply.objects.filter(case__in=concluded, is_final=True, at=F("case__closed_at")).count() == concluded.count()


def test_numbers_have_no_gaps_and_a_second_run_goes_on(world: World) -> None:
    seed("--cases", "120", "--months", "1", "--street", "TST")
    seed("--cases", "80", "--months", "1", "--street", "TST", "--seed", "2")
    by_day: dict[str, list[int]] = {}
    for number in Case.objects.values_list("number", flat=True):
        _street, day, serial = number.split("-")
        by_day.setdefault(day, []).append(int(serial))
    for serials in by_day.values():
        assert sorted(serials) == list(range(1, len(serials) + 1))


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        (["--street", "TST"], "not marked for trial data"),
        (["--street", "NOWHERE"], "no street with the code"),
        ([], "No street is marked"),
    ],
)
def test_a_street_at_work_is_left_alone(world: World, words: list[str], refusal: str) -> None:
    Street.objects.update(for_trial=False)
    with pytest.raises(CommandError, match=refusal):
        seed("--cases", "10", *words)
    assert not Case.objects.exists()


def test_a_street_without_people_is_refused(world: World) -> None:
    Street.objects.create(code="EMPTY", name="空街道", for_trial=True)
    with pytest.raises(CommandError, match="no community with grids and people"):
        seed("--cases", "10", "--street", "EMPTY")


@pytest.mark.parametrize(
    "words", [["--cases", "0"], ["--cases", "5", "--open-share", "2"], ["--cases", "5", "--months", "0"]]
)
def test_figures_that_make_no_sense_are_refused(world: World, words: list[str]) -> None:
    with pytest.raises(CommandError, match="Give 1 to"):
        seed(*words, "--street", "TST")
