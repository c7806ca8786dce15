"""The limits for connections, of the mock server and of `evolink listen`: their number, and slow or silent clients."""

from __future__ import annotations

import asyncio
import logging
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from evolink_mock.http.app import Mock
from evolink_mock.http.endpoint import IS_GONE
from evolink_mock.notices import NOTICES
from evolink_mock.server import ServedApp, listen
from evolink_sandbox.connections import ConnectionLimits, LimitedConfig, usable_connections
from evolink_sandbox.h11_connections import LimitedH11Connection
from evolink_sandbox.notices import Notices

LIMITS = ConnectionLimits(8, head_bytes=4096, body_bytes=1000)
GET = b"GET /v1/credits HTTP/1.1\r\nHost: localhost\r\n"
POST = (
    b"POST /v1/videos/generations HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer sk-evo-mock\r\n"
    b"Content-Type: application/json\r\n"
)


class Served:
    """A server with `LIMITS`, its clock, and its warnings."""

    def __init__(self, served: ServedApp, caplog: pytest.LogCaptureFixture, now: list[float]) -> None:
        host, port = served.url.removeprefix("http://").split(":")
        self.address, self.url, self.now = (host, int(port)), served.url, now
        self._caplog = caplog

    @property
    def warnings(self) -> list[str]:
        return [record.getMessage() for record in self._caplog.records if record.name == "evolink_mock"]

    def connect(self, sent: bytes = b"") -> socket.socket:
        connection = socket.create_connection(self.address, timeout=10)
        connection.sendall(sent)
        return connection

    def is_available(self) -> bool:
        """Return whether a whole request gets its response."""
        with self.connect(GET + b"\r\n") as connection:
            return connection.recv(12) == b"HTTP/1.1 401"


def rest_of(connection: socket.socket) -> bytes:
    """Return what arrives until the connection is closed."""
    received = b""
    try:
        while part := connection.recv(65_536):
            received += part
    except ConnectionResetError:
        pass
    return received


def is_open(connection: socket.socket) -> bool:
    """Return whether a connection is open, after everything that has arrived on it."""
    connection.settimeout(0)
    try:
        while connection.recv(65_536):
            pass
    except BlockingIOError:
        return True
    except ConnectionResetError:
        return False
    finally:
        connection.settimeout(10)
    return False


@pytest.fixture(params=["httptools", "h11"])
def serve(
    request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Any]:
    """Serve an application, by default a mock, with each of the two parsers."""
    if request.param == "h11":

        def config(*args: Any, **options: Any) -> LimitedConfig:
            return LimitedConfig(*args, **{**options, "http": LimitedH11Connection})

        monkeypatch.setattr("evolink_mock.server.LimitedConfig", config)
    monkeypatch.setattr("evolink_mock.server.NOTICES", Notices(logging.getLogger("evolink_mock")))
    monkeypatch.setattr("evolink_sandbox.connections.TICKS", 1)
    caplog.set_level(logging.WARNING, "evolink_mock")

    @contextmanager
    def serving(app: ASGIApp | None = None, limits: ConnectionLimits = LIMITS) -> Generator[Served, None, None]:
        now = [0.0]
        with ServedApp(app or Mock(), listen("127.0.0.1", 0), limits, lambda: now[0]) as served:
            yield Served(served, caplog, now)

    return serving


def flood(connection: socket.socket, block: bytes, most: int) -> int:
    """Send up to `most` bytes until the connection is closed; return how many."""
    sent = 0
    try:
        while sent < most:
            sent += connection.send(block)
    except OSError:
        pass
    return sent


