from typing import Literal

Wan26ReferenceVideoQuality = Literal["1080p", "720p"]

WAN_26_REFERENCE_VIDEO_QUALITY_VALUES: set[Wan26ReferenceVideoQuality] = {
    "1080p",
    "720p",
}


def check_wan_26_reference_video_quality(value: str) -> Wan26ReferenceVideoQuality:
    if value in WAN_26_REFERENCE_VIDEO_QUALITY_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {WAN_26_REFERENCE_VIDEO_QUALITY_VALUES!r}"
    )
