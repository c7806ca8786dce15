"""The mock and rules on several fields: what it refuses, what it accepts, and which tasks fail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import jsonschema_rs
import pytest

from evolink_mock import MockServer
from evolink_mock.contract.compiled_contract import Contract
from tests import cross_fields
from tests.cross_fields import BROKEN, FULFILLED, IMAGE, MODEL, VIDEO, request

PLACES = {
    cross_fields.DURATION: "duration: 10 seconds are not available at 1080p.",
    cross_fields.LAST_FRAME: "image_start: The last frame needs a first frame.",
    cross_fields.REFERENCE: "image_urls: At least one image, video or frame is needed.",
    cross_fields.TOGETHER: "image_urls: Images and videos together may be at most three.",
    cross_fields.SOURCE: "model_params.file_url: A file and a link exclude each other.",
    cross_fields.DRAFT: "quality: A draft has 480p.",
    cross_fields.MODE: "video_urls: A continuation takes one video, and no frames.",
}


@pytest.fixture(scope="module")
def server(contract: dict[str, Any]) -> Iterator[MockServer]:
    """A mock with the invented model, whose tasks end at once."""
    with MockServer(contract=cross_fields.with_model(contract), pace="at-once") as started:
        yield started


@pytest.fixture
def http(server: MockServer) -> Iterator[httpx.Client]:
    """A client with its key."""
    headers = {"authorization": f"Bearer {server.api_key}"}
    with httpx.Client(base_url=server.url, headers=headers, trust_env=False) as client:
        yield client


def create(http: httpx.Client, changes: dict[str, Any], **headers: str) -> httpx.Response:
    return http.post("/v1/videos/generations", json=request(changes), headers=headers)


def run_task(http: httpx.Client, changes: dict[str, Any], **headers: str) -> dict[str, Any]:
    response = create(http, changes, **headers)
    assert response.status_code == 200, response.text
    task: dict[str, Any] = http.get(f"/v1/tasks/{response.json()['id']}").json()
    return task


@pytest.mark.parametrize("rule", BROKEN)
def test_broken_rule_on_several_fields_is_refused_with_its_first_field_and_its_sentence(
    http: httpx.Client, rule: int
) -> None:
    response = create(http, BROKEN[rule])
    error = response.json()["error"]
    assert (response.status_code, error["message"]) == (400, PLACES[rule])
    assert error["param"] == PLACES[rule].partition(":")[0]


@pytest.mark.parametrize("rule", FULFILLED)
def test_request_that_fulfils_a_rule_on_several_fields_is_accepted(http: httpx.Client, rule: int) -> None:
    assert {create(http, changes).status_code for changes in FULFILLED[rule]} == {200}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"video_urls": [VIDEO] * 4}, "video_urls"),
        ({"duration": 11, "quality": "1080p"}, "duration"),
        ({"draft": True, "quality": "4k"}, "quality"),
        ({"mode": "continuation", "prompt": None}, "prompt"),
    ],
)
def test_limit_of_a_single_field_is_named_before_a_rule_on_several(
    http: httpx.Client, changes: dict[str, Any], field: str
) -> None:
    error = create(http, changes).json()["error"]
    assert error["param"] == field
    assert error["message"] not in PLACES.values()


def test_field_that_a_strict_object_does_not_have_is_named(http: httpx.Client) -> None:
    error = create(http, {"model_params": {"size": {"width": 5, "heigth": 6}}}).json()["error"]
    place = "model_params.size.heigth"
    assert (error["param"], error["message"]) == (place, f"{place}: the model has no such field.")


@pytest.mark.parametrize(
    "changes", [{"image_start": IMAGE, "aspect_ratio": "16:9"}, {"prompt": "x" * 21}, {"prompt": "x" * 20_000}]
)
def test_ignored_and_cut_values_are_accepted(http: httpx.Client, changes: dict[str, Any]) -> None:
    assert run_task(http, changes)["status"] == "completed"


def test_task_fails_with_the_documented_code_and_costs_nothing(server: MockServer, http: httpx.Client) -> None:
    used = server.state["accounts"][0]["used"]
    task = run_task(http, {"mode": "frames", "prompt": "A"})
    assert (task["status"], task["error"]["code"], task["error"]["message"]) == (
        "failed", "invalid_parameters", "Frames need a longer prompt.",
    )  # fmt: skip
    assert server.state["accounts"][0]["used"] == used
    assert run_task(http, {"mode": "frames", "prompt": "A cat"})["status"] == "completed"


def test_outcome_that_the_request_prefers_overrules_the_documented_failure(http: httpx.Client) -> None:
    assert run_task(http, {"mode": "frames", "prompt": "A"}, prefer="outcome=completed")["status"] == "completed"


def test_every_broken_rule_is_listed_once(contract: dict[str, Any]) -> None:
    compiled = Contract(cross_fields.with_model(contract))
    broken = request({"mode": "continuation", "image_start": IMAGE, "image_end": IMAGE, "duration": 11})
    violations = {(one.field, one.keyword) for one in compiled.find_violations(compiled.models[MODEL], broken)}
    assert violations == {("duration", "maximum"), ("video_urls", f"allOf {cross_fields.MODE}")}


# --- the cost does not grow with the number of models


def many_models(contract: dict[str, Any], count: int) -> dict[str, Any]:
    document = contract
    for number in range(count):
        properties = {**cross_fields.SCHEMA["properties"], "model": {"const": f"sketch-{number}"}}
        document = cross_fields.with_model(
            document, {**cross_fields.SCHEMA, "title": f"Sketch{number}", "properties": properties}
        )
    return document


def test_start_reads_and_compiles_no_model_and_a_request_compiles_its_own_model_only(
    contract: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[set[str]] = []
    original = jsonschema_rs.Draft202012Validator

    def compile_schema(document: dict[str, Any], **options: Any) -> jsonschema_rs.Draft202012Validator:
        made.append(set(document["components"]["schemas"]))
        return original(document, **options)

    monkeypatch.setattr(jsonschema_rs, "Draft202012Validator", compile_schema)
    compiled = Contract(many_models(contract, 9))
    assert not any(name.startswith("Sketch") for names in made for name in names)
    made.clear()
    model, _ = compiled.check_create(request({"model": "sketch-4"}))
    assert (model.id, made) == ("sketch-4", [{"Sketch4"}])
    compiled.check_create(request({"model": "sketch-4"}))
    assert made == [{"Sketch4"}]
