"""Mocks that behave wrongly in ways that no constraint of the contract describes, one module for each area."""

from __future__ import annotations

from mutation import behaviour
from mutation.wrong_behaviour import authentication, billing, callbacks, files, requests, responses, tasks

AREAS = (authentication, requests, responses, tasks, billing, callbacks, files)
"""The modules of all areas. Importing a module declares its mutants."""


def behaviour_mutants() -> list[behaviour.BehaviourMutant]:
    """Return every mutant of all areas."""
    return behaviour.mutants()
