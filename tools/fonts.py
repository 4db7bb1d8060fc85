"""Join the slices of the web fonts in package-lock.json to whole font files for printed papers, in fonts/.

Packages of Chinese web fonts hold each font as some hundred WOFF2 slices, told apart by their characters. A typesetter
needs one file per font. Outlines and their variations are taken over as they are; only glyph numbers move.
"""

from __future__ import annotations

import io
import shutil
import struct
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from pathlib import Path

from fontTools.ttLib import TTFont, newTable
from fontTools.ttLib.sfnt import SFNTReader, SFNTWriter
from fontTools.ttLib.tables._c_m_a_p import cmap_format_12

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
FONTS = ROOT / "fonts"

SOURCES = {
    "NotoSerifSC.ttf": "@fontsource-variable/noto-serif-sc/files/*-wght-normal.woff2",
    "NotoSansSC.ttf": "@fontsource-variable/noto-sans-sc/files/*-wght-normal.woff2",
    "LXGWWenKai.ttf": "lxgw-wenkai-webfont/files/lxgwwenkai-regular-*.woff2",
}
LICENCES = {
    "OFL-Noto.txt": "@fontsource-variable/noto-serif-sc/LICENSE",
    "OFL-LXGWWenKai.txt": "lxgw-wenkai-webfont/OFL.txt",
}
# Tables that say nothing about single glyphs: taken from the first slice.
COMMON = ("OS/2", "name", "prep", "fpgm", "cvt ", "gasp", "fvar", "avar", "STAT")
MORE_COMPONENTS, WORDS, SCALE, XY_SCALE, TWO_BY_TWO = 0x20, 0x01, 0x08, 0x40, 0x80
LONG_OFFSETS = 1


def lay_out() -> None:
    FONTS.mkdir(exist_ok=True)
    for name, source in LICENCES.items():
        shutil.copyfile(MODULES / source, FONTS / name)
    with ProcessPoolExecutor() as pool:  # unpacking the outlines takes Python some seconds per font
        for _done in pool.map(_lay_out, SOURCES.items()):
            pass


def _lay_out(source: tuple[str, str]) -> None:
    name, pattern = source
    # The Latin slice comes first: where slices overlap, the first one is heard.
    slices = sorted(MODULES.glob(pattern), key=lambda path: ("latin-wght" not in path.name, path.name))
    if not slices:
        raise FileNotFoundError(f"{pattern} is not installed: run `python -m tools.vendor`.")
    (FONTS / name).write_bytes(joined(slices))


def joined(slices: Iterable[Path]) -> bytes:
    """One TrueType font with the characters of all slices. They must be cut from one font."""
    characters: dict[int, int] = {}
    outlines: list[bytes] = []
    variations: list[bytes] = []
    metrics: list[bytes] = []
    base: SFNTReader | None = None
    for path in slices:
        font, raw = _opened(path)
        base = base or raw
        moved = len(outlines) - (1 if outlines else 0)  # every slice brings its own glyph 0, needed once
        skip = 1 if outlines else 0
        for number, glyph in _characters(font).items():
            characters.setdefault(number, glyph + moved)
        outlines += [_moved(outline, moved) for outline in _outlines(raw)[skip:]]
        metrics += _metrics(raw)[skip:]
        if "gvar" in raw:
            variations += _variations(raw)[skip:]
    assert base is not None
    return _written(base, characters, outlines, metrics, variations)


def _opened(path: Path) -> tuple[TTFont, SFNTReader]:
    font = TTFont(path, lazy=True, recalcTimestamp=False)  # the same slices give the same file
    font.flavor = None
    plain = io.BytesIO()
    font.save(plain, reorderTables=False)
    plain.seek(0)
    font = TTFont(plain, lazy=True)
    assert isinstance(font.reader, SFNTReader)
    return font, font.reader


def _characters(font: TTFont) -> dict[int, int]:
    return {number: font.getGlyphID(name) for number, name in (font.getBestCmap() or {}).items()}


def _offsets(raw: SFNTReader) -> tuple[int, ...]:
    long = struct.unpack(">h", raw["head"][50:52])[0] == LONG_OFFSETS
    loca = raw["loca"]
    if long:
        return struct.unpack(f">{len(loca) // 4}L", loca)
    return tuple(2 * offset for offset in struct.unpack(f">{len(loca) // 2}H", loca))


def _outlines(raw: SFNTReader) -> list[bytes]:
    offsets, glyf = _offsets(raw), raw["glyf"]
    return [glyf[start:end] for start, end in pairwise(offsets)]


