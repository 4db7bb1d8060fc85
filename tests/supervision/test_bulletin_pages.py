"""What people see of a bulletin, what residents do not, and what a killed run leaves behind."""

from __future__ import annotations

import json
import multiprocessing
import re
import time
from collections.abc import Callable
from datetime import datetime
from io import BytesIO, StringIO
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from openpyxl import load_workbook

from complaints import actions
from complaints.actions.rated import Answer
from complaints.actions.rating import rate
from complaints.models import Callback, Case, Rating
from config.lib.errors import RuleBroken
from staff.models import Community, Person, Post, Street
from supervision.bulletin import actions as acts
from supervision.bulletin import documents
from supervision.bulletin.chapters import internal
from supervision.bulletin.demo import tell
from supervision.bulletin.documents import files
from supervision.bulletin.facts import VOICE
from supervision.bulletin.periods import parse
from supervision.bulletin.words import FACTS
from supervision.models import Bulletin
from tests.world import SHANGHAI, World

pytestmark = pytest.mark.django_db
OCTOBER = parse("2026-10")
NOW = datetime(2026, 11, 1, 6, tzinfo=SHANGHAI)
SECRET = "隐秘的事情"
FORK = multiprocessing.get_context("fork")


def on(day: int, hour: int = 10) -> datetime:
    return datetime(2026, 10, day, hour, tzinfo=SHANGHAI)


@pytest.fixture
def casework(world: World) -> list[Case]:
    """Twelve matters in the east, one late, and two in the west."""
    cases = []
    for day in (9, 10, 12, 13, 14, 15, 16, 19, 20, 21, 22, 23, 26, 27):
        place = world.west if day > 23 else world.east
        case = world.log(
            at=on(day), community=place, title=f"{SECRET}{day}", resident_name="周桂兰", resident_address="柳荫路9号"
        )
        actions.conclude(
            case, by=world.worker, now=on(30 if day == 9 else day, 11), version=1, outcome="resolved", text="已修好。"
        )
        rate(case, Answer(solved="yes", satisfied=2 if day == 10 else 5), now=on(30, 12), via=Rating.Via.TRACK)
        cases.append(case)
    return cases


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def as_shown(client: Client, url: str) -> dict[str, str]:
    """The form of words as it stands on the page."""
    return {one.html_name: one.value() or "" for one in client.get(url).context["form"]}


def issued(world: World, **area: Any) -> Bulletin:
    row = acts.draft(world.street, OCTOBER, by=None, now=NOW, **area)
    acts.submit(row, by=world.supervisor, now=NOW)
    return acts.issue(row, by=world.supervisor2, now=NOW)


def published(world: World, **area: Any) -> Bulletin:
    return acts.publish(issued(world, **area), by=world.supervisor, now=NOW)


def test_two_supervisors_bring_a_bulletin_to_the_residents(world: World, casework: list[Case]) -> None:
    first, second = signed_in(world.supervisor), signed_in(world.supervisor2)
    answer = first.post("/supervision/bulletins/", {"area": f"{world.street.pk}-", "period": "2026-10"})
    url = answer["Location"]
    assert SECRET not in first.get(url).content.decode()
    assert first.post(f"{url}edit/", as_shown(first, url) | {"asks": "抓好供暖。"}).status_code == 302
    assert first.post(f"{url}submit/").status_code == 302
    assert first.post(f"{url}issue/").status_code == 403
    assert second.post(f"{url}issue/").status_code == 302
    assert second.post(f"{url}edit/", {"asks": "改了。"}).status_code == 409
    assert Client().get("/bulletins/TST/2026-10/").status_code == 404
    assert second.post(f"{url}publish/").status_code == 302
    page = Client().get("/bulletins/TST/2026-10/").content.decode()
    assert "东园社区" in page
    assert "/bulletins/TST/2026-10/" in Client().get("/bulletins/").content.decode()


