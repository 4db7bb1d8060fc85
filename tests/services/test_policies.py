"""What each class of cases is promised, and how a promise changes without touching the old ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from config.lib.errors import RuleBroken
from services.actions import change_policy
from services.calendar import load_calendar
from services.clock import Calendar, Hours, Mode, Pause
from services.models import Policy, PolicyVersion, Schedule
from services.policies import Terms, amount_text, load_terms, promise, terms_at, terms_of
from tests.services.defaults import plant_defaults
from tests.services.people import NOW, SHANGHAI, at, lin

FRIDAY = at("2026-11-20 17:30")
db = pytest.mark.django_db

# code, response goal, response limit, yellow, due
FRIDAY_EVENING = [
    ("emergency", "11-20 18:00", "11-20 19:30", "11-21 05:30", "11-21 17:30"),
    ("utility", "11-20 18:30", "11-20 19:30", "11-21 05:30", "11-21 17:30"),
    ("inquiry", "11-23 18:00", "11-23 18:00", "11-23 15:54", "11-23 18:00"),
    ("suggestion", "11-23 18:00", "11-23 18:00", "11-26 14:30", "11-27 18:00"),
    ("ordinary", "11-21 17:30", "11-22 17:30", "11-26 18:00", "11-27 18:00"),
    ("complex", "11-21 17:30", "11-22 17:30", "12-08 18:00", "12-11 18:00"),
    ("redo", "11-23 18:00", "11-23 18:00", "11-24 18:00", "11-25 18:00"),
    ("conduct", "11-23 18:00", "11-23 18:00", None, "12-11 18:00"),
    ("petition", "12-06 00:00", "12-06 00:00", "01-13 00:00", "01-20 00:00"),
]


def shown(instant: datetime | None) -> str | None:
    return instant.astimezone(SHANGHAI).strftime("%m-%d %H:%M") if instant else None


@db
@pytest.mark.parametrize(("code", "goal", "limit", "yellow", "end"), FRIDAY_EVENING)
def test_a_case_received_on_friday_at_half_past_five(
    code: str, goal: str, limit: str, yellow: str | None, end: str
) -> None:
    given = promise(terms_at(code, FRIDAY), FRIDAY, load_calendar())
    assert [shown(at) for at in given[:4]] == [goal, limit, yellow, end]
    assert not given.provisional
    assert not given.response_provisional


@db
@pytest.mark.parametrize(("code", "extended"), [("ordinary", "12-04 18:00"), ("complex", "12-18 18:00")])
def test_an_extension_lengthens_the_resolution_alone(code: str, extended: str) -> None:
    terms, calendar = terms_at(code, FRIDAY), load_calendar()
    plain, longer = promise(terms, FRIDAY, calendar), promise(terms, FRIDAY, calendar, extension=True)
    assert shown(longer.due_at) == extended
    assert plain.response_due_at == longer.response_due_at
    assert plain.yellow_at is not None
    assert longer.yellow_at is not None
    assert plain.yellow_at < longer.yellow_at


@db
def test_who_is_alerted_at_night_and_what_needs_consent() -> None:
    terms = load_terms(NOW)
    assert {code for code, one in terms.items() if one.urgent} == {"emergency", "utility"}
    assert {code for code, one in terms.items() if one.needs_approval} == {"complex"}
    assert {code: one.extension for code, one in terms.items() if one.extension} == {
        "ordinary": 5,
        "complex": 5,
        "petition": 30,
    }


@db
def test_a_case_of_december_is_promised_provisionally() -> None:
    given = promise(terms_at("complex", NOW), at("2026-12-18 10:00"), load_calendar())
    assert given.provisional
    assert not given.response_provisional, "48 hours round the clock need no calendar"


@db
def test_an_old_paper_case_finds_its_terms() -> None:
    assert terms_at("ordinary", at("2004-03-01 09:00")).version == 1
    with pytest.raises(RuleBroken) as refused:
        terms_at("nonsense", NOW)
    assert refused.value.code == "no_policy"


@db
def test_all_terms_come_in_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        assert len(load_terms(NOW)) == 9


OFFICE = Hours(((32400, 43200), (50400, 64800)))
PLAIN = Terms(
    code="x",
    name="x",
    version_id=1,
    version=1,
    hours=OFFICE,
    response_mode=Mode.CALENDAR_DURATION,
    response_goal=86400,
    response_limit=172800,
    resolution_mode=Mode.WORKING_DAYS_CLOSE,
    resolution_limit=5,
    yellow_left=1,
)
INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 10, 1)).map(lambda naive: naive.replace(tzinfo=SHANGHAI))
YELLOW = st.one_of(
    st.just({"yellow_left": None}),
    st.integers(1, 40).map(lambda left: {"yellow_left": left}),
    st.integers(1, 999).map(lambda share: {"yellow_left": None, "yellow_fraction": Decimal(share) / 1000}),
)
PAUSES = st.lists(
    st.tuples(INSTANTS, st.one_of(st.none(), st.integers(1, 10**6))).map(
        lambda pair: (pair[0], pair[1] and pair[0] + timedelta(seconds=pair[1]))
    ),
    max_size=3,
)


@settings(max_examples=300, deadline=None)
@given(
    mode=st.sampled_from(list(Mode)),
    limit=st.integers(1, 40),
    goal=st.integers(1, 40),
    start=INSTANTS,
    yellow=YELLOW,
    pauses=PAUSES,
    extension=st.booleans(),
)
def test_start_yellow_and_due_never_change_places(
    mode: Mode, limit: int, goal: int, start: datetime, yellow: Any, pauses: list[Pause], extension: bool
) -> None:
    terms = replace(
        PLAIN,
        response_mode=mode,
        response_goal=min(goal, limit),
        response_limit=limit,
        resolution_mode=mode,
        resolution_limit=limit,
        extension=3,
        **yellow,
    )
    given = promise(terms, start, Calendar(), pauses, extension)
    for first, last in ((given.response_goal_at, given.response_due_at), (given.yellow_at, given.due_at)):
        order = [start, *(instant for instant in (first, last) if instant is not None)]
        assert order == sorted(order)


# changing a policy


@db
def test_lin_shortens_the_limit_and_old_cases_keep_theirs() -> None:
    policy = Policy.objects.get(code="ordinary")
    made = change_policy(policy, by=lin(), now=NOW, reason="街道承诺提速", resolution_limit=3)
    assert (made.version, made.valid_from, made.reason) == (2, NOW, "街道承诺提速")
    assert (made.response_limit, made.yellow_left, made.extension) == (172800, 1, 5), "the rest is carried over"
    assert terms_at("ordinary", NOW).resolution_limit == 3
    assert terms_at("ordinary", NOW - timedelta(seconds=1)).resolution_limit == 5
    assert [version.version for version in policy.versions.all()] == [2, 1]


@db
def test_a_change_may_take_effect_later() -> None:
    policy, by = Policy.objects.get(code="ordinary"), lin()
    change_policy(policy, by=by, now=NOW, reason="新年起", valid_from=at("2027-01-01 00:00"), resolution_limit=4)
    assert terms_at("ordinary", NOW).resolution_limit == 5
    assert terms_at("ordinary", at("2027-01-01 00:00")).resolution_limit == 4
    with pytest.raises(RuleBroken) as refused:
        change_policy(policy, by=by, now=NOW, reason="现在", resolution_limit=3)
    assert refused.value.code == "before_the_latest"


@db
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"reason": " "}, "reason"),
        ({"valid_from": NOW - timedelta(seconds=1)}, "valid_from"),
        ({"response_goal": 200_000}, "response_goal"),
        ({"response_goal": 0}, "response_goal"),
        ({"resolution_limit": 0}, "resolution_limit"),
        ({"resolution_limit": None}, "resolution_limit"),
        ({"resolution_limit": 40_000}, "resolution_limit"),
        ({"resolution_mode": "fortnights"}, "resolution_mode"),
        ({"yellow_fraction": Decimal("0.5")}, "yellow_left"),
        ({"yellow_left": None, "yellow_fraction": Decimal(1)}, "yellow_fraction"),
        ({"yellow_left": 5}, "yellow_left"),
        ({"extension": 40_000}, "extension"),
        ({}, None),
    ],
)
def test_figures_nobody_could_keep_are_refused_beside_their_field(change: dict[str, Any], field: str | None) -> None:
    policy = Policy.objects.get(code="ordinary")
    with pytest.raises(RuleBroken) as refused:
        change_policy(policy, by=lin(), now=NOW, **({"reason": "试"} | change))
    assert refused.value.field == field
    assert policy.versions.count() == 1


@db
def test_a_figure_that_does_not_exist_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(TypeError):
        change_policy(Policy.objects.get(code="ordinary"), by=lin(), now=NOW, reason="试", colour="red")


@db
@pytest.mark.parametrize("act", ["update", "delete"])
def test_the_database_keeps_a_version_as_it_was(act: str) -> None:
    version = PolicyVersion.objects.filter(policy__code="ordinary")
    with pytest.raises(IntegrityError, match="never changed or removed"), transaction.atomic():
        version.update(resolution_limit=1) if act == "update" else version.delete()


@db
def test_the_hours_behind_a_promise_stay_as_they_were() -> None:
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        Schedule.objects.filter(code="office").update(windows=[["09:00", "10:00"]])
    Schedule.objects.filter(code="office").update(name="办公时间（街道）")
    Schedule.objects.filter(code="duty").update(windows=[["09:00", "21:00"]])


@db
@pytest.mark.parametrize(
    ("figures", "name"),
    [
        ({"response_goal": 3, "response_limit": 2}, "response_goal_within_limit"),
        ({"resolution_limit": 0}, "limits_are_above_zero"),
        ({"yellow_left": 1, "yellow_fraction": Decimal("0.5")}, "yellow_by_share_or_by_time_left"),
        ({"yellow_fraction": Decimal("1.5")}, "yellow_share_between_0_and_1"),
        ({"yellow_left": 9}, "yellow_left_is_less_than_the_limit"),
        ({"version": 1}, "policy_version_once"),
    ],
)
def test_the_database_refuses_nonsense_by_name(figures: dict[str, Any], name: str) -> None:
    row = {
        "policy": Policy.objects.get(code="redo"),
        "version": 2,
        "valid_from": NOW,
        "schedule": Schedule.objects.get(code="office"),
        "response_mode": Mode.WORKING_DAYS_CLOSE,
        "response_goal": 1,
        "response_limit": 1,
        "resolution_mode": Mode.WORKING_DAYS_CLOSE,
        "resolution_limit": 3,
    }
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        PolicyVersion.objects.create(**row | figures)


@db
def test_terms_of_a_version_are_those_it_was_made_with() -> None:
    version = PolicyVersion.objects.select_related("policy", "schedule").get(policy__code="inquiry")
    assert terms_of(version) == terms_at("inquiry", NOW)


def test_amounts_are_said_as_people_say_them() -> None:
    said = [
        amount_text("calendar_duration", 1800),
        amount_text("calendar_duration", 86400),
        amount_text("working_days_close", 5),
        amount_text("working_days_close", 60, every_day=True),
    ]
    assert [text.split()[0] for text in said] == ["30", "24", "5", "60"]


@db
def test_planting_the_defaults_again_changes_nothing() -> None:
    before = load_terms(NOW)
    plant_defaults()
    assert load_terms(NOW) == before
    assert PolicyVersion.objects.count() == len(before)
