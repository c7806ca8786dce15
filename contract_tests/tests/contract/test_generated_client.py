"""The generated client against the mock server: all request fields, sync and async calls, all documented responses."""

from __future__ import annotations

import base64
import io
import json
from http import HTTPStatus
from importlib import resources
from typing import Any

import httpx
import pytest

import evolink_client
from evolink_client import AuthenticatedClient
from evolink_client.api.account import get_credits
from evolink_client.api.files import upload_file_base64, upload_file_stream, upload_file_url
from evolink_client.api.tasks import get_task
from evolink_client.api.videos import create_video_generation
from evolink_client.models import (
    CreatedTask,
    Credits,
    CreditsData,
    ErrorDetail,
    ErrorResponse,
    FileErrorResponse,
    Task,
    TaskError,
    TaskInfo,
    UploadBase64Request,
    UploadedFile,
    UploadResponse,
    UploadStreamRequest,
    UploadUrlRequest,
    Usage,
    UserCredits,
    Wan25ImageToVideo,
    Wan26ReferenceVideoFlash,
    Wan26ReferenceVideoFlashModelParams,
)
from evolink_client.types import UNSET, File
from evolink_mock import MockServer

IMAGE = b"GIF89a" + bytes(range(256))
FULL_IMAGE = Wan25ImageToVideo(
    prompt="提示 😀", image_urls=["https://example.com/a.png"], duration=10, callback_url="https://example.com/hook"
)
FULL_REFERENCE = Wan26ReferenceVideoFlash(
    prompt="A person dancing",
    video_urls=["https://example.com/a.mp4", "http://example.com/b.mov"],
    aspect_ratio="9:16",
    quality="1080p",
    duration=2,
    model_params=Wan26ReferenceVideoFlashModelParams(shot_type="multi"),
    generate_audio=False,
    callback_url="https://example.com/hook",
)
FULL_REQUESTS = [
    (
        FULL_IMAGE,
        {
            "model": "wan2.5-image-to-video",
            "prompt": "提示 😀",
            "image_urls": ["https://example.com/a.png"],
            "duration": 10,
            "callback_url": "https://example.com/hook",
        },
    ),
    (
        FULL_REFERENCE,
        {
            "model": "wan2.6-reference-video-flash",
            "prompt": "A person dancing",
            "video_urls": ["https://example.com/a.mp4", "http://example.com/b.mov"],
            "aspect_ratio": "9:16",
            "quality": "1080p",
            "duration": 2,
            "model_params": {"shot_type": "multi"},
            "generate_audio": False,
            "callback_url": "https://example.com/hook",
        },
    ),
]
ERRORS = [400, 401, 402, 403, 404, 405, 413, 415, 429, 500, 502, 503]
Body = Wan25ImageToVideo | Wan26ReferenceVideoFlash


@pytest.mark.parametrize(("body", "wire"), FULL_REQUESTS)
def test_every_request_field_is_sent_as_the_caller_set_it(body: Body, wire: dict[str, Any]) -> None:
    assert sent(body) == wire
    assert type(body).from_dict(wire) == body


@pytest.mark.parametrize(
    ("body", "wire"),
    [
        (
            Wan25ImageToVideo(prompt="p", image_urls=["https://example.com/a.png"]),
            {"model": "wan2.5-image-to-video", "prompt": "p", "image_urls": ["https://example.com/a.png"]},
        ),
        (
            Wan26ReferenceVideoFlash(prompt="p", video_urls=["https://example.com/a.mp4"]),
            {"model": "wan2.6-reference-video-flash", "prompt": "p", "video_urls": ["https://example.com/a.mp4"]},
        ),
        (
            Wan26ReferenceVideoFlash(prompt="p", video_urls=[], model_params=Wan26ReferenceVideoFlashModelParams()),
            {"model": "wan2.6-reference-video-flash", "prompt": "p", "video_urls": [], "model_params": {}},
        ),
    ],
)
def test_documented_defaults_are_not_sent(body: Body, wire: dict[str, Any]) -> None:
    assert sent(body) == wire