def test_who_writes_second_overwrites_nothing_and_keeps_what_was_typed(world: World, casework: list[Case]) -> None:
    row = acts.draft(world.street, OCTOBER, by=None, now=NOW)
    url, first, second = row.get_absolute_url(), signed_in(world.supervisor), signed_in(world.supervisor2)
    form = as_shown(second, url)
    kept = {"foreword": "甲写的\n总体情况。", "asks": "甲写的要求。"}
    assert first.post(f"{url}edit/", as_shown(first, url) | kept).status_code == 302
    clash = second.post(f"{url}edit/", form | {"asks": "乙写的要求。"})
    assert clash.status_code == 409
    told = clash.content.decode()
    assert "对方的修改没有被覆盖" in told
    assert "甲写的要求。" in told
    again = {one.html_name: one.value() for one in clash.context["form"]}
    assert (again["foreword"], again["asks"]) == ("甲写的\n总体情况。", "乙写的要求。")
    assert '<details class="sheet" open>' in told
    row.refresh_from_db()
    assert row.asks == "甲写的要求。"
    assert second.post(f"{url}edit/", again).status_code == 302
    row.refresh_from_db()
    assert (row.foreword, row.asks) == ("甲写的\n总体情况。", "乙写的要求。")


def test_a_page_of_words_left_open_while_the_bulletin_was_checked_gives_them_back(
    world: World, casework: list[Case]
) -> None:
    row = acts.draft(world.street, OCTOBER, by=None, now=NOW)
    url, second = row.get_absolute_url(), signed_in(world.supervisor2)
    form = as_shown(second, url)
    acts.submit(row, by=world.supervisor, now=NOW)
    answer = second.post(f"{url}edit/", form | {"praise": "乙写的一大段。"})
    assert answer.status_code == 409
    assert ">乙写的一大段。</textarea>" in answer.content.decode()
    row.refresh_from_db()
    assert row.praise == ""


def test_the_streets_own_bulletin_comes_first_and_a_correction_once(world: World, casework: list[Case]) -> None:
    street = published(world)
    acts.publish(issued(world, community=world.east), by=world.supervisor, now=NOW)
    newer = acts.correct(street, by=world.supervisor, now=NOW, what_changed="补录一件。")
    acts.submit(newer, by=world.supervisor, now=NOW)
    acts.publish(acts.issue(newer, by=world.supervisor2, now=NOW), by=world.supervisor, now=NOW)
    listed = re.findall(r'href="(/bulletins/TST/[^"]+)"', Client().get("/bulletins/").content.decode())
    assert listed == ["/bulletins/TST/2026-10/", "/bulletins/TST/2026-10/E/"]
    others = Client().get("/bulletins/TST/2026-10/E/").context["others"]
    assert [(one.revision, url) for one, url in others] == [(2, "/bulletins/TST/2026-10/")]


def test_a_communitys_page_follows_the_streets_correction(world: World, casework: list[Case]) -> None:
    for _n in range(12):
        world.log(at=on(20), community=world.west)
    street, east = published(world), published(world, community=world.east)
    assert _received(world.east, "/bulletins/TST/2026-10/") == _received(None, "/bulletins/TST/2026-10/E/") == "12"
    for _n in range(6):
        world.log(at=on(21), now=NOW)
    newer = acts.correct(street, by=world.supervisor, now=NOW, what_changed="补录六件。")
    acts.submit(newer, by=world.supervisor, now=NOW)
    acts.issue(newer, by=world.supervisor2, now=NOW)
    assert _received(None, "/bulletins/TST/2026-10/E/") == "12"
    acts.publish(newer, by=world.supervisor, now=NOW)
    assert _received(world.east, "/bulletins/TST/2026-10/") == _received(None, "/bulletins/TST/2026-10/E/") == "18"
    page = Client().get("/bulletins/TST/2026-10/E/").content.decode()
    assert "数据取自街道通报第 2 版（补录六件）；本通报公布时取自第 1 版。" in page
    east.refresh_from_db()
    assert east.public == {"of": street.pk}


