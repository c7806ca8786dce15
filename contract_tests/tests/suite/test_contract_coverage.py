"""Where the contract's keywords meet a value, and how much of the contract a run has met."""

from __future__ import annotations

import json
from typing import Any

import pytest

import bundle
from contract_suite.core.exchanges import Exchange, ReceivedResponse, Request, Secrets, create, query, smallest
from contract_suite.core.schema_walk import find, followed, is_kept, keywords, meetings
from contract_suite.coverage import contract as contract_coverage
from contract_suite.rules.documented import load
from contract_suite.rules.operations import CREATE, GET_TASK, UPLOAD_STREAM

CONTRACT = bundle.bundle()
RULES = load()
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
    """Return the keywords that speak of a value, by their place within their document, and what part of it."""
    return {".".join(map(str, meeting.keyword[2:])): meeting.part for meeting in meetings(SMALL, place, value)}


# --- keywords


def test_reference_is_followed_to_its_end() -> None:
    assert followed(SMALL, (*PET, "oneOf", 1)) == ("components", "schemas", "Dog")
    assert followed(SMALL, PET) == PET
    assert find(SMALL, (*PET, "oneOf", 0)) == {"$ref": "#/components/schemas/Cat"}


def test_every_keyword_is_found_once_however_often_it_is_referred_to() -> None:
    assert [".".join(map(str, place[2:])) for place in keywords(SMALL, OWNER)] == [
        "Cat.properties.kind.const", "Cat.required", "Cat.type",
        "Dog.properties.age.minimum", "Dog.properties.kind.const", "Dog.type",
        "Owner.else.not.required", "Owner.properties.pets.type", "Owner.properties.photo.type",
        "Owner.then.properties.name.type",
    ]  # fmt: skip


def test_alternative_that_a_value_keeps_speaks_of_it() -> None:
    cat = {"kind": "cat"}
    assert met(PET, cat) == {"Cat.type": cat, "Cat.required": cat, "Cat.properties.kind.const": "cat"}


def test_alternative_that_a_value_is_meant_for_speaks_of_it_when_it_keeps_none() -> None:
    dog = {"kind": "dog", "age": -1}
    assert met(PET, dog) == {"Dog.type": dog, "Dog.properties.kind.const": "dog", "Dog.properties.age.minimum": -1}


@pytest.mark.parametrize("neither", [{"kind": "cow"}, [], None])
def test_every_alternative_speaks_of_a_value_that_is_meant_for_none(neither: Any) -> None:
    assert {"Cat.type", "Cat.required", "Dog.type"} <= met(PET, neither).keys()


def test_items_and_conditions_are_looked_into() -> None:
    assert met(OWNER, {"pets": [{"kind": "cat"}], "name": 5}) == {
        "Owner.properties.pets.type": [{"kind": "cat"}],
        "Cat.type": {"kind": "cat"}, "Cat.required": {"kind": "cat"}, "Cat.properties.kind.const": "cat",
        "Owner.then.properties.name.type": 5,
    }  # fmt: skip
    assert met(OWNER, {}) == {"Owner.else.not.required": {}}


def test_place_of_the_part_is_told() -> None:
    [shown] = [one for one in meetings(SMALL, OWNER, {"pets": [{"kind": "cat"}]}) if one.keyword[-1] == "const"]
    assert shown.at == ("pets", 0, "kind")


def test_keyword_and_schema_are_kept_or_not() -> None:
    assert is_kept(SMALL, ("components", "schemas", "Dog", "properties", "age", "minimum"), 0)
    assert not is_kept(SMALL, ("components", "schemas", "Dog", "properties", "age", "minimum"), -1)
    assert not is_kept(SMALL, PET, {"kind": "cow"})
    assert is_kept(SMALL, PET, {"kind": "cat"})


def test_format_of_a_file_constrains_nothing() -> None:
    assert "Owner.properties.photo.format" not in met(OWNER, {"photo": "x"})


def test_keywords_of_a_create_are_those_of_every_model() -> None:
    found = [place[2] for place in keywords(CONTRACT, CREATE_BODY)]
    assert {"Wan25ImageToVideo", "Wan26ReferenceVideoFlash", "MediaUrl", "CallbackUrl"} == set(found)


