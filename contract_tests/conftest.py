"""What the tests share: a mock server on a free port, clients for it, and the documented requests."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import evolink_client
from evolink_client import AuthenticatedClient
from evolink_mock import MockServer

CONTRACT = Path(evolink_client.__path__[0]) / "openapi.json"
REPOSITORY = Path(__file__).resolve().parent.parent
NOWHERE = "http://127.0.0.1:9/"  # no test sends callbacks to the hosts that generated requests name
SPEED = 10_000.0  # a task of 120 s ends within 12 ms


@pytest.fixture(autouse=True, scope="session")
def interruptible() -> None:
    """Let commands that tests start be interrupted, even where the tests themselves run in the background."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def anyio_backend() -> str:
    """The one event loop that is supported."""
    return "asyncio"


@pytest.fixture(scope="session")
def repository() -> Path:
    """The folder of the checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def command_environment() -> dict[str, str]:
    """The environment for commands that tests run: no colours, no proxies, no settings from outside."""
    return {"PATH": os.environ["PATH"], "PYTHONUTF8": "1", "NO_COLOR": "1", "COLUMNS": "200"}


@pytest.fixture(scope="session")
def contract() -> dict[str, Any]:
    """The strict contract, as the installed client carries it."""
    document: dict[str, Any] = json.loads(CONTRACT.read_text(encoding="utf-8"))
    return document


@pytest.fixture(scope="session")
def contract_path() -> str:
    """The file that holds the strict contract."""
    return str(CONTRACT)


@pytest.fixture(scope="session")
def mock() -> Iterator[MockServer]:
    """A mock server on a free port whose tasks end almost at once; tests share it as callers share the real one."""
    with MockServer(speed=SPEED, forward_callbacks_to=NOWHERE) as server:
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
    """The request of the wan2.5-image-to-video page, with the image the page forgets."""
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