def _received(community: Community | None, url: str) -> str:
    """As residents read it: the whole of a page, or the row of a community."""
    grids = Client().get(url).context["chapters"][0].grids
    name, grid = (community.name, grids[1]) if community else ("受理", grids[0])
    return str(next(row[1].value for row in grid.rows if row[0].value == name))


def test_every_number_opens_exactly_its_cases(world: World, casework: list[Case]) -> None:
    row, client = acts.draft(world.street, OCTOBER, by=None, now=NOW), signed_in(world.supervisor)
    for key, expected in (("late", 1), ("bad", 1), ("received", 14)):
        page = client.get(f"/supervision/bulletins/{row.pk}/cases/?key={key}")
        assert len(page.context["rows"]) == expected == page.context["count"]
    page = client.get(f"/supervision/bulletins/{row.pk}/cases/?key=received&area={world.west.pk}")
    assert {found.number for found in page.context["rows"]} == {case.number for case in casework[-2:]}
    assert client.get(f"/supervision/bulletins/{row.pk}/cases/?key=nonesuch").status_code == 404


def test_the_public_version_names_nobody_and_holds_small_numbers_back(world: World, casework: list[Case]) -> None:
    row = published(world)
    texts = [Client().get("/bulletins/TST/2026-10/").content.decode(), json.dumps(row.public, ensure_ascii=False)]
    names = [*Person.objects.values_list("name", flat=True), *Person.objects.values_list("phone", flat=True)]
    private = [*names, "周桂兰", "13900000001", "柳荫路9号", SECRET, *(case.number for case in casework)]
    for text in texts:
        assert [secret for secret in private if secret and secret in text] == []
    assert row.public is not None
    assert row.public["rows"]["street"]["received"] == 14
    assert "received" not in row.public["rows"].get(str(world.west.pk), {})
    assert "received" not in row.public["rows"].get(str(world.east.pk), {})
    assert "late" not in row.public["rows"]["street"]


def test_a_communitys_public_report_shows_no_more_than_its_row(world: World, casework: list[Case]) -> None:
    east = issued(world, community=world.east)
    with pytest.raises(RuleBroken) as refusal:
        acts.publish(east, by=world.supervisor, now=NOW)
    assert refusal.value.code == "street_first"
    published(world)
    acts.publish(east, by=world.secretary, now=NOW)
    page = Client().get("/bulletins/TST/2026-10/E/").content.decode()
    assert ">12<" not in page
    assert "*" in page


@pytest.mark.parametrize("words", ["请找李敏处理。", "周桂兰的事已办好。", "来电13912345678。"])
def test_words_to_residents_that_name_somebody_are_not_published(
    world: World, casework: list[Case], words: str
) -> None:
    row = acts.draft(world.street, OCTOBER, by=None, now=NOW)
    acts.edit(row, by=world.supervisor, now=NOW, texts={"public_words": words})
    with pytest.raises(RuleBroken) as refusal:
        acts.publish(issued(world), by=world.supervisor, now=NOW)
    assert refusal.value.code == "names_somebody"


@pytest.mark.parametrize("stored", ["李明", "李 明", "李·明"])
@pytest.mark.parametrize("words", ["感谢李明居民。", "感谢李 明居民。", "感谢李　明居民。", "感谢李·明居民。"])
def test_a_name_is_found_however_it_is_set(world: World, stored: str, words: str) -> None:
    world.log(at=on(9), resident_name=stored)
    row = acts.draft(world.street, OCTOBER, by=None, now=NOW)
    acts.edit(row, by=world.supervisor, now=NOW, texts={"public_words": words})
    issued(world)
    page = signed_in(world.supervisor2).post(f"{row.get_absolute_url()}publish/")
    assert page.status_code == 409
    assert "“李明”" in page.content.decode()
    assert not Bulletin.objects.filter(status="published").exists()


