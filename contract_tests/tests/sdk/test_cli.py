"""The command `evolink`: options from the contract, output, and an exit code and a one-line message for every error."""

from __future__ import annotations

import errno
import io
import json
import os
import pty
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, get_args

import av
import httpx
import pytest
from PIL import Image
from starlette.requests import Request
from starlette.responses import Response

from evolink import EvoLink, models
from evolink.__main__ import main
from evolink._contract import BASE, Contract, packaged_contract
from evolink._nearest import one_of
from evolink._targets import FileTarget
from evolink._validation import find_violations
from evolink.callbacks import callback_url
from evolink.cli.app import run
from evolink.cli.error_output import in_commands
from evolink.cli.exit_codes import MEANINGS
from evolink.cli.request_options import fields_of
from evolink.errors import (
    Action,
    ConfigurationError,
    CostLimitExceeded,
    EvoLinkError,
    LedgerConflict,
    NextStep,
    NotSent,
    QuotaExceeded,
    ResponseInfo,
    SubmissionUnknown,
    Violation,
    WaitTimeout,
    in_python,
)
from evolink_mock import MockServer
from evolink_mock.server import ServedApp, listen
from tests import media_fields
from tests.known_limits import highest, limit

LONGEST: int = limit("wan2.5-image-to-video", "prompt", "maxLength")
LONGEST_ANYWHERE: int = highest("wan2.5-image-to-video", "prompt", "maxLength")

KEY = "sk-evo-do-not-show-me"
MODELS = models.ids(BASE)
TASK_ID = "task-unified-1757169743-7cvnl5zw"
IMAGE_TO_VIDEO = ["generate", "wan2.5-image-to-video"]
MINIMAL = [*IMAGE_TO_VIDEO, "--prompt", "A cat", "--image", "https://example.com/cat.png"]
CREATED = {"id": TASK_ID, "status": "pending"}
HEAD = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"  # of an MP4 file

Run = Callable[..., tuple[int, str, str]]


class Server:
    """A server with preset responses that records requests.

    Attributes:
        responses: the status and body of each response, by method and path.
        requests: the method with the path, and the body, of each request.
    """

    def __init__(self) -> None:
        self.responses: dict[str, Any] = {}
        self.requests: list[tuple[str, bytes]] = []
        self.url = ""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await (await self._respond(Request(scope, receive)))(scope, receive, send)
        else:  # the lifespan of the server
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})

    async def _respond(self, request: Request) -> Response:
        place = f"{request.method} {request.url.path}"
        self.requests.append((place, await request.body()))
        status, body = self.responses[place]
        text = body if isinstance(body, bytes) else json.dumps(body)
        return Response(text, status, media_type="video/mp4" if isinstance(body, bytes) else "application/json")

    def bodies(self) -> list[Any]:
        """Return the bodies of the requests to create tasks."""
        return [json.loads(body) for place, body in self.requests if place == CREATE]


CREATE, READ = "POST /v1/videos/generations", f"GET /v1/tasks/{TASK_ID}"


@pytest.fixture
def server() -> Iterator[Server]:
    preset = Server()
    with ServedApp(preset, listen("127.0.0.1", 0)) as served:
        preset.url = served.url
        preset.responses[CREATE] = 200, CREATED
        yield preset


@pytest.fixture(scope="module")
def mock() -> Iterator[MockServer]:
    """A mock server whose tasks end with the first read."""
    with MockServer(pace="after-1-read", api_key=KEY) as started:
        yield started


