from typing import Literal

Seedance20FastImageToVideoQuality = Literal["480p", "720p"]

SEEDANCE_20_FAST_IMAGE_TO_VIDEO_QUALITY_VALUES: set[
    Seedance20FastImageToVideoQuality
] = {
    "480p",
    "720p",
}


def check_seedance_20_fast_image_to_video_quality(
    value: str,
) -> Seedance20FastImageToVideoQuality:
    if value in SEEDANCE_20_FAST_IMAGE_TO_VIDEO_QUALITY_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {SEEDANCE_20_FAST_IMAGE_TO_VIDEO_QUALITY_VALUES!r}"
    )
