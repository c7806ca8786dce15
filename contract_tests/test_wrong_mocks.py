"""Copies of the mock that each behave wrongly in one way: the suite must be red, and name the rule."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, Self

import pytest


class Wrong(NamedTuple):
    """A change to a file of the mock, and a rule it breaks."""

    name: str
    file: str
    old: str
    new: str
    rule: str


CHECK = "        error = next(self._validators[model].iter_errors(request), None)\n"
WRONG = [
    Wrong("authentication is ignored", "app.py", 'if scheme.lower() != "bearer" or key.strip() != self._api_key:',
          "if False:", "auth.create.key-required"),
    Wrong("any key will do", "app.py", "key.strip() != self._api_key", "not key", "auth.task.key-required"),
    Wrong("the body is looked at before the key", "app.py", "        wished = self._admit(request, CREATE)\n",
          "        self._contract.check_create(await self._json_body(request))\n"
          "        wished = self._admit(request, CREATE)\n", "auth.before-the-request"),
    Wrong("a new task cannot be queried", "tasks.py", "        if task is None:\n            return None\n",
          "        if task is None or self.clock.elapsed() < task.ends - 100:\n            return None\n",
          "task.followed.readable-at-once"),
    Wrong("a query answers with another task", "tasks.py", "        return self.body(task)\n\n    def find",
          "        return self.body(next(iter(self._tasks.values())))\n\n    def find", "task.followed.own-body"),
    Wrong("ids are reused", "tasks.py",
          'if (task_id := f"task-unified-{created}-{suffix}") not in self._tasks:',
          'if task_id := f"task-unified-{created}-{suffix[:0]}":', "task.followed.new-id"),
    Wrong("a status goes back", "tasks.py", "if position < PENDING_SHARE:",
          "if position < PENDING_SHARE or position > 0.5:", "task.followed.status-forward"),
    Wrong("the progress falls", "tasks.py", "max(1, int(position * 100))", "max(1, 99 - int(position * 100))",
          "task.followed.progress-forward"),
    Wrong("results come early", "tasks.py", 'if status == "completed":\n            body["results"]',
          'if status in {"processing", "completed"}:\n            body["results"]', "task.results.only-on-completed"),
    Wrong("results are missing", "tasks.py", 'body["results"] = [self.result_url(task)]', 'body["results"] = []',
          "task.results.on-completed"),
    Wrong("a failed task gives no reason", "tasks.py", 'elif status == "failed":', 'elif status == "lost":',
          "task.error.on-failed"),
    Wrong("a completed task stops at 99", "tasks.py", '{"completed": 100, "failed": 0}', '{"failed": 0}',
          "task.followed.progress-by-status"),
    Wrong("an ended task can be cancelled", "tasks.py", '{"can_cancel": False}', '{"can_cancel": True}',
          "task.followed.cancellable-while-running"),
    Wrong("a create answers with another model", "tasks.py", '"model": task.model', '"model": "wan2.5-text-to-video"',
          "task.followed.model"),
    Wrong("a create answers processing", "tasks.py", 'return self._body(task, "pending", 0)',
          'return self._body(task, "processing", 1)', "task.followed.begins-unfinished"),
    Wrong("the time of creation moves", "tasks.py", '"created": task.created,',
          '"created": task.created + (status == "processing"),', "task.followed.same-created"),
    Wrong("prompts are measured in bytes", "contract.py", CHECK,
          '        if isinstance(request.get("prompt"), str) and not request["prompt"].isascii():\n'
          '            request = {**request, "prompt": "a" * len(request["prompt"].encode())}\n' + CHECK,
          "wan26.prompt.max-length"),
    Wrong("prompts are measured in UTF-16 units", "contract.py", CHECK,
          '        if isinstance(request.get("prompt"), str) and not request["prompt"].isascii():\n'
          '            units = len(request["prompt"].encode("utf-16-le")) // 2\n'
          '            request = {**request, "prompt": "a" * units}\n' + CHECK, "wan25.prompt.max-length"),
    Wrong("true is taken for 1", "contract.py", CHECK,
          '        if request.get("duration") is True:\n            request = {**request, "duration": 5}\n' + CHECK,
          "wan26.duration.type"),
    Wrong("numbers are taken as text", "contract.py", CHECK,
          '        if request.get("duration") == "5":\n            request = {**request, "duration": 5}\n' + CHECK,
          "wan25.duration.type"),
    Wrong("callback addresses are not looked at", "contract.py", CHECK,
          '        request = {**request}\n        request.pop("callback_url", None)\n' + CHECK,
          "callback.url.not-172-16"),
    Wrong("unknown fields are refused", "contract.py", CHECK,
          '        if "made_up" in request:\n'
          '            raise self.invalid_request("made_up: is unknown.", "made_up")\n' + CHECK,
          "wan25.unknown-fields"),
    Wrong("another field is blamed", "contract.py", "            field = _field(error)\n",
          '            field = "model"\n', "wan26.quality.values"),
    Wrong("an unknown model is a 400", "contract.py", "            raise self.refusal(\n                CREATE, 404,",
          "            raise self.refusal(\n                CREATE, 400,", "request.unknown-model"),
    Wrong("a 405 lacks Allow", "app.py", 'raise self._contract.refusal(self._operation, 405, {"allow": self._method})',
          "raise self._contract.refusal(self._operation, 405)", "error.405.method"),
    Wrong("refusals have another shape", "app.py", "return json_answer(refusal.status, refusal.body, refusal.headers)",
          'return json_answer(refusal.status, {"detail": "no"}, refusal.headers)', "error.body"),
    Wrong("a create answers 201", "app.py", "        return json_answer(200, self._store.create(",
          "        return json_answer(201, self._store.create(", "wan25.smallest-request"),
    Wrong("callbacks are never retried", "delivery.py", "(0.0, *self._rules.retry_after)", "(0.0,)",
          "callback.retries"),
    Wrong("callbacks are retried four times", "delivery.py", "(0.0, *self._rules.retry_after)",
          "(0.0, *self._rules.retry_after, 8.0)", "callback.retries"),
    Wrong("callbacks are retried too early", "delivery.py", "await sleep(self._clock, wait)",
          "await sleep(self._clock, wait / 2)", "callback.retries"),
    Wrong("a 204 is taken for a failure", "delivery.py", "200 <= status < 300", "status in {200, 201}",
          "callback.success.2xx"),
    Wrong("a redirect is taken for success", "delivery.py", "200 <= status < 300", "200 <= status < 400",
          "callback.success.no-redirect"),
    Wrong("a redirect is followed", "delivery.py", "follow_redirects=False", "follow_redirects=True",
          "callback.success.no-redirect"),
    Wrong("a receiver may take all day", "delivery.py",
          "self._attempt_clock.call_later(self._rules.timeout, functools.partial(_expire, limit))", "pass",
          "callback.timeout"),
    Wrong("callbacks go to private networks", "delivery.py",
          "if not self._is_allowed(ipaddress.ip_address(address)):", "if False:", "callback.not-to-private-networks"),
    Wrong("callbacks come before the end", "tasks.py", '        return self._body(task, "pending", 0)\n',
          "        if callback_url is not None:\n            self.announce(task)\n"
          '        return self._body(task, "pending", 0)\n', "callback.not-before-the-end"),
    Wrong("callbacks come twice", "tasks.py", "            self.announce(task)\n\n    def _settle",
          "            self.announce(task)\n            self.announce(task)\n\n    def _settle",
          "callback.on.completed"),
    Wrong("cancelled tasks are not announced", "tasks.py",
          "        if task.callback_url is not None:\n            self.announce(task)\n\n    def _settle",
          '        if task.callback_url is not None and task.outcome.status != "cancelled":\n'
          "            self.announce(task)\n\n    def _settle", "callback.on.cancelled"),
    Wrong("callbacks come before the bill", "tasks.py", "        self._settle(task)\n        if task.callback_url",
          "        self.clock.call_later(2, lambda: self._settle(task))\n        if task.callback_url",
          "callback.after-billing"),
    Wrong("callbacks have another body", "app.py", "task.callback_url, self._store.body(task))",
          'task.callback_url, {"id": task.id, "status": "completed"})', "callback.body"),
    Wrong("a PUT is sent instead of a POST", "delivery.py", '"POST", target, content', '"PUT", target, content',
          "callback.method"),
    Wrong("every task reserves the same", "app.py", "body.get(rules.reserved_from, DEFAULT_VIDEO.seconds)",
          "DEFAULT_VIDEO.seconds", "wan26.billing.reserved"),
    Wrong("a failed task is charged", "tasks.py", 'task.charge if status == "completed" else NOTHING', "task.charge",
          "wan26.billing.only-on-success"),
    Wrong("less is produced than charged", "app.py", "seconds=int(seconds) if", "seconds=int(seconds) - 1 if",
          "wan26.billing.settled"),
    Wrong("a task is forgotten once it has ended", "tasks.py", "        return self.body(task)\n\n    def find",
          "        if task.reads == 0 and self.clock.elapsed() > task.ends + 20:\n            return None\n"
          "        return self.body(task)\n\n    def find", "task.followed.stays-readable"),
    Wrong("two videos are capped like one", "billing.py", "self.input_caps[len(lengths) - 1]",
          "self.input_caps[0 if len(lengths) == 2 else len(lengths) - 1]", "wan26.billing.input-two-videos"),
    Wrong("three videos are capped at 1.66 s", "billing.py", "self.input_caps[len(lengths) - 1]",
          "(5, 2.5, 1.66)[len(lengths) - 1]", "wan26.billing.input-three-videos"),
    Wrong("1080p costs the same", "billing.py", "DEARER = 2", "DEARER = 1", "wan26.billing.dearer-1080p"),
    Wrong("credits are told to strangers", "app.py", "        self._admit(request, GET_CREDITS)\n", "",
          "auth.credits.key-required"),
    Wrong("credits are text", "app.py", '"remaining_credits": round(FIRST_CREDITS - used, 4)',
          '"remaining_credits": str(FIRST_CREDITS - used)', "credits.remaining.type"),
    Wrong("credits lack those of the key", "app.py", '"data": {"token": token, "user": user}', '"data": {"user": user}',
          "credits.data.fields"),
    Wrong("strangers upload files", "files.py", "        self._admit(request, operation)\n", "", "files.key-required"),
    Wrong("a form needs no file", "files.py", 'file = form.get("file")\n',
          'file = form.get("file") or UploadFile(io.BytesIO(b"GIF89a"), filename="a.gif")\n',
          "files.stream.file.required"),
    Wrong("a link shows other bytes", "files.py", "copy.write(start)", "copy.write(start.upper()[::-1])", "files.link"),
    Wrong("a download is shown instead", "files.py", 'if "download" in request.query_params else None',
          "if False else None", "files.download"),
    Wrong("files have the wrong size", "files.py", '"file_size": file.size', '"file_size": file.size + 1',
          "files.size"),
    Wrong("files are kept for a day", "files.py", "timedelta(seconds=self._contract.upload_seconds)",
          "timedelta(hours=24)", "files.kept-72-hours"),
    Wrong("the host of files refuses like the other", "contract.py", 'body |= {"code": code, "msg"',
          'body = {"error": body, "code": code, "msg"', "files.error.body"),
    Wrong("a refused upload succeeds", "contract.py", 'body |= {"code": code, "msg"',
          'body |= {"success": True, "code": code, "msg"', "files.error.success"),
    Wrong("a file that cannot be fetched is too large", "files.py", "NOT_STORED = 40001, 40002, 40004",
          "NOT_STORED = 40001, 40002, 40001", "files.url.source"),
    Wrong("times lack their zone", "files.py", "uploaded.isoformat(),", "uploaded.replace(tzinfo=None).isoformat(),",
          "files.data.times"),
    Wrong("a data URL is no file", "files.py", "text[prefix.end() :] if prefix else text", "text",
          "files.base64.data.type"),
]  # fmt: skip


class Judge:
    """Judges copies of the mock, by a program that stays; a context manager.

    Args:
        command: the program.
        environment: what it is run with.
    """

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self._command = command
        self._environment = environment
        self._program: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._program is not None:
            self._program.communicate()

    def judged(self, folder: Path) -> dict[str, Any]:
        """Judge the mock in a folder, without generated requests, and return the report and the exit code."""
        program, self._program = self._program or self._started(), None
        assert program.stdin is not None
        assert program.stdout is not None
        try:
            program.stdin.write(f"{folder}\n")
            program.stdin.flush()
            code = int(program.stdout.readline())
        except BaseException:  # such as a time limit: what it is still at must not be taken for the next answer
            os.killpg(program.pid, signal.SIGKILL)
            program.communicate()
            raise
        self._program = program
        errors = (folder / "err").read_text(encoding="utf-8")
        assert "Traceback" not in errors, errors
        report: dict[str, Any] = json.loads((folder / "reports/contract.json").read_text(encoding="utf-8"))
        return report | {"exit": code, "lines": (folder / "out").read_text(encoding="utf-8")}

    def _started(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self._command,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )


@pytest.fixture(scope="module")
def judge(repository: Path, command_environment: dict[str, str]) -> Iterator[Judge]:
    """The suite, loaded once for all copies that one worker judges."""
    path = f"{repository / 'openapi'}:{repository / 'contract_tests/suite'}"
    program = str(repository / "contract_tests/judging.py")
    with Judge([sys.executable, program], command_environment | {"PYTHONPATH": path}) as started:
        yield started


@pytest.fixture
def copied(tmp_path: Path, repository: Path) -> Path:
    """A folder with a copy of the mock."""
    shutil.copytree(
        repository / "contract_tests/evolink_mock",
        tmp_path / "evolink_mock",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    return tmp_path


@pytest.mark.parametrize(
    "wrong",
    [
        # Every sixth one is tried each time, all of them by `make mutants`.
        pytest.param(wrong, id=wrong.name.replace(" ", "-"), marks=[pytest.mark.thorough] if number % 6 else [])
        for number, wrong in enumerate(WRONG)
    ],
)
def test_wrong_mock_is_red_by_the_rule_it_breaks(copied: Path, judge: Judge, wrong: Wrong) -> None:
    path = copied / "evolink_mock" / wrong.file
    text = path.read_text(encoding="utf-8")
    assert text.count(wrong.old) == 1
    path.write_text(text.replace(wrong.old, wrong.new), encoding="utf-8")
    report = judge.judged(copied)
    assert wrong.rule in report["broken"]
    assert report["exit"] == 1
    assert f"broken  {wrong.rule}: expected " in report["lines"]


def test_unchanged_copy_is_green(copied: Path, judge: Judge) -> None:
    report = judge.judged(copied)
    assert (report["broken"], report["exit"]) == ([], 0)
    assert {rule["id"] for rule in report["rules"] if rule["verdict"] == "not-run"} == {
        "task.results.24-hours",
        "task.error.retry",
        "files.host",
        "files.valid-72-hours",
        *(rule["id"] for rule in report["rules"] if rule["id"].startswith("schemathesis.")),
    }
