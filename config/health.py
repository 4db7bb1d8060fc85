"""What operators ask: is the process up, can it serve, does background work keep up, how fast is it.

Nothing here waits for Redis: the heartbeat is a row that beat, broker and worker touch together.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterator

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from supervision.telling import health as telling

_known_good: set[str] = set()


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    found = {"database": database_answers()}
    found["migrations"] = found["database"] and migrations_applied()
    found["static"] = static_built()
    return JsonResponse(found, status=200 if all(found.values()) else 503)


@never_cache
@require_safe
def jobs(request: HttpRequest) -> JsonResponse:
    """Whether background work keeps up: each check by name. A hold alone is said and stays 200."""
    try:
        found = telling.report(telling.look(), timezone.now())
    except DatabaseError:
        return JsonResponse({"ok": False, "database": False}, status=503)
    return JsonResponse(found, status=200 if found["ok"] else 503)


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Behind a bearer token when LINLI_METRICS_TOKEN is set."""
    wanted = f"Bearer {settings.METRICS_TOKEN}"
    given = request.headers.get("Authorization", "")
    if settings.METRICS_TOKEN and not hmac.compare_digest(given.encode(), wanted.encode()):
        return HttpResponse("", status=401, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(generate_latest(_registry()) + _telling(), content_type=CONTENT_TYPE_LATEST)


def _telling() -> bytes:
    """Gauges from the database: the same whichever process is asked, so no process keeps them."""
    try:
        seen = telling.look()
    except DatabaseError:
        return b""
    registry = CollectorRegistry()
    registry.register(Gauges(seen))
    return generate_latest(registry)


class Gauges(Collector):
    def __init__(self, seen: telling.Seen) -> None:
        self.seen = seen

    def collect(self) -> Iterator[Metric]:
        seen = self.seen
        yield GaugeMetricFamily("linli_alerts_waiting", "Messages to staff that wait to be sent", seen.waiting)
        yield GaugeMetricFamily("linli_alerts_dead", "Messages to staff that were given up", seen.dead)
        yield GaugeMetricFamily("linli_alerts_held", "1 while nothing is sent", int(bool(seen.holds)))


def _registry() -> CollectorRegistry:
    """The sum over all web processes, when there are several."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    ProcessCollector(registry=registry)
    return registry


def database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def migrations_applied() -> bool:
    """Asked until true; code and migrations change only with a restart."""
    if "migrations" not in _known_good:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return False
        _known_good.add("migrations")
    return True


def static_built() -> bool:
    hashed = getattr(staticfiles_storage, "hashed_files", None)
    return hashed is None or bool(hashed)
