"""The mock as an httpx transport: no socket, no port."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, Self, Unpack

import httpx

from evolink_mock.app import Mock
from evolink_mock.calls import DROP
from evolink_mock.doors import Door, T, in_loop
from evolink_mock.sandbox import Sandbox
from evolink_mock.settings import DEFAULT_API_KEY, Settings


class MockTransport(Door, httpx.BaseTransport, httpx.AsyncBaseTransport):
    """The mock behind `httpx.Client(transport=...)` and `httpx.AsyncClient(transport=...)`, for any base URL.

        with MockTransport() as mock, httpx.Client(transport=mock, base_url="https://api.evolink.ai") as http:
            http.get("/v1/credits", headers={"authorization": f"Bearer {mock.api_key}"})

    It answers in a thread of its own; callbacks are really sent. An answer is handed over once it is complete. The mock
    ends with the `with` block it is entered in, whatever clients close before; in none, with the first client.

    Args:
        settings: see `Settings`.

    Attributes:
        api_key: the key it accepts.

    Raises:
        ConfigurationError: a setting has a value that it cannot have.
    """

    def __init__(self, **settings: Unpack[Settings]) -> None:
        self.api_key = settings.get("api_key", DEFAULT_API_KEY)
        self._mock = Mock(**settings)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._entered = 0

    def __enter__(self) -> Self:
        self._entered += 1
        return self

    def __exit__(self, *raised: object) -> None:
        self._entered -= 1
        self.close()

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(self, *raised: object) -> None:
        self._entered -= 1
        await self.aclose()

    @property
    def _sandbox(self) -> Sandbox:
        return self._mock.sandbox

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        if self._loop.is_closed():
            work.close()
            raise RuntimeError("the transport is closed")
        return in_loop(self._loop, work)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request.

        Raises:
            httpx.ReadTimeout: it takes longer than the request allows.
            httpx.RemoteProtocolError: the connection was to be dropped.
        """
        return self._run(self._answer(request, request.read()))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request, as `handle_request` does."""
        answering = asyncio.run_coroutine_threadsafe(self._answer(request, await request.aread()), self._loop)
        return await asyncio.wrap_future(answering)

    def close(self) -> None:
        """End the mock, unless it is still in a `with` block."""
        if self._entered > 0 or self._loop.is_closed():
            return
        self._run(self._mock.sandbox.world.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def aclose(self) -> None:
        """End the mock, unless it is still in a `with` block."""
        await asyncio.to_thread(self.close)

    async def _answer(self, request: httpx.Request, body: bytes) -> httpx.Response:
        exchange = _Exchange(request, body)
        try:
            async with asyncio.timeout(request.extensions.get("timeout", {}).get("read")):
                await self._mock(exchange.scope, exchange.receive, exchange.send)
        except TimeoutError:
            raise httpx.ReadTimeout("the mock took longer than the request allows", request=request) from None
        if exchange.dropped.is_set():
            raise httpx.RemoteProtocolError("Server disconnected without sending a response.", request=request)
        return httpx.Response(exchange.status, headers=exchange.headers, content=b"".join(exchange.chunks))


class _Exchange:
    """A request as an application sees it, and what it answers."""

    def __init__(self, request: httpx.Request, body: bytes) -> None:
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.chunks: list[bytes] = []
        self.dropped = asyncio.Event()
        self._body: bytes | None = body
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
