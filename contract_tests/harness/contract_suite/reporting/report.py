"""The report of a run: `contract.json` for programs, JUnit for CI, and a page and lines of text for people."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from bundle import is_array, write_atomically
from contract_suite.checks.judging import Enforcers
from contract_suite.checks.kinds import kind_of
from contract_suite.checks.sdk import SdkStance
from contract_suite.core.exchanges import curl, member
from contract_suite.core.results import MAX_EVIDENCE, Finding, Verdict
from contract_suite.core.text import escaped_json, one_line
from contract_suite.reporting import html
from contract_suite.rules.kinds import Rule

MAX_REASONS = 8  # lines about rules that were not run; the report has all
MAX_BODY = 300  # characters of a body in a command; a longer one is written to a file
FILES = ("contract.json", "contract.html", "contract.xml")
REQUESTS = "requests"
"""The folder of the bodies that are too long for a command."""
SCORE = Path(__file__).resolve().parents[2] / "mutation" / "score.json"
"""The score of the last `make mutants`, if there was one."""


@dataclass(frozen=True)
class RequestCounts:
    """The numbers of requests in a run.

    Attributes:
        probes: The requests that were made from the cases of rules.
        sent: All requests that the suite sent, among them queries of the tasks that probes created.
        generated: The requests that schemathesis generated.
    """

    probes: int
    sent: int
    generated: int


@dataclass(frozen=True)
class RunOutcome:
    """The outcome of a run.

    Attributes:
        target: The URL of the target, or `mock`.
        edition_name: The edition of the documentation that was chosen for the run.
        edition: The editions of the pages that the rules restate.
        seed: The seed of the order of requests.
        stopped: The reason why the run ended early. Empty when it did not.
        requests: The numbers of requests.
        verdicts: The verdict on every rule.
        enforcers: The comparison of the rules with the contract and the SDK.
        contract: The bundled contract.
        coverage: The part of the contract that the run covered.
        notes: Lines about the run as a whole.
    """

    target: str
    edition_name: str
    edition: str
    seed: int
    stopped: str
    requests: RequestCounts
    verdicts: Sequence[Verdict]
    enforcers: Enforcers
    contract: dict[str, Any]
    coverage: dict[str, Any]
    notes: Sequence[str] = ()

    @property
    def broken(self) -> list[Verdict]:
        """The verdicts on rules that are broken."""
        return [verdict for verdict in self.verdicts if verdict.verdict == "broken"]


def remove_reports(folder: Path) -> None:
    """Remove the report of an earlier run, so that nobody takes it for that of the next one."""
    for path in (*(folder / name for name in FILES), *(folder / REQUESTS).glob("*")):
        path.unlink(missing_ok=True)


class Report:
    """The report of a run.

    Args:
        outcome: The outcome of the run.
        folder: The folder of the report.
    """

    def __init__(self, outcome: RunOutcome, folder: Path) -> None:
        self.outcome = outcome
        self._folder = folder

    @property
    def broken(self) -> list[Verdict]:
        """The verdicts on rules that are broken."""
        return self.outcome.broken

    @property
    def stopped(self) -> str:
        """The reason why the run ended early. Empty when it did not."""
        return self.outcome.stopped

    @property
    def requests(self) -> RequestCounts:
        """The numbers of requests."""
        return self.outcome.requests

    def write(self) -> None:
        """Write `contract.json`, `.html` and `.xml`, and the bodies that the commands in the lines need."""
        self._folder.mkdir(parents=True, exist_ok=True)
        document = self._document()
        for name, text in zip(FILES, (_dump(document), html.page(document), self._junit()), strict=True):
            write_atomically(self._folder / name, text, private=True)

    def _document(self) -> dict[str, Any]:
        outcome = self.outcome
        text = json.dumps(outcome.contract, sort_keys=True)
        document = {
            "target": outcome.target,
            "edition_name": outcome.edition_name,
            "edition": outcome.edition,
            "when": datetime.now(UTC).isoformat(timespec="seconds"),
            "seed": outcome.seed,
            "contract": {
                "version": member(outcome.contract, "info", "version") or "",
                "sha256": hashlib.sha256(text.encode()).hexdigest(),
            },
            "stopped": outcome.stopped,
            "requests": asdict(outcome.requests),
            "rules": [_entry(verdict, outcome.enforcers) for verdict in outcome.verdicts],
            "broken": [verdict.rule.id for verdict in outcome.broken],
            "differences": [verdict.rule.id for verdict in outcome.verdicts if verdict.differences],
            "coverage": outcome.coverage,
        }
        if outcome.notes:
            document["drift"] = [one_line(note) for note in outcome.notes]
        with contextlib.suppress(OSError, ValueError):
            document["mutants"] = json.loads(SCORE.read_text(encoding="utf-8"))
        return document

    def _junit(self) -> str:
        counts = Counter(verdict.verdict for verdict in self.outcome.verdicts)
        suite = ET.Element(
            "testsuite",
            name="contract",
            tests=str(len(self.outcome.verdicts) + bool(self.stopped)),
            failures=str(counts["broken"]),
            errors=str(int(bool(self.stopped))),
            skipped=str(counts["not-run"]),
        )
        if self.stopped:
            run = ET.SubElement(suite, "testcase", classname="contract", name="the run ends")
            ET.SubElement(run, "error", message=_xml(self.stopped))
        for verdict in self.outcome.verdicts:
            case = ET.SubElement(suite, "testcase", classname=verdict.rule.source, name=verdict.rule.id)
            if verdict.verdict == "broken":
                failure = ET.SubElement(case, "failure", message=_xml(verdict.why))
                failure.text = _xml("\n".join([verdict.rule.says, verdict.rule.page, self._command(verdict)]))
            elif verdict.verdict == "not-run":
                ET.SubElement(case, "skipped", message=_xml(verdict.why))
        return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(suite, encoding="unicode") + "\n"

    def lines(self) -> Iterator[str]:
        """Yield a line for each broken rule, each difference and each reason, and a line with the totals."""
        yield from map(one_line, self._lines())

    def _lines(self) -> Iterator[str]:
        for verdict in self.broken:
            yield f"broken  {verdict.rule.id}: {verdict.why}; repeat: {self._command(verdict)}"
        different: dict[str, list[Verdict]] = {}
        for verdict in self.outcome.verdicts:
            if verdict.differences and verdict.verdict != "broken":
                different.setdefault(verdict.differences[0].actual, []).append(verdict)
        for actual, verdicts in different.items():
            ids = ", ".join(verdict.rule.id for verdict in verdicts)
            expected = f"expected {verdicts[0].differences[0].expected}; " if len(verdicts) == 1 else ""
            yield f"differs {ids}: {expected}got {actual}"
        reasons = Counter(
            verdict.why for verdict in self.outcome.verdicts if verdict.verdict == "not-run" and not verdict.differences
        )
        for why, count in reasons.most_common(MAX_REASONS):
            yield f"not run {count} {'rule' if count == 1 else 'rules'}: {why}"
        if len(reasons) > MAX_REASONS:
            yield f"not run {reasons.total() - sum(count for _, count in reasons.most_common(MAX_REASONS))} more"
        yield from self.outcome.notes
        counts = Counter(verdict.verdict for verdict in self.outcome.verdicts)
        differing = sum(bool(verdict.differences) for verdict in self.outcome.verdicts)
        if differing:
            rules, them = ("1 rule differs", "it") if differing == 1 else (f"{differing} rules differ", "them")
            where = f'see "differences" in {self._folder / FILES[0]}'
            yield f"{rules} in what is only inferred or contested: {where}, or set STRICT=1 to fail on {them}"
        totals = f"{counts['holds']} hold, {counts['broken']} broken, {counts['not-run']} not run"
        name = "" if self.outcome.edition_name == "base" else f" of edition {self.outcome.edition_name}"
        yield f"{len(self.outcome.verdicts)} rules{name}: {totals}. The evidence is in {self._folder / FILES[0]}."

    def _command(self, verdict: Verdict) -> str:
        evidence = next((finding.evidence for finding in verdict.findings if _is_exchange(finding)), None)
        if evidence is None:
            return "make contract"
        body = evidence["request"]["body"]
        text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
        if body is None or (len(text) <= MAX_BODY and text.isprintable()):
            return curl(evidence)
        path = self._folder / REQUESTS / f"{verdict.rule.id}{'.txt' if isinstance(body, str) else '.json'}"
        path.parent.mkdir(exist_ok=True)
        write_atomically(path, text, private=True)
        return curl(evidence, str(path))


def _is_exchange(finding: Finding) -> bool:
    return finding.evidence is not None and "request" in finding.evidence


def _dump(document: dict[str, Any]) -> str:
    """Return a JSON object as text, with one line for each member and for each item of a list."""
    members: list[str] = []
    for name, value in document.items():
        lines = ",\n".join(map(_json, value)) if is_array(value) else ""
        text = f"[\n{lines}\n]" if lines else _json(value)
        members.append(f"{json.dumps(name)}: {text}")
    return "{\n" + ",\n".join(members) + "\n}\n"


def _json(value: Any) -> str:
    """Return a value as JSON. Numbers that JSON does not have raise a ValueError: nothing that is sent holds any."""
    return escaped_json(json.dumps(value, ensure_ascii=False, allow_nan=False))


def _entry(verdict: Verdict, enforcers: Enforcers) -> dict[str, Any]:
    rule = verdict.rule
    kind = kind_of(rule)
    indexes = {id(evidence): index for index, evidence in enumerate(verdict.evidence)}
    return {
        "id": rule.id,
        "verdict": verdict.verdict,
        "why": verdict.why,
        "evidence": list(verdict.evidence),
        "says": rule.says,
        "certainty": rule.certainty,
        "because": rule.because,
        "page": rule.page,
        "edition": rule.edition,
        "source": rule.source,
        "kind": kind.label,
        "models": kind.models(rule),
        "enforcers": {
            "contract": _contract_verdict(rule, enforcers.contract),
            "sdk": _sdk_verdict(rule, enforcers.sdk),
            "target": _target_verdict(verdict),
        },
        "findings": [
            {
                "expected": finding.expected,
                "actual": finding.actual,
                "enforcer": finding.enforcer,
                "evidence": indexes.get(id(finding.evidence)),
            }
            for finding in verdict.findings[:MAX_EVIDENCE]
        ],
        "more_findings": max(0, len(verdict.findings) - MAX_EVIDENCE),
        "differences": [
            {
                "expected": finding.expected,
                "actual": finding.actual,
                "evidence": indexes.get(id(finding.evidence)),
            }
            for finding in verdict.differences
        ],
        "not_tried": [{"why": why, "cases": cases} for why, cases in verdict.not_tried],
    }


def _contract_verdict(rule: Rule, contract: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    differences = list(contract.get(rule.id, ()))
    if differences:
        return {"verdict": "differs", "differences": differences}
    if rule.id not in contract or not kind_of(rule).is_in_contract(rule):
        return {"verdict": "no-words", "differences": []}
    return {"verdict": "agrees", "differences": []}


def _sdk_verdict(rule: Rule, sdk: Mapping[str, SdkStance]) -> dict[str, Any]:
    stance = sdk.get(rule.id)
    if stance is None:
        return {"verdict": "none", "why": "the SDK does not make generated requests", "differences": []}
    verdict = "differs" if stance.differences else stance.role
    return {"verdict": verdict, "why": stance.why, "differences": list(stance.differences)}


def _target_verdict(verdict: Verdict) -> str:
    """Return the verdict on the target alone, without those on the contract and the SDK."""
    if any(finding.enforcer == "target" for finding in verdict.findings):
        return "broken"
    if verdict.verdict == "holds" or (verdict.verdict == "broken" and verdict.held):
        return "holds"
    return "differs" if verdict.differences else "not-run"


def _xml(text: str) -> str:
    """Escape what is not printable: XML does not allow it, or it would change what a reader sees."""
    return "\n".join(map(one_line, text.split("\n")))
