"""Desk, list, board and case page with 100,000 cases: queries, and time against a bare page of the same run.

The bare page goes through the same middleware, session, person and scope, and asks the database one `SELECT 1`.
LINLI_BENCH_CASES takes another number of cases.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from random import Random
from typing import Any

import psycopg2
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.test.utils import override_settings
from django.urls import include, path
from django.utils import timezone

from tools.bench import Measured, bench, seconds

CASES = int(os.environ.get("LINLI_BENCH_CASES", "100000"))
QUERIES, CASE_QUERIES, BOARD_QUERIES = 12, 17, 14
TIMES_BARE = 60  # a page of 50 lines is a lot of text; more than this and somebody waits
# A board reads every limit and every answer of its days: 15,000 and 5,000 of a month, ten times that of a year.
BOARD_TIMES, YEAR_TIMES = 130, 350


def bare(request: HttpRequest) -> HttpResponse:
    request.user.scope()  # type: ignore[union-attr]
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("1")


urlpatterns = [path("bare/", bare), path("", include("config.urls"))]


@cache
def filled() -> dict[str, Any]:
    """The demo street with a year of casework, made once for all benchmarks of this module."""
    from complaints.demo import people, volume
    from staff.models import Street

    rng, now = Random(1), timezone.now()
    street = Street.objects.filter(code=people.STREET[0]).first() or people.build(rng, timezone.localdate()).street
    result = volume.seed(street, CASES, now=now, months=12, open_share=0.04, rng=rng)
    _rate(now)
    _tidy()
    return dict(result)


def _tidy() -> None:
    """What a running server does by itself after a while; only the owner of the tables may."""
    owner = psycopg2.connect(os.environ["DATABASE_OWNER_URL"])
    owner.autocommit = True
    with owner.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    owner.close()


def _rate(now: datetime) -> None:
    """Every third resident rates; one in twenty-five of them badly, and those of this month wait to be followed up."""
    from complaints.models import Case, Rating, RatingCheck

    rows = [
        Rating(
            case_id=pk,
            cycle=1,
            solved="no" if n % 25 == 0 else "partly" if n % 7 == 0 else "yes",
            satisfied=1 if n % 25 == 0 else 3 if n % 7 == 0 else 5,
            at=min(closed_at + timedelta(minutes=5), now),
            via=Rating.Via.TRACK,
            rated_id=responsible,
        )
        for n, (pk, closed_at, responsible) in enumerate(
            Case.objects.filter(status="concluded").order_by("pk").values_list("pk", "closed_at", "responsible")[::3]
        )
        if closed_at is not None
    ]
    made = Rating.objects.bulk_create(rows, batch_size=2000)
    RatingCheck.objects.bulk_create(
        RatingCheck(rating=row, rated_id=row.rated_id, due_at=row.at + timedelta(days=1))
        for row in made
        if row.satisfied == 1 and row.at > now - timedelta(days=30)
    )


@cache
def signed_in(username: str) -> Client:
    from staff.models import Person

    client = Client(SERVER_NAME="localhost")
    client.force_login(Person.objects.get(username=username))
    return client


def visit(username: str, address: str) -> Callable[[], None]:
    """The page, answered with 200 or not at all."""

    def go() -> None:
        answer = signed_in(username).get(address)
        assert answer.status_code == 200, f"{address}: {answer.status_code}"

    return go


# Around all visits of a measurement: a change of the addresses makes Django read them anew, which no server does twice.
with_bare_page = override_settings(ROOT_URLCONF=__name__, SECURE_SSL_REDIRECT=False)


@with_bare_page
def against_bare(username: str, address: str) -> Measured:
    """How many bare pages this page costs."""
    most = {"/board/": BOARD_TIMES, "/board/?period=year": YEAR_TIMES}.get(address, TIMES_BARE)
    filled()
    go, empty = visit(username, address), visit(username, "/bare/")
    go(), empty()
    # Turn by turn and the quickest of each: what else the machine does then weighs on both alike.
    rounds = [(seconds(go), min(seconds(empty) for _ in range(4))) for _ in range(9)]
    return Measured(min(page for page, _ in rounds) / min(plain for _, plain in rounds), most)


@with_bare_page
def queries(username: str, address: str) -> int:
    filled()
    go, sqls = visit(username, address), []

    def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        sqls.append(sql)
        return execute(sql, *rest)

    go()
    with connection.execute_wrapper(note):
        go()
    counted = [sql for sql in sqls if "COUNT(" in sql.upper() and '"closed_at" IS NULL' not in sql]
    if not address.startswith("/board/"):  # which counts what was closed, too
        assert not counted, f"a count over the cases: {counted[0][:200]}"
    return len(sqls)


def _case() -> str:
    """An open case with as long a history as there is."""
    from complaints.models import Case

    case = Case.objects.open().order_by("-version", "pk").first()
    assert case is not None
    return case.get_absolute_url()


def _pages() -> list[tuple[str, str, Callable[[], str], int]]:
    today = timezone.localdate().isoformat()
    red = "/cases/?state=open&light=red&order=due"
    return [
        ("desk of a worker", "demo_worker", lambda: "/desk/", QUERIES),
        ("desk of a secretary", "demo_secretary", lambda: "/desk/", QUERIES),
        ("desk of a supervisor", "demo_supervisor", lambda: "/desk/", QUERIES),
        ("list of a worker, newest", "demo_worker", lambda: "/cases/", QUERIES),
        ("list of a worker, red, due soonest", "demo_worker", lambda: red, QUERIES),
        ("list of a supervisor, red, due soonest", "demo_supervisor", lambda: red, QUERIES),
        ("list of a supervisor, words", "demo_supervisor", lambda: "/cases/?q=垃圾桶", QUERIES),
        (
            "list of a supervisor, four filters",
            "demo_supervisor",
            lambda: f"/cases/?kind=complaint&channel=phone&light=red&submitted_to={today}",
            QUERIES,
        ),
        ("board of a secretary", "demo_secretary", lambda: "/board/", BOARD_QUERIES),
        ("board of a supervisor", "demo_supervisor", lambda: "/board/", BOARD_QUERIES),
        ("board of a supervisor, a year", "demo_supervisor", lambda: "/board/?period=year", BOARD_QUERIES),
        ("one case", "demo_supervisor", _case, CASE_QUERIES),
    ]


def _register() -> None:
    for name, username, address, most in _pages():

        def count(username: str = username, address: Callable[[], str] = address) -> float:
            filled()
            return queries(username, address())

        def ratio(username: str = username, address: Callable[[], str] = address) -> Measured:
            filled()
            return against_bare(username, address())

        bench(f"{name}, {CASES:,} cases: queries", limit=most, unit="queries")(count)
        bench(f"{name}, {CASES:,} cases: time", unit="bare")(ratio)


@bench(f"bulk casework, {CASES:,} cases", limit=300, unit="rows/s", at_least=True)
def seeding() -> float:
    began = time.perf_counter()
    filled()
    return CASES / (time.perf_counter() - began)


_register()
