from typing import Literal

Seedance20MiniReferenceToVideoQuality = Literal["480p", "720p"]

SEEDANCE_20_MINI_REFERENCE_TO_VIDEO_QUALITY_VALUES: set[
    Seedance20MiniReferenceToVideoQuality
] = {
    "480p",
    "720p",
}


def check_seedance_20_mini_reference_to_video_quality(
    value: str,
) -> Seedance20MiniReferenceToVideoQuality:
    if value in SEEDANCE_20_MINI_REFERENCE_TO_VIDEO_QUALITY_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {SEEDANCE_20_MINI_REFERENCE_TO_VIDEO_QUALITY_VALUES!r}"
    )
