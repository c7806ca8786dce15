"""Holds the documented rules against the SDK: what `evolink` makes of every case, without a network.

Apart from the contract and from every server, so that a rule that the SDK enforces wrongly is told of the SDK.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

import httpx

from contract_suite.core.exchanges import NO_SUCH_TASK, OPERATIONS, excerpt, is_part, member
from contract_suite.rules.documented import (
    UPLOADS,
    BillingRule,
    BodyRule,
    DeliveryRule,
    ExchangeRule,
    FileRule,
    RequestCase,
    RequestRule,
    Rule,
    Rules,
    SurchargeRule,
    UnobservableRule,
)
from evolink import billing, callbacks, media
from evolink._client import EvoLink
from evolink._contract import packaged_contract
from evolink.errors import EvoLinkError, InvalidRequest, Refused, RequestError, TaskCancelled, TaskFailed

KEY = "sk-evo-of-nobody"
ANY_FILE = Path(__file__)
"""What is uploaded to a server that does not look at it."""

Part = Literal["enforces", "reads", "leaves", "none"]
"""Enforces a rule; reads what the rule says, and other things too; leaves it to the server; has no part in it."""


@dataclass(frozen=True)
class SdkStance:
    """How the SDK and a rule go together.

    Attributes:
        part: which part the SDK has in the rule.
        why: in words.
        differences: where it does not do its part.
    """

    part: Part
    why: str
    differences: tuple[str, ...] = ()


class Server(httpx.BaseTransport):
    """Answers everything as it was told last, and keeps what it was asked last.

    Attributes:
        status, body: of the answer.
        asked: the request; None when there was none.
    """

    def __init__(self) -> None:
        self.status = 200
        self.body: Any = {}
        self.asked: httpx.Request | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer."""
        request.read()
        self.asked = request
        return httpx.Response(self.status, json=self.body)


class Submitted(NamedTuple):
    """What became of a request: the fields it was refused for, the warnings, and the body that was sent, in a tuple."""

    blamed: tuple[str, ...]
    warned: bool
    sent: tuple[Any, ...]


@dataclass
class Sdk:
    """The functions of the SDK that have a part in a rule; any of them may be replaced by one that is wrong.

    Attributes:
        server: what the client's requests go to.
    """

    server: Server = field(default_factory=Server)
    submit: Callable[[Any], Any] = field(init=False)
    task: Callable[[str], Any] = field(init=False)
    credits: Callable[[], Any] = field(init=False)
    upload: Callable[[Any], Any] = field(init=False)
    wait: Callable[[str], Any] = field(init=False)
    violations: Callable[..., Sequence[Any]] = media.violations
    estimate: Callable[..., billing.Estimate] = billing.estimate
    parse: Callable[[bytes], Any] = callbacks.parse

    def __post_init__(self) -> None:
        api = EvoLink(KEY, transport=self.server, max_retries=0)
        self.submit, self.task, self.credits, self.upload = api.submit, api.task, api.credits, api.upload
        self.wait = lambda task_id: api.wait(task_id, timeout=0)

    def ask(self, operation: str) -> Any:
        """Use an operation once, in its simplest form."""
        if operation == "task":
            return self.task(NO_SUCH_TASK)
        if operation == "credits":
            return self.credits()
        if operation in UPLOADS:
            return self.upload(_SOURCES[operation])
        return self.submit(_SMALLEST)


_SOURCES = {
    "upload-stream": ANY_FILE,
    "upload-base64": "data:image/gif;base64,R0lGODlh",
    "upload-url": "https://media.invalid/image1.gif",
}
_SMALLEST = {
    "model": "wan2.5-image-to-video",
    "prompt": "A cat",
    "image_urls": ["https://media.invalid/image1.png"],
}
_TASK: dict[str, Any] = {"id": NO_SUCH_TASK, "status": "pending"}
_UPLOADED: dict[str, Any] = {"success": True, "data": {"file_url": "https://files.invalid/image1.gif"}}
_ENOUGH: dict[str, dict[str, Any]] = {
    "create": _TASK,
    "task": _TASK,
    "credits": {"data": {}},
    **dict.fromkeys(UPLOADS, _UPLOADED),
}
"""The answer to each operation that says enough."""


_known: list[tuple[Rules, dict[str, SdkStance]]] = []
"""What came of the last rules: a program that judges hundreds of servers holds the SDK against them once."""


