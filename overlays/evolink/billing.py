"""Estimate what a request is charged: the seconds, from `x-billing` in the contract, and the credits, from `x-price`.

EvoLink documents no prices. The credits are computed from a dated snapshot of its public price rules.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import httpx
from attrs import field, frozen

from evolink import media
from evolink._contract import JSON, Contract
from evolink._editions import contract_with, edition_in_force
from evolink._media_fields import Source, field_value, find_sources, is_malformed, value_at
from evolink._numbers import real
from evolink._responses import is_object
from evolink._text import short_repr
from evolink._validation import Request, find_violations, to_body
from evolink.errors import ConfigurationError, CostLimitExceeded, InvalidMedia, InvalidRequest, Violation

# An upper bound that no duration and no amount of money reaches.
MAX_AMOUNT = 1e12


@frozen
class Estimate:
    """The charge for a request if its task completes. A task that fails costs nothing.

    Attributes:
        model: the requested model.
        reserved_seconds: the requested or documented duration, for which credits are reserved. The final charge depends
            on the video that is produced. If the model chooses the length, the seconds that are reserved for it. None
            if the request has no duration and no default is documented, or if the length of the input is not known.
        input_seconds: the billed seconds of the request's input files, up to their cap. 0 for a model that does not
            bill input files. None if their lengths are not known.
        surcharges: the fields that raise the price, by their value in the request or by their documented default.
        cost: `price_per_second` times the reserved and the input seconds. None if any of the three is not known.
            Pass a price that includes every surcharge listed in `surcharges`.
        credits: the charge in credits, by the price rules of `price_date`, not rounded. None if it is not known.
        max_credits: the most that the request can be charged: `credits`, or the charge for input files of unknown
            length, each as long as is billed at most. None if that is not known either.
        price_date: the day of the snapshot of EvoLink's public price rules, as in `2026-10-10`. No page states a price.
            None without a price for the model.
        assumed: the values with which `credits` is computed for absent fields without a documented default. They are
            the defaults of the price rules, and the server may choose others.
        unknown: why `credits` is None; empty if it is not.
    """

    model: str
    reserved_seconds: float | None
    input_seconds: float | None
    surcharges: tuple[str, ...]
    cost: float | None
    credits: float | None = None
    max_credits: float | None = None
    price_date: str | None = None
    assumed: dict[str, Any] = field(factory=dict[str, Any], hash=False)
    unknown: str = ""


def estimate(
    request: Request | Mapping[str, Any],
    *,
    input_seconds: Sequence[float] | None = None,
    price_per_second: float | None = None,
    edition: str | None = None,
) -> Estimate:
    """Estimate the charge for a request. Incomplete requests are accepted: only the billed fields are read.

    Args:
        request: a generated request object or its JSON object.
        input_seconds: the length of each billed file, in the order of the request; `measure` returns them.
        price_per_second: the price for the model with this request's options, in any currency. EvoLink documents none.
        edition: the edition of the documentation whose billing applies; see `EvoLink`.

    Raises:
        ConfigurationError: the edition is unknown.
        InvalidRequest: a billed field or an argument is invalid.
    """
    body = to_body(request)
    contract, schema, billing = _contract_and_billing(body, edition)
    price_of_second = _amount(price_per_second)
    if price_per_second is not None and price_of_second is None:
        raise _invalid("price_per_second", price_per_second, "must be a number, 0 or more")
    lengths = _checked_lengths(contract, body, _billed_input(schema), input_seconds)
    added = _input_seconds(_billed_input(schema), lengths)
    reserved = _reserved_seconds(contract, schema, body, lengths)
    total = None if reserved is None or added is None else reserved + added
    return Estimate(
        body["model"],
        _number(reserved),
        None if added is None else float(added),
        tuple(name for name, value in billing.get("dearer", {}).items() if field_value(contract, body, name) == value),
        None if total is None or price_of_second is None else float(total * price_of_second),
        **_priced(contract, schema, body, lengths),
    )


def check_cost(body: JSON, max_credits: float, edition: str | None = None) -> Estimate:
    """Refuse a request that may cost more than `max_credits`; return its estimate.

    Raises:
        ConfigurationError: `max_credits` is not a number of credits.
        CostLimitExceeded: the request may cost more, or its cost is not known.
    """
    limit = checked_max_credits(max_credits)
    try:
        result = estimate(body, edition=edition)
    except InvalidRequest as error:
        reason = "; ".join(violation._replace(next_step=None).describe() for violation in error.violations)
        raise CostLimitExceeded(limit, None, f"its cost cannot be known: {reason}") from None
    if result.max_credits is None:
        raise CostLimitExceeded(limit, result, f"its cost cannot be known: {result.unknown}")
    if Decimal(str(result.max_credits)) > Decimal(str(limit)):
        amount = f"{result.max_credits:.15g} credits by the price rules of {result.price_date}"
        why = "is estimated at" if result.credits is not None else "may cost up to"
        assumed = ", ".join(f"{name} {_json_text(value)}" for name, value in result.assumed.items())
        raise CostLimitExceeded(limit, result, f"it {why} {amount}{f' with {assumed}' if assumed else ''}")
    return result


def checked_max_credits(max_credits: float) -> float:
    """Return a limit in credits.

    Raises:
        ConfigurationError: it is not a number from 0 to 1e12.
    """
    limit = _amount(max_credits)
    if limit is None:
        raise ConfigurationError(
            f"max_credits must be a number of credits, 0 or more, not {short_repr(max_credits)}; omit it for no limit"
        )
    return float(limit)


def measure(
    request: Request | Mapping[str, Any],
    *,
    timeout: float = media.FETCH_SECONDS,
    transport: httpx.BaseTransport | None = None,
    allow_private: bool = False,
    edition: str | None = None,
) -> list[float]:
    """Measure the files that a request is billed for; returns their lengths in seconds, for `estimate`.

    Each file is a local path or a URL; see `evolink.media.probe`. `edition` is that of `estimate`.

    Raises:
        ConfigurationError: the edition is unknown.
        InvalidRequest: the list of files is invalid.
        InvalidMedia: the length of a file cannot be determined.
        MissingExtra: the extra `media` is not installed.
    """
    body = to_body(request)
    contract, schema, _ = _contract_and_billing(body, edition)
    sources = _files(contract, body, _billed_input(schema).get("field", ""))
    options: Any = {"timeout": timeout, "transport": transport, "allow_private": allow_private}
    files = [media.probe(source.value, **options) for source in sources]
    unknown = [
        Violation(source.name, "seconds", None, file.problem, "must be a file whose length can be determined")
        for source, file in zip(sources, files, strict=True)
        if file.seconds is None
    ]
    if unknown:
        raise InvalidMedia(unknown)
    return [file.seconds for file in files if file.seconds is not None]


def _contract_and_billing(body: JSON, edition: str | None) -> tuple[Contract, JSON, JSON]:
    """Return the contract that applies, the schema of the requested model and its `x-billing`.

    Raises:
        ConfigurationError: the edition is unknown.
        InvalidRequest: the model is unknown, or a billed field is invalid.
    """
    edition = edition_in_force(edition)
    contract = contract_with(body.get("model"), edition)
    schema: JSON = contract.models.get(str(body.get("model")), {})
    billing: JSON = schema.get("x-billing", {})
    price: JSON = schema.get("x-price", {})
    fields = {
        "model",
        billing.get("reserved-from"),
        price.get("seconds", {}).get("output"),
        *billing.get("dearer", {}),
        *_priced_fields(price.get("factors", {})),
    }
    name = _billed_input(schema).get("field", "")
    sources = _files(contract, body, name)
    violations = [
        violation
        for violation, other in find_violations(body, edition)
        if not other and (violation.field in fields or is_malformed(violation, [name] if name else [], sources))
    ]
    if violations:
        raise InvalidRequest(violations)
    return contract, schema, billing


def _billed_input(schema: JSON) -> JSON:
    """Return the rule on billed input files: that of the page, or else that of the price rules. Empty without one."""
    rule: JSON = schema.get("x-billing", {}).get("input") or schema.get("x-price", {}).get("seconds", {}).get("input")
    return rule or {}


def _checked_lengths(
    contract: Contract, body: JSON, rule: JSON, lengths: Sequence[float] | None
) -> list[Decimal] | None:
    """Return the lengths of the billed files; None if they are not given.

    Raises:
        InvalidRequest: a length is invalid, or their number differs from the number of files.
    """
    name = rule.get("field", "")
    count = len(_files(contract, body, name))
    if lengths is None:
        return None if count else []
    given: Any = lengths
    if not isinstance(given, list | tuple) or len(lengths) != count:
        fix = f"must have {count} numbers, one for each of {name}" if name else "must be omitted for this model"
        raise _invalid("input_seconds", lengths, fix)
    checked: list[Decimal] = []
    for index, length in enumerate(lengths):
        seconds = _amount(length)
        if seconds is None:
            raise _invalid(f"input_seconds[{index}]", length, "must be a number of seconds, 0 or more")
        checked.append(seconds)
    return checked


def _input_seconds(rule: JSON, lengths: list[Decimal] | None) -> Decimal | None:
    """Return the seconds that input files of these lengths add to the charge; None if the lengths are not given."""
    if lengths is None:
        return None
    caps: list[float] = rule.get("cap-seconds-by-count", [])
    if lengths and caps:
        cap = Decimal(str(caps[min(len(lengths), len(caps)) - 1]))
        lengths = [min(length, cap) for length in lengths]
    total = sum(lengths, Decimal(0))
    return min(total, Decimal(str(rule["cap-seconds-total"]))) if "cap-seconds-total" in rule else total


def _reserved_seconds(contract: Contract, schema: JSON, body: JSON, lengths: list[Decimal] | None) -> Decimal | None:
    """Return the seconds for which credits are reserved, as the page says; None if they are not known."""
    billing: JSON = schema.get("x-billing", {})
    seconds = _amount_or_negative(field_value(contract, body, billing.get("reserved-from", "")))
    special = _special(billing.get("reserved-values", {}), seconds)
    if special == "input-seconds":
        return sum(lengths, Decimal(0)) if lengths else None
    return seconds if special is None else Decimal(str(special))


def _priced(contract: Contract, schema: JSON, body: JSON, lengths: list[Decimal] | None) -> JSON:
    """Return the fields of an `Estimate` that depend on the price of the model."""
    price: JSON | None = schema.get("x-price")
    if price is None:
        return {"unknown": f"no price is known for {body['model']}"}
    assumed: JSON = {}
    result: JSON = {"price_date": price["date"], "assumed": assumed}

    def value_of(name: str) -> Any:
        value = value_at(body, name)
        if value is None and name in price.get("defaults", {}):
            documented = field_value(contract, body, name)
            value = price["defaults"][name]
            if documented != value:
                assumed[name] = value
        return field_value(contract, body, name) if value is None else value

    try:
        rate = Decimal(str(price["rate"])) * _factor(price.get("factors", {}), value_of)
        least, most = _quantities(contract, price, body, value_of, lengths)
    except _UnknownCost as error:
        return {**result, "unknown": f"by the price rules of {price['date']}, {error}"}
    minimum = Decimal(str(price.get("minimum", 0)))
    if most is not None:
        result["max_credits"] = float(max(minimum, most * rate))
    if least is None:
        return {**result, "unknown": f"it depends on the lengths of the files in {price['seconds']['input']['field']}"}
    return {**result, "credits": float(max(minimum, least * rate))}


class _UnknownCost(Exception):  # noqa: N818 - not an error of the caller
    """The price rules do not tell the cost. The message says why."""


def _quantities(
    contract: Contract, price: JSON, body: JSON, value_of: Callable[[str], Any], lengths: list[Decimal] | None
) -> tuple[Decimal | None, Decimal | None]:
    """Return the number of priced seconds or calls, and the most that it can be. None depends on unknown input lengths.

    Raises:
        _UnknownCost: the length of the output is not known.
    """
    if price["unit"] == "call":
        return Decimal(1), Decimal(1)
    rule: JSON = price["seconds"]
    seconds = _amount_or_negative(value_of(rule["output"]))
    special = _special(rule.get("values", {}), seconds)
    output = seconds if special is None else Decimal(str(special))
    if output is None or output < 0:
        raise _UnknownCost(f"the length of the video is not known without {rule['output']}")
    if "input" not in rule:
        return output, output
    if (added := _input_seconds(rule["input"], lengths)) is not None:
        return output + added, output + added
    endless = [Decimal("Infinity")] * len(_files(contract, body, rule["input"]["field"]))
    longest = _input_seconds(rule["input"], endless)
    return None, None if longest is None or longest.is_infinite() else output + longest


def _factor(factors: JSON, value_of: Callable[[str], Any]) -> Decimal:
    """Return the product of the factors for the values of a request.

    Raises:
        _UnknownCost: the table has no factor for a value.
    """
    product = Decimal(1)
    for name, table in factors.items():
        value = value_of(name)
        if value is None:
            raise _UnknownCost(f"it depends on {name}, which has no known default")
        factor: Any = table.get(_json_text(value))
        if factor is None:
            raise _UnknownCost(f"no price is known for {name} {short_repr(value)}")
        product *= _factor(factor, value_of) if is_object(factor) else Decimal(str(factor))
    return product


def _priced_fields(factors: JSON) -> Iterator[str]:
    """Yield the fields on which a price depends."""
    for name, table in factors.items():
        yield name
        for factor in table.values():
            if is_object(factor):
                yield from _priced_fields(factor)


def _special(values: JSON, number: Decimal | None) -> Any:
    """Return what a table has for a number; None if it has nothing."""
    return next((value for text, value in values.items() if number is not None and Decimal(text) == number), None)


def _files(contract: Contract, body: JSON, name: str) -> list[Source]:
    """Return the files in a field of any form."""
    return [source for source in find_sources(contract, body) if source.field == name]


def _json_text(value: Any) -> str:
    """Return a value as in the tables of factors: as JSON, but strings without quotes."""
    return value if isinstance(value, str) else json.dumps(value)


def _number(value: Decimal | None) -> float | None:
    """Return a number as an int if it is whole, else as a float."""
    if value is None:
        return None
    return int(value) if value == int(value) else float(value)


def _amount(value: Any) -> Decimal | None:
    """Return a number from 0 to `MAX_AMOUNT` as a Decimal, so that 3 x 1.65 is exactly 4.95. None for anything else."""
    number = real(value)
    return Decimal(str(number)) if number is not None and 0 <= number <= MAX_AMOUNT else None


def _amount_or_negative(value: Any) -> Decimal | None:
    """Return the value of a request field as a Decimal; None if it is not a number."""
    number = real(value)
    return Decimal(str(number)) if number is not None and abs(number) <= MAX_AMOUNT else None


def _invalid(field: str, value: Any, fix: str) -> InvalidRequest:
    return InvalidRequest([Violation(field, "type", None, short_repr(value), fix)])
