"""A mock of EvoLink's video API that behaves as documented, needs no account and costs nothing."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evolink_mock.control import UnusedFaultWarning
    from evolink_mock.server import MockServer
    from evolink_mock.settings import ConfigurationError
    from evolink_mock.transport import MockTransport

__all__ = ["ConfigurationError", "MockServer", "MockTransport", "UnusedFaultWarning"]

_MODULES = {
    "ConfigurationError": "settings",
    "MockServer": "server",
    "MockTransport": "transport",
    "UnusedFaultWarning": "control",
}


def __getattr__(name: str) -> Any:
    """Import a public name on first use, so that the command can be interrupted while it starts.

    Raises:
        AttributeError: the name is unknown.
        ModuleNotFoundError: the extra `mock` is not installed.
    """
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(import_module(f"evolink_mock.{_MODULES[name]}"), name)
    except ModuleNotFoundError as error:
        module = str(error.name).partition(".")[0]
        message = f'evolink_mock requires the module {module}; install it with: pip install "evolink-client[mock]"'
        raise ModuleNotFoundError(message, name=error.name) from None
