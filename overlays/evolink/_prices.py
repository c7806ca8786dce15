"""Compute seconds by an `x-billing` of the contract, and credits by an `x-price`. All arithmetic is exact."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

from evolink._contract import JSON
from evolink._json_values import is_list, is_mapping
from evolink._numbers import real
from evolink._text import short_repr

# An upper bound that no duration and no amount of money reaches.
MAX_AMOUNT = 1e12
ENDLESS = Decimal("Infinity")

_SOURCES = {"field", "file", "seconds", "task"}


class UnknownCost(Exception):  # noqa: N818 - not an error of the caller
    """The rules do not tell the cost. The message says why."""


class Basis(NamedTuple):
    """What a charge is computed from.

    Attributes:
        value: returns the value of a field, or its default; None without one.
        counts: the number of files in each field.
        lengths: the seconds of the files in each field. `ENDLESS` stands for a file of any length.
        dearest: whether a factor that is not certain is the largest possible one; otherwise it is the smallest.
    """

    value: Callable[[str], Any]
    counts: Mapping[str, int]
    lengths: Mapping[str, list[Decimal]]
    dearest: bool = False


def credits_for(price: JSON, basis: Basis) -> Decimal:
    """Return the credits of an `x-price`; `ENDLESS` if they depend on a file of any length.

    Raises:
        UnknownCost: the cost is not known in advance.
    """
    if price["unit"] == "1000 tokens":
        rates = ", ".join(f"{rate:.15g} for {kind}" for kind, rate in price["rates"].items())
        raise UnknownCost(f"it depends on the number of tokens, which is not known in advance; 1000 cost {rates}")
    rate = _exact(price["rate"]) * _factor(price.get("factors", {}), basis)
    if "times" in price:
        rate *= _number_in(price["times"], basis, "it depends on {}, which has no known default")
    total = rate if price["unit"] == "call" else _cost_of_seconds(price["seconds"], rate, basis)
    if "files" in price:
        rule: JSON = price["files"]
        charged = max(0, basis.counts.get(rule["field"], 0) - rule.get("free", 0))
        total += charged * _exact(rule["credits"])
    return max(total, _exact(price.get("minimum", 0)))


def output_seconds(rule: Any, basis: Basis) -> Decimal:
    """Return the seconds of a length: of the `reserved-from` of an `x-billing`, or the `output` of an `x-price`.

    Raises:
        UnknownCost: the request does not tell the length.
    """
    if isinstance(rule, str):
        return _number_in(rule, basis)
    if not _SOURCES & set(rule):
        [(name, choices)] = rule.items()
        return output_seconds(_chosen(name, choices, basis), basis)
    if "task" in rule:
        raise UnknownCost(f"it depends on the length of the video of the task in {rule['task']}")
    if "seconds" in rule:
        return _exact(rule["seconds"])
    seconds = _shortest(names_of(rule["file"]), basis) if "file" in rule else _number_in(rule["field"], basis)
    seconds = min(max(seconds, _exact(rule.get("at-least", 0))), _exact(rule.get("at-most", ENDLESS)))
    return rounded(seconds, rule)


def input_seconds(rule: JSON, basis: Basis, output: Decimal = ENDLESS) -> Decimal:
    """Return the seconds that the files of an `input` add to those of the video, which are `output`."""
    lengths = basis.lengths.get(rule["field"], [])
    caps: list[float] = rule.get("cap-seconds-by-count", [])
    if not lengths:
        return Decimal(0)
    if caps:
        cap = _exact(caps[min(len(lengths), len(caps)) - 1])
        lengths = [min(length, cap) for length in lengths]
    total = min(sum(lengths, Decimal(0)), _exact(rule.get("cap-seconds-total", ENDLESS)))
    return rounded(max(total, output) if "at-least" in rule else total, rule)


def rounded(seconds: Decimal, rule: JSON) -> Decimal:
    """Round seconds as a rule says; without a word in it, they stay as they are."""
    for key, rounding in (("round-up-to", ROUND_CEILING), ("round-to", ROUND_HALF_UP)):
        if key in rule and seconds.is_finite():
            step = _exact(rule[key])
            return (seconds / step).to_integral_value(rounding) * step
    return seconds


def read_fields(price: JSON) -> Iterator[str]:
    """Yield the fields whose values an `x-price` reads. Fields with files are not among them."""
    yield from _fields_of_factors(price.get("factors", {}))
    yield from [price["times"]] if "times" in price else []
    yield from price.get("extras", {})
    seconds: JSON = price.get("seconds", {})
    yield from _fields_of_factors(seconds.get("input", {}).get("rates", {}))
    yield from fields_of_length(seconds.get("output"))


def fields_of_length(length: Any) -> Iterator[str]:
    """Yield the fields whose values a length depends on. Fields with files are not among them."""
    for rule in _lengths(length):
        yield from [rule] if isinstance(rule, str) else []
        if is_mapping(rule):
            yield from [rule["field"]] if "field" in rule else []
            yield from [] if _SOURCES & set(rule) else rule


def measured_fields(billing: JSON, price: JSON) -> Iterator[str]:
    """Yield the fields whose files are charged by their length, perhaps more than once."""
    seconds: JSON = price.get("seconds", {})
    for rule in (*_lengths(billing.get("reserved-from")), *_lengths(seconds.get("output"))):
        if is_mapping(rule) and "file" in rule:
            yield from names_of(rule["file"])
    for holder in (billing, seconds):
        yield from [holder["input"]["field"]] if "input" in holder else []


def counted_fields(price: JSON) -> Iterator[str]:
    """Yield the fields whose files are charged by their number."""
    yield from [price["files"]["field"]] if "files" in price else []


def unmeasured_seconds(price: JSON, basis: Basis) -> Decimal | None:
    """Return the seconds that are reserved for files of unknown length; None if nothing is said about them."""
    rule: Any = price.get("seconds", {}).get("output", "")
    if is_mapping(rule) and not _SOURCES & set(rule):
        [(name, choices)] = rule.items()
        rule = _chosen(name, choices, basis)
    return _exact(rule["unmeasured"]) if is_mapping(rule) and "unmeasured" in rule else None


def names_of(files: Any) -> list[str]:
    """Return the fields that a `file` names."""
    return [files] if isinstance(files, str) else list(files)


def as_key(value: Any) -> str:
    """Return a value as in the tables of a price: as JSON, but text without quotes, so that 4 and "4" are the same."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, str) else json.dumps(value)


