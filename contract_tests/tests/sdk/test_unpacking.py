"""Packed responses: at most one known encoding, unpacked in pieces, so that a small response stays small in memory."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import socketserver
import threading
import tracemalloc
import zlib
from collections.abc import Callable, Generator, Iterator
from itertools import chain, cycle
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from evolink import AsyncEvoLink, EvoLink, EvoLinkError, ResponseLost, SubmissionUnknown, TransferError
from evolink_client.api.tasks import get_task
from evolink_client.models import Task
from tests.raw_http import read_request

KEY = "sk-evo-test-key"
ID = "task-unified-1757169743-7cvnl5zw"
UNPACKED_BYTES = 32 * 1024 * 1024
PEAK_BYTES = 16 * 1024 * 1024  # four times the largest response
VIDEO = b"\0\0\0\x18ftypisom" + bytes(range(256)) * 1000


def packed(body: bytes, encoding: str) -> bytes:
    """Return a body with each encoding in the value of a header."""
    for name in filter(None, encoding.split(", ")):
        compressor = zlib.compressobj(1, wbits={"gzip": 31, "deflate": 15, "raw deflate": -15}[name])
        body = compressor.compress(body) + compressor.flush()
    return body


def headers(encoding: str, *lines: str, status: int = 200) -> bytes:
    each = [f"HTTP/1.1 {status} Odd", *lines, *([f"content-encoding: {encoding}"] if encoding else []), "", ""]
    return "\r\n".join(each).encode()


BOMB = packed(bytes(UNPACKED_BYTES), "gzip, gzip")
SHELL = packed(b'{"id": "' + bytes(UNPACKED_BYTES), "gzip")


class Server(socketserver.ThreadingTCPServer):
    """Sends to each path what a test has put there, without a length, until the client has had enough."""

    daemon_threads = True
    request_queue_size = 100

    def __init__(self) -> None:
        self.replies: dict[str, Iterator[bytes]] = {}
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def set(self, path: str, *chunks: bytes, forever: bytes = b"") -> None:
        """Send these chunks in response to the next request of a path, and then one of them forever."""
        self.replies[path] = chain(chunks, cycle([forever]) if forever else ())


class Handler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        path, _ = read_request(self.request)
        with contextlib.suppress(OSError):
            for chunk in cast("Server", self.server).replies[path]:
                self.request.sendall(chunk)


@contextlib.contextmanager
def little_memory() -> Generator[None]:
    """Check that the block needs little memory at any time."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < PEAK_BYTES
    finally:
        tracemalloc.stop()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()


@pytest.fixture(params=[EvoLink, AsyncEvoLink])
def call(request: pytest.FixtureRequest, server: Server) -> Callable[..., Any]:
    """Call a method of a client of either kind; returns its result."""

    def call(method: str, *arguments: Any, **options: Any) -> Any:
        if request.param is EvoLink:
            with EvoLink(KEY, base_url=server.url, max_retries=0) as api:
                return getattr(api, method)(*arguments, **options)

        async def called() -> Any:
            async with AsyncEvoLink(KEY, base_url=server.url, max_retries=0) as api:
                return await getattr(api, method)(*arguments, **options)

        return asyncio.run(called())

    return call


def test_stacked_encodings_of_every_response_cost_no_memory(
    server: Server, call: Callable[..., Any], tmp_path: Path, image_request: dict[str, Any]
) -> None:
    task = Task.from_dict({"id": ID, "status": "completed", "results": [f"{server.url}/video"]})
    calls: list[tuple[str, list[Any], dict[str, Any], type[EvoLinkError]]] = [
        (f"/v1/tasks/{ID}", ["task", ID], {}, ResponseLost),
        ("/v1/credits", ["credits"], {}, ResponseLost),
        ("/v1/videos/generations", ["submit", image_request], {}, SubmissionUnknown),
        ("/api/v1/files/upload/stream", ["upload", b"GIF89a"], {"name": "a.gif"}, ResponseLost),
        ("/video", ["download", task, tmp_path], {}, TransferError),
    ]
    assert len(BOMB) < UNPACKED_BYTES / 1000
    for encoding, body in {"gzip, gzip": BOMB, "gzip": SHELL, "br": BOMB, "gzip, identity": SHELL}.items():
        for status in (200, 500):
            for path, arguments, options, error in calls:
                server.set(path, headers(encoding, status=status) + body)
                with little_memory(), pytest.raises(error if status == 200 else EvoLinkError):
                    call(*arguments, **options)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "x-gzip", "GZIP", "identity", "raw deflate"])
