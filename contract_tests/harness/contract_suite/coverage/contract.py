"""Coverage of the contract: which parts of it the requests and responses of a run have exercised.

A run covers a keyword of a request once with a valid value and once with an invalid one. It covers documented statuses
and the keywords of responses once each.
"""

from __future__ import annotations

import contextlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from email import message_from_bytes
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import unquote

import bundle
from contract_suite.core.exchanges import Exchange, Request
from contract_suite.core.schema_walk import (
    AppliedKeyword,
    Document,
    Place,
    applied_keywords,
    find,
    is_satisfied,
    keywords,
    resolve_reference,
)
from contract_suite.rules.operations import GET_TASK, OPERATIONS, TASK_PATH, UPLOAD_STREAM
from evolink._json import parse_json

TEXT_ALONE = {UPLOAD_STREAM, GET_TASK}
"""The operations whose request is a form or a path. All values there are text, so a wrong type cannot be sent."""


class Goal(NamedTuple):
    """A part of the contract that a run should cover: one side of a keyword, or a status."""

    place: Place
    side: str = ""

    def __str__(self) -> str:
        """Return the goal as readable text."""
        steps = self.place[2:] if self.place[:2] in {("components", "schemas"), ("components", "responses")} else ()
        where = ".".join(str(step) for step in steps or self.place)
        return f"{where}: {self.side}" if self.side else where


Goals = dict[Goal, bool]
"""All goals of a kind, each with whether the run has covered it."""


def measure_coverage(
    contract: dict[str, Any], exchanges: Iterable[Exchange], callbacks: Sequence[Any]
) -> dict[str, Any]:
    """Measure how much of the contract a run has covered, as JSON.

    Args:
        contract: the bundled contract.
        exchanges: all exchanges of the run.
        callbacks: the bodies of the callbacks that were received. They count as responses.
    """
    sent: dict[Place, set[str]] = defaultdict(set)  # values as JSON, by the place of their schema
    received: dict[Place, dict[str, Any]] = defaultdict(dict)  # values by their JSON, without duplicates
    request_places, response_places = _request_places(contract), _response_places(contract)
    statuses: Goals = dict.fromkeys((Goal((name,), status) for name, status in response_places if name), False)
    for exchange in exchanges:
        if exchange.operation in request_places:
            for value in _sent_values(exchange.operation, exchange.request):
                sent[request_places[exchange.operation]].add(json.dumps(value))
        goal = Goal((exchange.operation,), str(exchange.status))
        if goal in statuses:
            statuses[goal] = True
            place = response_places[exchange.operation, goal.side]
            if place is not None and exchange.response is not None and exchange.response.value:
                received[place][exchange.response.text] = exchange.json
    if (callback := response_places.get(("", "callback"))) is not None:
        received[callback] |= {json.dumps(body): body for body in callbacks}
    return {
        "requests": _summary(_request_goals(contract, sent)),
        "statuses": _summary(statuses),
        "responses": _summary(_response_goals(contract, received)),
    }


def _summary(goals: Goals) -> dict[str, Any]:
    missed = [str(goal) for goal, met in goals.items() if not met]
    return {"all": len(goals), "met": len(goals) - len(missed), "missed": missed}


# --- places of schemas in the contract


def _request_places(contract: dict[str, Any]) -> dict[str, Place]:
    """Return the place of the schema of every operation's request body or path parameter."""
    places: dict[str, Place] = {}
    for name, (method, path) in OPERATIONS.items():
        place: Place = ("paths", path, method.lower())
        operation = find(contract, place)
        for content in operation.get("requestBody", {}).get("content", ()):
            places[name] = (*place, "requestBody", "content", content, "schema")
        for index, parameter in enumerate(operation.get("parameters", ())):
            if parameter.get("in") == "path" and "schema" in parameter:
                places[name] = (*place, "parameters", index, "schema")
    return places


def _response_places(contract: dict[str, Any]) -> dict[tuple[str, str], Place | None]:
    """Return the place of the schema of every response body, by operation and status. None for one without a schema.

    The schema of a callback has the key `("", "callback")`.
    """
    places: dict[tuple[str, str], Place | None] = {}
    for name, (method, path) in OPERATIONS.items():
        place: Place = ("paths", path, method.lower())
        for status in find(contract, place)["responses"]:
            places[name, status] = _body_place(contract, (*place, "responses", status))
        for callback, addresses in find(contract, place).get("callbacks", {}).items():
            for address in addresses:
                body: Place = (*place, "callbacks", callback, address, "post", "requestBody")
                places["", "callback"] = _body_place(contract, body)
    return places


