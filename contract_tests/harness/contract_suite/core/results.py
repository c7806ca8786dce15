"""What was seen of every rule, and the verdict that follows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from contract_suite.core.oracle import Amendments
from contract_suite.rules.documented import Rule

MAX_EVIDENCE = 30  # exchanges of a rule in the report; those that break it come first

Evidence = dict[str, Any]


def never(_: Amendments) -> bool:
    """Say of a finding that no change of the contract makes it right."""
    return False


@dataclass(frozen=True)
class Finding:
    """A case in which a rule does not hold.

    Attributes:
        expected, came: in words.
        evidence: the exchange, or whatever else shows it.
        inferred: whether it breaks only what we read into the rule.
        of: who does not keep the rule.
        overruled_by: whether it is none where the contract is amended.
        amended: whether it breaks what an overlay says in the place of the rule, so that it is judged in any case.
    """

    expected: str
    actual: str
    evidence: Evidence | None = None
    inferred: bool = False
    of: Literal["target", "contract", "sdk"] = "target"
    overruled_by: Callable[[Amendments], bool] = never
    amended: bool = False


@dataclass(frozen=True)
class Verdict:
    """What is to be said of a rule.

    Attributes:
        why: how it was seen to hold, what breaks it, or why it could not be seen.
        differences: cases that differ from what is only inferred or contested, where that is not judged.
        held: how many cases hold.
        unseen: the reasons for cases that were not tried, and how many there are of each.
    """

    rule: Rule
    verdict: Literal["holds", "broken", "not-run"]
    why: str
    findings: tuple[Finding, ...]
    differences: tuple[Finding, ...]
    evidence: tuple[Evidence, ...]
    held: int = 0
    unseen: tuple[tuple[str, int], ...] = ()


@dataclass
class _Seen:
    held: int = 0
    findings: list[Finding] = field(default_factory=list[Finding])
    unseen: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    evidence: list[Evidence] = field(default_factory=list[Evidence])
    note: str = ""
    overruled: int = 0


class Results:
    """Collects what is seen.

    Args:
        rules: every rule there is.
        everything: whether inferred and contested rules are judged too, as they are on our own mock.
        clean: takes the key out of a text.
        amendments: what overlays make of the contract, which overrules what a rule says to the contrary.
    """

    def __init__(
        self,
        rules: tuple[Rule, ...],
        *,
        everything: bool,
        clean: Callable[[str], str],
        amendments: Amendments | None = None,
    ) -> None:
        self._rules = rules
        self._amendments = amendments
        self._clean = clean
        self._everything = everything
        self._seen = {rule.id: _Seen() for rule in rules}

    def holds(
        self, rule: Rule, evidence: Callable[[], Evidence] | None = None, note: str = "", *, overruled: bool = False
    ) -> None:
        """Note a case in which a rule holds, or what overrules it, and what shows it."""
        seen = self._seen[rule.id]
        seen.held += 1
        seen.overruled += overruled
        seen.note = note or seen.note
        if evidence is not None and len(seen.evidence) < MAX_EVIDENCE:
            seen.evidence.append(evidence())

    def breaks(self, rule: Rule, finding: Finding) -> None:
        """Note a case in which a rule does not hold, unless it is overruled."""
        if self._amendments is not None and finding.overruled_by(self._amendments):
            self.holds(rule, lambda: finding.evidence or {}, overruled=True)
            return
        expected, actual = self._clean(finding.expected), self._clean(finding.actual)
        self._seen[rule.id].findings.append(replace(finding, expected=expected, actual=actual))

    def unseen(self, rule: Rule, why: str) -> None:
        """Note a case that could not be tried."""
        self._seen[rule.id].unseen[self._clean(why)] += 1

    def unseen_at_all(self, rule: Rule, why: str) -> None:
        """Note why a rule was not tried, if it was not."""
        seen = self._seen[rule.id]
        if not (seen.held or seen.findings or seen.unseen):
            self.unseen(rule, why)

    def findings(self) -> list[tuple[Rule, list[Finding]]]:
        """Return every rule with the cases in which it does not hold."""
        return [(rule, self._seen[rule.id].findings) for rule in self._rules]

    def verdicts(self) -> list[Verdict]:
        """Return the verdict on every rule."""
        return [
            replace(self._verdict(rule, seen), held=seen.held, unseen=tuple(seen.unseen.items()))
            for rule in self._rules
            for seen in [self._seen[rule.id]]
        ]

    def _verdict(self, rule: Rule, seen: _Seen) -> Verdict:
        judged = [finding for finding in seen.findings if self._is_judged(rule, finding)]
        differences = tuple(finding for finding in seen.findings if not self._is_judged(rule, finding))
        shown = [finding.evidence for finding in seen.findings if finding.evidence is not None]
        evidence = tuple((shown + seen.evidence)[:MAX_EVIDENCE])
        left = "; ".join(f"{count} not tried: {why}" if count > 1 else why for why, count in seen.unseen.items())
        if judged:
            first = judged[0]
            why = f"expected {first.expected}; came {first.actual}"
            why += f" (and {len(judged) - 1} more)" if len(judged) > 1 else ""
            return Verdict(rule, "broken", why, tuple(judged), differences, evidence)
        if differences and (rule.certainty != "documented" or not seen.held):
            first = differences[0]
            why = f"not judged, as it is {_weaker(rule)}: expected {first.expected}; came {first.actual}"
            return Verdict(rule, "not-run", why, (), differences, evidence)
        if seen.held:
            why = f"{seen.held} {'case' if seen.held == 1 else 'cases'}"
            why += f", {seen.note}" if seen.note else ""
            why += f", {seen.overruled} overruled by the overlay" if seen.overruled else ""
            why += f"; {len(differences)} differ in what is only {_weaker(rule)}" if differences else ""
            return Verdict(rule, "holds", f"{why}; {left}" if left else why, (), differences, evidence)
        return Verdict(rule, "not-run", left or "nothing showed it", (), (), evidence)

    def _is_judged(self, rule: Rule, finding: Finding) -> bool:
        return self._everything or finding.amended or not (finding.inferred or rule.certainty != "documented")


def _weaker(rule: Rule) -> str:
    return rule.certainty if rule.certainty != "documented" else "inferred"
