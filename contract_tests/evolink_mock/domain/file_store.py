"""Files that were uploaded, kept for as long as the server runs."""

from __future__ import annotations

import asyncio
import mimetypes
import random
import re
import shutil
from collections import OrderedDict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, NamedTuple
from urllib.parse import unquote

# How much is kept; beyond that the oldest files make room. Ours.
MAX_STORED_BYTES = 1024**3
MAX_FILES = 10_000

TOO_LARGE, WRONG_TYPE, NOT_FETCHED, NOT_STORED = 40001, 40002, 40004, 50001

_BYTES_SHOWING_A_TYPE = 16
_SIGNATURES = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF8", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (8, b"WAVE", "audio/wav"),
    (0, b"ID3", "audio/mpeg"),
    (4, b"ftypqt", "video/quicktime"),
    (4, b"ftyp", "video/mp4"),
)
_LONGEST_NAME = 200


class UnfitError(Exception):
    """A file that is not taken: the documented code, and the reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class Upload(NamedTuple):
    """A file as it comes, and what is said of it; empty text for what is not said."""

    content: IO[bytes]
    original_name: str
    file_name: str
    upload_path: str
    media_type: str


class KeptFile(NamedTuple):
    """A file that was taken."""

    id: str
    path: Path
    name: str
    original_name: str
    size: int
    media_type: str
    upload_path: str
    uploaded: float


class KeptFiles:
    """Files in a folder that lives as long as the server, under names that no caller chooses; for one event loop."""

    def __init__(
        self, max_bytes: int, kinds: list[str], chance: random.Random, max_stored_bytes: int = MAX_STORED_BYTES
    ) -> None:
        self._max_bytes = max_bytes
        self._chance = chance
        self._kinds = kinds
        self._max_stored_bytes = max_stored_bytes
        self._folder: TemporaryDirectory[str] | None = None
        self._closed = False
        self._files: OrderedDict[str, KeptFile] = OrderedDict()

    async def keep(self, upload: Upload, now: float) -> KeptFile:
        """Keep a file.

        Raises:
            UnfitError: it is too large, of a type that is not taken, or cannot be stored.
        """
        if self._closed:
            raise UnfitError(NOT_STORED, "The mock was reset.")
        self._folder = self._folder or TemporaryDirectory(prefix="evolink-mock-files-", ignore_cleanup_errors=True)
        file_id = f"file-{int(now)}-{self._chance.getrandbits(64):016x}"
        path = Path(self._folder.name) / file_id
        try:
            size, start = await asyncio.to_thread(_copied, upload.content, path)
        except OSError as error:
            raise UnfitError(NOT_STORED, f"The file could not be stored: {error.strerror}.") from None
        media_type = _media_type(start, upload)
        file_name = _plain_name(upload.file_name) or _plain_name(upload.original_name)
        if size > self._max_bytes:
            path.unlink()
            raise UnfitError(TOO_LARGE, f"The file has more than {self._max_bytes} bytes.")
        if media_type.partition("/")[0] not in self._kinds:
            path.unlink()
            raise UnfitError(WRONG_TYPE, f"The file is not of these types: {', '.join(self._kinds)}.")
        name = file_name or f"{file_id}{mimetypes.guess_extension(media_type) or ''}"
        kept = KeptFile(
            file_id, path, name, _plain_name(upload.original_name) or name, size, media_type, upload.upload_path, now
        )
        self._files[file_id] = kept
        while len(self._files) > MAX_FILES or sum(file.size for file in self._files.values()) > self._max_stored_bytes:
            self._files.popitem(last=False)[1].path.unlink()
        return kept

    def find(self, file_id: str) -> KeptFile | None:
        """Return a file by its id."""
        return self._files.get(file_id)

    def behind(self, url: str) -> Path | None:
        """Return the file that a link of this server leads to, by whatever name it is reached; None for another URL."""
        _, _, rest = url.partition("/_mock/files/")
        file_id, _, name = rest.partition("?")[0].partition("/")
        file = self._files.get(file_id)
        return file.path if file is not None and unquote(name) == file.name else None

    def close(self) -> None:
        """Remove all files, and keep no more."""
        self._closed = True
        if self._folder is not None:
            self._folder.cleanup()


def _copied(source: IO[bytes], path: Path) -> tuple[int, bytes]:
    """Copy a file to `path`; return its size and its first bytes."""
    with path.open("wb") as copy:
        start = source.read(_BYTES_SHOWING_A_TYPE)
        copy.write(start)
        shutil.copyfileobj(source, copy)
        return copy.tell(), start


def _media_type(start: bytes, upload: Upload) -> str:
    """Return what a file is by its first bytes, else by what is said of it, else by its name."""
    for offset, signature, media_type in _SIGNATURES:
        if start[offset:].startswith(signature):
            return media_type
    said = upload.media_type.strip().lower()
    if re.fullmatch(r"(image|audio|video)/[a-z0-9.+-]{1,60}", said):
        return said
    guesses = (mimetypes.guess_type(name)[0] for name in (upload.file_name, upload.original_name))
    return next((guess for guess in guesses if guess), "application/octet-stream")


def _plain_name(name: str) -> str:
    """Return the last part of a path as a name that fits into a link and a header; empty when nothing is left."""
    last = re.split(r"[/\\]", name)[-1]
    printable = "".join(letter for letter in last if letter.isprintable()).strip(" .")
    return printable[-_LONGEST_NAME:]
