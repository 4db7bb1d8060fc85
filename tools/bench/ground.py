from __future__ import annotations

from django.test import Client

from tools.bench import bench, milliseconds


@bench("the readiness probe answers", limit=20, unit="ms")
def readiness() -> float:
    client = Client(headers={"host": "localhost"})
    client.get("/readyz")
    return milliseconds(lambda: client.get("/readyz"))
