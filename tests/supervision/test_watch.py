"""Whoever is late is noticed, once; whoever has to know is told, once; whoever has left is not asked."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.db import connection, transaction
from django.db.utils import IntegrityError, ProgrammingError
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from complaints import actions
from complaints.actions.recalculate import recalculate
from complaints.models import Case, Clock, Event
from config.lib.channels import NotDelivered
from config.lib.errors import RuleBroken
from services.models import CalendarDay
from staff.models import Person, Post
from supervision.models import (
    Alert,
    Anchor,
    Delivery,
    Escalation,
    Hold,
    Ladder,
    OrderStep,
    Robot,
    SupervisionOrder,
    WatchRule,
    Wish,
)
from supervision.telling import actions as telling
from supervision.telling import words
from supervision.watch import orders, rulebook
from supervision.watch.dispatch import LEASE, dispatch
from supervision.watch.ladder import RungTerms
from supervision.watch.sources import CLOCKS, FIRST_TURN, claim_query
from supervision.watch.sweep import sweep
from tests.world import World

pytestmark = pytest.mark.django_db
HOUR, DAY, SECOND = timedelta(hours=1), timedelta(days=1), timedelta(seconds=1)
# Told on Wednesday the 18th at 10:00, an ordinary case is due on Wednesday the 25th at 18:00.
Looks = Callable[[datetime], Any]


def resolution(case: Case) -> Clock:
    return Clock.objects.get(case=case, cycle=Case.objects.get(pk=case.pk).cycle, kind="resolution")


def look(now: datetime, **more: Any) -> Any:
    return sweep(now=now, real=False, **more)


def answered(world: World, **known: Any) -> Case:
    """A case whose response clock has stopped: what follows is about its resolution alone."""
    case = world.log(**known)
    at = known.get("at", world.now)
    actions.contact(case, by=case.responsible, now=at + HOUR, way="call", reached=True, substantive=True, text="已联系")
    return Case.objects.get(pk=case.pk)


def told(step: str = "") -> set[tuple[str, str]]:
    rows = Alert.objects.filter(step=step) if step else Alert.objects.all()
    return {(alert.recipient.username, alert.channel) for alert in rows.select_related("recipient") if alert.recipient}


def test_a_case_climbs_the_ladder_and_each_rung_is_told_once_to_the_right_people(world: World) -> None:
    case = answered(world)
    due = resolution(case).due_at
    look(world.now + 2 * HOUR)
    assert not Alert.objects.exists()
    climbed = []
    while (at := resolution(case).next_turn_at) is not None:
        look(at - SECOND)
        assert resolution(case).next_turn_at == at, "not a second too early"
        assert look(at).transitions >= 1
        latest = Escalation.objects.filter(skipped=False, clock=resolution(case)).order_by("-pk")[0]
        names = {alert.recipient.username for alert in latest.alerts.all() if alert.recipient}
        climbed.append((latest.rung, (latest.reached_at - due) // DAY, names))
        assert latest.people == len(names)
    assert climbed == [
        ("yellow", -1, {"worker", "secretary"}),  # the same instant as the reminder one working day before
        ("red", 0, {"worker", "secretary"}),
        ("order", 1, {"supervisor", "supervisor2"}),
        ("review", 7, {"discipline", "supervisor", "supervisor2"}),
    ]
    assert Escalation.objects.get(rung="before").skipped
    assert look(due + 90 * DAY).alerts == 3, "nothing more about the case; its unanswered order goes on"


def test_the_watch_changes_nothing_about_a_case(world: World) -> None:
    case = answered(world)
    before = Case.objects.filter(pk=case.pk).values("version", "head", "updated_at").get()
    look(resolution(case).due_at + SECOND)
    assert Case.objects.filter(pk=case.pk).values("version", "head", "updated_at").get() == before
    assert Event.objects.filter(case=case).count() == before["version"]


def test_after_a_weekend_without_anybody_only_the_highest_rung_is_told_marked_late(world: World) -> None:
    case = answered(world)
    due = resolution(case).due_at
    look(due + 2 * DAY)
    mine = Escalation.objects.filter(clock=resolution(case))
    assert set(mine.values_list("rung", "skipped")) == {
        ("before", True),
        ("yellow", True),
        ("red", True),
        ("order", False),
    }
    alert = Alert.objects.filter(escalation__rung="order").first()
    assert alert is not None
    assert datetime.fromisoformat(alert.facts["late"]) == mine.get(rung="order").reached_at
    assert look(due + 2 * DAY).claimed == 0


def test_what_was_told_is_not_told_again_unless_the_deadline_moves(world: World) -> None:
    case = answered(world)
    clock = resolution(case)
    look(clock.due_at + SECOND)
    count = Alert.objects.count()
    Clock.objects.filter(pk=clock.pk).update(next_turn_at=clock.started_at)  # as every act that touches a clock does
    assert look(clock.due_at + HOUR).claimed == 1
    assert Alert.objects.count() == count
    Clock.objects.filter(pk=clock.pk).update(due_at=clock.due_at + HOUR, next_turn_at=clock.started_at)
    look(clock.due_at + HOUR + SECOND)
    assert Alert.objects.count() == 2 * count, "another due instant is another promise"


def test_a_holiday_edit_repeats_no_alert_and_moves_no_case(world: World) -> None:
    early, late = answered(world, at=world.now - 20 * DAY), answered(world)
    look(world.now + 2 * HOUR)
    before = dict(Case.objects.values_list("pk", "updated_at"))
    alerts = set(Alert.objects.values_list("pk", flat=True))
    CalendarDay.objects.create(date=(world.now + 2 * DAY).date(), year_id=2026, is_working=False, name="停电放假")
    assert recalculate(dry_run=True).changed == recalculate(dry_run=False).changed
    look(world.now + 3 * HOUR)
    assert set(Alert.objects.values_list("pk", flat=True)) == alerts
    assert dict(Case.objects.values_list("pk", "updated_at")) == before
    assert resolution(late).due_at > resolution(early).due_at


def test_a_paused_case_is_left_in_peace_until_the_pause_ends(world: World) -> None:
    case = answered(world)
    actions.ask_pause(
        case, by=world.worker, now=world.now + 2 * HOUR, version=2, reason="resident", text="出差", told="等您", days=20
    )
    actions.approve(case, by=world.secretary, now=world.now + 3 * HOUR, version=3)
    look(world.now + 4 * HOUR)
    clock = resolution(case)
    assert clock.next_turn_at == clock.paused_until
    assert look(world.now + 19 * DAY).claimed == 0
    assert not Alert.objects.exists()


def test_a_closed_case_is_never_looked_at_again(world: World) -> None:
    case = answered(world)
    actions.conclude(case, by=world.worker, now=world.now + 3 * HOUR, version=2, outcome="resolved", text="已修好")
    assert look(world.now + 90 * DAY).claimed == 0


def test_who_states_a_reason_in_time_is_not_reviewed_for_silence(world: World) -> None:
    silent, honest = answered(world), answered(world, title="另一件")
    due = resolution(honest).due_at
    with pytest.raises(RuleBroken):
        actions.explain_delay(honest, by=world.worker, now=due, version=2, reason="supplies", text="还没到期")
    actions.explain_delay(honest, by=world.worker, now=due + HOUR, version=2, reason="supplies", text="等配件")
    look(due + 30 * DAY)
    reviewed = Escalation.objects.filter(step="review", clock__isnull=False, skipped=False)
    assert [one.clock.case_id for one in reviewed if one.clock] == [silent.pk]


def test_a_request_that_was_refused_spares_nobody_the_review(world: World) -> None:
    case = answered(world)
    due = resolution(case).due_at
    actions.ask_extension(case, by=world.worker, now=due - HOUR, version=2, text="配件未到", told="配件未到")
    look(due + 12 * DAY)
    assert not Escalation.objects.filter(clock=resolution(case), step="review").exists(), "it waits for its decision"
    actions.refuse(case, by=world.secretary, now=due + 12 * DAY + HOUR, version=3, text="理由不充分")
    look(due + 12 * DAY + HOUR)
    review = Escalation.objects.get(clock=resolution(case), step="review", skipped=False)
    assert {alert.recipient.username for alert in review.alerts.all() if alert.recipient} == {
        "discipline",
        "supervisor",
        "supervisor2",
    }


def test_a_person_who_has_left_is_never_told_and_nobody_at_all_is_counted(world: World) -> None:
    case = answered(world)
    Person.objects.filter(pk=world.worker.pk).update(working="left")
    look(resolution(case).due_at - DAY + SECOND)
    assert told() == {("secretary", "inbox")}
    Person.objects.filter(pk__in=[world.secretary.pk, world.supervisor.pk, world.supervisor2.pk]).update(working="left")
    look(resolution(case).due_at + SECOND)
    lost = Escalation.objects.get(rung="red")
    assert (lost.people, lost.alerts.count()) == (0, 0)


def test_a_person_whose_post_has_ended_is_not_told_nor_ordered(world: World) -> None:
    case = answered(world)
    Post.objects.filter(person=world.worker).update(until=world.now.date())
    due = resolution(case).due_at
    look(due - DAY + SECOND)
    assert told() == {("secretary", "inbox")}
    look(due + DAY + SECOND)
    assert SupervisionOrder.objects.get().person == world.secretary


def test_an_answer_is_told_to_the_street_when_its_supervisor_has_left(world: World) -> None:
    case = answered(world)
    order = orders.issue(case, by=world.supervisor, now=world.now + 2 * HOUR, demand="请尽快办结并答复")
    Person.objects.filter(pk=world.supervisor.pk).update(working="left", is_active=False)
    orders.answer(order, by=world.worker, now=world.now + 3 * HOUR, text="已安排")
    heard = Alert.objects.filter(key__contains="-answered-").values_list("recipient__username", flat=True)
    assert set(heard) == {"supervisor2"}


def test_an_answer_sent_back_reaches_the_secretary_when_the_addressee_has_left(world: World) -> None:
    case = answered(world)
    order = orders.issue(case, by=world.supervisor, now=world.now + 2 * HOUR, demand="请尽快办结并答复")
    orders.answer(order, by=world.secretary, now=world.now + 3 * HOUR, text="已安排")
    Person.objects.filter(pk=world.worker.pk).update(working="left", is_active=False)
    orders.send_back(order, by=world.supervisor, now=world.now + 4 * HOUR, text="请写明时间")
    heard = Alert.objects.filter(key__contains="-back-").values_list("recipient__username", flat=True)
    assert set(heard) == {"secretary"}


def test_a_department_without_a_secretary_is_told_of_by_the_street(world: World) -> None:
    case = answered(world, first_contact=world.department_worker, unit=world.department)
    look(resolution(case).due_at + SECOND)
    assert {name for name, _channel in told("remind")} == {"department_worker", "supervisor", "supervisor2"}


def test_a_co_unit_is_told_of_its_own_deadline(world: World) -> None:
    case = answered(world)
    actions.ask_joint(
        case, by=world.worker, now=world.now + 2 * HOUR, version=2, unit=world.department, task="派员到场", days=1
    )
    clock = Clock.objects.get(kind="joint")
    look(clock.due_at + SECOND)
    joint = Alert.objects.filter(escalation__clock=clock, step="remind").select_related("recipient")
    assert {alert.recipient.username for alert in joint if alert.recipient} == {
        "department_worker",
        "supervisor",
        "supervisor2",
    }


def test_mail_goes_to_who_wants_it_and_robots_to_their_community(world: World) -> None:
    Person.objects.filter(pk__in=[world.worker.pk, world.secretary.pk]).update(email="someone@example.org")
    Wish.objects.create(person=world.secretary, step="remind", mail="daily")
    mine = Robot.objects.create(street=world.street, kind="wecom", name="全街", steps=["remind", "order"])
    east = Robot.objects.create(street=world.street, community=world.east, kind="feishu", name="东园", steps=["remind"])
    Robot.objects.create(street=world.street, community=world.west, kind="feishu", name="西里", steps=["remind"])
    Robot.objects.create(street=world.street, kind="webhook", name="停用", steps=["remind"], is_active=False)
    case = answered(world)
    due = resolution(case).due_at
    look(due + SECOND)
    assert ("worker", "mail") in told("remind")
    daily = Alert.objects.get(recipient=world.secretary, channel="mail", step="remind")
    assert timezone.localtime(daily.next_at).time() == time(8)
    assert daily.next_at > due
    assert set(Alert.objects.filter(channel="robot").values_list("robot", flat=True)) == {mine.pk, east.pk}


def test_at_night_only_the_urgent_are_told(world: World) -> None:
    night = world.now.replace(hour=22)
    urgent = answered(world, at=night, urgency="emergency", title="燃气味")
    look(resolution(urgent).due_at + SECOND)
    assert all(alert.next_at == alert.made_at for alert in Alert.objects.filter(urgent=True))
    assert Alert.objects.filter(urgent=True).exists()
    Alert.objects.all()._raw_delete("default")
    calm = answered(world, title="普通件")
    clock = resolution(calm)
    Clock.objects.filter(pk=clock.pk).update(due_at=night, yellow_at=None, next_turn_at=night)
    look(night + SECOND)
    quiet = Alert.objects.filter(case=calm)
    assert quiet
    assert all(timezone.localtime(alert.next_at).time() == time(8) for alert in quiet)


# What stops the watch


def test_far_more_than_ever_is_held_before_it_is_written(world: World) -> None:
    cases = [answered(world, title=f"第{n}件", submission_key=None) for n in range(4)]
    rulebook.change_rule(by=world.admin, now=world.now, reason="试验", flood_least=3)
    done = look(max(resolution(case).due_at for case in cases) + SECOND)
    assert Hold.objects.get().why == "flood"
    assert done.alerts == done.held > 0
    assert dispatch(now=world.now + 60 * DAY, real=False).sent == 0
    assert not Delivery.objects.exists()
    Hold.objects.update(released_at=world.now)
    assert dispatch(now=world.now + 60 * DAY, real=False).sent == done.alerts


def test_in_a_flood_nobody_is_bound_by_an_order(world: World) -> None:
    """Ten thousand old cases imported, or a calendar entered wrongly: orders are for a supervisor to issue then."""
    cases = [answered(world, title=f"第{n}件", submission_key=None) for n in range(4)]
    rulebook.change_rule(by=world.admin, now=world.now, reason="试验", flood_least=3)
    look(max(resolution(case).due_at for case in cases) + 3 * DAY)
    assert set(Escalation.objects.filter(skipped=False).values_list("step", flat=True)) == {"order"}
    assert not SupervisionOrder.objects.exists()


def said_of_orders(world: World) -> list[str]:
    """What a supervisor's inbox says at the rung of the order, the oldest first, each once."""
    rows = Alert.objects.filter(what="escalation", step="order", recipient=world.supervisor).order_by("pk")
    with translation.override("zh-hans"):
        return [words.line(words.told(row.what, row.step, row.facts)) for row in rows]


