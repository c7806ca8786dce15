from typing import Literal

Happyhorse10ImageToVideoQuality = Literal["1080p", "720p"]

HAPPYHORSE_10_IMAGE_TO_VIDEO_QUALITY_VALUES: set[Happyhorse10ImageToVideoQuality] = {
    "1080p",
    "720p",
}


def check_happyhorse_10_image_to_video_quality(
    value: str,
) -> Happyhorse10ImageToVideoQuality:
    if value in HAPPYHORSE_10_IMAGE_TO_VIDEO_QUALITY_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {HAPPYHORSE_10_IMAGE_TO_VIDEO_QUALITY_VALUES!r}"
    )
