from typing import Literal

Happyhorse10ReferenceToVideoQuality = Literal["1080p", "720p"]

HAPPYHORSE_10_REFERENCE_TO_VIDEO_QUALITY_VALUES: set[
    Happyhorse10ReferenceToVideoQuality
] = {
    "1080p",
    "720p",
}


def check_happyhorse_10_reference_to_video_quality(
    value: str,
) -> Happyhorse10ReferenceToVideoQuality:
    if value in HAPPYHORSE_10_REFERENCE_TO_VIDEO_QUALITY_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {HAPPYHORSE_10_REFERENCE_TO_VIDEO_QUALITY_VALUES!r}"
    )
