from typing import Literal

Seedance20MiniImageToVideoAspectRatio = Literal[
    "16:9", "1:1", "21:9", "3:4", "4:3", "9:16", "adaptive"
]

SEEDANCE_20_MINI_IMAGE_TO_VIDEO_ASPECT_RATIO_VALUES: set[
    Seedance20MiniImageToVideoAspectRatio
] = {
    "16:9",
    "1:1",
    "21:9",
    "3:4",
    "4:3",
    "9:16",
    "adaptive",
}


def check_seedance_20_mini_image_to_video_aspect_ratio(
    value: str,
) -> Seedance20MiniImageToVideoAspectRatio:
    if value in SEEDANCE_20_MINI_IMAGE_TO_VIDEO_ASPECT_RATIO_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {SEEDANCE_20_MINI_IMAGE_TO_VIDEO_ASPECT_RATIO_VALUES!r}"
    )
