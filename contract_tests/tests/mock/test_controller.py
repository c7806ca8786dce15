"""Inspection and control of the mock: by the admin API, from Python, and by the transport without a socket."""

from __future__ import annotations

import asyncio
import gc
import json
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from evolink import AsyncEvoLink, EvoLink, SubmissionUnknown, Wan25ImageToVideo
from evolink_mock import ConfigurationError, MockServer, MockTransport
from evolink_mock.controller import InvalidOperationError
from evolink_mock.domain.journal import MAX_BODY_BYTES, MAX_EXCHANGES, Journal
from evolink_mock.http.app import Mock
from evolink_mock.server import ServedApp, listen

CREATE = "/v1/videos/generations"
KEY = "sk-evo-controller"
HOOK = "https://your-domain.com/hook"


@pytest.fixture
def server() -> Iterator[MockServer]:
    """A mock with default settings, whose tasks take two minutes."""
    with MockServer(api_key=KEY, forward_callbacks_to="http://127.0.0.1:9/") as mock:
        yield mock


@pytest.fixture
def client(server: MockServer) -> Iterator[httpx.Client]:
    """A client with the key."""
    with httpx.Client(base_url=server.url, headers={"authorization": f"Bearer {KEY}"}, trust_env=False) as http_client:
        yield http_client


def created(client: httpx.Client, body: dict[str, Any], prefer: str = "") -> str:
    task_id: str = client.post(CREATE, json=body, headers={"prefer": prefer}).json()["id"]
    return task_id


# --- time


def test_moving_the_clock_ends_tasks_and_moves_the_time_of_creation(
    client: httpx.Client, image_request: dict[str, Any]
) -> None:
    first = created(client, image_request)
    before = client.get(f"/v1/tasks/{first}").json()
    assert before["status"] == "pending"
    assert client.post("/_mock/clock", json={"advance": 60}).json()["in_flight"] == 1
    assert client.get(f"/v1/tasks/{first}").json()["status"] == "processing"
    assert client.post("/_mock/clock", json={"advance": 3600}).json()["in_flight"] == 0
    assert client.get(f"/v1/tasks/{first}").json()["status"] == "completed"
    second = client.get(f"/v1/tasks/{created(client, image_request)}").json()
    assert second["created"] - before["created"] >= 3660


def test_clock_stops_before_dates_that_cannot_be_formatted(server: MockServer, client: httpx.Client) -> None:
    year = 366 * 24 * 3600
    while client.post("/_mock/clock", json={"advance": year}).status_code == 200:
        pass
    file = {"file": ("cat.png", b"\x89PNG\r\n\x1a\n" + bytes(20), "image/png")}
    assert client.post("/api/v1/files/upload/stream", files=file).status_code == 200
    assert server.state["unix"] > 7e9


@pytest.mark.parametrize("body", [{}, {"advance": "60"}, {"advance": True}, {"advance": -1}, {"advance": 1e99}, [60]])
def test_clock_only_moves_forward_by_a_number_of_seconds(client: httpx.Client, body: Any) -> None:
    response = client.post("/_mock/clock", json=body)
    assert (response.status_code, response.json()["error"]["type"]) == (400, "invalid_request_error")
    assert client.get("/_mock/state").json()["now"] < 60


def transcript(server: MockServer, image_request: dict[str, Any]) -> list[Any]:
    """Run a fixed sequence of requests, and return all values that a seed makes reproducible."""
    bodies: list[Any] = []
    with httpx.Client(headers={"authorization": f"Bearer {KEY}", "host": "mock.localhost"}, trust_env=False) as client:
        for number in range(3):
            body = {**image_request, "prompt": f"cat {number}", "callback_url": HOOK}
            response = client.post(server.url + CREATE, json=body, headers={"prefer": f"pace=after-{number}-seconds"})
            bodies.append(response.json())
        task_ids = [body["id"] for body in bodies]
        bodies += [client.get(f"{server.url}/v1/tasks/{task_id}").json() for task_id in task_ids]
        file = {"file": ("cat.png", b"\x89PNG\r\n\x1a\n" + bytes(20), "image/png")}
        bodies.append(client.post(server.url + "/api/v1/files/upload/stream", files=file).json())
    while len(server.deliveries()) < 12:  # three callbacks without a receiver, four attempts each
        server.advance(1)
    attempts = [(one["task_id"], one["attempt"], one["at"], one["waited"]) for one in server.deliveries()]
    exchanges = [(one["number"], one["at"], one["response"]) for one in server.exchanges()]
    return [bodies, sorted(attempts), exchanges]


