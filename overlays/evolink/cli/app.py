"""Define the commands of `evolink` and run them; `run` maps every outcome to an exit code."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from typing import Annotated, Any

import typer

from evolink._contract import JSON
from evolink._downloads import MAX_BYTES, MAX_SECONDS, MIN_SPEED
from evolink._text import printable
from evolink._uploads import is_url
from evolink._version import __version__
from evolink.cli import INTERRUPTED, error_output, exit_codes, listen, models
from evolink.cli.batch.commands import batch
from evolink.cli.command import AllowHttp, AsJson, BaseUrl, CommandContext, CommandEnded, Edition, FilesBaseUrl, command
from evolink.cli.generate import HELP_OPTIONS, ModelGroup
from evolink.cli.local_files import check_upload_size, readable_file
from evolink.cli.output import Output, OutputLostError
from evolink.cli.results import (
    OUTPUT_HELP,
    OVERWRITE_HELP,
    TIMEOUT,
    Destination,
    Overwrite,
    Timeout,
    prepare_output,
    report_task,
    wait_for,
)
from evolink.models import MediaKind

CONTEXT = {"help_option_names": HELP_OPTIONS}
CODES = "\n".join(f"{code:>4}  {meaning}" for code, meaning in exit_codes.MEANINGS.items())

app = typer.Typer(
    add_completion=True,
    context_settings=CONTEXT,
    # Such tracebacks show the values of variables, and with them the API key.
    pretty_exceptions_enable=False,
    epilog=f"Exit codes:\n{CODES}",
)
app.add_typer(
    typer.Typer(
        name="generate",
        cls=ModelGroup,
        subcommand_metavar="{MODEL | --request FILE} [OPTIONS]",
        help="Create a task. With --wait or --output, also wait for the video. "
        "The request comes from options, or from a JSON file such as --json prints.",
        context_settings=CONTEXT,
    )
)

app.add_typer(batch)

TaskId = Annotated[str, typer.Argument(metavar="TASK_ID", help="The task id.", show_default=False)]


def _version(value: bool) -> None:  # noqa: FBT001 - Typer's signature
    if value:
        Output(as_json=False).write_result({}, [f"evolink {__version__}"])
        raise typer.Exit


@app.callback()
def evolink(
    ctx: typer.Context,
    *,
    base_url: BaseUrl = None,
    files_base_url: FilesBaseUrl = None,
    allow_http: AllowHttp = False,
    edition: Edition = None,
    as_json: AsJson = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Generate videos with EvoLink: submit a task once, wait for it and download the result.

    Set the API key in the environment variable EVOLINK_API_KEY. It has no option, because process lists show options.
    """
    del version
    ctx.obj = {
        "base_url": base_url,
        "files_base_url": files_base_url,
        "allow_http": allow_http,
        "edition": edition,
        "as_json": as_json,
    }


@app.command()
@command
def task(
    context: CommandContext,
    task_id: TaskId,
    *,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until the task has ended.")] = False,
    output: Destination = None,
    overwrite: Overwrite = False,
    timeout: Timeout = TIMEOUT,  # type: ignore[assignment] # Typer parses it
) -> None:
    """Show a task, or wait for it. Prints the links to its results once it is completed."""
    to = prepare_output(output)
    with context.connect() as api:
        context.track(task_id)
        current = wait_for(context, api, task_id, timeout) if wait else api.task(task_id)
        report_task(context, api, current, to, overwrite=overwrite)


@app.command()
@command
def download(
    context: CommandContext,
    task_id: TaskId,
    *,
    output: Annotated[str, typer.Option("--output", "-o", metavar="DIR_OR_FILE", help=OUTPUT_HELP)] = ".",
    overwrite: Annotated[bool, typer.Option("--overwrite", help=OVERWRITE_HELP)] = False,
    max_seconds: Annotated[
        float,
        typer.Option("--max-seconds", metavar="SECONDS", help="The most seconds for each file; inf for no bound."),
    ] = MAX_SECONDS,
    min_speed: Annotated[
        float, typer.Option("--min-speed", metavar="BYTES", help="The least bytes per second; 0 for no bound.")
    ] = MIN_SPEED,
    max_bytes: Annotated[
        float, typer.Option("--max-bytes", metavar="BYTES", help="The largest size of a file; inf for no bound.")
    ] = MAX_BYTES,
) -> None:
    """Download the results of a completed task."""
    to = prepare_output(output)
    with context.connect() as api:
        context.track(task_id)
        bounds = {"max_seconds": max_seconds, "min_speed": min_speed, "max_bytes": max_bytes}
        report_task(context, api, api.task(task_id), to, overwrite=overwrite, must_save=True, **bounds)


@app.command()
@command
def upload(
    context: CommandContext,
    source: Annotated[
        str,
        typer.Argument(metavar="PATH_OR_URL", help="A local file or its current URL.", show_default=False),
    ],
) -> None:
    """Upload a file to EvoLink's file host. Prints the URL to use in requests."""
    if not is_url(source):
        check_upload_size(readable_file(source, "PATH_OR_URL"))
    with context.connect() as api, context.output.show_transfer("uploading", "uploaded", source) as on_progress:
        file = api.upload(source, on_progress=on_progress)
    context.output.write_result({"file": file.to_dict()}, [file.file_url])


