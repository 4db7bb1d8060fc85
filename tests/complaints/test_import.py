"""A secretary brings her ledger in: everything lands once, and what cannot land is told row by row."""

from __future__ import annotations

import json
import threading
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import chinese_calendar
import pytest
import time_machine
from django.conf import settings as project
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from kombu.exceptions import OperationalError
from openpyxl import Workbook, load_workbook

from complaints.actions import contact, edit, register_many
from complaints.importing import runs
from complaints.importing.reading import CellFault, id_of, instant_of
from complaints.importing.run import run
from complaints.models import Callback, Case, Category, Clock, Event, ImportRun, Reply
from complaints.tasks import forget_residents, pick_up_imports, run_import
from complaints.views import imports
from config.lib.sheets import BROWSER, Moment
from staff.models import Person
from tests.world import SHANGHAI, World

pytestmark = pytest.mark.django_db

REPLIES = ["留言编号", "留言用户", "留言主题", "留言时间", "留言详情", "答复意见", "答复时间"]
LEDGER = [
    "工单编号", "工单类型", "问题分类", "标签", "标题", "主要内容", "工单状态", "来电人", "电话", "被反映区", "街乡镇",
    "办理结果", "回复内容", "受理方式", "办结时间", "企业名称", "是否解决", "是否满意", "工单性质", "村/社区", "小区点位",
    "来电时间",
]  # fmt: skip
SHARED = Path(project.BASE_DIR).parent / "shared" / "data"


def workbook(path: Path, *rows: Sequence[Any]) -> Path:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("台账")
    for row in rows:
        sheet.append(list(row))
    book.save(path)
    return path


def message(number: Any = 24, **cells: Any) -> list[Any]:
    known = {
        "留言编号": number,
        "留言用户": "A00045581",
        "留言主题": "路灯不亮",
        "留言时间": "2019/4/25 9:32:09",
        "留言详情": "\n\t\t\t\t\u3000\u30003号楼门口路灯坏了\n一周没有人修\n\t\t",
        "答复意见": "已经修好,感谢您的留言。",
        "答复时间": "2019/5/5 17:59:59",
    }
    return [(known | cells)[heading] for heading in REPLIES]


def ticket(number: str, **cells: Any) -> list[Any]:
    known = {
        "工单编号": number,
        "工单类型": "投诉",
        "问题分类": "城乡建设->市政公用->路灯",
        "标题": "路灯不亮",
        "主要内容": "路灯不亮已经一周",
        "工单状态": "待处置",
        "来电人": "周先生",
        "电话": "13900000002",
        "街乡镇": "柳荫街道",
        "受理方式": "电话",
        "村/社区": "东园社区",
        "小区点位": "东园小区3号楼",
        "来电时间": "2026-11-16 10:00:00",
        "工单性质": "主办",
        "标签": "夜间",
        "企业名称": "某某公司",
        "被反映区": "某区",
    }
    return [(known | cells).get(heading) for heading in LEDGER]


def bring(path: Path, world: World, *options: str) -> dict[str, Any]:
    """The command's JSON; a run that ends with 1 is an answer too."""
    out = StringIO()
    with suppress(SystemExit):
        call_command(
            "import_cases", str(path), "--street", world.street.code, "--json", *options, stdout=out, stderr=StringIO()
        )
    return json.loads(out.getvalue().strip().splitlines()[-1])  # type: ignore[no-any-return]


def the_error(told: dict[str, Any]) -> tuple[int, str, str]:
    (error,) = told["errors"]
    assert set(error) == {"row", "column", "message"}
    return error["row"], error["column"], error["message"]


def counts(told: dict[str, Any]) -> tuple[int, ...]:
    assert told["read"] == sum(told[name] for name in ("created", "updated", "unchanged", "rejected"))
    return tuple(told[name] for name in ("read", "created", "updated", "unchanged", "rejected"))


# Messages with replies


def test_a_message_with_its_reply_lands_as_a_concluded_case_with_its_true_times(world: World, tmp_path: Path) -> None:
    told = bring(workbook(tmp_path / "m.xlsx", REPLIES, message()), world)

    assert counts(told) == (1, 1, 0, 0, 0)
    case = Case.objects.get()
    assert case.external_id == "24", "a number stored as a number is a name without a decimal point"
    assert case.text == "3号楼门口路灯坏了\n一周没有人修"
    assert (case.status, case.outcome, case.channel) == ("concluded", "resolved", "board")
    assert case.submitted_at == datetime(2019, 4, 25, 9, 32, 9, tzinfo=SHANGHAI)
    assert case.closed_at == datetime(2019, 5, 5, 17, 59, 59, tzinfo=SHANGHAI)
    assert case.extra == {"留言用户": "A00045581"}
    assert not hasattr(case, "resident"), "a user's number is nobody's name"
    assert Reply.objects.get().text == "已经修好,感谢您的留言。"
    clock = Clock.objects.get(kind="resolution")
    assert clock.due_at == datetime(2019, 5, 5, 18, tzinfo=SHANGHAI), "28 April and 5 May were make-up days"
    assert clock.stopped_at == case.closed_at
    assert [event.kind for event in Event.objects.order_by("seq")] == ["registered", "concluded"]


