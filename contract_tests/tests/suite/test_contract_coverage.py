"""The schema walk, which finds the keywords that apply to a value, and the coverage of the contract by a run."""

from __future__ import annotations

import json
from typing import Any

import pytest

import bundle
from contract_suite.core.exchanges import Exchange, ReceivedResponse, Request, Secrets, create, query, smallest
from contract_suite.core.schema_walk import applied_keywords, find, is_satisfied, keywords, resolve_reference
from contract_suite.coverage import contract as contract_coverage
from contract_suite.rules.editions import BASE
from contract_suite.rules.operations import CREATE, GET_TASK, UPLOAD_STREAM
from contract_suite.session import documented_rules
from evolink._contract import packaged_contract
from tests.known_limits import limit

CONTRACT = bundle.bundle()
RULES = documented_rules(BASE)
CREATE_BODY = ("paths", "/v1/videos/generations", "post", "requestBody", "content", "application/json", "schema")
IMAGE = {"model": "wan2.5-image-to-video", "prompt": "A cat", "image_urls": ["https://media.invalid/1.png"]}

SMALL: dict[str, Any] = {
    "components": {
        "schemas": {
            "Cat": {"type": "object", "required": ["kind"], "properties": {"kind": {"const": "cat"}}},
            "Dog": {"type": "object", "properties": {"kind": {"const": "dog"}, "age": {"minimum": 0}}},
            "Pet": {"oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}]},
            "Owner": {
                "properties": {
                    "pets": {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}},
                    "photo": {"type": "string", "format": "binary"},
                },
                "if": {"required": ["pets"]},
                "then": {"properties": {"name": {"type": "string"}}},
                "else": {"not": {"required": ["name"]}},
            },
        }
    }
}
PET, OWNER = ("components", "schemas", "Pet"), ("components", "schemas", "Owner")