def test_seed_makes_ids_times_and_order_reproducible(image_request: dict[str, Any]) -> None:
    transcripts: list[Any] = []
    for seed in (7, 7, 8):
        with MockServer(api_key=KEY, seed=seed, forward_callbacks_to="http://127.0.0.1:9/") as server:
            transcripts.append(transcript(server, image_request))
    assert transcripts[0] == transcripts[1]
    assert transcripts[0] != transcripts[2]
    assert [body["created"] for body in transcripts[0][0][:3]] == [1757169744, 1757169745, 1757169746]


def test_ids_are_the_same_after_a_reset(image_request: dict[str, Any]) -> None:
    with MockServer(api_key=KEY, seed=7, forward_callbacks_to="http://127.0.0.1:9/") as server:
        first = transcript(server, image_request)
        server.reset()
        assert transcript(server, image_request) == first


def test_without_a_seed_ids_differ(image_request: dict[str, Any], server: MockServer, client: httpx.Client) -> None:
    ids = {created(client, image_request)[-8:]}
    server.reset()
    assert created(client, image_request)[-8:] not in ids


# --- tasks


@pytest.mark.parametrize(
    ("action", "body", "status", "code"),
    [
        ("complete", {}, "completed", None),
        ("fail", {}, "failed", "unknown_error"),
        ("fail", {"code": "generation_timeout"}, "failed", "generation_timeout"),
        ("cancel", {}, "cancelled", None),
    ],
)
def test_task_can_be_ended_with_any_outcome(
    server: MockServer, image_request: dict[str, Any], action: str, body: Any, status: str, code: str | None
) -> None:
    with httpx.Client(base_url=server.url, headers={"authorization": f"Bearer {KEY}"}, trust_env=False) as client:
        task_id = created(client, {**image_request, "callback_url": HOOK})
        response = client.post(f"/_mock/tasks/{task_id}/{action}", json=body)
        assert (response.status_code, response.json()["status"]) == (200, status)
        task = client.get(f"/v1/tasks/{task_id}").json()
        assert (task["status"], task.get("error", {}).get("code")) == (status, code)
        again = client.post(f"/_mock/tasks/{task_id}/{action}", json=body)
        assert (again.status_code, again.json()["error"]["message"]) == (
            400,
            f"the task has already ended: it is {status}",
        )


