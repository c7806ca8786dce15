"""The overlay that a run proposes: `drift.overlay.yaml`, beside the report, for a maintainer to review."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apply
from changes import Change, plain
from decisions import Amendments
from overlays import WITH_PREVIOUS, Laid, OverlayError
from writing import write_whole

NAME = "drift{}.overlay.yaml"
MOST_UNEXPLAINED = 100  # lines that are written
MOST_PRINTED = 8
HEAD: dict[str, Any] = {"overlay": "1.1.0", "info": {"title": "Proposed changes of the contract", "version": "1.0.0"}}
COMMENT = """\
# Proposed from what a server was seen to do; the next run writes it anew. Each action says what was seen, which rules
# it answers, and what to look at. What is here is not documented by that: look at the pages first.
"""


@dataclass
class Proposal:
    """Changes of the contract that one overlay makes.

    Attributes:
        contract: the contract that they change.
        changes: the changes; those that cannot be made are taken out.
        unexplained: what was seen and no change explains.
    """

    contract: dict[str, Any]
    changes: list[Change]
    unexplained: list[str]

    def __post_init__(self) -> None:
        self.laid = _laid(self.contract, self.changes)
        if self.laid is not None:
            return
        # One of them does not fit, as after answers of the oddest forms: the others are kept.
        contract, kept = self.contract, list[Change]()
        for change in self.changes:
            laid = _laid(contract, [change])
            if laid is None:
                self.unexplained.append(f"cannot be made a change of the contract: {plain(change.says)}")
            else:
                contract = laid.contract
                kept.append(change)
        self.changes = kept
        self.laid = _laid(self.contract, kept)

    @property
    def amendments(self) -> Amendments:
        """What the contract decides with the changes, and without."""
        return (self.laid or Laid(self.contract)).amendments

    def document(self, target: str) -> dict[str, Any]:
        """Return the overlay."""
        left = [plain(line)[:400] for line in self.unexplained]
        more = len(left) - MOST_UNEXPLAINED
        left = [*left[:MOST_UNEXPLAINED], f"and {more} more"] if more > 0 else left
        said = f"What {target} was seen to do otherwise than the contract says. To be reviewed, action by action."
        return {
            **HEAD,
            "info": {**HEAD["info"], "description": plain(said)},
            **({"x-unexplained": left} if left else {}),
            "actions": _actions(self.changes),
        }


def _laid(contract: dict[str, Any], changes: Sequence[Change]) -> Laid | None:
    """Return the overlay of changes laid over a contract; None when they do not fit it."""
    if not changes:
        return Laid(contract)
    try:
        return Laid.of(contract, {**HEAD, "actions": _actions(changes)})
    except OverlayError:
        return None


def _actions(changes: Sequence[Change]) -> list[dict[str, Any]]:
    return [action for change in changes for action in change.written(WITH_PREVIOUS)]


def place(folder: Path, given: Sequence[Path]) -> Path:
    """Return where a proposal is written, which is no overlay that the run goes by."""
    taken = {path.resolve() for path in given}
    return next(path for path in _places(folder) if path.resolve() not in taken)


def _places(folder: Path) -> Iterator[Path]:
    yield folder / NAME.format("")
    number = 2
    while True:
        yield folder / NAME.format(f"-{number}")
        number += 1


def written(proposal: Proposal, path: Path, target: str, *, whole: bool) -> Iterator[str]:
    """Write a proposal, or remove that of an earlier run when a whole one has none, and yield what to say about it."""
    if proposal.changes:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, COMMENT + apply.text(proposal.document(target), as_json=False))
        count = len(proposal.changes)
        yield (
            f"drift   {count} {'change' if count == 1 else 'changes'} proposed in {path}; review, then judge by them: "
            f"make contract OVERLAY={path} TARGET=..., or lay them over the contract: overlays/contract/apply.py"
        )
    elif whole and path.exists():
        path.unlink()
        yield f"drift   nothing is to be proposed any more; {path} is removed"
    if proposal.unexplained:
        count = len(proposal.unexplained)
        yield f"drift   {count} {'thing' if count == 1 else 'things'} that no change of the contract explains:"
        yield from (f"drift   - {plain(line)[:300]}" for line in proposal.unexplained[:MOST_PRINTED])
        if count > MOST_PRINTED:
            where = f"; {path} has {min(count, MOST_UNEXPLAINED)}" if proposal.changes else ""
            yield f"drift   - and {count - MOST_PRINTED} more{where}"
