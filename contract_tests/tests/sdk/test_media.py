"""Checks of a request's files: real files, damaged files, and servers that misbehave."""

from __future__ import annotations

import itertools
import os
import socket
import struct
import subprocess
import sys
import threading
import time
import warnings
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import httpx
import pytest
from attrs import evolve
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contract_suite.core.samples import image, sound, video
from evolink import EvoLink, InvalidMedia, InvalidRequest, MissingExtra, Wan25ImageToVideo, billing, media
from evolink._contract import packaged_contract
from evolink._http import USER_AGENT
from evolink.media import Media
from evolink_mock import MockServer
from evolink_mock.server import ServedApp, listen

IMAGE, VIDEO = "wan2.5-image-to-video", "wan2.6-reference-video-flash"
FIELDS = {IMAGE: "image_urls", VIDEO: "video_urls"}


def limits(model: str) -> dict[str, Any]:
    media_limits: dict[str, Any] = packaged_contract().models[model]["properties"][FIELDS[model]]["x-media"]
    return media_limits


# --- real files


Make = Callable[[], bytes]
Save = Callable[[bytes], str]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    """Saves a file under a name that does not reveal its format."""
    numbers = itertools.count()

    def save(content: bytes) -> str:
        path = tmp_path / f"{next(numbers)}.txt"
        path.write_bytes(content)
        return str(path)

    return save


def request_for(model: str, *sources: str) -> dict[str, Any]:
    return {"model": model, "prompt": "A cat", FIELDS[model]: list(sources)}


def broken(model: str, *sources: str) -> list[tuple[str, str]]:
    """Check a request with these files; returns the field and the keyword of each broken rule."""
    with pytest.raises(InvalidMedia) as error:
        media.check(request_for(model, *sources))
    schema = packaged_contract().models[model]
    for violation in error.value.violations:
        assert (violation.edition, violation.source) == (schema["x-edition"], schema["externalDocs"]["url"])
        assert violation.limit == limits(model).get(violation.keyword)
        assert violation.fix
        assert str(violation).isprintable()
        assert len(str(violation)) < 500
    return [(violation.field, violation.keyword) for violation in error.value.violations]


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (partial(image, "PNG"), Media("image", "png", None, 400, 400, alpha=False)),
        (partial(image, "JPEG", size=(360, 2000)), Media("image", "jpeg", None, 360, 2000, alpha=False)),
        (partial(image, "MPO"), Media("image", "jpeg", None, 400, 400, alpha=False)),
        (partial(image, "BMP"), Media("image", "bmp", None, 400, 400, alpha=False)),
        (partial(image, "WEBP"), Media("image", "webp", None, 400, 400, alpha=False)),
        (partial(image, "GIF"), Media("image", "gif")),
        (partial(image, "TIFF"), Media("image", "tiff")),
        (partial(image, "AVIF"), Media("image", "avif")),
        (partial(video, "mp4"), Media("video", "mp4", None, 64, 48, seconds=2, fps=10)),
        (partial(video, "mov", 2.5), Media("video", "mov", None, 64, 48, seconds=2.5, fps=10)),
        (partial(video, "3gp"), Media("video", "3gp", None, 64, 48, seconds=2, fps=10)),
        (partial(video, "matroska"), Media("video", "mkv", None, 64, 48, seconds=2, fps=10)),
        (partial(video, "webm", codec="libvpx"), Media("video", "webm", None, 64, 48, seconds=2, fps=10)),
        (partial(video, "avi"), Media("video", "avi", None, 64, 48, seconds=2, fps=10)),
        (sound, Media("audio", "m4a", seconds=0.128)),
    ],
    ids=["png", "jpeg", "mpo", "bmp", "webp", "gif", "tiff", "avif", "mp4", "mov", "3gp", "mkv", "webm", "avi", "m4a"],
)  # fmt: skip
def test_format_is_detected_from_the_content(save: Save, make: Make, expected: Media) -> None:
    assert media.probe(save(make())) == evolve(expected, bytes=len(make()))


