"""How cases go: each story is one case's life, told through the same acts the office uses, at believable times."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from django.core.files.uploadedfile import SimpleUploadedFile

from complaints import actions
from complaints.actions import Answer, Registration
from complaints.demo import matters as words
from complaints.demo.matters import MATTERS, Matter
from complaints.demo.people import Ground, Town
from complaints.demo.times import Times
from complaints.models import Case, Category, Clock, JointTask
from complaints.policies import policy_code
from staff.models import Person, Unit

WITH_VERSION = {name for name in actions.__all__ if "version" in inspect.signature(getattr(actions, name)).parameters}
CHANNELS = {
    "inquiry": ["counter", "counter", "phone", "phone", "web", "wechat"],
    "help": ["phone", "phone", "counter", "visit", "hotline", "grid"],
    "complaint": ["hotline", "hotline", "phone", "web", "counter", "wechat", "board"],
    "report": ["hotline", "phone", "web", "wechat", "grid"],
    "suggestion": ["web", "box", "counter", "board", "wechat"],
    "praise": ["phone", "counter", "box", "media"],
    "snapshot": ["wechat", "wechat", "grid"],
    "mediation": ["counter", "visit", "phone"],
}
OUT_OF_HOURS = ["web", "hotline", "wechat"]
SPECIAL = {
    "emergency_service": (
        "report", "安全隐患>公共安全>可疑人员与诈骗", "楼下有人打架动了刀，请马上来人",
        "{spot}楼下两伙人打架，有人拿了刀，居民都不敢下楼。",
        "已立即代为拨打110和120，民警五分钟到场控制，受伤人员送医。社区在现场疏导居民，后续由公安机关处理。",
    ),
    "statutory": (
        "complaint", "民政社保>就业与住房>就业帮扶", "对劳动仲裁结果不服，请社区出面",
        "和公司的劳动仲裁裁决下来了，我不服，想请街道社区出面改一改。",
        "劳动争议裁决须依法定途径处理，您可在收到裁决书十五日内向人民法院起诉。已告知法律援助站地址和电话，可免费咨询。",
    ),
    "same_matter": (
        "complaint", "市政设施>照明>路灯不亮", "再问一次{road}路灯什么时候修",
        "上周反映过{road}路灯不亮，今天还没亮，再问一次进展。",
        "该事项正在办理：电缆已定位断点，备件到货后两日内恢复。原工单办理结果将同时告知您。",
    ),
    "secret": (
        "inquiry", "安全隐患>房屋与高空>违法建设", "想知道是谁举报了我家阳光房",
        "执法队来过以后，我想知道是哪一家举报的。",
        "举报人信息依法保密，不能提供。若对处理有异议，可依法陈述申辩，我们会把您的意见如实转达。",
    ),
    "out_of_remit": (
        "inquiry", "停车秩序>交通秩序>出行安全", "外区违章罚款有异议找谁",
        "在外区被拍违章，觉得标志看不清，想问社区能不能帮忙撤销。",
        "违章处理由交管部门负责，您可在十五日内到违章处理窗口或线上提交申诉，已告知地址、电话和所需材料。",
    ),
    "unlawful": (
        "help", "邻里纠纷>消费与租赁>房屋租赁", "请社区帮忙催要高息借款",
        "借给邻居两万块说好月息一毛，现在不给，请社区上门帮我要回来。",
        "约定利息明显超出法律保护范围，社区不能协助催收。已劝导双方按法律规定协商，并提供人民调解和法律咨询渠道。",
    ),
}  # fmt: skip

# What nobody says of a house without floors.
UPSTAIRS = ("楼", "层", "电梯", "单元")


def tall(spot: str) -> bool:
    return "楼" in spot or "座" in spot


class Told(NamedTuple):
    """What one resident says, ready to be logged."""

    matter: Matter
    category: Category
    title: str
    text: str
    reply: str
    place: str
    spot: str
    code: str


class Teller:
    """Chooses matters, people and words; everything random comes from one seeded source."""

    def __init__(self, town: Town, times: Times, rng: Random) -> None:
        self.town, self.times, self.rng = town, times, rng
        self.used: Counter[tuple[int, str]] = Counter()
        self.serial = 0

    def matter(
        self, at: tuple[int, int], *, unit: str | None = None, codes: set[str] | None = None, kinds: str = ""
    ) -> Matter:
        """What has been told least in this community, and least at all, of what fits.

        `at`: community and month. `unit`: None is any, "" the community itself, "*" any other unit.
        """
        ground, month = at
        fit = [
            m
            for m in MATTERS
            if (not m.months or month in m.months)
            and (unit is None or m.unit == unit or (unit == "*" and m.unit))
            and (codes is None or self.code(m) in codes)
            and (not kinds or m.kind in kinds.split())
        ]

        def told(matter: Matter) -> tuple[int, int]:
            return self.used[ground, matter.title], self.used[-1, matter.title]

        fewest = min(map(told, fit))
        chosen = self.rng.choice([m for m in fit if told(m) == fewest])
        for where in (ground, -1):
            self.used[where, chosen.title] += 2 if chosen.kind == "mediation" else 1  # half as often as the rest
        return chosen

    def code(self, matter: Matter) -> str:
        return policy_code(matter.kind, matter.urgency, self.town.categories[matter.category].policy)

    def told(self, ground: Ground, matter: Matter, spots: list[str]) -> Told:
        if any(word in matter.title + matter.text for word in UPSTAIRS):
            spots = [spot for spot in spots if tall(spot)] or [
                s for own in ground.spots.values() for s in own if tall(s)
            ]
        spot = self.rng.choice(spots)
        fill = {"spot": spot, "estate": ground.estate, "road": ground.road, "floor": f"{self.rng.randrange(2, 17)}层"}
        title, text, reply = (part.format(**fill) for part in (matter.title, matter.text, matter.reply))
        place = spot if "{spot}" in matter.title + matter.text else ground.road
        return Told(matter, self.town.categories[matter.category], title, text, reply, place, spot, self.code(matter))


class Story:
    """One case on its way. `at` is the moment of the latest act; every act moves it forward, never beyond now."""

    case: Case
    main: Case | None = None
    to: Person | None = None
    to_unit: Unit | None = None
    target: datetime | None = None
    outcome = ""

    def __init__(self, teller: Teller, ground: Ground, holder: Person, unit: Unit | None = None) -> None:
        self.teller, self.ground, self.holder = teller, ground, holder
        self.town, self.times, self.rng = teller.town, teller.times, teller.rng
        self.unit = unit or ground.unit
        self.version, self.cycle_code = 0, ""
        self.resident = ""

    # registering

    def log(
        self, told: Told, at: datetime, *, answered: str = "", late_entry: timedelta | None = None, named: bool = False
    ) -> Story:
        """`answered`: the outcome, when it is answered on the spot. `late_entry`: paper entered so long afterwards.

        `named`: with name and phone for certain, not only mostly.
        """
        self.told, self.cycle_code, self.begun = told, told.code, at
        self.at = min(at + (late_entry or timedelta(minutes=self.rng.randrange(1, 6))), self.times.now)
        grid = next(g for g in self.ground.grids if told.spot in self.ground.spots[g.pk])
        kind, channel = told.matter.kind, self._channel(told.matter.kind, at)
        self.teller.serial += 1
        mostly = answered == "" and late_entry is None and self.rng.random() < 0.6
        resident = self._resident(named=named or mostly)
        answer = Answer(self._letter(told.reply), self.at, answered, self.holder) if answered else None
        item = Registration(
            street=self.town.street,
            unit=self.unit,
            community=self.ground.community,
            grid=grid,
            first_contact=self.holder,
            kind=kind,
            channel=channel,
            category=told.category,
            urgency=told.matter.urgency,
            title=told.title,
            text=told.text,
            place=told.place,
            special_group=told.matter.group,
            submitted_at=at,
            backfilled=late_entry is not None,
            source="hotline" if channel == "hotline" else "",
            external_id=f"RX{at:%Y%m%d}{self.teller.serial:05d}" if channel == "hotline" else "",
            answer=answer,
            **resident,
        )
        self.case = actions.register(item, by=self.holder, now=self.at)
        self.version = 2 if answer else 1
        return self

    def _channel(self, kind: str, at: datetime) -> str:
        open_now = self.times.office(at) == at.replace(microsecond=0)
        return self.rng.choice(CHANNELS[kind] if open_now else OUT_OF_HOURS)

    def _resident(self, *, named: bool) -> dict[str, Any]:
        draw = 0.5 if named else self.rng.random()
        if draw < 0.05:
            return {"identity": Case.Identity.ANONYMOUS}
        surname = self.rng.choice(words.SURNAMES)
        self.resident = surname + self.rng.choice(["女士", "先生", "阿姨", "师傅"])
        return {
            "identity": Case.Identity.CONFIDENTIAL if draw < 0.09 else Case.Identity.NAMED,
            "resident_name": surname + self.rng.choice(words.GIVEN),
            "resident_phone": f"120{self.rng.randrange(10**8):08d}" if draw < 0.95 else "",
            "resident_address": self.told.place if draw < 0.6 else "",
        }

    # acting

    def do(self, action: str, *, by: Person | None = None, **facts: Any) -> Any:
        if action in WITH_VERSION:
            facts["version"] = self.version
        done = getattr(actions, action)(self.case, by=by or self.holder, now=self.at, **facts)
        self.version += 1
        return done

    def wait(self, low: float, high: float) -> Story:
        """Some office hours pass."""
        self.at = self.times.soon(self.at, low, high)
        return self

    def rest(self, days: float) -> Story:
        """Days of the calendar pass, office hours or not."""
        later = self.times.office(self.at + timedelta(days=days))
        self.at = later if later < self.times.now else self.at + (self.times.now - self.at) * 0.5
        return self

    def contact(self, *, reached: bool = True) -> Story:
        if self.times.terms[self.cycle_code].hours.every_day:
            minutes = timedelta(minutes=self.rng.randrange(6, 28))
            self.at = min(self.at + minutes, self.at + (self.times.now - self.at) * 0.5)
        else:
            before = self.at
            self.wait(0.1, 2.0)
            if self.at - self.begun > timedelta(hours=30) and self.rng.random() < 0.85:
                # A first call before closing time or at the weekend, so that the response is mostly in time.
                self.at = max(before, self.begun + timedelta(hours=self.rng.uniform(3, 20)))
        text = self.rng.choice(words.CONTACT if reached else words.NOT_REACHED)
        way = "visit" if "上门" in text else "counter" if "服务站" in text else "call"
        self.do("contact", way=way, reached=reached, substantive=reached, text=text)
        return self

    def chat(self) -> Story:
        """Now and then a note for colleagues or an interim reply."""
        draw = self.rng.random()
        if draw < 0.22:
            self.wait(0.2, 3).do("note", by=self.colleague(), text=self.rng.choice(words.NOTES))
        elif draw < 0.32:
            self.wait(1, 5).do("reply", text=words.INTERIM)
        return self

    def explain(self, since: datetime) -> None:
        """Why it is late, some time between the due instant and the end that is coming."""
        due = Clock.objects.get(case=self.case, cycle=self.case.cycle, kind=Clock.Kind.RESOLUTION).due_at
        end = self.at
        if max(due, since) < end:
            self.at = max(due, since) + (end - max(due, since)) * 0.5
            reason, text = self.rng.choice(words.DELAYS)
            self.do("explain_delay", reason=reason, text=text)
            self.at = end

    def conclude(self, share: float | None = None, outcome: str = "", *, explained: bool = False) -> Story:
        """At a share of the time for resolution; about one in ten of all cases is late, some of them explained."""
        if share is None:
            share = self.rng.uniform(1.1, 2.2) if self.rng.random() < 0.16 else self.rng.uniform(0.15, 0.93)
        planned, before = self.times.share(self.cycle_code, self.begun, share), self.at
        self.at = planned if self.at < planned < self.times.now else self.times.soon(self.at, 0.3, 2.5)
        if share > 1 and (explained or self.rng.random() < 0.4):
            self.explain(before)
        text = self.told.reply + (words.LATE if share > 1 else "")
        outcome = outcome or self.rng.choices(["resolved", "partly", "explained"], [82, 8, 10])[0]
        self.do("conclude", outcome=outcome, text=self._letter(text))
        return self

    def call_back(self, solved: str = "", *, sure: bool = False, at: datetime | None = None) -> Story:
        """Skipped when its time has not come yet: then the callback waits on somebody's desk."""
        later = max(self.at, at) if at else self.times.worked(self.at, self.rng.uniform(3, 16))
        if later >= self.times.now and not sure:
            return self
        self.at = min(later, self.times.now)
        if self.rng.random() < 0.08 and not solved:
            self.do("call_back", by=self.checker(), reached=False, text="两次拨打无人接听")
            later = self.times.worked(self.at, self.rng.uniform(2, 9))
            if later >= self.times.now:
                return self
            self.at = later
        solved = solved or self.rng.choices(["yes", "partly"], [88, 12])[0]
        scores = {"yes": [5, 5, 4, 4, 4, 3], "partly": [4, 3, 3, 2], "no": [2, 1, 2]}[solved]
        said = {"yes": words.PRAISED, "partly": words.PARTLY, "no": words.COMPLAINED}[solved]
        satisfied = self.rng.choice(scores) if self.rng.random() < 0.9 else None
        self.do(
            "call_back",
            by=self.checker(),
            reached=True,
            solved=solved,
            satisfied=satisfied,
            text=self.rng.choice(said) if self.rng.random() < 0.6 else "",
        )
        if solved == "no":
            self.cycle_code, self.begun = "redo", self.at
        return self

    def dispatch(self, unit: Unit, reason: str = "") -> Story:
        self.wait(0.1, 1.5).do("dispatch", unit=unit, reason=reason or "按派单目录，由该单位主办")
        return self

    def accept(self, by: Person, unit: Unit) -> Story:
        self.wait(0.2, 3).do("accept", by=by)
        self.holder, self.unit = by, unit
        return self

    def send_back(self, by: Person, reason: str) -> Story:
        self.wait(0.5, 4).do("return_case", by=by, reason=reason)
        return self

    def offer(self, to: Person, reason: str) -> Story:
        self.wait(0.1, 2).do("offer", to=to, reason=reason)
        return self

    def ask_joint(self, unit: Unit, task: str, days: int = 3) -> JointTask:
        row: JointTask = self.wait(0.2, 2).do("ask_joint", unit=unit, task=task, days=days)
        return row

    def ask_pause(self, reason: str, text: str, told: str, days: int) -> Story:
        self.wait(0.5, 3).do("ask_pause", reason=reason, text=text, told=told, days=days)
        return self

    def approve(self, text: str = "同意") -> Story:
        self.wait(0.3, 4).do("approve", by=self.checker(), text=text)
        return self

    # people and words

    def checker(self) -> Person:
        """Somebody who leads or oversees and is not responsible."""
        if self.unit == self.ground.unit and self.holder != self.ground.secretary:
            return self.ground.secretary
        return self.town.supervisors[self.rng.randrange(2)]

    def colleague(self) -> Person:
        return self.rng.choice([p for p in self.ground.workers if p != self.holder])

    def crew(self, key: str) -> tuple[Person, Unit]:
        return self.rng.choice(self.town.crews[key]), self.town.units[key]

    def _letter(self, text: str) -> str:
        who, phone = self.resident or "居民朋友", self.holder.phone
        return f"{who}您好！您反映的“{self.told.title}”办理情况如下：{text}如有问题请拨打{phone}。{self.holder}"


