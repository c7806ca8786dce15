"""The mock's API: responses to valid, invalid and hostile requests are as documented."""

from __future__ import annotations

import json
import re
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import av
import httpx
import jsonschema_rs
import pytest

from evolink_mock import MockServer
from evolink_mock.contract.compiled_contract import packaged_contract
from evolink_mock.http.app import Mock
from evolink_mock.http.endpoint import MAX_BODY_BYTES
from tests.known_limits import limit

REFERENCE = "wan2.6-reference-video-flash"
VIDEOS: int = limit(REFERENCE, "video_urls", "maxItems")
PROMPTS: dict[str, int] = {
    "image": limit("wan2.5-image-to-video", "prompt", "maxLength"),
    "reference": limit(REFERENCE, "prompt", "maxLength"),
}

CREATE = "/v1/videos/generations"


@pytest.fixture
def schemas(contract: dict[str, Any]) -> dict[str, Any]:
    components: dict[str, Any] = contract["components"]["schemas"]
    return components


def errors(schemas: dict[str, Any], name: str, body: Any) -> list[str]:
    schema = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}}
    validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    return [error.message for error in validator.iter_errors(body)]


def refusal(response: httpx.Response) -> tuple[int, str, str | None]:
    """Check the format of an error response; return its status, error type and `param`."""
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert body.keys() == {"error"}
    assert body["error"].keys() <= {"code", "message", "type", "param", "fallback_suggestion"}
    assert body["error"]["code"] == response.status_code
    assert body["error"]["message"]
    assert "Traceback" not in response.text
    return response.status_code, body["error"]["type"], body["error"].get("param")


# --- create


def test_documented_requests_get_the_documented_response(
    http: httpx.Client, schemas: dict[str, Any], image_request: dict[str, Any], reference_request: dict[str, Any]
) -> None:
    for request in (image_request, reference_request):
        response = http.post(CREATE, json=request)
        body = response.json()
        assert response.status_code == 200
        assert errors(schemas, "CreatedTask", body) == []
        assert re.fullmatch(rf"task-unified-{body['created']}-[a-z0-9]{{8}}", body["id"])
        assert body == {
            "created": body["created"],
            "id": body["id"],
            "model": request["model"],
            "object": "video.generation.task",
            "progress": 0,
            "status": "pending",
            "task_info": {"can_cancel": True, "estimated_time": 1},
            "type": "video",
            "usage": {"billing_rule": "per_call", "credits_reserved": 5, "user_group": "default"},
        }


def test_credits_are_reserved_for_the_requested_duration(
    http: httpx.Client, image_request: dict[str, Any], reference_request: dict[str, Any]
) -> None:
    for request, duration in ((image_request, 10), (reference_request, 2), (reference_request, 7.0)):
        body = http.post(CREATE, json={**request, "duration": duration}).json()
        assert body["usage"]["credits_reserved"] == duration


def test_example_of_the_page_is_rejected_because_it_lacks_an_image(http: httpx.Client) -> None:
    response = http.post(CREATE, json={"model": "wan2.5-image-to-video", "prompt": "一只猫在弹钢琴"})
    assert refusal(response) == (400, "invalid_request_error", "image_urls")


