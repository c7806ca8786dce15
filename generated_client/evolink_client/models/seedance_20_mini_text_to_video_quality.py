from typing import Literal

Seedance20MiniTextToVideoQuality = Literal["480p", "720p"]

SEEDANCE_20_MINI_TEXT_TO_VIDEO_QUALITY_VALUES: set[Seedance20MiniTextToVideoQuality] = {
    "480p",
    "720p",
}


def check_seedance_20_mini_text_to_video_quality(
    value: str,
) -> Seedance20MiniTextToVideoQuality:
    if value in SEEDANCE_20_MINI_TEXT_TO_VIDEO_QUALITY_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {SEEDANCE_20_MINI_TEXT_TO_VIDEO_QUALITY_VALUES!r}"
    )