def test_a_secretary_reads_the_streets_bulletin_once_it_is_issued(world: World, casework: list[Case]) -> None:
    client = signed_in(world.secretary)
    row = acts.draft(world.street, OCTOBER, by=None, now=NOW)
    assert client.get(row.get_absolute_url()).status_code == 404
    issued(world)
    page = client.get(row.get_absolute_url())
    assert (page.status_code, page.context["acts"], page.context["may_correct"]) == (200, [], False)
    west = acts.draft(world.street, OCTOBER, by=None, now=NOW, community=world.west)
    assert client.get(west.get_absolute_url()).status_code == 404


def test_the_recount_page_says_what_has_changed_since(world: World, casework: list[Case]) -> None:
    row, client = issued(world), signed_in(world.supervisor)
    url = f"/supervision/bulletins/{row.pk}/recount/"
    page = client.get(url)
    assert page.context["same"] is True
    assert not page.context["drift"]
    world.log(at=on(28), now=NOW)
    page = client.get(url)
    assert page.context["same"] is True
    assert [number for number, _names in page.context["drift"].cases] == [Case.objects.latest("pk").number]


def test_a_revision_shows_what_differs_from_the_one_before(world: World, casework: list[Case]) -> None:
    row, client = issued(world), signed_in(world.supervisor)
    late = world.log(at=on(28), now=NOW)
    assert client.post(f"/supervision/bulletins/{row.pk}/correct/", {"what_changed": " "}).status_code == 422
    answer = client.post(f"/supervision/bulletins/{row.pk}/correct/", {"what_changed": "补录一件。"})
    page = client.get(f"{answer['Location']}compare/").content.decode()
    assert late.number in page
    assert "补录一件。" in page


def test_a_preview_of_the_running_month_keeps_nothing(world: World, casework: list[Case]) -> None:
    client = signed_in(world.supervisor)
    today = parse(f"{datetime.now(SHANGHAI):%Y-%m}").code
    form = {"area": f"{world.street.pk}-", "period": today}
    assert client.post("/supervision/bulletins/", form | {"preview": "1"}).status_code == 200
    assert client.post("/supervision/bulletins/", form).status_code == 422
    assert not Bulletin.objects.exists()


def test_the_files_are_the_same_bytes_each_time_and_the_public_ones_name_nobody(
    world: World, casework: list[Case]
) -> None:
    row = Bulletin.objects.get(pk=published(world).pk)
    once, twice = (dict(files(row, public=True)) for _n in range(2))
    assert once == twice
    assert set(once) == {f"TST-all-2026-10-public.{kind}" for kind in ("docx", "pdf", "xlsx")}


def test_the_application_itself_may_do_all_this_and_no_more(
    world: World, casework: list[Case], as_app_role: Callable[[], None]
) -> None:
    as_app_role()
    acts.change_terms(by=world.admin, now=on(30), reason="样本放宽。", minimum_sample=8)
    row = published(world)
    assert row.snapshot["terms"]["minimum_sample"] == 8
    with connection.cursor() as cursor, pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        cursor.execute("UPDATE supervision_rateterms SET minimum_sample = 1")


def run(*words: str) -> dict[str, Any]:
    out = StringIO()
    call_command("monthly_report", *words, "--json", stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue().splitlines()[-1])
    return found


def test_the_command_drafts_writes_and_publishes_in_two_names(
    world: World, casework: list[Case], tmp_path: Path
) -> None:
    drafted = run("2026-10", "--street", "TST")
    assert (drafted["status"], drafted["files"]) == ("draft", [])
    done = run("2026-10", "--street", "TST", "--out", str(tmp_path), "--publish", "--by", "supervisor,supervisor2")
    assert (done["report"], done["sha256"]) == (drafted["report"], drafted["sha256"])
    assert done["status"] == "published"
    assert sorted(map(Path, done["files"])) == sorted(tmp_path.iterdir())
    assert len(done["files"]) == 6