def test_the_streets_supervisor_answers_for_a_row_without_a_community(world: World, tmp_path: Path) -> None:
    bring(workbook(tmp_path / "m.xlsx", REPLIES, message()), world)

    case = Case.objects.get()
    assert case.responsible == case.first_contact == world.supervisor
    assert case.unit == world.office


def test_somebody_named_answers_for_every_row(world: World, tmp_path: Path) -> None:
    bring(workbook(tmp_path / "m.xlsx", REPLIES, message()), world, "--as", "worker")

    case = Case.objects.get()
    assert (case.responsible, case.unit, case.registered_by) == (world.worker, world.unit, world.worker)


def test_somebody_of_another_street_cannot_be_named(world: World, tmp_path: Path) -> None:
    told = bring(workbook(tmp_path / "m.xlsx", REPLIES, message()), world, "--as", "stranger")

    assert "外街人" in told["error"]
    assert not Case.objects.exists()


def test_the_same_file_twice_creates_nothing(world: World, tmp_path: Path) -> None:
    file = workbook(tmp_path / "m.xlsx", REPLIES, message(1), message(2))
    bring(file, world)
    before = list(Event.objects.values_list("hash", flat=True))

    assert counts(bring(file, world)) == (2, 0, 0, 2, 0)
    assert list(Event.objects.values_list("hash", flat=True)) == before


def test_a_trial_run_tells_the_same_and_changes_nothing(world: World, tmp_path: Path) -> None:
    rows = [REPLIES, message(1), message(2, 留言详情=""), message(1)]
    told = bring(workbook(tmp_path / "m.xlsx", *rows), world, "--dry-run")

    assert counts(told) == (3, 1, 0, 1, 1)
    assert not Case.objects.exists()
    assert not Event.objects.exists()


def test_a_row_told_twice_in_one_file_lands_once_and_a_contradiction_is_refused(world: World, tmp_path: Path) -> None:
    rows = [REPLIES, message(1), message(1), message(1, 留言主题="另一件事")]
    told = bring(workbook(tmp_path / "m.xlsx", *rows), world)

    assert counts(told) == (3, 1, 0, 1, 1)
    row, column, text = the_error(told)
    assert (row, column) == (4, "留言编号")
    assert "2" in text, "the first row is named"


def test_rows_without_a_number_are_recognised_by_what_they_say(world: World, tmp_path: Path) -> None:
    file = workbook(tmp_path / "m.xlsx", REPLIES, message(None), message(None, 留言主题="另一件事"))
    bring(file, world)

    assert counts(bring(file, world)) == (2, 0, 0, 2, 0)
    assert Case.objects.count() == 2


# What changes at the source


def test_a_row_that_changed_at_the_source_changes_a_case_nobody_touched(world: World, tmp_path: Path) -> None:
    bring(workbook(tmp_path / "a.xlsx", REPLIES, message()), world)
    told = bring(workbook(tmp_path / "b.xlsx", REPLIES, message(留言主题="路灯一直不亮")), world)

    assert counts(told) == (1, 0, 1, 0, 0)
    assert Case.objects.get().title == "路灯一直不亮"
    assert [event.kind for event in Event.objects.order_by("seq")] == ["registered", "concluded", "edited"]
    assert Case.objects.about("一直不亮").exists()


def test_a_reply_that_arrives_later_concludes_the_case_at_its_true_time(world: World, tmp_path: Path) -> None:
    bring(workbook(tmp_path / "a.xlsx", REPLIES, message(答复意见=None, 答复时间=None)), world)
    assert Case.objects.get().status == "registered"

    told = bring(workbook(tmp_path / "b.xlsx", REPLIES, message()), world)

    assert counts(told) == (1, 0, 1, 0, 0)
    case = Case.objects.get()
    assert (case.status, case.outcome) == ("concluded", "resolved")
    assert case.closed_at == datetime(2019, 5, 5, 17, 59, 59, tzinfo=SHANGHAI)
    assert {clock.stopped_at for clock in Clock.objects.all()} == {case.closed_at}
    assert counts(bring(tmp_path / "b.xlsx", world)) == (1, 0, 0, 1, 0)


def test_a_case_somebody_worked_on_is_left_alone(world: World, tmp_path: Path) -> None:
    bring(workbook(tmp_path / "a.xlsx", REPLIES, message(答复意见=None, 答复时间=None)), world)
    case = Case.objects.get()
    edit(case, by=world.supervisor, now=world.now, version=case.version, title="东园路灯")
    contact(case, by=world.supervisor, now=world.now, way="call", reached=True, substantive=True, text="已联系")

    told = bring(workbook(tmp_path / "b.xlsx", REPLIES, message()), world)

    assert counts(told) == (1, 0, 0, 1, 0)
    assert told["warnings"][0]["row"] == 2
    assert Case.objects.get().title == "东园路灯"


