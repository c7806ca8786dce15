"""The rows of a batch: read from a JSON Lines, CSV or YAML file, and checked before anything is sent."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

from evolink._contract import JSON
from evolink._editions import contract_with
from evolink._json import is_array, is_object, parse_json
from evolink._paths import PathError, describe, local_path
from evolink._targets import checked_name, safe_stem
from evolink._text import printable
from evolink._validation import to_body
from evolink.cli.local_request import LocalRequest
from evolink.cli.request_options import MODEL, Field, fields_of, set_value
from evolink.errors import ConfigurationError, EvoLinkError, InvalidRequest, Violation
from evolink.ledger._base_ledger import checked_key, digest, with_key

if TYPE_CHECKING:
    from evolink.billing import Estimate

KEY, NAME, REQUEST = "key", "name", "request"
HINT = "'FILE'"
MAX_SHOWN = 20
# A name with one of these suffixes is meant as the name of the file, which gets its suffix from its content.
_SUFFIXES = (".mp4", ".webm", ".mov", ".png", ".jpg", ".jpeg", ".webp", ".mp3", ".wav", ".txt")


class Row(NamedTuple):
    """One row of a batch.

    Attributes:
        number: the number of the row, from 1.
        key: its key in the ledger.
        name: the name of its results, without a suffix.
        request: the request, whose media may be local files.
        sha256: the digest of the request, with the content of local files in place of their paths.
        cost: the estimated charge; None if the billed fields are not as documented.
    """

    number: int
    key: str
    name: str
    request: LocalRequest
    sha256: str
    cost: Estimate | None


def rows_error(violations: list[Violation]) -> InvalidRequest:
    """Return the error for rows of a batch that are wrong, with the first of what is wrong with them."""
    more = len(violations) - MAX_SHOWN
    rest = [Violation(f"{more} more", "", None, "", "see the rows above first")] if more > 0 else []
    return InvalidRequest([*violations[:MAX_SHOWN], *rest], "the batch")


def read_rows(source: str, edition: str) -> list[Row]:
    """Read and check the rows of a batch.

    Args:
        source: the path of a `.jsonl`, `.csv`, `.yaml` or `.yml` file.
        edition: the edition of the documentation by which requests are checked.

    Raises:
        typer.BadParameter: the file cannot be read.
        InvalidRequest: a row breaks documented rules, or two of them have the same key or name.
    """
    text, read = _open(source)
    problems: list[Violation] = []
    rows: list[Row] = []
    digests: dict[Path, str] = {}
    for number, value in enumerate(_values(source, text, read, edition), 1):
        try:
            rows.append(_row(number, value, edition, digests))
        except InvalidRequest as error:
            problems += [each._replace(field=f"row {number}: {each.field}") for each in error.violations]
        except EvoLinkError as error:
            problems.append(wrong_row(number, str(error)))
        except typer.BadParameter as error:
            field = (error.param_hint or "row").strip("'") if isinstance(error.param_hint, str) else "row"
            problems.append(wrong_row(number, f"{field}: {error.message}"))
    for title, texts in (("key", [row.key for row in rows]), ("name", [row.name.casefold() for row in rows])):
        first: dict[str, int] = {}
        for row, each in zip(rows, texts, strict=True):
            if first.setdefault(each, row.number) != row.number:
                problems.append(wrong_row(row.number, f"has the same {title} as row {first[each]}: {each!r:.80}"))
    if problems:
        raise rows_error(problems)
    if not rows:
        raise typer.BadParameter(f"{source!r:.200} has no rows", param_hint=HINT)
    return rows


def wrong_row(number: int, problem: str) -> Violation:
    """Return a violation about a row as a whole."""
    return Violation(f"row {number}", "", None, "", problem)


Reader = Callable[[str, str], Iterator[Any]]


def _open(source: str) -> tuple[str, Reader]:
    readers: dict[str, Reader] = {
        ".jsonl": _json_lines, ".ndjson": _json_lines, ".csv": _csv_rows, ".yaml": _yaml_rows, ".yml": _yaml_rows
    }  # fmt: skip
    try:
        path = local_path(source)
        read = readers.get(path.suffix.lower())
        if read is None:
            raise typer.BadParameter(f"{source!r:.200} must end with .jsonl, .csv or .yaml", param_hint=HINT)
        return path.read_text(encoding="utf-8-sig"), read
    except UnicodeDecodeError:
        raise typer.BadParameter(f"{source!r:.200} is not text in UTF-8; save it as UTF-8", param_hint=HINT) from None
    except (OSError, PathError) as error:
        raise typer.BadParameter(f"cannot read {source!r:.200}: {describe(error)}", param_hint=HINT) from None


def _values(source: str, text: str, read: Reader, edition: str) -> Iterator[Any]:
    try:
        yield from read(text, edition)
    except ValueError as error:
        raise typer.BadParameter(
            f"cannot read {source!r:.200}: {printable(str(error), 200)}", param_hint=HINT
        ) from None


def _json_lines(text: str, _edition: str) -> Iterator[Any]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield parse_json(line)
            except ValueError as error:
                raise ValueError(f"line {number} is not JSON: {error}") from None


def _yaml_rows(text: str, _edition: str) -> Iterator[Any]:
    from evolink_sandbox import yaml_1_2  # noqa: PLC0415 - an extra

    rows = yaml_1_2.load(text).value
    if not is_array(rows):
        raise ValueError("it must be a list of requests")
    yield from rows


def _csv_rows(text: str, edition: str) -> Iterator[Any]:
    """Yield a request for each line of a table. The first line has the names of fields, as in `model_params.seed`."""
    lines = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=lines.count)
    table = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True, restkey="")
    try:
        names = [str(name) for name in table.fieldnames or []]
        if len(set(names)) < len(names):
            raise ValueError("two columns have the same name")
        for cells in table:
            if "" in cells:
                raise ValueError(f"line {table.line_num} has more cells than the first line")
            given = {name.strip(): cell for name, cell in cells.items() if cell is not None and cell.strip()}
            if given:
                yield _csv_request(given, edition)
    except csv.Error as error:
        raise ValueError(f"line {table.line_num}: {error}") from None


def _csv_request(cells: dict[str, str], edition: str) -> JSON | _UnknownColumns:
    model = cells.get(MODEL, "").strip()
    fields = _fields(model, edition)
    row: JSON = {}
    for name, cell in cells.items():
        field = fields.get(name)
        value = cell.strip() if field is None else _cell_value(field, cell)
        set_value(row, tuple(name.split(".")), value)
    unknown = [name for name in cells if name not in {MODEL, KEY, NAME, *fields}] if fields else []
    return _UnknownColumns(row, unknown) if unknown else row


class _UnknownColumns(NamedTuple):
    """A row of a table with columns that its model does not have."""

    row: JSON
    names: list[str]


@lru_cache(maxsize=128)
def _fields(model: str, edition: str) -> dict[str, Field]:
    """Return the fields of a model by their names; none for a model that is not documented."""
    contract = contract_with(model, edition)
    return {field.name: field for field in fields_of(contract, model)} if model in contract.models else {}


def _cell_value(field: Field, cell: str) -> Any:
    """Return the value of a cell: JSON where the field is not a text; a list may also have one item in each line."""
    text = cell.strip()
    if field.items is not None and not text.startswith("["):
        items = [line.strip() for line in text.splitlines() if line.strip()]
        return items if field.items.get("type") in {"string", None} else [_parsed(item) for item in items]
    return cell if field.kind == "string" else _parsed(text)


def _parsed(text: str) -> Any:
    """Return the JSON value of a text; the text itself if it is not JSON, which the check of the request reports."""
    lower = text.lower()
    if lower in {"true", "false"}:  # spreadsheets write them in capitals
        return lower == "true"
    try:
        return parse_json(text)
    except ValueError:
        return text


def _row(number: int, value: Any, edition: str, digests: dict[Path, str]) -> Row:
    if isinstance(value, _UnknownColumns):
        fix = "is not a field of the model; correct the name of the column, or write the rows as JSON Lines"
        raise InvalidRequest([Violation(name, "additionalProperties", None, "", fix) for name in value.names])
    if not is_object(value):
        raise ConfigurationError('it must be an object, as in {"model": "...", "prompt": "..."}')
    own = {name: value[name] for name in (KEY, NAME) if value.get(name) is not None}
    rest: JSON = {name: item for name, item in value.items() if name not in {KEY, NAME}}
    if is_object(rest.get(REQUEST)) and len(rest) == 1:
        rest = rest[REQUEST]
    body = to_body(rest)
    request = LocalRequest(body, lambda field: field.name, edition)
    request.check()
    for path in request.files.values():
        if path not in digests:
            digests[path] = content_digest(path)
    known_by = request.with_urls(lambda source: f"sha256:{digests[request.files[source]]}")
    key = checked_key(str(own[KEY]) if isinstance(own.get(KEY), int) else own[KEY]) if KEY in own else None
    name = own.get(NAME)
    if isinstance(name, str) and name.lower().endswith(_SUFFIXES):
        name = name[: name.rindex(".")]
    key = key or f"row-{number}-{digest(known_by)[:16]}"
    return Row(
        number,
        key,
        safe_stem(key) if name is None else checked_name(str(name)),
        request,
        digest(with_key(known_by, key)),
        request.estimate(None),
    )


def content_digest(path: Path) -> str:
    """Return the digest of the content of a file.

    Raises:
        typer.BadParameter: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise typer.BadParameter(f"cannot read {str(path)!r:.200}: {describe(error)}") from None