@pytest.mark.parametrize(
    "words",
    [
        ("2099-01", "--street", "TST"),
        ("2026-13", "--street", "TST"),
        ("2026-10", "--street", "NONE"),
        ("2026-10", "--street", "OTH"),
        ("2026-10", "--street", "TST", "--publish", "--by", "supervisor,supervisor"),
        ("2026-10", "--street", "TST", "--community", "X"),
    ],
)
def test_the_command_says_why_it_does_nothing(world: World, words: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit):
        run(*words)
    assert not Bulletin.objects.exclude(status="draft").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("2099-01",), "2099-01 尚未开始。"),
        (("2026-13",), "月份写作 2026-10，季度写作 2026-Q4，年份写作 2026。"),
        (("2016-10",), "2016-10 早于柳荫街道首件办件的反映日期（2026年10月9日），请核对时段。"),
        (("2026-10", "--community", "X"), "柳荫街道没有代码为“X”的社区。现有：E, W。"),
        (("2026-10", "--publish", "--by", "supervisor,supervisor"), "请写明两个不同的人：--by 起草人,签发人。"),
        (("2026-10", "--publish"), "只有一名督导员，不能既起草又签发。请用 --by 写明两个人。"),
        (("2026-10", "--out", "/dev/null/x"), "文件无法写入 /dev/null/x：Not a directory。"),
    ],
)
def test_the_command_refuses_in_the_language_of_the_office(
    world: World, casework: list[Case], words: tuple[str, ...], said: str
) -> None:
    Post.objects.filter(person=world.supervisor2).update(until=NOW.date())
    told = StringIO()
    with pytest.raises(SystemExit):
        call_command("monthly_report", *words, "--street", "TST", stderr=told, no_color=True)
    assert told.getvalue().strip() == said


def _run(told: Any, seconds: float) -> None:
    """In a process of its own: says when the row is written, waits, commits, says the hash."""
    insert = acts._insert

    def slow(*args: Any, **kwargs: Any) -> Bulletin:
        row = insert(*args, **kwargs)
        told.send("half-way")
        time.sleep(seconds)
        return row

    acts._insert = slow
    told.send(acts.draft(Street.objects.get(code="TST"), OCTOBER, by=None, now=NOW).sha256)
    told.close()
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_ten_kills_half_way_and_two_at_once_leave_one_bulletin(world: World, casework: list[Case]) -> None:
    """Ten runs wait for each other; each is killed with its row written and not committed. Then two finish at once."""
    connection.close()  # no child may inherit it

    def start(seconds: float) -> tuple[Any, Any]:
        ours, theirs = FORK.Pipe()
        process = FORK.Process(target=_run, args=(theirs, seconds))
        process.start()
        theirs.close()
        return ours, process

    running = dict(start(60) for _n in range(10))
    while running:
        half_way: list[Any] = wait(list(running), 60)
        assert half_way, "nobody came half-way"
        for pipe in half_way:
            process = running.pop(pipe)
            assert pipe.recv() == "half-way"
            process.kill()
            process.join()
    both = [start(0) for _n in range(2)]
    told = [_last(pipe) for pipe, _process in both]
    for _pipe, process in both:
        process.join()
    assert told == [Bulletin.objects.get().sha256] * 2


def _last(pipe: Any) -> str:
    said = ""
    try:
        while pipe.poll(60):
            said = pipe.recv()
    except EOFError:
        pass
    return said


def test_on_the_command_line_a_running_month_is_looked_at_and_not_kept(
    world: World, casework: list[Case], tmp_path: Path
) -> None:
    told = StringIO()
    with time_machine.travel(datetime(2026, 10, 20, 10, tzinfo=SHANGHAI), tick=False):
        call_command("monthly_report", "2026-10", street="TST", out=tmp_path, as_json=True, stdout=told)
    said = json.loads(told.getvalue())
    assert (said["report"], said["status"], len(said["files"])) == (None, "preview", 3)
    assert not Bulletin.objects.exists()


def test_a_mistyped_year_is_told_beside_the_period(world: World, casework: list[Case]) -> None:
    client = signed_in(world.supervisor)
    for button in ({}, {"preview": "1"}):
        asked = {"area": f"{world.street.pk}-", "period": "2016-10"} | button
        page = client.post("/supervision/bulletins/", asked)
        assert page.status_code == 422
        assert "2016-10 早于柳荫街道首件办件的反映日期（2026年10月9日），请核对时段。" in page.content.decode()
    assert not Bulletin.objects.exists()


