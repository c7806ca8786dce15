"""Write the output of the command: results to standard output, all other text to standard error.

Progress is a bar on a terminal and one line per change elsewhere. With `--json`, the result is one JSON document.
The API key and control characters are removed from all output.
"""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TextIO

from rich.filesize import decimal

from evolink._contract import JSON
from evolink._json import is_array, is_object
from evolink._secret import Secret
from evolink._text import printable

if TYPE_CHECKING:
    from rich.progress import Progress

    from evolink._views import Task

_MIN_KEY = 8


class OutputLostError(Exception):
    """Standard output cannot be written: its reader has closed it, or the disk is full.

    Attributes:
        unread: whether its reader has closed it.
    """

    def __init__(self, error: OSError) -> None:
        super().__init__(f"cannot write the output: {error.strerror or error}")
        self.unread = isinstance(error, BrokenPipeError)


class Output:
    """Writes to standard output and standard error.

    Args:
        as_json: whether results and errors are JSON documents.
    """

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        key = os.environ.get("EVOLINK_API_KEY", "").strip()
        self._secret = Secret(key) if len(key) >= _MIN_KEY else None
        self._bars: Progress | None = None

    def write_result(self, document: JSON, lines: Iterable[str | tuple[str, ...]]) -> None:
        """Write a result: with `--json` the document, else the lines. The cells of a tuple are separated by tabs.

        Raises:
            OutputLostError: standard output cannot be written.
        """
        # json.dumps escapes control characters and all characters outside ASCII.
        text = json.dumps(self._clean(document)) if self.as_json else "\n".join(map(self._line, lines))
        if not text:
            return
        stream: TextIO | None = sys.stdout
        if stream is None:
            raise OutputLostError(OSError(errno.EBADF, "standard output is closed"))
        try:
            # A path can contain characters that the encoding of the terminal lacks.
            print(text.encode(stream.encoding, "backslashreplace").decode(stream.encoding), flush=True)  # noqa: T201 - command-line output
        except OSError as error:
            _discard(stream)
            raise OutputLostError(error) from None

    def write_note(self, text: str) -> None:
        """Write a line to standard error."""
        line = self.safe_line(text)
        if self._bars is not None:
            self._bars.console.print(line, markup=False, highlight=False, soft_wrap=True)
            return
        with suppress(OSError):  # a closed standard error must not end a command that has created a task
            print(line, file=sys.stderr, flush=True)  # noqa: T201 - command-line output

    def write_failure(self, document: JSON, lines: Iterable[str]) -> None:
        """Write an error to standard error and, with `--json`, as a document to standard output."""
        for number, line in enumerate(lines):
            self.write_note(f"  {line.strip()}" if number else f"evolink: {line}")
        if self.as_json:
            self.write_result({"error": document}, ())

    def safe_line(self, text: str) -> str:
        """Return a text as one line without the API key and without control characters."""
        hidden = text if self._secret is None else self._secret.redact(text)
        indent = len(hidden) - len(hidden.lstrip(" "))
        return " " * indent + printable(hidden, len(hidden))

    def _line(self, line: str | tuple[str, ...]) -> str:
        return self.safe_line(line) if isinstance(line, str) else "\t".join(map(self.safe_line, line))

    @contextmanager
    def show_transfer(self, doing: str, done: str, name: str) -> Generator[Callable[[int, int | None], None]]:
        """Show the progress of an upload or a download; yields the function to report it to."""
        with self._progress_bars(_byte_columns) as bars:
            if bars is None:
                self.write_note(f"{doing} {name}")
                latest = 0

                def count(transferred: int, _total: int | None) -> None:
                    nonlocal latest
                    latest = max(latest, transferred)

                yield count
                self.write_note(f"{done} {name} ({decimal(latest)})" if latest else f"{done} {name}")
            else:
                bar = bars.add_task(self.safe_line(f"{doing} {name}"), total=None)
                yield lambda transferred, total: bars.update(bar, completed=transferred, total=total)

    @contextmanager
    def show_task(self, task_id: str) -> Generator[Callable[[Task], None]]:
        """Show the progress of a task; yields the function to report it to."""
        with self._progress_bars(_task_columns) as bars:
            if bars is None:
                yield lambda task: self.write_note(f"{task.id}: {describe_status(task)}")
            else:
                bar = bars.add_task(self.safe_line(task_id), total=100, status="waiting")
                yield lambda task: bars.update(bar, completed=_percent(task), status=self.safe_line(str(task.status)))

    @contextmanager
    def show_batch(self, total: int) -> Generator[Callable[[int, str, str], None]]:
        """Show the progress of many jobs; yields the function to report it to.

        It takes the number of jobs that have ended, a line about one of them, which may be empty, and a line about all
        of them. On a terminal, the latter is beside the bar; elsewhere, only the former is written.
        """
        with self._progress_bars(_batch_columns) as bars:
            if bars is None:
                yield lambda ended, one, _: self.write_note(f"{one} ({ended}/{total})") if one else None
            else:
                bar = bars.add_task("batch", total=total, status="")
                yield lambda ended, _, every: bars.update(bar, completed=ended, status=self.safe_line(every))

    @contextmanager
    def _progress_bars(self, columns: Callable[[], tuple[Any, ...]]) -> Generator[Progress | None]:
        """Show progress bars if standard error is a terminal; yields None otherwise."""
        if not is_terminal(sys.stderr) or os.environ.get("TERM") == "dumb":
            yield None
            return
        from rich.console import Console  # noqa: PLC0415 - only needed on a terminal
        from rich.progress import Progress  # noqa: PLC0415 - see above

        with Progress(*columns(), console=Console(stderr=True)) as bars:
            self._bars = bars
            try:
                yield bars
            finally:
                self._bars = None

    def _clean(self, value: Any) -> Any:
        """Return a JSON value without the API key."""
        if is_object(value):
            return {self._clean(name): self._clean(item) for name, item in value.items()}
        if is_array(value):
            return [self._clean(item) for item in value]
        return self._secret.redact(value) if isinstance(value, str) and self._secret is not None else value


def describe_status(task: Task) -> str:
    """Return the status and progress of a task, for example `processing, 40 %`."""
    return f"{task.status}, {_percent(task):g} %"


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether a stream is a terminal. A stream that was closed before the start is None."""
    return stream is not None and stream.isatty()


def _percent(task: Task) -> float:
    progress: Any = task.progress
    return progress if isinstance(progress, int | float) else 0


def _task_columns() -> tuple[Any, ...]:
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415 - see _progress_bars

    name, status = (TextColumn(text, markup=False) for text in ("{task.description}", "{task.fields[status]}"))
    return name, BarColumn(), TaskProgressColumn(), TimeElapsedColumn(), status


def _batch_columns() -> tuple[Any, ...]:
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn  # noqa: PLC0415 - see above

    return MofNCompleteColumn(), BarColumn(), TimeRemainingColumn(), TextColumn("{task.fields[status]}", markup=False)


def _byte_columns() -> tuple[Any, ...]:
    from rich.progress import BarColumn, DownloadColumn, TextColumn  # noqa: PLC0415 - see _progress_bars

    return TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn()


def _discard(stream: TextIO) -> None:
    """Redirect a stream to the null device. Otherwise Python writes its buffer again at exit and reports an error."""
    with suppress(OSError, ValueError), open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - a device
        os.dup2(nowhere.fileno(), stream.fileno())
