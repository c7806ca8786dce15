"""Fault injection: the faults that can be applied to a request, and the rules that select requests."""

from __future__ import annotations

import itertools
import json
import math
import random
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from evolink_mock.domain.clock import Clock

# A limit, because every request is compared with every rule.
MAX_RULES = 100


class Fault(NamedTuple):
    """A fault. Its times are real seconds at any speed, because the timeouts of clients are real, too.

    Attributes:
        code: the status of the response, documented or not, or a code of the file host.
        at: whether `code` is returned `before` the request is processed, or `after`, when a task has been created.
        retry_after: the seconds in the response header `Retry-After`.
        error_code: the code in the response body, for example `paid_outcome_unknown`; empty for the usual one.
        drop: whether to drop the connection, `before` the request is processed or `after`.
        latency: the seconds to wait before the request is processed.
        slow: the seconds over which the response body is spread.
        body: `html` to replace the response body by an HTML page, `truncated` to send half of it.
        response: `after-callback` to delay the response to a create until a callback was attempted.
    """

    code: int | None = None
    at: str = "before"
    retry_after: int | None = None
    error_code: str = ""
    drop: str = ""
    latency: float = 0
    slow: float = 0
    body: str = ""
    response: str = ""

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        """Return the fault that a JSON object describes; its keys have hyphens."""
        values: dict[str, Any] = {name.replace("-", "_"): value for name, value in row.items()}
        values |= {name: int(values[name]) for name in ("code", "retry_after") if name in values}  # JSON allows 5.0
        return cls(**values)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object that describes the fault, without defaults."""
        return {
            name.replace("_", "-"): value for name, value in self._asdict().items() if value != getattr(NO_FAULT, name)
        }

    def __str__(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.to_json().items())


NO_FAULT = Fault()


def is_status(code: int) -> bool:
    """Return whether every operation can respond with this code, documented or not."""
    return 200 <= code < 600


def find_conflict(row: Mapping[str, Any]) -> str | None:
    """Describe a member of a fault's JSON object that would have no effect; None if there is none."""
    replaced = next((name for name in ("code", "body", "slow") if name in row), None)
    if "drop" in row and replaced is not None:
        return f"{replaced} has no effect with drop, which leaves no response; omit one of them"
    if "response" in row and (row.get("drop") == "before" or ("code" in row and row.get("at") != "after")):
        return "response has no effect if no task is created; use drop=after, or code with at=after"
    return None


class RequestInfo(NamedTuple):
    """The properties of a request that rules can select: the operation id, the model, and the account of the key."""

    operation: str
    model: str
    account: str


@dataclass
class FaultRule:
    """A rule that applies a fault to selected requests.

    Attributes:
        when: the conditions, all of which must be met, as a JSON object: `operation`, `model`, `account`, `nth` (a
            number or a list of numbers, from 1, among the requests that meet those conditions), `probability`.
        fault: the fault to apply.
        limit: an allowed rate, as a JSON object: the fault only applies to requests beyond `requests` in `seconds`, for
            each account; the seconds are simulated.
        matched: how many requests met the conditions, regardless of `nth` and `probability`.
        applied: how many requests the fault was applied to.
    """

    id: int
    when: dict[str, Any]
    fault: Fault
    limit: dict[str, Any] | None
    matched: int = 0
    applied: int = 0

    def __str__(self) -> str:
        rule = {name: value for name, value in self.to_json().items() if name in {"when", "do", "limit"} and value}
        return json.dumps(rule)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object that describes the rule."""
        limit = {} if self.limit is None else {"limit": self.limit}
        counts = {"matched": self.matched, "applied": self.applied}
        return {"id": self.id, "when": self.when, "do": self.fault.to_json(), **limit, **counts}

    def matches(self, request: RequestInfo) -> bool:
        """Return whether a request meets the conditions that do not depend on other requests."""
        return all(
            self.when.get(name) in {None, value}
            for name, value in (
                ("operation", request.operation),
                ("model", request.model),
                ("account", request.account),
            )
        )


class Faults:
    """The rules of one mock server; the first rule that applies wins.

    Args:
        clock: the clock for rate limits.
        rng: the random numbers for probabilities.
    """

    def __init__(self, clock: Clock, rng: random.Random) -> None:
        self._clock = clock
        self._rng = rng
        self._rules: dict[int, FaultRule] = {}
        self._ids = itertools.count(1)
        self.changes = 0
        self._allowed: dict[tuple[int, str], deque[float]] = {}

    def __iter__(self) -> Iterator[FaultRule]:
        return iter(self._rules.values())

    def __bool__(self) -> bool:
        return bool(self._rules)

    @property
    def need_model(self) -> bool:
        """True if a rule depends on the model of a request."""
        return any("model" in rule.when for rule in self._rules.values())

    def add(self, row: Mapping[str, Any]) -> FaultRule:
        """Add a rule, given as the JSON object that `settings.schema.json` describes.

        Raises:
            ValueError: there are too many rules.
        """
        if len(self._rules) >= MAX_RULES:
            raise ValueError(f"there are already {MAX_RULES} rules; remove some first")
        fault = Fault.from_json(row.get("do", {}))
        rule = FaultRule(next(self._ids), dict(row.get("when", {})), fault, row.get("limit"))
        if rule.limit is not None and rule.fault == NO_FAULT:
            rule.fault = Fault(code=429)
        self._rules[rule.id] = rule
        self.changes += 1
        return rule

    def remove(self, rule_id: int | None = None) -> bool:
        """Remove a rule, or all rules; return whether any was removed."""
        exists = bool(self._rules) if rule_id is None else rule_id in self._rules
        for one in [rule_id] if rule_id is not None else list(self._rules):
            self._rules.pop(one, None)
        self.changes += exists
        self._allowed = {key: times for key, times in self._allowed.items() if key[0] in self._rules}
        return exists

    def apply(self, request: RequestInfo) -> Fault:
        """Return the fault for a request, and count the request in every rule that it matches."""
        result = NO_FAULT
        for rule in self._rules.values():
            if rule.matches(request):
                rule.matched += 1
                fault = self._fault(rule, request) if result == NO_FAULT and self._is_chosen(rule) else NO_FAULT
                rule.applied += fault != NO_FAULT
                result = result if fault == NO_FAULT else fault
        return result

    def _is_chosen(self, rule: FaultRule) -> bool:
        nth: int | list[int] | None = rule.when.get("nth")
        if nth is not None and rule.matched not in (nth if isinstance(nth, list) else [nth]):
            return False
        return "probability" not in rule.when or self._rng.random() < rule.when["probability"]

    def _fault(self, rule: FaultRule, request: RequestInfo) -> Fault:
        """Return the fault of a rule, or no fault while requests stay within its rate limit."""
        if rule.limit is None:
            return rule.fault
        now = self._clock.elapsed()
        allowed = self._allowed.setdefault((rule.id, request.account), deque())
        while allowed and allowed[0] <= now - rule.limit["seconds"]:
            allowed.popleft()
        if len(allowed) < rule.limit["requests"]:
            allowed.append(now)
            return NO_FAULT
        wait = self._clock.real_seconds((allowed[0] if allowed else now) + rule.limit["seconds"] - now)
        return rule.fault if rule.fault.retry_after is not None else rule.fault._replace(retry_after=math.ceil(wait))
