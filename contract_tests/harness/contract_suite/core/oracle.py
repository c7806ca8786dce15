"""The decisions of a contract: which requests and responses it allows, and which constraints the others break."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

import jsonschema_rs

import bundle
from contract_suite.core.exchanges import Exchange, member
from contract_suite.core.schema_walk import Place, find
from contract_suite.rules.kinds import BodyRule
from contract_suite.rules.operations import CREATE, OPERATIONS, UPLOADS
from evolink._json import parse_json

MANY = 20  # most breaches of one body, and most fields of one object, that are looked at
_KINDS = jsonschema_rs.ValidationErrorKind


class Breach(NamedTuple):
    """A constraint of the contract that a body breaks.

    Attributes:
        place: The place of the keyword in the contract.
        path: The path of the breaking value in the body.
        value: The breaking value.
        missing: The field that is required and absent.
        alternatives: The place of an `anyOf`, when the type of the value differs from that of each alternative.
    """

    place: Place
    path: Place
    value: Any
    missing: str = ""
    alternatives: Place | None = None

    @property
    def keyword(self) -> str:
        """The broken keyword."""
        return str(self.place[-1])

    @property
    def field(self) -> Place:
        """The path of the wrong or missing field in the body."""
        return (*self.path, self.missing) if self.missing else self.path


class Unknown(NamedTuple):
    """A field of a response that the contract does not describe.

    Attributes:
        home: The place of the schema that would describe it.
        path: The path of the field in the body, without indexes of items.
        value: The value of the field.
    """

    home: Place
    path: tuple[str, ...]
    value: Any


class Decisions:
    """The decisions of one bundled contract.

    Raises:
        LookupError: The contract lacks an operation of this API.
    """

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self._operations = {
            name: ("paths", path, method.lower())
            for name, (method, path) in OPERATIONS.items()
            if self._has(path, method)
        }
        if missing := OPERATIONS.keys() - self._operations.keys():
            raise LookupError(f"the contract lacks the operation {', '.join(sorted(missing))}")
        self._validators: dict[Place, jsonschema_rs.Draft202012Validator] = {}
        self._known_views: dict[Place, list[Place]] = {}
        self._known_fields: dict[tuple[Place, ...], tuple[Place, list[tuple[Place, dict[str, Any]]]]] = {}

    def _has(self, path: str, method: str) -> bool:
        return bundle.is_object(member(self.document, "paths", path, method.lower(), "responses"))

    # --- requests

    @cached_property
    def models(self) -> dict[str, Place]:
        """The place of the request schema of each model."""
        place = (*self._operations[CREATE], "requestBody", "content", "application/json", "schema")
        schema = self.at(self._resolve(place))
        mapping = member(schema, "discriminator", "mapping")
        return {model: _steps(reference) for model, reference in mapping.items()} if bundle.is_object(mapping) else {}

    def request_schema(self, operation: str, body: Any) -> Place | None:
        """Return the place of the schema of a request. None if it has none, or if only a form has one."""
        if operation == CREATE:
            model = member(body, "model")
            return self.models.get(model) if isinstance(model, str) else None
        if operation in UPLOADS:
            place = (*self._operations[operation], "requestBody", "content", "application/json", "schema")
            return self._resolve(place) if self.at(place) is not None else None
        return None

    def accepts(self, operation: str, body: Any) -> bool:
        """Return whether the contract accepts the JSON body of a create or an upload."""
        place = self.request_schema(operation, body)
        return place is not None and self.valid(place, body)

    def request_breaches(self, operation: str, body: Any) -> list[Breach]:
        """Return the constraints that the body of a create or an upload breaks. Empty when no schema describes it."""
        place = self.request_schema(operation, body)
        return [] if place is None else self._find_breaches(place, body)

    # --- responses

    def responses(self, operation: str) -> Place:
        """Return the place of the responses of an operation."""
        return (*self._operations[operation], "responses")

    def lists(self, operation: str, status: int) -> bool:
        """Return whether the contract lists a status for an operation."""
        return self._response(operation, status) is not None

    def _response(self, operation: str, status: int) -> Place | None:
        place = self.responses(operation)
        for key in (str(status), f"{status // 100}XX", "default"):
            if key in self.at(place):
                return self._resolve((*place, key))
        return None

    def response_schema(self, operation: str, status: int) -> Place | None:
        """Return the place of the schema of a response's body. None if it has none."""
        response = self._response(operation, status)
        place = None if response is None else (*response, "content", "application/json", "schema")
        return place if place is not None and self.at(place) is not None else None

    def response_breaches(self, operation: str, status: int, body: Any) -> list[Breach]:
        """Return the constraints that the body of a response breaks. Empty when no schema describes it."""
        place = self.response_schema(operation, status)
        return [] if place is None else self._find_breaches(place, body)

    def unknown_fields(self, operation: str, status: int, body: Any) -> Iterator[Unknown]:
        """Yield the fields of a response that the contract does not describe, nested ones included.

        Objects without documented fields are skipped, because their names may be data. At most `MANY` + 1 fields of one
        object are yielded.
        """
        place = self.response_schema(operation, status)
        if place is not None:
            yield from self._find_unknown([place], body, ())

    def valid(self, place: Place, body: Any) -> bool:
        """Return whether a body is valid under the schema at a place."""
        return _is_data(body) and self._validator(place).is_valid(body)

    # --- the contract as a document

    def at(self, place: Place) -> Any:
        """Return the value at a place of the document. None if the place does not exist."""
        return value_at(self.document, place)

    def _resolve(self, place: Place) -> Place:
        for _ in range(MANY):
            reference = member(self.at(place), "$ref")
            if not isinstance(reference, str):
                break
            place = _steps(reference)
        return place

    def property_place(self, schema: Place, path: Place) -> Place | None:
        """Return the place of the schema of a field, with references resolved. None if it does not exist."""
        place = self._resolve(schema)
        for name in path:
            place = self._resolve((*place, "properties", str(name)))
            if self.at(place) is None:
                return None
        return place

    # --- validation

    def _validator(self, place: Place) -> jsonschema_rs.Draft202012Validator:
        if place not in self._validators:
            pointer = "/".join(str(step).replace("~", "~0").replace("/", "~1") for step in place)
            parts = _parts_for(self.document, place)
            self._validators[place] = jsonschema_rs.Draft202012Validator(
                {"$ref": f"#/{quote(pointer)}", **parts}, validate_formats=True, mask="the value"
            )
        return self._validators[place]

    def _find_breaches(self, place: Place, body: Any) -> list[Breach]:
        if not _is_data(body):
            return []
        breaches: list[Breach] = []
        for error in self._validator(place).iter_errors(body):
            rule = self._rule_on_several_fields(place, error)
            if rule is None:
                breaches += self._explain(error, body)
            elif all(breach.place != rule for breach in breaches):
                path = tuple(str(member(self.at(rule), "x-fields")[0]).split("."))
                breaches.append(Breach(rule, path, value_at(body, path)))
            if len(breaches) > MANY:
                break
        return breaches

    def _rule_on_several_fields(self, place: Place, error: jsonschema_rs.ValidationError) -> Place | None:
        """Return the place of the rule on several fields that an error of a schema breaks. None if there is none."""
        steps = list(error.evaluation_path)
        while steps[:1] == ["$ref"]:
            steps = steps[1:]
        if steps[:1] != ["allOf"]:
            return None
        rule = (*self._resolve(place), "allOf", steps[1])
        return rule if bundle.is_array(member(self.at(rule), "x-fields")) else None

    def _explain(self, error: jsonschema_rs.ValidationError, body: Any) -> Iterator[Breach]:
        place, path = tuple(error.schema_path), tuple(error.instance_path)
        if isinstance(error.kind, _KINDS.AnyOf):
            closest = min(error.kind.context, key=lambda errors: (_is_of_another_type(errors, path), len(errors)))
            if _is_of_another_type(closest, path):
                yield Breach(place, path, find(body, path), alternatives=place)
                return
            for inner in closest:
                yield from self._explain(inner, body)
            return
        missing = error.kind.property if isinstance(error.kind, _KINDS.Required) else ""
        yield Breach(place, path, find(body, path), missing)

    def _find_unknown(self, places: list[Place], value: Any, path: tuple[str, ...]) -> Iterator[Unknown]:
        views: list[Place] = []
        for place in places:
            if place not in self._known_views:
                self._known_views[place] = list(self._applicable_schemas(place))
            views += self._known_views[place]
        if bundle.is_array(value):
            items = [(*view, "items") for view in views if bundle.is_object(self.at((*view, "items")))]
            for item in value[:MANY] if items else ():
                yield from self._find_unknown(items, item, path)
            return
        home, properties = self._describe(tuple(views))
        if not bundle.is_object(value) or not properties:
            return
        left = MANY
        for name, part in value.items():
            known = [(*holder, name) for holder, names in properties if name in names]
            if known:
                yield from self._find_unknown(known, part, (*path, name))
            elif left >= 0:
                left -= 1
                yield Unknown(home, (*path, name), part)

    def _describe(self, views: tuple[Place, ...]) -> tuple[Place, list[tuple[Place, dict[str, Any]]]]:
        """Return the place for a further field of an object, and the described fields with their places.

        The list of described fields is empty if the object may have fields of any name.
        """
        if views not in self._known_fields:
            described = [view for view in views if bundle.is_object(self.at((*view, "properties")))]
            if any(bundle.is_object(self.at((*view, "additionalProperties"))) for view in views):
                described = []
            home = next((view for view in described if self.at((*view, "type")) == "object"), (*described, ())[0])
            properties = [((*view, "properties"), self.at((*view, "properties"))) for view in described]
            self._known_fields[views] = home, properties
        return self._known_fields[views]

    def _applicable_schemas(self, place: Place, depth: int = 0) -> Iterator[Place]:
        """Yield the place of every schema that applies to the same value as the one at `place`, that one included."""
        node = self.at(place)
        if not bundle.is_object(node) or depth > MANY:
            return
        if isinstance(node.get("$ref"), str):
            yield from self._applicable_schemas(_steps(node["$ref"]), depth + 1)
        yield place
        for keyword in ("allOf", "anyOf", "oneOf"):
            for index in range(len(node.get(keyword, ()))):
                yield from self._applicable_schemas((*place, keyword, index), depth + 1)
        for keyword in ("if", "then", "else"):
            if keyword in node:
                yield from self._applicable_schemas((*place, keyword), depth + 1)


