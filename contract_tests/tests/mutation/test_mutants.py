"""Mutants: servers that each break one rule, of which the suite must catch every one; and what says so."""

from __future__ import annotations

import copy
import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import bundle
from mutation import __main__ as score
from mutation import equivalences, regexes
from mutation.behaviour import BehaviourMutant
from mutation.response_middleware import Coping, Sent
from mutation.worker import Judge
from mutation.wrong_behaviour import behaviour_mutants
from mutation.wrong_requests import request_mutants
from mutation.wrong_responses import ReceivedResponse, ResponseMutant


@pytest.fixture(scope="module")
def judging() -> Judge:
    """The mutants there are."""
    return Judge()


@pytest.fixture(scope="module")
def program() -> Iterator[score.Program]:
    """A program that judges mutants, for all tests of one worker."""
    with score.Program() as started:
        yield started


# --- the sample of each day; `make mutants` judges them all


@pytest.mark.parametrize("number", range(score.SAMPLE * len(score.KINDS)))
def test_mutant_is_killed_by_a_rule_it_breaks(judging: Judge, program: score.Program, number: int) -> None:
    result = program.result(score.sample(judging)[number])
    assert score.verdict(result) in {"killed", "equivalent"}, result
    if result["kind"] == "behaviour":
        assert judging.mutants["behaviour"][result["name"]].rule in result["caught_by"]  # type: ignore[union-attr]


# --- a survivor is seen


def test_mutant_survives_when_its_rule_is_taken_away(judging: Judge) -> None:
    without = Judge()
    without.rules = judging.rules.without("wan26.duration.maximum")
    task = {"kind": "requests", "name": "Wan26ReferenceVideoFlash.duration.maximum loosened to 11"}
    without.rules = without.rules.only(rule for rule in without.rules.rules if rule.id.startswith("wan26.duration"))
    result = vars(without.result(task)) | task | {"seconds": 0}
    assert score.verdict(result) == "survived"
    assert vars(judging.result(task))["caught_by"] == ["wan26.duration.maximum"]


def test_mutant_that_changes_no_answer_is_no_mutant_that_was_killed(judging: Judge) -> None:
    mutant = ResponseMutant(("components", "schemas", "NoSuchSchema", "type"), "is null")
    judging_one = Judge()
    judging_one.mutants["responses"][mutant.name] = mutant
    judging_one.rules = judging.rules.only([])
    result = judging_one.result({"kind": "responses", "name": mutant.name})
    assert result.problem == "the mutant made no response wrong; it changed 0 that stayed right"


def test_judgement_that_breaks_off_is_told(program: score.Program) -> None:
    result = program.result({"kind": "behaviour", "name": "no such mutant"})
    assert score.verdict(result) == "unclear"
    assert "KeyError: 'no such mutant'" in result["problem"]


# --- what is derived


def test_every_constraint_on_requests_is_loosened_and_tightened(judging: Judge) -> None:
    changes: dict[str, set[str]] = {}
    for mutant in request_mutants(judging.document):
        changes.setdefault(".".join(map(str, mutant.place)), set()).add(mutant.change.partition(" ")[0])
    assert len(changes) > 60
    never_tightened = {place for place, words in changes.items() if not words & {"tightened"}}
    # A list of one item at most has no unlike items; a member of a list or a bound is what is tightened of the others.
    assert {place.rpartition(".")[2] for place in never_tightened} <= {"type", "$ref", "items", "anyOf"}
    assert all("lifted" in words for words in changes.values())


