"""What a resident finds in the service guide, what staff keep in it, and what it refuses."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from html import unescape
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.test import Client

from config.lib.errors import RuleBroken
from services import defaults_guide
from services.actions_guide import confirm_item, index_items, revise_item
from services.guide import Figures, days_text, figures, found, read_question, schedule_text, weighted_words
from services.models import Schedule
from services.models_guide import (
    GuideRating,
    GuideWords,
    ItemCategory,
    ItemCounter,
    ItemRevision,
    KnowledgeArticle,
    MaterialRequirement,
    ServiceItem,
)
from staff.models import Community, Street
from tests.eyes import Eyes, Look
from tests.services.guide_world import guide, shown, zh  # noqa: F401
from tests.world import World

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page
    from pytest_django import DjangoAssertNumQueries
    from pytest_django.live_server_helper import LiveServer

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
BEYOND = "Nothing outside this list may be demanded."

pytestmark = pytest.mark.usefixtures("guide")


def dibao() -> ServiceItem:
    return ServiceItem.objects.get(code="MZ01")


def page(client: Client, address: str, **asked: str) -> str:
    answer = client.get(address, asked)
    assert answer.status_code == 200
    return shown(answer.text)


# ---- what is supplied


def test_a_new_street_starts_with_eight_fields_and_a_complete_list_for_every_item() -> None:
    counts = Counter(ServiceItem.objects.values_list("category__code", flat=True))
    assert len(counts) == 8
    assert sum(counts.values()) >= 26
    for item in ServiceItem.objects.prefetch_related("materials", "steps"):
        assert 2 <= len(item.materials.all()) <= 6, item
        assert 3 <= len(item.steps.all()) <= 5, item
        assert item.who, item
        assert item.summary, item
        assert item.basis, item
        assert item.schedule, item
        assert not item.confirmed, "the street has to confirm it first"


def test_every_supplied_answer_names_its_source_and_no_document_number() -> None:
    answers = KnowledgeArticle.objects.all()
    assert len(answers) >= 25
    for answer in answers:
        assert answer.is_published
        assert answer.source_date
        assert re.fullmatch(r"本街道办事指南《.+》（[A-Z]{2}\d\d）|《.+》.*", answer.source), answer.source
        assert not re.search(r"〔|\[20|第?\d+号", answer.source), "a number nobody has checked"
        assert answer.source.startswith("本街道") == bool(answer.item)


def test_planting_again_changes_nothing_an_office_has_written() -> None:
    ServiceItem.objects.filter(code="MZ01").update(promised_days=3, confirmed=True)
    MaterialRequirement.objects.filter(item__code="MZ01", name="户口簿").delete()
    before = (GuideWords.objects.count(), MaterialRequirement.objects.count())
    defaults_guide.plant(apps)
    assert (GuideWords.objects.count(), MaterialRequirement.objects.count()) == before
    assert dibao().promised_days == 3


# ---- a resident reads


def test_anybody_finds_the_items_by_field_without_signing_in(client: Client) -> None:
    text = page(client, "/guide/")
    for name in ItemCategory.objects.values_list("name", flat=True):
        assert name in text
    assert "最低生活保障申请" in text
    only = page(client, "/guide/", category="canlian")
    assert "残疾人两项补贴申请" in only
    assert "最低生活保障申请" not in only


def test_words_that_another_category_has_are_not_said_to_be_nowhere(client: Client, world: World) -> None:
    answer = client.get("/guide/", {"q": "低保", "category": "zhufang"}).text
    said = shown(answer)
    assert zh("No item has all these words. These texts come nearest:") not in said
    assert "“住房保障”中没有" in said
    assert "最低生活保障申请" not in said
    link = re.search(r'href="([^"]+)">[^<]*' + zh("Search all categories"), answer)
    assert link
    assert "最低生活保障申请" in page(client, f"/guide/{unescape(link[1])}")
    nowhere = shown(client.get("/guide/", {"q": "吃低保证件号外", "category": "zhufang"}).text)
    assert zh("Search all categories") not in nowhere


def test_the_start_page_leads_to_the_guide(client: Client) -> None:
    assert 'href="/guide/"' in client.get("/").text


def test_a_resident_reads_what_to_bring_where_to_go_and_how_long_it_takes(client: Client, world: World) -> None:
    Community.objects.filter(pk=world.east.pk).update(phone="010-5550 2001", address="东园路3号")
    text = page(client, "/guide/mz01/")
    item = dibao()
    for paper in item.materials.all():
        assert paper.name in text
        assert paper.condition in text
    for step in item.steps.all():
        assert step.name in text
    assert days_text(25) in text
    assert "09:00–12:00 / 14:00–18:00" in text
    assert "东园社区 东园路3号" in text
    assert "010-5550 2001" in text
    assert zh(BEYOND) in text
    assert "12345" in text
    assert "低保多久能批下来？" in text, "answers about the item"


def test_what_departments_share_need_not_be_brought(client: Client) -> None:
    item = ServiceItem.objects.prefetch_related("materials", "steps").get(code="JY03")
    assert [paper.shared for paper in item.materials.all()] == [False, True]
    assert figures(item).materials == 1
    assert zh("need not be brought: we look it up") in page(client, "/guide/jy03/")
    assert client.get("/guide/jy03/").text.count('type="checkbox"') == 1


def test_an_item_done_at_once_says_so(client: Client) -> None:
    assert zh("Done while you wait") in page(client, "/guide/sb02/")


def test_an_item_of_the_street_names_the_street_office(client: Client, world: World) -> None:
    text = page(client, "/guide/zf01/")
    assert "柳荫街道" in text
    assert "010-5550 1000" in text
    assert "东园社区" not in text


def test_a_street_with_its_own_window_shows_that_instead(client: Client, world: World) -> None:
    ItemCounter.objects.create(item=dibao(), street=world.street, unit=world.department, window="3号窗口")
    text = page(client, "/guide/mz01/")
    assert "综合执法队 · 3号窗口" in text
    assert "010-5550 1001" in text
    assert "东园社区" not in text


def test_two_streets_are_told_apart(client: Client, world: World) -> None:
    text = page(client, "/guide/mz01/")
    assert "柳荫街道 东园社区" in text
    assert "河湾街道" in text


def test_a_street_without_addresses_still_leads_somewhere(client: Client) -> None:
    Street.objects.all().delete()
    assert zh("The street office has not entered its addresses yet.") in page(client, "/guide/mz01/")


def test_the_list_on_paper_has_a_code_to_scan_and_room_for_who_told(client: Client, world: World) -> None:
    answer = client.get("/guide/mz01/notice/")
    text = shown(answer.text)
    assert zh("One-time notice list") in text
    assert 'class="qr"' in answer.text
    assert "http://testserver/guide/mz01/" in text
    assert zh("Told by") in text
    assert zh(BEYOND) in text
    assert "is-large" not in answer.text
    assert "is-large" in client.get("/guide/mz01/notice/", {"size": "large"}).text


def test_a_code_may_be_typed_in_capitals(client: Client) -> None:
    assert "最低生活保障申请" in page(client, "/guide/MZ01/")


def test_an_item_no_longer_offered_is_gone_everywhere(client: Client) -> None:
    ServiceItem.objects.filter(code="MZ01").update(is_active=False)
    answer = KnowledgeArticle.objects.filter(item__code="MZ01").first()
    assert answer is not None
    for address in ("/guide/mz01/", "/guide/mz01/notice/", answer.get_absolute_url()):
        assert client.get(address).status_code == 404
    assert "最低生活保障申请" not in page(client, "/guide/")
    assert "最低生活保障申请" not in page(client, "/guide/", q="低保")
    assert "申请低保要带什么材料" not in page(client, "/guide/ask/", q="申请低保要带什么材料")


def test_an_empty_guide_says_so(client: Client) -> None:
    KnowledgeArticle.objects.all().delete()
    ServiceItem.objects.all().delete()
    assert zh("No item has been published here yet.") in page(client, "/guide/")
    assert zh("No item has been published here yet.") in page(client, "/guide/", category="yibao")
    assert zh("No answer has been published yet.") in page(client, "/guide/ask/")
    ItemCategory.objects.all().delete()
    assert zh("The guide is still empty.") in page(client, "/guide/")


def test_the_application_reads_the_guide_with_its_own_rights(client: Client, as_app_role: Callable[[], None]) -> None:
    as_app_role()
    assert "最低生活保障申请" in page(client, "/guide/mz01/")
    assert "最低生活保障申请" in page(client, "/guide/ask/", q="低保")


# ---- search


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("低保", "最低生活保障申请"),
        ("mz01", "最低生活保障申请"),
        ("五保户", "特困人员救助供养申请"),
        ("刷脸", "养老保险待遇资格认证"),
        ("轮椅", "残疾人辅助器具适配申请"),
        ("廉租房", "公租房保障资格申请"),
        ("暂住证", "居住证申领"),
        ("外地看病", "异地就医备案"),
        ("残疾 补贴", "残疾人两项补贴申请"),
    ],
)
def test_the_words_people_use_find_the_item(words: str, first: str) -> None:
    assert first in list(found(words).values_list("name", flat=True))[:2]


def test_a_search_shows_only_items_with_all_the_words(client: Client) -> None:
    text = page(client, "/guide/", q="医保", category="shebao")
    assert "社会保障卡申领与补换" in text
    assert "异地就医备案" not in text


def test_a_search_without_a_full_match_offers_the_nearest_answer_and_a_person(client: Client, world: World) -> None:
    text = page(client, "/guide/", q="我想开个小店能贷款吗")
    assert zh("No item has all these words. These texts come nearest:") in text
    assert "创业担保贷款申请" in text
    nothing = page(client, "/guide/", q="楼上漏水")
    assert zh("Nothing we have published answers this.") in nothing
    assert "010-5550 1000" in nothing


def test_ten_thousand_items_are_searched_through_the_index_in_a_few_queries(
    client: Client, world: World, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    category = ItemCategory.objects.get(code="minzheng")
    ServiceItem.objects.bulk_create(
        [
            ServiceItem(
                category=category,
                code=f"XX{n}",
                name=f"第{n}类补助申请",
                summary="说明",
                who="居民",
                promised_days=n % 30,
            )
            for n in range(10_000)
        ]
    )
    GuideWords.objects.bulk_create(
        GuideWords(item=item, grams=weighted_words((item.name, item.code), (item.summary, item.who)))
        for item in ServiceItem.objects.filter(code__startswith="XX")
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT gin_clean_pending_list('guide_words_grams')")  # what autovacuum does in good time
        cursor.execute("ANALYZE services_guidewords; ANALYZE services_serviceitem")
    assert "guide_words_grams" in found("低保").explain()
    for address, asked in [
        ("/guide/", {}),
        ("/guide/", {"category": "minzheng", "page": "300"}),
        ("/guide/", {"q": "补助申请"}),
        ("/guide/", {"q": "第77类补助"}),
        ("/guide/ask/", {"q": "低保补助怎么申请"}),
    ]:
        with django_assert_max_num_queries(12):
            assert client.get(address, asked).status_code == 200
    assert "第77类补助申请" in page(client, "/guide/", q="第77类补助")
    assert "最低生活保障申请" in page(client, "/guide/ask/", q="低保怎么申请")


def test_a_long_field_is_read_page_by_page(client: Client) -> None:
    category = ItemCategory.objects.get(code="yibao")
    ServiceItem.objects.bulk_create(
        [
            ServiceItem(category=category, code=f"XX{n:03}", name=f"事项{n}", summary="x", who="x", promised_days=1)
            for n in range(40)
        ]
    )
    first = client.get("/guide/", {"category": "yibao"})
    assert "?category=yibao&amp;page=2" in first.text
    assert "事项39" not in first.text
    second = client.get("/guide/", {"category": "yibao", "page": "2"})
    assert "事项39" in second.text
    assert 'rel="prev"' in second.text


# ---- bad input


BAD = [
    "\x00",
    "低\x00保",
    "低保" * 500_000,
    "\u202e保低\u202c",
    "\u200f\u2066低保",
    "😀👨‍👩‍👧",
    "<script>alert(1)</script>",
    "' OR 1=1 --",
    "a & ! | ( ) : * \\",
    "%s %(x)s",
    "　 \n\t",
    "保" * 200,
]


@pytest.mark.parametrize("address", ["/guide/", "/guide/ask/"])
@pytest.mark.parametrize("typed", BAD, ids=range(len(BAD)))
def test_whatever_is_typed_gets_a_clear_answer(client: Client, world: World, address: str, typed: str) -> None:
    answer = client.get(address, {"q": typed})
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    assert "\u202e" not in answer.text
    if len(typed) > 200:
        assert zh("Only the first %(longest)s characters were looked at.", longest=200) in shown(answer.text)


def test_raw_bytes_that_are_no_text_get_an_answer(client: Client) -> None:
    assert client.get("/guide/ask/?q=%ED%A0%80%FF%FE%00").status_code == 200


def test_what_was_typed_stays_in_the_box(client: Client) -> None:
    assert 'value="楼上&lt;漏水&gt;"' in client.get("/guide/ask/", {"q": "楼上<漏水>"}).text


@pytest.mark.parametrize(
    "address",
    [
        "/guide/nowhere/",
        "/guide/%00/",
        "/guide/mz01%00/notice/",
        f"/guide/{'x' * 5000}/",
        "/guide/answer/99999999999999999999999/",
        "/guide/answer/0/",
        "/guide/?category=nowhere",
        "/guide/?category=%00",
    ],
)
def test_an_address_that_leads_nowhere_says_so(client: Client, address: str) -> None:
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("number", ["abc", "-1", "0", "99999999999999999999", "²", "1\x00", ""])
def test_a_page_number_that_is_none_shows_a_page(client: Client, number: str) -> None:
    assert client.get("/guide/", {"category": "yibao", "page": number}).status_code == 200


def test_the_guide_is_read_only(client: Client) -> None:
    for address in ("/guide/", "/guide/ask/", "/guide/mz01/notice/"):
        assert client.post(address).status_code == 405
    before = list(ServiceItem.objects.values().order_by("pk"))
    assert client.post("/guide/mz01/", {"name": "别的", "promised_days": "1"}).status_code == 422, "a rating, and none"
    assert list(ServiceItem.objects.values().order_by("pk")) == before
    assert not GuideRating.objects.exists()


def test_a_question_is_read_as_ordinary_characters() -> None:
    assert read_question(" Ｌ\x00ED\u202e  灯\n坏了 ").text == "L ED 灯 坏了"
    assert read_question("灯" * 201) == ("灯" * 200, True)
    assert read_question("灯" * 200).was_cut is False


# ---- staff keep it


def test_only_staff_see_that_a_text_is_not_confirmed_yet(client: Client, world: World) -> None:
    note = zh("Supplied text, not confirmed yet")
    answer = KnowledgeArticle.objects.first()
    assert answer is not None
    pages = ["/guide/mz01/", answer.get_absolute_url()]
    assert not any(note in page(client, address) for address in pages)
    client.force_login(world.worker)
    assert all(note in page(client, address) for address in pages)
    assert "/admin/services/" not in client.get("/guide/mz01/").text, "only who may edit is led there"
    ServiceItem.objects.update(confirmed=True)
    KnowledgeArticle.objects.update(confirmed=True)
    assert not any(note in page(client, address) for address in pages)


def test_staff_find_the_guide_in_their_navigation(client: Client, world: World) -> None:
    client.force_login(world.worker)
    assert '<a class="nav-item is-on" href="/guide/" aria-current="page">' in client.get("/guide/").text


@pytest.mark.parametrize("name", ["其他材料", "其他相关材料", "有关证明", "身份证等材料", "相关资料"])
def test_a_list_that_ends_in_and_other_papers_is_refused(name: str) -> None:
    with pytest.raises(IntegrityError, match="material_is_named"), transaction.atomic():
        MaterialRequirement.objects.create(item=dibao(), name=name)


def test_a_promise_longer_than_the_law_allows_is_refused() -> None:
    with pytest.raises(IntegrityError, match="item_promise_within_the_law"), transaction.atomic():
        ServiceItem.objects.filter(code="MZ01").update(promised_days=31)


def test_a_published_answer_without_a_source_is_refused() -> None:
    with pytest.raises(IntegrityError, match="published_answer_names_its_source"), transaction.atomic():
        KnowledgeArticle.objects.create(question="问", answer="答", source="", is_published=True)


def test_an_item_made_shorter_says_by_how_much(client: Client, world: World) -> None:
    item = ServiceItem.objects.prefetch_related("materials", "steps").get(code="LD01")
    before = figures(item)
    item.materials.filter(name="近期照片一张").delete()
    item.steps.filter(name="核对信息").delete()
    ServiceItem.objects.filter(pk=item.pk).update(promised_days=1)
    revision = revise_item(item, before=before, by=world.admin, now=NOW)
    assert revision is not None
    assert before == Figures(3, 3, 5)
    assert (revision.steps_after, revision.materials_after, revision.days_after) == (2, 2, 1)
    text = page(client, "/guide/ld01/")
    assert f"{zh('Steps')} 3 → 2" in text
    assert f"{zh('Materials')} 3 → 2" in text
    assert f"{zh('Working days')} 5 → 1" in text
    assert zh("Revised") in text


def test_a_change_of_words_alone_is_found_but_is_no_revision(world: World) -> None:
    item = ServiceItem.objects.prefetch_related("materials", "steps").get(code="LD01")
    ServiceItem.objects.filter(pk=item.pk).update(keywords="绿卡")
    assert revise_item(item, before=figures(item), by=world.admin, now=NOW) is None
    assert [one.code for one in found("绿卡")] == ["LD01"]
    assert "LD01" not in [one.code for one in found("暂住证")]
    assert not ItemRevision.objects.exists()


def test_an_item_without_steps_cannot_be_confirmed() -> None:
    item = dibao()
    confirm_item(item)
    assert dibao().confirmed
    item.steps.all().delete()
    with pytest.raises(RuleBroken) as refusal:
        confirm_item(item)
    assert refusal.value.code == "no_steps"


def form_of(item: ServiceItem, **changed: str) -> dict[str, str]:
    """What the administration's form of an item posts."""
    papers, steps = list(item.materials.all()), list(item.steps.all())
    data = {
        "category": str(item.category_id),
        "schedule": str(item.schedule_id or ""),
        "statutory_days": str(item.statutory_days or ""),
        "is_active": "on",
    }
    texts = ("code", "name", "summary", "who", "keywords", "where", "promised_days", "hours", "fee", "basis")
    data |= {name: str(getattr(item, name)) for name in texts}
    for prefix, rows in (("materials", papers), ("steps", steps), ("counters", []), ("revisions", [])):
        data |= {f"{prefix}-TOTAL_FORMS": str(len(rows)), f"{prefix}-INITIAL_FORMS": str(len(rows))}
        for n, row in enumerate(rows):
            data |= {f"{prefix}-{n}-id": str(row.pk), f"{prefix}-{n}-item": str(item.pk)}
            for name in ("position", "name", "text", "copies", "source", "condition"):
                data[f"{prefix}-{n}-{name}"] = str(getattr(row, name, ""))
            for name in ("original", "electronic", "shared"):
                if getattr(row, name, False):
                    data[f"{prefix}-{n}-{name}"] = "on"
    return data | changed


