from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg2

from config import embedded
from tools.bench import bench, seconds

ROOT = Path(__file__).resolve().parents[2]
DATABASE = "linli_bench_history"
CASES, EVENTS_EACH = 100_000, 10
KINDS = ("contacted", "noted", "replied", "offered", "accepted", "edited")


@bench("verify_history over 1,000,000 events, days pinned", limit=60)
def verify_a_million() -> float:
    """A database of its own: a million events would weigh on whatever is measured afterwards."""
    servers = embedded.Servers(embedded.data_dir())
    _administer(servers, f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
    _administer(servers, f"CREATE DATABASE {DATABASE} OWNER {embedded.OWNER}")
    home = embedded.data_dir() / "bench_history"
    environment = os.environ | {"DATABASE_URL": servers.url(embedded.SUPER, DATABASE), "LINLI_DATA": str(home)}
    environment["DATABASE_OWNER_URL"] = environment["DATABASE_URL"]
    try:
        _manage(environment, "migrate", "-v", "0")
        _fill(environment["DATABASE_URL"])
        (home / "history" / "heads.jsonl").unlink(missing_ok=True)
        _manage(environment, "shell", "-v", "0", "-c", "from complaints.tasks import pin_history; pin_history()")
        answers: list[str] = []
        took = seconds(lambda: answers.append(_manage(environment, "verify_history", "--json")))
    finally:
        _administer(servers, f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
    answer = json.loads(answers[0])
    assert answer["ok"], answer["problems"][:5]
    assert answer["events"] == CASES * EVENTS_EACH
    assert answer["pinned_to"]
    return took


def _administer(servers: embedded.Servers, command: str) -> None:
    connection = psycopg2.connect(servers.url(embedded.SUPER, "postgres"))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(command)
    connection.close()


def _manage(environment: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout


def _fill(url: str) -> None:
    """Rows with true hashes, copied in past the foreign keys: there is no street, only history."""
    from complaints.models import Case, Event

    heads: dict[int, tuple[str, str]] = {}
    connection = psycopg2.connect(url)
    with connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        columns = ["case_id", "seq", "kind", "at", "recorded_at", "by_id", "data", "prev", "hash"]
        _copy(cursor, Event._meta.db_table, columns, _events(heads))
        sample = Case(
            street_id=1, unit_id=1, first_unit_id=1, first_contact_id=1, responsible_id=1, registered_by_id=1,
            kind="help", channel="phone", title="楼道灯不亮", text="晚上看不见台阶。", extra={},
            submitted_at=DAY, registered_at=DAY, updated_at=DAY,
        )  # fmt: skip
        fields = [
            field for field in Case._meta.concrete_fields if field.name not in {"id", "number", "version", "head"}
        ]
        plain = [_cell(field.value_from_object(sample)) for field in fields]
        rows = ([pk, number, EVENTS_EACH, head, *plain] for pk, (number, head) in heads.items())
        _copy(cursor, Case._meta.db_table, ["id", "number", "version", "head", *(str(f.column) for f in fields)], rows)
        cursor.execute(
            "INSERT INTO complaints_casecounter (street_id, day, last)"
            " SELECT 1, to_date(split_part(number, '-', 2), 'YYYYMMDD'), count(*) FROM complaints_case GROUP BY 2"
        )
    connection.close()


DAY = datetime(2025, 1, 6, 1, 0, tzinfo=UTC)
CASES_A_DAY = 500


def _events(heads: dict[int, tuple[str, str]]) -> Iterator[list[Any]]:
    from complaints.chain import Link, link_hash, text_hash

    chance = random.Random(7)
    for case in range(1, CASES + 1):
        day = DAY + timedelta(days=(case - 1) // CASES_A_DAY)
        number, head = f"BEN-{day:%Y%m%d}-{(case - 1) % CASES_A_DAY + 1:04d}", ""
        for seq in range(1, EVENTS_EACH + 1):
            at = day + timedelta(seconds=chance.randrange(6 * 3600), microseconds=chance.randrange(10**6))
            kind = "registered" if seq == 1 else chance.choice(KINDS)
            data = {"note": case * 10 + seq, "text": text_hash(f"{case} {seq}"), "reason": "楼道灯"}
            prev, head = head, link_hash(head, Link(number, seq, kind, at, at, 1, data))
            yield [case, seq, kind, at.isoformat(), at.isoformat(), 1, json.dumps(data, ensure_ascii=False), prev, head]
        heads[case] = (number, head)


def _cell(value: Any) -> str:
    if value is None:
        return r"\N"
    return "{}" if value == {} else str(value)


class _Rows:
    """What COPY reads: the rows as text, a few thousand at a time."""

    def __init__(self, rows: Iterable[list[Any]]) -> None:
        self.rows = iter(rows)
        self.left = ""

    def read(self, size: int) -> str:
        while len(self.left) < size:
            row = next(self.rows, None)
            if row is None:
                break
            self.left += "\t".join(map(str, row)) + "\n"
        given, self.left = self.left[:size], self.left[size:]
        return given


def _copy(cursor: Any, table: str, columns: list[str], rows: Iterable[list[Any]]) -> None:
    cursor.copy_expert(f"COPY {table} ({', '.join(columns)}) FROM STDIN", _Rows(rows))