def test_callback_can_be_delivered_again(image_request: dict[str, Any]) -> None:
    received = threading.Semaphore(0)

    async def receive(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await receive()
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            received.release()

    with (
        ServedApp(receive, listen("127.0.0.1", 0)) as receiver,
        MockServer(api_key=KEY, forward_callbacks_to=receiver.url) as server,
        httpx.Client(base_url=server.url, headers={"authorization": f"Bearer {KEY}"}, trust_env=False) as client,
    ):
        task_id = created(client, {**image_request, "callback_url": HOOK})
        early = client.post(f"/_mock/tasks/{task_id}/redeliver")
        assert "has not ended" in early.json()["error"]["message"]
        server.complete(task_id)
        assert received.acquire(timeout=10)
        server.redeliver(task_id)
        assert received.acquire(timeout=10)
        with pytest.raises(InvalidOperationError, match="has no callback URL"):
            server.redeliver(created(client, image_request))


def test_unknown_task_or_invalid_action_is_rejected(client: httpx.Client, image_request: dict[str, Any]) -> None:
    task_id = created(client, image_request)
    assert client.get("/_mock/tasks/task-unified-1-a").status_code == 404
    assert client.post("/_mock/tasks/task-unified-1-a/complete").status_code == 400
    assert client.post(f"/_mock/tasks/{task_id}/explode").status_code == 404
    assert client.post(f"/_mock/tasks/{task_id}/fail", json={"code": "bad_luck"}).status_code == 400
    assert client.post(f"/_mock/tasks/{task_id}/complete", json={"code": "x"}).status_code == 400
    assert client.post(f"/_mock/tasks/{task_id}/complete", content=b"{").status_code == 400
    assert client.get(f"/_mock/tasks/{task_id}/complete").status_code == 405
    for path in ("tasks", "exchanges", "deliveries"):
        for limit in ("many", "-1", "1001", "999999", "\u0661"):
            response = client.get(f"/_mock/{path}", params={"limit": limit})
            assert response.json()["error"]["message"] == "limit must be a number from 0 to 1000"
        assert client.get(f"/_mock/{path}", params={"limit": "1000"}).status_code == 200
    assert client.get(f"/_mock/tasks/{task_id}").json()["status"] == "pending"


def test_task_has_its_request_and_bill(client: httpx.Client, image_request: dict[str, Any]) -> None:
    task_id = created(client, {**image_request, "duration": 10})
    [task] = client.get("/_mock/tasks").json()["tasks"]
    assert task == client.get(f"/_mock/tasks/{task_id}").json() | {"ends_in": task["ends_in"]}
    assert task["request"] == {**image_request, "duration": 10}
    assert task["bill"] == client.get(f"/_mock/billing/{task_id}").json()
    assert 100 < task["ends_in"] <= 120
    names = ("account", "pace", "status", "result")
    assert [task[name] for name in names] == ["account 1", "after-120-seconds", "pending", None]


def test_reset_removes_everything_and_cancels_callbacks(
    server: MockServer, client: httpx.Client, image_request: dict[str, Any]
) -> None:
    task_id = created(client, {**image_request, "callback_url": HOOK})
    client.post("/_mock/faults", json={"do": {"latency": 0.001}})
    client.get("/v1/credits")
    server.complete(task_id)
    before = server.state["version"]
    assert client.post("/_mock/reset").json()["tasks"] == 0
    state = server.state
    assert (state["faults"], state["accounts"][0]["used"], server.exchanges(), server.deliveries()) == ([], 0, [], [])
    assert state["version"] > before
    assert client.get(f"/v1/tasks/{task_id}").status_code == 404
    scenarios: list[Any] = ["nonsense", "/etc/passwd.yaml", 5, [], True]
    for scenario in scenarios:
        assert client.post("/_mock/reset", json={"scenario": scenario}).status_code == 400


@pytest.mark.anyio
async def test_reset_leaves_nothing_in_memory(image_request: dict[str, Any]) -> None:
    mock = Mock(api_key=KEY)
    headers = {"authorization": f"Bearer {KEY}", "prefer": "pace=after-99999-seconds"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(mock), base_url="http://mock", headers=headers) as http:
        await http.post(CREATE, json={**image_request, "callback_url": HOOK})
        old = weakref.ref(mock.controller.current_state)
        await mock.controller.reset()
        gc.collect()
        assert old() is None
        assert (await http.get("/_mock/state")).json()["tasks"] == 0
    await mock.controller.current_state.aclose()


def test_upload_during_a_reset_fails_and_leaves_no_folder(server: MockServer, client: httpx.Client) -> None:
    started, was_reset = threading.Event(), threading.Event()

    def slowly() -> Iterator[bytes]:
        yield b'--b\r\ncontent-disposition: form-data; name="file"; filename="a.png"\r\n\r\n\x89PNG\r\n\x1a\n'
        started.set()
        was_reset.wait(10)
        yield b"\r\n--b--\r\n"

    with ThreadPoolExecutor(1) as pool:
        kind = {"content-type": "multipart/form-data; boundary=b"}
        upload = pool.submit(client.post, "/api/v1/files/upload/stream", content=slowly(), headers=kind)
        assert started.wait(10)
        assert [server.state["tasks"] for _ in range(5)] == [0] * 5  # afterwards the server has received the beginning
        server.reset()
        was_reset.set()
        response = upload.result(timeout=10)
    assert (response.status_code, response.json()["code"]) == (500, 50001)


def test_script_in_an_uploaded_svg_cannot_run_on_the_dashboards_origin(client: httpx.Client) -> None:
    file = {"file": ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "image/svg+xml")}
    link = client.post("/api/v1/files/upload/stream", files=file).json()["data"]["file_url"]
    headers = client.get(link).headers
    assert (headers["content-security-policy"], headers["x-content-type-options"]) == ("sandbox", "nosniff")


