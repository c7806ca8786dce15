from typing import Literal

Seedance25VideoEditDuration = Literal[-1]

SEEDANCE_25_VIDEO_EDIT_DURATION_VALUES: set[Seedance25VideoEditDuration] = {
    -1,
}


def check_seedance_25_video_edit_duration(value: int) -> Seedance25VideoEditDuration:
    if value in SEEDANCE_25_VIDEO_EDIT_DURATION_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {SEEDANCE_25_VIDEO_EDIT_DURATION_VALUES!r}"
    )
