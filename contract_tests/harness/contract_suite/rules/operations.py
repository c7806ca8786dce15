"""The operations of the API by the contract's operation ids, and their names in documented rows."""

from __future__ import annotations

CREATE = "create_video_generation"
GET_TASK = "get_task"
GET_CREDITS = "get_credits"
UPLOAD_STREAM = "upload_file_stream"
UPLOAD_BASE64 = "upload_file_base64"
UPLOAD_URL = "upload_file_url"

CREATE_PATH = "/v1/videos/generations"
TASK_PATH = "/v1/tasks/"
UPLOAD_PATH = "/api/v1/files/upload/"

OPERATIONS = {
    CREATE: ("POST", CREATE_PATH),
    GET_TASK: ("GET", f"{TASK_PATH}{{task_id}}"),
    GET_CREDITS: ("GET", "/v1/credits"),
    UPLOAD_STREAM: ("POST", f"{UPLOAD_PATH}stream"),
    UPLOAD_BASE64: ("POST", f"{UPLOAD_PATH}base64"),
    UPLOAD_URL: ("POST", f"{UPLOAD_PATH}url"),
}
"""The method and path of every operation."""

UPLOADS = (UPLOAD_STREAM, UPLOAD_BASE64, UPLOAD_URL)
"""The operations of the file host. All requests of one of them have one schema, as all requests for a model have."""

CALLBACK = "callback"
"""The name of the body of a callback, which is not a response."""

_ROW_NAMES = {
    "create": CREATE,
    "created": CREATE,  # a successful response
    "task": GET_TASK,
    "credits": GET_CREDITS,
    "upload-stream": UPLOAD_STREAM,
    "upload-base64": UPLOAD_BASE64,
    "upload-url": UPLOAD_URL,
}


def response_name(operation: str, status: int) -> str:
    """Return the name of a response: the operation id alone for 200, else the id and the status."""
    return operation if status == 200 else f"{operation} {status}"


def from_row(name: str) -> str:
    """Translate the name of an operation or response in a row, such as `create 401` or `created`."""
    operation, space, status = name.partition(" ")
    return f"{_ROW_NAMES.get(operation, operation)}{space}{status}"
