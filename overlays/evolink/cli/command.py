"""Options, API client and error handling that all commands share. Every error ends in an exit code."""

from __future__ import annotations

import inspect
import re
import warnings
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from evolink._client import EvoLink
from evolink._contract import JSON
from evolink._editions import edition_in_force
from evolink.cli import INTERRUPTED, error_output, exit_codes
from evolink.cli.output import Output, OutputLostError
from evolink.errors import (
    ContestedLimitWarning,
    EvoLinkError,
    FieldWarning,
    InvalidRequest,
    LinkExpiryWarning,
    UnknownStatusWarning,
)

if TYPE_CHECKING:
    from evolink._async_client import AsyncEvoLink

# The warnings that users see.
_SHOWN = (ContestedLimitWarning, LinkExpiryWarning, FieldWarning, UnknownStatusWarning)
_WITH_DIGITS = re.compile(r"\S*\d\S*")
COMMON_PANEL = "Common options"
BaseUrl = Annotated[
    str | None,
    typer.Option(
        "--base-url",
        metavar="URL",
        help="The API server. Default: EVOLINK_BASE_URL, or EvoLink's.",
        rich_help_panel=COMMON_PANEL,
    ),
]
FilesBaseUrl = Annotated[
    str | None,
    typer.Option(
        "--files-base-url",
        metavar="URL",
        help="The file host. Default: EVOLINK_FILES_BASE_URL, or --base-url if given, or EvoLink's.",
        rich_help_panel=COMMON_PANEL,
    ),
]
AllowHttp = Annotated[
    bool,
    typer.Option(
        "--allow-http",
        help="Send the API key unencrypted to an http:// address, such as a mock in another container. "
        "Default: EVOLINK_ALLOW_HTTP.",
        rich_help_panel=COMMON_PANEL,
    ),
]
Edition = Annotated[
    str | None,
    typer.Option(
        "--edition",
        metavar="NAME",
        help="The edition of the documentation by which requests are checked, such as 2026-10. "
        "Default: EVOLINK_EDITION, or base.",
        rich_help_panel=COMMON_PANEL,
    ),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print one JSON document, also on errors.", rich_help_panel=COMMON_PANEL)
]
_COMMON: dict[str, Any] = {
    "base_url": BaseUrl,
    "files_base_url": FilesBaseUrl,
    "allow_http": AllowHttp,
    "edition": Edition,
    "as_json": AsJson,
}
_FLAGS = frozenset({"allow_http", "as_json"})
COMMON_OPTIONS = frozenset({"help", "base-url", "files-base-url", "allow-http", "edition", "json"})


