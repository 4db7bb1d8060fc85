"""What every test may use: a superuser's database with the roles of a running office, and a browser."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management.commands import flush
from django.db import connections

from tests.world import world  # noqa: F401
from tools import browser as browsers

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

# Playwright's synchronous interface runs an event loop in the test's own thread, where Django refuses the database.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


def _flush_past_triggers() -> None:
    """Transactional tests empty every table afterwards; the triggers that keep history whole would refuse that.

    What the migrations planted (calendar, policies, categories) is put back: the next test counts on it.
    """
    handle = flush.Command.handle

    def past_triggers(self: flush.Command, **options: Any) -> None:
        with connections[options["database"]].cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            try:
                handle(self, **options)
                cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'planted'")
                for (table,) in cursor.fetchall():
                    cursor.execute(f'DELETE FROM public."{table}"')
                    cursor.execute(f'INSERT INTO public."{table}" SELECT * FROM planted."{table}"')
            finally:
                cursor.execute("SET session_replication_role = DEFAULT")

    flush.Command.handle = past_triggers  # type: ignore[method-assign]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Keeps a copy of what the migrations planted, before any test can change it."""
    with django_db_blocker.unblock(), connections["default"].cursor() as cursor:
        cursor.execute("CREATE SCHEMA planted")
        for table in connections["default"].introspection.django_table_names(only_existing=True):
            cursor.execute(f'SELECT EXISTS (SELECT FROM "{table}")')
            if cursor.fetchone() == (True,):
                cursor.execute(f'CREATE TABLE planted."{table}" AS TABLE public."{table}"')


_flush_past_triggers()


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


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", viewport={"width": 1440, "height": 900})
    opened.set_default_timeout(15_000)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()