@pytest.mark.parametrize(
    "make",
    [
        partial(image, "PNG"),
        partial(image, "JPEG"),
        partial(image, "BMP"),
        partial(image, "WEBP"),
        partial(image, "WEBP", "RGBA"),
        partial(image, "PNG", "P"),
    ],
)
def test_valid_image_passes(save: Save, make: Make) -> None:
    media.check(Wan25ImageToVideo(prompt="A cat", image_urls=[save(make())]))


@pytest.mark.parametrize("make", [video, partial(video, "mov"), partial(video, seconds=30)])
def test_valid_video_passes(save: Save, make: Make) -> None:
    media.check(request_for(VIDEO, save(make())))


@pytest.mark.parametrize(
    "make",
    [
        partial(image, "PNG", "RGBA"),
        partial(image, "PNG", "LA"),
        partial(image, "PNG", "RGB", transparency=(0, 0, 0)),
        partial(image, "PNG", "P", transparency=0),
    ],
)
def test_png_with_an_alpha_channel_is_refused(save: Save, make: Make) -> None:
    assert broken(IMAGE, save(make())) == [("image_urls[0]", "alpha")]


@pytest.mark.parametrize("size", [(359, 400), (400, 359), (2001, 400), (400, 2001)])
def test_dimension_out_of_bounds_is_refused(save: Save, size: tuple[int, int]) -> None:
    assert broken(IMAGE, save(image("PNG", size=size))) == [("image_urls[0]", "side-pixels")]


@pytest.mark.parametrize(
    ("model", "make", "rule"),
    [
        (IMAGE, partial(image, "GIF"), "formats"),
        (IMAGE, partial(image, "TIFF"), "formats"),
        (IMAGE, partial(image, "AVIF"), "formats"),
        (IMAGE, video, "kind"),
        (IMAGE, partial(bytes, b"a text"), "kind"),
        (IMAGE, partial(bytes, b""), "kind"),
        (IMAGE, partial(bytes, b"\xef\xbb\xbf\n<!DOCTYPE html><p>Log in"), "reachable"),
        (VIDEO, partial(video, "avi"), "formats"),
        (VIDEO, partial(video, "matroska"), "formats"),
        (VIDEO, partial(video, "3gp"), "formats"),
        (VIDEO, partial(video, seconds=1.9), "seconds"),
        (VIDEO, partial(video, seconds=30.1), "seconds"),
        (VIDEO, partial(image, "PNG"), "kind"),
        (VIDEO, sound, "kind"),
    ],
)
def test_file_that_breaks_a_rule_is_refused(save: Save, model: str, make: Make, rule: str) -> None:
    assert broken(model, save(make())) == [(f"{FIELDS[model]}[0]", rule)]


def test_every_broken_rule_of_every_file_is_listed(save: Save) -> None:
    bad = save(image("PNG", "RGBA", (100, 100)) + b"\0" * 10_485_760)
    assert broken(IMAGE, bad) == [("image_urls[0]", rule) for rule in ("max-bytes", "alpha", "side-pixels")]
    three = [save(video(seconds=1)), save(video()), save(b"nothing")]
    assert broken(VIDEO, *three) == [("video_urls[0]", "seconds"), ("video_urls[2]", "kind")]


def test_size_at_its_limit_passes_and_beyond_is_refused(save: Save) -> None:
    content = image("PNG")
    media.check(request_for(IMAGE, save(content.ljust(10_485_760, b"\0"))))
    with pytest.raises(InvalidMedia, match=r"image_urls\[0\]: must have at most 10485760 bytes; it is more than"):
        media.check(request_for(IMAGE, save(content.ljust(10_485_761, b"\0"))))


def test_path_that_is_not_a_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for source in (str(tmp_path / "none.png"), str(tmp_path), str(tmp_path / "pipe"), "a\0b", "ftp://a.invalid/a.png"):
        assert broken(IMAGE, source) == [("image_urls[0]", "reachable")]


