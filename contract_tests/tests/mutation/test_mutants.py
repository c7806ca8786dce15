"""The mutants: deriving, judging and scoring them, and a sample that the suite must catch."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from contract_suite.checks.contract import Parts
from contract_suite.checks.kinds import kind_of
from contract_suite.core.schema_walk import find
from mutation import __main__ as mutation
from mutation import regexes
from mutation.behaviour import BehaviourMutant
from mutation.equivalent_mutants import EQUIVALENT
from mutation.response_middleware import ErrorFallback, OutgoingResponse
from mutation.worker import Judge, run_in_fork
from mutation.wrong_behaviour import behaviour_mutants
from mutation.wrong_requests import RequestMutant, request_mutants
from mutation.wrong_responses import ParsedResponse, ResponseMutant


@pytest.fixture(scope="module")
def judge() -> Judge:
    """The judge of all mutants."""
    return Judge()


# --- a sample; `make mutants` judges all mutants


def test_program_finds_the_rule_that_a_mutant_breaks_and_says_why_it_cannot_judge(judge: Judge) -> None:
    # One test, because a program takes longer to start than to judge.
    with mutation.Program() as program:
        results = [program.result(task) for task in mutation.sample(judge)]
        failed = program.result({"kind": "behaviour", "name": "no such mutant"})
    assert len(results) == mutation.SAMPLE * len(mutation.SENDING)
    assert [one for one in results if mutation.verdict(one) not in {"killed", "equivalent"}] == []
    for result in results:
        if result["kind"] == "behaviour":
            mutant = judge.mutants["behaviour"][result["name"]]
            assert isinstance(mutant, BehaviourMutant)
            assert all(map(mutant.breaks, result["caught_by"]))
    assert mutation.verdict(failed) == "unclear"
    assert "KeyError: 'no such mutant'" in failed["problem"]


# --- verdicts


def test_mutant_survives_without_the_rule_that_it_breaks(judge: Judge) -> None:
    without = copy.copy(judge)
    without.rules = judge.rules.without("wan26.duration.maximum")
    task = {"kind": "requests", "name": "Wan26ReferenceVideoFlash.duration.maximum loosened to 11"}
    without.rules = without.rules.only(rule for rule in without.rules.rules if rule.id.startswith("wan26.duration"))
    result = vars(without.result(task)) | task | {"seconds": 0}
    assert mutation.verdict(result) == "survived"
    assert vars(judge.result(task))["caught_by"] == ["wan26.duration.maximum"]


def test_mutant_that_changes_no_response_is_not_killed(judge: Judge) -> None:
    mutant = ResponseMutant(("components", "schemas", "NoSuchSchema", "type"), "is null")
    own_judge = copy.copy(judge)
    own_judge.mutants = {"responses": {mutant.name: mutant}}
    own_judge.rules = judge.rules.only([])
    # Judged by few rules: none is broken by a mutant that changes nothing.
    own_judge.all_rules = judge.all_rules.only(rule for rule in judge.rules.rules if rule.id.startswith("wan25.prompt"))
    result = own_judge.result({"kind": "responses", "name": mutant.name})
    assert result.problem == "the mutant made no response wrong; it changed 0 that stayed right"


# --- how mutants are derived


def test_every_constraint_on_requests_is_loosened_and_tightened(judge: Judge) -> None:
    changes: dict[str, set[str]] = {}
    mutants = [mutant for mutant in request_mutants(judge.document) if not mutant.is_about_several_fields]
    for mutant in mutants:
        changes.setdefault(".".join(map(str, mutant.place)), set()).add(mutant.change.partition(" ")[0])
    assert len(changes) > 60
    never_tightened = {place for place, words in changes.items() if not words & {"tightened"}}
    # A neighbouring keyword, such as a bound or an enum, is tightened instead of these.
    assert {place.rpartition(".")[2] for place in never_tightened} <= {"type", "$ref", "items", "anyOf"}
    assert all("lifted" in words for words in changes.values())


def test_new_model_brings_its_mutants(judge: Judge) -> None:
    document = copy.deepcopy(judge.document)
    schemas = document["components"]["schemas"]
    schemas["Wan99"] = json.loads(json.dumps(schemas["Wan25ImageToVideo"]).replace("wan2.5-image-to-video", "wan99"))
    create = document["paths"]["/v1/videos/generations"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    create["oneOf"].append({"$ref": "#/components/schemas/Wan99"})
    create["discriminator"]["mapping"]["wan99"] = "#/components/schemas/Wan99"
    before = {mutant.name for mutant in request_mutants(judge.document)}
    added = {mutant.name for mutant in request_mutants(document)} - before
    assert added == {name.replace("Wan25ImageToVideo", "Wan99") for name in before if "Wan25ImageToVideo" in name}
    assert len(added) > 40


def test_map_brings_mutants_of_its_keys_its_values_and_its_size() -> None:
    model = {
        "type": "object",
        "properties": {
            "voices": {
                "type": "object", "maxProperties": 5, "propertyNames": {"pattern": "^a"},
                "additionalProperties": {"type": "string", "maxLength": 9},
            },
        },
    }  # fmt: skip
    body = {"content": {"application/json": {"schema": model}}}
    document = {"paths": {"/create": {"post": {"requestBody": body}}}}
    names = [mutant.name.rpartition("voices")[2] for mutant in request_mutants(document)]
    assert [name for name in names if name and "type" not in name] == [
        ".additionalProperties.maxLength lifted", ".additionalProperties.maxLength loosened to 10",
        ".additionalProperties.maxLength tightened to 8", ".maxProperties lifted", ".maxProperties loosened to 6",
        ".maxProperties tightened to 4", ".propertyNames.pattern lifted", ".propertyNames.pattern tightened to ^a[0-9]",
        ".propertyNames.pattern loosened to a", ".additionalProperties lifted",
        ".additionalProperties tightened to none",
    ]  # fmt: skip
    assert ".type tightened to documented fields" not in names


def test_only_rule_on_several_fields_is_lifted_with_its_list(judge: Judge) -> None:
    [mutant] = [
        mutant
        for mutant in request_mutants(judge.document)
        if mutant.is_about_several_fields and len(find(judge.document, mutant.place[:-1])) == 1
    ][:1]
    assert "allOf" not in find(mutant.apply_to(judge.document), mutant.place[:-2])  # an empty list is not a schema


def test_rows_agree_with_the_contract_of_their_model_alone(judge: Judge) -> None:
    for model in judge.all_rules.requests:
        document, rules = judge.alone(model)
        parts = Parts.of(document)
        assert [rule.id for rule in rules if list(kind_of(rule).check_contract(rule, parts))] == []


def test_row_mutant_that_cannot_be_judged_is_unclear(judge: Judge) -> None:
    own_judge = copy.copy(judge)
    own_judge.row_mutants = {}  # to derive all takes as long as to load the judge
    result = run_in_fork(own_judge, {"kind": "rows", "name": "no such mutant"})
    assert mutation.verdict(result) == "unclear"
    assert result["problem"] == "judging failed: KeyError: 'no such mutant'"


def test_mutant_that_one_kind_of_request_shows_is_not_inert(judge: Judge) -> None:
    document = copy.deepcopy(judge.document)
    schemas = document["components"]["schemas"]
    schemas["UploadPath"] = schemas["UploadStreamRequest"]["properties"]["upload_path"]
    for name in ("UploadStreamRequest", "UploadBase64Request", "UploadUrlRequest"):
        schemas[name]["properties"]["upload_path"] = {"$ref": "#/components/schemas/UploadPath"}
    shared = [mutant for mutant in request_mutants(document) if mutant.name.startswith("UploadPath.type")]
    assert len(shared) > 5
    assert [mutant.name for mutant in shared if mutant.inert] == []
    alone = [
        mutant
        for mutant in request_mutants(judge.document)
        if mutant.name.startswith("UploadStreamRequest.upload_path.type l")
    ]
    assert all(mutant.inert for mutant in alone)
    assert alone


def test_request_that_makes_the_mock_fail_counts_as_accepted(judge: Judge) -> None:
    task = {"kind": "requests", "name": "Wan26ReferenceVideoFlash.duration.type loosened by null"}
    middleware = ErrorFallback(no_app, judge.document)
    failed = OutgoingResponse(500, {}, b"{}")
    middleware.process({"path": "/v1/videos/generations", "method": "POST", "headers": []}, failed)
    assert (failed.status, json.loads(failed.content)["status"]) == (200, "pending")
    requested = OutgoingResponse(500, {}, b"{}")
    middleware.process(
        {"path": "/v1/videos/generations", "method": "POST", "headers": [(b"prefer", b"code=500")]}, requested
    )
    assert requested == OutgoingResponse(500, {}, b"{}")
    assert vars(judge.result(task))["caught_by"] == ["wan26.duration.type"]


async def no_app(*_: Any) -> None:
    """Stand for an application that is never called."""


def test_keyword_without_a_mutant_raises(judge: Judge) -> None:
    document = copy.deepcopy(judge.document)
    document["components"]["schemas"]["Wan25ImageToVideo"]["properties"]["image_urls"]["uniqueItems"] = True
    with pytest.raises(NotImplementedError, match="no mutant is known for uniqueItems"):
        list(request_mutants(document))
    assert judge.document != document


def test_every_behaviour_mutant_replaces_something_that_exists_and_names_a_rule(judge: Judge) -> None:
    mutants = behaviour_mutants()
    assert len({mutant.name for mutant in mutants}) == len(mutants)
    for mutant in mutants:
        assert judge.rules_broken_by(mutant).rules
        mutant.owner()


def test_behaviour_mutant_that_breaks_no_documented_rule_says_so(judge: Judge) -> None:
    mutant = BehaviourMutant("tasks are lost", "*.no-such-rule", "evolink_mock.domain.tasks.TaskStore.read", print)
    with pytest.raises(LookupError) as raised:
        judge.rules_broken_by(mutant)
    assert str(raised.value) == "the mutant 'tasks are lost' breaks *.no-such-rule, which is not a documented rule"


@pytest.mark.parametrize("missing", ["domain.tasks.TaskStore.gone", "domain.tasks.Gone.read", "gone.TaskStore.read"])
def test_behaviour_mutant_of_something_that_does_not_exist_says_so(missing: str) -> None:
    mutant = BehaviourMutant("tasks are lost", "task.query.unknown", f"evolink_mock.{missing}", print)
    with pytest.raises(LookupError) as raised:
        mutant.apply()
    assert str(raised.value) == (
        f"the mutant 'tasks are lost' replaces evolink_mock.{missing}, which does not exist; "
        "if it was renamed, rename it in mutation/wrong_behaviour too"
    )


TASK = "GET /v1/tasks/{task_id}"


@pytest.mark.parametrize(
    ("name", "member", "value"),
    [
        ("Task.progress.maximum is violated", "progress", 101),
        ("Task.progress.type is a fraction", "progress", 0.5),
        ("Task.results.items.format has a wrong form", "results", ["no form"]),
        ("Task.allOf.0.else.then.results.minItems is violated", "results", []),
        ("TaskInfo.required without can_cancel", "task_info", {}),
        ("TaskStatus.enum is not listed", "status", "another"),
        ("TaskId.pattern has a wrong form", "id", "no form"),
        ("Task.then.error.type of another type", "error", "nothing"),
    ],
)
def test_one_member_of_a_response_is_rewritten(judge: Judge, name: str, member: str, value: Any) -> None:
    mutant = judge.mutants["responses"][name]
    assert isinstance(mutant, ResponseMutant)
    task = judge.document["paths"]["/v1/tasks/{task_id}"]["get"]["responses"]["200"]
    body = task["content"]["application/json"]["example"]
    response = ParsedResponse(200, {}, copy.deepcopy(body))
    assert mutant.changed(judge.document, TASK, response)
    assert response.body == {**body, member: value}
    assert not mutant.changed(judge.document, "GET /v1/credits", ParsedResponse(200, {}, {"success": True}))


def test_status_content_type_and_header_of_a_response_are_rewritten(judge: Judge) -> None:
    response = ParsedResponse(405, {b"allow": b"GET", b"content-type": b"application/json"}, {})
    for name in ("405 has another status", "405 is text by its type", "405.Allow is left out"):
        mutant = judge.mutants["responses"][f"{TASK}.{name}"]
        assert isinstance(mutant, ResponseMutant)
        assert mutant.changed(judge.document, TASK, response)
        assert (response.status == 439) is ("status" in name)
        response.status = 405
    assert response == ParsedResponse(405, {b"content-type": b"text/plain; charset=utf-8"}, {})


# --- variants of patterns


@pytest.mark.parametrize(
    ("pattern", "less", "more"),
    [
        ("^(a|b)$", ["^(b)$", "^(a)$"], ["(a|b)$", "^(a|b)"]),
        ("x[yz]?", ["x[z]?", "x[y]?", "x[yz]?[0-9]"], []),
        ("^a(b)?", ["^a", "^a(b)?[0-9]"], ["a(b)?"]),
        ("[^ab][0-9a-f]$", [], ["[^ab][0-9a-f]"]),
        (r"\[[ab]\]", [r"\[[b]\]", r"\[[a]\]", r"\[[ab]\][0-9]"], []),
        ("a([/?]|$)", ["a([?]|$)", "a([/]|$)", "a($)", "a([/?])"], ["a"]),
        ("a(?!b|c)(d)?", ["a(?!b|c)", "a(?!b|c)(d)?[0-9]"], []),
    ],
)
def test_pattern_loses_one_element_at_a_time(pattern: str, less: list[str], more: list[str]) -> None:
    assert list(regexes.narrowed(pattern)) == less
    assert list(regexes.widened(pattern)) == more


# --- equivalent mutants


def test_listed_equivalent_mutants_exist_and_are_not_obvious(judge: Judge) -> None:
    mutants = {**judge.mutants["requests"], **judge.mutants["responses"]}
    assert EQUIVALENT.keys() <= mutants.keys()
    listed = [mutants[name] for name in EQUIVALENT]
    assert [mutant.name for mutant in listed if isinstance(mutant, RequestMutant) and mutant.inert] == []


def test_listed_equivalent_mutant_that_breaks_a_rule_is_unclear(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    task = {"kind": "requests", "name": "Wan26ReferenceVideoFlash.duration.maximum loosened to 11"}
    monkeypatch.setitem(EQUIVALENT, task["name"], "no request has 11 seconds")
    result = vars(judge.result(task)) | task
    assert mutation.verdict(result) == "unclear"
    assert result["problem"] == "the mutant is listed as equivalent but breaks wan26.duration.maximum"


@pytest.mark.parametrize(
    ("name", "inert"),
    [
        ("Wan26ReferenceVideoFlash.quality.type lifted", "no value of another type is listed"),
        ("Wan25ImageToVideo.duration.type loosened by number", "no value of another type is listed"),
        ("Wan25ImageToVideo.duration.enum lifted", ""),
        ("Wan26ReferenceVideoFlash.duration.type lifted", ""),
        ("TaskId.type loosened by null", "forms and paths contain text only"),
        ("Wan25ImageToVideo.model.const lifted", "the schema is chosen by model, which therefore has this value"),
        (
            "Wan25ImageToVideo.required loosened by model",
            "the schema is chosen by model, so every request is an object that has it",
        ),
    ],
)
def test_mutant_is_inert_only_where_its_constraint_shows_it(judge: Judge, name: str, inert: str) -> None:
    mutant = judge.mutants["requests"][name]
    assert isinstance(mutant, RequestMutant)
    assert mutant.inert == inert


def test_type_of_listed_values_is_not_inert_if_one_of_them_has_another_type(judge: Judge) -> None:
    document = copy.deepcopy(judge.document)
    document["components"]["schemas"]["Wan25ImageToVideo"]["properties"]["duration"]["enum"] = [5, 10, "auto"]
    mutants = {mutant.name: mutant for mutant in request_mutants(document)}
    assert mutants["Wan25ImageToVideo.duration.type loosened by string"].inert == ""


# --- the score


def test_score_covers_the_present_mutants_and_is_in_the_readme(judge: Judge) -> None:
    figures = json.loads(mutation.SCORE.read_text(encoding="utf-8"))
    # Those that are judged by rows alone follow every new model, so their number may be older.
    counts = {
        kind: figures["by_kind"][kind]["mutants"] + figures["by_kind"][kind]["equivalent"] for kind in mutation.SENDING
    }
    assert counts == {kind: len(judge.mutants[kind]) for kind in mutation.SENDING}, "run 'make mutants'"
    assert figures["killed"] == figures["mutants"]
    assert (figures["false_alarms"], figures["seeds"]) == (0, 50)
    readme = mutation.README.read_text(encoding="utf-8")
    assert mutation.update_readme(readme, figures) == readme


def test_score_counts_verdicts() -> None:
    def result(kind: str, **fields: Any) -> mutation.Result:
        empty: mutation.Result = {"caught_by": [], "equivalent": "", "problem": ""}
        return {"kind": kind, "name": "x", "seconds": 1} | empty | fields

    results = [
        result("requests", caught_by=["a.b"]), result("requests", equivalent="so"), result("requests"),
        result("responses", caught_by=["a.b"]), result("behaviour", problem="why"),
        result("clean"), result("clean", caught_by=["a.b"]),
    ]  # fmt: skip
    figures = mutation.score(results, 1.2)
    assert figures == {
        "mutants": 4, "killed": 2, "equivalent": 1,
        "by_kind": {
            "requests": {"mutants": 2, "killed": 1, "equivalent": 1},
            "responses": {"mutants": 1, "killed": 1, "equivalent": 0},
            "behaviour": {"mutants": 1, "killed": 0, "equivalent": 0},
            "rows": {"mutants": 0, "killed": 0, "equivalent": 0},
        },
        "seeds": 2, "false_alarms": 1, "seconds": 1,
    }  # fmt: skip
    assert "**2 of 4 mutants are killed (50 %).**" in mutation.summary(figures)
    assert [mutation.verdict(one) for one in results] == [
        "killed", "equivalent", "survived", "killed", "unclear", "clean", "false alarm"
    ]  # fmt: skip


def test_readme_without_markers_for_the_score_raises() -> None:
    with pytest.raises(ValueError, match="lacks the markers"):
        mutation.update_readme("# Nothing", {})
