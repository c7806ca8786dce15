"""Conversion of errors to the output of the command: to text that suggests commands, and to JSON."""

from __future__ import annotations

import shlex
import traceback
from pathlib import Path
from typing import Any

from evolink import errors
from evolink._contract import JSON
from evolink.errors import KEYS_PAGE, EvoLinkError, InvalidRequest, NextStep, RequestError

# The option for each setting that has another name in the Python API.
_OPTIONS = {"base_url": "--base-url", "files_base_url": "--files-base-url"}


def in_commands(step: NextStep) -> str:
    """Describe a next step for users of the command line; empty if no command performs it."""
    match step.action:
        case "wait":
            command = f"evolink task {shlex.quote(step.subject)} --wait"
            return f"the task continues on the server; run {command} to wait for it"
        case "check_setting":
            return f"check {_OPTIONS.get(step.subject, step.subject)}"
        case "check_connection":
            return f"check {_OPTIONS.get(step.subject, step.subject)}, the network, and any proxy in between"
        case "raise_limit":
            change = f"give --max-credits {step.subject}" if step.subject else "omit --max-credits"
            return f"{change} to send it anyway"
        case "resolve":
            command = f"evolink batch resolve {shlex.quote(step.subject)}"
            return f"tell the ledger what you found: {command} --task-id ID, or --lost if no task was created"
        case "retry":
            return f"run evolink batch retry {shlex.quote(step.subject)} to let it be submitted again"
        case _:
            return _IN_COMMANDS[step.action]


_IN_COMMANDS: dict[errors.Action, str] = {
    "credits": "run evolink credits to see what is left",
    "upload": "run evolink upload PATH to get a URL for a local file",
    "set_key": f"set EVOLINK_API_KEY; keys are made at {KEYS_PAGE}",
    "skip_validation": "give evolink generate --no-validate to send it anyway",
    "overwrite": "choose another name with --output, or pass --overwrite to replace it",
    "allow_http": (
        "if everybody on the way may see the key, as with a mock, give --allow-http or set EVOLINK_ALLOW_HTTP=1"
    ),
}


def describe_bug(error: Exception) -> str:
    """Describe an unexpected error in one line, without a traceback, which could contain the API key."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(place.filename).name}, line {place.lineno}"
    return f"a bug in this program; please report it: {type(error).__name__}: {error} ({where})"


def error_to_json(error: BaseException, message: str, task_id: str | None) -> JSON:
    """Return the JSON object for an error.

    Args:
        error: the error.
        message: the text that the command prints for it.
        task_id: the id of the command's task; None without a task.
    """
    document: JSON = {"type": type(error).__name__, "message": message}
    for name in ("status", "code", "param", "request_id"):
        document[name] = getattr(error, name, None) if isinstance(error, EvoLinkError) else None
    task_id = getattr(error, "task_id", None) or task_id
    if task_id is not None:
        document["task_id"] = task_id
    if isinstance(error, InvalidRequest):
        document["violations"] = [violation_to_json(violation) for violation in error.violations]
    if isinstance(error, errors.CostLimitExceeded):
        document |= {"credits": error.credits, "price_date": error.price_date, "max_credits": error.max_credits}
    if isinstance(error, RequestError) and error.retry_after is not None:
        document["retry_after"] = error.retry_after
    if isinstance(error, errors.TaskFailed):
        document |= {"retry": error.retry, "advice": error.advice}
    task: Any = getattr(error, "task", None)
    if task is not None:
        document["task"] = task.to_dict()
    return document


def violation_to_json(violation: errors.Violation) -> JSON:
    """Return the JSON object for a broken rule."""
    return {
        "field": violation.field,
        "keyword": violation.keyword,
        "limit": violation.limit,
        "message": violation.describe(in_commands),
        "source": violation.source,
    }
