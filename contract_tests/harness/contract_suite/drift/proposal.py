"""The changes of the contract that a run proposes, and `drift.overlay.yaml`, the file in which they are saved."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apply
from bundle import write_atomically
from contract_suite.checks.kinds.known_fields import KNOWN_FIELDS_RULE, unknown_fields
from contract_suite.checks.probes import refuses_media
from contract_suite.checks.record import RunRecord
from contract_suite.core.oracle import Amendments
from contract_suite.core.results import Results
from contract_suite.core.text import escaped_json
from contract_suite.drift.analysis import Drift
from contract_suite.drift.applied_overlays import WITH_PREVIOUS, AppliedOverlays, OverlayError
from contract_suite.drift.limit_search import Search
from contract_suite.drift.overlay_actions import Change, plain
from contract_suite.rules.documented import Rules

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
        contract: The contract that they change.
        changes: The changes. Those that cannot be applied are removed.
        unexplained: Observations that no change explains.
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
                self.unexplained.append(f"cannot be expressed as a change of the contract: {plain(change.description)}")
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


def propose(
    rules: Rules,
    record: RunRecord,
    results: Results,
    overlays: AppliedOverlays,
    try_create: Callable[[Any], bool | None] | None,
) -> Proposal:
    """Return the changes of the contract that a run shows, and the findings that none of them explains.

    Args:
        rules: The rules of the run.
        record: Its record.
        results: Its results.
        overlays: The overlays of the run.
        try_create: Sends the body of a create, and returns whether it was accepted or None if that is unknown. None
            if no further request may be sent.
    """
    drift = Drift(record.amendments.after, rules, None if try_create is None else Search(try_create))
    exchanges = record.own_exchanges
    if record.remote:
        exchanges = [exchange for exchange in exchanges if not refuses_media(exchange.response)]
    probed = [(rule_id, exchange) for rule_id, pairs in record.probed.items() for _, exchange in pairs]
    changes = drift.changes(exchanges, probed, record.fuzzing.exchanges)
    proposal = Proposal(overlays.contract, changes, drift.notes)
    fields_remain = any(unknown_fields(record.all_exchanges, proposal.amendments.after))
    for rule, findings in results.findings():
        remaining = [finding for finding in findings if not finding.overruled_by(proposal.amendments)]
        if remaining and (rule is not KNOWN_FIELDS_RULE or fields_remain):
            more = f" (and {len(remaining) - 1} more)" if len(remaining) > 1 else ""
            proposal.unexplained.append(f"{rule.id}: {remaining[0]}{more}")
    return proposal


def proposal_path(folder: Path, given: Sequence[Path]) -> Path:
    """Return a path for the proposal that does not overwrite an overlay of the run."""
    in_use = {path.resolve() for path in given}
    return next(path for path in _places(folder) if path.resolve() not in in_use)


def _places(folder: Path) -> Iterator[Path]:
    yield folder / NAME.format("")
    number = 2
    while True:
        yield folder / NAME.format(f"-{number}")
        number += 1


def save_proposal(proposal: Proposal, path: Path, target: str, *, complete: bool) -> Iterator[str]:
    """Write a proposal to its file, and yield the lines that the run prints about it.

    A complete run without changes removes the proposal of an earlier run.
    """
    if proposal.changes:
        path.parent.mkdir(parents=True, exist_ok=True)
        document = proposal.document(target)
        text = apply.text(document, as_json=False)
        if not all(map(str.isprintable, text.split("\n"))):  # JSON is YAML, and can escape what a reader would not see
            text = escaped_json(apply.text(document, as_json=True))
        write_atomically(path, COMMENT + text, private=True)
        count = len(proposal.changes)
        yield (
            f"drift   {count} {'change' if count == 1 else 'changes'} proposed in {path}; review them, then test with "
            f"make contract OVERLAY={path} TARGET=... or apply them to the contract with overlays/contract/apply.py"
        )
    elif complete and path.exists():
        path.unlink()
        yield f"drift   no differences are left; {path} is removed"
    if proposal.unexplained:
        count = len(proposal.unexplained)
        yield f"drift   {count} {'observation' if count == 1 else 'observations'} that no change explains:"
        yield from (f"drift   - {plain(line)[:300]}" for line in proposal.unexplained[:MOST_PRINTED])
        if count > MOST_PRINTED:
            where = f"; {path} has {min(count, MOST_UNEXPLAINED)}" if proposal.changes else ""
            yield f"drift   - and {count - MOST_PRINTED} more{where}"
