"""Mocks that accept other requests than the contract: every constraint on requests loosened, and tightened.

Each mutant is the mock with a contract that a generated overlay changes. The constraints are read from the contract, so
a new model brings its own mutants.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import bundle
from apply import apply
from contract_suite.core.schema_walk import Place, find, keywords, resolve_reference
from contract_suite.rules.json_schema import validator
from mutation import regexes

Action = dict[str, Any]
Change = tuple[str, list[Action]]
"""The description of a change to a constraint, and the overlay actions that make it."""
TYPES = ("string", "integer", "number", "boolean", "array", "object", "null")
SHIFTED = {
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"), 1),
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"), -1),
}
"""The keywords that are bounds, and the step that makes each accept more."""

SUBSETS = {"uri": {"a query": r"\?", "a fragment": "#", "a percent sign": "%", "upper case": "^[A-Z]"}}
"""Parts that values of a format may have, each with a pattern that finds it; a mutant refuses such values."""


@dataclass(frozen=True)
class RequestMutant:
    """A contract that accepts other requests.

    Attributes:
        place: where the changed constraint is in the contract.
        change: a description of the change.
        actions: the overlay actions that make the change.
        inert: why no request can show the change; empty unless the constraint itself shows that.
    """

    place: Place
    change: str
    actions: tuple[Action, ...]
    inert: str = ""

    @property
    def name(self) -> str:
        """The constraint and the change, for example `CallbackUrl.maxLength loosened to 2049`."""
        steps = [str(step) for step in self.place if step not in {"components", "schemas", "properties"}]
        return f"{'.'.join(steps)} {self.change}"

    @property
    def is_about_several_fields(self) -> bool:
        """True for the change of a rule on several fields."""
        return isinstance(self.place[-1], int)

    @cached_property
    def overlay(self) -> dict[str, Any]:
        """The overlay that turns the bundled contract into the mutant's."""
        return {"overlay": "1.1.0", "info": {"title": self.name, "version": "1"}, "actions": list(self.actions)}

    def apply_to(self, document: dict[str, Any]) -> dict[str, Any]:
        """Return the changed contract."""
        changed: dict[str, Any] = apply(document, self.overlay)
        return changed


def request_mutants(document: dict[str, Any]) -> Iterator[RequestMutant]:
    """Yield every mutant of a bundled contract that changes one constraint on requests."""
    mutants: dict[str, RequestMutant] = {}
    for schema, kind in _requests(document):
        for place in keywords(document, schema):
            for change, actions in _changes(document, place):
                whole = isinstance(place[-1], int) or "tightened" in change
                others = find(document, place[:-2]) if place[-3:-2] == ("anyOf",) else ()
                inert = "" if whole else _inert(find(document, place[:-1]), place, change, kind, others)
                mutant = RequestMutant(place, change, tuple(actions), inert)
                if not inert or mutant.name not in mutants:  # one kind of request that shows the change is enough
                    mutants[mutant.name] = mutant
        for place in _references(document, schema):
            mutant = RequestMutant(place, "lifted", ({"target": path(place), "remove": True},))
            mutants.setdefault(mutant.name, mutant)
            if place[-1] == "additionalProperties":  # the values of a map
                none = _update(place, False)  # noqa: FBT003 - a value of JSON
                mutant = RequestMutant(place, "tightened to none", ({"target": path(place), "remove": True}, none))
                mutants.setdefault(mutant.name, mutant)
    yield from mutants.values()


@dataclass(frozen=True)
class _Kind:
    """How requests of a schema are sent.

    Attributes:
        text_only: whether all their values are text.
        tag: the property that chooses between several schemas; empty if there is one schema.
        chosen: the places of these schemas.
    """

    text_only: bool
    tag: str = ""
    chosen: tuple[Place, ...] = ()


