"""Holds the documented rules against the contract: the first reading of the pages against the second."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, repeat
from typing import Any

import jsonschema_rs

import bundle
from contract_suite.core.exchanges import OPERATIONS, excerpt, is_part
from contract_suite.rules.documented import (
    UPLOADS,
    BillingCase,
    BillingRule,
    BodyRule,
    DeliveryCase,
    DeliveryRule,
    ExchangeCase,
    ExchangeRule,
    FileRule,
    RequestRule,
    ResponseRule,
    Rule,
    SurchargeRule,
    UnobservableRule,
    response_name,
)
from contract_suite.rules.json_schema import inlined, validator
from evolink_mock.domain.billing import BillingRules


@dataclass
class Operation:
    """What the contract says of an operation.

    Attributes:
        method: the HTTP method, in upper case.
        bearer: whether a bearer token is required.
        statuses: the statuses it is documented to answer with.
        headers: the headers that the answer with a status must have.
        answer_types: what the bodies of its answers are.
        body_required: whether a request must have a body.
        content_types: what the body of a request may be.
        hosts: where it is served, when that is not where the others are.
    """

    method: str
    bearer: bool
    statuses: set[int]
    headers: dict[int, set[str]]
    response_types: set[str]
    body_required: bool
    content_types: set[str]
    hosts: list[str]


class Validators(dict[str, jsonschema_rs.Draft202012Validator]):
    """The validators of schemas by their names, each made when it is first asked for."""

    def __init__(self, schemas: dict[str, Any]) -> None:
        super().__init__()
        self._schemas = schemas

    def __missing__(self, name: str) -> jsonschema_rs.Draft202012Validator:
        self[name] = made = validator(self._schemas[name])
        return made


@dataclass
class Parts:
    """The contract, taken apart into what a rule can speak of; every schema stands by itself.

    Attributes:
        variants: the schema of each model's request.
        uploads: the schema of each upload's request.
        task_id: the schema of the path parameter.
        answers: the schema of every body, by the name the rules give it; `callback` is absent if there is none.
        operations: by the name the rules give them.
        callback_has_body: whether a callback always has a body.
    """

    variants: dict[str, dict[str, Any]]
    uploads: dict[str, dict[str, Any]]
    task_id: dict[str, Any]
    responses: dict[str, Any]
    operations: dict[str, Operation]
    callback_has_body: bool = False

    @classmethod
    def of(cls, document: dict[str, Any]) -> Parts:
        """Take a bundled contract apart."""
        found = {name: document["paths"][path][method.lower()] for name, (method, path) in OPERATIONS.items()}
        create, query = found["create"], found["task"]
        variants = {
            tag.get("const", tag.get("default", "")): variant
            for variant in inlined(create["requestBody"]["content"]["application/json"]["schema"], document)["oneOf"]
            for tag in [variant.get("properties", {}).get("model", {})]
        }
        responses = {
            response_name(name, int(status)): _body(response, document)
            for name, operation in found.items()
            for status, response in operation["responses"].items()
        }
        callback: dict[str, Any] = {}
        for path in create.get("callbacks", {}).get("taskFinished", {}).values():
            if "post" in path:
                callback = path["post"]["requestBody"]
                responses["callback"] = _body(callback, document)
        return cls(
            variants,
            {
                name: inlined(media["schema"], document)
                for name in UPLOADS
                for media in found[name]["requestBody"]["content"].values()
            },
            inlined(query["parameters"][0]["schema"], document),
            responses,
            {name: _operation(operation, OPERATIONS[name][0], document) for name, operation in found.items()},
            callback.get("required", False),
        )

    @property
    def requests(self) -> dict[str, dict[str, Any]]:
        """The schema of each model's and each upload's request."""
        return self.variants | self.uploads

    @cached_property
    def request_validators(self) -> Validators:
        """The validator of each model's and each upload's request."""
        return Validators(self.requests)

    @cached_property
    def response_validators(self) -> Validators:
        """The validator of each body."""
        return Validators(self.responses)

    def accepts(self, operation: str, body: Any) -> bool:
        """Whether the contract takes the body of a create, as exactly one variant does, or of an upload."""
        if operation in UPLOADS:
            return self.request_validators[operation].is_valid(body)
        return [self.request_validators[model].is_valid(body) for model in self.variants].count(True) == 1

    def blamed(self, of: str, body: Any) -> set[str]:
        """Return the fields that a model's or an upload's schema finds wrong in a body, dotted where nested."""
        fields: set[str] = set()
        if of not in self.requests:
            return fields
        for error in self.request_validators[of].iter_errors(body):
            path = [str(part) for part in error.instance_path if isinstance(part, str)]
            missing = getattr(error.kind, "property", None)
            fields.add(".".join([*path, missing] if isinstance(missing, str) else path))
        return fields


def _body(holder: dict[str, Any], document: dict[str, Any]) -> Any:
    return inlined(_resolved(holder, document)["content"]["application/json"]["schema"], document)


def _resolved(node: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """Return what a node refers to, in which more references may stand, or the node itself."""
    while isinstance(node.get("$ref"), str):
        found: Any = document
        for token in node["$ref"].split("/")[1:]:
            found = found[token]
        node = found
    return node


def _operation(operation: dict[str, Any], method: str, document: dict[str, Any]) -> Operation:
    schemes = document.get("components", {}).get("securitySchemes", {})
    requirements = operation.get("security", document.get("security", []))
    bearer = bool(requirements) and all(
        any(
            (schemes.get(name, {}).get("type"), schemes.get(name, {}).get("scheme")) == ("http", "bearer")
            for name in alternative
        )
        for alternative in requirements
    )
    headers = {
        int(status): {
            name.lower()
            for name, header in _resolved(response, document).get("headers", {}).items()
            if _resolved(header, document).get("required")
        }
        for status, response in operation["responses"].items()
    }
    response_types = {
        content for response in operation["responses"].values() for content in _resolved(response, document)["content"]
    }
    body = operation.get("requestBody", {})
    hosts = [server["url"] for server in operation.get("servers", [])]
    return Operation(
        method,
        bearer,
        set(headers),
        headers,
        response_types,
        body.get("required", False),
        set(body.get("content", ())),
        hosts,
    )


def differences(rule: Rule, parts: Parts) -> Iterator[str]:
    """Yield where a rule and the contract differ, in words."""
    match rule:
        case RequestRule():
            yield from _of_requests(rule, parts)
        case ResponseRule():
            yield from _of_responses(rule, parts)
        case BodyRule():
            yield from _of_responses_(rule, parts)
        case ExchangeRule():
            yield from chain.from_iterable(_of_exchange(case, parts) for case in rule.cases)
        case FileRule():
            yield from _of_files(rule, parts)
        case BillingRule() | SurchargeRule():
            yield from _of_charges(rule, parts)
        case DeliveryRule():
            for model in parts.variants:
                delivery = _property(parts, model, "properties", "callback_url", "x-delivery")
                yield from chain.from_iterable(_of_delivery(case, delivery, parts) for case in rule.cases)
        case UnobservableRule():
            yield from _of_statement(rule.states, parts)
        case _:  # a behaviour over several answers, of which the contract says nothing
            pass


def _of_requests(rule: RequestRule, parts: Parts) -> Iterator[str]:
    for case in rule.cases:
        accepted = parts.accepts(case.of, case.body)
        if accepted != case.accepted:
            yield f"the contract {'takes' if accepted else 'refuses'} {excerpt(case.body)}"
        elif not accepted and not any(is_part(rule.field, name) for name in parts.blamed(case.of, case.body)):
            yield f"the contract blames another field than {rule.field} for {excerpt(case.body)}"
    path = [part for name in rule.field.split(".") for part in ("properties", name)]
    for of in rule.of if rule.type or rule.item_type or rule.default else ():
        declared = parts.requests.get(of)
        if rule.type and rule.type not in _declared(declared, path):
            yield f"the contract does not give {of}'s {rule.field} the type {rule.type}"
        if rule.item_type and rule.item_type not in _declared(declared, [*path, "items"]):
            yield f"the contract does not give the items of {of}'s {rule.field} the type {rule.item_type}"
        if rule.default and _property(parts, of, *path).get("default") != rule.default[0]:
            yield f"the contract does not give {of}'s {rule.field} the default {rule.default[0]!r}"


def _of_responses(rule: ResponseRule, parts: Parts) -> Iterator[str]:
    for name in rule.operations:
        operation = parts.operations[name]
        for status in operation.statuses ^ set(rule.statuses) if rule.statuses else ():
            yield f"the contract {'lists' if status in operation.statuses else 'does not list'} {status} for {name}"
        if rule.content_type and operation.response_types != {rule.content_type}:
            yield f"the contract has {name} answer with {', '.join(sorted(operation.response_types))}"


def _of_responses_(rule: BodyRule, parts: Parts) -> Iterator[str]:
    for name in rule.responses if not rule.refusals_of else ():
        if name not in parts.responses:
            yield f"the contract has no answer {name}"
    for expected, bodies in ((True, rule.accepts), (False, rule.rejects)):
        for name, body in bodies:
            if name in parts.responses and parts.response_validators[name].is_valid(body) != expected:
                yield f"the contract {'refuses' if expected else 'takes'} as {name} {excerpt(body)}"
    for name in rule.responses:
        if name in parts.responses:
            for path, types in _types(rule.must):
                if types - _declared(parts.responses[name], path):
                    yield f"the contract does not give {'.'.join(path) or 'the body'} of {name} the type {types}"


def _of_exchange(case: ExchangeCase, parts: Parts) -> Iterator[str]:
    operation = parts.operations[case.operation]
    if case.status not in operation.statuses:
        yield f"the contract lists no {case.status} for {case.operation}"
    valid_task_id = validator(parts.task_id).is_valid(case.task_id)
    plain = not case.body and case.text is None and valid_task_id
    if case.status == 401 and plain and not operation.bearer:
        yield f"the contract asks for no bearer token to {case.operation}"
    missing = case.response_headers.keys() - operation.headers.get(case.status, set())
    if missing:
        yield f"the contract asks for no {', '.join(missing)} in a {case.status} of {case.operation}"
    if case.method == operation.method:
        yield f"the contract has {case.operation} take {case.method}"
    queried = case.operation == "task" and case.method is None and case.status != 401
    if queried and valid_task_id == (case.blames == "task_id"):
        yield f"the contract {'takes' if valid_task_id else 'refuses'} the task_id {case.task_id}"
    if case.status == 400 and case.code is None and case.body and parts.accepts(case.operation, case.body[0]):
        yield f"the contract takes the body {excerpt(case.body[0])}"
    if case.text == "" and not operation.body_required:
        yield f"the contract lets {case.operation} have no body"
    if case.content_type is not None and case.content_type in operation.content_types:
        yield f"the contract takes {case.content_type}"


def _of_files(rule: FileRule, parts: Parts) -> Iterator[str]:
    limits = _property(parts, rule.of, "properties", rule.field, "x-media")
    for expected, files in ((True, rule.accepts), (False, rule.rejects)):
        for file in files:
            if _fits(file, limits) != expected:
                yield f"x-media {'refuses' if expected else 'takes'} {excerpt(file)}"


def _fits(file: dict[str, Any], limits: dict[str, Any]) -> bool:
    """Whether what is known of a file keeps the limits of an `x-media`."""
    sides = [file[side] for side in ("width", "height") if side in file]
    kinds = limits.get("kind", file.get("kind"))
    return (
        ("kind" not in file or file["kind"] in (kinds if bundle.is_array(kinds) else [kinds]))
        and ("format" not in file or "formats" not in limits or file["format"] in limits["formats"])
        and file.get("bytes", 0) <= limits.get("max-bytes", math.inf)
        and not (file.get("alpha") and limits.get("alpha") is False)
        and all(_in_range(side, limits.get("side-pixels", {})) for side in sides)
        and ("seconds" not in file or _in_range(file["seconds"], limits.get("seconds", {})))
        and (file.get("reachable", True) or "reachable" not in limits)
    )


def _in_range(value: float, limits: dict[str, float]) -> bool:
    return limits.get("min", -math.inf) <= value <= limits.get("max", math.inf)


def _of_charges(rule: BillingRule | SurchargeRule, parts: Parts) -> Iterator[str]:
    if isinstance(rule, BillingRule):
        yield from chain.from_iterable(_of_billing(rule.model, case, parts) for case in rule.cases)
        return
    dearer = _property(parts, rule.model, "x-billing").get("dearer", {})
    if not any(rule.dearer.get(name) == value != rule.cheaper.get(name) for name, value in dearer.items()):
        yield f"x-billing of {rule.model} knows of no difference in price"


def _of_billing(model: str, case: BillingCase, parts: Parts) -> Iterator[str]:
    billing = _property(parts, model, "x-billing")
    if case.reserved_seconds is not None:
        reserved = case.request.get(billing.get("reserved-from", ""))
        if reserved != case.reserved_seconds:
            yield f"x-billing reserves {reserved} s, not {case.reserved_seconds} s"
    if case.settled_seconds and billing.get("settled-on") != "produced-seconds":
        yield "x-billing does not settle on the seconds produced"
    if case.billed_input_seconds is not None:
        inputs = billing.get("input", {})
        urls = case.request.get(inputs.get("field", ""), [])
        caps = inputs.get("cap-seconds-by-count", [])
        if len(urls) != len(case.input_seconds) or len(urls) > len(caps):
            yield f"x-billing charges no input of {len(case.input_seconds)} files"
        elif (billed := BillingRules("", None, tuple(caps), {}).input_seconds(case.input_seconds)) != (
            case.billed_input_seconds
        ):
            yield f"x-billing charges {billed} s of input, not {case.billed_input_seconds} s"


def _of_delivery(case: DeliveryCase, delivery: dict[str, Any], parts: Parts) -> Iterator[str]:
    if "callback" not in parts.responses:
        yield "the contract has no callback that is a POST"
    if "after" in case.expects and case.expects["after"] != delivery.get("after"):
        yield "x-delivery does not wait for billing"
    if "body" in case.expects and not parts.callback_has_body:
        yield "the contract's callback may have no body"
    if case.until or case.resolves_to or case.host or case.expects:
        return
    attempts = tuple(_attempts(case, delivery))
    if attempts != case.attempts_at:
        yield f"x-delivery makes attempts at {attempts}, not at {case.attempts_at}"


def _attempts(case: DeliveryCase, delivery: dict[str, Any]) -> Iterator[float]:
    """Yield when the attempts are made that an `x-delivery` asks for."""
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


def _property(parts: Parts, of: str, *path: str) -> dict[str, Any]:
    node: Any = parts.requests.get(of)
    for name in path:
        node = node.get(name, {}) if bundle.is_object(node) else {}
    found: dict[str, Any] = node if bundle.is_object(node) else {}
    return found


def _declared(schema: Any, path: list[str]) -> set[str]:
    """Return the types that a schema declares at a path of `properties`, names and `items`."""
    found: set[str] = set()
    if not bundle.is_object(schema):
        return found
    for keyword in ("allOf", "anyOf", "oneOf"):
        for alternative in schema.get(keyword, []):
            found |= _declared(alternative, path)
    if not path:
        types = schema.get("type", [])
        return found | (set(types) if bundle.is_array(types) else {types})
    if path[0] == "properties":
        return found | _declared(schema.get("properties", {}).get(path[1]), path[2:])
    return found | _declared(schema.get(path[0]), path[1:])


def _of_statement(states: dict[str, Any], parts: Parts) -> Iterator[str]:
    for name in states.get("operations", ()):
        if parts.operations[name].hosts != [states["host"]]:
            yield f"the contract does not have {states['host']} serve {name}"
    path = [part for name in states.get("field", "").split(".") for part in ("properties", name)]
    for name in states.get("answers", ()):
        if name not in parts.responses:
            yield f"the contract has no answer {name}"
            continue
        if "valid_seconds" in states and _extensions(parts.responses[name], path, "x-valid-seconds") != [
            states["valid_seconds"]
        ]:
            yield f"the contract does not give {states['field']} of {name} {states['valid_seconds']} seconds"
        for code, retry in states.get("retry", {}).items():
            found = [use.get(code, {}) for use in _extensions(parts.responses[name], path, "x-failures")]
            if [use.get("retry", "nothing") for use in found] != [retry]:
                yield f"the contract does not say {retry} of another try after {code}"


def _extensions(schema: Any, path: list[str], key: str) -> list[Any]:
    """Return every value an extension has at a path of `properties` and names."""
    if not bundle.is_object(schema):
        return []
    alternatives = [part for keyword in ("allOf", "anyOf", "oneOf") for part in schema.get(keyword, [])]
    found = [value for alternative in alternatives for value in _extensions(alternative, path, key)]
    if not path:
        return [*found, *([schema[key]] if key in schema else [])]
    return found + _extensions(schema.get(path[0], {}).get(path[1]), path[2:], key)


def _types(must: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[list[str], set[str]]]:
    """Yield every type that a schema declares, and where; `null` says only what must not be there."""
    types = must.get("type", [])
    named = (set(types) if bundle.is_array(types) else {types}) - {"null"}
    if named:
        yield list(path), named
    for name, part in must.get("properties", {}).items():
        yield from _types(part, (*path, "properties", name))
    if "items" in must:
        yield from _types(must["items"], (*path, "items"))