# --- the journal


def test_journal_contains_every_exchange_and_no_key(
    server: MockServer, client: httpx.Client, image_request: dict[str, Any]
) -> None:
    task_id = created(client, image_request, "outcome=failed")
    client.get(f"/v1/tasks/{task_id}", params={"key": KEY})
    client.post(CREATE, json={"model": "wan2.5-image-to-video"})
    client.get("/v1/tasks/nonsense", headers={"authorization": "Bearer sk-evo-wrong"})
    client.get("/v1/nonsense")
    client.put(CREATE)
    exchanges = client.get("/_mock/exchanges").json()["exchanges"]
    assert [(one["method"], one["path"], one["status"], one["operation"]) for one in reversed(exchanges)] == [
        ("POST", CREATE, 200, "create_video_generation"),
        ("GET", f"/v1/tasks/{task_id}", 200, "get_task"),
        ("POST", CREATE, 400, "create_video_generation"),
        ("GET", "/v1/tasks/nonsense", 401, "get_task"),
        ("GET", "/v1/nonsense", 404, ""),
        ("PUT", CREATE, 405, "create_video_generation"),
    ]
    assert json.loads(exchanges[-1]["request"]) == image_request
    assert json.loads(exchanges[-1]["response"])["id"] == task_id
    assert [one["number"] for one in server.exchanges(task_id=task_id)] == [2, 1]
    texts = client.get("/_mock/exchanges").text + client.get("/_mock/state").text + client.get("/_mock/tasks").text
    assert KEY not in texts
    assert "sk-evo-wrong" not in texts


def test_rejected_request_has_every_rule_it_violates_and_one_rejected_by_a_fault_has_none(
    server: MockServer, client: httpx.Client, image_request: dict[str, Any]
) -> None:
    client.post(CREATE, json={"model": "wan2.5-image-to-video", "duration": 7})
    client.post(CREATE, json={"model": "wan2.5-image-to-video"}, headers={"prefer": "code=400"})
    client.post(CREATE, json=image_request, headers={"authorization": "Bearer sk-evo-wrong"})
    created(client, image_request)
    accepted, unauthorized, by_fault, rejected = (one["violations"] for one in server.exchanges())
    assert [(one["field"], one["rules"]) for one in rejected] == [
        ("prompt", ("wan25.prompt.required",)),
        ("image_urls", ("wan25.image_urls.required",)),
        ("duration", ("wan25.duration.values",)),
    ]
    assert (accepted, by_fault, [one["rules"] for one in unauthorized]) == ([], [], [("auth.create.key-required",)])


