"""Fault injection over real sockets: by the `Prefer` header of a request, and by rules."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from evolink_mock import ConfigurationError, MockServer, MockTransport, UnusedFaultWarning

CREATE, FILES = "/v1/videos/generations", "/api/v1/files/upload"
KEY, POOR = "sk-evo-rich", "sk-evo-poor"


@pytest.fixture
def server() -> Iterator[MockServer]:
    """A mock whose tasks end at once, with a second account that has 7 credits."""
    with MockServer(
        prices="none", api_key=KEY, accounts={POOR: 7}, pace="at-once", forward_callbacks_to="http://127.0.0.1:9/"
    ) as mock:
        yield mock


@pytest.fixture
def rich(server: MockServer) -> Iterator[httpx.Client]:
    """A client with the first key."""
    with httpx.Client(base_url=server.url, headers={"authorization": f"Bearer {KEY}"}, trust_env=False) as client:
        yield client


@pytest.fixture
def poor(server: MockServer) -> Iterator[httpx.Client]:
    """A client with the key of the account with 7 credits."""
    with httpx.Client(base_url=server.url, headers={"authorization": f"Bearer {POOR}"}, trust_env=False) as client:
        yield client


def prefer(text: str) -> dict[str, str]:
    return {"prefer": text}


# --- by the Prefer header


@pytest.mark.parametrize("code", [200, 302, 404, 409, 418, 429, 451, 500, 504, 520, 599])
def test_any_status_can_be_preferred_and_creates_nothing(
    server: MockServer, rich: httpx.Client, image_request: dict[str, Any], code: int
) -> None:
    response = rich.post(CREATE, json=image_request, headers=prefer(f"code={code}"))
    assert (response.status_code, response.json()["error"]["code"]) == (code, code)
    assert server.tasks() == []


@pytest.mark.parametrize("code", [204, 304])
@pytest.mark.parametrize("more", ["", ", body=html", ", body=truncated, slow=0.1"])
def test_status_without_a_body_has_none(
    rich: httpx.Client, image_request: dict[str, Any], code: int, more: str
) -> None:
    response = rich.post(CREATE, json=image_request, headers=prefer(f"code={code}{more}"))
    assert (response.status_code, response.content) == (code, b"")


def test_file_host_has_its_own_format_for_any_status(rich: httpx.Client) -> None:
    response = rich.post(f"{FILES}/url", json={}, headers=prefer("code=520"))
    assert (response.status_code, response.json()["success"], response.json()["code"]) == (520, False, 520)


def test_status_can_be_returned_after_the_task_was_created(
    server: MockServer, rich: httpx.Client, image_request: dict[str, Any]
) -> None:
    response = rich.post(CREATE, json=image_request, headers=prefer("code=502; at=after"))
    assert (response.status_code, len(server.tasks())) == (502, 1)


def test_error_response_can_have_retry_after(rich: httpx.Client, image_request: dict[str, Any]) -> None:
    response = rich.post(CREATE, json=image_request, headers=prefer("code=429; retry-after=7"))
    assert (response.status_code, response.headers["retry-after"]) == (429, "7")


@pytest.mark.parametrize(("when", "tasks"), [("before", 0), ("after", 1)])
def test_connection_is_dropped_before_or_after_the_task_was_created(
    server: MockServer, rich: httpx.Client, image_request: dict[str, Any], when: str, tasks: int
) -> None:
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        rich.post(CREATE, json=image_request, headers=prefer(f"drop={when}"))
    assert len(server.tasks()) == tasks
    [exchange] = server.exchanges()
    assert (exchange["status"], exchange["fault"]) == (None, f"drop={when}")
    assert rich.get("/v1/credits").status_code == 200


def test_html_page_has_the_preferred_status(rich: httpx.Client, image_request: dict[str, Any]) -> None:
    response = rich.post(CREATE, json=image_request, headers=prefer("code=502, body=html"))
    assert (response.status_code, response.headers["content-type"]) == (502, "text/html; charset=utf-8")
    assert response.text.startswith("<!DOCTYPE html>")
    assert "502 Bad Gateway" in response.text


def test_truncated_response_is_valid_http_but_not_json_and_the_task_exists(
    server: MockServer, rich: httpx.Client, image_request: dict[str, Any]
) -> None:
    response = rich.post(CREATE, json=image_request, headers=prefer("body=truncated"))
    assert (response.status_code, len(server.tasks())) == (200, 1)
    with pytest.raises(json.JSONDecodeError):
        response.json()


def test_slow_body_arrives_whole_in_many_pieces(rich: httpx.Client) -> None:
    with rich.stream("GET", "/v1/credits", headers=prefer("slow=0.2")) as response:
        pieces = list(response.iter_raw())
    assert len(pieces) > 5
    assert json.loads(b"".join(pieces))["success"] is True


def test_slow_body_and_latency_take_their_time(rich: httpx.Client) -> None:
    for text in ("slow=0.3", "latency=0.3"):
        start = time.monotonic()
        assert rich.get("/v1/credits", headers=prefer(text)).json()["success"] is True
        assert time.monotonic() - start >= 0.3


@pytest.mark.parametrize("text", ["slow=5", "latency=5"])
def test_timeout_of_the_client_is_exceeded(rich: httpx.Client, text: str) -> None:
    with pytest.raises(httpx.ReadTimeout):
        rich.get("/v1/credits", headers=prefer(text), timeout=0.1)


def test_response_can_wait_for_the_callback(
    server: MockServer, rich: httpx.Client, image_request: dict[str, Any]
) -> None:
    body = {**image_request, "callback_url": "https://your-domain.com/hook"}
    task_id = rich.post(CREATE, json=body, headers=prefer("response=after-callback")).json()["id"]
    assert [one["task_id"] for one in server.deliveries()] == [task_id]


def test_only_create_responses_wait_for_callbacks(
    rich: httpx.Client, poor: httpx.Client, image_request: dict[str, Any]
) -> None:
    body = {**image_request, "callback_url": "https://your-domain.com/hook"}
    add(rich, do={"response": "after-callback"})
    task_id = rich.post(CREATE, json=body).json()["id"]
    assert poor.get(f"/v1/tasks/{task_id}", timeout=5).status_code == 200


def test_reset_ends_the_wait_for_a_callback(
    server: MockServer, rich: httpx.Client, image_request: dict[str, Any]
) -> None:
    body = {**image_request, "callback_url": "https://your-domain.com/hook"}
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(rich.post, CREATE, json=body, headers=prefer("response=after-callback, outcome=stuck"))
        deadline = time.monotonic() + 10
        while not server.tasks() and time.monotonic() < deadline:
            pass
        server.reset()
        assert held.result(timeout=10).status_code == 200


def test_pace_and_stuck_outcome_can_be_preferred(
    server: MockServer, rich: httpx.Client, image_request: dict[str, Any]
) -> None:
    first = rich.post(CREATE, json=image_request, headers=prefer("pace=after-2-reads")).json()["id"]
    statuses = [rich.get(f"/v1/tasks/{first}").json()["status"] for _ in range(3)]
    assert statuses == ["processing", "completed", "completed"]
    second = rich.post(CREATE, json=image_request, headers=prefer("pace=after-30-seconds, outcome=stuck")).json()["id"]
    server.advance(10_000)
    assert rich.get(f"/v1/tasks/{second}").json()["progress"] == 99


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("drop=now", "drop must be before or after"),
        ("latency=601", "latency must be a number of seconds from 0 to 600"),
        ("latency=soon", "latency must be a number of seconds from 0 to 600"),
        ("slow=-1", "slow must be a number of seconds from 0 to 600"),
        ("body=xml", "body must be html or truncated"),
        ("code=429; after=7", "only code takes parameters: at, retry-after and error-code"),
        ("code=429, retry-after=7", "retry-after is a parameter of code and follows a semicolon"),
        ("at=after, code=502", "at is a parameter of code and follows a semicolon"),
        ("code=409; error-code=two words", "Prefer: is malformed"),
        ('code=409; error-code="two words"', "error-code must be a word of at most 64"),
        ("outcom=failed", "outcom is unknown; the preferences are outcome, pace,"),
        ("Speed=60", "speed is unknown"),
        ("code=429; retry-after=7; retry-after=8", "code has the same parameter twice"),
        ("drop=after, code=502", "code has no effect with drop"),
        ("drop=before, body=html", "body has no effect with drop"),
        ("response=after-callback, drop=before", "response has no effect if no task is created"),
        ("response=after-callback, code=503", "response has no effect if no task is created"),
        ("response=after-callback", "response has no effect without a callback_url"),
        ("drop=before; at=after", "only code takes parameters"),
        ("code=429; retry-after=soon", "retry-after must be a whole number of seconds"),
        ("code=600", "code must be a status from 200 to 599"),
        ("pace=3", "pace must be at-once, after-N-reads or after-S-seconds"),
        ("pace=at-once; n=1", "pace takes no parameters"),
        ("response=later", "response must be after-callback"),
    ],
)
def test_response_to_an_invalid_preference_says_what_is_valid(
    rich: httpx.Client, image_request: dict[str, Any], text: str, message: str
) -> None:
    response = rich.post(CREATE, json=image_request, headers=prefer(text))
    assert response.status_code == 400
    assert message in response.json()["error"]["message"]


# --- by rules


def add(rich: httpx.Client, **rule: Any) -> dict[str, Any]:
    response = rich.post("/_mock/faults", json=rule)
    assert response.status_code == 201, response.text
    added: dict[str, Any] = response.json()
    return added


def test_rule_applies_to_its_operation(rich: httpx.Client, image_request: dict[str, Any]) -> None:
    add(rich, when={"operation": "get_credits"}, do={"code": 503})
    assert rich.get("/v1/credits").status_code == 503
    assert rich.post(CREATE, json=image_request).status_code == 200


def test_rule_applies_to_its_model_and_the_body_is_still_read(
    rich: httpx.Client, image_request: dict[str, Any], reference_request: dict[str, Any]
) -> None:
    add(rich, when={"model": "wan2.5-image-to-video"}, do={"code": 503})
    statuses = [rich.post(CREATE, json=body).status_code for body in (image_request, reference_request)]
    assert statuses == [503, 200]
    assert rich.post(CREATE, content=b"[", headers={"content-type": "application/json"}).status_code == 400
    assert rich.post(CREATE, content=b"x" * 3_000_000, headers={"content-type": "application/json"}).status_code == 413


def test_rule_applies_to_its_key_and_does_not_show_it(rich: httpx.Client, poor: httpx.Client) -> None:
    rule = add(rich, when={"key": POOR}, do={"code": 503})
    assert rule["when"] == {"account": "account 2"}
    assert [one.get("/v1/credits").status_code for one in (rich, poor)] == [200, 503]
    assert POOR not in rich.get("/_mock/faults").text + rich.get("/_mock/state").text


@pytest.mark.parametrize(("nth", "statuses"), [(2, [200, 503, 200, 200]), ([1, 4], [503, 200, 200, 503])])
def test_rule_applies_to_the_nth_request(rich: httpx.Client, nth: Any, statuses: list[int]) -> None:
    add(rich, when={"operation": "get_credits", "nth": nth}, do={"code": 503})
    assert [rich.get("/v1/credits").status_code for _ in range(4)] == statuses


def test_probability_is_reproducible_with_a_seed_and_approximately_correct() -> None:
    def statuses(seed: int) -> list[int]:
        rule = {"when": {"probability": 0.3}, "do": {"code": 503}}
        with (
            MockServer(api_key=KEY, seed=seed, faults=[rule]) as server,
            httpx.Client(headers={"authorization": f"Bearer {KEY}"}, trust_env=False) as client,
        ):
            return [client.get(f"{server.url}/v1/credits").status_code for _ in range(200)]

    first = statuses(1)
    assert first == statuses(1)
    assert first != statuses(2)
    assert 30 <= first.count(503) <= 90


def test_first_rule_that_applies_wins_and_a_preference_wins_over_rules(rich: httpx.Client) -> None:
    add(rich, when={"nth": 1}, do={"code": 500})
    add(rich, do={"code": 503})
    statuses = [rich.get("/v1/credits").status_code for _ in range(2)]
    assert [*statuses, rich.get("/v1/credits", headers=prefer("code=429")).status_code] == [500, 503, 429]


def test_rules_count_their_requests_and_can_be_removed(rich: httpx.Client) -> None:
    first = add(rich, when={"nth": 2}, do={"code": 500})
    add(rich, do={"code": 503})
    for _ in range(3):
        rich.get("/v1/credits")
    assert [(rule["matched"], rule["applied"]) for rule in rich.get("/_mock/faults").json()["faults"]] == [
        (3, 1),
        (3, 2),
    ]
    assert [rule["do"] for rule in rich.delete(f"/_mock/faults/{first['id']}").json()["faults"]] == [{"code": 503}]
    assert rich.delete(f"/_mock/faults/{first['id']}").status_code == 400
    assert rich.delete("/_mock/faults").json() == {"faults": []}
    assert rich.get("/v1/credits").status_code == 200


def test_rate_limit_has_retry_after_and_is_separate_for_each_account(
    server: MockServer, rich: httpx.Client, poor: httpx.Client
) -> None:
    add(rich, when={"operation": "get_credits"}, limit={"requests": 2, "seconds": 60})
    responses = [rich.get("/v1/credits") for _ in range(3)]
    assert [response.status_code for response in responses] == [200, 200, 429]
    assert 50 <= int(responses[2].headers["retry-after"]) <= 60
    assert poor.get("/v1/credits").status_code == 200
    server.advance(60)
    assert rich.get("/v1/credits").status_code == 200


def test_limit_of_0_rejects_everything_and_retry_after_is_in_real_seconds() -> None:
    rule = {"limit": {"requests": 0, "seconds": 600}}
    with MockServer(api_key=KEY, speed=60, faults=[rule]) as server:
        response = httpx.get(f"{server.url}/v1/credits", headers={"authorization": f"Bearer {KEY}"}, trust_env=False)
    assert (response.status_code, response.headers["retry-after"]) == (429, "10")


def test_rule_counts_requests_that_prefer_a_fault(rich: httpx.Client) -> None:
    add(rich, when={"nth": 2}, do={"code": 503})
    rich.get("/v1/credits", headers=prefer("code=429"))
    assert rich.get("/v1/credits").status_code == 503


def test_integer_with_a_decimal_point_in_json_is_sent_without_it(rich: httpx.Client) -> None:
    add(rich, do={"code": 503.0, "retry-after": 5.0})
    assert rich.get("/v1/credits").headers["retry-after"] == "5"


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({}, "faults: a rule needs do, limit or both"),
        ({"when": {"nth": 1}}, "faults: a rule needs do, limit or both"),
        ({"do": {}}, "faults: do"),
        ({"do": {"drop": "now"}}, "faults: do.drop must be before or after"),
        ({"do": {"code": 99}}, "do.code must be a status from 200 to 599"),
        ({"do": {"code": 503}, "wenn": {}}, "Allowed are when, do, limit"),
        ({"do": {"code": 503}, "when": {"nth": 0}}, "when.nth must be a number from 1"),
        ({"do": {"code": 503}, "when": {"nth": []}}, "when.nth must be a number from 1"),
        ({"do": {"code": 503}, "when": {"probability": 0}}, "when.probability must be a number above 0"),
        (
            {"do": {"code": 503}, "when": {"model": "wan9"}},
            "unknown model 'wan9'; ",
        ),
        ({"do": {"code": 503}, "when": {"operation": "create"}}, "must be one of create_video_generation"),
        ({"do": {"code": 503}, "when": {"key": "sk-evo-secret"}}, "when.key must be a key that the mock accepts"),
        ({"do": {"retry-after": 3}}, '"code" is a required property'),
        ({"do": {"error-code": "a"}}, '"code" is a required property'),
        ({"do": {"drop": "after", "code": 503}}, "faults: do.code has no effect with drop"),
        ({"do": {"response": "after-callback", "drop": "before"}}, "faults: do.response has no effect"),
        (
            {"do": {"code": 503}, "when": {"model": "wan2.5-image-to-video", "operation": "get_task"}},
            "faults: when.model only has an effect on create_video_generation",
        ),
        (
            {"do": {"response": "after-callback"}, "when": {"operation": "get_task"}},
            "faults: do.response only has an effect on create_video_generation",
        ),
        ({"do": {"code": 40003}}, "faults: do.code 40003 is a code of the file host; set when.operation"),
        ({"do": {"code": 40003}, "when": {"operation": "get_credits"}}, "is a code of the file host"),
        ({"limit": {"requests": 3}}, '"seconds" is a required property'),
    ],
)
def test_invalid_rule_is_rejected_with_a_reason(
    server: MockServer, rich: httpx.Client, rule: dict[str, Any], message: str
) -> None:
    response = rich.post("/_mock/faults", json=rule)
    assert response.status_code == 400
    assert message in response.json()["error"]["message"]
    assert "sk-evo-secret" not in response.text
    with pytest.raises(ConfigurationError):
        server.add_fault(rule)
    assert server.faults == []


def test_number_of_rules_is_limited(server: MockServer) -> None:
    for _ in range(100):
        server.add_fault({"do": {"code": 503}})
    with pytest.raises(ConfigurationError, match="there are already 100 rules; remove some first"):
        server.add_fault({"do": {"code": 503}})
    server.remove_faults()


# --- balances


def test_create_beyond_the_balance_is_a_402_and_costs_nothing(
    server: MockServer, poor: httpx.Client, image_request: dict[str, Any]
) -> None:
    responses = [poor.post(CREATE, json={**image_request, "duration": 5}) for _ in range(2)]
    assert [response.status_code for response in responses] == [200, 402]
    assert responses[1].json()["error"]["type"] == "insufficient_quota_error"
    assert len(server.tasks()) == 1
    data = poor.get("/v1/credits").json()["data"]
    assert data["user"] == {"remaining_credits": 2, "used_credits": 5}
    assert data["token"] == {"remaining_credits": 2, "used_credits": 5, "unlimited_credits": False}


def test_credits_of_a_running_task_are_reserved_and_released_when_it_fails(
    poor: httpx.Client, image_request: dict[str, Any]
) -> None:
    def remaining() -> float:
        return float(poor.get("/v1/credits").json()["data"]["user"]["remaining_credits"])

    headers = prefer("pace=after-1-read, outcome=failed")
    task_id = poor.post(CREATE, json={**image_request, "duration": 5}, headers=headers).json()["id"]
    assert remaining() == 2
    assert poor.post(CREATE, json={**image_request, "duration": 5}).status_code == 402
    poor.get(f"/v1/tasks/{task_id}")
    assert remaining() == 7
    assert poor.post(CREATE, json={**image_request, "duration": 5}).status_code == 200


def test_accounts_do_not_share_their_credits(
    rich: httpx.Client, poor: httpx.Client, image_request: dict[str, Any]
) -> None:
    rich.post(CREATE, json={**image_request, "duration": 10})
    used = [one.get("/v1/credits").json()["data"]["user"]["used_credits"] for one in (rich, poor)]
    assert used == [10, 0]


# --- faults and settings without an effect


def test_fault_rules_that_never_applied_are_named_at_the_end() -> None:
    used, unused = {"do": {"latency": 0.001}}, {"when": {"nth": 3}, "do": {"code": 503}}

    def test() -> None:
        with (
            MockServer(api_key=KEY, faults=[used, unused]) as mock,
            httpx.Client(headers={"authorization": f"Bearer {KEY}"}, base_url=mock.url, trust_env=False) as http,
        ):
            http.get("/v1/credits")
            mock.reset()  # what is named never applied, neither before nor after
            mock.add_fault({"limit": {"requests": 5, "seconds": 9}})
            http.get("/v1/credits")

    with pytest.warns(UnusedFaultWarning) as caught:
        test()
    message = (
        'fault rule {"when": {"nth": 3}, "do": {"code": 503}} never applied; requests that it matched: 2; '
        'fault rule {"do": {"code": 429}, "limit": {"requests": 5, "seconds": 9}} never applied; '
        "requests that it matched: 1"
    )
    assert [(str(warning.message), warning.filename) for warning in caught] == [(message, __file__)]


@pytest.mark.parametrize("raises", [False, True])
def test_end_of_the_outermost_block_of_a_transport_names_them_unless_an_error_ends_it(*, raises: bool) -> None:
    with ExitStack() as expected:
        expected.enter_context(pytest.raises(ZeroDivisionError) if raises else pytest.warns(UnusedFaultWarning))
        with MockTransport(faults=[{"do": {"drop": "before"}}]) as mock:
            with httpx.Client(transport=mock):  # enters and leaves the transport as well
                pass
            if raises:
                raise ZeroDivisionError


def test_removed_rule_is_not_named(server: MockServer) -> None:
    server.remove_faults(server.add_fault({"do": {"code": 503}})["id"])


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/_mock/exchanges?task=a", None),
        ("GET", "/_mock/tasks?task_id=a", None),
        ("GET", "/_mock/state?limit=1", None),
        ("POST", "/_mock/clock?advance=60", {"advance": 1}),
        ("DELETE", "/_mock/faults", {"id": 1}),
        ("DELETE", "/_mock/faults?id=1", None),
    ],
)
def test_unknown_parts_of_an_admin_request_are_rejected(
    server: MockServer, rich: httpx.Client, method: str, path: str, body: Any
) -> None:
    server.add_fault({"do": {"latency": 0.001}})
    rich.get("/v1/credits")
    response = rich.request(method, path, json=body)
    assert (response.status_code, len(server.faults)) == (400, 1)
    assert "may only have" in response.json()["error"]["message"]
