"""The logger `evolink`. It is silent unless `EVOLINK_LOG` sets its level, and then writes to standard error.

It logs the method, path, status and time of every attempt to send a request. It never logs headers, bodies or the key.
"""

from __future__ import annotations

import logging
import os
import warnings

logger = logging.getLogger("evolink")
logger.addHandler(logging.NullHandler())

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def configure() -> None:
    """Configure the logger from `EVOLINK_LOG`; warn if that is not the name of a level."""
    level = os.environ.get("EVOLINK_LOG", "").strip().lower()
    if not level:
        return
    if level not in _LEVELS:
        warnings.warn(f"invalid EVOLINK_LOG {level[:20]!r}: expected one of {', '.join(_LEVELS)}", stacklevel=2)
        return
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(_LEVELS[level])


configure()
