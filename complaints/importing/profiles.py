"""Which kind of table this is, told by its headings, and what one row of it says. Pure.

A field has several headings in use; the order of columns is free; what no field claims is kept as it stands.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from complaints.importing.reading import CellFault, clean, heading_of, id_of, instant_of, line_of, text_of, value_of
from config.lib.errors import RuleBroken
from config.lib.sheets import Cell, Row
from config.lib.text import first_sentence

TEXT, TITLE, PLACE, NAME, PHONE = 20_000, 200, 200, 60, 30

# The first heading of a field is the usual one; where a table has several of them, the first in this order counts.
HEADINGS: dict[str, tuple[str, ...]] = {
    "external_id": ("工单编号", "留言编号", "工单号", "诉求编号", "受理编号", "编号"),
    "kind": ("工单类型", "诉求类型", "事项类型"),
    "category": ("问题分类", "诉求分类", "事项分类"),
    "level1": ("一级分类", "一级标签"),
    "level2": ("二级分类", "二级标签"),
    "level3": ("三级分类", "三级标签"),
    "title": ("标题", "留言主题", "工单标题", "诉求标题", "主题"),
    "text": ("主要内容", "留言详情", "诉求内容", "工单内容", "留言内容", "问题描述", "内容"),
    "submitted_at": (
        "来电时间", "受理时间", "诉求时间", "创建时间", "留言时间", "提交时间", "登记时间", "来件时间", "派单时间",
    ),
    "status": ("工单状态", "办理状态"),
    "resident_name": ("来电人", "诉求人", "来电人姓名", "联系人", "姓名"),
    "resident_phone": ("电话", "联系电话", "来电号码", "电话号码", "手机号"),
    "channel": ("受理方式", "诉求来源", "来源渠道", "来源"),
    "community": ("村/社区", "社区/村", "社区(村)", "村(社区)", "所属社区", "社区", "村社区"),
    "place": ("小区点位", "事发地址", "诉求地址", "地址"),
    "result": ("办理结果",),
    "reply": ("回复内容", "答复意见", "答复内容"),
    "closed_at": ("办结时间", "答复时间", "结案时间", "回复时间"),
    "solved": ("是否解决",),
    "satisfied": ("是否满意",),
    "street": ("街乡镇", "街道"),
    "likes": ("点赞数",),
    "dislikes": ("反对数",),
    "user": ("留言用户",),
    "labels": ("标签",),
    "nature": ("工单性质",),
    "company": ("企业名称",),
    "district": ("被反映区",),
}  # fmt: skip
FIELD_OF = {heading: name for name, headings in HEADINGS.items() for heading in headings}
KEPT = {"street", "likes", "dislikes", "user", "labels", "nature", "company", "district", "result", "status"}
TREE = ("level1", "level2", "level3")
HEADING_ROWS = 5
# The column that our own list of rejected rows ends with; it says nothing about the case.
REASON = "未导入原因"


@dataclass(frozen=True)
class Profile:
    """`required` fields make the profile; one of `marks` shows that it is this family of tables at all."""

    name: str
    label: Promise
    required: tuple[str, ...]
    marks: frozenset[str] = frozenset()
    source: str = ""
    channel: str = ""

    @property
    def of_cases(self) -> bool:
        return bool(self.source)

    def usual(self, name: str) -> str:
        """The heading this family of tables mostly has for a field."""
        own = ("留言", "答复") if self.source == "board" else ("",)
        return next((heading for heading in HEADINGS[name] if heading.startswith(own)), HEADINGS[name][0])

    def fits(self, headings: frozenset[str], fields: frozenset[str]) -> bool:
        return fields.issuperset(self.required) and (not self.marks or not self.marks.isdisjoint(headings))


TICKET = frozenset({"工单编号", "工单号", "工单类型", "工单状态", "工单性质", "受理方式", "诉求编号", "受理编号"})

# The narrower ones first: the first that fits is taken.
PROFILES = (
    Profile("hotline", gettext_lazy("12345 hotline ledger"), ("text",), TICKET, "12345", "hotline"),
    Profile(
        "replies", gettext_lazy("messages with replies"), ("text", "submitted_at", "reply", "closed_at"),
        source="board", channel="board",
    ),
    Profile(
        "votes", gettext_lazy("messages with votes"), ("text", "submitted_at", "likes", "dislikes"),
        source="board", channel="board",
    ),
    Profile(
        "labelled", gettext_lazy("messages with a category"), ("text", "submitted_at", "level1"),
        source="board", channel="board",
    ),
    Profile("messages", gettext_lazy("messages"), ("text", "submitted_at"), source="board", channel="board"),
    Profile("categories", gettext_lazy("category tree"), ("level1", "level2")),
)  # fmt: skip
BY_NAME = {profile.name: profile for profile in PROFILES}


@dataclass(frozen=True)
class Table:
    """How a sheet is read: `columns` says where each field is, `kept` what is kept under which name."""

    profile: Profile
    header_row: int
    headings: list[str]
    columns: dict[str, int]
    kept: dict[int, str]
    unknown: list[str]

    def heading(self, name: str) -> str:
        """The heading a field has in this sheet, or its usual one."""
        if name in self.columns:
            return self.headings[self.columns[name]]
        return HEADINGS[name][0] if name in HEADINGS else ""


class RowFault(ValueError):
    """A row that cannot land: where and why."""

    def __init__(self, column: str, message: str) -> None:
        super().__init__(message)
        self.column = column
        self.message = message


@dataclass(frozen=True)
class Ending:
    text: str
    at: datetime
    outcome: str


@dataclass(frozen=True, kw_only=True)
class Draft:
    """One row, read: plain values, nothing looked up. `remarks` are (column, sentence) pairs for the reader."""

    external_id: str
    title: str
    text: str
    submitted_at: datetime | None
    kind: str
    channel: str
    category: tuple[str, ...] = ()
    community: str = ""
    street: str = ""
    place: str = ""
    resident_name: str = ""
    resident_phone: str = ""
    ending: Ending | None = None
    solved: str = ""
    satisfied: int | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    remarks: tuple[tuple[str, str], ...] = ()

    def fingerprint(self) -> str:
        """The same row of the source has the same one: that is how a second import knows that nothing changed."""
        told = [
            *(self.external_id, self.title, self.text, str(self.submitted_at), self.kind, self.channel, self.category),
            *(self.community, self.place, self.resident_name, self.resident_phone, self.solved, self.satisfied),
            self.extra,
            self.ending and (self.ending.text, str(self.ending.at), self.ending.outcome),
        ]
        return hashlib.sha256(json.dumps(told, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def recognise(row: Row, wanted: Profile | None = None) -> Table | None:
    """The table whose headings stand in this row, or None."""
    headings = [heading_of(cell) for cell in row.cells]
    found = _columns(headings)
    shown, fields = frozenset(headings), frozenset(found)
    if wanted:
        profile = wanted if fields.issuperset(wanted.required) else None
    else:
        profile = next((profile for profile in PROFILES if profile.fits(shown, fields)), None)
    if profile is None:
        return None
    used = {index for name, index in found.items() if name not in KEPT}
    kept: dict[int, str] = {}
    for index, heading in enumerate(headings):
        if heading and heading != REASON and index not in used:
            kept[index] = heading if heading not in kept.values() else f"{heading} ({index + 1})"
    unknown = [heading for heading in kept.values() if heading not in FIELD_OF]
    return Table(profile, row.number, headings, found, kept, unknown)


def not_recognised(top: Sequence[Row], wanted: Profile | None = None) -> RuleBroken:
    """Says which columns the likeliest profile misses, and which nobody knows."""
    row = max(top, key=lambda row: len(_columns([heading_of(cell) for cell in row.cells])))
    headings = [heading for heading in map(heading_of, row.cells) if heading]
    found = _columns(headings)
    profile = wanted or _nearest(frozenset(headings), frozenset(found))
    missing = [profile.usual(name) for name in profile.required if name not in found]
    missing += [sorted(profile.marks)[0]] if profile.marks and profile.marks.isdisjoint(headings) and not wanted else []
    unknown = [heading for heading in headings if heading not in FIELD_OF]
    text = _("Row %(row)s is no heading that is known. Nearest is “%(profile)s”; missing columns: %(missing)s.") % {
        "row": row.number,
        "profile": profile.label,
        "missing": "、".join(missing),
    }
    if unknown:
        text += " " + _("Unknown columns: %(unknown)s.") % {"unknown": "、".join(unknown[:20])}
    return RuleBroken("unknown_columns", text)


def _nearest(headings: frozenset[str], fields: frozenset[str]) -> Profile:
    def likeness(profile: Profile) -> tuple[int, float]:
        told = profile.marks & headings if profile.marks else {h for h in headings if h.startswith("留言")}
        return len(told), len(fields.intersection(profile.required)) / len(profile.required)

    return max(PROFILES, key=likeness)


def draft(table: Table, cells: Sequence[Cell]) -> Draft:
    """Read one row of cases; RowFault names the first column that does not hold."""
    row = _Reader(table, cells)
    remarks: Remarks = []
    text = row.text("text")
    if not text:
        raise row.fault("text", _("There is no text in this row."))
    if len(text) > TEXT:
        raise row.fault(
            "text", _("The text has %(count)s characters; at most %(most)s fit.") % {"count": len(text), "most": TEXT}
        )
    extra = {name: value for i, name in table.kept.items() if i < len(cells) and (value := value_of(cells[i])) != ""}
    title = row.line("title") or first_sentence(text)
    submitted_at = row.instant("submitted_at")
    if submitted_at is None and "submitted_at" in table.columns:
        raise row.fault("submitted_at", _("The time is missing."))
    ending = _ending(row, remarks)
    external_id = row.id("external_id")
    user = row.line("user")
    phone = row.line("resident_phone")
    if not external_id:
        told = "\n".join([title, text, str(submitted_at), user, phone])
        external_id = "h" + hashlib.sha256(told.encode()).hexdigest()[:24]
    return Draft(
        external_id=external_id,
        title=_fitting(row, "title", title, TITLE, extra, remarks),
        text=text,
        submitted_at=submitted_at,
        kind=_kind(row, remarks),
        channel=_channel(row) or table.profile.channel,
        category=_category(row),
        community=row.line("community"),
        street=row.line("street"),
        place=_fitting(row, "place", row.line("place"), PLACE, extra, remarks),
        resident_name=_personal(row, "resident_name", NAME),
        resident_phone=_personal(row, "resident_phone", PHONE),
        ending=ending,
        extra=extra,
        **_verdict(row, ending, extra, remarks),
        remarks=tuple(remarks),
    )


def category_path(table: Table, cells: Sequence[Cell]) -> tuple[str, ...]:
    """The names from the top that one row of a category tree tells."""
    row = _Reader(table, cells)
    names = [row.line(name) for name in TREE]
    path = tuple(name for name in names if name)
    if not path or names[: len(path)] != list(path):
        level = TREE[next((i for i, name in enumerate(names) if not name), 0)]
        raise row.fault(level, _("A name is missing here: the levels must be filled from the first one on."))
    for name, level in zip(path, TREE, strict=False):
        check_category_name(row.table.heading(level), name)
    return path


def check_category_name(column: str, name: str) -> None:
    if len(name) > 60:
        raise RowFault(column, _("A category's name has at most 60 characters."))


KINDS = {
    "咨询": "inquiry", "求助": "help", "投诉": "complaint", "举报": "report", "建议": "suggestion", "意见": "suggestion",
    "表扬": "praise", "感谢": "praise", "投诉举报": "complaint", "意见建议": "suggestion", "咨询类": "inquiry",
    "求助类": "help", "投诉类": "complaint", "举报类": "report", "建议类": "suggestion", "表扬类": "praise",
    "矛盾调解": "mediation", "纠纷调解": "mediation", "随手拍": "snapshot", "诉求": "help", "反映": "help",
}  # fmt: skip
# Tried in this order: the more telling word first.
CHANNELS = (
    ("微信", "wechat"), ("小程序", "wechat"), ("公众号", "wechat"), ("网格", "grid"), ("媒体", "media"),
    ("留言", "board"), ("信箱", "box"), ("意见箱", "box"), ("窗口", "counter"), ("来访", "counter"), ("现场", "counter"),
    ("走访", "visit"), ("上门", "visit"), ("网", "web"), ("APP", "web"), ("互联", "web"),
)  # fmt: skip
OPEN_STATES = {
    "待受理", "已受理", "受理", "受理中", "待补充", "预审", "待派遣", "已派遣", "待派单", "已派单", "待签收", "已签收",
    "处置", "待处置", "处置中", "待办理", "办理中", "处理中", "待处理", "在办", "未办结",
}  # fmt: skip
CLOSED_STATES = {
    "已处置", "回访", "待回访", "已回访", "待督办", "结案", "已结案", "办结", "已办结", "已完成", "完成", "已回复", "已答复",
    "已归档", "归档",
}  # fmt: skip
SOLVED = {"解决": "yes", "已解决": "yes", "是": "yes", "部分解决": "partly", "未解决": "no", "否": "no"}
SATISFIED = {
    "非常满意": 5, "满意": 4, "是": 4, "基本满意": 3, "一般": 3, "不满意": 2, "否": 2, "非常不满意": 1, "很不满意": 1,
}  # fmt: skip
NOT_ASKED = {"", "未评价", "未回访", "未联系上", "无", "-", "/"}
OUTCOME_OF = {"yes": "resolved", "partly": "partly", "no": "explained"}
OUTCOME_WORDS = (
    ("部分解决", "partly"), ("未解决", "explained"), ("无法解决", "explained"), ("不能解决", "explained"),
    ("解释", "explained"), ("不属于", "out_of_remit"), ("非本", "out_of_remit"), ("重复", "same_matter"),
)  # fmt: skip
_ARROWS = re.compile(r"\s*(?:-+[>＞]|[>＞→/／\\|])\s*")
_DAY_IN_NUMBER = re.compile(r"(20\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])")


def day_in(number: str) -> datetime | None:
    """The day many hotlines write into a ticket's number, at its beginning."""
    found = _DAY_IN_NUMBER.search(number)
    try:
        return instant_of("-".join(found.groups())) if found else None
    except CellFault:
        return None


