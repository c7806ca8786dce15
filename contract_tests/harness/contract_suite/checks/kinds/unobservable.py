"""Rules that no run can observe. The contract and the SDK are compared with their `states`, if they have any."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from contract_suite.checks.contract import ChangedParts, Parts, extensions, property_at, property_path
from contract_suite.checks.kinds.base import Kind
from contract_suite.checks.sdk import SUFFICIENT, Sdk, SdkStance, describe
from contract_suite.core.exchanges import NO_SUCH_TASK
from contract_suite.rules.kinds import UnobservableRule
from evolink._contract import packaged_contract
from evolink.errors import EvoLinkError, TaskCancelled, TaskFailed


class UnobservableKind(Kind[UnobservableRule]):
    """A rule that no run can observe."""

    label = "beyond a run"

    def check_contract(self, rule: UnobservableRule, parts: Parts) -> Iterator[str]:
        """Compare `states` with the servers and extensions in the contract."""
        states = rule.states
        for name in states.get("operations", ()):
            if parts.operations[name].hosts != [states["host"]]:
                yield f"the contract does not serve {name} on {states['host']}"
        path = property_path(states.get("field", ""))
        for name in states.get("answers", ()):
            if name in parts.responses:
                yield from _check_response(name, parts.responses[name], path, states)
            else:
                yield f"the contract has no response {name}"
        if "task" in states:
            stated = property_at(parts, states["model"], "properties", states["field"], "x-task-reference")
            if stated != states["task"]:
                yield f"x-task-reference of {states['field']} of {states['model']} is {stated}"
        shape = property_at(parts, states["model"], "x-response") if "model" in states else {}
        for key, value in states.get("sample", {}).items():
            stated = shape.get(key.replace("_", "-"), "nothing")
            if stated != value:
                yield f"x-response of {states['model']} states {stated}, not {value}, for {key}"

    def may_disagree(self, rule: UnobservableRule, changed: ChangedParts) -> bool:
        """Return whether an operation or a response of the rule differs."""
        if "model" in rule.states:
            return rule.states["model"] in changed.subjects
        return changed.operations or not changed.responses.isdisjoint(rule.states.get("answers", ()))

    def models(self, rule: UnobservableRule) -> list[str]:
        """Return the model whose sample the rule is about, if there is one."""
        return [rule.states["model"]] if "model" in rule.states else []

    def is_in_contract(self, rule: UnobservableRule) -> bool:
        """Return whether the rule has `states`."""
        return bool(rule.states)

    def check_sdk(self, rule: UnobservableRule, sdk: Sdk) -> SdkStance:
        """Compare `states` with the SDK's hosts, its advice on retries, or its lifetime of links."""
        states = rule.states
        if "host" in states:
            wrong = [
                f"sends {operation} to {sdk.server.request.url if sdk.server.request else 'no server'}"
                for operation in states["operations"]
                if not _is_sent_to(operation, states["host"], sdk)
            ]
            return SdkStance(
                "enforces", "sends files to this host, and all other requests to the other host", tuple(wrong)
            )
        if "retry" in states:
            advice = [(code, expected, _advice(code, sdk)) for code, expected in states["retry"].items()]
            wrong = [f"returns retry={actual} after {code}" for code, expected, actual in advice if actual != expected]
            return SdkStance("enforces", "TaskFailed.retry says whether a retry can help", tuple(wrong))
        if states.get("field") == "results":
            known = packaged_contract(sdk.edition).link_seconds
            wrong = [] if known == states["valid_seconds"] else [f"assumes that links last {known:g} s"]
            return SdkStance("enforces", "warns before links expire", tuple(wrong))
        if "task" in states:
            return SdkStance("none", "refuses a task that shows a reason, but not an id")
        if "sample" in states or states.get("field") == "draft_expires_at":
            return SdkStance("none", "reads any value")
        return SdkStance("none", "returns the link unchanged")

    def why_not_tried(self, rule: UnobservableRule) -> str:
        """Return the reason in the row."""
        return rule.why


def _check_response(name: str, schema: Any, path: list[str], states: dict[str, Any]) -> Iterator[str]:
    if "valid_seconds" in states and extensions(schema, path, "x-valid-seconds") != [states["valid_seconds"]]:
        yield f"the contract does not state {states['valid_seconds']} seconds for {states['field']} of {name}"
    for code, retry in states.get("retry", {}).items():
        failures = [failure.get(code, {}) for failure in extensions(schema, path, "x-failures")]
        if [failure.get("retry", "nothing") for failure in failures] != [retry]:
            yield f"the contract does not state retry={retry} for {code}"


def _is_sent_to(operation: str, host: str, sdk: Sdk) -> bool:
    sdk.exception(operation, 200, SUFFICIENT[operation])
    request = sdk.server.request
    return request is not None and f"{request.url.scheme}://{request.url.host}" == host


def _advice(code: str, sdk: Sdk) -> bool | str | None:
    """Return the SDK's advice on a retry after a failure."""
    sdk.server.prepare(200, {"id": NO_SUCH_TASK, "status": "failed", "error": {"code": code, "message": "no"}})
    try:
        sdk.wait(NO_SUCH_TASK)
    except TaskFailed as error:
        return error.retry
    except TaskCancelled:
        return True  # a cancelled task may be submitted again
    except EvoLinkError as error:
        return describe(error)
    return "nothing"
