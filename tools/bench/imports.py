"""Imports and exports of made-up messages as long as real ones, and of the real files where they lie beside the project."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.utils import timezone

from tools.bench import bench, seconds

ROWS, SINCE = 10_000, date(2020, 1, 1)
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
REAL = ("messages_with_replies", "messages_with_votes", "labelled_messages", "classification")
HAN = "小区居民反映道路积水停车噪音物业电梯维修垃圾清运路灯施工安全学校医院公交站台请有关部门尽快处理谢谢"
HEADINGS = ["留言编号", "留言用户", "留言主题", "留言时间", "留言详情", "答复意见", "答复时间"]


def new_street() -> Any:
    """A street of its own for every measurement, with one supervisor."""
    from staff.models import Person, Post, Street, Unit

    number = Street.objects.count() + 1
    street = Street.objects.create(code=f"BENCH{number}", name=f"测速{number}街道", for_trial=True)
    unit = Unit.objects.create(street=street, name="办公室", kind=Unit.Kind.DEPARTMENT)
    person = Person.objects.create(username=f"bench{number}", name="测速")
    Post.objects.create(person=person, role=Post.Role.SUPERVISOR, street=street, unit=unit, since=SINCE)
    return street


def bring(path: Path, street: Any) -> float:
    """Rows a second, from the file to the last case."""
    from complaints.importing.run import run

    report = run(path, street=street, by=None, now=timezone.now())
    return report.read / report.seconds


def made_up(count: int) -> list[Sequence[object]]:
    dice = random.Random(1)
    words = ["".join(dice.choices(HAN, k=400)) for _ in range(500)]
    asked = timezone.localtime() - timedelta(days=900)
    rows: list[Sequence[object]] = [HEADINGS]
    for number in range(count):
        at = asked + timedelta(minutes=37 * number % 1_000_000)
        text, reply = dice.choice(words), dice.choice(words)
        told = f"{at:%Y/%m/%d %H:%M:%S}", f"{at + timedelta(days=number % 12):%Y-%m-%d %H:%M:%S}"
        rows.append((number + 1, f"A{number:08d}", text[:20], told[0], text, reply, told[1]))
    return rows


def workbook(path: Path) -> Path:
    from config.lib.sheets import write_xlsx

    with path.open("wb") as file:
        write_xlsx(made_up(ROWS), file, title="留言")
    return path


@cache
def ten_thousand() -> tuple[Any, float]:
    """A street with ten thousand imported cases, and how fast they came in."""
    street = new_street()
    return street, import_made_up(street)


def import_made_up(street: Any) -> float:
    with tempfile.TemporaryDirectory() as folder:
        return bring(workbook(Path(folder) / "m.xlsx"), street)


@bench("import of 10,000 messages with replies, xlsx", limit=1_000, unit="rows/s", at_least=True)
def first_import() -> float:
    return ten_thousand()[1]


@bench("import of the same 10,000 again, nothing new", limit=1_000, unit="rows/s", at_least=True)
def second_import() -> float:
    return import_made_up(ten_thousand()[0])


@bench("export of 10,000 cases, csv", limit=1_000, unit="rows/s", at_least=True)
def export() -> float:
    from complaints.exporting import street_rows
    from config.lib.sheets import csv_lines

    street, _rate = ten_thousand()
    return ROWS / seconds(lambda: sum(map(len, csv_lines(street_rows(street, timezone.now())))))


def _real(name: str) -> None:
    path = SHARED / f"{name}.xlsx"
    if path.is_file():
        bench(f"import of {name}.xlsx", limit=1_000, unit="rows/s", at_least=True)(lambda: bring(path, new_street()))


for _name in REAL:
    _real(_name)