def test_an_order_is_told_as_issued_only_when_it_was(world: World) -> None:
    case = world.log()
    look(datetime(2026, 11, 23, 18, 0, tzinfo=world.now.tzinfo))  # the first response is late by more than a day
    look(datetime(2026, 11, 27, 18, 0, tzinfo=world.now.tzinfo))  # and now the case: one open order per case
    assert SupervisionOrder.objects.get().number == "督办〔2026〕1号"
    first, second = said_of_orders(world)
    assert f"已下发督办单 督办〔2026〕1号 · {case.number}" in first
    assert "应督办（已有督办单 督办〔2026〕1号 尚未了结）" in second
    assert "已下发" not in second
    assert "11-20 10:00" in first
    assert "办结" not in first, "it is the first response that was due then"


def test_what_both_limits_of_a_case_say_at_once_names_the_same_order(world: World) -> None:
    world.log()
    look(datetime(2026, 11, 27, 18, 0, tzinfo=world.now.tzinfo))
    assert SupervisionOrder.objects.count() == 1
    said = " ".join(said_of_orders(world))
    assert said.count("已下发督办单 督办〔2026〕1号") == said.count("已有督办单 督办〔2026〕1号") == 1


def test_in_a_flood_nobody_is_told_of_an_order_that_was_not_issued(world: World) -> None:
    case = answered(world)
    due = resolution(case).due_at
    Hold.objects.create(why="flood", since=due)
    look(due + DAY + SECOND)
    assert not SupervisionOrder.objects.exists()
    (said,) = said_of_orders(world)
    assert said.startswith("应督办（暂缓自动下发，请核实后决定）")


