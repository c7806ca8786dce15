from typing import Literal

Wan30PrimeTextToVideoAspectRatio = Literal[
    "16:9", "1:1", "3:4", "4:3", "9:16", "adaptive"
]

WAN_30_PRIME_TEXT_TO_VIDEO_ASPECT_RATIO_VALUES: set[
    Wan30PrimeTextToVideoAspectRatio
] = {
    "16:9",
    "1:1",
    "3:4",
    "4:3",
    "9:16",
    "adaptive",
}


def check_wan_30_prime_text_to_video_aspect_ratio(
    value: str,
) -> Wan30PrimeTextToVideoAspectRatio:
    if value in WAN_30_PRIME_TEXT_TO_VIDEO_ASPECT_RATIO_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {WAN_30_PRIME_TEXT_TO_VIDEO_ASPECT_RATIO_VALUES!r}"
    )
