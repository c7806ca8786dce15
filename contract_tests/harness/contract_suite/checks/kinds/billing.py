"""Rules on charges: the seconds that a task reserves, settles and is billed for its input."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice, pairwise
from typing import Any

import bundle
from contract_suite.checks.contract import ChangedParts, Parts, property_at
from contract_suite.checks.kinds.base import Kind
from contract_suite.checks.record import Bill, RunRecord
from contract_suite.checks.sdk import Sdk, SdkStance
from contract_suite.core.exchanges import Exchange, excerpt, member
from contract_suite.core.results import Finding, Results
from contract_suite.rules.kinds import BillingCase, BillingRule, Rule
from contract_suite.rules.operations import CREATE
from evolink_mock.domain.billing import BillingRules


class BillingKind(Kind[BillingRule]):
    """What is counted, and charges in seconds. Other servers show only the credits that a create reserves."""

    label = "charges"

    def check_contract(self, rule: BillingRule, parts: Parts) -> Iterator[str]:
        """Compare the unit and every case with the `x-billing` of the model. Every request must be valid."""
        yield from refusals([case.request for case in rule.cases], parts)
        billing = property_at(parts, rule.model, "x-billing")
        unit = billing.get("unit", "second")
        if unit != rule.unit:
            yield f"x-billing counts by the {unit}, not by the {rule.unit}"
            return
        rules = BillingRules.parse({"reserved-from": "", **billing})
        if bundle.is_object(billing.get("reserved-from")) and not rules.files:
            yield "x-billing does not say of which files the length is reserved"
            return
        fields = property_at(parts, rule.model, "properties")
        for case in rule.cases:
            yield from _check_case(case, billing, rules, fields)

    def may_disagree(self, rule: BillingRule, changed: ChangedParts) -> bool:
        """Return whether the schema of the rule's requests differs."""
        return rule.model in changed.subjects

    def check_sdk(self, rule: BillingRule, sdk: Sdk) -> SdkStance:
        """Compare estimates with the charges for completed tasks. The SDK does not estimate failures."""
        if not rule.cases:
            counted = sdk.estimate(rule.request).reserved_seconds
            wrong = () if counted is None else (f"estimates {counted} s, although no second is charged",)
            return SdkStance("enforces", "evolink.billing.estimate counts no seconds", wrong)
        differences: list[str] = []
        compared = 0
        for case in rule.cases:
            estimate = sdk.estimate(case.request, input_seconds=case.input_seconds or None)
            for name, documented, estimated in (
                ("reserved", case.reserved_seconds, estimate.reserved_seconds),
                ("settled", case.settled_seconds if case.outcome == "completed" else None, estimate.reserved_seconds),
                ("of input", case.billed_input_seconds, estimate.input_seconds),
            ):
                compared += documented is not None
                # If the service chooses the length, an estimate is the most that can be settled.
                is_chosen = _is_chosen(case.request.get("duration"))
                is_enough = name == "settled" and is_chosen and (documented or 0) < (estimated or 0)
                if documented not in (None, estimated) and not is_enough:
                    differences.append(f"estimates {estimated} s {name} for {excerpt(case.request)}")
        if not compared:
            return SdkStance("none", "the charge for a failure is decided by the server")
        why = "evolink.billing.estimate returns these seconds before anything is sent"
        return SdkStance("enforces", why, tuple(differences))

    def sends_requests(self, rule: BillingRule) -> bool:
        """Return True if there are cases, because every case creates a task."""
        return bool(rule.cases)

    def requests_by_price(self, rule: BillingRule) -> list[dict[str, Any]]:
        """Return the requests in the order of the seconds they reserve, but none whose files would have to exist."""
        cases = [case for case in rule.cases if case.reserved_seconds is not None and not case.input_seconds]
        return [case.request for case in sorted(cases, key=lambda case: case.reserved_seconds or 0)]

    def judge(self, rule: BillingRule, record: RunRecord, results: Results) -> None:
        """Judge the reserved credits, and the bills of our own mock."""
        judge_prices(rule, record, results)
        for bill in record.bills[rule.id]:
            _judge_bill(rule, bill, results)

    def why_not_tried(self, rule: BillingRule) -> str:
        """Return that no response shows the final charge or the unit, for rules that are about nothing else."""
        if not rule.cases:
            return "no response shows what is counted"
        if all(case.reserved_seconds is None for case in rule.cases):
            return "no response shows the final charge for a task"
        if all(case.input_seconds for case in rule.cases):
            return "no server can measure files that do not exist"
        return ""

    def models(self, rule: BillingRule) -> list[str]:
        """Return the model."""
        return [rule.model]


