"""Mocks that read requests wrongly: bodies of creates, content types, methods and ids."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from starlette.types import Scope

from evolink_mock.contract.compiled_contract import Contract, Model, compile_schema
from evolink_mock.contract.cross_fields import broken_rule
from evolink_mock.contract.error_bodies import ErrorResponse
from mutation.behaviour import CREATE, CREDITS, TASKS, Original, changed_request, mutant, set_header

VALIDATE = "evolink_mock.contract.compiled_contract.Contract.check_create"

NO_EFFECT = {"error": {"code": 400, "message": "The field has no effect.", "type": "invalid_request_error"}}
UNKNOWN_FIELD = {"error": {"code": 400, "message": "made_up: is unknown.", "type": "invalid_request_error"}}

Fields = dict[str, Any]


def changed_body(name: str, *, breaks: str) -> Callable[[Callable[[Fields], None]], None]:
    """Declare a mutant that changes the body of a create before it validates the body.

    The decorated function gets a copy of the JSON object that a create sends, and changes it in place.
    """

    def declare(change: Callable[[Fields], None]) -> None:
        @mutant(name, breaks=breaks, replaces=VALIDATE)
        def _(original: Original, contract: object, body: object) -> Any:
            if not isinstance(body, dict):
                return original(contract, body)
            fields = {**cast("Fields", body)}
            change(fields)
            return original(contract, fields)

    return declare


@changed_body("prompts are measured in bytes", breaks="wan26.prompt.max-length")
def _(fields: Fields) -> None:
    prompt = fields.get("prompt")
    if isinstance(prompt, str) and not prompt.isascii():
        fields["prompt"] = "a" * len(prompt.encode("utf-8", "replace"))


@changed_body("prompts are measured in UTF-16 units", breaks="wan25.prompt.max-length")
def _(fields: Fields) -> None:
    prompt = fields.get("prompt")
    if isinstance(prompt, str) and not prompt.isascii():
        fields["prompt"] = "a" * (len(prompt.encode("utf-16-le", "replace")) // 2)


@changed_body("true is accepted as a number", breaks="wan26.duration.type")
def _(fields: Fields) -> None:
    if fields.get("duration") is True:
        fields["duration"] = 5


@changed_body("numbers are accepted as text", breaks="wan25.duration.type")
def _(fields: Fields) -> None:
    if fields.get("duration") == "5":
        fields["duration"] = 5


@changed_body("callback URLs are not checked", breaks="callback.url.not-172-16")
def _(fields: Fields) -> None:
    fields.pop("callback_url", None)


@changed_body("callback URLs may be unencrypted", breaks="callback.url.https-only")
def _(fields: Fields) -> None:
    if str(fields.get("callback_url")).startswith("http://"):
        fields.pop("callback_url")


@changed_body("long callback URLs are cut", breaks="callback.url.max-length")
def _(fields: Fields) -> None:
    if isinstance(fields.get("callback_url"), str):
        fields["callback_url"] = fields["callback_url"][:2048]


@changed_body("long prompts are cut", breaks="wan26.prompt.too-long")
def _(fields: Fields) -> None:
    if isinstance(fields.get("prompt"), str):
        fields["prompt"] = fields["prompt"][:1500]


@changed_body("a null counts as an absent field", breaks="wan26.quality.type")
def _(fields: Fields) -> None:
    for name in [name for name, value in fields.items() if value is None]:
        fields.pop(name)


@changed_body("text is trimmed", breaks="wan26.aspect_ratio.others")
def _(fields: Fields) -> None:
    fields.update({name: value.strip() for name, value in fields.items() if isinstance(value, str)})


@changed_body("the case of a model's name is ignored", breaks="wan25.model.value")
def _(fields: Fields) -> None:
    if isinstance(fields.get("model"), str):
        fields["model"] = fields["model"].lower()


@mutant("an unknown model counts as the first one", breaks="request.unknown-model", replaces=VALIDATE)
def _(original: Original, contract: Contract, body: object) -> Any:
    if not isinstance(body, dict):
        return original(contract, body)
    fields, known = cast("Fields", body), list(contract.models)
    unknown = isinstance(fields.get("model"), str) and fields["model"] not in known
    return original(contract, {**fields, "model": known[0]} if unknown else fields)


@mutant("unknown fields are refused", breaks="wan25.unknown-fields", replaces=VALIDATE)
def _(original: Original, contract: object, body: object) -> Any:
    model, fields = original(contract, body)
    if "made_up" in fields:
        raise ErrorResponse(400, UNKNOWN_FIELD)
    return model, fields


@mutant("the error names another field", breaks="wan26.quality.others", replaces=VALIDATE)
def _(original: Original, contract: object, body: object) -> Any:
    try:
        return original(contract, body)
    except ErrorResponse as error:
        error.body["error"]["param"] = "model"
        raise


@mutant(
    "rules on several fields are not enforced",
    breaks="*.references.too-many",
    replaces="evolink_mock.contract.compiled_contract.Model.find_error",
)
def _(original: Original, model: Model, request: Fields) -> Any:
    error = original(model, request)
    return None if error is None or broken_rule(error, model.schema) is not None else error


@mutant(
    "the refusal by a rule on several fields names another field",
    breaks="*.references.too-many",
    replaces="evolink_mock.contract.cross_fields.broken_rule",
)
def _(original: Original, error: object, schema: Fields) -> Any:
    rule = original(error, schema)
    return None if rule is None else rule._replace(field="model")


@mutant("a field without effect is refused", breaks="*.aspect_ratio.with-image-start", replaces=VALIDATE)
def _(original: Original, contract: object, body: object) -> Any:
    model, fields = original(contract, body)
    if any(compile_schema(entry["when"], {}).is_valid(fields) for entry in model.schema.get("x-ignored", ())):
        raise ErrorResponse(400, NO_EFFECT)
    return model, fields


@mutant("a long text is refused instead of cut", breaks="*.max-length.beyond", replaces=VALIDATE)
def _(original: Original, contract: object, body: object) -> Any:
    model, fields = original(contract, body)
    for name, schema in model.schema["properties"].items():
        if "x-cut-after" in schema and len(fields.get(name, "")) > schema["x-cut-after"]:
            raise ErrorResponse(400, NO_EFFECT)
    return model, fields


@mutant(
    "the form of task ids is not checked",
    breaks="task.query.id-form",
    replaces="evolink_mock.contract.compiled_contract.Contract.check_task_id",
)
def _(_: Original, __: object, task_id: str) -> None:
    """Accept every id."""
    del task_id


@changed_request("PUT counts as the documented method", breaks="error.405.method")
def _(scope: Scope) -> None:
    if scope["method"] == "PUT":
        scope["method"] = "GET" if scope["path"].startswith((TASKS, CREDITS)) else "POST"


@mutant(
    "a body may be 1024 times too large", breaks="error.413.size", replaces="evolink_mock.http.endpoint.MAX_BODY_BYTES"
)
def _(limit: int) -> int:
    return limit * 1024


@changed_request("a body may be of any type", breaks="error.415.content-type")
def _(scope: Scope) -> None:
    if scope["path"] == CREATE:
        set_header(scope, b"content-type", b"application/json")


@mutant("invalid JSON is a server error", breaks="request.json", replaces="evolink_mock.http.bodies.parse_json")
def _(original: Original, text: bytes) -> Any:
    try:
        return original(text)
    except ValueError as error:
        raise ArithmeticError(str(error)) from None