# The 12345 ledger


def test_tickets_of_a_ledger_land_in_every_state(world: World, tmp_path: Path) -> None:
    closed = {"办结时间": "2026年11月17日 15:30", "回复内容": "已修复", "办理结果": "已解决"}
    told = bring(
        workbook(
            tmp_path / "l.xlsx",
            LEDGER,
            ticket("T1"),
            ticket("T2", 工单状态="待受理", 工单类型="咨询", 受理方式="微信公众号"),
            ticket("T3", 工单状态="结案", 是否解决="解决", 是否满意="基本满意", **closed),
            ticket("T4", 工单状态="待回访", 是否解决="部分解决", 是否满意="未评价", **closed),
            ticket("T5", 工单状态="待督办", 是否解决="未解决", 是否满意="不满意", **closed | {"办理结果": ""}),
            ticket("T6", 工单状态="结案", 办结时间="2026-11-17 15:30", 回复内容=""),
            ticket("T7", 工单状态="结案", 回复内容="已修复"),
        ),
        world,
    )

    assert counts(told) == (7, 5, 0, 0, 2)
    assert [(e["row"], e["column"]) for e in told["errors"]] == [(7, "回复内容"), (8, "办结时间")]
    one, two, three, four, five = Case.objects.order_by("external_id")
    assert (one.kind, one.status, one.community, one.unit) == ("complaint", "registered", world.east, world.unit)
    assert one.responsible == world.secretary
    assert (one.place, one.resident.name, one.resident.phone) == ("东园小区3号楼", "周先生", "13900000002")
    assert one.extra == {
        "标签": "夜间",
        "企业名称": "某某公司",
        "被反映区": "某区",
        "街乡镇": "柳荫街道",
        "工单性质": "主办",
        "工单状态": "待处置",
    }
    assert (two.kind, two.channel) == ("inquiry", "wechat")
    assert three.closed_at == datetime(2026, 11, 17, 15, 30, tzinfo=SHANGHAI)
    assert [case.outcome for case in (three, four, five)] == ["resolved", "partly", "explained"]
    said = Callback.objects.order_by("case__external_id").values_list("solved", "satisfied")
    assert list(said) == [("yes", 3), ("partly", None), ("no", 2)]
    assert five.status == "concluded", "what the hotline heard long ago opens nothing again"
    assert Event.objects.filter(case=three).count() == three.version == 3


def test_a_category_the_tree_does_not_have_is_kept_but_not_offered(world: World, tmp_path: Path) -> None:
    told = bring(workbook(tmp_path / "l.xlsx", LEDGER, ticket("T1", 问题分类="怪事->天上->飞碟")), world)

    category = Case.objects.get().category
    assert category is not None
    assert (category.path, category.is_active) == ("怪事>天上>飞碟", False)
    assert [(w["row"], w["column"]) for w in told["warnings"]] == [(2, "问题分类")]


def test_a_known_category_is_found_and_decides_the_policy(world: World, tmp_path: Path) -> None:
    bring(workbook(tmp_path / "l.xlsx", LEDGER, ticket("T1", 问题分类="测试市政->照明->楼道灯")), world)

    assert Case.objects.get().category == world.category


def test_columns_may_stand_in_any_order_with_spaces_in_their_names(world: World, tmp_path: Path) -> None:
    row = ticket("T1")
    headings = [f"\u3000{heading}\t" for heading in reversed(LEDGER)]
    told = bring(workbook(tmp_path / "l.xlsx", headings, list(reversed(row))), world)

    assert counts(told) == (1, 1, 0, 0, 0)
    assert Case.objects.get().external_id == "T1"


def test_a_title_above_the_headings_does_no_harm(world: World, tmp_path: Path) -> None:
    told = bring(
        workbook(tmp_path / "l.xlsx", ["2026年11月工单台账"], [], LEDGER, ticket("T1"), ticket("", 主要内容="")), world
    )

    assert counts(told) == (2, 1, 0, 0, 1)
    assert the_error(told)[:2] == (5, "主要内容"), "rows are numbered as Excel shows them"


def test_a_row_of_another_street_is_refused(world: World, tmp_path: Path) -> None:
    told = bring(workbook(tmp_path / "l.xlsx", LEDGER, ticket("T1"), ticket("T2", 街乡镇="河湾街道办事处")), world)

    assert counts(told) == (2, 1, 0, 0, 1)
    row, column, text = the_error(told)
    assert (row, column) == (3, "街乡镇")
    assert "河湾街道办事处" in text


