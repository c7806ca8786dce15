"""The documented rules and the contract with a few models only: those whose rules are all written out.

Tests of the suite's mechanisms judge by them, so that their time does not grow with the number of models. Every rule of
every model is compared with the contract, the SDK and the mock in other tests, in process.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from contract_suite import session
from contract_suite.checks.chosen_models import contract_of, rules_of
from contract_suite.drift.applied_overlays import AppliedOverlays
from contract_suite.rules.documented import Rules, load
from contract_suite.rules.editions import BASE

_all_rules, all_contracts = session.documented_rules, session.documented_contract


def rules(edition: str = BASE) -> Rules:
    """Return the rules on these models, and those that are not about certain models.

    They are as certain as their own files say, so that a later edition of a page changes no verdict.
    """
    return _rules(edition)


@cache
def _rules(edition: str) -> Rules:
    every = _all_rules(edition)
    chosen = rules_of(every, every.written_models)
    if edition != BASE:
        return chosen
    written = {rule.id: rule for rule in load().rules}
    return chosen.only(
        replace(rule, certainty=written[rule.id].certainty, because=written[rule.id].because) for rule in chosen.rules
    )


def contract(edition: str = BASE) -> dict[str, Any]:
    """Return the contract of these models."""
    return _contract(edition)


@cache
def _contract(edition: str) -> dict[str, Any]:
    return contract_of(all_contracts(edition), list(rules(edition).requests))


@cache
def _no_overlays(edition: str) -> AppliedOverlays:
    return AppliedOverlays(contract(edition), ())


@contextmanager
def judged_by_default() -> Generator[None]:
    """Let a run without rules of its own judge by these."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "documented_rules", rules)
        patch.setattr(session, "documented_contract", contract)
        patch.setattr(session, "_no_overlays", _no_overlays)
        yield
