from typing import Literal

TaskErrorType = Literal["task_error"]

TASK_ERROR_TYPE_VALUES: set[TaskErrorType] = {
    "task_error",
}


def check_task_error_type(value: str) -> TaskErrorType:
    if value in TASK_ERROR_TYPE_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {TASK_ERROR_TYPE_VALUES!r}"
    )