def test_a_community_nobody_knows_goes_to_the_supervisor_and_is_kept(world: World, tmp_path: Path) -> None:
    told = bring(workbook(tmp_path / "l.xlsx", LEDGER, ticket("T1", **{"村/社区": "南湾社区"})), world)

    case = Case.objects.get()
    assert (case.community, case.responsible, case.extra["村/社区"]) == (None, world.supervisor, "南湾社区")
    assert any("南湾社区" in warning["message"] for warning in told["warnings"])


def test_a_ledger_without_a_time_of_submission_takes_the_day_in_the_number(world: World, tmp_path: Path) -> None:
    at = LEDGER.index("来电时间")
    rows = [LEDGER[:at], ticket("20261113000123")[:at]]
    told = bring(workbook(tmp_path / "l.xlsx", *rows), world)

    assert counts(told) == (1, 1, 0, 0, 0)
    assert Case.objects.get().submitted_at == datetime(2026, 11, 13, tzinfo=SHANGHAI)
    assert told["warnings"], "the reader is told where the time came from"


def test_a_column_nobody_knows_is_kept_with_the_case(world: World, tmp_path: Path) -> None:
    told = bring(workbook(tmp_path / "m.xlsx", [*REPLIES, "天气"], [*message(), "小雨"]), world)

    assert Case.objects.get().extra["天气"] == "小雨"
    assert told["warnings"][0]["column"] == "天气"


# Votes, labels, the tree


def test_votes_are_kept_as_numbers(world: World, tmp_path: Path) -> None:
    headings = ["留言编号", "留言用户", "留言主题", "留言时间", "留言详情", "反对数", "点赞数"]
    row = ["188006", "A1", "婚纱店", datetime(2019, 2, 28, 11, 25, 5), "是否合法纳税", 0, 12]
    told = bring(workbook(tmp_path / "v.xlsx", headings, row), world)

    assert told["profile"] == "votes"
    case = Case.objects.get()
    assert case.extra == {"留言用户": "A1", "反对数": 0, "点赞数": 12}
    assert case.submitted_at == datetime(2019, 2, 28, 11, 25, 5, tzinfo=SHANGHAI)


def test_labelled_messages_find_their_category_by_its_name(world: World, tmp_path: Path) -> None:
    headings = ["留言编号", "留言用户", "留言主题", "留言时间", "留言详情", "一级分类"]
    rows = [
        ["1", "A1", "灯", "2019/2/28 11:25:05", "灯不亮", "测试市政"],
        ["2", "A1", "医", "2019/2/28", "看病难", "医卫"],
    ]
    told = bring(workbook(tmp_path / "v.xlsx", headings, *rows), world)

    assert told["profile"] == "labelled"
    assert [case.category.path for case in Case.objects.order_by("external_id") if case.category] == [
        "测试市政",
        "医卫",
    ]
    assert not Category.objects.get(path="医卫").is_active


def test_the_category_tree_is_brought_in_once(world: World, tmp_path: Path) -> None:
    Category.objects.create(level=1, name="新城", path="新城", is_active=False)
    rows = [("新城", "路", "坑洼"), ("新城", "路", "照明"), ("测试市政", "照明", "楼道灯"), ("", "路", "坑洼")]
    file = workbook(tmp_path / "c.xlsx", ["一级分类", "二级分类", "三级分类"], *rows)

    first = bring(file, world)
    assert (first["profile"], counts(first)) == ("categories", (4, 2, 0, 1, 1))
    assert the_error(first)[:2] == (5, "一级分类")
    assert set(Category.objects.filter(path__startswith="新城").values_list("path", "is_active")) == {
        ("新城", True),
        ("新城>路", True),
        ("新城>路>坑洼", True),
        ("新城>路>照明", True),
    }
    assert counts(bring(file, world)) == (4, 0, 0, 3, 1)
    assert not Case.objects.exists()


# Bad input


@pytest.mark.parametrize(
    ("cells", "column", "named"),
    [
        ({"留言时间": "2019/13/45"}, "留言时间", "2019/13/45"),
        ({"留言时间": "昨天"}, "留言时间", "昨天"),
        ({"留言时间": None}, "留言时间", ""),
        ({"留言时间": "2036-01-01"}, "留言时间", ""),
        ({"答复时间": "2019/4/31 10:00"}, "答复时间", "2019/4/31"),
        ({"答复时间": "2019/4/1"}, "答复时间", ""),
        ({"答复时间": None}, "答复时间", ""),
        ({"留言详情": " \t\u3000\n"}, "留言详情", ""),
        ({"留言详情": "长" * 20_001}, "留言详情", "20001"),
        ({"留言编号": 123456789012345678}, "留言编号", ""),
        ({"留言编号": "1.23457E+17"}, "留言编号", "1.23457E+17"),
        ({"留言编号": "9" * 61}, "留言编号", "60"),
    ],
)
def test_a_bad_row_is_named_with_its_column_and_value_and_the_others_land(
    world: World, tmp_path: Path, cells: dict[str, Any], column: str, named: str
) -> None:
    told = bring(workbook(tmp_path / "m.xlsx", REPLIES, message(1), message(2, **cells), message(3)), world)

    assert counts(told) == (3, 2, 0, 0, 1)
    row, where, text = the_error(told)
    assert (row, where) == (3, column)
    assert named in text
    assert Case.objects.count() == 2


