from typing import Literal

Wan30ImageToVideoQuality = Literal["1080p", "480p", "720p"]

WAN_30_IMAGE_TO_VIDEO_QUALITY_VALUES: set[Wan30ImageToVideoQuality] = {
    "1080p",
    "480p",
    "720p",
}


def check_wan_30_image_to_video_quality(value: str) -> Wan30ImageToVideoQuality:
    if value in WAN_30_IMAGE_TO_VIDEO_QUALITY_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {WAN_30_IMAGE_TO_VIDEO_QUALITY_VALUES!r}"
    )
