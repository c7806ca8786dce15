"""The contract, taken apart for comparison with the documented rules.

The rules and the contract are two independent readings of the same pages. If they disagree, one of them is wrong.
The comparison of each kind of rule is in `checks/kinds`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any

import jsonschema_rs

import bundle
from contract_suite.rules.json_schema import inlined, validator
from contract_suite.rules.operations import CALLBACK, CREATE, GET_TASK, OPERATIONS, UPLOADS, response_name


@dataclass
class Operation:
    """An operation of the contract.

    Attributes:
        method: The HTTP method, in upper case.
        bearer: True if a bearer token is required.
        statuses: The statuses of its responses.
        headers: The required headers of its responses, by status.
        response_types: The content types of its responses.
        body_required: True if a request must have a body.
        content_types: The content types of its requests.
        hosts: The servers of the operation, when they differ from those of the contract.
    """

    method: str
    bearer: bool
    statuses: set[int]
    headers: dict[int, set[str]]
    response_types: set[str]
    body_required: bool
    content_types: set[str]
    hosts: list[str]


CHINESE = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


class Validators(dict[str, jsonschema_rs.Draft202012Validator]):
    """The validators of schemas by their names, each compiled on first use."""

    def __init__(self, schemas: dict[str, Any]) -> None:
        super().__init__()
        self._schemas = schemas
        self._others: Validators | None = None

    def reuse(self, others: Validators) -> None:
        """Take the validators of schemas that are the same objects from others."""
        self._others = others

    def __missing__(self, name: str) -> jsonschema_rs.Draft202012Validator:
        schema = self._schemas[name]
        others = self._others
        shared = others is not None and others._schemas.get(name) is schema  # noqa: SLF001 - of the same class
        self[name] = made = others[name] if others is not None and shared else validator(schema)
        return made


@dataclass
class Parts:
    """The parts of the contract that rules are about. Every schema is inlined, so that it has no references.

    Attributes:
        variants: The schema of each model's request.
        uploads: The schema of each upload operation's request.
        task_id: The schema of the path parameter.
        responses: The schema of every body by the name of its response, and that of `callback` if there is one.
        operations: The operations by their ids.
        callback_has_body: True if a callback always has a body.
    """

    variants: dict[str, dict[str, Any]]
    uploads: dict[str, dict[str, Any]]
    task_id: dict[str, Any]
    responses: dict[str, Any]
    operations: dict[str, Operation]
    callback_has_body: bool = False

    @classmethod
    def of(cls, document: dict[str, Any]) -> Parts:
        """Take a bundled contract apart.

        Raises:
            LookupError: The contract lacks an operation of this API.
        """
        operations = {name: document["paths"][path][method.lower()] for name, (method, path) in OPERATIONS.items()}
        create, query = operations[CREATE], operations[GET_TASK]
        known: dict[str, Any] = {}
        variants = {
            _model_of(variant): variant
            for variant in inlined(create["requestBody"]["content"]["application/json"]["schema"], document, known)[
                "oneOf"
            ]
        }
        responses = {
            response_name(name, int(status)): _body(response, document, known)
            for name, operation in operations.items()
            for status, response in operation["responses"].items()
            if status.isdecimal()
        }
        callback: dict[str, Any] = {}
        for path in create.get("callbacks", {}).get("taskFinished", {}).values():
            if "post" in path:
                callback = _resolve(path["post"].get("requestBody", {}), document)
                responses[CALLBACK] = _body(callback, document, known)
        return cls(
            variants,
            {
                name: inlined(media["schema"], document, known)
                for name in UPLOADS
                for media in operations[name]["requestBody"]["content"].values()
            },
            inlined(path_parameter(query), document),
            responses,
            {name: _read_operation(operation, OPERATIONS[name][0], document) for name, operation in operations.items()},
            callback.get("required", False),
        )

    def with_variant(self, model: str, variant: dict[str, Any]) -> Parts | None:
        """Return these parts with another request schema of a model. None if it is a schema for another model."""
        if _model_of(variant) != model:
            return None
        return replace(self, variants={**self.variants, model: variant})

    @cached_property
    def requests(self) -> dict[str, dict[str, Any]]:
        """The request schema of each model and each upload operation."""
        return self.variants | self.uploads

    @cached_property
    def delivery_rules(self) -> list[dict[str, Any]]:
        """The different `x-delivery` of the models."""
        different: list[dict[str, Any]] = []
        for model in self.variants:
            delivery = property_at(self, model, "properties", "callback_url", "x-delivery")
            if delivery not in different:
                different.append(delivery)
        return different

    @cached_property
    def request_validators(self) -> Validators:
        """The request validator of each model and each upload operation."""
        return Validators(self.requests)

    @cached_property
    def response_validators(self) -> Validators:
        """The validator of each body in `responses`."""
        return Validators(self.responses)

    def reuse(self, others: Parts) -> None:
        """Take the validators of schemas that are the same objects in another contract from there."""
        self.request_validators.reuse(others.request_validators)
        self.response_validators.reuse(others.response_validators)

    def accepts(self, operation: str, body: Any) -> bool:
        """Return whether the contract accepts a body. Exactly one variant must accept the body of a create."""
        if operation in UPLOADS:
            return self.request_validators[operation].is_valid(body)
        return [self.request_validators[model].is_valid(body) for model in self._candidates(body)].count(True) == 1

    def _candidates(self, body: Any) -> list[str]:
        """Return the models whose variant may accept a body: all but those with another constant tag."""
        if not bundle.is_object(body):
            return list(self.variants)
        tag = body.get("model")
        return [*self._untagged, *([tag] if isinstance(tag, str) and tag in self._tagged else [])]

    @cached_property
    def _tagged(self) -> set[str]:
        return {model for model, variant in self.variants.items() if variant_tag(variant) == model}

    @cached_property
    def _untagged(self) -> list[str]:
        return [model for model in self.variants if model not in self._tagged]

    def refused_fields(self, subject: str, body: Any) -> set[str]:
        """Return the fields of a body that are invalid for a model or an upload operation, dotted where nested."""
        fields: set[str] = set()
        if subject not in self.requests:
            return fields
        for error in self.request_validators[subject].iter_errors(body):
            rule = _rule_on_several_fields(self.requests[subject], error.schema_path)
            if rule is not None:
                fields.update(rule["x-fields"])
                continue
            path = [str(part) for part in error.instance_path if isinstance(part, str)]
            missing = getattr(error.kind, "property", None)
            named = [missing] if isinstance(missing, str) else getattr(error.kind, "unexpected", [])
            fields.update(".".join([*path, name]) for name in named)
            if not named:
                fields.add(".".join(path))
        return fields

    def unused_fields(self, model: str, body: Any) -> set[str]:
        """Return the dotted fields of a body that have no effect or are cut."""
        schema = self.variants.get(model, {})
        ignored = {
            entry["field"]
            for entry in schema.get("x-ignored", ())
            if has_field(body, entry["field"]) and validator(entry["when"]).is_valid(body)
        }
        return ignored | set(_longer_fields(schema, body, "x-cut-after"))

    def perhaps_too_long(self, model: str, body: Any) -> set[str]:
        """Return the dotted fields of a body whose texts may have more tokens than documented."""
        return set(_longer_fields(self.variants.get(model, {}), body, "x-token-limit"))

    def failures(self, model: str, body: Any) -> dict[str, str]:
        """Return the error codes with which the task of an accepted body fails, by the field that is the reason."""
        return {
            entry["field"]: entry["code"]
            for entry in self.variants.get(model, {}).get("x-fails-later", ())
            if validator(entry["when"]).is_valid(body)
        }


def _rule_on_several_fields(schema: Any, path: Sequence[str | int]) -> dict[str, Any] | None:
    """Return the outermost rule on several fields on the path to a keyword. None if there is none."""
    node = schema
    for before, step in pairwise(path):
        node = node[before]
        rule = node[step] if before == "allOf" else None
        if bundle.is_object(rule) and "x-fields" in rule:
            return rule
    return None


def has_field(body: Any, field: str) -> bool:
    """Return whether a body has a dotted field."""
    for name in field.split("."):
        if not bundle.is_object(body) or name not in body:
            return False
        body = body[name]
    return True


def _longer_fields(schema: dict[str, Any], value: Any, keyword: str, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the dotted path of every text in a value with more characters than a keyword of its schema says."""
    if isinstance(value, str) and keyword in schema:
        most: int = schema[keyword]
        most_chinese: int = schema.get(f"{keyword}-chinese", most)
        chinese = 0 if most_chinese == most else _count_chinese(value)
        if len(value) - chinese + chinese * most / most_chinese > most:
            yield ".".join(path)
    if bundle.is_object(value):
        for name, part in schema.get("properties", {}).items():
            if name in value and bundle.is_object(part):
                yield from _longer_fields(part, value[name], keyword, (*path, name))
    if bundle.is_array(value) and bundle.is_object(schema.get("items")):
        for item in value:
            yield from _longer_fields(schema["items"], item, keyword, path)


