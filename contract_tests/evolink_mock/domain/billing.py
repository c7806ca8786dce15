"""The price of a task: in credits by the `x-price` of its model in the contract, or one credit a second without one.

The arithmetic is independent of the SDK's, so that the one checks the other.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from functools import cached_property, lru_cache
from typing import Any, NamedTuple, cast

# Without a price. It reproduces the documented example: 5 credits for 5 seconds.
CREDITS_PER_SECOND = 1
# The factor for a value documented as more expensive. Not documented either.
SURCHARGE_FACTOR = 2
# Used for a request without a length, and for a length that the model chooses. No default is documented, but all
# examples have 5.
DEFAULT_SECONDS = 5
# The request field with the length of a video, if no page says for which field credits are reserved.
LENGTH = "duration"

Lengths = Mapping[str, Sequence[float]]
"""The lengths of input files in seconds, by the request field."""


class Terms(NamedTuple):
    """How seconds become credits, where a price does not just multiply them. Shared by the charges of a model.

    Attributes:
        least, most: the bounds of the charged seconds of video.
        step: the multiples to which the seconds are rounded; None for no rounding.
        rounding: how, as a rounding mode of `decimal`.
        input_at_least_video: whether input files count as at least as long as the video.
        input_rate: the credits for a second of input; None for those of a second of video.
        fixed: the credits that do not depend on seconds.
        page: the bounds and steps of the reserved seconds on the page, if the price has others; None if it has not.
        keeps_seconds: whether the final charge is for the reserved seconds, whatever is produced.
        reserves_input: whether the length of the input is known when credits are reserved.
    """

    least: Decimal = Decimal(0)
    most: Decimal = Decimal("Infinity")
    step: Decimal | None = None
    rounding: str = ROUND_CEILING
    input_at_least_video: bool = False
    input_rate: Decimal | None = None
    fixed: Decimal = Decimal(0)
    page: Length | None = None
    keeps_seconds: bool = False
    reserves_input: bool = False


PLAIN = Terms()


@dataclass(frozen=True)
class Charge:
    """The basis of a charge.

    Attributes:
        seconds: the seconds of video.
        input_seconds: the charged seconds of input files.
        rate: the credits per second.
        minimum: the least credits.
        price_date: the day of the prices; None if no price is known.
        terms: what else the price depends on.
    """

    seconds: float
    input_seconds: float
    rate: Decimal | float
    minimum: Decimal | float = 0
    price_date: str | None = None
    terms: Terms = PLAIN

    @cached_property
    def credits(self) -> float:
        """The total credits, not rounded."""
        return self._credits(self.input_seconds)

    @cached_property
    def reserved_credits(self) -> float:
        """The credits to reserve: without input files, unless their lengths must be known for it."""
        return self.credits if self.terms.reserves_input else self._credits(0)

    @property
    def reserved_seconds(self) -> float:
        """The seconds of video for which credits are reserved, as the page counts them."""
        return self.seconds if self.terms.page is None else self.terms.page.bounded(self.seconds)

    @property
    def settled_seconds(self) -> float:
        """The seconds of video in the final charge, as the page counts them."""
        return self.reserved_seconds if self.terms.keeps_seconds else self.seconds

    def settled(self, produced: float) -> Charge:
        """Return the final charge for a video of a number of seconds."""
        return self if self.seconds == produced or self.terms.keeps_seconds else replace(self, seconds=produced)

    def _credits(self, input_seconds: float) -> float:
        seconds, added, rate = _exact(self.seconds), _exact(input_seconds), _exact(self.rate)
        exact = (seconds + added) * rate if self.terms is PLAIN else self._by_terms(seconds, added, rate)
        number = float(max(exact, _exact(self.minimum)))
        return int(number) if number.is_integer() else number

    def _by_terms(self, seconds: Decimal, added: Decimal, rate: Decimal) -> Decimal:
        terms = self.terms
        seconds = min(max(seconds, terms.least), terms.most)
        if terms.input_at_least_video:
            added = max(added, seconds)
        if terms.input_rate is not None:
            return terms.fixed + seconds * rate + added * terms.input_rate
        return terms.fixed + _rounded(seconds + added, terms.step, terms.rounding) * rate


NO_CHARGE = Charge(0, 0, 0)
# Most tasks cost the same as an earlier one, whose credits are computed already.
_shared_charge = lru_cache(maxsize=1000)(Charge)


class Length(NamedTuple):
    """A length that a rule describes with more than the name of a field.

    Attributes:
        files: the request fields whose files have it: all in a field together, and the shortest of several fields.
        fixed: the seconds if they are always the same.
        least, most: its bounds.
        step: the multiples to which it is rounded up; None for no rounding.
        unmeasured: the seconds for files of unknown length; None if nothing is said about them.
    """

    files: tuple[str, ...] = ()
    fixed: float | None = None
    least: float = 0
    most: float = math.inf
    step: Decimal | None = None
    unmeasured: float | None = None

    @classmethod
    def parse(cls, rule: dict[str, Any]) -> Length:
        """Parse a length of the contract that is an object."""
        files = rule.get("file", ())
        return cls(
            (files,) if isinstance(files, str) else tuple(files),
            rule.get("seconds"),
            rule.get("at-least", 0),
            rule.get("at-most", math.inf),
            _step(rule, "round-up-to"),
            rule.get("unmeasured"),
        )

    def seconds(self, lengths: Lengths) -> float | None:
        """Return the length; None if it is not known, or is that in a field."""
        if not self.files or not all(lengths.get(field) for field in self.files):
            return self.unmeasured if self.fixed is None else self.fixed
        return self.bounded(float(min(sum(map(_exact, lengths[field])) for field in self.files)))

    def bounded(self, seconds: float) -> float:
        """Return a number of seconds within the bounds, and rounded up."""
        return float(_rounded(_exact(min(max(seconds, self.least), self.most)), self.step, ROUND_CEILING))


class BillingRules(NamedTuple):
    """The rules by which tasks of one model are charged.

    Attributes:
        reserved_from: the request field with the number of seconds to reserve credits for.
        reserved_values: the values of that field which are not a length, with the seconds to reserve for each.
        input_field: the request field whose files are charged too; None if no field is.
        input_caps: the maximum of charged seconds per file; the n-th entry applies to n files. Empty without caps.
        input_cap_total: the maximum of charged seconds of all files together; None without one.
        input_step: the multiples to which the charged seconds of all files are rounded up; None for no rounding.
        surcharges: the values of request fields that raise the price, if the price is not known.
        price: the `x-price` of the model, whose amounts are exact; None for one credit a second.
        per_call: whether a task without a price costs the same, whatever its length.
        length: the length of the video if it is not that in `reserved_from`.
        length_by: a field, and such a length for each of its values, instead of `length`.
        terms: the terms of the price that do not depend on the request.
        has_terms: whether these, or those that do depend on it, are not plain.
    """

    reserved_from: str
    input_field: str | None
    input_caps: tuple[float, ...]
    surcharges: dict[str, Any]
    reserved_values: Mapping[float, float | str] = {}
    input_cap_total: float | None = None
    price: dict[str, Any] | None = None
    input_step: Decimal | None = None
    per_call: bool = False
    length: Length | None = None
    length_by: tuple[str, Mapping[str, Length]] | None = None
    terms: Terms = PLAIN
    has_terms: bool = False

    @classmethod
    def parse(cls, billing: dict[str, Any], price: dict[str, Any] | None = None) -> BillingRules:
        """Parse an `x-billing` of the contract, and an `x-price`, whose rules take precedence if it has a rate."""
        if price is not None and "rate" not in price:  # the price of something that only the server can count
            price = None
        seconds: dict[str, Any] = {} if price is None else price.get("seconds", {})
        inputs: dict[str, Any] = billing.get("input", {}) if price is None else seconds.get("input", {})
        values: dict[str, Any] = billing.get("reserved-values", {}) | seconds.get("values", {})
        output: Any = seconds.get("output", billing.get("reserved-from", LENGTH))
        length, length_by, terms = None, None, Terms()
        if isinstance(output, dict):
            rule = cast("dict[str, Any]", output)
            if rule.keys() & {"field", "file", "seconds", "task"}:
                length = Length.parse(rule)
                terms = Terms(_exact(length.least), _exact(length.most))
            else:
                [(field, choices)] = rule.items()
                length_by = field, {value: Length.parse(choice) for value, choice in choices.items()}
            output = rule.get("field", LENGTH)
        lengths = _lengths(length, length_by)
        reserved = billing.get("reserved-from")
        page = (
            Length.parse(cast("dict[str, Any]", reserved))
            if isinstance(reserved, dict) and "file" in reserved
            else None
        )
        terms = terms._replace(
            page=page and page._replace(files=()),
            step=_step(seconds, "round-up-to") or _step(seconds, "round-to"),
            rounding=ROUND_HALF_UP if "round-to" in seconds else ROUND_CEILING,
            keeps_seconds=billing.get("settled-on") == "input-seconds",
            reserves_input=any(one.files for one in lengths),
        )
        return cls(
            output,
            inputs.get("field"),
            tuple(inputs.get("cap-seconds-by-count", ())),
            billing.get("dearer", {}),
            {float(value): reserved for value, reserved in values.items()},
            inputs.get("cap-seconds-total"),
            price
            and price
            | {"input-rates": _exact_numbers(inputs.get("rates"))}
            | {key: _exact_numbers(price[key]) for key in ("rate", "minimum", "factors", "files") if key in price},
            _step(inputs, "round-up-to"),
            billing.get("unit") == "call",
            length,
            length_by,
            terms,
            terms != PLAIN or "at-least" in inputs or "rates" in inputs or "files" in (price or {}),
        )

    @property
    def files(self) -> set[str]:
        """The request fields whose files are charged by their length."""
        lengths = _lengths(self.length, self.length_by)
        return {*(field for length in lengths for field in length.files), *filter(None, [self.input_field])}

    def charge(self, seconds: float, request: dict[str, Any], defaults: dict[str, Any], lengths: Lengths) -> Charge:
        """Return the charge for a number of seconds. `lengths` are those of the input files."""
        rate = self.rate(request, defaults)
        added = self.input_seconds(lengths.get(self.input_field, ())) if self.input_field else 0
        if self.price is None:
            if self.per_call:
                return _shared_charge(seconds, added, 0, DEFAULT_SECONDS * rate)
            return _shared_charge(seconds, added, rate, 0, None, *self._terms(request, defaults))
        minimum = self.price.get("minimum", Decimal(0))
        if self.price["unit"] == "call":
            return _shared_charge(seconds, added, 0, max(minimum, _exact(rate)), self.price["date"])
        return _shared_charge(seconds, added, rate, minimum, self.price["date"], *self._terms(request, defaults))

    def measured(self, charge: Charge, produced: float, lengths: Lengths, length: float | None) -> Charge:
        """Return the final charge, now that the lengths of the input files are known.

        Args:
            charge: the charge without them.
            produced: the seconds of the video.
            lengths: the lengths of the input files.
            length: the length of the video that they determine; None if they do not.
        """
        seconds = produced if length is None or not charge.terms.keeps_seconds else length
        added = self.input_seconds(lengths.get(self.input_field, ())) if self.input_field else 0
        return replace(charge, seconds=seconds, input_seconds=added)

    def input_seconds(self, lengths: Sequence[float]) -> float:
        """Return the charged seconds for input files of these lengths in seconds."""
        if not lengths:
            return 0
        if self.input_caps:
            cap = self.input_caps[min(len(lengths), len(self.input_caps)) - 1]
            lengths = [min(length, cap) for length in lengths]
        total = sum(lengths) if self.input_cap_total is None else min(sum(lengths), self.input_cap_total)
        total = round(total, 6)
        return total if self.input_step is None else float(_rounded(_exact(total), self.input_step, ROUND_CEILING))

    def reserved_seconds(self, request: dict[str, Any], defaults: dict[str, Any], lengths: Lengths) -> float:
        """Return the seconds of video for which credits are reserved. `lengths` are those of the input files."""
        known = self.other_seconds(request, defaults, lengths) if self.length or self.length_by else None
        if known is not None or self.terms.reserves_input:
            return known or DEFAULT_SECONDS
        length = self._length(request, self._price_defaults, defaults)
        reserved = self.reserved_values.get(length, length)
        if isinstance(reserved, str):
            return sum(lengths.get(self.input_field or "", ())) or DEFAULT_SECONDS
        return reserved

    def other_seconds(self, request: dict[str, Any], defaults: dict[str, Any], lengths: Lengths) -> float | None:
        """Return the length of a video that is not in `reserved_from`; None if it is there, or not known."""
        length = self.length
        if self.length_by is not None:
            field, choices = self.length_by
            length = _chosen(choices, _value({**defaults, **request}, field))
        return None if length is None else length.seconds(lengths)

    def produced_seconds(self, request: dict[str, Any], defaults: dict[str, Any], lengths: Lengths) -> int:
        """Return the length of the video of a completed task. `lengths` are those of the input files."""
        if self.terms.reserves_input and not all(lengths.get(field) for field in self.files):
            return DEFAULT_SECONDS
        known = self.other_seconds(request, defaults, lengths) if self.length or self.length_by else None
        if known is not None:
            return max(1, int(known + 0.5))
        length = self._length(request, defaults, self._price_defaults)
        if length not in self.reserved_values and length >= 1:
            return int(length)
        inputs = lengths.get(self.input_field or "", ())
        return max(1, int(self.input_seconds(inputs))) if length == 0 and inputs else DEFAULT_SECONDS

    def rate(self, request: dict[str, Any], defaults: dict[str, Any]) -> Decimal | float:
        """Return the credits per second of a request; an absent field has its value in `defaults`."""
        if self.price is not None:
            values = {**defaults, **self.price.get("defaults", {}), **request}
            rate_of_second: Decimal = self.price["rate"] * _factor(self.price.get("factors", {}), values)
            return (
                rate_of_second * _exact(_value(values, self.price["times"]) or 1)
                if "times" in self.price
                else rate_of_second
            )
        rate: float = CREDITS_PER_SECOND
        for field, expensive in self.surcharges.items():
            value = _value(request, field)
            is_usual = _text(_value(defaults, field)) == _text(expensive)
            is_dearer = is_usual if value is None else _text(value) == _text(expensive)
            if is_dearer != is_usual:
                rate *= SURCHARGE_FACTOR if is_dearer else 1 / SURCHARGE_FACTOR
        return rate

    def _terms(self, request: dict[str, Any], defaults: dict[str, Any]) -> tuple[Terms] | tuple[()]:
        """Return the terms of the price for a request; none if they are plain."""
        if not self.has_terms:
            return ()
        price: dict[str, Any] = self.price or {}
        inputs: dict[str, Any] = price.get("seconds", {}).get("input", {})
        values = {**defaults, **self._price_defaults, **request}
        terms = self.terms._replace(
            fixed=_cost_of_files(price["files"], values) if "files" in price else Decimal(0),
            input_rate=_factor(price["input-rates"], values) if "rates" in inputs else None,
            input_at_least_video="at-least" in inputs and bool(_value(values, inputs["field"])),
        )
        return (terms,)

    @property
    def _price_defaults(self) -> dict[str, Any]:
        return {} if self.price is None else self.price.get("defaults", {})

    def _length(self, *values: dict[str, Any]) -> float:
        """Return the number in the field with the length, from the first that has it."""
        length = next((each[self.reserved_from] for each in values if self.reserved_from in each), None)
        return length if isinstance(length, int | float) and not isinstance(length, bool) else DEFAULT_SECONDS


def _factor(factors: dict[str, Any], values: dict[str, Any]) -> Decimal:
    """Return the product of the factors for the values of a request; a value without a factor has 1."""
    product = Decimal(1)
    for field, table in factors.items():
        factor: Any = _chosen(table, _value(values, field)) or 1
        if isinstance(factor, dict):
            factor = _factor(cast("dict[str, Any]", factor), values)
        elif isinstance(factor, tuple):  # a mock does not know which of them applies, and charges little
            factor = min(cast("tuple[Decimal, ...]", factor))
        product *= factor
    return product


def _lengths(length: Length | None, length_by: tuple[str, Mapping[str, Length]] | None) -> Collection[Length]:
    """Return every length that a video may have by its rule; none if it is that in a field."""
    if length is not None:
        return [length]
    return [] if length_by is None else length_by[1].values()


def _cost_of_files(rule: dict[str, Any], values: dict[str, Any]) -> Decimal:
    charged = max(0, len(_value(values, rule["field"]) or ()) - int(rule.get("free", 0)))
    return charged * cast("Decimal", rule["credits"])


def _chosen(table: Mapping[str, Any], value: Any) -> Any:
    """Return the member of a table for a value, or for its presence; None if it has none."""
    if value in (None, []):
        return table.get("absent")
    return table.get(_text(value), table.get("given"))


def _text(value: Any) -> str:
    """Return a value of a request as the contract names it: 4 and "4" are the same."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, str) else json.dumps(value)


def _value(values: dict[str, Any], field: str) -> Any:
    """Return the value of a dotted field, or else its default, which the values have by its dotted name."""
    if "." not in field:
        return values.get(field)
    value: Any = values
    for name in field.split("."):
        value = cast("dict[str, Any]", value).get(name) if isinstance(value, dict) else None
    return values.get(field) if value is None else value


def _exact_numbers(value: Any) -> Any:
    """Return a number as a Decimal, and an object or a list with each of its numbers as one."""
    if isinstance(value, dict):
        return {key: _exact_numbers(part) for key, part in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return tuple(map(_exact_numbers, cast("list[object]", value)))
    return _exact(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _exact(number: Decimal | float) -> Decimal:
    return number if isinstance(number, Decimal) else Decimal(number if isinstance(number, int) else str(number))


def _step(rule: dict[str, Any], key: str) -> Decimal | None:
    return _exact(rule[key]) if key in rule else None


def _rounded(number: Decimal, step: Decimal | None, rounding: str) -> Decimal:
    return number if step is None else (number / step).quantize(Decimal(1), rounding) * step
