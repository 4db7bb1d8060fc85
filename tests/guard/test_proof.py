from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import altcha
import pytest
import time_machine
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import QueryDict
from django.test import RequestFactory
from django.utils import timezone
from django.utils.datastructures import MultiValueDict

from config.guard import doors, proof
from config.guard.forms import Guarded, stamp
from config.guard.limits import Stage
from config.guard.models import Spent
from config.lib.errors import RuleBroken

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _light_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "COST", 1)
    monkeypatch.setattr(proof, "WORK", {Stage.NORMAL: 4, Stage.HARDER: 8, Stage.HARDEST: 16})


def solved(purpose: str = "report", stage: Stage = Stage.NORMAL, *, now: datetime | None = None) -> str:
    """What a visitor's browser sends."""
    challenge = altcha.Challenge.from_dict(proof.challenge(purpose, stage, now=now or timezone.now()))
    solution = altcha.solve_challenge(challenge)
    assert solution
    return str(altcha.Payload(challenge, solution).to_base64())


def refused(payload: str, purpose: str = "report", stage: Stage = Stage.NORMAL) -> str:
    with pytest.raises(RuleBroken) as refusal:
        proof.check(payload, purpose, stage, now=timezone.now())
    return refusal.value.code


def test_a_solved_challenge_is_good_for_its_form_once() -> None:
    now, payload = timezone.now(), solved()
    seen = proof.check(payload, "report", Stage.NORMAL, now=now)
    proof.spend(seen)
    with pytest.raises(RuleBroken) as refusal:
        proof.spend(proof.check(payload, "report", Stage.NORMAL, now=now))
    assert refusal.value.code == "proof_used"
    assert refused(solved(), "track") == "proof_wrong"


def test_an_easy_proof_does_not_open_a_door_that_asks_for_a_harder_one() -> None:
    assert refused(solved(), stage=Stage.HARDER) == "proof_easy"
    assert refused(solved(stage=Stage.HARDER), stage=Stage.HARDEST) == "proof_easy"
    proof.check(solved(stage=Stage.HARDEST), "report", Stage.HARDER, now=timezone.now())


def test_a_proof_does_not_keep() -> None:
    payload = solved()
    with time_machine.travel(timezone.now() + timedelta(minutes=31), tick=False):
        assert refused(payload) in {"proof_old", "proof_wrong"}


def forged(**changes: Any) -> str:
    told = json.loads(base64.b64decode(solved()))
    for path, value in changes.items():
        at, name = told, path.split("__")
        for step in name[:-1]:
            at = at[step]
        at[name[-1]] = value
    return base64.b64encode(json.dumps(told).encode()).decode()


@pytest.mark.parametrize(
    "make",
    [
        lambda: forged(challenge__parameters__expiresAt=4_000_000_000),
        lambda: forged(challenge__parameters__data={"for": "report", "stage": 2}),
        lambda: forged(challenge__parameters__cost=0),
        lambda: forged(challenge__parameters__keyPrefix=""),
        lambda: forged(challenge__signature=""),
        lambda: forged(challenge__signature=None),
        lambda: forged(solution__derivedKey="00" * 32),
        lambda: forged(solution={}),
        lambda: "",
        lambda: "no base64",
        lambda: base64.b64encode(b"[" * 2000).decode(),
        lambda: base64.b64encode(b"[]").decode(),
        lambda: base64.b64encode(b'{"challenge":null,"solution":null}').decode(),
        lambda: "A" * 1_000_000,
        lambda: "\0" * 100,
        lambda: "\ud800",
        lambda: "七" * 100,
    ],
)
def test_whatever_is_sent_for_a_proof_is_refused_with_a_sentence(make: Any) -> None:
    assert refused(make()) == "proof_wrong"


@pytest.mark.django_db(transaction=True)
def test_of_fifty_posts_with_one_proof_one_comes_through() -> None:
    seen = proof.check(solved(), "report", Stage.NORMAL, now=timezone.now())

    def one(_number: int) -> bool:
        try:
            proof.spend(seen)
        except RuleBroken:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(one, range(50))) == 1
    Spent.objects.all().delete()


def test_the_widget_gets_its_challenge_from_a_door_as_hard_as_the_page_asks() -> None:
    def stage(query: str) -> int:
        answer = doors.challenge(RequestFactory().get("/" + query), doors.REPORT, now=timezone.now())
        assert answer["Cache-Control"] == "no-store"
        found: int = json.loads(answer.content)["parameters"]["data"]["stage"]
        return found

    assert [stage(query) for query in ("", "?stage=2", "?stage=3", "?stage=x", "?stage=-1")] == [0, 2, 0, 0, 0]


# The form


class Letter(Guarded):
    purpose = "report"
    text = forms.CharField(max_length=20)


NOW = timezone.now().replace(microsecond=0)


def letter(now: datetime = NOW, stage: Stage = Stage.NORMAL, opened: float = 30, **data: Any) -> Letter:
    data = {"text": "楼道灯不亮", "stamp": stamp("report", now - timedelta(seconds=opened))} | data
    query = QueryDict(mutable=True)
    query.update(data)
    return Letter(query, now=now, stage=stage)


