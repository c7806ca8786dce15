"""Check requests against the packaged contract, before they are sent and cost money."""

from __future__ import annotations

import inspect
import json
import os
import re
import warnings
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

import httpx

from evolink._contract import BASE, JSON, Contract, packaged_contract
from evolink._cross_fields import broken_rule, failing_later, field_warnings, rule_of
from evolink._editions import contract_with, weigh
from evolink._json_values import NotJsonError, describe_value, dotted, is_list, is_mapping, plain
from evolink._nearest import nearest, unknown_model
from evolink.errors import ContestedLimitWarning, FieldWarning, InvalidRequest, NextStep, Violation

if TYPE_CHECKING:
    import jsonschema_rs

# The form of the keys that EvoLink's own clients send; no page documents the header.
_IDEMPOTENCY_KEY = re.compile(r"[A-Za-z0-9._-]{16,96}")

_LONE_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")
# The characters that RFC 3986 allows after the host, besides letters, digits and the sign of an encoded character.
_URL_CHARACTERS = "-._~:/?#@!$&'()*+,;=%"


class Request(Protocol):
    """A request for any model: an instance of a generated class such as `Wan26ReferenceVideoFlash`."""

    @property
    def model(self) -> str:
        """The id of the model."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object to send."""
        ...


def to_body(request: Request | Mapping[str, Any]) -> JSON:
    """Return the JSON object of a request, with values of Python's own types only.

    A field that takes the id of a task may hold the task itself.

    Raises:
        InvalidRequest: a field is not an instance of its generated class, or holds something that is not a JSON value,
            or a task that cannot be used there.
    """
    given: Any = request if isinstance(request, Mapping) else _to_dict(request)
    try:
        body: Any = plain(given)
    except NotJsonError as error:
        body = _with_task_ids(given)
        if body is None:
            raise InvalidRequest([error.violation]) from None
    if not is_mapping(body):
        raise InvalidRequest([Violation("request", "type", "object", describe_value(body), "must be a JSON object")])
    return dict(body)


def _with_task_ids(given: Any) -> Any:
    """Return a request in which ids replace tasks as a JSON value; None if it has no tasks.

    Raises:
        InvalidRequest: a task cannot be used, or another value is not a JSON value.
    """
    from evolink._task_references import with_ids  # noqa: PLC0415 - only for requests with something else than JSON

    replaced = with_ids(given) if is_mapping(given) else None
    try:
        return None if replaced is None else plain(replaced)
    except NotJsonError as error:
        raise InvalidRequest([error.violation]) from None


def _to_dict(request: Request) -> JSON:
    if not hasattr(request, "to_dict"):
        fix = "must be a request of a class in evolink, or a JSON object as a dict"
        raise InvalidRequest([Violation("request", "type", "object", describe_value(request), fix)])
    try:
        return request.to_dict()
    except (AttributeError, TypeError, ValueError) as error:
        wrong = [name for name, value in _attributes(request) if is_mapping(value)]
        fix = f"must be an instance of its class, not a dict ({error})" if wrong else f"cannot be sent: {error}"
        raise InvalidRequest([Violation(wrong[0] if wrong else "request", "type", None, "", fix)]) from None


