from typing import Literal

Wan25TextToVideoDuration = Literal[5, 10]

WAN_25_TEXT_TO_VIDEO_DURATION_VALUES: set[Wan25TextToVideoDuration] = {
    5,
    10,
}


def check_wan_25_text_to_video_duration(value: int) -> Wan25TextToVideoDuration:
    if value in WAN_25_TEXT_TO_VIDEO_DURATION_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {WAN_25_TEXT_TO_VIDEO_DURATION_VALUES!r}"
    )
