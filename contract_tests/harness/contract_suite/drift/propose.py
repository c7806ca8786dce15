"""Makes the proposal of a run: the changes of the contract that would explain its findings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from contract_suite.checks.kinds.known_fields import FIELDS_RULE, unknown_fields
from contract_suite.checks.probes import refuses_media
from contract_suite.checks.record import RunRecord
from contract_suite.core.results import Results
from contract_suite.drift.analysis import Drift
from contract_suite.drift.applied_overlays import AppliedOverlays
from contract_suite.drift.limit_search import Search
from contract_suite.drift.proposal import Proposal
from contract_suite.rules.documented import Rules


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
        try_create: Sends the body of a create, and returns whether it was accepted or None when that is unknown. None
            where no further request may be sent.
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
        if remaining and (rule is not FIELDS_RULE or fields_remain):
            more = f" (and {len(remaining) - 1} more)" if len(remaining) > 1 else ""
            proposal.unexplained.append(f"{rule.id}: {remaining[0]}{more}")
    return proposal
