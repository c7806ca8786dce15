"""The price of a task, computed from the `x-billing` of its model in the contract."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

# The documentation states no price. This one reproduces its example: 5 credits for 5 seconds.
CREDITS_PER_SECOND = 1
# The factor for a value documented as more expensive. Not documented either.
SURCHARGE_FACTOR = 2


class Charge(NamedTuple):
    """The basis of a charge: seconds of video, seconds of reference videos, and credits per second."""

    seconds: float
    input_seconds: float
    rate: float

    @property
    def credits(self) -> float:
        """The total credits."""
        return (self.seconds + self.input_seconds) * self.rate


NO_CHARGE = Charge(0, 0, 0)


class BillingRules(NamedTuple):
    """The rules by which tasks of one model are charged.

    Attributes:
        reserved_from: the request field with the number of seconds to reserve credits for.
        input_field: the request field whose files are charged too; None if no field is.
        input_caps: the maximum of charged seconds per file; the n-th entry applies to n files.
        surcharges: the values of request fields that raise the price.
    """

    reserved_from: str
    input_field: str | None
    input_caps: tuple[float, ...]
    surcharges: dict[str, Any]

    @classmethod
    def parse(cls, billing: dict[str, Any]) -> BillingRules:
        """Parse an `x-billing` of the contract."""
        inputs = billing.get("input", {})
        return cls(
            billing["reserved-from"],
            inputs.get("field"),
            tuple(inputs.get("cap-seconds-by-count", ())),
            billing.get("dearer", {}),
        )

    def input_seconds(self, lengths: Sequence[float]) -> float:
        """Return the charged seconds for input files of these lengths in seconds."""
        if not lengths:
            return 0
        cap = self.input_caps[len(lengths) - 1]
        return round(sum(min(length, cap) for length in lengths), 6)

    def rate(self, request: dict[str, Any], defaults: dict[str, Any]) -> float:
        """Return the credits per second of a request; an absent field has its value in `defaults`."""
        rate: float = CREDITS_PER_SECOND
        for field, expensive in self.surcharges.items():
            default = defaults.get(field)
            value = request.get(field, default)
            if value == expensive != default:
                rate *= SURCHARGE_FACTOR
            elif value != expensive == default:
                rate /= SURCHARGE_FACTOR
        return rate
