"""Proofs that two schemas take the same values."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import bundle
from contract_suite.rules.json_schema import validator
from mutation import regexes

WITNESSES: dict[str, list[Any]] = {
    "string": ["a"], "integer": [5], "number": [5, 2.5], "boolean": [True, False], "array": [[]], "object": [{}],
    "null": [None],
}  # fmt: skip
"""Values of every type; of those with no keyword of their own, whatever is true of these is true of all."""

OF_TYPE = {
    "string": {"format", "maxLength", "minLength", "pattern"},
    "number": {"exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum", "multipleOf"},
    "array": {"items", "maxItems", "minItems", "uniqueItems"},
    "object": {"additionalProperties", "properties", "required"},
}
"""The keywords that look into the values of a type."""

BLIND = {"allOf", "anyOf", "const", "else", "enum", "if", "not", "oneOf", "then", "type"}
WORDS = {"default", "description", "examples", "title"}
"""The other keywords that are understood here; with any besides, nothing is proven."""


def quick_proof(before: dict[str, Any], after: dict[str, Any]) -> str:
    """Return why two schemas that stand by themselves take the same values; empty if that is not shown by trying."""
    return _by_lists(before, after) or _by_types(before, after)


def _by_lists(before: dict[str, Any], after: dict[str, Any]) -> str:
    """Try all values there are, where both schemas list what they take."""
    values = [*_listed(before), *_listed(after)]
    if not (_listed(before) and _listed(after)) or _verdicts(before, values) != _verdicts(after, values):
        return ""
    unique = list(dict.fromkeys(json.dumps(value, ensure_ascii=False) for value in values))
    return f"either takes the same of {', '.join(unique)}, and nothing else"


def _listed(schema: dict[str, Any]) -> list[Any]:
    return [*schema.get("enum", []), *([schema["const"]] if "const" in schema else [])]


def _verdicts(schema: dict[str, Any], values: list[Any]) -> list[bool]:
    return [validator(schema).is_valid(value) for value in values]


def _by_types(before: dict[str, Any], after: dict[str, Any]) -> str:
    """Try a value of every type that one of two schemas alone names, where that decides for all of the type."""
    if {**before, "type": 0} != {**after, "type": 0}:
        return ""
    keywords = {key for key in _keywords(before) if key not in WORDS and not key.startswith("x-")}
    if keywords - BLIND.union(*OF_TYPE.values()):
        return ""
    for kind in _types(before) ^ _types(after):
        own = OF_TYPE.get("number" if kind == "integer" else kind, set())
        values = WITNESSES[kind]
        if keywords & (own | {"const", "enum"}) or _verdicts(before, values) != _verdicts(after, values):
            return ""
    return "no value of the other types is taken, whatever their names"


def _types(schema: dict[str, Any]) -> set[str]:
    types = schema.get("type", list(WITNESSES))
    return set(types) if bundle.is_array(types) else {types}


def _keywords(schema: Any) -> Iterator[str]:
    """Yield every keyword of a schema that applies to its value itself."""
    for key, value in schema.items():
        yield key
        one = [value] if key in {"not", "if", "then", "else"} else []
        for part in value if key in {"allOf", "anyOf", "oneOf"} else one:
            yield from _keywords(part)


def by_languages(before: dict[str, Any], after: dict[str, Any]) -> str:
    """Return that two schemas take the same texts, if they are of texts, differ in patterns alone, and do.

    It takes seconds.
    """
    if _unlike_in_patterns(before, after):
        return ""
    try:
        same = regexes.same(_texts(before), _texts(after))
    except regexes.UnsupportedError:
        return ""
    return "there is no text that one of the two automata takes and the other does not" if same else ""


def _unlike_in_patterns(before: dict[str, Any], after: dict[str, Any]) -> bool:
    shown = [{**schema, "pattern": "", "not": ""} for schema in (before, after)]
    return shown[0] != shown[1] or "string" not in _types(before) or len(_types(before)) > 1


def _texts(schema: dict[str, Any]) -> regexes.Texts:
    """Return the texts that a schema is of, as far as patterns decide.

    Raises:
        UnsupportedError: something else decides, too.
    """
    alternatives = schema.get("not", {"anyOf": []})
    if alternatives.keys() != {"anyOf"}:
        raise regexes.UnsupportedError
    for part in alternatives["anyOf"]:
        if {key for key in part if key not in WORDS and not key.startswith("x-")} != {"pattern"}:
            raise regexes.UnsupportedError
    refused = [part["pattern"] for part in alternatives["anyOf"]]
    matching = [schema["pattern"]] if "pattern" in schema else []
    return regexes.Texts(frozenset(matching), frozenset(refused), schema.get("format"))
