"""Idempotency keys: the same key and request get the same task, whatever became of the first response."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from evolink import Conflict, EvoLink, SubmissionUnknown, Wan25ImageToVideo
from evolink_mock import MockServer
from evolink_mock.domain.idempotency import IdempotencyKeys

CREATE = "/v1/videos/generations"
KEY, OTHER = "sk-evo-first", "sk-evo-second"
ORDER = {"idempotency-key": "order-2026-000042"}
REQUEST = Wan25ImageToVideo(prompt="A cat", image_urls=["https://example.com/cat.png"])


@pytest.fixture
def server() -> Iterator[MockServer]:
    """A mock with two accounts, the first of which has credits for two tasks."""
    with MockServer(api_key=KEY, balance=12, accounts={OTHER: None}, pace="at-once", prices="none") as mock:
        yield mock


@pytest.fixture
def http(server: MockServer) -> Iterator[httpx.Client]:
    """A client with the first key."""
    headers = {"authorization": f"Bearer {KEY}"}
    with httpx.Client(base_url=server.url, headers=headers, trust_env=False) as client:
        yield client


def test_same_key_and_request_get_the_same_response_and_one_task(
    server: MockServer, http: httpx.Client, image_request: dict[str, Any]
) -> None:
    first = http.post(CREATE, json=image_request, headers=ORDER)
    reordered = json.dumps(dict(reversed(image_request.items())), indent=1)
    again = [
        http.post(CREATE, json=image_request, headers=ORDER),
        http.post(CREATE, content=reordered, headers={**ORDER, "content-type": "application/json"}),
        http.post(CREATE, json=image_request, headers={**ORDER, "prefer": "outcome=failed, pace=after-9-reads"}),
    ]
    assert "idempotency-replayed" not in first.headers
    assert {response.headers["idempotency-replayed"] for response in again} == {"true"}
    assert {response.content for response in again} == {first.content}
    assert [task["id"] for task in server.tasks()] == [first.json()["id"]]
    assert [one["task_id"] for one in server.exchanges()] == [first.json()["id"]] * 4
    assert server.state["accounts"][0]["used"] == 5


def test_same_key_with_another_request_is_a_conflict(
    server: MockServer, http: httpx.Client, image_request: dict[str, Any]
) -> None:
    http.post(CREATE, json=image_request, headers=ORDER)
    response = http.post(CREATE, json={**image_request, "prompt": "A dog"}, headers=ORDER)
    assert (response.status_code, response.json()) == (
        409,
        {
            "error": {
                "code": "idempotency_conflict",
                "message": "The Idempotency-Key was used for another request.",
                "type": "invalid_request_error",
            }
        },
    )
    assert len(server.tasks()) == 1


def test_other_keys_accounts_and_creates_without_a_key_are_separate(
    server: MockServer, http: httpx.Client, image_request: dict[str, Any]
) -> None:
    other = {"authorization": f"Bearer {OTHER}"}
    for headers in ({}, ORDER, {**ORDER, **other}, {"idempotency-key": "order-2026-000043", **other}, other, other):
        response = http.post(CREATE, json=image_request, headers=headers)
        assert (response.status_code, "idempotency-replayed" in response.headers) == (200, False)
    assert len(server.tasks()) == 6


def test_replay_needs_no_credits_and_a_refused_create_does_not_use_up_its_key(
    server: MockServer, http: httpx.Client, image_request: dict[str, Any]
) -> None:
    keys = [{"idempotency-key": f"order-2026-00000{number}"} for number in range(3)]
    long = {**image_request, "duration": 10}
    statuses = [
        http.post(CREATE, json=body, headers=key).status_code
        for key, body in (
            (keys[0], {**image_request, "duration": 7}),
            (keys[1], long),
            (keys[0], long),
            (keys[1], image_request),
        )
    ]
    assert statuses == [400, 200, 402, 409]
    assert http.post(CREATE, json=long, headers=keys[1]).headers["idempotency-replayed"] == "true"
    assert len(server.tasks()) == 1


@pytest.mark.parametrize("keys", [["short"], ["x" * 97], ["order 2026 000042"], ["ö" * 16], [""], ["a" * 16, "a" * 16]])
def test_key_of_another_form_is_refused(
    server: MockServer, http: httpx.Client, image_request: dict[str, Any], keys: list[str]
) -> None:
    headers = [(b"idempotency-key", key.encode()) for key in keys]
    response = http.post(CREATE, json=image_request, headers=headers)
    assert (response.status_code, response.json()["error"]["param"]) == (400, "Idempotency-Key")
    assert server.tasks() == []


def test_reset_forgets_the_keys(server: MockServer, http: httpx.Client, image_request: dict[str, Any]) -> None:
    http.post(CREATE, json=image_request, headers=ORDER)
    server.reset()
    assert "idempotency-replayed" not in http.post(CREATE, json=image_request, headers=ORDER).headers


def test_number_of_remembered_keys_is_limited() -> None:
    keys, task = IdempotencyKeys(limit=2), object()
    for name in "abc":
        keys.remember("account", name, {}, task)  # type: ignore[arg-type] # any object will do
    assert [keys.find("account", name, {}) for name in "abc"] == [None, task, task]


@pytest.mark.parametrize("fault", [{"drop": "after"}, {"code": 502, "at": "after"}, {"body": "truncated"}])
def test_sdk_with_a_key_pays_once_after_a_lost_response(server: MockServer, fault: dict[str, Any]) -> None:
    server.add_fault({"when": {"operation": "create_video_generation", "nth": 1}, "do": fault})
    with EvoLink(KEY, base_url=server.url) as api:
        task = api.submit(REQUEST, idempotency_key="order-2026-000042")
        with pytest.raises(Conflict, match="was used for another request"):
            api.submit(
                Wan25ImageToVideo(prompt="A dog", image_urls=["https://a.b/c"]), idempotency_key="order-2026-000042"
            )
    assert [one["id"] for one in server.tasks()] == [task.id]
    assert [one["status"] for one in server.exchanges()][:2] == [409, 200]


@pytest.mark.parametrize(("at", "tasks"), [("before", 0), ("after", 1)])
def test_paid_outcome_unknown_is_sent_on_demand(
    server: MockServer, http: httpx.Client, image_request: dict[str, Any], at: str, tasks: int
) -> None:
    prefer = {"prefer": f"code=409; error-code=paid_outcome_unknown; at={at}"}
    response = http.post(CREATE, json=image_request, headers=prefer)
    assert (response.status_code, response.json()["error"]["code"]) == (409, "paid_outcome_unknown")
    assert response.json()["error"]["message"] == "It is not known whether the task was created and charged."
    with EvoLink(KEY, base_url=server.url, max_retries=0) as api, pytest.raises(SubmissionUnknown):
        api.submit(REQUEST, extra_headers=prefer)
    assert len(server.tasks()) == 2 * tasks


@pytest.mark.parametrize(
    ("code", "error_code"), [(402, "insufficient_user_quota"), (429, "rate_limit_exceeded"), (418, "made-up")]
)
def test_any_response_can_have_another_error_code(
    http: httpx.Client, image_request: dict[str, Any], code: int, error_code: str
) -> None:
    prefer = {"prefer": f"code={code}; error-code={error_code}"}
    response = http.post(CREATE, json=image_request, headers=prefer)
    assert (response.status_code, response.json()["error"]["code"]) == (code, error_code)
    response = http.post("/api/v1/files/upload/url", json={}, headers=prefer)
    assert (response.status_code, response.json()["success"], response.json()["code"]) == (code, False, error_code)
