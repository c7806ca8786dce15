"""Write the jobs of a ledger to a CSV or JSON Lines file, which appears under its name only when it is complete."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from evolink._partial_file import PartialFile
from evolink._paths import PathError, describe, local_path, shown
from evolink.errors import ConfigurationError, TransferError
from evolink.ledger._jobs import Job

# Spreadsheets run a cell that begins with one of these as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_FIELDS = [name for name in Job.__annotations__ if name not in {"_row", "sender"}]


def export(jobs: Iterable[Job], to: str | os.PathLike[str]) -> int:
    """Write jobs to a file; return their number. An existing file is replaced.

    Raises:
        ConfigurationError: the name does not end with `.csv` or `.jsonl`.
        TransferError: the file cannot be written.
    """
    try:
        path = local_path(to)
    except PathError as error:
        raise TransferError(f"cannot write: {error}") from None
    writers: dict[str, Callable[[Iterable[Job]], Iterator[str]]] = {".csv": _csv_lines, ".jsonl": _json_lines}
    write = writers.get(path.suffix.lower())
    if write is None:
        raise ConfigurationError(f"cannot export to {shown(path)}: the name must end with .csv or .jsonl")
    count = 0

    def counted() -> Iterator[Job]:
        nonlocal count
        for job in jobs:
            count += 1
            yield job

    write_text(path, write(counted()))
    return count


def write_text(path: os.PathLike[str], lines: Iterable[str]) -> None:
    """Write lines to a file, which appears under its name when it is complete. An existing file is replaced.

    Raises:
        TransferError: it cannot be written.
    """
    target = local_path(path)
    try:
        part = PartialFile(target, "")
        try:
            for line in lines:
                part.write(line.encode("utf-8", "surrogatepass"))
            part.finish(target, overwrite=True)
        finally:
            part.close()
    except OSError as error:
        raise TransferError(f"cannot write {shown(target)}: {describe(error)}") from error


def _json_lines(jobs: Iterable[Job]) -> Iterator[str]:
    for job in jobs:
        yield json.dumps(job.to_dict()) + "\n"


def _csv_lines(jobs: Iterable[Job]) -> Iterator[str]:
    yield _csv_line(_FIELDS)
    for job in jobs:
        yield _csv_line([_cell(value) for value in job.to_dict().values()])


def _csv_line(cells: list[Any]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()


def _cell(value: Any) -> Any:
    """Return the cell for a value: texts without formulas, lists and objects as JSON."""
    if isinstance(value, list | dict):
        value = json.dumps(value, ensure_ascii=False) if value else ""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
