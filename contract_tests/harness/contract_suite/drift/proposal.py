"""The overlay that a run proposes: `drift.overlay.yaml`, written next to the report for a maintainer to review."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apply
from contract_suite.core.oracle import Amendments
from contract_suite.core.writing import write_whole
from contract_suite.drift.applied_overlays import WITH_PREVIOUS, AppliedOverlays, OverlayError
from contract_suite.drift.overlay_actions import Change, plain

NAME = "drift{}.overlay.yaml"
MOST_UNEXPLAINED = 100  # lines in the overlay
MOST_PRINTED = 8  # lines that a run prints
HEAD: dict[str, Any] = {"overlay": "1.1.0", "info": {"title": "Proposed changes to the contract", "version": "1.0.0"}}
COMMENT = """\
# A test run proposes these changes because a server behaves differently from the contract. The next run overwrites
# this file. Each action states what was observed, which rules it concerns, and what to check. An observation is not
# documentation: read the documentation pages before you apply a change.
"""


@dataclass
class Proposal:
    """Changes of the contract that form one overlay.

    Attributes:
        contract: the contract that they change.
        changes: the changes. Those that cannot be applied are removed.
        unexplained: observations that no change explains.
    """

    contract: dict[str, Any]
    changes: list[Change]
    unexplained: list[str]

    def __post_init__(self) -> None:
        self._applied = _applied(self.contract, self.changes)
        if self._applied is not None:
            return
        # A very odd response can cause a change that cannot be applied; the other changes are kept.
        contract, kept = self.contract, list[Change]()
        for change in self.changes:
            applied = _applied(contract, [change])
            if applied is None:
                self.unexplained.append(f"cannot be expressed as a change of the contract: {plain(change.says)}")
            else:
                contract = applied.contract
                kept.append(change)
        self.changes = kept
        self._applied = _applied(self.contract, kept)

    @property
    def amendments(self) -> Amendments:
        """The decisions of the contract without the changes and with them."""
        return (self._applied or AppliedOverlays(self.contract)).amendments

    def document(self, target: str) -> dict[str, Any]:
        """Return the overlay."""
        lines = [plain(line)[:400] for line in self.unexplained]
        more = len(lines) - MOST_UNEXPLAINED
        lines = [*lines[:MOST_UNEXPLAINED], f"and {more} more"] if more > 0 else lines
        description = f"Differences between {target} and the contract. Review each action."
        return {
            **HEAD,
            "info": {**HEAD["info"], "description": plain(description)},
            **({"x-unexplained": lines} if lines else {}),
            "actions": _actions(self.changes),
        }


def _applied(contract: dict[str, Any], changes: Sequence[Change]) -> AppliedOverlays | None:
    """Apply changes to a contract; None if that fails."""
    if not changes:
        return AppliedOverlays(contract)
    try:
        return AppliedOverlays.of(contract, {**HEAD, "actions": _actions(changes)})
    except OverlayError:
        return None


def _actions(changes: Sequence[Change]) -> list[dict[str, Any]]:
    return [action for change in changes for action in change.written(WITH_PREVIOUS)]


def place(folder: Path, given: Sequence[Path]) -> Path:
    """Return a path for the proposal that does not overwrite an overlay of the run."""
    in_use = {path.resolve() for path in given}
    return next(path for path in _places(folder) if path.resolve() not in in_use)


def _places(folder: Path) -> Iterator[Path]:
    yield folder / NAME.format("")
    number = 2
    while True:
        yield folder / NAME.format(f"-{number}")
        number += 1


def written(proposal: Proposal, path: Path, target: str, *, whole: bool) -> Iterator[str]:
    """Write a proposal and yield lines about it.

    A complete run without changes removes the proposal of an earlier run.
    """
    if proposal.changes:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, COMMENT + apply.text(proposal.document(target), as_json=False))
        count = len(proposal.changes)
        yield (
            f"drift   {count} {'change' if count == 1 else 'changes'} proposed in {path}; review them, then test with "
            f"make contract OVERLAY={path} TARGET=... or apply them to the contract with overlays/contract/apply.py"
        )
    elif whole and path.exists():
        path.unlink()
        yield f"drift   no differences are left; {path} is removed"
    if proposal.unexplained:
        count = len(proposal.unexplained)
        yield f"drift   {count} {'observation' if count == 1 else 'observations'} that no change explains:"
        yield from (f"drift   - {plain(line)[:300]}" for line in proposal.unexplained[:MOST_PRINTED])
        if count > MOST_PRINTED:
            where = f"; {path} has {min(count, MOST_UNEXPLAINED)}" if proposal.changes else ""
            yield f"drift   - and {count - MOST_PRINTED} more{where}"