def test_a_street_of_the_demo_has_bulletins_published_in_their_time(world: World, casework: list[Case]) -> None:
    for place in (world.east, world.west):
        world.log(at=datetime(2026, 8, 3, 10, tzinfo=SHANGHAI), community=place)
    tell(world.street, NOW)
    for row in Bulletin.objects.filter(status="published"):
        assert row.published_at is not None
        assert 0 <= (row.published_at - row.period.after.begin).days < 4
    assert Bulletin.objects.filter(community=None).count() == 3
    assert Bulletin.objects.exclude(status="published").count() == 3


def test_the_workbook_holds_figures_one_can_reckon_with(world: World, casework: list[Case]) -> None:
    row = Bulletin.objects.get(pk=issued(world).pk)
    _name, content = next(files(row, public=False, kinds=["xlsx"]))
    book = load_workbook(BytesIO(content))
    cells = [cell.value for sheet in book for line in sheet.iter_rows() for cell in line if cell.value is not None]
    assert not [cell for cell in cells if isinstance(cell, str) and cell.startswith("'")]
    assert {case.number for case in casework} <= set(cells)
    assert 14 in cells
    numbers = [int(sheet.title.split(" ")[0]) for sheet in book if sheet.title[0].isdigit()]
    assert numbers == list(range(1, len(numbers) + 1))
    lines = {name: line["诉求件"] for name, line in ((c.number, _rows(content, c.number)) for c in casework[:2])}
    assert [line["首次联系"] for line in lines.values()] == ["联系逾期", "按时联系"]
    assert [line[str(FACTS["due"])] for line in lines.values()] == ["逾期", "按时办结"]
    assert "经确认的表扬" in lines[casework[0].number]


def test_a_year_is_compared_once(world: World, casework: list[Case]) -> None:
    year = acts.draft(world.street, parse("2026"), by=None, now=NOW.replace(year=2027, month=1))
    heads = [grid.head for chapter in internal(year) for grid in chapter.grids if grid.head[0] in {"指标", "比率"}]
    assert heads
    assert all(sum("较" in cell for cell in head) == 1 for head in heads), heads
    month = acts.draft(world.street, OCTOBER, by=None, now=NOW)
    heads = [grid.head for chapter in internal(month) for grid in chapter.grids if grid.head[0] in {"指标", "比率"}]
    assert all(sum("较" in cell for cell in head) == 2 for head in heads), heads


def test_a_bulletin_is_signed_by_who_stands_at_its_head(world: World, casework: list[Case]) -> None:
    for area, signer in (({}, "柳荫街道办事处"), ({"community": world.east}, "东园社区居委会")):
        row = Bulletin.objects.get(pk=issued(world, **area).pk)
        assert documents.paper(row, documents.internal(row)).signer == signer


def test_residents_read_no_two_figures_of_one_name_and_no_weights(world: World, casework: list[Case]) -> None:
    row = Bulletin.objects.get(pk=published(world).pk)
    page = Client().get("/bulletins/TST/2026-10/").content.decode()
    text = documents.for_residents(row)
    names = [line[0].value for chapter in text.chapters for grid in chapter.grids for line in grid.rows if line[0].hint]
    assert len(names) == len(set(names))
    assert {"不满意", "差评"} <= set(names)
    assert "权重" not in page
    assert "部分解决" in page


def _own_bad_rating(world: World, person: Person, day: int, **known: Any) -> Case:
    """A case this person answered, and its resident was very dissatisfied."""
    case = world.log(at=on(day), first_contact=person, by=person, **known)
    actions.conclude(case, by=person, now=on(day, 15), version=1, outcome="resolved", text="已修好。")
    rate(case, Answer(solved="no" if day == 28 else "yes", satisfied=1), now=on(day + 1), via=Rating.Via.TRACK)
    return case


