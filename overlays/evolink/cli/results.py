"""Functions of the commands that handle tasks: wait for a task, save its results and print it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evolink._base_client import WAIT_SECONDS
from evolink._outcomes import outcome_of, result_links
from evolink._polling import raise_if_unsuccessful
from evolink._settings import checked_timeout
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


Folder = Annotated[
    str | None,
    typer.Option(
        "--output", "-o", metavar="DIR", help="The folder to save the results in.", rich_help_panel=TASK_PANEL
    ),
]
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


def check_output(to: str) -> str:
    """Check the value of `--output`.

    Raises:
        typer.BadParameter: the value is empty, or is `-`.
    """
    if to in {"", "-"}:
        message = "cannot write results to standard output" if to else "the path is empty"
        raise typer.BadParameter(f"{message}; pass a folder", param_hint="'--output'")
    return to


def make_folder(folder: str | None) -> str | None:
    """Create the folder of `--output`; returns its path with a final slash, or None if no folder is given.

    Raises:
        typer.BadParameter: the folder cannot be created.
    """
    if folder is None:
        return None
    check_output(folder)
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise typer.BadParameter(f"cannot create the folder {folder}: {reason}", param_hint="'--output'") from None
    return f"{folder}/"


def wait_for(context: CommandContext, api: EvoLink, task: Task | str, timeout: float) -> Task:
    """Wait until a task is completed, and show its progress."""
    with context.output.show_task(task if isinstance(task, str) else task.id) as on_update:
        return api.wait(task, timeout=timeout, on_update=on_update)


def save_results(context: CommandContext, api: EvoLink, task: Task, to: str) -> list[str]:
    """Save every result of a completed task; returns the paths.

    Args:
        context: the running command.
        api: the client.
        task: the task.
        to: a folder or a file. Further results are saved next to the file, as `NAME-2` and so on.

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
        if number and not (to.endswith("/") or Path(to).is_dir()):
            target = str(Path(to).with_stem(f"{Path(to).stem}-{number + 1}"))
        with context.output.show_transfer("downloading", "saved", f"result {number + 1} of {task.id}") as on_progress:
            try:
                paths.append(str(api.download(task, target, result=number, on_progress=on_progress)))
            except TransferError as error:
                error.add_note(f"to try again: evolink download {task.id}")
                raise
    return paths


def report_task(context: CommandContext, api: EvoLink, task: Task, folder: str | None) -> None:
    """Print a task: the saved files with a folder, else the links to its results, else its status."""
    document = {**context.document_fields, "task": task.to_dict()}
    raise_if_unsuccessful(task)
    if outcome_of(task) == "completed":
        context.mark_completed()
    if folder is None:
        lines = list(filter(None, result_links(task))) or [f"{task.id}: {describe_status(task)}"]
        context.output.write_result(document, lines)
        return
    paths = save_results(context, api, task, folder)
    context.mark_saved(paths)
    context.output.write_result({**document, "files": paths}, paths)
