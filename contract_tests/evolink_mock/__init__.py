"""A mock of EvoLink's video API that behaves as documented, needs no account and costs nothing."""

try:
    from evolink_mock.server import ConfigurationError, MockServer
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(f"evolink_mock needs {error.name}; install evolink-client[mock]") from None

__all__ = ["ConfigurationError", "MockServer"]