def holdings(rules: Rules) -> dict[str, SdkStance]:
    """Return how the SDK and every rule go together, by the rule's id."""
    if not _known or _known[0][0] != rules:
        sdk = Sdk()
        _known[:] = [(rules, {rule.id: holding(rule, sdk) for rule in rules.rules})]
    return _known[0][1]


def holding(rule: Rule, sdk: Sdk) -> SdkStance:
    """Return how the SDK and a rule go together."""
    match rule:
        case RequestRule():
            return _of_requests(rule, sdk)
        case FileRule():
            return _of_files(rule, sdk)
        case BillingRule():
            return _of_charges(rule, sdk)
        case SurchargeRule():
            return _of_prices(rule, sdk)
        case ExchangeRule():
            return _of_exchanges(rule, sdk)
        case BodyRule():
            return _of_responses_(rule, sdk)
        case DeliveryRule():
            return SdkStance("none", "delivery is the server's business; CallbackReceiver takes whatever comes of it")
        case UnobservableRule():
            return _of_statement(rule, sdk)
        case _:
            return SdkStance("none", "how a task or a file goes on is the server's business")


# --- requests


def _of_requests(rule: RequestRule, sdk: Sdk) -> SdkStance:
    """Hold every request against what is sent of it, if anything is."""
    if set(rule.of) <= set(UPLOADS):
        return _of_upload_requests(rule, sdk)
    if not rule.cases:
        return SdkStance("leaves", "sends what the caller said, and leaves the default to the server")
    differences: list[str] = []
    warned = False
    for case in rule.cases:
        done = _submitted(case.body, sdk)
        warned = warned or done.warned
        differences += _of_request(rule, case, done)
    rejects = any(not case.accepted for case in rule.cases)
    why = "refuses what breaks it before it is sent, and sends the rest" if rejects else "sends what the rule accepts"
    if warned:
        why = "warns of what breaks it, as editions of the documentation disagree, and sends it"
    return SdkStance("enforces" if rejects else "reads", why, tuple(differences))


def _of_request(rule: RequestRule, case: RequestCase, done: Submitted) -> Iterator[str]:
    """Yield where a request becomes something else than the rule says."""
    taken = bool(done.sent)
    contested = rule.certainty == "contested" and not case.accepted
    if taken != done.warned if contested else (taken, done.warned) != (case.accepted, False):
        what = ("warns of" if done.warned else "sends") if taken else "refuses"
        yield f"{what} {excerpt(case.body)}"
    elif taken and done.sent[0] != case.body:
        yield f"sends {excerpt(done.sent[0])} instead of {excerpt(case.body)}"
    elif not taken and not any(is_part(rule.field, name) for name in done.blamed):
        yield f"blames {', '.join(done.blamed)} for {excerpt(case.body)}"


def _submitted(body: Any, sdk: Sdk) -> Submitted:
    sdk.server.status, sdk.server.body, sdk.server.asked = 200, _TASK, None
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            sdk.submit(body)
        except InvalidRequest as error:
            return Submitted(tuple(_unindexed(each.field) for each in error.violations), bool(warned), ())
    asked = sdk.server.asked
    return Submitted((), bool(warned), () if asked is None else (json.loads(asked.content),))


def _unindexed(name: str) -> str:
    """Return the field that a violation blames without the number of an item."""
    return re.sub(r"\[\d+\]", "", name)


def _of_upload_requests(rule: RequestRule, sdk: Sdk) -> SdkStance:
    """Hold what is uploaded against what is sent of it: a source is sent as it is, or not at all."""
    made = {"upload-base64": "base64_data", "upload-url": "file_url"}
    sources = [
        (case, case.body[made[case.of]])
        for case in rule.cases
        if case.of in made and case.body.keys() == {made[case.of]} and isinstance(case.body[made[case.of]], str)
    ]
    sent = [(case, source) for case, source in sources if _uploaded(source, sdk) == (case.of, case.body)]
    if not sent:
        return SdkStance("none", "makes the requests of uploads by itself, and none of this kind")
    refused = [source for case, source in sent if not case.accepted]
    if refused:
        return SdkStance("leaves", f"sends {len(refused)} that are to be refused, and leaves that to the file host")
    return SdkStance("enforces", "sends of the documented sources what the rule accepts, and nothing it refuses")


