"""Responses of single models that differ from the others: two readings, which must agree and cover each other."""

from __future__ import annotations

from functools import cache
from typing import Any

import bundle
from contract_suite import session
from contract_suite.checks.chosen_models import contract_of
from contract_suite.checks.contract import Parts
from contract_suite.checks.kinds import kind_of
from contract_suite.checks.sdk import Sdk
from contract_suite.core.lifecycle import TaskLog
from contract_suite.coverage import rules as rule_coverage
from contract_suite.rules import documented
from contract_suite.rules.documented import DOCUMENTED, Rules
from contract_suite.rules.kinds import BodyRule, UnobservableRule
from response_shapes import reference_findings, shape_findings
from tests import task_references
from tests.response_shapes import BLOCKS, SHAPES, request, with_shapes
from tests.task_references import DRAFTS, FINALS


@cache
def rules() -> Rules:
    """Return the rules on tasks, and those on the responses of the invented models."""
    path = DOCUMENTED / "task.yaml"
    own = [
        (
            DOCUMENTED / f"{model}.yaml",
            {"title": model, "page": "p", "request": request(model), "fields": {"prompt": {"text": "any"}}}
            | {"response": block},
        )
        for model, block in BLOCKS.items()
    ]
    for file, content in own:
        documented.validate(content, file.name)
    made = documented.make_rules([(path, documented.read_yaml(path)), *own])
    return made.only(rule for rule in made.rules if isinstance(rule, BodyRule | UnobservableRule))


@cache
def contract() -> dict[str, Any]:
    """Return the contract with the invented models only."""
    return with_shapes()


def disagreements(document: dict[str, Any]) -> list[str]:
    parts = Parts.of(rule_coverage.inline_references(document))
    return [rule.id for rule in rules().rules if any(kind_of(rule).check_contract(rule, parts))]


def test_both_readings_of_the_pages_agree() -> None:
    assert disagreements(contract()) == []


def test_every_condition_on_the_responses_of_a_model_has_a_rule() -> None:
    covered = rule_coverage.covering_rules(rules(), contract())
    conditions = {place: ids for place, ids in covered.items() if "allOf" in place and "200" in place}
    samples = {place: ids for place, ids in covered.items() if "x-response" in place}
    assert len(conditions) > 60
    assert [place for place, ids in (conditions | samples).items() if not ids] == []


def test_difference_between_the_readings_is_found() -> None:
    for model, key, value, rule in (
        ("short-1", "omits", ["task_info", "type"], "fields"),
        ("early-1", "first-status", None, "first-status"),
        ("early-1", "video-duration", None, "video_duration"),
        ("early-1", "id-suffix-length", 8, "sample"),
        ("stoppable-1", "statuses", None, "statuses"),
        ("stoppable-1", "types", ["video", "audio"], "types"),
        ("element-1", "result", None, "result"),
    ):
        shape = {name: one for name, one in {**SHAPES[model], key: value}.items() if one is not None}
        changed = with_shapes({**SHAPES, model: shape})
        assert f"{model}.response.{rule}" in disagreements(changed)


def test_created_task_may_lack_a_progress_but_not_have_another_than_zero() -> None:
    created = {"id": "task-unified-1-abcdefgh", "model": "short-1", "status": "pending"}
    for body, broken in ((created, []), ({**created, "progress": 1}, ["begins-unfinished"])):
        seen = TaskLog().created("short-1", body)
        assert [one.behaviour for one in seen if one.actual is not None] == broken


def test_sdk_reads_every_response_that_a_page_shows() -> None:
    sdk = Sdk()
    stances = {rule.id: kind_of(rule).check_sdk(rule, sdk) for rule in rules().rules if "response." in rule.id}
    assert {name: stance.differences for name, stance in stances.items() if stance.differences} == {}


def test_mistakes_in_what_a_model_says_of_its_responses_are_found() -> None:
    schemas = contract()["components"]["schemas"]

    def findings(**shape: Any) -> list[str]:
        written = {name.replace("_", "-"): value for name, value in shape.items()}
        return [key for key, _ in shape_findings({"properties": {"duration": {}}, "x-response": written}, schemas)]

    assert findings(omits=["usage"], billing_rule="per_call") == ["billing-rule"]
    assert findings(omits=["task_info"], estimated_time=5, video_duration=0) == ["estimated-time", "video-duration"]
    assert findings(types=["film"]) == ["types"]
    assert findings(first_status="processing", statuses=["pending"]) == ["first-status"]
    assert findings(billing_rules=["per_call"], billing_rule="per_second") == ["billing-rule"]
    assert findings(video_duration={"file": "audio_url"}) == ["video-duration"]
    assert findings(**{name.replace("-", "_"): value for name, value in SHAPES["early-1"].items()}) == []
    assert bundle.is_object(schemas)


def test_references_to_tasks_are_compared_with_the_contract() -> None:
    document = task_references.with_references(contract_of(session.documented_contract("base"), []))
    parts = Parts.of(rule_coverage.inline_references(document))
    for models, agrees in (([DRAFTS], True), ([FINALS], False)):
        line = {"required": True, "type": "string", "task": {"models": models, "draft": True}}
        file = {"title": FINALS, "page": "p", "request": {"model": FINALS, "source_task_id": "task-unified-1-a"}}
        file |= {"fields": {"source_task_id": line}}
        documented.validate(file, "final.yaml")
        [rule] = documented.make_rules([(DOCUMENTED / "final.yaml", file)]).of_kind(UnobservableRule)
        assert (rule.id, not list(kind_of(rule).check_contract(rule, parts))) == (
            f"{FINALS}.source_task_id.task",
            agrees,
        )
        assert kind_of(rule).models(rule) == [FINALS]


def test_mistakes_in_references_to_tasks_are_found() -> None:
    def findings(field: dict[str, Any], draft: str = "draft") -> list[str]:
        models: dict[str, Any] = {DRAFTS: {"properties": {draft: {}}}}
        return [text for _, text in reference_findings({"properties": {"source_task_id": field}}, models)]

    reference = task_references.REFERENCE
    assert findings({"type": "string", "x-task-reference": reference}) == []
    assert findings({"type": "array", "x-task-reference": reference}) == [
        "is the id of a task; give the field the type string"
    ]
    assert findings({"type": "string", "x-task-reference": reference}, "drafts") == [f"{DRAFTS} has no field draft"]
    unknown = {"type": "string", "x-task-reference": {"models": ["x"]}}
    assert findings(unknown) == ["x is not a model of the contract"]
