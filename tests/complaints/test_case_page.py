"""One case on one page: who sees what of it, what can be done in place, and what is kept when it cannot be done.

Wednesday 18 November 2026, 10:00, in the street of `tests.world`.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from django.utils.translation import gettext as _

from complaints import actions
from complaints.access import standing
from complaints.acts import ACTS, available
from complaints.dossier import facts, open_dossier, shares
from complaints.models import Attachment, Callback, Case, ContactLog, DispatchRule, Event, Note, Reply, ReplyTemplate
from complaints.rights import Standing, may, sees_resident
from complaints.states import Act, possible
from config.lib.errors import RuleBroken
from staff.models import Person
from tests.world import PASSWORD, World

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


def browser(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def see(person: Person, case: Case, **headers: str) -> str:
    answer = browser(person).get(case.get_absolute_url(), headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def send(sender: Person, case: Case, act: str, *, version: int | None = None, htmx: bool = False, **data: Any) -> Any:
    sent = {"version": case.version if version is None else version, **data}
    return browser(sender).post(f"{case.get_absolute_url()}{act}/", sent, headers=HTMX if htmx else {})


def fresh(case: Case) -> Case:
    return Case.objects.get(pk=case.pk)


# -- what is seen


def test_the_first_button_does_what_the_head_says(world: World) -> None:
    DispatchRule.objects.create(
        street=world.street, unit=world.department, category=world.category, valid_from=world.now.date()
    )
    page = see(world.worker, world.log())
    head = re.search(r'id="next-title">(.*?)</h2>', page, re.S)
    first = re.search(r'class="btn btn-primary" href="[^"]*/(\w+)/"', page)
    assert head is not None
    assert first is not None
    assert "联系居民" in head[1]
    assert "按派单目录" in page
    assert first[1] == "contact"


def test_who_is_not_told_of_the_watch_is_not_shown_its_panel(world: World) -> None:
    closed = world.log()
    actions.conclude(closed, by=world.worker, now=world.now, version=1, outcome="resolved", text="已修好。")
    url = f"/supervision/cases/{closed.number}/"
    assert browser(world.assessor).get(url).status_code == 403
    assert url not in see(world.assessor, closed)
    assert url in see(world.worker, closed)


def test_the_worker_sees_who_answers_whom_to_call_and_what_to_do(world: World) -> None:
    page = see(world.worker, world.log())

    for words in ("李敏", "周桂兰", "tel:13900000001", "东园社区 第一网格", "测试市政 › 照明 › 楼道灯", "3号楼2单元"):
        assert words in page
    for act in ("contact", "conclude", "dispatch", "offer", "ask_pause"):
        assert f"{act}/" in page
    for act in ("accept", "approve", "adjudicate", "call_back", "redo"):
        assert f'/{act}/"' not in page


def test_those_who_do_not_take_part_do_not_see_the_resident(world: World) -> None:
    case = world.log(text="周桂兰反映：楼道灯坏了，电话13900000001。")
    actions.contact(
        case, by=world.worker, now=world.now, way="call", reached=True, substantive=True, text="周桂兰说还没修"
    )

    for person in (world.discipline, world.admin, world.delegate):
        answer = browser(person).get(case.get_absolute_url())
        if answer.status_code == 404:
            continue
        page = answer.content.decode()
        assert "周桂兰" not in page
        assert "13900000001" not in page
        assert str(_("hidden")) in page


def test_an_assessor_reads_a_concluded_case_without_the_resident_and_can_do_nothing(world: World) -> None:
    case = world.log(text="周桂兰说楼道灯坏了。")
    assert browser(world.assessor).get(case.get_absolute_url()).status_code == 404
    actions.note(case, by=world.worker, now=world.now, text="她儿子在外地")
    case = fresh(case)
    actions.conclude(
        case, by=world.worker, now=world.now, version=case.version, outcome="resolved", text="周桂兰您好，已修好。"
    )

    page = see(world.assessor, case)

    assert "已修好" in page
    assert "周桂兰" not in page
    assert "周阿姨" not in page
    assert "她儿子在外地" not in page
    assert "hx-post" not in page.split('id="content"')[1]


@pytest.mark.parametrize("identity", ["named", "confidential"])
def test_a_confidential_resident_is_known_to_few(identity: str) -> None:
    colleague, first, secretary = Standing(in_unit=True, works=True), Standing(first_contact=True), Standing(leads=True)

    assert sees_resident(colleague, identity) == (identity == "named")
    assert sees_resident(first, identity)
    assert sees_resident(secretary, identity)
    assert not sees_resident(Standing(works=True), identity)


def test_a_case_of_another_area_looks_like_one_that_never_was(world: World) -> None:
    case = world.log()
    for person in (world.outsider, world.stranger):
        client = browser(person)
        there = client.get(case.get_absolute_url())
        nowhere = client.get("/cases/TST-20990101-0001/")
        assert there.status_code == nowhere.status_code == 404
        hidden = re.compile(r'(csrf[^>]*value="[^"]*"|"X-CSRFToken": "[^"]*"|next" value="[^"]*")')
        assert hidden.sub("", there.content.decode()) == hidden.sub("", nowhere.content.decode())
        for door in ("note/", "receipt/", "files/1/", "similar/"):
            assert client.get(case.get_absolute_url() + door).status_code == 404
    assert Client().get(case.get_absolute_url()).status_code == 302


def test_the_page_costs_the_same_however_much_happened(
    world: World, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    case = full_case(world)
    client = browser(world.worker)
    client.get(case.get_absolute_url())

    with django_assert_max_num_queries(16):
        page = client.get(case.get_absolute_url()).content.decode()

    for words in ("第9次联系", "第9条备注", "第9次答复", "执法队看现场", "等检测", "IMG8.png", "另一件"):
        assert words in page


def test_a_new_case_with_a_suggestion_is_opened_in_as_many_queries(
    world: World, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    DispatchRule.objects.create(
        street=world.street, category=world.category, unit=world.department2, valid_from="2020-01-01"
    )
    case = world.log()
    client = browser(world.worker)
    client.get(case.get_absolute_url())

    with django_assert_max_num_queries(16):
        page = client.get(case.get_absolute_url()).content.decode()

    assert "市政服务中心" in page
    form = browser(world.worker).get(f"{case.get_absolute_url()}dispatch/").content.decode()
    assert f'<option value="{world.department2.pk}" selected' in form


def full_case(world: World) -> Case:
    """A case with ten of everything and something open in every corner."""
    case, now = world.log(), world.now
    for i in range(10):
        now += timedelta(minutes=5)
        actions.contact(case, by=world.worker, now=now, way="call", reached=True, substantive=True, text=f"第{i}次联系")
        actions.note(case, by=world.worker2, now=now, text=f"第{i}条备注")
        actions.reply(case, by=world.worker, now=now, text=f"第{i}次答复")
        actions.attach(
            case, by=world.worker, now=now, file=SimpleUploadedFile("x.png", PNG), name=f"IMG{i}.png",
            content_type="image/png",
        )  # fmt: skip
    for unit, task in ((world.department, "执法队看现场"), (world.property, "物业换灯")):
        case = fresh(case)
        actions.ask_joint(case, by=world.worker, now=now, version=case.version, unit=unit, task=task, days=2)
    case = fresh(case)
    actions.ask_pause(
        case, by=world.worker, now=now, version=case.version, reason="test", text="等检测", told="请等几天", days=5
    )
    case = fresh(case)
    actions.approve(case, by=world.secretary, now=now + timedelta(hours=1), version=case.version)
    case = fresh(case)
    actions.offer(case, by=world.worker, now=now, version=case.version, to=world.worker2, reason="请接手")
    for i in range(5):
        other = world.log(title=f"另一件{i}")
        actions.merge(
            other,
            by=world.worker,
            now=now + timedelta(hours=2),
            version=other.version,
            into=fresh(case),
            text="同一件事",
        )
    return fresh(case)


def test_the_chain_shares_out_the_working_time(world: World) -> None:
    case = world.log()
    actions.offer(case, by=world.worker, now=world.now, version=case.version, to=world.worker2, reason="休假")
    actions.accept(fresh(case), by=world.worker2, now=world.now + timedelta(hours=1))

    found = open_dossier(fresh(case), world.worker, world.now + timedelta(days=1))
    first, second = shares(found)

    assert (first.holding.person, first.seconds) == (world.worker, 3600)
    assert (second.holding.person, second.seconds) == (world.worker2, 6 * 3600)
    assert (first.part, second.part) == (14, 86)


# -- what can be done


def test_what_is_offered_can_be_done_and_nothing_else(world: World) -> None:
    """The menu and the actions agree: an act that is not offered is refused, in every stage and for every person."""
    people = [world.worker, world.worker2, world.secretary, world.supervisor, world.department_worker]
    for stage in (start, offered, dispatched, asked, objected, concluded):
        case = stage(world)
        for person in people:
            who = standing(person, case)
            found = open_dossier(case, person, world.now)
            assert found.standing == who
            offered_acts = {door.act for door in available(case, who, facts(found, person))}
            for act in Act:
                if act in offered_acts:
                    assert possible(act, case.status)
                    assert may(act, who), f"{stage.__name__}: {person} is offered {act}"
        assert Event.objects.filter(case=case).count() == case.version


def start(world: World) -> Case:
    return world.log()


def offered(world: World) -> Case:
    case = world.log()
    actions.offer(case, by=world.worker, now=world.now, version=case.version, to=world.worker2, reason="请接手")
    return fresh(case)


def dispatched(world: World) -> Case:
    case = world.log()
    actions.dispatch(case, by=world.worker, now=world.now, version=case.version, unit=world.department)
    return fresh(case)


def asked(world: World) -> Case:
    case = world.log()
    actions.ask_extension(case, by=world.worker, now=world.now, version=case.version, text="要请专家", told="多等几天")
    return fresh(case)


def objected(world: World) -> Case:
    case = dispatched(world)
    actions.object_to(case, by=world.department_worker, now=world.now, reason="不归我们")
    return fresh(case)


def concluded(world: World) -> Case:
    case = world.log()
    actions.conclude(case, by=world.worker, now=world.now, version=case.version, outcome="resolved", text="灯已修好。")
    return fresh(case)


def test_a_case_waiting_for_an_answer_says_so_instead_of_offering_to_conclude(world: World) -> None:
    page = see(world.worker, offered(world))

    assert "/conclude/" not in page
    assert "/take_back/" in page
    assert str(_("%(name)s has not answered your offer yet.") % {"name": "王强"}) in page


def test_the_colleague_accepts_and_is_responsible(world: World) -> None:
    case = offered(world)
    assert "请接手" in see(world.worker2, case)

    answer = send(world.worker2, case, "accept", text="好")

    assert answer.status_code == 302
    assert answer["Location"] == case.get_absolute_url()
    assert fresh(case).responsible == world.worker2


def test_without_javascript_a_form_is_a_page_and_the_answer_leads_back(world: World) -> None:
    case = world.log()
    page = browser(world.worker).get(f"{case.get_absolute_url()}note/").content.decode()

    assert "<html" in page
    assert "hx-post" not in page.split('id="content"')[1]
    assert send(world.worker, case, "note", text="明早再去").status_code == 302
    assert "明早再去" in see(world.worker, case)


def test_with_htmx_the_form_comes_alone_and_the_page_is_renewed_in_place(world: World) -> None:
    case = world.log()
    part = browser(world.worker).get(f"{case.get_absolute_url()}note/", headers=HTMX).content.decode()
    answer = send(world.worker, case, "note", htmx=True, text="明早再去")

    assert "<html" not in part
    assert "hx-post" in part
    assert answer.status_code == 200
    renewed = answer.content.decode()
    assert '<div id="case">' in renewed
    assert "<html" not in renewed
    assert "明早再去" in renewed
    assert 'id="messages"' in renewed
    assert str(ACTS[Act.NOTE].done) in renewed


def test_the_desk_leads_straight_into_a_form(world: World) -> None:
    case = world.log()
    page = browser(world.worker).get(f"{case.get_absolute_url()}?act=contact").content.decode()

    assert 'id="act-contact"' in page
    assert (
        'id="act-approve"' not in browser(world.worker).get(f"{case.get_absolute_url()}?act=approve").content.decode()
    )


@pytest.mark.parametrize("htmx", [False, True])
def test_a_refusal_stands_beside_its_field_and_keeps_every_word(world: World, htmx: bool) -> None:
    case = world.log()
    answer = send(
        world.worker, case, "ask_pause", htmx=htmx, reason="test", days=99, text="等检测报告", told="请您等几天"
    )

    assert answer.status_code == 409
    page = answer.content.decode()
    assert str(_("A pause lasts between 1 and %(most)d days.") % {"most": 30}) in page
    assert "等检测报告" in page
    assert "请您等几天" in page
    assert not case.consents.exists()


@pytest.mark.parametrize("htmx", [False, True])
def test_whoever_comes_second_is_told_what_happened_and_sends_again(world: World, htmx: bool) -> None:
    case = world.log()
    seen = case.version
    actions.note(case, by=world.worker2, now=world.now, text="物业说周五来修")

    answer = send(world.worker, case, "conclude", version=seen, htmx=htmx, outcome="resolved", text="已为您修好路灯。")

    assert answer.status_code == 409
    page = answer.content.decode()
    assert "已为您修好路灯。" in page
    assert "物业说周五来修" in page
    assert "王强" in page
    if htmx:
        assert answer["HX-Retarget"] == "#act"
    newest = re.search(r'name="version" value="(\d+)"', page)
    assert newest
    again = send(world.worker, case, "conclude", version=int(newest[1]), outcome="resolved", text="已为您修好路灯。")
    assert again.status_code == 302
    assert fresh(case).status == "concluded"


def test_what_is_missing_is_said_and_nothing_is_done(world: World) -> None:
    case = world.log()
    answer = send(world.worker, case, "conclude", text="已为您修好路灯。")

    assert answer.status_code == 422
    assert "已为您修好路灯。" in answer.content.decode()
    assert fresh(case).is_open


def test_an_act_without_the_right_is_forbidden(world: World) -> None:
    case = world.log()
    for act in ("conclude", "approve", "adjudicate"):
        assert send(world.worker2, case, act, text="x", outcome="resolved").status_code == 403
        assert browser(world.worker2).get(f"{case.get_absolute_url()}{act}/").status_code == 403
    assert send(world.worker, case, "explode").status_code == 404
    assert browser(world.worker).put(f"{case.get_absolute_url()}note/").status_code == 405


NASTY = ["a\x00b", "\u202e反转", "x" * 1_000_000, "\ud800", "\x1b[31m"]


@pytest.mark.parametrize("text", NASTY, ids=["nul", "reversed", "one megabyte", "surrogate", "escape"])
def test_text_that_cannot_be_kept_is_refused_with_a_sentence(world: World, text: str) -> None:
    case = world.log()
    form = ACTS[Act.NOTE].form_class({"text": text}, case=case, person=world.worker)

    assert not form.is_valid()
    assert form.errors["text"]


@pytest.mark.parametrize("act", [act.value for act in Act])
def test_no_form_breaks_on_nonsense(world: World, act: str) -> None:
    case = world.log()
    names = (
        "text reason to unit days task person into outcome template at area category q solved satisfied way title kind"
        " files version"
    )
    nonsense = dict.fromkeys(names.split(), "\x00" + "9" * 400)
    clients = [browser(world.worker), browser(world.supervisor)]
    for data in (nonsense, nonsense | {"fill": "1", "find": "1"}, {}):
        for client in clients:
            answer = client.post(f"{case.get_absolute_url()}{act}/", data)
            assert answer.status_code in {200, 302, 403, 409, 422}
    assert fresh(case).version <= 2


def test_every_form_can_be_opened_by_somebody(world: World) -> None:
    for stage in (start, offered, dispatched, asked, objected, concluded):
        case = stage(world)
        for person in (world.worker, world.worker2, world.secretary, world.supervisor, world.department_worker):
            if browser(person).get(case.get_absolute_url()).status_code == 404:
                continue
            found = open_dossier(case, person, world.now)
            for door in available(case, found.standing, facts(found, person)):
                answer = browser(person).get(f"{case.get_absolute_url()}{door.act}/")
                assert answer.status_code == 200, f"{stage.__name__}: {person} {door.act}"


# -- the acts through their forms


def test_a_contact_stops_the_response_clock(world: World) -> None:
    case = world.log()
    with time_machine.travel(world.now + timedelta(hours=1), tick=False):
        send(world.worker, case, "contact", way="call", reached="on", substantive="on", text="下午去看", at="")

    assert ContactLog.objects.get().substantive
    assert case.clocks.get(kind="response").stopped_at == world.now + timedelta(hours=1)


def test_a_template_is_filled_in_after_what_was_typed(world: World) -> None:
    case = world.log()
    template = ReplyTemplate.objects.create(
        street=world.street, name="已安排", body="{resident}您好，{number}由{responsible}办理，{nonsense}"
    )
    answer = send(world.worker, case, "reply", fill="1", template=template.pk, text="先说一句。")

    page = answer.content.decode()
    assert answer.status_code == 200
    assert "先说一句。" in page
    assert f"周桂兰您好，{case.number}由李敏办理，{{nonsense}}" in page
    assert not Reply.objects.exists()


def test_the_facts_are_corrected_with_place_and_category(world: World) -> None:
    case = world.log(category=None)
    answer = send(
        world.worker, case, "edit", title="楼道灯", text="灯坏了", area=f"grid-{world.grid2.pk}", place="8号楼",
        kind="complaint", category=world.category.pk, urgency="normal", special_group="elder_alone", identity="named",
        resident_name="周桂兰", resident_phone="13900000002", resident_address="",
    )  # fmt: skip

    assert answer.status_code == 302
    case = fresh(case)
    assert (case.grid, case.community, case.category, case.kind) == (
        world.grid2,
        world.east,
        world.category,
        "complaint",
    )
    assert case.resident.phone == "13900000002"


def test_the_callback_asks_two_questions_apart(world: World) -> None:
    case = concluded(world)
    answer = send(world.secretary, case, "call_back", reached="on", solved="yes", satisfied="2", text="太慢了")

    assert answer.status_code == 302
    call = Callback.objects.get()
    assert (call.solved, call.satisfied) == ("yes", 2)
    page = see(world.secretary, case)
    assert "太慢了" in page
    assert str(_("dissatisfied")) in page


def test_a_duplicate_is_linked_by_the_main_cases_number(world: World) -> None:
    main, case = world.log(), world.log()
    foreign = world.log(
        community=world.west, grid=None, unit=world.west_unit, first_contact=world.outsider, title="别处"
    )
    wrong = send(world.worker, case, "merge", into=foreign.number, text="同一件事")
    right = send(world.worker, case, "merge", into=f" {main.number} ", text="同一件事")

    assert wrong.status_code == 422
    assert right.status_code == 302
    assert fresh(case).duplicate_of == main
    assert case.number in see(world.worker, main)


def test_whoever_returns_a_case_may_lose_sight_of_it(world: World) -> None:
    case = dispatched(world)
    answer = send(world.department_worker, case, "return", reason="不归我们管", htmx=True)

    assert answer.status_code == 204
    assert answer["HX-Redirect"] == "/desk/"
    assert send(world.department_worker, case, "note", text="x").status_code == 404


def test_the_adjudicator_names_a_person_and_the_unit_follows(world: World) -> None:
    case = objected(world)
    answer = send(world.supervisor, case, "adjudicate", person=world.department2_worker.pk, reason="市政管路灯")

    assert answer.status_code == 302
    assert (fresh(case).responsible, fresh(case).unit) == (world.department2_worker, world.department2)


def test_notes_are_marked_as_internal_and_kept_apart_from_replies(world: World) -> None:
    case = world.log()
    actions.note(case, by=world.worker, now=world.now, text="只给同事看")
    page = see(world.worker, case)

    assert "sheet-internal" in page
    assert page.index("sheet-internal") < page.index("只给同事看")
    assert Note.objects.count() == 1
    assert not Reply.objects.exists()


# -- in a browser


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_in_a_browser_the_form_opens_in_place_and_a_clash_keeps_what_was_typed(
    world: World, page: Page, live_server: Any
) -> None:
    case = world.log()
    page.goto(f"{live_server.url}/accounts/login/?next={case.get_absolute_url()}")
    page.fill("input[name=login]", "worker")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_selector("#case")
    page.click("#next-title ~ .toolbar a[href$='/conclude/']")
    page.check("#act-conclude input[value=resolved]")
    page.fill("#act-conclude textarea", "已为您修好路灯。")
    actions.note(case, by=world.worker2, now=timezone.now(), text="物业说周五来修")

    page.click("#act-conclude .form-actions button")
    page.wait_for_selector(".conflict")

    assert "物业说周五来修" in page.inner_text("#act")
    assert page.input_value("#act-conclude textarea") == "已为您修好路灯。"
    page.click("#act-conclude .form-actions button")
    page.wait_for_selector("#messages .note-success")
    assert "已为您修好路灯。" in page.inner_text("#case")
    assert page.locator("#act-conclude").count() == 0
    assert fresh(case).status == "concluded"


# -- files


def attach(person: Person, case: Case, *files: SimpleUploadedFile) -> Any:
    return browser(person).post(f"{case.get_absolute_url()}attach/", {"files": list(files), "version": case.version})


def office(*parts: str) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        for part in ("[Content_Types].xml", *parts):
            archive.writestr(part, "<x/>")
    return raw.getvalue()


def test_files_are_kept_and_handed_out_only_to_those_who_work_on_the_case(
    world: World, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    case = world.log()
    attach(
        world.worker, case,
        SimpleUploadedFile("井盖现场.png", PNG),
        SimpleUploadedFile("说明.txt", "灯坏了".encode("gb18030")),
        SimpleUploadedFile("台账.xlsx", office("xl/workbook.xml")),
    )  # fmt: skip

    photo, words, sheet = Attachment.objects.all()
    assert (photo.content_type, words.content_type) == ("image/png", "text/plain")
    assert sheet.name == "台账.xlsx"
    url = f"{case.get_absolute_url()}files/{photo.pk}/"
    answer = browser(world.worker2).get(url)
    assert b"".join(answer) == PNG
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "attachment" not in answer["Content-Disposition"]
    assert (
        browser(world.worker)
        .get(f"{case.get_absolute_url()}files/{words.pk}/")["Content-Disposition"]
        .startswith("attachment")
    )
    assert browser(world.outsider).get(url).status_code == 404
    assert browser(world.discipline).get(url).status_code == 403
    assert browser(world.worker).get(f"{world.log().get_absolute_url()}files/{photo.pk}/").status_code == 404
    assert str(photo.file.name).startswith("attachments/")
    assert "井盖" not in str(photo.file.name)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("图.jpg", b"<html><script>alert(1)</script>"),
        ("图.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("程序.png", b"MZ\x90\x00" + b"\0" * 60),
        ("宏.xlsx", office("xl/workbook.xml", "xl/vbaProject.bin")),
        ("压缩.docx", office("a.txt")),
        ("坏.docx", b"PK\x03\x04nonsense"),
        ("空.txt", b""),
        ("大.pdf", b"%PDF-1.7" + b"0" * (8 * 1024 * 1024)),
    ],
    ids=["page", "drawing", "program", "macros", "archive", "broken", "empty", "too large"],
)
def test_a_file_is_judged_by_what_it_is_not_by_its_name(world: World, name: str, content: bytes) -> None:
    case = world.log()
    answer = attach(world.worker, case, SimpleUploadedFile(name, content))

    assert answer.status_code == 422
    assert name.rpartition(".")[0] in answer.content.decode()
    assert not Attachment.objects.exists()


def test_at_most_five_files_at_once_and_no_name_leads_elsewhere(world: World, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    case = world.log()
    assert attach(world.worker, case, *(SimpleUploadedFile(f"{i}.png", PNG) for i in range(6))).status_code == 422
    attach(world.worker, case, SimpleUploadedFile("..\\..\\etc\\pass\u202egnp.exe", PNG))

    assert Attachment.objects.get().name == "passgnp.exe.png"


def test_an_act_that_is_refused_by_a_rule_raises_for_every_door(world: World) -> None:
    case = offered(world)
    with pytest.raises(RuleBroken):
        ACTS[Act.CONCLUDE].perform(
            case, by=world.worker, now=world.now, version=case.version, data={"outcome": "resolved", "text": "好了"}
        )
