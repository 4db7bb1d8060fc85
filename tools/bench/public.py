"""What residents' reports cost with everything on, against three bare inserts through the same servers, and without Redis.

Web servers are started as `config.run` does; eight clients fetch the form, solve its challenge, wait as a person does,
and send. LINLI_BENCH_REPORTS takes another number of reports for each server.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import multiprocessing
import os
import re
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tools.bench import Measured, bench, percentile

ROOT = Path(__file__).resolve().parents[2]
REPORTS = int(os.environ.get("LINLI_BENCH_REPORTS", "100"))  # more than 110 in a minute meet a harder proof
CLIENTS, ROUNDS, START_SECONDS = 8, 9, 60
WAIT = 7  # a ticket of a quiet hour asks for six seconds, told in whole ones
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
HIDDEN = re.compile(r'<input type="hidden" name="(secret|stamp|ticket)" value="([^"]*)"')


@bench("reports of residents, 8 clients, every wall up", limit=40, unit="a second", at_least=True)
def reports() -> float:
    return measured().reports.rate


@bench("95 in 100 reports are answered within", unit="ms")
def slowest_reports() -> float:
    return measured().reports.p95


@bench("three bare inserts through the same servers", unit="a second")
def bare_inserts() -> float:
    return measured().bare.rate


@bench("a report costs as much as so many times three bare inserts", unit="times")
def report_against_bare() -> float:
    return measured().bare.rate / measured().reports.rate


@bench("nobody at Redis's port: p95 of reports later by", limit=50, unit="ms")
def redis_is_gone() -> Measured:
    return Measured(later(measured().gone))


@bench("Redis takes calls and never answers: p95 later by", limit=50, unit="ms")
def redis_is_mute() -> Measured:
    return Measured(later(measured().mute))


def later(runs: list[Run]) -> float:
    """Against the round beside it, the median of the rounds: one round of eight clients on two cores swings widely."""
    pairs = zip(runs, measured().beside, strict=True)
    return max(statistics.median(run.p95 - beside.p95 for run, beside in pairs), 0)


# Measuring


@dataclass
class Run:
    """What the clients saw: seconds for every request, and how long all of it took."""

    took: list[float] = field(default_factory=list)
    lasted: float = 0.0

    @property
    def rate(self) -> float:
        return len(self.took) / self.lasted

    @property
    def p95(self) -> float:
        return percentile(self.took, 0.95) * 1000


@dataclass
class Everything:
    """`beside`, `gone` and `mute` take turns, so that what else the machine does weighs on all three alike."""

    reports: Run
    bare: Run
    beside: list[Run]
    gone: list[Run]
    mute: list[Run]


@cache
def measured() -> Everything:
    from config import embedded

    redis = embedded.Servers(embedded.data_dir()).redis_url
    area = _place()
    with contextlib.ExitStack() as stack:
        stack.enter_context(_table())
        mute = stack.enter_context(_mute_port())
        urls = {"beside": redis, "gone": f"redis://127.0.0.1:{_free_port()}/0", "mute": f"redis://127.0.0.1:{mute}/0"}
        ports = {name: stack.enter_context(_web(url)) for name, url in urls.items()}
        for port in ports.values():
            _get(port, "/report/")
        share = max(CLIENTS, REPORTS // 3)
        # Without scripts here: a ticket and its wait. Solving is not what is compared.
        forms = {name: _filled(port, share * ROUNDS, area) for name, port in ports.items()}
        solved = _with_proofs(ports["beside"], _filled(ports["beside"], REPORTS, area))
        time.sleep(WAIT)
        first = _send_all(ports["beside"], solved, "/report/", _is_receipt)
        plain = _send_all(ports["beside"], [{"text": "三行"}] * REPORTS * 4, "/bare/", _is_fine)
        runs: dict[str, list[Run]] = {name: [] for name in ports}
        for n in range(ROUNDS):
            for name, port in ports.items():
                part = forms[name][n * share : (n + 1) * share]
                runs[name].append(_send_all(port, part, "/report/", _is_receipt))
    return Everything(first, plain, **runs)


def _send_all(port: int, forms: list[dict[str, str]], path: str, fine: Callable[[int, str], bool]) -> Run:
    _forget_counts()
    waiting, run, lock = list(forms), Run(), threading.Lock()

    def client(_n: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while True:
            with lock:
                if not waiting:
                    break
                form = waiting.pop()
            began = time.perf_counter()
            connection.request("POST", path, urlencode(form), FORM | {"X-Forwarded-For": _somewhere()})
            answer = connection.getresponse()
            body = answer.read().decode()
            took = time.perf_counter() - began
            assert fine(answer.status, body), f"{answer.status}: {_sentence(body)}"
            run.took.append(took)
        connection.close()

    began = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(client, range(CLIENTS)))
    run.lasted = time.perf_counter() - began
    return run


def _is_receipt(status: int, body: str) -> bool:
    return status == 200 and 'id="code"' in body


def _is_fine(status: int, _body: str) -> bool:
    return status == 204


def _sentence(body: str) -> str:
    """What a refused page says at its top."""
    found = re.search(r'role="alert">(.*?)</div>', body, re.DOTALL)
    return re.sub(r"<[^>]+>|\s+", " ", found[1])[:300] if found else body[:300]


# What a resident does before pressing the button


def _filled(port: int, count: int, area: str) -> list[dict[str, str]]:
    with ThreadPoolExecutor(CLIENTS) as pool:
        return list(pool.map(lambda _n: _opened(port, area), range(count)))


def _with_proofs(port: int, forms: list[dict[str, str]]) -> list[dict[str, str]]:
    """As the page's script does it; two at a time, each on a core of its own."""
    _forget_counts()
    challenges = [_get(port, "/report/proof/") for _form in forms]
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as solvers:
        return [
            form | {"altcha": payload} for form, payload in zip(forms, solvers.map(_solved, challenges), strict=True)
        ]


