"""The files that requests name: fetched from real servers, some of them hostile, and checked by the contract."""

from __future__ import annotations

import asyncio
import gzip
import io
import itertools
import logging
import os
import random
import socket
import ssl
import struct
import threading
import tracemalloc
import zlib
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
import trustme
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from contract_suite.core.samples import image, sound, video
from evolink_mock.contract.compiled_contract import packaged_contract
from evolink_mock.domain.file_store import FileStore, Upload
from evolink_mock.http import addresses
from evolink_mock.http.addresses import Address
from evolink_mock.http.fetching import MAX_OPEN, MAX_REDIRECTS, Fetcher, OversizeError, UnreachableError
from evolink_mock.media import decoding
from evolink_mock.media.inspection import Inspection, Violation, inspect_file
from evolink_mock.server import ServedApp, listen
from evolink_sandbox.notices import Notices

pytestmark = pytest.mark.anyio


# --- fetching


class Site:
    """A server of files and redirects that records its requests.

    Attributes:
        url: its base URL.
        requests: the path and headers of each request.
        responses: the response for each path; 404 for others.
    """

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.responses: dict[str, Response] = {}
        self.app = Starlette(routes=[Route("/{path:path}", self._respond)])

    async def _respond(self, request: Request) -> Response:
        self.requests.append((request.url.path, dict(request.headers)))
        hops = request.path_params["path"].removeprefix("hops/")
        if hops.isdecimal():
            return RedirectResponse(f"/hops/{int(hops) - 1}") if int(hops) else Response(b"the end")
        return self.responses.get(request.url.path) or Response(status_code=404)


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    with ServedApp(site.app, listen("127.0.0.1", 0)) as served:
        site.url = served.url
        yield site


def no_local_files(_: str) -> None:
    """Return None: no URL leads to a local file of the server."""


def is_loopback(address: Address) -> bool:
    return str(address) == "127.0.0.1"


def local_fetcher(**options: Any) -> Fetcher:
    """Return a fetcher that may connect to this machine."""
    return Fetcher(no_local_files, is_allowed=is_loopback, **options)


async def fetch(fetcher: Fetcher, url: str, max_bytes: int = 1000, seconds: float = 10) -> bytes:
    async with fetcher.opened(url, max_bytes, seconds) as file:
        return file.read()


async def unreachable_reason(fetcher: Fetcher, url: str, seconds: float = 10) -> str:
    """Return the reason why a URL cannot be reached."""
    with pytest.raises(UnreachableError) as error:
        await fetch(fetcher, url, seconds=seconds)
    return str(error.value)


def resolver(**names: str) -> Callable[[str, int], Any]:
    """Return a resolver of these hosts of example.com and of plain addresses."""

    async def resolve(host: str, _port: int) -> list[str]:
        return [names.get(host.removesuffix(".example.com"), host)]

    return resolve


@asynccontextmanager
async def raw_server(*parts: bytes, pause: float = 0) -> AsyncGenerator[str, None]:
    """Send these bytes to every client and keep the connection open; yield the URL."""
    running: list[asyncio.Task[None] | None] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        running.append(asyncio.current_task())
        with suppress(OSError):
            await reader.readuntil(b"\r\n\r\n")
            for part in parts:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(pause)
            await reader.read()
        with suppress(OSError):
            writer.close()
            await writer.wait_closed()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    await asyncio.gather(*(task for task in running if task))


async def test_packed_file_is_unpacked_no_further_than_its_limit(site: Site) -> None:
    packed = gzip.compress(bytes(20_000_000))
    site.responses["/a.png"] = Response(packed, headers={"content-encoding": "gzip"})
    site.responses["/b.png"] = Response(gzip.compress(packed), headers={"content-encoding": "gzip, gzip"})
    with io.BytesIO() as file:
        tracemalloc.start()
        try:
            with pytest.raises(OversizeError):
                await local_fetcher().save(f"{site.url}/a.png", file, 100_000)
            with pytest.raises(UnreachableError, match="content coding that was not requested"):
                await local_fetcher().save(f"{site.url}/b.png", file, 100_000)
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert len(file.getvalue()) <= 100_000
    assert most < 4_000_000  # a tenth of it is used for the connection


