from typing import Literal

GeminiOmni11FlashVideoEditDuration = Literal["auto"]

GEMINI_OMNI_11_FLASH_VIDEO_EDIT_DURATION_VALUES: set[
    GeminiOmni11FlashVideoEditDuration
] = {
    "auto",
}


def check_gemini_omni_11_flash_video_edit_duration(
    value: str,
) -> GeminiOmni11FlashVideoEditDuration:
    if value in GEMINI_OMNI_11_FLASH_VIDEO_EDIT_DURATION_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {GEMINI_OMNI_11_FLASH_VIDEO_EDIT_DURATION_VALUES!r}"
    )
