from typing import Literal

KlingO3ImageToVideoAspectRatio = Literal["16:9", "1:1", "9:16"]

KLING_O3_IMAGE_TO_VIDEO_ASPECT_RATIO_VALUES: set[KlingO3ImageToVideoAspectRatio] = {
    "16:9",
    "1:1",
    "9:16",
}


def check_kling_o3_image_to_video_aspect_ratio(
    value: str,
) -> KlingO3ImageToVideoAspectRatio:
    if value in KLING_O3_IMAGE_TO_VIDEO_ASPECT_RATIO_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {KLING_O3_IMAGE_TO_VIDEO_ASPECT_RATIO_VALUES!r}"
    )
