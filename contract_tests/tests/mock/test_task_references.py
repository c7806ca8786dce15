"""Tasks that use another task: which of them the mock lets complete, and until when a draft can be used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from evolink_mock import MockServer
from tests.task_references import DRAFTS, FINALS, with_references

DAY = 86_400


class Api:
    """Requests to a mock with the invented models."""

    def __init__(self, server: MockServer, key: str, client: httpx.Client) -> None:
        self._headers = {"authorization": f"Bearer {key}"}
        self._http, self.server = client, server

    def create(self, model: str, prefer: str = "", **fields: Any) -> dict[str, Any]:
        headers = {**self._headers, "prefer": prefer} if prefer else self._headers
        body = {"model": model, **fields}
        response = self._http.post("/v1/videos/generations", json=body, headers=headers)
        assert response.status_code == 200, response.text
        created: dict[str, Any] = response.json()
        return created

    def read(self, task: dict[str, Any]) -> dict[str, Any]:
        read: dict[str, Any] = self._http.get(f"/v1/tasks/{task['id']}", headers=self._headers).json()
        return read

    def final(self, source: str, prefer: str = "") -> tuple[str, str, str]:
        """Use a task; return the status of the final task, and the code and the message of its error."""
        task = self.read(self.create(FINALS, prefer, source_task_id=source))
        error = task.get("error") or {"code": "", "message": ""}
        return task["status"], error["code"], error["message"]

    def bill(self, task: dict[str, Any]) -> dict[str, Any]:
        bill: dict[str, Any] = self._http.get(f"/_mock/billing/{task['id']}", headers=self._headers).json()
        return bill

    def advance(self, seconds: float) -> None:
        self._http.post("/_mock/clock", json={"advance": seconds}, headers=self._headers).raise_for_status()


@pytest.fixture(scope="module")
def apis(contract: dict[str, Any]) -> Iterator[tuple[Api, Api]]:
    """The accounts of a mock whose tasks end at once."""
    accounts = {"sk-evo-other": None}
    with (
        MockServer(contract=with_references(contract), pace="at-once", accounts=accounts) as server,
        httpx.Client(base_url=server.url, trust_env=False) as client,
    ):
        yield Api(server, server.api_key, client), Api(server, "sk-evo-other", client)


def test_completed_draft_can_be_used_for_a_day_and_its_length_is_charged(apis: tuple[Api, Api]) -> None:
    own, _ = apis
    draft = own.read(own.create(DRAFTS, draft=True, duration=7))
    assert draft["draft_expires_at"] - draft["created"] in {DAY, DAY + 1}
    final = own.read(created := own.create(FINALS, source_task_id=draft["id"]))
    assert (final["status"], created["task_info"]["video_duration"], final["video_duration"]) == ("completed", 0, 7)
    bill = own.bill(created)
    assert (bill["reserved"]["seconds"], bill["settled"]["seconds"]) == (7, 7)
    own.advance(DAY - 60)
    assert own.final(draft["id"])[0] == "completed"
    own.advance(61)
    expired = ("failed", "resource_not_found", "The draft expired before it was used.")
    assert own.final(draft["id"]) == expired


def test_draft_that_expires_while_the_other_task_is_pending_cannot_be_used(apis: tuple[Api, Api]) -> None:
    own, _ = apis
    draft = own.create(DRAFTS, draft=True)
    own.read(draft)
    own.advance(DAY - 1000)
    slow, fast = (own.create(FINALS, f"pace=after-{n}-seconds", source_task_id=draft["id"]) for n in (20_000, 2_000))
    own.advance(20_000)
    assert [own.read(task)["status"] for task in (slow, fast)] == ["failed", "completed"]


def test_task_that_is_no_own_completed_draft_of_the_models_cannot_be_used(apis: tuple[Api, Api]) -> None:
    own, other = apis
    theirs = other.create(DRAFTS, draft=True)["id"]
    plain = own.create(DRAFTS)["id"]
    running = own.create(DRAFTS, "pace=after-9-reads", draft=True)["id"]
    failed = own.create(DRAFTS, "outcome=failed", draft=True)["id"]
    final = own.create(FINALS, source_task_id=own.create(DRAFTS, draft=True)["id"])["id"]
    unknown = ("failed", "resource_not_found", "The account has no task with this id.")
    assert own.final("task-unified-1-nosuchid") == own.final(theirs) == unknown
    for source, problem in (
        (plain, "is not a draft"),
        (running, "is not completed"),
        (failed, "is not completed"),
        (final, f"is of the model {FINALS}; expected {DRAFTS}"),
    ):
        assert own.final(source) == ("failed", "invalid_parameters", f"The task {source} {problem}.")
    assert "draft_expires_at" not in own.read({"id": plain})
    assert own.final(theirs, "outcome=completed")[0] == "completed"


def test_drafts_can_be_unavailable(apis: tuple[Api, Api]) -> None:
    own, _ = apis
    with pytest.raises(AssertionError, match=r'"code": ?"draft_unavailable"'):
        own.create(DRAFTS, "code=503; error-code=draft_unavailable", draft=True)
