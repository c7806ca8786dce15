from typing import Literal

GeminiOmni11FlashReferenceToVideoAspectRatio = Literal["16:9", "9:16", "auto"]

GEMINI_OMNI_11_FLASH_REFERENCE_TO_VIDEO_ASPECT_RATIO_VALUES: set[
    GeminiOmni11FlashReferenceToVideoAspectRatio
] = {
    "16:9",
    "9:16",
    "auto",
}


def check_gemini_omni_11_flash_reference_to_video_aspect_ratio(
    value: str,
) -> GeminiOmni11FlashReferenceToVideoAspectRatio:
    if value in GEMINI_OMNI_11_FLASH_REFERENCE_TO_VIDEO_ASPECT_RATIO_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {GEMINI_OMNI_11_FLASH_REFERENCE_TO_VIDEO_ASPECT_RATIO_VALUES!r}"
    )
