"""Describe the keywords of a schema in English, for the forms and the reference."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from evolink_mock.dashboard.template_filters import shorten

_MEGABYTE = 1_048_576


@dataclass(frozen=True)
class Mark:
    """A note that a rule was inferred, or that editions of the documentation contradict each other.

    Attributes:
        kind: `inferred` or `contested`.
        keyword: the schema keyword to which the note applies; empty if it applies to the whole schema.
        value: the value in force, if contested.
        other_value: the contradicting value, if contested.
        reason: why the rule was inferred, or which edition contradicts it.
    """

    kind: str
    keyword: str
    value: str
    other_value: str
    reason: str


def marks(schema: dict[str, Any]) -> list[Mark]:
    """Return the marks of a schema, from `x-inferred` and `x-contested`."""
    inferred = schema.get("x-inferred", {})
    reasons: dict[str, str] = {"": inferred} if isinstance(inferred, str) else inferred
    contested: dict[str, dict[str, Any]] = schema.get("x-contested", {})
    return [
        *(Mark("inferred", keyword, "", "", reason) for keyword, reason in reasons.items()),
        *(
            Mark("contested", keyword, _short(schema.get(keyword)), _short(other["value"]), other["source"])
            for keyword, other in contested.items()
        ),
    ]


def limits(schema: dict[str, Any]) -> Iterator[str]:
    """Yield the limits for a value, each as a phrase."""
    if "const" in schema:
        yield f"always {json.dumps(schema['const'])}"
    if "enum" in schema:
        yield f"one of {', '.join(json.dumps(value, ensure_ascii=False).strip(chr(34)) for value in schema['enum'])}"
    for low, high, unit in (
        ("minimum", "maximum", ""), ("minLength", "maxLength", " character"), ("minItems", "maxItems", " item"),
    ):  # fmt: skip
        if low in schema or high in schema:
            yield _range(schema.get(low), schema.get(high), unit)
    if "x-cut-after" in schema:
        chinese = f" ({schema['x-cut-after-chinese']} Chinese ones)" if "x-cut-after-chinese" in schema else ""
        yield f"cut after {schema['x-cut-after']} characters{chinese}"
    if "x-token-limit" in schema:
        yield f"at most {schema['x-token-limit']} tokens"
    if "format" in schema:
        yield f"format {schema['format']}"
    if "x-valid-seconds" in schema:
        yield f"valid for {schema['x-valid-seconds'] // 3600} h"
    yield from _media(schema.get("x-media", {}))


def rules_on_several_fields(schema: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the sentence of each rule on several fields of a model, with the reason if it was inferred."""
    entries = [entry for key in ("allOf", "x-ignored", "x-fails-later") for entry in schema.get(key, ())]
    return [
        (" ".join(entry["description"].split()), str(entry.get("x-inferred", "")))
        for entry in entries
        if "description" in entry
    ]


