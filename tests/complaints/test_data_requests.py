"""Residents see, correct and delete what is kept of them; the office decides and gives its reasons."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from complaints import actions
from complaints.actions import data_requests as acts
from complaints.actions.retention import forget
from complaints.history import verify_chains
from complaints.models import Case, DataRequest, Event, Resident
from complaints.tracking import set_code
from config.lib.errors import RuleBroken
from tests.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def today(world: World) -> Iterator[None]:
    with time_machine.travel(world.now, tick=False):
        yield


@pytest.fixture
def case(world: World) -> Case:
    return world.log(resident_address="和平路3号", at=world.now - timedelta(hours=3))


@pytest.fixture
def resident(client: Client, case: Case) -> Client:
    """Somebody who has opened the case with number and code."""
    client.post("/track/", {"number": case.number, "code": set_code(case)})
    return client


def ask(resident: Client, kind: str, **fields: str) -> Any:
    return resident.post("/track/data/", {"kind": kind} | fields)


def asked(case: Case, kind: str = "deletion", text: str = "") -> DataRequest:
    return acts.ask(case, now=timezone.now(), kind=kind, text=text)


def office(world: World, name: str) -> Client:
    client = Client()
    client.force_login(getattr(world, name))
    return client


# ---- residents


def test_number_and_code_show_all_that_is_kept_at_once(resident: Client, case: Case) -> None:
    assert "周桂兰" not in resident.get("/track/data/").content.decode()
    page = ask(resident, "copy").content.decode()
    for kept in ("周桂兰", "13900000001", "和平路3号", "楼道灯坏了一周"):
        assert kept in page
    row = DataRequest.objects.get()
    assert (row.kind, row.verdict, row.decided_by) == ("copy", "granted", None)


def test_without_the_code_nothing_is_shown(client: Client, case: Case) -> None:
    assert client.get("/track/data/").headers["Location"] == "/track/"
    for answer in (ask(client, "copy"), ask(client, "deletion")):
        assert answer.status_code == 403
        assert case.resident.name not in answer.content.decode()
    assert not DataRequest.objects.exists()


def test_the_page_is_kept_by_no_cache(resident: Client) -> None:
    assert "no-store" in ask(resident, "copy").headers["Cache-Control"]


def test_a_correction_is_asked_for_and_due_in_fifteen_days(resident: Client, case: Case, world: World) -> None:
    assert ask(resident, "correction", text="电话错了,应是 13800001111").status_code == 302
    row = DataRequest.objects.get()
    assert (row.kind, row.verdict, row.due_at - row.asked_at) == ("correction", "", timedelta(days=15))
    assert "12月3日" in resident.get("/track/data/").content.decode()


def test_what_is_written_in_a_request_is_sealed(case: Case) -> None:
    asked(case, "correction", "电话应是 13800001111")
    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM complaints_datarequest")
        (kept,) = cursor.fetchone()
    assert "13800001111" not in kept
    assert DataRequest.objects.get().text == "电话应是 13800001111"


def test_an_empty_correction_is_sent_back(resident: Client) -> None:
    assert ask(resident, "correction", text=" ").status_code == 422
    assert not DataRequest.objects.exists()


def test_the_same_request_is_decided_once_before_it_can_be_made_again(resident: Client) -> None:
    assert ask(resident, "deletion").status_code == 302
    assert ask(resident, "deletion").status_code == 409
    assert DataRequest.objects.count() == 1


def test_who_is_anonymous_has_nothing_to_delete(world: World) -> None:
    case = world.log(identity="anonymous", resident_name="", resident_phone="")
    with pytest.raises(RuleBroken) as refusal:
        asked(case)
    assert refusal.value.code == "nothing_kept"


def test_no_event_tells_who_it_was(case: Case, world: World) -> None:
    acts.copy(case, now=world.now)
    row = asked(case, "correction", "周桂兰 13800001111")
    acts.decide(row, by=world.secretary, now=world.now, grant=True, phone="13800001111")
    events = Event.objects.filter(case=case, kind__startswith="data_").order_by("seq")
    assert [event.kind for event in events] == ["data_shown", "data_asked", "data_decided"]
    assert [event.by for event in events] == [None, None, world.secretary]
    told = json.dumps([event.data for event in events], ensure_ascii=False)
    assert not re.search("周桂兰|1380000|1390000", told)


# ---- the office


def test_a_granted_correction_changes_the_number(case: Case, world: World) -> None:
    row = asked(case, "correction", "电话应是 13800001111")
    page = f"/data-requests/{row.pk}/"
    secretary = office(world, "secretary")
    assert "13800001111" in secretary.get(page).content.decode()
    sent = {"grant": "yes", "name": "周桂兰", "phone": "13800001111", "address": "和平路3号"}
    assert secretary.post(page, sent).headers["Location"] == "/data-requests/"
    assert Resident.objects.get(case=case).phone == "13800001111"


def test_a_grant_that_changes_nothing_has_to_say_what_it_did(case: Case, world: World) -> None:
    row = asked(case, "correction", "地点写错了")
    with pytest.raises(RuleBroken):
        acts.decide(row, by=world.secretary, now=world.now, grant=True, phone="13900000001")
    assert (
        acts.decide(row, by=world.secretary, now=world.now, grant=True, reason="地点已改为4号楼").verdict == "granted"
    )


def test_a_granted_deletion_forgets_the_person_and_keeps_the_case(case: Case, world: World) -> None:
    earlier = asked(case, "correction", "我叫周桂兰")
    before = Case.objects.get(pk=case.pk)
    acts.decide(asked(case), by=world.supervisor, now=world.now, grant=True)
    after = Case.objects.get(pk=case.pk)
    assert not Resident.objects.filter(case=case).exists()
    assert DataRequest.objects.get(pk=earlier.pk).text == ""
    assert (after.text, after.status, after.responsible) == (before.text, before.status, before.responsible)
    assert not after.callback_wanted
    assert not verify_chains(case.pk, case.pk + 1).problems


def test_no_refusal_without_a_reason_and_the_resident_reads_it(resident: Client, case: Case, world: World) -> None:
    row = asked(case)
    secretary = office(world, "secretary")
    assert secretary.post(f"/data-requests/{row.pk}/", {"grant": "no"}).status_code == 409
    secretary.post(f"/data-requests/{row.pk}/", {"grant": "no", "reason": "办结前需要与您联系"})
    assert "办结前需要与您联系" in resident.get("/track/data/").content.decode()
    assert Resident.objects.filter(case=case).exists()


def test_the_database_refuses_a_refusal_without_a_reason(case: Case, world: World) -> None:
    row = asked(case)
    decided = {"verdict": "refused", "decided_at": world.now, "decided_by": world.secretary}
    with pytest.raises(IntegrityError, match="data_request_is_refused_with_a_reason"), transaction.atomic():
        DataRequest.objects.filter(pk=row.pk).update(**decided)


def test_of_two_who_decide_the_second_is_told(case: Case, world: World) -> None:
    row = asked(case)
    acts.decide(row, by=world.secretary, now=world.now, grant=False, reason="还在办")
    with pytest.raises(RuleBroken):
        acts.decide(row, by=world.supervisor, now=world.now, grant=True)
    assert Resident.objects.filter(case=case).exists()


@pytest.mark.parametrize(
    ("who", "list_code", "row_code"),
    [("secretary", 200, 200), ("supervisor", 200, 200), ("west_secretary", 200, 404), ("worker", 403, 403)],
)
def test_only_those_who_lead_decide(case: Case, world: World, who: str, list_code: int, row_code: int) -> None:
    row = asked(case)
    client = office(world, who)
    answer = client.get("/data-requests/")
    assert answer.status_code == list_code
    assert (case.number in answer.content.decode()) == (row_code == 200)
    assert client.get(f"/data-requests/{row.pk}/").status_code == row_code


def test_the_responsible_worker_does_not_decide(case: Case, world: World) -> None:
    with pytest.raises(PermissionDenied):
        acts.decide(asked(case), by=world.worker, now=world.now, grant=True)


def test_what_is_late_is_marked(case: Case, world: World) -> None:
    asked(case)
    with time_machine.travel(world.now + timedelta(days=16), tick=False):
        assert "light" in office(world, "secretary").get("/data-requests/").content.decode()


def test_forgetting_empties_the_requests_too(case: Case, world: World) -> None:
    asked(case, "correction", "我叫周桂兰")
    actions.contact(case, by=world.worker, now=world.now, way="phone", reached=True, substantive=True, text="已联系")
    case.refresh_from_db()
    actions.conclude(
        case, by=world.worker, now=world.now, version=case.version, outcome="resolved", text="已经修好,请放心使用。"
    )
    forget(now=world.now + timedelta(days=800))
    assert not Resident.objects.filter(case=case).exists()
    assert DataRequest.objects.get().text == ""
