"""Rules on bodies: a JSON Schema for the bodies of some responses or of callbacks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from typing import Any

import bundle
from contract_suite.checks.contract import ChangedParts, Parts, declared_types, required_types
from contract_suite.checks.kinds.base import Kind
from contract_suite.checks.record import RunRecord
from contract_suite.checks.sdk import Sdk, SdkStance, describe
from contract_suite.core.exchanges import Exchange, excerpt, member
from contract_suite.core.oracle import Amendments
from contract_suite.core.results import Finding, Results, never
from contract_suite.rules.kinds import BodyRule
from contract_suite.rules.operations import CALLBACK
from evolink.errors import EvoLinkError, Refused, RequestError

ABSENT = ({"type": "null"}, {"maxItems": 0})  # schemas that an absent field satisfies as well
UNLISTED = {405, 413, 415}  # statuses that no page lists, so that findings on them are only inferred


class BodyKind(Kind[BodyRule]):
    """A JSON Schema for bodies."""

    label = "responses"

    def check_contract(self, rule: BodyRule, parts: Parts) -> Iterator[str]:
        """Compare the samples and the required types with the schemas of the responses."""
        for name in rule.responses if not rule.refusals_of else ():
            if name not in parts.responses:
                yield f"the contract has no response {name}"
        for expected, bodies in ((True, rule.accepts), (False, rule.rejects)):
            for name, body in bodies:
                if name in parts.responses and parts.response_validators[name].is_valid(body) != expected:
                    yield f"the contract {'refuses' if expected else 'accepts'} as {name} {excerpt(body)}"
        for name in rule.responses:
            if name in parts.responses:
                for path, types in required_types(rule.must):
                    if types - declared_types(parts.responses[name], path):
                        field = ".".join(path) or "the body"
                        yield f"the contract does not declare the type {types} for {field} of {name}"

    def may_disagree(self, rule: BodyRule, changed: ChangedParts) -> bool:
        """Return whether the schema of one of the responses differs."""
        return not changed.responses.isdisjoint(rule.responses)

    def check_sdk(self, rule: BodyRule, sdk: Sdk) -> SdkStance:
        """Let the SDK read every sample. Rejected samples may be read too, or raise an error of the SDK's."""
        differences: list[str] = []
        for name, body in rule.accepts:
            if (error := _read(name, body, sdk)) is not None:
                differences.append(f"raises {describe(error)} for {name} {excerpt(body)}")
        refused = 0
        for name, body in rule.rejects:
            error = _read(name, body, sdk)
            refused += error is not None
            if error is not None and not isinstance(error, EvoLinkError):
                differences.append(f"raises {describe(error)} for {name} {excerpt(body)}")
        if refused == len(rule.rejects) and not rule.refusals_of:
            return SdkStance("enforces", "raises an error for a response that breaks the rule", tuple(differences))
        return SdkStance("reads", "reads valid responses, and tolerates invalid ones", tuple(differences))

    def responses(self, rule: BodyRule) -> set[str]:
        """Return the responses with these bodies."""
        return set(rule.responses)

    def judge(self, rule: BodyRule, record: RunRecord, results: Results) -> None:
        """Judge the body of every response that the rule covers, and of every callback if it covers those."""
        covered = (exchanges for key, exchanges in record.answered.items() if rule.covers(*key))
        for exchange in chain.from_iterable(covered):
            if exchange.response is None or exchange.response.false_encoding:  # breaks a rule of its own
                results.not_tried(rule, "the body could not be unpacked")
            else:
                _judge_body(
                    rule,
                    exchange.response.json,
                    exchange.name,
                    exchange.evidence,
                    results,
                    inferred=exchange.status in UNLISTED,
                    overruled_by=partial(_is_body_overruled, rule, exchange),
                )
        if CALLBACK in rule.responses:
            for body in record.callbacks:
                _judge_body(rule, body, CALLBACK, partial(_callback_evidence, body), results)

    def why_not_tried(self, rule: BodyRule) -> str:
        """Return that no such response was received."""
        name = "refusal" if rule.refusals_of else " or ".join(rule.responses)
        condition = " to which the rule applies" if rule.when or rule.unless else ""
        return f"no {name}{condition} was received"

    def models(self, rule: BodyRule) -> list[str]:
        """Return the model to whose tasks the rule applies. Empty if it applies to those of several models."""
        model = rule.when.get("model")
        return [model] if isinstance(model, str) else []


def _judge_body(
    rule: BodyRule,
    body: Any,
    name: str,
    evidence: Callable[[], dict[str, Any]],
    results: Results,
    *,
    inferred: bool = False,
    overruled_by: Callable[[Amendments], bool] = never,
) -> None:
    if not rule.applies_to(body) or not _constrains(rule.must, body):
        return
    problem = rule.problem(body)
    if problem is None:
        results.holds(rule, evidence)
    else:
        finding = Finding(f"a valid {name}", problem, evidence(), inferred, overruled_by=overruled_by)
        results.breaks(rule, finding)


def _constrains(must: dict[str, Any], body: Any) -> bool:
    """Return whether a schema constrains a body: a constrained field is present, or one must be absent."""
    if must.keys() - {"properties", "items"}:
        return True
    if bundle.is_array(body):
        return any(_constrains(must.get("items", {"properties": {}}), item) for item in body)
    return bundle.is_object(body) and any(
        _constrains(part, body[name]) if name in body else part in ABSENT
        for name, part in must.get("properties", {}).items()
    )


def _is_body_overruled(rule: BodyRule, exchange: Exchange, amendments: Amendments) -> bool:
    return amendments.overrules_body(exchange, rule)


def _callback_evidence(body: Any) -> dict[str, Any]:
    return {"callback": body}


def _read(name: str, body: Any, sdk: Sdk) -> Exception | None:
    """Return the exception that the SDK raises for a body, unless it is the one that it should raise."""
    if name == CALLBACK:
        return _parse_callback(body, sdk)
    operation, _, status = name.partition(" ")
    error = sdk.exception(operation, int(status or 200), body, member(body, "id"))
    if not status:
        denied = member(body, "success") is False
        return None if denied and isinstance(error, Refused) else error
    if isinstance(error, RequestError) and error.status == int(status):
        return None
    return error or LookupError(f"no error: a {status} is treated as a success")


def _parse_callback(body: Any, sdk: Sdk) -> Exception | None:
    try:
        sdk.parse(json.dumps(body).encode())
    except Exception as error:  # noqa: BLE001 - any exception is reported
        return error
    return None
