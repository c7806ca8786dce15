"""Rules on the lifecycle of a task or a file: behaviour that only several exchanges show."""

from __future__ import annotations

from contract_suite.checks.contract import ChangedParts
from contract_suite.checks.kinds.base import Kind
from contract_suite.checks.record import RunRecord
from contract_suite.checks.sdk import Sdk, SdkStance
from contract_suite.core.results import Finding, Results
from contract_suite.rules.kinds import LifecycleRule
from contract_suite.rules.operations import CREATE, GET_TASK, UPLOADS


class LifecycleKind(Kind[LifecycleRule]):
    """A behaviour over several exchanges, which no contract can state."""

    label = "over time"

    def is_in_contract(self, rule: LifecycleRule) -> bool:
        """Return False, because a contract describes single exchanges."""
        del rule
        return False

    def may_disagree(self, rule: LifecycleRule, changed: ChangedParts) -> bool:
        """Return False, because a contract describes single exchanges."""
        del rule, changed
        return False

    def check_sdk(self, rule: LifecycleRule, sdk: Sdk) -> SdkStance:
        """Return no role, because the server decides the lifecycle."""
        del rule, sdk
        return SdkStance("none", "the lifecycle of tasks and files is decided by the server")

    def responses(self, rule: LifecycleRule) -> set[str]:
        """Return the responses to creates, queries and uploads."""
        del rule
        return {CREATE, GET_TASK, *UPLOADS}

    def judge(self, rule: LifecycleRule, record: RunRecord, results: Results) -> None:
        """Judge every observation of the behaviour."""
        for observation, exchange in record.observations[rule.behaviour]:
            if observation.actual is None:
                results.holds(rule, exchange.evidence)
            else:
                results.breaks(rule, Finding(observation.expected, observation.actual, exchange.evidence()))

    def why_not_tried(self, rule: LifecycleRule) -> str:
        """Return that no file was uploaded, or that no task was observed long enough."""
        if rule.behaviour.startswith("file-"):
            return "no file was uploaded"
        return "no task was observed long enough"
