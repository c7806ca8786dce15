"""The operations below `/_mock/`: what programs see of the mock, and do to it. They are ours, and need no key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from evolink_mock.controller import Controller, InvalidOperationError
from evolink_mock.http.bodies import TooLargeError, content, file_answer, is_cross_site, json_answer, parsed
from evolink_mock.media.result_videos import ForgottenError
from evolink_mock.settings import scenarios

MAX_BODY_BYTES = 1024 * 1024

Endpoint = Callable[[Request], Awaitable[Response]]


class Admin:
    """What is served below `/_mock/`.

    Attributes:
        routes: where.
    """

    def __init__(self, sandbox: Controller) -> None:
        self._sandbox = sandbox
        routes: list[tuple[str, Endpoint, list[str]]] = [
            ("/_mock/state", self._state, ["GET"]),
            ("/_mock/tasks", self._tasks, ["GET"]),
            ("/_mock/tasks/{task_id}", self._task, ["GET"]),
            ("/_mock/tasks/{task_id}/{action:str}", self._act, ["POST"]),
            ("/_mock/exchanges", self._exchanges, ["GET"]),
            ("/_mock/deliveries", self._deliveries, ["GET"]),
            ("/_mock/billing/{task_id}", self._bill, ["GET"]),
            ("/_mock/clock", self._clock, ["POST"]),
            ("/_mock/reset", self._reset, ["POST"]),
            ("/_mock/scenarios", self._scenarios, ["GET"]),
            ("/_mock/faults", self._faults, ["GET", "POST", "DELETE"]),
            ("/_mock/faults/{rule_id:int}", self._fault, ["DELETE"]),
            ("/_mock/results/{name}", self._result, ["GET"]),
        ]
        self.routes = [Route(path, same_site(endpoint), methods=methods) for path, endpoint, methods in routes]

    async def _state(self, _: Request) -> Response:
        return json_answer(200, self._sandbox.state())

    async def _tasks(self, request: Request) -> Response:
        return json_answer(200, {"tasks": self._sandbox.tasks(_limit(request, 50))})

    async def _task(self, request: Request) -> Response:
        task = self._sandbox.task(request.path_params["task_id"])
        return self._nothing() if task is None else json_answer(200, task)

    async def _act(self, request: Request) -> Response:
        task_id, action = request.path_params["task_id"], request.path_params["action"]
        told = await self._told(request, {"code"} if action == "fail" else set())
        match action:
            case "complete" | "cancel" | "redeliver":
                getattr(self._sandbox, action)(task_id)
            case "fail":
                self._sandbox.fail(task_id, str(told.get("code", "unknown_error")))
            case _:
                return self._nothing("a task can be told to complete, fail, cancel, redeliver")
        return await self._task(request)

    async def _exchanges(self, request: Request) -> Response:
        limit = _limit(request, 100)
        return json_answer(200, {"exchanges": self._sandbox.exchanges(limit, request.query_params.get("task_id"))})

    async def _deliveries(self, request: Request) -> Response:
        return json_answer(200, {"deliveries": self._sandbox.deliveries(request.query_params.get("task_id"))})

    async def _bill(self, request: Request) -> Response:
        tasks = self._sandbox.world.tasks
        task = tasks.find(request.path_params["task_id"])
        return self._nothing() if task is None else json_answer(200, tasks.bill(task))

    async def _clock(self, request: Request) -> Response:
        told = await self._told(request, {"advance"})
        seconds = told.get("advance")
        if isinstance(seconds, bool) or not isinstance(seconds, int | float):
            raise InvalidOperationError('advance must be a number of seconds, as in {"advance": 60}')
        self._sandbox.advance(seconds)
        return await self._state(request)

    async def _reset(self, request: Request) -> Response:
        told = await self._told(request, {"scenario"})
        scenario = told.get("scenario")
        if not (scenario is None or isinstance(scenario, str)):
            raise InvalidOperationError("scenario must be a name")
        await self._sandbox.reset(scenario)
        return await self._state(request)

    async def _scenarios(self, _: Request) -> Response:
        return json_answer(200, {"scenarios": scenarios()})

    async def _faults(self, request: Request) -> Response:
        if request.method == "POST":
            return json_answer(201, self._sandbox.add_fault(await self._told(request)))
        if request.method == "DELETE":
            self._sandbox.remove_faults()
        return json_answer(200, {"faults": self._sandbox.faults()})

    async def _fault(self, request: Request) -> Response:
        self._sandbox.remove_faults(request.path_params["rule_id"])
        return json_answer(200, {"faults": self._sandbox.faults()})

    async def _result(self, request: Request) -> Response:
        world = self._sandbox.world
        task = world.tasks.find(request.path_params["name"].removesuffix(".mp4"))
        if task is None or world.tasks.body(task)["status"] != "completed":
            return self._nothing("No such result.")
        try:
            path = await world.results.path(task.order.video)
        except ForgottenError:
            return self._nothing("The mock was reset.")
        return file_answer(request, path, "video/mp4")

    def _nothing(self, message: str = "There is no such task.") -> Response:
        refusal = self._sandbox.world.contract.no_such_path(message)
        return json_answer(refusal.status, refusal.body)

    async def _told(self, request: Request, known: set[str] | None = None) -> dict[str, Any]:
        """Return the JSON object that a request holds, empty when it holds nothing.

        Raises:
            InvalidOperationError: it is no JSON object, or has members that are not known.
        """
        try:
            text = await content(request, MAX_BODY_BYTES)
            told: dict[str, Any] = parsed(text) if text.strip() else {}
        except (TooLargeError, ValueError):
            raise InvalidOperationError("the body must be a JSON object") from None
        if not isinstance(told, dict):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InvalidOperationError("the body must be a JSON object")
        if known is not None and told.keys() - known:
            raise InvalidOperationError(f"the body may have these members alone: {', '.join(sorted(known)) or 'none'}")
        return told


def same_site(endpoint: Endpoint) -> Endpoint:
    """Return an endpoint that takes no orders of pages of other sites that a browser shows meanwhile."""

    async def checked(request: Request) -> Response:
        if request.method not in {"GET", "HEAD"} and is_cross_site(request):
            message = "The mock takes no orders of other sites' pages."
            return json_answer(403, {"error": {"code": 403, "message": message, "type": "permission_error"}})
        return await endpoint(request)

    return checked


async def refused(request: Request, exception: Exception) -> Response:
    """Answer for what cannot be done, in the documented shape of a refusal."""
    del request
    error = {"code": 400, "message": str(exception), "type": "invalid_request_error"}
    return json_answer(400, {"error": error})


def _limit(request: Request, usual: int) -> int:
    text = request.query_params.get("limit", str(usual))
    if not (text.isdecimal() and len(text) < 7):
        raise InvalidOperationError("limit must be a number")
    return int(text)
