"""Several people do anything to several cases in any order while time passes; what must always hold, holds.

`make test` walks STEPS steps, the same ones every time, because each is a real act in a real database and 20,000 of
them would double the suite's time. LINLI_STEPS=20000 walks that many, different ones each time; `make bench` does.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from complaints import actions
from complaints.actions import resident
from complaints.chain import Link, link_hash
from complaints.history import verify_chains
from complaints.models import Case, Event, Handover, JointTask, Objection
from complaints.states import CLOSED, CONCLUDED, OPEN, POSSIBLE, TRANSITIONS, Act
from config.lib.errors import RuleBroken
from staff.models import Person, Unit
from tests.world import World

STEPS = 2_000
A_CASE_LIFE = 50
LONG = 20_000

FACTS = """
    SELECT c.id, c.number, c.status, c.closed_at, c.version, c.head, c.cycle, c.responsible_id, c.unit_id,
           c.duplicate_of_id, e.events, e.last,
           (SELECT count(*) FROM complaints_handover h WHERE h.case_id = c.id AND h.verdict = ''),
           (SELECT count(*) FROM complaints_consent h WHERE h.case_id = c.id AND h.verdict = ''),
           (SELECT count(*) FROM complaints_objection h WHERE h.case_id = c.id AND h.decided_at IS NULL),
           (SELECT count(*) FROM complaints_jointtask h WHERE h.case_id = c.id AND h.done_at IS NULL),
           (SELECT person_id FROM complaints_holding h WHERE h.case_id = c.id ORDER BY since DESC, id DESC LIMIT 1)
    FROM complaints_case c,
         LATERAL (SELECT count(*) AS events, max(seq) AS last FROM complaints_event WHERE case_id = c.id) e
    WHERE c.id = ANY(%s) ORDER BY c.id
"""
CLOCKS = """
    SELECT case_id, kind, cycle, started_at, yellow_at, due_at, stopped_at, paused_from, paused_until
    FROM complaints_clock WHERE case_id = ANY(%s) AND kind <> 'joint' ORDER BY id
