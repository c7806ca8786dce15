"""The dashboard of the mock: what goes on in it, live, with a form for every model and the contract to read."""

from evolink_mock.dashboard.routes import Dashboard
from evolink_mock.dashboard.source import Source

__all__ = ["Dashboard", "Source"]
