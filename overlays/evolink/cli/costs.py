"""The estimated cost of a request in the output of the commands: as text and as JSON."""

from __future__ import annotations

from evolink._contract import JSON
from evolink.billing import Estimate, estimate
from evolink.errors import InvalidRequest


def estimate_or_none(request: JSON, edition: str) -> Estimate | None:
    """Estimate the charge for a request in an edition; None if its billed fields are not as documented."""
    try:
        return estimate(request, edition=edition)
    except InvalidRequest:
        return None


def describe_cost(cost: Estimate | None) -> str:
    """Describe the estimated cost with the date of the prices; empty if no price is known."""
    if cost is None or cost.max_credits is None:
        return ""
    amount = "" if cost.credits is not None else "at most "
    return f"estimated at {amount}{cost.max_credits:.15g} credits by the price rules of {cost.price_date}"


def cost_to_json(cost: Estimate | None) -> JSON | None:
    """Return the JSON object for an estimated cost; None without one."""
    if cost is None:
        return None
    return {
        "credits": cost.credits,
        "max_credits": cost.max_credits,
        "price_date": cost.price_date,
        "assumed": cost.assumed,
        "unknown": cost.unknown,
    }
