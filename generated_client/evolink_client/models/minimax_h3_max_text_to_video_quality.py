from typing import Literal

MinimaxH3MaxTextToVideoQuality = Literal["480p", "768p"]

MINIMAX_H3_MAX_TEXT_TO_VIDEO_QUALITY_VALUES: set[MinimaxH3MaxTextToVideoQuality] = {
    "480p",
    "768p",
}


def check_minimax_h3_max_text_to_video_quality(
    value: str,
) -> MinimaxH3MaxTextToVideoQuality:
    if value in MINIMAX_H3_MAX_TEXT_TO_VIDEO_QUALITY_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {MINIMAX_H3_MAX_TEXT_TO_VIDEO_QUALITY_VALUES!r}"
    )
