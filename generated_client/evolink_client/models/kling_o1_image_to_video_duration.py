from typing import Literal

KlingO1ImageToVideoDuration = Literal[5, 10]

KLING_O1_IMAGE_TO_VIDEO_DURATION_VALUES: set[KlingO1ImageToVideoDuration] = {
    5,
    10,
}


def check_kling_o1_image_to_video_duration(value: int) -> KlingO1ImageToVideoDuration:
    if value in KLING_O1_IMAGE_TO_VIDEO_DURATION_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {KLING_O1_IMAGE_TO_VIDEO_DURATION_VALUES!r}"
    )
