"""File uploads and credits: validation as documented, storage limits, and links that serve the same bytes."""

from __future__ import annotations

import asyncio
import base64
import gzip
import io
import random
import re
import tracemalloc
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from evolink_mock import MockServer
from evolink_mock.domain.file_store import FileStore, RejectedFileError, Upload
from evolink_mock.http import bodies
from evolink_mock.server import ServedApp, listen

UPLOAD = "/api/v1/files/upload"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
MEGABYTE = 1024 * 1024


def errors(contract: dict[str, Any], name: str, body: Any) -> list[str]:
    schema = {"$ref": f"#/components/schemas/{name}", "components": contract["components"]}
    validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    return [error.message for error in validator.iter_errors(body)]


def refusal(response: httpx.Response) -> tuple[int, int]:
    """Check the format of an error response of the file host; return its status and code."""
    body = response.json()
    assert body.keys() == {"success", "code", "msg"}
    assert body["success"] is False
    assert body["msg"]
    assert "\n" not in body["msg"]
    return response.status_code, body["code"]


def uploaded(response: httpx.Response) -> dict[str, Any]:
    """Return the file object in the response to an upload."""
    assert response.status_code == 200, response.text
    data: dict[str, Any] = response.json()["data"]
    return data


def send(http: httpx.Client, way: str, content: bytes = PNG, **fields: str) -> httpx.Response:
    if way == "stream":
        return http.post(f"{UPLOAD}/stream", files={"file": ("image1.png", content, "image/png")}, data=fields)
    return http.post(f"{UPLOAD}/base64", json={"base64_data": base64.b64encode(content).decode(), **fields})


@pytest.fixture
def anyone() -> Iterator[httpx.Client]:
    """A client without a key."""
    with httpx.Client(trust_env=False) as client:
        yield client


@pytest.fixture(scope="module")
def source() -> Iterator[str]:
    """The URL of a server with downloadable files."""

    async def redirect(_: Request) -> Response:
        return RedirectResponse("/image.png")

    async def image(_: Request) -> Response:
        return Response(PNG, media_type="image/png")

    async def page(_: Request) -> Response:
        return Response("<html></html>", media_type="text/html")

    async def failing(_: Request) -> Response:
        return Response(status_code=500)

    async def endless(_: Request) -> Response:
        return RedirectResponse("/endless")

    handlers = {"/image.png": image, "/redirect": redirect, "/page": page, "/failing": failing, "/endless": endless}
    app = Starlette(routes=[Route(path, handler) for path, handler in handlers.items()])
    with ServedApp(app, listen("127.0.0.1", 0)) as served:
        yield served.url


# --- accepted uploads


@pytest.mark.parametrize("way", ["stream", "base64"])
def test_upload_gets_the_documented_response_and_its_links_serve_the_file(
    http: httpx.Client, anyone: httpx.Client, contract: dict[str, Any], way: str
) -> None:
    response = send(http, way, upload_path="images", file_name="cat.png")
    assert errors(contract, "UploadResponse", response.json()) == []
    data = uploaded(response)
    assert (data["file_name"], data["upload_path"], data["file_size"]) == ("cat.png", "images", len(PNG))
    assert data["mime_type"] == "image/png"
    start, end = datetime.fromisoformat(data["upload_time"]), datetime.fromisoformat(data["expires_at"])
    assert data["upload_time"].endswith("+08:00")
    assert end - start == timedelta(hours=72)
    inline, downloaded = anyone.get(data["file_url"]), anyone.get(data["download_url"])
    assert (inline.content, downloaded.content) == (PNG, PNG)
    assert inline.headers["content-type"] == "image/png"
    assert "content-disposition" not in inline.headers
    assert downloaded.headers["content-disposition"] == 'attachment; filename="cat.png"'
    part = anyone.get(data["file_url"], headers={"range": "bytes=1-3"})
    assert (part.status_code, part.content) == (206, b"PNG")


def test_data_url_is_accepted_too(http: httpx.Client, anyone: httpx.Client) -> None:
    text = "data:image/webp;base64," + base64.b64encode(b"anything").decode()
    data = uploaded(http.post(f"{UPLOAD}/base64", json={"base64_data": text}))
    assert (data["mime_type"], anyone.get(data["file_url"]).content) == ("image/webp", b"anything")
    assert data["file_name"].endswith(".webp")


def test_form_accepts_both_documented_field_names(http: httpx.Client) -> None:
    data = uploaded(send(http, "stream", uploadPath="images", fileName="cat.png"))
    assert (data["upload_path"], data["file_name"], data["original_name"]) == ("images", "cat.png", "image1.png")


