"""Runs ASGI applications on sockets: `MockServer` for tests, and the blocking server of the command line."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
import selectors
import signal
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Generator
from types import FrameType, TracebackType
from typing import Any, Self, Unpack

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from evolink_mock.control import Control, T, in_loop, warn_about_faults
from evolink_mock.controller import Controller
from evolink_mock.http.app import Mock
from evolink_mock.http.bodies import SMALL_BYTES
from evolink_mock.http.endpoint import DROP, IS_GONE, StepEndpoint
from evolink_mock.notices import NOTICES
from evolink_mock.settings import DEFAULT_API_KEY, ConfigurationError, Settings
from evolink_sandbox.connections import (
    ConnectionLimits,
    LimitedConfig,
    LimitedConnection,
    LimitedServer,
    usable_connections,
)

START_SECONDS = STOP_SECONDS = 10
GRACE_SECONDS = 1  # for clients that do not read the rest of a response
MAX_PORT = 65_535
MAX_CONNECTIONS = 1_000
# Requests that are processed, also for clients that have hung up; a fault may delay a response by hours.
MAX_REQUESTS = 2_000
MAX_HEADERS = 256
MAX_PIPELINED = 32


class ServedApp:
    """A context manager that serves an ASGI application on a localhost socket, in a thread.

    Args:
        app: the application.
        listener: the listening socket.
        limits: the limits for connections; the default is that of the mock.
        clock: the clock of these limits, in seconds.

    Attributes:
        url: the URL of the application, without a trailing slash.
    """

    def __init__(
        self,
        app: ASGIApp,
        listener: socket.socket,
        limits: ConnectionLimits | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.url = url_of(listener)
        self._listener = listener
        self._server = _Server(_config(app, limits, clock))
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
    """The mock server on a localhost port, for the duration of a `with` block.

        with MockServer(speed=60) as mock:
            client = AuthenticatedClient(base_url=mock.url, token=mock.api_key)

    Args:
        port: the port; 0 for any free port.
        settings: see `Settings`.

    Attributes:
        url: the URL of the server, without a trailing slash.
        api_key: the accepted key.

    Raises:
        ConfigurationError: a setting has an invalid value, or the port is in use.

    Warns:
        UnusedFaultWarning: at the end of the `with` block, for each fault rule that never applied.
    """

    def __init__(self, *, port: int = 0, **settings: Unpack[Settings]) -> None:
        self.api_key = settings.get("api_key", DEFAULT_API_KEY)
        self._mock = Mock(**settings)
        super().__init__(self._mock, listen("127.0.0.1", port))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        problems = self._unused_faults() if error is None and self._thread.is_alive() else []
        super().__exit__(kind, error, traceback)
        warn_about_faults(problems)

    @property
    def _controller(self) -> Controller:
        return self._mock.controller

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        if self._server.loop is None or not self._thread.is_alive():
            coroutine.close()
            raise RuntimeError("the mock server is not running; use it in a with block")
        return in_loop(self._server.loop, coroutine)


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket that is bound to `host` and `port`; 0 for any free port.

    Raises:
        ConfigurationError: the address is in use, or does not belong to this machine.
    """
    given: Any = port
    if type(given) is not int or not 0 <= given <= MAX_PORT:
        raise ConfigurationError(f"port must be from 0 to {MAX_PORT}; it is {given!r}")
    try:
        family, _, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # Without the protocol, asyncio would not disable Nagle's algorithm, which delays each response by 40 ms.
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
    """Return the URL at which this machine reaches a listening socket."""
    address: tuple[str, int] = listener.getsockname()[:2]
    host, port = address
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound to
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(app: ASGIApp, listener: socket.socket, on_ready: Callable[[], None]) -> None:
    """Serve `app` in the main thread until a signal arrives; call `on_ready` once the server accepts requests."""
    # Less frequent garbage collection: a full one takes 60 ms with 10,000 tasks in memory, which delays requests.
    gc.set_threshold(50_000, 20, 20)
    _Program(_config(app), on_ready).run([listener])


def _config(
    app: ASGIApp, limits: ConnectionLimits | None = None, clock: Callable[[], float] = time.monotonic
) -> LimitedConfig:
    # gevent, for example, replaces the selectors, and makes threads that a loop written in C would block forever.
    are_replaced = selectors.DefaultSelector.__module__ != selectors.__name__
    return LimitedConfig(
        app,
        limits or ConnectionLimits(usable_connections(MAX_CONNECTIONS)),
        NOTICES,
        clock,
        loop="asyncio" if are_replaced else "auto",
        http=_Protocol,
        lifespan="on",
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=75,  # longer than clients keep idle connections, so that none is closed during a request
    )