async def test_every_address_of_a_host_is_tried(site: Site) -> None:
    site.responses["/a.png"] = Response(b"found")

    async def resolve_both(_host: str, _port: int) -> list[str]:
        return ["127.0.0.2", "127.0.0.1"]  # the server listens on the second one only

    fetcher = Fetcher(no_local_files, is_allowed=lambda address: address.is_loopback, resolve=resolve_both)
    port = site.url.rpartition(":")[2]
    assert await fetch(fetcher, f"http://files.example.com:{port}/a.png") == b"found"


async def test_look_ups_share_a_limited_number_of_threads(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(addresses, "NOTICES", Notices(logging.getLogger("evolink_mock")))
    monkeypatch.setattr(addresses, "MAX_WAITING", 500)
    network, looked_up = threading.Event(), list[str]()
    addresses_of = socket.getaddrinfo

    def look_up(host: str, port: int, *, flags: int = 0, **options: Any) -> Any:
        if not flags:
            looked_up.append(host)
            assert network.wait(30)
        return addresses_of("127.0.0.1" if not flags else host, port, flags=flags, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    before = threading.active_count()
    try:
        tasks = [asyncio.create_task(addresses.resolve(f"{number}.example.com", 80)) for number in range(600)]
        await asyncio.sleep(0.1)
        assert threading.active_count() - before <= addresses.MAX_THREADS
        assert await addresses.resolve("127.0.0.1", 80) == ["127.0.0.1"]  # a number waits for nobody
        refused = [task for task in tasks if task.done()]
        assert [str(task.exception()) for task in refused] == ["too many other look-ups wait"] * 68
        for task in tasks[100:]:
            task.cancel()
    finally:
        network.set()
    assert await asyncio.gather(*tasks[:100]) == [["127.0.0.1"]] * 100
    assert len(looked_up) == 100  # none for those that nobody waits for
    assert [record.getMessage() for record in caplog.records] == ["500 look-ups of host names wait; further ones fail"]


async def test_files_that_wait_to_be_fetched_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evolink_mock.http.fetching.MAX_WAITING", 5)

    async def resolve_never(_host: str, _port: int) -> list[str]:
        await asyncio.Event().wait()
        return []

    fetcher = local_fetcher(resolve=resolve_never)
    tasks = [asyncio.create_task(fetch(fetcher, f"http://{number}.example.com/")) for number in range(130)]
    await asyncio.sleep(0)
    done, _ = await asyncio.wait(tasks, timeout=0.1)
    assert {str(task.exception()) for task in done} == {"too many other files wait to be fetched"}
    assert len(done) == 130 - MAX_OPEN - 5
    for task in tasks:
        task.cancel()


async def test_file_is_fetched_unchanged(site: Site) -> None:
    site.responses["/a.png"] = Response(b"\0\1\2" * 100)
    assert await fetch(local_fetcher(), f"{site.url}/a.png?x=1") == b"\0\1\2" * 100


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "inside.example.com"])
async def test_nothing_is_fetched_from_a_private_address_in_any_spelling(site: Site, host: str) -> None:
    port = site.url.rpartition(":")[2]
    options: dict[str, Any] = {"resolve": resolver(inside="10.0.0.1")} if "example" in host else {}
    assert "is the private address 1" in await unreachable_reason(
        Fetcher(no_local_files, **options), f"http://{host}:{port}/a.png"
    )
    assert site.requests == []


@pytest.mark.parametrize("target", ["http://127.0.0.2/", "http://inside.example.com/", "//inside.example.com/x"])
async def test_redirect_to_a_private_address_is_not_followed(site: Site, target: str) -> None:
    site.responses["/a.png"] = RedirectResponse(target)
    fetcher = local_fetcher(resolve=resolver(inside="127.0.0.2"))
    assert "is the private address 127.0.0.2" in await unreachable_reason(fetcher, f"{site.url}/a.png")


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "data:image/png;base64,AA==", "gopher:x"]
)
async def test_redirect_to_another_scheme_is_not_followed(site: Site, target: str) -> None:
    site.responses["/a.png"] = RedirectResponse(target)
    assert await unreachable_reason(local_fetcher(), f"{site.url}/a.png") == "it is not an http or https URL"


