"""The order on paper: who has to answer what by when, room for the answer and the seal, and nothing of the resident."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from docx import Document
from pypdf import PdfReader

from complaints import actions as casework
from complaints.models import Case, Clock
from supervision.models import SupervisionOrder
from supervision.watch import documents, orders
from supervision.watch.sweep import sweep
from tests.world import World

pytestmark = pytest.mark.django_db
RESIDENT = {
    "resident_name": "张秀英", "resident_phone": "13900001234", "resident_address": "和平路12号",
    "title": "张秀英家漏水", "text": "和平路12号张秀英家漏水", "place": "和平路12号",
}  # fmt: skip


def boxes(order: SupervisionOrder) -> dict[str, str]:
    """By label, from the Word file."""
    found: dict[str, str] = {}
    for row in Document(io.BytesIO(written(order, "docx"))).tables[0].rows:
        cells = list(dict.fromkeys(cell._tc for cell in row.cells))
        texts = ["\n".join(p.text for p in cell.p_lst) for cell in cells]
        found |= dict(zip(texts[::2], texts[1::2], strict=True))
    return found


def written(order: SupervisionOrder, kind: str) -> bytes:
    return documents.file(SupervisionOrder.objects.get(pk=order.pk), kind)[1]


def printed(order: SupervisionOrder) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(written(order, "pdf"))).pages]


def pushed(world: World, demand: str = "请两日内到现场核实，并书面答复。", **known: Any) -> SupervisionOrder:
    return orders.issue(world.log(**RESIDENT | known), by=world.supervisor, now=world.now, demand=demand)


def late(world: World) -> SupervisionOrder:
    """Told on the 18th, due on the 25th at 18:00; the ladder issues the order a working day later."""
    world.log(**RESIDENT)
    sweep(now=datetime(2026, 11, 26, 18, 0, 1, tzinfo=world.now.tzinfo), real=False)
    return SupervisionOrder.objects.get()


def test_an_order_of_the_ladder_says_what_is_late_and_by_how_much(world: World) -> None:
    order = late(world)
    told = boxes(order)
    assert told["承办单位"] == "东园社区居委会"
    assert told["责任人"] == "李敏"
    assert told["诉求编号"] == order.case.number
    assert told["诉求类型"] == order.case.get_kind_display()
    assert told["办理时限"] == "办结：2026年11月25日18:00前"
    assert told["逾期情况"] == "至下达时已逾期 1 个工作日"
    assert order.demand in told["督办要求"]
    assert told["答复期限"] == "请于2026年12月1日18:00前书面答复。"
    assert told["办理答复"].strip().startswith("签名")
    assert "柳荫街道办事处（盖章）\n2026年11月26日" in told["督办单位"]
    (page,) = printed(order)
    for words in (order.number, "柳荫街道办事处督办单", "2026年11月26日", "办理答复", "（盖章）"):
        assert words in page


def test_an_order_about_a_late_first_response_says_just_that(world: World) -> None:
    """The case itself is due days later: nobody may read on a stamped paper that it is not finished in time."""
    world.log(**RESIDENT)
    sweep(now=datetime(2026, 11, 23, 18, 0, tzinfo=world.now.tzinfo), real=False)
    order = SupervisionOrder.objects.get()
    assert "应于 11月20日 10:00 前首次联系居民，至今未联系" in order.demand
    assert "办结" not in order.demand
    told = boxes(order)
    assert told["首次联系时限"] == "首次响应：2026年11月20日10:00前"
    assert "办理时限" not in told


def test_when_both_limits_have_passed_the_order_is_about_the_case(world: World) -> None:
    order = late(world)
    assert order.clock is not None
    assert order.clock.kind == Clock.Kind.RESOLUTION


def test_one_that_a_supervisor_issued_names_them_and_that_nothing_is_late(world: World) -> None:
    told = boxes(pushed(world))
    assert told["逾期情况"] == "下达时尚未逾期"
    assert "签发人：林峰" in told["督办单位"]


@pytest.mark.parametrize("kind", ["docx", "pdf"])
def test_the_resident_is_not_on_it(world: World, kind: str) -> None:
    order = late(world)
    orders.answer(order, by=world.worker, now=world.now + timedelta(days=9), text="已到现场。")
    text = "".join(printed(order)) if kind == "pdf" else "".join(boxes(order).values())
    assert order.case.number in text
    for secret in ("张秀英", "13900001234", "和平路", "漏水"):
        assert secret not in text


def test_the_answer_and_the_word_on_it_stand_in_their_boxes(world: World) -> None:
    order = pushed(world)
    at = world.now + timedelta(hours=2)
    orders.answer(order, by=world.worker, now=at, text="已更换灯具。\n已告知居民。")
    told = boxes(order)
    assert "已更换灯具。\n已告知居民。" in told["办理答复"]
    assert told["办理答复"].endswith("李敏　2026年11月18日12:00")
    orders.send_back(order, by=world.supervisor, now=at, text="没有写何时完成")
    assert "已更换灯具" not in "".join(boxes(order).values())
    orders.answer(order, by=world.worker, now=at, text="今日完成。")
    orders.accept(order, by=world.supervisor, now=at, text="同意。")
    assert boxes(order)["审阅意见"].startswith("认可答复。\n同意。")


def test_a_withdrawn_one_says_so(world: World) -> None:
    order = pushed(world)
    orders.withdraw(order, by=world.supervisor, now=world.now, text="已当面了解。")
    assert boxes(order)["审阅意见"].startswith("本督办单已撤销。\n已当面了解。")


def test_printed_once_more_it_says_the_same(world: World) -> None:
    """Neither the hour nor a limit that has moved since changes what was handed over."""
    order = pushed(world)
    before = {kind: written(order, kind) for kind in documents.WRITERS}
    case = Case.objects.get(pk=order.case_id)
    now = world.now + timedelta(hours=1)
    casework.ask_extension(case, by=world.worker, now=now, version=case.version, text="要换管", told="已告知")
    casework.approve(case, by=world.secretary, now=now, version=case.version + 1, text="同意")
    assert Clock.objects.get(case=case, kind="resolution").due_at != order.clock_due_at
    with time_machine.travel(world.now + timedelta(days=400), tick=False):
        assert {kind: written(order, kind) for kind in documents.WRITERS} == before


def test_a_long_demand_flows_to_a_second_page_and_an_ordinary_one_does_not(world: World) -> None:
    assert len(printed(pushed(world, "请尽快办理。" * 30))) == 1
    pages = printed(pushed(world, "请查明原因，明确责任人。\n" * 120))
    assert len(pages) > 1
    assert "".join(pages).count("请查明原因") == 120
    assert "（盖章）" in pages[-1]


def test_a_limit_on_a_calendar_not_published_yet_is_marked(world: World) -> None:
    order = pushed(world)
    SupervisionOrder.objects.filter(pk=order.pk).update(provisional=True)
    assert boxes(order)["答复期限"].endswith("（暂定）")


def test_of_an_order_whose_words_were_deleted_the_rest_is_printed(world: World) -> None:
    order = pushed(world)
    orders.answer(order, by=world.worker, now=world.now, text="已办。")
    orders.accept(order, by=world.supervisor, now=world.now)
    SupervisionOrder.objects.filter(pk=order.pk).update(demand="", answer="", word="")
    told = boxes(order)
    assert told["督办要求"].startswith("（保存期满，已删除）")
    assert told["办理答复"].endswith("李敏　2026年11月18日10:00")


def test_whoever_sees_the_page_downloads_the_paper_and_nobody_else(world: World) -> None:
    order = pushed(world)
    for kind, begin in (("docx", b"PK"), ("pdf", b"%PDF")):
        url = reverse("order_paper", args=[order.pk, kind])
        answer = ask(world.secretary, url)
        assert (answer.status_code, answer.content[: len(begin)]) == (200, begin)
        assert answer["Cache-Control"] == "private, no-store"
        assert f".{kind}" in answer["Content-Disposition"]
        assert url in ask(world.secretary, f"/supervision/orders/{order.pk}/").content.decode()
        for person in (world.outsider, world.stranger):
            assert ask(person, url).status_code == 404
    assert ask(world.secretary, f"/supervision/orders/{order.pk}/paper.xlsx").status_code == 404
    assert ask(world.secretary, f"/supervision/orders/{2**63}/paper.pdf").status_code == 404


def ask(person: Any, url: str) -> Any:
    client = Client()
    client.force_login(person)
    return client.get(url)
