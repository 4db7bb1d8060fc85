"""Sealing everything anew under the current key.

What is done is written in the rows themselves: a token names its key. So a rotation that was killed goes on where it
stopped, and starting it twice does nothing twice.

It runs as the owner of the tables: the application's role neither sees reports outside a circle nor edits history.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction

from config.lib import crypto, sealed
from config.lib.sealed import SealedTable

# Where a policy would hide rows from us, PostgreSQL then refuses instead: "0 left" has to be true.
EVERY_ROW = "SET LOCAL row_security = off"


@dataclass
class Progress:
    """`unreadable` are rows, as table:key, that no key opens. They are left as they are."""

    rows: int = 0
    unreadable: list[str] = field(default_factory=list)


def rotate(batch: int) -> Iterator[Progress]:
    """Seal everything that is not under the current key, `batch` rows to a transaction; tells after each."""
    progress = Progress()
    for table in sealed.sealed_tables():
        last: Any = None
        while True:
            last = _one_batch(table, last, max(1, batch // 100) if table.bulky else batch, progress)
            if last is None:
                break
            yield progress
    yield progress


def left() -> int:
    """How many rows are not under the current key."""
    count = 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(EVERY_ROW)
        for table in sealed.sealed_tables():
            where, prefixes = _stale(table)
            cursor.execute(f"SELECT count(*) FROM {_q(table.name)} WHERE {where}", prefixes)
            count += cursor.fetchone()[0]
    return count


@transaction.atomic
def _one_batch(table: SealedTable, last: Any, batch: int, progress: Progress) -> Any:
    """The last primary key looked at, None when nothing was left. The rows stay locked: nobody's edit is lost."""
    where, prefixes = _stale(table)
    columns = ", ".join(map(_q, table.columns))
    with connection.cursor() as cursor:
        cursor.execute(EVERY_ROW)
        cursor.execute(
            f"SELECT {_q(table.key)}, {columns} FROM {_q(table.name)}"
            f" WHERE (%s IS NULL OR {_q(table.key)} > %s) AND ({where}) ORDER BY 1 LIMIT %s FOR UPDATE",
            [last, last, *prefixes, batch],
        )
        rows = cursor.fetchall()
        told = []
        for key, *tokens in rows:
            try:
                told.append(_anew(table, key, tokens))
            except crypto.CannotOpen:
                progress.unreadable.append(f"{table.name}:{key}")
        if told:
            _write(cursor, table, told)
    progress.rows += len(told)
    return rows[-1][0] if rows else None


def _write(cursor: Any, table: SealedTable, told: list[dict[str, Any]]) -> None:
    name, key = _q(table.name), _q(table.key)
    sets = ", ".join(f"{_q(column)} = n.{_q(column)}" for column in told[0] if column != table.key)
    if table.append_only:
        # What it says stays the same. If we are killed, the transaction takes the open lock back with it.
        cursor.execute(f"ALTER TABLE {name} DISABLE TRIGGER USER")
    cursor.execute(
        f"UPDATE {name} AS r SET {sets} FROM json_populate_recordset(NULL::{name}, %s) AS n WHERE r.{key} = n.{key}",
        [json.dumps(told, default=str)],
    )
    if table.append_only:
        cursor.execute(f"ALTER TABLE {name} ENABLE TRIGGER USER")


def _anew(table: SealedTable, key: Any, tokens: list[str]) -> dict[str, Any]:
    """The row's sealed columns under the current key, by column."""
    ring = sealed.ring()
    row: dict[str, Any] = {table.key: key}
    for column, token in zip(table.columns, tokens, strict=True):
        text = crypto.unseal(token, table.place(column, key), ring)
        row[column] = token if token.startswith(ring.prefix) else crypto.seal(text, table.place(column, key), ring)
        if column in table.indexes:
            row[table.indexes[column]] = crypto.phone_index(text, ring)
    return row


def _stale(table: SealedTable) -> tuple[str, list[str]]:
    """What is true of rows with something under another key, and its parameters."""
    columns = [*table.columns, *table.indexes.values()]
    where = " OR ".join(f"({_q(column)} <> '' AND NOT starts_with({_q(column)}, %s))" for column in columns)
    return where, [sealed.ring().prefix] * len(columns)


def _q(name: str) -> str:
    return connection.ops.quote_name(name)
