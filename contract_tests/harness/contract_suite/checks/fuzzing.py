"""Runs schemathesis against the target, with valid and invalid requests generated from the contract."""

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
from contract_suite.checks.kinds.generated import GeneratedRule
from contract_suite.checks.record import FuzzingRecord
from contract_suite.core.exchanges import BEARER_WITHOUT_KEY, Exchange, ReceivedResponse, Request, operation_of
from contract_suite.core.oracle import Amendments
from contract_suite.core.results import Finding
from contract_suite.core.target import Target
from contract_suite.rules.operations import GET_CREDITS, GET_TASK, OPERATIONS, UPLOAD_URL

CHECKS = {
    "not_a_server_error": "No request causes a server error, however odd it is.",
    "status_code_conformance": "Every response has a status that is documented for its operation.",
    "content_type_conformance": "Every response has the content type of JSON.",
    "response_headers_conformance": "Every response has the headers that are documented for it.",
    "response_schema_conformance": "Every response has a body that is documented for its status.",
    "negative_data_rejection": "An invalid request is refused.",
    "positive_data_acceptance": "A valid request is not refused as invalid.",
    "missing_required_header": "A request without a required header is refused.",
    "unsupported_method": "A method that a path does not document is refused.",
    "allow_header_conformance": "A 405 lists the documented methods in Allow.",
    "ignored_auth": "A request without a valid key is refused.",
}
"""The checks of schemathesis that apply to this API, and what they check."""

INFERRED = ("unsupported_method", "allow_header_conformance")

HARMLESS = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance",
            "ignored_auth")  # fmt: skip
"""The checks that send only reads, for a target where tasks cost money."""

PATIENCE = 180.0  # seconds; a run takes six
REMOTE_PATIENCE = 1800.0

READS = (GET_TASK, GET_CREDITS)
EXCLUDED = UPLOAD_URL
"""The operation for which the target would fetch generated URLs, which may lead to servers of strangers."""

STATEFUL_EXAMPLES = 60  # 100 would take half the time of the whole run
UPLOAD_EXAMPLES = 25
SETTINGS = """[[operations]]
include-operation-id = ["upload_file_stream", "upload_file_base64"]
# Only the content of a file decides whether it is accepted.
checks.positive_data_acceptance.enabled = false
phases.fuzzing.generation.max-examples = {upload_examples}

[[operations]]
include-operation-id = "upload_file_stream"
# Values in a form are text, and empty lists are absent, so that invalid values arrive as valid ones.
checks.negative_data_rejection.enabled = false
"""


def rules() -> tuple[GeneratedRule, ...]:
    """Return a rule for every check, so that each gets a verdict like the documented rules."""
    return tuple(
        GeneratedRule(
            id=_rule_id(name),
            says=says,
            certainty="inferred" if name in INFERRED else "documented",
            because="No page lists the status 405." if name in INFERRED else "",
            page="openapi/evolink.yaml",
            edition="",
            source="Generated requests",
            check=name,
        )
        for name, says in CHECKS.items()
    )


def documented_view(node: Any, strict: Collection[str] = ()) -> Any:
    """Return a part of the contract without its inferred and contested constraints, which other servers may break.

    Args:
        node: The part.
        strict: The names of schemas that keep all constraints.
    """
    if bundle.is_array(node):
        return [documented_view(item, strict) for item in node if not _is_inferred(item)]
    if not bundle.is_object(node):
        return node
    doubtful = {key for mark in ("x-inferred", "x-contested") if bundle.is_object(node.get(mark)) for key in node[mark]}
    view = {
        key: value if key in strict else documented_view(value, strict)
        for key, value in node.items()
        if key not in doubtful
    }
    return {key: value for key, value in view.items() if key != "allOf" or value}  # an empty list is invalid


def _is_inferred(item: Any) -> bool:
    return bundle.is_object(item) and isinstance(item.get("x-inferred"), str)


