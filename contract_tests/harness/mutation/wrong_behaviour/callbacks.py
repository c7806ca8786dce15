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
"""The status of a receiver's response, if any, and why the delivery has failed, if it has."""


def changed_rules(name: str, *, breaks: str) -> Callable[[Callable[[DeliveryRules], DeliveryRules]], None]:
    """Declare a mutant that delivers by other rules.

    The decorated function gets the documented rules and returns the wrong ones.
    """

    def declare(change: Callable[[DeliveryRules], DeliveryRules]) -> None:
        @mutant(name, breaks=breaks, of=DELIVERIES)
        def _(original: Original, sender: CallbackSender, clock: Clock, rules: DeliveryRules, **options: Any) -> None:
            original(sender, clock, change(rules), **options)

    return declare


# --- when an attempt is made


@changed_rules("callbacks are never retried", breaks="callback.retries")
def _(rules: DeliveryRules) -> DeliveryRules:
    return rules._replace(retry_after=())


@changed_rules("callbacks are retried four times", breaks="callback.retries")
def _(rules: DeliveryRules) -> DeliveryRules:
    return rules._replace(retry_after=(*rules.retry_after, 8.0))


@changed_rules("the longest wait comes first", breaks="callback.retries")
def _(rules: DeliveryRules) -> DeliveryRules:
    return rules._replace(retry_after=rules.retry_after[::-1])


@changed_rules("a receiver may take all day", breaks="callback.timeout")
def _(rules: DeliveryRules) -> DeliveryRules:
    return rules._replace(timeout=24 * 60 * 60)


@changed_rules("a receiver has a second too much", breaks="callback.timeout")
def _(rules: DeliveryRules) -> DeliveryRules:
    return rules._replace(timeout=rules.timeout + 1)


@mutant("callbacks are retried too early", breaks="callback.retries", of=SLEEP)
async def _(original: Original, clock: Clock, seconds: float) -> None:
    await original(clock, seconds / 2)


@mutant("callbacks are retried too late", breaks="callback.retries", of=SLEEP)
async def _(original: Original, clock: Clock, seconds: float) -> None:
    await original(clock, seconds * 2)


# --- which tasks are announced, and when


@mutant("callbacks never come", breaks="callback.on.completed", of=ANNOUNCE)
def _(_: Original, __: State, task: Task) -> None:
    """Announce nothing."""
    del task


@mutant("callbacks come twice", breaks="callback.on.completed", of=ANNOUNCE)
def _(original: Original, state: State, task: Task) -> None:
    original(state, task)
    original(state, task)


@mutant("cancelled tasks are not announced", breaks="callback.on.cancelled", of=ANNOUNCE)
def _(original: Original, state: State, task: Task) -> None:
    if task.outcome.status != "cancelled":
        original(state, task)


@mutant("callbacks come before the end", breaks="callback.not-before-the-end", of=CREATED)
def _(original: Original, store: TaskStore, task: Task) -> Any:
    store.on_end(task)
    return original(store, task)


@mutant("callbacks tell of progress", breaks="callback.not-before-the-end", of=READ)
def _(original: Original, store: TaskStore, task_id: str) -> Any:
    body = original(store, task_id)
    task = store.find(task_id)
    if task is not None and body["status"] == "processing":
        store.on_end(task)
    return body


# --- what is taken for a success


@mutant("a 204 is taken for a failure", breaks="callback.success.2xx", of=ATTEMPT)
async def _(original: Original, sender: CallbackSender, *args: Any) -> Attempted:
    status, error = await original(sender, *args)
    return status, "status 204" if status == 204 else error


@mutant("callbacks come again after they were received", breaks="callback.success.2xx", of=ATTEMPT)
async def _(original: Original, sender: CallbackSender, *args: Any) -> Attempted:
    status, error = await original(sender, *args)
    return status, error or "received"


@mutant("a redirect is taken for success", breaks="callback.success.no-redirect", of=ATTEMPT)
async def _(original: Original, sender: CallbackSender, *args: Any) -> Attempted:
    status, error = await original(sender, *args)
    return status, None if status is not None and 300 <= status < 400 else error


@mutant("a 500 is taken for success", breaks="callback.retries", of=ATTEMPT)
async def _(original: Original, sender: CallbackSender, *args: Any) -> Attempted:
    status, error = await original(sender, *args)
    return status, None if status == 500 else error


# --- what is sent, and where to


@mutant("a redirect is followed", breaks="callback.success.no-redirect", of=CLIENT)
def _(original: Original, sender: CallbackSender) -> httpx.AsyncClient:
    client: httpx.AsyncClient = original(sender)
    client.follow_redirects = True
    return client


@mutant("a PUT is sent instead of a POST", breaks="callback.method", of=CLIENT)
def _(original: Original, sender: CallbackSender) -> httpx.AsyncClient:
    async def put(request: httpx.Request) -> None:
        request.method = "PUT"

    client: httpx.AsyncClient = original(sender)
    client.event_hooks = {"request": [put]}
    return client


@mutant("callbacks have another body", breaks="callback.body", of=START)
def _(original: Original, sender: CallbackSender, task_id: str, url: str, body: object) -> Any:
    del body
    return original(sender, task_id, url, {"id": task_id, "status": "completed"})


@mutant("callbacks go to private networks", breaks="callback.not-to-private-networks", of=DELIVERIES)
def _(original: Original, sender: CallbackSender, clock: Clock, rules: DeliveryRules, **options: Any) -> None:
    original(sender, clock, rules, **{**options, "is_allowed": _any_address})


@mutant(
    "private addresses written within others get callbacks", breaks="callback.not-to-private-networks", of=DELIVERIES
)
def _(original: Original, sender: CallbackSender, clock: Clock, rules: DeliveryRules, **options: Any) -> None:
    def is_allowed(address: Address) -> bool:
        """Accept IPv4 addresses within IPv6 ones."""
        return is_public(address) or (address.version == 6 and (address.ipv4_mapped or address.sixtofour) is not None)

    original(sender, clock, rules, **{**options, "is_allowed": is_allowed})


@mutant("private addresses written as numbers get callbacks", breaks="callback.not-to-private-networks", of=DESTINATION)
async def _(original: Original, url: str, resolve: Resolver, is_allowed: Callable[[Address], bool]) -> Any:
    return await original(url, resolve, is_allowed if "." in httpx.URL(url).host else _any_address)


@mutant("private addresses written in octal get callbacks", breaks="callback.not-to-private-networks", of=DESTINATION)
async def _(original: Original, url: str, resolve: Resolver, is_allowed: Callable[[Address], bool]) -> Any:
    return await original(url, resolve, _any_address if httpx.URL(url).host.startswith("0") else is_allowed)


def _any_address(_: Address) -> bool:
    return True
