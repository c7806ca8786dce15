"""Writes what a run found: `contract.json` for programs, JUnit for CI, a line a broken rule for people."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from bundle import is_array
from exchanges import curl
from ledger import Finding, Verdict

MOST_REASONS = 8  # that are printed; the report has all
LONGEST_BODY = 300  # characters of a body that is shown in a command; a longer one is put into a file


class Report:
    """The verdicts of one run.

    Args:
        target: the URL of the target, or what it is.
        edition: which editions of the documentation the rules restate.
        verdicts: the verdict on every rule.
        folder: where the report is written.
        stopped: why the run ended before its time, if it did.
        cases: how many requests schemathesis made up.
    """

    def __init__(
        self, target: str, edition: str, verdicts: Sequence[Verdict], folder: Path, *, stopped: str = "", cases: int = 0
    ) -> None:
        self.stopped = stopped
        self.cases = cases
        self._target = target
        self._edition = edition
        self._verdicts = verdicts
        self._folder = folder

    @property
    def broken(self) -> list[Verdict]:
        """The verdicts on rules that are broken."""
        return [verdict for verdict in self._verdicts if verdict.verdict == "broken"]

    def write(self) -> None:
        """Write `contract.json`, `contract.xml`, and the bodies that the commands of the lines need."""
        self._folder.mkdir(parents=True, exist_ok=True)
        document = {
            "target": self._target,
            "edition": self._edition,
            "rules": [_entry(verdict) for verdict in self._verdicts],
            "broken": [verdict.rule.id for verdict in self.broken],
            "differences": [verdict.rule.id for verdict in self._verdicts if verdict.differences],
        }
        write_whole(self._folder / "contract.json", _lined(document))
        write_whole(self._folder / "contract.xml", self._junit())

    def _junit(self) -> str:
        counts = Counter(verdict.verdict for verdict in self._verdicts)
        suite = ET.Element(
            "testsuite",
            name="contract",
            tests=str(len(self._verdicts)),
            failures=str(counts["broken"]),
            errors="0",
            skipped=str(counts["not-run"]),
        )
        for verdict in self._verdicts:
            case = ET.SubElement(suite, "testcase", classname=verdict.rule.source, name=verdict.rule.id)
            if verdict.verdict == "broken":
                failure = ET.SubElement(case, "failure", message=_xml(verdict.why))
                failure.text = _xml("\n".join([verdict.rule.says, verdict.rule.page, self._command(verdict)]))
            elif verdict.verdict == "not-run":
                ET.SubElement(case, "skipped", message=_xml(verdict.why))
        return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(suite, encoding="unicode") + "\n"

    def lines(self) -> Iterator[str]:
        """Yield a line for each broken rule and each difference, and what it all comes to."""
        yield from map(printable, self._lines())

    def _lines(self) -> Iterator[str]:
        for verdict in self.broken:
            yield f"broken  {verdict.rule.id}: {verdict.why}; repeat: {self._command(verdict)}"
        different: dict[str, list[Verdict]] = {}
        for verdict in self._verdicts:
            if verdict.differences and verdict.verdict != "broken":
                different.setdefault(verdict.differences[0].came, []).append(verdict)
        for came, verdicts in different.items():
            ids = ", ".join(verdict.rule.id for verdict in verdicts)
            expected = f"expected {verdicts[0].differences[0].expected}; " if len(verdicts) == 1 else ""
            yield f"differs {ids}: {expected}came {came}"
        unseen = Counter(
            verdict.why for verdict in self._verdicts if verdict.verdict == "not-run" and not verdict.differences
        )
        for why, count in unseen.most_common(MOST_REASONS):
            yield f"not run {count} {'rule' if count == 1 else 'rules'}: {why}"
        if len(unseen) > MOST_REASONS:
            yield f"not run {sum(unseen.values()) - sum(dict(unseen.most_common(MOST_REASONS)).values())} more"
        counts = Counter(verdict.verdict for verdict in self._verdicts)
        tally = f"{counts['holds']} hold, {counts['broken']} broken, {counts['not-run']} not run"
        yield f"{len(self._verdicts)} rules: {tally}. The evidence is in {self._folder / 'contract.json'}."

    def _command(self, verdict: Verdict) -> str:
        evidence = next((found.evidence for found in verdict.findings if _is_exchange(found)), None)
        if evidence is None:
            return "make contract"
        body = evidence["request"]["body"]
        text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
        if body is None or (len(text) <= LONGEST_BODY and text.isprintable()):
            return curl(evidence)
        path = self._folder / "requests" / f"{verdict.rule.id}{'.txt' if isinstance(body, str) else '.json'}"
        path.parent.mkdir(exist_ok=True)
        write_whole(path, text)
        return curl(evidence, str(path))


def printable(line: str) -> str:
    """Return a line in which a server cannot write lines, or colours, of its own."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in line)


def _is_exchange(finding: Finding) -> bool:
    return finding.evidence is not None and "request" in finding.evidence


def _lined(document: dict[str, Any]) -> str:
    """Return a JSON object with a line for each member, and for each item of a list: for people, and made quickly."""
    members: list[str] = []
    for name, value in document.items():
        lines = ",\n".join(json.dumps(item, ensure_ascii=False) for item in value) if is_array(value) else ""
        text = f"[\n{lines}\n]" if lines else json.dumps(value, ensure_ascii=False)
        members.append(f"{json.dumps(name)}: {text}")
    return "{\n" + ",\n".join(members) + "\n}\n"


def _entry(verdict: Verdict) -> dict[str, Any]:
    rule = verdict.rule
    return {
        "id": rule.id,
        "verdict": verdict.verdict,
        "why": verdict.why,
        "evidence": list(verdict.evidence),
        "says": rule.says,
        "certainty": rule.certainty,
        "because": rule.because,
        "page": rule.page,
        "source": rule.source,
        "differences": [{"expected": found.expected, "came": found.came} for found in verdict.differences],
    }


def _xml(text: str) -> str:
    """Return text without what XML cannot hold."""
    return re.sub("[^\t\n -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "?", text)


def write_whole(path: Path, text: str) -> None:
    """Write a file that appears only when it is whole."""
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, encoding="utf-8", errors="backslashreplace")
    part.replace(path)
