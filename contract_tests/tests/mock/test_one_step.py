"""Requests that the server processes in one step, without the messages of ASGI: nobody can tell the difference."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import re
import socket
import time
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from evolink_mock import MockTransport
from evolink_mock.http.app import Mock
from evolink_mock.http.endpoint import StepEndpoint
from evolink_mock.server import ServedApp, listen

HOST, KEY = b"Host: localhost\r\n", b"Authorization: Bearer sk-evo-mock\r\n"
BODY = json.dumps({"model": "wan2.5-image-to-video", "prompt": "a", "image_urls": ["https://example.com/a.png"]})
TASK = "task-unified-1757169743-"


def create(body: str, headers: bytes = KEY) -> bytes:
    """Return a create."""
    content = body.encode()
    start = b"POST /v1/videos/generations HTTP/1.1\r\nContent-Type: application/json; charset=utf-8\r\n"
    return start + HOST + headers + b"Content-Length: %d\r\n\r\n" % len(content) + content


def get(path: bytes, headers: bytes = KEY, version: bytes = b"1.1") -> bytes:
    """Return a request without a body."""
    return b"GET " + path + b" HTTP/" + version + b"\r\n" + HOST + headers + b"\r\n"


CREATE, CREDITS = create(BODY), get(b"/v1/credits")
CHUNKED = CREATE.partition(b"Content-Length")[0] + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(BODY)
CHUNKS = [CHUNKED + BODY[:20].encode(), BODY[20:].encode() + b"\r\n0\r\n\r\n"]
EXCHANGES: dict[str, tuple[int, list[bytes]]] = {
    # How many of the requests are processed in one step, and the pieces in which they arrive.
    "create": (1, [CREATE]),
    "create in pieces": (1, [CREATE[:40], CREATE[40:-20], CREATE[-20:]]),
    "create, refused": (1, [create('{"model": "wan2.5-image-to-video", "prompt": 7}')]),
    "create of an unknown model": (1, [create('{"model": "x"}')]),
    "create, not JSON": (1, [create("{")]),
    "create with the key of an earlier one": (2, [create(BODY, KEY + b"Idempotency-Key: 0123456789abcdef\r\n")] * 2),
    "create in one piece of chunks": (1, [b"".join(CHUNKS)]),
    "create in chunks": (0, CHUNKS),
    "create without a body": (1, [create("")]),
    "create that expects a confirmation": (0, [create(BODY, KEY + b"Expect: 100-continue\r\n")]),
    "create with a long prompt": (0, [create(BODY.replace('"a"', f'"{"a" * 70_000}"'))]),
    "create without a key, in pieces": (0, [create(BODY, b"")[:-20], create(BODY, b"")[-20:]]),
    "create without a key": (1, [create(BODY, b"")]),
    "create of another type": (1, [CREATE.replace(b"application/json", b"text/plain")]),
    "create with a preference": (0, [create(BODY, KEY + b"Prefer: outcome=failed\r\n")]),
    "create with a fault": (0, [create(BODY, KEY + b"Prefer: code=503\r\n")]),
    "create by a page": (0, [create(BODY, KEY + b"Origin: http://localhost:1\r\n")]),
    "read of an unknown task": (1, [get(b"/v1/tasks/" + TASK.encode() + b"aaaaaaaa")]),
    "read of a malformed id": (1, [get(b"/v1/tasks/a%20b?c")]),
    "credits": (1, [CREDITS]),
    "credits, then the end": (1, [get(b"/v1/credits", KEY + b"Connection: close\r\n")]),
    "credits with a body": (1, [get(b"/v1/credits", KEY + b"Content-Length: 2\r\n") + b"{}"]),
    "credits with a body, in pieces": (0, [get(b"/v1/credits", KEY + b"Content-Length: 2\r\n") + b"{", b"}"]),
    "credits, then no request": (0, [CREDITS + b"x\r\n\r\n"]),
    "credits over another protocol": (1, [get(b"/v1/credits", KEY + b"Connection: upgrade\r\nUpgrade: websocket\r\n")]),
    "credits with two keys": (1, [get(b"/v1/credits", b"Authorization: Bearer sk-evo-x\r\n" + KEY)]),
    "credits in HTTP/1.0": (1, [get(b"/v1/credits", KEY, b"1.0")]),
    "pipelined": (3, [CREDITS + CREATE + get(b"/v1/tasks/x")]),
    "pipelined behind a preference": (1, [create(BODY, KEY + b"Prefer: latency=0.01\r\n") + CREDITS]),
    "another method": (0, [CREDITS.replace(b"GET", b"PUT")]),
    "another host": (0, [CREDITS.replace(b"localhost", b"example.com")]),
    "two hosts": (0, [get(b"/v1/credits", KEY + HOST)]),
    "another path": (0, [get(b"/v1/none")]),
}


class Arrivals:
    """Counts how often a server has received data.

    Args:
        patch: replaces the method of uvicorn that receives it.
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.count = 0
        receive: Any = HttpToolsProtocol.data_received

        def counted(protocol: HttpToolsProtocol, data: bytes) -> None:
            self.count += 1
            receive(protocol, data)

        patch.setattr(HttpToolsProtocol, "data_received", counted)

    def wait(self, count: int) -> None:
        """Wait until data has arrived after the first `count` times."""
        deadline = time.monotonic() + 10
        while self.count == count:
            assert time.monotonic() < deadline
            time.sleep(0.0005)


