"""The mock with `check_media`: tasks fail for invalid files and are charged by the length of valid ones."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from contract_suite.core.samples import image, video
from evolink_mock import MockServer


@pytest.fixture
def checking() -> Iterator[tuple[MockServer, httpx.Client]]:
    """A mock that checks the files of requests and whose tasks end at once, and a client for it."""
    with (
        MockServer(check_media=True, pace="at-once", forward_callbacks_to="http://127.0.0.1:9/") as server,
        httpx.Client(base_url=server.url, trust_env=False, timeout=30) as client,
    ):
        client.headers["authorization"] = f"Bearer {server.api_key}"
        yield server, client


def upload(client: httpx.Client, name: str, content: bytes) -> str:
    response = client.post("/api/v1/files/upload/stream", files={"file": (name, content)})
    url: str = response.json()["data"]["file_url"]
    return url


def run_task(server: MockServer, client: httpx.Client, body: dict[str, Any]) -> dict[str, Any]:
    """Create a task, poll it until it ends, and return it."""
    created = client.post("/v1/videos/generations", json=body).json()
    assert created["status"] == "pending"
    deadline = time.monotonic() + 30
    while (task := client.get(f"/v1/tasks/{created['id']}").json())["status"] in {"pending", "processing"}:
        assert time.monotonic() < deadline
    assert server.state["in_flight"] == 0
    ended: dict[str, Any] = task
    return ended


def test_task_with_a_valid_image_completes(
    checking: tuple[MockServer, httpx.Client], image_request: dict[str, Any]
) -> None:
    url = upload(checking[1], "cat.png", image("PNG", size=(400, 400)))
    assert run_task(*checking, {**image_request, "image_urls": [url]})["status"] == "completed"


@pytest.mark.parametrize(
    ("content", "code", "message"),
    [
        (image("PNG", size=(300, 400)), "image_dimension_mismatch", "image_urls[0]: "),
        (image("GIF", size=(400, 400)), "invalid_parameters", "image_urls[0]: "),
        (b"\x89PNG\r\n\x1a\n damaged", "image_processing_error", "image_urls[0]: "),
    ],
)
def test_task_with_an_invalid_image_fails_with_the_documented_code_and_costs_nothing(
    checking: tuple[MockServer, httpx.Client], image_request: dict[str, Any], content: bytes, code: str, message: str
) -> None:
    url = upload(checking[1], "cat.png", content)
    task = run_task(*checking, {**image_request, "image_urls": [url]})
    assert (task["status"], task["error"]["code"]) == ("failed", code)
    assert task["error"]["message"].startswith(message)
    assert checking[0].state["accounts"][0]["used"] == 0


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/cat.png", "http://[::1]/cat.png", "http://localhost/cat.png"])
def test_task_with_an_image_at_a_private_address_fails(
    checking: tuple[MockServer, httpx.Client], image_request: dict[str, Any], url: str
) -> None:
    task = run_task(*checking, {**image_request, "image_urls": [url]})
    assert (task["status"], task["error"]["code"]) == ("failed", "image_processing_error")


def test_task_is_charged_by_the_measured_length_of_its_reference_videos(
    checking: tuple[MockServer, httpx.Client], reference_request: dict[str, Any]
) -> None:
    server, client = checking
    url = upload(client, "dance.mp4", video(seconds=3))
    task = run_task(server, client, {**reference_request, "video_urls": [url, url], "generate_audio": False})
    assert task["status"] == "completed"
    assert client.get(f"/_mock/billing/{task['id']}").json()["settled"]["input_seconds"] == 5  # 2.5 s for each


def test_files_are_not_checked_by_default(image_request: dict[str, Any]) -> None:
    with MockServer(pace="at-once") as server, httpx.Client(base_url=server.url, trust_env=False) as client:
        client.headers["authorization"] = f"Bearer {server.api_key}"
        body = {**image_request, "image_urls": ["http://127.0.0.1:9/cat.png"]}
        assert run_task(server, client, body)["status"] == "completed"
