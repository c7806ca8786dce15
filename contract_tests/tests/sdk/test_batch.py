"""`evolink batch`: everything is checked first, each row is paid once, and the same command resumes."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from starlette.requests import Request
from starlette.responses import Response

from evolink import EvoLink
from evolink.__main__ import main
from evolink.cli.app import run
from evolink.cli.batch.rows import Row, read_rows
from evolink.errors import LedgerError
from evolink.ledger import Ledger
from evolink.ledger._store import Store
from evolink_mock.server import ServedApp, listen
from tests.known_limits import limit

KEY = "sk-evo-batch-command-0123456789"
MODEL = "wan2.5-image-to-video"
URL = "https://example.com/a.png"
HEAD = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"  # of an MP4 file
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c636460f85f0f0002870180eba45e2c0000000049454e44ae426082"
)

Run = Callable[..., tuple[int, str, str]]


class Server:
    """An API whose tasks are completed at the first read, with a result that has their id.

    Attributes:
        prompts: the prompt of each request to create a task.
        bodies: those requests.
        uploads: the number of uploads.
        answers: the status and error code of the next creates; others are accepted.
        ends: the fields of the task for a prompt, in place of those of a completed one.
        before: called with the number of each create.
        running: the tasks that were created and not read; `most` is their largest number.
    """

    def __init__(self) -> None:
        self.url = ""
        self.prompts: list[str] = []
        self.bodies: list[dict[str, Any]] = []
        self.uploads = 0
        self.answers: list[int] = []
        self.ends: dict[str, dict[str, Any]] = {}
        self.before: Callable[[int], None] = lambda _: None
        self.most = 0
        self._unread: set[str] = set()
        self._tasks: dict[str, str] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            response = await self._respond(Request(scope, receive))
            if response is None:
                return  # the connection is closed without a response
            await response(scope, receive, send)
        else:  # the lifespan of the server
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})

    async def _respond(self, request: Request) -> Response | None:
        path = request.url.path
        if request.method == "POST" and "/files/" in path:
            await request.body()
            self.uploads += 1
            return self._json({"success": True, "data": {"file_url": f"{self.url}/f/{self.uploads}.png"}})
        if request.method == "POST":
            return await self._create(await request.json())
        if path.startswith("/results/"):
            return Response(HEAD + path.encode(), media_type="video/mp4")
        task_id = path.rpartition("/")[2]
        self._unread.discard(task_id)
        completed = {"status": "completed", "progress": 100, "results": [f"{self.url}/results/{task_id}.mp4"]}
        return self._json({"id": task_id, "model": MODEL, **self.ends.get(self._tasks[task_id], completed)})

    async def _create(self, body: dict[str, Any]) -> Response | None:
        self.bodies.append(body)
        self.prompts.append(body["prompt"])
        number = len(self.prompts)
        self.before(number)
        await asyncio.sleep(0)
        status = self.answers.pop(0) if self.answers else 200
        if status == 0:
            return None
        if status != 200:
            headers = {"retry-after": "0"} if status == 429 else None
            return self._json({"error": {"code": status, "message": "No", "type": "t"}}, status, headers)
        task_id = f"task-unified-1-{number:08d}"
        self._tasks[task_id] = body["prompt"]
        self._unread.add(task_id)
        self.most = max(self.most, len(self._unread))
        return self._json({"id": task_id, "status": "pending", "model": MODEL, "usage": {"credits_reserved": 5}})

    @staticmethod
    def _json(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
        return Response(json.dumps(body), status, headers, "application/json")


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[list[Server], str]]:
    """A server for all tests of this module, which passes requests on to the latest `Server`."""
    servers = [Server()]

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await servers[-1](scope, receive, send)

    with ServedApp(app, listen("127.0.0.1", 0)) as running:
        yield servers, running.url


@pytest.fixture
def server(served: tuple[list[Server], str]) -> Server:
    servers, url = served
    servers.append(Server())
    servers[-1].url = url
    return servers[-1]


@pytest.fixture
def evolink(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, server: Server) -> Run:
    """Runs `evolink batch` in this process and in an empty folder; returns the exit code and both outputs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVOLINK_BASE_URL", server.url)
    monkeypatch.setenv("EVOLINK_API_KEY", KEY)

    def called(*arguments: str) -> tuple[int, str, str]:
        code = run(["batch", *arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return called


def write(*rows: dict[str, Any]) -> str:
    """Write rows into `jobs.jsonl` in the current folder."""
    Path("jobs.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return "jobs.jsonl"


def row(number: int, **more: Any) -> dict[str, Any]:
    fields = {"key": f"order-{number}", "name": f"film {number}", "model": MODEL, "prompt": str(number)}
    return {**fields, "image_urls": [URL], **more}


def statuses(folder: str = "out") -> dict[str, str]:
    """Return the status of every job, by its key."""
    with Ledger(f"sqlite:///{folder}/evolink.db") as ledger:
        return {job.key: job.status for job in ledger.jobs()}


# --- rows


def bodies(rows: list[Row]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(row.key, row.name, row.request.with_urls(lambda source: source)) for row in rows]


def test_the_same_rows_can_be_written_as_json_lines_csv_and_yaml(tmp_path: Path) -> None:
    model, video = "wan2.6-reference-video-flash", "https://example.com/a.mp4"
    first = {"model": model, "prompt": "x, y", "duration": 5, "video_urls": [video], "generate_audio": True}
    second = {"model": model, "prompt": "no", "video_urls": [video, video], "model_params": {"shot_type": "multi"}}
    lines = [{"key": "a", "name": "film.mp4", **first}, {"request": second, "key": 7}]
    head = ["key", "name", "model", "prompt", "duration", "video_urls", "generate_audio", "model_params.shot_type"]
    cells = [
        ["a", "film", model, "x, y", "5", video, "TRUE", ""],
        ["7", "", model, "no", "", json.dumps([video, video]), "", "multi"],
        [""] * 8,
    ]
    yaml = [{"key": "a", "name": "film", **first}, {"key": 7, **second}]
    texts = {
        "a.jsonl": "\n\n".join(map(json.dumps, lines)),
        "a.csv": "\ufeff" + table(",", head, *cells),
        "b.csv": table(";", head, cells[0], [*cells[1][:5], f"{video}\n{video}", *cells[1][6:]]),
        "a.yaml": "".join(f"- {json.dumps(each)}\n" for each in yaml) + "# a comment\n",
    }
    for name, text in texts.items():
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        assert bodies(read_rows(str(path), "base")) == [("a", "film", first), ("7", "7", second)], name


def table(delimiter: str, *rows: list[str]) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue()


def test_column_that_is_not_a_field_is_refused(evolink: Run) -> None:
    Path("a.csv").write_text(table(",", ["model", "prompt", "image_urls", "durations"], [MODEL, "x", URL, "5"]))
    code, _, err = evolink("run", "a.csv")
    assert code == 3
    assert "row 1: durations: is not a field of the model; correct the name of the column" in err


def test_key_of_a_row_without_one_follows_its_number_and_request(tmp_path: Path) -> None:
    path, image = tmp_path / "a.jsonl", tmp_path / "a.png"
    image.write_bytes(PIXEL)
    request = {"model": MODEL, "prompt": "x", "image_urls": [str(image)]}

    def keys(*requests: dict[str, Any]) -> list[str]:
        path.write_text("\n".join(map(json.dumps, requests)), encoding="utf-8")
        return [row.key for row in read_rows(str(path), "base")]

    first, second = keys(request, request)
    assert (first.split("-")[:2], second.split("-")[:2]) == (["row", "1"], ["row", "2"])
    assert keys({**dict(reversed(request.items()))}) == [first]
    assert keys({**request, "prompt": "y"}) != [first]
    image.write_bytes(PIXEL + b"\0")  # another picture
    assert keys(request) != [first]


@pytest.mark.parametrize(
    ("rows", "problems"),
    [
        ([row(1), row(2, image_urls=[], duration=7)], ["row 2: image_urls: must have", "row 2: duration: must"]),
        ([row(1), row(2, image_urls=["no.png"])], ["row 2: image_urls: the file 'no.png' does not exist"]),
        ([row(1), row(1, name="b")], ["row 2: has the same key as row 1: 'order-1'"]),
        ([row(1), row(2, name="Film 1")], ["row 2: has the same name as row 1: 'film 1'"]),
        ([row(1, name="../a")], ["row 1: '../a' cannot be the name of a file"]),
        ([row(1, name="con")], ["row 1: 'con' cannot be the name of a file"]),
        ([row(1, key="a\nb")], ["row 1: key must be a text of 1 to 200 printable characters"]),
        ([row(1, key=[1])], ["row 1: key must be a text"]),
        ([row(1, model="wan")], ["row 1: model: "]),
        ([row(1, callback_url="https://a.example/?key=b")], ["row 1: callback_url has the key 'b', and the ledger's"]),
        ([[1]], ["row 1: it must be an object"]),
    ],
)
def test_every_row_is_checked_before_the_first_is_sent(
    evolink: Run, server: Server, rows: list[Any], problems: list[str]
) -> None:
    code, out, err = evolink("run", write(*rows))
    assert (code, out, server.bodies, Path("out").exists()) == (3, "", [], False)
    for problem in problems:
        assert problem in err
    assert err.startswith("evolink: the batch was not sent:\n")


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.txt", b"", "must end with .jsonl, .csv or .yaml"),
        ("a.jsonl", b"", "has no rows"),
        ("a.jsonl", b'{"a": 1}\n{', "line 2 is not JSON"),
        ("a.jsonl", b"\xff\xfe", "is not text in UTF-8"),
        ("a.csv", b"a,a\n1,2\n", "two columns have the same name"),
        ("a.csv", b"a,b\n1,2,3\n", "line 2 has more cells than the first line"),
        ("a.csv", b'a,b\n"1,2\n', "unexpected end of data"),
        ("a.yaml", b"a: 1\n", "it must be a list of requests"),
        ("a.yaml", b"a: [\n", "line 2"),
        ("missing.csv", None, "No such file"),
    ],
)
def test_file_that_has_no_rows_is_refused(evolink: Run, name: str, content: bytes | None, reason: str) -> None:
    if content is not None:
        Path(name).write_bytes(content)
    code, out, err = evolink("run", name)
    assert (code, out) == (2, "")
    assert reason in err
    assert err.count("\n") == 1


def test_many_wrong_rows_are_not_all_listed(evolink: Run) -> None:
    _, _, err = evolink("run", write(*(row(number, image_urls=[]) for number in range(30))))
    assert (err.count("\n"), "10 more: see the rows above first" in err) == (22, True)


# --- runs


def test_dry_run_prints_estimates_and_needs_neither_key_nor_server(
    evolink: Run, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EVOLINK_API_KEY")
    monkeypatch.setenv("EVOLINK_BASE_URL", "http://127.0.0.1:9")
    file = write(row(1), row(2, duration=10))
    code, out, err = evolink("run", file, "--dry-run")
    assert (code, err, server.bodies, Path("out").exists()) == (0, "", [], False)
    assert out.splitlines() == [
        "1\torder-1\tfilm 1\t25.5\t",
        "2\torder-2\tfilm 2\t51\t",
        "total: 76.5 credits at most; nothing was sent",
    ]
    document = json.loads(evolink("run", file, "--dry-run", "--json")[1])["batch"]
    assert (document["max_credits"], [each["estimate"]["credits"] for each in document["rows"]]) == (76.5, [25.5, 51.0])


def test_results_land_under_their_names_and_a_second_run_sends_nothing(evolink: Run, server: Server) -> None:
    for name in ("a.png", "b.png", "c.png"):
        Path(name).write_bytes(PIXEL + (b"\0" if name == "c.png" else b""))
    file = write(
        row(1, image_urls=["a.png"]), row(2, image_urls=["b.png"]), row(3, image_urls=["c.png"]), row(4, name="Müller")
    )
    code, out, err = evolink("run", file)
    assert (code, server.uploads) == (0, 2)  # once per content
    assert sorted(server.prompts) == ["1", "2", "3", "4"]
    results = {path.name: path.read_bytes() for path in Path("out").glob("*.mp4")}
    assert set(results) == {"film 1.mp4", "film 2.mp4", "film 3.mp4", "Müller.mp4"}
    assert all(content.startswith(HEAD) for content in results.values())
    assert [line.split("\t")[:3] for line in out.splitlines()] == [
        [str(number), f"order-{number}", "completed"] for number in range(1, 5)
    ]
    manifest = [json.loads(line) for line in Path("out/manifest.jsonl").read_text(encoding="utf-8").splitlines()]
    for line in manifest:
        assert results[line["files"][0]].endswith(f"{line['task_id']}.mp4".encode())
    assert [(line["row"], line["key"], line["files"]) for line in manifest][:1] == [(1, "order-1", ["film 1.mp4"])]
    assert "evolink: 4 completed; 20 credits; see out/manifest.jsonl" in err
    code, out, _ = evolink("run", file, "--json")
    assert (code, len(server.prompts), json.loads(out)["batch"]["counts"]) == (0, 4, {"completed": 4})
    Path("out/film 1.mp4").unlink()  # a file that is gone is saved again
    assert evolink("run", file)[0] == 0
    assert Path("out/film 1.mp4").read_bytes() == results["film 1.mp4"]


def test_warning_about_many_rows_is_written_once_with_their_number(evolink: Run, server: Server) -> None:
    longest = limit(MODEL, "prompt", "maxLength")
    file = write(*(row(number, prompt="x" * (longest + number)) for number in (1, 2, 3)), row(4))
    code, _, err = evolink("run", file, "--concurrency", "1")
    warnings = [line for line in err.splitlines() if line.startswith("evolink: warning: ")]
    assert (code, len(warnings), len(server.bodies)) == (0, 1, 4)
    assert warnings[0].startswith(f"evolink: warning: prompt: must have at most {longest} characters")
    assert warnings[0].endswith(" (and 2 more like it)")


def test_file_of_somebody_else_is_not_overwritten(evolink: Run) -> None:
    Path("out").mkdir()
    Path("out/film 1.mp4").write_text("mine")
    code, out, _ = evolink("run", write(row(1), row(2)))
    assert (code, Path("out/film 1.mp4").read_text()) == (1, "mine")
    assert "holds another file, which was not changed" in out.splitlines()[0]
    assert statuses() == {"order-1": "completed", "order-2": "completed"}


def test_ledger_knows_a_row_as_the_request_that_it_is(evolink: Run, server: Server) -> None:
    request = row(1, callback_url="https://a.example/")
    assert evolink("run", write(request))[0] == 0
    assert server.bodies[0]["callback_url"] == "https://a.example/?key=order-1"
    body = {name: value for name, value in request.items() if name not in {"key", "name"}}
    with EvoLink() as api, Ledger("sqlite:///out/evolink.db") as ledger:
        assert ledger.submit(api, body, key="order-1").status == "completed"
    assert len(server.bodies) == 1


def test_key_that_has_another_request_in_the_ledger_stops_the_batch_before_it_begins(
    evolink: Run, server: Server
) -> None:
    evolink("run", write(row(1)))
    code, _, err = evolink("run", write(row(1, prompt="other"), row(2)))
    assert (code, server.prompts) == (2, ["1"])
    assert "'order-1' of row 1 belongs to another request in the ledger" in err


def test_no_more_jobs_are_in_progress_than_asked_for(evolink: Run, server: Server) -> None:
    assert evolink("run", write(*map(row, range(6))), "--concurrency", "2")[0] == 0
    assert server.most == 2


def test_failed_jobs_are_submitted_again_only_where_it_can_help(evolink: Run, server: Server) -> None:
    policy, passing = ({"status": "failed", "error": {"code": code, "message": "No"}} for code in
                       ("content_policy_violation", "service_unavailable"))  # fmt: skip
    server.ends = {"1": policy, "2": passing}
    file = write(row(1), row(2), row(3))
    code, out, _ = evolink("run", file)
    assert (code, [line.split("\t")[2] for line in out.splitlines()]) == (1, ["failed", "failed", "completed"])
    assert evolink("run", file)[0] == 1
    assert len(server.prompts) == 3
    server.ends = {"1": policy}
    assert evolink("run", file, "--retry-failed")[0] == 1
    assert sorted(server.prompts) == ["1", "2", "2", "3"]
    server.ends = {}
    assert evolink("retry", "order-1")[:2] == (0, "order-1: planned\n")
    assert evolink("run", file)[0] == 0
    with Ledger("sqlite:///out/evolink.db") as ledger:
        assert [len(job.other_task_ids) for job in ledger.jobs()] == [1, 1, 0]


def test_402_pauses_the_batch_and_the_same_command_goes_on(evolink: Run, server: Server) -> None:
    server.answers = [200, 402]
    file = write(*map(row, range(5)))
    code, _, err = evolink("run", file, "--concurrency", "1")
    assert (code, server.prompts) == (5, ["0", "1"])
    assert "no more requests were sent" in err
    assert "run evolink credits" in err or "credits" in err
    assert "run the same command again to go on" in err
    assert evolink("run", file)[0] == 0
    assert sorted(server.prompts) == ["0", "1", "1", "2", "3", "4"]


def test_429_slows_all_submissions_down_and_loses_none(evolink: Run, server: Server) -> None:
    server.answers = [200, 429, 200]
    code, _, _ = evolink("run", write(*map(row, range(3))), "--concurrency", "1", "--rate", "500")
    assert (code, server.prompts) == (0, ["0", "1", "1", "2"])


def test_wrong_key_stops_the_batch_at_once(evolink: Run, server: Server) -> None:
    server.answers = [401] * 5
    code, _, err = evolink("run", write(*map(row, range(5))), "--concurrency", "1")
    assert (code, len(server.prompts)) == (3, 1)
    assert "Check the API key" in err


def test_limit_on_credits_stops_before_it_and_finishes_what_runs(evolink: Run, server: Server) -> None:
    file = write(*map(row, range(3)))
    code, _, err = evolink("run", file, "--concurrency", "1", "--max-credits", "31")
    assert (code, server.prompts) == (3, ["0", "1"])  # 5 credits are reserved for each, and 25.5 estimated for the next
    assert "all jobs of the ledger together may then cost 35.5 credits; the limit is 31" in err
    assert statuses() == {"order-0": "completed", "order-1": "completed", "order-2": "planned"}
    undocumented = row(4, model="wan2.6-text-to-video", image_urls=None)
    del undocumented["image_urls"]
    assert evolink("run", file, "--max-credits", "-1")[0] == 2


def test_lost_response_is_reported_and_resolved_by_hand(evolink: Run, server: Server) -> None:
    server.answers = [0, 0]
    file = write(row(1), row(2), row(3))
    code, out, _ = evolink("run", file, "--concurrency", "1")
    assert (code, [line.split("\t")[2] for line in out.splitlines()]) == (4, ["unknown", "unknown", "completed"])
    assert "evolink batch resolve" in out
    assert evolink("resolve", "order-1", "--lost")[:2] == (0, "order-1: lost\n")
    assert evolink("resolve", "order-2", "--task-id", "task-unified-1-00000003")[0] == 2  # belongs to order-3
    assert evolink("resolve", "order-2")[0] == 2
    assert evolink("run", file)[0] == 4
    assert server.prompts == ["1", "2", "3", "1"]
    assert evolink("status")[1].splitlines()[:2] == ["completed\t2", "unknown\t1"]


def test_with_idempotency_keys_a_lost_response_is_no_trouble(evolink: Run, server: Server) -> None:
    server.answers = [0]
    assert evolink("run", write(row(1)), "--idempotency-keys")[0] == 0
    assert server.prompts == ["1", "1"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_batch_ends_in_order_and_the_same_command_resumes(
    evolink: Run, server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], number: int
) -> None:
    server.ends = {str(each): {"status": "processing"} for each in range(9)}

    def interrupt(count: int) -> None:
        if count == 3:
            threading.Timer(0.05, os.kill, (os.getpid(), number)).start()

    server.before = interrupt
    file = write(*map(row, range(9)))
    monkeypatch.setattr(sys, "argv", ["evolink", "batch", "run", file, "--concurrency", "3"])
    assert main() == 130
    err = capsys.readouterr().err
    assert "interrupted; 3 tasks continue on the server; run the same command again to go on" in err
    assert err.count("\n") == 1
    assert sorted(statuses().values()) == ["planned"] * 6 + ["submitted"] * 3
    server.ends = {}
    assert evolink("run", file)[0] == 0
    assert sorted(server.prompts) == [str(each) for each in range(9)]


def test_jobs_that_wait_can_be_cancelled_while_the_batch_runs(evolink: Run, server: Server, tmp_path: Path) -> None:
    def cancel(count: int) -> None:
        if count == 1:
            with Ledger(f"sqlite:///{tmp_path}/out/evolink.db") as ledger:
                assert ledger.store.cancel_planned() == ["order-1", "order-2"]

    server.before = cancel
    code, out, _ = evolink("run", write(*map(row, range(3))), "--concurrency", "1")
    assert (code, server.prompts) == (1, ["0"])
    assert [line.split("\t")[2] for line in out.splitlines()] == ["completed", "cancelled", "cancelled"]
    assert evolink("cancel-pending")[:2] == (0, "no job was waiting\n")


def test_status_and_export_work_on_the_ledger_of_a_folder_or_url(evolink: Run, server: Server) -> None:
    server.ends = {"2": {"status": "failed", "error": {"code": "content_policy_violation", "message": "No"}}}
    evolink("run", write(row(1), row(2)))
    for place in (("-o", "out"), ("--ledger", "sqlite:///out/evolink.db")):
        code, out, err = evolink("status", *place)
        assert (code, err) == (0, "")
        assert out.splitlines() == [
            "completed\t1",
            "failed\t1",
            "credits\t5 used, 0 running, 0 unknown",
            "failed\torder-2\tNo",
        ]
    assert evolink("export", "jobs.csv")[:2] == (0, "jobs.csv: 2 jobs\n")
    document = json.loads(evolink("status", "--json")[1])["batch"]
    assert (document["counts"], document["spent"]["used"]) == ({"completed": 1, "failed": 1}, 5.0)
    for place in (("-o", "elsewhere"), ("--ledger", "sqlite:///elsewhere.db")):
        assert evolink("status", *place)[0] == 2
        assert not Path("elsewhere.db").exists()


def test_folder_may_have_any_name(evolink: Run) -> None:
    folder = "50% of #1?"
    assert evolink("run", write(row(1)), "-o", folder)[0] == 0
    assert evolink("status", "-o", folder)[1].startswith("completed\t1\n")
    assert (Path(folder) / "film 1.mp4").exists()
    assert (Path(folder) / "evolink.db").exists()


def test_ledger_that_fails_stops_the_batch_with_one_line(evolink: Run) -> None:
    Path("out").mkdir()
    Path("out/evolink.db").write_text("not a ledger " * 1000)
    code, out, err = evolink("run", write(row(1)))
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "is not a ledger; choose another file" in err


# --- workers


def test_workers_run_every_job_once_however_often_it_is_delivered(
    evolink: Run, server: Server, empty_postgresql: str
) -> None:
    for name in ("a.png", "b.png"):
        Path(name).write_bytes(PIXEL)
    file = write(row(1, image_urls=["a.png"]), row(2, image_urls=["b.png"]), row(3))
    place = ("--ledger", empty_postgresql)
    assert evolink("submit", file, *place)[:2] == (0, "3 rows, 3 of them put into the queue\n")
    assert evolink("submit", file, *place)[:2] == (0, "3 rows, 0 of them put into the queue\n")
    with psycopg.connect(empty_postgresql, autocommit=True) as connection:
        # Each job a second time, and one of them in the hands of a worker that has died.
        connection.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status) "
            "SELECT queue_name, task_name, args, status FROM procrastinate_jobs"
        )
        connection.execute(
            "WITH dead AS (INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour') "
            "RETURNING id) UPDATE procrastinate_jobs SET status = 'doing', worker_id = (SELECT id FROM dead) "
            "WHERE id = (SELECT min(id) FROM procrastinate_jobs)"
        )
        code, _, err = evolink("work", *place, "--once")
        assert (code, sorted(server.prompts), server.uploads) == (0, ["1", "2", "3"], 1)
        assert "film 3: completed" in err
        assert {path.name for path in Path("out").iterdir()} == {"film 1.mp4", "film 2.mp4", "film 3.mp4"}
        assert connection.execute("SELECT count(*) FROM procrastinate_jobs").fetchone() == (0,)
    assert evolink("status", *place)[1].startswith("completed\t3\n")


