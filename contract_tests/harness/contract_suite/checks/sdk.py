"""The SDK without a network: `evolink` with a transport that returns prepared responses.

The SDK is compared with the rules alone, without a server or the contract. A rule that the SDK enforces wrongly is
therefore reported for the SDK. The comparison of each kind of rule is in `checks/kinds`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

import httpx

from contract_suite.core.exchanges import NO_SUCH_TASK
from contract_suite.rules.operations import CREATE, GET_CREDITS, GET_TASK, UPLOAD_BASE64, UPLOAD_STREAM, UPLOAD_URL
from evolink import billing, callbacks, media
from evolink._client import EvoLink
from evolink._contract import BASE, packaged_contract

KEY = "sk-evo-of-nobody"
ANY_FILE = Path(__file__)
"""The file for uploads to a server that does not look at it."""

Role = Literal["enforces", "reads", "leaves", "none"]
"""The SDK enforces a rule, reads all that the rule allows and more, leaves it to the server, or has no role in it."""


@dataclass(frozen=True)
class SdkStance:
    """The SDK's role in a rule.

    Attributes:
        role: The role.
        why: The role in words.
        differences: The cases in which the SDK does not fulfil its role, in words.
    """

    role: Role
    why: str
    differences: tuple[str, ...] = ()


class FakeServer(httpx.BaseTransport):
    """A transport that returns a prepared response to every request, and keeps the last request.

    Attributes:
        status, body: The prepared response, with a JSON body.
        request: The last request. None when there was none.
    """

    def __init__(self) -> None:
        self.status = 200
        self.body: Any = {}
        self.request: httpx.Request | None = None

    def prepare(self, status: int, body: Any) -> None:
        """Prepare the response to the next requests, and forget the last request."""
        self.status, self.body, self.request = status, body, None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the prepared response."""
        request.read()
        self.request = request
        return httpx.Response(self.status, json=self.body)


@dataclass
class Sdk:
    """The functions of the SDK that have a role in a rule. A test may replace each of them by a wrong one.

    Attributes:
        server: The server of the client's requests.
        edition: The edition of the documentation that is in force.
    """

    server: FakeServer = field(default_factory=FakeServer)
    edition: str = BASE
    submit: Callable[[Any], Any] = field(init=False)
    task: Callable[[str], Any] = field(init=False)
    credits: Callable[[], Any] = field(init=False)
    upload: Callable[[Any], Any] = field(init=False)
    wait: Callable[[str], Any] = field(init=False)
    judge: Callable[..., media.Judgement] = media.judge
    estimate: Callable[..., billing.Estimate] = billing.estimate
    parse: Callable[[bytes], Any] = callbacks.parse

    def __post_init__(self) -> None:
        api = EvoLink(KEY, transport=self.server, max_retries=0, edition=self.edition)
        if self.estimate is billing.estimate:
            self.estimate = partial(billing.estimate, edition=self.edition)
        if self.judge is media.judge:
            self.judge = partial(media.judge, edition=self.edition)
        self.submit, self.task, self.credits, self.upload = api.submit, api.task, api.credits, api.upload
        self.wait = lambda task_id: api.wait(task_id, timeout=0)

    def call(self, operation: str, task_id: str = NO_SUCH_TASK) -> Any:
        """Call an operation once, in its simplest form."""
        if operation == GET_TASK:
            return self.task(task_id)
        if operation == GET_CREDITS:
            return self.credits()
        if operation == CREATE:
            return self.submit(next(iter(packaged_contract(self.edition).models.values()))["examples"][0])
        return self.upload(_SOURCES[operation])

    def exception(self, operation: str, status: int, body: Any, task_id: Any = None) -> Exception | None:
        """Call an operation and return the exception that the SDK raises for a response, if it does.

        Args:
            operation: The operation id.
            status: The status of the response.
            body: Its JSON body.
            task_id: The task to query, where it is a valid id.
        """
        self.server.prepare(status, body)
        try:
            self.call(operation, task_id if isinstance(task_id, str) and task_id else NO_SUCH_TASK)
        except Exception as error:  # noqa: BLE001 - any exception is reported
            return error
        return None


def describe(error: Exception | None) -> str:
    """Return the name of an exception's type, or `a success` for None."""
    return "a success" if error is None else type(error).__name__


_SOURCES = {
    UPLOAD_STREAM: ANY_FILE,
    UPLOAD_BASE64: "data:image/gif;base64,R0lGODlh",
    UPLOAD_URL: "https://media.invalid/image1.gif",
}
TASK: dict[str, Any] = {"id": NO_SUCH_TASK, "status": "pending"}
UPLOADED: dict[str, Any] = {"success": True, "data": {"file_url": "https://files.invalid/image1.gif"}}
SUFFICIENT: dict[str, dict[str, Any]] = {
    CREATE: TASK,
    GET_TASK: TASK,
    GET_CREDITS: {"data": {}},
    **dict.fromkeys(_SOURCES, UPLOADED),
}
"""The smallest body of a successful response that the SDK reads, by operation."""