Part = Callable[[Story], object]
NOT_OURS = "经核对职责清单，此事不属本单位主责，附说明退回，请另派。"


def plain(story: Story) -> None:
    story.contact().chat().conclude().call_back()


def missed_first(story: Story) -> None:
    story.contact(reached=False).contact().conclude().call_back()


def at_unit(story: Story) -> None:
    person, unit = story.crew(story.told.matter.unit)
    story.dispatch(unit).accept(person, unit).contact().chat().conclude().call_back()


def late_for_a_reason(story: Story) -> None:
    story.contact().conclude(1.5, explained=True).call_back()


def handed_over(story: Story) -> None:
    to = story.colleague()
    story.contact().offer(to, "居民住在你的网格，情况你更熟悉，请接手。").accept(to, story.unit)
    story.conclude().call_back()


def declined(story: Story) -> None:
    to = story.colleague()
    story.offer(to, "手头件多，想请你帮忙接一件。").wait(0.3, 2).do(
        "decline", by=to, reason="这周值班加入户，怕耽误居民，建议你继续办。"
    )
    story.contact().conclude().call_back()


def taken_back(story: Story) -> None:
    story.offer(story.colleague(), "位置在网格交界处，请你看看。")
    story.wait(0.2, 2).do("take_back", text="核对后在本网格，自己办")
    story.contact().conclude().call_back()


