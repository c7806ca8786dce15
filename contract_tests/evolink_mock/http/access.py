"""Decides who may use a mock: by the host that requests name, by the site that sends them, and by an admin token."""

from __future__ import annotations

import functools
import hashlib
import ipaddress
import re
import secrets
import socket
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import Scope

from evolink_mock.http.addresses import Address
from evolink_mock.http.bodies import is_cross_site, json_response
from evolink_mock.text import one_line

_NAME = r"[A-Za-z0-9_.-]{1,253}"
_HOST = re.compile(rf"(?:({_NAME})|\[([0-9A-Fa-f:.]{{2,45}})\])(?::[0-9]{{1,5}})?")
_MAX_HOST_LENGTH = 260  # a name and a port
# How a page shows a file: these elements do not let its scripts read the file.
_ELEMENTS = {"audio", "image", "video"}
_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": (
        "default-src 'none'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}

RequestHandler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class Exposure:
    """From where a mock can be reached. The default is this machine only.

    Attributes:
        host: the address or name that the mock was told to listen on; requests may name it.
        is_remote: whether other machines can reach the mock. It then fetches nothing from private addresses.
        token: what the dashboard and everything below `/_mock/` ask for; None for nothing.
    """

    host: str = "127.0.0.1"
    is_remote: bool = False
    token: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, listener: socket.socket, host: str, *, open_admin: bool) -> Exposure:
        """Return the exposure of a socket that listens on `host`, with a new token if other machines can reach it."""
        address = _parse_address(str(listener.getsockname()[0]))
        is_remote = address is None or not address.is_loopback
        return cls(host, is_remote, secrets.token_urlsafe(24) if is_remote and not open_admin else None)


def is_host(text: str) -> bool:
    """Return whether a text is a host name or an IP address, with nothing else."""
    return _parse_address(text) is not None or re.fullmatch(_NAME, text) is not None


class AccessControl:
    """Refuses requests that name another host, come from another site, or lack the token of an exposed mock.

    The check of the host stops pages under a name whose owner lets it resolve to this machine (DNS rebinding).

    Args:
        exposure: from where the mock can be reached.
        allow_hosts: further hosts that requests may name.
    """

    def __init__(self, exposure: Exposure, allow_hosts: Iterable[str]) -> None:
        self._hosts = {"localhost", *(_normalize(host) for host in (exposure.host, *allow_hosts))}
        self._is_own_host = functools.lru_cache(256)(self._decide)  # 4 µs, a thirtieth of a read of a task
        self._token = exposure.token
        # A browser sends a cookie to every port of a host, where there may be other mocks.
        self._cookie = f"evolink-mock-{hashlib.sha256((exposure.token or '').encode()).hexdigest()[:8]}"

    def is_own_host(self, scope: Scope) -> bool:
        """Return whether a request has one `Host` header, which names this mock."""
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        # The address at which the connection arrived; without a socket, the host of the URL.
        own, _ = scope.get("server") or ("", None)
        return len(hosts) == 1 and len(hosts[0]) <= _MAX_HOST_LENGTH and self._is_own_host(hosts[0], own)

    def _decide(self, header: bytes, own: str) -> bool:
        match = _HOST.fullmatch(header.decode("latin-1"))
        if match is None:
            return False
        host = _normalize(match[1] or match[2])
        if host in self._hosts or host.endswith(".localhost") or host == _normalize(own):
            return True
        address = _parse_address(host)
        return address is not None and address.is_loopback

    def misdirected(self, scope: Scope) -> Response:
        """Return the 421 for a request that does not name this mock."""
        hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        named = f"the host '{one_line(hosts[0], 80)}'" if len(hosts) == 1 else f"{len(hosts)} hosts"
        way_out = "Use localhost or an address of the mock, or start it with --allow-host NAME."
        message = f"The request names {named}, and this mock is another one. {way_out}"
        return _refusal(421, message, "invalid_request_error")

    def protect(self, handler: RequestHandler) -> RequestHandler:
        """Wrap a handler to serve the mock's own pages only, and to ask for the token."""

        async def protected(request: Request) -> Response:
            if is_cross_site(request):
                return _foreign()
            return await handler(request) if self._has_token(request) else _unauthorized()

        return protected

    def protect_page(self, handler: RequestHandler, login_page: Path) -> RequestHandler:
        """Wrap the handler of the page `/`, to which other sites may link. A token in its query becomes a cookie."""
        content = b"" if self._token is None else login_page.read_bytes()

        async def protected(request: Request) -> Response:
            if is_cross_site(request) and not _is_navigation(request):
                return _foreign()
            if self._token is not None and self._matches(request.query_params.get("token", "")):
                response = RedirectResponse("/", 303, _HEADERS)
                response.set_cookie(self._cookie, self._token, httponly=True, samesite="strict")
                return response
            if not self._has_token(request):
                return HTMLResponse(content, 401, _HEADERS | _CHALLENGE)
            return await handler(request)

        return protected

    def protect_link(self, handler: RequestHandler) -> RequestHandler:
        """Wrap the handler of links that need no token, as those of EvoLink: pages may show and open the file."""

        async def protected(request: Request) -> Response:
            is_shown = _is_navigation(request) or (
                request.headers.get("sec-fetch-mode") == "no-cors"
                and request.headers.get("sec-fetch-dest") in _ELEMENTS
            )
            return _foreign() if is_cross_site(request) and not is_shown else await handler(request)

        return protected

    def _has_token(self, request: Request) -> bool:
        if self._token is None:
            return True
        scheme, _, sent = request.headers.get("authorization", "").partition(" ")
        is_sent = scheme.lower() == "bearer" and self._matches(sent.strip())
        return is_sent or self._matches(request.cookies.get(self._cookie, ""))

    def _matches(self, text: str) -> bool:
        return secrets.compare_digest(text.encode(), (self._token or "").encode())


def _is_navigation(request: Request) -> bool:
    """Return whether a browser opens a URL as a page of its own, which the page with the link cannot read."""
    return (request.headers.get("sec-fetch-mode"), request.headers.get("sec-fetch-dest")) == ("navigate", "document")


def _normalize(host: str) -> str:
    """Return one spelling for all spellings of an address or name."""
    address = _parse_address(host)
    return host.lower().removesuffix(".") if address is None else str(address)


def _parse_address(host: str) -> Address | None:
    """Parse an IP address, with or without brackets and a zone; an IPv4 address within IPv6 is returned as such."""
    try:
        address = ipaddress.ip_address(host.removeprefix("[").removesuffix("]").partition("%")[0])
    except ValueError:
        return None
    return (isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped) or address


_CHALLENGE = {"www-authenticate": 'Bearer realm="evolink-mock"'}


def _foreign() -> Response:
    return _refusal(403, "The mock rejects requests from other sites.", "permission_error")


def _unauthorized() -> Response:
    message = "Send the token that the mock printed at its start, as in 'Authorization: Bearer TOKEN'."
    return _refusal(401, message, "authentication_error", _CHALLENGE)


def _refusal(code: int, message: str, kind: str, headers: dict[str, str] | None = None) -> Response:
    return json_response(code, {"error": {"code": code, "message": message, "type": kind}}, headers)
