"""What protection costs: sealing, rotation, codes, photos, limits, proofs."""

from __future__ import annotations

import io
import json
import os
import random
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from config import embedded
from tools.bench import Measured, bench, seconds

ROOT = Path(__file__).resolve().parents[2]
DATABASE = "linli_bench_guard"
RESIDENTS = 100_000


@bench("seal and open one field, AES-256-GCM", limit=30, unit="µs")
def one_field() -> float:
    return _one_field("1")


@bench("seal and open one field, SM4-GCM", limit=60, unit="µs")
def one_field_sm4() -> float:
    return _one_field("2")


def _one_field(version: Any) -> float:
    from config.lib import crypto

    ring = crypto.parse_keys(crypto.new_key("one"), version)

    def many() -> None:
        for n in range(5_000):
            place = f"complaints_resident.name:{n}"
            crypto.unseal(crypto.seal("欧阳秀英", place, ring), place, ring)

    many()
    return min(seconds(many) for _ in range(5)) / 5_000 * 1e6


@bench("a resident's row built with three sealed fields and its index", limit=90, unit="µs")
def one_row() -> float:
    from complaints.models import Resident

    def many() -> None:
        for n in range(2_000):
            known: dict[str, Any] = {"case_id": n + 1, "name": "欧阳秀英", "phone": "13900000001", "address": "和平路"}
            Resident(**known)

    many()
    return min(seconds(many) for _ in range(5)) / 2_000 * 1e6