def met(place: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    """Return the part of a value that each keyword applies to, by the place of the keyword."""
    return {".".join(map(str, applied.keyword[2:])): applied.part for applied in applied_keywords(SMALL, place, value)}


# --- keywords


def test_reference_is_resolved() -> None:
    assert resolve_reference(SMALL, (*PET, "oneOf", 1)) == ("components", "schemas", "Dog")
    assert resolve_reference(SMALL, PET) == PET
    assert find(SMALL, (*PET, "oneOf", 0)) == {"$ref": "#/components/schemas/Cat"}


def test_every_keyword_is_listed_once_even_if_several_references_lead_to_it() -> None:
    assert [".".join(map(str, place[2:])) for place in keywords(SMALL, OWNER)] == [
        "Cat.properties.kind.const", "Cat.required", "Cat.type",
        "Dog.properties.age.minimum", "Dog.properties.kind.const", "Dog.type",
        "Owner.else.not.required", "Owner.properties.pets.type", "Owner.properties.photo.type",
        "Owner.then.properties.name.type",
    ]  # fmt: skip


def test_alternative_applies_to_a_value_that_matches_it() -> None:
    cat = {"kind": "cat"}
    assert met(PET, cat) == {"Cat.type": cat, "Cat.required": cat, "Cat.properties.kind.const": "cat"}


def test_alternative_with_the_tag_of_a_value_applies_if_none_matches() -> None:
    dog = {"kind": "dog", "age": -1}
    assert met(PET, dog) == {"Dog.type": dog, "Dog.properties.kind.const": "dog", "Dog.properties.age.minimum": -1}


@pytest.mark.parametrize("neither", [{"kind": "cow"}, [], None])
def test_every_alternative_applies_to_a_value_without_a_known_tag(neither: Any) -> None:
    assert {"Cat.type", "Cat.required", "Dog.type"} <= met(PET, neither).keys()


def test_keywords_of_items_and_conditions_apply() -> None:
    assert met(OWNER, {"pets": [{"kind": "cat"}], "name": 5}) == {
        "Owner.properties.pets.type": [{"kind": "cat"}],
        "Cat.type": {"kind": "cat"}, "Cat.required": {"kind": "cat"}, "Cat.properties.kind.const": "cat",
        "Owner.then.properties.name.type": 5,
    }  # fmt: skip
    assert met(OWNER, {}) == {"Owner.else.not.required": {}}


def test_meeting_has_the_place_of_the_part() -> None:
    [applied] = [
        one for one in applied_keywords(SMALL, OWNER, {"pets": [{"kind": "cat"}]}) if one.keyword[-1] == "const"
    ]
    assert applied.at == ("pets", 0, "kind")


def test_value_is_checked_against_a_keyword_or_a_schema() -> None:
    assert is_satisfied(SMALL, ("components", "schemas", "Dog", "properties", "age", "minimum"), 0)
    assert not is_satisfied(SMALL, ("components", "schemas", "Dog", "properties", "age", "minimum"), -1)
    assert not is_satisfied(SMALL, PET, {"kind": "cow"})
    assert is_satisfied(SMALL, PET, {"kind": "cat"})


def test_format_of_a_file_is_not_a_constraint() -> None:
    assert "Owner.properties.photo.format" not in met(OWNER, {"photo": "x"})


def test_keywords_of_a_create_request_include_every_model() -> None:
    names = {place[2] for place in keywords(CONTRACT, CREATE_BODY)}
    references = packaged_contract().references.values()
    assert names >= {"MediaUrl", "CallbackUrl", *(reference.rpartition("/")[2] for reference in references)}


# --- coverage


def exchange(operation: str, request: Request, status: int = 200, body: Any = None) -> Exchange:
    return Exchange(
        operation, request, ReceivedResponse.of(status, {}, json.dumps(body).encode(), Secrets("sk-evo-nobody"))
    )


def missed(kind: str, *exchanges: Exchange, callbacks: tuple[Any, ...] = ()) -> set[str]:
    coverage = contract_coverage.measure_coverage(CONTRACT, exchanges, callbacks)[kind]
    assert coverage["all"] - coverage["met"] == len(coverage["missed"])
    return set(coverage["missed"])


def test_run_without_requests_covers_nothing() -> None:
    coverage = contract_coverage.measure_coverage(CONTRACT, [], [])
    assert {kind: part["met"] for kind, part in coverage.items()} == {"requests": 0, "statuses": 0, "responses": 0}
    assert all(part["all"] > 40 for part in coverage.values())


def test_valid_and_invalid_values_of_a_keyword_are_separate_goals() -> None:
    prompt = "Wan25ImageToVideo.properties.prompt.maxLength"
    uncovered = missed("requests")
    kept = missed("requests", exchange(CREATE, create(IMAGE)))
    assert {f"{prompt}: kept", f"{prompt}: broken"} <= uncovered
    assert uncovered - kept >= {f"{prompt}: kept", "Wan25ImageToVideo.required: kept"}
    assert f"{prompt}: broken" in kept
    longest = limit("wan2.5-image-to-video", "prompt", "maxLength")
    both = missed(
        "requests",
        exchange(CREATE, create({**IMAGE, "prompt": "x" * (longest + 1)}), 400),
    )
    assert f"{prompt}: broken" not in both


def test_goals_of_an_enum_are_its_members_and_another_value() -> None:
    duration = "Wan25ImageToVideo.properties.duration.enum"
    five = exchange(CREATE, create({**IMAGE, "duration": 5}))
    seven = exchange(CREATE, create({**IMAGE, "duration": 7}), 400)
    left = {one for one in missed("requests", five, seven) if one.startswith(duration)}
    assert left == {f"{duration}: 10"}


def test_goals_of_a_required_list_include_the_absence_of_each_field() -> None:
    without = exchange(CREATE, create({"model": IMAGE["model"], "prompt": "A cat"}), 400)
    left = {one for one in missed("requests", without) if one.startswith("Wan25ImageToVideo.required")}
    assert left == {f"Wan25ImageToVideo.required: {side}" for side in ("kept", "without model", "without prompt")}


def test_values_of_paths_and_forms_are_text() -> None:
    uncovered = missed("requests")
    sent = missed(
        "requests",
        exchange(GET_TASK, query("task-unified-1")),
        exchange(UPLOAD_STREAM, smallest(UPLOAD_STREAM, RULES)),
    )
    assert uncovered - sent == {"TaskId.pattern: kept", "UploadStreamRequest.required: kept"}
    assert not any(one.startswith(("TaskId.type", "UploadStreamRequest.properties")) for one in uncovered)


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b"\xff"])
def test_request_that_is_not_json_covers_no_keyword(body: bytes) -> None:
    odd = Request("POST", "/v1/videos/generations", {"content-type": "application/json"}, body)
    assert missed("requests", exchange(CREATE, odd, 400)) == missed("requests")


def test_status_is_covered_by_its_own_operation() -> None:
    refused = exchange(CREATE, create([]), 400, {"error": {}})
    assert missed("statuses") - missed("statuses", refused) == {"create_video_generation: 400"}
    assert missed("statuses", exchange(CREATE, create([]), 418)) == missed("statuses")
    assert missed("statuses", Exchange(CREATE, create([]), None)) == missed("statuses")


def test_keyword_of_a_response_is_covered_by_a_callback_too() -> None:
    task = {"id": "task-unified-1", "status": "completed", "results": ["https://media.invalid/1.mp4"]}
    by_query = missed("responses") - missed("responses", exchange(GET_TASK, query("task-unified-1"), 200, task))
    by_callback = missed("responses") - missed("responses", callbacks=(task,))
    assert by_query == by_callback
    assert {"Task.type", "Task.required", "TaskStatus.enum"} <= by_query
