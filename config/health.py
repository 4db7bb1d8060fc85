"""What operators ask: is the process up, can it serve, does background work keep up, how fast is it.

Nothing here waits for Redis: the heartbeat is a row that beat, broker and worker touch together.
"""

from __future__ import annotations

import hmac
import os
from datetime import timedelta

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from config.models import Heartbeat

LATE = timedelta(seconds=150)
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
    try:
        last = Heartbeat.objects.filter(name="jobs").values_list("at", flat=True).first()
    except DatabaseError:
        return JsonResponse({"ok": False, "database": False}, status=503)
    ok = last is not None and timezone.now() - last <= LATE
    return JsonResponse({"ok": ok, "last": last.isoformat() if last else None}, status=200 if ok else 503)


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Behind a bearer token when LINLI_METRICS_TOKEN is set."""
    wanted = f"Bearer {settings.METRICS_TOKEN}"
    given = request.headers.get("Authorization", "")
    if settings.METRICS_TOKEN and not hmac.compare_digest(given.encode(), wanted.encode()):
        return HttpResponse("", status=401, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(generate_latest(_registry()), content_type=CONTENT_TYPE_LATEST)


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
