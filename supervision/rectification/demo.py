"""Rectification items of the demo street in every state and from every kind of source, told through the real acts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from complaints.models import Case, Category
from staff.models import Community, Person, Post, Street, Unit
from staff.queries import current
from supervision.models import RectificationItem
from supervision.rectification import actions
from supervision.rectification.actions import Setting
from supervision.rectification.proposals import proposals


@dataclass
class Office:
    """Who takes part. `boss` sets down and signs off, `other` verifies."""

    street: Street
    boss: Person
    other: Person
    officer: Person | None
    now: datetime

    def at(self, days: float) -> datetime:
        """A moment in office hours so many days ago."""
        day = timezone.localtime(self.now - timedelta(days=days))
        return min(day.replace(hour=10, minute=20, second=0, microsecond=0), self.now)

    def set_down(self, days: float, community: Community, problem: str, **known: Any) -> RectificationItem:
        unit = Unit.objects.get(community=community, kind=Unit.Kind.COMMUNITY)
        lead = current(Post.objects.filter(community=community, role=Post.Role.WORKER, unit=unit)).order_by("pk")
        who = known.pop("responsible", None) or lead.select_related("person")[0].person
        facts: dict[str, Any] = {"street": self.street, "unit": unit, "community": community, "responsible": who}
        return actions.set_down(Setting(problem=problem, **facts | known), by=self.boss, now=self.at(days))

    def report(self, item: RectificationItem, days: float, text: str) -> RectificationItem:
        return actions.report(item, by=item.responsible, now=self.at(days), text=text)

    def verify(self, item: RectificationItem, days: float, text: str) -> RectificationItem:
        return actions.verify(item, by=self.other, now=self.at(days), text=text)

    def sign_off(self, item: RectificationItem, days: float, text: str = "") -> RectificationItem:
        return actions.sign_off(item, by=self.boss, now=self.at(days), text=text)


def tell(street: Street, now: datetime) -> int:
    """Number of items. Nothing where two supervisors or the communities are missing."""
    supervisors = [
        post.person
        for post in current(Post.objects.filter(street=street, role=Post.Role.SUPERVISOR)).select_related("person")
    ]
    communities = list(Community.objects.filter(street=street).order_by("pk"))
    if len(supervisors) < 2 or not communities:
        return 0
    discipline = current(Post.objects.filter(street=street, role=Post.Role.DISCIPLINE)).select_related("person").first()
    office = Office(street, supervisors[0], supervisors[1], discipline.person if discipline else None, now)
    _ended(office, communities)
    _under_way(office, communities)
    _proposed(office)
    return RectificationItem.objects.filter(street=street).count()


def _ended(office: Office, communities: list[Community]) -> None:
    """Signed off and come back, signed off for good, withdrawn."""
    community, category = _busiest(office, communities[0])
    item = office.set_down(
        72, community, "月度督查发现：同类诉求集中，首次答复普遍超过两天。", source="inspection",
        reference="桐督〔2026〕9号", category=category,
    )  # fmt: skip
    actions.plan(
        item, by=item.responsible, now=office.at(71), measure="每日上午集中联系，由书记逐件核对。", cause="分工不清"
    )
    item = office.report(item, 62, "已建立每日核对表，近两周首次联系均在当日完成。")
    item = office.verify(item, 60, "抽查十件，均已当日联系。")
    office.sign_off(item, 58, "同意销号，继续观察。")
    item = office.set_down(
        45, communities[-1], "审计指出：公示栏中服务电话为旧号码。", source="audit", reference="审〔2026〕17号"
    )
    item = office.report(item, 41, "五处公示栏已全部更换。")
    item = office.verify(item, 40, "逐处看过。")
    office.sign_off(item, 39)
    item = office.set_down(20, communities[0], "网传“楼道堆物无人管”。", source="media", reference="晨报热线1106")
    actions.withdraw(item, by=office.boss, now=office.at(18), text="经核实不在本街道辖区，已转告媒体。")


def _under_way(office: Office, communities: list[Community]) -> None:
    """Set down, planned, yellow or red, reported, verified, sent back."""
    first, last = communities[0], communities[-1]
    office.set_down(
        1, last, "上门走访记录不完整，三户独居老人本月未走访。", source="inspection", reference="桐督〔2026〕12号"
    )
    item = office.set_down(
        12, first, "午间窗口无人值守，居民等候半小时。", source="inspection", reference="桐督〔2026〕11号"
    )
    actions.plan(item, by=item.responsible, now=office.at(11), measure="实行AB岗，午间轮流值守。", cause="只排一人")
    office.set_down(26, last, "小广场照明报修后长期未答复居民。", source="other", reference="居民议事会第8次")
    item = office.set_down(9, first, "媒体反映：电动车充电棚收费不公示。", source="media", reference="晚报1112")
    office.report(item, 2, "收费标准已上墙，并在微信群告知。")
    item = office.set_down(15, last, "审计指出：活动经费票据缺经办人签字。", source="audit", reference="审〔2026〕21号")
    item = office.report(item, 5, "已补签，并改用统一报销单。")
    office.verify(item, 3, "票据逐张核对无误。")
    item = office.set_down(
        10, first, "楼门长联系表过期，三处电话打不通。", source="inspection", reference="桐督〔2026〕11号"
    )
    item = office.report(item, 4, "已更新。")
    actions.send_back(item, by=office.other, now=office.at(3), text="随机拨打五个，仍有一个是空号，请再核对。")


def _proposed(office: Office) -> None:
    """Of what casework proposes one of each kind is taken up, one more dismissed; the rest waits for a decision."""
    seen: set[str] = set()
    for one in proposals(office.boss):
        if one.source not in seen:
            actions.take_up(one.origin, by=office.boss, now=max(office.at(1), one.at))
            seen.add(one.source)
        elif f"{one.source} dismissed" not in seen:
            actions.dismiss(
                one.origin, by=office.other, now=max(office.at(1), one.at), reason="办理中已按期说明，且居民表示理解。"
            )
            seen.add(f"{one.source} dismissed")
    if office.officer:
        for one in proposals(office.officer)[:1]:
            item = actions.take_up(one.origin, by=office.officer, now=max(office.at(6), one.at))
            item = office.report(item, 2, "已按要求完成整改并在例会上通报。")


def _busiest(office: Office, otherwise: Community) -> tuple[Community, Category | None]:
    """Where and about what somebody has complained in the last weeks: there the problem has come back."""
    recent = Case.objects.filter(
        street=office.street, submitted_at__gt=office.at(50), community__isnull=False, category__isnull=False
    )
    found = recent.select_related("community", "category").order_by("-submitted_at").first()
    return (found.community or otherwise, found.category) if found else (otherwise, None)