# --- coverage


def exchange(operation: str, request: Request, status: int = 200, body: Any = None) -> Exchange:
    return Exchange(
        operation, request, ReceivedResponse.of(status, {}, json.dumps(body).encode(), Secrets("sk-evo-nobody"))
    )


def missed(kind: str, *exchanges: Exchange, callbacks: tuple[Any, ...] = ()) -> set[str]:
    found = contract_coverage.measured(CONTRACT, exchanges, callbacks)[kind]
    assert found["all"] - found["met"] == len(found["missed"])
    return set(found["missed"])


def test_run_that_sends_nothing_has_met_nothing() -> None:
    found = contract_coverage.measured(CONTRACT, [], [])
    assert {kind: part["met"] for kind, part in found.items()} == {"requests": 0, "statuses": 0, "answers": 0}
    assert all(part["all"] > 40 for part in found.values())


def test_keyword_of_a_request_is_met_on_each_side_by_itself() -> None:
    prompt = "Wan25ImageToVideo.properties.prompt.maxLength"
    everything = missed("requests")
    kept = missed("requests", exchange(CREATE, create(IMAGE)))
    assert {f"{prompt}: kept", f"{prompt}: broken"} <= everything
    assert everything - kept >= {f"{prompt}: kept", "Wan25ImageToVideo.required: kept"}
    assert f"{prompt}: broken" in kept
    both = missed("requests", exchange(CREATE, create({**IMAGE, "prompt": "x" * 1001}), 400))
    assert f"{prompt}: broken" not in both


def test_every_member_of_an_enum_and_another_value_are_to_be_sent() -> None:
    duration = "Wan25ImageToVideo.properties.duration.enum"
    five = exchange(CREATE, create({**IMAGE, "duration": 5}))
    seven = exchange(CREATE, create({**IMAGE, "duration": 7}), 400)
    left = {one for one in missed("requests", five, seven) if one.startswith(duration)}
    assert left == {f"{duration}: 10"}


def test_every_required_field_is_to_be_left_out() -> None:
    without = exchange(CREATE, create({"model": IMAGE["model"], "prompt": "A cat"}), 400)
    left = {one for one in missed("requests", without) if one.startswith("Wan25ImageToVideo.required")}
    assert left == {f"Wan25ImageToVideo.required: {side}" for side in ("kept", "without model", "without prompt")}


def test_path_and_form_are_looked_at_as_text() -> None:
    everything = missed("requests")
    sent = missed(
        "requests",
        exchange(GET_TASK, query("task-unified-1")),
        exchange(UPLOAD_STREAM, smallest(UPLOAD_STREAM, RULES)),
    )
    assert everything - sent == {"TaskId.pattern: kept", "UploadStreamRequest.required: kept"}
    assert not any(one.startswith(("TaskId.type", "UploadStreamRequest.properties")) for one in everything)


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b"\xff"])
def test_request_that_is_no_json_meets_no_keyword(body: bytes) -> None:
    odd = Request("POST", "/v1/videos/generations", {"content-type": "application/json"}, body)
    assert missed("requests", exchange(CREATE, odd, 400)) == missed("requests")


def test_status_is_met_by_its_operation() -> None:
    refused = exchange(CREATE, create([]), 400, {"error": {}})
    assert missed("statuses") - missed("statuses", refused) == {"create_video_generation: 400"}
    assert missed("statuses", exchange(CREATE, create([]), 418)) == missed("statuses")
    assert missed("statuses", Exchange(CREATE, create([]), None)) == missed("statuses")


def test_keyword_of_an_answer_is_met_by_a_callback_too() -> None:
    task = {"id": "task-unified-1", "status": "completed", "results": ["https://media.invalid/1.mp4"]}
    by_query = missed("answers") - missed("answers", exchange(GET_TASK, query("task-unified-1"), 200, task))
    by_callback = missed("answers") - missed("answers", callbacks=(task,))
    assert by_query == by_callback
    assert {"Task.type", "Task.required", "TaskStatus.enum"} <= by_query
