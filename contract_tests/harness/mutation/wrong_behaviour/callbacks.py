"""Mocks that deliver callbacks at wrong times, to wrong places or with wrong contents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from evolink_mock.domain.clock import Clock
from evolink_mock.domain.delivery import CallbackSender, DeliveryRules
from evolink_mock.domain.tasks import Task, TaskStore
from evolink_mock.http.addresses import Address, Resolver, is_public
from evolink_mock.state import State
from mutation.behaviour import Original, mutant

DELIVERIES = "evolink_mock.domain.delivery.CallbackSender.__init__"
ATTEMPT = "evolink_mock.domain.delivery.CallbackSender._attempt"
CLIENT = "evolink_mock.domain.delivery.CallbackSender._http"
START = "evolink_mock.domain.delivery.CallbackSender.start"
SLEEP = "evolink_mock.domain.clock.sleep"
DESTINATION = "evolink_mock.http.addresses.resolve_url"
ANNOUNCE = "evolink_mock.state.State.send_callback"
CREATED = "evolink_mock.domain.tasks.TaskStore.created_body"
READ = "evolink_mock.domain.tasks.TaskStore.read"

Attempted = tuple[int | None, str | None]
"""The status of a receiver's response, and the reason why the attempt has failed; each may be None."""


def changed_rules(name: str, *, breaks: str) -> Callable[[Callable[[DeliveryRules], DeliveryRules]], None]:
    """Declare a mutant that delivers callbacks by wrong rules.

    The decorated function gets the documented rules and returns the wrong ones.
    """

    def declare(change: Callable[[DeliveryRules], DeliveryRules]) -> None:
        @mutant(name, breaks=breaks, replaces=DELIVERIES)
        def _(original: Original, sender: CallbackSender, clock: Clock, rules: DeliveryRules, **options: Any) -> None:
            original(sender, clock, change(rules), **options)

    return declare


# --- the times of delivery attempts


@changed_rules("callbacks are never retried", breaks="callback.retries")
def _(rules: DeliveryRules) -> DeliveryRules:
    return rules._replace(retry_after=())


@changed_rules("callbacks are retried four times", breaks="callback.retries")
def _(rules: DeliveryRules) -> DeliveryRules:
    return rules._replace(retry_after=(*rules.retry_after, 8.0))


@changed_rules("the waits between retries are reversed", breaks="callback.retries")
def _(rules: DeliveryRules) -> DeliveryRules:
    return rules._replace(retry_after=rules.retry_after[::-1])


@changed_rules("a receiver has a day to respond", breaks="callback.timeout")
def _(rules: DeliveryRules) -> DeliveryRules:
    return rules._replace(timeout=24 * 60 * 60)


@changed_rules("a receiver has a second too long to respond", breaks="callback.timeout")
def _(rules: DeliveryRules) -> DeliveryRules:
    return rules._replace(timeout=rules.timeout + 1)


@mutant("callbacks are retried too early", breaks="callback.retries", replaces=SLEEP)
async def _(original: Original, clock: Clock, seconds: float) -> None:
    await original(clock, seconds / 2)


@mutant("callbacks are retried too late", breaks="callback.retries", replaces=SLEEP)
async def _(original: Original, clock: Clock, seconds: float) -> None:
    await original(clock, seconds * 2)


# --- the tasks that are announced, and the time


@mutant("callbacks are never sent", breaks="callback.on.completed", replaces=ANNOUNCE)
def _(_: Original, __: State, task: Task) -> None:
    """Announce nothing."""
    del task


@mutant("callbacks are sent twice", breaks="callback.on.completed", replaces=ANNOUNCE)
def _(original: Original, state: State, task: Task) -> None:
    original(state, task)
    original(state, task)


@mutant("cancelled tasks are not announced", breaks="callback.on.cancelled", replaces=ANNOUNCE)
def _(original: Original, state: State, task: Task) -> None:
    if task.outcome.status != "cancelled":
        original(state, task)


