"""Residents with a number hear that something happened: once, without a word of the matter, whatever the gateway does."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import IntegrityError, connection

from complaints import actions
from complaints.actions import data_requests, rating
from complaints.actions.notices import TRIES, due_notices, next_try, send_notices
from complaints.actions.rated import Answer
from complaints.models import Case, Notice, Resident
from config.lib import channels
from config.lib.channels import NotDelivered, Word
from tests.services.guide_world import zh
from tests.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def today(world: World) -> Iterator[None]:
    with time_machine.travel(world.now, tick=False):
        yield


class Gateway:
    """Remembers what it was given and answers as told."""

    def __init__(self) -> None:
        self.words: list[Word] = []
        self.broken = False

    def send(self, word: Word) -> None:
        if self.broken:
            raise NotDelivered("HTTP 503")
        self.words.append(word)


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Gateway:
    made = Gateway()
    monkeypatch.setitem(channels.CHANNELS, "console", lambda: made)
    return made


def answered(world: World, **known: Any) -> Case:
    case = world.log(at=world.now - timedelta(hours=3), **known)
    actions.reply(case, by=world.worker, now=world.now, text="已派维修工,明天上午到。")
    case.refresh_from_db()
    return case


def concluded(world: World, case: Case) -> None:
    actions.conclude(
        case, by=world.worker, now=world.now, version=case.version, outcome="resolved", text="楼道灯已经换好。"
    )


# ---- who hears what


def test_an_answer_is_told_with_number_and_nothing_of_the_matter(world: World, gateway: Gateway) -> None:
    case = answered(world)
    assert send_notices(now=world.now).sent == 1
    (word,) = gateway.words
    assert (word.to, word.number) == ("13900000001", case.number)
    assert case.number in word.text
    for secret in ("灯", "维修", "周桂兰", "13900000001"):
        assert secret not in word.text


def test_each_event_is_told_once_however_often_the_task_runs(world: World, gateway: Gateway) -> None:
    case = answered(world)
    concluded(world, case)
    for minute in range(4):
        send_notices(now=world.now + timedelta(minutes=minute))
    assert sorted(Notice.objects.values_list("what", flat=True)) == ["concluded", "replied"]
    assert len(gateway.words) == 2


def test_who_has_not_rated_is_reminded_by_one_text_and_never_again(world: World, gateway: Gateway) -> None:
    silent, moved = world.log(at=world.now - timedelta(hours=3)), world.log(at=world.now - timedelta(hours=3))
    rated = world.log(at=world.now - timedelta(hours=3))
    for case in (silent, moved, rated):
        case.refresh_from_db()
        concluded(world, case)
    Resident.objects.filter(case=moved).delete()
    send_notices(now=world.now)
    gateway.words.clear()
    later = world.now + timedelta(days=3)
    assert rating.remind(now=later) == 3
    rating.rate(rated, Answer(solved="yes", satisfied=5), now=later, via="track")

    for hours in (0, 1, 24, 72):
        rating.remind(now=later + timedelta(hours=hours))
        send_notices(now=later + timedelta(hours=hours))

    (word,) = gateway.words
    assert word.number == silent.number
    assert zh("It was finished some days ago: is it solved? Two ticks are enough; we ask only this once.") in word.text


def test_another_channel_tells_nothing_twice(world: World, gateway: Gateway, settings: Any) -> None:
    answered(world)
    send_notices(now=world.now)
    settings.NOTICE_CHANNEL = "email"
    assert due_notices(world.now) == 0


@pytest.mark.parametrize(
    ("known", "told"),
    [
        ({}, 1),
        ({"identity": "confidential"}, 1),
        ({"identity": "anonymous", "resident_name": "", "resident_phone": ""}, 0),
        ({"resident_phone": ""}, 0),
    ],
)
def test_only_who_left_a_number_is_told(world: World, gateway: Gateway, known: dict[str, Any], told: int) -> None:
    answered(world, **known)
    assert due_notices(world.now) == told


def test_a_number_left_with_an_anonymous_case_is_never_used(world: World, gateway: Gateway) -> None:
    case = answered(world)
    due_notices(world.now)
    Case.objects.filter(pk=case.pk).update(identity="anonymous")
    assert send_notices(now=world.now).given_up == 1
    assert not gateway.words


def test_a_call_without_success_is_told_and_a_talk_is_not(world: World, gateway: Gateway) -> None:
    case = world.log(at=world.now - timedelta(hours=3))
    for reached in (True, False):
        actions.contact(
            case, by=world.worker, now=world.now, way="phone", reached=reached, substantive=False, text="电话联系"
        )
    assert due_notices(world.now) == 1


def test_what_happened_days_ago_wakes_nobody(world: World, gateway: Gateway) -> None:
    answered(world)
    assert due_notices(world.now + timedelta(days=3)) == 0


def test_who_asked_about_their_data_hears_of_the_decision(world: World, gateway: Gateway) -> None:
    case = world.log(at=world.now - timedelta(hours=3))
    row = data_requests.ask(case, now=world.now, kind="deletion")
    data_requests.decide(row, by=world.secretary, now=world.now, grant=False, reason="还在办")
    send_notices(now=world.now)
    assert [word.number for word in gateway.words] == [case.number]


def test_who_was_forgotten_meanwhile_is_not_told(world: World, gateway: Gateway) -> None:
    case = answered(world)
    due_notices(world.now)
    Resident.objects.filter(case=case).delete()
    assert send_notices(now=world.now).given_up == 1
    assert not gateway.words


def test_a_neighbour_who_joined_hears_that_it_is_finished(world: World, gateway: Gateway) -> None:
    main = answered(world, resident_phone="")
    joined = world.log(at=world.now - timedelta(hours=1), resident_phone="13900000002")
    actions.merge(joined, by=world.worker, now=world.now, version=joined.version, into=main, text="同一件事")
    concluded(world, main)
    send_notices(now=world.now)
    assert [(word.number, word.to) for word in gateway.words] == [(joined.number, "13900000002")]


# ---- trying again


def test_a_gateway_that_is_down_is_asked_again_ever_more_rarely(world: World, gateway: Gateway) -> None:
    answered(world)
    gateway.broken = True
    now, waits = world.now, []
    for _try in range(TRIES):
        send_notices(now=now)
        row = Notice.objects.get()
        waits.append(int((row.next_at - now).total_seconds() // 60))
        now = row.next_at
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    assert (row.tries, row.dead_at is not None, row.error) == (8, True, "HTTP 503")
    gateway.broken = False
    send_notices(now=now + timedelta(hours=1))
    assert not gateway.words


def test_before_its_time_nothing_is_tried(world: World, gateway: Gateway) -> None:
    answered(world)
    gateway.broken = True
    send_notices(now=world.now)
    gateway.broken = False
    assert send_notices(now=world.now + timedelta(seconds=30)).sent == 0
    assert send_notices(now=world.now + timedelta(seconds=60)).sent == 1
    assert len(gateway.words) == 1
    assert next_try(1, world.now) == world.now + timedelta(minutes=1)


@pytest.mark.django_db(transaction=True)
def test_four_workers_at_once_send_each_notice_once(world: World, gateway: Gateway) -> None:
    for n in range(6):
        answered(world, resident_phone=f"1390000001{n}")

    def work(_n: int) -> None:
        send_notices(now=world.now)
        connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert sorted(word.to for word in gateway.words) == [f"1390000001{n}" for n in range(6)]
    assert Notice.objects.filter(sent_at__isnull=False).count() == 6


def test_the_database_keeps_a_notice_once(world: World) -> None:
    case = answered(world)
    due_notices(world.now)
    twin = {"case": case, "what": "replied", "version": case.version, "channel": "console"}
    with pytest.raises(IntegrityError, match="notice_is_written_once"):
        Notice.objects.create(**twin, made_at=world.now, next_at=world.now)


# ---- the channels


WORD = Word(to="13900000001", text="您的诉求有了答复。", number="TST-1", key="TST-1-replied-2")


def test_the_log_never_holds_the_number(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        channels.channel("console").send(WORD)
    assert "TST-1" in caplog.text
    assert "13900000001" not in caplog.text + repr(WORD)


def test_mail_goes_to_the_address_made_of_the_number(settings: Any) -> None:
    settings.NOTICE_MAIL_TO = "{phone}@139.example"
    channels.channel("email").send(WORD)
    assert mail.outbox[0].to == ["13900000001@139.example"]


def test_the_webhook_is_signed_and_takes_no_detour(settings: Any) -> None:
    got: list[tuple[dict[str, str], bytes]] = []
    codes = [200, 503, 302]

    class Office(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(codes[len(got) - 1])
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *args: Any) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Office)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.NOTICE_URL, settings.NOTICE_SECRET = f"http://127.0.0.1:{server.server_port}/sms", "s" * 32
    try:
        hook = channels.channel("webhook")
        hook.send(WORD)
        for code in ("503", "302"):
            with pytest.raises(NotDelivered, match=f"HTTP {code}"):
                hook.send(WORD)
    finally:
        server.shutdown()
        server.server_close()
    headers, body = got[0]
    assert json.loads(body) == {"key": WORD.key, "to": WORD.to, "text": WORD.text}
    assert headers["X-Linli-Signature"] == channels.signature("s" * 32, headers["X-Linli-Time"], body)
    assert len(got) == 3
    with pytest.raises(NotDelivered) as refusal:
        hook.send(WORD)
    assert "13900000001" not in str(refusal.value)


@pytest.mark.parametrize("name", ["pigeon", "webhook", "email"])
def test_a_channel_that_is_not_set_up_says_so_before_anything_is_tried(world: World, settings: Any, name: str) -> None:
    answered(world)
    settings.NOTICE_CHANNEL = name
    with pytest.raises(ImproperlyConfigured):
        send_notices(now=world.now)
    assert not Notice.objects.exists()


@pytest.mark.parametrize(
    ("given", "mobile"),
    [("139 0000 0001", "13900000001"), ("+86-139-0000-0001", "13900000001"), ("010-5550 1000", ""), ("问儿子", "")],
)
def test_only_mobile_numbers_get_a_text(given: str, mobile: str) -> None:
    assert channels.mobile(given) == mobile


def test_the_command_counts_for_machines(world: World, gateway: Gateway, capsys: pytest.CaptureFixture[str]) -> None:
    answered(world)
    call_command("send_notices", "--json")
    assert json.loads(capsys.readouterr().out) == {"written": 1, "sent": 1, "failed": 0, "given_up": 0}
