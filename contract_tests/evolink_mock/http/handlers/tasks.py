"""The documented operations on tasks and credits."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.responses import Response

from evolink_mock.contract.contract import CREATE, GET_TASK
from evolink_mock.domain.billing import Charge
from evolink_mock.domain.tasks import Outcome, Task, TaskSpec
from evolink_mock.http.bodies import TooLargeError, content, content_type, json_answer, origin, parsed
from evolink_mock.http.endpoint import MAX_BODY_BYTES, Call
from evolink_mock.http.prefer import Preferences
from evolink_mock.media.inspection import inspect_file
from evolink_mock.media.result_videos import Video
from evolink_mock.state import State

# What the paths of tasks begin with.
TASKS = GET_TASK[0].partition("{")[0]
# Documented for a key whose credits are not limited, and without meaning.
UNLIMITED = 99999.9999
# The length of a request that leaves it open is ours: no default is documented, 5 is every example.
DEFAULT_SECONDS = 5
# How much of a prompt a title card shows.
MAX_PROMPT = 300
# Where a longer URL leads to is not looked at: tasks are kept by the thousands.
MAX_URL = 8_000


async def create(call: Call) -> Response:
    """Start a task."""
    world = call.world
    model, body = world.contract.check_create(await _json_body(call))
    order = _order(call, model, body)
    if not call.account.can_reserve(order.reserved):
        raise world.contract.refusal(CREATE, 402)
    task = world.tasks.create(order)
    call.exchange.task_id = task.id
    if order.held:
        world.start(_looked_at(world, task, body, call.wishes))
    return json_answer(200, world.tasks.created_body(task))


async def get_task(call: Call) -> Response:
    """Tell how a task stands."""
    task_id = call.request.scope["path"].removeprefix(TASKS)
    call.world.contract.check_task_id(task_id)
    body = call.world.tasks.read(task_id)
    if body is None:
        raise call.world.contract.refusal(GET_TASK, 404)
    call.exchange.task_id = task_id
    return json_answer(200, body)


async def get_credits(call: Call) -> Response:
    """Tell what is left to spend."""
    account = call.account
    used, limited = round(account.used, 4), account.balance is not None
    remaining = account.remaining if limited else UNLIMITED
    token = {"remaining_credits": remaining, "used_credits": used, "unlimited_credits": not limited}
    user = {"remaining_credits": account.remaining, "used_credits": used}
    return json_answer(200, {"success": True, "message": "", "data": {"token": token, "user": user}})


async def _json_body(call: Call) -> Any:
    contract = call.world.contract
    if content_type(call.request) != "application/json":
        raise contract.refusal(CREATE, 415, message="The content type must be application/json.")
    try:
        return parsed(await content(call.request, MAX_BODY_BYTES))
    except TooLargeError:
        advice = f"send at most {MAX_BODY_BYTES} bytes, and media as URLs"
        raise contract.refusal(CREATE, 413, {"connection": "close"}, fallback_suggestion=advice) from None
    except ValueError:
        raise contract.invalid_request("The request body is no valid JSON in UTF-8.") from None


def _order(call: Call, model: str, body: dict[str, Any]) -> TaskSpec:
    """Return what a valid request asks for.

    Raises:
        Refusal: 400, when the caller tells the lengths of other files than the request names.
    """
    settings, wished = call.world.settings, call.wishes
    return TaskSpec(
        model,
        _video(call.world, body),
        _charge(call.world, body, wished),
        call.account,
        wished.pace or settings.paces.get(model, settings.pace),
        wished.outcome or settings.outcome,
        body.get("callback_url"),
        origin(call.request),
        held=settings.check_media,
    )


def _video(world: State, body: dict[str, Any]) -> Video:
    """Return the video of a valid request; what it leaves open takes the documented default, else ours."""
    model = body["model"]
    seconds, ratio = world.contract.asked(body, "duration"), world.contract.asked(body, "aspect_ratio")
    media = {
        limits["kind"]: body[field][0]
        for field, limits in world.contract.media(model).items()
        if body.get(field) and len(body[field][0]) <= MAX_URL
    }
    return Video(
        seconds=int(seconds) if isinstance(seconds, int | float) and seconds >= 1 else DEFAULT_SECONDS,
        aspect_ratio=None if ratio is None else str(ratio),
        quality=str(world.contract.asked(body, "quality") or Video().quality),
        audio=world.contract.asked(body, "generate_audio") is True,
        model=model,
        prompt=str(body.get("prompt", ""))[:MAX_PROMPT],
        image=media.get("image"),
        footage=media.get("video"),
    )


async def _looked_at(world: State, task: Task, body: dict[str, Any], wished: Preferences) -> None:
    """Look at the files that the request of a task names, and let it go its way, or fail for the first that is unfit.

    A video that tells its length is charged by it, unless the caller has told another.
    """
    charge = task.charge
    try:
        looks = await asyncio.gather(
            *(
                inspect_file(url, limits, f"{field}[{index}]", world.media)
                for field, limits in world.contract.media(task.order.model).items()
                for index, url in enumerate(body.get(field, ()))
            )
        )
        violations = [violation for found in looks for violation in found.violations]
        if violations:
            told = "\n".join(violation.message for violation in violations)
            world.tasks.end(task, Outcome("failed", violations[0].code, told))
        lengths = [found.seconds for found in looks if found.seconds is not None]
        if len(lengths) == len(looks) and wished.input_seconds is None:
            rules = world.contract.billing(task.order.model)
            charge = charge._replace(input_seconds=rules.input_seconds(lengths) if rules.input_field else 0)
    finally:
        world.tasks.release(task, charge)


def _charge(world: State, body: dict[str, Any], wished: Preferences) -> Charge:
    rules = world.contract.billing(body["model"])
    seconds = body.get(rules.reserved_from, DEFAULT_SECONDS)
    lengths = wished.input_seconds or ()
    if lengths and len(lengths) != len(body.get(rules.input_field, ()) if rules.input_field else ()):
        count = f"as many numbers as {rules.input_field}" if rules.input_field else "no numbers for this model"
        raise world.contract.invalid_request(f"Prefer: input-seconds must have {count}.", "Prefer")
    return Charge(seconds, rules.input_seconds(lengths), world.contract.rate(body))