def returned(story: Story) -> None:
    wrong = "civil" if story.told.matter.unit != "civil" else "law"
    story.dispatch(story.town.units[wrong]).send_back(story.crew(wrong)[0], NOT_OURS)
    at_unit(story)


def returned_after_accepting(story: Story) -> None:
    first, keeper = story.unit, story.holder
    person, unit = story.crew("safety" if story.told.matter.unit != "safety" else "law")
    story.dispatch(unit).accept(person, unit).send_back(person, "现场核实后发现权属不在本单位，退回首接单位。")
    story.holder, story.unit = keeper, first
    at_unit(story)


def third_return(story: Story) -> None:
    for key in ("estate", "city", "law"):
        story.dispatch(story.town.units[key]).send_back(story.crew(key)[0], NOT_OURS)


def objected(story: Story) -> None:
    key = "city" if story.told.matter.unit != "city" else "estate"
    story.dispatch(story.town.units[key]).wait(0.5, 3)
    story.do("object_to", by=story.crew(key)[0], reason="该点位产权属小区内部，按职责清单应由物业养护，请裁定。")


def adjudicated(story: Story) -> None:
    decide(story)
    story.contact().conclude().call_back()


def decide(story: Story) -> None:
    (third_return if story.rng.random() < 0.5 else objected)(story)
    person, unit = story.crew(story.told.matter.unit or "city")
    story.wait(1, 6).do(
        "adjudicate",
        by=story.town.supervisors[0],
        unit=unit,
        person=person,
        reason="经查权属资料和职责清单，由该单位主办，社区协助；裁定后不再退回。",
    )
    story.holder, story.unit = person, unit


