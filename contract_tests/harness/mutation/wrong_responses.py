"""Mocks whose responses break one constraint of the contract at a time.

Each mutant is the mock behind a middleware that rewrites its responses. The constraints are read from the contract, so
that each new one brings its own mutants.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Scope

import bundle
from contract_suite.core.schema_walk import Place, applied_schemas, find, is_satisfied, keywords, resolve_reference
from contract_suite.rules.operations import OPERATIONS, response_name
from mutation.response_middleware import Middleware, OutgoingResponse

OTHER: dict[str, Any] = {
    "string": 7,
    "integer": "7",
    "number": "7",
    "boolean": "true",
    "array": {},
    "object": [],
    "null": "nothing",
}
"""A value of another type for each type."""


@dataclass
class ParsedResponse:
    """A response on its way from the mock, with its body parsed."""

    status: int
    headers: dict[bytes, bytes]
    body: Any


@dataclass(frozen=True)
class ResponseMutant:
    """A change of responses.

    Attributes:
        place: where the broken constraint is in the contract; for a change of status or headers, the operation, the
            status and the header.
        change: a description of the change.
        value: the wrong value; unused if the change removes something.
        at: the operation and the status whose status code or headers it changes; None if it changes bodies.
    """

    place: Place
    change: str
    value: Any = None
    at: tuple[str, str] | None = None

    @property
    def name(self) -> str:
        """The constraint and the change, for example `Task.progress.type is null`."""
        steps = [str(step) for step in self.place if step not in {"components", "schemas", "properties", "paths"}]
        return f"{'.'.join(steps)} {self.change}"

    def responses(self, document: dict[str, Any]) -> set[str]:
        """Return the names that rules have for the responses that it changes."""
        names: set[str] = set()
        for name, (method, route) in OPERATIONS.items():
            for status in find(document, ("paths", route, method.lower(), "responses")):
                schema = body_schema(document, f"{method} {route}", int(status))
                if schema is not None and self.place in keywords(document, schema):
                    names.add(response_name(name, int(status)))
        return names

    def changed(self, document: dict[str, Any], operation: str, response: ParsedResponse) -> bool:
        """Change a response in place if the mutant concerns it; return whether anything changed."""
        if self.at is not None:
            return self.at == (operation, str(response.status)) and self._changed_outside_body(response)
        schema = body_schema(document, operation, response.status)
        if schema is None or response.body is None:
            return False
        before = copy.deepcopy(response.body)
        holder, key = [response.body], self.place[-1]
        for place, at, part in applied_schemas(document, schema, before):
            if place == self.place[:-1]:
                self._break(holder, at, part)
            elif self.place[: len(place) + 2][:-1] == (*place, "properties") and key != "required":
                self._put(holder, at, part, str(self.place[len(place) + 1]), self.place[len(place) + 2 : -1])
        response.body = holder[0]
        return bool(response.body != before)

    def _changed_outside_body(self, response: ParsedResponse) -> bool:
        match self.change:
            case "has another status":
                response.status = self.value
            case "is text by its type":
                response.headers[b"content-type"] = b"text/plain; charset=utf-8"
            case _:
                response.headers.pop(str(self.place[-1]).lower().encode(), None)
        return True

    def _break(self, holder: list[Any], at: Place, part: Any) -> None:
        if self.place[-1] != "required":
            _set(holder, at, _ends(part, self.value))
        elif bundle.is_object(part) and self.value in part:
            _at(holder, at).pop(self.value)

    def _put(self, holder: list[Any], at: Place, part: Any, name: str, rest: Place) -> None:
        """Add an absent optional field with a wrong value."""
        if bundle.is_object(part) and name not in part and rest[:1] in {(), ("anyOf",)} and len(rest) in {0, 2}:
            _at(holder, at)[name] = _ends(None, self.value)


@dataclass(frozen=True)
class Repeated:
    """Stands for a list of `count` items."""

    count: int


def _ends(part: Any, value: Any) -> Any:
    if isinstance(value, Repeated):
        return (part or ["https://media.invalid/1.mp4"])[:1] * value.count
    return value


def _at(holder: list[Any], at: Place) -> Any:
    return find(holder[0], at)


def _set(holder: list[Any], at: Place, value: Any) -> None:
    if at:
        find(holder[0], at[:-1])[at[-1]] = value
    else:
        holder[0] = value


def operations(document: dict[str, Any]) -> Iterator[tuple[str, re.Pattern[str]]]:
    """Yield every operation as its method and path, with a pattern that matches the method and path of its requests."""
    for route, item in document["paths"].items():
        pattern = "[^/]+".join(map(re.escape, re.split(r"\{\w+\}", route)))
        yield from ((f"{method.upper()} {route}", re.compile(f"{method.upper()} {pattern}")) for method in item)


def body_schema(document: dict[str, Any], operation: str, status: int) -> Place | None:
    """Return the place of the schema of an operation's JSON response with this status; None if it has none."""
    method, _, route = operation.partition(" ")
    here: Place = ("paths", route, method.lower(), "responses", str(status))
    if str(status) not in find(document, here[:-1]):
        return None
    return (*resolve_reference(document, here), "content", "application/json", "schema")