def sent(body: Body) -> Any:
    """Return the JSON that the client sends for `body`."""
    bodies: list[Any] = []

    def respond(request: httpx.Request) -> httpx.Response:
        bodies.append(json.loads(request.content))
        return httpx.Response(200, json={"id": "task-unified-1-a", "status": "pending"})

    transport = httpx.MockTransport(respond)
    with AuthenticatedClient(base_url="http://test", token="key", httpx_args={"transport": transport}) as client:
        create_video_generation.sync(client=client, body=body)
    [result] = bodies
    return result


@pytest.mark.parametrize("body", [FULL_IMAGE, FULL_REFERENCE])
def test_sync_client_creates_and_polls_a_task_of_either_model(client: AuthenticatedClient, body: Body) -> None:
    created = create_video_generation.sync(client=client, body=body)
    assert isinstance(created, CreatedTask)
    assert created == CreatedTask(
        id=created.id,
        status="pending",
        created=created.created,
        model=body.model,
        object_="video.generation.task",
        progress=0,
        task_info=TaskInfo(can_cancel=True, estimated_time=1),
        type_="video",
        usage=Usage(billing_rule="per_call", credits_reserved=body.duration or 5, user_group="default"),
    )
    task = get_task.sync(created.id, client=client)
    while isinstance(task, Task) and task.status in {"pending", "processing"}:
        task = get_task.sync(created.id, client=client)
    check_completed(task, created)


@pytest.mark.anyio
@pytest.mark.parametrize("body", [FULL_IMAGE, FULL_REFERENCE])
async def test_async_client_creates_and_polls_a_task_of_either_model(mock: MockServer, body: Body) -> None:
    async with AuthenticatedClient(base_url=mock.url, token=mock.api_key, httpx_args={"trust_env": False}) as client:
        created = await create_video_generation.asyncio(client=client, body=body)
        assert isinstance(created, CreatedTask)
        task = await get_task.asyncio(created.id, client=client)
        while isinstance(task, Task) and task.status in {"pending", "processing"}:
            task = await get_task.asyncio(created.id, client=client)
    check_completed(task, created)


def check_completed(task: object, created: CreatedTask) -> None:
    assert isinstance(task, Task)
    assert (task.id, task.model, task.created) == (created.id, created.model, created.created)
    assert (task.status, task.progress, task.error) == ("completed", 100, UNSET)
    assert task.task_info == TaskInfo(can_cancel=False)
    assert isinstance(task.results, list)
    assert len(task.results) == 1


@pytest.mark.parametrize("status", ERRORS)
def test_every_documented_error_of_create_is_an_error_response(mock: MockServer, status: int) -> None:
    with preferring(mock, f"code={status}") as client:
        response = create_video_generation.sync_detailed(client=client, body=FULL_IMAGE)
    check_error(response.status_code, response.parsed, status)


@pytest.mark.parametrize("status", [status for status in ERRORS if status not in {413, 415}])
def test_every_documented_error_of_a_query_is_an_error_response(mock: MockServer, status: int) -> None:
    with preferring(mock, f"code={status}") as client:
        response = get_task.sync_detailed("task-unified-1-a", client=client)
    check_error(response.status_code, response.parsed, status)


def preferring(mock: MockServer, preference: str) -> AuthenticatedClient:
    """Return a client that sends a `Prefer` header with every request."""
    return AuthenticatedClient(
        base_url=mock.url, token=mock.api_key, headers={"Prefer": preference}, httpx_args={"trust_env": False}
    )


def check_error(status_code: HTTPStatus, parsed: object, status: int) -> None:
    assert status_code == status
    assert isinstance(parsed, ErrorResponse)
    assert isinstance(parsed.error, ErrorDetail)
    assert parsed.error.code == status
    assert parsed.error.message
    assert parsed.error.type_


