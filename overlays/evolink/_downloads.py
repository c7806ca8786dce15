"""Download a file: resume interrupted transfers, and give the file its name only once it is complete.

Until then the bytes are in `.<name>.<mark>.part` next to the target. The mark is a hash of the task, of the version
that the server reports (`ETag` or `Last-Modified`) and of the size. A partial file of another version is therefore
never resumed, not even by a later program.

The decisions are a generator of steps without I/O on the network. The clients perform the steps; see `evolink._flows`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Generator, Mapping
from typing import Any, Generic, NamedTuple, TypedDict, TypeVar
from urllib.parse import urlsplit

import httpx

from evolink import _paths, _signatures
from evolink._flows import UserFunctionError
from evolink._log import logger
from evolink._numbers import real
from evolink._partial_file import Part, TargetTakenError
from evolink._responses import unix_seconds
from evolink._retries import MAX_RETRY_AFTER, Pause, pause
from evolink._targets import Target
from evolink._text import printable, short_repr
from evolink._unpacking import PACKED
from evolink.errors import ConfigurationError, TransferError

_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)")
# A connection that delivers at least this many bytes resets the count of failures.
PROGRESS_BYTES = 65_536
# A partial file of an earlier program is resumed if this many of its first and of its last bytes are the server's.
COMPARED_BYTES = 65_536
_RETRIED = {408, 425, 429, 500, 502, 503, 504}
# What a link returns before its file is served, and after it has expired.
_NOT_SERVED = {202, 204, 403, 404, 410}
# The pauses before a link that is not served yet is requested again: a minute and a half together.
NOT_SERVED_PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 30.0)
# A link of an older task is not waited for. Documented tasks take a few minutes.
YOUNG_SECONDS = 3600.0
# A result of a few seconds has megabytes, the largest upload 100 MB.
MAX_BYTES = 16 * 1024**3
MAX_SECONDS = 3600.0
MIN_SPEED = 1024.0
# The least speed applies to the average of this many seconds.
SPEED_SECONDS = 10.0


class Open(NamedTuple):
    """Request the file. The result is the response with an unread body, after at most `seconds`."""

    url: str
    headers: dict[str, str]
    seconds: float


class More(NamedTuple):
    """Read from the latest response. The result is a chunk, or b"" at the end, after at most `seconds`."""

    seconds: float


class Refresh(NamedTuple):
    """Read the task again. The result is the present link to the file; None if the task cannot be read."""


Step = Open | More | Pause | Refresh
Result = TypeVar("Result")
Progress = Callable[[int, int | None], Any]
"""Called with the number of bytes received and the total size, which is None if the server does not report it."""


class Options(TypedDict, total=False):
    """The options of `EvoLink.download`, which documents them."""

    result: int
    name: str | None
    overwrite: bool
    timeout: float | None
    max_seconds: float
    min_speed: float
    max_bytes: float
    on_progress: Progress | None
    extra_headers: Mapping[str, str] | None


class Limits(NamedTuple):
    """The bounds of one download.

    Attributes:
        timeout: the seconds for the start of a response, and for each chunk.
        max_seconds: the seconds for everything together.
        min_speed: the least average speed in bytes per second.
        max_bytes: the largest size.
    """

    timeout: float
    max_seconds: float = MAX_SECONDS
    min_speed: float = MIN_SPEED
    max_bytes: float = MAX_BYTES

    def checked(self) -> Limits:
        """Return these limits.

        Raises:
            ConfigurationError: one of them is not a positive number. Infinity is allowed, and 0 for `min_speed`.
        """
        for name in ("max_seconds", "min_speed", "max_bytes"):
            given: Any = getattr(self, name)
            value = real(given)
            none = "0" if name == "min_speed" else "math.inf"
            if value is None or not (value > 0 or (name == "min_speed" and value == 0)):
                raise ConfigurationError(
                    f"{name} must be a number above 0, or {none} for no bound, not {short_repr(given)}"
                )
        return self


class Source(NamedTuple):
    """The result to download.

    Attributes:
        url: its link.
        task_id: the id of its task.
        result: its index among the results of the task.
        kind: `video`, `image` or `audio`; empty if any file is accepted.
        created: when its task was created, in Unix seconds by the server's clock; None if that is unknown.
    """

    url: str
    task_id: str
    result: int
    kind: str = "video"
    created: float | None = None


class Environment(NamedTuple):
    """The parts of its client that a download needs.

    Attributes:
        max_retries: how often a failed request is repeated at most.
        random: returns a number from 0 to 1, for the pauses.
        clock: returns a number of seconds that never goes back.
        retry_after: reads the header `Retry-After`.
        on_response: called with every response.
    """

    max_retries: int
    random: Callable[[], float]
    clock: Callable[[], float]
    retry_after: Callable[[httpx.Headers], float | None]
    on_response: Callable[[httpx.Response], None]


def fetching(
    source: Source,
    target: Target[Result],
    limits: Limits,
    environment: Environment,
    on_progress: Progress | None = None,
) -> Generator[Step, Any, Result]:
    """Yield the steps that download a result; returns what the target returns.

    Raises:
        TransferError: the file could not be fetched or written. The received part is kept for the next attempt.
    """
    problem = f"{_without_query(source.url)!r} is not an http or https URL"
    try:
        split = urlsplit(source.url)
        if split.scheme not in {"http", "https"} or not split.hostname:
            raise TransferError(problem)
    except ValueError:
        raise TransferError(problem) from None
    file = _Download(source, target, _Meter(limits, environment.clock), environment.on_response, on_progress)
    try:
        yield from _attempts(file, environment)
        return file.finish()
    except TargetTakenError:
        raise target.taken(file.close()) from None
    except OSError as error:
        raise TransferError(f"cannot write {target}: {_paths.describe(error)}", file.close()) from error
    except _Refused as error:
        part = file.close()
        rest = "" if part is None else "; the next download continues with the part that has arrived"
        raise TransferError(f"cannot download {_without_query(file.url)}: {error}{rest}", part) from error
    finally:
        file.close()


def _attempts(file: _Download[Any], environment: Environment) -> Generator[Step, Any, None]:
    """Fetch the file with retries until it is complete.

    Raises:
        _Refused: the server does not deliver the file.
    """
    failures = 0
    not_served = iter(NOT_SERVED_PAUSES if environment.max_retries else ())
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
            refusal, wait = error, environment.retry_after(error.headers)
            is_final = error.status not in _RETRIED or (wait or 0) > MAX_RETRY_AFTER
        else:
            return
        file.meter.check_time()
        if refusal.status in _NOT_SERVED:
            yield from file.await_service(refusal, not_served)
            continue
        # Without a minimum, a server that sends a few bytes per connection would be retried forever.
        failures = 1 if file.resumable_bytes - start >= PROGRESS_BYTES else failures + 1
        if is_final or failures > environment.max_retries:
            raise refusal
        yield Pause(file.meter.checked_pause(pause(failures, wait, environment.random)))


class _Refused(Exception):  # noqa: N818 - never leaves this module
    """The server does not deliver the file."""

    def __init__(self, reason: str, response: httpx.Response | None = None) -> None:
        super().__init__(reason)
        self.status = None if response is None else response.status_code
        self.headers = httpx.Headers() if response is None else response.headers

    def age(self, created: float | None) -> float:
        """Return how long ago something was created, by the server's clock, as far as it tells the time."""
        if created is None:
            return math.inf
        now = unix_seconds(self.headers.get("date", ""))
        return 0.0 if now is None else now - created