def test_a_batch_with_orders_costs_the_same_number_of_statements(world: World) -> None:
    def cost(cases: list[Case]) -> int:
        with CaptureQueriesContext(connection) as asked:
            look(resolution(cases[-1]).due_at + DAY + SECOND)
        return len(asked)

    few = cost([answered(world)])
    many = cost([answered(world, title=f"第{n}件", submission_key=None) for n in range(8)])
    assert many <= few


def test_a_restored_copy_is_recognised_and_tells_nobody_anything(world: World) -> None:
    now = timezone.now()
    sweep(now=now)
    assert not Hold.objects.exists()
    Anchor.objects.update(identity="another database")
    sweep(now=now)
    assert Hold.objects.get().why == "restored"
    sweep(now=now)
    assert Hold.objects.count() == 1


def test_a_clock_that_jumped_stops_everything(world: World) -> None:
    now = timezone.now()
    sweep(now=now)
    Anchor.objects.update(last_sweep_at=now + HOUR)
    sweep(now=now)
    assert Hold.objects.get().why == "clock"
    Hold.objects.update(released_at=now)
    sweep(now=now)
    assert not Hold.objects.filter(released_at__isnull=True).exists(), "noticed once, not for ever"
    answered(world, at=now - 90 * DAY)
    assert sweep(now=now + HOUR).claimed == 0, "nothing is written by a clock nobody believes"
    assert Hold.objects.filter(why="clock", released_at__isnull=True).exists()


