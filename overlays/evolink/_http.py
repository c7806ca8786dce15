"""The blocking HTTP client, and the policy that it shares with the asynchronous one.

Its `send` retries where that is safe, calls the user's event hooks, reads bodies up to a limit of size and time, and
raises the SDK's errors for unsuccessful responses.
"""

from __future__ import annotations

import logging
import os
import random
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from time import monotonic, sleep
from typing import Any

import httpx

from evolink._flows import run
from evolink._log import logger, private
from evolink._responses import BOUNDS, RECEIVED, RETRIES, SECONDS, UNSENT, RequestContext, content_of
from evolink._retries import Attempt, Exchange, NeverSent, Pause, exchange
from evolink._settings import CONNECT_SECONDS, Settings
from evolink._unpacking import Unread, unpack
from evolink._version import __version__
from evolink.errors import ConfigurationError

# Far more than the largest documented response, and the largest documented error.
MAX_BYTES, MAX_ERROR_BYTES = 4 * 1024 * 1024, 256 * 1024
# Some media hosts refuse the default user agents of HTTP libraries.
USER_AGENT = f"Mozilla/5.0 (compatible; evolink-client/{__version__})"
# The exceptions that mean that no connection was made.
UNCONNECTED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)
# The stream of a response whose body has been read.
_READ = httpx.ByteStream(b"")


def timeouts(seconds: float) -> httpx.Timeout:
    """Return httpx's timeouts for a request that may take `seconds`; connecting may take 5 s at most."""
    return httpx.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds))


class _Remaining(dict[str, float | None]):
    """The timeouts of one attempt in the form that httpx passes to transports; they end at a deadline.

    httpcore looks up the timeout of each phase (to connect, write and read) when that phase begins. Thus all phases
    together take as long as one may take alone.
    """

    def __init__(self, timeouts: dict[str, float | None], until: float) -> None:
        super().__init__(timeouts)
        self._until = until

    def get(self, key: str, default: Any = None) -> Any:
        """Return the timeout of a phase, or what is left until the deadline if that is less."""
        left = max(0.001, self._until - monotonic())
        seconds: float | None = super().get(key, default)
        return left if seconds is None else min(seconds, left)


class Bounds:
    """Limits how much of a response's body is read, and for how long.

    Args:
        response: the response.
        until: when its body must have been read, in monotonic seconds.
    """

    def __init__(self, response: httpx.Response, until: float) -> None:
        self._is_needed = response.status_code < 300
        self._limit = MAX_BYTES if self._is_needed else MAX_ERROR_BYTES
        self._deadline = until
        self._received: bytearray = response.extensions.setdefault(RECEIVED, bytearray())

    def are_reached(self, chunk: bytes) -> bool:
        """Count a chunk; return whether to stop reading. Only the body of an error may be cut short.

        Raises:
            httpx.TransportError: the body of a successful response is too long or too slow.
        """
        self._limit -= len(chunk)
        self._received += chunk
        is_long, is_late = self._limit < 0, monotonic() > self._deadline
        if is_long and self._is_needed:
            raise httpx.ReadError(f"the body is longer than {MAX_BYTES} bytes")
        if is_late and self._is_needed:
            raise httpx.ReadTimeout("the body took too long")
        return is_long or is_late


class _BoundedStream(httpx.SyncByteStream):
    def __init__(self, stream: httpx.SyncByteStream, bounds: Bounds) -> None:
        self._stream, self._bounds = stream, bounds

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._stream:
            if self._bounds.are_reached(chunk):
                return
            yield chunk

    def close(self) -> None:
        self._stream.close()


def bound_body(request: httpx.Request, response: httpx.Response, bounded: Callable[[Any, Bounds], Any]) -> None:
    """Unpack the body of a response that has just begun, and limit it as the request says.

    A request without limits belongs to a client that follows redirects, whose own bodies httpx reads to their end.
    """
    unpack(response)
    bounds_of: Callable[[httpx.Request, httpx.Response], Bounds | None] | None = request.extensions.get(BOUNDS)
    if response.is_stream_consumed:
        return
    if bounds_of is None:
        if response.has_redirect_location:
            response.stream = Unread(response.stream)
    elif (bounds := bounds_of(request, response)) is not None:
        response.stream = bounded(response.stream, bounds)


def _origin(url: httpx.URL) -> tuple[bytes, bytes]:
    """Return the scheme of a URL, and its host with the port unless that is the default one."""
    return url.raw_scheme, url.netloc


