"""The overlays of a run: they are loaded, applied to the contract, and checked for an effect on the run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

import jsonschema_rs

import apply
import bundle
from contract_suite.checks import fuzzing
from contract_suite.checks.contract import Parts
from contract_suite.core.exchanges import Exchange
from contract_suite.core.oracle import Amendments, Decisions, request_bodies
from contract_suite.rules.operations import CREATE, OPERATIONS, UPLOADS

WITH_PREVIOUS = "x-with-previous"
"""Marks an overlay action that forms one change with the action before it: neither makes sense alone."""


class OverlayError(Exception):
    """An overlay cannot be applied to the contract. The message names file, line, action and problem."""


class _Step(NamedTuple):
    """An overlay with the actions of one change, and the file, the line, the index and the target of each action."""

    names: list[str]
    overlay: dict[str, Any]


class AppliedOverlays:
    """A contract to which overlays are applied, one after another.

    Args:
        contract: The bundled contract. It is not modified.
        paths: The overlay files.

    Attributes:
        contract: The amended contract.
        amendments: The decisions of the contract before and after the overlays.
        warnings: What the overlays hardly mean as they say it. Each names the file, the line and the action.

    Raises:
        OverlayError: A file is not an overlay, one of its actions cannot be applied, or the result is not a contract
            of this API.
    """

    def __init__(self, contract: dict[str, Any], paths: Sequence[Path] = ()) -> None:
        steps = [step for path in paths for step in _steps(path)]
        self._apply(contract, steps)

    @classmethod
    def of(cls, contract: dict[str, Any], overlay: dict[str, Any]) -> Self:
        """Apply one overlay that is not in a file.

        Raises:
            OverlayError: The overlay cannot be applied, or the result is not a contract of this API.
        """
        applied = cls(contract)
        applied._apply(contract, [_Step(["the overlay"] * len(overlay["actions"]), overlay)])
        return applied

    def _apply(self, contract: dict[str, Any], steps: Iterable[_Step]) -> None:
        self.warnings: list[str] = []
        self._steps: list[tuple[str, dict[str, Any]]] = []
        self.contract = contract
        amended = contract
        for step in steps:
            amended = _applied(amended, step, self.warnings)
            self._steps.append((step.names[0], _in_one_form(amended, step.names[0])))
        self.contract = self._steps[-1][1] if self._steps else contract
        before = Decisions(contract)
        self.amendments = Amendments(before, self._decisions() if self._steps else before)

    def _decisions(self) -> Decisions:
        """Return the decisions of the amended contract after a check that it is valid."""
        name, contract = self._steps[-1]
        try:
            return _decisions(contract, name)
        except OverlayError:
            for step, so_far in self._steps:  # finds the action that caused the error
                _decisions(so_far, step)
            raise

    def actions_without_effect(self, exchanges: Iterable[Exchange]) -> Iterator[str]:
        """Yield a note for each overlay action that has no effect on these exchanges."""
        all_exchanges = list(exchanges) if self._steps else []
        before = self.amendments.before
        for name, contract in self._steps:
            try:
                after = Decisions(contract)
                matters = any(
                    _decisions_about(before, exchange) != _decisions_about(after, exchange)
                    for exchange in all_exchanges
                )
            except (LookupError, ValueError):  # the contract is valid only after a later action
                continue
            before = after
            if not matters:
                yield f"{name} had no effect: nothing in this run depends on it"


def _steps(path: Path) -> Iterator[_Step]:
    """Yield an overlay for every change in a file. A change is one action or several."""
    try:
        overlay = apply.load(path)
    except apply.DocumentError as error:
        raise OverlayError(f"OVERLAY: {error}") from None
    locate = apply.locator(path)
    if found := apply.violations(overlay):
        raise OverlayError(f"OVERLAY: {'; '.join(f'{locate(place)}: {reason}' for place, reason in found)}")
    steps: list[_Step] = []
    for index, action in enumerate(overlay["actions"]):
        if not (action.get(WITH_PREVIOUS) and steps):
            steps.append(_Step([], {**overlay, "actions": []}))
        steps[-1].names.append(f"{locate(('actions', index))}: actions[{index}] (target {action['target']})")
        steps[-1].overlay["actions"].append(action)
    yield from steps


def _applied(contract: dict[str, Any], step: _Step, warnings: list[str]) -> dict[str, Any]:
    def warn(place: tuple[str | int, ...], _action: str, message: str) -> None:
        warnings.append(f"OVERLAY: {step.names[int(place[1])]}: warning: {message}")

    try:
        amended: dict[str, Any] = apply.apply(contract, step.overlay, warn=warn)
    except apply.InvalidOverlayError as error:
        raise OverlayError(f"OVERLAY: {step.names[0]}: {'; '.join(error.reasons)}") from None
    except apply.ActionError as error:
        raise OverlayError(f"OVERLAY: {step.names[int(error.place[1])]}: {error.reason}") from None
    return amended


def _in_one_form(amended: dict[str, Any], name: str) -> dict[str, Any]:
    try:
        return bundle.in_one_form(amended)
    except bundle.BundleError as error:
        raise OverlayError(f"OVERLAY: {name}: {error}") from None


def _decisions(contract: Any, name: str) -> Decisions:
    """Return the decisions of an amended contract after a check that the whole suite can use it."""
    try:
        if reasons := list(bundle.unread_forms(contract)):
            raise OverlayError(f"OVERLAY: {name}: {reasons[0]}")
        str(contract["info"]["version"])  # for the report
        decisions = Decisions(contract)
        parts = Parts.of(contract)
        for schema in (*decisions.models.values(), *_response_schemas(decisions)):
            decisions.valid(schema, None)
        fuzzing.documented_view(contract)
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as error:
        reason = " ".join(str(error).split())[:200]
        raise OverlayError(f"OVERLAY: {name}: the result is not a valid schema: {reason}") from None
    except (LookupError, TypeError, AttributeError, ValueError, RecursionError) as error:
        raise OverlayError(f"OVERLAY: {name}: the result is not a contract of this API: {error!r}") from None
    if not parts.variants:
        raise OverlayError(f"OVERLAY: {name}: the result has no models")
    return decisions


def _response_schemas(decisions: Decisions) -> Iterator[tuple[str | int, ...]]:
    for operation in OPERATIONS:
        for status in decisions.at(decisions.responses(operation)):
            place = decisions.response_schema(operation, int(status)) if status.isdecimal() else None
            if place is not None:
                yield place


def _decisions_about(decisions: Decisions, exchange: Exchange) -> object:
    """Return all decisions of a contract about an exchange."""
    operation, status = exchange.operation, exchange.status
    bodies = request_bodies(exchange) if operation in {CREATE, *UPLOADS} else []
    accepted = [decisions.accepts(operation, body) for body in bodies]
    if operation not in OPERATIONS or status is None:
        return accepted
    return (
        accepted,
        decisions.lists(operation, status),
        [breach.place for breach in decisions.response_breaches(operation, status, exchange.json)],
        [unknown.path for unknown in decisions.unknown_fields(operation, status, exchange.json)],
    )
