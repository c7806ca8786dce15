from typing import Literal

Wan30TextToVideoQuality = Literal["1080p", "480p", "720p"]

WAN_30_TEXT_TO_VIDEO_QUALITY_VALUES: set[Wan30TextToVideoQuality] = {
    "1080p",
    "480p",
    "720p",
}


def check_wan_30_text_to_video_quality(value: str) -> Wan30TextToVideoQuality:
    if value in WAN_30_TEXT_TO_VIDEO_QUALITY_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {WAN_30_TEXT_TO_VIDEO_QUALITY_VALUES!r}"
    )
