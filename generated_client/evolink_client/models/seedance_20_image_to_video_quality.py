from typing import Literal

Seedance20ImageToVideoQuality = Literal["1080p", "480p", "4k", "720p"]

SEEDANCE_20_IMAGE_TO_VIDEO_QUALITY_VALUES: set[Seedance20ImageToVideoQuality] = {
    "1080p",
    "480p",
    "4k",
    "720p",
}


def check_seedance_20_image_to_video_quality(
    value: str,
) -> Seedance20ImageToVideoQuality:
    if value in SEEDANCE_20_IMAGE_TO_VIDEO_QUALITY_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {SEEDANCE_20_IMAGE_TO_VIDEO_QUALITY_VALUES!r}"
    )