@pytest.mark.parametrize(
    ("model", "change", "param"),
    [
        ("image", {"duration": 7}, "duration"),
        ("image", {"duration": "5"}, "duration"),
        ("image", {"duration": True}, "duration"),
        ("image", {"duration": 5.5}, "duration"),
        ("image", {"duration": None}, "duration"),
        ("image", {"prompt": "a" * (PROMPTS["image"] + 1)}, "prompt"),
        ("image", {"prompt": "猫" * (PROMPTS["image"] + 1)}, "prompt"),
        ("image", {"prompt": "😀" * (PROMPTS["image"] + 1)}, "prompt"),
        ("image", {"prompt": None}, "prompt"),
        ("image", {"prompt": "\ud800"}, "prompt"),
        ("image", {"image_urls": []}, "image_urls"),
        ("image", {"image_urls": ["https://example.com/a.png"] * 2}, "image_urls"),
        ("image", {"image_urls": "https://example.com/a.png"}, "image_urls"),
        ("image", {"image_urls": ["data:image/png;base64,AAAA"]}, "image_urls[0]"),
        ("image", {"image_urls": ["https://exa mple.com/a.png"]}, "image_urls[0]"),
        ("image", {"callback_url": "https://example.com/ü"}, "callback_url"),
        ("image", {"callback_url": "http://example.com"}, "callback_url"),
        ("image", {"callback_url": "https://127.0.0.1/"}, "callback_url"),
        ("image", {"callback_url": "https://example.com/" + "a" * 2029}, "callback_url"),
        ("reference", {"generate_audio": "true"}, "generate_audio"),
        ("reference", {"prompt": "a" * (PROMPTS["reference"] + 1)}, "prompt"),
        (
            "reference",
            {"video_urls": ["https://example.com/a.mp4"] * (VIDEOS + 1)},
            "video_urls",
        ),
        ("reference", {"video_urls": ["https://example.com/a.mp4", "ftp://example.com/b.mp4"]}, "video_urls[1]"),
        ("reference", {"duration": limit(REFERENCE, "duration", "minimum") - 1}, "duration"),
        ("reference", {"duration": limit(REFERENCE, "duration", "maximum") + 1}, "duration"),
        ("reference", {"aspect_ratio": "2:1"}, "aspect_ratio"),
        ("reference", {"quality": "480p"}, "quality"),
        ("reference", {"model_params": {"shot_type": "both"}}, "model_params.shot_type"),
        ("reference", {"model_params": []}, "model_params"),
    ],
)
def test_violation_of_a_rule_is_rejected_with_its_field(
    http: httpx.Client,
    image_request: dict[str, Any],
    reference_request: dict[str, Any],
    model: str,
    change: dict[str, Any],
    param: str,
) -> None:
    request = {**(image_request if model == "image" else reference_request), **change}
    response = http.post(CREATE, content=json.dumps(request), headers={"content-type": "application/json"})
    assert refusal(response) == (400, "invalid_request_error", param)
    assert response.json()["error"]["message"].startswith(f"{param}: ")
    assert len(response.content) < 1000  # no error response contains a whole prompt


@pytest.mark.parametrize("character", ["a", "猫", "😀"])
def test_prompt_limits_count_characters(
    http: httpx.Client, image_request: dict[str, Any], reference_request: dict[str, Any], character: str
) -> None:
    for request, longest in ((image_request, PROMPTS["image"]), (reference_request, PROMPTS["reference"])):
        assert http.post(CREATE, json={**request, "prompt": character * longest}).status_code == 200
        assert http.post(CREATE, json={**request, "prompt": character * (longest + 1)}).status_code == 400


def test_unknown_fields_are_accepted(http: httpx.Client, image_request: dict[str, Any]) -> None:
    assert http.post(CREATE, json={**image_request, "seed": 1, "quality": "4k"}).status_code == 200


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, (400, "invalid_request_error", "model")),
        ({"model": None}, (400, "invalid_request_error", "model")),
        ({"model": ["wan2.5-image-to-video"]}, (400, "invalid_request_error", "model")),
        ({"model": "wan9"}, (404, "not_found_error", "model")),
        ({"model": "\ud800" * 5000}, (404, "not_found_error", "model")),
        ([], (400, "invalid_request_error", None)),
        (None, (400, "invalid_request_error", None)),
    ],
)
def test_response_to_an_unknown_model_names_known_models(
    http: httpx.Client, body: Any, expected: tuple[int, str, str | None]
) -> None:
    response = http.post(CREATE, content=json.dumps(body), headers={"content-type": "application/json"})
    assert refusal(response) == expected
    if expected[2] == "model":
        assert any(model in response.text for model in packaged_contract().models)
        assert len(response.content) < 1000


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"{'model': 1}",
        b'{"model": NaN}',
        b'{"duration": 1e400}',
        b'{"duration": ' + b"1" * 5000 + b"}",
        b"[" * 100_000,
        b"\xff\xfe{\x00}\x00",
        '{"model": "wan2.5-image-to-video"}'.encode("utf-16"),
        b'\xef\xbb\xbf{"model": "x"}',
        b'{"model": "\xff"}',
    ],
    ids=range(11),
)
def test_malformed_json_is_rejected(http: httpx.Client, content: bytes) -> None:
    response = http.post(CREATE, content=content, headers={"content-type": "application/json"})
    assert refusal(response) == (400, "invalid_request_error", None)


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""])
def test_other_content_types_are_rejected(http: httpx.Client, image_request: dict[str, Any], content_type: str) -> None:
    response = http.post(CREATE, content=json.dumps(image_request), headers={"content-type": content_type})
    assert refusal(response) == (415, "invalid_request_error", None)


