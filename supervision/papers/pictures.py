"""A picture as marks on paper: bars, lines and words at places in millimetres. `paper.typ` draws them.

Bars lie: names of communities are long, and a page is high. Colours of neighbours differ also in lightness, and every bar
bears its figure, so that a copy in black and white still says the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _

from supervision.papers import form, typesetter
from supervision.papers.paper import Picture

COLOURS = ("#0b4f8a", "#e08a1e", "#4f9d69", "#8e3b46", "#8fb8de", "#6b6b6b", "#5b4b8a", "#c9b458")
INK, FAINT = "#222222", "#c8c8c8"
WIDTH = float(form.WIDTH)
LETTER = 9.0  # points
LETTER_MM = LETTER / 72 * 25.4
MOST_LABEL = 14.0  # characters of a name
BAR, GAP, TOP, AXIS = 4.4, 2.6, 7.0, 7.0
MOST_HEIGHT = 175.0  # of all bars: a picture has to find room on one page
HEIGHT_OF_LINES, HEIGHT_OF_SHARE = 62.0, 24.0
PNG_DPI = 220

Mark = dict[str, Any]


def png(picture: Picture) -> bytes:
    height, drawn = marks(picture)
    return typesetter.png({"width": WIDTH, "height": height, "marks": drawn}, dpi=PNG_DPI)


def marks(picture: Picture) -> tuple[float, list[Mark]]:
    """The height, and what to draw."""
    draw = {"bars": _bars, "stacked": _stacked, "lines": _lines, "share": _share}[picture.kind]
    return draw(picture)


def _bars(picture: Picture) -> tuple[float, list[Mark]]:
    series = _sound(picture)
    row = BAR * max(len(series), 1) + GAP
    labels, left, top, bottom = _room(picture, row)
    scale = _Scale([value for _name, values in series for value in values[: len(labels)]], left, WIDTH - 14)
    drawn = [*_legend(picture), *_upright_axis(scale, top, bottom, picture.unit)]
    for number, label in enumerate(labels):
        y = top + number * row + GAP / 2
        drawn.append(_text(left - 2, y + (row - GAP) / 2, _short(label), "right"))
        for place, (_name, values) in enumerate(series):
            drawn += _bar(scale, values[number], y + place * BAR, _colour(picture, place))
    return _ended(picture, labels, bottom + AXIS, drawn)


def _room(picture: Picture, row: float) -> tuple[tuple[str, ...], float, float, float]:
    """The labels for which there is room on a page, and where the bars begin from the left and above, and end."""
    labels = picture.labels[: max(int(MOST_HEIGHT / row), 1)]
    top = _legend_height(picture)
    return labels, _label_width(labels), top, top + row * len(labels)


def _ended(picture: Picture, labels: tuple[str, ...], height: float, drawn: list[Mark]) -> tuple[float, list[Mark]]:
    """The picture; with a word on what had no room, if anything."""
    left_out = len(picture.labels) - len(labels)
    if not left_out:
        return height, drawn
    words = _("%(count)s more are not drawn.") % {"count": left_out}
    return height + 5, [*drawn, _text(0, height + 2, words, "left")]


def _bar(scale: _Scale, value: float | None, y: float, colour: str) -> list[Mark]:
    if value is None:
        return [_text(scale.at(0) + 1.5, y + BAR / 2, "—", "left")]
    start, end = sorted((scale.at(0), scale.at(value)))
    return [
        _rectangle(start, y + 0.3, end - start, BAR - 0.6, colour),
        _text(end + 1.2, y + BAR / 2, f"{value:g}", "left"),
    ]


def _stacked(picture: Picture) -> tuple[float, list[Mark]]:
    series = _sound(picture)
    row = BAR + GAP
    labels, left, top, bottom = _room(picture, row)
    piles = [[max(values[i] or 0, 0) for _name, values in series] for i in range(len(labels))]
    scale = _Scale([sum(parts) for parts in piles], left, WIDTH - 14)
    drawn = [*_legend(picture), *_upright_axis(scale, top, bottom, picture.unit)]
    for number, (label, parts) in enumerate(zip(labels, piles, strict=True)):
        y = top + number * row + GAP / 2
        drawn.append(_text(left - 2, y + BAR / 2, _short(label), "right"))
        drawn += _pile(picture, scale.at(0), scale.length, parts, y)
        drawn.append(_text(scale.at(sum(parts)) + 1.2, y + BAR / 2, f"{sum(parts):g}", "left"))
    return _ended(picture, labels, bottom + AXIS, drawn)


def _pile(picture: Picture, x: float, per_unit: float, parts: list[float], y: float) -> Iterator[Mark]:
    for place, part in enumerate(parts):
        width = part * per_unit
        if width > 0:
            colour = _colour(picture, place)
            yield _rectangle(x, y + 0.2, width, BAR - 0.4, colour)
            if width > LETTER_MM * (form.breadth(f"{part:g}") + 0.4):
                yield _text(x + width / 2, y + BAR / 2, f"{part:g}", "center", ink_on(colour))
        x += width


def _share(picture: Picture) -> tuple[float, list[Mark]]:
    """One bar of the whole, and below it what each part is called and how much it is."""
    values = [max(value or 0, 0) for value in (_sound(picture)[0][1] if picture.series else [0] * len(picture.labels))]
    whole = sum(values)
    names = [
        f"{_short(label)} {value:g}{picture.unit}" + (f"（{value / whole:.1%}）" if whole else "")
        for label, value in zip(picture.labels, values, strict=True)
    ]
    coloured = list(zip(names, (_colour(picture, place) for place in range(len(names))), strict=True))
    drawn = [_rectangle(0, 2, WIDTH, 9, "#eeeeee")]
    x = 0.0
    for (_name, colour), value in zip(coloured, values, strict=True):
        width = WIDTH * value / whole if whole else 0
        if width:
            drawn.append(_rectangle(x, 2, width, 9, colour))
        x += width
    below, height = _keys(coloured, 14)
    return max(height, HEIGHT_OF_SHARE), [*drawn, *below]


def _lines(picture: Picture) -> tuple[float, list[Mark]]:
    series = _sound(picture)
    top = _legend_height(picture) + 5
    bottom = top + HEIGHT_OF_LINES
    scale = _Scale([value for _name, values in series for value in values], 0, HEIGHT_OF_LINES)
    left = 4 + LETTER_MM * max(form.breadth(f"{tick:g}") for tick in scale.ticks)
    drawn: list[Mark] = list(_legend(picture))
    if picture.unit:
        drawn.append(_text(0, top - 4, picture.unit, "left"))
    for tick in scale.ticks:
        y = bottom - scale.at(tick)
        drawn += [_line([(left, y), (WIDTH, y)], FAINT, 0.15), _text(left - 1.5, y, f"{tick:g}", "right")]
    step = (WIDTH - left) / max(len(picture.labels), 1)
    places = [left + step * (i + 0.5) for i in range(len(picture.labels))]
    drawn += _below(picture.labels, places, step, bottom + 4)
    for number, (_name, values) in enumerate(series):
        dots = [
            None if value is None else (x, bottom - scale.at(value)) for x, value in zip(places, values, strict=True)
        ]
        drawn += _path(dots, _colour(picture, number), number)
    return bottom + AXIS + 1, drawn


def _path(dots: list[tuple[float, float] | None], colour: str, number: int) -> Iterator[Mark]:
    for before, after in pairwise(dots):
        if before and after:
            yield _line([before, after], colour, 0.6)
    for dot in filter(None, dots):  # round dots for one line, square ones for the next
        yield {"kind": "dot", "x": dot[0], "y": dot[1], "r": 0.9, "fill": colour, "square": number % 2 == 1}


def _below(labels: tuple[str, ...], places: list[float], step: float, y: float) -> Iterator[Mark]:
    """As many labels as have room, the last among them."""
    wide = max((LETTER_MM * (form.breadth(_short(label)) + 0.6) for label in labels), default=1.0)
    every = max(math.ceil(wide / step), 1)
    for i, (label, x) in enumerate(zip(labels, places, strict=True)):
        if (len(labels) - 1 - i) % every == 0:
            yield _text(x, y, _short(label), "center")


class _Scale:
    """From values to millimetres: from nought, or from the least value below it, to a round number."""

    def __init__(self, values: list[float | None], start: float, end: float) -> None:
        told = [value for value in values if value is not None]
        low, high = min([0.0, *told]), max([0.0, *told])
        self.step = _round_step((high - low) or 1.0)
        low, high = math.floor(low / self.step), max(math.ceil(high / self.step), 1)
        self.ticks = [round(i * self.step, 10) for i in range(low, high + 1)]
        self.start, self.length = start, (end - start) / (self.ticks[-1] - self.ticks[0])

    def at(self, value: float) -> float:
        return self.start + (value - self.ticks[0]) * self.length


def _round_step(span: float) -> float:
    """A step of 1, 2 or 5 times a power of ten, at most six to the span."""
    power = 10.0 ** math.floor(math.log10(span / 5))
    return next(power * factor for factor in (1, 2, 5, 10, 20) if span / (power * factor) <= 6)


def _sound(picture: Picture) -> list[tuple[str, tuple[float | None, ...]]]:
    count = len(picture.labels)
    return [(name, tuple(map(_finite, (*values, *[None] * count)[:count]))) for name, values in picture.series]


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _upright_axis(scale: _Scale, top: float, bottom: float, unit: str) -> Iterator[Mark]:
    for tick in scale.ticks:
        x = scale.at(tick)
        yield _line([(x, top), (x, bottom)], INK if tick == 0 else FAINT, 0.2)
        yield _text(x, bottom + 3, f"{tick:g}", "center")
    if unit:
        yield _text(WIDTH, bottom + 3, unit, "right")


def _legend(picture: Picture) -> list[Mark]:
    return _keys(_named(picture), 2.5)[0] if len(picture.series) > 1 else []


def _legend_height(picture: Picture) -> float:
    return _keys(_named(picture), 2.5)[1] + 2 if len(picture.series) > 1 else TOP / 2


def _named(picture: Picture) -> list[tuple[str, str]]:
    return [(_short(name), _colour(picture, place)) for place, (name, _values) in enumerate(picture.series)]


def _keys(named: list[tuple[str, str]], y: float) -> tuple[list[Mark], float]:
    """Coloured squares with their names, in as many lines as it takes; and where they end."""
    drawn: list[Mark] = []
    x = 0.0
    for name, colour in named:
        width = 5 + LETTER_MM * (form.breadth(name) + 1)
        if x and x + width > WIDTH:
            x, y = 0.0, y + 5
        drawn += [_rectangle(x, y - 1.5, 3, 3, colour), _text(x + 4.2, y, name, "left")]
        x += width
    return drawn, y + 4


def _label_width(labels: tuple[str, ...]) -> float:
    return 3 + LETTER_MM * max((form.breadth(_short(label)) for label in labels), default=1.0)


def _short(text: str) -> str:
    text = form.clean(text).replace("\n", " ")
    if form.breadth(text) <= MOST_LABEL:
        return text
    while form.breadth(text) > MOST_LABEL - 1:
        text = text[: min(len(text) - 1, 2 * int(MOST_LABEL))]
    return text + "…"


def _colour(picture: Picture, place: int) -> str:
    colours = picture.colours or COLOURS
    return colours[place % len(colours)]


def ink_on(colour: str) -> str:
    """Ink that can be read on this colour."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return INK if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else "#ffffff"


def _rectangle(x: float, y: float, width: float, height: float, fill: str) -> Mark:
    return {"kind": "rectangle", "x": x, "y": y, "width": width, "height": height, "fill": fill}


def _line(points: list[tuple[float, float]], stroke: str, width: float) -> Mark:
    return {"kind": "line", "points": points, "stroke": stroke, "width": width}


def _text(x: float, y: float, text: str, align: str, fill: str = INK) -> Mark:
    return {"kind": "text", "x": x, "y": y, "text": text, "align": align, "fill": fill}
