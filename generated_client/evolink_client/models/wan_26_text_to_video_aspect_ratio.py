from typing import Literal

Wan26TextToVideoAspectRatio = Literal["16:9", "1:1", "3:4", "4:3", "9:16"]

WAN_26_TEXT_TO_VIDEO_ASPECT_RATIO_VALUES: set[Wan26TextToVideoAspectRatio] = {
    "16:9",
    "1:1",
    "3:4",
    "4:3",
    "9:16",
}


def check_wan_26_text_to_video_aspect_ratio(value: str) -> Wan26TextToVideoAspectRatio:
    if value in WAN_26_TEXT_TO_VIDEO_ASPECT_RATIO_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {WAN_26_TEXT_TO_VIDEO_ASPECT_RATIO_VALUES!r}"
    )
