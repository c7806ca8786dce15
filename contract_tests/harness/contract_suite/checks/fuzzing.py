"""Runs schemathesis against the target: requests generated from the contract, on both sides of what it says."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import bundle
from contract_suite.checks import hook_settings
from contract_suite.core.exchanges import Exchange, ReceivedResponse, Request, Secrets, operation_of
from contract_suite.core.oracle import Amendments
from contract_suite.core.results import Finding, Results
from contract_suite.core.target import Target
from contract_suite.rules.documented import Rule

CHECKS = {
    "not_a_server_error": "No request, however odd, makes the server fail.",
    "status_code_conformance": "Every answer has a status that its operation documents.",
    "content_type_conformance": "Every answer is JSON by its content type.",
    "response_headers_conformance": "Every answer has the headers that are documented for it.",
    "response_schema_conformance": "The body of every answer is as documented for its status.",
    "negative_data_rejection": "A request that breaks the contract is refused.",
    "positive_data_acceptance": "A request that keeps the contract is not refused as invalid.",
    "missing_required_header": "A request without a required header is refused.",
    "unsupported_method": "A method that a path does not document is refused.",
    "allow_header_conformance": "A 405 names in Allow the methods that are documented.",
    "ignored_auth": "A request without a valid key is refused.",
}
"""The checks of schemathesis that can say something about this API, and what they say."""

INFERRED = ("unsupported_method", "allow_header_conformance")

HARMLESS = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance",
            "ignored_auth")  # fmt: skip
"""Those that send nothing but reads, for a target where tasks cost money."""

PATIENCE = 180.0  # seconds; a run takes six
PATIENCE_ELSEWHERE = 1800.0

OPERATIONS = {
    "create_video_generation": "create",
    "get_task": "task",
    "get_credits": "credits",
    "upload_file_stream": "upload-stream",
    "upload_file_base64": "upload-base64",
    "upload_file_url": "upload-url",
}
READS = ("get_task", "get_credits")
STRANGERS = "upload_file_url"
"""What would have the target fetch from the generated URLs, which lead to strangers."""

STATEFUL_EXAMPLES = 60  # 100 take half the time of the whole run
SETTINGS = """[[operations]]
include-operation-id = ["upload_file_stream", "upload_file_base64"]
# Only a look at a file can tell whether it is taken.
checks.positive_data_acceptance.enabled = false
phases.fuzzing.generation.max-examples = 25

