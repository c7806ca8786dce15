"""Drift: differences between a server and the contract become an overlay, and a run with the overlay verifies them."""

from __future__ import annotations

import copy
import json
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import apply
import bundle
import lint
from contract_suite.checks import fuzzing
from contract_suite.checks.planning import plan
from contract_suite.checks.probes import ProbeSource
from contract_suite.core.exchanges import Exchange, ReceivedResponse, Secrets, create, member, query
from contract_suite.core.oracle import Decisions
from contract_suite.core.target import Target
from contract_suite.drift.analysis import Drift
from contract_suite.drift.applied_overlays import AppliedOverlays, OverlayError
from contract_suite.drift.limit_search import Limit, Search, bisect
from contract_suite.drift.proposal import Proposal
from contract_suite.rules import documented
from contract_suite.rules.operations import CREATE, GET_CREDITS, GET_TASK
from contract_suite.session import Settings, judge
from evolink_mock import MockServer
from evolink_mock.http.app import Mock
from evolink_mock.server import ServedApp, listen
from mutation.response_middleware import Middleware, OutgoingResponse
from tests import few_models

MODELS = ["wan2.5-image-to-video", "wan2.6-reference-video-flash"]
RULES, EVOLINK = few_models.rules(), few_models.contract()
LONGEST: int = EVOLINK["components"]["schemas"]["Wan25ImageToVideo"]["properties"]["prompt"]["maxLength"]
MOST_SECONDS: int = EVOLINK["components"]["schemas"]["Wan26ReferenceVideoFlash"]["properties"]["duration"]["maximum"]


def with_known_limits(contract: dict[str, Any]) -> dict[str, Any]:
    """Return a copy in which the fields that the tests below change have limits of the tests, and two are contested.

    The tests must not depend on what a page says today.
    """
    contract = {**without_marks(contract), "x-extensions": contract["x-extensions"]}
    error = contract["components"]["responses"]["InvalidRequest"]["content"]["application/json"]["schema"]
    error["properties"]["error"]["properties"]["code"] = {"const": 400, "x-contested": contested("const", "invalid")}
    schemas = contract["components"]["schemas"]
    schemas["Wan25ImageToVideo"]["properties"]["prompt"] |= {
        "maxLength": 1000,
        "x-contested": contested("maxLength", 2000),
    }
    schemas["Wan25ImageToVideo"]["properties"]["duration"]["enum"] = [5, 10]
    video = schemas["Wan26ReferenceVideoFlash"]["properties"]
    video["prompt"]["maxLength"] = 1500
    video["duration"] |= {"minimum": 2, "maximum": 10}
    video["quality"]["enum"] = ["720p", "1080p"]
    video["model_params"]["properties"]["shot_type"]["enum"] = ["single", "multi"]
    return contract


def contested(keyword: str, value: Any) -> dict[str, Any]:
    return {keyword: {"value": value, "source": "a later edition"}}


def without_marks(node: Any) -> Any:
    """Return a copy of a contract without `x-contested`."""
    if bundle.is_array(node):
        return [without_marks(item) for item in node]
    if not bundle.is_object(node):
        return node
    return {key: without_marks(value) for key, value in node.items() if key != "x-contested"}


CONTRACT = with_known_limits(EVOLINK)
DECISIONS = Decisions(CONTRACT)
EXAMPLES = 3  # of schemathesis
IMAGE, VIDEO = (RULES.requests[model] for model in MODELS)
CREATED, TASK, CREDITS = RULES.samples[CREATE], RULES.samples[GET_TASK], RULES.samples[GET_CREDITS]
REFUSED = RULES.samples[f"{CREATE} 400"]
WAN25, WAN26 = "$.components.schemas.Wan25ImageToVideo", "$.components.schemas.Wan26ReferenceVideoFlash"
SCHEMAS = "$.components.schemas"

FEW = few_models.few_and("wan26.duration.maximum")
LIMITS = few_models.few_and("wan25.prompt", "wan26.duration")
"""The few, and the rules on the limits that the server of a later edition has changed."""


def exchange_of(request: Any, operation: str, status: int, body: Any) -> Exchange:
    return Exchange(
        operation, request, ReceivedResponse.of(status, {}, json.dumps(body).encode(), Secrets("sk-evo-no-such-key"))
    )


def accepted(body: Any, **changes: Any) -> Exchange:
    return exchange_of(create({**body, **changes}), CREATE, 200, {**CREATED, "model": body["model"]})


def refused(body: Any, param: str | None, **changes: Any) -> Exchange:
    error = {**without(REFUSED["error"], "param"), **({"param": param} if param else {})}
    return exchange_of(create({**body, **changes}), CREATE, 400, {"error": error})


def without(body: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in names}


def queried(**changes: Any) -> Exchange:
    return exchange_of(query(TASK["id"]), GET_TASK, 200, {**TASK, **changes})


def failed(**error: Any) -> Exchange:
    why = {"code": "unknown_error", "message": "No.", "type": "task_error", **error}
    return queried(status="failed", progress=0, task_info={"can_cancel": False}, error=why)


def proposed(*exchanges: Exchange, search: Search | None = None) -> Proposal:
    """Return the proposal that these exchanges lead to, after a check that it is a valid overlay."""
    drift = Drift(DECISIONS, RULES, search)
    changes = drift.changes(exchanges)
    proposal = Proposal(CONTRACT, changes, drift.notes)
    if changes:
        document = proposal.document("a server")
        assert apply.violations(document) == []
        # The reviewer completes the examples that lack a newly required field.
        problems = [line for line in lint.findings(apply.apply(CONTRACT, document)) if ".examples." not in line]
        assert problems == []
        assert all(action["description"].isascii() for action in document["actions"] if "description" in action)
    return proposal


