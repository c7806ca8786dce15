from typing import Literal

Seedance20TextToVideoQuality = Literal["1080p", "480p", "4k", "720p"]

SEEDANCE_20_TEXT_TO_VIDEO_QUALITY_VALUES: set[Seedance20TextToVideoQuality] = {
    "1080p",
    "480p",
    "4k",
    "720p",
}


def check_seedance_20_text_to_video_quality(value: str) -> Seedance20TextToVideoQuality:
    if value in SEEDANCE_20_TEXT_TO_VIDEO_QUALITY_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {SEEDANCE_20_TEXT_TO_VIDEO_QUALITY_VALUES!r}"
    )
