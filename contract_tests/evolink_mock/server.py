"""Runs applications on real sockets: the mock server, embedded in a test or alone."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
import signal
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Generator
from types import FrameType, TracebackType
from typing import Any, Self, Unpack

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from evolink_mock.control import Control, T, in_loop
from evolink_mock.controller import Controller
from evolink_mock.http.app import Mock
from evolink_mock.http.endpoint import DROP
from evolink_mock.settings import DEFAULT_API_KEY, ConfigurationError, Settings

START_SECONDS = STOP_SECONDS = 10
GRACE_SECONDS = 1  # for callers that do not read the rest of their answer
MAX_PORT = 65_535


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


class MockServer(ServedApp, Control):
    """The mock server on a free port of this machine, for the length of a `with` block.

        with MockServer(speed=60) as mock:
            client = AuthenticatedClient(base_url=mock.url, token=mock.api_key)

    Args:
        port: 0 for any free one.
        settings: see `Settings`.

    Attributes:
        url: where the server is reached.
        api_key: the key it accepts.

    Raises:
        ConfigurationError: a setting has a value that it cannot have, or the port is taken.
    """

    def __init__(self, *, port: int = 0, **settings: Unpack[Settings]) -> None:
        self.api_key = settings.get("api_key", DEFAULT_API_KEY)
        self._mock = Mock(**settings)
        super().__init__(self._mock, listen("127.0.0.1", port))

    @property
    def _sandbox(self) -> Controller:
        return self._mock.sandbox

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        if self._server.loop is None or not self._thread.is_alive():
            work.close()
            raise RuntimeError("the mock server does not run; use it in a with block")
        return in_loop(self._server.loop, work)


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
    # With 10,000 tasks in memory, one full collection stops the server for 60 ms; as often as usual, reads feel it.
    gc.set_threshold(50_000, 20, 20)
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
        self.loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self.loop = asyncio.get_running_loop()
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

    def on_message_begin(self) -> None:
        """Let the application drop the connection."""
        super().on_message_begin()
        extensions: dict[str, Any] = {DROP: self.transport.abort}
        self.scope["extensions"] = extensions

    def send_400_response(self, msg: str) -> None:
        """Answer and close the connection."""
        error = {"code": 400, "message": msg, "type": "invalid_request_error"}
        body = json.dumps({"error": error}).encode()
        head = f"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
        self.transport.write(f"{head}connection: close\r\n\r\n".encode() + body)
        self.transport.close()


_SILENT = logging.getLogger("evolink_mock.http")
_SILENT.setLevel(logging.CRITICAL + 1)
