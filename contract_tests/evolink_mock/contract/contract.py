"""What the mock knows of the API: read from the contract that `evolink_client` carries, and from nowhere else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple, cast

import jsonschema_rs

from evolink_mock.domain.billing import BillingRules

CREATE = ("/v1/videos/generations", "post")
GET_TASK = ("/v1/tasks/{task_id}", "get")
GET_CREDITS = ("/v1/credits", "get")
UPLOAD_STREAM = ("/api/v1/files/upload/stream", "post")
UPLOAD_BASE64 = ("/api/v1/files/upload/base64", "post")
UPLOAD_URL = ("/api/v1/files/upload/url", "post")

_KINDS = jsonschema_rs.ValidationErrorKind

Operation = tuple[str, str]
"""The path and method of an operation, as the contract writes them."""

UPLOADS: tuple[Operation, ...] = (UPLOAD_STREAM, UPLOAD_BASE64, UPLOAD_URL)
OPERATIONS: tuple[Operation, ...] = (CREATE, GET_TASK, GET_CREDITS, *UPLOADS)


class Refusal(Exception):  # noqa: N818 - it is an answer of the API, not an error of this program
    """An answer other than success, in the documented shape.

    Attributes:
        status: the HTTP status.
        body: the documented error body.
        headers: headers the answer needs besides.
    """

    def __init__(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        super().__init__(body)
        self.status = status
        self.body = body
        self.headers = headers or {}


class DeliveryRules(NamedTuple):
    """How a callback is delivered, as the contract's `x-delivery` says; times in seconds."""

    timeout: float
    retry_after: tuple[float, ...]


class Flaw(NamedTuple):
    """Something that is wrong with a request.

    Attributes:
        field: the field to blame.
        keyword: the keyword of the contract that the field breaks, with an index where several things are banned.
        message: what is wrong, without the value.
    """

    field: str
    keyword: str
    message: str


