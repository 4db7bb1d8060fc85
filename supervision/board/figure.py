"""Numbers that open the cases they count, and the lines and tables they stand in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise

from complaints.filters import address
from complaints.lights import Light

SHOWN = (Light.RED, Light.YELLOW, Light.GREEN, Light.PAUSED)


@dataclass(frozen=True)
class Figure:
    """A number and the list of exactly the cases it counts."""

    count: int
    url: str
    light: str = ""
    label: str | Promise = ""


@dataclass
class Line:
    """`url`: where this line alone is looked at more closely."""

    label: str | Promise
    total: Figure
    lights: list[Figure]
    url: str = ""


@dataclass
class Table:
    """`left_out`: lines below the tenth. `chart`: drawn as well."""

    code: str
    title: str | Promise
    lines: list[Line] = field(default_factory=list)
    left_out: int = 0
    chart: bool = False


def line(label: str | Promise, lights: Mapping[str, int], limits: dict[str, Any], url: str = "") -> Line:
    """One line of open cases by their light."""
    return Line(
        label,
        Figure(sum(lights.values()), address(**limits)),
        [Figure(lights.get(light, 0), address(**limits, light=light), light) for light in SHOWN],
        url,
    )