# Telling


class FarEnd:
    """Stands for mail and robots: remembers, and fails as often as it is told to."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.got: list[tuple[str, list[str], str]] = []

    def __call__(self, channel: str, to: Any, lines: Any, key: str) -> None:
        if self.failures:
            self.failures -= 1
            raise NotDelivered("timeout")
        self.got.append((channel, list(lines), key))


def waiting(world: World, count: int = 3) -> None:
    case = answered(world)
    robot, _new = Robot.objects.get_or_create(
        street=world.street, name="全街", defaults={"kind": "wecom", "steps": ["remind"]}
    )
    for n in range(count):
        Alert.objects.create(
            key=f"k{n}", what="escalation", step="remind", case=case, robot=robot, channel="robot",
            facts={"number": case.number, "rung": "亮红灯"}, made_at=world.now, next_at=world.now,
        )  # fmt: skip


def test_what_is_due_for_one_group_goes_out_as_one_message(world: World) -> None:
    waiting(world)
    far = FarEnd()
    assert dispatch(now=world.now, send=far, real=False).sent == 3
    assert len(far.got) == 1
    assert Delivery.objects.count() == 3
    assert dispatch(now=world.now, send=far, real=False).sent == 0


def test_a_message_that_breaks_the_sender_stops_no_other(world: World) -> None:
    waiting(world, 1)
    other = Robot.objects.create(street=world.street, kind="feishu", name="另一个群", steps=["remind"])
    first = Alert.objects.get()
    Alert.objects.create(
        key="later", what="escalation", channel="robot", robot=other, made_at=world.now, next_at=first.next_at
    )

    def broken(channel: str, to: Any, lines: Any, key: str) -> None:
        if to != other:
            raise ZeroDivisionError

    done = dispatch(now=world.now, send=broken, real=False)
    assert (done.sent, done.failed) == (1, 1)
    assert Alert.objects.get(pk=first.pk).error == "ZeroDivisionError"


def test_a_failed_message_is_tried_again_under_the_same_key_and_given_up_after_eight_times(world: World) -> None:
    waiting(world, 1)
    far, now = FarEnd(failures=1), world.now
    assert dispatch(now=now, send=far, real=False).failed == 1
    bundle = Alert.objects.get().bundle
    assert dispatch(now=now, send=far, real=False).sent == 0, "not before its time"
    waits = []
    far.failures = 6
    for _try in range(6):
        at = Alert.objects.get().next_at
        waits.append((at - now) // timedelta(minutes=1))
        now = at
        dispatch(now=now, send=far, real=False)
    assert waits == [1, 2, 4, 8, 16, 32]
    dispatch(now=Alert.objects.get().next_at, send=far, real=False)
    assert far.got[0][2] == str(bundle)
    Alert.objects.update(key="another")
    waiting(world, 1)
    Alert.objects.filter(key="k0").update(tries=7)
    far.failures = 1
    dispatch(now=now, send=far, real=False)
    dead = Alert.objects.get(key="k0")
    assert (dead.tries, dead.dead_at, dead.error) == (8, now, "timeout")


def test_a_dispatcher_that_died_loses_its_lease_and_the_next_sends_the_same_bundle(world: World) -> None:
    waiting(world, 2)

    def dies(channel: str, to: Any, lines: Any, key: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        dispatch(now=world.now, send=dies, real=False)
    bundle = Alert.objects.values_list("bundle", flat=True).distinct().get()
    far = FarEnd()
    assert dispatch(now=world.now, send=far, real=False).sent == 0, "the lease holds"
    Alert.objects.update(leased_until=timezone.now() - SECOND)
    assert dispatch(now=world.now, send=far, real=False).sent == 2
    assert far.got[0][2] == str(bundle)
    assert timedelta(seconds=20) <= LEASE


def test_a_message_about_a_case_that_ended_meanwhile_says_so(world: World) -> None:
    waiting(world, 1)
    case = Case.objects.get()
    Alert.objects.create(
        key="inbox", what="escalation", case=case, recipient=world.worker, channel="inbox", facts={"number": "x"},
        made_at=world.now, next_at=world.now,
    )  # fmt: skip
    actions.conclude(case, by=world.worker, now=world.now + 2 * HOUR, version=2, outcome="resolved", text="已修好")
    far = FarEnd()
    dispatch(now=world.now + 3 * HOUR, send=far, real=False)
    assert "办结" in far.got[0][1][0]
    assert Alert.objects.get(channel="inbox").facts["ended"] is True


def test_a_mail_that_failed_in_the_evening_waits_for_the_morning(world: World) -> None:
    Person.objects.filter(pk=world.worker.pk).update(email="someone@example.org")
    case = answered(world)
    look(resolution(case).due_at + SECOND)
    evening = datetime(2026, 11, 25, 20, 59, 30, tzinfo=world.now.tzinfo)
    assert dispatch(now=evening, send=FarEnd(9), real=False).failed >= 1
    far = FarEnd()
    dispatch(now=evening + 2 * HOUR, send=far, real=False)
    assert not far.got, "nobody is woken by a second try"
    Alert.objects.filter(channel="mail", sent_at__isnull=True).update(tries=0, urgent=True, next_at=evening)
    dispatch(now=evening, send=FarEnd(9), real=False)
    dispatch(now=evening + 2 * HOUR, send=far, real=False)
    assert len(far.got) == 1, "the urgent does not wait"


def test_what_was_held_is_let_go_after_the_quiet_hours_and_says_what_changed(world: World) -> None:
    Person.objects.filter(pk=world.worker.pk).update(email="someone@example.org")
    case = answered(world)
    due = resolution(case).due_at
    hold = Hold.objects.create(why="by_hand", since=due, by=world.admin)
    look(due + SECOND)
    actions.ask_pause(
        case, by=world.worker, now=due + HOUR, version=2, reason="test", text="等检测", told="等检测", days=5
    )
    actions.approve(case, by=world.secretary, now=due + HOUR, version=3)
    night = datetime(2026, 11, 25, 23, 0, tzinfo=world.now.tzinfo)
    telling.release(hold.pk, by=world.admin, now=night, reason="已核对")
    assert dispatch(now=night + HOUR, send=FarEnd(), real=False).sent == 0
    far = FarEnd()
    morning = datetime(2026, 11, 26, 8, 0, tzinfo=world.now.tzinfo)
    dispatch(now=morning, send=far, real=False)
    assert "现已暂停计时" in far.got[0][1][0]
    inbox = Alert.objects.get(channel="inbox", recipient=world.secretary, step="remind")
    assert inbox.sent_at == morning
    with translation.override("zh-hans"):
        assert "现已暂停计时" in words.line(words.told(inbox.what, inbox.step, inbox.facts))


def test_a_proof_is_never_written_twice_and_never_taken_back(world: World, as_app_role: Callable[[], None]) -> None:
    waiting(world, 1)
    dispatch(now=world.now, send=FarEnd(), real=False)
    with pytest.raises(IntegrityError), transaction.atomic():
        Delivery.objects.bulk_create([Delivery(alert=Alert.objects.get(), at=world.now)])
    look(resolution(Case.objects.get()).due_at + SECOND)
    as_app_role()
    for rows in (Delivery.objects.all(), Escalation.objects.all(), OrderStep.objects.all()):
        with pytest.raises(ProgrammingError), transaction.atomic():
            rows._raw_delete("default")


# The ladder as data


def test_a_new_ladder_is_adopted_by_every_running_deadline_and_repeats_nothing(world: World) -> None:
    case = answered(world)
    look(resolution(case).due_at + SECOND)
    count = Alert.objects.count()
    Anchor.objects.all().delete()
    now = timezone.now()
    sweep(now=now, flood=False)
    ladder = Ladder.objects.get(code="ordinary")
    rungs = list(rulebook.terms_of(ladder.versions.get()).rungs)
    extra = RungTerms("early", "到期前两天", "due", -2, "working_days", "tell", ("handler",))
    with pytest.raises(RuleBroken):
        rulebook.change_ladder(ladder, by=world.admin, now=now, reason="", rungs=[extra, *rungs])
    version = rulebook.change_ladder(ladder, by=world.admin, now=now, reason="提前提醒", rungs=[extra, *rungs])
    made = Alert.objects.count()
    sweep(now=now + SECOND, flood=False)
    assert Anchor.objects.get().ladders == version.pk
    assert Alert.objects.count() == made >= count


def test_a_ladder_saved_by_a_machine_whose_clock_is_ahead_is_adopted_once_it_is_in_force(world: World) -> None:
    now = timezone.now()
    case = answered(world, at=now - 5 * SECOND)
    sweep(now=now)
    before = resolution(case).next_turn_at
    ladder = Ladder.objects.get(code="ordinary")
    rungs = list(rulebook.terms_of(ladder.versions.get()).rungs)
    ahead = now + 30 * SECOND
    version = rulebook.change_ladder(
        ladder, by=world.admin, now=ahead, reason="提前提醒", rungs=[replace(rungs[0], offset=-3), *rungs[1:]]
    )
    sweep(now=now + SECOND)
    assert Anchor.objects.get().ladders != version.pk
    sweep(now=ahead + SECOND)
    assert Anchor.objects.get().ladders == version.pk
    after = resolution(case).next_turn_at
    assert before is not None
    assert after is not None
    assert after < before


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        [RungTerms("a", "甲", "due", 0, "working_days", "tell", ())],
        [RungTerms("a", "甲", "due", 0, "working_days", "tell", ("handler",))] * 2,
        [RungTerms("a", "甲", "yellow", 0, "working_days", "order", ("supervisor",))],
        [RungTerms("a", "甲", "due", -1, "working_days", "review", ("discipline",), True)],
        [
            RungTerms("a", "甲", "due", 0, "working_days", "remind", ("handler",)),
            RungTerms("b", "乙", "due", 0, "minutes", "tell", ("discipline",)),
        ],
    ],
)
def test_a_ladder_that_makes_no_sense_is_refused(world: World, wrong: list[RungTerms]) -> None:
    with pytest.raises(RuleBroken):
        rulebook.change_ladder(
            Ladder.objects.get(code="ordinary"), by=world.admin, now=world.now, reason="试验", rungs=wrong
        )


def test_a_change_of_the_rule_is_a_new_row(world: World) -> None:
    rulebook.change_rule(by=world.admin, now=world.now, reason="夏季作息", quiet_from=time(22))
    assert WatchRule.objects.count() == 2
    assert rulebook.rule_at(world.now - SECOND).quiet_from == time(21)
    assert rulebook.rule_at(world.now).quiet_from == time(22)
    with pytest.raises(RuleBroken):
        rulebook.change_rule(by=world.admin, now=world.now, reason="夏季作息", quiet_from=time(22))


# Orders


def test_the_ladder_issues_an_order_with_a_number_and_a_day_of_its_own(world: World) -> None:
    first, second = answered(world), answered(world, title="另一件")
    look(resolution(second).due_at + DAY + SECOND)
    made = list(SupervisionOrder.objects.order_by("pk"))
    assert [order.number for order in made] == ["督办〔2026〕1号", "督办〔2026〕2号"]
    assert {order.case_id for order in made} == {first.pk, second.pk}
    order = made[0]
    assert (order.person, order.unit, order.cause) == (world.worker, world.unit, "ladder")
    assert timezone.localtime(order.due_at).strftime("%m-%d %H:%M") == "12-01 18:00"
    assert {(alert.recipient.username) for alert in Alert.objects.filter(what="order") if alert.recipient} == {
        "worker",
        "secretary",
    }


def test_an_order_is_answered_by_one_and_accepted_by_another(world: World, client: Client) -> None:
    case = answered(world)
    with pytest.raises(PermissionDenied):
        orders.issue(case, by=world.secretary, now=world.now, demand="请尽快")
    order = orders.issue(case, by=world.supervisor, now=world.now + 2 * HOUR, demand="请两日内修好并答复")
    with pytest.raises(RuleBroken):
        orders.issue(case, by=world.supervisor2, now=world.now + 2 * HOUR, demand="再来一份")
    client.force_login(world.worker)
    page = f"/supervision/orders/{order.pk}/"
    assert "请两日内修好并答复" in client.get(page).content.decode()
    assert client.post(page + "accept/", {"text": "自己说行"}).status_code == 403
    assert client.post(page + "answer/", {"text": ""}).status_code == 422
    assert client.post(page + "answer/", {"text": "已联系厂家，周五前修好"}).status_code == 302
    client.force_login(world.supervisor)
    assert client.post(page + "send_back/", {"text": "没说为什么晚"}).status_code == 302
    order.refresh_from_db()
    assert order.answered_at is None
    client.force_login(world.secretary)
    assert client.post(page + "answer/", {"text": "厂家缺货，已借到备件"}).status_code == 302
    client.force_login(world.supervisor)
    assert client.post(page + "accept/", {"text": ""}).status_code == 302
    assert "<dt>认可答复</dt>" in client.get(page).content.decode(), "the case may not be finished"
    assert client.post(page + "withdraw/", {"text": "晚了"}).status_code == 409
    order.refresh_from_db()
    assert (order.closing, order.closed_by, order.answered_by) == ("done", world.supervisor, world.secretary)
    assert list(order.steps.values_list("what", flat=True)) == [
        "issued",
        "answered",
        "sent_back",
        "answered",
        "accepted",
    ]
    look(order.due_at + 30 * DAY)
    assert not Escalation.objects.filter(order=order).exists(), "an answer in time leaves nothing to climb"


def test_whoever_accepts_the_case_answers_its_order(world: World, client: Client) -> None:
    """From one department to another, neither with a secretary; the first keeps reading what was addressed to them."""
    case = answered(world, first_contact=world.worker2)
    for at, giver, taker in (
        (3, world.worker2, world.department_worker),
        (6, world.department_worker, world.department2_worker),
    ):
        version = Case.objects.get(pk=case.pk).version
        actions.offer(case, by=giver, now=world.now + at * HOUR, version=version, to=taker, reason="属其职责")
        actions.accept(case, by=taker, now=world.now + (at + 1) * HOUR)
        if taker == world.department_worker:
            order = orders.issue(case, by=world.supervisor, now=world.now + 5 * HOUR, demand="请尽快办结并答复")
    dispatch(now=world.now + 8 * HOUR, real=False)
    page = f"/supervision/orders/{order.pk}/"
    client.force_login(world.department_worker)
    text = client.get(page).content.decode()
    assert "请尽快办结并答复" in text
    assert case.title not in text, "the case itself is not theirs any more"
    assert order.number in client.get("/supervision/orders/").content.decode()
    alert = Alert.objects.get(what="order", recipient=world.department_worker, channel="inbox")
    assert client.get(f"/inbox/{alert.pk}/").headers["Location"] == page
    assert client.get(page + "paper.pdf").status_code == 404
    assert client.post(page + "answer/", {"text": "已移交"}).status_code == 403
    look(order.due_at + SECOND)
    red = Alert.objects.filter(escalation__order=order, escalation__rung="red").values_list(
        "recipient__username", flat=True
    )
    assert set(red) == {"department2_worker", "supervisor", "supervisor2"}
    client.force_login(world.department2_worker)
    assert "现答复人" in client.get(page).content.decode()
    assert order.number in client.get("/supervision/orders/?state=mine").content.decode()
    assert client.post(page + "answer/", {"text": "本周五前更换完毕"}).status_code == 302
    client.force_login(world.supervisor)
    assert client.post(page + "send_back/", {"text": "请写明负责人"}).status_code == 302
    back = Alert.objects.filter(what="order", key__contains="-back-").values_list("recipient__username", flat=True)
    assert set(back) == {"department2_worker"}
    client.force_login(world.department_worker)
    text = client.get(page).content.decode()
    assert "更换完毕" not in text
    order.refresh_from_db()
    assert (order.person, order.unit) == (world.department_worker, world.department), "to whom it went is not rewritten"


def test_the_secretary_of_the_unit_that_has_the_case_answers_and_the_former_one_does_not(world: World) -> None:
    case = answered(world)
    order = orders.issue(case, by=world.supervisor, now=world.now + 2 * HOUR, demand="请尽快办结并答复")
    actions.offer(case, by=world.worker, now=world.now + 3 * HOUR, version=2, to=world.outsider, reason="属西里")
    actions.accept(case, by=world.outsider, now=world.now + 4 * HOUR)
    said = {}
    for who in (world.secretary, world.west_secretary, world.worker, world.outsider):
        seen = orders.order_for(Person.objects.get(pk=who.pk), order.pk)
        said[who.username] = "answer" in orders.acts(Person.objects.get(pk=who.pk), seen)
    assert said == {"secretary": False, "west_secretary": True, "worker": False, "outsider": True}


def test_an_unanswered_order_climbs_its_own_ladder_even_when_the_case_is_finished(world: World, client: Client) -> None:
    case = answered(world)
    order = orders.issue(case, by=world.supervisor, now=world.now + 2 * HOUR, demand="请两日内修好并答复")
    actions.conclude(case, by=world.worker, now=world.now + 3 * HOUR, version=2, outcome="resolved", text="已修好")
    look(order.due_at + SECOND)
    assert Escalation.objects.get(order=order, skipped=False).rung == "red"
    client.force_login(world.worker)
    assert "办结" in client.get(f"/supervision/orders/{order.pk}/").content.decode(), "the answer is begun for them"


def test_the_panel_of_a_case_says_what_was_noticed_and_offers_what_is_to_be_done(world: World, client: Client) -> None:
    case = answered(world, at=timezone.now() - 40 * DAY)
    look(timezone.now(), flood=False)
    orders.issue(case, by=world.supervisor, now=timezone.now(), demand="请说明情况")
    client.force_login(world.worker)
    panel = client.get(f"/supervision/cases/{case.number}/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in panel
    assert "explain_delay" in panel
    client.force_login(world.outsider)
    assert client.get(f"/supervision/cases/{case.number}/").status_code == 404
    client.force_login(world.supervisor)
    assert client.get("/supervision/orders/?state=late").status_code == 200
    assert "督办〔" in client.get("/supervision/orders/").content.decode()


# The doors


def test_the_commands_answer_with_the_keys_programs_count_on(world: World) -> None:
    case = answered(world)
    at = (resolution(case).due_at + SECOND).isoformat()
    swept, sent = io.StringIO(), io.StringIO()
    call_command("sweep", "--now", at, "--json", stdout=swept)
    call_command("dispatch", "--now", at, "--json", stdout=sent)
    first, second = (json.loads(out.getvalue().splitlines()[-1]) for out in (swept, sent))
    assert list(first) == ["claimed", "transitions", "alerts", "held", "seconds"]
    assert list(second) == ["sent", "failed", "remaining", "seconds"]
    assert first["alerts"] == second["sent"] == Delivery.objects.count() > 0


def test_a_sweep_reads_what_is_due_through_the_partial_index(world: World) -> None:
    clock = resolution(world.log())
    far = world.now + 90 * DAY
    Clock.objects.bulk_create(
        Clock(
            case=clock.case, kind=clock.kind, cycle=cycle, policy_id=clock.policy_id, started_at=clock.started_at,
            due_at=far, next_turn_at=far,
        )
        for cycle in range(2, 3_000)
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE complaints_clock")
        cursor.execute("EXPLAIN " + claim_query(CLOCKS), [world.now, 500])
        plan = "\n".join(row[0] for row in cursor.fetchall())
        cursor.execute("EXPLAIN " + claim_query(CLOCKS), [far, 500])
        flood = "\n".join(row[0] for row in cursor.fetchall())
        cursor.execute("EXPLAIN " + FIRST_TURN)
        idle = "\n".join(row[0] for row in cursor.fetchall())
    for way in (plan, idle):  # orders and items are empty here: how those are read says nothing
        assert "clock_running_by_turn" in way
        assert "Seq Scan on complaints_clock" not in way
    assert "Sort" not in flood, "a batch reads no more than itself"


def test_every_source_of_deadlines_has_its_partial_index(world: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_indexes WHERE indexname IN %s", [
            ("clock_running_by_turn", "order_running_by_turn", "item_running_by_turn")
        ])  # fmt: skip
        assert cursor.fetchone() == (3,)


def test_two_looks_a_second_apart_tell_everybody_once(world: World) -> None:
    case = answered(world)
    due = resolution(case).due_at
    for _look in range(3):
        look(due + SECOND)
        look(due + 2 * SECOND)
    counted = Counter(Alert.objects.values_list("key", "recipient", "channel"))
    assert counted
    assert set(counted.values()) == {1}


def test_an_administrator_tries_a_ladder_out_before_it_is_in_force(world: World, client: Client) -> None:
    answered(world)
    client.force_login(world.admin)
    ladder = Ladder.objects.get(code="ordinary")
    address = f"/admin/supervision/ladderversion/add/?ladder={ladder.pk}"
    assert client.get(f"/admin/supervision/ladder/{ladder.pk}/change/").status_code == 200
    page = client.get(address)
    rungs = page.context["inline_admin_formsets"][0].formset
    typed: dict[str, Any] = {"ladder": ladder.pk, "reason": "试行"}
    typed |= {f"rungs-{name}": rungs.management_form[name].value() for name in rungs.management_form.fields}
    for place, rung in enumerate(rulebook.terms_of(ladder.versions.get()).rungs):
        values = {"code": rung.code, "name": rung.name, "point": rung.point, "offset": rung.offset, "unit": rung.unit}
        typed |= {f"rungs-{place}-{name}": value for name, value in values.items()}
        typed |= {f"rungs-{place}-step": rung.step, f"rungs-{place}-told": list(rung.told)}
        typed |= {f"rungs-{place}-unless_explained": "on"} if rung.unless_explained else {}
    for place in (5, 6):  # two empty lines, as a browser sends them
        typed |= {f"rungs-{place}-unit": "working_days", f"rungs-{place}-offset": "0", f"rungs-{place}-step": "tell"}
    typed["rungs-0-offset"] = "-2"
    assert client.post(address, typed | {"_preview": "1"}).status_code == 200
    assert ladder.versions.count() == 1
    saved = client.post(address, typed)
    assert saved.status_code == 302, saved.context["errors"]
    assert [rung.offset for rung in ladder.versions.order_by("-version")[0].rungs.order_by("pk")] == [-2, 0, 0, 1, 5]
    assert client.get("/admin/supervision/watchrule/add/").status_code == 200
