from typing import Literal

MinimaxH3MaxTurboImageToVideoQuality = Literal["480p", "768p"]

MINIMAX_H3_MAX_TURBO_IMAGE_TO_VIDEO_QUALITY_VALUES: set[
    MinimaxH3MaxTurboImageToVideoQuality
] = {
    "480p",
    "768p",
}


def check_minimax_h3_max_turbo_image_to_video_quality(
    value: str,
) -> MinimaxH3MaxTurboImageToVideoQuality:
    if value in MINIMAX_H3_MAX_TURBO_IMAGE_TO_VIDEO_QUALITY_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {MINIMAX_H3_MAX_TURBO_IMAGE_TO_VIDEO_QUALITY_VALUES!r}"
    )
