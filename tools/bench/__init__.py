"""Benchmarks: how far the system stays within its limits on this machine.

Write a module in this package with functions such as

    @bench("a deadline of 15 working days", limit=0.2, unit="ms")
    def deadline() -> float:
        return milliseconds(lambda: ...)

A function returns what it measured, or `Measured(value, limit)` when the limit is itself measured in the same run.
They run one after the other, in the order of their modules and lines, on a database of their own.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, TypeVar


class Measured(NamedTuple):
    value: float
    limit: float | None = None


@dataclass(frozen=True)
class Bench:
    name: str
    run: Callable[[], float | Measured]
    limit: float | None
    unit: str
    at_least: bool

    def measure(self) -> Result:
        found = self.run()
        value, limit = found if isinstance(found, Measured) else (found, None)
        return Result(self, value, self.limit if limit is None else limit)


@dataclass(frozen=True)
class Result:
    bench: Bench
    value: float
    limit: float | None

    @property
    def ratio(self) -> float | None:
        """The share of the limit that was used up; above 1 the limit is broken."""
        if self.limit is None or not self.value or not self.limit:
            return None
        return self.limit / self.value if self.bench.at_least else self.value / self.limit


REGISTRY: list[Bench] = []


Function = TypeVar("Function", bound=Callable[[], "float | Measured"])


def bench(
    name: str, *, limit: float | None = None, unit: str = "s", at_least: bool = False
) -> Callable[[Function], Function]:
    """Register a benchmark. The limit is the most allowed, or with `at_least` the least."""

    def register(function: Function) -> Function:
        REGISTRY.append(Bench(name, function, limit, unit, at_least))
        return function

    return register


def milliseconds(act: Callable[[], object], times: int = 20) -> float:
    """The median time of one call."""
    return statistics.median(seconds(act) for _ in range(times)) * 1000


def seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]
