"""Says what changed in the contract since a commit, and whether it breaks the clients of those who call the API.

    make diff BASE=origin/main

The contract in the working tree is compared with that at BASE, both as bundled now. Every change is printed on a line,
and written as a table to `reports/diff.md`. Exit code 0: nothing is breaking, or `info.version` says that it is; 1:
something is, and the version does not say so; 2: the two cannot be compared. (make itself turns 1 into 2.)
"""

from __future__ import annotations

import signal
import sys


def interrupted(*_: object) -> None:
    """End in one line, also while the rest is still being imported."""
    print("diff.py: interrupted", file=sys.stderr)
    sys.exit(130)


if __name__ == "__main__":
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name) and signal.getsignal(getattr(signal, name)) is not signal.SIG_IGN:
            signal.signal(getattr(signal, name), interrupted)

import io
import os
import re
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from bundle import ROOT, BundleError, bundle
from changes.operations import RATINGS, Change, Rating, changes
from lint import malformed

MOST_NAMED = 4  # operations or places on a line; the others are counted
IN_WORDS: dict[Rating, str] = {"breaking": "breaking", "compatible": "compatible", "documentation": "words only"}


class DiffError(Exception):
    """Two contracts cannot be compared; the text says why, and the way out."""


class Diff:
    """What changed between two contracts.

    Args:
        base: what the old one is called.
        old, new: the bundled contracts, which are valid.

    Raises:
        DiffError: a version is no semantic version.
    """

    def __init__(self, base: str, old: dict[str, Any], new: dict[str, Any]) -> None:
        self._base = base
        self._versions = old["info"]["version"], new["info"]["version"]
        self._before, self._after = (_version(version) for version in self._versions)
        self._changes = changes(old, new)

    @property
    def _breaking(self) -> bool:
        return any(change.rating == "breaking" for change in self._changes)

    @property
    def unannounced(self) -> bool:
        """Whether a change is breaking, and the version does not say so."""
        return self._breaking and self._after < self._needed

    @property
    def _needed(self) -> tuple[int, ...]:
        """The lowest version that announces a breaking change."""
        major, minor, _ = self._before
        return (major + 1, 0, 0) if major else (0, minor + 1, 0)

    def lines(self) -> Iterator[str]:
        """Yield a line for each change, what breaks first and what is only said last, and what it all comes to."""
        said: dict[str, list[str]] = {}
        for change in self._changes:
            if change.rating == "documentation":
                said.setdefault(change.what, []).append(change.place)
                continue
            uses = f" ({_uses(change)})" if change.uses else ""
            yield _printable(f"{IN_WORDS[change.rating]:10}  {change.place}: {change.what}{uses}")
        for what, places in said.items():
            yield _printable(f"{IN_WORDS['documentation']:10}  {what} of {_few(places)}")
        yield _printable(self._sum())
        if self._breaking:
            yield _printable(self._judgement())

    def _sum(self) -> str:
        if not self._changes:
            return f"The contract is what it was at {self._base}."
        count = {rating: sum(change.rating == rating for change in self._changes) for rating in RATINGS}
        parts = [f"{count[rating]} {IN_WORDS[rating]}" for rating in RATINGS if count[rating]]
        return f"{len(self._changes)} changes of the contract since {self._base}: {', '.join(parts)}."

    def _judgement(self) -> str:
        was, now = self._versions
        needed = ".".join(map(str, self._needed))
        why = "" if self._before[0] else ", as the minor version counts as the major one while that is 0"
        if not self.unannounced:
            return f"Breaking changes are announced: info.version is {now}, was {was}{why}."
        return (
            f"Breaking changes are not announced: info.version is {now}, was {was}, and must be {needed} at least{why}."
        )

    def markdown(self) -> str:
        """Return the same as Markdown, for the summary of a CI run."""
        lines = ["## Changes of the contract", "", _markdown(self._sum())]
        if self._breaking:
            lines += ["", f"**{_markdown(self._judgement())}**"]
        tabled = [change for change in self._changes if change.rating != "documentation"]
        if tabled:
            lines += ["", "| rating | where | what | whom it concerns |", "|---|---|---|---|"]
            for change in tabled:
                rating = f"**{change.rating}**" if change.rating == "breaking" else change.rating
                cells = map(_markdown, (change.place, change.what, _uses(change)))
                lines.append(f"| {rating} | {' | '.join(cells)} |")
        said = [change for change in self._changes if change.rating == "documentation"]
        if said:
            lines += ["", "<details><summary>What is said in other words</summary>", ""]
            lines += [f"* {_markdown(change.place)}: {_markdown(change.what)}" for change in said]
            lines += ["", "</details>"]
        return "\n".join(lines) + "\n"


