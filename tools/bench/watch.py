"""The watch with 1,000,000 cases: what a sweep costs, idle and busy, a calendar edit, and everything killed at once.

LINLI_BENCH_WATCH takes another number of cases; a tenth of them is open, with two running clocks each.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random

from django.db import connection
from django.utils import timezone

from config import embedded
from tools import far_end
from tools.bench import bench, milliseconds, seconds

ROOT = Path(__file__).resolve().parents[2]
CASES = int(os.environ.get("LINLI_BENCH_WATCH", "1000000"))
OPEN = CASES // 10
DUE = min(20_000, OPEN)
DOOMED, KILLS, PROCESSES = 2_000, 24, 4

FILL_CASES = """
INSERT INTO complaints_case ({columns})
SELECT {values} FROM complaints_case c, generate_series(1, {count}) AS g WHERE c.id = {pk}
"""
FILL_CLOCKS = """
INSERT INTO complaints_clock (case_id, kind, cycle, policy_id, started_at, yellow_at, due_at, provisional,
    stopped_at, next_turn_at)
SELECT k.id, t.kind, 1, t.policy_id, k.submitted_at, NULL, k.submitted_at + interval '30 days', false,
    k.closed_at, k.submitted_at
FROM complaints_case k, complaints_clock t WHERE t.case_id = {pk} AND k.id > {pk} AND t.kind <> 'joint'
"""


@cache
def filled() -> int:
    """Copies of one case, told over the last three days; nine in ten are closed. Returns the case they were made of."""
    from complaints.actions import Registration, register
    from complaints.actions.recalculate import recalculate
    from complaints.demo import people
    from complaints.models import Case
    from staff.models import Community, Person, Post, Street, Unit

    now = timezone.now() - timedelta(days=3)
    rng = Random(3)
    street = Street.objects.filter(code=people.STREET[0]).first() or people.build(rng, timezone.localdate()).street
    community = Community.objects.filter(street=street)[0]
    worker = Person.objects.filter(posts__community=community, posts__role=Post.Role.WORKER)[0]
    case = register(
        Registration(
            street=street,
            unit=Unit.objects.filter(community=community)[0],
            community=community,
            grid=None,
            first_contact=worker,
            kind=Case.Kind.HELP,
            channel=Case.Channel.COUNTER,
            title="楼道灯不亮",
            text="楼道灯不亮",
            submitted_at=now,
        ),
        by=worker,
        now=now,
    )
    later = f"c.submitted_at + (g % {3 * 86_400 - 3_600}) * interval '1 second'"
    changed = {
        "number": "'BENCH-' || g",
        "submitted_at": later,
        "registered_at": later,
        "updated_at": later,
        "status": f"CASE WHEN g > {OPEN} THEN 'concluded' ELSE 'handling' END",
        "outcome": f"CASE WHEN g > {OPEN} THEN 'resolved' ELSE '' END",
        "closed_at": f"CASE WHEN g > {OPEN} THEN {later} + interval '1 hour' END",
    }
    columns = [str(field.column) for field in Case._meta.concrete_fields]
    names = [name for name in columns if name not in ("id", "submission_key")]
    with connection.cursor() as cursor:
        cursor.execute(
            FILL_CASES.format(
                columns=", ".join(f'"{name}"' for name in names),
                values=", ".join(changed.get(name, f'c."{name}"') for name in names),
                count=CASES,
                pk=case.pk,
            )
        )
        cursor.execute(FILL_CLOCKS.format(pk=case.pk))
        cursor.execute("ANALYZE complaints_case, complaints_clock")
    recalculate(dry_run=False)
    _no_limits()
    _settle()
    return case.pk


def _no_limits() -> None:
    """By night as by day, and however many: what is measured is speed."""
    from datetime import time as at

    from staff.models import Person
    from supervision.watch.rulebook import change_rule

    change_rule(
        by=Person.objects.all()[0], now=timezone.now(), reason="bench", quiet_from=at(0), quiet_to=at(0),
        flood_least=10_000_000,
    )  # fmt: skip


def _settle() -> None:
    """Everything has had its look and the next one is an hour away, so that nothing falls due while we measure."""
    from supervision.watch.sweep import sweep

    sweep(now=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE complaints_clock SET next_turn_at = now() + interval '1 day'"
            " WHERE stopped_at IS NULL AND next_turn_at < now() + interval '1 hour'"
        )
        cursor.execute("VACUUM ANALYZE complaints_clock")


@bench(f"sweep with nothing due, {CASES:,} cases", limit=5, unit="ms")
def idle() -> float:
    from supervision.watch.sweep import sweep

    filled()
    assert sweep(now=timezone.now()).claimed == 0
    return milliseconds(lambda: sweep(now=timezone.now()), times=50)


@bench(f"sweep of {DUE:,} due clocks into ledger and alerts", limit=5_000, unit="clocks/s", at_least=True)
def busy() -> float:
    """All of them turn red at once: each tells two people."""
    from supervision.models import Alert
    from supervision.watch.sweep import sweep

    filled()
    now = _make_due(DUE)
    before = Alert.objects.count()
    took = seconds(lambda: sweep(now=now))
    assert Alert.objects.count() - before == 2 * DUE, "every case told, to both"
    return DUE / took


def _make_due(count: int) -> datetime:
    """So many clocks of the resolution turned red a second ago, with all earlier rungs behind them."""
    from complaints.models import Clock

    now = timezone.now()
    red = now - timedelta(seconds=1)
    ids = list(
        Clock.objects.filter(stopped_at__isnull=True, kind="resolution", due_at__gt=now + timedelta(days=1))
        .filter(case__number__startswith="BENCH-")  # other measurements have left cases of other people
        .order_by("pk")
        .values_list("pk", flat=True)[:count]
    )
    assert len(ids) == count
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE complaints_clock SET due_at = %s, yellow_at = NULL, next_turn_at = %s, started_at = %s"
            " WHERE id = ANY(%s)",
            [red, now, red - timedelta(hours=1), ids],
        )
    return now


@bench(f"calendar edit with {2 * OPEN:,} open clocks, reckoned and swept", limit=60)
def calendar_edit() -> float:
    """After a dry run. No alert is repeated, no case is touched."""
    from complaints.actions.recalculate import recalculate
    from complaints.models import Case
    from services.models import CalendarDay
    from supervision.models import Alert
    from supervision.watch.sweep import sweep

    filled()
    recalculate(dry_run=False)
    sweep(now=timezone.now())
    touched = Case.objects.order_by("-updated_at").values_list("updated_at", flat=True)[0]
    alerts = Alert.objects.count()
    day = _working_day_ahead()
    CalendarDay.objects.update_or_create(date=day, defaults={"year_id": day.year, "is_working": False, "name": "bench"})
    expected = recalculate(dry_run=True)
    began = time.perf_counter()
    done = recalculate(dry_run=False)
    sweep(now=timezone.now())
    took = time.perf_counter() - began
    assert done.changed == expected.changed > OPEN * 0.5
    assert Alert.objects.count() == alerts, "nobody hears of it twice"
    assert Case.objects.order_by("-updated_at").values_list("updated_at", flat=True)[0] == touched
    CalendarDay.objects.filter(date=day, name="bench").delete()
    recalculate(dry_run=False)
    sweep(now=timezone.now())
    return took


def _working_day_ahead() -> date:
    """A working day every ordinary limit told in the last days reaches over."""
    from services.calendar import load_calendar

    calendar, day = load_calendar(), timezone.localdate() + timedelta(days=1)
    while not calendar.is_working(day):
        day += timedelta(days=1)
    return day


@bench(f"{DOOMED:,} due clocks, {KILLS} x kill -9: told after the last kill", limit=60)
def faults() -> float:
    """Four loops sweep and dispatch; Redis is flushed and PostgreSQL restarted meanwhile. 0 missed, 0 twice."""
    import redis

    from supervision.models import Alert, Delivery, Robot
    from supervision.watch.sources import CLOCKS, running

    pk = filled()
    keys, server = far_end.counting()
    street = running(CLOCKS, 0, 1)[0].street
    robot, _new = Robot.objects.get_or_create(
        street_id=street, name="bench", defaults={"kind": "webhook", "steps": ["remind"]}
    )
    robot.url, robot.secret = f"http://127.0.0.1:{server.server_port}/", "secret"
    robot.save()
    Alert.objects.filter(sent_at__isnull=True).update(dead_at=timezone.now())  # those of the benchmarks before
    newest = Alert.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    _make_due(DOOMED)
    rng, loops = Random(7), [_loop() for _n in range(PROCESSES)]
    database = embedded.Servers(embedded.data_dir(), frozenset({"postgres"}))
    try:
        for kill in range(KILLS):
            time.sleep(rng.uniform(0.4, 1.2))
            victim = loops.pop(0)
            os.kill(victim.pid, signal.SIGKILL)
            victim.wait()
            loops.append(_loop())
            if kill == KILLS // 3:
                redis.Redis(unix_socket_path=str(database.sockets / "redis.sock")).flushall()
            if kill == KILLS // 2:
                connection.close()
                database.stop_postgres()
                database.start()
        began = time.perf_counter()
        made = Alert.objects.filter(pk__gt=newest)
        while made.count() < 3 * DOOMED or made.filter(sent_at__isnull=True).exists():
            assert time.perf_counter() - began < 120, "not told after two minutes"
            time.sleep(0.2)
        took = time.perf_counter() - began
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()
        server.shutdown()
        robot.is_active = False
        robot.save()
    to_worker = Counter(made.filter(channel="inbox").values_list("case", "recipient"))
    assert len(to_worker) == 2 * DOOMED, "0 missed"
    assert set(to_worker.values()) == {1}, "0 twice in the inbox"
    assert Delivery.objects.filter(alert__in=made).count() == 3 * DOOMED
    bundles = {str(key) for key in made.filter(channel="robot").values_list("bundle", flat=True)}
    assert set(keys) == bundles, "whatever went out again came under the same key"
    assert pk
    return took


def _loop() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "manage.py", "watch", "--every", "0.1"],
        cwd=ROOT,
        env=os.environ | {"LINLI_ROBOT_HOSTS": "127.0.0.1"},
        stderr=subprocess.DEVNULL,
    )