def test_a_message_of_7000_characters_lands_whole(world: World, tmp_path: Path) -> None:
    told = bring(workbook(tmp_path / "m.xlsx", REPLIES, message(留言详情="长" * 7_000, 留言主题="题" * 300)), world)

    assert counts(told) == (1, 1, 0, 0, 0)
    case = Case.objects.get()
    assert len(case.text) == 7_000
    assert len(case.title) == 200
    assert case.extra["留言主题"] == "题" * 300, "nothing of it is lost"


def test_characters_nobody_typed_are_left_out(world: World, tmp_path: Path) -> None:
    file = tmp_path / "m.csv"
    row = message("1", 留言详情="灯\u202e不亮\u200e\r\n两盏")
    file.write_text("\n".join(",".join(f'"{cell}"' for cell in line) for line in (REPLIES, row)), newline="")
    bring(file, world)

    assert Case.objects.get().text.replace("\u200e", "") == "灯不亮\n两盏"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_csv_of_every_usual_make_is_read(world: World, tmp_path: Path, encoding: str, delimiter: str) -> None:
    file = tmp_path / "m.csv"
    lines = [delimiter.join(f'"{cell}"' for cell in row) for row in (REPLIES, message("000123", 留言主题="𠮷祥里路灯"))]
    file.write_bytes("\r\n".join(lines).encode(encoding))
    told = bring(file, world)

    assert counts(told) == (1, 1, 0, 0, 0)
    case = Case.objects.get()
    assert (case.external_id, case.title) == ("000123", "𠮷祥里路灯")


def macros() -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/vbaProject.bin", b"\0")
    return buffer.getvalue()


