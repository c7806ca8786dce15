"""Downloads and uploads: a file appears only when it is complete, and interrupted downloads are resumed."""

from __future__ import annotations

import asyncio
import base64
import errno
import hashlib
import io
import logging
import math
import os
import re
import runpy
import socketserver
import threading
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

import evolink
from evolink import (
    AsyncEvoLink,
    ConfigurationError,
    EvoLink,
    InvalidMedia,
    LinkExpiryWarning,
    Refused,
    Task,
    TaskFailed,
    TransferError,
    Unauthorized,
    UnexpectedResponse,
    Wan25ImageToVideo,
    _contract,
)
from evolink._downloads import (
    COMPARED_BYTES,
    NOT_SERVED_PAUSES,
    YOUNG_SECONDS,
    Environment,
    Limits,
    Open,
    Source,
    Step,
    fetching,
)
from evolink._flows import run
from evolink._partial_file import PartialFile
from evolink._responses import retry_after
from evolink._targets import FileTarget
from evolink.media import check
from evolink_client.api.files import upload_file_stream
from evolink_client.models import UploadStreamRequest
from evolink_client.types import File
from evolink_mock import MockServer

HEAD = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"
CONTENT = HEAD + (bytes(range(256)) * 4096)[len(HEAD) :]  # 1 MiB that begins like an MP4
OTHER = HEAD + CONTENT[: len(HEAD) - 1 : -1]  # as long, but with other bytes
ID = "task-unified-1757169743-7cvnl5zw"
REQUEST = Wan25ImageToVideo(prompt="A cat", image_urls=["https://example.com/a.png"])