class Cookies(httpx.Cookies):
    """The cookies of a client."""

    def extract_cookies(self, response: httpx.Response) -> None:
        """Keep the cookies of a response, if it has any."""
        # httpx converts every response for Python's cookie jar: a fifth of the CPU time of reading a task in memory.
        if "set-cookie" in response.headers:
            super().extract_cookies(response)


class HttpPolicy:
    """The parts of `HttpClient` and `AsyncHttpClient` that perform no I/O."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._origin = _origin(httpx.URL(settings.base_url))
        self._process = os.getpid()
        self._like: tuple[Any, httpx.Request | None] = None, None  # headers, and a request that has them

    def options(self) -> dict[str, Any]:
        """Return the arguments for httpx's constructors."""
        settings = self.settings
        headers = httpx.Headers({"user-agent": USER_AGENT, "accept-encoding": "identity"})
        headers.update(settings.headers)
        headers["authorization"] = settings.key.bearer()
        return {
            "base_url": settings.base_url,
            "headers": headers,
            "timeout": settings.timeouts or timeouts(settings.timeout),
            "trust_env": False,  # the settings contain what the environment says
        }

    def get_request(self, client: httpx.Client | httpx.AsyncClient, url: httpx.URL, **options: Any) -> httpx.Request:
        """Return the GET request that `build_request` of a client of this policy would return for the same options.

        Args:
            client: the client.
            url: an absolute URL of the server.
            options: headers, timeout and extensions.
        """
        headers = options.get("headers", {})
        if client.cookies or client.params:
            return client.build_request("GET", url, **options)
        # Merging the headers only when they have changed saves 11 of the 108 µs of a read without a network.
        given = client.headers.raw, headers
        former, like = self._like
        if like is None or given != former:
            like = client.build_request("GET", url, headers=headers)
            self._like = given, like
        extensions = {**options.get("extensions", {}), "timeout": options.get("timeout", client.timeout).as_dict()}
        request = httpx.Request("GET", url, headers=like.headers, stream=like.stream, extensions=extensions)
        request.read()
        return request

    def context(self, request: httpx.Request, *, stream: bool) -> RequestContext:
        """Return the context of a request that is about to be sent.

        Raises:
            ConfigurationError: the request goes to another server than `base_url`, or the process has forked.
        """
        if _origin(request.url) != self._origin:
            raise ConfigurationError(f"the API key is for {self.settings.base_url}, not for {request.url.host}")
        if os.getpid() != self._process:  # two processes would read each other's responses from shared connections
            raise ConfigurationError("this client was made before the process forked; make another one in each process")
        return RequestContext.of(request, self.settings.key, stream=stream)

    def exchange(self, request: httpx.Request, context: RequestContext) -> Exchange:
        """Return the generator that decides on the attempts of one request."""
        retries = request.extensions.get(RETRIES, self.settings.max_retries)
        return exchange(context, retries, random.random, request.extensions.get(SECONDS), clock=monotonic)

    @contextmanager
    def attempt(
        self, request: httpx.Request, context: RequestContext, until: float | None
    ) -> Generator[list[httpx.Response]]:
        """Log and limit one attempt, and detect requests that never left this machine.

        Yields an empty list, to which the caller adds the response before it reads the body.

        Raises:
            NeverSent: the request never left this machine.
        """
        responses: list[httpx.Response] = []
        request.extensions[UNSENT] = None
        request.extensions[BOUNDS] = partial(self._bounds, context, until)
        if until is not None:
            request.extensions["timeout"] = _Remaining(request.extensions.get("timeout", {}), until)
        began = monotonic()
        outcome: int | str = "interrupted"
        try:
            with private():
                yield responses
            outcome = responses[0].status_code
        except BaseException as failure:
            if isinstance(failure, Exception):
                outcome = type(failure).__name__
                self.settings.key.redact_error(failure)
            context.lost[:] = responses[0].extensions.get(RECEIVED, b"") if responses else b""
            unsent: bool | None = request.extensions[UNSENT]
            if unsent is not False:
                raise NeverSent(failure, reached_transport=unsent is not None) from failure
            if not isinstance(failure, Exception):
                for task_id in filter(None, map(context.created_id, responses)):
                    failure.add_note(f"The response names the task {task_id}.")
                    logger.warning("%s lives on: its create was interrupted", task_id)
            raise
        finally:
            if logger.isEnabledFor(logging.DEBUG):
                milliseconds = (monotonic() - began) * 1000
                ids = "".join(f", {each}" for response in responses for each in context.ids(response))
                logger.debug("%s %s: %s in %.0f ms%s", request.method, context.path, outcome, milliseconds, ids)

    def finish(self, response: httpx.Response) -> None:
        """Remove the API key from a response whose body has been read, which a server may repeat, and its stream."""
        # The stream that httpx has wrapped refers to the response: without it, each response is freed at once and not
        # by Python's cycle collector, which took a tenth of the time of waiting for many tasks.
        response.stream = _READ
        key = self.settings.key
        content = content_of(response)
        if content:
            read: Any = response  # httpx has no way to replace a body that was read
            read._content = key.redact_bytes(content)
        headers = response.headers.raw
        values = b"\n".join(value for _, value in headers)
        if key.redact_bytes(values) != values:
            response.headers = httpx.Headers([(name, key.redact_bytes(value)) for name, value in headers])

    def _bounds(
        self, context: RequestContext, until: float | None, request: httpx.Request, response: httpx.Response
    ) -> Bounds | None:
        """Return the limits of a body; None if the caller reads it in chunks."""
        if context.streamed and response.status_code < 300:
            return None
        read = request.extensions.get("timeout", {}).get("read")
        seconds = self.settings.timeout if read is None else float(read)
        return Bounds(response, monotonic() + seconds if until is None else until)


