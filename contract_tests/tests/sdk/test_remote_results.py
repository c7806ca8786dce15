"""Results at a URL: each appears as a whole and under its name, replaces no other file, and shows no password."""

from __future__ import annotations

import asyncio
import errno
import json
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import pytest

from evolink import AsyncEvoLink, CallbackReceiver, ConfigurationError, EvoLink, MissingExtra, TransferError
from evolink.cli.app import run
from evolink.cli.batch.client import BatchClient
from evolink.ledger import AsyncLedger, Ledger
from evolink.ledger._remote import RemoteFolder

fsspec: Any = import_module("fsspec")  # it has no types
LocalFileSystem: Any = import_module("fsspec.implementations.local").LocalFileSystem
MemoryFileSystem: Any = import_module("fsspec.implementations.memory").MemoryFileSystem

KEY = "sk-evo-remote-results-0123456789"
MODEL = "wan2.5-image-to-video"
REQUEST: dict[str, Any] = {"model": MODEL, "prompt": "A cat", "image_urls": ["https://example.com/a.png"]}
FILM = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"
OTHER = FILM[:-1] + b"x"
NAME = "task-unified-1-00000001.mp4"


def respond(request: httpx.Request) -> httpx.Response:
    if request.url.host == "files.invalid":
        return httpx.Response(200, content=FILM)
    done = {"status": "completed", "progress": 100, "results": ["https://files.invalid/a.mp4"]}
    return httpx.Response(200, json={"id": NAME.removesuffix(".mp4"), "model": MODEL, **done})


class Renaming(LocalFileSystem):  # type: ignore[misc] # the parent has no types
    """A file system that shows a file while it is written, and renames; on a disk, but not a local one."""

    protocol = "renaming"
    local_file = False
    before: Callable[[str], Any] = staticmethod(str)
    kept: int | None = None

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return str(LocalFileSystem._strip_protocol(path.removeprefix("renaming://")))  # noqa: SLF001 - its own class

    def put_file(self, path1: str, path2: str, callback: Any = None, **options: Any) -> None:
        del callback, options
        content = Path(path1).read_bytes()
        Path(path2).write_bytes(content[:9])
        type(self).before(path2)
        Path(path2).write_bytes(content[: self.kept])


class ObjectStore(MemoryFileSystem):  # type: ignore[misc] # see above
    """A file system that puts a whole object at once, and can refuse to replace one."""

    protocol = "s3"
    store: dict[str, Any] = {}  # noqa: RUF012 - as in the parent
    pseudo_dirs = [""]  # noqa: RUF012 - as in the parent
    before: Callable[[str], Any] = staticmethod(str)

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return str(MemoryFileSystem._strip_protocol(path.replace("s3://", "memory://")))  # noqa: SLF001 - see above

    def put_file(self, lpath: str, rpath: str, callback: Any = None, mode: str = "overwrite", **options: Any) -> None:
        del callback, options
        type(self).before(rpath)
        if mode == "create" and self.exists(rpath):
            raise FileExistsError
        self.pipe_file(rpath, Path(lpath).read_bytes())


