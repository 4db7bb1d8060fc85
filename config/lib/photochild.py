"""Draws one untrusted picture anew; run by `photos.clean` as a program of its own.

It stands alone (nothing of the project is imported) and binds itself to little memory and time before it looks at a
byte. The picture comes by standard input; standard output gets one line of JSON, {"width": …} or {"fault": …}, and
then the JPEG. A file made to do harm ends this process and no other.
"""

from __future__ import annotations

import io
import json
import struct
import sys
import warnings
from typing import Any

FORMATS = ("JPEG", "PNG", "WEBP")
QUALITIES = (86, 76, 64)


class Fault(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def bind(megabytes: int, seconds: int) -> None:
    """Limits the operating system holds us to. Where one is not known, the parent's own timeout remains."""
    try:
        import resource
    except ImportError:
        return
    for name, limit in (
        ("RLIMIT_AS", megabytes * 2**20),
        ("RLIMIT_CPU", seconds),
        ("RLIMIT_FSIZE", 0),
        ("RLIMIT_CORE", 0),
        ("RLIMIT_NPROC", 0),
    ):
        try:
            resource.setrlimit(getattr(resource, name), (limit, limit))
        except (AttributeError, ValueError, OSError):
            continue


def opened(data: bytes, most_pixels: int, most_side: int) -> Any:
    """The picture with nothing but its head read."""
    from PIL import Image, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = most_pixels
    refuse_large_png(data, most_pixels, most_side)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise Fault("too_many_pixels") from error
    except UnidentifiedImageError as error:
        raise Fault("damaged") from error
    width, height = picture.size
    if width * height > most_pixels or max(width, height) > most_side:
        raise Fault("too_many_pixels")
    # A phone's JPEG may carry a second picture (depth, brightness); only the first one is looked at.
    if picture.format != "MPO" and getattr(picture, "n_frames", 1) > 1:
        raise Fault("animated")
    return picture


def refuse_large_png(data: bytes, most_pixels: int, most_side: int) -> None:
    """Before anything is unpacked: a PNG's texts are unpacked while its head is read."""
    if data[12:16] == b"IHDR":
        width, height = struct.unpack(">II", data[16:24])
        if width * height > most_pixels or max(width, height) > most_side:
            raise Fault("too_many_pixels")


def drawn(picture: Any) -> Any:
    """The pixels alone, upright, in eight-bit colour or grey, on white where one could see through."""
    from PIL import Image, ImageOps

    picture.load()
    turned = ImageOps.exif_transpose(picture)
    if turned.mode.startswith("I") or turned.mode == "F":
        turned = turned.point(lambda value: value * (1 / 257)).convert("L")
    if "A" in turned.getbands() or "transparency" in turned.info:
        turned = turned.convert("RGBA")
        paper = Image.new("RGBA", turned.size, "white")
        turned = Image.alpha_composite(paper, turned).convert("RGB")
    mode = "L" if turned.mode in {"1", "L"} else "RGB"
    # A fresh picture: the opened one carries comments and profiles that saving would write again.
    clean = Image.new(mode, turned.size)
    clean.paste(turned.convert(mode))
    return clean


def jpeg(clean: Any, most_bytes: int) -> bytes:
    for quality in QUALITIES:
        out = io.BytesIO()
        clean.save(out, "JPEG", quality=quality, optimize=False)
        if out.tell() <= most_bytes:
            return out.getvalue()
    raise Fault("too_many_details")


def main(megabytes: int, seconds: int, most_pixels: int, most_side: int, most_bytes: int) -> None:
    bind(megabytes, seconds)
    data, made = sys.stdin.buffer.read(most_bytes + 1), b""
    try:
        clean = drawn(opened(data, most_pixels, most_side))
        made = jpeg(clean, most_bytes)
        said: dict[str, Any] = {"width": clean.width, "height": clean.height}
    except Fault as fault:
        said = {"fault": fault.code}
    except MemoryError:
        said = {"fault": "limits"}
    except Exception:
        # Decoders raise what they like; whatever it was, this picture is not taken.
        said = {"fault": "damaged"}
    sys.stdout.buffer.write(json.dumps(said).encode() + b"\n" + made)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:6]))
