"""The mock's responses about tasks of models whose pages show other responses than most."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from evolink_mock import MockServer
from evolink_mock.contract.compiled_contract import compile_schema
from tests.response_shapes import SHAPES, request, with_shapes

ALL_FIELDS = {"created", "id", "model", "object", "progress", "status", "task_info", "type", "usage"}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """A contract with the invented models."""
    return with_shapes()


@pytest.fixture(scope="module")
def created(document: dict[str, Any]) -> dict[str, tuple[dict[str, Any], ...]]:
    """For each model: the response to a create request, that to the first query, and that to a later one."""
    with MockServer(contract=document) as server:
        headers = {"authorization": f"Bearer {server.api_key}", "prefer": "pace=after-2-reads"}
        with httpx.Client(base_url=server.url, headers=headers, trust_env=False) as http:
            bodies = {model: http.post("/v1/videos/generations", json=request(model)).json() for model in SHAPES}
            queries = [{m: http.get(f"/v1/tasks/{b['id']}").json() for m, b in bodies.items()} for _ in range(2)]
    return {model: (body, *(query[model] for query in queries)) for model, body in bodies.items()}


def test_every_response_is_as_the_contract_demands_of_its_model(
    document: dict[str, Any], created: dict[str, tuple[dict[str, Any], ...]]
) -> None:
    schemas = document["components"]["schemas"]
    for bodies in created.values():
        for name, body in zip(("CreatedTask", "Task", "Task"), bodies, strict=True):
            compile_schema({"$ref": f"#/components/schemas/{name}"}, schemas).validate(body)


def test_create_response_has_the_fields_of_the_page_and_a_query_those_of_all_models(
    created: dict[str, tuple[dict[str, Any], ...]],
) -> None:
    for model, (body, query, _) in created.items():
        assert body.keys() == ALL_FIELDS - set(SHAPES[model].get("omits", ()))
        assert query.keys() >= ALL_FIELDS


def test_create_response_shows_what_the_page_shows(created: dict[str, tuple[dict[str, Any], ...]]) -> None:
    body, query, _ = created["early-1"]
    assert re.fullmatch(r"task-unified-[0-9]+-[a-z0-9]{6}", body["id"])
    assert body["status"] == "processing"
    assert (body["task_info"]["estimated_time"], body["task_info"]["video_duration"]) == (165, 5)
    assert body["usage"]["billing_rule"] == query["usage"]["billing_rule"] == "per_second"
    assert created["stoppable-1"][0]["task_info"]["video_duration"] == 0


def test_task_that_begins_processing_is_never_pending(created: dict[str, tuple[dict[str, Any], ...]]) -> None:
    assert created["early-1"][1]["status"] == "processing"


def test_tasks_take_the_documented_time_of_their_model_unless_a_pace_is_set(document: dict[str, Any]) -> None:
    for server, expected in (
        (MockServer(contract=document), 165),
        (MockServer(contract=document, pace="after-30-seconds"), 30),
    ):
        with server:
            headers = {"authorization": f"Bearer {server.api_key}"}
            response = httpx.post(
                f"{server.url}/v1/videos/generations", json=request("early-1"), headers=headers, trust_env=False
            )
        assert response.json()["task_info"]["estimated_time"] == expected


def test_dashboard_shows_the_id_of_an_element_in_place_of_a_video(document: dict[str, Any]) -> None:
    with MockServer(contract=document, pace="at-once") as server, httpx.Client(trust_env=False) as http:
        headers = {"authorization": f"Bearer {server.api_key}"}
        http.post(f"{server.url}/v1/videos/generations", json=request("element-1"), headers=headers)
        [task] = server.tasks()
        page = http.get(f"{server.url}/").text
    assert task["result"] is None
    assert f"<dt>element_id</dt><dd><code>{task['body']['result_data']['element_id']}</code></dd>" in page
    assert "<video" not in page
