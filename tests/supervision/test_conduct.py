"""Somebody who is afraid reports on conduct: heard by the right people, found by nobody else."""

from __future__ import annotations

import contextlib
import hashlib
import io
import logging
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.http import Http404
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, reverse
from PIL import Image

from complaints.models import RetentionRule
from config.guard import proof
from config.guard.forms import stamp
from config.guard.limits import Stage
from config.lib import codes
from config.lib.errors import RuleBroken
from config.lib.photos import Photo
from staff.models import Person, Post
from supervision.conduct import access, actions, queries
from supervision.conduct.actions import Receipt, Submission
from supervision.conduct.retention import forget_conduct
from supervision.conduct.rules import Part
from supervision.models import (
    AccessLog,
    Accused,
    ConductEvent,
    ConductMessage,
    ConductPhoto,
    ConductReport,
    ReporterIdentity,
    StreetLeader,
)
from tests.services.guide_world import zh
from tests.world import World

pytestmark = pytest.mark.django_db

TEXT, WHO, WHERE, WHEN = "暗号琥珀甲:窗口工作人员让我跑了五趟", "王强", "暗号琥珀乙号窗口", "暗号琥珀丙时"
NAME, CONTACT = "暗号琥珀丁", "暗号琥珀戊电话"
MARK = "琥珀"
AGENT, ADDRESS = "AmberBrowser/7.7", "203.0.113.77"
Become = Callable[[], None]


@pytest.fixture(autouse=True)
def on_that_day(world: World) -> Any:
    with time_machine.travel(world.now, tick=False):
        yield


def told(world: World, **known: Any) -> Submission:
    facts: dict[str, Any] = {
        "once": "k" * 22, "street": world.street, "community": world.east, "text": TEXT, "who": WHO, "place": WHERE,
        "happened": WHEN, "category": "delay",
    }  # fmt: skip
    return Submission(**facts | known)


def report(world: World, **known: Any) -> Receipt:
    return actions.submit(told(world, **known), now=world.now)


def fields(world: World, **known: Any) -> dict[str, Any]:
    return {
        "text": TEXT, "works_at": f"community-{world.east.pk}", "who": WHO, "place": WHERE, "happened": WHEN,
        "category": "delay", "identity": "anonymous", "once": "o" * 22, **ready(world),
    } | known  # fmt: skip


def ready(world: World) -> dict[str, str]:
    """What a page carries that was opened half a minute ago."""
    opened = world.now - timedelta(seconds=30)
    return {"stamp": stamp("conduct", opened), "ticket": proof.ticket("conduct", Stage.NORMAL, now=opened)}


def send(world: World, **known: Any) -> Any:
    client = Client(headers={"user-agent": AGENT}, REMOTE_ADDR=ADDRESS)
    return client.post("/conduct/", fields(world, **known))


def as_(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def page(response: Any) -> str:
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return str(body.decode(errors="replace"))


def shown_code(response: Any) -> tuple[str, str]:
    found = re.findall(r'receipt-number num[^"]*">([^<]+)<', page(response))
    return found[0], found[1]


def jpeg() -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "orange").save(out, "JPEG", exif=b"Exif\0\0AMBER-EXIF")
    return SimpleUploadedFile("amber-name.jpg", out.getvalue(), "image/jpeg")


def dump() -> str:
    """Every table as text."""
    parts = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT coalesce(string_agg(t::text, chr(10)), '') FROM \"{table}\" t")
            parts.append(f"{table}\n{cursor.fetchone()[0]}")
    return "\n".join(parts)


def steady(text: str) -> str:
    """Without what is made anew for every page (nonces, tokens, keys of forms) and the address that was asked for."""
    text = re.sub(r'<input type="hidden"[^>]*>|nonce="[^"]*"|X-CSRFToken": "[^"]*"', "", text)
    text = re.sub(r"[0-9a-f]{16,}", "", text)
    return re.sub(r"/supervision/conduct/ZF[^\"'<]*", "", text)


# Telling


def test_a_stranger_reports_without_log_in_and_gets_number_code_and_a_promised_day(world: World) -> None:
    response = send(world)
    number, code = shown_code(response)
    row = ConductReport.objects.get()
    assert (row.number, row.category, row.community_id, row.text, row.who) == (
        number,
        "delay",
        world.east.pk,
        TEXT,
        WHO,
    )
    assert codes.typed(code) == code and row.code_hash.startswith("$argon2id$") and code not in dump()
    assert timezone_text(row.notice_due_at) == "2026-12-09", "15 working days after a Wednesday"
    assert "12月9日" in page(response)
    assert response["Cache-Control"].find("no-store") >= 0 and not response.cookies.get("sessionid")


def timezone_text(at: datetime) -> str:
    from django.utils import timezone

    return timezone.localdate(at).isoformat()


def test_the_form_says_what_anonymous_means_without_pointing_at_fields_nobody_sees(world: World) -> None:
    shown = page(Client().get("/conduct/"))
    assert "选择匿名的，姓名和联系方式都不保存。" in shown and "这两栏" not in shown


def test_the_form_needs_two_things_and_keeps_what_was_typed(world: World) -> None:
    assert send(world, who="", place="", happened="", category="").status_code == 200
    assert ConductReport.objects.get().category == "other"
    response = send(world, text="", once="p" * 22)
    assert response.status_code == 422 and WHERE in page(response)
    assert send(world, text="\u200b\u00ad", once="p" * 22).status_code == 422, "nobody could read it"
    assert send(world, identity="named", once="p" * 22).status_code == 422
    assert send(world, identity="named", name="\u200b", once="p" * 22).status_code == 422
    assert send(world, identity="confidential", once="p" * 22).status_code == 422
    assert send(world, works_at="community-99999", once="p" * 22).status_code == 422
    assert ConductReport.objects.count() == 1


