"""Fixtures for all tests: a mock server, clients for it, documented requests, and a watch for the API key."""

from __future__ import annotations

import gc
import json
import logging
import os
import secrets
import shutil
import signal
import ssl
import subprocess
import sys
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import suppress
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import certifi
import httpx
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# Terminals, CI systems and users set these variables, which change what programs print. Some are read at import, so
# they are removed first, for the tests and for all processes that they start.
CALLERS_VARIABLES = {
    "CI",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "COLUMNS",
    "FORCE_COLOR",
    "GITHUB_ACTIONS",
    "LINES",
    "NO_COLOR",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
}
for _name in [name for name in os.environ if name in CALLERS_VARIABLES or name.startswith(("EVOLINK_", "PY_COLORS"))]:
    del os.environ[_name]

import evolink_client  # noqa: E402 - see above
from evolink.errors import EvoLinkError  # noqa: E402
from evolink_client import AuthenticatedClient  # noqa: E402
from evolink_mock import MockServer  # noqa: E402

CONTRACT = Path(evolink_client.__path__[0]) / "openapi.json"
REPOSITORY = Path(__file__).resolve().parents[2]
NOWHERE = "http://127.0.0.1:9/"  # receives all callbacks, so that none goes to a host in a generated request
SPEED = 10_000.0  # a task of 120 s ends within 12 ms
KEY = f"sk-evo-test-{secrets.token_hex(8)}"  # random, so that no other text contains it by accident


class KeyWatch(logging.Handler):
    """Searches logs, errors, files and the output of commands for the API key.

    Attributes:
        finds: the places that contained it.
    """

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.finds: list[str] = []
        self._errors: list[EvoLinkError] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Search a log record, with its traceback."""
        self.look(self.format(record), f"the log {record.name}")

    def look(self, text: object, where: str) -> None:
        """Search text or bytes; `where` describes the place."""
        if (KEY.encode() in text) if isinstance(text, bytes) else (KEY in str(text)):
            self.finds.append(where)

    def raised(self, kind: type[EvoLinkError], *arguments: object, **options: object) -> EvoLinkError:
        """Create an error, and remember it for `look_at_errors`."""
        del options
        error = Exception.__new__(kind, *arguments)
        self._errors.append(error)
        return error

    def look_at_errors(self) -> None:
        """Search every remembered error, as a traceback would print it."""
        for error in self._errors:
            texts = [str(error), repr(error), repr(vars(error)), *getattr(error, "__notes__", ())]
            texts += [str(cause) for cause in (error.__cause__, error.__context__) if cause is not None]
            self.look("\n".join(texts), type(error).__name__)
        self._errors.clear()

    def look_at_files(self, folder: Path) -> None:
        """Search every file in a folder."""
        for path in folder.rglob("*"):
            if path.is_file() and not path.is_symlink():
                self.look(path.read_bytes(), str(path))


@pytest.fixture(scope="session")
def session_key_watch() -> Iterator[KeyWatch]:
    """A watch for the whole session: it receives every log record, every error, and the output of every command."""
    watch = KeyWatch()
    run: Any = subprocess.run  # it has more overloads than a wrapper can declare

    def watched_run(*arguments: Any, **options: Any) -> subprocess.CompletedProcess[Any]:
        done: subprocess.CompletedProcess[Any] = run(*arguments, **options)
        watch.look(done.stdout, "the output of a command")
        watch.look(done.stderr, "the errors of a command")
        return done

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess, "run", watched_run)
        patch.setattr(EvoLinkError, "__new__", watch.raised)
        for name in ("evolink", "evolink_mock", "httpx"):
            logger = logging.getLogger(name)
            patch.setattr(logger, "level", logging.DEBUG)
            logger.addHandler(watch)
        yield watch


@pytest.fixture(autouse=True)
def key_watch(session_key_watch: KeyWatch, request: pytest.FixtureRequest) -> Iterator[KeyWatch]:
    """Fail a test after which a log record, an error, the output of a command or a file contains the API key."""
    folder: Path | None = request.getfixturevalue("tmp_path") if "tmp_path" in request.fixturenames else None
    yield session_key_watch
    session_key_watch.look_at_errors()
    if folder is not None:
        session_key_watch.look_at_files(folder)
    finds, session_key_watch.finds = session_key_watch.finds, []
    if finds:
        pytest.fail(f"the API key is in {', '.join(finds)}", pytrace=False)


def import_own_share(worker: str) -> None:
    """Import, in the second of four workers of pytest-xdist for example, every fourth module from the second on.

    In a fresh clone, pytest compiles each test module and saves the result. Without this function, all workers compile
    the same module at the same time, which takes seven seconds of CPU time in four workers.
    """
    first, count = int(worker.removeprefix("gw")), int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
    folder = Path(__file__).parent
    for path in sorted(folder.rglob("test_*.py"))[first::count]:
        with suppress(Exception):  # the collection imports it again, and reports what is wrong
            import_module(".".join(path.relative_to(folder.parent).with_suffix("").parts))


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Collect the tests without the garbage collector, which then ignores what they consist of.

    This saves each worker three of seven seconds, because all modules and tests live until the end. Later, it looks
    through everything ten times less often than usual, which saves a twentieth of the time.
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    gc.disable()
    try:
        if worker is not None and session.config.args_source is pytest.Config.ArgsSource.TESTPATHS:
            import_own_share(worker)
        return (yield)
    finally:
        gc.enable()
        gc.freeze()
        gc.set_threshold(700, 10, 100)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test that has printed or logged the API key."""
    report = yield
    if report.passed and any(KEY in text for _, text in report.sections):
        report.outcome, report.longrepr = "failed", "the API key was printed or logged"
    return report