@app.command("models")
@command
def show_models(
    context: CommandContext,
    model: Annotated[
        str | None,
        typer.Argument(
            metavar="[MODEL]", help="The model to show with all its limits.", autocompletion=models.complete_model
        ),
    ] = None,
    *,
    family: Annotated[
        str | None,
        typer.Option("--family", metavar="NAME", help="Only this family.", autocompletion=models.complete_family),
    ] = None,
    find: Annotated[
        str | None,
        typer.Option(
            "--find", metavar="WORDS", help="Only models with all these words in id, description or names of fields."
        ),
    ] = None,
    task: Annotated[
        str | None,
        typer.Option(
            "--task",
            metavar="TASK",
            help="Only models that do this, such as upscale.",
            autocompletion=models.complete_task,
        ),
    ] = None,
    takes: Annotated[MediaKind | None, typer.Option("--takes", help="Only models that take such files.")] = None,
    max_price: Annotated[
        float | None,
        typer.Option(
            "--max-price",
            metavar="CREDITS",
            help="Only models that can cost no more per second or call. The prices are a dated snapshot.",
        ),
    ] = None,
) -> None:
    """Find documented models, or show the fields, limits and price of one. Needs no API key."""
    if model is None:
        models.show_all(context, find or "", family=family, task=task, takes=takes, max_price=max_price)
        return
    conditions = {"--family": family, "--find": find, "--task": task, "--takes": takes, "--max-price": max_price}
    given = [option for option, value in conditions.items() if value is not None]
    if given:
        raise typer.BadParameter(f"cannot be combined with MODEL {model!r:.80}", param_hint=f"'{given[0]}'")
    models.show(context, model)


@app.command()
@command
def check(
    context: CommandContext,
    request: Annotated[
        str,
        typer.Argument(
            metavar="REQUEST",
            help="A JSON file with the request, or with what --json has printed; - for standard input.",
            show_default=False,
        ),
    ],
) -> None:
    """Check a request against the documented rules. Needs no API key."""
    models.check(context, request)


@app.command(name="credits")
@command
def credits_(context: CommandContext) -> None:
    """Show the remaining credits."""
    with context.connect() as api:
        document = api.credits().to_dict()
    context.output.write_result({"credits": document}, _credit_lines(document))


def _credit_lines(credits_left: JSON) -> list[str]:
    lines: list[str] = []
    for name, title in (("user", "account"), ("token", "key")):
        part: JSON = credits_left.get(name) or {}
        unlimited = part.get("unlimited_credits") is True
        remaining = "no limit of its own" if unlimited else f"{part.get('remaining_credits')} left"
        lines.append(f"{title}: {remaining}, {part.get('used_credits')} used")
    return lines


@app.command(name="listen")
@command
def listen_(
    context: CommandContext,
    *,
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="The port; 0 for any free port.")] = 8080,
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="DIR", help="The folder to save the results in.")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Exit after the first task.")] = False,
    token: Annotated[
        str | None,
        typer.Option(
            "--token",
            metavar="TOKEN",
            help=f"Refuse callbacks whose URL does not have ?token=TOKEN. Default: {listen.TOKEN_VARIABLE}.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Receive callbacks. Prints each task that has ended, as read from the API with the API key.

    With --json, prints one JSON document per line. A key in the callback's URL, as in ?key=order-42, is printed, too.
    """
    listen.listen(context, host, port, prepare_output(output, only_folder=True), once=once, token=token)


def run(arguments: list[str]) -> int:
    """Run a command; returns its exit code.

    Raises:
        KeyboardInterrupt: the user interrupted it before the command started.
    """
    try:
        code = _command().main(list(arguments), prog_name="evolink", standalone_mode=False)
    except CommandEnded as end:
        return end.code
    except typer.TyperException as error:
        typer_context: Any = getattr(error, "ctx", None)
        where = typer_context.command_path if typer_context is not None else "evolink"
        message = printable(error.format_message()).rstrip(".")
        return _fail(error, f"{message}. See {where} --help", exit_codes.USAGE, as_json="--json" in arguments)
    except OutputLostError as error:
        return exit_codes.UNREAD if error.unread else _fail(error, str(error), exit_codes.FAILED, as_json=False)
    except Exception as error:  # noqa: BLE001 - users never get a traceback
        return _fail(error, error_output.describe_bug(error), exit_codes.BUG, as_json="--json" in arguments)
    if code == INTERRUPTED:  # Typer converts KeyboardInterrupt to this
        raise KeyboardInterrupt
    return int(code or exit_codes.DONE)


@cache  # a fiftieth of a second, which counts where a program runs many commands, as the tests do
def _command() -> Any:
    return typer.main.get_command(app)


def _fail(error: Exception, text: str, code: int, *, as_json: bool) -> int:
    """Report an error outside a command; returns the exit code."""
    document = error_output.error_to_json(error, text, None)
    if isinstance(error, typer.TyperException):
        document["type"] = "UsageError"
    with suppress(OutputLostError):
        Output(as_json=as_json).write_failure(document, [text])
    return code
