"""Other programs work on cases through the same acts, and are refused in the same words."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from rest_framework.authtoken.models import Token

from complaints.models import Case, Event
from staff.models import Person
from tests.world import World

pytestmark = pytest.mark.django_db


def api(person: Person) -> Client:
    token, _made = Token.objects.get_or_create(user=person)
    return Client(headers={"authorization": f"Token {token.key}"})


def post(client: Client, path: str, **data: Any) -> Any:
    return client.post(path, data, content_type="application/json")


def test_a_program_without_a_token_is_sent_away() -> None:
    assert Client().get("/api/v1/cases/").status_code == 401


def test_a_worker_logs_a_case_and_is_responsible_for_it(world: World) -> None:
    answer = post(
        api(world.worker),
        "/api/v1/cases/",
        text="3号楼路灯不亮",
        kind="help",
        channel="phone",
        resident_phone="13800000000",
    )

    assert answer.status_code == 201
    case = Case.objects.get(number=answer.json()["number"])
    assert case.responsible == case.first_contact == world.worker
    assert case.community == world.east
    assert answer.json()["resident"]["phone"] == "13800000000"
    assert {clock["kind"] for clock in answer.json()["clocks"]} == {"response", "resolution"}


def test_the_same_key_sent_again_is_the_same_case(world: World) -> None:
    client, key = api(world.worker), str(uuid4())
    body = {"text": "井盖松动", "kind": "help", "channel": "phone", "submission_key": key}

    numbers = {post(client, "/api/v1/cases/", **body).json()["number"] for _ in range(3)}

    assert len(numbers) == 1
    assert Case.objects.count() == 1


def test_the_light_filter_and_the_scope_cut_the_list(world: World) -> None:
    mine = world.log()

    assert [row["number"] for row in api(world.worker).get("/api/v1/cases/").json()["results"]] == [mine.number]
    assert api(world.outsider).get("/api/v1/cases/").json()["results"] == []
    assert api(world.outsider).get(f"/api/v1/cases/{mine.number}/").status_code == 404


def test_a_filter_that_makes_no_sense_is_named(world: World) -> None:
    answer = api(world.worker).get("/api/v1/cases/?light=purple")

    assert answer.status_code == 400
    assert "light" in answer.json()


def test_an_act_of_the_page_is_an_act_of_the_api(world: World) -> None:
    case = world.log()

    answer = post(
        api(world.worker),
        f"/api/v1/cases/{case.number}/acts/conclude/",
        outcome="resolved",
        text="路灯已修好。",
        version=case.version,
    )

    assert answer.status_code == 200, answer.content
    assert answer.json()["status"] == "concluded"
    assert Event.objects.filter(case=case).count() == 2


def test_whoever_comes_second_is_told(world: World) -> None:
    case = world.log()
    client = api(world.worker)
    post(client, f"/api/v1/cases/{case.number}/acts/note/", text="已约物业")

    answer = post(
        client, f"/api/v1/cases/{case.number}/acts/conclude/", outcome="resolved", text="好了。", version=case.version
    )

    assert answer.status_code == 409
    assert answer.json()["code"] == "stale"
    assert answer.json()["message"]


def test_a_colleague_without_the_right_is_refused(world: World) -> None:
    case = world.log()

    answer = post(api(world.worker2), f"/api/v1/cases/{case.number}/acts/conclude/", outcome="resolved", text="好了。")

    assert answer.status_code == 403


@pytest.mark.parametrize("text", ["坏\x00字", "", "长" * 20_001])
def test_bad_text_is_refused_with_its_field(world: World, text: str) -> None:
    answer = post(api(world.worker), "/api/v1/cases/", text=text, kind="help", channel="phone")

    assert answer.status_code == 400
    assert "text" in answer.json()


def test_an_unknown_act_is_not_found(world: World) -> None:
    assert post(api(world.worker), f"/api/v1/cases/{world.log().number}/acts/delete/").status_code == 404


def test_an_assessor_reads_closed_cases_without_the_resident(world: World) -> None:
    case = world.log(resident_name="王某", resident_phone="13800000000")
    post(
        api(world.worker), f"/api/v1/cases/{case.number}/acts/conclude/", outcome="resolved", text="办好了。", version=1
    )

    shown = api(world.assessor).get(f"/api/v1/cases/{case.number}/").json()

    assert shown["status"] == "concluded"
    assert shown["resident"] is None


def test_the_list_costs_the_same_however_long_it_is(world: World, django_assert_max_num_queries: Any) -> None:
    for _ in range(12):
        world.log()
    client = api(world.supervisor)
    with django_assert_max_num_queries(8):
        assert len(client.get("/api/v1/cases/").json()["results"]) == 12


def test_the_schema_names_the_acts(client: Client, world: World) -> None:
    client.force_login(world.admin)
    text = client.get("/api/schema/").content.decode()

    assert "/api/v1/cases/{number}/acts/{act}/" in text
    assert "ask_extension" in text
