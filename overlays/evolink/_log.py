"""The logger `evolink`: silent by default, and told by `EVOLINK_LOG` what to say on standard error.

It tells of every attempt to send something: method, path, status, time. Never of headers, bodies or the key.
"""

from __future__ import annotations

import logging
import os
import warnings

logger = logging.getLogger("evolink")
logger.addHandler(logging.NullHandler())

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def configure() -> None:
    """Do as `EVOLINK_LOG` says."""
    wanted = os.environ.get("EVOLINK_LOG", "").strip().lower()
    if not wanted:
        return
    if wanted not in _LEVELS:
        warnings.warn(f"EVOLINK_LOG is {wanted[:20]!r}; it can be {', '.join(_LEVELS)}", stacklevel=2)
        return
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(_LEVELS[wanted])


configure()
