"""The mock's dashboard: live views of tasks and requests, a form for each model, and a reference of the contract."""

from evolink_mock.dashboard.routes import Dashboard
from evolink_mock.dashboard.source import Source

__all__ = ["Dashboard", "Source"]
