"""The SDK's types in an application: type checkers accept correct code and report errors."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

import evolink

RIGHT = """
from datetime import UTC, datetime
from pathlib import Path

import evolink.billing
import evolink.callbacks
from evolink import (
    AsyncEvoLink,
    CallbackReceiver,
    CreditsData,
    EvoLink,
    EvoLinkError,
    InvalidRequest,
    SubmissionUnknown,
    Task,
    TaskFailed,
    UploadedFile,
    WaitTimeout,
    Wan25ImageToVideo,
    Wan26ReferenceVideoFlash,
    Wan26ReferenceVideoFlashModelParams,
    given,
)
from evolink_client.api.tasks import get_task


def use() -> Path:
    with EvoLink(timeout=30, max_retries=0) as api:
        uploaded: UploadedFile = api.upload("a.png")
        request = Wan25ImageToVideo(prompt="x", image_urls=[uploaded.file_url], duration=5)
        try:
            task: Task = api.submit(request, idempotency_key="0123456789abcdef")
            task = api.wait(task, timeout=600, on_update=print)
        except InvalidRequest as error:
            fields: list[str] = [violation.field for violation in error.violations]
            raise SystemExit(fields) from error
        except SubmissionUnknown as error:
            raise SystemExit(error.task_id or "unknown") from error
        except TaskFailed as error:
            raise SystemExit(error.code if error.retry else error.advice) from error
        except WaitTimeout as error:
            task = api.wait(error.task_id)
        ends: list[Task | EvoLinkError] = api.wait_all([task, "task-unified-1-a"], concurrency=2)
        print(ends, get_task.sync(client=api.client, task_id=task.id), api.credits().user)
        return api.download(task, "out/")


def read(task: Task, credits_left: CreditsData) -> tuple[str, float, str, datetime, float]:
    failure, created = task.failure, given(task.created)
    reason = failure.message if failure is not None else str(created + 1 if created is not None else "")
    moment = task.created_at or datetime.now(UTC)
    return task.links[0], task.credits_used or 0.0, reason, moment, credits_left.remaining or 0.0


async def use_async() -> Task:
    params = Wan26ReferenceVideoFlashModelParams(shot_type="multi")
    async with AsyncEvoLink() as api:
        CallbackReceiver(api, print)
        request = Wan26ReferenceVideoFlash(prompt="x", video_urls=["https://a.example/b.mp4"], model_params=params)
        return await api.generate(request)


def parse(body: bytes) -> str:
    return evolink.callbacks.parse(body).id
"""

STAR = """
from evolink import *  # pyright: ignore[reportWildcardImportFromLibrary]

names = [{names}]
"""

WRONG = """
from evolink import AsyncEvoLink, EvoLink, Wan25ImageToVideo, Wan26ReferenceVideoFlash

api = EvoLink()
Wan25ImageToVideo(prompt="x")  # wrong
Wan25ImageToVideo(prompt="x", image_urls="https://a.example/b.png")  # wrong
Wan25ImageToVideo(prompt="x", image_urls=["https://a.example/b.png"], duration=0)  # wrong
Wan25ImageToVideo(prompt="x", image_urls=["https://a.example/b.png"], no_such_field=1)  # wrong
Wan25ImageToVideo(prompt="x", image_urls=["https://a.example/b.png"], model="wan2.6-reference-video-flash")  # wrong
Wan26ReferenceVideoFlash(prompt="x", video_urls=["https://a.example/b.mp4"], quality="0p")  # wrong
Wan26ReferenceVideoFlash(prompt="x", video_urls=["https://a.example/b.mp4"], model_params={})  # wrong
api.submit("a prompt")  # wrong
api.submit(prompt="x")  # wrong
api.wait(5)  # wrong
api.wait("task-unified-1-a").no_such_field  # wrong
EvoLink("key", "https://api.evolink.ai")  # wrong


async def use(other: AsyncEvoLink) -> None:
    other.wait("task-unified-1-a").status  # wrong
"""

# Fragments of the SDK guide refer to these names.
FRAGMENT = """
from collections.abc import Callable
from io import BytesIO
from typing import Any

import attrs
import evolink.billing
import evolink.callbacks
import evolink.ledger
import evolink.media
from evolink.ledger import Ledger
from evolink import *  # pyright: ignore[reportWildcardImportFromLibrary]
from evolink_client.api.tasks import get_task
from starlette.routing import Route


