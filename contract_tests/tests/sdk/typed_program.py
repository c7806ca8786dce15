"""A program that uses the SDK correctly. `make check` reports an error if its types say otherwise."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import evolink.callbacks
from evolink import (
    AsyncEvoLink,
    CallbackReceiver,
    CreditsData,
    EvoLink,
    EvoLinkError,
    InvalidRequest,
    SubmissionUnknown,
    Task,
    TaskFailed,
    UploadedFile,
    WaitTimeout,
    Wan25ImageToVideo,
    Wan26ReferenceVideoFlash,
    Wan26ReferenceVideoFlashModelParams,
    given,
)
from evolink_client.api.tasks import get_task


def use() -> tuple[Path, object]:
    with EvoLink(timeout=30, max_retries=0) as api:
        uploaded: UploadedFile = api.upload("a.png")
        request = Wan25ImageToVideo(prompt="x", image_urls=[uploaded.file_url], duration=5)
        try:
            task: Task = api.submit(request, idempotency_key="0123456789abcdef")
            task = api.wait(task, timeout=600, on_update=print)
        except InvalidRequest as error:
            fields: list[str] = [violation.field for violation in error.violations]
            raise SystemExit(fields) from error
        except SubmissionUnknown as error:
            raise SystemExit(error.task_id or "unknown") from error
        except TaskFailed as error:
            raise SystemExit(error.code if error.retry else error.advice) from error
        except WaitTimeout as error:
            task = api.wait(error.task_id)
        ends: list[Task | EvoLinkError] = api.wait_all([task, "task-unified-1-a"], concurrency=2)
        found = ends, get_task.sync(client=api.client, task_id=task.id), api.credits().user
        return api.download(task, "out/"), found


def read(task: Task, credits_left: CreditsData) -> tuple[str, float, str, datetime, float]:
    failure, created = task.failure, given(task.created)
    reason = failure.message if failure is not None else str(created + 1 if created is not None else "")
    moment = task.created_at or datetime.now(UTC)
    return task.links[0], task.credits_used or 0.0, reason, moment, credits_left.remaining or 0.0


async def use_async() -> Task:
    params = Wan26ReferenceVideoFlashModelParams(shot_type="multi")
    async with AsyncEvoLink() as api:
        CallbackReceiver(api, print)
        request = Wan26ReferenceVideoFlash(prompt="x", video_urls=["https://a.example/b.mp4"], model_params=params)
        return await api.generate(request)


def parse(body: bytes) -> str:
    return evolink.callbacks.parse(body).id