def joint(story: Story) -> None:
    task = story.contact().ask_joint(story.town.units["law"], "请派员到现场执法检查，并反馈处理意见。")
    result = "已到场检查，开具责令改正通知，三日后复查。"
    story.wait(3, 9).do("finish_joint", by=story.crew("law")[0], task=task, result=result)
    story.conclude().call_back()


def joint_cancelled(story: Story) -> None:
    task = story.contact().ask_joint(story.town.units["safety"], "请共同到现场核实隐患情况。")
    story.wait(1, 4).do("cancel_joint", task=task, reason="居民已自行整改，不再需要到场。")
    story.conclude().call_back()


def paused(story: Story) -> None:
    story.contact().ask_pause(
        "resident", "居民出差，约定回来后一起看现场。", "您外出期间暂不计时，您回来后我们马上继续办理。", 20
    ).approve()
    story.rest(story.rng.uniform(2, 5)).do("resume", text="居民已返回，继续办理")
    story.wait(3, 8).conclude(0.0001).call_back()


def pause_ran_out(story: Story) -> None:
    story.contact().ask_pause(
        "test", "需第三方检测机构出具报告。", "检测需要几天时间，期间暂停计时，报告出来立即告知您。", 4
    ).approve()
    story.rest(5).wait(1, 4).conclude(0.0001).call_back()


