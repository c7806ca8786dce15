from typing import Literal

BillingRule = Literal["per_call", "per_second", "per_token"]

BILLING_RULE_VALUES: set[BillingRule] = {
    "per_call",
    "per_second",
    "per_token",
}


def check_billing_rule(value: str) -> BillingRule:
    if value in BILLING_RULE_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {BILLING_RULE_VALUES!r}"
    )
