"""What commands do with tasks: wait for them, and keep what they produce."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evolink._base_client import WAIT_SECONDS
from evolink._polling import raise_if_unsuccessful
from evolink._responses import is_array
from evolink._settings import checked_timeout
from evolink.cli.exit_codes import TaskUnfinished
from evolink.cli.output import standing
from evolink.errors import ConfigurationError, TransferError

if TYPE_CHECKING:
    from evolink._client import EvoLink
    from evolink.cli.command import Session
    from evolink_client.models import Task


TASK_PANEL = "What is done"


def seconds(text: str) -> float:
    """Return a number of seconds that can be waited for; 0 stands for one look.

    Raises:
        typer.BadParameter: it is none.
    """
    try:
        number = float(text)
        return number if number == 0 else checked_timeout(number)
    except (ValueError, ConfigurationError):
        raise typer.BadParameter(f"{text!r:.80} is no number of seconds") from None


Folder = Annotated[
    str | None,
    typer.Option(
        "--output", "-o", metavar="DIR", help="The folder to save every result in.", rich_help_panel=TASK_PANEL
    ),
]
Timeout = Annotated[
    float,
    typer.Option(
        "--timeout",
        metavar="SECONDS",
        parser=seconds,
        help="How long to wait; the task lives on after it.",
        rich_help_panel=TASK_PANEL,
    ),
]
TIMEOUT = str(WAIT_SECONDS)
"""The default as Typer parses it."""


def checked_output(to: str) -> str:
    """Return where results can be saved.

    Raises:
        typer.BadParameter: it is empty, or stands for standard output.
    """
    if to in {"", "-"}:
        told = "results are not written to standard output; name a folder" if to else "it is empty; name a folder"
        raise typer.BadParameter(told, param_hint="'--output'")
    return to


def made(folder: str | None) -> str | None:
    """Return a folder that exists, in the spelling that stands for a folder.

    Raises:
        typer.BadParameter: it cannot be made.
    """
    if folder is None:
        return None
    checked_output(folder)
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise typer.BadParameter(f"{folder} cannot be a folder: {reason}", param_hint="'--output'") from None
    return f"{folder}/"


def awaited(session: Session, api: EvoLink, task: Task | str, timeout: float) -> Task:
    """Return a task once it is completed, and show how it comes along."""
    with session.output.following(task if isinstance(task, str) else task.id) as on_update:
        return api.wait(task, timeout=timeout, on_update=on_update)


def saved(session: Session, api: EvoLink, task: Task, to: str) -> list[str]:
    """Save every result of a completed task in a folder, or in a file and others beside it.

    Raises:
        TaskUnfinished: it has none yet.
        TaskFailed, TaskCancelled: it will never have any.
    """
    raise_if_unsuccessful(task)
    if task.status != "completed":
        raise TaskUnfinished(task)
    paths: list[str] = []
    for number in range(max(1, len(links_of(task)))):
        target = to
        if number and not (to.endswith("/") or Path(to).is_dir()):
            target = str(Path(to).with_stem(f"{Path(to).stem}-{number + 1}"))
        with session.output.transfer("downloading", "saved", f"result {number + 1} of {task.id}") as on_progress:
            try:
                paths.append(str(api.download(task, target, result=number, on_progress=on_progress)))
            except TransferError as error:
                error.add_note(f"once that is mended: evolink download {task.id}")
                raise
    return paths


def links_of(task: Task) -> list[str]:
    """Return the links to what a task has produced."""
    links: Any = task.results
    return [str(link) for link in links] if is_array(links) else []


def report(session: Session, api: EvoLink, task: Task, folder: str | None) -> None:
    """Write a task that was read, saved where a folder is given: its files, else its links, else how it stands."""
    document = {**session.asked, "task": task.to_dict()}
    raise_if_unsuccessful(task)
    if task.status == "completed":
        session.has_completed()
    if folder is None:
        session.output.result(document, links_of(task) or [f"{task.id}: {standing(task)}"])
        return
    paths = saved(session, api, task, folder)
    session.has_saved(paths)
    session.output.result({**document, "files": paths}, paths)
