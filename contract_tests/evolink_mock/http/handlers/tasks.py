"""Handlers of the documented operations on tasks and credits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from starlette.responses import Response

from evolink_mock.contract.compiled_contract import Model
from evolink_mock.domain.billing import BillingRules, Lengths
from evolink_mock.domain.idempotency import KEY_PATTERN, KeyConflictError
from evolink_mock.domain.task_references import find_source
from evolink_mock.domain.tasks import Outcome, Task, TaskSpec
from evolink_mock.http.bodies import json_response
from evolink_mock.http.endpoint import OperationContext
from evolink_mock.media.inspection import inspect_files
from evolink_mock.media.result_videos import Video

# The documented balance of a key without a credit limit. The number has no meaning.
UNLIMITED = 99999.9999
# The number of characters of a prompt that a title card shows.
MAX_PROMPT = 300
# Longer URLs are not kept as the source of a result video: thousands of tasks are in memory.
MAX_URL = 8_000


def create(context: OperationContext, content: bytes) -> Response:
    """Create a task."""
    state = context.state
    model, body = state.contract.check_create(context.parse_json(content))
    key = _idempotency_key(context)
    if key is not None and (earlier := _find_earlier(context, key, body)) is not None:
        context.exchange.task_id = earlier.id
        return json_response(200, state.tasks.created_body(earlier), {"idempotency-replayed": "true"})
    spec = _task_spec(context, model, body)
    if context.preferences.fault.response and spec.callback_url is None:
        raise context.invalid_request("Prefer: response has no effect without a callback_url.", "Prefer")
    if not context.account.can_reserve(spec.reserved):
        raise context.error(402)
    task = state.tasks.create(spec)
    context.exchange.task_id = task.id
    if key is not None:
        state.idempotency_keys.remember(context.account.name, key, body, task)
    if spec.held:
        state.background.start(_check_media(context, task, model, body))
    return json_response(200, state.tasks.created_body(task))


def get_task(context: OperationContext, _: bytes) -> Response:
    """Return the status of a task."""
    state = context.state
    task_id: str = context.scope["path"].removeprefix(context.operation.prefix)
    state.contract.check_task_id(task_id)
    body = state.tasks.read(task_id)
    if body is None:
        raise context.error(404)
    context.exchange.task_id = task_id
    return json_response(200, body)


def get_credits(context: OperationContext, _: bytes) -> Response:
    """Return the credits of the account."""
    account = context.account
    used, limited = round(account.used, 4), account.balance is not None
    remaining = account.remaining if limited else UNLIMITED
    token = {"remaining_credits": remaining, "used_credits": used, "unlimited_credits": not limited}
    user = {"remaining_credits": account.remaining, "used_credits": used}
    return json_response(200, {"success": True, "message": "", "data": {"token": token, "user": user}})


def _idempotency_key(context: OperationContext) -> str | None:
    """Return the idempotency key of a request; None without one.

    Raises:
        ErrorResponse: 400, the key does not have the form of the keys that EvoLink's own clients send.
    """
    keys = context.header_list(b"idempotency-key")
    if not keys:
        return None
    if len(keys) > 1 or not KEY_PATTERN.fullmatch(keys[0]):
        message = "Idempotency-Key must have 16 to 96 letters, digits, points, dashes or underscores."
        raise context.invalid_request(message, "Idempotency-Key")
    return keys[0]


def _find_earlier(context: OperationContext, key: str, body: dict[str, Any]) -> Task | None:
    """Return the task that an earlier create with this key has created; None without one.

    Raises:
        ErrorResponse: 409, the earlier create had another request.
    """
    try:
        return context.state.idempotency_keys.find(context.account.name, key, body)
    except KeyConflictError:
        raise context.state.contract.errors.idempotency_conflict() from None


def _task_spec(context: OperationContext, model: Model, body: dict[str, Any]) -> TaskSpec:
    """Return the specification of the task that a valid request creates.

    Raises:
        ErrorResponse: 400, if the preference `input-seconds` does not fit the files in the request.
    """
    settings, preferences = context.state.settings, context.preferences
    failed = model.failure(body)
    failure = None if failed is None else Outcome("failed", *failed)
    rules, lengths = _billing_rules(context, model), _input_lengths(context, model, body)
    reserved = rules.reserved_seconds(body, model.defaults, lengths)
    video = _video(model, body, rules.produced_seconds(body, model.defaults, lengths))
    draft_ends: float | None = None
    for field, reference in model.references.items():
        if field in body:
            source, unusable = find_source(context.state.tasks, context.account, body[field], reference)
            failure = failure or unusable
            if source is not None:
                video = source.spec.video._replace(model=model.id, quality=video.quality)
                reserved = video.seconds
                draft_ends = context.state.tasks.draft_ends(source)
    return TaskSpec(
        model.id,
        video,
        rules.charge(reserved, body, model.defaults, lengths),
        context.account,
        preferences.pace or settings.pace_of(model.id),
        preferences.outcome or failure or settings.outcome,
        body.get("callback_url"),
        context.origin,
        held=settings.check_media,
        shape=model.shape,
        draft=model.value(body, "draft") is True,
        draft_ends=draft_ends,
    )


def _video(model: Model, body: dict[str, Any], seconds: int) -> Video:
    """Return the video for a valid request; an absent field has its documented default, or else one chosen here."""
    ratio = model.value(body, "aspect_ratio")
    sources: dict[Any, str] = {}
    for source in model.sources(body):
        if len(source.url) <= MAX_URL:
            sources.setdefault(str(source.limits.get("kind")), source.url)
    return Video(
        seconds=seconds,
        aspect_ratio=None if ratio is None else str(ratio),
        quality=str(model.value(body, "quality") or Video().quality),
        audio=model.value(body, "generate_audio") is True,
        model=model.id,
        prompt=str(body.get("prompt", ""))[:MAX_PROMPT],
        image=sources.get("image"),
        footage=sources.get("video"),
    )


def _billing_rules(context: OperationContext, model: Model) -> BillingRules:
    return model.billing if context.state.settings.has_prices else model.billing_without_price


def _input_lengths(context: OperationContext, model: Model, body: dict[str, Any]) -> Lengths:
    """Return the seconds of each billed input file, by the preference `input-seconds`; empty without it.

    Raises:
        ErrorResponse: 400, the preference does not fit the files in the request.
    """
    lengths = context.preferences.input_seconds
    if lengths is None:
        return {}
    fields = _billing_rules(context, model).files
    billed = [source.field for source in model.sources(body) if source.field in fields]
    if len(lengths) != len(billed):
        count = f"as many numbers as {' and '.join(sorted(fields))}" if fields else "no numbers for this model"
        raise context.invalid_request(f"Prefer: input-seconds must have {count}.", "Prefer")
    return _by_field(billed, lengths)


def _by_field(fields: Iterable[str], lengths: Iterable[float]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for field, seconds in zip(fields, lengths, strict=True):
        found.setdefault(field, []).append(seconds)
    return found


async def _check_media(context: OperationContext, task: Task, model: Model, body: dict[str, Any]) -> None:
    """Inspect the files that a request names, then release its task, which fails if a file violates the contract.

    The measured lengths of videos determine the charge, unless the preference `input-seconds` did.
    """
    state, charge = context.state, task.charge
    sources = model.sources(body)
    try:
        inspections = await inspect_files(sources, model, body, state.media)
        violations = [violation for one in inspections for violation in one.violations]
        if violations:
            message = "\n".join(violation.message for violation in violations)
            state.tasks.end(task, Outcome("failed", violations[0].code, message))
        rules = _billing_rules(context, model)
        found = zip(sources, inspections, strict=False)
        billed = [(source.field, one.seconds) for source, one in found if source.field in rules.files]
        measured = [seconds for _, seconds in billed if seconds is not None]
        if len(measured) == len(billed) and context.preferences.input_seconds is None:
            lengths = _by_field([field for field, _ in billed], measured)
            seconds = rules.produced_seconds(body, model.defaults, lengths)
            task.spec = task.spec._replace(video=task.spec.video._replace(seconds=seconds))
            charge = rules.measured(charge, seconds, lengths, rules.other_seconds(body, model.defaults, lengths))
    finally:
        state.tasks.release(task, charge)