def test_job_that_cannot_be_sent_now_stays_in_the_queue(evolink: Run, server: Server, empty_postgresql: str) -> None:
    place = ("--ledger", empty_postgresql)
    evolink("submit", write(row(1)), *place)
    server.answers = [402]
    assert evolink("work", *place, "--once")[0] == 0
    with psycopg.connect(empty_postgresql) as connection:
        found = connection.execute("SELECT status::text, scheduled_at > now() FROM procrastinate_jobs").fetchall()
    assert (found, server.prompts) == ([("todo", True)], ["1"])


def test_job_stays_in_the_queue_while_the_ledger_cannot_be_used(
    evolink: Run, server: Server, empty_postgresql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = ("--ledger", empty_postgresql)
    evolink("submit", write(row(1), row(2)), *place)
    find = Store.find

    def fail(store: Store, key: str) -> Any:
        if key == "order-1":
            raise LedgerError("the server has too many connections")
        return find(store, key)

    monkeypatch.setattr(Store, "find", fail)
    code, _, err = evolink("work", *place, "--once")
    assert (code, server.prompts) == (0, ["2"])
    assert "order-1: it is tried again in a minute: the server has too many connections" in err
    with psycopg.connect(empty_postgresql) as connection:
        found = connection.execute("SELECT status::text, scheduled_at > now() FROM procrastinate_jobs").fetchall()
    assert found == [("todo", True)]


def test_workers_need_postgresql(evolink: Run) -> None:
    for arguments in (("submit", write(row(1))), ("work",)):
        code, _, err = evolink(*arguments, "--ledger", "sqlite:///jobs.db")
        assert (code, "workers need a ledger in PostgreSQL" in err) == (2, True)
    code, _, err = evolink("work", "--ledger", "postgresql://nobody:hunter2@127.0.0.1:9/db")
    assert code == 1
    assert "hunter2" not in err
