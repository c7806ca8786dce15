"""Rules on deliveries: the requests that the receiver of a callback must get."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from itertools import chain, repeat
from typing import Any

import bundle
from contract_suite.checks.contract import ChangedParts, Parts
from contract_suite.checks.deliveries import Delivery
from contract_suite.checks.kinds.base import Kind
from contract_suite.checks.record import RunRecord
from contract_suite.checks.sdk import Sdk, SdkStance
from contract_suite.core.results import Finding, Results
from contract_suite.rules.kinds import DeliveryCase, DeliveryRule
from contract_suite.rules.operations import CALLBACK


class DeliveryKind(Kind[DeliveryRule]):
    """Deliveries of callbacks, which only our own mock can show."""

    label = "callbacks"

    def check_contract(self, rule: DeliveryRule, parts: Parts) -> Iterator[str]:
        """Compare every case with the `x-delivery` of each model."""
        for delivery in parts.delivery_rules:
            for case in rule.cases:
                yield from _check_case(case, delivery, parts)

    def may_disagree(self, rule: DeliveryRule, changed: ChangedParts) -> bool:
        """Return whether a request, the callback or an operation differs."""
        del rule
        return bool(changed.subjects) or CALLBACK in changed.responses or changed.operations

    def check_sdk(self, rule: DeliveryRule, sdk: Sdk) -> SdkStance:
        """Return no role, because the SDK only receives callbacks."""
        del rule, sdk
        return SdkStance("none", "delivery is decided by the server; CallbackReceiver accepts every delivery")

    def sends_requests(self, rule: DeliveryRule) -> bool:
        """Return True, because every case creates a task."""
        del rule
        return True

    def judge(self, rule: DeliveryRule, record: RunRecord, results: Results) -> None:
        """Judge the deliveries of every case."""
        for delivery in record.deliveries[rule.id]:
            if delivery.error:
                results.breaks(rule, Finding("a delivery", delivery.error))
                continue
            problem = _problem(delivery)
            if problem is None:
                results.holds(rule, partial(_evidence, delivery))
            else:
                results.breaks(rule, Finding(*problem, _evidence(delivery)))

    def why_not_tried(self, rule: DeliveryRule) -> str:
        """Return that only the run against our own mock has a receiver."""
        del rule
        return "a callback needs a public https address; the run against the mock shows deliveries"


def _check_case(case: DeliveryCase, delivery: dict[str, Any], parts: Parts) -> Iterator[str]:
    if CALLBACK not in parts.responses:
        yield "the contract has no callback that is a POST"
    if "after" in case.expects and case.expects["after"] != delivery.get("after"):
        yield "x-delivery does not wait for billing"
    if "body" in case.expects and not parts.callback_has_body:
        yield "the contract does not require a body for the callback"
    if case.until or case.resolves_to or case.host or case.expects:
        return
    attempts = tuple(_attempts(case, delivery))
    if attempts != case.attempts_at:
        yield f"x-delivery makes attempts at {attempts}, not at {case.attempts_at}"


def _attempts(case: DeliveryCase, delivery: dict[str, Any]) -> Iterator[float]:
    """Yield the seconds from the end of the task to each attempt, as an `x-delivery` describes them."""
    if case.outcome not in delivery.get("on", []):
        return
    timeout = delivery.get("timeout-seconds", math.inf)
    now = 0.0
    responses = chain(case.responses, repeat(case.responses[-1]))
    for response, wait in zip(responses, (*delivery.get("retry-after-seconds", ()), math.inf), strict=False):
        yield now
        status, after = (response["status"], response["after"]) if bundle.is_object(response) else (response, 0)
        if after <= timeout and delivery.get("success") == "2xx" and status != "disconnect" and 200 <= status < 300:
            return
        now += min(after, timeout) + wait
        if now == math.inf:
            return


def _evidence(delivery: Delivery) -> dict[str, Any]:
    case = delivery.case
    return {
        "case": {"outcome": case.outcome, "responses": list(case.responses)},
        "deliveries": delivery.journal,
    }


def _problem(delivery: Delivery) -> tuple[str, str] | None:
    """Return the expected and the actual outcome where they differ."""
    case = delivery.case
    situation = f"a task that is {case.until or case.outcome}, to a receiver that responds {list(case.responses)}"
    if delivery.attempts_at != case.attempts_at:
        expected = f"attempts at {_describe_times(case.attempts_at)} for {situation}"
        return expected, f"attempts at {_describe_times(delivery.attempts_at)}"
    if delivery.connections != case.received:
        return f"{case.received} requests to the receiver for {situation}", f"{delivery.connections} requests"
    if not delivery.received:
        return None
    first = delivery.received[0]
    actual = {
        "method": first.method,
        "content_type": first.headers.get("content-type", "none").partition(";")[0],
        "body": "task" if first.body == first.task else f"{str(first.body)[:200]}, unlike the query",
        "after": "billing" if first.bill.get("settled") else "no settled charge",
    }
    for name, expected in case.expects.items():
        if actual[name] != expected:
            return f"{name.replace('_', ' ')} {expected}", actual[name]
    return None


def _describe_times(times: tuple[float, ...]) -> str:
    return ", ".join(f"{at:g} s" for at in times) or "no time"