def _request_schemas(contract: dict[str, Any]) -> set[str]:
    """Return the names of the schemas that requests refer to, directly or through other schemas."""
    schemas = contract["components"]["schemas"]
    names: set[str] = set()
    waiting = [item["post"]["requestBody"] for item in contract["paths"].values() if "post" in item]
    while waiting:
        text = json.dumps(waiting.pop())
        new = set(re.findall(r'"\$ref": "#/components/schemas/(\w+)"', text)) - names
        names |= new
        waiting += [schemas[name] for name in new]
    return names


@dataclass(frozen=True)
class FuzzingRun:
    """One process of schemathesis.

    Attributes:
        phases: Its phases, separated by commas.
        contract: The contract for requests and responses.
        checks: Its checks.
        mode: `positive` for valid requests alone, `all` for invalid ones too.
    """

    phases: str
    contract: dict[str, Any]
    checks: tuple[str, ...]
    mode: str = "all"


def fuzzing_runs(contract: dict[str, Any], *, strict: bool, guarded: bool) -> list[FuzzingRun]:
    """Return the runs of schemathesis, which are executed in parallel. The stateful phase alone takes half the time.

    Without `strict`, invalid requests are generated from the documented constraints alone, and
    valid requests from all constraints. The server may then refuse what we only infer to be invalid.

    Args:
        contract: The contract.
        strict: True if inferred constraints are judged too, as on our own mock.
        guarded: True if tasks cost money, so that only reads are sent.
    """
    single, stateful = "examples,coverage,fuzzing", "stateful"
    lenient = contract if strict else documented_view(contract)
    if guarded:
        return [FuzzingRun(single, lenient, HARMLESS)]
    if strict:
        return [FuzzingRun(single, contract, tuple(CHECKS)), FuzzingRun(stateful, contract, tuple(CHECKS))]
    complete = documented_view(contract, _request_schemas(contract))
    refusals = tuple(name for name in CHECKS if name != "positive_data_acceptance")
    acceptance = tuple(name for name in CHECKS if name not in {"negative_data_rejection", "missing_required_header"})
    return [FuzzingRun(single, lenient, refusals), FuzzingRun(stateful, complete, acceptance, "positive")]


@dataclass
class _Process:
    folder: Path
    running: subprocess.Popen[bytes]


