"""The commands, by name."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Any

import typer

from evolink._contract import JSON
from evolink._text import printable
from evolink._uploads import is_url
from evolink._version import __version__
from evolink.cli import INTERRUPTED, error_output, exit_codes, listen, models
from evolink.cli.command import AsJson, BaseUrl, Ended, FilesBaseUrl, Session, command
from evolink.cli.generate import HELP, Models
from evolink.cli.local_files import checked, file_of
from evolink.cli.output import Output, OutputLostError
from evolink.cli.results import TIMEOUT, Folder, Timeout, awaited, checked_output, made, report

CONTEXT = {"help_option_names": HELP}
CODES = "\n".join(f"{code:>4}  {meaning}" for code, meaning in exit_codes.MEANINGS.items())

app = typer.Typer(
    add_completion=True,
    context_settings=CONTEXT,
    # They show the values of variables, and so the key.
    pretty_exceptions_enable=False,
    epilog=f"Exit codes:\n{CODES}",
)
app.add_typer(
    typer.Typer(
        name="generate",
        cls=Models,
        subcommand_metavar="MODEL [OPTIONS]",
        help="Create a task, and wait for the video where that is asked for.",
        context_settings=CONTEXT,
    )
)

TaskId = Annotated[str, typer.Argument(metavar="TASK_ID", help="The id of the task.", show_default=False)]


def _version(value: bool) -> None:  # noqa: FBT001 - Typer's signature
    if value:
        Output(as_json=False).result({}, [f"evolink {__version__}"])
        raise typer.Exit


@app.callback()
def evolink(
    ctx: typer.Context,
    *,
    base_url: BaseUrl = None,
    files_base_url: FilesBaseUrl = None,
    as_json: AsJson = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Video generation with EvoLink: submit once, wait, keep the file.

    The API key is read from the environment variable EVOLINK_API_KEY alone: a list of processes shows every option.
    """
    del version
    ctx.obj = {"base_url": base_url, "files_base_url": files_base_url, "as_json": as_json}


@app.command()
@command
def task(
    session: Session,
    task_id: TaskId,
    *,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until the task has ended.")] = False,
    output: Folder = None,
    timeout: Timeout = TIMEOUT,  # type: ignore[assignment] # Typer parses it
) -> None:
    """Read a task, or wait for it; prints its links once it is completed."""
    folder = made(output)
    with session.connect() as api:
        session.follows(task_id)
        found = awaited(session, api, task_id, timeout) if wait else api.task(task_id)
        report(session, api, found, folder)


@app.command()
@command
def download(
    session: Session,
    task_id: TaskId,
    *,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="DIR_OR_FILE", help="Where to save the results.")
    ] = ".",
) -> None:
    """Save the results of a completed task."""
    to = checked_output(output)
    with session.connect() as api:
        session.follows(task_id)
        report(session, api, api.task(task_id), to)


@app.command()
@command
def upload(
    session: Session,
    source: Annotated[
        str,
        typer.Argument(metavar="PATH_OR_URL", help="A file of this machine, or where it is now.", show_default=False),
    ],
) -> None:
    """Bring a file to EvoLink's file host; prints the URL that requests take."""
    if not is_url(source):
        checked(file_of(source, "PATH_OR_URL"))
    with session.connect() as api, session.output.transfer("uploading", "uploaded", source) as on_progress:
        file = api.upload(source, on_progress=on_progress)
    session.output.result({"file": file.to_dict()}, [file.file_url])


@app.command("models")
@command
def show_models(
    session: Session,
    model: Annotated[
        str | None,
        typer.Argument(metavar="[MODEL]", help="The one to show with all its limits.", autocompletion=models.known),
    ] = None,
) -> None:
    """Show the documented models and the limits of their requests; needs no API key."""
    if model is None:
        models.show_all(session)
    else:
        models.show(session, model)


@app.command()
@command
def check(
    session: Session,
    request: Annotated[
        str,
        typer.Argument(metavar="REQUEST", help="A file with a JSON request; - for standard input.", show_default=False),
    ],
) -> None:
    """Check a request against the documented rules; needs no API key."""
    models.check(session, request)


@app.command(name="credits")
@command
def credits_(session: Session) -> None:
    """Show what is left of the credits."""
    with session.connect() as api:
        document = api.credits().to_dict()
    session.output.result({"credits": document}, _credit_lines(document))


def _credit_lines(credits_left: JSON) -> list[str]:
    lines: list[str] = []
    for name, title in (("user", "account"), ("token", "key")):
        part: JSON = credits_left.get(name) or {}
        left = part.get("remaining_credits")
        told = "no limit of its own" if part.get("unlimited_credits") is True else f"{left} left"
        lines.append(f"{title}: {told}, {part.get('used_credits')} used")
    return lines


@app.command(name="listen")
@command
def listen_(
    session: Session,
    *,
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes a free one.")] = 8080,
    output: Folder = None,
    once: Annotated[bool, typer.Option("--once", help="End after the first task.")] = False,
) -> None:
    """Receive callbacks; prints each task that has ended, as it was read back with the API key.

    With --json, each is a JSON document in a line of its own.
    """
    listen.listen(session, host, port, made(output), once=once)


def run(arguments: list[str]) -> int:
    """Run the command; returns its exit code.

    Raises:
        KeyboardInterrupt: it was interrupted before it could begin.
    """
    try:
        code = typer.main.get_command(app).main(list(arguments), prog_name="evolink", standalone_mode=False)
    except Ended as end:
        return end.code
    except typer.TyperException as error:
        context: Any = getattr(error, "ctx", None)
        where = context.command_path if context is not None else "evolink"
        told = printable(error.format_message()).rstrip(".")
        return _ended(error, f"{told}. See {where} --help", exit_codes.USAGE, as_json="--json" in arguments)
    except OutputLostError as error:
        return exit_codes.UNREAD if error.unread else _ended(error, str(error), exit_codes.FAILED, as_json=False)
    except Exception as error:  # noqa: BLE001 - none is to end in a traceback
        return _ended(error, error_output.describe_bug(error), exit_codes.BUG, as_json="--json" in arguments)
    if code == INTERRUPTED:  # what Typer makes of it
        raise KeyboardInterrupt
    return int(code or exit_codes.DONE)


def _ended(error: Exception, text: str, code: int, *, as_json: bool) -> int:
    """Say why there is no command to be run; returns the exit code."""
    document = error_output.error_to_json(error, text, None)
    if isinstance(error, typer.TyperException):
        document["type"] = "UsageError"
    with suppress(OutputLostError):
        Output(as_json=as_json).failure(document, [text])
    return code
