"""A stranger with a phone: reports, follows, talks, urges, withdraws; with JavaScript and without; for every pair of eyes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.conf import settings

from complaints.actions import reply
from complaints.models import Case, Message
from config.guard import forms as guarded
from config.guard import proof
from tests.world import World

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page
    from pytest_django.live_server_helper import LiveServer

AXE = settings.BASE_DIR / "node_modules" / "axe-core" / "axe.min.js"

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


def faults(page: Page) -> list[str]:
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice']})")
    return [f"{fault['id']}: {node['target']}" for fault in found["violations"] for node in fault["nodes"]]


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


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
    reply(case, by=world.worker, now=case.submitted_at + timedelta(hours=1), text="师傅明天上午到。")
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


def test_a_reload_of_the_receipt_shows_no_code(context: BrowserContext, live_server: LiveServer, world: World) -> None:
    page = context.new_page()
    _number, code = report(page, live_server, world)
    page.wait_for_url("**/report/done/")
    page.reload()
    assert code not in page.content()
    page.go_back()
    page.go_back()
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


@pytest.mark.parametrize("elder", ["0", "1"])
@pytest.mark.parametrize(("theme", "width"), [("light", 390), ("dark", 1440)])
def test_every_page_is_legible_and_reachable(
    context: BrowserContext, live_server: LiveServer, world: World, elder: str, theme: str, width: int
) -> None:
    context.add_cookies([{"name": "elder", "value": elder, "url": live_server.url},
                         {"name": "theme", "value": theme, "url": live_server.url}])  # fmt: skip
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 844})
    wrong: dict[str, list[str]] = {}

    def look(name: str) -> None:
        found = faults(page) + ([] if fits(page) else ["wider than the screen"])
        if found:
            wrong[name] = found

    for path in ("/", "/report/", "/report/paper/", "/report/done/", "/track/"):
        page.goto(live_server.url + path)
        look(path)
    page.goto(f"{live_server.url}/report/")
    page.fill("[name=phone]", "abc")
    page.click("#report [type=submit]")
    page.wait_for_selector(".field-error")
    look("refused report")
    world.log()
    page.goto(f"{live_server.url}/report/")
    page.fill("[name=phone]", "")
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
    assert wrong == {}
