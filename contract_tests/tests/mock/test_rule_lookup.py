"""The rule lookup: a rejected request is matched with every documented rule that it violates, and no other."""

from __future__ import annotations

import json
import secrets
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from contract_suite.core.exchanges import is_part
from contract_suite.reporting import rule_index, rules_readme
from contract_suite.rules import editions
from contract_suite.rules.editions import BASE
from contract_suite.rules.kinds import ExchangeCase, ExchangeRule, RequestRule
from contract_suite.session import documented_rules
from evolink_mock.contract.compiled_contract import packaged_contract
from evolink_mock.contract.error_bodies import ErrorResponse
from evolink_mock.contract.operations import CREATE, GET_TASK, OPERATION_IDS, UPLOAD_URL
from evolink_mock.contract.rule_lookup import RuleLookup, RuleViolation
from evolink_mock.http.bodies import parse_json

RULES = documented_rules(BASE)
CONTRACT = packaged_contract()
ERRORS = CONTRACT.errors
LOOKUP = RuleLookup(CONTRACT)
REQUEST_RULES = [
    rule for rule in RULES.rules if isinstance(rule, RequestRule) and not set(rule.subjects).isdisjoint(CONTRACT.models)
]
EXCHANGE_RULES = [rule for rule in RULES.rules if isinstance(rule, ExchangeRule)]
FIELDS = ["callback_url", "duration", "image_urls", "prompt", "quality", "video_urls"]
WITHOUT_VIOLATIONS = {"auth.before-the-request"}
"""Rules on the order of checks. A request in their cases violates other rules."""


def bodies(rule: RequestRule, *, accepted: bool) -> list[Any]:
    return [case.body for case in rule.cases if case.subject in CONTRACT.models and case.accepted == accepted]


def rule_ids(violations: list[RuleViolation]) -> list[str]:
    return [rule for one in violations for rule in one.rules]


# --- creates


def problems_of_refusal(rule: RequestRule, body: Any) -> list[str]:
    """Say what is wrong with the violations of a request that a rule refuses, which breaks nothing else."""
    violations = LOOKUP.of_create(body)
    problems = [] if rule.id in rule_ids(violations) else ["the rule is missing"]
    for one in violations:
        name = one.field.partition("[")[0]
        # More voices than allowed need more references than allowed, too.
        several = "references.too-many" in " ".join(one.rules)
        if not (several or any(is_part(field, name) for field in rule.fields)):
            problems.append(f"{one.field} is another field")
        if not (one.message.startswith(one.field) or one.field == "model"):
            problems.append(f"the message names another field: {one.message}")
    try:
        CONTRACT.check_create(body)
        problems.append("the mock accepts it")
    except ErrorResponse as error:
        field = error.body["error"]["param"]
        if field not in {one.field for one in violations}:
            problems.append(f"the response names {field}, which is not among the violations")
    return problems


def test_rejected_request_violates_the_rule_that_rejects_it_and_its_response_names_a_violation() -> None:
    problems = [
        (rule.id, problem, body)
        for rule in REQUEST_RULES
        for body in bodies(rule, accepted=False)
        for problem in problems_of_refusal(rule, body)
    ]
    assert problems == []


def test_request_that_a_rule_accepts_violates_nothing() -> None:
    violations = [
        (rule.id, violation, body)
        for rule in REQUEST_RULES
        for body in bodies(rule, accepted=True)
        for violation in LOOKUP.of_create(body)
    ]
    assert violations == []