class Media(ThreadingHTTPServer):
    """Serves one file, with the faults that a test sets.

    Attributes:
        cuts: per request, the number of bytes after which the connection drops; None for the whole file.
        statuses: per request, the status to send instead of the file; None for the file.
        etag: the version of the file; empty for none.
        kind: the content type.
        fault: "start" sends a wrong start of the range, "end" and "beyond" a wrong end, "version" ignores a changed
            version, "length" sends no length.
        pause: the seconds between the chunks of a body.
        location: where a redirect leads.
        date: the time of the server; None for that of this machine, empty for none.
        ranges: whether the server supports ranges.
        requests: the headers of every request.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = CONTENT
        self.cuts: list[int | None] = []
        self.statuses: list[int | None] = []
        self.etag = '"v1"'
        self.ranges = True
        self.kind = "video/mp4"
        self.fault = ""
        self.pause = 0.0
        self.location = "/moved.mp4"
        self.date: str | None = None
        self.requests: list[dict[str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/a.mp4?signature=secret"


class Handler(BaseHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name in the base class
        pass

    def date_time_string(self, timestamp: float | None = None) -> str:
        date = cast("Media", self.server).date
        return super().date_time_string(timestamp) if date is None else date

    def do_GET(self) -> None:
        media = cast("Media", self.server)
        media.requests.append({name.lower(): value for name, value in self.headers.items()})
        status = media.statuses.pop(0) if media.statuses else None
        if status is not None:
            self.send_response(status)
            self.send_header("content-length", "0")
            if status in {301, 302}:
                self.send_header("location", media.location)
            self.end_headers()
            return
        start = 0
        match = re.fullmatch(r"bytes=(\d+)-", self.headers.get("range", ""))
        if media.fault == "version" and match:  # the file has changed, and the server ignores the condition
            media.content, media.etag = OTHER, '"v2"'
        condition = self.headers.get("if-range")
        resumed = media.ranges and match and (condition == media.etag or media.fault == "version")
        if resumed and match:
            start = int(match[1])
        body = media.content[start:]
        self.send_response(206 if resumed else 200)
        self.send_header("content-type", media.kind)
        if media.etag:
            self.send_header("etag", media.etag)
        if resumed:
            shift = 7 if media.fault == "start" else 0
            whole = len(media.content)
            end = whole + {"end": -9, "beyond": 9}.get(media.fault, -1)
            self.send_header("content-range", f"bytes {start + shift}-{end}/{whole}")
        if media.fault != "length":
            self.send_header("content-length", str(len(body)))
        self.end_headers()
        cut = media.cuts.pop(0) if media.cuts else None
        body = body if cut is None else body[:cut]
        for position in range(0, len(body), 65_536 if media.pause else max(1, len(body))):
            try:
                self.wfile.write(body[position : position + 65_536] if media.pause else body)
            except ConnectionError:  # the client has hung up
                break
            time.sleep(media.pause)
        self.close_connection = True


@pytest.fixture
def media() -> Iterator[Media]:
    """A server with one file."""
    with Media() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def pauses() -> list[float]:
    """The seconds of every pause of `api`."""
    return []


@pytest.fixture
def api(mock: MockServer, pauses: list[float], monkeypatch: pytest.MonkeyPatch) -> Iterator[EvoLink]:
    """A client that does not wait between retries."""
    monkeypatch.setattr("evolink._client.sleep", pauses.append)
    with EvoLink(mock.api_key, base_url=mock.url) as client:
        yield client


def no_pause(seconds: float) -> None:
    assert seconds >= 0


def no_check(response: httpx.Response) -> None:
    assert response.status_code == 200


def completed(*links: str, created: float | None = None) -> Task:
    body = {"id": ID, "status": "completed", "progress": 100, "results": list(links)}
    return Task.from_dict({**body, "created": int(time.time() if created is None else created)})


def parts(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name.endswith(".part"))


def test_file_in_a_folder_is_named_after_the_task(api: EvoLink, media: Media, tmp_path: Path) -> None:
    progress: list[tuple[int, int | None]] = []
    path = api.download(completed(media.url), tmp_path, on_progress=lambda done, total: progress.append((done, total)))
    assert (path, path.read_bytes()) == (tmp_path / f"{ID}.mp4", CONTENT)
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    assert progress[-1] == (len(CONTENT), len(CONTENT))


def test_missing_folders_are_created_and_a_given_file_name_is_used(api: EvoLink, media: Media, tmp_path: Path) -> None:
    assert api.download(completed(media.url), f"{tmp_path}/new/out/") == tmp_path / "new" / "out" / f"{ID}.mp4"
    assert api.download(completed(media.url), tmp_path / "deep" / "film.mov").read_bytes() == CONTENT


def test_every_result_has_a_name_of_its_own(api: EvoLink, media: Media, tmp_path: Path) -> None:
    task = completed(media.url, media.url)
    assert api.download(task, tmp_path, result=1).name == f"{ID}-2.mp4"
    with pytest.raises(TransferError, match="2 results"):
        api.download(task, tmp_path, result=2)


@pytest.mark.parametrize("cuts", [[100_000], [1, 200_000, 300_000], [0, 700_000, 0]])
def test_interrupted_download_is_resumed(api: EvoLink, media: Media, tmp_path: Path, cuts: list[int]) -> None:
    media.cuts = [*cuts]
    assert api.download(completed(media.url), tmp_path).read_bytes() == CONTENT
    assert parts(tmp_path) == []
    starts = [headers.get("range", "bytes=0-") for headers in media.requests]
    received = 0
    for cut, start in zip([*cuts, None], starts, strict=True):
        assert start == f"bytes={received}-"
        received += cut or 0


def test_partial_file_is_kept_and_resumed_by_a_later_program(mock: MockServer, media: Media, tmp_path: Path) -> None:
    media.cuts = [400_000]
    task = completed(media.url)
    with EvoLink(mock.api_key, base_url=mock.url, max_retries=0) as first, pytest.raises(TransferError) as caught:
        first.download(task, tmp_path)
    assert caught.value.part is not None
    assert parts(tmp_path) == [caught.value.part.name]
    assert caught.value.part.stat().st_size == 400_000
    assert not (tmp_path / f"{ID}.mp4").exists()
    assert "signature" not in str(caught.value)
    with EvoLink(mock.api_key, base_url=mock.url, max_retries=0) as second:
        assert second.download(task, tmp_path).read_bytes() == CONTENT
    assert media.requests[-1]["range"] == f"bytes={400_000 - COMPARED_BYTES}-"
    assert parts(tmp_path) == []


def test_partial_file_of_another_version_is_not_resumed(mock: MockServer, media: Media, tmp_path: Path) -> None:
    media.cuts = [400_000]
    task = completed(media.url)
    with EvoLink(mock.api_key, base_url=mock.url, max_retries=0) as api:
        with pytest.raises(TransferError):
            api.download(task, tmp_path)
        media.content, media.etag = OTHER, '"v2"'
        assert api.download(task, tmp_path).read_bytes() == OTHER
    assert parts(tmp_path) == []


def test_file_that_changes_during_the_download_is_fetched_again(api: EvoLink, media: Media, tmp_path: Path) -> None:
    media.cuts = [400_000]
    original = media.requests

    class Requests(list[dict[str, str]]):
        def append(self, headers: dict[str, str]) -> None:
            if original:
                media.content, media.etag = OTHER, '"v2"'
            original.append(headers)

    media.requests = Requests()
    assert api.download(completed(media.url), tmp_path).read_bytes() == OTHER


@pytest.mark.parametrize("etag", ["", 'W/"weak"'])
def test_file_without_a_version_is_fetched_again(api: EvoLink, media: Media, tmp_path: Path, etag: str) -> None:
    media.etag = etag
    media.cuts = [400_000]
    assert api.download(completed(media.url), tmp_path).read_bytes() == CONTENT
    assert [headers.get("range") for headers in media.requests] == [None, None]


def test_whole_file_is_requested_from_a_server_without_ranges(api: EvoLink, media: Media, tmp_path: Path) -> None:
    media.ranges = False
    media.cuts = [400_000]
    assert api.download(completed(media.url), tmp_path).read_bytes() == CONTENT


def test_range_that_was_not_requested_is_discarded(api: EvoLink, media: Media, tmp_path: Path) -> None:
    media.fault = "start"
    media.cuts = [400_000]
    assert api.download(completed(media.url), tmp_path).read_bytes() == CONTENT


def test_file_of_unknown_length_is_downloaded(api: EvoLink, media: Media, tmp_path: Path) -> None:
    media.fault = "length"
    assert api.download(completed(media.url), tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize("status", [403, 404, 410])
def test_expired_link_is_reported_and_not_retried(api: EvoLink, media: Media, tmp_path: Path, status: int) -> None:
    media.statuses = [status] * 9
    with pytest.raises(TransferError, match="the link may have expired"):
        api.download(completed(media.url, created=time.time() - YOUNG_SECONDS), tmp_path)
    assert (len(media.requests), list(tmp_path.iterdir())) == (1, [])


def test_busy_server_is_retried(api: EvoLink, media: Media, tmp_path: Path) -> None:
    media.statuses = [503, 429]
    assert api.download(completed(media.url), tmp_path).read_bytes() == CONTENT
    media.statuses = [500] * 9
    with pytest.raises(TransferError, match="the server returned HTTP 500"):
        api.download(completed(media.url), tmp_path)


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "application/json", ""])
def test_video_is_saved_whatever_its_content_type(api: EvoLink, media: Media, tmp_path: Path, kind: str) -> None:
    media.kind = kind
    assert api.download(completed(media.url), tmp_path).read_bytes() == CONTENT


def test_redirect_is_followed(api: EvoLink, media: Media, tmp_path: Path) -> None:
    media.statuses = [302]
    assert api.download(completed(media.url), tmp_path).read_bytes() == CONTENT


def test_download_sends_no_key_and_a_user_agent_that_hosts_accept(api: EvoLink, media: Media, tmp_path: Path) -> None:
    api.download(completed(media.url), tmp_path, extra_headers={"x-run": "7"})
    [headers] = media.requests
    assert "authorization" not in headers
    assert headers["user-agent"].startswith("Mozilla/5.0 (compatible; evolink-client/")
    assert headers["x-run"] == "7"


@pytest.mark.parametrize("link", ["file:///etc/passwd", "data:video/mp4;base64,AA==", "ftp://a.example/b", "https://"])
def test_link_that_is_not_an_http_url_is_refused(api: EvoLink, tmp_path: Path, link: str) -> None:
    with pytest.raises(TransferError, match="is not an http or https URL"):
        api.download(completed(link), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_file_that_cannot_be_written_says_why(api: EvoLink, media: Media, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(TransferError, match="cannot write"):
        api.download(completed(media.url), tmp_path / "file" / "film.mp4")


def test_task_id_from_a_server_cannot_leave_the_folder(api: EvoLink, media: Media, tmp_path: Path) -> None:
    task = completed(media.url)
    task.id = "../../etc/passwd\x00"
    assert api.download(task, tmp_path).parent == tmp_path


@pytest.mark.parametrize(("hours", "warning"), [(23.5, "expire in 30 min"), (30, "may have expired"), (1, "")])
def test_link_that_expires_soon_is_downloaded_with_a_warning(
    api: EvoLink, media: Media, tmp_path: Path, hours: float, warning: str
) -> None:
    task = completed(media.url, created=time.time() - hours * 3600)
    if not warning:
        api.download(task, tmp_path)
        return
    with pytest.warns(LinkExpiryWarning, match=warning) as warned:
        api.download(task, tmp_path)
    assert warned[0].filename == __file__


@pytest.mark.parametrize("skew", [-30, -1, 1, 30])
def test_clock_of_this_machine_does_not_decide_whether_a_link_expires(
    api: EvoLink, media: Media, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, skew: float
) -> None:
    fresh, old = completed(media.url), completed(media.url, created=time.time() - 30 * 3600)
    now = time.time()
    monkeypatch.setattr("evolink._base_client.time.time", lambda: now + skew * 3600)
    media.date = formatdate(now, usegmt=True)
    api.download(fresh, tmp_path)  # a warning would be an error
    with pytest.warns(LinkExpiryWarning, match="may have expired"):
        api.download(old, tmp_path)
    media.date = ""
    api.download(old, tmp_path)  # nothing is known about the time of the server


def test_signed_link_is_in_no_log(
    api: EvoLink, media: Media, mock: MockServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    media.statuses = [302]
    media.location = f"{media.url}&moved"
    api.download(completed(media.url), tmp_path)
    image = {"model": "wan2.5-image-to-video", "prompt": "x", "image_urls": [media.url]}
    with pytest.raises(InvalidMedia):
        check(image, allow_private=True)

    async def download() -> None:
        async with AsyncEvoLink(mock.api_key, base_url=mock.url) as asynchronous:
            await asynchronous.download(completed(media.url), tmp_path)

    asyncio.run(download())
    requests = [record.getMessage() for record in caplog.records if record.name == "httpx"]
    place = media.url.partition("?")[0]
    assert requests == [
        f'HTTP Request: GET {place}?... "HTTP/1.0 302 Found"',
        *[f'HTTP Request: GET {place}?... "HTTP/1.0 200 OK"'] * 3,
    ]
    assert any(record.name.startswith("httpcore") for record in caplog.records)
    assert "secret" not in caplog.text
    httpx.get(media.url, trust_env=False)
    assert "signature=secret" in caplog.text  # the logs of other clients stay as they are


def test_task_without_results_is_not_downloaded(api: EvoLink, tmp_path: Path) -> None:
    with pytest.raises(TransferError) as caught:
        api.download(Task(id=ID, status="processing"), tmp_path)
    assert str(caught.value) == (
        f"{ID} is processing and has no results yet. The task continues on the server; call wait('{ID}') to wait for it"
    )
    with pytest.raises(TaskFailed):
        api.download(Task(id=ID, status="failed"), tmp_path)
    with pytest.raises(TransferError, match="0 results"):
        api.download(Task(id=ID, status="completed"), tmp_path)


@pytest.mark.anyio
async def test_asynchronous_download_resumes_too(mock: MockServer, media: Media, tmp_path: Path) -> None:
    media.cuts = [400_000]
    async with AsyncEvoLink(mock.api_key, base_url=mock.url) as api:
        assert (await api.download(completed(media.url), tmp_path)).read_bytes() == CONTENT
        created = await api.submit(REQUEST)
        await api.wait(created)
        assert (await api.download(created.id, tmp_path)).stat().st_size > 10_000
    assert media.requests[-1]["range"] == "bytes=400000-"


# --- uploads


def served(url: str) -> str:
    """Fetch a URL; returns the hash of its content."""
    return hashlib.sha256(httpx.get(url, trust_env=False).content).hexdigest()


@pytest.mark.parametrize(
    "content",
    [b"", b"x", CONTENT, b"--boundary\r\nContent-Disposition: form-data\r\n\r\n--boundary--\r\n"],
    ids=["empty", "one byte", "a megabyte", "multipart lookalike"],
)
def test_uploaded_file_is_served_byte_for_byte(api: EvoLink, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "fötö 1.png"
    path.write_bytes(content)
    progress: list[tuple[int, int | None]] = []
    uploaded = api.upload(path, on_progress=lambda done, total: progress.append((done, total)))
    assert served(uploaded.file_url) == hashlib.sha256(content).hexdigest()
    assert progress[-1] == (len(content), len(content))
    assert api.upload(str(path)).file_url.startswith("http://127.0.0.1:")


@pytest.mark.anyio
async def test_asynchronous_upload_is_served_byte_for_byte(mock: MockServer, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(CONTENT)
    async with AsyncEvoLink(mock.api_key, base_url=mock.url) as api:
        uploaded = await api.upload(path)
        again = await api.upload(uploaded.file_url)
    assert served(uploaded.file_url) == served(again.file_url) == hashlib.sha256(CONTENT).hexdigest()


def test_file_host_fetches_a_url(api: EvoLink, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(CONTENT)
    assert served(api.upload(api.upload(path).file_url).file_url) == hashlib.sha256(CONTENT).hexdigest()


@pytest.mark.parametrize("name", ["nothing.png", ".", "nul\x00.png"])
def test_unreadable_file_is_reported(api: EvoLink, tmp_path: Path, name: str) -> None:
    with pytest.raises(TransferError, match="cannot upload"):
        api.upload(tmp_path / name)


def test_refusal_of_the_file_host_is_typed(api: EvoLink, mock: MockServer) -> None:
    with pytest.raises(Refused) as caught:
        api.upload("http://127.0.0.1:9/nothing.png")
    assert caught.value.code == 40004
    with EvoLink("sk-evo-wrong", base_url=mock.url) as wrong, pytest.raises(Unauthorized):
        wrong.upload("https://example.com/a.png")


@pytest.mark.parametrize(
    "body",
    [
        {"success": True, "code": 200, "msg": "ok"},
        {"success": True, "data": None},
        {"success": True, "data": []},
        {"success": True, "data": {"file_url": 5}},
        {"success": True, "data": {"file_url": ""}},
        {},
    ],
)
def test_response_without_a_file_url_is_unexpected(body: Any) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=body))
    with EvoLink("sk-evo-mock", transport=transport) as api, pytest.raises(UnexpectedResponse, match="file_url"):
        api.upload("https://example.com/a.png")


def test_upload_that_the_host_refuses_with_status_200_is_refused() -> None:
    denied = httpx.MockTransport(lambda _: httpx.Response(200, json={"success": False, "code": 40003, "msg": "quota"}))
    with EvoLink("sk-evo-mock", transport=denied) as api, pytest.raises(Refused, match="quota") as caught:
        api.upload("https://example.com/a.png")
    assert caught.value.code == 40003


def test_lost_response_to_an_upload_is_response_lost() -> None:
    def lost(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("", request=request)

    with EvoLink("sk-evo-mock", transport=httpx.MockTransport(lost)) as api, pytest.raises(evolink.ResponseLost):
        api.upload("https://example.com/a.png")


# --- concurrent downloads, unusual targets and sources


def test_two_downloads_to_one_file_do_not_damage_it(mock: MockServer, media: Media, tmp_path: Path) -> None:
    for etag in ('"v1"', ""):
        media.etag = etag
        media.pause = 0.002
        target = tmp_path / f"film{len(etag)}.mp4"
        with EvoLink(mock.api_key, base_url=mock.url) as api, ThreadPoolExecutor(3) as pool:
            done = [pool.submit(api.download, completed(media.url), target) for _ in range(3)]
            assert [each.result() for each in done] == [target] * 3
        assert target.read_bytes() == CONTENT
        assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_partial_file_stays_locked_until_it_is_renamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "film.mp4"
    first = PartialFile(target, "v1")
    first.write(b"complete")
    others: list[PartialFile] = []
    hardlink_to = Path.hardlink_to

    def link_in_competition(path: Path, existing: Path) -> None:
        others.append(PartialFile(target, "v1"))
        hardlink_to(path, existing)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "hardlink_to", link_in_competition)
        first.finish(target, overwrite=False)
    [other] = others
    assert (other.path.suffix, other.size) == (".tmp", 0)
    other.begin(0)
    assert target.read_bytes() == b"complete"
    other.write(b"again")
    other.finish(target, overwrite=True)
    assert target.read_bytes() == b"again"
    assert [path.name for path in tmp_path.iterdir()] == [target.name]


def test_empty_partial_file_stays_locked_until_it_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "film.mp4"
    others: list[PartialFile] = []
    unlink = Path.unlink

    def unlink_in_competition(path: Path) -> None:
        others.append(PartialFile(target, "v1"))
        unlink(path)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", unlink_in_competition)
        assert PartialFile(target, "v1").close() is None
    [other] = others
    other.write(b"complete")
    other.finish(target, overwrite=False)
    assert [path.name for path in tmp_path.iterdir()] == [target.name]


def test_server_that_ignores_if_range_does_not_mix_versions(api: EvoLink, media: Media, tmp_path: Path) -> None:
    media.cuts = [400_000]
    media.fault = "version"
    assert api.download(completed(media.url), tmp_path).read_bytes() == OTHER


def test_download_fails_if_the_server_sends_one_byte_per_connection(api: EvoLink, media: Media, tmp_path: Path) -> None:
    media.cuts = [1] * 50
    with pytest.raises(TransferError):
        api.download(completed(media.url), tmp_path)
    assert len(media.requests) == 3


def test_target_that_is_not_a_regular_file_is_not_changed(api: EvoLink, media: Media, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(TransferError, match="it is not a regular file"):
        api.download(completed(media.url), tmp_path / "pipe")
    assert (tmp_path / "pipe").is_fifo()
    assert media.requests == []


def test_symbolic_link_is_followed_and_kept(api: EvoLink, media: Media, tmp_path: Path) -> None:
    (tmp_path / "real.mp4").write_bytes(b"old")
    (tmp_path / "link.mp4").symlink_to(tmp_path / "real.mp4")
    api.download(completed(media.url), tmp_path / "link.mp4", overwrite=True)
    assert (tmp_path / "link.mp4").is_symlink()
    assert (tmp_path / "real.mp4").read_bytes() == CONTENT


def test_symbolic_link_in_place_of_the_partial_file_is_not_followed(
    mock: MockServer, media: Media, tmp_path: Path
) -> None:
    media.cuts = [400_000]
    with EvoLink(mock.api_key, base_url=mock.url, max_retries=0) as api:
        with pytest.raises(TransferError) as caught:
            api.download(completed(media.url), tmp_path / "film.mp4")
        part = caught.value.part
        assert part is not None
        part.unlink()
        (tmp_path / "precious").write_bytes(b"precious")
        part.symlink_to(tmp_path / "precious")
        assert api.download(completed(media.url), tmp_path / "film.mp4").read_bytes() == CONTENT
    assert (tmp_path / "precious").read_bytes() == b"precious"


def test_long_file_names_work(api: EvoLink, media: Media, tmp_path: Path) -> None:
    assert api.download(completed(media.url), tmp_path / f"{'x' * 251}.mp4").read_bytes() == CONTENT


@pytest.mark.parametrize("to", [None, 5, "", "a\0b"])
def test_target_that_is_not_a_path_is_refused(api: EvoLink, media: Media, to: Any) -> None:
    with pytest.raises(TransferError, match="cannot write"):
        api.download(completed(media.url), to)
    assert media.requests == []


@pytest.mark.parametrize(
    "link", ["http://[::1", "https://℀.com/x", f"https://{'a' * 70}.com/x", "https://.com/", "https://a.example/\ud800"]
)
def test_malformed_link_from_a_server_is_refused(api: EvoLink, tmp_path: Path, link: str) -> None:
    with pytest.raises(TransferError):
        api.download(completed(link), tmp_path)


def test_error_of_on_progress_reaches_the_caller(api: EvoLink, media: Media, tmp_path: Path) -> None:
    def broken(received: int, total: int | None) -> None:
        raise BrokenPipeError(f"{received} of {total}")

    with pytest.raises(BrokenPipeError):
        api.download(completed(media.url), tmp_path, on_progress=broken)


def test_invalid_creation_time_is_ignored(api: EvoLink, media: Media, tmp_path: Path) -> None:
    task = completed(media.url)
    task.created = 10**400
    assert api.download(task, tmp_path).read_bytes() == CONTENT


def test_content_of_a_data_url_is_uploaded(api: EvoLink) -> None:
    url = f"data:image/png;base64,{base64.b64encode(CONTENT).decode()}"
    assert served(api.upload(url).file_url) == hashlib.sha256(CONTENT).hexdigest()


def test_file_with_an_undecodable_name_is_uploaded(api: EvoLink, tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/b\xff.png"
    with open(path, "wb") as file:  # noqa: PTH123 - a name in bytes
        file.write(b"x")
    assert served(api.upload(os.fsdecode(path)).file_url) == hashlib.sha256(b"x").hexdigest()


@pytest.mark.parametrize("source", [None, 5, b"a.png", "https://a.example/\ud800"])
def test_invalid_source_is_refused(api: EvoLink, source: Any) -> None:
    with pytest.raises(TransferError, match="cannot upload"):
        api.upload(source)


def test_pipe_is_refused(api: EvoLink, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(TransferError, match="it is not a regular file"):
        api.upload(tmp_path / "pipe")


# --- targets

ANOTHER_ID = "task-unified-1757169744-9xyzl5zw"


def another(*links: str) -> Task:
    task = completed(*links)
    task.id = ANOTHER_ID
    return task


@pytest.mark.parametrize("name", ["videos", "v1.5", "Mr. Smith", "a/b/c"])
def test_target_without_a_suffix_that_does_not_exist_is_a_folder(
    api: EvoLink, media: Media, tmp_path: Path, name: str
) -> None:
    paths = [api.download(task, tmp_path / name) for task in (completed(media.url), another(media.url))]
    assert paths == [tmp_path / name / f"{ID}.mp4", tmp_path / name / f"{ANOTHER_ID}.mp4"]
    assert sorted(path.name for path in (tmp_path / name).iterdir()) == [path.name for path in paths]


def test_file_without_a_suffix_that_exists_is_a_file(api: EvoLink, media: Media, tmp_path: Path) -> None:
    (tmp_path / "video").touch()
    assert api.download(completed(media.url), tmp_path / "video").read_bytes() == CONTENT


@pytest.mark.parametrize("content", [OTHER, HEAD, b"notes of the user"], ids=["same size", "short", "no video"])
def test_file_with_other_content_is_replaced_only_on_request(
    api: EvoLink, media: Media, tmp_path: Path, content: bytes
) -> None:
    for target in (tmp_path / "film.mp4", tmp_path / f"{ID}.mp4"):
        target.write_bytes(content)
        to = target if target.stem == "film" else tmp_path
        with pytest.raises(TransferError) as caught:
            api.download(another(media.url) if target.stem == "film" else completed(media.url), to)
        assert str(caught.value) == (
            f"'{target}' holds another file, which was not changed. "
            "Choose another name, or pass overwrite=True to replace it"
        )
        assert target.read_bytes() == content
        assert api.download(completed(media.url), to, overwrite=True).read_bytes() == CONTENT


def test_file_that_holds_the_result_already_is_no_error(api: EvoLink, media: Media, tmp_path: Path) -> None:
    for to in (tmp_path, tmp_path / "film.mp4"):
        first = api.download(completed(media.url), to)
        assert api.download(completed(media.url), to) == first
    assert {path.name for path in tmp_path.iterdir()} == {"film.mp4", f"{ID}.mp4"}


def test_empty_file_is_replaced(api: EvoLink, media: Media, tmp_path: Path) -> None:
    (tmp_path / "film.mp4").touch()
    assert api.download(completed(media.url), tmp_path / "film.mp4").read_bytes() == CONTENT


def test_one_of_two_results_that_are_saved_under_one_name_at_a_time_is_refused(
    mock: MockServer, media: Media, tmp_path: Path
) -> None:
    started = threading.Barrier(2)

    class Requests(list[dict[str, str]]):
        def append(self, headers: dict[str, str]) -> None:
            del headers
            started.wait(10)

    media.requests = Requests()
    media.pause, media.etag = 0.001, ""
    with (
        EvoLink(mock.api_key, base_url=mock.url, max_retries=0) as api,
        Media() as second,
        ThreadPoolExecutor(2) as pool,
    ):
        second.content, second.requests, second.pause = OTHER, media.requests, 0.001
        threading.Thread(target=second.serve_forever, args=(0.01,), daemon=True).start()
        tasks = [completed(media.url), another(second.url)]
        downloads = [pool.submit(api.download, task, tmp_path / "film.mp4") for task in tasks]
        errors = [download.exception() for download in downloads]
        second.shutdown()
    assert sorted(type(error).__name__ for error in errors) == ["NoneType", "TransferError"]
    assert (tmp_path / "film.mp4").read_bytes() == [CONTENT, OTHER][errors.index(None)]


@pytest.mark.parametrize("error", [errno.EPERM, errno.EOPNOTSUPP])
def test_file_system_without_hard_links_is_no_obstacle(
    api: EvoLink, media: Media, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int
) -> None:
    def refuse(path: Path, _: Path) -> None:
        raise OSError(error, os.strerror(error), str(path))

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    target = tmp_path / "film.mp4"
    assert api.download(completed(media.url), target).read_bytes() == CONTENT
    target.write_bytes(OTHER)
    with pytest.raises(TransferError, match="holds another file"):
        api.download(completed(media.url), target)
    assert target.read_bytes() == OTHER


def test_task_ids_that_differ_get_names_that_differ(api: EvoLink, media: Media, tmp_path: Path) -> None:
    ids = ["a/b", "a_b", "a:b", "x" * 120, "x" * 121, ".a", "a"]
    names = set[str]()
    for task_id in ids:
        task = completed(media.url)
        task.id = task_id
        names.add(api.download(task, tmp_path / "videos").name)
    assert len(names) == len(ids)


@pytest.mark.parametrize("to", ["~/film.mp4", "~/videos/", "~/videos", "~"])
def test_tilde_in_a_target_is_the_home_folder(
    api: EvoLink, media: Media, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, to: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    monkeypatch.chdir(tmp_path)
    for given in (to, Path(to)):
        assert api.download(completed(media.url), given).is_relative_to(tmp_path / "home")
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


def test_tilde_in_a_source_is_the_home_folder(api: EvoLink, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "a.png").write_bytes(CONTENT)
    assert served(api.upload("~/a.png").file_url) == hashlib.sha256(CONTENT).hexdigest()
    assert evolink.media.probe("~/a.png").bytes == len(CONTENT)


def test_unknown_home_folder_is_reported_and_a_file_may_begin_with_a_tilde(
    api: EvoLink, media: Media, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TransferError, match="the home folder in '~nobody-here/videos' is unknown"):
        api.download(completed(media.url), "~nobody-here/videos")
    assert api.download(completed(media.url), "~film.mp4").name == "~film.mp4"


PROMPT = "A cat plays the piano while the sun sets over the sea, and everybody in the harbour listens. " * 4


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        (PROMPT, "File name too long; choose a shorter name"),
        (f"{PROMPT}.mp4", "File name too long; choose a shorter name"),
        (f"{PROMPT}/film.mp4", "File name too long; choose a shorter name"),
        ("a\ud800.mp4", "characters that no path can have; remove them"),
        ("a\0b", "contains a null character; remove it"),
        ("file/film.mp4", "a file is in the place of a folder; choose another folder"),
        ("file/deep/", "a file is in the place of a folder; choose another folder"),
        ("loop/film.mp4", "choose another"),
        ("folder/", ""),
    ],
)
def test_every_unusable_target_is_a_transfer_error_that_says_what_to_do(
    api: EvoLink, media: Media, tmp_path: Path, name: str, advice: str
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    if not advice:
        (tmp_path / "folder" / f"{ID}.mp4").mkdir(parents=True)
    with pytest.raises(TransferError, match=re.escape(advice or "it is not a regular file; choose another path")):
        api.download(completed(media.url), f"{tmp_path}/{name}")


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.EACCES, "choose a place that this user may use, or change its permissions"),
        (errno.ENOSPC, "free some space, or choose another disk"),
    ],
)
@pytest.mark.parametrize("place", ["mkdir", "open", "write", "rename"])
def test_every_failure_to_write_is_a_transfer_error(
    api: EvoLink, media: Media, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, number: int, advice: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    names = {"mkdir": (Path, "mkdir"), "open": (os, "open"), "rename": (Path, "hardlink_to")}
    owner, name = names.get(place, (PartialFile, "write"))
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, fail)
        with pytest.raises(TransferError, match=re.escape(advice)):
            api.download(completed(media.url), tmp_path / "new")
    assert not (tmp_path / "new" / f"{ID}.mp4").exists()


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        (f"{PROMPT}.png", "choose a shorter name"),
        ("a\ud800.png", "remove them"),
        ("nothing.png", "check the path"),
        (".", "pass the path of a file"),
        ("file/a.png", ""),
    ],
)
def test_every_unusable_source_is_a_transfer_error_that_says_what_to_do(
    api: EvoLink, tmp_path: Path, name: str, advice: str
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(TransferError, match=f"cannot upload.*{advice}"):
        api.upload(f"{tmp_path}/{name}")


# --- what is saved


@pytest.mark.parametrize(
    ("head", "suffix"),
    [
        (HEAD, ".mp4"),
        (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", ".mov"),
        (b"\0\0\0\x08wide\0\0\0\0mdat", ".mov"),
        (b"\x03\0\0\0mdat", ".mov"),
        (b"\0\0\0\x1cftyp3gp4", ".3gp"),
        (b"\0\0\0\x18stypmsdh", ".mp4"),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webm", ".webm"),
        (b"\x1aE\xdf\xa3\xa3B\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x88matroska", ".mkv"),
        (b"RIFF\0\0\x10\0AVI LIST", ".avi"),
        (b"FLV\x01\x05\0\0\0\x09", ".flv"),
        (b"\0\0\x01\xba!\0\x01", ".mpg"),
        ((b"G" + bytes(187)) * 3, ".ts"),
        (b"OggS\0\x02" + bytes(22) + b"\x80theora", ".ogv"),
    ],
)
def test_first_bytes_decide_the_suffix_in_a_folder(
    api: EvoLink, media: Media, tmp_path: Path, head: bytes, suffix: str
) -> None:
    media.content = head + bytes(300)
    media.kind = "text/plain"
    assert api.download(completed(media.url.replace("a.mp4", "a.sh")), tmp_path) == tmp_path / f"{ID}{suffix}"


def test_given_file_name_keeps_its_suffix(api: EvoLink, media: Media, tmp_path: Path) -> None:
    assert api.download(completed(media.url.replace("a.mp4", "a")), tmp_path / "film.dat").read_bytes() == CONTENT


NO_VIDEOS = [
    (b"", "an empty file"),
    (b"\n<!DOCTYPE html><title>403 Forbidden</title>", "an HTML page"),
    (b'<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>', "an XML document"),
    (b'{"error": {"code": 404, "message": "not found"}}', "a JSON document"),
    (b"Get free videos here", "a text"),
    (b"not moov or mdat either", "a text"),
    (b"Good morning", "a text"),
    (b"#EXTM3U\nfile:///etc/passwd", "a playlist"),
    (b"PK\x03\x04" + bytes(30), "a zip archive"),
    (b"#!/bin/sh\nrm -rf ~\n", "a program"),
    (b"\x7fELF\x02\x01\x01" + bytes(60), "a program"),
    (b"\x89PNG\r\n\x1a\n" + bytes(60), "an image (png)"),
    (b"\0\0\0\x1cftypavif" + bytes(60), "an image (avif)"),
    (b"\0\0\0\x1cftypM4A " + bytes(60), "an audio file (m4a)"),
    (b"ID3\x04" + bytes(60), "an audio file (mp3)"),
    (bytes(5000), "a file of unknown format"),
]


@pytest.mark.parametrize(("content", "what"), NO_VIDEOS, ids=[what for _, what in NO_VIDEOS])
def test_file_that_is_not_a_video_is_not_saved(
    api: EvoLink, media: Media, tmp_path: Path, content: bytes, what: str
) -> None:
    media.content, media.fault = content, "length" if len(content) % 2 else ""
    with pytest.raises(TransferError, match=re.escape(f"the server sent {what} instead of a video")) as caught:
        api.download(completed(media.url), tmp_path / "film.mp4" if media.fault else tmp_path)
    assert caught.value.part is None
    assert list(tmp_path.iterdir()) == []


def test_task_of_another_type_yields_files_of_that_type(api: EvoLink, media: Media, tmp_path: Path) -> None:
    names: list[str] = []
    for kind, content in (("image", b"\x89PNG\r\n\x1a\n"), ("audio", b"ID3\x04"), ("text", b"It rains.")):
        media.content = content + bytes(40)
        task = completed(media.url)
        task.type_ = kind
        task.id = kind
        names.append(api.download(task, tmp_path).name)
    assert names == ["image.png", "audio.mp3", "text.txt"]
    media.content = CONTENT
    image = completed(media.url)
    image.type_ = "image"
    with pytest.raises(TransferError, match=re.escape("a video (mp4) instead of an image")):
        api.download(image, tmp_path)


# --- bounds


class Dripping(socketserver.ThreadingTCPServer):
    """Sends the beginning of a response, and then one more byte every few milliseconds."""

    daemon_threads = True

    def __init__(self, beginning: bytes) -> None:
        super().__init__(("127.0.0.1", 0), DrippingHandler)
        self.beginning = beginning
        self.stopped = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_address[1]}/a.mp4"


class DrippingHandler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        server = cast("Dripping", self.server)
        self.request.recv(65_536)
        with suppress(OSError):
            self.request.sendall(server.beginning)
            while not server.stopped.wait(0.02):
                self.request.sendall(b"1")


@contextmanager
def dripping(beginning: bytes) -> Generator[str]:
    with Dripping(beginning) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server.url
        server.stopped.set()
        server.shutdown()


LONG = b'HTTP/1.1 200 OK\r\netag: "v1"\r\ncontent-length: 9000000\r\n\r\n' + HEAD + bytes(70_000)
DRIPS = {
    "head": b"HTTP/1.1 200 OK\r\nx-a: ",
    "body": LONG,
    "chunk extension": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;",
    "gzip": b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n\x1f\x8b\x08\x08\0\0\0\0\0\x03",
}


@pytest.mark.parametrize("place", DRIPS)
def test_download_that_a_server_drips_ends_in_time(mock: MockServer, tmp_path: Path, place: str) -> None:
    seconds = 1.0 if place == "body" else 0.2  # a busy machine, too, must receive what is kept

    async def download_too(url: str) -> None:
        async with AsyncEvoLink(mock.api_key, base_url=mock.url, max_retries=0) as asynchronous:
            await asynchronous.download(completed(url), tmp_path, max_seconds=seconds)

    with dripping(DRIPS[place]) as url, EvoLink(mock.api_key, base_url=mock.url, max_retries=0) as api:
        for download in (
            lambda: api.download(completed(url), tmp_path, max_seconds=seconds),
            lambda: asyncio.run(download_too(url)),
        ):
            began = time.monotonic()
            with pytest.raises(TransferError, match=f"it was not complete within max_seconds={seconds:g}") as caught:
                download()
            assert time.monotonic() - began < 5
            assert (caught.value.part is not None) == (place == "body")


@pytest.mark.parametrize("place", ["head", "chunk extension"])
def test_timeout_bounds_the_whole_step_and_not_a_single_byte(mock: MockServer, tmp_path: Path, place: str) -> None:
    with dripping(DRIPS[place]) as url, EvoLink(mock.api_key, base_url=mock.url, max_retries=0) as api:
        began = time.monotonic()
        with pytest.raises(TransferError, match="ReadTimeout"):
            api.download(completed(url), tmp_path, timeout=0.2)
        assert time.monotonic() - began < 5


def test_download_that_ran_out_of_time_is_resumed(mock: MockServer, media: Media, tmp_path: Path) -> None:
    media.pause = 0.2
    with EvoLink(mock.api_key, base_url=mock.url) as api:
        with pytest.raises(TransferError, match="the next download continues with the part that has arrived") as caught:
            api.download(completed(media.url), tmp_path, max_seconds=1)
        part = caught.value.part
        assert part is not None
        arrived = part.stat().st_size
        assert COMPARED_BYTES < arrived < len(CONTENT)
        media.pause = 0
        assert api.download(completed(media.url), tmp_path).read_bytes() == CONTENT
    assert media.requests[-1]["range"] == f"bytes={arrived - COMPARED_BYTES}-"


def test_pause_that_would_end_too_late_is_not_made(
    api: EvoLink, media: Media, tmp_path: Path, pauses: list[float]
) -> None:
    media.statuses = [404] * 9
    with pytest.raises(TransferError, match=r"not complete within max_seconds=0\.9"):
        api.download(completed(media.url), tmp_path, max_seconds=0.9)
    assert pauses == []


class Clock:
    """A clock that moves when it is told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def slow(tmp_path: Path, chunk: bytes, seconds: float, limits: Limits) -> tuple[int, float]:
    """Download from a server that sends a chunk every few seconds; return the number of chunks and the time."""
    clock, chunks = Clock(), 0
    source = Source("https://example.com/a.mp4", ID, 0)
    target = FileTarget(tmp_path, ID, overwrite=False)
    flow = fetching(source, target, limits, Environment(0, lambda: 0.0, clock, retry_after, no_check))

    def perform(step: Step) -> Any:
        nonlocal chunks
        if isinstance(step, Open):
            return httpx.Response(200, headers={"content-length": str(2**33)}, content=b"")
        clock.now += seconds
        chunks += 1
        return HEAD if chunks == 1 else chunk

    with pytest.raises(TransferError):
        run(flow, perform)
    return chunks, clock.now


