"""SDK for EvoLink's video API: submit tasks without paying twice, wait for them, receive callbacks, save the files.

    from evolink import EvoLink, Wan26ReferenceVideoFlash

    with EvoLink() as api:
        task = api.submit(Wan26ReferenceVideoFlash(prompt="…", video_urls=["https://…/a.mp4"]))
        task = api.wait(task)
        path = api.download(task, "out/")

Every generated model of `evolink_client.models` can be imported from this package, too. `Task` and `CreditsData` are
theirs with more properties. Names are imported at their first use, so that `import evolink` is fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from evolink._version import __version__ as __version__

if TYPE_CHECKING:  # "as" exports a name
    from evolink._async_client import AsyncEvoLink as AsyncEvoLink
    from evolink._client import EvoLink as EvoLink
    from evolink._polling import Failure as Failure
    from evolink._views import CreditsData as CreditsData
    from evolink._views import Task as Task
    from evolink._views import given as given
    from evolink.callbacks import CallbackReceiver as CallbackReceiver
    from evolink.errors import *  # noqa: F403 - its __all__
    from evolink_client.models import *  # type: ignore[assignment] # noqa: F403 - the models of the contract
if TYPE_CHECKING:
    # Again, because mypy takes the first import of a name and pyright the last.
    from evolink._views import CreditsData as CreditsData
    from evolink._views import Task as Task

# The modules of the exported names; those of _LISTED have an __all__.
_EXPORTS = {
    "__version__": "_version",
    "AsyncEvoLink": "_async_client",
    "CallbackReceiver": "callbacks",
    "CreditsData": "_views",
    "EvoLink": "_client",
    "Failure": "_polling",
    "Task": "_views",
    "given": "_views",
}
_LISTED = ("evolink.errors", "evolink_client.models")
_MODULES = {"billing", "callbacks", "errors", "media", "models"}


def __getattr__(name: str) -> Any:
    """Import a name when it is first used."""
    value = globals()[name] = _import(name)
    return value


def _import(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"evolink.{name}")
    if name in _EXPORTS:
        return getattr(import_module(f"evolink.{_EXPORTS[name]}"), name)
    if name == "__all__":  # for `from evolink import *`; type checkers read the imports above
        return sorted({*_EXPORTS, *(name for module in _LISTED for name in import_module(module).__all__)})
    if name[:1].isupper():  # submodules are looked up here first, too, in lower case
        for module in _LISTED:
            if name in import_module(module).__all__:
                return getattr(import_module(module), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*__getattr__("__all__"), *_MODULES})
