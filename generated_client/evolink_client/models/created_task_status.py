from typing import Literal

CreatedTaskStatus = Literal["cancelled", "completed", "failed", "pending", "processing"]

CREATED_TASK_STATUS_VALUES: set[CreatedTaskStatus] = {
    "cancelled",
    "completed",
    "failed",
    "pending",
    "processing",
}


def check_created_task_status(value: str) -> CreatedTaskStatus:
    if value in CREATED_TASK_STATUS_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {CREATED_TASK_STATUS_VALUES!r}"
    )