def codes(form: Letter) -> list[str]:
    return [str(error.code) for error in form.errors.as_data().get("__all__", [])]


def again(form: Letter, seconds: float, **data: Any) -> Letter:
    """The same page sent once more, with what its hidden fields carry now."""
    carried: dict[str, Any] = {
        name: str(form[name].value() or "") for name in ("text", "stamp", "ticket", "altcha", "website")
    }
    return letter(NOW + timedelta(seconds=seconds), **carried | data)


def test_a_person_with_a_modern_browser_notices_nothing() -> None:
    form = letter(altcha=solved())
    assert form.is_valid(), form.errors
    assert form.cleaned_data == {"text": "楼道灯不亮"}
    assert Spent.objects.count() == 1


def test_a_person_without_javascript_waits_a_moment_and_loses_nothing() -> None:
    first = letter()
    assert not first.is_valid()
    assert codes(first) == ["wait"]
    assert first["text"].value() == "楼道灯不亮"
    early = again(first, 2)
    assert codes(early) == ["ticket_early"]
    assert early["ticket"].value() == first["ticket"].value()
    sent = again(early, 8)
    assert sent.is_valid(), sent.errors
    twice = again(sent, 9)
    assert codes(twice) == ["proof_used"]
    assert again(twice, 30).is_valid()


def test_the_wait_grows_with_the_traffic() -> None:
    first = letter(stage=Stage.HARDEST)
    assert "60" in str(first.errors)
    assert codes(again(first, 50, stage=Stage.HARDEST)) == ["ticket_early"]
    assert again(first, 61, stage=Stage.HARDEST).is_valid()


def test_tickets_stored_in_a_quiet_hour_do_not_pass_through_a_crowd() -> None:
    quiet = proof.ticket("report", Stage.NORMAL, now=NOW)
    form = letter(NOW + timedelta(seconds=30), stage=Stage.HARDER, ticket=quiet)
    assert codes(form) == ["ticket_easy"]
    assert form["ticket"].value() != quiet
    assert "20" in str(form.errors)


class Snapshot(Guarded):
    purpose = "report"
    photo = forms.FileField(required=False)

    def clean_photo(self) -> None:
        assert not self.cleaned_data["photo"], "decoded before the proof was there"


def test_no_photo_is_looked_at_before_the_proof_is_there() -> None:
    files = MultiValueDict({"photo": [SimpleUploadedFile("a.jpg", b"x")]})
    form = Snapshot({"stamp": stamp("report", NOW - timedelta(seconds=30))}, files, now=NOW)
    assert [str(error.code) for error in form.errors.as_data()["__all__"]] == ["wait"]


def test_a_ticket_is_for_its_form_and_its_time() -> None:
    other = proof.ticket("track", Stage.NORMAL, now=NOW)
    assert codes(letter(NOW + timedelta(seconds=30), ticket=other)) == ["ticket_old"]
    own = proof.ticket("report", Stage.NORMAL, now=NOW)
    assert codes(letter(NOW + timedelta(hours=1), ticket=own)) == ["ticket_old"]
    for wrong in ("x", "\0", own + "x", "A" * 10**6, "\ud800"):
        assert codes(letter(ticket=wrong)) == ["ticket_wrong"]


def test_a_proof_is_not_used_up_by_a_form_with_a_mistake_in_it() -> None:
    payload = solved()
    wrong = letter(altcha=payload, text="")
    assert not wrong.is_valid()
    assert not Spent.objects.exists()
    assert letter(altcha=payload).is_valid()


def test_a_machine_that_fills_in_everything_is_stopped_and_a_password_manager_is_not() -> None:
    form = letter(website="https://spam.example", altcha=solved())
    assert codes(form) == ["trap"]
    assert form["text"].value() == "楼道灯不亮"
    assert again(form, 5, altcha=solved()).is_valid()


def test_too_quick_and_too_late_are_said_and_the_next_press_goes_through() -> None:
    quick = letter(opened=1, altcha=solved())
    assert codes(quick) == ["too_quick"]
    assert again(quick, 3, altcha=solved()).is_valid()
    late = letter(opened=25 * 3600, altcha=solved())
    assert codes(late) == ["expired"]
    assert again(late, 0, altcha=solved()).is_valid()


@pytest.mark.parametrize(
    "wrong",
    ["", "x", "\0", "A" * 10**6, "\ud800", stamp("track", NOW - timedelta(seconds=30))],
    ids=["none", "x", "nul", "long", "surrogate", "another form's"],
)
def test_a_time_stamp_of_ones_own_making_is_a_page_that_was_open_too_long(wrong: str) -> None:
    assert codes(letter(stamp=wrong, altcha=solved())) == ["expired"]


def test_a_stamp_from_the_future_is_none() -> None:
    assert codes(letter(opened=-3600, altcha=solved())) == ["expired"]


def test_the_page_carries_the_hidden_fields() -> None:
    html = str(Letter(now=NOW))
    for name in ("website", "stamp", "ticket", "altcha"):
        assert f'name="{name}"' in html
    assert 'tabindex="-1"' in html
    assert 'autocomplete="off"' in html
