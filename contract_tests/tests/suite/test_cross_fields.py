"""Rules on several fields, ignored fields and failing tasks: comparison with the contract, the SDK and a server."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

import bundle
from apply import apply
from contract_suite.checks.contract import Parts
from contract_suite.checks.fuzzing import documented_view
from contract_suite.checks.kinds import kind_of
from contract_suite.checks.sdk import Sdk
from contract_suite.core.exchanges import Exchange, ReceivedResponse, create
from contract_suite.core.oracle import Decisions
from contract_suite.coverage import rules as rule_coverage
from contract_suite.coverage.contract import measure_coverage
from contract_suite.coverage.missing_rules import describe
from contract_suite.drift.analysis import Drift
from contract_suite.rules import documented
from contract_suite.rules.documented import Rules
from contract_suite.rules.operations import CREATE, UPLOAD_BASE64
from contract_suite.session import broken
from evolink._contract import Contract
from evolink_mock import MockServer
from mutation.wrong_requests import request_mutants
from tests import cross_fields, few_models
from tests.cross_fields import BROKEN, FULFILLED, IMAGE, MODEL, PAGE, SMALLEST

ABSENT = {"absent": True}
NAMES = ("duration", "last-frame", "reference", "together", "source", "draft", "mode")


def row(says: str, **keys: Any) -> dict[str, Any]:
    return {"says": f"The page says: {says}", **keys}


def changes(change: dict[str, Any]) -> dict[str, Any]:
    return {name: ABSENT if value is None else value for name, value in change.items()}


ROWS: dict[str, dict[str, Any]] = {
    **{
        f"sketch.{name}": row(
            name,
            field=cross_fields.SCHEMA["allOf"][index]["x-fields"],
            accepts=[changes(change) for change in FULFILLED[index]],
            rejects=[changes(BROKEN[index])],
        )
        for index, name in enumerate(NAMES)
    },
    "sketch.ratio-ignored": row(
        "the ratio is ignored with a frame", field="aspect_ratio",
        ignored=[{"image_start": IMAGE, "aspect_ratio": "16:9"}],
        accepts=[{"aspect_ratio": "16:9"}, {"image_start": IMAGE}],
    ),
    "sketch.shots-ignored": row(
        "shots need a draft that is off", field="model_params.shot_type",
        ignored=[
            {"model_params": {"shot_type": "x"}},
            {"model_params": {"shot_type": "x"}, "draft": True, "quality": "480p"},
        ],
        accepts=[{"model_params": {"shot_type": "x"}, "draft": False}],
    ),
    "sketch.prompt-cut": row(
        "longer prompts are cut", field="prompt",
        ignored=[{"prompt": {"repeat": "猫", "times": 21}}], accepts=[{"prompt": {"repeat": "猫", "times": 20}}],
    ),
    "sketch.lines-cut": row(
        "longer lines are cut", field="model_params.lines",
        ignored=[{"model_params": {"lines": ["a", "abcde"]}}], accepts=[{"model_params": {"lines": ["abcd"]}}],
    ),
    "sketch.title-cut": row(
        "titles are cut, Chinese ones earlier", field="model_params.title",
        ignored=[{"model_params": {"title": "猫" * 4}}, {"model_params": {"title": "a" * 7}}],
        accepts=[{"model_params": {"title": "猫" * 3}}, {"model_params": {"title": "a" * 6}}],
    ),
    "sketch.story-tokens": row(
        "stories have at most six tokens", field="model_params.story",
        tokens=[{"model_params": {"story": "a" * 7}}], accepts=[{"model_params": {"story": "猫" * 6}}],
    ),
    "sketch.sizes-strict": row(
        "a size has a width and a height", field="model_params.size.depth",
        rejects=[{"model_params": {"size": {"depth": 6}}}], accepts=[{"model_params": {"size": {"width": 5}}}],
    ),
    "sketch.frames-fail": row(
        "a short prompt fails with frames", field="prompt", code="invalid_parameters",
        fails_later=[{"mode": "frames", "prompt": "A"}],
        accepts=[{"prompt": "A"}, {"mode": "frames"}],
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Rules:
    """The documented rules of the invented model."""
    folder = tmp_path_factory.mktemp("documented")
    file = {"title": "Sketch", "page": PAGE, "edition": "of the fixture", "request": SMALLEST, "rules": ROWS}
    Path(folder, "sketch.yaml").write_text(json.dumps(file), encoding="utf-8")
    return replace(documented.load(folder), uploads={UPLOAD_BASE64: {"base64_data": "R0lGODlh"}})


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The contract of a few models with the invented one."""
    return cross_fields.with_model(few_models.contract())