@pytest.mark.parametrize("hops", [1, MAX_REDIRECTS])
async def test_redirects_are_followed(site: Site, hops: int) -> None:
    assert await fetch(local_fetcher(), f"{site.url}/hops/{hops}") == b"the end"


@pytest.mark.parametrize("hops", [MAX_REDIRECTS + 1, 1_000_000])
async def test_number_of_redirects_is_limited(site: Site, hops: int) -> None:
    assert await unreachable_reason(local_fetcher(), f"{site.url}/hops/{hops}") == "it is redirected more than 5 times"
    assert len(site.requests) == MAX_REDIRECTS + 1


async def test_request_goes_to_the_checked_address_with_the_host_name_and_few_headers(site: Site) -> None:
    site.responses["/a.png"] = Response(b"x")
    port = site.url.rpartition(":")[2]
    await fetch(local_fetcher(resolve=resolver(media="127.0.0.1")), f"http://media.example.com:{port}/a.png")
    [(_, headers)] = site.requests
    assert headers == {
        "accept": "*/*",
        "accept-encoding": "identity",
        "connection": "keep-alive",
        "host": f"media.example.com:{port}",
        "user-agent": "evolink-mock",
    }


@pytest.mark.parametrize("name", ["media.example.com", "other.example.com"])
async def test_https_host_needs_a_certificate_for_its_name(name: str) -> None:
    authority: Any = trustme.CA()  # its types need an optional library
    names: list[str | None] = []
    serving, trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert(name).configure_cert(serving)
    authority.configure_trust(trusting)
    serving.sni_callback = lambda _socket, name, _context: names.append(name)

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx")
            await writer.drain()
        with suppress(OSError):
            writer.close()
            await writer.wait_closed()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=serving)
    fetcher = local_fetcher(resolve=resolver(media="127.0.0.1"), verify=trusting)
    async with server:
        url = f"https://media.example.com:{server.sockets[0].getsockname()[1]}/"
        if name == "media.example.com":
            assert await fetch(fetcher, url) == b"x"
        else:
            assert "CERTIFICATE_VERIFY_FAILED" in await unreachable_reason(fetcher, url)
    assert names == ["media.example.com"]


