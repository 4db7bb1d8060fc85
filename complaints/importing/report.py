"""What became of a file, row by row."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from config.lib.sheets import Row

SAMPLE = 20


class Verdict(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"


class Remark(NamedTuple):
    row: int
    column: str
    message: str


@dataclass
class Report:
    """`counts` covers every row; `read` is their sum. `sample` shows the first rows as they land."""

    profile: str = ""
    headings: list[str] = field(default_factory=list)
    counts: dict[Verdict, int] = field(default_factory=lambda: dict.fromkeys(Verdict, 0))
    errors: list[Remark] = field(default_factory=list)
    warnings: list[Remark] = field(default_factory=list)
    sample: list[dict[str, Any]] = field(default_factory=list)
    rejected: list[tuple[Row, str]] = field(default_factory=list)
    seconds: float = 0.0
    _warned: set[tuple[str, str]] = field(default_factory=set)

    @property
    def read(self) -> int:
        return sum(self.counts.values())

    def count(self, verdict: Verdict, row: Row, shown: dict[str, Any]) -> None:
        self.counts[verdict] += 1
        if len(self.sample) < SAMPLE:
            self.sample.append({"row": row.number, "verdict": str(verdict), **shown})

    def reject(self, row: Row, column: str, message: str) -> None:
        self.errors.append(Remark(row.number, column, message))
        self.rejected.append((row, message))
        self.count(Verdict.REJECTED, row, {"title": message})

    def warn(self, row: int, column: str, message: str) -> None:
        self.warnings.append(Remark(row, column, message))

    def warn_once(self, row: int, column: str, message: str) -> None:
        """For what is true of many rows: the first of them is named."""
        if (column, message) not in self._warned:
            self._warned.add((column, message))
            self.warn(row, column, message)

    def as_dict(self) -> dict[str, Any]:
        return {
            "profile": self.profile,
            "read": self.read,
            **{str(verdict): count for verdict, count in self.counts.items()},
            "errors": [error._asdict() for error in self.errors],
            "warnings": [warning._asdict() for warning in self.warnings],
            "seconds": round(self.seconds, 3),
        }
