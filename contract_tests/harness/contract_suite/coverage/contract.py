"""How much of the contract a run has met: keywords of requests on both sides, statuses, and keywords of answers."""

from __future__ import annotations

import contextlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from email import message_from_bytes
from typing import Any, NamedTuple
from urllib.parse import unquote

import bundle
from contract_suite.core.exchanges import Exchange, Request
from contract_suite.core.schema_walk import Meeting, Place, find, followed, is_kept, keywords, meetings
from contract_suite.rules.operations import GET_TASK, OPERATIONS, TASK_PATH, UPLOAD_STREAM

TEXT_ALONE = {UPLOAD_STREAM, GET_TASK}
"""The operations whose request is a form or a path, in which all is text, so that no type can be broken."""


class Goal(NamedTuple):
    """Something that a run is to meet: a keyword, and on which side of it where that matters; or a status."""

    place: Place
    side: str = ""

    def __str__(self) -> str:
        """Return it in words."""
        steps = self.place[2:] if self.place[:2] in {("components", "schemas"), ("components", "responses")} else ()
        where = ".".join(str(step) for step in steps or self.place)
        return f"{where}: {self.side}" if self.side else where


Seen = dict[Goal, bool]
"""Every goal of a kind, and whether it was met."""


def measured(contract: dict[str, Any], exchanges: Iterable[Exchange], callbacks: Sequence[Any]) -> dict[str, Any]:
    """Return how much of the contract a run has met, as JSON.

    Args:
        contract: the bundled contract.
        exchanges: all of them.
        callbacks: the bodies of the callbacks that came, which count as answers.
    """
    sent: dict[Place, dict[str, Any]] = defaultdict(dict)  # values by the place of their schema, each once
    actual: dict[Place, dict[str, Any]] = defaultdict(dict)
    asked, answered = _request_places(contract), _answer_places(contract)
    statuses: Seen = dict.fromkeys((Goal((name,), status) for name, status in answered if name), False)
    for exchange in exchanges:
        if exchange.operation in asked:
            for value in _sent(exchange.operation, exchange.request):
                sent[asked[exchange.operation]][json.dumps(value)] = value
        goal = Goal((exchange.operation,), str(exchange.status))
        if goal in statuses:
            statuses[goal] = True
            if exchange.response is not None and exchange.response.value:
                actual[answered[exchange.operation, goal.side]][exchange.response.text] = exchange.json
    for body in callbacks:
        actual[answered["", "callback"]][json.dumps(body)] = body
    return {
        "requests": _shown(_of_requests(contract, asked, sent)),
        "statuses": _shown(statuses),
        "answers": _shown(_of_responses_(contract, answered, actual)),
    }


def _shown(seen: Seen) -> dict[str, Any]:
    missed = [str(goal) for goal, met in seen.items() if not met]
    return {"all": len(seen), "met": len(seen) - len(missed), "missed": missed}


# --- where things are in the contract


def _request_places(contract: dict[str, Any]) -> dict[str, Place]:
    """Return the place of the schema of every operation's body, or of the parameter of its path."""
    places: dict[str, Place] = {}
    for name, (method, path) in OPERATIONS.items():
        place: Place = ("paths", path, method.lower())
        operation = find(contract, place)
        for content in operation.get("requestBody", {}).get("content", ()):
            places[name] = (*place, "requestBody", "content", content, "schema")
        if operation.get("parameters"):
            places[name] = (*place, "parameters", 0, "schema")
    return places


def _answer_places(contract: dict[str, Any]) -> dict[tuple[str, str], Place]:
    """Return the place of the schema of every body, by operation and status; that of a callback by neither."""
    places: dict[tuple[str, str], Place] = {}
    for name, (method, path) in OPERATIONS.items():
        place: Place = ("paths", path, method.lower())
        for status in find(contract, place)["responses"]:
            response = followed(contract, (*place, "responses", status))
            places[name, status] = (*response, "content", "application/json", "schema")
        for callback, addresses in find(contract, place).get("callbacks", {}).items():
            for address in addresses:
                body: Place = (*place, "callbacks", callback, address, "post", "requestBody")
                places["", "callback"] = (*followed(contract, body), "content", "application/json", "schema")
    return places


# --- what was sent


def _sent(operation: str, request: Request) -> Iterator[Any]:
    """Yield what a request says to an operation, if it says anything that its schema can speak of."""
    if (request.method, operation) == ("GET", GET_TASK):
        yield unquote(request.path.removeprefix(TASK_PATH))
    elif request.method == "POST" and request.body is not None:
        if operation == UPLOAD_STREAM:
            yield _form(request)
        else:
            with contextlib.suppress(ValueError, RecursionError):
                yield json.loads(request.body)


def _form(request: Request) -> dict[str, str]:
    """Return the parts of a form."""
    head = f"content-type: {request.headers.get('content-type', '')}\r\n\r\n".encode()
    message = message_from_bytes(head + (request.body or b""))
    parts: Any = message.get_payload() if message.is_multipart() else []
    return {str(part.get_param("name", header="content-disposition")): str(part.get_payload()) for part in parts}


# --- what was met


def _of_requests(contract: dict[str, Any], places: dict[str, Place], sent: dict[Place, dict[str, Any]]) -> Seen:
    seen: Seen = {
        goal: False
        for operation, place in places.items()
        for keyword in keywords(contract, place)
        if not (operation in TEXT_ALONE and keyword[-1] == "type")
        for goal in _sides(contract, keyword)
    }
    for place, values in sent.items():
        for value in values.values():
            for meeting in meetings(contract, place, value):
                seen |= dict.fromkeys(seen.keys() & set(_met(contract, meeting)), True)
    return seen


def _of_responses_(
    contract: dict[str, Any], places: dict[tuple[str, str], Place], actual: dict[Place, dict[str, Any]]
) -> Seen:
    seen: Seen = {Goal(keyword): False for place in places.values() for keyword in keywords(contract, place)}
    for place, values in actual.items():
        for value in values.values():
            for meeting in meetings(contract, place, value):
                seen[Goal(meeting.keyword)] = True
    return seen


def _sides(contract: dict[str, Any], keyword: Place) -> Iterator[Goal]:
    """Yield the sides of a keyword: kept and broken, but every member of a list of them by itself."""
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


def _met(contract: dict[str, Any], meeting: Meeting) -> Iterator[Goal]:
    """Yield the sides of its keyword that a value shows."""
    kept = is_kept(contract, meeting.keyword, meeting.part)
    match meeting.keyword[-1]:
        case "enum":
            yield Goal(meeting.keyword, json.dumps(meeting.part) if kept else "another value")
        case "required" if not kept:
            required = find(contract, meeting.keyword)
            missing = [name for name in required if bundle.is_object(meeting.part) and name not in meeting.part]
            yield from (Goal(meeting.keyword, f"without {name}") for name in missing)
        case _:
            yield Goal(meeting.keyword, "kept" if kept else "broken")
