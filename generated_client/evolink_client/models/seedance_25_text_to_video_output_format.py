from typing import Literal

Seedance25TextToVideoOutputFormat = Literal["mov", "mp4"]

SEEDANCE_25_TEXT_TO_VIDEO_OUTPUT_FORMAT_VALUES: set[
    Seedance25TextToVideoOutputFormat
] = {
    "mov",
    "mp4",
}


def check_seedance_25_text_to_video_output_format(
    value: str,
) -> Seedance25TextToVideoOutputFormat:
    if value in SEEDANCE_25_TEXT_TO_VIDEO_OUTPUT_FORMAT_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {SEEDANCE_25_TEXT_TO_VIDEO_OUTPUT_FORMAT_VALUES!r}"
    )