def lifted(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the id of each row, and the contract without the statement that the row checks."""

    def schema_of(changed: dict[str, Any]) -> dict[str, Any]:
        schema: dict[str, Any] = changed["components"]["schemas"]["Sketch"]
        return schema

    for index, name in enumerate(NAMES):
        changed = copy.deepcopy(document)
        schema_of(changed)["allOf"][index] = {}
        yield f"sketch.{name}", changed
    for index, name in enumerate(("ratio-ignored", "shots-ignored")):
        changed = copy.deepcopy(document)
        del schema_of(changed)["x-ignored"][index]
        yield f"sketch.{name}", changed
    changed = copy.deepcopy(document)
    schema_of(changed)["properties"]["prompt"]["x-cut-after"] = 21
    yield "sketch.prompt-cut", changed
    changed = copy.deepcopy(document)
    del schema_of(changed)["properties"]["model_params"]["properties"]["lines"]["items"]["x-cut-after"]
    yield "sketch.lines-cut", changed
    for key, value in (("x-cut-after", 7), ("x-cut-after-chinese", 4), ("x-cut-after-chinese", 2)):
        changed = copy.deepcopy(document)
        schema_of(changed)["properties"]["model_params"]["properties"]["title"][key] = value
        yield "sketch.title-cut", changed
    changed = copy.deepcopy(document)
    schema_of(changed)["properties"]["model_params"]["properties"]["story"]["x-token-limit"] = 7
    yield "sketch.story-tokens", changed
    changed = copy.deepcopy(document)
    del schema_of(changed)["properties"]["model_params"]["properties"]["size"]["additionalProperties"]
    yield "sketch.sizes-strict", changed
    changed = copy.deepcopy(document)
    schema_of(changed)["x-fails-later"][0]["code"] = "service_error"
    yield "sketch.frames-fail", changed


def differences(rules: Rules, document: dict[str, Any]) -> dict[str, list[str]]:
    parts = Parts.of(document)
    found = {rule.id: list(kind_of(rule).check_contract(rule, parts)) for rule in rules.rules}
    return {rule_id: texts for rule_id, texts in found.items() if texts}


def test_contract_with_every_statement_agrees(rules: Rules, document: dict[str, Any]) -> None:
    assert len(rules.rules) == len(ROWS)
    assert differences(rules, document) == {}


def test_contract_without_a_statement_disagrees_with_the_rule_on_it_alone(
    rules: Rules, document: dict[str, Any]
) -> None:
    assert {rule_id: list(differences(rules, changed)) for rule_id, changed in lifted(document)} == {
        rule_id: [rule_id] for rule_id in ROWS
    }


def test_contract_that_names_other_fields_disagrees(rules: Rules, document: dict[str, Any]) -> None:
    changed = copy.deepcopy(document)
    changed["components"]["schemas"]["Sketch"]["allOf"][cross_fields.DURATION]["x-fields"] = ["prompt"]
    [text] = differences(rules, changed)["sketch.duration"]
    assert text.startswith("the contract refuses another field than duration or quality of {")


def test_validator_of_another_model_is_not_compiled(document: dict[str, Any]) -> None:
    parts = Parts.of(document)
    assert parts.accepts("create_video_generation", SMALLEST)
    assert not parts.accepts("create_video_generation", {"prompt": "A cat"})
    assert list(parts.request_validators) == [MODEL]


def bare_constraints(rules: Rules, document: dict[str, Any]) -> list[rule_coverage.Path]:
    """Return the constraints of the invented model on several fields, and on what has no effect, without a rule."""
    used = rule_coverage.inline_references(document)
    create = used["paths"]["/v1/videos/generations"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    last = len(create["oneOf"]) - 1
    before = Parts.of(used)
    return [
        place
        for place in rule_coverage.constraints(used)
        if "oneOf" in place and place[place.index("oneOf") + 1] == last
        if {"allOf", "x-ignored", "x-fails-later", "x-cut-after", "x-cut-after-chinese", "x-token-limit"} & {*place}
        if not any(rule_coverage.disagreeing_rules(rules.rules, before, Parts.of(rule_coverage.without(used, place))))
    ]


def test_every_rule_on_several_fields_needs_a_row(rules: Rules, document: dict[str, Any]) -> None:
    assert bare_constraints(rules, document) == []
    bare = bare_constraints(rules.only(()), document)
    _, sources = bundle.bundle_with_sources()
    texts = [text.partition("\n")[2].strip() for text in describe(bare, document, sources, rules.only(()))]
    assert len(texts) == len(ROWS), "all rows but the one on a strict object, and two for the limits of a title"
    assert texts[0] == (
        "documented/<family>/sketch-1.yaml:\n"
        '    sketch1.prompt.cut-after: {"says": "<the statement of the page>", "field": "prompt", '
        '"accepts": [{"prompt": {"repeat": "a", "times": 20}}], "ignored": [{"prompt": {"repeat": "a", "times": 21}}]}'
    )
    assert '"tokens": [{"model_params": {"story": {"repeat": "a", "times": 7}}}]' in texts[1]
    assert texts[5] == (
        "documented/<family>/sketch-1.yaml:\n"
        '    sketch1.duration.with-others: {"says": "10 seconds are not available at 1080p.", '
        '"field": ["duration", "quality"], "accepts": ["<change>"], "rejects": ["<change>"]}'
    )
    assert '"fails_later": ["<change>"]' in texts[-1]
    assert '"code": "invalid_parameters"' in texts[-1]


# --- the SDK


def stances(rules: Rules, document: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[str, ...]]:
    strict = Contract(document)
    monkeypatch.setattr("evolink._contract._read", Mock(return_value=strict))
    sdk = Sdk()
    found = {rule.id: kind_of(rule).check_sdk(rule, sdk).differences for rule in rules.rules}
    return {rule_id: texts for rule_id, texts in found.items() if texts}


def test_sdk_agrees_with_every_rule(rules: Rules, document: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    assert stances(rules, document, monkeypatch) == {}


def test_sdk_without_a_statement_disagrees_with_the_rule_on_it_alone(
    rules: Rules, document: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    without_code = {"sketch.frames-fail"}  # the SDK refuses the request whatever the code is
    assert {rule_id: list(stances(rules, changed, monkeypatch)) for rule_id, changed in lifted(document)} == {
        rule_id: [] if rule_id in without_code else [rule_id] for rule_id in ROWS
    }


# --- a server


def test_mock_fulfils_every_rule(rules: Rules, document: dict[str, Any]) -> None:
    assert broken(rules, partial(MockServer, contract=document)) == []


def test_mock_that_enforces_no_rule_on_several_fields_breaks_every_row_on_them(
    rules: Rules, document: dict[str, Any]
) -> None:
    changed = copy.deepcopy(document)
    del changed["components"]["schemas"]["Sketch"]["allOf"]
    changed["components"]["schemas"]["Sketch"]["properties"]["prompt"]["maxLength"] = 20
    changed["components"]["schemas"]["Sketch"]["x-fails-later"][0]["code"] = "service_error"
    assert broken(rules, partial(MockServer, contract=changed)) == [
        *(f"sketch.{name}" for name in NAMES), "sketch.prompt-cut", "sketch.frames-fail",
    ]  # fmt: skip


def test_mock_whose_task_completes_although_it_must_fail_breaks_the_row(rules: Rules, document: dict[str, Any]) -> None:
    changed = copy.deepcopy(document)
    del changed["components"]["schemas"]["Sketch"]["x-fails-later"]
    failing = rules.only(rule for rule in rules.rules if rule.id == "sketch.frames-fail")
    assert broken(failing, partial(MockServer, contract=changed)) == ["sketch.frames-fail"]


def test_mock_that_names_another_field_breaks_the_row(rules: Rules, document: dict[str, Any]) -> None:
    changed = copy.deepcopy(document)
    for rule in changed["components"]["schemas"]["Sketch"]["allOf"]:
        rule["x-fields"] = ["prompt", *rule["x-fields"]]
    assert broken(rules, partial(MockServer, contract=changed)) == [f"sketch.{name}" for name in NAMES]


# --- mutants, coverage and proposals


def test_every_rule_on_several_fields_has_one_mutant_that_a_row_notices(rules: Rules, document: dict[str, Any]) -> None:
    mutants = [mutant for mutant in request_mutants(document) if mutant.name.startswith("Sketch.allOf.")]
    assert [mutant.name for mutant in mutants] == [f"Sketch.allOf.{index} lifted" for index in range(len(NAMES))]
    before = Parts.of(document)
    noticed = [
        list(rule_coverage.disagreeing_rules(rules.rules, before, Parts.of(mutant.apply_to(document))))
        for mutant in mutants
    ]
    assert noticed == [[f"sketch.{name}"] for name in NAMES]


def test_rule_on_several_fields_is_covered_by_a_request_that_keeps_it_and_one_that_breaks_it(
    document: dict[str, Any],
) -> None:
    def exchange(changes: dict[str, Any]) -> Exchange:
        return Exchange(CREATE, create(cross_fields.request(changes)), None)

    def missed(*bodies: dict[str, Any]) -> list[str]:
        coverage = measure_coverage(document, map(exchange, bodies), [])
        return [goal for goal in coverage["requests"]["missed"] if goal.startswith("Sketch.allOf.")]

    both = [f"Sketch.allOf.{index}: {side}" for index in range(len(NAMES)) for side in ("kept", "broken")]
    assert missed() == both
    assert missed(BROKEN[cross_fields.DURATION]) == [
        goal for goal in both if goal not in {"Sketch.allOf.0: broken", *both[2::2]}
    ]
    assert missed({}, *BROKEN.values()) == []


def test_server_without_a_rule_on_several_fields_gets_the_removal_of_that_rule_proposed(
    document: dict[str, Any],
) -> None:
    lifted = (cross_fields.DURATION, cross_fields.MODE)
    task = {"id": "task-unified-1-abcdefgh", "model": cross_fields.request({})["model"], "status": "pending"}
    response = ReceivedResponse(200, {}, json.dumps(task), (task,), 0)
    accepted = [Exchange(CREATE, create(cross_fields.request(BROKEN[index])), response) for index in lifted]
    drift = Drift(Decisions(document), documented.load())
    changes = [change for change in drift.changes(accepted) if {"Sketch", "allOf"} <= {*change.place}]
    assert changes[0].description == (
        'Sketch: {"duration": 10, "quality": "1080p"} was accepted, which a rule forbids: 10 seconds are not available '
        "at 1080p. The rule is removed. Check if it is still on the page, or only narrower."
    )
    overlay = {
        "overlay": "1.1.0",
        "info": {"title": "drift", "version": "1"},
        "actions": [action for change in changes for action in change.actions],
    }
    amended = apply(document, overlay)["components"]["schemas"]["Sketch"]["allOf"]
    assert amended == [rule for index, rule in enumerate(cross_fields.SCHEMA["allOf"]) if index not in lifted]


def test_rule_that_is_only_inferred_is_not_generated_for_other_servers(document: dict[str, Any]) -> None:
    rules = documented_view(document)["components"]["schemas"]["Sketch"]["allOf"]
    assert [rule["description"] for rule in rules] == [
        rule["description"] for rule in cross_fields.SCHEMA["allOf"] if "x-inferred" not in rule
    ]
    assert documented_view({"allOf": [{"x-inferred": "we think so"}], "type": "object"}) == {"type": "object"}