def test_new_model_brings_its_mutants(judging: Judge) -> None:
    document = bundle.bundle()
    schemas = document["components"]["schemas"]
    schemas["Wan99"] = json.loads(json.dumps(schemas["Wan25ImageToVideo"]).replace("wan2.5-image-to-video", "wan99"))
    create = document["paths"]["/v1/videos/generations"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    create["oneOf"].append({"$ref": "#/components/schemas/Wan99"})
    create["discriminator"]["mapping"]["wan99"] = "#/components/schemas/Wan99"
    before = {mutant.name for mutant in request_mutants(judging.document)}
    added = {mutant.name for mutant in request_mutants(document)} - before
    assert added == {name.replace("Wan25ImageToVideo", "Wan99") for name in before if "Wan25ImageToVideo" in name}
    assert len(added) > 40


def test_mutant_that_requests_of_one_kind_show_is_not_called_inert(judging: Judge) -> None:
    document = bundle.bundle()
    schemas = document["components"]["schemas"]
    schemas["UploadPath"] = schemas["UploadStreamRequest"]["properties"]["upload_path"]
    for name in ("UploadStreamRequest", "UploadBase64Request", "UploadUrlRequest"):
        schemas[name]["properties"]["upload_path"] = {"$ref": "#/components/schemas/UploadPath"}
    shared = [mutant for mutant in request_mutants(document) if mutant.name.startswith("UploadPath.type")]
    assert len(shared) > 5
    assert [mutant.name for mutant in shared if mutant.inert] == []
    alone = [
        mutant
        for mutant in request_mutants(judging.document)
        if mutant.name.startswith("UploadStreamRequest.upload_path.type l")
    ]
    assert all(mutant.inert for mutant in alone)
    assert alone


def test_request_that_the_mock_cannot_do_with_is_answered_as_taken(judging: Judge) -> None:
    task = {"kind": "requests", "name": "Wan26ReferenceVideoFlash.duration.type loosened by null"}
    front = Coping(no_app, judging.document)
    failed = Sent(500, {}, b"{}")
    front.look({"path": "/v1/videos/generations", "method": "POST", "headers": []}, failed)
    assert (failed.status, json.loads(failed.content)["status"]) == (200, "pending")
    asked = Sent(500, {}, b"{}")
    front.look({"path": "/v1/videos/generations", "method": "POST", "headers": [(b"prefer", b"code=500")]}, asked)
    assert asked == Sent(500, {}, b"{}")
    assert vars(judging.result(task))["caught_by"] == ["wan26.duration.type"]


async def no_app(*_: Any) -> None:
    """Stand for an application that is not asked."""


def test_keyword_without_a_mutant_is_told(judging: Judge) -> None:
    document = bundle.bundle()
    document["components"]["schemas"]["Wan25ImageToVideo"]["properties"]["image_urls"]["uniqueItems"] = True
    with pytest.raises(NotImplementedError, match="no mutant is known for uniqueItems"):
        list(request_mutants(document))
    assert judging.document != document


def test_every_behaviour_mutant_replaces_something_that_exists_and_names_a_rule(judging: Judge) -> None:
    known = {rule.id for rule in judging.rules.rules}
    mutants = behaviour_mutants()
    assert len(mutants) > 90
    assert len({mutant.name for mutant in mutants}) == len(mutants)
    for mutant in mutants:
        assert mutant.rule in known
        mutant.owner()


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
        ("Task.progress.maximum is left behind", "progress", 101),
        ("Task.progress.type is a fraction", "progress", 0.5),
        ("Task.results.items.format is of no form", "results", ["no form"]),
        ("Task.then.results.minItems is left behind", "results", []),
        ("TaskInfo.required without can_cancel", "task_info", {}),
        ("TaskStatus.enum is another", "status", "another"),
        ("TaskId.pattern is of no form", "id", "no form"),
        ("Task.then.error.type of another type", "error", "nothing"),
    ],
)
def test_one_thing_of_an_answer_is_rewritten(judging: Judge, name: str, member: str, value: Any) -> None:
    mutant = judging.mutants["responses"][name]
    assert isinstance(mutant, ResponseMutant)
    task = judging.document["paths"]["/v1/tasks/{task_id}"]["get"]["responses"]["200"]
    body = task["content"]["application/json"]["example"]
    response = ReceivedResponse(200, {}, copy.deepcopy(body))
    assert mutant.changed(judging.document, TASK, response)
    assert response.body == {**body, member: value}
    assert not mutant.changed(judging.document, "GET /v1/credits", ReceivedResponse(200, {}, {"success": True}))


def test_status_type_and_header_of_an_answer_are_rewritten(judging: Judge) -> None:
    response = ReceivedResponse(405, {b"allow": b"GET", b"content-type": b"application/json"}, {})
    for name in ("405 has another status", "405 is text by its type", "405.Allow is left out"):
        mutant = judging.mutants["responses"][f"{TASK}.{name}"]
        assert isinstance(mutant, ResponseMutant)
        assert mutant.changed(judging.document, TASK, response)
        assert (response.status == 439) is ("status" in name)
        response.status = 405
    assert response == ReceivedResponse(405, {b"content-type": b"text/plain; charset=utf-8"}, {})


# --- proofs


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
def test_pattern_loses_its_elements_one_by_one(pattern: str, less: list[str], more: list[str]) -> None:
    assert list(regexes.narrowed(pattern)) == less
    assert list(regexes.widened(pattern)) == more


PATTERNS = ["a", "^a", "a$", "^a$", "^a*$", "^a+$", "(a|b)", "[ab]", "^[^a]", "b([/a]|$)", "^(a)?b", r"\.", r"a\.b", ""]


@pytest.mark.parametrize(("one", "another"), list(itertools.combinations(PATTERNS, 2)))
def test_patterns_are_the_same_only_if_no_short_text_tells_them_apart(one: str, another: str) -> None:
    texts = ["".join(letters) for length in range(5) for letters in itertools.product("ab/.", repeat=length)]
    differs = any(bool(re.search(one, text)) != bool(re.search(another, text)) for text in texts)
    left, right = (regexes.Texts(frozenset({pattern}), frozenset(), None) for pattern in (one, another))
    assert regexes.same(left, right) is not differs


def test_what_neither_side_takes_tells_nothing_apart() -> None:
    left, right = (regexes.Texts(frozenset({pattern}), frozenset({"^b"}), "uri") for pattern in ("^[ab]", "^a"))
    assert regexes.same(left, right)
    assert not regexes.same(left._replace(refused=frozenset()), right._replace(refused=frozenset()))


