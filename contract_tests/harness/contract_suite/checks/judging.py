"""The judging stage: turns the record of a run into results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from contract_suite.checks.contract import Parts
from contract_suite.checks.kinds import kind_of
from contract_suite.checks.record import RunRecord
from contract_suite.checks.sdk import Sdk, SdkStance
from contract_suite.core.oracle import Decisions
from contract_suite.core.results import Finding, Results
from contract_suite.rules.documented import Rules
from contract_suite.rules.kinds import Rule
from evolink.errors import InvalidRequest


@dataclass(frozen=True)
class Enforcers:
    """The comparison of every documented rule with its other enforcers, by the id of the rule.

    Attributes:
        contract: The differences between the rule and the contract.
        sdk: The SDK's role in the rule.
    """

    contract: Mapping[str, Sequence[str]]
    sdk: Mapping[str, SdkStance]


def judge_record(rules: Sequence[Rule], record: RunRecord, results: Results) -> None:
    """Add every case that a run recorded to the results, and the reason where a rule has none."""
    for rule in rules:
        kind = kind_of(rule)
        for why in record.not_tried[rule.id]:
            results.not_tried(rule, why)
        kind.judge(rule, record, results)
        why = f"the run was stopped: {record.stopped}" if record.stopped else kind.why_not_tried(rule)
        if why:
            results.not_tried_at_all(rule, why)


def check_enforcers(rules: Rules, record: RunRecord) -> Enforcers:
    """Compare all rules with the contract and with the SDK."""
    parts, known = _compared(record.amendments.before)
    for rule in rules.rules:
        if rule not in known:
            known[rule] = tuple(kind_of(rule).check_contract(rule, parts))
    return Enforcers({rule.id: known[rule] for rule in rules.rules}, sdk_stances(rules))


@lru_cache(maxsize=4)
def _compared(decisions: Decisions) -> tuple[Parts, dict[Rule, tuple[str, ...]]]:
    """Return the parts of a contract, and the differences of the rules that were compared with it, for the next run."""
    return Parts.of(decisions.document), {}


def sdk_stances(rules: Rules) -> dict[str, SdkStance]:
    """Compare all rules with the SDK."""
    return {rule.id: _sdk_stance(rule, rules.edition_name) for rule in rules.rules}


@cache
def _sdk_stance(rule: Rule, edition: str) -> SdkStance:
    """Compare a rule with the SDK. The result is kept for the next run, because all rules together take 0.5 s."""
    return sdk_stance(rule, _sdk(edition))


def sdk_stance(rule: Rule, sdk: Sdk) -> SdkStance:
    """Compare a rule with the SDK. If the SDK refuses a request that the rule calls valid, they differ."""
    try:
        return kind_of(rule).check_sdk(rule, sdk)
    except InvalidRequest as error:
        refusals = "; ".join(map(str, error.violations))
        return SdkStance("enforces", "refuses a request of the rule", (f"refuses a request of the rule: {refusals}",))


@cache
def _sdk(edition: str) -> Sdk:
    return Sdk(edition=edition)


def judge_enforcers(rules: Sequence[Rule], enforcers: Enforcers, results: Results, *, ours: bool) -> None:
    """Add the differences from the contract to the results, and with `ours` those from the SDK.

    Only the run against our own mock judges the SDK, because other servers are not responsible for it.
    """
    for rule in rules:
        for difference in enforcers.contract[rule.id]:
            results.breaks(rule, Finding("the contract to agree", difference, enforcer="contract"))
        for difference in enforcers.sdk[rule.id].differences if ours else ():
            results.breaks(rule, Finding("the SDK to agree", f"it {difference}", enforcer="sdk"))
