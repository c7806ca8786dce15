"""Makes text from callers and other servers safe to show in one line."""

from __future__ import annotations

import json


def one_line(text: str, limit: int = 200) -> str:
    """Return `text` as printable ASCII with JSON escapes, cut to at most `limit` characters with an ellipsis."""
    line = json.dumps(text[: limit + 1])[1:-1]
    return line if len(line) <= limit else f"{line[: limit - 3]}..."
