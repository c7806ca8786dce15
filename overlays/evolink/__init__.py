"""SDK for EvoLink's video API: submit tasks without paying twice, wait for them, receive callbacks, save the files.

    from evolink import EvoLink, Wan26ReferenceVideoFlash

    with EvoLink() as api:
        task = api.submit(Wan26ReferenceVideoFlash(prompt="…", video_urls=["https://…/a.mp4"]))
        task = api.wait(task)
        path = api.download(task, "out/")

Every generated model of `evolink_client.models` can be imported from this package, too. Names are imported at their
first use, so that `import evolink` is fast.
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
        OnUpdateError,
        PermissionDenied,
        QuotaExceeded,
        RateLimited,
        Refused,
        RequestError,
        ResponseLost,
        ResultsMissing,
        ServerError,
        SubmissionUnknown,
        TaskCancelled,
        TaskExpired,
        TaskFailed,
        TaskNotCompleted,
        TransferError,
        Unauthorized,
        Unavailable,
        UnexpectedResponse,
        UnknownStatusWarning,
        Violation,
        WaitTimeout,
    )
    from evolink_client.models import *  # noqa: F403 - the models of the contract

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
    "OnUpdateError",
    "PermissionDenied",
    "QuotaExceeded",
    "RateLimited",
    "Refused",
    "RequestError",
    "ResponseLost",
    "ResultsMissing",
    "ServerError",
    "SubmissionUnknown",
    "TaskCancelled",
    "TaskExpired",
    "TaskFailed",
    "TaskNotCompleted",
    "TransferError",
    "Unauthorized",
    "Unavailable",
    "UnexpectedResponse",
    "UnknownStatusWarning",
    "Violation",
    "WaitTimeout",
    "__version__",
]
if TYPE_CHECKING:
    # pyright cannot evaluate this, and then treats every import above as public, which is intended.
    __all__ += evolink_client.models.__all__  # pyright: ignore[reportUnsupportedDunderAll]

_NAMES = {"AsyncEvoLink": "_async_client", "CallbackReceiver": "callbacks", "EvoLink": "_client"}
_MODULES = {"billing", "callbacks", "errors", "media"}


def __getattr__(name: str) -> Any:
    """Import a name when it is first used."""
    value = globals()[name] = _import(name)
    return value


def _import(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"evolink.{name}")
    if name in __all__:
        return getattr(import_module(f"evolink.{_NAMES.get(name, 'errors')}"), name)
    if name[:1].isupper():  # submodules are looked up here first, too, in lower case
        models = import_module("evolink_client.models")
        if name in models.__all__:
            return getattr(models, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*__all__, *_MODULES, *import_module("evolink_client.models").__all__})
