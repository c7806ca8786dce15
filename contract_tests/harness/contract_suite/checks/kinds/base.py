"""The base class of the kinds of rules: the hooks that every stage of a run calls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Generic, TypeVar

from contract_suite.checks.contract import ChangedParts, Parts
from contract_suite.checks.probes import Probe, ProbeSource
from contract_suite.checks.record import RunRecord
from contract_suite.checks.sdk import Sdk, SdkStance
from contract_suite.core.results import Results
from contract_suite.rules.kinds import Rule

R = TypeVar("R", bound=Rule)


class Kind(Generic[R]):
    """A kind of rule. The defaults of the hooks suit a rule that has no part in a stage.

    Attributes:
        label: The name of the kind in reports.
    """

    label = ""

    # --- comparison with the contract and the SDK

    def check_contract(self, rule: R, parts: Parts) -> Iterator[str]:
        """Yield the differences between a rule and the contract, in words."""
        del rule, parts
        yield from ()

    def is_in_contract(self, rule: R) -> bool:
        """Return whether a contract can state what the rule says."""
        del rule
        return True

    def may_disagree(self, rule: R, changed: ChangedParts) -> bool:
        """Return whether a rule that agrees with one contract may disagree with another, by the parts that differ."""
        del rule, changed
        return True

    def check_sdk(self, rule: R, sdk: Sdk) -> SdkStance:
        """Compare a rule with the SDK."""
        del rule, sdk
        return SdkStance("none", "the SDK has no role in it")

    # --- plan and send

    def sends_requests(self, rule: R) -> bool:
        """Return whether a rule has requests of its own. Shards divide such rules among themselves."""
        del rule
        return False

    def probes(self, rule: R, source: ProbeSource) -> Iterator[Probe]:
        """Yield the probes of a rule."""
        del rule, source
        yield from ()

    def requests_by_price(self, rule: R) -> list[dict[str, Any]]:
        """Return the bodies of creates, each of which must reserve more credits than the one before."""
        del rule
        return []

    def responses(self, rule: R) -> set[str]:
        """Return the names of the responses that a rule is about or needs."""
        del rule
        return set()

    # --- judge and report

    def judge(self, rule: R, record: RunRecord, results: Results) -> None:
        """Add every case of a rule that a run recorded to the results."""

    def why_not_tried(self, rule: R) -> str:
        """Return the likely reason why a complete run recorded no case of a rule, or an empty text."""
        del rule
        return ""

    def models(self, rule: R) -> list[str]:
        """Return the models that a rule is about. Empty for rules that are not about certain models."""
        del rule
        return []
