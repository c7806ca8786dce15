from typing import Literal

Happyhorse10TextToVideoQuality = Literal["1080p", "720p"]

HAPPYHORSE_10_TEXT_TO_VIDEO_QUALITY_VALUES: set[Happyhorse10TextToVideoQuality] = {
    "1080p",
    "720p",
}


def check_happyhorse_10_text_to_video_quality(
    value: str,
) -> Happyhorse10TextToVideoQuality:
    if value in HAPPYHORSE_10_TEXT_TO_VIDEO_QUALITY_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {HAPPYHORSE_10_TEXT_TO_VIDEO_QUALITY_VALUES!r}"
    )