def test_one_encoding_is_undone(server: Server, call: Callable[..., Any], tmp_path: Path, encoding: str) -> None:
    form = encoding.lower().replace("x-", "").replace("identity", "")
    head = headers(encoding.removeprefix("raw "))
    server.set(f"/v1/tasks/{ID}", head + packed(b'{"id": "%s", "status": "completed"}' % ID.encode(), form))
    assert call("task", ID).status == "completed"
    server.set("/video", head, *(bytes([byte]) for byte in packed(VIDEO, form)[:50]), packed(VIDEO, form)[50:])
    task = Task.from_dict({"id": ID, "status": "completed", "results": [f"{server.url}/video"]})
    assert call("download", task, tmp_path).read_bytes() == VIDEO


@pytest.mark.parametrize(
    "body",
    [gzip.compress(VIDEO)[:-9], gzip.compress(VIDEO) + b"more", gzip.compress(VIDEO) * 2, VIDEO],
    ids=["cut", "more", "twice", "plain"],
)
def test_file_that_does_not_end_with_its_encoding_is_not_saved(
    server: Server, call: Callable[..., Any], tmp_path: Path, body: bytes
) -> None:
    server.set("/video", headers("gzip") + body)
    task = Task.from_dict({"id": ID, "status": "completed", "results": [f"{server.url}/video"]})
    with pytest.raises(TransferError, match="DecodingError: the body"):
        call("download", task, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_body_that_never_unpacks_to_anything_ends_with_the_time(server: Server, call: Callable[..., Any]) -> None:
    compressor = zlib.compressobj(wbits=31)
    begin, nothing = compressor.compress(b"{") + compressor.flush(zlib.Z_SYNC_FLUSH), b"\0\0\0\xff\xff" * 1000
    server.set(f"/v1/tasks/{ID}", headers("gzip"), begin, forever=nothing)
    with pytest.raises(ResponseLost, match="Timeout"):
        call("task", ID, timeout=0.2)


def test_bodies_of_redirects_are_not_read(server: Server, call: Callable[..., Any], tmp_path: Path) -> None:
    task = Task.from_dict({"id": ID, "status": "completed", "results": [f"{server.url}/link"]})
    for encoding, forever in (("", b"x" * 65_536), ("gzip, gzip", b""), ("gzip", b"")):
        server.set("/link", headers(encoding, "location: /video", status=302), BOMB, forever=forever)
        server.set("/video", headers("", f"content-length: {len(VIDEO)}") + VIDEO)
        with little_memory():
            assert call("download", task, tmp_path).read_bytes() == VIDEO


@pytest.mark.parametrize(("encoding", "forever"), [("", b"x" * 65_536), ("gzip, gzip", b""), ("gzip", b"")])
def test_body_that_an_event_hook_reads_is_bounded(server: Server, encoding: str, forever: bytes) -> None:
    server.set(f"/v1/tasks/{ID}", headers(encoding), SHELL, forever=forever)
    with EvoLink(KEY, base_url=server.url, max_retries=0) as api:
        api.client.get_httpx_client().event_hooks["response"].append(httpx.Response.read)
        with little_memory(), pytest.raises(ResponseLost):
            api.task(ID)


def test_generated_functions_are_bounded_too(server: Server) -> None:
    server.set(f"/v1/tasks/{ID}", headers("gzip, gzip") + BOMB)
    with EvoLink(KEY, base_url=server.url, max_retries=0) as api, little_memory(), pytest.raises(ResponseLost):
        get_task.sync_detailed(ID, client=api.client)