class _Server(LimitedServer):
    """A server that signals when it is ready, and that does not wait for clients when it is stopped."""

    def __init__(self, config: LimitedConfig, on_ready: Callable[[], None] | None = None) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self._on_ready = on_ready
        self._ticking: asyncio.Future[None] | None = None
        self.loop: asyncio.AbstractEventLoop | None = None

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve in an event loop of its own. nest_asyncio, for example, replaces `asyncio.run`, which uvicorn uses."""
        with asyncio.Runner(loop_factory=self.config.get_loop_factory()) as runner:
            runner.run(self.serve(sockets))

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
        """Stop the server at once, from another thread; uvicorn itself only checks ten times a second."""
        self.should_exit = True
        if self._ticking is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                self._ticking.get_loop().call_soon_threadsafe(self._ticking.cancel)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End all requests and connections. uvicorn's own shutdown sleeps for at least 0.1 s."""
        for listening in (*self.servers, *(sockets or ())):
            listening.close()
        state = self.server_state
        for connection in list(state.connections):
            connection.shutdown()
        await asyncio.sleep(0)  # a task that has not begun would be cancelled without a response
        for request in list(state.tasks):
            request.cancel()
        timer = asyncio.get_running_loop().call_later(GRACE_SECONDS, self._abort)
        pause = 0.0
        while state.connections or state.tasks:
            await asyncio.sleep(pause)
            pause = min(pause + 0.001, 0.02)
        timer.cancel()
        for server in self.servers:
            await server.wait_closed()
        await self.lifespan.shutdown()

    def _abort(self) -> None:
        for connection in list(self.server_state.connections):
            connection.transport.abort()


