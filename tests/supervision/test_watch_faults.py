"""Whatever dies in between: nobody is told twice, and nobody is forgotten. Real processes, killed for real."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from django.db import connection

from complaints.models import Case, Clock
from supervision.models import Alert, Delivery, Escalation, Robot
from tests.world import World
from tools import far_end as far_ends

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[2]
CASES, KILLS, SECONDS = 120, 6, 30
# As `manage.py watch` does, without the pause between two rounds, and with a lease that is soon over.
LOOP = """
import os, sys, django
django.setup()
from datetime import datetime, timedelta
from supervision.watch import dispatch as d
from supervision.watch.sweep import sweep
from supervision.watch import sources
d.LEASE, d.BUNDLE, sources.BATCH = timedelta(seconds=1), 5, 20
now = datetime.fromisoformat(sys.argv[1])
while True:
    sweep(now=now, real=False, flood=False)
    d.dispatch(now=now + timedelta(days=1), real=False)
"""


@pytest.fixture
def far_end() -> Iterator[tuple[str, Counter[str]]]:
    """A webhook of our own that counts the keys it sees."""
    keys, server = far_ends.counting()
    yield f"http://127.0.0.1:{server.server_port}/hook", keys
    server.shutdown()


def start(now: datetime) -> subprocess.Popen[bytes]:
    known = connection.settings_dict
    url = f"postgresql://{known['USER']}:{known['PASSWORD']}@/{known['NAME']}?host={known['HOST']}&port={known['PORT']}"
    return subprocess.Popen(
        [sys.executable, "-c", LOOP, now.isoformat()],
        cwd=ROOT,
        env=os.environ
        | {
            "DATABASE_URL": os.environ.get("LINLI_TEST_URL", url),
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "LINLI_ROBOT_HOSTS": "127.0.0.1",
        },
        stderr=subprocess.DEVNULL,
    )


def test_killed_sweeps_and_dispatchers_tell_everybody_exactly_once(
    world: World, far_end: tuple[str, Counter[str]]
) -> None:
    url, keys = far_end
    robot = Robot.objects.create(street=world.street, kind="webhook", name="全街", steps=["remind"])
    robot.url, robot.secret = url, "s"
    robot.save()
    case = world.log()
    others = [
        Case(**{field.attname: getattr(case, field.attname) for field in Case._meta.concrete_fields if field.name != "id"})
        for _n in range(CASES - 1)
    ]  # fmt: skip
    for n, other in enumerate(others):
        other.number = f"TST-20261118-{n + 2:04d}"
        other.submission_key = None
    Case.objects.bulk_create(others)
    first = Clock.objects.get(case=case, kind="resolution")
    Clock.objects.filter(case=case, kind="response").update(stopped_at=world.now)
    Clock.objects.bulk_create(
        Clock(
            case=other, kind="resolution", policy_id=first.policy_id, started_at=first.started_at,
            yellow_at=first.yellow_at, due_at=first.due_at, next_turn_at=first.started_at,
        )
        for other in others
    )  # fmt: skip
    now = first.due_at + timedelta(seconds=1)
    rng, running = Random(4), [start(now), start(now)]
    try:
        deadline = time.monotonic() + SECONDS
        for _kill in range(KILLS):
            time.sleep(rng.uniform(0.5, 0.9))  # there is nothing to wait for: the moment has to be any
            victim = running.pop(0)
            os.kill(victim.pid, signal.SIGKILL)
            victim.wait()
            running.append(start(now))
        while not finished() and time.monotonic() < deadline:
            time.sleep(0.1)
    finally:
        for process in running:
            process.kill()
            process.wait()
    told = Escalation.objects.filter(skipped=False)
    assert told.count() == CASES, "every case once"
    assert not Alert.objects.filter(sent_at__isnull=True).exists(), "nothing missed"
    # Handler and secretary in their inbox, the group by its webhook: one proof for each.
    assert Delivery.objects.count() == 3 * CASES
    assert Counter(Alert.objects.values_list("channel", flat=True)) == {"inbox": 2 * CASES, "robot": CASES}
    bundles = set(Alert.objects.filter(channel="robot").values_list("bundle", flat=True))
    assert set(keys) == {str(bundle) for bundle in bundles}, "whatever was sent again came under the same key"


def finished() -> bool:
    return (
        Escalation.objects.filter(skipped=False).count() == CASES
        and not Alert.objects.filter(sent_at__isnull=True).exists()
    )
