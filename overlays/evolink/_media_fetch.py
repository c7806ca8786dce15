"""Fetch the files of requests from URLs: within one time limit, from public addresses, unpacked within a size limit."""

from __future__ import annotations

import ipaddress
import queue
import re
import socket
import threading
import time
from collections.abc import Iterable
from typing import IO, Any

import httpcore
import httpx

from evolink._deadline import TimedStream
from evolink._http import USER_AGENT, SendTrackingTransport, timeouts, wrapped
from evolink._log import private
from evolink._network import Network
from evolink._settings import CONNECT_SECONDS

MAX_REDIRECTS = 5
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_PUBLIC_IPV6 = ipaddress.IPv6Network("2000::/3")


class FetchError(Exception):
    """A URL yields no file. The message says why; it may contain text of a server."""


class OversizeError(Exception):
    """A file is too large. `size` is its size, or the limit plus one if its size is not known."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size


def fetch(
    url: str,
    file: IO[bytes],
    max_bytes: int,
    seconds: float,
    network: httpx.BaseTransport | Network,
    *,
    allow_private: bool,
) -> None:
    """Fetch a URL into a file.

    Args:
        url: an http or https URL.
        file: the file to write.
        max_bytes: the size limit.
        seconds: the time limit for everything: look-ups, connections, redirects and the body.
        network: the proxies and certificates, or the caller's own transport.
        allow_private: whether addresses that are not on the public internet may be fetched from.

    Raises:
        FetchError: the URL yields no file.
        OversizeError: the file is too large.
    """
    guard = _Guard(seconds, allow_private=allow_private)
    try:
        with (
            private(),
            _client(network, guard) as client,
            client.stream("GET", url, headers={"user-agent": USER_AGENT, "accept-encoding": "identity"}) as response,
        ):
            _save(response, file, max_bytes, guard)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:  # an invalid host is a ValueError
        guard.check()
        raise FetchError(f"a URL that cannot be fetched: {type(error).__name__}: {error}") from None
    file.flush()


def is_public(address: str) -> bool:
    """Return whether an address is on the public internet; an IPv4 address within an IPv6 address decides for it."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        inner = parsed.ipv4_mapped or parsed.sixtofour or (parsed.teredo[1] if parsed.teredo else None)
        if parsed in _NAT64:
            inner = ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        return parsed in _PUBLIC_IPV6 and parsed.is_global
    return parsed.is_global and not parsed.is_multicast


def _client(network: httpx.BaseTransport | Network, guard: _Guard) -> httpx.Client:
    """Return a client that connects as a guard allows.

    Raises:
        ConfigurationError: the certificates cannot be loaded.
    """
    transport: httpx.BaseTransport
    mounts: dict[str, httpx.BaseTransport | None] = {}
    if isinstance(network, Network):
        transport, mounts = network.transports(httpx.HTTPTransport)
        _protect(transport, guard, checks=True)
    else:
        transport = network
    proxies = [each for each in mounts.values() if each is not None]
    for proxy in proxies:
        _protect(proxy, guard, checks=False)  # the address of a proxy may be private

    def check(request: httpx.Request) -> None:
        guard.check_host(request.url.host, by_name=bool(proxies))

    return httpx.Client(
        # `kept`, because the caller closes the transport.
        **wrapped(SendTrackingTransport, transport, mounts, kept=not isinstance(network, Network)),
        timeout=timeouts(guard.left()),
        follow_redirects=True,
        max_redirects=MAX_REDIRECTS,
        event_hooks={"request": [check]},
        trust_env=False,  # the network contains what the environment says
    )


def _protect(transport: Any, guard: _Guard, *, checks: bool) -> None:
    """Let a transport of httpx connect as a guard allows, which httpx has no argument for."""
    transport._pool._network_backend = _GuardedBackend(guard, checks=checks)