@bench(f"rotate_keys over {RESIDENTS:,} residents, killed twice on the way", limit=120)
def rotation() -> float:
    """All runs together; every kill is a real one, and the last run has to finish what the others began."""
    servers = embedded.Servers(embedded.data_dir())
    _administer(servers, f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
    _administer(servers, f"CREATE DATABASE {DATABASE} OWNER {embedded.OWNER}")
    from config.lib import crypto

    one, two = crypto.new_key("one"), crypto.new_key("two")
    url = servers.url(embedded.SUPER, DATABASE)
    environment = os.environ | {"DATABASE_URL": url, "DATABASE_OWNER_URL": url, "LINLI_FIELD_KEYS": one}
    try:
        _manage(environment, "migrate", "-v", "0")
        _fill(url, crypto.parse_keys(one))
        environment["LINLI_FIELD_KEYS"] = f"{two},{one}"
        began = time.perf_counter()
        for _kill in range(2):
            _kill_after_a_batch(environment, url)
        answer = json.loads(_manage(environment, "rotate_keys", "--json"))
        took = time.perf_counter() - began
    finally:
        _administer(servers, f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
    assert answer["left"] == answer["unreadable"] == 0, answer
    assert 0 < answer["rotated"] < RESIDENTS, answer
    return took


def _kill_after_a_batch(environment: dict[str, str], url: str) -> None:
    import psycopg2

    connection = psycopg2.connect(url)
    connection.autocommit = True
    ask = "SELECT count(*) FROM complaints_resident WHERE name LIKE '1.two.%'"
    with connection.cursor() as cursor:
        cursor.execute(ask)
        before = cursor.fetchone()[0]  # type: ignore[index]
        running = subprocess.Popen([sys.executable, "manage.py", "rotate_keys"], cwd=ROOT, env=environment)
        while running.poll() is None:
            cursor.execute(ask)
            if cursor.fetchone()[0] > before:  # type: ignore[index]
                break
        assert running.poll() is None, "it was done before it could be killed"
        running.kill()
        running.wait()
    connection.close()


def _fill(url: str, ring: Any) -> None:
    import psycopg2

    from config.lib import crypto

    def line(key: int) -> str:
        texts = {"name": f"居民{key}", "phone": f"139{key:08d}", "address": f"和平路{key}号"}
        tokens = [crypto.seal(text, f"complaints_resident.{column}:{key}", ring) for column, text in texts.items()]
        return "\t".join([str(key), *tokens, crypto.phone_index(texts["phone"], ring)]) + "\n"

    connection = psycopg2.connect(url)
    with connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        rows = io.StringIO("".join(line(key) for key in range(1, RESIDENTS + 1)))
        cursor.copy_expert("COPY complaints_resident (case_id, name, phone, address, phone_index) FROM STDIN", rows)
    connection.close()


def _administer(servers: embedded.Servers, command: str) -> None:
    import psycopg2

    connection = psycopg2.connect(servers.url(embedded.SUPER, "postgres"))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(command)
    connection.close()


def _manage(environment: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout


# Codes


@bench("one check of a tracking code (Argon2id)", limit=100, unit="ms")
def one_code() -> float:
    from config.lib import codes

    code = codes.new_code()
    kept = codes.hashed(code)
    return statistics.median(seconds(lambda: codes.matches(kept, code)) for _ in range(20)) * 1000


@bench("unknown against known case number, medians of 60 look-ups", limit=0.05, unit="of one")
def same_time() -> float:
    """How far the two medians are apart, as a share of one look-up, taken in turns."""
    from complaints.models import Case
    from complaints.tracking import check_code, set_code
    from config.lib import codes

    with _rolled_back():
        case = _some_case()
        set_code(case)
        guess = codes.new_code()
        assert Case.objects.filter(number=case.number).exists()
        known, unknown = [], []
        for _time in range(60):
            known.append(seconds(lambda: check_code(case.number, guess)))
            unknown.append(seconds(lambda: check_code("NONE-20000101-0001", guess)))
    one, two = statistics.median(known), statistics.median(unknown)
    return abs(one - two) / min(one, two)


def _rolled_back() -> Any:
    from contextlib import contextmanager

    from django.db import transaction

    @contextmanager
    def inside() -> Any:
        with transaction.atomic():
            yield
            transaction.set_rollback(True)

    return inside()


def _some_case() -> Any:
    from tests.world import build_world

    return build_world().log()


# Photos


def _photo(width: int, height: int) -> bytes:
    from PIL import Image

    picture = Image.effect_noise((width // 8, height // 8), 60).resize((width, height)).convert("RGB")
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=88)
    return out.getvalue()


@bench("photos of 12 million pixels drawn anew, two at a time", limit=1, unit="a second", at_least=True)
def photos_of_a_phone() -> float:
    from config.lib import photos

    data = _photo(4000, 3000)
    with ThreadPoolExecutor(2) as pool:
        took = seconds(lambda: list(pool.map(photos.clean, [data] * 10)))
    return 10 / took


@bench("one small photo drawn anew, the child's start included", limit=500, unit="ms")
def small_photo() -> float:
    from config.lib import photos

    data = _photo(800, 600)
    return statistics.median(seconds(lambda: photos.clean(data)) for _ in range(7)) * 1000


# Doors


@bench("uses counted at a door, 8 at a time, every one by one statement", limit=400, unit="a second", at_least=True)
def counted() -> Measured:
    from django.db import connection
    from django.utils import timezone

    from config.guard import limits
    from config.guard.limits import Limit, Use
    from config.guard.models import Tally

    limit, now, chance = Limit("bench", 600, harder=10, most=10**6), timezone.now(), random.Random(1)
    networks = [f"10.{chance.randrange(256)}.{n}.0/24" for n in range(40)]

    def many(_thread: int) -> None:
        for n in range(400):
            limits.count([Use(limit, (networks[n % 40],))], now=now)
        connection.close()

    with ThreadPoolExecutor(8) as pool:
        took = seconds(lambda: list(pool.map(many, range(8))))
    assert sum(Tally.objects.filter(count__gt=0).values_list("count", flat=True)) == 8 * 400
    Tally.objects.all().delete()
    return Measured(8 * 400 / took)


@bench("one challenge made, checked and used up", limit=20, unit="ms")
def one_proof() -> float:
    import altcha
    from django.utils import timezone

    from config.guard import proof
    from config.guard.limits import Stage

    now = timezone.now()
    made = [altcha.Challenge.from_dict(proof.challenge("bench", Stage.NORMAL, now=now)) for _ in range(5)]
    sent = [altcha.Payload(one, altcha.solve_challenge(one)).to_base64() for one in made]  # type: ignore[arg-type]
    making = statistics.median(seconds(lambda: proof.challenge("bench", Stage.NORMAL, now=now)) for _ in range(20))
    checking = [seconds(lambda p=p: proof.spend(proof.check(p, "bench", Stage.NORMAL, now=now))) for p in sent]  # type: ignore[misc]
    return (making + statistics.median(checking)) * 1000


@bench("a proof solved by a native program, normal stage", unit="ms")
def one_solution() -> float:
    import altcha
    from django.utils import timezone

    from config.guard import proof
    from config.guard.limits import Stage

    made = [altcha.Challenge.from_dict(proof.challenge("bench", Stage.NORMAL, now=timezone.now())) for _ in range(5)]
    return statistics.median(seconds(lambda one=one: altcha.solve_challenge(one)) for one in made) * 1000  # type: ignore[misc]