@lru_cache(maxsize=4096)
def _count_chinese(text: str) -> int:
    return 0 if text.isascii() else len(CHINESE.findall(text))


def _model_of(variant: dict[str, Any]) -> str:
    """Return the model that a request schema is for, by its tag or the default of it. Empty if it has neither."""
    tag = variant.get("properties", {}).get("model", {})
    model: str = tag.get("const", tag.get("default", ""))
    return model


def variant_tag(variant: dict[str, Any]) -> Any:
    """Return the only tag that the request schema of a model accepts. None if it may accept several."""
    tag = variant.get("properties", {}).get("model", {})
    return tag.get("const") if "model" in variant.get("required", ()) else None


def path_parameter(operation: dict[str, Any]) -> Any:
    """Return the schema of the first parameter of an operation that is in the path. Empty if there is none."""
    schemas: list[Any] = [one.get("schema") for one in operation.get("parameters", ()) if one.get("in") == "path"]
    return schemas[0] if schemas else {}


def _body(holder: dict[str, Any], document: dict[str, Any], known: dict[str, Any]) -> Any:
    content = _resolve(holder, document).get("content", {})
    return inlined(content.get("application/json", {}).get("schema", {}), document, known)


def _resolve(node: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """Return the target of the node's reference, which may hold further references, or the node itself."""
    while isinstance(node.get("$ref"), str):
        target: Any = document
        for token in node["$ref"].split("/")[1:]:
            target = target[token]
        node = target
    return node


def _read_operation(operation: dict[str, Any], method: str, document: dict[str, Any]) -> Operation:
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
            for name, header in _resolve(response, document).get("headers", {}).items()
            if _resolve(header, document).get("required")
        }
        for status, response in operation["responses"].items()
        if status.isdecimal()
    }
    response_types = {
        content
        for response in operation["responses"].values()
        for content in _resolve(response, document).get("content", ())
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


@dataclass(frozen=True)
class ChangedParts:
    """The parts in which two contracts differ.

    Attributes:
        responses: The names of the responses with another schema.
        subjects: The models and upload operations with another request schema. All of them if a model has another tag
            or accepts several, because requests for other models may then fit it.
        operations: True if an operation differs in anything but its schemas, or the form of task ids does.
    """

    responses: frozenset[str]
    subjects: frozenset[str]
    operations: bool

    @classmethod
    def between(cls, before: Parts, after: Parts) -> ChangedParts:
        """Compare two contracts."""
        responses = {name for name, body in before.responses.items() if _differ(body, after.responses.get(name))}
        old, new = before.requests, after.requests
        subjects = {name for name in {**old, **new} if _differ(old.get(name), new.get(name))}
        if any(
            _tag(old.get(name)) != _tag(new.get(name)) or (name in before.variants and variant_tag(old[name]) is None)
            for name in subjects
        ):
            subjects = {*old, *new}
        outside = [(one.operations, one.task_id, one.callback_has_body) for one in (before, after)]
        return cls(frozenset(responses), frozenset(subjects), outside[0] != outside[1])


def _differ(one: Any, other: Any) -> bool:
    return one is not other and bool(one != other)  # most are the same object, which `!=` alone would look through


def _tag(schema: dict[str, Any] | None) -> Any:
    """Return what a request schema says about the model."""
    return schema and (
        schema.get("properties", {}).get("model"),
        "model" in schema.get("required", ()),
        schema.get("type"),
    )


def property_at(parts: Parts, subject: str, *path: str) -> dict[str, Any]:
    """Return the object at a path in the request schema of a model or an upload operation, or an empty one.

    The properties of a list are those of its items.
    """
    node: Any = parts.requests.get(subject)
    for name in path:
        if name == "properties" and bundle.is_object(node):
            node = node.get("items", node)
        node = node.get(name, {}) if bundle.is_object(node) else {}
    value: dict[str, Any] = node if bundle.is_object(node) else {}
    return value


def property_path(field: str) -> list[str]:
    """Return the path to the schema of a dotted field, for example `properties`, `a`, `properties`, `b`."""
    return [part for name in field.split(".") for part in ("properties", name)]


def declared_types(schema: Any, path: list[str]) -> set[str]:
    """Return the types that a schema declares at a path of `properties`, names and `items`.

    The properties of a list are those of its items.
    """
    declared: set[str] = set()
    if not bundle.is_object(schema):
        return declared
    for keyword in ("allOf", "anyOf", "oneOf"):
        for alternative in schema.get(keyword, []):
            declared |= declared_types(alternative, path)
    if not path:
        types = schema.get("type", [])
        return declared | (set(types) if bundle.is_array(types) else {types})
    if path[0] == "properties":
        schema = schema.get("items", schema)
        return declared | declared_types(schema.get("properties", {}).get(path[1]), path[2:])
    return declared | declared_types(schema.get(path[0]), path[1:])


def extensions(schema: Any, path: list[str], key: str) -> list[Any]:
    """Return every value of an extension at a path of `properties` and names."""
    if not bundle.is_object(schema):
        return []
    alternatives = [part for keyword in ("allOf", "anyOf", "oneOf") for part in schema.get(keyword, [])]
    values = [value for alternative in alternatives for value in extensions(alternative, path, key)]
    if not path:
        return [*values, *([schema[key]] if key in schema else [])]
    return values + extensions(schema.get(path[0], {}).get(path[1]), path[2:], key)


def required_types(must: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[list[str], set[str]]]:
    """Yield every type that the schema of a rule requires, with its path. `null` is left out: it forbids a value."""
    types = must.get("type", [])
    named = (set(types) if bundle.is_array(types) else {types}) - {"null"}
    if named:
        yield list(path), named
    for name, part in must.get("properties", {}).items():
        yield from required_types(part, (*path, "properties", name))
    if "items" in must:
        yield from required_types(must["items"], (*path, "items"))