def _save(response: httpx.Response, file: IO[bytes], max_bytes: int, guard: _Guard) -> None:
    if response.status_code != 200:
        raise FetchError(f"a URL that returns HTTP {response.status_code}")
    if response.headers.get("content-type", "").lower().startswith("text/html"):
        raise FetchError("an HTML page")
    length = response.headers.get("content-length", "")
    if re.fullmatch("[0-9]{1,18}", length) and int(length) > max_bytes:
        raise OversizeError(int(length))
    arrived = 0
    for chunk in response.iter_bytes():
        arrived += len(chunk)
        if arrived > max_bytes:
            raise OversizeError(max_bytes + 1)
        guard.check()
        file.write(chunk)


class _Guard:
    """The limits of one fetch.

    Args:
        seconds: how long it may take.
        allow_private: whether addresses that are not on the public internet are allowed.
    """

    def __init__(self, seconds: float, *, allow_private: bool) -> None:
        self._deadline = time.monotonic() + seconds
        self._seconds, self._allow_private = seconds, allow_private

    def left(self) -> float:
        """Return the seconds that are left, at least a millisecond."""
        return max(0.001, self._deadline - time.monotonic())

    def check(self) -> None:
        """Check that there is time left.

        Raises:
            FetchError: there is none.
        """
        if time.monotonic() > self._deadline:
            raise FetchError(f"not downloaded within {self._seconds:g} s")

    def left_for(self, timeout: float | None) -> float:
        """Return the seconds that are left; the timeouts of httpx do not count.

        Raises:
            FetchError: there are none.
        """
        del timeout
        self.check()
        return self.left()

    def check_host(self, host: str, *, by_name: bool) -> None:
        """Check the host of a request and of each redirect, before anything is sent.

        Args:
            host: a name or an address, in any spelling that the operating system reads.
            by_name: whether to look up names, because a proxy connects in place of this machine.

        Raises:
            FetchError: it is not on the public internet, or no time is left.
        """
        self.check()
        if self._allow_private:
            return
        name = host.lower().rstrip(".")
        if name == "localhost" or name.endswith(".localhost"):
            raise _refusal()
        try:
            addresses = _look_up(host, None, 0 if by_name else socket.AI_NUMERICHOST, self.left())
        except (OSError, UnicodeError):  # a name, or a name that only the proxy can look up
            return
        self._check_addresses(addresses)

    def addresses(self, host: str, port: int, *, checks: bool) -> list[str]:
        """Look up a host to connect to.

        Raises:
            FetchError: an address is not on the public internet.
            httpcore.ConnectError: it cannot be looked up.
        """
        try:
            addresses = _look_up(host, port, 0, self.left())
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(str(error)) from None
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(str(error)) from None
        if checks and not self._allow_private:
            self._check_addresses(addresses)
        return addresses

    def _check_addresses(self, addresses: list[str]) -> None:
        if not all(map(is_public, addresses)):
            raise _refusal()


def _refusal() -> FetchError:
    return FetchError("a URL at a private address, which is fetched with allow_private=True only")


def _look_up(host: str, port: int | None, flags: int, seconds: float) -> list[str]:
    """Return the addresses of a host. The operating system has no time limit for that, so a thread waits for it.

    Raises:
        OSError: it has none, or the time is over.
        UnicodeError: it is not a name.
    """
    results: queue.SimpleQueue[list[str] | Exception] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
            results.put([str(info[4][0]) for info in found])
        except (OSError, UnicodeError) as error:
            results.put(error)

    if flags:  # a number, which needs no time
        look_up()
    else:
        threading.Thread(target=look_up, daemon=True).start()
    try:
        result = results.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError(f"{host} was not looked up in time") from None
    if isinstance(result, Exception):
        raise result
    return result


class _GuardedBackend(httpcore.NetworkBackend):
    """Connects to the addresses that were checked, and applies one deadline to everything."""

    def __init__(self, guard: _Guard, *, checks: bool) -> None:
        self._guard, self._checks = guard, checks
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Look up a host, check its addresses and connect to the first one that accepts."""
        del timeout
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in self._guard.addresses(host, port, checks=self._checks):
            seconds = min(CONNECT_SECONDS, self._guard.left())
            try:
                stream = self._backend.connect_tcp(address, port, seconds, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return TimedStream(stream, self._guard.left_for)
        raise failure
