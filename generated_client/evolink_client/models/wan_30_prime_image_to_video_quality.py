from typing import Literal

Wan30PrimeImageToVideoQuality = Literal["1080p", "480p", "720p"]

WAN_30_PRIME_IMAGE_TO_VIDEO_QUALITY_VALUES: set[Wan30PrimeImageToVideoQuality] = {
    "1080p",
    "480p",
    "720p",
}


def check_wan_30_prime_image_to_video_quality(
    value: str,
) -> Wan30PrimeImageToVideoQuality:
    if value in WAN_30_PRIME_IMAGE_TO_VIDEO_QUALITY_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {WAN_30_PRIME_IMAGE_TO_VIDEO_QUALITY_VALUES!r}"
    )
