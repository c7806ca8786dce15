"""Where a URL leads: names are looked up, private addresses known, and the address that was checked is the one used."""

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
"""Takes a host and a port and returns the addresses the host stands for; raises OSError when there are none."""

# Of IPv6, only this part is in public use; the documentation networks lie within it.
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_DOCUMENTATION = (ipaddress.IPv6Network("2001:db8::/32"), ipaddress.IPv6Network("3fff::/20"))
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


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


class AddressError(Exception):
    """A host that cannot be resolved."""


class PrivateAddressError(AddressError):
    """A host that is not on the public internet."""


class Destination(NamedTuple):
    """A URL at the very address that was checked, so that a second look-up cannot yield another.

    Attributes:
        url: the URL, with the address for its host.
        headers: what a request to it must say besides.
        extensions: what httpx must know of it.
    """

    url: str
    headers: dict[str, str]
    extensions: dict[str, str]


async def destination(url: str, resolve: Resolver, is_allowed: Callable[[Address], bool]) -> Destination:
    """Look up the host of an http or https URL.

    Raises:
        AddressError: it has no address, or one that is not allowed.
        ValueError: it is no URL.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    address = await _checked_address(host, parts.port, parts.scheme, resolve, is_allowed)
    user, at, named = parts.netloc.rpartition("@")
    port = "" if parts.port is None else f":{parts.port}"
    target = parts._replace(netloc=f"{user}{at}{f'[{address}]' if ':' in address else address}{port}").geturl()
    return Destination(target, {"host": named}, {"sni_hostname": host})


async def _checked_address(
    host: str, port: int | None, scheme: str, resolve: Resolver, is_allowed: Callable[[Address], bool]
) -> str:
    try:
        addresses = await resolve(host, (80 if scheme == "http" else 443) if port is None else port)
    except (OSError, UnicodeError) as error:
        raise AddressError(f"{host} cannot be resolved: {error}") from None
    for address in addresses:
        if not is_allowed(ipaddress.ip_address(address)):
            raise PrivateAddressError(f"{host} is the private address {address}")
    if not addresses:
        raise AddressError(f"{host} cannot be resolved: it has no address")
    return addresses[0]
