"""Build upload requests for local files, URLs and data URLs, and parse the responses of the file host."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from mimetypes import guess_type
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import httpx

from evolink._contract import packaged_contract
from evolink._json import parse_json
from evolink.errors import ResponseInfo, TransferError, UnexpectedResponse

if TYPE_CHECKING:
    from evolink_client.models import UploadedFile

Progress = Callable[[int, int | None], Any]
"""Called with the number of bytes read for sending and the total size."""


class _ProgressFile:
    """A file that reports how far it has been read."""

    def __init__(self, file: IO[bytes], size: int, on_progress: Progress) -> None:
        self.file, self.size, self.on_progress = file, size, on_progress

    def read(self, size: int = -1) -> bytes:
        chunk = self.file.read(size)
        self.on_progress(self.file.tell(), self.size)
        return chunk

    def seek(self, offset: int, whence: int = 0) -> int:
        return self.file.seek(offset, whence)

    def tell(self) -> int:
        return self.file.tell()

    def fileno(self) -> int:
        return self.file.fileno()


def is_url(source: object) -> bool:
    """Whether a media source is an http or https URL rather than a local path."""
    return isinstance(source, str) and source.lower().startswith(("http://", "https://"))


@contextmanager
def upload_call(source: str | os.PathLike[str], on_progress: Progress | None) -> Generator[dict[str, Any]]:
    """Build the arguments for httpx's `request` that upload a local file, a URL or a data URL.

    The file host fetches URLs itself. A local file stays open until the context ends.

    Raises:
        TransferError: the file cannot be read, or the URL is invalid.
    """
    operations = packaged_contract().operations
    given: Any = source
    if is_url(given):
        yield {"method": "POST", "url": operations["upload_file_url"].path, "json": {"file_url": _encodable(given)}}
    elif isinstance(given, str) and given.startswith("data:"):
        body = {"base64_data": _encodable(given)}
        yield {"method": "POST", "url": operations["upload_file_base64"].path, "json": body}
    else:
        with _open(given) as (path, file):
            size = os.fstat(file.fileno()).st_size
            kind = guess_type(path.name)[0] or "application/octet-stream"
            content = file if on_progress is None else _ProgressFile(file, size, on_progress)
            name = os.fsencode(path.name).decode(errors="replace")
            call = {"method": "POST", "url": operations["upload_file_stream"].path}
            yield {**call, "files": {"file": (name, content, kind)}}


def _encodable(url: str) -> str:
    try:
        url.encode()
    except UnicodeEncodeError:
        raise TransferError("cannot upload a URL with invalid Unicode; percent-encode it") from None
    return url


@contextmanager
def _open(source: Any) -> Generator[tuple[Path, IO[bytes]]]:
    try:
        path = Path(source)
    except TypeError:
        raise TransferError(f"cannot upload {source!r:.80}: pass a path or a URL") from None
    try:
        if path.exists() and not path.is_file():  # opening a pipe would block until somebody writes to it
            raise TransferError(f"cannot upload {path}: it is not a regular file")
        file = path.open("rb")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise TransferError(f"cannot upload {str(path)!r:.200}: {reason}") from error
    with file:
        yield path, file


def uploaded(response: httpx.Response) -> UploadedFile:
    """Parse the response to an upload.

    Raises:
        UnexpectedResponse: the response has no `file_url`.
    """
    from evolink_client.models import UploadedFile, UploadResponse  # noqa: PLC0415 - other programs do not need it

    try:
        data = UploadResponse.from_dict(parse_json(response.content)).data
    except (KeyError, TypeError, ValueError, AttributeError):
        data = None
    if not isinstance(data, UploadedFile) or not is_url(data.file_url):
        request = response.request
        info = ResponseInfo(request.method, request.url.path, response.status_code)
        raise UnexpectedResponse(info, "the response has no file_url")
    return data
