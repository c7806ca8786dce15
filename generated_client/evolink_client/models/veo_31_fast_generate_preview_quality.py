from typing import Literal

Veo31FastGeneratePreviewQuality = Literal["1080p", "4k", "720p"]

VEO_31_FAST_GENERATE_PREVIEW_QUALITY_VALUES: set[Veo31FastGeneratePreviewQuality] = {
    "1080p",
    "4k",
    "720p",
}


def check_veo_31_fast_generate_preview_quality(
    value: str,
) -> Veo31FastGeneratePreviewQuality:
    if value in VEO_31_FAST_GENERATE_PREVIEW_QUALITY_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {VEO_31_FAST_GENERATE_PREVIEW_QUALITY_VALUES!r}"
    )