class CommandEnded(Exception):  # noqa: N818 - it is not always an error
    """Ends the command with an exit code after all output has been written."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class CommandContext:
    """The state of one running command.

    Args:
        base_url, files_base_url: the servers; None for the defaults.
        allow_http: whether the API key may be sent unencrypted to another machine.
        edition: the edition of the documentation; None for the default.
        as_json: whether results and errors are JSON documents.

    Attributes:
        output: writes the output.
        task_id: the id of the command's task; None until it is known.
        document_fields: `{"request": …}` after this command has sent a request; part of every JSON document.
    """

    def __init__(
        self,
        *,
        base_url: str | None,
        files_base_url: str | None,
        allow_http: bool,
        edition: str | None,
        as_json: bool,
    ) -> None:
        self.output = Output(as_json=as_json)
        self.task_id: str | None = None
        self.document_fields: JSON = {}
        self._outcome = ""
        self._edition = edition
        self._client_options: dict[str, Any] = {
            "base_url": base_url,
            "files_base_url": files_base_url,
            "allow_http": allow_http or None,  # without the option, EVOLINK_ALLOW_HTTP decides
            "edition": edition,
        }
        # The kinds of warnings of many requests: the first text and the number of each. None for a single request.
        self._warnings: dict[tuple[type[Warning], str], tuple[str, int]] | None = None

    @property
    def edition(self) -> str:
        """The edition of the documentation that is in force.

        Raises:
            ConfigurationError: the edition is unknown.
        """
        return edition_in_force(self._edition)

    def connect(self) -> EvoLink:
        """Create a client. The API key comes from the environment only."""
        return EvoLink(**self._client_options)

    def connect_async(self) -> AsyncEvoLink:
        """Create an asynchronous client; see `connect`."""
        from evolink.cli.batch.client import BatchClient  # noqa: PLC0415 - only batches need it

        return BatchClient(**self._client_options)

    def track(self, task_id: str) -> None:
        """Remember the task, so that an early end of the command reports how to resume."""
        self.task_id = task_id
        self._outcome = f"{task_id} is not affected; follow it with: evolink task {task_id} --wait"

    def mark_completed(self) -> None:
        """Remember that the task is completed."""
        self._outcome = f"{self.task_id} is completed; download it with: evolink download {self.task_id}"

    def mark_saved(self, paths: list[str]) -> None:
        """Remember where the results have been saved."""
        self._outcome = f"{self.task_id} is saved as {', '.join(paths)}"

    @contextmanager
    def handle_errors(self) -> Generator[None]:
        """Report every error of the enclosed block, and turn it into an exit code.

        Raises:
            CommandEnded: the command has failed.
        """
        try:
            with warnings.catch_warnings():
                for category in _SHOWN:
                    warnings.simplefilter("always", category)
                warnings.showwarning = self._warn
                yield
        except (typer.TyperException, typer.Exit, typer.Abort, CommandEnded):
            raise
        except EvoLinkError as error:
            text = "; ".join([error.describe(error_output.in_commands), *_notes(error)])
            self._fail(error, text, exit_codes.exit_code_for(error))
        except OutputLostError as error:
            if error.unread and self.task_id is None:
                raise CommandEnded(exit_codes.UNREAD) from None
            self._fail(error, str(error), exit_codes.UNREAD if error.unread else exit_codes.FAILED, and_task=True)
        except KeyboardInterrupt as interruption:
            notes = [] if self.task_id else _notes(interruption)
            self._fail(interruption, "; ".join(["interrupted", *notes]), INTERRUPTED, and_task=True)
        except Exception as error:  # noqa: BLE001 - users never get a traceback
            self._fail(error, error_output.describe_bug(error), exit_codes.BUG, and_task=True)

    def _fail(self, error: BaseException, text: str, code: int, *, and_task: bool = False) -> NoReturn:
        """Report why the command ends; with `and_task`, also the state of its task."""
        if and_task and self._outcome:
            text = f"{text}; {self._outcome}"
        with suppress(OutputLostError):
            # Only InvalidRequest has several lines, one per broken rule. Other line breaks come from the server.
            lines = text.splitlines() if isinstance(error, InvalidRequest) else [text]
            self.output.write_failure(
                {**error_output.error_to_json(error, text, self.task_id), **self.document_fields}, lines
            )
        raise CommandEnded(code) from None

    @contextmanager
    def count_warnings(self) -> Generator[None]:
        """Write warnings once per kind at the end of the block, with their number; a kind is never written again.

        Two warnings are of one kind if they differ in words with digits only, such as sizes and ids.
        """
        known = {} if self._warnings is None else self._warnings
        before = set(known)
        self._warnings = known
        try:
            yield
        finally:
            for text, count in [known[kind] for kind in known if kind not in before]:
                more = "" if count == 1 else f" (and {count - 1} more like it)"
                self.output.write_note(f"evolink: warning: {text}{more}")

    def _warn(self, message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
        if not issubclass(category, _SHOWN):
            return
        text = str(message)
        if self._warnings is None:
            self.output.write_note(f"evolink: warning: {text}")
            return
        kind = category, _WITH_DIGITS.sub("0", text)
        first, count = self._warnings.get(kind, (text, 0))
        self._warnings[kind] = first, count + 1


def _notes(error: BaseException) -> list[str]:
    """Return the notes that the SDK has added to an error."""
    return [str(note).rstrip(".") for note in getattr(error, "__notes__", ())]


def command(body: Callable[..., None]) -> Callable[..., None]:
    """Add the common options to a command, in a signature that Typer can read.

    Args:
        body: takes the `CommandContext` first, then the command's own options.
    """

    def run(ctx: typer.Context, **values: Any) -> None:
        # Options after the command name take precedence over options before it.
        before: dict[str, Any] = ctx.obj or {}
        common = {name: values.pop(name) or before.get(name) for name in _COMMON}
        context = CommandContext(
            base_url=common["base_url"],
            files_base_url=common["files_base_url"],
            allow_http=bool(common["allow_http"]),
            edition=common["edition"],
            as_json=bool(common["as_json"]),
        )
        with context.handle_errors():
            body(context, **values)

    kind = inspect.Parameter.KEYWORD_ONLY
    _, *own = inspect.signature(body, eval_str=True).parameters.values()
    ctx_parameter = inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
    shared = [
        inspect.Parameter(name, kind, annotation=annotation, default=False if name in _FLAGS else None)
        for name, annotation in _COMMON.items()
    ]
    parameters = [ctx_parameter, *(parameter.replace(kind=kind) for parameter in own), *shared]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] # inspect reads this first
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    run.__name__, run.__doc__ = body.__name__, body.__doc__
    return run
