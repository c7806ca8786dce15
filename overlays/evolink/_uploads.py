"""What is uploaded, a file of this machine or a URL, and what the file host says of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from mimetypes import guess_type
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import httpx

from evolink._contract import packaged_contract
from evolink.errors import ResponseInfo, TransferError, UnexpectedResponse

if TYPE_CHECKING:
    from evolink_client.models import UploadedFile

Progress = Callable[[int, int | None], Any]
"""Called with the bytes that were sent and the bytes there are."""


class _Counted:
    """A file that tells how far it was read."""

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
    """Whether a source of media is a URL rather than a file of this machine."""
    return isinstance(source, str) and source.lower().startswith(("http://", "https://"))


@contextmanager
def upload_call(source: str | os.PathLike[str], on_progress: Progress | None) -> Generator[dict[str, Any]]:
    """Return the arguments for httpx's `request` that upload a file, have a URL fetched, or send a data URL.

    Raises:
        TransferError: the file cannot be read.
    """
    operations = packaged_contract().operations
    given: Any = source
    if is_url(given):
        yield {"method": "POST", "url": operations["upload_file_url"].path, "json": {"file_url": _sayable(given)}}
    elif isinstance(given, str) and given.startswith("data:"):
        body = {"base64_data": _sayable(given)}
        yield {"method": "POST", "url": operations["upload_file_base64"].path, "json": body}
    else:
        with _opened(given) as (path, file):
            size = os.fstat(file.fileno()).st_size
            kind = guess_type(path.name)[0] or "application/octet-stream"
            content = file if on_progress is None else _Counted(file, size, on_progress)
            name = os.fsencode(path.name).decode(errors="replace")
            call = {"method": "POST", "url": operations["upload_file_stream"].path}
            yield {**call, "files": {"file": (name, content, kind)}}


def _sayable(url: str) -> str:
    try:
        url.encode()
    except UnicodeEncodeError:
        raise TransferError("cannot upload a URL that holds what is no text; percent-encode it") from None
    return url


@contextmanager
def _opened(source: Any) -> Generator[tuple[Path, IO[bytes]]]:
    try:
        path = Path(source)
    except TypeError:
        raise TransferError(f"cannot upload {source!r:.80}: give a path or a URL") from None
    try:
        if path.exists() and not path.is_file():  # opening a pipe would wait for somebody to write to it
            raise TransferError(f"cannot upload {path}: it is no plain file")
        file = path.open("rb")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise TransferError(f"cannot upload {str(path)!r:.200}: {reason}") from error
    with file:
        yield path, file


def uploaded(response: httpx.Response) -> UploadedFile:
    """Return the file that an upload has left on the file host.

    Raises:
        UnexpectedResponse: the answer names none.
    """
    from evolink_client.models import UploadAnswer, UploadedFile  # noqa: PLC0415 - spares other programs its import

    try:
        data = UploadAnswer.from_dict(response.json()).data
    except (KeyError, TypeError, ValueError, AttributeError):
        data = None
    if not isinstance(data, UploadedFile) or not is_url(data.file_url):
        request = response.request
        answer = ResponseInfo(request.method, request.url.path, response.status_code)
        raise UnexpectedResponse(answer, "the answer names no file_url")
    return data