def bomb() -> bytes:
    """100 MB of nothing in a hundred kilobytes."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w") as entry:
            for _ in range(100):
                entry.write(b"\0" * 2**20)
    return buffer.getvalue()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512
WHOLE_FILE_FAULTS: dict[str, bytes] = {
    "empty.xlsx": b"",
    "zeros.xlsx": b"\0" * 5000,
    "macros.xlsm": macros(),
    "bomb.xlsx": bomb(),
    "old.xls": OLE,
    "locked.xlsx": OLE + "EncryptedPackage".encode("utf-16-le"),
    "page.xls": b"<html><table><tr><td>\xe7\x95\x99</td></tr></table></html>",
    "broken.xlsx": b"PK\x03\x04 no more",
    "binary.csv": b"a,b\n\x00\x01",
    "odd.csv": b"\x81\x20\xff,\xff\n",
    "quotes.csv": "留言编号,留言详情\n1,\"没有关上\n2,好\n".encode(),
    "columns.csv": "编号,天气\n1,小雨\n".encode(),
    "headings.csv": "留言编号,留言主题\n1,路灯\n".encode(),
}  # fmt: skip


@pytest.mark.parametrize("name", WHOLE_FILE_FAULTS)
def test_a_file_that_is_no_table_is_refused_with_a_sentence_and_changes_nothing(
    world: World, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_bytes(WHOLE_FILE_FAULTS[name])
    told = bring(tmp_path / name, world)

    assert told["error"]
    assert counts(told) == (0, 0, 0, 0, 0)
    assert not Case.objects.exists()


def test_unknown_columns_are_told_with_those_that_are_missing(world: World, tmp_path: Path) -> None:
    told = bring(workbook(tmp_path / "m.xlsx", ["留言编号", "留言详情", "天气"], ["1", "灯", "雨"]), world)

    assert "留言时间" in told["error"]
    assert "天气" in told["error"]


def test_a_street_or_profile_that_is_not_there_is_told(world: World, tmp_path: Path) -> None:
    file = workbook(tmp_path / "m.xlsx", REPLIES, message())
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("import_cases", str(file), "--street", "NOWHERE", "--json", stdout=out, stderr=StringIO())
    assert "NOWHERE" in json.loads(out.getvalue())["error"]
    assert "hotline" in bring(file, world, "--profile", "ledgers")["error"]
    assert bring(tmp_path / "missing.xlsx", world)["error"]


def test_a_batch_that_breaks_lands_row_by_row(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from complaints.importing import landing

    real = register_many

    def refuse_the_second(items: Any, **by: Any) -> Any:
        if any(item.external_id == "2" for item in items):
            from django.db import DataError

            raise DataError("this row is cursed")
        return real(items, **by)

    monkeypatch.setattr(landing, "register_many", refuse_the_second)
    told = bring(workbook(tmp_path / "m.xlsx", REPLIES, message(1), message(2), message(3)), world)

    assert counts(told) == (3, 2, 0, 0, 1)
    assert the_error(told)[0] == 3


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("2019/4/25 9:32:09", datetime(2019, 4, 25, 9, 32, 9)),
        ("2018-11-15 16:07:12", datetime(2018, 11, 15, 16, 7, 12)),
        ("2019年4月25日 9:32", datetime(2019, 4, 25, 9, 32)),
        ("2019年4月25日9时32分5秒", datetime(2019, 4, 25, 9, 32, 5)),
        ("２０１９.4.25", datetime(2019, 4, 25)),
        ("20190425093209", datetime(2019, 4, 25, 9, 32, 9)),
        ("2019-04-25T09:32:09.123", datetime(2019, 4, 25, 9, 32, 9)),
        ("2019-04-25T01:32:09Z", datetime(2019, 4, 25, 9, 32, 9)),
        (43580.397326388891, datetime(2019, 4, 25, 9, 32, 9)),
        ("43580", datetime(2019, 4, 25)),
        (Moment(datetime(2019, 4, 25), whole_day=True), datetime(2019, 4, 25)),
    ],
)  # fmt: skip
def test_dates_are_read_as_offices_write_them(cell: Any, told: datetime) -> None:
    assert instant_of(cell) == told.replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize("cell", ["2019/13/45", "2019-02-29", "25:00", "9999999999", "３月", 0.5, "nan", "1e400"])
def test_what_is_no_date_is_refused(cell: Any) -> None:
    with pytest.raises(CellFault):
        instant_of(cell)


def test_a_number_that_is_a_name_keeps_its_zeros() -> None:
    assert [id_of(cell) for cell in ("00120", 24.0, " 12 3 ", 7)] == ["00120", "24", "123", "7"]


# In the browser


@pytest.fixture
def desk(client: Client, world: World, settings: Any, tmp_path: Path) -> Client:
    settings.MEDIA_ROOT = tmp_path / "media"
    client.force_login(world.secretary)
    return client


def uploaded(*rows: Sequence[Any], name: str = "留言.xlsx") -> SimpleUploadedFile:
    buffer = BytesIO()
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in rows:
        sheet.append(list(row))
    book.save(buffer)
    return SimpleUploadedFile(name, buffer.getvalue())


def send(client: Client, world: World, file: SimpleUploadedFile) -> Any:
    return client.post("/cases/import/", {"street": world.street.pk, "file": file})


def kept_files(settings: Any) -> list[str]:
    return [path.name for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def test_a_secretary_looks_before_anything_is_changed_then_imports(
    desk: Client, world: World, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = send(desk, world, uploaded(REPLIES, message(1), message(2, 留言时间="2019/13/45")))
    row = ImportRun.objects.get()
    assert answer.url == f"/cases/import/{row.pk}/"
    assert not Case.objects.exists()
    shown = desk.get(answer.url).content.decode()
    assert "2019/13/45" in shown
    assert "路灯不亮" in shown

    monkeypatch.setattr("complaints.views.imports.woken", lambda pk: False)
    desk.post(f"{answer.url}confirm/")
    assert desk.get(answer.url).context["may_run_now"], "background work does not answer"
    desk.post(f"{answer.url}now/")

    row.refresh_from_db()
    assert (row.state, row.done, row.result["created"]) == ("done", 2, 1)
    assert Case.objects.get().registered_by == world.secretary
    (left,) = kept_files(settings)
    assert left.endswith("rejected.csv"), "the file itself is gone"
    lines = b"".join(desk.get(f"{answer.url}rejected/").streaming_content).decode("utf-8-sig").splitlines()  # type: ignore[attr-defined]
    assert lines[0].startswith("留言编号,")
    assert "2019/13/45" in "\n".join(lines[1:])


def test_rejected_rows_corrected_in_their_table_land(world: World, tmp_path: Path) -> None:
    file = workbook(tmp_path / "m.xlsx", REPLIES, message(1), message(2, 留言时间="2019/13/45"))
    report = run(file, street=world.street, by=None, now=world.now)
    (tmp_path / "r.csv").write_text(
        runs.rejected_lines(report).replace('2019/13/45",', '2019/1/4",').replace("2019/13/45,", "2019/1/4,")
    )

    assert counts(bring(tmp_path / "r.csv", world)) == (1, 1, 0, 0, 0)
    assert "未导入原因" not in Case.objects.get(external_id="2").extra


def test_an_import_whose_message_was_lost_is_picked_up_and_runs_once(desk: Client, world: World, settings: Any) -> None:
    send(desk, world, uploaded(REPLIES, message(1)))
    row = runs.confirm(ImportRun.objects.get(), now=world.now)
    runs.confirm(row, now=world.now)

    pick_up_imports()
    pick_up_imports()

    row.refresh_from_db()
    assert (row.state, Case.objects.count(), kept_files(settings)) == ("done", 1, [])


def test_a_broker_that_refuses_or_never_answers_holds_nobody_up(
    desk: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    never = threading.Event()
    monkeypatch.setattr(imports, "BROKER_SECONDS", 0.05)
    for broken in (Mock(side_effect=OperationalError("refused")), Mock(side_effect=lambda **_: never.wait())):
        monkeypatch.setattr(run_import, "apply_async", broken)
        address = send(desk, world, uploaded(REPLIES, message(1))).url
        answer: Any = desk.post(f"{address}confirm/")
        assert answer.url == address
        assert desk.get(address).context["late"]
    never.set()


def test_a_page_that_waits_asks_again_by_itself_and_offers_a_link(desk: Client, world: World) -> None:
    send(desk, world, uploaded(REPLIES, message(1)))
    row = runs.confirm(ImportRun.objects.get(), now=world.now)

    part = desk.get(f"/cases/import/{row.pk}/", headers={"HX-Request": "true"}).content.decode()

    assert "<html" not in part
    assert "every 1s" in part
    assert f'href="/cases/import/{row.pk}/"' in part


def test_a_file_that_was_only_looked_at_can_be_removed(desk: Client, world: World, settings: Any) -> None:
    send(desk, world, uploaded(REPLIES, message(1)))

    desk.post(f"/cases/import/{ImportRun.objects.get().pk}/discard/")

    assert not ImportRun.objects.exists()
    assert kept_files(settings) == []


def test_files_nobody_confirmed_are_forgotten_after_a_day(desk: Client, world: World, settings: Any) -> None:
    send(desk, world, uploaded(REPLIES, message(1)))

    runs.forget_old(ImportRun.objects.get().at + timedelta(hours=25))

    assert not ImportRun.objects.exists()
    assert kept_files(settings) == []


def test_after_a_month_an_import_says_no_more_than_how_many(desk: Client, world: World, settings: Any) -> None:
    send(desk, world, uploaded(REPLIES, message(1), message(2, 留言时间="昨天下午")))
    row = ImportRun.objects.get()
    assert "sample" in row.result
    runs.execute(runs.confirm(row, now=world.now).pk, now=world.now)
    row.refresh_from_db()
    assert "sample" not in row.result
    assert row.result["errors"]
    assert len(kept_files(settings)) == 1
    month = row.at + timedelta(days=30, hours=1)

    assert runs.forget_old(month, dry_run=True) == 1
    with time_machine.travel(month, tick=False):
        forget_residents()

    row.refresh_from_db()
    assert kept_files(settings) == []
    assert (row.result["created"], row.result["rejected"]) == (1, 1)
    assert not set(row.result) & set(runs.ROWS)
    assert desk.get(f"/cases/import/{row.pk}/").status_code == 200
    assert runs.forget_old(month) == 0


@pytest.mark.parametrize("name", WHOLE_FILE_FAULTS)
def test_a_file_that_cannot_be_read_is_not_kept(desk: Client, world: World, settings: Any, name: str) -> None:
    answer = send(desk, world, SimpleUploadedFile(name, WHOLE_FILE_FAULTS[name]))

    assert answer.status_code == 422
    assert answer.context["form"].errors["file"]
    assert kept_files(settings) == []
    assert not ImportRun.objects.exists()


def test_100_megabytes_are_refused_before_they_are_kept(desk: Client, world: World, settings: Any) -> None:
    answer = send(desk, world, SimpleUploadedFile("big.csv", b"a,b\n" * (25 * 2**20)))

    assert answer.status_code == 422
    assert "100" in str(answer.context["form"].errors["file"])
    assert kept_files(settings) == []


def test_the_refusal_of_a_large_file_still_asks_for_the_forms_token(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.secretary)
    token = client.get("/cases/import/").cookies["csrftoken"].value
    sent = {"csrfmiddlewaretoken": token, "street": world.street.pk}

    def answer(**fields: Any) -> int:
        return client.post(
            "/cases/import/", fields | {"file": SimpleUploadedFile("b.csv", b"x" * 21 * 2**20)}
        ).status_code

    assert answer(**sent) == 422
    assert answer(street=world.street.pk) == 403


def test_more_rows_than_the_browser_takes_are_refused(desk: Client, world: World) -> None:
    lines = [
        "留言编号,留言时间,留言详情",
        *(f"{n},2019/4/25,灯" for n in range(BROWSER.rows + 1 if BROWSER.rows else 0)),
    ]
    answer = send(desk, world, SimpleUploadedFile("long.csv", "\n".join(lines).encode()))

    assert answer.status_code == 422
    assert "20,000" in str(answer.context["form"].errors["file"])


def test_a_worker_brings_nothing_in_and_other_streets_imports_are_not_there(desk: Client, world: World) -> None:
    send(desk, world, uploaded(REPLIES, message(1)))
    row = ImportRun.objects.get()

    def answers(person: Person) -> list[int]:
        desk.force_login(person)
        return [desk.get(address).status_code for address in ("/cases/import/", f"/cases/import/{row.pk}/")]

    assert answers(world.worker) == [403, 403]
    assert answers(world.assessor) == [403, 403]
    assert answers(world.stranger) == [200, 404]
    assert answers(world.west_secretary) == [200, 404]
    assert answers(world.supervisor) == [200, 200]


def test_a_street_that_is_not_ones_own_cannot_be_chosen(desk: Client, world: World) -> None:
    answer = desk.post("/cases/import/", {"street": world.other_street.pk, "file": uploaded(REPLIES, message(1))})

    assert answer.status_code == 422
    assert not ImportRun.objects.exists()


# On time


def recounted(received: datetime, days: int) -> datetime:
    """Six o'clock on the last of so many working days after the day of receipt, from the calendar alone."""
    day, left = received.date(), days
    while left:
        day += timedelta(days=1)
        left -= chinese_calendar.is_workday(day)
    return datetime.combine(day, time(18), SHANGHAI)