def _uploaded(source: Any, sdk: Sdk) -> tuple[str, Any]:
    """Return which upload a source comes to, and the JSON that is sent; nothing if it is not sent, or as a form."""
    sdk.server.status, sdk.server.body, sdk.server.asked = 200, _UPLOADED, None
    try:
        sdk.upload(source)
        asked = sdk.server.asked
        if asked is None:
            return "", None
        operation = next(name for name in UPLOADS if OPERATIONS[name][1] == asked.url.path)
        return operation, json.loads(asked.content)
    except (EvoLinkError, ValueError):
        return "", None


def _of_exchanges(rule: ExchangeRule, sdk: Sdk) -> SdkStance:
    """Hold the SDK's own requests against the operations, and refusals against the errors they become."""
    differences: list[str] = []
    told: dict[str, None] = {}
    for operation in dict.fromkeys(case.operation for case in rule.cases):
        differences += _of_own_request(operation, sdk)
    for operation, status in dict.fromkeys((case.operation, case.status) for case in rule.cases):
        actual = _answered(operation, status, _ENOUGH[operation] if status == 200 else _refusal(operation, status), sdk)
        expected = status >= 400
        if isinstance(actual, RequestError) != expected or (
            isinstance(actual, RequestError) and actual.status != status
        ):
            differences.append(f"makes {_named(actual)} of a {status} to {operation}")
        told[f"a {status} becomes {_named(actual)}"] = None
    return SdkStance("reads", "; ".join(["its own requests have the documented form", *told]), tuple(differences))


def _of_own_request(operation: str, sdk: Sdk) -> Iterator[str]:
    """Yield where the SDK's own request is not of the form that the rules take for valid."""
    _answered(operation, 200, _ENOUGH[operation], sdk)
    asked = sdk.server.asked
    method, path = OPERATIONS[operation]
    if asked is None:
        yield f"sends nothing for {operation}"
        return
    if (asked.method, asked.url.path) != (method, path.format(task_id=NO_SUCH_TASK)):
        yield f"sends {asked.method} {asked.url.path} for {operation}"
    if asked.headers.get("authorization") != f"Bearer {KEY}":
        yield f"sends no bearer token to {operation}"
    if method == "POST":
        expected = "multipart/form-data" if operation == "upload-stream" else "application/json"
        found = asked.headers.get("content-type", "none").partition(";")[0]
        if found != expected:
            yield f"sends {found} to {operation}"


def _refusal(operation: str, status: int) -> Any:
    if operation in UPLOADS:
        return {"success": False, "code": status, "msg": "no"}
    return {"error": {"code": status, "message": "no", "type": "invalid_request_error"}}


# --- answers


def _of_responses_(rule: BodyRule, sdk: Sdk) -> SdkStance:
    """Read every sample: what the rule accepts is read; what it rejects is read too, or is an error of the SDK's."""
    differences: list[str] = []
    for name, body in rule.accepts:
        if (actual := _read(name, body, sdk)) is not None:
            differences.append(f"makes {_named(actual)} of {name} {excerpt(body)}")
    refused = 0
    for name, body in rule.rejects:
        actual = _read(name, body, sdk)
        refused += actual is not None
        if actual is not None and not isinstance(actual, EvoLinkError):
            differences.append(f"makes {_named(actual)} of {name} {excerpt(body)}")
    if refused == len(rule.rejects) and not rule.refusals_of:
        return SdkStance("enforces", "an answer that breaks it becomes an error", tuple(differences))
    why = "reads what the rule accepts" if rule.accepts else "reads what keeps it"
    return SdkStance("reads", f"{why}, and is lenient with what breaks it", tuple(differences))


def _read(name: str, body: Any, sdk: Sdk) -> Exception | None:
    """Return what comes of reading a body, if it is anything but what it should be."""
    if name == "callback":
        try:
            sdk.parse(json.dumps(body).encode())
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told
            return error
        return None
    operation, _, status = name.partition(" ")
    operation = "create" if operation == "created" else operation
    task_id = member(body, "id")
    actual = _answered(operation, int(status or 200), body, sdk, task_id)
    if not status:
        denied = member(body, "success") is False
        return None if denied and isinstance(actual, Refused) else actual
    if isinstance(actual, RequestError) and actual.status == int(status):
        return None
    return actual or LookupError(f"nothing: a {status} is taken for a success")