"""


@dataclass
class Known:
    """What was true of a case after the step before."""

    status: str = ""
    version: int = 0
    head: str = ""
    cycle: int = 1
    responsible: int = 0
    due_at: datetime | None = None
    floor: datetime | None = None  # the due instant before the pause in force
    paused_until: datetime | None = None
    asked: bool = False
    offered: bool = False
    objected: bool = False
    joint: bool = False
    verdicts: dict[tuple[str, int], tuple[Any, ...]] = field(default_factory=dict)


PEOPLE = (
    "worker", "worker2", "secretary", "outsider", "west_secretary", "department_worker", "department2_worker",
    "property_worker", "supervisor", "supervisor2", "discipline", "assessor", "delegate", "admin", "stranger",
)  # fmt: skip
NEVER = frozenset({"discipline", "assessor", "delegate", "admin", "stranger"})
LEAVERS = ("worker", "worker2", "secretary", "outsider", "department_worker", "property_worker", "supervisor2")
ASKED = ("worker", "worker2", "outsider")  # only somebody who is there can be asked
UNITS = ("unit", "west_unit", "office", "department", "department2", "property", "other_unit")
HANDLERS = ("responsible", "responsible", "responsible", "leader", "overseer")
KEPT_OUT = {"follow_source", "last_rows", "register", "register_many"}  # imports, logging

texts = st.sampled_from(("居民已同意", "换灯", "换灯", "  "))
words = st.sampled_from(("居民已同意", "换灯"))
people = st.sampled_from(PEOPLE)
units = st.sampled_from(UNITS)
nothing: st.SearchStrategy[dict[str, Any]] = st.just({})
wish = {"text": st.just("缺配件"), "told": st.just("下周到货")}


def facts(**strategies: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(strategies)


@dataclass(frozen=True, repr=False)
class Deed:
    """An act, the parts of those who may do it, the facts it is done with, and when it has a point."""

    act: Callable[..., object]
    parts: tuple[str, ...]
    facts: st.SearchStrategy[dict[str, Any]] = nothing
    versioned: bool = True
    when: Callable[[Known], bool] = lambda known: known.status in OPEN

    def __repr__(self) -> str:
        return self.act.__name__


def is_open(known: Known) -> bool:
    return known.status in OPEN


def resident_says(case: Case, *, by: Person, now: datetime, text: str) -> None:
    resident.say(case, now=now, text=text)


def resident_urges(case: Case, *, by: Person, now: datetime) -> None:
    resident.urge(case, now=now)


def resident_withdraws(case: Case, *, by: Person, now: datetime, reason: str) -> None:
    resident.withdraw(case, now=now, reason=reason)


# The first are drawn most often: dispatching and sending back needs several steps in a row.
DEEDS = [
    Deed(actions.dispatch, HANDLERS, facts(unit=units), when=lambda known: is_open(known) and not known.offered),
    Deed(actions.return_case, ("offered",), facts(reason=words), versioned=False, when=lambda known: known.offered),
    Deed(actions.object_to, ("offered",), facts(reason=words), versioned=False, when=lambda known: known.offered),
    Deed(
        actions.contact,
        (*HANDLERS, "colleague"),
        facts(
            way=st.just("call"), reached=st.booleans(), substantive=st.booleans(), text=texts, ago=st.integers(0, 30)
        ),
        versioned=False,
        when=lambda known: known.status in POSSIBLE[Act.CONTACT],
    ),
    Deed(actions.note, (*HANDLERS, "colleague"), facts(text=texts), versioned=False, when=lambda known: True),
    Deed(actions.reply, HANDLERS, facts(text=texts), versioned=False),
    Deed(actions.attach, (*HANDLERS, "colleague"), versioned=False, when=lambda known: True),
    Deed(
        actions.edit,
        (*HANDLERS, "first"),
        st.fixed_dictionaries(
            {},
            optional={
                "title": st.sampled_from(("楼道灯", "路灯", "")),
                "urgency": st.sampled_from(("normal", "utility", "emergency", "complex")),
                "kind": st.sampled_from(("help", "inquiry", "complaint")),
                "resident_phone": st.sampled_from(("", "13900000002")),
            },
        ),
    ),
    Deed(
        actions.offer, HANDLERS, facts(to=people, reason=words), when=lambda known: is_open(known) and not known.offered
    ),
    Deed(actions.dispatch, HANDLERS, facts(unit=units), when=lambda known: is_open(known) and not known.offered),
    Deed(actions.accept, ("offered",), versioned=False, when=lambda known: known.offered),
    Deed(
        actions.finish_joint,
        ("co_unit",),
        facts(result=words, other=st.just(False)),
        versioned=False,
        when=lambda known: known.joint,
    ),
    Deed(actions.decline, ("offered",), facts(reason=texts), versioned=False, when=lambda known: known.offered),
    Deed(actions.take_back, HANDLERS, versioned=False, when=lambda known: known.offered),
    Deed(actions.return_case, ("offered", "responsible"), facts(reason=words), versioned=False),
    Deed(actions.object_to, ("offered", "responsible"), facts(reason=words), versioned=False),
    Deed(
        actions.adjudicate,
        ("overseer",),
        facts(person=people, own=st.sampled_from((True, True, False)), unit=units, reason=words),
        when=lambda known: known.objected,
    ),
    Deed(actions.ask_joint, HANDLERS, facts(unit=units, days=st.integers(0, 5), task=words)),
    Deed(
        actions.finish_joint,
        ("co_unit",),
        facts(result=texts, other=st.sampled_from((False, False, True))),
        versioned=False,
        when=lambda known: known.joint,
    ),
    Deed(
        actions.cancel_joint,
        HANDLERS,
        facts(reason=texts, other=st.sampled_from((False, False, True))),
        versioned=False,
        when=lambda known: known.joint,
    ),
    Deed(
        actions.ask_pause,
        ("responsible",),
        facts(
            reason=st.sampled_from(("resident", "test", "unreachable", "", "leisure")), days=st.integers(0, 31), **wish
        ),
        when=lambda known: is_open(known) and not known.asked,
    ),
    Deed(actions.ask_extension, ("responsible",), facts(**wish), when=lambda known: is_open(known) and not known.asked),
    Deed(actions.ask_complex, ("responsible",), facts(**wish), when=lambda known: is_open(known) and not known.asked),
    Deed(
        actions.explain_delay,
        ("responsible",),
        facts(reason=st.sampled_from(("supplies", "others", "", "leisure")), text=texts),
        when=lambda known: is_open(known),
    ),
    Deed(actions.approve, ("leader", "overseer"), when=lambda known: known.asked),
    Deed(actions.approve, ("leader", "overseer"), when=lambda known: known.asked),
    Deed(actions.refuse, ("leader", "overseer"), facts(text=texts), when=lambda known: known.asked),
    Deed(actions.resume, HANDLERS, versioned=False, when=lambda known: known.paused_until is not None),
    Deed(
        actions.conclude,
        ("responsible",),
        facts(outcome=st.sampled_from(("resolved", "explained", "nonsense")), text=st.just("已修好。")),
    ),
    Deed(
        actions.call_back,
        ("colleague", "leader", "overseer"),
        facts(
            reached=st.sampled_from((True, True, False)),
            solved=st.sampled_from(("", "yes", "partly", "no", "maybe")),
            satisfied=st.sampled_from((None, 1, 3, 5, 6)),
        ),
        versioned=False,
        when=lambda known: known.status == CONCLUDED,
    ),
    Deed(actions.redo, ("leader", "overseer"), facts(reason=texts), when=lambda known: known.status == CONCLUDED),
    Deed(actions.reopen, (*HANDLERS, "first"), facts(reason=words), when=lambda known: known.status in CLOSED),
    Deed(actions.withdraw, (*HANDLERS, "first"), facts(reason=texts)),
    Deed(resident_says, ("responsible",), facts(text=texts), versioned=False),
    Deed(resident_urges, ("responsible",), versioned=False),
    Deed(resident_withdraws, ("responsible",), facts(reason=texts), versioned=False),
    Deed(actions.merge, HANDLERS, facts(into=st.integers(0, 2), text=st.just("并入主件"))),
    Deed(actions.give_code, (*HANDLERS, "colleague"), versioned=False, when=lambda known: True),
]
PARTS = sorted({part for deed in DEEDS for part in deed.parts})
PLAIN = ["act"] * 14 + ["time"] * 2 + ["people", "ask"]


class Street(RuleBasedStateMachine):
    """One life of up to three cases. The world is made once; each life is undone at its end."""

    world: World
    steps = 0
    done: dict[str, int] = {}

    def __init__(self) -> None:
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.now = self.world.now
        self.cases: list[Case] = []
        self.known: dict[int, Known] = {}
        self.people = {getattr(self.world, name).pk: name for name in PEOPLE}
        self.since: dict[int, int] = {}
        self._log("normal", "help", "worker")
        self.it_all_holds()

    def teardown(self) -> None:
        try:
            assert verify_chains(self.cases[0].pk, self.cases[-1].pk).ok
        finally:
            for name in LEAVERS:
                self._works(name, Person.Working.AT_WORK)
            transaction.set_rollback(True)
            self.undo.__exit__(None, None, None)

    @rule(data=st.data())
    def something_happens(self, data: st.DataObject) -> None:
        Street.steps += 1
        what = data.draw(st.sampled_from(PLAIN))
        if what == "time":
            self.now += timedelta(hours=data.draw(st.sampled_from((1, 1, 3, 8, 24, 24, 24, 72, 72, 24 * 30))))
        elif what == "people":
            name, working = data.draw(
                st.tuples(st.sampled_from(LEAVERS), st.sampled_from((*["at_work"] * 3, "left", "on_leave")))
            )
            Person.objects.filter(pk=self._named(name).pk).update(working=working)
            self._works(name, working)
        elif what == "ask" and len(self.cases) < 3 and any(map(self._is_there, ASKED)):
            urgencies, kinds = st.sampled_from(("normal", "utility")), st.sampled_from(("help", "inquiry", "praise"))
            there = st.sampled_from([name for name in ASKED if self._is_there(name)])
            self._log(*data.draw(st.tuples(urgencies, kinds, there)))
        elif data.draw(st.sampled_from((True,) * 9 + (False,))):
            self._in_turn(data)
        else:
            self._out_of_turn(data)

    def _in_turn(self, data: st.DataObject) -> None:
        """Somebody does what has a point now."""
        known = [(case, self.known[case.pk]) for case in self.cases if case.pk in self.known]
        deed = data.draw(st.sampled_from([deed for deed in DEEDS if any(deed.when(one) for _case, one in known)]))
        case = data.draw(st.sampled_from([case for case, one in known if deed.when(one)]))
        self._do(deed, case, self._person(case, data.draw(st.sampled_from(deed.parts))), data.draw(deed.facts))

    def _out_of_turn(self, data: st.DataObject) -> None:
        """Anybody tries anything, perhaps on what they saw an hour ago."""
        deed, case = data.draw(st.sampled_from(DEEDS)), data.draw(st.sampled_from(self.cases))
        name = data.draw(st.sampled_from((*PARTS, *PEOPLE)))
        by = self._named(name) if name in PEOPLE else self._person(case, name)
        self._do(deed, case, by, data.draw(deed.facts), stale=data.draw(st.booleans()))

    def _do(self, deed: Deed, case: Case, by: Person, said: dict[str, Any], *, stale: bool = False) -> None:
        """Done with one more event, or refused with none. Anything else is a fault."""
        more = self._facts(deed, case, said)
        if more is None:
            return
        if deed.versioned:
            more["version"] = self.known[case.pk].version - stale
        try:
            deed.act(case, by=by, now=self.now, **more)
        except (RuleBroken, PermissionDenied):
            return
        name = deed.act.__name__
        assert self.people[by.pk] not in NEVER or name.startswith("resident_"), f"{by} did {name}"
        assert not (stale and deed.versioned), f"{name} was done on what was seen an hour ago"
        self.since[case.pk] = self._grown(case) if deed.act is actions.edit else 1
        Street.done[name] = Street.done.get(name, 0) + 1

    def _grown(self, case: Case) -> int:
        """An edit that changes nothing is no change."""
        grown: int = Case.objects.values_list("version", flat=True).get(pk=case.pk) - self.known[case.pk].version
        assert grown in (0, 1)
        return grown

    def _facts(self, deed: Deed, case: Case, said: dict[str, Any]) -> dict[str, Any] | None:
        """What was drawn by name, as rows."""
        said = dict(said)
        for name in ("to", "person", "unit"):
            if name in said:
                said[name] = getattr(self.world, said[name])
        if said.pop("own", False):
            theirs = [unit for unit in map(self._unit, UNITS) if unit.pk in said["person"].scope().units]
            said["unit"] = theirs[0] if theirs else said["unit"]
        if "into" in said:
            said["into"] = self.cases[said["into"] % len(self.cases)]
        if "ago" in said:
            said["at"] = self.now - timedelta(hours=said.pop("ago"))
        if "other" in said:
            tasks = JointTask.objects.filter(done_at=None)
            of = tasks.exclude(case=case) if said.pop("other") else tasks.filter(case=case)
            said["task"] = of.order_by("-id").first()
            return said if said["task"] else None
        if deed.act is actions.attach:
            photo = SimpleUploadedFile("photo.jpg", b"photo", "image/jpeg")
            return {"file": photo, "name": "photo.jpg", "content_type": "image/jpeg"}
        return said

    # Who is who

    def _log(self, urgency: str, kind: str, first: str) -> None:
        west = first == "outsider"
        self.cases.append(
            self.world.log(
                at=self.now,
                urgency=urgency,
                kind=kind,
                first_contact=self._named(first),
                unit=self.world.west_unit if west else self.world.unit,
                community=self.world.west if west else self.world.east,
                grid=None,
            )
        )

    def _person(self, case: Case, part: str) -> Person:
        responsible = self.known[case.pk].responsible
        if part == "responsible":
            return self._named(self.people[responsible])
        if part == "first":
            return self._named(self.people[case.first_contact_id])
        if part == "leader":
            return self.world.secretary if case.community_id == self.world.east.pk else self.world.west_secretary
        if part == "overseer":
            taken = {responsible, *Objection.objects.filter(case=case, decided_at=None).values_list("by", flat=True)}
            return self.world.supervisor2 if self.world.supervisor.pk in taken else self.world.supervisor
        if part == "offered":
            row = Handover.objects.filter(case=case, verdict="").values_list("to_person", "to_unit").first()
            return self._named(self.people[row[0]]) if row and row[0] else self._of(row and row[1], None)
        if part == "co_unit":
            return self._of(
                JointTask.objects.filter(case=case, done_at=None).values_list("unit", flat=True).first(), None
            )
        return self._of(Case.objects.values_list("unit", flat=True).get(pk=case.pk), responsible)

    def _of(self, unit: int | None, but: int | None) -> Person:
        """Somebody of the unit."""
        everybody = [self._named(name) for name in PEOPLE if name not in NEVER]
        return next((one for one in everybody if unit in one.scope().units and one.pk != but), self.world.worker2)

    def _is_there(self, name: str) -> bool:
        return self._named(name).working == Person.Working.AT_WORK

    def _named(self, name: str) -> Person:
        person: Person = getattr(self.world, name)
        return person

    def _unit(self, name: str) -> Unit:
        unit: Unit = getattr(self.world, name)
        return unit

    def _works(self, name: str, working: str) -> None:
        person = self._named(name)
        person.working = working
        vars(person).pop("_scope", None)

    # What must always hold

    @invariant()
    def it_all_holds(self) -> None:
        keys = [case.pk for case in self.cases]
        with connection.cursor() as cursor:
            cursor.execute(CLOCKS, [keys])
            clocks: dict[int, list[tuple[Any, ...]]] = {key: [] for key in keys}
            for key, *row in cursor.fetchall():
                clocks[key].append(tuple(row))
            cursor.execute(FACTS, [keys])
            facts = cursor.fetchall()
        assert len(facts) == len(keys)
        mains = {row[0] for row in facts if row[9] is None}
        for row in facts:
            assert row[9] is None or row[9] in mains, "a duplicate points to a main case"
            self._case_holds(row, clocks[row[0]])
        self.since.clear()

    def _case_holds(self, row: tuple[Any, ...], clocks: list[tuple[Any, ...]]) -> None:
        (key, number, status, closed_at, version, head, cycle, responsible, _unit, _main,
         events, last, offers, consents, objections, tasks, holder) = row  # fmt: skip
        known = self.known.setdefault(key, Known())
        new = known.version == 0
        assert version == events == last, "one version, one event"
        kind = self._event_holds(key, number, known, version, head)
        assert new or version - known.version == self.since.get(key, 0), "exactly one event per act"
        assert (status in CLOSED) == (closed_at is not None)
        assert new or status == known.status or status in TRANSITIONS[known.status]
        assert max(offers, consents, objections) <= 1
        assert closed_at is None or offers + consents + objections + tasks == 0, "nothing waits in a closed case"
        assert responsible == holder, "the chain of responsibility ends with who is responsible"
        self._responsible_holds(known, responsible, reopened=known.status in CLOSED and status not in CLOSED)
        self._clocks_hold(known, clocks, cycle, closed_at, kind)
        known.status, known.version, known.head = status, version, head
        known.cycle, known.responsible = cycle, responsible
        known.offered, known.asked, known.objected, known.joint = map(bool, (offers, consents, objections, tasks))

    def _responsible_holds(self, known: Known, responsible: int, *, reopened: bool) -> None:
        name = self.people[responsible]
        assert name not in NEVER
        if responsible != known.responsible or reopened:
            assert self._is_there(name), f"{name} is not there to answer for the case"

    def _event_holds(self, key: int, number: str, known: Known, version: int, head: str) -> str:
        if version == known.version:
            assert head == known.head
            return ""
        event = Event.objects.get(case=key, seq=version)
        link = Link(number, event.seq, event.kind, event.at, event.recorded_at, event.by_id, event.data)
        assert event.prev == known.head
        assert event.hash == head == link_hash(event.prev, link)
        return event.kind + ("_complex" if event.data.get("what") == "complex" else "")

    def _clocks_hold(
        self, known: Known, clocks: list[tuple[Any, ...]], cycle: int, closed_at: datetime | None, kind: str
    ) -> None:
        assert sorted((c[0], c[1]) for c in clocks) == sorted(
            (name, turn) for turn in range(1, cycle + 1) for name in ("response", "resolution")
        )
        for name, turn, *instants in clocks:
            assert known.verdicts.get((name, turn), tuple(instants)) == tuple(instants), "a verdict is final"
            if instants[3] is not None:
                known.verdicts[name, turn] = tuple(instants)
            elif turn < cycle or closed_at is not None:
                raise AssertionError("a clock of a closed cycle runs")
        *_names, started_at, yellow_at, due_at, stopped_at, paused_from, paused_until = next(
            c for c in clocks if c[:2] == ("resolution", cycle)
        )
        assert (stopped_at is None) == (closed_at is None), "an open case has a running clock, a closed one has none"
        assert started_at <= due_at
        assert yellow_at is None or started_at <= yellow_at <= due_at
        if known.due_at is None or cycle != known.cycle or kind in ("edited", "consent_given_complex"):
            known.floor = due_at if paused_from is None else started_at
        elif due_at < known.due_at:
            assert kind in ("resumed", "concluded", "withdrawn", "merged"), f"{kind} brought the limit forward"
            assert known.floor is not None
            assert due_at >= known.floor, "the end of a pause took more than the pause gave"
        elif kind == "consent_given" and due_at > known.due_at:
            known.floor = known.due_at
        known.due_at, known.paused_until = due_at, None if stopped_at else paused_until


Walk = settings(
    deadline=None,
    database=None,
    stateful_step_count=A_CASE_LIFE,
    phases=[Phase.generate],  # making a failing life of fifty acts shorter takes longer than reading it
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)


@pytest.mark.django_db
def test_whatever_people_do_a_case_has_somebody_who_answers_for_it(world: World, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    wanted = int(os.environ.get("LINLI_STEPS", STEPS))
    Street.world, Street.steps, Street.done = world, 0, {}
    lives = wanted * 11 // (A_CASE_LIFE * 10)  # some lives end early
    run_state_machine_as_test(Street, settings=_walk(lives, repeat="LINLI_STEPS" not in os.environ))
    assert Street.steps >= wanted
    every = {name for name in actions.__all__ if name.islower()} - KEPT_OUT
    missed = every - set(Street.done)
    assert len(missed) <= (0 if wanted >= LONG else 3), f"never succeeded, so never tried: {missed}"


def _walk(lives: int, *, repeat: bool) -> settings:
    return settings(Walk, max_examples=lives, derandomize=repeat)
