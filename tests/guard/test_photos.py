from __future__ import annotations

import contextlib
import io
import json
import random
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image, ImageDraw

from config.lib import photos
from config.lib.errors import RuleBroken

MARK = b"MARK-39.9042N-116.4074E"


def scene(width: int = 320, height: int = 200, mode: str = "RGB") -> Image.Image:
    """Left half red, right half blue, so that one sees which way up it is."""
    picture = Image.new("RGB", (width, height), (200, 30, 30))
    ImageDraw.Draw(picture).rectangle((width // 2, 0, width, height), fill=(30, 30, 200))
    return picture.convert(mode)


def saved(picture: Image.Image, form: str, **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


def exif(orientation: int = 1) -> Image.Exif:
    found = Image.Exif()
    found[0x0112], found[0x010F], found[0x9286] = orientation, MARK.decode(), MARK.decode()
    place = found.get_ifd(0x8825)
    place[1], place[2], place[3], place[4] = "N", (39.0, 54.0, 15.1), "E", (116.0, 24.0, 26.6)
    return found


def segment(marker: int, content: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(content) + 2) + content


def jpeg_with(*segments: bytes, tail: bytes = b"") -> bytes:
    plain = saved(scene(), "JPEG")
    return plain[:2] + b"".join(segments) + plain[2:] + tail


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int, height: int, *extra: bytes, depth: int = 8, colour: int = 2, rows: bytes | None = None) -> bytes:
    pixels = rows if rows is not None else bytes((1 + width * 3) * height)
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n" + head + b"".join(extra) + chunk(b"IDAT", zlib.compress(pixels, 9)) + chunk(b"IEND", b"")
    )


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("run.sh", MARK)
    return out.getvalue()


def moving(form: str) -> bytes:
    return saved(scene(), form, save_all=True, append_images=[scene().rotate(180), scene().rotate(90)])


def forged_jpeg_size(width: int, height: int) -> bytes:
    data = bytearray(saved(scene(), "JPEG"))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def forged_webp_size() -> bytes:
    canvas = (16_383).to_bytes(3, "little") * 2
    body = b"VP8X" + struct.pack("<I", 10) + bytes(4) + canvas + b"VP8 " + struct.pack("<I", 4) + bytes(4)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def many_scans() -> bytes:
    """A progressive JPEG whose last scan is told over and over: little to send, much to decode."""
    data = saved(Image.effect_noise((4000, 4000), 20).convert("RGB"), "JPEG", progressive=True, quality=5)
    at = data.rindex(b"\xff\xda")
    scan = data[at:-2]
    times = min(20_000, (photos.MOST_BYTES - len(data)) // max(1, len(scan)))
    return data[:-2] + scan * times + b"\xff\xd9"


GRADIENT = bytes(n % 256 for n in range(50 * 2**20))

REFUSED: dict[str, tuple[str, Callable[[], bytes]]] = {
    "nothing": ("empty", lambda: b""),
    "only zeros": ("no_photo", lambda: bytes(1000)),
    "svg with a script": (
        "no_photo",
        lambda: b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    ),
    "svg with a declaration": ("no_photo", lambda: b"<?xml version='1.0'?><svg/>"),
    "a web page called a photo": ("no_photo", lambda: b"<!DOCTYPE html><script>alert(1)</script>"),
    "a script": ("no_photo", lambda: b"alert(1)//"),
    "a pdf": ("no_photo", lambda: b"%PDF-1.7\n"),
    "an archive": ("no_photo", archive),
    "a gif": ("no_photo", lambda: saved(scene(), "GIF")),
    "a gif that is javascript": ("no_photo", lambda: b"GIF89a=1;alert(1)//"),
    "a bitmap": ("no_photo", lambda: saved(scene(), "BMP")),
    "a tiff": ("no_photo", lambda: saved(scene(), "TIFF")),
    "an icon": ("no_photo", lambda: saved(scene(), "ICO")),
    "postscript": ("no_photo", lambda: saved(scene(), "EPS")),
    "a sound file in the same wrapping as webp": ("no_photo", lambda: b"RIFF\x24\0\0\0WAVEfmt " + bytes(28)),
    "a web page with a photo's first bytes": (
        "damaged",
        lambda: b"\xff\xd8\xff\xe0<html><script>alert(1)</script></html>",
    ),
    "a page with a png's first bytes": ("damaged", lambda: b"\x89PNG\r\n\x1a\n<html><script>alert(1)</script>"),
    "half a jpeg": ("damaged", lambda: saved(scene(), "JPEG")[:-900]),
    "half a png": ("damaged", lambda: saved(scene(), "PNG")[:-60]),
    "half a webp": ("damaged", lambda: saved(scene(), "WEBP")[:-60]),
    "a png with a wrong checksum": ("damaged", lambda: png(8, 8).replace(b"IDAT", b"IDAU", 1)),
    "a png without pixels": ("damaged", lambda: png(64, 64, rows=b"")),
    "a png with no width": ("damaged", lambda: png(0, 8)),
    "noise behind a jpeg's first bytes": ("damaged", lambda: b"\xff\xd8\xff" + random.Random(1).randbytes(50_000)),
    "a moving png": ("animated", lambda: moving("PNG")),
    "a moving webp": ("animated", lambda: moving("WEBP")),
    "a png of a billion pixels in a few bytes": ("too_many_pixels", lambda: png(65_000, 65_000, rows=b"")),
    "a png of 26 million pixels": ("too_many_pixels", lambda: png(6500, 4000, rows=b"")),
    "a png one pixel high and very long": ("too_many_pixels", lambda: png(1_000_000, 1, rows=b"")),
    "a png with sides beyond counting": ("too_many_pixels", lambda: png(2**31 - 1, 2**31 - 1, rows=b"")),
    "a jpeg that says it is enormous": ("too_many_pixels", lambda: forged_jpeg_size(65_000, 65_000)),
    "a jpeg that says it is 25 million and one": ("too_many_pixels", lambda: forged_jpeg_size(5001, 5000)),
    "a webp that says it is enormous": ("too_many_pixels", forged_webp_size),
    "a photo one byte too large": ("too_large", lambda: saved(scene(), "JPEG") + bytes(photos.MOST_BYTES)),
}

# What may be a bomb to a decoder, or may be drawn without harm: both are right, as long as nothing remains.
EITHER: dict[str, Callable[[], bytes]] = {
    "a jpeg decoded over and over": many_scans,
    "texts that unpack to 50 MB": lambda: png(8, 8, chunk(b"zTXt", b"k\0\0" + zlib.compress(GRADIENT))),
    "international text that unpacks to 50 MB": lambda: png(
        8, 8, chunk(b"iTXt", b"k\0\1\0\0\0" + zlib.compress(GRADIENT))
    ),
    "a thousand packed texts": lambda: png(
        8, 8, *[chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(2**20))) for _ in range(1000)]
    ),
    "a colour profile that unpacks to 50 MB": lambda: png(8, 8, chunk(b"iCCP", b"icc\0\0" + zlib.compress(GRADIENT))),
    "pixels that unpack to far more than the picture": lambda: png(8, 8, rows=GRADIENT),
    "a colour profile of nonsense": lambda: saved(scene(), "JPEG", icc_profile=MARK * 2000),
    "exif of nonsense": lambda: jpeg_with(segment(0xE1, b"Exif\0\0" + random.Random(2).randbytes(60_000))),
    "exif that points at itself": lambda: jpeg_with(
        segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<HHHII", 1, 0x8769, 4, 1, 8) + struct.pack("<I", 8))
    ),
}

