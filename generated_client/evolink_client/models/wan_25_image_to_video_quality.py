from typing import Literal

Wan25ImageToVideoQuality = Literal["1080p", "480p", "720p"]

WAN_25_IMAGE_TO_VIDEO_QUALITY_VALUES: set[Wan25ImageToVideoQuality] = {
    "1080p",
    "480p",
    "720p",
}


def check_wan_25_image_to_video_quality(value: str) -> Wan25ImageToVideoQuality:
    if value in WAN_25_IMAGE_TO_VIDEO_QUALITY_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {WAN_25_IMAGE_TO_VIDEO_QUALITY_VALUES!r}"
    )