def test_content_type_may_have_a_charset(http: httpx.Client, image_request: dict[str, Any]) -> None:
    headers = {"content-type": "Application/JSON; charset=utf-8"}
    assert http.post(CREATE, content=json.dumps(image_request), headers=headers).status_code == 200


def test_body_over_the_limit_is_rejected_and_the_largest_allowed_is_not(http: httpx.Client) -> None:
    headers = {"content-type": "application/json"}
    for size, status in ((MAX_BODY_BYTES, 400), (MAX_BODY_BYTES + 1, 413)):
        response = http.post(CREATE, content=b"[" + b" " * (size - 2) + b"]", headers=headers)
        assert refusal(response)[0] == status


def test_body_of_unknown_length_is_rejected_once_it_is_too_long(http: httpx.Client) -> None:
    chunks = (b" " * 65_536 for _ in range(1024))  # 64 MiB
    response = http.post(CREATE, content=chunks, headers={"content-type": "application/json"})
    assert refusal(response) == (413, "request_too_large_error", None)


def test_client_that_expects_100_continue_gets_the_error_before_sending(mock: MockServer) -> None:
    host, port = mock.url.removeprefix("http://").split(":")
    head = (
        f"POST {CREATE} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {mock.api_key}\r\n"
        "Content-Type: application/json\r\nContent-Length: 1073741824\r\nExpect: 100-continue\r\n\r\n"
    )
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(head.encode())
        assert connection.recv(65_536).startswith(b"HTTP/1.1 413 ")


# --- key, path and method


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer wrong",
        "Basic {key}",
        "{key}",
        "Bearer {key}x",
        "Bearer {KEY}",
        "Bearer é",
    ],
)
def test_missing_or_unknown_key_is_rejected_before_anything_else(mock: MockServer, authorization: str | None) -> None:
    headers = {"content-type": "text/plain", "prefer": "code=429"}
    if authorization is not None:
        headers["authorization"] = authorization.format(key=mock.api_key, KEY=mock.api_key.upper())
    with httpx.Client(base_url=mock.url, trust_env=False) as client:
        encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
        for response in (
            client.post(CREATE, content=b"{", headers=encoded),
            client.get("/v1/tasks/task-unified-1-a", headers=encoded),
        ):
            assert refusal(response) == (401, "authentication_error", None)
            assert mock.api_key not in response.text


def test_scheme_of_the_key_is_case_insensitive(mock: MockServer, image_request: dict[str, Any]) -> None:
    headers = {"authorization": f"bearer {mock.api_key}"}
    assert httpx.post(mock.url + CREATE, json=image_request, headers=headers, trust_env=False).status_code == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_create_only_accepts_post(http: httpx.Client, method: str) -> None:
    response = http.request(method, CREATE)
    assert refusal(response) == (405, "invalid_request_error", None)
    assert response.headers["allow"] == "POST"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_query_only_accepts_get(http: httpx.Client, method: str) -> None:
    response = http.request(method, "/v1/tasks/task-unified-1-a")
    assert refusal(response) == (405, "invalid_request_error", None)
    assert response.headers["allow"] == "GET"


@pytest.mark.parametrize(
    "path",
    [
        "/v1",
        "/v1/tasks",
        "/v1/videos/generations/",
        "/v1/videos/generations/task-unified-1-a",
        "/%00",
        "/..%2f",
        "/é",
    ],
)
def test_any_other_path_is_not_found(http: httpx.Client, path: str) -> None:
    assert refusal(http.get(path)) == (404, "not_found_error", None)


def test_unknown_task_is_not_found(http: httpx.Client) -> None:
    assert refusal(http.get("/v1/tasks/task-unified-1757169743-7cvnl5zw")) == (404, "not_found_error", "task_id")


@pytest.mark.parametrize("task_id", ["", "1", "task-1", "Task-Unified-1-a", "task-unified", "a/b"])
def test_malformed_task_id_is_rejected(http: httpx.Client, task_id: str) -> None:
    assert refusal(http.get(f"/v1/tasks/{task_id}")) == (400, "invalid_request_error", "task_id")


