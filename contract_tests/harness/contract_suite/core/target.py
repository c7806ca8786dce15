"""The target server. Every request to it goes through `Target`, which guards the key and the money."""

from __future__ import annotations

import contextlib
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
    MAX_RESPONSE_BYTES,
    TIMED_OUT,
    Exchange,
    ReceivedResponse,
    Request,
    Secrets,
)
from evolink._settings import key_problem

TIMEOUT = httpx.Timeout(30, connect=5)
MAX_SECONDS = 60.0  # for a whole exchange, however slowly the bytes arrive
MAX_TIMEOUTS = 3  # exchanges in a row
REMOTE_RATE = 5.0
RETRIES_AFTER_429 = 2
MAX_RETRY_AFTER = 60.0


class TargetError(Exception):
    """The target cannot be judged at all. The message says why, and how to fix it."""


class StopRun(Exception):  # noqa: N818 - it is a decision, not an error
    """No further request may be sent.

    Either a request that had to be refused may have created a task, or the target has stopped responding.

    Attributes:
        exchange: The request and its response. None when the request was not sent.
    """

    def __init__(self, why: str, exchange: Exchange | None = None) -> None:
        super().__init__(why)
        self.exchange = exchange


Intent = Literal["read", "refused", "uploads", "may create"]
"""The purpose of a request: it reads, it must be refused, it uploads a file, or it may create a task."""


