from typing import Literal

CreatedTaskObject = Literal["video.generation.task"]

CREATED_TASK_OBJECT_VALUES: set[CreatedTaskObject] = {
    "video.generation.task",
}


def check_created_task_object(value: str) -> CreatedTaskObject:
    if value in CREATED_TASK_OBJECT_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {CREATED_TASK_OBJECT_VALUES!r}"
    )
