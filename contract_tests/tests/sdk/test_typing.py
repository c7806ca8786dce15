"""The examples of the documents as applications: the types of the installed packages allow them.

`typed_program.py` and `type_errors.py` beside this file are checked by `make check`.
"""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import evolink

STAR = """
from evolink import *

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
from evolink import *
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


def test_examples_of_the_documents_have_no_type_errors(
    tmp_path: Path, repository: Path, command_environment: dict[str, str]
) -> None:
    (tmp_path / "star.py").write_text(STAR.format(names=", ".join(name for name in dir(evolink) if name[:1].isupper())))
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
    if (cache := repository / ".mypy_cache").exists():  # `make check` has read the whole project already
        shutil.copytree(cache, tmp_path / cache.name)
    # With other settings than those of `make check`, the cache would be of no use.
    settings = ["--config-file", str(repository / "pyproject.toml")]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *settings, "--no-error-summary", "."],
        cwd=tmp_path, capture_output=True, text=True, env=command_environment, check=False,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("", "")
