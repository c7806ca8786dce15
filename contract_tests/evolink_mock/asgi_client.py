"""Asking an application without a socket."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
from starlette.types import ASGIApp

from evolink_mock.http.endpoint import DROP


async def ask(app: ASGIApp, request: httpx.Request) -> httpx.Response:
    """Return an application's answer to a request whose body has been read, once it is complete.

    Raises:
        httpx.RemoteProtocolError: the connection was to be dropped.
    """
    exchange = _Exchange(request)
    await app(exchange.scope, exchange.receive, exchange.send)
    if exchange.dropped.is_set():
        raise httpx.RemoteProtocolError("Server disconnected without sending a response.", request=request)
    return httpx.Response(exchange.status, headers=exchange.headers, content=b"".join(exchange.chunks))


class _Exchange:
    """A request as an application sees it, and what it answers."""

    def __init__(self, request: httpx.Request) -> None:
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.chunks: list[bytes] = []
        self.dropped = asyncio.Event()
        self._body: bytes | None = request.content
        url = request.url
        self.scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": url.scheme,
            "path": url.path,
            "raw_path": url.raw_path.partition(b"?")[0],
            "query_string": url.query,
            "root_path": "",
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
            "server": (url.host, url.port),
            "client": None,
            "extensions": {DROP: self.dropped.set},
        }

    async def receive(self) -> dict[str, Any]:
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        await self.dropped.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message.get("headers", ()))
        else:
            self.chunks.append(message.get("body", b""))
