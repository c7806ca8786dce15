from typing import Literal

Seedance25TextToVideoQuality = Literal["1080p", "480p", "720p"]

SEEDANCE_25_TEXT_TO_VIDEO_QUALITY_VALUES: set[Seedance25TextToVideoQuality] = {
    "1080p",
    "480p",
    "720p",
}


def check_seedance_25_text_to_video_quality(value: str) -> Seedance25TextToVideoQuality:
    if value in SEEDANCE_25_TEXT_TO_VIDEO_QUALITY_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {SEEDANCE_25_TEXT_TO_VIDEO_QUALITY_VALUES!r}"
    )
