"""The logger `evolink`, and the filter that keeps secrets out of the logs of httpx and the libraries below it.

The logger is silent unless `EVOLINK_LOG` sets its level, and then writes to standard error. It logs the method, path,
status and time of every attempt to send a request, and the ids of tasks. It never logs headers, bodies or the key.

httpx and httpcore log whole URLs, and the headers of responses. Result links are signed in their query, so whoever
reads such a log could download the results.
"""

from __future__ import annotations

import logging
import os
import re
import warnings
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from contextvars import ContextVar

logger = logging.getLogger("evolink")
logger.addHandler(logging.NullHandler())

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
# The loggers of httpx and of the libraries below it. A filter works only for the logger that it was added to.
_FOREIGN = (
    "httpx",
    *(f"httpcore.{name}" for name in ("connection", "http11", "http2", "proxy", "socks")),
    *(f"hpack.{name}" for name in ("hpack", "table")),
)
# The user, query and fragment of a URL; the headers of a response; the password of a SOCKS proxy.
_SECRETS = (
    (re.compile(r"(?<=://)[^\s/?#@'\"]*@"), ""),
    (re.compile(r"(?<=://)([^\s?#'\"]*)[?#][^\s'\"]*"), r"\1?..."),
    (re.compile(r"\[\(b['\"].*\)\]", re.DOTALL), "[...]"),
    (re.compile(r"\bauth=\(b['\"].*?\)(?=\s|$)", re.DOTALL), "auth=..."),
)
_is_private: ContextVar[bool] = ContextVar("evolink_private", default=False)


@contextmanager
def private() -> Generator[None]:
    """Keep links and headers out of what other libraries log inside this block, in this thread or asyncio task."""
    token = _is_private.set(True)
    try:
        yield
    finally:
        with suppress(ValueError):  # a discarded coroutine is closed in another context
            _is_private.reset(token)


def _without_secrets(record: logging.LogRecord) -> bool:
    """Remove secrets from a record; return whether to log it. Records of other clients stay as they are."""
    if not _is_private.get():
        return True
    text = record.getMessage()
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    record.msg, record.args = text, None
    return not record.name.startswith("hpack")  # its messages consist of headers


for _name in _FOREIGN:
    logging.getLogger(_name).addFilter(_without_secrets)


def warn_unfinished(task_ids: Iterable[str], interruption: BaseException) -> None:
    """Log the tasks that continue on the server although nobody waits for them any more."""
    for task_id in task_ids:
        logger.warning("%s lives on: waiting for it ended with %s", task_id, type(interruption).__name__)


class _Stderr(logging.StreamHandler):  # type: ignore[type-arg] # generic for type checkers only
    """Writes to standard error what no handler of the program writes."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record, unless the program has set up logging and gets the record, too."""
        source: logging.Logger | None = logger
        while source is not None:
            for handler in source.handlers:
                is_other = handler is not self and not isinstance(handler, logging.NullHandler)
                if is_other and record.levelno >= handler.level:
                    return
            source = source.parent if source.propagate else None
        super().emit(record)


def configure() -> None:
    """Configure the logger from `EVOLINK_LOG`; warn if that is not the name of a level."""
    level = os.environ.get("EVOLINK_LOG", "").strip().lower()
    if not level:
        return
    if level not in _LEVELS:
        warnings.warn(f"invalid EVOLINK_LOG {level[:20]!r}: expected one of {', '.join(_LEVELS)}", stacklevel=2)
        return
    handler = _Stderr()
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(_LEVELS[level])


configure()