def extended(story: Story) -> None:
    ask_extension(story.contact())
    story.approve("材料属实，同意延期一次")
    story.conclude(story.rng.uniform(1.1, 1.8)).call_back()


def extension_refused(story: Story) -> None:
    ask_extension(story.contact())
    story.wait(0.5, 3).do("refuse", by=story.checker(), text="工作量不大，请在原时限内完成。")
    story.conclude(story.rng.uniform(0.7, 0.95)).call_back()


def ask_extension(story: Story) -> None:
    story.wait(4, 12).do(
        "ask_extension",
        text="配件需从厂家调货，预计下周到。",
        told="因配件需要调货，办理时间将延长，到货后第一时间施工，请您谅解。",
    )


def ask_complex(story: Story) -> None:
    story.wait(1, 6).do(
        "ask_complex",
        text="涉及多个产权单位，需要召开协调会。",
        told="此事涉及几家单位，需要开会协调，我们会及时把进展告诉您。",
    )


def complex_case(story: Story) -> None:
    ask_complex(story.contact())
    story.approve("同意按复杂事项办理")
    story.wait(14, 45).conclude(0.0001).call_back()


def redone(story: Story) -> None:
    story.contact().conclude(0.4).call_back("no", sure=True)
    story.contact().conclude(story.rng.uniform(0.3, 0.9)).call_back("yes")


def redone_by_supervisor(story: Story) -> None:
    story.contact().conclude(0.3)
    story.wait(4, 12).do("redo", by=story.town.supervisors[0], reason="答复未说明整改时间，请重新办理并当面回复居民。")
    story.cycle_code, story.begun = "redo", story.at
    story.contact().conclude(0.6).call_back("yes")


