"""The server that is judged: the one door for every request to it, which guards the key and the money."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import shlex
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self
from urllib.parse import quote, urlsplit

import httpx

import bundle
from rules import answer_name

CREATE_PATH = "/v1/videos/generations"
TASK_PATH = "/v1/tasks/"
TIMEOUT = httpx.Timeout(30, connect=5)
GUARDED_RATE = 5.0
MAX_ANSWER_BYTES = 1024 * 1024
MAX_ANSWER_SECONDS = 60
SHOWN_BYTES = 16_000  # of an answer, in the report
RETRIES_AFTER_429 = 2
MAX_RETRY_AFTER = 60.0


class TargetError(Exception):
    """The target cannot be judged at all; the text says why, and the way out."""


class StopRun(Exception):  # noqa: N818 - it is a decision, not a mistake
    """A request that had to be refused may have created a task that costs money: nothing more is sent.

    Attributes:
        exchange: the request and its answer; None when it was not even sent.
    """

    def __init__(self, why: str, exchange: Exchange | None = None) -> None:
        super().__init__(why)
        self.exchange = exchange


Intent = Literal["read", "refused", "may create"]
"""What a request is for: it reads; it must be refused; or it may create a task."""


@dataclass(frozen=True)
class Request:
    """A request as it is sent, without the key."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes | None = None

    @property
    def is_create(self) -> bool:
        """Whether an API that is wrong may take this for a create."""
        return self.path == CREATE_PATH and self.method == "POST"


@dataclass(frozen=True)
class Answer:
    """An answer: status, headers in lower case, the body as text and, if it is JSON, as its value in a tuple."""

    status: int
    headers: dict[str, str]
    text: str
    value: tuple[Any, ...]
    took_ms: float

    @classmethod
    def of(cls, status: int, headers: Mapping[str, str], content: bytes, took_ms: float = 0) -> Answer:
        """Return an answer whose body is `content`."""
        text = content.decode("utf-8", "replace")
        value: tuple[Any, ...] = ()
        with contextlib.suppress(ValueError, RecursionError):  # what spells half a character is no text either
            parsed = json.loads(text)
            json.dumps(parsed, ensure_ascii=False).encode()
            value = (parsed,)
        return cls(status, {name.lower(): data for name, data in headers.items()}, text, value, took_ms)

    @property
    def json(self) -> Any:
        """The JSON value of the body; None when it is no JSON."""
        return self.value[0] if self.value else None

    @property
    def task_id(self) -> str | None:
        """The id in the body, if there is one."""
        found = self.json.get("id") if bundle.is_object(self.json) else None
        return found if isinstance(found, str) else None


@dataclass(frozen=True)
class Exchange:
    """A request, and its answer or why there is none.

    Attributes:
        operation: `create`, `task`, or empty for a path or method of neither.
        authorized: whether it was sent with the key of the target.
    """

    operation: str
    request: Request
    answer: Answer | None
    problem: str = ""
    authorized: bool = True

    @property
    def status(self) -> int | None:
        """The status of the answer."""
        return self.answer.status if self.answer else None

    @property
    def name(self) -> str:
        """What the rules call the answer, as in `created` or `task 404`; empty when they have no name for it."""
        return answer_name(self.operation, self.answer.status) if self.answer and self.operation else ""

    @property
    def came(self) -> str:
        """The answer in a few words."""
        if self.answer is None:
            return f"no answer ({self.problem})"
        body = self.answer.json
        error = body.get("error") if bundle.is_object(body) else None
        detail = ""
        if bundle.is_object(error):
            blamed = f", blaming {error['param']}" if error.get("param") else ""
            detail = f": {str(error.get('message'))[:100]}{blamed}"
        elif self.answer.task_id:
            detail = f": task {self.answer.task_id[:80]}"
        elif not self.answer.value:
            detail = f": {self.answer.text[:60]!r}"
        return f"{self.answer.status}{detail}"


class Secrets:
    """Takes the key out of what came over the wire."""

    def __init__(self, key: str) -> None:
        spellings = {key, quote(key, safe=""), json.dumps(key)[1:-1]} - {""}
        self._spellings = sorted(spellings, key=len, reverse=True)

    def filter(self, value: Any) -> Any:
        """Return a JSON value without the key in any text of it."""
        if isinstance(value, str):
            for spelling in self._spellings:
                value = value.replace(spelling, "[key]")
            return value
        if bundle.is_object(value):
            return {self.filter(name): self.filter(part) for name, part in value.items()}
        if bundle.is_array(value):
            return [self.filter(part) for part in value]
        return value


