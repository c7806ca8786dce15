from typing import Literal

Seedance25ReferenceToVideoAspectRatio = Literal[
    "16:9", "1:1", "21:9", "3:4", "4:3", "9:16", "adaptive"
]

SEEDANCE_25_REFERENCE_TO_VIDEO_ASPECT_RATIO_VALUES: set[
    Seedance25ReferenceToVideoAspectRatio
] = {
    "16:9",
    "1:1",
    "21:9",
    "3:4",
    "4:3",
    "9:16",
    "adaptive",
}


def check_seedance_25_reference_to_video_aspect_ratio(
    value: str,
) -> Seedance25ReferenceToVideoAspectRatio:
    if value in SEEDANCE_25_REFERENCE_TO_VIDEO_ASPECT_RATIO_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {SEEDANCE_25_REFERENCE_TO_VIDEO_ASPECT_RATIO_VALUES!r}"
    )
