"""A few reports in every state for the demo street, told through the real acts at past times."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from staff.models import Community, Person, Post, Street, Unit
from staff.queries import current
from supervision.conduct import access, actions
from supervision.conduct.actions import Submission
from supervision.models import ConductReport

Identity, Outcome = ConductReport.Identity, ConductReport.Outcome
LEADERS = [("司徒明远", "街道党工委书记"), ("上官文清", "街道办事处主任"), ("闻人立夏", "街道人大工委主任")]


@dataclass(frozen=True)
class Teller:
    """Does one act after the other, each so many hours after the report came in."""

    number: str
    officer: Person
    told: datetime
    now: datetime

    def act(self, act: Callable[..., object], hours: float, **what: Any) -> None:
        at = min(self.told + timedelta(hours=hours), self.now)
        with transaction.atomic():
            report, _part = access.report_for(self.officer, self.number)
            actions.look(report, by=self.officer, now=at)
            act(report, by=self.officer, now=at, **what)

    def answer(self, hours: float, text: str) -> None:
        with transaction.atomic():
            report = actions.report_shown(self.number)
            assert report is not None
            actions.answer(report, now=min(self.told + timedelta(hours=hours), self.now), text=text)


def tell(street: Street, now: datetime) -> int:
    """Number of reports. Nothing when the street has no discipline officer."""
    officer = Person.objects.filter(
        pk__in=current(Post.objects.filter(street=street, role=Post.Role.DISCIPLINE)).values("person")
    ).first()
    communities = list(Community.objects.filter(street=street))
    units = list(Unit.objects.filter(street=street, kind=Unit.Kind.DEPARTMENT))
    if officer is None or not communities or not units:
        return 0
    supervisors = current(Post.objects.filter(street=street, role=Post.Role.SUPERVISOR)).select_related("person")
    in_charge = [(post.person.name, post.title) for post in supervisors if "领导" in post.title]
    for name, title in LEADERS + in_charge:
        actions.add_leader(street, by=officer, name=name, title=title)
    first, last, unit = communities[0], communities[-1], units[-1]
    worker = current(Post.objects.filter(community=first, role=Post.Role.WORKER)).select_related("person").first()
    who = worker.person.name if worker else ""

    def report(days: float, text: str, **known: Any) -> Teller:
        at = now - timedelta(days=days)
        key = f"demo-report-on-conduct-{days}"
        receipt = actions.submit(Submission(once=key, street=street, text=text, **known), now=at)
        return Teller(receipt.report.number, officer, at, now)

    report(
        0.6,
        "上午去窗口问老年卡，工作人员一直低头看手机，问了三遍才说“自己看墙上”。",
        unit=unit,
        who="二号窗口，短头发的女同志",
        category="attitude",
        happened="昨天上午十点左右",
        place="政务大厅二号窗口",
    )
    report(
        40,
        "楼道堆物反映三次了，每次都说马上来，一个多月没有人来看过。",
        community=first,
        who=who,
        category="delay",
        happened="上个月开始",
        identity=Identity.CONFIDENTIAL,
        name="居民代称甲",
        contact="010-5550 9001",
    )
    examined = report(
        9,
        "开居住证明让我先去物业盖章，物业说不用，社区又说必须，来回跑了四趟。",
        community=last,
        who="值班的年轻人",
        category="shirking",
        happened="本月上旬",
        place="社区服务站",
    )
    examined.act(actions.accept, 30, text="您反映的情况已受理，正在核查。需要补充时会在本页留言。")
    examined.act(actions.say, 50, text="请问您最后一次去服务站大约是几点？接待您的是几号窗口？")
    examined.answer(70, "是下午三点多，只有一个窗口开着。")
    examined.act(
        actions.find, 90, category="shirking", text="已调阅当日值班表和叫号记录，与反映基本吻合，待约谈当事人。"
    )
    true = report(
        75,
        "办理低保复核，暗示“懂事一点会快”，我没有给，材料就一直压着。",
        unit=unit,
        who="低保窗口",
        category="extortion",
        happened="九月",
        identity=Identity.NAMED,
        name="居民代称乙",
        contact="010-5550 9002",
    )
    true.act(actions.accept, 20, text="您的举报已受理。我们会严格保密，并在核查后告知结果。")
    true.act(actions.open_identity, 28, reason="约举报人当面核实收件时间")
    true.act(actions.find, 120, category="delay", text="材料收件后压了二十一天，无书面理由；未发现收受财物。")
    true.act(
        actions.conclude,
        300,
        outcome=Outcome.PARTLY,
        severity="mild",
        summary="经核查，压件情况属实，已责令当日办结并当面致歉；索要好处一事未查到证据。感谢您的监督。",
    )
    untrue = report(
        62, "听说网格员把帮扶物资拿回家了。", community=first, category="other", happened="国庆前后", place="社区仓库"
    )
    untrue.act(actions.accept, 40, text="已受理，正在核对物资台账。")
    untrue.act(
        actions.conclude,
        200,
        outcome=Outcome.UNTRUE,
        summary="经逐户核对领取签字和台账，物资全部发放到位，所反映的情况不属实。已向当事人说明，不影响其工作。",
    )
    report(33, "小区路灯不亮，没人修。", community=last, category="inaction").act(
        actions.conclude,
        26,
        outcome=Outcome.OTHER_WAY,
        summary="路灯报修不属于作风问题。请在首页点“我要反映”，会有专人负责并告知办理时限。",
    )
    report(48, "有人长期虚报加班，涉及金额较大，我有记录。", unit=unit, category="other", happened="今年以来").act(
        actions.conclude,
        30,
        outcome=Outcome.REFERRED,
        summary="您反映的线索已按程序移交区纪委监委，后续由其与您联系或通过12388查询。",
    )
    report(16, f"我想反映{officer.name}处理举报时敷衍了事。", category="inaction", who=officer.name)
    return 8
