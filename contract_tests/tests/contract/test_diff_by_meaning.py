"""Ratings of changed schemas by what they mean, and a comparison of random schemas with what a validator accepts."""

from __future__ import annotations

import copy
import itertools
import json
import os
import random
import re
from collections.abc import Callable
from typing import Any

import jsonschema_rs
import pytest

from bundle import is_array, is_object
from changes.operations import Change, compare_contracts
from changes.patterns import is_included

PAIRS = int(os.environ.get("SCHEMA_PAIRS", "500"))
"""The number of random pairs of schemas. `make contract-nightly` compares 20,000."""

BREAKING, COMPATIBLE, DOCS, NONE = "breaking", "compatible", "documentation", "none"


def contract(schema: Any, *, sent: bool, components: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return a contract with a single operation, whose clients send or receive a value of the schema."""
    content = {"content": {"application/json": {"schema": schema}}}
    received = {"200": {"description": "ok"} if sent else {"description": "ok", **content}}
    operation = {"operationId": "call", "responses": received} | ({"requestBody": content} if sent else {})
    return {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1.0.0"},
        "paths": {"/call": {"post": operation}},
        "components": {"schemas": components or {}},
    }


def changes(old: Any, new: Any, *, sent: bool = True) -> list[Change]:
    return compare_contracts(contract(old, sent=sent), contract(new, sent=sent))


def rating(old: Any, new: Any, *, sent: bool = True) -> str:
    found = changes(old, new, sent=sent)
    return found[0].rating if found else NONE


def fields(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, **more}


# --- changes that a comparison of single keywords gets wrong

TEXT = {"type": "string"}
SHORT, LONG = {"type": "string", "maxLength": 5}, {"type": "string", "minLength": 3}


@pytest.mark.parametrize(
    ("old", "new", "ratings"),
    [
        # Ratings: when clients send the value, and when they receive it.
        pytest.param(SHORT, {"oneOf": [SHORT, LONG]}, (BREAKING, BREAKING), id="overlapping oneOf"),
        pytest.param(SHORT, {"anyOf": [SHORT, LONG]}, (COMPATIBLE, BREAKING), id="overlapping anyOf"),
        pytest.param({"oneOf": [SHORT]}, {"oneOf": [SHORT, TEXT]}, (BREAKING, BREAKING), id="one more alternative"),
        pytest.param({"oneOf": [SHORT, LONG]}, {"oneOf": [SHORT]}, (BREAKING, BREAKING), id="one alternative less"),
        pytest.param({"enum": ["a", "b"]}, {"enum": ["a", "b"], "const": "a"}, (BREAKING, COMPATIBLE), id="const"),
        pytest.param({"enum": ["a"], "const": "a"}, {"enum": ["b"], "const": "a"}, (BREAKING, COMPATIBLE), id="enum"),
        pytest.param(fields({}, additionalProperties=False), fields({"a": {}}, additionalProperties=False),
                     (COMPATIBLE, BREAKING), id="new field of a closed object"),
        pytest.param(fields({"a": TEXT}), fields({"a": TEXT, "b": TEXT}), (COMPATIBLE, COMPATIBLE), id="new field"),
        pytest.param({"type": "object"}, fields({"a": TEXT}), (BREAKING, COMPATIBLE), id="free-form object"),
        pytest.param(fields({"a": TEXT}, additionalProperties=TEXT),
                     fields({"a": TEXT, "b": {"type": "integer"}}, additionalProperties=TEXT),
                     (BREAKING, BREAKING), id="new field of a map"),
        pytest.param({"if": {"required": ["a"]}, "then": {"required": ["b"]}},
                     {"if": {"required": ["a"]}, "then": {"required": ["b"]}, "else": {"required": ["c"]}},
                     (BREAKING, COMPATIBLE), id="else added"),
        pytest.param({"not": {"enum": [1, 2]}}, {"not": {"enum": [1]}}, (COMPATIBLE, BREAKING), id="less is refused"),
        pytest.param({"minItems": 1, "maxItems": 2}, {"minItems": 3, "maxItems": 4}, (BREAKING, BREAKING), id="range"),
    ],
)  # fmt: skip
def test_keywords_are_rated_by_what_they_mean_together(old: Any, new: Any, ratings: tuple[str, str]) -> None:
    assert (rating(old, new), rating(old, new, sent=False)) == ratings


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"type": "string", "pattern": "^[A-Z._-]+$"}, {"type": "string", "pattern": r"^[A-Z._\-]+$"}),
        ({"pattern": "^[0-9]{1,}$"}, {"pattern": r"^\d+$"}),
        ({"pattern": "^(a|b)"}, {"pattern": "^[ab].*$|^(?:[a-b])"}),
        ({"pattern": "a/b"}, {"pattern": r"a\/b"}),
        ({"anyOf": [TEXT, {"type": "null"}]}, {"type": ["string", "null"]}),
        ({"anyOf": [{"const": 1}, {"const": 2}]}, {"enum": [1, 2]}),
        ({"const": 1}, {"enum": [1]}),
        ({"type": "integer", "minimum": 1}, {"type": "integer", "exclusiveMinimum": 0}),
        ({"type": ["integer", "number"]}, {"type": "number"}),
        ({"allOf": [SHORT, LONG]}, {"type": "string", "minLength": 3, "maxLength": 5}),
        ({"oneOf": [{"type": "string"}, {"type": "null"}]}, {"anyOf": [{"type": "string"}, {"type": "null"}]}),
        ({"not": {"not": TEXT}}, TEXT),
        ({"type": "array", "minItems": 0}, {"type": "array"}),
        (fields({"a": TEXT}, additionalProperties={}), fields({"a": TEXT})),
        ({"if": {"required": ["a"]}, "then": {"required": ["b"]}},
         {"anyOf": [{"not": {"required": ["a"]}}, {"required": ["b"]}]}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("sent", [True, False])
@pytest.mark.parametrize("nested", [False, True])
def test_other_spelling_of_the_same_values_is_a_change_of_the_documentation(
    old: Any, new: Any, *, nested: bool, sent: bool
) -> None:
    before, after = (fields({"x": {"items": schema}}) if nested else schema for schema in (old, new))
    assert rating(before, after, sent=sent) in (DOCS, NONE)
    assert rating(after, before, sent=sent) in (DOCS, NONE)


def test_respelling_in_one_place_does_not_change_the_rating_of_another() -> None:
    old = fields({"a": {"type": "string", "pattern": "^[._-]$"}, "b": {"type": "string", "maxLength": 5}})
    new = fields({"a": {"type": "string", "pattern": r"^[._\-]$"}, "b": {"type": "string", "maxLength": 4}})
    assert [(change.rating, change.place, change.text) for change in changes(old, new)] == [
        (BREAKING, "call body.b", "maxLength changed from 5 to 4"),
        (DOCS, "call body.a", "spelling"),
    ]


def test_pattern_that_matches_more_allows_more() -> None:
    old, new = {"type": "string", "pattern": "^ab"}, {"type": "string", "pattern": "^a"}
    assert (rating(old, new), rating(new, old)) == (COMPATIBLE, BREAKING)
    assert (rating(old, new, sent=False), rating(new, old, sent=False)) == (BREAKING, COMPATIBLE)


def test_pattern_that_is_not_decided_counts_as_breaking() -> None:
    assert rating({"pattern": "^(?=a)a"}, {"pattern": "^(?:(?=a)a)"}) == BREAKING


@pytest.mark.timeout(10)
def test_schema_with_very_many_combinations_of_alternatives_is_rated_without_trying_each() -> None:
    rules = [
        {"anyOf": [fields({"names": fields({f"{name}{number}": False})}), fields({name: {"minItems": number}})]}
        for name in ("images", "videos")
        for number in range(1, 13)
    ]
    old, new = (fields({"images": {"maxItems": number}}, allOf=rules) for number in (5, 4))
    assert (rating(old, new), rating(new, old)) == (BREAKING, COMPATIBLE)


def test_effect_that_no_keyword_explains_names_the_schema() -> None:
    change = changes(fields({"a": SHORT}), fields({"a": {"oneOf": [SHORT, LONG]}}))[0]
    assert (change.place, change.text) == ("call body.a", "may no longer allow every value that was allowed")


def test_field_that_is_required_without_a_schema_is_not_a_new_field() -> None:
    described, bare = fields({"a": TEXT}, required=["a"]), fields({}, required=["a"])
    assert [(change.place, change.text, change.rating) for change in changes(described, bare)] == [
        ("call body.a", "no longer described, but still required", BREAKING)
    ]
    assert [(change.place, change.text, change.rating) for change in changes(bare, described)] == [
        ("call body.a", 'type added: "string"', BREAKING)
    ]


def test_field_of_one_variant_is_new_in_another() -> None:
    def variants(**more: Any) -> Any:
        return {"oneOf": [fields({"model": {"const": "a"}, **more}), fields({"model": {"const": "b"}, "seed": TEXT})]}

    assert rating(variants(), variants(seed={"type": "integer"})) == COMPATIBLE


def test_schemas_that_refer_to_themselves_are_not_rated_compatible_without_a_proof() -> None:
    def tree(maximum: int) -> dict[str, Any]:
        node = fields({"child": {"$ref": "#/components/schemas/Node"}, "value": {"maximum": maximum}})
        return contract({"$ref": "#/components/schemas/Node"}, sent=True, components={"Node": node})

    assert compare_contracts(tree(5), tree(5)) == []
    assert compare_contracts(tree(5), tree(4))[0].rating == BREAKING


# --- patterns


def test_inclusion_of_patterns_agrees_with_matching_every_short_text() -> None:
    source = random.Random(1)

    def pattern(depth: int = 0) -> str:
        kind = source.random()
        if depth > 2 or kind < 0.4:
            return source.choice(["a", "b", "[ab]", "[^a]", ".", "c", r"\d", "1"])
        if kind < 0.6:
            return pattern(depth + 1) + pattern(depth + 1)
        if kind < 0.75:
            return f"({pattern(depth + 1)}|{pattern(depth + 1)})"
        if kind < 0.9:
            return f"(?:{pattern(depth + 1)}){source.choice(['*', '+', '?', '{2}', '{1,2}', '{1,}'])}"
        return source.choice(["^", "$"]) + pattern(depth + 1)

    texts = ["".join(text) for length in range(4) for text in itertools.product("abc1", repeat=length)]
    included = 0
    for _ in range(300):
        inner, outer = (source.choice(["", "^"]) + pattern() + source.choice(["", "$"]) for _ in range(2))
        matches = [re.compile(text.replace("$", r"\Z")).search for text in (inner, outer)]
        if is_included(inner, outer):
            included += 1
            assert all(not matches[0](text) or matches[1](text) for text in texts), (inner, outer)
    assert included > 20


# --- random schemas

NAMES = "abc"
VALUES: list[Any] = [
    None, True, False, 0, 1, 2, 3, -1, 1.5, 2.0, 5, "", "a", "b", "ab", "abc", "aab", "B_", "1", [], [1], ["a"],
    ["a", "a"], [1, "a"], [None], [{"a1": 1}], {}, {"a0": 1}, {"a0": "a"}, {"b0": 2}, {"a0": 1, "b0": "ab"}, {"c0": 1},
    {"a0": None, "c0": 3}, {"a0": {"a1": 1}}, {"a0": [1]}, {"b0": "a", "c0": "a"}, {"a0": 1, "b0": 1, "c0": 1},
    {"b0": {"a1": "a", "b1": 2}}, {"x": 1}, {"a0": "a", "x": "b"}, {"a0": {"b1": None, "x": 1}},
]  # fmt: skip
"""The names of fields say how deep they are, so that no field has two meanings."""
TYPES: list[Any] = [
    "string", "integer", "number", "boolean", "null", "array", "object", ["string", "null"], ["integer", "string"],
    ["object", "array"],
]  # fmt: skip
PATTERNS = ["a", "^a", "^[ab]+$", "^(a|b)*$", "b$", "^a|b$", "^[A-Z._-]", r"^[A-Z_.\-]", r"^\d$", "^[0-9]$"]
BOUNDS = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]
SIZES = ["minLength", "maxLength", "minItems", "maxItems"]
INNER = ["items", "additionalProperties", "not", "if", "then", "else"]
LISTS = ["anyOf", "oneOf", "allOf"]
KEYWORDS = [*BOUNDS, *SIZES, *INNER, *LISTS, "enum", "const", "pattern", "format", "uniqueItems", "multipleOf",
            "properties", "required"]  # fmt: skip


class Schemas:
    """Makes random schemas.

    Args:
        seed: The seed of the random numbers.
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def schema(self, level: int = 0, size: int = 2) -> Any:
        """Make a schema. `level` is the number of objects around it, and `size` limits how deep it is."""
        if self._random.random() < 0.05:
            anything: dict[str, Any] = {}
            return self._random.choice((True, False, anything))
        result: dict[str, Any] = {"type": self._random.choice(TYPES)} if self._random.random() < 0.6 else {}
        for keyword in self._random.sample(KEYWORDS, self._random.choice([0, 1, 1, 2, 3])):
            result[keyword] = self._value(keyword, level, size)
        return result

    def _value(self, keyword: str, level: int, size: int) -> Any:
        pick = self._random.choice
        if keyword in INNER:
            return self._inner(level + (keyword in {"items", "additionalProperties"}), size)
        if keyword in LISTS:
            return [self._inner(level, size) for _ in range(self._random.randint(1, 3))]
        names = [f"{name}{level}" for name in self._random.sample(NAMES, self._random.randint(1, 2))]
        choices: dict[str, Callable[[], Any]] = {
            "enum": lambda: self._random.sample(VALUES[:20], self._random.randint(1, 4)),
            "const": lambda: pick(VALUES),
            "pattern": lambda: pick(PATTERNS),
            "format": lambda: pick(["uri", "date"]),
            "uniqueItems": lambda: pick([True, False]),
            "multipleOf": lambda: pick([1, 2, 0.5]),
            "properties": lambda: {name: self._inner(level + 1, size) for name in names},
            "required": lambda: names,
        }
        return (
            choices[keyword]() if keyword in choices else pick([0, 1, 1.5, 2, 3] if keyword in BOUNDS else [0, 1, 2, 3])
        )

    def _inner(self, level: int, size: int) -> Any:
        simple = [True, {"type": "string"}, {"type": "integer"}, {"const": 1}, {"maxLength": 1}]
        return self.schema(level, size - 1) if size else self._random.choice(simple)

    def changed(self, schema: Any, level: int = 0) -> Any:
        """Return a schema that differs from another one in one place."""
        if not is_object(schema) or not schema or self._random.random() < 0.1:
            return self.schema(level, 1)
        result = copy.copy(schema)
        keyword = self._random.choice(list(result))
        kind = self._random.random()
        if kind < 0.3:
            del result[keyword]
        elif kind < 0.5:
            more = self.schema(level, 1)
            result |= more if is_object(more) else {}
        elif kind < 0.6:
            others = [self.schema(level, 1) for _ in range(self._random.randint(0, 2))]
            result = {self._random.choice(LISTS): [result, *others]}
        elif keyword in INNER:
            deeper = level + (keyword in {"items", "additionalProperties"})
            result[keyword] = self.changed(result[keyword], deeper)
        elif keyword in LISTS:
            index = self._random.randrange(len(result[keyword]))
            items = list(result[keyword])
            items[index] = self.changed(items[index], level)
            result[keyword] = items
        elif keyword == "properties":
            name = self._random.choice(list(result[keyword]))
            result[keyword] = {**result[keyword], name: self.changed(result[keyword][name], level + 1)}
        elif keyword != "type":
            result[keyword] = self._value(keyword, level, 1)
        return result

    def with_references(self, schema: Any) -> tuple[Any, dict[str, Any]]:
        """Move the parts of a list of alternatives, or all of the schema, to components."""
        components: dict[str, Any] = {}

        def move(node: Any) -> Any:
            if self._random.random() < 0.7:
                return node
            name = f"S{len(components)}"
            components[name] = node
            return {"$ref": f"#/components/schemas/{name}"}

        if is_object(schema):
            schema = {key: [move(item) for item in value] if key in LISTS else value for key, value in schema.items()}
        return move(schema), components


def mentioned(schema: Any) -> set[str]:
    """Return the names of all fields that a schema documents."""
    if is_array(schema):
        return set[str]().union(*map(mentioned, schema))
    if not is_object(schema):
        return set()
    own: set[str] = {*schema.get("properties", ()), *schema.get("required", ())}
    return own.union(*(mentioned(value) for key, value in schema.items() if key not in {"enum", "const"}))


def names_in(value: Any) -> set[str]:
    if is_array(value):
        return set[str]().union(*map(names_in, value))
    return {*value}.union(*map(names_in, value.values())) if is_object(value) else set()


def test_no_change_that_breaks_a_value_is_rated_compatible() -> None:
    schemas = Schemas(20)
    wrong: list[str] = []
    breaking, compatible = 0, 0
    for number in range(PAIRS):
        old = schemas.schema()
        new = schemas.changed(old) if number % 7 else schemas.schema()
        accepts = [jsonschema_rs.Draft202012Validator(schema, validate_formats=True).is_valid for schema in (old, new)]
        removed = [value for value in VALUES if accepts[0](value) and not accepts[1](value)]
        added = [value for value in VALUES if accepts[1](value) and not accepts[0](value)]
        # A client does not send fields that its contract does not document.
        undocumented = mentioned(new) - mentioned(old)
        removed = [value for value in removed if not names_in(value) & undocumented]
        references = [schemas.with_references(schema) for schema in (old, new)]
        for sent, broken in ((True, removed), (False, added)):
            documents = [contract(schema, sent=sent, components=parts) for schema, parts in references]
            is_breaking = any(change.rating == BREAKING for change in compare_contracts(documents[0], documents[1]))
            if broken and not is_breaking:
                wrong.append(f"{json.dumps(old)} -> {json.dumps(new)}, {sent=}: {broken[0]!r}")
            breaking += bool(broken)
            compatible += not is_breaking
    assert wrong == []
    assert breaking > PAIRS / 2  # else the pairs prove nothing
    assert compatible > PAIRS / 4
