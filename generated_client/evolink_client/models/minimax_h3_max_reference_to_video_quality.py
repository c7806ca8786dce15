from typing import Literal

MinimaxH3MaxReferenceToVideoQuality = Literal["480p", "768p"]

MINIMAX_H3_MAX_REFERENCE_TO_VIDEO_QUALITY_VALUES: set[
    MinimaxH3MaxReferenceToVideoQuality
] = {
    "480p",
    "768p",
}


def check_minimax_h3_max_reference_to_video_quality(
    value: str,
) -> MinimaxH3MaxReferenceToVideoQuality:
    if value in MINIMAX_H3_MAX_REFERENCE_TO_VIDEO_QUALITY_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {MINIMAX_H3_MAX_REFERENCE_TO_VIDEO_QUALITY_VALUES!r}"
    )
