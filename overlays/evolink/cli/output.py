"""What the command says: results on standard output, everything else on standard error.

For a person on a terminal there are progress bars, for a log one line for each change, for a program one JSON document.
No text leaves here with the API key or with what a terminal would obey.
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
from evolink._responses import is_array, is_object
from evolink._settings import Secret
from evolink._text import printable

if TYPE_CHECKING:
    from rich.progress import Progress

    from evolink_client.models import Task

_MIN_KEY = 8


class OutputLostError(Exception):
    """Standard output takes no more: whoever read it is gone, or the disk is full."""

    def __init__(self, error: OSError) -> None:
        super().__init__(f"cannot write the output: {error.strerror or error}")
        self.unread = isinstance(error, BrokenPipeError)


class Output:
    """The two streams of the command.

    Args:
        as_json: whether results and errors are JSON documents.
    """

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        key = os.environ.get("EVOLINK_API_KEY", "").strip()
        self._secret = Secret(key) if len(key) >= _MIN_KEY else None
        self._bars: Progress | None = None

    def result(self, document: JSON, lines: Iterable[str | tuple[str, ...]]) -> None:
        """Write what came of the command: the document for a program, else the lines, or the cells of each.

        Raises:
            OutputLostError: nobody takes it.
        """
        # What is not ASCII is escaped, so that nothing in it can move a cursor.
        text = json.dumps(self._clean(document)) if self.as_json else "\n".join(map(self._line, lines))
        if not text:
            return
        stream: TextIO | None = sys.stdout
        if stream is None:
            raise OutputLostError(OSError(errno.EBADF, "it is closed"))
        try:
            # A path can have what the terminal's encoding has not.
            print(text.encode(stream.encoding, "backslashreplace").decode(stream.encoding), flush=True)  # noqa: T201 - is a command
        except OSError as error:
            _give_up(stream)
            raise OutputLostError(error) from None

    def note(self, text: str) -> None:
        """Write a line that is no result."""
        line = self.shown(text)
        if self._bars is not None:
            self._bars.console.print(line, markup=False, highlight=False, soft_wrap=True)
            return
        with suppress(OSError):  # what nobody reads must not end what is paid for
            print(line, file=sys.stderr, flush=True)  # noqa: T201 - is a command

    def failure(self, document: JSON, lines: Iterable[str]) -> None:
        """Write what went wrong, and as a document where documents are asked for."""
        for number, line in enumerate(lines):
            self.note(f"  {line.strip()}" if number else f"evolink: {line}")
        if self.as_json:
            self.result({"error": document}, ())

    def shown(self, text: str) -> str:
        """Return a text in one line, without the key and without what a terminal would obey."""
        hidden = text if self._secret is None else self._secret.redact(text)
        indent = len(hidden) - len(hidden.lstrip(" "))
        return " " * indent + printable(hidden, len(hidden))

    def _line(self, line: str | tuple[str, ...]) -> str:
        return self.shown(line) if isinstance(line, str) else "\t".join(map(self.shown, line))

    @contextmanager
    def transfer(self, doing: str, done: str, name: str) -> Generator[Callable[[int, int | None], None]]:
        """Show the bytes of a file that goes to, or comes from, a server."""
        with self._live(_byte_columns) as bars:
            if bars is None:
                self.note(f"{doing} {name}")
                latest = 0

                def count(arrived: int, _total: int | None) -> None:
                    nonlocal latest
                    latest = max(latest, arrived)

                yield count
                self.note(f"{done} {name} ({decimal(latest)})" if latest else f"{done} {name}")
            else:
                bar = bars.add_task(self.shown(f"{doing} {name}"), total=None)
                yield lambda arrived, total: bars.update(bar, completed=arrived, total=total)

    @contextmanager
    def following(self, task_id: str) -> Generator[Callable[[Task], None]]:
        """Show how a task comes along."""
        with self._live(_task_columns) as bars:
            if bars is None:
                yield lambda task: self.note(f"{task.id}: {standing(task)}")
            else:
                bar = bars.add_task(self.shown(task_id), total=100, status="waiting")
                yield lambda task: bars.update(bar, completed=_percent(task), status=self.shown(str(task.status)))

    @contextmanager
    def _live(self, columns: Callable[[], tuple[Any, ...]]) -> Generator[Progress | None]:
        """Keep progress bars on the terminal; there are none elsewhere."""
        if not is_terminal(sys.stderr) or os.environ.get("TERM") == "dumb":
            yield None
            return
        from rich.console import Console  # noqa: PLC0415 - what is piped needs none
        from rich.progress import Progress  # noqa: PLC0415 - see above

        with Progress(*columns(), console=Console(stderr=True)) as bars:
            self._bars = bars
            try:
                yield bars
            finally:
                self._bars = None

    def _clean(self, value: Any) -> Any:
        """Return a JSON value without the key."""
        if is_object(value):
            return {self._clean(name): self._clean(item) for name, item in value.items()}
        if is_array(value):
            return [self._clean(item) for item in value]
        return self._secret.redact(value) if isinstance(value, str) and self._secret is not None else value


def standing(task: Task) -> str:
    """Return in a few words how a task stands."""
    return f"{task.status}, {_percent(task):g} %"


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a person looks at a stream; one that was closed from the start is None."""
    return stream is not None and stream.isatty()


def _percent(task: Task) -> float:
    progress: Any = task.progress
    return progress if isinstance(progress, int | float) else 0


def _task_columns() -> tuple[Any, ...]:
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415 - see _live

    name, status = (TextColumn(text, markup=False) for text in ("{task.description}", "{task.fields[status]}"))
    return name, BarColumn(), TaskProgressColumn(), TimeElapsedColumn(), status


def _byte_columns() -> tuple[Any, ...]:
    from rich.progress import BarColumn, DownloadColumn, TextColumn  # noqa: PLC0415 - see _live

    return TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn()


def _give_up(stream: TextIO) -> None:
    """Let what a stream still holds go nowhere, or the interpreter tries once more and complains."""
    with suppress(OSError, ValueError), open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - is no file
        os.dup2(nowhere.fileno(), stream.fileno())
