"""The command `evolink listen`, which receives callbacks and prints each task that has ended."""

from __future__ import annotations

import logging
import os
import socket
from typing import TYPE_CHECKING

from evolink._outcomes import created_text, outcome_of, result_ids, result_links
from evolink._text import printable
from evolink.cli import INTERRUPTED
from evolink.cli.command import CommandEnded
from evolink.cli.output import OutputLostError, describe_status
from evolink.cli.results import save_results
from evolink.errors import ConfigurationError, MissingExtra
from evolink_sandbox.notices import Notices

if TYPE_CHECKING:
    import uvicorn

    from evolink._client import EvoLink
    from evolink._views import Task
    from evolink.callbacks import Callback
    from evolink.cli.command import CommandContext

TOKEN_VARIABLE = "EVOLINK_CALLBACK_TOKEN"  # noqa: S105 - the name of a variable
# Limits for senders. EvoLink sends few callbacks at a time, with short heads, and waits ten seconds at most.
MAX_CONNECTIONS, MAX_RUNNING = 200, 400
MAX_HEAD_BYTES, IDLE_SECONDS = 16 * 1024, 20

_SERVER = "uvicorn.error"  # the logger of the server
_MALFORMED = "Invalid HTTP request received."


def listen(
    context: CommandContext, host: str, port: int, folder: str | None, *, once: bool, token: str | None = None
) -> None:
    """Receive callbacks until the user interrupts the command. With `once`, stop after the first task.

    With a `token`, refuse callbacks whose URL does not have it; the default is the variable `TOKEN_VARIABLE`.

    Raises:
        ConfigurationError: the token is empty, or the address cannot be listened on.
        CommandEnded: the user interrupted the command, which is its normal end and prints no JSON document.
    """
    try:
        _listen(context, host, port, folder, once=once, token=token)
    except KeyboardInterrupt:
        context.output.write_note("evolink: interrupted")
        raise CommandEnded(INTERRUPTED) from None


def _listen(
    context: CommandContext, host: str, port: int, folder: str | None, *, once: bool, token: str | None
) -> None:
    try:
        from evolink_sandbox import connections, h11_connections  # noqa: PLC0415 - import uvicorn, an extra
    except ModuleNotFoundError:
        raise MissingExtra("listening for callbacks", "cli") from None
    from evolink.callbacks import CallbackReceiver  # noqa: PLC0415 - other commands do not need it

    token = os.environ.get(TOKEN_VARIABLE) if token is None else token
    if token is not None and not token.strip():  # an empty variable is a mistake, not a wish to accept everybody
        raise ConfigurationError(f"--token or {TOKEN_VARIABLE} is empty; set it, or omit it to accept every callback")
    notices = Notices(logging.getLogger("evolink"))
    _show_warnings(context, notices)
    limits = connections.ConnectionLimits(
        connections.usable_connections(MAX_CONNECTIONS), MAX_HEAD_BYTES, idle_seconds=IDLE_SECONDS
    )
    with context.connect() as api, _open_socket(host, port) as listener:
        listening = _Listening(context, api, folder, once=once)
        config = connections.LimitedConfig(
            CallbackReceiver(api, listening.take, token=token),
            limits,
            notices,
            http=h11_connections.LimitedH11Connection,
            limit_concurrency=MAX_RUNNING,
            lifespan="on",
            ws="none",
            access_log=False,  # a log of the URLs would contain the token
            log_config=None,
        )
        listening.server = connections.LimitedServer(config)
        address, bound_port = listener.getsockname()[:2]
        host_of_url = f"[{address}]" if ":" in address else address
        context.output.write_note(
            f"listening on http://{host_of_url}:{bound_port}/; set callback_url to its public https address"
        )
        listening.server.run([listener])
        if listening.lost is not None:
            raise listening.lost


class _Listening:
    """Handles the tasks that callbacks announce.

    Attributes:
        server: the running server.
        lost: the error that ended the output; None as long as it works.
    """

    def __init__(self, context: CommandContext, api: EvoLink, folder: str | None, *, once: bool) -> None:
        self.server: uvicorn.Server | None = None
        self.lost: OutputLostError | None = None
        self._context, self._api, self._folder, self._once = context, api, folder, once

    def take(self, task: Task, callback: Callback) -> None:
        """Print a task, and the key in the callback's URL if there is one. With a folder, also save its results."""
        has_files = outcome_of(task) == "completed" and bool(result_links(task) or not result_ids(task))
        files = save_results(self._context, self._api, task, self._folder) if self._folder and has_files else []
        shown = files or list(filter(None, result_links(task))) or [created_text(task)]
        key = {} if callback.key is None else {"key": callback.key}
        document = {"task": task.to_dict(), **key, **({"files": files} if self._folder else {})}
        title = f"{task.id} ({printable(callback.key)})" if callback.key else task.id
        try:
            self._context.output.write_result(
                document,
                [" ".join(filter(None, [f"{title}: {describe_status(task)}", *shown]))],
            )
        except OutputLostError as error:
            self.lost = error
        if (self._once or self.lost) and self.server is not None:
            self.server.should_exit = True
        if self.lost is not None:
            raise self.lost


class _OneLine(logging.Handler):
    """Writes each log record as one line, without the traceback; a warning of the server at most once a minute."""

    def __init__(self, context: CommandContext, notices: Notices) -> None:
        super().__init__(logging.WARNING)
        self._context, self._notices = context, notices

    def emit(self, record: logging.LogRecord) -> None:
        if record.name == _SERVER and record.levelno == logging.WARNING:
            if record.msg != _MALFORMED:  # the connection itself says why it is closed
                self._notices.warn(record.getMessage())
            return
        error = record.exc_info[1] if record.exc_info else None
        self._context.output.write_note(f"evolink: {record.getMessage()}" + (f": {error}" if error else ""))


def _show_warnings(context: CommandContext, notices: Notices) -> None:
    for name in ("evolink", _SERVER):
        logger = logging.getLogger(name)
        if all(isinstance(handler, logging.NullHandler) for handler in logger.handlers):  # not with EVOLINK_LOG
            logger.addHandler(_OneLine(context, notices))


def _open_socket(host: str, port: int) -> socket.socket:
    """Open a listening socket.

    Raises:
        ConfigurationError: the address is in use, or does not belong to this machine.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family)
    except (OSError, UnicodeError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ConfigurationError(f"cannot listen on {host} port {port}: {reason}; choose another address") from None