def _requests(document: dict[str, Any]) -> Iterator[tuple[Place, _Kind]]:
    """Yield the place of every schema of a request, and how such requests are sent."""
    for route, item in document["paths"].items():
        for method, operation in item.items():
            here = ("paths", route, method)
            for index in range(len(operation.get("parameters", []))):
                yield (*here, "parameters", index, "schema"), _Kind(text_only=True)
            for content, media in operation.get("requestBody", {}).get("content", {}).items():
                schema = (*here, "requestBody", "content", content, "schema")
                tag = media["schema"].get("discriminator", {}).get("propertyName", "")
                variants = range(len(media["schema"].get("oneOf", ())) if tag else 0)
                chosen = tuple(resolve_reference(document, (*schema, "oneOf", index)) for index in variants)
                yield schema, _Kind(content == "multipart/form-data", tag, chosen)


def _inert(node: dict[str, Any], place: Place, change: str, kind: _Kind, others: Sequence[dict[str, Any]] = ()) -> str:
    """Return why no request can show that a constraint of a node is loosened; empty if some request may.

    Args:
        node: the schema with the constraint.
        place: the place of the constraint.
        change: the description of the change.
        kind: how requests are sent.
        others: the alternatives of an `anyOf` that has the schema.
    """
    *holder, key = place
    if kind.text_only and key == "type":
        return "forms and paths contain text only"
    if tuple(holder[:-2]) in kind.chosen and holder[-1] == kind.tag:
        return f"the schema is chosen by {kind.tag}, which therefore has this value"
    if tuple(holder) in kind.chosen and (key == "type" or change == f"loosened by {kind.tag}"):
        return f"the schema is chosen by {kind.tag}, so every request is an object that has it"
    listed = [*node.get("enum", ()), *([node["const"]] if "const" in node else [])]
    if key == "type" and listed and all(validator({"type": node["type"]}).is_valid(value) for value in listed):
        return "no value of another type is listed"
    allowed = {other["type"] for other in others if other.keys() == {"type"}}
    if "number" in allowed:  # integers are numbers
        allowed.add("integer")
    if key == "type" and change.removeprefix("loosened by ") in allowed:
        return "another alternative allows every value of this type"
    return ""


def _references(document: dict[str, Any], schema: Place) -> Iterator[Place]:
    """Yield the place of every reference of a property, and of the schemas of items and of further fields."""
    holders = {place[:-1] for place in keywords(document, schema)}
    for holder in sorted(holders, key=str):
        node = find(document, holder)
        if not bundle.is_object(node):
            continue
        for name, part in node.get("properties", {}).items():
            if not bundle.is_object(part):
                continue
            if "$ref" in part:
                yield (*holder, "properties", name, "$ref")
            elif "anyOf" in part and len(part["anyOf"]) == 1:
                yield (*holder, "properties", name, "anyOf")
        yield from ((*holder, key) for key in ("items", "additionalProperties") if bundle.is_object(node.get(key)))


def path(place: Place) -> str:
    """Return the normalized JSONPath of a place."""
    quoted = (f"[{step}]" if isinstance(step, int) else f"['{_escaped(step)}']" for step in place)
    return f"${''.join(quoted)}"


def _escaped(name: str) -> str:
    return name.replace("\\", "\\\\").replace("'", "\\'")


def _changes(document: dict[str, Any], place: Place) -> Iterator[Change]:
    """Yield every change of a constraint, and the overlay actions that make it."""
    if isinstance(place[-1], int):  # a rule on several fields, whose parts mean nothing alone
        alone = len(find(document, place[:-1])) == 1  # an empty list is not a valid schema
        yield "lifted", [{"target": path(place[:-1] if alone else place), "remove": True}]
        return
    # Within `not`, a schema without its only keyword would refuse every value, so the whole schema is removed.
    yield "lifted", [{"target": path(place[:-1] if "not" in place else place), "remove": True}]
    operator = OPERATORS.get(str(place[-1]))
    if operator is None:
        raise NotImplementedError(f"no mutant is known for {place[-1]}")
    yield from operator(find(document, place[:-1]), place)


