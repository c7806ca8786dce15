"""The models of a run: patterns that choose them, and the few for which requests are generated."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest

import bundle
from contract_suite.checks.chosen_models import (
    NoModelError,
    contract_of,
    matching,
    rules_of,
)
from contract_suite.checks.contract import Parts
from contract_suite.checks.kinds import kind_of
from contract_suite.core.rotation import MODELS_TRIED, rotating
from contract_suite.rules.editions import BASE
from contract_suite.rules.kinds import RequestRule
from contract_suite.session import documented_rules

CONTRACT = bundle.bundle()
RULES = documented_rules(BASE)
MODELS = list(RULES.requests)
NAMES = ["ink-1", "ink-2", "oil-1"]


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        ((), NAMES),
        (("*",), NAMES),
        (("ink-*",), NAMES[:2]),
        (("oil-1", "ink-2"), NAMES[1:]),
    ],
)
def test_patterns_choose_models_in_their_own_order(patterns: tuple[str, ...], expected: list[str]) -> None:
    assert matching(NAMES, patterns) == expected


def test_pattern_that_matches_no_model_is_refused_with_the_models() -> None:
    with pytest.raises(NoModelError, match=r"MODEL: no model matches 'Ink\*'; expected one of ink-1, ink-2, oil-1"):
        matching(NAMES, ["*", "Ink*"])


def test_rules_of_a_model_are_about_it_or_about_none() -> None:
    chosen = rules_of(RULES, MODELS[:1])
    assert list(chosen.requests) == MODELS[:1]
    assert {model for rule in chosen.rules for model in kind_of(rule).models(rule)} == {MODELS[0]}
    general = [rule.id for rule in RULES.rules if not kind_of(rule).models(rule)]
    assert [rule.id for rule in chosen.rules if not kind_of(rule).models(rule)] == general
    assert {case.subject for rule in chosen.of_kind(RequestRule) for case in rule.cases} & set(MODELS) == {MODELS[0]}


def test_contract_of_a_model_accepts_requests_for_it_alone() -> None:
    before = json.dumps(CONTRACT)
    chosen = contract_of(CONTRACT, MODELS[:1])
    assert json.dumps(CONTRACT) == before
    assert list(Parts.of(chosen).variants) == MODELS[:1]
    parts = Parts.of(chosen)
    assert [model for model, request in RULES.requests.items() if parts.accepts(model, request)] == MODELS[:1]
    media: dict[str, Any] = chosen["paths"]["/v1/videos/generations"]["post"]["requestBody"]["content"]
    assert media["application/json"].get("example", {"model": MODELS[0]})["model"] == MODELS[0]


def test_contract_of_all_models_is_the_contract() -> None:
    assert contract_of(CONTRACT, MODELS) is CONTRACT


def test_successive_seeds_generate_requests_for_all_models() -> None:
    models = [f"model-{number}" for number in range(10)]
    chosen = [rotating(models, seed) for seed in range(1, 4)]
    assert [len(each) for each in chosen] == [MODELS_TRIED] * 3
    assert {model for each in chosen for model in each} == set(models)
    assert rotating(models[:2], 7) == models[:2]


def test_schemathesis_can_generate_requests_for_every_model() -> None:
    # Too many combinations of rules on several fields make a schema that it does not support.
    raw = jsonschema_rs.canonical.CanonicalKind.RAW
    unsupported = list[str]()
    for model in MODELS:
        contract = contract_of(CONTRACT, [model])
        create = contract["paths"]["/v1/videos/generations"]["post"]["requestBody"]["content"]["application/json"]
        schema = {**create["schema"], "components": contract["components"]}
        if jsonschema_rs.canonicalize(schema, validate_formats=True).kind is raw:
            unsupported.append(model)
    assert unsupported == []
