"""What a reader says at the foot of an item's page, who reads it, and what is never kept of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from complaints.actions.retention import forget_guide_words
from complaints.models import RetentionRule
from config.guard import doors, proof
from config.guard import forms as guarded
from config.guard.limits import Limit
from services.forms_guide import RatingForm
from services.models_guide import GuideRating, ServiceItem
from tests.services.guide_world import guide, shown, zh  # noqa: F401
from tests.world import World

ITEM = "/guide/mz01/"
THANKS = "Thank you. Whoever keeps this list reads what you said."
NO_NUMBERS = (
    "Please leave out phone and identity numbers: nobody can call back from here. "
    "For an answer call the number on this page."
)
pytestmark = pytest.mark.usefixtures("guide")


@pytest.fixture(autouse=True)
def now(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(proof, "WAIT", dict.fromkeys(proof.WAIT, -1))
    monkeypatch.setattr(RatingForm, "too_quick", timedelta(0))
    with time_machine.travel(world.now, tick=False):
        yield


def filled(client: Client, **changes: str) -> dict[str, str]:
    page = client.get(ITEM).text
    hidden = dict(re.findall(r'<input type="hidden" name="(stamp|ticket)" value="([^"]*)"', page))
    return {**hidden, "choice": "unclear", "words": ""} | changes


def rate(client: Client, **changes: str) -> Any:
    return client.post(ITEM, filled(client, **changes))


def test_a_reader_says_in_one_tick_whether_the_list_is_useful(client: Client, world: World) -> None:
    page = shown(client.get(ITEM).text)
    for said in ("Is this list useful?", *(choice.label for choice in GuideRating.Choice)):
        assert zh(str(said)) in page
    answer = rate(client, choice="wrong", words="  实际要的是\n三份复印件 ")
    assert (answer.status_code, answer["Location"]) == (302, f"{ITEM}?rated=1#rate")
    thanked = client.get(answer["Location"])
    assert zh(THANKS) in shown(thanked.text)
    assert 'name="choice"' not in thanked.text, "nobody is asked again"
    row = GuideRating.objects.get()
    assert (row.item.code, row.choice, row.words, row.day) == (
        "MZ01",
        "wrong",
        "实际要的是 三份复印件",
        date(2026, 11, 18),
    )
    assert row.revised_at == row.item.revised_at


def test_nothing_of_the_reader_is_kept(client: Client, world: World) -> None:
    client.post(ITEM, filled(client), REMOTE_ADDR="203.0.113.77", HTTP_USER_AGENT="Marked/1.0")
    columns = {field.name for field in GuideRating._meta.get_fields()}
    assert columns == {"id", "item", "revised_at", "choice", "words", "day"}
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(t::text, ' ') FROM guard_tally t")
        assert "203.0.113" not in str(cursor.fetchone()[0])
    assert "sessionid" not in client.cookies


@pytest.mark.parametrize(
    "words",
    [
        "请打我电话13911112222",
        "请打139 1111 2222",
        "打１３９-１１１１-２２２２给我",
        "x13911112222",
        "电话010-55501000",
        "身份证11010519491231002X",
    ],
)
def test_a_number_in_the_words_is_refused_and_the_typed_text_stays(client: Client, words: str) -> None:
    answer = rate(client, words=words)
    assert answer.status_code == 422
    assert zh(NO_NUMBERS) in shown(answer.text)
    assert words in answer.text
    assert not GuideRating.objects.exists()


@pytest.mark.parametrize(
    "words",
    [
        "\x00",
        "字" * 1_000_000,
        "\u202e倒着",
        "<script>alert(1)</script>",
        "😀",
        "2026年要3份，共25元",
        "'; DROP TABLE x",
    ],
)
def test_whatever_is_typed_there_is_never_an_error(client: Client, words: str) -> None:
    answer = rate(client, words=words)
    assert answer.status_code == (422 if len(words) > 200 else 302)
    assert GuideRating.objects.count() == (answer.status_code == 302)
    assert not GuideRating.objects.filter(words__contains="\u202e").exists()


def test_nothing_ticked_is_said_beside_the_question(client: Client) -> None:
    for choice in ("", "nonesuch"):
        answer = rate(client, choice=choice, words="看不懂")
        assert answer.status_code == 422
        assert zh("Please tick one.") in shown(answer.text)
        assert 'value="看不懂"' in answer.text
    assert client.post("/guide/nonesuch1/", {"choice": "clear"}).status_code == 404


def test_machines_are_told_apart_by_the_field_they_fill_in_and_an_old_page_by_its_stamp(client: Client) -> None:
    assert rate(client, website="https://spam.example").status_code == 422
    for stamp in ("", "forged", guarded.stamp("report", timezone.now())):
        assert rate(client, stamp=stamp).status_code == 422
    assert not GuideRating.objects.exists()


def test_many_ticks_of_one_network_first_wait_and_then_stop_while_another_goes_on(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = doors.Door("guide", Limit("guide.few", 600, harder=2, most=4), Limit("guide.few.all", 60, harder=100))
    monkeypatch.setattr("services.views.GUIDE", few)
    answers = [rate(client) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [302, 302, 422, 422, 429, 429]
    assert 'name="ticket" value="' in answers[2].text, "the button works again after a moment"
    assert int(answers[4]["Retry-After"]) > 0
    elsewhere = client.post(ITEM, filled(client), REMOTE_ADDR="198.51.100.9")
    assert elsewhere.status_code == 302
    assert GuideRating.objects.count() == 3


def test_the_ticket_of_a_page_that_had_to_wait_sends_the_tick(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    few = doors.Door("guide", Limit("guide.one", 600, harder=0, most=9), Limit("guide.one.all", 60, harder=100))
    monkeypatch.setattr("services.views.GUIDE", few)
    waited = rate(client, words="看不懂")
    ticket = re.search(r'name="ticket" value="([^"]+)"', waited.text)
    assert ticket
    assert rate(client, ticket=ticket[1], words="看不懂").status_code == 302
    assert GuideRating.objects.get().words == "看不懂"


def test_the_database_refuses_what_is_no_choice_and_a_mobile_number() -> None:
    item, day = ServiceItem.objects.get(code="MZ01"), date(2026, 11, 18)
    for name, told in (
        ("guide_rating_is_known", {"choice": "best"}),
        ("guide_rating_holds_no_mobile_number", {"choice": "clear", "words": "找13911112222"}),
    ):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            GuideRating.objects.create(item=item, day=day, **told)


def test_whoever_keeps_the_guide_reads_counts_and_words(client: Client, world: World) -> None:
    for choice, words in (("clear", ""), ("clear", ""), ("unclear", "第二步找谁"), ("wrong", "窗口已搬")):
        rate(client, choice=choice, words=words)
    client.force_login(world.admin)
    item = ServiceItem.objects.get(code="MZ01")
    assert "2 / 1 / 1" in client.get("/admin/services/serviceitem/").text
    link = f"/admin/services/guiderating/?item__id__exact={item.pk}"
    assert f'href="{link}"' in client.get(ITEM).text
    page = shown(client.get(link).text)
    assert "第二步找谁" in page
    assert "窗口已搬" in page
    assert client.get("/admin/services/guiderating/add/").status_code == 403
    row = GuideRating.objects.all()[0]
    assert client.post(f"/admin/services/guiderating/{row.pk}/change/", {"words": "很好"}).status_code == 403
    assert client.post(f"/admin/services/guiderating/{row.pk}/delete/", {"post": "yes"}).status_code == 403
    client.post(f"/admin/services/serviceitem/{item.pk}/delete/", {"post": "yes"})
    assert not ServiceItem.objects.filter(pk=item.pk).exists(), "an item still goes with what was said of it"


def test_residents_and_other_staff_do_not_see_what_readers_said(client: Client, world: World) -> None:
    rate(client, words="第二步找谁")
    for person in (None, world.worker):
        if person:
            client.force_login(person)
        page = client.get(ITEM).text
        assert "第二步找谁" not in page
        assert "guiderating" not in page


def test_words_are_forgotten_when_their_time_is_over_and_ticks_stay(client: Client, world: World) -> None:
    RetentionRule.objects.all().delete()
    RetentionRule.objects.create(kind="", days=365, valid_from=date(2020, 1, 1), reason="默认")
    item, today = ServiceItem.objects.get(code="MZ01"), world.now.date()
    for days in (366, 365):
        GuideRating.objects.create(item=item, choice="wrong", words="窗口已搬", day=today - timedelta(days=days))
    assert forget_guide_words(now=world.now, dry_run=True) == 1
    assert GuideRating.objects.filter(words="窗口已搬").count() == 2
    assert forget_guide_words(now=world.now) == 1
    assert list(GuideRating.objects.values_list("choice", "words")) == [("wrong", "窗口已搬"), ("wrong", "")]
    assert forget_guide_words(now=world.now) == 0
