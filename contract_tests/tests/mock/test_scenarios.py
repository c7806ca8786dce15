"""The packaged scenarios: the SDK runs through each one, with the results that its file expects."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from evolink import CallbackReceiver, EvoLink, EvoLinkError, SubmissionUnknown, WaitTimeout, Wan25ImageToVideo
from evolink._polling import waiting
from evolink.callbacks import Callback, callback_url
from evolink_client.models import Task
from evolink_mock import ConfigurationError, MockServer
from evolink_mock.server import ServedApp, listen, url_of
from evolink_mock.settings import SCENARIOS, load_scenario, scenarios

KEY = "sk-evo-scenario"
TOKEN = "token of the callbacks"
PATIENCE = 30


class Application:
    """A program that uses the SDK: it submits tasks, waits for them, and receives callbacks.

    It names each submission in its callback URL. If the response to a create is lost, the callback tells the id.

    Attributes:
        ends: the result of each submission: a final status, or the name of an error.
        handed_over: the ids of the tasks in valid callbacks.
    """

    def __init__(self, api: EvoLink, expected: dict[str, Any]) -> None:
        self._api = api
        self._expected = expected
        self._ids: dict[str, str] = {}  # the id of the task of each submission
        self._found = threading.Event()
        self.ends: list[str] = []
        self.handed_over: list[str] = []

    def receiver(self) -> CallbackReceiver:
        return CallbackReceiver(self._api, self._take, known=self._knows, token=TOKEN)

    def run(self) -> None:
        errors = [self._submit(f"submission {number}") for number in range(self._expected["submit"])]
        self.ends = [error or self._wait(self._ids[f"submission {number}"]) for number, error in enumerate(errors)]

    def _knows(self, task_id: str, callback: Callback) -> bool:
        if self._expected.get("found_by_callback"):
            self._ids[str(callback.key)] = task_id
        return task_id in self._ids.values()

    def _take(self, task: Task) -> None:
        self.handed_over.append(task.id)
        self._found.set()

    def _submit(self, key: str) -> str:
        """Submit a request; returns the name of the error, empty if the id of the task is known."""
        request = Wan25ImageToVideo(prompt="A cat", image_urls=["https://example.com/cat.png"], duration=5)
        if self._expected.get("callbacks"):
            request.callback_url = callback_url("https://your-domain.com/hook", key=key, token=TOKEN)
        try:
            self._ids[key] = self._api.submit(request).id
        except SubmissionUnknown as error:
            if not (self._expected.get("found_by_callback") and self._found.wait(PATIENCE)):
                return type(error).__name__
        except EvoLinkError as error:
            return type(error).__name__
        return ""

    def _wait(self, task_id: str) -> str:
        try:
            return str(self._api.wait(task_id, timeout=self._expected.get("wait", 600)).status)
        except WaitTimeout as error:
            return f"WaitTimeout at {error.task.progress if error.task else None}"
        except EvoLinkError as error:
            return type(error).__name__


def until(condition: Callable[[], bool], meanwhile: Callable[[], None]) -> None:
    """Call `meanwhile` until a condition is true."""
    deadline = time.monotonic() + PATIENCE
    while not condition() and time.monotonic() < deadline:
        meanwhile()


@pytest.fixture
def run_scenario(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], tuple[MockServer, Application]]]:
    """Return a function that runs the SDK through a scenario; its waits move the mock's clock and take no time."""
    with ExitStack() as stack:

        def run(name: str) -> tuple[MockServer, Application]:
            listener = listen("127.0.0.1", 0)
            server = stack.enter_context(MockServer(scenario=name, api_key=KEY, forward_callbacks_to=url_of(listener)))
            for module in ("_client", "_http"):
                monkeypatch.setattr(f"evolink.{module}.sleep", server.advance)
            defaults: Any = waiting.__kwdefaults__
            monkeypatch.setitem(defaults, "clock", lambda: server.state["now"])
            api = stack.enter_context(EvoLink(KEY, base_url=server.url))
            application = Application(api, load_scenario(name)["sdk"])
            stack.enter_context(ServedApp(application.receiver(), listener))
            application.run()
            return server, application

        yield run


