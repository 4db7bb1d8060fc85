"""The monthly bulletin: whoever recounts the cases by hand comes to the same figures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.test import override_settings

from complaints import actions, outcomes
from complaints.actions.rated import Answer
from complaints.actions.rating import decide, rate, verify
from complaints.demo.load import seed
from complaints.models import Callback, Case, Rating, RatingCheck
from config.lib.errors import RuleBroken
from services.actions import change_policy
from services.models import Policy
from staff.models import Community, Street
from supervision.bulletin import actions as acts
from supervision.bulletin import figures as engine
from supervision.bulletin import snapshot
from supervision.bulletin.chapters import definitions, internal
from supervision.bulletin.facts import Fact, facts_of, unpacked
from supervision.bulletin.periods import Period, Span, ended, parse
from supervision.models import Alert, Bulletin
from supervision.rectification.actions import Setting, report, send_back, set_down
from supervision.rectification.actions import verify as verify_item
from tests.supervision.test_watch import answered, resolution
from tests.world import SHANGHAI, World

pytestmark = pytest.mark.django_db
OCTOBER = parse("2026-10")
NOW = datetime(2026, 11, 1, 6, tzinfo=SHANGHAI)


def on(day: int, hour: int = 10, month: int = 10) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=SHANGHAI)


@contextmanager
def refused(code: str) -> Iterator[None]:
    with pytest.raises(RuleBroken) as refusal:
        yield
    assert refusal.value.code == code


def conclude(world: World, case: Case, at: datetime) -> None:
    case.refresh_from_db()
    actions.conclude(case, by=world.worker, now=at, version=case.version, outcome="resolved", text="已修好。")


def rated(case: Case, level: int, at: datetime, solved: str = "yes") -> Rating:
    return rate(case, Answer(solved=solved, satisfied=level), now=at, via=Rating.Via.TRACK)


@pytest.fixture
def october(world: World) -> dict[str, Case]:
    """What the people of the street did in October."""
    cases = {
        "in time": world.log(at=on(9)),
        "late": world.log(at=on(9), community=world.west, title="西里的路灯"),
        "open": world.log(at=on(30)),
        "twin": world.log(at=on(10)),
        "taken back": world.log(at=on(12)),
        "again": world.log(at=on(12)),
        "excluded": world.log(at=on(13)),
        "before": world.log(at=on(28, month=9)),
    }
    conclude(world, cases["in time"], on(10))
    rated(cases["in time"], 5, on(12))
    conclude(world, cases["late"], on(28))
    rated(cases["late"], 2, on(29), "partly")
    twin, taken = cases["twin"], cases["taken back"]
    actions.merge(twin, by=world.worker, now=on(11), version=1, into=cases["in time"], text="与前一件相同。")
    actions.withdraw(taken, by=world.worker, now=on(13), version=1, reason="居民撤回。")
    conclude(world, cases["again"], on(13))
    rated(cases["again"], 1, on(14), "no")
    conclude(world, cases["again"], on(15))
    rated(cases["again"], 4, on(16))
    conclude(world, cases["excluded"], on(14))
    check = RatingCheck.objects.get(rating=rated(cases["excluded"], 1, on(15)))
    verify(check, by=world.secretary, now=on(16), outcome="mistaken", finding="打错了分。")
    decide(check, by=world.supervisor, now=on(17), exclude=True, text="属误评。")
    conclude(world, cases["before"], on(3, month=11))
    return cases


def counts_of(bulletin: Bulletin, area: str = "") -> dict[str, int]:
    told = bulletin.snapshot["figures"]
    found = told["communities"][area] if area else told["street"]
    return {key: count for key, count in found["counts"].items() if count}


def test_the_bulletin_counts_every_case_once(world: World, october: dict[str, Case]) -> None:
    bulletin = acts.draft(world.street, OCTOBER, by=world.supervisor, now=NOW)
    numbers = {name: case.number for name, case in october.items()}
    facts = unpacked(bulletin.facts)

    def behind(key: str) -> set[str]:
        found = set(engine.behind(facts, key))
        return {name for name, number in numbers.items() if number in found}

    assert behind("received") == {"in time", "late", "open", "taken back", "again", "excluded"}
    assert behind("duplicates") == {"twin"}
    assert behind("withdrawn") == {"taken back"}
    assert behind("concluded") == {"in time", "late", "again", "excluded"}
    assert behind("open") == {"open", "before"}
    assert behind("late") == {"late", "before"} == behind("late_unexplained")
    assert behind("kept") == {"in time", "again", "excluded"}
    assert behind("rated") == {"in time", "late", "again"}
    assert behind("satisfied") == {"in time", "again"}
    assert behind("bad") == {"late", "again"}
    assert behind("again") == {"again"}
    assert behind("excluded") == {"excluded"} == behind("unrated")
    assert behind("solved") == {"in time", "again"}
    assert behind("partly_solved") == {"late"}


def test_a_late_bulletin_is_the_same_bulletin(world: World, october: dict[str, Case]) -> None:
    """What happened in November changes nothing of October."""
    drafted = acts.draft(world.street, OCTOBER, by=None, now=NOW)
    conclude(world, october["open"], on(2, month=11))
    rated(october["open"], 1, on(3, month=11))
    assert not snapshot.drift(drafted)
    assert snapshot.make(world.street, OCTOBER).sha256 == drafted.sha256


@pytest.mark.parametrize("reached", [True, False])
def test_a_rating_of_november_leaves_what_was_heard_on_the_phone_in_october(world: World, reached: bool) -> None:
    case = world.log(at=on(20))
    conclude(world, case, on(21))
    heard = {"solved": "partly", "satisfied": None} if reached else {}
    Callback.objects.create(case=case, cycle=1, at=on(23), by=world.supervisor, reached=reached, **heard)
    before = october_of(world)
    rated(Case.objects.get(pk=case.pk), 5, on(2, month=11))

    after = october_of(world)
    assert after == before
    assert (after.solved, after.unreached) == (("partly", False) if reached else ("", True))
    days = (OCTOBER.begin, OCTOBER.end)
    wanted = {"partly"} if reached else {outcomes.UNREACHED}
    assert outcomes.with_solved(Case.objects.all(), wanted, *days).get() == case


def test_an_item_sent_back_in_november_was_reported_done_in_october(world: World) -> None:
    what = Setting(
        street=world.street, source="media", problem="灯不亮", unit=world.unit, responsible=world.worker,
        community=world.east,
    )  # fmt: skip
    item = set_down(what, by=world.supervisor, now=on(8))
    report(item, by=world.worker, now=on(19), text="已修好。")
    again = set_down(what, by=world.supervisor, now=on(8))
    report(again, by=world.worker, now=on(19), text="已修好。")
    verify_item(again, by=world.supervisor2, now=on(20), text="属实。")
    kept = acts.draft(world.street, OCTOBER, by=world.supervisor, now=NOW).snapshot
    for one in (item, again):
        send_back(one, by=world.supervisor, now=on(3, month=11), text="还是不亮。")

    made = snapshot.make(world.street, OCTOBER)
    assert made.snapshot["items"] == kept["items"]
    assert made.snapshot["item_counts"] == kept["item_counts"]
    assert [dict(zip(snapshot.ITEM, row, strict=True))["state"] for row in kept["items"]] == ["reported", "verified"]
    assert kept["item_counts"]["items_late"] == 0


@pytest.mark.parametrize("kind", ["extension", "complex"])
def test_time_granted_in_november_does_not_make_a_late_case_of_october_punctual(world: World, kind: str) -> None:
    case = answered(world, at=on(23))
    due = resolution(case).due_at
    assert due < OCTOBER.end
    ask = actions.ask_extension if kind == "extension" else actions.ask_complex
    ask(case, by=world.worker, now=due - timedelta(hours=1), version=case.version, text="需延期", told="需延期")
    before = october_of(world)
    case.refresh_from_db()
    actions.approve(case, by=world.secretary, now=on(2, month=11), version=case.version)

    after = october_of(world)
    assert after == before
    assert (after.due, after.light, after.explained) == ("late", "red", True)


def test_a_second_pause_leaves_the_first_one_where_it_was(world: World) -> None:
    case = answered(world, at=on(28))
    untold = world.log(at=on(30, 16))  # nobody has called yet: this pause moves the first limit, too
    pause(world, case, on(29), 5)
    before = facts_of(world.street, OCTOBER.begin, OCTOBER.end)
    pause(world, case, on(4, month=11), 2)
    pause(world, untold, on(1, 9, month=11), 2)

    assert facts_of(world.street, OCTOBER.begin, OCTOBER.end) == before
    assert [(fact.light, fact.explained) for fact in before] == [("paused", False), ("yellow", False)]


def pause(world: World, case: Case, at: datetime, days: int) -> None:
    case.refresh_from_db()
    words = {"reason": "test", "text": "等检测", "told": "等检测"}
    actions.ask_pause(case, by=world.worker, now=at, version=case.version, days=days, **words)
    case.refresh_from_db()
    actions.approve(case, by=world.secretary, now=at + timedelta(minutes=30), version=case.version)


def october_of(world: World) -> Fact:
    """The one case."""
    (fact,) = facts_of(world.street, OCTOBER.begin, OCTOBER.end)
    return fact


def test_the_street_is_the_sum_of_its_communities(world: World, october: dict[str, Case]) -> None:
    street = acts.draft(world.street, OCTOBER, by=None, now=NOW)
    for community in (world.east, world.west):
        own = acts.draft(world.street, OCTOBER, by=None, now=NOW, community=community)
        assert counts_of(own) == counts_of(street, str(community.pk))
    told = street.snapshot["figures"]
    for key, count in told["street"]["counts"].items():
        assert count == sum(area["counts"][key] for area in told["communities"].values())


def test_it_is_compared_with_september(world: World, october: dict[str, Case]) -> None:
    world.log(at=on(31, month=8))
    street = acts.draft(world.street, OCTOBER, by=None, now=NOW).snapshot["figures"]["street"]
    assert street["changes"]["received"] == "500.0"
    assert street["year_changes"]["received"] is None
    assert street["rates"]["on_time"] | {"band": None} == {
        "part": "3",
        "whole": 5,
        "percent": "60.0",
        "enough": False,
        "band": None,
        "apart": 0,
        "excluded": 0,
        "excluded_percent": "0.0",
        "points": None,
        "year_points": None,
    }


def test_a_period_that_is_only_partly_there_is_compared_with_nothing(world: World, october: dict[str, Case]) -> None:
    """The first case on record is of 28 September."""
    month = acts.draft(world.street, OCTOBER, by=None, now=NOW)
    world.log(at=on(3, month=11))
    running = acts.preview(world.street, OCTOBER.after, now=on(5, month=11))
    year = acts.draft(world.street, parse("2026"), by=None, now=on(1, month=1).replace(year=2027))
    world.log(at=on(30, month=8))
    whole = acts.draft(world.street, parse("2026-10"), by=None, now=NOW, community=world.east)

    for row, why in (
        (month, "此前的诉求记录不完整，不作比较。"),
        (running, "本期尚未结束，不与完整周期比较。"),
        (year, "不与上年比较：该期开始时尚无诉求记录。"),
        (whole, "不与上年同月比较：该期开始时尚无诉求记录。"),
    ):
        told = row.snapshot["figures"]["street"]
        compared = row is whole
        assert (told["changes"]["received"] is not None) is compared
        assert [one["before"] for one in row.snapshot["figures"]["hot"]] == ([1] if compared else [None])
        assert told["year_changes"]["received"] is None
        (opening,) = internal(row)[1].words
        assert why in opening
        assert ("较上" in opening) is compared
        assert snapshot.recount(row)


def test_a_reason_asked_for_in_time_explains_a_delay(world: World) -> None:
    case = world.log(at=on(9))
    actions.contact(case, by=world.worker, now=on(9, 11), way="call", reached=True, substantive=True, text="已联系。")
    actions.ask_extension(case, by=world.worker, now=on(12), version=2, text="配件未到。", told="已说明。")
    counts = counts_of(acts.draft(world.street, OCTOBER, by=None, now=NOW))
    assert (counts["late"], counts["late_explained"]) == (1, 1)


def test_drafting_twice_gives_the_one_bulletin(world: World, october: dict[str, Case]) -> None:
    first = acts.draft(world.street, OCTOBER, by=None, now=NOW)
    again = acts.draft(world.street, OCTOBER, by=world.supervisor, now=NOW + timedelta(days=3))
    assert (again.pk, again.sha256, Bulletin.objects.count()) == (first.pk, first.sha256, 1)


def test_what_was_kept_gives_the_same_figures_again(world: World, october: dict[str, Case]) -> None:
    bulletin = acts.draft(world.street, OCTOBER, by=None, now=NOW)
    bulletin.refresh_from_db()
    assert snapshot.recount(bulletin)
    bulletin.facts["rows"].pop()
    assert not snapshot.recount(bulletin)


def test_a_case_entered_afterwards_is_drift_and_a_correction_takes_it_in(
    world: World, october: dict[str, Case]
) -> None:
    bulletin = issued(world, acts.draft(world.street, OCTOBER, by=None, now=NOW))
    late = world.log(at=on(20), now=on(2, month=11))
    found = snapshot.drift(bulletin)
    assert ("received", 6, 7) in found.counts
    assert (late.number, []) in found.cases
    with refused("what_changed"):
        acts.correct(bulletin, by=world.supervisor, now=NOW, what_changed=" ")
    second = acts.correct(bulletin, by=world.supervisor, now=NOW, what_changed="补录一件纸质登记。")
    assert (second.revision, counts_of(second)["received"]) == (2, 7)
    assert acts.draft(world.street, OCTOBER, by=None, now=NOW).pk == second.pk
    assert Bulletin.objects.get(replaced_at=None, status="issued") == bulletin
    issued(world, second)
    assert Bulletin.objects.get(replaced_at=None, status="issued") == second
    with refused("wrong_state"):
        acts.publish(bulletin, by=world.supervisor, now=NOW)


def issued(world: World, bulletin: Bulletin) -> Bulletin:
    acts.submit(bulletin, by=world.supervisor, now=NOW)
    return acts.issue(bulletin, by=world.supervisor2, now=NOW)


def test_nobody_issues_what_they_drafted_or_checked(world: World, october: dict[str, Case]) -> None:
    bulletin = acts.draft(world.street, OCTOBER, by=world.supervisor2, now=NOW)
    acts.submit(bulletin, by=world.supervisor, now=NOW)
    for person in (world.supervisor, world.supervisor2, world.secretary, world.discipline, world.stranger):
        with pytest.raises(PermissionDenied):
            acts.issue(bulletin, by=person, now=NOW)
    with pytest.raises(DatabaseError, match="bulletin_is_issued_by_another_person"), transaction.atomic():
        Bulletin.objects.filter(pk=bulletin.pk).update(status="issued", issued_by=world.supervisor, issued_at=NOW)


@pytest.mark.parametrize("worked", ["drafted", "wrote", "refreshed"])
def test_who_worked_on_the_draft_does_not_issue_it_whoever_came_after(
    world: World, october: dict[str, Case], worked: str
) -> None:
    bulletin = acts.draft(world.street, OCTOBER, by=world.supervisor if worked == "drafted" else None, now=NOW)
    if worked == "wrote":
        acts.edit(bulletin, by=world.supervisor, now=NOW, texts={"foreword": "甲起草。"})
    if worked == "refreshed":
        acts.refresh(bulletin, by=world.supervisor, now=NOW)
    acts.refresh(bulletin, by=world.supervisor2, now=NOW)
    acts.submit(bulletin, by=world.supervisor2, now=NOW)
    with pytest.raises(PermissionDenied):
        acts.issue(bulletin, by=world.supervisor, now=NOW)
    changes: list[dict[str, Any]] = [
        {"status": "issued", "issued_by": world.supervisor, "issued_at": NOW},
        {"writers": []},
    ]
    for change in changes:
        with pytest.raises(DatabaseError, match=r"not_issued_by_a_writer|is_frozen"), transaction.atomic():
            Bulletin.objects.filter(pk=bulletin.pk).update(**change)


def test_keeping_the_words_as_they_are_makes_nobody_a_writer(world: World, october: dict[str, Case]) -> None:
    bulletin = acts.draft(world.street, OCTOBER, by=None, now=NOW)
    acts.edit(bulletin, by=world.supervisor, now=NOW, texts={"asks": "抓好供暖。"})
    acts.edit(bulletin, by=world.supervisor2, now=NOW, texts={"asks": "抓好供暖。 "})
    acts.submit(bulletin, by=world.supervisor, now=NOW)
    assert acts.issue(bulletin, by=world.supervisor2, now=NOW).drafted_by == world.supervisor


def test_those_who_see_to_a_bulletin_are_told_once(world: World, october: dict[str, Case]) -> None:
    """By the clock: the supervisors; waiting to be issued: whoever may issue it."""
    row = acts.draft(world.street, OCTOBER, by=None, now=NOW)
    acts.draft(world.street, OCTOBER, by=None, now=NOW)
    acts.submit(row, by=world.supervisor, now=NOW + timedelta(hours=3))
    told = Alert.objects.filter(what="bulletin", channel="inbox").values_list("recipient__username", flat=True)
    assert sorted(told) == ["supervisor", "supervisor2", "supervisor2"]
    assert set(Alert.objects.values_list("facts__link", flat=True)) == {row.get_absolute_url()}


def test_words_are_written_in_the_draft_only(world: World, october: dict[str, Case]) -> None:
    bulletin = acts.draft(world.street, OCTOBER, by=None, now=NOW)
    acts.edit(bulletin, by=world.supervisor, now=NOW, texts={"asks": "下月抓好冬季供暖。"})
    acts.submit(bulletin, by=world.supervisor, now=NOW)
    for act in (acts.edit, acts.refresh):
        more: dict[str, Any] = {"texts": {"asks": "改了。"}} if act is acts.edit else {}
        with refused("wrong_state"):
            act(bulletin, by=world.supervisor, now=NOW, **more)
    acts.send_back(bulletin, by=world.supervisor2, now=NOW)
    acts.edit(bulletin, by=world.supervisor, now=NOW, texts={"asks": "下月抓好供暖和除雪。"})
    bulletin.refresh_from_db()
    assert bulletin.asks == "下月抓好供暖和除雪。"


@pytest.mark.parametrize("change", ["sha256 = repeat('0', 64)", "facts = '{}'", "asks = 'x'", "issued_at = now()"])
def test_what_was_issued_cannot_be_changed(world: World, october: dict[str, Case], change: str) -> None:
    bulletin = issued(world, acts.draft(world.street, OCTOBER, by=None, now=NOW))
    with connection.cursor() as cursor:
        for statement in (f"UPDATE supervision_bulletin SET {change}", "DELETE FROM supervision_bulletin"):
            with pytest.raises(DatabaseError, match="bulletin_is_frozen"), transaction.atomic():
                cursor.execute(f"{statement} WHERE id = %s", [bulletin.pk])


def test_a_secretary_drafts_the_own_community_only(world: World, october: dict[str, Case]) -> None:
    acts.draft(world.street, OCTOBER, by=world.secretary, now=NOW, community=world.east)
    for person, community in ((world.secretary, None), (world.secretary, world.west), (world.worker, world.east)):
        with pytest.raises(PermissionDenied):
            acts.draft(world.street, OCTOBER, by=person, now=NOW, community=community)


def test_a_month_that_is_not_over_can_only_be_looked_at(world: World, october: dict[str, Case]) -> None:
    with refused("not_over"):
        acts.draft(world.street, OCTOBER, by=None, now=on(20))
    assert acts.preview(world.street, OCTOBER, now=on(20)).snapshot["figures"]["street"]["counts"]["received"] == 5
    with refused("future"):
        acts.preview(world.street, parse("2027-01"), now=NOW)
    assert not Bulletin.objects.exists()


def test_a_month_without_cases_says_so_and_a_street_without_communities_has_nothing_to_report(world: World) -> None:
    empty = acts.draft(world.street, OCTOBER, by=None, now=NOW)
    assert counts_of(empty) == {}
    assert empty.snapshot["figures"]["street"]["rates"]["satisfaction"]["percent"] is None
    with refused("no_communities"):
        acts.draft(world.other_street, OCTOBER, by=None, now=NOW)


def test_a_policy_changed_in_the_middle_of_the_month_is_named_and_old_promises_stay(world: World) -> None:
    policy = Policy.objects.get(code="ordinary")
    before = world.log(at=on(9))
    change_policy(policy, by=world.admin, now=on(10), reason="加快办理。", resolution_limit=1, yellow_left=None)
    after = world.log(at=on(12))
    for case in (before, after):
        conclude(world, case, on(14))
    bulletin = acts.draft(world.street, OCTOBER, by=None, now=NOW)
    facts = unpacked(bulletin.facts)
    assert engine.behind(facts, "kept") == [before.number]
    assert engine.behind(facts, "late") == [after.number]
    assert dict(bulletin.snapshot["policies"])["ordinary"] == [1, 2]
    for public in (False, True):
        told = "".join(definitions(bulletin.snapshot, public=public))
        assert f"本期内调整过的时限规则：{policy.name}。" in told
        assert "ordinary" not in told
        assert ("权重" in told) is not public


def test_terms_changed_later_leave_the_bulletin_as_it_was(world: World, october: dict[str, Case]) -> None:
    bulletin = acts.draft(world.street, OCTOBER, by=None, now=NOW)
    acts.change_terms(by=world.admin, now=NOW, reason="部分解决按三成计。", partly="0.30")
    bulletin.refresh_from_db()
    assert snapshot.terms_of(bulletin).version == 1
    assert snapshot.recount(bulletin)
    assert acts.draft(world.street, parse("2026-Q4").before, by=None, now=NOW).snapshot["terms"]["version"] == 1


def test_the_first_of_the_month_drafts_what_is_missing(world: World, october: dict[str, Case]) -> None:
    assert acts.draft_due(now=NOW).drafted == 3
    assert acts.draft_due(now=NOW).drafted == 0
    spring = datetime(2027, 1, 1, 6, tzinfo=SHANGHAI)
    assert acts.draft_due(now=spring).drafted == 3 * 4
    assert set(Bulletin.objects.filter(community=None).values_list("span", "first")) == {
        ("month", OCTOBER.first),
        ("month", parse("2026-11").first),
        ("month", parse("2026-12").first),
        ("quarter", parse("2026-Q4").first),
        ("year", parse("2026").first),
    }


def test_what_the_first_of_a_month_missed_is_drafted_the_next_morning(
    world: World, october: dict[str, Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The street's own bulletin fails on the 1st; the communities' do not wait for it, and the next day it is there."""
    daily = settings.CELERY_BEAT_SCHEDULE["draft_bulletins"]["schedule"]
    assert (daily.hour, daily.minute, daily.day_of_month) == ({6}, {0}, set(range(1, 32)))
    make = snapshot.make

    def failing(street: Street, period: Period, community: Community | None = None, **more: Any) -> snapshot.Made:
        if community is None:
            raise OSError("no room")
        return make(street, period, community, **more)

    monkeypatch.setattr(snapshot, "make", failing)
    assert acts.draft_due(now=NOW) == acts.Run(drafted=2, failed=1)
    monkeypatch.setattr(snapshot, "make", make)
    assert acts.draft_due(now=NOW + timedelta(days=1)) == acts.Run(drafted=1, failed=0)
    assert Bulletin.objects.get(community=None).period == OCTOBER