def administrator(client: Client, world: World) -> Client:
    world.admin.is_superuser = True
    world.admin.save()
    client.force_login(world.admin)
    return client


def test_an_administrator_takes_a_paper_off_the_list(client: Client, world: World) -> None:
    item = dibao()
    address = f"/admin/services/serviceitem/{item.pk}/change/"
    with time_machine.travel(NOW, tick=False):
        administrator(client, world)
        answer = client.post(address, form_of(item, **{"materials-1-DELETE": "on", "keywords": "救命钱"}))
    assert answer.status_code == 302, shown(answer.text)
    revision = ItemRevision.objects.get(item=item)
    assert (revision.materials_before, revision.materials_after, revision.by) == (5, 4, world.admin)
    assert dibao().revised_at == NOW
    assert [one.code for one in found("救命钱")] == ["MZ01"]
    assert "户口簿" not in page(Client(), "/guide/mz01/")


def test_an_administrator_who_writes_and_other_papers_is_told_why_not(client: Client, world: World) -> None:
    item = dibao()
    address = f"/admin/services/serviceitem/{item.pk}/change/"
    answer = administrator(client, world).post(address, form_of(item, **{"materials-0-name": "其他有关材料"}))
    assert answer.status_code == 200
    refusal = "Name every paper: a list may not say “other materials” or “relevant materials”."
    assert zh(refusal) in shown(answer.text)
    assert not ItemRevision.objects.exists()


