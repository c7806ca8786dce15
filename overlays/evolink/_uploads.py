"""Build upload requests for local files, bytes, file objects, URLs and data URLs, and parse the file host's responses.

An upload costs nothing, so it is repeated like a read. Every attempt sends the whole file, from its first byte.
"""

from __future__ import annotations

import inspect
import io
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from mimetypes import guess_type
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Any, NamedTuple, Protocol, cast

import httpx

from evolink import _paths
from evolink._contract import packaged_contract
from evolink._flows import UserFunctionError
from evolink._responses import PARSED
from evolink._text import short_repr
from evolink._validation import percent_encoded
from evolink.errors import ResponseInfo, TransferError, UnexpectedResponse

if TYPE_CHECKING:
    from evolink_client.models import UploadedFile

Progress = Callable[[int, int | None], Any]
"""Called with the number of bytes read for sending and the total size. After a retry, the number begins again."""


class Reader(Protocol):
    """An object with the method `read` of a binary file."""

    def read(self, size: int, /) -> bytes | None:
        """Return at most `size` bytes; none at the end."""


Upload = str | os.PathLike[str] | bytes | bytearray | memoryview | Reader
"""A source of an upload: a path, a URL, a data URL, bytes, or a binary file object, from its present position."""

_MAX_MEMORY_BYTES = 8 * 1024 * 1024
_CHUNK_BYTES = 1024 * 1024


class _Content:
    """The bytes of an upload, which httpx reads once per attempt.

    Args:
        file: a file that can seek.
        shown: what messages call it.
        on_progress: called after each read.

    Raises:
        TransferError: the file cannot be read, or has been read to its end.
    """

    def __init__(self, file: IO[bytes], shown: str, on_progress: Progress | None) -> None:
        self._file, self._shown, self._on_progress = file, shown, on_progress
        try:
            self._start = file.tell()
            self.size = max(0, file.seek(0, os.SEEK_END) - self._start)
        except (OSError, ValueError) as error:
            raise self._unreadable(error) from error
        if self._start and not self.size:  # a file that is empty from its start may be meant
            raise TransferError(f"cannot upload {self._shown}: nothing is left to read; call seek(0) first")
        self._position = 0

    def read(self, size: int) -> bytes:
        """Read a chunk of at most `size` bytes; empty at the end."""
        wanted = min(size, self.size - self._position)
        try:
            self._file.seek(self._start + self._position)
            chunk: Any = self._file.read(wanted) if wanted else b""
        except (OSError, ValueError) as error:
            raise self._unreadable(error) from error
        if wanted and not (isinstance(chunk, bytes) and chunk):
            raise TransferError(f"cannot upload {self._shown}: it changed while it was read; upload it again")
        self._position += len(chunk)
        self._report_progress()
        return bytes(chunk)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to a byte, as counted from the first byte of the upload."""
        self._position = (self.size if whence == os.SEEK_END else 0) + offset
        return self._position

    def tell(self) -> int:
        """Return how many bytes have been read."""
        return self._position

    def _report_progress(self) -> None:
        if self._on_progress is None:
            return
        try:
            self._on_progress(self._position, self.size)
        except Exception as error:
            error.add_note("It was raised by on_progress.")
            raise UserFunctionError(error) from error

    def _unreadable(self, error: OSError | ValueError) -> TransferError:
        return TransferError(f"cannot upload {self._shown}: {_paths.describe(error)}")


class _Opened(NamedTuple):
    """An opened source: its file, its name for the file host, and what messages call it."""

    file: IO[bytes]
    name: str
    shown: str


def is_url(source: object) -> bool:
    """Return whether a media source is an http or https URL rather than a local path."""
    return isinstance(source, str) and source.lower().startswith(("http://", "https://"))


@contextmanager
def upload_call(source: Upload, name: str | None, on_progress: Progress | None) -> Generator[dict[str, Any]]:
    """Build the arguments for httpx's `request` that upload a source.

    The file host fetches URLs itself. A local file stays open until the context ends; a file object of the caller's
    stays open after it.

    Args:
        source: what to upload.
        name: the name of the file for the file host. Bytes need one, and so do file objects without their own.
        on_progress: called while the content is sent.

    Raises:
        TransferError: the source cannot be read, or the URL is invalid.
    """
    operations = packaged_contract().operations
    given: Any = source
    checked = None if name is None else _checked_name(name)
    named = {} if checked is None else {"file_name": checked}
    if is_url(given):
        body = {"file_url": _checked_url(given), **named}
        yield {"method": "POST", "url": operations["upload_file_url"].path, "json": body}
    elif isinstance(given, str) and given.startswith("data:"):
        body = {"base64_data": _encodable(given), **named}
        yield {"method": "POST", "url": operations["upload_file_base64"].path, "json": body}
    else:
        with _open(given, checked) as opened:
            content = _Content(opened.file, opened.shown, on_progress)
            kind = guess_type(opened.name)[0] or "application/octet-stream"
            call = {"method": "POST", "url": operations["upload_file_stream"].path}
            try:
                yield {**call, "files": {"file": (opened.name, content, kind)}}
            except UserFunctionError as raised:
                raise raised.error from None


def _checked_name(name: str) -> str:
    """Return a name for a file.

    Raises:
        TransferError: it is not the name of a file.
    """
    value: Any = name
    if not (isinstance(value, str) and value.strip(". ") and value.isprintable() and not {"/", "\\"} & {*value}):
        raise TransferError(f"cannot upload under the name {short_repr(value)}: pass the name of a file, as in 'a.png'")
    return value


def _checked_url(url: str) -> str:
    """Return a URL for the file host to fetch.

    Raises:
        TransferError: it contains characters that no URL can have.
    """
    if not (_encodable(url).isascii() and url.isprintable() and " " not in url):
        encoded = percent_encoded(url)
        form = "" if encoded is None else f": {encoded}"
        raise TransferError(
            f"cannot upload a URL with spaces or characters that are not ASCII; percent-encode it{form}"
        )
    return url


def _encodable(url: str) -> str:
    try:
        url.encode()
    except UnicodeEncodeError:
        raise TransferError("cannot upload a URL with invalid Unicode; percent-encode it") from None
    return url


@contextmanager
def _open(source: Any, name: str | None) -> Generator[_Opened]:
    content = _bytes_of(source)
    if content is not None:
        if name is None:
            raise TransferError("cannot upload bytes without a name: pass name, as in upload(content, name='a.png')")
        yield _Opened(io.BytesIO(content), name, repr(name))
    elif hasattr(source, "read") and not isinstance(source, str | os.PathLike):
        with _seekable(source, name or _name_of(source)) as opened:
            yield opened
    else:
        try:
            path = _paths.local_path(source)
        except _paths.PathError as error:
            raise TransferError(f"cannot upload: {error}") from None
        with _open_path(path) as file:
            yield _Opened(file, name or os.fsencode(path.name).decode(errors="replace"), _paths.shown(path))


def _bytes_of(value: Any) -> bytes | None:
    """Return the bytes of a bytes-like object; None if it is not one."""
    if isinstance(value, bytes):
        return value
    is_buffer = type(value) in {bytearray, memoryview}
    return bytes(value) if is_buffer else None


@contextmanager
def _open_path(path: Path) -> Generator[IO[bytes]]:
    shown = _paths.shown(path)
    try:
        if path.exists() and not path.is_file():  # opening a pipe would block until somebody writes to it
            raise TransferError(f"cannot upload {shown}: it is not a regular file; pass the path of a file")
        file = path.open("rb")
    except (OSError, ValueError) as error:
        raise TransferError(f"cannot upload {shown}: {_paths.describe(error)}") from error
    with file:
        yield file


def _name_of(file: Any) -> str:
    """Return the name of the file behind a file object.

    Raises:
        TransferError: it has none.
    """
    path = getattr(file, "name", None)
    name = os.fsencode(os.path.basename(path)).decode(errors="replace") if isinstance(path, str) else ""  # noqa: PTH119 - may be '<stdin>'
    if not name or name.startswith("<"):
        raise TransferError(
            f"cannot upload a {type(file).__name__} without a name: pass name, as in upload(file, name='a.png')"
        )
    return name


@contextmanager
def _seekable(file: Any, name: str) -> Generator[_Opened]:
    """Check a caller's file object. One that cannot seek is copied first, because a retry sends it again."""
    problem = ""
    if _paths.is_text_file(file):
        problem = "it has text; open it in binary mode"
    elif inspect.iscoroutinefunction(file.read):
        problem = "its read is asynchronous; pass its bytes, or an ordinary binary file"
    elif getattr(file, "closed", False) is True:
        problem = "it is closed"
    if problem:
        raise TransferError(f"cannot upload {name!r}: {problem}")
    if _can_seek(file):
        yield _Opened(file, name, repr(name))
        return
    with SpooledTemporaryFile(_MAX_MEMORY_BYTES) as spooled:
        copy: IO[bytes] = cast("Any", spooled)  # it has every method, which its type hints do not say
        try:
            _copy(file, copy)
        except (OSError, ValueError) as error:
            raise TransferError(f"cannot upload {name!r}: {_paths.describe(error)}") from error
        copy.seek(0)
        yield _Opened(copy, name, repr(name))