def verdicts(source: Path) -> dict[str, bool]:
    """By number, whether the reply came in time, read and counted without any of the project's own code."""
    headings, *rows = load_workbook(source, read_only=True).worksheets[0].values
    at = {str(heading).strip(): index for index, heading in enumerate(headings)}

    def instant(cell: Any) -> datetime:
        if isinstance(cell, datetime):
            return cell.replace(tzinfo=SHANGHAI)
        if isinstance(cell, date):
            return datetime.combine(cell, time(), SHANGHAI)
        day, _space, clock = str(cell).strip().replace("/", "-").partition(" ")
        parts = [int(part) for part in day.split("-")] + [int(part) for part in clock.split(":") if part]
        return datetime(*parts, tzinfo=SHANGHAI)  # type: ignore[arg-type, misc]

    return {
        str(row[at["留言编号"]]).removesuffix(".0"): instant(row[at["答复时间"]])
        <= recounted(instant(row[at["留言时间"]]), 5)
        for row in rows
        if row[at["留言编号"]] is not None
    }


def kept_promises() -> dict[str, bool]:
    clocks = Clock.objects.filter(kind="resolution").select_related("case")
    return {clock.case.external_id: clock.stopped_at <= clock.due_at for clock in clocks if clock.stopped_at}


def test_lateness_is_counted_in_working_days_after_the_day_of_receipt(world: World, tmp_path: Path) -> None:
    told = [
        ("2019/4/25 9:32:09", "2019/5/5 18:00:00"),  # a holiday of four days and two make-up Sundays
        ("2019/4/25 23:59:59", "2019/5/5 18:00:01"),
        ("2020/1/17 8:00:00", "2020/1/23 18:00:00"),  # the holiday grew in that year
        ("2020/1/17 8:00:00", "2020/2/1 9:00:00"),
        ("2018/12/28 12:00:00", "2019/1/7 17:00:00"),
        ("2016/2/5", "2016/2/19 18:00:00"),
    ]
    rows = [message(n, 留言时间=asked, 答复时间=replied) for n, (asked, replied) in enumerate(told, 1)]
    file = workbook(tmp_path / "m.xlsx", REPLIES, *rows)
    assert counts(bring(file, world)) == (6, 6, 0, 0, 0)

    assert kept_promises() == verdicts(file)
    assert set(kept_promises().values()) == {True, False}


NO_FILES = pytest.param(None, marks=pytest.mark.skip(reason="the real files do not lie beside this checkout"))


def real_files(pattern: str) -> list[Any]:
    return [pytest.param(path, id=path.stem) for path in sorted(SHARED.glob(pattern))] or [NO_FILES]


@pytest.mark.parametrize("source", real_files("messages_with_replies.xlsx"))
def test_every_verdict_of_the_real_messages_equals_a_recount(world: World, source: Path) -> None:
    told = bring(source, world)
    expected = verdicts(source)

    assert told["created"] == told["read"] == len(expected)
    assert kept_promises() == expected
    assert counts(bring(source, world))[1:4] == (0, 0, told["read"])


@pytest.mark.parametrize("source", real_files("*.xlsx"))
def test_every_row_of_the_real_files_is_accounted_for_and_lands_once(world: World, source: Path) -> None:
    rows = sum(1 for row in load_workbook(source, read_only=True).worksheets[0].values if any(row)) - 1
    first, second = bring(source, world), bring(source, world)

    assert counts(first)[0] == counts(second)[0] == rows
    assert first["created"] + first["rejected"] + first["unchanged"] == rows
    assert (second["created"], second["updated"]) == (0, 0)
