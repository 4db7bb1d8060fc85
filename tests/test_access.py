"""Every address of the system times every role. An address that is missing here fails the build."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import HttpResponse
from django.test import Client, override_settings
from django.test.client import ClientHandler
from django.urls import URLResolver, get_resolver, resolve, reverse
from django.utils import timezone
from rest_framework.authtoken.models import TokenProxy

from complaints import actions
from complaints.actions.rated import Answer, propose
from complaints.actions.rating import rate
from complaints.models import Case, DataRequest, DispatchRule, ImportRun, Rating, RatingCheck
from complaints.states import Act
from config.models import Heartbeat
from services.models_guide import GuideRating, KnowledgeArticle, ServiceItem
from supervision.bulletin import actions as bulletin_actions
from supervision.bulletin.periods import parse
from supervision.conduct import actions as conduct_actions
from supervision.conduct.actions import Submission
from supervision.models import Alert, Hold, Intervention, ItemFile, Robot
from supervision.rectification.actions import Setting, set_down
from supervision.watch import orders
from tests.world import World, build_world

ROLES = (
    "anonymous", "worker", "worker2", "outsider", "secretary", "supervisor", "discipline", "assessor", "delegate",
    "admin",
)  # fmt: skip


# Who, by what they come for. Everybody else gets what stands behind `rest`; "login" is the way to the log-in page.
HANDLING = "worker worker2 outsider secretary supervisor"
IN_THE_EAST = "worker worker2 secretary supervisor"
LOOKING = f"{IN_THE_EAST} discipline admin"
IMPORTING = "secretary supervisor admin"

ALL = "200 rest"
NOT_THIS_WAY = "405 rest"
SIGNED_IN = "login anonymous, 200 rest"
SIGNED_IN_NOT_THIS_WAY = "login anonymous, 405 rest"
API, API_NOT_THIS_WAY = "401 anonymous, 200 rest", "401 anonymous, 405 rest"
LOGIN = "login rest"
IMPORT_PAGE = f"login anonymous, 200 {IMPORTING}, 403 rest", SIGNED_IN_NOT_THIS_WAY
IMPORT_ACT = SIGNED_IN_NOT_THIS_WAY, f"login anonymous, 302 {IMPORTING}, 403 rest"
LOOK_AT_CASE = f"login anonymous, 200 {LOOKING}, 404 rest", SIGNED_IN_NOT_THIS_WAY
WORK_ON_CASE = f"login anonymous, 200 {IN_THE_EAST}, 403 discipline admin, 404 rest", SIGNED_IN_NOT_THIS_WAY
PUBLIC = ALL, NOT_THIS_WAY
READING = "secretary supervisor discipline admin"
LEADING = "login anonymous, 200 secretary supervisor, 403 rest"
LEADING_ACT = "login anonymous, 422 secretary supervisor, 403 rest"
WORK_ON_CLOSED_CASE = (
    f"login anonymous, 200 {IN_THE_EAST}, 403 discipline assessor admin, 404 rest",
    SIGNED_IN_NOT_THIS_WAY,
)
WATCHING_ITEMS = "login anonymous, 404 assessor delegate admin, 200 rest"
ITEM = "login anonymous, 200 worker secretary supervisor discipline, 404 rest"
WEEKLY = "login anonymous, 200 secretary supervisor discipline, 404 rest"
CIRCLE = "login anonymous, 200 discipline, 404 rest"

# Address by name -> what GET and what an empty POST answer.
TABLE: dict[str, tuple[str, str]] = {
    "home": (ALL, ALL),
    "styleguide": (SIGNED_IN, SIGNED_IN),
    "appearance": (NOT_THIS_WAY, "302 rest"),
    "healthz": PUBLIC,
    "healthz_jobs": PUBLIC,
    "readyz": PUBLIC,
    "metrics": PUBLIC,
    "api-schema": PUBLIC,
    "api-case-list": (API, f"401 anonymous, 400 {HANDLING}, 403 rest"),
    "api-case-detail": (f"401 anonymous, 200 {LOOKING}, 404 rest", API_NOT_THIS_WAY),
    "api-case-events": (f"401 anonymous, 200 {LOOKING}, 404 rest", API_NOT_THIS_WAY),
    "api-case-act": (API_NOT_THIS_WAY, f"401 anonymous, 400 {IN_THE_EAST}, 403 discipline admin, 404 rest"),
    "api-category-list": (API, API_NOT_THIS_WAY),
    "api-community-list": (API, API_NOT_THIS_WAY),
    "api-unit-list": (API, API_NOT_THIS_WAY),
    "desk": (SIGNED_IN, SIGNED_IN_NOT_THIS_WAY),
    "board": ("login anonymous, 200 secretary supervisor discipline admin, 403 rest", SIGNED_IN_NOT_THIS_WAY),
    "loads": ("login anonymous, 200 secretary supervisor, 404 rest", SIGNED_IN_NOT_THIS_WAY),
    "people": ("login anonymous, 403 assessor delegate, 200 rest", SIGNED_IN_NOT_THIS_WAY),
    "cases": (SIGNED_IN, SIGNED_IN_NOT_THIS_WAY),
    "cases_export": (SIGNED_IN, SIGNED_IN_NOT_THIS_WAY),
    "case_new": (f"login anonymous, 200 {HANDLING}, 403 rest", f"login anonymous, 422 {HANDLING}, 403 rest"),
    "case_similar": (SIGNED_IN_NOT_THIS_WAY, f"login anonymous, 200 {HANDLING}, 403 rest"),
    "case_categories": (f"login anonymous, 200 {HANDLING}, 403 rest", SIGNED_IN_NOT_THIS_WAY),
    "imports": (f"login anonymous, 200 {IMPORTING}, 403 rest", f"login anonymous, 422 {IMPORTING}, 403 rest"),
    "import": IMPORT_PAGE,
    "import_rejected": IMPORT_PAGE,
    "import_confirm": IMPORT_ACT,
    "import_now": IMPORT_ACT,
    "import_discard": IMPORT_ACT,
    "case": LOOK_AT_CASE,
    "case_receipt": (  # POST gives the resident a new code
        LOOK_AT_CASE[0],
        f"login anonymous, 200 {IN_THE_EAST}, 403 discipline admin, 404 rest",
    ),
    "case_file": WORK_ON_CASE,
    "case_similar_to": WORK_ON_CASE,
    "case_act": (
        f"login anonymous, 200 {IN_THE_EAST}, 403 discipline admin, 404 rest",
        f"login anonymous, 422 {IN_THE_EAST}, 403 discipline admin, 404 rest",
    ),
    # Residents' own pages: number and code open a matter, not an account. The log-in makes no difference to them.
    "track": (ALL, "422 rest"),
    "track_act": ("302 rest", "403 rest"),
    "track_rate": ("302 rest", "403 rest"),
    "track_data": ("302 rest", "302 rest"),
    "rate": ("404 rest", "404 rest"),
    "report": (ALL, "422 rest"),
    "report_done": (ALL, ALL),  # browsers reload a receipt by sending its form once more
    "report_paper": PUBLIC,
    "report_similar": (NOT_THIS_WAY, ALL),
    "report_proof": PUBLIC,
    # What residents say about the work goes to those who lead it.
    "ratings": (LEADING, SIGNED_IN_NOT_THIS_WAY),
    "rating": (LEADING, "login anonymous, 302 secretary supervisor, 403 rest"),
    "praise": (LEADING, LEADING_ACT),
    "rating_slip": WORK_ON_CLOSED_CASE,
    "data_requests": (LEADING, SIGNED_IN_NOT_THIS_WAY),
    "data_request": (LEADING, LEADING_ACT),
    "conduct": (ALL, "422 rest"),
    "conduct_track": (ALL, "422 rest"),
    "conduct_say": ("302 rest", "409 rest"),
    "conduct_leave": ("302 rest", "302 rest"),
    # Reports on conduct: a closed circle. Even supervisors and administrators are told that there is no such page.
    "conduct_list": (CIRCLE, SIGNED_IN_NOT_THIS_WAY),
    "conduct_waiting": ("login anonymous, 200 discipline, 204 rest", SIGNED_IN_NOT_THIS_WAY),
    "conduct_referral": ("login anonymous, 404 rest", SIGNED_IN_NOT_THIS_WAY),
    "conduct_leaders": (CIRCLE, "login anonymous, 422 discipline, 404 rest"),
    "conduct_report": (CIRCLE, SIGNED_IN_NOT_THIS_WAY),
    "conduct_log": (CIRCLE, SIGNED_IN_NOT_THIS_WAY),
    "conduct_photo": ("login anonymous, 404 rest", SIGNED_IN_NOT_THIS_WAY),
    "conduct_act": (SIGNED_IN_NOT_THIS_WAY, "login anonymous, 422 discipline, 404 rest"),
    # Messages: everybody's own; what waits, fails and is held is for administrators.
    "inbox": (SIGNED_IN, SIGNED_IN_NOT_THIS_WAY),
    "inbox_open": ("login anonymous, 302 worker, 404 rest", SIGNED_IN_NOT_THIS_WAY),
    "inbox_read": (SIGNED_IN_NOT_THIS_WAY, "login anonymous, 302 rest"),
    "inbox_wishes": (SIGNED_IN, "login anonymous, 422 rest"),
    "watch_state": ("login anonymous, 200 admin, 403 rest", SIGNED_IN_NOT_THIS_WAY),
    "watch_log": ("login anonymous, 200 admin, 403 rest", SIGNED_IN_NOT_THIS_WAY),
    "watch_act": (SIGNED_IN_NOT_THIS_WAY, "login anonymous, 422 admin, 403 rest"),
    # The watch. Workers see their own items only, and there is no item for those whose street it is not.
    "supervision_home": ("login anonymous, 404 assessor delegate, 200 rest", SIGNED_IN_NOT_THIS_WAY),
    "supervision_orders": ("login anonymous, 403 assessor delegate, 200 rest", SIGNED_IN_NOT_THIS_WAY),
    "order": (f"login anonymous, 200 {LOOKING}, 403 assessor delegate, 404 rest", SIGNED_IN_NOT_THIS_WAY),
    "order_paper": (f"login anonymous, 200 {LOOKING}, 403 assessor delegate, 404 rest", SIGNED_IN_NOT_THIS_WAY),
    "order_act": (
        SIGNED_IN_NOT_THIS_WAY,
        "login anonymous, 422 supervisor, 404 outsider, 403 rest",
    ),
    "case_watch": (
        f"login anonymous, 200 {LOOKING}, 403 assessor delegate, 404 rest",
        "login anonymous, 422 supervisor, 404 outsider, 403 rest",
    ),
    "rectification": (WATCHING_ITEMS, SIGNED_IN_NOT_THIS_WAY),
    "rectification_export": (WATCHING_ITEMS, SIGNED_IN_NOT_THIS_WAY),
    "rectification_new": (
        "login anonymous, 200 supervisor, 403 worker worker2 outsider secretary discipline, 404 rest",
        "login anonymous, 422 supervisor, 403 worker worker2 outsider secretary discipline, 404 rest",
    ),
    "rectification_proposals": (
        "login anonymous, 200 supervisor discipline, 403 worker worker2 outsider secretary, 404 rest",
        "login anonymous, 422 supervisor discipline, 403 worker worker2 outsider secretary, 404 rest",
    ),
    "rectification_item": (ITEM, SIGNED_IN_NOT_THIS_WAY),
    "rectification_act": (
        SIGNED_IN_NOT_THIS_WAY,
        "login anonymous, 422 worker secretary supervisor, 403 discipline, 404 rest",
    ),
    "rectification_file": (ITEM, SIGNED_IN_NOT_THIS_WAY),
    "weekly": (WEEKLY, "login anonymous, 404 rest"),
    "weekly_dispatch": (WEEKLY, SIGNED_IN_NOT_THIS_WAY),
    "guide": PUBLIC,
    "guide_ask": PUBLIC,
    "guide_answer": PUBLIC,
    "guide_item": (ALL, "422 rest"),
    "guide_notice": PUBLIC,
    # The street's own people read its bulletins; the west's is a page that others find missing.
    "bulletin_list": (
        f"login anonymous, 200 {READING}, 403 rest",
        "login anonymous, 422 secretary supervisor, 403 rest",
    ),
    "bulletin": (f"login anonymous, 200 {READING}, 404 rest", SIGNED_IN_NOT_THIS_WAY),
    "bulletin_cases": ("login anonymous, 404 rest", SIGNED_IN_NOT_THIS_WAY),  # without a figure there is no such page
    "bulletin_recount": (f"login anonymous, 200 {READING}, 404 rest", SIGNED_IN_NOT_THIS_WAY),
    "bulletin_compare": ("login anonymous, 404 rest", SIGNED_IN_NOT_THIS_WAY),
    "bulletin_file": (f"login anonymous, 200 {READING}, 404 rest", SIGNED_IN_NOT_THIS_WAY),
    "bulletin_act": (
        SIGNED_IN_NOT_THIS_WAY,
        "login anonymous, 422 secretary supervisor, 403 discipline admin, 404 rest",
    ),
    "public_bulletins": PUBLIC,
    "public_bulletin": PUBLIC,
    "public_bulletin_file": PUBLIC,
    "public_bulletin_of": PUBLIC,
    "public_bulletin_of_file": PUBLIC,
    # What the sign-in library brings along. Accounts are made by administrators: nobody signs up.
    "account_login": ("200 anonymous, 302 rest", "200 anonymous, 302 rest"),
    "account_logout": ("302 anonymous, 200 rest", "302 rest"),
    "account_inactive": PUBLIC,
    "account_signup": ("200 anonymous, 302 rest", "200 anonymous, 302 rest"),
    "account_reauthenticate": (SIGNED_IN, SIGNED_IN),
    "account_email": (SIGNED_IN, "login anonymous, 302 rest"),
    "account_email_verification_sent": PUBLIC,
    "account_change_password": (SIGNED_IN, SIGNED_IN),
    "account_set_password": ("login anonymous, 302 rest", "login anonymous, 302 rest"),
    "account_reset_password": (ALL, ALL),
    "account_confirm_login_code": ("login anonymous, 302 rest", "login anonymous, 302 rest"),
    "account_confirm_email": (ALL, "404 rest"),
    "account_reset_password_from_key": (ALL, ALL),
    "account_reset_password_from_key_done": PUBLIC,
    "account_reset_password_done": PUBLIC,
    "mfa_index": (SIGNED_IN, SIGNED_IN_NOT_THIS_WAY),
    "mfa_authenticate": ("login anonymous, 302 rest", "login anonymous, 302 rest"),
    "mfa_reauthenticate": (LOGIN, LOGIN),
    "mfa_activate_totp": (LOGIN, LOGIN),
    "mfa_deactivate_totp": ("login anonymous, 404 rest", "login anonymous, 404 rest"),
    "mfa_view_recovery_codes": ("login anonymous, 404 rest", SIGNED_IN_NOT_THIS_WAY),
    "mfa_generate_recovery_codes": (LOGIN, LOGIN),
    "mfa_download_recovery_codes": ("login anonymous, 404 rest", "login anonymous, 404 rest"),
}

# The administrators' pages: everybody else is sent to the log-in page. What an administrator may open, by table.
LOOK = "changelist change history"
SET_UP = "changelist add change delete history"
TABLES = "import export"
ADMIN: dict[str, str] = {
    "staff_street": LOOK,
    "staff_community": SET_UP,
    "staff_grid": SET_UP,
    "staff_unit": SET_UP,
    "staff_person": f"changelist add change history {TABLES}",
    "services_calendaryear": f"{SET_UP} notice",
    "services_calendarday": f"{SET_UP} {TABLES}",
    "services_schedule": SET_UP,
    "services_policy": SET_UP,
    "services_policyversion": "changelist add change history",
    "services_itemcategory": SET_UP,
    "services_serviceitem": SET_UP,
    "services_knowledgearticle": SET_UP,
    "services_guiderating": LOOK,
    "complaints_category": f"{SET_UP} {TABLES}",
    "complaints_dispatchrule": SET_UP,
    "complaints_replytemplate": SET_UP,
    "complaints_ratingtag": f"{LOOK} add",
    "complaints_case": LOOK,
    "complaints_event": LOOK,
    "complaints_importrun": LOOK,
    "complaints_retentionrule": f"{LOOK} add",
    "supervision_rateterms": f"{LOOK} add",
    "supervision_rectificationrule": f"{LOOK} add",
    "supervision_ladder": LOOK,
    "supervision_ladderversion": f"{LOOK} add",
    "supervision_watchrule": f"{LOOK} add",
    "supervision_supervisionorder": LOOK,
    "supervision_robot": f"{LOOK} add",
    "supervision_alert": LOOK,
    "supervision_hold": LOOK,
    "supervision_intervention": LOOK,
    "authtoken_tokenproxy": SET_UP,
    "mfa_authenticator": f"{LOOK} delete",
    "auth_group": "",
    "account_emailaddress": "",
}
ADMIN_PLAIN: dict[str, int] = {
    "admin:index": 200,
    "admin:login": 302,
    "admin:logout": 405,
    "admin:password_change": 200,
    "admin:password_change_done": 200,
    "admin:autocomplete": 403,
    "admin:jsi18n": 200,
    "admin:view_on_site": 404,
    "admin:app_list": 200,
    "admin:auth_user_password_change": 200,
    "admin:<path:object_id>/": 302,
    "admin:(?P<url>.*)$": 404,
}

# Who is let in to do what to worker's case; the others who see it are told that the step is not theirs.
HANDLERS = "worker secretary supervisor"
NOBODY_NOW = ""
ACTS: dict[Act, str] = {
    Act.EDIT: HANDLERS,
    Act.CONTACT: IN_THE_EAST,
    Act.NOTE: IN_THE_EAST,
    Act.REPLY: HANDLERS,
    Act.ATTACH: IN_THE_EAST,
    Act.OFFER: HANDLERS,
    Act.DISPATCH: HANDLERS,
    Act.ACCEPT: NOBODY_NOW,
    Act.DECLINE: NOBODY_NOW,
    Act.TAKE_BACK: HANDLERS,
    Act.RETURN: "worker",
    Act.OBJECT: "worker",
    Act.ADJUDICATE: "supervisor",
    Act.ASK_JOINT: HANDLERS,
    Act.FINISH_JOINT: NOBODY_NOW,
    Act.CANCEL_JOINT: HANDLERS,
    Act.ASK_PAUSE: "worker",
    Act.ASK_EXTENSION: "worker",
    Act.ASK_COMPLEX: "worker",
    Act.EXPLAIN_DELAY: "worker",
    Act.APPROVE: "secretary supervisor",
    Act.REFUSE: "secretary supervisor",
    Act.RESUME: HANDLERS,
    Act.CONCLUDE: "worker",
    Act.CALL_BACK: "worker2 secretary supervisor",
    Act.REDO: "secretary supervisor",
    Act.REOPEN: HANDLERS,
    Act.WITHDRAW: HANDLERS,
    Act.MERGE: HANDLERS,
}


@dataclass
class Stage:
    """A street with a case of worker's in the east, a file on it, a table the secretary looked at, and all roles."""

    world: World
    case: Case
    clients: dict[str, Client] = field(default_factory=dict)
    arguments: dict[str, dict[str, Any]] = field(default_factory=dict)


