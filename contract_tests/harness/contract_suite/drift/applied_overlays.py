"""Overlays that a run goes by: read, laid over the contract, and looked for in what the run saw."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Self

import jsonschema_rs

import apply
from contract_suite.checks import fuzzing
from contract_suite.checks.contract import Parts
from contract_suite.core.exchanges import Exchange
from contract_suite.core.oracle import Amendments, Decisions, request_bodies
from contract_suite.rules.operations import CREATE, OPERATIONS, UPLOADS

WITH_PREVIOUS = "x-with-previous"
"""Marks an action of a proposal that is one change with the action before: neither makes sense alone."""


class OverlayError(Exception):
    """An overlay cannot be laid over the contract; the text names the file, the action and the problem."""


class AppliedOverlays:
    """Overlays laid over a contract, one after another.

    Args:
        contract: the bundled contract; it stays as it is.
        paths: the files that hold the overlays.

    Attributes:
        contract: the amended contract.
        amendments: the decisions before and after.

    Raises:
        OverlayError: a file is no overlay, an action of it cannot be applied, or what results is no contract of this
            API.
    """

    def __init__(self, contract: dict[str, Any], paths: Sequence[Path] = ()) -> None:
        steps = [step for path in paths for step in _steps(path)]
        self._lay(contract, steps)

    @classmethod
    def of(cls, contract: dict[str, Any], overlay: dict[str, Any]) -> Self:
        """Return one overlay laid over a contract, of which there is no file.

        Raises:
            OverlayError: as above.
        """
        laid = cls(contract)
        laid._lay(contract, [("the overlay", overlay)])
        return laid

    def _lay(self, contract: dict[str, Any], overlays: Iterable[tuple[str, dict[str, Any]]]) -> None:
        self._steps: list[tuple[str, dict[str, Any]]] = []
        self.contract = contract
        for name, overlay in overlays:
            self.contract = _applied(self.contract, overlay, name)
            self._steps.append((name, self.contract))
        before = Decisions(contract)
        self.amendments = Amendments(before, self._decisions() if self._steps else before)

    def _decisions(self) -> Decisions:
        """Return the decisions of the amended contract, once it is known to be one."""
        name, contract = self._steps[-1]
        try:
            return _decisions(contract, name)
        except OverlayError:
            for step, so_far in self._steps:  # which names the action that is to blame
                _decisions(so_far, step)
            raise

    def unseen(self, exchanges: Iterable[Exchange]) -> Iterator[str]:
        """Yield, in words, each action that decided nothing in these exchanges."""
        seen = list(exchanges) if self._steps else []
        before = self.amendments.before
        for name, contract in self._steps:
            try:
                after = Decisions(contract)
                matters = any(_decided(before, exchange) != _decided(after, exchange) for exchange in seen)
            except (LookupError, ValueError):  # no contract until a later action has been applied
                continue
            before = after
            if not matters:
                yield f"{name} was not seen: nothing in this run depends on it"


def _steps(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield an overlay for every action of a file, or for several that are one change, with the name of the first."""
    try:
        overlay = apply.load(path)
    except apply.DocumentError as error:
        raise OverlayError(f"OVERLAY: {error}") from None
    if reasons := apply.invalid_reasons(overlay):
        raise OverlayError(f"OVERLAY: {path}: {'; '.join(reasons)}")
    together: list[tuple[int, list[Any]]] = []
    for index, action in enumerate(overlay["actions"]):
        if action.get(WITH_PREVIOUS) and together:
            together[-1][1].append(action)
        else:
            together.append((index, [action]))
    for index, actions in together:
        target = str(actions[0]["target"])
        yield f"{path}: actions[{index}] (target {target})", {**overlay, "actions": actions}


def _applied(contract: dict[str, Any], overlay: dict[str, Any], name: str) -> dict[str, Any]:
    try:
        amended: dict[str, Any] = apply.apply(contract, overlay)
    except apply.InvalidOverlayError as error:
        raise OverlayError(f"OVERLAY: {name}: {'; '.join(error.reasons)}") from None
    except apply.ActionError as error:
        reason = str(error).partition("): ")[2]
        raise OverlayError(f"OVERLAY: {name}: {reason}") from None
    return amended


def _decisions(contract: Any, name: str) -> Decisions:
    """Return the decisions of an amended contract that all of the suite can go by."""
    try:
        str(contract["info"]["version"])  # which reports tell
        decisions = Decisions(contract)
        parts = Parts.of(contract)
        for schema in (*decisions.models.values(), *_answers(decisions)):
            decisions.valid(schema, None)
        fuzzing.documented_view(contract)
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as error:
        reason = " ".join(str(error).split())[:200]
        raise OverlayError(f"OVERLAY: {name}: what results is no valid schema: {reason}") from None
    except (LookupError, TypeError, AttributeError, ValueError, RecursionError) as error:
        raise OverlayError(f"OVERLAY: {name}: what results is no contract of this API: {error!r}") from None
    if not parts.variants:
        raise OverlayError(f"OVERLAY: {name}: what results has no models")
    return decisions


def _answers(decisions: Decisions) -> Iterator[tuple[str | int, ...]]:
    for operation in OPERATIONS:
        for status in decisions.at(decisions.responses(operation)):
            place = decisions.response_schema(operation, int(status))
            if place is not None:
                yield place


def _decided(decisions: Decisions, exchange: Exchange) -> object:
    """Return everything that a contract decides of an exchange."""
    operation, status = exchange.operation, exchange.status
    bodies = request_bodies(exchange) if operation in {CREATE, *UPLOADS} else []
    takes = [decisions.accepts(operation, body) for body in bodies]
    if operation not in OPERATIONS or status is None:
        return takes
    return (
        takes,
        decisions.lists(operation, status),
        [breach.place for breach in decisions.response_breaches(operation, status, exchange.json)],
        [unknown.path for unknown in decisions.unknown_fields(operation, status, exchange.json)],
    )
