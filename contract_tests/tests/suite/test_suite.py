"""Tests of the whole contract suite: on the mock, on wrong servers, and on servers where tasks cost money."""

from __future__ import annotations

import base64
import errno
import gzip
import json
import re
import socket
import socketserver
import struct
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Self, cast
from unittest.mock import Mock
from urllib.parse import quote
from xml.etree import ElementTree as ET

import httpx
import pytest
from click.testing import CliRunner
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from contract_suite import cli as suite_cli
from contract_suite import nightly, session
from contract_suite.checks import fuzzing, judging, uploads
from contract_suite.checks.chosen_models import contract_of
from contract_suite.checks.contract import Parts
from contract_suite.checks.kinds.known_fields import KNOWN_FIELDS_RULE
from contract_suite.checks.kinds.wire import WIRE_RULES
from contract_suite.checks.planning import OTHER_SHARD, Shard
from contract_suite.checks.sdk import SdkStance
from contract_suite.core.exchanges import ReceivedResponse, Secrets, curl, query, smallest
from contract_suite.core.target import StopRun, Target, TargetError
from contract_suite.drift.applied_overlays import AppliedOverlays
from contract_suite.reporting.report import RequestCounts
from contract_suite.rules import documented
from contract_suite.rules.kinds import ExchangeRule, RequestRule, UnobservableRule
from contract_suite.rules.operations import CREATE, CREATE_PATH, GET_TASK, UPLOAD_PATH, UPLOAD_STREAM
from contract_suite.session import Settings, judge
from evolink._json import parse_json
from evolink_mock import MockServer
from evolink_mock.server import ServedApp, listen
from tests import few_models
from tests.known_limits import limit
from tests.raw_http import read_request

LONGEST: int = limit("wan2.5-image-to-video", "prompt", "maxLength")

KEY = "sk-evo-a-secret/key+1"
NAME = "api.evolink.example"  # a server on another machine
CREATED = {
    "created": 1757169743, "id": "task-unified-1757169743-7cvnl5zw", "model": "wan2.5-image-to-video",
    "object": "video.generation.task", "progress": 0, "status": "pending",
    "task_info": {"can_cancel": True, "estimated_time": 120}, "type": "video",
    "usage": {"billing_rule": "per_call", "credits_reserved": 5, "user_group": "default"},
}  # fmt: skip


RULES, CONTRACT = few_models.rules(), few_models.contract()
EXAMPLES = 3  # of schemathesis, where more would show nothing new
UNOBSERVABLE = {rule.id for rule in RULES.of_kind(UnobservableRule)}
FEW = few_models.few_and()


