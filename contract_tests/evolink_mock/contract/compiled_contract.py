"""The contract that the mock follows: look-ups, and validation of requests with compiled validators."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple, cast

import jsonschema_rs

from evolink_mock.contract.cross_fields import broken_rule, single_fields
from evolink_mock.contract.error_bodies import ErrorBodies
from evolink_mock.contract.media_fields import Source, media_fields
from evolink_mock.contract.model_names import nearest, one_of
from evolink_mock.contract.operations import CREATE, GET_TASK, UPLOADS, read_operations, resolve
from evolink_mock.domain.billing import BillingRules
from evolink_mock.domain.delivery import DeliveryRules
from evolink_mock.domain.response_shape import ResponseShape
from evolink_mock.text import one_line

_KINDS = jsonschema_rs.ValidationErrorKind
_EXCERPT_LENGTH = 60
_SCHEMAS = "#/components/schemas/"
BASE = "base"
"""The name of the edition that applies unless another one is chosen: the contract without an overlay."""


class Violation(NamedTuple):
    """A violation of the contract by a request.

    Attributes:
        field: the invalid field.
        keyword: the violated keyword of the contract. An index follows for a `not` with several schemas, and for a
            rule on several fields, whose keyword is `allOf`.
        message: a description without the value.
    """

    field: str
    keyword: str
    message: str


class Model:
    """A documented model: its schema and what the mock derives from it.

    Attributes:
        id: the model id.
        schema: its schema.
        billing: how tasks of this model are charged, by its price if the contract has one.
        billing_without_price: the same, without the price.
        defaults: the documented defaults of the request fields that have one, by dotted name.
        media: the request fields that contain file URLs, in the order of the contract.
        file_limits: the `x-file-limits` of the contract.
        shape: what the responses about tasks of this model show otherwise.
        references: the request fields with the id of another task, and the `x-task-reference` of each.
    """

    def __init__(self, model_id: str, reference: str, schemas: dict[str, dict[str, Any]]) -> None:
        self._name = reference.rpartition("/")[2]
        self._schemas = schemas
        self.id = model_id
        self.schema = schema = schemas[self._name]
        fields: dict[str, dict[str, Any]] = schema["properties"]
        self.billing = BillingRules.parse(schema["x-billing"], schema.get("x-price"))
        self.billing_without_price = BillingRules.parse(schema["x-billing"])
        self.shape = ResponseShape.parse(schema.get("x-response", {}))
        self.references: dict[str, dict[str, Any]] = {
            name: field["x-task-reference"] for name, field in fields.items() if "x-task-reference" in field
        }
        self.media = list(media_fields(schema, schemas))
        self.file_limits: list[dict[str, Any]] = schema.get("x-file-limits", [])
        self.defaults = dict(_defaults(schema))

    @cached_property
    def validator(self) -> jsonschema_rs.Draft202012Validator:
        """Validates requests for this model."""
        return self._compile(self.schema)

    @cached_property
    def _single_fields(self) -> jsonschema_rs.Draft202012Validator:
        return self._compile(single_fields(self.schema))

    def _compile(self, schema: dict[str, Any]) -> jsonschema_rs.Draft202012Validator:
        """Compile a schema in place of the model's, so that its errors have their places in the contract."""
        return compile_schema({"$ref": f"{_SCHEMAS}{self._name}"}, {**self._schemas, self._name: schema})

    @cached_property
    def _failures(self) -> list[tuple[jsonschema_rs.Draft202012Validator, tuple[str, str]]]:
        return [
            (compile_schema(entry["when"], self._schemas), (entry["code"], " ".join(entry["description"].split())))
            for entry in self.schema.get("x-fails-later", ())
        ]

    def find_error(self, request: dict[str, Any]) -> jsonschema_rs.ValidationError | None:
        """Return the first error of a request, preferably one of a single field; None if it is valid."""
        try:
            self.validator.validate(request)  # stops at the first error: a long list may have a million
        except jsonschema_rs.ValidationError as error:
            # Without its traceback, which refers to the caller: the cycles take a fifth of the time of refusals.
            first = error.with_traceback(None)
            if broken_rule(first, self.schema) is None:
                return first
            try:
                self._single_fields.validate(request)
            except jsonschema_rs.ValidationError as single:
                return single.with_traceback(None)
            return first
        return None

    def failure(self, request: dict[str, Any]) -> tuple[str, str] | None:
        """Return the documented error code and the message with which the task of a valid request fails, if it does."""
        return next((failure for validator, failure in self._failures if validator.is_valid(request)), None)

    def value(self, request: dict[str, Any], field: str) -> Any:
        """Return a field of a valid request, dotted if it is nested, or its documented default if it is absent.

        None for a field without a default, and for a field that this model does not have: such a field has no meaning.
        """
        node: dict[str, Any] = self.schema
        value: Any = request.get(field)
        if value is not None and field in node["properties"]:
            return value
        value = request
        for name in field.split("."):
            if name not in node.get("properties", {}):
                return None
            node, value = node["properties"][name], _member(value, name)
        return node.get("default") if value is None else value

    def sources(self, request: dict[str, Any]) -> list[Source]:
        """Return the files that a valid request names."""
        return [source for field in self.media for source in field.sources(request)]


