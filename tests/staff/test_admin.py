"""Administrators set the office up. They look at casework and never do any, and never reach beyond their street."""

from __future__ import annotations

from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from openpyxl import Workbook
from rest_framework.authtoken.models import Token

from complaints.models import Case, Category, Event
from staff.admin import open_admin
from staff.models import Person, Post
from staff.sheets import PersonSheet
from tests.services.guide_world import zh
from tests.world import PASSWORD, World

COLUMNS = ["用户名", "姓名", "办公电话", "角色", "人员类别", "单位", "社区", "网格", "任职时间"]
SETUP = [
    "staff/street", "staff/community", "staff/grid", "staff/unit", "staff/person", "authtoken/tokenproxy",
    "complaints/category", "complaints/dispatchrule", "complaints/replytemplate", "complaints/retentionrule",
    "services/calendaryear", "services/schedule", "services/policy",
]  # fmt: skip
LOOK_AT = ["complaints/case", "complaints/event", "complaints/importrun"]


@pytest.fixture
def zheng(world: World, client: Client) -> Client:
    """The browser of Zheng, administrator of the street."""
    client.force_login(world.admin)
    return client


def sheet(*rows: list[Any], columns: list[str] = COLUMNS) -> SimpleUploadedFile:
    book, file = Workbook(), BytesIO()
    page = book.active
    assert page is not None
    page.append(columns)
    for row in rows:
        page.append(row)
    book.save(file)
    return SimpleUploadedFile("名单.xlsx", file.getvalue())


def send(client: Client, file: SimpleUploadedFile, model: str = "staff/person", *, kind: str = "xlsx") -> Any:
    """Upload and, when the preview has no errors, confirm. Returns the preview."""
    page = client.get(f"/admin/{model}/import/")
    formats = {label: value for value, label in page.context["form"].fields["format"].choices}
    preview = client.post(f"/admin/{model}/import/", {"import_file": file, "format": formats[kind], "resource": ""})
    assert preview.status_code == 200
    confirm = preview.context.get("confirm_form")
    if confirm:
        done = client.post(f"/admin/{model}/process_import/", {k: v or "" for k, v in confirm.initial.items()})
        assert done.status_code == 302, done.content.decode()
    return preview


@pytest.mark.parametrize("model", SETUP + LOOK_AT)
def test_the_administrator_opens_every_list(world: World, zheng: Client, model: str) -> None:
    world.log()
    assert zheng.get(f"/admin/{model}/").status_code == 200


@pytest.mark.parametrize("model", [name for name in SETUP if name not in {"staff/street"}])
def test_the_administrator_may_add_what_is_set_up(zheng: Client, model: str) -> None:
    assert zheng.get(f"/admin/{model}/add/").status_code == 200


@pytest.mark.parametrize("who", ["worker", "secretary", "supervisor", "discipline", "assessor", "delegate"])
def test_nobody_else_gets_in(world: World, client: Client, who: str) -> None:
    client.force_login(getattr(world, who))
    assert client.get("/admin/").status_code == 302
    Person.objects.filter(pk=getattr(world, who).pk).update(is_staff=True)
    assert client.get("/admin/staff/person/").status_code == 403
    assert client.get("/admin/staff/person/import/").status_code == 403
    assert client.get("/admin/complaints/category/export/").status_code == 403


def test_a_post_that_ended_yesterday_takes_the_rights_with_it(world: World, zheng: Client) -> None:
    Post.objects.filter(person=world.admin).update(until=timezone.localdate() - timedelta(days=1))
    assert zheng.get("/admin/staff/person/").status_code == 403


class TestCasework:
    def test_a_case_is_shown_with_a_link_and_cannot_be_changed(self, world: World, zheng: Client) -> None:
        case = world.log()
        assert case.get_absolute_url() in zheng.get("/admin/complaints/case/").content.decode()
        page = f"/admin/complaints/case/{case.pk}/change/"
        assert case.text not in zheng.get(page).content.decode()
        assert zheng.post(page, {"title": "改掉"}).status_code == 403
        assert zheng.post(f"/admin/complaints/case/{case.pk}/delete/", {"post": "yes"}).status_code == 403
        assert zheng.get("/admin/complaints/case/add/").status_code == 403
        assert Case.objects.get(pk=case.pk).title == case.title

    def test_not_even_a_superuser_changes_history(self, world: World, client: Client) -> None:
        world.log()
        root = Person.objects.create_superuser("root", name="根", email="", password=PASSWORD)
        client.force_login(root)
        event = Event.objects.get()
        assert client.post(f"/admin/complaints/event/{event.pk}/delete/", {"post": "yes"}).status_code == 403
        assert client.get(f"/admin/complaints/event/{event.pk}/change/").status_code == 200

    def test_another_street_s_cases_are_not_there(self, world: World, zheng: Client) -> None:
        theirs = world.log(
            street=world.other_street, unit=world.other_unit, community=None, grid=None, first_contact=world.stranger
        )
        assert theirs.number not in zheng.get("/admin/complaints/case/").content.decode()
        assert zheng.get(f"/admin/complaints/case/{theirs.pk}/change/").status_code == 302