CLEANED: dict[str, Callable[[], bytes]] = {
    "a plain jpeg": lambda: saved(scene(), "JPEG"),
    "a progressive jpeg": lambda: saved(scene(), "JPEG", progressive=True),
    "place, camera and notes in exif": lambda: saved(scene(), "JPEG", exif=exif()),
    "the same in png": lambda: saved(scene(), "PNG", exif=exif()),
    "the same in webp": lambda: saved(scene(), "WEBP", exif=exif(), xmp=b"<x:xmpmeta>" + MARK + b"</x:xmpmeta>"),
    "comments": lambda: saved(scene(), "JPEG", comment=MARK * 100),
    "xmp": lambda: jpeg_with(segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + MARK)),
    "iptc": lambda: jpeg_with(segment(0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0" + MARK)),
    "segments of every kind": lambda: jpeg_with(*[segment(0xE2 + n, MARK) for n in range(12) if n != 12]),
    "a comment that is a web page": lambda: jpeg_with(segment(0xFE, b"<script>alert(1)</script>" + MARK)),
    "a comment that is javascript": lambda: jpeg_with(segment(0xFE, b"*/=alert(1);/*" + MARK)),
    "an archive hung on behind": lambda: jpeg_with(tail=archive()),
    "a web page hung on behind": lambda: jpeg_with(tail=b"<html><script>alert(1)</script>" + MARK),
    "a program hung on behind a png": lambda: saved(scene(), "PNG") + b"<?php " + MARK,
    "a page hung on behind a webp": lambda: saved(scene(), "WEBP") + b"<html>" + MARK,
    "text in a png": lambda: png(320, 200, chunk(b"tEXt", b"Comment\0" + MARK), chunk(b"eXIf", b"II*\0" + MARK)),
    "unknown chunks in a png": lambda: png(320, 200, chunk(b"prVt", MARK), chunk(b"tIME", bytes(7))),
    "a print colour space": lambda: saved(scene(mode="CMYK"), "JPEG"),
    "sixteen bits a channel": lambda: png(320, 200, depth=16, rows=bytes((1 + 320 * 6) * 200)),
    "sixteen bits of grey": lambda: saved(Image.new("I;16", (320, 200), 60_000), "PNG"),
    "one bit": lambda: saved(scene(mode="1"), "PNG"),
    "a palette": lambda: saved(scene(mode="P"), "PNG"),
    "something one can see through": lambda: saved(scene(mode="RGBA"), "PNG"),
    "grey one can see through": lambda: saved(scene(mode="LA"), "PNG"),
    "webp without loss": lambda: saved(scene(), "WEBP", lossless=True),
    "a phone's picture with a second one in it": lambda: saved(scene(), "MPO", save_all=True, append_images=[scene()]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_is_no_photo_is_refused_with_a_sentence(name: str) -> None:
    code, make = REFUSED[name]
    with pytest.raises(RuleBroken) as refusal:
        photos.clean(make())
    assert refusal.value.code == code
    assert str(refusal.value) == str(photos.FAULTS[code])


def holds_nothing_else(photo: photos.Photo) -> None:
    assert photos.only_a_picture(photo.data)
    for left in (MARK, b"script", b"PK\x03\x04", b"Exif", b"ICC_PROFILE", b"http"):
        assert left not in photo.data
    with Image.open(io.BytesIO(photo.data)) as again:
        assert again.format == "JPEG"
        assert again.size == (photo.width, photo.height)
        assert set(again.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert not again.getexif()
        again.load()


@pytest.mark.parametrize("name", CLEANED)
def test_a_photo_is_drawn_anew_and_nothing_else_is_left(name: str) -> None:
    data = CLEANED[name]()
    photo = photos.clean(data)
    holds_nothing_else(photo)
    with Image.open(io.BytesIO(data)) as before:
        assert (photo.width, photo.height) == before.size


@pytest.mark.parametrize("name", EITHER)
def test_a_bomb_in_the_margins_harms_nobody(name: str) -> None:
    data = EITHER[name]()
    assert len(data) <= photos.MOST_BYTES
    with contextlib.suppress(RuleBroken):
        holds_nothing_else(photos.clean(data))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_taken_sideways_is_stored_upright(orientation: int) -> None:
    upright = scene()
    turn = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }  # fmt: skip
    stored = upright.transpose(turn[orientation]) if orientation in turn else upright
    photo = photos.clean(saved(stored, "JPEG", exif=exif(orientation), quality=95))
    assert (photo.width, photo.height) == upright.size
    with Image.open(io.BytesIO(photo.data)) as seen:
        left, right = seen.getpixel((20, 100)), seen.getpixel((300, 100))
    assert isinstance(left, tuple)
    assert isinstance(right, tuple)
    assert left[0] > 150 > left[2]
    assert right[2] > 150 > right[0]


def test_colours_stay_what_they_were() -> None:
    for data in (saved(scene(mode="CMYK"), "JPEG", quality=95), saved(scene(mode="P"), "PNG"), saved(scene(), "WEBP")):
        with Image.open(io.BytesIO(photos.clean(data).data)) as seen:
            red = seen.convert("RGB").getpixel((20, 100))
            assert isinstance(red, tuple)
            assert red[0] > 150
            assert red[2] < 80
    with Image.open(io.BytesIO(photos.clean(CLEANED["sixteen bits of grey"]()).data)) as seen:
        assert seen.getpixel((5, 5)) in range(230, 237)
    clear = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    with Image.open(io.BytesIO(photos.clean(saved(clear, "PNG")).data)) as seen:
        assert seen.getpixel((5, 5)) == (255, 255, 255)


def test_a_photo_of_25_million_pixels_is_taken() -> None:
    photo = photos.clean(saved(scene(5000, 5000), "JPEG"))
    assert (photo.width, photo.height) == (5000, 5000)
    holds_nothing_else(photo)


def test_a_child_that_dies_or_babbles_means_no_photo(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    data = saved(scene(), "JPEG")
    for body, code in (
        ("import os; os.abort()", "limits"),
        ("print('hello')", "limits"),
        ("print('[]')", "limits"),
        (f"print({json.dumps(json.dumps({'width': 1, 'height': 1}))}); print('<html>')", "damaged"),
    ):
        child = tmp_path / "child.py"
        child.write_text(body)
        monkeypatch.setattr(photos, "CHILD", child)
        with pytest.raises(RuleBroken) as refusal:
            photos.clean(data)
        assert refusal.value.code == code


def test_six_photos_are_one_too_many() -> None:
    photos.check_count(5)
    with pytest.raises(RuleBroken) as refusal:
        photos.check_count(6)
    assert refusal.value.code == "too_many_photos"


def test_there_are_more_than_thirty_hostile_files() -> None:
    assert len(REFUSED) + len(EITHER) + len(CLEANED) - 3 >= 30
