"""Rules on exchanges: requests of any form, and the expected responses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from contract_suite.checks.contract import ChangedParts, Parts
from contract_suite.checks.kinds.base import Kind
from contract_suite.checks.probes import Probe, ProbeSource, judge_probe
from contract_suite.checks.record import RunRecord
from contract_suite.checks.sdk import KEY, SUFFICIENT, Sdk, SdkStance, describe
from contract_suite.core.exchanges import NO_SUCH_TASK, Request, create, excerpt, smallest, upload
from contract_suite.core.results import Results
from contract_suite.core.target import Intent
from contract_suite.rules.documented import Rules
from contract_suite.rules.json_schema import validator
from contract_suite.rules.kinds import ExchangeCase, ExchangeRule
from contract_suite.rules.operations import GET_TASK, OPERATIONS, UPLOAD_STREAM, UPLOADS
from evolink.errors import RequestError


class ExchangeKind(Kind[ExchangeRule]):
    """Requests of any form and their expected responses."""

    label = "exchanges"

    def check_contract(self, rule: ExchangeRule, parts: Parts) -> Iterator[str]:
        """Compare every case with the operation in the contract."""
        for case in rule.cases:
            yield from _check_case(case, parts)

    def may_disagree(self, rule: ExchangeRule, changed: ChangedParts) -> bool:
        """Return whether an operation or a request differs."""
        del rule
        return changed.operations or bool(changed.subjects)

    def check_sdk(self, rule: ExchangeRule, sdk: Sdk) -> SdkStance:
        """Compare the SDK's own requests with the operations, and its exceptions with the refusals."""
        differences: list[str] = []
        outcomes: dict[str, None] = {}
        for operation in dict.fromkeys(case.operation for case in rule.cases):
            differences += _check_own_request(operation, sdk)
        for operation, status in dict.fromkeys((case.operation, case.status) for case in rule.cases):
            body = SUFFICIENT[operation] if status == 200 else _refusal(operation, status)
            error = sdk.exception(operation, status, body)
            is_request_error = isinstance(error, RequestError)
            if is_request_error != (status >= 400) or (isinstance(error, RequestError) and error.status != status):
                differences.append(f"treats a {status} of {operation} as {describe(error)}")
            outcomes[f"a {status} becomes {describe(error)}"] = None
        return SdkStance(
            "reads", "; ".join(["its own requests have the documented form", *outcomes]), tuple(differences)
        )

    def sends_requests(self, rule: ExchangeRule) -> bool:
        """Return True, because every case is a request."""
        del rule
        return True

    def probes(self, rule: ExchangeRule, source: ProbeSource) -> Iterator[Probe]:
        """Yield a probe for each case."""
        for case in rule.cases:
            yield _make_probe(rule, case, source.rules)

    def judge(self, rule: ExchangeRule, record: RunRecord, results: Results) -> None:
        """Judge the probes."""
        for probe, exchange in record.probed[rule.id]:
            judge_probe(probe, exchange, results, remote=record.remote)


def _make_probe(rule: ExchangeRule, case: ExchangeCase, rules: Rules) -> Probe:
    usual, path = OPERATIONS[case.operation]
    method = case.method or usual
    request = smallest(case.operation, rules)
    if case.body:
        request = upload(case.operation, case.body[0]) if case.operation in UPLOADS else create(case.body[0])
    headers = request.headers if case.content_type is None else {"content-type": case.content_type}
    headers = {name: value for name, value in headers.items() if value}
    body = request.body or b""
    if case.text is not None:
        body = case.text.encode()
    if case.pad_to is not None:
        body = body[:-1] + b" " * (case.pad_to - len(body)) + body[-1:]
    if usual == "GET" or method in {"GET", "DELETE"}:
        headers, content = {}, None
    else:
        content = body
    intent: Intent = "read" if usual == method == "GET" else "refused"
    return Probe(
        rule,
        case.operation,
        Request(method, path.format(task_id=quote(case.task_id, safe="")), headers, content),
        "uploads" if case.operation in UPLOADS else intent,
        (case.status,),
        authorization=case.authorization,
        refused_fields=(case.refused_field,) if case.refused_field else (),
        code=case.code,
        headers=tuple(case.response_headers.items()),
    )


def _check_case(case: ExchangeCase, parts: Parts) -> Iterator[str]:
    operation = parts.operations[case.operation]
    if case.status not in operation.statuses:
        yield f"the contract does not list {case.status} for {case.operation}"
    valid_task_id = validator(parts.task_id).is_valid(case.task_id)
    plain = not case.body and case.text is None and valid_task_id
    if case.status == 401 and plain and not operation.bearer:
        yield f"the contract requires no bearer token for {case.operation}"
    missing = case.response_headers.keys() - operation.headers.get(case.status, set())
    if missing:
        yield f"the contract does not require {', '.join(missing)} in a {case.status} of {case.operation}"
    if case.method == operation.method:
        yield f"the contract allows {case.method} for {case.operation}"
    queried = case.operation == GET_TASK and case.method is None and case.status != 401
    if queried and valid_task_id == (case.refused_field == "task_id"):
        yield f"the contract {'accepts' if valid_task_id else 'refuses'} the task_id {case.task_id}"
    if case.status == 400 and case.code is None and case.body and parts.accepts(case.operation, case.body[0]):
        yield f"the contract accepts the body {excerpt(case.body[0])}"
    if case.text == "" and not operation.body_required:
        yield f"the contract does not require a body for {case.operation}"
    if case.content_type is not None and case.content_type in operation.content_types:
        yield f"the contract accepts {case.content_type}"


def _check_own_request(operation: str, sdk: Sdk) -> Iterator[str]:
    """Yield the differences between the SDK's own request and the form that the rules take for valid."""
    sdk.exception(operation, 200, SUFFICIENT[operation])
    request = sdk.server.request
    method, path = OPERATIONS[operation]
    if request is None:
        yield f"sends nothing for {operation}"
        return
    if (request.method, request.url.path) != (method, path.format(task_id=NO_SUCH_TASK)):
        yield f"sends {request.method} {request.url.path} for {operation}"
    if request.headers.get("authorization") != f"Bearer {KEY}":
        yield f"sends no bearer token to {operation}"
    if method == "POST":
        expected = "multipart/form-data" if operation == UPLOAD_STREAM else "application/json"
        actual = request.headers.get("content-type", "none").partition(";")[0]
        if actual != expected:
            yield f"sends {actual} to {operation}"


def _refusal(operation: str, status: int) -> Any:
    if operation in UPLOADS:
        return {"success": False, "code": status, "msg": "no"}
    return {"error": {"code": status, "message": "no", "type": "invalid_request_error"}}
