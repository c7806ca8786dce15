"""What a task costs: the contract's `x-billing`, worked out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

# No page states a price. This one is ours: it reproduces the sample, 5 credits for 5 seconds.
CREDITS_PER_SECOND = 1
# What is documented as dearer costs this many times as much. Ours, too.
DEARER = 2


class Charge(NamedTuple):
    """What a task is charged for: seconds of video, seconds of reference videos, and credits for each second."""

    seconds: float
    input_seconds: float
    rate: float

    @property
    def credits(self) -> float:
        """The credits all of it costs."""
        return (self.seconds + self.input_seconds) * self.rate


NOTHING = Charge(0, 0, 0)


class BillingRules(NamedTuple):
    """How a task of one model is charged.

    Attributes:
        reserved_from: the request field that holds the seconds to reserve credits for.
        input_field: the request field whose files are charged too; None when there is none.
        input_caps: how many seconds of each file are charged at most, when there is one file, when there are two, …
        dearer: the values of request fields that raise the price.
    """

    reserved_from: str
    input_field: str | None
    input_caps: tuple[float, ...]
    dearer: dict[str, Any]

    @classmethod
    def of(cls, billing: dict[str, Any]) -> BillingRules:
        """Return the rules that an `x-billing` of the contract states."""
        inputs = billing.get("input", {})
        return cls(
            billing["reserved-from"],
            inputs.get("field"),
            tuple(inputs.get("cap-seconds-by-count", ())),
            billing.get("dearer", {}),
        )

    def input_seconds(self, lengths: Sequence[float]) -> float:
        """Return the seconds charged for input files of these lengths in seconds."""
        if not lengths:
            return 0
        cap = self.input_caps[len(lengths) - 1]
        return round(sum(min(length, cap) for length in lengths), 6)

    def rate(self, request: dict[str, Any], defaults: dict[str, Any]) -> float:
        """Return the credits for each second of a request, in which absent fields have their documented defaults."""
        rate: float = CREDITS_PER_SECOND
        for field, dear in self.dearer.items():
            usual = defaults.get(field)
            asked = request.get(field, usual)
            if asked == dear != usual:
                rate *= DEARER
            elif asked != dear == usual:
                rate /= DEARER
        return rate