def test_every_violation_is_reported_once() -> None:
    body = {
        "model": "wan2.6-reference-video-flash",
        "video_urls": ["ftp://media.invalid/1.mp4", 2, 3, "ftp://media.invalid/4.mp4"],
        "duration": 1,
        "quality": 8,
        "model_params": {"shot_type": "triple"},
        "callback_url": "https://10.1.2.3/hook",
    }
    violations = sorted(LOOKUP.of_create(body), key=lambda one: one.field)
    assert [(one.field, *one.rules) for one in violations] == [
        ("callback_url", "callback.url.not-10"),
        ("duration", "wan26.duration.minimum"),
        ("model_params.shot_type", "wan26.shot_type.values"),
        ("prompt", "wan26.prompt.required"),
        ("quality", "wan26.quality.type"),
        ("video_urls", "wan26.video_urls.max-items"),
        ("video_urls[0]", "wan26.video_urls.http-or-https"),
        ("video_urls[1]", "wan26.video_urls.item-type"),
    ]
    assert violations[0].message == "callback_url: the value is not allowed: The network 10.0.0.0/8."
    assert violations[3].message == "prompt: is required."


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, {".model.required"}),
        ({"model": None}, {".model.type"}),
        ({"model": [next(iter(RULES.requests))]}, {".model.type"}),
        ({"model": "\ud800"}, {"request.unknown-model", ".model.value"}),
        ([], {"request.object"}),
        (None, {"request.object"}),
        ("\ud800", {"request.object"}),
    ],
)
def test_request_without_a_known_model_only_violates_rules_on_the_model(body: Any, expected: set[str]) -> None:
    [violations] = LOOKUP.of_create(body)
    assert set(violations.rules) == {rule.id for rule in REQUEST_RULES if rule.id.endswith(tuple(expected))} | (
        expected & {"request.unknown-model", "request.object"}
    )


def test_violation_of_another_contract_has_no_rule(contract: dict[str, Any]) -> None:
    changed = json.loads(json.dumps(contract))
    changed["components"]["schemas"]["Wan25ImageToVideo"]["properties"]["prompt"]["minLength"] = 5
    lookup = RuleLookup(type(CONTRACT)(changed))
    body = RULES.requests["wan2.5-image-to-video"] | {"prompt": "cat"}
    assert lookup.of_create(body) == [RuleViolation((), "prompt", "prompt: the value is shorter than 5 characters.")]


# --- hostile requests


def test_no_violation_contains_text_from_the_request() -> None:
    secret = secrets.token_hex(800)
    values: list[Any] = [secret, [secret], {secret: secret}, [{secret: secret}], f"https://10.0.0.1/{secret}", None, 5]
    for model, request in RULES.requests.items():
        if model in CONTRACT.models:
            for value in values:
                body = dict.fromkeys(
                    ["callback_url", "duration", "image_urls", "prompt", "quality", "video_urls"], value
                )
                violations = LOOKUP.of_create(request | body)
                assert violations
                assert secret[:8] not in repr(violations)
    assert secret[:64] not in repr(LOOKUP.of_create({"model": secret}))


@pytest.mark.parametrize(
    "text",
    [
        '"prompt": "\\ud800"',
        '"\\udfff": 1',
        '"made_up": ["\\ud800"]',
        '"made_up": ' + "[" * 900 + "]" * 900,
        '"prompt": ' + "[" * 200 + "]" * 200,
        '"made_up": ' + "[" * 100_000 + "]" * 100_000,
        '"duration": 1e999',
        '"duration": -' + "9" * 4000,
        '"duration": ' + "9" * 5000,
        '"duration": 5.0000000000000000001e-400',
        '"image_urls": [' + ", ".join(["5"] * 100_000) + "]",
        '"callback_url": "https://10.1.1.1/' + "a" * 100_000 + '"',
        '"callback_url": "https://[\\u0000"',
        '"": {}',
        '"prompt": "' + "猫" * 100_000 + '"',
    ],
    ids=lambda text: text[:24],
)
def test_violations_of_a_hostile_request_have_a_bounded_size(text: str) -> None:
    request = json.dumps(RULES.requests["wan2.5-image-to-video"])
    content = f"{request[:-1]}, {text}}}".encode()
    violations = LOOKUP.of_error(CREATE, ERRORS.documented(CREATE, 400), content)
    assert 1 <= len(violations) <= 3
    assert len(repr(violations)) < 2000


# --- other error responses


def violations_of(case: ExchangeCase) -> list[RuleViolation]:
    """Return the violations of a valid request with the changes of a case."""
    operation = case.operation
    content = case.text.encode() if case.text is not None else None
    if case.body:
        content = json.dumps(case.body[0]).encode()
    return LOOKUP.of_error(operation, ERRORS.documented(operation, case.code or case.status), content)


