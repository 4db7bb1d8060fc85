"""A resident reports on the web, gets a slip, and follows the case with number and code."""

from __future__ import annotations

import io
import logging
import re
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from html import unescape
from typing import Any
from unittest.mock import Mock

import pytest
import time_machine
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from PIL import Image

from complaints.actions import ask_joint, conclude, reply
from complaints.actions.resident import code_of, key_of
from complaints.models import Attachment, Case, Event, JointTask, Message, Resident, TrackingCode
from complaints.rows import rows_of
from config.guard import doors, proof
from config.guard import forms as guarded
from config.guard.limits import TooMany
from config.lib import codes
from staff import queries as staff
from staff.models import Person, Post, Unit
from tests.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits in a test."""
    monkeypatch.setattr(proof, "WAIT", dict.fromkeys(proof.WAIT, -1))
    monkeypatch.setattr(guarded.Guarded, "too_quick", timedelta(0))


@pytest.fixture(autouse=True)
def today(world: World) -> Iterator[None]:
    with time_machine.travel(world.now, tick=False):
        yield


def open_form(client: Client) -> dict[str, str]:
    """The hidden fields of a fresh form."""
    page = client.get("/report/").content.decode()
    found = re.findall(r'<input type="hidden" name="(secret|stamp|ticket)" value="([^"]*)"', page)
    return dict(found)


def filled(client: Client, world: World, **changes: Any) -> dict[str, Any]:
    return {
        **open_form(client),
        "text": "3号楼门口的路灯坏了三天,晚上看不见路。",
        "area": f"grid-{world.grid.pk}",
        "place": "3号楼北门",
        "phone": "13911112222",
        "name": "赵阿姨",
        "identity": "named",
        "kind": "help",
        "looked": "1",
    } | changes


def slip(page: str) -> tuple[str, str]:
    number = re.search(r'id="number">([^<]+)<', page)
    code = re.search(r'id="code">([^<]+)<', page)
    assert number
    return number[1], code[1] if code else ""


def sent(client: Client, world: World, **changes: Any) -> tuple[str, str]:
    answer = client.post("/report/", filled(client, world, **changes))
    assert answer.status_code == 200, re.findall(r"note-danger.*?</div>|field-error.*?</div>", answer.content.decode())
    return slip(answer.content.decode())


def followed(client: Client, world: World, **changes: Any) -> Case:
    number, code = sent(client, world, **changes)
    assert client.post("/track/", {"number": number, "code": code}).headers["Location"] == "/track/"
    return Case.objects.get(number=number)


def photo(**info: Any) -> SimpleUploadedFile:
    data = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(data, "JPEG", **info)
    return SimpleUploadedFile("IMG_20261118_secret.jpg", data.getvalue(), "image/jpeg")


# ---- reporting


def test_three_fields_are_enough_and_one_person_answers_for_it(client: Client, world: World) -> None:
    number, code = sent(client, world, name="")
    case = Case.objects.get(number=number)
    assert (case.responsible, case.channel, case.kind) == (world.worker, Case.Channel.WEB, Case.Kind.HELP)
    assert (case.community, case.grid, case.resident.phone) == (world.east, world.grid, "13911112222")
    assert Event.objects.get(case=case).by is None
    assert re.fullmatch(r"[0-9A-Z]{5}-[0-9A-Z]{5}-[0-9A-Z]{5}", code)
    assert code not in str(list(TrackingCode.objects.values_list("hash", flat=True)))


def test_the_slip_names_person_phone_and_promised_times(client: Client, world: World) -> None:
    page = client.post("/report/", filled(client, world)).content.decode()
    assert world.worker.name in page
    assert world.worker.phone in page
    assert 'class="qr"' in page
    assert "11月25日" in page  # five working days after Wednesday the 18th


@pytest.mark.parametrize(
    ("gone", "asked"),
    [((), "worker"), (("worker",), "secretary"), (("worker", "secretary"), "supervisor")],
)
def test_whoever_is_at_work_is_asked_first(world: World, gone: tuple[str, ...], asked: str) -> None:
    for name in gone:
        Person.objects.filter(username=name).update(working=Person.Working.ON_LEAVE)
    post = staff.asked_first(world.street.pk, world.east.pk, world.grid.pk)
    assert post is not None
    assert post.person.username == asked


def test_nobody_at_work_is_said_and_the_text_stays(client: Client, world: World) -> None:
    Person.objects.update(working=Person.Working.ON_LEAVE)
    answer = client.post("/report/", filled(client, world))
    assert answer.status_code == 409
    assert "3号楼北门" in answer.content.decode()


def test_a_place_typed_by_hand_is_enough(client: Client, world: World) -> None:
    number, _code = sent(client, world, area=f"community-{world.west.pk}", place="")
    assert Case.objects.get(number=number).responsible == world.west_secretary


def test_without_any_place_the_form_asks_for_one(client: Client, world: World) -> None:
    answer = client.post("/report/", filled(client, world, area="", place=""))
    assert answer.status_code == 422
    assert "3号楼门口的路灯" in answer.content.decode()
    assert not Case.objects.exists()


def test_the_same_form_twice_is_one_case_and_one_slip(client: Client, world: World) -> None:
    data = filled(client, world)
    slips = {slip(client.post("/report/", data).content.decode()) for _time in range(3)}
    assert len(slips) == 1
    assert Case.objects.count() == 1


@pytest.mark.parametrize(
    "other",
    [{"text": "5号楼的电梯坏了。"}, {"place": "5号楼"}, {"phone": "13933334444"}, {"identity": "anonymous"}],
    ids=lambda other: next(iter(other)),
)
def test_other_words_under_the_same_secret_are_another_report(
    client: Client, world: World, other: dict[str, str]
) -> None:
    data = filled(client, world)
    first = slip(client.post("/report/", data).text)
    tab = open_form(client)
    changed = data | other | {"ticket": tab["ticket"]}
    second = slip(client.post("/report/", changed).text)
    assert Case.objects.filter(number__in=[first[0], second[0]]).count() == 2
    assert first[1] != second[1]
    assert slip(client.post("/report/", data).text) == first, "and each is still one however often it is sent"
    assert slip(client.post("/report/", changed).text) == second
    assert Case.objects.count() == 2


def test_after_some_minutes_the_code_is_not_shown_again(client: Client, world: World) -> None:
    data = filled(client, world)
    number, code = slip(client.post("/report/", data).content.decode())
    with time_machine.travel(world.now + timedelta(minutes=11)):
        assert slip(client.post("/report/", data).content.decode()) == (number, "")
    assert code not in client.get("/report/done/").content.decode()


@pytest.mark.django_db(transaction=True)
def test_fifty_posts_at_once_are_one_case(world: World) -> None:
    data = filled(Client(), world)

    def post(_number: int) -> tuple[str, str]:
        try:
            return slip(Client().post("/report/", data).content.decode())
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        slips = list(pool.map(post, range(50)))
    assert len(set(slips)) == 1
    assert slips[0][1]
    assert Case.objects.count() == 1


def test_a_confidential_name_is_kept_from_colleagues(client: Client, world: World) -> None:
    number, _code = sent(client, world, identity="confidential")
    client.force_login(world.worker2)
    assert "13911112222" not in client.get(f"/cases/{number}/").content.decode()
    client.force_login(world.worker)
    assert "13911112222" in client.get(f"/cases/{number}/").content.decode()


def test_anonymous_keeps_nothing_of_a_person_even_if_typed(client: Client, world: World) -> None:
    number, _code = sent(client, world, identity="anonymous", position="39.912,116.403")
    case = Case.objects.get(number=number)
    assert not Resident.objects.filter(case=case).exists()
    assert case.place == "3号楼北门"


def test_the_position_is_a_hint_of_a_hundred_metres(client: Client, world: World) -> None:
    number, _code = sent(client, world, position="39.912,116.403")
    assert "39.912,116.403" in Case.objects.get(number=number).place
    number, _code = sent(client, world, position="39.91234567,116.40345678")
    assert "39.9" not in Case.objects.get(number=number).place


@pytest.fixture
def one_street(world: World) -> World:
    """As most offices have it: whatever is reported is reported to this one."""
    Post.objects.filter(street=world.other_street).delete()
    Unit.objects.filter(street=world.other_street).delete()
    world.other_street.delete()
    return world


def test_the_position_alone_says_where_it_is(client: Client, one_street: World) -> None:
    world = one_street
    number, _code = sent(client, world, area="", place="", position="39.912,116.403")
    case = Case.objects.get(number=number)
    assert (case.place, case.community) == ("（手机定位约 39.912,116.403）", None)
    answer = client.post(
        "/report/", filled(client, world, area="", place="", position="39.912,116.403", identity="anonymous")
    )
    assert answer.status_code == 422, "an anonymous report keeps no position, so it says nothing"
    assert "请选一下社区，或者写明具体位置。" in answer.text


@pytest.mark.parametrize("far", ["1.200,-179.900", "1.2,-179.9", "48.858,2.294"])
def test_a_position_far_away_is_said_and_left_out_the_next_time(client: Client, world: World, far: str) -> None:
    data = filled(client, world, position=far)
    answer = client.post("/report/", data)
    assert answer.status_code == 422
    assert "手机定位离本地太远" in answer.text
    assert 'name="position" readonly value=""' in answer.text
    fresh = dict(re.findall(r'<input type="hidden" name="(stamp|ticket)" value="([^"]*)"', answer.text))
    number, _code = slip(client.post("/report/", data | fresh | {"position": ""}).text)
    assert Case.objects.get(number=number).place == "3号楼北门"


def test_both_ways_to_give_the_place_say_that_one_is_enough(client: Client, one_street: World) -> None:
    page = client.get("/report/").text
    for name in ("area", "place"):
        label = re.search(rf'<label[^>]*for="id_{name}">(.*?)</label>', page)
        assert label is not None
        assert "社区或位置，填一项即可" in label[1]


def test_an_anonymous_report_is_not_refused_for_a_phone_nobody_keeps(client: Client, world: World) -> None:
    number, _code = sent(client, world, identity="anonymous", phone="没有电话")
    assert not Resident.objects.filter(case__number=number).exists()
    assert client.post("/report/", filled(client, world, phone="没有电话")).status_code == 422


@pytest.mark.parametrize("nothing", ["\u200b", "\u00ad\u200d", "\u3164", "\u2060 \ufe0f\n\u2800", "\u0301"])
def test_what_nobody_can_see_is_no_report(client: Client, world: World, nothing: str) -> None:
    answer = client.post("/report/", filled(client, world, text=nothing))
    assert answer.status_code == 422
    assert "field-error" in answer.text
    assert not Case.objects.exists()
    number, _code = sent(client, world, text=f"{nothing}\n3号楼门口的路灯坏了")
    assert "路灯" in Case.objects.get(number=number).title
    case = followed(client, world)
    client.post("/track/say/", {"text": nothing})
    assert not Message.objects.filter(case=case).exists()


def test_what_is_refused_is_said_in_words_of_our_own(client: Client, world: World) -> None:
    given = {"text": "长" * 6_000, "place": "远" * 200, "area": "grid-999999", "identity": "king", "kind": "war"}
    page = client.post("/report/", filled(client, world, **given)).text
    errors = re.findall(r'class="field-error".*?<span>(.*?)</span>', page)
    assert errors == [
        "请缩短到 5000 字以内，现在有 6000 字。",
        "这个社区或网格不在名单里，请重新选一个。",
        "请缩短到 150 字以内，现在有 200 字。",
        "请选择其中一项。",
        "请选择其中一项。",
    ]


def test_what_the_office_reads_is_in_its_own_language(client: Client, world: World) -> None:
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    case = followed(client, world, photos=[photo()], position="39.912,116.403")
    case.refresh_from_db()
    ask_joint(
        case, by=world.worker, now=world.now, version=case.version, unit=world.property, task="请检查线路", days=2
    )
    client.post("/track/withdraw/", {"reason": ""})
    assert JointTask.objects.get(case=case).result == "居民本人撤回"
    assert case.place == "3号楼北门（手机定位约 39.912,116.403）"
    assert Attachment.objects.get(case=case).name == "照片 1.jpg"


def test_photos_are_drawn_anew_and_carry_no_name(client: Client, world: World) -> None:
    exif = Image.Exif()
    exif[0x9286] = "marked comment"
    number, _code = sent(client, world, photos=[photo(exif=exif.tobytes(), comment=b"marked")])
    row = Attachment.objects.get(case__number=number)
    assert row.by is None
    assert "secret" not in f"{row.name} {row.file.name}"
    assert b"marked" not in row.file.read()


def test_a_bad_photo_is_refused_and_nothing_typed_is_lost(client: Client, world: World) -> None:
    bad = SimpleUploadedFile("x.jpg", b"<html><script>", "image/jpeg")
    answer = client.post("/report/", filled(client, world, photos=[bad]))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "3号楼门口的路灯" in page
    assert "照片" in page
    assert not Case.objects.exists()


# ---- neighbours


def test_neighbours_cases_are_shown_before_sending_without_their_words(client: Client, world: World) -> None:
    world.log()
    data = filled(client, world, text="3号楼2单元楼道灯不亮,老人上下楼不安全。", looked="")
    page = client.post("/report/", data).content.decode()
    assert 'name="same_as"' in page
    assert "楼道灯 · 东园社区" in page
    assert "一到三层" not in page
    assert "周桂兰" not in page
    assert Case.objects.count() == 1


def test_joining_gives_a_number_of_ones_own_and_shows_where_the_main_case_stands(client: Client, world: World) -> None:
    main = world.log()
    data = filled(client, world, text="3号楼2单元楼道灯不亮,老人上下楼不安全。", looked="")
    token = re.search(r'name="same_as" value="([^"]+)"', client.post("/report/", data).content.decode())
    assert token
    slip = client.post("/report/", filled(client, world, text=data["text"], same_as=token[1])).content.decode()
    assert main.responsible.name in slip
    assert "首次联系不晚于" not in slip, "it is the first one who is contacted"
    case = followed(client, world, text=data["text"] + "请尽快。", same_as=token[1])
    assert (case.status, case.duplicate_of) == (Case.Status.MERGED, main)
    reply(main, by=world.worker, now=world.now, text="周阿姨您好,师傅明天来。")
    page = client.get("/track/").content.decode()
    assert world.worker.name in page
    assert "师傅明天来" not in page
    assert Event.objects.filter(case=case).order_by("-seq").first().by is None  # type: ignore[union-attr]


def test_confidential_matters_are_nobody_elses_business(client: Client, world: World) -> None:
    world.log(identity="confidential")
    answer = client.post(
        "/report/similar/", {"text": "3号楼2单元楼道灯不亮,老人上下楼不安全。", "area": f"grid-{world.grid.pk}"}
    )
    assert 'name="same_as"' not in answer.content.decode()
    assert "楼道灯" in answer.content.decode()  # the category is offered all the same


# ---- following


@pytest.mark.parametrize("wrong", ["number", "code", "both", "typo"])
def test_wrong_is_one_sentence_whatever_was_wrong(client: Client, world: World, wrong: str) -> None:
    number, code = sent(client, world)
    other = code_of(secrets.token_urlsafe(24))
    given = {
        "number": (number[:-1] + "9", code),
        "code": (number, other),
        "both": ("TST-20200101-0001", other),
        "typo": (number, "12345"),
    }[wrong]
    answer = client.post("/track/", {"number": given[0], "code": given[1]})
    assert answer.status_code == 422
    assert "编号和查询码对不上" in answer.content.decode()
    assert "tracked" not in answer.cookies


def test_many_wrong_codes_do_not_lock_the_resident_out(client: Client, world: World) -> None:
    number, code = sent(client, world)
    stranger = Client(REMOTE_ADDR="203.0.113.7")
    answers = [
        stranger.post("/track/", {"number": number, "code": code_of(secrets.token_urlsafe(24))}).status_code
        for _try in range(14)
    ]
    assert answers[-1] == 429
    page = client.post("/track/", {"number": number, "code": code})
    if page.status_code == 422:  # a short wait is asked for, nothing more
        found = dict(re.findall(r'<input type="hidden" name="(stamp|ticket)" value="([^"]*)"', page.content.decode()))
        page = client.post("/track/", {"number": number, "code": code, **found})
    assert page.status_code == 302


def test_who_comes_too_often_gets_everything_typed_back_and_sends_it_later(
    client: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = filled(client, world, text="3号楼<b>漏水</b>")
    with monkeypatch.context() as crowd:
        crowd.setattr(doors.Door, "enter", Mock(side_effect=TooMany(60)))
        answer = client.post("/report/", typed)

    assert answer.status_code == 429
    page = answer.content.decode()
    assert "3号楼&lt;b&gt;漏水&lt;/b&gt;</textarea>" in page
    again = {name: unescape(value) for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page)}
    assert client.post("/report/", again | {"text": typed["text"]}).status_code == 200
    resident = Resident.objects.get()
    assert (resident.name, resident.phone, resident.case.place) == ("赵阿姨", "13911112222", "3号楼北门")


def test_the_cookie_is_closed_to_scripts_and_other_sites_and_ends(client: Client, world: World) -> None:
    followed(client, world)
    cookie = client.cookies["tracked"]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Strict", 1800)
    with time_machine.travel(world.now + timedelta(minutes=31)):
        assert "赵阿姨" not in client.get("/track/").content.decode()
        answer = client.post("/track/say/", {"text": "这段话不能丢"})
    assert answer.status_code == 403
    assert "这段话不能丢" in answer.content.decode()


def test_leaving_forgets_the_case_on_this_device(client: Client, world: World) -> None:
    case = followed(client, world)
    client.post("/track/forget/")
    assert case.number not in client.get("/track/").content.decode()


def test_resident_and_office_talk(client: Client, world: World) -> None:
    case = followed(client, world)
    client.post("/track/say/", {"text": "今天又坏了一盏。"})
    assert Message.objects.get(case=case).text == "今天又坏了一盏。"
    assert rows_of([case.pk], world.worker, world.now)[0].step.code == "answer"
    client.force_login(world.worker)
    assert "今天又坏了一盏。" in client.get(f"/cases/{case.number}/").content.decode()
    reply(case, by=world.worker, now=world.now, text="明天上午修好。")
    assert rows_of([case.pk], world.worker, world.now)[0].step.code == "conclude"
    assert "明天上午修好。" in client.get("/track/").content.decode()


def test_a_flood_of_messages_is_stopped_by_a_sentence(client: Client, world: World) -> None:
    case = followed(client, world)
    answers = [client.post("/track/say/", {"text": f"第{n}条"}) for n in range(11)]
    assert answers[-1].status_code == 409
    assert "第10条" in answers[-1].content.decode()
    assert Message.objects.filter(case=case).count() == 10


def test_urging_is_answered_honestly_and_once_a_working_day(client: Client, world: World) -> None:
    case = followed(client, world)
    client.post("/track/urge/")
    page = client.get("/track/").content.decode()
    assert "还在时限内" in page
    assert "11月25日" in page
    assert rows_of([case.pk], world.worker, world.now)[0].step.code == "answer_urge"
    assert client.post("/track/urge/").status_code == 409
    assert Event.objects.filter(case=case, kind="urged").count() == 1


def test_urging_on_friday_is_enough_for_the_weekend(client: Client, world: World) -> None:
    from complaints.actions.resident import urge, urged_lately

    case = followed(client, world)
    friday = world.now + timedelta(days=2)
    urge(case, now=friday)
    assert urged_lately(case, friday + timedelta(days=2))
    assert not urged_lately(case, friday + timedelta(days=3))


def test_urging_what_is_late_gets_an_apology(client: Client, world: World) -> None:
    number, code = sent(client, world)
    with time_machine.travel(world.now + timedelta(days=20)):
        client.post("/track/", {"number": number, "code": code})
        client.post("/track/urge/")
        assert "抱歉" in client.get("/track/").content.decode()


def test_the_resident_withdraws(client: Client, world: World) -> None:
    case = followed(client, world)
    client.post("/track/withdraw/", {"reason": "物业已经修好了"})
    case.refresh_from_db()
    last = Event.objects.filter(case=case).latest("seq")
    assert (case.status, last.kind, last.by) == (Case.Status.WITHDRAWN, Event.Kind.WITHDRAWN, None)
    assert client.post("/track/say/", {"text": "喂"}).status_code == 409
    client.force_login(world.worker)
    assert "物业已经修好了" in client.get(f"/cases/{case.number}/").content.decode()


def test_photos_come_later_too(client: Client, world: World) -> None:
    case = followed(client, world)
    client.post("/track/photos/", {"photos": [photo()]})
    assert Attachment.objects.get(case=case).by is None
    assert client.post("/track/photos/", {}).status_code == 409
    client.force_login(world.worker)
    assert client.get(f"/cases/{case.number}/").status_code == 200


def test_the_final_answer_is_read_with_the_code(client: Client, world: World) -> None:
    case = followed(client, world)
    conclude(case, by=world.worker, now=world.now, version=case.version, outcome="resolved", text="已经修好。")
    page = client.get("/track/").content.decode()
    assert "已经修好。" in page
    assert 'action="/track/say/"' not in page


# ---- bad input


ODD = {
    "nul": "a\x00b",
    "long": "长" * 350_000,
    "rtl": "abc\u202edef",
    "html": "<script>alert(1)</script>&<b>",
    "emoji": "🏚️👵🏽" * 20,
    "lines": "\r\n\x0b\u2028",
}


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize(
    "field",
    ["text", "area", "place", "phone", "name", "identity", "kind", "category", "position", "same_as", "looked",
     "secret", "stamp", "ticket", "altcha", "website"],
)  # fmt: skip
def test_odd_input_gets_a_sentence_and_nothing_is_lost(client: Client, world: World, field: str, odd: str) -> None:
    answer = client.post("/report/", filled(client, world, **{field: ODD[odd]}))
    page = answer.content.decode()
    assert answer.status_code in {200, 422}
    assert "<script>alert" not in page
    if answer.status_code == 422 and field != "place":
        assert "3号楼北门" in page


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("field", ["number", "code", "draft"])
def test_odd_numbers_and_codes_get_the_sentence(client: Client, field: str, odd: str) -> None:
    given = {"number": "TST-20261118-0001", "code": "AAAAA", field: ODD[odd]}
    assert client.post("/track/", given).status_code == 422


def test_an_old_form_is_sent_again_by_pressing_once_more(client: Client, world: World) -> None:
    data = filled(client, world)
    with time_machine.travel(world.now + timedelta(days=2)):
        answer = client.post("/report/", data)
        assert answer.status_code == 422
        page = answer.content.decode()
        assert "3号楼门口的路灯" in page
        fresh = dict(re.findall(r'<input type="hidden" name="(secret|stamp|ticket)" value="([^"]*)"', page))
        assert client.post("/report/", data | fresh).status_code == 200
    assert Case.objects.count() == 1


# ---- anonymity


def everything() -> str:
    """All rows of all tables, as text."""
    texts = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT t::text FROM "{table}" AS t')
            texts += [row[0] for row in cursor.fetchall()]
    return "\n".join(texts)


def test_two_hundred_anonymous_reports_leave_no_mark(
    world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setattr(settings, "MEDIA_ROOT", tmp_path)
    monkeypatch.setattr(codes, "hashed", lambda code: "$argon2id$made-up")
    caplog.set_level(logging.DEBUG)
    picture = photo(comment=b"MARKDEVICE").read()
    marks = []
    for number in range(200):
        address, agent = f"198.51.{number}.77", f"MarkBrowser{number:03d}X"
        client = Client(REMOTE_ADDR=address, HTTP_USER_AGENT=agent, HTTP_X_FORWARDED_FOR=address, HTTP_REFERER=agent)
        data = filled(client, world, identity="anonymous", name=f"MARKNAME{number}", phone=f"1770000{number:04d}",
                      position="39.912,116.403")  # fmt: skip
        if number % 50 == 0:
            data["photos"] = [SimpleUploadedFile(f"MARKFILE{number}.jpg", picture, "image/jpeg")]
        number_, _code = slip(client.post("/report/", data).content.decode())
        assert number_
        assert set(client.cookies) <= {"csrftoken"}
        marks += [
            address,
            address.rpartition(".")[0],
            agent,
            f"MARKNAME{number}",
            f"1770000{number:04d}",
            data["secret"],
        ]
    assert Case.objects.filter(identity="anonymous").count() == 200
    kept = everything() + caplog.text
    kept += "".join(f"{path} {path.read_bytes()!r}" for path in tmp_path.rglob("*") if path.is_file())
    assert [mark for mark in [*marks, "39.912,", "MARKDEVICE", "MARKFILE"] if mark in kept] == []


def test_the_form_needs_no_broker(client: Client, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from celery import Celery
    from kombu import Connection

    def dead(*args: Any, **kwargs: Any) -> None:
        raise ConnectionError("no broker")

    monkeypatch.setattr(Celery, "send_task", dead)
    monkeypatch.setattr(Connection, "connect", dead)
    monkeypatch.setattr(Connection, "default_channel", property(dead))
    followed(client, world)
    client.post("/track/say/", {"text": "还在吗?"})
    assert Message.objects.exists()


def test_the_key_of_a_case_does_not_lead_to_its_code() -> None:
    secret = secrets.token_urlsafe(24)
    assert code_of(secret) == code_of(secret)
    assert code_of(secret) != code_of(str(key_of(secret)))


def test_paper_has_the_way_to_the_form(client: Client, world: World) -> None:
    page = client.get("/report/paper/").content.decode()
    assert 'class="qr"' in page
    assert world.east.name in page


def test_the_form_says_that_ones_own_data_can_be_seen_online(client: Client, world: World) -> None:
    kept = client.get("/report/").text.partition('id="h-kept"')[2].partition("</section>")[0]
    assert "我的信息" in kept
    assert 'href="/track/"' in kept


def test_the_start_page_leads_everywhere(client: Client, world: World) -> None:
    page = client.get("/").content.decode()
    for address in ("/report/", "/track/", "/guide/", "/conduct/"):
        assert f'href="{address}"' in page
    assert "119" in page
