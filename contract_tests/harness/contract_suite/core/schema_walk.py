"""Where the contract constrains what: each keyword of a schema at the one place it stands, and the values it meets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import bundle
from contract_suite.rules.json_schema import inlined, validator

Place = tuple[str | int, ...]
"""The steps from the top of a document, or of a value, to a part of it."""

CONSTRAINTS = {
    "const", "enum", "exclusiveMaximum", "exclusiveMinimum", "format", "maxItems", "maxLength", "maximum", "minItems",
    "minLength", "minimum", "pattern", "required", "type", "uniqueItems",
}  # fmt: skip
"""The keywords that a value keeps or breaks by itself, whatever stands beside them."""


class Meeting(NamedTuple):
    """A value, or a part of one, that a keyword speaks of.

    Attributes:
        keyword: the place of the keyword in the contract.
        at: the place of the part in the value.
        part: the part.
    """

    keyword: Place
    at: Place
    part: Any


def find(document: Any, place: Place) -> Any:
    """Return what stands at a place."""
    for step in place:
        document = document[step]
    return document


def followed(document: dict[str, Any], place: Place) -> Place:
    """Return the place that a reference leads to, or the place itself if there is none."""
    node = find(document, place)
    while bundle.is_object(node) and isinstance(node.get("$ref"), str):
        place = tuple(node["$ref"].split("/")[1:])
        node = find(document, place)
    return place


def keywords(document: dict[str, Any], place: Place) -> list[Place]:
    """Return the place of every keyword that constrains what the schema at `place` describes, each once."""
    found: dict[Place, None] = {}
    waiting, known = [place], set[Place]()
    while waiting:
        here = waiting.pop()
        if here in known:
            continue
        known.add(here)
        node = find(document, here)
        if isinstance(node.get("$ref"), str):
            waiting.append(tuple(node["$ref"].split("/")[1:]))
        found |= dict.fromkeys((*here, key) for key in node if key in CONSTRAINTS and not _is_typing(node, key))
        waiting += [(*here, *steps) for steps in _inner(node)]
    return sorted(found, key=lambda one: [str(step) for step in one])


def _is_typing(node: dict[str, Any], key: str) -> bool:
    """Whether a keyword only says how a file is typed, and constrains nothing."""
    return key == "format" and node[key] == "binary"


def _inner(node: dict[str, Any]) -> Iterator[Place]:
    for key, value in node.items():
        match key:
            case "properties":
                yield from ((key, name) for name in value)
            case "items" | "not" | "then" | "else":
                yield (key,)
            case "allOf" | "anyOf" | "oneOf":
                yield from ((key, index) for index in range(len(value)))
            case _:
                pass


def meetings(document: dict[str, Any], place: Place, value: Any) -> Iterator[Meeting]:
    """Yield every keyword that speaks of a value by the schema at `place`, and of what part of it."""
    for schema, at, part in schemas_met(document, place, value):
        node = find(document, schema)
        yield from (
            Meeting((*schema, key), at, part) for key in node if key in CONSTRAINTS and not _is_typing(node, key)
        )


def schemas_met(
    document: dict[str, Any], place: Place, value: Any, at: Place = ()
) -> Iterator[tuple[Place, Place, Any]]:
    """Yield every schema that speaks of a value by the one at `place`, of what part of it, and the part.

    Of several alternatives, those speak that the value keeps; where it keeps none, those it is meant for by its tag;
    where it is meant for none, all of them.
    """
    yield place, at, value
    for inner, step, part in _met_within(document, place, find(document, place), value):
        yield from schemas_met(document, inner, part, (*at, *step))


def _met_within(
    document: dict[str, Any], place: Place, node: dict[str, Any], value: Any
) -> Iterator[tuple[Place, Place, Any]]:
    """Yield the schemas within one that speak of its value or of a part of it, the step to that, and the part."""
    if isinstance(node.get("$ref"), str):
        yield tuple(node["$ref"].split("/")[1:]), (), value
    if bundle.is_object(value):
        for name in node.get("properties", {}).keys() & value.keys():
            yield (*place, "properties", name), (name,), value[name]
    if bundle.is_array(value) and "items" in node:
        yield from (((*place, "items"), (index,), item) for index, item in enumerate(value))
    if "if" in node:
        branch = "then" if is_kept(document, (*place, "if"), value) else "else"
        if branch in node:
            yield (*place, branch), (), value
    for key in node.keys() & {"allOf", "anyOf", "oneOf"}:
        for alternative in _speaking(document, (*place, key), node[key], value):
            yield alternative, (), value
    if "not" in node:
        yield (*place, "not"), (), value


def _speaking(document: dict[str, Any], place: Place, members: list[Any], value: Any) -> list[Place]:
    places: list[Place] = [(*place, index) for index in range(len(members))]
    if place[-1] == "allOf" or len(places) == 1:
        return places
    return (
        [one for one in places if is_kept(document, one, value)]
        or [one for one in places if _is_tagged(document, one, value)]
        or places
    )


def _is_tagged(document: dict[str, Any], place: Place, value: Any) -> bool:
    """Whether a value is meant for this alternative: by its tag, where the alternatives have one."""
    properties = find(document, followed(document, place)).get("properties", {})
    tags = {name: part["const"] for name, part in properties.items() if "const" in part}
    return not tags or (bundle.is_object(value) and all(value.get(name) == tag for name, tag in tags.items()))


def is_kept(document: dict[str, Any], place: Place, value: Any) -> bool:
    """Whether a value keeps the schema, or what the single keyword says, at a place."""
    if place[-1] in CONSTRAINTS and place[-2:-1] != ("properties",):
        return validator({place[-1]: find(document, place)}).is_valid(value)
    return validator(inlined(find(document, place), document)).is_valid(value)
