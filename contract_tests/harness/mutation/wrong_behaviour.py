"""Mocks that behave wrongly in ways that no constraint tells: copies with one change each, and the rule it breaks."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

import bundle

BEHAVIOUR = Path(__file__).with_name("behaviour.yaml")
MOCK = Path(__file__).resolve().parents[2] / "evolink_mock"


class BehaviourMutant(NamedTuple):
    """A change to a file of the mock, and a rule that it breaks."""

    name: str
    file: str
    old: str
    new: str
    rule: str

    def copy_to(self, folder: Path) -> None:
        """Put a changed copy of the mock into a folder.

        Raises:
            LookupError: what is to be changed is not there, or more than once.
        """
        copy = folder / MOCK.name
        shutil.copytree(MOCK, copy, ignore=shutil.ignore_patterns("__pycache__"))
        text = (copy / self.file).read_text(encoding="utf-8")
        if text.count(self.old) != 1:
            raise LookupError(f"{self.name}: {self.file} has it {text.count(self.old)} times: {self.old}")
        (copy / self.file).write_text(text.replace(self.old, self.new), encoding="utf-8")


def behaviour_mutants() -> list[BehaviourMutant]:
    """Return every mutant of `behaviour.yaml`."""
    rows: list[dict[str, str]] = bundle.load(BEHAVIOUR)
    return [BehaviourMutant(row["name"], row["file"], row["old"], row["new"], row["breaks"]) for row in rows]
