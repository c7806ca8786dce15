"""The asynchronous HTTP client of `AsyncEvoLink`: `HttpClient`, with `await`."""

from __future__ import annotations

import asyncio
from asyncio import sleep
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

import httpx

from evolink._flows import arun
from evolink._http import Bounds, Cookies, HttpPolicy, Progress, Tracking, bound_body, closed, media_options, wrapped
from evolink._retries import Attempt, Pause
from evolink._settings import Settings
from evolink.errors import ConfigurationError


class _BoundedAsyncStream(httpx.AsyncByteStream):
    def __init__(self, stream: httpx.AsyncByteStream, bounds: Bounds) -> None:
        self._stream, self._bounds = stream, bounds

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:
            if self._bounds.are_reached(chunk):
                return
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


class AsyncSendTrackingTransport(Tracking, httpx.AsyncBaseTransport):
    """Wraps a transport; see `Tracking`."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and mark it when it was certainly not sent. Unpack and limit the body of the response."""

        def trace(progress: Progress) -> Callable[[str, dict[str, Any]], Awaitable[None]]:
            async def record(event: str, info: dict[str, Any]) -> None:
                progress.record(event, info)
                if progress.trace is not None:
                    await progress.trace(event, info)

            return record

        with self._tracked(request, trace) as sent:
            response: httpx.Response = await self._transport.handle_async_request(sent)
        if not isinstance(self._transport, Tracking):
            bound_body(request, response, _BoundedAsyncStream)
        return response

    async def aclose(self) -> None:
        """Close the wrapped transport, unless it belongs to the caller."""
        if not self._kept:
            await self._transport.aclose()


def async_media_client(settings: Settings) -> httpx.AsyncClient:
    """Return an httpx client that downloads results; see `media_client`."""
    transport, mounts = settings.transports(httpx.AsyncHTTPTransport)
    kept = settings.transport is not None
    return httpx.AsyncClient(
        **media_options(settings), **wrapped(AsyncSendTrackingTransport, transport, mounts, kept=kept)
    )


class AsyncHttpClient(httpx.AsyncClient):
    """An `httpx.AsyncClient` whose `send` retries where that is safe and raises the SDK's errors; see `HttpClient`."""

    def __init__(self, settings: Settings, like: AsyncHttpClient | None = None) -> None:
        self.policy = HttpPolicy(settings)
        self._like = like
        self._transport: httpx.AsyncBaseTransport
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end_of_loop: AsyncGenerator[None] | None = None
        if like is None:
            transport, mounts = settings.transports(httpx.AsyncHTTPTransport, settings.base_url)
        else:  # httpx offers no other way to share connections
            transport = like._transport
            mounts = {pattern.pattern: each for pattern, each in like._mounts.items()}
        kept = like is not None or settings.transport is not None
        super().__init__(**self.policy.options(), **wrapped(AsyncSendTrackingTransport, transport, mounts, kept=kept))
        self._cookies = Cookies(dict(settings.cookies))

    async def send(self, request: httpx.Request, *, stream: bool = False, **options: Any) -> httpx.Response:
        """Send a request, again where that is safe; return the successful response.

        Raises:
            RequestError: the request failed.
            ConfigurationError: the client is closed or in use in another event loop, or the request goes to another
                server than `base_url`.
        """
        if self.is_closed:
            raise closed()
        await self._enter_loop()
        context = self.policy.context(request, stream=stream)

        async def perform(step: Attempt | Pause) -> httpx.Response | None:
            if isinstance(step, Pause):
                await sleep(step.seconds)
                return None
            with self.policy.attempt(request, context, step.until) as responses:
                return await self._attempt(request, options, responses, streamed=context.streamed)

        return await arun(self.policy.exchange(request, context), perform)

    async def _attempt(
        self,
        request: httpx.Request,
        options: dict[str, Any],
        responses: list[httpx.Response],
        *,
        streamed: bool,
    ) -> httpx.Response:
        kwargs: dict[str, Any] = {**options, "follow_redirects": False}
        response = await super().send(request, stream=True, **kwargs)
        responses.append(response)
        if streamed and response.status_code < 300:
            return response
        try:
            await response.aread()
        except httpx.HTTPError:
            if response.status_code < 300:
                raise
        finally:
            await response.aclose()
        self.policy.finish(response)
        return response

    async def aclose(self) -> None:
        """Close the connections."""
        await super().aclose()
        if self._end_of_loop is not None:
            await self._end_of_loop.aclose()

    async def _enter_loop(self) -> None:
        """Bind the connections to the running event loop. After the end of the loop they are replaced by new ones.

        Raises:
            ConfigurationError: they belong to another event loop, which has not ended.
        """
        if self._like is not None:
            await self._like._enter_loop()
        loop, former = asyncio.get_running_loop(), self._loop
        if former is loop:
            return
        transport = self.policy.settings.transport
        # A transport that also works without an event loop is not bound to one, and ASGITransport has no connections.
        if former is not None and not isinstance(transport, httpx.BaseTransport | httpx.ASGITransport):
            if transport is not None or not former.is_closed():
                raise ConfigurationError(
                    "this AsyncEvoLink was used in another event loop, to which its connections belong; "
                    "make one for each event loop"
                )
            fresh = AsyncHttpClient(self.policy.settings, self._like)
            self._transport, self._mounts = fresh._transport, fresh._mounts
        self._loop = loop
        self._end_of_loop = self._close_with_loop()
        await anext(self._end_of_loop)

    async def _close_with_loop(self) -> AsyncGenerator[None]:
        """Close the connections when the event loop ends, because they cannot be closed afterwards.

        An event loop closes every asynchronous generator that was begun in it.
        """
        transports = [self._transport, *self._mounts.values()]
        try:
            yield
        finally:
            with suppress(RuntimeError):  # the event loop has ended without closing its generators
                for transport in transports:
                    if transport is not None:
                        await transport.aclose()
