"""The rules of a case on plain values: what is possible when, who may do what, how it changes hands."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import product

import pytest
from django.conf import settings

from complaints import handover as moves
from complaints.chain import Link, day_hash, link_hash, text_hash
from complaints.handover import Chain
from complaints.lights import Instants, Light, case_light, light, on_time, worse
from complaints.models import Case
from complaints.policies import policy_code
from complaints.rights import MAY, Standing, may
from complaints.states import ANY, CLOSED, OPEN, POSSIBLE, TRANSITIONS, Act, possible
from complaints.words import INDEXED, grams, query_grams

NOON = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)


def hours(count: float) -> datetime:
    return NOON + timedelta(hours=count)


# States


def test_the_states_of_the_rules_are_the_states_of_the_rows() -> None:
    assert set(Case.Status.values) == ANY
    assert set(Case.OPEN) == OPEN
    assert OPEN.isdisjoint(CLOSED)


def test_the_database_guards_the_same_transitions_as_the_rules() -> None:
    source = (settings.BASE_DIR / "complaints/migrations/0002_history_cannot_be_edited.py").read_text()
    guarded = {pair for pair in re.findall(r"\('(\w+)', '(\w+)'\)", source) if pair[0] in ANY}
    assert guarded == {(was, then) for was, targets in TRANSITIONS.items() for then in targets}


def test_a_case_leaves_every_closed_state_only_by_being_taken_up_again() -> None:
    assert {status: TRANSITIONS[status] for status in CLOSED} == dict.fromkeys(CLOSED, frozenset({"handling"}))
    assert all("registered" not in targets for targets in TRANSITIONS.values()), "nothing goes back to the start"


SPECIAL = {Act.NOTE, Act.ATTACH, Act.CONTACT, Act.CALL_BACK, Act.REDO, Act.REOPEN}


@pytest.mark.parametrize(
    ("act", "states"),
    [
        (Act.NOTE, ANY),
        (Act.ATTACH, ANY),
        (Act.CONTACT, OPEN | {"concluded"}),
        (Act.CALL_BACK, {"concluded"}),
        (Act.REDO, {"concluded"}),
        (Act.REOPEN, CLOSED),
        *((act, OPEN) for act in Act if act not in SPECIAL),
    ],
)
def test_an_act_is_possible_in_its_states_and_in_no_other(act: Act, states: frozenset[str]) -> None:
    assert {status for status in ANY if possible(act, status)} == set(states)


def test_every_act_has_its_states_and_its_rule() -> None:
    assert set(POSSIBLE) == set(MAY) == set(Act)


# Rights

NOBODY = Standing()
HANDLER = Standing(responsible=True, in_unit=True, works=True)
ASKED_FIRST = Standing(first_contact=True, works=True)
COLLEAGUE = Standing(in_unit=True, works=True)
OFFERED = Standing(offered=True, works=True)
CO_UNIT = Standing(in_co_unit=True, works=True)
SECRETARY = Standing(leads=True, in_unit=True, works=True)
SUPERVISOR = Standing(oversees=True, works=True)
ELSEWHERE = Standing(works=True)
PEOPLE = {
    "nobody": NOBODY,
    "handler": HANDLER,
    "asked_first": ASKED_FIRST,
    "colleague": COLLEAGUE,
    "offered": OFFERED,
    "co_unit": CO_UNIT,
    "secretary": SECRETARY,
    "supervisor": SUPERVISOR,
    "elsewhere": ELSEWHERE,
}
HANDLERS = {"handler", "secretary", "supervisor"}
PART = HANDLERS | {"asked_first", "colleague", "offered", "co_unit"}
TABLE: dict[Act, set[str]] = {
    Act.EDIT: HANDLERS | {"asked_first"},
    Act.CONTACT: PART,
    Act.NOTE: PART | {"elsewhere"},
    Act.REPLY: HANDLERS,
    Act.ATTACH: PART,
    Act.OFFER: HANDLERS,
    Act.DISPATCH: HANDLERS | {"asked_first"},
    Act.ACCEPT: {"offered"},
    Act.DECLINE: {"offered"},
    Act.TAKE_BACK: HANDLERS | {"asked_first"},
    Act.RETURN: {"handler", "offered"},
    Act.OBJECT: {"handler", "offered"},
    Act.ADJUDICATE: {"supervisor"},
    Act.ASK_JOINT: HANDLERS,
    Act.FINISH_JOINT: {"co_unit"},
    Act.CANCEL_JOINT: HANDLERS,
    Act.ASK_PAUSE: {"handler"},
    Act.ASK_EXTENSION: {"handler"},
    Act.ASK_COMPLEX: {"handler"},
    Act.EXPLAIN_DELAY: {"handler"},
    Act.APPROVE: {"secretary", "supervisor"},
    Act.REFUSE: {"secretary", "supervisor"},
    Act.RESUME: HANDLERS,
    Act.CONCLUDE: {"handler"},
    Act.CALL_BACK: {"colleague", "secretary", "supervisor"},
    Act.REDO: {"secretary", "supervisor"},
    Act.REOPEN: HANDLERS | {"asked_first"},
    Act.WITHDRAW: HANDLERS | {"asked_first"},
    Act.MERGE: HANDLERS,
}


@pytest.mark.parametrize(("act", "name"), list(product(Act, PEOPLE)))
def test_a_person_may_do_what_their_standing_carries(act: Act, name: str) -> None:
    assert may(act, PEOPLE[name]) == (name in TABLE[act])


@pytest.mark.parametrize("name", ["secretary", "supervisor"])
@pytest.mark.parametrize("part", ["asked", "responsible"])
def test_nobody_decides_on_their_own_wish_or_their_own_case(name: str, part: str) -> None:
    who = replace(PEOPLE[name], **{part: True})
    assert not may(Act.APPROVE, who)
    assert not may(Act.REFUSE, who)


@pytest.mark.parametrize("name", ["colleague", "secretary", "supervisor"])
def test_nobody_calls_back_about_their_own_work(name: str) -> None:
    assert not may(Act.CALL_BACK, replace(PEOPLE[name], responsible=True))


def test_a_standing_is_nothing_until_said() -> None:
    assert not any(getattr(NOBODY, field.name) for field in fields(Standing))
    assert not any(may(act, NOBODY) for act in Act)


# Handing over. Units 1 (asked first), 2, 3, 4; people 10 (responsible) and 11.

HELD = Chain(unit=1, first_unit=1, responsible=10)
AT_TWO = replace(HELD, unit=2)
DISPATCHED = replace(HELD, offered=2)
PERSONALLY = replace(HELD, offered=2, offered_person=11)


@pytest.mark.parametrize(
    ("chain", "to", "code"),
    [
        (HELD, 11, None),
        (HELD, 10, "already_responsible"),
        (DISPATCHED, 11, "offer_open"),
        (replace(HELD, objected=True), 11, "objection_open"),
        (replace(HELD, adjudicated=True), 11, None),
    ],
)
def test_offering_a_case_to_a_colleague(chain: Chain, to: int, code: str | None) -> None:
    assert moves.offer_refused(chain, to) == code


@pytest.mark.parametrize(
    ("chain", "to", "code"),
    [
        (HELD, 2, None),
        (HELD, 1, "already_there"),
        (PERSONALLY, 3, "offer_open"),
        (replace(HELD, returned=frozenset({2})), 2, "unit_returned_it"),
        (replace(HELD, returned=frozenset({2})), 3, None),
        (replace(HELD, adjudicated=True), 2, "adjudicated"),
        (replace(HELD, objected=True), 2, "objection_open"),
        (AT_TWO, 1, None),
    ],
)
def test_dispatching_a_case_to_a_unit(chain: Chain, to: int, code: str | None) -> None:
    assert moves.dispatch_refused(chain, to) == code


@pytest.mark.parametrize(
    ("chain", "unit", "code"),
    [
        (DISPATCHED, 2, None),
        (AT_TWO, 2, None),
        (HELD, 1, "asked_first"),
        (replace(AT_TWO, offered=1), 1, None),
        (DISPATCHED, 1, "offer_open"),
        (PERSONALLY, 2, "offer_open"),
        (replace(AT_TWO, returned=frozenset({2})), 2, "returned_before"),
        (replace(AT_TWO, adjudicated=True), 2, "adjudicated"),
        (replace(AT_TWO, objected=True), 2, "objection_open"),
    ],
)
def test_returning_a_case(chain: Chain, unit: int, code: str | None) -> None:
    assert moves.return_refused(chain, unit) == code


@pytest.mark.parametrize(
    ("chain", "unit", "code"),
    [
        (DISPATCHED, 2, None),
        (replace(AT_TWO, returned=frozenset({2})), 2, None),
        (HELD, 1, "asked_first"),
        (PERSONALLY, 2, "offer_open"),
        (replace(AT_TWO, adjudicated=True), 2, "adjudicated"),
        (replace(AT_TWO, objected=True), 2, "objection_open"),
    ],
)
def test_objecting_to_a_case(chain: Chain, unit: int, code: str | None) -> None:
    assert moves.objection_refused(chain, unit) == code


@pytest.mark.parametrize(("returns", "adjudicated"), [(0, False), (2, False), (3, True), (4, True)])
def test_the_third_return_goes_to_the_adjudicator(returns: int, adjudicated: bool) -> None:
    assert moves.goes_to_adjudicator(replace(HELD, returned=frozenset(range(2, 2 + returns)))) is adjudicated


# Time limits


@pytest.mark.parametrize(
    ("kind", "urgency", "own", "code"),
    [
        ("help", "normal", "", "ordinary"),
        ("complaint", "normal", "", "ordinary"),
        ("inquiry", "normal", "", "inquiry"),
        ("suggestion", "normal", "", "suggestion"),
        ("praise", "normal", "", "suggestion"),
        ("inquiry", "emergency", "", "emergency"),
        ("help", "utility", "", "utility"),
        ("help", "complex", "", "complex"),
        ("inquiry", "normal", "ordinary", "ordinary"),
        ("help", "emergency", "inquiry", "emergency"),
    ],
)
def test_urgency_then_category_then_kind_pick_the_time_limit(kind: str, urgency: str, own: str, code: str) -> None:
    assert policy_code(kind, urgency, own) == code


# Lights

RUNNING = Instants(due_at=hours(10), yellow_at=hours(6))


@pytest.mark.parametrize(
    ("clock", "now", "colour"),
    [
        (RUNNING, hours(0), Light.GREEN),
        (RUNNING, hours(6), Light.GREEN),
        (RUNNING, hours(6) + timedelta(seconds=1), Light.YELLOW),
        (RUNNING, hours(10), Light.YELLOW),
        (RUNNING, hours(10) + timedelta(seconds=1), Light.RED),
        (replace(RUNNING, yellow_at=None), hours(9), Light.GREEN),
        (replace(RUNNING, stopped_at=hours(5)), hours(99), Light.GREEN),
        (replace(RUNNING, stopped_at=hours(7)), hours(99), Light.YELLOW),
        (replace(RUNNING, stopped_at=hours(10)), hours(99), Light.YELLOW),
        (replace(RUNNING, stopped_at=hours(11)), hours(99), Light.RED),
        (replace(RUNNING, paused_from=hours(1), paused_until=hours(2)), hours(1), Light.PAUSED),
        (replace(RUNNING, paused_from=hours(1), paused_until=hours(2)), hours(2), Light.GREEN),
        (replace(RUNNING, paused_from=hours(1), paused_until=hours(2), stopped_at=hours(1)), hours(1), Light.GREEN),
    ],
)
def test_a_light_is_a_comparison_of_instants(clock: Instants, now: datetime, colour: Light) -> None:
    assert light(clock, now) == colour


@pytest.mark.parametrize(
    ("resolution", "response", "now", "colour"),
    [
        (RUNNING, None, hours(1), Light.GREEN),
        (RUNNING, Instants(due_at=hours(2), yellow_at=hours(1)), hours(1.5), Light.YELLOW),
        (RUNNING, Instants(due_at=hours(2), yellow_at=hours(1)), hours(3), Light.RED),
        (RUNNING, Instants(due_at=hours(2), stopped_at=hours(3)), hours(3), Light.GREEN),
        (replace(RUNNING, stopped_at=hours(3)), Instants(due_at=hours(2)), hours(3), Light.GREEN),
        (replace(RUNNING, paused_from=hours(1), paused_until=hours(5)), Instants(due_at=hours(2)), hours(3), "paused"),
        (RUNNING, Instants(due_at=hours(20)), hours(11), Light.RED),
    ],
)
def test_an_unanswered_resident_makes_a_cases_light_worse_never_better(
    resolution: Instants, response: Instants | None, now: datetime, colour: str
) -> None:
    assert case_light(resolution, response, now) == colour


def test_red_is_worse_than_yellow_and_yellow_than_green() -> None:
    assert worse(Light.GREEN, Light.YELLOW) == worse(Light.YELLOW, Light.GREEN) == Light.YELLOW
    assert worse(Light.RED, Light.YELLOW) == Light.RED


@pytest.mark.parametrize(
    ("stopped", "now", "kept"),
    [
        (None, hours(10), None),
        (None, hours(10.1), False),
        (hours(10), hours(50), True),
        (hours(10.1), hours(50), False),
    ],
)
def test_on_time_is_judged_at_the_moment_of_completion(stopped: datetime | None, now: datetime, kept: object) -> None:
    assert on_time(stopped, hours(10), now) is kept


# Search words


def test_chinese_is_found_by_pairs_and_latin_by_whole_words() -> None:
    found = {"楼", "道", "灯", "楼道", "道灯", "3", "号", "号楼", "a", "座", "led"}
    assert grams("楼道灯", "3号楼 A座 LED") == sorted(found)
    assert query_grams("楼道灯 LED") == sorted({"楼道", "道灯", "led"})
    assert query_grams("灯") == ["灯"]


def test_punctuation_and_nothing_leave_no_words() -> None:
    assert grams("", ",。!  ") == query_grams("——") == []


@pytest.mark.parametrize("words", ["楼道灯不亮", "LED", "灯", "3号楼"])
def test_whatever_is_asked_for_in_the_words_of_the_text_is_found(words: str) -> None:
    assert set(query_grams(words)) <= set(grams(f"东园{words}已经一周 LED"))


def test_a_very_long_text_is_indexed_up_to_its_limit() -> None:
    assert "尾巴" not in grams("楼" * INDEXED + "尾巴")


# Chain

LINK = Link("TST-20261118-0001", 1, "registered", NOON, NOON, 7, {"text": text_hash("灯不亮"), "unit": 2})


def test_the_same_row_has_the_same_hash_in_any_time_zone_and_any_order_of_details() -> None:
    shanghai = timezone(timedelta(hours=8))
    same = replace(LINK, at=NOON.astimezone(shanghai), data={"unit": 2, "text": text_hash("灯不亮")})
    assert link_hash("", LINK) == link_hash("", same)
    assert re.fullmatch(r"[0-9a-f]{64}", link_hash("", LINK))


@pytest.mark.parametrize(
    "changed",
    [
        {"number": "TST-20261118-0002"},
        {"seq": 2},
        {"kind": "edited"},
        {"at": NOON + timedelta(microseconds=1)},
        {"recorded_at": NOON + timedelta(microseconds=1)},
        {"by": None},
        {"data": {"text": text_hash("灯不亮"), "unit": 3}},
        {"data": {"text": text_hash("灯不亮")}},
    ],
)
def test_any_change_of_a_row_changes_its_hash(changed: dict[str, object]) -> None:
    assert link_hash("", replace(LINK, **changed)) != link_hash("", LINK)  # type: ignore[arg-type]


def test_a_hash_depends_on_all_that_went_before() -> None:
    assert link_hash(link_hash("", LINK), LINK) != link_hash("", LINK)


def test_a_days_digest_counts_its_events_and_hangs_on_the_day_before() -> None:
    count, digest = day_hash("", "2026-11-18", ["aa", "bb"])
    assert count == 2
    others = [("x", "2026-11-18", ["aa", "bb"]), ("", "2026-11-19", ["aa", "bb"]), ("", "2026-11-18", ["bb", "aa"])]
    assert digest not in {day_hash(*other)[1] for other in others}
    assert day_hash("", "2026-11-18", [])[0] == 0