async def test_proxies_of_the_environment_are_not_used(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert await fetch(local_fetcher(), f"{site.url}/hops/0") == b"the end"


async def chunks() -> AsyncGenerator[bytes, None]:
    for _ in range(5000):
        yield b"x" * 1000


@pytest.mark.parametrize(
    "make_response",
    [lambda: Response(b"x" * 1001), lambda: StreamingResponse(chunks())],
    ids=["declared", "undeclared"],
)
async def test_too_long_file_is_not_fetched(site: Site, make_response: Callable[[], Response]) -> None:
    site.responses["/a.png"] = make_response()
    with pytest.raises(OversizeError):
        await fetch(local_fetcher(), f"{site.url}/a.png")


async def test_file_is_refused_by_its_declared_length() -> None:
    async with raw_server(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n") as url:
        with pytest.raises(OversizeError):
            await fetch(local_fetcher(), url)


async def test_longest_file_is_fetched(site: Site) -> None:
    site.responses["/a.png"] = Response(b"x" * 1000)
    assert len(await fetch(local_fetcher(), f"{site.url}/a.png", max_bytes=1000)) == 1000


@pytest.mark.parametrize(
    "parts",
    [(), (b"HTTP/1.1 200 OK\r\n",), (b"HTTP/1.1 200 OK\r\n\r\n", *[b"x"] * 100)],
    ids=["silent", "slow headers", "slow body"],
)
async def test_slow_server_times_out(parts: tuple[bytes, ...]) -> None:
    async with raw_server(*parts, pause=0.02) as url:
        assert await unreachable_reason(local_fetcher(), url, seconds=0.2) == "it did not arrive within 0.2 s"


async def test_slow_name_resolution_times_out() -> None:
    async def resolve(_host: str, _port: int) -> list[str]:
        never: asyncio.Future[list[str]] = asyncio.get_running_loop().create_future()
        return await never

    reason = await unreachable_reason(local_fetcher(resolve=resolve), "https://media.example.com/a.png", seconds=0.05)
    assert reason == "it did not arrive within 0.05 s"


@pytest.mark.parametrize("coding", ["gzip", "deflate", "raw deflate"])
async def test_unrequested_compression_is_undone_up_to_the_limit(site: Site, coding: str) -> None:
    packer = zlib.compressobj(wbits={"gzip": 31, "deflate": 15, "raw deflate": -15}[coding])
    for path, size in (("/a.png", 1000), ("/bomb.png", 20_000_000)):
        copy = packer.copy()
        body = copy.compress(bytes(size)) + copy.flush()
        site.responses[path] = Response(body, headers={"content-encoding": coding.removeprefix("raw ")})
    assert await fetch(local_fetcher(), f"{site.url}/a.png") == bytes(1000)
    with pytest.raises(OversizeError):
        await fetch(local_fetcher(), f"{site.url}/bomb.png")


@pytest.mark.parametrize(
    ("coding", "body", "reason"),
    [
        ("br", b"x", "the server uses a content coding that was not requested"),
        ("gzip, gzip", b"x", "the server uses a content coding that was not requested"),
        ("gzip", b"a text", "its content coding is damaged"),
        ("gzip", zlib.compress(bytes(999), wbits=31)[:-9], "it ends in the middle of its content coding"),
    ],
)
async def test_compression_that_cannot_be_undone_is_named(site: Site, coding: str, body: bytes, reason: str) -> None:
    site.responses["/a.png"] = Response(body, headers={"content-encoding": coding})
    assert await unreachable_reason(local_fetcher(), f"{site.url}/a.png") == reason


@pytest.mark.parametrize("kind", ["text/html", "TEXT/HTML; charset=utf-8", "application/xhtml+xml"])
async def test_html_page_is_not_a_file(site: Site, kind: str) -> None:
    site.responses["/a.png"] = Response("<p>Sign in</p>", headers={"content-type": kind})
    assert await unreachable_reason(local_fetcher(), f"{site.url}/a.png") == "it is an HTML page"


@pytest.mark.parametrize("status", [201, 204, 206, 304, 401, 403, 404, 500, 503])
async def test_only_status_200_returns_a_file(site: Site, status: int) -> None:
    site.responses["/a.png"] = Response(status_code=status)
    assert await unreachable_reason(local_fetcher(), f"{site.url}/a.png") == f"the server responds with status {status}"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://bob:hunter2@127.0.0.1:9/", "All connection attempts failed"),
        ("http://bob:hunter2@127.0.0.1:999999/", "it is not an http or https URL"),
        ("http://bob:hunter2@127.0.0.1:x/", "it is not an http or https URL"),
        ("http://bob:hunter2@[::1/", "it is not an http or https URL"),
        ("http://bob:hunter2@\u2100/", "it is not an http or https URL"),
        ("http://bob:hunter2@nowhere.example.com/", "nowhere.example.com cannot be resolved: "),
        ("http://bob:hunter2@10.0.0.1/", "10.0.0.1 is the private address 10.0.0.1"),
        ("ftp://bob:hunter2@127.0.0.1/", "it is not an http or https URL"),
        ("bob:hunter2", "it is not an http or https URL"),
        ("http://bob:hunter2@/", "cannot be resolved: "),
    ],
)
async def test_reason_contains_no_password(url: str, reason: str) -> None:
    async def resolve(host: str, _port: int) -> list[str]:
        if not host[:1].isdecimal():
            raise OSError("unknown\n\x1b[31m" * 100)
        return [host]

    reason_text = await unreachable_reason(local_fetcher(resolve=resolve), url)
    assert reason in reason_text
    assert reason_text.isprintable()
    assert len(reason_text) <= 200
    assert "hunter2" not in reason_text


@pytest.mark.parametrize(
    "head",
    [b"nonsense hunter2\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n", b"HTTP/1.1 200 OK\r\n" * 9999],
)
async def test_server_with_invalid_http_is_unreachable(head: bytes) -> None:
    async with raw_server(head) as url:
        assert await unreachable_reason(local_fetcher(), url) == "RemoteProtocolError"


# --- local files of the server


