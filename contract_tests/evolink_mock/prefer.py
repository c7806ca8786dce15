"""The standard `Prefer` request header (RFC 7240), by which a caller asks the mock for an outcome or an error."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from evolink_mock.contract import CREATE, UPLOADS, Contract, Operation
from evolink_mock.tasks import COMPLETED, Outcome

MAX_LENGTH = 1000
_MALFORMED = "is malformed; write it as in 'outcome=failed; code=service_error'"
_PIECE = re.compile(
    r"""[ \t]*(?:(?P<mark>[=;,])|"(?P<quoted>[^"\\]*(?:\\.[^"\\]*)*)"|(?P<token>[!#$%&'*+.^_`|~0-9A-Za-z-]+))"""
)
_SECONDS = re.compile(r"\s*[0-9]{1,6}(\.[0-9]{1,6})?\s*(,\s*[0-9]{1,6}(\.[0-9]{1,6})?\s*)*")
_MARKS = {"=", ";", ","}
_TEXT = "\0"  # before the content of a quoted string, which may look like a mark


@dataclass(frozen=True)
class Wishes:
    """What a request's `Prefer` header asks for.

    Attributes:
        outcome: how the task shall end.
        code: the documented error to answer with instead of serving the request, by its status or a code of its own;
            None serves it.
        input_seconds: how long the files behind the request's URLs are, which the mock does not look at; None when
            that is not said.
    """

    outcome: Outcome = COMPLETED
    code: int | None = None
    input_seconds: tuple[float, ...] | None = None


NO_WISHES = Wishes()

Preference = tuple[str, str, dict[str, str]]
"""The name of a preference in lower case, its value, and its parameters."""


def wishes(header: str, operation: Operation, contract: Contract) -> Wishes:
    """Read a `Prefer` header; several of them are joined with commas.

    As the standard demands, preferences the mock does not know are ignored, and the first of a name counts.

    Raises:
        Refusal: 400 with `param: Prefer`, when the header is malformed, or a preference that the mock knows has a
            value or a parameter that it does not.
    """
    try:
        known = {name: (value, parameters) for name, value, parameters in reversed(list(_preferences(header)))}
        code, outcome, seconds = known.get("code"), known.get("outcome"), known.get("input-seconds")
        return Wishes(
            _outcome(*outcome, contract) if outcome else COMPLETED,
            _code(*code, contract.error_codes(operation)) if code else None,
            _input_seconds(*seconds) if seconds else None,
        )
    except ValueError as error:
        refusing = operation if operation in UPLOADS else CREATE
        raise contract.invalid_request(f"Prefer: {error}.", "Prefer", refusing) from None


def _code(value: str, parameters: dict[str, str], allowed: list[int]) -> int:
    if parameters or value not in {str(code) for code in allowed}:
        raise ValueError(f"code must be one of {', '.join(str(code) for code in allowed)}")
    return int(value)


def _outcome(value: str, parameters: dict[str, str], contract: Contract) -> Outcome:
    if value not in contract.outcomes:
        raise ValueError(f"outcome must be one of {', '.join(contract.outcomes)}")
    if parameters.keys() - ({"code"} if value == "failed" else set()):
        raise ValueError("outcome=failed takes the parameter code, another outcome takes none")
    code = parameters.get("code", "unknown_error" if value == "failed" else "")
    if value == "failed" and code not in contract.task_error_codes:
        raise ValueError(f"the code of a failed task must be one of {', '.join(contract.task_error_codes)}")
    return Outcome(value, code)


def _input_seconds(value: str, parameters: dict[str, str]) -> tuple[float, ...]:
    if parameters or not _SECONDS.fullmatch(value):
        raise ValueError("input-seconds must be numbers of seconds, one for each URL, as in 'input-seconds=\"4, 7.5\"'")
    return tuple(float(seconds) for seconds in value.split(","))


def _preferences(header: str) -> Iterator[Preference]:
    """Yield the preferences of a header.

    Raises:
        ValueError: the header is malformed or too long.
    """
    for group in _split(_pieces(header), ","):
        named = [_named(part) for part in _split(group, ";") if part]
        if named:
            (name, value), *parameters = named
            yield name, value, dict(parameters)


def _named(part: list[str]) -> tuple[str, str]:
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