class _Reader:
    """One row's cells by the name of their field; every fault names the column."""

    def __init__(self, table: Table, cells: Sequence[Cell]) -> None:
        self.table = table
        self.cells = cells

    def cell(self, name: str) -> Cell:
        index = self.table.columns.get(name)
        return self.cells[index] if index is not None and index < len(self.cells) else None

    def text(self, name: str) -> str:
        return text_of(self.cell(name))

    def line(self, name: str) -> str:
        return line_of(self.cell(name))

    def instant(self, name: str) -> datetime | None:
        try:
            return instant_of(self.cell(name))
        except CellFault as fault:
            raise self.fault(name, str(fault)) from None

    def id(self, name: str) -> str:
        try:
            return id_of(self.cell(name))
        except CellFault as fault:
            raise self.fault(name, str(fault)) from None

    def fault(self, name: str, message: str) -> RowFault:
        return RowFault(self.table.heading(name), message)

    def remark(self, name: str, message: str) -> tuple[str, str]:
        return self.table.heading(name), message


Remarks = list[tuple[str, str]]


def _columns(headings: Sequence[str]) -> dict[str, int]:
    """Where each field stands: of several headings for one field, the one named first in HEADINGS."""
    found: dict[str, int] = {}
    for index, heading in enumerate(headings):
        name = FIELD_OF.get(heading)
        if name is None:
            continue
        ranks = HEADINGS[name]
        if name not in found or ranks.index(heading) < ranks.index(headings[found[name]]):
            found[name] = index
    return found


