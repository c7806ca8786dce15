"""Operations to inspect and control a mock server, shared by the admin API, the dashboard and Python."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from functools import cached_property
from itertools import islice
from typing import Any

from starlette.types import ASGIApp

from evolink_mock.contract.error_bodies import ErrorResponse
from evolink_mock.contract.operations import CREATE, UPLOAD_STREAM
from evolink_mock.contract.rule_lookup import RuleLookup
from evolink_mock.domain.clock import SystemClock
from evolink_mock.domain.faults import FaultRule
from evolink_mock.domain.journal import Exchange
from evolink_mock.domain.tasks import COMPLETED, Outcome, Task, result_path
from evolink_mock.settings import ResolvedSettings, Settings, scenarios
from evolink_mock.state import State

# The longest time, in seconds, that one call can move the clock.
MAX_ADVANCE = 366 * 24 * 3600
# How many fault rules that resets have dropped are remembered.
MAX_EARLIER_RULES = 1000
MAX_UNIX_TIME = 7_258_118_400  # the year 2200


class InvalidOperationError(Exception):
    """An operation is not possible; the message says why."""


class Controller:
    """Inspects and controls a mock server; for use in its event loop. Times are simulated seconds.

    Args:
        settings: the settings of the server, to which a reset returns.
        make_state: creates the state from settings.
        app: the server's application, which processes the creates of `submit`.

    Attributes:
        current_state: the state of the server; a reset replaces it.
    """

    def __init__(self, settings: Settings, make_state: Callable[[ResolvedSettings], State], app: ASGIApp) -> None:
        self._app = app
        self._settings = settings
        self._make_state = make_state
        self.current_state = make_state(ResolvedSettings(settings))
        self._changes = 0
        self._earlier_rules: deque[FaultRule] = deque(maxlen=MAX_EARLIER_RULES)

    @cached_property
    def _rule_lookup(self) -> RuleLookup:
        return RuleLookup(self.current_state.contract)

    # --- inspection

    def state(self) -> dict[str, Any]:
        """Return a summary of the server: its clock, settings, fault rules and accounts."""
        state = self.current_state
        return {
            "now": state.clock.elapsed(),
            "unix": state.clock.unix(),
            "speed": state.clock.speed if isinstance(state.clock, SystemClock) else None,
            "seed": state.settings.seed,
            "scenario": state.settings.scenario,
            "edition": state.contract.edition,
            "pace": str(state.settings.pace),
            "paces": {model: str(pace) for model, pace in state.settings.paces.items()},
            "tasks": len(state.tasks),
            "in_flight": state.tasks.in_flight,
            "faults": self.faults(),
            "accounts": [vars(account) | {"remaining": account.remaining} for account in state.accounts.all],
            "outcomes": state.contract.outcomes,
            "error_codes": state.contract.task_error_codes,
            "version": state.version + self._changes,
        }

    def tasks(self, limit: int = 50) -> list[dict[str, Any]]:
        """Return the latest tasks, newest first."""
        return self._views(list(self.current_state.tasks.newest(max(0, limit))))

    def task(self, task_id: str) -> dict[str, Any] | None:
        """Return a task; None for an unknown id."""
        task = self.current_state.tasks.find(task_id)
        return self._views([task])[0] if task is not None else None

    def exchanges(self, limit: int = 100, task_id: str | None = None) -> list[dict[str, Any]]:
        """Return the latest requests with their responses, newest first; only those of one task if it is named."""
        selected = (one for one in reversed(self.current_state.journal) if task_id in {None, one.task_id})
        return [self._exchange(one) for one in islice(selected, max(0, limit))]

    def deliveries(self, task_id: str | None = None) -> list[dict[str, Any]]:
        """Return the latest attempts to deliver callbacks, oldest first."""
        return [one._asdict() for one in self.current_state.callbacks.journal if task_id in {None, one.task_id}]

    def faults(self) -> list[dict[str, Any]]:
        """Return the fault rules."""
        return [rule.to_json() for rule in self.current_state.faults]

    def unused_faults(self) -> list[str]:
        """Return a sentence for each fault rule that has not applied since the server started, despite resets."""
        rules = [*self._earlier_rules, *self.current_state.faults]
        matched: dict[str, int] = {}
        for rule in rules:
            matched[str(rule)] = matched.get(str(rule), 0) + rule.matched
        for rule in rules:
            if rule.applied:
                matched.pop(str(rule), None)
        return [
            f"fault rule {rule} never applied; requests that it matched: {count}" for rule, count in matched.items()
        ]

    # --- control

    async def submit(self, body: dict[str, Any], prefer: str, origin: str) -> tuple[int, dict[str, Any]]:
        """Send a create with the first account's key; return the status and the body of the response.

        Args:
            body: the request body.
            prefer: the `Prefer` header; empty for none.
            origin: the scheme and host of links in the response.

        Raises:
            InvalidOperationError: a fault dropped the connection, or replaced the response by something that is not a
                JSON object.
        """
        import httpx  # noqa: PLC0415 - a quarter of the server's start-up time

        from evolink_mock.asgi_client import send  # noqa: PLC0415 - imports httpx

        state = self.current_state
        key = next(iter(state.settings.balances))
        headers = {"authorization": f"Bearer {key}", **({"prefer": prefer} if prefer else {})}
        if not (prefer.isascii() and prefer.isprintable()):
            raise InvalidOperationError("a Prefer header must be printable ASCII")
        request = httpx.Request("POST", origin + state.contract.operations[CREATE].path, json=body, headers=headers)
        try:
            response = await send(self._app, request)
            return response.status_code, dict(response.json())
        except httpx.RemoteProtocolError:
            raise InvalidOperationError("a fault dropped the connection") from None
        except (ValueError, TypeError):
            raise InvalidOperationError("a fault replaced the response, which is not a JSON object") from None

    def complete(self, task_id: str) -> None:
        """Complete a running task."""
        self._end(task_id, COMPLETED)

    def fail(self, task_id: str, code: str = "unknown_error") -> None:
        """Fail a running task with a documented error code."""
        known = self.current_state.contract.task_error_codes
        if code not in known:
            raise InvalidOperationError(f"the code of a failed task must be one of {', '.join(known)}")
        self._end(task_id, Outcome("failed", code))

    def cancel(self, task_id: str) -> None:
        """Cancel a running task."""
        self._end(task_id, Outcome("cancelled"))

    def redeliver(self, task_id: str) -> None:
        """Deliver the callback of an ended task again."""
        task = self._find(task_id)
        if task.spec.callback_url is None:
            raise InvalidOperationError("the task has no callback URL")
        if task.ended is None:
            raise InvalidOperationError("the task has not ended yet, so it has no callback to deliver")
        self.current_state.send_callback(task)

    def advance(self, seconds: float) -> None:
        """Move the clock forward; tasks that are due end, in order."""
        clock = self.current_state.clock
        if not 0 <= seconds <= MAX_ADVANCE:
            raise InvalidOperationError(f"the clock can be moved by 0 to {MAX_ADVANCE} seconds")
        if clock.unix() + seconds > MAX_UNIX_TIME:
            raise InvalidOperationError("the clock cannot be moved beyond the year 2200; a reset moves it back")
        clock.advance(seconds)
        self._changes += 1

    def add_fault(self, row: Any) -> dict[str, Any]:
        """Add a fault rule, given as a JSON object, and return it.

        Raises:
            ConfigurationError: it is invalid, names something unknown, or there are too many rules.
        """
        return self.current_state.add_fault(row).to_json()

    def remove_faults(self, rule_id: int | None = None) -> None:
        """Remove a fault rule, or all of them."""
        if not self.current_state.faults.remove(rule_id) and rule_id is not None:
            raise InvalidOperationError(f"rule {rule_id} does not exist")

    async def reset(self, scenario: str | None = None) -> None:
        """Return to the initial state.

        Args:
            scenario: the name of a packaged scenario to switch to, also for later resets; `none` for no scenario.

        Raises:
            InvalidOperationError: the scenario does not exist.
        """
        settings = self._settings.copy()
        if scenario is not None:
            if scenario not in {*scenarios(), "none"}:
                raise InvalidOperationError(f"scenario must be none, or one of {', '.join(scenarios())}")
            settings["scenario"] = None if scenario == "none" else scenario
        self._earlier_rules.extend(self.current_state.faults)
        old, self.current_state = self.current_state, self._make_state(ResolvedSettings(settings))
        self._settings = settings
        self._changes += 1 + old.version
        await old.aclose()

    def _end(self, task_id: str, outcome: Outcome) -> None:
        task = self._find(task_id)
        if task.ended is not None:
            raise InvalidOperationError(f"the task has already ended: it is {task.outcome.status}")
        self.current_state.tasks.end(task, outcome)

    def _find(self, task_id: str) -> Task:
        task = self.current_state.tasks.find(task_id)
        if task is None:
            raise InvalidOperationError("the task does not exist")
        return task

    def _views(self, tasks: list[Task]) -> list[dict[str, Any]]:
        state, task_ids = self.current_state, {task.id for task in tasks}
        attempts: dict[str, list[dict[str, Any]]] = {}
        for attempt in state.callbacks.journal:
            if attempt.task_id in task_ids:
                attempts.setdefault(attempt.task_id, []).append(attempt._asdict())
        requests = {
            one.task_id: one.request for one in state.journal if one.operation == CREATE and one.task_id in task_ids
        }
        return [self._view(task, attempts.get(task.id, []), requests.get(task.id, b"")) for task in tasks]

    def _view(self, task: Task, attempts: list[dict[str, Any]], request: bytes) -> dict[str, Any]:
        tasks = self.current_state.tasks
        body = tasks.body(task)
        return {
            "id": task.id,
            "model": task.spec.model,
            "status": body["status"],
            "progress": body["progress"],
            "created": task.created,
            "started": task.started,
            "ended": task.ended,
            "ends_in": tasks.ends_in(task),
            "pace": str(task.spec.pace),
            "account": task.spec.account.name,
            "callback_url": task.spec.callback_url,
            "request": _json(request),
            "body": body,
            "bill": tasks.bill(task),
            "deliveries": attempts,
            "result": result_path(task) if "results" in body else None,
        }

    def _violations(self, one: Exchange) -> list[dict[str, Any]]:
        """Return the rule violations of a rejected request; empty if a fault caused the response."""
        operation = self.current_state.contract.operations.get(one.operation)
        if operation is None or one.fault or one.status is None or not 400 <= one.status < 500:
            return []
        has_json_body = operation.id != UPLOAD_STREAM and operation.method == "POST"
        content = one.request if has_json_body and one.is_whole else None
        error = ErrorResponse(one.status, _json(one.response) or {})
        return [violation._asdict() for violation in self._rule_lookup.of_error(operation.id, error, content)]

    def _exchange(self, one: Exchange) -> dict[str, Any]:
        if one.violations is None:
            one.violations = self._violations(one)
        return {
            "number": one.number,
            "at": one.at,
            "took_ms": one.took_ms,
            "method": one.method,
            "path": one.path,
            "operation": one.operation,
            "status": one.status,
            "request": one.request.decode(errors="replace"),
            "response": one.response.decode(errors="replace"),
            "task_id": one.task_id or None,
            "account": one.account or None,
            "fault": one.fault or None,
            "violations": one.violations,
        }


def _json(content: bytes) -> Any:
    """Parse a recorded body; None if it is incomplete or not JSON."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None
