"""The server that is judged: the one door for every request to it, which guards the key and the money."""

from __future__ import annotations

import ipaddress
import queue
import socket
import threading
import time
from collections.abc import Callable
from typing import Any, Literal, Self
from urllib.parse import urlsplit

import httpx

from contract_suite.core.exchanges import (
    SHOWN_CHARACTERS,
    TOO_LONG,
    Exchange,
    ReceivedResponse,
    Request,
    Secrets,
    readable,
)

TIMEOUT = httpx.Timeout(30, connect=5)
MAX_SECONDS = 60.0  # for a whole exchange, however slowly it drips
MAX_UNANSWERED = 3  # exchanges in a row that took too long
MAX_ANSWER_BYTES = 128 * 1024  # what is documented takes less than two
RATE_ELSEWHERE = 5.0
RETRIES_AFTER_429 = 2
MAX_RETRY_AFTER = 60.0


class TargetError(Exception):
    """The target cannot be judged at all; the text says why, and the way out."""


class StopRun(Exception):  # noqa: N818 - it is a decision, not a mistake
    """Nothing more is to be sent: a request that had to be refused may have created a task, or nobody answers.

    Attributes:
        exchange: the request and its answer; None when it was not even sent.
    """

    def __init__(self, why: str, exchange: Exchange | None = None) -> None:
        super().__init__(why)
        self.exchange = exchange


Intent = Literal["read", "refused", "uploads", "may create"]
"""What a request is for: it reads; it must be refused; it uploads a file; or it may create a task."""


def is_loopback_name(host: str) -> bool:
    """Whether a host is this machine by its very name; any other name may lead anywhere tomorrow."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def loopback_address(host: str, port: int) -> str | None:
    """Return the address of this machine that a host leads to; None if it leads elsewhere, even in part.

    Raises:
        TargetError: it leads nowhere.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise TargetError(f"TARGET: {host} cannot be resolved: {error}") from None
    addresses = [ipaddress.ip_address(str(info[4][0]).partition("%")[0]) for info in found]
    return str(addresses[0]) if all(address.is_loopback for address in addresses) else None


