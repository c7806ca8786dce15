"""Every model of the contract, from its example to the end of the task, with the SDK against the mock."""

from __future__ import annotations

from typing import Any

from evolink import EvoLink, Task
from evolink._contract import packaged_contract
from evolink_mock import MockServer

MODELS = packaged_contract().models


def task_for(reference: dict[str, Any], api: EvoLink) -> str:
    """Create a task that a field with this `x-task-reference` takes, wait for its end, and return its id."""
    model = reference["models"][0]
    request = MODELS[model]["examples"][0]
    if "draft" in reference:  # the resolution of drafts is given
        request = request | {"draft": True, "quality": "480p"}
    return api.wait(api.submit(request)).id


def run(request: dict[str, Any], api: EvoLink) -> Task:
    """Submit a request, with existing tasks where it refers to tasks, and wait for the end of its task."""
    fields = MODELS[request["model"]]["properties"]
    references = {name: fields[name]["x-task-reference"] for name in request if "x-task-reference" in fields[name]}
    return api.wait(api.submit(request | {name: task_for(one, api) for name, one in references.items()}))


def test_example_of_every_model_is_accepted_and_its_task_ends_with_a_result() -> None:
    with MockServer(pace="at-once") as server, EvoLink(server.api_key, base_url=server.url) as api:
        tasks = {model: [run(request, api) for request in schema["examples"]] for model, schema in MODELS.items()}
    ended = {model: [bool(task.links or task.result_ids) and task.status for task in tasks[model]] for model in tasks}
    assert ended == {model: ["completed"] * len(schema["examples"]) for model, schema in MODELS.items()}
