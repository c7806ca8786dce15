"""Walks through schemas: the place of every keyword in the contract, and the parts of a value that it applies to."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import jsonschema_rs

import bundle
from contract_suite.rules.json_schema import inlined, validator

Place = tuple[str | int, ...]
"""The path from the top of a document or value to a part of it."""

CONSTRAINTS = {
    "const", "enum", "exclusiveMaximum", "exclusiveMinimum", "format", "maxItems", "maxLength", "maxProperties",
    "maximum", "minItems", "minLength", "minProperties", "minimum", "pattern", "required", "type", "uniqueItems",
}  # fmt: skip
"""The keywords that can be checked alone, without the keywords beside them."""


class AppliedKeyword(NamedTuple):
    """A keyword of the contract, and a part of a value to which it applies.

    Attributes:
        keyword: The place of the keyword in the contract.
        at: The path of the part in the value.
        part: The part.
    """

    keyword: Place
    at: Place
    part: Any


def find(document: Any, place: Place) -> Any:
    """Return the part of a document at a place.

    Raises:
        LookupError: The place does not exist.
    """
    for step in place:
        document = document[step]
    return document


def resolve_reference(document: dict[str, Any], place: Place) -> Place:
    """Return the place of the target of a reference. Without a reference, that is the place itself."""
    node = find(document, place)
    while bundle.is_object(node) and isinstance(node.get("$ref"), str):
        place = tuple(node["$ref"].split("/")[1:])
        node = find(document, place)
    return place


def keywords(document: dict[str, Any], place: Place) -> list[Place]:
    """Return the place of every keyword that constrains the values of the schema at `place`, each once and sorted."""
    places: dict[Place, None] = {}
    waiting, known = [place], set[Place]()
    while waiting:
        here = waiting.pop()
        if here in known:
            continue
        known.add(here)
        node = find(document, here)
        if not bundle.is_object(node):  # `false` allows no value
            continue
        if isinstance(node.get("$ref"), str):
            waiting.append(tuple(node["$ref"].split("/")[1:]))
        places |= dict.fromkeys((*here, key) for key in node if key in CONSTRAINTS and not _is_typing(node, key))
        places |= dict.fromkeys((*here, "allOf", index) for index in _rules_on_several_fields(node))
        waiting += [(*here, *steps) for steps in _inner(node)]
    return sorted(places, key=lambda keyword: [str(step) for step in keyword])


def _is_typing(node: dict[str, Any], key: str) -> bool:
    """Return whether a keyword is `format: binary`, which marks a file and constrains nothing."""
    return key == "format" and node[key] == "binary"


def _inner(node: dict[str, Any]) -> Iterator[Place]:
    for key, value in node.items():
        match key:
            case "properties":
                yield from ((key, name) for name, part in value.items() if part is not False)
            case "allOf":
                rules = _rules_on_several_fields(node)
                yield from ((key, index) for index in range(len(value)) if index not in rules)
            case "additionalProperties" | "items" | "not" | "propertyNames" | "then" | "else":
                yield (key,)
            case "anyOf" | "oneOf":
                yield from ((key, index) for index in range(len(value)))
            case _:
                pass


def applied_keywords(document: dict[str, Any], place: Place, value: Any) -> Iterator[AppliedKeyword]:
    """Yield every keyword of the schema at `place` that applies to a value or to a part of it."""
    for schema, at, part in applied_schemas(document, place, value):
        node = find(document, schema)
        yield from (
            AppliedKeyword((*schema, key), at, part) for key in node if key in CONSTRAINTS and not _is_typing(node, key)
        )
        yield from (AppliedKeyword((*schema, "allOf", index), at, part) for index in _rules_on_several_fields(node))


def _rules_on_several_fields(node: dict[str, Any]) -> list[int]:
    """Return the positions of the rules on several fields in `allOf`. Each counts as one keyword, whatever it holds."""
    return [index for index, part in enumerate(node.get("allOf", ())) if "x-fields" in part]


def applied_schemas(
    document: dict[str, Any], place: Place, value: Any, at: Place = ()
) -> Iterator[tuple[Place, Place, Any]]:
    """Yield every schema that applies to a part of a value: the schema's place, the part's path, and the part.

    Alternatives apply if the value is valid under them. When it is valid under none, the alternatives with its tag
    apply, and without such a tag all of them do.
    """
    node = find(document, place)
    if not bundle.is_object(node):  # `false` allows no value
        return
    yield place, at, value
    for inner, step, part in _applied_subschemas(document, place, node, value):
        yield from applied_schemas(document, inner, part, (*at, *step))


def _applied_subschemas(
    document: dict[str, Any], place: Place, node: dict[str, Any], value: Any
) -> Iterator[tuple[Place, Place, Any]]:
    """Yield the direct subschemas that apply to a value or a part of it: place, step to the part, part."""
    if isinstance(node.get("$ref"), str):
        yield tuple(node["$ref"].split("/")[1:]), (), value
    if bundle.is_object(value):
        yield from _subschemas_of_fields(place, node, value)
    if bundle.is_array(value) and "items" in node:
        yield from (((*place, "items"), (index,), item) for index, item in enumerate(value))
    if "if" in node:
        branch = "then" if is_satisfied(document, (*place, "if"), value) else "else"
        if branch in node:
            yield (*place, branch), (), value
    for key in node.keys() & {"allOf", "anyOf", "oneOf"}:
        for alternative in _applicable(document, (*place, key), node[key], value):
            yield alternative, (), value
    if "not" in node:
        yield (*place, "not"), (), value


def _subschemas_of_fields(
    place: Place, node: dict[str, Any], value: dict[str, Any]
) -> Iterator[tuple[Place, Place, Any]]:
    """Yield the subschemas that apply to the fields of an object, and to their names."""
    properties = node.get("properties", {})
    for name, part in value.items():
        if properties.get(name, False) is not False:
            yield (*place, "properties", name), (name,), part
        elif name not in properties and "additionalProperties" in node:
            yield (*place, "additionalProperties"), (name,), part
        if "propertyNames" in node:
            yield (*place, "propertyNames"), (name,), name


def _applicable(document: dict[str, Any], place: Place, members: list[Any], value: Any) -> list[Place]:
    places: list[Place] = [(*place, index) for index, part in enumerate(members) if "x-fields" not in part]
    if place[-1] == "allOf" or len(places) == 1:
        return places
    tags = _tags(Document(document), place)
    fields: dict[str, Any] = value if bundle.is_object(value) else {}
    # An alternative with another tag cannot be satisfied. There is one for each model.
    possible = [option for option in places if all(fields.get(name, tag) == tag for name, tag in tags[option])]
    return (
        [option for option in possible if is_satisfied(document, option, value)]
        or [option for option in possible if all(name in fields for name, _ in tags[option])]
        or places
    )


@lru_cache(maxsize=4096)
def _tags(document: Document, place: Place) -> dict[Place, list[tuple[str, Any]]]:
    """Return the tags of each alternative at a place: its properties with a `const`."""
    options: list[Place] = [(*place, index) for index in range(len(find(document.content, place)))]
    tags: dict[Place, list[tuple[str, Any]]] = {}
    for option in options:
        properties = find(document.content, resolve_reference(document.content, option)).get("properties", {})
        tags[option] = [(name, part["const"]) for name, part in properties.items() if "const" in part]
    return tags


def is_satisfied(document: dict[str, Any], place: Place, value: Any) -> bool:
    """Return whether a value is valid under the schema or the single keyword at a place."""
    return _validator(Document(document), place).is_valid(value)


class Document:
    """A document as a key of a cache. It equals only itself, and must not change after its first use."""

    def __init__(self, content: dict[str, Any]) -> None:
        self.content = content

    def __eq__(self, other: object) -> bool:
        """Return whether the other key holds the same object."""
        return isinstance(other, Document) and self.content is other.content

    def __hash__(self) -> int:
        """Return a hash of the object's identity."""
        return id(self.content)


@lru_cache(maxsize=16384)
def _validator(document: Document, place: Place) -> jsonschema_rs.Draft202012Validator:
    node = find(document.content, place)
    if place[-1] in CONSTRAINTS and place[-2:-1] != ("properties",):
        return validator({place[-1]: node})
    return validator(inlined(node, document.content))