@pytest.mark.parametrize(
    "bad", ["a\0b", "x" * 1_000_000, "\u202etxt", "\ud800", "<script>alert(1)</script>", "😀" * 50]
)
@pytest.mark.parametrize(
    "field", ["text", "who", "place", "happened", "name", "contact", "once", "works_at", "category"]
)
def test_hostile_input_gets_a_sentence_never_an_error(world: World, field: str, bad: str) -> None:
    body = fields(world, **{"identity": "named", "name": "甲", "contact": "乙", field: bad})
    data = "&".join(f"{key}={quoted(value)}" for key, value in body.items())
    response = Client().post("/conduct/", data, content_type="application/x-www-form-urlencoded")
    assert response.status_code in {200, 400, 422}
    assert "<script>alert(1)" not in page(response)


def quoted(text: str) -> str:
    from urllib.parse import quote

    return quote(text, errors="surrogatepass")


def test_the_same_form_sent_again_is_one_report_with_the_same_receipt(world: World) -> None:
    first, second = send(world), send(world)
    assert shown_code(first) == shown_code(second)
    assert ConductReport.objects.count() == 1 and ConductEvent.objects.count() == 1


@pytest.mark.parametrize(
    "other",
    [
        {"text": f"{MARK}另一件事"},
        {"who": "赵雪"},
        {"works_at": "street"},
        {"identity": "named", "name": NAME},
        {"photos": 1},
    ],
)
def test_other_words_under_the_same_key_are_another_report_with_its_own_code(
    world: World, other: dict[str, Any]
) -> None:
    changed = other | {"photos": jpeg()} if "photos" in other else other
    changed = changed | {"works_at": f"street-{world.street.pk}"} if "works_at" in other else changed
    first, second = send(world), send(world, **changed)
    ours, theirs = shown_code(first), shown_code(second)
    assert ours[0] != theirs[0] and ours[1] != theirs[1]
    assert shown_code(send(world)) == ours, "the first one again has its own receipt"
    assert ConductReport.objects.count() == 2
    for number, code in (ours, theirs):
        assert number in page(open_with(number, code))
    assert ours[0] not in page(open_with(ours[0], theirs[1]))


def open_with(number: str, code: str) -> Any:
    client = Client()
    client.post("/conduct/track/", {"number": number, "code": code})
    return client.get("/conduct/track/")


def test_the_key_of_a_form_and_its_words_cannot_be_tried_from_a_dump(world: World) -> None:
    send(world)
    once, secret = ConductReport.objects.get().once, "o" * 22
    assert secret not in dump()
    assert once not in {hashlib.sha256(tried.encode()).hexdigest() for tried in (TEXT, secret, secret + TEXT)}


def test_a_reload_of_the_receipt_shows_the_code_for_ten_minutes_only(world: World) -> None:
    body = fields(world)
    number, code = shown_code(Client().post("/conduct/", body))
    with time_machine.travel(world.now + timedelta(minutes=9), tick=False):
        assert shown_code(Client().post("/conduct/", body)) == (number, code)
    with time_machine.travel(world.now + timedelta(minutes=11), tick=False):
        later = page(Client().post("/conduct/", body))
    assert number in later and code not in later and "conduct-code" not in later
    assert zh("This was sent before. The code has been shown and cannot be shown again.") in later
    assert ConductReport.objects.count() == 1


def test_a_snapshot_comes_with_the_camera_first_and_leaves_only_pixels(world: World) -> None:
    snap = page(Client().get("/conduct/?snap=1"))
    assert snap.index('name="photos"') < snap.index('name="text"') and 'capture="environment"' in snap
    assert "capture=" not in page(Client().get("/conduct/"))
    assert Client().post("/conduct/?snap=1", fields(world, photos=jpeg())).status_code == 200
    photo = ConductPhoto.objects.get()
    text = dump()
    assert "AMBER-EXIF" not in text and "amber-name" not in text
    client = as_(world.discipline)
    found = ConductReport.objects.get()
    shown = client.get(reverse("conduct_photo", args=[found.number, photo.pk]))
    assert shown["Content-Type"] == "image/jpeg" and b"AMBER-EXIF" not in shown.content
    assert AccessLog.objects.filter(what="photo", person=world.discipline).count() == 1


def test_what_is_no_photo_is_refused_with_a_sentence_and_nothing_is_kept(world: World) -> None:
    bad = SimpleUploadedFile("a.jpg", b"<html>" * 100, "image/jpeg")
    response = Client().post("/conduct/", fields(world, photos=bad))
    assert response.status_code == 422 and TEXT in page(response)
    assert not ConductReport.objects.exists()


