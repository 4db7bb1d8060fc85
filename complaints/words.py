"""The search words of cases; how they are made is shared with the service guide."""

from __future__ import annotations

from config.lib.words import INDEXED, RUN, grams, query_grams

__all__ = ["INDEXED", "RUN", "grams", "query_grams"]
