"""Faults on demand: what can be done to an exchange, and the rules that say to which ones it is done."""

from __future__ import annotations

import itertools
import math
import random
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from evolink_mock.domain.clock import Clock

# However many rules there are, each request looks at all of them.
MAX_RULES = 100


class Fault(NamedTuple):
    """What is done to an exchange. Its times are real seconds, whatever the speed: a caller's time-outs are real, too.

    Attributes:
        code: the status to answer with, documented or not, or a code of the files' host.
        at: whether `code` is answered `before` the request is served, or `after`: then a task was created.
        retry_after: the seconds to name in a header `Retry-After`.
        drop: whether to drop the connection, `before` the request is served, or `after`.
        latency: the seconds to wait before the request is served.
        slow: the seconds over which the answer's body is spread.
        body: `html` for a page of HTML instead of the answer's body, `truncated` for half of it.
        answer: `after-callback` to hold the answer to a create until the task was announced.
    """

    code: int | None = None
    at: str = "before"
    retry_after: int | None = None
    drop: str = ""
    latency: float = 0
    slow: float = 0
    body: str = ""
    answer: str = ""

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Return the fault that a JSON object describes, whose names have hyphens."""
        values: dict[str, Any] = {name.replace("-", "_"): value for name, value in row.items()}
        values |= {name: int(values[name]) for name in ("code", "retry_after") if name in values}  # JSON may say 5.0
        return cls(**values)

    def row(self) -> dict[str, Any]:
        """Return the JSON object that describes the fault."""
        return {
            name.replace("_", "-"): value for name, value in self._asdict().items() if value != getattr(NO_FAULT, name)
        }

    def __str__(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.row().items())


NO_FAULT = Fault()


def is_status(code: int) -> bool:
    """Whether any operation can be made to answer with a code, documented or not."""
    return 200 <= code < 600


class RequestInfo(NamedTuple):
    """What a rule can tell requests apart by: the id of the operation, the model, and the account of the key."""

    operation: str
    model: str
    account: str


@dataclass
class FaultRule:
    """A rule that does something to some requests.

    Attributes:
        when: the conditions, all of which must hold, as a JSON object: `operation`, `model`, `account`, `nth` (a number
            or a list of them, counted from 1 among the requests for which the other conditions hold), `probability`.
        fault: what is done.
        limit: a rate that is allowed before anything is done, as a JSON object: `requests` in `seconds`, for each
            account; the seconds are simulated.
        seen: how many requests the conditions but `nth` and `probability` held for.
        met: how many requests something was done to.
    """

    id: int
    when: dict[str, Any]
    fault: Fault
    limit: dict[str, Any] | None
    seen: int = 0
    met: int = 0

    def row(self) -> dict[str, Any]:
        """Return the JSON object that describes the rule."""
        limit = {} if self.limit is None else {"limit": self.limit}
        return {"id": self.id, "when": self.when, "do": self.fault.row(), **limit, "seen": self.seen, "met": self.met}

    def concerns(self, occasion: RequestInfo) -> bool:
        """Whether the conditions hold that do not depend on what was asked before."""
        return all(
            self.when.get(name) in {None, value}
            for name, value in (
                ("operation", occasion.operation),
                ("model", occasion.model),
                ("account", occasion.account),
            )
        )


class Faults:
    """The rules of one mock server, of which the first that applies counts.

    Args:
        clock: the time that rates go by.
        chance: decides where a probability is named.
    """

    def __init__(self, clock: Clock, chance: random.Random) -> None:
        self._clock = clock
        self._chance = chance
        self._rules: dict[int, FaultRule] = {}
        self._ids = itertools.count(1)
        self.changes = 0
        self._served: dict[tuple[int, str], deque[float]] = {}

    def __iter__(self) -> Iterator[FaultRule]:
        return iter(self._rules.values())

    def __bool__(self) -> bool:
        return bool(self._rules)

    @property
    def ask_for_models(self) -> bool:
        """Whether a rule depends on the model that is asked for."""
        return any("model" in rule.when for rule in self._rules.values())

    def add(self, row: Mapping[str, Any]) -> FaultRule:
        """Add a rule, given as the JSON object that `settings.schema.json` describes.

        Raises:
            ValueError: there are too many.
        """
        if len(self._rules) >= MAX_RULES:
            raise ValueError(f"there are {MAX_RULES} rules already; remove some")
        rule = FaultRule(next(self._ids), dict(row.get("when", {})), Fault.of(row.get("do", {})), row.get("limit"))
        if rule.limit is not None and rule.fault == NO_FAULT:
            rule.fault = Fault(code=429)
        self._rules[rule.id] = rule
        self.changes += 1
        return rule

    def remove(self, rule_id: int | None = None) -> bool:
        """Remove a rule, or all; return whether there was any."""
        found = bool(self._rules) if rule_id is None else rule_id in self._rules
        for one in [rule_id] if rule_id is not None else list(self._rules):
            self._rules.pop(one, None)
        self.changes += found
        self._served = {key: served for key, served in self._served.items() if key[0] in self._rules}
        return found

    def on(self, occasion: RequestInfo) -> Fault:
        """Return what is to be done to a request, which every rule counts that concerns it."""
        done = NO_FAULT
        for rule in self._rules.values():
            if rule.concerns(occasion):
                rule.seen += 1
                fault = self._of(rule, occasion) if done == NO_FAULT and self._chosen(rule) else NO_FAULT
                rule.met += fault != NO_FAULT
                done = done if fault == NO_FAULT else fault
        return done

    def _chosen(self, rule: FaultRule) -> bool:
        nth: int | list[int] | None = rule.when.get("nth")
        if nth is not None and rule.seen not in (nth if isinstance(nth, list) else [nth]):
            return False
        return "probability" not in rule.when or self._chance.random() < rule.when["probability"]

    def _of(self, rule: FaultRule, occasion: RequestInfo) -> Fault:
        """Return what a rule does, which is nothing while its rate is kept to."""
        if rule.limit is None:
            return rule.fault
        now = self._clock.elapsed()
        served = self._served.setdefault((rule.id, occasion.account), deque())
        while served and served[0] <= now - rule.limit["seconds"]:
            served.popleft()
        if len(served) < rule.limit["requests"]:
            served.append(now)
            return NO_FAULT
        wait = self._clock.real((served[0] if served else now) + rule.limit["seconds"] - now)
        return rule.fault if rule.fault.retry_after is not None else rule.fault._replace(retry_after=math.ceil(wait))
