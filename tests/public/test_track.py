"""Following a matter in several tabs, after the half hour, and when it was closed meanwhile: nothing typed gets lost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from django.test import Client

from complaints import actions
from complaints.actions import rating as acts
from complaints.actions.notices import words_for
from complaints.actions.rated import Answer
from complaints.models import Attachment, Case, DataRequest, Event, Message, Rating, RatingCheck, RatingTag
from complaints.tracking import set_code
from complaints.views.rating import token_of
from tests.public.test_report import photo
from tests.world import World

pytestmark = pytest.mark.django_db
LATER = timedelta(minutes=31)


@pytest.fixture(autouse=True)
def today(world: World) -> Iterator[None]:
    with time_machine.travel(world.now, tick=False):
        yield


@pytest.fixture
def case(world: World) -> Case:
    return world.log(at=world.now - timedelta(hours=3))


@pytest.fixture
def other(world: World) -> Case:
    return world.log(at=world.now - timedelta(hours=2))


def enter(client: Client, case: Case) -> None:
    """Number and code."""
    assert client.post("/track/", {"number": case.number, "code": set_code(case)}).status_code == 302


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def fields(page: str, action: str) -> dict[str, str]:
    """The hidden fields of the form that goes there, as a browser would send them."""
    found = re.search(rf'<form method="post" action="{action}".*?</form>', page, re.DOTALL)
    assert found, f"no form to {action}"
    hidden = re.findall(r'<input type="hidden" name="(\w+)"(?: value="([^"]*)")?', found[0])
    return {name: unescape(value) for name, value in hidden}


def conclude(case: Case, world: World) -> Case:
    case = Case.objects.get(pk=case.pk)
    actions.conclude(
        case, by=case.responsible, now=world.now, version=case.version, outcome="resolved", text="灯已经换好。"
    )
    return Case.objects.get(pk=case.pk)


def enter_again(client: Client, page: str, case: Case) -> str:
    """Number and code once more, on the page that kept what was typed."""
    answer = client.post("/track/", fields(page, "/track/") | {"number": case.number, "code": set_code(case)})
    assert answer.status_code == 200
    return text_of(answer)


# ---- two tabs


@pytest.mark.parametrize(
    ("address", "typed"),
    [
        ("/track/say/", {"text": "三楼的灯还是不亮"}),
        ("/track/withdraw/", {"reason": "三楼的灯还是不亮"}),
        ("/track/urge/", {}),
        ("/track/photos/", {}),
        ("/track/data/", {"kind": "correction", "text": "三楼的灯还是不亮"}),
        ("/track/data/", {"kind": "deletion", "text": "三楼的灯还是不亮"}),
    ],
)
def test_a_tab_of_one_matter_does_nothing_to_the_one_opened_since(
    client: Client, case: Case, other: Case, address: str, typed: dict[str, str]
) -> None:
    enter(client, case)
    page = client.get("/track/data/" if "data" in address else "/track/")
    shown = fields(text_of(page), address)
    enter(client, other)
    before = Event.objects.count()
    photos = {"photos": [photo()]} if "photos" in address else {}

    answer = client.post(address, shown | typed | photos)

    assert answer.status_code == 409
    told = text_of(answer)
    assert "没有发送" in told
    assert case.number in told
    assert other.number in told
    assert not ({"text", "reason"} & set(typed)) or "三楼的灯还是不亮</textarea>" in told
    assert Event.objects.count() == before
    assert not Message.objects.exists()
    assert not DataRequest.objects.exists()
    assert not Attachment.objects.exists()
    assert Case.objects.open().count() == 2
    assert other.number in text_of(client.get("/track/"))  # and that one is open still


def test_a_rating_goes_to_the_matter_it_was_written_for_or_nowhere(
    client: Client, case: Case, other: Case, world: World
) -> None:
    conclude(case, world)
    conclude(other, world)
    enter(client, case)
    shown = fields(text_of(client.get("/track/")), "/track/rate/")
    enter(client, other)

    answer = client.post("/track/rate/", shown | {"solved": "no", "satisfied": "1", "text": "三楼还是不亮"})

    assert answer.status_code == 409
    assert "三楼还是不亮</textarea>" in text_of(answer)
    assert not Rating.objects.exists()


def test_with_the_code_of_the_other_matter_the_text_arrives_where_it_belongs(
    client: Client, case: Case, other: Case
) -> None:
    enter(client, case)
    shown = fields(text_of(client.get("/track/")), "/track/withdraw/")
    enter(client, other)
    refused = text_of(client.post("/track/withdraw/", shown | {"reason": "物业已经修好了"}))

    page = enter_again(client, refused, case)
    assert re.search(r'name="reason"[^>]*>\s*物业已经修好了', page)
    client.post("/track/withdraw/", fields(page, "/track/withdraw/") | {"reason": "物业已经修好了"})

    assert Message.objects.get().case == case
    assert Case.objects.get(pk=other.pk).is_open


def test_words_for_one_matter_are_not_put_into_the_fields_of_another(client: Client, case: Case, other: Case) -> None:
    enter(client, case)
    shown = fields(text_of(client.get("/track/")), "/track/say/")
    enter(client, other)
    refused = text_of(client.post("/track/say/", shown | {"text": "只给第一件"}))

    page = enter_again(client, refused, other)

    assert "没有发送" in page
    assert "只给第一件</textarea>" in page
    assert not re.search(r'name="text"[^>]*>\s*只给第一件', page)


# ---- closed meanwhile


@pytest.mark.parametrize(
    ("act", "typed"),
    [("say", {"text": "三楼的灯还是不亮"}), ("withdraw", {"reason": "三楼的灯还是不亮"}), ("urge", {}), ("photos", {})],
)
def test_what_is_sent_to_a_matter_closed_meanwhile_is_given_back_with_the_reason(
    client: Client, case: Case, world: World, act: str, typed: dict[str, str]
) -> None:
    enter(client, case)
    shown = fields(text_of(client.get("/track/")), f"/track/{act}/")
    conclude(case, world)

    answer = client.post(f"/track/{act}/", shown | typed | ({"photos": [photo()]} if act == "photos" else {}))

    assert answer.status_code == 409
    page = text_of(answer)
    assert "没有发送" in page
    assert "已经办结或撤回" in page
    assert not typed or "三楼的灯还是不亮</textarea>" in page
    assert 'href="#rating"' in page  # where "not solved" can be said now
    assert ("照片无法保留" in page) == (act == "photos")
    assert not Message.objects.exists()


def test_a_second_rating_from_an_old_tab_is_given_back_with_the_reason(
    client: Client, case: Case, world: World
) -> None:
    conclude(case, world)
    enter(client, case)
    sent = fields(text_of(client.get("/track/")), "/track/rate/") | {"solved": "yes", "satisfied": "4"}
    client.post("/track/rate/", sent)

    answer = client.post("/track/rate/", sent | {"text": "第二次想说的话"})

    assert answer.status_code == 409
    page = text_of(answer)
    assert "没有发送" in page
    assert "已经评价过了" in page
    assert "第二次想说的话</textarea>" in page
    assert Rating.objects.get().text == ""


def test_a_slip_used_up_meanwhile_gives_the_words_back(client: Client, case: Case, world: World) -> None:
    url = f"/rate/{token_of(conclude(case, world))}/"
    client.post(url, {"solved": "yes", "satisfied": "4"})

    answer = client.post(url, {"solved": "yes", "satisfied": "1", "text": "第二次想说的话"})

    assert answer.status_code == 409
    assert "没有发送" in text_of(answer)
    assert "第二次想说的话</textarea>" in text_of(answer)
    assert "您的评价已收到" not in text_of(answer)


# ---- after the half hour


@pytest.mark.parametrize(
    ("address", "typed", "found"),
    [
        ("/track/say/", {"text": "这段话不能丢"}, r'name="text"[^>]*>\s*这段话不能丢'),
        ("/track/withdraw/", {"reason": "这段话不能丢"}, r'name="reason"[^>]*>\s*这段话不能丢'),
        ("/track/data/", {"kind": "correction", "text": "这段话不能丢"}, r'name="text"[^>]*>\s*这段话不能丢'),
        ("/track/data/", {"kind": "deletion", "text": "这段话不能丢"}, r'name="text"[^>]*>\s*这段话不能丢'),
    ],
)
def test_what_was_typed_is_back_in_its_place_after_number_and_code(
    client: Client, case: Case, world: World, address: str, typed: dict[str, str], found: str
) -> None:
    enter(client, case)
    shown = fields(text_of(client.get("/track/data/" if "data" in address else "/track/")), address)
    with time_machine.travel(world.now + LATER):
        answer = client.post(address, shown | typed)
        assert answer.status_code == 403
        assert "还没有发送" in text_of(answer)
        assert "这段话不能丢</textarea>" in text_of(answer)
        wrong = client.post("/track/", fields(text_of(answer), "/track/") | {"number": case.number, "code": "ABCDE"})
        assert wrong.status_code == 422  # a slip of the finger loses nothing either
        page = enter_again(client, text_of(wrong), case)

    assert "还没有发送" in page
    kept = page[page.index("这段话不能丢") - 700 :]
    assert re.search(found, kept)
    assert not Message.objects.exists()
    assert not DataRequest.objects.exists()


def test_a_rating_comes_back_with_its_ticks(client: Client, case: Case, world: World) -> None:
    conclude(case, world)
    enter(client, case)
    shown = fields(text_of(client.get("/track/")), "/track/rate/")
    tag = str(RatingTag.objects.filter(is_active=True, lowest__lte=2).values_list("pk", flat=True)[0])
    with time_machine.travel(world.now + LATER):
        typed = {"solved": "partly", "satisfied": "2", "tags": [tag], "attitude": "3", "text": "来了两次"}
        page = enter_again(client, text_of(client.post("/track/rate/", shown | typed)), case)

    for name, value in (("solved", "partly"), ("satisfied", "2"), ("tags", tag)):
        assert re.search(rf'<input[^>]*name="{name}" value="{value}"[^>]*checked', page), name
    assert re.search(r'name="text"[^>]*>\s*来了两次', page)
    assert '<option value="3" selected>' in page


def test_that_photos_cannot_be_kept_is_said(client: Client, case: Case, world: World) -> None:
    enter(client, case)
    with time_machine.travel(world.now + LATER):
        answer = client.post("/track/photos/", {"photos": [photo()]})
        assert "照片无法保留" in text_of(answer)
        page = enter_again(client, text_of(answer), case)
    assert "照片无法保留,请重新选择".replace(",", "\uff0c") in page


# ---- a rating is about the cycle it was shown for


def rated(case: Case, world: World) -> RatingCheck:
    """A bad rating whose resident was told what came of it."""
    row = acts.rate(case, Answer(solved="partly", satisfied=2, text="慢"), now=world.now, via="track")
    check = RatingCheck.objects.get(rating=row)
    acts.verify(check, by=world.secretary, now=world.now, outcome="explained", finding="已解释")
    acts.tell(check, by=world.secretary, now=world.now, text="情况是这样的")
    return check


def done_again(case: Case, world: World) -> None:
    case = Case.objects.get(pk=case.pk)
    actions.redo(case, by=world.secretary, now=world.now, version=case.version, reason="没有修好")
    conclude(case, world)


def test_a_stale_rating_does_not_count_for_the_next_result(client: Client, case: Case, world: World) -> None:
    conclude(case, world)
    enter(client, case)
    shown = fields(text_of(client.get("/track/")), "/track/rate/")
    done_again(case, world)

    answer = client.post("/track/rate/", shown | {"solved": "no", "satisfied": "1", "text": "第一次没修好"})

    assert answer.status_code == 409
    assert "又办理了一次" in text_of(answer)
    assert "第一次没修好</textarea>" in text_of(answer)
    assert not re.search(r'name="text"[^>]*>\s*第一次没修好', text_of(answer))
    assert not Rating.objects.exists()
    assert Case.objects.get(pk=case.pk).status == Case.Status.CONCLUDED


def test_a_word_added_to_the_first_rating_is_no_rating_of_the_second_result(
    client: Client, case: Case, world: World
) -> None:
    case = conclude(case, world)
    check = rated(case, world)
    enter(client, case)
    shown = fields(text_of(client.get("/track/")), "/track/rate/")
    assert shown["mark"] == "add-1"
    done_again(check.rating.case, world)

    answer = client.post("/track/rate/", shown | {"solved": "yes", "satisfied": "5", "text": "后来好了"})

    assert answer.status_code == 409
    assert "又办理了一次" in text_of(answer)
    assert "后来好了</textarea>" in text_of(answer)
    assert Rating.objects.get() == check.rating


def test_a_rating_kept_over_the_half_hour_is_not_moved_to_the_next_result(
    client: Client, case: Case, world: World
) -> None:
    conclude(case, world)
    enter(client, case)
    shown = fields(text_of(client.get("/track/")), "/track/rate/")
    with time_machine.travel(world.now + LATER):
        door = text_of(client.post("/track/rate/", shown | {"solved": "no", "satisfied": "1", "text": "没修好"}))
        done_again(case, world)
        page = enter_again(client, door, case)

    assert "又办理了一次" in page
    assert "没修好</textarea>" in page
    assert not re.search(r'name="text"[^>]*>\s*没修好', page)


# ---- what the pages say is true


def plain(page: str) -> str:
    return re.sub(r"\s+", "", re.sub(r"<[^>]+>", "", unescape(page)))


def test_before_rating_it_is_said_that_what_is_not_solved_goes_to_the_handler(
    client: Client, case: Case, world: World
) -> None:
    case = conclude(case, world)
    enter(client, case)
    for url in ("/track/", f"/rate/{token_of(case)}/"):
        page = plain(text_of(client.get(url)))
        assert "选“未解决”" in page
        assert "会作为您的留言转给承办人" in page
        assert "看不到您的满意度和勾选的原因" in page
        assert "什么时候评的" not in page


def test_the_link_of_a_slip_leads_to_its_own_matter(client: Client, case: Case, other: Case) -> None:
    enter(client, case)
    page = text_of(client.get(f"/track/?number={other.number}"))
    assert re.search(rf'name="number"[^>]*value="{other.number}"', page)
    assert f"返回正在打开的 {case.number}" in page
    assert case.text not in page
    assert case.text in text_of(client.get(f"/track/?number={case.number.lower()}"))


def test_withdrawing_is_no_first_contact(client: Client, case: Case) -> None:
    enter(client, case)
    assert "首次联系" in text_of(client.get("/track/"))
    client.post("/track/withdraw/", {})
    assert "首次联系" not in text_of(client.get("/track/"))


def test_a_contact_made_before_withdrawing_stays(client: Client, case: Case, world: World) -> None:
    actions.reply(case, by=world.worker, now=world.now - timedelta(hours=1), text="明天来看。")
    enter(client, case)
    client.post("/track/withdraw/", {})
    assert "首次联系" in text_of(client.get("/track/"))


def test_whoever_joined_a_matter_is_promised_nothing_that_does_not_come(
    client: Client, case: Case, other: Case, world: World
) -> None:
    actions.merge(other, by=world.worker, now=world.now, version=other.version, into=case, text="与邻居的是同一件事。")
    enter(client, Case.objects.get(pk=other.pk))
    page = plain(text_of(client.get("/track/")))
    assert "会联系您" not in page
    assert "与邻居反映的合并办理" in page

    conclude(case, world)
    page = plain(text_of(client.get("/track/")))
    assert "答复您" not in page
    assert "联系您" not in page
    assert "可致电责任人询问结果" in page
    assert world.worker.phone.replace(" ", "") in page
    assert "灯已经换好" not in page
    assert "答复已给您" not in words_for(Case.objects.get(pk=other.pk), "concluded")
    assert "您加入的事项已办结" in words_for(Case.objects.get(pk=other.pk), "concluded")


def test_the_address_alone_makes_nothing_true(client: Client, case: Case) -> None:
    enter(client, case)
    for act in ("withdraw", "say", "urge", "photos", "nonsense"):
        assert 'role="status"' not in text_of(client.get(f"/track/?done={act}"))
    client.post("/track/withdraw/", {})
    assert 'role="status"' in text_of(client.get("/track/?done=withdraw"))


@pytest.mark.parametrize("act", ["say", "urge", "photos", "withdraw", "rate", "forget"])
def test_an_address_for_sending_leads_back_when_it_is_only_looked_at(client: Client, case: Case, act: str) -> None:
    enter(client, case)
    answer = client.get(f"/track/{act}/", follow=True)
    assert answer.redirect_chain == [("/track/", 302)]
    assert case.number in text_of(answer)


# ---- a token that does not fit


def test_a_form_whose_token_does_not_fit_gives_every_word_back() -> None:
    browser = Client(enforce_csrf_checks=True)
    typed = {"text": "3号楼<b>漏水</b>", "place": "北门", "password": "密 码", "code": "A B", "identity": "named"}
    answer = browser.post("/track/say/", typed, headers={"Referer": "http://testserver/track/"})
    page = text_of(answer)
    assert answer.status_code == 403
    assert "没有发送" in page
    assert "3号楼&lt;b&gt;漏水&lt;/b&gt;</textarea>" in page
    assert "北门</textarea>" in page
    assert 'href="http://testserver/track/"' in page
    for hidden in ("密 码", "A B", "named"):
        assert f"{hidden}</textarea>" not in page
    assert "no-store" in answer.headers["Cache-Control"]


def test_what_another_site_sends_is_not_repeated() -> None:
    browser = Client(enforce_csrf_checks=True)
    answer = browser.post("/track/say/", {"text": "请 转账"}, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert "请 转账" not in text_of(answer)


def test_the_page_is_called_by_one_name(client: Client) -> None:
    name = "查询进展"
    assert name in plain(text_of(client.get("/")))
    assert f"“{name}”页面" in text_of(client.get("/rate/nonesuch/"))
