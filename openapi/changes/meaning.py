"""Decides what two JSON schemas mean: does one certainly allow every value that the other allows?

jsonschema-rs decides it. This module prepares the schemas: it writes references out, compares patterns by the texts
that they match, and leaves out fields that no client of the old contract sends.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import jsonschema_rs
from jsonschema_rs.canonical import Containment, Satisfiability

from bundle import SCHEMAS, is_array, is_object
from changes.keywords import canonical
from changes.patterns import is_included

SCHEMA_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
UNORDERED = ("allOf", "anyOf", "enum", "oneOf", "required")
SCHEMA_MAPS = ("properties", "patternProperties", "dependentSchemas")
SCHEMAS_INSIDE = (
    "additionalProperties", "contains", "else", "if", "items", "not", "propertyNames", "then", "unevaluatedItems",
    "unevaluatedProperties",
)  # fmt: skip
MAX_COMBINATIONS = 2000
"""The number of combinations of alternatives after which a schema is not decided: jsonschema-rs may try each."""
MAX_LENGTH = 400_000
"""The length in JSON after which a schema without references is not decided: references can multiply."""


class UndecidedError(Exception):
    """A schema refers to itself, or is too large."""


def allows_all(bigger: Any, smaller: Any) -> bool:
    """Return whether the schema `bigger` certainly allows every value that `smaller` allows. Neither has references."""
    if canonical(bigger) == canonical(smaller):
        return True
    bigger_variants, smaller_variants = _tagged_variants(bigger), _tagged_variants(smaller)
    if bigger_variants and smaller_variants:  # a value can only be valid under the variant with its tag
        return all(
            tag in bigger_variants and allows_all(bigger_variants[tag], variant)
            for tag, variant in smaller_variants.items()
        )
    bigger_rest, smaller_rest = _without_shared_rules(bigger, smaller)
    if bigger_rest is not bigger and allows_all(bigger_rest, smaller_rest):
        return True
    bigger = bigger_rest  # because `smaller` has these rules
    if max(map(_combinations, (bigger, smaller))) > MAX_COMBINATIONS:
        return False
    bigger_patterns, smaller_patterns = set(_patterns(bigger)), set(_patterns(smaller))
    bigger = _with_implied_patterns(bigger, smaller_patterns, smaller_patterns - bigger_patterns)
    smaller = _with_implied_patterns(smaller, bigger_patterns, bigger_patterns - smaller_patterns)
    return _covers(canonical(bigger), canonical(smaller))


@lru_cache(maxsize=4096)  # two of three comparisons repeat one of another use of the same schema
def _covers(bigger: str, smaller: str) -> bool:
    try:
        return _canonicalized(bigger).covers(_canonicalized(smaller)) == Containment.YES
    except (ValueError, jsonschema_rs.ValidationError):
        return False


def _without_shared_rules(bigger: Any, smaller: Any) -> tuple[Any, Any]:
    """Return two schemas without the entries that the `allOf` of both have. Without any, they are the same objects."""
    if not is_object(bigger) or not is_object(smaller):
        return bigger, smaller
    shared = {canonical(rule) for rule in bigger.get("allOf", ())} & {
        canonical(rule) for rule in smaller.get("allOf", ())
    }
    if not shared:
        return bigger, smaller
    rest: list[Any] = []
    for schema in (bigger, smaller):
        rules = [rule for rule in schema["allOf"] if canonical(rule) not in shared]
        own = {key: value for key, value in schema.items() if key != "allOf"}
        rest.append({**own, "allOf": rules} if rules else own)
    return rest[0], rest[1]


def _tagged_variants(schema: Any) -> dict[str, Any]:
    """Return the variants of a `oneOf` by their tags, which are required constants of the same fields.

    Empty if the schema is anything else: then a value may be valid under several variants.
    """
    if not is_object(schema) or set(schema) != {"oneOf"}:
        return {}
    variants: dict[str, Any] = {}
    names: set[frozenset[str]] = set()
    for variant in schema["oneOf"]:
        is_tagged = is_object(variant) and variant.get("type") == "object"
        properties: dict[str, Any] = variant.get("properties", {}) if is_tagged else {}
        tags: dict[str, Any] = {
            name: field["const"]
            for name, field in properties.items()
            if is_object(field) and "const" in field and name in variant.get("required", ())
        }
        names.add(frozenset(tags))
        variants[canonical(tags)] = variant
    return variants if len(variants) == len(schema["oneOf"]) and len(names) == 1 and frozenset() not in names else {}


def allows_nothing(schema: Any) -> bool:
    """Return whether a schema without references certainly allows no value at all."""
    if variants := _tagged_variants(schema):
        return all(map(allows_nothing, variants.values()))
    if _combinations(schema) > MAX_COMBINATIONS:
        return False
    try:
        return _canonicalized(canonical(schema)).satisfiability() == Satisfiability.NO
    except (ValueError, jsonschema_rs.ValidationError):
        return False


def _combinations(schema: Any) -> int:
    """Return in how many ways one alternative can be chosen from each list of alternatives of a schema."""
    if not is_object(schema):
        return 1
    lists = [sum(map(_combinations, schema[keyword])) for keyword in ("anyOf", "oneOf") if keyword in schema]
    parts = map(_combinations, schema.get("allOf", ()))
    return math.prod((*lists, *parts, 2 if "if" in schema else 1))


def written_out(schema: Any, document: dict[str, Any]) -> Any:
    """Replace every reference in a schema by the schema that it references.

    Raises:
        UndecidedError: The schema refers to itself, or is too large.
    """
    budget = [MAX_LENGTH]

    def write_out(node: Any, names: tuple[str, ...]) -> Any:
        if not is_object(node):
            return node
        kept = [key for key in node if key not in ("$ref", *_ANNOTATIONS) and not key.startswith("x-")]
        result = {key: sorted(node[key], key=canonical) if key in UNORDERED else node[key] for key in kept}
        budget[0] -= len(result) * 16 + 16
        if budget[0] < 0:
            raise UndecidedError
        for key, value in result.items():
            if key in SCHEMAS_INSIDE:
                result[key] = write_out(value, names)
            elif key in SCHEMA_MAPS and is_object(value):
                result[key] = {name: write_out(item, names) for name, item in value.items()}
            elif key in SCHEMA_LISTS and is_array(value):
                result[key] = [write_out(item, names) for item in value]
        if "$ref" not in node:
            return result
        name = str(node["$ref"]).removeprefix(SCHEMAS)
        if name in names:
            raise UndecidedError
        target = write_out(document["components"]["schemas"][name], (*names, name))
        return {**result, "allOf": [*result.get("allOf", ()), target]} if result else target

    return write_out(schema, ())


_ANNOTATIONS = ("default", "deprecated", "description", "example", "examples", "externalDocs", "title", "discriminator")


def without_unknown_fields(old: Any, new: Any) -> Any:
    """Return the old schema without the fields that only the new schema documents.

    Most objects allow additional fields of any kind. A client of the old contract does not send fields that the old
    contract does not document. An object without documented fields is free-form, and may have any field.

    Args:
        old: A schema without references.
        new: The same part of the new contract.
    """
    return _without_unknown(old, new, frozenset())


def _without_unknown(old: Any, new: Any, known: frozenset[str]) -> Any:
    """Take the arguments of `without_unknown_fields`, and the fields that the schemas around `old` document."""
    if not is_object(old) or not is_object(new) or canonical(old) == canonical(new):
        return old
    result = dict(old)
    narrowed: dict[str, Any] = {}
    for keyword in ("anyOf", "oneOf"):
        variants = {_constants(variant) or None: variant for variant in new.get(keyword, ())} | {None: None}
        known_here = known | _own_fields(old)
        if keyword in old:
            result[keyword] = [
                _without_unknown(variant, variants.get(_constants(variant) or None), known_here)
                for variant in old[keyword]
            ]
    fields = known | _fields(old)
    if fields and _is_open(old):
        narrowed.update(dict.fromkeys(sorted(_own_fields(new) - fields), False))
    old_properties, new_properties = (_own_properties(schema) for schema in (old, new))
    for name in [name for name in old_properties if name in new_properties]:
        narrowed[name] = _without_unknown(old_properties[name], new_properties[name], frozenset())
    if narrowed:
        result["allOf"] = [*result.get("allOf", ()), {"properties": narrowed}]
    if "items" in old and "items" in new:
        result["items"] = _without_unknown(old["items"], new["items"], frozenset())
    return result


def _constants(variant: Any) -> str:
    """Return the constant fields of a variant, which tell it apart from others. Empty if it has none."""
    constants = {
        name: field["const"]
        for name, field in _own_properties(variant).items()
        if is_object(field) and "const" in field
    }
    return canonical(constants) if constants else ""


def _own_properties(schema: Any) -> dict[str, Any]:
    """Return the properties of a schema and of the schemas in its `allOf`."""
    if not is_object(schema):
        return {}
    result: dict[str, Any] = {}
    for part in schema.get("allOf", ()):
        result.update(_own_properties(part))
    return {**result, **(schema.get("properties") or {})}


def _own_fields(schema: Any) -> frozenset[str]:
    """Return the names of the fields that a schema always documents."""
    if not is_object(schema):
        return frozenset()
    parts = (_own_fields(part) for part in schema.get("allOf", ()))
    return frozenset(schema.get("properties") or ()).union(schema.get("required") or (), *parts)


def _fields(schema: Any) -> frozenset[str]:
    """Return the names of all fields that a schema mentions, in any of its alternatives and conditions too."""
    if not is_object(schema):
        return frozenset()
    lists: list[Any] = [part for keyword in ("allOf", "anyOf", "oneOf") for part in schema.get(keyword, ())]
    parts = [*lists, *(schema[keyword] for keyword in ("if", "then", "else", "not") if keyword in schema)]
    return frozenset(schema.get("properties") or ()).union(schema.get("required") or (), *map(_fields, parts))


def _is_open(schema: dict[str, Any]) -> bool:
    """Return whether additional fields may have any value, as far as the schema itself and its `allOf` say."""
    if schema.get("additionalProperties", True) not in (True, {}) or "patternProperties" in schema:
        return False
    return all(_is_open(part) for part in schema.get("allOf", ()) if is_object(part))


def _patterns(node: Any) -> Iterator[str]:
    if is_object(node):
        if isinstance(node.get("pattern"), str):
            yield node["pattern"]
        for value in node.values():
            yield from _patterns(value)
    elif is_array(node):
        for item in node:
            yield from _patterns(item)


def _with_implied_patterns(node: Any, others: set[str], unknown: set[str]) -> Any:
    """Add to each pattern of a schema those patterns of another schema that it implies.

    The schema allows the same values as before, and jsonschema-rs, which compares patterns as text, sees the relation.

    Args:
        node: The schema, or a part of it.
        others: The patterns of the other schema.
        unknown: Those of them that this schema does not use itself.
    """
    if is_array(node):
        return [_with_implied_patterns(item, others, unknown) for item in node]
    if not is_object(node):
        return node
    result = {key: _with_implied_patterns(value, others, unknown) for key, value in node.items()}
    if isinstance(own := node.get("pattern"), str):
        candidates = unknown if own in others else others
        implied = [{"pattern": other} for other in sorted(candidates) if is_included(own, other)]
        if implied:
            result["allOf"] = [*result.get("allOf", ()), *implied]
    return result


@lru_cache(maxsize=4096)
def _canonicalized(schema: str) -> jsonschema_rs.CanonicalSchema:
    return jsonschema_rs.canonicalize(json.loads(schema), draft=jsonschema_rs.Draft202012, validate_formats=True)