class LocalFiles:
    """Local files of the server, and a fetcher that reads them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count()
        self.fetcher = Fetcher(self.find)

    def put(self, content: bytes) -> str:
        """Store a file, under a name that does not show its format, and return its URL."""
        name = f"{next(self._numbers)}.txt"
        (self._folder / name).write_bytes(content)
        return f"http://127.0.0.1:9/{name}"

    def find(self, url: str) -> Path | None:
        """Return the path of the file with this URL."""
        start, _, name = url.rpartition("/")
        return self._folder / name if start == "http://127.0.0.1:9" else None


@pytest.fixture
def local_files(tmp_path: Path) -> LocalFiles:
    return LocalFiles(tmp_path)


async def test_local_file_is_read_from_disk(local_files: LocalFiles) -> None:
    assert await fetch(local_files.fetcher, local_files.put(b"x" * 1000)) == b"x" * 1000


async def test_too_long_local_file_is_rejected(local_files: LocalFiles) -> None:
    with pytest.raises(OversizeError):
        await fetch(local_files.fetcher, local_files.put(b"x" * 1001))


async def test_deleted_local_file_is_unreachable(local_files: LocalFiles) -> None:
    reason = await unreachable_reason(local_files.fetcher, "http://127.0.0.1:9/gone")
    assert reason == "it was removed: No such file or directory"


async def test_redirect_to_a_local_file_is_not_followed(site: Site, local_files: LocalFiles) -> None:
    site.responses["/a.png"] = RedirectResponse(local_files.put(b"x"))
    fetcher = Fetcher(local_files.find, is_allowed=is_loopback)
    assert await unreachable_reason(fetcher, f"{site.url}/a.png") == "All connection attempts failed"


async def test_links_of_the_file_host_lead_to_local_files() -> None:
    files = FileStore(10_000, ["image"], random.Random(1))
    kept = await files.add(Upload(io.BytesIO(image("PNG")), "", "a cat é?.png", "", ""), 0)
    url = f"http://mock.example.com/_mock/files/{kept.id}/a%20cat%20%C3%A9%3F.png"
    fetcher = Fetcher(files.path_of)
    assert await fetch(fetcher, url, 10_000) == image("PNG")
    assert await fetch(fetcher, f"{url}?download", 10_000) == image("PNG")
    for other in (f"{url}x", f"{url}/../x", url.replace("/file-", "/"), url.replace("/_mock", ""), "http://x/", ""):
        assert files.path_of(other) is None
    files.close()


# --- checking


FIELDS = {"wan2.5-image-to-video": "image_urls", "wan2.6-reference-video-flash": "video_urls"}
IMAGE, VIDEO = FIELDS


@pytest.fixture
def limits(contract: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The `x-media` of each model."""
    schemas = contract["components"]["schemas"].values()
    properties = {
        schema["properties"]["model"].get("const"): schema["properties"]
        for schema in schemas
        if "model" in schema.get("properties", {})
    }
    return {model: properties[model][field]["x-media"] for model, field in FIELDS.items()}


