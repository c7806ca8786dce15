from typing import Literal

GeminiOmni11FlashVideoExtendQuality = Literal["1080p", "360p", "4k", "720p", "auto"]

GEMINI_OMNI_11_FLASH_VIDEO_EXTEND_QUALITY_VALUES: set[
    GeminiOmni11FlashVideoExtendQuality
] = {
    "1080p",
    "360p",
    "4k",
    "720p",
    "auto",
}


def check_gemini_omni_11_flash_video_extend_quality(
    value: str,
) -> GeminiOmni11FlashVideoExtendQuality:
    if value in GEMINI_OMNI_11_FLASH_VIDEO_EXTEND_QUALITY_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {GEMINI_OMNI_11_FLASH_VIDEO_EXTEND_QUALITY_VALUES!r}"
    )