def test_journal_is_limited_in_length_and_in_body_size() -> None:
    journal = Journal()
    for _ in range(MAX_EXCHANGES + 10):
        exchange = journal.open(0, "POST", "/" + "x" * 10_000)
        for _ in range(10):
            exchange.record(bytes(MAX_BODY_BYTES // 4))
        journal.close(exchange, 1)
    assert [len(list(journal)), journal.count] == [MAX_EXCHANGES, MAX_EXCHANGES + 10]
    assert {(len(one.request), len(one.path)) for one in journal} == {(MAX_BODY_BYTES, 300)}


def test_body_too_long_for_the_journal_is_still_processed(client: httpx.Client, image_request: dict[str, Any]) -> None:
    body = {**image_request, "more": "x" * 100_000}
    task_id = created(client, body)
    assert client.get(f"/_mock/tasks/{task_id}").json()["request"] is None


# --- links


def test_links_have_the_host_that_the_client_uses(client: httpx.Client, image_request: dict[str, Any]) -> None:
    response = client.post(
        CREATE, json=image_request, headers={"host": "mock.localhost:8080", "prefer": "pace=at-once"}
    )
    [link] = client.get(f"/v1/tasks/{response.json()['id']}").json()["results"]
    assert link.startswith("http://mock.localhost:8080/_mock/results/")


# --- without a socket


def test_transport_serves_blocking_and_asynchronous_clients(tmp_path: Path) -> None:
    request = Wan25ImageToVideo(prompt="A cat", image_urls=["https://example.com/cat.png"])
    with MockTransport(api_key=KEY, pace="at-once") as mock:
        with EvoLink(KEY, transport=mock) as api:
            task = api.generate(request)
            path = api.download(task, tmp_path)

        async def asynchronously() -> Any:
            async with AsyncEvoLink(KEY, transport=mock) as other:
                return await other.wait(task.id)

        assert asyncio.run(asynchronously()).id == task.id
        assert Path(path).read_bytes()[4:8] == b"ftyp"
        assert [one["status"] for one in mock.exchanges()] == [200, 200, 200]


def test_transport_drops_connections_and_keeps_timeouts() -> None:
    request = Wan25ImageToVideo(prompt="A cat", image_urls=["https://example.com/cat.png"])
    with MockTransport(api_key=KEY, scenario="lost-create-response") as mock:
        with EvoLink(KEY, transport=mock) as api, pytest.raises(SubmissionUnknown):
            api.submit(request)
        assert [task["status"] for task in mock.tasks()] == ["completed"]
        mock.reset()
        mock.add_fault({"do": {"latency": 5}})
        headers = {"authorization": f"Bearer {KEY}"}
        with httpx.Client(transport=mock, headers=headers) as http, pytest.raises(httpx.ReadTimeout):
            http.get("https://api.evolink.ai/v1/credits", timeout=0.1)


def test_closing_the_transport_ends_pending_requests() -> None:
    mock = MockTransport(api_key=KEY, faults=[{"do": {"latency": 60}}])
    http = httpx.Client(transport=mock, headers={"authorization": f"Bearer {KEY}"})
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(http.get, "https://api.evolink.ai/v1/credits", timeout=100)
        deadline = time.monotonic() + 10
        while mock.faults[0]["applied"] == 0 and time.monotonic() < deadline:
            pass
        http.close()
        with pytest.raises(httpx.ReadError, match="the mock was closed"):
            waiting.result(timeout=10)


def test_reset_of_the_transport_ends_the_wait_for_a_video(image_request: dict[str, Any]) -> None:
    with MockTransport(api_key=KEY, pace="at-once") as mock, ThreadPoolExecutor(1) as pool:
        headers = {"authorization": f"Bearer {KEY}"}
        with httpx.Client(transport=mock, headers=headers, base_url="https://api.evolink.ai") as http:
            body = {**image_request, "model": "wan2.5-image-to-video", "duration": 10}
            task_id = http.post(CREATE, json=body).json()["id"]
            video = pool.submit(http.get, f"/_mock/results/{task_id}.mp4")
            mock.reset()
            assert video.result(timeout=20).status_code in {200, 404}  # depending on which was first


def test_closed_transport_says_so() -> None:
    mock = MockTransport()
    mock.close()
    mock.close()
    with pytest.raises(RuntimeError, match="the transport is closed"):
        mock.tasks()


def test_stopped_server_says_so() -> None:
    server = MockServer()
    with pytest.raises(RuntimeError, match="use it in a with block"):
        server.tasks()
    with server:
        assert server.tasks() == []


# --- the pytest plugin

PLUGIN_TESTS = """
import sys
import httpx
import pytest

def test_nothing_is_imported_before_it_is_used():
    assert not [name for name in sys.modules if name.startswith(("starlette", "uvicorn", "evolink_mock.s"))]

def submitted(server):
    body = {"model": "wan2.5-image-to-video", "prompt": "A cat", "image_urls": ["https://example.com/cat.png"]}
    headers = {"authorization": f"Bearer {server.api_key}"}
    return httpx.post(f"{server.url}/v1/videos/generations", json=body, headers=headers, trust_env=False)

def test_tasks_end_at_once(evolink_mock):
    task_id = submitted(evolink_mock).json()["id"]
    assert evolink_mock.tasks()[0]["status"] == "completed"

@pytest.mark.evolink_mock(scenario="balance-runs-out", api_key="sk-evo-mine")
def test_marker_names_a_scenario(evolink_mock):
    assert evolink_mock.api_key == "sk-evo-mine"
    assert [submitted(evolink_mock).status_code for _ in range(3)] == [200, 200, 402]

@pytest.mark.evolink_mock(pace="after-1-read")
class TestClass:
    @pytest.mark.evolink_mock(seed=7)
    def test_markers_add_up(self, evolink_mock):
        assert (evolink_mock.state["pace"], evolink_mock.state["seed"]) == ("after-1-reads", 7)

    def test_marker_of_a_class_is_for_the_tests_that_use_the_fixture(self):
        pass

@pytest.mark.evolink_mock(speed=60)
def test_speed_is_in_force(evolink_mock):
    assert evolink_mock.state["pace"] != "at-once"

@pytest.mark.evolink_mock(seed=8)
def test_fixture_may_be_requested_at_run_time(request):
    assert request.getfixturevalue("evolink_mock").state["seed"] == 8

urls = set()

@pytest.mark.parametrize("number", [1, 2])
def test_wider_fixtures_are_shared(evolink_mock_module, evolink_mock_session, number):
    submitted(evolink_mock_module)
    assert len(evolink_mock_module.tasks()) == number
    assert evolink_mock_module.state["pace"] == evolink_mock_session.state["pace"] == "at-once"
    urls.update({evolink_mock_module.url, evolink_mock_session.url})
    assert len(urls) == 2
"""

REFUSED = """
import pytest

pytestmark = pytest.mark.evolink_mock(outcome="failed")

@pytest.fixture(scope="session")
def evolink_mock_settings():
    return {"seed": 5}

def test_settings_come_from_the_fixture_and_the_module(evolink_mock_module, evolink_mock):
    for mock in (evolink_mock_module, evolink_mock):
        assert mock.state["seed"] == 5

@pytest.mark.evolink_mock(pace="soon")
def test_invalid(evolink_mock):
    pass

@pytest.mark.evolink_mock("rate-limited-burst")
def test_positional(evolink_mock):
    pass

@pytest.mark.evolink_mock(seed=7)
def test_no_fixture():
    pass

@pytest.mark.evolink_mock(seed=7)
def test_module_fixture(evolink_mock_module):
    pass

def test_session_fixture(evolink_mock_session):
    pass

def test_unused_fault(evolink_mock):
    evolink_mock.add_fault({"when": {"nth": 5}, "do": {"code": 503}})
"""


@pytest.fixture
def tests_of_a_user(tmp_path: Path) -> Path:
    """A test file of a user of the plugin."""
    path = tmp_path / "test_mine.py"
    path.write_text(PLUGIN_TESTS, encoding="utf-8")
    return path


def test_plugin_provides_a_fixture_and_a_marker(tests_of_a_user: Path, command_environment: dict[str, str]) -> None:
    command = [sys.executable, "-W", "error", "-m", "pytest", "-q", "--strict-markers", "-p", "no:randomly", "-p"]
    result = subprocess.run(
        [*command, "no:xdist", str(tests_of_a_user)],
        cwd=tests_of_a_user.parent,
        capture_output=True,
        text=True,
        env=command_environment,
        check=False,
    )
    assert "9 passed" in result.stdout, result.stdout + result.stderr


def test_plugin_refuses_settings_without_effect_and_names_faults_that_never_applied(
    tmp_path: Path, command_environment: dict[str, str]
) -> None:
    path = tmp_path / "test_mine.py"
    path.write_text(REFUSED, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:xdist", str(path)]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=command_environment, check=False)
    for message in (
        "ConfigurationError: pace must be at-once, after-N-reads or after-S-seconds",
        "@pytest.mark.evolink_mock takes keyword arguments only, not 'rate-limited-burst'; for example scenario=",
        "@pytest.mark.evolink_mock has no effect: the test does not use the fixture evolink_mock",
        "has no effect: evolink_mock_module uses only the markers of its module; use the fixture evolink_mock",
        "has no effect: evolink_mock_session uses only the settings of the fixture evolink_mock_settings",
        'UnusedFaultWarning: fault rule {"when": {"nth": 5}, "do": {"code": 503}} never applied; requests that',
    ):
        assert message in result.stdout, result.stdout
    assert "3 failed, 2 passed, 1 warning, 2 errors" in result.stdout


def test_unknown_setting_is_named() -> None:
    settings: Any = {"spede": 3}
    with pytest.raises(
        ConfigurationError, match="unknown setting 'spede'; the settings are accounts, allow_hosts, api_key,"
    ):
        MockServer(**settings)
