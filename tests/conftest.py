"""What every test may use: a superuser's database with the roles of a running office, and a browser."""

from __future__ import annotations

import gc
import os
import threading
import time
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import hypothesis
import psycopg2.errors
import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.management.commands import flush
from django.db import OperationalError, connection, connections, transaction
from django.test import Client

from tests.world import world  # noqa: F401
from tools import browser as browsers

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

    from staff.models import Person

# What a machine does beside the tests must not fail them.
hypothesis.settings.register_profile("linli", deadline=None)
if not os.environ.get("CI"):  # there hypothesis has a profile of its own, with neither deadline nor chance
    hypothesis.settings.load_profile("linli")

# Playwright's synchronous interface runs an event loop in the test's own thread, where Django refuses the database.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """What has been imported and collected will never be garbage: let nobody look through it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Keeps a copy of what the migrations planted, before any test can change it."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA planted")
        tables = connection.introspection.django_table_names(only_existing=True)
        for table in _filled(cursor, tables):
            cursor.execute(f'CREATE TABLE planted."{table}" AS TABLE public."{table}"')


def _filled(cursor: Any, tables: list[str]) -> list[str]:
    """The tables with rows in them."""
    cursor.execute(
        " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT FROM public.\"{table}\")" for table in tables)
    )
    return [table for (table,) in cursor.fetchall()]


def _empty(self: flush.Command, **options: Any) -> None:
    """What transactional tests leave behind goes, and what the migrations planted comes back: the next test counts on it.

    Django would empty every table, filled or not, which waits for the disk a hundred times, and the triggers that keep
    history whole would refuse it. Whoever still writes is waited for, and never with a table in hand: that would be a
    deadlock with those who hold another.
    """
    tables = connection.introspection.django_table_names(only_existing=True)
    lock = "LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE NOWAIT".format(", ".join(f'public."{table}"' for table in tables))
    patience = time.monotonic() + 60
    while True:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(lock)
                _plant_anew(cursor, tables)
        except OperationalError as error:
            if not isinstance(error.__cause__, psycopg2.errors.LockNotAvailable) or time.monotonic() > patience:
                raise
            time.sleep(0.02)
        else:
            return


def _plant_anew(cursor: Any, tables: list[str]) -> None:
    cursor.execute("SET LOCAL session_replication_role = replica")
    for table in _filled(cursor, tables):
        cursor.execute(f'DELETE FROM public."{table}"')
    cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'planted'")
    for (table,) in cursor.fetchall():
        cursor.execute(f'INSERT INTO public."{table}" SELECT * FROM planted."{table}"')


flush.Command.handle = _empty  # type: ignore[method-assign]


def _signed_in(self: Client, user: Person, backend: str | None = None) -> None:
    """As if they had signed in: one row. What a sign-in does besides has tests of its own."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = backend or settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    self.cookies[settings.SESSION_COOKIE_NAME] = str(session.session_key)


Client.force_login = _signed_in  # type: ignore[method-assign, assignment]


@pytest.fixture
def as_app_role(db: None) -> Callable[[], None]:
    """Call it to go on, to the end of the test, with the rights of the running application."""
    from django.conf import settings
    from django.db import connection

    def become() -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL ROLE {connection.ops.quote_name(settings.APP_ROLE)}")

    return become


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    path = browsers.path()
    if path is None:
        pytest.fail("No browser found. Install Chromium (Debian: apt install chromium) or set LINLI_BROWSER to one.")
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    opened = connections["default"]
    with sync_playwright() as playwright:
        # With a running loop Django looks for its connections elsewhere. A second one would wait for ever for the
        # transaction that the first may have open.
        connections["default"] = opened
        launched = playwright.chromium.launch(executable_path=path, args=[*options, "--disable-dev-shm-usage"])
        yield launched
        launched.close()


@pytest.fixture(autouse=True)
def _all_answered(request: pytest.FixtureRequest) -> Iterator[None]:
    """A page that was left may still wait for its answer: the server ends it before the database is emptied."""
    if "live_server" not in request.fixturenames:
        yield
        return
    request.getfixturevalue("transactional_db")
    live_server = request.getfixturevalue("live_server")
    yield
    # Who is answered last has let in everybody who knocked before.
    with urlopen(f"{live_server.url}/healthz") as answer:
        assert answer.status == HTTPStatus.OK
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join(30)
            assert not thread.is_alive(), "a page is still open, or its answer does not come"


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", viewport={"width": 1440, "height": 900})
    opened.set_default_timeout(15_000)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()