def test_an_administrator_confirms_items_and_writes_answers(client: Client, world: World) -> None:
    admin = administrator(client, world)
    admin.post("/admin/services/serviceitem/", {"action": "confirm", "_selected_action": [dibao().pk]})
    assert dibao().confirmed
    new = {
        "question": "养犬登记在哪里办？",
        "answer": "到派出所办理。",
        "source": "《某市养犬条例》",
        "is_published": "on",
    }
    assert admin.post("/admin/services/knowledgearticle/add/", new).status_code == 302
    assert "到派出所办理。" in page(Client(), "/guide/ask/", q="养犬登记去哪里")


@pytest.mark.parametrize("model", ["itemcategory", "serviceitem", "knowledgearticle"])
def test_the_administration_opens(client: Client, world: World, model: str) -> None:
    admin = administrator(client, world)
    assert admin.get(f"/admin/services/{model}/", {"q": "低"}).status_code == 200
    assert admin.get(f"/admin/services/{model}/add/").status_code == 200


def test_a_renamed_category_is_found_by_its_new_name(client: Client, world: World) -> None:
    category = ItemCategory.objects.get(code="minzheng")
    new = {"code": "minzheng", "name": "扶贫济困", "about": "", "icon": "heart", "position": "1"}
    administrator(client, world).post(f"/admin/services/itemcategory/{category.pk}/change/", new)
    assert found("扶贫济困").count() == category.items.count()