@mutant("callbacks are sent before the end", breaks="callback.not-before-the-end", replaces=CREATED)
def _(original: Original, store: TaskStore, task: Task) -> Any:
    store.on_end(task)
    return original(store, task)


@mutant("callbacks report progress", breaks="callback.not-before-the-end", replaces=READ)
def _(original: Original, store: TaskStore, task_id: str) -> Any:
    body = original(store, task_id)
    task = store.find(task_id)
    if task is not None and body["status"] == "processing":
        store.on_end(task)
    return body


# --- the responses that count as success


@mutant("a 204 counts as a failure", breaks="callback.success.2xx", replaces=ATTEMPT)
async def _(original: Original, sender: CallbackSender, *args: Any) -> Attempted:
    status, error = await original(sender, *args)
    return status, "status 204" if status == 204 else error


@mutant("callbacks are repeated after they were received", breaks="callback.success.2xx", replaces=ATTEMPT)
async def _(original: Original, sender: CallbackSender, *args: Any) -> Attempted:
    status, error = await original(sender, *args)
    return status, error or "received"


@mutant("a redirect counts as success", breaks="callback.success.no-redirect", replaces=ATTEMPT)
async def _(original: Original, sender: CallbackSender, *args: Any) -> Attempted:
    status, error = await original(sender, *args)
    return status, None if status is not None and 300 <= status < 400 else error


@mutant("a 500 counts as success", breaks="callback.retries", replaces=ATTEMPT)
async def _(original: Original, sender: CallbackSender, *args: Any) -> Attempted:
    status, error = await original(sender, *args)
    return status, None if status == 500 else error


# --- the requests and their addresses


@mutant("a redirect is followed", breaks="callback.success.no-redirect", replaces=CLIENT)
def _(original: Original, sender: CallbackSender) -> httpx.AsyncClient:
    client: httpx.AsyncClient = original(sender)
    client.follow_redirects = True
    return client


@mutant("a PUT is sent instead of a POST", breaks="callback.method", replaces=CLIENT)
def _(original: Original, sender: CallbackSender) -> httpx.AsyncClient:
    async def put(request: httpx.Request) -> None:
        request.method = "PUT"

    client: httpx.AsyncClient = original(sender)
    client.event_hooks = {"request": [put]}
    return client


@mutant("callbacks have another body", breaks="callback.body", replaces=START)
def _(original: Original, sender: CallbackSender, task_id: str, url: str, body: object) -> Any:
    del body
    return original(sender, task_id, url, {"id": task_id, "status": "completed"})


@mutant("callbacks go to private networks", breaks="callback.not-to-private-networks", replaces=DELIVERIES)
def _(original: Original, sender: CallbackSender, clock: Clock, rules: DeliveryRules, **options: Any) -> None:
    original(sender, clock, rules, **{**options, "is_allowed": _any_address})


@mutant(
    "addresses within IPv6 get callbacks",
    breaks="callback.not-to-private-networks",
    replaces=DELIVERIES,
)
def _(original: Original, sender: CallbackSender, clock: Clock, rules: DeliveryRules, **options: Any) -> None:
    def is_allowed(address: Address) -> bool:
        """Accept IPv4 addresses within IPv6 ones."""
        return is_public(address) or (address.version == 6 and (address.ipv4_mapped or address.sixtofour) is not None)

    original(sender, clock, rules, **{**options, "is_allowed": is_allowed})


@mutant(
    "addresses written as numbers get callbacks",
    breaks="callback.not-to-private-networks",
    replaces=DESTINATION,
)
async def _(original: Original, url: str, resolve: Resolver, is_allowed: Callable[[Address], bool]) -> Any:
    return await original(url, resolve, is_allowed if "." in httpx.URL(url).host else _any_address)


@mutant("addresses written in octal get callbacks", breaks="callback.not-to-private-networks", replaces=DESTINATION)
async def _(original: Original, url: str, resolve: Resolver, is_allowed: Callable[[Address], bool]) -> Any:
    return await original(url, resolve, _any_address if httpx.URL(url).host.startswith("0") else is_allowed)


def _any_address(_: Address) -> bool:
    return True
