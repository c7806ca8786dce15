"""Functions of the commands that handle tasks: wait for a task, save its results and print it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evolink._base_client import WAIT_SECONDS
from evolink._outcomes import outcome_of, result_ids, result_links
from evolink._partial_file import is_taken
from evolink._paths import PathError, describe, shown
from evolink._polling import raise_if_unsuccessful
from evolink._settings import checked_timeout
from evolink._targets import is_folder, output_path, resolved
from evolink.cli.exit_codes import TaskUnfinished
from evolink.cli.output import describe_status
from evolink.errors import ConfigurationError, TransferError

if TYPE_CHECKING:
    from evolink._client import EvoLink
    from evolink._views import Task
    from evolink.cli.command import CommandContext


TASK_PANEL = "Task options"


def parse_seconds(text: str) -> float:
    """Parse a time to wait, in seconds. 0 means a single read.

    Raises:
        typer.BadParameter: the text is not a valid time to wait.
    """
    try:
        number = float(text)
        return number if number == 0 else checked_timeout(number)
    except (ValueError, ConfigurationError):
        raise typer.BadParameter(f"{text!r:.80} is not a number of seconds") from None


OUTPUT_HELP = "The folder or the file to save the results in. A path without a suffix is that of a folder."
OVERWRITE_HELP = "Replace files with other content."
Destination = Annotated[
    str | None,
    typer.Option("--output", "-o", metavar="DIR_OR_FILE", help=OUTPUT_HELP, rich_help_panel=TASK_PANEL),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help=OVERWRITE_HELP, rich_help_panel=TASK_PANEL)]
Timeout = Annotated[
    float,
    typer.Option(
        "--timeout",
        metavar="SECONDS",
        parser=parse_seconds,
        help="The maximum time to wait. The task continues afterwards.",
        rich_help_panel=TASK_PANEL,
    ),
]
TIMEOUT = str(WAIT_SECONDS)
"""The default, as text for Typer to parse."""


def prepare_output(output: str | None, *, overwrite: bool = True, only_folder: bool = False) -> str | None:
    """Create the folder of `--output`, so that a problem with it is known before anything is sent.

    Args:
        output: the value of the option; None if it is not given.
        overwrite: whether the file that it names may exist already. A new task never has the content of that file.
        only_folder: whether it is a folder even if its name has a suffix.

    Returns:
        The path, with a slash at the end if it is a folder; None if the option is not given.

    Raises:
        typer.BadParameter: the value is not a usable path.
    """
    if output is None:
        return None
    if output == "-":
        raise _bad_output("cannot write results to standard output; pass a folder or a file")
    try:
        path = output_path(output)
        is_dir = only_folder or is_folder(output, path)
        folder = path if is_dir else path.parent
        path = path if is_dir else resolved(path)
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise _bad_output(f"cannot write into {shown(folder)}; choose another folder, or change its permissions")
        if not is_dir and not overwrite and is_taken(path):
            raise _bad_output(f"{shown(path)} exists; choose another name, or pass --overwrite to replace it")
    except (PathError, TransferError) as error:
        raise _bad_output(str(error)) from None
    except OSError as error:
        raise _bad_output(f"cannot write to {shown(output)}: {describe(error)}") from None
    return f"{path}/" if is_dir else str(path)


def _bad_output(message: str) -> typer.BadParameter:
    return typer.BadParameter(message, param_hint="'--output'")


def wait_for(context: CommandContext, api: EvoLink, task: Task | str, timeout: float) -> Task:
    """Wait until a task is completed, and show its progress."""
    with context.output.show_task(task if isinstance(task, str) else task.id) as on_update:
        return api.wait(task, timeout=timeout, on_update=on_update)


def save_results(
    context: CommandContext, api: EvoLink, task: Task, to: str, *, overwrite: bool = False, **limits: float
) -> list[str]:
    """Save every result of a completed task; returns the paths.

    Args:
        context: the running command.
        api: the client.
        task: the task.
        to: a folder, with a slash at the end, or a file. Further results are saved next to the file, as `NAME-2` and
            so on.
        overwrite: whether to replace files with other content.
        limits: bounds of each download, as in `EvoLink.download`.

    Raises:
        TaskUnfinished: the task has no results yet.
        TaskFailed, TaskCancelled: the task has ended without results.
    """
    raise_if_unsuccessful(task)
    if outcome_of(task) != "completed":
        raise TaskUnfinished(task)
    paths: list[str] = []
    for number in range(max(1, len(result_links(task)))):
        target = to
        if number and not to.endswith("/"):
            target = str(Path(to).with_stem(f"{Path(to).stem}-{number + 1}"))
        with context.output.show_transfer("downloading", "saved", f"result {number + 1} of {task.id}") as on_progress:
            try:
                bounds: Any = limits
                path = api.download(task, target, result=number, overwrite=overwrite, on_progress=on_progress, **bounds)
                paths.append(str(path))
            except TransferError as error:
                error.add_note(f"to try again: evolink download {task.id}")
                raise
    return paths


def report_task(
    context: CommandContext,
    api: EvoLink,
    task: Task,
    to: str | None,
    *,
    overwrite: bool = False,
    must_save: bool = False,
    **limits: float,
) -> None:
    """Print a task: the saved files with a target, else the links to its results or their ids, else its status.

    Without files, a task that has created something else ends well, unless its results must be saved.
    """
    document = {**context.document_fields, "task": task.to_dict()}
    raise_if_unsuccessful(task)
    if outcome_of(task) == "completed":
        context.mark_completed()
    links = list(filter(None, result_links(task)))
    if to is None or (not links and result_ids(task) and not must_save):
        created = [f"{name}: {value}" for name, value in result_ids(task).items()]
        context.output.write_result(document, links or created or [f"{task.id}: {describe_status(task)}"])
        return
    paths = save_results(context, api, task, to, overwrite=overwrite, **limits)
    context.mark_saved(paths)
    context.output.write_result({**document, "files": paths}, paths)