def test_one_streets_trouble_is_not_the_next_ones(
    world: World, october: dict[str, Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, first_case = world.street, acts.first_case
    Community.objects.create(street=world.other_street, code="H", name="河湾社区")

    def failing(street: Street, community: Community | None = None) -> datetime | None:
        if street != ours:
            raise OSError("no room")
        return first_case(street, community)

    monkeypatch.setattr(acts, "first_case", failing)
    Street.objects.filter(pk=world.other_street.pk).update(code="AAA")
    assert acts.draft_due(now=NOW) == acts.Run(drafted=3, failed=1)


def test_a_quarter_and_a_year_are_caught_up_as_months_are(world: World, october: dict[str, Case]) -> None:
    """Nothing ran from November to March: what comes in March is all that would have come in its time."""
    acts.draft_due(now=NOW)
    acts.draft_due(now=on(20, month=3).replace(year=2027))
    codes = {row.period.code for row in Bulletin.objects.filter(community=world.east)}
    assert codes == {"2026-10", "2026-11", "2026-12", "2027-01", "2027-02", "2026-Q4", "2026"}


def test_a_morning_on_which_nothing_is_missing_asks_little(
    world: World, october: dict[str, Case], django_assert_max_num_queries: Any
) -> None:
    acts.draft_due(now=NOW)
    with django_assert_max_num_queries(1 + 4 * Street.objects.count()):
        assert acts.draft_due(now=NOW + timedelta(days=3)) == acts.Run(0, 0)


def test_a_mistyped_year_is_refused_and_an_old_draft_does_not_bring_ten_years_of_them(
    world: World, october: dict[str, Case]
) -> None:
    acts.draft_due(now=NOW)
    for community in (None, world.east):
        with refused("before_the_first_case"):
            acts.draft(world.street, parse("2016-10"), by=world.supervisor, now=NOW, community=community)
    stray = Bulletin.objects.get(community=None)  # from before it was refused
    stray.pk, stray.first, stray.drafted_by = None, parse("2016-10").first, world.supervisor
    stray.save(force_insert=True)
    known, told = Bulletin.objects.count(), Alert.objects.count()
    assert acts.draft_due(now=datetime(2026, 12, 1, 6, tzinfo=SHANGHAI)).drafted == 3
    assert Bulletin.objects.count() == known + 3
    assert Alert.objects.filter(what="bulletin", channel="inbox").count() - told <= 3 * 2


def test_a_draft_by_hand_from_long_ago_is_no_beginning(world: World, october: dict[str, Case]) -> None:
    """The old ledger was taken over, so there are cases of ten years ago."""
    world.log(at=datetime(2016, 10, 9, 10, tzinfo=SHANGHAI))
    acts.draft_due(now=NOW)
    acts.draft(world.street, parse("2016-10"), by=world.supervisor, now=NOW)
    assert acts.draft_due(now=datetime(2026, 12, 1, 6, tzinfo=SHANGHAI)).drafted == 3


def test_a_new_community_has_bulletins_from_its_first_case_on(world: World, october: dict[str, Case]) -> None:
    """Its empty months before that are not reported; an empty month after it is."""
    acts.draft_due(now=NOW)
    new = Community.objects.create(street=world.street, code="N", name="新社区")
    acts.draft_due(now=NOW)
    assert not Bulletin.objects.filter(community=new).exists()
    world.log(at=on(9, month=11), community=new, grid=None)
    with refused("before_the_first_case"):
        acts.draft(world.street, OCTOBER, by=world.supervisor, now=NOW, community=new)
    for month in (12, 1):
        acts.draft_due(now=datetime(2027 if month == 1 else 2026, month, 1, 6, tzinfo=SHANGHAI))
    months = Bulletin.objects.filter(community=new, span="month").order_by("first")
    assert [(row.period.code, counts_of(row).get("received", 0)) for row in months] == [("2026-11", 1), ("2026-12", 0)]


def test_the_number_of_queries_does_not_grow_with_the_cases(
    world: World, october: dict[str, Case], django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(8):
        facts_of(world.street, OCTOBER.begin, OCTOBER.end)


def test_periods_know_their_neighbours() -> None:
    assert [period.code for period in (parse("2026-01").before, parse("2026-Q1").before, parse("2026").before)] == [
        "2025-12",
        "2025-Q4",
        "2025",
    ]
    assert parse("2026-Q4").holds(OCTOBER)
    assert not parse("2026-Q3").holds(OCTOBER)
    assert parse("2026-12").end == datetime(2027, 1, 1, tzinfo=SHANGHAI)
    assert [month.code for month in ended(on(5), datetime(2026, 12, 1, tzinfo=SHANGHAI))] == ["2026-10", "2026-11"]
    for wrong in ("2026-13", "26-01", "2026-Q5", "2026-1", "latest"):
        with refused("no_period"):
            parse(wrong)


# The demo's year, counted again by hand

RECOUNT = """
WITH bounds AS (SELECT %(begin)s::timestamptz AS b, %(end)s::timestamptz AS e),
own AS (
    SELECT c.*, CASE WHEN c.status IN ('withdrawn', 'merged') AND c.closed_at < e THEN c.closed_at END AS gone
    FROM complaints_case c, bounds WHERE c.street_id = %(street)s
      AND (%(community)s::bigint IS NULL OR c.community_id = %(community)s::bigint)
), counted AS (SELECT * FROM own WHERE NOT (status = 'merged' AND gone IS NOT NULL)),
limits AS (
    SELECT c.id, k.kind, k.cycle,
           CASE WHEN k.stopped_at <= k.due_at THEN CASE WHEN k.stopped_at IS DISTINCT FROM c.gone THEN 1 END
                ELSE 0 END AS kept
    FROM counted c JOIN complaints_clock k ON k.case_id = c.id, bounds
    WHERE k.due_at >= b AND k.due_at < e AND k.started_at < e AND k.kind <> 'joint'
), verdicts AS (SELECT id, kind, min(kept) AS kept FROM limits WHERE kept IS NOT NULL GROUP BY id, kind),
said AS (
    SELECT c.id, r.at, r.solved, r.satisfied, f.closed_at AS seen_to FROM counted c
    JOIN complaints_rating r ON r.case_id = c.id
    LEFT JOIN complaints_ratingcheck f ON f.rating_id = r.id, bounds
    WHERE r.supplements_id IS NULL AND r.at >= b AND r.at < e AND f.excluded IS NOT TRUE
    UNION ALL
    SELECT c.id, x.at, x.solved, coalesce(x.satisfied, 0), NULL FROM counted c
    JOIN complaints_callback x ON x.case_id = c.id, bounds
    WHERE x.reached AND x.at >= b AND x.at < e AND NOT EXISTS (
        SELECT FROM complaints_rating r WHERE r.case_id = c.id AND r.cycle = x.cycle AND r.supplements_id IS NULL)
), last AS (SELECT DISTINCT ON (id) id, solved FROM said ORDER BY id, at DESC),
level AS (SELECT DISTINCT ON (id) id, satisfied FROM said WHERE satisfied > 0 ORDER BY id, at DESC),
worst AS (SELECT DISTINCT ON (id) id, seen_to FROM said WHERE satisfied BETWEEN 1 AND 2 ORDER BY id, at DESC),
left_out AS (
    SELECT DISTINCT c.id FROM counted c JOIN complaints_rating r ON r.case_id = c.id
    JOIN complaints_ratingcheck f ON f.rating_id = r.id, bounds
    WHERE r.supplements_id IS NULL AND r.at >= b AND r.at < e AND f.excluded
), rung AS (
    SELECT DISTINCT c.id FROM counted c JOIN complaints_callback x ON x.case_id = c.id, bounds
    WHERE NOT x.reached AND x.at >= b AND x.at < e AND NOT EXISTS (
        SELECT FROM complaints_rating r WHERE r.case_id = c.id AND r.cycle = x.cycle AND r.supplements_id IS NULL)
), overdue AS (SELECT id, cycle FROM limits WHERE kind = 'resolution' AND kept = 0),
reasoned AS (
    SELECT o.id, bool_and(
        EXISTS (SELECT FROM complaints_consent s WHERE s.case_id = o.id AND s.cycle = o.cycle AND s.asked_at < e
            AND NOT (s.verdict IN ('declined', 'lapsed') AND s.decided_at < e))
        OR EXISTS (SELECT FROM complaints_event v WHERE v.case_id = o.id AND v.kind = 'delay_explained' AND v.at < e
            AND (v.data->>'cycle')::int = o.cycle)) AS told
    FROM overdue o, bounds GROUP BY o.id
), ended AS (
    SELECT DISTINCT c.id FROM counted c JOIN complaints_clock k ON k.case_id = c.id, bounds
    WHERE k.kind = 'resolution' AND k.stopped_at >= b AND k.stopped_at < e AND k.stopped_at IS DISTINCT FROM c.gone
), running AS (
    SELECT DISTINCT ON (c.id) c.id, k.* FROM counted c JOIN complaints_clock k ON k.case_id = c.id, bounds
    WHERE k.kind = 'resolution' AND k.started_at < e ORDER BY c.id, k.cycle DESC
), lit AS (
    SELECT r.case_id,
        CASE WHEN r.paused_from <= e AND e < r.paused_until THEN 'paused' ELSE (ARRAY['green', 'yellow', 'red'])[greatest(
            CASE WHEN e > r.due_at THEN 3 WHEN e > r.yellow_at THEN 2 ELSE 1 END,
            (SELECT CASE WHEN p.paused_from <= e AND e < p.paused_until THEN 0 WHEN e > p.due_at THEN 3
                    WHEN e > p.yellow_at THEN 2 ELSE 1 END
             FROM complaints_clock p WHERE p.case_id = r.case_id AND p.kind = 'response' AND p.cycle = r.cycle
               AND (p.stopped_at IS NULL OR p.stopped_at >= e)))]
        END AS light
    FROM running r, bounds WHERE r.stopped_at IS NULL OR r.stopped_at >= e
), took AS (
    SELECT DISTINCT ON (c.id) c.id, extract(epoch FROM k.stopped_at - k.started_at) AS seconds
    FROM counted c JOIN complaints_clock k ON k.case_id = c.id, bounds
    WHERE k.kind = 'resolution' AND k.stopped_at >= b AND k.stopped_at < e AND k.stopped_at IS DISTINCT FROM c.gone
    ORDER BY c.id, k.cycle DESC
)
SELECT json_build_object(
    'received', (SELECT count(*) FROM counted, bounds WHERE submitted_at >= b AND submitted_at < e),
    'duplicates', (SELECT count(*) FROM own, bounds
        WHERE status = 'merged' AND gone IS NOT NULL AND submitted_at >= b AND submitted_at < e),
    'withdrawn', (SELECT count(*) FROM counted, bounds WHERE gone >= b),
    'concluded', (SELECT count(*) FROM ended),
    'open', (SELECT count(*) FROM running, bounds WHERE stopped_at IS NULL OR stopped_at >= e),
    'response_due', (SELECT count(*) FROM verdicts WHERE kind = 'response'),
    'response_kept', (SELECT count(*) FROM verdicts WHERE kind = 'response' AND kept = 1),
    'due', (SELECT count(*) FROM verdicts WHERE kind = 'resolution'),
    'kept', (SELECT count(*) FROM verdicts WHERE kind = 'resolution' AND kept = 1),
    'late', (SELECT count(*) FROM verdicts WHERE kind = 'resolution' AND kept = 0),
    'answered', (SELECT count(*) FROM last),
    'solved', (SELECT count(*) FROM last WHERE solved = 'yes'),
    'partly_solved', (SELECT count(*) FROM last WHERE solved = 'partly'),
    'not_solved', (SELECT count(*) FROM last WHERE solved = 'no'),
    'rated', (SELECT count(*) FROM level),
    'satisfied', (SELECT count(*) FROM level WHERE satisfied >= 3),
    'level_5', (SELECT count(*) FROM level WHERE satisfied = 5),
    'level_1', (SELECT count(*) FROM level WHERE satisfied = 1),
    'bad', (SELECT count(DISTINCT id) FROM said WHERE satisfied BETWEEN 1 AND 2),
    'returned', (SELECT count(DISTINCT c.id) FROM counted c JOIN complaints_return r ON r.case_id = c.id, bounds
        WHERE c.submitted_at >= b AND c.submitted_at < e AND r.at < e),
    'extended', (SELECT count(DISTINCT l.id) FROM limits l JOIN complaints_consent s
        ON s.case_id = l.id AND s.cycle = l.cycle, bounds WHERE l.kind = 'resolution' AND l.kept IS NOT NULL
        AND s.kind = 'extension' AND s.verdict = 'approved' AND s.decided_at < e),
    'again', (SELECT count(*) FROM ended WHERE EXISTS (
        SELECT FROM complaints_clock k JOIN complaints_clock n ON n.case_id = k.case_id AND n.cycle > k.cycle
        AND n.kind = 'resolution', bounds WHERE k.case_id = ended.id AND k.kind = 'resolution'
        AND k.stopped_at >= b AND k.stopped_at < e AND n.started_at < e)),
    'green', (SELECT count(*) FROM lit WHERE light = 'green'),
    'yellow', (SELECT count(*) FROM lit WHERE light = 'yellow'),
    'red', (SELECT count(*) FROM lit WHERE light = 'red'),
    'paused', (SELECT count(*) FROM lit WHERE light = 'paused'),
    'response_late', (SELECT count(*) FROM verdicts WHERE kind = 'response' AND kept = 0),
    'late_explained', (SELECT count(*) FROM reasoned WHERE told),
    'late_unexplained', (SELECT count(*) FROM reasoned WHERE NOT told),
    'dissatisfied', (SELECT count(*) FROM level WHERE satisfied <= 2),
    'level_4', (SELECT count(*) FROM level WHERE satisfied = 4),
    'level_3', (SELECT count(*) FROM level WHERE satisfied = 3),
    'level_2', (SELECT count(*) FROM level WHERE satisfied = 2),
    'unrated', (SELECT count(*) FROM ended WHERE id NOT IN (SELECT id FROM level)),
    'excluded', (SELECT count(*) FROM left_out),
    'unreached', (SELECT count(*) FROM rung WHERE id NOT IN (SELECT id FROM said) AND id NOT IN (SELECT id FROM left_out)),
    'bad_done', (SELECT count(*) FROM worst, bounds WHERE seen_to < e),
    'bad_open', (SELECT count(*) FROM worst, bounds WHERE seen_to IS NULL OR seen_to >= e),
    'praised', (SELECT count(DISTINCT c.id) FROM counted c JOIN complaints_praiseproposal p ON p.case_id = c.id, bounds
        WHERE p.verdict = 'confirmed' AND p.decided_at >= b AND p.decided_at < e),
    'median', (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) FROM took),
    'tops', (SELECT coalesce(json_object_agg(top, n), '{}') FROM (
        SELECT split_part(coalesce(t.path, ''), '>', 1) AS top, count(*) AS n FROM counted
        LEFT JOIN complaints_category t ON t.id = category_id, bounds
        WHERE submitted_at >= b AND submitted_at < e GROUP BY 1) AS found),
    'praise', (SELECT count(*) FROM counted, bounds WHERE kind = 'praise' AND submitted_at >= b AND submitted_at < e)
)
"""


@pytest.fixture(scope="module")
def year(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[tuple[Street, datetime]]:
    """The demo street's year, once for all tests of this file."""
    now = datetime.now(SHANGHAI)
    media = override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("media"))
    with django_db_blocker.unblock(), media, transaction.atomic():
        yield seed(now, 150).street, now
        transaction.set_rollback(True)


def recounted(street: Street, period: Period, community: Community | None) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(
            RECOUNT,
            {
                "begin": period.begin,
                "end": period.end,
                "street": street.pk,
                "community": community.pk if community else None,
            },
        )
        found: dict[str, Any] = cursor.fetchone()[0]
    return found


def figures_of(page: engine.Page) -> dict[str, Any]:
    return {**page.counts, "tops": page.tops["category"]}


def assert_equal(page: engine.Page, told: dict[str, Any]) -> None:
    """Every count there is, what was told most, and the median to the second."""
    median = told.pop("median")
    assert figures_of(page) == told
    assert median == page.median or abs(median - (page.median or 0)) <= 1


def test_every_figure_of_the_demo_year_equals_a_recount_in_sql(year: tuple[Street, datetime]) -> None:
    street, now = year
    month = Period(Span.MONTH, now.date().replace(day=1)).before
    periods = [
        month,
        *(month := month.before for _n in range(11)),
        parse(str(now.year - 1)),
        parse(f"{now.year - 1}-Q4"),
    ]
    for period in periods:
        page, each = engine.pages(facts_of(street, period.begin, period.end))
        assert_equal(page, recounted(street, period, None))
        for community in Community.objects.filter(street=street):
            own = each.get(community.pk, engine.page([]))
            assert_equal(own, recounted(street, period, community))
            alone = engine.page(facts_of(street, period.begin, period.end, community))
            assert alone.counts == own.counts


def test_the_demo_year_has_something_to_count(year: tuple[Street, datetime]) -> None:
    street, now = year
    begin = datetime(now.year - 1, now.month, 1, tzinfo=SHANGHAI)
    counts = engine.page(facts_of(street, begin, now)).counts
    told = "received duplicates withdrawn open red late extended answered rated bad returned again praise"
    assert all(counts[key] for key in told.split())