def _rows(content: bytes, number: str) -> dict[str, dict[str, Any]]:
    """The lines of a workbook about this case: by sheet, under the words of the heading."""
    found = {}
    for sheet in load_workbook(BytesIO(content)):
        head: tuple[Any, ...] = ()
        for row in sheet.iter_rows(values_only=True):
            head = row if str(FACTS["number"]) in row else head
            if number in row:
                found[sheet.title.split(" ", 1)[-1]] = dict(zip(head, row, strict=True))
    return found


@pytest.mark.parametrize("reader", ["secretary", "supervisor"])
def test_nobody_reads_in_the_bulletin_what_was_said_of_their_own_work(
    world: World, casework: list[Case], reader: str
) -> None:
    person = getattr(world, reader)
    own = _own_bad_rating(world, person, 27)
    bulletin = acts.draft(world.street, OCTOBER, by=None, now=NOW, community=world.east)
    mine, other = signed_in(person), signed_in(world.supervisor2)
    place = bulletin.get_absolute_url()

    for key in ("level_1", "bad", "bad_open", "dissatisfied", "rated", "solved", "answered"):
        page = mine.get(f"{place}cases/?key={key}").content.decode()
        assert own.number not in page, key
        assert "不便向您列出" in page
        assert own.number in other.get(f"{place}cases/?key={key}").content.decode(), key
    assert own.number in mine.get(f"{place}cases/?key=concluded").content.decode()

    book = mine.get(f"{place}internal.xlsx").content
    lines = _rows(book, own.number)
    assert list(lines) == ["诉求件"]
    said = {lines["诉求件"][str(FACTS[name])] for name in VOICE}
    assert said == {"—"}
    theirs = _rows(other.get(f"{place}internal.xlsx").content, own.number)
    assert len(theirs) == 2
    assert theirs["诉求件"][str(FACTS["satisfied"])] == 1
    assert _rows(book, casework[1].number)["诉求件"][str(FACTS["satisfied"])] == 2
    assert own.number not in "".join(
        str(cell.value) for grid in documents.internal(bulletin, person).lists for row in grid.rows for cell in row[:1]
    )


@pytest.mark.parametrize("reader", ["secretary", "supervisor"])
def test_the_list_finds_nobody_their_own_cases_by_what_was_said_of_them(world: World, reader: str) -> None:
    person = getattr(world, reader)
    own = _own_bad_rating(world, person, 27)
    given = _own_bad_rating(world, person, 28)  # "not solved": done once more, by somebody else
    given.refresh_from_db()
    actions.offer(given, by=person, now=on(30), version=given.version, to=world.worker, reason="请接手")
    actions.accept(Case.objects.get(pk=given.pk), by=world.worker, now=on(30, 11))
    phoned = world.log(at=on(20), first_contact=person, by=person)
    actions.conclude(phoned, by=person, now=on(20, 12), version=1, outcome="resolved", text="已修好。")
    Callback.objects.create(
        case=phoned, cycle=1, by=world.worker2, at=on(22), reached=True, solved="partly", satisfied=2
    )
    mine, other = signed_in(person), signed_in(world.supervisor2)
    days = "answered_from=2026-10-01&answered_to=2026-10-31"

    for case, query in (
        (own, "satisfied=bad"), (own, "solved=yes"), (given, "satisfied=bad"), (given, "solved=no"),
        (phoned, "satisfied=bad"), (phoned, "solved=partly"),
    ):  # fmt: skip
        for address in (f"/cases/?{query}&{days}", f"/cases/export/?format=csv&{query}&{days}"):
            assert case.number in _content(other.get(address)), address
            assert case.number not in _content(mine.get(address)), address
    page = _content(mine.get(f"/cases/?satisfied=unrated&{days}"))
    assert own.number not in page
    assert "不列入本清单" in page
    assert own.number in _content(mine.get("/cases/"))


def _content(answer: Any) -> str:
    return str((answer.getvalue() if answer.streaming else answer.content).decode())
