"""Descriptions of constraints without a rule: where the contract's author wrote them, and the row to add."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import bundle
from contract_suite.checks.kinds import kind_of
from contract_suite.core.schema_walk import find
from contract_suite.rules.documented import DOCUMENTED, Rules

Place = tuple[str | int | float, ...]

REPOSITORY = DOCUMENTED.parents[1]
URL = "https://media.invalid/1"
TWO_SIDES = {
    "maxLength": 1,
    "maxItems": 1,
    "maximum": 1,
    "x-cut-after": 1,
    "x-cut-after-chinese": 1,
    "x-token-limit": 1,
    "minLength": -1,
    "minItems": -1,
    "minimum": -1,
}
"""The keywords with values on both sides, and the step from the last allowed value to the next."""
BEYOND = {"x-cut-after": "ignored", "x-cut-after-chinese": "ignored", "x-token-limit": "tokens"}
"""The key of the rows of requests beyond a limit, where they are accepted."""


def describe(
    missing: Iterable[Place], document: dict[str, Any], sources: bundle.Sources, rules: Rules
) -> Iterator[str]:
    """Yield the description of each constraint without a rule. Several changes of one constraint are one constraint.

    Args:
        missing: Places in the contract with all references replaced, as `covering_rules` returns them.
        document: The bundled contract.
        sources: The lines of its files.
        rules: The documented rules.
    """
    described: dict[str, None] = {}
    for place in missing:
        steps = authored(place, document)
        where = os.path.relpath(sources.locate(steps), REPOSITORY)
        key = ".".join(str(step) for step in steps[3 if steps[:2] == ("components", "schemas") else 0 :])
        row = _row(place, steps, document, rules)
        described[f"{where}: {key}: no documented rule checks it; add a row like this:\n{row}"] = None
    yield from described


def authored(place: Place, document: dict[str, Any]) -> tuple[str | int, ...]:
    """Return the place in the bundled contract for a place in the one without references."""
    node: Any = document
    steps: list[str | int] = []
    for step in place:
        while not _has(node, step) and (reference := _reference(node)):
            steps = [*reference.split("/")[1:]]
            node = find(document, tuple(steps))
        if isinstance(step, float) or not _has(node, step):  # a change added the last step
            break
        node = node[step]
        steps.append(step)
    return tuple(steps)


def _reference(node: Any) -> str:
    return str(node.get("$ref", "")) if bundle.is_object(node) else ""


def _has(node: Any, step: str | float) -> bool:
    return step in node if bundle.is_object(node) else bundle.is_array(node) and step in range(len(node))


def _row(place: Place, steps: tuple[str | int, ...], document: dict[str, Any], rules: Rules) -> str:
    """Return the row to add as YAML, with its file."""
    model = _model(place, document)
    if model is None:
        return (
            f"  documented/{_file(None, rules)}:\n"
            "    <id>: {says: <the statement of the page>, answers: [<response>], must: <schema>, rejects: [<change>]}"
        )
    fields = [str(name) for before, name in pairwise(place) if before == "properties"]
    keyword = next((str(step) for step in reversed(steps) if isinstance(step, str)), "")
    prefix = _prefix(model, rules)
    value = find(document, steps)
    if bundle.is_array(value) and len(value) == 1 and bundle.is_object(value[0]):
        [value] = value
    holder = find(document, steps[:-1])
    row: dict[str, Any] = {"says": "<the statement of the page>"}
    if bundle.is_object(value) and "x-fields" in value:
        row = {
            "says": value["description"],
            "field": value["x-fields"],
            "accepts": ["<change>"],
            "rejects": ["<change>"],
        }
        fields, keyword = value["x-fields"][:1], "with-others"
    elif bundle.is_object(value) and "when" in value:
        key = "fails_later" if "code" in value else "ignored"
        row = {"says": value["description"], "field": value["field"], key: ["<change>"], "accepts": ["<change>"]}
        row |= {"code": value["code"]} if "code" in value else {}
        fields, keyword = [value["field"]], key.replace("_", "-")
    elif "x-media" in steps:
        row |= {"field": ".".join(fields), "files": {"accepts": ["<file>"], "rejects": ["<file>"]}}
    elif "x-billing" in steps:
        row |= {"billing": [{"request": "<change>", "reserved_seconds": "<seconds>"}]}
    else:
        if isinstance(steps[-1], int) and keyword == "required":
            fields = [*fields, str(value)]
        row |= {"field": ".".join(fields), **_cases(fields, keyword, value, holder)}
    name = ".".join([prefix, *(fields[-1:] or ["request"]), keyword.lower().removeprefix("x-")])
    return f"  documented/{_file(model, rules)}:\n    {name}: {json.dumps(row, ensure_ascii=False)}"


def _cases(fields: list[str], keyword: str, value: Any, holder: Any) -> dict[str, Any]:
    """Return the cases on both sides of a constraint of one field."""
    if keyword in TWO_SIDES and isinstance(value, int | float):
        inside, outside = (_change(fields, _sized(keyword, size)) for size in (value, value + TWO_SIDES[keyword]))
        return {"accepts": [inside], BEYOND.get(keyword, "rejects"): [outside]}
    match keyword:
        case "enum" if bundle.is_array(holder):  # one value of the list
            return {"accepts": [_change(fields, value)]}
        case "enum":
            return {"accepts": [_change(fields, one) for one in value], "rejects": [_change(fields, "<another value>")]}
        case "const":
            return {"accepts": [_change(fields, value)], "rejects": [_change(fields, "<another value>")]}
        case "required":
            return {"rejects": [_change(fields, {"absent": True})]}
        case "type":
            return {"type": value, "rejects": [_change(fields, "<a value of another type>")]}
        case "default":
            return {"default": value}
        case _:
            return {"accepts": [_change(fields, "<allowed>")], "rejects": [_change(fields, "<not allowed>")]}


def _sized(keyword: str, size: float) -> Any:
    if keyword in {"minimum", "maximum"}:
        return size
    characters: Any = "\u732b" if keyword.endswith("chinese") else "a"
    return {"repeat": [URL] if keyword.endswith("Items") else characters, "times": size}


def _change(fields: list[str], value: Any) -> Any:
    for name in reversed(fields):
        value = {name: value}
    return value


def _model(place: Place, document: dict[str, Any]) -> str | None:
    """Return the model whose request a place is in."""
    if "requestBody" not in place or "oneOf" not in place:
        return None
    top = authored(place[: place.index("oneOf") + 2], document)
    node = find(document, top)
    while "$ref" in node:
        node = find(document, tuple(node["$ref"].split("/")[1:]))
    model: str = node["properties"]["model"]["const"]
    return model


def _prefix(model: str, rules: Rules) -> str:
    """Return the first part of the ids of the rules of a model."""
    prefixes = Counter(rule.id.partition(".")[0] for rule in rules.rules if kind_of(rule).models(rule) == [model])
    return prefixes.most_common(1)[0][0] if prefixes else model.replace(".", "").replace("-", "")


def _file(model: str | None, rules: Rules) -> str:
    """Return the file for rows of a model, below `documented/`; a hint if there is none yet."""
    if model is None:
        return "<the file of the page>"
    sources = {rule.source for rule in rules.rules if kind_of(rule).models(rule) == [model]}
    for path in sorted(DOCUMENTED.rglob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        if f"model: {model}\n" in text or any(f"title: {source}\n" in text for source in sources):
            return str(path.relative_to(DOCUMENTED))
    return str(Path("<family>") / f"{model}.yaml")