@pytest.mark.parametrize("name", scenarios())
def test_scenario_has_the_results_in_its_file(run_scenario: Any, name: str) -> None:
    server, application = run_scenario(name)
    expected = load_scenario(name)["sdk"]
    if "deliveries" in expected:
        until(lambda: len(server.deliveries()) >= len(expected["deliveries"]), lambda: server.advance(0.1))
    server.advance(1000)
    creates = [one for one in server.exchanges() if one["operation"] == "create_video_generation"]
    actual = {
        "ends": application.ends,
        "creates": [one["status"] for one in reversed(creates)],
        "deliveries": [one["status"] for one in server.deliveries()],
        "used": server.state["accounts"][0]["used"],
    }
    assert {name: value for name, value in actual.items() if name in expected} == {
        name: expected[name] for name in actual if name in expected
    }
    ended = {task["id"] for task in server.tasks() if task["status"] == "completed"}
    assert set(application.handed_over) == (ended if expected.get("callbacks") else set())
    assert len(application.handed_over) == len(set(application.handed_over))


def test_packaged_scenarios_have_these_names() -> None:
    assert scenarios() == [
        "balance-runs-out",
        "callback-before-create-response",
        "lost-create-found-by-callback",
        "lost-create-response",
        "rate-limited-burst",
        "stuck-at-99-percent",
    ]


def test_reset_switches_scenarios_and_keeps_the_settings_of_the_server(image_request: dict[str, Any]) -> None:
    with MockServer(api_key=KEY, pace="at-once") as server:
        created = server.url + "/v1/videos/generations"
        headers = {"authorization": f"Bearer {KEY}"}
        httpx.post(created, json=image_request, headers=headers, trust_env=False)
        server.reset("stuck-at-99-percent")
        assert (server.tasks(), server.state["scenario"]) == ([], "The task stays at 99 percent")
        task_id = httpx.post(created, json=image_request, headers=headers, trust_env=False).json()["id"]
        assert [task["status"] for task in server.tasks()] == ["processing"]
        assert server.state["pace"] == "at-once"
        server.complete(task_id)
        server.reset()
        assert server.state["scenario"] == "The task stays at 99 percent"
        server.reset("none")
        assert server.state["scenario"] is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title: a\nabout: b\n", 'scenario mine.yaml: "mock" is a required property'),
        ("title: a\nabout: b\nmock: {pace: 3}\n", "scenario mine.yaml: mock.pace must be at-once, after-N-reads or"),
        ("title: a\nabout: b\nmock: {pace: soon}\n", "pace must be at-once, after-N-reads or after-S-seconds"),
        ("title: a\nabout: b\nmock: {pase: at-once}\n", "'pase' was unexpected). Allowed are speed, pace,"),
        ("title: [\n", "scenario mine.yaml is not valid YAML in line 2"),
        ("sk-evo-1: 1\nsk-evo-1: 2\n", "scenario mine.yaml is not valid YAML in line 2"),
        ("title: !sk-evo-1 a\n", "scenario mine.yaml is not valid YAML in line 1"),
        ("title: a\nabout: b\nmock: {accounts: {sk-evo-1: -5}}\n", "mine.yaml: mock.accounts must be a number of"),
        ("title: a\nabout: b\nmock: {faults: [{do: {code: 99}}]}\n", "do.code must be a status from 200 to 599"),
        ("title: a\nabout: b\nmock: {faults: [{do: {drop: now}}]}\n", "mock.faults[0].do.drop must be before or after"),
        ("a: &a [*a]\n", "scenario mine.yaml contains an alias"),
        ("- title\n", 'scenario mine.yaml: the value is not of type "object"'),
    ],
)
def test_invalid_scenario_is_rejected_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        MockServer(scenario=path)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "sk-evo-1" not in str(caught.value)


def test_scenario_that_is_a_pipe_is_rejected_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    with pytest.raises(ConfigurationError, match=r"scenario pipe\.yaml is not a file"):
        MockServer(scenario=tmp_path / "pipe.yaml")


def test_scenario_can_be_a_file_of_the_user(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("title: Mine\nabout: Nothing works.\nmock: {outcome: failed}\n", encoding="utf-8")
    with MockServer(scenario=path) as server:
        assert server.state["scenario"] == "Mine"


def test_tilde_in_the_path_of_a_scenario_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "mine.yaml").write_text((SCENARIOS / f"{scenarios()[0]}.yaml").read_text(encoding="utf-8"), "utf-8")
    assert load_scenario("~/mine.yaml") == load_scenario(Path("~/mine.yaml")) == load_scenario(scenarios()[0])
