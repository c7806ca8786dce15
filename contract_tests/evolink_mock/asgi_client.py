"""Sends httpx requests to an ASGI application without a socket."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
from starlette.types import ASGIApp

from evolink_mock.http.endpoint import DROP


async def send(app: ASGIApp, request: httpx.Request) -> httpx.Response:
    """Send a request to an application, and return the complete response. The request body must have been read.

    Raises:
        httpx.RemoteProtocolError: the application dropped the connection.
    """
    connection = _Connection(request)
    await app(connection.scope, connection.receive, connection.send)
    if connection.dropped.is_set():
        raise httpx.RemoteProtocolError("Server disconnected without sending a response.", request=request)
    return httpx.Response(connection.status, headers=connection.headers, content=b"".join(connection.chunks))


def scope_of(request: httpx.Request, extensions: dict[str, Any]) -> dict[str, Any]:
    """Return the ASGI scope of a request."""
    url = request.url
    return {
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
        "server": (url.raw_host.decode(), url.port),
        "client": None,
        "extensions": extensions,
    }


class _Connection:
    """The ASGI scope and messages of one request, and the response that the application sends."""

    def __init__(self, request: httpx.Request) -> None:
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.chunks: list[bytes] = []
        self.dropped = asyncio.Event()
        self._body: bytes | None = request.content
        self.scope = scope_of(request, {DROP: self.dropped.set})

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