@pytest.mark.parametrize("path", ["image.png", "redirect"])
def test_file_is_downloaded_from_its_url(http: httpx.Client, anyone: httpx.Client, source: str, path: str) -> None:
    data = uploaded(http.post(f"{UPLOAD}/url", json={"file_url": f"{source}/{path}", "upload_path": "images"}))
    assert (data["original_name"], data["upload_path"], data["mime_type"]) == (path, "images", "image/png")
    assert anyone.get(data["file_url"]).content == PNG


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("a.bin", b"\xff\xd8\xff rest", "image/jpeg"),
        ("a.bin", b"GIF89a", "image/gif"),
        ("a.bin", b"RIFF____WEBPVP8 ", "image/webp"),
        ("a.bin", b"RIFF____WAVEfmt ", "audio/wav"),
        ("a.bin", b"ID3\x04 rest", "audio/mpeg"),
        ("a.bin", b"____ftypisom", "video/mp4"),
        ("a.bin", b"____ftypqt  ", "video/quicktime"),
        ("a.mp4", b"what no program knows", "video/mp4"),
    ],
)
def test_media_type_comes_from_the_first_bytes_or_the_name(
    http: httpx.Client, name: str, content: bytes, media_type: str
) -> None:
    files = {"file": (name, content, "application/octet-stream")}
    assert uploaded(http.post(f"{UPLOAD}/stream", files=files))["mime_type"] == media_type


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd.png", "passwd.png"),
        ("C:\\temp\\cat.png", "cat.png"),
        ("猫 & co?#%.png", "猫 & co?#%.png"),
        ("a\r\nb\0.png", "ab.png"),
        ("x" * 5000 + ".png", "x" * 196 + ".png"),
    ],
)
def test_file_name_is_never_a_path(http: httpx.Client, anyone: httpx.Client, name: str, kept: str) -> None:
    body = {"base64_data": base64.b64encode(PNG).decode(), "file_name": name, "upload_path": "../../.."}
    data = uploaded(http.post(f"{UPLOAD}/base64", json=body))
    assert data["file_name"] == kept
    assert anyone.get(data["file_url"]).content == PNG
    assert anyone.get(data["download_url"]).content == PNG


@pytest.mark.parametrize("name", ["..", "/", ".", ""])
def test_file_without_a_usable_name_is_named_by_its_id(http: httpx.Client, anyone: httpx.Client, name: str) -> None:
    data = uploaded(send(http, "base64", file_name=name))
    assert data["file_name"] == f"{data['file_id']}.png"
    assert anyone.get(data["file_url"]).content == PNG


# --- rejected uploads


@pytest.mark.parametrize("way", ["stream", "base64", "url"])
def test_upload_requires_the_key_post_and_its_content_type(http: httpx.Client, mock: MockServer, way: str) -> None:
    for key in ("", "Bearer no-such-key"):
        headers = {"authorization": key} if key else {}
        assert refusal(httpx.post(f"{mock.url}{UPLOAD}/{way}", headers=headers, trust_env=False)) == (401, 401)
    for method in ("GET", "PUT", "DELETE"):
        other = http.request(method, f"{UPLOAD}/{way}")
        assert (refusal(other), other.headers["allow"]) == ((405, 405), "POST")
    assert refusal(http.post(f"{UPLOAD}/{way}", content=b"x", headers={"content-type": "text/plain"})) == (415, 415)


@pytest.mark.parametrize(
    ("way", "body"),
    [
        ("base64", {}),
        ("base64", {"base64_data": None}),
        ("base64", {"base64_data": "%%%"}),
        ("base64", {"base64_data": "abcde"}),
        ("base64", {"base64_data": "R0lGODlh", "file_name": 5}),
        ("base64", {"base64_data": "R0lGODlh", "upload_path": None}),
        ("base64", []),
        ("url", {}),
        ("url", {"file_url": "ftp://example.invalid/a.png"}),
        ("url", {"file_url": "https://example.invalid/a b.png"}),
    ],
)
def test_invalid_body_is_rejected(http: httpx.Client, way: str, body: Any) -> None:
    assert refusal(http.post(f"{UPLOAD}/{way}", json=body)) == (400, 400)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff", b'{"base64_data": "R0lGODlh", "file_name": "\\ud800"}', b"[" * 30_000],
    ids=range(5),
)
def test_malformed_json_is_rejected(http: httpx.Client, content: bytes) -> None:
    headers = {"content-type": "application/json"}
    for way in ("base64", "url"):
        assert refusal(http.post(f"{UPLOAD}/{way}", content=content, headers=headers)) == (400, 400)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no form",
        b'--a\r\ncontent-disposition: form-data; name="file"\r\n\r\ntext\r\n--a--\r\n',
        b'--a\r\ncontent-disposition: form-data; name="file"; filename="a.png"\r\n',
        b"--a\r\ncontent-disposition: form-data\r\n\r\ntext\r\n--a--\r\n",
    ],
    ids=range(5),
)
@pytest.mark.parametrize("parameters", ["", "; boundary=a", "; boundary=a; charset=nonsense"])
def test_malformed_form_is_rejected(
    http: httpx.Client, capfd: pytest.CaptureFixture[str], content: bytes, parameters: str
) -> None:
    headers = {"content-type": f"multipart/form-data{parameters}"}
    assert refusal(http.post(f"{UPLOAD}/stream", content=content, headers=headers)) == (400, 400)
    assert capfd.readouterr() == ("", "")


