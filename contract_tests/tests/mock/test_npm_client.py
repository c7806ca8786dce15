"""EvoLink's own client from npm against the mock: an independent implementation of the API."""

from __future__ import annotations

import base64
import contextlib
import json
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import httpx
import pytest

from evolink_mock import MockServer
from tests.known_limits import limit

PACKAGE = "@evolinkai/evolink-media"
VERSION = "1.2.1"
INTEGRITY = "sha512-PnDhTSemwVJeTgfUDKJ8WVEOPSXd8NEYIOg44uVrRwIsdRxgqT2xXSJ3wO9D2Z3rORUC27zfj228bsUSKpMi3g=="
REDIRECT = Path(__file__).parent / "npm_client" / "redirect.mjs"
INSTALL_SECONDS = 100
RESPONSE_SECONDS = 30
UNREACHABLE = {
    "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "EHOSTUNREACH", "ENETUNREACH", "ENOTFOUND", "ERR_SOCKET_TIMEOUT",
    "ETIMEDOUT",
}  # fmt: skip
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


def install(folder: Path) -> None:
    """Install the package and its dependencies in a folder, which only appears once it is complete."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as parent:
        whole = Path(parent, folder.name)
        command = [
            str(shutil.which("npm")), "install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save",
            "--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=20000",
            "--prefix", str(whole), f"{PACKAGE}@{VERSION}",
        ]  # fmt: skip
        result = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
        code = re.search(r"^npm (?:error|ERR!) code (\w+)", result.stderr, re.MULTILINE)
        if code is not None and code[1] in UNREACHABLE:
            pytest.skip(f"no connection to the npm registry ({code[1]}); run the tests again with one")
        assert result.returncode == 0, result.stderr
        with contextlib.suppress(OSError):  # another test worker was first
            whole.rename(folder)


@pytest.fixture(scope="module")
def node() -> str:
    """The path of node, which runs the client."""
    path = shutil.which("node")
    if path is None or shutil.which("npm") is None:
        pytest.skip("no node or no npm; install both with 'apt-get install nodejs npm'")
    return path


@pytest.fixture(scope="module")
def command(node: str, repository: Path) -> list[str]:
    """The command that starts the client, after its installation and a check of its hash."""
    folder = repository / "build" / "npm" / f"evolink-media-{VERSION}"
    if not folder.exists():
        install(folder)
    installed = json.loads((folder / "node_modules/.package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert installed[f"node_modules/{PACKAGE}"]["integrity"] == INTEGRITY
    package = folder / "node_modules" / PACKAGE
    program = json.loads((package / "package.json").read_text(encoding="utf-8"))["bin"]["evolink-media"]
    return [node, f"--import={REDIRECT.as_uri()}", str(package / program)]


class NpmClient:
    """A context manager that runs EvoLink's client as a process and calls its MCP tools."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self._command = command
        self._environment = environment
        self._last_id = 0

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, env=self._environment, text=True, encoding="utf-8",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        client_info = {"name": "contract-tests", "version": "1"}
        self.request("initialize", protocolVersion="2025-06-18", capabilities={}, clientInfo=client_info)
        self._write({"method": "notifications/initialized"})
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def request(self, method: str, **params: Any) -> dict[str, Any]:
        """Call an MCP method and return its result."""
        self._last_id += 1
        self._write({"id": self._last_id, "method": method, "params": params})
        assert self._process.stdout is not None
        watchdog = threading.Timer(RESPONSE_SECONDS, self._process.kill)
        watchdog.start()
        try:
            line = self._process.stdout.readline()
        finally:
            watchdog.cancel()
        assert line, f"no response to {method}: {self._process.communicate()[1]}"
        response = json.loads(line)
        assert response["id"] == self._last_id
        result: dict[str, Any] = response["result"]
        return result

    def call(self, tool: str, **arguments: Any) -> tuple[bool, list[str]]:
        """Call a tool; return whether it succeeded, and the lines of its output."""
        result = self.request("tools/call", name=tool, arguments=arguments)
        [content] = result["content"]
        return not result.get("isError", False), content["text"].splitlines()

    def _write(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        self._process.stdin.flush()


@pytest.fixture(scope="module")
def slow_mock(mock: MockServer) -> Iterator[MockServer]:
    """A mock server whose tasks end with their second query."""
    with MockServer(api_key=mock.api_key, pace="after-2-reads", prices="none") as server:
        yield server


@pytest.fixture
def plain(slow_mock: MockServer) -> Iterator[httpx.Client]:
    """A plain HTTP client of that server."""
    headers = {"authorization": f"Bearer {slow_mock.api_key}"}
    with httpx.Client(base_url=slow_mock.url, headers=headers, trust_env=False) as opened:
        yield opened


@pytest.fixture(scope="module")
def start(command: list[str], slow_mock: MockServer, command_environment: dict[str, str]) -> Callable[[str], NpmClient]:
    """Return a function that starts a client of that server with a key."""

    def started(key: str) -> NpmClient:
        return NpmClient(command, command_environment | {"EVOLINK_API_KEY": key, "MOCK_URL": slow_mock.url})

    return started


@pytest.fixture(scope="module")
def npm_client(start: Callable[[str], NpmClient], slow_mock: MockServer) -> Iterator[NpmClient]:
    """EvoLink's client with the key of that server."""
    with start(slow_mock.api_key) as started:
        yield started


def value_of(lines: list[str], name: str) -> str:
    """Return the value after a name in the output of a tool."""
    [value] = [line.removeprefix(f"{name}: ") for line in lines if line.startswith(f"{name}: ")]
    return value


def documented_message(contract: dict[str, Any], path: str, status: int) -> str:
    """Return the documented message of an error response."""
    [operation] = contract["paths"][path].values()
    response = operation["responses"][str(status)]
    if "$ref" in response:
        response = contract["components"]["responses"][response["$ref"].rpartition("/")[2]]
    message: str = response["content"]["application/json"]["example"]["error"]["message"]
    return message


VIDEO = {
    "model": "wan2.5-image-to-video",
    "prompt": "A cat plays the piano",
    "image_urls": ["https://media.invalid/image1.png"],
}


def test_client_creates_a_task_and_polls_it_until_its_result(
    npm_client: NpmClient, slow_mock: MockServer, plain: httpx.Client
) -> None:
    succeeded, lines = npm_client.call("generate_video", **VIDEO, duration=10)
    assert succeeded, lines
    task_id = value_of(lines, "Task ID")
    assert lines[:5] == [
        "Video generation task submitted.",
        f"Task ID: {task_id}",
        "Status: pending",
        "Estimated time: ~120s",
        "Estimated cost: 10 credits (per_call)",
    ]
    succeeded, lines = npm_client.call("check_task", task_id=task_id)
    assert (succeeded, value_of(lines, "Status"), value_of(lines, "Progress")) == (True, "processing", "50%")
    succeeded, lines = npm_client.call("check_task", task_id=task_id)
    task = plain.get(f"/v1/tasks/{task_id}").json()
    assert (succeeded, lines) == (True, [
        f"Task ID: {task_id}",
        "Model: wan2.5-image-to-video",
        "Status: completed",
        "Progress: 100%",
        "Estimated cost: 10 credits (per_call)",
        "",
        "Results:",
        f"  [1] {task['results'][0]}",
        "",
        "Note: Download URLs expire in 24 hours. Save results promptly.",
    ])  # fmt: skip
    assert (task["id"], task["model"], task["status"]) == (task_id, "wan2.5-image-to-video", "completed")
    *_, created = slow_mock.exchanges(task_id=task_id)
    assert (created["operation"], created["status"]) == ("create_video_generation", 200)
    assert json.loads(created["request"]) == VIDEO | {"duration": 10}
    assert plain.get(task["results"][0]).content[4:8] == b"ftyp"


def test_client_shows_why_a_task_failed(npm_client: NpmClient, slow_mock: MockServer) -> None:
    _, lines = npm_client.call("generate_video", **VIDEO)
    task_id = value_of(lines, "Task ID")
    slow_mock.fail(task_id, "generation_timeout")
    succeeded, lines = npm_client.call("check_task", task_id=task_id)
    assert (succeeded, value_of(lines, "Status"), value_of(lines, "Error code")) == (
        True,
        "failed",
        "generation_timeout",
    )
    assert value_of(lines, "Retryable").startswith("Yes")


def test_client_shows_why_its_key_is_rejected(start: Callable[[str], NpmClient], contract: dict[str, Any]) -> None:
    with start("sk-evo-no-such-key") as stranger:
        succeeded, lines = stranger.call("generate_video", **VIDEO)
        assert (succeeded, lines[0]) == (False, f"[401] {documented_message(contract, '/v1/videos/generations', 401)}")
        assert lines[1].startswith("Suggestion: "), "it shows the fallback_suggestion"
        succeeded, lines = stranger.call("check_task", task_id="task-unified-1000000000-nosuchid")
        assert (succeeded, lines[0]) == (False, f"[401] {documented_message(contract, '/v1/tasks/{task_id}', 401)}")
        succeeded, lines = stranger.call("upload_file", base64_data=base64.b64encode(PNG).decode())
        assert (succeeded, lines) == (False, ["File API error (401): The API key is missing or unknown."])


@pytest.mark.parametrize(("task_id", "status"), [("no-such-form", 400), ("task-unified-1000000000-nosuchid", 404)])
def test_client_shows_why_a_query_is_rejected(
    npm_client: NpmClient, contract: dict[str, Any], task_id: str, status: int
) -> None:
    succeeded, lines = npm_client.call("check_task", task_id=task_id)
    assert (succeeded, lines) == (False, [f"[{status}] {documented_message(contract, '/v1/tasks/{task_id}', status)}"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"duration": 7}, "[400] duration: "),
        ({"image_urls": ["https://media.invalid/1.png", "https://media.invalid/2.png"]}, "[400] image_urls: "),
        ({"prompt": "a" * (limit("wan2.5-image-to-video", "prompt", "maxLength") + 1)}, "[400] prompt: "),
        ({"model": "veo3-fast"}, "[404] Model veo3-fast not found."),
    ],
)
def test_client_shows_violations_that_only_the_contract_rejects(
    npm_client: NpmClient, change: dict[str, Any], message: str
) -> None:
    succeeded, lines = npm_client.call("generate_video", **VIDEO | change)
    assert not succeeded
    assert lines[0].startswith(message)