@pytest.fixture
def few_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Judge by fewer rules."""
    monkeypatch.setattr(session, "documented_rules", Mock(return_value=FEW))


class Recorder:
    """An application that records requests and responds with the result of a function."""

    def __init__(self, response: Callable[[Request], Response]) -> None:
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self._respond = response

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await _lifespan(scope, receive, send)
            return
        request = Request(scope, receive)
        body = request.state.body = await request.body()
        self.requests.append((request.method, request.url.path, dict(request.headers), body))
        await self._respond(request)(scope, receive, send)

    @property
    def creates(self) -> list[bytes]:
        """The bodies of all creates."""
        return [body for method, path, _, body in self.requests if (method, path) == ("POST", CREATE_PATH)]


async def _lifespan(_: Scope, receive: Receive, send: Send) -> None:
    for kind in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{kind}.complete"})


def accepting(_: Request) -> Response:
    return Response(json.dumps(CREATED), media_type="application/json")


def refusing(status: int) -> Callable[[Request], Response]:
    body = json.dumps({"error": {"code": status, "message": "no", "type": "invalid_request_error"}})
    return lambda _: Response(body, status, media_type="application/json")


class Relay:
    """Passes requests on to a mock server, after a function has changed the body; a context manager."""

    def __init__(self, mock: MockServer, changed: Callable[[bytes], bytes] = bytes) -> None:
        self._client = httpx.Client(base_url=mock.url, trust_env=False)
        self._changed = changed

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def response(self, request: Request) -> Response:
        """Respond to a request whose body has been read."""
        body: bytes = request.state.body
        passed = {"authorization", "content-type"}
        headers = {name: value for name, value in request.headers.items() if name in passed}
        path = httpx.URL(raw_path=request.scope["raw_path"])
        received = self._client.request(request.method, path, content=self._changed(body), headers=headers)
        allow = {"allow": received.headers.get("allow", "")}
        return Response(received.content, received.status_code, allow, "application/json")


def judged(
    response: Callable[[Request], Response],
    folder: Path,
    key: str = KEY,
    rules: documented.Rules | None = None,
    examples: int = 0,
) -> dict[str, Any]:
    """Judge an application on localhost, print the lines of the command, and return the report.

    Args:
        response: Makes the response to a request.
        folder: The folder of the report.
        key: The API key.
        rules: The rules. The default is every documented rule.
        examples: The most requests that a phase of schemathesis generates for an operation. It runs only if positive.
    """
    with ServedApp(Recorder(response), listen("127.0.0.1", 0)) as served:
        settings = Settings(served.url, key, generate=examples > 0, patience=0, folder=folder, examples=examples)
        report = judge(settings, rules)
    for line in report.lines():
        print(line)  # noqa: T201 - captured
    overlay = folder / "drift.overlay.yaml"
    if overlay.exists():  # a proposal can always be applied
        assert AppliedOverlays(CONTRACT, [overlay]).contract != CONTRACT
    return written(folder)


def written(folder: Path) -> dict[str, Any]:
    report: dict[str, Any] = json.loads((folder / "contract.json").read_text(encoding="utf-8"))
    return report


def of_other_models(report: dict[str, Any]) -> set[str]:
    """Return the ids of the rules on fields that no task of the few models has."""
    rules = report["rules"]
    return {rule["id"] for rule in rules if rule["id"].startswith("task.") and rule["why"].endswith(" was received")}


def verdict(report: dict[str, Any], rule_id: str) -> dict[str, Any]:
    [entry] = [rule for rule in report["rules"] if rule["id"] == rule_id]
    return dict(entry)


@pytest.fixture
def remote_host(monkeypatch: pytest.MonkeyPatch) -> str:
    """A name of another machine, which resolves to this one."""
    real = socket.getaddrinfo

    def mapped(host: Any, *arguments: Any, **options: Any) -> Any:
        return real("127.0.0.1" if host == NAME else host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", mapped)
    return NAME


def at(name: str, served: ServedApp) -> str:
    return served.url.replace("127.0.0.1", name)


# --- the mock


@pytest.mark.timeout(300)  # schemathesis alone is given 180 s
def test_mock_keeps_every_rule_generated_requests_included(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Fewer generated requests than by default, for one model, in one process instead of two: `make contract` and the
    # nightly run have them all.
    phases = ",".join(run.phases for run in fuzzing.fuzzing_runs(CONTRACT, strict=True, guarded=False))
    whole = fuzzing.FuzzingRun(phases, contract_of(CONTRACT, ["wan2.5-image-to-video"]), tuple(fuzzing.CHECKS))
    monkeypatch.setattr(fuzzing, "fuzzing_runs", Mock(return_value=[whole]))
    options = ["--examples", str(EXAMPLES), "--out", str(tmp_path / "reports")]
    done = CliRunner().invoke(suite_cli.main, options, env={"SEED": "2", "TARGET": ""})
    assert (done.exit_code, done.stderr) == (0, ""), done.output
    report = written(tmp_path / "reports")
    assert report.keys() - {"mutants"} == {
        "target", "edition", "edition_name", "when", "seed", "contract", "stopped", "requests", "rules", "broken",
        "differences", "coverage",
    }  # fmt: skip
    assert (report["target"], report["broken"], report["differences"]) == ("mock", [], [])
    unseen = UNOBSERVABLE | of_other_models(report)
    assert {rule["id"] for rule in report["rules"] if rule["verdict"] != "holds"} == unseen
    assert all({"id", "verdict", "why", "evidence"} <= rule.keys() for rule in report["rules"])
    assert {rule["id"] for rule in report["rules"] if rule["enforcers"]["contract"]["verdict"] == "differs"} == set()
    assert {rule["id"] for rule in report["rules"] if rule["enforcers"]["sdk"]["verdict"] == "differs"} == set()
    coverage = report["coverage"]
    assert (coverage["requests"]["missed"], coverage["statuses"]["missed"]) == ([], [])
    assert coverage["responses"]["met"] >= 0.9 * coverage["responses"]["all"] > 100
    assert (tmp_path / "reports/contract.html").stat().st_size < 3_000_000
    assert report["requests"]["generated"] > 200
    assert report["requests"]["sent"] > report["requests"]["probes"] > 500
    suite = ET.parse(tmp_path / "reports/contract.xml").getroot()
    assert suite.attrib == {
        "name": "contract", "tests": str(len(report["rules"])), "failures": "0", "errors": "0",
        "skipped": str(len(unseen)),
    }  # fmt: skip
    assert [case.get("name") for case in suite] == [rule["id"] for rule in report["rules"]]
    for name in ("contract.json", "contract.html"):
        assert "sk-evo-mock" not in (tmp_path / "reports" / name).read_text(encoding="utf-8") + done.output


@pytest.mark.parametrize("ours", [True, False])
def test_wrong_sdk_breaks_rules_on_the_mock_and_on_no_other_server(
    tmp_path: Path, mock: MockServer, monkeypatch: pytest.MonkeyPatch, *, ours: bool
) -> None:
    few = replace(RULES, rules=tuple(rule for rule in RULES.rules if rule.id.endswith("smallest-request")))
    wrong = SdkStance("enforces", "sends what the rule accepts", ("refuses a cat",))
    stances = judging.sdk_stances(few) | {"wan25.smallest-request": wrong}

    def differing(_: documented.Rules) -> dict[str, SdkStance]:
        return stances

    monkeypatch.setattr(judging, "sdk_stances", differing)
    target, key = (None, "") if ours else (mock.url, mock.api_key)
    report = judge(Settings(target, key, generate=False, patience=0, folder=tmp_path), rules=few)
    assert [verdict.rule.id for verdict in report.broken] == (["wan25.smallest-request"] if ours else [])
    entry = verdict(written(tmp_path), "wan25.smallest-request")
    assert entry["enforcers"] == {
        "contract": {"verdict": "agrees", "differences": []},
        "sdk": {"verdict": "differs", "why": "sends what the rule accepts", "differences": ["refuses a cat"]},
        "target": "holds",
    }
    why = "expected the SDK to agree; got it refuses a cat"
    assert (entry["why"] == why) == ours


def test_evidence_of_a_rule_is_the_exchange_that_shows_it(tmp_path: Path, mock: MockServer) -> None:
    quality = RULES.only(rule for rule in RULES.rules if rule.id == "wan26.quality.others")
    judge(Settings(target=mock.url, key=mock.api_key, generate=False, patience=0, folder=tmp_path), quality)
    evidence = verdict(written(tmp_path), "wan26.quality.others")["evidence"]
    [exchange] = [one for one in evidence if one["request"]["body"]["quality"] == "480p"]
    assert exchange["request"]["method"] == "POST"
    assert exchange["request"]["url"] == f"{mock.url}{CREATE_PATH}"
    assert exchange["request"]["headers"]["authorization"] == "Bearer [key]"
    assert exchange["response"]["status"] == 400
    assert exchange["response"]["body"]["error"]["param"] == "quality"


# --- other servers


def test_server_that_accepts_every_request_breaks_every_documented_rule_on_refusals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Requests for one model and of one phase, and no second process, which would send valid requests alone.
    one_model = few_models.for_one_model(CONTRACT, "wan2.5-image-to-video")
    [generated, _] = fuzzing.fuzzing_runs(one_model, strict=False, guarded=False)
    assert "coverage" in generated.phases
    monkeypatch.setattr(fuzzing, "fuzzing_runs", Mock(return_value=[replace(generated, phases="coverage")]))
    created = json.dumps({**CREATED, "id": KEY})  # so that generated requests have the key in their paths
    report = judged(lambda _: Response(created, media_type="application/json"), tmp_path, examples=EXAMPLES)
    refused = {
        rule.id
        for rule in RULES.rules
        if rule.certainty == "documented"
        and (
            (isinstance(rule, RequestRule) and any(not case.accepted for case in rule.cases))
            or (isinstance(rule, ExchangeRule) and any(case.status != 200 for case in rule.cases))
        )
    }
    assert len(refused) > 40
    assert refused <= set(report["broken"])
    assert "task.followed.new-id" in report["broken"]
    # Generated requests detect the wrong server too.
    assert {"schemathesis.negative-data-rejection", "schemathesis.ignored-auth"} <= set(report["broken"])
    for path in filter(Path.is_file, tmp_path.rglob("*")):
        text = path.read_text(encoding="utf-8")
        assert KEY not in text, path
        assert quote(KEY, safe="") not in text, path


MARKS = "\u202e\u2066\u200f\u061c\u200b\ufeff"


@pytest.mark.usefixtures("few_rules")
def test_reports_are_private_and_show_what_would_turn_or_hide_text(tmp_path: Path) -> None:
    error = {"code": 418, "message": f"no{MARKS}", "type": MARKS, "param": MARKS, f"new{MARKS}": MARKS}
    body = json.dumps({"error": error}, ensure_ascii=False).encode()
    report = judged(lambda _: Response(body, 418, {"x-odd": "a"}, "application/json"), tmp_path)
    files = {path.relative_to(tmp_path).as_posix(): path for path in tmp_path.rglob("*") if path.is_file()}
    assert {"contract.json", "contract.html", "contract.xml", "drift.overlay.yaml"} <= files.keys()
    for name, path in files.items():
        assert path.stat().st_mode & 0o777 == 0o600, name
        assert [mark for mark in MARKS if mark in path.read_text(encoding="utf-8")] == [], name
    exchanges = [one for rule in report["rules"] for one in rule["evidence"]]
    assert {"error": error} in [one["response"]["body"] for one in exchanges if "response" in one]


@pytest.mark.parametrize("status", [400, 401, 429, 500])
def test_server_that_refuses_every_request_breaks_every_documented_rule_on_acceptance(
    tmp_path: Path, status: int
) -> None:
    accepted = {
        rule.id
        for rule in RULES.rules
        if rule.certainty == "documented"
        and isinstance(rule, RequestRule)
        and any(case.accepted for case in rule.cases)
    }
    assert len(accepted) > 15
    if status != 400:  # one status is enough for the rules that a refusal cannot break, and for most requests
        accepted = {rule_id for rule_id in accepted if rule_id.startswith("wan25.")}
    concerned = RULES.only(rule for rule in RULES.rules if rule.id in accepted | {"auth.create.key-required"})
    report = judged(refusing(status), tmp_path, rules=RULES if status == 400 else concerned)
    assert accepted <= set(report["broken"])
    assert (status != 401) == ("auth.create.key-required" in report["broken"])


PACKED = gzip.compress(b" " * 5_000_000)
ODD: dict[str, Callable[[Request], Response]] = {
    "html": lambda _: Response("<html><h1>502 Bad Gateway</h1></html>", 502, media_type="text/html"),
    "empty": lambda _: Response(status_code=200),
    "truncated": lambda _: Response('{"id": "task-unified-1', media_type="application/json"),
    "list": lambda _: Response("[[[[1]]]]", media_type="application/json"),
    "null": lambda _: Response("null", media_type="application/json"),
    "deep": lambda _: Response("[" * 100_000, media_type="application/json"),
    "binary": lambda _: Response(bytes(range(256)), 200, media_type="application/json"),
    "redirect": lambda _: Response(status_code=307, headers={"location": "http://127.0.0.1:9/"}),
    "odd fields": lambda _: Response(json.dumps({**CREATED, "id": 5, "status": [], "progress": "x", "usage": None})),
    "status list": lambda request: Response(
        json.dumps(CREATED if request.method == "POST" else {**CREATED, "status": []}), media_type="application/json"
    ),
    "huge number": lambda _: Response('{"id": "task-unified-1", "usage": {"credits_reserved": 1' + "0" * 400 + "}}"),
    "nested": lambda _: Response('{"id": "task-unified-1", "error": ' + "[" * 300 + "]" * 300 + "}"),
    "packed": lambda _: Response(PACKED, headers={"content-encoding": "gzip"}),
    "odd error": lambda _: Response('{"error": "no"}', 418),
    "surrogate": lambda _: Response('{"id": "\\ud800", "error": {"message": "\\ud800", "param": 7}}', 400),
    "huge": lambda _: Response(b" " * 1_000_000),
}


@pytest.mark.parametrize("odd", ODD)
def test_odd_server_breaks_rules_without_a_crash(tmp_path: Path, odd: str) -> None:
    large = len(bytes(ODD[odd](Mock()).body)) > 1000  # a response that takes long to read
    unseen = ("callback.", "files.", "error.4", "request.", "wan26.") if large else ("callback.",)
    report = judged(ODD[odd], tmp_path, rules=FEW.only(rule for rule in FEW.rules if not rule.id.startswith(unseen)))
    assert "wan25.smallest-request" in report["broken"] or odd in {"odd fields", "status list", "huge number"}
    assert {"auth.create.key-required", "auth.task.key-required"} <= set(report["broken"])
    ET.parse(tmp_path / "contract.xml")


class Closing(socketserver.ThreadingTCPServer):
    """Reads each request, and closes the connection instead of a response, except to a read of an unknown task.

    Args:
        beginning: What it sends before.
        reset: Whether it resets the connection.
    """

    daemon_threads = True

    def __init__(self, beginning: bytes, *, reset: bool) -> None:
        self.beginning, self.reset = beginning, reset
        super().__init__(("127.0.0.1", 0), ClosingHandler)

    def shutdown_request(self, request: Any) -> None:
        self.close_request(request)  # without the orderly end before it


class ClosingHandler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        server = cast("Closing", self.server)
        path, _ = read_request(self.request)
        if path.endswith("nosuchid"):
            self.request.sendall(b"HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}")
            return
        self.request.sendall(server.beginning)
        if server.reset:
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@pytest.mark.usefixtures("few_rules")
@pytest.mark.parametrize(
    ("beginning", "reset", "error"),
    [
        (b"", False, "RemoteProtocolError: Server disconnected without sending a response."),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n", False, "RemoteProtocolError: peer closed connection"),
        (b"", True, f"ReadError: [Errno {errno.ECONNRESET}] "),
    ],
    ids=["before the response", "within the response", "reset"],
)
def test_server_that_closes_connections_breaks_rules_without_a_crash(
    tmp_path: Path, beginning: bytes, error: str, *, reset: bool
) -> None:
    with Closing(beginning, reset=reset) as closing:
        threading.Thread(target=closing.serve_forever, args=(0.01,), daemon=True).start()
        target = f"http://127.0.0.1:{closing.server_address[1]}"
        judge(Settings(target=target, key=KEY, generate=False, patience=0, folder=tmp_path))
        closing.shutdown()
    assert f"got no response ({error}" in verdict(written(tmp_path), "wan25.smallest-request")["why"]


def test_another_correct_server_breaks_no_rule(tmp_path: Path, mock: MockServer) -> None:
    # A run in test_drift.py generates requests for another correct server, and our own mock is judged by all rules.
    settings = Settings(target=mock.url, key=mock.api_key, patience=2, generate=False, folder=tmp_path)
    judge(settings, few_models.few_and("wan26."))
    report = written(tmp_path)
    assert (report["broken"], report["differences"]) == ([], [])


def test_refusals_in_the_form_of_newer_pages_are_reported_as_differences(tmp_path: Path, mock: MockServer) -> None:
    def newer(request: Request) -> Response:
        response = relay.response(request)
        if response.status_code < 400:
            return response
        error = {"code": "invalid_request", "message": "The request is invalid.", "type": "invalid_request_error"}
        headers = {"allow": response.headers["allow"]}
        return Response(json.dumps({"error": error}), response.status_code, headers, "application/json")

    with Relay(mock) as relay:
        report = judged(newer, tmp_path, mock.api_key, few_models.few_and("wan25.prompt.required"))
    assert report["broken"] == []
    assert verdict(report, "wan25.prompt.required")["verdict"] == "holds"
    assert {"wan25.prompt.required", "error.401"} <= set(report["differences"])


def test_another_server_is_judged_by_documented_rules_and_differences_are_reported(tmp_path: Path) -> None:
    with (
        MockServer(speed=10_000, forward_callbacks_to="http://127.0.0.1:9/") as mock,
        Relay(mock, lenient) as relay,
        ServedApp(recorder := Recorder(relay.response), listen("127.0.0.1", 0)) as served,
    ):
        settings = Settings(target=served.url, key=mock.api_key, generate=False, patience=0, folder=tmp_path)
        judge(settings, few_models.few_and("wan25.prompt", "wan26.aspect_ratio"))
    report = written(tmp_path)
    assert report["broken"] == []
    assert set(report["differences"]) == {"wan26.aspect_ratio.others", "wan25.prompt.too-long"}
    entry = verdict(report, "wan26.aspect_ratio.others")
    assert entry["verdict"] == "not-run"
    assert entry["why"].startswith("not judged, because the rule is inferred: expected 400; got 200")
    assert not [path for _, path, _, _ in recorder.requests if path.startswith("/_mock")]
    assert not [headers for _, _, headers, _ in recorder.requests if "prefer" in headers]
    for rule_id in ("callback.retries", "wan25.image.size", "wan26.billing.settled", "error.503"):
        entry = verdict(report, rule_id)
        assert entry["verdict"] == "not-run"
        assert entry["why"]


def lenient(body: bytes) -> bytes:
    """Change a create that the mock refuses for an inferred or contested rule into a valid one."""
    try:
        request: Any = json.loads(body)
    except ValueError:
        return body
    match request:
        case {"model": "wan2.6-reference-video-flash", "aspect_ratio": str()}:
            del request["aspect_ratio"]
        case {"model": "wan2.5-image-to-video", "prompt": str(prompt)} if len(prompt) > LONGEST:
            request["prompt"] = prompt[:LONGEST]
        case _:
            return body
    return json.dumps(request).encode()


def test_server_whose_bodies_are_not_json_breaks_the_rule_on_json_and_the_report_is_json(tmp_path: Path) -> None:
    created = json.dumps(CREATED).replace('"progress": 0', '"progress": 0, "speed": NaN')
    report = judged(lambda _: Response(created, media_type="application/json"), tmp_path, rules=FEW)
    assert verdict(report, "http.json")["why"].startswith("expected a body that is JSON; got 200: NaN is not JSON")
    assert verdict(report, "http.content-encoding")["verdict"] == "holds"
    parse_json((tmp_path / "contract.json").read_bytes())


NOT_JSON = {
    "NaN": (b'{"id": NaN}', "NaN is not JSON"),
    "Infinity": (b'{"id": -Infinity}', "-Infinity is not JSON"),
    "number": (b'{"id": 1e400}', "the number 1e400 is too large"),
    "UTF-16": ('{"id": 1}'.encode("utf-16"), "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
    "Latin-1": ('{"id": "é"}'.encode("latin-1"), "'utf-8' codec can't decode byte 0xe9 in position 8"),
    "byte order mark": (b"\xef\xbb\xbf{}", "Expecting value: line 1 column 1 (char 0)"),
    "depth": (b"[" * 100_000, "it is nested too deeply"),
    "size": (b" " * (128 * 1024) + b"{}", "it has more than 131072 bytes"),
}


@pytest.mark.parametrize("body", NOT_JSON)
def test_what_is_not_json_has_no_value_and_a_reason(body: str) -> None:
    content, reason = NOT_JSON[body]
    response = ReceivedResponse.of(200, {}, content, Secrets(KEY))
    assert response.value == ()
    assert response.not_json.startswith(reason)


def compressed(coding: str, content: bytes) -> bytes:
    window = {"gzip": 31, "x-gzip": 31, "deflate": 15, "raw deflate": -15}[coding]
    packer = zlib.compressobj(wbits=window)
    return packer.compress(content) + packer.flush()


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "deflate", "raw deflate", "GZIP", "identity"])
def test_compressed_body_is_unpacked(coding: str) -> None:
    content = b'{"id": 1}'
    packed = content if coding == "identity" else compressed(coding.lower(), content)
    response = ReceivedResponse.of(200, {"Content-Encoding": coding.rsplit(maxsplit=1)[-1]}, packed, Secrets(KEY))
    assert (response.value, response.text, response.false_encoding) == (({"id": 1},), '{"id": 1}', "")


FALSE_ENCODINGS = {
    "plain": ("gzip", b'{"id": 1}', "content-encoding gzip is false: the body does not have it"),
    "another": ("deflate", compressed("gzip", b"{}"), "content-encoding deflate is false: the body does not have it"),
    "cut": ("gzip", compressed("gzip", b"{}")[:-9], "the body ends in the middle of its content-encoding gzip"),
    "twice": ("gzip, gzip", b"", ""),
    "two": ("gzip, gzip", b"{}", "content-encoding gzip, gzip cannot be unpacked: expected none, gzip or deflate"),
    "unknown": ("br", b"{}", "content-encoding br cannot be unpacked: expected none, gzip or deflate"),
}


@pytest.mark.parametrize("encoding", FALSE_ENCODINGS)
def test_false_content_encoding_has_a_reason_and_its_body_is_not_read(encoding: str) -> None:
    name, content, reason = FALSE_ENCODINGS[encoding]
    response = ReceivedResponse.of(200, {"content-encoding": name}, content, Secrets(KEY))
    assert (response.value, response.false_encoding) == ((), reason)


def test_server_that_compresses_its_responses_is_judged_as_if_it_did_not(tmp_path: Path, mock: MockServer) -> None:
    def pack(request: Request) -> Response:
        response = relay.response(request)
        response.body = gzip.compress(bytes(response.body))
        response.headers.update({"content-encoding": "gzip", "content-length": str(len(response.body))})
        return response

    with Relay(mock) as relay:
        report = judged(pack, tmp_path, mock.api_key, FEW)
    assert (report["broken"], report["differences"]) == ([], [])
    assert verdict(report, "http.content-encoding")["verdict"] == "holds"


def test_false_content_encoding_is_a_broken_rule_of_its_own(tmp_path: Path, mock: MockServer) -> None:
    def lie(request: Request) -> Response:
        response = relay.response(request)
        response.headers["content-encoding"] = "gzip"
        return response

    with Relay(mock) as relay:
        report = judged(lie, tmp_path, mock.api_key, FEW)
    why = verdict(report, "http.content-encoding")["why"]
    assert "content-encoding gzip is false: the body does not have it" in why
    assert set(verdict(report, "task.body")["why"].split(": ")) & {"the body could not be unpacked"}
    assert "answers.content-type" not in report["broken"]


def never_readable(request: Request) -> Response:
    return refusing(404)(request) if request.method == "GET" else accepting(request)


@pytest.mark.parametrize("strict", [False, True])
def test_differences_from_inferred_rules_fail_a_strict_run_alone(tmp_path: Path, *, strict: bool) -> None:
    ids = {"task.followed.readable-at-once", "wan25.smallest-request"}
    few = RULES.only(rule for rule in RULES.rules if rule.id in ids)
    with ServedApp(Recorder(never_readable), listen("127.0.0.1", 0)) as served:
        settings = Settings(served.url, KEY, generate=False, patience=0, folder=tmp_path, strict=strict)
        report = judge(settings, few)
    *_, summary, totals = report.lines()
    difference = f'1 rule differs in what is only inferred or contested: see "differences" in {tmp_path}/contract.json'
    if strict:
        assert [one.rule.id for one in report.broken] == ["task.followed.readable-at-once"]
        assert difference not in summary
    else:
        assert report.broken == []
        assert summary == f"{difference}, or set STRICT=1 to fail on it"
        assert ", 0 broken, " in totals


def test_strict_run_without_spending_generates_reads_only() -> None:
    [run] = fuzzing.fuzzing_runs(CONTRACT, strict=True, guarded=True)
    assert (run.checks, run.contract) == (fuzzing.HARMLESS, CONTRACT)


# --- money


def test_remote_server_that_accepts_every_request_creates_only_one_task(
    tmp_path: Path, remote_host: str, capsys: pytest.CaptureFixture[str]
) -> None:
    recorder = Recorder(accepting)
    with ServedApp(recorder, listen("127.0.0.1", 0)) as served:
        judge(Settings(target=at(remote_host, served), key=KEY, folder=tmp_path, rate=1000))
    assert len(recorder.creates) == 1
    assert ".invalid/" in recorder.creates[0].decode()
    report = written(tmp_path)
    assert (
        len([rule for rule in report["broken"] if rule.startswith(("auth.create", "wan", "callback", "request"))]) == 1
    )
    assert f"look for task {CREATED['id']} in your account" in capsys.readouterr().out
    why = verdict(report, "wan25.smallest-request")["why"]
    assert why == "it creates a task, and SPEND=0 allows none" or "the run was stopped" in why


def test_remote_server_that_fetches_media_at_once_breaks_no_rule(
    tmp_path: Path, remote_host: str, mock: MockServer
) -> None:
    def respond(request: Request) -> Response:
        response = relay.response(request)
        if request.method == "POST" and response.status_code == 200:
            error = {"code": 400, "message": "no", "type": "invalid_request_error", "param": "image_urls"}
            return Response(json.dumps({"error": error}), 400, media_type="application/json")
        return response

    with Relay(mock) as relay, ServedApp(Recorder(respond), listen("127.0.0.1", 0)) as served:
        settings = Settings(
            at(remote_host, served), mock.api_key, spend=5, rate=10_000, generate=False, folder=tmp_path
        )
        judge(settings, FEW)
    report = written(tmp_path)
    assert report["broken"] == []
    why = "the target fetched the media at once, and they are on an .invalid host"
    assert verdict(report, "wan25.smallest-request")["why"] == why


@pytest.mark.usefixtures("few_rules")
@pytest.mark.parametrize("response", ["500", "503", "302", "408", "no id", "400 with a task", "hang up"])
def test_create_that_may_have_been_accepted_ends_the_run(
    tmp_path: Path, remote_host: str, response: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def respond(request: Request) -> Response:
        if request.method == "GET":
            return refusing(404)(request)
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return refusing(401)(request)
        if response == "hang up":
            raise ConnectionError
        if response == "503":
            return refusing(503)(request)
        if response == "400 with a task":
            return Response(json.dumps(CREATED), 400)
        return Response("{}", 200 if response == "no id" else int(response))

    recorder = Recorder(respond)
    with ServedApp(recorder, listen("127.0.0.1", 0)) as served:
        judge(Settings(target=at(remote_host, served), key=KEY, generate=False, folder=tmp_path, rate=1000))
    with_the_key = [headers for method, _, headers, _ in recorder.requests
                    if method == "POST" and headers.get("authorization") == f"Bearer {KEY}"]  # fmt: skip
    assert len(with_the_key) == 1
    assert "stopped: a request " in capsys.readouterr().out


def test_without_spending_only_what_must_be_refused_is_sent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parts = Parts.of(CONTRACT)
    with (
        MockServer() as mock,
        Relay(mock) as relay,
        ServedApp(recorder := Recorder(relay.response), listen("127.0.0.1", 0)) as served,
    ):
        # Not a name of this machine, but other programs resolve it to this machine too.
        judge(Settings(target=at("127.1", served), key=mock.api_key, examples=EXAMPLES, folder=tmp_path, rate=10_000))
    assert len(recorder.creates) > 100
    for method, path, headers, body in recorder.requests:
        assert (method, path) == ("POST", CREATE_PATH) or method == "GET", (method, path)
        assert path.startswith(("/v1/", "/schemathesis-probe")) or path == "/"
        assert "prefer" not in headers
        if method == "POST" and headers.get("authorization") == f"Bearer {mock.api_key}":
            refused = not _is_json(body) or not parts.accepts(CREATE, json.loads(body))
            assert refused, body
            assert not re.search(rb'_urls": \["https?://(?!media\.invalid)', body), body
    out = capsys.readouterr().out
    assert "    0 requests that may create a task\n" in out
    report = written(tmp_path)
    assert report["broken"] == []
    assert verdict(report, "wan25.prompt.too-long")["why"] == (
        "3 not tried: its refusal is only contested, and SPEND=0 allows no task"
    )
    assert verdict(report, "schemathesis.not-a-server-error")["verdict"] == "holds"


@pytest.mark.parametrize(("name", "spend"), [("127.1", 0), ("127.0.0.1", 500)])
def test_no_file_is_uploaded_where_tasks_are_counted(tmp_path: Path, mock: MockServer, name: str, spend: int) -> None:
    with Relay(mock) as relay, ServedApp(recorder := Recorder(relay.response), listen("127.0.0.1", 0)) as served:
        target = at(name, served)
        settings = Settings(target, mock.api_key, spend, rate=10_000, patience=0, generate=False, folder=tmp_path)
        judge(settings, few_models.few_and("files."))
    assert [path for _, path, _, _ in recorder.requests if path.startswith(UPLOAD_PATH)] == []
    assert ("GET", "/v1/credits") in {(method, path) for method, path, _, _ in recorder.requests}
    report = written(tmp_path)
    assert report["broken"] == []
    assert "they use up a quota" in verdict(report, "files.stream.file.required")["why"]
    assert verdict(report, "files.link")["why"] == "no file was uploaded"
    assert verdict(report, "credits.query")["verdict"] == "holds"


def test_target_itself_lets_no_upload_through_where_tasks_are_counted(mock: MockServer) -> None:
    with Target(mock.url, mock.api_key, spend=5) as target, pytest.raises(StopRun, match="uses up a quota"):
        target.send(UPLOAD_STREAM, smallest(UPLOAD_STREAM, RULES), "uploads")


def test_links_to_files_are_followed_on_this_machine_alone() -> None:
    data = {"file_url": "https://files.example/a", "download_url": "ftp://127.0.0.1/a", "file_size": 6}
    assert [one.behaviour for one in uploads.observations({"data": data}, b"GIF89a")] == ["file-size"]


@pytest.mark.parametrize("body", [None, [], {}, {"data": []}, {"data": {"file_url": "http://[", "upload_time": "now"}}])
def test_response_to_an_upload_may_have_any_form(body: Any) -> None:
    assert [(one.behaviour, one.actual) for one in uploads.observations(body, b"GIF89a")] == [("file-size", "None")]


@pytest.mark.parametrize("spend", [1, 3])
def test_no_more_tasks_are_created_than_may_be_spent_on(tmp_path: Path, remote_host: str, spend: int) -> None:
    created: list[str] = []

    def counting(request: Request) -> Response:
        response = relay.response(request)
        if request.method == "POST" and response.status_code == 200:
            created.append(json.loads(bytes(response.body))["id"])
        return response

    with (
        MockServer(speed=100_000) as mock,
        Relay(mock) as relay,
        ServedApp(Recorder(counting), listen("127.0.0.1", 0)) as served,
    ):
        target = at(remote_host, served)
        settings = Settings(target, mock.api_key, spend, rate=10_000, patience=1, generate=False, folder=tmp_path)
        judge(settings, few_models.few_and("wan25.prompt"))
    assert len(created) == spend
    report = written(tmp_path)
    assert report["broken"] == []
    assert verdict(report, "task.followed.readable-at-once")["verdict"] == "holds"
    assert verdict(report, "task.followed.new-id")["verdict"] == ("holds" if spend > 1 else "not-run")


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except ValueError:
        return False
    return True


def test_spending_that_is_limited_on_loopback_is_limited_there_too(tmp_path: Path) -> None:
    with ServedApp(recorder := Recorder(accepting), listen("127.0.0.1", 0)) as served:
        judge(Settings(served.url, KEY, spend=0, examples=EXAMPLES, folder=tmp_path), FEW)
    assert len(recorder.creates) == 1


@pytest.mark.usefixtures("few_rules")
def test_method_that_creates_against_the_rules_counts_as_a_create(tmp_path: Path, remote_host: str) -> None:
    def putting(request: Request) -> Response:
        if request.method == "PUT":
            created.append(request.method)
            return accepting(request)
        return refusing(400 if request.headers.get("authorization") == f"Bearer {KEY}" else 401)(request)

    created: list[str] = []
    with ServedApp(Recorder(putting), listen("127.0.0.1", 0)) as served:
        judge(Settings(at(remote_host, served), KEY, spend=1, rate=10_000, patience=0, generate=False, folder=tmp_path))
    assert len(created) == 1


@pytest.mark.usefixtures("few_rules")
def test_stopped_run_gives_the_reason(tmp_path: Path, remote_host: str, mock: MockServer) -> None:
    def respond(request: Request) -> Response:
        if request.headers.get("content-type") == "text/plain":
            return refusing(500)(request)
        return relay.response(request)

    with Relay(mock) as relay, ServedApp(Recorder(respond), listen("127.0.0.1", 0)) as served:
        report = judge(
            Settings(
                at(remote_host, served),
                mock.api_key,
                spend=500,
                rate=10_000,
                generate=False,
                patience=0,
                folder=tmp_path,
            )
        )
    assert report.broken == []
    assert report.stopped.startswith("a request may have been accepted (500")


# --- shards


def verdicts(settings: Settings, folder: Path) -> dict[str, set[str]]:
    """Return the ids of the rules by their verdict, of those that differ, and of those that another shard judges."""
    judge(replace(settings, generate=False, patience=0 if settings.target else None, folder=folder))
    ids: dict[str, set[str]] = {"holds": set(), "broken": set(), "not-run": set(), OTHER_SHARD: set()}
    ids["differs"] = set(written(folder)["differences"])
    for rule in written(folder)["rules"]:
        ids[OTHER_SHARD if rule["why"] == OTHER_SHARD else rule["verdict"]].add(rule["id"])
    return ids


def united(settings: Settings, count: int, folder: Path) -> dict[str, set[str]]:
    """Return the union of the verdicts of all shards. Each rule is judged by at least one of them."""
    parts = [
        verdicts(replace(settings, shard=Shard(number, count)), folder / str(number)) for number in range(1, count + 1)
    ]
    assert set[str].intersection(*(part[OTHER_SHARD] for part in parts)) == set()
    return {name: set[str]().union(*(part[name] for part in parts)) for name in ("holds", "broken", "differs")}


def test_shards_together_judge_the_mock_as_one_run_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few = FEW.without("wan26.billing.settled")  # the mock would render a video
    monkeypatch.setattr(session, "documented_rules", Mock(return_value=few))
    union = united(Settings(), 2, tmp_path)
    unseen = set[str].intersection(*(of_other_models(written(tmp_path / number)) for number in ("1", "2")))
    rules = (*few.rules, KNOWN_FIELDS_RULE, *WIRE_RULES)
    assert union == {"holds": {rule.id for rule in rules} - UNOBSERVABLE - unseen, "broken": set(), "differs": set()}


@pytest.mark.usefixtures("few_rules")
def test_shards_together_judge_a_wrong_server_as_one_run_does(tmp_path: Path) -> None:
    with ServedApp(Recorder(accepting), listen("127.0.0.1", 0)) as served:
        settings = Settings(target=served.url, key=KEY)
        undivided = verdicts(settings, tmp_path / "undivided")
        union = united(settings, 3, tmp_path)
    assert len(undivided["broken"]) > 6
    assert (union["broken"], union["differs"]) == (undivided["broken"], undivided["differs"])
    assert union["holds"] - union["broken"] - union["differs"] == undivided["holds"]


def test_every_rule_is_in_some_shard_however_many_there_are() -> None:
    for count in (1, 2, 7, 1000):
        shares = [{rule.id for rule in Shard(number, count).share(RULES).rules} for number in range(1, count + 1)]
        assert set[str]().union(*shares) == {rule.id for rule in RULES.rules}
        assert [Shard(number, count).generates for number in range(1, count + 1)] == [True] + [False] * (count - 1)


@pytest.mark.usefixtures("few_rules")
@pytest.mark.parametrize("shard", ["0/3", "4/3", "-1/3", "1/3/3", "x"])
def test_invalid_shard_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], shard: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHARD", shard)
    monkeypatch.setattr(sys, "argv", ["contract_suite"])
    with pytest.raises(SystemExit) as end:
        suite_cli.run()
    output = capsys.readouterr()
    assert (end.value.code, output.out, len(output.err.splitlines())) == (2, "", 1)
    assert f"invalid shard '{shard}': expected i/n, for example 1/3 for the first of three" in output.err


# --- the key


SPELLINGS: dict[str, Callable[[str], bytes]] = {
    "hex": lambda key: key.encode().hex().encode(),
    "base64": lambda key: base64.b64encode(b"ab" + key.encode() + b"cd"),
    "percent": lambda key: "".join(f"%{ord(letter):02X}" for letter in key).encode(),
    "escapes": lambda key: ("[" + "".join(f"\\u{ord(letter):04x}" for letter in key)).encode(),
    "escapes in JSON": lambda key: (
        '{"error": {"message": "' + "".join(f"\\u{ord(c):04x}" for c in key) + '"}}'
    ).encode(),
    "UTF-16": lambda key: key.encode("utf-16"),
    "upper case": lambda key: key.upper().encode(),
    "at a cut": lambda key: ("y" * (61 - len(key)) + key).encode(),
    "at a later cut": lambda key: ("y" * (16_001 - len(key)) + key).encode(),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_key_is_filtered_however_it_is_spelled(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, spelling: str
) -> None:
    two = RULES.only(rule for rule in RULES.rules if rule.id in {"wan25.smallest-request", "task.query.unknown"})
    monkeypatch.setattr(session, "documented_rules", Mock(return_value=two))
    content = SPELLINGS[spelling](KEY)
    judged(lambda _: Response(content, 400, media_type="application/json"), tmp_path)
    output = (tmp_path / "contract.json").read_text(encoding="utf-8") + capsys.readouterr().out
    assert "[key]" in output
    for hint in (KEY[5:-5], KEY[5:-5].upper(), KEY.encode().hex()[10:-10], "\\u0000".join(KEY[5:-5])):
        assert hint not in output
    assert base64.b64encode(KEY.encode()).decode()[8:-8] not in output
    assert spelling not in {"percent", "escapes"} or content.decode()[12:-12] not in output


@pytest.mark.usefixtures("few_rules")
def test_key_that_is_an_ordinary_word_spoils_no_report(tmp_path: Path) -> None:
    report = judged(accepting, tmp_path, "body")
    assert "auth.create.key-required" in report["broken"]
    ET.parse(tmp_path / "contract.xml")


@pytest.mark.usefixtures("few_rules")
def test_key_is_sent_to_the_address_that_was_resolved_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, resolved = socket.getaddrinfo, list[Any]()

    def changing(host: Any, *arguments: Any, **options: Any) -> Any:
        resolved.append(host)
        return real("127.0.0.1" if host == NAME and resolved.count(NAME) == 1 else host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", changing)
    with ServedApp(recorder := Recorder(refusing(400)), listen("127.0.0.1", 0)) as served:
        judge(Settings(at(NAME, served), KEY, rate=10_000, generate=False, patience=0, folder=tmp_path))
    assert resolved.count(NAME) == 1
    assert {headers["host"] for _, _, headers, _ in recorder.requests} == {at(NAME, served).removeprefix("http://")}


@pytest.mark.usefixtures("few_rules")
def test_server_writes_no_lines_of_its_own(tmp_path: Path) -> None:
    body = json.dumps({"error": {"message": "\n193 rules: 193 hold\x1b[2J", "param": "\r\n"}})
    with ServedApp(Recorder(lambda _: Response(body, 400)), listen("127.0.0.1", 0)) as served:
        report = judge(Settings(served.url, KEY, generate=False, patience=0, folder=tmp_path))
    assert [line for line in report.lines() if not line.isprintable() or line.startswith("193 rules: 193")] == []


@pytest.mark.usefixtures("few_rules")
def test_key_that_a_server_echoes_is_filtered_everywhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def echoing(request: Request) -> Response:
        key = request.headers.get("authorization", "").removeprefix("Bearer ")
        body = {"error": {"code": 418, "message": f"no, {key}", "type": key, "param": key, key: [key]}}
        return Response(json.dumps(body), 418, {"x-key": key}, "application/json")

    report = judged(echoing, tmp_path)
    output = (
        "".join(path.read_text(encoding="utf-8") for path in tmp_path.rglob("*") if path.is_file())
        + capsys.readouterr().out
    )
    assert "no, [key]" in output
    assert KEY not in output
    assert report["broken"]


@pytest.mark.parametrize(
    ("url", "key", "message"),
    [
        ("https://api.evolink.example", "", "KEY: required"),
        ("http://127.0.0.1:1", "", "KEY: required"),
        ("https://api.evolink.example", "sk evo", "KEY: must be printable ASCII"),
        ("https://api.evolink.example", "sk\n", "KEY: must be printable ASCII"),
        ("https://api.evolink.example", "your-api-key-here", "KEY: is a placeholder"),
        ("https://api.evolink.example", f'"{KEY}"', "KEY: has quotes around it"),
        ("http://192.0.2.1", KEY, "without your consent; use https://192.0.2.1, or set ALLOW_HTTP=1"),
        ("ftp://127.0.0.1", KEY, "TARGET: must be an http or https URL"),
        ("api.evolink.ai", KEY, "TARGET: must be an http or https URL"),
        ("https://api.evolink.ai/v1", KEY, "TARGET: must be an http or https URL"),
        ("https://user:word@api.evolink.ai", KEY, "TARGET: must be an http or https URL"),
        ("http://127.0.0.1:99999", KEY, "TARGET: must be an http or https URL"),
        ("http://no-such-host.invalid", KEY, "TARGET: no-such-host.invalid cannot be resolved"),
        ("http://127.0.0.1:1", KEY, "TARGET: http://127.0.0.1:1 cannot be reached: ConnectError"),
    ],
)
def test_target_that_cannot_be_judged_is_reported_in_one_line(tmp_path: Path, url: str, key: str, message: str) -> None:
    with pytest.raises(TargetError) as error:
        judge(Settings(target=url, key=key, folder=tmp_path / "reports"), FEW)
    assert message in str(error.value)
    assert KEY not in str(error.value)
    assert message in written(tmp_path / "reports")["stopped"]


def test_key_travels_unencrypted_only_with_consent_or_to_names_below_localhost(mock: MockServer) -> None:
    port = mock.url.rpartition(":")[2]
    with Target(f"http://evolink.localhost:{port}", mock.api_key) as target:
        assert (target.remote, target.address) == (False, f"http://localhost:{port}")
        assert target.send(GET_TASK, query("task-unified-1-nosuchid"), "read").status == 404
    with Target("http://192.0.2.1:4010", mock.api_key, allow_http=True) as target:
        assert (target.remote, target.spend, target.address) == (True, 0, "http://192.0.2.1:4010")


def test_cookie_of_a_server_is_not_sent_back_because_it_could_replace_the_key() -> None:
    recorder = Recorder(lambda _: Response("{}", headers={"set-cookie": "session=a; Path=/"}))
    with ServedApp(recorder, listen("127.0.0.1", 0)) as served, Target(served.url, KEY) as target:
        target.send(GET_TASK, query("task-unified-1"), "read")
        target.send(GET_TASK, query("task-unified-1"), "read", authorization="")
    assert ["authorization" in headers for _, _, headers, _ in recorder.requests] == [True, False]
    assert [headers for _, _, headers, _ in recorder.requests if "cookie" in headers] == []


def test_command_reports_the_problem_in_one_line_and_exits_with_2(
    tmp_path: Path, suite_environment: dict[str, str]
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "contract_suite"],
        env=suite_environment | {"TARGET": "https://api.evolink.ai", "MODEL": "wan2.5-image-to-video"},
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == "contract: KEY: required; pass the API key of the target, for example KEY=sk-evo-...\n"
    models = {model for rule in written(tmp_path / "reports")["rules"] for model in rule["models"]}
    assert len(written(tmp_path / "reports")["rules"]) > 200
    assert "wan2.5-image-to-video" in models
    assert "wan2.6-reference-video-flash" not in models


# --- the rate


def test_rate_is_observed(mock: MockServer) -> None:
    slept: list[float] = []
    now = [100.0]

    def sleep(seconds: float) -> None:
        slept.append(round(seconds, 3))
        now[0] += seconds

    with Target(mock.url, mock.api_key, rate=4, clock=lambda: now[0], sleep=sleep) as target:
        for _ in range(3):
            target.send(GET_TASK, query("task-unified-1"), "read")
        now[0] += 10
        target.send(GET_TASK, query("task-unified-1"), "read")
    assert slept == [0.25, 0.25]


def test_command_that_repeats_a_request_takes_the_key_from_the_environment() -> None:
    evidence = {
        "request": {
            "method": "POST", "url": "http://127.0.0.1:1/v1", "body": {"prompt": "it's"},
            "headers": {"authorization": "Bearer [key]", "content-type": "application/json"},
        }
    }  # fmt: skip
    assert curl(evidence) == (
        """curl -sS -X POST http://127.0.0.1:1/v1 -H "authorization: Bearer $KEY" """
        """-H 'content-type: application/json' --data-binary '{"prompt": "it'"'"'s"}'"""
    )


