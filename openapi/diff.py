"""Lists what changed in the contract since a commit, and whether it breaks clients written for the old contract.

    make diff BASE=origin/main

Compares the contract in the working tree with the contract at BASE, both bundled by the current code. If BASE has
commits that the working tree does not have, its contract is read at the last commit that both have: the merge base.
Prints a line for each change, and writes the same as a table to `reports/diff.md`.

Exit status:

* 0: no change is breaking, or `info.version` announces the breaking changes;
* 1: a change is breaking, and `info.version` does not announce it;
* 2: the contracts cannot be compared. `make` itself also exits with 2 where this command exits with 1.
"""

from __future__ import annotations

import signal
import sys

signals: list[object] = []


def interrupted(*received: object) -> None:
    """Exit with one line of output, even while modules are still being imported.

    Python ignores the exception of a signal handler that runs during a destructor, so `main` looks at `signals` too.
    """
    if not signals:
        print("diff.py: interrupted", file=sys.stderr)
    signals.append(received)
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
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from bundle import ROOT, BundleError, bundle, one_line, write_atomically
from changes.operations import RATINGS, Change, compare_contracts
from lint import invalid_openapi
from response_shapes import model_schemas

MAX_NAMES = 4  # operations or places named on a line; the others are only counted
LABEL_WIDTH = max(map(len, RATINGS))


class DiffError(Exception):
    """Two contracts cannot be compared. The message gives the reason and, where possible, the remedy."""


class Diff:
    """The changes between two contracts, and whether the new version announces them.

    Args:
        base: The name to print for the old contract.
        old: The old contract, bundled and valid.
        new: The new contract, bundled and valid.

    Raises:
        DiffError: A version is not a semantic version.
    """

    def __init__(self, base: str, old: dict[str, Any], new: dict[str, Any]) -> None:
        self._base = base
        self._versions = old["info"]["version"], new["info"]["version"]
        self._old_version, self._new_version = (_parse_version(version) for version in self._versions)
        self._changes = compare_contracts(old, new)

    @property
    def _breaking(self) -> bool:
        return any(change.rating == "breaking" for change in self._changes)

    @property
    def unannounced(self) -> bool:
        """True if there is a breaking change that the new version does not announce."""
        return self._breaking and self._new_version < self._required_version

    @property
    def _required_version(self) -> tuple[int, ...]:
        """The lowest version that announces a breaking change."""
        major, minor, _ = self._old_version
        return (major + 1, 0, 0) if major else (0, minor + 1, 0)

    def lines(self) -> Iterator[str]:
        """Yield a line for each change, the worst first, and then the summary."""
        places_by_text: dict[str, list[str]] = {}
        for change in self._changes:
            if change.rating == "documentation":
                places_by_text.setdefault(change.text, []).append(change.place)
                continue
            uses = f" ({_uses(change)})" if change.uses else ""
            yield _printable(f"{change.rating:{LABEL_WIDTH}}  {change.place}: {change.text}{uses}")
        for text, places in places_by_text.items():
            yield _printable(f"documentation  {text} of {_first_few(places)}")
        yield _printable(self._summary())
        if self._breaking:
            yield _printable(self._verdict())

    def _summary(self) -> str:
        if not self._changes:
            return f"The contract has not changed since {self._base}."
        counts = {rating: sum(change.rating == rating for change in self._changes) for rating in RATINGS}
        parts = [f"{count} {rating}" for rating, count in counts.items() if count]
        changes = "1 change" if len(self._changes) == 1 else f"{len(self._changes)} changes"
        return f"{changes} in the contract since {self._base}: {', '.join(parts)}."

    def _verdict(self) -> str:
        """Say whether the version announces the breaking changes."""
        old, new = self._versions
        versions = f"info.version was {old} and is {new}"
        note = "" if self._old_version[0] else " (below 1.0.0, the minor version counts as the major version)"
        if not self.unannounced:
            return f"The version announces the breaking changes: {versions}{note}."
        required = ".".join(map(str, self._required_version))
        return f"The version does not announce the breaking changes: {versions}, but must be at least {required}{note}."

    def markdown(self) -> str:
        """Return the same as Markdown, for the summary of a CI run."""
        lines = ["## Changes in the contract", "", _markdown(self._summary())]
        if self._breaking:
            lines += ["", f"**{_markdown(self._verdict())}**"]
        rated = [change for change in self._changes if change.rating != "documentation"]
        if rated:
            lines += ["", "| rating | place | change | affects |", "|---|---|---|---|"]
            for change in rated:
                rating = f"**{change.rating}**" if change.rating == "breaking" else change.rating
                cells = map(_markdown, (change.place, change.text, _uses(change)))
                lines.append(f"| {rating} | {' | '.join(cells)} |")
        documentation = [change for change in self._changes if change.rating == "documentation"]
        if documentation:
            lines += ["", "<details><summary>Changes in the documentation only</summary>", ""]
            lines += [f"* {_markdown(change.place)}: {_markdown(change.text)}" for change in documentation]
            lines += ["", "</details>"]
        return "\n".join(lines) + "\n"


