"""Submits and reads through one client, one after another and all at once, and measures the time of a call.

    python -I -S client_process.py SITE CLIENT SUBMIT_URL READ_URL BODY CLASS

Packages are imported from the folder SITE only. BODY is the request as JSON, and CLASS the generated class for it.
Each line of the input has the numbers of calls after one another and at once, as in [300, 1000]. Each line of the
output has the microseconds per call as JSON.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

KEY = "sk-evo-mock"
CREATE = "/v1/videos/generations"
TASK_ID = "task-unified-1757169743-7cvnl5zw"
READ = f"/v1/tasks/{TASK_ID}"

Body = dict[str, Any]
Calls = dict[str, Callable[[], Any]]
AT_ONCE = "submits at once"
"""The name of a call that returns an awaitable."""
SECONDS = 60.0  # how long a client waits for a free connection


def evolink(submits: str, reads: str, body: Body, class_name: str) -> Calls:
    """Return the calls of this project's SDK."""
    package = importlib.import_module("evolink")
    request = getattr(package, class_name)
    submitting = package.EvoLink(KEY, base_url=submits)
    reading = package.EvoLink(KEY, base_url=reads)
    at_once = package.AsyncEvoLink(KEY, base_url=submits, timeout=SECONDS)
    fields = {name: value for name, value in body.items() if name != "model"}
    return {
        "submit": lambda: submitting.submit(request(**fields)),
        "read": lambda: reading.wait(TASK_ID),
        AT_ONCE: lambda: at_once.submit(request(**fields)),
    }


def httpx(submits: str, reads: str, body: Body, class_name: str) -> Calls:
    """Return the calls of bare httpx."""
    del class_name
    package = importlib.import_module("httpx")
    headers = {"authorization": f"Bearer {KEY}"}
    submitting = package.Client(base_url=submits, headers=headers)
    reading = package.Client(base_url=reads, headers=headers)
    at_once = package.AsyncClient(base_url=submits, headers=headers, timeout=SECONDS)

    async def submit() -> Any:
        return (await at_once.post(CREATE, json=body)).raise_for_status().json()

    return {
        "submit": lambda: submitting.post(CREATE, json=body).raise_for_status().json(),
        "read": lambda: reading.get(READ).raise_for_status().json(),
        AT_ONCE: submit,
    }


def openai(submits: str, reads: str, body: Body, class_name: str) -> Calls:
    """Return the calls of OpenAI's client."""
    del class_name
    return _generated(importlib.import_module("openai").OpenAI, submits, reads, body)


def runwayml(submits: str, reads: str, body: Body, class_name: str) -> Calls:
    """Return the calls of Runway's client."""
    del class_name
    return _generated(importlib.import_module("runwayml").RunwayML, submits, reads, body)


def _generated(make: Any, submits: str, reads: str, body: Body) -> Calls:
    """Return the calls of a client from the generator that OpenAI and Runway share."""
    submitting, reading = (make(api_key=KEY, base_url=url) for url in (submits, reads))
    return {
        "submit": lambda: submitting.post(CREATE, body=body, cast_to=object),
        "read": lambda: reading.get(READ, cast_to=object),
    }


def cost(calls: Calls, runner: asyncio.Runner, count: int, together: int) -> dict[str, float]:
    """Return the microseconds per call."""
    microseconds: dict[str, float] = {}
    for kind, call in calls.items():
        number = together if kind == AT_ONCE else count
        wall, processor = time.perf_counter(), time.process_time()
        if kind == AT_ONCE:
            runner.run(_at_once(call, number))
        else:
            for _ in range(number):
                call()
        microseconds[f"{kind} CPU"] = (time.process_time() - processor) / number * 1e6
        microseconds[f"{kind} wall"] = (time.perf_counter() - wall) / number * 1e6
    return microseconds


async def _at_once(call: Callable[[], Awaitable[Any]], count: int) -> None:
    await asyncio.gather(*(call() for _ in range(count)))


def main(site: str, client: str, submits: str, reads: str, body: str, class_name: str) -> None:
    """Measure once for each line of the input."""
    sys.path.insert(0, site)
    makers = {"evolink": evolink, "httpx": httpx, "openai": openai, "runwayml": runwayml}
    calls = makers[client](submits, reads, json.loads(body), class_name)
    with asyncio.Runner() as runner:
        for line in sys.stdin:
            sys.stdout.write(json.dumps(cost(calls, runner, *json.loads(line))) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
