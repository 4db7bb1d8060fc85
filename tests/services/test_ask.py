"""What a resident is answered who asks in their own words: published texts with their source, or a person."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from services.ask import ENOUGH, Text, ask, asked_parts, best, fit, names, pairs, rarest, rarity, runs
from services.ask import Fit as How
from services.models_guide import KnowledgeArticle, ServiceItem
from tests.services.guide_world import guide, shown, zh  # noqa: F401
from tests.world import World

NOTHING = "Nothing we have published answers this."


def text(name: str, body: str = "", keywords: str = "") -> Text:
    def words(*said: str) -> frozenset[str]:
        return frozenset(word for one in said for run in re.findall(r"\w+", one) for word in pairs(run))

    return Text(words(name, keywords), words(body), names(name, keywords))


def score(question: str, of: Text) -> float:
    words = [word for run in runs(question) for word in pairs(run)]
    return fit(question, of, rarity(words, {}, 100)).score


# ---- the rule, on plain values


@pytest.mark.parametrize(
    ("question", "left"),
    [
        ("请问一下，申请低保需要什么呢？", ["申请低保"]),
        ("社保卡丢了怎么办", ["社保卡丢"]),
        ("居住证在哪里办？多少钱", ["居住证"]),
        ("怎么办", []),
        ("您好", []),
        ("", []),
    ],
)
def test_what_people_say_around_a_question_does_not_count(question: str, left: list[str]) -> None:
    assert runs(question) == left


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("低保要带什么材料", {"materials"}),
        ("低保多久能批", {"time"}),
        ("在哪里办，几点上班", {"place"}),
        ("要不要收费", {"fee"}),
        ("谁能申请", {"who"}),
        ("低保", set()),
    ],
)
def test_the_part_that_is_asked_for_is_understood(question: str, parts: set[str]) -> None:
    assert asked_parts(question) == parts


def test_a_question_is_answered_by_the_text_that_has_its_words() -> None:
    assert score("残疾证", text("残疾证办理")) > ENOUGH
    assert score("残疾证", text("居住证申领")) < ENOUGH
    assert score("楼上漏水", text("居住证申领", body="楼上漏水")) < ENOUGH, "said in passing is not enough"


def test_a_long_story_is_answered_when_it_names_the_matter() -> None:
    story = "我爸上个月中风半边身子动不了，医生说可以办残疾证"
    assert score(story, text("残疾人证办理", keywords="残疾证")) > score(story, text("残疾人证办理"))
    assert score("我爸中风了，怎么办残疾证", text("残疾人证办理", keywords="残疾证")) > ENOUGH


def test_a_rare_word_counts_more_than_one_that_all_texts_have() -> None:
    weight = rarity(["低保", "申请"], {"低保": 2, "申请": 90}, 100)
    assert weight["低保"] > 4 * weight["申请"]


def test_only_what_comes_near_the_best_is_shown() -> None:
    fits = {
        1: How(0.9, 0.1),
        2: How(0.95, 0.1),
        3: How(0.6, 0.9),
        6: How(0.56, 1.0),
        4: How(0.2, 1.0),
        5: How(0.95, 0.3),
    }
    assert best(fits) == [5, 2, 1]
    assert best({1: How(0.5, 1.0)}) == []
    assert best({}) == []


def test_rare_words_are_looked_for_and_common_ones_only_if_there_is_room() -> None:
    assert rarest({"残疾": 300, "申请": 1000, "漏水": 0, "轮椅": 4}) == ["轮椅", "残疾"]
    assert rarest({"申请": 1000}) == ["申请"]
    assert rarest({"漏水": 0}) == []


# ---- with the supplied guide


@pytest.mark.usefixtures("guide")
@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("申请低保需要什么材料", "申请低保要带什么材料？"),
        ("我家里困难，能吃低保吗？", "最低生活保障申请"),
        ("低保几天能办好", "低保多久能批下来？"),
        ("老人不会用手机怎么做养老认证", "养老金资格认证不会用手机怎么办？"),
        ("养老金怎么停了", "养老金突然停发了怎么办？"),
        ("社保卡丢了咋办", "社保卡丢了怎么补办？"),
        ("我是外地人，租房子，怎么办居住证", "外地人怎么办居住证？"),
        ("我被公司裁员了，能领失业金吗", "被辞退了能领失业金吗？"),
        ("我妈跟我住外地，看病怎么报销", "异地就医备案"),
        ("残疾人护理补贴怎么申请", "残疾人两项补贴申请"),
        ("公租房申请条件", "申请公租房需要什么条件？"),
        ("老婆怀孕了，准生证怎么办", "怀孕了要办什么证？"),
        ("想申请一个轮椅", "残疾人辅助器具适配申请"),
        ("家里着火了有没有救助", "家里出了急事、一时没钱，能马上申请救助吗？"),
        ("材料不齐要跑几趟", "材料没带齐会不会让我跑好几趟？"),
        ("窗口让我开奇葩证明", "窗口要清单以外的材料怎么办？"),
        ("忘带身份证，手机上的电子身份证行不行", "电子证照能代替原件吗？"),
        ("想开个小店能贷款吗", "创业担保贷款申请"),
        ("宝宝出生怎么上医保", "新生儿怎么办医保？"),
        ("房东要给租客登记吗", "流动人口居住登记"),
        ("怎么申请政府信息公开", "怎么申请政府信息公开，多久答复？"),
        ("高血压能签家庭医生吗", "家庭医生签约服务"),
    ],
)
def test_a_plain_question_finds_its_answer(question: str, title: str) -> None:
    assert title in [str(quote.article or quote.item) for quote in ask(question).quotes[:2]]


@pytest.mark.usefixtures("guide")
@pytest.mark.parametrize(
    "question",
    [
        "楼上漏水怎么办",
        "路灯坏了",
        "今天天气怎么样",
        "隔壁装修太吵了",
        "帮我写一首诗",
        "股票怎么开户",
        "怎么办护照",
        "驾驶证到期换证",
        "离婚怎么办",
        "小区停车费太贵",
        "宠物狗办证",
        "户口迁移怎么办理",
        "hello world",
        "怎么办",
        "申请",
        "你好",
        "😀",
    ],
)
def test_a_question_without_an_answer_is_led_to_a_person(client: Client, world: World, question: str) -> None:
    page = client.get("/guide/ask/", {"q": question})
    said = shown(page.text)
    assert zh(NOTHING) in said
    assert "<blockquote" not in page.text
    assert 'href="tel:010-55501000"' in page.text
    assert "东园社区" in said


@pytest.mark.usefixtures("guide")
def test_every_word_of_an_answer_stands_in_a_published_text(client: Client, world: World) -> None:
    published = list(KnowledgeArticle.objects.all())
    for article in published:
        page = client.get("/guide/ask/", {"q": article.question}).text
        quoted = re.findall(r'<blockquote class="prose">(.*?)</blockquote>', page, re.DOTALL)
        assert article.answer in [unescape(one) for one in quoted]
        assert {unescape(one) for one in quoted} <= {one.answer for one in published}
        assert article.source in unescape(page)
        assert page.count('class="source"') == page.count("<blockquote")


@pytest.mark.usefixtures("guide")
def test_an_item_is_quoted_in_the_part_that_was_asked_for(client: Client) -> None:
    said = shown(client.get("/guide/ask/", {"q": "轮椅要带什么材料"}).text)
    assert "辅助器具适配申请表" in said
    assert "（CL03）" in said
    assert "使用一个月后回访" not in said
    assert "使用一个月后回访" in shown(client.get("/guide/ask/", {"q": "轮椅申请流程"}).text)


@pytest.mark.usefixtures("guide")
def test_an_answer_that_is_not_published_is_never_quoted(client: Client) -> None:
    KnowledgeArticle.objects.filter(question="怎么办残疾人证？").update(is_published=False)
    page = client.get("/guide/ask/", {"q": "怎么办残疾人证"}).text
    assert "怎么办残疾人证？" not in page
    assert "残疾人证办理" in page, "the item still answers"


@pytest.mark.usefixtures("guide")
def test_before_anything_is_asked_common_questions_are_offered(client: Client) -> None:
    page = client.get("/guide/ask/").text
    assert "申请低保要带什么材料？" in page
    assert "<blockquote" not in page


@pytest.mark.usefixtures("guide")
def test_an_answer_has_its_own_address(client: Client) -> None:
    article = KnowledgeArticle.objects.get(question="电子证照能代替原件吗？")
    said = shown(client.get(article.get_absolute_url()).text)
    assert article.answer in said
    assert article.source in said
    assert "2019-04-26" in said


@pytest.mark.usefixtures("guide")
def test_an_answer_takes_a_fixed_number_of_queries(
    world: World, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for question in ("申请低保需要什么材料", "残疾人补贴", "救助"):
        with django_assert_max_num_queries(10):
            for quote in ask(question).quotes:
                if quote.item:
                    assert [paper.name for paper in quote.item.materials.all()]
                if quote.article:
                    assert quote.article.item is None or quote.article.item.name


@pytest.mark.usefixtures("guide")
def test_a_street_that_has_entered_nothing_gives_the_citys_line(client: Client) -> None:
    ServiceItem.objects.all().delete()
    KnowledgeArticle.objects.all().delete()
    said = shown(client.get("/guide/ask/", {"q": "低保"}).text)
    assert zh(NOTHING) in said
    assert "12345" in said
