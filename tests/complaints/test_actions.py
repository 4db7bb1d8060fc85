"""What people do to a case, and what the database holds afterwards. Told in the street of `tests.world`.

Wednesday 18 November 2026, 10:00. An ordinary case is answered within 48 hours and due on Wednesday the 25th at 18:00.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from complaints import actions
from complaints.actions import Answer
from complaints.actions.register import register_many
from complaints.lights import Instants, case_light
from complaints.models import (
    Callback,
    Case,
    CaseCounter,
    CaseWords,
    Category,
    Clock,
    Consent,
    ContactLog,
    Event,
    Handover,
    Holding,
    JointTask,
    Note,
    Objection,
    Reply,
    Return,
)
from config.lib.errors import RuleBroken, Stale
from staff.models import Person, Post, Unit
from tests.world import SHANGHAI, SINCE, World

Kind = Event.Kind


def on(day: int, hour: int = 18, minute: int = 0, *, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=SHANGHAI)


DUE, EXTENDED, COMPLEX = on(25), on(2, month=12), on(9, month=12)


def fresh(case: Case) -> Case:
    return Case.objects.get(pk=case.pk)


def clock(case: Case, kind: str = "resolution", cycle: int | None = None) -> Clock:
    return Clock.objects.get(case=case, kind=kind, cycle=cycle or fresh(case).cycle)


def kinds(case: Case) -> list[str]:
    return list(Event.objects.filter(case=case).order_by("seq").values_list("kind", flat=True))


def chain(case: Case) -> list[str]:
    return [held.person.username for held in Holding.objects.filter(case=case).order_by("id").select_related("person")]


@contextmanager
def one_event(case: Case, kind: str) -> Iterator[None]:
    """The act inside leaves exactly one event, of that kind, at the end of the chain."""
    before = fresh(case).version
    yield
    after = fresh(case)
    last = Event.objects.filter(case=case).order_by("seq").last()
    assert last is not None
    assert (after.version, last.seq, last.kind) == (before + 1, before + 1, kind)
    assert after.head == last.hash


@contextmanager
def refused(case: Case, code: str | None = None, field: str | None = None) -> Iterator[None]:
    """The act inside is refused, by the rule of that code or for want of a right, and leaves nothing behind."""
    before = Case.objects.filter(pk=case.pk).values().get()
    with pytest.raises(RuleBroken if code else PermissionDenied) as broken, transaction.atomic():
        yield
    if isinstance(broken.value, RuleBroken):
        assert broken.value.code == code
        assert str(broken.value).strip()
        assert field is None or broken.value.field == field
    assert Case.objects.filter(pk=case.pk).values().get() == before
    assert Event.objects.filter(case=case).count() == before["version"]


def offer(case: Case, world: World, to: Person, *, by: Person | None = None, now: datetime | None = None) -> Handover:
    return actions.offer(
        case, by=by or world.worker, now=now or world.now, version=fresh(case).version, to=to, reason="属于其分管网格"
    )


def dispatch(
    case: Case, world: World, unit: Unit, *, by: Person | None = None, now: datetime | None = None
) -> Handover:
    return actions.dispatch(case, by=by or world.worker, now=now or world.now, version=fresh(case).version, unit=unit)


def conclude(case: Case, world: World, *, by: Person | None = None, now: datetime | None = None) -> Reply:
    return actions.conclude(
        case,
        by=by or world.worker,
        now=now or world.now,
        version=fresh(case).version,
        outcome="resolved",
        text="楼道灯已换新。",
    )


def ask_pause(
    case: Case, world: World, *, by: Person | None = None, now: datetime | None = None, days: int = 7
) -> Consent:
    return actions.ask_pause(
        case,
        by=by or world.worker,
        now=now or world.now,
        version=fresh(case).version,
        reason="resident",
        text="等居民提供购灯发票",
        told="收到发票后继续办理",
        days=days,
    )


def ask_extension(case: Case, world: World, *, now: datetime | None = None) -> Consent:
    return actions.ask_extension(
        case, by=world.worker, now=now or world.now, version=fresh(case).version, text="配件缺货", told="预计下周到货"
    )


def approve(case: Case, *, by: Person, now: datetime) -> Consent:
    return actions.approve(case, by=by, now=now, version=fresh(case).version)


def contact(case: Case, *, by: Person, now: datetime, **more: Any) -> None:
    facts: dict[str, Any] = {"way": "call", "reached": True, "substantive": True, "text": "约周五上门查看"} | more
    actions.contact(case, by=by, now=now, **facts)


@pytest.fixture
def case(world: World) -> Case:
    return world.log()


# Logging


def test_the_worker_who_is_asked_answers_for_the_case_from_the_first_minute(world: World) -> None:
    case = world.log()
    assert case.responsible == case.first_contact == world.worker
    assert (case.status, case.version, kinds(case)) == ("registered", 1, ["registered"])
    assert chain(case) == ["worker"]
    assert case.number == "TST-20261118-0001"
    assert CaseWords.objects.filter(case=case).exists()
    assert case.resident.name == "周桂兰"


def test_both_clocks_start_when_the_resident_told_it_not_when_it_was_typed(world: World) -> None:
    case = world.log(submitted_at=on(17, 9), now=on(18, 10))
    for kind, due, yellow in (("response", on(19, 9), on(18, 9)), ("resolution", on(24), on(23))):
        started = clock(case, kind)
        assert (started.started_at, started.due_at, started.yellow_at) == (on(17, 9), due, yellow)
        assert started.stopped_at is None


def test_a_number_counts_the_cases_of_a_street_and_day(world: World) -> None:
    numbers = [world.log(at=at).number for at in (world.now, world.now, world.now + timedelta(days=1))]
    other = world.log(
        street=world.other_street, unit=world.other_unit, community=None, grid=None, first_contact=world.stranger
    )
    assert numbers == ["TST-20261118-0001", "TST-20261118-0002", "TST-20261119-0001"]
    assert other.number == "OTH-20261118-0001"


def test_the_same_form_sent_twice_is_one_case(world: World) -> None:
    key = uuid4()
    assert world.log(submission_key=key) == world.log(submission_key=key)
    assert Case.objects.count() == 1


def test_the_same_number_of_a_source_lands_once(world: World) -> None:
    case = world.log(source="hotline", external_id="BJ-1")
    with refused(case, "landed_before", "external_id"):
        world.log(source="hotline", external_id="BJ-1")


def test_an_inquiry_answered_on_the_spot_is_logged_and_concluded_at_once(world: World) -> None:
    case = world.log(kind="inquiry", answer=Answer(text="周一至周五九点到六点办理。", at=world.now))
    assert (case.status, case.outcome, case.closed_at) == ("concluded", "answered", world.now)
    assert kinds(case) == ["registered", "concluded"]
    assert Reply.objects.get(case=case).is_final
    assert clock(case).stopped_at == clock(case, "response").stopped_at == world.now


@pytest.mark.parametrize(
    "outcome", ["emergency_service", "statutory", "same_matter", "secret", "out_of_remit", "unlawful"]
)
def test_each_special_outcome_is_recorded_with_its_reply(world: World, outcome: str) -> None:
    case = world.log(answer=Answer(text="此事请拨打有关热线。", at=world.now, outcome=outcome))
    assert (fresh(case).outcome, Reply.objects.get(case=case).text) == (outcome, "此事请拨打有关热线。")


def test_a_paper_case_entered_afterwards_keeps_its_true_times(world: World) -> None:
    case = world.log(
        submitted_at=on(2, 9), now=on(18, 10), backfilled=True, answer=Answer(text="已于当日修好。", at=on(2, 16))
    )
    assert (case.submitted_at, case.registered_at, case.closed_at) == (on(2, 9), on(18, 10), on(2, 16))
    assert list(Event.objects.filter(case=case).values_list("at", flat=True)) == [on(2, 9), on(2, 16)]
    assert clock(case).stopped_at == on(2, 16)


@pytest.mark.parametrize(
    ("known", "code", "field"),
    [
        ({"text": "  "}, "no_text", "text"),
        ({"title": " "}, "no_title", "title"),
        ({"submitted_at": on(18, 10, 1)}, "in_future", "submitted_at"),
        ({"urgency": "complex"}, "complex_needs_consent", "urgency"),
        ({"answer": Answer(text=" ", at=on(18, 10))}, "no_reply", "answer"),
        ({"answer": Answer(text="好", at=on(18, 9))}, "reply_before_question", "answer_at"),
        ({"answer": Answer(text="好", at=on(18, 11))}, "in_future", "answer_at"),
    ],
)
def test_what_cannot_be_true_is_not_logged(world: World, known: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(RuleBroken) as broken:
        world.log(**{"submitted_at": world.now, "now": world.now} | known)
    assert (broken.value.code, broken.value.field) == (code, field)
    assert not Case.objects.exists()


def test_places_of_another_street_are_refused(world: World) -> None:
    stranger = world.other_street.communities.create(code="X", name="河湾社区")
    for known, code in (
        ({"community": stranger, "grid": None}, "foreign_community"),
        ({"grid": world.west_grid}, "foreign_grid"),
        ({"unit": world.other_unit}, "foreign_unit"),
    ):
        with pytest.raises(RuleBroken) as broken:
            world.log(**known)
        assert broken.value.code == code


def test_a_category_with_an_unknown_time_limit_is_a_sentence_not_a_crash(world: World) -> None:
    Category.objects.filter(pk=world.category.pk).update(policy="nonesuch")
    with pytest.raises(RuleBroken) as broken:
        world.log(category=Category.objects.get(pk=world.category.pk))
    assert broken.value.code == "no_policy"


def test_many_cases_land_all_or_none(world: World, case: Case) -> None:
    from complaints.actions import Registration

    def item(text: str) -> Registration:
        return Registration(
            street=world.street,
            unit=world.unit,
            community=world.east,
            first_contact=world.worker,
            kind="help",
            channel="hotline",
            title="路灯",
            text=text,
            submitted_at=world.now,
        )

    assert [c.number[-4:] for c in register_many([item("一"), item("二")], by=world.worker, now=world.now)] == [
        "0002",
        "0003",
    ]
    with refused(case, "no_text"):
        register_many([item("三"), item(" ")], by=world.worker, now=world.now)
    assert Case.objects.count() == 3


# Talking


def test_the_first_substantive_contact_stops_the_response_clock_when_it_took_place(world: World, case: Case) -> None:
    with one_event(case, Kind.CONTACTED):
        contact(case, by=world.worker, now=on(18, 16), at=on(18, 15))
    assert clock(case, "response").stopped_at == on(18, 15)
    assert clock(case).stopped_at is None
    assert fresh(case).status == "handling"


@pytest.mark.parametrize("more", [{"reached": False, "substantive": False}, {"substantive": False}])
def test_an_attempt_or_small_talk_does_not_stop_it(world: World, case: Case, more: dict[str, Any]) -> None:
    with one_event(case, Kind.CONTACTED):
        contact(case, by=world.worker, now=on(18, 16), **more)
    assert clock(case, "response").stopped_at is None
    assert fresh(case).status == "registered"


def test_a_colleague_of_the_unit_may_make_the_call(world: World, case: Case) -> None:
    contact(case, by=world.worker2, now=on(18, 16))
    assert clock(case, "response").stopped_at == on(18, 16)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"at": on(18, 17)}, "in_future"),
        ({"at": on(17, 17)}, "before_submission"),
        ({"reached": False}, "not_reached"),
        ({"text": "  "}, "empty"),
    ],
)
def test_a_contact_that_cannot_be_true_is_refused(world: World, case: Case, more: dict[str, Any], code: str) -> None:
    with refused(case, code):
        contact(case, by=world.worker, now=on(18, 16), **more)


def test_a_contact_from_before_the_redo_does_not_answer_the_residents_new_turn(world: World, case: Case) -> None:
    conclude(case, world, now=on(19, 10))
    actions.redo(case, by=world.secretary, now=on(20, 10), version=fresh(case).version, reason="居民称未修好")
    contact(case, by=world.worker, now=on(20, 11), at=on(19, 9))
    assert clock(case, "response").stopped_at is None
    contact(case, by=world.worker, now=on(20, 12))
    assert clock(case, "response").stopped_at == on(20, 12)


def test_an_interim_reply_answers_the_resident(world: World, case: Case) -> None:
    with one_event(case, Kind.REPLIED):
        actions.reply(case, by=world.worker, now=on(18, 15), text="已报修,周五上门。")
    assert not Reply.objects.get(case=case).is_final
    assert clock(case, "response").stopped_at == on(18, 15)
    with refused(case, "empty"):
        actions.reply(case, by=world.worker, now=on(18, 15), text=" ")
    with refused(case):
        actions.reply(case, by=world.worker2, now=on(18, 15), text="我来答复")


def test_a_note_stops_nothing_and_is_possible_after_the_end(world: World, case: Case) -> None:
    with one_event(case, Kind.NOTED):
        actions.note(case, by=world.worker2, now=world.now, text="该楼上月也报修过")
    assert clock(case, "response").stopped_at is None
    conclude(case, world)
    with one_event(case, Kind.NOTED):
        actions.note(case, by=world.worker, now=world.now, text="留意后续")


def test_nobody_from_another_street_leaves_a_note(world: World, case: Case) -> None:
    with refused(case):
        actions.note(case, by=world.stranger, now=world.now, text="看看")


def test_a_file_is_kept_with_its_hash(world: World, case: Case, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    photo = SimpleUploadedFile("灯.jpg", b"photo", "image/jpeg")
    with one_event(case, Kind.ATTACHED):
        row = actions.attach(case, by=world.worker, now=world.now, file=photo, name="灯.jpg", content_type="image/jpeg")
    assert row.sha256 == hashlib.sha256(b"photo").hexdigest()
    assert (row.size, row.name) == (5, "灯.jpg")


# Correcting


def edit(case: Case, world: World, *, by: Person | None = None, **facts: Any) -> Case:
    return actions.edit(case, by=by or world.worker, now=world.now, version=fresh(case).version, **facts)


def test_a_corrected_fact_is_recorded_by_its_name_only(world: World, case: Case) -> None:
    with one_event(case, Kind.EDITED):
        edit(case, world, title="5号楼楼道灯不亮", resident_phone="13900000009")
    event = Event.objects.filter(case=case).latest("seq")
    assert event.data == {"changed": ["resident_phone", "title"]}
    assert (fresh(case).title, fresh(case).resident.phone) == ("5号楼楼道灯不亮", "13900000009")
    assert Case.objects.about("5号楼").get() == case


def test_an_edit_that_changes_nothing_leaves_nothing(world: World, case: Case) -> None:
    edit(case, world, title=f" {case.title} ", text=case.text, resident_name="周桂兰")
    assert fresh(case).version == 1


def test_the_second_of_two_people_is_told_and_nothing_is_lost(world: World, case: Case) -> None:
    seen = case.version
    actions.edit(case, by=world.worker, now=world.now, version=seen, title="第一人")
    with pytest.raises(Stale) as late:
        actions.edit(case, by=world.secretary, now=world.now, version=seen, title="第二人")
    assert late.value.code == "stale"
    assert fresh(case).title == "第一人"


@pytest.mark.parametrize(
    ("facts", "code"),
    [({"title": " "}, "empty"), ({"text": ""}, "empty"), ({"urgency": "complex"}, "complex_needs_consent")],
)
def test_nonsense_is_not_edited_in(world: World, case: Case, facts: dict[str, Any], code: str) -> None:
    with refused(case, code):
        edit(case, world, **facts)


def test_a_grid_of_another_community_is_refused(world: World, case: Case) -> None:
    with refused(case, "foreign_grid"):
        edit(case, world, grid=world.west_grid)
    stranger = world.other_street.communities.create(code="X", name="河湾社区")
    with refused(case, "foreign_community"):
        edit(case, world, community=stranger, grid=None)


def test_a_more_urgent_class_brings_the_shorter_limit_from_the_same_start(world: World, case: Case) -> None:
    edit(case, world, urgency="utility")
    assert clock(case).due_at == on(19, 10)
    assert clock(case, "response").due_at == on(18, 12)
    assert clock(case).started_at == world.now


def test_nobody_gives_their_own_case_a_later_limit(world: World) -> None:
    case = world.log(urgency="utility")
    with refused(case, "longer_limit_needs_another"):
        edit(case, world, urgency="normal")
    assert clock(case).due_at == on(19, 10)
    own = world.log(urgency="utility", first_contact=world.secretary)
    with refused(own, "longer_limit_needs_another"):
        edit(own, world, by=world.secretary, urgency="normal")
    edit(case, world, by=world.secretary, urgency="normal")
    assert clock(case).due_at == DUE


def test_a_clock_that_stopped_keeps_its_limit_when_the_class_changes(world: World, case: Case) -> None:
    contact(case, by=world.worker, now=on(18, 11))
    before = clock(case, "response").due_at
    edit(case, world, urgency="utility")
    assert clock(case, "response").due_at == before


# Handing over


def test_until_acceptance_the_giver_answers_for_the_case(world: World, case: Case) -> None:
    with one_event(case, Kind.OFFERED):
        offer(case, world, world.worker2)
    assert fresh(case).responsible == world.worker
    with one_event(case, Kind.ACCEPTED):
        actions.accept(case, by=world.worker2, now=on(18, 11))
    assert (fresh(case).responsible, fresh(case).status) == (world.worker2, "handling")
    assert chain(case) == ["worker", "worker2"]
    assert Handover.objects.get(case=case).giver == world.worker


def test_handing_over_never_moves_a_limit(world: World, case: Case) -> None:
    before = list(Clock.objects.filter(case=case).order_by("id").values())
    dispatch(case, world, world.department, now=on(19, 10))
    actions.accept(case, by=world.department_worker, now=on(20, 10))
    actions.return_case(case, by=world.department_worker, now=on(23, 10), reason="不属于执法范围")
    dispatch(case, world, world.department2, now=on(23, 11))
    actions.return_case(case, by=world.department2_worker, now=on(24, 10), reason="非市政设施")
    assert list(Clock.objects.filter(case=case).order_by("id").values()) == before


def test_an_offer_goes_to_somebody_at_work_who_handles_cases(world: World, case: Case) -> None:
    Person.objects.filter(pk=world.worker2.pk).update(working="on_leave")
    for nobody in (world.worker2, world.delegate, world.stranger):
        with refused(case, "not_at_work", "to"):
            offer(case, world, nobody)
    with refused(case, "already_responsible"):
        offer(case, world, world.worker)
    with refused(case, "empty"):
        actions.offer(case, by=world.worker, now=world.now, version=1, to=world.secretary, reason=" ")


def test_one_offer_waits_at_a_time(world: World, case: Case) -> None:
    offer(case, world, world.worker2)
    with refused(case, "offer_open"):
        offer(case, world, world.secretary)
    with refused(case, "offer_open"):
        dispatch(case, world, world.department)


def test_only_the_person_an_offer_names_answers_it(world: World, case: Case) -> None:
    offer(case, world, world.department_worker)
    for other in (world.worker, world.worker2, world.secretary, world.department2_worker):
        with refused(case):
            actions.accept(case, by=other, now=world.now)
    actions.accept(case, by=world.department_worker, now=world.now)
    assert fresh(case).unit == world.department


def test_somebody_with_a_post_in_two_streets_takes_the_case_into_a_unit_of_this_one(world: World, case: Case) -> None:
    Post.objects.filter(person=world.department_worker).update(since=SINCE + timedelta(days=1))
    Post.objects.create(
        person=world.department_worker, role="worker", street=world.other_street, unit=world.other_unit, since=SINCE
    )
    offer(case, world, world.department_worker)
    actions.accept(case, by=world.department_worker, now=world.now)
    assert fresh(case).unit == world.department


def test_nobody_takes_a_case_over_while_on_leave(world: World, case: Case) -> None:
    offer(case, world, world.worker2)
    Person.objects.filter(pk=world.worker2.pk).update(working="on_leave")
    with refused(case, "not_at_work"):
        actions.accept(case, by=world.worker2, now=world.now)
    assert fresh(case).responsible == world.worker


def test_a_declined_offer_leaves_the_case_with_the_giver(world: World, case: Case) -> None:
    offer(case, world, world.worker2)
    with refused(case, "empty"):
        actions.decline(case, by=world.worker2, now=world.now, reason="")
    with one_event(case, Kind.DECLINED):
        actions.decline(case, by=world.worker2, now=world.now, reason="手头已有八件")
    assert (fresh(case).responsible, chain(case)) == (world.worker, ["worker"])
    offer(case, world, world.secretary)


def test_an_offer_can_be_taken_back_until_it_is_answered(world: World, case: Case) -> None:
    offer(case, world, world.worker2)
    with one_event(case, Kind.TAKEN_BACK):
        actions.take_back(case, by=world.worker, now=world.now)
    with refused(case, "no_offer"):
        actions.take_back(case, by=world.worker, now=world.now)
    with refused(case):
        actions.accept(case, by=world.worker2, now=world.now)


def test_the_first_of_a_unit_to_accept_has_the_case(world: World, case: Case) -> None:
    with one_event(case, Kind.DISPATCHED):
        dispatch(case, world, world.west_unit)
    assert fresh(case).responsible == world.worker
    actions.accept(case, by=world.outsider, now=world.now)
    assert (fresh(case).responsible, fresh(case).unit) == (world.outsider, world.west_unit)
    with refused(case):
        actions.accept(case, by=world.west_secretary, now=world.now)


def test_a_case_dispatched_to_the_office_is_taken_by_a_supervisor(world: World, case: Case) -> None:
    dispatch(case, world, world.office)
    actions.accept(case, by=world.supervisor2, now=world.now)
    assert (fresh(case).responsible, fresh(case).unit) == (world.supervisor2, world.office)


def test_a_dispatch_is_returned_not_declined(world: World, case: Case) -> None:
    dispatch(case, world, world.department)
    with refused(case, "dispatched"):
        actions.decline(case, by=world.department_worker, now=world.now, reason="不归我们管")


def test_a_unit_must_be_of_the_street_and_have_somebody_at_work(world: World, case: Case) -> None:
    with refused(case, "foreign_unit"):
        dispatch(case, world, world.other_unit)
    Person.objects.filter(pk=world.property_worker.pk).update(working="on_leave")
    with refused(case, "empty_unit"):
        dispatch(case, world, world.property)
    with refused(case, "already_there"):
        dispatch(case, world, world.unit)


# Returning and objecting


def test_a_unit_returns_a_dispatch_and_the_giver_still_has_it(world: World, case: Case) -> None:
    dispatch(case, world, world.department)
    with one_event(case, Kind.RETURNED):
        actions.return_case(case, by=world.department_worker, now=world.now, reason="不属于执法范围")
    assert (fresh(case).responsible, fresh(case).unit) == (world.worker, world.unit)
    with refused(case, "unit_returned_it"):
        dispatch(case, world, world.department)


def test_a_unit_that_took_a_case_gives_it_back_to_who_was_asked_first(world: World, case: Case) -> None:
    dispatch(case, world, world.department)
    actions.accept(case, by=world.department_worker, now=world.now)
    with refused(case, "empty"):
        actions.return_case(case, by=world.department_worker, now=world.now, reason=" ")
    actions.return_case(case, by=world.department_worker, now=world.now, reason="查实为物业设施")
    assert (fresh(case).responsible, fresh(case).unit) == (world.worker, world.unit)
    assert chain(case) == ["worker", "department_worker", "worker"]


def test_a_unit_returns_a_case_once_and_may_object_afterwards(world: World, case: Case) -> None:
    dispatch(case, world, world.department)
    actions.return_case(case, by=world.department_worker, now=world.now, reason="不属于执法范围")
    offer(case, world, world.department_worker)
    actions.accept(case, by=world.department_worker, now=world.now)
    with refused(case, "returned_before"):
        actions.return_case(case, by=world.department_worker, now=world.now, reason="还是不归我们")
    with one_event(case, Kind.OBJECTED):
        actions.object_to(case, by=world.department_worker, now=world.now, reason="请裁定")


def test_who_was_asked_first_cannot_return(world: World, case: Case) -> None:
    with refused(case, "asked_first"):
        actions.return_case(case, by=world.worker, now=world.now, reason="不想办")
    with refused(case, "asked_first"):
        actions.object_to(case, by=world.worker, now=world.now, reason="不想办")


@pytest.mark.parametrize(("left", "keeper"), [(["worker"], "secretary"), (["worker", "secretary"], "worker2")])
def test_when_who_was_asked_first_is_gone_somebody_of_the_unit_stands_in(
    world: World, case: Case, left: list[str], keeper: str
) -> None:
    dispatch(case, world, world.department)
    actions.accept(case, by=world.department_worker, now=world.now)
    Person.objects.filter(username__in=left).update(working="left")
    actions.return_case(case, by=world.department_worker, now=world.now, reason="查实为物业设施")
    assert fresh(case).responsible.username == keeper


def test_somebody_who_moved_to_another_street_is_gone_too(world: World, case: Case) -> None:
    dispatch(case, world, world.department)
    actions.accept(case, by=world.department_worker, now=world.now)
    Post.objects.filter(person=world.worker).update(until=timezone.localdate() - timedelta(days=1))
    actions.return_case(case, by=world.department_worker, now=world.now, reason="查实为物业设施")
    assert fresh(case).responsible == world.secretary


def test_nobody_left_in_the_street_is_a_sentence(world: World, case: Case) -> None:
    dispatch(case, world, world.department)
    actions.accept(case, by=world.department_worker, now=world.now)
    Person.objects.exclude(pk=world.stranger.pk).update(working="left")
    with refused(case, "nobody_left"):
        actions.return_case(case, by=world.department_worker, now=world.now, reason="查实为物业设施")


def third_return(case: Case, world: World) -> None:
    for unit, by in (
        (world.department, world.department_worker),
        (world.department2, world.department2_worker),
        (world.property, world.property_worker),
    ):
        dispatch(case, world, unit)
        actions.return_case(case, by=by, now=world.now, reason="不归本单位")


def adjudicate(case: Case, world: World, *, by: Person | None = None, unit: Unit, person: Person) -> Objection:
    return actions.adjudicate(
        case,
        by=by or world.supervisor,
        now=world.now,
        version=fresh(case).version,
        unit=unit,
        person=person,
        reason="按职责清单由执法队办理",
    )


def test_the_third_return_goes_to_the_adjudicator_whose_word_is_final(world: World, case: Case) -> None:
    third_return(case, world)
    assert Return.objects.filter(case=case).count() == 3
    assert Objection.objects.get(case=case).decided_at is None
    with refused(case, "objection_open"):
        dispatch(case, world, world.west_unit)
    with refused(case, "objection_open"):
        conclude(case, world)
    with one_event(case, Kind.ADJUDICATED):
        adjudicate(case, world, unit=world.department, person=world.department_worker)
    after = fresh(case)
    assert (after.responsible, after.unit, after.adjudicated) == (world.department_worker, world.department, True)
    for act in (actions.return_case, actions.object_to):
        with refused(case, "adjudicated"):
            act(case, by=world.department_worker, now=world.now, reason="不服")
    with refused(case, "adjudicated"):
        dispatch(case, world, world.property, by=world.department_worker)


def test_an_objection_leaves_responsibility_where_it_is(world: World, case: Case) -> None:
    dispatch(case, world, world.department)
    with one_event(case, Kind.OBJECTED):
        actions.object_to(case, by=world.department_worker, now=world.now, reason="职责清单无此项")
    assert fresh(case).responsible == world.worker
    assert Handover.objects.get(case=case).verdict == "declined"


def test_only_another_supervisor_of_the_street_adjudicates(world: World, case: Case) -> None:
    with refused(case, "no_objection"):
        adjudicate(case, world, unit=world.department, person=world.department_worker)
    dispatch(case, world, world.office)
    actions.object_to(case, by=world.supervisor, now=world.now, reason="应由社区办理")
    for nobody in (world.secretary, world.department_worker, world.stranger):
        with refused(case):
            adjudicate(case, world, by=nobody, unit=world.unit, person=world.worker)
    with refused(case, "own_objection"):
        adjudicate(case, world, unit=world.unit, person=world.worker)
    with refused(case, "not_of_unit"):
        adjudicate(case, world, by=world.supervisor2, unit=world.unit, person=world.department_worker)
    with refused(case, "foreign_unit"):
        adjudicate(case, world, by=world.supervisor2, unit=world.other_unit, person=world.stranger)
    adjudicate(case, world, by=world.supervisor2, unit=world.unit, person=world.worker)


# Joint handling


def ask_joint(case: Case, world: World, unit: Unit | None = None, days: int = 2) -> JointTask:
    return actions.ask_joint(
        case,
        by=world.worker,
        now=world.now,
        version=fresh(case).version,
        unit=unit or world.property,
        task="请检查线路",
        days=days,
    )


def test_a_co_unit_has_its_own_due_and_the_lead_stays_responsible(world: World, case: Case) -> None:
    with one_event(case, Kind.JOINT_ASKED):
        task = ask_joint(case, world)
    assert task.clock.due_at == on(20)
    assert fresh(case).responsible == world.worker
    with refused(case, "joint_open"):
        conclude(case, world)
    with refused(case):
        actions.finish_joint(case, by=world.worker2, now=world.now, task=task, result="没问题")
    with one_event(case, Kind.JOINT_DONE):
        actions.finish_joint(case, by=world.property_worker, now=on(19, 10), task=task, result="线路老化,已更换")
    task.clock.refresh_from_db()
    assert task.clock.stopped_at == on(19, 10)
    conclude(case, world)


def test_a_task_that_is_not_needed_is_cancelled(world: World, case: Case) -> None:
    task = ask_joint(case, world)
    with one_event(case, Kind.JOINT_CANCELLED):
        actions.cancel_joint(case, by=world.worker, now=world.now, task=task, reason="居民已自行解决")
    with refused(case, "done_already"):
        actions.cancel_joint(case, by=world.worker, now=world.now, task=task, reason="再取消")
    conclude(case, world)


@pytest.mark.parametrize("days", [0, 16])
def test_a_joint_task_takes_between_one_and_fifteen_days(world: World, case: Case, days: int) -> None:
    with refused(case, "days", "days"):
        ask_joint(case, world, days=days)


def test_a_joint_task_goes_once_to_another_unit_with_people(world: World, case: Case) -> None:
    ask_joint(case, world)
    with refused(case, "asked_already"):
        ask_joint(case, world)
    with refused(case, "own_unit"):
        ask_joint(case, world, world.unit)
    with refused(case, "empty_unit"):
        ask_joint(case, world, world.other_unit)


def test_a_task_of_another_case_is_a_sentence(world: World, case: Case) -> None:
    other = world.log()
    task = ask_joint(other, world)
    ask_joint(case, world)
    with refused(case, "no_task"):
        actions.finish_joint(case, by=world.property_worker, now=world.now, task=task, result="好")


# Pause, extension, class


def test_a_pause_stops_both_clocks_and_the_due_instant_counts_it(world: World, case: Case) -> None:
    with one_event(case, Kind.CONSENT_ASKED):
        ask_pause(case, world, days=7)
    assert clock(case).due_at == DUE, "asking alone changes nothing"
    with one_event(case, Kind.CONSENT_GIVEN):
        approve(case, by=world.secretary, now=on(19, 9))
    paused = clock(case)
    assert (paused.paused_from, paused.paused_until) == (on(19, 9), on(26, 9))
    assert paused.due_at == on(2, month=12)
    assert clock(case, "response").due_at == on(27, 10)
    assert Case.objects.with_light(on(20)).get(pk=case.pk).light == "paused"  # type: ignore[attr-defined]
    assert Case.objects.with_light(on(26, 9)).get(pk=case.pk).light == "green"  # type: ignore[attr-defined]


def test_an_early_end_gives_back_only_the_time_really_paused(world: World, case: Case) -> None:
    ask_pause(case, world)
    approve(case, by=world.secretary, now=on(19, 10))
    with one_event(case, Kind.RESUMED):
        actions.resume(case, by=world.worker, now=on(20, 10))
    assert clock(case).due_at == on(26)
    assert clock(case, "response").due_at == on(21, 10)
    with refused(case, "not_paused"):
        actions.resume(case, by=world.worker, now=on(20, 10))


def test_a_pause_that_runs_out_ends_by_itself(world: World, case: Case) -> None:
    ask_pause(case, world)
    approve(case, by=world.secretary, now=on(19, 10))
    with refused(case, "not_paused"):
        actions.resume(case, by=world.worker, now=on(26, 10))
    assert clock(case).due_at == on(2, month=12)


def test_a_pause_at_night_and_over_the_weekend_costs_no_office_time(world: World, case: Case) -> None:
    ask_pause(case, world, now=on(20, 18))
    approve(case, by=world.secretary, now=on(20, 18))
    actions.resume(case, by=world.worker, now=on(23, 9))
    assert clock(case).due_at == DUE


def test_a_pause_taken_back_in_the_same_second_leaves_no_trace_on_the_limits(world: World, case: Case) -> None:
    ask_pause(case, world)
    approve(case, by=world.secretary, now=on(19, 10))
    actions.resume(case, by=world.worker, now=on(19, 10))
    assert clock(case).due_at == DUE
    assert clock(case).paused_from is None


def test_two_pauses_add_up(world: World, case: Case) -> None:
    for start, end in ((on(19, 9), on(20, 9)), (on(23, 9), on(24, 9))):
        ask_pause(case, world, now=start)
        approve(case, by=world.secretary, now=start)
        actions.resume(case, by=world.worker, now=end)
    assert clock(case).due_at == on(27)


def test_concluding_a_paused_case_ends_the_pause_first(world: World, case: Case) -> None:
    ask_pause(case, world)
    approve(case, by=world.secretary, now=on(19, 10))
    conclude(case, world, now=on(20, 10))
    stopped = clock(case)
    assert (stopped.due_at, stopped.paused_until, stopped.stopped_at) == (on(26), on(20, 10), on(20, 10))


def test_nobody_approves_their_own_wish_or_for_their_own_case(world: World) -> None:
    case = world.log(first_contact=world.secretary)
    ask_pause(case, world, by=world.secretary)
    for nobody in (world.secretary, world.worker, world.outsider, world.west_secretary, world.stranger):
        with refused(case):
            approve(case, by=nobody, now=world.now)
    approve(case, by=world.supervisor, now=world.now)


def test_a_refused_wish_changes_no_limit(world: World, case: Case) -> None:
    ask_extension(case, world)
    with refused(case, "empty"):
        actions.refuse(case, by=world.secretary, now=world.now, version=2, text="")
    with one_event(case, Kind.CONSENT_REFUSED):
        actions.refuse(case, by=world.secretary, now=world.now, version=2, text="时间足够")
    assert clock(case).due_at == DUE
    with refused(case, "nothing_asked"):
        approve(case, by=world.secretary, now=world.now)


@pytest.mark.parametrize(
    ("reason", "days", "code"),
    [("", 3, "no_reason"), ("holiday", 3, "no_reason"), ("test", 31, "pause_too_long"), ("test", 0, "pause_too_long")],
)
def test_a_pause_needs_a_listed_reason_and_a_maximum(
    world: World, case: Case, reason: str, days: int, code: str
) -> None:
    with refused(case, code):
        actions.ask_pause(
            case, by=world.worker, now=world.now, version=1, reason=reason, text="等", told="等", days=days
        )


def test_a_wish_names_its_grounds_and_what_the_resident_is_told(world: World, case: Case) -> None:
    for text, told in (("", "告知"), ("配件缺货", " ")):
        with refused(case, "empty"):
            actions.ask_extension(case, by=world.worker, now=world.now, version=1, text=text, told=told)


def test_one_wish_waits_at_a_time_and_no_pause_within_a_pause(world: World, case: Case) -> None:
    ask_pause(case, world)
    with refused(case, "asked_already"):
        ask_extension(case, world)
    approve(case, by=world.secretary, now=world.now)
    with refused(case, "paused_already"):
        ask_pause(case, world)


def test_an_extension_is_granted_once(world: World, case: Case) -> None:
    ask_extension(case, world)
    row = approve(case, by=world.secretary, now=world.now)
    assert (row.old_due_at, row.new_due_at, clock(case).due_at) == (DUE, EXTENDED, EXTENDED)
    with refused(case, "extended_before"):
        ask_extension(case, world)


def test_an_extension_is_asked_for_before_the_case_is_due(world: World, case: Case) -> None:
    with refused(case, "overdue"):
        ask_extension(case, world, now=DUE + timedelta(seconds=1))
    ask_extension(case, world, now=DUE)
    approve(case, by=world.secretary, now=on(26, 9))
    assert clock(case).due_at == EXTENDED


def test_urgent_cases_are_not_extended(world: World) -> None:
    case = world.log(urgency="emergency")
    with refused(case, "no_extension"):
        ask_extension(case, world)


def test_a_complex_case_needs_consent_and_counts_from_the_same_start(world: World, case: Case) -> None:
    actions.ask_complex(case, by=world.worker, now=on(19, 10), version=1, text="涉及三家单位", told="需要会商")
    assert fresh(case).urgency == "normal"
    approve(case, by=world.supervisor, now=on(20, 10))
    assert (fresh(case).urgency, clock(case).due_at, clock(case).started_at) == ("complex", COMPLEX, world.now)
    with refused(case, "complex_already"):
        actions.ask_complex(case, by=world.worker, now=on(20, 11), version=3, text="再", told="再")


def test_a_case_done_again_is_not_made_complex(world: World, case: Case) -> None:
    conclude(case, world)
    actions.redo(case, by=world.secretary, now=world.now, version=2, reason="未解决")
    with refused(case, "redo"):
        actions.ask_complex(case, by=world.worker, now=world.now, version=3, text="涉及三家单位", told="需要会商")


# Ending and going on


def test_concluding_stops_both_clocks_for_good(world: World, case: Case) -> None:
    with one_event(case, Kind.CONCLUDED):
        conclude(case, world, now=on(20, 10))
    done = fresh(case)
    assert (done.status, done.outcome, done.closed_at) == ("concluded", "resolved", on(20, 10))
    assert done.callback_wanted
    assert clock(case).stopped_at == clock(case, "response").stopped_at == on(20, 10)
    with pytest.raises(DatabaseError, match="clock_verdict_is_final"), transaction.atomic():
        Clock.objects.filter(case=case).update(due_at=on(30))


def test_only_who_answers_for_a_case_concludes_it(world: World, case: Case) -> None:
    for nobody in (world.worker2, world.secretary, world.supervisor):
        with refused(case):
            conclude(case, world, by=nobody)


def test_a_conclusion_needs_an_outcome_a_reply_and_nothing_open(world: World, case: Case) -> None:
    for outcome, text, code in (("", "好", "no_outcome"), ("nonsense", "好", "no_outcome"), ("resolved", " ", "empty")):
        with refused(case, code):
            actions.conclude(case, by=world.worker, now=world.now, version=1, outcome=outcome, text=text)
    offer(case, world, world.worker2)
    with refused(case, "offer_open"):
        conclude(case, world)


def test_what_is_asked_and_undecided_lapses_with_the_end(world: World, case: Case) -> None:
    ask_extension(case, world)
    conclude(case, world)
    assert Consent.objects.get(case=case).verdict == "lapsed"


def test_praise_and_residents_without_a_phone_are_not_called_back(world: World) -> None:
    for case in (world.log(kind="praise"), world.log(resident_phone="")):
        conclude(case, world)
        assert not fresh(case).callback_wanted


def test_solved_and_satisfied_are_asked_apart_by_somebody_else(world: World, case: Case) -> None:
    conclude(case, world)
    with refused(case):
        actions.call_back(case, by=world.worker, now=world.now, reached=True, solved="yes", satisfied=5)
    with refused(case, "no_answer"):
        actions.call_back(case, by=world.worker2, now=world.now, reached=True, satisfied=5)
    with refused(case, "no_such_level"):
        actions.call_back(case, by=world.worker2, now=world.now, reached=True, solved="yes", satisfied=6)
    with one_event(case, Kind.CALLED_BACK):
        row = actions.call_back(case, by=world.worker2, now=world.now, reached=True, solved="yes", satisfied=2)
    assert (row.solved, row.satisfied, fresh(case).status) == ("yes", 2, "concluded")


def test_a_resident_not_reached_has_not_answered(world: World, case: Case) -> None:
    conclude(case, world)
    row = actions.call_back(case, by=world.worker2, now=world.now, reached=False, solved="yes", satisfied=5)
    assert (row.solved, row.satisfied) == ("", None)
    assert case in Case.objects.awaiting_callback()


def test_not_solved_opens_a_new_cycle_without_retelling(world: World, case: Case) -> None:
    conclude(case, world, now=on(19, 10))
    with one_event(case, Kind.CALLED_BACK):
        actions.call_back(case, by=world.secretary, now=on(20, 10), reached=True, solved="no", satisfied=1)
    again = fresh(case)
    assert (again.status, again.outcome, again.closed_at, again.cycle) == ("handling", "", None, 2)
    assert (again.responsible, again.text) == (world.worker, case.text)
    assert (clock(case).started_at, clock(case).due_at) == (on(20, 10), on(25))


def test_a_redo_has_its_own_budget_and_the_old_verdict_stays(world: World, case: Case) -> None:
    late = on(26, 10)
    conclude(case, world, now=late)
    old = Clock.objects.filter(case=case, cycle=1)
    before = list(old.values())
    with refused(case):
        actions.redo(case, by=world.worker2, now=on(27, 10), version=2, reason="未解决")
    with refused(case, "empty"):
        actions.redo(case, by=world.secretary, now=on(27, 10), version=2, reason=" ")
    with one_event(case, Kind.REDONE):
        actions.redo(case, by=world.secretary, now=on(27, 10), version=2, reason="回访不属实")
    assert list(old.values()) == before
    assert clock(case, cycle=1).stopped_at == late > clock(case, cycle=1).due_at
    assert clock(case).due_at == on(2, month=12)
    assert Note.objects.get(case=case).text == "回访不属实"
    conclude(case, world, now=on(30, 10))
    assert Reply.objects.filter(case=case, is_final=True).count() == 2


@pytest.mark.parametrize("end", ["concluded", "withdrawn", "merged"])
def test_a_case_reopened_after_a_month_is_not_instantly_overdue(world: World, case: Case, end: str) -> None:
    if end == "concluded":
        conclude(case, world)
    elif end == "withdrawn":
        actions.withdraw(case, by=world.worker, now=world.now, version=1, reason="居民撤回")
    else:
        actions.merge(case, by=world.worker, now=world.now, version=1, into=world.log(), text="并入主件办理")
    later = on(21, 10, month=12)
    with one_event(case, Kind.REOPENED):
        actions.reopen(case, by=world.worker, now=later, version=2, reason="居民提供新情况")
    again = fresh(case)
    assert (again.status, again.duplicate_of, again.closed_at) == ("handling", None, None)
    assert clock(case).due_at == on(24, month=12)
    assert Case.objects.with_light(later).get(pk=case.pk).light == "green"  # type: ignore[attr-defined]


def test_a_reopened_case_falls_to_who_stands_in_for_who_has_left(world: World, case: Case) -> None:
    conclude(case, world)
    Person.objects.filter(pk=world.worker.pk).update(working="left")
    actions.reopen(case, by=world.secretary, now=world.now, version=2, reason="居民提供新情况")
    assert fresh(case).responsible == world.secretary
    assert chain(case)[-1] == "secretary"


def test_a_withdrawn_case_leaves_nothing_waiting(world: World, case: Case) -> None:
    dispatch(case, world, world.department)
    actions.object_to(case, by=world.department_worker, now=world.now, reason="不归我们")
    ask_joint(case, world)
    ask_extension(case, world)
    with one_event(case, Kind.WITHDRAWN):
        actions.withdraw(case, by=world.worker, now=world.now, version=fresh(case).version, reason="居民撤回")
    assert not Handover.objects.filter(case=case, verdict="").exists()
    assert not Objection.objects.filter(case=case, decided_at=None).exists()
    assert not JointTask.objects.filter(case=case, done_at=None).exists()
    assert not Consent.objects.filter(case=case, verdict="").exists()
    assert not Clock.objects.filter(case=case, stopped_at=None).exists()


def test_a_duplicate_points_to_the_main_case_and_the_resident_is_told(world: World, case: Case) -> None:
    main = world.log(title="主件")
    with one_event(case, Kind.MERGED):
        actions.merge(case, by=world.worker, now=world.now, version=1, into=main, text="同一事项,随主件办理")
    assert (fresh(case).status, fresh(case).duplicate_of) == ("merged", main)
    assert Reply.objects.get(case=case).text == "同一事项,随主件办理"
    third = world.log()
    for one, into, code in (
        (third, case, "no_main_case"),
        (main, third, "has_duplicates"),
        (third, third, "itself"),
    ):
        with refused(one, code):
            actions.merge(one, by=world.worker, now=world.now, version=1, into=into, text="同一事项")
    foreign = world.log(
        street=world.other_street, unit=world.other_unit, community=None, grid=None, first_contact=world.stranger
    )
    with refused(third, "foreign_case"):
        actions.merge(third, by=world.worker, now=world.now, version=1, into=foreign, text="同一事项")


ON_CLOSED: list[Callable[[Case, World], object]] = [
    lambda case, world: conclude(case, world),
    lambda case, world: offer(case, world, world.worker2),
    lambda case, world: dispatch(case, world, world.department),
    lambda case, world: actions.reply(case, by=world.worker, now=world.now, text="补充"),
    lambda case, world: edit(case, world, title="改"),
    lambda case, world: ask_pause(case, world),
    lambda case, world: ask_extension(case, world),
    lambda case, world: ask_joint(case, world),
    lambda case, world: actions.withdraw(case, by=world.worker, now=world.now, version=2, reason="撤"),
    lambda case, world: approve(case, by=world.secretary, now=world.now),
]


@pytest.mark.parametrize("act", ON_CLOSED)
def test_a_closed_case_is_not_worked_on(world: World, case: Case, act: Callable[[Case, World], object]) -> None:
    conclude(case, world)
    with refused(case, "wrong_state"):
        act(case, world)


@pytest.mark.parametrize("act", [actions.redo, actions.reopen])
def test_an_open_case_is_not_opened_again(world: World, case: Case, act: Callable[..., object]) -> None:
    with refused(case, "wrong_state"):
        act(case, by=world.supervisor, now=world.now, version=1, reason="再办")


# The light in SQL is the light of the rule


def test_a_list_shows_the_light_the_rule_says(world: World) -> None:
    plain, paused, answered, done = (world.log() for _ in range(4))
    ask_pause(paused, world)
    approve(paused, by=world.secretary, now=on(19, 9))
    contact(answered, by=world.worker, now=on(18, 15))
    conclude(done, world, now=on(24, 18, 1))
    for now in (
        on(18, 10),
        on(19, 10),
        on(19, 10, 1),
        on(20, 10, 1),
        on(24),
        on(24, 18, 1),
        DUE,
        on(25, 18, 1),
        on(27),
    ):
        lit = {case.pk: case.light for case in Case.objects.with_light(now)}  # type: ignore[attr-defined]
        for case in (plain, paused, answered, done):
            resolution, response = (
                Instants(c.due_at, c.yellow_at, c.paused_from, c.paused_until, c.stopped_at)
                for c in (clock(case), clock(case, "response"))
            )
            assert lit[case.pk] == case_light(resolution, response, now), (case.number, now)


# The database refuses nonsense by name, whoever writes it


def nonsense(case: Case, world: World) -> dict[str, Callable[[], object]]:
    """Rows written past the actions, by the name that refuses them."""
    rows = Case.objects.filter(pk=case.pk)
    now, later = world.now, world.now + timedelta(days=1)
    other = Case.objects.exclude(pk=case.pk).first()
    handover: dict[str, Any] = {"case": case, "giver": world.worker, "offered_by": world.worker, "to_unit": world.unit}
    handover |= {"reason": "r", "offered_at": now}
    consent = {"case": case, "cycle": 1, "text": "t", "asked_by": world.worker, "asked_at": now}
    objection = {"case": case, "unit": world.unit, "by": world.worker, "at": now, "reason": "r"}
    task = {"case": case, "unit": world.property, "task": "t", "asked_by": world.worker, "asked_at": now}
    reply = {"case": case, "cycle": 1, "by": world.worker, "at": now}
    talk = {"case": case, "cycle": 1, "by": world.worker, "at": now}
    clocks = Clock.objects.filter(case=case, kind="resolution")
    first = Event.objects.get(case=case, seq=1)
    holders = Clock.objects.filter(case=case, kind="response").values("policy_id", "started_at", "due_at").get()

    def twice(make: Callable[[], object]) -> Callable[[], object]:
        return lambda: (make(), make())

    return {
        "case_closed_if_and_only_if_closed_at": lambda: rows.update(closed_at=now),
        "case_merged_if_and_only_if_duplicate_of": lambda: rows.update(duplicate_of=other),
        "case_has_an_outcome_if_and_only_if_concluded": lambda: rows.update(outcome="resolved"),
        "case_closed_after_it_was_submitted": lambda: rows.update(
            status="withdrawn", closed_at=now - timedelta(seconds=1)
        ),
        "case_registered_after_it_was_submitted": lambda: rows.update(submitted_at=later),
        "case_is_no_duplicate_of_itself": lambda: rows.update(status="merged", closed_at=now, duplicate_of=case),
        "case_of_a_source_lands_once": lambda: Case.objects.update(source="hotline", external_id="1"),
        "case_moves_legally": lambda: (rows.update(status="handling"), rows.update(status="registered")),
        "case_version_only_grows": lambda: rows.update(version=0),
        "complaints_case_responsible_id": lambda: rows.update(responsible=None),
        "one_open_handover_per_case": twice(lambda: Handover.objects.create(**handover)),
        "handover_answered_if_and_only_if_answered_at": lambda: Handover.objects.create(**handover, verdict="accepted"),
        "consent_is_given_by_another_person": lambda: Consent.objects.create(
            **consent, kind="complex", verdict="approved", decided_by=world.worker, decided_at=now
        ),
        "consent_decided_if_and_only_if_decided_at": lambda: Consent.objects.create(
            **consent, kind="complex", decided_at=now
        ),
        "pause_ends_after_it_starts": lambda: Consent.objects.create(
            **consent, kind="pause", reason="test", pause_days=1, starts_at=now, ends_at=now
        ),
        "pause_has_a_listed_reason_and_a_maximum": lambda: Consent.objects.create(**consent, kind="pause"),
        "one_open_consent_per_case": twice(lambda: Consent.objects.create(**consent, kind="complex")),
        "one_extension_per_cycle": twice(
            lambda: Consent.objects.create(
                **consent, kind="extension", verdict="approved", decided_by=world.secretary, decided_at=now
            )
        ),
        "one_open_objection_per_case": twice(lambda: Objection.objects.create(**objection)),
        "objection_decided_with_a_unit": lambda: Objection.objects.create(**objection, decided_at=now),
        "one_return_per_case_and_unit": twice(lambda: Return.objects.create(**objection)),
        "one_open_joint_task_per_unit": twice(lambda: JointTask.objects.create(**task)),
        "joint_task_done_by_somebody": lambda: JointTask.objects.create(**task, done_at=now),
        "one_clock_per_kind_and_cycle": lambda: Clock.objects.create(case=case, kind="response", **holders),
        "joint_clock_names_its_task": lambda: Clock.objects.create(case=case, kind="joint", **holders),
        "clock_started_then_yellow_then_due": lambda: clocks.update(due_at=now - timedelta(seconds=1)),
        "clock_stopped_after_it_started": lambda: clocks.update(stopped_at=now - timedelta(seconds=1)),
        "clock_pause_has_two_ends": lambda: clocks.update(paused_from=now, paused_until=now),
        "clock_verdict_is_final": lambda: (clocks.update(stopped_at=later), clocks.update(stopped_at=None)),
        "one_final_reply_per_cycle": twice(lambda: Reply.objects.create(**reply, text="t", is_final=True)),
        "reply_says_something": lambda: Reply.objects.create(**reply, text=""),
        "substantive_contact_reached_the_resident": lambda: case.contacts.create(
            **talk, way="call", reached=False, substantive=True, text="t"
        ),
        "callback_answers_come_from_a_reached_resident": lambda: case.callbacks.create(
            **talk, reached=False, solved="yes"
        ),
        "satisfaction_has_five_levels": lambda: case.callbacks.create(**talk, reached=True, solved="yes", satisfied=6),
        "event_has_its_place_in_the_chain": lambda: Event.objects.create(
            case=case, seq=1, kind="noted", at=now, recorded_at=now, hash="x"
        ),
        "event_hash_is_unique": lambda: Event.objects.create(
            case=case, seq=2, kind="noted", at=now, recorded_at=now, hash=first.hash
        ),
        "history_cannot_be_edited": lambda: Event.objects.filter(case=case).update(kind="noted"),
        "one_counter_per_street_and_day": lambda: (
            world.street.pk
            and connection.cursor().execute(
                "INSERT INTO complaints_casecounter (street_id, day, last) SELECT street_id, day, 1 FROM complaints_casecounter"
            )
        ),
        "category_has_three_levels_at_most": lambda: Category.objects.filter(pk=world.category.pk).update(level=4),
        "category_below_the_top_has_a_parent": lambda: Category.objects.filter(pk=world.category.pk).update(
            parent=None
        ),
    }


def test_the_database_refuses_nonsense_by_name(world: World, case: Case) -> None:
    world.log()
    for name, write in nonsense(case, world).items():
        with pytest.raises(DatabaseError) as refusal, transaction.atomic():
            write()
        if name == "complaints_case_responsible_id":
            assert "responsible_id" in str(refusal.value), "a case without a responsible person"
        else:
            assert name in str(refusal.value)


def test_every_named_constraint_of_a_case_is_tried(world: World, case: Case) -> None:
    world.log()
    rows = (Case, Category, CaseCounter, Clock, Consent, ContactLog, Reply, Callback, Handover, Return, Objection)
    named = {constraint.name for model in (*rows, JointTask, Event) for constraint in model._meta.constraints}
    assert named <= set(nonsense(case, world))
