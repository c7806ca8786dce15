"""Callbacks, really delivered: by the contract's rules, never to a private address, every attempt written down."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import ipaddress
import json
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from evolink_mock.clock import Clock, SystemClock, sleep
from evolink_mock.contract import DeliveryRules

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str, int], Awaitable[list[str]]]
"""Takes a host and a port and returns the addresses the host stands for; raises OSError when there are none."""

JOURNAL_LENGTH = 10_000
MAX_ATTEMPTS = 100  # at a time; the others wait, before their own time begins to run

# Of IPv6, only this part is in public use; the documentation networks lie within it.
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_DOCUMENTATION = (ipaddress.IPv6Network("2001:db8::/32"), ipaddress.IPv6Network("3fff::/20"))
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


@dataclass(frozen=True)
class Attempt:
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


class UndeliverableError(Exception):
    """An attempt that cannot even be sent, or got no answer."""


async def resolve(host: str, port: int) -> list[str]:
    """Resolve `host` as the system does, which understands decimal, hexadecimal and octal addresses too.

    The look-up runs in a daemon thread of its own: without a network it can take longer than anybody wants to wait
    for the server to end, and the event loop waits for the threads it knows of.
    """
    loop = asyncio.get_running_loop()
    found: asyncio.Future[list[str]] = loop.create_future()

    def look_up() -> None:
        try:
            addresses = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
            answer = functools.partial(found.set_result, addresses)
        except (OSError, UnicodeError) as error:
            answer = functools.partial(found.set_exception, error)
        with contextlib.suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(lambda: None if found.done() else answer())

    threading.Thread(target=look_up, daemon=True).start()
    return await found


def is_public(address: Address) -> bool:
    """Whether an address is on the public internet, also when it is an IPv4 address inside an IPv6 one."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
        if inner is not None:
            return is_public(inner)
        if address not in _GLOBAL_UNICAST or any(address in network for network in _DOCUMENTATION):
            return False
    return address.is_global and not address.is_multicast


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
        running = asyncio.get_running_loop().create_task(self._deliver(task_id, url, body))
        self._running.add(running)
        running.add_done_callback(self._running.discard)
        return running

    async def attempted(self, task_id: str) -> None:
        """Wait until the next attempt to announce a task is over."""
        await self._expected.setdefault(task_id, asyncio.Event()).wait()

    @property
    def under_way(self) -> bool:
        """Whether there is a delivery that has neither succeeded nor been given up."""
        return bool(self._running)

    async def aclose(self) -> None:
        """Give up what is still to be delivered."""
        self._closed = True
        for running in self._running:
            running.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()

    async def _deliver(self, task_id: str, url: str, body: dict[str, Any]) -> None:
        for attempt, wait in enumerate((0.0, *self._rules.retry_after), 1):
            if wait:
                await sleep(self._clock, wait)
            if self._closed:
                return
            async with self._free_places:
                at, start = self._clock.elapsed(), time.perf_counter()
                status, error = await self._attempt(url, body)
            took_ms = round((time.perf_counter() - start) * 1000, 3)
            self.journal.append(
                Attempt(task_id, url, attempt, at, wait, took_ms, error is None, status, error, self._sent_to, body)
            )
            self.count += 1
            if task_id in self._expected:
                self._expected.pop(task_id).set()
            if error is None:
                return

    async def _attempt(self, url: str, body: dict[str, Any]) -> tuple[int | None, str | None]:
        """Return the status of the answer, if any, and what went wrong, if anything."""
        try:
            async with asyncio.timeout(None) as limit:
                self._attempt_clock.call_later(self._rules.timeout, functools.partial(_expire, limit))
                status = await self._post(url, json.dumps(body).encode())
        except TimeoutError:
            return None, f"no answer within {self._rules.timeout:g} s, the look-up of the name included"
        except UndeliverableError as error:
            return None, str(error)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            return None, f"{type(error).__name__}: {error}".removesuffix(": ")
        return status, None if 200 <= status < 300 else f"status {status} is no 2xx"

    async def _post(self, url: str, content: bytes) -> int:
        target = self._forward_to
        headers = {"content-type": "application/json", "user-agent": "evolink-mock"}
        extensions: dict[str, str] = {}
        if target is None:
            # Sent to the very address that was checked, so that a second look-up cannot yield another.
            parts = urlsplit(url)
            host = parts.hostname or ""
            address = await self._public_address(host, 443 if parts.port is None else parts.port)
            user, at, named = parts.netloc.rpartition("@")
            port = "" if parts.port is None else f":{parts.port}"
            target = parts._replace(netloc=f"{user}{at}{f'[{address}]' if ':' in address else address}{port}").geturl()
            headers["host"] = named
            extensions["sni_hostname"] = host
        # A stream whose body is never read: a receiver's answer may be of any length.
        async with self._http().stream(
            "POST", target, content=content, headers=headers, extensions=extensions
        ) as response:
            return response.status_code

    async def _public_address(self, host: str, port: int) -> str:
        try:
            addresses = await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise UndeliverableError(f"{host} cannot be resolved: {error}") from None
        for address in addresses:
            if not self._is_allowed(ipaddress.ip_address(address)):
                raise UndeliverableError(f"{host} is the private address {address}, where callbacks never go")
        if not addresses:
            raise UndeliverableError(f"{host} cannot be resolved: it has no address")
        return addresses[0]

    def _http(self) -> httpx.AsyncClient:
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
