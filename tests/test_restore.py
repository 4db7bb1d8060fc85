"""The drill: a dump of a street with history, residents and photos comes back whole in another database."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg2
import pytest
import time_machine
from django.core.files.base import ContentFile
from django.db import connection

from complaints import actions
from complaints.history import pin_days
from complaints.models import Attachment, Resident
from tests.world import World, build_world

DRILL = "linli_drill"
ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """The name of an empty database beside the tests' one."""
    _admin(f'DROP DATABASE IF EXISTS "{DRILL}"', f'CREATE DATABASE "{DRILL}"')
    yield DRILL
    _admin(f'DROP DATABASE "{DRILL}" WITH (FORCE)')


@pytest.mark.django_db(transaction=True)
def test_after_a_restore_every_row_every_link_and_every_photo_is_there(
    elsewhere: str, tmp_path: Path, settings: Any
) -> None:
    settings.MEDIA_ROOT, settings.DATA_DIR = tmp_path / "media", tmp_path
    world = build_world()
    with time_machine.travel(world.now, tick=False):
        _live(world)
    assert pin_days(now=world.now + timedelta(days=3))
    before = _counts(connection.settings_dict["NAME"])

    dump, copy = tmp_path / "linli.dump", tmp_path / "restored-media"
    _run("pg_dump", "-Fc", "-f", str(dump), connection.settings_dict["NAME"])
    shutil.copytree(settings.MEDIA_ROOT, copy)
    _run("pg_restore", "--no-owner", "--exit-on-error", "-d", elsewhere, str(dump))

    assert _counts(elsewhere) == before
    assert before["complaints_case"] == 6
    assert before["complaints_event"] == 12
    told = _verified(elsewhere, tmp_path)
    assert (told["events"], told["ok"], told["problems"]) == (12, True, [])
    for row in Attachment.objects.all():
        assert hashlib.sha256((copy / str(row.file)).read_bytes()).hexdigest() == row.sha256


@pytest.mark.django_db(transaction=True)
def test_nobody_is_named_in_a_dump(tmp_path: Path) -> None:
    world = build_world()
    case = world.log(resident_name="")
    marks = [(f"记号{n:04d}", f"1399{n:07d}", f"暗号路{n:04d}号") for n in range(1000)]
    # A thousand people behind one case: the tables are left without their ties for as long as the dump takes.
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        Resident.objects.bulk_create(
            _resident(case_id=10**6 + n, name=name, phone=phone, address=address)
            for n, (name, phone, address) in enumerate(marks)
        )
        cursor.execute("SET session_replication_role = DEFAULT")
    dump = tmp_path / "linli.sql"
    _run("pg_dump", "-f", str(dump), connection.settings_dict["NAME"])
    written = dump.read_bytes()
    assert len(written) > 1000 * 100
    assert case.number.encode() in written
    assert [mark for own in marks for mark in own if mark.encode() in written] == []


def _resident(**known: Any) -> Resident:
    return Resident(**known)


def _live(world: World) -> None:
    """Six cases with people, photos and answers."""
    for n in range(6):
        case = world.log(
            at=world.now - timedelta(days=n + 1), resident_name=f"住户{n}", resident_phone=f"1390000100{n}"
        )
        content = os.urandom(2_000)
        Attachment(
            case=case, name="楼道.jpg", content_type="image/jpeg", size=len(content), by=world.worker, at=world.now,
            sha256=hashlib.sha256(content).hexdigest(),
        ).file.save("a.jpg", ContentFile(content))  # fmt: skip
        actions.conclude(case, by=world.worker, now=world.now, version=1, outcome="resolved", text="已修好。")


def _run(*command: str) -> None:
    done = subprocess.run([*command], env=os.environ | _address(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _address() -> dict[str, str]:
    """Where the tests' server is, as the programs of PostgreSQL want to be told."""
    known = connection.settings_dict
    given = {"PGHOST": known["HOST"], "PGPORT": known["PORT"], "PGUSER": known["USER"], "PGPASSWORD": known["PASSWORD"]}
    return {name: str(value) for name, value in given.items() if value}


def _connect(database: str) -> Any:
    known = connection.get_connection_params()
    return psycopg2.connect(
        **{key: known[key] for key in ("host", "port", "user", "password") if key in known}, dbname=database
    )


def _admin(*statements: str) -> None:
    opened = _connect("postgres")
    opened.autocommit = True
    with opened.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    opened.close()


def _counts(database: str) -> dict[str, int]:
    opened, found = _connect(database), {}
    with opened.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT count(*) FROM public."{table}"')
            found[table] = cursor.fetchone()[0]
    opened.close()
    return found


def _verified(database: str, home: Path) -> Any:
    known = connection.settings_dict
    place = f"{quote(str(known['USER']), safe='')}:{quote(str(known['PASSWORD'] or ''), safe='')}@"
    host = quote(str(known["HOST"] or ""), safe="")
    url = f"postgres://{place}{host}:{known['PORT'] or ''}/{database}"
    env = os.environ | {"DATABASE_URL": url, "DATABASE_OWNER_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings"}
    env["LINLI_DATA"] = str(home)  # the copy of the daily heads
    command = [sys.executable, "manage.py", "verify_history", "--json", "--jobs", "1"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])