@pytest.fixture(autouse=True)
def file_systems(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Lets fsspec know the file systems of this module."""
    registry = sys.modules["fsspec.registry"].__dict__["_registry"]
    for kind in (Renaming, ObjectStore):
        monkeypatch.setitem(registry, kind.protocol, kind)
    yield
    for memory in (MemoryFileSystem, ObjectStore):
        memory.store.clear()


@pytest.fixture(params=["memory", "s3", "renaming"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a folder that does not exist, on each kind of file system."""
    place = tmp_path if request.param == "renaming" else "bucket"
    return f"{request.param}://{place}/out[1] b"


@pytest.fixture
def save(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Saves the result of a completed job at a URL with `Ledger.download`."""
    with (
        EvoLink(KEY, transport=httpx.MockTransport(respond), max_retries=0) as api,
        Ledger(f"sqlite:///{tmp_path}/jobs.db") as ledger,
    ):
        ledger.submit(api, REQUEST, key="order-1")

        def download(to: str, **options: Any) -> Any:
            saved = ledger.download(api, "order-1", to, **options)
            job = ledger.job("order-1")
            assert job is not None
            assert [str(each) for each in saved] == job.files[-1:]
            return saved

        yield download


def files(url: str) -> dict[str, bytes]:
    """Return the content of every file at a URL, by its name."""
    system, root = fsspec.url_to_fs(url)
    return {path.rpartition("/")[2]: system.cat_file(path) for path in system.find(root)}


def write(url: str, content: bytes) -> None:
    """Write the file of somebody else under the name of the result."""
    system, root = fsspec.url_to_fs(url)
    system.makedirs(root, exist_ok=True)
    system.pipe_file(f"{root}/{NAME}", content)


def test_result_is_saved_at_the_url_and_once(save: Callable[..., Any], url: str) -> None:
    for to in (url, f"{url}/"):
        assert save(to) == [f"{url}/{NAME}"]
    assert save(url, name="a film") == [f"{url}/a film.mp4"]
    assert files(url) == {NAME: FILM, "a film.mp4": FILM}


def test_other_content_is_replaced_only_if_that_is_wanted(save: Callable[..., Any], url: str) -> None:
    for other in (OTHER, b"short"):  # of the same length, and of another one
        write(url, other)
        with pytest.raises(TransferError, match="holds another file, which was not changed"):
            save(url)
        assert files(url) == {NAME: other}
    assert save(url, overwrite=True) == [f"{url}/{NAME}"]
    assert files(url) == {NAME: FILM}
    write(url, b"")  # nobody's result
    save(url)
    assert files(url) == {NAME: FILM}


@pytest.mark.parametrize(("kind", "url"), [(Renaming, "renaming"), (ObjectStore, "s3")], indirect=["url"])
def test_two_programs_at_once_do_not_replace_the_file_of_each_other(
    save: Callable[..., Any], url: str, kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = [OTHER, FILM]  # the second one is that of the same job

    def hurry(_: str) -> None:
        write(url, others[0])

    monkeypatch.setattr(kind, "before", staticmethod(hurry))
    with pytest.raises(TransferError, match="holds another file"):
        save(url)
    assert files(url) == {NAME: OTHER}
    del others[0]
    fsspec.url_to_fs(url)[0].rm_file(f"{fsspec.url_to_fs(url)[1]}/{NAME}")
    assert save(url) == [f"{url}/{NAME}"]
    assert files(url) == {NAME: FILM}


@pytest.mark.parametrize("url", ["renaming"], indirect=True)
@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt(), None])
def test_file_that_has_not_arrived_as_a_whole_never_has_the_name(
    save: Callable[..., Any], url: str, error: BaseException | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[dict[str, bytes]] = []

    def fail(_: str) -> None:
        seen.append(files(url))
        if error is not None:
            raise error

    monkeypatch.setattr(Renaming, "before", staticmethod(fail))
    if error is None:  # a server that keeps less than it was sent
        monkeypatch.setattr(Renaming, "kept", 9)
    with pytest.raises(TransferError if not isinstance(error, KeyboardInterrupt) else KeyboardInterrupt) as raised:
        save(url)
    [(name, content)] = seen[0].items()
    assert (name.endswith(".tmp"), content, files(url)) == (True, FILM[:9], {})
    if isinstance(error, OSError):
        assert str(raised.value) == (
            f"cannot write '{url}/{NAME}': No space left on device; free some space, or choose another disk"
        )


def test_file_url_is_a_local_folder(save: Callable[..., Any], tmp_path: Path) -> None:
    assert save(f"file://{tmp_path}/out") == [tmp_path / "out" / NAME]
    assert (tmp_path / "out" / NAME).read_bytes() == FILM


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("s4://key:hunter2@bucket/x", "fsspec knows no file system 's4'; pass a URL such as s3://bucket/folder"),
        ("sftp://me:hunter2@host/x", "sftp:// needs another package: "),
        ("s3://key:hunt/er2@bucket/x", "the password in the URL of the folder must be percent-encoded; "),
        ("memory://x?token=hunter2", "the URL of the folder for results must not have a query, a fragment or"),
        ("https://me:hunter2@host/x", "results cannot be saved at an http URL; pass one such as s3://bucket/folder"),
        ("memory://", "the folder for results has no valid URL; pass the URL of a folder, such as s3://bucket/folder"),
        ("simplecache::memory://x", "the folder for results has no valid URL; "),
    ],
)
def test_url_that_cannot_be_used_is_refused_without_repeating_its_password(
    save: Callable[..., Any], url: str, expected: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError) as raised:
        save(url)
    assert str(raised.value).startswith(expected)
    assert "hunt" not in str(raised.value)
    with (
        EvoLink(KEY, transport=httpx.MockTransport(respond)) as api,
        Ledger(f"sqlite:///{tmp_path}/jobs.db") as ledger,
        pytest.raises(ConfigurationError),
    ):
        CallbackReceiver(api, ledger=ledger, save_to=url)


def test_password_of_a_url_is_in_no_error_and_in_no_ledger(
    save: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "s3://me:hunter%32@bucket/x"
    assert save(url) == [f"s3://bucket/x/{NAME}"]
    assert repr(RemoteFolder(url)) == "<RemoteFolder s3://bucket/x>"

    def fail(_: str) -> None:
        raise RuntimeError("me:hunter%32 with hunter2 was refused")

    ObjectStore.store.clear()
    monkeypatch.setattr(ObjectStore, "before", staticmethod(fail))
    with pytest.raises(TransferError) as raised:
        save(url)
    assert str(raised.value) == (
        f"cannot write 's3://bucket/x/{NAME}': *** with *** was refused; check the URL, the network, the credentials "
        "and the permissions, then make the same call again"
    )
    assert (raised.value.__cause__, raised.value.__suppress_context__) == (None, True)


def test_download_without_a_ledger_makes_no_folder_of_a_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with EvoLink(KEY, transport=httpx.MockTransport(respond)) as api, pytest.raises(TransferError) as raised:
        api.download(api.submit(REQUEST), "s3://key:hunter2@bucket/x")
    assert str(raised.value) == (
        "cannot write: a URL is not a path; pass a local one. Only ledgers and evolink batch save at URLs"
    )
    assert list(tmp_path.iterdir()) == []


def test_missing_extra_is_named(save: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(MissingExtra) as raised:
        save("memory://x")
    assert raised.value.extra == "remote"


def test_asyncio_and_callbacks_save_at_the_url(tmp_path: Path) -> None:
    async def main() -> list[Any]:
        transport = httpx.MockTransport(respond)
        async with AsyncEvoLink(KEY, transport=transport) as api, AsyncLedger(f"sqlite:///{tmp_path}/a.db") as ledger:
            task = await ledger.submit(api, REQUEST, key="order-1")
            saved = await ledger.download(api, "order-1", "memory://a")
            receiver: Any = CallbackReceiver(api, ledger=ledger, save_to="memory://b")
            await receiver._ledger.hand_over(task, None, None)  # noqa: SLF001 - what a callback leads to
            return saved

    assert asyncio.run(main()) == [f"memory://a/{NAME}"]
    assert (files("memory://a"), files("memory://b")) == ({NAME: FILM}, {NAME: FILM})


# --- evolink batch


@pytest.fixture
def evolink(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Callable[..., tuple[int, str, str]]:
    """Runs `evolink batch run` on a file of two requests, with an API in this process."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVOLINK_API_KEY", KEY)
    sent: list[dict[str, Any]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        response = respond(request)
        if request.url.host == "files.invalid":
            return response
        if request.method == "POST":
            sent.append(json.loads(request.content))
            return httpx.Response(200, json={**response.json(), "id": f"task-unified-1-{len(sent):08d}"})
        return httpx.Response(200, json={**response.json(), "id": request.url.path.rpartition("/")[2]})

    class Api(BatchClient):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **{**options, "transport": httpx.MockTransport(answer)})

    monkeypatch.setattr("evolink.cli.batch.client.BatchClient", Api)
    rows = [{"key": f"order-{number}", "name": f"film {number}", **REQUEST} for number in (1, 2)]
    Path("jobs.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")

    def called(*arguments: str) -> tuple[int, str, str]:
        code = run(["batch", "run", "jobs.jsonl", *arguments])
        out, err = capsys.readouterr()
        assert "hunter2" not in out + err
        return code, out, f"{err}{len(sent)} sent"

    return called


def test_batch_saves_results_and_manifest_at_the_url_and_resumes(evolink: Callable[..., Any]) -> None:
    place = ("-o", "s3://me:hunter2@bucket/x", "--ledger", "sqlite:///jobs.db")
    code, _, err = evolink(*place)
    assert (code, err.splitlines()[-2:]) == (
        0,
        ["evolink: 2 completed; 0 credits; see s3://bucket/x/manifest.jsonl", "2 sent"],
    )
    found = files("s3://me:hunter2@bucket/x")
    manifest = found.pop("manifest.jsonl")
    assert found == {"film 1.mp4": FILM, "film 2.mp4": FILM}
    assert [json.loads(line)["files"] for line in manifest.splitlines()] == [["film 1.mp4"], ["film 2.mp4"]]
    del ObjectStore.store[next(path for path in ObjectStore.store if path.endswith("film 1.mp4"))]
    assert evolink(*place)[2].endswith("2 sent")
    assert files("s3://me:hunter2@bucket/x") == {**found, "manifest.jsonl": manifest}


def test_remote_folder_is_tried_before_the_first_request(
    evolink: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: str) -> None:
        raise PermissionError(errno.EACCES, "Access Denied")

    code, _, err = evolink("-o", "s3://bucket/x")
    assert (code, err.endswith("0 sent")) == (2, True)
    assert "a ledger cannot be in s3://bucket/x; pass --ledger with a database, as in sqlite:///evolink.db" in err
    monkeypatch.setattr(ObjectStore, "before", staticmethod(refuse))
    code, _, err = evolink("-o", "s3://bucket/x", "--ledger", "sqlite:///jobs.db")
    assert (code, err.splitlines()[1]) == (1, "0 sent")
    assert err.startswith("evolink: cannot write 's3://bucket/x/manifest.jsonl': Access Denied; choose a place")
