"""Parses the `Prefer` request header (RFC 7240), with which a client selects an outcome or a fault."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from evolink_mock.contract import schema_validation
from evolink_mock.contract.compiled_contract import Contract
from evolink_mock.contract.operations import CREATE, UPLOADS
from evolink_mock.domain.faults import NO_FAULT, Fault, find_conflict, is_status
from evolink_mock.domain.tasks import STUCK, Outcome, Pace
from evolink_mock.text import one_line

MAX_LENGTH = 1000
_MALFORMED = "is malformed; a valid example is 'outcome=failed; code=service_error'"
_PIECE = re.compile(
    r"""[ \t]*(?:(?P<mark>[=;,])|"(?P<quoted>[^"\\]*(?:\\.[^"\\]*)*)"|(?P<token>[!#$%&'*+.^_`|~0-9A-Za-z-]+))"""
)
_SECONDS = re.compile(r"\s*[0-9]{1,6}(\.[0-9]{1,6})?\s*(,\s*[0-9]{1,6}(\.[0-9]{1,6})?\s*)*")
_MARKS = {"=", ";", ","}
_TEXT = "\0"  # precedes the content of a quoted string, which may look like a mark


class Preferences(NamedTuple):
    """The preferences in the `Prefer` header of a request; None for each that is absent.

    Attributes:
        outcome: how the task ends.
        pace: how fast the task progresses.
        fault: the fault to inject.
        input_seconds: the lengths of the videos that the request names by URL, which replace measured lengths.
    """

    outcome: Outcome | None = None
    pace: Pace | None = None
    fault: Fault = NO_FAULT
    input_seconds: tuple[float, ...] | None = None


NO_PREFERENCES = Preferences()

Preference = tuple[str, str, dict[str, str]]
"""The name of a preference in lower case, its value, and its parameters."""

# The preferences that form a fault, named like the members of its JSON object, and the parameters of `code`.
_FAULTS = ("code", "drop", "latency", "slow", "body", "response")
_OF_CODE = ("at", "retry-after", "error-code")
_OWN = ("outcome", "pace", "input-seconds", *_FAULTS)
# The preferences of RFC 7240, 8144 and 8674, which other programs may send. The mock ignores them.
_STANDARD = {"depth-noroot", "handling", "respond-async", "return", "safe", "wait"}


def parse_preferences(header: str, operation: str, contract: Contract) -> Preferences:
    """Parse a `Prefer` header; several headers are joined with commas.

    As the standard demands, the first of several preferences with the same name counts. Preferences that a standard
    defines are ignored. Other unknown names are rejected, because a misspelled preference would go unnoticed.

    Raises:
        ErrorResponse: 400 with `param: Prefer`, if the header is malformed, or a preference is unknown, has an invalid
            value or an unknown parameter, or would have no effect.
    """
    try:
        known = {name: (value, parameters) for name, value, parameters in reversed(list(_preferences(header)))}
        for name in known.keys() - _STANDARD:
            _check_name(name)
        outcome, pace, seconds = known.get("outcome"), known.get("pace"), known.get("input-seconds")
        return Preferences(
            _outcome(*outcome, contract) if outcome else None,
            _pace(*pace) if pace else None,
            _fault({name: known[name] for name in _FAULTS if name in known}, contract.errors.codes(operation)),
            _input_seconds(*seconds) if seconds else None,
        )
    except ValueError as error:
        documents_400 = operation if operation in UPLOADS else CREATE
        raise contract.errors.invalid_request(f"Prefer: {error}.", "Prefer", documents_400) from None


def _check_name(name: str) -> None:
    """Check that a preference is one of the mock's own.

    Raises:
        ValueError: it is unknown, or a parameter that follows a comma instead of a semicolon.
    """
    if name in _OF_CODE:
        raise ValueError(f"{name} is a parameter of code and follows a semicolon, as in 'code=429; retry-after=5'")
    if name not in _OWN:
        raise ValueError(f"{one_line(name, 40)} is unknown; the preferences are {', '.join(_OWN)}")


def _fault(known: dict[str, tuple[str, dict[str, str]]], documented: list[int]) -> Fault:
    if not known:
        return NO_FAULT
    row: dict[str, Any] = {}
    for name, (value, parameters) in known.items():
        if parameters.keys() - (set(_OF_CODE) if name == "code" else set()):
            raise ValueError(
                f"{name} has an unknown parameter; only code takes parameters: at, retry-after and error-code; "
                "preferences are separated by commas"
            )
        row |= {one: _number(text) for one, text in ({name: value} | parameters).items()}
    code = row.get("code")
    if code is not None and not (isinstance(code, int) and (code in documented or is_status(code))):
        own = "".join(f", or {one}" for one in documented if one > 599)
        raise ValueError(f"code must be a status from 200 to 599{own}")
    if problem := schema_validation.find_problem("fault", row) or find_conflict(row):
        raise ValueError(problem)
    return Fault.from_json(row)


def _number(text: str) -> int | float | str:
    if re.fullmatch(r"[0-9]{1,9}", text):
        return int(text)
    return float(text) if re.fullmatch(r"[0-9]{1,9}\.[0-9]{1,9}", text) else text


def _pace(value: str, parameters: dict[str, str]) -> Pace:
    if parameters:
        raise ValueError("pace takes no parameters")
    try:
        return Pace.parse(value)
    except ValueError as error:
        raise ValueError(f"pace {error}") from None


def _outcome(value: str, parameters: dict[str, str], contract: Contract) -> Outcome:
    if value not in {*contract.outcomes, STUCK.status}:
        raise ValueError(f"outcome must be one of {', '.join((*contract.outcomes, STUCK.status))}")
    if parameters.keys() - ({"code"} if value == "failed" else set()):
        raise ValueError("only outcome=failed takes a parameter, which is code")
    outcome = Outcome.of(value, parameters.get("code"))
    if value == "failed" and outcome.code not in contract.task_error_codes:
        raise ValueError(f"the code of a failed task must be one of {', '.join(contract.task_error_codes)}")
    return outcome


def _input_seconds(value: str, parameters: dict[str, str]) -> tuple[float, ...]:
    if parameters or not _SECONDS.fullmatch(value):
        raise ValueError(
            "input-seconds must be numbers of seconds, one for each URL, such as 'input-seconds=\"4, 7.5\"'"
        )
    return tuple(float(seconds) for seconds in value.split(","))


def _preferences(header: str) -> Iterator[Preference]:
    """Yield the preferences of a header.

    Raises:
        ValueError: the header is malformed or too long.
    """
    for group in _split(_pieces(header), ","):
        pairs = [_pair(part) for part in _split(group, ";") if part]
        if pairs:
            (name, value), *parameters = pairs
            if len(dict(parameters)) < len(parameters):
                raise ValueError(f"{one_line(name, 40)} has the same parameter twice")
            yield name, value, dict(parameters)


def _pair(part: list[str]) -> tuple[str, str]:
    """Return the name and value of `name=value` or of a bare name."""
    match part:
        case [name, "=", value] if name not in _MARKS and value not in _MARKS:
            return name.lower(), value.removeprefix(_TEXT)
        case [name] | [name, "="] if name not in _MARKS and not name.startswith(_TEXT):
            return name.lower(), ""
        case _:
            raise ValueError(_MALFORMED)


def _pieces(header: str) -> list[str]:
    """Split a header into marks, tokens and quoted strings, in linear time."""
    if len(header) > MAX_LENGTH:
        raise ValueError(f"is longer than {MAX_LENGTH} characters")
    pieces: list[str] = []
    position = 0
    header = header.rstrip()
    while position < len(header):
        piece = _PIECE.match(header, position)
        if piece is None:
            raise ValueError(_MALFORMED)
        quoted = piece["quoted"]
        text = piece["mark"] or piece["token"] or ""
        pieces.append(text if quoted is None else _TEXT + re.sub(r"\\(.)", r"\1", quoted))
        position = piece.end()
    return pieces


def _split(pieces: list[str], mark: str) -> Iterator[list[str]]:
    part: list[str] = []
    for piece in pieces:
        if piece == mark:
            yield part
            part = []
        else:
            part.append(piece)
    yield part