class Contract:
    """The strict contract, with one compiled validator for each documented model."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._schemas: dict[str, dict[str, Any]] = document["components"]["schemas"]
        schema = document["paths"][CREATE[0]][CREATE[1]]["requestBody"]["content"]["application/json"]["schema"]
        references: dict[str, str] = schema["discriminator"]["mapping"]
        self._models = {model: self._resolved({"$ref": reference}) for model, reference in references.items()}
        self._validators = {model: self._validator(reference) for model, reference in references.items()}
        self._billing = {model: BillingRules.of(schema["x-billing"]) for model, schema in self._models.items()}
        self._defaults = {
            model: {name: part["default"] for name, part in schema["properties"].items() if "default" in part}
            for model, schema in self._models.items()
        }
        self._media = {
            model: {name: field["x-media"] for name, field in schema["properties"].items() if "x-media" in field}
            for model, schema in self._models.items()
        }
        task_id = self._parameter_schema(GET_TASK, "task_id")
        self._task_id = self._validator(task_id["$ref"])
        self._refusals = {operation: self._samples(operation) for operation in OPERATIONS}
        self._ids: dict[Operation, str] = {
            operation: document["paths"][operation[0]][operation[1]]["operationId"] for operation in OPERATIONS
        }
        self._uploads = {operation: self._validator(self._upload_reference(operation)) for operation in UPLOADS}

    @property
    def document(self) -> dict[str, Any]:
        """The contract itself."""
        return self._document

    @property
    def models(self) -> list[str]:
        """The ids of the documented models."""
        return list(self._models)

    @property
    def delivery(self) -> DeliveryRules:
        """The delivery rules of callbacks, which all models share."""
        rules = self._schemas["CallbackUrl"]["x-delivery"]
        return DeliveryRules(rules["timeout-seconds"], tuple(rules["retry-after-seconds"]))

    @property
    def outcomes(self) -> list[str]:
        """The statuses that a task can end with, each of which is announced."""
        statuses: list[str] = self._schemas["CallbackUrl"]["x-delivery"]["on"]
        return statuses

    @property
    def sample(self) -> dict[str, Any]:
        """The documented answer to a create."""
        sample: dict[str, Any] = self._responses(CREATE)["200"]["content"]["application/json"]["example"]
        return sample

    def asked(self, request: dict[str, Any], field: str) -> Any:
        """Return a field of a valid request or, where it is absent, its documented default.

        None where there is neither, and where the field is not one of the model's: then it means nothing.
        """
        model = request["model"]
        known = field in self._models[model]["properties"]
        return request.get(field, self._defaults[model].get(field)) if known else None

    def media(self, model: str) -> dict[str, dict[str, Any]]:
        """Return the fields of a documented model that name files, each with the `x-media` these must keep to."""
        return self._media[model]

    def billing(self, model: str) -> BillingRules:
        """Return how tasks of a documented model are charged."""
        return self._billing[model]

    def rate(self, request: dict[str, Any]) -> float:
        """Return the credits that each second of a valid request costs."""
        model = request["model"]
        return self._billing[model].rate(request, self._defaults[model])

    def check_create(self, body: Any) -> tuple[str, dict[str, Any]]:
        """Return the id of the model that `body`, a parsed JSON value, asks for, and `body` itself.

        Raises:
            Refusal: 400 or 404, naming the field to blame where there is one.
        """
        model, request = self.addressed(body)
        try:
            self._validators[model].validate(request)  # to the first error, of which a long list may have a million
        except jsonschema_rs.ValidationError as error:
            field = _field(error)
            raise self.invalid_request(f"{field}: {self._reason(error)}", field) from None
        return model, request

    def addressed(self, body: Any) -> tuple[str, dict[str, Any]]:
        """Return the same of a body that names a model and can be looked into, whatever else is wrong with it.

        Raises:
            Refusal: as above.
        """
        if not isinstance(body, dict):
            raise self.invalid_request("The request body must be a JSON object.")
        request = cast("dict[str, Any]", body)
        model = request.get("model")
        if not isinstance(model, str):
            reason = "must be a string" if "model" in request else "is required"
            raise self.invalid_request(f"model {reason}: one of {', '.join(self.models)}.", "model")
        if model not in self._models:
            raise self.refusal(
                CREATE, 404, message=f"Model {_excerpt(model)} not found.", fallback_suggestion=", ".join(self.models)
            )
        for field, value in () if _is_text(request) else request.items():
            if not _is_text({field: value}):
                name = _excerpt(field)
                raise self.invalid_request(f"{name}: holds text that is not Unicode, or nests too deep.", name)
        return model, request

    def flaws(self, model: str, request: dict[str, Any]) -> Iterator[Flaw]:
        """Return everything that is wrong with the fields of a request that is addressed to a model."""
        return map(self._flaw, self._validators[model].iter_errors(request))

    def check_upload(self, operation: Operation, body: Any) -> dict[str, Any]:
        """Return `body`, a parsed JSON value, if an upload takes it.

        Raises:
            Refusal: 400.
        """
        if not _is_text(body):
            raise self.invalid_request(
                "The request body holds text that is not Unicode, or nests too deep.", operation=operation
            )
        error = next(self._uploads[operation].iter_errors(body), None)
        if error is not None:
            what = _field(error) or "the request body"
            raise self.invalid_request(f"{what}: {self._reason(error)}", operation=operation)
        request: dict[str, Any] = body
        return request

    def check_task_id(self, task_id: str) -> None:
        """Raise the documented refusal unless `task_id` has the documented form."""
        if not self._task_id.is_valid(task_id):
            raise self.refusal(GET_TASK, 400)

    def invalid_request(self, message: str, param: str | None = None, operation: Operation = CREATE) -> Refusal:
        """Return the 400 of a create or an upload; the sample's `param` gives way to the field really to blame."""
        return self.refusal(operation, 400, message=message, param=param)

    def no_such_path(self, message: str, advice: str | None = None) -> Refusal:
        """Return the 404 of a path that leads nowhere."""
        return self.refusal(GET_TASK, 404, message=message, param=None, fallback_suggestion=advice)

    def refusal(
        self, operation: Operation, code: int, headers: dict[str, str] | None = None, **details: str | None
    ) -> Refusal:
        """Return the documented answer of an operation with a code, which is the status, or a code of its own.

        `details` replace members of the contract's example; None removes one. The files' host shows `message` alone.
        """
        status, example = self._refusals[operation][code]
        if "error" in example:
            error = {**example["error"], **details}
            return Refusal(
                status, {"error": {name: value for name, value in error.items() if value is not None}}, headers
            )
        usual = example["msg"] if example["code"] == code else f"The mock was asked for the code {code}."
        return Refusal(status, {**example, "code": code, "msg": details.get("message", usual)}, headers)

    def any_refusal(self, operation: Operation, code: int, headers: dict[str, str] | None = None) -> Refusal:
        """Return the answer of an operation with a code, which need not be documented."""
        if code in self._refusals[operation]:
            return self.refusal(operation, code, headers)
        message = f"The mock was asked for the status {code}."
        if operation in UPLOADS:
            return Refusal(code, {"success": False, "code": code, "msg": message}, headers)
        kind = "internal_server_error" if code >= 500 else "invalid_request_error"
        return Refusal(code, {"error": {"code": code, "message": message, "type": kind}}, headers)

    def id_of(self, operation: Operation) -> str:
        """Return the contract's id of an operation."""
        return self._ids[operation]

    def error_codes(self, operation: Operation) -> list[int]:
        """Return the codes that the operation is documented to refuse with: statuses, and codes of their own."""
        return list(self._refusals[operation])

    def request_types(self, operation: Operation) -> list[str]:
        """Return the content types that the body of a request may have."""
        return list(self._request_content(operation))

    @property
    def max_upload_bytes(self) -> int:
        """How large an uploaded file may be."""
        largest: int = self._upload_limits["max-bytes"]
        return largest

    @property
    def upload_kinds(self) -> list[str]:
        """What an uploaded file may be."""
        kinds: list[str] = self._upload_limits["kind"]
        return kinds

    @property
    def upload_seconds(self) -> int:
        """How long an uploaded file is kept."""
        seconds: int = self._schemas["UploadedFile"]["properties"]["file_url"]["x-valid-seconds"]
        return seconds

    @property
    def task_error_codes(self) -> list[str]:
        """The documented codes of a failed task."""
        codes: list[str] = self._schemas["TaskErrorCode"]["enum"]
        return codes

    @property
    def _upload_limits(self) -> dict[str, Any]:
        limits: dict[str, Any] = self._schemas["UploadStreamRequest"]["properties"]["file"]["x-media"]
        return limits

    def _samples(self, operation: Operation) -> dict[int, tuple[int, dict[str, Any]]]:
        """Return the status that belongs to each code that the operation refuses with, and the contract's example."""
        samples: dict[int, tuple[int, dict[str, Any]]] = {}
        for status, response in self._responses(operation).items():
            if not status.startswith("2"):
                shown = self._resolved(response)["content"]["application/json"]
                own = shown["schema"].get("properties", {}).get("code", {}).get("enum", [])
                samples |= dict.fromkeys([int(status), *own], (int(status), shown["example"]))
        return samples

    def _upload_reference(self, operation: Operation) -> str:
        [media] = self._request_content(operation).values()
        reference: str = media["schema"]["$ref"]
        return reference

    def _request_content(self, operation: Operation) -> dict[str, Any]:
        path, method = operation
        content: dict[str, Any] = self._document["paths"][path][method]["requestBody"]["content"]
        return content

    def _responses(self, operation: Operation) -> dict[str, Any]:
        path, method = operation
        responses: dict[str, Any] = self._document["paths"][path][method]["responses"]
        return responses

    def _parameter_schema(self, operation: Operation, name: str) -> dict[str, Any]:
        path, method = operation
        parameters = self._document["paths"][path][method]["parameters"]
        schema: dict[str, Any] = next(parameter["schema"] for parameter in parameters if parameter["name"] == name)
        return schema

    def _validator(self, reference: str) -> jsonschema_rs.Draft202012Validator:
        # Masked, because a message must not carry a whole prompt.
        schema = {"$ref": reference, "components": {"schemas": self._schemas}}
        return jsonschema_rs.Draft202012Validator(schema, validate_formats=True, mask="the value")

    def _resolved(self, node: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in node:
            target: Any = self._document
            for token in node["$ref"].split("/")[1:]:
                target = target[token]
            node = target
        return node

    def _reason(self, error: jsonschema_rs.ValidationError) -> str:
        """Return what is wrong, in words; a pattern says nothing to a reader, the description of its schema does."""
        if isinstance(error.kind, _KINDS.Required):
            return "is required."
        if not isinstance(error.kind, _KINDS.Pattern | _KINDS.Not):
            return f"{error.message}."
        schema = self._at(error.schema_path[:-1])
        return f"the value is not what is documented: {schema.get('description', 'see the contract.')}"

    def _flaw(self, error: jsonschema_rs.ValidationError) -> Flaw:
        """Return what an error tells and, where several things are banned, which of them the value is."""
        field, keyword = _field(error), str(error.schema_path[-1])
        if isinstance(error.kind, _KINDS.Not):
            for index, schema in enumerate(self._at(error.schema_path).get("anyOf", [])):
                reference = "/".join(["#", *map(str, error.schema_path), "anyOf", str(index)])
                if self._validator(reference).is_valid(error.instance):
                    what = schema.get("description", "see the contract.")
                    return Flaw(field, f"{keyword} {index}", f"{field}: the value is banned: {what}")
        return Flaw(field, keyword, f"{field}: {self._reason(error)}")

    def _at(self, place: list[str | int]) -> Any:
        found: Any = self._document
        for token in place:
            found = found[token]
        return found


@cache
def packaged_contract() -> Contract:
    """Return the contract that the installed `evolink_client` carries."""
    name = "evolink_client"
    spec = find_spec(name)  # it is not imported: with it would come httpx, a third of the time that a server starts in
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    text = Path(spec.submodule_search_locations[0], "openapi.json").read_text(encoding="utf-8")
    return Contract(json.loads(text))


def _field(error: jsonschema_rs.ValidationError) -> str:
    path = list(error.instance_path)
    if isinstance(error.kind, _KINDS.Required):
        path.append(error.kind.property)
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


def _is_text(value: Any) -> bool:
    """Whether the validator can take a parsed JSON value: it fails on lone surrogates, which JSON can spell."""
    try:
        if "\\ud" not in repr(value):  # where each is spelt so; this takes a third of the time
            return True
        json.dumps(value, ensure_ascii=False).encode()
    except (UnicodeEncodeError, RecursionError):
        return False
    return True


def _excerpt(text: str, limit: int = 60) -> str:
    """Return `text` as printable ASCII of bounded length."""
    shown = text if len(text) <= limit else f"{text[:limit]}..."
    return json.dumps(shown)[1:-1]
