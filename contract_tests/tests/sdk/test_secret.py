"""The API key is found in every spelling, and what a server repeats of it reaches no object, error or traceback."""

from __future__ import annotations

import json
import pickle
import random
import socket
import threading
import traceback
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from time import process_time

import pytest

from evolink import EvoLink, EvoLinkError, RequestError, TaskFailed
from evolink._secret import Secret
from tests.raw_http import read_request

SECRET = "sk-evo-a-secret/key+0123456789"
TASK = "task-unified-1757169743-7cvnl5zw"
SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": lambda one: one,
    "percent": lambda one: f"%{ord(one):02x}",
    "percent in upper case": lambda one: f"%{ord(one):02X}",
    "percent twice": lambda one: f"%25{ord(one):02x}",
    "JSON": lambda one: f"\\u{ord(one):04x}",
    "JSON in upper case": lambda one: f"\\u{ord(one):04X}",
    "JSON in JSON": lambda one: json.dumps(f"\\u{ord(one):04x}")[1:-1],
    "percent in JSON": lambda one: "".join(f"\\u{ord(each):04x}" for each in f"%{ord(one):02x}"),
    "HTML": lambda one: f"&#{ord(one)};",
    "HTML in hexadecimal": lambda one: f"&#x{ord(one):X};",
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_key_is_found_in_every_spelling(spelling: str) -> None:
    text = "".join(map(SPELLINGS[spelling], SECRET))
    assert Secret(SECRET).redact(f"before {text} after") == "before *** after"
    assert Secret(SECRET).redact_bytes(f"é {text}".encode()) == "é ***".encode()


def test_key_is_found_with_another_spelling_for_each_character() -> None:
    choose = random.Random(1)
    secret = Secret(SECRET)
    for _ in range(50):
        text = "".join(choose.choice(list(SPELLINGS.values()))(one) for one in SECRET)
        assert secret.redact(text) == "***"


@pytest.mark.parametrize("text", ["\\", "%25", "%", "\\u0025", "sk-evo-%", SECRET[:-1] + "%"])
def test_search_for_the_key_takes_no_longer_for_a_hostile_text(text: str) -> None:
    secret = Secret(SECRET)
    secret.redact("%")  # compiles the pattern
    hostile, began = text * (120_000 // len(text)), process_time()
    assert secret.redact(hostile) == hostile
    assert process_time() - began < 2


@contextmanager
def answering(*replies: bytes) -> Generator[EvoLink]:
    """Serve each reply on a connection of its own."""

    def serve() -> None:
        for reply in replies:
            with suppress(OSError):
                connection, _ = listening.accept()
                with connection:
                    read_request(connection)
                    connection.sendall(reply)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with EvoLink(SECRET, base_url=url, files_base_url=url, max_retries=0, timeout=5) as api:
            yield api
        thread.join(5)


def ok(body: str) -> bytes:
    head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n"
    return f"{head}content-length: {len(body)}\r\n\r\n{body}".encode()


def texts(error: BaseException) -> list[str]:
    return ["".join(traceback.format_exception(error)), str(error), repr(error), repr(vars(error)), repr(error.args)]


@pytest.mark.parametrize("spelling", ["JSON", "percent", "percent in JSON"])
def test_failed_task_has_no_key_however_the_server_spells_it(spelling: str) -> None:
    echo = "".join(map(SPELLINGS[spelling], SECRET))
    error = f'{{"code": "generation_failed_unexpectedly", "message": "no {echo}", "{echo}": ["{echo}"]}}'
    body = f'{{"id": "{TASK}", "status": "failed", "progress": 0, "model": "{echo}", "error": {error}}}'
    with answering(ok(body)) as api, pytest.raises(TaskFailed) as caught:
        api.wait(TASK)
    task = caught.value.task
    again = pickle.loads(pickle.dumps(caught.value))
    shown = [*texts(caught.value), *texts(again), json.dumps(task.to_dict()), repr(task)]
    assert [text for text in shown if SECRET in text or echo in text] == []
    assert task.to_dict()["model"] == "***"
    assert SECRET.encode() not in pickle.dumps(caught.value)


@pytest.mark.parametrize(
    "reply",
    [
        f"HTTP/9.9 {SECRET}\r\n\r\n".encode(),
        f"{SECRET}\r\n\r\n".encode(),
        f"HTTP/1.1 200 OK\r\n{SECRET}\r\n\r\n".encode(),
        f"HTTP/1.1 200 OK\r\ncontent-length: {SECRET}\r\n\r\n".encode(),
        f"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{SECRET}\r\n".encode(),
        f"HTTP/1.1 302 Found\r\nlocation: /%73{SECRET[1:]}\r\ncontent-length: 0\r\n\r\n".encode(),
    ],
    ids=range(6),
)
def test_broken_response_with_the_key_leaves_it_in_no_traceback(reply: bytes) -> None:
    with answering(reply) as api, pytest.raises(RequestError) as caught:
        api.task(TASK)
    causes: list[BaseException | None] = [caught.value]
    while causes[-1] is not None:
        causes.append(causes[-1].__cause__ or causes[-1].__context__)
    shown = [text for error in causes if error is not None for text in texts(error)]
    assert [text for text in shown if SECRET[1:] in text] == []


def test_uploaded_file_has_no_key_that_the_server_repeats() -> None:
    data = {"file_url": f"https://files.example/{SECRET}", "file_id": SECRET, "file_name": f"%73{SECRET[1:]}"}
    with answering(ok(json.dumps({"success": True, "code": 200, "msg": SECRET, "data": data}))) as api:
        try:
            shown = json.dumps(api.upload("https://example.com/a.png").to_dict())
        except EvoLinkError as error:
            shown = " ".join(texts(error))
    assert SECRET[1:] not in shown