class Fuzzer:
    """Schemathesis in processes of its own, beside the rest of the run, as a context manager.

    Args:
        runs: The runs.
        target: The server.
        seed: The seed of the generated requests.
        examples: The most requests that a phase generates for an operation. None for schemathesis's own number.
    """

    def __init__(self, runs: Sequence[FuzzingRun], target: Target, seed: int, examples: int | None = None) -> None:
        self._runs = runs
        self._target = target
        self._seed = seed
        self._examples = examples
        self._folder = tempfile.TemporaryDirectory(prefix="contract-")
        self._processes: list[_Process] = []

    def __enter__(self) -> Self:
        for run in self._runs:
            self._processes.append(self._start(run))
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            if process.running.poll() is None:
                process.running.kill()
            process.running.wait()
        self._folder.cleanup()

    def _start(self, run: FuzzingRun) -> _Process:
        folder = Path(self._folder.name, run.phases.partition(",")[0])
        folder.mkdir()
        contract = folder / "openapi.json"
        contract.write_text(json.dumps(run.contract), encoding="utf-8")
        command = [
            str(Path(sys.executable).with_name("st")), "run", str(contract),
            "--url", self._target.address,
            "--seed", str(self._seed), "--phases", run.phases, "--mode", run.mode,
            "--no-color", "--generation-database", "none",
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
            command += ["--exclude-operation-id", EXCLUDED]
        # Not on the command line, which would override the settings of single operations.
        enabled = "".join(f"{name}.enabled = true\n" for name in (*run.checks, "recorded"))
        stateful = STATEFUL_EXAMPLES if self._examples is None else min(self._examples, STATEFUL_EXAMPLES)
        settings = f"[checks]\nenabled = false\n{enabled}\n[phases.stateful.generation]\nmax-examples = {stateful}\n\n"
        uploads = UPLOAD_EXAMPLES if self._examples is None else min(self._examples, UPLOAD_EXAMPLES)
        settings += SETTINGS.format(upload_examples=uploads)
        if self._target.guarded:
            settings += "[phases.coverage]\nunexpected-methods = []\n"
        (folder / "schemathesis.toml").write_text(settings, encoding="utf-8")
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(Path(__file__).resolve().parents[2]), os.environ.get("PYTHONPATH", "")]),
            # Named instead of imported, because only the other process needs schemathesis.
            "SCHEMATHESIS_HOOKS": "contract_suite.checks.schemathesis_hooks",
            hook_settings.KEY: self._target.key,
            hook_settings.RECORD: str(folder / "exchanges.jsonl"),
            "NETRC": os.devnull,  # a source of other keys
            # Hypothesis keeps tables of Unicode there. Making them takes longer than most runs need for all else.
            "HYPOTHESIS_STORAGE_DIRECTORY": str(Path(".hypothesis").absolute()),
        }
        if not self._target.encrypted:
            environment |= {"NO_PROXY": "*", "no_proxy": "*"}
        if "SSL_CERT_FILE" in environment:  # httpx uses it, requests does not
            environment.setdefault("REQUESTS_CA_BUNDLE", environment["SSL_CERT_FILE"])
        with (folder / "output").open("wb") as output:
            running = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=output)
        return _Process(folder, running)

    def finish(self) -> FuzzingRecord:
        """Wait for the end of schemathesis, and return its exchanges and the outcomes of its checks."""
        known = {rule.id for rule in rules()}
        record = FuzzingRecord()
        deadline = time.monotonic() + (REMOTE_PATIENCE if self._target.remote else PATIENCE)
        for process in self._processes:
            late = _wait(process.running, deadline)
            succeeded = self._read_checks(process, record, known)
            if process.running.returncode not in {0, 1} or not succeeded:
                output = (process.folder / "output").read_text(encoding="utf-8", errors="replace")
                text = " ".join(self._target.secrets.clean(output).split())[-300:]
                why = "schemathesis took too long" if late else f"schemathesis failed: {text}"
                for rule_id in known:
                    record.not_run[rule_id].append(why)
            record.exchanges += self._read_exchanges(process.folder / "exchanges.jsonl")
        for name in CHECKS:
            if not any(name in run.checks for run in self._runs):
                record.not_run[_rule_id(name)].append("only reads are generated where tasks cost money")
        return record

    def _read_checks(self, process: _Process, record: FuzzingRecord, known: set[str]) -> bool:
        """Add the outcomes of all checks to the record. Return whether there is any."""
        succeeded = False
        for event in _read_lines(process.folder / "events.ndjson"):
            if "NonFatalError" in event or "FatalError" in event:
                error = self._target.secrets.clean(json.dumps(event))[:300]
                record.checks[_rule_id("not_a_server_error")].append(Finding("a response", error))
            for check, interaction in _checks(event.get("ScenarioFinished", {}).get("recorder", {})):
                record.generated += check["name"] == "recorded"  # a check that runs once for every request
                rule_id = _rule_id(check["name"])
                if rule_id not in known:
                    continue
                succeeded = True
                if check["status"] == "success":
                    record.checks[rule_id].append(None)
                else:
                    failure = check.get("failure_info", {}).get("failure", {})
                    record.checks[rule_id].append(self._finding(failure, interaction, check["name"]))
        return succeeded

    def _read_exchanges(self, path: Path) -> Iterator[Exchange]:
        secrets = self._target.secrets
        for line in _read_lines(path):
            headers = {"content-type": line["content_type"]} if line["content_type"] else {}
            content = base64.b64decode(line["body"]) if line["body"] is not None else None
            operation = line["operation"] if line["operation"] in OPERATIONS else ""
            request = self._request(line["method"], line["url"], headers, content)
            response = ReceivedResponse.of(line["status"], line["headers"], base64.b64decode(line["content"]), secrets)
            yield Exchange(operation, request, response, authorized=line["authorized"], base_url=self._target.url)

    def _request(self, method: str, url: str, headers: dict[str, str], content: bytes | None) -> Request:
        """Return a generated request without the key, which may come from a response, as the id of a task does."""
        secrets = self._target.secrets
        named = {secrets.clean(name): secrets.clean(value) for name, value in headers.items()}
        body = None if content is None else secrets.clean_bytes(content)
        return Request(method, secrets.clean(_path(url)), named, body)

    def _finding(self, failure: dict[str, Any], interaction: dict[str, Any] | None, check: str) -> Finding:
        message = " ".join(self._target.secrets.clean(str(failure.get("message", ""))).split())
        actual = f"{failure.get('title', 'a failure')}: {message}"[:300]
        if interaction is None:
            return Finding(CHECKS[check], actual)
        request: dict[str, Any] = interaction["request"]
        response: dict[str, Any] = interaction.get("response") or {}
        content = _decode(request.get("body"))
        headers = {name.lower(): value for name, value in _join(request["headers"]).items()}
        authorized = bool(headers.pop("authorization", ""))
        sent = self._request(request["method"], request["uri"], headers, content)
        exchange = Exchange(
            operation_of(sent.method, sent.path),
            sent,
            ReceivedResponse.of(
                response["status_code"],
                _join(response["headers"]),
                _decode(response.get("content")) or b"",
                self._target.secrets,
            )
            if response
            else None,
            base_url=self._target.url,
        )
        bearer = "Bearer sk-evo-no-such-key" if failure.get("type") == "IgnoredAuth" else BEARER_WITHOUT_KEY
        evidence = exchange.evidence(bearer if authorized else "")
        return Finding(CHECKS[check], actual, evidence, overruled_by=partial(_is_overruled, check, exchange))


