"""The helper process: receives the name of a function and a file, and sends the result back as JSON."""

from __future__ import annotations

import contextlib
import importlib
import json
import math
import os
import random
import resource
import socket
import sys
from typing import IO, Any

# The CPUs that a helper uses. FFmpeg starts a thread for each, whose stack counts as memory.
MAX_CPUS = 4


def serve(descriptor: int) -> None:
    """Run functions for the other end of a socket until that is closed."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if hasattr(os, "sched_setaffinity"):
        cpus = sorted(os.sched_getaffinity(0))
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, random.sample(cpus, min(MAX_CPUS, len(cpus))))
    with socket.socket(fileno=descriptor) as connection:
        while (request := _receive(connection)) is not None:
            job, file = request
            if file is None:
                response = _run(connection, job, None)
            else:
                with file:
                    response = _run(connection, job, file)
            _send(connection, response)


def _receive(connection: socket.socket) -> tuple[dict[str, Any], IO[bytes] | None] | None:
    """Receive a job and its file; returns None if the other end is closed."""
    line, descriptors, _, _ = socket.recv_fds(connection, 65536, 1)
    while line and not line.endswith(b"\n"):
        part = connection.recv(65536)
        if not part:
            return None
        line += part
    if not line:
        return None
    file = None
    if descriptors:
        file = os.fdopen(descriptors[0], "rb")
        file.seek(0)
    return json.loads(line), file


def _send(connection: socket.socket, response: dict[str, Any]) -> None:
    connection.sendall(json.dumps(response).encode() + b"\n")


def _run(connection: socket.socket, job: dict[str, Any], file: IO[bytes] | None) -> dict[str, Any]:
    """Run a function within its limits, which do not count the imports."""
    cpu_seconds, megabytes = job["limits"]
    if job["is_first"]:
        _set_limit(resource.RLIMIT_AS, resource.RLIM_INFINITY)
        _set_limit(resource.RLIMIT_CPU, resource.RLIM_INFINITY)
        try:
            for name in (*job["imports"], job["module"]):
                importlib.import_module(name)
        except ImportError as error:
            return {"missing": str(error)}
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _set_limit(resource.RLIMIT_AS, megabytes << 20)
    _set_limit(resource.RLIMIT_CPU, math.ceil(usage.ru_utime + usage.ru_stime) + cpu_seconds)
    if job["is_first"]:
        _send(connection, {"ready": True})
    function = getattr(sys.modules[job["module"]], job["name"])
    try:
        return {"result": function(file, *job["arguments"])}
    except MemoryError:
        return {"memory": True}
    except Exception as error:  # noqa: BLE001 - the caller reports it
        return {"raised": type(error).__name__}


def _set_limit(kind: int, value: int) -> None:
    hard = resource.getrlimit(kind)[1]
    if hard != resource.RLIM_INFINITY:
        value = hard if value == resource.RLIM_INFINITY else min(value, hard)
    with contextlib.suppress(ValueError, OSError):  # macOS has no limit of memory
        resource.setrlimit(kind, (value, hard))
