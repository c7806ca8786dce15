"""The mock as an httpx transport, without a socket."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, Self, Unpack

import httpx

from evolink_mock.asgi_client import scope_of, send
from evolink_mock.control import Control, T, in_loop, warn_about_faults
from evolink_mock.controller import Controller
from evolink_mock.http.app import Mock
from evolink_mock.http.bodies import SMALL_BYTES
from evolink_mock.settings import DEFAULT_API_KEY, Settings


class MockTransport(Control, httpx.BaseTransport, httpx.AsyncBaseTransport):
    """The mock behind `httpx.Client(transport=...)` and `httpx.AsyncClient(transport=...)`, for any base URL.

        with MockTransport() as mock, httpx.Client(transport=mock, base_url="https://api.evolink.ai") as http:
            http.get("/v1/credits", headers={"authorization": f"Bearer {mock.api_key}"})

    The mock runs in its own thread, and sends callbacks over real connections. A response is returned once it is
    complete. The mock ends with its `with` block, even if clients are closed before. Without a `with` block, it ends
    with the first client that is closed.

    Args:
        settings: see `Settings`.

    Attributes:
        api_key: the accepted key.

    Raises:
        ConfigurationError: a setting has an invalid value.

    Warns:
        UnusedFaultWarning: at the end of the `with` block, for each fault rule that never applied.
    """

    def __init__(self, **settings: Unpack[Settings]) -> None:
        self.api_key = settings.get("api_key", DEFAULT_API_KEY)
        self._mock = Mock(**settings)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._entered = 0
        self._closing = threading.Lock()

    def __enter__(self) -> Self:
        self._entered += 1
        return self

    def __exit__(self, *error: object) -> None:
        problems = self._unused_faults_at_exit(error[0])
        self._entered -= 1
        self.close()
        warn_about_faults(problems)

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(self, *error: object) -> None:
        problems = self._unused_faults_at_exit(error[0])
        self._entered -= 1
        await self.aclose()
        warn_about_faults(problems)

    def _unused_faults_at_exit(self, error: object) -> list[str]:
        """Return the sentences to warn with at the end of a `with` block: none, unless it is the outermost one."""
        is_last = self._entered == 1 and not self._loop.is_closed()
        return self._unused_faults() if is_last and error is None else []

    @property
    def _controller(self) -> Controller:
        return self._mock.controller

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        if self._loop.is_closed():
            coroutine.close()
            raise RuntimeError("the transport is closed")
        return in_loop(self._loop, coroutine)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the response to a request.

        Raises:
            httpx.ReadTimeout: the response takes longer than the read timeout of the request.
            httpx.RemoteProtocolError: a fault dropped the connection.
            httpx.ReadError: the mock was closed meanwhile.
        """
        request.read()
        step = self._start_step(request)
        return self._run(self._respond(request)) if step is None else step.result()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the response to a request, like `handle_request`."""
        await request.aread()
        if self._loop.is_closed():
            raise RuntimeError("the transport is closed")
        step = self._start_step(request)
        return await asyncio.wrap_future(
            asyncio.run_coroutine_threadsafe(self._respond(request), self._loop) if step is None else step
        )

    def _start_step(self, request: httpx.Request) -> Future[httpx.Response] | None:
        """Process a request in one step, if that is possible: this takes a third less than a task."""
        scope = scope_of(request, {})
        endpoint = self._mock.find_step(scope)
        if endpoint is None or len(request.content) > SMALL_BYTES or self._loop.is_closed():
            return None
        result: Future[httpx.Response] = Future()

        def process() -> None:
            if result.set_running_or_notify_cancel():
                response = endpoint.process(scope, request.content)
                content = bytes(response.body)
                result.set_result(httpx.Response(response.status_code, headers=response.raw_headers, content=content))

        self._loop.call_soon_threadsafe(process)
        return result

    def close(self) -> None:
        """End the mock, unless it is still in a `with` block."""
        with self._closing:
            if self._entered > 0 or self._loop.is_closed():
                return
            self._run(self._end())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    async def _end(self) -> None:
        """Cancel everything in progress; pending requests raise `httpx.ReadError`."""
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._mock.controller.current_state.aclose()

    async def aclose(self) -> None:
        """End the mock, unless it is still in a `with` block."""
        await asyncio.to_thread(self.close)

    async def _respond(self, request: httpx.Request) -> httpx.Response:
        try:
            async with asyncio.timeout(request.extensions.get("timeout", {}).get("read")):
                return await send(self._mock, request)
        except TimeoutError:
            raise httpx.ReadTimeout("the mock exceeded the read timeout of the request", request=request) from None
        except asyncio.CancelledError:
            raise httpx.ReadError("the mock was closed", request=request) from None
