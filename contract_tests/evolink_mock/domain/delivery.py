"""Callback delivery over HTTP, as the contract documents it: timeouts, retries, and no private addresses."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import ssl
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from evolink_mock.domain.background import BackgroundTasks
from evolink_mock.domain.clock import Clock, SystemClock, sleep
from evolink_mock.http.addresses import (
    Address,
    AddressError,
    PrivateAddressError,
    Resolver,
    is_public,
    resolve,
    resolve_url,
)
from evolink_mock.http.fetching import authorities
from evolink_mock.notices import NOTICES
from evolink_mock.text import one_line

if TYPE_CHECKING:
    import httpx

JOURNAL_LENGTH = 10_000
MAX_DELIVERIES = 10_000  # in progress; further callbacks are not delivered
MAX_ATTEMPTS = 100  # concurrent ones; further attempts wait, and their timeout starts afterwards


class DeliveryRules(NamedTuple):
    """The timeout and the retry delays of the contract's `x-delivery`, in seconds."""

    timeout: float
    retry_after: tuple[float, ...]


class Attempt(NamedTuple):
    """One attempt to deliver a callback.

    Attributes:
        attempt: its number, from 1.
        at: simulated seconds since the server started.
        waited: the documented delay before this attempt, in simulated seconds.
        status: the HTTP status of the response; None without a response.
        error: the reason why the attempt failed; None if it succeeded.
        sent_to: the URL that received the request, if it is not `url`.
    """

    task_id: str
    url: str
    attempt: int
    at: float
    waited: float
    took_ms: float
    delivered: bool
    status: int | None
    error: str | None
    sent_to: str | None
    body: dict[str, Any]


