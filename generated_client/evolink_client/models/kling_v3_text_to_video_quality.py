from typing import Literal

KlingV3TextToVideoQuality = Literal["1080p", "4k", "720p"]

KLING_V3_TEXT_TO_VIDEO_QUALITY_VALUES: set[KlingV3TextToVideoQuality] = {
    "1080p",
    "4k",
    "720p",
}


def check_kling_v3_text_to_video_quality(value: str) -> KlingV3TextToVideoQuality:
    if value in KLING_V3_TEXT_TO_VIDEO_QUALITY_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {KLING_V3_TEXT_TO_VIDEO_QUALITY_VALUES!r}"
    )