def _fitting(row: _Reader, name: str, text: str, most: int, extra: dict[str, Any], remarks: Remarks) -> str:
    """Cut to what the field holds; the whole is kept among the further columns."""
    if len(text) <= most:
        return text
    extra[row.table.heading(name)] = text
    remarks.append(
        row.remark(
            name,
            _("“%(start)s…” was cut to %(most)s characters; the whole is kept with the case.")
            % {"start": text[:20], "most": most},
        )
    )
    return text[: most - 1] + "…"


def _personal(row: _Reader, name: str, most: int) -> str:
    """Not cut and kept elsewhere: what is personal stays in the fields that are guarded."""
    text = row.line(name)
    if len(text) > most:
        raise row.fault(
            name, _("The text has %(count)s characters; at most %(most)s fit.") % {"count": len(text), "most": most}
        )
    return text


def _kind(row: _Reader, remarks: Remarks) -> str:
    word = row.line("kind")
    if word and word not in KINDS:
        remarks.append(
            row.remark("kind", _("“%(value)s” is not a known kind: taken as a request for help.") % {"value": word})
        )
    return KINDS.get(word, "help")


def _channel(row: _Reader) -> str:
    word = row.line("channel")
    return next((channel for part, channel in CHANNELS if part in word.upper()), "")


