from typing import Literal

Wan30PrimeTextToVideoQuality = Literal["1080p", "480p", "720p"]

WAN_30_PRIME_TEXT_TO_VIDEO_QUALITY_VALUES: set[Wan30PrimeTextToVideoQuality] = {
    "1080p",
    "480p",
    "720p",
}


def check_wan_30_prime_text_to_video_quality(
    value: str,
) -> Wan30PrimeTextToVideoQuality:
    if value in WAN_30_PRIME_TEXT_TO_VIDEO_QUALITY_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {WAN_30_PRIME_TEXT_TO_VIDEO_QUALITY_VALUES!r}"
    )
