"""Starts the mock with the first `evolink_client` on the path, creates a task, and ends.

python mock_start.py BODY
"""

from __future__ import annotations

import json
import sys

import httpx

from evolink_mock import MockServer


def main(body: str) -> None:
    """Send a create to a mock."""
    with MockServer() as mock:
        headers = {"authorization": f"Bearer {mock.api_key}"}
        httpx.post(f"{mock.url}/v1/videos/generations", json=json.loads(body), headers=headers).raise_for_status()


if __name__ == "__main__":
    main(sys.argv[1])
