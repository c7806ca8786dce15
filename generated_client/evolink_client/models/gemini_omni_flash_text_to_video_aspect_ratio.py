from typing import Literal

GeminiOmniFlashTextToVideoAspectRatio = Literal["16:9", "9:16", "auto"]

GEMINI_OMNI_FLASH_TEXT_TO_VIDEO_ASPECT_RATIO_VALUES: set[
    GeminiOmniFlashTextToVideoAspectRatio
] = {
    "16:9",
    "9:16",
    "auto",
}


def check_gemini_omni_flash_text_to_video_aspect_ratio(
    value: str,
) -> GeminiOmniFlashTextToVideoAspectRatio:
    if value in GEMINI_OMNI_FLASH_TEXT_TO_VIDEO_ASPECT_RATIO_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {GEMINI_OMNI_FLASH_TEXT_TO_VIDEO_ASPECT_RATIO_VALUES!r}"
    )
