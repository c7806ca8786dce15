from typing import Literal

GeminiOmni11FlashVideoEditAspectRatio = Literal["auto"]

GEMINI_OMNI_11_FLASH_VIDEO_EDIT_ASPECT_RATIO_VALUES: set[
    GeminiOmni11FlashVideoEditAspectRatio
] = {
    "auto",
}


def check_gemini_omni_11_flash_video_edit_aspect_ratio(
    value: str,
) -> GeminiOmni11FlashVideoEditAspectRatio:
    if value in GEMINI_OMNI_11_FLASH_VIDEO_EDIT_ASPECT_RATIO_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {GEMINI_OMNI_11_FLASH_VIDEO_EDIT_ASPECT_RATIO_VALUES!r}"
    )
