from typing import Literal

MinimaxH3MaxImageToVideoQuality = Literal["480p", "768p"]

MINIMAX_H3_MAX_IMAGE_TO_VIDEO_QUALITY_VALUES: set[MinimaxH3MaxImageToVideoQuality] = {
    "480p",
    "768p",
}


def check_minimax_h3_max_image_to_video_quality(
    value: str,
) -> MinimaxH3MaxImageToVideoQuality:
    if value in MINIMAX_H3_MAX_IMAGE_TO_VIDEO_QUALITY_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {MINIMAX_H3_MAX_IMAGE_TO_VIDEO_QUALITY_VALUES!r}"
    )