def _answered(operation: str, status: int, body: Any, sdk: Sdk, task_id: Any = None) -> Exception | None:
    """Return the exception that an answer becomes, if it does."""
    sdk.server.status, sdk.server.body, sdk.server.asked = status, body, None
    try:
        if operation == "task" and isinstance(task_id, str) and task_id:
            sdk.task(task_id)
        else:
            sdk.ask(operation)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        return error
    return None


def _named(actual: Exception | None) -> str:
    return "a success" if actual is None else type(actual).__name__


# --- files and money


def _of_files(rule: FileRule, sdk: Sdk) -> SdkStance:
    if rule.of in UPLOADS:
        return SdkStance("leaves", "uploads any file, and leaves it to the file host to look at it")
    limits = packaged_contract().models[rule.of]["properties"][rule.field]["x-media"]
    differences = [
        f"{'refuses' if accepted else 'takes'} a file with {excerpt(facts)}"
        for accepted, files in ((True, rule.accepts), (False, rule.rejects))
        for facts in files
        if (not sdk.violations(media.Media(**facts), limits, rule.field)) != accepted
    ]
    return SdkStance("enforces", "evolink.media.check refuses the file before anything is sent", tuple(differences))


def _of_prices(rule: SurchargeRule, sdk: Sdk) -> SdkStance:
    cheaper, dearer = set(sdk.estimate(rule.cheaper).surcharges), set(sdk.estimate(rule.dearer).surcharges)
    wrong = () if cheaper < dearer else (f"estimates what is dearer by {sorted(dearer)}, not by more",)
    return SdkStance("enforces", "evolink.billing.estimate names what raises the price", wrong)


def _of_charges(rule: BillingRule, sdk: Sdk) -> SdkStance:
    """Hold estimates against what a task is charged that is completed; nobody estimates a failure."""
    differences: list[str] = []
    compared = 0
    for case in rule.cases:
        found = sdk.estimate(case.request, input_seconds=case.input_seconds or None)
        for what, documented, estimated in (
            ("reserved", case.reserved_seconds, found.reserved_seconds),
            ("settled", case.settled_seconds if case.outcome == "completed" else None, found.reserved_seconds),
            ("of input", case.billed_input_seconds, found.input_seconds),
        ):
            compared += documented is not None
            if documented is not None and documented != estimated:
                differences.append(f"estimates {estimated} s {what} for {excerpt(case.request)}")
    if not compared:
        return SdkStance("none", "what is charged for a failure is the server's business")
    told = "evolink.billing.estimate tells these seconds before anything is sent"
    return SdkStance("enforces", told, tuple(differences))


# --- what no run can see


def _of_statement(rule: UnobservableRule, sdk: Sdk) -> SdkStance:
    states = rule.states
    if "host" in states:
        wrong = [
            f"sends {operation} to {sdk.server.asked.url if sdk.server.asked else 'nobody'}"
            for operation in states["operations"]
            if not _goes_to(operation, states["host"], sdk)
        ]
        return SdkStance("enforces", "sends files to this host, and the rest to the other", tuple(wrong))
    if "retry" in states:
        found = [(code, expected, _advice(code, sdk)) for code, expected in states["retry"].items()]
        wrong = [f"says {actual} of another try after {code}" for code, expected, actual in found if actual != expected]
        return SdkStance("enforces", "TaskFailed says whether another try can help", tuple(wrong))
    if states.get("field") == "results":
        known = packaged_contract().link_seconds
        right = known == states["valid_seconds"]
        return SdkStance(
            "enforces", "warns before links expire", () if right else (f"takes links to last {known:g} s",)
        )
    return SdkStance("none", "hands over the link as it came")


def _goes_to(operation: str, host: str, sdk: Sdk) -> bool:
    _answered(operation, 200, _ENOUGH[operation], sdk)
    asked = sdk.server.asked
    return asked is not None and f"{asked.url.scheme}://{asked.url.host}" == host


def _advice(code: str, sdk: Sdk) -> bool | str | None:
    """Return what is said of another try after a failure."""
    body = {"id": NO_SUCH_TASK, "status": "failed", "error": {"code": code, "message": "no"}}
    sdk.server.status, sdk.server.body = 200, body
    try:
        sdk.wait(NO_SUCH_TASK)
    except TaskFailed as error:
        return error.retry
    except TaskCancelled:
        return True  # an end of another kind, after which the task may be submitted again
    except EvoLinkError as error:
        return _named(error)
    return "nothing"
