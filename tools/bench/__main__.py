"""Run the benchmarks and print a table: `make bench`, or `make bench ARGS=word` for those named with the word."""

from __future__ import annotations

import importlib
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

from config import embedded
from tools import bench

ROOT = Path(__file__).resolve().parents[2]
DATABASE = "linli_bench"


def fresh_database(servers: embedded.Servers) -> None:
    import psycopg2

    connection = psycopg2.connect(servers.url(embedded.SUPER, "postgres"))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {DATABASE} OWNER {embedded.OWNER}")
    connection.close()


def drop_database(servers: embedded.Servers) -> None:
    import psycopg2

    connection = psycopg2.connect(servers.url(embedded.SUPER, "postgres"))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
    connection.close()


def line(result: bench.Result) -> str:
    unit = result.bench.unit
    sign = ">=" if result.bench.at_least else "<="
    limit = "" if result.limit is None else f"{sign} {result.limit:,.3g} {unit}"
    ratio = "" if result.ratio is None else f"{result.ratio:6.2f} {'ok' if result.ratio <= 1 else 'OVER'}"
    return f"{result.bench.name:<58} {result.value:>12,.3g} {unit:<8} {limit:<18} {ratio}"


def main(words: list[str]) -> int:
    os.environ.pop("DATABASE_URL", None)
    servers = embedded.borrow().servers
    fresh_database(servers)
    os.environ["DATABASE_URL"] = servers.url(embedded.APP, DATABASE)
    os.environ["DATABASE_OWNER_URL"] = servers.url(embedded.OWNER, DATABASE)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ["LINLI_REACH"] = "office"
    subprocess.run([sys.executable, "manage.py", "migrate", "-v", "0"], cwd=ROOT, check=True)

    import django

    django.setup()
    from complaints import wall

    for module in sorted(info.name for info in pkgutil.iter_modules(bench.__path__)):
        if module != "__main__":
            importlib.import_module(f"tools.bench.{module}")
    print(f"{'benchmark':<58} {'measured':>12} {'':<8} {'limit':<18} {'share of limit'}")
    results = []
    for one in bench.REGISTRY:
        if not words or any(word in one.name for word in words):
            wall.open_for(wall.Reach(whole=True))  # the pages of the one before have left it as their reader's
            results.append(one.measure())
            print(line(results[-1]), flush=True)
    drop_database(servers)
    return 1 if any((result.ratio or 0) > 1 for result in results) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
