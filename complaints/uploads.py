"""What an uploaded file really is: told by its first bytes, never by its name."""

from __future__ import annotations

import re
import unicodedata
import uuid
import zipfile
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from config.lib.text import UNFIT

MOST_FILES = 5
MOST_BYTES = 8 * 1024 * 1024
MOST_PARTS = 5_000
OFFICE = "application/vnd.openxmlformats-officedocument."

IMAGES = frozenset({"image/jpeg", "image/png", "image/webp"})
ENDINGS = {
    "image/jpeg": (".jpg", ".jpeg"),
    "image/png": (".png",),
    "image/webp": (".webp",),
    "application/pdf": (".pdf",),
    OFFICE + "wordprocessingml.document": (".docx",),
    OFFICE + "spreadsheetml.sheet": (".xlsx",),
    "text/plain": (".txt",),
}


class Upload(NamedTuple):
    file: UploadedFile[Any]
    name: str
    content_type: str


def check_upload(file: UploadedFile[Any]) -> Upload:
    """The file with a safe name and its real type; ValidationError with a sentence when it may not be kept."""
    shown = safe_name(file.name or "")
    size = file.size or 0
    if size == 0:
        raise ValidationError(_("“%(name)s” is empty.") % {"name": shown}, code="empty")
    if size > MOST_BYTES:
        raise ValidationError(_("“%(name)s” is larger than 8 MB.") % {"name": shown}, code="too_large")
    kind = content_type(file)
    if kind is None:
        raise ValidationError(
            _("“%(name)s” is none of the kinds that can be kept: JPEG, PNG, WebP, PDF, Word, Excel (no macros), text.")
            % {"name": shown},
            code="wrong_kind",
        )
    endings = ENDINGS[kind]
    name = shown if shown.lower().endswith(endings) else shown + endings[0]
    file.name = f"{uuid.uuid4().hex}{endings[0]}"  # what a person called it is never a path of ours
    return Upload(file, name, kind)


def content_type(file: UploadedFile[Any]) -> str | None:
    """One of ENDINGS, or None."""
    file.seek(0)
    head = file.read(16)
    file.seek(0)
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head.startswith(b"%PDF-"):
        return "application/pdf"
    if head.startswith(b"PK\x03\x04"):
        return _office(file)
    return "text/plain" if _plain(file) else None


def safe_name(name: str) -> str:
    """The last part of a file's name without anything that could lead elsewhere or deceive; at most 100 characters."""
    name = unicodedata.normalize("NFC", UNFIT.sub("", name.encode("utf-8", "replace").decode("utf-8")))
    name = re.sub(r'[\\/:*?"<>|\s\u200b-\u200f\ufeff]+', " ", re.split(r"[\\/]", name)[-1]).strip(" .")
    if len(name) <= 100:
        return name or "file"
    stem, dot, ending = name.rpartition(".")
    return f"{stem[: 99 - len(ending)]}.{ending}" if dot and len(ending) <= 8 else name[:100]


def _office(file: UploadedFile[Any]) -> str | None:
    """Word or Excel by the parts inside; macros and everything else is refused. Only the table of contents is read."""
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.namelist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return None
    finally:
        file.seek(0)
    if len(parts) > MOST_PARTS or "[Content_Types].xml" not in parts or any("vba" in part.lower() for part in parts):
        return None
    if "word/document.xml" in parts:
        return OFFICE + "wordprocessingml.document"
    return OFFICE + "spreadsheetml.sheet" if "xl/workbook.xml" in parts else None


def _plain(file: UploadedFile[Any]) -> bool:
    raw = file.read()
    file.seek(0)
    for encoding in ("utf-8-sig", "gb18030", "utf-16"):
        if encoding == "utf-16" and raw[:2] not in (b"\xff\xfe", b"\xfe\xff"):
            continue
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        return UNFIT.search(text.replace("\x0c", "")) is None and not text.lstrip().startswith(("<", "%!"))
    return False