def actions_of(proposal: Proposal) -> list[tuple[str, Any]]:
    """Return the target and the update of every action; the update is None for a removal."""
    actions: list[dict[str, Any]] = proposal.document("a server")["actions"] if proposal.changes else []
    return [(action["target"], action.get("update")) for action in actions]


# --- one constraint each

OLD = {"maxLength": {"value": 1000, "source": "the contract before this overlay"}}
PUBLIC = "https://hooks.invalid/hook"
LENIENT: dict[str, tuple[list[Exchange], list[tuple[str, Any]]]] = {
    "a longer text": (
        [accepted(IMAGE, prompt="a" * 1001), accepted(IMAGE, prompt="a" * 1200)],
        [(f"{WAN25}.properties.prompt", {"maxLength": 1200, "x-contested": OLD})],
    ),
    "a greater number": ([accepted(VIDEO, duration=15)], [(f"{WAN26}.properties.duration", {"maximum": 15})]),
    "a smaller number": ([accepted(VIDEO, duration=1)], [(f"{WAN26}.properties.duration", {"minimum": 1})]),
    "more items": (
        [accepted(IMAGE, image_urls=IMAGE["image_urls"] * 2)], [(f"{WAN25}.properties.image_urls", {"maxItems": 2})],
    ),
    "no items": (
        [accepted(IMAGE, image_urls=[])], [(f"{WAN25}.properties.image_urls['minItems', 'x-inferred']", None)],
    ),
    "another value of a list": (
        [accepted(VIDEO, quality="4k"), accepted(VIDEO, quality="4k"), accepted(VIDEO, quality="it's")],
        [(f"{WAN26}.properties.quality", {"enum": ["4k", "it's"]})],
    ),
    "too many values for a list": (
        [accepted(VIDEO, quality=f"{number}p") for number in range(6)],
        [(f"{WAN26}.properties.quality['enum', 'x-inferred']", None)],
    ),
    "a field that was required": (
        [accepted(without(VIDEO, "prompt"))], [(f"{WAN26}.required[?@ == 'prompt']", None)],
    ),
    "another type": (
        [accepted(VIDEO, generate_audio="yes"), accepted(VIDEO, generate_audio=None)],
        [
            (f"{WAN26}.properties.generate_audio.type", None),
            (f"{WAN26}.properties.generate_audio", {"type": ["boolean", "null", "string"]}),
        ],
    ),
    "a fraction": ([accepted(VIDEO, duration=5.5)], [(f"{WAN26}.properties.duration", {"type": "number"})]),
    "a nested value": (
        [accepted(VIDEO, model_params={"shot_type": "triple"})],
        [(f"{WAN26}.properties.model_params.properties.shot_type", {"enum": ["triple"]})],
    ),
    "another scheme": (
        [accepted(IMAGE, image_urls=["s3://bucket/image.png"])],
        [(f"{SCHEMAS}.MediaUrl['pattern', 'x-inferred']", None)],
    ),
    "text that is not a URL": (
        [accepted(IMAGE, image_urls=["my image.png"])],
        [(f"{SCHEMAS}.MediaUrl.format", None), (f"{SCHEMAS}.MediaUrl['pattern', 'x-inferred']", None)],
    ),
    "a private address": (
        [accepted(IMAGE, callback_url="https://10.0.0.1/hook"), accepted(IMAGE, callback_url="https://localhost/hook")],
        [(f"{SCHEMAS}.CallbackUrl['not'].anyOf[1, 5]", None)],
    ),
    "two breaches at once": (
        [accepted(VIDEO, duration=11, quality="4k")],
        [(f"{WAN26}.properties.duration", {"maximum": 11}), (f"{WAN26}.properties.quality", {"enum": ["4k"]})],
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", LENIENT)
def test_accepted_request_that_breaks_the_contract_widens_each_constraint_by_one_change(kind: str) -> None:
    exchanges, expected = LENIENT[kind]
    proposal = proposed(*exchanges)
    assert actions_of(proposal) == [(target.replace("['not']", ".not"), update) for target, update in expected]
    assert proposal.unexplained == []
    for exchange in exchanges:
        assert proposal.amendments.amended(CREATE, json.loads(exchange.request.body or b"")) is True


STRICT: dict[str, tuple[list[Exchange], list[tuple[str, Any]]]] = {
    "a shorter text": (
        [accepted(VIDEO, prompt="a" * 800), refused(VIDEO, "prompt", prompt="a" * 1000)],
        [(f"{WAN26}.properties.prompt", {"maxLength": 800})],
    ),
    "a smaller greatest number": (
        [accepted(VIDEO, duration=8), refused(VIDEO, "duration", duration=10), refused(VIDEO, "duration", duration=9)],
        [(f"{WAN26}.properties.duration", {"maximum": 8})],
    ),
    "a greater least number": (
        [accepted(VIDEO, duration=5), refused(VIDEO, "duration", duration=3)],
        [(f"{WAN26}.properties.duration", {"minimum": 5})],
    ),
    "fewer items": (
        [accepted(VIDEO), refused(VIDEO, "video_urls[2]", video_urls=VIDEO["video_urls"] * 2)],
        [(f"{WAN26}.properties.video_urls", {"maxItems": 1})],
    ),
    "a removed value": (
        [accepted(VIDEO, quality="720p"), refused(VIDEO, "quality", quality="1080p")],
        [(f"{WAN26}.properties.quality.enum[?@ == '1080p']", None)],
    ),
    "a removed nested value": (
        [refused(VIDEO, "model_params.shot_type", model_params={"shot_type": "multi"})],
        [(f"{WAN26}.properties.model_params.properties.shot_type.enum[?@ == 'multi']", None)],
    ),
    "a documented field that is required now": (
        [accepted(VIDEO, duration=5), refused(VIDEO, "duration")], [(f"{WAN26}", {"required": ["duration"]})],
    ),
    "an unknown field that is required now": (
        [refused(VIDEO, "seed"), refused(VIDEO, "seed", duration=5)],
        [(WAN26, {
            "required": ["seed"],
            "properties": {"seed": {"description": "Required by a server; not documented yet."}},
        })],
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", STRICT)
def test_rejected_valid_request_tightens_a_constraint_if_the_error_shows_the_reason(kind: str) -> None:
    exchanges, expected = STRICT[kind]
    proposal = proposed(*exchanges)
    assert (actions_of(proposal), proposal.unexplained) == (expected, [])
    for exchange in exchanges:
        body = json.loads(exchange.request.body or b"")
        assert proposal.amendments.amended(CREATE, body) is (False if exchange.status == 400 else None)


UNCLEAR: dict[str, list[Exchange]] = {
    "the error names no field": [accepted(VIDEO), refused(VIDEO, None, duration=10)],
    "no accepted request to compare with": [refused(VIDEO, "duration", duration=10)],
    "accepted values on both sides": [
        accepted(VIDEO, duration=8), accepted(VIDEO, duration=10), refused(VIDEO, "duration", duration=9),
    ],
    "a text of the same length": [
        accepted(VIDEO, prompt="a" * 1500), refused(VIDEO, "prompt", prompt="\N{PILE OF POO}" * 1500),
    ],
    "another form of URL": [accepted(IMAGE), refused(IMAGE, "image_urls[0]", image_urls=["http://media.invalid/image1.png"])],
    "a field that the contract does not know": [accepted(IMAGE), refused(IMAGE, "quality", quality="8k")],
    "a field of another kind": [accepted(VIDEO), refused(VIDEO, "generate_audio", generate_audio=True)],
    "a whole list": [refused(VIDEO, "quality", quality="720p"), refused(VIDEO, "quality", quality="1080p")],
    "an unknown model": [accepted({**IMAGE, "model": "wan9"})],
    "another kind of body": [exchange_of(query(TASK["id"]), GET_TASK, 200, [1])],
    "a failure of the server": [exchange_of(query(TASK["id"]), GET_TASK, 504, {"error": "no"})],
    "too many fields": [queried(**{f"field{number}": 1 for number in range(30)})],
}  # fmt: skip


@pytest.mark.parametrize("kind", UNCLEAR)
def test_observation_without_a_clear_reason_is_reported_and_changes_nothing(kind: str) -> None:
    proposal = proposed(*UNCLEAR[kind])
    assert (actions_of(proposal), len(proposal.unexplained)) == ([], 1)


ERROR = "$.components.responses.InvalidRequest.content['application/json'].schema.properties.error.properties"
RESPONSES: dict[str, tuple[list[Exchange], list[tuple[str, Any]]]] = {
    "another status": ([queried(status="queued")], [(f"{SCHEMAS}.TaskStatus", {"enum": ["queued"]})]),
    "another code": (
        [failed(code="out_of_luck")],
        [(f"{SCHEMAS}.TaskErrorCode", {
            "enum": ["out_of_luck"],
            "x-failures": {"out_of_luck": {"retry": None, "advice": "unknown; look it up in the documentation"}},
        })],
    ),
    "null for an object": ([queried(usage=None)], [(f"{SCHEMAS}.Task.properties.usage.anyOf", [{"type": "null"}])]),
    "text for a number": (
        [queried(created="yesterday")],
        [
            (f"{SCHEMAS}.Task.properties.created.type", None),
            (f"{SCHEMAS}.Task.properties.created", {"type": ["integer", "string"]}),
        ],
    ),
    "a missing field": ([queried(task_info={})], [(f"{SCHEMAS}.TaskInfo.required[?@ == 'can_cancel']", None)]),
    "a wider range": ([queried(progress=101)], [(f"{SCHEMAS}.Task.properties.progress", {"maximum": 101})]),
    "another form of id": ([queried(id="task-1")], [(f"{SCHEMAS}.TaskId.pattern", None)]),
    "a result that is not a URL": (
        [queried(status="completed", progress=100, results=["result.mp4"])],
        [(f"{SCHEMAS}.Task.properties.results.items.format", None)],
    ),
    "no results": (
        [queried(status="completed", progress=100)],
        [(f"{SCHEMAS}.Task.allOf[0].else.then.required[?@ == 'results']", None)],
    ),
    "text for a code": (
        [exchange_of(create({}), CREATE, 400, {"error": {**REFUSED["error"], "code": "invalid"}})],
        [
            (f"{ERROR}.code['const', 'x-contested']", None),
            (f"{ERROR}.code", {"enum": [400, "invalid"]}),
            (f"{SCHEMAS}.ErrorDetail.properties.code.anyOf", [{"type": "string"}]),
        ],
    ),
    "a status that is not listed": (
        [exchange_of(query("task-unified-1"), GET_TASK, 410, {"error": {**REFUSED["error"], "code": 410}})],
        [("$.paths['/v1/tasks/{task_id}'].get.responses", {"410": {
            "description": "Seen; not documented yet.",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorResponse"}}},
        }})],
    ),
    "a status with another shape": (
        [exchange_of(query("task-unified-1"), GET_TASK, 410, {"gone": True, "why": {"n": 1}})],
        [("$.paths['/v1/tasks/{task_id}'].get.responses", {"410": {
            "description": "Seen; not documented yet.",
            "content": {"application/json": {"schema": {"type": "object", "properties": {
                "gone": {"type": "boolean", "description": "Seen in responses; not documented yet."},
                "why": {
                    "type": "object",
                    "properties": {"n": {"type": "integer", "description": "Seen in responses; not documented yet."}},
                    "description": "Seen in responses; not documented yet.",
                },
            }}}},
        }})],
    ),
    "a created task with another status": (
        [exchange_of(create(IMAGE), CREATE, 201, CREATED)],
        [("$.paths['/v1/videos/generations'].post.responses", {"201": {
            "description": "Seen; not documented yet.",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/CreatedTask"}}},
        }})],
    ),
    "a field that is not documented": (
        [queried(usage={"credits_used": used}) for used in (1.5, 2, None)],
        [(f"{SCHEMAS}.Usage", {"properties": {
            "credits_used": {"type": ["null", "number"], "description": "Seen in responses; not documented yet."},
        }})],
    ),
    "a field of any name": (
        [queried(**{"it's \"new\" \\ caf\xe9\n": [1]})],
        [(f"{SCHEMAS}.Task", {"properties": {
            "it's \"new\" \\ caf\xe9\n": {"type": "array", "description": "Seen in responses; not documented yet."},
        }})],
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", RESPONSES)
def test_response_that_breaks_the_contract_widens_each_constraint_by_one_change(kind: str) -> None:
    exchanges, expected = RESPONSES[kind]
    proposal = proposed(*exchanges)
    assert (actions_of(proposal), proposal.unexplained) == (expected, [])
    after = proposal.amendments.after
    for exchange in exchanges:
        assert after.response_breaches(exchange.operation, exchange.status or 0, exchange.json) == []
        assert list(after.unknown_fields(exchange.operation, exchange.status or 0, exchange.json)) == []


def test_nothing_is_proposed_without_differences() -> None:
    fine = [accepted(IMAGE), accepted(VIDEO, made_up=1), refused(VIDEO, "duration", duration=11), queried(), failed()]
    fine += [exchange_of(query("task-unified-1"), GET_TASK, 404, RULES.samples[f"{GET_TASK} 404"])]
    assert actions_of(proposed(*fine)) == []


def test_names_that_are_data_are_not_reported_as_fields() -> None:
    contract = copy.deepcopy(CONTRACT)
    contract["components"]["schemas"]["Usage"]["properties"]["by_day"] = {"type": "object"}
    unknown_fields = Decisions(contract).unknown_fields(
        GET_TASK, 200, {**TASK, "usage": {"by_day": {"monday": 1}, "new": {"a": 1}}}
    )
    assert [unknown.path for unknown in unknown_fields] == [("usage", "new")]


def test_undocumented_fields_in_the_items_of_a_list_are_reported() -> None:
    contract = copy.deepcopy(CONTRACT)
    schemas = contract["components"]["schemas"]
    schemas["Task"]["properties"]["parts"] = {"type": "array", "items": {"$ref": "#/components/schemas/TaskInfo"}}
    unknown_fields = Decisions(contract).unknown_fields(
        GET_TASK, 200, {**TASK, "parts": [{}, {"can_cancel": True, "new": 1}]}
    )
    assert [(unknown.home, unknown.path) for unknown in unknown_fields] == [
        (("components", "schemas", "TaskInfo"), ("parts", "new"))
    ]


def test_change_names_the_rules_that_it_concerns() -> None:
    exchange = accepted(VIDEO, duration=15)
    [change] = Drift(DECISIONS, RULES).changes([exchange, queried()], [("wan26.duration.maximum", exchange)])
    assert change.rules == {"wan26.duration.maximum"}
    [change] = Drift(DECISIONS, RULES).changes([queried(progress=101)])
    assert change.rules == {"task.progress.maximum"}
    [change] = Drift(DECISIONS, RULES).changes([queried(new=1)])
    assert change.rules == {"contract.known-fields"}


# --- the search for limits


@pytest.mark.parametrize("limit", [11, 12, 15, 16, 29, 30, 31, 5000])
@pytest.mark.parametrize("hints", [[], [15], [3], [100_000]])
def test_search_finds_a_limit_by_hints_doubling_and_bisection(limit: int, hints: list[int]) -> None:
    tried: list[int] = []

    def accepts(number: int) -> bool:
        tried.append(number)
        return number <= limit

    assert bisect(1, Limit(11, None), hints, 1_000_000, accepts) == Limit(limit, limit + 1)
    assert bisect(-1, Limit(-11, None), [-hint for hint in hints], -1_000_000, lambda n: n >= -limit) == Limit(
        -limit, -limit - 1
    )
    assert len(tried) == len(set(tried)) < 30


def test_search_ends_if_there_is_no_limit() -> None:
    assert bisect(1, Limit(11, None), [], 1_000_000, lambda _: True) == Limit(1_000_000, None)


def test_search_sends_at_most_200_requests() -> None:
    sent: list[Any] = []

    def send(body: Any) -> bool:
        sent.append(body)
        return len(sent) % 3 > 0

    search = Search(send)
    for _ in range(30):
        search.limit("maximum", VIDEO | {"duration": 11}, ("duration",), Limit(11, None))
    assert len(sent) == 200


@pytest.fixture
def server() -> Callable[..., Search]:
    """Return a function that starts a search on a server with a changed contract."""

    def start(change: Callable[[dict[str, Any]], object]) -> Search:
        contract = copy.deepcopy(CONTRACT)
        change(contract["components"]["schemas"])
        decisions = Decisions(contract)
        return Search(lambda body: decisions.accepts(CREATE, body))

    return start


def duration(model: str, **schema: Any) -> Callable[[dict[str, Any]], object]:
    return lambda schemas: schemas[model]["properties"].update(duration={"type": "integer", **schema})


def test_limit_is_searched_if_tasks_are_free(server: Callable[..., Search]) -> None:
    exchanges = [accepted(VIDEO, duration=11), refused(VIDEO, "duration", duration=100_000)]
    higher = server(duration("Wan26ReferenceVideoFlash", minimum=2, maximum=23))
    assert actions_of(proposed(*exchanges, search=higher)) == [(f"{WAN26}.properties.duration", {"maximum": 23})]
    unlimited = server(duration("Wan26ReferenceVideoFlash", minimum=2))
    assert actions_of(proposed(exchanges[0], search=unlimited)) == [(f"{WAN26}.properties.duration.maximum", None)]
    less = [accepted(VIDEO, duration=5), refused(VIDEO, "duration", duration=10)]
    lower = server(duration("Wan26ReferenceVideoFlash", minimum=2, maximum=8))
    assert actions_of(proposed(*less, search=lower)) == [(f"{WAN26}.properties.duration", {"maximum": 8})]


def test_limit_is_the_observed_value_if_further_requests_are_inconclusive() -> None:
    silent = Search(lambda _: None)
    [action] = proposed(accepted(VIDEO, duration=11), search=silent).document("a server")["actions"]
    assert action["update"] == {"maximum": 11}
    assert "The limit is at least 11: further requests were inconclusive." in action["description"]


def test_list_is_removed_if_any_value_or_a_range_is_accepted(server: Callable[..., Search]) -> None:
    def opened(schemas: dict[str, Any]) -> None:
        del schemas["Wan26ReferenceVideoFlash"]["properties"]["quality"]["enum"]

    any_quality = server(opened)
    exchanges = accepted(VIDEO, quality="480p")
    assert actions_of(proposed(exchanges, search=any_quality)) == [
        (f"{WAN26}.properties.quality['enum', 'x-inferred']", None)
    ]
    lengths = [accepted(IMAGE, duration=number) for number in (4, 6, 7)] + [refused(IMAGE, "duration", duration=0)]
    a_range = server(duration("Wan25ImageToVideo", minimum=3, maximum=12))
    assert actions_of(proposed(*lengths, search=a_range)) == [
        (f"{WAN25}.properties.duration.enum", None),
        (f"{WAN25}.properties.duration", {"minimum": 3, "maximum": 12}),
    ]
    a_list = server(duration("Wan25ImageToVideo", enum=[4, 5, 6, 7, 10]))
    assert actions_of(proposed(*lengths, search=a_list)) == [(f"{WAN25}.properties.duration", {"enum": [4, 6, 7]})]


# --- whole runs


class Rewriting(Middleware):
    """Wrap an application and change the JSON of its responses."""

    def __init__(self, app: ASGIApp, change: Callable[[str, Any], Any]) -> None:
        super().__init__(app)
        self._change = change

    def process(self, scope: Scope, response: OutgoingResponse) -> None:
        """Change a response of the API."""
        if scope["path"].startswith("/v1/"):
            response.content = json.dumps(self._change(scope["path"], json.loads(response.content))).encode()


def with_credits_used(_: str, body: Any) -> Any:
    """Add a field that a later edition documents to a response."""
    if bundle.is_object(member(body, "usage")):
        body["usage"]["credits_used"] = 1.5
    return body


LONGER, MORE_SECONDS = 2 * LONGEST, MOST_SECONDS + 5


def widened(schema: str, name: str, keyword: str, value: int) -> dict[str, Any]:
    """Return the proposed update of a field, which keeps the old limit if the field is contested already."""
    field = EVOLINK["components"]["schemas"][schema.rpartition(".")[2]]["properties"][name]
    old = {keyword: {"value": field[keyword], "source": "the contract before this overlay"}}
    return {keyword: value, **({"x-contested": old} if "x-contested" in field else {})}


def later_edition() -> dict[str, Any]:
    """Return the contract of an edition that allows longer prompts and videos than today's."""
    contract = copy.deepcopy(EVOLINK)
    schemas = contract["components"]["schemas"]
    schemas["Wan25ImageToVideo"]["properties"]["prompt"]["maxLength"] = LONGER
    schemas["Wan26ReferenceVideoFlash"]["properties"]["duration"]["maximum"] = MORE_SECONDS
    return contract


@pytest.fixture
def later(mock: MockServer) -> Iterator[str]:
    """The URL of a server that follows a later edition of the documentation."""
    listener = listen("127.0.0.1", 0)
    app = Mock(api_key=mock.api_key, speed=10_000, forward_callbacks_to="http://127.0.0.1:9/", contract=later_edition())
    with ServedApp(Rewriting(app, with_credits_used), listener) as served:
        yield served.url


Judged = Callable[..., tuple[dict[str, Any], list[str]]]


@pytest.fixture
def run(mock: MockServer, tmp_path: Path) -> Judged:
    """Return a function that judges a server and returns the report and the printed lines."""

    def judged(
        url: str, *overlays: Path, rules: documented.Rules = RULES, **settings: Any
    ) -> tuple[dict[str, Any], list[str]]:
        chosen: dict[str, Any] = {"generate": False, "patience": 0, **settings}
        report = judge(Settings(url, mock.api_key, folder=tmp_path / "reports", overlays=overlays, **chosen), rules)
        written: dict[str, Any] = json.loads((tmp_path / "reports/contract.json").read_text(encoding="utf-8"))
        return written, list(report.lines())

    return judged


def verdict(report: dict[str, Any], rule_id: str) -> dict[str, Any]:
    return next(dict(rule) for rule in report["rules"] if rule["id"] == rule_id)


@pytest.fixture
def one_generated_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let schemathesis generate requests for one model, in one phase of each of its processes."""
    every_run = fuzzing.fuzzing_runs

    def runs(contract: dict[str, Any], **options: bool) -> list[fuzzing.FuzzingRun]:
        refusals, acceptance = every_run(few_models.for_one_model(contract, MODELS[1]), **options)
        return [replace(refusals, phases="coverage"), acceptance]

    monkeypatch.setattr(fuzzing, "fuzzing_runs", runs)


@pytest.mark.usefixtures("one_generated_model")
def test_changes_of_the_documentation_are_proposed_applied_and_verified(
    later: str, tmp_path: Path, repository: Path, mock: MockServer, run: Judged
) -> None:
    report, lines = run(later, rules=LIMITS, patience=1)
    overlay = tmp_path / "reports/drift.overlay.yaml"
    assert report["broken"] == ["wan26.duration.maximum"]
    assert {"wan25.prompt.too-long", "contract.known-fields"} <= set(report["differences"])
    assert [line.partition(";")[0] for line in lines if line.startswith("drift")] == [
        f"drift   3 changes proposed in {overlay}"
    ]
    [line] = [line for line in lines if "contract.known-fields" in line]
    assert line.endswith("got usage.credits_used in create_video_generation, get_task")
    proposal = apply.load(overlay)
    assert [(action["target"], action["update"]) for action in proposal["actions"]] == [
        (f"{SCHEMAS}.Usage", {"properties": {
            "credits_used": {"type": "number", "description": "Seen in responses; not documented yet."},
        }}),
        (f"{WAN25}.properties.prompt", widened(WAN25, "prompt", "maxLength", LONGER)),
        (f"{WAN26}.properties.duration", widened(WAN26, "duration", "maximum", MORE_SECONDS)),
    ]  # fmt: skip
    assert proposal["actions"][1]["x-rules"] == ["wan25.prompt.too-long"]
    assert "x-unexplained" not in proposal
    assert_proposal_is_applied(tmp_path, repository)

    report, lines = run(later, overlay, rules=LIMITS, generate=True, patience=1, examples=EXAMPLES)
    assert (report["broken"], report["differences"]) == ([], [])
    assert not [line for line in lines if line.startswith(("drift", "broken", "differs")) or "had no effect" in line]
    assert verdict(report, "wan25.prompt.too-long")["verdict"] == "holds"
    assert verdict(report, "wan25.prompt.too-long")["why"].startswith("3 cases, 3 overruled by the overlay")
    assert verdict(report, "schemathesis.positive-data-acceptance")["verdict"] == "holds"
    assert verdict(report, "schemathesis.negative-data-rejection")["verdict"] == "holds"
    assert overlay.exists()

    report, lines = run(mock.url, overlay, rules=LIMITS)
    assert set(report["broken"]) == {"wan25.prompt.too-long", "wan26.duration.maximum"}
    assert "expected 200; got 400: prompt" in verdict(report, "wan25.prompt.too-long")["why"]
    [line] = [line for line in lines if "had no effect" in line]
    name = f"{SCHEMAS}.Usage"
    assert re.match(rf"{re.escape(str(overlay))}:\d+: actions\[0\] \(target {re.escape(name)}\) had no effect", line)


def assert_proposal_is_applied(folder: Path, repository: Path) -> None:
    """Apply the proposal by command, and check that the contract is valid afterwards."""
    spec = folder / "contract.json"
    spec.write_text(json.dumps(EVOLINK), encoding="utf-8")
    applier = repository / "overlays/contract/apply.py"
    result = subprocess.run(
        [sys.executable, applier, spec, "reports/drift.overlay.yaml", "-o", "new.json"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (result.returncode, result.stderr) == (0, "")
    amended = json.loads((folder / "new.json").read_text(encoding="utf-8"))
    assert amended["components"]["schemas"]["Wan25ImageToVideo"]["properties"]["prompt"]["maxLength"] == LONGER
    assert list(lint.findings(amended)) == []


def in_the_style_of_autumn(_: str, body: Any) -> Any:
    """Change a response to the style of newer documentation pages."""
    error, details, usage = (member(body, name) for name in ("error", "task_info", "usage"))
    if bundle.is_object(error) and isinstance(error["code"], int):
        body["error"] |= {"code": "invalid_request", "type": "invalid_request_error", "request_id": "r-1"}
    if bundle.is_object(details):
        del body["task_info"]["can_cancel"]
    if bundle.is_object(usage):
        body["usage"]["user_group"] = "enterprise"
    return body


def test_responses_of_another_edition_are_proposed_and_then_agree_with_the_contract(
    tmp_path: Path, mock: MockServer, run: Judged
) -> None:
    listener = listen("127.0.0.1", 0)
    app = Mock(api_key=mock.api_key, speed=10_000)
    with ServedApp(Rewriting(app, in_the_style_of_autumn), listener) as served:
        report, _ = run(served.url, rules=FEW)
        assert {"error.401", "task.can_cancel.required", "task.user_group.values"} <= set(report["differences"])
        overlay = tmp_path / "reports/drift.overlay.yaml"
        assert "&" not in overlay.read_text(encoding="utf-8")  # YAML anchors are hard to read
        report, lines = run(served.url, overlay, rules=FEW)
    assert (report["broken"], report["differences"]) == ([], [])
    assert not [line for line in lines if line.startswith("drift") or "had no effect" in line]


def test_proposal_of_an_earlier_run_is_removed_unless_the_run_uses_it(
    tmp_path: Path, mock: MockServer, run: Judged
) -> None:
    stale = tmp_path / "reports/drift.overlay.yaml"
    stale.parent.mkdir()
    stale.write_text("overlay: 1.1.0\n", encoding="utf-8")
    run(mock.url, rules=FEW)
    assert not stale.exists()
    stale.write_text(json.dumps(overlay_of({"target": WAN26, "update": {"title": "new"}})), encoding="utf-8")
    _, lines = run(mock.url, stale, rules=FEW)
    assert stale.exists()
    assert [line for line in lines if "had no effect" in line] == [
        f"{stale}:1: actions[0] (target {WAN26}) had no effect: nothing in this run depends on it"
    ]


def overlay_of(*actions: dict[str, Any]) -> dict[str, Any]:
    return {"overlay": "1.1.0", "info": {"title": "A test", "version": "1"}, "actions": list(actions)}


def test_run_without_a_target_applies_the_overlay_to_the_mock(tmp_path: Path) -> None:
    overlay = tmp_path / "longer.overlay.json"
    change = {"target": f"{WAN25}.properties.prompt", "update": {"maxLength": LONGER}}
    overlay.write_text(json.dumps(overlay_of(change)), encoding="utf-8")
    prompts = RULES.only(rule for rule in RULES.rules if rule.id.startswith("wan25.prompt"))
    report = judge(Settings(generate=False, folder=tmp_path, overlays=(overlay,)), prompts)
    assert report.broken == []
    assert judge(Settings(generate=False, folder=tmp_path), prompts).broken == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read: No such file or directory"),
        ("[", "is not valid YAML or JSON"),
        (overlay_of(), "actions: [] has less than 1 item"),
        (overlay_of({"target": "$.nowhere", "remove": True}), "actions[0] (target $.nowhere): matches nothing"),
        (overlay_of({"target": f"{WAN26}.type", "update": []}), "merges values of different kinds"),
        (overlay_of({"target": f"{WAN26}", "update": {"minProperties": -1}}), "the result is not a valid schema"),
        (overlay_of({"target": "$.paths", "remove": True}), "the result is not a contract of this API"),
        (overlay_of({"target": "$.components.schemas.Task", "remove": True}), "the result is not a"),
    ],
)
def test_invalid_overlay_is_reported_in_one_line(tmp_path: Path, content: Any, message: str) -> None:
    path = tmp_path / "a.overlay.yaml"
    if content is not None:
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    with pytest.raises(OverlayError) as error:
        AppliedOverlays(CONTRACT, [path])
    assert str(error.value).startswith(f"OVERLAY: {path}:")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


TWO_ACTIONS = """overlay: {version}
info: {{title: A test, version: '1'}}
actions:
  - target: {first}
    update: {{x-checked: true}}
  - target: {second}
    x-with-previous: {together}
    update: [a]
"""


@pytest.mark.parametrize("together", ["true", "false"])
def test_mistake_in_an_action_of_an_overlay_names_its_line(tmp_path: Path, together: str) -> None:
    path = tmp_path / "a.overlay.yaml"
    second = "$.info[?@=='): ']"
    path.write_text(TWO_ACTIONS.format(version="1.1.0", first=WAN26, second=f'"{second}"', together=together))
    with pytest.raises(OverlayError) as error:
        AppliedOverlays(CONTRACT, [path])
    assert str(error.value).startswith(f"OVERLAY: {path}:6: actions[1] (target {second}): matches nothing")
    path.write_text(TWO_ACTIONS.format(version="1.1.0", first="1", second="info", together=together))
    with pytest.raises(OverlayError) as error:
        AppliedOverlays(CONTRACT, [path])
    assert str(error.value).startswith(f"OVERLAY: {path}:4: actions[0].target: ")
    assert f"; {path}:6: actions[1].target: " in str(error.value)


def test_run_warns_of_an_overlay_that_hardly_means_what_it_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.overlay.yaml"
    text = TWO_ACTIONS.format(version="1.0.0", first="$.info", second="$.info.x-checked", together="true")
    path.write_text(text.replace("x-checked: true", "x-checked: [b]"), encoding="utf-8")
    rules = RULES.only(rule for rule in RULES.rules if rule.id.startswith("wan25.prompt"))
    assert judge(Settings(generate=False, folder=tmp_path, overlays=(path,)), rules).broken == []
    warning = f"OVERLAY: {path}:6: actions[1] (target $.info.x-checked): warning: {apply.NESTING}"
    assert capsys.readouterr().err == f"contract: {warning}\n"


# --- money


class CreateRecorder:
    """Wrap an application and record the create requests that reach it with the key."""

    def __init__(self, app: ASGIApp, key: str) -> None:
        self.creates: list[bytes] = []
        self._app = app
        self._bearer = f"Bearer {key}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        body = b""
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        if dict(scope["headers"]).get(b"authorization") == self._bearer:
            self.creates.append(body)
        messages: list[Message] = [{"type": "http.request", "body": body}]

        async def received() -> Message:
            return messages.pop() if messages else await receive()

        await self._app(scope, received, send)


@pytest.fixture
def remote_host(monkeypatch: pytest.MonkeyPatch) -> str:
    """A remote host name that resolves to this machine."""
    name, real = "api.evolink.example", socket.getaddrinfo

    def mapped(host: Any, *arguments: Any, **options: Any) -> Any:
        return real("127.0.0.1" if host == name else host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", mapped)
    return name


@pytest.fixture
def recorded_server(mock: MockServer, remote_host: str) -> Iterator[tuple[str, CreateRecorder]]:
    """The URL of a server that follows a later edition, and the recorder of its create requests."""
    listener = listen("127.0.0.1", 0)
    app = Mock(api_key=mock.api_key, speed=10_000, contract=later_edition(), allow_hosts=[remote_host])
    recorder = CreateRecorder(Rewriting(app, with_credits_used), mock.api_key)
    with ServedApp(recorder, listener) as served:
        yield served.url, recorder


def test_search_sends_nothing_without_a_budget(
    recorded_server: tuple[str, CreateRecorder], remote_host: str, run: Judged, tmp_path: Path
) -> None:
    url, recorder = recorded_server
    fewer = LIMITS.without("wan26.duration.maximum")
    target = url.replace("127.0.0.1", remote_host)
    report, _ = run(target, rate=10_000, rules=fewer)
    assert not report["broken"]
    with Target(target, "key") as planned:
        probes = plan(ProbeSource(fewer), planned, 1)
    sent = [probe.request.body for probe in probes if probe.request.is_create and not probe.skipped]
    assert len(recorder.creates) <= len(sent)
    assert set(recorder.creates) <= set(sent)
    assert not (tmp_path / "reports/drift.overlay.yaml").exists()


def test_wrongly_accepted_request_is_proposed_without_further_requests_if_tasks_cost_credits(
    recorded_server: tuple[str, CreateRecorder], remote_host: str, run: Judged, tmp_path: Path
) -> None:
    url, recorder = recorded_server
    run(url.replace("127.0.0.1", remote_host), rate=10_000, rules=LIMITS)
    last = json.loads(recorder.creates[-1])
    assert last["duration"] in {MOST_SECONDS + 1, MORE_SECONDS}
    [action] = [
        one for one in apply.load(tmp_path / "reports/drift.overlay.yaml")["actions"] if "duration" in one["target"]
    ]
    assert action["update"] == widened(WAN26, "duration", "maximum", last["duration"])
    assert f"The limit is at least {last['duration']}: nothing further was tried" in action["description"]


def test_limit_is_not_searched_if_tasks_count_against_a_budget(
    recorded_server: tuple[str, CreateRecorder], remote_host: str, run: Judged, tmp_path: Path
) -> None:
    url, recorder = recorded_server
    fewer = LIMITS.without("wan26.duration.maximum")
    report, _ = run(url.replace("127.0.0.1", remote_host), rate=10_000, spend=500, rules=fewer)
    assert "wan25.prompt.too-long" in report["differences"]
    bodies = [read(body) for body in recorder.creates if b'"wan2.5-' in body]
    prompts = [member(body, "prompt") for body in bodies]
    assert max(len(prompt) for prompt in prompts if isinstance(prompt, str)) == LONGEST + 1
    actions = {one["target"]: one["update"] for one in apply.load(tmp_path / "reports/drift.overlay.yaml")["actions"]}
    assert actions[f"{WAN25}.properties.prompt"] == widened(WAN25, "prompt", "maxLength", LONGEST + 1)
    assert f"{SCHEMAS}.Usage" in actions


def test_overlay_allows_no_further_requests_without_a_budget(
    recorded_server: tuple[str, CreateRecorder], remote_host: str, run: Judged, tmp_path: Path
) -> None:
    overlay = tmp_path / "later.overlay.json"
    changes = [
        {"target": f"{WAN26}.properties.duration", "update": {"maximum": MORE_SECONDS}},
        {"target": f"{WAN25}.properties.prompt", "update": {"maxLength": 3}},
    ]
    overlay.write_text(json.dumps(overlay_of(*changes)), encoding="utf-8")
    url, recorder = recorded_server
    report, _ = run(url.replace("127.0.0.1", remote_host), overlay, rate=10_000, rules=LIMITS)
    assert report["broken"] == []
    assert verdict(report, "wan26.duration.maximum")["why"].endswith("it creates a task, and SPEND=0 allows none")
    assert "its refusal is only stated by the overlay" in verdict(report, "wan25.smallest-request")["why"]
    assert [body for body in map(read, recorder.creates) if DECISIONS.accepts(CREATE, body)] == []


def read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


# --- hostile servers

KEY = "sk-evo-a-secret/key+1"
FIELD = "it's \"x\" \\ $['y'] [?@ == 1] \u732b\n\u2028\x1b[2J"
ODD: dict[str, Any] = {
    "accepts every request": CREATED,
    "odd fields": {**CREATED, FIELD: {FIELD: [FIELD]}, "usage": {**CREATED["usage"], FIELD: 1, "a" * 5000: 1}},
    "odd values": {**CREATED, "status": FIELD, "object": [FIELD], "progress": 10**400, "type": {"a": 1}, "usage": []},
    "invalid numbers": '{"id": "task-unified-1", "progress": NaN, "created": Infinity, "x": -1e999}',
    "odd ids": {**CREATED, "id": "../" + FIELD},
    "many fields": {**CREATED, **{f"field {number}": number for number in range(300)}},
    "deep": '{"id": "task-unified-1", "new": '
    + '{"a":' * 90
    + "1"
    + "}" * 90
    + ', "error": '
    + "[" * 90
    + "]" * 90
    + "}",
    "echoes the key": {**CREATED, KEY: KEY, "status": KEY, "usage": {KEY: {KEY: [KEY]}}, "new": KEY},
    "an error for a task": {**CREATED, "error": {"code": KEY, "message": FIELD, "type": 5, "param": [FIELD]}},
}


@pytest.mark.parametrize(("odd", "status"), [*((odd, 200) for odd in ODD), ("deep", 418)])
def test_odd_server_leads_to_a_valid_overlay_or_none(tmp_path: Path, odd: str, status: int) -> None:
    content = ODD[odd] if isinstance(ODD[odd], str) else json.dumps(ODD[odd])
    response = Response(content, status, media_type="application/json")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await response(scope, receive, send)
            return
        for kind in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{kind}.complete"})

    with ServedApp(app, listen("127.0.0.1", 0)) as served:
        settings = Settings(served.url, KEY, generate=False, patience=0, folder=tmp_path)
        seen = FEW.only(rule for rule in FEW.rules if not rule.id.startswith(("callback.", "files.")))
        lines = list(judge(settings, seen).lines())
    assert all(line.isprintable() for line in lines)
    overlay = tmp_path / "drift.overlay.yaml"
    written = "".join(path.read_text(encoding="utf-8") for path in tmp_path.rglob("*") if path.is_file())
    assert KEY not in written + "".join(lines)
    if overlay.exists():
        assert AppliedOverlays(CONTRACT, [overlay]).contract != CONTRACT
    assert not list(tmp_path.glob("*.part"))