def test_speed_is_measured_over_ten_seconds(tmp_path: Path) -> None:
    assert slow(tmp_path, b"x", 0.5, Limits(60)) == (20, 10)
    assert slow(tmp_path, bytes(2000), 2, Limits(60, min_speed=1001)) == (5, 10)
    assert slow(tmp_path, bytes(2000), 2, Limits(60, min_speed=800, max_seconds=50)) == (25, 50)
    assert slow(tmp_path, b"x", 5, Limits(60, min_speed=0, max_seconds=1000)) == (200, 1000)


@pytest.mark.parametrize("fault", ["", "length"])
def test_file_larger_than_max_bytes_is_refused(api: EvoLink, media: Media, tmp_path: Path, fault: str) -> None:
    media.fault = fault
    with pytest.raises(TransferError, match=f"more than max_bytes={len(CONTENT) - 1}"):
        api.download(completed(media.url), tmp_path, max_bytes=len(CONTENT) - 1)
    assert list(tmp_path.iterdir()) == []
    for most in (len(CONTENT), math.inf):
        assert api.download(completed(media.url), tmp_path, max_bytes=most, max_seconds=math.inf).exists()


@pytest.mark.parametrize("name", ["max_seconds", "min_speed", "max_bytes"])
@pytest.mark.parametrize("value", [-1, math.nan, None, "5", True, 0])
def test_invalid_bound_is_a_configuration_error(api: EvoLink, media: Media, name: str, value: Any) -> None:
    if (name, value) == ("min_speed", 0):
        return
    bounds: Any = {name: value}
    with pytest.raises(ConfigurationError, match=f"{name} must be a number above 0, or .* for no bound"):
        api.download(completed(media.url), **bounds)
    assert media.requests == []