@dataclass(frozen=True)
class Amendments:
    """The decisions of the contract without and with the overlays.

    Attributes:
        before, after: The decisions. They are the same object without overlays.
    """

    before: Decisions
    after: Decisions

    def amended(self, operation: str, body: Any) -> bool | None:
        """Return whether the amended contract accepts a request, or None when it decides as before."""
        if self.after is self.before:
            return None
        now = self.after.accepts(operation, body)
        return now if now != self.before.accepts(operation, body) else None

    def overrules_response(self, exchange: Exchange, statuses: tuple[int, ...]) -> bool:
        """Return whether the amended contract allows a response whose status is not one of the expected `statuses`."""
        if self.after is self.before or exchange.status is None:
            return False
        accepted = was_accepted(exchange)
        bodies = request_bodies(exchange)
        if accepted is not None and any(self.amended(exchange.operation, body) is accepted for body in bodies):
            return True
        alike = any(status // 100 == exchange.status // 100 for status in statuses)
        return alike and self.lists_newly(exchange)

    def lists_newly(self, exchange: Exchange) -> bool:
        """Return whether only the amended contract lists the status of a response."""
        operation, status = exchange.operation, exchange.status or 0
        return operation in OPERATIONS and self.after.lists(operation, status) > self.before.lists(operation, status)

    def overrules_body(self, exchange: Exchange, rule: BodyRule) -> bool:
        """Return whether the amended contract allows all that a rule rejects in the body of a response."""
        if self.after is self.before or exchange.operation not in OPERATIONS or exchange.status is None:
            return False
        old, new = (self._wrong_fields(decisions, exchange) for decisions in (self.before, self.after))
        return all(_touches_any(path, old) and not _touches_any(path, new) for path in broken_at(rule, exchange.json))

    def allows_body(self, exchange: Exchange) -> bool:
        """Return whether a response's body is invalid under the contract and valid under the amended one."""
        if self.after is self.before or exchange.operation not in OPERATIONS:
            return False
        return bool(self._wrong_fields(self.before, exchange)) and not self._wrong_fields(self.after, exchange)

    @staticmethod
    def _wrong_fields(decisions: Decisions, exchange: Exchange) -> list[Place]:
        """Return the wrong fields of a body: the whole body, when it is not JSON or the status is not listed."""
        status = exchange.status or 0
        if not decisions.lists(exchange.operation, status) or not _is_data(exchange.json):
            return [()]
        return [breach.field for breach in decisions.response_breaches(exchange.operation, status, exchange.json)]


def value_at(body: Any, path: Place) -> Any:
    """Return the part of a JSON value at a path. None if the path does not exist."""
    for step in path:
        if bundle.is_object(body):
            body = body.get(str(step))
        elif bundle.is_array(body) and isinstance(step, int) and step < len(body):
            body = body[step]
        else:
            return None
    return body


def request_bodies(exchange: Exchange) -> list[Any]:
    """Return a list of the JSON body of a create or an upload. Empty for other requests and other bodies."""
    method, _ = OPERATIONS.get(exchange.operation, ("", ""))
    request = exchange.request
    is_json = request.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"
    if method != "POST" or request.method != method or not exchange.authorized or not is_json:
        return []
    try:
        body = parse_json(request.body or b"")
    except ValueError:
        return []
    return [body] if _is_data(body) else []


def was_accepted(exchange: Exchange) -> bool | None:
    """Return whether the server accepted a create or an upload. None when its response does not show that."""
    status, code = exchange.status or 0, member(exchange.json, "code")
    if 200 <= status < 300:
        complete = exchange.task_id is not None if exchange.operation == CREATE else bundle.is_object(exchange.json)
        return True if complete else None
    # Other codes of the file host concern the content of the file.
    return False if status in {400, 422} and code in {None, 400, 422} else None


def broken_at(rule: BodyRule, body: Any) -> list[Place]:
    """Return the paths of the fields of a body that a rule rejects, missing fields included."""
    paths: list[Place] = []
    for error in rule.errors(body):
        missing = error.kind.property if isinstance(error.kind, _KINDS.Required) else None
        paths.append((*error.instance_path, *([missing] if missing else [])))
    return paths


def touches(one: Place, other: Place) -> bool:
    """Return whether one of two places is the other or lies within it."""
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def _touches_any(path: Place, places: list[Place]) -> bool:
    return any(touches(path, place) for place in places)


def _steps(reference: str) -> Place:
    steps = unquote(reference.removeprefix("#/")).split("/")
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in steps)