def test_client_uploads_a_file_in_each_way(npm_client: NpmClient, plain: httpx.Client, tmp_path: Path) -> None:
    path = tmp_path / "cat.png"
    path.write_bytes(PNG)
    succeeded, lines = npm_client.call("upload_file", file_path=str(path), file_name="piano.png", upload_path="images")
    assert succeeded, lines
    url = value_of(lines, "File URL")
    assert url.endswith("/piano.png"), "it sends the field fileName, which is accepted as well"
    assert plain.get(url).content == PNG
    for source in ({"base64_data": base64.b64encode(PNG).decode()}, {"file_url": url}):
        succeeded, lines = npm_client.call("upload_file", **source)
        assert succeeded, lines
        assert value_of(lines, "Type") == "image/png"
        assert value_of(lines, "Size") == "0.3 KB"
        assert plain.get(value_of(lines, "File URL")).content == PNG


def test_request_to_another_host_ends_the_client(node: str, command_environment: dict[str, str]) -> None:
    script = "await fetch('https://evolink.ai/'); console.log('was let through')"
    result = subprocess.run(
        [node, f"--import={REDIRECT.as_uri()}", "--input-type=module", "--eval", script],
        env=command_environment | {"MOCK_URL": "http://127.0.0.1:9"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (result.returncode, result.stdout) == (70, "")
    assert result.stderr == "redirect.mjs: https://evolink.ai is not a host of EvoLink's API\n"
