"""Many people at once: nothing typed is lost, nothing lands twice, no number is skipped. Each with its own connection."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction

from complaints import actions
from complaints.chain import text_hash
from complaints.history import verify
from complaints.models import Case, CaseCounter, Event, Handover, Holding
from config.lib.errors import RuleBroken, Stale
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)

Result = TypeVar("Result")


def at_once(acts: Sequence[Callable[[], Result]]) -> list[Result]:
    """Each act in a thread of its own, started together."""
    ready = Barrier(len(acts))

    def run(act: Callable[[], Result]) -> Result:
        try:
            connection.ensure_connection()
            ready.wait(30)
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_eight_people_edit_one_case_a_hundred_times_each(world: World) -> None:
    case = world.log(text="start")
    people = [world.worker, world.secretary, world.supervisor, world.supervisor2] * 2

    def edits(place: int) -> Callable[[], list[tuple[str, str] | None]]:
        def edit(turn: int) -> tuple[str, str] | None:
            version, seen = Case.objects.values_list("version", "text").get(pk=case.pk)
            try:
                actions.edit(case, by=people[place], now=world.now, version=version, text=f"{place}.{turn}")
            except Stale:
                return None
            return seen, f"{place}.{turn}"

        return lambda: [edit(turn) for turn in range(100)]

    answers = [answer for told in at_once([edits(place) for place in range(8)]) for answer in told]
    accepted, conflicts = [answer for answer in answers if answer], answers.count(None)
    assert len(accepted) + conflicts == 800
    assert conflicts, "they never met"
    after = Case.objects.get(pk=case.pk)
    assert after.version == 1 + len(accepted) == Event.objects.filter(case=case).count()
    follows = dict(accepted)  # what was seen -> what was written over it
    assert len(follows) == len(accepted), "two people wrote over the same text: one of them is lost"
    text = "start"
    for _edit in accepted:
        text = follows[text]
    assert text == after.text
    assert verify().ok


def test_the_same_form_posted_fifty_times_at_once_is_one_case(world: World) -> None:
    key = uuid4()
    numbers = at_once([lambda: world.log(submission_key=key).number] * 50)
    assert set(numbers) == {"TST-20261118-0001"}
    assert Case.objects.count() == Holding.objects.count() == 1
    assert CaseCounter.objects.get().last == 1
    assert verify().ok


def test_case_numbers_have_no_gap_though_a_tenth_of_the_registrations_fail(world: World) -> None:
    def log(place: int) -> Callable[[], list[int]]:
        def run() -> list[int]:
            kept = []
            for turn in range(10):
                with transaction.atomic():
                    number = world.log().number
                    if (place + turn) % 10 == 0:
                        transaction.set_rollback(True)
                    else:
                        kept.append(int(number[-4:]))
            return kept

        return run

    numbers = sorted(number for kept in at_once([log(place) for place in range(16)]) for number in kept)
    assert numbers == list(range(1, 16 * 9 + 1))
    assert CaseCounter.objects.get().last == 16 * 9
    assert verify().ok


def test_two_colleagues_accept_the_same_dispatch_and_one_has_the_case(world: World) -> None:
    for _turn in range(10):
        case = world.log()
        actions.dispatch(case, by=world.worker, now=world.now, version=1, unit=world.west_unit)

        def accept(who: str, case: Case = case) -> Callable[[], str]:
            def run() -> str:
                try:
                    actions.accept(case, by=getattr(world, who), now=world.now)
                except (RuleBroken, PermissionDenied):
                    return "refused"
                return who

            return run

        answers = at_once([accept("outsider"), accept("west_secretary")])
        winner = next(answer for answer in answers if answer != "refused")
        assert sorted(answers) == sorted(["refused", winner])
        assert Case.objects.get(pk=case.pk).responsible.username == winner
        assert Handover.objects.get(case=case).decided_by.username == winner  # type: ignore[union-attr]
        assert Holding.objects.filter(case=case).count() == 2
    assert verify().ok


def test_two_cases_linked_to_each_other_at_once_end_with_one_main_case(world: World) -> None:
    for _turn in range(10):
        one, other = world.log(), world.log()

        def merge(case: Case, into: Case) -> Callable[[], str]:
            def run() -> str:
                try:
                    actions.merge(case, by=world.worker, now=world.now, version=1, into=into, text="同一事项")
                except RuleBroken as no:
                    return no.code
                return "merged"

            return run

        answers = at_once([merge(one, other), merge(other, one)])
        assert sorted(answers) in (["merged", "no_main_case"], ["has_duplicates", "merged"])
        assert Case.objects.filter(pk__in=[one.pk, other.pk], duplicate_of=None).count() == 1
    assert verify().ok


def test_a_hash_is_never_built_on_a_head_that_is_gone(world: World) -> None:
    """Notes take no version: they queue up behind the row's lock and each finds the one before it."""
    case = world.log()
    texts = [f"第{place}条" for place in range(16)]
    at_once([lambda text=text: actions.note(case, by=world.worker, now=world.now, text=text) for text in texts])  # type: ignore[misc]
    noted = Event.objects.filter(case=case, kind="noted").values_list("data__text", flat=True)
    assert set(noted) == {text_hash(text) for text in texts}
    assert verify().ok
