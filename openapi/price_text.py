"""Describes an `x-price` of the contract in words, for the tables of models."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from bundle import is_object

Values = dict[str, str]
"""Values of fields, by dotted name, as the tables of a price have them."""
Choice = tuple[Values, float, float]
"""Values of fields, and the smallest and the largest factor that they have."""
Rank = tuple[float, float, float]
"""Sorts models by the unit, and then by the lowest and the highest rate."""

QUALITY = "quality"
PRESENCE = {"absent", "given"}
"""The keys of a table that stand for no value."""
UNITS = ("second", "call", "1000 tokens")
UNKNOWN: Rank = (len(UNITS), 0, 0)
"""The rank of a model without a price."""


class Priced(NamedTuple):
    """A price, and the requests that have it.

    Attributes:
        price: the `x-price`.
        fields: the fields of the model. One that it does not have counts as its default in the price.
        allows: whether a request may have some values.
    """

    price: dict[str, Any]
    fields: dict[str, Any]
    allows: Callable[[Values], bool]


def rate_text(priced: Priced) -> str:
    """Describe what a second, a task or 1000 tokens cost, and what is added, as in `5.44 (720p), 9.0848 (1080p)`."""
    return ", ".join(_parts(priced))


def minimum_text(price: Mapping[str, Any]) -> str:
    """Describe the least credits of a task; empty if there are none, or if every task costs them anyway."""
    if "minimum" not in price or (price["unit"] == "call" and price["minimum"] <= price["rate"]):
        return ""
    return f"at least {_number(price['minimum'])} a task"


def rank(priced: Priced) -> Rank:
    """Return the place of the unit in `UNITS`, and the lowest and the highest rate."""
    price = priced.price
    if "rates" in price:
        return UNITS.index(price["unit"]), *_extremes(list(price["rates"].values()))
    low, high = _extremes([factor for span in _spans(price.get("factors", {}), priced).values() for factor in span])
    return UNITS.index(price["unit"]), price["rate"] * low, price["rate"] * high


def span_of_seconds(ranks: Iterable[Rank]) -> str:
    """Return the lowest to the highest rate of those that are for a second; empty if none is."""
    rates = [rate for unit, *both in ranks if unit == UNITS.index("second") for rate in both]
    return _span(*_extremes(rates)) if rates else ""


def field_at(fields: dict[str, Any], name: str) -> dict[str, Any] | None:
    """Return the schema of a dotted field; None if the model does not have it."""
    node: dict[str, Any] = {"properties": fields}
    for part in name.split("."):
        if part not in node.get("properties", {}):
            return None
        node = node["properties"][part]
    return node


def value_of(field: dict[str, Any] | None, text: str) -> Any:
    """Return the value that a table of a price has as text."""
    return text if field is None or field.get("type", "string") == "string" else json.loads(text)


def _parts(priced: Priced) -> Iterator[str]:
    price = priced.price
    if "rates" in price:
        yield f"{_span(*_extremes(list(price['rates'].values())))} for 1000 tokens"
        return
    by_quality = _by_quality(_spans(price.get("factors", {}), priced), price["rate"])
    yield by_quality + {"second": "", "call": " a task"}[price["unit"]]
    yield from [f"for each video in {price['times']}"] if "times" in price else []
    seconds: dict[str, Any] = price.get("seconds", {})
    lengths = list(dict.fromkeys(_lengths(seconds.get("output"))))
    yield from [f"by the length of {' or of '.join(lengths)}"] if lengths else []
    if "rates" in seconds.get("input", {}):
        yield f"a second of input {_by_quality(_spans(seconds['input']['rates'], priced), 1)}"
    elif "input" in seconds:
        yield "input too"
    if "files" in price:
        beyond = f" beyond {price['files']['free']}" if "free" in price["files"] else ""
        yield f"{_number(price['files']['credits'])} a file in {price['files']['field']}{beyond}"
    for extra in price.get("extras", {}).values():
        yield f"{_number(extra['credits'])} a {extra['each']}"


def _lengths(output: Any) -> Iterator[str]:
    """Yield the files and tasks that are as long as what is charged; nothing for a field with a number."""
    if not is_object(output) or output.keys() & {"field", "seconds"}:
        return
    if "file" in output:
        yield output["file"] if isinstance(output["file"], str) else f"the shorter of {' and '.join(output['file'])}"
    elif "task" in output:
        yield f"the video of {output['task']}"
    else:
        [choices] = output.values()
        for choice in choices.values():
            yield from _lengths(choice)


def _spans(factors: dict[str, Any], priced: Priced) -> dict[str, tuple[float, float]]:
    """Return the smallest and the largest factor for each quality; for an empty one if the quality does not matter."""
    price, fields, allows = priced
    absent = {name: value for name, value in price.get("defaults", {}).items() if field_at(fields, name) is None}
    choices = [
        ({name: value for name, value in values.items() if name not in absent}, low, high)
        for values, low, high in _choices(factors)
        if all(_is_possible(field_at(fields, name), value, absent.get(name)) for name, value in values.items())
        and allows(values)
    ]
    qualities = dict.fromkeys(values[QUALITY] for values, _, _ in choices if QUALITY in values) or {"": None}
    return {
        quality: _extremes(
            [
                factor
                for values, *both in choices
                if values.get(QUALITY, quality) == quality and (not quality or allows({**values, QUALITY: quality}))
                for factor in both
            ]
        )
        for quality in qualities
    }


def _choices(factors: dict[str, Any]) -> list[Choice]:
    """Return every choice of values in nested tables of factors, with its factors."""
    found: list[Choice] = [({}, 1, 1)]
    for name, table in factors.items():
        found = [
            ({**values, name: key, **inner}, low * least, high * most)
            for values, low, high in found
            for key, factor in table.items()
            for inner, least, most in (_choices(factor) if is_object(factor) else [({}, *_extremes(factor))])
            if all(values.get(each, value) == value for each, value in ({name: key} | inner).items())
        ]
    return found


def _is_possible(field: dict[str, Any] | None, value: str, default: Any) -> bool:
    """Return whether a field may have a value of a table. One that the model does not have has its default."""
    if field is None:
        return default is None or _text(default) == value
    return "enum" not in field or value in PRESENCE or value in map(_text, field["enum"])


def _by_quality(spans: dict[str, tuple[float, float]], rate: float) -> str:
    qualities: dict[str, list[str]] = {}
    for quality, (low, high) in spans.items():
        qualities.setdefault(_span(rate * low, rate * high), []).append(quality)
    return ", ".join(f"{text} ({', '.join(same)})" if any(same) else text for text, same in qualities.items())


def _extremes(factor: float | Sequence[float]) -> tuple[float, float]:
    numbers = [factor] if isinstance(factor, int | float) else factor
    return min(numbers, default=math.nan), max(numbers, default=math.nan)


def _span(low: float, high: float) -> str:
    return _number(low) if _number(low) == _number(high) else f"{_number(low)} to {_number(high)}"


def _number(value: float) -> str:
    return f"{round(value, 4):.10g}"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