def refusals(requests: Iterable[dict[str, Any]], parts: Parts) -> Iterator[str]:
    """Yield a difference for each request of a rule on charges that the contract refuses."""
    for request in requests:
        if not parts.accepts(CREATE, request):
            yield f"the contract refuses {excerpt(request)}"


def judge_prices(rule: Rule, record: RunRecord, results: Results) -> None:
    """Judge whether each create of a comparison reserves more credits than the one before."""
    exchanges = record.comparisons[rule.id]
    for exchange in exchanges:
        if reserved_credits(exchange) is None:
            results.not_tried(rule, f"the response has no credits_reserved to compare, but is {exchange.actual}")
    for before, after in pairwise(exchanges):
        less, more = reserved_credits(before), reserved_credits(after)
        if less is None or more is None:
            continue
        if more > less:
            results.holds(rule, after.evidence)
        else:
            results.breaks(rule, Finding(f"more than {less} credits", f"{more}", after.evidence()))


def reserved_credits(exchange: Exchange) -> float | None:
    """Return the credits that a create reserves. None when the response has no such number."""
    reserved = member(exchange.json, "usage", "credits_reserved")
    return reserved if isinstance(reserved, int | float) and not isinstance(reserved, bool) else None


def _judge_bill(rule: BillingRule, bill: Bill, results: Results) -> None:
    case, body = bill.case, bill.exchange.json
    for name, expected, actual in (
        ("seconds reserved", case.reserved_seconds, member(body, "reserved", "seconds")),
        ("seconds settled", case.settled_seconds, member(body, "settled", "seconds")),
        *(("seconds produced", case.settled_seconds, seconds) for seconds in bill.produced_seconds),
        ("seconds of input charged", case.billed_input_seconds, member(body, "settled", "input_seconds")),
    ):
        if expected is None:
            continue
        if actual == expected:
            results.holds(rule, bill.exchange.evidence)
        else:
            results.breaks(rule, Finding(f"{expected} {name}", f"{actual}", bill.exchange.evidence()))


def _check_case(
    case: BillingCase, billing: dict[str, Any], rules: BillingRules, fields: dict[str, Any]
) -> Iterator[str]:
    urls = {field: len(_urls(case.request, field)) for field in fields if field in rules.files}
    too_many = rules.input_caps and any(count > len(rules.input_caps) for count in urls.values())
    if case.input_seconds and (sum(urls.values()) != len(case.input_seconds) or too_many):
        yield f"x-billing does not charge the input of {len(case.input_seconds)} files"
        return
    remaining = iter(case.input_seconds)
    lengths = {field: list(islice(remaining, count)) for field, count in urls.items()}
    if case.reserved_seconds is not None:
        known = rules.reserved_from in case.request or rules.length is not None or rules.length_by is not None
        defaults = {name: node["default"] for name, node in fields.items() if "default" in node}
        reserved = rules.reserved_seconds(case.request, defaults, lengths) if known else None
        if reserved != case.reserved_seconds:
            yield f"x-billing reserves {reserved} s, not {case.reserved_seconds} s"
    settled_on = "input-seconds" if case.settled_on_input else "produced-seconds"
    if case.settled_seconds and billing.get("settled-on") != settled_on:
        yield f"x-billing does not settle on the {settled_on.replace('-', ' ')}"
    if case.billed_input_seconds is not None:
        billed = rules.input_seconds(lengths.get(rules.input_field or "", []))
        if billed != case.billed_input_seconds:
            yield f"x-billing charges {billed} s of input, not {case.billed_input_seconds} s"


def _urls(request: dict[str, Any], field: str) -> list[str]:
    urls = request.get(field, [])
    return [urls] if isinstance(urls, str) else urls


def _is_chosen(duration: Any) -> bool:
    """Return whether a duration leaves the length to the service: a number that is not a length, or a word."""
    return isinstance(duration, str) or (isinstance(duration, int | float) and duration <= 0)