class _Meter:
    """Measures the time and the speed of a download against its limits."""

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        self.limits = limits
        self._clock = clock
        self._deadline = clock() + limits.max_seconds
        self._since, self._bytes = clock(), 0

    def check_time(self) -> None:
        """Raise `_Refused` if the time is over."""
        self.seconds_left()

    def seconds_left(self) -> float:
        """Return how long the next step may take.

        Raises:
            _Refused: the time is over.
        """
        left = self._deadline - self._clock()
        if left <= 0:
            raise self._too_late()
        return min(left, self.limits.timeout)

    def checked_pause(self, seconds: float) -> float:
        """Return the seconds of a pause.

        Raises:
            _Refused: the time would be over after the pause.
        """
        if self._clock() + seconds >= self._deadline:
            raise self._too_late()
        return seconds

    def _too_late(self) -> _Refused:
        return _Refused(f"it was not complete within max_seconds={self.limits.max_seconds:g}")

    def restart(self) -> None:
        """Begin to measure the speed of another response."""
        self._since, self._bytes = self._clock(), 0

    def count(self, size: int) -> None:
        """Count received bytes.

        Raises:
            httpx.ReadTimeout: too few of them arrived in the last seconds.
        """
        self._bytes += size
        elapsed = self._clock() - self._since
        if elapsed >= SPEED_SECONDS:
            if self._bytes < self.limits.min_speed * elapsed:
                raise httpx.ReadTimeout(
                    f"slower than min_speed={self.limits.min_speed:g}: {self._bytes} bytes in {elapsed:.0f} s"
                )
            self.restart()


