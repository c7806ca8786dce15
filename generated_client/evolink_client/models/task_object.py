from typing import Literal

TaskObject = Literal[
    "audio.generation.task", "image.generation.task", "video.generation.task"
]

TASK_OBJECT_VALUES: set[TaskObject] = {
    "audio.generation.task",
    "image.generation.task",
    "video.generation.task",
}


def check_task_object(value: str) -> TaskObject:
    if value in TASK_OBJECT_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {TASK_OBJECT_VALUES!r}"
    )
