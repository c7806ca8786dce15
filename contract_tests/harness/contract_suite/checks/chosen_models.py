"""The models of a run: those that the user chose, and the few of them for which requests are generated."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

from contract_suite.checks.kinds import kind_of
from contract_suite.rules.documented import Rules
from contract_suite.rules.kinds import RequestRule, Rule
from contract_suite.rules.operations import CREATE, OPERATIONS
from evolink._nearest import one_of


class NoModelError(Exception):
    """A pattern matches no documented model. The message names the pattern and the models."""


def matching(models: Collection[str], patterns: Iterable[str]) -> list[str]:
    """Return the models that match one of some patterns, such as `wan2.6-*`, in their order; all without a pattern.

    Raises:
        NoModelError: A pattern matches no model.
    """
    patterns = list(patterns)
    for pattern in patterns:
        if not any(fnmatchcase(model, pattern) for model in models):
            which = one_of(pattern, list(models), "documented models")
            raise NoModelError(f"MODEL: no model matches {pattern!r}; expected {which}")
    return [model for model in models if not patterns or any(fnmatchcase(model, pattern) for pattern in patterns)]


def rules_of(rules: Rules, models: Collection[str]) -> Rules:
    """Return the rules that are about some of these models, or not about certain models."""
    if rules.requests.keys() <= set(models):
        return rules
    others = rules.requests.keys() - set(models)
    kept = [rule for rule in rules.rules if not (about := kind_of(rule).models(rule)) or set(about) - others]
    requests = {model: body for model, body in rules.requests.items() if model not in others}
    return replace(rules, rules=tuple(_without(rule, others) for rule in kept), requests=requests)


def _without(rule: Rule, others: Collection[str]) -> Rule:
    """Return a rule without the requests of other models."""
    if not isinstance(rule, RequestRule) or not set(rule.subjects) & set(others):
        return rule
    return replace(
        rule,
        subjects=tuple(subject for subject in rule.subjects if subject not in others),
        variations=tuple(one for one in rule.variations if one.subject not in others),
    )


def contract_of(contract: dict[str, Any], models: Collection[str]) -> dict[str, Any]:
    """Return a contract without the other models. Unaffected parts are shared, not copied."""
    method, path = OPERATIONS[CREATE]
    operation = contract["paths"][path][method.lower()]
    media = operation["requestBody"]["content"]["application/json"]
    mapping: dict[str, str] = media["schema"]["discriminator"]["mapping"]
    others = {reference for model, reference in mapping.items() if model not in models}
    if not others:
        return contract
    schema = {
        **media["schema"],
        "oneOf": [one for one in media["schema"]["oneOf"] if one.get("$ref") not in others],
        "discriminator": {
            **media["schema"]["discriminator"],
            "mapping": {model: reference for model, reference in mapping.items() if model in models},
        },
    }
    kept = {**media, "schema": schema}
    if media.get("example", {}).get("model") not in models:
        kept.pop("example", None)
    body = {**operation["requestBody"], "content": {"application/json": kept}}
    names = {reference.rpartition("/")[2] for reference in others}
    schemas = {name: one for name, one in contract["components"]["schemas"].items() if name not in names}
    paths = {path: {**contract["paths"][path], method.lower(): {**operation, "requestBody": body}}}
    return {
        **contract,
        "paths": {**contract["paths"], **paths},
        "components": {**contract["components"], "schemas": schemas},
    }
