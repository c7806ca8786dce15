"""Requests, tasks and errors survive copies, pickles and other processes; live objects say why they do not."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

import evolink_client.models
from evolink import (
    AsyncEvoLink,
    CallbackReceiver,
    ConfigurationError,
    CostLimitExceeded,
    CreditsData,
    EvoLink,
    EvoLinkError,
    Failure,
    InvalidMedia,
    InvalidRequest,
    LedgerConflict,
    MissingExtra,
    OnUpdateError,
    RequestError,
    ResultsMissing,
    SubmissionUnknown,
    Task,
    TaskCancelled,
    TaskExpired,
    TaskFailed,
    TaskNotCompleted,
    TransferError,
    Violation,
    WaitTimeout,
    billing,
    errors,
)
from evolink._contract import packaged_contract
from evolink._validation import encode, to_body
from evolink.errors import NextStep, ResponseInfo
from evolink_client.errors import UnexpectedStatus
from evolink_client.types import UNSET, Unset
from evolink_mock import MockServer, MockTransport

TASK = Task.from_dict({"id": "task-unified-1-abcdefgh", "status": "failed", "error": {"code": "x"}, "usage": {"n": 1}})
RESPONSE = ResponseInfo("POST", "/v1/videos/generations", 402, 402, request_id="r", retry_after=1.5)
ARGUMENTS: dict[type[EvoLinkError], tuple[tuple[Any, ...], dict[str, Any]]] = {
    MissingExtra: (("uploads", "media"), {}),
    InvalidRequest: (([Violation("a", "type", None, "", "b", next_step=NextStep("upload"))],), {}),
    InvalidMedia: (([], "the file"), {}),
    CostLimitExceeded: ((5.0, billing.Estimate("model", 5, 0.0, (), None, 9.5, 9.5, "2026-10-10"), "reason"), {}),
    SubmissionUnknown: ((RESPONSE, "lost"), {"task_id": "task-unified-1-a", "model": "m", "sent_at": 1.5}),
    TaskNotCompleted: (("problem", TASK), {}),
    TaskFailed: ((TASK, "code", "message"), {"retry": True, "advice": "advice"}),
    TaskCancelled: ((TASK,), {}),
    TaskExpired: ((TASK,), {}),
    OnUpdateError: (("task-unified-1-a", ValueError("wrong")), {}),
    ResultsMissing: ((TASK, 30.0, "missing"), {}),
    WaitTimeout: (("task-unified-1-a", 600.0, TASK, RequestError(RESPONSE, "reason")), {}),
    LedgerConflict: (("order-42", "was cancelled before it was sent", NextStep("retry", "order-42")), {}),
    TransferError: (("problem", Path("a.part"), NextStep("wait", "task-unified-1-a")), {}),
}


def requests() -> dict[str, Any]:
    """Return the example request of every model, with an undocumented field unless the model is strict."""
    found: dict[str, Any] = {}
    contract = packaged_contract()
    names = {name.lower(): name for name in evolink_client.models.__all__}  # the generator changes some capitals
    for model, reference in contract.references.items():
        kind: Any = getattr(evolink_client.models, names[reference.rpartition("/")[2].lower()])
        found[model] = request = kind.from_dict(contract.models[model]["examples"][0])
        if "additional_properties" in attrs.fields_dict(kind):
            request["note"] = {"a": [1]}
    return found


def errors_of_every_kind(kind: type[EvoLinkError] = EvoLinkError) -> dict[str, EvoLinkError]:
    """Return an error of a class and of every class below it."""
    arguments, options = ARGUMENTS.get(
        kind, ((RESPONSE, "reason") if issubclass(kind, RequestError) else ("text",), {})
    )
    found = {kind.__name__: kind(*arguments, **options)}
    found[kind.__name__].add_note("a note")
    for each in kind.__subclasses__():
        if each.__module__ == errors.__name__:
            found |= errors_of_every_kind(each)
    return found


VALUES: dict[str, Any] = requests() | {
    "task": TASK,
    "generated task": evolink_client.models.Task.from_dict(TASK.to_dict()),
    "credits": CreditsData.from_dict({"user": {"remaining_credits": 1}}),
    "failure": Failure("code", "message", retry=False),
    "estimate": billing.Estimate("model", 5, 1.0, ("quality",), None),
    "response": RESPONSE,
    "unset": UNSET,
}


def pickled(protocol: int) -> Callable[[Any], Any]:
    return lambda value: pickle.loads(pickle.dumps(value, protocol))


COPIES: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    **{f"pickle {protocol}": pickled(protocol) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)},
}


@pytest.mark.parametrize("how", COPIES)
def test_copy_equals_its_original_and_is_the_same_json(how: str) -> None:
    copies = {name: COPIES[how](value) for name, value in VALUES.items()}
    assert {name: (type(again), again, repr(again)) for name, again in copies.items()} == {
        name: (type(value), value, repr(value)) for name, value in VALUES.items()
    }
    bodies = {name: value for name, value in VALUES.items() if hasattr(value, "to_dict")}
    assert {name: encode(to_body(copies[name])) for name in bodies} == {
        name: encode(to_body(value)) for name, value in bodies.items()
    }


def test_evolved_request_keeps_undocumented_fields_and_has_its_own() -> None:
    request_of = {name: request for name, request in requests().items() if "note" in request.to_dict()}
    url = "https://a.example/hook"
    others = {name: attrs.evolve(request, callback_url=url) for name, request in request_of.items()}
    assert {name: other.to_dict() for name, other in others.items()} == {
        name: {**request.to_dict(), "callback_url": url} for name, request in request_of.items()
    }
    for other in others.values():
        other["note"] = 2
    assert {name: request["note"] for name, request in request_of.items()} == {name: {"a": [1]} for name in request_of}


@pytest.mark.parametrize("how", COPIES)
def test_error_of_every_kind_survives_a_copy(how: str) -> None:
    for error in errors_of_every_kind().values():
        again: EvoLinkError = COPIES[how](error)
        assert (type(again), str(again), again.args) == (type(error), str(error), error.args)
        assert {name: str(value) for name, value in vars(again).items()} == {
            name: str(value) for name, value in vars(error).items()
        }
    unexpected: Any = COPIES[how](UnexpectedStatus(418, b"teapot"))
    assert (unexpected.status_code, unexpected.content, type(unexpected)) == (418, b"teapot", UnexpectedStatus)


def test_there_is_one_unset_in_every_process(command_environment: dict[str, str]) -> None:
    values: list[Any] = [*VALUES.values(), *errors_of_every_kind().values(), UnexpectedStatus(418, b"teapot")]
    program = """
import pickle, sys
values = pickle.load(sys.stdin.buffer)
print([repr(value) for value in values], [str(value) for value in values])
print([value.to_dict() for value in values if hasattr(value, "to_dict")])
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=pickle.dumps(values),
        capture_output=True,
        env=command_environment,
        check=True,
    )
    dicts = [value.to_dict() for value in values if hasattr(value, "to_dict")]
    expected = f"{[repr(value) for value in values]} {[str(value) for value in values]}\n{dicts}\n"
    assert done.stdout.decode() == expected
    assert Unset() is UNSET


def test_live_objects_say_that_they_cannot_be_copied() -> None:
    api = EvoLink("sk-evo-mock")
    for each in (api, AsyncEvoLink("sk-evo-mock"), api.client, CallbackReceiver(api, print)):
        for how in (copy.copy, copy.deepcopy, pickle.dumps):
            with pytest.raises(ConfigurationError, match="cannot be copied or sent to another process"):
                how(each)
    with MockTransport() as transport:
        for mock in (transport, MockServer.__new__(MockServer)):
            with pytest.raises(TypeError, match="cannot be copied or sent to another process"):
                copy.deepcopy(mock)