@pytest.fixture(scope="module")
def whole_stage(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[Stage]:
    """Set once: whatever a test does on it is undone."""
    place = tmp_path_factory.mktemp("stage")
    with (
        django_db_blocker.unblock(),
        override_settings(MEDIA_ROOT=place, DATA_DIR=place),
        transaction.atomic(),
    ):
        yield set_up(build_world())
        transaction.set_rollback(True)


@pytest.fixture
def stage(whole_stage: Stage, db: None) -> Stage:
    return replace(whole_stage, clients=dict(whole_stage.clients))


def set_up(world: World) -> Stage:
    case = world.log()
    photo = SimpleUploadedFile("灯.png", b"\x89PNG\r\n\x1a\n", "image/png")
    row = actions.attach(case, by=world.worker, now=world.now, file=photo, name="灯.png", content_type="image/png")
    DispatchRule.objects.create(street=world.street, unit=world.department, valid_from=world.now.date())
    TokenProxy.objects.create(user=world.worker)
    Authenticator.objects.create(user=world.department_worker, type=Authenticator.Type.TOTP, data={})
    EmailAddress.objects.create(user=world.department_worker, email="worker@example.org")
    Group.objects.create(name="group")
    for beat in ("jobs", "sweep"):
        Heartbeat.objects.update_or_create(name=beat, defaults={"at": timezone.now()})
    run = ImportRun.objects.create(
        street=world.street, name="ledger.csv", profile="hotline", by=world.secretary, at=world.now, state="done",
        file=ContentFile(b"a,b\n", "rejected.csv"),
    )  # fmt: skip
    GuideRating.objects.create(item=ServiceItem.objects.all()[0], choice="unclear", day=world.now.date())
    number = {"number": case.number}
    closed = world.log(title="已办结的一件", text="小广场的长椅坏了一条腿。")
    actions.conclude(closed, by=world.worker, now=world.now, version=1, outcome="resolved", text="已修好。")
    rate(closed, Answer(solved="yes", satisfied=1), now=world.now, via=Rating.Via.TRACK)
    praise = propose(closed, world.worker, world.now)
    asked = DataRequest.objects.create(
        case=closed, kind=DataRequest.Kind.DELETION, asked_at=world.now, due_at=world.now + timedelta(days=15)
    )
    told = Submission(street=world.street, community=world.east, who="王强", text="态度生硬,推诿不办。", once="o" * 22)
    conduct = {"number": conduct_actions.submit(told, now=world.now).report.number}
    message = told_of(world, case)
    item = set_down(
        Setting(
            street=world.street, source="inspection", problem="公示栏未更新", unit=world.unit,
            responsible=world.worker, community=world.east,
        ),
        by=world.supervisor, now=world.now,
    )  # fmt: skip
    evidence = ItemFile.objects.create(
        step=item.steps.get(), file=ContentFile(b"\x89PNG\r\n\x1a\n", "a.png"), name="a.png",
        content_type="image/png", size=8, sha256="0" * 64,
    )  # fmt: skip
    order = orders.issue(case, by=world.supervisor, now=world.now, demand="请两日内修好并书面答复。")
    made = Stage(world, case)
    made.arguments = {
        "case": number,
        "case_receipt": number,
        "case_similar_to": number,
        "case_file": number | {"pk": row.pk},
        "case_act": number | {"act": "note"},
        "api-case-detail": number,
        "api-case-events": number,
        "api-case-act": number | {"act": "note"},
        "loads": {"unit": world.unit.pk},
        "guide_item": {"code": ServiceItem.objects.values_list("code", flat=True)[0]},
        "guide_notice": {"code": ServiceItem.objects.values_list("code", flat=True)[0]},
        "guide_answer": {"pk": KnowledgeArticle.objects.values_list("pk", flat=True)[0]},
        "track_act": {"act": "urge"},
        "rate": {"token": "nonesuch"},
        "rating": {"pk": RatingCheck.objects.get().pk},
        "praise": {"pk": praise.pk},
        "rating_slip": {"number": closed.number},
        "data_request": {"pk": asked.pk},
        "inbox_open": {"pk": message.pk},
        "watch_act": {"act": "stop"},
        "order": {"pk": order.pk},
        "order_paper": {"pk": order.pk, "kind": "docx"},
        "order_act": {"pk": order.pk, "act": "send_back"},
        "case_watch": number,
        "rectification_item": {"pk": item.pk},
        "rectification_act": {"pk": item.pk, "act": "report"},
        "rectification_file": {"pk": item.pk, "file": evidence.pk},
        "conduct_report": conduct,
        "conduct_log": conduct,
        "conduct_referral": conduct,
        "conduct_photo": conduct | {"pk": 1},
        "conduct_act": conduct | {"act": "accept"},
        **bulletins(world),
        "account_confirm_email": {"key": "key"},
        "account_reset_password_from_key": {"uidb36": "1", "key": "key"},
        "admin:app_list": {"app_label": "staff"},
        "admin:view_on_site": {"content_type_id": 1, "object_id": 1},
        "admin:auth_user_password_change": {"id": world.worker.pk},
    }
    for page in ("import", "import_confirm", "import_now", "import_discard", "import_rejected"):
        made.arguments[page] = {"pk": run.pk}
    for role in ROLES:
        made.clients[role] = Client()
        if role != "anonymous":
            made.clients[role].force_login(getattr(world, role))
            made.clients[role].get("/healthz")  # from now on the session knows when it began
    return made


def told_of(world: World, case: Case) -> Alert:
    """A message to worker, and a robot, a hold and a deed for the administrators' tables."""
    Robot.objects.create(street=world.street, kind="wecom", name="一组", steps=["order"])
    hold = Hold.objects.create(why="by_hand", since=world.now, by=world.admin)
    Intervention.objects.create(what="stopped", at=world.now, by=world.admin, hold=hold, reason="试运行")
    return Alert.objects.create(
        key="access", what="escalation", step="remind", case=case, recipient=world.worker, channel="inbox",
        facts={"number": case.number}, made_at=world.now, next_at=world.now, sent_at=world.now,
    )  # fmt: skip


def bulletins(world: World) -> dict[str, dict[str, Any]]:
    """The east's bulletin has been issued; last month's of the street and the east are published."""
    month, before = parse("2026-10"), parse("2026-09")
    world.log(at=before.begin)
    issued = bulletin_actions.draft(world.street, month, by=None, now=world.now, community=world.east)
    public = {"street": world.street.code, "period": before.code}
    for community in (None, world.east):
        row = bulletin_actions.draft(world.street, before, by=None, now=world.now, community=community)
        bulletin_actions.submit(row, by=world.supervisor, now=world.now)
        bulletin_actions.publish(
            bulletin_actions.issue(row, by=world.supervisor2, now=world.now), by=world.supervisor, now=world.now
        )
    bulletin_actions.submit(issued, by=world.supervisor2, now=world.now)
    issued = bulletin_actions.issue(issued, by=world.secretary, now=world.now)
    own = {"pk": issued.pk}
    east = public | {"community": world.east.code}
    return {
        "bulletin": own,
        "bulletin_cases": own,
        "bulletin_recount": own,
        "bulletin_compare": own,
        "bulletin_file": own | {"reader": "internal", "kind": "xlsx"},
        "bulletin_act": own | {"deed": "correct"},
        "public_bulletin": public,
        "public_bulletin_file": public | {"kind": "xlsx"},
        "public_bulletin_of": east,
        "public_bulletin_of_file": east | {"kind": "xlsx"},
    }


def names(resolver: Any = None, space: str = "") -> Iterator[str]:
    """The names of all addresses; where one has none, its pattern."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            yield from names(pattern, space + (f"{pattern.namespace}:" if pattern.namespace else ""))
        else:
            yield space + (pattern.name or str(pattern.pattern))


HANDLER = ClientHandler(enforce_csrf_checks=False)  # with the middleware put up once


def ask(stage: Stage, role: str, method: str, url: str, data: Any = None) -> HttpResponse:
    """The answer to that role; whatever the request did is undone, the sign-in included."""
    client = Client()
    client.handler = HANDLER
    client.cookies.update(stage.clients[role].cookies)
    with transaction.atomic():
        answer = getattr(client, method)(url, data or {})
        if answer.streaming:
            answer = HttpResponse(b"".join(answer.streaming_content), status=answer.status_code)
        transaction.set_rollback(True)
    return answer  # type: ignore[no-any-return]


def expected(spec: str) -> dict[str, str]:
    """What each role is answered, from clauses such as "200 worker secretary, 404 rest"."""
    clauses = [clause.split() for clause in spec.split(", ")]
    rest = next((status for status, *roles in clauses if roles == ["rest"]), "")
    said = {role: status for status, *roles in clauses for role in roles}
    return {role: said.get(role, rest) for role in ROLES}


def differences(found: dict[Any, dict[str, str]], wanted: dict[Any, dict[str, str]]) -> list[str]:
    """What was answered, where it is not what the table says."""
    wrong = {name: {role: said for role, said in found[name].items() if said != wanted[name][role]} for name in wanted}
    return [f"{name}: {said} {role}" for name, answers in wrong.items() for role, said in answers.items()]


def shown(answer: HttpResponse) -> str:
    if answer.status_code == 302 and re.match("/(accounts|admin)/(login|reauthenticate)/", answer["Location"]):
        return "login"
    return str(answer.status_code)


def test_every_address_is_in_a_table() -> None:
    tabled = {*TABLE, *ADMIN_PLAIN}
    tabled |= {
        f"admin:{table}_{verb}"
        for table in ADMIN
        for verb in (*SET_UP.split(), *TABLES.split(), "process_import", "notice")
    }
    assert set(names()) <= tabled, "say in the table who may open the new address"
    assert {*TABLE, *ADMIN_PLAIN} <= set(names()), "an address that is gone"


FORM = re.compile(r'<form[^>]*method="post".*?</form>', re.S)


def bare_forms(url: str, answer: HttpResponse) -> list[str]:
    """Forms without a token: the tests' client asks for none, a browser is refused without it."""
    if answer.status_code != 200 or getattr(resolve(url).func, "csrf_exempt", False):
        return []  # residents' forms carry a secret of their own
    return [
        form[:200]
        for form in FORM.findall(answer.content.decode(errors="replace"))
        if "csrfmiddlewaretoken" not in form
    ]


def test_every_role_at_every_address_and_every_form_they_are_shown_can_be_sent(stage: Stage) -> None:
    wanted, found = {}, {}
    bare: dict[tuple[str, str], list[str]] = {}
    for name, (spec, _post) in TABLE.items():
        url = reverse(name, kwargs=stage.arguments.get(name))
        answers = {role: ask(stage, role, "get", url) for role in ROLES}
        wanted[name], found[name] = expected(spec), {role: shown(answer) for role, answer in answers.items()}
        bare |= {(name, role): forms for role, answer in answers.items() if (forms := bare_forms(url, answer))}
    assert differences(found, wanted) == []
    assert bare == {}


def test_every_role_sends_nothing_to_every_address(stage: Stage) -> None:
    wanted, found = {}, {}
    for name, (_get, spec) in TABLE.items():
        url = reverse(name, kwargs=stage.arguments.get(name))
        wanted[name] = expected(spec)
        found[name] = {role: shown(ask(stage, role, "post", url)) for role in ROLES}
    assert differences(found, wanted) == []


def admin_url(stage: Stage, name: str) -> str:
    if name == "admin:<path:object_id>/":
        return f"/admin/staff/unit/{stage.world.unit.pk}/"
    if name == "admin:(?P<url>.*)$":
        return "/admin/nonesuch/"
    if name in stage.arguments or name in ADMIN_PLAIN:
        return reverse(name, kwargs=stage.arguments.get(name))
    table, verb = name.removeprefix("admin:").split("_", 1)[0], name.split("_", 2)[2]
    model = apps.get_model(table, name.split("_")[1])
    if verb not in ("change", "delete", "history"):
        return reverse(name)
    world = stage.world
    own = {"staff_street": world.street, "staff_community": world.east, "staff_grid": world.grid}
    own |= {"staff_unit": world.unit, "staff_person": world.worker}
    row = own.get(f"{table}_{model._meta.model_name}") or model._default_manager.first()
    assert row is not None, f"put a row of {model.__name__} on the stage"
    return reverse(name, kwargs={"object_id": row.pk})


def test_only_administrators_open_the_administration(stage: Stage) -> None:
    wanted: dict[str, dict[str, str]] = {}
    found: dict[str, dict[str, str]] = {}
    for name in dict.fromkeys(names()):
        if not name.startswith("admin:"):
            continue
        if name in ADMIN_PLAIN:
            own = str(ADMIN_PLAIN[name])
        else:
            table, verb = name.removeprefix("admin:").rsplit("_", 1) if "process" not in name else (name, "process")
            own = "405" if verb == "process" else "200" if verb in ADMIN[table].split() else "403"
        url = admin_url(stage, name)
        wanted[name] = {"worker": "login", "supervisor": "login", "anonymous": "login", "admin": own}
        if name in ("admin:login", "admin:logout"):  # the ways in and out answer everybody in their own words
            wanted[name] |= {role: shown(ask(stage, role, "get", url)) for role in ("worker", "supervisor")}
            wanted[name]["anonymous"] = shown(ask(stage, "anonymous", "get", url))
            assert "200" not in wanted[name].values()
        found[name] = {role: shown(ask(stage, role, "get", url)) for role in wanted[name]}
    assert differences(found, wanted) == []


def test_roles_without_administration_are_all_sent_away(stage: Stage) -> None:
    for role in ROLES[:-1]:
        assert shown(ask(stage, role, "get", "/admin/")) == "login", role


@pytest.mark.parametrize("door", ["page", "form", "api"])
def test_every_act_lets_in_whom_it_should(stage: Stage, door: str) -> None:
    """Let in means neither 403 nor 404; what the rules say to an empty form comes after that."""
    wanted, found = {}, {}
    for act, people in ACTS.items():
        name = "api-case-act" if door == "api" else "case_act"
        url = reverse(name, kwargs={"number": stage.case.number, "act": act.value})
        own = expected(f"in {people or 'nobody'}, 403 {LOOKING}, 404 rest")
        own |= dict.fromkeys(people.split(), "in") | {"anonymous": "401" if door == "api" else "login"}
        wanted[act] = own
        answers = {role: shown(ask(stage, role, "get" if door == "form" else "post", url)) for role in ROLES}
        found[act] = {
            role: status if status in ("401", "403", "404", "login") else "in" for role, status in answers.items()
        }
    assert differences(found, wanted) == []


def test_the_table_of_acts_is_whole() -> None:
    assert set(ACTS) == set(Act)


# Another area's things are not there


def body(answer: HttpResponse, *numbers: object) -> str:
    """What is shown, without what was asked for and what differs from one answer to the next."""
    text = answer.content.decode()
    for number in numbers:
        text = text.replace(str(number), "…")
    text = re.sub(r'nonce="[^"]*"', "nonce", text)
    return re.sub(r'(csrfmiddlewaretoken"[^>]*value|"X-CSRFToken")[="&;: a-z]*[A-Za-z0-9]{32,}', "token", text)


@pytest.mark.parametrize("role", ["outsider", "assessor", "delegate", "stranger"])
def test_a_case_elsewhere_looks_like_one_that_never_was(stage: Stage, role: str) -> None:
    if role == "stranger":
        stage.clients[role] = Client()
        stage.clients[role].force_login(stage.world.stranger)
    never = "TST-20261118-9999"
    for name in (
        "case",
        "case_receipt",
        "case_file",
        "case_similar_to",
        "case_act",
        "api-case-detail",
        "api-case-events",
        "api-case-act",
    ):
        method = "post" if name.endswith("act") else "get"
        there = reverse(name, kwargs=stage.arguments[name])
        nowhere = reverse(name, kwargs=stage.arguments[name] | {"number": never})
        real, missing = ask(stage, role, method, there), ask(stage, role, method, nowhere)
        assert real.status_code == missing.status_code == 404, name
        assert body(real, stage.case.number) == body(missing, never), name


@pytest.mark.parametrize("role", ["worker2", "outsider", "stranger", "admin", "assessor", "delegate"])
def test_a_rectification_item_elsewhere_looks_like_one_that_never_was(stage: Stage, role: str) -> None:
    stage.clients.setdefault("stranger", Client()).force_login(stage.world.stranger)
    pk = stage.arguments["rectification_item"]["pk"]
    for name in ("rectification_item", "rectification_act", "rectification_file"):
        method = "post" if name.endswith("act") else "get"
        there = reverse(name, kwargs=stage.arguments[name])
        nowhere = reverse(name, kwargs=stage.arguments[name] | {"pk": 999_999})
        real, missing = ask(stage, role, method, there), ask(stage, role, method, nowhere)
        assert real.status_code == missing.status_code == 404, name
        assert body(real, f"rectification/{pk}/") == body(missing, "rectification/999999/"), name


def test_an_import_of_another_street_looks_like_one_that_never_was(stage: Stage) -> None:
    stage.clients["stranger"] = Client()
    stage.clients["stranger"].force_login(stage.world.stranger)
    pk = stage.arguments["import"]["pk"]
    for name in ("import", "import_rejected", "import_confirm", "import_now", "import_discard"):
        method = "get" if name in ("import", "import_rejected") else "post"
        real = ask(stage, "stranger", method, reverse(name, kwargs={"pk": pk}))
        missing = ask(stage, "stranger", method, reverse(name, kwargs={"pk": 999_999}))
        assert real.status_code == missing.status_code == 404, name
        assert body(real, f"/{pk}/") == body(missing, "/999999/"), name


def test_a_unit_of_another_street_looks_like_one_that_never_was(stage: Stage) -> None:
    theirs = ask(stage, "supervisor", "get", reverse("loads", kwargs={"unit": stage.world.other_unit.pk}))
    never = ask(stage, "supervisor", "get", reverse("loads", kwargs={"unit": 999_999}))
    assert theirs.status_code == never.status_code == 404
    assert body(theirs, f"/{stage.world.other_unit.pk}/") == body(never, "/999999/")


@pytest.mark.parametrize("role", ["worker2", "secretary", "supervisor", "admin", "assessor"])
def test_a_report_on_conduct_looks_like_one_that_never_was(stage: Stage, role: str) -> None:
    number, never = stage.arguments["conduct_report"]["number"], "never"
    for name in ("conduct_report", "conduct_log", "conduct_photo", "conduct_act"):
        method = "post" if name == "conduct_act" else "get"
        there = reverse(name, kwargs=stage.arguments[name])
        nowhere = reverse(name, kwargs=stage.arguments[name] | {"number": never})
        real, missing = ask(stage, role, method, there), ask(stage, role, method, nowhere)
        assert real.status_code == missing.status_code == 404, name
        assert body(real, number) == body(missing, never), name


@pytest.mark.parametrize("role", ["outsider", "assessor", "delegate", "stranger"])
def test_no_list_count_search_or_export_betrays_a_case_elsewhere(stage: Stage, role: str) -> None:
    if role == "stranger":
        stage.clients[role] = Client()
        stage.clients[role].force_login(stage.world.stranger)
    number = stage.case.number
    for url in (
        "/desk/", "/cases/", f"/cases/?q={number}", "/cases/?q=楼道灯", "/cases/?state=all", "/cases/export/",
        f"/cases/export/?q={number}", "/board/", "/api/v1/cases/", f"/api/v1/cases/?q={number}", "/people/",
    ):  # fmt: skip
        answer = ask(stage, role, "get", url)
        text = answer.content.decode(errors="replace")
        mark = f"/cases/{number}/" if number in url else number  # a search page repeats what was asked
        assert mark not in text, (url, "the number")
        assert f'"number":"{number}"' not in text, (url, "the number")
        assert stage.case.text[:10] not in text, (url, "what it is about")
        assert "13900000001" not in text, (url, "the resident's phone")


def test_an_administrator_reaches_no_other_street(stage: Stage) -> None:
    world = stage.world
    foreign = world.other_street.communities.create(code="X", name="河湾社区")
    for name, row in (
        ("staff_street", world.other_street),
        ("staff_community", foreign),
        ("staff_unit", world.other_unit),
        ("staff_person", world.stranger),
    ):
        for verb in ("change", "history"):
            real = ask(stage, "admin", "get", reverse(f"admin:{name}_{verb}", kwargs={"object_id": row.pk}))
            never = ask(stage, "admin", "get", reverse(f"admin:{name}_{verb}", kwargs={"object_id": 999_999}))
            assert (real.status_code, real["Location"]) == (never.status_code, never["Location"]) == (302, "/admin/")
    assert "河湾" not in ask(stage, "admin", "get", "/admin/staff/unit/").content.decode()


def test_nobody_signs_up(stage: Stage) -> None:
    from staff.models import Person

    before = Person.objects.count()
    Client().post("/accounts/signup/", {"username": "intruder", "password1": "very-long-word-7", "name": "外人"})
    assert Person.objects.count() == before
