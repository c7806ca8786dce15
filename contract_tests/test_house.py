"""Rules of the repository itself."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest


def test_lock_file_names_no_index_and_hashes_every_requirement(repository: Path) -> None:
    lock = (repository / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in lock
    assert "--index" not in lock
    requirements = re.findall(r"^[a-z0-9].*(?:\n .*)*", lock, re.MULTILINE)
    assert len(requirements) > 50
    assert [text for text in requirements if "--hash=sha256:" not in text] == []


def test_what_decides_on_generated_code_and_verdicts_is_pinned_exactly(repository: Path) -> None:
    groups = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    pinned = {requirement.partition("==")[0] for requirement in groups["dev"] if "==" in requirement}
    assert pinned == {"openapi-python-client", "ruff", "schemathesis"}


@pytest.fixture
def example(repository: Path) -> str:
    """The Python example of the README."""
    [code] = re.findall(r"```python\n(.*?)```", (repository / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    return str(code)


def test_example_of_the_readme_runs(example: str, tmp_path: Path, command_environment: dict[str, str]) -> None:
    command = [sys.executable, "-W", "error", "-c", example]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=command_environment, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    *_, completed, path = done.stdout.splitlines()
    assert completed == "completed 100"
    assert (tmp_path / path).read_bytes()[4:8] == b"ftyp"


def test_example_of_the_readme_is_typed(example: str, tmp_path: Path, command_environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "mypy", "--strict", "-c", example]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=command_environment, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


def test_readme_and_makefile_name_the_same_targets(repository: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):.*## ", (repository / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    mentioned = set(
        re.findall(r"(?:^|`)make ([a-z-]+)", (repository / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert mentioned <= targets
    assert {"help", "demo", "test", "generate", "check", "mock", "clean"} <= targets