@pytest.mark.parametrize(
    "request_text",
    [
        b"NONSENSE\r\n\r\n",
        b"BREW / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"POST /v1/videos/generations HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: \x00\r\n\r\n",
    ],
)
def test_malformed_http_is_rejected_in_the_documented_format(
    mock: MockServer, request_text: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    host, port = mock.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(request_text)
        response = b"".join(iter(lambda: connection.recv(65_536), b""))
    head, _, body = response.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert json.loads(body)["error"]["code"] == 400
    assert capfd.readouterr() == ("", "")


@pytest.mark.anyio
async def test_unexpected_error_in_the_mock_is_a_documented_500_and_one_line_in_its_log(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("evolink_mock.domain.tasks.TaskStore.read", fail)
    transport = httpx.ASGITransport(Mock(), raise_app_exceptions=False)
    headers = {"authorization": "Bearer sk-evo-mock"}
    async with httpx.AsyncClient(transport=transport, base_url="http://mock", headers=headers) as http:
        response = await http.get("/v1/tasks/task-unified-1-a")
    assert refusal(response) == (500, "internal_server_error", None)
    assert [record.getMessage() for record in caplog.records if record.name == "evolink_mock"] == [
        "unexpected error in the mock at GET /v1/tasks/task-unified-1-a: ZeroDivisionError('oops')"
    ]


# --- preferences


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 405, 413, 415, 429, 500, 502, 503])
def test_preferred_error_is_returned_and_creates_nothing(
    http: httpx.Client, image_request: dict[str, Any], status: int
) -> None:
    response = http.post(CREATE, json=image_request, headers={"prefer": f"code={status}"})
    assert refusal(response)[0] == status
    assert ("allow" in response.headers) == (status == 405)


@pytest.mark.parametrize(
    "prefer",
    [
        "code=199",
        "code=600",
        "code=",
        "code",
        "code=4a9",
        "code=1,code=2",
        "code=429; outcome=failed",
        "outcome=perhaps",
        "outcome=failed; code=nonsense",
        "outcome=failed; reason=service_error",
        "outcome=cancelled; code=service_error",
        "outcome=failed code=service_error",
        "outcome=failed: code=service_error",
        'outcome="failed',
        'outcome="failed;code=service_error"',
        "bad name=1; outcome=failed",
        "=x; outcome=failed",
        "=",
        '"',
        "return=minimal," * 100,
        "a=" + " " * 900 + '"',
        "Grüße",
        "outcom=failed",
        'x="outcome=failed, code=429"',
    ],
)
def test_invalid_preference_is_rejected(http: httpx.Client, image_request: dict[str, Any], prefer: str) -> None:
    response = http.post(CREATE, json=image_request, headers=[(b"prefer", prefer.encode())])
    assert refusal(response) == (400, "invalid_request_error", "Prefer")


def test_first_of_several_preferences_counts_also_across_headers(
    http: httpx.Client, image_request: dict[str, Any]
) -> None:
    headers = [("prefer", "return=minimal, code=503"), ("prefer", "code=429")]
    assert refusal(http.post(CREATE, json=image_request, headers=headers))[0] == 503


@pytest.mark.parametrize(
    "prefer",
    [
        "return=minimal",
        "respond-async, wait=10",
        ";;;",
        ", ,",
        "handling=strict;a=b",
        'wait="outcome=failed, code=429"',
    ],
)
def test_preferences_of_other_standards_are_ignored(
    http: httpx.Client, image_request: dict[str, Any], prefer: str
) -> None:
    assert http.post(CREATE, json=image_request, headers={"prefer": prefer}).status_code == 200


@pytest.mark.parametrize(
    ("prefer", "status", "code"),
    [
        ("outcome=failed; code=content_policy_violation", "failed", "content_policy_violation"),
        ('Outcome="failed";code="quota_exceeded"', "failed", "quota_exceeded"),
        (r'outcome = "fai\led" ; code=service_error;', "failed", "service_error"),
        ("return=minimal, outcome=failed", "failed", "unknown_error"),
        ("outcome=cancelled", "cancelled", None),
        ("outcome=completed", "completed", None),
    ],
)
def test_task_has_the_preferred_outcome(
    http: httpx.Client,
    schemas: dict[str, Any],
    image_request: dict[str, Any],
    prefer: str,
    status: str,
    code: str | None,
) -> None:
    task_id = http.post(CREATE, json=image_request, headers={"prefer": prefer}).json()["id"]
    task = http.get(f"/v1/tasks/{task_id}").json()
    while task["status"] in {"pending", "processing"}:
        assert errors(schemas, "Task", task) == []
        task = http.get(f"/v1/tasks/{task_id}").json()
    assert errors(schemas, "Task", task) == []
    assert (task["status"], task.get("error", {}).get("code")) == (status, code)


