"""The process that sends a request: how the ledger names it, and whether it still runs."""

from __future__ import annotations

import json
import os
import secrets
import socket
from functools import lru_cache
from pathlib import Path
from typing import Any


def identify() -> str:
    """Return a new name for one submission by this process, as JSON. Two calls never return the same."""
    return json.dumps({**_place(), **_process(os.getpid()), "token": secrets.token_hex(8)})


def is_alive(sender: str | None) -> bool | None:
    """Return whether the process of a sender runs; None if that cannot be known, as on another machine."""
    try:
        known: Any = json.loads(sender or "")
        place = {name: known[name] for name in _place()}
        pid, start = int(known["pid"]), str(known["start"])
    except (ValueError, KeyError, TypeError):
        return None
    if place != _place() or not start:
        return None
    current = _start_of(pid)
    return current == start if current else _is_hidden(pid)


@lru_cache(maxsize=1)
def _place() -> dict[str, str]:
    """Name this machine since it was started, and the container: within it, a process id and start are unique."""
    return {
        "host": socket.gethostname(),
        "boot": _read("/proc/sys/kernel/random/boot_id"),
        "container": _link("/proc/self/ns/pid"),
    }


@lru_cache(maxsize=8)
def _process(pid: int) -> dict[str, Any]:
    return {"pid": pid, "start": _start_of(pid)}


def _start_of(pid: int) -> str:
    """Return when a process was started, in ticks since the machine was; empty if it does not run or is unknown."""
    # The name of the program, in parentheses, may contain spaces. A zombie has ended.
    state, _, rest = _read(f"/proc/{pid}/stat").rpartition(")")[2].strip().partition(" ")
    return "" if state in {"", "Z", "X"} else rest.split(" ")[18]


def _is_hidden(pid: int) -> bool | None:
    """Return None if a process may run that /proc does not show, as with the mount option hidepid; else False."""
    try:
        os.kill(pid, 0)
    except PermissionError:
        return None
    except OSError:
        return False
    return False  # a zombie of this user


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""


def _link(path: str) -> str:
    try:
        return str(Path(path).readlink())
    except OSError:
        return ""