def exclusions(schema: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the values that a schema excludes, each with the reason if the exclusion was inferred."""
    excluded = schema.get("not", {})
    for choice in excluded.get("anyOf", [excluded] if excluded else []):
        if "description" in choice:
            yield choice["description"], choice.get("x-inferred", "")


def billing(schema: dict[str, Any]) -> Iterator[str]:
    """Yield sentences on how tasks of a model are charged, from `x-billing` and `x-price`."""
    rules = schema.get("x-billing")
    if rules is None:
        return
    unit = rules.get("unit", "second")
    if unit == "second":
        settled = rules["settled-on"].replace("-", " ")
        yield f"Credits are reserved by {_length(rules['reserved-from'])} and charged by {settled}."
    else:
        yield "No page says what is charged." if unit == "unknown" else f"Charged by the {unit}."
    for value, seconds in rules.get("reserved-values", {}).items():
        length = "the length of the input" if seconds == "input-seconds" else f"{seconds:g} s"
        yield f"{rules['reserved-from']} = {value} reserves credits for {length}."
    yield from _billed_input(rules.get("input"))
    for field, value in rules.get("dearer", {}).items():
        yield f"{field} = {_short(value)} raises the price."
    yield from _price(schema.get("x-price"))


def _length(rule: Any) -> str:
    """Describe a length: of a field, of files, or by the value of another field."""
    if not isinstance(rule, dict):
        return str(rule)
    known = cast("dict[str, Any]", rule)
    if "field" in known:
        text = str(known["field"])
    elif "task" in known:
        text = f"the video of the task in {known['task']}"
    elif "file" in known:
        files = known["file"]
        text = f"the length of {files if isinstance(files, str) else f'the shortest of {_all(files)}'}"
    else:
        [(field, choices)] = known.items()
        return ", or ".join(f"{_length(choice)} if {field} is {value}" for value, choice in choices.items())
    bounds = [
        f"{word} {known[key]:g} s" for key, word in (("at-least", "at least"), ("at-most", "at most")) if key in known
    ]
    return ", ".join([text, *bounds, *([f"in steps of {known['round-up-to']:g} s"] if "round-up-to" in known else [])])


def _billed_input(rule: dict[str, Any] | None) -> Iterator[str]:
    if rule is None:
        return
    limit = ""
    if caps := rule.get("cap-seconds-by-count"):
        each = ", ".join(f"{cap:g} s each for {count}{_plural(count, ' file')}" for count, cap in enumerate(caps, 1))
        limit = f", at most {each}"
    elif "cap-seconds-total" in rule:
        limit = f", together at most {rule['cap-seconds-total']:g} s"
    yield f"The lengths of the files in {rule['field']} are added{limit}."


def _price(price: dict[str, Any] | None) -> Iterator[str]:
    if price is None:
        return
    rules = f"(price rules of {price['date']})"
    if "rates" in price:
        rates = ", ".join(f"{rate:g} for {kind}" for kind, rate in price["rates"].items())
        yield f"1000 tokens cost these credits: {rates} {rules}."
        return
    names = [*price.get("factors", {}), *([price["times"]] if "times" in price else [])]
    times = f", times a factor for {_all(names)}" if names else ""
    least = f", but at least {price['minimum']:g}" if "minimum" in price else ""
    yield f"A {price['unit']} costs {price['rate']:g} credits{times}{least} {rules}."
    for field, table in price.get("factors", {}).items():
        yield f"Factors for {field}: {_factors(table)}."
    for field, extra in price.get("extras", {}).items():
        yield f"Each {extra['each']} by {field} costs {extra['credits']:g} credits more."
    if "files" in price:
        files = price["files"]
        free = f", of which {files['free']} are free" if "free" in files else ""
        yield f"Each file in {files['field']} costs {files['credits']:g} credits more{free}."


def _factors(table: dict[str, Any]) -> str:
    return ", ".join(f"{value} {_factor(factor)}" for value, factor in table.items())


def _factor(factor: Any) -> str:
    if isinstance(factor, dict):
        [(field, table)] = cast("dict[str, Any]", factor).items()
        return f"({field}: {_factors(table)})"
    return _either([f"{one:g}" for one in cast("list[float]", factor if isinstance(factor, list) else [factor])])


def delivery(schema: dict[str, Any]) -> Iterator[str]:
    """Yield sentences on how callbacks are delivered, from `x-delivery`."""
    rules = schema.get("x-delivery")
    if rules is None:
        return
    yield f"Sent when the task is {_either(rules['on'])}, after {rules['after']}."
    yield f"An attempt succeeds if a {rules['success']} response arrives within {rules['timeout-seconds']:g} s."
    waits = rules["retry-after-seconds"]
    yield f"A failed attempt is retried after {', '.join(f'{wait:g}' for wait in waits)} s: {len(waits) + 1} attempts."


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
    for keyword, unit, rest in (
        ("side-pixels", " pixel", " on each side"), ("width-pixels", " pixel", " wide"),
        ("short-side-pixels", " pixel", " on the shorter side"),
        ("pixels", " pixel", " in all"), ("ratio", "", " times as wide as high"), ("fps", " frame", " per second"),
        ("seconds", " second", " long"), ("total-seconds", " second", " in all"), ("max-pages", " page", ""),
    ):  # fmt: skip
        if keyword in rules:
            bounds = {"max": rules[keyword]} if keyword == "max-pages" else rules[keyword]
            least = f"over {bounds['over']}{_plural(bounds['over'], unit)}" if "over" in bounds else ""
            low, high = bounds.get("min"), bounds.get("max")
            span = "" if low is high is None else _range(low, high, unit)
            yield f"{' and '.join(filter(None, (least, span)))}{rest}"
    if rules.get("alpha") is False:
        yield "no transparency"
    if "reachable" in rules:
        yield "the URL shows the file or starts its download"


def _all(names: list[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def _either(names: list[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last


def _short(value: Any) -> str:
    return shorten(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), 120)