def reopened(story: Story) -> None:
    story.contact().conclude(0.4, "resolved")
    story.wait(8, 20).do("reopen", reason="居民来电称问题反复，继续办理。")
    story.cycle_code, story.begun = "redo", story.at
    story.contact().conclude(0.5).call_back("yes")


def withdrawn(story: Story) -> None:
    story.contact().wait(1, 8).do("withdraw", reason="居民来电表示邻居已主动解决，不再需要办理。")


def corrected(story: Story) -> None:
    story.wait(0.1, 1).do("edit", by=story.holder, place=story.told.place + "东侧", resident_phone="12000000000")
    story.wait(0, 0.2).do("give_code")
    story.contact().conclude().call_back()


def never_reached(story: Story) -> None:
    story.contact().conclude(0.5, "explained")
    for _time in range(2):
        story.wait(3, 9).do("call_back", by=story.checker(), reached=False, text="无人接听，改日再拨")


def partly_solved(story: Story) -> None:
    story.contact().conclude(0.8, "partly").call_back("partly", sure=True)


def interim(story: Story) -> None:
    story.wait(0.5, 2).do("reply", text=words.INTERIM)
    story.wait(2, 6).do("note", by=story.colleague(), text=story.rng.choice(words.NOTES))
    story.conclude().call_back()


def special(story: Story) -> None:
    """Registered first, then explained; the plan puts other special outcomes down as answered on the spot."""
    story.contact().conclude(0.3, story.outcome).call_back()


def merged(story: Story) -> None:
    assert story.main is not None
    story.contact().wait(0.3, 3).do(
        "merge",
        into=story.main,
        text=f"您反映的事项与{story.main.number}为同一事项，正在合并办理，结果会同时告知您。",
    )


# What is going on now. Lights follow from the start the plan chose.


def fresh(story: Story) -> None:
    """Nobody has called yet."""


def under_way(story: Story) -> None:
    story.contact().chat()


def attached(story: Story) -> None:
    record = "现场记录\n参加人：网格员、物业、居民代表\n情况：已核实，照片存社区电脑。\n".encode()
    file = SimpleUploadedFile("现场记录.txt", record, "text/plain")
    story.contact().wait(0.2, 2).do("attach", file=file, name="现场记录.txt", content_type="text/plain")


def waiting_for_colleague(story: Story) -> None:
    story.offer(story.to or story.colleague(), "明后两天我外出培训，居民约在明天看现场，请你接手。")


def waiting_for_unit(story: Story) -> None:
    if story.to_unit:
        story.dispatch(story.to_unit, "居民户籍和住址都在贵社区，请接收办理。")
    else:
        story.dispatch(story.town.units[story.told.matter.unit])


def decided(story: Story) -> None:
    decide(story)
    story.contact()


def with_unit(story: Story) -> None:
    person, unit = story.crew(story.told.matter.unit)
    story.dispatch(unit).accept(person, unit).contact()


def returned_once(story: Story) -> None:
    story.dispatch(story.town.units["civil"]).send_back(story.crew("civil")[0], NOT_OURS)


def now_paused(story: Story) -> None:
    story.contact().ask_pause(
        "resident", "居民陪护老人住院，出院后再约看现场。", "您照顾老人期间暂不计时，出院后告诉我们即可。", 15
    ).approve()


def pause_asked(story: Story) -> None:
    story.contact().ask_pause(
        "unreachable", "三次去电、一次上门均未联系到居民。", "多次联系您未果，暂停计时，请方便时回电。", 7
    )


def extension_asked(story: Story) -> None:
    ask_extension(story.contact())


def complex_asked(story: Story) -> None:
    ask_complex(story.contact())


def now_extended(story: Story) -> None:
    extension_asked(story)
    story.approve("同意延期一次")


def now_complex(story: Story) -> None:
    complex_asked(story)
    story.approve("同意按复杂事项办理")


def joint_open(story: Story) -> None:
    story.contact().ask_joint(story.town.units["law"], "请派员联合检查，三个工作日内反馈处理意见。")


def again(story: Story) -> None:
    """Concluded, not solved says the resident: the short limit runs."""
    story.contact().conclude(0.3).call_back("no", sure=True, at=story.target)


def to_be_called_back(story: Story) -> None:
    story.contact().conclude(0.0001, "resolved")
