from typing import Literal

Happyhorse11ImageToVideoQuality = Literal["1080p", "720p"]

HAPPYHORSE_11_IMAGE_TO_VIDEO_QUALITY_VALUES: set[Happyhorse11ImageToVideoQuality] = {
    "1080p",
    "720p",
}


def check_happyhorse_11_image_to_video_quality(
    value: str,
) -> Happyhorse11ImageToVideoQuality:
    if value in HAPPYHORSE_11_IMAGE_TO_VIDEO_QUALITY_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {HAPPYHORSE_11_IMAGE_TO_VIDEO_QUALITY_VALUES!r}"
    )
