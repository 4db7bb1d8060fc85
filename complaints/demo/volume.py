"""Made-up casework in bulk: final states at once, with the clocks, chains and child rows that the acts would leave."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from random import Random
from typing import Any

from django.db import connection, models, transaction
from django.utils import timezone

from complaints.actions.clocks import build_clocks
from complaints.actions.common import build_event, stamp
from complaints.actions.register import index_words, settle_words, take_numbers
from complaints.chain import text_hash
from complaints.demo.matters import GIVEN, MATTERS, SURNAMES
from complaints.models import (
    Callback,
    Case,
    Category,
    Clock,
    Consent,
    ContactLog,
    Event,
    Handover,
    Holding,
    JointTask,
    Note,
    Objection,
    Reply,
    Resident,
)
from complaints.policies import policy_code
from config.lib.errors import RuleBroken
from services.calendar import load_calendar
from services.clock import Calendar, Mode, due
from services.policies import Terms, load_terms, promise
from staff import queries as staff
from staff.models import Grid, Person, Post, Street, Unit

BATCH = 1000
KIN = (Reply, ContactLog, Note, Handover, JointTask, Consent, Objection, Callback)
GROUPS = (*[""] * 12, "elder_alone", "disabled", "low_income")
CHANNELS = ("counter", "phone", "phone", "grid", "visit", "hotline", "hotline", "wechat")
WAYS = ("call", "call", "visit", "counter")


@dataclass(frozen=True)
class Crew:
    unit: Unit
    people: list[Person]
    leaders: list[Person]
    grids: list[Grid]


@dataclass
class Town:
    """`crews` log cases in their communities; `others` are units that cases are sent to."""

    street: Street
    crews: list[Crew]
    others: list[Crew]
    supervisors: list[Person]
    categories: dict[str, Category]


@dataclass
class Batch:
    """Rows to be written together, each with an id reserved beforehand: events name them."""

    cases: list[Case] = field(default_factory=list)
    clocks: list[Clock] = field(default_factory=list)
    residents: list[Resident] = field(default_factory=list)
    holdings: list[Holding] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    kin: dict[type[models.Model], list[Any]] = field(default_factory=lambda: defaultdict(list))
    ids: dict[type[models.Model], Iterator[int]] = field(default_factory=dict)

    def add(self, model: type[models.Model], **values: Any) -> Any:
        row = model(pk=next(self.ids[model]), **values)
        self.kin[model].append(row)
        return row


@dataclass(frozen=True)
class Plan:
    """When a case was told, and whether it is still open."""

    at: datetime
    is_open: bool


def town_of(street: Street) -> Town:
    """Raises RuleBroken when nobody of the street could have handled anything."""
    posts = staff.current(Post.objects.filter(street=street, unit__isnull=False, role__in=staff.HANDLING_ROLES))
    people: dict[int, list[Post]] = defaultdict(list)
    for post in posts.select_related("person", "unit").order_by("pk"):
        people[post.unit_id or 0].append(post)
    supervisors = [post.person for own in people.values() for post in own if post.role == Post.Role.SUPERVISOR]
    crews: list[Crew] = []
    others: list[Crew] = []
    for unit in Unit.objects.filter(street=street, is_active=True, pk__in=people).select_related("community"):
        own = people[unit.pk]
        leaders = [post.person for post in own if post.role == Post.Role.SECRETARY] or supervisors
        grids = list(Grid.objects.filter(community=unit.community)) if unit.community else []
        crew = Crew(unit, [post.person for post in own], leaders, grids)
        (crews if unit.kind == Unit.Kind.COMMUNITY and grids else others).append(crew)
    if not crews:
        raise RuleBroken("nobody_there", "The street has no community with grids and people who handle cases.")
    return Town(street, crews, others, supervisors, {row.path: row for row in Category.objects.all()})


def seed(street: Street, count: int, *, now: datetime, months: int, open_share: float, rng: Random) -> dict[str, int]:
    """Adds `count` cases told in the `months` before `now`; about `open_share` of them are still open."""
    town = town_of(street)
    writer = Writer(town, now, rng)
    plans = sorted(_plans(count, now, months, open_share, rng), key=lambda plan: plan.at)
    for first in range(0, count, BATCH):
        writer.write(plans[first : first + BATCH])
    settle_words()
    return {"cases": count, "open": writer.open, "events": writer.events}


def _plans(count: int, now: datetime, months: int, open_share: float, rng: Random) -> Iterator[Plan]:
    """Open cases are young, most of them within their limits; closed ones spread over the whole time."""
    opened = round(count * open_share)
    for n in range(count):
        if n < opened:
            days = rng.choices((rng.uniform(0, 5), rng.uniform(5, 9), rng.uniform(9, 60)), (70, 22, 8))[0]
        else:
            days = rng.uniform(1, 30.4 * months)
        yield Plan(_by_daylight(now - timedelta(days=days), now, rng), n < opened)


def _by_daylight(at: datetime, now: datetime, rng: Random) -> datetime:
    local = timezone.localtime(at)
    moved = local.replace(hour=rng.randrange(8, 20), minute=rng.randrange(60), second=rng.randrange(60), microsecond=0)
    return moved if moved < now - timedelta(minutes=10) else min(at, now - timedelta(minutes=20)).replace(microsecond=0)


class Writer:
    def __init__(self, town: Town, now: datetime, rng: Random) -> None:
        self.town, self.now, self.rng = town, now, rng
        self.calendar: Calendar = load_calendar()
        self.terms: dict[str, Terms] = load_terms(now)
        self.matters = [matter for matter in MATTERS if matter.category in town.categories] or list(MATTERS)
        self.open = self.events = 0

    @transaction.atomic
    def write(self, plans: list[Plan]) -> None:
        batch = Batch(ids={model: reserve(model, 2 * len(plans)) for model in KIN})
        ids = reserve(Case, len(plans))
        for day, own in groupby(plans, key=lambda plan: timezone.localdate(plan.at)):
            told = list(own)
            for number, plan in zip(take_numbers(self.town.street, day, len(told)), told, strict=True):
                self._live(batch, next(ids), f"{self.town.street.code}-{day:%Y%m%d}-{number:04d}", plan)
        Case.objects.bulk_create(batch.cases)
        Resident.objects.bulk_create(batch.residents)
        Holding.objects.bulk_create(batch.holdings)
        for model in KIN:
            model._default_manager.bulk_create(batch.kin[model])
        Clock.objects.bulk_create(batch.clocks)
        Event.objects.bulk_create(batch.events)
        index_words(batch.cases)
        self.events += len(batch.events)

    def _live(self, batch: Batch, pk: int, number: str, plan: Plan) -> None:
        """One case from its registration to where it stands now."""
        crew = self.rng.choice(self.town.crews)
        life = Life(self, batch, self._case(pk, number, plan, crew), crew, plan)
        batch.cases.append(life.run())
        batch.clocks += life.clocks
        self.open += plan.is_open

    def _case(self, pk: int, number: str, plan: Plan, crew: Crew) -> Case:
        rng = self.rng
        grid, matter, first = rng.choice(crew.grids), rng.choice(self.matters), rng.choice(crew.people)
        words = {
            "spot": f"{crew.unit.community}{rng.randrange(1, 60)}号楼{rng.randrange(1, 7)}单元",
            "estate": f"{crew.unit.community}{rng.choice('东西南北')}院",
            "road": f"{rng.choice('和平建设光明团结')}{rng.choice(('路', '街', '巷'))}{rng.randrange(1, 90)}号",
            "floor": f"{rng.randrange(1, 19)}层",
        }
        at = min(plan.at + timedelta(minutes=rng.randrange(1, 9)), self.now)
        return Case(
            pk=pk,
            number=number,
            street=self.town.street,
            community=crew.unit.community,
            grid=grid,
            unit=crew.unit,
            first_unit=crew.unit,
            kind=matter.kind,
            category=self.town.categories.get(matter.category),
            channel=rng.choice(CHANNELS),
            urgency=matter.urgency,
            title=_filled(matter.title, words)[:200],
            text=_filled(matter.text, words),
            place=words["spot"],
            special_group=rng.choice(GROUPS),
            first_contact=first,
            responsible=first,
            submitted_at=plan.at,
            registered_at=at,
            registered_by=first,
            updated_at=at,
        )


class Life:
    """Writes down what happens to one case, each step later than the one before and none after now."""

    def __init__(self, writer: Writer, batch: Batch, case: Case, crew: Crew, plan: Plan) -> None:
        self.writer, self.batch, self.case, self.crew, self.plan = writer, batch, case, crew, plan
        self.now, self.rng = writer.now, writer.rng
        own = case.category.policy if case.category else ""
        self.terms = writer.terms[policy_code(case.kind, case.urgency, own)]
        self.response, self.resolution = build_clocks(case, self.terms, plan.at, writer.calendar)
        self.clocks = [self.response, self.resolution]
        self.at = case.registered_at
        self.offered = False

    def run(self) -> Case:
        self.register()
        if self.rng.random() < 0.16 and self.writer.town.others:
            self.hand_on()
        if not self.plan.is_open:
            self.finish()
        elif self.rng.random() < 0.65:
            self.contact()
        if self.plan.is_open and not self.offered:
            self.wait_for_something()
        return self.case

    def record(self, kind: Event.Kind, by: Person, at: datetime, /, **data: Any) -> None:
        self.case.version += 1
        event = build_event(self.case, kind, by=by, at=at, **data)
        self.case.head = event.hash
        self.case.updated_at = max(at, self.case.updated_at)
        self.batch.events.append(event)

    def later(self, low: float, high: float) -> datetime:
        """Some hours on, at the latest half-way to now."""
        step = timedelta(hours=self.rng.uniform(low, high))
        self.at += min(step, (self.now - self.at) / 2)
        return self.at

    def register(self) -> None:
        case = self.case
        self.record(
            Event.Kind.REGISTERED,
            case.first_contact,
            case.submitted_at,
            first_contact=case.first_contact_id,
            unit=case.unit_id,
            kind=case.kind,
            channel=case.channel,
            urgency=case.urgency,
            source="",
            external_id="",
            text=text_hash(case.text),
            registered_at=stamp(case.registered_at),
        )
        self.hold(case.first_contact, case.unit, case.submitted_at, Holding.Because.REGISTERED)
        if self.rng.random() < 0.85:
            name = self.rng.choice(SURNAMES) + self.rng.choice(GIVEN)
            phone = f"1200{self.rng.randrange(10**7):07d}" if self.rng.random() < 0.9 else ""
            resident = Resident(case=case, name=name, phone=phone, address=case.place)  # type: ignore[misc]
            self.batch.residents.append(resident)
            self.phone = phone

    phone = ""

    def hold(self, person: Person, unit: Unit, since: datetime, because: Holding.Because) -> None:
        self.case.responsible, self.case.unit = person, unit
        self.batch.holdings.append(Holding(case=self.case, person=person, unit=unit, since=since, because=because))

    def hand_on(self) -> None:
        """Dispatched to another unit, which accepts; some of the open ones still wait for that."""
        case, other = self.case, self.rng.choice(self.writer.town.others)
        by, at = case.responsible, self.later(0.1, 3)
        row = self.batch.add(
            Handover, case=case, giver=by, offered_by=by, to_unit=other.unit, reason="按派单目录派单", offered_at=at
        )
        self.record(Event.Kind.DISPATCHED, by, at, handover=row.pk, unit=other.unit.pk, reason=text_hash(row.reason))
        self.offered = self.plan.is_open and self.now - at < timedelta(days=2) and self.rng.random() < 0.5
        if self.offered:
            return
        taker, at = self.rng.choice(other.people), self.later(0.1, 5)
        row.verdict, row.decided_by, row.decided_at = Handover.Verdict.ACCEPTED, taker, at
        case.status = Case.Status.HANDLING
        self.hold(taker, other.unit, at, Holding.Because.ACCEPTED)
        self.record(Event.Kind.ACCEPTED, taker, at, handover=row.pk, giver=by.pk, unit=other.unit.pk)

    def contact(self) -> None:
        at, by = self.later(0.3, 30), self.case.responsible
        row = self.batch.add(
            ContactLog,
            case=self.case,
            cycle=1,
            by=by,
            at=at,
            way=self.rng.choice(WAYS),
            reached=True,
            substantive=True,
            text="已与居民联系，了解情况并说明下一步安排。",
        )
        self.response.stopped_at, self.case.status = at, Case.Status.HANDLING
        self.record(
            Event.Kind.CONTACTED,
            by,
            at,
            contact=row.pk,
            way=row.way,
            reached=True,
            substantive=True,
            text=text_hash(row.text),
        )

    def wait_for_something(self) -> None:
        """One open case in six waits for somebody else."""
        chance = self.rng.random()
        if chance < 0.05:
            self.ask_pause()
        elif chance < 0.09:
            self.ask_joint()
        elif chance < 0.13:
            self.ask_extension()
        elif chance < 0.14 and self.case.unit_id != self.case.first_unit_id:
            self.object()
        elif chance < 0.17:
            self.note()

    def note(self) -> None:
        at, by = self.later(0.2, 8), self.case.responsible
        row = self.batch.add(Note, case=self.case, by=by, at=at, text="已到现场查看，待与产权单位核实。")
        self.record(Event.Kind.NOTED, by, at, note=row.pk, text=text_hash(row.text))

    def ask(self, kind: Consent.Kind, **more: Any) -> Consent:
        at, by = self.later(0.2, 8), self.case.responsible
        row = Consent(
            pk=next(self.batch.ids[Consent]),
            case=self.case,
            cycle=1,
            kind=kind,
            text="需要更多时间核实。",
            told="已向居民说明原因。",
            asked_by=by,
            asked_at=at,
            **more,
        )
        self.batch.kin[Consent].append(row)
        self.record(Event.Kind.CONSENT_ASKED, by, at, consent=row.pk, what=str(kind), text=text_hash(row.text))
        return row

    def ask_extension(self) -> None:
        if self.terms.extension and self.now < self.resolution.due_at:
            self.ask(Consent.Kind.EXTENSION)

    def ask_pause(self) -> None:
        """Asked, and given if the pause would not be over by now."""
        days = self.rng.randrange(3, 15)
        leaders = [person for person in self.crew.leaders if person.pk != self.case.responsible_id]
        if not leaders or self.now - self.at > timedelta(days=3):
            return
        row, by = self.ask(Consent.Kind.PAUSE, reason=Consent.Reason.TEST, pause_days=days), leaders[0]
        at = self.later(0.2, 5)
        row.verdict, row.decided_by, row.decided_at = Consent.Verdict.APPROVED, by, at
        row.starts_at, row.ends_at, row.old_due_at = at, at + timedelta(days=days), self.resolution.due_at
        times = promise(self.terms, self.plan.at, self.writer.calendar, pauses=[(row.starts_at, row.ends_at)])
        assert times.due_at is not None
        for clock in self.clocks:
            if clock.stopped_at is None:
                clock.paused_from, clock.paused_until = row.starts_at, row.ends_at
        if self.response.stopped_at is None and times.response_due_at:
            self.response.yellow_at, self.response.due_at = times.response_goal_at, times.response_due_at
        self.resolution.yellow_at, self.resolution.due_at = times.yellow_at, times.due_at
        self.resolution.provisional, row.new_due_at = times.provisional, times.due_at
        self.record(
            Event.Kind.CONSENT_GIVEN,
            by,
            at,
            consent=row.pk,
            what=str(row.kind),
            old_due_at=stamp(row.old_due_at),
            due_at=stamp(row.new_due_at),
            paused_until=stamp(row.ends_at),
        )

    def ask_joint(self) -> None:
        others = [crew for crew in self.writer.town.others if crew.unit.pk != self.case.unit_id]
        if not others:
            return
        unit, at, by = self.rng.choice(others).unit, self.later(0.2, 8), self.case.responsible
        row = self.batch.add(
            JointTask, case=self.case, unit=unit, task="请派员到现场会商并给出意见。", asked_by=by, asked_at=at
        )
        limit = due(Mode.WORKING_DAYS_CLOSE, 2, at, self.terms.hours, self.writer.calendar)
        assert limit.at is not None
        self.clocks.append(
            Clock(
                case=self.case,
                kind=Clock.Kind.JOINT,
                joint_task=row,
                policy_id=self.terms.version_id,
                started_at=at,
                next_turn_at=at,
                due_at=limit.at,
                provisional=limit.provisional,
            )
        )
        self.record(
            Event.Kind.JOINT_ASKED,
            by,
            at,
            task=row.pk,
            unit=unit.pk,
            due_at=stamp(limit.at),
            text=text_hash(row.task),
        )

    def object(self) -> None:
        at, by = self.later(0.2, 8), self.case.responsible
        row = self.batch.add(
            Objection, case=self.case, unit=self.case.unit, by=by, at=at, reason="不属于本单位职责范围。"
        )
        self.record(Event.Kind.OBJECTED, by, at, objection=row.pk, unit=self.case.unit_id, reason=text_hash(row.reason))

    def finish(self) -> None:
        """Contacted, answered, and most called back; one in ten comes too late, one in fifty is withdrawn."""
        case, now = self.case, self.now
        self.contact()
        share = self.rng.uniform(0.15, 0.98) if self.rng.random() < 0.9 else self.rng.uniform(1.02, 1.6)
        ideal = self.plan.at + (self.resolution.due_at - self.plan.at) * share
        self.at = at = max(self.at + (now - self.at) / 100, min(ideal, self.at + (now - self.at) * 0.9))
        case.closed_at = self.resolution.stopped_at = at
        if self.rng.random() < 0.02:
            case.status = Case.Status.WITHDRAWN
            row = self.batch.add(Note, case=case, by=case.responsible, at=at, text="居民表示不再需要办理。")
            self.record(Event.Kind.WITHDRAWN, case.responsible, at, note=row.pk, text=text_hash(row.text))
            return
        case.status = Case.Status.CONCLUDED
        case.outcome = self.rng.choices(
            (Case.Outcome.RESOLVED, Case.Outcome.PARTLY, Case.Outcome.EXPLAINED), (8, 1, 1)
        )[0]
        case.callback_wanted = bool(self.phone) and case.kind != Case.Kind.PRAISE
        text = "经核实已处理完毕，感谢您的反映。"
        row = self.batch.add(Reply, case=case, cycle=1, by=case.responsible, at=at, text=text, is_final=True)
        self.record(
            Event.Kind.CONCLUDED, case.responsible, at, reply=row.pk, outcome=str(case.outcome), text=text_hash(text)
        )
        if case.callback_wanted and (now - at > timedelta(days=4) or self.rng.random() < 0.5):
            self.call_back()

    def call_back(self) -> None:
        """By somebody else than the handler. Those who would say "not solved" were answered well here."""
        others = [person for person in self.crew.people + self.crew.leaders if person.pk != self.case.responsible_id]
        if not others:
            return
        by, at = self.rng.choice(others), self.later(2, 60)
        solved, satisfied = (
            self.rng.choices(("yes", "partly"), (9, 1))[0],
            self.rng.choices((5, 4, 3, 2), (5, 3, 1, 1))[0],
        )
        row = self.batch.add(
            Callback, case=self.case, cycle=1, by=by, at=at, reached=True, solved=solved, satisfied=satisfied, text=""
        )
        self.case.callback_wanted = False
        self.record(
            Event.Kind.CALLED_BACK,
            by,
            at,
            callback=row.pk,
            reached=True,
            solved=solved,
            satisfied=satisfied,
            redo=False,
            text=text_hash(""),
        )


def reserve(model: type[models.Model], count: int) -> Iterator[int]:
    """Ids nobody else will get."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [model._meta.db_table, count],
        )
        return iter([row[0] for row in cursor.fetchall()])


def _filled(text: str, words: dict[str, str]) -> str:
    for name, word in words.items():
        text = text.replace("{" + name + "}", word)
    return text
