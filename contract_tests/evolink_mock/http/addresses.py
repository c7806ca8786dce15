"""Resolves the host of a URL and rejects private addresses; requests then use the address that was checked."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import ipaddress
import socket
import threading
from collections.abc import Awaitable, Callable
from typing import NamedTuple
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str, int], Awaitable[list[str]]]
"""Returns the addresses of a host and port; raises OSError if the host has no address."""

# The only part of IPv6 in public use; it includes the documentation networks.
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_DOCUMENTATION = (ipaddress.IPv6Network("2001:db8::/32"), ipaddress.IPv6Network("3fff::/20"))
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


async def resolve(host: str, port: int) -> list[str]:
    """Resolve `host` like the operating system, which also accepts decimal, hexadecimal and octal addresses.

    The lookup runs in a daemon thread, because without a network it can take very long. The event loop would wait for
    a thread of its own executor before the server can stop.
    """
    loop = asyncio.get_running_loop()
    result: asyncio.Future[list[str]] = loop.create_future()

    def look_up() -> None:
        try:
            addresses = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
            finish = functools.partial(result.set_result, addresses)
        except (OSError, UnicodeError) as error:
            finish = functools.partial(result.set_exception, error)
        with contextlib.suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(lambda: None if result.done() else finish())

    threading.Thread(target=look_up, daemon=True).start()
    return await result


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