def test_opening_hours_are_said_in_words() -> None:
    every_day = Schedule(name="值班", windows=[["08:00", "20:00"]], day_rule=Schedule.DayRule.EVERY_DAY)
    assert schedule_text(every_day).endswith("08:00–20:00")


def test_making_words_findable_twice_leaves_one_row() -> None:
    item = dibao()
    index_items([item])
    index_items([item])
    assert GuideWords.objects.filter(item=item).count() == 1


# ---- in a browser


GUIDE_LOOKS = [Look("light", elder, width) for width in (390, 1440) for elder in (False, True)]


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_every_page_of_the_guide_is_legible_and_reachable(page: Page, live_server: LiveServer, world: World) -> None:
    eyes = Eyes(page)
    answer = KnowledgeArticle.objects.all()[0].get_absolute_url()
    asked = ["/guide/ask/", "/guide/ask/?q=申请低保要带什么材料", "/guide/ask/?q=楼上漏水怎么办", answer]
    listed = ["/guide/", "/guide/?category=minzheng", "/guide/?q=医保"]
    for path in [*listed, "/guide/mz01/", "/guide/mz01/notice/", "/guide/mz01/notice/?size=large", *asked]:
        page.goto(live_server.url + path)
        eyes.look(path, GUIDE_LOOKS, thumbs=True)
    assert eyes.wrong == {}


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_resident_without_javascript_searches_reads_and_prints(
    browser: Browser, live_server: LiveServer, world: World
) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844}, locale="zh-CN")
    page: Any = context.new_page()
    page.goto(live_server.url)
    page.click("a[href='/guide/']")
    page.fill("[name=q]", "五保户")
    page.press("[name=q]", "Enter")
    page.click("text=特困人员救助供养申请")
    page.click("a[href='/guide/mz02/notice/?size=large']")
    assert page.is_visible(".is-large .qr")
    page.emulate_media(media="print")
    assert not page.is_visible(".public-bar")
    assert page.is_visible("text=特困人员救助供养书面申请")
    assert zh(BEYOND) in page.locator(".paper-sheet").inner_text()
    context.close()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_large_list_is_large_on_paper(context: BrowserContext, live_server: LiveServer, world: World) -> None:
    page = context.new_page()
    page.emulate_media(media="print")
    size = "parseFloat(getComputedStyle(document.querySelector('.paper-sheet')).fontSize) * .75"
    page.goto(f"{live_server.url}/guide/mz01/notice/")
    normal = page.evaluate(size)
    page.goto(f"{live_server.url}/guide/mz01/notice/?size=large")
    assert normal < 12
    assert page.evaluate(size) >= 18