# --- links that are not served yet


@pytest.mark.parametrize("status", [404, 403, 410, 204])
def test_link_that_is_not_served_yet_is_requested_again_with_growing_pauses(
    api: EvoLink, media: Media, tmp_path: Path, pauses: list[float], status: int
) -> None:
    media.statuses = [status] * 4
    assert api.download(completed(media.url), tmp_path).read_bytes() == CONTENT
    assert pauses == [1, 2, 4, 8]


def test_link_that_is_never_served_is_reported_after_a_while(
    api: EvoLink, media: Media, tmp_path: Path, pauses: list[float]
) -> None:
    media.statuses = [404] * 99
    with pytest.raises(TransferError, match="HTTP 404; the link may have expired, or may not be served yet"):
        api.download(completed(media.url), tmp_path)
    assert pauses == [*NOT_SERVED_PAUSES]
    with EvoLink("sk-evo-mock", base_url="http://127.0.0.1:9", max_retries=0) as once, pytest.raises(TransferError):
        once.download(completed(media.url), tmp_path)


def test_task_is_read_again_for_a_fresh_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evolink._client.sleep", no_pause)
    reads: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/v1/tasks/"):
            reads.append(request.url.path)
            fresh = {"id": ID, "status": "completed", "results": ["https://a.example/fresh.mp4"]}
            return httpx.Response(200, json=fresh)
        return httpx.Response(200, content=CONTENT) if request.url.path == "/fresh.mp4" else httpx.Response(403)

    async def download_too() -> Path:
        async with AsyncEvoLink("sk-evo-mock", transport=httpx.MockTransport(answer)) as api:
            return await api.download(expired, tmp_path / "async")

    expired = completed("https://a.example/old.mp4", created=time.time() - YOUNG_SECONDS)
    with EvoLink("sk-evo-mock", transport=httpx.MockTransport(answer)) as api:
        assert api.download(completed("https://a.example/old.mp4"), tmp_path).read_bytes() == CONTENT
        assert api.download(expired, tmp_path).read_bytes() == CONTENT
    assert asyncio.run(download_too()).read_bytes() == CONTENT
    assert reads == [f"/v1/tasks/{ID}"] * 3


