"""The same figures as plain values for the pictures; `static/js/board.js` draws them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from config.templatetags.linli import light_word
from supervision.board.figure import SHOWN, Figure, Line
from supervision.board.flow import Hot, Step
from supervision.board.outcome import Rate
from supervision.board.period import Period


def by_light(lines: Sequence[Line], *, across: bool) -> dict[str, Any]:
    """Stacked by light. `across`: bars lie down, as long names need."""
    series = [_series(light_word(light), light, [line.lights[n] for line in lines]) for n, light in enumerate(SHOWN)]
    return _chart("bars", [str(line.label) for line in lines], series, across=across, stacked=True)


def in_and_out(steps: Sequence[Step]) -> dict[str, Any]:
    came, went = [step.came for step in steps], [step.went for step in steps]
    series = [_series(_("came in"), "came", came), _series(_("closed"), "went", went)]
    return _chart("bars", _days(step.days for step in steps), series)


def stock(steps: Sequence[Step]) -> dict[str, Any]:
    """A scale of its own, so a picture of its own."""
    series = [_series(_("open at the end"), "stock", [step.stock for step in steps])]
    return _chart("line", _days(step.days for step in steps), series)


def hottest(hot: Sequence[Hot]) -> dict[str, Any]:
    series = [
        _series(_("these days"), "came", [one.now for one in hot]),
        _series(_("as many days before"), "before", [one.before for one in hot]),
    ]
    return _chart("bars", [str(one.label) for one in hot], series, across=True)


def percentages(rates: Sequence[Rate]) -> dict[str, Any]:
    """Too small a sample has no bar: its percentage would say nothing."""
    shown = [
        float(rate.share.percent) if rate.share.enough and rate.share.percent is not None else None for rate in rates
    ]
    series = {
        "name": _("per cent"),
        "tone": "rate",
        "values": shown,
        "urls": [rate.sample.url for rate in rates],
        "words": [
            _("%(percent)s %%") % {"percent": value} if value is not None else _("sample too small") for value in shown
        ],
    }
    return _chart("bars", [str(rate.measure.title) for rate in rates], [series], across=True, most=100)


def _series(name: str, tone: str, figures: Iterable[Figure]) -> dict[str, Any]:
    figures = list(figures)
    return {
        "name": name,
        "tone": tone,
        "values": [figure.count for figure in figures],
        "urls": [figure.url for figure in figures],
    }


def _chart(
    kind: str,
    labels: list[str],
    series: list[dict[str, Any]],
    *,
    across: bool = False,
    stacked: bool = False,
    most: int | None = None,
) -> dict[str, Any]:
    return {"kind": kind, "labels": labels, "series": series, "across": across, "stacked": stacked, "most": most}


def _days(parts: Iterable[Period]) -> list[str]:
    return [f"{part.first.month}-{part.first.day}" for part in parts]