class TestReach:
    """A new password opens whatever its owner may do, so whom one may give it to matters."""

    def test_people_of_another_street_are_out_of_reach(self, world: World, zheng: Client) -> None:
        page = zheng.get("/admin/staff/person/").content.decode()
        assert "李敏" in page
        assert "外街人" not in page
        assert zheng.get(f"/admin/staff/person/{world.stranger.pk}/password/").status_code in {302, 404}

    def test_a_superuser_is_out_of_reach(self, world: World, zheng: Client) -> None:
        root = Person.objects.create_superuser("root", name="根", email="", password=PASSWORD)
        zheng.post(
            f"/admin/staff/person/{root.pk}/password/", {"password1": "taken-over-1", "password2": "taken-over-1"}
        )
        root.refresh_from_db()
        assert root.check_password(PASSWORD)
        assert zheng.get(f"/admin/staff/person/{root.pk}/change/").status_code == 302

    def test_somebody_who_also_serves_elsewhere_is_out_of_reach(self, world: World, zheng: Client) -> None:
        Post.objects.create(
            person=world.worker,
            role="supervisor",
            street=world.other_street,
            since=date(2020, 1, 1),
            unit=world.other_unit,
        )
        assert zheng.get(f"/admin/staff/person/{world.worker.pk}/change/").status_code == 302

    def test_only_the_own_street_is_offered(self, world: World, zheng: Client) -> None:
        page = zheng.get("/admin/staff/unit/add/").content.decode()
        assert "柳荫街道" in page
        assert "河湾街道" not in page

    def test_a_street_can_be_changed_but_not_made_or_deleted(self, world: World, zheng: Client) -> None:
        assert zheng.get("/admin/staff/street/add/").status_code == 403
        assert zheng.post(f"/admin/staff/street/{world.street.pk}/delete/", {"post": "yes"}).status_code == 403
        assert zheng.get(f"/admin/staff/street/{world.other_street.pk}/change/").status_code == 302

    def test_people_are_never_deleted(self, world: World, zheng: Client) -> None:
        assert zheng.post(f"/admin/staff/person/{world.worker2.pk}/delete/", {"post": "yes"}).status_code == 403
        assert Person.objects.filter(pk=world.worker2.pk).exists()