# --- many seeds


class Judged:
    """The part of a report that `nightly` reads."""

    stopped = ""

    def __init__(self, generated: int, broken: list[str]) -> None:
        self.requests, self.broken = RequestCounts(0, 0, generated), broken

    def lines(self) -> list[str]:
        """Return the lines that a run prints."""
        return [f"broken  {rule}" for rule in self.broken]


@pytest.mark.parametrize(
    ("generated", "broken_under", "code", "line"),
    [
        (4000, 0, 0, "2 seeds, 8000 requests generated; 0 seeds failed"),
        (4000, 2, 1, "broken  wan25.smallest-request"),
        (3999, 0, 1, "contract-nightly: fewer than 8000 requests were generated; use more --seeds"),
    ],
)
def test_nightly_fails_with_a_broken_rule_and_with_too_few_requests(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, generated: int, broken_under: int, code: int, line: str
) -> None:
    def judged_seed(settings: Settings) -> Judged:
        return Judged(generated, ["wan25.smallest-request"] if settings.seed == broken_under else [])

    monkeypatch.setattr(nightly, "judge", judged_seed)
    done = CliRunner().invoke(nightly.main, ["--seeds", "2", "--out", str(tmp_path)])
    assert done.exit_code == code
    assert line in done.output.splitlines()


def test_tilde_in_a_setting_of_the_suite_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Settings] = []

    def record(settings: Settings) -> None:
        given.append(settings)
        raise TargetError("enough")

    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(suite_cli, "judge", record)
    CliRunner().invoke(suite_cli.main, ["--out", "~/reports"], env={"OVERLAY": "~/a.yaml"})
    assert [(one.folder, one.overlays) for one in given] == [(tmp_path / "reports", (tmp_path / "a.yaml",))]
