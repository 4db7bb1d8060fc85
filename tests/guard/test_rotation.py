from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from complaints.models import Resident
from config.guard.rotation import left
from config.lib import crypto
from supervision.conduct.models import AccessLog
from tests.world import World

ROOT = Path(__file__).resolve().parents[2]
ONE, TWO = crypto.new_key("one"), crypto.new_key("two")
PEOPLE = 3_000


def person(**known: Any) -> Resident:
    return Resident(**known)


def fill(count: int) -> None:
    """Residents without cases: rotation looks at nobody else. The rows go before the test's end."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        Resident.objects.bulk_create(
            person(case_id=n, name=f"居民{n}", phone=f"1390{n:07d}", address="和平路") for n in range(1, count + 1)
        )
        cursor.execute("SET session_replication_role = DEFAULT")


def told(**options: Any) -> dict[str, Any]:
    out = StringIO()
    call_command("rotate_keys", json=True, stdout=out, **options)
    answer: dict[str, Any] = json.loads(out.getvalue())
    return answer


def child(keys: str, *arguments: str) -> subprocess.Popen[bytes]:
    """The command as an administrator starts it, against the test's own database."""
    place = connection.settings_dict
    url = f"postgresql://{place['USER']}@{str(place['HOST']).replace('/', '%2F')}/{place['NAME']}"
    environment = os.environ | {
        "DATABASE_URL": url,
        "DATABASE_OWNER_URL": url,
        "LINLI_FIELD_KEYS": keys,
        "LINLI_CIPHER": "aes",
    }
    command = [sys.executable, "manage.py", "rotate_keys", "--json", *arguments]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_after_a_rotation_the_old_key_can_be_thrown_away(world: World, settings: Any) -> None:
    settings.FIELD_KEYS = ONE
    case = world.log(resident_name="张秀英", resident_phone="13900000001")
    settings.FIELD_KEYS = f"{TWO},{ONE}"
    assert Resident.objects.with_phone("13900000001").get().name == "张秀英"
    assert told() | {"seconds": 0} == {"key": "two", "rotated": 1, "unreadable": 0, "left": 0, "seconds": 0}
    settings.FIELD_KEYS = TWO
    resident = Resident.objects.with_phone("13900000001").get()
    assert (resident.pk, resident.name) == (case.pk, "张秀英")
    assert told()["rotated"] == 0


def test_an_office_changes_to_the_chinese_cipher_in_the_same_way(world: World, settings: Any) -> None:
    settings.FIELD_KEYS = ONE
    world.log(resident_name="张秀英", resident_phone="13900000001")
    settings.FIELD_CIPHER = "sm4"
    assert Resident.objects.with_phone("13900000001").get().name == "张秀英"
    assert told()["rotated"] == 1
    assert Resident.objects.with_phone("139 0000 0001").get().name == "张秀英"
    assert Resident.objects.values_list("name", flat=True)[0].startswith("2.one.")


def test_a_row_that_no_key_opens_is_named_and_left_alone(world: World, settings: Any) -> None:
    settings.FIELD_KEYS = ONE
    lost = world.log(resident_name="张秀英")
    settings.FIELD_KEYS = TWO
    world.log(resident_name="李敏")
    with pytest.raises(CommandError, match=f"complaints_resident:{lost.pk}"):
        call_command("rotate_keys", stdout=StringIO())
    settings.FIELD_KEYS = f"{TWO},{ONE}"
    assert Resident.objects.get(case=lost).name == "张秀英"


@pytest.mark.django_db(transaction=True)
def test_what_cannot_be_edited_is_sealed_anew_and_stays_uneditable(settings: Any) -> None:
    settings.FIELD_KEYS = ONE
    row = AccessLog(pk=7, report_id=1, person_id=1, at=timezone.now(), what="identity")
    row.reason = "核实举报人联系方式"
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # there is no such report
        row.save(force_insert=True)
        cursor.execute("SET session_replication_role = DEFAULT")
    settings.FIELD_KEYS = f"{TWO},{ONE}"
    assert told()["rotated"] == 1
    settings.FIELD_KEYS = TWO
    assert AccessLog.objects.get(pk=7).reason == "核实举报人联系方式"
    with pytest.raises(DatabaseError, match="history_cannot_be_edited"), transaction.atomic():
        AccessLog.objects.filter(pk=7).update(what="photo")


def test_the_application_s_own_role_is_refused_rather_than_told_that_nothing_is_left(
    world: World, as_app_role: Callable[[], None]
) -> None:
    as_app_role()
    with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
        left()


@pytest.mark.django_db(transaction=True)
def test_a_rotation_killed_half_way_goes_on_where_it_stopped(settings: Any) -> None:
    settings.FIELD_KEYS = ONE
    fill(PEOPLE)
    settings.FIELD_KEYS = f"{TWO},{ONE}"
    for _kill in range(3):
        running, before = child(settings.FIELD_KEYS, "--batch", "5"), left()
        while running.poll() is None and left() == before:
            pass
        running.kill()
        said = running.communicate()[1].decode()
        assert running.returncode == -signal.SIGKILL, said or "it was done before it could be killed"
        assert 0 < left() < before
    assert {row.name for row in Resident.objects.filter(pk__in=[1, PEOPLE])} == {"居民1", f"居民{PEOPLE}"}
    last = child(settings.FIELD_KEYS)
    answer = json.loads(last.communicate()[0])
    assert last.returncode == 0
    assert answer["left"] == left() == 0
    assert 0 < answer["rotated"] < PEOPLE
    settings.FIELD_KEYS = TWO
    assert all(row.name == f"居民{row.pk}" and row.phone == f"1390{row.pk:07d}" for row in Resident.objects.all())
    assert Resident.objects.with_phone(f"1390{PEOPLE:07d}").get().pk == PEOPLE
