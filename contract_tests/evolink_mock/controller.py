"""What can be seen of a mock server and done to it, beside asking it what is documented."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cached_property
from itertools import islice
from typing import Any

from starlette.types import ASGIApp

from evolink_mock.contract.contract import CREATE, OPERATIONS, UPLOAD_STREAM, Refusal
from evolink_mock.contract.rule_lookup import Verdicts
from evolink_mock.domain.clock import SystemClock
from evolink_mock.domain.journal import Exchange
from evolink_mock.domain.tasks import COMPLETED, Outcome, Task, result_path
from evolink_mock.settings import ResolvedSettings, Settings, scenarios
from evolink_mock.state import State

# The clock is moved by a year at most, at a time.
MAX_ADVANCE = 366 * 24 * 3600
LATEST = 7_258_118_400  # the year 2200, in Unix seconds


class InvalidOperationError(Exception):
    """What was to be done cannot be done; the text says why."""


class Controller:
    """A mock server as its user sees it from outside; for use in its event loop. Times are simulated seconds.

    Args:
        settings: what the server was told; a reset goes back to it.
        make_world: makes what the server remembers, of settings.
        app: the server's application, by which tasks are created from here.
    """

    def __init__(self, settings: Settings, make_world: Callable[[ResolvedSettings], State], app: ASGIApp) -> None:
        self._app = app
        self._settings = settings
        self._make_world = make_world
        self.world = make_world(ResolvedSettings(settings))
        self._changes = 0

    @cached_property
    def _verdicts(self) -> Verdicts:
        return Verdicts(self.world.contract)

    # --- what is there

    def state(self) -> dict[str, Any]:
        """Return how the server stands: its time, its settings, its rules, its accounts."""
        world = self.world
        return {
            "now": world.clock.elapsed(),
            "unix": world.clock.unix(),
            "speed": world.clock.speed if isinstance(world.clock, SystemClock) else None,
            "seed": world.settings.seed,
            "scenario": world.settings.scenario,
            "pace": str(world.settings.pace),
            "paces": {model: str(pace) for model, pace in world.settings.paces.items()},
            "tasks": len(world.tasks),
            "in_flight": world.tasks.in_flight,
            "faults": self.faults(),
            "accounts": [vars(account) | {"remaining": account.remaining} for account in world.accounts.all],
            "outcomes": world.contract.outcomes,
            "error_codes": world.contract.task_error_codes,
            "version": world.version + self._changes,
        }

    def tasks(self, limit: int = 50) -> list[dict[str, Any]]:
        """Return the latest tasks, newest first."""
        return self._views(list(self.world.tasks.newest(max(0, limit))))

    def task(self, task_id: str) -> dict[str, Any] | None:
        """Return a task; None when there is none."""
        task = self.world.tasks.find(task_id)
        return self._views([task])[0] if task is not None else None

    def exchanges(self, limit: int = 100, task_id: str | None = None) -> list[dict[str, Any]]:
        """Return the latest exchanges, newest first; those about one task alone, if it is named."""
        found = (one for one in reversed(self.world.journal) if task_id in {None, one.task_id})
        return [self._exchange(one) for one in islice(found, max(0, limit))]

    def deliveries(self, task_id: str | None = None) -> list[dict[str, Any]]:
        """Return the latest attempts to deliver callbacks, oldest first."""
        return [one._asdict() for one in self.world.deliveries.journal if task_id in {None, one.task_id}]

    def faults(self) -> list[dict[str, Any]]:
        """Return the rules for faults."""
        return [rule.row() for rule in self.world.faults]

    # --- what can be done

    async def submit(self, body: dict[str, Any], prefer: str, origin: str) -> tuple[int, dict[str, Any]]:
        """Make a create as the first account; return the status and the body of the answer.

        Args:
            body: of the create.
            prefer: the header of this name; empty for none.
            origin: what links in the answer begin with.

        Raises:
            InvalidOperationError: no answer came, or none that is a JSON object, as a fault demands.
        """
        import httpx  # noqa: PLC0415 - a quarter of the time that a server takes to start

        from evolink_mock.asgi_client import ask  # noqa: PLC0415 - imports it

        key = next(iter(self.world.settings.balances))
        headers = {"authorization": f"Bearer {key}", **({"prefer": prefer} if prefer else {})}
        if not (prefer.isascii() and prefer.isprintable()):
            raise InvalidOperationError("a Prefer header is printable ASCII")
        request = httpx.Request("POST", origin + CREATE[0], json=body, headers=headers)
        try:
            response = await ask(self._app, request)
            return response.status_code, dict(response.json())
        except httpx.RemoteProtocolError:
            raise InvalidOperationError("the connection was dropped, as a fault demands") from None
        except (ValueError, TypeError):
            raise InvalidOperationError("the answer is no JSON object, as a fault demands") from None

    def complete(self, task_id: str) -> None:
        """End a task that is under way, as completed."""
        self._end(task_id, COMPLETED)

    def fail(self, task_id: str, code: str = "unknown_error") -> None:
        """End a task that is under way, as failed with a documented code."""
        known = self.world.contract.task_error_codes
        if code not in known:
            raise InvalidOperationError(f"the code of a failed task must be one of {', '.join(known)}")
        self._end(task_id, Outcome("failed", code))

    def cancel(self, task_id: str) -> None:
        """End a task that is under way, as cancelled."""
        self._end(task_id, Outcome("cancelled"))

    def redeliver(self, task_id: str) -> None:
        """Deliver the callback of a task that has ended once more."""
        task = self._find(task_id)
        if task.order.callback_url is None:
            raise InvalidOperationError("the task names no callback URL")
        if task.ended is None:
            raise InvalidOperationError("the task has not ended; there is nothing to announce yet")
        self.world.announce(task)

    def advance(self, seconds: float) -> None:
        """Move the clock; tasks whose time has come end, in order."""
        if not 0 <= seconds <= MAX_ADVANCE:
            raise InvalidOperationError(f"the clock is moved by 0 to {MAX_ADVANCE} seconds")
        if self.world.clock.unix() + seconds > LATEST:
            raise InvalidOperationError("the clock is moved to the year 2200 at most; a reset brings it back")
        self.world.clock.advance(seconds)
        self._changes += 1

    def add_fault(self, row: Any) -> dict[str, Any]:
        """Add a rule for faults, given as a JSON object, and return it.

        Raises:
            ConfigurationError: it has another form, names what is not there, or there are too many.
        """
        return self.world.add_fault(row).row()

    def remove_faults(self, rule_id: int | None = None) -> None:
        """Remove a rule for faults, or all of them."""
        if not self.world.faults.remove(rule_id) and rule_id is not None:
            raise InvalidOperationError(f"there is no rule {rule_id}")

    async def reset(self, scenario: str | None = None) -> None:
        """Forget everything, and begin as at the start.

        Args:
            scenario: the name of one of those that come with the mock, to enter it, so that later resets go back to it;
                `none` to leave it.

        Raises:
            InvalidOperationError: there is no such scenario.
        """
        settings = self._settings.copy()
        if scenario is not None:
            if scenario not in {*scenarios(), "none"}:
                raise InvalidOperationError(f"scenario must be none, or one of {', '.join(scenarios())}")
            settings["scenario"] = None if scenario == "none" else scenario
        old, self.world = self.world, self._make_world(ResolvedSettings(settings))
        self._settings = settings
        self._changes += 1 + old.version
        await old.aclose()

    def _end(self, task_id: str, outcome: Outcome) -> None:
        task = self._find(task_id)
        if task.ended is not None:
            raise InvalidOperationError(f"the task has already ended: it is {task.outcome.status}")
        self.world.tasks.end(task, outcome)

    def _find(self, task_id: str) -> Task:
        task = self.world.tasks.find(task_id)
        if task is None:
            raise InvalidOperationError("there is no such task")
        return task

    def _views(self, tasks: list[Task]) -> list[dict[str, Any]]:
        wanted = {task.id for task in tasks}
        attempts: dict[str, list[dict[str, Any]]] = {}
        for attempt in self.world.deliveries.journal:
            if attempt.task_id in wanted:
                attempts.setdefault(attempt.task_id, []).append(attempt._asdict())
        path = CREATE[0]
        requests = {
            one.task_id: one.request for one in self.world.journal if one.path == path and one.task_id in wanted
        }
        return [self._view(task, attempts.get(task.id, []), requests.get(task.id, b"")) for task in tasks]

    def _view(self, task: Task, attempts: list[dict[str, Any]], request: bytes) -> dict[str, Any]:
        tasks = self.world.tasks
        body = tasks.body(task)
        return {
            "id": task.id,
            "model": task.order.model,
            "status": body["status"],
            "progress": body["progress"],
            "created": task.created,
            "began": task.began,
            "ended": task.ended,
            "ends_in": tasks.ends_in(task),
            "pace": str(task.order.pace),
            "account": task.order.account.name,
            "callback_url": task.order.callback_url,
            "request": _json(request),
            "body": body,
            "bill": tasks.bill(task),
            "deliveries": attempts,
            "result": result_path(task) if body["status"] == "completed" else None,
        }

    def _verdict(self, one: Exchange) -> list[dict[str, Any]]:
        """Return which documented rules a refused request breaks: nothing for what was refused on demand."""
        operation = next((known for known in OPERATIONS if self.world.contract.id_of(known) == one.operation), None)
        if operation is None or one.fault or one.status is None or not 400 <= one.status < 500:
            return []
        content = one.request if operation != UPLOAD_STREAM and operation[1] == "post" and one.is_whole else None
        found = self._verdicts.of_refusal(operation, Refusal(one.status, _json(one.answer) or {}), content)
        return [broken._asdict() for broken in found]

    def _exchange(self, one: Exchange) -> dict[str, Any]:
        if one.verdict is None:
            one.verdict = self._verdict(one)
        return {
            "number": one.number,
            "at": one.at,
            "took_ms": one.took_ms,
            "method": one.method,
            "path": one.path,
            "operation": one.operation,
            "status": one.status,
            "request": one.request.decode(errors="replace"),
            "answer": one.answer.decode(errors="replace"),
            "task_id": one.task_id or None,
            "account": one.account or None,
            "fault": one.fault or None,
            "verdict": one.verdict,
        }


def _json(text: bytes) -> Any:
    """Return what a body holds; None for one that was too long to be kept."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
