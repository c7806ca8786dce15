"""Checks a request against the packaged contract, before it is sent and money is spent."""

from __future__ import annotations

import inspect
import json
import os
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, TypeGuard

from evolink._contract import JSON, packaged_contract
from evolink.errors import ContestedLimitWarning, InvalidRequest, Violation

if TYPE_CHECKING:
    import jsonschema_rs

# No page limits the length of a task id; every id seen so far has fewer than 50 characters.
MAX_ID_LENGTH = 500
# A longer value is described by its size, because it may be a whole prompt.
MAX_SHOWN = 80
# What EvoLink's own clients send; no page documents the header.
_IDEMPOTENCY_KEY = re.compile(r"[A-Za-z0-9._-]{16,96}")
_NO_TEXT = "holds what JSON in UTF-8 cannot say"


class Request(Protocol):
    """A request of any model: one of the generated classes, as `Wan26ReferenceVideoFlash`."""

    @property
    def model(self) -> str:
        """The model's id."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object to send."""
        ...


def to_body(request: Request | Mapping[str, Any]) -> JSON:
    """Return the JSON object of a request.

    Raises:
        InvalidRequest: a part of it is no instance of its generated class.
    """
    if isinstance(request, Mapping):
        return dict(request)
    try:
        return request.to_dict()
    except (AttributeError, TypeError, ValueError) as error:
        wrong = [name for name, value in _attributes(request) if _is_mapping(value)]
        fix = f"must be an instance of its class, not a dict ({error})" if wrong else f"cannot be sent: {error}"
        raise InvalidRequest([Violation(wrong[0] if wrong else "request", "type", None, "", fix)]) from None


def encode(body: JSON) -> bytes:
    """Return a request as it is sent.

    Raises:
        InvalidRequest: a field holds what JSON in UTF-8 cannot say.
    """
    try:
        return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError):
        raise InvalidRequest([Violation(_unsayable(body), "type", None, "", _NO_TEXT)]) from None


def check(body: JSON) -> None:
    """Warn of contested limits that a request breaks, and refuse it when it breaks any other.

    Raises:
        InvalidRequest: with every rule it breaks.
    """
    violations = list(find_violations(body))
    certain = [violation for violation, warning in violations if not warning]
    if certain:
        raise InvalidRequest(certain)
    for violation, warning in violations:
        warnings.warn(f"{violation}, but {warning}; it is sent", ContestedLimitWarning, stacklevel=callers_level())


def find_violations(body: JSON) -> Iterator[tuple[Violation, str]]:
    """Yield every documented rule that a request breaks, and why it may still be taken: empty where it may not."""
    contract = packaged_contract()
    model = body.get("model")
    schema = contract.models.get(model) if isinstance(model, str) else None
    if not isinstance(model, str) or schema is None:
        known = ", ".join(contract.models)
        yield (
            Violation(
                "model",
                "enum",
                list(contract.models),
                _found(model),
                f"must be one of {known}; validate=False sends another",
            ),
            "",
        )
        return
    validator = _validator(model)
    try:
        if validator.is_valid(body):
            return
        errors = list(validator.iter_errors(body))
    except (ValueError, TypeError, RecursionError):  # a lone surrogate, a type that is none of JSON's
        errors = list(validator.iter_errors(json.loads(encode(body))))
    told: set[tuple[str, str]] = set()
    for error in errors:
        violation = _violation(error, schema)
        if (violation.field, violation.fix) not in told:  # several keywords may forbid the same in the same words
            told.add((violation.field, violation.fix))
            yield violation, _contested(error)


def callers_level() -> int:
    """Return the `stacklevel` of a warning that is to name the first line outside this package."""
    package, level = os.path.dirname(__file__), 1  # noqa: PTH120 - compared with what frames know
    frame = inspect.currentframe()
    while frame is not None and frame.f_code.co_filename.startswith(package):
        frame, level = frame.f_back, level + 1
    return level - 1


