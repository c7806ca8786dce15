"""The contracts of the editions, and what differs between two of them."""

from __future__ import annotations

from functools import cache
from typing import Any

import bundle
import editions
from contract_suite.checks.chosen_models import contract_of


@cache
def documents() -> dict[str, dict[str, Any]]:
    """Return the contract of each edition by its name, from the base on. A test must not change them."""
    return editions.documents(bundle.bundle())


def before_and_after(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the contracts of the edition before and of an edition, of the models that differ and one more."""
    older = documents()[list(documents())[list(documents()).index(name) - 1]]
    newer = documents()[name]
    models = changed_models(older, newer)
    return contract_of(older, models), contract_of(newer, models)


def changed_models(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Return the models that differ between two contracts, and one more: to compare equal ones takes time only."""
    one, other = (document["components"]["schemas"] for document in (before, after))
    ids = {name: schema["properties"]["model"]["const"] for name, schema in one.items() if "x-tasks" in schema}
    changed = [model for name, model in ids.items() if one[name] != other[name]]
    return [*changed, next(model for model in ids.values() if model not in changed)]
