"""What comes next on a case, for everybody who looks at it. No database."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.utils import translation

from complaints.next_step import Code, Facts, Step, next_step, sentence, short_moment
from complaints.rights import Standing, may
from complaints.states import Act
from tests.world import SHANGHAI

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=SHANGHAI)
LATER, EARLIER = NOW + timedelta(hours=4), NOW - timedelta(hours=4)
NEW = Facts(status="registered", light="green", responsible="李敏", due_at=LATER, response_due_at=LATER)
TALKED = replace(NEW, status="handling", answered=True)
DONE = Facts(status="concluded", light="green", responsible="李敏", answered=True)

HANDLER = Standing(responsible=True, first_contact=True, in_unit=True, works=True)
COLLEAGUE = Standing(in_unit=True, works=True)
OFFERED = Standing(in_unit=True, offered=True, works=True)
CO_UNIT = Standing(in_co_unit=True, works=True)
SECRETARY = Standing(leads=True, in_unit=True, works=True)
SUPERVISOR = Standing(oversees=True, works=True)
ONLOOKER = Standing()

TABLE = [
    ("a new case: talk to the resident first", NEW, HANDLER, Code.CONTACT, Act.CONTACT),
    ("nobody has called and the limit is over", replace(NEW, light="red", response_due_at=EARLIER), HANDLER,
     Code.CONTACT_LATE, Act.CONTACT),
    ("on the very second of the limit it is not late", replace(NEW, response_due_at=NOW), HANDLER, Code.CONTACT,
     Act.CONTACT),
    ("the resident knows: reply and conclude", TALKED, HANDLER, Code.CONCLUDE, Act.CONCLUDE),
    ("yellow: say by when", replace(TALKED, light="yellow"), HANDLER, Code.CONCLUDE_SOON, Act.CONCLUDE),
    ("red: now", replace(TALKED, light="red"), HANDLER, Code.CONCLUDE_LATE, Act.CONCLUDE),
    ("a colleague offers it to me", replace(NEW, offered_to="王强", offered_by="李敏"), OFFERED, Code.ACCEPT_OFFER,
     Act.ACCEPT),
    ("it was dispatched to my unit", replace(NEW, offered_to="综合执法队", dispatched=True), OFFERED,
     Code.ACCEPT_DISPATCH, Act.ACCEPT),
    ("I offered it, but the resident has not been called", replace(NEW, offered_to="王强"), HANDLER, Code.CONTACT,
     Act.CONTACT),
    ("I offered it and wait", replace(TALKED, offered_to="王强"), HANDLER, Code.AWAIT_ACCEPTANCE, Act.TAKE_BACK),
    ("a colleague sees whom it waits for", replace(TALKED, offered_to="王强"), COLLEAGUE, Code.AWAIT_ACCEPTANCE, None),
    ("an objection before the adjudicator", replace(TALKED, objected=True), SUPERVISOR, Code.ADJUDICATE,
     Act.ADJUDICATE),
    ("an objection, seen by the handler", replace(TALKED, objected=True), HANDLER, Code.AWAIT_ADJUDICATION, None),
    ("an objection does not excuse from calling", replace(NEW, objected=True), HANDLER, Code.CONTACT, Act.CONTACT),
    ("an extension to decide", replace(TALKED, asked="extension"), SECRETARY, Code.DECIDE_EXTENSION, Act.APPROVE),
    ("a pause to decide", replace(TALKED, asked="pause"), SUPERVISOR, Code.DECIDE_PAUSE, Act.APPROVE),
    ("a class to decide", replace(TALKED, asked="complex"), SECRETARY, Code.DECIDE_COMPLEX, Act.APPROVE),
    ("who asked cannot decide", replace(TALKED, asked="pause"), replace(SECRETARY, asked=True), Code.AWAIT_PAUSE, None),
    ("who answers for it cannot decide", replace(TALKED, asked="complex"), replace(SECRETARY, responsible=True),
     Code.AWAIT_COMPLEX, None),
    ("the handler waits for the decision", replace(TALKED, asked="extension"), HANDLER, Code.AWAIT_EXTENSION, None),
    ("my unit owes its part", replace(TALKED, co_units=("综合执法队",)), CO_UNIT, Code.FINISH_JOINT, Act.FINISH_JOINT),
    ("the lead waits for it", replace(TALKED, co_units=("综合执法队", "和居物业")), HANDLER, Code.AWAIT_JOINT, None),
    ("paused", replace(TALKED, light="paused", paused_until=LATER), HANDLER, Code.PAUSED, Act.RESUME),
    ("paused before anybody called", replace(NEW, light="paused", paused_until=LATER), HANDLER, Code.PAUSED,
     Act.RESUME),
    ("paused, seen by a colleague", replace(TALKED, light="paused", paused_until=LATER), COLLEAGUE, Code.PAUSED, None),
    ("a colleague's case", NEW, COLLEAGUE, Code.HANDLED_BY, None),
    ("somebody who only looks", NEW, ONLOOKER, Code.HANDLED_BY, None),
    ("red, seen by the secretary", replace(TALKED, light="red"), SECRETARY, Code.URGE, Act.NOTE),
    ("red, seen by a colleague", replace(TALKED, light="red"), COLLEAGUE, Code.HANDLED_BY, None),
    ("concluded: a colleague calls back", replace(DONE, callback_wanted=True), COLLEAGUE, Code.CALL_BACK,
     Act.CALL_BACK),
    ("concluded: never the handler", replace(DONE, callback_wanted=True), HANDLER, Code.AWAIT_CALLBACK, None),
    ("concluded and called back", DONE, COLLEAGUE, Code.NOTHING, None),
    ("withdrawn", replace(DONE, status="withdrawn", callback_wanted=True), COLLEAGUE, Code.NOTHING, None),
    ("linked as duplicate", replace(DONE, status="merged"), SUPERVISOR, Code.NOTHING, None),
]  # fmt: skip


@pytest.mark.parametrize(("case", "who", "code", "act"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_what_comes_next(case: Facts, who: Standing, code: Code, act: Act | None) -> None:
    step = next_step(case, who, NOW)
    assert (step.code, step.act) == (code, act)


@pytest.mark.parametrize("case", [row[1] for row in TABLE], ids=[row[0] for row in TABLE])
@pytest.mark.parametrize("who", [HANDLER, COLLEAGUE, OFFERED, CO_UNIT, SECRETARY, SUPERVISOR, ONLOOKER])
def test_nobody_is_sent_to_an_act_that_is_not_theirs(case: Facts, who: Standing) -> None:
    step = next_step(case, who, NOW)
    assert step.act is None or may(step.act, who)


@pytest.mark.parametrize("code", Code)
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_step_is_a_whole_sentence(code: Code, language: str) -> None:
    with translation.override(language):
        said = sentence(Step(code, name="王强", at=LATER), NOW)
    assert "%" not in said
    assert (said == "") is (code == Code.NOTHING)


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (datetime(2026, 11, 18, 14, 5, tzinfo=SHANGHAI), "14:05"),
        (datetime(2026, 11, 23, 14, 5, tzinfo=SHANGHAI), "23rd 14:05"),
        (datetime(2026, 12, 2, 9, 0, tzinfo=SHANGHAI), "2 Dec 09:00"),
        (datetime(2027, 11, 18, 9, 0, tzinfo=SHANGHAI), "18 Nov 09:00"),
        (None, ""),
    ],
)
def test_instants_are_said_as_among_colleagues(at: datetime | None, said: str) -> None:
    with translation.override("en"):
        assert short_moment(at, NOW) == said