def bomb(width: int, height: int) -> bytes:
    """Return a small PNG file that declares a large image."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )


Make = Callable[[], bytes]


@pytest.mark.parametrize(
    ("make", "model", "seconds"),
    [
        (partial(image, "PNG"), IMAGE, None),
        (partial(image, "JPEG"), IMAGE, None),
        (partial(image, "JPEG", progressive=True), IMAGE, None),
        (partial(image, "MPO"), IMAGE, None),
        (partial(image, "BMP"), IMAGE, None),
        (partial(image, "WEBP"), IMAGE, None),
        (partial(image, "WEBP", "RGBA"), IMAGE, None),  # transparency is rejected in PNG files only
        (partial(image, "PNG", size=(360, 2000)), IMAGE, None),
        (partial(image, "PNG", size=(2000, 360)), IMAGE, None),
        (lambda: image("PNG") + bytes(10485760 - len(image("PNG"))), IMAGE, None),
        (video, VIDEO, 2.0),
        (partial(video, "mov", 2.5), VIDEO, 2.5),
        (partial(video, seconds=30), VIDEO, 30.0),
    ],
    ids=[
        "png", "jpeg", "progressive", "mpo", "bmp", "webp", "transparent webp", "narrow", "low", "large", "mp4", "mov",
        "long",
    ],
)  # fmt: skip
async def test_valid_file_is_accepted(
    local_files: LocalFiles, limits: dict[str, Any], make: Make, model: str, seconds: float | None
) -> None:
    url = local_files.put(make())
    assert await inspect_file(url, limits[model], "f", local_files.fetcher) == Inspection((), seconds)


INVALID, IMAGE_ERROR, WRONG_SIDES = "invalid_parameters", "image_processing_error", "image_dimension_mismatch"
ALPHA = "must not have transparency; it is a png with an alpha channel"
DECODED = "must be an image that can be decoded; it is"
DECODED_VIDEO = "must be a video that can be decoded; it is"
BYTES = "must have at most"
DIMENSIONS = "must be 360 to 2000 pixels wide and high; it is"
FORMATS = "must have the format jpeg or png or bmp or webp; it has the format"


@pytest.mark.parametrize(
    ("make", "code", "message"),
    [
        (partial(image, "PNG", size=(359, 400)), WRONG_SIDES, f"{DIMENSIONS} 359 pixels wide and 400 pixels high"),
        (partial(image, "PNG", size=(400, 2001)), WRONG_SIDES, f"{DIMENSIONS} 400 pixels wide and 2001 pixels high"),
        (partial(bomb, 10000, 9000), WRONG_SIDES, f"{DIMENSIONS} 10000 pixels wide and 9000 pixels high"),
        (partial(bomb, 60000, 60000), WRONG_SIDES, f"{DIMENSIONS} 60000 pixels wide and 60000 pixels high"),
        (partial(image, "PNG", "RGBA"), IMAGE_ERROR, ALPHA),
        (partial(image, "PNG", "LA"), IMAGE_ERROR, ALPHA),
        (partial(image, "PNG", "P", transparency=0), IMAGE_ERROR, ALPHA),
        (partial(image, "GIF"), INVALID, f"{FORMATS} gif"),
        (partial(image, "TIFF"), INVALID, f"{FORMATS} tiff"),
        (partial(image, "AVIF"), INVALID, f"{FORMATS} avif"),
        (lambda: image("PNG") + bytes(10485761 - len(image("PNG"))), INVALID, f"{BYTES} 10485760 bytes; it has more"),
        (lambda: image("PNG")[:200], IMAGE_ERROR, f"{DECODED} a damaged png (OSError)"),
        (lambda: image("JPEG", size=(800, 800))[:900], IMAGE_ERROR, f"{DECODED} a damaged jpeg (OSError)"),
        (partial(bomb, 400, 400), IMAGE_ERROR, f"{DECODED} a damaged png (OSError)"),
        (video, IMAGE_ERROR, "must be an image; it is a video"),
        (lambda: b"no image", IMAGE_ERROR, "must be an image; it is a document"),
        (lambda: b"\0 no image", IMAGE_ERROR, f"{DECODED} of an unknown format"),
        (bytes, IMAGE_ERROR, f"{DECODED} empty"),
    ],
    ids=[
        "narrow", "high", "bomb", "large bomb", "alpha", "grey alpha", "palette", "gif", "tiff", "avif", "large",
        "cut png", "cut jpeg", "lying png", "video", "text", "unknown", "empty",
    ],
)  # fmt: skip
async def test_invalid_image_is_rejected(
    local_files: LocalFiles, limits: dict[str, Any], make: Make, code: str, message: str
) -> None:
    result = await inspect_file(local_files.put(make()), limits[IMAGE], "image_urls[0]", local_files.fetcher)
    assert result.violations == (Violation(code, f"image_urls[0]: {message}."),)
    assert code in packaged_contract().task_error_codes


def playlist_after(start: bytes) -> Make:
    """Make a text that FFmpeg would take for a playlist if it had to guess the format."""
    return lambda: start + b"#EXTM3U\n#EXTINF:5,\nfile:///etc/passwd\n" * 10


@pytest.mark.parametrize(
    ("make", "message", "seconds"),
    [
        (partial(video, seconds=1.9), "must be 2 to 30 seconds long; it is 1.9 seconds long", 1.9),
        (partial(video, seconds=30.1), "must be 2 to 30 seconds long; it is 30.1 seconds long", 30.1),
        (partial(video, "3gp"), "must have the format mp4 or mov; it has the format 3gp", 2.0),
        (partial(video, "matroska"), "must have the format mp4 or mov; it has the format mkv", 2.0),
        (partial(video, "webm", codec="libvpx"), "must have the format mp4 or mov; it has the format webm", 2.0),
        (partial(video, "avi"), "must have the format mp4 or mov; it has the format avi", 2.0),
        (partial(image, "JPEG"), "must be a video; it is an image", None),
        (sound, "must be a video; it is a sound file", 0.128),
        (partial(sound, "ipod"), "must be a video; it is a sound file", 0.128),
        (lambda: video()[:200], f"{DECODED_VIDEO} a damaged mp4 (InvalidDataError)", None),
        (lambda: video()[:40] + bytes(9000), f"{DECODED_VIDEO} a damaged mp4 (InvalidDataError)", None),
        (playlist_after(b""), "must be a video; it is a document", None),
        (playlist_after(b"....ftypisom"), f"{DECODED_VIDEO} a damaged mp4 (InvalidDataError)", None),
    ],
    ids=[
        "short", "long", "3gp", "mkv", "webm", "avi", "image", "sound", "m4a", "cut", "zeros", "playlist", "as mp4"
    ],
)  # fmt: skip
async def test_invalid_video_is_rejected(
    local_files: LocalFiles,
    limits: dict[str, Any],
    capfd: pytest.CaptureFixture[str],
    make: Make,
    message: str,
    seconds: float,
) -> None:
    result = await inspect_file(local_files.put(make()), limits[VIDEO], "video_urls[2]", local_files.fetcher)
    assert result == Inspection((Violation("invalid_parameters", f"video_urls[2]: {message}."),), seconds)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(("extra", "count"), [(0, 0), (1, 1)])
async def test_video_may_have_a_hundred_megabytes(
    local_files: LocalFiles, limits: dict[str, Any], extra: int, count: int
) -> None:
    url = local_files.put(video())
    path = local_files.find(url)
    assert path is not None
    os.truncate(path, 104857600 + extra)  # a sparse file, which uses no space
    result = await inspect_file(url, limits[VIDEO], "video_urls[0]", local_files.fetcher)
    assert [violation.code for violation in result.violations] == ["invalid_parameters"] * count


@pytest.mark.parametrize(("model", "code"), [(IMAGE, "image_processing_error"), (VIDEO, "invalid_parameters")])
async def test_unreachable_file_is_rejected(site: Site, limits: dict[str, Any], model: str, code: str) -> None:
    result = await inspect_file(f"{site.url}/a.png", limits[model], "f[0]", local_fetcher())
    reason = "must lead to a file that can be viewed or downloaded; the server responds with status 404"
    assert result == Inspection((Violation(code, f"f[0]: {reason}."),))


async def test_every_broken_rule_is_reported(local_files: LocalFiles, limits: dict[str, Any]) -> None:
    result = await inspect_file(
        local_files.put(image("PNG", "RGBA", (100, 100))), limits[IMAGE], "image_urls[0]", local_files.fetcher
    )
    assert [violation.code for violation in result.violations] == ["image_processing_error", "image_dimension_mismatch"]


async def test_absent_rules_are_not_checked(local_files: LocalFiles) -> None:
    url = local_files.put(image("PNG", "RGBA", (10, 10)))
    assert await inspect_file(
        url, {"kind": ["image", "video"], "max-bytes": 10_000}, "f", local_files.fetcher
    ) == Inspection(())


async def test_jpg_and_jpeg_are_the_same_format(local_files: LocalFiles) -> None:
    limits = {"kind": "image", "formats": ["jpg"], "max-bytes": 10_000}
    assert await inspect_file(local_files.put(image("JPEG")), limits, "f", local_files.fetcher) == Inspection(())


async def test_large_frames_are_not_decoded(
    local_files: LocalFiles, limits: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = local_files.put(video())
    monkeypatch.setattr("evolink_sandbox.is_possible", lambda: False)
    monkeypatch.setattr(decoding, "_decode", Mock(return_value=iter(())))
    [violation] = (await inspect_file(url, limits[VIDEO], "f", local_files.fetcher)).violations
    assert "a damaged mp4" in violation.message
    monkeypatch.setattr(decoding, "MAX_PIXELS", 64 * 48 - 1)
    assert await inspect_file(url, limits[VIDEO], "f", local_files.fetcher) == Inspection((), 2.0)
