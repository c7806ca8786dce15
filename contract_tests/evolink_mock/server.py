"""Runs applications on real sockets: the mock server, embedded in a test or alone."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import signal
import socket
import threading
import time
from collections.abc import Callable, Generator
from types import FrameType, TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from evolink_mock.app import DEFAULT_API_KEY, Mock
from evolink_mock.clock import SystemClock
from evolink_mock.contract import Contract

START_SECONDS = STOP_SECONDS = 10
GRACE_SECONDS = 1  # for callers that do not read the rest of their answer
MAX_PORT = 65_535
MIN_SPEED, MAX_SPEED = 0.001, 1e6


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
        deadline = time.monotonic() + START_SECONDS
        while not self._server.ready.wait(0.05):
            if not self._thread.is_alive() or time.monotonic() > deadline:
                self._stop()
                raise ConfigurationError(f"the server at {self.url} did not start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop()

    def _stop(self) -> None:
        self._server.stop()
        self._thread.join(STOP_SECONDS)
        self._listener.close()
        if self._thread.is_alive():
            raise RuntimeError(f"the server at {self.url} did not stop")


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
        contract: a bundled contract to go by instead of the one that `evolink_client` carries, such as that of another
            edition of the documentation.

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
        contract: dict[str, Any] | None = None,
    ) -> None:
        self.api_key = api_key
        listener = listen("127.0.0.1", port)
        try:
            mock = configured_mock(listener, api_key, speed, reads, forward_callbacks_to, contract)
        except BaseException:
            listener.close()
            raise
        super().__init__(mock, listener)


def configured_mock(
    listener: socket.socket,
    api_key: str,
    speed: float,
    reads: int | None,
    forward_callbacks_to: str | None,
    contract: dict[str, Any] | None = None,
) -> Mock:
    """Return the mock to be served on `listener`; see `MockServer` for the settings.

    Raises:
        ConfigurationError: a setting is out of its range.
    """
    if not MIN_SPEED <= speed <= MAX_SPEED:
        raise ConfigurationError(f"speed must be a number from {MIN_SPEED:g} to {MAX_SPEED:g}; it is {speed:g}")
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
        reads=reads,
        forward_callbacks_to=forward_callbacks_to,
        contract=None if contract is None else _compiled(contract),
    )


def _compiled(document: dict[str, Any]) -> Contract:
    try:
        return Contract(document)
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        raise ConfigurationError(f"contract must be a bundled contract of this API: {error!r}") from None


def _check_forward_url(text: str) -> None:
    try:
        url, port = httpx.URL(text), urlsplit(text).port
        valid = url.scheme in {"http", "https"} and url.host and port != 0 and text.isprintable() and " " not in text
    except (httpx.InvalidURL, ValueError):
        valid = False
    if not valid:  # not shown, as it may hold a password
        raise ConfigurationError("forward_callbacks_to must be an http or https URL with a host, and a port if any")


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that is bound to `host` and `port`; port 0 takes any free one.

    Raises:
        ConfigurationError: the address is taken, or is none of this machine's.
    """
    if not 0 <= port <= MAX_PORT:
        raise ConfigurationError(f"port must be from 0 to {MAX_PORT}; it is {port}")
    try:
        family, _, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # With its protocol named: on a socket without, asyncio leaves Nagle's algorithm on, 40 ms for every answer.
        listener = socket.socket(family, socket.SOCK_STREAM, protocol)
    except (OSError, UnicodeError) as error:
        raise ConfigurationError(f"cannot listen on {host}: {error}") from None
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise ConfigurationError(
            f"cannot listen on {host} port {port}: {error.strerror}; choose another port"
        ) from None
    return listener


def url_of(listener: socket.socket) -> str:
    """Return the URL under which this machine reaches a listening socket."""
    address: tuple[str, int] = listener.getsockname()[:2]
    host, port = address
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - read here, not bound to
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(app: ASGIApp, listener: socket.socket, on_ready: Callable[[], None]) -> None:
    """Serve `app` in the main thread until the program is told to end; calls `on_ready` once requests are answered."""
    _Program(_config(app), on_ready).run([listener])


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=_Protocol,
        lifespan="on",
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=75,  # longer than clients keep idle connections, so that none is closed under a request
    )


class _Server(uvicorn.Server):
    """A server that can be waited for, and that does not wait for callers when it is stopped."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None] | None = None) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self._on_ready = on_ready
        self._ticking: asyncio.Future[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()
        if self._on_ready is not None and not self.should_exit:
            self._on_ready()

    async def main_loop(self) -> None:
        self._ticking = asyncio.ensure_future(super().main_loop())
        with contextlib.suppress(asyncio.CancelledError):
            await self._ticking

    def stop(self) -> None:
        """Tell the server, from another thread, to end at once; by itself it looks ten times a second."""
        self.should_exit = True
        if self._ticking is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                self._ticking.get_loop().call_soon_threadsafe(self._ticking.cancel)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for request in list(self.server_state.tasks):
            request.cancel()
        asyncio.get_running_loop().call_later(GRACE_SECONDS, self._abort)
        await super().shutdown(sockets)

    def _abort(self) -> None:
        for connection in list(self.server_state.connections):
            connection.transport.abort()


class _Program(_Server):
    """A server that is all its process does: the first signal ends it in order, and further ones change nothing."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            # One that was to be ignored, as by nohup, stays so.
            if hasattr(signal, name) and signal.getsignal(getattr(signal, name)) is not signal.SIG_IGN:
                signal.signal(getattr(signal, name), self.handle_exit)
        yield
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        del sig, frame
        self.should_exit = True


class _Protocol(HttpToolsProtocol):
    """HTTP that refuses in the documented shape even what is no HTTP, and says nothing on the console."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.logger = _SILENT

    def send_400_response(self, msg: str) -> None:
        """Answer and close the connection."""
        error = {"code": 400, "message": msg, "type": "invalid_request_error"}
        body = json.dumps({"error": error}).encode()
        head = f"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
        self.transport.write(f"{head}connection: close\r\n\r\n".encode() + body)
        self.transport.close()


_SILENT = logging.getLogger("evolink_mock.http")
_SILENT.setLevel(logging.CRITICAL + 1)
