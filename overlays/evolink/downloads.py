"""Brings a file here: to a temporary name first, resumed where it was cut, whole before it gets its own name.

What has arrived is kept in `.<name>.<mark>.part` beside the file. The mark stands for the version of the file that the
server tells by its ETag, so that a part is never continued with another version's rest, not even by a later program.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Generator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx

from evolink.errors import TransferError
from evolink.retries import MAX_RETRY_AFTER, Pause, pause

_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)")
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
    if urlsplit(url).scheme not in {"http", "https"}:
        raise TransferError(f"{_shown(url)} is no link to a file")
    file = _File(url, target, on_progress)
    failures = 0
    while True:
        begun, wait, hopeless = file.arrived, None, False
        try:
            yield from file.attempt()
            file.finish()
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL) as error:
            hopeless = isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol)
            reason = f"{type(error).__name__}: {error}".rstrip(": ")
        except _Refused as error:
            wait = retry_after(error.retry_after)
            hopeless = error.status not in _AGAIN or (wait or 0) > MAX_RETRY_AFTER
            reason = str(error)
        except OSError as error:
            raise TransferError(f"cannot write {target}: {error.strerror or error}", file.kept()) from error
        else:
            return target
        failures = 1 if file.arrived > begun else failures + 1
        if hopeless or failures > max_retries:
            raise TransferError(f"cannot download {_shown(url)}: {reason}", file.kept())
        yield Pause(pause(failures, wait, random))


class _Refused(Exception):  # noqa: N818 - never leaves this module
    """The server does not give the file."""

    def __init__(self, response: httpx.Response, reason: str = "") -> None:
        self.status = response.status_code
        self.retry_after = response.headers.get("retry-after", "")
        gone = "; the link may have expired" if self.status in {403, 404, 410} else ""
        super().__init__(reason or f"the server answered {self.status}{gone}")


class _File:
    """The file on its way."""

    def __init__(self, url: str, target: Path, on_progress: Progress | None) -> None:
        self._url, self._target, self._on_progress = url, target, on_progress
        self._part: Path | None = None
        self._version = ""  # what `If-Range` takes; empty when a part cannot be continued
        self._total: int | None = None

    @property
    def arrived(self) -> int:
        """The bytes that can be built upon."""
        if self._part is None or not self._version:
            return 0
        with suppress(OSError):
            return self._part.stat().st_size
        return 0

    def kept(self) -> Path | None:
        """Return the part that the next attempt can build upon."""
        return self._part if self.arrived else None

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
            self.discard()
            raise httpx.RemoteProtocolError("the server sent another part than was asked for")
        else:
            raise _Refused(response)

    def discard(self) -> None:
        """Forget what has arrived."""
        if self._part is not None:
            self._part.unlink(missing_ok=True)

    def finish(self) -> None:
        """Give the file its name."""
        if self._part is not None:
            self._part.replace(self._target)
        for stale in self._target.parent.glob(f".{_literal(self._target.name)}.*.part"):
            with suppress(OSError):
                stale.unlink()

    def _begin(self, response: httpx.Response) -> None:
        """Take from a whole answer what the file is."""
        headers = response.headers
        kind = headers.get("content-type", "").lower()
        if kind.startswith(_NO_MEDIA):
            raise _Refused(response, f"the server answered with {kind.partition(';')[0]} instead of a file")
        plain = "content-encoding" not in headers
        length = headers.get("content-length", "")
        self._total = int(length) if plain and length.isdecimal() and len(length) < 19 else None
        version = headers.get("etag", "")
        if not version or version.startswith("W/"):
            version = headers.get("last-modified", "")
        self._version = version if plain and self._total is not None else ""
        mark = hashlib.sha256(f"{self._version} {self._total}".encode()).hexdigest()[:12]
        self._target.parent.mkdir(parents=True, exist_ok=True)
        self._part = self._target.with_name(f".{self._target.name}.{mark}.part")
        if self._total is not None and self.arrived > self._total:
            self._part.unlink()

    def _continues(self, response: httpx.Response, offset: int) -> bool:
        found = _CONTENT_RANGE.fullmatch(response.headers.get("content-range", "").strip())
        return (
            found is not None
            and int(found[1]) == offset
            and found[3] in {"*", str(self._total)}
            and "content-encoding" not in response.headers
        )

    def _receive(self, offset: int) -> Generator[More, Any, None]:
        assert self._part is not None  # noqa: S101 - for the type checker: _begin was here
        with self._part.open("r+b" if offset else "wb") as file:
            file.seek(offset)
            while chunk := (yield More()):
                file.write(chunk)
                offset += len(chunk)
                if self._on_progress is not None:
                    self._on_progress(offset, self._total)
            file.flush()
            os.fsync(file.fileno())
        if self._total is not None and offset != self._total:
            if offset > self._total:
                self.discard()
            raise httpx.RemoteProtocolError(f"{offset} of {self._total} bytes arrived")


def target_of(to: str | os.PathLike[str], name: str, url: str) -> Path:
    """Return the file that `url` is saved as: `to` itself, or `name` in it with the link's suffix if it is a folder."""
    path = Path(to)
    if not (path.is_dir() or str(to).endswith(("/", os.sep))):
        return path
    suffix = Path(urlsplit(url).path).suffix
    if not re.fullmatch(r"\.[A-Za-z0-9]{1,5}", suffix):
        suffix = ".mp4"
    safe = re.sub(r"[^A-Za-z0-9._-]", "_", name).lstrip(".")[:100] or "result"
    return path / f"{safe}{suffix}"


def _shown(url: str) -> str:
    """Return a link without its query, which may hold a signature."""
    return url.partition("?")[0][:200]


def _literal(name: str) -> str:
    return re.sub(r"([*?[])", r"[\1]", name)
