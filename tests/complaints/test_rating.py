"""Ratings: two ticks of a resident, and what an office does when they are bad.

Wednesday 18 November 2026, 10:00, in the street of `tests.world`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.test import Client

from complaints import actions
from complaints.actions import rating as acts
from complaints.actions.rated import Answer
from complaints.models import (
    Case,
    Event,
    Message,
    PraiseProposal,
    Rating,
    RatingCheck,
    RatingReminder,
    RatingTag,
)
from complaints.ratings import Checker, Progress, State, Step, may_take, state_of, tally
from complaints.ratings_page import rating_context, where
from complaints.tracking import set_code
from complaints.views.desk import build
from complaints.views.rating import token_of
from config.lib.errors import RuleBroken
from staff.models import Person
from tests.services.guide_world import zh
from tests.world import World

pytestmark = pytest.mark.django_db
GOOD = Answer(solved="yes", satisfied=5)
BAD = Answer(solved="partly", satisfied=2, text="来了两次都没有带灯泡")


def closed(world: World, **known: Any) -> Case:
    case = world.log(**known)
    actions.conclude(
        case, by=case.responsible, now=world.now, version=case.version, outcome="resolved", text="灯已经换好。"
    )
    return fresh(case)


def fresh(case: Case) -> Case:
    return Case.objects.get(pk=case.pk)


@contextmanager
def broken(code: str) -> Iterator[None]:
    with pytest.raises(RuleBroken) as refusal:
        yield
    assert refusal.value.code == code


def rate(case: Case, answer: Answer, now: datetime) -> Rating:
    return acts.rate(case, answer, now=now, via="track")


def badly(world: World) -> RatingCheck:
    return RatingCheck.objects.get(rating=rate(closed(world), BAD, world.now))


def browser(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def follow(case: Case) -> Client:
    """A browser that has opened the case with its code."""
    client = Client()
    answer = client.post("/track/", {"number": case.number, "code": set_code(case)})
    assert answer.status_code == 302
    return client


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


# -- rating


def test_two_ticks_on_the_page_of_the_matter_are_a_rating(world: World) -> None:
    case = closed(world)
    with time_machine.travel(world.now, tick=False):
        client = follow(case)
        assert 'name="satisfied"' in text_of(client.get("/track/"))
        answer = client.post("/track/rate/", {"solved": "yes", "satisfied": "4"})
        page = text_of(client.get("/track/"))

    assert answer.status_code == 302
    row = Rating.objects.get(case=case)
    assert (row.solved, row.satisfied, row.cycle, row.via, row.rated) == ("yes", 4, 1, "track", world.worker)
    assert 'name="satisfied"' not in page
    assert not fresh(case).callback_wanted
    assert Event.objects.get(case=case, kind="rated").by is None


def test_nobody_rates_before_the_matter_is_closed_nor_twice(world: World) -> None:
    with broken("not_closed"):
        rate(world.log(), GOOD, world.now)
    case = closed(world)
    rate(case, GOOD, world.now)
    with broken("rated_already"):
        rate(case, BAD, world.now)
    with pytest.raises(IntegrityError, match="one_rating_per_cycle"), transaction.atomic():
        Rating.objects.create(
            case=case, cycle=1, solved="yes", satisfied=3, at=world.now, via="track", rated=world.worker
        )


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"solved": "maybe", "satisfied": "9"},
        {"solved": "yes", "satisfied": "5 OR 1=1"},
        {"solved": "yes", "satisfied": "4", "tags": ["x", "999999999999999999999"]},
        {"solved": "yes", "satisfied": "4", "attitude": "0"},
        {"solved": "no", "satisfied": "1", "text": "坏\x00字"},
        {"solved": "no", "satisfied": "1", "text": "长" * 100_000},
    ],
)
def test_nonsense_is_refused_with_a_sentence_and_keeps_what_was_typed(world: World, sent: dict[str, Any]) -> None:
    case = closed(world)
    client = follow(case)

    for url in ("/track/rate/", f"/rate/{token_of(case)}/"):
        answer = client.post(url, sent)
        assert answer.status_code == 422
        assert "field-error" in text_of(answer)
    assert not Rating.objects.exists()


def test_without_number_and_code_nobody_rates(world: World) -> None:
    closed(world)

    answer = Client().post("/track/rate/", {"solved": "yes", "satisfied": "5"})

    assert answer.status_code == 403
    assert not Rating.objects.exists()


def test_not_solved_opens_the_matter_again_and_nothing_is_told_twice(world: World) -> None:
    case = closed(world)
    rate(case, Answer(solved="no", satisfied=3, text="三楼还是不亮"), world.now)

    again = fresh(case)
    assert (again.status, again.cycle) == ("handling", 2)
    assert Message.objects.get(case=case).text == "三楼还是不亮"
    drawers = {section.code: section.rows for section in build(world.supervisor, world.now)}
    assert [row.number for row in drawers["not_solved"]] == [case.number]
    page = text_of(browser(world.worker).get(case.get_absolute_url()))
    assert "三楼还是不亮" in page


def test_the_answer_on_the_phone_is_a_rating_too(world: World) -> None:
    case = closed(world)
    actions.call_back(case, by=world.secretary, now=world.now, reached=True, solved="partly", satisfied=1, text="慢")

    row = Rating.objects.get(case=case)
    assert (row.via, row.satisfied, row.rated) == ("callback", 1, world.worker)
    assert RatingCheck.objects.filter(rating=row).exists()


def test_reasons_of_another_level_are_dropped(world: World) -> None:
    case = closed(world)
    friendly, rude = RatingTag.objects.get(code="friendly"), RatingTag.objects.get(code="rude")

    Client().post(
        f"/rate/{token_of(case)}/", {"solved": "yes", "satisfied": "5", "tags": [str(friendly.pk), str(rude.pk)]}
    )

    assert list(Rating.objects.get(case=case).tags.all()) == [friendly]


# -- the slip of the counter


def test_the_slip_rates_once_and_says_nothing_about_the_resident(world: World) -> None:
    case = closed(world)
    slip = text_of(browser(world.worker).get(f"/cases/{case.number}/rating-slip/"))
    assert "<svg" in slip
    assert "周桂兰" not in slip

    url, client = f"/rate/{token_of(case)}/", Client()
    page = text_of(client.get(url))
    assert case.number in page
    for hidden in ("周桂兰", "13900000001", case.title):
        assert hidden not in page
    assert client.post(url, {"solved": "yes", "satisfied": "5"}).status_code == 302
    assert 'name="satisfied"' not in text_of(client.get(url))
    client.post(url, {"solved": "no", "satisfied": "1"})
    assert [(row.satisfied, row.via) for row in Rating.objects.all()] == [(5, "counter")]


def test_an_old_a_forged_and_an_outrun_slip_do_nothing(world: World) -> None:
    case = closed(world)
    with time_machine.travel(world.now - timedelta(days=31), tick=False):
        old = token_of(case)
    with time_machine.travel(world.now, tick=False):
        for token in (old, "x" * 5_000, "abc", token_of(case)[:-2] + "zz"):
            assert Client().get(f"/rate/{token}/").status_code == 404
        current = token_of(case)
        actions.redo(case, by=world.secretary, now=world.now, version=case.version, reason="没有修好")
        assert Client().post(f"/rate/{current}/", {"solved": "yes", "satisfied": "5"}).status_code == 409
    assert not Rating.objects.exists()


# -- what those who are rated see


def test_the_rated_see_neither_level_nor_words_nor_when(world: World) -> None:
    case = closed(world)
    rate(case, BAD, world.now + timedelta(hours=5, minutes=17))

    assert BAD.text in text_of(browser(world.secretary).get(case.get_absolute_url()))
    for person in (world.worker, world.worker2, world.outsider):
        page = text_of(browser(person).get(case.get_absolute_url(), follow=True))
        assert BAD.text not in page
        assert "15:17" not in page
    events = browser(world.worker).get(f"/api/v1/cases/{case.number}/events/").json()
    assert "rated" not in {event["kind"] for event in events}
    assert browser(world.worker).get("/ratings/").status_code == 403


def test_the_rated_do_not_hear_what_was_answered_in_a_call_back(world: World) -> None:
    case = closed(world)
    said = "他连门都没进"
    actions.call_back(case, by=world.worker2, now=world.now, reached=True, solved="no", satisfied=1, text=said)
    url, events = case.get_absolute_url(), f"/api/v1/cases/{case.number}/events/"

    for person in (world.worker, world.department_worker):
        page = text_of(browser(person).get(url, follow=True))
        assert said not in page
        assert "非常不满意" not in page
    assert zh("Called back: not solved, to be done again") in text_of(browser(world.worker).get(url)), (
        "that it is done again is no secret"
    )
    told = [event["data"] for event in browser(world.worker).get(events).json() if event["kind"] == "called_back"]
    assert told == [{"callback": case.callbacks.get().pk, "reached": True, "redo": True}]
    for person in (world.worker2, world.secretary):  # who asked, and who follows it up
        assert said in text_of(browser(person).get(url))
    heard = [event["data"] for event in browser(world.secretary).get(events).json() if event["kind"] == "called_back"]
    assert heard[0]["satisfied"] == 1


def test_a_secretary_does_not_hear_the_answer_about_their_own_work_even_after_giving_it_away(world: World) -> None:
    case = closed(world, first_contact=world.secretary)
    actions.call_back(
        case, by=world.worker2, now=world.now, reached=True, solved="partly", satisfied=2, text="拖了很久"
    )
    case = fresh(case)
    actions.reopen(case, by=world.supervisor, now=world.now, version=case.version, reason="再看一次")
    case = fresh(case)
    actions.offer(case, by=world.secretary, now=world.now, version=case.version, to=world.worker, reason="请接手")
    actions.accept(fresh(case), by=world.worker, now=world.now + timedelta(minutes=5))

    assert "拖了很久" not in text_of(browser(world.secretary).get(case.get_absolute_url()))
    assert "拖了很久" in text_of(browser(world.supervisor).get(case.get_absolute_url()))


def test_a_secretary_does_not_find_the_bad_rating_of_their_own_work(world: World) -> None:
    case = closed(world, first_contact=world.secretary)
    row = rate(case, BAD, world.now)

    assert browser(world.secretary).get(f"/ratings/{row.pk}/").status_code == 404
    assert case.number not in text_of(browser(world.secretary).get("/ratings/"))
    assert browser(world.supervisor).get(f"/ratings/{row.pk}/").status_code == 200
    assert browser(world.west_secretary).get(f"/ratings/{row.pk}/").status_code == 404
    assert browser(world.stranger).get(f"/ratings/{row.pk}/").status_code == 404


# -- what follows a bad rating


def test_a_bad_rating_is_verified_by_the_close_of_the_next_working_day(world: World) -> None:
    check = badly(world)

    assert check.due_at.astimezone(world.now.tzinfo).date() == (world.now + timedelta(days=1)).date()
    drawers = {section.code: section.rows for section in build(world.secretary, world.now)}
    assert [row.number for row in drawers["bad_ratings"]] == [check.rating.case.number]
    assert not RatingCheck.objects.filter(rating=rate(closed(world), GOOD, world.now)).exists()


def test_nobody_verifies_their_own_work(world: World) -> None:
    check = badly(world)
    for person in (world.worker, world.worker2, world.west_secretary, world.stranger):
        with pytest.raises(PermissionDenied):
            acts.verify(check, by=person, now=world.now, outcome="explained", finding="不属实")
    with pytest.raises(IntegrityError, match="verified_by_is_not_the_rated"), transaction.atomic():
        RatingCheck.objects.filter(pk=check.pk).update(
            outcome="explained", verified_by=world.worker, verified_at=world.now
        )


def test_the_whole_way_from_a_bad_rating_to_the_supplement(world: World) -> None:
    check = badly(world)
    case, client = check.rating.case, browser(world.secretary)
    url = f"/ratings/{check.pk}/"
    steps: list[dict[str, str]] = [
        {"step": "verify", "outcome": "fix_by", "days": "3", "finding": "属实,备件没带"},
        {"step": "fix", "text": "已补齐灯泡并道歉"},
        {"step": "tell", "text": "对不起,灯泡已经换好"},
        {"step": "call", "text": "居民表示认可"},
    ]
    with time_machine.travel(world.now, tick=False):
        resident = follow(case)
        for sent in steps[:3]:
            assert client.post(url, sent).status_code == 302
        page = text_of(resident.get("/track/"))
        assert "对不起,灯泡已经换好" in page
        assert resident.post("/track/rate/", {"solved": "yes", "satisfied": "4"}).status_code == 302
        assert resident.post("/track/rate/", {"solved": "yes", "satisfied": "5"}).status_code == 409
        assert client.post(url, steps[3]).status_code == 302

    check.refresh_from_db()
    assert where(check) == State.DONE
    assert [row.satisfied for row in Rating.objects.order_by("id")] == [2, 4]
    taken = [event.data["step"] for event in Event.objects.filter(case=case, kind="rating_checked").order_by("seq")]
    assert taken == ["verify", "fix", "tell", "call"]


def test_more_than_fifteen_working_days_are_not_given(world: World) -> None:
    check = badly(world)
    answer = browser(world.secretary).post(
        f"/ratings/{check.pk}/", {"step": "verify", "outcome": "fix_by", "days": "16", "finding": "要等配件"}
    )
    assert answer.status_code == 422
    with broken("no_such_day"):
        acts.verify(check, by=world.secretary, now=world.now, outcome="fix_by", finding="要等配件", days=None)


def test_whether_a_rating_counts_is_decided_by_a_second_person(world: World) -> None:
    check = badly(world)
    acts.verify(check, by=world.supervisor, now=world.now, outcome="mistaken", finding="评的是另一件事")
    for person in (world.supervisor, world.secretary):
        with pytest.raises(PermissionDenied):
            acts.decide(check, by=person, now=world.now, exclude=True, text="同意")

    acts.decide(check, by=world.supervisor2, now=world.now, exclude=True, text="同意")

    check.refresh_from_db()
    assert where(check) == State.TO_TELL


def test_a_rating_that_stands_is_put_right(world: World) -> None:
    check = badly(world)
    acts.verify(check, by=world.secretary, now=world.now, outcome="mistaken", finding="评的是另一件事")
    acts.decide(check, by=world.supervisor, now=world.now, exclude=False, text="居民说的是这件事")

    check.refresh_from_db()
    assert where(check) == State.TO_FIX
    assert check.fix_by_at is not None


def test_steps_come_in_their_order_and_once(world: World) -> None:
    check = badly(world)
    with broken("wrong_state"):
        acts.tell(check, by=world.secretary, now=world.now, text="已处理")
    acts.verify(check, by=world.secretary, now=world.now, outcome="explained", finding="已解释")
    with broken("wrong_state"):
        acts.verify(check, by=world.supervisor, now=world.now, outcome="explained", finding="已解释")


def test_who_left_no_phone_is_answered_on_the_page_and_not_called(world: World) -> None:
    case = closed(world, identity="anonymous", resident_name="", resident_phone="")
    check = RatingCheck.objects.get(rating=rate(case, BAD, world.now))
    acts.verify(check, by=world.secretary, now=world.now, outcome="explained", finding="已解释")
    acts.tell(check, by=world.secretary, now=world.now, text="情况是这样的")

    check.refresh_from_db()
    assert where(check) == State.DONE
    assert rating_context(case, world.now)["rating_form"] is not None


def test_there_is_no_supplement_before_the_answer(world: World) -> None:
    check = badly(world)
    with broken("no_supplement"):
        acts.supplement(check.rating.case, GOOD, now=world.now, via="track")


def test_not_solved_in_the_supplement_opens_the_matter_again(world: World) -> None:
    check = badly(world)
    case = check.rating.case
    acts.verify(check, by=world.secretary, now=world.now, outcome="explained", finding="已解释")
    acts.tell(check, by=world.secretary, now=world.now, text="情况是这样的")

    acts.supplement(case, Answer(solved="no", satisfied=1, text="还是不亮"), now=world.now, via="track")

    assert (fresh(case).status, fresh(case).cycle) == ("handling", 2)
    drawers = {section.code: section.rows for section in build(world.supervisor, world.now)}
    assert [row.number for row in drawers["not_solved"]] == [case.number]
    followed = text_of(browser(world.secretary).get(case.get_absolute_url()))
    assert f"/ratings/{check.pk}/" in followed


def test_the_database_itself_refuses_what_cannot_be(world: World) -> None:
    check = badly(world)
    first, now, other = check.rating, world.now, closed(world)
    acts.verify(check, by=world.secretary, now=now, outcome="mistaken", finding="评的是另一件事")
    acts.remind(now=now + timedelta(days=3))
    praise = PraiseProposal.objects.create(case=other, person=world.worker, proposed_at=now)
    added = Rating(case=first.case, cycle=1, satisfied=3, solved="yes", at=now, via="track", rated=world.worker)
    added.supplements = first
    added.save()

    def again(**facts: Any) -> Rating:
        given: dict[str, Any] = {"case": first.case, "cycle": 1, "satisfied": 3, "solved": "yes", "via": "track"}
        return Rating.objects.create(**given | {"at": now, "rated": world.worker} | facts)

    def change(row: Any, **facts: Any) -> int:
        return int(type(row).objects.filter(pk=row.pk).update(**facts))

    third = closed(world)
    tried: dict[str, Callable[[], object]] = {
        "tag_fits_five_levels": lambda: RatingTag.objects.create(code="x", name="x", lowest=3, highest=6),
        "one_rating_per_cycle": again,
        "one_supplement_per_cycle": lambda: again(supplements=rate(third, BAD, now)),
        "rating_does_not_supplement_itself": lambda: change(first, supplements=first),
        "rating_has_five_levels": lambda: change(first, satisfied=6),
        "rating_says_whether_solved": lambda: change(first, solved=""),
        "rating_efficiency_has_five_levels": lambda: change(first, efficiency=0),
        "rating_result_has_five_levels": lambda: change(first, result=6),
        "rating_attitude_has_five_levels": lambda: change(first, attitude=9),
        **{
            f"{name}_is_not_the_rated": lambda name=name: change(check, **{name: world.worker})  # type: ignore[misc]
            for name in ("verified_by", "excluded_by", "fixed_by", "told_by", "called_by")
        },
        "exclusion_is_decided_by_a_second_person": lambda: change(check, excluded_by=world.secretary),
        "rating_check_has_an_outcome_if_and_only_if_verified": lambda: change(check, outcome=""),
        "resident_is_told_before_the_end": lambda: change(check, closed_at=now),
        "one_reminder_to_rate_per_cycle": lambda: RatingReminder.objects.create(case=other, cycle=1, at=now),
        "one_praise_per_case_and_person": lambda: PraiseProposal.objects.create(
            case=other, person=world.worker, proposed_at=now
        ),
        "praise_is_not_decided_by_the_praised": lambda: change(
            praise, verdict="confirmed", decided_by=world.worker, decided_at=now
        ),
        "praise_is_decided_by_somebody": lambda: change(praise, verdict="confirmed"),
    }
    models = (RatingTag, Rating, RatingCheck, RatingReminder, PraiseProposal)
    assert {constraint.name for model in models for constraint in model._meta.constraints} == set(tried)
    for name, nonsense in tried.items():
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            nonsense()


# -- reminders, praise, figures


def test_who_has_not_rated_is_asked_once_after_three_days_and_never_again(world: World) -> None:
    silent, spoken = closed(world), closed(world)
    rate(spoken, GOOD, world.now)

    assert acts.remind(now=world.now + timedelta(days=2, hours=23)) == 0
    assert acts.remind(now=world.now + timedelta(days=3)) == 1
    assert acts.remind(now=world.now + timedelta(days=4)) == 0
    assert [row.case for row in RatingReminder.objects.all()] == [silent]
    assert rating_context(silent, world.now)["rating_asked"]
    assert silent.number in text_of(browser(world.secretary).get("/ratings/"))


def test_praise_becomes_a_card_only_when_a_secretary_says_so(world: World) -> None:
    case = closed(world)
    tag = RatingTag.objects.get(code="friendly")
    rate(case, Answer(solved="yes", satisfied=5, tags=[tag]), world.now)
    row = PraiseProposal.objects.get(case=case)
    assert (row.person, row.verdict) == (world.worker, "")

    sent = {"person": str(world.worker.pk), "verdict": "confirmed", "reason": "上门三次,耐心解释"}
    assert browser(world.worker).post(f"/ratings/praise/{row.pk}/", sent).status_code == 403
    assert browser(world.secretary).get(f"/ratings/praise/{row.pk}/").status_code == 200
    assert browser(world.secretary).post(f"/ratings/praise/{row.pk}/", {"person": "x"}).status_code == 422
    assert browser(world.secretary).post(f"/ratings/praise/{row.pk}/", sent).status_code == 302

    row.refresh_from_db()
    assert (row.verdict, row.decided_by) == ("confirmed", world.secretary)


def test_a_word_of_praise_proposes_a_card_when_it_is_closed(world: World) -> None:
    case = closed(world, kind="praise")

    assert PraiseProposal.objects.get(case=case).person == world.worker


def test_the_unrated_are_never_counted_as_satisfied() -> None:
    counted = tally([5, None, None, 2, 3])

    assert (counted.closed, counted.rated, counted.unrated, counted.satisfied, counted.bad) == (5, 3, 2, 2, 1)
    assert counted.share == 67
    assert tally([None, None]).share is None


def test_where_a_check_stands_follows_from_what_was_done() -> None:
    assert state_of(Progress()) == State.TO_VERIFY
    assert state_of(Progress(outcome="fix_now")) == State.TO_FIX
    assert state_of(Progress(outcome="explained")) == State.TO_TELL
    assert state_of(Progress(outcome="mistaken")) == State.APPEALED
    assert state_of(Progress(outcome="mistaken", excluded=True)) == State.TO_TELL
    assert state_of(Progress(outcome="mistaken", excluded=False, fixed=True)) == State.TO_TELL
    assert state_of(Progress(outcome="fix_by", fixed=True, told=True)) == State.TO_CALL
    assert not may_take(Step.VERIFY, Checker(rated=True, leads=True, oversees=True))
    assert not may_take(Step.DECIDE, Checker(rated=False, leads=True, oversees=False))


def test_the_reasons_offered_carry_their_levels(world: World) -> None:
    page = text_of(Client().get(f"/rate/{token_of(closed(world))}/"))

    assert len(re.findall(r'data-levels="(?:4 5|3|1 2)"', page)) == RatingTag.objects.count()


def test_an_administrator_words_the_reasons_and_switches_them_off_but_deletes_none(world: World) -> None:
    client, tag = browser(world.admin), RatingTag.objects.get(code="rude")
    page = f"/admin/complaints/ratingtag/{tag.pk}/change/"
    sent = {"code": "rude", "name": "说话生硬", "about": "attitude", "lowest": 1, "highest": 2, "place": 3}

    assert client.post(page, sent).status_code == 302
    assert client.post("/admin/complaints/ratingtag/add/", sent | {"code": "late", "name": "来晚了"}).status_code == 302
    assert client.post(f"/admin/complaints/ratingtag/{tag.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.post(page, sent | {"lowest": 6}).status_code == 200, "no such level"
    assert browser(world.supervisor).post(page, sent).status_code == 302
    tag.refresh_from_db()
    assert (tag.name, tag.is_active) == ("说话生硬", False)
    assert "说话生硬" not in text_of(Client().get(f"/rate/{token_of(closed(world))}/"))