def _defaults(schema: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the dotted name and the default of each field that has one."""
    for name, field in schema.get("properties", {}).items():
        if isinstance(field, dict):  # `false` allows no value
            known = cast("dict[str, Any]", field)
            yield from [(prefix + name, known["default"])] if "default" in known else []
            yield from _defaults(known, f"{prefix}{name}.")


class Models(Mapping[str, Model]):
    """The documented models by id. Each is read when it is first used, so that others cost nothing."""

    def __init__(self, references: dict[str, str], schemas: dict[str, dict[str, Any]]) -> None:
        self._references = references
        self._schemas = schemas
        self._models: dict[str, Model] = {}

    def __getitem__(self, model_id: str) -> Model:
        if model_id not in self._models:
            self._models[model_id] = Model(model_id, self._references[model_id], self._schemas)
        return self._models[model_id]

    def __contains__(self, model_id: object) -> bool:
        return model_id in self._references

    def __iter__(self) -> Iterator[str]:
        return iter(self._references)

    def __len__(self) -> int:
        return len(self._references)


def _member(value: Any, name: str) -> Any:
    return cast("dict[str, Any]", value).get(name) if isinstance(value, dict) else None


class Contract:
    """A bundled contract with compiled validators.

    Attributes:
        document: the bundled contract as JSON.
        edition: the edition of the documentation that it states; `base` also for a contract that is not packaged.
        operations: the operations that the mock serves, by operation id.
        errors: builds the documented error responses.
        models: the documented models by id. Each is read when it is first used.
    """

    def __init__(self, document: dict[str, Any], edition: str = BASE) -> None:
        self.document = document
        self.edition = edition
        self._schemas: dict[str, dict[str, Any]] = document["components"]["schemas"]
        self.operations = read_operations(document)
        self.errors = ErrorBodies(self.operations)
        create = resolve(document, self.operations[CREATE].request_content["application/json"]["schema"])
        self.models = Models(create["discriminator"]["mapping"], self._schemas)
        self._validators: dict[tuple[str | int, ...], jsonschema_rs.Draft202012Validator] = {}
        self._task_id = compile_schema(self.operations[GET_TASK].parameters["task_id"]["schema"], self._schemas)
        self._uploads = {
            operation: compile_schema(self._upload_schema(operation), self._schemas) for operation in UPLOADS
        }

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
    def draft_seconds(self) -> int:
        """The seconds from the completion of a draft to its expiry."""
        seconds: int = self._schemas["Task"]["properties"]["draft_expires_at"]["x-valid-seconds"]
        return seconds

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
        error = model.find_error(request)
        if error is not None:
            violation = self._violation(error, model)
            raise self.errors.invalid_request(violation.message, violation.field)
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
            raise self.errors.invalid_request(f"model {reason}: {one_of(list(self.models))}.", "model")
        model = self.models.get(model_id)
        if model is None:
            message = f"Model {one_line(model_id, _EXCERPT_LENGTH)} not found."
            advice = ", ".join(nearest(model_id, list(self.models)))
            raise self.errors.documented(CREATE, 404, message=message, fallback_suggestion=advice)
        for field, value in () if _can_validate(request) else request.items():
            if not _can_validate({field: value}):
                name = one_line(field, _EXCERPT_LENGTH)
                raise self.errors.invalid_request(f"{name}: contains invalid Unicode, or is nested too deeply.", name)
        return model, request

    def find_violations(self, model: Model, request: dict[str, Any]) -> Iterator[Violation]:
        """Yield every violation in a request that `find_model` accepts."""
        return (self._violation(error, model) for error in model.validator.iter_errors(request))

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

    def _reason(self, error: jsonschema_rs.ValidationError) -> str:
        """Describe an error: for a pattern, with the description of its schema, which is easier to understand."""
        if isinstance(error.kind, _KINDS.Required):
            return "is required."
        if isinstance(error.kind, _KINDS.AdditionalProperties):
            return "the model has no such field."
        if not isinstance(error.kind, _KINDS.Pattern | _KINDS.Not):
            return f"{error.message}."
        schema = self._at(error.schema_path[:-1])
        return f"the value does not match the documentation: {schema.get('description', 'see the contract.')}"

    def _violation(self, error: jsonschema_rs.ValidationError, model: Model) -> Violation:
        """Convert an error of a model's validator; for a `not` with several schemas, find the one that matches."""
        rule = broken_rule(error, model.schema)
        if rule is not None:
            return Violation(*rule)
        field, keyword = _field(error), str(error.schema_path[-1])
        if isinstance(error.kind, _KINDS.Not):
            for index, schema in enumerate(self._at(error.schema_path).get("anyOf", [])):
                if self._compiled_at((*error.schema_path, "anyOf", index)).is_valid(error.instance):
                    description = schema.get("description", "see the contract.")
                    return Violation(field, f"{keyword} {index}", f"{field}: the value is not allowed: {description}")
        return Violation(field, keyword, f"{field}: {self._reason(error)}")

    def _compiled_at(self, path: tuple[str | int, ...]) -> jsonschema_rs.Draft202012Validator:
        """Return the validator of the schema at a path, compiled once: that takes 0.2 ms."""
        if path not in self._validators:
            reference = "/".join(["#", *map(str, path)])
            self._validators[path] = compile_schema({"$ref": reference}, self._schemas)
        return self._validators[path]

    def _at(self, path: list[str | int]) -> Any:
        node: Any = self.document
        for token in path:
            node = node[token]
        return node


def compile_schema(schema: dict[str, Any], schemas: dict[str, dict[str, Any]]) -> jsonschema_rs.Draft202012Validator:
    """Compile a schema with the shared schemas that its references lead to, and no others."""
    needed: dict[str, dict[str, Any]] = {}
    nodes: list[Any] = [schema]
    while nodes:
        node = nodes.pop()
        if isinstance(node, dict):
            reference = cast("dict[str, Any]", node).get("$ref")
            name = reference.removeprefix(_SCHEMAS).partition("/")[0] if isinstance(reference, str) else ""
            if name and name not in needed:
                needed[name] = schemas[name]
                nodes.append(schemas[name])
            nodes.extend(cast("dict[str, Any]", node).values())
        elif isinstance(node, list):
            nodes.extend(cast("list[object]", node))
    # Masked, because a message must not contain a whole prompt.
    complete = {**schema, "components": {"schemas": needed}}
    return jsonschema_rs.Draft202012Validator(complete, validate_formats=True, mask="the value")


def packaged_editions() -> list[str]:
    """Return the names of the editions in the installed package `evolink_client`: `base`, then from the oldest on."""
    return [BASE, *sorted(path.stem for path in (_client_folder() / "editions").glob("*.json"))]


def packaged_contract(edition: str = BASE) -> Contract:
    """Return the contract of an edition in the installed package `evolink_client`."""
    return _read(edition)


@cache
def _read(edition: str) -> Contract:
    name = "openapi.json" if edition == BASE else f"editions/{edition}.json"
    return Contract(json.loads((_client_folder() / name).read_text(encoding="utf-8")), edition)


@cache
def _client_folder() -> Path:
    name = "evolink_client"
    spec = find_spec(name)  # not imported, because it imports httpx
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    return Path(spec.submodule_search_locations[0])


def _field(error: jsonschema_rs.ValidationError) -> str:
    path = list(error.instance_path)
    if isinstance(error.kind, _KINDS.Required):
        path.append(error.kind.property)
    if isinstance(error.kind, _KINDS.AdditionalProperties):
        path.append(error.kind.unexpected[0])
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