[[operations]]
include-operation-id = "upload_file_stream"
# In a form all is text, and an empty list is nothing at all: what is generated as wrong arrives as right.
checks.negative_data_rejection.enabled = false
"""


def rules() -> tuple[Rule, ...]:
    """Return a rule for every check, so that each gets a verdict like the others."""
    return tuple(
        Rule(
            id=_rule_id(name),
            says=says,
            certainty="inferred" if name in INFERRED else "documented",
            because="No page lists the status 405." if name in INFERRED else "",
            page="openapi/evolink.yaml",
            edition="",
            source="Generated requests",
        )
        for name, says in CHECKS.items()
    )


def documented_view(node: Any, strict: Collection[str] = ()) -> Any:
    """Return a part of the contract without what is inferred or contested, which others need not keep.

    Args:
        node: the part.
        strict: names of schemas that stay as they are.
    """
    if bundle.is_array(node):
        return [documented_view(item, strict) for item in node if not _is_inferred(item)]
    if not bundle.is_object(node):
        return node
    doubtful = {key for mark in ("x-inferred", "x-contested") if bundle.is_object(node.get(mark)) for key in node[mark]}
    return {
        key: value if key in strict else documented_view(value, strict)
        for key, value in node.items()
        if key not in doubtful
    }


def _is_inferred(item: Any) -> bool:
    return bundle.is_object(item) and isinstance(item.get("x-inferred"), str)


def _request_schemas(contract: dict[str, Any]) -> set[str]:
    """Return the names of the schemas that requests refer to, through others too."""
    schemas = contract["components"]["schemas"]
    found: set[str] = set()
    waiting = [item["post"]["requestBody"] for item in contract["paths"].values() if "post" in item]
    while waiting:
        text = json.dumps(waiting.pop())
        new = set(re.findall(r'"\$ref": "#/components/schemas/(\w+)"', text)) - found
        found |= new
        waiting += [schemas[name] for name in new]
    return found


@dataclass(frozen=True)
class Part:
    """One run of schemathesis.

    Attributes:
        phases: its phases.
        contract: what the requests are generated from, and the answers held against.
        checks: its checks.
        mode: `positive` for requests that keep the contract alone, `all` for others too.
    """

    phases: str
    contract: dict[str, Any]
    checks: tuple[str, ...]
    mode: str = "all"


def parts(contract: dict[str, Any], *, everything: bool, guarded: bool) -> list[Part]:
    """Return what is to run side by side; the stateful phase alone takes half the time.

    What a target other than our own mock must refuse is generated from what is documented; what it must accept, from
    all of the contract, so that it may refuse what we infer to be refused.
    """
    single, stateful = "examples,coverage,fuzzing", "stateful"
    if everything:
        return [Part(single, contract, tuple(CHECKS)), Part(stateful, contract, tuple(CHECKS))]
    lenient = documented_view(contract)
    if guarded:
        return [Part(single, lenient, HARMLESS)]
    strict = documented_view(contract, _request_schemas(contract))
    refusals = tuple(name for name in CHECKS if name != "positive_data_acceptance")
    acceptance = tuple(name for name in CHECKS if name not in {"negative_data_rejection", "missing_required_header"})
    return [Part(single, lenient, refusals), Part(stateful, strict, acceptance, "positive")]


@dataclass
class _Process:
    folder: Path
    running: subprocess.Popen[bytes]


class Generated:
    """Schemathesis at work, beside everything else; a context manager.

    Args:
        parts: what is to run.
        target: the server.
        seed: makes the requests reproducible.
        examples: how many requests each phase makes up for an operation at most; None for the number of its settings.

    Attributes:
        cases: how many requests were made up and sent, once it has finished.
    """

    def __init__(self, parts: Sequence[Part], target: Target, seed: int, examples: int | None = None) -> None:
        self._parts = parts
        self._target = target
        self._seed = seed
        self._examples = examples
        self._folder = tempfile.TemporaryDirectory(prefix="contract-")
        self._processes: list[_Process] = []
        self.cases = 0

    def __enter__(self) -> Self:
        for part in self._parts:
            self._processes.append(self._start(part))
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            if process.running.poll() is None:
                process.running.kill()
            process.running.wait()
        self._folder.cleanup()

    def _start(self, part: Part) -> _Process:
        folder = Path(self._folder.name, part.phases.partition(",")[0])
        folder.mkdir()
        contract = folder / "openapi.json"
        contract.write_text(json.dumps(part.contract), encoding="utf-8")
        command = [
            str(Path(sys.executable).with_name("st")), "run", str(contract),
            "--url", self._target.address,
            "--seed", str(self._seed), "--phases", part.phases, "--mode", part.mode,
            "--no-color",
            "--request-timeout", "30", "--max-redirects", "0",
            "--report", "ndjson", "--report-ndjson-path", str(folder / "events.ndjson"),
        ]  # fmt: skip
        if self._examples is not None:
            command += ["--max-examples", str(self._examples)]
        if self._target.rate:
            rate = self._target.rate
            command += ["--rate-limit", f"{round(rate)}/s" if rate >= 1 else f"{max(1, round(rate * 60))}/m"]
        if self._target.guarded:
            command += [word for name in READS for word in ("--include-operation-id", name)]
        else:
            command += ["--exclude-operation-id", STRANGERS]
        # Not on the command line, which would outweigh what the settings say of single operations.
        enabled = "".join(f"{name}.enabled = true\n" for name in (*part.checks, "recorded"))
        stateful = STATEFUL_EXAMPLES if self._examples is None else min(self._examples, STATEFUL_EXAMPLES)
        settings = f"[checks]\nenabled = false\n{enabled}\n[phases.stateful.generation]\nmax-examples = {stateful}\n\n"
        settings += SETTINGS
        if self._target.guarded:
            settings += "[phases.coverage]\nunexpected-methods = []\n"
        (folder / "schemathesis.toml").write_text(settings, encoding="utf-8")
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(Path(__file__).resolve().parents[2]), os.environ.get("PYTHONPATH", "")]),
            # Named rather than imported, because nothing else here needs schemathesis.
            "SCHEMATHESIS_HOOKS": "contract_suite.checks.schemathesis_hooks",
            hook_settings.KEY: self._target.key,
            hook_settings.RECORD: str(folder / "exchanges.jsonl"),
            "NETRC": os.devnull,  # where other keys would come from
        }
        if not self._target.encrypted:
            environment |= {"NO_PROXY": "*", "no_proxy": "*"}
        if "SSL_CERT_FILE" in environment:  # which the other requests go by
            environment.setdefault("REQUESTS_CA_BUNDLE", environment["SSL_CERT_FILE"])
        with (folder / "output").open("wb") as output:
            running = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=output)
        return _Process(folder, running)

    def finish(self, ledger: Results) -> Iterator[Exchange]:
        """Wait for the end, note the verdicts of the checks, and yield the exchanges in their order."""
        known = {rule.id: rule for rule in rules()}
        deadline = time.monotonic() + (PATIENCE_ELSEWHERE if self._target.elsewhere else PATIENCE)
        for process in self._processes:
            late = _ended_late(process.running, deadline)
            passed = self._note_checks(process, ledger, known)
            if process.running.returncode not in {0, 1} or not passed:
                output = (process.folder / "output").read_text(encoding="utf-8", errors="replace")
                said = " ".join(self._target.secrets.clean(output).split())[-300:]
                why = "schemathesis took too long" if late else f"schemathesis did not run: {said}"
                for rule in known.values():
                    ledger.unseen(rule, why)
            yield from _exchanges(process.folder / "exchanges.jsonl", self._target.secrets)
        for name, rule in zip(CHECKS, known.values(), strict=True):
            if not any(name in part.checks for part in self._parts):
                ledger.unseen(rule, "only reads are generated where tasks cost money")

    def _note_checks(self, process: _Process, ledger: Results, known: dict[str, Rule]) -> bool:
        """Note what schemathesis found; return whether it ran at all."""
        ran = False
        for event in _lines(process.folder / "events.ndjson"):
            if "NonFatalError" in event or "FatalError" in event:
                shown = self._target.secrets.clean(json.dumps(event))[:300]
                ledger.breaks(known["schemathesis.not-a-server-error"], Finding("an answer", shown))
            for check, interaction in _results(event.get("ScenarioFinished", {}).get("recorder", {})):
                self.cases += check["name"] == "recorded"  # which is made once of every case
                rule = known.get(_rule_id(check["name"]))
                if rule is None:
                    continue
                ran = True
                if check["status"] == "success":
                    ledger.holds(rule)
                else:
                    failure = check.get("failure_info", {}).get("failure", {})
                    ledger.breaks(rule, self._finding(failure, interaction, rule))
        return ran

    def _finding(self, failure: dict[str, Any], interaction: dict[str, Any] | None, rule: Rule) -> Finding:
        message = " ".join(self._target.secrets.clean(str(failure.get("message", ""))).split())
        actual = f"{failure.get('title', 'a failure')}: {message}"[:300]
        if interaction is None:
            return Finding(rule.says, actual)
        request: dict[str, Any] = interaction["request"]
        response: dict[str, Any] = interaction.get("response") or {}
        content = _decoded(request.get("body"))
        headers = {name.lower(): value for name, value in _joined(request["headers"]).items()}
        authorized = bool(headers.pop("authorization", ""))
        path = _path(request["uri"])
        exchange = Exchange(
            operation_of(request["method"], path),
            Request(request["method"], path, headers, content),
            ReceivedResponse.of(
                response["status_code"],
                _joined(response["headers"]),
                _decoded(response.get("content")) or b"",
                self._target.secrets,
            )
            if response
            else None,
        )
        bearer = "Bearer sk-evo-no-such-key" if failure.get("type") == "IgnoredAuth" else "Bearer [key]"
        overruled = partial(_overrules, rule.id, exchange)
        return Finding(
            rule.says, actual, self._target.evidence(exchange, bearer if authorized else ""), overruled_by=overruled
        )


def _overrules(rule_id: str, exchange: Exchange, amendments: Amendments) -> bool:
    """Whether an amended contract has it otherwise than the one that a check went by."""
    status = exchange.status or 0
    match rule_id.removeprefix("schemathesis."):
        case "negative-data-rejection" | "positive-data-acceptance":
            return amendments.overrules_response(exchange, ())
        case "status-code-conformance":
            return amendments.overrules_response(exchange, (status,))
        case "response-schema-conformance":
            return amendments.allows_body(exchange)
        case _:
            return False


def _results(recorder: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any] | None]]:
    """Yield every check of a scenario, with the exchange that it failed on or that it was made for."""
    interactions = recorder.get("interactions", {})
    for case, checks in recorder.get("checks", {}).items():
        for check in checks:
            failed_on = check.get("failure_info", {}).get("failure", {}).get("case_id", case)
            yield check, interactions.get(failed_on) or interactions.get(case)


def _rule_id(check: str) -> str:
    return f"schemathesis.{check.replace('_', '-')}"


def _ended_late(running: subprocess.Popen[bytes], deadline: float) -> bool:
    """Wait for the end of a process, and bring it about when the time is over."""
    try:
        running.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        running.kill()
        running.wait()
        return True
    return False


def _exchanges(path: Path, secrets: Secrets) -> Iterator[Exchange]:
    for line in _lines(path):
        headers = {"content-type": line["content_type"]} if line["content_type"] else {}
        content = base64.b64decode(line["body"]) if line["body"] is not None else None
        operation = OPERATIONS.get(line["operation"], "")
        request = Request(line["method"], _path(line["url"]), headers, content)
        response = ReceivedResponse.of(line["status"], line["headers"], base64.b64decode(line["content"]), secrets)
        yield Exchange(operation, request, response, authorized=line["authorized"])


def _joined(headers: dict[str, Any]) -> dict[str, str]:
    return {name: ", ".join(value) if bundle.is_array(value) else value for name, value in headers.items()}


def _decoded(body: Any) -> bytes | None:
    return base64.b64decode(body["$base64"]) if bundle.is_object(body) and "$base64" in body else None


def _path(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    if path.exists():
        with path.open(encoding="utf-8") as file:
            for line in file:
                with contextlib.suppress(ValueError):  # the last one, of a run that was killed
                    yield json.loads(line)
