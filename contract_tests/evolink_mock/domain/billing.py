"""The price of a task: in credits by the `x-price` of its model in the contract, or one credit a second without one.

The arithmetic is independent of the SDK's, so that the one checks the other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any, NamedTuple, cast

# Without a price. It reproduces the documented example: 5 credits for 5 seconds.
CREDITS_PER_SECOND = 1
# The factor for a value documented as more expensive. Not documented either.
SURCHARGE_FACTOR = 2
# Used for a request without a length, and for a length that the model chooses. No default is documented, but all
# examples have 5.
DEFAULT_SECONDS = 5
# In `x-billing`: the length of the input files.
INPUT_SECONDS = "input-seconds"


@dataclass(frozen=True)
class Charge:
    """The basis of a charge.

    Attributes:
        seconds: the seconds of video.
        input_seconds: the charged seconds of input files.
        rate: the credits per second.
        minimum: the least credits.
        price_date: the day of the prices; None if no price is known.
    """

    seconds: float
    input_seconds: float
    rate: Decimal | float
    minimum: Decimal | float = 0
    price_date: str | None = None

    @cached_property
    def credits(self) -> float:
        """The total credits, not rounded."""
        return self._credits(self.input_seconds)

    @cached_property
    def reserved_credits(self) -> float:
        """The credits to reserve: without input files, whose lengths a server does not know yet."""
        return self._credits(0)

    def _credits(self, input_seconds: float) -> float:
        exact = (_exact(self.seconds) + _exact(input_seconds)) * _exact(self.rate)
        number = float(max(exact, _exact(self.minimum)))
        return int(number) if number.is_integer() else number


NO_CHARGE = Charge(0, 0, 0)
# Most tasks cost the same as an earlier one, whose credits are computed already.
_shared_charge = lru_cache(maxsize=1000)(Charge)


class BillingRules(NamedTuple):
    """The rules by which tasks of one model are charged.

    Attributes:
        reserved_from: the request field with the number of seconds to reserve credits for.
        reserved_values: the values of that field which are not a length, with the seconds to reserve for each.
        input_field: the request field whose files are charged too; None if no field is.
        input_caps: the maximum of charged seconds per file; the n-th entry applies to n files. Empty without caps.
        input_cap_total: the maximum of charged seconds of all files together; None without one.
        surcharges: the values of request fields that raise the price, if the price is not known.
        price: the `x-price` of the model, whose rate, minimum and factors are exact; None for one credit a second.
    """

    reserved_from: str
    input_field: str | None
    input_caps: tuple[float, ...]
    surcharges: dict[str, Any]
    reserved_values: Mapping[float, float | str] = {}
    input_cap_total: float | None = None
    price: dict[str, Any] | None = None

    @classmethod
    def parse(cls, billing: dict[str, Any], price: dict[str, Any] | None = None) -> BillingRules:
        """Parse an `x-billing` of the contract, and an `x-price`, whose rules take precedence."""
        seconds: dict[str, Any] = {} if price is None else price.get("seconds", {})
        inputs: dict[str, Any] = billing.get("input", {}) if price is None else seconds.get("input", {})
        values: dict[str, Any] = billing.get("reserved-values", {}) | seconds.get("values", {})
        return cls(
            seconds.get("output", billing["reserved-from"]),
            inputs.get("field"),
            tuple(inputs.get("cap-seconds-by-count", ())),
            billing.get("dearer", {}),
            {float(value): reserved for value, reserved in values.items()},
            inputs.get("cap-seconds-total"),
            price
            and price | {key: _exact_numbers(price[key]) for key in ("rate", "minimum", "factors") if key in price},
        )

    def charge(
        self, seconds: float, request: dict[str, Any], defaults: dict[str, Any], lengths: Sequence[float]
    ) -> Charge:
        """Return the charge for a number of seconds. `lengths` are those of the input files."""
        rate, added = self.rate(request, defaults), self.input_seconds(lengths)
        if self.price is None:
            return _shared_charge(seconds, added, rate)
        minimum = self.price.get("minimum", Decimal(0))
        if self.price["unit"] == "call":
            return _shared_charge(seconds, added, 0, max(minimum, _exact(rate)), self.price["date"])
        return _shared_charge(seconds, added, rate, minimum, self.price["date"])

    def input_seconds(self, lengths: Sequence[float]) -> float:
        """Return the charged seconds for input files of these lengths in seconds."""
        if not lengths:
            return 0
        if self.input_caps:
            cap = self.input_caps[len(lengths) - 1]
            lengths = [min(length, cap) for length in lengths]
        total = sum(lengths) if self.input_cap_total is None else min(sum(lengths), self.input_cap_total)
        return round(total, 6)

    def reserved_seconds(self, request: dict[str, Any], defaults: dict[str, Any], lengths: Sequence[float]) -> float:
        """Return the seconds of video for which credits are reserved. `lengths` are those of the input files."""
        length = self._length(request, defaults)
        reserved = self.reserved_values.get(length, length)
        if isinstance(reserved, str):
            return sum(lengths) or DEFAULT_SECONDS
        return reserved

    def produced_seconds(self, request: dict[str, Any], defaults: dict[str, Any], lengths: Sequence[float]) -> int:
        """Return the length of the video of a completed task. `lengths` are those of the input files."""
        length = self._length(request, defaults)
        if length not in self.reserved_values and length >= 1:
            return int(length)
        follows_input = self.input_field is not None and length == 0
        return max(1, int(self.input_seconds(lengths))) if follows_input and lengths else DEFAULT_SECONDS

    def rate(self, request: dict[str, Any], defaults: dict[str, Any]) -> Decimal | float:
        """Return the credits per second of a request; an absent field has its value in `defaults`."""
        if self.price is not None:
            values = {**defaults, **self.price.get("defaults", {}), **request}
            return cast("Decimal", self.price["rate"]) * _factor(self.price.get("factors", {}), values)
        rate: float = CREDITS_PER_SECOND
        for field, expensive in self.surcharges.items():
            default = defaults.get(field)
            value = request.get(field, default)
            if value == expensive != default:
                rate *= SURCHARGE_FACTOR
            elif value != expensive == default:
                rate /= SURCHARGE_FACTOR
        return rate

    def _length(self, request: dict[str, Any], defaults: dict[str, Any]) -> float:
        """Return the number in the field with the length."""
        priced: dict[str, Any] = {} if self.price is None else self.price.get("defaults", {})
        name = self.reserved_from
        length = request.get(name, priced.get(name, defaults.get(name)))
        return length if isinstance(length, int | float) and not isinstance(length, bool) else DEFAULT_SECONDS


def _factor(factors: dict[str, Any], values: dict[str, Any]) -> Decimal:
    """Return the product of the factors for the values of a request; a value without a factor has 1."""
    product = Decimal(1)
    for field, table in factors.items():
        value = _value(values, field)
        factor: Any = table.get(value if isinstance(value, str) else json.dumps(value), 1)
        product *= _factor(cast("dict[str, Any]", factor), values) if isinstance(factor, dict) else factor
    return product


def _value(values: dict[str, Any], field: str) -> Any:
    first, *others = field.split(".")
    value = values.get(first)
    for name in others:
        value = cast("dict[str, Any]", value).get(name) if isinstance(value, dict) else None
    return value


def _exact_numbers(value: Any) -> Any:
    """Return a number as a Decimal, and an object with each of its numbers as one."""
    if isinstance(value, dict):
        return {key: _exact_numbers(part) for key, part in cast("dict[str, Any]", value).items()}
    return _exact(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _exact(number: Decimal | float) -> Decimal:
    return number if isinstance(number, Decimal) else Decimal(number if isinstance(number, int) else str(number))
