"""Lets the tests of the suite judge by the rules on a few models."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import few_models


@pytest.fixture(autouse=True, scope="module")
def fewer_models() -> Iterator[None]:
    """Judge by the rules on a few models, if a run has no rules of its own."""
    with few_models.judged_by_default():
        yield