class TestPeople:
    def test_the_administrator_opens_an_account(self, world: World, zheng: Client) -> None:
        facts = {
            "username": "wangfang", "name": "王芳", "phone": "010-5550 0099", "usable_password": "true",
            "password1": "hua-an-li-77", "password2": "hua-an-li-77",
        }  # fmt: skip
        none = {"posts-TOTAL_FORMS": "0", "posts-INITIAL_FORMS": "0"}
        page = zheng.post("/admin/staff/person/add/", facts | none)
        assert page.status_code == 302, page.content.decode()
        assert Person.objects.get(username="wangfang").check_password("hua-an-li-77")

    def test_a_post_in_the_wrong_place_is_refused_in_plain_words(self, world: World) -> None:
        post = Post(
            person=world.worker, role="worker", street=world.street, unit=world.other_unit, grid=world.west_grid,
            community=world.east, since=date(2026, 1, 1),
        )  # fmt: skip
        with pytest.raises(Exception, match=r"unit.*grid|grid.*unit"):
            post.full_clean()

    @pytest.mark.parametrize("gone", [{"working": "left", "is_active": "on"}, {"working": "at_work"}])
    def test_who_answers_for_open_cases_leaves_only_after_a_warning(
        self, world: World, zheng: Client, gone: dict[str, str]
    ) -> None:
        world.log()
        world.log()
        page = f"/admin/staff/person/{world.worker.pk}/change/"
        none = {"posts-TOTAL_FORMS": "0", "posts-INITIAL_FORMS": "0"}
        sent = {"username": "worker", "name": "李敏", "phone": "1"} | none
        assert zheng.post(page, sent | {"working": "on_leave", "is_active": "on"}).status_code == 302

        warned = zheng.post(page, sent | gone)

        (words,) = warned.context["adminform"].form.errors["knowing"]
        assert "2" in words
        assert f"/cases/?responsible={world.worker.pk}" in words.replace("&amp;", "&")
        world.worker.refresh_from_db()
        assert (world.worker.working, world.worker.is_active) == ("on_leave", True)
        assert zheng.post(page, sent | gone | {"knowing": "on"}).status_code == 302
        assert Case.objects.filter(responsible=world.worker, closed_at=None).count() == 2

    @pytest.mark.parametrize("how", ["last day", "last day to come", "taken away"])
    def test_a_post_that_ends_is_told_of_and_ends_all_the_same(self, world: World, zheng: Client, how: str) -> None:
        world.log()
        world.log()
        world.log(unit=world.department)
        post = world.worker.posts.get()
        days = 30 if how == "last day to come" else 0
        ended = {"until": timezone.localdate() + timedelta(days=days)} if how != "taken away" else {"DELETE": "on"}

        answer = zheng.post(person_page(world.worker), person_data(world.worker, post, **ended), follow=True)

        assert answer.status_code == 200
        assert Post.objects.filter(person=world.worker, until=None).count() == 0
        (words,) = [str(said) for said in answer.context["messages"] if said.level_tag == "warning"]
        assert "2件" in words
        assert f"/cases/?responsible={world.worker.pk}&unit={world.unit.pk}&state=open" in words.replace("&amp;", "&")
        assert zh(" Tick this to go on.") not in words
        assert Case.objects.filter(responsible=world.worker, closed_at=None).count() == 3

    def test_nothing_is_said_where_no_open_case_stays_behind(self, world: World, zheng: Client) -> None:
        page, today = person_page(world.worker), timezone.localdate()
        post = world.worker.posts.get()
        said = zheng.post(page, person_data(world.worker, post, until=today), follow=True).context["messages"]
        assert len(said) == 1  # saved
        Post.objects.filter(pk=post.pk).update(until=None)
        world.log()
        assert len(warnings(zheng, page, person_data(world.worker, post, title="网格长"))) == 0
        # Another post at the same unit goes on.
        also = Post.objects.create(
            person=world.worker, role="secretary", street=world.street, unit=world.unit, community=world.east,
            since=date(2026, 1, 1),
        )  # fmt: skip
        assert warnings(zheng, page, person_data(world.worker, post, also, until=today)) == []
        # Who leaves altogether has read it already.
        also.delete()
        Post.objects.filter(pk=post.pk).update(until=None)
        gone = person_data(world.worker, post, until=today) | {"working": "left", "knowing": "on"}
        assert warnings(zheng, page, gone) == []

    def test_a_post_without_a_unit_ends_for_the_whole_street(self, world: World, zheng: Client) -> None:
        world.log(first_contact=world.supervisor, unit=world.department)
        post = world.supervisor.posts.get()
        Post.objects.filter(pk=post.pk).update(unit=None)
        post.refresh_from_db()
        page, ended = person_page(world.supervisor), person_data(world.supervisor, post, until=timezone.localdate())
        (words,) = warnings(zheng, page, ended)
        assert f"/cases/?responsible={world.supervisor.pk}&state=open" in words.replace("&amp;", "&")

    def test_a_list_lets_nobody_leave_who_answers_for_open_cases(self, world: World, zheng: Client) -> None:
        world.log()
        columns = ["username", "name", "role", "unit", "working"]
        send(zheng, sheet(["worker", "李敏", "worker", world.unit.name, "left"], columns=columns))
        world.worker.refresh_from_db()
        assert world.worker.working == "at_work"

    def test_start_passwords_are_shown_once(self, world: World, zheng: Client) -> None:
        picked = {"action": "give_start_passwords", "_selected_action": [world.worker.pk, world.worker2.pk]}
        page = zheng.post("/admin/staff/person/", picked)
        assert "no-store" in page["Cache-Control"]
        given = {person.username: password for person, password in page.context["given"]}
        for username, password in given.items():
            assert password in page.content.decode()
            assert Person.objects.get(username=username).check_password(password)
        assert len(set(given.values())) == 2

    def test_whoever_becomes_administrator_gets_into_the_admin_and_out_again(self, world: World) -> None:
        post = Post.objects.create(person=world.worker, role="admin", street=world.street, since=date(2026, 1, 1))
        open_admin(world.worker)
        assert Person.objects.get(pk=world.worker.pk).is_staff
        post.delete()
        open_admin(world.worker)
        assert not Person.objects.get(pk=world.worker.pk).is_staff

    def test_a_token_is_made_for_somebody_of_the_street(self, world: World, zheng: Client) -> None:
        assert zheng.post("/admin/authtoken/tokenproxy/add/", {"user": world.worker.pk}).status_code == 302
        assert Token.objects.get().user == world.worker
        zheng.post("/admin/authtoken/tokenproxy/add/", {"user": world.stranger.pk})
        assert Token.objects.count() == 1
        key = Token.objects.get().key
        assert key not in zheng.get("/admin/authtoken/tokenproxy/").content.decode()