def _is_overruled(check: str, exchange: Exchange, amendments: Amendments) -> bool:
    """Return whether the amended contract overrules the failure of a check."""
    status = exchange.status or 0
    match check:
        case "negative_data_rejection" | "positive_data_acceptance":
            return amendments.overrules_response(exchange, ())
        case "status_code_conformance":
            return amendments.overrules_response(exchange, (status,))
        case "response_schema_conformance":
            return amendments.allows_body(exchange)
        case _:
            return False


def _checks(recorder: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any] | None]]:
    """Yield every check of a scenario, with the exchange on which it failed or for which it ran."""
    interactions = recorder.get("interactions", {})
    for case, checks in recorder.get("checks", {}).items():
        for check in checks:
            failed_on = check.get("failure_info", {}).get("failure", {}).get("case_id", case)
            yield check, interactions.get(failed_on) or interactions.get(case)


def _rule_id(check: str) -> str:
    return f"schemathesis.{check.replace('_', '-')}"


def _wait(running: subprocess.Popen[bytes], deadline: float) -> bool:
    """Wait for the end of a process, and kill it at the deadline. Return whether it was killed."""
    try:
        running.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        running.kill()
        running.wait()
        return True
    return False


def _join(headers: dict[str, Any]) -> dict[str, str]:
    return {name: ", ".join(value) if bundle.is_array(value) else value for name, value in headers.items()}


def _decode(body: Any) -> bytes | None:
    return base64.b64decode(body["$base64"]) if bundle.is_object(body) and "$base64" in body else None


def _path(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _read_lines(path: Path) -> Iterator[dict[str, Any]]:
    if path.exists():
        with path.open(encoding="utf-8") as file:
            for line in file:
                with contextlib.suppress(ValueError):  # the last line of a process that was killed
                    yield json.loads(line)