def _opened(port: int, area: str) -> dict[str, str]:
    hidden = dict(HIDDEN.findall(_get(port, "/report/")))
    assert hidden.keys() == {"secret", "stamp", "ticket"}, hidden.keys()
    return hidden | {
        "text": f"{secrets.randbelow(90) + 10}号楼门口的路灯坏了三天,晚上看不见路,请派人来修({secrets.token_hex(4)})。",
        "area": area,
        "place": "北门",
        "phone": f"139{secrets.randbelow(10**8):08d}",
        "name": "赵阿姨",
        "identity": "named",
        "kind": "help",
        "looked": "1",
    }


def _solved(challenge: str) -> str:
    import altcha

    made = altcha.Challenge.from_dict(json.loads(challenge))
    solution = altcha.solve_challenge(made)
    assert solution is not None
    return str(altcha.Payload(made, solution).to_base64())


def _get(port: int, path: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path, headers={"X-Forwarded-For": _somewhere()})
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    assert answer.status == 200, f"{path}: {answer.status}"
    return body


def _somewhere() -> str:
    """Everybody from a network of their own: limits by network are counted, and nobody meets one."""
    return f"10.{secrets.randbelow(256)}.{secrets.randbelow(256)}.7"


def _forget_counts() -> None:
    from config.guard.models import Tally

    Tally.objects.all().delete()


def _place() -> str:
    from random import Random

    from django.utils import timezone

    from complaints.demo import people
    from staff.models import Community, Street

    street = Street.objects.filter(code=people.STREET[0]).first()
    street = street or people.build(Random(1), timezone.localdate()).street
    return f"community-{Community.objects.filter(street=street).values_list('pk', flat=True)[0]}"


# The servers


def wsgi() -> Any:
    """For gunicorn: the whole site and one bare form."""
    from config.wsgi import application

    _add_bare_form()
    return application


def _add_bare_form() -> None:
    from django.urls import path

    from config import urls

    urls.urlpatterns.insert(0, path("bare/", _bare()))


def _bare() -> Callable[..., Any]:
    from django import forms
    from django.db import connection, transaction
    from django.http import HttpRequest, HttpResponse
    from django.views.decorators.csrf import csrf_exempt

    class Bare(forms.Form):
        text = forms.CharField(max_length=200)

    @csrf_exempt
    def bare(request: HttpRequest) -> HttpResponse:
        form = Bare(request.POST)
        if not form.is_valid():
            return HttpResponse(status=422)
        with transaction.atomic(), connection.cursor() as cursor:
            for _row in range(3):
                cursor.execute("INSERT INTO bench_bare (text) VALUES (%s)", [form.cleaned_data["text"]])
        return HttpResponse(status=204)

    return bare


@contextlib.contextmanager
def _web(redis: str) -> Iterator[int]:
    """The web server alone, as `config.run` starts it, with a data directory of its own for its figures."""
    from django.conf import settings

    from config.lib import crypto

    port = _free_port()
    with tempfile.TemporaryDirectory() as home:
        environment = os.environ | {
            "LINLI_DATA": home,
            "LINLI_SECRET_KEY": settings.SECRET_KEY,
            "LINLI_FIELD_KEYS": settings.FIELD_KEYS or crypto.kept_keys(settings.FIELD_KEYS_FILE),
            "LINLI_PROXIES": "1",
            "LINLI_HTTPS": "0",
            "REDIS_URL": redis,
            "PORT": str(port),
        }
        command = [sys.executable, "-m", "gunicorn", "-c", "python:config.gunicorn_conf", "tools.bench.public:wsgi()"]
        server = subprocess.Popen(command, cwd=ROOT, env=environment)
        try:
            _wait_for(server, port)
            yield port
        finally:
            server.terminate()
            server.wait()


def _wait_for(server: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < until:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        time.sleep(0.05)
    raise RuntimeError("the web server does not start")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def _mute_port() -> Iterator[int]:
    """Takes every connection and says nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        kept: list[socket.socket] = []

        def take() -> None:
            with contextlib.suppress(OSError):
                while True:
                    kept.append(listener.accept()[0])

        threading.Thread(target=take, daemon=True).start()
        yield int(listener.getsockname()[1])
        for taken in kept:
            taken.close()


@contextlib.contextmanager
def _table() -> Iterator[None]:
    """A bare table of the application's; the owner of the database makes it."""
    import psycopg2

    from config import embedded

    owner = psycopg2.connect(os.environ["DATABASE_OWNER_URL"])
    owner.autocommit = True
    with owner.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_bare")
        cursor.execute("CREATE TABLE bench_bare (id bigserial PRIMARY KEY, text varchar(200) NOT NULL)")
        cursor.execute(f"GRANT ALL ON bench_bare, bench_bare_id_seq TO {embedded.APP}")
        try:
            yield
        finally:
            cursor.execute("DROP TABLE bench_bare")
    owner.close()