def person_page(person: Person) -> str:
    return f"/admin/staff/person/{person.pk}/change/"


def person_data(person: Person, *posts: Post, **changes: Any) -> dict[str, Any]:
    """The form of a person with these posts; `changes` are those of the first."""
    sent: dict[str, Any] = {
        "username": person.username, "name": person.name, "phone": "1", "working": "at_work", "is_active": "on",
        "posts-TOTAL_FORMS": len(posts), "posts-INITIAL_FORMS": len(posts),
    }  # fmt: skip
    for number, post in enumerate(posts):
        kept = {"id": post.pk, "person": person.pk, "role": post.role, "duty": post.duty, "title": post.title}
        kept |= {"street": post.street_id, "unit": post.unit_id or "", "community": post.community_id or ""}
        kept |= {"grid": post.grid_id or "", "since": post.since} | (changes if number == 0 else {})
        sent |= {f"posts-{number}-{name}": value for name, value in kept.items()}
    return sent


def warnings(browser: Client, page: str, data: dict[str, Any]) -> list[str]:
    answer = browser.post(page, data, follow=True)
    assert answer.status_code == 200
    return [str(said) for said in answer.context["messages"] if said.level_tag == "warning"]


class TestPeopleSheet:
    def test_an_office_s_list_becomes_people_with_posts(self, world: World, zheng: Client) -> None:
        preview = send(
            zheng,
            sheet(
                [
                    "ZhangWei",
                    "张伟",
                    "010-5550 0201",
                    "社区工作者",
                    "专职",
                    "东园社区居委会",
                    "",
                    "第一网格",
                    "2026年3月1日",
                ],
                ["liuyang", "刘洋", "010-5550 0202", "街道督导员", "", "街道办公室", "", "", date(2025, 9, 1)],
                ["qian", "钱奶奶", "", "居民代表", "志愿者", "", "西里社区", "", "2024/5/6"],
            ),
        )
        assert not preview.context["result"].has_errors()
        zhang = Person.objects.get(username="zhangwei")
        post = zhang.posts.get()
        assert (zhang.name, zhang.phone, zhang.has_usable_password()) == ("张伟", "010-5550 0201", False)
        assert (post.role, post.duty, post.unit, post.community, post.grid, post.since) == (
            "worker", "full_time", world.unit, world.east, world.grid, date(2026, 3, 1),
        )  # fmt: skip
        assert Person.objects.get(username="liuyang").scope().has("supervisor")
        assert Person.objects.get(username="qian").posts.get().since == date(2024, 5, 6)

    def test_the_same_list_again_makes_nobody_twice(self, world: World, zheng: Client) -> None:
        row = ["zhangwei", "张伟", "", "社区工作者", "专职", "东园社区居委会", "东园社区", "第一网格", "2026-03-01"]
        send(zheng, sheet(row))
        row[2] = "010-5550 0301"
        send(zheng, sheet(row))
        assert Person.objects.get(username="zhangwei").phone == "010-5550 0301"
        assert Post.objects.filter(person__username="zhangwei").count() == 1

    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            pytest.param({3: "国王"}, "国王", id="unknown role"),
            pytest.param({5: "月球居委会"}, "月球居委会", id="unknown unit"),
            pytest.param({7: "第九网格"}, "第九网格", id="unknown grid"),
            pytest.param({8: "2019/13/45"}, "2019/13/45", id="no date"),
            pytest.param({5: ""}, "", id="worker without a unit"),
            pytest.param({1: ""}, "", id="no name"),
            pytest.param({0: "a b"}, "", id="bad log-in name"),
            pytest.param({0: "stranger"}, "", id="somebody of another street"),
        ],
    )
    def test_a_row_that_cannot_be_is_refused_by_name(
        self, world: World, zheng: Client, changed: dict[int, str], said: str
    ) -> None:
        row = ["zhangwei", "张伟", "", "社区工作者", "专职", "东园社区居委会", "东园社区", "第一网格", "2026-03-01"]
        for place, value in changed.items():
            row[place] = value
        before = Person.objects.count()
        preview = send(zheng, sheet(row))
        result = preview.context["result"]
        assert result.has_errors() or result.has_validation_errors()
        assert said in preview.content.decode()
        assert Person.objects.count() == before

    def test_a_list_without_names_is_refused_whole(self, world: World, zheng: Client) -> None:
        preview = send(zheng, sheet(["zhangwei", "社区工作者"], columns=["用户名", "角色"]))
        assert preview.context["result"].has_errors()
        assert not Person.objects.filter(username="zhangwei").exists()

    def test_the_list_comes_out_as_it_goes_in(self, world: World, zheng: Client) -> None:
        page = zheng.get("/admin/staff/person/export/")
        formats = {label: value for value, label in page.context["form"].fields["format"].choices}
        columns = {name: "on" for name in page.context["form"].fields if name.startswith("personsheet_")}
        form = {"format": formats["csv"], "resource": "", **columns}
        text = zheng.post("/admin/staff/person/export/", form).content.decode()
        assert "worker,李敏" in text
        assert "东园社区居委会" in text
        assert "外街人" not in text


