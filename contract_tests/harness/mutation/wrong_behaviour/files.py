"""Mocks that accept, keep or serve uploaded files wrongly."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response
from starlette.types import Scope

from evolink_mock.domain.file_store import StoredFile
from mutation.behaviour import UPLOADS, Original, changed_response, mutant
from mutation.response_middleware import OutgoingResponse

ADD = "evolink_mock.domain.file_store.FileStore.add"

Body = dict[str, Any]


def changed_body(name: str, *, breaks: str, refused: bool) -> Callable[[Callable[[Body], None]], None]:
    """Declare a mutant that responds wrongly to uploads: to those it refuses, or to those it accepts.

    The decorated function gets the JSON body of a response and changes it in place.
    """

    def declare(change: Callable[[Body], None]) -> None:
        @changed_response(name, breaks=breaks)
        def _(scope: Scope, response: OutgoingResponse) -> None:
            if scope["path"].startswith(UPLOADS) and (response.status >= 400) is refused:
                body: Body = response.json()
                change(body)
                response.set_json(body)

    return declare


@mutant(
    "a form without a file is accepted",
    breaks="files.stream.file.required",
    replaces="evolink_mock.http.handlers.files.MultiPartParser.parse",
)
async def _(original: Original, *args: Any) -> FormData:
    form: FormData = await original(*args)
    if "file" in form:
        return form
    return FormData([*form.multi_items(), ("file", UploadFile(io.BytesIO(b"GIF89a"), filename="a.gif"))])


@mutant("a data URL is refused", breaks="files.base64.data.type", replaces="evolink_mock.http.handlers.files._DATA_URL")
def _(pattern: re.Pattern[str]) -> re.Pattern[str]:
    return re.compile(f"(?!){pattern.pattern}")


@mutant("files have the wrong size", breaks="files.size", replaces=ADD)
async def _(original: Original, *args: Any) -> StoredFile:
    stored: StoredFile = await original(*args)
    return stored._replace(size=stored.size + 1)


@mutant("a link returns other bytes", breaks="files.link", replaces=ADD)
async def _(original: Original, *args: Any) -> StoredFile:
    stored: StoredFile = await original(*args)
    stored.path.write_bytes(stored.path.read_bytes()[::-1])
    return stored


@mutant(
    "a download link lacks the attachment header",
    breaks="files.download",
    replaces="evolink_mock.http.handlers.files.send_file",
)
def _(original: Original, *args: Any) -> Response:
    response: Response = original(*args)
    del response.headers["content-disposition"]
    return response


@mutant(
    "files are kept for a day",
    breaks="files.kept-72-hours",
    replaces="evolink_mock.contract.compiled_contract.Contract.upload_seconds",
)
def _(_: Original, __: object) -> int:
    return 24 * 60 * 60


@mutant(
    "a file that cannot be fetched is too large",
    breaks="files.url.source",
    replaces="evolink_mock.domain.file_store.NOT_FETCHED",
)
def _(_: int) -> int:
    return 40001


@changed_body("times lack the time zone", breaks="files.data.times", refused=False)
def _(body: Body) -> None:
    uploaded = datetime.fromisoformat(body["data"]["upload_time"])
    body["data"]["upload_time"] = uploaded.replace(tzinfo=None).isoformat()


@changed_body("the file host sends the API's error body", breaks="files.error.body", refused=True)
def _(body: Body) -> None:
    body["error"] = {"code": body["code"], "message": body["msg"], "type": "invalid_request_error"}
    body.pop("success")


@changed_body("a refused upload claims success", breaks="files.error.success", refused=True)
def _(body: Body) -> None:
    body["success"] = True
