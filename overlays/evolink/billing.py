"""Estimate what a request is charged: the seconds, from `x-billing` in the contract, and the credits, from `x-price`.

EvoLink documents no prices. The credits are computed from a dated snapshot of its public price rules.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import ROUND_FLOOR, Decimal
from functools import partial
from typing import Any

import httpx
from attrs import field, frozen

from evolink import media
from evolink._contract import JSON, Contract
from evolink._editions import contract_with, edition_in_force
from evolink._media_fields import Source, field_value, find_sources, is_malformed, value_at
from evolink._prices import (
    ENDLESS,
    Basis,
    UnknownCost,
    amount,
    as_key,
    counted_fields,
    credits_for,
    fields_of_length,
    measured_fields,
    output_seconds,
    read_fields,
    special,
    unmeasured_seconds,
)
from evolink._prices import input_seconds as added_seconds
from evolink._text import short_repr
from evolink._validation import Request, find_violations, to_body
from evolink.errors import ConfigurationError, CostLimitExceeded, InvalidMedia, InvalidRequest, Violation


@frozen
class Estimate:
    """The charge for a request if its task completes. A task that fails costs nothing.

    Attributes:
        model: the requested model.
        reserved_seconds: the requested or documented duration, for which credits are reserved. The final charge depends
            on the video that is produced. If the model chooses the length, the seconds that are reserved for it. None
            if the request has no duration and no default is documented, if the length of the input is not known, or if
            the page does not charge by the second.
        input_seconds: the billed seconds of the request's input files, up to their cap, in addition to
            `reserved_seconds`. 0 for a model that does not bill input files, or charges nothing but their length. None
            if their lengths are not known.
        surcharges: the fields that raise the price, by their value in the request or by their documented default.
        cost: `price_per_second` times the reserved and the input seconds. None if any of the three is not known.
            Pass a price that includes every surcharge listed in `surcharges`.
        credits: the charge in credits, by the price rules of `price_date`, not rounded. None if it is not known.
        max_credits: the most that the request can be charged: `credits`, or the charge for input files of unknown
            length, each as long as its page allows or as is billed at most. None if that is not known either.
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
    contract, schema = _checked_model(body, edition)
    billing: JSON = schema.get("x-billing", {})
    price_of_second = _amount(price_per_second)
    if price_per_second is not None and price_of_second is None:
        raise _invalid("price_per_second", price_per_second, "must be a number, 0 or more")
    sources = _billed_files(contract, schema, body)
    lengths = _checked_lengths(schema, sources, input_seconds)
    reserved, added = _documented_seconds(contract, schema, body, lengths)
    total = None if reserved is None or added is None else reserved + added
    return Estimate(
        body["model"],
        _number(reserved),
        None if added is None else float(added),
        tuple(
            name
            for name, value in billing.get("dearer", {}).items()
            if as_key(field_value(contract, body, name)) == as_key(value)
        ),
        None if total is None or price_of_second is None else float(total * price_of_second),
        **_priced(contract, schema, body, _longest(sources) if lengths is None else lengths, known=lengths is not None),
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
        assumed = ", ".join(f"{name} {as_key(value)}" for name, value in result.assumed.items())
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
    contract, schema = _checked_model(body, edition)
    sources = _billed_files(contract, schema, body)
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


def _checked_model(body: JSON, edition: str | None) -> tuple[Contract, JSON]:
    """Return the contract that applies and the schema of the requested model.

    Raises:
        ConfigurationError: the edition is unknown.
        InvalidRequest: the model is unknown, or a billed field is invalid.
    """
    edition = edition_in_force(edition)
    contract = contract_with(body.get("model"), edition)
    schema: JSON = contract.models.get(str(body.get("model")), {})
    billing: JSON = schema.get("x-billing", {})
    price: JSON = schema.get("x-price", {})
    fields = {"model", *billing.get("dearer", {}), *read_fields(price)}
    fields.update(fields_of_length(billing.get("reserved-from")))
    names = {*measured_fields(billing, price), *counted_fields(price)}
    sources = [source for source in find_sources(contract, body) if source.field in names]
    violations = [
        violation
        for violation, other in find_violations(body, edition)
        if not other and (violation.field in fields or is_malformed(violation, names, sources))
    ]
    if violations:
        raise InvalidRequest(violations)
    return contract, schema


def _billed_files(contract: Contract, schema: JSON, body: JSON) -> list[Source]:
    """Return the files of a request that are charged by their length, in the order of the contract."""
    names = set(measured_fields(schema.get("x-billing", {}), schema.get("x-price", {})))
    return [source for source in find_sources(contract, body) if source.field in names]


def _checked_lengths(
    schema: JSON, sources: list[Source], lengths: Sequence[float] | None
) -> dict[str, list[Decimal]] | None:
    """Return the lengths of the billed files by field; None if they are not given.

    Raises:
        InvalidRequest: a length is invalid, or their number differs from the number of files.
    """
    if lengths is None:
        return None if sources else {}
    given: Any = lengths
    if not isinstance(given, list | tuple) or len(lengths) != len(sources):
        names = dict.fromkeys(measured_fields(schema.get("x-billing", {}), schema.get("x-price", {})))
        one_each = f"must have {len(sources)} numbers, one for each of {' and '.join(names)}"
        raise _invalid("input_seconds", lengths, one_each if names else "must be omitted for this model")
    checked: dict[str, list[Decimal]] = {}
    for index, (source, length) in enumerate(zip(sources, lengths, strict=True)):
        seconds = _amount(length)
        if seconds is None:
            raise _invalid(f"input_seconds[{index}]", length, "must be a number of seconds, 0 or more")
        checked.setdefault(source.field, []).append(seconds)
    return checked


def _longest(sources: list[Source]) -> dict[str, list[Decimal]]:
    """Return the greatest lengths of files of unknown length, by field: those that the page allows."""
    longest: dict[str, list[Decimal]] = {}
    for source in sources:
        limit = source.limits.get("seconds", {}).get("max")
        longest.setdefault(source.field, []).append(ENDLESS if limit is None else Decimal(str(limit)))
    for source in sources:
        lengths = longest[source.field]
        total = Decimal(str(source.limits.get("total-seconds", {}).get("max", ENDLESS)))
        if sum(lengths) > total:
            share = (total / len(lengths)).quantize(Decimal("0.001"), ROUND_FLOOR)
            longest[source.field] = [total - share * (len(lengths) - 1), *[share] * (len(lengths) - 1)]
    return longest


def _documented_seconds(
    contract: Contract, schema: JSON, body: JSON, lengths: dict[str, list[Decimal]] | None
) -> tuple[Decimal | None, Decimal | None]:
    """Return the seconds for which credits are reserved and those of the input, as the page says; None if not known."""
    billing: JSON = schema.get("x-billing", {})
    rule: JSON = billing.get("input") or schema.get("x-price", {}).get("seconds", {}).get("input") or {}
    basis = Basis(partial(field_value, contract, body), {}, lengths or {})
    added = added_seconds(rule, basis, Decimal(0)) if rule and lengths is not None else None
    if not rule or not any(source.field == rule["field"] for source in find_sources(contract, body)):
        added = Decimal(0)
    reserved: Any = billing.get("reserved-from", "")
    if not isinstance(reserved, str):
        try:
            return output_seconds(reserved, basis), added
        except UnknownCost:
            return None, added
    seconds = amount(basis.value(reserved)) if reserved else None
    instead = special(billing.get("reserved-values", {}), seconds)
    if instead == "input-seconds":
        given = sum((lengths or {}).get(rule.get("field", ""), []), Decimal(0))
        return given or None, added
    return seconds if instead is None else Decimal(str(instead)), added


def _priced(contract: Contract, schema: JSON, body: JSON, lengths: dict[str, list[Decimal]], *, known: bool) -> JSON:
    """Return the fields of an `Estimate` that depend on the price of the model.

    Args:
        contract: the contract that applies.
        schema: the schema of the model.
        body: the request.
        lengths: the lengths of the billed files, or the greatest that are possible.
        known: whether they are the lengths.
    """
    price: JSON | None = schema.get("x-price")
    if price is None:
        return {"unknown": f"no price is known for {body['model']}; EvoLink's public price rules state none"}
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

    counts = Counter(source.field for source in find_sources(contract, body))
    basis = Basis(value_of, counts, lengths)
    try:
        least, most = credits_for(price, basis), credits_for(price, basis._replace(dearest=True))
    except UnknownCost as error:
        return {**result, "unknown": f"by the price rules of {price['date']}, {error}"}
    reason = _why_uncertain(price, basis, least, most, known=known)
    extras = [name for name in price.get("extras", {}) if value_of(name) is True]
    for name in extras:
        extra: JSON = price["extras"][name]
        reason = f"{extra['credits']:.15g} credits are added for each {extra['each']} that {name} leads to, to "
        reason += f"{float(least):.15g} credits; their number is not known in advance"
    if most.is_finite() and not extras:
        result["max_credits"] = float(most)
    return {**result, "unknown": reason} if reason else {**result, "credits": float(least)}


def _why_uncertain(price: JSON, basis: Basis, least: Decimal, most: Decimal, *, known: bool) -> str:
    """Return why the credits are not known, although the price is; empty if they are."""
    if known:
        return "" if least == most else f"it may be from {float(least):.15g} to {float(most):.15g}, by the files"
    reason = f"it depends on the lengths of the files in {' and '.join(basis.lengths)}"
    seconds = unmeasured_seconds(price, basis)
    if seconds is None:
        return reason
    reserved = credits_for(price, basis._replace(lengths={name: [seconds] for name in basis.lengths}))
    return f"{reason}; {float(reserved):.15g} credits are reserved if they cannot be measured"


def _number(value: Decimal | None) -> float | None:
    """Return a number as an int if it is whole, else as a float."""
    if value is None:
        return None
    return int(value) if value == int(value) else float(value)


def _amount(value: Any) -> Decimal | None:
    """Return a number, 0 or more, as a Decimal, so that 3 x 1.65 is exactly 4.95. None for anything else."""
    number = amount(value)
    return number if number is not None and number >= 0 else None


def _invalid(field: str, value: Any, fix: str) -> InvalidRequest:
    return InvalidRequest([Violation(field, "type", None, short_repr(value), fix)])