# --- results


def test_result_link_serves_a_playable_video_with_ranges(http: httpx.Client, reference_request: dict[str, Any]) -> None:
    request = {**reference_request, "duration": 2, "aspect_ratio": "9:16", "generate_audio": False}
    task_id = http.post(CREATE, json=request).json()["id"]
    task = http.get(f"/v1/tasks/{task_id}").json()
    while task["status"] != "completed":
        task = http.get(f"/v1/tasks/{task_id}").json()
    with httpx.Client(trust_env=False) as anyone:  # links require no key
        whole = anyone.get(task["results"][0])
        part = anyone.get(task["results"][0], headers={"range": "bytes=100-199"})
        rest = anyone.get(task["results"][0], headers={"range": f"bytes={len(whole.content) - 5}-"})
        beyond = anyone.get(task["results"][0], headers={"range": f"bytes={len(whole.content)}-"})
        odd = [anyone.get(task["results"][0], headers={"range": odd}) for odd in ("bytes=abc", "items=0-1", "bytes=")]
    assert {(response.status_code, response.content) for response in odd} == {(200, whole.content)}
    assert (whole.status_code, whole.headers["content-type"]) == (200, "video/mp4")
    assert whole.headers["accept-ranges"] == "bytes"
    assert (part.status_code, part.content) == (206, whole.content[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(whole.content)}"
    assert (rest.status_code, rest.content) == (206, whole.content[-5:])
    assert beyond.status_code == 416


def test_video_follows_the_request_and_the_documented_defaults_and_ignores_undocumented_fields(
    http: httpx.Client, image_request: dict[str, Any], reference_request: dict[str, Any], tmp_path: Path
) -> None:
    shapes = {
        (1280, 720, 5, False): {**image_request, "quality": "4k", "aspect_ratio": ["2:1"], "generate_audio": True},
        (1280, 720, 5, True): reference_request,
        (1648, 1248, 2, False): {
            **reference_request, "quality": "1080p", "aspect_ratio": "4:3", "duration": 2.0, "generate_audio": False
        },
    }  # fmt: skip
    for shape, request in shapes.items():
        created = http.post(CREATE, json=request).json()
        task = created
        while task["status"] != "completed":
            task = http.get(f"/v1/tasks/{created['id']}").json()
        file = tmp_path / "result.mp4"
        file.write_bytes(http.get(task["results"][0]).content)
        opened: Any = av.open(str(file))
        with opened as video:
            picture = video.streams.video[0]
            seconds = round(video.duration / 1_000_000)
            assert (picture.width, picture.height, seconds, bool(video.streams.audio)) == shape


def test_simultaneous_first_downloads_get_the_same_file(http: httpx.Client, image_request: dict[str, Any]) -> None:
    task_id = http.post(CREATE, json={**image_request, "duration": 10}).json()["id"]
    task = http.get(f"/v1/tasks/{task_id}").json()
    while task["status"] != "completed":
        task = http.get(f"/v1/tasks/{task_id}").json()
    with ThreadPoolExecutor(4) as pool:
        responses = list(pool.map(http.get, task["results"] * 8))
    assert {response.status_code for response in responses} == {200}
    assert len({response.content for response in responses}) == 1


def test_result_of_a_task_without_result_is_not_found(http: httpx.Client, image_request: dict[str, Any]) -> None:
    task_id = http.post(CREATE, json=image_request, headers={"prefer": "outcome=cancelled"}).json()["id"]
    while http.get(f"/v1/tasks/{task_id}").json()["status"] != "cancelled":
        pass
    for name in (f"{task_id}.mp4", "task-unified-1-a.mp4", "..%2f..%2fetc%2fpasswd"):
        assert refusal(http.get(f"/_mock/results/{name}"))[0] == 404
