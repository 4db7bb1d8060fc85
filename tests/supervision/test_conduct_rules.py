"""The rules about reports on conduct, without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from supervision.conduct.leaders import Leader, Match, about_leader
from supervision.conduct.rules import (
    OUTCOMES,
    Act,
    Facts,
    Looker,
    Measure,
    Part,
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
    assert (about_leader(who, [], leaders) is Match.SURE) is is_one


LEADERS = [
    Leader("司徒明远", "街道党工委书记"),
    Leader("上官文清", "街道办事处主任"),
    Leader("闻人立夏", "街道人大工委主任"),
    Leader("周启明", "街道党工委副书记、武装部部长"),
    Leader("马建", "街道办事处副主任"),
    Leader("王建国", "街道分管领导"),
]


THE_STREET_S = """街道书记 街道办主任 街道主任 街道办事处主任 党工委书记 工委书记 街道党委书记 街道第一书记 街道纪工委书记
    纪工委书记 办事处主任 街办主任 街道办事处副主任 柳荫街道书记 柳荫街道办张主任 街道欧阳书记 街道人大工委主任 街道领导
    街道一把手 街道黨工委書記 司徒书记 上官主任 上\u200b官主任 闻人主任 周书记 周副书记 周部长 马主任 马副主任 小马主任
    王领导 启明书记 司徒明远 窗口小李和上官文清"""
SOMEBODY_ELSE_S = """书记 主任 社区书记 社區書記 居委会主任 社区主任 社区支部书记 东园社区第一书记 社区党工委书记 东园社区周书记
    社区的马主任 居委会马主任 居委会的司徒主任 东园社区党委周书记 社区党总支周书记 社区党支部周书记 司马主任 陈建国主任
    王强主任 城管科马主任 综治办马主任 街道办公室主任 街道综治办主任 街道社区主任 街道、社区主任 街道东园社区书记
    柳荫街道东园社区居委会主任 街道村书记 团工委书记 街道团工委书记 街道关工委主任 街道妇联主任 街道主任科员 街道书记员
    街道办公室的小李 街道网格员 街道城管队队长 街道便民服务中心主任 街道窗口 街道工作人员 楼长 物业经理"""


@pytest.mark.parametrize("who", THE_STREET_S.split())
def test_who_is_said_to_be_a_leader_is_one_however_people_call_them(who: str) -> None:
    assert about_leader(who, [], LEADERS) is Match.SURE


@pytest.mark.parametrize("who", SOMEBODY_ELSE_S.split())
def test_everybody_else_can_be_reported_directors_of_communities_included(who: str) -> None:
    assert about_leader(who, [], LEADERS) is Match.NONE


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("街道党工委书记司徒明远收了红包", Match.SURE),
        ("有人看见司徒 明远在饭店", Match.SURE),
        ("街道书记收了红包", Match.GUESS),
        ("我找过街道办事处主任，没有用", Match.GUESS),
        ("党工委书记的亲戚", Match.GUESS),
        ("这事街道分管领导知道", Match.GUESS),
        ("希望街道领导管一管社区书记", Match.NONE),
        ("社区书记收了红包，居委会主任也在", Match.NONE),
        ("马主任不在，周书记也不在", Match.NONE),
        ("街道办公室让我去社区找主任", Match.NONE),
        ("", Match.NONE),
    ],
)
def test_in_running_text_a_name_is_sure_and_an_office_is_a_guess(text: str, match: Match) -> None:
    assert about_leader("", [text], LEADERS) is match
    assert about_leader("窗口", ["", text], LEADERS) is match
