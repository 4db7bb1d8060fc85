"""Logging on one screen: at the counter, on the phone, answered on the spot, or from paper afterwards; and the slip.

Wednesday 18 November 2026, 10:00, in the street of `tests.world`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from django.utils.translation import gettext as _

from complaints.actions.register import check
from complaints.actions.resident import Report, report
from complaints.directory import Row, choose
from complaints.forms.register import RegisterForm
from complaints.models import Case, Category, Clock, Event
from complaints.tracking import check_code
from config.lib.errors import RuleBroken
from config.lib.text import first_sentence, unfit, without_numbers
from staff.models import Person
from tests.services.guide_world import zh
from tests.world import SHANGHAI, World

pytestmark = pytest.mark.django_db
TEXT = "3号楼2单元楼道灯坏了一周。晚上老人上下楼不安全，请尽快维修。"


@pytest.fixture(autouse=True)
def morning() -> Iterator[None]:
    with time_machine.travel(datetime(2026, 11, 18, 10, 0, 30, tzinfo=SHANGHAI), tick=False):
        yield


def browser(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def log(person: Person, world: World, **typed: Any) -> Any:
    plain = {
        "text": TEXT,
        "channel": "counter",
        "kind": "help",
        "urgency": "normal",
        "identity": "named",
        "area": f"grid-{world.grid.pk}",
        "submission_key": str(uuid4()),
    }
    return browser(person).post("/cases/new/", plain | typed)


def test_three_words_at_the_counter_make_a_case(world: World) -> None:
    answer = log(world.worker, world, area="")

    case = Case.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == case.get_absolute_url()
    assert case.title == "3号楼2单元楼道灯坏了一周"
    assert case.responsible == case.first_contact == world.worker
    assert case.submitted_at == case.registered_at == datetime(2026, 11, 18, 10, 0, 30, tzinfo=SHANGHAI)
    assert Clock.objects.filter(case=case, stopped_at__isnull=True).count() == 2


def test_the_workers_own_community_is_chosen_already(world: World) -> None:
    page = browser(world.worker2).get("/cases/new/").content.decode()

    assert f'<option value="community-{world.east.pk}" selected' in page
    assert page.index("东园社区") < page.index("西里社区")
    assert f'value="grid-{world.grid2.pk}"' in page


def test_everything_on_the_screen_is_kept(world: World) -> None:
    log(
        world.worker, world, channel="phone", kind="complaint", urgency="utility", category=world.category.pk,
        place="2单元", special_group="elder_alone", identity="confidential", resident_name="周桂兰",
        resident_phone="13900000001", title="楼道灯", submitted_at="2026-11-18T09:40",
    )  # fmt: skip

    case = Case.objects.get()
    assert (case.channel, case.kind, case.urgency, case.category) == ("phone", "complaint", "utility", world.category)
    assert (case.grid, case.community, case.place) == (world.grid, world.east, "2单元")
    assert (case.special_group, case.identity, case.title) == ("elder_alone", "confidential", "楼道灯")
    assert (case.resident.name, case.resident.phone) == ("周桂兰", "13900000001")
    assert case.submitted_at == datetime(2026, 11, 18, 9, 40, tzinfo=SHANGHAI)


def test_sent_twice_it_is_one_case_and_the_same_receipt(world: World) -> None:
    key = str(uuid4())
    first = log(world.worker, world, submission_key=key, print="1")
    second = log(world.worker, world, submission_key=key, print="1")

    assert Case.objects.count() == 1
    assert first["Location"] == second["Location"] == f"/cases/{Case.objects.get().number}/receipt/"


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"text": "  "}, "text"),
        ({"text": "a\x00b"}, "text"),
        ({"text": "字" * 20_001}, "text"),
        ({"submitted_at": "2026-11-19T10:00"}, "submitted_at"),
        ({"submitted_at": "2019-13-45T10:00"}, "submitted_at"),
        ({"submitted_at": "0001-01-01T00:00"}, "submitted_at"),
        ({"urgency": "complex"}, "urgency"),
        ({"channel": "web"}, "channel"),
        ({"area": "grid-999999"}, "area"),
        ({"category": "99999999999999999999"}, "category"),
        ({"submission_key": "not a key"}, "submission_key"),
        ({"outcome": "answered"}, "answer"),
        ({"answer": "告知了"}, "outcome"),
        ({"outcome": "resolved", "answer": "修好了"}, "outcome"),
        ({"outcome": "answered", "answer": "修好了", "kind": "complaint"}, "outcome"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field_and_nothing_typed_is_lost(
    world: World, typed: dict[str, Any], field: str
) -> None:
    answer = log(world.worker, world, resident_name="周桂兰", place="楼道口", **typed)

    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    page = answer.content.decode()
    assert "周桂兰" in page
    assert "楼道口" in page
    assert not Case.objects.exists()


def test_a_grid_of_another_street_cannot_be_chosen(world: World) -> None:
    answer = browser(world.stranger).post(
        "/cases/new/",
        {"text": TEXT, "channel": "phone", "kind": "help", "urgency": "normal", "identity": "named",
         "area": f"grid-{world.grid.pk}"},
    )  # fmt: skip

    assert answer.status_code == 422
    assert not Case.objects.exists()


def test_an_inquiry_answered_on_the_spot_is_concluded_with_its_reply(world: World) -> None:
    log(world.worker, world, kind="inquiry", outcome="answered", answer="带身份证到一楼窗口办理即可。")

    case = Case.objects.get()
    assert (case.status, case.outcome) == ("concluded", "answered")
    assert case.replies.get().text == "带身份证到一楼窗口办理即可。"
    assert not case.clocks.filter(stopped_at__isnull=True).exists()


@pytest.mark.parametrize(
    "outcome", ["emergency_service", "statutory", "same_matter", "secret", "out_of_remit", "unlawful"]
)
def test_the_six_special_outcomes_carry_what_the_resident_was_told(world: World, outcome: str) -> None:
    log(world.worker, world, kind="complaint", outcome=outcome, answer="已告知您拨打相应电话。")

    assert Case.objects.get().outcome == outcome


def test_paper_is_entered_afterwards_with_its_true_times_and_its_first_contact(world: World) -> None:
    log(
        world.secretary, world, backfilled="on", submitted_at="2026-11-10T09:15", first_contact=world.worker2.pk,
        outcome="resolved", answer="当天更换了灯泡。", answer_at="2026-11-10T16:30",
    )  # fmt: skip

    case = Case.objects.get()
    assert case.backfilled
    assert (case.first_contact, case.responsible, case.registered_by) == (world.worker2, world.worker2, world.secretary)
    assert case.submitted_at == datetime(2026, 11, 10, 9, 15, tzinfo=SHANGHAI)
    assert case.closed_at == datetime(2026, 11, 10, 16, 30, tzinfo=SHANGHAI)


def test_a_reply_before_the_question_is_refused(world: World) -> None:
    answer = log(
        world.worker, world, backfilled="on", submitted_at="2026-11-10T09:15", outcome="resolved", answer="好了",
        answer_at="2026-11-09T16:30",
    )  # fmt: skip

    assert answer.status_code == 409
    assert "answer_at" in answer.context["form"].errors


def test_nobody_makes_a_colleague_responsible_by_logging(world: World) -> None:
    answer = log(world.worker, world, first_contact=world.worker2.pk)

    assert answer.status_code == 422
    assert "first_contact" in answer.context["form"].errors


def test_those_who_handle_no_cases_cannot_log_one(world: World) -> None:
    for person in (world.discipline, world.assessor, world.delegate, world.admin):
        client = browser(person)
        assert client.get("/cases/new/").status_code == 403
        assert client.post("/cases/new/", {"text": TEXT}).status_code == 403
        assert client.post("/cases/new/similar/", {"text": TEXT}).status_code == 403
        assert client.get("/cases/categories/?q=灯").status_code == 403
    assert Client().get("/cases/new/").status_code == 302


# -- categories


def test_words_find_categories_by_name_path_and_search_words(world: World) -> None:
    client = browser(world.worker)
    for words in ("楼道灯", "照明 灯", "不亮", "测试市政"):
        part = client.get("/cases/categories/", {"q": words}).content.decode()
        assert f'value="{world.category.pk}"' in part, words
        assert "<html" not in part
    assert f'value="{world.category.pk}"' not in client.get("/cases/categories/", {"q": "灯 噪声"}).content.decode()
    for words in ("", "\x00", "%", "9" * 5000, "'\""):
        assert client.get("/cases/categories/", {"q": words, "category": words}).status_code == 200


def test_the_ticked_category_stays_while_others_are_looked_for(world: World) -> None:
    other = Category.objects.create(level=1, name="别的", path="别的")
    part = browser(world.worker).get("/cases/categories/", {"q": "楼道灯", "category": str(other.pk)}).content.decode()

    assert re.search(rf'value="{other.pk}" checked', part)
    assert f'value="{world.category.pk}"' in part


def test_without_javascript_looking_for_a_category_keeps_everything_typed(world: World) -> None:
    answer = log(world.worker, world, find="1", q="楼道灯", resident_name="周桂兰", channel="visit", text=TEXT)

    page = answer.content.decode()
    assert answer.status_code == 200
    assert f'value="{world.category.pk}"' in page
    assert TEXT in page
    assert "周桂兰" in page
    assert re.search(r'value="visit"[^>]*checked', page)
    assert not Case.objects.exists()


def test_categories_the_text_speaks_of_are_offered_but_never_ticked(world: World) -> None:
    shown = hint(world.worker, world, text="楼道灯坏了，晚上不亮")
    looked_for = hint(world.worker, world, text="楼道灯坏了", q="别的")
    ticked = hint(world.worker, world, text="楼道灯坏了", category=world.category.pk)

    assert f'value="{world.category.pk}"' in shown
    assert f'value="{world.category.pk}" checked' not in shown
    assert "category-choices" not in looked_for + ticked


# -- the same matter twice


def hint(person: Person, world: World, **typed: Any) -> str:
    typed = {"text": TEXT, "area": f"grid-{world.grid.pk}"} | typed
    return browser(person).post("/cases/new/similar/", typed, headers={"HX-Request": "true"}).content.decode()


def test_a_known_phone_and_the_same_words_nearby_are_shown_as_a_hint(world: World) -> None:
    same_phone = world.log(title="完全不同的事", text="咨询社保", resident_phone="13912345678")
    alike = world.log(title="楼道灯坏了", text="3号楼2单元楼道灯坏了一周", resident_phone="13900000009")
    elsewhere = world.log(
        community=world.west, grid=None, unit=world.west_unit, first_contact=world.outsider, text=TEXT
    )
    old = world.log(at=world.now - timedelta(days=40), text=TEXT)

    shown = hint(world.worker, world, resident_phone="13912345678")

    assert same_phone.number in shown
    assert alike.number in shown
    assert elsewhere.number not in shown
    assert old.number not in shown
    assert hint(world.worker, world, text="电梯困人").count("TST-") == 0


def test_on_the_case_itself_a_similar_one_is_linked_in_one_click(world: World) -> None:
    main, case = world.log(text=TEXT), world.log(text=TEXT + "请快点")
    part = browser(world.worker).get(f"{case.get_absolute_url()}similar/", headers={"HX-Request": "true"})
    form = browser(world.worker).get(f"{case.get_absolute_url()}merge/?into={main.number}").content.decode()

    assert f"merge/?into={main.number}" in part.content.decode()
    assert f'value="{main.number}"' in form


# -- the slip


def test_the_receipt_names_a_person_a_phone_and_two_times_and_nothing_secret(world: World) -> None:
    case = world.log(at=datetime(2026, 11, 18, 9, 0, tzinfo=SHANGHAI), text="这里有不该印的细节")
    page = browser(world.worker).get(f"{case.get_absolute_url()}receipt/").content.decode()

    for words in (
        case.number,
        "3号楼楼道灯不亮",
        "李敏",
        world.worker.phone,
        "柳荫街道",
        "010-5550 1000",
        "11月20日 09:00",
    ):
        assert words in page
    for words in ("周桂兰", "13900000001", "不该印的细节"):
        assert words not in page
    assert "<svg" in page.split("slip-qr")[1]
    assert "style=" not in page.split("slip-qr")[1]


def test_a_receipt_of_the_counter_gives_a_code_once_and_the_code_opens_the_matter(world: World) -> None:
    case = world.log(at=timezone.now())
    worker, resident = browser(world.worker), Client()
    address = f"{case.get_absolute_url()}receipt/"
    page = worker.get(address).text
    assert 'id="code"' not in page
    assert "打印带查询码的回执" in page
    codes = []
    for _time in range(2):
        answer = worker.post(address)
        code = re.search(r'id="code">([^<]+)<', answer.text)
        assert code is not None
        assert "no-store" in answer.headers["Cache-Control"]
        assert "原来的查询码" in answer.text
        assert 'name="language"' not in answer.text
        codes.append(code[1])
    assert 'id="code"' not in worker.get(address).text
    opened = [resident.post("/track/", {"number": case.number, "code": code}).status_code for code in codes]
    assert opened == [422, 302], "a former code stops working"
    events = Event.objects.filter(case=case, kind=Event.Kind.CODE_GIVEN)
    assert [event.by for event in events] == [world.worker, world.worker]
    assert not any(code in str(event.data) for event in events for code in codes)


def test_only_who_takes_part_gives_a_code_and_never_for_a_report_on_the_web(world: World) -> None:
    case = world.log(at=timezone.now())
    address = f"{case.get_absolute_url()}receipt/"
    assert browser(world.discipline).get(address).status_code == 200
    assert "打印带查询码的回执" not in browser(world.discipline).get(address).text
    assert browser(world.discipline).post(address).status_code == 403
    told = report(
        Report(secret="s" * 40, street=world.street, community=world.east, grid=world.grid, text="路灯坏了",
               kind="help", identity="anonymous"),
        now=timezone.now(),
    )  # fmt: skip
    address = f"{told.case.get_absolute_url()}receipt/"
    assert "打印带查询码的回执" not in browser(world.worker).get(address).text
    answer = browser(world.worker).post(address)
    assert answer.status_code == 409
    assert 'id="code"' not in answer.text
    assert check_code(told.case.number, str(told.code)) == told.case


def test_a_limit_in_an_unpublished_year_is_marked_on_the_receipt(world: World) -> None:
    case = world.log(at=datetime(2026, 12, 30, 9, 0, tzinfo=SHANGHAI))
    with time_machine.travel(datetime(2026, 12, 30, 10, 0, tzinfo=SHANGHAI)):
        page = browser(world.worker).get(f"{case.get_absolute_url()}receipt/").content.decode()

    assert str(_("provisional")) in page


# -- the rules behind it


def test_the_most_specific_line_of_the_directory_wins() -> None:
    rows = [
        Row(None, None, 1),
        Row(None, 7, 2),
        Row("市政", None, 3),
        Row("市政>照明", None, 4),
        Row("市政", 7, 5),
        Row("市政>照明", 8, 6),
    ]
    picked = {
        (path, community): found.unit if (found := choose(rows, path, community)) else None
        for path, community in [
            ("", None),
            ("", 7),
            ("市政>井盖", None),
            ("市政>照明>路灯", 7),
            ("市政>井盖", 7),
            ("市政>照明", 8),
        ]
    }

    assert list(picked.values()) == [1, 2, 3, 4, 5, 6]
    assert choose([], "市政", 7) is None
    assert choose([Row("市政>照", None, 1)], "市政>照明", None) is None


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("灯坏了。请修。", "灯坏了"),
        ("  你好：\n楼上漏水", "你好"),
        ("。", "。"),
        ("长" * 60, "长" * 39 + "…"),
    ],
)
def test_a_title_is_made_from_the_first_sentence(text: str, title: str) -> None:
    assert first_sentence(text) == title


def test_numbers_and_names_are_struck_out_of_a_text() -> None:
    text = "周桂兰 13900000001，座机010-55500001，证号11010119490307123X，工单TST-20261118-0001，3号楼。"

    assert without_numbers(text, "周桂兰") == "＊＊ ＊＊，座机＊＊，证号＊＊，工单TST-20261118-0001，3号楼。"


def test_what_cannot_be_kept_is_named() -> None:
    assert unfit("好的\n\t") is None
    assert unfit("a\x00") == "U+0000"
    assert unfit("\ud83d") == "U+D83D"
    assert unfit("😀") is None


def test_the_form_hands_over_what_the_action_takes(world: World) -> None:
    now = datetime(2026, 11, 18, 10, 0, 30, tzinfo=SHANGHAI)
    form = RegisterForm(
        {"text": TEXT, "channel": "counter", "kind": "help", "urgency": "normal", "identity": "named"},
        person=world.worker, unit=world.unit, now=now,
    )  # fmt: skip
    assert form.is_valid(), form.errors
    check(form.registration(), now)
    assert form.registration().submitted_at.date() == date(2026, 11, 18)


@pytest.mark.parametrize(
    ("working", "sentence"),
    [
        ("left", "%(name)s does not work here any more: please choose a colleague who is at work."),
        ("on_leave", "%(name)s is on leave: please choose a colleague who is at work, or have the mark taken back."),
    ],
)
def test_what_is_not_settled_needs_somebody_at_work(world: World, working: str, sentence: str) -> None:
    Person.objects.filter(pk=world.worker2.pk).update(working=working)
    paper = {"backfilled": "on", "submitted_at": "2026-11-10T09:15", "first_contact": world.worker2.pk}

    answer = log(world.secretary, world, **paper)

    if working == "on_leave":
        assert answer.status_code == 409
        assert "王强" in answer.context["form"].errors["first_contact"][0]
    else:
        assert answer.status_code == 422, "who has left is not even offered"
    with pytest.raises(RuleBroken, match=zh(sentence, name="王强")):
        world.log(first_contact=Person.objects.get(pk=world.worker2.pk), by=world.secretary)
    assert not Case.objects.exists()