def exchange(address: tuple[str, int], pieces: list[bytes], arrivals: Arrivals) -> bytes:
    """Send the pieces, each when the one before has arrived, and return every response, without dates."""
    with socket.create_connection(address, timeout=10) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            count = arrivals.count
            connection.sendall(piece)
            arrivals.wait(count)
        received, missing = b"", b"".join(pieces).count(b" HTTP/1.")
        while len(re.findall(rb"HTTP/1.1 [^{]*\{", received)) < missing or not received.endswith(b"}"):
            received += connection.recv(65_536) or pytest.fail(f"the connection was closed after {received!r}")
    return re.sub(rb"date: [^\r]*", b"date", received)


def test_request_in_one_step_has_the_response_and_the_record_of_the_application(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    steps: list[str] = []
    process: Any = StepEndpoint.process

    def counted(endpoint: StepEndpoint, scope: Scope, content: bytes) -> Any:
        steps.append(scope["path"])
        return process(endpoint, scope, content)

    monkeypatch.setattr(StepEndpoint, "process", counted)
    arrivals = Arrivals(monkeypatch)
    mock, plain = Mock(seed=7), Mock(seed=7)

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        await plain(scope, receive, send)

    with (
        ServedApp(mock, listen("127.0.0.1", 0)) as served,
        ServedApp(application, listen("127.0.0.1", 0)) as reference,
    ):
        addresses = [("127.0.0.1", int(one.url.rpartition(":")[2])) for one in (served, reference)]
        for name, (count, pieces) in EXCHANGES.items():
            steps.clear()
            actual, expected = (exchange(address, pieces, arrivals) for address in addresses)
            assert (name, len(steps), actual) == (name, count, expected)
    records = [[{**one, "took_ms": 0} for one in each.controller.exchanges()] for each in (mock, plain)]
    assert records[0] == records[1]


def test_server_that_ends_responds_to_a_request_whose_body_is_incomplete() -> None:
    with socket.socket() as connection, ServedApp(Mock(), listen("127.0.0.1", 0)) as served:
        connection.connect(("127.0.0.1", int(served.url.rpartition(":")[2])))
        connection.sendall(CREATE[:-20])
        server: Any = served._server  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        while not any(each._pending for each in list(server.server_state.connections)):  # noqa: SLF001 - what has arrived
            time.sleep(0.001)
        served._stop()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - before the connection is closed
        assert connection.recv(12) == b"HTTP/1.1 503"


def test_record_has_what_arrived_of_a_body_before_its_client_hung_up() -> None:
    mock = Mock()
    with ServedApp(mock, listen("127.0.0.1", 0)) as served:
        address = ("127.0.0.1", int(served.url.rpartition(":")[2]))
        with socket.create_connection(address, timeout=10) as connection:
            connection.sendall(CREATE[:-20])
            time.sleep(0.02)
        deadline = time.monotonic() + 5
        while not mock.controller.exchanges() and time.monotonic() < deadline:
            time.sleep(0.005)
    [record] = mock.controller.exchanges()
    assert (record["status"], record["request"]) == (None, BODY[:-20])


@pytest.mark.anyio
async def test_transport_serves_on_after_requests_that_were_cancelled(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    headers = {"authorization": "Bearer sk-evo-mock"}
    async with MockTransport() as mock, httpx.AsyncClient(transport=mock, base_url="http://x", headers=headers) as http:
        for steps in (0, 1, 2, 3) * 5:
            request = asyncio.create_task(http.get("/v1/credits"))
            for _ in range(steps):
                await asyncio.sleep(0)
            request.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await request
        response = await http.get("/v1/credits")
    assert (response.status_code, caplog.messages) == (200, [])
