"""Identify documents: PDF, plain text, and the formats of office programs, which are archives of named members.

The SDK has a reader of its own; see `decoding.py` for the reason.
"""

from __future__ import annotations

import re
import struct
import zipfile
from collections.abc import Iterator
from typing import IO, NamedTuple

OFFICE = {"word/document.xml": "docx", "xl/workbook.xml": "xlsx", "ppt/presentation.xml": "pptx"}
OLDER_OFFICE = {"WordDocument": "doc", "Workbook": "xls", "Book": "xls", "PowerPoint Document": "ppt"}
APPLE = ("key", "numbers", "pages")
# The limits for an older office document: how much of it is read, and the size of its directory.
MAX_OLDER_BYTES = 200 << 20
MAX_DIRECTORY_SECTORS = 1000


class Document(NamedTuple):
    """A document: the name of its format, empty if it may be of several, and its pages, None if they are unknown."""

    name: str
    pages: int | None = None


def read_document(file: IO[bytes], suffix: str) -> Document | None:
    """Identify a document; None for a file that is not one.

    Args:
        file: the file.
        suffix: the suffix of its name in lower case. It tells Markdown from other text, and Pages from Numbers.
    """
    file.seek(0)
    head = file.read(512)
    file.seek(0)
    if head.startswith(b"%PDF-"):
        return Document("pdf", _pages(file))
    if head.startswith(b"{\\rtf"):
        return Document("rtf")
    if head.startswith(b"PK\3\4"):
        return _in_zip(file, suffix)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _in_compound_file(file)
    if head and _is_text(head):
        return Document("md" if suffix in {"md", "markdown"} else "txt")
    return None


def _is_text(head: bytes) -> bool:
    """Return whether bytes are text, which has no control characters but white space and escape."""
    if re.match(rb"(\xef\xbb\xbf)?\s*<(!doctype\s+)?html", head, re.IGNORECASE):
        return False
    return head[:2] in {b"\xff\xfe", b"\xfe\xff"} or not re.search(rb"[\0-\6\x0e-\x1a\x1c-\x1f\x7f]", head)


def _pages(file: IO[bytes]) -> int | None:
    """Return the pages of a PDF; None if it is packed or encrypted, which Pillow does not read."""
    from PIL.PdfParser import PdfParser  # noqa: PLC0415 - slow to import, and most runs decode nothing

    try:
        with PdfParser(f=file) as parser:
            return len(parser.pages) or None
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - its errors have no common base class
        return None


def _in_zip(file: IO[bytes], suffix: str) -> Document | None:
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.namelist()
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - the errors of damaged archives have no common base class
        return None
    if "[Content_Types].xml" in members:
        for part, name in OFFICE.items():
            if part in members:
                return Document(name)
    if any(re.match(r"index\.apxl\Z|Index/(Master|Template|)Slide", member) for member in members):
        return Document("key")
    named = suffix if suffix in APPLE else ""
    is_apple = "Index/Document.iwa" in members or "Index.zip" in members or ("index.xml" in members and named)
    return Document(named) if is_apple else None


def _in_compound_file(file: IO[bytes]) -> Document | None:
    """Identify an older office document by the names in its root; it may have other documents embedded in it."""
    content = file.read(MAX_OLDER_BYTES)
    try:
        names = set(_root_names(content))
    except struct.error:  # the file is cut or damaged
        return None
    return next((Document(name) for part, name in OLDER_OFFICE.items() if part in names), None)


def _root_names(content: bytes) -> Iterator[str]:
    """Yield the names in the root of a compound file.

    Raises:
        struct.error: the file ends before its header does.
    """
    (exponent,) = struct.unpack_from("<H", content, 30)
    first, *tables = struct.unpack_from("<I24x109I", content, 48)
    if exponent not in (9, 12):
        return
    size, directory, sector = 1 << exponent, b"", first
    while sector < 0xFFFFFFFA and len(directory) < MAX_DIRECTORY_SECTORS * size:
        part = content[(sector + 1) * size :][:size]
        directory += part
        table, index = divmod(sector, size // 4)
        place = ((tables[table] if table < len(tables) else 0xFFFFFFFF) + 1) * size + 4 * index
        sector = int.from_bytes(content[place : place + 4], "little") if part else 0xFFFFFFFF
    entries = [directory[start : start + 128] for start in range(0, len(directory), 128)]
    open_entries = {int.from_bytes(directory[76:80], "little")}
    known: set[int] = set()
    while open_entries:
        known.add(number := open_entries.pop())
        if number < len(entries):
            entry = entries[number]
            length = int.from_bytes(entry[64:66], "little")
            yield entry[: max(0, length - 2)].decode("utf-16-le", "replace")
            open_entries |= {int.from_bytes(entry[place : place + 4], "little") for place in (68, 72)} - known
