"""Download a file: resume interrupted transfers, and give the file its name only once it is complete.

Until then the bytes are in `.<name>.<mark>.part` next to the target. The mark is a hash of the version that the server
reports (`ETag` or `Last-Modified`) and of the size. A partial file of another version is therefore never resumed, not
even by a later program.

The decisions are a generator of steps without I/O. The clients perform the steps; see `evolink._flows`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx

from evolink._flows import UserFunctionError
from evolink._partial_file import PartialFile
from evolink._retries import MAX_RETRY_AFTER, Pause, pause
from evolink._text import printable
from evolink.errors import TransferError

_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)")
# A connection that delivers at least this many bytes resets the count of failures.
PROGRESS_BYTES = 65_536
_RETRIED = {408, 425, 429, 500, 502, 503, 504}
# Content types of proxies and error pages that return 200. A result link never has them.
_NOT_MEDIA = ("text/", "application/json", "application/xml", "application/xhtml")


class Open(NamedTuple):
    """Request the file. The result is the response with an unread body."""

    url: str
    headers: dict[str, str]


class More(NamedTuple):
    """Read from the latest response. The result is a chunk, or b"" at the end."""


Fetching = Generator[Open | More | Pause, Any, Path]
Progress = Callable[[int, int | None], Any]
"""Called with the number of bytes received and the total size, which is None if the server does not report it."""


def fetching(
    url: str,
    target: Path,
    *,
    max_retries: int,
    random: Callable[[], float],
    retry_after: Callable[[httpx.Headers], float | None],
    on_response: Callable[[httpx.Response], None] = lambda _: None,
    on_progress: Progress | None = None,
) -> Fetching:
    """Yield the steps that download `url` to `target`; returns `target` at the end.

    Raises:
        TransferError: the file could not be fetched or written. The received part is kept for the next attempt.
    """
    try:
        target = _checked(target)
        split = urlsplit(url)
        if split.scheme not in {"http", "https"} or not split.hostname:
            raise TransferError(f"{_without_query(url)!r} is not an http or https URL")
    except ValueError:
        raise TransferError(f"{_without_query(url)!r} is not an http or https URL") from None
    file = _Download(url, target, on_response, on_progress)
    try:
        yield from _attempts(file, max_retries, random, retry_after)
        file.finish()
    except OSError as error:
        raise TransferError(f"cannot write {target}: {error.strerror or error}", file.close()) from error
    except _Refused as error:
        raise TransferError(f"cannot download {_without_query(url)}: {error}", file.close()) from error
    finally:
        file.close()
    return target


def _attempts(
    file: _Download, max_retries: int, random: Callable[[], float], retry_after: Callable[[httpx.Headers], float | None]
) -> Generator[Open | More | Pause, Any, None]:
    """Fetch the file with retries until it is complete.

    Raises:
        _Refused: the server does not deliver the file.
    """
    failures = 0
    while True:
        start, wait = file.resumable_bytes, None
        try:
            yield from file.attempt()
        except (httpx.HTTPError, httpx.StreamError) as error:
            refusal = _Refused(printable(f"{type(error).__name__}: {error}".rstrip(": ")))
            is_final = isinstance(error, httpx.UnsupportedProtocol)
        except (httpx.InvalidURL, ValueError) as error:  # an invalid host name is a ValueError
            raise _Refused(printable(f"{type(error).__name__}: {error}")) from error
        except _Refused as error:
            refusal, wait = error, retry_after(error.headers)
            is_final = error.status not in _RETRIED or (wait or 0) > MAX_RETRY_AFTER
        else:
            return
        # Without a minimum, a server that sends a few bytes per connection would be retried forever.
        failures = 1 if file.resumable_bytes - start >= PROGRESS_BYTES else failures + 1
        if is_final or failures > max_retries:
            raise refusal
        yield Pause(pause(failures, wait, random))


class _Refused(Exception):  # noqa: N818 - never leaves this module
    """The server does not deliver the file."""

    def __init__(self, reason: str, response: httpx.Response | None = None) -> None:
        super().__init__(reason)
        self.status = None if response is None else response.status_code
        self.headers = httpx.Headers() if response is None else response.headers


def _refusal(response: httpx.Response) -> _Refused:
    status = response.status_code
    hint = "; the link may have expired" if status in {403, 404, 410} else ""
    return _Refused(f"the server returned HTTP {status}{hint}", response)


class _Download:
    """One download: its partial file and the version that the server reported."""

    def __init__(
        self,
        url: str,
        target: Path,
        on_response: Callable[[httpx.Response], None],
        on_progress: Progress | None,
    ) -> None:
        self._url, self._target, self._on_response, self._on_progress = url, target, on_response, on_progress
        self._part: PartialFile | None = None
        self._version = ""  # the value for `If-Range`; empty if the download cannot be resumed
        self._total: int | None = None

    @property
    def resumable_bytes(self) -> int:
        """The number of received bytes that the next request can resume from."""
        return self._part.size if self._part is not None and self._version else 0

    def attempt(self) -> Generator[Open | More, Any, None]:
        """Fetch the missing bytes with one request."""
        offset = self.resumable_bytes
        ranged = {"range": f"bytes={offset}-", "if-range": self._version} if offset else {}
        response: httpx.Response = yield Open(self._url, {"accept-encoding": "identity", **ranged})
        self._on_response(response)
        if ranged and response.status_code == 206 and self._continues(response, offset):
            yield from self._receive(offset)
        elif response.status_code == 200:
            self._begin(response)
            if self.resumable_bytes and not ranged:  # an earlier program left a partial file
                if self.resumable_bytes != self._total:
                    yield from self.attempt()
            else:
                yield from self._receive(0)
        elif response.status_code in {206, 416}:  # not the requested range: the next attempt requests the whole file
            self._discard()
            raise httpx.RemoteProtocolError("the server did not send the requested range")
        else:
            raise _refusal(response)

    def finish(self) -> None:
        """Rename the complete file to its target."""
        if self._part is not None:
            part, self._part = self._part, None
            part.finish()

    def close(self) -> Path | None:
        """Close the partial file; returns its path if a later download can resume it."""
        part, self._part = self._part, None
        return part.close() if part is not None else None

    def _discard(self) -> None:
        if self._part is not None:
            self._part.begin(0)

    def _begin(self, response: httpx.Response) -> None:
        """Start the file that a 200 response describes, or open the partial file of that version."""
        headers = response.headers
        content_type = headers.get("content-type", "").lower()
        if content_type.startswith(_NOT_MEDIA):
            raise _Refused(f"the server sent {content_type.partition(';')[0]} instead of a file")
        plain = "content-encoding" not in headers
        length = headers.get("content-length", "")
        total = int(length) if plain and length.isdecimal() and len(length) < 19 else None
        version = _version(headers) if total is not None else ""
        if self._part is not None and (version, total) != (self._version, self._total):
            self.close()
        self._version, self._total = version, total
        if self._part is None:
            self._part = PartialFile(self._target, f"{version} {total}" if version else "")
        if total is not None and self.resumable_bytes > total:
            self._discard()

    def _continues(self, response: httpx.Response, offset: int) -> bool:
        """Whether a 206 response starts at `offset` and has the same version."""
        match = _CONTENT_RANGE.fullmatch(response.headers.get("content-range", "").strip())
        return (
            match is not None
            and int(match[1]) == offset
            and match[3] in {"*", str(self._total)}
            and "content-encoding" not in response.headers
            and _version(response.headers) in {"", self._version}
        )

    def _receive(self, offset: int) -> Generator[More, Any, None]:
        part = self._part
        assert part is not None  # noqa: S101 - for the type checker: _begin has set it
        part.begin(offset)
        while chunk := (yield More()):
            part.write(chunk)
            offset += len(chunk)
            if self._on_progress is not None:
                self._report_progress(offset)
        part.flush()
        if self._total is not None and offset != self._total:
            if offset > self._total:
                self._discard()
            raise httpx.RemoteProtocolError(f"received {offset} of {self._total} bytes")

    def _report_progress(self, received: int) -> None:
        try:
            if self._on_progress is not None:
                self._on_progress(received, self._total)
        except OSError as error:  # raised by the caller's function, so not a problem with the file
            error.add_note("It was raised by on_progress.")
            raise UserFunctionError(error) from error


def _version(headers: httpx.Headers) -> str:
    """Return the header value that identifies the version of the file, a strong ETag or a date; empty if none does."""
    etag: str = headers.get("etag", "")
    date: str = headers.get("last-modified", "")
    return etag if etag and not etag.startswith("W/") else date


def _checked(target: Path) -> Path:
    """Return the path to write, with symbolic links resolved.

    Raises:
        TransferError: the path is invalid, or is a device, a pipe or a folder.
    """
    if "\0" in str(target):
        raise TransferError(f"cannot write {str(target)!r:.200}: a path cannot contain a null character")
    try:
        if target.is_symlink():
            target = Path(os.path.realpath(target))
        if target.exists() and not target.is_file():
            raise TransferError(f"cannot write {target}: it is not a regular file")
    except OSError as error:
        raise TransferError(f"cannot write {str(target)!r:.200}: {error.strerror or error}") from error
    return target


def target_of(to: str | os.PathLike[str], name: str, url: str) -> Path:
    """Return the path to save `url` to: `to` itself or, if that is a folder, `name` in it with the suffix of the URL.

    Raises:
        TransferError: `to` is not a path, or is empty.
    """
    try:
        path = Path(to)
    except TypeError:
        raise TransferError(f"cannot write to {to!r:.80}: pass the path of a file or a folder") from None
    if not os.fspath(to):
        raise TransferError("cannot write to an empty path: pass '.' for the current folder")
    if not (path.is_dir() or str(to).endswith(("/", os.sep))):
        return path
    match = re.fullmatch(r"[^?#]*/[^/?#]*(\.[A-Za-z0-9]{1,5})([?#].*)?", url, re.DOTALL)
    suffix = match[1] if match else ".mp4"
    safe = re.sub(r"[^A-Za-z0-9._-]", "_", name).lstrip(".")[:100] or "result"
    return path / f"{safe}{suffix}"


def _without_query(url: str) -> str:
    """Return a URL without its query, which may contain a signature."""
    return printable(url.partition("?")[0], 200)