def test_form_has_one_file_and_its_other_fields_are_text(http: httpx.Client) -> None:
    two = [("file", ("a.png", PNG, "image/png")), ("file", ("b.png", PNG, "image/png"))]
    assert refusal(http.post(f"{UPLOAD}/stream", files=two)) == (400, 400)
    assert refusal(http.post(f"{UPLOAD}/stream", files={"upload_path": ("a.png", PNG)})) == (400, 400)


def test_file_that_is_neither_image_nor_audio_nor_video_is_rejected(http: httpx.Client, source: str) -> None:
    assert refusal(http.post(f"{UPLOAD}/stream", files={"file": ("a.txt", b"text", "text/plain")})) == (400, 40002)
    assert refusal(send(http, "base64", b"text")) == (400, 40002)
    assert refusal(http.post(f"{UPLOAD}/url", json={"file_url": f"{source}/page"})) == (400, 40002)


@pytest.mark.parametrize("path", ["/failing", "/no-such-path", "/endless", None])
def test_file_that_cannot_be_downloaded_is_rejected(http: httpx.Client, source: str, path: str | None) -> None:
    url = "http://127.0.0.1:9/image.png" if path is None else source + path
    assert refusal(http.post(f"{UPLOAD}/url", json={"file_url": url})) == (400, 40004)


def test_download_is_limited_in_time_and_size(http: httpx.Client, source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with ServedApp(_Dripping(), listen("127.0.0.1", 0)) as dripping, monkeypatch.context() as patch:
        patch.setattr("evolink_mock.http.handlers.files.FETCH_SECONDS", 0.2)
        assert refusal(http.post(f"{UPLOAD}/url", json={"file_url": f"{dripping.url}/a.png"})) == (400, 40004)
    assert uploaded(http.post(f"{UPLOAD}/url", json={"file_url": f"{source}/image.png"}))["file_size"] == len(PNG)


def test_packed_download_is_not_unpacked_twice_or_beyond_its_limit(http: httpx.Client) -> None:
    packed = gzip.compress(gzip.compress(bytes(20_000_000)))

    async def twice(_: Request) -> Response:
        return Response(packed, headers={"content-encoding": "gzip, gzip"}, media_type="image/png")

    async def once(_: Request) -> Response:
        return Response(gzip.compress(PNG), headers={"content-encoding": "gzip"}, media_type="image/png")

    with ServedApp(Starlette(routes=[Route("/2", twice), Route("/1", once)]), listen("127.0.0.1", 0)) as served:
        tracemalloc.start()
        try:
            assert refusal(http.post(f"{UPLOAD}/url", json={"file_url": f"{served.url}/2"})) == (400, 40004)
            assert tracemalloc.get_traced_memory()[1] < 4 * MEGABYTE
        finally:
            tracemalloc.stop()
        assert uploaded(http.post(f"{UPLOAD}/url", json={"file_url": f"{served.url}/1"}))["file_size"] == len(PNG)


def test_large_base64_upload_is_decoded_outside_of_the_server(http: httpx.Client, anyone: httpx.Client) -> None:
    content = PNG + bytes(6 * MEGABYTE)
    text = base64.b64encode(content).decode()
    headers = {"content-type": "application/json"}
    bodies = {
        "plain": f'{{"base64_data": "{text}", "file_name": "a.png", "upload_path": "images"}}',
        "data URL": f'{{"base64_data": "data:image/png;base64,{text}", "more": [1]}}',
        "not JSON": f'{{"base64_data": "{text}"',
        "not base64": f'{{"base64_data": "{text}a"}}',
        "other characters": f'{{"base64_data": "{text}!"}}',
        "no file": f'{{"base64": "{text}"}}',
    }
    responses: dict[str, httpx.Response] = {}
    for name, body in bodies.items():
        pieces = [body[start : start + 65_536].encode() for start in range(0, len(body), 65_536)]
        tracemalloc.start()
        try:
            responses[name] = http.post(f"{UPLOAD}/base64", content=iter(pieces), headers=headers)
            most = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert most < 4 * MEGABYTE, name  # neither the body nor the file
    plain, data_url = (uploaded(responses.pop(name)) for name in ("plain", "data URL"))
    assert (plain["file_name"], plain["upload_path"], plain["file_size"]) == ("a.png", "images", len(content))
    assert data_url["mime_type"] == "image/png"
    assert anyone.get(plain["file_url"]).content == content
    assert {name: refusal(response) for name, response in responses.items()} == dict.fromkeys(responses, (400, 400))
    messages = {name: response.json()["msg"] for name, response in responses.items()}
    assert messages["not JSON"] == "The request body is not valid JSON in UTF-8."
    assert messages["not base64"] == "base64_data: is not valid base64."
    assert "base64_data: is required" in messages["no file"]


class _Chunks:
    """A request body of many chunks; counts those that were received."""

    def __init__(self, chunks: int, size: int = 65_536) -> None:
        self.received, self._chunks, self._size = 0, chunks, size
        self.request = Request({"type": "http", "headers": []}, self.receive)

    async def receive(self) -> dict[str, Any]:
        await asyncio.sleep(0)
        self.received += 1
        return {"type": "http.request", "body": bytes(self._size), "more_body": self.received < self._chunks}


@pytest.mark.anyio
async def test_few_large_bodies_are_in_memory_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "MAX_LARGE_BODIES", 2)
    large, small = [_Chunks(10) for _ in range(20)], _Chunks(10, 1000)
    tasks = [asyncio.create_task(bodies.read_body(one.request, MEGABYTE)) for one in large]
    assert len(await bodies.read_body(small.request, MEGABYTE)) == 10_000  # waits for no other one
    assert sum(one.received for one in large) <= 20 * 2 + 2 * 8
    assert {len(body) for body in await asyncio.gather(*tasks)} == {655_360}


