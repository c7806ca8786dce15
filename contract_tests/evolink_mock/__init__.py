"""A mock of EvoLink's video API that behaves as documented, needs no account and costs nothing."""

from evolink_mock.server import ConfigurationError, MockServer

__all__ = ["ConfigurationError", "MockServer"]