def test_error_response_has_its_rule() -> None:
    missing = [
        (rule.id, case)
        for rule in EXCHANGE_RULES
        for case in rule.cases
        if case.status >= 400 and rule.id not in WITHOUT_VIOLATIONS and rule.id not in rule_ids(violations_of(case))
    ]
    assert missing == []


def test_rule_on_the_order_of_checks_is_never_reported() -> None:
    cases = [case for rule in EXCHANGE_RULES for case in rule.cases if case.status >= 400]
    reported = {rule_id for case in cases for rule_id in rule_ids(violations_of(case))}
    assert {rule.id for rule in EXCHANGE_RULES} - reported == WITHOUT_VIOLATIONS | {"credits.query"}


def test_violation_has_the_message_of_the_error_response() -> None:
    assert LOOKUP.of_error(GET_TASK, ERRORS.documented(GET_TASK, 400)) == [
        RuleViolation(("task.query.id-form",), "task_id", "Invalid task ID format")
    ]
    not_fetched = ERRORS.documented(UPLOAD_URL, 40004, message="The file could not be fetched.")
    assert LOOKUP.of_error(UPLOAD_URL, not_fetched, b"{}") == [
        RuleViolation(("files.url.source",), "", "The file could not be fetched.")
    ]


@pytest.mark.parametrize("status", [402, 403, 429, 500, 502, 503])
def test_error_that_the_request_did_not_cause_has_no_rule(status: int) -> None:
    [violations] = LOOKUP.of_error(CREATE, ERRORS.documented(CREATE, status), b"{}")
    assert violations.rules == ()


@pytest.mark.parametrize("status", [400, 404])
def test_rejected_valid_request_violates_no_rule(status: int) -> None:
    content = json.dumps(RULES.requests["wan2.5-image-to-video"]).encode()
    [violations] = LOOKUP.of_error(CREATE, ERRORS.documented(CREATE, status), content)
    assert violations.rules == ()


# --- the index of rules


def test_index_only_contains_existing_rules() -> None:
    index = json.loads(rule_index.RULES.read_text(encoding="utf-8"))
    assert set(index["fields"]) == set(CONTRACT.models)
    assert set(index["refusals"]) == set(OPERATION_IDS)
    places = [ids for fields in index["fields"].values() for keywords in fields.values() for ids in keywords.values()]
    refusals = [ids for keys in index["refusals"].values() for ids in keys.values()]
    assert all(places)
    assert all(refusals)
    assert {rule_id for ids in [*places, *refusals] for rule_id in ids} <= {rule.id for rule in RULES.rules}


def test_place_of_two_rules_has_both_and_the_one_with_fewer_places_first() -> None:
    wide, narrow = {("a", "type"), ("a", "enum")}, {("a", "enum")}
    assert rule_index.owned_places({"wide": [wide - narrow, narrow], "narrow": [narrow]}) == {
        "wide": wide,
        "narrow": narrow,
    }
    assert rule_index.owned_places({"both": [wide], "narrow": [narrow]}) == {"both": wide - narrow, "narrow": narrow}
    assert rule_index.owned_places({"same": [narrow], "narrow": [narrow]}) == {"same": narrow, "narrow": narrow}
    assert rule_index.owned_places({"never": []}) == {"never": set()}


def test_index_is_checked_and_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "rules.json"
    monkeypatch.setattr(rule_index, "RULES", path)
    text = rule_index.render(RULES)
    monkeypatch.setattr(rule_index, "render", Mock(return_value=text))  # once is enough
    monkeypatch.setattr(editions, "load", cache(editions.load))
    assert rules_readme.main(["--check"]) == 1
    assert capsys.readouterr().err == f"{path} is stale; run 'make rules'\n"
    assert rules_readme.main([]) == 0
    assert parse_json(path.read_bytes())["fields"].keys() == set(CONTRACT.models)
    assert rules_readme.main(["--check"]) == 0
    path.write_text("{}", encoding="utf-8")
    assert rules_readme.main(["--check"]) == 1
