"""What the keywords of a schema say, in words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from evolink_mock.dashboard.template_filters import clipped, seconds

_MEGABYTE = 1_048_576


@dataclass(frozen=True)
class Mark:
    """That something is not simply what the documentation says.

    Attributes:
        kind: `inferred`, where it is our conclusion, or `contested`, where editions differ.
        about: the keyword it speaks of; empty for all of them.
        here: the value in force, where it is contested.
        other: the value elsewhere, where it is contested.
        reason: why it was inferred, or which edition says otherwise.
    """

    kind: str
    about: str
    here: str
    other: str
    reason: str


def marks(schema: dict[str, Any]) -> list[Mark]:
    """Return the marks of a schema."""
    inferred = schema.get("x-inferred", {})
    named: dict[str, str] = {"": inferred} if isinstance(inferred, str) else inferred
    contested: dict[str, dict[str, Any]] = schema.get("x-contested", {})
    return [
        *(Mark("inferred", about, "", "", reason) for about, reason in named.items()),
        *(
            Mark("contested", about, _short(schema.get(about)), _short(other["value"]), other["source"])
            for about, other in contested.items()
        ),
    ]


def limits(schema: dict[str, Any]) -> Iterator[str]:
    """Yield what a value must keep to, and each item of a list."""
    if "const" in schema:
        yield f"always {json.dumps(schema['const'])}"
    if "enum" in schema:
        yield f"one of {', '.join(json.dumps(value, ensure_ascii=False).strip(chr(34)) for value in schema['enum'])}"
    for low, high, unit in (
        ("minimum", "maximum", ""), ("minLength", "maxLength", " character"), ("minItems", "maxItems", " item"),
    ):  # fmt: skip
        if low in schema or high in schema:
            yield _range(schema.get(low), schema.get(high), unit)
    if "format" in schema:
        yield f"format {schema['format']}"
    if "x-valid-seconds" in schema:
        yield f"valid for {schema['x-valid-seconds'] // 3600} h"
    yield from _media(schema.get("x-media", {}))


def refused(schema: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what a value must not be, with the reason where that is inferred."""
    excluded = schema.get("not", {})
    for choice in excluded.get("anyOf", [excluded] if excluded else []):
        if "description" in choice:
            yield choice["description"], choice.get("x-inferred", "")


def billing(schema: dict[str, Any]) -> Iterator[str]:
    """Yield how tasks of a model are charged."""
    rules = schema.get("x-billing")
    if rules is None:
        return
    yield f"Credits are reserved from {rules['reserved-from']} and settled on {rules['settled-on'].replace('-', ' ')}."
    if "input" in rules:
        caps = rules["input"]["cap-seconds-by-count"]
        each = ", ".join(f"{cap:g} s each with {count}" for count, cap in enumerate(caps, 1))
        yield f"The files of {rules['input']['field']} add their seconds, at most {each}."
    for field, value in rules.get("dearer", {}).items():
        yield f"{field} = {_short(value)} is dearer."


def delivery(schema: dict[str, Any]) -> Iterator[str]:
    """Yield how callbacks are delivered."""
    rules = schema.get("x-delivery")
    if rules is None:
        return
    yield f"Sent when the task is {_either(rules['on'])}, after {rules['after']}."
    yield f"An attempt succeeds with any {rules['success']} answer within {rules['timeout-seconds']:g} s."
    waits = rules["retry-after-seconds"]
    yield f"Another is made after {', '.join(f'{wait:g}' for wait in waits)} s, {len(waits) + 1} in all."


def _range(low: Any, high: Any, unit: str) -> str:
    if low == high:
        return f"exactly {low}{_plural(low, unit)}"
    if low is None:
        return f"at most {high}{_plural(high, unit)}"
    if high is None:
        return f"at least {low}{_plural(low, unit)}"
    return f"{low} to {high}{_plural(high, unit)}"


def _plural(count: Any, unit: str) -> str:
    return f"{unit}s" if unit and count != 1 else unit


def _media(rules: dict[str, Any]) -> Iterator[str]:
    if "kind" in rules:
        yield _either([rules["kind"]] if isinstance(rules["kind"], str) else rules["kind"])
    if "formats" in rules:
        yield _either([name.upper() for name in rules["formats"]])
    if "max-bytes" in rules:
        yield f"at most {rules['max-bytes'] / _MEGABYTE:g} MB"
    if "side-pixels" in rules:
        yield f"sides of {rules['side-pixels']['min']} to {rules['side-pixels']['max']} pixels"
    if "seconds" in rules:
        yield f"{rules['seconds']['min']} to {seconds(rules['seconds']['max'])} long"
    if rules.get("alpha") is False:
        yield "no transparency"
    if "reachable" in rules:
        yield "the URL shows the file or starts its download"


def _either(names: list[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last


def _short(value: Any) -> str:
    return clipped(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), 120)