class CallbackSender:
    """Delivers callbacks and keeps a journal of the attempts; for use in one event loop.

    Args:
        clock: the clock for retry delays.
        rules: the documented timeout and retry delays.
        forward_to: a URL that receives every callback instead of the task's URL; it may be on localhost. Like a reverse
            proxy, it gets the query of the task's URL and, if it has no path, the path as well.
        resolve: resolves host names.
        is_allowed: whether a callback may be sent to an address.
        verify: the TLS settings; the default trusts the usual certificate authorities.
        attempt_clock: the clock for the timeout. The default is real time, independent of `clock`, because receivers
            are real programs.
    """

    def __init__(
        self,
        clock: Clock,
        rules: DeliveryRules,
        *,
        forward_to: str | None = None,
        resolve: Resolver = resolve,
        is_allowed: Callable[[Address], bool] = is_public,
        verify: ssl.SSLContext | bool = True,
        attempt_clock: Clock | None = None,
    ) -> None:
        self.journal: deque[Attempt] = deque(maxlen=JOURNAL_LENGTH)
        self.count = 0
        self._clock = clock
        self._rules = rules
        self._forward_to = forward_to
        self._resolve = resolve
        self._is_allowed = is_allowed
        self._verify = verify
        self._attempt_clock = attempt_clock or SystemClock()
        self._client: httpx.AsyncClient | None = None
        self._running = BackgroundTasks()
        self._slots = asyncio.Semaphore(MAX_ATTEMPTS)
        self._closed = False
        self._attempt_ended: dict[str, asyncio.Event] = {}

    def start(self, task_id: str, url: str, body: dict[str, Any]) -> asyncio.Task[None]:
        """Deliver `body` to `url` in the background, with retries; the returned task ends with the delivery."""
        is_one_too_many = len(self._running) >= MAX_DELIVERIES
        deliver = self._refuse if is_one_too_many else self._deliver
        return self._running.start(deliver(task_id, url, body, self._clock.elapsed()))

    async def wait_for_attempt(self, task_id: str) -> None:
        """Wait until the next delivery attempt for a task has ended."""
        try:
            await self._attempt_ended.setdefault(task_id, asyncio.Event()).wait()
        finally:
            self._attempt_ended.pop(task_id, None)

    @property
    def is_delivering(self) -> bool:
        """True while a delivery has neither succeeded nor failed for the last time."""
        return bool(self._running)

    async def aclose(self) -> None:
        """Cancel all deliveries."""
        self._closed = True
        for event in self._attempt_ended.values():
            event.set()
        self._attempt_clock.close()
        await self._running.aclose()
        if self._client is not None:
            await self._client.aclose()

    async def _deliver(self, task_id: str, url: str, body: dict[str, Any], due: float) -> None:
        for attempt, wait in enumerate((0.0, *self._rules.retry_after), 1):
            due += wait
            if wait:
                await sleep(self._clock, max(0.0, due - self._clock.elapsed()))
            if self._closed:
                return
            async with self._slots:
                at, start = self._clock.timestamp(due), time.perf_counter()
                status, error = await self._attempt(url, body)
            took_ms = round((time.perf_counter() - start) * 1000, 3)
            self._record(
                Attempt(
                    task_id, url, attempt, at, wait, took_ms, error is None, status, error, self._sent_to(url), body
                )
            )
            if error is None:
                return
            due = self._clock.timestamp(at)

    async def _refuse(self, task_id: str, url: str, body: dict[str, Any], due: float) -> None:
        """Record that a callback is not delivered."""
        message = f"{MAX_DELIVERIES} other callbacks are being delivered"
        NOTICES.warn(f"callback not delivered: {message}")
        self._record(Attempt(task_id, url, 1, due, 0, 0, False, None, message, self._sent_to(url), body))  # noqa: FBT003 - a named tuple

    def _record(self, attempt: Attempt) -> None:
        """Add an attempt to the journal, and wake up who waits for it."""
        self.journal.append(attempt)
        self.count += 1
        if attempt.task_id in self._attempt_ended:
            self._attempt_ended[attempt.task_id].set()

    async def _attempt(self, url: str, body: dict[str, Any]) -> tuple[int | None, str | None]:
        """Send a callback once. Return the status, None without a response, and the error, None for a success."""
        import httpx  # noqa: PLC0415 - a quarter of the server's start-up time

        try:
            async with asyncio.timeout(None) as limit:
                timer = self._attempt_clock.call_later(self._rules.timeout, functools.partial(_expire, limit))
                try:
                    status, location = await self._post(url, json.dumps(body).encode())
                finally:
                    timer.cancel()
        except TimeoutError:
            return None, f"no response within {self._rules.timeout:g} s, including the DNS lookup"
        except PrivateAddressError as error:
            return None, f"{error}, to which callbacks are never sent"
        except AddressError as error:
            return None, str(error)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            return None, f"{type(error).__name__}: {error}".removesuffix(": ")
        if 300 <= status < 400 and location:
            return status, f"status {status} is a redirect to {one_line(location)}, and redirects are not followed"
        return status, None if 200 <= status < 300 else f"status {status} is not a 2xx"

    def _sent_to(self, url: str) -> str | None:
        """Return where a callback is forwarded, without user name and password; None if it is not forwarded."""
        try:
            target = None if self._forward_to is None else urlsplit(_forwarded(url, self._forward_to))
        except ValueError:
            return None
        return target and target._replace(netloc=target.netloc.rpartition("@")[2]).geturl()

    async def _post(self, url: str, content: bytes) -> tuple[int, str]:
        """Send a callback once. Return the status and the header `Location` of the response."""
        target = None if self._forward_to is None else _forwarded(url, self._forward_to)
        headers = {"content-type": "application/json", "user-agent": "evolink-mock"}
        extensions: dict[str, str] = {}
        if target is None:
            resolved = (await resolve_url(url, self._resolve, self._is_allowed))[0]
            target, extensions = resolved.url, resolved.extensions
            headers |= resolved.headers
        # Streamed, and never read: the body of a receiver's response may have any length.
        async with self._http().stream(
            "POST", target, content=content, headers=headers, extensions=extensions
        ) as response:
            return response.status_code, response.headers.get("location", "")

    def _http(self) -> httpx.AsyncClient:
        import httpx  # noqa: PLC0415 - as above

        if self._client is None:  # created late: loading the certificate authorities takes longer than the start-up
            self._client = httpx.AsyncClient(
                verify=authorities() if self._verify is True else self._verify,
                timeout=None,  # noqa: S113 - `_attempt` limits the whole attempt, as documented
                # Connections are not reused: the pool identifies them by address, which several hosts may share.
                limits=httpx.Limits(max_keepalive_connections=0),
                follow_redirects=False,
                trust_env=False,
            )
        return self._client


def _expire(limit: asyncio.Timeout) -> None:
    with contextlib.suppress(RuntimeError):  # the attempt has ended
        limit.reschedule(asyncio.get_running_loop().time())


def _forwarded(url: str, forward_to: str) -> str:
    """Return `forward_to` with the query of `url` and, if it has no path, with the path of `url`.

    Raises:
        ValueError: `url` is invalid.
    """
    target, parts = urlsplit(forward_to), urlsplit(url)
    query = "&".join(part for part in (target.query, parts.query) if part)
    return target._replace(path=target.path or parts.path, query=query).geturl()
