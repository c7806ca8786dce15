"""The HTTP client of `AsyncEvoLink`: what `HttpClient` is to `EvoLink`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx

from evolink._flows import arun
from evolink._http import UNCONNECTED, Bounds, HttpPolicy, closed, is_truthful
from evolink._responses import UNSENT
from evolink._retries import Attempt, Pause
from evolink._settings import Settings
from evolink.errors import ConfigurationError


class _BoundedAsyncStream(httpx.AsyncByteStream):
    def __init__(self, stream: httpx.AsyncByteStream, bounds: Bounds) -> None:
        self._stream, self._bounds = stream, bounds

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:
            if self._bounds.spent(chunk):
                return
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


class AsyncSendTrackingTransport(httpx.AsyncBaseTransport):
    """A transport that knows whether a request has left it; see `SendTrackingTransport`."""

    def __init__(self, transport: httpx.AsyncBaseTransport, *, kept: bool) -> None:
        self._transport, self._kept = transport, kept

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and mark it when it was certainly not sent."""
        try:
            return await self._transport.handle_async_request(request)
        except UNCONNECTED:
            if not isinstance(self._transport, AsyncSendTrackingTransport):  # which has said so
                request.extensions[UNSENT] = is_truthful(self._transport)
            raise

    async def aclose(self) -> None:
        """Close the connections, unless the transport is the caller's."""
        if not self._kept:
            await self._transport.aclose()


class AsyncHttpClient(httpx.AsyncClient):
    """An `httpx.AsyncClient` that answers for the server: its `send` raises the SDK's errors."""

    def __init__(self, settings: Settings, like: AsyncHttpClient | None = None) -> None:
        self._policy = HttpPolicy(settings)
        self._loop: asyncio.AbstractEventLoop | None = None
        super().__init__(**self._policy.options())
        kept = like is not None or settings.transport is not None
        made = self if like is None else like
        self._transport = AsyncSendTrackingTransport(made._transport, kept=kept)
        self._mounts = {
            pattern: None if transport is None else AsyncSendTrackingTransport(transport, kept=kept)
            for pattern, transport in made._mounts.items()
        }

    async def send(self, request: httpx.Request, *, stream: bool = False, **options: Any) -> httpx.Response:
        """Send a request, again where that is safe, and return the answer that holds what it must.

        Raises:
            RequestError: there is none.
            ConfigurationError: the client was closed, or used in another event loop before, or the request goes
                elsewhere than to `base_url`.
        """
        if self.is_closed:
            raise closed()
        self._check_loop()
        call = self._policy.call(request, stream=stream)

        async def perform(step: Attempt | Pause) -> httpx.Response | None:
            if isinstance(step, Pause):
                await asyncio.sleep(step.seconds)
                return None
            with self._policy.attempt(request) as told:
                response = await self._attempt(request, options, streamed=call.streamed)
                told.append(response.status_code)
            return response

        return await arun(self._policy.exchange(request, call), perform)

    async def _attempt(self, request: httpx.Request, options: dict[str, Any], *, streamed: bool) -> httpx.Response:
        settled: dict[str, Any] = {**options, "follow_redirects": False}
        response = await super().send(request, stream=True, **settled)
        if streamed and response.status_code < 300:
            return response
        if not response.is_stream_consumed:  # a hook may have read it
            body: Any = response.stream
            response.stream = _BoundedAsyncStream(body, Bounds(response, self._policy.seconds(request)))
        try:
            await response.aread()
        except httpx.HTTPError:
            if response.status_code < 300:
                raise
        finally:
            await response.aclose()
        return response

    def _check_loop(self) -> None:
        loop = asyncio.get_running_loop()
        if self._loop is None:
            self._loop = loop
        elif self._loop is not loop:
            raise ConfigurationError(
                "this AsyncEvoLink was used in another event loop before, which its connections belong to; "
                "make one for each asyncio.run()"
            )
