from typing import Literal

Seedance25VideoExtendAspectRatio = Literal["adaptive"]

SEEDANCE_25_VIDEO_EXTEND_ASPECT_RATIO_VALUES: set[Seedance25VideoExtendAspectRatio] = {
    "adaptive",
}


def check_seedance_25_video_extend_aspect_ratio(
    value: str,
) -> Seedance25VideoExtendAspectRatio:
    if value in SEEDANCE_25_VIDEO_EXTEND_ASPECT_RATIO_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {SEEDANCE_25_VIDEO_EXTEND_ASPECT_RATIO_VALUES!r}"
    )