class TestCategories:
    def test_a_path_makes_its_whole_branch(self, world: World, zheng: Client) -> None:
        file = sheet(["便民服务->打印复印->身份证复印", "复印 打印", ""], columns=["问题分类", "关键词", "时限规则"])
        preview = send(zheng, file, "complaints/category")
        assert not preview.context["result"].has_errors()
        leaf = Category.objects.get(path="便民服务>打印复印>身份证复印")
        assert leaf.level == 3
        assert leaf.parent is not None
        assert leaf.parent.parent == Category.objects.get(path="便民服务", level=1)
        assert leaf.keywords == "复印 打印"

    def test_a_fourth_level_or_an_unknown_limit_is_refused(self, world: World, zheng: Client) -> None:
        columns = ["path", "policy"]
        for row in (["甲>乙>丙>丁", ""], ["甲>>丙", ""], ["甲>乙", "nonsense"]):
            preview = send(zheng, sheet(row, columns=columns), "complaints/category")
            result = preview.context["result"]
            assert result.has_errors() or result.has_validation_errors()
        assert not Category.objects.filter(path__startswith="甲").exists()

    def test_the_form_places_a_category_by_its_path(self, world: World, zheng: Client) -> None:
        facts = {"path": "测试市政 > 照明 > 庭院灯", "keywords": "", "policy": "", "is_active": "on"}
        assert zheng.post("/admin/complaints/category/add/", facts).status_code == 302
        assert Category.objects.get(path="测试市政>照明>庭院灯").parent == Category.objects.get(path="测试市政>照明")


class TestSecondFactor:
    def test_a_lost_one_is_taken_away_and_its_secret_is_never_shown(self, world: World, zheng: Client) -> None:
        lost = Authenticator.objects.create(user=world.worker, type="totp", data={"secret": "JBSWY3DP"})
        page = zheng.get(f"/admin/mfa/authenticator/{lost.pk}/change/")
        assert page.status_code == 200
        assert "JBSWY3DP" not in page.content.decode()
        zheng.post(f"/admin/mfa/authenticator/{lost.pk}/delete/", {"post": "yes"})
        assert not Authenticator.objects.exists()

    def test_that_of_somebody_out_of_reach_stays(self, world: World, zheng: Client) -> None:
        theirs = Authenticator.objects.create(user=world.stranger, type="totp", data={})
        zheng.post(f"/admin/mfa/authenticator/{theirs.pk}/delete/", {"post": "yes"})
        assert Authenticator.objects.filter(pk=theirs.pk).exists()


def test_an_import_that_breaks_after_the_preview_says_so_and_changes_nothing(
    world: World, zheng: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(self: PersonSheet, *args: Any, dry_run: bool, **kwargs: Any) -> None:
        if not dry_run:
            raise RuntimeError("the disk is full")

    monkeypatch.setattr(PersonSheet, "after_import", breaks)
    row = ["zhangwei", "张伟", "", "社区工作者", "专职", "东园社区居委会", "", "第一网格", "2026年3月1日"]
    preview = send(zheng, sheet(row))
    assert preview.context["confirm_form"]
    assert not Person.objects.filter(username="zhangwei").exists()
    assert "没有导入" in zheng.get("/admin/staff/person/import/").content.decode()