def test_failed_task_has_its_documented_code(mock: MockServer) -> None:
    with preferring(mock, "outcome=failed; code=content_policy_violation") as client:
        created = create_video_generation.sync(client=client, body=FULL_IMAGE)
        assert isinstance(created, CreatedTask)
        task = get_task.sync(created.id, client=client)
        while isinstance(task, Task) and task.status in {"pending", "processing"}:
            task = get_task.sync(created.id, client=client)
    assert isinstance(task, Task)
    assert isinstance(task.error, TaskError)
    assert (task.status, task.progress, task.results) == ("failed", 0, UNSET)
    assert (task.error.code, task.error.type_) == ("content_policy_violation", "task_error")


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "archived"},
        {"status": "completed", "results": None, "error": None, "usage": None, "task_info": None},
        {"status": "pending", "object": "new", "type": "hologram", "usage": {"user_group": "x"}},
        {"status": "failed", "error": {"code": "new_code", "message": "m"}, "extra": 1},
    ],
)
def test_unknown_value_absent_field_or_null_never_breaks_the_client(fields: dict[str, Any]) -> None:
    body = {"id": "task-unified-1-a", **fields}
    assert Task.from_dict(body).to_dict() == body
    assert CreatedTask.from_dict(body).to_dict() == body


def test_client_uploads_a_file_in_each_documented_way(client: AuthenticatedClient) -> None:
    content = File(io.BytesIO(IMAGE), file_name="image1.gif", mime_type="image/gif")
    stream = upload_file_stream.sync(client=client, body=UploadStreamRequest(content, upload_path="images"))
    assert isinstance(stream, UploadResponse)
    assert isinstance(stream.data, UploadedFile)
    request = UploadBase64Request(base64.b64encode(IMAGE).decode(), upload_path="images", file_name="image1.gif")
    for response in (
        stream,
        upload_file_base64.sync(client=client, body=request),
        upload_file_url.sync(client=client, body=UploadUrlRequest(stream.data.file_url, upload_path="images")),
    ):
        assert isinstance(response, UploadResponse)
        file = response.data
        assert isinstance(file, UploadedFile)
        assert (file.original_name, file.upload_path, file.file_size) == ("image1.gif", "images", len(IMAGE))
        assert httpx.get(file.file_url, trust_env=False).content == IMAGE


def test_refused_upload_is_a_file_error_response(mock: MockServer) -> None:
    with preferring(mock, "code=40003") as client:
        refused = upload_file_url.sync(client=client, body=UploadUrlRequest("https://example.com/a.png"))
    assert isinstance(refused, FileErrorResponse)
    assert (refused.success, refused.code) == (False, 40003)


def test_client_reads_the_credits(client: AuthenticatedClient) -> None:
    response = get_credits.sync(client=client)
    assert isinstance(response, Credits)
    assert isinstance(response.data, CreditsData)
    assert isinstance(response.data.user, UserCredits)
    assert isinstance(response.data.user.remaining_credits, float | int)


@pytest.mark.parametrize(
    ("model", "body"),
    [
        (Credits, {}),
        (Credits, {"data": None}),
        (Credits, {"data": {"token": None, "extra": 1}}),
        (Credits, {"data": {"token": {"unlimited_credits": False}, "user": {"remaining_credits": -0.5}}}),
        (UploadResponse, {"success": True}),
        (UploadResponse, {"data": None}),
        (UploadResponse, {"data": {"file_url": "https://example.com/a.png", "upload_time": "yesterday"}}),
        (FileErrorResponse, {"success": True, "extra": 1}),
    ],
)
def test_responses_about_files_and_credits_are_parsed_leniently(
    model: type[Credits | UploadResponse | FileErrorResponse], body: dict[str, Any]
) -> None:
    assert model.from_dict(body).to_dict() == body


def test_errors_of_newer_editions_are_parsed() -> None:
    body = {"error": {"code": "insufficient_quota", "message": "m", "type": "insufficient_quota"}}
    assert ErrorResponse.from_dict(body).to_dict() == body


def test_client_is_typed_and_contains_the_strict_contract(contract: dict[str, Any]) -> None:
    assert contract["components"]["schemas"]["Wan25ImageToVideo"]["properties"]["prompt"].keys() >= {"maxLength"}
    assert resources.files(evolink_client).joinpath("py.typed").read_text() == ""