class _Download(Generic[Result]):
    """One download: its part and the version that the server reported."""

    def __init__(
        self,
        source: Source,
        target: Target[Result],
        meter: _Meter,
        on_response: Callable[[httpx.Response], None],
        on_progress: Progress | None,
    ) -> None:
        self.url, self.meter = source.url, meter
        self._source, self._target, self._on_response, self._on_progress = source, target, on_response, on_progress
        self._part: Part | None = None
        self._version = ""  # the value for `If-Range`; empty if the download cannot be resumed
        self._total: int | None = None
        self._is_recognised = False
        self._has_fresh_link = False

    @property
    def resumable_bytes(self) -> int:
        """The number of received bytes that the next request can resume from."""
        return self._part.size if self._part is not None and self._version and self._part.is_verified else 0

    def attempt(self) -> Generator[Step, Any, None]:
        """Fetch the missing bytes with one request, or with two if an earlier program has left a part."""
        offset = self.resumable_bytes
        response = yield from self._open(offset)
        if self._continues(response, offset):
            yield from self._receive(offset)
        elif response.status_code == 200:
            part = self._begin(response)
            if part.is_verified or part.size <= COMPARED_BYTES:
                yield from self._receive(0)
            else:
                yield from self._continue_earlier(part)
        elif response.status_code in {206, 416}:  # not the requested range: the next attempt requests the whole file
            self._discard()
            raise httpx.RemoteProtocolError("the server did not send the requested range")
        else:
            raise _refusal(response)

    def await_service(self, refusal: _Refused, pauses: Any) -> Generator[Step, Any, None]:
        """Wait for a link that is perhaps not served yet; read the task again, whose link may be a fresh one.

        Raises:
            _Refused: the link has expired, or was not served in time.
        """
        is_young = refusal.age(self._source.created) < YOUNG_SECONDS
        seconds = next(pauses, None)
        if seconds is None:
            raise refusal
        if is_young:
            logger.info(
                "the link of %s is not served yet; it is requested again in %g s",
                printable(self._source.task_id, 80),
                seconds,
            )
            yield Pause(self.meter.checked_pause(seconds))
        link = yield Refresh()
        is_fresh = isinstance(link, str) and link != self.url
        if is_fresh:
            self.url = link
        if not is_young:
            if not is_fresh or self._has_fresh_link:
                raise refusal
            self._has_fresh_link = True

    def finish(self) -> Result:
        """Save the complete file."""
        assert self._part is not None  # noqa: S101 - for the type checker: an attempt has succeeded
        result = self._target.finish(self._part)
        self._part = None
        return result

    def close(self) -> Any:
        """Close the part; returns its path if a later download can resume it."""
        part, self._part = self._part, None
        return part.close() if part is not None else None

    def _discard(self) -> None:
        if self._part is not None:
            self._part.begin(0)
        self._is_recognised = False

    def _open(self, offset: int) -> Generator[Step, Any, httpx.Response]:
        """Request the file from an offset."""
        ranged = {"range": f"bytes={offset}-", "if-range": self._version} if offset else {}
        response: httpx.Response = yield Open(
            self.url, {"accept-encoding": "identity", **ranged}, self.meter.seconds_left()
        )
        self._on_response(response)
        self.meter.restart()
        return response

    def _begin(self, response: httpx.Response) -> Part:
        """Start the file that a 200 response describes, or open the part of that version.

        Raises:
            _Refused: it is too large.
        """
        headers = response.headers
        length = headers.get("content-length", "")
        total = int(length) if length.isdecimal() and len(length) < 19 else None
        if total is not None and total > self.meter.limits.max_bytes:
            raise _Refused(f"it has {total} bytes, more than max_bytes={self.meter.limits.max_bytes:.0f}")
        version = _version(headers) if total is not None else ""
        if self._part is not None and (version, total) != (self._version, self._total):
            self.close()
            self._is_recognised = False
        self._version, self._total = version, total
        if self._part is None:
            self._part = self._target.open(
                f"{self._source.task_id} {self._source.result} {version} {total}" if version else ""
            )
        if total is not None and self._part.size > total:
            self._discard()
        return self._part

    def _continues(self, response: httpx.Response, offset: int) -> bool:
        """Return whether a response has everything from `offset` to the end, of the same version."""
        match = _CONTENT_RANGE.fullmatch(response.headers.get("content-range", "").strip())
        return (
            offset > 0
            and response.status_code == 206
            and match is not None
            and self._total is not None
            and (int(match[1]), int(match[2])) == (offset, self._total - 1)
            and match[3] in {"*", str(self._total)}
            and PACKED not in response.extensions
            and _version(response.headers) in {"", self._version}
        )

    def _continue_earlier(self, part: Part) -> Generator[Step, Any, None]:
        """Resume the part of an earlier program, if its first and last bytes are those of the server.

        Anybody who can write into the folder may have put it there, and a crash may have damaged its end.
        """
        head = yield from self._read(COMPARED_BYTES)
        if part.read(0, COMPARED_BYTES) != head[:COMPARED_BYTES]:
            yield from self._receive(0, head)
            return
        size = part.size
        start = size - COMPARED_BYTES
        response = yield from self._open(start)
        if self._continues(response, start):
            tail = yield from self._read(COMPARED_BYTES)
            if part.read(start, COMPARED_BYTES) == tail[:COMPARED_BYTES]:
                part.is_verified = True
                yield from self._receive(size, tail[COMPARED_BYTES:])
                return
        self._discard()
        yield from self.attempt()

    def _read(self, size: int) -> Generator[Step, Any, bytes]:
        """Read at least this many bytes of the response, if it has so many."""
        content = b""
        while len(content) < size and (chunk := (yield from self._more())):
            content += chunk
        return content

    def _more(self) -> Generator[Step, Any, bytes]:
        """Read a chunk of the response; empty at its end."""
        chunk: bytes = yield More(self.meter.seconds_left())
        self.meter.count(len(chunk))
        return chunk

    def _receive(self, offset: int, begun: bytes = b"") -> Generator[Step, Any, None]:
        """Write the rest of the response, of which `begun` has been read, to the part.

        Raises:
            httpx.HTTPError: the response is incomplete, or too slow.
            _Refused: the file is not what it should be, or too large.
            TargetTakenError: another file has the name.
        """
        part = self._part
        assert part is not None  # noqa: S101 - for the type checker: _begin has set it
        part.begin(offset)
        chunk = begun
        while chunk or (chunk := (yield from self._more())):
            part.write(chunk)
            offset += len(chunk)
            if offset > self.meter.limits.max_bytes:
                self._discard()
                raise _Refused(f"it has more than max_bytes={self.meter.limits.max_bytes:.0f}")
            if offset >= _signatures.HEAD_BYTES:
                self._recognise(part)
            self._report_progress(offset)
            chunk = b""
        part.flush()
        if self._total is not None and offset != self._total:
            if offset > self._total:
                self._discard()
            raise httpx.RemoteProtocolError(f"received {offset} of {self._total} bytes")
        self._recognise(part)

    def _recognise(self, part: Part) -> None:
        """Refuse a file whose first bytes are not those of the expected kind."""
        if self._is_recognised:
            return
        head = part.read(0, _signatures.HEAD_BYTES)
        format_, kind = _signatures.recognise(head), self._source.kind
        if not head or (kind and (format_ is None or format_.kind != kind)):
            self._discard()
            expected = _signatures.with_article(kind) if kind else "a result"
            raise _Refused(f"the server sent {_signatures.describe(head)} instead of {expected}")
        self._target.check(format_, self._total)
        self._is_recognised = True

    def _report_progress(self, received: int) -> None:
        if self._on_progress is None:
            return
        try:
            self._on_progress(received, self._total)
        except Exception as error:
            error.add_note("It was raised by on_progress.")
            raise UserFunctionError(error) from error


def _refusal(response: httpx.Response) -> _Refused:
    status = response.status_code
    hint = "; the link may have expired, or may not be served yet" if status in _NOT_SERVED else ""
    return _Refused(f"the server returned HTTP {status}{hint}", response)


def _version(headers: httpx.Headers) -> str:
    """Return the header value that identifies the version of the file, a strong ETag or a date; empty if none does."""
    etag: str = headers.get("etag", "")
    date: str = headers.get("last-modified", "")
    return etag if etag and not etag.startswith("W/") else date


def _without_query(url: str) -> str:
    """Return a URL without its query, which may contain a signature."""
    return printable(url.partition("?")[0], 200)