# --- malicious and damaged files


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def bomb(side: int) -> bytes:
    """Return a small PNG whose header declares huge dimensions."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [10_000, 1_000_000])
def test_decompression_bomb_is_measured_but_not_decoded(save: Save, side: int) -> None:
    assert broken(IMAGE, save(bomb(side))) == [("image_urls[0]", "side-pixels")]


HARMED = [
    *(pytest.param(IMAGE, partial(image, form), id=form) for form in ("PNG", "JPEG", "BMP", "WEBP")),
    pytest.param(VIDEO, video, id="mp4"),
]


@pytest.mark.parametrize("part", [0.02, 0.5, 0.9])
@pytest.mark.parametrize(("model", "make"), HARMED)
def test_truncated_file_is_refused(save: Save, model: str, make: Make, part: float) -> None:
    content = make()
    [(_, rule)] = broken(model, save(content[: max(12, round(len(content) * part))]))
    assert rule == "kind"


def test_warnings_of_pillow_are_suppressed(save: Save) -> None:
    plain = image("PNG")
    media.check(request_for(IMAGE, save(plain[:33] + chunk(b"acTL", bytes(8)) + plain[33:])))


def test_file_with_only_the_signature_of_a_video_is_refused(save: Save) -> None:
    assert broken(VIDEO, save(b"\0\0\0\x08skip" + video("mpegts"))) == [("video_urls[0]", "kind")]


@pytest.mark.parametrize(("model", "make"), HARMED)
def test_damaged_file_never_causes_a_crash_or_a_warning(save: Save, model: str, make: Make) -> None:
    content = make()
    for seed in range(40):
        damaged = bytearray(content)
        for step in range(1 + seed % 7):
            place = zlib.crc32(b"%d %d" % (seed, step))
            damaged[12 + place % (min(len(content), 1500) - 12)] = place >> 24
        violations = media.violations(media.probe(save(bytes(damaged))), limits(model), "file")
        assert {violation.keyword for violation in violations} <= {"kind", "formats", "alpha", "side-pixels", "seconds"}


def test_playlist_that_lists_other_files_is_not_a_video(save: Save) -> None:
    secret = save(video())
    for text in (f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{secret}\n", f"ffconcat version 1.0\nfile {secret}\n"):
        assert (found := media.probe(save(text.encode()))) == Media("document", "txt", found.bytes)


def test_warning_filters_are_restored(save: Save) -> None:
    before = list(warnings.filters)
    threads = [threading.Thread(target=media.probe, args=[save(image("PNG"))]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(warnings.filters) == before


# --- URLs


class Files:
    """A file server.

    Attributes:
        requests: the headers of each request.
    """

    def __init__(self) -> None:
        self.requests: list[dict[str, str]] = []
        self.app = Starlette(routes=[Route("/{name}", self._serve)])

    async def _serve(self, request: Request) -> Response:
        self.requests.append(dict(request.headers))
        name = request.path_params["name"]
        if name == "a.png":
            return Response(image("PNG"), media_type="application/octet-stream")
        if name == "moved":
            return Response(status_code=302, headers={"location": "/a.png"})
        if name == "circle":
            return Response(status_code=302, headers={"location": "/circle"})
        if name == "to-a-file":
            return Response(status_code=302, headers={"location": "file:///etc/passwd"})
        if name == "login":
            return Response("<html>Log in</html>", media_type="text/html; charset=utf-8")
        if name == "page":
            return Response("<!doctype html>Log in", media_type="image/png")
        if name == "video":
            return Response(video(seconds=3))
        return Response(status_code=404)


@pytest.fixture
def files() -> Iterator[tuple[Files, str]]:
    """A file server on a free port, and its URL."""
    served = Files()
    with ServedApp(served.app, listen("127.0.0.1", 0)) as server:
        yield served, server.url


def test_file_at_a_url_is_fetched_without_the_key(files: tuple[Files, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVOLINK_API_KEY", "sk-evo-secret")
    served, url = files
    media.check(request_for(IMAGE, f"{url}/a.png"), allow_private=True)
    [headers] = served.requests
    assert headers["user-agent"] == USER_AGENT
    assert headers.keys().isdisjoint({"authorization", "cookie"})


def test_redirects_are_followed(files: tuple[Files, str]) -> None:
    media.check(request_for(IMAGE, f"{files[1]}/moved"), allow_private=True)


@pytest.mark.parametrize(
    ("name", "actual"),
    [
        ("none", "a URL that returns HTTP 404"),
        ("login", "an HTML page"),
        ("page", "an HTML page"),
        ("circle", "a URL that cannot be fetched: TooManyRedirects: Exceeded maximum allowed redirects."),
        ("to-a-file", "a URL that cannot be fetched: UnsupportedProtocol"),
    ],
)
def test_url_that_does_not_serve_a_file_is_refused(files: tuple[Files, str], name: str, actual: str) -> None:
    with pytest.raises(InvalidMedia) as error:
        media.check(request_for(IMAGE, f"{files[1]}/{name}?token=s3cret"), allow_private=True)
    [violation] = error.value.violations
    assert (violation.field, violation.keyword) == ("image_urls[0]", "reachable")
    assert violation.actual.startswith(actual)
    assert "s3cret" not in str(error.value)


@pytest.mark.parametrize(
    ("headers", "actual", "chunks"),
    [({}, "more than 10485760 bytes long", 11), ({"content-length": "20000000"}, "20000000 bytes long", 0)],
)
def test_download_stops_at_the_size_limit(headers: dict[str, str], actual: str, chunks: int) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield b"\0" * 1024 * 1024

    transport = httpx.MockTransport(lambda _: httpx.Response(200, headers=headers, content=endless()))
    with pytest.raises(InvalidMedia) as error:
        media.check(request_for(IMAGE, "https://media.invalid/a.png"), transport=transport)
    [violation] = error.value.violations
    assert (violation.keyword, violation.actual, sent) == ("max-bytes", actual, chunks)


@pytest.mark.parametrize(
    "source",
    ["http://127.0.0.1:1/a.png", "https://[::1", "http://a b/", "https://\ud800/", "http://xn--a.invalid:99999/"],
)
def test_url_that_cannot_be_fetched_is_refused(source: str) -> None:
    result = media.probe(source, timeout=1, allow_private=True)
    assert not result.reachable
    assert result.problem.startswith("a URL that cannot be fetched: ")


@contextmanager
def raw_server(*parts: bytes, pause: float = 0) -> Generator[str]:
    """Send these bytes to each client, the last part again and again; yields the URL."""
    stopped = threading.Event()

    def serve() -> None:
        while True:
            with suppress(OSError):
                connection, _ = listener.accept()
                if stopped.is_set():
                    connection.close()
                    return
                with connection:
                    connection.recv(65536)
                    for part in itertools.chain(parts, itertools.repeat(parts[-1])):
                        connection.sendall(part)
                        if stopped.wait(pause):
                            break

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/a.png"
        stopped.set()
        socket.create_connection(listener.getsockname()).close()
        thread.join()


@pytest.mark.parametrize(
    "parts",
    [
        (b"HTTP/1.1 200 OK\r\nx: ", b"x"),
        (b"HTTP/1.1 103 Early Hints\r\n\r\n",),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n", b"1\r\nx\r\n"),
    ],
    ids=["head", "early hints", "body", "chunks"],
)
def test_timeout_is_the_limit_for_everything(parts: tuple[bytes, ...]) -> None:
    with raw_server(*parts, pause=0.02) as url:
        began = time.monotonic()
        result = media.probe(url, timeout=0.3, allow_private=True)
    assert (result.reachable, result.problem) == (False, "not downloaded within 0.3 s")
    assert time.monotonic() - began < 5


def test_redirects_count_towards_the_timeout() -> None:
    def redirect(_: httpx.Request) -> httpx.Response:
        time.sleep(0.05)
        return httpx.Response(302, headers={"location": "/again"})

    result = media.probe("https://media.invalid/a.png", timeout=0.08, transport=httpx.MockTransport(redirect))
    assert result.problem == "not downloaded within 0.08 s"


# --- private addresses


REFUSAL = "a URL at a private address, which is fetched with allow_private=True only"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "LOCALHOST.", "a.localhost", "2130706433", "0x7f000001", "127.1",
        "[::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[fd00::1]", "[fe80::1]", "10.0.0.1", "169.254.169.254",
        "100.64.0.1", "0.0.0.0", "224.0.0.1", "[2002:7f00:1::]", "[2001:db8::1]",
    ],
)  # fmt: skip
@pytest.mark.parametrize("own", [False, True], ids=["network", "transport"])
def test_nothing_is_fetched_from_a_private_address_in_any_spelling(host: str, own: bool) -> None:  # noqa: FBT001
    def fail(_: httpx.Request) -> httpx.Response:
        raise AssertionError

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0)
        result = media.probe(
            f"http://{host}:{listener.getsockname()[1]}/a.png",
            transport=httpx.MockTransport(fail) if own else None,
        )
        assert (result.reachable, result.problem) == (False, REFUSAL)
        with pytest.raises(BlockingIOError):
            listener.accept()


@pytest.mark.parametrize("proxy", [None, "http://127.0.0.1:9"])
def test_name_that_leads_to_a_private_address_is_refused(monkeypatch: pytest.MonkeyPatch, proxy: str | None) -> None:
    if proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy)
    addresses: list[Any] = [(0, 0, 0, "", ("93.184.216.34", 80)), (0, 0, 0, "", ("10.1.2.3", 80))]
    monkeypatch.setattr("evolink._media_fetch.socket.getaddrinfo", Mock(return_value=addresses))
    assert media.probe("http://inside.example.com/a.png").problem == REFUSAL


def test_redirect_to_a_private_address_is_refused() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(302, headers={"location": "http://127.0.0.1:9/"}))
    assert media.probe("https://93.184.216.34/a.png", transport=transport).problem == REFUSAL


def test_client_of_a_server_for_tests_checks_files_at_private_addresses(files: tuple[Files, str]) -> None:
    with MockServer() as mock, EvoLink(mock.api_key, base_url=mock.url) as api:
        created = api.submit(request_for(IMAGE, f"{files[1]}/a.png"), check_media=True)
    assert created.status == "pending"


# --- encodings


@pytest.mark.parametrize("coding", ["gzip", "deflate", "raw deflate"])
def test_encoding_that_was_not_asked_for_is_undone_up_to_the_size_limit(coding: str) -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        assert request.headers["accept-encoding"] == "identity"
        packer = zlib.compressobj(wbits={"gzip": 31, "deflate": 15, "raw deflate": -15}[coding])
        content = image("PNG") if request.url.path == "/a.png" else bytes(20_000_000)
        body = iter([packer.compress(content) + packer.flush()])  # not read, hence not unpacked, by httpx
        return httpx.Response(200, headers={"content-encoding": coding.removeprefix("raw ")}, content=body)

    transport = httpx.MockTransport(respond)
    assert media.probe("https://media.invalid/a.png", transport=transport).width == 400
    bomb = media.probe("https://media.invalid/bomb", transport=transport, max_bytes=1_000_000)
    assert bomb == Media(bytes=1_000_001)


@pytest.mark.parametrize(
    ("coding", "body", "problem"),
    [
        ("br", b"x", "has the encoding br, which was not asked for"),
        ("gzip, gzip", b"x", "has the encoding gzip, gzip, which was not asked for"),
        ("gzip", zlib.compress(bytes(999), wbits=31)[:-9], "ends in the middle of its encoding gzip"),
        ("gzip", b"a text", "does not have its encoding gzip: Error -3"),
    ],
)
def test_encoding_that_cannot_be_undone_is_named(coding: str, body: bytes, problem: str) -> None:
    transport = httpx.MockTransport(
        lambda _: httpx.Response(200, headers={"content-encoding": coding}, content=iter([body]))
    )
    result = media.probe("https://media.invalid/a.png", transport=transport)
    assert not result.reachable
    assert result.problem.startswith(f"a URL that cannot be fetched: DecodingError: the body {problem}")


def test_text_of_a_server_becomes_one_printable_line() -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("\x1b[31m\n" + "x" * 10_000, request=request)

    result = media.probe("https://media.invalid/a.png", transport=httpx.MockTransport(fail))
    assert result.problem.isprintable()
    assert len(result.problem) <= 200


# --- malformed requests


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"model": "wan9"}, "model"),
        ({"model": None}, "model"),
        ({"image_urls": "a.png"}, "image_urls"),
        ({"image_urls": None}, "image_urls"),
        ({"image_urls": []}, "image_urls"),
        ({"image_urls": ["a.png", "b.png"]}, "image_urls"),
        ({"image_urls": [5]}, "image_urls[0]"),
    ],
)
def test_request_without_a_list_of_files_is_refused(change: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequest) as error:
        media.check({**request_for(IMAGE, "a.png"), **change})
    assert [violation.field for violation in error.value.violations] == [field]


def test_request_without_its_files_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="image_urls: is required"):
        media.check({"model": IMAGE})


def test_submit_with_check_media_sends_nothing_that_breaks_a_rule(files: tuple[Files, str]) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise AssertionError

    transport = httpx.MockTransport(fail)
    with (
        EvoLink("sk-evo-test-key", base_url="https://api.invalid", transport=transport) as api,
        pytest.raises(InvalidMedia),
    ):
        api.submit(request_for(IMAGE, f"{files[1]}/video"), check_media=True)


@pytest.mark.parametrize(("module", "make"), [("PIL", partial(image, "PNG")), ("av", video)])
def test_missing_extra_is_named(save: Save, monkeypatch: pytest.MonkeyPatch, module: str, make: Make) -> None:
    path = save(make())
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtra, match=r'pip install "evolink-client\[media\]"') as error:
        media.probe(path)
    assert error.value.extra == "media"


def test_optional_packages_are_imported_only_when_a_file_needs_them(command_environment: dict[str, str]) -> None:
    code = """