def _category(row: _Reader) -> tuple[str, ...]:
    whole = row.line("category")
    names = [part for part in _ARROWS.split(whole) if part] if whole else [row.line(name) for name in TREE]
    path = tuple(name for name in names if name)[:3]
    for name in path:
        check_category_name(row.table.heading("category" if whole else "level1"), name)
    return path


def _ending(row: _Reader, remarks: Remarks) -> Ending | None:
    """The reply the case was concluded with, when the row tells of one.

    A state that says “closed” must be borne out by an instant and a text, for neither is ours to invent.
    """
    state, at = row.line("status"), row.instant("closed_at")
    text = row.text("reply") or (row.text("result") if at else "")
    if state and state not in OPEN_STATES | CLOSED_STATES:
        remarks.append(
            row.remark("status", _("“%(value)s” is not a known state: told by time and reply.") % {"value": state})
        )
    if state in OPEN_STATES:
        if at:
            remarks.append(
                row.remark("status", _("“%(value)s” with a closing time: taken as open.") % {"value": state})
            )
        return None
    if state not in CLOSED_STATES and not at and not text:
        return None
    if not at:
        raise row.fault("closed_at", _("There is a reply or a closing state, but no closing time."))
    if not text:
        raise row.fault("reply", _("There is a closing time, but no reply."))
    if len(text) > TEXT:
        raise row.fault(
            "reply", _("The text has %(count)s characters; at most %(most)s fit.") % {"count": len(text), "most": TEXT}
        )
    return Ending(text=clean(text), at=at, outcome=_outcome(row))


def _outcome(row: _Reader) -> str:
    result = row.line("result")
    told = next((outcome for word, outcome in OUTCOME_WORDS if word in result), "")
    return told or OUTCOME_OF.get(SOLVED.get(row.line("solved"), ""), "resolved")


def _verdict(row: _Reader, ending: Ending | None, extra: dict[str, Any], remarks: Remarks) -> dict[str, Any]:
    """What the resident said when called back. Without "solved?" there is no callback: the word is only kept."""
    words = {name: row.line(name) for name in ("solved", "satisfied")}
    solved, satisfied = SOLVED.get(words["solved"], ""), SATISFIED.get(words["satisfied"])
    if ending and solved:
        return {"solved": solved, "satisfied": satisfied}
    for name, word in words.items():
        if word not in NOT_ASKED:
            extra[row.table.heading(name)] = word
            remarks.append(row.remark(name, _("“%(value)s” is kept, but not as a callback.") % {"value": word}))
    return {}