def _can_seek(file: Any) -> bool:
    try:
        return bool(file.seekable()) if hasattr(file, "seekable") else hasattr(file, "seek") and hasattr(file, "tell")
    except (OSError, ValueError):
        return False


def _copy(source: Any, copy: Any) -> None:
    """Copy a file object to its end, but no more than the file host accepts.

    Raises:
        ValueError: it is too large, or does not return bytes.
    """
    limit = int(upload_limits()["max-bytes"])
    left = limit
    while chunk := source.read(_CHUNK_BYTES):
        content = _bytes_of(chunk)
        if content is None:
            raise ValueError(f"its read returns {type(chunk).__name__} instead of bytes")  # see Raises
        left -= len(content)
        if left < 0:
            raise ValueError(f"it has more than {limit} bytes, the most that the file host accepts")
        copy.write(content)


def upload_limits() -> dict[str, Any]:
    """Return the `x-media` of the contract for uploaded files."""
    contract = packaged_contract()
    form = contract.resolved(contract.request_schema("upload_file_stream", "multipart/form-data"))
    limits: dict[str, Any] = form["properties"]["file"]["x-media"]
    return limits


def uploaded(response: httpx.Response) -> UploadedFile:
    """Parse the response to an upload.

    Raises:
        UnexpectedResponse: the response has no `file_url`.
    """
    from evolink_client.models import UploadedFile, UploadResponse  # noqa: PLC0415 - other programs do not need it

    try:
        data = UploadResponse.from_dict(response.extensions[PARSED]).data
    except (KeyError, TypeError, ValueError, AttributeError):
        data = None
    if not isinstance(data, UploadedFile) or not is_url(data.file_url):
        request = response.request
        info = ResponseInfo(request.method, request.url.path, response.status_code)
        raise UnexpectedResponse(info, "the response has no file_url")
    return data
