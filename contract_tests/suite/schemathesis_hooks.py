"""What schemathesis loads: the key, and a check that writes down every exchange and queries new tasks at once.

Its own checks for use after deletion and for resource availability can never fire on this API, because the path that
creates tasks is no prefix of the path that queries them. The exchanges written down here are judged by the rules on
tasks instead.
"""

from __future__ import annotations

import base64
import json
import os
from typing import Any, cast
from urllib.parse import quote

import requests
import schemathesis
from schemathesis.auths import AuthContext
from schemathesis.checks import CheckContext

KEY = "EVOLINK_CONTRACT_KEY"
RECORD = "EVOLINK_CONTRACT_RECORD"

_SESSION = requests.Session()
_SESSION.trust_env = False


class Bearer:
    """Gives every request the key of the target."""

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
    """Write down an exchange and, after a create, the first query of the new task."""
    del ctx
    _record(case.operation.definition.raw["operationId"], response.request, response)
    if case.method.upper() != "POST" or response.status_code != 200:
        return
    try:
        task_id = json.loads(response.content)["id"]
    except (ValueError, KeyError, TypeError):
        return
    if isinstance(task_id, str) and case.operation.base_url:
        url = f"{case.operation.base_url}/v1/tasks/{quote(task_id, safe='')}"
        headers = {"Authorization": f"Bearer {os.environ[KEY]}"}
        answer = _SESSION.get(url, headers=headers, timeout=30, allow_redirects=False)
        _record("get_task", answer.request, answer)


def _record(operation: str, request: Any, response: Any) -> None:
    body = request.body.encode() if isinstance(request.body, str) else request.body
    line = {
        "operation": operation,
        "method": request.method,
        "url": request.url,
        "content_type": request.headers.get("content-type"),
        "authorized": request.headers.get("authorization") == f"Bearer {os.environ[KEY]}",
        "body": base64.b64encode(body).decode() if isinstance(body, bytes) else None,
        "status": response.status_code,
        "headers": {
            name: value if isinstance(value, str) else ", ".join(value) for name, value in response.headers.items()
        },
        "content": base64.b64encode(response.content or b"").decode(),
    }
    with open(os.environ[RECORD], "a", encoding="utf-8") as file:  # noqa: PTH123
        file.write(json.dumps(line) + "\n")
