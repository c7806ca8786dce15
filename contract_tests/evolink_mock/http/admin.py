"""The admin API below `/_mock/`, which inspects and controls the mock. It requires no API key."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from evolink_mock.controller import Controller, InvalidOperationError
from evolink_mock.http.access import AccessControl, RequestHandler
from evolink_mock.http.bodies import (
    BodyTooLargeError,
    file_response,
    json_response,
    parse_json,
    read_body,
)
from evolink_mock.media.result_videos import ResultsRemovedError
from evolink_mock.notices import NOTICES
from evolink_mock.settings import scenarios

MAX_BODY_BYTES = 1024 * 1024
# The most items of one response; a response with 100,000 tasks would delay all other requests by seconds.
MAX_ITEMS = 1_000
# Videos are rendered one after the other, also for clients that have hung up.
MAX_WAITING_FOR_RESULTS = 500

# The query parameters of endpoints that have any. Others are rejected, because a misspelled one would go unnoticed.
QUERY_PARAMETERS = {
    "/_mock/tasks": {"limit"},
    "/_mock/exchanges": {"limit", "task_id"},
    "/_mock/deliveries": {"limit", "task_id"},
}


class AdminApi:
    """The endpoints of the admin API.

    Args:
        controller: inspects and controls the mock.
        access: decides who may use the endpoints.

    Attributes:
        routes: their routes.
    """

    def __init__(self, controller: Controller, access: AccessControl) -> None:
        self._controller = controller
        self._waiting_for_results = 0
        routes: list[tuple[str, RequestHandler, list[str]]] = [
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
        ]
        self.routes = [
            Route(path, access.protect(_strict(handler, QUERY_PARAMETERS.get(path, set()))), methods=methods)
            for path, handler, methods in routes
        ]
        self.routes.append(Route("/_mock/results/{name}", access.protect_link(self._result), methods=["GET"]))

    async def _state(self, _: Request) -> Response:
        return json_response(200, self._controller.state())

    async def _tasks(self, request: Request) -> Response:
        return json_response(200, {"tasks": self._controller.tasks(_limit(request, 50))})

    async def _task(self, request: Request) -> Response:
        task = self._controller.task(request.path_params["task_id"])
        return self._not_found() if task is None else json_response(200, task)

    async def _act(self, request: Request) -> Response:
        task_id, action = request.path_params["task_id"], request.path_params["action"]
        body = await self._read_object(request, {"code"} if action == "fail" else set())
        match action:
            case "complete" | "cancel" | "redeliver":
                getattr(self._controller, action)(task_id)
            case "fail":
                self._controller.fail(task_id, str(body.get("code", "unknown_error")))
            case _:
                return self._not_found("The actions on a task are complete, fail, cancel and redeliver.")
        return await self._task(request)

    async def _exchanges(self, request: Request) -> Response:
        limit = _limit(request, 100)
        return json_response(200, {"exchanges": self._controller.exchanges(limit, request.query_params.get("task_id"))})

    async def _deliveries(self, request: Request) -> Response:
        limit, deliveries = _limit(request, MAX_ITEMS), self._controller.deliveries(request.query_params.get("task_id"))
        return json_response(200, {"deliveries": deliveries[max(0, len(deliveries) - limit) :]})

    async def _bill(self, request: Request) -> Response:
        tasks = self._controller.current_state.tasks
        task = tasks.find(request.path_params["task_id"])
        return self._not_found() if task is None else json_response(200, tasks.bill(task))

    async def _clock(self, request: Request) -> Response:
        body = await self._read_object(request, {"advance"})
        seconds = body.get("advance")
        if isinstance(seconds, bool) or not isinstance(seconds, int | float):
            raise InvalidOperationError('advance must be a number of seconds, for example {"advance": 60}')
        self._controller.advance(seconds)
        return await self._state(request)

    async def _reset(self, request: Request) -> Response:
        body = await self._read_object(request, {"scenario"})
        scenario = body.get("scenario")
        if not (scenario is None or isinstance(scenario, str)):
            raise InvalidOperationError("scenario must be a string")
        await self._controller.reset(scenario)
        return await self._state(request)

    async def _scenarios(self, _: Request) -> Response:
        return json_response(200, {"scenarios": scenarios()})

    async def _faults(self, request: Request) -> Response:
        if request.method == "POST":
            return json_response(201, self._controller.add_fault(await self._read_object(request)))
        if request.method == "DELETE":
            await self._read_object(request, set())
            self._controller.remove_faults()
        return json_response(200, {"faults": self._controller.faults()})

    async def _fault(self, request: Request) -> Response:
        await self._read_object(request, set())
        self._controller.remove_faults(request.path_params["rule_id"])
        return json_response(200, {"faults": self._controller.faults()})

    async def _result(self, request: Request) -> Response:
        state = self._controller.current_state
        task = state.tasks.find(request.path_params["name"].removesuffix(".mp4"))
        if task is None or state.tasks.body(task)["status"] != "completed":
            return self._not_found("No such result.")
        if self._waiting_for_results >= MAX_WAITING_FOR_RESULTS:
            message = f"{MAX_WAITING_FOR_RESULTS} requests wait for a result video, which is the limit."
            NOTICES.warn(message)
            return json_response(503, {"error": {"code": 503, "message": message, "type": "server_error"}})
        self._waiting_for_results += 1
        try:
            path = await state.results.path(task.spec.video)
        except ResultsRemovedError:
            return self._not_found("The mock was reset.")
        finally:
            self._waiting_for_results -= 1
        return file_response(request, path, "video/mp4")

    def _not_found(self, message: str = "The task does not exist.") -> Response:
        error = self._controller.current_state.contract.errors.not_found(message)
        return json_response(error.status, error.body)

    async def _read_object(self, request: Request, known: set[str] | None = None) -> dict[str, Any]:
        """Read the JSON object in a request body; an empty body counts as an empty object.

        Raises:
            InvalidOperationError: the body is not a JSON object, or has members that are not in `known`.
        """
        try:
            content = await read_body(request, MAX_BODY_BYTES)
            body: dict[str, Any] = parse_json(content) if content.strip() else {}
        except (BodyTooLargeError, ValueError):
            raise InvalidOperationError("the body must be a JSON object") from None
        if not isinstance(body, dict):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InvalidOperationError("the body must be a JSON object")
        if known is not None and body.keys() - known:
            raise InvalidOperationError(f"the body may only have these members: {', '.join(sorted(known)) or 'none'}")
        return body


def _strict(handler: RequestHandler, names: set[str]) -> RequestHandler:
    """Wrap a handler to reject query parameters that are not in `names`."""

    async def checked(request: Request) -> Response:
        if request.query_params.keys() - names:
            raise InvalidOperationError(f"the query may only have: {', '.join(sorted(names)) or 'nothing'}")
        return await handler(request)

    return checked


async def bad_request(request: Request, exception: Exception) -> Response:
    """Return a 400 with the message of an exception, in the documented format."""
    del request
    error = {"code": 400, "message": str(exception), "type": "invalid_request_error"}
    return json_response(400, {"error": error})


def _limit(request: Request, default: int) -> int:
    text = request.query_params.get("limit", str(default))
    if not (text.isascii() and text.isdecimal() and len(text) < 7 and int(text) <= MAX_ITEMS):
        raise InvalidOperationError(f"limit must be a number from 0 to {MAX_ITEMS}")
    return int(text)
