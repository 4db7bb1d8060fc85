"""Something true-looking for every part in every state; only /styleguide/ shows it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

ROOM = 7 * 3600


class SampleForm(forms.Form):
    name = forms.CharField(label=_("Resident's name"), max_length=40, help_text=_("Only if given."), required=False)
    phone = forms.CharField(label=_("Phone"), max_length=20, widget=forms.TextInput(attrs={"type": "tel"}))
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=[("inquiry", _("inquiry")), ("help", _("help")), ("complaint", _("complaint"))],
        widget=forms.RadioSelect,
    )
    grid = forms.ChoiceField(
        label=_("Grid"), choices=[("", "—"), ("1", "桂花社区 第一网格"), ("2", "桂花社区 第二网格")], required=False
    )
    told_at = forms.DateTimeField(
        label=_("Told at"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}), required=False
    )
    text = forms.CharField(label=_("What happened"), max_length=500, widget=forms.Textarea(attrs={"rows": 4}))
    photo = forms.FileField(label=_("Attachment"), required=False)
    special = forms.BooleanField(label=_("Belongs to a group that needs special care"), required=False)


def rows(now: datetime) -> list[dict[str, Any]]:
    plain = {"closed": False, "provisional": False, "urgent": False, "fresh": False, "url": "#"}
    return [
        plain
        | {
            "number": "DEMO-20261123-0007",
            "light": "red",
            "title": "三号楼东侧污水井盖缺失，夜间行走危险",
            "where": "桂花社区 第二网格",
            "kind": "投诉",
            "category": "市政设施 › 井盖",
            "responsible": "陈丽",
            "due": now - timedelta(hours=5),
            "left": -5 * 3600,
            "next_step": "联系产权单位并答复",
            "urgent": True,
        },
        plain
        | {
            "number": "DEMO-20261122-0031",
            "light": "yellow",
            "title": "楼上装修噪声扰民，希望协调施工时间",
            "where": "桂花社区 第一网格",
            "kind": "矛盾调解",
            "category": "邻里纠纷 › 噪声",
            "responsible": "王建国",
            "due": now + timedelta(hours=3, minutes=20),
            "left": 3 * 3600 + 1200,
            "next_step": "今日内首次联系",
            "fresh": True,
        },
        plain
        | {
            "number": "DEMO-20261120-0102",
            "light": "green",
            "title": "咨询高龄津贴办理材料",
            "where": "梧桐社区 第四网格",
            "kind": "咨询",
            "category": "社会保障 › 高龄津贴",
            "responsible": "刘敏",
            "due": now + timedelta(days=60),
            "left": ROOM + 3 * 3600,
            "provisional": True,
            "next_step": "拟写答复",
        },
        plain
        | {
            "number": "DEMO-20261118-0004",
            "light": "paused",
            "title": "外墙渗水，等待第三方检测报告",
            "where": "梧桐社区 第一网格",
            "kind": "求助",
            "category": "房屋安全 › 渗漏",
            "responsible": "刘敏",
            "due": now + timedelta(days=9),
            "left": 4 * ROOM,
            "next_step": "等待检测，12月2日前复核",
        },
        plain
        | {
            "number": "DEMO-20261110-0055",
            "light": "green",
            "closed": True,
            "title": "小区路灯不亮",
            "where": "桂花社区 第三网格",
            "kind": "投诉",
            "category": "市政设施 › 路灯",
            "responsible": "陈丽",
            "due": now - timedelta(days=5),
            "left": None,
            "next_step": "回访",
        },
        plain
        | {
            "number": "DEMO-20261103-0012",
            "light": "red",
            "closed": True,
            "title": "占道经营影响通行",
            "where": "梧桐社区 第二网格",
            "kind": "投诉",
            "category": "市容环境 › 占道",
            "responsible": "王建国",
            "due": now - timedelta(days=12),
            "left": None,
            "next_step": "",
        },
    ]


def events(now: datetime) -> list[dict[str, Any]]:
    def ago(hours: float) -> datetime:
        return now - timedelta(hours=hours)

    return [
        {"at": ago(1), "who": "陈丽", "text": "答复居民", "icon": "chat-left-text-fill", "tone": "good",
         "body": "王阿姨您好，井盖今天下午已由市政更换，现场已清理。如还有问题，请拨打社区电话 010-55550102。"},
        {"at": ago(5), "who": "", "text": "办结时限已过", "icon": "alarm-fill", "tone": "bad", "light": "red"},
        {"at": ago(20), "who": "陈丽", "text": "内部备注", "icon": "journal-text", "internal": True,
         "body": "产权单位电话一直占线，明早再打。"},
        {"at": ago(26), "who": "陈丽", "text": "添加附件", "icon": "paperclip",
         "files": [{"name": "井盖现场.jpg", "url": "#", "size": 486_000, "kind": "image"}]},
        {"at": ago(28), "who": "王建国 → 陈丽", "text": "移交已接收", "icon": "arrow-left-right"},
        {"at": ago(30), "who": "王建国", "text": "首问登记", "icon": "pencil-square", "tone": "quiet"},
    ]  # fmt: skip


def samples(now: datetime) -> dict[str, Any]:
    bad = SampleForm({"name": "王秀兰", "phone": "", "text": "井盖缺失" * 3})
    bad.is_valid()
    return {
        "lights": ["green", "yellow", "red", "paused"],
        "rows": rows(now),
        "events": events(now),
        "form": SampleForm(initial={"kind": "complaint"}, auto_id="good_%s"),
        "bad": bad,
        "soon": now + timedelta(hours=10),
        "late": now - timedelta(hours=5),
        "far": now + timedelta(days=60),
        "left_far": ROOM + 3 * 3600,
        "left_late": -5 * 3600,
        "left_soon": 1500,
        "changes": [
            {"label": "责任人", "was": "王建国", "now": "陈丽"},
            {"label": "类别", "was": "市政设施 › 路灯", "now": "市政设施 › 井盖"},
        ],
        "steps": [
            {"label": "登记", "state": "done", "at": now - timedelta(days=2)},
            {"label": "首次联系", "state": "done", "at": now - timedelta(days=1)},
            {"label": "办理", "state": "now"},
            {"label": "答复", "state": "next"},
            {"label": "回访", "state": "next"},
        ],
        "tabs": [
            {"label": "今天到期", "url": "#", "on": True, "count": 7},
            {"label": "我负责的", "url": "#", "count": 23},
            {"label": "待我接收", "url": "#", "count": 2},
            {"label": "已办结", "url": "#"},
        ],
        "facts": [
            {"label": "工单编号", "value": "DEMO-20261123-0007"},
            {"label": "渠道", "value": "窗口登记"},
            {"label": "首问责任人", "value": "王建国"},
            {"label": "承办单位", "value": "桂花社区居委会"},
            {"label": "诉求人", "value": ""},
        ],
        "files": [
            {"name": "井盖现场.jpg", "url": "#", "size": 486_000, "kind": "image", "at": now},
            {"name": "检测报告.pdf", "url": "#", "size": 2_310_000, "kind": "pdf"},
            {"name": "台账.xlsx", "url": "#", "size": 18_400, "kind": "sheet"},
            {"name": "来电录音.mp3", "url": "#", "size": 900, "kind": "audio"},
            {"name": "其他.bin", "url": "#"},
        ],
        "menu": [
            {"label": "导出 Excel", "url": "#", "icon": "file-earmark-spreadsheet"},
            {"label": "导出 CSV", "url": "#", "icon": "filetype-csv"},
        ],
        "hidden": {"version": 7},
    }