@pytest.mark.parametrize(
    ("start", "block"),
    [
        (GET, b"a" * 1000),
        (GET, b"a: " + b"b" * 95 + b"\r\n"),
        (b"GET /", b"a" * 1000),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n", b"a: b\r\n" * 100),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n1;", b"a" * 1000),
    ],
    ids=["header", "headers", "request line", "trailers", "chunk extension"],
)
def test_head_without_end_is_refused_and_not_kept(serve: Any, start: bytes, block: bytes) -> None:
    with serve() as server, server.connect(start) as connection:
        assert flood(connection, block, 100_000_000) < 100_000_000
        assert rest_of(connection)[:12] in {b"HTTP/1.1 431", b"HTTP/1.1 400", b""}  # a reset may discard it
        assert server.is_available()
    assert server.warnings == ["connection closed: the head of the request has more than 4096 bytes"]


def test_head_at_the_limit_is_accepted_however_it_is_cut(serve: Any) -> None:
    head = GET + b"X: " + b"a" * (LIMITS.head_bytes - len(GET) - 10) + b"\r\n\r\n"
    with serve() as server:
        for size in (1, 7, 4096):
            with server.connect() as connection:
                for start in range(0, len(head), size if size > 1 else 1000):
                    connection.sendall(head[start : start + (size if size > 1 else 1000)])
                assert connection.recv(12) == b"HTTP/1.1 401"
    assert server.warnings == []


def test_half_heads_make_room_for_whole_ones(serve: Any) -> None:
    with serve() as server, ExitStack() as stack:
        halves = [stack.enter_context(server.connect(GET)) for _ in range(10 * LIMITS.connections)]
        assert all(server.is_available() for _ in range(3))
        assert sum(map(is_open, halves)) < LIMITS.connections
    assert server.warnings == ["connection closed: there are 8 connections, which is the limit"]