# --- parts that cannot be trusted


def interrupted(mock: MockServer, media: Media, folder: Path) -> Path:
    """Leave a part of 400,000 bytes; return its path."""
    media.cuts = [400_000]
    with EvoLink(mock.api_key, base_url=mock.url, max_retries=0) as api, pytest.raises(TransferError) as caught:
        api.download(completed(media.url), folder)
    assert caught.value.part is not None
    return caught.value.part


PLANTED = {
    "all of it": b"evil" * (len(CONTENT) // 4),
    "other video": OTHER,
    "good beginning": CONTENT[:200_000] + b"evil" * 50_000,
    "damaged end": CONTENT[:399_000] + bytes(1000),
    "too long": CONTENT + b"more",
    "short": b"evil",
    "empty": b"",
}


@pytest.mark.parametrize("planted", PLANTED)
def test_part_that_is_not_the_beginning_of_the_file_is_not_used(
    mock: MockServer, media: Media, tmp_path: Path, planted: str
) -> None:
    interrupted(mock, media, tmp_path).write_bytes(PLANTED[planted])
    with EvoLink(mock.api_key, base_url=mock.url, max_retries=0) as api:
        assert api.download(completed(media.url), tmp_path).read_bytes() == CONTENT
    assert parts(tmp_path) == []


def test_part_of_another_user_or_with_a_second_name_is_not_used(mock: MockServer, media: Media, tmp_path: Path) -> None:
    part = interrupted(mock, media, tmp_path)
    part.write_bytes(CONTENT)
    (tmp_path / "second").hardlink_to(part)
    with EvoLink(mock.api_key, base_url=mock.url, max_retries=0) as api:
        api.download(completed(media.url), tmp_path)
    assert media.requests[-1].get("range") is None
    assert (tmp_path / f"{ID}.mp4").stat().st_nlink == 1


def test_complete_part_is_compared_before_it_becomes_the_file(mock: MockServer, media: Media, tmp_path: Path) -> None:
    interrupted(mock, media, tmp_path).write_bytes(CONTENT)
    with EvoLink(mock.api_key, base_url=mock.url, max_retries=0) as api:
        assert api.download(completed(media.url), tmp_path).read_bytes() == CONTENT
    assert media.requests[-1]["range"] == f"bytes={len(CONTENT) - COMPARED_BYTES}-"


def test_part_of_another_task_is_not_resumed(mock: MockServer, media: Media, tmp_path: Path) -> None:
    media.cuts = [400_000]
    with EvoLink(mock.api_key, base_url=mock.url, max_retries=0) as api:
        with pytest.raises(TransferError):
            api.download(completed(media.url), tmp_path / "film.mp4")
        api.download(another(media.url), tmp_path / "film.mp4")
    assert [headers.get("range") for headers in media.requests] == [None, None]


@pytest.mark.parametrize("fault", ["end", "beyond"])
def test_range_with_a_false_end_is_discarded(api: EvoLink, media: Media, tmp_path: Path, fault: str) -> None:
    media.fault = fault
    media.cuts = [400_000]
    assert api.download(completed(media.url), tmp_path).read_bytes() == CONTENT
    assert [headers.get("range") for headers in media.requests] == [None, "bytes=400000-", None]


# --- memory


class OneWay(io.RawIOBase):
    """A pipe: it can neither seek nor tell, and takes at most 1000 bytes at a time."""

    def __init__(self, content: bytes = b"") -> None:
        self.buffer = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        return self.buffer.readinto(memoryview(target)[:1000])

    def write(self, content: Any) -> int:
        return self.buffer.write(bytes(content[:1000]))


def test_result_is_written_to_a_file_object(api: EvoLink, media: Media) -> None:
    media.cuts = [400_000, 1]
    memory = io.BytesIO(b"before ")
    memory.seek(7)
    assert api.download(completed(media.url), memory) is memory
    assert memory.getvalue() == b"before " + CONTENT
    pipe = OneWay()
    assert api.download(completed(media.url), pipe).buffer.getvalue() == CONTENT


@pytest.mark.anyio
async def test_asynchronous_client_takes_and_returns_memory(mock: MockServer, media: Media) -> None:
    async with AsyncEvoLink(mock.api_key, base_url=mock.url) as api:
        assert (await api.download(completed(media.url), io.BytesIO())).getvalue() == CONTENT
        for source in (CONTENT, io.BytesIO(CONTENT), OneWay(CONTENT)):
            uploaded = await api.upload(source, name="a.png")
            assert served(uploaded.file_url) == hashlib.sha256(CONTENT).hexdigest()


def test_file_object_gets_nothing_of_a_download_that_fails(mock: MockServer, media: Media) -> None:
    memory = io.BytesIO()
    with EvoLink(mock.api_key, base_url=mock.url, max_retries=0) as api:
        for content, cut in ((CONTENT, 700_000), (b"{}", None)):
            media.content, media.cuts = content, [cut]
            with pytest.raises(TransferError) as caught:
                api.download(completed(media.url), memory)
            assert caught.value.part is None
    assert memory.getvalue() == b""


class AsyncFile:
    async def write(self, content: bytes) -> int:
        return len(content)

    async def read(self, size: int) -> bytes:
        return bytes(size)


def at_end(file: Any) -> Any:
    file.seek(0, io.SEEK_END)
    return file


def closed(file: Any) -> Any:
    file.close()
    return file


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (io.StringIO, "it takes text; open it in binary mode"),
        (lambda: closed(io.BytesIO()), "it is closed"),
        (lambda: Path(os.devnull).open("rb"), "it is open for reading only"),  # noqa: SIM115 - the test closes it
        (AsyncFile, "its write is asynchronous"),
    ],
)
def test_file_object_that_takes_no_bytes_is_refused_before_the_download(
    api: EvoLink, media: Media, file: Any, reason: str
) -> None:
    target = file()
    with pytest.raises(TransferError, match=reason):
        api.download(completed(media.url), target)
    assert media.requests == []
    if hasattr(target, "close"):
        target.close()


