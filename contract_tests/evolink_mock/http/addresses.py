"""Resolves the host of a URL and rejects private addresses; requests then use the address that was checked."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import ipaddress
import socket
import threading
from collections import deque
from collections.abc import Awaitable, Callable
from typing import NamedTuple
from urllib.parse import urlsplit

from evolink_mock.notices import NOTICES

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str, int], Awaitable[list[str]]]
"""Returns the addresses of a host and port; raises OSError if the host has no address."""

# The only part of IPv6 in public use; it includes the documentation networks.
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_DOCUMENTATION = (ipaddress.IPv6Network("2001:db8::/32"), ipaddress.IPv6Network("3fff::/20"))
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


# Threads for look-ups in this process, and look-ups that may wait for one.
MAX_THREADS, MAX_WAITING = 32, 1_000


async def resolve(host: str, port: int) -> list[str]:
    """Resolve `host` like the operating system, which also accepts decimal, hexadecimal and octal addresses.

    Raises:
        OSError: the host has no address, or too many look-ups wait.
    """
    with contextlib.suppress(OSError, UnicodeError):  # not a number: a look-up that does not wait is enough for those
        return _addresses(host, port, socket.AI_NUMERICHOST)
    return await _LOOK_UPS.run(host, port)


def _addresses(host: str, port: int, flags: int = 0) -> list[str]:
    return [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)]


class _LookUps:
    """Looks up names in a limited number of daemon threads, because without a network it can take very long.

    The event loop would wait for the threads of its own executor before the server can stop.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._threads = 0
        self._waiting: deque[tuple[str, int, asyncio.AbstractEventLoop, asyncio.Future[list[str]]]] = deque()

    async def run(self, host: str, port: int) -> list[str]:
        """Look up a name, once a thread is free."""
        loop = asyncio.get_running_loop()
        result: asyncio.Future[list[str]] = loop.create_future()
        with self._lock:
            if len(self._waiting) >= MAX_WAITING:
                NOTICES.warn(f"{MAX_WAITING} look-ups of host names wait; further ones fail")
                raise OSError("too many other look-ups wait")
            self._waiting.append((host, port, loop, result))
            is_new = self._threads < MAX_THREADS
            self._threads += is_new
        if is_new:
            threading.Thread(target=self._work, daemon=True).start()
        return await result

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._threads -= 1
                    return
                host, port, loop, result = self._waiting.popleft()
            if not result.cancelled():
                _look_up(host, port, loop, result)


_LOOK_UPS = _LookUps()


def _look_up(host: str, port: int, loop: asyncio.AbstractEventLoop, result: asyncio.Future[list[str]]) -> None:
    """Look up a name in this thread, and set the result in its event loop."""
    try:
        finish = functools.partial(result.set_result, _addresses(host, port))
    except (OSError, UnicodeError) as error:
        finish = functools.partial(result.set_exception, error)
    with contextlib.suppress(RuntimeError):  # the loop has ended
        loop.call_soon_threadsafe(lambda: None if result.done() else finish())


def is_public(address: Address) -> bool:
    """Return whether an address is on the public internet; an IPv4 address within an IPv6 address decides for it."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
        if inner is not None:
            return is_public(inner)
        if address not in _GLOBAL_UNICAST or any(address in network for network in _DOCUMENTATION):
            return False
    return address.is_global and not address.is_multicast


class AddressError(Exception):
    """A host cannot be resolved."""


class PrivateAddressError(AddressError):
    """A host is not on the public internet."""


class ResolvedUrl(NamedTuple):
    """A URL with the address that was checked, so that a second lookup cannot return another one.

    Attributes:
        url: the URL, with the address as its host.
        headers: request headers to add.
        extensions: request extensions for httpx.
    """

    url: str
    headers: dict[str, str]
    extensions: dict[str, str]


async def resolve_url(url: str, resolve: Resolver, is_allowed: Callable[[Address], bool]) -> list[ResolvedUrl]:
    """Resolve the host of an http or https URL; return the URL with each of its addresses, at least one.

    Raises:
        AddressError: the host has no address, or one that is not allowed.
        ValueError: the URL is invalid.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    addresses = await _checked_addresses(host, parts.port, parts.scheme, resolve, is_allowed)
    user, at, named = parts.netloc.rpartition("@")
    port = "" if parts.port is None else f":{parts.port}"
    places = (f"{user}{at}{f'[{address}]' if ':' in address else address}{port}" for address in addresses)
    headers, extensions = {"host": named}, {"sni_hostname": host}
    return [ResolvedUrl(parts._replace(netloc=place).geturl(), headers, extensions) for place in places]


async def _checked_addresses(
    host: str, port: int | None, scheme: str, resolve: Resolver, is_allowed: Callable[[Address], bool]
) -> list[str]:
    try:
        addresses = await resolve(host, (80 if scheme == "http" else 443) if port is None else port)
    except (OSError, UnicodeError) as error:
        raise AddressError(f"{host} cannot be resolved: {error}") from None
    for address in addresses:
        if not is_allowed(ipaddress.ip_address(address)):
            raise PrivateAddressError(f"{host} is the private address {address}")
    if not addresses:
        raise AddressError(f"{host} cannot be resolved: it has no address")
    return addresses