class Target:
    """A server under judgement; a context manager.

    Args:
        url: where it is reached, without a path.
        key: the API key.
        spend: how many tasks may be created there; None for any number on loopback, and for none elsewhere.
        rate: how many requests a second are sent at most; None for any number on loopback, and for 5 elsewhere.
        clock, sleep: the time that the rate goes by.

    Attributes:
        url: the same, without a slash at the end.
        address: where connections go: the same, or the address of this machine that was found under its name.
        elsewhere: whether it is anything but loopback, by its very name.
        guarded: whether tasks are to be counted there.
        encrypted: whether it is reached by https.
        spend, rate: as above; None for any number.
        secrets: takes the key out of what is shown.
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
        self.url = self.address = f"{parts.scheme}://{parts.netloc}"
        self.elsewhere = not is_loopback_name(host)
        self.encrypted = parts.scheme == "https"
        if self.elsewhere and not self.encrypted:
            # Found once: what the name leads to tomorrow gets nothing.
            address = loopback_address(host, parts.port or 80)
            if address is None:
                raise TargetError(f"TARGET: the key never travels unencrypted; use https://{parts.netloc}")
            self.address = f"http://{f'[{address}]' if ':' in address else address}:{parts.port or 80}"
        self.key = key
        self.secrets = Secrets(key)
        self.spend = 0 if spend is None and self.elsewhere else spend
        self.guarded = self.spend is not None
        self.created: list[str] = []
        self.put_off: list[Exchange] = []
        self.rate = RATE_ELSEWHERE if rate is None and self.elsewhere else rate
        self._host = parts.netloc
        self._unanswered = 0
        self._interval = 1 / self.rate if self.rate else 0.0
        self._clock, self._sleep = clock, sleep
        self._next = clock()
        # Settings from outside, proxies among them, are for encrypted requests to elsewhere.
        self._trust_env = self.elsewhere and self.encrypted
        self._client = self._made()

    def _made(self) -> httpx.Client:
        try:
            return httpx.Client(
                timeout=TIMEOUT,
                follow_redirects=False,
                trust_env=self._trust_env,
                verify=self.encrypted,  # loading the authorities takes longer than many requests
            )
        except (ImportError, OSError, ValueError, httpx.InvalidURL) as error:
            raise TargetError(
                f"the settings for connections, such as HTTPS_PROXY or SSL_CERT_FILE, cannot be used: "
                f"{type(error).__name__}"
            ) from None  # the text may hold the password of a proxy

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
            StopRun: tasks are counted, and this request may have created one against its intent, or beyond `spend`; or
                the target has ceased to answer.
        """
        if request.is_upload and self.guarded:
            raise StopRun("a file was about to be uploaded, which uses up a quota")
        if intent == "may create" and not self.may_create:
            raise StopRun(f"{self.spend} tasks were created, and no more may be")
        exchange = self._once(operation, request, authorization)
        for _ in range(RETRIES_AFTER_429 if self.elsewhere else 0):
            if exchange.status != 429 or not _surely_refused(exchange):
                break
            self.put_off.append(exchange)
            self._sleep(_retry_after(exchange))
            exchange = self._once(operation, request, authorization)
        self._account(exchange, intent)
        self._unanswered = self._unanswered + 1 if exchange.took_too_long else 0
        if self._unanswered >= MAX_UNANSWERED:
            raise StopRun(f"{MAX_UNANSWERED} requests in a row got no answer in time; nothing more is sent", exchange)
        return exchange

    def _account(self, exchange: Exchange, intent: Intent) -> None:
        if not exchange.request.is_create or _surely_refused(exchange):
            return
        accepted = exchange.response is not None and 200 <= exchange.response.status < 300
        task_id = (exchange.response.task_id if exchange.response else None) or ""
        if accepted or self.guarded:
            self.created.append(task_id)
        if self.guarded and (intent != "may create" or not accepted):
            named = f"task {task_id[:80]}" if task_id else "a task that no answer names"
            happened = "was accepted" if accepted else f"may have been accepted ({exchange.actual})"
            raise StopRun(f"a request {happened}: look for {named} in your account; nothing more is sent", exchange)

    def _once(self, operation: str, request: Request, authorization: str | None) -> Exchange:
        self._wait()
        bearer = f"Bearer {self.key}" if authorization is None else authorization
        headers = {**request.headers, "host": self._host, "accept-encoding": "identity"}
        if bearer:
            headers["authorization"] = bearer
        responses: queue.SimpleQueue[ReceivedResponse | str] = queue.SimpleQueue()
        client = self._client
        # In a thread that is left behind when the answer takes too long: no timeout of httpx spans a whole exchange.
        threading.Thread(target=lambda: responses.put(self._exchanged(client, request, headers)), daemon=True).start()
        try:
            response = responses.get(timeout=MAX_SECONDS)
        except queue.Empty:
            self._client = self._made()
            response = f"{TOO_LONG} of {MAX_SECONDS:g} s"
        authorized = authorization is None
        if isinstance(response, str):
            return Exchange(operation, request, None, response, authorized)
        return Exchange(operation, request, response, authorized=authorized)

    def _exchanged(self, client: httpx.Client, request: Request, headers: dict[str, str]) -> ReceivedResponse | str:
        """Return the answer to a request, or why there is none."""
        start = time.perf_counter()
        try:
            with client.stream(
                request.method, f"{self.address}{request.path}", content=request.body, headers=headers
            ) as response:
                content = b""
                for chunk in response.iter_raw():  # as it came: what is packed could be of any size
                    content += chunk
                    if len(content) > MAX_ANSWER_BYTES:
                        break
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            return self.secrets.clean(f"{type(error).__name__}: {error}".removesuffix(": "))
        took = round((time.perf_counter() - start) * 1000, 3)
        return ReceivedResponse.of(response.status_code, response.headers, content, self.secrets, took)

    def _wait(self) -> None:
        if self._interval:
            now = self._clock()
            if self._next > now:
                self._sleep(self._next - now)
            self._next = max(self._next, now) + self._interval

    def evidence(self, exchange: Exchange, authorization: str = "Bearer [key]") -> dict[str, Any]:
        """Return an exchange as JSON, without the key."""
        request, response = exchange.request, exchange.response
        shown: dict[str, Any] = {
            "request": {
                "method": request.method,
                "url": f"{self.url}{request.path}",
                "headers": request.headers | ({"authorization": authorization} if authorization else {}),
                "body": readable(request.body),
            }
        }
        if response is None:
            return {**shown, "no answer": exchange.problem}
        whole = len(response.text) <= SHOWN_CHARACTERS
        body = response.text if whole else f"{response.text[:SHOWN_CHARACTERS]}... (cut)"
        shown["answer"] = {
            "status": response.status,
            "headers": response.headers,
            "body": response.json if response.value and whole else body,
            "ms": response.took_ms,
        }
        return shown


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
    if exchange.response is None:
        return exchange.problem.startswith(("ConnectError", "ConnectTimeout", "PoolTimeout", "InvalidURL"))
    if exchange.response.task_id is not None or "paid_outcome_unknown" in exchange.response.text:
        return False
    return 400 <= exchange.response.status < 500 and exchange.response.status != 408


def _retry_after(exchange: Exchange) -> float:
    value = exchange.response.headers.get("retry-after", "") if exchange.response else ""
    return min(float(value), MAX_RETRY_AFTER) if value.isascii() and value.isdecimal() and len(value) < 9 else 2.0