def is_loopback_name(host: str) -> bool:
    """Whether a host is this machine by its very name; any other name may lead anywhere tomorrow."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def leads_to_loopback(host: str, port: int) -> bool:
    """Whether every address of a host is this machine's."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise TargetError(f"TARGET: {host} cannot be resolved: {error}") from None
    return all(ipaddress.ip_address(str(info[4][0]).partition("%")[0]).is_loopback for info in found)


class Target:
    """A server under judgement; a context manager.

    Args:
        url: where it is reached, without a path.
        key: the API key.
        spend: how many tasks may be created there; None for any number, which is for loopback only.
        rate: how many requests a second are sent at most; None for any number, on loopback, and 5 elsewhere.
        clock, sleep: the time that the rate goes by.

    Attributes:
        guarded: whether tasks cost money there.
        encrypted: whether it is reached by https.
        rate: how many requests a second are sent at most; None for any number.
        created: the ids of the tasks that were created, with an empty one where an answer named none.
        put_off: the exchanges that were repeated, because the target had too many requests.

    Raises:
        TargetError: the URL or the key is malformed, or the key would travel unencrypted.
    """

    def __init__(
        self,
        url: str,
        key: str,
        *,
        spend: int | None = None,
        rate: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        parts = _checked(url)
        if not key:
            raise TargetError("KEY: none is given; pass the API key of the target, as in KEY=sk-evo-...")
        if not (key.isascii() and key.isprintable() and " " not in key):
            raise TargetError("KEY: must be printable ASCII without spaces")  # never shown
        host = parts.hostname or ""
        self.guarded = not is_loopback_name(host)
        if self.guarded and parts.scheme == "http" and not leads_to_loopback(host, parts.port or 80):
            raise TargetError(f"TARGET: the key never travels unencrypted; use https://{parts.netloc}")
        self.url = f"{parts.scheme}://{parts.netloc}"
        self.key = key
        self.secrets = Secrets(key)
        self.spend = (spend or 0) if self.guarded else spend
        self.created: list[str] = []
        self.put_off: list[Exchange] = []
        self.rate = GUARDED_RATE if rate is None and self.guarded else rate
        self._interval = 1 / self.rate if self.rate else 0.0
        self._clock, self._sleep = clock, sleep
        self._next = clock()
        self.encrypted = parts.scheme == "https"
        # Settings from outside, proxies among them, are for encrypted requests to elsewhere.
        self._client = httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=self.guarded and self.encrypted)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    @property
    def may_create(self) -> bool:
        """Whether one more task may be created."""
        return self.spend is None or len(self.created) < self.spend

    def send(self, operation: str, request: Request, intent: Intent, *, authorization: str | None = None) -> Exchange:
        """Send a request and return what came of it.

        Args:
            operation: what the rules call the operation, or empty.
            request: the request.
            intent: what it is for.
            authorization: another header than the account's; empty for none.

        Raises:
            StopRun: tasks cost money, and this request may have created one against its intent, or beyond `spend`.
        """
        if intent == "may create" and not self.may_create:
            raise StopRun(f"{self.spend} tasks were created, and no more may be")
        exchange = self._once(operation, request, authorization)
        for _ in range(RETRIES_AFTER_429 if self.guarded else 0):
            if exchange.status != 429:
                break
            self.put_off.append(exchange)
            self._sleep(_retry_after(exchange))
            exchange = self._once(operation, request, authorization)
        self._account(exchange, intent)
        return exchange

    def _account(self, exchange: Exchange, intent: Intent) -> None:
        if not exchange.request.is_create or _surely_refused(exchange):
            return
        accepted = exchange.answer is not None and 200 <= exchange.answer.status < 300
        task_id = (exchange.answer.task_id if exchange.answer else None) or ""
        if accepted or self.guarded:
            self.created.append(task_id)
        if self.guarded and (intent != "may create" or not accepted):
            named = f"task {self.secrets.filter(task_id)}" if task_id else "a task that no answer names"
            happened = "was accepted" if accepted else f"may have been accepted ({exchange.came})"
            raise StopRun(f"a request {happened}: look for {named} in your account; nothing more is sent", exchange)

    def _once(self, operation: str, request: Request, authorization: str | None) -> Exchange:
        self._wait()
        bearer = f"Bearer {self.key}" if authorization is None else authorization
        headers = dict(request.headers)
        if bearer:
            headers["authorization"] = bearer
        start = time.perf_counter()
        try:
            with self._client.stream(
                request.method, f"{self.url}{request.path}", content=request.body, headers=headers
            ) as response:
                content = b""
                for chunk in response.iter_bytes():
                    content += chunk
                    if len(content) > MAX_ANSWER_BYTES or time.perf_counter() - start > MAX_ANSWER_SECONDS:
                        break
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            reason = self.secrets.filter(f"{type(error).__name__}: {error}".removesuffix(": "))
            return Exchange(operation, request, None, reason)
        took = round((time.perf_counter() - start) * 1000, 3)
        return Exchange(operation, request, Answer.of(response.status_code, response.headers, content, took))

    def _wait(self) -> None:
        if self._interval:
            now = self._clock()
            if self._next > now:
                self._sleep(self._next - now)
            self._next = max(self._next, now) + self._interval

    def evidence(self, exchange: Exchange, authorization: str = "Bearer [key]") -> dict[str, Any]:
        """Return an exchange as JSON, without the key."""
        request, answer = exchange.request, exchange.answer
        shown: dict[str, Any] = {
            "request": {
                "method": request.method,
                "url": f"{self.url}{request.path}",
                "headers": request.headers | ({"authorization": authorization} if authorization else {}),
                "body": _readable(request.body),
            }
        }
        if answer is None:
            return self._filtered({**shown, "no answer": exchange.problem})
        text = answer.text if len(answer.text) <= SHOWN_BYTES else f"{answer.text[:SHOWN_BYTES]}... (cut)"
        body = answer.json if answer.value and len(answer.text) <= SHOWN_BYTES else text
        shown["answer"] = {"status": answer.status, "headers": answer.headers, "body": body, "ms": answer.took_ms}
        return self._filtered(shown)

    def _filtered(self, shown: dict[str, Any]) -> dict[str, Any]:
        filtered: dict[str, Any] = self.secrets.filter(shown)
        return filtered


