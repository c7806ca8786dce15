"""Property-based requests against the mock server: everything schemathesis checks, in all its phases."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from evolink_mock import MockServer


@pytest.mark.parametrize("seed", range(1, 6))
def test_mock_passes_every_check_of_every_phase(
    mock: MockServer, tmp_path: Path, contract_path: str, command_environment: dict[str, str], seed: int
) -> None:
    config = tmp_path / "schemathesis.toml"
    config.write_text(f'[auth.openapi.bearerAuth]\nbearer = "{mock.api_key}"\n')
    done = subprocess.run(
        [
            Path(sys.executable).with_name("st"), "--config-file", config,
            "run", contract_path, "--url", mock.url, "--seed", str(seed),
            "--checks", "all", "--phases", "examples,coverage,fuzzing,stateful", "--no-color",
        ],
        cwd=tmp_path, capture_output=True, text=True, env=command_environment, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No issues found" in done.stdout
    assert "Tested: 2" in done.stdout
    assert "API Links:    1 covered / 1 selected / 1 total" in done.stdout