def test_full_disk_behind_a_file_object_is_a_transfer_error(api: EvoLink, media: Media) -> None:
    with Path("/dev/full").open("wb", buffering=0) as full, pytest.raises(TransferError, match="free some space"):
        api.download(completed(media.url), full)


@pytest.mark.parametrize("make", [bytes, bytearray, memoryview, io.BytesIO, OneWay], ids=lambda make: make.__name__)
def test_bytes_and_file_objects_are_uploaded_under_their_name(api: EvoLink, make: Any) -> None:
    source = make(CONTENT)
    uploaded = api.upload(source, name="fötö.png")
    assert served(uploaded.file_url) == hashlib.sha256(CONTENT).hexdigest()
    assert uploaded.original_name == "fötö.png"
    if isinstance(source, io.IOBase):
        assert not source.closed


def test_file_object_is_uploaded_from_its_position_under_its_own_name(api: EvoLink, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"skipped" + CONTENT)
    with (tmp_path / "a.png").open("rb") as file:
        file.seek(7)
        uploaded = api.upload(file)
        assert served(uploaded.file_url) == hashlib.sha256(CONTENT).hexdigest()
        assert uploaded.original_name == "a.png"
        assert api.upload(tmp_path / "a.png", name="b.png").original_name == "b.png"


@pytest.mark.parametrize(
    ("source", "name", "reason"),
    [
        (b"content", None, "pass name"),
        (io.BytesIO(b"content"), None, "pass name"),
        (b"content", "", "pass the name of a file"),
        (b"content", "a/b.png", "pass the name of a file"),
        (b"content", "a\n.png", "pass the name of a file"),
        (b"content", 5, "pass the name of a file"),
        (io.StringIO("text"), "a.png", "open it in binary mode"),
        (AsyncFile(), "a.png", "its read is asynchronous"),
        (closed(io.BytesIO()), "a.png", "it is closed"),
        (at_end(io.BytesIO(b"content")), "a.png", r"nothing is left to read; call seek\(0\) first"),
        ("https://a.invalid/my cat.png", None, "percent-encode it: https://a.invalid/my%20cat.png"),
        ("https://a.invalid/\u732b.png", "a.png", "percent-encode it: https://a.invalid/%E7%8C%AB.png"),
    ],
)
def test_source_that_cannot_be_uploaded_says_why(api: EvoLink, source: Any, name: Any, reason: str) -> None:
    with pytest.raises(TransferError, match=f"cannot upload.*{reason}"):
        api.upload(source, name=name)


