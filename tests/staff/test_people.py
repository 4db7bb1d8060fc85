"""The directory: who works where, on what phone; how much they carry is for those who lead them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from staff.models import Person, Post
from tests.services.guide_world import zh
from tests.world import World

OFFICE = ["worker", "secretary", "outsider", "department_worker", "supervisor", "discipline", "admin"]


def page_for(client: Client, person: Person, query: str = "") -> str:
    client.force_login(person)
    page = client.get("/people/" + query)
    assert page.status_code == 200
    return page.content.decode()


@pytest.mark.parametrize("who", OFFICE)
def test_the_office_finds_everybody_of_the_street(world: World, client: Client, who: str) -> None:
    text = page_for(client, getattr(world, who))
    for name in ("李敏", "赵雪", "何勇", "郭涛", "林峰", "韩正"):
        assert name in text
    assert f"tel:{world.worker.phone.replace(' ', '')}" in text
    assert "外街人" not in text
    assert "河湾街道" not in text


@pytest.mark.parametrize("who", ["assessor", "delegate"])
def test_those_from_outside_do_not_get_the_directory(world: World, client: Client, who: str) -> None:
    client.force_login(getattr(world, who))
    assert client.get("/people/").status_code == 403


def test_a_passer_by_is_asked_to_sign_in(world: World, client: Client) -> None:
    assert client.get("/people/").status_code == 302
    assert client.get(f"/people/loads/{world.unit.pk}/").status_code == 302


def test_it_says_what_a_community_lacks(world: World, client: Client) -> None:
    text = page_for(client, world.worker)
    assert "1+2+0" in text  # east: two full-time workers
    world.person("third", "第三人", Post.Role.WORKER, unit=world.unit, community=world.east, duty=Post.Duty.FULL_TIME)
    assert "1+3+0" in page_for(client, world.worker)


def test_whoever_has_left_or_whose_post_is_over_is_gone_from_it(world: World, client: Client) -> None:
    yesterday = timezone.localdate() - timedelta(days=1)
    Post.objects.filter(person=world.worker2).update(until=yesterday)
    Person.objects.filter(pk=world.outsider.pk).update(working=Person.Working.LEFT)
    text = page_for(client, world.secretary)
    assert "王强" not in text
    assert "赵雪" not in text


def test_whoever_is_on_leave_stays_in_it_marked(world: World, client: Client) -> None:
    Person.objects.filter(pk=world.worker2.pk).update(working=Person.Working.ON_LEAVE)
    text = page_for(client, world.secretary)
    assert "王强" in text
    assert str(Person.Working.ON_LEAVE.label) in text


def test_words_find_a_person_by_name_phone_or_grid(world: World, client: Client) -> None:
    assert "李敏" in page_for(client, world.supervisor, "?q=李敏")
    assert "何勇" not in page_for(client, world.supervisor, "?q=李敏")
    assert "李敏" in page_for(client, world.supervisor, "?q=" + world.worker.phone.replace(" ", ""))
    assert "李敏" in page_for(client, world.supervisor, "?q=1-6号楼")
    assert "李敏" not in page_for(client, world.supervisor, "?q=nobody")


def test_the_number_of_queries_does_not_follow_the_number_of_people(
    world: World, client: Client, django_assert_max_num_queries: object
) -> None:
    for n in range(30):
        world.person(f"more{n}", f"志愿者{n}", Post.Role.DELEGATE, community=world.east, duty=Post.Duty.VOLUNTEER)
    client.force_login(world.supervisor)
    with django_assert_max_num_queries(14):  # type: ignore[operator]
        client.get("/people/")


class TestOpenCasesPerPerson:
    @pytest.fixture(autouse=True)
    def cases(self, world: World) -> None:
        world.log()
        world.log(first_contact=world.worker2)
        world.log()

    def test_the_supervisor_and_the_own_secretary_see_them(self, world: World, client: Client) -> None:
        for person in (world.supervisor, world.secretary):
            client.force_login(person)
            text = client.get(f"/people/loads/{world.unit.pk}/", headers={"HX-Request": "true"}).content.decode()
            assert text.index("李敏") < text.index("王强")
            assert ">2<" in text
            assert "<html" not in text
            assert f"/people/loads/{world.unit.pk}/" in client.get("/people/").content.decode()

    def test_cases_of_somebody_who_has_left_stand_first_and_ask_to_be_handed_over(
        self, world: World, client: Client
    ) -> None:
        Person.objects.filter(pk=world.worker2.pk).update(working="left")
        client.force_login(world.secretary)
        text = client.get(f"/people/loads/{world.unit.pk}/", headers={"HX-Request": "true"}).content.decode()
        assert text.index("王强") < text.index(zh("has left: please hand over")) < text.index("李敏")

    def test_without_javascript_they_are_a_page(self, world: World, client: Client) -> None:
        client.force_login(world.supervisor)
        text = client.get(f"/people/loads/{world.unit.pk}/").content.decode()
        assert "<html" in text
        assert "李敏" in text

    @pytest.mark.parametrize(
        "who", ["worker", "west_secretary", "outsider", "discipline", "admin", "assessor", "stranger"]
    )
    def test_nobody_else_sees_them(self, world: World, client: Client, who: str) -> None:
        client.force_login(getattr(world, who))
        assert client.get(f"/people/loads/{world.unit.pk}/").status_code == 404
        directory = client.get("/people/")
        assert f"/people/loads/{world.unit.pk}/" not in directory.content.decode()
