"""Generates the mock's `rules.json`: the documented rules that an invalid request breaks, by field and keyword.

A rule owns the places where the contract rejects the request bodies of the rule. If the contract rejects a body at
several places, the rule owns those that no other rule owns alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import evolink_mock
from contract_suite.core.exchanges import NO_SUCH_TASK, is_part_of_any
from contract_suite.rules.documented import Rules
from contract_suite.rules.kinds import ExchangeCase, ExchangeRule, RequestRule
from evolink_mock.contract.compiled_contract import Contract, packaged_contract
from evolink_mock.contract.rule_lookup import body_problem, refusal_key, violations

RULES = Path(evolink_mock.__path__[0]) / "contract" / "rules.json"

Place = tuple[str, str]
"""A field of a request, and the keyword of the contract that it breaks."""


def render(base: Rules, editions: Sequence[Rules] = ()) -> str:
    """Return the text of `rules.json`. An edition has only the models and operations whose rules differ from `base`."""
    index = _index(base)
    index["editions"] = {
        rules.edition_name: {
            part: {name: entry for name, entry in entries.items() if entry != index[part].get(name)}
            for part, entries in _index(rules).items()
        }
        for rules in editions
    }
    return json.dumps(index, indent=1, sort_keys=True) + "\n"


def _index(rules: Rules) -> dict[str, dict[str, Any]]:
    """Return the rules by model, field and keyword, and by operation and situation."""
    contract = packaged_contract(rules.edition_name)
    fields: dict[str, dict[str, dict[str, list[str]]]] = {}
    for model, refused in _refused(rules, contract).items():
        places = owned_places(refused)
        for rule_id in sorted(places, key=lambda one: len(places[one])):
            for field, keyword in places[rule_id]:
                fields.setdefault(model, {}).setdefault(field, {}).setdefault(keyword, []).append(rule_id)
    refusals: dict[str, dict[str, list[str]]] = {}
    for operation, what, rule_id in _exchanges(rules):
        rule_ids = refusals.setdefault(operation, {}).setdefault(what, [])
        if rule_id not in rule_ids:
            rule_ids.append(rule_id)
    return {"fields": fields, "refusals": refusals}


def _refused(rules: Rules, contract: Contract) -> dict[str, dict[str, list[set[Place]]]]:
    """Return, by model and rule, the places where the contract rejects each body that the rule rejects."""
    refused: dict[str, dict[str, list[set[Place]]]] = {model: {} for model in contract.models}
    for rule in rules.of_kind(RequestRule):
        for case in rule.cases:
            if case.subject in refused and not case.accepted:
                places = {
                    (place, violation.keyword)
                    for place, violation in violations(contract, contract.models[case.subject], case.body)
                    if is_part_of_any(rule.fields, place.replace("[]", ""))
                }
                refused[case.subject].setdefault(rule.id, []).append(places)
    return refused


def owned_places(refused: dict[str, list[set[Place]]]) -> dict[str, set[Place]]:
    """Return the places that each rule owns, from the places where its bodies are rejected."""
    alone = {
        rule_id: set[Place]().union(*(case for case in cases if len(case) == 1)) for rule_id, cases in refused.items()
    }
    owned = {rule_id: set(places) for rule_id, places in alone.items()}
    for rule_id, cases in refused.items():
        others = set[Place]().union(*(places for other, places in alone.items() if other != rule_id))
        for case in cases:
            if not case & owned[rule_id]:
                owned[rule_id] |= case - others or case
    return owned


def _exchanges(rules: Rules) -> Iterator[tuple[str, str, str]]:
    """Yield the operation, the situation and the rule of every rejected request that has only one cause."""
    for rule in rules.of_kind(ExchangeRule):
        for case in rule.cases:
            if case.status >= 400 and _causes(case) <= 1:
                content = json.dumps(case.body[0]).encode() if case.body else None
                why = body_problem(content if case.text is None else case.text.encode())
                what = refusal_key(case.status, case.code or case.status, why)
                yield case.operation, what, rule.id


def _causes(case: ExchangeCase) -> int:
    """Count the differences between a request and a valid one. The id of an unknown task is not a difference."""
    ways = (case.method, case.authorization, case.content_type, case.text, case.pad_to, case.body or None)
    return sum(way is not None for way in ways) + (case.task_id != NO_SUCH_TASK)