def contract_at(base: str, root: Path = ROOT) -> tuple[str, dict[str, Any]]:
    """Bundle the contract at a commit, or at its merge base with the working tree.

    Args:
        base: Any name of the commit that git understands.
        root: The root file of the contract in the working tree. The commit must have it in the same place.

    Returns:
        The name to print for the commit that was read, and the contract.

    Raises:
        DiffError: The commit, its contract or the history up to the merge base does not exist, or the contract is not
            valid.
    """
    if not base:
        raise DiffError("BASE is missing; name the commit to compare with, for example BASE=origin/main")
    if base.startswith("-"):
        raise DiffError(f"BASE: {base} is not a commit; the name of a commit does not start with a dash")
    folder = root.parent.parent
    not_a_checkout = f"{folder} is not a checkout that git can read"
    inside = _git(folder, "rev-parse", "--is-inside-work-tree", problem=not_a_checkout)
    if inside.strip() != b"true":
        raise DiffError(not_a_checkout)
    unknown = f"BASE: git does not know the commit {base!r}; fetch it first (in CI: fetch-depth: 0)"
    commit = _git(folder, "rev-parse", "--verify", "--quiet", f"{base}^{{commit}}", problem=unknown).decode().strip()
    name = base if commit.startswith(base) else f"{base} ({commit[:7]})"
    merge_base = _merge_base(folder, base, commit)
    if merge_base != commit:  # else the changes that only BASE has would be reported as undone
        name = f"{merge_base[:7]}, where this branch left {base}"
        commit = merge_base
    missing = f"BASE: the commit {name} has no contract in {root.parent.name}/"
    archive = _git(folder, "archive", "--format=zip", commit, root.parent.name, problem=missing)
    with tempfile.TemporaryDirectory(prefix="contract-") as temporary:
        with zipfile.ZipFile(io.BytesIO(archive)) as files:
            files.extractall(temporary)  # never writes outside that folder
        try:
            contract = bundle_valid(Path(temporary, root.parent.name, root.name))
        except DiffError as error:
            message = str(error).replace(f"{Path(temporary).resolve()}{os.sep}", "")
            raise DiffError(f"BASE: at {name}, {message}") from None
    return name, contract


def _merge_base(folder: Path, base: str, commit: str) -> str:
    """Return the last commit that both the working tree and a commit contain. It is the commit itself if there is none.

    Raises:
        DiffError: The checkout lacks the history that is needed to find it.
    """
    try:
        return _git(folder, "merge-base", commit, "HEAD", problem="").decode().strip()
    except DiffError:
        if _git(folder, "rev-parse", "--is-shallow-repository", problem="").strip() == b"true":
            raise DiffError(
                f"BASE: the history is too short to find where this branch left {base}; "
                "fetch all of it with `git fetch --unshallow` (in CI: fetch-depth: 0)"
            ) from None
    return commit  # unrelated histories


def bundle_valid(root: Path, models: Collection[str] | None = None) -> dict[str, Any]:
    """Bundle a contract, and check that it is valid OpenAPI.

    Args:
        root: The root file.
        models: The models to whose tasks responses refer; None for all. Programs for an older contract meet no others.

    Raises:
        DiffError: The contract cannot be bundled, or is not valid.
    """
    try:
        contract = bundle(root, models)
    except BundleError as error:
        raise DiffError(f"the contract cannot be bundled: {error}") from None
    for finding in islice(invalid_openapi(contract), 1):
        raise DiffError(f"the contract is not valid OpenAPI: {finding}")
    return contract


def _git(folder: Path, *arguments: str, problem: str) -> bytes:
    """Run git and return its output. `problem` begins the message of the DiffError that is raised if git fails."""
    try:
        process = subprocess.run(["git", "-C", folder, *arguments], capture_output=True, check=False)
    except FileNotFoundError:
        raise DiffError("git is required, but is not installed") from None
    except ValueError:  # an argument contains a null character
        raise DiffError(problem) from None
    if process.returncode:
        message = one_line(process.stderr.decode(errors="replace"))
        raise DiffError(f"{problem}: {message}" if message else problem)
    return process.stdout


def _parse_version(version: Any) -> tuple[int, int, int]:
    match = re.fullmatch(r"(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:[-+].*)?", str(version), re.ASCII)
    if match is None:
        raise DiffError(f"info.version: {version} is not a semantic version, such as 1.2.3")
    return int(match[1]), int(match[2]), int(match[3])


def _uses(change: Change) -> str:
    sent, received = ([use.operation for use in change.uses if use.sent is way] for way in (True, False))
    named = (("sent to", sent), ("received from", received))
    return "; ".join(f"{verb} {_first_few(operations)}" for verb, operations in named if operations)


def _first_few(names: Sequence[str]) -> str:
    more = len(names) - MAX_NAMES
    return ", ".join(names[:MAX_NAMES]) + (f" and {more} more" if more > 0 else "")


def _printable(line: str) -> str:
    """Escape what is not printable, so that a contract cannot add lines or colours to the output."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in line)


def _markdown(text: str) -> str:
    """Escape a text so that no part of it is read as Markdown or HTML."""
    return re.sub(r"([\\`*_{}\[\]<>()#|~&@])", r"\\\1", _printable(text))


def main(arguments: Sequence[str]) -> int:
    """Print and write what changed since the commit in `arguments` or BASE. Return the exit status."""
    out = Path("reports", "diff.md")
    try:
        out.unlink(missing_ok=True)  # else an older report looks like the result of a failed comparison
        base, old = contract_at(arguments[0] if arguments else os.environ.get("BASE", "").strip(), ROOT)
        diff = Diff(base, old, bundle_valid(ROOT, model_schemas(old["components"]["schemas"])))
        if signals:
            return 130
        for line in diff.lines():
            print(line)
        write_atomically(out, diff.markdown())
    except (DiffError, OSError) as error:
        print(_printable(f"diff.py: {error}"), file=sys.stderr)
        return 2
    return 1 if diff.unannounced else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
