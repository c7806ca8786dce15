"""Downloads and uploads: a file appears only when it is complete, and interrupted downloads are resumed."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
import os
import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

import evolink
from evolink import (
    AsyncEvoLink,
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
)
from evolink._partial_file import PartialFile
from evolink.media import check
from evolink_mock import MockServer

CONTENT = bytes(range(256)) * 4096  # 1 MiB
ID = "task-unified-1757169743-7cvnl5zw"
REQUEST = Wan25ImageToVideo(prompt="A cat", image_urls=["https://example.com/a.png"])


class Media(ThreadingHTTPServer):
    """Serves one file, with the faults that a test sets.

    Attributes:
        cuts: per request, the number of bytes after which the connection drops; None for the whole file.
        statuses: per request, the status to send instead of the file; None for the file.
        etag: the version of the file; empty for none.
        kind: the content type.
        fault: "start" sends a wrong start of the range, "version" ignores a changed version, "length" sends no length.
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
            media.content, media.etag = CONTENT[::-1], '"v2"'
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
            self.send_header("content-range", f"bytes {start + shift}-{whole - 1}/{whole}")
        if media.fault != "length":
            self.send_header("content-length", str(len(body)))
        self.end_headers()
        cut = media.cuts.pop(0) if media.cuts else None
        body = body if cut is None else body[:cut]
        for position in range(0, len(body), 65_536 if media.pause else max(1, len(body))):
            self.wfile.write(body[position : position + 65_536] if media.pause else body)
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
def api(mock: MockServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[EvoLink]:
    """A client that does not wait between retries."""

    def no_pause(seconds: float) -> None:
        assert seconds >= 0

    monkeypatch.setattr("evolink._client.sleep", no_pause)
    with EvoLink(mock.api_key, base_url=mock.url) as client:
        yield client


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
    assert media.requests[-1]["range"] == "bytes=400000-"
    assert parts(tmp_path) == []


def test_partial_file_of_another_version_is_not_resumed(mock: MockServer, media: Media, tmp_path: Path) -> None:
    media.cuts = [400_000]
    task = completed(media.url)
    with EvoLink(mock.api_key, base_url=mock.url, max_retries=0) as api:
        with pytest.raises(TransferError):
            api.download(task, tmp_path)
        media.content, media.etag = CONTENT[::-1], '"v2"'
        assert api.download(task, tmp_path).read_bytes() == CONTENT[::-1]
    assert parts(tmp_path) == []


def test_file_that_changes_during_the_download_is_fetched_again(api: EvoLink, media: Media, tmp_path: Path) -> None:
    media.cuts = [400_000]
    original = media.requests

    class Requests(list[dict[str, str]]):
        def append(self, headers: dict[str, str]) -> None:
            if original:
                media.content, media.etag = CONTENT[::-1], '"v2"'
            original.append(headers)

    media.requests = Requests()
    assert api.download(completed(media.url), tmp_path).read_bytes() == CONTENT[::-1]


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
        api.download(completed(media.url), tmp_path)
    assert (len(media.requests), list(tmp_path.iterdir())) == (1, [])


def test_busy_server_is_retried(api: EvoLink, media: Media, tmp_path: Path) -> None:
    media.statuses = [503, 429]
    assert api.download(completed(media.url), tmp_path).read_bytes() == CONTENT
    media.statuses = [500] * 9
    with pytest.raises(TransferError, match="the server returned HTTP 500"):
        api.download(completed(media.url), tmp_path)


def test_html_page_instead_of_a_file_is_refused(api: EvoLink, media: Media, tmp_path: Path) -> None:
    media.kind = "text/html; charset=utf-8"
    with pytest.raises(TransferError, match="text/html instead of a file"):
        api.download(completed(media.url), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_redirect_is_followed(api: EvoLink, media: Media, tmp_path: Path) -> None:
    media.statuses = [302]
    assert api.download(completed(media.url), tmp_path).read_bytes() == CONTENT


def test_download_sends_no_key_and_a_user_agent_that_hosts_accept(api: EvoLink, media: Media, tmp_path: Path) -> None:
    api.download(completed(media.url), tmp_path, extra_headers={"x-run": "7"})
    [headers] = media.requests
    assert "authorization" not in headers
    assert headers["user-agent"].startswith("Mozilla/5.0 (compatible; evolink-client/")
    assert headers["x-run"] == "7"


@pytest.mark.parametrize(
    "link", ["", "file:///etc/passwd", "data:video/mp4;base64,AA==", "ftp://a.example/b", "https://"]
)
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
        check(image)

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
    replace = Path.replace

    def replace_in_competition(path: Path, new: Path) -> Path:
        others.append(PartialFile(target, "v1"))
        return replace(path, new)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", replace_in_competition)
        first.finish()
    [other] = others
    assert (other.path.suffix, other.size) == (".tmp", 0)
    other.begin(0)
    assert target.read_bytes() == b"complete"
    other.write(b"again")
    other.finish()
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
    other.finish()
    assert [path.name for path in tmp_path.iterdir()] == [target.name]


def test_server_that_ignores_if_range_does_not_mix_versions(api: EvoLink, media: Media, tmp_path: Path) -> None:
    media.cuts = [400_000]
    media.fault = "version"
    assert api.download(completed(media.url), tmp_path).read_bytes() == CONTENT[::-1]


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
    api.download(completed(media.url), tmp_path / "link.mp4")
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
