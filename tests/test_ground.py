"""The ground the office stands on: health, limits of sessions, rights in the database, servers that survive."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone

from config.models import Heartbeat
from config.tasks import heartbeat


def test_an_operator_sees_that_the_process_is_up(client: Client) -> None:
    assert client.get("/healthz").content == b"ok\n"


@pytest.mark.django_db
def test_an_operator_sees_that_the_office_can_serve(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"database": True, "migrations": True, "static": True}


@pytest.mark.django_db
def test_background_work_is_healthy_only_while_its_heart_beats(client: Client) -> None:
    assert client.get("/healthz/jobs").status_code == 503, "nothing has run yet"
    heartbeat()
    Heartbeat.objects.create(name="sweep", at=timezone.now())
    assert client.get("/healthz/jobs").status_code == 200
    Heartbeat.objects.update(at=timezone.now() - timedelta(seconds=151))
    assert client.get("/healthz/jobs").status_code == 503, "beat or worker is dead or stuck"


@pytest.mark.django_db
def test_an_operator_reads_request_times_by_view(client: Client) -> None:
    client.get("/healthz")
    assert 'linli_request_seconds_count{method="GET",status="200",view="healthz"}' in client.get("/metrics").text


@pytest.mark.django_db
def test_figures_can_be_kept_behind_a_token(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = "secret"
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer secret"}).status_code == 200


@pytest.mark.django_db
def test_the_cache_lies_in_the_database_and_needs_no_redis() -> None:
    cache.set("word", "邻里", 60)
    assert cache.get("word") == "邻里"


@pytest.mark.django_db
def test_a_colleague_who_walks_away_is_signed_out_after_half_an_hour(client: Client) -> None:
    person = get_user_model().objects.create_user("wang", name="王芳")
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        client.force_login(person)
        client.get("/")
        clock.shift(timedelta(minutes=29))
        assert client.get("/").wsgi_request.user.is_authenticated
        clock.shift(timedelta(minutes=31))
        assert not client.get("/").wsgi_request.user.is_authenticated


@pytest.mark.django_db
def test_a_busy_session_ends_after_twelve_hours(client: Client) -> None:
    person = get_user_model().objects.create_user("wang", name="王芳")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client.force_login(person)
        for _ in range(24 * 3):
            assert client.get("/").wsgi_request.user.is_authenticated
            clock.shift(timedelta(minutes=10))
        clock.shift(timedelta(seconds=1))
        assert not client.get("/").wsgi_request.user.is_authenticated


@pytest.mark.django_db
def test_guessing_a_password_is_stopped_and_locks_nobody_else_out(client: Client) -> None:
    get_user_model().objects.create_user("wang", name="王芳", password="right words here")
    wrong = {"login": "wang", "password": "guess"}
    answers = [client.post("/accounts/login/", wrong, REMOTE_ADDR="10.0.0.66").status_code for _ in range(11)]
    assert answers == [200] * 10 + [429]
    right = {"login": "wang", "password": "right words here"}
    assert client.post("/accounts/login/", right, REMOTE_ADDR="10.0.0.66").headers["Retry-After"]
    assert client.post("/accounts/login/", right, REMOTE_ADDR="10.0.0.7").status_code == 302, "from her own desk"


@pytest.mark.django_db
def test_a_second_factor_that_somebody_overheard_cannot_be_used_again(client: Client) -> None:
    person = get_user_model().objects.create_user("wang", name="王芳", password="right words here")
    secret = generate_totp_secret()
    TOTP.activate(person, secret)
    with time_machine.travel(timezone.now(), tick=False):
        code = format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))
        for visitor, landed in ((client, "/desk/"), (Client(), None)):
            visitor.post("/accounts/login/", {"login": "wang", "password": "right words here"})
            answer = visitor.post("/accounts/2fa/authenticate/", {"code": code})
            assert answer.headers.get("Location") == landed


@pytest.mark.django_db
def test_the_admin_is_entered_through_the_same_door(client: Client) -> None:
    assert client.get("/admin/login/").headers["Location"].startswith("/accounts/login/")


@pytest.mark.django_db
def test_a_lost_visitor_gets_a_page_of_ours(client: Client) -> None:
    answer = client.get("/no-such-page")
    assert answer.status_code == 404
    assert b"<title>" in answer.content


@pytest.mark.django_db
def test_the_running_application_owns_no_table_and_may_use_every_one(as_app_role: Callable[[], None]) -> None:
    as_app_role()
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, count(*) FROM pg_tables WHERE tableowner = current_user GROUP BY 1")
        assert cursor.fetchall() == []
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            " AND NOT has_table_privilege(current_user, oid, 'SELECT')"
        )
        assert cursor.fetchall() == []
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = %s", [settings.APP_ROLE])
        assert cursor.fetchone() == (False,)