def _body_place(contract: dict[str, Any], holder: Place) -> Place | None:
    """Return the place of the schema of a JSON body. None if the body has no schema."""
    holder = resolve_reference(contract, holder)
    has_schema = "schema" in find(contract, holder).get("content", {}).get("application/json", {})
    return (*holder, "content", "application/json", "schema") if has_schema else None


# --- values in requests


def _sent_values(operation: str, request: Request) -> Iterator[Any]:
    """Yield the value of a request that the schema of its operation describes, if there is one."""
    if (request.method, operation) == ("GET", GET_TASK):
        yield unquote(request.path.removeprefix(TASK_PATH))
    elif request.method == "POST" and request.body is not None:
        if operation == UPLOAD_STREAM:
            yield _form(request)
        else:
            with contextlib.suppress(ValueError):
                yield parse_json(request.body)


def _form(request: Request) -> dict[str, str]:
    """Return the fields of a multipart form."""
    head = f"content-type: {request.headers.get('content-type', '')}\r\n\r\n".encode()
    message = message_from_bytes(head + (request.body or b""))
    parts: Any = message.get_payload() if message.is_multipart() else []
    return {str(part.get_param("name", header="content-disposition")): str(part.get_payload()) for part in parts}


# --- covered goals


@lru_cache(maxsize=4)
def _all_goals(contract: Document) -> tuple[tuple[Goal, ...], tuple[Goal, ...]]:
    """Return all goals of requests and all goals of responses. They are kept for the next run."""
    document = contract.content
    return tuple(
        goal
        for operation, place in _request_places(document).items()
        for keyword in keywords(document, place)
        if not (operation in TEXT_ALONE and keyword[-1] == "type")
        for goal in _sides(document, keyword)
    ), tuple(
        Goal(keyword)
        for place in filter(None, _response_places(document).values())
        for keyword in keywords(document, place)
    )


def _request_goals(contract: dict[str, Any], sent: dict[Place, set[str]]) -> Goals:
    goals: Goals = dict.fromkeys(_all_goals(Document(contract))[0], False)
    for place, values in sent.items():
        for text in values:
            goals |= dict.fromkeys(goals.keys() & _covered_by(Document(contract), place, text), True)
    return goals


@lru_cache(maxsize=16384)
def _covered_by(contract: Document, place: Place, text: str) -> frozenset[Goal]:
    """Return the goals that a value covers. They are kept, because the next run sends mostly the same values.

    Args:
        contract: the bundled contract.
        place: the place of the value's schema.
        text: the value as JSON.
    """
    applied = applied_keywords(contract.content, place, json.loads(text))
    return frozenset(goal for one in applied for goal in _covered(contract.content, one))


def _response_goals(contract: dict[str, Any], received: dict[Place, dict[str, Any]]) -> Goals:
    goals: Goals = dict.fromkeys(_all_goals(Document(contract))[1], False)
    for place, values in received.items():
        for value in values.values():
            for applied in applied_keywords(contract, place, value):
                goals[Goal(applied.keyword)] = True
    return goals


def _sides(contract: dict[str, Any], keyword: Place) -> Iterator[Goal]:
    """Yield the goals of a keyword: kept and broken. Lists have a goal for each of their members."""
    match keyword[-1], find(contract, keyword):
        case "enum", members:
            yield from (Goal(keyword, json.dumps(member)) for member in members)
            yield Goal(keyword, "another value")
        case "required", members:
            yield Goal(keyword, "kept")
            yield from (Goal(keyword, f"without {name}") for name in members)
        case _:
            yield Goal(keyword, "kept")
            yield Goal(keyword, "broken")


def _covered(contract: dict[str, Any], applied: AppliedKeyword) -> Iterator[Goal]:
    """Yield the goals of a keyword that a value covers."""
    kept = is_satisfied(contract, applied.keyword, applied.part)
    match applied.keyword[-1]:
        case "enum":
            yield Goal(applied.keyword, json.dumps(applied.part) if kept else "another value")
        case "required" if not kept:
            required = find(contract, applied.keyword)
            missing = [name for name in required if bundle.is_object(applied.part) and name not in applied.part]
            yield from (Goal(applied.keyword, f"without {name}") for name in missing)
        case _:
            yield Goal(applied.keyword, "kept" if kept else "broken")
