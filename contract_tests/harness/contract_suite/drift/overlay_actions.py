"""Changes of the contract as overlay actions: how to widen, tighten or remove a constraint, or add to it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import bundle
from contract_suite.core.exchanges import member
from contract_suite.core.oracle import Decisions
from contract_suite.core.schema_walk import Place

LIST = 5  # values that a change adds to a list; with more, it removes the list
LONGEST = 100  # characters of a value or a name that is copied into the contract
LARGEST = 10**15  # number that a change uses as a limit
MARKS = ("x-inferred", "x-contested")
REMOVED_KEY = "[key]"  # replaces the API key in responses

Action = dict[str, Any]


@dataclass
class Change:
    """One change of the contract.

    Attributes:
        place: The place of the constraint, or of the addition.
        description: The observation, and what a reviewer must check.
        actions: The overlay actions, without description and rules.
        rules: The ids of the rules that the change concerns.
    """

    place: Place
    description: str
    actions: list[Action]
    rules: set[str] = field(default_factory=set[str])

    def written(self, previous: str) -> list[Action]:
        """Return the complete overlay actions.

        Args:
            previous: The extension that marks an action as one change with the action before it.
        """
        first, *others = self.actions
        return [
            {"description": plain(self.description), **first, "x-rules": sorted(self.rules)},
            *({**action, "x-rules": sorted(self.rules), previous: True} for action in others),
        ]


def target(place: Place, *members: str | int) -> str:
    """Return the JSONPath of a place, or of several of its members."""
    path = "$" + "".join(
        f".{step}" if isinstance(step, str) and re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", step) else f"[{_literal(step)}]"
        for step in place
    )
    return f"{path}[{', '.join(map(_literal, members))}]" if members else path


def item(place: Place, value: Any) -> str:
    """Return the JSONPath of the items of a list that equal a scalar value."""
    return f"{target(place)}[?@ == {_literal(value)}]"


def described(place: Place, description: str) -> str:
    """Return the JSONPath of the members of a list that have a description."""
    return f"{target(place)}[?@.description == {_literal(description)}]"


def _literal(value: Any) -> str:
    if not isinstance(value, str):
        return json.dumps(value)
    return "'" + json.dumps(value, ensure_ascii=False)[1:-1].replace('\\"', '"').replace("'", "\\'") + "'"


def removed(decisions: Decisions, schema: Place, keyword: str) -> list[Action]:
    """Return the actions that remove a keyword from a schema, with the marks about it."""
    marked = [mark for mark in MARKS if keyword in (member(decisions.at(schema), mark) or ())]
    marked = [mark for mark in marked if bundle.is_object(member(decisions.at(schema), mark))]
    alone = [mark for mark in marked if len(member(decisions.at(schema), mark)) == 1]
    together = target(schema, keyword, *alone) if alone else target((*schema, keyword))
    return [
        {"target": together, "remove": True},
        *({"target": target((*schema, mark, keyword)), "remove": True} for mark in marked if mark not in alone),
    ]


def bound(decisions: Decisions, schema: Place, keyword: str, value: float) -> list[Action]:
    """Return the actions that set a limit. A limit that would allow every value is removed."""
    if (value == 0 and keyword in {"minLength", "minItems"}) or abs(value) > LARGEST:
        return removed(decisions, schema, keyword)
    update: dict[str, Any] = {keyword: value}
    if member(decisions.at(schema), "x-contested", keyword) is not None:
        old = {"value": decisions.at((*schema, keyword)), "source": "the contract before this overlay"}
        update["x-contested"] = {keyword: old}
    return [{"target": target(schema), "update": update}]


def listed(decisions: Decisions, schema: Place, values: Sequence[Any]) -> list[Action]:
    """Return the actions that add values to an `enum`, and to its table of failures if it has one."""
    update: dict[str, Any] = {"enum": list(values)}
    if bundle.is_object(member(decisions.at(schema), "x-failures")):
        unknown = {"retry": None, "advice": "unknown; look it up in the documentation"}
        update["x-failures"] = {str(value): unknown for value in values}
    return [{"target": target(schema), "update": update}]


def typed(decisions: Decisions, schema: Place, types: Sequence[str]) -> list[Action]:
    """Return the actions that add types to a `type`."""
    declared = decisions.at((*schema, "type"))
    if bundle.is_array(declared):
        return [{"target": target((*schema, "type")), "update": list(types)}]
    if declared == "integer" and list(types) == ["number"]:
        return [{"target": target(schema), "update": {"type": "number"}}]
    kept = [] if declared == "integer" and "number" in types else [declared]
    return [*removed(decisions, schema, "type"), {"target": target(schema), "update": {"type": [*kept, *types]}}]


def types_of(values: Iterable[Any]) -> list[str]:
    """Return the JSON types of values."""
    types = sorted({type_of(value) for value in values})
    return [one for one in types if not (one == "integer" and "number" in types)]


def type_of(value: Any) -> str:
    """Return the JSON type of a value."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "integer" if value.is_integer() else "number"
        case str():
            return "string"
        case _:
            return "array" if bundle.is_array(value) else "object"


def shape(values: Sequence[Any], depth: int = 0) -> dict[str, Any]:
    """Infer a schema from values: their types and, for objects with few fields, the types of the fields."""
    types = types_of(values)
    schema: dict[str, Any] = {"type": types[0]} if len(types) == 1 else {"type": types}
    objects = [value for value in values if bundle.is_object(value)]
    names = sorted({name for value in objects for name in value})
    if names and depth < LIST and len(names) <= LIST * 4 and all(map(is_listable, names)):
        schema["properties"] = {
            name: {**shape([value[name] for value in objects if name in value], depth + 1), "description": UNDOCUMENTED}
            for name in names
        }
    return schema


UNDOCUMENTED = "Seen in responses; not documented yet."


def is_listable(value: Any) -> bool:
    """Return whether a value may become part of the contract: a short text, a number, true, false or null."""
    if isinstance(value, str):
        return len(value) <= LONGEST and REMOVED_KEY not in value
    return value is None or (isinstance(value, int | float) and math.isfinite(value) and abs(value) <= LARGEST)


def distinct(values: Iterable[Any]) -> list[Any]:
    """Return values without duplicates, in an order that depends only on the values."""
    return [value for _, value in sorted({json.dumps(value, sort_keys=True): value for value in values}.items())]


def plain(text: str) -> str:
    """Escape a text into printable ASCII on one line."""
    return "".join(letter if " " <= letter <= "~" else ascii(letter)[1:-1] for letter in text)


def excerpt(value: Any) -> str:
    """Return a JSON value as ASCII text, shortened if it is long."""
    text = json.dumps(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}... ({len(text)} characters)"
