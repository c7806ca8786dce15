from typing import Literal

MinimaxH3ReferenceToVideoQuality = Literal["2k", "768p"]

MINIMAX_H3_REFERENCE_TO_VIDEO_QUALITY_VALUES: set[MinimaxH3ReferenceToVideoQuality] = {
    "2k",
    "768p",
}


def check_minimax_h3_reference_to_video_quality(
    value: str,
) -> MinimaxH3ReferenceToVideoQuality:
    if value in MINIMAX_H3_REFERENCE_TO_VIDEO_QUALITY_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {MINIMAX_H3_REFERENCE_TO_VIDEO_QUALITY_VALUES!r}"
    )