def curl(evidence: dict[str, Any], body_file: str | None = None) -> str:
    """Return the command that repeats a request; the key is taken from the environment variable KEY."""
    request = evidence["request"]
    words = ["curl", "-sS", "-X", request["method"], shlex.quote(request["url"])]
    for name, value in request["headers"].items():
        if "[key]" in value:
            words += ["-H", f'"{name}: {value.replace("[key]", "$KEY")}"']
        else:
            words += ["-H", shlex.quote(f"{name}: {value}")]
    if request["body"] is not None:
        text = request["body"] if isinstance(request["body"], str) else json.dumps(request["body"], ensure_ascii=False)
        words += ["--data-binary", f"@{body_file}" if body_file else shlex.quote(text)]
    return " ".join(words)


def create(body: Any, headers: dict[str, str] | None = None) -> Request:
    """Return the request that creates a task."""
    content = json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return Request("POST", CREATE_PATH, {"content-type": "application/json", **(headers or {})}, content)


def query(task_id: str, headers: dict[str, str] | None = None) -> Request:
    """Return the request that queries a task."""
    return Request("GET", TASK_PATH + quote(task_id, safe=""), headers or {})


def _checked(url: str) -> Any:
    try:
        parts = urlsplit(url.rstrip("/"))
        valid = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0 and url.isprintable()
        plain = not (parts.path or parts.query or parts.fragment or parts.username or parts.password)
        httpx.URL(url)
    except (ValueError, httpx.InvalidURL):
        valid = plain = False
    else:
        if valid and plain:
            return parts
    raise TargetError(
        "TARGET: must be an http or https URL with a host and nothing after it, as in https://api.evolink.ai"
    )


def _surely_refused(exchange: Exchange) -> bool:
    """Whether a create was refused for certain, so that no task can have come of it."""
    status = exchange.status
    if status is None:
        return exchange.problem.startswith(("ConnectError", "ConnectTimeout", "PoolTimeout", "InvalidURL"))
    if status == 503:
        body = exchange.answer.json if exchange.answer else None
        return bundle.is_object(body) and bundle.is_object(body.get("error"))
    if status == 409:
        return "paid_outcome_unknown" not in (exchange.answer.text if exchange.answer else "")
    return 400 <= status < 500 and status != 408


def _retry_after(exchange: Exchange) -> float:
    value = exchange.answer.headers.get("retry-after", "") if exchange.answer else ""
    return min(float(value), MAX_RETRY_AFTER) if value.isdecimal() else 2.0


def _readable(body: bytes | None) -> Any:
    if body is None:
        return None
    text = body.decode("utf-8", "replace")
    if len(text) > SHOWN_BYTES:
        return f"{text[:200]}... ({len(text)} characters)"
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