def response_mutants(document: dict[str, Any]) -> Iterator[ResponseMutant]:
    """Yield every mutant that breaks one constraint of a bundled contract on responses."""
    mutants: dict[str, ResponseMutant] = {}
    for operation, _ in operations(document):
        method, _, route = operation.partition(" ")
        statuses = find(document, ("paths", route, method.lower(), "responses"))
        for status in statuses:
            place = resolve_reference(document, ("paths", route, method.lower(), "responses", status))
            schema = (*place, "content", "application/json", "schema")
            for mutant in (
                *_outside_body(document, operation, status, place),
                *(one for keyword in keywords(document, schema) for one in _of_keyword(document, keyword)),
            ):
                mutants.setdefault(mutant.name, mutant)
    yield from mutants.values()


def _outside_body(document: dict[str, Any], operation: str, status: str, place: Place) -> Iterator[ResponseMutant]:
    here = (operation, status)
    # A status of the same class, so that the rest of the response stays right.
    yield ResponseMutant(here, "has another status", int(status[0]) * 100 + 39, here)
    yield ResponseMutant(here, "is text by its type", None, here)
    for name, header in find(document, place).get("headers", {}).items():
        if header.get("required"):
            yield ResponseMutant((*here, name), "is left out", None, here)


def _of_keyword(document: dict[str, Any], place: Place) -> Iterator[ResponseMutant]:
    """Yield the mutants that break one constraint on a body."""
    key, value = place[-1], find(document, place)
    match key:
        case "required":
            yield from (ResponseMutant(place, f"without {name}", name) for name in value)
        case "type":
            declared = value if bundle.is_array(value) else [value]
            yield ResponseMutant(place, "of another type", [] if "string" in declared[1:] else OTHER[declared[0]])
            if "null" not in declared:
                yield ResponseMutant(place, "is null")
            if "integer" in declared:
                yield ResponseMutant(place, "is a fraction", 0.5)
        case "enum" | "const":
            sample = value if key == "const" else value[0]
            other = not sample if isinstance(sample, bool) else 418 if isinstance(sample, int) else "another"
            yield ResponseMutant(place, "is not listed", other)
        case "minimum" | "maximum":
            yield ResponseMutant(place, "is violated", value + (1 if key == "maximum" else -1))
        case "minItems" | "maxItems":
            yield ResponseMutant(place, "is violated", Repeated(value + (1 if key == "maxItems" else -1)))
        case "format" | "pattern":
            yield ResponseMutant(place, "has a wrong form", "no form")
        case _:
            raise NotImplementedError(f"no mutant is known for {key}")


class Rewritten(Middleware):
    """A middleware that changes the mock's responses in the way of a mutant.

    Attributes:
        wrong: how many changed responses break the contract.
        allowed: how many changed responses still conform to it.
        problem: why a response could not be changed, which makes the run meaningless; empty if all went well.
    """

    def __init__(self, app: ASGIApp, mutant: ResponseMutant, document: dict[str, Any]) -> None:
        super().__init__(app)
        self.wrong = 0
        self.allowed = 0
        self.problem = ""
        self._mutant = mutant
        self._document = document
        self._operations = list(operations(document))

    def process(self, scope: Scope, response: OutgoingResponse) -> None:
        """Rewrite a response of an operation."""
        rewritten = ParsedResponse(response.status, response.headers, _parsed(response.content))
        operation = self._operation(scope, response.status)
        try:
            if operation and self._mutant.changed(self._document, operation, rewritten):
                self._count(operation, rewritten)
                response.status = rewritten.status
                response.set_json(rewritten.body)
        except Exception as error:  # noqa: BLE001 - an error here must not look like one of the mock
            self.problem = f"{type(error).__name__}: {error}"

    def _count(self, operation: str, response: ParsedResponse) -> None:
        schema = body_schema(self._document, operation, response.status)
        if self._mutant.at is None and schema is not None and is_satisfied(self._document, schema, response.body):
            self.allowed += 1
        else:
            self.wrong += 1

    def _operation(self, scope: Scope, status: int) -> str:
        """Return the operation of a request; for a 405, any operation that has its path."""
        request = f"{scope['method']} {scope['path']}"
        for name, pattern in self._operations:
            if pattern.fullmatch(request):
                return name
        for name, pattern in self._operations if status == 405 else ():
            if pattern.fullmatch(f"{name.partition(' ')[0]} {scope['path']}"):
                return name
        return ""


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None