# --- repeated uploads


NOWHERE = "http://127.0.0.1:9"  # a client for https would load certificates first


class Unreliable(httpx.MockTransport):
    """Fails a few times; then it accepts an upload.

    Attributes:
        bodies: the body of every attempt.
    """

    def __init__(self, *failures: int | type[Exception]) -> None:
        super().__init__(self._answer)
        self.failures = [*failures]
        self.bodies: list[bytes] = []

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.bodies.append(request.content)
        failure = self.failures.pop(0) if self.failures else None
        if isinstance(failure, int):
            return httpx.Response(failure)
        if failure is not None:
            raise failure("lost")
        return httpx.Response(200, json={"success": True, "code": 200, "msg": "", "data": UPLOADED})


UPLOADED = {
    "file_id": "1", "file_name": "a", "original_name": "a", "file_size": 1, "mime_type": "image/png", "upload_path": "",
    "file_url": "https://a.example/a.png", "download_url": "https://a.example/a.png",
    "upload_time": "2026-01-01T00:00:00+08:00", "expires_at": "2026-01-04T00:00:00+08:00",
}  # fmt: skip
SOURCES: list[Callable[[Path], Any]] = [
    lambda path: path,
    lambda _: CONTENT,
    lambda _: OneWay(CONTENT),
    lambda _: "https://example.com/a.png",
    lambda _: "data:image/png;base64,AAAA",
]


