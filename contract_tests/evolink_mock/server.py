"""Runs applications on real sockets: the mock server, embedded in a test or alone."""

from __future__ import annotations

import math
import socket
import threading
from types import TracebackType
from typing import Self

import httpx
import uvicorn
from starlette.types import ASGIApp

from evolink_mock.app import DEFAULT_API_KEY, Mock
from evolink_mock.clock import SystemClock
from evolink_mock.tasks import Pace

START_SECONDS = 10


class ConfigurationError(Exception):
    """A setting that the mock server cannot be started with; the text names it and the way out."""


class ServedApp:
    """An ASGI application on a socket of this machine, in a thread; a context manager.

    Attributes:
        url: where the application is reached, without a slash at the end.
    """

    def __init__(self, app: ASGIApp, listener: socket.socket) -> None:
        self.url = url_of(listener)
        self._listener = listener
        self._server = _Server(_config(app))
        self._thread = threading.Thread(target=self._server.run, args=([listener],), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._server.ready.wait(START_SECONDS):
            self._stop()
            raise ConfigurationError(f"the server at {self.url} did not start within {START_SECONDS} s")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop()

    def _stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(START_SECONDS)
        self._listener.close()


class MockServer(ServedApp):
    """The mock server on a free port of this machine, for the length of a `with` block.

        with MockServer(speed=60) as mock:
            client = AuthenticatedClient(base_url=mock.url, token=mock.api_key)

    Args:
        api_key: the one key that is accepted.
        speed: how many times faster than real time tasks and callback retries go.
        reads: when given, a task ends with its n-th read instead of by time; 0 ends it at once.
        forward_callbacks_to: a URL that gets every callback instead of the address it names.
        port: 0 for any free one.

    Attributes:
        url: where the server is reached.
        api_key: the key it accepts.

    Raises:
        ConfigurationError: a setting is out of its range, or the port is taken.
    """

    def __init__(
        self,
        *,
        api_key: str = DEFAULT_API_KEY,
        speed: float = 1.0,
        reads: int | None = None,
        forward_callbacks_to: str | None = None,
        port: int = 0,
    ) -> None:
        self.api_key = api_key
        listener = listen("127.0.0.1", port)
        try:
            mock = configured_mock(listener, api_key, speed, reads, forward_callbacks_to)
        except BaseException:
            listener.close()
            raise
        super().__init__(mock.app, listener)


def configured_mock(
    listener: socket.socket, api_key: str, speed: float, reads: int | None, forward_callbacks_to: str | None
) -> Mock:
    """Return the mock to be served on `listener`; see `MockServer` for the settings.

    Raises:
        ConfigurationError: a setting is out of its range.
    """
    if not (math.isfinite(speed) and speed > 0):
        raise ConfigurationError(f"speed must be a number above 0, such as 60; it is {speed}")
    if reads is not None and reads < 0:
        raise ConfigurationError(f"reads must be 0 or more; it is {reads}")
    if not (api_key.isascii() and api_key.isprintable() and api_key and " " not in api_key):
        raise ConfigurationError("api_key must be printable ASCII without spaces")  # never shown
    if forward_callbacks_to is not None:
        _check_forward_url(forward_callbacks_to)
    return Mock(
        url_of(listener),
        api_key=api_key,
        clock=SystemClock(speed),
        pace=Pace(reads=reads),
        forward_callbacks_to=forward_callbacks_to,
    )


def _check_forward_url(text: str) -> None:
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        url = httpx.URL()
    if url.scheme not in {"http", "https"} or not url.host:
        raise ConfigurationError(f"forward_callbacks_to must be an http or https URL with a host; it is {text!r}")


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that is bound to `host` and `port`; port 0 takes any free one.

    Raises:
        ConfigurationError: the address is taken, or is none of this machine's.
    """
    try:
        family, _, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # With its protocol named: on a socket without, asyncio leaves Nagle's algorithm on, 40 ms for every answer.
        listener = socket.socket(family, socket.SOCK_STREAM, protocol)
    except (OSError, OverflowError) as error:
        raise ConfigurationError(f"cannot listen on {host}: {error}") from None
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen(2048)
    except (OSError, OverflowError) as error:
        listener.close()
        reason = error.strerror if isinstance(error, OSError) else error
        raise ConfigurationError(f"cannot listen on {host} port {port}: {reason}; choose another port") from None
    return listener


def url_of(listener: socket.socket) -> str:
    """Return the URL under which this machine reaches a listening socket."""
    address: tuple[str, int] = listener.getsockname()[:2]
    host, port = address
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - read here, not bound to
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(app: ASGIApp, listener: socket.socket) -> None:
    """Serve `app` in this thread until Ctrl-C, which ends in KeyboardInterrupt."""
    _Server(_config(app)).run([listener])


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        lifespan="on",
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=75,  # longer than clients keep idle connections, so that none is closed under a request
        timeout_graceful_shutdown=1,
    )


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()
