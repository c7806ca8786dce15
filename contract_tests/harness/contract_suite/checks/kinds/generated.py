"""Rules on generated requests: one for each check of schemathesis, so that each check gets a verdict."""

from __future__ import annotations

from dataclasses import dataclass

from contract_suite.checks.kinds.base import Kind
from contract_suite.checks.record import RunRecord
from contract_suite.core.results import Results
from contract_suite.rules.kinds import Rule


@dataclass(frozen=True, kw_only=True)
class GeneratedRule(Rule):
    """A check of schemathesis.

    Attributes:
        check: Its name in schemathesis.
    """

    check: str


class GeneratedKind(Kind[GeneratedRule]):
    """A check of schemathesis."""

    label = "generated"

    def judge(self, rule: GeneratedRule, record: RunRecord, results: Results) -> None:
        """Add the outcomes of the check."""
        for finding in record.fuzzing.checks[rule.id]:
            if finding is None:
                results.holds(rule)
            else:
                results.breaks(rule, finding)
        for why in record.fuzzing.not_run[rule.id]:
            results.not_tried(rule, why)
