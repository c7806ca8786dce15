"""The few models that one run tries thoroughly, so that its time does not grow with the number of models."""

from __future__ import annotations

from collections.abc import Sequence

MODELS_TRIED = 4
"""The number of models for which one run generates requests, and tries the rules that are about all models."""


def rotating(models: Sequence[str], seed: int) -> list[str]:
    """Return the models that the run with a seed tries thoroughly. Successive seeds have successive models."""
    count = min(MODELS_TRIED, len(models))
    return [models[(seed * count + index) % len(models)] for index in range(count)]
