"""Other OpenAPI tools read the contract without a warning, and their output compiles."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
# The contract names no contact, because the API belongs to another company. All other rules of spectral apply.
RULESET = "extends: spectral:oas\nrules:\n  info-contact: off\n"


@pytest.fixture
def run(tmp_path: Path, repository: Path, command_environment: dict[str, str]) -> Run:
    """Run a tool from `build/generators` in a folder of its own; skip the test where the tool is not installed."""
    generators = repository / "build" / "generators"

    def run_tool(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        path = generators / program
        if not path.exists():
            pytest.skip("no other OpenAPI tools in build/generators; install them with 'make generators'")
        return subprocess.run(
            [str(path), *arguments],
            cwd=tmp_path, env=command_environment, capture_output=True, text=True, timeout=90, check=False,
        )  # fmt: skip

    return run_tool


def succeed_quietly(done: subprocess.CompletedProcess[str]) -> None:
    """Fail unless a tool has succeeded and has neither printed a warning nor anything that looks like an error."""
    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    assert re.findall(r".*(?:warn|error|fail|skip|⚠|✘|❌).*", output, re.IGNORECASE) == []


def compile_types(run: Run, *files: str) -> None:
    """Fail unless TypeScript accepts the files in its strict mode."""
    options = ("--noEmit", "--strict", "--target", "es2022", "--module", "preserve")
    done = run("node_modules/.bin/tsc", *options, *files)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_openapi_typescript_generates_types_that_compile(run: Run, contract_path: str) -> None:
    succeed_quietly(run("node_modules/.bin/openapi-typescript", contract_path, "--output", "types.ts"))
    compile_types(run, "types.ts")


def test_hey_api_generates_a_client_that_compiles(run: Run, contract_path: str) -> None:
    succeed_quietly(run("node_modules/.bin/openapi-ts", "--input", contract_path, "--output", "client"))
    compile_types(run, "client/index.ts", "client/client.gen.ts")


def test_datamodel_code_generator_generates_models_that_can_be_imported(run: Run, contract_path: str) -> None:
    options = [
        "--input", contract_path, "--input-file-type", "openapi", "--output", "models.py",
        "--formatters", "builtin", "--use-annotated",
        "--type-mappings", "uri=string",  # Pydantic's own type for URLs takes no pattern
    ]  # fmt: skip
    python = ("venv/bin/python", "-W", "error")
    succeed_quietly(run(*python, "-m", "datamodel_code_generator", *options))
    done = run(*python, "-c", "import models; models.Wan25ImageToVideo.model_json_schema()")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_spectral_reports_no_problem(run: Run, contract_path: str, tmp_path: Path) -> None:
    (tmp_path / "ruleset.yaml").write_text(RULESET, encoding="utf-8")
    done = run(
        "node_modules/.bin/spectral", "lint", "--ruleset", "ruleset.yaml", "--fail-severity", "hint", contract_path
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
