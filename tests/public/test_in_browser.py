"""A stranger with a phone: reports, follows, talks, urges, withdraws, rates; with JavaScript and without; for every pair
of eyes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from unittest.mock import Mock

import pytest
from django.utils import timezone

from complaints import actions
from complaints.actions import rating as acts
from complaints.models import Case, DataRequest, Message, Rating, RatingCheck
from complaints.tracking import set_code
from complaints.views.desk import build
from complaints.views.rating import token_of
from config.guard import doors, proof
from config.guard import forms as guarded
from config.guard.limits import TooMany
from services.models_guide import ServiceItem
from tests.eyes import Eyes, wait_until
from tests.world import World

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Dialog, Page, Route
    from pytest_django.live_server_helper import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "WAIT", dict.fromkeys(proof.WAIT, -1))
    monkeypatch.setattr(guarded.Guarded, "too_quick", timedelta(0))


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without"])
def phone(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    opened = browser.new_context(
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        viewport={"width": 390, "height": 844},
        java_script_enabled=request.param,
    )
    opened.set_default_timeout(15_000)
    yield opened.new_page()
    opened.close()


def report(page: Page, live_server: LiveServer, world: World) -> tuple[str, str]:
    page.goto(live_server.url)
    page.click("a.door-first")
    page.fill("[name=text]", "3号楼门口的路灯坏了三天,晚上看不见路。")
    page.select_option("[name=area]", f"grid-{world.grid.pk}")
    page.fill("[name=phone]", "13911112222")
    page.click("#report [type=submit]")
    return page.inner_text("#number"), page.inner_text("#code")


def look_up(page: Page, live_server: LiveServer, number: str, code: str) -> None:
    page.goto(f"{live_server.url}/track/?number={number}")
    page.fill("[name=code]", code.lower().replace("-", " "))
    page.click("main form.sheet [type=submit]")
    page.wait_for_selector("#h-steps")


def test_a_stranger_reports_follows_talks_urges_and_withdraws(
    phone: Page, live_server: LiveServer, world: World
) -> None:
    number, code = report(phone, live_server, world)
    assert re.fullmatch(r"\w{5}-\w{5}-\w{5}", code)
    assert world.worker.name in phone.inner_text(".receipt")
    look_up(phone, live_server, number, code)
    assert world.worker.name in phone.inner_text("main")
    phone.fill("[name=text]", "今天又坏了一盏。")
    phone.click("form[action='/track/say/'] [type=submit]")
    phone.wait_for_selector(".note-success")
    assert "今天又坏了一盏。" in phone.inner_text("main")
    case = Case.objects.get(number=number)
    assert Message.objects.filter(case=case).exists()
    actions.reply(case, by=world.worker, now=case.submitted_at + timedelta(hours=1), text="师傅明天上午到。")
    phone.click("form[action='/track/urge/'] [type=submit]")
    phone.wait_for_selector(".note-success")
    assert "师傅明天上午到。" in phone.inner_text("main")
    assert world.worker.name in phone.inner_text("#h-steps ~ *, .note-info")
    phone.click("form[action='/track/forget/'] [type=submit]")
    phone.wait_for_selector("[name=code]")
    look_up(phone, live_server, number, code)
    phone.click("details.fold:last-of-type > summary")
    phone.click("form[action='/track/withdraw/'] [type=submit]")
    phone.wait_for_selector(".note-success")
    case.refresh_from_db()
    assert case.status == Case.Status.WITHDRAWN


def conclude(case: Case, world: World, now: datetime) -> Case:
    case.refresh_from_db()
    actions.conclude(case, by=world.worker, now=now, version=case.version, outcome="resolved", text="灯已经换好。")
    return Case.objects.get(pk=case.pk)


def say_how_it_was(page: Page, solved: str, satisfied: int, text: str) -> None:
    page.check(f"[name=solved][value={solved}]")
    page.check(f"[name=satisfied][value='{satisfied}']")
    page.fill(".rating-form [name=text]", text)


def test_a_stranger_rates_adds_a_word_and_not_solved_opens_the_matter_again(
    phone: Page, live_server: LiveServer, world: World
) -> None:
    now = timezone.now()
    case = conclude(world.log(at=now - timedelta(hours=2)), world, now - timedelta(hours=1))
    look_up(phone, live_server, case.number, set_code(case))
    say_how_it_was(phone, "partly", 2, "来了两次都没有带灯泡。")
    phone.check("text=办得太慢、超时")
    phone.click(".rating-more > summary")
    phone.select_option("[name=attitude]", "4")
    phone.click(".rating-form [type=submit]")
    phone.wait_for_selector("#rating dl.facts")
    assert "来了两次都没有带灯泡。" in phone.inner_text("#rating")
    first = Rating.objects.get(case=case)
    assert (first.solved, first.satisfied, first.attitude, first.efficiency) == ("partly", 2, 4, None)
    assert [tag.name for tag in first.tags.all()] == ["办得太慢、超时"]
    assert phone.query_selector(".rating-form") is None, "a word more is for later, when there is an answer"

    check = RatingCheck.objects.get(rating=first)
    acts.verify(check, by=world.secretary, now=now, outcome="explained", finding="属实")
    acts.tell(check, by=world.secretary, now=now, text="对不起,师傅今天带着灯泡再来。")
    phone.reload()
    assert "对不起,师傅今天带着灯泡再来。" in phone.inner_text("#rating")
    say_how_it_was(phone, "no", 1, "三楼还是不亮。")
    phone.click(".rating-form [type=submit]")
    phone.wait_for_selector("form[action='/track/urge/']")
    assert "三楼还是不亮。" in phone.inner_text("#rating")
    assert "重新办理" in phone.inner_text("main")
    case.refresh_from_db()
    assert (case.status, case.cycle) == (Case.Status.HANDLING, 2)
    assert Rating.objects.get(supplements=first).solved == "no"
    assert Message.objects.get(case=case).text == "三楼还是不亮。", "nothing has to be told twice"
    drawers = {section.code: section.rows for section in build(world.supervisor, timezone.now())}
    assert [row.number for row in drawers["not_solved"]] == [case.number]


def test_a_slip_of_the_counter_that_says_not_solved_opens_the_matter_again(
    phone: Page, live_server: LiveServer, world: World
) -> None:
    now = timezone.now()
    case = conclude(world.log(at=now - timedelta(hours=2)), world, now - timedelta(hours=1))
    phone.goto(f"{live_server.url}/rate/{token_of(case)}/")
    say_how_it_was(phone, "no", 2, "灯还是不亮。")
    phone.click(".rating-form [type=submit]")
    phone.wait_for_selector("main .empty")
    assert "评价已收到" in phone.inner_text("main")
    case.refresh_from_db()
    assert (case.status, case.cycle) == (Case.Status.HANDLING, 2)
    assert Rating.objects.get(case=case).via == "counter"


def test_a_reload_of_the_receipt_shows_no_code(context: BrowserContext, live_server: LiveServer, world: World) -> None:
    page = context.new_page()
    _number, code = report(page, live_server, world)
    page.wait_for_url("**/report/done/")
    page.reload()
    assert code not in page.content()
    page.go_back()
    page.go_back()
    assert Case.objects.count() == 1


def turned_down(page: Page) -> list[str]:
    """What the page asks next, answered with no."""
    asked: list[str] = []

    def no(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.dismiss()

    page.once("dialog", no)
    return asked


def looks_do_not_cost(page: Page, code: str) -> None:
    """What the header and the foot offer on a receipt leaves the code where it is."""
    assert page.locator("button[name=language]").count() == 0
    shown = page.locator("button[name=elder]:visible, button[name=theme]:visible")
    if page.evaluate("document.querySelector('[data-scripted]').hidden"):
        assert shown.count() == 0, "without JavaScript a switch would load the page anew"
        return
    assert shown.count() == 6
    page.click(".elder-switch button")
    page.wait_for_selector("html.elder")
    page.click("button[name=theme][value=dark]")
    page.wait_for_selector("html[data-theme=dark]")
    page.click(".elder-switch button")
    page.wait_for_selector("html:not(.elder)")
    assert page.get_attribute(".segments button[name=elder][value='0']", "aria-pressed") == "true"
    assert code in page.inner_text("main")


def test_larger_text_and_a_darker_page_leave_the_code_of_a_slip(
    phone: Page, live_server: LiveServer, world: World
) -> None:
    _number, code = report(phone, live_server, world)
    looks_do_not_cost(phone, code)


def test_larger_text_and_a_darker_page_leave_the_code_of_a_report_on_conduct(
    phone: Page, live_server: LiveServer, world: World
) -> None:
    phone.goto(f"{live_server.url}/conduct/")
    phone.fill("[name=text]", "窗口人员态度恶劣,摔了我的材料。")
    phone.select_option("[name=works_at]", f"community-{world.west.pk}")
    phone.click(".conduct-send [type=submit]")
    looks_do_not_cost(phone, phone.inner_text(".conduct-code"))


@pytest.mark.parametrize(("path", "field"), [("/track/", "[name=number]"), ("/conduct/", "[name=text]")])
def test_looks_keep_what_was_typed_and_another_language_asks_first(
    context: BrowserContext, live_server: LiveServer, world: World, path: str, field: str
) -> None:
    page = context.new_page()
    page.goto(live_server.url + path)
    page.fill(field, "TST-20261118-0001")
    page.click(".elder-switch button")
    page.wait_for_selector("html.elder")
    assert page.inner_text(".elder-switch") == "标准版"
    assert page.input_value(field) == "TST-20261118-0001"
    asked = turned_down(page)
    page.click("button[name=language][value=en]")
    assert "会清空" in asked[0]
    assert page.input_value(field) == "TST-20261118-0001"
    page.once("dialog", lambda dialog: dialog.accept())
    page.click("button[name=language][value=en]")
    page.wait_for_selector("html[lang=en]")
    assert page.input_value(field) == ""


def test_a_second_tab_with_the_first_ones_draft_keeps_both_reports(
    context: BrowserContext, live_server: LiveServer, world: World
) -> None:
    first, second = context.new_page(), context.new_page()
    first.goto(f"{live_server.url}/report/")
    first.fill("[name=text]", "甲:井盖缺了一块")
    first.select_option("[name=area]", f"grid-{world.grid.pk}")
    second.goto(f"{live_server.url}/report/")
    assert second.input_value("[name=text]") == "甲:井盖缺了一块"
    second.fill("[name=text]", "乙:电梯停了两天")
    second.click("#report [type=submit]")
    code = second.inner_text("#code")
    first.bring_to_front()
    first.click("#report [type=submit]")
    assert first.inner_text("#code") != code
    assert {case.text for case in Case.objects.all()} == {"甲:井盖缺了一块", "乙:电梯停了两天"}


def test_the_same_sent_once_more_from_the_same_window_is_asked_about(
    context: BrowserContext, live_server: LiveServer, world: World
) -> None:
    page = context.new_page()
    report(page, live_server, world)
    asked = turned_down(page)
    page.goto(f"{live_server.url}/report/")
    page.fill("[name=text]", "3号楼门口的路灯坏了三天,晚上看不见路。")
    page.select_option("[name=area]", f"grid-{world.grid.pk}")
    page.click("#report [type=submit]")
    assert "已经收到" in asked[0]
    assert Case.objects.count() == 1
    page.fill("[name=text]", "4号楼的路灯也坏了。")
    page.click("#report [type=submit]")
    page.wait_for_selector("#code")
    assert Case.objects.count() == 2


def test_the_button_does_not_slip_away_from_under_the_finger(
    context: BrowserContext, live_server: LiveServer, world: World
) -> None:
    """The hints stand above it and may come at any moment, a pressed button included."""
    page = context.new_page()
    page.goto(f"{live_server.url}/report/")
    held: list[Route] = []
    page.route("**/report/similar/", lambda route: held.append(route))
    page.fill("[name=text]", "3号楼门口的路灯坏了三天,晚上看不见路。")
    page.select_option("[name=area]", f"grid-{world.grid.pk}")
    page.fill("[name=phone]", "13911112222")
    wait_until(page, lambda: bool(held))
    page.hover("#report [type=submit]")
    page.mouse.down()
    with page.expect_response("**/report/similar/"):
        held[0].continue_()
    page.evaluate("new Promise(done => setTimeout(done, 200))")
    page.mouse.up()
    page.wait_for_selector("#number")
    assert Case.objects.count() == 1


def test_the_browser_proves_its_work_while_somebody_types(
    context: BrowserContext, live_server: LiveServer, world: World
) -> None:
    page = context.new_page()
    page.goto(f"{live_server.url}/report/")
    page.fill("[name=text]", "3号楼门口的路灯坏了三天。")
    page.select_option("[name=area]", f"grid-{world.grid.pk}")
    page.wait_for_selector("[name=altcha][value]:not([value=''])", state="attached")
    page.evaluate("document.querySelector('[name=ticket]').value = ''")
    page.click("#report [type=submit]")
    page.wait_for_selector("#code")
    assert Case.objects.count() == 1


def test_a_draft_survives_a_lost_page_but_an_anonymous_one_stays_in_its_window(
    context: BrowserContext, live_server: LiveServer, world: World
) -> None:
    page = context.new_page()
    page.goto(f"{live_server.url}/report/")
    page.fill("[name=text]", "写到一半断网了")
    page.reload()
    assert page.input_value("[name=text]") == "写到一半断网了"
    page.check("[name=identity][value=anonymous]")
    other = context.new_page()
    other.goto(f"{live_server.url}/report/")
    assert other.input_value("[name=text]") == ""
    page.reload()
    assert page.input_value("[name=text]") == "写到一半断网了"


def test_without_a_connection_the_form_waits_and_sends_itself_later(
    context: BrowserContext, live_server: LiveServer, world: World
) -> None:
    page = context.new_page()
    page.goto(f"{live_server.url}/report/")
    page.fill("[name=text]", "断网时写的诉求")
    page.select_option("[name=area]", f"grid-{world.grid.pk}")
    context.set_offline(True)
    page.click("#report [type=submit]")
    page.wait_for_selector("#draft-note .note")
    assert not Case.objects.exists()
    context.set_offline(False)
    page.wait_for_selector("#number")
    assert Case.objects.get().text == "断网时写的诉求"


def test_a_position_that_cannot_be_found_is_said_beside_the_button(
    context: BrowserContext, live_server: LiveServer, world: World
) -> None:
    context.add_cookies([{"name": "elder", "value": "1", "url": live_server.url}])
    page = context.new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    page.add_init_script("navigator.geolocation.getCurrentPosition = (_found, failed) => failed({code: 2})")
    page.goto(f"{live_server.url}/report/")
    page.click("[data-find]")
    said = page.locator("[data-said]", has_text="没能取得定位")
    said.wait_for()
    box = said.bounding_box()
    assert box is not None
    assert 0 <= box["y"] <= 844 - box["height"]


@pytest.fixture
def eyes(context: BrowserContext) -> Eyes:
    return Eyes(context.new_page())


def test_every_page_of_a_matter_is_legible_and_reachable(
    eyes: Eyes, live_server: LiveServer, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, look, now = eyes.page, eyes.look, timezone.now()
    item = ServiceItem.objects.earliest("pk").get_absolute_url()
    guide = ["/guide/", item, f"{item}notice/", "/guide/ask/?q=社保卡"]
    for path in ("/", "/report/paper/", "/report/done/", "/track/", "/nowhere/", *guide):
        page.goto(live_server.url + path)
        look(path)
    page.goto(f"{live_server.url}/report/")
    look("report")
    page.fill("[name=phone]", "abc")
    page.click("#report [type=submit]")
    page.wait_for_selector(".field-error")
    look("refused report")
    with monkeypatch.context() as crowd:
        crowd.setattr(doors.Door, "enter", Mock(side_effect=TooMany(60)))
        page.fill("[name=text]", "楼道灯不亮")
        page.click("#report [type=submit]")
        page.wait_for_selector("#h-kept")
        look("too many")
    world.log(at=timezone.now())
    page.goto(f"{live_server.url}/report/")
    page.fill("[name=phone]", "13911112222")
    page.fill("[name=text]", "3号楼2单元楼道灯不亮,老人上下楼不安全。")
    page.select_option("[name=area]", f"grid-{world.grid.pk}")
    page.wait_for_selector("#neighbours")
    page.click("details.more > summary")
    look("neighbours")
    page.click("#report [type=submit]")
    page.wait_for_selector("#code")
    look("receipt")
    number, code = page.inner_text("#number"), page.inner_text("#code")
    page.goto(f"{live_server.url}/track/?number={number}")
    page.fill("[name=code]", "12345")
    page.click("main form.sheet [type=submit]")
    page.wait_for_selector(".note-danger")
    look("wrong code")
    look_up(page, live_server, number, code)
    page.click("form[action='/track/urge/'] [type=submit]")
    page.wait_for_selector(".note-success")
    for fold in page.query_selector_all("details.fold > summary"):
        fold.click()
    look("followed")
    case = conclude(Case.objects.get(number=number), world, now + timedelta(minutes=1))
    page.goto(f"{live_server.url}/rate/{token_of(case)}/")
    page.check("[name=satisfied][value='2']")
    page.click(".rating-more > summary")
    look("slip")
    page.goto(f"{live_server.url}/track/")
    page.click(".rating-form [type=submit]")
    page.wait_for_selector(".field-error")
    look("rating refused")
    say_how_it_was(page, "no", 2, "三楼还是不亮。")
    page.click(".rating-form [type=submit]")
    page.wait_for_selector("#rating dl.facts")
    look("opened again")
    page.click("a[href='/track/data/']")
    page.click("[name=kind][value=copy] ~ [type=submit]")
    for fold in page.query_selector_all("details.fold > summary"):
        fold.click()
    look("my data")
    page.click("[name=kind][value=deletion] ~ * [type=submit]")
    page.wait_for_selector(".note-success")
    assert DataRequest.objects.filter(case=case, kind="deletion", verdict="").exists()
    look("data requests")
    assert eyes.wrong == {}


def test_every_page_of_a_report_on_conduct_is_legible_and_reachable(
    eyes: Eyes, live_server: LiveServer, world: World
) -> None:
    page, look = eyes.page, eyes.look
    page.goto(f"{live_server.url}/conduct/?snap=1")
    look("snap")
    page.goto(f"{live_server.url}/conduct/")
    page.click("details.sheet > summary")
    page.click(".conduct-send [type=submit]")
    page.wait_for_selector(".field-error")
    look("refused")
    page.check("[name=about_leader]")
    page.click(".conduct-send [type=submit]")
    page.wait_for_selector("text=12388")
    look("about a leader")
    page.goto(f"{live_server.url}/conduct/")
    page.fill("[name=text]", "窗口人员态度恶劣,摔了我的材料。")
    page.select_option("[name=works_at]", f"community-{world.west.pk}")
    page.click(".conduct-send [type=submit]")
    page.wait_for_selector(".conduct-code")
    look("receipt")
    number, code = page.inner_text(".receipt-number >> nth=0"), page.inner_text(".conduct-code")
    page.goto(f"{live_server.url}/conduct/track/")
    page.click("main form [type=submit]")
    page.wait_for_selector(".field-error")
    look("door")
    page.fill("[name=number]", number)
    page.fill("[name=code]", code)
    page.click("main form [type=submit]")
    page.wait_for_selector("#h-talk")
    look("followed")
    assert eyes.wrong == {}
