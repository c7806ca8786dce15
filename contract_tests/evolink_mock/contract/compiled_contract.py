"""The contract that the mock follows: look-ups, and validation of requests with compiled validators."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple, cast

import jsonschema_rs

from evolink_mock.contract.error_bodies import ErrorBodies
from evolink_mock.contract.operations import CREATE, GET_TASK, UPLOADS, read_operations, resolve
from evolink_mock.domain.billing import BillingRules
from evolink_mock.domain.delivery import DeliveryRules
from evolink_mock.text import one_line

_KINDS = jsonschema_rs.ValidationErrorKind
_EXCERPT_LENGTH = 60


class Violation(NamedTuple):
    """A violation of the contract by a request.

    Attributes:
        field: the invalid field.
        keyword: the violated keyword of the contract, followed by an index if it is a `not` with several schemas.
        message: a description without the value.
    """

    field: str
    keyword: str
    message: str


class Model:
    """A documented model: its schema and what the mock derives from it.

    Attributes:
        id: the model id.
        billing: how tasks of this model are charged.
        media: the request fields that contain file URLs, each with its `x-media`.
        validator: validates requests for this model.
    """

    def __init__(self, model_id: str, schema: dict[str, Any], validator: jsonschema_rs.Draft202012Validator) -> None:
        fields: dict[str, dict[str, Any]] = schema["properties"]
        self.id = model_id
        self.validator = validator
        self.billing = BillingRules.parse(schema["x-billing"])
        self.media = {name: field["x-media"] for name, field in fields.items() if "x-media" in field}
        self._fields = fields.keys()
        self._defaults = {name: field["default"] for name, field in fields.items() if "default" in field}

    def value(self, request: dict[str, Any], field: str) -> Any:
        """Return a field of a valid request, or its documented default if it is absent.

        None for a field without a default, and for a field that this model does not have: such a field has no meaning.
        """
        return request.get(field, self._defaults.get(field)) if field in self._fields else None

    def rate(self, request: dict[str, Any]) -> float:
        """Return the credits that each second of a valid request costs."""
        return self.billing.rate(request, self._defaults)


class Contract:
    """A bundled contract with compiled validators.

    Attributes:
        document: the bundled contract as JSON.
        operations: the operations that the mock serves, by operation id.
        errors: builds the documented error responses.
        models: the documented models by id.
    """

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self._schemas: dict[str, dict[str, Any]] = document["components"]["schemas"]
        self.operations = read_operations(document)
        self.errors = ErrorBodies(self.operations)
        create = resolve(document, self.operations[CREATE].request_content["application/json"]["schema"])
        references: dict[str, str] = create["discriminator"]["mapping"]
        self.models = {
            model: Model(model, resolve(document, {"$ref": reference}), self._validator(reference))
            for model, reference in references.items()
        }
        self._task_id = self._validator_of(self.operations[GET_TASK].parameters["task_id"]["schema"])
        self._uploads = {operation: self._validator_of(self._upload_schema(operation)) for operation in UPLOADS}

    @property
    def delivery(self) -> DeliveryRules:
        """The delivery rules of callbacks, which are the same for all models."""
        rules = self._schemas["CallbackUrl"]["x-delivery"]
        return DeliveryRules(rules["timeout-seconds"], tuple(rules["retry-after-seconds"]))

    @property
    def outcomes(self) -> list[str]:
        """The final statuses of a task; each triggers a callback."""
        statuses: list[str] = self._schemas["CallbackUrl"]["x-delivery"]["on"]
        return statuses

    @property
    def sample(self) -> dict[str, Any]:
        """The documented example of a create response."""
        response = self.operations[CREATE].responses["200"]
        sample: dict[str, Any] = response["content"]["application/json"]["example"]
        return sample

    @property
    def task_error_codes(self) -> list[str]:
        """The documented error codes of a failed task."""
        codes: list[str] = self._schemas["TaskErrorCode"]["enum"]
        return codes

    @property
    def max_upload_bytes(self) -> int:
        """The maximum size of an uploaded file."""
        limit: int = self._upload_limits["max-bytes"]
        return limit

    @property
    def upload_kinds(self) -> list[str]:
        """The kinds of files that can be uploaded, such as `image`."""
        kinds: list[str] = self._upload_limits["kind"]
        return kinds

    @property
    def upload_seconds(self) -> int:
        """The seconds for which an uploaded file is kept."""
        seconds: int = self._schemas["UploadedFile"]["properties"]["file_url"]["x-valid-seconds"]
        return seconds

    @property
    def _upload_limits(self) -> dict[str, Any]:
        limits: dict[str, Any] = self._schemas["UploadStreamRequest"]["properties"]["file"]["x-media"]
        return limits

    def check_create(self, body: Any) -> tuple[Model, dict[str, Any]]:
        """Validate the body of a create, a parsed JSON value, and return its model and the body.

        Raises:
            ErrorResponse: 400 or 404; its `param` is the invalid field, if there is one.
        """
        model, request = self.find_model(body)
        try:
            model.validator.validate(request)  # stops at the first error: a long list may have a million
        except jsonschema_rs.ValidationError as error:
            field = _field(error)
            raise self.errors.invalid_request(f"{field}: {self._reason(error)}", field) from None
        return model, request

    def find_model(self, body: Any) -> tuple[Model, dict[str, Any]]:
        """Return the model that the body of a create names, and the body, without validating other fields.

        Raises:
            ErrorResponse: 400 or 404; the model is missing or unknown, or the validator cannot process the body.
        """
        if not isinstance(body, dict):
            raise self.errors.invalid_request("The request body must be a JSON object.")
        request = cast("dict[str, Any]", body)
        model_id = request.get("model")
        if not isinstance(model_id, str):
            reason = "must be a string" if "model" in request else "is required"
            raise self.errors.invalid_request(f"model {reason}: one of {', '.join(self.models)}.", "model")
        model = self.models.get(model_id)
        if model is None:
            message = f"Model {one_line(model_id, _EXCERPT_LENGTH)} not found."
            raise self.errors.documented(CREATE, 404, message=message, fallback_suggestion=", ".join(self.models))
        for field, value in () if _can_validate(request) else request.items():
            if not _can_validate({field: value}):
                name = one_line(field, _EXCERPT_LENGTH)
                raise self.errors.invalid_request(f"{name}: contains invalid Unicode, or is nested too deeply.", name)
        return model, request

    def find_violations(self, model: Model, request: dict[str, Any]) -> Iterator[Violation]:
        """Yield every violation in a request that `find_model` accepts."""
        return map(self._violation, model.validator.iter_errors(request))

    def check_upload(self, operation: str, body: Any) -> dict[str, Any]:
        """Validate the body of an upload, a parsed JSON value, and return it.

        Raises:
            ErrorResponse: 400.
        """
        if not _can_validate(body):
            message = "The request body contains invalid Unicode, or is nested too deeply."
            raise self.errors.invalid_request(message, operation=operation)
        error = next(self._uploads[operation].iter_errors(body), None)
        if error is not None:
            place = _field(error) or "the request body"
            raise self.errors.invalid_request(f"{place}: {self._reason(error)}", operation=operation)
        request: dict[str, Any] = body
        return request

    def check_task_id(self, task_id: str) -> None:
        """Check that a task id has the documented format.

        Raises:
            ErrorResponse: 400.
        """
        if not self._task_id.is_valid(task_id):
            raise self.errors.documented(GET_TASK, 400)

    def _upload_schema(self, operation: str) -> dict[str, Any]:
        [media] = self.operations[operation].request_content.values()
        schema: dict[str, Any] = media["schema"]
        return schema

    def _validator(self, reference: str) -> jsonschema_rs.Draft202012Validator:
        return self._validator_of({"$ref": reference})

    def _validator_of(self, schema: dict[str, Any]) -> jsonschema_rs.Draft202012Validator:
        # Masked, because a message must not contain a whole prompt.
        complete = {**schema, "components": {"schemas": self._schemas}}
        return jsonschema_rs.Draft202012Validator(complete, validate_formats=True, mask="the value")

    def _reason(self, error: jsonschema_rs.ValidationError) -> str:
        """Describe an error: for a pattern, with the description of its schema, which is easier to understand."""
        if isinstance(error.kind, _KINDS.Required):
            return "is required."
        if not isinstance(error.kind, _KINDS.Pattern | _KINDS.Not):
            return f"{error.message}."
        schema = self._at(error.schema_path[:-1])
        return f"the value does not match the documentation: {schema.get('description', 'see the contract.')}"

    def _violation(self, error: jsonschema_rs.ValidationError) -> Violation:
        """Convert a validation error; for a `not` with several schemas, find the one that the value matches."""
        field, keyword = _field(error), str(error.schema_path[-1])
        if isinstance(error.kind, _KINDS.Not):
            for index, schema in enumerate(self._at(error.schema_path).get("anyOf", [])):
                reference = "/".join(["#", *map(str, error.schema_path), "anyOf", str(index)])
                if self._validator(reference).is_valid(error.instance):
                    description = schema.get("description", "see the contract.")
                    return Violation(field, f"{keyword} {index}", f"{field}: the value is not allowed: {description}")
        return Violation(field, keyword, f"{field}: {self._reason(error)}")

    def _at(self, path: list[str | int]) -> Any:
        node: Any = self.document
        for token in path:
            node = node[token]
        return node


@cache
def packaged_contract() -> Contract:
    """Return the contract in the installed package `evolink_client`."""
    name = "evolink_client"
    spec = find_spec(name)  # not imported, because it imports httpx
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    text = Path(spec.submodule_search_locations[0], "openapi.json").read_text(encoding="utf-8")
    return Contract(json.loads(text))


def _field(error: jsonschema_rs.ValidationError) -> str:
    path = list(error.instance_path)
    if isinstance(error.kind, _KINDS.Required):
        path.append(error.kind.property)
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


def _can_validate(value: Any) -> bool:
    """Return whether the validator can process a JSON value: it fails on lone surrogates, which JSON can express."""
    try:
        if "\\ud" not in repr(value):  # `repr` escapes every surrogate; this takes a third of the time of encoding
            return True
        json.dumps(value, ensure_ascii=False).encode()
    except (UnicodeEncodeError, RecursionError):
        return False
    return True