@pytest.mark.anyio
async def test_body_without_end_is_not_read_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "MAX_DISCARDED_BYTES", MEGABYTE)
    endless = _Chunks(10_000_000)
    with pytest.raises(bodies.BodyTooLargeError):
        await bodies.read_body(endless.request, MEGABYTE)
    assert endless.received == 33


class _Dripping:
    """An application whose response never ends."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            for kind in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{kind}.complete"})
            return
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"image/png")]})
        while (await receive())["type"] != "http.disconnect":
            pass


def test_largest_file_is_stored_without_being_kept_in_memory_and_a_larger_one_is_rejected(http: httpx.Client) -> None:
    def form(size: int) -> Iterator[bytes]:
        yield b'--a\r\ncontent-disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n'
        for _ in range(size // MEGABYTE):
            yield chunk
        yield b"a" * (size % MEGABYTE) + b"\r\n--a--\r\n"

    chunk = b"a" * MEGABYTE
    headers = {"content-type": "multipart/form-data; boundary=a"}
    tracemalloc.start()
    try:
        largest = http.post(f"{UPLOAD}/stream", content=form(100 * MEGABYTE), headers=headers, timeout=60)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert uploaded(largest)["file_size"] == 100 * MEGABYTE
    assert most < 20 * MEGABYTE
    for size in (100 * MEGABYTE + 1, 101 * MEGABYTE):
        response = http.post(f"{UPLOAD}/stream", content=form(size), headers=headers, timeout=60)
        assert refusal(response) == (400, 40001)


# --- storage


def upload(content: bytes) -> Upload:
    return Upload(io.BytesIO(content), "a.png", "", "", "image/png")


@pytest.mark.anyio
async def test_oldest_files_are_removed_beyond_the_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evolink_mock.domain.file_store.MAX_FILES", 3)
    files = FileStore(10, ["image"], random.Random(), max_stored_bytes=20)
    kept = [await files.add(upload(b"x" * size), 0) for size in (10, 10, 1, 1, 1)]
    assert [files.find(file.id) is not None for file in kept] == [False, False, True, True, True]
    assert [file.path.exists() for file in kept] == [False, False, True, True, True]
    files.close()
    assert not kept[-1].path.parent.exists()


@pytest.mark.anyio
async def test_rejected_file_leaves_nothing_behind() -> None:
    files = FileStore(10, ["image"], random.Random())
    kept = await files.add(upload(b"x"), 0)
    for rejected, code in ((upload(b"x" * 11), 40001), (upload(b"x")._replace(media_type="", original_name=""), 40002)):
        with pytest.raises(RejectedFileError) as error:
            await files.add(rejected, 0)
        assert error.value.code == code
    assert list(kept.path.parent.iterdir()) == [kept.path]
    files.close()


@pytest.mark.anyio
async def test_file_that_cannot_be_written_is_rejected_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "open", full)
    files = FileStore(10, ["image"], random.Random())
    with pytest.raises(RejectedFileError, match="could not be stored: No space left on device") as error:
        await files.add(upload(b"x"), 0)
    assert error.value.code == 50001
    monkeypatch.undo()
    files.close()


def test_files_are_removed_with_the_server() -> None:
    with MockServer() as mock, httpx.Client(base_url=mock.url, trust_env=False) as http:
        http.headers["authorization"] = f"Bearer {mock.api_key}"
        link = uploaded(send(http, "stream"))["file_url"]
        assert http.get(link).status_code == 200
        missing = [http.get(f"{link}x"), http.get(link.replace("/file-", "/file-0"))]
    assert {(response.status_code, response.json()["error"]["code"]) for response in missing} == {(404, 404)}


# --- preferences and credits


@pytest.mark.parametrize("code", [400, 401, 405, 415, 500, 40001, 40002, 40003, 40004, 50001])
def test_preferred_code_of_an_upload_is_returned(http: httpx.Client, contract: dict[str, Any], code: int) -> None:
    for way in ("stream", "base64", "url"):
        response = http.post(f"{UPLOAD}/{way}", headers={"prefer": f"code={code}"})
        assert refusal(response) == (int(str(code)[:3]), code)
        assert errors(contract, "FileErrorResponse", response.json()) == []
        assert ("allow" in response.headers) == (code == 405)


def test_invalid_preference_is_rejected_in_the_format_of_the_host(http: httpx.Client) -> None:
    assert refusal(http.post(f"{UPLOAD}/url", headers={"prefer": "code=40099"})) == (400, 400)
    response = http.get("/v1/credits", headers={"prefer": "code=40001"})
    assert (response.status_code, response.json()["error"]["param"]) == (400, "Prefer")


@pytest.mark.parametrize("status", [401, 405, 429, 500, 503])
def test_preferred_error_of_the_credits_is_returned(http: httpx.Client, status: int) -> None:
    response = http.get("/v1/credits", headers={"prefer": f"code={status}"})
    assert (response.status_code, response.json()["error"]["code"]) == (status, status)


def test_credits_require_the_key(mock: MockServer, contract: dict[str, Any]) -> None:
    url = f"{mock.url}/v1/credits"
    assert httpx.get(url, trust_env=False).status_code == 401
    response = httpx.get(url, headers={"authorization": f"Bearer {mock.api_key}"}, trust_env=False)
    assert errors(contract, "Credits", response.json()) == []
    assert httpx.post(url, trust_env=False).headers["allow"] == "GET"


def test_only_completed_tasks_use_credits(image_request: dict[str, Any]) -> None:
    server = MockServer(pace="after-1-read", prices="none")
    with server as mock, httpx.Client(base_url=mock.url, trust_env=False) as http:
        http.headers["authorization"] = f"Bearer {mock.api_key}"
        for prefer in ("outcome=completed", "outcome=failed", "outcome=cancelled"):
            created = http.post(
                "/v1/videos/generations", json={**image_request, "duration": 10}, headers={"prefer": prefer}
            )
            assert http.get("/v1/credits").json()["data"]["user"]["used_credits"] == (0 if "comp" in prefer else 10)
            http.get(f"/v1/tasks/{created.json()['id']}")
        data = http.get("/v1/credits").json()["data"]
    assert data["user"] == {"remaining_credits": 999_990, "used_credits": 10}
    assert data["token"] == {"remaining_credits": 99999.9999, "used_credits": 10, "unlimited_credits": True}


def test_response_to_an_unknown_path_names_every_operation(http: httpx.Client) -> None:
    advice = http.get("/v1").json()["error"]["fallback_suggestion"]
    assert re.findall(r"(?:GET|POST) (\S+?)(?:,|$)", advice) == [
        "/v1/videos/generations", "/v1/tasks/{task_id}", "/v1/credits",
        f"{UPLOAD}/stream", f"{UPLOAD}/base64", f"{UPLOAD}/url",
    ]  # fmt: skip
