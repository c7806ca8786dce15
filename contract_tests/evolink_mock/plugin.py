"""The pytest plugin with the fixture `evolink_mock`: a `MockServer` for one test.

    @pytest.mark.evolink_mock(scenario="rate-limited-burst", seed=7)
    def test_mine(evolink_mock):
        api = EvoLink(evolink_mock.api_key, base_url=evolink_mock.url)

The marker takes the settings of `MockServer`. Tasks end at once, unless it sets a pace or a scenario.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from evolink_mock import MockServer


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", "evolink_mock(**settings): settings of the fixture evolink_mock")


@pytest.fixture
def evolink_mock(request: pytest.FixtureRequest) -> Iterator[MockServer]:
    """Start a mock server on a free port for one test.

    Raises:
        ConfigurationError: a setting in the test's marker has an invalid value.
    """
    from evolink_mock import MockServer  # noqa: PLC0415 - slow; only imported when the fixture is used

    markers = [marker.kwargs for marker in request.node.iter_markers("evolink_mock")]
    settings: dict[str, Any] = {name: value for row in reversed(markers) for name, value in row.items()}
    if settings.keys().isdisjoint({"pace", "scenario"}):
        settings["pace"] = "at-once"
    with MockServer(**settings) as server:
        yield server
