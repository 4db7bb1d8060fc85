"""The plan of the demo: which stories are told, of whom, and when."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from django.db import connection, transaction
from django.utils import timezone

from complaints import defaults
from complaints.demo import residents
from complaints.demo import stories as s
from complaints.demo.matters import Matter
from complaints.demo.people import Town, build
from complaints.demo.stories import SPECIAL, Story, Teller
from complaints.demo.times import Times
from complaints.models import Category, ReplyTemplate

SEED = 20
ORDINARY = {"ordinary"}
Part = Callable[[Story], object]


@dataclass
class Page:
    """One case of the plan. `unit`: what matters fit, see `Teller.matter`."""

    at: datetime
    ground: int
    holder: str | int
    part: Part
    unit: str | None = ""
    codes: set[str] | None = None
    kinds: str = ""
    answered: str = ""
    outcome: str = ""
    late_entry: timedelta | None = None
    named: bool = False
    to: str = ""
    to_unit: int | None = None
    target: datetime | None = None


# How often the stories of the past are told; each is told once at least.
PAST: list[tuple[Part, int, str | None]] = [
    (s.plain, 80, ""),
    (s.at_unit, 50, "*"),
    (s.missed_first, 8, ""),
    (s.late_for_a_reason, 4, ""),
    (s.handed_over, 12, ""),
    (s.interim, 8, ""),
    (s.declined, 4, ""),
    (s.taken_back, 2, ""),
    (s.returned, 6, "*"),
    (s.returned_after_accepting, 2, "*"),
    (s.adjudicated, 4, "city"),
    (s.joint, 8, ""),
    (s.joint_cancelled, 2, ""),
    (s.paused, 5, ""),
    (s.pause_ran_out, 3, ""),
    (s.extended, 5, ""),
    (s.extension_refused, 2, ""),
    (s.complex_case, 4, ""),
    (s.redone, 7, ""),
    (s.redone_by_supervisor, 2, ""),
    (s.reopened, 2, ""),
    (s.withdrawn, 7, ""),
    (s.corrected, 3, ""),
    (s.never_reached, 2, ""),
    (s.partly_solved, 4, ""),
    (s.merged, 6, ""),
]
LONG = {
    s.adjudicated,
    s.paused,
    s.pause_ran_out,
    s.extended,
    s.extension_refused,
    s.complex_case,
    s.redone,
    s.late_for_a_reason,
}
ONLY_ORDINARY = LONG | {
    s.reopened,
    s.redone_by_supervisor,
    s.declined,
    s.returned,
    s.returned_after_accepting,
    s.merged,
}
ON_THE_SPOT, FROM_PAPER = 46, 8

HAL, YQY, SQ = 0, 1, 2
# community, who answers for it, story, light, unit of the matter
PRESENT: list[tuple[int, str | int, Part, str, str | None]] = [
    (HAL, "demo_worker", s.fresh, "green", ""),
    (HAL, "demo_worker", s.fresh, "green", ""),
    (HAL, "demo_worker", s.under_way, "green", ""),
    (HAL, "demo_worker", s.attached, "green", ""),
    (HAL, "demo_worker", s.joint_open, "green", ""),
    (HAL, "demo_worker", s.fresh, "yellow", ""),
    (HAL, "demo_worker", s.under_way, "yellow", ""),
    (HAL, "demo_worker", s.under_way, "yellow", ""),
    (HAL, "demo_worker", s.extension_asked, "yellow", ""),
    (HAL, "demo_worker", s.under_way, "red", ""),
    (HAL, "demo_worker", s.fresh, "red", ""),
    (HAL, "demo_worker", s.now_paused, "green", ""),
    (HAL, "demo_worker", s.waiting_for_unit, "green", "city"),
    (HAL, "demo_worker2", s.waiting_for_colleague, "green", ""),
    (HAL, 4, s.waiting_for_colleague, "yellow", ""),
    (YQY, 1, s.waiting_for_unit, "green", ""),
    (HAL, "demo_worker2", s.fresh, "green", ""),
    (HAL, "demo_worker2", s.under_way, "green", ""),
    (HAL, "demo_worker2", s.under_way, "yellow", ""),
    (HAL, "demo_worker2", s.under_way, "red", ""),
    (HAL, "demo_worker2", s.pause_asked, "green", ""),
    (HAL, "demo_worker2", s.complex_asked, "yellow", ""),
    (HAL, "demo_worker2", s.now_extended, "yellow", ""),
    (HAL, 2, s.under_way, "green", ""),
    (HAL, 3, s.again, "green", ""),
    (HAL, 5, s.under_way, "green", ""),
    (HAL, 2, s.third_return, "yellow", "safety"),
    (HAL, 2, s.with_unit, "green", "law"),
    (HAL, 3, s.with_unit, "yellow", "city"),
    (HAL, 4, s.with_unit, "red", "estate"),
    (HAL, 5, s.with_unit, "green", "civil"),
    (HAL, "demo_worker", s.to_be_called_back, "green", ""),
    (HAL, "demo_worker", s.to_be_called_back, "green", ""),
    (HAL, "demo_worker2", s.to_be_called_back, "green", ""),
    (HAL, 3, s.to_be_called_back, "yellow", ""),
    (HAL, 5, s.to_be_called_back, "green", ""),
    (YQY, "demo_outsider", s.fresh, "green", ""),
    (YQY, "demo_outsider", s.under_way, "green", ""),
    (YQY, "demo_outsider", s.under_way, "yellow", ""),
    (YQY, "demo_outsider", s.under_way, "red", ""),
    (YQY, "demo_outsider", s.now_paused, "green", ""),
    (YQY, "demo_outsider", s.waiting_for_unit, "green", "estate"),
    (YQY, "demo_outsider", s.now_complex, "green", ""),
    (YQY, 1, s.under_way, "green", ""),
    (YQY, 1, s.extension_asked, "yellow", ""),
    (YQY, 2, s.under_way, "yellow", ""),
    (YQY, 2, s.returned_once, "green", "law"),
    (YQY, 3, s.with_unit, "green", "estate"),
    (YQY, 3, s.with_unit, "yellow", "law"),
    (YQY, 4, s.with_unit, "green", "safety"),
    (YQY, 4, s.waiting_for_colleague, "green", ""),
    (YQY, 5, s.again, "yellow", ""),
    (YQY, 2, s.to_be_called_back, "green", ""),
    (YQY, 3, s.to_be_called_back, "green", ""),
    (YQY, 4, s.to_be_called_back, "green", ""),
    (SQ, 0, s.fresh, "green", ""),
    (SQ, 0, s.under_way, "green", ""),
    (SQ, 0, s.under_way, "red", ""),
    (SQ, 1, s.under_way, "yellow", ""),
    (SQ, 1, s.objected, "yellow", "city"),
    (SQ, 2, s.decided, "yellow", "estate"),
    (SQ, 2, s.under_way, "green", ""),
    (SQ, 3, s.with_unit, "green", "city"),
    (SQ, 3, s.with_unit, "red", "safety"),
    (SQ, 4, s.with_unit, "yellow", "estate"),
    (SQ, 4, s.waiting_for_unit, "green", "law"),
    (SQ, 5, s.now_paused, "green", ""),
    (SQ, 6, s.joint_open, "yellow", ""),
    (SQ, 6, s.fresh, "yellow", ""),
    (SQ, 1, s.to_be_called_back, "green", ""),
    (SQ, 5, s.to_be_called_back, "green", ""),
]
# Round the clock: water, power, heating and danger to life.
URGENT: list[tuple[int, str | int, Part, str, set[str]]] = [
    (HAL, "demo_worker", s.under_way, "green", {"utility"}),
    (YQY, 2, s.under_way, "yellow", {"utility"}),
    (SQ, 1, s.under_way, "green", {"emergency"}),
]
TO: dict[Part, str] = {s.waiting_for_colleague: "demo_worker"}


@transaction.atomic
def seed(now: datetime, cases: int = 360) -> Town:
    """Make the demo street as of `now`. The present is always told whole; `cases` says how much past comes with it.

    Below 150 or so there are more than asked for, because every story is told once; 0 tells the present alone.
    """
    with connection.cursor() as cursor:
        # Thousands of small joins: searching for their best order takes the server longer than the joins themselves.
        cursor.execute("SET LOCAL join_collapse_limit = 1")
    rng = Random(SEED)
    defaults.plant(Category, ReplyTemplate)
    town = build(rng, timezone.localdate(now))
    times = Times(now, rng)
    plan = _Plan(Teller(town, times, rng), cases)
    plan.tell()
    if cases:
        residents.speak(town, now)
    return town


@dataclass
class _Plan:
    teller: Teller
    cases: int
    told: dict[int, list[Story]] = field(default_factory=lambda: {HAL: [], YQY: [], SQ: []})

    def tell(self) -> None:
        pages = [*self.present(), *self.urgent()]
        if self.cases:
            pages += self.past(self.cases - len(pages))
        for page in sorted(pages, key=lambda page: page.at):
            self.tell_one(page)

    def present(self) -> Iterator[Page]:
        times = self.teller.times
        for ground, holder, part, light, unit in PRESENT:
            answered = part not in (s.fresh, s.waiting_for_colleague, s.waiting_for_unit, s.third_return, s.objected)
            high = {"green": 0.45, "yellow": 1.0, "red": 0.3}[light]
            code = "redo" if part is s.again else "ordinary"
            at = times.start(code, light, answered=answered, high=high)
            target = at if part is s.again else None
            if target:
                at = times.office(at - timedelta(days=9))
            inward = part is s.waiting_for_colleague and ground == HAL
            called = part is s.to_be_called_back
            yield Page(
                at,
                ground,
                holder,
                part,
                unit,
                ORDINARY,
                kinds=residents.RATED if called else "",
                named=called,
                to=TO[part] if inward else "",
                to_unit=HAL if part is s.waiting_for_unit and not unit else None,
                target=target,
            )

    def urgent(self) -> Iterator[Page]:
        for ground, holder, part, light, codes in URGENT:
            at = self.teller.times.start(next(iter(codes)), light, answered=True, high=0.8)
            yield Page(at, ground, holder, part, None, codes)

    def past(self, count: int) -> Iterator[Page]:
        """Every story once, the rest by how often they happen; the special outcomes once each."""
        rng, times = self.teller.rng, self.teller.times
        for n, outcome in enumerate(SPECIAL):
            at = times.long_ago(at_least=20)
            yield Page(at, n % 3, rng.randrange(6), s.special, outcome=outcome, answered="" if n % 2 else outcome)
        spare = max(0, count - len(SPECIAL) - len(PAST) - 2)
        spot, paper = max(1, spare * ON_THE_SPOT // 300), max(1, spare * FROM_PAPER // 300)
        for n in range(spot):
            at, kind = times.long_ago(at_least=0.2), "inquiry" if n % 6 else "praise"
            yield Page(at, *self.somebody(), s.fresh, None, None, kind, answered="answered")
        for n in range(paper):
            at = times.long_ago(at_least=12)
            yield Page(at, *self.somebody(), s.plain, "", ORDINARY, late_entry=timedelta(hours=26 + n % 3 * 22))
        more = rng.choices(PAST, [often for _part, often, _unit in PAST], k=max(0, spare - spot - paper + 2))
        for part, _often, unit in [*PAST, *more]:
            codes = ORDINARY if part in ONLY_ORDINARY else None
            at_least = 45 if part is s.complex_case else 24 if part in LONG else 9
            at_most = 60.0 if part is s.merged else 365.0 if rng.random() < 0.8 else 90.0
            kinds = "help complaint report snapshot mediation suggestion"
            yield Page(times.long_ago(at_least=at_least, at_most=at_most), *self.somebody(), part, unit, codes, kinds)

    def somebody(self) -> tuple[int, int]:
        """HAL is the biggest and oldest estate, so it has the most to tell."""
        return self.teller.rng.choices([HAL, YQY, SQ], [44, 28, 28])[0], self.teller.rng.randrange(6)

    def tell_one(self, page: Page) -> None:
        teller, town = self.teller, self.teller.town
        ground = town.grounds[page.ground]
        holder = town.logins[page.holder] if isinstance(page.holder, str) else ground.workers[page.holder]
        story, part = Story(teller, ground, holder), page.part
        story.outcome, story.to, story.target = page.outcome, town.logins.get(page.to), page.target
        story.to_unit = town.grounds[page.to_unit].unit if page.to_unit is not None else None
        if part is s.merged:
            main = self.main_story(page)
            story.main = main.case
            told = main.told._replace(text="邻居们也反映过，我再说一次：" + main.told.text)
        else:
            told = teller.told(ground, self.matter(page), ground.spots[ground.beat[holder.pk].pk])
        story.log(told, page.at, answered=page.answered, late_entry=page.late_entry, named=page.named)
        if not page.answered:
            part(story)
        if part in (s.plain, s.at_unit, s.interim):
            self.told[page.ground].append(story)

    def main_story(self, page: Page) -> Story:
        """What somebody else of the community said before; told now when nobody did."""
        if not self.told[page.ground]:
            before = self.teller.times.office(page.at - timedelta(days=8))
            self.tell_one(Page(before, page.ground, self.teller.rng.randrange(6), s.plain, "", ORDINARY))
        return self.teller.rng.choice(self.told[page.ground][-8:])

    def matter(self, page: Page) -> Matter:
        if page.outcome:
            kind, category, title, text, reply = SPECIAL[page.outcome]
            return Matter(category, kind, title, text, reply)
        month = timezone.localtime(page.at).month
        return self.teller.matter((page.ground, month), unit=page.unit, codes=page.codes, kinds=page.kinds)
