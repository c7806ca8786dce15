from typing import Literal

Seedance20ReferenceToVideoQuality = Literal["1080p", "480p", "4k", "720p"]

SEEDANCE_20_REFERENCE_TO_VIDEO_QUALITY_VALUES: set[
    Seedance20ReferenceToVideoQuality
] = {
    "1080p",
    "480p",
    "4k",
    "720p",
}


def check_seedance_20_reference_to_video_quality(
    value: str,
) -> Seedance20ReferenceToVideoQuality:
    if value in SEEDANCE_20_REFERENCE_TO_VIDEO_QUALITY_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {SEEDANCE_20_REFERENCE_TO_VIDEO_QUALITY_VALUES!r}"
    )
