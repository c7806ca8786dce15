from typing import Literal

GeminiOmni11FlashTextToVideoQuality = Literal["1080p", "360p", "4k", "720p"]

GEMINI_OMNI_11_FLASH_TEXT_TO_VIDEO_QUALITY_VALUES: set[
    GeminiOmni11FlashTextToVideoQuality
] = {
    "1080p",
    "360p",
    "4k",
    "720p",
}


def check_gemini_omni_11_flash_text_to_video_quality(
    value: str,
) -> GeminiOmni11FlashTextToVideoQuality:
    if value in GEMINI_OMNI_11_FLASH_TEXT_TO_VIDEO_QUALITY_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {GEMINI_OMNI_11_FLASH_TEXT_TO_VIDEO_QUALITY_VALUES!r}"
    )
