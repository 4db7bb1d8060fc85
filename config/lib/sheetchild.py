"""Reads one untrusted spreadsheet and writes its rows as JSON lines; run by `sheets.read_sheet` as a program of its own.

It stands alone (nothing of the project is imported), binds itself to little memory and time before it opens the file,
and ends with one line {"end": …} or {"fault": …}. A file made to do harm ends this process and no other.
"""

from __future__ import annotations

import codecs
import csv
import json
import sys
import zipfile
from datetime import date, datetime
from itertools import islice

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any, TextIO

OLE, ZIP = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04"
MOST_ENTRIES = 5_000
BOMB_BYTES, BOMB_RATIO = 50 * 2**20, 150
DELIMITERS = ",\t;|"
ENCODINGS = ("utf-8-sig", "gb18030")
CHUNK = 2**20


class Fault(Exception):
    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.said = {"fault": code, **facts}


def bind(megabytes: int, seconds: int) -> None:
    """Limits the operating system holds us to. Where one is not known, the parent's own timeout remains."""
    try:
        import resource
    except ImportError:
        return
    for name, limit in (
        ("RLIMIT_AS", megabytes * 2**20),
        ("RLIMIT_CPU", seconds),
        ("RLIMIT_FSIZE", megabytes * 2**21),
        ("RLIMIT_NPROC", 0),
    ):
        try:
            resource.setrlimit(getattr(resource, name), (limit, limit))
        except (AttributeError, ValueError, OSError):
            continue


def table(path: str, unpacked: int) -> tuple[str, Iterable[tuple[int, list[Any]]]]:
    """A name for what was found (sheet or encoding), and its rows numbered as Excel numbers them."""
    with open(path, "rb") as file:
        head = file.read(4096)
    if not head.strip(b"\0"):
        raise Fault("empty" if not head else "no_table")
    if head.startswith(OLE):
        raise Fault("encrypted" if holds(path, "EncryptedPackage".encode("utf-16-le")) else "old_office")
    if head.startswith(ZIP):
        check_zip(path, unpacked)
        return workbook(path)
    return text_table(path, head)


def holds(path: str, wanted: bytes) -> bool:
    with open(path, "rb") as file:
        kept = b""
        while chunk := file.read(CHUNK):
            if wanted in kept + chunk:
                return True
            kept = chunk[-len(wanted) :]
    return False


def check_zip(path: str, unpacked: int) -> None:
    """Asks the archive's directory what would come out, before anything does."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise Fault("damaged") from error
    names = {entry.filename.lower() for entry in entries}
    packed, size = sum(e.compress_size for e in entries), sum(e.file_size for e in entries)
    if len(entries) > MOST_ENTRIES or size > unpacked or (size > BOMB_BYTES and size > BOMB_RATIO * max(packed, 1)):
        raise Fault("bomb", megabytes=round(size / 2**20))
    if any(name.endswith("vbaproject.bin") for name in names):
        raise Fault("macros")
    if any(entry.flag_bits & 1 for entry in entries):
        raise Fault("encrypted")
    if "xl/workbook.xml" not in names:
        raise Fault("no_workbook")


def workbook(path: str) -> tuple[str, Iterable[tuple[int, list[Any]]]]:
    from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum

    try:
        book = CalamineWorkbook.from_path(path)
        for sheet in book.sheets_metadata:
            if sheet.typ == SheetTypeEnum.WorkSheet:
                found = book.get_sheet_by_name(sheet.name)
                if found.height:
                    first = (found.start or (0, 0))[0] + 1
                    return sheet.name, enumerate(found.to_python(), first)
    except (CalamineError, OSError, ValueError) as error:
        raise Fault("damaged") from error
    raise Fault("empty")


def text_table(path: str, head: bytes) -> tuple[str, Iterable[tuple[int, list[Any]]]]:
    start = head.lstrip(codecs.BOM_UTF8 + b" \t\r\n")[:200].lower()
    if start.startswith((b"<", b"mime-version:", b"{\\rtf", b"%pdf")):
        raise Fault("not_really_excel")
    encoding = encoding_of(path, head)
    return encoding, records(path, encoding)


def encoding_of(path: str, head: bytes) -> str:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" in head:
        raise Fault("no_table")
    for encoding in ENCODINGS:
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            with open(path, "rb") as file:
                while chunk := file.read(CHUNK):
                    decoder.decode(chunk)
                decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding
    raise Fault("encoding")


def records(path: str, encoding: str) -> Iterator[tuple[int, list[Any]]]:
    csv.field_size_limit(2**30)
    with open(path, encoding=encoding, newline="") as file:
        # strict: an unclosed quotation mark would silently swallow all the rows below it.
        reader = csv.reader(file, delimiter=delimiter(file), strict=True)
        number = 0
        try:
            for number, row in enumerate(reader, 1):
                yield number, row
        except csv.Error as error:
            raise Fault("quotes", row=number + 1) from error
        except UnicodeDecodeError as error:
            raise Fault("encoding") from error


def delimiter(file: TextIO) -> str:
    """The likeliest of the usual ones in the first line that says something."""
    first = next((line for line in islice(file, 20) if line.strip()), "")
    file.seek(0)
    return max(DELIMITERS, key=first.count)


def plain(cell: Any) -> Any:
    if isinstance(cell, str | int | float):
        return cell
    if isinstance(cell, datetime | date):
        return {"at": cell.isoformat()}
    return str(cell)


def main(path: str, megabytes: int, seconds: int, most_rows: int) -> None:
    bind(megabytes, seconds)
    out = sys.stdout
    encode = json.JSONEncoder(ensure_ascii=False, default=plain, separators=(",", ":")).encode
    count = 0
    try:
        name, rows = table(path, megabytes * 2**19)
        for number, row in rows:
            if not any(
                cell != "" and cell is not None and not (isinstance(cell, str) and cell.isspace()) for cell in row
            ):
                continue
            count += 1
            # One more for the headings.
            if most_rows and count > most_rows + 1:
                raise Fault("too_many_rows", rows=most_rows)
            out.write(encode([number, row]) + "\n")
        last: dict[str, Any] = {"end": count, "name": name}
    except Fault as fault:
        last = fault.said
    out.write(json.dumps(last) + "\n")


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    main(sys.argv[1], *map(int, sys.argv[2:5]))
