from typing import Literal

GeminiOmni11FlashVideoExtendAspectRatio = Literal["auto"]

GEMINI_OMNI_11_FLASH_VIDEO_EXTEND_ASPECT_RATIO_VALUES: set[
    GeminiOmni11FlashVideoExtendAspectRatio
] = {
    "auto",
}


def check_gemini_omni_11_flash_video_extend_aspect_ratio(
    value: str,
) -> GeminiOmni11FlashVideoExtendAspectRatio:
    if value in GEMINI_OMNI_11_FLASH_VIDEO_EXTEND_ASPECT_RATIO_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {GEMINI_OMNI_11_FLASH_VIDEO_EXTEND_ASPECT_RATIO_VALUES!r}"
    )