@pytest.mark.parametrize(
    ("one", "another"),
    [
        ("^(?!a)b", "^b"), ("^^a$", "^^b$"), ("^(a|$)$", "^a$"), ("a($|b)$", "ab$"), ("^.$", r"^[^\n]$"),
        (r"^\s$", "^ $"), ("^[\x00-\x1f]$", "^[\x00\x01\x04-\x1f]$"), ("^é$", "^e$"),
    ],
)  # fmt: skip
def test_pattern_that_no_automaton_is_made_of_proves_nothing(one: str, another: str) -> None:
    before, after = ({"type": "string", "pattern": pattern} for pattern in (one, another))
    assert equivalences.by_languages(before, after) == ""


@pytest.mark.parametrize(
    ("one", "another"),
    [
        ({"pattern": "a"}, {"pattern": "b"}),
        ({"anyOf": [{"minLength": 3}]}, {"anyOf": [{"minLength": 5}]}),
        ({"anyOf": [{"pattern": "a", "minLength": 3}]}, {"anyOf": [{"pattern": "a", "minLength": 5}]}),
        ({"anyOf": [{"pattern": "a"}]}, {"anyOf": [{"pattern": "a", "format": "uri"}]}),
        ({"anyOf": [{"pattern": "a"}]}, {"anyOf": [{"pattern": "a"}], "maxLength": 3}),
    ],
)
def test_schemas_that_refuse_by_more_than_patterns_are_not_compared(one: Any, another: Any) -> None:
    before, after = ({"type": "string", "not": refused} for refused in (one, another))
    assert equivalences.by_languages(before, after) == ""


@pytest.mark.parametrize(
    ("before", "after", "proven"),
    [
        ({"type": "string", "enum": ["a", "b"]}, {"enum": ["a", "b"]}, True),
        ({"type": "string", "enum": ["a", 5]}, {"enum": ["a", 5]}, False),
        ({"type": "integer", "enum": [5, 10]}, {"type": ["integer", "string"], "enum": [5, 10]}, True),
        ({"enum": ["a", "b"]}, {"enum": ["a"]}, False),
        ({"type": "string"}, {"type": ["string", "null"]}, False),
        ({"type": "string", "not": {"pattern": "^x"}}, {"type": ["string", "null"], "not": {"pattern": "^x"}}, True),
        ({"type": "integer", "not": {"maximum": 3}}, {"type": "number", "not": {"maximum": 3}}, False),
        ({"type": "string", "maxLength": 3}, {"type": "string", "maxLength": 4}, False),
        ({"type": "string", "not": {"items": {}}}, {"type": ["string", "array"], "not": {"items": {}}}, False),
        ({"type": "string", "minProperties": 1}, {"type": ["string", "object"], "minProperties": 1}, False),
        (
            {"type": "string", "then": {"required": ["a"]}},
            {"type": ["string", "object"], "then": {"required": ["a"]}},
            False,
        ),
    ],
)
def test_schemas_are_equivalent_only_if_all_values_are_taken_alike(before: Any, after: Any, *, proven: bool) -> None:
    assert bool(equivalences.quick_proof(before, after)) is proven


# --- the score


def test_score_is_that_of_the_mutants_there_are_and_the_readme_shows_it(judging: Judge, repository: Path) -> None:
    figures = json.loads(score.SCORE.read_text(encoding="utf-8"))
    counts = {kind: part["mutants"] + part["equivalent"] for kind, part in figures["by_kind"].items()}
    assert counts == {kind: len(found) for kind, found in judging.mutants.items()}, "run 'make mutants'"
    assert figures["killed"] == figures["mutants"]
    assert (figures["false_alarms"], figures["seeds"]) == (0, 50)
    readme = (repository / "README.md").read_text(encoding="utf-8")
    assert score.in_readme(readme, figures) == readme


def test_score_counts_what_was_found() -> None:
    def result(kind: str, **found: Any) -> score.Result:
        empty: score.Result = {"caught_by": [], "equivalent": "", "problem": ""}
        return {"kind": kind, "name": "x", "seconds": 1} | empty | found

    found = [
        result("requests", caught_by=["a.b"]), result("requests", equivalent="so"), result("requests"),
        result("responses", caught_by=["a.b"]), result("behaviour", problem="why"),
        result("clean"), result("clean", caught_by=["a.b"]),
    ]  # fmt: skip
    figures = score.score(found, 1.2)
    assert figures == {
        "mutants": 4, "killed": 2, "equivalent": 1,
        "by_kind": {
            "requests": {"mutants": 2, "killed": 1, "equivalent": 1},
            "responses": {"mutants": 1, "killed": 1, "equivalent": 0},
            "behaviour": {"mutants": 1, "killed": 0, "equivalent": 0},
        },
        "seeds": 2, "false_alarms": 1, "seconds": 1,
    }  # fmt: skip
    assert "**2 of 4 mutants are killed (50 %)**" in score.in_words(figures)
    assert [score.verdict(one) for one in found] == [
        "killed", "equivalent", "survived", "killed", "unclear", "clean", "false alarm"
    ]  # fmt: skip


def test_readme_without_a_place_for_the_score_is_told() -> None:
    with pytest.raises(ValueError, match="has no place for the score"):
        score.in_readme("# Nothing", {})
