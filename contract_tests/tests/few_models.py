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
from contract_suite.rules.documented import Rules, make_rules, read_files
from contract_suite.rules.editions import BASE
from contract_suite.rules.operations import UPLOAD_PATH

_all_rules, all_contracts = session.documented_rules, session.documented_contract


def rules(edition: str = BASE) -> Rules:
    """Return the rules on these models, and those that are not about certain models.

    They are as certain as their own files say, so that a later edition of a page changes no verdict.
    """
    return _rules(edition)


FEW = (
    "answers.content-type", "auth.create.key-required", "auth.task.key-required", "callback.on.completed",
    "callback.retries", "create.statuses", "credits.body", "credits.data.type", "credits.query", "error.401",
    "error.405.", "error.415.content-type", "error.503", "error.body", "error.code.type", "files.answer.body",
    "files.base64.data.type", "files.data.links", "files.data.times", "files.key-required", "files.link",
    "files.statuses", "files.stream.media", "files.valid-72-hours", "request.object", "task.body",
    "task.can_cancel.required", "task.created-fields", "task.error.codes", "task.followed.", "task.id.prefix",
    "task.progress.maximum", "task.query.unknown", "task.results.on-completed", "task.results.only-on-completed",
    "task.status.values", "task.statuses", "task.usage.type", "task.user_group.values", "wan25.billing.reserved",
    "wan25.image.size", "wan25.prompt.type", "wan25.smallest-request", "wan26.billing.dearer-1080p",
    "wan26.billing.settled", "wan26.smallest-request",
)  # fmt: skip
"""How the ids of a few rules of every kind begin: those of whole runs in which more rules would show nothing."""


def few_and(*prefixes: str) -> Rules:
    """Return a few rules of every kind, and those whose ids begin like one of these."""
    every = rules()
    return every.only(rule for rule in every.rules if rule.id.startswith((*FEW, *prefixes)))


@cache
def _rules(edition: str) -> Rules:
    every = _all_rules(edition)
    chosen = rules_of(every, every.written_models)
    if edition != BASE:
        return chosen
    files = [(path, file) for path, file in read_files().items() if "fields" not in file]  # of these models, or none
    written = {rule.id: rule for rule in make_rules(files).rules}
    return chosen.only(
        replace(rule, certainty=written[rule.id].certainty, because=written[rule.id].because) for rule in chosen.rules
    )


def contract(edition: str = BASE) -> dict[str, Any]:
    """Return the contract of these models."""
    return _contract(edition)


@cache
def _contract(edition: str) -> dict[str, Any]:
    return contract_of(all_contracts(edition), list(rules(edition).requests))


def for_one_model(document: dict[str, Any], model: str) -> dict[str, Any]:
    """Return a contract of one model without uploads, for which schemathesis takes half the time."""
    chosen = contract_of(document, [model])
    return {**chosen, "paths": {path: item for path, item in chosen["paths"].items() if UPLOAD_PATH not in path}}


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
