from typing import Literal

GeminiOmni11FlashImageToVideoAspectRatio = Literal["16:9", "9:16", "auto"]

GEMINI_OMNI_11_FLASH_IMAGE_TO_VIDEO_ASPECT_RATIO_VALUES: set[
    GeminiOmni11FlashImageToVideoAspectRatio
] = {
    "16:9",
    "9:16",
    "auto",
}


def check_gemini_omni_11_flash_image_to_video_aspect_ratio(
    value: str,
) -> GeminiOmni11FlashImageToVideoAspectRatio:
    if value in GEMINI_OMNI_11_FLASH_IMAGE_TO_VIDEO_ASPECT_RATIO_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {GEMINI_OMNI_11_FLASH_IMAGE_TO_VIDEO_ASPECT_RATIO_VALUES!r}"
    )