def _parts_for(document: dict[str, Any], place: Place) -> dict[str, Any]:
    """Return the parts of a document that the schema at `place` needs, at their places: itself and what it refers to.

    Compiling is then as fast for a contract with many models as for one with few.
    """
    parts: dict[str, Any] = _along(document, place)
    waiting = [value_at(document, place)]
    while waiting:
        node = waiting.pop()
        children: list[Any] = list(node.values()) if bundle.is_object(node) else node if bundle.is_array(node) else []
        waiting += children
        reference = member(node, "$ref")
        if not isinstance(reference, str):
            continue
        target = _steps(reference)[:3]
        if target[:1] != ("components",) or len(target) < 3:  # not a named schema
            return {name: document.get(name, {}) for name in ("components", "paths")}
        named = parts.setdefault("components", {}).setdefault(target[1], {})
        if target[2] not in named and (found := value_at(document, target)) is not None:
            named[target[2]] = found
            waiting.append(found)
    return parts


def _along(node: Any, place: Place) -> Any:
    """Return a part of a document with nothing beside the path to a place, except the other items of lists."""
    if not place or not bundle.is_object(node) or place[0] not in node:
        return node
    return {place[0]: _along(node[str(place[0])], place[1:])}


def _is_of_another_type(errors: list[jsonschema_rs.ValidationError], path: Place) -> bool:
    return any(isinstance(error.kind, _KINDS.Type) and tuple(error.instance_path) == path for error in errors)


def _is_data(value: Any) -> bool:
    """Return whether a value is JSON in UTF-8. Python also parses NaN and halves of surrogate pairs."""
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return False
    return True