def _metrics(raw: SFNTReader) -> list[bytes]:
    """Advance and left bearing of every glyph, written out also where the table shortens them."""
    count, full = _glyphs(raw), struct.unpack(">H", raw["hhea"][34:36])[0]
    hmtx = raw["hmtx"]
    whole = [hmtx[4 * i : 4 * i + 4] for i in range(full)]
    bearings = hmtx[4 * full :]
    return whole + [whole[-1][:2] + bearings[2 * i : 2 * i + 2] for i in range(count - full)]


def _variations(raw: SFNTReader) -> list[bytes]:
    """The variations of every glyph. They lean on shared peaks, which must be the same in all slices: see `_written`."""
    gvar = raw["gvar"]
    count, flags, start = struct.unpack(">HHL", gvar[12:20])
    if flags & LONG_OFFSETS:
        offsets: tuple[int, ...] = struct.unpack(f">{count + 1}L", gvar[20 : 24 + 4 * count])
    else:
        offsets = tuple(2 * offset for offset in struct.unpack(f">{count + 1}H", gvar[20 : 22 + 2 * count]))
    return [gvar[start + a : start + b] for a, b in pairwise(offsets)]


def _glyphs(raw: SFNTReader) -> int:
    count: int = struct.unpack(">H", raw["maxp"][4:6])[0]
    return count


def _moved(glyph: bytes, by: int) -> bytes:
    """An outline whose parts, if it is put together from others, are found `by` numbers further."""
    if len(glyph) < 10 or struct.unpack(">h", glyph[:2])[0] >= 0:
        return glyph
    changed = bytearray(glyph)
    for at in _parts(glyph):
        struct.pack_into(">H", changed, at, struct.unpack_from(">H", changed, at)[0] + by)
    return bytes(changed)


def _parts(glyph: bytes) -> Iterator[int]:
    at, flags = 10, MORE_COMPONENTS
    while flags & MORE_COMPONENTS:
        flags = struct.unpack_from(">H", glyph, at)[0]
        yield at + 2
        at += 4 + (4 if flags & WORDS else 2)
        at += 2 if flags & SCALE else 4 if flags & XY_SCALE else 8 if flags & TWO_BY_TWO else 0


def _written(
    base: SFNTReader, characters: dict[int, int], outlines: list[bytes], metrics: list[bytes], variations: list[bytes]
) -> bytes:
    tables = {tag: base[tag] for tag in COMMON if tag in base}
    count = struct.pack(">H", len(outlines))
    padded = [glyph + bytes(-len(glyph) % 4) for glyph in outlines]
    tables["glyf"] = b"".join(padded)
    tables["loca"] = _running(padded)
    tables["hmtx"] = b"".join(metrics)
    tables["head"] = base["head"][:50] + struct.pack(">h", LONG_OFFSETS) + base["head"][52:]
    tables["hhea"] = base["hhea"][:34] + count
    tables["maxp"] = base["maxp"][:4] + count + base["maxp"][6:]
    tables["post"] = struct.pack(">L", 0x30000) + base["post"][4:32]  # version 3: glyphs without names
    tables["cmap"] = _cmap(characters)
    if variations:
        tables["gvar"] = _gvar(base["gvar"], variations)
    target = io.BytesIO()
    writer = SFNTWriter(target, len(tables), "\x00\x01\x00\x00")
    for tag in sorted(tables):
        writer[tag] = tables[tag]
    writer.close()
    return target.getvalue()


def _gvar(base: bytes, variations: list[bytes]) -> bytes:
    axes, peaks, at = struct.unpack(">HHL", base[4:12])
    shared = base[at : at + 2 * axes * peaks]
    offsets = _running(variations)
    start = 20 + len(offsets)
    head = struct.pack(">LHHLHHL", 0x10000, axes, peaks, start, len(variations), LONG_OFFSETS, start + len(shared))
    return head + offsets + shared + b"".join(variations)


def _cmap(characters: dict[int, int]) -> bytes:
    table = cmap_format_12(12)
    table.platformID, table.platEncID, table.language = 3, 10, 0
    table.cmap = {number: f"glyph{glyph:05d}" for number, glyph in characters.items()}
    names = TTFont()
    names.setGlyphOrder([f"glyph{i:05d}" for i in range(max(characters.values()) + 1)])
    whole = newTable("cmap")
    whole.tableVersion, whole.tables = 0, [table]
    return bytes(whole.compile(names))


def _running(blobs: list[bytes]) -> bytes:
    offsets, at = [0], 0
    for blob in blobs:
        at += len(blob)
        offsets.append(at)
    return struct.pack(f">{len(offsets)}L", *offsets)