class _Program(_Server):
    """A server with a process of its own: the first signal stops it gracefully, and further signals are ignored."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            # A signal that is already ignored, for example by nohup, stays ignored.
            if hasattr(signal, name) and signal.getsignal(getattr(signal, name)) is not signal.SIG_IGN:
                signal.signal(getattr(signal, name), self.handle_exit)
        yield
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        del sig, frame
        self.should_exit = True


class _Protocol(LimitedConnection, HttpToolsProtocol):
    """An HTTP protocol with limits that rejects even malformed requests in the documented format, and logs nothing."""

    app: Any
    headers: Any  # None before the first request

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.logger = _SILENT
        self._running: RequestResponseCycle | None = None
        self._find_step: Callable[[Scope], StepEndpoint | None] = getattr(self.app, "find_step", _find_nothing)
        self._pending: tuple[Any, StepEndpoint] | None = None  # a cycle whose body may not have arrived
        self._in_body = False
        self._app: Any = self.app
        self._most: int = self.config.limits.head_bytes
        self._unparsed = 0  # bytes since the last end of a head, piece of a body, or end of a body

    def expects_body(self) -> bool:
        """Return whether the head of a request has arrived, and its body has not ended."""
        return self._in_body

    def head_size(self) -> int:
        """Return how much of the next head has arrived, about."""
        return self._unparsed

    def data_received(self, data: bytes) -> None:
        """Parse what has arrived, and refuse a head, or other bytes outside a body, without end."""
        size = len(data)
        self.received += size
        self._unparsed += size
        if self._unparsed > self._most:
            self._unparsed -= size
            self._parse_in_pieces(data)
        else:
            HttpToolsProtocol.data_received(self, data)
        # Nothing is unparsed at the end of a usual request.
        if self._unparsed and self._has_too_many_headers() and not self.transport.is_closing():
            self.send_400_response("")
        if len(self.pipeline) > MAX_PIPELINED:
            self.close_silently(f"more than {MAX_PIPELINED} requests waited for the response to the first one")
        if self._pending is not None:
            self._process_pending()

    def _parse_in_pieces(self, data: bytes) -> None:
        while data and not self.transport.is_closing():
            if self._unparsed >= self._most:
                self.refuse(431, f"The head of the request has more than {self._most} bytes.")
                return
            piece, data = data[: self._most - self._unparsed], data[self._most - self._unparsed :]
            self._unparsed += len(piece)
            HttpToolsProtocol.data_received(self, piece)

    def _has_too_many_headers(self) -> bool:
        return not self._in_body and self.headers is not None and len(self.headers) > MAX_HEADERS

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the request in progress that its client has hung up; uvicorn tells only the last pipelined one."""
        super().connection_lost(exc)
        if self._running is not None and not self._running.response_complete:
            self._running.disconnected = True
            self._running.message_event.set()
        if self._pending is not None:
            cycle, _ = self._pending
            cycle.receive = _receiving(bytes(cycle.body), cycle.receive)
            self._start_pending()

    def shutdown(self) -> None:
        """End the connection after the request in progress."""
        self._start_pending()
        super().shutdown()

    def on_message_begin(self) -> None:
        """Provide the extensions `DROP` and `IS_GONE`, and choose the application."""
        HttpToolsProtocol.on_message_begin(self)
        extensions: dict[str, Any] = {DROP: self.transport.abort, IS_GONE: self.transport.is_closing}
        self.scope["extensions"] = extensions
        self.app = self._app if len(self.tasks) < MAX_REQUESTS else _too_busy

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        self._running = cycle
        step = None if app is not self._app or cycle.waiting_for_100_continue else self._find_step(cycle.scope)
        if step is None:
            super()._start_asgi_task(cycle, app)
        else:
            self._pending = cycle, step

    def on_response_complete(self) -> None:
        """Begin with the next pipelined request, if there is one.

        uvicorn also starts a timer for idle connections, in a tenth of the time of a read; `check` closes these.
        """
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
            if self._pending is not None:
                self.loop.call_soon(self._process_pending)

    def _process_pending(self) -> None:
        """Respond to the requests that need no task, once their bodies have arrived."""
        while self._pending is not None:
            cycle, step = self._pending
            if cycle.more_body and step.needs_body(cycle.scope):
                return
            is_ready = not cycle.more_body and len(cycle.body) <= SMALL_BYTES
            if not is_ready or cycle.disconnected or self.flow.write_paused or self.transport.is_closing():
                self._start_pending()
                return
            self._pending = None
            self._respond(cycle, step.process(cycle.scope, bytes(cycle.body)))

    def _start_pending(self) -> None:
        """Process the pending request, if there is one, like all others."""
        if self._pending is not None:
            (cycle, _), self._pending = self._pending, None
            super()._start_asgi_task(cycle, self._app)

    def _respond(self, cycle: RequestResponseCycle, response: Response) -> None:
        """Send a response with a length in one piece."""
        parts = [STATUS_LINE[response.status_code]]
        for name, value in (*self.server_state.default_headers, *response.raw_headers):
            parts += name, b": ", value, b"\r\n"
        parts += b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n", bytes(response.body)
        self.transport.write(b"".join(parts))
        cycle.response_started = cycle.response_complete = True
        if not cycle.keep_alive:
            self.transport.close()
        self.on_response_complete()

    def on_headers_complete(self) -> None:
        """Expect a body.

        Raises:
            ValueError: there are too many headers. The parser passes it on to `send_400_response`.
        """
        if len(self.headers) > MAX_HEADERS:
            raise ValueError
        self._in_body, self._unparsed = True, 0
        HttpToolsProtocol.on_headers_complete(self)

    def on_body(self, body: bytes) -> None:
        """Receive a part of a body."""
        self._unparsed = 0
        HttpToolsProtocol.on_body(self, body)

    def on_message_complete(self) -> None:
        """Expect another head."""
        self._in_body, self._unparsed = False, 0
        HttpToolsProtocol.on_message_complete(self)

    def send_400_response(self, msg: str) -> None:
        """Send a 400, or a 431 for too many headers, and close the connection."""
        if self._has_too_many_headers():
            self.refuse(431, f"The head of the request has more than {MAX_HEADERS} headers.")
        else:
            self.send_error(400, msg)

    def error_body(self, status: int, message: str) -> tuple[str, bytes]:
        """Return an error in the documented format."""
        return "application/json", _error(status, message)


def _error(status: int, message: str) -> bytes:
    error = {"code": status, "message": message, "type": "invalid_request_error" if status < 500 else "server_error"}
    return json.dumps({"error": error}).encode()


def _receiving(first: bytes, receive: Receive) -> Receive:
    """Receive the part of a body that arrived before the client hung up; uvicorn would drop it."""
    parts = [first]

    async def received() -> Message:
        return {"type": "http.request", "body": parts.pop(), "more_body": True} if parts else await receive()

    return received


def _find_nothing(_: Scope) -> None:
    """Return no endpoint, since the application has none of ours."""


async def _too_busy(_: Scope, __: Receive, send: Send) -> None:
    """Respond with a 503 in the documented format."""
    message = f"The mock is processing {MAX_REQUESTS} requests, which is the limit."
    NOTICES.warn(message)
    body = _error(503, message)
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": body})


_SILENT = logging.getLogger("evolink_mock.http")
_SILENT.setLevel(logging.CRITICAL + 1)
