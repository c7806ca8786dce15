"""The lock file, the examples of the README, the container and the watch for API keys."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from evolink import ConfigurationError, TransferError
from evolink_mock import MockServer
from evolink_mock.http.access import Exposure
from evolink_mock.http.app import Mock
from evolink_mock.server import ServedApp, listen


def test_lock_file_names_no_index_and_hashes_every_requirement(repository: Path) -> None:
    lock = (repository / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in lock
    assert "--index" not in lock
    requirements = re.findall(r"^[a-z0-9].*(?:\n .*)*", lock, re.MULTILINE)
    assert len(requirements) > 50
    assert [text for text in requirements if "--hash=sha256:" not in text] == []


def test_tools_that_decide_generated_code_and_verdicts_are_pinned_exactly(repository: Path) -> None:
    groups = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    pinned = {requirement.partition("==")[0] for requirement in groups["dev"] if "==" in requirement}
    assert pinned == {"openapi-python-client", "ruff", "schemathesis"}


@pytest.fixture
def examples(repository: Path) -> list[str]:
    """The Python examples of the README: a program and a test module."""
    readme = (repository / "README.md").read_text(encoding="utf-8")
    programs: list[str] = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    return programs


@pytest.fixture
def example(examples: list[str]) -> str:
    """The program."""
    program, _ = examples
    return program


def test_tests_of_the_readme_pass(examples: list[str], tmp_path: Path, command_environment: dict[str, str]) -> None:
    path = tmp_path / "test_mine.py"
    path.write_text(examples[1], encoding="utf-8")
    options = ["-W", "error", "-p", "no:randomly", "-p", "no:schemathesis", "-q"]
    command = [sys.executable, "-m", "pytest", *options, str(path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=command_environment, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


@pytest.fixture(scope="module")
def container(repository: Path) -> list[str]:
    """The lines of the Dockerfile."""
    return (repository / "contract_tests/Dockerfile").read_text(encoding="utf-8").splitlines()


def test_container_has_every_package_of_the_wheel(repository: Path, container: list[str]) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert [package for package in packages if f"COPY {package} {package}" not in container] == []


def test_health_check_of_the_container_needs_a_running_mock_and_no_token(
    container: list[str], command_environment: dict[str, str]
) -> None:
    [check] = [line.partition(" CMD ")[2] for line in container if line.startswith("HEALTHCHECK ")]
    exposure = Exposure("0.0.0.0", is_remote=True, token="a-token")
    with ServedApp(Mock(exposure=exposure), listen("127.0.0.1", 0)) as served:
        port = served.url.rpartition(":")[2]
        command = [sys.executable, *json.loads(check.replace("4010", port))[1:]]
        running = subprocess.run(command, capture_output=True, env=command_environment, check=False)
    stopped = subprocess.run(command, capture_output=True, env=command_environment, check=False)
    assert (running.returncode, running.stderr, stopped.returncode) == (0, b"", 1)


def test_entry_point_of_the_container_works(
    repository: Path, container: list[str], command_environment: dict[str, str]
) -> None:
    [entry] = [line.removeprefix("ENTRYPOINT ") for line in container if line.startswith("ENTRYPOINT ")]
    program, *arguments = json.loads(entry)
    assert (program, arguments[-2:]) == ("python", ["--allow-host", "evolink-mock"])  # the name of its service
    copied = [part for line in container if re.match("COPY [^-]", line) for part in line.split()[1:-1]]
    assert [part for part in copied if not (repository / part).exists()] == []
    done = subprocess.run(
        [sys.executable, *arguments, "--help"], capture_output=True, text=True, env=command_environment, check=False
    )
    assert done.returncode == 0


def test_example_of_the_readme_runs(example: str, tmp_path: Path, command_environment: dict[str, str]) -> None:
    command = [sys.executable, "-W", "error", "-c", example]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=command_environment, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    *_, completed, path = done.stdout.splitlines()
    assert completed == "completed 100"
    assert (tmp_path / path).read_bytes()[4:8] == b"ftyp"


def test_readme_and_makefile_name_the_same_targets(repository: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):.*## ", (repository / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    mentioned = set(
        re.findall(r"(?:^|`)make ([a-z-]+)", (repository / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert mentioned <= targets
    assert {"help", "demo", "test", "generate", "check", "mock", "clean"} <= targets


def test_key_that_anything_writes_is_found(key_watch: Any, mock: MockServer, tmp_path: Path) -> None:
    key = mock.api_key
    key_watch.handle(logging.makeLogRecord({"name": "evolink", "msg": f"sent {key}"}))
    assert key_watch.finds == ["the log evolink"]
    TransferError(f"cannot read {key}")
    ConfigurationError("no key").add_note(f"it was {key}")
    key_watch.look_at_errors()
    assert key_watch.finds[1:] == ["TransferError", "ConfigurationError"]
    subprocess.run([sys.executable, "-c", f"print({key!r})"], capture_output=True, check=True)
    (tmp_path / "report.json").write_text(f'{{"key": "{key}"}}', encoding="utf-8")
    key_watch.look_at_files(tmp_path)
    assert key_watch.finds[3:] == ["the output of a command", str(tmp_path / "report.json")]
    (tmp_path / "report.json").unlink()
    key_watch.finds.clear()


def test_test_that_prints_the_key_fails(tmp_path: Path, repository: Path, command_environment: dict[str, str]) -> None:
    (tmp_path / "test_it.py").write_text("def test_it(mock): print(mock.api_key)\n", encoding="utf-8")
    # The watch is in conftest.py, which pytest does not load by itself for tests in another folder.
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "conftest", "-p", "no:cacheprovider", "--rootdir", ".", "."],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        env=command_environment
        | {"PYTHONPATH": str(repository / "contract_tests/tests"), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    )  # fmt: skip
    assert done.returncode == 1
    assert "the API key was printed or logged" in done.stdout
