from typing import Literal

Seedance25VideoEditOutputFormat = Literal["mov", "mp4"]

SEEDANCE_25_VIDEO_EDIT_OUTPUT_FORMAT_VALUES: set[Seedance25VideoEditOutputFormat] = {
    "mov",
    "mp4",
}


def check_seedance_25_video_edit_output_format(
    value: str,
) -> Seedance25VideoEditOutputFormat:
    if value in SEEDANCE_25_VIDEO_EDIT_OUTPUT_FORMAT_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {SEEDANCE_25_VIDEO_EDIT_OUTPUT_FORMAT_VALUES!r}"
    )
