"""Photos from strangers: known by their content, drawn anew in a child process, taken only when nothing else is left.

What comes out is always a JPEG of pixels and the tables to decode them. Place, camera, time, comments, thumbnails,
colour profiles and whatever hung on behind are gone; which way up the picture is has been applied to the pixels.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.lib.errors import RuleBroken

CHILD = Path(__file__).with_name("photochild.py")
MOST_BYTES, MOST_PIXELS, MOST_SIDE, MOST_PHOTOS = 8 * 2**20, 25_000_000, 16_000, 5
MEGABYTES, SECONDS = 768, 8

FAULTS = {
    "empty": gettext_lazy("The photo is empty."),
    "too_large": gettext_lazy(
        "The photo is larger than 8 MB. Please choose a smaller one or take it at a lower resolution."
    ),
    "no_photo": gettext_lazy("This is not a photo we can take: please choose a JPEG, PNG or WebP picture."),
    "too_many_pixels": gettext_lazy(
        "The photo has more than 25 million pixels. Please choose a smaller one or take it at a lower resolution."
    ),
    "too_many_details": gettext_lazy("The photo stays too large. Please choose a smaller one."),
    "animated": gettext_lazy("Moving pictures are not taken. Please choose a photo."),
    "damaged": gettext_lazy("The photo is damaged or not complete. Please take or choose another one."),
    "limits": gettext_lazy("The photo could not be read with the memory and time allowed for one photo."),
}


@dataclass(frozen=True)
class Photo:
    """A JPEG that holds nothing but a picture."""

    data: bytes
    width: int
    height: int
    content_type: str = "image/jpeg"
    suffix: str = ".jpg"


def clean(data: bytes) -> Photo:
    """The photo drawn anew. RuleBroken says in a sentence why it is not taken; `code` is a key of FAULTS."""
    if not data:
        raise fault("empty")
    if len(data) > MOST_BYTES:
        raise fault("too_large")
    if kind(data) is None:
        raise fault("no_photo")
    said, made = _run_child(data)
    if "fault" in said:
        raise fault(str(said["fault"]))
    if not only_a_picture(made):
        raise fault("damaged")
    return Photo(made, int(said["width"]), int(said["height"]))


def check_count(count: int) -> None:
    if count > MOST_PHOTOS:
        raise RuleBroken(
            "too_many_photos",
            _("At most %(most)s photos can be sent at a time.") % {"most": MOST_PHOTOS},
            field="photos",
        )


def fault(code: str) -> RuleBroken:
    return RuleBroken(code, FAULTS[code], field="photos")


def kind(data: bytes) -> str | None:
    """By the first bytes; names and declared types say nothing."""
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "webp"
    return None


# Start of image, JFIF head, quantisation tables, frame (baseline), Huffman tables, restart interval, scan, end.
JFIF, SCAN, END = 0xE0, 0xDA, 0xD9
TABLES = {0xDB, 0xC0, 0xC4, 0xDD}


def only_a_picture(data: bytes) -> bool:
    """Whether a JPEG holds nothing but what a decoder needs, up to its last byte."""
    if not data.startswith(b"\xff\xd8"):
        return False
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == SCAN:
            return _ends_cleanly(data, at + 2 + length)
        if marker == JFIF:
            if at != 2 or length != 16 or data[at + 4 : at + 9] != b"JFIF\0":
                return False
        elif marker not in TABLES:
            return False
        at += 2 + length
    return False


def _ends_cleanly(data: bytes, at: int) -> bool:
    """One scan up to the end mark, which is the end of the file. 0xFF is followed by 0, or by a restart mark."""
    while (at := data.find(b"\xff", at)) >= 0:
        after = data[at + 1] if at + 1 < len(data) else -1
        if after == END:
            return at + 2 == len(data)
        if after != 0 and not 0xD0 <= after <= 0xD7:
            return False
        at += 2
    return False


def _run_child(data: bytes) -> tuple[dict[str, Any], bytes]:
    command = [sys.executable, "-I", str(CHILD)]
    command += map(str, (MEGABYTES, SECONDS, MOST_PIXELS, MOST_SIDE, MOST_BYTES))
    try:
        done = subprocess.run(
            command,
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=SECONDS * 2,
            check=True,
            env={},
        )
        line, _newline, made = done.stdout.partition(b"\n")
        said = json.loads(line)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired, ValueError):
        return {"fault": "limits"}, b""
    return (said, made) if isinstance(said, dict) else ({"fault": "limits"}, b"")
