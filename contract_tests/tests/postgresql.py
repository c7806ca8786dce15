"""A PostgreSQL server of Debian's packages for tests: in a temporary folder, on a Unix socket only."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

START_SECONDS = 30.0


def programs() -> Path | None:
    """Return the folder with the programs of the newest installed version; None without one that can run here."""
    if os.geteuid() == 0 and not _unprivileged():  # the server refuses to run as root
        return None
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4].split(".")[0]))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).resolve().parent if on_path else None


@contextmanager
def running_server(folder: Path) -> Generator[str]:
    """Run a server of the installed version with its programs in `folder`; yields the URL of an empty database."""
    # Not pytest's temporary folder: the user of the server cannot enter it, and the path of a socket must be short.
    with tempfile.TemporaryDirectory(prefix="evolink-pg-", dir="/tmp", ignore_cleanup_errors=True) as home:
        options = _unprivileged() if os.geteuid() == 0 else {}
        if options:
            os.chown(home, options["user"], options["group"])
        data = f"{home}/data"
        command: list[Any] = [
            folder / "initdb",
            "-D",
            data,
            "-U",
            "postgres",
            "-N",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
        ]
        subprocess.run(command, check=True, capture_output=True, cwd="/", **options)
        settings = (
            "listen_addresses=", f"unix_socket_directories={home}", "max_connections=100",
            # No test is about what PostgreSQL does by itself.
            "fsync=off", "full_page_writes=off", "autovacuum=off", "max_wal_senders=0", "wal_level=minimal",
            "max_logical_replication_workers=0",
        )  # fmt: skip
        server = subprocess.Popen(
            [folder / "postgres", "-D", data, *(part for setting in settings for part in ("-c", setting))],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", **options,
        )  # fmt: skip
        try:
            _await(Path(data) / "postmaster.pid", server)
            yield f"postgresql://postgres@/postgres?host={home}"
        finally:
            server.terminate()
            server.send_signal(3)  # SIGQUIT: end at once, whoever is connected
            server.wait()


def _await(file: Path, server: subprocess.Popen[Any]) -> None:
    """Wait until the server accepts connections, which it writes into a file."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and server.poll() is None:
        if file.exists() and file.read_text(encoding="utf-8").endswith("ready   \n"):
            return
        time.sleep(0.02)
    raise RuntimeError("PostgreSQL has not started")


def _unprivileged() -> dict[str, Any]:
    """Return the arguments for a process of Debian's user `postgres`; empty if there is none."""
    try:
        user = pwd.getpwnam("postgres")
    except KeyError:
        return {}
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