def is_loopback_name(host: str) -> bool:
    """Return whether a name always means this machine. Any other name may resolve to another machine tomorrow."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return f".{host.lower().rstrip('.')}".endswith(".localhost")  # RFC 6761


def loopback_address(host: str, port: int) -> str | None:
    """Resolve a host to an address of this machine. None if any of its addresses belongs to another machine.

    Raises:
        TargetError: The host cannot be resolved.
    """
    try:
        information = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise TargetError(f"TARGET: {host} cannot be resolved: {error}") from None
    addresses = [ipaddress.ip_address(str(info[4][0]).partition("%")[0]) for info in information]
    return str(addresses[0]) if all(address.is_loopback for address in addresses) else None


class Target:
    """The server that is judged, as a context manager.

    Args:
        url: Its URL, without a path.
        key: The API key.
        spend: The number of tasks that may be created. None means any number on localhost, and 0 on other hosts.
        rate: The most requests per second. None means any number on localhost, and 5 on other hosts.
        allow_http: True if the key may travel unencrypted to another machine.
        clock, sleep: The time source for the rate.

    Attributes:
        url: The URL without a slash at the end.
        address: The URL for connections: `url`, or the address of this machine to which its host resolved.
        remote: True if its host is or could be another machine. Only the name decides.
        guarded: True if created tasks are counted and limited.
        encrypted: True if the URL is https.
        spend, rate: As above. None means any number.
        secrets: Removes the key from texts.
        created: The ids of the created tasks. An empty id stands for a response that named none.
        postponed: The exchanges that were repeated after a 429.
        requests_sent: The number of requests sent.

    Raises:
        TargetError: The URL or the key is malformed, or the key would travel unencrypted.
    """

    def __init__(
        self,
        url: str,
        key: str,
        *,
        spend: int | None = None,
        rate: float | None = None,
        allow_http: bool = False,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        parts = _split(url)
        if not key:
            raise TargetError("KEY: required; pass the API key of the target, for example KEY=sk-evo-...")
        if not (key.isascii() and key.isprintable() and " " not in key):
            raise TargetError("KEY: must be printable ASCII without spaces")  # messages never contain the key
        problem = key_problem(key)
        if problem:
            raise TargetError(f"KEY: {problem}")
        host = parts.hostname or ""
        self.url = self.address = f"{parts.scheme}://{parts.netloc}"
        self.remote = not is_loopback_name(host)
        self.encrypted = parts.scheme == "https"
        if not self.encrypted and host.rstrip(".").endswith(".localhost"):  # a name server must not decide
            self.address = f"http://localhost:{parts.port or 80}"
        if self.remote and not self.encrypted and not allow_http:
            # Resolved once, so that a later change of the name cannot send the key to another machine.
            address = loopback_address(host, parts.port or 80)
            if address is None:
                raise TargetError(
                    f"TARGET: the key never travels unencrypted without your consent; use https://{parts.netloc}, or "
                    "set ALLOW_HTTP=1 if anybody may see the key"
                )
            self.address = f"http://{f'[{address}]' if ':' in address else address}:{parts.port or 80}"
        self.key = key
        self.secrets = Secrets(key)
        self.spend = 0 if spend is None and self.remote else spend
        self.guarded = self.spend is not None
        self.created: list[str] = []
        self.postponed: list[Exchange] = []
        self.requests_sent = 0
        self.rate = REMOTE_RATE if rate is None and self.remote else rate
        self._host = parts.netloc
        self._timeouts = 0
        self._interval = 1 / self.rate if self.rate else 0.0
        self._clock, self._sleep = clock, sleep
        self._next = clock()
        # Proxies and other settings from the environment apply to encrypted requests to other machines alone.
        self._trust_env = self.remote and self.encrypted
        self._client = self._make_client()
        self._worker: _Worker | None = None
        self._default_headers = dict(self._client.headers)

    def _make_client(self) -> httpx.Client:
        try:
            return httpx.Client(
                timeout=TIMEOUT,
                follow_redirects=False,
                trust_env=self._trust_env,
                verify=self.encrypted,  # loading the certificate authorities takes longer than many requests
            )
        except (ImportError, OSError, ValueError, httpx.InvalidURL) as error:
            raise TargetError(
                f"invalid connection settings, such as HTTPS_PROXY or SSL_CERT_FILE: {type(error).__name__}"
            ) from None  # the text of the error may hold the password of a proxy

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()
        if self._worker is not None:
            self._worker.stop()
            self._worker = None

    @property
    def may_create(self) -> bool:
        """True if one more task may be created."""
        return self.spend is None or len(self.created) < self.spend

    def send(self, operation: str, request: Request, intent: Intent, *, authorization: str | None = None) -> Exchange:
        """Send a request and return the exchange.

        Args:
            operation: The operation id. Empty for requests outside the contract.
            request: The request.
            intent: Its purpose.
            authorization: A header other than the account's. Empty for none.

        Raises:
            StopRun: Tasks are counted, and this request may have created one against its intent, or more than `spend`
                allows; or the target has stopped responding.
        """
        if request.is_upload and self.guarded:
            raise StopRun("a file was about to be uploaded, which uses up a quota")
        if intent == "may create" and not self.may_create:
            raise StopRun(f"all {self.spend} allowed tasks were created")
        exchange = self._send_once(operation, request, authorization)
        for _ in range(RETRIES_AFTER_429 if self.remote else 0):
            if exchange.status != 429 or not _is_certainly_refused(exchange):
                break
            self.postponed.append(exchange)
            self._sleep(_retry_after(exchange))
            exchange = self._send_once(operation, request, authorization)
        self._count_task(exchange, intent)
        self._timeouts = self._timeouts + 1 if exchange.timed_out else 0
        if self._timeouts >= MAX_TIMEOUTS:
            why = f"{MAX_TIMEOUTS} requests in a row timed out, the last of them {exchange.request}"
            raise StopRun(f"{why}; no more requests are sent", exchange)
        return exchange

    def _count_task(self, exchange: Exchange, intent: Intent) -> None:
        if not exchange.request.is_create or _is_certainly_refused(exchange):
            return
        accepted = exchange.response is not None and 200 <= exchange.response.status < 300
        task_id = (exchange.response.task_id if exchange.response else None) or ""
        if accepted or self.guarded:
            self.created.append(task_id)
        if self.guarded and (intent != "may create" or not accepted):
            task = f"task {task_id[:80]}" if task_id else "a task without a known id"
            outcome = "was accepted" if accepted else f"may have been accepted ({exchange.actual})"
            raise StopRun(f"a request {outcome}: look for {task} in your account; no more requests are sent", exchange)

    def _send_once(self, operation: str, request: Request, authorization: str | None) -> Exchange:
        self._wait()
        self.requests_sent += 1
        bearer = f"Bearer {self.key}" if authorization is None else authorization
        headers = {**request.headers, "host": self._host, "accept-encoding": "identity"}
        if bearer:
            headers["authorization"] = bearer
        responses: queue.SimpleQueue[ReceivedResponse | str] = queue.SimpleQueue()
        client = self._client
        self._worker = self._worker or _Worker()
        self._worker.do(lambda: responses.put(self._receive(client, request, headers)))
        try:
            response = responses.get(timeout=MAX_SECONDS)
        except queue.Empty:
            self.__exit__()  # ends the exchange, too
            self._client = self._make_client()
            response = f"{TIMED_OUT} {MAX_SECONDS:g} s"
        authorized = authorization is None
        if isinstance(response, str):
            return Exchange(operation, request, None, response, authorized, self.url)
        return Exchange(operation, request, response, authorized=authorized, base_url=self.url)

    def _receive(self, client: httpx.Client, request: Request, headers: dict[str, str]) -> ReceivedResponse | str:
        """Send a request and return the response, or the reason why it is missing."""
        start = time.perf_counter()
        try:
            # Made here, because `Client.stream` takes as long to merge its settings into a request as to send it.
            made = httpx.Request(
                request.method,
                f"{self.address}{request.path}",
                headers={**self._default_headers, **headers},
                content=request.body,
                extensions={"timeout": TIMEOUT.as_dict()},
            )
            with contextlib.closing(client.send(made, stream=True)) as response:
                content = b""
                for chunk in response.iter_raw():  # raw, because decompressed content could have any size
                    content += chunk
                    if len(content) > MAX_RESPONSE_BYTES:
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


class _Worker:
    """A thread for exchanges. It is left behind on a timeout, because no timeout of httpx covers a whole exchange."""

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        threading.Thread(target=self._work, daemon=True).start()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()

    def do(self, job: Callable[[], None]) -> None:
        """Call a function in the thread, after those before it."""
        self._jobs.put(job)

    def stop(self) -> None:
        """End the thread after the functions that it was given."""
        self._jobs.put(None)


def _split(url: str) -> Any:
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
        "TARGET: must be an http or https URL of a host without a path, for example https://api.evolink.ai"
    )


def _is_certainly_refused(exchange: Exchange) -> bool:
    """Return whether a create was certainly refused, so that it cannot have created a task."""
    if exchange.response is None:
        return exchange.problem.startswith(("ConnectError", "ConnectTimeout", "PoolTimeout", "InvalidURL"))
    if exchange.response.task_id is not None or "paid_outcome_unknown" in exchange.response.text:
        return False
    return 400 <= exchange.response.status < 500 and exchange.response.status != 408


def _retry_after(exchange: Exchange) -> float:
    """Return the seconds to wait after a 429: those of `Retry-After`, at most 60, else 2."""
    value = exchange.response.headers.get("retry-after", "") if exchange.response else ""
    return min(float(value), MAX_RETRY_AFTER) if value.isascii() and value.isdecimal() and len(value) < 9 else 2.0
