"""What every command has: the options they share, a way to the API, and an end with an exit code and no traceback."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import Annotated, Any, NoReturn

import typer

from evolink._client import EvoLink
from evolink._contract import JSON
from evolink.cli import INTERRUPTED, error_output, exit_codes
from evolink.cli.output import Output, OutputLostError
from evolink.errors import ContestedLimitWarning, EvoLinkError, InvalidRequest, LinkExpiryWarning

COMMON_PANEL = "Common options"
BaseUrl = Annotated[
    str | None,
    typer.Option(
        "--base-url",
        metavar="URL",
        help="The server; else EVOLINK_BASE_URL, else EvoLink's.",
        rich_help_panel=COMMON_PANEL,
    ),
]
FilesBaseUrl = Annotated[
    str | None,
    typer.Option(
        "--files-base-url",
        metavar="URL",
        help="The server of files; else EVOLINK_FILES_BASE_URL, else --base-url where that is given, else EvoLink's.",
        rich_help_panel=COMMON_PANEL,
    ),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print one JSON document, also for an error.", rich_help_panel=COMMON_PANEL)
]
_COMMON: dict[str, Any] = {"base_url": BaseUrl, "files_base_url": FilesBaseUrl, "as_json": AsJson}
COMMON_OPTIONS = frozenset({"help", "base-url", "files-base-url", "json"})


class Ended(Exception):  # noqa: N818 - an end is not always an error
    """The command has ended, and has said what there was to say."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Session:
    """One command on its way.

    Args:
        base_url, files_base_url: where it talks to.
        as_json: whether it speaks to a program.

    Attributes:
        output: where it speaks.
        task_id: the task it is about, as soon as there is one.
        asked: the request that was sent for it, as documents show it; empty where the task is older.
    """

    def __init__(self, *, base_url: str | None, files_base_url: str | None, as_json: bool) -> None:
        self.output = Output(as_json=as_json)
        self.task_id: str | None = None
        self.asked: JSON = {}
        self._left = ""
        self._base_url, self._files_base_url = base_url, files_base_url

    def connect(self) -> EvoLink:
        """Return a client; its key comes from the environment alone."""
        return EvoLink(base_url=self._base_url, files_base_url=self._files_base_url)

    def follows(self, task_id: str) -> None:
        """Be about a task, which lives on when the command ends before it."""
        self.task_id = task_id
        self._left = f"{task_id} lives on, see: evolink task {task_id} --wait"

    def has_completed(self) -> None:
        """Know that the task has results."""
        self._left = f"{self.task_id} is completed, fetch it with: evolink download {self.task_id}"

    def has_saved(self, paths: list[str]) -> None:
        """Know that every result is on this machine."""
        self._left = f"{self.task_id} is saved as {', '.join(paths)}"

    @contextmanager
    def ending(self) -> Generator[None]:
        """Let a command end with an exit code and in words, whatever happens to it.

        Raises:
            Ended: it has ended otherwise than well.
        """
        try:
            with warnings.catch_warnings():
                for category in (ContestedLimitWarning, LinkExpiryWarning):
                    warnings.simplefilter("always", category)
                warnings.showwarning = self._warn
                yield
        except (typer.TyperException, typer.Exit, typer.Abort, Ended):
            raise
        except EvoLinkError as error:
            text = "; ".join([error.describe(error_output.in_commands), *_notes(error)])
            self._end(error, text, exit_codes.exit_code_for(error))
        except OutputLostError as error:
            if error.unread and self.task_id is None:
                raise Ended(exit_codes.UNREAD) from None
            self._end(error, str(error), exit_codes.UNREAD if error.unread else exit_codes.FAILED, still=True)
        except KeyboardInterrupt as interruption:
            notes = [] if self.task_id else _notes(interruption)
            self._end(interruption, "; ".join(["interrupted", *notes]), INTERRUPTED, still=True)
        except Exception as error:  # noqa: BLE001 - none is to end in a traceback
            self._end(error, error_output.describe_bug(error), exit_codes.BUG, still=True)

    def _end(self, error: BaseException, text: str, code: int, *, still: bool = False) -> NoReturn:
        """Say why the command ends, and what it leaves behind."""
        if still and self._left:
            text = f"{text}; {self._left}"
        with suppress(OutputLostError):
            # A server's text may have lines, too; those that are ours begin a broken rule each.
            lines = text.splitlines() if isinstance(error, InvalidRequest) else [text]
            self.output.failure({**error_output.error_to_json(error, text, self.task_id), **self.asked}, lines)
        raise Ended(code) from None

    def _warn(self, message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
        if issubclass(category, ContestedLimitWarning | LinkExpiryWarning):
            self.output.note(f"evolink: warning: {message}")


def _notes(error: BaseException) -> list[str]:
    """Return what the SDK has to add to an error."""
    return [str(note).rstrip(".") for note in getattr(error, "__notes__", ())]


def command(body: Callable[..., None]) -> Callable[..., None]:
    """Return a command with the options that all of them share, for Typer to read.

    Args:
        body: takes the session first, and then the options of its own.
    """

    def called(ctx: typer.Context, **values: Any) -> None:
        # What is said beside the command goes before what is said ahead of it.
        ahead: dict[str, Any] = ctx.obj or {}
        common = {name: values.pop(name) or ahead.get(name) for name in _COMMON}
        session = Session(
            base_url=common["base_url"], files_base_url=common["files_base_url"], as_json=bool(common["as_json"])
        )
        with session.ending():
            body(session, **values)

    kind = inspect.Parameter.KEYWORD_ONLY
    _, *own = inspect.signature(body, eval_str=True).parameters.values()
    context = inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
    shared = [
        inspect.Parameter(name, kind, annotation=annotation, default=False if name == "as_json" else None)
        for name, annotation in _COMMON.items()
    ]
    parameters = [context, *(parameter.replace(kind=kind) for parameter in own), *shared]
    called.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] # where inspect looks first
    called.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    called.__name__, called.__doc__ = body.__name__, body.__doc__
    return called
