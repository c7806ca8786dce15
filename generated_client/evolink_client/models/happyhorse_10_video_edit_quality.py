from typing import Literal

Happyhorse10VideoEditQuality = Literal["1080p", "720p"]

HAPPYHORSE_10_VIDEO_EDIT_QUALITY_VALUES: set[Happyhorse10VideoEditQuality] = {
    "1080p",
    "720p",
}


def check_happyhorse_10_video_edit_quality(value: str) -> Happyhorse10VideoEditQuality:
    if value in HAPPYHORSE_10_VIDEO_EDIT_QUALITY_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {HAPPYHORSE_10_VIDEO_EDIT_QUALITY_VALUES!r}"
    )
