"""The pytest plugin: fixtures with a `MockServer` for one test, one module or the whole session.

    @pytest.mark.evolink_mock(scenario="rate-limited-burst", seed=7)
    def test_mine(evolink_mock):
        api = EvoLink(evolink_mock.api_key, base_url=evolink_mock.url)

The marker takes the settings of `MockServer` as keyword arguments. Tasks end at once, unless it sets a pace, a speed or
a scenario. A marker that has no effect fails its test. At its end, each server warns about fault rules that never
applied.

    fixture               server for     settings, later ones take precedence
    evolink_mock          one test       evolink_mock_settings, markers of the module, the class and the test
    evolink_mock_module   one module     evolink_mock_settings, markers of the module
    evolink_mock_session  the session    evolink_mock_settings
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from evolink_mock import MockServer

MARKER = "evolink_mock"
# Without one of these settings, tasks end at once.
_PACES = {"pace", "speed", "scenario"}
# Set for a test that has started the fixture `evolink_mock`, even if it requested it at run time.
_STARTED = pytest.StashKey[bool]()


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", "evolink_mock(**settings): settings of the fixture evolink_mock")


@pytest.fixture(scope="session")
def evolink_mock_settings() -> Mapping[str, Any]:
    """Return settings for all mocks of the session; override it in `conftest.py`. A marker takes precedence."""
    return {}


@pytest.fixture
def evolink_mock(request: pytest.FixtureRequest, evolink_mock_settings: Mapping[str, Any]) -> Iterator[MockServer]:
    """Start a mock server on a free port for one test.

    Raises:
        ConfigurationError: a setting has an invalid value.
    """
    request.node.stash[_STARTED] = True
    yield from _serve(request, evolink_mock_settings)


@pytest.fixture(scope="module")
def evolink_mock_module(
    request: pytest.FixtureRequest, evolink_mock_settings: Mapping[str, Any]
) -> Iterator[MockServer]:
    """Start a mock server on a free port for all tests of a module; `reset()` returns to its initial state.

    Raises:
        ConfigurationError: a setting has an invalid value.
    """
    yield from _serve(request, evolink_mock_settings)


@pytest.fixture(scope="session")
def evolink_mock_session(
    request: pytest.FixtureRequest, evolink_mock_settings: Mapping[str, Any]
) -> Iterator[MockServer]:
    """Start a mock server on a free port for all tests; `reset()` returns to its initial state.

    Raises:
        ConfigurationError: a setting has an invalid value.
    """
    yield from _serve(request, evolink_mock_settings)


def _serve(request: pytest.FixtureRequest, settings: Mapping[str, Any]) -> Iterator[MockServer]:
    """Run a server with the settings of the session and of the markers that are in force for a fixture."""
    from evolink_mock import MockServer  # noqa: PLC0415 - slow; only imported when a fixture is used

    merged: dict[str, Any] = {**settings}
    for marker in reversed(list(request.node.iter_markers(MARKER))):
        merged |= marker.kwargs
    if merged.keys().isdisjoint(_PACES):
        merged["pace"] = "at-once"
    with MockServer(**merged) as server:
        yield server


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Fail a test whose marker has positional arguments, which would have no effect."""
    for marker in item.iter_markers(MARKER):
        if marker.args:
            pytest.fail(
                f"@pytest.mark.evolink_mock takes keyword arguments only, not {marker.args[0]!r}; "
                'for example scenario="rate-limited-burst" or seed=7',
                pytrace=False,
            )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a test whose marker had no effect on the server that it used."""
    result = yield
    for node, _ in item.iter_markers_with_node(MARKER):
        if reason := _why_without_effect(item, node):
            pytest.fail(f"@pytest.mark.evolink_mock has no effect: {reason}", pytrace=False)
    return result


def _why_without_effect(item: pytest.Item, node: object) -> str:
    """Return why a marker at `node` has no effect on a test; empty if it has one, or may be meant for other tests."""
    fixtures: Iterable[str] = getattr(item, "fixturenames", ())
    module = item.getparent(pytest.Module)
    if "evolink_mock" in fixtures or _STARTED in item.stash:
        return ""
    if "evolink_mock_module" in fixtures:
        if module is not None and any(node is parent for parent in module.iter_parents()):
            return ""
        return "evolink_mock_module uses only the markers of its module; use the fixture evolink_mock"
    if "evolink_mock_session" in fixtures:
        return "evolink_mock_session uses only the settings of the fixture evolink_mock_settings"
    return "the test does not use the fixture evolink_mock" if node is item else ""
