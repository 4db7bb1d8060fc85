"""Lin, an administrator, keeps the calendar and the time limits in the admin."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from services.calendar import load_calendar
from services.models import CalendarDay, CalendarYear, Policy, PolicyVersion, Schedule
from services.policies import terms_at
from tests.services.people import NOW, lin, notice, off

pytestmark = pytest.mark.django_db

NOTICE = "/admin/services/calendaryear/notice/"
NEW_VERSION = "/admin/services/policyversion/add/"


@pytest.fixture
def lins_browser(client: Client) -> Client:
    client.force_login(lin())
    return client


def text(response: Any) -> str:
    body: str = response.content.decode()
    return body


def test_every_page_opens(lins_browser: Client) -> None:
    for model in ("calendaryear", "calendarday", "schedule", "policy", "policyversion"):
        assert lins_browser.get(f"/admin/services/{model}/").status_code == 200
    for address in (
        f"/admin/services/policy/{Policy.objects.get(code='ordinary').pk}/change/",
        f"/admin/services/policyversion/{PolicyVersion.objects.first().pk}/change/",  # type: ignore[union-attr]
        f"/admin/services/schedule/{Schedule.objects.get(code='office').pk}/change/",
        "/admin/services/schedule/add/",
        "/admin/services/calendaryear/2026/change/",
        "/admin/services/calendarday/2026-02-17/change/",
        "/admin/services/calendarday/add/",
        "/admin/services/calendarday/import/",
        "/admin/services/calendarday/export/",
        NOTICE,
        NEW_VERSION,
    ):
        assert lins_browser.get(address).status_code == 200, address


@time_machine.travel(NOW, tick=False)
def test_lin_is_warned_that_2027_is_missing(client: Client) -> None:
    client.force_login(lin())
    for model in ("calendarday", "calendaryear"):
        page = client.get(f"/admin/services/{model}/")
        assert any("2027" in str(message) for message in page.context["messages"])


def test_lin_previews_a_notice_and_then_imports_it(lins_browser: Client) -> None:
    given = json.dumps(notice(2027, off("2027-01-01")), ensure_ascii=False).encode("gb18030")
    page = lins_browser.post(NOTICE, {"file": SimpleUploadedFile("2027.json", given), "preview": "1"})
    assert page.status_code == 200
    assert "元旦" in text(page), "the text waits in the box for the import"
    assert 2027 not in load_calendar().official_years

    typed = page.context["form"].initial["text"]
    done = lins_browser.post(NOTICE, {"text": typed, "import": "1"})
    assert done.status_code == 302
    assert not load_calendar().is_working(date(2027, 1, 1))
    assert CalendarYear.objects.get(year=2027).imported_by is not None


@pytest.mark.parametrize("typed", ["", "{", '{"year": 2027, "days": []}'])
def test_a_bad_notice_comes_back_with_its_text(lins_browser: Client, typed: str) -> None:
    page = lins_browser.post(NOTICE, {"text": typed, "import": "1"})
    assert page.status_code == 422
    assert page.context["form"].errors


def test_only_those_who_may_change_the_calendar_can_import(client: Client) -> None:
    person = lin()
    person.is_superuser = False
    person.save()
    client.force_login(person)
    assert client.get(NOTICE).status_code == 403


def test_a_day_entered_by_hand_counts_at_once(lins_browser: Client) -> None:
    done = lins_browser.post("/admin/services/calendarday/add/", {"date": "2026-12-24", "name": "停电"})
    assert done.status_code == 302
    assert not load_calendar().is_working(date(2026, 12, 24))


def test_days_are_imported_from_a_sheet(lins_browser: Client) -> None:
    export = lins_browser.post(
        "/admin/services/calendarday/export/",
        {"format": "0", "resource": "", "calendardayresource_date": "on", "calendardayresource_name": "on",
         "calendardayresource_is_working": "on"},
    )  # fmt: skip
    heading = text(export).removeprefix("\ufeff").splitlines()[0]
    sheet = f"{heading}\n2028-01-03,调休,否\n2026-02-17,春节,0\n"
    page = lins_browser.post(
        "/admin/services/calendarday/import/",
        {"format": "0", "import_file": SimpleUploadedFile("days.csv", sheet.encode())},
    )
    confirm = page.context["confirm_form"]
    done = lins_browser.post("/admin/services/calendarday/process_import/", confirm.initial)
    assert done.status_code == 302
    day = CalendarDay.objects.get(date="2028-01-03")
    assert (day.is_working, day.year_id) == (False, 2028)
    assert CalendarYear.objects.get(year=2028).status == "provisional"


def test_windows_that_overlap_are_refused_beside_the_field(lins_browser: Client) -> None:
    windows = '[["09:00", "12:00"], ["11:00", "18:00"]]'
    page = lins_browser.post(
        "/admin/services/schedule/add/", {"code": "x", "name": "x", "day_rule": "EVERY_DAY", "windows": windows}
    )
    assert "windows" in page.context["adminform"].form.errors
    assert not Schedule.objects.filter(code="x").exists()


def version(**changes: Any) -> dict[str, Any]:
    """What Lin finds in the form for `ordinary`, changed."""
    return {
        "policy": Policy.objects.get(code="ordinary").pk,
        "schedule": Schedule.objects.get(code="office").pk,
        "response_mode": "calendar_duration",
        "response_goal": "24",
        "response_limit": "48",
        "resolution_mode": "working_days_close",
        "resolution_limit": "5",
        "yellow_fraction": "",
        "yellow_left": "1",
        "extension": "5",
        "max_pause_days": "30",
        "valid_from_0": "",
        "valid_from_1": "",
        "reason": "街道承诺提速",
        **changes,
    }


def test_lin_changes_a_limit_and_both_versions_are_in_the_history(lins_browser: Client) -> None:
    policy = Policy.objects.get(code="ordinary")
    page = lins_browser.get(f"{NEW_VERSION}?policy={policy.pk}")
    assert page.context["adminform"].form.initial["response_goal"] == 24, "hours, not seconds"

    done = lins_browser.post(NEW_VERSION, version(resolution_limit="3", response_limit="36.5"))
    assert done.status_code == 302
    made = policy.versions.get(version=2)
    assert (made.resolution_limit, made.response_limit, made.response_goal) == (3, 131_400, 86_400)
    assert made.author is not None
    history = text(lins_browser.get(f"/admin/services/policy/{policy.pk}/change/"))
    assert "街道承诺提速" in history
    assert terms_at("ordinary", NOW.replace(year=2020)).resolution_limit == 5


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"resolution_limit": "0"}, "resolution_limit"),
        ({"resolution_limit": "2.5"}, "resolution_limit"),
        ({"resolution_limit": "-1"}, "resolution_limit"),
        ({"resolution_limit": ""}, "resolution_limit"),
        ({"response_goal": "50"}, "response_goal"),
        ({"yellow_left": "5"}, "yellow_left"),
        ({"yellow_fraction": "0.5"}, "yellow_left"),
        ({"reason": ""}, "reason"),
        ({"valid_from_0": "2001-01-01", "valid_from_1": "09:00"}, "valid_from"),
        ({}, "__all__"),
    ],
)
def test_a_figure_that_cannot_be_is_refused_beside_its_field(
    lins_browser: Client, changes: dict[str, str], field: str
) -> None:
    page = lins_browser.post(NEW_VERSION, version(**changes))
    assert page.status_code == 200
    assert list(page.context["adminform"].form.errors) == [field]
    assert PolicyVersion.objects.filter(policy__code="ordinary").count() == 1


def test_a_version_cannot_be_edited_or_removed(lins_browser: Client) -> None:
    made = PolicyVersion.objects.get(policy__code="ordinary")
    address = f"/admin/services/policyversion/{made.pk}"
    assert lins_browser.post(f"{address}/change/", version(resolution_limit="1")).status_code == 403
    assert lins_browser.post(f"{address}/delete/", {"post": "yes"}).status_code == 403