import sys
import evolink
assert "httpx" not in sys.modules
import evolink.billing, evolink.callbacks, evolink.media
print(sorted({"PIL", "av", "starlette", "uvicorn"} & sys.modules.keys()))
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True, text=True, env=command_environment, check=False,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("[]\n", "")


# --- lengths for billing


def test_lengths_are_measured_for_an_estimate(save: Save, files: tuple[Files, str]) -> None:
    request = request_for(VIDEO, save(video(seconds=2)), f"{files[1]}/video")
    lengths = billing.measure(request, allow_private=True)
    assert lengths == [2, 3]
    assert billing.estimate(request, input_seconds=lengths).input_seconds == 4.5


def test_file_without_a_length_cannot_be_measured(save: Save) -> None:
    with pytest.raises(InvalidMedia, match=r"video_urls\[1\]: must be a file whose length can be determined"):
        billing.measure(request_for(VIDEO, save(video()), save(image("PNG"))))


def test_nothing_is_measured_for_a_model_that_does_not_bill_input() -> None:
    assert billing.measure(request_for(IMAGE, "none.png")) == []


@pytest.mark.parametrize("source", [None, 5, [], object()])
def test_invalid_source_is_a_problem_and_does_not_raise(source: Any) -> None:
    result = media.probe(source)
    assert not result.reachable
    assert result.problem


def test_transport_of_the_caller_is_left_open() -> None:
    class Counting(httpx.MockTransport):
        closed = 0

        def close(self) -> None:
            self.closed += 1

    counting = Counting(lambda _: httpx.Response(404))
    media.probe("https://a.example/a.png", transport=counting)
    media.probe("https://a.example/b.png", transport=counting)
    assert counting.closed == 0
