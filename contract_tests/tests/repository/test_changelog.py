"""CHANGELOG.md has the form of Keep a Changelog 1.1.0."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from packaging.version import Version

import evolink

KINDS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]
HEADING = re.compile(r"\[(?P<version>\d+\.\d+\.\d+(?:(?:a|b|rc)\d+)?)\] - (?P<date>\d{4}-\d{2}-\d{2})(?: \[YANKED\])?")


class Section(NamedTuple):
    """One version: the text of its heading, and its entries by kind."""

    heading: str
    kinds: dict[str, list[str]]


def parse(text: str) -> tuple[str, list[Section]]:
    """Split a changelog into its introduction and its sections, newest first."""
    introduction, *parts = re.split(r"^## ", text, flags=re.MULTILINE)
    sections: list[Section] = []
    for part in parts:
        heading, _, body = part.partition("\n")
        before, *kinds = re.split(r"^### ", body, flags=re.MULTILINE)
        assert before.strip() == "", "entries stand below the heading of a kind"
        entries = {kind.partition("\n")[0]: re.findall(r"^\* .+$", kind, re.MULTILINE) for kind in kinds}
        assert len(entries) == len(kinds), f"{heading} has a kind twice"
        sections.append(Section(heading, entries))
    return introduction, sections


def problems(text: str) -> list[str]:
    """List every mistake in the form, one line each."""
    introduction, sections = parse(text)
    headings = [section.heading for section in sections]
    errors = [] if introduction.startswith("# Changelog\n") else ["the title is missing"]
    errors += [] if headings[:1] == ["[Unreleased]"] else ["the section [Unreleased] does not come first"]
    releases = [match for heading in headings[1:] if (match := HEADING.fullmatch(heading))]
    errors += [f"{heading} is not a version with a date" for heading in headings[1:] if not HEADING.fullmatch(heading)]
    versions = [Version(match["version"]) for match in releases]
    dates = [date.fromisoformat(match["date"]) for match in releases]
    errors += [] if versions == sorted(set(versions), reverse=True) else ["the versions do not go from new to old"]
    errors += [] if dates == sorted(dates, reverse=True) else ["the dates do not go from new to old"]
    errors += [f"{day} is in the future" for day in dates if day > datetime.now(UTC).date()]
    for heading, kinds in sections:
        errors += [f"{heading}: {kind} is not a kind of change" for kind in kinds if kind not in KINDS]
        errors += [f"{heading}: {kind} is empty" for kind, entries in kinds.items() if not entries]
        errors += [f"{heading} has no entries" for _ in range(heading != "[Unreleased]" and not kinds)]
    return errors


def test_changelog_has_the_form_of_keep_a_changelog(repository: Path) -> None:
    assert problems((repository / "CHANGELOG.md").read_text(encoding="utf-8")) == []


def test_newest_release_is_not_newer_than_the_package(repository: Path) -> None:
    _, sections = parse((repository / "CHANGELOG.md").read_text(encoding="utf-8"))
    versions = [Version(match["version"]) for section in sections if (match := HEADING.fullmatch(section.heading))]
    assert all(version <= Version(evolink.__version__) for version in versions)


GOOD = """# Changelog

## [Unreleased]

## [0.2.0] - 2026-03-04

### Fixed

* A mistake.

## [0.1.0] - 2026-01-02

### Added

* A first version.
"""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("# Changelog\n", "# History\n", ["the title is missing"]),
        ("## [Unreleased]\n", "", ["the section [Unreleased] does not come first"]),
        ("[0.2.0] - 2026-03-04", "0.2.0 (soon)", ["0.2.0 (soon) is not a version with a date"]),
        ("[0.2.0]", "[0.0.2]", ["the versions do not go from new to old"]),
        ("2026-03-04", "2025-03-04", ["the dates do not go from new to old"]),
        ("2026-03-04", "9999-03-04", ["9999-03-04 is in the future"]),
        ("### Fixed", "### Repaired", ["[0.2.0] - 2026-03-04: Repaired is not a kind of change"]),
        ("* A first version.\n", "", ["[0.1.0] - 2026-01-02: Added is empty"]),
        ("### Added\n\n* A first version.\n", "", ["[0.1.0] - 2026-01-02 has no entries"]),
    ],
)
def test_each_mistake_in_the_form_is_noticed(old: str, new: str, expected: list[str]) -> None:
    assert problems(GOOD) == []
    assert problems(GOOD.replace(old, new)) == expected
