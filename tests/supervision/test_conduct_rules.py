"""The rules about reports on conduct, without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from supervision.conduct.rules import (
    OUTCOMES,
    Act,
    Facts,
    Leader,
    Looker,
    Measure,
    Part,
    about_leader,
    biased,
    light,
    may,
    nobody_left,
    outcomes,
    overdue,
    part_of,
    possible,
    proposal,
    severity_fits,
)

STREET, UNIT, COMMUNITY = 1, 10, 100
OFFICER, ACCUSED, HELPER = 51, 52, 53
OFFICERS = frozenset({STREET})
FACTS = Facts(STREET, accused=frozenset({ACCUSED}), units=frozenset({UNIT}), communities=frozenset({COMMUNITY}))


def facts(**known: Any) -> Facts:
    return replace(FACTS, **known)


@pytest.mark.parametrize(
    ("who", "report", "part"),
    [
        (Looker(OFFICER, officer_of=OFFICERS), FACTS, Part.OFFICER),
        (Looker(OFFICER, officer_of=frozenset({2})), FACTS, Part.NONE),
        (Looker(ACCUSED, officer_of=OFFICERS), FACTS, Part.NONE),
        (Looker(OFFICER, officer_of=OFFICERS, units=frozenset({UNIT})), FACTS, Part.NONE),
        (Looker(OFFICER, officer_of=OFFICERS, units=frozenset({11})), FACTS, Part.OFFICER),
        (Looker(OFFICER, officer_of=OFFICERS, communities=frozenset({COMMUNITY})), FACTS, Part.NONE),
        (Looker(OFFICER, officer_of=OFFICERS), facts(recused=frozenset({OFFICER})), Part.NONE),
        (Looker(OFFICER, officer_of=OFFICERS), facts(held=True), Part.NONE),
        (Looker(OFFICER, works=False, officer_of=OFFICERS), FACTS, Part.NONE),
        (Looker(HELPER), FACTS, Part.NONE),
        (Looker(HELPER), facts(circle=frozenset({HELPER})), Part.MEMBER),
        (Looker(HELPER, works=False), facts(circle=frozenset({HELPER})), Part.NONE),
        (Looker(HELPER, units=frozenset({UNIT})), facts(circle=frozenset({HELPER})), Part.NONE),
        (Looker(HELPER), facts(circle=frozenset({HELPER}), recused=frozenset({HELPER})), Part.NONE),
        (Looker(HELPER), facts(circle=frozenset({HELPER}), held=True), Part.NONE),
    ],
)
def test_only_the_unbiased_and_whom_they_ask_see_a_report(who: Looker, report: Facts, part: Part) -> None:
    assert part_of(who, report) is part


def test_a_report_is_for_the_district_when_every_officer_is_concerned() -> None:
    officer, colleague = Looker(OFFICER, officer_of=OFFICERS), Looker(54, officer_of=OFFICERS, units=frozenset({UNIT}))
    assert not nobody_left([officer, colleague], FACTS)
    assert nobody_left([colleague], FACTS)
    assert nobody_left([], FACTS)
    assert nobody_left([Looker(HELPER)], facts(circle=frozenset({HELPER}))), "a helper alone does not lead"


def test_whoever_is_named_is_biased_even_without_any_post() -> None:
    assert biased(Looker(ACCUSED, works=False), FACTS)


@pytest.mark.parametrize("act", list(Act))
def test_helpers_add_findings_or_step_aside_and_nothing_else(act: Act) -> None:
    assert may(act, Part.OFFICER)
    assert may(act, Part.MEMBER) is (act in {Act.FIND, Act.RECUSE})
    assert not may(act, Part.NONE)


def test_what_is_possible_in_each_state() -> None:
    assert {act for act in Act if possible(act, "received")} == set(Act)
    assert {act for act in Act if possible(act, "accepted")} == set(Act) - {Act.ACCEPT}
    assert {act for act in Act if possible(act, "concluded")} == {Act.SAY, Act.IDENTITY}
    assert not any(possible(act, "needs_district") for act in Act)


def test_nothing_is_judged_before_it_was_examined() -> None:
    assert outcomes("received") == {"referred", "other_way"}
    assert outcomes("accepted") == OUTCOMES == {"true", "partly", "untrue", "referred", "other_way"}
    assert not outcomes("concluded") and not outcomes("needs_district")


@pytest.mark.parametrize(
    ("outcome", "fitting"),
    [
        ("true", {"mild", "serious", "grave"}),
        ("partly", {"mild", "serious", "grave"}),
        ("untrue", {""}),
        ("referred", {"grave"}),
        ("other_way", {""}),
    ],
)
def test_only_what_is_true_has_a_weight(outcome: str, fitting: set[str]) -> None:
    assert {one for one in ("", "mild", "serious", "grave") if severity_fits(outcome, one)} == fitting


def test_the_three_levels_propose_talk_admonition_and_referral() -> None:
    assert [proposal(one) for one in ("mild", "serious", "grave", "")] == [
        Measure.TALK,
        Measure.ADMONITION,
        Measure.REFERRAL,
        None,
    ]


def test_the_notice_is_late_only_after_its_last_second() -> None:
    due, second = datetime(2026, 12, 9, 10, tzinfo=UTC), timedelta(seconds=1)
    yellow = due - timedelta(days=3)
    assert not overdue(due, None, due) and overdue(due, None, due + second)
    assert not overdue(due, due, due + timedelta(days=9)), "told in time stays in time"
    assert overdue(due, due + second, due + timedelta(days=9)), "told late stays late"
    assert [light(yellow, due, None, at) for at in (yellow, yellow + second, due, due + second)] == [
        "green", "yellow", "yellow", "red",
    ]  # fmt: skip
    assert light(yellow, due, yellow, due + second) == "green"


@pytest.mark.parametrize(
    ("who", "is_one"),
    [
        ("周启明", True),
        ("周 启 明主任", True),
        ("街道党工委书记", True),
        ("办事处的街道 党工委书记，还有窗口的小李", True),
        ("社区主任", False),
        ("窗口穿蓝衣服的女同志", False),
        ("", False),
    ],
)
def test_leaders_are_recognised_by_name_or_full_title(who: str, is_one: bool) -> None:
    leaders = [Leader("周启明", "主任"), Leader("钱进", "街道党工委书记"), Leader("", "")]
    assert about_leader(who, leaders) is is_one
