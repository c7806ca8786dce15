"""The blocking HTTP client: it retries as told, reads bounded bodies and raises the SDK's own errors.

Its `send` decides on retries, calls the user's event hooks as usual, and raises for whatever is no answer.
"""

from __future__ import annotations

import logging
import os
import random
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from time import sleep
from typing import Any

import httpx

from evolink._flows import run
from evolink._log import logger
from evolink._responses import RETRIES, UNSENT, RequestContext
from evolink._retries import Attempt, Exchange, NeverSent, Pause, exchange
from evolink._settings import CONNECT_SECONDS, Settings
from evolink._version import __version__
from evolink.errors import ConfigurationError

# The largest documented answer is a small part of this; a compressed one may be a thousand times what it looks like.
MAX_BYTES = 4 * 1024 * 1024
MAX_COMPRESSED_BYTES = 64 * 1024
# The service, like httpx, may drop a connection that was idle for 5 s; a create must not run into that.
LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=3)
# Some media hosts refuse the names that HTTP libraries give themselves.
USER_AGENT = f"Mozilla/5.0 (compatible; evolink-client/{__version__})"
# What is raised while there is no connection yet.
UNCONNECTED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)


def is_truthful(transport: object) -> bool:
    """Whether a transport that says it has no connection has sent nothing.

    httpx's own do. Others have been seen to say so of connections that were lost with a whole request on them.
    """
    return isinstance(transport, httpx.HTTPTransport | httpx.AsyncHTTPTransport | httpx.MockTransport)


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


def _origin(url: httpx.URL) -> tuple[bytes, bytes]:
    """Return the scheme of a URL, and its host with the port where that is not the usual one."""
    return url.raw_scheme, url.netloc


class HttpPolicy:
    """What both HTTP clients go by."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._origin = _origin(httpx.URL(settings.base_url))
        self._process = os.getpid()

    def options(self) -> dict[str, Any]:
        """Return the arguments for httpx's constructors."""
        settings = self.settings
        headers = httpx.Headers({"user-agent": USER_AGENT, "accept-encoding": "identity"})
        headers.update(settings.headers)
        headers["authorization"] = settings.key.bearer()
        return {
            "base_url": settings.base_url,
            "headers": headers,
            "cookies": dict(settings.cookies),
            "timeout": settings.timeouts or timeouts(settings.timeout),
            "limits": LIMITS,
            "transport": settings.transport,
            # Nothing is read of certificates, which takes 30 ms, where nothing is encrypted: on this machine.
            "verify": self._origin[0] == b"https",
            # A proxy would see the key of a request that is not encrypted.
            "trust_env": not settings.loopback,
        }

    def call(self, request: httpx.Request, *, stream: bool) -> RequestContext:
        """Return what the answer to a request is judged by.

        Raises:
            ConfigurationError: the request goes elsewhere, where the key has no business, or the process has forked.
        """
        if _origin(request.url) != self._origin:
            raise ConfigurationError(f"the API key is for {self.settings.base_url}, not for {request.url.host}")
        if os.getpid() != self._process:  # both would read the other's answers from the same connections
            raise ConfigurationError("this client was made before the process forked; make another one in each process")
        return RequestContext.of(request, self.settings.key, stream=stream)

    def exchange(self, request: httpx.Request, call: RequestContext) -> Exchange:
        """Begin the exchange of one request; its retries may be its own."""
        return exchange(call, request.extensions.get(RETRIES, self.settings.max_retries), random.random)

    @contextmanager
    def attempt(self, request: httpx.Request) -> Generator[list[int]]:
        """Watch over one attempt, which adds the status of the answer to what this yields.

        Raises:
            NeverSent: the request has not left this machine.
        """
        told: list[int] = []  # holds the status at the end
        request.extensions[UNSENT] = False
        began = time.monotonic()
        outcome: int | str = "interrupted"
        try:
            yield told
            outcome = told[0]
        except Exception as failure:
            outcome = type(failure).__name__
            if request.extensions[UNSENT]:
                raise NeverSent(failure) from failure
            raise
        finally:
            if logger.isEnabledFor(logging.DEBUG):
                path = self.settings.key.redact(request.url.path)
                took = (time.monotonic() - began) * 1000
                logger.debug("%s %s: %s in %.0f ms", request.method, path, outcome, took)

    def seconds(self, request: httpx.Request) -> float:
        """Return how long the body of the answer may take."""
        read = request.extensions.get("timeout", {}).get("read")
        return self.settings.timeout if read is None else float(read)


class SendTrackingTransport(httpx.BaseTransport):
    """A transport that knows whether a request has left it.

    Only here can that be known: what a hook of the user's sends may fail in the same way, after the request was taken.
    """

    def __init__(self, transport: httpx.BaseTransport, *, kept: bool) -> None:
        self._transport, self._kept = transport, kept

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and mark it when it was certainly not sent."""
        try:
            return self._transport.handle_request(request)
        except UNCONNECTED:
            if not isinstance(self._transport, SendTrackingTransport):  # which has said so
                request.extensions[UNSENT] = is_truthful(self._transport)
            raise

    def close(self) -> None:
        """Close the connections, unless the transport is the caller's."""
        if not self._kept:
            self._transport.close()


class HttpClient(httpx.Client):
    """An `httpx.Client` that answers for the server: its `send` raises the SDK's errors."""

    def __init__(self, settings: Settings, like: HttpClient | None = None) -> None:
        self._policy = HttpPolicy(settings)
        super().__init__(**self._policy.options())
        # httpx has no other place from which the transports it makes, those of proxies among them, can be watched.
        kept = like is not None or settings.transport is not None
        made = self if like is None else like
        self._transport = SendTrackingTransport(made._transport, kept=kept)
        self._mounts = {
            pattern: None if transport is None else SendTrackingTransport(transport, kept=kept)
            for pattern, transport in made._mounts.items()
        }

    def send(self, request: httpx.Request, *, stream: bool = False, **options: Any) -> httpx.Response:
        """Send a request, again where that is safe, and return the answer that holds what it must.

        Raises:
            RequestError: there is none.
            ConfigurationError: the client was closed, or the request goes elsewhere than to `base_url`.
        """
        if self.is_closed:
            raise closed()
        call = self._policy.call(request, stream=stream)

        def perform(step: Attempt | Pause) -> httpx.Response | None:
            if isinstance(step, Pause):
                sleep(step.seconds)
                return None
            with self._policy.attempt(request) as told:
                response = self._attempt(request, options, streamed=call.streamed)
                told.append(response.status_code)
            return response

        return run(self._policy.exchange(request, call), perform)

    def _attempt(self, request: httpx.Request, options: dict[str, Any], *, streamed: bool) -> httpx.Response:
        settled: dict[str, Any] = {**options, "follow_redirects": False}
        response = super().send(request, stream=True, **settled)
        if streamed and response.status_code < 300:
            return response
        if not response.is_stream_consumed:  # a hook may have read it
            body: Any = response.stream
            response.stream = _BoundedStream(body, Bounds(response, self._policy.seconds(request)))
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
