"""Brings a file here: to a temporary name first, resumed where it was cut, whole before it gets its own name.

What has arrived is kept in `.<name>.<mark>.part` beside the file. The mark stands for the version of the file that the
server tells by its ETag, so that a part is never continued with another version's rest, not even by a later program.
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
from evolink._partial_file import Part
from evolink._retries import MAX_RETRY_AFTER, Pause, pause
from evolink._text import printable
from evolink.errors import TransferError

_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)")
# What a connection must bring for the count of failures to begin anew.
PROGRESS_BYTES = 65_536
_AGAIN = {408, 425, 429, 500, 502, 503, 504}
# A link leads to a file. These are what proxies and error pages answer with 200.
_NO_MEDIA = ("text/", "application/json", "application/xml", "application/xhtml")


class Open(NamedTuple):
    """Request the file. Answered with the response, whose body is still unread."""

    url: str
    headers: dict[str, str]


class More(NamedTuple):
    """Read on in the response that was opened last. Answered with some bytes, or none at the end."""


Fetching = Generator[Open | More | Pause, Any, Path]
Progress = Callable[[int, int | None], Any]
"""Called with the bytes that have arrived and, where that is known, the bytes there are."""


def fetching(
    url: str,
    target: Path,
    *,
    max_retries: int,
    random: Callable[[], float],
    retry_after: Callable[[str], float | None],
    on_progress: Progress | None = None,
) -> Fetching:
    """Decide on the requests that bring `url` to `target`; returns `target` once it is there.

    Raises:
        TransferError: the file could not be fetched or written; what has arrived is kept for the next attempt.
    """
    try:
        target = _checked(target)
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise TransferError(f"{_shown(url)} is no link to a file")
    except ValueError:
        raise TransferError(f"{_shown(url)} is no link to a file") from None
    file = _File(url, target, on_progress)
    try:
        yield from _arriving(file, max_retries, random, retry_after)
        file.finish()
    except OSError as error:
        raise TransferError(f"cannot write {target}: {error.strerror or error}", file.close()) from error
    except _Refused as error:
        raise TransferError(f"cannot download {_shown(url)}: {error}", file.close()) from error
    finally:
        file.close()
    return target


def _arriving(
    file: _File, max_retries: int, random: Callable[[], float], retry_after: Callable[[str], float | None]
) -> Generator[Open | More | Pause, Any, None]:
    """Attempt it until the whole file has arrived.

    Raises:
        _Refused: it will not.
    """
    failures = 0
    while True:
        begun, wait = file.arrived, None
        try:
            yield from file.attempt()
        except (httpx.HTTPError, httpx.StreamError) as error:
            refusal = _Refused(printable(f"{type(error).__name__}: {error}".rstrip(": ")))
            hopeless = isinstance(error, httpx.UnsupportedProtocol)
        except (httpx.InvalidURL, ValueError) as error:  # a ValueError is also what no host name can be spelled as
            raise _Refused(printable(f"{type(error).__name__}: {error}")) from error
        except _Refused as error:
            refusal, wait = error, retry_after(error.retry_after)
            hopeless = error.status not in _AGAIN or (wait or 0) > MAX_RETRY_AFTER
        else:
            return
        # A server that sends a byte at a time is not waited for without an end.
        failures = 1 if file.arrived - begun >= PROGRESS_BYTES else failures + 1
        if hopeless or failures > max_retries:
            raise refusal
        yield Pause(pause(failures, wait, random))


class _Refused(Exception):  # noqa: N818 - never leaves this module
    """The server does not give the file."""

    def __init__(self, reason: str, status: int | None = None, retry_after: str = "") -> None:
        super().__init__(reason)
        self.status, self.retry_after = status, retry_after


def _refusal(response: httpx.Response) -> _Refused:
    status = response.status_code
    gone = "; the link may have expired" if status in {403, 404, 410} else ""
    return _Refused(f"the server answered {status}{gone}", status, response.headers.get("retry-after", ""))


class _File:
    """The file on its way."""

    def __init__(self, url: str, target: Path, on_progress: Progress | None) -> None:
        self._url, self._target, self._on_progress = url, target, on_progress
        self._part: Part | None = None
        self._version = ""  # what `If-Range` takes; empty when nothing can be continued
        self._total: int | None = None

    @property
    def arrived(self) -> int:
        """The bytes that can be built upon."""
        return self._part.size if self._part is not None and self._version else 0

    def attempt(self) -> Generator[Open | More, Any, None]:
        """Fetch what is missing."""
        offset = self.arrived
        ranged = {"range": f"bytes={offset}-", "if-range": self._version} if offset else {}
        response: httpx.Response = yield Open(self._url, {"accept-encoding": "identity", **ranged})
        if ranged and response.status_code == 206 and self._continues(response, offset):
            yield from self._receive(offset)
        elif response.status_code == 200:
            self._begin(response)
            if self.arrived and not ranged:  # what an earlier program has left
                if self.arrived != self._total:
                    yield from self.attempt()
            else:
                yield from self._receive(0)
        elif response.status_code in {206, 416}:  # nothing that was asked for: the next attempt asks for all
            self._discard()
            raise httpx.RemoteProtocolError("the server sent another part than was asked for")
        else:
            raise _refusal(response)

    def finish(self) -> None:
        """Give the file its name."""
        if self._part is not None:
            part, self._part = self._part, None
            part.finish()

    def close(self) -> Path | None:
        """Leave what has arrived to a later download, and return where it is, if that is of use to one."""
        part, self._part = self._part, None
        return part.close() if part is not None else None

    def _discard(self) -> None:
        if self._part is not None:
            self._part.begin(0)

    def _begin(self, response: httpx.Response) -> None:
        """Take from a whole answer what the file is."""
        headers = response.headers
        kind = headers.get("content-type", "").lower()
        if kind.startswith(_NO_MEDIA):
            raise _Refused(f"the server answered with {kind.partition(';')[0]} instead of a file")
        plain = "content-encoding" not in headers
        length = headers.get("content-length", "")
        total = int(length) if plain and length.isdecimal() and len(length) < 19 else None
        version = _version(headers) if total is not None else ""
        if self._part is not None and (version, total) != (self._version, self._total):
            self.close()
        self._version, self._total = version, total
        if self._part is None:
            self._part = Part(self._target, f"{version} {total}" if version else "")
        if total is not None and self.arrived > total:
            self._discard()

    def _continues(self, response: httpx.Response, offset: int) -> bool:
        """Whether an answer goes on where the part ends, and is of the same version."""
        found = _CONTENT_RANGE.fullmatch(response.headers.get("content-range", "").strip())
        return (
            found is not None
            and int(found[1]) == offset
            and found[3] in {"*", str(self._total)}
            and "content-encoding" not in response.headers
            and _version(response.headers) in {"", self._version}
        )

    def _receive(self, offset: int) -> Generator[More, Any, None]:
        part = self._part
        assert part is not None  # noqa: S101 - for the type checker: _begin was here
        part.begin(offset)
        while chunk := (yield More()):
            part.write(chunk)
            offset += len(chunk)
            if self._on_progress is not None:
                self._tell(offset)
        part.flush()
        if self._total is not None and offset != self._total:
            if offset > self._total:
                self._discard()
            raise httpx.RemoteProtocolError(f"{offset} of {self._total} bytes arrived")

    def _tell(self, arrived: int) -> None:
        try:
            if self._on_progress is not None:
                self._on_progress(arrived, self._total)
        except OSError as error:  # of the caller's, and no trouble with the file
            error.add_note("It was raised by on_progress.")
            raise UserFunctionError(error) from error


def _version(headers: httpx.Headers) -> str:
    """Return what tells the version of a file from others; empty when nothing does for certain."""
    etag: str = headers.get("etag", "")
    date: str = headers.get("last-modified", "")
    return etag if etag and not etag.startswith("W/") else date


def _checked(target: Path) -> Path:
    """Return the plain file to write, or to make.

    Raises:
        TransferError: what is there is a device, a pipe or a folder, or there can be nothing.
    """
    if "\0" in str(target):
        raise TransferError(f"cannot write {str(target)!r:.200}: no name of a file holds a zero")
    try:
        if target.is_symlink():
            target = Path(os.path.realpath(target))
        if target.exists() and not target.is_file():
            raise TransferError(f"cannot write {target}: it is no plain file")
    except OSError as error:
        raise TransferError(f"cannot write {str(target)!r:.200}: {error.strerror or error}") from error
    return target


def target_of(to: str | os.PathLike[str], name: str, url: str) -> Path:
    """Return the file that `url` is saved as: `to` itself, or `name` in it with the link's suffix if it is a folder."""
    try:
        path = Path(to)
    except TypeError:
        raise TransferError(f"cannot write to {to!r:.80}: give the path of a file or a folder") from None
    if not os.fspath(to):
        raise TransferError("cannot write to an empty path: give '.' for the folder you are in")
    if not (path.is_dir() or str(to).endswith(("/", os.sep))):
        return path
    found = re.fullmatch(r"[^?#]*/[^/?#]*(\.[A-Za-z0-9]{1,5})([?#].*)?", url, re.DOTALL)
    suffix = found[1] if found else ".mp4"
    safe = re.sub(r"[^A-Za-z0-9._-]", "_", name).lstrip(".")[:100] or "result"
    return path / f"{safe}{suffix}"


def _shown(url: str) -> str:
    """Return a link without its query, which may hold a signature."""
    return printable(url.partition("?")[0], 200)
