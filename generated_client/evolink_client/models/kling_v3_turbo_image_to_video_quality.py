from typing import Literal

KlingV3TurboImageToVideoQuality = Literal["1080p", "720p"]

KLING_V3_TURBO_IMAGE_TO_VIDEO_QUALITY_VALUES: set[KlingV3TurboImageToVideoQuality] = {
    "1080p",
    "720p",
}


def check_kling_v3_turbo_image_to_video_quality(
    value: str,
) -> KlingV3TurboImageToVideoQuality:
    if value in KLING_V3_TURBO_IMAGE_TO_VIDEO_QUALITY_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {KLING_V3_TURBO_IMAGE_TO_VIDEO_QUALITY_VALUES!r}"
    )
