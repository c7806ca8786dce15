"""What is uploaded, a file of this machine or a URL, and what the file host says of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from mimetypes import guess_type
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import httpx

from evolink.contract import packaged_contract
from evolink.errors import Answer, TransferError, UnexpectedAnswer

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


def is_url(source: str | os.PathLike[str]) -> bool:
    """Whether a source of media is a URL rather than a file of this machine."""
    return isinstance(source, str) and source.lower().startswith(("http://", "https://"))


@contextmanager
def upload_call(source: str | os.PathLike[str], on_progress: Progress | None) -> Generator[dict[str, Any]]:
    """Return the arguments for httpx's `request` that upload a file or have a URL fetched.

    Raises:
        TransferError: the file cannot be read.
    """
    operations = packaged_contract().operations
    if is_url(source):
        yield {"method": "POST", "url": operations["upload_file_url"].path, "json": {"file_url": source}}
        return
    path = Path(source)
    try:
        file = path.open("rb")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise TransferError(f"cannot upload {path}: {reason}") from error
    with file:
        size = os.fstat(file.fileno()).st_size
        kind = guess_type(path.name)[0] or "application/octet-stream"
        content = file if on_progress is None else _Counted(file, size, on_progress)
        call = {"method": "POST", "url": operations["upload_file_stream"].path}
        yield {**call, "files": {"file": (path.name, content, kind)}}


def uploaded(response: httpx.Response) -> UploadedFile:
    """Return the file that an upload has left on the file host.

    Raises:
        UnexpectedAnswer: the answer names none.
    """
    from evolink_client.models import UploadAnswer, UploadedFile  # noqa: PLC0415 - spares other programs its import

    try:
        data = UploadAnswer.from_dict(response.json()).data
    except (KeyError, TypeError, ValueError, AttributeError):
        data = None
    if not isinstance(data, UploadedFile) or not is_url(data.file_url):
        request = response.request
        answer = Answer(request.method, request.url.path, response.status_code)
        raise UnexpectedAnswer(answer, "the answer names no file_url")
    return data
