"""The pytest plugin: a fixture `evolink_mock`, which is a `MockServer` of the test's own.

    @pytest.mark.evolink_mock(scenario="rate-limited-burst", seed=7)
    def test_mine(evolink_mock):
        api = EvoLink(evolink_mock.api_key, base_url=evolink_mock.url)

The marker takes the settings of `MockServer`. Unless a pace or a scenario is named, tasks end at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from evolink_mock import MockServer


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", "evolink_mock(**settings): what the fixture evolink_mock is to be like")


@pytest.fixture
def evolink_mock(request: pytest.FixtureRequest) -> Iterator[MockServer]:
    """A mock server on a free port, for one test.

    Raises:
        ConfigurationError: the test's marker has a setting with a value that it cannot have.
    """
    from evolink_mock import MockServer  # noqa: PLC0415 - who does not ask for the fixture does not wait for it

    markers = [marker.kwargs for marker in request.node.iter_markers("evolink_mock")]
    settings: dict[str, Any] = {name: value for row in reversed(markers) for name, value in row.items()}
    if settings.keys().isdisjoint({"pace", "scenario"}):
        settings["pace"] = "at-once"
    with MockServer(**settings) as server:
        yield server
