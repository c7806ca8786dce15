"""EvoLink's video API: submit once, wait truthfully, receive callbacks, keep the file.

    from evolink import EvoLink, Wan26ReferenceVideoFlash

    with EvoLink() as api:
        task = api.submit(Wan26ReferenceVideoFlash(prompt="…", video_urls=["https://…/a.mp4"]))
        task = api.wait(task)
        path = api.download(task, "out/")

Besides what is listed here, every generated model of `evolink_client.models` can be imported from this package.
Everything is imported when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from evolink._version import __version__

if TYPE_CHECKING:
    import evolink_client.models
    from evolink._async_client import AsyncEvoLink
    from evolink._client import EvoLink
    from evolink.callbacks import CallbackReceiver
    from evolink.errors import (
        BadRequest,
        ConfigurationError,
        Conflict,
        ContestedLimitWarning,
        EvoLinkError,
        InvalidCallback,
        InvalidMedia,
        InvalidRequest,
        LinkExpiryWarning,
        MissingExtra,
        NotFound,
        NotSent,
        PermissionDenied,
        QuotaExceeded,
        RateLimited,
        Refused,
        RequestError,
        ResponseLost,
        ServerError,
        SubmissionUnknown,
        TaskCancelled,
        TaskFailed,
        TaskNotCompleted,
        TransferError,
        Unauthorized,
        Unavailable,
        UnexpectedResponse,
        Violation,
        WaitTimeout,
    )
    from evolink_client.models import *  # noqa: F403 - whatever the contract has

__all__ = [
    "AsyncEvoLink",
    "BadRequest",
    "CallbackReceiver",
    "ConfigurationError",
    "Conflict",
    "ContestedLimitWarning",
    "EvoLink",
    "EvoLinkError",
    "InvalidCallback",
    "InvalidMedia",
    "InvalidRequest",
    "LinkExpiryWarning",
    "MissingExtra",
    "NotFound",
    "NotSent",
    "PermissionDenied",
    "QuotaExceeded",
    "RateLimited",
    "Refused",
    "RequestError",
    "ResponseLost",
    "ServerError",
    "SubmissionUnknown",
    "TaskCancelled",
    "TaskFailed",
    "TaskNotCompleted",
    "TransferError",
    "Unauthorized",
    "Unavailable",
    "UnexpectedResponse",
    "Violation",
    "WaitTimeout",
    "__version__",
]
if TYPE_CHECKING:
    # pyright cannot follow this, and then takes all that is imported above for public, as it is meant.
    __all__ += evolink_client.models.__all__  # pyright: ignore[reportUnsupportedDunderAll]

_HOMES = {"AsyncEvoLink": "_async_client", "CallbackReceiver": "callbacks", "EvoLink": "_client"}
_MODULES = {"billing", "callbacks", "errors", "media"}


def __getattr__(name: str) -> Any:
    """Import what is asked for, once."""
    value = globals()[name] = _imported(name)
    return value


def _imported(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"evolink.{name}")
    if name in __all__:
        return getattr(import_module(f"evolink.{_HOMES.get(name, 'errors')}"), name)
    if name[:1].isupper():  # a module of this package is asked for here first, too
        models = import_module("evolink_client.models")
        if name in models.__all__:
            return getattr(models, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*__all__, *_MODULES, *import_module("evolink_client.models").__all__})
