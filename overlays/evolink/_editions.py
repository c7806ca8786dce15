"""The edition of the documentation by which requests are checked, and what other editions say about a request.

An edition is one state of EvoLink's pages. `base` is the contract itself. Each other edition is an overlay over it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

from evolink._contract import BASE, JSON, Contract, editions, packaged_contract
from evolink._json_values import is_mapping
from evolink._text import short_repr
from evolink.errors import ConfigurationError, Violation

VARIABLE = "EVOLINK_EDITION"


def edition_in_force(edition: str | None = None) -> str:
    """Return the edition that applies: the argument, else that in `EVOLINK_EDITION`, else `base`.

    Raises:
        ConfigurationError: the edition is unknown. The message lists the known ones.
    """
    chosen: Any = edition if edition is not None else os.environ.get(VARIABLE, "").strip() or BASE
    if chosen not in editions():
        setting = "edition" if edition is not None else VARIABLE
        raise ConfigurationError(f"unknown {setting} {short_repr(chosen)}: expected one of {', '.join(editions())}")
    name: str = chosen
    return name


def contract_with(model: Any, edition: str) -> Contract:
    """Return the contract of the edition in force or, if it lacks a model, of the newest edition that has it."""
    in_force = packaged_contract(edition)
    if not isinstance(model, str) or model in in_force.models:
        return in_force
    newest_first = map(packaged_contract, reversed(editions()))
    return next((contract for contract in newest_first if model in contract.models), in_force)


def weigh(
    violations: list[Violation], body: JSON, edition: str, broken_in: Callable[[str], list[Violation]]
) -> Iterator[tuple[Violation, str]]:
    """Yield the violations of a request, each with the other edition that allows it; empty if none does.

    An edition allows nothing in a field that it does not have. A request is sent only if one edition allows all of it.

    Args:
        violations: what the request breaks in the edition in force; not empty.
        body: the request.
        edition: the edition in force.
        broken_in: returns what the request breaks in another edition.
    """
    model: Any = body.get("model")
    known_to = [name for name in reversed(editions()) if isinstance(model, str) and _knows(name, model)]
    others = {name: broken_in(name) for name in known_to if name != edition}
    if others and edition not in known_to:
        newest, broken = next(iter(others.items()))  # which knows what else is wrong
        yield from ((each, "") for each in broken) if broken else ((each, newest) for each in violations)
        return
    allowed_by = [[name for name in others if _allows(name, body, each, others[name])] for each in violations]
    willing = next((name for name in others if not others[name] and all(name in names for names in allowed_by)), "")
    if not willing and all(allowed_by):  # each violation is allowed by some edition, and the request by none
        allowed_by = [list[str]() for _ in violations]
    yield from ((each, willing or next(iter(names), "")) for each, names in zip(violations, allowed_by, strict=True))


def _knows(edition: str, model: str) -> bool:
    return model in packaged_contract(edition).models


def _allows(edition: str, body: JSON, violation: Violation, broken: list[Violation]) -> bool:
    """Return whether an edition that knows the model of a request has a field and allows its value."""
    contract = packaged_contract(edition)
    schema = contract.models[body["model"]]
    for name in violation.field.partition("[")[0].split("."):
        fields: JSON = schema.get("properties", {})
        if fields and name not in fields:
            return False
        field: Any = fields.get(name)  # a schema may also be a boolean
        schema = contract.resolved(dict(field)) if is_mapping(field) else {}
    return violation.field not in {each.field for each in broken}
