"""Tasks whose result is not a file, such as an element: waiting, typed properties, downloads and the command."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from evolink import AsyncEvoLink, EvoLink, InvalidRequest, Task, TransferError
from evolink import _task_references as references
from evolink._validation import to_body
from evolink.cli.app import run
from evolink_client.models import CreatedTask
from evolink_mock import MockServer
from tests.response_shapes import request, with_shapes
from tests.task_references import DRAFTS, FINALS, with_references

ID = "task-unified-1-abcdefgh"


def task(**fields: Any) -> Task:
    return Task.from_dict({"id": ID, "status": "completed", **fields})


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    """A mock with a model whose tasks create an element, and end at once."""
    with MockServer(contract=with_shapes(), pace="at-once") as started:
        yield started


@pytest.mark.parametrize(
    ("fields", "ids", "links"),
    [
        ({"result_data": {"element_id": "e1"}}, {"element_id": "e1"}, []),
        ({"result_data": {"element_id": 7, "request_id": "r"}, "results": None}, {"element_id": "7"}, []),
        ({"result_data": {"songs": [{"result_id": "a"}, {"result_id": "b"}]}},
         {"songs[0].result_id": "a", "songs[1].result_id": "b"}, []),
        ({"result_data": [{"id": "a", "url": "https://a.example/1.mp4"}]},
         {"[0].id": "a"}, ["https://a.example/1.mp4"]),
        ({"character_id": "c", "session_id": "s"}, {"character_id": "c"}, []),
        ({"result_data": {"element_id": " ", "name": "x", "ready_id": True}}, {}, []),
        ({"result_data": "text"}, {}, []),
        ({"results": ["https://a.example/1.mp4"], "result_data": {"urls": ["https://b.example/2.mp4"]}},
         {}, ["https://a.example/1.mp4"]),
    ],
)  # fmt: skip
def test_ids_and_links_are_found_in_whatever_shape_results_come(
    fields: dict[str, Any], ids: dict[str, str], links: list[str]
) -> None:
    assert (task(**fields).result_ids, task(**fields).links) == (ids, links)


def test_properties_of_length_and_expiry_have_one_type() -> None:
    time = datetime(2025, 9, 7, 14, 42, 23, tzinfo=UTC)
    for value in (1757256143, "2025-09-07T14:42:23Z", "2025-09-07T14:42:23", "2025-09-07T16:42:23+02:00"):
        assert task(draft_expires_at=value).draft_expiry == time
    others: list[Any] = [None, "soon", [], True]
    assert {task(draft_expires_at=wrong).draft_expiry for wrong in [*others, 1e300]} == {None}
    assert {task(video_duration=wrong).video_seconds for wrong in others} == {None}
    assert task(video_duration=8.5, task_info={"video_duration": 0}).video_seconds == 8.5
    assert task(task_info={"video_duration": 0}).video_seconds == 0


def test_wait_and_download_say_what_a_task_has_created(server: MockServer) -> None:
    with EvoLink(server.api_key, base_url=server.url, allow_http=True) as api:
        element = api.wait(api.submit(request("element-1"), validate=False))
        assert list(element.result_ids) == ["element_id"]
        message = f"{element.id} has no file to download: it has created element_id {element.result_ids['element_id']}"
        with pytest.raises(TransferError, match=message):
            api.download(element)

    async def twin() -> None:
        async with AsyncEvoLink(server.api_key, base_url=server.url, allow_http=True) as other:
            assert await other.wait(element.id) == element
            with pytest.raises(TransferError, match=message):
                await other.download(element.id)

    asyncio.run(twin())


def test_command_prints_the_id_of_an_element(
    server: MockServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("EVOLINK_API_KEY", server.api_key)
    monkeypatch.setenv("EVOLINK_BASE_URL", server.url)
    with EvoLink(server.api_key, base_url=server.url, allow_http=True) as api:
        element = api.wait(api.submit(request("element-1"), validate=False))
    text = f"element_id: {element.result_ids['element_id']}\n"
    for arguments in (["task", element.id], ["task", element.id, "-o", str(tmp_path)]):
        assert (run([*arguments]), capsys.readouterr().out) == (0, text)
    assert run(["task", element.id, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["task"]["result_data"] == element.result_ids
    assert run(["download", element.id]) != 0
    assert "has no file to download: it has created element_id" in capsys.readouterr().err


@pytest.fixture
def body_with(contract: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], Any]:
    """A function that makes the body of a request for the final video of a draft."""
    schemas = with_references(contract)["components"]["schemas"].values()
    models = {one["properties"]["model"]["const"]: one for one in schemas if "x-billing" in one}
    invented = SimpleNamespace(models=models)

    def contract_of(edition: str) -> SimpleNamespace:
        del edition
        return invented

    monkeypatch.setattr(references, "packaged_contract", contract_of)
    return lambda source: to_body({"model": FINALS, "source_task_id": source})["source_task_id"]


def test_task_may_stand_where_its_id_is_asked_for(body_with: Callable[[Any], Any]) -> None:
    for given in (ID, task(model=DRAFTS), task(), CreatedTask(ID, "completed")):
        assert body_with(given) == ID


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (task(model=FINALS), f"must be a task of {DRAFTS}, not of {FINALS}"),
        (Task.from_dict({"id": ID, "status": "processing"}), "must be a completed task; this one is processing"),
        (CreatedTask(ID, "pending"), "must be a completed task; this one is pending"),
    ],
)  # fmt: skip
def test_task_that_cannot_be_used_is_refused_before_it_costs_anything(
    body_with: Callable[[Any], Any], given: Any, problem: str
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        body_with(given)
    [violation] = caught.value.violations
    assert (violation.field, violation.fix) == ("source_task_id", problem)


def test_whether_a_draft_has_expired_is_left_to_the_server(body_with: Callable[[Any], Any]) -> None:
    assert body_with(task(model=DRAFTS, draft_expires_at=1)) == ID  # by the clock of this machine, which may be wrong


def test_task_in_another_field_is_refused_with_the_name_of_the_field(body_with: Callable[[Any], Any]) -> None:
    assert callable(body_with)
    with pytest.raises(InvalidRequest, match="prompt") as caught:
        to_body({"model": DRAFTS, "prompt": task()})
    assert "is not a field that takes a task" in str(caught.value)
