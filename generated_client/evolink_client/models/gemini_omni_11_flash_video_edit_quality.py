from typing import Literal

GeminiOmni11FlashVideoEditQuality = Literal["1080p", "360p", "4k", "720p", "auto"]

GEMINI_OMNI_11_FLASH_VIDEO_EDIT_QUALITY_VALUES: set[
    GeminiOmni11FlashVideoEditQuality
] = {
    "1080p",
    "360p",
    "4k",
    "720p",
    "auto",
}


def check_gemini_omni_11_flash_video_edit_quality(
    value: str,
) -> GeminiOmni11FlashVideoEditQuality:
    if value in GEMINI_OMNI_11_FLASH_VIDEO_EDIT_QUALITY_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {GEMINI_OMNI_11_FLASH_VIDEO_EDIT_QUALITY_VALUES!r}"
    )
