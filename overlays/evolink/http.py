"""The generated client, on HTTP clients that retry as told, read bounded bodies and raise the SDK's own errors.

`InnerClient` is a stock generated client but for the httpx client it hands to the generated functions, whose `send`
decides on retries, calls the user's event hooks as usual, and raises for whatever the generated code would stumble
over. So `get_task.sync(task_id, client=api.client)` has the timeouts, retries and errors of `api.task(task_id)`.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Iterator
from contextlib import suppress
from time import sleep
from typing import TYPE_CHECKING, Any, NoReturn, Self

import httpx

from evolink.answers import Call
from evolink.errors import ConfigurationError
from evolink.flows import run
from evolink.log import logger
from evolink.retries import Attempt, Exchange, Pause, exchange
from evolink.settings import CONNECT_SECONDS, Settings
from evolink.version import __version__
from evolink_client import AuthenticatedClient

if TYPE_CHECKING:
    from evolink.async_http import AsyncHttpClient

# The largest documented answer is a small part of this; a compressed one may be a thousand times what it looks like.
MAX_BYTES = 4 * 1024 * 1024
MAX_COMPRESSED_BYTES = 64 * 1024
# The service, like httpx, may drop a connection that was idle for 5 s; a create must not run into that.
LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=3)
# Some media hosts refuse the names that HTTP libraries give themselves.
USER_AGENT = f"Mozilla/5.0 (compatible; evolink-client/{__version__})"


def timeouts(seconds: float) -> httpx.Timeout:
    """Return httpx's timeouts for a request that may take `seconds`."""
    return httpx.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds))


class Bounds:
    """How much of a body is read, and until when."""

    def __init__(self, response: httpx.Response, seconds: float) -> None:
        self._limit = MAX_COMPRESSED_BYTES if "content-encoding" in response.headers else MAX_BYTES
        self._deadline = time.monotonic() + seconds
        self._indispensable = response.status_code < 300

    def spent(self, chunk: bytes) -> bool:
        """Count a chunk; whether the rest is to be left unread.

        Raises:
            httpx.TransportError: the body is too long or too slow, and nothing can be made of a part of it.
        """
        self._limit -= len(chunk)
        if self._limit < 0 and self._indispensable:
            raise httpx.ReadError(f"the body is longer than {MAX_BYTES} bytes, or than {MAX_COMPRESSED_BYTES} packed")
        if time.monotonic() > self._deadline and self._indispensable:
            raise httpx.ReadTimeout("the body took too long")
        return self._limit < 0 or time.monotonic() > self._deadline


class _BoundedStream(httpx.SyncByteStream):
    def __init__(self, stream: httpx.SyncByteStream, bounds: Bounds) -> None:
        self._stream, self._bounds = stream, bounds

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._stream:
            if self._bounds.spent(chunk):
                return
            yield chunk

    def close(self) -> None:
        self._stream.close()


class Rules:
    """What both HTTP clients go by."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._origin = httpx.URL(settings.base_url)

    def options(self) -> dict[str, Any]:
        """Return the arguments for httpx's constructors."""
        settings = self.settings
        return {
            "base_url": settings.base_url,
            "headers": {"user-agent": USER_AGENT, "accept-encoding": "identity", **settings.headers}
            | {"authorization": settings.key.bearer()},
            "cookies": dict(settings.cookies),
            "timeout": timeouts(settings.timeout),
            "limits": LIMITS,
            "transport": settings.transport,
            # Nothing is read of certificates, which takes 30 ms, where nothing is encrypted: on this machine.
            "verify": self._origin.scheme == "https",
            # A proxy would see the key of a request that is not encrypted.
            "trust_env": not settings.loopback,
        }

    def begin(self, request: httpx.Request, *, streamed: bool) -> Exchange:
        """Begin the exchange of one request; its retries may be its own.

        Raises:
            ConfigurationError: the request goes elsewhere, where the key has no business.
        """
        if (request.url.scheme, request.url.host, request.url.port) != (
            self._origin.scheme,
            self._origin.host,
            self._origin.port,
        ):
            raise ConfigurationError(f"the API key is for {self.settings.base_url}, not for {request.url.host}")
        retries = request.extensions.get("evolink.retries", self.settings.max_retries)
        call = Call.of(request, self.settings.key, paid=self.settings.paid, streamed=streamed)
        return exchange(call, retries, random.random)

    def seconds(self, request: httpx.Request) -> float:
        """Return how long the body of the answer may take."""
        read = request.extensions.get("timeout", {}).get("read")
        return self.settings.timeout if read is None else float(read)

    def log(self, request: httpx.Request, outcome: int | str, began: float) -> None:
        """Write down one attempt, without what was sent or answered."""
        if logger.isEnabledFor(logging.DEBUG):
            path = self.settings.key.hidden_in(request.url.path)
            logger.debug("%s %s: %s in %.0f ms", request.method, path, outcome, (time.monotonic() - began) * 1000)


