"""Callbacks, really delivered: by the contract's rules, never to a private address, every attempt written down."""

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

from evolink_mock.contract.contract import DeliveryRules
from evolink_mock.domain.clock import Clock, SystemClock, sleep
from evolink_mock.http.addresses import (
    Address,
    AddressError,
    PrivateAddressError,
    Resolver,
    destination,
    is_public,
    resolve,
)

if TYPE_CHECKING:
    import httpx

JOURNAL_LENGTH = 10_000
MAX_ATTEMPTS = 100  # at a time; the others wait, before their own time begins to run


class Attempt(NamedTuple):
    """One attempt to deliver a callback.

    Attributes:
        attempt: 1 for the first.
        at: simulated seconds since the server started.
        waited: the simulated seconds that the rules let pass before it.
        status: the HTTP status of the answer; None when there was none.
        error: why there was no answer, or why the answer is no success.
        sent_to: where it really went, when that is not `url`.
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


class Deliveries:
    """Delivers callbacks and keeps the journal of attempts; for use in one event loop.

    Args:
        clock: the time that retries wait by.
        rules: the documented timeout and retry delays.
        forward_to: a URL that gets every callback instead of the address it names; may be on this machine.
        resolve: looks up host names.
        is_allowed: whether a callback may go to an address.
        verify: the TLS settings; the default trusts the usual authorities.
        attempt_clock: the time that the timeout goes by. The default is real time, whatever `clock` is: a receiver
            is a real program.
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
        self._sent_to = _without_user(forward_to) if forward_to else None
        self._resolve = resolve
        self._is_allowed = is_allowed
        self._verify = verify
        self._attempt_clock = attempt_clock or SystemClock()
        self._client: httpx.AsyncClient | None = None
        self._running: set[asyncio.Task[None]] = set()
        self._free_places = asyncio.Semaphore(MAX_ATTEMPTS)
        self._closed = False
        self._expected: dict[str, asyncio.Event] = {}

    def start(self, task_id: str, url: str, body: dict[str, Any]) -> asyncio.Task[None]:
        """Begin to deliver `body` to `url`, and retry as the rules say; what is returned ends with the delivery."""
        running = asyncio.get_running_loop().create_task(self._deliver(task_id, url, body, self._clock.elapsed()))
        self._running.add(running)
        running.add_done_callback(self._running.discard)
        return running

    async def attempted(self, task_id: str) -> None:
        """Wait until the next attempt to announce a task is over."""
        try:
            await self._expected.setdefault(task_id, asyncio.Event()).wait()
        finally:
            self._expected.pop(task_id, None)

    @property
    def under_way(self) -> bool:
        """Whether there is a delivery that has neither succeeded nor been given up."""
        return bool(self._running)

    async def aclose(self) -> None:
        """Give up what is still to be delivered."""
        self._closed = True
        for expected in self._expected.values():
            expected.set()
        self._attempt_clock.close()
        for running in self._running:
            running.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()

    async def _deliver(self, task_id: str, url: str, body: dict[str, Any], due: float) -> None:
        for attempt, wait in enumerate((0.0, *self._rules.retry_after), 1):
            due += wait
            if wait:
                await sleep(self._clock, max(0.0, due - self._clock.elapsed()))
            if self._closed:
                return
            async with self._free_places:
                at, start = self._clock.noted(due), time.perf_counter()
                status, error = await self._attempt(url, body)
            took_ms = round((time.perf_counter() - start) * 1000, 3)
            self.journal.append(
                Attempt(task_id, url, attempt, at, wait, took_ms, error is None, status, error, self._sent_to, body)
            )
            self.count += 1
            if task_id in self._expected:
                self._expected[task_id].set()
            if error is None:
                return
            due = self._clock.noted(at)

    async def _attempt(self, url: str, body: dict[str, Any]) -> tuple[int | None, str | None]:
        """Return the status of the answer, if any, and what went wrong, if anything."""
        import httpx  # noqa: PLC0415 - a quarter of the time that a server takes to start

        try:
            async with asyncio.timeout(None) as limit:
                self._attempt_clock.call_later(self._rules.timeout, functools.partial(_expire, limit))
                status = await self._post(url, json.dumps(body).encode())
        except TimeoutError:
            return None, f"no answer within {self._rules.timeout:g} s, the look-up of the name included"
        except PrivateAddressError as error:
            return None, f"{error}, where callbacks never go"
        except AddressError as error:
            return None, str(error)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            return None, f"{type(error).__name__}: {error}".removesuffix(": ")
        return status, None if 200 <= status < 300 else f"status {status} is no 2xx"

    async def _post(self, url: str, content: bytes) -> int:
        target = self._forward_to
        headers = {"content-type": "application/json", "user-agent": "evolink-mock"}
        extensions: dict[str, str] = {}
        if target is None:
            there = await destination(url, self._resolve, self._is_allowed)
            target, extensions = there.url, there.extensions
            headers |= there.headers
        # A stream whose body is never read: a receiver's answer may be of any length.
        async with self._http().stream(
            "POST", target, content=content, headers=headers, extensions=extensions
        ) as response:
            return response.status_code

    def _http(self) -> httpx.AsyncClient:
        import httpx  # noqa: PLC0415 - as above

        if self._client is None:  # made late: loading the authorities takes longer than starting the server
            self._client = httpx.AsyncClient(
                verify=self._verify,
                timeout=None,  # noqa: S113 - `_attempt` bounds the whole attempt, as documented
                # No connection is used twice: the pool tells them apart by address, and hosts may share one.
                limits=httpx.Limits(max_keepalive_connections=0),
                follow_redirects=False,
                trust_env=False,
            )
        return self._client


def _expire(limit: asyncio.Timeout) -> None:
    with contextlib.suppress(RuntimeError):  # the attempt has ended
        limit.reschedule(asyncio.get_running_loop().time())


def _without_user(url: str) -> str:
    """Return a URL without the user name and password it may carry."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
