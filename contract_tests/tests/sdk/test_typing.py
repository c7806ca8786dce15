"""The examples of the documents, as applications that use the installed packages, have no type errors.

`typed_program.py` and `type_errors.py` beside this file are checked by `make check`.
"""

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

STAR = """
from evolink import *  # pyright: ignore[reportWildcardImportFromLibrary]

names = [{names}]
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
    """A folder with the examples of all documents, because each run of a type checker reads the whole project first."""
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


def test_mypy_finds_no_error_in_examples(
    application: Path, repository: Path, command_environment: dict[str, str]
) -> None:
    if (cache := repository / ".mypy_cache").exists():  # `make check` has read the whole project already
        shutil.copytree(cache, application / cache.name)
    # With other settings than those of `make check`, the cache would be of no use.
    settings = ["--config-file", str(repository / "pyproject.toml")]
    command = [sys.executable, "-m", "mypy", *settings, "--no-error-summary", "."]
    assert run(command, application, command_environment) == ""


def test_pyright_finds_no_error_in_examples(application: Path, command_environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, "."]
    settings = {"PYRIGHT_PYTHON_IGNORE_WARNINGS": "1", "NODE_OPTIONS": "--max-semi-space-size=64"}  # as in the Makefile
    report = json.loads(run(command, application, command_environment | settings))
    assert [one for one in report["generalDiagnostics"] if one["severity"] == "error"] == []
    assert report["summary"]["filesAnalyzed"] == len(list(application.glob("*.py")))
