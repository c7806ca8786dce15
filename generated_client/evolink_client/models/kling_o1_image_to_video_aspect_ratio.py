from typing import Literal

KlingO1ImageToVideoAspectRatio = Literal["16:9", "1:1", "9:16"]

KLING_O1_IMAGE_TO_VIDEO_ASPECT_RATIO_VALUES: set[KlingO1ImageToVideoAspectRatio] = {
    "16:9",
    "1:1",
    "9:16",
}


def check_kling_o1_image_to_video_aspect_ratio(
    value: str,
) -> KlingO1ImageToVideoAspectRatio:
    if value in KLING_O1_IMAGE_TO_VIDEO_ASPECT_RATIO_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {KLING_O1_IMAGE_TO_VIDEO_ASPECT_RATIO_VALUES!r}"
    )
