"""Hooks for schemathesis: authentication, and a check that records every exchange and queries each new task at once.

Schemathesis has checks for use after deletion and for resource availability. They never run on this API, because the
path that creates tasks is not a prefix of the path that queries them. The rules on tasks judge the recorded exchanges
instead.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import requests
import schemathesis
from schemathesis.auths import AuthContext
from schemathesis.checks import CheckContext

from contract_suite.checks import bounded_requests
from contract_suite.checks.hook_settings import KEY, RECORD
from evolink._json import parse_json

bounded_requests.install()

_SESSION = requests.Session()
_SESSION.trust_env = False


class Bearer:
    """Adds the key of the target to every request."""

    def get(self, case: Any, ctx: AuthContext) -> str:
        """Return the key."""
        del case, ctx
        return os.environ[KEY]

    def set(self, case: Any, data: str, ctx: AuthContext) -> None:
        """Add the key to a request."""
        del ctx
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {data}"}


cast("Any", schemathesis).auth()(Bearer)  # its types are not filled in


@schemathesis.check
def recorded(ctx: CheckContext, response: schemathesis.Response, case: Any) -> None:
    """Record an exchange and, after a create, the first query of the new task."""
    del ctx
    request = response.request
    body: Any = request.body
    content = body.encode() if isinstance(body, str) else body
    operation = case.operation.definition.raw["operationId"]
    _write(operation, request.method, request.url, request.headers, content, response)
    if response.request.method != "POST" or response.status_code != 200:
        return
    try:
        task_id = parse_json(response.content or b"")["id"]
    except (ValueError, LookupError, TypeError):
        return
    if isinstance(task_id, str) and task_id.isascii():
        url = f"{case.operation.base_url}/v1/tasks/{quote(task_id, safe='')}"
        headers = {"authorization": f"Bearer {os.environ[KEY]}"}
        task = _SESSION.get(url, headers=headers, timeout=30, allow_redirects=False)
        _write("get_task", "GET", url, task.request.headers, None, task)


def _write(
    operation: str, method: str | None, url: str | None, headers: Mapping[str, Any], body: bytes | None, response: Any
) -> None:
    line = {
        "operation": operation,
        "method": method,
        "url": url,
        "content_type": headers.get("content-type"),
        "authorized": headers.get("authorization") == f"Bearer {os.environ[KEY]}",
        "body": None if body is None else base64.b64encode(body).decode(),
        "status": response.status_code,
        "headers": {
            name: value if isinstance(value, str) else ", ".join(value) for name, value in response.headers.items()
        },
        "content": base64.b64encode(response.content or b"").decode(),
    }
    with Path(os.environ[RECORD]).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
