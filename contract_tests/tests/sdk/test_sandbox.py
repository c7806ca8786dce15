"""The helper process for untrusted files, and hostile media that it keeps from taking memory and time."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import evolink_sandbox
from contract_suite.core.samples import image, video
from evolink_sandbox import LimitError, Limits, call

FUNCTIONS = """
import os, time
kept = []

def text(file, *arguments):
    return [file.read().decode(), *arguments]

def process(file):
    return os.getpid()

def environment(file):
    return dict(os.environ)

def allocate(file, megabytes):
    return len(bytearray(megabytes << 20))

def sleep(file):
    time.sleep(60)

def crash(file):
    os.abort()

def fail(file):
    raise KeyError("x")
"""


@pytest.fixture
def functions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A module that helpers can import, and helpers of its own."""
    (tmp_path / "sandboxed_functions.py").write_text(FUNCTIONS, encoding="utf-8")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setattr(evolink_sandbox, "_pool", evolink_sandbox.Pool())
    namespace = ModuleType("sandboxed_functions")
    exec(FUNCTIONS, namespace.__dict__)
    yield namespace
    pool().close()


def pool() -> Any:
    return getattr(evolink_sandbox, "_pool")  # noqa: B009 - private


def test_result_comes_from_one_helper_that_is_reused(functions: Any) -> None:
    first = call(functions.process, None)
    assert first != os.getpid()
    with tempfile.TemporaryFile() as file:
        file.write(b"content")
        file.flush()
        for _ in range(3):
            assert call(functions.text, file, 1, {"a": None}) == ["content", 1, {"a": None}]
    assert call(functions.process, None) == first


@pytest.mark.parametrize(
    ("name", "arguments", "limits", "message"),
    [
        ("allocate", (2000,), Limits(), "within 5 s and 1024 MB of memory"),
        ("allocate", (200,), Limits(megabytes=200), "within 5 s and 200 MB of memory"),
        ("sleep", (), Limits(0.1), "within 0.1 s and 1024 MB of memory"),
        ("crash", (), Limits(), "because it crashes its decoder"),
        ("fail", (), Limits(), "because its reader raised KeyError"),
    ],
)
def test_call_that_exceeds_a_limit_or_fails_ends_alone(
    functions: Any, name: str, arguments: tuple[Any, ...], limits: Limits, message: str
) -> None:
    with pytest.raises(LimitError) as error:
        call(getattr(functions, name), None, *arguments, limits=limits)
    assert str(error.value) == message
    assert call(functions.allocate, None, 100) == 100 << 20


def test_helper_that_was_killed_is_replaced(functions: Any) -> None:
    first = call(functions.process, None)
    os.kill(first, 9)
    while pool().idle[0].process.poll() is None:
        pass
    assert call(functions.process, None) != first


def test_parallel_calls_have_their_own_helpers_and_few_are_kept(functions: Any) -> None:
    results: list[Any] = []
    threads = [threading.Thread(target=lambda: results.append(call(functions.process, None))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 6
    assert len(set(results)) <= evolink_sandbox.MAX_RUNNING
    assert len(pool().idle) <= evolink_sandbox.MAX_IDLE


def test_helper_does_not_know_the_key(functions: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVOLINK_API_KEY", "sk-evo-secret")
    monkeypatch.setenv("PYTHONWARNINGS", "error")
    assert call(functions.environment, None).keys().isdisjoint({"EVOLINK_API_KEY", "PYTHONWARNINGS"})


def test_missing_import_is_an_import_error(functions: Any) -> None:
    with pytest.raises(ImportError, match="no_such_package"):
        call(functions.process, None, imports=("no_such_package",))
    assert call(functions.process, None)


def test_forked_process_has_helpers_of_its_own(functions: Any) -> None:
    ours = call(functions.process, None)
    child = os.fork()
    if not child:
        os._exit(0 if call(functions.process, None) != ours else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert call(functions.process, None) == ours


@pytest.mark.parametrize("change", ["frozen", "executable"])
def test_without_an_interpreter_the_function_runs_here(
    functions: Any, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    if change == "frozen":
        monkeypatch.setattr(sys, "frozen", True, raising=False)
    else:
        monkeypatch.setattr(sys, "executable", "")
    assert call(functions.process, None) == os.getpid()
    assert call(functions.text, io.BytesIO(b"x")) == ["x"]


def test_failure_to_start_a_helper_is_told(functions: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(LimitError, match="no helper process can be started"):
        call(functions.process, None)


# --- hostile media


def many_samples() -> bytes:
    """Return an MP4 of a few kilobytes that claims to have fifty million frames."""
    content, count = bytearray(video()), 50_000_000
    for box, numbers in {b"stsz": (0, 1, count), b"stts": (0, 1, count, 1), b"stsc": (0, 1, 1, count, 1)}.items():
        place = content.index(box) + 4
        content[place : place + 4 * len(numbers)] = b"".join(number.to_bytes(4) for number in numbers)
    return bytes(content)


def many_scans() -> bytes:
    """Return a JPEG of 30 kB that takes seconds to decode."""
    picture = image("JPEG", size=(2000, 2000), progressive=True)
    scan = picture[picture.rindex(b"\xff\xda") : -2]
    return picture[:-2] + scan * 1500 + picture[-2:]


PROGRAM = """
import json, resource, sys, time
import evolink_sandbox
from evolink import media
from evolink_mock.media import decoding
limits = evolink_sandbox.Limits(cpu_seconds=0)
media.CPU_SECONDS = 0
results = []
for path in sys.argv[1:]:
    began = time.process_time()
    results.append(media.probe(path).problem)
    try:
        with open(path, "rb") as file:
            decoding.read_limited(file, limits=limits)
    except decoding.UndecodableError as error:
        results.append(str(error))
evolink_sandbox._pool.close()
helpers = resource.getrusage(resource.RUSAGE_CHILDREN)
with open("/proc/self/status") as status:  # ru_maxrss would include the process that started this one
    own = next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
print(json.dumps([results, [own // 1024, helpers.ru_maxrss // 1024, time.process_time() + helpers.ru_utime]]))
"""


def test_hostile_media_take_bounded_memory_and_time(tmp_path: Path, command_environment: dict[str, str]) -> None:
    paths = [tmp_path / "samples", tmp_path / "scans"]
    for path, make in zip(paths, (many_samples, many_scans), strict=True):
        path.write_bytes(make())
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *map(str, paths)], capture_output=True, env=command_environment, check=True
    )
    [sdk_samples, mock_samples, sdk_scans, mock_scans], [own, helpers, seconds] = json.loads(done.stdout)
    assert (sdk_samples, mock_samples) == ("a damaged mp4: no frame can be decoded", "a damaged mp4")
    assert sdk_scans == mock_scans == "a file in jpeg format that cannot be checked within 0 s and 1024 MB of memory"
    assert own < 200
    assert helpers < 1200
    assert seconds < 10
