"""Rules on responses as a whole: the statuses and the content type of an operation."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from contract_suite.checks.contract import ChangedParts, Parts
from contract_suite.checks.kinds.base import Kind
from contract_suite.checks.probes import one_of
from contract_suite.checks.record import RunRecord
from contract_suite.checks.sdk import Sdk, SdkStance
from contract_suite.core.exchanges import Exchange
from contract_suite.core.oracle import Amendments
from contract_suite.core.results import Finding, Results
from contract_suite.rules.kinds import ResponseRule
from contract_suite.rules.operations import response_name


class ResponseKind(Kind[ResponseRule]):
    """Properties of every response of some operations."""

    label = "responses"

    def check_contract(self, rule: ResponseRule, parts: Parts) -> Iterator[str]:
        """Compare the statuses and content types with those in the contract."""
        for name in rule.operations:
            operation = parts.operations[name]
            for status in operation.statuses ^ set(rule.statuses) if rule.statuses else ():
                yield f"the contract {'lists' if status in operation.statuses else 'does not list'} {status} for {name}"
            if rule.content_type and operation.response_types != {rule.content_type}:
                yield f"the contract gives responses of {name} the types {', '.join(sorted(operation.response_types))}"

    def may_disagree(self, rule: ResponseRule, changed: ChangedParts) -> bool:
        """Return whether an operation differs."""
        del rule
        return changed.operations

    def check_sdk(self, rule: ResponseRule, sdk: Sdk) -> SdkStance:
        """Return no role, because the SDK accepts any status and content type."""
        del rule, sdk
        return SdkStance("none", "statuses and content types are decided by the server")

    def responses(self, rule: ResponseRule) -> set[str]:
        """Return all responses of the operations, or those with the statuses."""
        statuses = rule.statuses or range(100, 600)
        return {response_name(operation, status) for operation in rule.operations for status in statuses}

    def judge(self, rule: ResponseRule, record: RunRecord, results: Results) -> None:
        """Judge every response of the operations."""
        for exchange in record.all_exchanges:
            response = exchange.response
            if response is None or exchange.operation not in rule.operations:
                continue
            content_type = response.headers.get("content-type", "none").partition(";")[0].strip().lower()
            if rule.statuses and response.status not in rule.statuses:
                overruled = partial(_is_listed_newly, exchange)
                expected = f"one of {one_of(rule.statuses)}"
                results.breaks(rule, Finding(expected, exchange.actual, exchange.evidence(), overruled_by=overruled))
            elif rule.content_type and content_type != rule.content_type:
                results.breaks(
                    rule, Finding(f"a response of type {rule.content_type}", content_type, exchange.evidence())
                )
            else:
                results.holds(rule, exchange.evidence)

    def why_not_tried(self, rule: ResponseRule) -> str:
        """Return that none of the operations responded."""
        return f"no response of {' or '.join(rule.operations)} was received"


def _is_listed_newly(exchange: Exchange, amendments: Amendments) -> bool:
    return amendments.lists_newly(exchange)
