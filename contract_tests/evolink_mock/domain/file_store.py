"""Storage of uploaded files, which are kept while the server runs."""

from __future__ import annotations

import asyncio
import contextlib
import mimetypes
import random
import re
import shutil
from collections import OrderedDict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, NamedTuple
from urllib.parse import unquote

from evolink_mock.media.decoding import UndecodableError, detect_format

# Beyond these limits, the oldest files are removed. Not documented.
MAX_STORED_BYTES = 1024**3
MAX_FILES = 10_000

# Documented error codes of the file host.
TOO_LARGE, WRONG_TYPE, NOT_FETCHED, NOT_STORED = 40001, 40002, 40004, 50001

# The media types of formats that are not simply the kind and the name.
_MEDIA_TYPES = {
    "3gp": "video/3gpp",
    "avi": "video/x-msvideo",
    "mkv": "video/x-matroska",
    "mov": "video/quicktime",
    "mp3": "audio/mpeg",
}
_MAX_NAME_LENGTH = 200


class RejectedFileError(Exception):
    """A file cannot be stored; `code` is the documented error code, the message says why."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class Upload(NamedTuple):
    """A file to store, with the names, folder and type that the client sent; each is empty if it sent none."""

    content: IO[bytes]
    original_name: str
    file_name: str
    upload_path: str
    media_type: str


class StoredFile(NamedTuple):
    """A stored file; `uploaded` is in Unix seconds."""

    id: str
    path: Path
    name: str
    original_name: str
    size: int
    media_type: str
    upload_path: str
    uploaded: float


class FileStore:
    """Uploaded files in a temporary folder, under names that no client chooses; for use in one event loop."""

    def __init__(
        self, max_bytes: int, kinds: list[str], rng: random.Random, max_stored_bytes: int = MAX_STORED_BYTES
    ) -> None:
        self._max_bytes = max_bytes
        self._rng = rng
        self._kinds = kinds
        self._max_stored_bytes = max_stored_bytes
        self._folder: TemporaryDirectory[str] | None = None
        self._closed = False
        self._files: OrderedDict[str, StoredFile] = OrderedDict()

    async def add(self, upload: Upload, now: float) -> StoredFile:
        """Store a file; `now` is in Unix seconds.

        Raises:
            RejectedFileError: it is too large, has an unsupported type, or cannot be stored.
        """
        if self._closed:
            raise RejectedFileError(NOT_STORED, "The mock was reset.")
        self._folder = self._folder or TemporaryDirectory(prefix="evolink-mock-files-", ignore_cleanup_errors=True)
        file_id = f"file-{int(now)}-{self._rng.getrandbits(64):016x}"
        path = Path(self._folder.name) / file_id
        try:
            size, media_type = await asyncio.to_thread(_copy, upload, path)
        except OSError as error:
            raise RejectedFileError(NOT_STORED, f"The file could not be stored: {error.strerror}.") from None
        file_name = _plain_name(upload.file_name) or _plain_name(upload.original_name)
        if size > self._max_bytes:
            path.unlink()
            raise RejectedFileError(TOO_LARGE, f"The file has more than {self._max_bytes} bytes.")
        if media_type.partition("/")[0] not in self._kinds:
            path.unlink()
            raise RejectedFileError(WRONG_TYPE, f"The file must have one of these types: {', '.join(self._kinds)}.")
        name = file_name or f"{file_id}{mimetypes.guess_extension(media_type) or ''}"
        stored = StoredFile(
            file_id, path, name, _plain_name(upload.original_name) or name, size, media_type, upload.upload_path, now
        )
        self._files[file_id] = stored
        while len(self._files) > MAX_FILES or sum(file.size for file in self._files.values()) > self._max_stored_bytes:
            self._files.popitem(last=False)[1].path.unlink()
        return stored

    def find(self, file_id: str) -> StoredFile | None:
        """Return a file by its id; None for an unknown id."""
        return self._files.get(file_id)

    def path_of(self, url: str) -> Path | None:
        """Return the file that a link to this server refers to, under any host name; None for any other URL."""
        _, _, rest = url.partition("/_mock/files/")
        file_id, _, name = rest.partition("?")[0].partition("/")
        file = self._files.get(file_id)
        return file.path if file is not None and unquote(name) == file.name else None

    def close(self) -> None:
        """Remove all files; later uploads are rejected."""
        self._closed = True
        if self._folder is not None:
            self._folder.cleanup()


def _copy(upload: Upload, path: Path) -> tuple[int, str]:
    """Copy a file to `path`; return its size and its media type."""
    with path.open("w+b") as copy:
        shutil.copyfileobj(upload.content, copy)
        size = copy.tell()
        return size, _media_type(copy, upload)


def _media_type(file: IO[bytes], upload: Upload) -> str:
    """Determine the media type of a file by its first bytes, else by its declared type, else by its names."""
    with contextlib.suppress(UndecodableError):
        kind, name = detect_format(file)
        return _MEDIA_TYPES.get(name, f"{kind}/{name}")
    declared = upload.media_type.strip().lower()
    if re.fullmatch(r"(image|audio|video)/[a-z0-9.+-]{1,60}", declared):
        return declared
    guesses = (mimetypes.guess_type(name)[0] for name in (upload.file_name, upload.original_name))
    return next((guess for guess in guesses if guess), "application/octet-stream")


def _plain_name(name: str) -> str:
    """Return the last part of a path, safe for use in a link and a header; empty if nothing is left."""
    last = re.split(r"[/\\]", name)[-1]
    printable = "".join(char for char in last if char.isprintable()).strip(" .")
    return printable[-_MAX_NAME_LENGTH:]
