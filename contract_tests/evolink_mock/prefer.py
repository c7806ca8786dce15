"""The standard `Prefer` request header (RFC 7240), by which a caller asks the mock for an outcome or an error."""

from __future__ import annotations

import re
from dataclasses import dataclass

from evolink_mock.contract import CREATE, Contract, Operation
from evolink_mock.tasks import COMPLETED, Outcome

_PREFERENCE = re.compile(
    r"""\s*(?P<name>[!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*(?:=\s*(?:"(?P<quoted>[^"]*)"|(?P<token>[^\s;,"]*)))?\s*"""
)
OUTCOMES = ("completed", "failed", "cancelled")


@dataclass(frozen=True)
class Wishes:
    """What a request's `Prefer` header asks for.

    Attributes:
        outcome: how the task shall end.
        status: the documented error status to answer with instead of serving the request; None serves it.
    """

    outcome: Outcome = COMPLETED
    status: int | None = None


NO_WISHES = Wishes()


def wishes(header: str, operation: Operation, contract: Contract) -> Wishes:
    """Read a `Prefer` header; several of them are joined with commas.

    Preferences the mock does not know are ignored, as the standard demands.

    Raises:
        Refusal: 400 with `param: Prefer`, when a preference the mock knows has a value it does not.
    """
    outcome, status = COMPLETED, None
    for preference in re.split(r',(?=(?:[^"]*"[^"]*")*[^"]*$)', header):
        name, value, parameters = _parse(preference)
        if name == "code":
            allowed = contract.error_statuses(operation)
            if value not in {str(code) for code in allowed}:
                known = ", ".join(str(code) for code in allowed)
                raise contract.refusal(CREATE, 400, message=f"Prefer: code must be one of {known}.", param="Prefer")
            status = int(value)
        elif name == "outcome":
            outcome = _outcome(value, parameters, contract)
    return Wishes(outcome, status)


def _outcome(value: str, parameters: dict[str, str], contract: Contract) -> Outcome:
    if value not in OUTCOMES:
        raise contract.invalid_request(f"Prefer: outcome must be one of {', '.join(OUTCOMES)}.", "Prefer")
    if value != "failed":
        return Outcome(value)
    codes = contract.task_error_codes
    code = parameters.get("code", "unknown_error")
    if code not in codes:
        raise contract.invalid_request(
            f"Prefer: the code of a failed task must be one of {', '.join(codes)}.", "Prefer"
        )
    return Outcome(value, code)


def _parse(preference: str) -> tuple[str, str, dict[str, str]]:
    """Split `name=value; parameter=value` into its name, its value and its parameters."""
    matches = [match for part in preference.split(";") if (match := _PREFERENCE.fullmatch(part))]
    pairs = [(match["name"].lower(), match["quoted"] or match["token"] or "") for match in matches] or [("", "")]
    name, value = pairs[0]
    return name, value, dict(pairs[1:])
