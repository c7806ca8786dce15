"""The Makefile: settings reach the programs as they were given, and not through a list of processes."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ODD = "a$b$$c$(shell touch made)`touch made` '\"\\"


@pytest.fixture
def make(repository: Path, tmp_path: Path, command_environment: dict[str, str]) -> Callable[..., tuple[int, str, str]]:
    """Run `make contract` with a Python that only prints its settings and arguments."""
    shutil.copy(repository / "Makefile", tmp_path)
    for name in ("requirements.lock", "pyproject.toml"):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (0, 0))
    python = tmp_path / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\nprintf "%s\\n" "$KEY" "$TARGET" "$OVERLAY" "$*"\n', encoding="utf-8")
    python.chmod(0o755)
    (tmp_path / ".venv/.ready").touch()

    def run(*arguments: str, **environment: str) -> tuple[int, str, str]:
        done = subprocess.run(
            ["make", "contract", *arguments],
            cwd=tmp_path, env=command_environment | environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert not (tmp_path / "made").exists()
        return done.returncode, done.stdout, done.stderr

    return run


def test_setting_is_not_expanded_whether_it_is_in_the_environment_or_on_the_command_line(
    make: Callable[..., tuple[int, str, str]],
) -> None:
    expected = (0, f"{ODD}\n{ODD}\n{ODD}\n-m contract_suite\n", "")
    assert make(KEY=ODD, TARGET=ODD, OVERLAY=ODD) == expected
    assert make(f"TARGET={ODD}", f"OVERLAY={ODD}", KEY=ODD) == expected


def test_key_on_the_command_line_of_make_is_refused_with_the_way_out(
    make: Callable[..., tuple[int, str, str]],
) -> None:
    code, output, error = make("KEY=sk-evo-a-key")
    assert (code, output) == (2, "")
    assert error.endswith("run 'KEY=... make contract' instead.  Stop.\n")
    assert "sk-evo-a-key" not in error