def contract_at(base: str, root: Path = ROOT) -> tuple[str, dict[str, Any]]:
    """Return what to call a commit, and the bundled contract there.

    Args:
        base: the commit, by any name that git knows.
        root: the root of the contract in the working tree; at the commit, it is looked for in the same place.

    Raises:
        DiffError: there is no such commit or contract, or the contract is not valid.
    """
    if not base:
        raise DiffError("BASE: none is given; name the commit to compare with, as in BASE=origin/main")
    if base.startswith("-"):
        raise DiffError(f"BASE: {base} is no name of a commit, which would not start with a dash")
    folder = root.parent.parent
    inside = _git(folder, "rev-parse", "--is-inside-work-tree", problem=f"{folder} is no checkout that git can read")
    if inside.strip() != b"true":
        raise DiffError(f"{folder} is no checkout that git can read")
    unknown = f"BASE: git knows no commit {base!r} here; fetch it first (in CI: fetch-depth: 0)"
    commit = _git(folder, "rev-parse", "--verify", "--quiet", f"{base}^{{commit}}", problem=unknown).decode().strip()
    missing = f"BASE: at {base} there is no contract in {root.parent.name}/"
    archive = _git(folder, "archive", "--format=zip", commit, root.parent.name, problem=missing)
    with tempfile.TemporaryDirectory(prefix="contract-") as temporary:
        with zipfile.ZipFile(io.BytesIO(archive)) as files:
            files.extractall(temporary)  # which keeps what it writes within the folder
        try:
            contract = bundled(Path(temporary, root.parent.name, root.name))
        except DiffError as error:
            raise DiffError(
                f"BASE: at {base}, {str(error).replace(f'{Path(temporary).resolve()}{os.sep}', '')}"
            ) from None
    return base if commit.startswith(base) else f"{base} ({commit[:7]})", contract


def bundled(root: Path) -> dict[str, Any]:
    """Return a bundled contract that is valid.

    Raises:
        DiffError: it cannot be bundled, or is not valid.
    """
    try:
        contract = bundle(root)
    except BundleError as error:
        raise DiffError(f"the contract cannot be bundled: {error}") from None
    for finding in islice(malformed(contract), 1):
        raise DiffError(f"the contract is no valid OpenAPI: {finding}")
    return contract


def _git(folder: Path, *arguments: str, problem: str) -> bytes:
    try:
        done = subprocess.run(["git", "-C", folder, *arguments], capture_output=True, check=False)
    except FileNotFoundError:
        raise DiffError("git is needed, and is not installed") from None
    except ValueError:  # a null character in a name
        raise DiffError(problem) from None
    if done.returncode:
        said = " ".join(done.stderr.decode(errors="replace").split())
        raise DiffError(f"{problem}: {said}" if said else problem)
    return done.stdout


def _version(version: Any) -> tuple[int, int, int]:
    match = re.fullmatch(r"(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:[-+].*)?", str(version), re.ASCII)
    if match is None:
        raise DiffError(f"info.version: {version} is no semantic version, which has the form 1.2.3")
    return int(match[1]), int(match[2]), int(match[3])


def _uses(change: Change) -> str:
    sent, got = ([use.operation for use in change.uses if use.sent is way] for way in (True, False))
    return "; ".join(f"{how} {_few(found)}" for how, found in (("sent to", sent), ("got from", got)) if found)


def _few(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _printable(line: str) -> str:
    """Return a line in which a contract cannot write lines, or colours, of its own."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in line)


def _markdown(text: str) -> str:
    """Return a text in which nothing is taken for Markdown or HTML."""
    return re.sub(r"([\\`*_{}\[\]<>()#|~&@])", r"\\\1", _printable(text))


def write_whole(path: Path, text: str) -> None:
    """Write a file that appears only when it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def main(arguments: Sequence[str]) -> int:
    """Print and write what changed since the commit that is named; 1 when it breaks unannounced, 2 when unknown."""
    out = Path("reports", "diff.md")
    try:
        out.unlink(missing_ok=True)  # a comparison that fails leaves no older one to be taken for it
        base, old = contract_at(arguments[0] if arguments else os.environ.get("BASE", "").strip())
        diff = Diff(base, old, bundled(ROOT))
        for line in diff.lines():
            print(line)
        write_whole(out, diff.markdown())
    except (DiffError, OSError) as error:
        print(_printable(f"diff.py: {error}"), file=sys.stderr)
        return 2
    return 1 if diff.unannounced else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