class Progress:
    """How far httpcore got with sending a request, as its trace events tell.

    Args:
        trace: the caller's own function for trace events, if any.
    """

    def __init__(self, trace: Any) -> None:
        self.trace = trace
        self._is_seen = self._has_begun = False

    def record(self, event: str, info: dict[str, Any]) -> None:
        """Record an event. A CONNECT request to a proxy does not contain the request."""
        self._is_seen = True
        if event.endswith(".send_request_headers.started") and info["request"].method != b"CONNECT":
            self._has_begun = True

    def is_unsent(self, failure: BaseException) -> bool:
        """Return whether nothing of the request can have left; without events, only the exception tells."""
        return not self._has_begun and (self._is_seen or isinstance(failure, UNCONNECTED))


class Tracking:
    """Base class of the transports that record in a request's extensions whether it was certainly not sent.

    They also unpack and limit the body of the response.

    The client cannot do that: an event hook of the user's may raise the same exceptions after the request was sent,
    and may read the body.

    Args:
        transport: the wrapped transport.
        kept: whether the transport stays open when this one is closed, because it belongs to the caller.
    """

    def __init__(self, transport: Any, *, kept: bool) -> None:
        self._transport, self._kept = transport, kept
        self._is_httpx = isinstance(transport, httpx.HTTPTransport | httpx.AsyncHTTPTransport)

    @property
    def own_pool(self) -> Any:
        """Httpcore's pool of connections; None if the transport belongs to the caller."""
        return None if self._kept else getattr(self._transport, "_pool", None)

    @contextmanager
    def _tracked(self, request: httpx.Request, trace: Callable[[Progress], Any]) -> Generator[httpx.Request]:
        """Yield the request to send through the wrapped transport; mark `request` if that fails.

        Args:
            request: the request.
            trace: makes a function for httpcore's trace events.
        """
        if isinstance(self._transport, Tracking):  # the wrapped transport marks the request
            yield request
            return
        progress = Progress(request.extensions.get("trace"))
        request.extensions[UNSENT] = False
        if self._is_httpx:
            request.extensions["trace"] = trace(progress)
        try:
            yield _to_localhost(request) if self._is_httpx else request
        except BaseException as failure:
            # Third-party transports also raise these exceptions if a connection is lost after a request was sent.
            if self._is_httpx or isinstance(self._transport, httpx.MockTransport):
                request.extensions[UNSENT] = progress.is_unsent(failure)
            is_known = not isinstance(failure, Exception) or isinstance(failure, httpx.HTTPError | OSError | ValueError)
            if request.extensions[UNSENT] and not is_known:  # raised by the library for SOCKS proxies
                raise httpx.ProxyError(f"{type(failure).__name__}: {failure}", request=request) from failure
            raise
        finally:
            if progress.trace is not None:
                request.extensions["trace"] = progress.trace
            else:
                request.extensions.pop("trace", None)


def _to_localhost(request: httpx.Request) -> httpx.Request:
    """Return a request to `*.localhost` as one to `localhost`, with the same headers; others are returned as they are.

    Many systems ask a DNS server for such names, which must not decide who gets the API key.
    """
    host = request.url.host.rstrip(".")
    if not host.endswith(".localhost"):
        return request
    return httpx.Request(
        request.method,
        request.url.copy_with(host="localhost"),
        headers=request.headers,
        stream=request.stream,
        extensions={"sni_hostname": host, **request.extensions},
    )


