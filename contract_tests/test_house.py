"""Rules of the repository itself."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path


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
