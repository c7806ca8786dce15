from typing import Literal

Wan26TextToVideoQuality = Literal["1080p", "720p"]

WAN_26_TEXT_TO_VIDEO_QUALITY_VALUES: set[Wan26TextToVideoQuality] = {
    "1080p",
    "720p",
}


def check_wan_26_text_to_video_quality(value: str) -> Wan26TextToVideoQuality:
    if value in WAN_26_TEXT_TO_VIDEO_QUALITY_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {WAN_26_TEXT_TO_VIDEO_QUALITY_VALUES!r}"
    )
