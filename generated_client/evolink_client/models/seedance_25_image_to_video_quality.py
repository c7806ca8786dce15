from typing import Literal

Seedance25ImageToVideoQuality = Literal["1080p", "480p", "720p"]

SEEDANCE_25_IMAGE_TO_VIDEO_QUALITY_VALUES: set[Seedance25ImageToVideoQuality] = {
    "1080p",
    "480p",
    "720p",
}


def check_seedance_25_image_to_video_quality(
    value: str,
) -> Seedance25ImageToVideoQuality:
    if value in SEEDANCE_25_IMAGE_TO_VIDEO_QUALITY_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {SEEDANCE_25_IMAGE_TO_VIDEO_QUALITY_VALUES!r}"
    )
