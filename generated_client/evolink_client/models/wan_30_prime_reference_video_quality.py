from typing import Literal

Wan30PrimeReferenceVideoQuality = Literal["1080p", "480p", "720p"]

WAN_30_PRIME_REFERENCE_VIDEO_QUALITY_VALUES: set[Wan30PrimeReferenceVideoQuality] = {
    "1080p",
    "480p",
    "720p",
}


def check_wan_30_prime_reference_video_quality(
    value: str,
) -> Wan30PrimeReferenceVideoQuality:
    if value in WAN_30_PRIME_REFERENCE_VIDEO_QUALITY_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {WAN_30_PRIME_REFERENCE_VIDEO_QUALITY_VALUES!r}"
    )