class Database:
    def __getattr__(self, name: str) -> Callable[..., bool]:
        raise AttributeError(name)


application: Any = None
database = Database()
ledger = Ledger()
handler: Any = None
SECRET = "token"
body: bytes = b""
file_object = BytesIO()
requests: list[Wan25ImageToVideo] = []
tasks: list[Task] = []
"""
FUNCTION = """

def fragment_{number}(api: EvoLink, request: Wan25ImageToVideo, task: Task, error: WaitTimeout) -> None:
{body}
"""


def lines_marked(code: str) -> set[int]:
    return {number for number, line in enumerate(code.splitlines(), 1) if line.endswith("# wrong")}


GUIDE = "overlays/evolink/README.md"
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)


def fragments_of(document: str) -> Iterator[str]:
    """Yield the unfinished examples of a document, and the code in its sentences that uses an object of the SDK."""
    yield from (text for language, text in FENCE.findall(document) if language == "py")
    for text in re.findall(r"`([^`\n]+)`", FENCE.sub("", document)):
        with suppress(SyntaxError):
            nodes = list(ast.walk(ast.parse(text)))
            names = {node.id for node in nodes if isinstance(node, ast.Name)}
            if names & {"api", "task", "request", "evolink", "get_task"} and len(nodes) > 4 and "--" not in text:
                yield text


@pytest.fixture
def application(tmp_path: Path, repository: Path) -> Path:
    """A folder with modules that use the project correctly, and `wrong.py` with a type error in each marked line.

    All examples of the documents are in it, because each run of a type checker reads the whole project first.
    """
    (tmp_path / "right.py").write_text(RIGHT, encoding="utf-8")
    (tmp_path / "wrong.py").write_text(WRONG, encoding="utf-8")
    names = ", ".join(name for name in dir(evolink) if name[:1].isupper())
    (tmp_path / "star.py").write_text(STAR.format(names=names), encoding="utf-8")
    listed = subprocess.run(
        ["git", "ls-files", "*README.md"], cwd=repository, capture_output=True, text=True, check=True
    )
    documents = [
        (repository / name).read_text(encoding="utf-8") for name in listed.stdout.split() if "/harness/" not in name
    ]
    examples = [text for document in documents for language, text in FENCE.findall(document) if language == "python"]
    fragments = list(fragments_of((repository / GUIDE).read_text(encoding="utf-8")))
    assert min(len(examples), len(fragments)) > 10
    functions = [FUNCTION.format(number=i, body=textwrap.indent(text, "    ")) for i, text in enumerate(fragments)]
    examples.append(FRAGMENT + "".join(functions))
    for number, example in enumerate(examples):
        (tmp_path / f"example_{number}.py").write_text(example, encoding="utf-8")
    return tmp_path


def run(command: list[str], folder: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment, check=False)
    assert done.stderr == ""
    return done.stdout


def test_mypy_accepts_correct_code_and_reports_every_error(
    application: Path, repository: Path, command_environment: dict[str, str]
) -> None:
    if (cache := repository / ".mypy_cache").exists():  # `make check` has read the whole project already
        shutil.copytree(cache, application / cache.name)
    # With other settings than those of `make check`, the cache would be of no use.
    settings = ["--config-file", str(repository / "pyproject.toml")]
    command = [sys.executable, "-m", "mypy", *settings, "--no-error-summary", "."]
    errors = re.findall(r"^(\w+)\.py:(\d+): error", run(command, application, command_environment), re.MULTILINE)
    assert [error for error in errors if error[0] != "wrong"] == []
    assert {int(line) for file, line in errors if file == "wrong"} == lines_marked(WRONG)


def test_pyright_accepts_correct_code_and_reports_every_error(
    application: Path, command_environment: dict[str, str]
) -> None:
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, "."]
    settings = {"PYRIGHT_PYTHON_IGNORE_WARNINGS": "1", "NODE_OPTIONS": "--max-semi-space-size=64"}  # as in the Makefile
    report = json.loads(run(command, application, command_environment | settings))
    errors = {
        (Path(each["file"]).stem, each["range"]["start"]["line"] + 1)
        for each in report["generalDiagnostics"]
        if each["severity"] == "error"
    }
    assert [error for error in errors if error[0] != "wrong"] == [], report["generalDiagnostics"]
    assert {line for file, line in errors if file == "wrong"} == lines_marked(WRONG)
