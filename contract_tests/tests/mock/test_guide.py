"""The mock guide, `contract_tests/evolink_mock/README.md`: its examples run and it names every option."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from evolink_mock import MockServer
from evolink_mock.settings import scenarios


@pytest.fixture(scope="module")
def guide(repository: Path) -> str:
    """The text of the guide."""
    return (repository / "contract_tests/evolink_mock/README.md").read_text(encoding="utf-8")


@pytest.fixture
def example(guide: str, tmp_path: Path) -> Path:
    """The Python example of the guide, as a file of tests."""
    [code] = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    path = tmp_path / "test_mine.py"
    path.write_text(code, encoding="utf-8")
    return path


def test_tests_of_the_guide_pass(example: Path, command_environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "pytest", "-W", "error", "-p", "no:randomly", "-q", str(example)]
    result = subprocess.run(
        command, cwd=example.parent, capture_output=True, text=True, env=command_environment, check=False
    )
    assert (result.returncode, result.stderr) == (0, ""), result.stdout
    assert "3 passed" in result.stdout


def test_commands_of_the_guide_add_fault_rules(guide: str) -> None:
    rules = re.findall(r"^curl \S+/_mock/faults -d '(.+)'$", guide, re.MULTILINE)
    with MockServer() as server:
        for rule in rules:
            server.add_fault(json.loads(rule))
        assert len(server.faults) == len(rules) == 3
        server.remove_faults()


def test_guide_names_every_option_scenario_and_preference(guide: str) -> None:
    options = {"speed", "pace", "pace-of", "outcome", "seed", "balance", "account", "check-media", "scenario"}
    names = [f"--{option}" for option in (*options, "forward-callbacks-to")] + scenarios()
    preferences = [
        "outcome=",
        "pace=",
        "code=",
        "retry-after=",
        "error-code=",
        "at=after",
        "drop=",
        "latency=",
        "slow=",
        "body=",
        "response=",
        "input-seconds=",
    ]
    assert [name for name in [*names, *preferences] if name not in guide] == []