def _of_bound(node: dict[str, Any], place: Place) -> Iterator[Change]:
    key = str(place[-1])
    for word, step in (("loosened", SHIFTED[key]), ("tightened", -SHIFTED[key])):
        bound = node[key] + step
        if bound >= 0 or not key.endswith(("Length", "Items", "Properties")):
            yield f"{word} to {bound}", [_update(place, bound)]


def _of_pattern(node: dict[str, Any], place: Place) -> Iterator[Change]:
    less, more = ("loosened", "tightened") if "not" in place else ("tightened", "loosened")
    for word, patterns in ((less, regexes.narrowed(node["pattern"])), (more, regexes.widened(node["pattern"]))):
        yield from ((f"{word} to {pattern}", [_update(place, pattern)]) for pattern in patterns)


def _of_format(node: dict[str, Any], place: Place) -> Iterator[Change]:
    for part, pattern in SUBSETS.get(node["format"], {}).items():
        yield f"tightened by {part}", [_besides(place, {"not": {"pattern": pattern}})]


def _of_enum(node: dict[str, Any], place: Place) -> Iterator[Change]:
    for index, member in enumerate(node["enum"]):
        yield f"tightened by {json.dumps(member)}", [{"target": path((*place, index)), "remove": True}]


def _of_const(node: dict[str, Any], place: Place) -> Iterator[Change]:
    yield "tightened to another", [_update(place, f"{node['const']}-other")]


def _of_required(node: dict[str, Any], place: Place) -> Iterator[Change]:
    names = node["required"]
    for index, name in enumerate(names) if len(names) > 1 else ():
        yield f"loosened by {name}", [{"target": path((*place, index)), "remove": True}]
    for name in sorted(node.get("properties", {}).keys() - set(names)):
        yield f"tightened by {name}", [_update(place, [name])]


def _of_type(node: dict[str, Any], place: Place) -> Iterator[Change]:
    declared = node["type"] if bundle.is_array(node["type"]) else [node["type"]]
    for other in TYPES:
        if other not in declared and not (other == "integer" and "number" in declared):
            yield (
                f"loosened by {other}",
                [
                    {"target": path(place), "remove": True},
                    _update(place, [*declared, other]),
                ],
            )
    match declared:
        case ["boolean"]:
            yield "tightened to true", [_besides(place, {"const": True})]
            yield "tightened to false", [_besides(place, {"const": False})]
        case ["object"]:
            if "additionalProperties" not in node:
                yield "tightened to documented fields", [_update((*place[:-1], "additionalProperties"), False)]  # noqa: FBT003 - a value of JSON
            if "required" not in node:
                for name in node.get("properties", {}):
                    yield f"tightened by {name}", [_besides(place, {"required": [name]})]
        case ["string"] if not node.keys() & {"const", "enum", "format", "pattern"}:
            yield "tightened to ASCII", [_besides(place, {"pattern": "^[\\x00-\\x7f]*$"})]
        case ["array"] if node.get("maxItems", 2) > 1:
            yield "tightened to unique items", [_besides(place, {"uniqueItems": True})]
        case _:
            pass


def _update(place: Place, value: Any) -> Action:
    return {"target": path(place[:-1]), "update": {place[-1]: value}}


def _besides(place: Place, schema: dict[str, Any]) -> Action:
    """Return the action that adds a schema to the one that the constraint at `place` belongs to."""
    return {"target": path(place[:-1]), "update": {"allOf": [schema]}}


OPERATORS: dict[str, Callable[[dict[str, Any], Place], Iterator[Change]]] = {
    **dict.fromkeys(SHIFTED, _of_bound),
    "const": _of_const,
    "enum": _of_enum,
    "format": _of_format,
    "pattern": _of_pattern,
    "required": _of_required,
    "type": _of_type,
}
"""Yields the changes of each keyword."""
