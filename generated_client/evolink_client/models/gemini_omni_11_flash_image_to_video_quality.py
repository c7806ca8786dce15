from typing import Literal

GeminiOmni11FlashImageToVideoQuality = Literal["1080p", "360p", "4k", "720p"]

GEMINI_OMNI_11_FLASH_IMAGE_TO_VIDEO_QUALITY_VALUES: set[
    GeminiOmni11FlashImageToVideoQuality
] = {
    "1080p",
    "360p",
    "4k",
    "720p",
}


def check_gemini_omni_11_flash_image_to_video_quality(
    value: str,
) -> GeminiOmni11FlashImageToVideoQuality:
    if value in GEMINI_OMNI_11_FLASH_IMAGE_TO_VIDEO_QUALITY_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {GEMINI_OMNI_11_FLASH_IMAGE_TO_VIDEO_QUALITY_VALUES!r}"
    )