def special(values: JSON, number: Decimal | None) -> Any:
    """Return what a table has for a number; None if it has nothing."""
    return next((value for text, value in values.items() if number is not None and Decimal(text) == number), None)


def amount(value: Any) -> Decimal | None:
    """Return a number up to `MAX_AMOUNT`, perhaps negative, as a Decimal; None for anything else."""
    number = real(value)
    return Decimal(str(number)) if number is not None and abs(number) <= MAX_AMOUNT else None


def _cost_of_seconds(rule: JSON, rate: Decimal, basis: Basis) -> Decimal:
    output = _output(rule, basis)
    if "input" not in rule:
        return rate * rounded(output, rule)
    added = input_seconds(rule["input"], basis, output)
    if "rates" not in rule["input"]:
        return rate * rounded(output + added, rule)
    return rate * rounded(output, rule) + (_factor(rule["input"]["rates"], basis) * added if added else 0)


def _output(rule: JSON, basis: Basis) -> Decimal:
    output: Any = rule["output"]
    name = output.get("field", "") if is_mapping(output) else output
    reserved = special(rule.get("values", {}), amount(basis.value(name)) if name else None)
    return output_seconds(output, basis) if reserved is None else _exact(reserved)


def _factor(factors: JSON, basis: Basis) -> Decimal:
    """Return the product of the factors for the values of a request.

    Raises:
        UnknownCost: a table has no factor for a value.
    """
    product = Decimal(1)
    for name, table in factors.items():
        factor = _chosen(name, table, basis)
        if is_mapping(factor):
            product *= _factor(dict(factor), basis)
        elif is_list(factor):
            product *= _exact(max(factor) if basis.dearest else min(factor))
        else:
            product *= _exact(factor)
    return product


def _chosen(name: str, table: Mapping[str, Any], basis: Basis) -> Any:
    """Return the member of a table for the value of a field, or for its presence."""
    value = basis.value(name)
    is_absent = value is None or value == []
    keys = ["absent"] if is_absent else [as_key(value), "given"]
    for key in keys:
        if key in table:
            return table[key]
    if is_absent:
        raise UnknownCost(f"it depends on {name}, which has no known default")
    raise UnknownCost(f"no price is known for {name} {short_repr(value)}")


def _number_in(name: str, basis: Basis, unknown: str = "the length of the video is not known without {}") -> Decimal:
    number = amount(basis.value(name))
    if number is None or number < 0:
        raise UnknownCost(unknown.format(name))
    return number


def _shortest(names: list[str], basis: Basis) -> Decimal:
    for name in names:
        if not basis.lengths.get(name):
            raise UnknownCost(f"the length of the video is not known without {name}")
    return min(sum(basis.lengths[name], Decimal(0)) for name in names)


def _lengths(rule: Any) -> Iterator[Any]:
    """Yield a rule on a length, and all that it chooses from."""
    if rule is not None:
        yield rule
    if is_mapping(rule) and not _SOURCES & set(rule):
        for choices in rule.values():
            for choice in choices.values():
                yield from _lengths(choice)


def _fields_of_factors(factors: Mapping[str, Any]) -> Iterator[str]:
    for name, table in factors.items():
        yield name
        for factor in table.values():
            if is_mapping(factor):
                yield from _fields_of_factors(factor)


def _exact(number: Any) -> Decimal:
    return number if isinstance(number, Decimal) else Decimal(str(number))