def checked_idempotency_key(key: str) -> str:
    """Return an idempotency key that EvoLink's own clients could have sent.

    Raises:
        InvalidRequest: it is none.
    """
    given: Any = key
    if not isinstance(given, str) or not _IDEMPOTENCY_KEY.fullmatch(given):
        fix = "must have 16 to 96 letters, digits, points, dashes or underscores"
        raise InvalidRequest([Violation("idempotency_key", "pattern", _IDEMPOTENCY_KEY.pattern, _found(key), fix)])
    return key


@cache
def _validator(model: str) -> jsonschema_rs.Draft202012Validator:
    import jsonschema_rs  # noqa: PLC0415 - spares programs that validate nothing its import

    contract = packaged_contract()
    schema = {"$ref": contract.references[model], "components": {"schemas": contract.schemas}}
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True, mask="it")


def _violation(error: jsonschema_rs.ValidationError, schema: JSON) -> Violation:
    path, rule, node = _place(error)
    limit = node[rule]
    found = _found(error.instance)
    if rule == "required":
        path.append(error.kind.as_dict()["property"])
        found = ""
    edition, source = schema.get("x-edition", ""), schema.get("externalDocs", {}).get("url", "")
    return Violation(_dotted(path), rule, limit, found, _mend(rule, limit, node), edition, source)


def _mend(rule: str, limit: Any, node: JSON) -> str:
    """Return what would keep to a rule."""
    bounds = {
        "maxLength": "at most {} characters",
        "maxItems": "at most {} items",
        "minItems": "at least {} items",
        "maximum": "a value of at most {}",
        "minimum": "a value of at least {}",
    }
    if rule == "required":
        return "is required"
    if rule in bounds:
        return f"must have {bounds[rule].format(limit)}"
    if rule in {"enum", "type"}:
        options = limit if _is_list(limit) else [limit]
        kind = "one" if rule == "enum" else "of type"
        return f"must be {kind} {'of ' if rule == 'enum' else ''}{', '.join(str(option) for option in options)}"
    described = str(node.get("description", f"{rule} {limit}")).rstrip(".")
    upload = "; a file of yours gets one from upload()" if node is packaged_contract().schemas.get("MediaUrl") else ""
    return f"is not as documented: {described}{upload}"


def _contested(error: jsonschema_rs.ValidationError) -> str:
    """Return which edition of the documentation allows what breaks a rule of another; empty when none does."""
    import jsonschema_rs  # noqa: PLC0415 - see above

    _, rule, node = _place(error)
    other = node.get("x-contested", {}).get(rule)
    if other is None or not jsonschema_rs.is_valid({rule: other["value"]}, error.instance):
        return ""
    return f"{other['source']} say {other['value']}"


def _place(error: jsonschema_rs.ValidationError) -> tuple[list[str | int], str, JSON]:
    """Return the path to the value to blame, the keyword it breaks, and the schema with that keyword."""
    schema_path = list(error.schema_path)
    return list(error.instance_path), str(schema_path[-1]), packaged_contract().at(schema_path[:-1])


def _dotted(path: list[str | int]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


def _found(value: Any) -> str:
    """Return a value where it is short, else its size."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False) if len(value) <= MAX_SHOWN else f"{len(value)} characters long"
    if _is_list(value):
        return f"a list of {len(value)}"
    if _is_mapping(value):
        return "an object"
    if value is None:
        return "null"
    return json.dumps(value) if isinstance(value, bool | int | float) else type(value).__name__


def _unsayable(body: JSON) -> str:
    """Return the first field that JSON in UTF-8 cannot say."""
    for name, value in body.items():
        try:
            json.dumps({name: value}, ensure_ascii=False, allow_nan=False).encode()
        except (TypeError, ValueError, RecursionError):
            return str(name).encode("ascii", "backslashreplace").decode()
    return "request"


def _attributes(request: Any) -> list[tuple[str, Any]]:
    names: tuple[str, ...] = getattr(request, "__slots__", ())
    return [(name, getattr(request, name, None)) for name in names if name != "additional_properties"]


def _is_list(value: Any) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, list | tuple)


def _is_mapping(value: Any) -> TypeGuard[Mapping[str, Any]]:
    return isinstance(value, Mapping)
