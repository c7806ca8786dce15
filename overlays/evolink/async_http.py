"""The HTTP client of `AsyncEvoLink`: what `HttpClient` is to `EvoLink`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx

from evolink.errors import ConfigurationError
from evolink.flows import arun
from evolink.http import Bounds, Rules, closed
from evolink.retries import Attempt, Pause
from evolink.settings import Settings


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


class AsyncHttpClient(httpx.AsyncClient):
    """An `httpx.AsyncClient` that answers for the server: its `send` raises the SDK's errors."""

    def __init__(self, settings: Settings) -> None:
        self._rules = Rules(settings)
        self._loop: asyncio.AbstractEventLoop | None = None
        super().__init__(**self._rules.options())

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

        async def perform(step: Attempt | Pause) -> httpx.Response | None:
            if isinstance(step, Pause):
                await asyncio.sleep(step.seconds)
                return None
            began = time.monotonic()
            try:
                response = await self._attempt(request, options, stream=stream)
            except httpx.HTTPError as failure:
                self._rules.log(request, type(failure).__name__, began)
                raise
            self._rules.log(request, response.status_code, began)
            return response

        return await arun(self._rules.begin(request, streamed=stream), perform)

    async def _attempt(self, request: httpx.Request, options: dict[str, Any], *, stream: bool) -> httpx.Response:
        settled: dict[str, Any] = {**options, "follow_redirects": False}
        response = await super().send(request, stream=True, **settled)
        if stream and response.status_code < 300:
            return response
        if not response.is_stream_consumed:  # a hook may have read it
            body: Any = response.stream
            response.stream = _BoundedAsyncStream(body, Bounds(response, self._rules.seconds(request)))
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
