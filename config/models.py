from __future__ import annotations

from django.db import models


class Heartbeat(models.Model):
    """When a background job last ran. One row says that beat, broker, worker and database work together."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} {self.at.isoformat()}"