def skip_reasons(config: pytest.Config) -> Counter[str]:
    """Count the skipped tests by reason; empty in the workers of pytest-xdist, which report to another process."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    reports: list[Any] = [] if reporter is None else reporter.stats.get("skipped", [])
    return Counter(report.longrepr[2].removeprefix("Skipped: ") for report in reports)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run with skipped tests if the environment variable `FAIL_ON_SKIP` is set, as in the CI workflow."""
    if os.environ.get("FAIL_ON_SKIP") and session.exitstatus == pytest.ExitCode.OK and skip_reasons(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> Generator[None, None, None]:
    """End the output with one line for each reason why tests were skipped; a reason names the fix."""
    yield
    reasons = skip_reasons(config)
    for reason, count in sorted(reasons.items()):
        terminalreporter.write_line(f"skipped {count} test{'' if count == 1 else 's'}: {reason}")
    if reasons and os.environ.get("FAIL_ON_SKIP"):
        terminalreporter.write_line("the run fails, because tests were skipped and FAIL_ON_SKIP is set")


@pytest.fixture(autouse=True, scope="session")
def interruptible() -> None:
    """Make commands that tests start interruptible: a shell in the background makes its children ignore SIGINT."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="session")
def shared_certificates() -> Iterator[None]:
    """Load the usual certificate authorities once in a process: 30 ms, for each of more than a thousand clients.

    With `SSL_CERT_DIR` instead, the many clients that ignore the environment would still load them.
    """
    create: Any = ssl.create_default_context
    public = {"cafile": certifi.where()}
    load_public = cache(partial(create, **public))

    def create_or_share(*arguments: Any, **options: Any) -> ssl.SSLContext:
        is_public = not arguments and options == public
        context: ssl.SSLContext = load_public() if is_public else create(*arguments, **options)
        return context

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl, "create_default_context", create_or_share)
        yield


@pytest.fixture
def anyio_backend() -> str:
    """Run asynchronous tests with asyncio, the only supported event loop."""
    return "asyncio"


@pytest.fixture(scope="session")
def repository() -> Path:
    """The folder of the checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def command_environment() -> dict[str, str]:
    """The environment for commands that tests run: without colours, proxies or settings of the caller."""
    plugins = "-p no:schemathesis -p no:hypothesispytest"  # no test needs these, and pytest starts faster without them
    return {
        "PATH": os.environ["PATH"], "PYTHONUTF8": "1", "NO_COLOR": "1", "COLUMNS": "200", "PYTEST_ADDOPTS": plugins,
    }  # fmt: skip


@pytest.fixture(scope="session")
def suite_environment(command_environment: dict[str, str]) -> dict[str, str]:
    """The same environment with the import path of the tests, for commands that import the tools of this repository."""
    return command_environment | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


@pytest.fixture(scope="session")
def contract() -> dict[str, Any]:
    """The strict contract, as packaged with the installed client."""
    document: dict[str, Any] = json.loads(CONTRACT.read_text(encoding="utf-8"))
    return document


@pytest.fixture(scope="session")
def contract_path() -> str:
    """The path of the strict contract."""
    return str(CONTRACT)


@pytest.fixture(scope="session")
def mock() -> Iterator[MockServer]:
    """A mock server on a free port, whose tasks end almost at once and which all tests share.

    A second costs one credit, so that no test depends on a snapshot of prices.
    """
    with MockServer(api_key=KEY, speed=SPEED, forward_callbacks_to=NOWHERE, prices="none") as server:
        yield server


@pytest.fixture
def http(mock: MockServer) -> Iterator[httpx.Client]:
    """A plain HTTP client with the mock server's key."""
    headers = {"authorization": f"Bearer {mock.api_key}"}
    with httpx.Client(base_url=mock.url, headers=headers, trust_env=False) as client:
        yield client


@pytest.fixture
def client(mock: MockServer) -> Iterator[AuthenticatedClient]:
    """The generated client with the mock server's key."""
    with AuthenticatedClient(base_url=mock.url, token=mock.api_key, httpx_args={"trust_env": False}) as generated:
        yield generated


@pytest.fixture
def image_request() -> dict[str, Any]:
    """The request of the wan2.5-image-to-video page, with the image that its example lacks."""
    return {
        "model": "wan2.5-image-to-video",
        "prompt": "一只猫在弹钢琴",
        "image_urls": ["https://example.com/image1.png"],
    }


@pytest.fixture
def reference_request() -> dict[str, Any]:
    """The request of the wan2.6-reference-video-flash page."""
    return {
        "model": "wan2.6-reference-video-flash",
        "prompt": "A person dancing",
        "video_urls": ["https://help-static-aliyun-doc.aliyuncs.com/file-manage-files/xxx.mp4"],
    }


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A headless Chromium, if one is installed. Not for modules with asynchronous tests: it runs an event loop."""
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")  # the first starts much faster
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        pytest.skip("no Chromium; install it with 'apt-get install chromium-headless-shell'")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - takes a quarter of a second

    options = ["--no-sandbox", "--disable-gpu", "--disable-software-rasterizer", "--disable-quic"]
    options += ["--disable-background-networking"]
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=path, args=options) as browser:
        yield browser