def test_an_anonymous_report_keeps_no_mark_of_the_browser_or_the_person(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    send(world, name=NAME, contact=CONTACT)
    assert not ReporterIdentity.objects.exists()
    text = dump() + caplog.text
    for mark in (AGENT, ADDRESS, NAME, CONTACT, MARK):
        assert mark not in text, "what was said is sealed, who said it is not kept at all"
    assert ConductReport.objects.get().text == TEXT


def test_a_signed_in_reporter_leaves_no_account_either(world: World) -> None:
    client = as_(world.delegate)
    client.post("/conduct/", fields(world))
    row = ConductReport.objects.get()
    event = ConductEvent.objects.get()
    assert event.by_id is None and not hasattr(row, "by")
    assert not ReporterIdentity.objects.exists()


# Leaders of the street


@pytest.mark.parametrize(
    "known", [{"about_leader": "on", "who": ""}, {"who": "周 启明 副书记"}, {"who": "你们的街道党工委书记"}]
)
def test_about_a_leader_nothing_is_stored_and_the_district_is_shown(
    world: World, caplog: pytest.LogCaptureFixture, known: dict[str, str]
) -> None:
    caplog.set_level(logging.DEBUG)
    StreetLeader.objects.create(street=world.street, name="周启明", title="街道党工委书记")
    before = dump()
    caplog.clear()
    response = send(world, **known)
    assert response.status_code == 200 and "12388" in page(response)
    assert MARK in page(response), "the text goes back to the browser, to be copied"
    assert dump() == before
    assert MARK not in caplog.text and not response.cookies.get("sessionid")
    assert "no-store" in response["Cache-Control"]


@pytest.fixture
def leader(world: World) -> StreetLeader:
    return StreetLeader.objects.create(street=world.street, name="司徒明远", title="街道党工委书记")


@pytest.mark.parametrize(
    "known",
    [
        {"who": "", "text": f"{MARK}街道党工委书记司徒明远收了红包"},
        {"who": "", "place": f"{MARK}司徒明远办公室"},
        {"who": "", "text": f"{MARK}街道书记收了红包"},
        {"who": "街道书记"},
        {"who": "街道办主任"},
        {"who": "司徒书记"},
    ],
)
def test_a_leader_named_anywhere_or_called_by_a_short_title_leaves_no_trace(
    world: World, leader: StreetLeader, known: dict[str, str]
) -> None:
    before = dump()
    response = send(world, **known)
    assert response.status_code == 200 and "12388" in page(response)
    assert zh("Back to the form") in page(response) and MARK in page(response)
    assert dump() == before
    with pytest.raises(RuleBroken) as refusal:
        report(world, **known)
    assert refusal.value.code == "about_leader"
    assert not ConductReport.objects.exists()


def carried(response: Any) -> dict[str, str]:
    """What the page brings along unseen."""
    hidden = re.findall(r'<input type="hidden" name="([^"]+)"(?: value="([^"]*)")?', page(response))
    return {name: unescape(value) for name, value in hidden if name != "csrfmiddlewaretoken"}


def test_an_office_mentioned_in_the_text_can_be_said_not_to_be_meant(world: World, leader: StreetLeader) -> None:
    text = f"{MARK}窗口不办,我已找过街道党工委书记"
    asked = send(world, text=text)
    assert zh("Not about a leader of the street: send it") in page(asked)
    sent = Client().post("/conduct/", carried(asked) | {"no_leader": "on"})
    number, _code = shown_code(sent)
    row = ConductReport.objects.get()
    assert (row.number, row.text, row.who, row.place) == (number, text, WHO, WHERE)


def test_a_name_cannot_be_said_away_but_the_form_comes_back_as_it_was_typed(world: World, leader: StreetLeader) -> None:
    asked = send(world, text=f"{MARK}司徒明远收了红包", no_leader="on")
    assert "12388" in page(asked) and not ConductReport.objects.exists()
    assert zh("Not about a leader of the street: send it") not in page(asked)
    back = page(Client().post("/conduct/", carried(asked) | {"go": "edit"}))
    for typed in (f"{MARK}司徒明远收了红包", WHO, WHERE, WHEN):
        assert typed in back
    assert f'value="community-{world.east.pk}" selected' in back and not ConductReport.objects.exists()


def test_with_photos_the_form_comes_back_with_the_answer_and_goes_through(world: World, leader: StreetLeader) -> None:
    text = f"{MARK}已找过街道党工委书记"
    asked = Client().post("/conduct/", fields(world, text=text, photos=jpeg()))
    assert zh("Photos have to be chosen again.") in page(asked) and not ConductReport.objects.exists()
    back = Client().post("/conduct/", carried(asked) | {"go": "photos"})
    assert text in page(back)
    again = carried(back) | ready(world)
    sent = Client().post("/conduct/", fields(world, text=text, photos=jpeg()) | again)
    assert shown_code(sent) and ConductPhoto.objects.count() == 1


@pytest.mark.parametrize("who", ["社区书记", "居委会主任", "东园社区司徒书记"])
def test_a_community_s_secretary_or_director_can_be_reported(world: World, leader: StreetLeader, who: str) -> None:
    assert shown_code(send(world, who=who, text=f"{MARK}{who}不办事"))
    assert ConductReport.objects.get().who == who


def test_only_discipline_officers_keep_the_list_of_leaders(world: World) -> None:
    client = as_(world.discipline)
    assert (
        client.post("/supervision/conduct/leaders/", {"name": "周启明", "title": "街道办事处主任"}).status_code == 302
    )
    assert client.post("/supervision/conduct/leaders/", {"name": "周启明", "title": "主任"}).status_code == 409
    for person in (world.supervisor, world.admin, world.secretary):
        assert as_(person).get("/supervision/conduct/leaders/").status_code == 404
    leader = StreetLeader.objects.get()
    assert as_(world.admin).post("/supervision/conduct/leaders/", {"gone": leader.pk}).status_code == 404
    client.post("/supervision/conduct/leaders/", {"gone": leader.pk})
    assert not StreetLeader.objects.exists()


# Who sees it


def test_it_is_routed_past_the_person_their_unit_and_everybody_by_rank(world: World) -> None:
    found = report(world).report
    assert {row.person_id for row in Accused.objects.all()} == {world.worker2.pk}, "recognised by the name"
    assert access.report_for(world.discipline, found.number)[1] is Part.OFFICER
    for person in (world.worker2, world.worker, world.secretary, world.supervisor, world.admin, world.stranger):
        with pytest.raises(Http404):
            access.report_for(person, found.number)


def test_an_officer_who_is_named_sees_nothing_and_the_report_waits_for_the_district(world: World) -> None:
    receipt = report(world, text=f"{TEXT},韩正也知道")
    assert receipt.held and receipt.report.status == "needs_district"
    assert MARK not in page(as_(world.discipline).get("/supervision/conduct/"))
    again = send(world, text=f"{TEXT},韩 正 也知道", once="z" * 22)
    assert "12388" in page(again), "the receipt says that nobody here can look"


def test_a_second_officer_takes_over_when_the_first_is_concerned(world: World) -> None:
    other = world.person("discipline2", "罗清", Post.Role.DISCIPLINE)
    found = report(world, who="韩正").report
    assert access.report_for(other, found.number)[1] is Part.OFFICER
    with pytest.raises(Http404):
        access.report_for(world.discipline, found.number)


def test_an_officer_with_a_post_in_the_unit_is_a_colleague(world: World) -> None:
    Post.objects.create(
        person=world.discipline, role="worker", street=world.street, unit=world.department, since="2020-01-01"
    )
    world.discipline = Person.objects.get(pk=world.discipline.pk)
    assert report(world, community=None, unit=world.department).held
    assert not report(world, once="x" * 22).held


def test_naming_somebody_later_shuts_out_their_colleagues_at_once(world: World) -> None:
    other = world.person("discipline2", "罗清", Post.Role.DISCIPLINE, unit=world.department)
    found = report(world, who="", community=None).report
    assert access.report_for(other, found.number)[1] is Part.OFFICER
    actions.name(found, by=other, now=world.now, person=world.department_worker)
    with pytest.raises(Http404):
        access.report_for(other, found.number)
    assert access.report_for(world.discipline, found.number)[1] is Part.OFFICER


def test_stepping_aside_is_for_good_and_the_last_one_leaves_it_to_the_district(world: World) -> None:
    other = world.person("discipline2", "罗清", Post.Role.DISCIPLINE)
    found = report(world).report
    client = as_(world.discipline)
    aside: Any = client.post(reverse("conduct_act", args=[found.number, "recuse"]), {"reason": "亲属"})
    assert aside.url == reverse("conduct_list")
    assert client.get(reverse("conduct_report", args=[found.number])).status_code == 404
    actions.recuse(found, by=other, now=world.now, reason="同学")
    assert ConductReport.objects.get().status == "needs_district"
    world.person("discipline3", "新来", Post.Role.DISCIPLINE)
    with pytest.raises(Http404):
        access.report_for(Person.objects.get(username="discipline3"), found.number)


def test_helpers_are_asked_in_person_and_never_from_among_the_concerned(world: World) -> None:
    found = report(world).report
    for person in (world.worker2, world.worker, world.secretary):
        with pytest.raises(RuleBroken) as refusal:
            actions.add(found, by=world.discipline, now=world.now, person=person)
        assert refusal.value.code == "biased"
    with pytest.raises(RuleBroken):
        actions.add(found, by=world.discipline, now=world.now, person=world.stranger)
    actions.add(found, by=world.discipline, now=world.now, person=world.outsider)
    client = as_(world.outsider)
    assert MARK in page(client.get(reverse("conduct_report", args=[found.number])))
    finding = {"category": "delay", "text": "属实"}
    assert client.post(reverse("conduct_act", args=[found.number, "find"]), finding).status_code == 302
    for act, data in (("identity", {"reason": "看看"}), ("conclude", {"outcome": "referred", "summary": "x"})):
        assert client.post(reverse("conduct_act", args=[found.number, act]), data).status_code == 409
    actions.remove(found, by=world.discipline, now=world.now, person=world.outsider)
    assert client.get(reverse("conduct_report", args=[found.number])).status_code == 404


NO_TRACE = ["worker2", "worker", "secretary", "supervisor", "admin", "assessor", "delegate", "outsider", "stranger"]


@pytest.mark.parametrize("who", NO_TRACE)
def test_nobody_else_finds_a_trace_in_any_list_count_search_export_log_or_address(
    world: World, who: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    world.log()
    person: Person = getattr(world, who)
    client = as_(person)
    before = {address: steady(page(client.get(address))) for address in everywhere(person)}
    found = report(world, identity="confidential", name=NAME, contact=CONTACT).report
    actions.accept(found, by=world.discipline, now=world.now, text="琥珀己受理")
    for address, was in before.items():
        shown = page(client.get(address))
        assert MARK not in shown and found.number not in shown, address
        assert steady(shown) == was, f"{address} changed"
    missing = client.get(reverse("conduct_report", args=["ZF2026-000000"]))
    for name in ("conduct_report", "conduct_log"):
        answer = client.get(reverse(name, args=[found.number]))
        assert answer.status_code == missing.status_code == 404
        assert steady(page(answer)) == steady(page(missing))
    posted = client.post(reverse("conduct_act", args=[found.number, "say"]), {"text": "x"})
    assert posted.status_code == 404 and steady(page(posted)) == steady(page(missing))
    assert MARK not in caplog.text and found.number not in caplog.text
    assert not AccessLog.objects.filter(person=person).exists()


def everywhere(person: Person) -> list[str]:
    """Every address that needs no number, searches, and for the administrator every page of the administration."""
    words = ["跑了五趟", "ZF2026", "王强", "作风"]
    pages = [address for address in without_numbers() if address != "/metrics"]  # that one has a test of its own
    assert {"/desk/", "/cases/", "/board/", "/people/", "/cases/export/", "/api/v1/cases/"} <= set(pages)
    pages += [f"{door}?q={word}" for word in words for door in ("/cases/", "/people/", "/api/v1/cases/", "/guide/")]
    if person.is_staff:
        names = [f"admin:{model._meta.app_label}_{model._meta.model_name}" for model in admin.site._registry]
        pages += [reverse("admin:index"), *(reverse(f"{name}_changelist") for name in names)]
        people = Person.objects.values_list("pk", flat=True)[:4]
        pages += [reverse(f"admin:staff_person_{page}", args=[pk]) for pk in people for page in ("change", "history")]
    return pages


def without_numbers() -> list[str]:
    found = []
    for name in get_resolver().reverse_dict:
        if isinstance(name, str):
            with contextlib.suppress(NoReverseMatch):
                found.append(reverse(name))
    return found


def test_the_figures_of_the_web_server_do_not_count_these_pages(world: World) -> None:
    before = page(Client().get("/metrics"))
    send(world)
    as_(world.discipline).get("/supervision/conduct/")
    after = page(Client().get("/metrics"))
    assert "conduct" not in after
    assert [line for line in before.splitlines() if 'method="POST"' in line] == [
        line for line in after.splitlines() if 'method="POST"' in line
    ]


def test_deleting_the_reported_person_or_their_unit_says_nothing_of_a_report(world: World) -> None:
    lonely = Person.objects.create(username="lonely", name="孤零零", password="x")
    Post.objects.create(person=lonely, role="worker", street=world.street, unit=world.department, since="2020-01-01")
    report(world, who="孤零零", community=None)
    assert Accused.objects.get().person_id == lonely.pk
    lonely.delete()
    found = ConductReport.objects.get()
    assert as_(world.discipline).get(reverse("conduct_report", args=[found.number])).status_code == 200


def test_no_model_of_it_is_registered_or_carries_a_permission() -> None:
    everything = apps.get_app_config("supervision").get_models()
    ours = [model for model in everything if model.__module__.startswith("supervision.conduct")]
    assert len(ours) == 11
    for model in ours:
        assert model not in admin.site._registry and not model._meta.default_permissions
        assert not [link for link in Person._meta.related_objects if link.related_model is model and link.name != "+"]


# Handling it


def test_the_officer_accepts_talks_finds_and_concludes_and_the_reporter_reads_it(world: World) -> None:
    number, code = shown_code(send(world))
    officer, resident = as_(world.discipline), Client()

    def act(name: str, **data: str) -> Any:
        return officer.post(reverse("conduct_act", args=[number, name]), data)

    listed = page(officer.get("/supervision/conduct/"))
    assert number in listed and MARK not in listed
    assert act("conclude", outcome="true", severity="mild", summary="属实").status_code == 422, "not before acceptance"
    assert act("accept", text="已受理,正在核查").status_code == 302
    assert act("accept", text="又一次").status_code == 409
    entered = resident.post("/conduct/track/", {"number": number.lower(), "code": code.lower().replace("-", " ")})
    assert entered.status_code == 302 and code not in entered["Location"] and number not in entered["Location"]
    cookie = entered.cookies["conduct"]
    assert cookie["httponly"] and cookie["samesite"] == "Strict" and cookie["max-age"] == 1800
    assert "已受理,正在核查" in page(resident.get("/conduct/track/"))
    assert add(resident, "我还有一张缴费单").status_code == 302
    shown = page(officer.get(reverse("conduct_report", args=[number])))
    assert "我还有一张缴费单" in shown and TEXT in shown
    act("find", category="shirking", text="调取了叫号记录")
    assert act("conclude", outcome="true", severity="", summary="属实").status_code == 409
    assert act("conclude", outcome="true", severity="serious", summary="情况属实,已当面道歉").status_code == 302
    result = page(resident.get("/conduct/track/"))
    assert "情况属实,已当面道歉" in result and "调取了叫号记录" not in result and "韩正" not in result
    assert act("find", category="other", text="之后").status_code == 409
    kinds = list(ConductEvent.objects.order_by("seq").values_list("kind", flat=True))
    assert kinds == ["submitted", "accepted", "answered", "found", "concluded"]
    resident.post("/conduct/track/leave/")
    assert "我还有一张缴费单" not in page(resident.get("/conduct/track/"))


def add(client: Client, text: str) -> Any:
    """Writes into the form of the page that is open."""
    return client.post("/conduct/track/say/", carried(client.get("/conduct/track/")) | {"text": text})


def opened(client: Client, receipt: Receipt) -> dict[str, str]:
    """Opens a report with number and code; what its page brings along unseen."""
    client.post("/conduct/track/", {"number": receipt.report.number, "code": receipt.code})
    return carried(client.get("/conduct/track/"))


def test_a_message_typed_on_one_report_s_page_never_arrives_in_another(world: World) -> None:
    first, second, client = report(world), report(world, once="s" * 22), Client()
    page_of_first = opened(client, first)
    page_of_second = opened(client, second)
    assert first.report.number not in str(page_of_first) and page_of_first != page_of_second
    for forged in (page_of_first, {}, {"shown": "x"}, {"shown": second.report.number}):
        answer = client.post("/conduct/track/say/", forged | {"text": "补充甲举报的证据"})
        assert answer.status_code == 409 and not ConductMessage.objects.exists()
        assert "另一件举报" in page(answer) and "补充甲举报的证据" in page(answer)
    again = {"number": first.report.number, "code": first.code, "text": "补充甲举报的证据"}
    shown = client.post("/conduct/track/", again)
    assert first.report.number in page(shown) and "补充甲举报的证据" in page(shown), "in the form, to look at"
    assert not ConductMessage.objects.exists()
    assert client.post("/conduct/track/say/", carried(shown) | {"text": "补充甲举报的证据"}).status_code == 302
    assert ConductMessage.objects.get().report_id == first.report.pk


def test_a_message_the_act_refuses_is_a_sentence_beside_the_text(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(text: str, **_known: str) -> str:
        raise RuleBroken("empty", "请写几句话。", field="text")

    client = Client()
    mark = opened(client, report(world))
    monkeypatch.setattr(actions, "said", refuse)
    answer = client.post("/conduct/track/say/", mark | {"text": "看不见的字"})
    assert answer.status_code == 422 and "请写几句话。" in page(answer) and "看不见的字" in page(answer)
    assert not ConductMessage.objects.exists()


def test_a_message_typed_for_longer_than_half_an_hour_is_kept_and_says_what_happened(world: World) -> None:
    receipt, client = report(world), Client()
    mark = opened(client, receipt)
    with time_machine.travel(world.now + timedelta(minutes=31), tick=False):
        closed = client.post("/conduct/track/say/", mark | {"text": "写了很久的补充"})
        assert closed.status_code == 409 and "写了很久的补充" in page(closed)
        assert "半小时" in page(closed) and 'name="code"' in page(closed)
        wrong = {"number": receipt.report.number, "code": "x", "text": "写了很久的补充"}
        assert "写了很久的补充" in page(client.post("/conduct/track/", wrong)), "a slip of the finger loses nothing"
        shown = client.post("/conduct/track/", wrong | {"code": receipt.code})
        assert "写了很久的补充" in page(shown) and zh("Your message, not sent yet") not in page(shown)
        assert client.post("/conduct/track/say/", carried(shown) | {"text": "写了很久的补充"}).status_code == 302
        assert "写了很久的补充" in page(client.get("/conduct/track/"))
    assert ConductMessage.objects.count() == 1


@pytest.mark.parametrize("address", ["/conduct/track/say/", "/conduct/track/leave/"])
def test_an_address_that_only_takes_a_form_leads_to_the_page_and_changes_nothing(world: World, address: str) -> None:
    client, receipt = Client(), report(world)
    opened(client, receipt)
    answer = client.get(address, follow=True)
    assert answer.redirect_chain == [("/conduct/track/", 302)]
    assert receipt.report.number in page(answer), "still open"


def test_a_wrong_code_an_unknown_number_and_a_forged_cookie_open_nothing(world: World) -> None:
    receipt = report(world)
    other = report(world, once="q" * 22)
    texts = set()
    for number, code in (
        (receipt.report.number, other.code),
        ("ZF2026-000000", receipt.code),
        (receipt.report.number, "'; DROP TABLE"),
        ("a\0", receipt.code),
    ):
        response = Client().post("/conduct/track/", {"number": number, "code": code})
        assert response.status_code == 422
        texts.add("Location" in response)
    assert texts == {False}
    client = Client()
    client.cookies["conduct"] = receipt.report.number
    assert MARK not in page(client.get("/conduct/track/"))
    assert 'name="code"' in page(client.post("/conduct/track/say/", {"text": "x"}))
    assert not ConductMessage.objects.exists()
    asked = Client().get(f"/conduct/track/?number={receipt.report.number}&code={receipt.code}")
    assert 'name="code"' in page(asked), "number and code are taken by POST only"


def test_who_keeps_guessing_codes_has_to_wait_and_is_stopped(world: World) -> None:
    receipt = report(world)
    answers = [
        Client(REMOTE_ADDR=ADDRESS).post("/conduct/track/", {"number": receipt.report.number, "code": "x"})
        for _n in range(11)
    ]
    assert [one.status_code for one in answers[:10]] == [422] * 10
    assert answers[10].status_code == 429 and int(answers[10]["Retry-After"]) > 0
    elsewhere = Client(REMOTE_ADDR="198.51.100.9")
    told = {"number": receipt.report.number, "code": receipt.code}
    asked = elsewhere.post("/conduct/track/", told)
    assert asked.status_code in {302, 422}, "the reporter elsewhere waits at most, and is never locked out"


def test_a_held_report_says_to_its_reporter_where_to_turn(world: World) -> None:
    receipt = report(world, who="韩正")
    client = Client()
    client.post("/conduct/track/", {"number": receipt.report.number, "code": receipt.code})
    shown = page(client.get("/conduct/track/"))
    assert receipt.report.number in shown and "12388" in shown


def test_a_machine_that_fills_in_everything_is_refused_and_a_person_keeps_the_text(world: World) -> None:
    trapped = send(world, website="http://example.org")
    assert trapped.status_code == 422 and TEXT in page(trapped)
    hasty = send(world, stamp=stamp("conduct", world.now))
    assert hasty.status_code == 422 and TEXT in page(hasty)
    assert not ConductReport.objects.exists()


def test_the_way_back_in_lasts_half_an_hour(world: World) -> None:
    receipt = report(world)
    client = Client()
    client.post("/conduct/track/", {"number": receipt.report.number, "code": receipt.code})
    with time_machine.travel(world.now + timedelta(minutes=31), tick=False):
        assert receipt.report.number not in page(client.get("/conduct/track/"))


def test_the_identity_is_opened_only_for_a_reason_and_everybody_concerned_sees_that(world: World) -> None:
    found = report(world, identity="confidential", name=NAME, contact=CONTACT)
    number = found.report.number
    client = as_(world.discipline)
    assert NAME not in page(client.get(reverse("conduct_report", args=[number])))
    empty = client.post(reverse("conduct_act", args=[number, "identity"]), {"reason": "  "})
    assert empty.status_code == 422 and NAME not in page(empty)
    assert not AccessLog.objects.filter(what="identity").exists()
    opened = client.post(reverse("conduct_act", args=[number, "identity"]), {"reason": "约时间核实收据"})
    assert NAME in page(opened) and CONTACT in page(opened) and "no-store" in opened["Cache-Control"]
    look = AccessLog.objects.get(what="identity")
    assert (look.person_id, look.reason, look.at) == (world.discipline.pk, "约时间核实收据", world.now)
    logged = page(client.get(reverse("conduct_log", args=[number])))
    assert "约时间核实收据" in logged and "韩正" in logged and NAME not in logged
    assert NAME not in page(client.get(reverse("conduct_report", args=[number]))), "shown once"
    resident = Client()
    resident.post("/conduct/track/", {"number": number, "code": found.code})
    assert "11月18日" in page(resident.get("/conduct/track/"))
    assert NAME not in dump() and CONTACT not in dump()


def test_the_identity_cannot_be_logged_without_a_reason_even_by_hand(world: World) -> None:
    found = report(world, identity="named", name=NAME).report
    with pytest.raises(DatabaseError), transaction.atomic():
        actions.look(found, by=world.discipline, now=world.now, what="identity", reason="")


def test_every_look_is_one_line_of_the_log(world: World) -> None:
    found = report(world).report
    client = as_(world.discipline)
    for _n in range(3):
        client.get(reverse("conduct_report", args=[found.number]))
    client.get(reverse("conduct_log", args=[found.number]))
    assert list(AccessLog.objects.order_by("id").values_list("what", flat=True)) == ["report"] * 3 + ["log"]


def test_history_and_log_cannot_be_edited_and_a_change_from_outside_is_seen(world: World) -> None:
    from supervision.conduct.queries import chain_holds

    found = report(world).report
    actions.look(found, by=world.discipline, now=world.now)
    for model in (ConductEvent, AccessLog):
        with pytest.raises(DatabaseError, match="history_cannot_be_edited"), transaction.atomic():
            model.objects.update(at=world.now + timedelta(days=1))
        with pytest.raises(DatabaseError, match="history_cannot_be_edited"), transaction.atomic():
            model.objects.all().delete()
    found.refresh_from_db()
    assert chain_holds(found)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE supervision_conductevent SET data = '{}'")
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    assert not chain_holds(found)


@pytest.mark.parametrize(
    ("was", "becomes"), [("concluded", "received"), ("needs_district", "accepted"), ("accepted", "received")]
)
def test_the_database_refuses_a_step_that_does_not_exist(world: World, was: str, becomes: str) -> None:
    found = report(world).report
    facts: dict[str, dict[str, Any]] = {
        "accepted": {"accepted_at": world.now},
        "concluded": {"concluded_at": world.now, "outcome": "other_way"},
    }
    ConductReport.objects.filter(pk=found.pk).update(status=was, **facts.get(was, {}))
    with pytest.raises(DatabaseError, match="conduct_moves_legally"), transaction.atomic():
        ConductReport.objects.filter(pk=found.pk).update(
            status=becomes, accepted_at=world.now, concluded_at=None, outcome=""
        )


def test_the_kinds_of_conduct_are_those_of_the_plan(world: World) -> None:
    from django.utils.translation import override

    assert ConductReport.Category.values == ["inaction", "delay", "shirking", "extortion", "attitude", "other"]
    with override("en"):
        assert str(ConductReport.Category.SHIRKING.label) == "passes the buck"


# The second wall


def test_a_forgotten_filter_finds_nothing_for_the_application(world: World, as_app_role: Become) -> None:
    found = report(world, identity="named", name=NAME, photos=()).report
    actions.say(found, by=world.discipline, now=world.now, text="x")
    actions.look(found, by=world.discipline, now=world.now)
    as_app_role()
    models = [Accused, AccessLog, ConductEvent, ConductMessage, ConductReport, ReporterIdentity]
    access.open_circle([found.pk])
    assert all(model.objects.count() == 1 for model in models if model is not ConductEvent)  # type: ignore[attr-defined]
    assert ConductEvent.objects.count() == 2
    for others in ([], [found.pk + 1]):
        access.open_circle(others)
        assert not any(model.objects.exists() for model in models)  # type: ignore[attr-defined]
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('linli.conduct_circle', '', true)")
        assert not any(model.objects.exists() for model in models)  # type: ignore[attr-defined]
        cursor.execute("RESET linli.conduct_circle")
    assert not any(model.objects.exists() for model in models)  # type: ignore[attr-defined]
    assert not ConductReport.objects.filter(pk=found.pk).update(category="other")


def test_a_row_cannot_be_slipped_into_a_closed_report(world: World, as_app_role: Become) -> None:
    found = report(world).report
    as_app_role()
    access.open_circle([])
    with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
        Accused.objects.create(report_id=found.pk, person_id=world.worker.pk, since=world.now)


def test_the_whole_way_works_with_the_rights_of_the_application(world: World, as_app_role: Become) -> None:
    officer, colleague, resident = as_(world.discipline), as_(world.worker), Client()
    as_app_role()
    number, code = shown_code(send(world, identity="named", name=NAME, contact=CONTACT))
    again, _code = shown_code(send(world, identity="named", name=NAME, contact=CONTACT))
    assert number == again

    def act(name: str, **data: Any) -> int:
        return officer.post(reverse("conduct_act", args=[number, name]), data).status_code

    assert TEXT in page(officer.get(reverse("conduct_report", args=[number])))
    assert colleague.get(reverse("conduct_report", args=[number])).status_code == 404
    assert act("accept", text="已受理") == 302
    assert act("add", person=world.outsider.pk) == 302
    assert act("identity", reason="核实") == 200
    assert act("remove", person=world.outsider.pk) == 302
    resident.post("/conduct/track/", {"number": number, "code": code})
    assert add(resident, "好的").status_code == 302
    assert "好的" in page(resident.get("/conduct/track/"))
    assert act("conclude", outcome="untrue", summary="经核查不属实") == 302
    assert act("recuse", reason="x") == 409


def test_key_rotation_reaches_the_closed_tables(world: World, settings: Any) -> None:
    from config.lib import crypto

    settings.FIELD_KEYS = crypto.new_key("old")
    found = report(world, identity="named", name=NAME).report
    settings.FIELD_KEYS = crypto.new_key("new") + "," + settings.FIELD_KEYS
    call_command("rotate_keys", stdout=io.StringIO())
    settings.FIELD_KEYS = settings.FIELD_KEYS.split(",")[0]
    assert ConductReport.objects.get(pk=found.pk).text == TEXT
    assert ReporterIdentity.objects.get().name == NAME


def test_the_demo_street_shows_a_report_in_every_state(world: World) -> None:
    from supervision.conduct.demo import tell
    from supervision.conduct.queries import chain_holds

    assert tell(world.street, world.now) == ConductReport.objects.count() == 8
    assert set(ConductReport.objects.values_list("status", flat=True)) == set(ConductReport.Status.values)
    assert {row.outcome for row in ConductReport.objects.all()} >= {"partly", "untrue", "referred", "other_way"}
    assert all(chain_holds(row) for row in ConductReport.objects.all())
    _who, seen = access.reports_for(world.discipline)
    assert len(seen) == 7, "the one about the officer is held"


@pytest.mark.django_db(transaction=True)
def test_one_form_sent_many_times_at_once_is_one_report_with_one_receipt(world: World) -> None:
    from concurrent.futures import ThreadPoolExecutor

    body = fields(world)

    def post(_n: int) -> tuple[str, str]:
        try:
            return shown_code(Client().post("/conduct/", body))
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        receipts = list(pool.map(post, range(16)))
    assert len(set(receipts)) == 1 and ConductReport.objects.count() == 1


# What is grave, what waits, what is over


def concluded(world: World, severity: str, **known: Any) -> ConductReport:
    found = report(world, **known).report
    access.open_circle([found.pk])
    actions.accept(found, by=world.discipline, now=world.now, text=f"已受理{MARK}")
    actions.find(found, by=world.discipline, now=world.now, category="extortion", text=f"{MARK}核查")
    actions.conclude(
        found, by=world.discipline, now=world.now, outcome="true", severity=severity, summary=f"{MARK}属实"
    )
    return ConductReport.objects.get(pk=found.pk)


def test_the_sheet_for_the_district_names_neither_the_reporter_nor_what_was_said(world: World) -> None:
    grave = concluded(world, "grave", identity="named", name=NAME, contact=CONTACT)
    mild = concluded(world, "mild", once="m" * 22)
    actions.add(
        grave2 := report(world, once="g" * 22).report, by=world.discipline, now=world.now, person=world.outsider
    )
    officer = as_(world.discipline)

    sheet = page(officer.get(reverse("conduct_referral", args=[grave.number])))

    assert grave.number in sheet and "吃拿卡要" not in sheet.split("<article")[0]
    assert MARK not in sheet and world.worker2.name not in sheet
    assert AccessLog.objects.filter(report=grave, what="referral", person=world.discipline).count() == 1
    assert reverse("conduct_referral", args=[grave.number]) in page(
        officer.get(reverse("conduct_report", args=[grave.number]))
    )
    assert officer.get(reverse("conduct_referral", args=[mild.number])).status_code == 404
    assert as_(world.outsider).get(reverse("conduct_referral", args=[grave2.number])).status_code == 404
    assert as_(world.supervisor).get(reverse("conduct_referral", args=[grave.number])).status_code == 404


def test_the_desk_counts_what_waits_for_those_in_the_circle_only(world: World) -> None:
    mine = report(world)
    actions.add(mine.report, by=world.discipline, now=world.now, person=world.outsider)
    report(world, once="h" * 22, who=world.discipline.name)  # held: about the officer
    looks = AccessLog.objects.count()

    for person in (world.discipline, world.outsider):
        assert zh("To be accepted: %(count)s.", count=1) in page(as_(person).get("/supervision/conduct/waiting/"))
    assert "/supervision/conduct/waiting/" in page(as_(world.discipline).get("/desk/"))
    for person in (world.worker, world.worker2, world.secretary, world.supervisor, world.admin):
        answer = as_(person).get("/supervision/conduct/waiting/")
        assert (answer.status_code, answer.content) == (204, b"")
        assert "/supervision/conduct/waiting/" not in page(as_(person).get("/desk/"))
    assert AccessLog.objects.count() == looks


def test_a_report_is_forgotten_when_its_time_is_over_and_stays_closed_to_those_it_is_about(
    world: World, as_app_role: Become
) -> None:
    RetentionRule.objects.create(kind="conduct", days=90, valid_from="2026-01-01", reason="街道决定")
    ended = concluded(world, "mild", identity="named", name=NAME, contact=CONTACT, photos=[Photo(b"x", 1, 1)])
    waiting = report(world, once="w" * 22).report
    looks, officer = AccessLog.objects.count(), as_(world.discipline)
    as_app_role()

    assert forget_conduct(now=world.now + timedelta(days=90)) == 0
    assert forget_conduct(now=world.now + timedelta(days=92), dry_run=True) == 1
    assert forget_conduct(now=world.now + timedelta(days=92)) == 1
    assert forget_conduct(now=world.now + timedelta(days=93)) == 0

    access.open_circle([ended.pk])
    row = ConductReport.objects.get(pk=ended.pk)
    assert (row.text, row.who, row.happened, row.place, row.summary, row.code_hash) == ("",) * 6
    assert not ReporterIdentity.objects.exists() and not ConductPhoto.objects.exists()
    assert {one.text for one in ConductMessage.objects.all()} == {""}
    assert (row.category, row.outcome, row.severity) == ("delay", "true", "mild")
    assert queries.chain_holds(row)
    assert AccessLog.objects.count() == looks
    assert access.standing(world.worker2, row) is Part.NONE, "still about him"
    shown = page(officer.get(reverse("conduct_report", args=[ended.number])))
    assert zh("(deleted when its time was over)") in shown
    access.open_circle([waiting.pk])
    assert ConductReport.objects.get(pk=waiting.pk).text == TEXT
