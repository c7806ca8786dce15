"""The container of the mock: its base image, its packages and its user."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

Instruction = tuple[str, str]


@pytest.fixture(scope="module")
def stages(repository: Path) -> list[list[Instruction]]:
    """The instructions of the Dockerfile, by its stages."""
    text = (repository / "contract_tests/Dockerfile").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    found: list[list[Instruction]] = []
    for line in lines:
        name, _, arguments = line.partition(" ")
        if name == "FROM":
            found.append([])
        found[-1].append((name, arguments))
    return found


def test_every_stage_begins_with_the_same_image_and_names_its_digest(stages: list[list[Instruction]]) -> None:
    images = {stage[0][1].partition(" ")[0] for stage in stages}
    [image] = images
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim@sha256:[0-9a-f]{64}", image)


def test_packages_come_from_the_lock_with_their_hashes_and_from_nowhere_else(stages: list[list[Instruction]]) -> None:
    commands = [text for stage in stages for name, text in stage if name == "RUN"]
    uses_of_pip = [part for text in commands for part in text.split(" && ") if re.search(r"\bpip\d* ", part)]
    download, install = uses_of_pip
    assert "--require-hashes -r requirements.lock -d /tmp/wheels" in download
    assert "--no-index --find-links /tmp/wheels" in install


def test_nothing_that_is_installed_or_started_runs_as_root(stages: list[list[Instruction]]) -> None:
    build, final = stages
    for stage in (build, final):
        user = next(at for at, (name, _) in enumerate(stage) if name == "USER")
        as_root = [text for name, text in stage[:user] if name in {"RUN", "CMD", "ENTRYPOINT"}]
        assert [text for text in as_root if "useradd " not in text or "pip" in text] == []
    assert [text for name, text in (*build, *final) if name == "USER"] == ["build", "10001"]
    # Copied files belong to root, so that the mock cannot change its own program.
    assert [text for name, text in final if name == "COPY"] == ["--from=build /opt/mock /opt/mock"]
