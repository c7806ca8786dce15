"""Rules on surcharges: two requests, of which the second costs more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from contract_suite.checks.contract import ChangedParts, Parts, property_at
from contract_suite.checks.kinds.base import Kind
from contract_suite.checks.kinds.billing import judge_prices, refusals
from contract_suite.checks.record import RunRecord
from contract_suite.checks.sdk import Sdk, SdkStance
from contract_suite.core.exchanges import member
from contract_suite.core.results import Results
from contract_suite.rules.kinds import SurchargeRule
from contract_suite.rules.words import value_text


class SurchargeKind(Kind[SurchargeRule]):
    """A request that costs more than another."""

    label = "prices"

    def check_contract(self, rule: SurchargeRule, parts: Parts) -> Iterator[str]:
        """Look for the difference between the requests in the `x-billing` of the model. Both must be valid."""
        yield from refusals([rule.cheaper, rule.costlier], parts)
        surcharges = property_at(parts, rule.model, "x-billing").get("dearer", {})
        if not any(
            # 4 and "4" are the same setting.
            value_text(_at(rule.costlier, name)) == value_text(value) != value_text(_at(rule.cheaper, name))
            for name, value in surcharges.items()
        ):
            yield f"x-billing of {rule.model} states no such difference in price"

    def may_disagree(self, rule: SurchargeRule, changed: ChangedParts) -> bool:
        """Return whether the schema of the rule's requests differs."""
        return rule.model in changed.subjects

    def check_sdk(self, rule: SurchargeRule, sdk: Sdk) -> SdkStance:
        """Compare the surcharges in the estimates of both requests."""
        less, more = set(sdk.estimate(rule.cheaper).surcharges), set(sdk.estimate(rule.costlier).surcharges)
        wrong = (
            () if less < more else (f"estimates the surcharges {sorted(more)} for the costlier request, and no more",)
        )
        return SdkStance("enforces", "evolink.billing.estimate names what raises the price", wrong)

    def sends_requests(self, rule: SurchargeRule) -> bool:
        """Return True, because both requests create a task."""
        del rule
        return True

    def requests_by_price(self, rule: SurchargeRule) -> list[dict[str, Any]]:
        """Return both requests, the cheaper one first."""
        return [rule.cheaper, rule.costlier]

    def judge(self, rule: SurchargeRule, record: RunRecord, results: Results) -> None:
        """Judge the reserved credits."""
        judge_prices(rule, record, results)

    def models(self, rule: SurchargeRule) -> list[str]:
        """Return the model."""
        return [rule.model]


def _at(request: dict[str, Any], field: str) -> Any:
    return member(request, *field.split("."))