class SendTrackingTransport(Tracking, httpx.BaseTransport):
    """Wraps a transport; see `Tracking`."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and mark it when it was certainly not sent. Unpack and limit the body of the response."""

        def trace(progress: Progress) -> Callable[[str, dict[str, Any]], None]:
            def record(event: str, info: dict[str, Any]) -> None:
                progress.record(event, info)
                if progress.trace is not None:
                    progress.trace(event, info)

            return record

        with self._tracked(request, trace) as sent:
            response: httpx.Response = self._transport.handle_request(sent)
        if not isinstance(self._transport, Tracking):
            bound_body(request, response, _BoundedStream)
        return response

    def close(self) -> None:
        """Close the wrapped transport, unless it belongs to the caller."""
        if not self._kept:
            self._transport.close()


def media_options(settings: Settings) -> dict[str, Any]:
    """Return the arguments for the constructor of an httpx client that downloads results."""
    # No authorization header: links lead to other hosts.
    return {
        "headers": {"user-agent": USER_AGENT},
        "timeout": timeouts(settings.timeout),
        "follow_redirects": True,
        "trust_env": False,  # the settings contain what the environment says
    }


def media_client(settings: Settings) -> httpx.Client:
    """Return an httpx client that downloads results, with the proxies and certificates of the settings.

    Raises:
        ConfigurationError: the certificates cannot be loaded.
    """
    transport, mounts = settings.transports(httpx.HTTPTransport)
    kept = settings.transport is not None
    return httpx.Client(**media_options(settings), **wrapped(SendTrackingTransport, transport, mounts, kept=kept))


def wrapped(kind: Callable[..., Any], transport: Any, mounts: Mapping[str, Any], *, kept: bool) -> dict[str, Any]:
    """Return a transport and those of proxies, wrapped in `kind`, as arguments for the constructor of a client."""
    return {
        "transport": kind(transport, kept=kept),
        "mounts": {pattern: each and kind(each, kept=kept) for pattern, each in mounts.items()},
    }


class HttpClient(httpx.Client):
    """An `httpx.Client` whose `send` retries where that is safe and raises the SDK's errors.

    Args:
        settings: the settings of the client.
        like: another client, whose connections this one uses.
    """

    def __init__(self, settings: Settings, like: HttpClient | None = None) -> None:
        self.policy = HttpPolicy(settings)
        if like is None:
            transport, mounts = settings.transports(httpx.HTTPTransport, settings.base_url)
        else:  # httpx offers no other way to share connections
            transport = like._transport
            mounts = {pattern.pattern: each for pattern, each in like._mounts.items()}
        kept = like is not None or settings.transport is not None
        super().__init__(**self.policy.options(), **wrapped(SendTrackingTransport, transport, mounts, kept=kept))
        self._cookies = Cookies(dict(settings.cookies))

    def send(self, request: httpx.Request, *, stream: bool = False, **options: Any) -> httpx.Response:
        """Send a request, again where that is safe; return the successful response.

        Raises:
            RequestError: the request failed.
            ConfigurationError: the client is closed, or the request goes to another server than `base_url`.
        """
        if self.is_closed:
            raise closed()
        context = self.policy.context(request, stream=stream)

        def perform(step: Attempt | Pause) -> httpx.Response | None:
            if isinstance(step, Pause):
                sleep(step.seconds)
                return None
            with self.policy.attempt(request, context, step.until) as responses:
                return self._attempt(request, options, responses, streamed=context.streamed)

        return run(self.policy.exchange(request, context), perform)

    def _attempt(
        self,
        request: httpx.Request,
        options: dict[str, Any],
        responses: list[httpx.Response],
        *,
        streamed: bool,
    ) -> httpx.Response:
        kwargs: dict[str, Any] = {**options, "follow_redirects": False}
        response = super().send(request, stream=True, **kwargs)
        responses.append(response)
        if streamed and response.status_code < 300:
            return response
        try:
            response.read()
        except httpx.HTTPError:
            if response.status_code < 300:
                raise
        finally:
            response.close()
        self.policy.finish(response)
        return response


def closed() -> ConfigurationError:
    """Return the error for using a closed client."""
    return ConfigurationError("this client is closed; make another one, or use it inside its with block")