@pytest.mark.parametrize("source", SOURCES, ids=["path", "bytes", "pipe", "url", "data"])
@pytest.mark.parametrize("failure", [502, httpx.ReadError])
def test_upload_is_repeated_with_its_whole_body(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: Callable[[Path], Any], failure: Any
) -> None:
    monkeypatch.setattr("evolink._http.sleep", no_pause)
    path = tmp_path / "a.png"
    path.write_bytes(CONTENT)
    transport = Unreliable(failure, failure)
    with EvoLink("sk-evo-mock", base_url=NOWHERE, transport=transport) as api:
        assert api.upload(source(path), name="a.png").file_url == UPLOADED["file_url"]
    assert len(transport.bodies) == 3
    assert {*transport.bodies} == {transport.bodies[0]}
    assert CONTENT in transport.bodies[0] or b"a.png" in transport.bodies[0]
    once = Unreliable(failure)
    with (
        EvoLink("sk-evo-mock", base_url=NOWHERE, transport=once, max_retries=0) as api,
        pytest.raises(evolink.RequestError),
    ):
        api.upload(source(path), name="a.png")


@pytest.mark.anyio
async def test_asynchronous_upload_is_repeated_with_its_whole_body(monkeypatch: pytest.MonkeyPatch) -> None:
    async def no_pause(_: float) -> None:
        pass

    monkeypatch.setattr("evolink._async_http.asyncio.sleep", no_pause)
    transport = Unreliable(502)
    async with AsyncEvoLink("sk-evo-mock", base_url=NOWHERE, transport=transport) as api:
        await api.upload(io.BytesIO(CONTENT), name="a.png")
    assert transport.bodies == [transport.bodies[0]] * 2


def test_generated_upload_is_repeated_if_its_file_can_be_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evolink._http.sleep", no_pause)
    for payload, attempts in ((io.BytesIO(CONTENT), 2), (OneWay(CONTENT), 1)):
        transport = Unreliable(502)
        body = UploadStreamRequest(file=File(payload=cast("Any", payload), file_name="a.png"))
        with EvoLink("sk-evo-mock", base_url=NOWHERE, transport=transport) as api, suppress(evolink.ServerError):
            upload_file_stream.sync(client=api.files_client, body=body)
        assert [CONTENT in body for body in transport.bodies] == [True] * attempts


def test_error_of_on_progress_ends_an_upload_and_is_not_repeated() -> None:
    def broken(received: int, total: int | None) -> None:
        raise BrokenPipeError(f"{received} of {total}")

    transport = Unreliable()
    with EvoLink("sk-evo-mock", base_url=NOWHERE, transport=transport) as api, pytest.raises(BrokenPipeError):
        api.upload(CONTENT, name="a.png", on_progress=broken)
    assert transport.bodies == []


def test_file_that_shrinks_or_fails_during_an_upload_is_a_transfer_error(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(CONTENT)

    def shrink(*_: object) -> None:
        os.truncate(path, 100_000)

    with EvoLink("sk-evo-mock", base_url=NOWHERE, transport=Unreliable()) as api:
        with pytest.raises(TransferError, match="it changed while it was read; upload it again"):
            api.upload(path, on_progress=shrink)
        broken = io.BytesIO(CONTENT)

        def close(*_: object) -> None:
            broken.close()

        with pytest.raises(TransferError, match=r"cannot upload 'a\.png': I/O operation on closed file"):
            api.upload(broken, name="a.png", on_progress=close)


# --- PyInstaller


def test_hooks_of_pyinstaller_add_every_data_file_and_every_module() -> None:
    [entry] = [each for each in entry_points(group="pyinstaller40") if each.module.startswith("evolink.")]
    [folder] = entry.load()()
    hooks = {path.stem.removeprefix("hook-"): runpy.run_path(str(path)) for path in Path(folder).glob("hook-*.py")}
    files = {
        name: {f"{target}/{Path(source).name}" for source, target in hook["datas"]} for name, hook in hooks.items()
    }
    assert files["evolink"] == {"evolink/py.typed"}
    editions = {f"evolink_client/editions/{name}.json" for name in _contract.editions() if name != "base"}
    assert files["evolink_client"] == {"evolink_client/openapi.json", "evolink_client/py.typed"} | editions
    assert {"evolink_mock/contract/rules.json", "evolink_mock/dashboard/pages/dashboard.html"} < files["evolink_mock"]
    modules = {module for hook in hooks.values() for module in hook["hiddenimports"]}
    assert {"evolink", "evolink._client", "evolink.cli.app", "evolink_client.models.task", "evolink_mock.cli"} < modules
    assert not modules & {"evolink_mock.plugin", "evolink._pyinstaller"}


def test_temporary_files_of_killed_programs_are_removed_and_those_of_others_stay(tmp_path: Path) -> None:
    target = tmp_path / "film.mp4"
    killed = tmp_path / f".film.mp4.{'0' * 16}.tmp"
    killed.write_bytes(b"half")
    unrelated = tmp_path / f".film.mp4.{'0' * 16}.txt"
    unrelated.write_bytes(b"mine")
    running, part = PartialFile(target, ""), PartialFile(target, "")
    part.write(b"whole")
    part.finish(target, overwrite=False)
    assert set(tmp_path.iterdir()) == {target, unrelated, running.path}
    running.close()