def encode(body: JSON) -> bytes:
    """Return the result of `to_body` as compact JSON in UTF-8."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def check(body: JSON, edition: str = BASE) -> None:
    """Refuse a request that no edition of the documentation allows.

    Warn if only the edition in force forbids it, of ignored fields, and of texts with perhaps too many tokens.

    Raises:
        InvalidRequest: the request breaks documented rules; the error lists all that no edition lifts.
    """
    violations = list(find_violations(body, edition))
    certain = [violation for violation, reason in violations if not reason]
    if certain:
        raise InvalidRequest(certain)
    for violation, reason in violations:
        warnings.warn(f"{violation}, but {reason}; it is sent", ContestedLimitWarning, stacklevel=callers_level())
    for warning in find_warnings(body, edition):
        warnings.warn(warning, stacklevel=callers_level())


def find_violations(body: JSON, edition: str = BASE) -> Iterator[tuple[Violation, str]]:
    """Yield every documented rule that a request breaks, and why the server may still accept it.

    The reason names another edition of the documentation that allows the value; it is empty if none does.

    Args:
        body: the result of `to_body`.
        edition: the edition in force.
    """
    violations = list(_violations_in(body, packaged_contract(edition)))
    if violations:
        others = weigh(violations, body, edition, lambda name: list(_violations_in(body, packaged_contract(name))))
        for violation, other in others:
            reason = f"edition {other} of the documentation allows it" if other else ""
            yield (violation._replace(next_step=None) if other else violation), reason


def _violations_in(body: JSON, contract: Contract) -> Iterator[Violation]:
    """Yield every rule of one edition that a request breaks."""
    model = body.get("model")
    schema = contract.models.get(model) if isinstance(model, str) else None
    if not isinstance(model, str) or schema is None:
        yield unknown_model(model, list(contract.models))
        return
    validator = _validator(contract, model)
    if not validator.is_valid(body):
        yield from _find_errors(validator, contract, schema, body)
    yield from failing_later(contract, model, body)


def find_warnings(body: JSON, edition: str = BASE) -> list[FieldWarning]:
    """Return a warning for each field that is ignored, cut, or perhaps too long in a request without violations.

    Args:
        body: the result of `to_body`.
        edition: the edition in force.
    """
    model = body.get("model")
    contract = contract_with(model, edition)
    return field_warnings(contract, model, body) if isinstance(model, str) and model in contract.references else []


def _find_errors(
    validator: jsonschema_rs.Draft202012Validator, contract: Contract, schema: JSON, body: JSON
) -> Iterator[Violation]:
    """Yield a violation for each error of the validator of a model."""
    seen: set[tuple[str, str]] = set()
    for error in validator.iter_errors(body):
        rule = rule_of(error, schema)
        if rule is not None:
            found = [broken_rule(rule, schema, body)]
        elif error.kind.name == "additionalProperties":
            found = list(_unknown_fields(error, contract, schema))
        else:
            found = [_violation(error, contract, schema)]
        for violation in found:
            if (violation.field, violation.fix) not in seen:  # several keywords may cause the same message
                seen.add((violation.field, violation.fix))
                yield violation


def callers_level() -> int:
    """Return the `stacklevel` with which a warning names the first line outside this package."""
    package, level = os.path.dirname(__file__), 1  # noqa: PTH120 - compared with the paths in frames
    frame = inspect.currentframe()
    while frame is not None and frame.f_code.co_filename.startswith(package):
        frame, level = frame.f_back, level + 1
    return level - 1


def checked_idempotency_key(key: str) -> str:
    """Return an idempotency key of the form that EvoLink's own clients send.

    Raises:
        InvalidRequest: the key does not have that form.
    """
    value: Any = key
    if not isinstance(value, str) or not _IDEMPOTENCY_KEY.fullmatch(value):
        fix = "must have 16 to 96 letters, digits, points, dashes or underscores"
        raise InvalidRequest(
            [Violation("idempotency_key", "pattern", _IDEMPOTENCY_KEY.pattern, describe_value(key), fix)]
        )
    return key


@cache
def _validator(contract: Contract, model: str) -> jsonschema_rs.Draft202012Validator:
    return contract.validator({"$ref": contract.references[model]})


def _violation(error: jsonschema_rs.ValidationError, contract: Contract, schema: JSON) -> Violation:
    """Return the violation for an error of the validator; `schema` is that of the model."""
    path, keyword, node = _place(error, contract)
    actual = describe_value(error.instance)
    if error.kind.name == "required":  # also of `dependentRequired`
        path.append(error.kind.as_dict()["property"])
        actual = ""
    fix = _fix(keyword, node[keyword], node)
    step = NextStep("upload") if node is contract.schemas.get("MediaUrl") else None
    if node.get("format") == "uri" and isinstance(error.instance, str):
        encoded = percent_encoded(error.instance)
        if encoded not in {None, error.instance} and _is_valid(node, encoded):
            what = "remove the white space around it" if encoded == error.instance.strip() else "percent-encode it"
            fix, step = f"{what}: {encoded}", None
    return Violation(
        dotted(path),
        keyword,
        node[keyword],
        actual,
        fix,
        schema.get("x-edition", ""),
        schema.get("externalDocs", {}).get("url", ""),
        step,
    )


def _unknown_fields(error: jsonschema_rs.ValidationError, contract: Contract, schema: JSON) -> Iterator[Violation]:
    """Yield a violation for each field that the model, or one of its objects, does not have."""
    path, keyword, node = _place(error, contract)
    value: Any = error.instance
    known, page = list(node.get("properties", ())), schema.get("externalDocs", {}).get("url", "")
    for name in error.kind.as_dict()["unexpected"]:
        advice = nearest(name, known)
        fix = "must be left out: the model has no such field" + (f"; did you mean {advice[0]}?" if advice else "")
        actual = describe_value(value[name])
        yield Violation(dotted([*path, name]), keyword, node[keyword], actual, fix, schema.get("x-edition", ""), page)


def _is_valid(schema: JSON, value: Any) -> bool:
    import jsonschema_rs  # noqa: PLC0415 - see _validator

    return jsonschema_rs.is_valid(schema, value, validate_formats=True)


def percent_encoded(url: str) -> str | None:
    """Return a URL with every character encoded that a URL cannot contain; None if it cannot be encoded.

    Encoded characters stay as they are, the host becomes ASCII (IDNA), and white space around the URL is removed.
    """
    try:
        parsed = httpx.URL(_LONE_PERCENT.sub("%25", url.strip()))
    except (httpx.InvalidURL, ValueError):
        return None
    if not parsed.raw_host or b"%" in parsed.raw_host:
        return None
    origin, host, rest = str(parsed).partition(parsed.netloc.decode())
    # httpx leaves some characters that browsers accept, such as brackets and bars.
    return origin + host + quote(rest, safe=_URL_CHARACTERS)


def _fix(keyword: str, limit: Any, node: JSON) -> str:
    """Return what a field must be, by the keyword that it breaks; `node` is the schema with that keyword."""
    bounds = {
        "required": "is required",
        "const": "must be {}",
        "dependentRequired": "is required by another field",
        "maxLength": "must have at most {} characters",
        "maxItems": "must have at most {} items",
        "minItems": "must have at least {} items",
        "maximum": "must be at most {}",
        "minimum": "must be at least {}",
    }
    if limit is False:
        return "must be left out"
    if keyword in bounds:
        return bounds[keyword].format(limit)
    if keyword in {"enum", "type"}:
        options = ", ".join(str(option) for option in (limit if is_list(limit) else [limit]))
        return f"must be one of {options}" if keyword == "enum" else f"must be of type {options}"
    described = str(node.get("description", "")).strip().rstrip(".")
    return f"is not as documented: {described}" if described else "is not as documented"


def _place(error: jsonschema_rs.ValidationError, contract: Contract) -> tuple[list[str | int], str, JSON]:
    """Return the path to the wrong value, the keyword it breaks, and the schema with that keyword."""
    schema_path = list(error.schema_path)
    return list(error.instance_path), str(schema_path[-1]), contract.at(schema_path[:-1])


def _attributes(request: Any) -> list[tuple[str, Any]]:
    names: tuple[str, ...] = getattr(request, "__slots__", ())
    return [(name, getattr(request, name, None)) for name in names if name != "additional_properties"]
