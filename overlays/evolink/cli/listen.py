"""`evolink listen`: receives callbacks and writes down each task that has ended."""

from __future__ import annotations

import logging
import socket
from typing import TYPE_CHECKING

from evolink.cli import INTERRUPTED
from evolink.cli.command import Ended
from evolink.cli.output import OutputLostError, standing
from evolink.cli.results import links_of, saved
from evolink.errors import ConfigurationError, MissingExtra

if TYPE_CHECKING:
    import uvicorn

    from evolink._client import EvoLink
    from evolink.cli.command import Session
    from evolink_client.models import Task


def listen(session: Session, host: str, port: int, folder: str | None, *, once: bool) -> None:
    """Receive callbacks until the command is interrupted, or has written down the first task.

    Raises:
        Ended: it was interrupted, which is its usual end and leaves no document.
    """
    try:
        _listen(session, host, port, folder, once=once)
    except KeyboardInterrupt:
        session.output.note("evolink: interrupted")
        raise Ended(INTERRUPTED) from None


def _listen(session: Session, host: str, port: int, folder: str | None, *, once: bool) -> None:
    try:
        import uvicorn  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        raise MissingExtra("listening for callbacks", "cli") from None
    from evolink.callbacks import CallbackReceiver  # noqa: PLC0415 - no other command needs it

    _say_warnings(session)
    with session.connect() as api, _bound(host, port) as listener:
        listening = _Listening(session, api, folder, once=once)
        config = uvicorn.Config(
            CallbackReceiver(api, listening.take), lifespan="on", ws="none", access_log=False, log_config=None
        )
        listening.server = uvicorn.Server(config)
        address, at = listener.getsockname()[:2]
        shown = f"[{address}]" if ":" in address else address
        session.output.note(
            f"listening on http://{shown}:{at}/; requests name its public https address as callback_url"
        )
        listening.server.run([listener])
        if listening.lost is not None:
            raise listening.lost


class _Listening:
    """What becomes of the tasks."""

    def __init__(self, session: Session, api: EvoLink, folder: str | None, *, once: bool) -> None:
        self.server: uvicorn.Server | None = None
        self.lost: OutputLostError | None = None
        self._session, self._api, self._folder, self._once = session, api, folder, once

    def take(self, task: Task) -> None:
        """Save the results of a task where a folder is given, and write it down."""
        completed = task.status == "completed"
        files = saved(self._session, self._api, task, self._folder) if self._folder and completed else []
        document = {"task": task.to_dict(), **({"files": files} if self._folder else {})}
        try:
            self._session.output.result(
                document, [" ".join([f"{task.id}: {standing(task)}", *(files or links_of(task))])]
            )
        except OutputLostError as error:
            self.lost = error
        if (self._once or self.lost) and self.server is not None:
            self.server.should_exit = True
        if self.lost is not None:
            raise self.lost


class _OneLine(logging.Handler):
    """Says what is logged in one line, without the traceback."""

    def __init__(self, session: Session) -> None:
        super().__init__(logging.WARNING)
        self._session = session

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        self._session.output.note(f"evolink: {record.getMessage()}" + (f": {error}" if error else ""))


def _say_warnings(session: Session) -> None:
    for name in ("evolink", "uvicorn.error"):
        logger = logging.getLogger(name)
        if all(isinstance(handler, logging.NullHandler) for handler in logger.handlers):  # but for EVOLINK_LOG
            logger.addHandler(_OneLine(session))


def _bound(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises:
        ConfigurationError: the address is taken, or is none of this machine's.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family)
    except (OSError, UnicodeError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ConfigurationError(f"cannot listen on {host} port {port}: {reason}; choose another") from None