class HttpClient(httpx.Client):
    """An `httpx.Client` that answers for the server: its `send` raises the SDK's errors."""

    def __init__(self, settings: Settings) -> None:
        self._rules = Rules(settings)
        super().__init__(**self._rules.options())

    def send(self, request: httpx.Request, *, stream: bool = False, **options: Any) -> httpx.Response:
        """Send a request, again where that is safe, and return the answer that holds what it must.

        Raises:
            RequestError: there is none.
            ConfigurationError: the client was closed, or the request goes elsewhere than to `base_url`.
        """
        if self.is_closed:
            raise closed()

        def perform(step: Attempt | Pause) -> httpx.Response | None:
            if isinstance(step, Pause):
                sleep(step.seconds)
                return None
            began = time.monotonic()
            try:
                response = self._attempt(request, options, stream=stream)
            except httpx.HTTPError as failure:
                self._rules.log(request, type(failure).__name__, began)
                raise
            self._rules.log(request, response.status_code, began)
            return response

        return run(self._rules.begin(request, streamed=stream), perform)

    def _attempt(self, request: httpx.Request, options: dict[str, Any], *, stream: bool) -> httpx.Response:
        settled: dict[str, Any] = {**options, "follow_redirects": False}
        response = super().send(request, stream=True, **settled)
        if stream and response.status_code < 300:
            return response
        if not response.is_stream_consumed:  # a hook may have read it
            body: Any = response.stream
            response.stream = _BoundedStream(body, Bounds(response, self._rules.seconds(request)))
        try:
            response.read()
        except httpx.HTTPError:
            if response.status_code < 300:
                raise
        finally:
            response.close()
        return response


def closed() -> ConfigurationError:
    """Return the error for a client that was closed."""
    return ConfigurationError("this client was closed; make another one, or work inside its with block")


class InnerClient(AuthenticatedClient):
    """A generated client whose requests go through the SDK, for use with any generated function.

    That of an `EvoLink` serves the functions `sync` and `sync_detailed`, that of an `AsyncEvoLink` the others.
    """

    def __init__(self, settings: Settings, *, asynchronous: bool) -> None:
        super().__init__(base_url=settings.base_url, token="", timeout=timeouts(settings.timeout))
        self._settings = settings
        self._asynchronous = asynchronous
        self._http: HttpClient | None = None
        self._async_http: AsyncHttpClient | None = None
        self._derived: list[InnerClient] = []

    def get_httpx_client(self) -> HttpClient:
        """Return the httpx client that requests go through.

        Raises:
            ConfigurationError: it belongs to an `AsyncEvoLink`.
        """
        if self._asynchronous:
            raise ConfigurationError("this is the client of an AsyncEvoLink; use the generated function asyncio()")
        if self._http is None:
            self._http = HttpClient(self._settings)
        return self._http

    def get_async_httpx_client(self) -> AsyncHttpClient:
        """Return the asynchronous httpx client that requests go through.

        Raises:
            ConfigurationError: it belongs to an `EvoLink`.
        """
        if not self._asynchronous:
            raise ConfigurationError("this is the client of an EvoLink; use the generated function sync()")
        if self._async_http is None:
            from evolink.async_http import AsyncHttpClient  # noqa: PLC0415 - spares blocking programs asyncio

            self._async_http = AsyncHttpClient(self._settings)
        return self._async_http

    def with_headers(self, headers: dict[str, str]) -> InnerClient:
        """Return a client like this one that sends these headers besides; it is closed with this one."""
        return self._like(self._settings._replace(headers={**self._settings.headers, **headers}))

    def with_cookies(self, cookies: dict[str, str]) -> InnerClient:
        """Return a client like this one that sends these cookies besides; it is closed with this one."""
        return self._like(self._settings._replace(cookies={**self._settings.cookies, **cookies}))

    def with_timeout(self, timeout: httpx.Timeout) -> InnerClient:
        """Return a client like this one that waits longer or shorter; it is closed with this one."""
        seconds = timeout.read if timeout.read is not None else self._settings.timeout
        return self._like(self._settings._replace(timeout=seconds))

    def set_httpx_client(self, client: httpx.Client) -> NoReturn:  # noqa: ARG002 - the generated signature
        """Refuse: another httpx client would know nothing of retries and errors."""
        raise ConfigurationError("give EvoLink a transport instead of another httpx client")

    def set_async_httpx_client(self, async_client: httpx.AsyncClient) -> NoReturn:  # noqa: ARG002 - the generated signature
        """Refuse: another httpx client would know nothing of retries and errors."""
        raise ConfigurationError("give AsyncEvoLink a transport instead of another httpx client")

    def close(self) -> None:
        """Close the connections."""
        for client in self._derived:
            client.close()
        if self._http is not None:
            self._http.close()

    async def aclose(self) -> None:
        """Close the connections."""
        for client in self._derived:
            await client.aclose()
        if self._async_http is not None:
            with suppress(RuntimeError):  # the event loop they belong to is gone, and they with it
                await self._async_http.aclose()

    def __enter__(self) -> Self:
        self.get_httpx_client()
        return self

    def __exit__(self, *args: object, **kwargs: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        self.get_async_httpx_client()
        return self

    async def __aexit__(self, *args: object, **kwargs: object) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._settings.base_url}>"

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = object.__hash__  # type: ignore[assignment] # attrs has taken it away, with the equality of its parts

    def _like(self, settings: Settings) -> InnerClient:
        derived = InnerClient(settings, asynchronous=self._asynchronous)
        self._derived.append(derived)
        return derived