@pytest.fixture
def evolink(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command in this process; returns its exit code, standard output and standard error."""
    for name in [name for name in os.environ if name.startswith("EVOLINK_")]:
        monkeypatch.delenv(name)

    def called(*arguments: str, url: str = "http://127.0.0.1:9", key: str | None = KEY) -> tuple[int, str, str]:
        monkeypatch.setenv("EVOLINK_BASE_URL", url)
        if key is not None:
            monkeypatch.setenv("EVOLINK_API_KEY", key)
        code = run(list(arguments))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return called


@pytest.fixture
def command(command_environment: dict[str, str], tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    """Starts the command in a separate process."""

    def started(
        *arguments: str, url: str, stdout: int = subprocess.PIPE, stderr: int = subprocess.PIPE, term: str = "dumb"
    ) -> subprocess.Popen[str]:
        settings = {"EVOLINK_API_KEY": KEY, "EVOLINK_BASE_URL": url, "TERM": term}
        return subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "evolink", *arguments],
            env=command_environment | settings, cwd=tmp_path, stdout=stdout, stderr=stderr, text=True,
        )  # fmt: skip

    return started


def frames(path: Path) -> int:
    """Decode a video; returns the number of frames."""
    opened: Any = av.open(str(path))
    with opened as container:
        return sum(1 for _ in container.decode(container.streams.video[0]))


def test_local_image_is_uploaded_and_the_video_is_saved(
    command: Callable[..., subprocess.Popen[str]], mock: MockServer, tmp_path: Path
) -> None:
    Image.new("RGB", (640, 480), "red").save(tmp_path / "photo.jpg")
    process = command(
        *IMAGE_TO_VIDEO, "--image", "./photo.jpg", "--prompt", "A cat", "--duration", "5", "--wait", "-o", "out/",
        url=mock.url,
    )  # fmt: skip
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    task_id = Path(out.strip()).stem
    assert out == f"out/{task_id}.mp4\n"
    assert frames(tmp_path / "out" / f"{task_id}.mp4") == 150
    cost = r", estimated at [\d.]+ credits by the price rules of [\d-]+$"
    assert [re.sub(rf"\([\d.]+ kB\)|\([\d.]+ MB\)|{cost}", "(…)", line) for line in err.splitlines()] == [
        "uploading photo.jpg",
        "uploaded photo.jpg (…)",
        f"{task_id}: created(…)",
        f"{task_id}: completed, 100 %",
        f"downloading result 1 of {task_id}",
        f"saved result 1 of {task_id} (…)",
    ]


def test_only_the_id_is_printed_without_wait(evolink: Run, mock: MockServer) -> None:
    code, out, err = evolink(*MINIMAL, url=mock.url)
    assert (code, err) == (0, "")
    assert re.fullmatch(r"task-unified-\S+\n", out)


def test_every_option_is_sent_as_its_field(evolink: Run, server: Server) -> None:
    code, _, err = evolink(
        "generate", "wan2.6-reference-video-flash", "--prompt", "A person dancing", "--video", "https://example.com/a.mp4",
        "--video", "https://example.com/b.mp4", "--aspect-ratio", "9:16", "--quality", "1080p", "--duration", "4",
        "--shot-type", "multi", "--no-generate-audio", "--callback-url", "https://example.com/hook",
        "--extra", "seed=7", "--extra", 'model_params.style="ink"', url=server.url,
    )  # fmt: skip
    assert code == 0, err
    assert server.bodies() == [
        {
            "model": "wan2.6-reference-video-flash",
            "prompt": "A person dancing",
            "video_urls": ["https://example.com/a.mp4", "https://example.com/b.mp4"],
            "aspect_ratio": "9:16",
            "quality": "1080p",
            "duration": 4,
            "model_params": {"shot_type": "multi", "style": "ink"},
            "generate_audio": False,
            "callback_url": "https://example.com/hook",
            "seed": 7,
        }
    ]


def test_absent_options_are_not_sent(evolink: Run, server: Server) -> None:
    evolink(*MINIMAL, url=server.url)
    assert server.bodies() == [
        {"model": "wan2.5-image-to-video", "prompt": "A cat", "image_urls": ["https://example.com/cat.png"]}
    ]


IMAGES = {"type": "array", "items": {"type": "string"}, "x-media": {"kind": "image", "max-bytes": 1}}
MADE_UP = {
    "type": "object",
    "description": "Sings a text.",
    "required": ["model", "text"],
    "properties": {
        "model": {"type": "string", "const": "made-up"},
        "text": {"type": "string", "maxLength": 9, "description": "The text to sing [verbatim]."},
        "voice_url": {"type": "string", "format": "uri", "x-media": {"kind": "audio", "max-bytes": 1048576}},
        "image_start_urls": IMAGES,
        "image_end_urls": IMAGES,
        "keys": {"type": "array", "items": {"type": "string", "enum": ["c", "d minor"]}},
        "tempo": {"type": "number", "minimum": 0.5},
        "voices": {"enum": [1, 2]},
        "mood": {"anyOf": [{"type": "string", "enum": ["glad"]}, {"type": "null"}]},
        "settings": {
            "type": "object",
            "properties": {
                "loud": {"type": "boolean"},
                "more": {"type": "object", "properties": {"loud": {"type": "string"}}},
            },
        },
        "timeout": {"type": "integer"},
        "notes": {"type": "array", "items": {"type": "object"}},
    },
}


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> Contract:
    """The contract with an additional model."""
    contract = packaged_contract()
    operation = contract.operations["create_video_generation"]
    create = contract.document["paths"][operation.path][operation.method.lower()]
    schema = create["requestBody"]["content"]["application/json"]["schema"]
    monkeypatch.setitem(schema["discriminator"]["mapping"], "made-up", "#/components/schemas/MadeUp")
    monkeypatch.setitem(contract.schemas, "MadeUp", MADE_UP)
    monkeypatch.setitem(contract.models, "made-up", MADE_UP)
    return contract


@pytest.mark.usefixtures("made_up")
def test_new_model_in_the_contract_is_a_command(evolink: Run, server: Server) -> None:
    code, _, err = evolink(
        "generate", "made-up", "--text", "la", "--audio", "https://example.com/a.wav", "--image-start",
        "https://example.com/a.png", "--image-end", "https://example.com/b.png", "--keys", "d minor", "--keys", "c",
        "--tempo", "0.75", "--voices", "2", "--mood", "glad", "--loud", "--settings-more-loud", "very",
        "--request-timeout", "3", "--notes", '{"a": 1}', url=server.url,
    )  # fmt: skip
    assert code == 0, err
    assert server.bodies() == [
        {
            "model": "made-up",
            "text": "la",
            "voice_url": "https://example.com/a.wav",
            "image_start_urls": ["https://example.com/a.png"],
            "image_end_urls": ["https://example.com/b.png"],
            "keys": ["d minor", "c"],
            "tempo": 0.75,
            "voices": 2,
            "mood": "glad",
            "settings": {"loud": True, "more": {"loud": "very"}},
            "timeout": 3,
            "notes": [{"a": 1}],
        }
    ]


@pytest.mark.usefixtures("made_up")
def test_help_of_a_model_shows_descriptions_and_limits(evolink: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    code, out, err = evolink("generate", "made-up", "--help")
    assert (code, err) == (0, "")
    for text in ("Sings a text.", "The text to sing [verbatim]. [at most 9 characters]", "at most 1 MB", "glad"):
        assert text in out
    assert out.count("may be repeated") == 1 + len(["image_start_urls", "image_end_urls", "keys", "notes"])  # --extra


def test_option_of_a_list_with_one_item_is_not_repeatable(evolink: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    for model, count in (("wan2.5-image-to-video", 1), ("wan2.6-reference-video-flash", 2)):
        _, out, _ = evolink("generate", model, "--help")
        assert out.count("may be repeated") == count  # one of them is --extra


@pytest.mark.usefixtures("made_up")
def test_rules_of_a_new_model_are_checked(evolink: Run) -> None:
    code, out, err = evolink("generate", "made-up", "--text", "la la la la")
    assert (code, out) == (3, "")
    assert "text: must have at most 9 characters" in err


def test_options_have_unique_names(made_up: Contract) -> None:
    options = [field.option for field in fields_of(made_up, "made-up", {"text", "no-loud"})]
    assert len(set(options)) == len(options)
    assert {"text", "loud"}.isdisjoint(options)


def test_contested_limit_only_warns(evolink: Run, server: Server) -> None:
    code, out, err = evolink(
        *IMAGE_TO_VIDEO, "--prompt", "x" * (LONGEST + 1), "--image", "https://e.com/a.png", url=server.url
    )
    assert (code, out) == (0, f"{TASK_ID}\n")
    assert err.startswith(f"evolink: warning: prompt: must have at most {LONGEST} characters")
    assert err.count("\n") == 1


def test_request_that_breaks_rules_is_refused_before_its_files_are_uploaded(
    evolink: Run, server: Server, tmp_path: Path
) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff")
    photo = str(tmp_path / "photo.jpg")
    code, out, err = evolink(
        *IMAGE_TO_VIDEO, "--prompt", "x" * (LONGEST_ANYWHERE + 1), "--image", photo, "--image", photo, url=server.url
    )
    assert (code, out, server.requests) == (3, "", [])
    assert {line.split(":")[0] for line in err.splitlines()} == {"evolink", "  image_urls", "  prompt"}


def test_file_that_breaks_a_rule_is_refused_before_it_is_uploaded(evolink: Run, server: Server, tmp_path: Path) -> None:
    photo = str(tmp_path / "photo.jpg")
    Image.new("RGB", (64, 48), "red").save(photo)
    arguments = [*IMAGE_TO_VIDEO, "--prompt", "A cat", "--image", photo, "--check-media", "--json"]
    code, out, _ = evolink(*arguments, url=server.url)
    assert (code, json.loads(out)["error"]["type"], server.requests) == (3, "InvalidMedia", [])


@pytest.mark.parametrize(
    ("size", "message"), [(0, "must be a non-empty file; it is empty"), (10_485_761, "at most 10485760 bytes")]
)
def test_size_of_a_file_is_checked_before_the_upload(
    evolink: Run, server: Server, tmp_path: Path, size: int, message: str
) -> None:
    with (tmp_path / "photo.jpg").open("wb") as file:
        file.truncate(size)
    arguments = [*IMAGE_TO_VIDEO, "--prompt", "A cat", "--image", str(tmp_path / "photo.jpg")]
    code, out, err = evolink(*arguments, url=server.url)
    assert (code, out, server.requests) == (3, "", [])
    assert re.search(rf"^  image_urls\[0\]: .*{message}", err, re.MULTILINE)


@pytest.mark.parametrize(("size", "message"), [(0, "it is empty"), (104_857_601, "at most 104857600 bytes")])
def test_file_that_the_host_refuses_is_not_uploaded(
    evolink: Run, server: Server, tmp_path: Path, size: int, message: str
) -> None:
    with (tmp_path / "photo.jpg").open("wb") as file:
        file.truncate(size)
    code, out, err = evolink("upload", str(tmp_path / "photo.jpg"), url=server.url)
    assert (code, out, server.requests, "uploading" in err) == (3, "", [], False)
    assert "photo.jpg was not sent" in err
    assert message in err


def test_no_validate_sends_a_request_that_breaks_rules(evolink: Run, server: Server) -> None:
    code, _, err = evolink(*MINIMAL, "--no-validate", "--extra", "duration=0", url=server.url)
    assert (code, err, server.bodies()[0]["duration"]) == (0, "", 0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Missing command"),
        (["generate"], f"Missing MODEL, {one_of(None, MODELS, 'documented models')}"),
        (["generate", "--no-wait"], "Missing MODEL, one of"),
        ([*IMAGE_TO_VIDEO, "--prompt", "x", "--image", "/"], "'/' is a folder; pass a file, or a URL"),
        ([*IMAGE_TO_VIDEO, "--prompt", "x", "--image", ""], "the path is empty"),
        ([*IMAGE_TO_VIDEO, "--prompt", "x", "--image", "x" * 300], "File name too long"),
        (["upload", "/"], "'/' is a folder; pass a file, or a URL"),
        (["upload", "nowhere.png"], "the file 'nowhere.png' does not exist"),
        ([*MINIMAL, "-o", ""], "the path is empty; pass the path of a file or a folder"),
        (["task", TASK_ID, "-o", ""], "the path is empty; pass the path of a file or a folder"),
        (["download", TASK_ID, "-o", ""], "the path is empty; pass the path of a file or a folder"),
        ([*MINIMAL, "-o", "s3://key:hunter2@bucket/x"], "a URL is not a path; pass a local one"),
        (["download", TASK_ID, "-o", "-"], "cannot write results to standard output; pass a folder or a file"),
        (["listen", "-o", "-"], "cannot write results to standard output; pass a folder or a file"),
        (["generate", "wan9"], f"'wan9' is not {one_of('wan9', MODELS, 'documented models')}"),
        (["generate", "wan2.5-image-to-video"], "Missing option '--prompt'"),
        (["generate", "wan2.5-image-to-video", "--request", "a.json"], "--request takes the model from the file"),
        (["generate", "--request", "nowhere.json"], "cannot read 'nowhere.json': "),
        ([*IMAGE_TO_VIDEO, "--prompt", "x", "--image", "nowhere.png"], "the file 'nowhere.png' does not exist"),
        ([*MINIMAL, "--no-wait", "-o", "out"], "cannot be combined with --no-wait, because it waits for the results"),
        ([*MINIMAL, "-o", "/dev/null"], "cannot write '/dev/null': it is not a regular file"),
        ([*MINIMAL, "--extra", "seed"], "'seed' does not have the form NAME=JSON"),
        ([*MINIMAL, "--extra", "style=ink"], "'ink' is not JSON; quote strings"),
        ([*MINIMAL, "--wait", "--timeout", "nan"], "'nan' is not a number of seconds"),
        (["models", "wan9"], "'wan9' is not one of"),
        (["check", "nowhere.json"], "cannot read 'nowhere.json': No such file or directory"),
    ],
)
def test_wrong_usage_is_reported_in_one_line_and_sends_nothing(
    evolink: Run, server: Server, arguments: list[str], message: str
) -> None:
    code, out, err = evolink(*arguments, url=server.url)
    assert (code, out, err.count("\n"), server.requests) == (2, "", 1, [])
    assert message in err


@pytest.mark.usefixtures("made_up")
def test_value_that_no_page_lists_is_wrong_usage(evolink: Run, server: Server) -> None:
    code, out, err = evolink("generate", "made-up", "--text", "la", "--keys", "e", url=server.url)
    assert (code, out, err.count("\n"), server.requests) == (2, "", 1, [])
    assert "'e' is not one of 'c', 'd minor'" in err


def failed(status: str, error: Any = None) -> dict[str, Any]:
    """Return a task that has ended without a result."""
    return {"id": TASK_ID, "status": status, "error": error}


REFUSAL = {"error": {"code": 402, "message": "Insufficient quota", "type": "insufficient_quota_error"}}


OUTCOMES: list[tuple[list[str], dict[str, Any], int, str]] = [
    (["task", TASK_ID], {READ: (200, failed("failed", {"code": "service_error"}))}, 1, "TaskFailed"),
    (["task", TASK_ID], {READ: (200, failed("cancelled"))}, 1, "TaskCancelled"),
    (["download", TASK_ID], {READ: (200, failed("completed"))}, 1, "TransferError"),
    (["download", TASK_ID], {READ: (200, CREATED)}, 5, "TaskUnfinished"),
    (["upload", "nowhere.png"], {}, 2, "UsageError"),
    (["upload", "/dev/null"], {}, 2, "UsageError"),
    (["credits", "--base-url", "http://example.com"], {}, 2, "ConfigurationError"),
    (["credits", "--nonsense"], {}, 2, "UsageError"),
    (["task", " "], {}, 3, "InvalidRequest"),
    ([*MINIMAL, "--idempotency-key", "short"], {}, 3, "InvalidRequest"),
    (MINIMAL, {CREATE: (402, REFUSAL)}, 3, "QuotaExceeded"),
    (MINIMAL, {CREATE: (200, b"<html>")}, 4, "SubmissionUnknown"),
    ([*MINIMAL, "--wait", "--timeout", "0"], {READ: (200, CREATED)}, 5, "WaitTimeout"),
    (["task", TASK_ID], {READ: (301, {})}, 5, "UnexpectedResponse"),
    (["credits", "--base-url", "http://127.0.0.1:9"], {}, 5, "NotSent"),
]


@pytest.mark.parametrize(("arguments", "responses", "code", "type_"), OUTCOMES)
def test_exit_code_depends_on_the_error(
    evolink: Run, server: Server, arguments: list[str], responses: dict[str, Any], code: int, type_: str
) -> None:
    server.responses |= responses
    actual, out, err = evolink(*arguments, "--json", url=server.url)
    error = json.loads(out)["error"]
    assert (actual, error["type"]) == (code, type_), err
    assert {"message", "status", "code", "param", "request_id"} <= error.keys()
    assert err.splitlines()[-1].endswith(error["message"].splitlines()[-1])


def test_error_of_a_task_names_the_task_and_gives_advice(evolink: Run, server: Server) -> None:
    server.responses[READ] = 200, failed("failed", {"code": "content_policy_violation", "message": "No\x1b[31m\ncats."})
    _, out, err = evolink("task", TASK_ID, "--json", url=server.url)
    error = json.loads(out)["error"]
    assert (error["task_id"], error["code"], error["retry"], error["task"]["status"]) == (
        TASK_ID, "content_policy_violation", False, "failed",
    )  # fmt: skip
    assert error["advice"] == packaged_contract().failures["content_policy_violation"]["advice"]
    assert err.count("\n") == 1
    assert "\x1b" not in out + err


def test_error_about_a_task_that_cannot_be_read_says_that_it_continues(evolink: Run, server: Server) -> None:
    server.responses[READ] = 401, {"error": {"code": 401, "message": "Invalid token", "type": "authentication_error"}}
    code, out, err = evolink(*MINIMAL, "--wait", url=server.url)
    assert (code, out) == (3, "")
    assert err.endswith(f"The task continues on the server; run evolink task {TASK_ID} --wait to wait for it\n")


def test_failed_download_says_how_to_try_again(evolink: Run, server: Server, tmp_path: Path) -> None:
    server.responses[READ] = 200, {"id": TASK_ID, "status": "completed", "results": [f"{server.url}/1.mp4"]}
    server.responses["GET /1.mp4"] = 404, {}
    code, out, err = evolink(*MINIMAL, "-o", str(tmp_path), url=server.url)
    assert (code, out) == (1, "")
    assert err.splitlines()[-1].endswith(f"; to try again: evolink download {TASK_ID}")


UNFINISHED = f"{TASK_ID} is processing; wait for it with: evolink task {TASK_ID} --wait -o DIR"


@pytest.mark.parametrize("arguments", [["download", TASK_ID], ["task", TASK_ID]])
@pytest.mark.parametrize(
    ("status", "code", "message"),
    [("processing", 5, UNFINISHED), ("failed", 1, f"{TASK_ID} has failed: no reason given")],
)
def test_missing_results_are_not_downloaded(
    evolink: Run, server: Server, tmp_path: Path, arguments: list[str], status: str, code: int, message: str
) -> None:
    server.responses[READ] = 200, failed(status)
    assert evolink(*arguments, "-o", str(tmp_path), url=server.url) == (code, "", f"evolink: {message}\n")


def errors_with_next_steps(monkeypatch: pytest.MonkeyPatch) -> Iterator[EvoLinkError | Violation]:
    """Yield an error of every kind that names a next step, and the broken rules that do."""
    response = ResponseInfo("POST", "/v1/videos/generations")
    yield WaitTimeout(TASK_ID, 1, None, NotSent(response))
    yield QuotaExceeded(response)
    yield CostLimitExceeded(1, None, "its cost cannot be known")
    yield SubmissionUnknown(response, task_id=TASK_ID)
    lost = SubmissionUnknown(response)
    lost.next_steps = (*lost.next_steps, NextStep("resolve", "order-1"))
    yield lost
    yield LedgerConflict("order-1", "was cancelled before it was sent", NextStep("retry", "order-1"))
    yield FileTarget("a.mp4", TASK_ID, overwrite=False).taken(None)
    local_file = {"model": "wan2.5-image-to-video", "prompt": "A cat", "image_urls": ["cat.png"]}
    yield from (violation for request in ({}, local_file) for violation, _ in find_violations(request))
    monkeypatch.delenv("EVOLINK_API_KEY", raising=False)
    for key, base_url, files_base_url in (
        (None, None, None),
        (KEY, "x", None),
        (KEY, None, "x"),
        (KEY, "http://mock.example", None),
    ):
        with pytest.raises(ConfigurationError) as error:
            EvoLink(key, base_url=base_url, files_base_url=files_base_url)
        yield error.value


def test_command_line_describes_every_next_step(monkeypatch: pytest.MonkeyPatch) -> None:
    errors = list(errors_with_next_steps(monkeypatch))
    steps = [step for error in errors if isinstance(error, EvoLinkError) for step in error.next_steps]
    steps += [error.next_step for error in errors if isinstance(error, Violation) and error.next_step is not None]
    assert {step.action for step in steps} | {"check_connection"} == set(get_args(Action))
    texts = [error.describe(in_commands) for error in errors]
    assert [text for text in texts if re.search(r"\w\(|_url\b(?!s)|api_key|=False", text)] == []


@pytest.mark.parametrize(
    ("step", "python", "commands"),
    [
        (
            NextStep("wait", TASK_ID),
            f"the task continues on the server; call wait('{TASK_ID}') to wait for it",
            f"the task continues on the server; run evolink task {TASK_ID} --wait to wait for it",
        ),
        (
            NextStep("wait", "a; b"),
            "the task continues on the server; call wait('a; b') to wait for it",
            "the task continues on the server; run evolink task 'a; b' --wait to wait for it",
        ),
        (
            NextStep("resolve", "a b"),
            (
                "tell the ledger what you found: resolve('a b', task_id=...) or, if no task was created, "
                "resolve('a b', lost=True)"
            ),
            (
                "tell the ledger what you found: evolink batch resolve 'a b' --task-id ID, "
                "or --lost if no task was created"
            ),
        ),
        (
            NextStep("retry", "a b"),
            "call the ledger's retry('a b') to let it be submitted again",
            "run evolink batch retry 'a b' to let it be submitted again",
        ),
        (
            NextStep("credits"),
            "call credits() to see what is left",
            "run evolink credits to see what is left",
        ),
        (
            NextStep("upload"),
            "call upload() to get a URL for a local file",
            "run evolink upload PATH to get a URL for a local file",
        ),
        (
            NextStep("set_key"),
            "set EVOLINK_API_KEY or pass api_key; keys are made at https://evolink.ai/dashboard/keys",
            "set EVOLINK_API_KEY; keys are made at https://evolink.ai/dashboard/keys",
        ),
        (NextStep("check_setting", "base_url"), "check base_url", "check --base-url"),
        (NextStep("check_setting", "files_base_url"), "check files_base_url", "check --files-base-url"),
        (NextStep("check_setting", "EVOLINK_BASE_URL"), "check EVOLINK_BASE_URL", "check EVOLINK_BASE_URL"),
        (
            NextStep("check_connection", "base_url"),
            "check base_url, the network, and any proxy in between",
            "check --base-url, the network, and any proxy in between",
        ),
        (
            NextStep("skip_validation"),
            "pass validate=False to send it anyway",
            "give evolink generate --no-validate to send it anyway",
        ),
        (
            NextStep("raise_limit", "25.5"),
            "pass max_credits=25.5 to send it anyway",
            "give --max-credits 25.5 to send it anyway",
        ),
        (NextStep("raise_limit"), "omit max_credits to send it anyway", "omit --max-credits to send it anyway"),
    ],
)
def test_next_step_is_worded_for_python_and_for_the_command_line(step: NextStep, python: str, commands: str) -> None:
    assert (in_python(step), in_commands(step)) == (python, commands)


def test_unknown_create_that_names_its_task_suggests_a_command(evolink: Run, server: Server) -> None:
    server.responses[CREATE] = 500, CREATED
    code, _, err = evolink(*MINIMAL, url=server.url)
    assert (code, err.count("\n")) == (4, 1)
    assert err == (
        "evolink: POST /v1/videos/generations returned 500: the task may have been created and charged: the response "
        f'names the task {TASK_ID}: {{"id": "{TASK_ID}", "status": "pending"}}. Before you submit again, look for the '
        "task in the dashboard, compare the credits, and give a callback time to arrive. The task continues on the "
        f"server; run evolink task {TASK_ID} --wait to wait for it. Run evolink credits to see what is left\n"
    )


def test_errors_name_commands_instead_of_methods(evolink: Run, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.responses[READ] = 200, CREATED
    _, _, err = evolink("task", TASK_ID, "--wait", "--timeout", "0", url=server.url)
    assert err.endswith(
        f"{TASK_ID} has not ended within 0 s and was pending at the last read. The task continues on the server; "
        f"run evolink task {TASK_ID} --wait to wait for it\n"
    )
    monkeypatch.delenv("EVOLINK_API_KEY")
    _, _, err = evolink("credits", key=None)
    assert err == "evolink: no API key. Set EVOLINK_API_KEY; keys are made at https://evolink.ai/dashboard/keys\n"


@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_key_is_never_shown(evolink: Run, server: Server, as_json: list[str]) -> None:
    echo = f"{KEY} \x1b[2J"
    server.responses[READ] = 200, {"id": TASK_ID, "status": f"odd {echo}", "results": [f"https://e.com/{echo}"], KEY: 1}
    server.responses["GET /v1/credits"] = 200, {"success": True, "data": {"user": {"remaining_credits": echo}}}
    server.responses[CREATE] = 400, {"error": {"code": 400, "message": echo, "type": echo, "param": echo}}
    for arguments in (["task", TASK_ID], ["task", KEY], ["credits"], MINIMAL, ["upload", KEY], ["credits", KEY]):
        _, out, err = evolink(*arguments, *as_json, url=server.url)
        assert KEY not in out + err, arguments
        assert "\x1b" not in out + err, arguments


def test_key_is_not_an_option(evolink: Run) -> None:
    _, out, _ = evolink("--help")
    assert "EVOLINK_API_KEY" in out
    assert "--api-key" not in out


def test_help_lists_the_exit_codes(evolink: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    _, out, _ = evolink("--help")
    for code, meaning in MEANINGS.items():
        assert re.search(rf"{code}  {re.escape(meaning[:40])}", out)


@pytest.mark.parametrize(
    "arguments",
    [
        MINIMAL,
        [*MINIMAL, "--wait"],
        [*MINIMAL, "-o", "out"],
        ["models"],
        ["models", "wan2.5-image-to-video"],
        ["credits"],
        ["upload", "https://example.com/a.png"],
        ["--json", "models"],
    ],
)
def test_json_is_one_document(
    evolink: Run, mock: MockServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = evolink(*arguments, *([] if "--json" in arguments else ["--json"]), url=mock.url)
    assert code == (3 if arguments[0] == "upload" else 0), err
    assert isinstance(json.loads(out), dict)
    assert out.count("\n") == 1


@pytest.mark.parametrize("more", [[], ["--wait"]])
def test_json_of_a_task_has_the_request_that_was_sent(evolink: Run, server: Server, more: list[str]) -> None:
    server.responses[READ] = 200, {"id": TASK_ID, "status": "completed", "results": ["https://example.com/1.mp4"]}
    code, out, _ = evolink(*MINIMAL, *more, "--json", url=server.url)
    assert (code, json.loads(out)["request"], json.loads(out)["task"]["id"]) == (0, server.bodies()[0], TASK_ID)


def test_json_of_an_error_has_the_request_that_was_sent(evolink: Run, server: Server) -> None:
    server.responses[CREATE] = 500, b"<html>"
    code, out, _ = evolink(*MINIMAL, "--json", url=server.url)
    assert (code, json.loads(out)["error"]["request"]) == (4, server.bodies()[0])


def test_links_are_printed_without_output(evolink: Run, mock: MockServer) -> None:
    code, out, _ = evolink(*MINIMAL, "--wait", url=mock.url)
    assert code == 0
    assert out.startswith(f"{mock.url}/")
    assert out.count("\n") == 1


def test_every_result_is_saved_under_a_unique_name(evolink: Run, server: Server, tmp_path: Path) -> None:
    links = [f"{server.url}/{number}.mp4" for number in (1, 2)]
    server.responses[READ] = 200, {"id": TASK_ID, "status": "completed", "results": links}
    server.responses |= {"GET /1.mp4": (200, HEAD + b"one"), "GET /2.mp4": (200, HEAD + b"two")}
    for to, names in (
        (f"{tmp_path}/new/", [f"{TASK_ID}.mp4", f"{TASK_ID}-2.mp4"]),
        (f"{tmp_path}/a.mp4", ["a.mp4", "a-2.mp4"]),
    ):
        code, out, err = evolink("download", TASK_ID, "-o", to, url=server.url)
        paths = [Path(line) for line in out.splitlines()]
        assert (code, [path.name for path in paths]) == (0, names), err
        assert [path.read_bytes() for path in paths] == [HEAD + b"one", HEAD + b"two"]


@pytest.mark.parametrize("arguments", [MINIMAL, ["task", TASK_ID, "--wait"], ["download", TASK_ID]])
def test_every_command_saves_a_result_in_the_same_place(
    evolink: Run, server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: list[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    server.responses[READ] = 200, {"id": TASK_ID, "status": "completed", "results": [f"{server.url}/1.sh"]}
    server.responses["GET /1.sh"] = 200, HEAD
    for to, saved in (
        ("a/film.mp4", "a/film.mp4"),
        ("videos", f"videos/{TASK_ID}.mp4"),
        ("v1.5/", f"v1.5/{TASK_ID}.mp4"),
        ("~/videos", f"{tmp_path}/home/videos/{TASK_ID}.mp4"),
        ("~/film.mp4", f"{tmp_path}/home/film.mp4"),
    ):
        assert evolink(*arguments, "-o", to, url=server.url)[:2] == (0, f"{saved}\n")
        assert Path(saved).read_bytes() == HEAD
    assert not Path("~").exists()


def test_file_that_exists_is_not_replaced_and_no_task_is_created_for_it(
    evolink: Run, server: Server, tmp_path: Path
) -> None:
    server.responses[READ] = 200, {"id": TASK_ID, "status": "completed", "results": [f"{server.url}/1.mp4"]}
    server.responses["GET /1.mp4"] = 200, HEAD
    film = tmp_path / "film.mp4"
    film.write_bytes(b"precious")
    code, _, err = evolink(*MINIMAL, "-o", str(film), url=server.url)
    assert (code, server.bodies()) == (2, [])
    assert f"'{film}' exists; choose another name, or pass --overwrite to replace it" in err
    code, _, err = evolink("download", TASK_ID, "-o", str(film), url=server.url)
    assert (code, film.read_bytes()) == (1, b"precious")
    assert "Choose another name with --output, or pass --overwrite to replace it" in err
    for arguments in (["download", TASK_ID], MINIMAL):
        film.write_bytes(b"precious")
        assert evolink(*arguments, "-o", str(film), "--overwrite", url=server.url)[0] == 0
        assert film.read_bytes() == HEAD


def test_bounds_of_a_download_are_options(evolink: Run, server: Server, tmp_path: Path) -> None:
    server.responses[READ] = 200, {"id": TASK_ID, "status": "completed", "results": [f"{server.url}/1.mp4"]}
    server.responses["GET /1.mp4"] = 200, HEAD
    for options, code in (
        (["--max-bytes", "10"], 1),
        (["--max-seconds", "0"], 2),
        (["--min-speed", "nan"], 2),
        (["--max-bytes", "inf", "--max-seconds", "inf", "--min-speed", "0"], 0),
    ):
        assert evolink("download", TASK_ID, "-o", str(tmp_path), *options, url=server.url)[0] == code


def test_tilde_in_a_source_of_a_command_is_the_home_folder(
    evolink: Run, mock: MockServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "photo.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    request = {"model": "wan2.5-image-to-video", "prompt": "A cat", "image_urls": ["https://example.com/cat.png"]}
    (tmp_path / "request.json").write_text(json.dumps(request), encoding="utf-8")
    for arguments in (
        ["upload", "~/photo.png"],
        ["check", "~/request.json"],
        [*IMAGE_TO_VIDEO, "--prompt", "A cat", "--image", "~/photo.png"],
    ):
        assert evolink(*arguments, url=mock.url)[0] == 0, arguments


def test_link_that_is_about_to_expire_causes_a_one_line_warning(evolink: Run, server: Server, tmp_path: Path) -> None:
    server.responses[READ] = (
        200,
        {"id": TASK_ID, "status": "completed", "created": 1, "results": [f"{server.url}/1.mp4"]},
    )
    server.responses["GET /1.mp4"] = 200, HEAD + b"one"
    code, _, err = evolink("download", TASK_ID, "-o", str(tmp_path), url=server.url)
    assert code == 0
    assert f"evolink: warning: the links of {TASK_ID} may have expired; keep the file" in err.splitlines()


@pytest.mark.parametrize("columns", [40, 80, 160])
def test_names_are_never_cut_on_narrow_terminals(evolink: Run, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))

    def yes(_: object) -> bool:
        return True

    monkeypatch.setattr("evolink.cli.models.is_terminal", yes)
    model = "wan2.6-reference-video-flash"
    for arguments, names in (
        (["models"], [model]),
        (["models", model], ["model_params.shot_type", "--generate-audio", "description", "whole seconds"]),
    ):
        code, out, _ = evolink(*arguments)
        assert (code, [name for name in names if name not in out], "…" in out) == (0, [], False)
        assert max(map(len, out.splitlines())) <= columns


def test_limits_are_shown_without_a_key(evolink: Run) -> None:
    code, out, err = evolink("models", "wan2.6-reference-video-flash", key=None)
    assert (code, err) == (0, "")
    rows = {name: rest for name, *rest in (line.split("\t") for line in out.splitlines())}
    assert rows["video_urls"][:3] == [
        "--video",
        "yes",
        "1 to 3 items; mp4, mov; at most 100 MB; 2 to 30 seconds long",
    ]
    assert rows["model_params.shot_type"][:2] == ["--shot-type", "no"]
    assert rows["quality"][:3] == ["--quality", "no", "one of 720p, 1080p; default: 720p"]
    _, out, _ = evolink("models", "wan2.5-image-to-video", key=None)
    assert "\t--image\tyes\texactly 1 item; jpeg, jpg, png, bmp, webp; " in out


def test_request_is_checked_without_a_key(
    evolink: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, image_request: dict[str, Any]
) -> None:
    file = tmp_path / "request.json"
    for request, code in (
        (image_request, 0),
        (image_request | {"prompt": "x" * (LONGEST + 1)}, 0),
        (image_request | {"prompt": 3, "duration": 0}, 3),
    ):
        file.write_text(json.dumps(request), encoding="utf-8")
        actual, out, err = evolink("check", str(file), "--json", key=None)
        document = json.loads(out)
        assert (actual, err, document["valid"]) == (code, "", code == 0)
        assert len(document["warnings"]) == (1 if len(str(request["prompt"])) > LONGEST else 0)
        assert {violation["field"] for violation in document["violations"]} == (
            {"prompt", "duration"} if code else set()
        )
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(json.dumps(image_request).encode())))
    code, out, err = evolink("check", "-", key=None)
    assert (code, err) == (0, "")
    assert re.fullmatch(r"valid\nestimated at [\d.]+ credits by the price rules of \d{4}-\d\d-\d\d\n", out)


@pytest.mark.parametrize("text", ["", "[]", "{", '"text"', "[" * 100_000])
def test_text_that_is_not_a_request_is_invalid(evolink: Run, tmp_path: Path, text: str) -> None:
    (tmp_path / "request.json").write_text(text, encoding="utf-8")
    code, out, err = evolink("check", str(tmp_path / "request.json"))
    assert (code, err) == (3, "")
    assert out.startswith("request: must be")
    code, out, _ = evolink("check", str(tmp_path / "request.json"), "--json")
    document = json.loads(out)
    assert (code, document["valid"], len(document["violations"]), document["warnings"]) == (3, False, 1, [])


def test_text_that_utf8_cannot_encode_is_invalid(evolink: Run, tmp_path: Path, image_request: dict[str, Any]) -> None:
    (tmp_path / "request.json").write_text(json.dumps(image_request | {"prompt": "\ud800"}), encoding="utf-8")
    assert evolink("check", str(tmp_path / "request.json")) == (
        3,
        "prompt: must be valid Unicode text, without lone surrogates\n",
        "",
    )


def test_unknown_model_is_invalid(evolink: Run, tmp_path: Path) -> None:
    (tmp_path / "request.json").write_text('{"model": "wan9"}', encoding="utf-8")
    way_out = "give evolink generate --no-validate to send it anyway"
    message = f'model: must be {one_of("wan9", MODELS, "documented models")}; it is "wan9"; {way_out}\n'
    assert evolink("check", str(tmp_path / "request.json")) == (3, message, "")


def written(path: Path, document: Any) -> str:
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return str(path)


def test_request_is_created_again_from_what_json_prints(
    evolink: Run, server: Server, tmp_path: Path, image_request: dict[str, Any]
) -> None:
    server.responses[CREATE] = 402, REFUSAL
    code, refused, _ = evolink(
        "generate", "--request", written(tmp_path / "a.json", image_request), "--json", url=server.url
    )
    assert (code, json.loads(refused)["error"]["request"]) == (3, image_request)
    server.responses[CREATE] = 200, CREATED
    _, printed, _ = evolink("generate", f"--request={written(tmp_path / 'b.json', refused)}", "--json", url=server.url)
    _, again, _ = evolink("generate", "--json", "--request", written(tmp_path / "c.json", printed), url=server.url)
    assert again == printed
    assert server.bodies() == [image_request] * 3
    assert evolink("check", str(tmp_path / "c.json"))[0] == 0


def test_request_comes_from_standard_input_and_extra_replaces_a_field(
    evolink: Run, server: Server, monkeypatch: pytest.MonkeyPatch, image_request: dict[str, Any]
) -> None:
    content = json.dumps({"task": CREATED, "request": image_request}).encode("utf-16")  # as PowerShell writes files
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
    code, out, err = evolink("generate", "--request", "-", "--extra", 'prompt="A dog"', url=server.url)
    assert (code, out, err) == (0, f"{TASK_ID}\n", "")
    assert server.bodies() == [image_request | {"prompt": "A dog"}]


def test_local_files_of_a_request_file_are_uploaded(
    evolink: Run, mock: MockServer, tmp_path: Path, image_request: dict[str, Any]
) -> None:
    picture = tmp_path / "photo.png"
    Image.new("RGB", (400, 400)).save(picture)
    file = written(tmp_path / "a.json", image_request | {"image_urls": [str(picture)]})
    code, out, _ = evolink("generate", "--request", file, "--json", url=mock.url)
    sent = json.loads(out)["request"]
    assert (code, sent["image_urls"][0].startswith(mock.url)) == (0, True)
    assert sent == image_request | {"image_urls": sent["image_urls"]}


def test_local_files_in_every_form_of_field_are_uploaded_once(
    evolink: Run, server: Server, made_up: Contract, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    invented = media_fields.model_schema("invented", media_fields.forms({"kind": "image"}))
    monkeypatch.setitem(made_up.references, "invented", "#/components/schemas/Invented")
    monkeypatch.setitem(made_up.schemas, "Invented", invented)
    monkeypatch.setitem(made_up.models, "invented", invented)
    url = "https://files.invalid/a.png"
    server.responses["POST /api/v1/files/upload/stream"] = (
        200,
        {"success": True, "code": 200, "data": {"file_url": url}},
    )
    picture = tmp_path / "photo.png"
    Image.new("RGB", (40, 40)).save(picture)
    request = {"model": "invented", **media_fields.in_every_form(str(picture))}
    code, out, err = evolink("generate", "--request", written(tmp_path / "a.json", request), url=server.url)
    assert (code, out) == (0, f"{TASK_ID}\n"), err
    assert server.bodies() == [{"model": "invented", **media_fields.in_every_form(url)}]
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("document", "code", "message"),
    [
        ("[]", 3, "request: must be a JSON object"),
        ("{", 3, "request: must be JSON ("),
        (
            {"error": {"type": "NotSent"}},
            3,
            "request: is not in this document, because the command that printed it sent none",
        ),
        ({"prompt": "x"}, 3, "model: must be one of "),
        ({"model": ["a"], "prompt": "x"}, 3, "model: must be one of "),
        ('{"model": "wan9", "prompt": NaN}', 3, "request: must be JSON ("),
        (
            {"model": "wan2.5-image-to-video", "image_urls": ["nowhere.png"]},
            2,
            "'image_urls': the file 'nowhere.png' does not",
        ),
    ],
)
def test_file_without_a_valid_request_is_refused_with_the_reason(
    evolink: Run, server: Server, tmp_path: Path, document: Any, code: int, message: str
) -> None:
    file = written(tmp_path / "a.json", document)
    actual, out, err = evolink("generate", "--request", file, url=server.url)
    assert (actual, out, server.requests) == (code, "", [])
    assert message in err


def test_request_file_for_an_undocumented_model_is_sent_without_validation(
    evolink: Run, server: Server, tmp_path: Path
) -> None:
    request = {"model": "wan9", "anything": [1]}
    file = written(tmp_path / "a.json", request)
    assert evolink("generate", "--request", file, "--no-validate", url=server.url) == (0, f"{TASK_ID}\n", "")
    assert server.bodies() == [request]


def test_credits_are_shown_for_the_account_and_the_key(evolink: Run, server: Server) -> None:
    data = {
        "token": {"remaining_credits": 99999.9999, "used_credits": 25.5, "unlimited_credits": True},
        "user": {"remaining_credits": -1.5, "used_credits": 25.5},
    }
    server.responses["GET /v1/credits"] = 200, {"success": True, "message": "", "data": data}
    expected = "account: -1.5 left, 25.5 used\nkey: no limit of its own, 25.5 used\n"
    assert evolink("--base-url", server.url, "credits") == (0, expected, "")


def test_option_after_the_command_takes_precedence(evolink: Run, server: Server) -> None:
    server.responses["GET /v1/credits"] = 200, {"success": True, "data": {}}
    code, _, err = evolink("--base-url", "http://127.0.0.1:9", "credits", "--base-url", server.url)
    assert (code, err) == (0, "")


def test_version_is_printed(evolink: Run) -> None:
    code, out, err = evolink("--version")
    assert (code, err) == (0, "")
    assert re.fullmatch(r"evolink \d+\.\d+\.\d+\n", out)


def test_bug_is_reported_in_one_line(evolink: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **_options: object) -> None:
        raise ZeroDivisionError("why not")

    monkeypatch.setattr("evolink.cli.models.show_all", broken)
    code, out, err = evolink("models")
    assert (code, out, err.count("\n")) == (70, "", 1)
    assert "ZeroDivisionError: why not (test_cli.py" in err


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ("evolink generate wan", [model for model in MODELS if model.startswith("wan")]),
        ("evolink generate wan2.6-reference-video-flash --quality ", ["720p", "1080p"]),
        ("evolink generate wan2.5-image-to-video --du", ["--duration"]),
        ("evolink models wan2.5", [model for model in MODELS if model.startswith("wan2.5")]),
        ("evolink models --family w", [family for family in models.families() if family.startswith("w")]),
        ("evolink models --task video", [task for task in models.tasks() if task.startswith("video")]),
    ],
)
def test_shell_completes_models_options_and_choices(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: str, completed: list[str]
) -> None:
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(len(words.split(" ")) - 1))
    monkeypatch.setenv("_EVOLINK_COMPLETE", "complete_bash")
    with pytest.raises(SystemExit) as ended:
        run([])
    out, err = capsys.readouterr()
    assert (ended.value.code, out.split(), err) == (0, completed, "")


@pytest.mark.parametrize("as_json", [[], ["--json"]])
@pytest.mark.parametrize("module", ["typer", "rich"])
def test_missing_extra_is_named_with_the_install_command(
    command_environment: dict[str, str], module: str, as_json: list[str]
) -> None:
    code = f"import sys; sys.modules[{module!r}] = None; from evolink.__main__ import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", code, "credits", *as_json],
        capture_output=True, text=True, env=command_environment, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert 'pip install "evolink-client[cli]"' in done.stderr
    assert [json.loads(line)["error"]["type"] for line in done.stdout.splitlines()] == ["MissingExtra" for _ in as_json]


def test_interruption_during_the_start_is_reported_in_one_line(command_environment: dict[str, str]) -> None:
    code = """if True:
        import os, signal, sys
        class Interrupting:
            def find_spec(self, name, *_):
                if name == "evolink.cli.request_options":
                    os.kill(os.getpid(), signal.SIGTERM)
        sys.meta_path.insert(0, Interrupting())
        from evolink.__main__ import main
        sys.exit(main())
    """
    done = subprocess.run(
        [sys.executable, "-c", code, "models"], capture_output=True, text=True, env=command_environment, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "evolink: interrupted\n")


def test_mock_without_its_extra_names_the_install_command(command_environment: dict[str, str]) -> None:
    code = "import sys; sys.modules['uvicorn'] = None; from evolink_mock import MockServer"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=command_environment, check=False
    )
    assert done.stderr.splitlines()[-1] == (
        "ModuleNotFoundError: evolink_mock requires the module uvicorn; install it with: "
        'pip install "evolink-client[mock]"'
    )


@pytest.mark.parametrize(("as_json", "sent"), [([], signal.SIGINT), (["--json"], signal.SIGTERM)])
def test_interruption_says_how_to_follow_the_task(
    command: Callable[..., subprocess.Popen[str]], server: Server, as_json: list[str], sent: signal.Signals
) -> None:
    server.responses[READ] = 200, CREATED | {"progress": 1}
    process = command(*MINIMAL, "--wait", *as_json, url=server.url)
    assert process.stderr is not None
    while "pending, 1 %" not in (line := process.stderr.readline()):
        assert line, "the command has ended"
    process.send_signal(sent)
    out, err = process.communicate(timeout=30)
    message = f"interrupted; {TASK_ID} is not affected; follow it with: evolink task {TASK_ID} --wait"
    assert (process.returncode, err) == (130, f"evolink: {message}\n")
    assert [json.loads(line)["error"]["message"] for line in out.splitlines()] == [message for _ in as_json]


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_interruption_of_a_create_says_that_it_may_have_been_accepted(
    command: Callable[..., subprocess.Popen[str]], sent: signal.Signals
) -> None:
    with listen("127.0.0.1", 0) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        process = command(*MINIMAL, "--json", url=url)
        connection, _ = listener.accept()
        with connection:
            assert connection.recv(65_536)
            process.send_signal(sent)
            out, err = process.communicate(timeout=30)
    assert (process.returncode, err.count("\n")) == (130, 1)
    assert "the task may have been created and charged" in err
    document = json.loads(out)
    assert f"evolink: {document['error']['message']}\n" == err
    assert document["error"]["request"]["prompt"] == "A cat"


def test_interruption_during_a_destructor_ends_the_command(command_environment: dict[str, str]) -> None:
    program = (
        "import signal, sys, time\n"
        "from evolink import __main__\n"
        "from evolink.cli import models\n"
        "class Interrupted:\n"
        "    def __del__(self): signal.raise_signal(signal.SIGTERM)\n"
        "def show_all(*arguments, **options):\n"
        "    Interrupted()\n"
        "    print('Python ignored it', flush=True)\n"
        "    time.sleep(60)\n"
        "models.show_all = show_all\n"
        "sys.argv = ['evolink', 'models']\n"
        "sys.exit(__main__.main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True, text=True, env=command_environment, timeout=40, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (130, "Python ignored it\n")
    assert done.stderr == "evolink: interrupted\n"


def test_signals_that_are_ignored_stay_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["evolink", "models"])
    seen: list[Any] = []

    def look(*_: object, **_options: object) -> None:
        seen.append(signal.getsignal(signal.SIGHUP))

    monkeypatch.setattr("evolink.cli.models.show_all", look)
    for handler in (signal.SIG_IGN, signal.SIG_DFL):  # as below nohup, and otherwise
        before = signal.signal(signal.SIGHUP, handler)
        assert main() == 0
        assert signal.signal(signal.SIGHUP, before) is handler
    assert seen == [signal.SIG_IGN, signal.default_int_handler]
    thread = ThreadPoolExecutor(1)  # in which no signal can be handled
    assert thread.submit(main).result() == 0


def test_closed_pipe_ends_the_command_without_a_traceback_and_names_the_task(
    command: Callable[..., subprocess.Popen[str]], server: Server
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    process = command(*MINIMAL, url=server.url, stdout=writer)
    os.close(writer)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err.count("\n")) == (141, 1)
    assert f"{TASK_ID} is not affected" in err


def test_output_that_was_closed_before_the_start_does_not_lose_the_task(
    command_environment: dict[str, str], server: Server
) -> None:
    done = subprocess.run(
        ["sh", "-c", '"$0" "$@" >&-', sys.executable, "-m", "evolink", *MINIMAL],
        env=command_environment | {"EVOLINK_API_KEY": KEY, "EVOLINK_BASE_URL": server.url},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert f"{TASK_ID} is not affected" in done.stderr


class Full(io.TextIOWrapper):
    """An output on a full disk."""

    def flush(self) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(
    ("arguments", "outcome"),
    [
        (["task", TASK_ID], f"is completed; download it with: evolink download {TASK_ID}"),
        (["download", TASK_ID, "-o", "a.mp4"], "is saved as a.mp4"),
    ],
)
def test_lost_output_of_a_completed_task_says_where_the_result_is(
    evolink: Run, server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: list[str], outcome: str
) -> None:
    monkeypatch.chdir(tmp_path)
    server.responses[READ] = 200, {"id": TASK_ID, "status": "completed", "results": [f"{server.url}/1.mp4"]}
    server.responses["GET /1.mp4"] = 200, HEAD + b"one"
    with (tmp_path / "full").open("wb") as file:
        monkeypatch.setattr("sys.stdout", Full(file, encoding="utf-8"))
        code, _, err = evolink(*arguments, url=server.url)
    last = err.splitlines()[-1]
    assert (code, last) == (1, f"evolink: cannot write the output: No space left on device; {TASK_ID} {outcome}")


def test_interruption_of_a_download_says_how_to_repeat_it(
    evolink: Run, server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    server.responses[READ] = 200, {"id": TASK_ID, "status": "completed", "results": ["https://example.com/1.mp4"]}
    monkeypatch.setattr(EvoLink, "download", interrupt)
    code, _, err = evolink(*MINIMAL, "-o", str(tmp_path), url=server.url)
    assert code == 130
    assert err.endswith(f"interrupted; {TASK_ID} is completed; download it with: evolink download {TASK_ID}\n")


def test_character_that_the_output_cannot_encode_is_escaped(
    command_environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "request.json").write_text('{"model": "\\u732b"}', encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "evolink", "check", tmp_path / "request.json"],
        env=command_environment | {"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (3, "")
    assert '"\\u732b"' in done.stdout


def test_terminal_shows_progress_bars(
    command: Callable[..., subprocess.Popen[str]], mock: MockServer, tmp_path: Path
) -> None:
    Image.new("RGB", (640, 480), "red").save(tmp_path / "photo.jpg")
    ours, theirs = pty.openpty()
    process = command(
        *IMAGE_TO_VIDEO, "--image", "photo.jpg", "--prompt", "A cat", "-o", "out",
        url=mock.url, stderr=theirs, term="xterm",
    )  # fmt: skip
    os.close(theirs)
    received = bytearray()
    reading = threading.Thread(target=lambda: received.extend(drained(ours)))
    reading.start()
    out, _ = process.communicate(timeout=60)
    reading.join()
    os.close(ours)
    assert process.returncode == 0
    assert re.fullmatch(r"out/task-unified-\S+\.mp4\n", out)
    text_shown = received.decode()
    for text in ("uploading photo.jpg", "━", "100%", "completed", "downloading result 1"):
        assert text in text_shown
    assert re.search("[kM]B", text_shown)
    assert " ?" not in text_shown.replace("/?", "")  # the size of a file may be unknown


def drained(descriptor: int) -> bytes:
    """Read from a terminal until it is closed."""
    parts: list[bytes] = []
    while True:
        try:
            parts.append(os.read(descriptor, 65_536))
        except OSError:  # Linux raises it at the end of the output
            return b"".join(parts)
        if not parts[-1]:
            return b"".join(parts)


def test_listen_saves_the_results_of_callbacks(
    command: Callable[..., subprocess.Popen[str]], mock: MockServer, tmp_path: Path
) -> None:
    with httpx.Client(base_url=mock.url, headers={"authorization": f"Bearer {KEY}"}, trust_env=False) as http:
        request = {"model": "wan2.5-image-to-video", "prompt": "A cat", "image_urls": ["https://example.com/cat.png"]}
        task_id = http.post("/v1/videos/generations", json=request).json()["id"]
        task = http.get(f"/v1/tasks/{task_id}").json()
        listening = ("listen", "--port", "0", "--once", "-o", "out", "--json", "--token", "s3cret")
        process = command(*listening, url=mock.url)
        assert process.stderr is not None
        address = re.search(r"http://\S+/", process.stderr.readline())
        assert address is not None
        url = callback_url(address[0], key="order 42", token="s3cret")
        assert httpx.post(url, content=b"not a task", trust_env=False).status_code == 400
        forged = task | {"results": ["https://example.com/forged.mp4"]}
        assert httpx.post(address[0], json=forged, trust_env=False).status_code == 403
        assert httpx.post(url, json=forged, trust_env=False, timeout=30).status_code == 204
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    [line] = out.splitlines()
    document = json.loads(line)
    assert (document["task"]["results"], document["files"]) == (task["results"], [f"out/{task_id}.mp4"])
    assert document["key"] == "order 42"
    assert "s3cret" not in out + err
    assert frames(tmp_path / "out" / f"{task_id}.mp4") > 0


def test_empty_token_of_listen_is_refused(evolink: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    results = [evolink("listen", "--port", "0", "--token", "")]
    monkeypatch.setenv("EVOLINK_CALLBACK_TOKEN", " ")
    results.append(evolink("listen", "--port", "0"))
    for code, out, err in results:
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert "--token or EVOLINK_CALLBACK_TOKEN is empty; set it, or omit it" in err


def test_interrupted_listen_prints_no_document(command: Callable[..., subprocess.Popen[str]], server: Server) -> None:
    process = command("listen", "--port", "0", "--json", url=server.url)
    assert process.stderr is not None
    address = re.search(r"http://\S+/", process.stderr.readline())
    assert address is not None
    assert httpx.get(address[0], trust_env=False).status_code == 405  # the server is running
    process.send_signal(signal.SIGTERM)
    assert (*process.communicate(timeout=30), process.returncode) == ("", "evolink: interrupted\n", 130)


def test_port_in_use_is_reported_in_one_line(evolink: Run) -> None:
    with listen("127.0.0.1", 0) as listener:
        code, out, err = evolink("listen", "--port", str(listener.getsockname()[1]))
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "Address already in use" in err
