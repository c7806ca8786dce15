from typing import Literal

Veo31GeneratePreviewQuality = Literal["1080p", "4k", "720p"]

VEO_31_GENERATE_PREVIEW_QUALITY_VALUES: set[Veo31GeneratePreviewQuality] = {
    "1080p",
    "4k",
    "720p",
}


def check_veo_31_generate_preview_quality(value: str) -> Veo31GeneratePreviewQuality:
    if value in VEO_31_GENERATE_PREVIEW_QUALITY_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {VEO_31_GENERATE_PREVIEW_QUALITY_VALUES!r}"
    )
