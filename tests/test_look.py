"""What a person sees on every page: lights, times, fields, navigation; with a keyboard, a phone, and no script."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django import forms
from django.conf import settings
from django.http import HttpRequest
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone, translation

from complaints.models import Case
from config.pages import nav
from config.templatetags import linli
from tests.eyes import QUICK_LOOKS, SMALL, WIDE, Eyes, faults, wait_until
from tests.test_access import TABLE, Stage, expected, set_up
from tests.world import PASSWORD, World

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page, Route
    from pytest_django import DjangoAssertNumQueries
    from pytest_django.live_server_helper import LiveServer

SHANGHAI = ZoneInfo("Asia/Shanghai")
TEMPLATES = sorted((settings.BASE_DIR / "templates").rglob("*.html"))
PARTS = {file.name for file in (settings.BASE_DIR / "templates" / "parts").glob("*.html")}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def chinese() -> Any:
    with translation.override("zh-hans"):
        yield


def as_(client: Client, person: Any) -> Client:
    client.force_login(person)
    return client


# ---- the styleguide


def test_the_styleguide_shows_every_part(client: Client, world: World) -> None:
    answer = as_(client, world.worker).get("/styleguide/")
    shown = {str(template.name).rsplit("/", 1)[-1] for template in answer.templates if isinstance(template.name, str)}
    elsewhere = {"shell_public.html", "foot_public.html", "problem.html"}
    assert answer.status_code == 200
    assert PARTS - elsewhere <= shown


def test_the_styleguide_is_for_staff(client: Client, world: World) -> None:
    assert client.get("/styleguide/").headers["Location"].startswith("/accounts/login/")
    retired = world.person("retired", "老刘", "worker", unit=world.unit, until=datetime(2021, 1, 1).date())
    assert as_(client, retired).get("/styleguide/").status_code == 404


# ---- lights and times


@pytest.mark.parametrize(
    ("light", "closed", "word", "shape"),
    [
        ("green", False, "绿灯", "<circle"),
        ("yellow", False, "黄灯", 'd="M8 2 15 14H1z"'),
        ("red", False, "红灯", 'd="M2.5 2.5h11v11h-11z"'),
        ("paused", False, "暂停", 'd="M3.5 2.5h3v11h-3z'),
        ("green", True, "按时办结", "<circle"),
        ("yellow", True, "按时办结", 'd="M8 2 15 14H1z"'),
        ("red", True, "逾期办结", 'd="M2.5 2.5h11v11h-11z"'),
    ],
)
@pytest.mark.parametrize("compact", [False, True])
def test_a_light_is_a_word_and_a_shape_as_well_as_a_colour(
    light: str, closed: bool, word: str, shape: str, compact: bool
) -> None:
    page = render_to_string("parts/light.html", {"light": light, "closed": closed, "compact": compact})
    assert word in page
    assert shape in page
    assert f"light-{light}" in page


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (59, "不到 1 分钟"),
        (25 * 60, "25 分钟"),
        (3 * 3600, "3 小时"),
        (7 * 3600 - 1, "6 小时 59 分钟"),
        (7 * 3600, "1 个工作日"),
        (10 * 3600 + 1800, "1 个工作日 3 小时"),
        (-5 * 3600, "5 小时"),
    ],
)
def test_a_worker_reads_remaining_time_in_office_days_of_seven_hours(seconds: int, words: str) -> None:
    assert linli.working_time(seconds) == words


def test_a_round_the_clock_promise_counts_whole_days() -> None:
    assert linli.working_time(47 * 3600, 86_400) == "1 天 23 小时"


@time_machine.travel(datetime(2026, 11, 23, 8, 0, tzinfo=SHANGHAI), tick=False)
def test_an_instant_names_its_year_only_when_it_is_another_one() -> None:
    assert linli.moment_text(datetime(2026, 11, 23, 14, 5, tzinfo=SHANGHAI)) == "11月23日 14:05"
    assert linli.moment_text(datetime(2027, 1, 4, 9, 0, tzinfo=SHANGHAI)) == "2027年1月4日 09:00"
    assert "11月24日" in linli.moment(datetime(2026, 11, 23, 17, 0, tzinfo=ZoneInfo("UTC"))), "read in office time"


def test_a_clock_says_how_much_is_left_and_whether_the_date_may_move() -> None:
    due = datetime(2027, 1, 22, 10, 0, tzinfo=SHANGHAI)
    page = render_to_string("parts/clock.html", {"due": due, "left": 36_000, "light": "green", "provisional": True})
    assert "剩 1 个工作日 3 小时" in page
    assert "暂定" in page
    late = render_to_string("parts/clock.html", {"due": due, "left": -18_000, "light": "red"})
    just = render_to_string("parts/clock.html", {"due": due, "left": 0, "light": "red"})
    assert "刚过期限" in just
    assert "剩" not in just
    assert "逾期 5 小时" in late
    assert "暂定" not in late


# ---- templates


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: str(file.relative_to(settings.BASE_DIR / "templates")))
def test_no_template_needs_what_the_content_policy_blocks(file: Path) -> None:
    text = re.sub(r"{#.*?#}", "", file.read_text())
    assert not re.search(r"<[a-z][^>]*\sstyle=", text), "style attributes are blocked"
    assert not re.search(r"<[a-z][^>]*\son[a-z]+=", text), "inline handlers are blocked"
    for script in re.findall(r"<script[^>]*>", text):
        assert "src=" in script or "nonce=" in script or "application/json" in script


def test_every_icon_that_is_named_exists() -> None:
    named = set()
    for file in TEMPLATES:
        named |= set(re.findall(r'{%\s*icon\s+"([\w-]+)"', file.read_text()))
        named |= set(re.findall(r'\bicon="([\w-]+)"', file.read_text()))
    for file in (
        f for app in ("config", "complaints", "services", "staff") for f in Path(settings.BASE_DIR, app).rglob("*.py")
    ):
        named |= set(re.findall(r'"icon": "([\w-]+)"', file.read_text()))
    assert named
    assert sorted(name for name in named if not (linli.ICONS / f"{name}.svg").is_file()) == []


def test_nothing_is_loaded_from_another_host(client: Client) -> None:
    page = client.get("/").text
    assert re.findall(r'(?:src|href)="(?:https?:)?//[^"]+', page) == []
    assert client.get("/").headers["Content-Security-Policy"].count("'unsafe") == 0


def test_filters_change_one_thing_and_keep_the_rest(rf: RequestFactory) -> None:
    page = Template('{% load linli %}{% qs light="red" after=None %}').render(
        Context({"request": rf.get("/cases/", {"q": "井盖", "after": "9", "light": "green"})}, autoescape=False)
    )
    assert page == "?q=%E4%BA%95%E7%9B%96&light=red"


# ---- forms


class Told(forms.Form):
    phone = forms.CharField(label="电话", help_text="居民的电话。")
    kind = forms.ChoiceField(label="类型", choices=[("a", "咨询"), ("b", "求助")], widget=forms.RadioSelect)
    special = forms.BooleanField(label="特殊群体", required=False)
    grid = forms.ChoiceField(label="网格", choices=[("1", "第一网格")], required=False)


def test_an_error_stands_beside_its_field_and_is_read_out_with_it() -> None:
    page = str(Told({"kind": "b"}))
    control = re.search(r'<input[^>]*name="phone"[^>]*>', page)
    assert control is not None
    assert 'aria-invalid="true"' in control[0]
    assert 'aria-describedby="id_phone_helptext id_phone_error"' in control[0]
    assert 'id="id_phone_error"' in page
    assert "is-invalid" in control[0]


def test_every_control_has_a_label_and_its_looks() -> None:
    page = str(Told())
    assert '<label class="field-label" for="id_phone">' in page
    assert "<legend" in page
    assert 'class="form-check-input"' in page
    assert 'class="form-select"' in page
    assert "选填" in page


# ---- the shell


def entries(person: Any, path: str = "/desk/") -> list[str]:
    request: HttpRequest = RequestFactory().get(path)
    request.user = person
    return [str(entry["label"]) for entry in nav(request)]


def test_the_navigation_follows_the_roles(world: World) -> None:
    assert entries(world.worker)[:3] == ["我的办件", "办件列表", "登记"]
    assert [label for label in entries(world.supervisor) if label in {"看板", "导入"}] == ["看板", "导入"]
    assert not {"看板", "导入"} & set(entries(world.worker))
    assert "登记" not in entries(world.assessor)


def test_only_who_may_look_cases_up_is_offered_a_search(client: Client, world: World) -> None:
    for person, offered in ((world.worker, True), (world.assessor, True), (world.delegate, False)):
        assert ('id="bar-q"' in as_(client, person).get("/desk/").text) is offered


def test_the_navigation_asks_the_database_once(world: World, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        entries(world.secretary)
        entries(world.secretary, "/cases/")


def test_the_navigation_marks_where_one_is(world: World, rf: RequestFactory) -> None:
    request = rf.get("/cases/new/")
    request.user = world.worker
    assert [entry["url"] for entry in nav(request) if entry["on"]] == ["/cases/new/"]


def test_a_resident_finds_the_offices_and_staff_their_sign_in(client: Client, world: World) -> None:
    page = client.get("/").text
    assert "问到谁，谁负责到底" in page
    assert "东园社区" in page
    assert 'href="tel:010-55501000"' in page
    assert 'href="/accounts/login/"' in page


def test_an_english_computer_still_shows_chinese(client: Client, world: World) -> None:
    page = client.get("/", headers={"Accept-Language": "en-US,en;q=0.9"}).text
    assert '<html lang="zh-Hans"' in page
    client.post("/appearance/", {"language": "en"})
    assert '<html lang="en"' in client.get("/").text


def test_the_appearance_stays_as_chosen(client: Client) -> None:
    assert 'media="screen and (prefers-color-scheme: dark)"' in client.get("/").text
    answer = client.post("/appearance/", {"theme": "dark", "elder": "1", "next": "/accounts/login/"})
    assert answer.headers["Location"] == "/accounts/login/"
    page = client.get("/").text
    assert 'id="dark" media="screen"' in page
    assert 'class="elder"' in page
    client.post("/appearance/", {"theme": "pink", "elder": "0"})
    assert 'id="dark" media="screen"' in client.get("/").text, "an unknown theme changes nothing"
    assert 'class="elder"' not in client.get("/").text


@pytest.mark.parametrize("elsewhere", ["https://example.com/", "//example.com", "javascript:alert(1)", ""])
def test_the_appearance_switch_leads_nowhere_else(client: Client, elsewhere: str) -> None:
    assert client.post("/appearance/", {"theme": "dark", "next": elsewhere}).headers["Location"] == "/"


def test_a_missing_page_and_a_closed_one_look_alike(client: Client, world: World, rf: RequestFactory) -> None:
    from django.views.defaults import page_not_found, permission_denied

    request = rf.get("/nowhere/")
    request.user = world.worker
    missing = page_not_found(request, Exception("secret")).content.decode()
    closed = permission_denied(request, Exception("secret")).content.decode()
    for page in (missing, closed):
        assert 'class="problem"' in page
        assert 'href="/desk/"' in page
        assert "secret" not in page


def test_a_broken_office_still_says_so_without_a_database(
    rf: RequestFactory, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    from django.views.defaults import server_error

    with django_assert_num_queries(0):
        answer = server_error(rf.get("/"))
    assert answer.status_code == 500
    assert "系统出了点问题" in answer.content.decode()


# ---- in a browser


def sign_in(page: Page, live_server: LiveServer, username: str) -> None:
    page.goto(f"{live_server.url}/accounts/login/?next=/styleguide/")
    page.fill("[name=login]", username)
    page.fill("[name=password]", PASSWORD)
    page.click("main [type=submit]")
    page.wait_for_url("**/styleguide/")


def choose(context: BrowserContext, live_server: LiveServer, **chosen: str) -> None:
    """As if the person had pressed the switches before."""
    context.add_cookies([{"name": name, "value": value, "url": live_server.url} for name, value in chosen.items()])


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_every_part_is_legible_and_reachable(
    context: BrowserContext, page: Page, live_server: LiveServer, world: World
) -> None:
    shown = [(theme, *size) for theme in ("light", "dark") for size in (("0", 1440), ("0", 390), ("1", 390))]
    for path in ("/", "/accounts/login/", "/styleguide/"):
        if path == "/styleguide/":
            sign_in(page, live_server, "supervisor")
        for theme, elder, width in shown:
            choose(context, live_server, theme=theme, elder=elder)
            page.set_viewport_size({"width": width, "height": 844})
            page.goto(live_server.url + path)
            assert page.get_attribute("html", "data-theme") == theme
            assert faults(page) == [], (path, theme, elder, width)
            assert not page.evaluate(WIDE), (path, theme, elder, width)


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_thumb_finds_every_target(context: BrowserContext, page: Page, live_server: LiveServer, world: World) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for path in ("/", "/styleguide/"):
        if path == "/styleguide/":
            sign_in(page, live_server, "worker")
        for elder, least in (("0", 44), ("1", 60)):
            choose(context, live_server, elder=elder)
            page.goto(live_server.url + path)
            assert page.evaluate(SMALL, least) == [], (path, elder)


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_worker_gets_about_without_javascript(browser: Any, live_server: LiveServer, world: World) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844}, locale="zh-CN")
    page = context.new_page()
    sign_in(page, live_server, "worker")
    page.click(".menu-person > summary")
    page.click("button[name=theme][value=dark]")
    assert page.get_attribute("html", "data-theme") == "dark"
    assert page.url == f"{live_server.url}/styleguide/", "back to the same page"
    page.click(".menu-person > summary")
    page.click("text=退出登录")
    assert page.is_visible("text=问到谁，谁负责到底")
    context.close()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_changing_the_theme_loses_nothing_that_was_typed(page: Page, live_server: LiveServer, world: World) -> None:
    sign_in(page, live_server, "worker")
    page.fill("#good_text", "三号楼井盖缺失")
    page.click(".menu-person > summary")
    page.click("button[name=theme][value=dark]")
    page.wait_for_selector("html[data-theme=dark]")
    assert page.input_value("#good_text") == "三号楼井盖缺失"
    assert page.inner_text("#good_text + .counter") == "7 / 500 字"


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_slash_key_goes_to_the_search_box(page: Page, live_server: LiveServer, world: World) -> None:
    sign_in(page, live_server, "worker")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "bar-q"
    page.keyboard.type("n/n")
    assert page.input_value("#bar-q") == "n/n", "keys typed into a box are text"


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_menu_left_with_escape_gives_the_focus_back(page: Page, live_server: LiveServer, world: World) -> None:
    sign_in(page, live_server, "worker")
    page.focus(".menu-person > summary")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.matches('.menu-person:not([open]) > summary')")


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_hints_do_not_push_the_button_from_under_the_finger(page: Page, live_server: LiveServer, world: World) -> None:
    text = "3号楼2单元楼道灯坏了一周。晚上老人上下楼不安全。"
    world.log(at=timezone.now(), text=text)
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(page, live_server, "worker")
    page.goto(f"{live_server.url}/cases/new/")
    held: list[Route] = []
    page.route("**/cases/new/similar/", lambda route: held.append(route))
    page.fill("#id_text", text)
    page.fill("#id_resident_phone", "13911112222")
    wait_until(page, lambda: bool(held))
    page.hover(".log-send .btn-primary")
    page.mouse.down()
    with page.expect_response("**/cases/new/similar/") as answer:
        held[-1].continue_()
    assert "<li>" in answer.value.text(), "there is something to show"
    page.evaluate("new Promise(done => setTimeout(done, 200))")
    assert page.locator("#similar li").count() == 0
    page.mouse.up()
    page.wait_for_url("**/cases/TST-*/")
    assert Case.objects.count() == 2


# ---- every page of the staff, as those see it who have most to do with it

SEEN_ELSEWHERE = {
    "home", "report", "report_done", "report_paper", "track", "track_data", "rate", "guide", "guide_ask", "guide_answer",
    "guide_item", "guide_notice", "conduct", "conduct_track", "account_login", "styleguide",
}  # fmt: skip
NO_PAGES = {
    "healthz", "healthz_jobs", "readyz", "metrics", "api-schema", "report_proof", "cases_export", "case_categories",
    "case_file", "import_rejected", "rectification_export", "rectification_file", "conduct_waiting", "bulletin_file",
    "public_bulletin_file", "public_bulletin_of_file", "order_paper",
}  # fmt: skip
LOOKING_ON = ("supervisor", "secretary", "worker", "discipline", "admin")


@pytest.fixture
def stage(world: World, settings: Any, tmp_path: Any) -> Stage:
    """Set for each test: a browser sees only what is written for good."""
    settings.MEDIA_ROOT = settings.DATA_DIR = tmp_path
    return set_up(world)


def pages(stage: Stage) -> dict[str, list[str]]:
    """Addresses by who is to look at them: the first who is let in."""
    found: dict[str, list[str]] = {role: [] for role in LOOKING_ON}
    for name, (spec, _posted) in TABLE.items():
        if name.startswith("api-") or name in SEEN_ELSEWHERE | NO_PAGES:
            continue
        answers = expected(spec)
        role = next((role for role in LOOKING_ON if answers[role] == "200"), None)
        if role:
            found[role].append(reverse(name, kwargs=stage.arguments.get(name)))
    found["worker"].append(f"{stage.case.get_absolute_url()}?act=conclude")
    return found


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("half", [0, 1])
def test_every_page_of_the_staff_is_legible_and_reachable(
    context: BrowserContext,
    live_server: LiveServer,
    stage: Stage,
    half: int,
) -> None:
    eyes = Eyes(context.new_page())
    for role, addresses in pages(stage).items():
        cookie = stage.clients[role].cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
        for path in addresses[half::2]:
            eyes.page.goto(live_server.url + path)
            eyes.page.wait_for_selector("[aria-busy=true]", state="detached")
            eyes.look(f"{path} as {role}", QUICK_LOOKS, thumbs=True)
    assert eyes.wrong == {}