def test_connections_in_use_are_kept_when_there_are_too_many(serve: Any) -> None:
    async def waiting(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            for kind in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{kind}.complete"})
            return
        while (await receive())["type"] != "http.disconnect":
            pass

    with serve(waiting) as server, ExitStack() as stack:
        used = [stack.enter_context(server.connect(GET + b"\r\n")) for _ in range(LIMITS.connections)]
        with server.connect(GET + b"\r\n") as late:
            assert rest_of(late)[:12] in {b"HTTP/1.1 503", b""}  # a reset may discard it
        assert all(map(is_open, used))
    assert server.warnings == ["connection closed: there are 8 connections, which is the limit"]


@pytest.mark.parametrize(
    ("sent", "seconds", "status", "reason"),
    [
        (b"", LIMITS.idle_seconds, b"", "nothing arrived on it within 75 s"),
        (GET, LIMITS.head_seconds, b"HTTP/1.1 408", "the head of the request did not arrive within 10 s"),
        (
            POST + b"Content-Length: 100\r\n\r\n{",
            LIMITS.body_seconds,
            b"HTTP/1.1 408",
            "less than 1000 bytes of the body arrived within 20 s",
        ),
        (
            GET + b"Content-Length: 100\r\n\r\n{",
            LIMITS.body_seconds,
            b"HTTP/1.1 401",
            "the body did not end within 20 s after its response",
        ),
    ],
    ids=["nothing", "half a head", "half a body", "half a body after its response"],
)
def test_client_that_falls_silent_is_not_waited_for(
    serve: Any, sent: bytes, seconds: float, status: bytes, reason: str
) -> None:
    with serve() as server, server.connect(sent) as silent:
        time.sleep(0.3)  # the server has seen what was sent
        assert is_open(silent)
        server.now[0] += seconds + 1
        assert rest_of(silent)[:12] in {status, b""}
        assert server.is_available()
    assert server.warnings == [f"connection closed: {reason}"]


def test_body_that_arrives_at_a_fair_rate_has_the_time_that_it_needs(serve: Any) -> None:
    body = b'{"model": "' + b"a" * (3300 - 11)
    with serve() as server, server.connect(POST + b"Content-Length: %d\r\n\r\n" % (len(body) + 2)) as slow:
        time.sleep(0.2)
        for start in range(0, len(body), 1100):
            slow.sendall(body[start : start + 1100])
            time.sleep(0.15)
            server.now[0] += LIMITS.body_seconds + 1
            time.sleep(0.15)
        slow.sendall(b'"}')
        assert slow.recv(12) == b"HTTP/1.1 404"  # no such model
    assert server.warnings == []


def test_client_that_does_not_read_its_response_is_not_waited_for(serve: Any) -> None:
    async def large(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            for kind in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{kind}.complete"})
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(100):
            await send({"type": "http.response.body", "body": bytes(40_000), "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    with serve(large) as server, socket.socket() as stalled:
        stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stalled.settimeout(10)
        stalled.connect(server.address)
        stalled.sendall(GET + b"\r\n")
        assert stalled.recv(12) == b"HTTP/1.1 200"
        time.sleep(0.3)
        server.now[0] += LIMITS.write_seconds + 1
        time.sleep(0.3)
        assert len(rest_of(stalled)) < 4_000_000
    assert server.warnings == ["connection closed: its client did not read for 60 s"]


def test_request_that_is_processed_has_no_time_limit(serve: Any) -> None:
    with serve() as server, server.connect() as patient:
        patient.sendall(GET + b"Authorization: Bearer sk-evo-mock\r\nPrefer: latency=1\r\n\r\n")
        time.sleep(0.3)
        server.now[0] += 10_000
        assert patient.recv(12) == b"HTTP/1.1 200"
    assert server.warnings == []


@pytest.fixture
def mock_only(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Iterator[Served]:
    monkeypatch.setattr("evolink_mock.server.NOTICES", Notices(logging.getLogger("evolink_mock")))
    caplog.set_level(logging.WARNING, "evolink_mock")
    with ServedApp(Mock(), listen("127.0.0.1", 0), LIMITS._replace(connections=100, head_bytes=65_536)) as served:
        yield Served(served, caplog, [])


def test_pipelined_requests_are_limited(mock_only: Served) -> None:
    slow = GET + b"Authorization: Bearer sk-evo-mock\r\nPrefer: latency=5\r\n\r\n"
    with mock_only.connect(slow + (GET + b"\r\n") * 320) as connection:
        assert rest_of(connection) == b""
    with mock_only.connect((GET + b"\r\n") * 20) as connection:
        assert connection.recv(12) == b"HTTP/1.1 401"
    assert mock_only.warnings == [
        "connection closed: more than 32 requests waited for the response to the first one",
    ]


def test_request_ends_when_its_client_hangs_up_even_if_another_one_was_pipelined(
    mock_only: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evolink_mock.dashboard.event_stream.MAX_STREAMS", 1)
    events = b"GET /_mock/events HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with mock_only.connect(events + GET + b"\r\n") as connection:
        assert connection.recv(12) == b"HTTP/1.1 200"
    for _ in range(50):
        time.sleep(0.1)
        with mock_only.connect(events) as connection:
            if connection.recv(12) == b"HTTP/1.1 200":
                break
    else:
        pytest.fail("the stream of the first client did not end")
    assert all("unexpected error" not in warning for warning in mock_only.warnings)


def test_error_while_writing_to_a_client_that_has_hung_up_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def failing(*_: Any) -> Any:
        raise RuntimeError("the handler is closed")

    mock = Mock()
    for is_gone in (True, False):
        scope = {
            "type": "http", "method": "GET", "path": "/v1/credits", "query_string": b"",
            "headers": [(b"host", b"localhost")], "extensions": {IS_GONE: lambda is_gone=is_gone: is_gone},
        }  # fmt: skip
        asyncio.run(mock(scope, failing, failing))
    assert [record.getMessage() for record in caplog.records] == [
        "unexpected error in the mock at GET /v1/credits: RuntimeError('the handler is closed')"
    ]


@pytest.mark.parametrize("method", [b"GET", b"POST"])
@pytest.mark.parametrize("end", [b"", b"\r\n"])
def test_headers_are_limited_in_number(mock_only: Served, method: bytes, end: bytes) -> None:
    with mock_only.connect(method + GET[3:] + b"a:\r\n" * 900 + end) as connection:
        assert rest_of(connection)[:12] == b"HTTP/1.1 431"


def test_requests_of_clients_that_have_hung_up_are_limited(mock_only: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evolink_mock.server.MAX_REQUESTS", 5)
    for _ in range(50):
        mock_only.connect(GET + b"Authorization: Bearer sk-evo-mock\r\nPrefer: latency=60\r\n\r\n").close()
    time.sleep(0.2)
    with mock_only.connect(GET + b"\r\n") as connection:
        assert re.fullmatch(rb'HTTP/1.1 503 .*"code": 503,.*', rest_of(connection), re.DOTALL)
    assert mock_only.warnings == ["The mock is processing 5 requests, which is the limit."]


def test_connections_and_the_files_behind_them_fit_into_the_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evolink_sandbox.connections._descriptors", lambda: 256)
    assert usable_connections(1000) == 96
    monkeypatch.setattr("evolink_sandbox.connections._descriptors", lambda: 1 << 20)
    assert usable_connections(1000) == 1000


def test_same_warning_is_logged_once_in_a_minute_with_its_number(caplog: pytest.LogCaptureFixture) -> None:
    now = [0.0]
    notices = Notices(logging.getLogger("evolink_mock"), lambda: now[0])
    for second in range(121):
        now[0] = second
        notices.warn("too many")
    assert [record.getMessage() for record in caplog.records] == [
        "too many", "too many (and 59 times before)", "too many (and 59 times before)",
    ]  # fmt: skip
    assert NOTICES is not notices


PROGRAMS = {"mock": ["-m", "evolink_mock", "--port", "0"], "listen": ["-m", "evolink", "listen", "--port", "0"]}
FEW_DESCRIPTORS = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


def most_megabytes(process: int) -> float:
    """Return the largest amount of memory that a process has had so far."""
    match = re.search(r"VmHWM:\s+([0-9]+)", Path(f"/proc/{process}/status").read_text(encoding="utf-8"))
    assert match is not None
    return int(match[1]) / 1024


@pytest.mark.skipif(sys.platform != "linux", reason="no /proc; run the tests on Linux")
@pytest.mark.parametrize("name", PROGRAMS)
def test_flood_of_heads_costs_a_program_little_memory_and_no_request(
    name: str, command_environment: dict[str, str]
) -> None:
    environment = {**command_environment, "EVOLINK_API_KEY": "sk-evo-invented", "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-c", FEW_DESCRIPTORS, *PROGRAMS[name]]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as program:
        try:
            ready = program.stdout if name == "mock" else program.stderr
            assert ready is not None
            match = re.search(r"http://127\.0\.0\.1:([0-9]+)", ready.readline())
            assert match is not None
            address = ("127.0.0.1", int(match[1]))
            before = most_megabytes(program.pid)
            with ExitStack() as stack:
                for _ in range(5):
                    endless = stack.enter_context(socket.create_connection(address, timeout=10))
                    endless.sendall(GET + b"X: ")
                    flood(endless, b"a" * 1_000_000, 20_000_000)
                for _ in range(300):
                    half = stack.enter_context(socket.create_connection(address, timeout=10))
                    with suppress(OSError):
                        half.sendall(GET)
                for _ in range(3):
                    whole = stack.enter_context(socket.create_connection(address, timeout=10))
                    whole.sendall(GET + b"\r\n")
                    assert whole.recv(12) in {b"HTTP/1.1 401", b"HTTP/1.1 405"}
            assert most_megabytes(program.pid) - before < 15
        finally:
            program.send_signal(signal.SIGTERM)
            err = program.communicate(timeout=30)[1]
    bytes_of_head = {"mock": 65_536, "listen": 16_384}[name]
    lines = [line.removeprefix("evolink: ") for line in err.splitlines()]
    assert lines[:2] == [
        f"connection closed: the head of the request has more than {bytes_of_head} bytes",
        "connection closed: there are 96 connections, which is the limit",
    ]
